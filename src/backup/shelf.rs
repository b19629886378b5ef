//! One incarnation of one ledger in a target. Invariant: what is read from it has the hash that its
//! manifest names, or it is not used.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use sijil_log::Batched;
use sijil_schemas::Position;
use uuid::Uuid;

use crate::{
    erasures::Erasures,
    error::BackupError,
    manifest::{Manifest, Named, Object, sha256},
    object::{self, Unreadable},
    seal::Keys,
    target::Target,
};

pub(crate) const PUBLIC: &str = "public";
pub(crate) const PERSONAL: &str = "personal";
pub(crate) const MANIFEST: &str = "manifest";
pub(crate) const ERASURES: &str = "erasures";
/// The object that names the newest manifest.
pub(crate) const NEWEST: &str = "newest";
/// How often the newest manifest is looked for, while somebody writes newer ones.
const LOOKS: u32 = 5;

/// One incarnation of one ledger in a target.
#[derive(Clone)]
pub struct Shelf {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) ledger: Uuid,
    pub(crate) incarnation: String,
    pub(crate) keys: Keys,
}

/// A list in a target: whether it is of the incarnation that asks, its position, and what it says.
pub(crate) type FoundList = (bool, Position, Result<Erasures, BackupError>);
/// A manifest with its hash.
pub(crate) type Hashed = (Manifest, String);

impl Shelf {
    /// All that stand in a target, read with these keys.
    pub(crate) fn all(target: &Arc<dyn Target>, keys: &Keys) -> Result<Vec<Shelf>, BackupError> {
        let names = target.list("").map_err(reading(&**target, ""))?;
        let mut found: Vec<Shelf> = Vec::new();
        for name in names {
            let mut parts = name.split('/');
            let (Some(ledger), Some(incarnation), Some(_)) =
                (parts.next().and_then(|id| id.parse().ok()), parts.next(), parts.next())
            else {
                continue;
            };
            let known = |shelf: &Shelf| shelf.ledger == ledger && shelf.incarnation == incarnation;
            if !found.iter().any(known) {
                let (target, incarnation) = (target.clone(), incarnation.to_owned());
                found.push(Shelf { target, ledger, incarnation, keys: keys.clone() });
            }
        }
        Ok(found)
    }

    /// The one that stands in a target, or the one that is named: LEDGER or LEDGER/INCARNATION.
    pub(crate) fn chosen(
        target: &Arc<dyn Target>,
        of: Option<&str>,
        keys: &Keys,
    ) -> Result<Shelf, BackupError> {
        let place = || target.place();
        let all = Shelf::all(target, keys)?;
        let named = |shelf: &&Shelf| {
            of.is_none_or(|of| of == shelf.name() || of == shelf.ledger.to_string())
        };
        let mut fit: Vec<&Shelf> = all.iter().filter(named).collect();
        match (fit.pop(), fit.is_empty()) {
            (Some(one), true) => Ok(one.clone()),
            (None, _) => Err(BackupError::Missing {
                place: place(),
                found: if all.is_empty() {
                    "none".into()
                } else {
                    format!("those of {}", names(&all).join(", "))
                },
            }),
            (Some(_), false) => Err(BackupError::Several { place: place(), of: names(&all) }),
        }
    }

