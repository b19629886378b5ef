//! Sales (R12): net sales and orders by group and period. Invariant: net is invoiced less credited, each on its own date.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{id::kind, money::Currency, time::Timestamp};

use crate::report::parameters::{FROM, IN, TO, attribute};
use crate::{
    ratio::Ratio,
    report::{Carrier, Cell, Column, ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Table, Value, When, Why, col, key, only},
    table::Sym,
    trade::{
        calendar::{BY, Grain, Span},
        grouping::{CURRENCY, Grouping, LINKS, currency_cell, last_if_null, money},
        sold::{Sold, by_group, first_purchases, sold},
    },
};

mod orders;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "sales",
    title: "Sales",
    about: "Net sales, invoices, units, new and repeat clients by owner, client, item or anything else and by period, against the period before; or orders placed.",
    formula: "net = invoices − credit notes, without tax, each on its own date; average = invoiced ÷ invoices; a purchase is an invoice above 0; new = clients whose first purchase ever is in the period; \
              repeat = clients with a purchase in the period and one before it; free credit notes count on their own date, for their own client, owner and items; change = (net − previous) ÷ previous, null where previous ≤ 0; \
              basis=orders: orders placed, their lines, units, gross = Σ qty × price, net = Σ line net",
    source: "DOMAIN R12",
    edition: 2,
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
            kind: ParameterKind::Choice(&["none", "owner", "client", "counterparty", "item", "attribute"]),
            required: false,
            default: Some("none"),
            about: "rows per owner, client, legal entity, item, or one of the company's own fields (`attribute` names it)",
        },
        attribute(Carrier::Documents, "with group=attribute: the key of one of the company's own fields, as in product"),
        BY,
        FROM,
        TO,
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// The key of a row within its period.
type Place<'a> = ((bool, &'a str), Currency);

/// What is counted for one row.
#[derive(Debug, Clone)]
struct Sums {
    invoiced: Decimal,
    credited: Decimal,
    units: Decimal,
    invoices: usize,
    clients: BTreeSet<Sym<kind::Client>>,
    buyers: BTreeSet<Sym<kind::Client>>,
    why: Why,
}

impl Sums {
    const fn new(ctx: &Context<'_>) -> Sums {
        Sums {
            invoiced: Decimal::ZERO,
            credited: Decimal::ZERO,
            units: Decimal::ZERO,
            invoices: 0,
            clients: BTreeSet::new(),
            buyers: BTreeSet::new(),
            why: ctx.why(),
        }
    }
    fn net(&self) -> Decimal {
        self.invoiced - self.credited
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    if ctx.arguments.is("basis", "orders") {
        return orders::run(ctx, &grouping);
    }
    let grain = Grain::of(ctx.arguments.text("by"));
    let sales = sold(ctx, &grouping, &(Timestamp::MIN..Timestamp::END))?;
    let first = first_purchases(ctx, &grouping);
    let amounts = ["net", "invoiced", "credited"].map(|name| col(name, ColumnKind::Amount));
    let rest = [
        col("invoices", ColumnKind::Count),
        col("average", ColumnKind::Amount),
        col("units", ColumnKind::Quantity),
        col("clients", ColumnKind::Count),
        col("new", ColumnKind::Count),
        col("repeat", ColumnKind::Count),
        col("previous", ColumnKind::Amount),
        col("change", ColumnKind::Percent),
    ];
    let mut table = Table::new(&columns(&grouping, grain, &amounts.into_iter().chain(rest).collect::<Vec<_>>()));
    let Some(whole) = super::payments::period(ctx, grain, sales.iter().map(|s| s.day))? else { return Ok(table) };
    for span in grain.spans(whole) {
        let (now, before) = (count(ctx, &grouping, &sales, span), count(ctx, &grouping, &sales, span.previous()));
        let places: BTreeSet<Place<'_>> = now.keys().chain(before.keys()).copied().collect();
        for place in places {
            let of = |map: &BTreeMap<Place<'_>, Sums>| map.get(&place).cloned().unwrap_or_else(|| Sums::new(ctx));
            let mut row = front(&grouping, grain, span, place);
            row.extend(cells(ctx, of(&now), &of(&before), place.1, span, &first));
            table.push(row);
        }
    }
    Ok(table)
}

/// The key columns, then the measures.
fn columns(grouping: &Grouping<'_>, grain: Grain, measures: &[Column]) -> Vec<Column> {
    let period = (grain != Grain::Whole).then(|| key("period", ColumnKind::Text));
    period.into_iter().chain(grouping.columns()).chain([key("currency", ColumnKind::Text)]).chain(measures.iter().copied()).collect()
}

/// The key cells of a row.
fn front(grouping: &Grouping<'_>, grain: Grain, span: Span, place: Place<'_>) -> Vec<Cell> {
    let ((without, group), currency) = place;
    let mut row: Vec<Cell> = if grain == Grain::Whole { Vec::new() } else { vec![Value::Text(grain.label(span)).into()] };
    row.extend(grouping.cells((!without).then_some(group)));
    row.push(currency_cell(currency));
    row
}

fn count<'a>(ctx: &Context<'a>, grouping: &Grouping<'a>, sales: &[Sold<'a>], span: Span) -> BTreeMap<Place<'a>, Sums> {
    let mut sums: BTreeMap<Place<'a>, Sums> = BTreeMap::new();
    // Sales stand in order of time, so those of a span stand together.
    let from = sales.partition_point(|s| s.day < span.first);
    for sale in sales[from..].iter().take_while(|s| s.day <= span.last) {
        let mut why = sale.why.clone();
        for (group, (net, units)) in by_group(ctx, grouping, sale, &mut why) {
            let sums = sums.entry((last_if_null(group), sale.currency)).or_insert_with(|| Sums::new(ctx));
            sums.units += units;
            sums.why.join(&why);
            if sale.is_invoice() {
                sums.invoiced += net;
                sums.invoices += 1;
                sums.clients.extend(sale.client);
                sums.buyers.extend(sale.client.filter(|_| sale.sale.is_purchase()));
            } else {
                sums.credited -= net;
            }
        }
    }
    sums
}

fn cells(
    ctx: &Context<'_>,
    now: Sums,
    before: &Sums,
    currency: Currency,
    span: Span,
    first: &BTreeMap<Sym<kind::Client>, (sijil_schemas::time::Date, sijil_schemas::Position)>,
) -> Vec<Cell> {
    let (mut new, mut repeat) = ((0, ctx.why()), (0, ctx.why()));
    for (day, position) in now.buyers.iter().filter_map(|client| first.get(client)) {
        let counted = if *day < span.first { &mut repeat } else { &mut new };
        counted.0 += 1;
        counted.1.add(*position);
    }
    new.1.join(&now.why);
    repeat.1.join(&now.why);
    let mut both = now.why.clone();
    both.join(&before.why);
    let average = Ratio::of(now.invoiced, Decimal::from(now.invoices)).map_or(Value::Null, |r| money(ctx, r.round(currency.minor_unit()), currency));
    let because = |value: Value| value.because(now.why.clone());
    vec![
        because(money(ctx, now.net(), currency)),
        because(money(ctx, now.invoiced, currency)),
        because(money(ctx, now.credited, currency)),
        because(Value::count(now.invoices)),
        because(average),
        because(Value::Quantity(now.units)),
        because(Value::count(now.clients.len())),
        Value::count(new.0).because(new.1),
        Value::count(repeat.0).because(repeat.1),
        money(ctx, before.net(), currency).because(before.why.clone()),
        Value::percent(super::payments::change(now.net(), before.net())).because(both),
    ]
}
