//! Texts, the company's own fields, and what is personal. Invariant: a text is never longer than
//! its type says and holds no control characters but newline and tab.

use std::{borrow::Cow, collections::BTreeMap, fmt, ops::Deref};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use crate::{
    coin::{Coin, Place},
    id::{Entity, EntityRef, Id, Key, Kind},
    money::{Amount, Currency, Money},
};

/// The longest name, in bytes.
pub const NAME_BYTES_MAX: usize = 256;
/// The longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 8_192;
/// The most fields one event may set.
pub const ATTRIBUTES_MAX: usize = 64;

/// Reads a text through a parser, with no copy in between. `expecting` says what was wanted when no
/// text came.
pub(crate) fn from_text<'de, D, T, E>(
    d: D,
    expecting: &'static str,
    parse: fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    struct FromText<T, E> {
        expecting: &'static str,
        parse: fn(&str) -> Result<T, E>,
    }
    impl<T, E: fmt::Display> Visitor<'_> for FromText<T, E> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.expecting)
        }
        fn visit_str<D: de::Error>(self, text: &str) -> Result<T, D> {
            (self.parse)(text).map_err(D::custom)
        }
    }
    d.deserialize_str(FromText { expecting, parse })
}

fn check(text: &str, bytes_max: usize, least: usize) -> Result<(), String> {
    if text.len() < least || text.len() > bytes_max {
        return Err(format!(
            "expected a text of {least} to {bytes_max} bytes, got {} bytes",
            text.len()
        ));
    }
    match text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t') {
        Some(c) => Err(format!("expected a text without control characters, got {c:?}")),
        None => Ok(()),
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $least:expr, $most:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(Box<str>);
        impl $name {
            /// The text; refused when it is too long or has control characters.
            pub fn new(text: &str) -> Result<$name, String> {
                check(text, $most, $least).map(|()| $name(text.into()))
            }
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                from_text(d, "a text", $name::new)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> { stringify!($name).into() }
            fn inline_schema() -> bool { true }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "minLength": $least, "maxLength": $most})
            }
        }
    };
}

text!(
    /// A name or label.
    Name, 1, NAME_BYTES_MAX
);
text!(
    /// Free text.
    Text, 0, TEXT_BYTES_MAX
);

/// The company's own fields on an event: never about persons, since they may become report keys.
pub type Attributes = BTreeMap<Key, Text>;

/// A value about a person. It is kept apart from the public part of the record, and may be withheld
/// (erased) later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Personal<T>(Option<T>);

impl<T> Personal<T> {
    /// A known value.
    pub const fn known(value: T) -> Self {
        Personal(Some(value))
    }
    /// The value, unless it is withheld.
    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
    fn is_withheld(&self) -> bool {
        self.0.is_none()
    }
}
impl<T> Default for Personal<T> {
    fn default() -> Self {
        Personal(None)
    }
}
impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(s)
    }
}
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(d).map(Personal)
    }
}
impl<T: JsonSchema> JsonSchema for Personal<T> {
    fn schema_name() -> Cow<'static, str> {
        Cow::Owned(format!("personal_{}", T::schema_name()))
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("x-personal".into(), true.into());
        schema
    }
}

/// A field of an event, as far as the vocabulary itself must look into it.
pub(crate) trait Field {
    /// Whether the value is about a person and is kept apart.
    const PERSONAL: bool = false;
    /// Whether the field may be left out of a draft.
    const OPTIONAL: bool = false;
    /// Shows every entity the value names.
    fn touch(&self, _visit: &mut dyn FnMut(EntityRef)) {}
    /// Shows every amount and every currency the value holds.
    fn coins(&self, _place: Place, _visit: &mut dyn FnMut(Coin)) {}
    /// Shows the paths of accounts the value posts to, which need not have been opened.
    fn paths(&self, _visit: &mut dyn FnMut(&crate::id::AccountId)) {}
    /// Whether the field is left out when written.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<K: Entity> Field for Id<K> {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.entity());
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        if K::KIND == Kind::Currency {
            visit(Coin { place, amount: None, currency: self.as_str().parse().ok() });
        }
    }
}
impl Field for Amount {
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        visit(Coin { place, amount: Some(*self), currency: None });
    }
}
impl Field for Currency {
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        visit(Coin { place, amount: None, currency: Some(*self) });
    }
}
impl Field for Money {
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        visit(Coin {
            place: place.part("amount"),
            amount: Some(self.amount),
            currency: Some(self.currency),
        });
    }
}
impl Field for EntityRef {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.clone());
    }
}
impl<T: Field> Field for Option<T> {
    const PERSONAL: bool = T::PERSONAL;
    const OPTIONAL: bool = true;
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        if let Some(value) = self {
            value.touch(visit);
        }
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        if let Some(value) = self {
            value.coins(place, visit);
        }
    }
    fn paths(&self, visit: &mut dyn FnMut(&crate::id::AccountId)) {
        if let Some(value) = self {
            value.paths(visit);
        }
    }
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}
impl<T: Field> Field for Vec<T> {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        for value in self {
            value.touch(visit);
        }
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        for (index, value) in self.iter().enumerate() {
            value.coins(place.at(index), visit);
        }
    }
    fn paths(&self, visit: &mut dyn FnMut(&crate::id::AccountId)) {
        for value in self {
            value.paths(visit);
        }
    }
}
impl<K, V> Field for BTreeMap<K, V> {}
impl<T> Field for Personal<T> {
    const PERSONAL: bool = true;
    fn is_absent(&self) -> bool {
        self.is_withheld()
    }
}
macro_rules! plain_fields {
    ($($ty:ty),* $(,)?) => { $(impl $crate::text::Field for $ty {})* };
}
pub(crate) use plain_fields;
plain_fields!(
    bool,
    u8,
    u16,
    u32,
    u64,
    Name,
    Text,
    Key,
    Kind,
    crate::time::Timestamp,
    crate::time::Date,
    crate::time::Period,
    crate::time::Zone,
    crate::money::Quantity,
    crate::money::Rate,
    crate::money::Share,
    crate::money::CurrencyDecimals,
);

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