    /// As people name it: LEDGER/INCARNATION.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.ledger, self.incarnation)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.ledger, self.incarnation)
    }

    /// The names of objects of a kind, without what stands before the kind.
    pub(crate) fn list(&self, kind: &str) -> Result<Vec<String>, BackupError> {
        let (under, before) = (self.path(kind), self.path("").len());
        let names = self.target.list(&under).map_err(reading(&*self.target, &under))?;
        Ok(names.into_iter().map(|name| name[before..].to_owned()).collect())
    }

    /// The bytes of an object, `None` if there is none.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
        match self.target.get(&self.path(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(reading(&*self.target, name)(error)),
        }
    }

    /// The positions of all manifests, ascending.
    pub(crate) fn manifests(&self) -> Result<Vec<Position>, BackupError> {
        let mut found: Vec<Position> = self
            .list(&format!("{MANIFEST}/"))?
            .iter()
            .filter_map(|name| position_in(name))
            .collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The manifest of a position; `None` if there is none.
    pub(crate) fn manifest(&self, position: Position) -> Result<Option<Hashed>, BackupError> {
        let name = manifest_name(position);
        let Some(bytes) = self.get(&name)? else { return Ok(None) };
        let name = self.path(&name);
        let manifest = Manifest::parse(&name, &bytes)?;
        if (manifest.ledger, &manifest.incarnation) != (self.ledger, &self.incarnation) {
            return Err(BackupError::damaged(
                name,
                format!(
                    "foreign: it is a manifest of {}/{}",
                    manifest.ledger, manifest.incarnation
                ),
            ));
        }
        if manifest.position != position {
            let what = format!("it is a manifest of position {}", manifest.position);
            return Err(BackupError::damaged(name, what));
        }
        self.keys.check(&name, &manifest)?;
        Ok(Some((manifest, sha256(&bytes))))
    }

    /// The newest manifest; `None` if there is none.
    pub(crate) fn newest(&self) -> Result<Option<Hashed>, BackupError> {
        for _ in 0..LOOKS {
            let pointer = self.pointer()?;
            let Some(position) = self.manifests()?.pop() else {
                return match pointer {
                    Some(gone) => Err(self.gone(gone.position)),
                    None => Ok(None),
                };
            };
            // One that is gone by now was not the newest.
            let Some(found) = self.manifest(position)? else { continue };
            match pointer {
                Some(named) if named.position > position => return Err(self.gone(named.position)),
                Some(named) if named.position == position && named.sha256 != found.1 => {
                    return Err(BackupError::damaged(
                        self.path(&manifest_name(position)),
                        format!("expected SHA-256 {}, got {}", named.sha256, found.1),
                    ));
                }
                Some(_) | None => return Ok(Some(found)),
            }
        }
        Err(BackupError::damaged(self.path(MANIFEST), "manifests come and go faster than read"))
    }

    fn gone(&self, position: Position) -> BackupError {
        BackupError::damaged(
            self.path(&manifest_name(position)),
            format!("it is gone, and {} names it", self.path(NEWEST)),
        )
    }

    /// What names the newest manifest. It may lag behind it by one that was just written.
    pub(crate) fn pointer(&self) -> Result<Option<Named>, BackupError> {
        let Some(bytes) = self.get(NEWEST)? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| BackupError::damaged(self.path(NEWEST), error.to_string()))
    }

    /// The bytes of an object that a manifest names.
    pub(crate) fn object(&self, kind: &str, object: &Object) -> Result<Vec<u8>, BackupError> {
        let name = object.name(kind);
        let bytes =
            self.get(&name)?.ok_or_else(|| BackupError::damaged(self.path(&name), "it is gone"))?;
        let found = sha256(&bytes);
        if found == object.sha256 && bytes.len() as u64 == object.bytes {
            return Ok(bytes);
        }
        let what = format!(
            "expected {} bytes of SHA-256 {}, got {} of {found}: flipped, older, or of another \
             ledger",
            object.bytes,
            object.sha256,
            bytes.len()
        );
        Err(BackupError::damaged(self.path(&name), what))
    }

    /// The bytes of a personal object, opened if they are sealed.
    fn personal(&self, object: &Object) -> Result<Vec<u8>, BackupError> {
        let bytes = self.object(PERSONAL, object)?;
        if !object.sealed {
            return Ok(bytes);
        }
        let name = self.path(&object.name(PERSONAL));
        if self.keys.identities.is_empty() {
            return Err(BackupError::Sealed { name, found: "no key" });
        }
        // Its hash is the one that was written, so it is the key that does not fit.
        self.keys.identities.opened(&bytes).map_err(|why| {
            tracing::warn!(why, name, "a sealed object was not opened");
            BackupError::Sealed { name, found: "none of the keys that were given" }
        })
    }

    /// Refuses what the keys do not open: one sealed object of a manifest stands for all.
    pub(crate) fn opens(&self, manifest: &Manifest) -> Result<(), BackupError> {
        let sealed = manifest.personal.iter().find(|one| one.sealed);
        sealed.map_or(Ok(()), |one| self.personal(one).map(drop))
    }

    /// The records of a public object, with the parts of the personal one beside it.
    pub(crate) fn records(
        &self,
        personal: &[Object],
        public: &Object,
    ) -> Result<Vec<Batched>, BackupError> {
        let bytes = self.object(PUBLIC, public)?;
        let mut records = object::public(&bytes, public.range())
            .map_err(|error| self.unreadable(&public.name(PUBLIC), error))?;
        if let Some(beside) = personal.iter().find(|one| one.range() == public.range()) {
            let bytes = self.personal(beside)?;
            object::join(&mut records, &bytes, beside.range())
                .map_err(|error| self.unreadable(&beside.name(PERSONAL), error))?;
        }
        Ok(records)
    }

    fn unreadable(&self, name: &str, error: Unreadable) -> BackupError {
        let name = self.path(name);
        match error {
            Unreadable::Newer(found) => BackupError::Newer { name, found, known: object::PUBLIC },
            Unreadable::Damaged(what) => BackupError::damaged(name, what),
        }
    }

    /// The list that a manifest names.
    pub(crate) fn list_of(&self, named: &Named) -> Result<Erasures, BackupError> {
        let (name, path) = (list_name(named.position), self.path(&list_name(named.position)));
        let bytes = self.get(&name)?.ok_or_else(|| BackupError::damaged(&path, "it is gone"))?;
        let found = sha256(&bytes);
        if found == named.sha256 {
            return Erasures::parse(&path, &bytes);
        }
        let what = format!("expected SHA-256 {}, got {found}", named.sha256);
        Err(BackupError::damaged(path, what))
    }

    /// The lists of erased parts that stand here, ascending.
    pub(crate) fn lists(&self) -> Result<Vec<Position>, BackupError> {
        let names = self.list(&format!("{ERASURES}/"))?;
        let mut found: Vec<Position> = names.iter().filter_map(|name| list_in(name)).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The lists of all incarnations of this ledger: whether it is of this one, its position, and
    /// what it says.
    pub(crate) fn all_lists(&self) -> Result<Vec<FoundList>, BackupError> {
        let mut found = Vec::new();
        for shelf in Shelf::all(&self.target, &self.keys)? {
            if shelf.ledger != self.ledger {
                continue;
            }
            let is_own = shelf.incarnation == self.incarnation;
            for position in shelf.lists()? {
                let name = list_name(position);
                // One that is gone by now has given way to a newer one.
                let Some(bytes) = shelf.get(&name)? else { continue };
                found.push((is_own, position, Erasures::parse(&shelf.path(&name), &bytes)));
            }
        }
        Ok(found)
    }

    /// All parts that were erased from this ledger, by the lists that its incarnations have here;
    /// `None` if there is no list. What the manifest names must be there, or a newer list.
    pub(crate) fn erasures(&self, manifest: &Manifest) -> Result<Option<Erasures>, BackupError> {
        let mut all: Option<Erasures> = None;
        let mut newest = Position::ZERO;
        let named = manifest.erasures.as_ref();
        for (is_own, position, list) in self.all_lists()? {
            let list = match named {
                Some(named) if is_own && named.position == position => self.list_of(named)?,
                Some(_) | None => list?,
            };
            if is_own {
                newest = newest.max(position);
            }
            all.get_or_insert_default().join(&list);
        }
        match named {
            Some(named) if all.is_some() && newest < named.position => {
                let name = self.path(&list_name(named.position));
                Err(BackupError::damaged(name, "it is gone"))
            }
            Some(_) | None => Ok(all),
        }
    }
}

fn names(shelves: &[Shelf]) -> Vec<String> {
    shelves.iter().map(Shelf::name).collect()
}

pub(crate) fn manifest_name(position: Position) -> String {
    format!("{MANIFEST}/{position}.json")
}

pub(crate) fn list_name(position: Position) -> String {
    format!("{ERASURES}/{position}")
}

/// The position in the name of a list of erased parts.
pub(crate) fn list_in(name: &str) -> Option<Position> {
    let number = name.strip_prefix(ERASURES)?.strip_prefix('/')?;
    number.parse().ok().map(Position::new)
}

/// The position in the name of a manifest.
pub(crate) fn position_in(name: &str) -> Option<Position> {
    let number = name.strip_prefix(MANIFEST)?.strip_prefix('/')?.strip_suffix(".json")?;
    number.parse().ok().map(Position::new)
}

pub(crate) fn reading(target: &dyn Target, name: &str) -> impl FnOnce(io::Error) -> BackupError {
    BackupError::io(format!("read {name} of the backup at {}", target.place()))
}
