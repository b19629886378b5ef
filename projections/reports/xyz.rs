//! XYZ (R14): how evenly clients or items sell. Invariant: the class follows from the exact test on
//! sums, never from a rounded coefficient.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::{BigInt, Sign};
use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::Kind,
    money::Currency,
    time::{Date, Timestamp},
};

use crate::report::parameters::IN;
use crate::{
    ratio::Ratio,
    report::{
        Cell, ColumnKind, Context, Draw, Grounds, Number, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient,
    },
    trade::{
        calendar::{month_number, month_start},
        grouping::{By, CURRENCY, Grouping, LINKS, Subject},
        sold::{brought, by_group, sold},
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "xyz",
    title: "XYZ",
    about: "Which clients or items sell evenly (X), unevenly (Y) or erratically (Z), told apart \
            first by life cycle: potential, one-time, lost, regular.",
    formula: "a sale is an invoice above 0, and one brought forward, which brings no revenue, on \
              the day it was issued; potential: no sale ever; one_time: one; lost: last \
              sale more than lost_after days before as_of; else regular: cv = σ ÷ mean of net \
              revenue per month, σ of the population, zeros included, from the month of the first \
              sale if that is in the window, n ≥ 3 else insufficient; X iff cv ≤ x %, Y iff ≤ y %, \
              else Z, by 10000·(nΣx² − S²) ≤ t²·S²",
    source: "DOMAIN R14",
    edition: 3,
    question: "Who buys evenly, and who now and then?",
    draws_on: &["catalogue", "invoices", "orders", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Spread { label: "object", mid: "cv", p90: None })],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "object",
            kind: ParameterKind::Choice(&["client", "item"]),
            required: false,
            default: Some("client"),
            about: "what is classified",
        },
        Parameter {
            name: "from",
            kind: ParameterKind::Date,
            required: true,
            default: None,
            about: "the first day of the window; only whole months count",
        },
        Parameter {
            name: "to",
            kind: ParameterKind::Date,
            required: true,
            default: None,
            about: "the last day of the window; only whole months count",
        },
        Parameter {
            name: "x",
            kind: ParameterKind::Count,
            required: false,
            default: Some("10"),
            about: "the largest cv of class X, in percent",
        },
        Parameter {
            name: "y",
            kind: ParameterKind::Count,
            required: false,
            default: Some("25"),
            about: "the largest cv of class Y, in percent",
        },
        Parameter {
            name: "lost_after",
            kind: ParameterKind::Count,
            required: false,
            default: Some("90"),
            about: "days without a sale after which one is lost",
        },
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[only("view", &[When::Is("object", &["client"])])],
    run,
});

/// What is known of one object.
#[derive(Debug, Clone)]
struct Life {
    /// What brought it into being: of an object that nothing says more of.
    birth: Option<Position>,
    /// Every purchase up to the date asked about: its day and its record.
    sales: Vec<(Date, Position)>,
    /// Net revenue by currency and month.
    revenue: BTreeMap<Currency, BTreeMap<i32, Sum>>,
    placed: Grounds,
}

