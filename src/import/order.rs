//! The order of values: numbers by value, dates and times by time, texts by their characters.
//! Invariant: what looks like a number or a time is never ordered as text in silence where that
//! would be another order.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::DateTime};
use rhai::{Dynamic, Engine, INT, ImmutableString};
use rust_decimal::Decimal;

use crate::{
    expression::shown,
    number_functions::{Answer, number},
    number_text::plain_number,
    time_value::{Clock, NoInstant, TimeValue},
};

/// Which of two values comes first.
///
/// # Errors
/// Values that have no order, or whose order as texts is another than what they say.
pub(crate) fn order(clock: &Clock, a: &Dynamic, b: &Dynamic) -> Answer<Ordering> {
    match (TimeValue::of(a), TimeValue::of(b)) {
        (None, None) => match (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
            (Ok(a), Ok(b)) => text_order(clock, &a, &b),
            _ => Ok(number(a)?.cmp(&number(b)?)),
        },
        (Some(a), Some(b)) => Ok(clock.order(a, b)?),
        (Some(a), None) => Ok(clock.order(a, beside(a, b)?)?),
        (None, Some(b)) => Ok(clock.order(beside(b, a)?, b)?),
    }
}

/// The other side of a comparison with a date or time.
fn beside(value: TimeValue, other: &Dynamic) -> Answer<TimeValue> {
    TimeValue::read(other).ok_or_else(|| {
        format!(
            "{value} is compared with {}, which is no date or time: give the column a type",
            shown(other)
        )
        .into()
    })
}

/// The order of two texts.
fn text_order(clock: &Clock, a: &str, b: &str) -> Answer<Ordering> {
    let order = a.cmp(b);
    let (meant, kind) = if let (Some(a), Some(b)) = (plain_number(a), plain_number(b)) {
        (a.cmp(&b), "number")
    } else if let (Some(a), Some(b)) = (TimeValue::parse(a), TimeValue::parse(b)) {
        (clock.order(a, b)?, "time")
    } else {
        return Ok(order);
    };
    if meant == order {
        return Ok(order);
    }
    let write = if kind == "number" { "int(x) or dec(x)" } else { "time(x)" };
    Err(format!(
        "the texts {a:?} and {b:?} are compared, whose order as {kind}s is another: give the \
         column a type, or write {write}"
    )
    .into())
}

/// Comparisons of dates and times, and of texts, in place of the engine's own.
pub(crate) fn register(engine: &mut Engine, clock: &Clock) {
    type Holds = fn(Ordering) -> bool;
    let operators: [(&str, Holds); 6] = [
        ("==", Ordering::is_eq),
        ("!=", Ordering::is_ne),
        ("<", Ordering::is_lt),
        ("<=", Ordering::is_le),
        (">", Ordering::is_gt),
        (">=", Ordering::is_ge),
    ];
    for (operator, holds) in operators {
        // Nothing is unequal to everything else, and neither before nor after it, as for numbers.
        let missing = operator == "!=";
        let against = move |clock: &Clock, a: &Dynamic, b: &Dynamic| -> Answer<bool> {
            if a.is_unit() || b.is_unit() { Ok(missing) } else { Ok(holds(order(clock, a, b)?)) }
        };
        let (left, right, both) = (clock.clone(), clock.clone(), clock.clone());
        engine
            .register_fn(operator, move |a: TimeValue, b: TimeValue| -> Answer<bool> {
                Ok(holds(both.order(a, b)?))
            })
            .register_fn(operator, move |a: TimeValue, b: Dynamic| -> Answer<bool> {
                against(&left, &a.into(), &b)
            })
            .register_fn(operator, move |a: Dynamic, b: TimeValue| -> Answer<bool> {
                against(&right, &a, &b.into())
            });
        if !matches!(operator, "==" | "!=") {
            let texts = clock.clone();
            engine.register_fn(operator, move |a: &str, b: &str| -> Answer<bool> {
                Ok(holds(text_order(&texts, a, b)?))
            });
        }
    }
    refuse_mixed_comparison(engine);
}

/// A text is never silently unequal to a number or a truth: the column lacks its type.
fn refuse_mixed_comparison(engine: &mut Engine) {
    fn refusal<T: std::fmt::Display>(text: &str, other: T) -> Answer<bool> {
        Err(format!(
            "the text {text:?} is compared with the number {other}: give the column a type, or \
             write int(x) or dec(x)"
        )
        .into())
    }
    fn no_truth(text: &str, other: bool) -> Answer<bool> {
        Err(format!("the text {text:?} is compared with {other}: give the column the type bool")
            .into())
    }
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        engine
            .register_fn(operator, |a: &str, b: INT| refusal(a, b))
            .register_fn(operator, |a: INT, b: &str| refusal(b, a))
            .register_fn(operator, |a: &str, b: Decimal| refusal(a, b))
            .register_fn(operator, |a: Decimal, b: &str| refusal(b, a))
            .register_fn(operator, |a: &str, b: bool| no_truth(a, b))
            .register_fn(operator, |a: bool, b: &str| no_truth(b, a));
    }
}

