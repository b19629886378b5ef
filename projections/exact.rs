//! Decimals in the bytes of a state: sixteen bytes each, as they are. Invariant: what is read is
//! what was written, scale included.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<S: Serializer>(value: &Decimal, s: S) -> Result<S::Ok, S::Error> {
    value.serialize().serialize(s)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Decimal, D::Error> {
    <[u8; 16]>::deserialize(d).map(Decimal::deserialize)
}
