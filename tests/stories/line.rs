//! The lines of a story as words, drafts and JSON. Invariant: a line means the same wherever the
//! story is told: to the folds in memory or to a server.

use serde_json::{Map, Value, json};
use sijil_schemas::time::{Date, Timestamp};

/// The words of a line: parted by spaces, save within quotes and brackets.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut depth) = (Vec::new(), String::new(), None, 0_i32);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'') if depth == 0 => quote = Some(c),
            (Some(q), c) if c == q => quote = None,
            (None, c) if c.is_whitespace() && depth == 0 => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (None, c) => {
                depth += i32::from("{[".contains(c)) - i32::from("}]".contains(c));
                word.push(c);
            }
            (Some(_), c) => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// `k=v` words as pairs.
pub fn pairs(words: &[String]) -> Vec<(String, String)> {
    words
        .iter()
        .map(|w| {
            w.split_once('=').map_or_else(
                || panic!("expected key=value, got {w:?}"),
                |(k, v)| (k.to_owned(), v.to_owned()),
            )
        })
        .collect()
}

/// The draft a line tells: business day or moment, type, then its data; `by`, `for`, `id` and
/// `version` go around it. `now` is the time of the clock where the story is told.
pub fn draft(words: &[String], now: Timestamp) -> Value {
    let at = match words[0].as_str() {
        "now" => now.to_string(),
        day if day.len() == 10 => format!("{day}T00:00:00Z"),
        moment => moment.to_owned(),
    };
    let (mut draft, mut fields) =
        (json!({"type": words[1], "occurred_at": at, "actor": "tester"}), Vec::new());
    for (key, value) in pairs(&words[2..]) {
        match key.as_str() {
            "by" => draft["actor"] = json!(value),
            "for" => draft["on_behalf_of"] = json!(value),
            "id" => draft["id"] = json!(value),
            "version" => draft["version"] = json!(value.parse::<u8>().expect("a version")),
            _ => fields.push((key, value)),
        }
    }
    draft["data"] = Value::Object(data(&fields, now));
    draft
}

/// `k=v` words as JSON data: `12.50EUR` is money, `#3` a number, `today+30` a day, `true`, `false`
/// and JSON itself are what they are, all else is text.
fn data(words: &[(String, String)], now: Timestamp) -> Map<String, Value> {
    words.iter().map(|(key, value)| (key.clone(), word(value, now))).collect()
}

fn word(text: &str, now: Timestamp) -> Value {
    if let Some(days) = text.strip_prefix("today") {
        let today: Date = now.to_string()[..10].parse().expect("a moment begins with its day");
        let days = if days.is_empty() { 0 } else { days.parse().expect("days from today") };
        return json!(today.plus_days(days));
    }
    let digits = text.len().saturating_sub(3);
    let money = text.is_char_boundary(digits)
        && digits > 0
        && text[digits..].bytes().all(|b| b.is_ascii_uppercase())
        && text[..digits].bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if money => json!({"amount": text[..digits], "currency": text[digits..]}),
        _ if text.starts_with(['{', '[', '"']) => {
            serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"))
        }
        _ => text
            .strip_prefix('#')
            .and_then(|n| n.parse::<i64>().ok())
            .map_or_else(|| Value::String(text.to_owned()), Value::from),
    }
}
