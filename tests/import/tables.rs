//! Tables for the tests: files written in the test itself, or a directory.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::PathBuf,
};

use serde_json::Value as Json;
use sijil_import::{Mapping, Options, Tables};

/// Files that exist only in a test.
#[derive(Default)]
pub(crate) struct Written(BTreeMap<String, Vec<u8>>);

impl Written {
    pub(crate) fn of(files: &[(&str, &str)]) -> Written {
        Written(
            files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
        )
    }
    pub(crate) fn with(mut self, name: &str, bytes: &[u8]) -> Written {
        self.0.insert(name.to_owned(), bytes.to_vec());
        self
    }
}

impl Tables for Written {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        self.0
            .get(file)
            .map(|b| Box::new(b.as_slice()) as Box<dyn Read>)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The files of a directory.
pub(crate) struct Directory(pub(crate) PathBuf);

impl Tables for Directory {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>> {
        File::open(self.0.join(file)).map(|f| Box::new(f) as Box<dyn Read>)
    }
}

/// What the language's own tests run with: a secret, and types of event that are not in the
/// vocabulary.
pub(crate) fn options() -> Options {
    Options { key_secret: Some(b"secret".to_vec()), unchecked: true, ..Options::default() }
}

/// The drafts of a mapping as JSON, or the text of the error.
pub(crate) fn made(
    mapping: &str,
    tables: &dyn Tables,
    options: &Options,
) -> Result<Vec<Json>, String> {
    let mapping = Mapping::parse(mapping).map_err(|e| e.to_string())?;
    let drafts = mapping.run(tables, options, &mut |_| {}).map_err(|e| e.to_string())?;
    Ok(drafts.read().map(|d| serde_json::from_str(d.unwrap().json()).unwrap()).collect())
}
