//! Patterns of dates and times, as in strftime. Invariant: a pattern that cannot give a date is
//! refused before the first cell, and a text fits as a whole or not at all.

use jiff::{
    Timestamp,
    civil::Date,
    fmt::strtime::{self, BrokenDownTime},
    tz::TimeZone,
};

use crate::time_value::{Clock, TimeValue};

/// A moment with every part different, to try a pattern with: 2025-12-31T23:59:58.123456Z.
const SAMPLE_MICROS: i64 = 1_767_225_598_123_456;

/// A pattern, made ready.
#[derive(Debug, Clone)]
pub(crate) struct TimePattern {
    text: String,
    forms: Vec<Form>,
    has: Parts,
}

/// One of the ways a text may be written: `%z` stands for several.
#[derive(Debug, Clone)]
struct Form {
    pattern: String,
    /// A letter `Z` stands where the offset would, and means UTC.
    utc: bool,
}

/// Which kinds of directives a pattern has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Parts {
    clock: bool,
    twelve: bool,
    half: bool,
    offset: bool,
    zone: bool,
    epoch: bool,
    utc: bool,
}

impl TimePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Directives that do not exist or read nothing, and patterns that leave the date open.
    pub(crate) fn new(text: &str) -> Result<TimePattern, String> {
        let (has, any_offset) = parts(text)?;
        if has.twelve && !has.half {
            return Err(format!(
                "pattern {text}: %I and %l are hours of half a day, so %p must say which half; 24 \
                 hours are %H"
            ));
        }
        let forms = if any_offset {
            let others = ["%z", "%:z", "%:::z"]
                .map(|with| Form { pattern: text.replace("%z", with), utc: false });
            others
                .into_iter()
                .chain([Form { pattern: text.replace("%z", "Z"), utc: true }])
                .collect()
        } else {
            vec![Form { pattern: text.to_owned(), utc: has.utc }]
        };
        let pattern = TimePattern { text: text.to_owned(), forms, has };
        pattern.check()?;
        Ok(pattern)
    }

    /// Whether the pattern can read back what it writes.
    fn check(&self) -> Result<(), String> {
        let wrong = |why: String| format!("pattern {}: {why}", self.text);
        let sample = Timestamp::from_microsecond(SAMPLE_MICROS)
            .map_err(|e| wrong(e.to_string()))?
            .to_zoned_datetime(TimeZone::UTC);
        let first = self.forms.first().map_or(self.text.as_str(), |form| form.pattern.as_str());
        let written = strtime::format(first, &sample).map_err(|e| wrong(e.to_string()))?;
        let read = strtime::parse(first, &written).map_err(|e| wrong(e.to_string()))?;
        if !self.has.epoch && read.to_date().is_err() {
            return Err(wrong("expected a whole date: year, month and day".to_owned()));
        }
        if self.has.clock && read.to_time().is_err() {
            return Err(wrong(
                "expected a whole time: hours before minutes, minutes before seconds".to_owned(),
            ));
        }
        Ok(())
    }

    /// Whether texts of this pattern say which moment they are, so that they are no mere dates.
    fn tells_the_moment(&self) -> bool {
        let Parts { offset, zone, epoch, utc, .. } = self.has;
        offset || zone || epoch || utc
    }

    fn read(&self, text: &str) -> Option<(BrokenDownTime, bool)> {
        self.forms
            .iter()
            .find_map(|form| strtime::parse(&form.pattern, text).ok().map(|read| (read, form.utc)))
    }

    /// The date of a text; of a moment the date in this zone.
    pub(crate) fn date(&self, text: &str, clock: &Clock) -> Option<Date> {
        if self.tells_the_moment() {
            return Some(clock.local(self.time(text, clock)?).date());
        }
        let (read, _) = self.read(text)?;
        Some(clock.local(TimeValue::Date(read.to_date().ok()?).plausible()?).date())
    }

    /// The time of a text: a moment if the text says its offset or zone, else a local time;
    /// midnight if it says no hour.
    pub(crate) fn time(&self, text: &str, clock: &Clock) -> Option<TimeValue> {
        let (read, utc) = self.read(text)?;
        if self.has.epoch || (self.has.offset && !utc) {
            return TimeValue::Instant(read.to_timestamp().ok()?).plausible();
        }
        let local = if self.has.clock {
            read.to_datetime().ok()?
        } else {
            read.to_date().ok()?.at(0, 0, 0, 0)
        };
        let local = TimeValue::Local(local).plausible()?;
        if utc {
            let utc = Clock { zone: TimeZone::UTC, ..clock.clone() };
            return Some(TimeValue::Instant(utc.instant(local).ok()?));
        }
        match read.iana_time_zone() {
            Some(zone) => {
                let there = Clock { zone: TimeZone::get(zone).ok()?, ..clock.clone() };
                Some(TimeValue::Instant(there.instant(local).ok()?))
            }
            None => Some(local),
        }
    }
}

