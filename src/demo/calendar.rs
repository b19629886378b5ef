//! The demo's two years: 2024 and 2025, in seconds. Invariant: people work on weekdays from 07:00
//! to 16:00 UTC, which is one civil day in the company's zone.

use sijil_schemas::time::{Date, Timestamp};

use super::random::Random;

/// Seconds of a minute, an hour, a day.
pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 86_400;
/// 2024-01-01T00:00:00Z, a Monday.
pub(crate) const BEGIN: i64 = 1_704_067_200;
/// The days from 2024-01-01 to 2025-12-31.
pub(crate) const DAYS: usize = 731;
/// 2026-01-01T00:00:00Z.
pub(crate) const END: i64 = BEGIN + 731 * DAY;
const OPENS: i64 = 7 * HOUR;
const CLOSES: i64 = 16 * HOUR;

/// The moment so many seconds after 1970.
pub(crate) fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap_or(Timestamp::END)
}

/// The civil day of a moment.
pub(crate) fn date(seconds: i64) -> Date {
    Date::from_civil(jiff::civil::date(1970, 1, 1))
        .plus_days(i32::try_from(seconds.div_euclid(DAY)).unwrap_or(0))
}

/// Where the day of a moment begins.
pub(crate) const fn midnight(seconds: i64) -> i64 {
    seconds - seconds.rem_euclid(DAY)
}

/// Whether a day, counted from the first, is a weekday.
pub(crate) const fn is_workday(day: usize) -> bool {
    day % 7 < 5
}

/// The first working moment at or after a moment.
pub(crate) fn at_work(seconds: i64, random: &mut Random) -> i64 {
    let mut start = midnight(seconds);
    let mut at = seconds;
    if at - start >= CLOSES {
        start += DAY;
        at = start;
    }
    while !is_workday(usize::try_from((start - BEGIN) / DAY).unwrap_or(0)) {
        start += DAY;
        at = start;
    }
    if at - start < OPENS { start + OPENS + random.between(0, CLOSES - OPENS - 1) } else { at }
}

/// A working moment of a day.
pub(crate) fn during(day: usize, random: &mut Random) -> i64 {
    BEGIN + i64::try_from(day).unwrap_or(0) * DAY + OPENS + random.between(0, CLOSES - OPENS - 1)
}

/// Year, month and day of a day counted from the first.
pub(crate) fn civil(day: usize) -> (i16, i8, i8) {
    let civil = date(BEGIN + i64::try_from(day).unwrap_or(0) * DAY).civil();
    (civil.year(), civil.month(), civil.day())
}

/// The first and the last day of a month, or of several from it on.
pub(crate) fn months(year: i16, month: i8, count: i8) -> (Date, Date) {
    let first = jiff::civil::date(year, month, 1);
    let (end_year, end_month) =
        if month + count > 12 { (year + 1, month + count - 12) } else { (year, month + count) };
    (
        Date::from_civil(first),
        Date::from_civil(jiff::civil::date(end_year, end_month, 1)).plus_days(-1),
    )
}
