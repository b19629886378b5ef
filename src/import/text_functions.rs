//! Functions over texts: ids, captures, lookups, the keyed hash. Invariant: equal input gives equal
//! output on every machine.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use hmac::{Hmac, KeyInit, Mac};
use regex::Regex;
use rhai::{Array, Dynamic, Engine, INT, ImmutableString};
use sha2::{Digest, Sha256};
use sijil_schemas::near::suggestion;

use crate::{
    error::cut,
    expression::{key_text, shown},
    number_functions::{Answer, present},
};

/// Bytes of a keyed hash that are kept: 80 bits, 20 characters.
const KEY_BYTES: usize = 10;
/// The longest id, in bytes.
const ID_BYTES_MAX: usize = 64;
/// Bytes of a secret's fingerprint.
const FINGERPRINT_BYTES: usize = 8;
const SLUG_TAIL_BYTES: usize = 6;

/// The values that functions need from outside an expression.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    pub(crate) key_secret: Option<Arc<[u8]>>,
    pub(crate) currency: Option<String>,
    pub(crate) lookups: Arc<BTreeMap<String, BTreeMap<String, String>>>,
}

pub(crate) fn register(engine: &mut Engine, secrets: Secrets) {
    let secret = secrets.key_secret;
    engine
        .register_fn("key", move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| match &secret {
                Some(secret) => Ok(keyed(secret, &plain(x)).into()),
                None => {
                    Err("key(x) needs the secret of this import, and the caller gave none".into())
                }
            })
        })
        .register_fn("slug", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| slug(&plain(x)).map(Into::into))
        })
        .register_fn("text", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(plain(x).into()))
        })
        .register_fn("upper", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(plain(x).to_uppercase().into()))
        })
        .register_fn("lower", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(plain(x).to_lowercase().into()))
        })
        .register_fn("trim", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(plain(x).trim().into()))
        })
        .register_fn("squeeze", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(plain(x).split_whitespace().collect::<Vec<_>>().join(" ").into()))
        })
        .register_fn(
            "replace",
            |x: Dynamic, from: ImmutableString, to: ImmutableString| -> Answer<Dynamic> {
                present(x, |x| Ok(plain(x).replace(from.as_str(), to.as_str()).into()))
            },
        )
        .register_fn("split", |x: Dynamic, by: ImmutableString| -> Array { split(&x, &by) })
        .register_fn("join", |list: Array, by: ImmutableString| -> ImmutableString {
            list.iter()
                .filter(|x| !x.is_unit())
                .map(plain)
                .collect::<Vec<_>>()
                .join(by.as_str())
                .into()
        })
        .register_fn("pad", |x: Dynamic, width: INT| -> Answer<Dynamic> {
            let width = usize::try_from(width).unwrap_or(0).min(ID_BYTES_MAX);
            present(x, |x| Ok(format!("{:0>width$}", plain(x)).into()))
        });
    replace_builtin(engine);
    register_patterns(engine);
    register_lookups(engine, secrets.lookups);
}

/// The engine has functions of these names that change a text in place and give nothing; for a text
/// these come before them.
fn replace_builtin(engine: &mut Engine) {
    engine
        .register_fn("trim", |x: ImmutableString| -> ImmutableString { x.trim().into() })
        .register_fn(
            "replace",
            |x: ImmutableString, from: ImmutableString, to: ImmutableString| -> ImmutableString {
                x.replace(from.as_str(), to.as_str()).into()
            },
        )
        .register_fn("split", |x: ImmutableString, by: ImmutableString| -> Array {
            split(&x.into(), &by)
        });
}

fn register_patterns(engine: &mut Engine) {
    let patterns = Patterns::default();
    let (a, b, c) = (patterns.clone(), patterns.clone(), patterns);
    engine
        .register_fn("capture", move |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> {
            present(x, |x| a.capture(&plain(x), &pattern, None))
        })
        .register_fn(
            "capture",
            move |x: Dynamic, pattern: ImmutableString, group: Dynamic| -> Answer<Dynamic> {
                present(x, |x| b.capture(&plain(x), &pattern, Some(&plain(&group))))
            },
        )
        .register_fn("matches", move |x: Dynamic, pattern: ImmutableString| -> Answer<bool> {
            Ok(!x.is_unit() && c.get(&pattern)?.is_match(&plain(&x)))
        });
}

