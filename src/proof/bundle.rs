//! Bundles: a report's answer, the records behind it, and the proof that the log holds them, in one
//! file. Invariant: no byte of a bundle can be another; what is said to be proven of it is what its
//! own README says, and no more.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::{
    VERIFIER,
    archive::{File, packed, unpacked},
    checkpoint::{Checkpoint, CheckpointError},
    note::{Note, NoteError, Vkey},
    path::{PathError, lines},
    pruned::check_pruned,
    text::{decoded, encoded, hash, number},
    tiles::{TILE_HASHES, name},
    tree::{Frontier, Hash, leaf},
};

/// What a bundle is, for whoever opens it.
const README: &str = include_str!("bundle.md");
/// Bundles of more bytes than these are neither made nor read.
pub const BUNDLE_BYTES_MAX: usize = 1 << 30;

/// A record that stands behind an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// Where it stands, from 1.
    pub position: u64,
    /// Its public bytes.
    pub public: Vec<u8>,
}

/// An answer, and what proves the records behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What was asked, as JSON.
    pub question: String,
    /// What was answered, as JSON.
    pub answer: String,
    /// The records behind it, by position.
    pub records: Vec<Cited>,
    /// The tree without what lies beside them, up to the checkpoint's size.
    pub tree: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: Note,
    /// Whose signatures its maker thinks that the checkpoint must carry.
    pub policy: Option<String>,
    /// The public bytes of all records up to the checkpoint's size, a tile each, each record behind
    /// its length in two bytes; empty if they are left out.
    pub entries: Vec<Vec<u8>>,
}

