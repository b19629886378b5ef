//! Cells: the text of a file as the value its column's type says. Invariant: the whole text is the
//! value, a number is exact, and a missing cell is never an empty text.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use rhai::{Dynamic, ImmutableString};
use rust_decimal::Decimal;

use crate::{
    date_functions::{EpochUnit, unit_name, zone_named},
    number_text::Marks,
    table_spec::{FullType, OnBadCell, TypeWord},
    time_pattern::TimePattern,
    time_value::{Clock, NoInstant, TimeValue},
};

/// How many different texts of a column are kept once; beyond it each cell keeps its own.
const SHARED_TEXTS_MAX: usize = 50_000;

const YES: &[&str] = &["true", "t", "yes", "y", "1"];
const NO: &[&str] = &["false", "f", "no", "n", "0"];

/// Turns the texts of one column into values.
#[derive(Debug)]
pub(crate) struct CellParser {
    kind: Kind,
    on_error: OnBadCell,
    default: Option<Dynamic>,
    /// The clock that local times of this column are read by; none if they stay local.
    zone: Option<Clock>,
    shared: HashSet<ImmutableString>,
}

/// A column's type with its particulars, made ready.
#[derive(Debug)]
enum Kind {
    Text,
    Int(Marks),
    Decimal(Marks),
    Bool { yes: Vec<String>, no: Vec<String> },
    Date(Option<(TimePattern, String)>, Clock),
    Time(TimeForm, Clock),
}

#[derive(Debug)]
enum TimeForm {
    Iso,
    Pattern(TimePattern, String),
    Epoch(EpochUnit),
}

/// The outcome of reading a cell.
pub(crate) enum Cell {
    Value(Dynamic),
    /// The type does not fit and the mapping says to leave the row out.
    SkipRow(String),
    /// The type does not fit: what was expected.
    Wrong(String),
}

