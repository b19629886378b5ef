//! Room on disk for what an import does not hold in memory. Invariant: the file has no name, is
//! nobody else's to read, and goes with the process.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use sijil_import::Scratch;

/// Where temporary files of any size belong; the usual place is often memory.
const LARGE: &str = "/var/tmp";

/// A temporary file, made when something is put there first.
#[derive(Default)]
pub(crate) struct TemporaryFile(Mutex<Option<(File, u64)>>);

fn made() -> io::Result<File> {
    let usual = std::env::temp_dir();
    let large = Path::new(LARGE);
    if usual == Path::new("/tmp") && large.is_dir() {
        tempfile::tempfile_in(large)
    } else {
        tempfile::tempfile_in(usual)
    }
}

impl Scratch for TemporaryFile {
    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = match &mut *inner {
            Some(inner) => inner,
            none => none.insert((made()?, 0)),
        };
        let at = *end;
        file.write_all_at(bytes, at)?;
        *end += bytes.len() as u64;
        Ok(at)
    }
    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, _) = inner.as_ref().ok_or(io::ErrorKind::UnexpectedEof)?;
        file.read_exact_at(into, at)
    }
}
