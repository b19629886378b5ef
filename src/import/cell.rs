//! Cells: the text of a file as the value its column's type says. Invariant: a number is exact, and a missing cell is never an empty text.

use std::collections::HashSet;

use rhai::{Dynamic, ImmutableString};
use rust_decimal::Decimal;

use crate::{
    date_functions::{parse_date, parse_time},
    table_spec::{FullType, OnBadCell, TypeWord},
};

/// How many different texts of a column are kept once; beyond it each cell keeps its own.
const SHARED_TEXTS_MAX: usize = 50_000;

const YES: &[&str] = &["true", "t", "yes", "y", "1"];
const NO: &[&str] = &["false", "f", "no", "n", "0"];

/// Turns the texts of one column into values.
#[derive(Debug)]
pub(crate) struct CellParser {
    kind: Option<FullType>,
    default: Option<Dynamic>,
    shared: HashSet<ImmutableString>,
}

/// What became of a cell.
pub(crate) enum Cell {
    Value(Dynamic),
    /// The type does not fit and the mapping says to leave the row out.
    SkipRow(String),
    /// The type does not fit: what was expected.
    Wrong(String),
}

impl CellParser {
    pub(crate) fn new(kind: Option<FullType>) -> Result<CellParser, String> {
        let mut parser = CellParser { kind: None, default: None, shared: HashSet::new() };
        if let Some(kind) = kind {
            let default = kind.default.clone();
            parser.kind = Some(kind);
            if let Some(text) = default {
                let value = parser.convert(&text).map_err(|expected| format!("default: expected {expected}, got {text:?}"))?;
                parser.default = Some(value);
            }
        }
        Ok(parser)
    }

    /// The value of a missing cell.
    pub(crate) fn missing(&self) -> Dynamic {
        self.default.clone().unwrap_or(Dynamic::UNIT)
    }

    /// The value of a cell; `None` is a missing one.
    pub(crate) fn parse(&mut self, text: Option<&str>) -> Cell {
        let Some(text) = text else { return Cell::Value(self.missing()) };
        match self.convert(text) {
            Ok(value) => Cell::Value(value),
            Err(expected) => match self.kind.as_ref().map_or(OnBadCell::Fail, |k| k.on_error) {
                OnBadCell::Fail => Cell::Wrong(expected),
                OnBadCell::Skip => Cell::SkipRow(expected),
                OnBadCell::Missing => Cell::Value(self.missing()),
            },
        }
    }

    /// The value, or what was expected.
    fn convert(&mut self, text: &str) -> Result<Dynamic, String> {
        let Some(kind) = &self.kind else { return Ok(self.share(text)) };
        match kind.word {
            TypeWord::Text => Ok(self.share(text)),
            TypeWord::Int => {
                let whole = plain_number(kind, text).filter(Decimal::is_integer).and_then(|n| i64::try_from(n).ok());
                whole.map(Dynamic::from_int).ok_or_else(|| "a whole number".to_owned())
            }
            TypeWord::Decimal => plain_number(kind, text).map(Dynamic::from_decimal).ok_or_else(|| "a decimal such as -12.50".to_owned()),
            TypeWord::Bool => truth(kind, text),
            TypeWord::Date => date_or_time(kind, text, "a date such as 2025-01-31", parse_date).map(|t| self.share(&t)),
            TypeWord::Time => date_or_time(kind, text, "a time such as 2025-01-31T09:30:00", parse_time).map(|t| self.share(&t)),
        }
    }

    /// The text, kept once however often it comes.
    fn share(&mut self, text: &str) -> Dynamic {
        if let Some(known) = self.shared.get(text) {
            return known.clone().into();
        }
        let kept = ImmutableString::from(text);
        if self.shared.len() < SHARED_TEXTS_MAX {
            self.shared.insert(kept.clone());
        }
        kept.into()
    }
}

fn date_or_time(kind: &FullType, text: &str, iso: &str, parse: fn(&str, Option<&str>) -> Result<String, String>) -> Result<String, String> {
    parse(text, kind.pattern.as_deref()).map_err(|_| match &kind.pattern {
        Some(pattern) => format!("a date or time by the pattern {pattern}"),
        None => iso.to_owned(),
    })
}

fn truth(kind: &FullType, text: &str) -> Result<Dynamic, String> {
    let (yes, no): (Vec<&str>, Vec<&str>) = if kind.yes.is_empty() && kind.no.is_empty() {
        (YES.to_vec(), NO.to_vec())
    } else {
        (kind.yes.iter().map(String::as_str).collect(), kind.no.iter().map(String::as_str).collect())
    };
    let is = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(text));
    match (is(&yes), is(&no)) {
        (true, _) => Ok(Dynamic::TRUE),
        (_, true) => Ok(Dynamic::FALSE),
        _ => Err(format!("one of {} or {}", yes.join(", "), no.join(", "))),
    }
}

fn plain_number(kind: &FullType, text: &str) -> Option<Decimal> {
    if kind.point.is_none() && kind.group.is_none() {
        return Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    }
    let mut plain = text.to_owned();
    if let Some(group) = &kind.group {
        plain = plain.replace(group.as_str(), "");
    }
    if let Some(point) = kind.point {
        if point != '.' && plain.contains('.') {
            return None;
        }
        plain = plain.replace(point, ".");
    }
    Decimal::from_str_exact(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::{Cell, CellParser};

    #[test]
    fn a_number_that_would_be_rounded_is_refused_with_a_foreign_point_too() {
        let kind = toml::from_str::<toml::Table>("type = {type = \"decimal\", point = \",\"}").unwrap()["type"].clone().try_into().unwrap();
        let mut parser = CellParser::new(Some(kind)).unwrap();
        assert!(matches!(parser.parse(Some("1234,50")), Cell::Value(_)));
        assert!(matches!(parser.parse(Some("1,00000000000000000000000000000000001")), Cell::Wrong(_)));
    }
}
