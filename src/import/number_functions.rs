//! Functions over numbers. Invariant: every number is an exact decimal or an integer; rounding is half away from zero and only where asked.

use std::{cmp::Ordering, str::FromStr};

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::expression::shown;

pub(crate) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// Scale of an amount or a quantity in an event.
const AMOUNT_SCALE_MAX: u32 = 6;

pub(crate) fn register(engine: &mut Engine, currency: Option<String>) {
    engine
        .register_fn("dec", |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(Dynamic::from_decimal(number(x)?))) })
        .register_fn("int", |x: Dynamic| -> Answer<Dynamic> { present(x, |x| integer(x).map(Dynamic::from_int)) })
        .register_fn("round", |x: Dynamic, places: INT| -> Answer<Dynamic> {
            let places = u32::try_from(places).map_err(|_| format!("expected 0 or more decimals, got {places}"))?;
            present(x, |x| Ok(Dynamic::from_decimal(rounded(number(x)?, places))))
        })
        .register_fn("round", |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(Dynamic::from_decimal(rounded(number(x)?, 0)))) })
        .register_fn("floor", |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(Dynamic::from_decimal(number(x)?.floor()))) })
        .register_fn("ceil", |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(Dynamic::from_decimal(number(x)?.ceil()))) })
        .register_fn("abs", |x: Dynamic| -> Answer<Dynamic> { present(x, |x| Ok(Dynamic::from_decimal(number(x)?.abs()))) })
        .register_fn("min", |a: Dynamic, b: Dynamic| chosen(a, b, Ordering::Less))
        .register_fn("max", |a: Dynamic, b: Dynamic| chosen(a, b, Ordering::Greater))
        .register_fn("count", |list: Array| -> Answer<INT> { Ok(INT::try_from(list.len()).unwrap_or(INT::MAX)) })
        .register_fn("sum", |list: Array| -> Answer<Dynamic> { sum(list.iter()) })
        .register_fn("sum", |list: Array, column: ImmutableString| -> Answer<Dynamic> { sum_of(&list, &column) })
        .register_fn("least", |list: Array, column: ImmutableString| -> Answer<Dynamic> { extreme(&list, &column, Ordering::Less) })
        .register_fn("most", |list: Array, column: ImmutableString| -> Answer<Dynamic> { extreme(&list, &column, Ordering::Greater) })
        .register_fn("/", |a: INT, b: INT| -> Answer<Decimal> { divided(Decimal::from(a), Decimal::from(b)) })
        .register_fn("/", |a: Decimal, b: INT| -> Answer<Decimal> { divided(a, Decimal::from(b)) })
        .register_fn("/", |a: INT, b: Decimal| -> Answer<Decimal> { divided(Decimal::from(a), b) })
        .register_fn("money", |x: Dynamic, currency: ImmutableString| -> Answer<Dynamic> { present(x, |x| money(x, &currency)) })
        .register_fn("money", move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| match &currency {
                Some(currency) => money(x, currency),
                None => Err("the mapping has no `currency`: write money(amount, \"EUR\")".into()),
            })
        });
    refuse_mixed_comparison(engine);
}

/// A missing value stays missing; anything else is converted.
pub(crate) fn present(x: Dynamic, convert: impl FnOnce(&Dynamic) -> Answer<Dynamic>) -> Answer<Dynamic> {
    if x.is_unit() { Ok(x) } else { convert(&x) }
}

/// The number a value is or writes out.
pub(crate) fn number(x: &Dynamic) -> Answer<Decimal> {
    if let Ok(n) = x.as_decimal() {
        return Ok(n);
    }
    if let Ok(n) = x.as_int() {
        return Ok(Decimal::from(n));
    }
    let exact = |text: &str| Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok();
    let parsed = x.as_immutable_string_ref().ok().and_then(|text| exact(text.trim()));
    parsed.ok_or_else(|| format!("expected a number such as -12.50, got {}", shown(x)).into())
}

fn integer(x: &Dynamic) -> Answer<INT> {
    let n = number(x)?;
    let whole = n.is_integer().then(|| INT::try_from(n).ok()).flatten();
    whole.ok_or_else(|| format!("expected a whole number, got {}", shown(x)).into())
}

pub(crate) fn rounded(x: Decimal, places: u32) -> Decimal {
    x.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

fn divided(a: Decimal, b: Decimal) -> Answer<Decimal> {
    a.checked_div(b).ok_or_else(|| format!("expected a divisor other than 0 and a quotient that fits, got {a} / {b}").into())
}

fn chosen(a: Dynamic, b: Dynamic, wanted: Ordering) -> Answer<Dynamic> {
    if a.is_unit() || b.is_unit() {
        return Ok(if a.is_unit() { b } else { a });
    }
    let order = match (a.as_immutable_string_ref(), b.as_immutable_string_ref()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => number(&a)?.cmp(&number(&b)?),
    };
    Ok(if order == wanted || order == Ordering::Equal { a } else { b })
}

fn sum<'a>(values: impl Iterator<Item = &'a Dynamic>) -> Answer<Dynamic> {
    let mut total = Decimal::ZERO;
    for value in values.filter(|v| !v.is_unit()) {
        total = total.checked_add(number(value)?).ok_or("the sum does not fit a decimal of 28 digits")?;
    }
    Ok(Dynamic::from_decimal(total))
}

fn sum_of(list: &Array, column: &str) -> Answer<Dynamic> {
    sum(cells(list, column)?.iter())
}

/// The least or the most of a column; nothing if no row has it.
fn extreme(list: &Array, column: &str, wanted: Ordering) -> Answer<Dynamic> {
    cells(list, column)?.into_iter().try_fold(Dynamic::UNIT, |so_far, cell| chosen(so_far, cell, wanted))
}

fn cells(list: &Array, column: &str) -> Answer<Vec<Dynamic>> {
    let cells = list.iter().map(|row| {
        let map = row.as_map_ref().map_err(|_| format!("expected rows with a column {column}, got {}", shown(row)))?;
        map.get(column).cloned().ok_or_else(|| format!("the rows have no column {column}"))
    });
    Ok(cells.collect::<Result<Vec<_>, String>>()?)
}

fn money(x: &Dynamic, currency: &str) -> Answer<Dynamic> {
    let amount = number(x)?.normalize();
    if amount.scale() > AMOUNT_SCALE_MAX {
        return Err(format!("an amount has at most {AMOUNT_SCALE_MAX} decimals, got {amount}: use round(x, {AMOUNT_SCALE_MAX})").into());
    }
    let mut map = Map::new();
    map.insert("amount".into(), amount.to_string().into());
    map.insert("currency".into(), currency.into());
    Ok(map.into())
}

/// A text is never silently unequal to a number: the column lacks its type.
fn refuse_mixed_comparison(engine: &mut Engine) {
    fn refusal<T: std::fmt::Display>(text: &str, number: T) -> Answer<bool> {
        Err(format!("the text {text:?} is compared with the number {number}: give the column a type, or write int(x) or dec(x)").into())
    }
    for operator in ["==", "!=", "<", "<=", ">", ">="] {
        engine
            .register_fn(operator, |a: &str, b: INT| refusal(a, b))
            .register_fn(operator, |a: INT, b: &str| refusal(b, a))
            .register_fn(operator, |a: &str, b: Decimal| refusal(a, b))
            .register_fn(operator, |a: Decimal, b: &str| refusal(b, a));
    }
}