fn register_lookups(engine: &mut Engine, lookups: Arc<BTreeMap<String, BTreeMap<String, String>>>) {
    let other = Arc::clone(&lookups);
    engine
        .register_fn("lookup", move |name: ImmutableString, x: Dynamic| -> Answer<Dynamic> {
            let entries = entries(&lookups, &name)?;
            present(x, |x| match entries.get(&plain(x)) {
                Some(text) => Ok(text.into()),
                None => Err(format!(
                    "lookup {name:?} has no entry {}; add it, or give a default: lookup({name:?}, \
                     x, default)",
                    shown(x)
                )
                .into()),
            })
        })
        .register_fn(
            "lookup",
            move |name: ImmutableString, x: Dynamic, default: Dynamic| -> Answer<Dynamic> {
                let found = entries(&other, &name)?.get(&plain(&x));
                Ok(found.map_or(default, Into::into))
            },
        );
}

fn entries<'a>(
    lookups: &'a BTreeMap<String, BTreeMap<String, String>>,
    name: &str,
) -> Answer<&'a BTreeMap<String, String>> {
    let missing = || {
        format!(
            "there is no [lookups.{name}] in the mapping{}",
            suggestion(name, lookups.keys().map(String::as_str))
        )
        .into()
    };
    lookups.get(name).ok_or_else(missing)
}

/// Compiled patterns; an expression meets the same one in every row.
#[derive(Clone, Default)]
struct Patterns(Arc<Mutex<HashMap<String, Regex>>>);

impl Patterns {
    fn get(&self, pattern: &str) -> Answer<Regex> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = known.get(pattern) {
            return Ok(regex.clone());
        }
        let regex =
            Regex::new(pattern).map_err(|e| format!("expected a regular expression: {e}"))?;
        known.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    }

    /// The named or numbered group; without one the first group, or the whole match of a pattern
    /// without groups.
    fn capture(&self, text: &str, pattern: &str, group: Option<&str>) -> Answer<Dynamic> {
        let regex = self.get(pattern)?;
        let Some(found) = regex.captures(text) else { return Ok(Dynamic::UNIT) };
        let part = match group {
            None => found.get(1).or_else(|| if found.len() == 1 { found.get(0) } else { None }),
            Some(group) => match group.parse::<usize>() {
                Ok(n) => found.get(n),
                Err(_) => found.name(group),
            },
        };
        Ok(part.map_or(Dynamic::UNIT, |m| m.as_str().into()))
    }
}

/// A value as plain text.
pub(crate) fn plain(x: &Dynamic) -> String {
    key_text(x).unwrap_or_default()
}

fn split(x: &Dynamic, by: &str) -> Array {
    let text = plain(x);
    text.split(by).map(str::trim).filter(|part| !part.is_empty()).map(Into::into).collect()
}

/// HMAC-SHA-256 of the trimmed text, its first 80 bits as hexadecimal.
fn keyed(secret: &[u8], text: &str) -> String {
    // A key of any length is allowed, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(text.trim().as_bytes());
    hex(&mac.finalize().into_bytes()[..KEY_BYTES])
}

/// Eight bytes that tell a secret from another, as hexadecimal; they say nothing about any
/// `key(x)`, which are made of other texts.
#[must_use]
pub fn fingerprint(secret: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(b"sijil\nfingerprint of the secret of an import\n");
    hex(&mac.finalize().into_bytes()[..FINGERPRINT_BYTES])
}

/// An id from a name: letters and digits in ASCII and lower case, everything else one `-`.
fn slug(name: &str) -> Answer<String> {
    let ascii = deunicode::deunicode(name);
    let parts = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    let slug = parts.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if slug.is_empty() {
        return Err(
            format!("slug: expected a name with a letter or digit, got {:?}", cut(name)).into()
        );
    }
    if slug.len() <= ID_BYTES_MAX {
        return Ok(slug);
    }
    // Names that differ only after the cut must not become one id.
    let tail = hex(&Sha256::digest(name.as_bytes())[..SLUG_TAIL_BYTES]);
    let head = slug[..ID_BYTES_MAX - 1 - tail.len()].trim_end_matches('-').to_owned();
    Ok(format!("{head}-{tail}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
