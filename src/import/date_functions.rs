//! Functions over dates and times. Invariant: what they give is a date or a time, not a text, so
//! that it compares and sorts as one; an event takes it as 2025-01-31, 2025-01-31T09:30:00 or
//! 2025-01-31T08:30:00Z.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Span, Timestamp, civil::Date, fmt::strtime, tz::TimeZone};
use rhai::{Dynamic, Engine, INT, ImmutableString};
use rust_decimal::Decimal;

use crate::{
    expression::shown,
    number_functions::{Answer, number, present},
    text_functions::plain,
    time_pattern::TimePattern,
    time_value::{Clock, NoInstant, TimeValue},
};

pub(crate) fn register(engine: &mut Engine, clock: &Clock) {
    engine
        .register_type_with_name::<TimeValue>("time")
        .register_fn("to_string", |x: &mut TimeValue| x.to_string())
        .register_fn("to_debug", |x: &mut TimeValue| x.to_string());
    register_readers(engine, clock);
    register_parts(engine, clock);
    register_sums(engine, clock);
}

/// Compiled patterns; an expression meets the same one in every row.
#[derive(Clone, Default)]
struct TimePatterns(Arc<Mutex<HashMap<String, Arc<TimePattern>>>>);

impl TimePatterns {
    fn get(&self, text: &str) -> Answer<Arc<TimePattern>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(text) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(TimePattern::new(text)?);
        known.insert(text.to_owned(), Arc::clone(&pattern));
        Ok(pattern)
    }
}

fn register_readers(engine: &mut Engine, clock: &Clock) {
    let (patterns, a, b, c, d, e) = (
        TimePatterns::default(),
        clock.clone(),
        clock.clone(),
        clock.clone(),
        clock.clone(),
        clock.clone(),
    );
    let others = patterns.clone();
    let missed = |kind: &str, pattern: &str, x: &Dynamic| {
        format!("expected a {kind} by the pattern {pattern}, got {}", shown(x))
    };
    engine
        .register_fn("date", move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(TimeValue::Date(date(x, &a)?).into()))
        })
        .register_fn("date", move |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> {
            let made = patterns.get(&pattern)?;
            present(x, |x| {
                Ok(TimeValue::Date(
                    made.date(&plain(x), &b).ok_or_else(|| missed("date", &pattern, x))?,
                )
                .into())
            })
        })
        .register_fn("time", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(time_value(x)?.into()))
        })
        .register_fn("time", move |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> {
            let made = others.get(&pattern)?;
            present(x, |x| {
                Ok(made.time(&plain(x), &c).ok_or_else(|| missed("time", &pattern, x))?.into())
            })
        })
        .register_fn("epoch", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(epoch(x, EpochUnit::S)?.into()))
        })
        .register_fn("epoch", |x: Dynamic, unit: ImmutableString| -> Answer<Dynamic> {
            let unit = EpochUnit::named(&unit)
                .ok_or_else(|| format!("expected the unit s, ms or us, got {unit:?}"))?;
            present(x, |x| Ok(epoch(x, unit)?.into()))
        })
        .register_fn("instant", move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(TimeValue::Instant(moment(x, &d)?).into()))
        })
        .register_fn("instant", move |x: Dynamic, zone: ImmutableString| -> Answer<Dynamic> {
            let there = Clock { zone: zone_named(&zone)?, ..e.clone() };
            present(x, |x| Ok(TimeValue::Instant(moment(x, &there)?).into()))
        });
    let there = clock.clone();
    engine.register_fn("format", move |x: Dynamic, pattern: ImmutableString| -> Answer<Dynamic> {
        present(x, |x| {
            let text = strtime::format(pattern.as_str(), there.local(time_value(x)?))
                .map_err(|e| e.to_string())?;
            Ok(text.into())
        })
    });
}

fn register_parts(engine: &mut Engine, clock: &Clock) {
    type Part = fn(Date) -> INT;
    let parts: [(&str, Part); 5] = [
        ("year", |d| d.year().into()),
        ("quarter", |d| (INT::from(d.month()) + 2) / 3),
        ("month", |d| d.month().into()),
        ("day", |d| d.day().into()),
        ("weekday", |d| d.weekday().to_monday_one_offset().into()),
    ];
    for (name, part) in parts {
        let clock = clock.clone();
        engine.register_fn(name, move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(part(date(x, &clock)?).into()))
        });
    }
    type End = fn(Date) -> Date;
    let ends: [(&str, End); 2] =
        [("month_start", Date::first_of_month), ("month_end", Date::last_of_month)];
    for (name, end) in ends {
        let clock = clock.clone();
        engine.register_fn(name, move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(TimeValue::Date(end(date(x, &clock)?)).into()))
        });
    }
}

