//! Writing a backup, from where the one before ended. Invariant: the log is only read; a manifest
//! comes after all that it names, and what the newest two name is never removed.

use std::{collections::BTreeSet, io, sync::Arc};

use sijil_log::{
    Head, ReadLimit, Reader,
    tree::{Frontier, leaf},
};
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    error::BackupError,
    manifest::{FORMAT, Formats, Manifest, Named, Object, hex, sha256},
    object::Pair,
    shelf::{Hashed, MANIFEST, NEWEST, PERSONAL, PUBLIC, Shelf, manifest_name, position_in},
    target::{Hold, Target},
};

/// The size from which no more records are put into a public object.
const OBJECT_BYTES: usize = 8 << 20;
/// Objects together smaller than this are put into the next one, if that is not much smaller
/// itself: so a backup that is written every second has few objects.
const JOINED_BYTES_MAX: u64 = OBJECT_BYTES as u64 / 2;
/// An object joins the next one if it holds at most so many times as many records.
const JOINED_TIMES_MAX: u64 = 2;

/// A backup of one ledger that is written. Nobody else writes to it meanwhile.
pub struct Backup {
    shelf: Shelf,
    newest: Option<Hashed>,
    /// The tree at the newest manifest.
    tree: Frontier,
    _hold: Box<dyn Hold>,
}

/// What one run wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Where the backup ended before.
    pub before: Position,
    /// Where it ends now.
    pub position: Position,
    /// Objects put, manifests not counted.
    pub objects: u64,
    /// Bytes of these.
    pub bytes: u64,
}

impl Backup {
    /// Begins to back up the log of a reader to a target, and goes on with what is there already.
    /// Refused if the target holds something else under this name.
    pub fn begin(
        target: Arc<dyn Target>,
        reader: &dyn Reader,
        incarnation: String,
    ) -> Result<Backup, BackupError> {
        let first = ReadLimit { records: 1, bytes: 1 };
        let first = reader.read(Position::new(1), first)?;
        let ledger = first.first().ok_or(BackupError::Empty)?.event_id();
        let shelf = Shelf { target, ledger, incarnation };
        let hold = shelf.target.hold(shelf.path("").trim_end_matches('/'));
        let hold = hold.map_err(writing(&shelf))?;
        let hold = hold.ok_or_else(|| BackupError::Held { place: shelf.target.place() })?;
        let newest = shelf.newest()?;
        let mut tree = Frontier::default();
        if let Some((newest, _)) = &newest {
            same_history(&shelf, newest, reader)?;
            tree = newest.tree().unwrap_or_default();
        }
        Ok(Backup { shelf, newest, tree, _hold: hold })
    }

    /// Which ledger and incarnation it is of: LEDGER/INCARNATION.
    #[must_use]
    pub fn name(&self) -> String {
        self.shelf.name()
    }

    /// Where it ends.
    #[must_use]
    pub fn position(&self) -> Position {
        Position::new(self.tree.size())
    }

    /// Writes what the log has more, and says what that was. Nothing is written if there is
    /// nothing new.
    pub fn step(&mut self, reader: &dyn Reader) -> Result<Written, BackupError> {
        let (head, before) = (reader.head()?, self.position());
        let mut written = Written { before, position: before, ..Written::default() };
        if head.position <= before {
            return Ok(written);
        }
        let (mut public, mut personal) = self.newest.as_ref().map_or_else(
            || (Vec::new(), Vec::new()),
            |(newest, _)| (newest.public.clone(), newest.personal.clone()),
        );
        let first = joined(&mut public, head.position.get() - before.get());
        personal.retain(|one| one.first < first);
        let mut tree = self.tree.clone();
        let (mut pair, mut at) = (Pair::new(first), first);
        while at <= head.position {
            let page = reader.batched(at, ReadLimit::SCAN)?;
            for one in page.iter().take_while(|one| one.record.position() <= head.position) {
                if one.record.position().get() > tree.size() {
                    tree.push(leaf(&one.record.public));
                }
                pair.add(one);
                if pair.bytes() >= OBJECT_BYTES || one.record.position() == head.position {
                    let next = Pair::new(one.record.position().next());
                    let full = std::mem::replace(&mut pair, next);
                    self.put(full, &tree, (&mut public, &mut personal), &mut written)?;
                }
            }
            let Some(last) = page.last() else { return Err(ends_early(at, &head)) };
            at = last.record.position().next();
        }
        if tree.root() != head.root {
            return Err(BackupError::damaged(
                "the log",
                format!(
                    "its records up to {} have the root {}, it says {}",
                    head.position,
                    hex(&tree.root()),
                    hex(&head.root)
                ),
            ));
        }
        self.conclude(&head, tree, public, personal)?;
        written.position = head.position;
        Ok(written)
    }

    /// Puts a pair of objects.
    fn put(
        &self,
        pair: Pair,
        tree: &Frontier,
        (public, personal): (&mut Vec<Object>, &mut Vec<Object>),
        written: &mut Written,
    ) -> Result<(), BackupError> {
        let (first, last) = pair.range();
        debug_assert_eq!(tree.size(), last.get(), "an object ends with what is new");
        let root = hex(&tree.root());
        let (open, closed) = pair.finish();
        for (kind, bytes, named) in [(PUBLIC, Some(open), public), (PERSONAL, closed, personal)] {
            let Some(bytes) = bytes else { continue };
            let (sha256, root) = (sha256(&bytes), root.clone());
            let object = Object { first, last, bytes: bytes.len() as u64, sha256, root };
            let name = self.shelf.path(&object.name(kind));
            self.shelf.target.put(&name, &bytes).map_err(writing(&self.shelf))?;
            written.objects += 1;
            written.bytes += object.bytes;
            named.push(object);
        }
        Ok(())
    }

