//! The manifest: what a backup up to a position consists of. Invariant: it is written after all
//! that it names, and every object it names is named with its hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sijil_log::tree::{Frontier, Hash};
use sijil_proof::note::{Note, Signature, Signer, Vkey};
use sijil_schemas::{Position, time::Timestamp};
use uuid::Uuid;

use crate::{
    error::BackupError,
    object,
    shelf::{PERSONAL, PUBLIC, list_name},
};

/// The newest format of manifests.
pub const FORMAT: u32 = 3;
/// The first format in which a manifest is signed, and nothing stands in it that it does not mean.
const SIGNED: u32 = 3;

/// How the names of objects end that are sealed.
pub(crate) const SEALED: &str = ".age";

/// What a backup up to a position consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its own format.
    pub format: u32,
    /// The release that wrote it.
    pub release: String,
    /// The ledger: the event id of its first record.
    pub ledger: Uuid,
    /// Which life of the ledger: a restore that cuts it, or a clone, begins another.
    pub incarnation: String,
    /// The last position in the backup, which is the size of the tree.
    pub position: Position,
    /// The RFC 6962 root of the tree there, in hexadecimal.
    pub root: String,
    /// The roots of the full subtrees that make up the tree, largest first.
    pub peaks: Vec<String>,
    /// When the last record was recorded.
    pub recorded_at: Timestamp,
    /// The formats of what it names.
    pub formats: Formats,
    /// The manifest before this one; `null` in the first.
    pub before: Option<Named>,
    /// Public objects: all records, without gap or overlap.
    pub public: Vec<Object>,
    /// Personal objects, each of the range of a public one.
    pub personal: Vec<Object>,
    /// The list of all parts that were erased; format 1 names none.
    #[serde(default)]
    pub erasures: Option<Named>,
    /// Who signed it: the ledger's key, as a vkey. Nobody, if the ledger had no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
    /// The line of a signed note that this key made over all bytes but this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// The formats of what a manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formats {
    /// Of public objects.
    pub public: u32,
    /// Of personal objects.
    pub personal: u32,
    /// The newest one of records that this release writes.
    pub record: u8,
}

/// A manifest or a list by its position and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its position; of a list, the one up to which it tells what was erased.
    pub position: Position,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// An object of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// The first record.
    pub first: Position,
    /// The last record.
    pub last: Position,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// The root of the tree after its last record.
    pub root: String,
    /// Of a personal object that was written anew, up to which position it was told what was
    /// erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rewritten: Option<Position>,
    /// Whether its bytes are sealed, as an age file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
}

impl Object {
    /// Its name, without the prefix of the ledger and the incarnation.
    pub(crate) fn name(&self, kind: &str) -> String {
        let range = format!("{kind}/{}-{}", self.first, self.last);
        let anew = self.rewritten.map(|at| format!(".{at}")).unwrap_or_default();
        let ending = if self.sealed { SEALED } else { "" };
        format!("{range}{anew}{ending}")
    }
    pub(crate) fn range(&self) -> (Position, Position) {
        (self.first, self.last)
    }
}

impl Formats {
    pub(crate) const WRITTEN: Formats = Formats {
        public: object::PUBLIC,
        personal: object::PERSONAL,
        record: sijil_schemas::record::RECORD_FORMAT,
    };
}

impl Manifest {
    /// The manifest in these bytes.
    pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Manifest, BackupError> {
        // The format alone first: a newer one may hold what is not known here.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let unreadable = |error: serde_json::Error| BackupError::damaged(name, error.to_string());
        let Head { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if format > FORMAT {
            return Err(BackupError::Newer { name: name.to_owned(), found: format, known: FORMAT });
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(unreadable)?;
        let signed = || {
            // What this release would not write, the signature would not cover.
            if format >= SIGNED && manifest.bytes() != bytes {
                return Err("it holds bytes that mean nothing".to_owned());
            }
            manifest.check_signature()
        };
        let sound = manifest.check().and_then(|()| signed());
        sound.map_err(|what| BackupError::damaged(name, what))?;
        Ok(manifest)
    }

    /// Whether it holds together.
    fn check(&self) -> Result<(), String> {
        let mut expected = Position::new(1);
        for object in &self.public {
            if object.first != expected || object.last < object.first {
                return Err(format!(
                    "expected an object from {expected} on, it names one of {} to {}",
                    object.first, object.last
                ));
            }
            expected = object.last.next();
        }
        if expected != self.position.next() {
            return Err(format!("its objects do not end at {}", self.position));
        }
        let fits = |one: &Object| self.public.iter().any(|public| public.range() == one.range());
        if let Some(odd) = self.personal.iter().find(|one| !fits(one)) {
            return Err(format!("{} is beside no public object", odd.name("personal")));
        }
        let tree = self.tree().ok_or("its peaks do not fit its position")?;
        if hex(&tree.root()) == self.root {
            Ok(())
        } else {
            Err("its root is not that of its peaks".to_owned())
        }
    }

    /// The same, signed by a key.
    pub(crate) fn signed(self, signer: &Signer) -> Manifest {
        let named =
            Manifest { signed_by: Some(signer.vkey().to_string()), signature: None, ..self };
        let signature = signer.sign(&named.text()).to_string();
        Manifest { signature: Some(signature), ..named }
    }

    /// Whether it is signed by the key that it names, if it names one.
    fn check_signature(&self) -> Result<(), String> {
        let (vkey, signature) = match (&self.signed_by, &self.signature) {
            (None, None) => return Ok(()),
            (Some(vkey), Some(signature)) => (vkey, signature),
            (_, _) => return Err("it names a key or a signature, and not both".to_owned()),
        };
        let vkey: Vkey = vkey.parse().map_err(|error| format!("its key: {error}"))?;
        let text = Manifest { signature: None, ..self.clone() }.text();
        let signatures = Signature::list(signature).map_err(|error| error.to_string())?;
        let unsigned = Note::new(text, &[]).map_err(|error| error.to_string())?;
        let note = signatures.into_iter().fold(unsigned, Note::with);
        note.verified(&[vkey]).map(drop).map_err(|error| error.to_string())
    }

    /// The edge of the tree at its position; `None` if what it says is none.
    pub(crate) fn tree(&self) -> Option<Frontier> {
        let peaks = self.peaks.iter().map(|peak| unhex(peak)).collect::<Option<_>>()?;
        Frontier::new(self.position.get(), peaks)
    }

    /// The names of the objects that it names, without the prefix of the ledger and the
    /// incarnation.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        let public = self.public.iter().map(|one| one.name(PUBLIC));
        let personal = self.personal.iter().map(|one| one.name(PERSONAL));
        public.chain(personal).chain(self.erasures.iter().map(|list| list_name(list.position)))
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.text().into_bytes()
    }

    fn text(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("it has string keys alone");
        format!("{json}\n")
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The hash that is written in hexadecimal; `None` if it is none.
pub(crate) fn unhex(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(hash)
}
