//! R22, valuation: what goods are worth, and what those that left cost. Invariant: opening +
//! received + produced + transferred + adjusted = cost of goods + used + lost + value, to the last
//! minor unit.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Costing,
    id::kind,
    money::{Currency, round},
    time::Timestamp,
};

use super::stock::{ITEM, WAREHOUSE, items_asked, place_cells, place_columns, warehouse_asked};
use crate::report::parameters::{FROM, TO};
use crate::{
    Sym,
    cut::{Cut, Lens},
    ratio::Ratio,
    report::{
        Cell, ColumnKind, Context, Count, Draw, Parameter, ParameterKind, Part, Picture, Report,
        ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient, sum,
    },
    stock::{
        Moved,
        valuation::{Against, Effect, Shelves, Valuation},
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "valuation",
    title: "Valuation and cost of goods",
    about: "What the goods of each item at each warehouse are worth at as_of, and what happened to \
            their value in the period (view items); the layers behind it (view layers). Values are \
            in the base currency: what was said in another is converted at the rate of its date as \
            known at its own position.",
    formula: "FIFO: an issue takes the oldest layers, each gives round(value × q ÷ qty), its last \
              part the rest; a transferred layer keeps its place; a return is a new layer at its \
              issue's cost. Moving average: round(value × q ÷ Q), the whole rest when Q becomes 0. \
              Goods that are not there go out at the item's last receipt's unit cost; the next \
              receipt settles the oldest deficit, the difference is cost of goods on its date. \
              From the date of a receipt's cost adjustment on, all is as if the receipt had cost \
              that from the start: what earlier moves would have cost more or less is posted on \
              that date where it went. A loss with a value takes the layers of that unit cost, \
              else the oldest, the rest of the value from what is left. opening + received + \
              produced + transferred + adjusted = cost_of_goods + used + lost + value; settled is \
              the part of cost_of_goods that settles provisional costs; unvalued counts receipts \
              without a value.",
    source: "DOMAIN R22",
    edition: 2,
    question: "What are our goods worth, and what did those cost that we sold?",
    draws_on: &["stock", "catalogue", "accounting"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["items"])],
            Draw::Waterfall {
                start: "opening",
                plus: &["received", "produced", "transferred", "adjusted"],
                minus: &["cost_of_goods", "settled", "used", "lost"],
                end: "value",
            },
        ),
        Picture::when(
            &[When::Is("view", &["layers"])],
            Draw::Parts { of: Some("item"), parts: &["value"] },
        ),
    ],
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
            about: "rows per item and warehouse, per item, or one for all values (without \
                    quantities, since units differ)",
        },
        ITEM,
        WAREHOUSE,
        FROM,
        TO,
    ],
    only: &[
        only("group", &[When::Is("view", &["items"])]),
        only("from", &[When::Is("view", &["items"])]),
        only("to", &[When::Is("view", &["items"])]),
    ],
    run,
});

/// What happened to the value of some goods.
#[derive(Debug, Clone)]
struct Line {
    opening: Sum,
    received: Sum,
    produced: Sum,
    transferred: Sum,
    adjusted: Sum,
    cost: Sum,
    settled: Sum,
    used: Sum,
    lost: Sum,
    value: Sum,
    qty: Sum,
    unvalued: Count,
}

