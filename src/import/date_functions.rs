//! Functions over dates and times. Invariant: a date is the text 2025-01-31, a local time 2025-01-31T09:30:00, an instant ends in Z;
//! so texts sort as the moments do, and an event can take them as they are.

use std::str::FromStr;

use jiff::{
    SignedDuration, Span, Timestamp,
    civil::{Date, DateTime},
    fmt::strtime,
    tz::TimeZone,
};
use rhai::{Dynamic, Engine, INT, ImmutableString};
use rust_decimal::Decimal;

use crate::{
    expression::shown,
    number_functions::{Answer, present},
    text_functions::plain,
};

pub(crate) fn register(engine: &mut Engine, zone: &TimeZone) {
    let here = zone.clone();
    let there = zone.clone();
    engine
        .register_fn("date", move |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(date(x, &here)?.to_string().into())) })
        .register_fn("date", |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> { present(x, |x| Ok(parse_date(&plain(x), Some(&pattern))?.into())) })
        .register_fn("time", |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> { present(x, |x| Ok(parse_time(&plain(x), Some(&pattern))?.into())) })
        .register_fn("format", move |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> {
            present(x, |x| {
                let text = strtime::format(pattern.as_str(), moment(x, &there)?).map_err(|e| e.to_string())?;
                Ok(text.into())
            })
        });
    register_parts(engine, zone);
    register_sums(engine, zone);
}

fn register_parts(engine: &mut Engine, zone: &TimeZone) {
    type Part = fn(Date) -> INT;
    let parts: [(&str, Part); 5] = [
        ("year", |d| d.year().into()),
        ("quarter", |d| (INT::from(d.month()) + 2) / 3),
        ("month", |d| d.month().into()),
        ("day", |d| d.day().into()),
        ("weekday", |d| d.weekday().to_monday_one_offset().into()),
    ];
    for (name, part) in parts {
        let zone = zone.clone();
        engine.register_fn(name, move |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(part(date(x, &zone)?).into())) });
    }
    type End = fn(Date) -> Date;
    let ends: [(&str, End); 2] = [("month_start", Date::first_of_month), ("month_end", Date::last_of_month)];
    for (name, end) in ends {
        let zone = zone.clone();
        engine.register_fn(name, move |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(end(date(x, &zone)?).to_string().into())) });
    }
}

fn register_sums(engine: &mut Engine, zone: &TimeZone) {
    let spans: [(&str, Shift); 2] = [("add_days", |n| Span::new().try_days(n).ok()), ("add_months", |n| Span::new().try_months(n).ok())];
    for (name, span) in spans {
        engine.register_fn(name, move |x: Dynamic, n: INT| -> Answer<Dynamic> { present(x, |x| shifted(x, n, span)) });
    }
    let (a, b) = (zone.clone(), zone.clone());
    engine
        .register_fn("days_between", move |from: Dynamic, to: Dynamic| -> Answer<INT> {
            let days = date(&from, &a)?.duration_until(date(&to, &a)?);
            Ok(days.as_hours() / 24)
        })
        .register_fn("seconds_between", move |from: Dynamic, to: Dynamic| -> Answer<Decimal> {
            let passed: SignedDuration = instant(&from, &b)?.duration_until(instant(&to, &b)?);
            Ok(Decimal::from_i128_with_scale(passed.as_micros(), 6).normalize())
        });
}

/// So many days or months as a span, if there can be such a one.
type Shift = fn(INT) -> Option<Span>;

fn shifted(x: &Dynamic, n: INT, span: Shift) -> Answer<Dynamic> {
    let text = plain(x);
    let too_far = || format!("{n} from {text}: the result is no date");
    let span = span(n).ok_or_else(too_far)?;
    if let Ok(instant) = Timestamp::from_str(&text) {
        let zoned = instant.to_zoned_datetime(TimeZone::UTC).checked_add(span).map_err(|_| too_far())?;
        return Ok(zoned.timestamp().to_string().into());
    }
    let whole = text.contains('T');
    let local: DateTime = text.parse().map_err(|_| bad(x))?;
    let local = local.checked_add(span).map_err(|_| too_far())?;
    Ok(if whole { local.to_string().into() } else { local.date().to_string().into() })
}

fn bad(x: &Dynamic) -> String {
    format!("expected a date such as 2025-01-31 or a time such as 2025-01-31T09:30:00Z, got {}", shown(x))
}

/// The local moment of a date, a local time or an instant.
fn moment(x: &Dynamic, zone: &TimeZone) -> Answer<DateTime> {
    let text = plain(x);
    match Timestamp::from_str(&text) {
        Ok(instant) => Ok(zone.to_datetime(instant)),
        Err(_) => text.parse().map_err(|_| bad(x).into()),
    }
}

fn date(x: &Dynamic, zone: &TimeZone) -> Answer<Date> {
    Ok(moment(x, zone)?.date())
}

/// The instant of a date (its beginning), a local time or an instant, in this zone. Of an hour that comes twice the first is meant,
/// an hour that is left out is moved on by the gap.
pub(crate) fn instant(x: &Dynamic, zone: &TimeZone) -> Answer<Timestamp> {
    let text = plain(x);
    if let Ok(instant) = Timestamp::from_str(&text) {
        return Ok(instant);
    }
    let local: DateTime = text.parse().map_err(|_| bad(x))?;
    zone.to_timestamp(local).map_err(|e| e.to_string().into())
}

/// The date in a text, by a strftime pattern or as ISO 8601.
pub(crate) fn parse_date(text: &str, pattern: Option<&str>) -> Result<String, String> {
    let date = match pattern {
        None => text.parse::<Date>().map_err(|_| "a date such as 2025-01-31".to_owned()),
        Some(pattern) => strtime::parse(pattern, text).and_then(|t| t.to_date()).map_err(|_| format!("a date by the pattern {pattern}")),
    };
    date.map(|d| d.to_string()).map_err(|expected| format!("expected {expected}, got {text:?}"))
}

/// The time in a text, by a strftime pattern or as ISO 8601: an instant if the text says its offset, else a local time.
pub(crate) fn parse_time(text: &str, pattern: Option<&str>) -> Result<String, String> {
    let Some(pattern) = pattern else {
        if let Ok(instant) = Timestamp::from_str(text) {
            return Ok(instant.to_string());
        }
        return text.parse::<DateTime>().map(|t| t.to_string()).map_err(|_| format!("expected a time such as 2025-01-31T09:30:00, got {text:?}"));
    };
    let wrong = |_| format!("expected a time by the pattern {pattern}, got {text:?}");
    let parsed = strtime::parse(pattern, text).map_err(wrong)?;
    if parsed.offset().is_some() || parsed.iana_time_zone().is_some() {
        return parsed.to_timestamp().map(|t| t.to_string()).map_err(wrong);
    }
    match parsed.to_datetime() {
        Ok(time) => Ok(time.to_string()),
        Err(_) => parsed.to_date().map(|d| d.at(0, 0, 0, 0).to_string()).map_err(wrong),
    }
}
