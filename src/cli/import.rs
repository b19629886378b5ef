//! `import`: drafts, or foreign tables by a mapping. Invariant: a dry run sends what the import
//! would send, and with a mapping no draft is sent before all have been made and read by the
//! vocabulary.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::{Map, Value};
use sijil_import::{Drafts, Mapping, Options, Origin, Progress, Tables, advice};

use crate::{
    arguments::{Arguments, Import},
    error::CliError,
    house::{House, Mode},
    output::{bar, say},
    place,
    scratch::TemporaryFile,
    secret,
    sending::{Sending, tell},
    write::{open, pairs},
};

/// `sijil import`.
pub(crate) fn import(
    house: &dyn House,
    arguments: &Arguments,
    import: &Import,
) -> Result<(), CliError> {
    if import.check {
        return check(import);
    }
    let mode = if import.dry_run { Mode::Rehearse } else { Mode::Write };
    let Some(path) = &import.mapping else {
        let place = place(house, arguments, mode)?;
        return import.sources.iter().try_for_each(|source| {
            let mut report = Sending { dry_run: import.dry_run, correct: None }.send(
                &*place.door,
                open(source)?,
                None,
            )?;
            for refusal in report["refusals"].as_array_mut().into_iter().flatten() {
                refusal["file"] = source.display().to_string().into();
            }
            tell(&report, arguments.format)
        });
    };
    let (mapping, options) = (parsed(path)?, options(import)?);
    has_its_secret(&mapping, &options)?;
    let place = place(house, arguments, mode)?;
    secret::check(&*place.door, &options)?;
    let drafts = made(&mapping, &options, import)?;
    let correct = import.correct.then(|| (mapping.source(), import.void_missing));
    let mut report = Sending { dry_run: import.dry_run, correct }.send(
        &*place.door,
        Box::new(drafts.lines()),
        Some(drafts.len()),
    )?;
    trace(&mut report, &drafts)?;
    if !import.dry_run {
        secret::note(&*place.door, mapping.source(), &options)?;
    }
    tell(&report, arguments.format)
}

/// `sijil import --check`: the mapping alone, or with the tables it meets; no ledger is asked.
fn check(import: &Import) -> Result<(), CliError> {
    let path = import
        .mapping
        .as_ref()
        .ok_or_else(|| CliError::Use("--check goes with --mapping".into()))?;
    let mapping = parsed(path)?;
    if import.sources.is_empty() {
        let files: Vec<&str> = mapping.files().collect();
        say(&format!(
            "the mapping {} can be read; give its tables ({}) to see what they make",
            mapping.name(),
            files.join(", ")
        ));
        return Ok(());
    }
    let options = options(import)?;
    has_its_secret(&mapping, &options)?;
    made(&mapping, &options, import).map(|_| ())
}

fn parsed(path: &Path) -> Result<Mapping, CliError> {
    let source = std::fs::read_to_string(path).map_err(|e| CliError::file(path, &e))?;
    Mapping::parse(&source).map_err(|e| CliError::Use(format!("{}: {e}", path.display())))
}

fn options(import: &Import) -> Result<Options, CliError> {
    let key_secret = import
        .key_file
        .as_ref()
        .map(|path| std::fs::read(path).map_err(|e| CliError::file(path, &e)))
        .transpose()?;
    let parameters = pairs(&import.parameters)?.into_iter().collect::<BTreeMap<_, _>>();
    Ok(Options {
        parameters,
        key_secret,
        scratch: Some(Arc::new(TemporaryFile::default())),
        ..Options::default()
    })
}

fn has_its_secret(mapping: &Mapping, options: &Options) -> Result<(), CliError> {
    if mapping.needs_secret() && options.key_secret.is_none() {
        let what = "the mapping uses key(x), which hashes personal columns under a secret: give \
                    --key-file FILE, a file of random bytes that you keep, and give the same one \
                    each time";
        return Err(CliError::Use(what.into()));
    }
    Ok(())
}

/// Makes the drafts, and says what was read and made.
fn made<'m>(
    mapping: &'m Mapping,
    options: &Options,
    import: &Import,
) -> Result<Drafts<'m>, CliError> {
    let reading = bar("reading", None);
    let mut progress = |p: Progress<'_>| {
        if let Progress::Reading { rows, .. } = p {
            reading.set_position(rows);
        }
    };
    let folders = Folders { sources: import.sources.clone() };
    let drafts =
        mapping.run(&folders, options, &mut progress).map_err(|e| CliError::No(e.to_string()))?;
    reading.finish_and_clear();
    say(&drafts.summary.to_string());
    Ok(drafts)
}

/// Says of each refusal which cells of the caller's tables it is about, instead of a line that
/// nobody sees.
fn trace(report: &mut Value, drafts: &Drafts<'_>) -> Result<(), CliError> {
    let mut refusals = report["refusals"].as_array_mut().into_iter().flatten().peekable();
    for (line, draft) in (1_u64..).zip(drafts.read()) {
        let Some(refusal) = refusals.peek_mut() else { return Ok(()) };
        if refusal["line"].as_u64() != Some(line) {
            continue;
        }
        let id = refusal["entity"].as_str().and_then(|entity| Some(entity.split_once(':')?.1));
        let Origin { place, event, cells } =
            drafts.origin(&draft?, refusal["pointer"].as_str(), id);
        let columns: Map<String, Value> =
            cells.0.into_iter().map(|(column, value)| (column, value.into())).collect();
        let advice = advice(refusal["name"].as_str().unwrap_or_default());
        if let Some(members) = refusal.as_object_mut() {
            for member in ["text", "pointer", "entity"] {
                members.remove(member);
            }
            let more: [(&str, Value); 5] = [
                ("file", place.file.into()),
                ("line", place.line.into()),
                ("event", event.into()),
                ("columns", columns.into()),
                ("advice", advice.into()),
            ];
            members.extend(more.map(|(name, value)| (name.to_owned(), value)));
        }
        refusals.next();
    }
    Ok(())
}

struct Folders {
    sources: Vec<PathBuf>,
}

impl Tables for Folders {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read>> {
        // A source is a folder that holds the table, or the table itself.
        let found = self
            .sources
            .iter()
            .map(|s| if s.is_dir() { s.join(file) } else { s.clone() })
            .find(|p| p.file_name().is_some_and(|n| *n == *file) && p.is_file());
        let path = found.ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{file} is in none of the sources"))
        })?;
        Ok(Box::new(BufReader::new(File::open(path)?)))
    }
}