/// Why a file is no bundle, or one that proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It is no bundle, or one of which a byte was changed.
    #[error("expected a bundle of `sijil prove REPORT`, as it was written; {0}")]
    Malformed(String),
    /// The checkpoint in it is none.
    #[error("the checkpoint in the bundle cannot be read: {0}")]
    Note(NoteError),
    /// The checkpoint proves nothing.
    #[error("the checkpoint in the bundle says nothing: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The tree proves nothing.
    #[error("the records are not proven: {0}")]
    Path(#[from] PathError),
    /// All records are said to be there, and are not.
    #[error("the records of the log are not all there, or are others: {0}")]
    Entries(&'static str),
}

fn malformed(why: &str) -> BundleError {
    BundleError::Malformed(why.to_owned())
}

/// The records of a bundle of entries; `None` if it is none.
#[must_use]
pub fn records_of(mut entries: &[u8]) -> Option<Vec<&[u8]>> {
    let mut records = Vec::new();
    while let Some((length, rest)) = entries.split_first_chunk::<2>() {
        let (record, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        records.push(record);
        entries = rest;
    }
    entries.is_empty().then_some(records)
}

/// A record on a line of its own.
fn line(record: &Cited) -> String {
    format!("{{\"position\":{},\"public\":\"{}\"}}\n", record.position, encoded(&record.public))
}

fn cited(line: &str) -> Option<Cited> {
    let inner = line.strip_prefix("{\"position\":")?.strip_suffix("\"}")?;
    let (position, public) = inner.split_once(",\"public\":\"")?;
    Some(Cited { position: number(position)?, public: decoded(public)? })
}

/// The lines of a text, each of which ends.
fn each<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    match text.strip_suffix('\n') {
        Some(lines) => lines.split('\n').map(read).collect(),
        None => text.is_empty().then(Vec::new),
    }
}

impl Bundle {
    /// The files, with the hashes of all others in the last: against damage, not against whoever
    /// would change them, too.
    fn files(&self) -> Vec<File> {
        let records: String = self.records.iter().map(line).collect();
        let file = |name: &str, text: &str| File { name: name.to_owned(), bytes: text.into() };
        let mut files = vec![
            file("README", README),
            file("question.json", &self.question),
            file("answer.json", &self.answer),
            file("records.ndjson", &records),
            file("tree.txt", &lines(&self.tree)),
            file("checkpoint", &self.checkpoint.to_string()),
        ];
        files.extend(self.policy.iter().map(|policy| file("policy", policy)));
        files.push(file("verify.py", VERIFIER));
        for (number, entries) in (0..).zip(&self.entries) {
            let width = records_of(entries).map_or(0, |records| records.len() as u64);
            let name = format!("entries/{}", name(number, width));
            files.push(File { name, bytes: entries.clone() });
        }
        let sums = sums_of(&files);
        files.push(file("SHA256SUMS", &sums));
        files
    }

    /// All of it in one file.
    #[must_use]
    pub fn packed(&self) -> Vec<u8> {
        packed(&self.files())
    }

    /// Reads a bundle. README and verifier may be those of another release.
    pub fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
        let mut files = unpacked(bytes).ok_or_else(|| malformed("it is no such archive"))?;
        let sums = files.pop().filter(|last| last.name == "SHA256SUMS");
        let sums = sums.ok_or_else(|| malformed("the hashes of its files are missing"))?;
        if sums.bytes != sums_of(&files).into_bytes() {
            return Err(malformed("a file has another hash than SHA256SUMS says"));
        }
        let mut files = Files(files.into_iter().peekable());
        let _readme = files.text("README")?;
        let (question, answer) = (files.text("question.json")?, files.text("answer.json")?);
        let records = each(&files.text("records.ndjson")?, cited);
        let tree = each(&files.text("tree.txt")?, hash);
        let checkpoint = files.text("checkpoint")?.parse().map_err(BundleError::Note)?;
        let policy = files.is_next("policy").then(|| files.text("policy")).transpose()?;
        let _verifier = files.text("verify.py")?;
        let mut entries = Vec::new();
        for (number, file) in (0..).zip(files.0) {
            let width = records_of(&file.bytes).map_or(0, |records| records.len() as u64);
            if width == 0 || file.name != format!("entries/{}", name(number, width)) {
                return Err(malformed(&format!("there is a file {:?} too many", file.name)));
            }
            entries.push(file.bytes);
        }
        Ok(Bundle {
            question,
            answer,
            records: records.ok_or_else(|| malformed("a line of records.ndjson is none"))?,
            tree: tree.ok_or_else(|| malformed("a line of tree.txt is no hash"))?,
            checkpoint,
            policy,
            entries,
        })
    }

    /// The checkpoint, by one of these keys, of the log that is proven to hold the records; and, if
    /// all entries are there, to hold nothing else.
    pub fn checked(&self, keys: &[Vkey]) -> Result<Checkpoint, BundleError> {
        let checkpoint = Checkpoint::verified(&self.checkpoint, keys)?;
        let at = |record: &Cited| {
            let index = record.position.checked_sub(1)?;
            Some((index, leaf(&record.public)))
        };
        let leaves: Option<Vec<(u64, Hash)>> = self.records.iter().map(at).collect();
        let leaves = leaves.ok_or_else(|| malformed("a record stands at position 0"))?;
        check_pruned(&leaves, checkpoint.size, &self.tree, &checkpoint.root)?;
        if !self.entries.is_empty() {
            self.check_entries(&checkpoint)?;
        }
        Ok(checkpoint)
    }

    fn check_entries(&self, checkpoint: &Checkpoint) -> Result<(), BundleError> {
        let mut frontier = Frontier::default();
        for (number, entries) in (0..).zip(&self.entries) {
            // Only the last may have fewer than the others.
            if frontier.size() != number * TILE_HASHES {
                return Err(BundleError::Entries("a file of entries is not full"));
            }
            let records = records_of(entries).ok_or(BundleError::Entries("a file is none"))?;
            records.iter().for_each(|record| frontier.push(leaf(record)));
        }
        // The same root of the same size: the cited records are among these.
        if (frontier.size(), frontier.root()) == (checkpoint.size, checkpoint.root) {
            Ok(())
        } else {
            Err(BundleError::Entries("they lead to another root than the checkpoint's"))
        }
    }
}

/// A line for each file: its hash, two spaces, its name; as `sha256sum` writes and checks them.
fn sums_of(files: &[File]) -> String {
    let mut sums = String::new();
    for File { name, bytes } in files {
        for byte in Sha256::digest(bytes) {
            write!(sums, "{byte:02x}").expect("a text takes everything");
        }
        writeln!(sums, "  {name}").expect("a text takes everything");
    }
    sums
}

/// Files, read one after the other.
struct Files(std::iter::Peekable<std::vec::IntoIter<File>>);

impl Files {
    fn is_next(&mut self, name: &str) -> bool {
        self.0.peek().is_some_and(|file| file.name == name)
    }
    /// The next file, which must have this name and hold text.
    fn text(&mut self, name: &str) -> Result<String, BundleError> {
        let next = self.0.next_if(|file| file.name == name);
        let text = next.and_then(|file| String::from_utf8(file.bytes).ok());
        text.ok_or_else(|| malformed(&format!("expected a file {name} of text in its place")))
    }
}