impl CellParser {
    /// A parser of cells of this type; of texts without one. Dates of moments are those of this
    /// clock's zone.
    ///
    /// # Errors
    /// Particulars that cannot be, and a default that is not of the type.
    pub(crate) fn new(kind: Option<&FullType>, clock: &Clock) -> Result<CellParser, String> {
        let mut parser = CellParser {
            kind: Kind::Text,
            on_error: OnBadCell::Fail,
            default: None,
            zone: None,
            shared: HashSet::new(),
        };
        if let Some(full) = kind {
            parser.kind = Kind::new(full, clock)?;
            parser.on_error = full.on_error;
            if let Some(zone) = &full.zone {
                parser.zone = Some(Clock {
                    zone: zone_named(zone).map_err(|what| format!("zone: {what}"))?,
                    ..clock.clone()
                });
            }
            if let Some(text) = &full.default {
                let value = parser.convert(text).map_err(
                    |(Misfit::Skip(expected) | Misfit::Wrong(expected))| {
                        format!("default: expected {expected}, got {text:?}")
                    },
                )?;
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
            Err(Misfit::Skip(expected)) => Cell::SkipRow(expected),
            Err(Misfit::Wrong(expected)) => self.wrong(expected),
        }
    }

    /// The value of a cell that is no text: one of JSON's numbers, truths, lists or objects, and
    /// its text in the file.
    pub(crate) fn take(&mut self, value: Dynamic, text: &str) -> Cell {
        let fits = match &self.kind {
            Kind::Int(_) => value.is_int(),
            Kind::Decimal(_) => value.is_decimal(),
            Kind::Bool { .. } => value.is_bool(),
            Kind::Text | Kind::Date(..) | Kind::Time(..) => false,
        };
        if fits {
            return Cell::Value(value);
        }
        match &self.kind {
            // A JSON number has JSON's marks, whatever the texts of the column have.
            Kind::Decimal(_) if value.is_int() => {
                Cell::Value(value.as_int().map_or(value, |n| Dynamic::from_decimal(n.into())))
            }
            Kind::Int(_) if value.is_decimal() => match Marks::PLAIN.parse(text).and_then(whole) {
                Some(n) => Cell::Value(n),
                None => self.wrong(self.expected()),
            },
            _ if value.is_map() || value.is_array() => self.wrong(self.expected()),
            _ => self.parse(Some(text)),
        }
    }

    /// The policy for a cell that is not of its type.
    pub(crate) fn wrong(&self, expected: String) -> Cell {
        match self.on_error {
            OnBadCell::Fail => Cell::Wrong(expected),
            OnBadCell::Skip => Cell::SkipRow(expected),
            OnBadCell::Missing => Cell::Value(self.missing()),
        }
    }

    /// A local time as the moment it is in a zone that another cell names; nothing for anything
    /// else.
    pub(crate) fn in_zone(&self, value: &Dynamic, zone: Option<&str>) -> Option<Cell> {
        let (Kind::Time(_, clock), Some(local @ TimeValue::Local(_))) =
            (&self.kind, TimeValue::of(value))
        else {
            return None;
        };
        let Some(there) = zone.and_then(|zone| TimeZone::get(zone).ok()) else {
            return Some(self.wrong(format!(
                "a time zone such as Europe/Berlin beside it, got {}",
                zone.unwrap_or("nothing")
            )));
        };
        Some(match moment(local, &Clock { zone: there, ..clock.clone() }) {
            Ok(value) => Cell::Value(value),
            Err(Misfit::Skip(expected)) => Cell::SkipRow(expected),
            Err(Misfit::Wrong(expected)) => self.wrong(expected),
        })
    }

    /// The value, or what was expected.
    fn convert(&mut self, text: &str) -> Result<Dynamic, Misfit> {
        let value = match &self.kind {
            Kind::Text => Some(share(&mut self.shared, text)),
            Kind::Int(marks) => marks.parse(text).and_then(whole),
            Kind::Decimal(marks) => marks.parse(text).map(Dynamic::from_decimal),
            Kind::Bool { yes, no } => truth(yes, no, text),
            Kind::Date(pattern, clock) => {
                let date = pattern.as_ref().map_or_else(
                    || TimeValue::parse_date(text),
                    |(pattern, _)| pattern.date(text, clock),
                );
                date.map(|date| TimeValue::Date(date).into())
            }
            Kind::Time(form, clock) => match (form.read(text, clock), &self.zone) {
                (Some(local @ TimeValue::Local(_)), Some(zone)) => Some(moment(local, zone)?),
                (time, _) => time.map(Into::into),
            },
        };
        value.ok_or_else(|| Misfit::Wrong(self.expected()))
    }

    /// The content of a cell of this type, in words.
    fn expected(&self) -> String {
        match &self.kind {
            Kind::Text => "a text".to_owned(),
            Kind::Int(marks) => format!("a whole number{}", marks.example(true)),
            Kind::Decimal(marks) => format!("a decimal{}", marks.example(false)),
            Kind::Bool { yes, no } => format!("one of {} or {}", yes.join(", "), no.join(", ")),
            Kind::Date(Some((_, text)), _) => format!("a date or time by the pattern {text}"),
            Kind::Date(None, _) => "a date such as 2025-01-31".to_owned(),
            Kind::Time(TimeForm::Pattern(_, text), _) => {
                format!("a date or time by the pattern {text}")
            }
            Kind::Time(TimeForm::Iso, _) => "a time such as 2025-01-31T09:30:00".to_owned(),
            Kind::Time(TimeForm::Epoch(unit), _) => {
                format!("a number of {} since 1970", unit_name(*unit))
            }
        }
    }
}

/// Why a text is no value of its column's type.
enum Misfit {
    /// The mapping says to leave such a row out.
    Skip(String),
    /// The value that was expected.
    Wrong(String),
}

impl Kind {
    fn new(full: &FullType, clock: &Clock) -> Result<Kind, String> {
        let pattern = |full: &FullType| {
            full.pattern
                .as_ref()
                .map(|text| Ok::<_, String>((TimePattern::new(text)?, text.clone())))
                .transpose()
        };
        Ok(match full.word {
            TypeWord::Text => Kind::Text,
            TypeWord::Int => Kind::Int(Marks::new(full.point, full.group, true)?),
            TypeWord::Decimal => Kind::Decimal(Marks::new(full.point, full.group, false)?),
            TypeWord::Bool => {
                let lower = |words: &[String]| {
                    words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>()
                };
                let (yes, no) = (lower(&full.yes), lower(&full.no));
                if let Some(both) = yes.iter().find(|word| no.contains(word)) {
                    return Err(format!("{both:?} is in both `true` and `false`"));
                }
                let given = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
                if yes.is_empty() && no.is_empty() {
                    Kind::Bool { yes: given(YES), no: given(NO) }
                } else {
                    Kind::Bool { yes, no }
                }
            }
            TypeWord::Date => Kind::Date(pattern(full)?, clock.clone()),
            TypeWord::Time => {
                let form = match (pattern(full)?, full.epoch) {
                    (Some(_), Some(_)) => {
                        return Err("expected either `pattern` or `epoch`".to_owned());
                    }
                    (Some((pattern, text)), None) => TimeForm::Pattern(pattern, text),
                    (None, Some(unit)) => TimeForm::Epoch(unit),
                    (None, None) => TimeForm::Iso,
                };
                Kind::Time(form, clock.clone())
            }
        })
    }
}

impl TimeForm {
    fn read(&self, text: &str, clock: &Clock) -> Option<TimeValue> {
        match self {
            // A bare day is its first moment on the clock of the wall.
            TimeForm::Iso => match TimeValue::parse(text)? {
                TimeValue::Date(date) => Some(TimeValue::Local(date.at(0, 0, 0, 0))),
                time => Some(time),
            },
            TimeForm::Pattern(pattern, _) => pattern.time(text, clock),
            TimeForm::Epoch(unit) => unit.instant(Marks::PLAIN.parse(text)?),
        }
    }
}

/// The text, kept once however often it comes.
fn share(shared: &mut HashSet<ImmutableString>, text: &str) -> Dynamic {
    if let Some(known) = shared.get(text) {
        return known.clone().into();
    }
    let kept = ImmutableString::from(text);
    if shared.len() < SHARED_TEXTS_MAX {
        shared.insert(kept.clone());
    }
    kept.into()
}

fn whole(n: Decimal) -> Option<Dynamic> {
    let n = if n.is_integer() { i64::try_from(n).ok()? } else { return None };
    Some(Dynamic::from_int(n))
}

fn truth(yes: &[String], no: &[String], text: &str) -> Option<Dynamic> {
    let text = text.to_lowercase();
    if yes.contains(&text) {
        Some(Dynamic::TRUE)
    } else {
        no.contains(&text).then_some(Dynamic::FALSE)
    }
}

fn moment(local: TimeValue, clock: &Clock) -> Result<Dynamic, Misfit> {
    let once = |what: &str| format!("a time that is one moment ({what})");
    match clock.instant(local) {
        Ok(instant) => Ok(TimeValue::Instant(instant).into()),
        Err(NoInstant::Skip(what)) => Err(Misfit::Skip(once(&what))),
        Err(NoInstant::Fail(what)) => Err(Misfit::Wrong(once(&what))),
    }
}
