//! Reading a JSON value as a type. Invariant: a struct is read from an object alone and a variant
//! only as its schema writes it, and every error knows where it arose.

use std::{fmt, slice};

use serde::{
    de::{
        self, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess,
        Unexpected, VariantAccess, Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Value, map};

use crate::decode::Refusal;

/// What is wrong with a value, and where.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// Innermost step first.
    path: Vec<String>,
    what: What,
}

#[derive(Debug)]
enum What {
    Missing(&'static str),
    Unknown { field: String, expected: &'static [&'static str] },
    Invalid(String),
}

impl Wrong {
    fn invalid(expected: impl fmt::Display, got: &Unexpected<'_>) -> Wrong {
        Wrong {
            path: Vec::new(),
            what: What::Invalid(format!("expected {expected}, got {}", came(got))),
        }
    }
    fn under(mut self, step: impl Into<String>) -> Wrong {
        self.path.push(step.into());
        self
    }
    /// An error of a key belongs to the entry it would have named.
    fn of_key(self, key: &str) -> Wrong {
        if matches!(self.what, What::Invalid(_)) { self.under(key) } else { self }
    }
}

impl From<Wrong> for Refusal {
    fn from(wrong: Wrong) -> Refusal {
        let mut pointer = pointer(wrong.path);
        match wrong.what {
            What::Missing(field) => {
                push_step(&mut pointer, field);
                Refusal::MissingField { pointer }
            }
            What::Unknown { field, expected } => {
                push_step(&mut pointer, &field);
                Refusal::UnknownField {
                    pointer,
                    expected: format!("expected one of {}", expected.join(", ")),
                }
            }
            What::Invalid(message) => Refusal::InvalidField { pointer, message },
        }
    }
}

/// The JSON pointer (RFC 6901) of a path given from its innermost step.
pub(crate) fn pointer(path: Vec<String>) -> String {
    let mut out = String::new();
    for step in path.iter().rev() {
        push_step(&mut out, step);
    }
    out
}

fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}

fn came(got: &Unexpected<'_>) -> String {
    match got {
        Unexpected::Bool(b) => b.to_string(),
        Unexpected::Unsigned(n) => n.to_string(),
        Unexpected::Signed(n) => n.to_string(),
        Unexpected::Float(n) => n.to_string(),
        Unexpected::Str(text) => format!("{:?}", text.chars().take(80).collect::<String>()),
        Unexpected::Unit | Unexpected::Option => "null".into(),
        Unexpected::Seq => "an array".into(),
        Unexpected::Map => "an object".into(),
        other => other.to_string(),
    }
}

fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" => "a text".into(),
        "a map" => "an object".into(),
        "a sequence" => "an array".into(),
        "a boolean" => "true or false".into(),
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" => "a whole number from 0 up".into(),
        other => other
            .strip_prefix("struct ")
            .map_or_else(|| text.clone(), |name| object_of(name).to_owned()),
    }
}

/// The object that a struct of this name is read from, in words.
fn object_of(name: &str) -> &'static str {
    match name {
        "Money" => r#"an object, as in {"amount": "1234.50", "currency": "EUR"}"#,
        _ => "an object",
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Missing(field) => write!(f, "missing field {field}"),
            What::Unknown { field, .. } => write!(f, "unknown field {field}"),
            What::Invalid(message) => f.write_str(message),
        }
    }
}
impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Wrong {
        Wrong { path: Vec::new(), what: What::Invalid(message.to_string()) }
    }
    fn invalid_type(got: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong::invalid(wanted(expected), &got)
    }
    fn invalid_value(got: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong::invalid(wanted(expected), &got)
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong::invalid(format_args!("one of {}", expected.join(", ")), &Unexpected::Str(variant))
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Wrong {
        Wrong { path: Vec::new(), what: What::Unknown { field: field.to_owned(), expected } }
    }
    fn missing_field(field: &'static str) -> Wrong {
        Wrong { path: Vec::new(), what: What::Missing(field) }
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(b) => Unexpected::Bool(*b),
        Value::Number(n) => match (n.as_u64(), n.as_i64()) {
            (Some(n), _) => Unexpected::Unsigned(n),
            (None, Some(n)) => Unexpected::Signed(n),
            (None, None) => Unexpected::Other("a number with fraction or exponent"),
        },
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

/// A deserializer over a value. Unlike `serde_json`'s own it takes no array for a struct and no
/// object for a bare variant.
pub(crate) struct Strict<'de>(pub(crate) &'de Value);

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(*b),
            Value::Number(n) => match (n.as_u64(), n.as_i64()) {
                (Some(n), _) => visitor.visit_u64(n),
                (None, Some(n)) => visitor.visit_i64(n),
                (None, None) => Err(de::Error::invalid_type(unexpected(self.0), &visitor)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { rest: items.iter(), index: 0 }),
            Value::Object(fields) => visitor.visit_map(Fields { rest: fields.iter(), entry: None }),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(Fields { rest: fields.iter(), entry: None }),
            other => Err(Wrong::invalid(object_of(name), &unexpected(other))),
        }
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let mut single = self.0.as_object().into_iter().flatten();
        match (self.0, single.next(), single.next()) {
            (Value::String(name), _, _) => visitor.visit_enum(Variant { name, content: None }),
            (_, Some((name, content)), None) => {
                visitor.visit_enum(Variant { name, content: Some(content) })
            }
            (other, _, _) => Err(Wrong::invalid(
                format_args!("one of {}", variants.join(", ")),
                &unexpected(other),
            )),
        }
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'de> {
    rest: slice::Iter<'de, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Wrong;
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        let Some(value) = self.rest.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Strict(value)).map(Some).map_err(|e| e.under(index.to_string()))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Fields<'de> {
    rest: map::Iter<'de>,
    entry: Option<(&'de str, &'de Value)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Wrong;
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.entry = Some((key, value));
        seed.deserialize(BorrowedStrDeserializer::new(key))
            .map(Some)
            .map_err(|e: Wrong| e.of_key(key))
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Wrong> {
        match self.entry.take() {
            Some((key, value)) => seed.deserialize(Strict(value)).map_err(|e| e.under(key)),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Value>,
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<&'de Value, Wrong> {
        self.content.ok_or_else(|| {
            Wrong::invalid(
                format_args!("an object with the field {}", self.name),
                &Unexpected::Str(self.name),
            )
        })
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Wrong;
    type Variant = Variant<'de>;
    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Variant<'de>), Wrong> {
        Ok((seed.deserialize(StrDeserializer::new(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Wrong;
    fn unit_variant(self) -> Result<(), Wrong> {
        match self.content {
            None => Ok(()),
            Some(_) => {
                Err(Wrong::invalid(format_args!("the text {:?}", self.name), &Unexpected::Map))
            }
        }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(Strict(self.content()?)).map_err(|e| e.under(self.name))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        Strict(self.content()?).deserialize_seq(visitor).map_err(|e| e.under(self.name))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        Strict(self.content()?)
            .deserialize_struct("", fields, visitor)
            .map_err(|e| e.under(self.name))
    }
}