/// The parts of a pattern, and whether it has the offset in any form, `%z`.
fn parts(text: &str) -> Result<(Parts, bool), String> {
    let (mut has, mut any_offset) = (Parts::default(), false);
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        if c != '%' {
            let alone =
                !before.is_alphabetic() && rest.peek().is_none_or(|next| !next.is_alphabetic());
            has.utc |= c == 'Z' && alone;
            before = c;
            continue;
        }
        let mut colons = 0;
        let mut directive = rest.next();
        while let Some(c) = directive.filter(|c| "-_0^#:.".contains(*c) || c.is_ascii_digit()) {
            colons += usize::from(c == ':');
            directive = rest.next();
        }
        match directive {
            Some('H' | 'k' | 'M' | 'S' | 'R' | 'T' | 'f' | 'N') => has.clock = true,
            Some('I' | 'l') => (has.clock, has.twelve) = (true, true),
            Some('p' | 'P') => has.half = true,
            Some('z') => {
                has.offset = true;
                any_offset |= colons == 0;
            }
            Some('Q') => has.zone = true,
            Some('s') => has.epoch = true,
            Some('Z') => {
                let what = "%Z, the abbreviation of a zone, means different zones in different \
                            places; use %z for an offset, or a plain Z for UTC";
                return Err(format!("pattern {text}: {what}"));
            }
            _ => {}
        }
        before = ' ';
    }
    Ok((has, any_offset))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::TimePattern;
    use crate::time_value::{Clock, ClockChange};

    #[track_caller]
    fn check(pattern: &str, rows: &[(&str, Option<&str>)]) {
        let clock = Clock { zone: TimeZone::UTC, change: ClockChange::Fail };
        let made = TimePattern::new(pattern).unwrap();
        for (text, expected) in rows {
            assert_eq!(
                made.time(text, &clock).map(|t| t.to_string()).as_deref(),
                *expected,
                "{text:?} by {pattern}"
            );
        }
    }

    #[test]
    fn an_offset_is_written_in_many_ways() {
        let rows = [
            ("2025-01-31 10:00:00+0200", Some("2025-01-31T08:00:00Z")),
            ("2025-01-31 10:00:00+02:00", Some("2025-01-31T08:00:00Z")),
            ("2025-01-31 10:00:00-05", Some("2025-01-31T15:00:00Z")),
            ("2025-01-31 10:00:00Z", Some("2025-01-31T10:00:00Z")),
            ("2025-01-31 10:00:00", None),
            ("2025-01-31 10:00:00 +02:00", None),
            ("2025-01-31 10:00:00+02:00 or so", None),
        ];
        check("%Y-%m-%d %H:%M:%S%z", &rows);
    }

    #[test]
    fn a_letter_z_is_utc() {
        check(
            "%Y-%m-%dT%H:%M:%SZ",
            &[
                ("2025-01-31T10:00:00Z", Some("2025-01-31T10:00:00Z")),
                ("2025-01-31T10:00:00", None),
            ],
        );
        check("%d.%m.%Y %H:%M ZEIT", &[("31.01.2025 10:00 ZEIT", Some("2025-01-31T10:00:00"))]);
    }

    #[test]
    fn zones_and_seconds_since_1970() {
        check(
            "%Y-%m-%d %H:%M %Q",
            &[
                ("2025-01-31 10:00 Europe/Berlin", Some("2025-01-31T09:00:00Z")),
                ("2025-03-30 02:30 Europe/Berlin", None),
                ("2025-01-31 10:00 Mars/Base", None),
            ],
        );
        check("%s", &[("1738317600", Some("2025-01-31T10:00:00Z")), ("x", None)]);
    }

    #[test]
    fn the_whole_text_and_a_year_of_four_digits() {
        let rows = [
            ("31.01.2025", Some("2025-01-31T00:00:00")),
            ("1.2.2025", Some("2025-02-01T00:00:00")),
            ("31.01.25", None),
            ("31.01.2025 10:00", None),
            ("31.02.2025", None),
            ("31.13.2025", None),
            ("31.01.-2025", None),
            ("", None),
        ];
        check("%d.%m.%Y", &rows);
        check(
            "%m/%d/%Y %I:%M %p",
            &[("01/31/2025 02:05 pm", Some("2025-01-31T14:05:00")), ("01/31/2025 14:05 PM", None)],
        );
        check(
            "%a %d %b %Y",
            &[("Fri 31 Jan 2025", Some("2025-01-31T00:00:00")), ("Mon 31 Jan 2025", None)],
        );
    }

    #[test]
    fn patterns_that_cannot_be() {
        for (pattern, words) in [
            ("%Y-%m", "expected a whole date"),
            ("%d.%m.%Y %I:%M", "%p must say which half"),
            ("%Y-%m-%d %Z", "means different zones"),
            ("%Y-%m-%d %J", "pattern %Y-%m-%d %J: "),
            ("%Y-%m-%d %", "pattern %Y-%m-%d %: "),
            ("%Y-%m-%d %M", "expected a whole time"),
        ] {
            let got = TimePattern::new(pattern).unwrap_err();
            assert!(got.contains(words), "{pattern}: {got}");
        }
    }
}
