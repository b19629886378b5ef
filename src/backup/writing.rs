//! Writing a backup, from where the one before ended. Invariant: the log is only read; a manifest
//! comes after all that it names, and what the newest names is never removed; nothing that was
//! erased up to a manifest is in what it names, or in anything that is left beside it.

use std::{collections::BTreeSet, io, sync::Arc};

use sijil_log::{
    Batched, Head, ReadLimit, Reader,
    tree::{Frontier, leaf},
};
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    erasures::{Erases, Erasures},
    error::BackupError,
    followed::{ends_early, logged, same_history},
    manifest::{FORMAT, Formats, Manifest, Named, Object, hex, sha256},
    object::Pair,
    seal::{Keys, Seal},
    shelf::{
        Hashed, MANIFEST, NEWEST, PERSONAL, PUBLIC, Shelf, list_name, manifest_name, position_in,
    },
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
    erases: Erases,
    /// Who signs it, and to whom it is sealed.
    seal: Seal,
    /// All that was erased, as far as is known.
    erased: Erasures,
    /// What of it is in nothing that the newest manifest names; `None` if that names no list.
    listed: Option<Erasures>,
    /// Up to where the log was looked at for what it erases.
    learnt: Position,
    _hold: Box<dyn Hold>,
}

/// A manifest on its way.
struct Growing {
    tree: Frontier,
    public: Vec<Object>,
    personal: Vec<Object>,
    /// What was erased and may be in the personal objects so far.
    late: Erasures,
    written: Written,
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
    /// Personal parts that were taken out of what was written before, since they were erased.
    pub forgotten: u64,
    /// Objects that nothing needs and that the target would not remove.
    pub left: u64,
}

impl Backup {
    /// Begins to back up the log of a reader to a target, and goes on with what is there already;
    /// what a run that was cut short left is removed. Refused if the target holds something else
    /// under this name.
    pub fn begin(
        target: Arc<dyn Target>,
        reader: &dyn Reader,
        incarnation: String,
        erases: Erases,
        seal: Seal,
    ) -> Result<Backup, BackupError> {
        let first = ReadLimit { records: 1, bytes: 1 };
        let first = reader.read(Position::new(1), first)?;
        let ledger = first.first().ok_or(BackupError::Empty)?.event_id();
        let shelf = Shelf { target, ledger, incarnation, keys: Keys::default() };
        let hold = shelf.target.hold(shelf.path("").trim_end_matches('/'));
        let hold = hold.map_err(writing(&shelf))?;
        let hold = hold.ok_or_else(|| BackupError::Held { place: shelf.target.place() })?;
        let newest = shelf.newest()?;
        let mut tree = Frontier::default();
        if let Some((newest, _)) = &newest {
            same_history(&shelf, newest, reader)?;
            tree = newest.tree().unwrap_or_default();
            if seal.recipients.is_empty() && newest.personal.iter().any(|one| one.sealed) {
                return Err(BackupError::Unsealed { place: shelf.target.place() });
            }
        }
        let mut backup = Backup {
            shelf,
            newest,
            tree,
            erases,
            seal,
            erased: Erasures::default(),
            listed: None,
            learnt: Position::ZERO,
            _hold: hold,
        };
        backup.take_lists()?;
        backup.go_on()?;
        Ok(backup)
    }

    /// Takes the lists of erased parts that stand in the target. Where there is none that the
    /// newest manifest names, or it cannot be read, the log tells again what it erased.
    fn take_lists(&mut self) -> Result<(), BackupError> {
        if let Some((newest, _)) = &self.newest {
            self.listed = newest
                .erasures
                .as_ref()
                .and_then(|named| readable(self.shelf.list_of(named)).transpose())
                .transpose()?;
            if self.listed.is_some() {
                self.learnt = newest.position;
            }
        }
        for (_, _, list) in self.shelf.all_lists()? {
            if let Some(list) = readable(list)? {
                self.erased.join(&list);
            }
        }
        Ok(())
    }

