//! One incarnation of one ledger in a target. Invariant: what is read from it has the hash that its
//! manifest names, or it is not used.

use std::{
    io::{self, ErrorKind},
    sync::Arc,
};

use serde::Deserialize;
use sijil_log::Batched;
use sijil_schemas::Position;
use uuid::Uuid;

use crate::{
    error::BackupError,
    manifest::{Manifest, Named, Object, sha256},
    object::{self, Unreadable},
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
}

/// The parts that erasures removed up to some position.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasures {
    format: u32,
    parts: Vec<(Position, u8)>,
}

/// A manifest with its hash.
pub(crate) type Hashed = (Manifest, String);

impl Shelf {
    /// All that stand in a target.
    pub fn all(target: &Arc<dyn Target>) -> Result<Vec<Shelf>, BackupError> {
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
                found.push(Shelf { target, ledger, incarnation });
            }
        }
        Ok(found)
    }

    /// The one that stands in a target, or the one that is named: LEDGER or LEDGER/INCARNATION.
    pub fn chosen(target: &Arc<dyn Target>, of: Option<&str>) -> Result<Shelf, BackupError> {
        let place = || target.place();
        let all = Shelf::all(target)?;
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

    /// The records of a public object, with the parts of the personal one beside it.
    pub(crate) fn records(
        &self,
        manifest: &Manifest,
        public: &Object,
    ) -> Result<Vec<Batched>, BackupError> {
        let bytes = self.object(PUBLIC, public)?;
        let mut records = object::public(&bytes, public.range())
            .map_err(|error| self.unreadable(&public.name(PUBLIC), error))?;
        if let Some(beside) = manifest.personal.iter().find(|one| one.range() == public.range()) {
            let bytes = self.object(PERSONAL, beside)?;
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

    /// The parts that were erased from this ledger, by the newest list that any of its incarnations
    /// has; `None` if there is no list.
    pub(crate) fn erasures(&self) -> Result<Option<Vec<(Position, u8)>>, BackupError> {
        let mut newest: Option<(Position, Shelf, String)> = None;
        for shelf in Shelf::all(&self.target)? {
            if shelf.ledger != self.ledger {
                continue;
            }
            for name in shelf.list(&format!("{ERASURES}/"))? {
                let number = name.rsplit('/').next().and_then(|number| number.parse().ok());
                let Some(number) = number.map(Position::new) else { continue };
                if newest.as_ref().is_none_or(|(known, ..)| *known < number) {
                    newest = Some((number, shelf.clone(), name));
                }
            }
        }
        let Some((_, shelf, name)) = newest else { return Ok(None) };
        let path = shelf.path(&name);
        let bytes = shelf.get(&name)?.ok_or_else(|| BackupError::damaged(&path, "it is gone"))?;
        parse_erasures(&path, &bytes).map(Some)
    }
}

/// The parts in a list of erasures: `{"format": 1, "parts": [[position, part], …]}`.
pub(crate) fn parse_erasures(name: &str, bytes: &[u8]) -> Result<Vec<(Position, u8)>, BackupError> {
    let found: Erasures = serde_json::from_slice(bytes)
        .map_err(|error| BackupError::damaged(name, error.to_string()))?;
    match found.format {
        1 => Ok(found.parts),
        found => Err(BackupError::Newer { name: name.to_owned(), found, known: 1 }),
    }
}

fn names(shelves: &[Shelf]) -> Vec<String> {
    shelves.iter().map(Shelf::name).collect()
}

pub(crate) fn manifest_name(position: Position) -> String {
    format!("{MANIFEST}/{position}.json")
}

/// The position in the name of a manifest.
pub(crate) fn position_in(name: &str) -> Option<Position> {
    let number = name.strip_prefix(MANIFEST)?.strip_prefix('/')?.strip_suffix(".json")?;
    number.parse().ok().map(Position::new)
}

pub(crate) fn reading(target: &dyn Target, name: &str) -> impl FnOnce(io::Error) -> BackupError {
    BackupError::io(format!("read {name} of the backup at {}", target.place()))
}
