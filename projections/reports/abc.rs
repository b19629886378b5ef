//! ABC (R13): which few objects make most of a measure. Invariant: every object stands in one
//! class, and the classes' sums are the sum of the positive values.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rust_decimal::Decimal;
use sijil_schemas::money::Currency;

use crate::report::parameters::{FROM, IN, TO};
use crate::{
    ratio::Ratio,
    report::{
        ColumnKind, Context, Draw, Grounds, Parameter, ParameterKind, Part, Picture, Report,
        ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient, share, sum,
    },
    trade::{
        costs,
        grouping::{By, CURRENCY, Grouping, LINKS, money},
        sold::{Sold, by_group, sold, sold_in_base},
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "abc",
    title: "ABC",
    about: "Clients, items, managers or legal entities by what they bring: A the few that make \
            most of it, B the next, C the rest.",
    formula: "objects by value descending, then id; rule start: A iff the cumulative share before \
              the object < a %, B iff < a + b %, else C; rule end: by the share after it, ≤; value \
              ≤ 0: class none, outside the total. Profit is net revenue − cost of goods, in the \
              base currency",
    source: "DOMAIN R13",
    edition: 2,
    question: "Which few clients or goods bring most of it?",
    draws_on: &["invoices", "orders", "stock", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Pareto { label: "object", v: "value", class: "class" })],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "object",
            kind: ParameterKind::Choice(&["client", "item", "manager", "counterparty"]),
            required: false,
            default: Some("client"),
            about: "what is classified",
        },
        Parameter {
            name: "measure",
            kind: ParameterKind::Choice(&["revenue", "profit", "quantity", "sales"]),
            required: false,
            default: Some("revenue"),
            about: "net revenue, gross profit (always in base), quantity, or number of invoices",
        },
        Parameter {
            name: "a",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("80"),
            about: "the share of class A, in percent",
        },
        Parameter {
            name: "b",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("15"),
            about: "the share of class B, in percent",
        },
        Parameter {
            name: "rule",
            kind: ParameterKind::Choice(&["start", "end"]),
            required: false,
            default: Some("start"),
            about: "whether the object that crosses a limit stays in the higher class (start) or \
                    not (end)",
        },
        FROM,
        TO,
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[
        only("view", &[When::Is("object", &["client"])]),
        only("in", &[When::Is("measure", &["revenue"])]),
    ],
    run,
});

/// What shares are of.
const TOTAL: &str = "all that is above zero";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Revenue,
    Profit,
    Quantity,
    Sales,
}

/// What an object brings, and the records that say whose it is.
#[derive(Debug, Clone)]
struct Worth {
    value: Sum,
    placed: Grounds,
}

impl Worth {
    fn new(ctx: &Context<'_>) -> Worth {
        Worth { value: ctx.sum(), placed: ctx.grounds() }
    }
    fn add(&mut self, part: Part, placed: &Grounds) {
        self.value += part;
        self.placed.join(placed);
    }
}

/// The value of each object, null among them; they are put in order when they are classified.
type Objects<'a> = HashMap<Option<&'a str>, Worth>;
/// The objects by currency; counts have none.
type Values<'a> = BTreeMap<Option<Currency>, Objects<'a>>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let measure = match ctx.arguments.text("measure") {
        Some("profit") => Measure::Profit,
        Some("quantity") => Measure::Quantity,
        Some("sales") => Measure::Sales,
        _ => Measure::Revenue,
    };
    let by = match ctx.arguments.text("object") {
        Some("item") => By::Item,
        Some("manager") => By::Owner,
        Some("counterparty") => By::Counterparty,
        _ => By::Client,
    };
    // An invoice is one sale of each of its items.
    let by_item = by == By::Item;
    let grouping = Grouping::by(ctx, by);
    let values = if measure == Measure::Profit {
        profits(ctx, &grouping)?
    } else {
        measured(ctx, &grouping, measure)?
    };
    let kind = match measure {
        Measure::Revenue | Measure::Profit => ColumnKind::Amount,
        Measure::Quantity => ColumnKind::Quantity,
        Measure::Sales => ColumnKind::Count,
    };
    let mut table = Table::new(&[
        key("object", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        match measure {
            Measure::Sales if by_item => col("value", kind),
            // Units of different items differ.
            Measure::Quantity if by_item => sum("value", kind).not_over(&["object"]),
            _ => sum("value", kind),
        },
        col("share", ColumnKind::Percent),
        col("cumulative", ColumnKind::Percent),
        col("class", ColumnKind::Text),
    ]);
    for (currency, objects) in values {
        classify(ctx, &mut table, measure, currency, objects)?;
    }
    Ok(table)
}

fn measured<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    measure: Measure,
) -> Result<Values<'a>, ReportError> {
    let mut values = Values::new();
    for sale in sold(ctx, grouping, &ctx.interval()?)? {
        add_sale(ctx, grouping, measure, &sale, &mut values);
    }
    Ok(values)
}