    /// Ends what a run did not end that was cut short behind its manifest.
    fn go_on(&self) -> Result<(), BackupError> {
        let Some((newest, sha256)) = &self.newest else { return Ok(()) };
        let named = Named { position: newest.position, sha256: sha256.clone() };
        if self.shelf.pointer()?.as_ref() != Some(&named) {
            self.point(&named)?;
        }
        let older = match &newest.before {
            Some(before) => self.shelf.manifest(before.position)?,
            None => None,
        };
        self.tidy(older.as_ref().map(|(older, _)| older)).map(drop)
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

    /// Writes what the log has more, without what it erases, and takes that out of what was written
    /// before; says what that was. Nothing is written if there is nothing new.
    pub fn step(&mut self, reader: &dyn Reader) -> Result<Written, BackupError> {
        let (head, before) = (reader.head()?, self.position());
        let written = Written { before, position: before, ..Written::default() };
        if head.position <= before {
            return Ok(written);
        }
        self.learn_up_to(before, reader)?;
        let (mut public, mut personal) = self.newest.as_ref().map_or_else(
            || (Vec::new(), Vec::new()),
            |(newest, _)| (newest.public.clone(), newest.personal.clone()),
        );
        let first = joined(&mut public, head.position.get() - before.get());
        personal.retain(|one| one.first < first);
        let late = self.fresh().up_to(Position::new(first.get() - 1));
        let mut growing = Growing { tree: self.tree.clone(), public, personal, late, written };
        self.copy(reader, &head, first, &mut growing)?;
        if growing.tree.root() != head.root {
            return Err(BackupError::damaged(
                "the log",
                format!(
                    "its records up to {} have the root {}, it says {}",
                    head.position,
                    hex(&growing.tree.root()),
                    hex(&head.root)
                ),
            ));
        }
        self.forget(reader, &head, &mut growing)?;
        self.conclude(&head, growing)
    }

    /// What was erased and may be in what the newest manifest names.
    fn fresh(&self) -> Erasures {
        self.listed.as_ref().map_or_else(|| self.erased.clone(), |known| self.erased.beyond(known))
    }

    /// Learns what the records that are in the backup already erase.
    fn learn_up_to(&mut self, last: Position, reader: &dyn Reader) -> Result<(), BackupError> {
        while self.learnt < last {
            let at = self.learnt.next();
            let page = reader.read(at, ReadLimit::SCAN)?;
            for record in page.iter().take_while(|record| record.position() <= last) {
                self.erased.learn(reader, record, &self.erases)?;
                self.learnt = record.position();
            }
            if self.learnt < at {
                return Err(ends_early(at, &reader.head()?));
            }
        }
        Ok(())
    }

    /// Copies records up to the end of the log.
    fn copy(
        &mut self,
        reader: &dyn Reader,
        head: &Head,
        first: Position,
        growing: &mut Growing,
    ) -> Result<(), BackupError> {
        let (mut waiting, mut bytes, mut at) = (Vec::new(), 0, first);
        while at <= head.position {
            let page = reader.batched(at, ReadLimit::SCAN)?;
            let Some(last) = page.last() else { return Err(ends_early(at, head)) };
            at = last.record.position().next();
            for one in page.into_iter().take_while(|one| one.record.position() <= head.position) {
                let position = one.record.position();
                if position.get() > growing.tree.size() {
                    growing.tree.push(leaf(&one.record.public));
                }
                if position > self.learnt {
                    let learnt = self.erased.learn(reader, &one.record, &self.erases)?;
                    let put = growing.public.last().map_or(Position::ZERO, |last| last.last);
                    growing.late.join(&learnt.up_to(put));
                    self.learnt = position;
                }
                bytes += one.record.public.len();
                waiting.push(one);
                if bytes >= OBJECT_BYTES || position == head.position {
                    self.put(std::mem::take(&mut waiting), growing)?;
                    bytes = 0;
                }
            }
        }
        Ok(())
    }

    /// Puts a pair of objects.
    fn put(&self, mut records: Vec<Batched>, growing: &mut Growing) -> Result<(), BackupError> {
        self.erased.apply(&mut records)?;
        let pair = Pair::of(&records);
        let (first, last) = pair.range();
        debug_assert_eq!(growing.tree.size(), last.get(), "an object ends with what is new");
        let root = hex(&growing.tree.root());
        let (open, closed) = pair.finish();
        let named =
            [(PUBLIC, Some(open), &mut growing.public), (PERSONAL, closed, &mut growing.personal)];
        for (kind, bytes, named) in named {
            let Some(bytes) = bytes else { continue };
            let mut object = Object {
                first,
                last,
                bytes: 0,
                sha256: String::new(),
                root: root.clone(),
                rewritten: None,
                sealed: false,
            };
            self.put_object(kind, &mut object, &bytes, &mut growing.written)?;
            named.push(object);
        }
        Ok(())
    }

    fn put_object(
        &self,
        kind: &str,
        object: &mut Object,
        bytes: &[u8],
        written: &mut Written,
    ) -> Result<(), BackupError> {
        object.sealed = kind == PERSONAL && !self.seal.recipients.is_empty();
        let sealed = object.sealed.then(|| self.seal.recipients.sealed(bytes)).transpose()?;
        let bytes = sealed.as_deref().unwrap_or(bytes);
        (object.bytes, object.sha256) = (bytes.len() as u64, sha256(bytes));
        let name = self.shelf.path(&object.name(kind));
        self.shelf.target.put(&name, bytes).map_err(writing(&self.shelf))?;
        written.objects += 1;
        written.bytes += object.bytes;
        Ok(())
    }

    /// Writes the personal objects anew that hold what was erased since, or are to be sealed. Each
    /// gets another name: what the newest manifest names stays until another one is there.
    fn forget(
        &self,
        reader: &dyn Reader,
        head: &Head,
        growing: &mut Growing,
    ) -> Result<(), BackupError> {
        let is_sealing = !self.seal.recipients.is_empty();
        let (all, mut kept) = (std::mem::take(&mut growing.personal), Vec::new());
        for mut object in all {
            let beside = growing.public.iter().find(|public| public.range() == object.range());
            let is_clear = is_sealing && !object.sealed;
            let is_late = growing.late.touches(object.range());
            let (true, Some(public)) = (is_late || is_clear, beside) else {
                kept.push(object);
                continue;
            };
            // Whoever writes cannot open what is sealed: the log says again what was in it.
            let mut records = if object.sealed {
                logged(reader, object.range())?
            } else {
                self.shelf.records(std::slice::from_ref(&object), public)?
            };
            let named = growing.late.named_in(&records);
            let mut removed = growing.late.apply(&mut records)?;
            if object.sealed {
                // The log may have forgotten it by now, and the object not.
                removed = named;
            }
            if removed == 0 && !is_clear {
                kept.push(object);
                continue;
            }
            growing.written.forgotten += removed;
            if let (_, Some(bytes)) = Pair::of(&records).finish() {
                object.rewritten = Some(head.position);
                self.put_object(PERSONAL, &mut object, &bytes, &mut growing.written)?;
                kept.push(object);
            }
        }
        growing.personal = kept;
        Ok(())
    }

    /// The list of all that was erased: the one that is there, if it says the same.
    fn list(&self, head: &Head, written: &mut Written) -> Result<Named, BackupError> {
        let named = self.newest.as_ref().and_then(|(newest, _)| newest.erasures.clone());
        match (named, &self.listed) {
            (Some(named), Some(listed)) if *listed == self.erased => Ok(named),
            _ => {
                let bytes = self.erased.bytes();
                let name = self.shelf.path(&list_name(head.position));
                self.shelf.target.put(&name, &bytes).map_err(writing(&self.shelf))?;
                written.objects += 1;
                written.bytes += bytes.len() as u64;
                Ok(Named { position: head.position, sha256: sha256(&bytes) })
            }
        }
    }

    /// Writes the list and the manifest, and removes what nothing needs any more.
    fn conclude(&mut self, head: &Head, growing: Growing) -> Result<Written, BackupError> {
        let Growing { tree, public, personal, mut written, .. } = growing;
        let erasures = self.list(head, &mut written)?;
        let fresh = self.fresh();
        // A manifest that names what was erased, or what stands in the clear and should not, goes
        // as soon as there is another.
        let is_sealing = !self.seal.recipients.is_empty();
        let may_stay = |one: &Object| !fresh.touches(one.range()) && (one.sealed || !is_sealing);
        let stays = |older: &&Hashed| older.0.personal.iter().all(may_stay);
        let before = self
            .newest
            .as_ref()
            .filter(stays)
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
            erasures: Some(erasures),
            signed_by: None,
            signature: None,
        };
        let manifest = match &self.seal.signing {
            None => manifest,
            Some(signing) => {
                let signer = signing.signer(&self.shelf.name());
                let unnamed = |error| BackupError::io("sign")(io::Error::other(error));
                manifest.signed(&signer.map_err(unnamed)?)
            }
        };
        let bytes = manifest.bytes();
        let named = Named { position: head.position, sha256: sha256(&bytes) };
        let (target, shelf) = (self.shelf.target.clone(), &self.shelf);
        let name = shelf.path(&manifest_name(head.position));
        if !target.create(&name, &bytes).map_err(writing(shelf))? {
            // The lock was not honoured: whoever wrote it is in the middle of the same work.
            return Err(BackupError::Held { place: target.place() });
        }
        self.point(&named)?;
        let is_kept = manifest.before.is_some();
        let older = self.newest.replace((manifest, named.sha256)).filter(|_| is_kept);
        (self.tree, self.listed) = (tree, Some(self.erased.clone()));
        written.left = self.tidy(older.as_ref().map(|(older, _)| older))?;
        written.position = head.position;
        Ok(written)
    }

