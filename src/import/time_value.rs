//! Dates and times as values of the language. Invariant: two of them compare as days or moments,
//! never as texts; which moment a local time is, the mapping's zone and its policy for clock
//! changes say.

use std::{cmp::Ordering, fmt, str::FromStr as _};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, AmbiguousTimestamp, TimeZone},
};
use rhai::Dynamic;
use serde::Deserialize;

/// The first year that is no typing error, placeholder or year of two digits.
const YEAR_MIN: i16 = 1000;

/// A day, a moment, or what a clock on some wall showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeValue {
    /// A day: `2025-01-31`.
    Date(Date),
    /// A time that does not say its zone: `2025-01-31T09:30:00`.
    Local(DateTime),
    /// A moment: `2025-01-31T08:30:00Z`.
    Instant(Timestamp),
}

impl fmt::Display for TimeValue {
    /// The text an event takes, and a key is made of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeValue::Date(date) => write!(f, "{date}"),
            TimeValue::Local(time) => write!(f, "{time}"),
            TimeValue::Instant(instant) => write!(f, "{instant}"),
        }
    }
}

impl From<TimeValue> for Dynamic {
    fn from(value: TimeValue) -> Dynamic {
        Dynamic::from(value)
    }
}

impl TimeValue {
    /// The date or time a value is; nothing for a text, even one that writes a date.
    pub(crate) fn of(x: &Dynamic) -> Option<TimeValue> {
        if x.is_variant() { x.read_lock::<TimeValue>().map(|value| *value) } else { None }
    }

    /// The date or time a value is or, as ISO 8601, writes out.
    pub(crate) fn read(x: &Dynamic) -> Option<TimeValue> {
        match x.as_immutable_string_ref() {
            Ok(text) => TimeValue::parse(text.trim()),
            Err(_) => TimeValue::of(x),
        }
    }

    /// The date or time a text writes out as ISO 8601; nothing if any of the text is something
    /// else.
    pub(crate) fn parse(text: &str) -> Option<TimeValue> {
        if !text.bytes().next()?.is_ascii_digit() {
            return None;
        }
        if !text.contains(['T', 't', ' ']) {
            return iso_date(text).map(TimeValue::Date);
        }
        if let Ok(instant) = Timestamp::from_str(text) {
            return TimeValue::Instant(instant).plausible();
        }
        // The library would drop a zone in brackets.
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b"-:.,Tt ".contains(&b));
        let time = if plain { text.parse::<DateTime>().ok() } else { None };
        TimeValue::Local(time?).plausible()
    }

    /// The day that a text is, or whose local time it is. Which day a moment is on depends on the
    /// zone, so it is none.
    pub(crate) fn parse_date(text: &str) -> Option<Date> {
        match TimeValue::parse(text)? {
            TimeValue::Date(date) => Some(date),
            TimeValue::Local(time) => Some(time.date()),
            TimeValue::Instant(_) => None,
        }
    }

    /// This value, unless its year cannot be meant.
    pub(crate) fn plausible(self) -> Option<TimeValue> {
        let year = match self {
            TimeValue::Date(date) => date.year(),
            TimeValue::Local(time) => time.year(),
            TimeValue::Instant(instant) => TimeZone::UTC.to_datetime(instant).year(),
        };
        (year >= YEAR_MIN).then_some(self)
    }

    /// The time that a clock on the wall shows, if that needs no zone.
    fn on_the_wall(self) -> Option<DateTime> {
        match self {
            TimeValue::Date(date) => Some(date.at(0, 0, 0, 0)),
            TimeValue::Local(time) => Some(time),
            TimeValue::Instant(_) => None,
        }
    }
}

fn iso_date(text: &str) -> Option<Date> {
    // The library would take a time, an offset or a zone behind the date, and drop it.
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = if plain { text.parse::<Date>().ok()? } else { return None };
    (date.year() >= YEAR_MIN).then_some(date)
}

