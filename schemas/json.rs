//! JSON as text: the strict reader of what comes in, and the canonical writer (RFC 8785) of what is
//! kept. Invariant: one value has one text, and a text that could be read in two ways is refused.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{decode::Refusal, strict::pointer};

/// How deep arrays and objects may stand in each other.
pub const DEPTH_MAX: usize = 64;
/// The largest whole number that every JSON reader keeps exactly (2^53 − 1); larger ones, and
/// decimals, are written as texts.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

const NOT_WHOLE: &str =
    "expected a decimal in a string, as in \"12.50\", or a whole number up to 2^53 - 1, got";

/// Reads a text as one JSON value. Refused: a key that comes twice in one object, arrays and
/// objects more than [`DEPTH_MAX`] deep, numbers that are not whole or above [`INTEGER_MAX`], and
/// whatever is no JSON; each with its pointer.
pub fn value_from_slice(bytes: &[u8]) -> Result<Value, Refusal> {
    let mut trail = Trail::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Node { trail: &mut trail, depth: 0 }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|e| {
        let pointer = pointer(trail.path);
        match trail.refused {
            Some(message) => Refusal::InvalidField { pointer, message },
            None => Refusal::MalformedJson { pointer, message: e.to_string() },
        }
    })
}

/// Where the reader stands when it gives up.
#[derive(Default)]
struct Trail {
    /// Innermost step first.
    path: Vec<String>,
    refused: Option<String>,
}

struct Node<'t> {
    trail: &'t mut Trail,
    depth: usize,
}

impl Node<'_> {
    fn refuse<T, E: de::Error>(self, message: String) -> Result<T, E> {
        self.trail.refused = Some(message);
        Err(E::custom("refused"))
    }
    fn deeper<E: de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        match check_depth(self.depth) {
            Ok(()) => Ok(()),
            Err(message) => Node { trail: self.trail, depth: self.depth }.refuse(message),
        }
    }
}

fn check_depth(depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        Err(format!("expected arrays and objects at most {DEPTH_MAX} deep, got more"))
    } else {
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        if value > INTEGER_MAX {
            self.refuse(format!("{NOT_WHOLE} {value}"))
        } else {
            Ok(value.into())
        }
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > INTEGER_MAX {
            self.refuse(format!("{NOT_WHOLE} {value}"))
        } else {
            Ok(value.into())
        }
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        self.refuse(format!("{NOT_WHOLE} {value}"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        self.deeper()?;
        let mut out = Vec::new();
        loop {
            match items.next_element_seed(Node { trail: self.trail, depth: self.depth }) {
                Ok(Some(value)) => out.push(value),
                Ok(None) => return Ok(Value::Array(out)),
                Err(e) => {
                    self.trail.path.push(out.len().to_string());
                    return Err(e);
                }
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        self.deeper()?;
        let mut out = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if out.contains_key(&key) {
                self.trail.path.push(key);
                return self.refuse("expected each key once, got it twice in one object".into());
            }
            match fields.next_value_seed(Node { trail: self.trail, depth: self.depth }) {
                Ok(value) => out.insert(key, value),
                Err(e) => {
                    self.trail.path.push(key);
                    return Err(e);
                }
            };
        }
        Ok(Value::Object(out))
    }
}

/// Checks the depth and the numbers of a value that did not come through [`value_from_slice`].
pub(crate) fn check(fields: &Map<String, Value>, depth: usize) -> Result<(), Refusal> {
    fn value_at(value: &Value, depth: usize) -> Result<(), (Vec<String>, String)> {
        let under = |step: String| {
            |(mut path, message): (Vec<String>, String)| {
                path.push(step);
                (path, message)
            }
        };
        match value {
            Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
            Value::Number(n) => {
                let whole = n.as_u64().is_some_and(|n| n <= INTEGER_MAX)
                    || n.as_i64().is_some_and(|n| n.unsigned_abs() <= INTEGER_MAX);
                if whole { Ok(()) } else { Err((Vec::new(), format!("{NOT_WHOLE} {n}"))) }
            }
            Value::Array(items) => {
                check_depth(depth + 1).map_err(|m| (Vec::new(), m))?;
                items.iter().enumerate().try_for_each(|(i, item)| {
                    value_at(item, depth + 1).map_err(under(i.to_string()))
                })
            }
            Value::Object(fields) => {
                check_depth(depth + 1).map_err(|m| (Vec::new(), m))?;
                fields.iter().try_for_each(|(key, field)| {
                    value_at(field, depth + 1).map_err(under(key.clone()))
                })
            }
        }
    }
    for (key, field) in fields {
        value_at(field, depth).map_err(|(mut path, message)| {
            path.push(key.clone());
            Refusal::InvalidField { pointer: pointer(path), message }
        })?;
    }
    Ok(())
}

/// The value's one canonical text (RFC 8785): no spaces, keys in the order of their UTF-16 code
/// units, the shortest escapes.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

/// Writes an object of these fields in canonical form.
pub(crate) fn write_object<'a>(
    out: &mut String,
    fields: impl Iterator<Item = (&'a str, &'a Value)> + Clone,
) {
    // Plain keys in the order of their bytes are in that of their UTF-16 units too, and nearly all
    // are.
    let mut before = "";
    if fields.clone().all(|(key, _)| std::mem::replace(&mut before, key) <= key && key.is_ascii()) {
        return write_fields(out, fields);
    }
    let mut fields: Vec<(&str, &Value)> = fields.collect();
    fields.sort_unstable_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
    write_fields(out, fields.into_iter());
}

fn write_fields<'a>(out: &mut String, fields: impl Iterator<Item = (&'a str, &'a Value)>) {
    out.push('{');
    for (i, (key, value)) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(n) => out.push_str(&n.to_string()),
        Value::String(text) => write_text(out, text),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            write_object(out, fields.iter().map(|(key, value)| (key.as_str(), value)));
        }
    }
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x08 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            0x0c => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}
