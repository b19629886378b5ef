//! Moments, days and periods. Invariant: a [`Timestamp`] is UTC microseconds in the years
//! 1900–2199, a [`Date`] a civil day in them.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::{
    ToSpan, civil,
    tz::{AmbiguousOffset, TimeZone},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::from_text;

/// How far `occurred_at` may lie ahead of the clock, in microseconds (24 h).
pub const AHEAD_MICROS_MAX: i64 = 24 * 3_600 * 1_000_000;
const FIRST_MICROS: i64 = -2_208_988_800_000_000; // 1900-01-01T00:00:00Z
const END_MICROS: i64 = 7_258_118_400_000_000; // 2200-01-01T00:00:00Z

/// Why a text is no moment or day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// Not in the wanted form.
    #[error("expected {expected}, got {got:?}")]
    Form {
        /// The form wanted.
        expected: &'static str,
        /// The text as it came, cut at 80 characters.
        got: String,
    },
    /// Outside the years 1900–2199.
    #[error("expected a date from 1900-01-01 to 2199-12-31, got {got}")]
    OutOfRange {
        /// The text as it came.
        got: String,
    },
}

fn form(expected: &'static str, text: &str) -> InvalidTime {
    InvalidTime::Form { expected, got: text.chars().take(80).collect() }
}

const MOMENT: &str = "an RFC 3339 time with offset, as in 2025-01-31T09:00:00Z";
const DAY: &str = "a day, as in 2025-01-31";
const ZONE: &str = "the name of a time zone, as in Europe/Berlin";

/// `2025-01-31T09:00:00`, up to nine digits of a fraction, then `Z` or `+01:00`.
fn is_rfc3339(text: &[u8]) -> bool {
    fn like(text: &[u8], form: &[u8]) -> bool {
        text.len() == form.len()
            && text.iter().zip(form).all(|(b, f)| {
                if *f == b'0' { b.is_ascii_digit() } else { b.eq_ignore_ascii_case(f) }
            })
    }
    let Some((moment, rest)) = text.split_at_checked(19) else { return false };
    let digits = rest
        .strip_prefix(b".")
        .map_or(0, |fraction| fraction.iter().take_while(|b| b.is_ascii_digit()).count());
    let offset = match (rest.first(), digits) {
        (Some(b'.'), 1..=9) => &rest[digits + 1..],
        (Some(b'.'), _) => return false,
        _ => rest,
    };
    like(moment, b"0000-00-00T00:00:00")
        && (like(offset, b"Z") || like(offset, b"+00:00") || like(offset, b"-00:00"))
}

/// `2025-01-31T09:00:00Z`, as nearly every moment comes; whatever else it is, or if anything is out
/// of the ordinary, is left to the general reader.
fn plain(text: &[u8]) -> Option<Timestamp> {
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b'Z',
    ] = text
    else {
        return None;
    };
    let two = |tens: &u8, ones: &u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (year, month, day) = (two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    // Every month has 28 days; the later ones and leap seconds are the general reader's.
    if !(1900..2200).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=28).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    // Days since 1970, counted in years that begin in March.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day
        - 1
        - 719_468;
    Some(Timestamp((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000))
}

/// A moment: UTC microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest moment.
    pub const MIN: Timestamp = Timestamp(FIRST_MICROS);
    /// The first moment after the last.
    pub const END: Timestamp = Timestamp(END_MICROS);

    /// The moment so many microseconds after 1970; refused outside 1900–2199.
    pub fn from_micros(micros: i64) -> Result<Timestamp, InvalidTime> {
        if (FIRST_MICROS..=END_MICROS).contains(&micros) {
            Ok(Timestamp(micros))
        } else {
            Err(InvalidTime::OutOfRange { got: format!("{micros} microseconds") })
        }
    }
    /// The moment of an admitted record, so many microseconds after 1970; not checked again.
    #[must_use]
    #[inline]
    pub const fn admitted(micros: i64) -> Timestamp {
        Timestamp(micros)
    }
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    #[inline]
    pub const fn micros(self) -> i64 {
        self.0
    }
    /// The next microsecond.
    #[must_use]
    pub const fn next(self) -> Timestamp {
        Timestamp(self.0 + 1)
    }
    /// The civil day of this moment in a time zone.
    #[must_use]
    pub fn date(self, zone: &TimeZone) -> Date {
        let civil = jiff::Timestamp::from_microsecond(self.0).map(|t| zone.to_datetime(t).date());
        Date::from_civil(civil.unwrap_or(civil::Date::ZERO))
    }
}
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "{} microseconds", self.0),
        }
    }
}
impl FromStr for Timestamp {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Timestamp, InvalidTime> {
        // jiff also takes forms that RFC 3339 does not have (a bracketed zone, an hour alone), so
        // the form is looked at first. An offset is wanted: a local time has no place on the one
        // time line.
        if let Some(moment) = plain(text.as_bytes()) {
            return Ok(moment);
        }
        if !is_rfc3339(text.as_bytes()) {
            return Err(form(MOMENT, text));
        }
        let t: jiff::Timestamp = text.parse().map_err(|_| form(MOMENT, text))?;
        let micros = t.as_microsecond();
        if (FIRST_MICROS..END_MICROS).contains(&micros) {
            Ok(Timestamp(micros))
        } else {
            Err(InvalidTime::OutOfRange { got: text.to_owned() })
        }
    }
}
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
    }
}
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            from_text(d, MOMENT, str::parse)
        } else {
            i64::deserialize(d).map(Timestamp)
        }
    }
}
impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "timestamp".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

