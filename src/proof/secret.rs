//! The secret half of a key that signs. Invariant: it is shown to nobody, only its public half is.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use crate::note::{NoteError, SEED_BYTES, is_name, key_id};

/// A key that signs; `P` is its public half, which says what it signs.
#[derive(Clone)]
pub struct SecretHalf<P> {
    key: SigningKey,
    public: P,
}

impl<P: fmt::Display> fmt::Debug for SecretHalf<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHalf({})", self.public)
    }
}

impl<P> SecretHalf<P> {
    /// The key of this name and kind made of 32 secret bytes; `public` is told its name, id and
    /// public half.
    pub(crate) fn made(
        name: &str,
        seed: &[u8; SEED_BYTES],
        kind: u8,
        public: impl FnOnce(String, [u8; 4], VerifyingKey) -> P,
    ) -> Result<SecretHalf<P>, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Key("the name is empty, or holds a space or plus sign"));
        }
        let key = SigningKey::from_bytes(seed);
        let half = key.verifying_key();
        let id = key_id(name, kind, half.as_bytes());
        Ok(SecretHalf { public: public(name.to_owned(), id, half), key })
    }
    /// Its public half.
    #[must_use]
    pub const fn vkey(&self) -> &P {
        &self.public
    }
    /// The bare signature of a text.
    pub(crate) fn signed(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes()).to_bytes()
    }
}
