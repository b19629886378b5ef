//! Functions over numbers. Invariant: every number is an exact decimal or an integer; rounding is
//! half away from zero and only where asked.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Map};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::{expression::shown, number_text::plain_number, order::order, time_value::Clock};

pub(crate) type Answer<T> = Result<T, Box<EvalAltResult>>;

/// Scale of an amount or a quantity in an event.
const AMOUNT_SCALE_MAX: u32 = 6;

pub(crate) fn register(engine: &mut Engine, currency: Option<String>, clock: &Clock) {
    engine
        .register_fn("dec", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(Dynamic::from_decimal(number(x)?)))
        })
        .register_fn("int", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| integer(x).map(Dynamic::from_int))
        })
        .register_fn("round", |x: Dynamic, places: INT| -> Answer<Dynamic> {
            let places = u32::try_from(places)
                .map_err(|_| format!("expected 0 or more decimals, got {places}"))?;
            present(x, |x| Ok(Dynamic::from_decimal(rounded(number(x)?, places))))
        })
        .register_fn("round", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(Dynamic::from_decimal(rounded(number(x)?, 0))))
        })
        .register_fn("floor", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(Dynamic::from_decimal(number(x)?.floor())))
        })
        .register_fn("ceil", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(Dynamic::from_decimal(number(x)?.ceil())))
        })
        .register_fn("abs", |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| Ok(Dynamic::from_decimal(number(x)?.abs())))
        })
        .register_fn("count", |list: Array| -> Answer<INT> {
            Ok(INT::try_from(list.len()).unwrap_or(INT::MAX))
        })
        .register_fn("sum", |list: Array| -> Answer<Dynamic> { sum(list.iter()) })
        .register_fn("sum", |list: Array, column: ImmutableString| -> Answer<Dynamic> {
            sum_of(&list, &column)
        })
        .register_fn("/", |a: INT, b: INT| -> Answer<Decimal> {
            divided(Decimal::from(a), Decimal::from(b))
        })
        .register_fn("/", |a: Decimal, b: INT| -> Answer<Decimal> { divided(a, Decimal::from(b)) })
        .register_fn("/", |a: INT, b: Decimal| -> Answer<Decimal> { divided(Decimal::from(a), b) })
        .register_fn("money", |x: Dynamic, currency: ImmutableString| -> Answer<Dynamic> {
            present(x, |x| money(x, &currency))
        })
        .register_fn("money", move |x: Dynamic| -> Answer<Dynamic> {
            present(x, |x| match &currency {
                Some(currency) => money(x, currency),
                None => Err("the mapping has no `currency`: write money(amount, \"EUR\")".into()),
            })
        });
    register_choices(engine, clock);
}

/// The lesser and the greater of two values, and of a column.
fn register_choices(engine: &mut Engine, clock: &Clock) {
    for (pair, column, wanted) in
        [("min", "least", Ordering::Less), ("max", "most", Ordering::Greater)]
    {
        let (a, b) = (clock.clone(), clock.clone());
        let texts = clock.clone();
        engine.register_fn(pair, move |x: Dynamic, y: Dynamic| chosen(&a, x, y, wanted));
        // The engine has one of its own for two texts.
        engine.register_fn(pair, move |x: ImmutableString, y: ImmutableString| {
            chosen(&texts, x.into(), y.into(), wanted)
        });
        engine.register_fn(
            column,
            move |list: Array, column: ImmutableString| -> Answer<Dynamic> {
                extreme(&b, &list, &column, wanted)
            },
        );
    }
}

/// A missing value stays missing; anything else is converted.
pub(crate) fn present(
    x: Dynamic,
    convert: impl FnOnce(&Dynamic) -> Answer<Dynamic>,
) -> Answer<Dynamic> {
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
    let parsed = x.as_immutable_string_ref().ok().and_then(|text| plain_number(text.trim()));
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
    a.checked_div(b).ok_or_else(|| {
        format!("expected a divisor other than 0 and a quotient that fits, got {a} / {b}").into()
    })
}

fn chosen(clock: &Clock, a: Dynamic, b: Dynamic, wanted: Ordering) -> Answer<Dynamic> {
    if a.is_unit() || b.is_unit() {
        return Ok(if a.is_unit() { b } else { a });
    }
    let order = order(clock, &a, &b)?;
    Ok(if order == wanted || order == Ordering::Equal { a } else { b })
}

fn sum<'a>(values: impl Iterator<Item = &'a Dynamic>) -> Answer<Dynamic> {
    let mut total = Decimal::ZERO;
    for value in values.filter(|v| !v.is_unit()) {
        total = total
            .checked_add(number(value)?)
            .ok_or("the sum does not fit a decimal of 28 digits")?;
    }
    Ok(Dynamic::from_decimal(total))
}

fn sum_of(list: &Array, column: &str) -> Answer<Dynamic> {
    sum(cells(list, column)?.iter())
}

/// The least or the most of a column; nothing if no row has it.
fn extreme(clock: &Clock, list: &Array, column: &str, wanted: Ordering) -> Answer<Dynamic> {
    cells(list, column)?
        .into_iter()
        .try_fold(Dynamic::UNIT, |so_far, cell| chosen(clock, so_far, cell, wanted))
}

fn cells(list: &Array, column: &str) -> Answer<Vec<Dynamic>> {
    let cells = list.iter().map(|row| {
        let map = row
            .as_map_ref()
            .map_err(|_| format!("expected rows with a column {column}, got {}", shown(row)))?;
        map.get(column).cloned().ok_or_else(|| format!("the rows have no column {column}"))
    });
    Ok(cells.collect::<Result<Vec<_>, String>>()?)
}

fn money(x: &Dynamic, currency: &str) -> Answer<Dynamic> {
    let amount = number(x)?.normalize();
    if amount.scale() > AMOUNT_SCALE_MAX {
        return Err(format!(
            "an amount has at most {AMOUNT_SCALE_MAX} decimals, got {amount}: use round(x, \
             {AMOUNT_SCALE_MAX})"
        )
        .into());
    }
    let mut map = Map::new();
    map.insert("amount".into(), amount.to_string().into());
    map.insert("currency".into(), currency.into());
    Ok(map.into())
}