/// Where a cell stands in the order of its column: missing ones first, then truths, numbers, times,
/// texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Missing,
    Truth(bool),
    Number(Decimal),
    Local(DateTime),
    Instant(Timestamp),
    Text(ImmutableString),
}

/// The order of a table's rows by some of its columns.
#[derive(Debug, Default)]
pub(crate) struct RowOrder {
    /// By column, then by row; and whether the column's order is turned round.
    columns: Vec<(Vec<Rank>, bool)>,
}

impl RowOrder {
    /// Adds a column to sort by, of which rows are equal in the columns before it.
    ///
    /// # Errors
    /// A column of numbers or times that has no type, if its texts have another order.
    pub(crate) fn add(
        &mut self,
        clock: &Clock,
        cells: &[Dynamic],
        down: bool,
        declared_text: bool,
    ) -> Result<(), String> {
        let times = cells.iter().any(|cell| TimeValue::of(cell).is_some());
        let ranks =
            if times { time_ranks(clock, cells)? } else { cells.iter().map(rank).collect() };
        if !times && !declared_text {
            refuse_misread(clock, &ranks)?;
        }
        self.columns.push((ranks, down));
        Ok(())
    }

    /// Sorts row numbers; equal rows stay as they are.
    pub(crate) fn sort(&self, rows: &mut [usize]) {
        rows.sort_by(|a, b| {
            for (ranks, down) in &self.columns {
                let order = ranks[*a].cmp(&ranks[*b]);
                if order.is_ne() {
                    return if *down { order.reverse() } else { order };
                }
            }
            Ordering::Equal
        });
    }
}

fn rank(cell: &Dynamic) -> Rank {
    if cell.is_unit() {
        Rank::Missing
    } else if let Ok(truth) = cell.as_bool() {
        Rank::Truth(truth)
    } else if let Ok(text) = cell.as_immutable_string_ref() {
        Rank::Text((*text).clone())
    } else {
        number(cell).map_or_else(
            |_| Rank::Text(crate::expression::key_text(cell).unwrap_or_default().into()),
            Rank::Number,
        )
    }
}

/// The order of a column with dates or times: as they stand, or as moments if one is.
fn time_ranks(clock: &Clock, cells: &[Dynamic]) -> Result<Vec<Rank>, String> {
    let values = cells.iter().map(|cell| match TimeValue::read(cell) {
        None if !cell.is_unit() => {
            Err(format!("expected dates or times only, got {}", shown(cell)))
        }
        value => Ok(value),
    });
    let values = values.collect::<Result<Vec<Option<TimeValue>>, String>>()?;
    let moments = values.iter().any(|value| matches!(value, Some(TimeValue::Instant(_))));
    let rank = |value: Option<TimeValue>| match value {
        None => Ok(Rank::Missing),
        Some(TimeValue::Date(date)) if !moments => Ok(Rank::Local(date.at(0, 0, 0, 0))),
        Some(TimeValue::Local(time)) if !moments => Ok(Rank::Local(time)),
        Some(value) => clock.instant(value).map(Rank::Instant).map_err(NoInstant::message),
    };
    values.into_iter().map(rank).collect()
}

/// A column all of whose texts are numbers, or times, must not have another order as texts.
fn refuse_misread(clock: &Clock, ranks: &[Rank]) -> Result<(), String> {
    let mut texts: Vec<&str> = Vec::new();
    for rank in ranks {
        match rank {
            Rank::Missing => {}
            Rank::Text(text) => texts.push(text),
            _ => return Ok(()),
        }
    }
    let orders = |a: &str, b: &str| match (plain_number(a), plain_number(b)) {
        (Some(a), Some(b)) => Some((a.cmp(&b), "`int` or `decimal`")),
        _ => clock
            .order(TimeValue::parse(a)?, TimeValue::parse(b)?)
            .ok()
            .map(|order| (order, "`time`")),
    };
    let meant = |text: &&str| plain_number(text).is_some() || TimeValue::parse(text).is_some();
    let same_length = texts
        .iter()
        .all(|text| text.len() == texts[0].len() && text.bytes().all(|b| b.is_ascii_digit()));
    if same_length || !texts.iter().all(meant) {
        return Ok(());
    }
    texts.sort_unstable();
    for pair in texts.windows(2) {
        if let Some((Ordering::Greater, kind)) = orders(pair[0], pair[1]) {
            return Err(format!(
                "the column is text, and {:?} would come before {:?}: give it the type {kind}, or \
                 `text` if that is meant",
                pair[0], pair[1]
            ));
        }
    }
    Ok(())
}
