//! Turnover and age of stock (R23). Invariant: opening and closing are what `valuation` says of
//! their days, and the ages of what is there come to its value.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{Kind, kind},
    money::Currency,
    time::Timestamp,
};

use super::stock::{items_asked, place_cells, place_columns, warehouse_asked};
use crate::{
    Sym,
    ratio::Ratio,
    report::parameters::{FROM, TO},
    report::{
        Cell, Column, ColumnKind, Context, Draw, Number, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Sight, Sum, Table, Value, When, key, only, quotient, sum,
    },
    stock::valuation::{Against, Valuation},
    trade::{
        calendar::{Grain, Span},
        grouping::currency_cell,
    },
};

mod age;
mod idle;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "turnover",
    title: "Turnover and age of stock",
    about: "How often the value of the stock went out in a period, how old what is there is, and \
            what lies idle.",
    formula: "turnover = cost of goods ÷ average, days = average ÷ cost of goods × days of the \
              period, average = (opening + closing) ÷ 2, null where the divisor is not above 0; \
              view=age: value by the days since each layer's receipt (of what is averaged: \
              quantities first in, first out, value in proportion; what was given out that was \
              not there is as old as that); view=idle: what is on hand and was neither sold nor \
              used for idle_days or more, days since it last was, or since it first moved",
    source: "DOMAIN R23",
    edition: 1,
    question: "How fast do goods go, and what lies too long?",
    draws_on: &["stock", "catalogue", "accounting", "orders"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["turnover"]), When::Is("group", &["item"])],
            Draw::Bars { label: "item", y: "days", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["turnover"])],
            Draw::Waterfall {
                start: "opening",
                plus: &[],
                minus: &["cost_of_goods"],
                end: "closing",
            },
        ),
        Picture::when(
            &[When::Is("view", &["age"])],
            Draw::Parts {
                of: Some("item"),
                parts: &["days_0_30", "days_31_60", "days_61_90", "over_90"],
            },
        ),
        Picture::when(
            &[When::Is("view", &["idle"])],
            Draw::Bars { label: "item", y: "days", mark: None },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["turnover", "age", "idle"]),
            required: false,
            default: Some("turnover"),
            about: "how fast goods went in a period; how old they are; or what lies idle",
        },
        Parameter {
            name: "item",
            kind: ParameterKind::Id(Kind::Item),
            required: false,
            default: None,
            about: "only this item",
        },
        Parameter {
            name: "warehouse",
            kind: ParameterKind::Id(Kind::Warehouse),
            required: false,
            default: None,
            about: "only this warehouse",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "item", "warehouse"]),
            required: false,
            default: Some("all"),
            about: "with view=turnover: one row in all, or one per item or warehouse",
        },
        Parameter {
            name: "idle_days",
            kind: ParameterKind::Count,
            required: false,
            default: Some("90"),
            about: "with view=idle: after how many days goods lie idle",
        },
        FROM,
        TO,
    ],
    only: &[
        only("group", &[When::Is("view", &["turnover"])]),
        only("idle_days", &[When::Is("view", &["idle"])]),
        only("from", &[When::Is("view", &["turnover"])]),
        only("to", &[When::Is("view", &["turnover"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("age") => age::run(ctx),
        Some("idle") => idle::run(ctx),
        _ => turnover(ctx),
    }
}

/// What an item at a warehouse was worth before and after the period, and what of it went.
struct Line {
    opening: Sum,
    closing: Sum,
    cost: Sum,
}

/// A change of value: when, which record, how much, and whether it is cost of goods.
type Change = (Timestamp, Position, Decimal, bool);

fn turnover(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let group = ctx.arguments.text("group").unwrap_or("all");
    let column = match group {
        "item" => Some(key("item", ColumnKind::Id)),
        "warehouse" => Some(key("warehouse", ColumnKind::Id)),
        _ => None,
    };
    let amounts = ["opening", "closing"].map(|name| sum(name, ColumnKind::Amount));
    let average = crate::report::col("average", ColumnKind::Amount);
    let columns: Vec<Column> = column
        .into_iter()
        .chain([key("currency", ColumnKind::Text)])
        .chain(amounts)
        .chain([average, sum("cost_of_goods", ColumnKind::Amount)])
        .chain(["turnover", "days"].map(|name| crate::report::col(name, ColumnKind::Number)))
        .collect();
    let mut table = Table::new(&columns);
    let mut changes: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
    let items: Vec<Sym<kind::Item>> = items_asked(ctx).into_iter().map(|(item, _)| item).collect();
    let stock = ctx.views.stock;
    valuation
        .walk(&items, &mut |effect| {
            if warehouse_asked(ctx, Some(effect.warehouse)) {
                let name = match group {
                    "item" => stock.item_name(effect.item),
                    "warehouse" => stock.warehouse_name(effect.warehouse),
                    _ => "",
                };
                let is_cost = effect.against == Against::CostOfGoods;
                let fact = effect.fact;
                changes.entry(name).or_default().push((
                    fact.at,
                    fact.position,
                    effect.value,
                    is_cost,
                ));
            }
        })
        .map_err(|missing| missing.in_report(ctx.views.company))?;
    let Some(currency) = valuation.currency() else { return Ok(table) };
    // The period is that of the company, whatever is asked of it.
    let firsts = stock.items().into_iter().filter_map(|(item, _)| {
        stock.moves(item).counting(ctx.lens()).map(|fact| ctx.day(fact.at)).min()
    });
    let Some(span) = super::payments::period(ctx, Grain::Whole, firsts)? else { return Ok(table) };
    for (name, changes) in changes {
        let mut row: Vec<Cell> =
            (group != "all").then(|| Value::id(Some(name)).into()).into_iter().collect();
        row.push(currency_cell(currency));
        row.extend(line(ctx, span, &changes).cells(ctx, currency, span));
        table.push(row);
    }
    Ok(table)
}

fn line(ctx: &Context<'_>, span: Span, changes: &[Change]) -> Line {
    let (first, after) = (span.first.start(&ctx.zone), span.last.plus_days(1).start(&ctx.zone));
    let mut line = Line { opening: ctx.sum(), closing: ctx.sum(), cost: ctx.sum() };
    for (at, position, value, is_cost) in changes.iter().filter(|(at, ..)| *at < after) {
        let part = Part::of(*position, *value);
        line.closing += part;
        if *at < first {
            line.opening += part;
        } else if *is_cost {
            line.cost -= part;
        }
    }
    line
}

impl Line {
    fn cells(&self, ctx: &Context<'_>, currency: Currency, span: Span) -> Vec<Cell> {
        let shown = |sum: &Sum| sum.shown(|amount| Value::money(amount, currency));
        let both = self.opening.plus(&self.closing);
        let average = Ratio::of(both.get(), Decimal::TWO)
            .map_or(Value::Null, |mean| Value::money(mean.round(currency.minor_unit()), currency));
        let length = Decimal::from(span.last.days() - span.first.days() + 1);
        let positive = |sum: &Sum| sum.get() > Decimal::ZERO;
        let times = Ratio::of(self.cost.get() * Decimal::TWO, both.get());
        let days = Ratio::of(both.get() * length, self.cost.get() * Decimal::TWO);
        vec![
            shown(&self.opening),
            shown(&self.closing),
            average.because(ctx.said_by(Number::parts(&both).positions())),
            shown(&self.cost),
            quotient(
                Value::number(times.filter(|_| positive(&both))),
                &self.cost,
                &both,
                "opening and closing, by two",
            ),
            quotient(
                Value::number(days.filter(|_| positive(&self.cost))),
                &both,
                &self.cost,
                "cost of goods, of each day twice",
            ),
        ]
    }
}

/// The key columns of what lies at a warehouse.
fn places(measures: impl IntoIterator<Item = Column>) -> Vec<Column> {
    let currency = [key("currency", ColumnKind::Text)];
    place_columns(false, currency.into_iter().chain(measures))
}

/// Their cells.
fn place(
    ctx: &Context<'_>,
    (item, warehouse): (Sym<kind::Item>, Sym<kind::Warehouse>),
    currency: Currency,
) -> Vec<Cell> {
    let stock = ctx.views.stock;
    let mut cells =
        place_cells(false, stock.item_name(item), Some(stock.warehouse_name(warehouse)));
    cells.push(currency_cell(currency));
    cells
}