    /// Names the newest manifest.
    fn point(&self, newest: &Named) -> Result<(), BackupError> {
        let pointer = serde_json::to_vec(newest).expect("it has string keys alone");
        self.shelf.target.put(&self.shelf.path(NEWEST), &pointer).map_err(writing(&self.shelf))
    }

    /// Removes what neither the newest manifest names nor the one before it; says how many objects
    /// the target would not remove.
    fn tidy(&self, older: Option<&Manifest>) -> Result<u64, BackupError> {
        let kept: Vec<&Manifest> =
            self.newest.iter().map(|(newest, _)| newest).chain(older).collect();
        let names: BTreeSet<String> = kept.iter().flat_map(|manifest| manifest.names()).collect();
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
        // A list that tells more than the newest manifest knows came from elsewhere, and stays.
        let listed =
            kept.iter().filter_map(|kept| kept.erasures.as_ref()).map(|l| l.position).max();
        let is_older = |at: &Position| Some(*at) < listed;
        let lists = self.shelf.lists()?.into_iter().filter(is_older).map(list_name);
        gone.extend(lists.filter(|name| !names.contains(name)));
        let mut left = 0;
        for name in gone {
            // A store may keep what it was told to remove; it is no part of the backup any more.
            if let Err(error) = self.shelf.target.remove(&self.shelf.path(&name)) {
                tracing::warn!(%error, name, "an object that no backup needs was not removed");
                left += 1;
            }
        }
        Ok(left)
    }
}

/// A list that can be read; what stands for one that cannot is learnt again.
fn readable(list: Result<Erasures, BackupError>) -> Result<Option<Erasures>, BackupError> {
    match list {
        Ok(list) => Ok(Some(list)),
        Err(error @ BackupError::Damaged { .. }) => {
            tracing::warn!(%error, "a list of erased parts is not as it was written");
            Ok(None)
        }
        Err(error) => Err(error),
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

fn writing(shelf: &Shelf) -> impl FnOnce(io::Error) -> BackupError {
    BackupError::io(format!("write the backup at {}", shelf.target.place()))
}