    /// Writes the manifest, and removes what nothing needs any more.
    fn conclude(
        &mut self,
        head: &Head,
        tree: Frontier,
        public: Vec<Object>,
        personal: Vec<Object>,
    ) -> Result<(), BackupError> {
        let before = self
            .newest
            .as_ref()
            .map(|(newest, sha256)| Named { position: newest.position, sha256: sha256.clone() });
        let manifest = Manifest {
            format: FORMAT,
            release: sijil_log::RELEASE.to_owned(),
            ledger: self.shelf.ledger,
            incarnation: self.shelf.incarnation.clone(),
            position: head.position,
            root: hex(&head.root),
            peaks: tree.peaks().iter().map(|peak| hex(peak)).collect(),
            recorded_at: head.recorded_at.unwrap_or(Timestamp::MIN),
            formats: Formats::WRITTEN,
            before,
            public,
            personal,
        };
        let bytes = manifest.bytes();
        let named = Named { position: head.position, sha256: sha256(&bytes) };
        let (target, shelf) = (self.shelf.target.clone(), &self.shelf);
        let name = shelf.path(&manifest_name(head.position));
        if !target.create(&name, &bytes).map_err(writing(shelf))? {
            // The lock was not honoured: whoever wrote it is in the middle of the same work.
            return Err(BackupError::Held { place: target.place() });
        }
        let pointer = serde_json::to_vec(&named).expect("it has string keys alone");
        target.put(&shelf.path(NEWEST), &pointer).map_err(writing(shelf))?;
        let older = self.newest.replace((manifest, named.sha256));
        self.tree = tree;
        self.tidy(older.as_ref().map(|(older, _)| older))
    }

    /// Removes what neither the newest manifest names nor the one before it.
    fn tidy(&self, older: Option<&Manifest>) -> Result<(), BackupError> {
        let kept: Vec<&Manifest> =
            self.newest.iter().map(|(newest, _)| newest).chain(older).collect();
        let names: BTreeSet<String> = kept
            .iter()
            .flat_map(|manifest| {
                let public = manifest.public.iter().map(|one| one.name(PUBLIC));
                public.chain(manifest.personal.iter().map(|one| one.name(PERSONAL)))
            })
            .collect();
        let old = |name: &String| {
            position_in(name).is_some_and(|at| kept.iter().all(|kept| kept.position != at))
        };
        // Manifests first: none is there without what it names.
        let mut gone: Vec<String> = self.shelf.list(&format!("{MANIFEST}/"))?;
        gone.retain(old);
        for kind in [PUBLIC, PERSONAL] {
            let all = self.shelf.list(&format!("{kind}/"))?;
            gone.extend(all.into_iter().filter(|name| !names.contains(name)));
        }
        for name in gone {
            // A store may keep what it was told to remove; it is no part of the backup any more.
            if let Err(error) = self.shelf.target.remove(&self.shelf.path(&name)) {
                tracing::warn!(%error, name, "an object that no backup needs was not removed");
            }
        }
        Ok(())
    }
}

/// Takes the last objects away that are to be part of the next one, which has so many new records;
/// says where that one begins.
fn joined(public: &mut Vec<Object>, new: u64) -> Position {
    let (mut records, mut bytes) = (new, 0);
    let mut first = public.last().map_or(Position::new(1), |last| last.last.next());
    while let Some(last) = public.last() {
        let count = last.last.get() - last.first.get() + 1;
        if bytes + last.bytes > JOINED_BYTES_MAX || count > JOINED_TIMES_MAX * records {
            break;
        }
        (records, bytes, first) = (records + count, bytes + last.bytes, last.first);
        public.pop();
    }
    first
}

/// Refuses a log that is not the one that the backup is of, or is behind it.
fn same_history(shelf: &Shelf, newest: &Manifest, reader: &dyn Reader) -> Result<(), BackupError> {
    let head = reader.head()?;
    let another = |what: String| BackupError::Another { place: shelf.target.place(), what };
    if newest.position > head.position {
        return Err(another(format!(
            "it goes to position {}, the log ends at {}",
            newest.position, head.position
        )));
    }
    let root = reader.root_at(newest.position)?.map(|root| hex(&root));
    if root.as_ref() == Some(&newest.root) {
        Ok(())
    } else {
        Err(another(format!(
            "at position {} it has the root {}, the log has {}",
            newest.position,
            newest.root,
            root.unwrap_or_else(|| "none".into())
        )))
    }
}

fn ends_early(at: Position, head: &Head) -> BackupError {
    BackupError::damaged(
        "the log",
        format!("expected record {at}, since it ends at {}, found none", head.position),
    )
}

fn writing(shelf: &Shelf) -> impl FnOnce(io::Error) -> BackupError {
    BackupError::io(format!("write the backup at {}", shelf.target.place()))
}