impl Life {
    fn new(ctx: &Context<'_>, birth: Option<Position>) -> Life {
        Life { birth, sales: Vec::new(), revenue: BTreeMap::new(), placed: ctx.grounds() }
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let items = ctx.arguments.is("object", "item");
    let grouping = Grouping::by(ctx, if items { By::Item } else { By::Client });
    ctx.interval()?;
    let (mut lives, mut nobodys): (BTreeMap<&str, Life>, BTreeSet<Position>) =
        (BTreeMap::new(), BTreeSet::new());
    let kind = if items { Kind::Item } else { Kind::Client };
    for (id, life) in ctx.views.entities.of_kind(kind, ctx.lens()) {
        let merged = !items
            && ctx
                .views
                .clients
                .sym(id)
                .is_some_and(|c| ctx.views.clients.root(c, ctx.lens()) != c);
        if let (Some(birth), false) =
            (life.birth(ctx.lens()).filter(|b| ctx.lens().counts(b)), merged)
        {
            lives.insert(id, Life::new(ctx, Some(birth.position)));
        }
    }
    for sale in sold(ctx, &grouping, &(Timestamp::MIN..Timestamp::END))? {
        for (group, sold) in by_group(ctx, &grouping, &sale) {
            let Some(group) = group else {
                nobodys.insert(sale.sale.position());
                continue;
            };
            let life = lives.entry(group).or_insert_with(|| Life::new(ctx, None));
            if sale.sale.is_purchase() {
                life.sales.push((sale.day, sale.sale.position()));
            }
            let months = life.revenue.entry(sale.currency).or_default();
            *months.entry(month_number(sale.day)).or_insert_with(|| ctx.sum()) +=
                Part::of(sale.sale.position(), sold.net);
            life.placed.join(&sold.placed);
        }
    }
    add_brought(ctx, &grouping, &mut lives)?;
    let mut table = Table::new(&[
        key("object", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        col("group", ColumnKind::Text),
        col("class", ColumnKind::Text),
        col("months", ColumnKind::Count),
        col("mean", ColumnKind::Number),
        col("cv", ColumnKind::Percent),
    ]);
    if !nobodys.is_empty() {
        let of = if items { "item" } else { "client" };
        table.notes.push(format!(
            "{} invoices and credit notes, or lines of them, are of no {of}: they are in no row",
            nobodys.len()
        ));
    }
    for (id, life) in lives {
        push(ctx, &mut table, id, &life)?;
    }
    Ok(table)
}

/// Sales from before these books: they are of no item.
fn add_brought<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    lives: &mut BTreeMap<&'a str, Life>,
) -> Result<(), ReportError> {
    for of in brought(ctx)?.into_iter().filter(|_| grouping.by == By::Client) {
        let mut placed = ctx.grounds();
        let Some(client) = grouping.of(&Subject::invoice(of.invoice), &mut placed) else {
            continue;
        };
        let life = lives.entry(client).or_insert_with(|| Life::new(ctx, None));
        life.sales.push((of.day, of.invoice.position));
        let base = ctx.views.company.base().filter(|_| ctx.arguments.is("in", "base"));
        life.revenue.entry(base.unwrap_or(of.invoice.doc.document.currency)).or_default();
        life.placed.join(&placed);
    }
    Ok(())
}

fn push(ctx: &Context<'_>, table: &mut Table, id: &str, life: &Life) -> Result<(), ReportError> {
    let group = group(ctx, life)?;
    // Only who bought twice can be regular or lost, and the last sale says which.
    let said = || {
        ctx.said_by(if life.sales.is_empty() {
            life.birth.into_iter().collect()
        } else {
            last_two(&life.sales)
        })
    };
    let text = |text: &str| Value::Text(text.to_owned()).because(said());
    if group != "regular" {
        table.push(vec![
            Value::id(Some(id)).because(life.placed.clone()),
            Value::Null.into(),
            text(group),
            Value::Null.into(),
            Value::Null.into(),
            Value::Null.into(),
            Value::Null.into(),
        ]);
        return Ok(());
    }
    for (currency, months) in &life.revenue {
        let values = series(ctx, life, months)?;
        let mut row = vec![
            Value::id(Some(id)).because(life.placed.clone()),
            Value::Text(currency.to_string()).into(),
            text(group),
        ];
        row.extend(judged(ctx, life, &values)?);
        table.push(row);
    }
    Ok(())
}

/// The life-cycle group, tested in the listed order.
fn group(ctx: &Context<'_>, life: &Life) -> Result<&'static str, ReportError> {
    let lost_after =
        i32::try_from(ctx.arguments.count("lost_after")?.unwrap_or(90)).unwrap_or(i32::MAX);
    let last = life.sales.iter().map(|(day, _)| *day).max();
    Ok(match (life.sales.len(), last) {
        (0, _) | (_, None) => "potential",
        (1, _) => "one_time",
        (_, Some(last)) if ctx.as_of_day().days() - last.days() > lost_after => "lost",
        (_, Some(_)) => "regular",
    })
}

/// The last two sales: together they tell a regular object from one of a single sale, the last one
/// a lost one.
fn last_two(sales: &[(Date, Position)]) -> Vec<Position> {
    let mut sorted = sales.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.into_iter().take(2).map(|(_, position)| position).collect()
}

/// Net revenue per whole month of the window, from the month of the first sale on.
fn series(
    ctx: &Context<'_>,
    life: &Life,
    months: &BTreeMap<i32, Sum>,
) -> Result<Vec<Sum>, ReportError> {
    let (from, to) = (ctx.arguments.date("from")?, ctx.arguments.date("to")?);
    let (Some(from), Some(to)) = (from, to) else { return Ok(Vec::new()) };
    let first_whole = month_number(from) + i32::from(month_start(month_number(from)) < from);
    let after = month_number(to.plus_days(1));
    let first_sale = life.sales.iter().map(|(day, _)| *day).min().map_or(first_whole, month_number);
    Ok((first_whole.max(first_sale)..after)
        .map(|month| months.get(&month).cloned().unwrap_or_else(|| ctx.sum()))
        .collect())
}

fn judged(ctx: &Context<'_>, life: &Life, months: &[Sum]) -> Result<[Cell; 4], ReportError> {
    let (mut whole, n) = (ctx.sum(), months.len());
    months.iter().for_each(|month| whole += month);
    // Where nothing was sold in the window, its last sales say that it is regular at all.
    let said = || {
        whole.parts().positions().chain(if whole.get().is_zero() {
            last_two(&life.sales)
        } else {
            Vec::new()
        })
    };
    let because = |value: Value| value.because(ctx.said_by(said()));
    let values: &[Decimal] = &months.iter().map(Sum::get).collect::<Vec<_>>();
    let mean = quotient(
        Value::number(Ratio::of(whole.get(), Decimal::from(n))),
        &whole,
        &ctx.count(),
        "months",
    );
    let count = Value::count(n).into();
    if n < 3 {
        return Ok([
            because(Value::Text("insufficient".to_owned())),
            count,
            mean,
            because(Value::Null),
        ]);
    }
    let (top, square) = spread(values);
    let within = |limit: u32| BigInt::from(10_000) * &top <= BigInt::from(limit).pow(2) * &square;
    let positive = whole.get() > Decimal::ZERO;
    let class = match (
        positive,
        ctx.arguments.count("x")?.unwrap_or(10),
        ctx.arguments.count("y")?.unwrap_or(25),
    ) {
        (false, _, _) => "Z",
        (true, x, _) if within(x) => "X",
        (true, _, y) if within(y) => "Y",
        (true, _, _) => "Z",
    };
    let cv = if positive { Value::percent(coefficient(&top, &square)) } else { Value::Null };
    Ok([because(Value::Text(class.to_owned())), count, mean, because(cv)])
}

/// nΣx² − S² and S², in the square of the smallest unit: cv² is their quotient.
fn spread(values: &[Decimal]) -> (BigInt, BigInt) {
    let scale = values.iter().map(Decimal::scale).max().unwrap_or(0);
    let units: Vec<BigInt> = values
        .iter()
        .map(|v| BigInt::from(v.mantissa()) * BigInt::from(10).pow(scale - v.scale()))
        .collect();
    let sum: BigInt = units.iter().sum();
    let squares: BigInt = units.iter().map(|u| u * u).sum();
    let square = &sum * &sum;
    (BigInt::from(values.len()) * squares - &square, square)
}

/// √(top ÷ square), rounded half up to four decimal places: two of a percentage.
fn coefficient(top: &BigInt, square: &BigInt) -> Option<Ratio> {
    if square.sign() == Sign::NoSign {
        return None;
    }
    // The largest k with k² ≤ 4·10⁸·cv² is ⌊2·10⁴·cv⌋; half of the next one is 10⁴·cv rounded.
    let doubled = (BigInt::from(400_000_000) * top / square).sqrt();
    let rounded: BigInt = (doubled + 1_i32) / 2_i32;
    let places = rust_decimal::Decimal::from_str_exact(&rounded.to_string()).ok()?;
    Ratio::of(places, Decimal::from(10_000))
}
