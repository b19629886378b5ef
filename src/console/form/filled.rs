//! What somebody has written into a form. Invariant: a value goes in and comes out as it is; what
//! is left empty is not said.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Field, Shape};

/// What a button of a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// To go on writing.
    Change,
    /// Room for more in a list.
    More(String),
    /// To say what would happen.
    Check,
    /// To record it.
    Record,
}

/// The values of a form, by the names of its inputs: a field of a group behind a dot, one of a list
/// by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filled(BTreeMap<String, String>);

/// The name of what stands in something.
pub(crate) fn below(name: &str, part: impl std::fmt::Display) -> String {
    if name.is_empty() { part.to_string() } else { format!("{name}.{part}") }
}

impl Filled {
    /// What a body of a form says; `None` if it says something twice.
    pub(crate) fn read(body: &[u8]) -> Option<Filled> {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            let value = value.replace("\r\n", "\n");
            if all.insert(name.into_owned(), value).is_some() {
                return None;
            }
        }
        Some(Filled(all))
    }
    /// A form that says this already.
    pub(crate) fn of(fields: &[Field], data: &Value) -> Filled {
        let mut filled = Filled::default();
        for field in fields {
            filled.put(&field.name, &field.shape, &data[&field.name]);
        }
        filled
    }
    /// What stands under a name; nothing is the same as nothing written.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(|value| value.trim()).unwrap_or_default()
    }
    /// Says something under a name.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }
    /// What its button asks for.
    pub(crate) fn op(&self) -> Op {
        match self.get("~op") {
            "check" => Op::Check,
            "record" => Op::Record,
            other => other.strip_prefix("more:").map_or(Op::Change, |list| Op::More(list.into())),
        }
    }

    fn put(&mut self, name: &str, shape: &Shape, value: &Value) {
        match (shape, value) {
            (_, Value::Null) => (),
            (Shape::Money, Value::Object(parts)) => {
                for part in ["amount", "currency"] {
                    let value = parts.get(part).unwrap_or(&Value::Null);
                    self.put(&below(name, part), &Shape::Text, value);
                }
            }
            (Shape::Group(fields), Value::Object(parts)) => {
                for field in fields {
                    let value = parts.get(&field.name).unwrap_or(&Value::Null);
                    self.put(&below(name, &field.name), &field.shape, value);
                }
            }
            (Shape::List(item), Value::Array(all)) => {
                for (at, one) in all.iter().enumerate() {
                    self.put(&below(name, at), item, one);
                }
            }
            (Shape::Pairs, Value::Object(pairs)) => {
                for (at, (key, value)) in pairs.iter().enumerate() {
                    let row = below(name, at);
                    self.set(&below(&row, "key"), key);
                    // A name without a value takes the field away where one may.
                    self.put(&below(&row, "value"), &Shape::Text, value);
                }
            }
            (Shape::Json, value) => self.set(name, &value.to_string()),
            (_, Value::String(text)) => self.set(name, text),
            (_, other) => self.set(name, &other.to_string()),
        }
    }

    /// What the form says, as the data of an event.
    pub(crate) fn data(&self, fields: &[Field]) -> Value {
        let said = fields.iter().filter_map(|field| {
            let value = self.value(&field.name, &field.shape)?;
            Some((field.name.clone(), value))
        });
        Value::Object(said.collect())
    }

    fn value(&self, name: &str, shape: &Shape) -> Option<Value> {
        let said = |text: &str| (!text.is_empty()).then(|| Value::from(text));
        let together =
            |parts: Map<String, Value>| (!parts.is_empty()).then_some(Value::Object(parts));
        match shape {
            Shape::Money => together(
                ["amount", "currency"]
                    .into_iter()
                    .filter_map(|part| Some((part.to_owned(), said(self.get(&below(name, part)))?)))
                    .collect(),
            ),
            Shape::Group(fields) => together(
                fields
                    .iter()
                    .filter_map(|field| {
                        let value = self.value(&below(name, &field.name), &field.shape)?;
                        Some((field.name.clone(), value))
                    })
                    .collect(),
            ),
            Shape::List(item) => {
                let rows = rows_of(self, name).into_iter();
                let all: Vec<Value> =
                    rows.filter_map(|row| self.value(&below(name, row), item)).collect();
                (!all.is_empty()).then_some(Value::Array(all))
            }
            Shape::Pairs => together(
                rows_of(self, name)
                    .into_iter()
                    .map(|row| {
                        let row = below(name, row);
                        let value = said(self.get(&below(&row, "value"))).unwrap_or(Value::Null);
                        (self.get(&below(&row, "key")).to_owned(), value)
                    })
                    .collect(),
            ),
            Shape::Json => {
                let text = self.get(name);
                let read = || serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                (!text.is_empty()).then(read)
            }
            // What is no number or word of these is said as it was written, and refused as that.
            Shape::Whole | Shape::Flag => {
                let text = self.get(name);
                let read: Option<Value> = serde_json::from_str(text).ok();
                let is_meant =
                    |value: &Value| value.is_i64() || value.is_u64() || value.is_boolean();
                said(text).map(|text| read.filter(is_meant).unwrap_or(text))
            }
            _ => said(self.get(name)),
        }
    }

    /// Everything that is written, but for what a button asks.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().filter(|(name, value)| *name != "~op" && !value.is_empty());
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }
    /// Everything that is said beside the data of these fields.
    pub(crate) fn beside(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all().filter(|(name, _)| name.starts_with('~'))
    }
}

/// The numbers of the rows of a list in which something is written, in order.
pub(crate) fn rows_of(filled: &Filled, name: &str) -> Vec<usize> {
    let prefix = format!("{name}.");
    let mut rows: Vec<usize> = filled
        .0
        .range(prefix.clone()..)
        .take_while(|(key, _)| key.starts_with(&prefix))
        .filter(|(_, value)| !value.trim().is_empty())
        .filter_map(|(key, _)| key[prefix.len()..].split('.').next()?.parse().ok())
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}