fn add_sale<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    measure: Measure,
    sale: &Sold<'a>,
    values: &mut Values<'a>,
) {
    for (object, sold) in by_group(ctx, grouping, sale) {
        let (currency, value) = match measure {
            Measure::Revenue | Measure::Profit => (Some(sale.currency), sold.net),
            Measure::Quantity => (None, sold.units),
            Measure::Sales => (None, Decimal::from(u8::from(sale.is_invoice()))),
        };
        let worth =
            values.entry(currency).or_default().entry(object).or_insert_with(|| Worth::new(ctx));
        worth.add(Part::of(sale.sale.position(), value), &sold.placed);
    }
}

/// Net revenue less cost of goods, both in the base currency; a cost belongs to what its issue
/// refers to.
fn profits<'a>(ctx: &Context<'a>, grouping: &Grouping<'a>) -> Result<Values<'a>, ReportError> {
    let mut values = Values::new();
    let objects = values.entry(ctx.views.company.base()).or_default();
    let mut keep = |object: Option<&'a str>, part: Part, placed: &Grounds| {
        objects.entry(object).or_insert_with(|| Worth::new(ctx)).add(part, placed);
    };
    let within = ctx.interval()?;
    for sale in sold_in_base(ctx, grouping, &within)? {
        for (object, sold) in by_group(ctx, grouping, &sale) {
            keep(object, Part::of(sale.sale.position(), sold.net), &sold.placed);
        }
    }
    for cost in costs::all(ctx)?.into_iter().filter(|cost| within.contains(&cost.at)) {
        let part = Part::of(cost.position, -cost.amount);
        let placed = ctx.said_by([cost.origin.position]);
        keep(costs::group(ctx, &grouping.by, &cost), part, &placed);
    }
    Ok(values)
}

fn classify(
    ctx: &Context<'_>,
    table: &mut Table,
    measure: Measure,
    currency: Option<Currency>,
    objects: Objects<'_>,
) -> Result<(), ReportError> {
    let hundred = Ratio::whole(Decimal::ONE_HUNDRED);
    let a = ctx.arguments.decimal("a")?.unwrap_or_default();
    let b = a + ctx.arguments.decimal("b")?.unwrap_or_default();
    let mut sorted: Vec<(Option<&str>, Worth)> = objects.into_iter().collect();
    let positive = |(object, worth): &(Option<&str>, Worth)| {
        object.is_some() && worth.value.get() > Decimal::ZERO
    };
    sorted.sort_by(|x, y| {
        let by_value = || y.1.value.get().cmp(&x.1.value.get());
        (positive(y).cmp(&positive(x)))
            .then(x.0.is_none().cmp(&y.0.is_none()))
            .then_with(by_value)
            .then(x.0.cmp(&y.0))
    });
    // Those that count stand first.
    let counted = sorted.partition_point(positive);
    let cumulative =
        Sum::running(ctx.explain, sorted[..counted].iter().map(|(_, worth)| &worth.value));
    let whole = cumulative.last().cloned().unwrap_or_else(|| ctx.sum());
    let (total, end) = (whole.get(), ctx.arguments.is("rule", "end"));
    for (n, (object, worth)) in sorted.iter().enumerate() {
        let (positive, value) = (n < counted, worth.value.get());
        let so_far = cumulative.get(n.min(counted.saturating_sub(1))).unwrap_or(&whole);
        let after = so_far.get();
        let before = if positive { after - value } else { after };
        // Compared exactly: cumulative × 100 against limit × total.
        let hundredfold = |cumulative: Decimal| Ratio::whole(cumulative).times(&hundred);
        let limit = |limit: Decimal| Ratio::whole(limit).times(&Ratio::whole(total));
        let within = |percent: Decimal| {
            if end {
                hundredfold(after) <= limit(percent)
            } else {
                hundredfold(before) < limit(percent)
            }
        };
        let class = match (positive, within(a), within(b)) {
            (false, _, _) => "none",
            (true, true, _) => "A",
            (true, false, true) => "B",
            (true, false, false) => "C",
        };
        let shown = worth.value.shown(|value| match (measure, currency) {
            (Measure::Revenue, Some(currency)) => money(ctx, value, currency),
            (Measure::Profit, Some(currency)) => Value::money(value, currency),
            (Measure::Sales, _) => Value::Count(i64::try_from(value).unwrap_or(i64::MAX)),
            (Measure::Revenue | Measure::Profit | Measure::Quantity, _) => Value::Quantity(value),
        });
        let part =
            |part: &Sum| if positive { share(part, &whole, TOTAL) } else { Value::Null.into() };
        table.push(vec![
            Value::id(*object).because(worth.placed.clone()),
            currency.map_or(Value::Null, |c| Value::Text(c.to_string())).into(),
            shown,
            part(&worth.value),
            part(so_far),
            if positive {
                quotient(Value::Text(class.to_owned()), so_far, &whole, TOTAL)
            } else {
                quotient(Value::Text(class.to_owned()), &worth.value, &whole, TOTAL)
            },
        ]);
    }
    Ok(())
}
