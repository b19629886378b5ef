//! A look at every byte of a backup. Invariant: nothing is written; what is flipped, gone, older,
//! or of another ledger is named, and so is what no manifest names.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sijil_log::{
    Batched,
    tree::{Frontier, leaf},
};
use sijil_schemas::Position;

use crate::{
    erasures::{Erases, Erasures, erased_by},
    error::BackupError,
    manifest::{Manifest, Named, Object, SEALED, hex},
    seal::Keys,
    shelf::{Hashed, MANIFEST, NEWEST, PERSONAL, PUBLIC, Shelf, list_in, list_name, position_in},
    target::Target,
};

/// How often it is looked again, while somebody writes to the target.
const LOOKS: u32 = 5;

/// What a look at one incarnation of a ledger found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Of what: LEDGER/INCARNATION.
    pub of: String,
    /// Up to where it can be restored; zero if nothing can.
    pub position: Position,
    /// The root there, recomputed.
    pub root: String,
    /// Records read.
    pub records: u64,
    /// Objects read.
    pub objects: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// The key that signed the newest manifest, as a vkey; `None` if nobody's did.
    pub signed_by: Option<String>,
    /// Sealed objects whose bytes have their hash, and whose parts were not looked at since
    /// nothing opened them.
    pub unopened: u64,
    /// What is not as it was written.
    pub faults: Vec<Fault>,
    /// Objects that no manifest names: of a run that was cut short, or is going on.
    pub unfinished: Vec<String>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The object.
    pub name: String,
    /// What is wrong with it.
    pub what: String,
}

/// Reads all of the backups in a target, or those of one ledger or incarnation; hears how many
/// records were read.
pub fn check(
    target: &Arc<dyn Target>,
    (of, keys): (Option<&str>, &Keys),
    erases: &Erases,
    progress: &dyn Fn(u64),
) -> Result<Vec<Checked>, BackupError> {
    let shelves = match of {
        Some(_) => vec![Shelf::chosen(target, of, keys)?],
        None => Shelf::all(target, keys)?,
    };
    if shelves.is_empty() {
        return Err(BackupError::Missing { place: target.place(), found: "none".into() });
    }
    shelves.iter().map(|shelf| settled(shelf, erases, progress)).collect()
}

/// Looks again where something is wrong and the backup has grown meanwhile: what was gone may have
/// been replaced.
fn settled(shelf: &Shelf, erases: &Erases, progress: &dyn Fn(u64)) -> Result<Checked, BackupError> {
    let mut looks = 0;
    loop {
        let before = shelf.manifests()?;
        let mut look = Look::new(shelf, erases, progress);
        look.run(&before)?;
        looks += 1;
        let unmoved = shelf.manifests()? == before;
        if look.found.faults.is_empty() || unmoved || looks == LOOKS {
            return Ok(look.found);
        }
    }
}

struct Look<'a> {
    shelf: &'a Shelf,
    erases: &'a Erases,
    progress: &'a dyn Fn(u64),
    found: Checked,
    /// Names with the hash they were found to have.
    seen: BTreeMap<String, String>,
}

