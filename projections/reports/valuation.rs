//! R22, valuation: what goods are worth, and what those that left cost. Invariant: opening + received + produced + transferred + adjusted = cost of goods + used + lost +
//! value, to the last minor unit.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::kind,
    money::{Currency, round},
};

use super::stock::{ITEM, WAREHOUSE, items_asked, place_cells, place_columns, warehouse_asked};
use crate::report::parameters::{FROM, TO};
use crate::{
    ratio::Ratio,
    report::{Cell, ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Table, Value, When, col, key, only},
    stock::{
        Moved,
        valuation::{Against, Effect, Shelves, Valuation},
    },
    table::Sym,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "valuation",
    title: "Valuation and cost of goods",
    about: "What the goods of each item at each warehouse are worth at as_of, and what happened to their value in the period (view items); the layers behind it (view \
            layers). Values are in the base currency: what was said in another is converted at the rate of its date as known at its own position.",
    formula: "FIFO: an issue takes the oldest layers, each gives round(value × q ÷ qty), its last part the rest; a transferred layer keeps its place; a return is a new \
              layer at its issue's cost. Moving average: round(value × q ÷ Q), the whole rest when Q becomes 0. Goods that are not there go out at the item's last \
              receipt's unit cost; the next receipt settles the oldest deficit, the difference is cost of goods on its date. From the date of a receipt's \
              cost adjustment on, all is as if the receipt had cost that from the start: what earlier moves would have cost more or less is posted on that date where it \
              went. A loss with a value takes the layers of that unit cost, else the oldest, the rest of the value from what is left. opening + received + produced + transferred + adjusted = cost_of_goods + used + lost + value; \
              settled is the part of cost_of_goods that settles provisional costs; unvalued counts receipts without a value.",
    source: "DOMAIN R22",
    edition: 2,
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["items", "layers"]),
            required: false,
            default: Some("items"),
            about: "values per item and warehouse, or the layers they are made of",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["none", "item", "all"]),
            required: false,
            default: Some("none"),
            about: "rows per item and warehouse, per item, or one for all values (without quantities, since units differ)",
        },
        ITEM,
        WAREHOUSE,
        FROM,
        TO,
    ],
    only: &[only("group", &[When::Is("view", &["items"])]), only("from", &[When::Is("view", &["items"])]), only("to", &[When::Is("view", &["items"])])],
    run,
});

/// What happened to the value of some goods.
#[derive(Debug, Clone, Default)]
struct Line {
    opening: Decimal,
    received: Decimal,
    produced: Decimal,
    transferred: Decimal,
    adjusted: Decimal,
    cost: Decimal,
    settled: Decimal,
    used: Decimal,
    lost: Decimal,
    value: Decimal,
    qty: Decimal,
    unvalued: usize,
    positions: Vec<Position>,
}

type Place = (Option<Sym<kind::Item>>, Option<Sym<kind::Warehouse>>);

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let items: Vec<_> = items_asked(ctx).into_iter().map(|(item, _)| item).collect();
    let group = ctx.arguments.text("group").unwrap_or("none");
    let within = ctx.interval()?;
    let mut lines: BTreeMap<Place, Line> = BTreeMap::new();
    let mut note = |effect: &Effect<'_>| {
        // What came after the period is not in it: the value is that of its end.
        if effect.fact.at >= within.end || !warehouse_asked(ctx, Some(effect.warehouse)) {
            return;
        }
        let place = match group {
            "all" => (None, None),
            "item" => (Some(effect.item), None),
            _ => (Some(effect.item), Some(effect.warehouse)),
        };
        lines.entry(place).or_default().note(effect, effect.fact.at >= within.start);
    };
    let shelves = valuation.walk(&items, &mut note).map_err(|e| e.in_report(ctx.views.company))?;
    let Some(currency) = valuation.currency() else { return Ok(Table::new(&columns(group))) };
    if ctx.arguments.is("view", "layers") {
        return Ok(layers(ctx, &shelves, currency));
    }
    let name = |(item, warehouse): &Place| (item.map(|i| ctx.views.stock.item_name(i)), warehouse.map(|w| ctx.views.stock.warehouse_name(w)));
    let mut table = Table::new(&columns(group));
    let mut named: Vec<_> = lines.iter().map(|(place, line)| (*place, (name(place), line))).collect();
    named.sort_by_key(|(_, (name, _))| *name);
    for (place, ((item, warehouse), line)) in named {
        let behind = if ctx.explain { behind(&valuation, &items, place) } else { Vec::new() };
        let mut row = if group == "all" { Vec::new() } else { place_cells(group == "item", item.unwrap_or_default(), warehouse) };
        row.push(Value::Text(currency.to_string()).into());
        row.extend(line.cells(ctx, group, currency, &behind));
        table.push(row);
    }
    Ok(table)
}