/// The meaning of a local time that does not exist or exists twice, because clocks were changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClockChange {
    /// It is an error.
    #[default]
    Fail,
    /// The first of the two; the offset after the change, if it does not exist.
    Earlier,
    /// The second of the two; the offset before the change, if it does not exist.
    Later,
    /// The first of the two; moved on by the gap, if it does not exist: what calendars do (RFC
    /// 5545).
    Compatible,
    /// Leave the row out, and count it.
    Skip,
}

/// Why a local time is no moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoInstant {
    /// The mapping says to leave the row out.
    Skip(String),
    /// Expected, actual and what to do.
    Fail(String),
}

impl NoInstant {
    /// The words of either.
    pub(crate) fn message(self) -> String {
        match self {
            NoInstant::Skip(what) | NoInstant::Fail(what) => what,
        }
    }
}

/// A zone and what to do where its clocks change.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    pub(crate) zone: TimeZone,
    pub(crate) change: ClockChange,
}

impl Clock {
    /// The moment of a value; of a day its first moment.
    pub(crate) fn instant(&self, value: TimeValue) -> Result<Timestamp, NoInstant> {
        let failed = |e: jiff::Error| NoInstant::Fail(e.to_string());
        match value {
            TimeValue::Instant(instant) => Ok(instant),
            // A day always has a first moment: of a midnight that comes twice the first, of one
            // that is left out the end of the gap.
            TimeValue::Date(date) => {
                self.zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().map_err(failed)
            }
            TimeValue::Local(time) => {
                let found = self.zone.to_ambiguous_timestamp(time);
                match (found.is_ambiguous(), self.change) {
                    (false, _) | (true, ClockChange::Compatible) => {
                        found.compatible().map_err(failed)
                    }
                    (true, ClockChange::Earlier) => found.earlier().map_err(failed),
                    (true, ClockChange::Later) => found.later().map_err(failed),
                    (true, ClockChange::Fail) => Err(NoInstant::Fail(self.unclear(&found))),
                    (true, ClockChange::Skip) => Err(NoInstant::Skip(self.unclear(&found))),
                }
            }
        }
    }

    /// The time that the clock on the wall of this zone shows.
    pub(crate) fn local(&self, value: TimeValue) -> DateTime {
        match value {
            TimeValue::Date(date) => date.at(0, 0, 0, 0),
            TimeValue::Local(time) => time,
            TimeValue::Instant(instant) => self.zone.to_datetime(instant),
        }
    }

    fn unclear(&self, found: &AmbiguousTimestamp) -> String {
        let zone = self.zone.iana_name().unwrap_or("this zone");
        let how = match found.offset() {
            AmbiguousOffset::Gap { before, after } => format!(
                "does not exist in {zone}, whose clocks were put forward (offset {before}, then \
                 {after})"
            ),
            AmbiguousOffset::Fold { before, after } => format!(
                "comes twice in {zone}, whose clocks were put back (offset {before}, then {after})"
            ),
            AmbiguousOffset::Unambiguous { .. } => format!("is unclear in {zone}"),
        };
        let policy = "give times with their offset, or say `clock_change = \"earlier\"`, \
                      \"later\", \"compatible\" or \"skip\"";
        format!("{} {how}; {policy}", found.datetime())
    }

    /// Which of two comes first. Days and local times are compared as they stand, and with moments
    /// by the moments they are.
    ///
    /// # Errors
    /// A local time that is no moment, if the other is one.
    pub(crate) fn order(&self, a: TimeValue, b: TimeValue) -> Result<Ordering, String> {
        match (a.on_the_wall(), b.on_the_wall()) {
            (Some(a), Some(b)) => Ok(a.cmp(&b)),
            _ => {
                let (a, b) = (
                    self.instant(a).map_err(NoInstant::message)?,
                    self.instant(b).map_err(NoInstant::message)?,
                );
                Ok(a.cmp(&b))
            }
        }
    }
}