impl<'a> Look<'a> {
    fn new(shelf: &'a Shelf, erases: &'a Erases, progress: &'a dyn Fn(u64)) -> Look<'a> {
        let found = Checked { of: shelf.name(), ..Checked::default() };
        Look { shelf, erases, progress, found, seen: BTreeMap::new() }
    }

    fn fault(&mut self, name: String, what: String) {
        if !self.found.faults.iter().any(|known| known.name == name) {
            self.found.faults.push(Fault { name, what });
        }
    }

    /// Notes what is wrong with an object; anything else that keeps it from being read ends the
    /// look.
    fn note<T>(&mut self, outcome: Result<T, BackupError>) -> Result<Option<T>, BackupError> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(BackupError::Damaged { name, what }) => {
                self.fault(name, what);
                Ok(None)
            }
            Err(BackupError::NotSigned { name, expected, found }) => {
                self.fault(name, format!("expected it signed by {expected}, found {found}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn run(&mut self, positions: &[Position]) -> Result<(), BackupError> {
        let newest = self.shelf.newest();
        let newest = self.note(newest)?.flatten();
        let mut manifests: Vec<Hashed> = Vec::new();
        for position in positions {
            let one = self.shelf.manifest(*position);
            manifests.extend(self.note(one)?.flatten());
        }
        for (manifest, _) in &manifests {
            let Some(before) = &manifest.before else { continue };
            let differs = |(other, sha256): &&Hashed| {
                other.position == before.position && *sha256 != before.sha256
            };
            if let Some((other, _)) = manifests.iter().find(differs) {
                let name = self.shelf.path(&format!("{MANIFEST}/{}.json", other.position));
                let what = format!("it is not the one that {} follows", manifest.position);
                self.fault(name, what);
            }
        }
        let erased = match newest.as_ref().and_then(|(newest, _)| newest.erasures.as_ref()) {
            None => None,
            Some(named) => {
                let list = self.shelf.list_of(named);
                self.note(list)?
            }
        };
        if let Some((newest, _)) = &newest {
            self.found.signed_by = newest.signed_by.clone();
            self.before(newest, positions, &manifests)?;
            self.records(newest, erased.as_ref())?;
        }
        for (manifest, _) in &manifests {
            self.objects(manifest)?;
            if let Some(named) = &manifest.erasures {
                let list = self.shelf.list_of(named);
                self.note(list)?;
            }
        }
        self.names(&manifests)
    }

    /// The manifest before the newest one is kept, and what is named as newest is there.
    fn before(
        &mut self,
        newest: &Manifest,
        positions: &[Position],
        manifests: &[Hashed],
    ) -> Result<(), BackupError> {
        let Some(before) = &newest.before else { return Ok(()) };
        if !positions.contains(&before.position) {
            let name = self.shelf.path(&format!("{MANIFEST}/{}.json", before.position));
            self.fault(name, format!("it is gone, and that of {} follows it", newest.position));
        }
        let pointer = self.shelf.pointer();
        let named = self.note(pointer)?.flatten();
        let is_there = |named: &Named| {
            let mut all = manifests.iter();
            all.any(|(one, sha256)| one.position == named.position && *sha256 == named.sha256)
        };
        if !named.as_ref().is_some_and(is_there) {
            let found = named.map_or("nothing".into(), |named| named.position.to_string());
            let what = format!("expected it to name {}, it names {found}", newest.position);
            self.fault(self.shelf.path(NEWEST), what);
        }
        Ok(())
    }

    /// Reads all that the newest manifest names, as a restore would, and the commitments besides.
    /// What a record erases is in the list, and what the list names is nowhere.
    fn records(
        &mut self,
        manifest: &Manifest,
        erased: Option<&Erasures>,
    ) -> Result<(), BackupError> {
        let (mut tree, mut whole) = (Frontier::default(), true);
        for object in &manifest.public {
            let beside = manifest.personal.iter().find(|one| one.range() == object.range());
            // Without a key only its hash can be looked at.
            let is_shut = self.shelf.keys.identities.is_empty();
            let personal = beside.filter(|one| !(one.sealed && is_shut));
            self.found.unopened += u64::from(beside.is_some() && personal.is_none());
            let read = self.shelf.records(personal.map_or(&[], std::slice::from_ref), object);
            let Some(mut records) = self.note(read)? else {
                whole = false;
                continue;
            };
            for (kind, object) in [(PUBLIC, Some(object)), (PERSONAL, personal)] {
                let Some(object) = object else { continue };
                self.seen.insert(object.name(kind), object.sha256.clone());
                self.found.objects += 1;
                self.found.bytes += object.bytes;
            }
            for one in &records {
                tree.push(leaf(&one.record.public));
                if let Err(error) = one.record.check_commitments() {
                    let name = self.shelf.path(&object.name(PERSONAL));
                    self.fault(name, error.to_string());
                }
            }
            if let (Some(erased), Some(named)) = (erased, &manifest.erasures) {
                self.erased(&mut records, (erased, named), personal)?;
            }
            self.found.records += records.len() as u64;
            (self.progress)(self.found.records);
            if whole && hex(&tree.root()) != object.root {
                let what = format!(
                    "expected the root {} after it, got {}",
                    object.root,
                    hex(&tree.root())
                );
                self.fault(self.shelf.path(&object.name(PUBLIC)), what);
            }
        }
        if whole {
            (self.found.position, self.found.root) = (manifest.position, hex(&tree.root()));
        }
        Ok(())
    }

    /// Holds records against the list of what was erased.
    fn erased(
        &mut self,
        records: &mut [Batched],
        (erased, named): (&Erasures, &Named),
        personal: Option<&Object>,
    ) -> Result<(), BackupError> {
        for one in &*records {
            let parts = erased_by(&one.record, self.erases);
            let parts = self.note(parts)?.unwrap_or_default();
            if let Some(part) = parts.into_iter().find(|part| !erased.names(*part)) {
                let what = format!(
                    "part {} of record {} is not in it, which record {} erases",
                    part.part,
                    part.position,
                    one.record.position()
                );
                self.fault(self.shelf.path(&list_name(named.position)), what);
            }
        }
        let removed = erased.apply(records);
        let removed = self.note(removed)?.unwrap_or_default();
        if let (1.., Some(personal)) = (removed, personal) {
            let what = format!("it holds {removed} parts that were erased");
            self.fault(self.shelf.path(&personal.name(PERSONAL)), what);
        }
        Ok(())
    }

    /// Reads what an older manifest names and was not read yet.
    fn objects(&mut self, manifest: &Manifest) -> Result<(), BackupError> {
        let kinds = [(PUBLIC, &manifest.public), (PERSONAL, &manifest.personal)];
        let all = kinds.into_iter().flat_map(|(kind, all)| all.iter().map(move |one| (kind, one)));
        for (kind, object) in all {
            let Object { bytes, sha256, .. } = object;
            if self.seen.get(&object.name(kind)) == Some(sha256) {
                continue;
            }
            let read = self.shelf.object(kind, object);
            if self.note(read)?.is_some() {
                self.seen.insert(object.name(kind), sha256.clone());
                self.found.objects += 1;
                self.found.bytes += bytes;
            }
        }
        Ok(())
    }

    /// Looks at the names of all that is there.
    fn names(&mut self, manifests: &[Hashed]) -> Result<(), BackupError> {
        let named: BTreeSet<String> =
            manifests.iter().flat_map(|(manifest, _)| manifest.names()).collect();
        for name in self.shelf.list("")? {
            let number = |text: &str| text.parse::<u64>().is_ok();
            let is_range = |kind: &str| {
                let clear = name.strip_suffix(SEALED).unwrap_or(&name);
                let range = clear.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
                range
                    .and_then(|range| range.split_once('-'))
                    // One that was written anew tells when.
                    .map(|(first, last)| (first, last.split_once('.').unwrap_or((last, "0"))))
                    .is_some_and(|(first, (last, at))| [first, last, at].into_iter().all(number))
            };
            if name == NEWEST || position_in(&name).is_some() || named.contains(&name) {
                continue;
            }
            if list_in(&name).is_some() {
                // One that came from elsewhere, or of a run that was cut short.
                let path = self.shelf.path(&name);
                let list = self.shelf.get(&name)?.map(|bytes| Erasures::parse(&path, &bytes));
                self.note(list.transpose())?;
            } else if is_range(PUBLIC) || is_range(PERSONAL) {
                self.found.unfinished.push(self.shelf.path(&name));
            } else {
                let what = "foreign: no backup has an object of this name".to_owned();
                self.fault(self.shelf.path(&name), what);
            }
        }
        Ok(())
    }
}
