//! Stock card: every move of an item, with running quantity and value. Invariant: the last line of
//! a warehouse is its stock in the stock and valuation reports.

use std::collections::BTreeMap;

use sijil_schemas::{
    id::{Kind, kind},
    money::Currency,
};

use super::stock::{WAREHOUSE, warehouse_asked};
use crate::report::parameters::{FROM, TO};
use crate::{
    Sym,
    report::{
        ColumnKind, Context, Draw, Parameter, ParameterKind, Part, Picture, Report, ReportError,
        Sight, Sum, Table, Value, col, key, sum,
    },
    stock::valuation::{Against, Effect, Valuation},
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "stock_card",
    title: "Stock card",
    about: "Every move of one item, in order of business time, then position: one row per event \
            and warehouse, with the quantity and value there after it.",
    formula: "qty and value as in the valuation; cost_of_goods = what the move made cost, \
              settlements of provisional cost included; on_hand and stock_value are running sums \
              of the warehouse, item_on_hand and item_value of the item at all warehouses. from \
              and to choose rows; sums run from the first move.",
    source: "DOMAIN R21, R22",
    edition: 3,
    question: "How did the stock of this item come to be what it is?",
    draws_on: &["stock", "catalogue", "accounting"],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Steps {
        t: "at",
        y: "item_on_hand",
        second: Some("item_value"),
    })],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "item",
            kind: ParameterKind::Id(Kind::Item),
            required: true,
            default: None,
            about: "whose moves",
        },
        WAREHOUSE,
        FROM,
        TO,
    ],
    only: &[],
    run,
});

struct Line {
    first: Effect,
    qty: Sum,
    value: Sum,
    cost: Sum,
}

impl Line {
    fn of(ctx: &Context<'_>, first: Effect) -> Line {
        Line { first, qty: ctx.sum(), value: ctx.sum(), cost: ctx.sum() }
    }
    fn add(&mut self, effect: &Effect) {
        let part = |amount| Part::of(effect.fact.position, amount);
        self.qty += part(effect.qty);
        self.value += part(effect.value);
        if effect.against == Against::CostOfGoods {
            self.cost -= part(effect.value);
        }
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let within = ctx.interval()?;
    let mut table = Table::new(&[
        key("position", ColumnKind::Count),
        key("warehouse", ColumnKind::Id),
        key("kind", ColumnKind::Text),
        col("at", ColumnKind::Time),
        col("document", ColumnKind::Id),
        sum("qty", ColumnKind::Quantity),
        sum("value", ColumnKind::Amount),
        sum("cost_of_goods", ColumnKind::Amount),
        col("on_hand", ColumnKind::Quantity),
        col("stock_value", ColumnKind::Amount),
        col("item_on_hand", ColumnKind::Quantity),
        col("item_value", ColumnKind::Amount),
    ]);
    let Some(item) = ctx.arguments.text("item").and_then(|id| ctx.views.stock.item(id)) else {
        return Ok(table);
    };
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let Some(currency) = valuation.currency() else { return Ok(table) };
    let mut lines = Vec::<Line>::new();
    let mut note = |effect: &Effect| {
        let place = |e: &Effect| (e.fact.position, e.warehouse, e.fact.what.what.name());
        // Effects of one event stand together; those on two warehouses may take turns.
        let of_event = lines
            .iter_mut()
            .rev()
            .take_while(|line| line.first.fact.position == effect.fact.position);
        match { of_event }.find(|line| place(&line.first) == place(effect)) {
            Some(line) => line.add(effect),
            None => {
                let mut line = Line::of(ctx, *effect);
                line.add(effect);
                lines.push(line);
            }
        }
    };
    valuation.walk(&[item], &mut note).map_err(|e| e.in_report(ctx.views.company))?;
    let of_item = totals(ctx, &lines, |_| true);
    let mut of_warehouses: BTreeMap<Sym<kind::Warehouse>, std::vec::IntoIter<(Sum, Sum)>> =
        BTreeMap::new();
    for (line, item) in lines.iter().zip(&of_item) {
        let warehouse = line.first.warehouse;
        let here = of_warehouses
            .entry(warehouse)
            .or_insert_with(|| {
                totals(ctx, &lines, |line| line.first.warehouse == warehouse).into_iter()
            })
            .next();
        if let Some(here) = here.filter(|_| {
            within.contains(&line.first.fact.at) && warehouse_asked(ctx, Some(warehouse))
        }) {
            table.push(row(ctx, line, currency, &here, item));
        }
    }
    Ok(table)
}

/// Quantity and value after each of some lines.
fn totals(ctx: &Context<'_>, lines: &[Line], of: impl Fn(&Line) -> bool) -> Vec<(Sum, Sum)> {
    let quantities =
        Sum::running(ctx.explain, lines.iter().filter(|line| of(line)).map(|line| &line.qty));
    let values =
        Sum::running(ctx.explain, lines.iter().filter(|line| of(line)).map(|line| &line.value));
    quantities.into_iter().zip(values).collect()
}

/// A row: what the move did, and what there is after it, at its warehouse and of the item.
fn row(
    ctx: &Context<'_>,
    line: &Line,
    currency: Currency,
    here: &(Sum, Sum),
    item: &(Sum, Sum),
) -> crate::report::Row {
    let fact = line.first.fact;
    let (quantity, money) = (
        |sum: &Sum| sum.shown(Value::Quantity),
        |sum: &Sum| sum.shown(|amount| Value::money(amount, currency)),
    );
    let because = |value: Value| value.because(ctx.said_by([fact.position]));
    vec![
        Value::Count(i64::try_from(fact.position.get()).unwrap_or(i64::MAX)).into(),
        Value::Id(ctx.views.stock.warehouse_name(line.first.warehouse).to_owned()).into(),
        Value::Text(fact.what.what.name().to_owned()).into(),
        because(Value::Time(fact.at)),
        because(Value::Id(ctx.views.stock.ids().id_of(fact.what.what.document()).to_owned())),
        quantity(&line.qty),
        money(&line.value),
        money(&line.cost),
        quantity(&here.0),
        money(&here.1),
        quantity(&item.0),
        money(&item.1),
    ]
}