type Place = (Option<Sym<kind::Item>>, Option<Sym<kind::Warehouse>>);

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let items: Vec<_> = items_asked(ctx).into_iter().map(|(item, _)| item).collect();
    let group = ctx.arguments.text("group").unwrap_or("none");
    let within = ctx.interval()?;
    let place = |item, warehouse| match group {
        "all" => (None, None),
        "item" => (Some(item), None),
        _ => (Some(item), Some(warehouse)),
    };
    let mut lines: BTreeMap<Place, Line> = BTreeMap::new();
    let mut note = |effect: &Effect| {
        // What came after the period is not in it: the value is that of its end.
        if effect.fact.at >= within.end || !warehouse_asked(ctx, Some(effect.warehouse)) {
            return;
        }
        let line =
            lines.entry(place(effect.item, effect.warehouse)).or_insert_with(|| Line::new(ctx));
        line.note(effect, effect.fact.at >= within.start, in_layers(ctx, effect.item));
    };
    let shelves = valuation.walk(&items, &mut note).map_err(|e| e.in_report(ctx.views.company))?;
    let Some(currency) = valuation.currency() else { return Ok(Table::new(&columns(group))) };
    if ctx.arguments.is("view", "layers") {
        return Ok(layers(ctx, &shelves, currency));
    }
    if ctx.explain {
        for (item, warehouse, part) in layers_at(ctx, &items, within.start)? {
            lines.entry(place(item, warehouse)).and_modify(|line| line.opening += part);
        }
        for (item, warehouse, part) in layers_at(ctx, &items, within.end)? {
            lines.entry(place(item, warehouse)).and_modify(|line| line.value += part);
        }
    }
    let name = |(item, warehouse): &Place| {
        (
            item.map(|i| ctx.views.stock.item_name(i)),
            warehouse.map(|w| ctx.views.stock.warehouse_name(w)),
        )
    };
    let mut table = Table::new(&columns(group));
    let mut named: Vec<_> = lines.iter().map(|(place, line)| (name(place), line)).collect();
    named.sort_by_key(|(name, _)| *name);
    for ((item, warehouse), line) in named {
        let mut row = if group == "all" {
            Vec::new()
        } else {
            place_cells(group == "item", item.unwrap_or_default(), warehouse)
        };
        row.push(Value::Text(currency.to_string()).into());
        row.extend(line.cells(group, currency));
        table.push(row);
    }
    Ok(table)
}

/// Whether what there is of an item is explained by its layers: under FIFO each stands to the
/// receipt that brought it in. What is averaged is explained by its moves.
fn in_layers(ctx: &Context<'_>, item: Sym<kind::Item>) -> bool {
    ctx.explain
        && ctx
            .views
            .stock
            .card(item, ctx.lens())
            .is_none_or(|card| card.costing != Costing::Average)
}

/// What a receipt's layer of an item at a warehouse is worth.
type LayerPart = (Sym<kind::Item>, Sym<kind::Warehouse>, Part);

/// What the layers of each receipt were worth at a moment; below zero what was given out that was
/// not there.
fn layers_at(
    ctx: &Context<'_>,
    items: &[Sym<kind::Item>],
    moment: Timestamp,
) -> Result<Vec<LayerPart>, ReportError> {
    let lens = Lens { cut: Cut { before: moment.min(ctx.cut.before), ..ctx.cut }, ..ctx.lens() };
    let valuation = Valuation::of(ctx.views, lens);
    let shelves = valuation.walk(items, &mut |_| ()).map_err(|e| e.in_report(ctx.views.company))?;
    let mut all = Vec::new();
    for ((item, warehouse), shelf) in &shelves {
        if !in_layers(ctx, *item) || !warehouse_asked(ctx, Some(*warehouse)) {
            continue;
        }
        let owed = shelf.deficits().map(|(_, value, position)| Part::of(position, -value));
        let there = shelf.layers().map(|layer| Part::of(layer.receipt, layer.value));
        all.extend(there.chain(owed).map(|part| (*item, *warehouse, part)));
    }
    Ok(all)
}

const AMOUNTS: [&str; 10] = [
    "opening",
    "received",
    "produced",
    "transferred",
    "adjusted",
    "cost_of_goods",
    "settled",
    "used",
    "lost",
    "value",
];

