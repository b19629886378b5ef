//! Sales (R12): net sales and orders by group and period. Invariant: net is invoiced less credited,
//! each on its own date.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{
    Position,
    id::kind,
    money::Currency,
    time::{Date, Timestamp},
};

use crate::report::parameters::{FROM, IN, TO, attribute};
use crate::{
    Sym,
    ratio::Ratio,
    report::{
        Carrier, Cell, Column, ColumnKind, Context, Count, Draw, Grounds, Number, Parameter,
        ParameterKind, Part, Picture, Report, ReportError, Sight, Sum, Table, Value, When, col,
        key, only, quotient, sum,
    },
    trade::{
        calendar::{BY, Grain, Span},
        grouping::{By, CURRENCY, Grouping, LINKS, Subject, currency_cell, last_if_null, money},
        sold::{self, Brought, Sold, by_group, first_purchases, sold},
    },
};

mod orders;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "sales",
    title: "Sales",
    about: "Net sales, invoices, units, new and repeat clients by owner, client, item or anything \
            else and by period, against the period before; or orders placed.",
    formula: "net = invoices − credit notes, without tax, each on its own date; average = invoiced \
              ÷ invoices; a purchase is an invoice above 0, one brought forward on the day it was \
              issued; new = clients whose first purchase \
              ever is in the period; repeat = clients with a purchase in the period and one before \
              it; free credit notes count on their own date, for their own client, owner and \
              items; change = (net − previous) ÷ previous, null where previous ≤ 0; basis=orders: \
              orders placed, their lines, units, gross = Σ qty × price, net = Σ line net",
    source: "DOMAIN R12",
    edition: 3,
    question: "What did we sell, to how many clients, and more or less than before?",
    draws_on: &["invoices", "orders", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("by", &["month", "quarter", "year"])],
            Draw::Columns { x: "period", y: &["net"], ghost: Some("previous") },
        ),
        Picture::when(
            &[When::Is("group", &["owner", "client", "counterparty", "item"])],
            Draw::Bars { label: "group", y: "net", mark: None },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "basis",
            kind: ParameterKind::Choice(&["invoices", "orders"]),
            required: false,
            default: Some("invoices"),
            about: "what was invoiced, or what was ordered",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&[
                "none",
                "owner",
                "client",
                "counterparty",
                "item",
                "attribute",
            ]),
            required: false,
            default: Some("none"),
            about: "rows per owner, client, legal entity, item, or one of the company's own fields \
                    (`attribute` names it)",
        },
        attribute(
            Carrier::Documents,
            "with group=attribute: the key of one of the company's own fields, as in product",
        ),
        BY,
        FROM,
        TO,
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[
        only("attribute", &[When::Is("group", &["attribute"])]),
        // Who is new or comes again is told of invoices alone: orders ask whose they are only to
        // group them.
        only(
            "view",
            &[When::Is("basis", &["invoices"]), When::Is("group", &["client", "attribute"])],
        ),
    ],
    run,
});

/// The key of a row within its period.
type Place<'a> = ((bool, &'a str), Currency);

/// What is counted for one row.
#[derive(Debug, Clone)]
struct Sums {
    placed: Grounds,
    invoiced: Sum,
    credited: Sum,
    units: Sum,
    invoices: Count,
    /// The clients with an invoice, and the first one of each.
    clients: BTreeMap<Sym<kind::Client>, Position>,
    /// The clients with a purchase, and the first one of each.
    buyers: BTreeMap<Sym<kind::Client>, Position>,
}

impl Sums {
    fn new(ctx: &Context<'_>) -> Sums {
        let sum = || ctx.sum();
        Sums {
            placed: ctx.grounds(),
            invoiced: sum(),
            credited: sum(),
            units: sum(),
            invoices: ctx.count(),
            clients: BTreeMap::new(),
            buyers: BTreeMap::new(),
        }
    }
    fn net(&self) -> Sum {
        self.invoiced.minus(&self.credited)
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    if ctx.arguments.is("basis", "orders") {
        return orders::run(ctx, &grouping);
    }
    let grain = Grain::of(ctx.arguments.text("by"));
    let sales = sold(ctx, &grouping, &(Timestamp::MIN..Timestamp::END))?;
    let brought = sold::brought(ctx)?;
    let first = first_purchases(ctx, &grouping);
    let amounts = ["net", "invoiced", "credited"].map(|name| sum(name, ColumnKind::Amount));
    // An invoice stands on the row of each of its items, a client on that of each of its owners.
    let invoices = if grouping.by == By::Item {
        col("invoices", ColumnKind::Count)
    } else {
        sum("invoices", ColumnKind::Count)
    };
    let rest = [
        invoices,
        col("average", ColumnKind::Amount),
        units(&grouping),
        col("clients", ColumnKind::Count),
        col("new", ColumnKind::Count),
        col("repeat", ColumnKind::Count),
        PREVIOUS,
        col("change", ColumnKind::Percent),
    ];
    let mut table = Table::new(&columns(
        &grouping,
        grain,
        &amounts.into_iter().chain(rest).collect::<Vec<_>>(),
    ));
    let days = sales.iter().map(|s| s.day).chain(brought.iter().map(|of| of.day));
    let Some(whole) = super::payments::period(ctx, grain, days)? else {
        return Ok(table);
    };
    for span in grain.spans(whole) {
        let of = |span| count(ctx, &grouping, (&sales, &brought), span);
        let (now, before) = (of(span), of(span.previous()));
        let places: BTreeSet<Place<'_>> = now.keys().chain(before.keys()).copied().collect();
        for place in places {
            let of = |map: &BTreeMap<Place<'_>, Sums>| {
                map.get(&place).cloned().unwrap_or_else(|| Sums::new(ctx))
            };
            let (now, before) = (of(&now), of(&before));
            let mut row =
                front(&grouping, grain, span, place, &placed_by(&now.placed, &before.placed));
            row.extend(cells(ctx, &now, &before, place.1, span, &first));
            table.push(row);
        }
    }
    Ok(table)
}