/// A civil day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// The day of a civil date.
    #[must_use]
    pub fn from_civil(date: civil::Date) -> Date {
        let epoch = civil::date(1970, 1, 1);
        Date(epoch.until(date).map_or(0, |span| span.get_days()))
    }
    /// The civil date of the day.
    #[must_use]
    pub fn civil(self) -> civil::Date {
        civil::date(1970, 1, 1).checked_add(self.0.days()).unwrap_or(civil::Date::ZERO)
    }
    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }
    /// The day so many days after 1970-01-01.
    #[must_use]
    pub const fn of_days(days: i32) -> Date {
        Date(days)
    }
    /// The day so many days later (earlier if negative).
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Date {
        Date(self.0 + days)
    }
    /// The same day of the month so many months later, or the last day of a month that is too
    /// short.
    #[must_use]
    pub fn plus_months(self, months: u16) -> Date {
        let later = self.civil().checked_add(i32::from(months).months());
        Date::from_civil(later.unwrap_or(civil::Date::MAX))
    }
    /// The moment the day begins in a time zone.
    #[must_use]
    pub fn start(self, zone: &TimeZone) -> Timestamp {
        let midnight = zone.to_ambiguous_timestamp(self.civil().at(0, 0, 0, 0));
        let moment = match midnight.offset() {
            // The clocks jump over midnight: the day begins with the jump.
            AmbiguousOffset::Gap { .. } => midnight.earlier().map(|before| {
                zone.following(before).next().map_or(before, |jump| jump.timestamp())
            }),
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                midnight.earlier()
            }
        };
        Timestamp(
            moment
                .map_or(FIRST_MICROS, jiff::Timestamp::as_microsecond)
                .clamp(FIRST_MICROS, END_MICROS),
        )
    }
}
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil())
    }
}
impl FromStr for Date {
    type Err = InvalidTime;
    fn from_str(text: &str) -> Result<Date, InvalidTime> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(form(DAY, text));
        }
        let civil: civil::Date = text.parse().map_err(|_| form(DAY, text))?;
        if (1900..2200).contains(&civil.year()) {
            Ok(Date::from_civil(civil))
        } else {
            Err(InvalidTime::OutOfRange { got: text.to_owned() })
        }
    }
}
impl Serialize for Date {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i32(self.0) }
    }
}
impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            from_text(d, DAY, str::parse)
        } else {
            i32::deserialize(d).map(Date)
        }
    }
}
impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "date".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date"})
    }
}

/// A span of days, both ends inclusive.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
#[serde(deny_unknown_fields, try_from = "PeriodForm")]
pub struct Period {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct PeriodForm {
    first: Date,
    last: Date,
}

impl TryFrom<PeriodForm> for Period {
    type Error = String;
    fn try_from(p: PeriodForm) -> Result<Period, String> {
        if p.first <= p.last {
            Ok(Period { first: p.first, last: p.last })
        } else {
            Err(format!("expected first ≤ last, got {} after {}", p.first, p.last))
        }
    }
}

impl Period {
    /// How many days the period has.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.last.days() - self.first.days() + 1
    }
    /// Whether a day lies in the period.
    #[must_use]
    pub fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}

/// A time zone of the IANA list, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Zone(String);

impl Zone {
    /// The zone of this name; refused if the list has none.
    pub fn new(name: &str) -> Result<Zone, InvalidTime> {
        TimeZone::get(name).map_err(|_| form(ZONE, name))?;
        Ok(Zone(name.to_owned()))
    }
    /// The rules of the zone.
    #[must_use]
    pub fn rules(&self) -> TimeZone {
        TimeZone::get(&self.0).unwrap_or(TimeZone::UTC)
    }
}
impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        from_text(d, ZONE, Zone::new)
    }
}
