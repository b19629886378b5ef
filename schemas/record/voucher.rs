//! Who vouches for a record: whoever stood at the door when it was made, and by what it was known.
//! Invariant: what a record of format 2 says of that was proven to the ledger, and nobody could
//! choose it; a record of format 1 says nothing of it, and its actor is what the caller claimed.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::id::Key;

/// How many characters a key's id has.
pub const KEY_ID_CHARS: usize = 12;
/// How many bytes it takes in a record.
pub(super) const KEY_ID_BYTES: usize = 9;
/// The digits that ids and secrets of keys are made of.
pub const KEY_DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The id of an access key: twelve letters and digits, which its secret begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID_CHARS]);

/// A text that is no id of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {KEY_ID_CHARS} letters and digits")]
pub struct InvalidKeyId;

impl KeyId {
    /// The text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are text")
    }

    const fn of_number(mut number: u128) -> KeyId {
        let (mut digits, mut at) = ([0; KEY_ID_CHARS], KEY_ID_CHARS);
        while at > 0 {
            at -= 1;
            digits[at] = KEY_DIGITS[(number % 62) as usize];
            number /= 62;
        }
        KeyId(digits)
    }
    /// As a number, which has the bytes of [`KEY_ID_BYTES`]: 62¹² is less than 2⁷².
    pub(super) fn bytes(self) -> [u8; KEY_ID_BYTES] {
        let value =
            |digit: u8| KEY_DIGITS.iter().position(|one| *one == digit).unwrap_or(0) as u128;
        let number = self.0.iter().fold(0, |number, digit| number * 62 + value(*digit));
        let (mut bytes, whole) = ([0; KEY_ID_BYTES], number.to_le_bytes());
        bytes.copy_from_slice(&whole[..KEY_ID_BYTES]);
        bytes
    }
    /// The id of such bytes; `None` if they are of none.
    pub(super) fn of_bytes(bytes: [u8; KEY_ID_BYTES]) -> Option<KeyId> {
        let mut whole = [0; 16];
        whole[..KEY_ID_BYTES].copy_from_slice(&bytes);
        let id = KeyId::of_number(u128::from_le_bytes(whole));
        (id.bytes() == bytes).then_some(id)
    }
}
impl FromStr for KeyId {
    type Err = InvalidKeyId;
    fn from_str(text: &str) -> Result<KeyId, InvalidKeyId> {
        let digits: [u8; KEY_ID_CHARS] = text.as_bytes().try_into().map_err(|_| InvalidKeyId)?;
        if digits.iter().all(|digit| KEY_DIGITS.contains(digit)) {
            Ok(KeyId(digits))
        } else {
            Err(InvalidKeyId)
        }
    }
}
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

/// By what the ledger knew who made a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// By the files of its data directory: whoever has them is the operator of this machine.
    Local,
    /// By an access key.
    Key(KeyId),
    /// By a session of the console.
    Session,
    /// By a token of the company's own sign-in.
    Token,
}

impl Credential {
    /// Its number in a record, in two bits.
    pub(super) const fn code(self) -> u8 {
        match self {
            Credential::Local => 0,
            Credential::Key(_) => 1,
            Credential::Session => 2,
            Credential::Token => 3,
        }
    }
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Credential::Local => "local",
            Credential::Key(_) => "key",
            Credential::Session => "session",
            Credential::Token => "token",
        }
    }
}

/// Who vouches for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// Who recorded it, where that is not its actor: of history that is brought in, say. Of the
    /// machine's own operator nothing is said but that it was one.
    pub recorded_by: Option<Key>,
    /// By what that was known.
    pub by: Credential,
}

/// Who vouches for a record, as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vouched {
    /// By what the caller was known: `local`, `key`, `session` or `token`.
    pub by: &'static str,
    /// The id of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub key: Option<KeyId>,
    /// Who recorded it, where that is not the actor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<Key>,
}

impl From<Voucher> for Vouched {
    fn from(voucher: Voucher) -> Vouched {
        let key = match voucher.by {
            Credential::Key(key) => Some(key),
            Credential::Local | Credential::Session | Credential::Token => None,
        };
        Vouched { by: voucher.by.name(), key, recorded_by: voucher.recorded_by }
    }
}