/// The key columns, then the measures.
/// Units of goods; those of different items differ.
fn units(grouping: &Grouping<'_>) -> Column {
    match sum("units", ColumnKind::Quantity) {
        of_items if grouping.by == By::Item => of_items.not_over(&["group"]),
        all => all,
    }
}

/// What there was in the period before: one that begins late looks back over days of the one before
/// it.
const PREVIOUS: Column = sum("previous", ColumnKind::Amount).not_over(&["period"]);

fn columns(grouping: &Grouping<'_>, grain: Grain, measures: &[Column]) -> Vec<Column> {
    let period = (grain != Grain::Whole).then(|| key("period", ColumnKind::Text));
    period
        .into_iter()
        .chain(grouping.columns())
        .chain([key("currency", ColumnKind::Text)])
        .chain(measures.iter().copied())
        .collect()
}

/// The records that put what is counted in its row, now or in the period before.
fn placed_by(now: &Grounds, before: &Grounds) -> Grounds {
    let mut both = now.clone();
    both.join(before);
    both
}

/// The key cells of a row.
fn front(
    grouping: &Grouping<'_>,
    grain: Grain,
    span: Span,
    place: Place<'_>,
    placed: &Grounds,
) -> Vec<Cell> {
    let ((without, group), currency) = place;
    let mut row: Vec<Cell> = if grain == Grain::Whole {
        Vec::new()
    } else {
        vec![Value::Text(grain.label(span)).into()]
    };
    row.extend(grouping.cells((!without).then_some(group), placed));
    row.push(currency_cell(currency));
    row
}

fn count<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    (sales, brought): (&[Sold<'a>], &[Brought<'a>]),
    span: Span,
) -> BTreeMap<Place<'a>, Sums> {
    let mut sums: BTreeMap<Place<'a>, Sums> = BTreeMap::new();
    // Sales stand in order of time, so those of a span stand together.
    let from = sales.partition_point(|s| s.day < span.first);
    for sale in sales[from..].iter().take_while(|s| s.day <= span.last) {
        let position = sale.sale.position();
        for (group, sold) in by_group(ctx, grouping, sale) {
            let sums =
                sums.entry((last_if_null(group), sale.currency)).or_insert_with(|| Sums::new(ctx));
            sums.placed.join(&sold.placed);
            sums.units += Part::of(position, sold.units);
            if sale.is_invoice() {
                sums.invoiced += Part::of(position, sold.net);
                sums.invoices += position;
                if let Some(client) = sale.client {
                    sums.clients.entry(client).or_insert(position);
                    if sale.sale.is_purchase() {
                        sums.buyers.entry(client).or_insert(position);
                    }
                }
            } else {
                sums.credited -= Part::of(position, sold.net);
            }
        }
    }
    // A purchase from before these books tells who bought, and is no sale. It is of no item.
    for of in brought.iter().filter(|of| span.contains(of.day) && grouping.by != By::Item) {
        let (mut placed, subject) = (ctx.grounds(), Subject::invoice(of.invoice));
        let Some(client) = grouping.client(&subject, &mut placed) else { continue };
        let group = grouping.of(&subject, &mut placed);
        let currency = base_currency(ctx).unwrap_or(of.invoice.doc.document.currency);
        let place = (last_if_null(group), currency);
        let sums = sums.entry(place).or_insert_with(|| Sums::new(ctx));
        sums.placed.join(&placed);
        sums.buyers.entry(client).or_insert(of.invoice.position);
    }
    sums
}

/// The currency of all rows, where all are in one.
fn base_currency(ctx: &Context<'_>) -> Option<Currency> {
    ctx.views.company.base().filter(|_| ctx.arguments.is("in", "base"))
}

fn cells(
    ctx: &Context<'_>,
    now: &Sums,
    before: &Sums,
    currency: Currency,
    span: Span,
    first: &BTreeMap<Sym<kind::Client>, (Date, Position)>,
) -> Vec<Cell> {
    let (mut clients, mut new, mut repeat) = (ctx.count(), ctx.count(), ctx.count());
    now.clients.values().for_each(|position| clients += *position);
    for (client, position) in &now.buyers {
        if let Some((day, first)) = first.get(client) {
            // A new client is one by its first purchase ever, one that comes again by that of the
            // period.
            if *day < span.first { repeat += *position } else { new += *first }
        }
    }
    let (net, previous) = (now.net(), before.net());
    let average = Ratio::of(now.invoiced.get(), now.invoices.number())
        .map_or(Value::Null, |r| money(ctx, r.round(currency.minor_unit()), currency));
    let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
    let change = Value::percent(super::payments::change(net.get(), previous.get()));
    vec![
        shown(&net),
        shown(&now.invoiced),
        shown(&now.credited),
        now.invoices.shown(),
        quotient(average, &now.invoiced, &now.invoices, "invoices"),
        now.units.shown(Value::Quantity),
        clients.shown(),
        new.shown(),
        repeat.shown(),
        shown(&previous),
        quotient(change, &net.minus(&previous), &previous, "net of the period before"),
    ]
}
