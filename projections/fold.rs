//! What every fold is. Invariant: `apply` is total and deterministic; equal records in equal order
//! make equal states, byte for byte.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use sijil_facts::Ids;
pub use sijil_facts::quarantine::Quarantined;
use sijil_schemas::Record;

/// A read model: the pure code that makes it, and its state.
pub trait Fold: Default + Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name, as in `GET /v1/projections`.
    const NAME: &'static str;
    /// The edition of its code: raised by every change of meaning or state.
    const EDITION: u32;
    /// Whether it takes a document in parts once, whole; else it takes each part as a record of its
    /// own.
    const WHOLE: bool = true;
    /// Takes the next record.
    fn apply(&self, record: &Record);
    /// The facts it could not place.
    fn quarantine(&self) -> Vec<Quarantined> {
        Vec::new()
    }
    /// Says which numbers stand for ids from now on: those that were given until now are the same.
    fn link(&mut self, _ids: &Arc<Ids>) {}

    /// The canonical bytes of the state.
    fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }
    /// The state of canonical bytes; `None` if they are none of this edition.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
    /// The [`digest_of`] its canonical bytes.
    fn digest(&self) -> [u8; 32] {
        digest_of(Self::NAME, Self::EDITION, &self.to_bytes())
    }
}

/// SHA-256 over name, edition and canonical bytes.
#[must_use]
pub fn digest_of(name: &str, edition: u32, bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update(edition.to_le_bytes());
    hash.update(bytes);
    hash.finalize().into()
}