/// The records on which the values of a row rest.
fn behind(valuation: &Valuation<'_>, asked: &[Sym<kind::Item>], (item, _): Place) -> Vec<Position> {
    item.map_or_else(|| asked.to_vec(), |item| vec![item]).into_iter().flat_map(|item| valuation.behind(item)).collect()
}

const AMOUNTS: [&str; 10] = ["opening", "received", "produced", "transferred", "adjusted", "cost_of_goods", "settled", "used", "lost", "value"];

fn columns(group: &str) -> Vec<crate::report::Column> {
    let quantities = [col("qty", ColumnKind::Quantity), col("unit_cost", ColumnKind::Amount)];
    let amounts = AMOUNTS.map(|name| col(name, ColumnKind::Amount));
    let rest = [key("currency", ColumnKind::Text)].into_iter().chain(amounts).chain([col("unvalued", ColumnKind::Count)]);
    if group == "all" { rest.collect() } else { place_columns(group == "item", rest.chain(quantities)) }
}

impl Line {
    fn note(&mut self, effect: &Effect<'_>, in_period: bool) {
        self.value += effect.value;
        self.qty += effect.qty;
        self.positions.push(effect.fact.position);
        if !in_period {
            self.opening += effect.value;
            return;
        }
        match effect.against {
            Against::Supplier => self.received += effect.value,
            Against::CostOfGoods => self.cost -= effect.value,
            Against::Product => self.produced += effect.value,
            Against::Production => self.used -= effect.value,
            Against::Loss => self.lost -= effect.value,
            Against::Adjustment => self.adjusted += effect.value,
            Against::Warehouse => self.transferred += effect.value,
        }
        if effect.settles {
            self.settled -= effect.value;
        }
        if matches!(effect.fact.what.what, Moved::Received { value: None, returns: None, .. }) && !effect.qty.is_zero() {
            self.unvalued += 1;
        }
    }
    /// What came in and how many there are rests on the moves of the place; what it is worth and what left cost, on all that brought the goods there.
    fn cells(&self, ctx: &Context<'_>, group: &str, currency: Currency, behind: &[Position]) -> Vec<Cell> {
        let because = |value: Value, positions: &[Position]| {
            let mut why = ctx.why();
            positions.iter().for_each(|p| why.add(*p));
            value.because(why)
        };
        let own = &self.positions[..];
        let amounts = [self.opening, self.received, self.produced, self.transferred, self.adjusted, self.cost, self.settled, self.used, self.lost, self.value];
        let mut cells: Vec<Cell> = amounts.into_iter().map(|amount| because(Value::money(amount, currency), behind)).collect();
        cells.push(because(Value::count(self.unvalued), own));
        if group != "all" {
            cells.push(because(Value::Quantity(self.qty), own));
            cells.push(because(unit_cost(self.value, self.qty), behind));
        }
        cells
    }
}

/// Value ÷ quantity, shown with up to six decimals; null where nothing is.
fn unit_cost(value: Decimal, qty: Decimal) -> Value {
    const PLACES: u32 = 6;
    Ratio::of(value, qty).map_or(Value::Null, |cost| Value::Amount(round(cost.round(PLACES), PLACES).normalize()))
}

fn layers(ctx: &Context<'_>, shelves: &Shelves<'_>, currency: Currency) -> Table {
    let columns =
        [key("receipt", ColumnKind::Count), key("currency", ColumnKind::Text), col("received_on", ColumnKind::Date), col("qty", ColumnKind::Quantity)];
    let amounts = ["value", "unit_cost"].map(|name| col(name, ColumnKind::Amount));
    let mut table = Table::new(&place_columns(false, [key("layer", ColumnKind::Count)].into_iter().chain(columns).chain(amounts)));
    let stock = ctx.views.stock;
    let mut named: Vec<_> =
        shelves.iter().map(|((item, warehouse), shelf)| ((stock.item_name(*item), stock.warehouse_name(*warehouse)), (*warehouse, shelf))).collect();
    named.sort_by_key(|(name, _)| *name);
    for ((item, name), (warehouse, shelf)) in named {
        let there = shelf.layers().map(|l| (l.receipt, Some(l.place.0), l.qty, l.value));
        let owed = shelf.deficits().map(|(qty, value, position)| (position, None, -qty, -value));
        for (n, (position, at, qty, value)) in there.chain(owed).enumerate().filter(|_| warehouse_asked(ctx, Some(warehouse))) {
            let because = |value: Value| {
                let mut why = ctx.why();
                why.add(position);
                value.because(why)
            };
            let mut row = place_cells(false, item, Some(name));
            row.extend(
                [Value::count(n + 1), Value::Count(i64::try_from(position.get()).unwrap_or(i64::MAX)), Value::Text(currency.to_string())].map(Into::into),
            );
            row.push(at.map_or(Value::Null, |at| Value::Date(ctx.day(at))).into());
            row.extend([Value::Quantity(qty), Value::money(value, currency), unit_cost(value, qty)].map(because));
            table.push(row);
        }
    }
    table
}
