//! Margin (R42). Invariant: net is that of `sales`, cost is the cost of goods of the books, and
//! their difference is the gross profit of `financials`.

use std::collections::BTreeMap;

use sijil_schemas::{money::Currency, time::Timestamp};

use crate::report::parameters::{FROM, TO};
use crate::{
    report::{
        Cell, Column, ColumnKind, Context, Draw, Grounds, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Sight, Sum, Table, Value, When, key, only, share, sum,
    },
    trade::{
        calendar::{BY, Grain, Span},
        costs,
        grouping::{By, Grouping, LINKS, currency_cell, last_if_null},
        sold::{by_group, sold_in_base},
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "margin",
    title: "Margin",
    about: "What sales brought, what the goods cost that went out for them, and what is left, by \
            client, legal entity, owner or item and by period.",
    formula: "net = invoices − credit notes, without tax, each on its own date; cost = cost of \
              goods on its own date (issues, returns, settlements, cost adjustments), of whom the \
              refs of its issue lead to, null where they lead to nobody; profit = net − cost; \
              margin = profit ÷ net, null where net is 0; all in the base currency",
    source: "DOMAIN R42",
    edition: 1,
    question: "What do we earn on what we sell, and with whom?",
    draws_on: &["invoices", "orders", "stock", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Whole,
    pictures: &[
        Picture::when(
            &[When::Is("by", &["month", "quarter", "year"])],
            Draw::Columns { x: "period", y: &["profit"], ghost: Some("net") },
        ),
        Picture::when(
            &[When::Is("group", &["owner", "client", "counterparty", "item"])],
            Draw::Bars { label: "group", y: "profit", mark: Some("net") },
        ),
        Picture::when(
            &[When::Is("group", &["none"]), When::Is("by", &["none"])],
            Draw::Bars { label: "currency", y: "profit", mark: Some("net") },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["none", "owner", "client", "counterparty", "item"]),
            required: false,
            default: Some("none"),
            about: "rows per owner of the document, client, legal entity or item; what has none \
                    stands under null",
        },
        BY,
        FROM,
        TO,
        LINKS,
    ],
    only: &[only("view", &[When::Is("group", &["client"])])],
    run,
});

/// One row in the making.
#[derive(Debug, Clone)]
struct Line {
    placed: Grounds,
    net: Sum,
    cost: Sum,
    units: Sum,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        Line { placed: ctx.grounds(), net: ctx.sum(), cost: ctx.sum(), units: ctx.sum() }
    }
    fn cells(&self, currency: Currency) -> Vec<Cell> {
        let shown = |sum: &Sum| sum.shown(|amount| Value::money(amount, currency));
        let profit = self.net.minus(&self.cost);
        vec![
            shown(&self.net),
            shown(&self.cost),
            shown(&profit),
            share(&profit, &self.net, "net"),
            self.units.shown(Value::Quantity),
        ]
    }
}

/// By the first day of a row's period and its group.
type Lines<'a> = BTreeMap<(Span, (bool, &'a str)), Line>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, grain) = (Grouping::asked(ctx)?, Grain::of(ctx.arguments.text("by")));
    let period = (grain != Grain::Whole).then(|| key("period", ColumnKind::Text));
    let units = match sum("units", ColumnKind::Quantity) {
        of_items if grouping.by == By::Item => of_items.not_over(&["group"]),
        all => all,
    };
    let columns: Vec<Column> = period
        .into_iter()
        .chain(grouping.columns())
        .chain([key("currency", ColumnKind::Text)])
        .chain(["net", "cost", "profit"].map(|name| sum(name, ColumnKind::Amount)))
        .chain([crate::report::col("margin", ColumnKind::Percent), units])
        .collect();
    let mut table = Table::new(&columns);
    let Some(currency) = ctx.views.company.base() else { return Ok(table) };
    for ((span, (without, group)), line) in lines(ctx, &grouping, grain)? {
        let label = || Value::Text(grain.label(span)).into();
        let mut row: Vec<Cell> = (grain != Grain::Whole).then(label).into_iter().collect();
        row.extend(grouping.cells((!without).then_some(group), &line.placed));
        row.push(currency_cell(currency));
        row.extend(line.cells(currency));
        table.push(row);
    }
    Ok(table)
}

fn lines<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    grain: Grain,
) -> Result<Lines<'a>, ReportError> {
    let within = ctx.interval()?;
    // Rows of the whole period have no day of their own.
    let whole = grain.span(ctx.day(Timestamp::MIN));
    let span = |at| if grain == Grain::Whole { whole } else { grain.span(ctx.day(at)) };
    let mut lines = Lines::new();
    for sale in sold_in_base(ctx, grouping, &within)? {
        let position = sale.sale.position();
        for (group, sold) in by_group(ctx, grouping, &sale) {
            let place = (span(sale.sale.at()), last_if_null(group));
            let line = lines.entry(place).or_insert_with(|| Line::new(ctx));
            line.placed.join(&sold.placed);
            line.net += Part::of(position, sold.net);
            line.units += Part::of(position, sold.units);
        }
    }
    for cost in costs::all(ctx)?.into_iter().filter(|cost| within.contains(&cost.at)) {
        let place = (span(cost.at), last_if_null(costs::group(ctx, &grouping.by, &cost)));
        let line = lines.entry(place).or_insert_with(|| Line::new(ctx));
        if grouping.by != By::Nothing {
            line.placed.add(cost.origin.position);
        }
        line.cost += Part::of(cost.position, cost.amount);
    }
    Ok(lines)
}