fn columns(group: &str) -> Vec<crate::report::Column> {
    // Values of different items add up, their quantities do not: units differ.
    let quantities = [
        sum("qty", ColumnKind::Quantity).not_over(&["item"]),
        col("unit_cost", ColumnKind::Amount),
    ];
    let amounts = AMOUNTS.map(|name| sum(name, ColumnKind::Amount));
    let rest = [key("currency", ColumnKind::Text)]
        .into_iter()
        .chain(amounts)
        .chain([sum("unvalued", ColumnKind::Count)]);
    if group == "all" {
        rest.collect()
    } else {
        place_columns(group == "item", rest.chain(quantities))
    }
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let sum = || ctx.sum();
        Line {
            opening: sum(),
            received: sum(),
            produced: sum(),
            transferred: sum(),
            adjusted: sum(),
            cost: sum(),
            settled: sum(),
            used: sum(),
            lost: sum(),
            value: sum(),
            qty: sum(),
            unvalued: ctx.count(),
        }
    }
    fn note(&mut self, effect: &Effect, in_period: bool, in_layers: bool) {
        let part = Part::of(effect.fact.position, effect.value);
        self.qty += Part::of(effect.fact.position, effect.qty);
        if !in_layers {
            self.value += part;
        }
        if !in_period {
            if !in_layers {
                self.opening += part;
            }
            return;
        }
        match effect.against {
            Against::Supplier => self.received += part,
            Against::CostOfGoods => self.cost -= part,
            Against::Product => self.produced += part,
            Against::Production => self.used -= part,
            Against::Loss => self.lost -= part,
            Against::Adjustment => self.adjusted += part,
            Against::Warehouse => self.transferred += part,
        }
        if effect.settles {
            self.settled -= part;
        }
        if matches!(effect.fact.what.what, Moved::Received { value: None, returns: None, .. })
            && !effect.qty.is_zero()
        {
            self.unvalued += effect.fact.position;
        }
    }
    fn cells(&self, group: &str, currency: Currency) -> Vec<Cell> {
        let flows = [
            &self.opening,
            &self.received,
            &self.produced,
            &self.transferred,
            &self.adjusted,
            &self.cost,
            &self.settled,
            &self.used,
            &self.lost,
        ];
        let mut cells: Vec<Cell> = flows
            .into_iter()
            .chain([&self.value])
            .map(|sum| sum.shown(|amount| Value::money(amount, currency)))
            .collect();
        cells.push(self.unvalued.shown());
        if group != "all" {
            cells.push(self.qty.shown(Value::Quantity));
            cells.push(quotient(
                unit_cost(self.value.get(), self.qty.get()),
                &self.value,
                &self.qty,
                "units there",
            ));
        }
        cells
    }
}

/// Value ÷ quantity, shown with up to six decimals; null where nothing is.
fn unit_cost(value: Decimal, qty: Decimal) -> Value {
    const PLACES: u32 = 6;
    Ratio::of(value, qty)
        .map_or(Value::Null, |cost| Value::Amount(round(cost.round(PLACES), PLACES).normalize()))
}

fn layers(ctx: &Context<'_>, shelves: &Shelves, currency: Currency) -> Table {
    let columns = [
        key("receipt", ColumnKind::Count),
        key("currency", ColumnKind::Text),
        col("received_on", ColumnKind::Date),
        sum("qty", ColumnKind::Quantity).not_over(&["item"]),
    ];
    let amounts = [sum("value", ColumnKind::Amount), col("unit_cost", ColumnKind::Amount)];
    let mut table = Table::new(&place_columns(
        false,
        [key("layer", ColumnKind::Count)].into_iter().chain(columns).chain(amounts),
    ));
    let stock = ctx.views.stock;
    let mut named: Vec<_> = shelves
        .iter()
        .map(|((item, warehouse), shelf)| {
            ((stock.item_name(*item), stock.warehouse_name(*warehouse)), (*warehouse, shelf))
        })
        .collect();
    named.sort_by_key(|(name, _)| *name);
    for ((item, name), (warehouse, shelf)) in named {
        let there = shelf.layers().map(|l| (l.receipt, Some(l.place.0), l.qty, l.value));
        let owed = shelf.deficits().map(|(qty, value, position)| (position, None, -qty, -value));
        for (n, (position, at, qty, value)) in
            there.chain(owed).enumerate().filter(|_| warehouse_asked(ctx, Some(warehouse)))
        {
            let part = |amount| {
                let mut sum = ctx.sum();
                sum += Part::of(position, amount);
                sum
            };
            let (qty, value) = (part(qty), part(value));
            let mut row = place_cells(false, item, Some(name));
            row.extend(
                [
                    Value::count(n + 1),
                    Value::Count(i64::try_from(position.get()).unwrap_or(i64::MAX)),
                    Value::Text(currency.to_string()),
                ]
                .map(Into::into),
            );
            row.push(
                at.map_or(Value::Null, |at| Value::Date(ctx.day(at)))
                    .because(ctx.said_by([position])),
            );
            row.extend([
                qty.shown(Value::Quantity),
                value.shown(|value| Value::money(value, currency)),
            ]);
            row.push(quotient(unit_cost(value.get(), qty.get()), &value, &qty, "units there"));
            table.push(row);
        }
    }
    table
}
