//! What checkpoints are checked with. Invariant: it is one line of the form of signed notes, with
//! no secret in it.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::credential::{expected, written};
use crate::text::{from_text, plain_fields};

const FORM: &str = "the verifier key of a signed note: its name, eight digits of 0-9 a-f and the \
                    key in base64, with a + between";

/// A verifier key, as in `sijil.example/L1+5e2a91c4+AX…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey(Box<str>);

impl VerifierKey {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl FromStr for VerifierKey {
    type Err = String;
    fn from_str(text: &str) -> Result<VerifierKey, String> {
        let mut parts = text.splitn(3, '+');
        let name = parts.next().unwrap_or_default();
        let (hash, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let is_name = (1..=192).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic());
        let is_hash =
            hash.len() == 8 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        let digits = key.trim_end_matches('=');
        let is_key = (1..=128).contains(&digits.len())
            && key.len() - digits.len() <= 2
            && digits.bytes().all(is_base64);
        if is_name && is_hash && is_key {
            Ok(VerifierKey(text.into()))
        } else {
            Err(expected(FORM, text))
        }
    }
}
written! {
    VerifierKey, FORM, "verifier_key",
        {"type": "string",
         "pattern": "^[!-*,-~]{1,192}\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{1,128}={0,2}$"};
}
plain_fields!(VerifierKey);