fn register_sums(engine: &mut Engine, clock: &Clock) {
    let spans: [(&str, Shift); 2] = [
        ("add_days", |n| Span::new().try_days(n).ok()),
        ("add_months", |n| Span::new().try_months(n).ok()),
    ];
    for (name, span) in spans {
        engine.register_fn(name, move |x: Dynamic, n: INT| -> Answer<Dynamic> {
            present(x, |x| Ok(shifted(time_value(x)?, n, span)?.into()))
        });
    }
    let (a, b) = (clock.clone(), clock.clone());
    engine
        .register_fn("days_between", move |from: Dynamic, to: Dynamic| -> Answer<INT> {
            let days = date(&from, &a)?.duration_until(date(&to, &a)?);
            Ok(days.as_hours() / 24)
        })
        .register_fn("seconds_between", move |from: Dynamic, to: Dynamic| -> Answer<Decimal> {
            let passed: SignedDuration = moment(&from, &b)?.duration_until(moment(&to, &b)?);
            Ok(Decimal::from_i128_with_scale(passed.as_micros(), 6).normalize())
        });
}

/// So many days or months as a span, if there can be such a one.
type Shift = fn(INT) -> Option<Span>;

fn shifted(value: TimeValue, n: INT, span: Shift) -> Answer<TimeValue> {
    let too_far = || format!("{n} from {value}: the result is no date");
    let span = span(n).ok_or_else(too_far)?;
    Ok(match value {
        TimeValue::Date(date) => TimeValue::Date(date.checked_add(span).map_err(|_| too_far())?),
        TimeValue::Local(time) => TimeValue::Local(time.checked_add(span).map_err(|_| too_far())?),
        TimeValue::Instant(instant) => TimeValue::Instant(
            instant
                .to_zoned_datetime(TimeZone::UTC)
                .checked_add(span)
                .map_err(|_| too_far())?
                .timestamp(),
        ),
    })
}

/// The date or time a value is or, as ISO 8601, writes out.
pub(crate) fn time_value(x: &Dynamic) -> Answer<TimeValue> {
    TimeValue::read(x).ok_or_else(|| {
        format!(
            "expected a date such as 2025-01-31 or a time such as 2025-01-31T09:30:00Z, got {}",
            shown(x)
        )
        .into()
    })
}

fn date(x: &Dynamic, clock: &Clock) -> Answer<Date> {
    Ok(clock.local(time_value(x)?).date())
}

fn moment(x: &Dynamic, clock: &Clock) -> Answer<Timestamp> {
    Ok(clock.instant(time_value(x)?).map_err(NoInstant::message)?)
}

/// A time zone by its name.
pub(crate) fn zone_named(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| format!("expected a time zone such as Europe/Berlin, got {name:?}"))
}

/// The unit in which a number counts the time since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EpochUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
}

impl EpochUnit {
    fn named(name: &str) -> Option<EpochUnit> {
        match name {
            "s" => Some(EpochUnit::S),
            "ms" => Some(EpochUnit::Ms),
            "us" => Some(EpochUnit::Us),
            _ => None,
        }
    }

    fn nanoseconds(self) -> u32 {
        match self {
            EpochUnit::S => 1_000_000_000,
            EpochUnit::Ms => 1_000_000,
            EpochUnit::Us => 1_000,
        }
    }

    /// The moment so many units after the beginning of 1970; nothing beyond the calendar or for
    /// parts of a nanosecond.
    pub(crate) fn instant(self, count: Decimal) -> Option<TimeValue> {
        let nanoseconds = count.checked_mul(Decimal::from(self.nanoseconds()))?;
        let whole =
            if nanoseconds.is_integer() { i128::try_from(nanoseconds).ok()? } else { return None };
        TimeValue::Instant(Timestamp::from_nanosecond(whole).ok()?).plausible()
    }
}

fn epoch(x: &Dynamic, unit: EpochUnit) -> Answer<TimeValue> {
    let wrong = || format!("expected a number of {} since 1970, got {}", unit_name(unit), shown(x));
    Ok(unit.instant(number(x)?).ok_or_else(wrong)?)
}

/// The unit in words.
pub(crate) fn unit_name(unit: EpochUnit) -> &'static str {
    match unit {
        EpochUnit::S => "seconds",
        EpochUnit::Ms => "milliseconds",
        EpochUnit::Us => "microseconds",
    }
}
