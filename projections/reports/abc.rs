//! ABC (R13): which few objects make most of a measure. Invariant: every object stands in one class, and the classes' sums are the sum of the positive values.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rust_decimal::Decimal;
use sijil_schemas::{
    id::{EntityRef, Kind, kind},
    money::Currency,
};

use crate::report::parameters::{FROM, IN, TO};
use crate::{
    clients::{LinkView, Resolver},
    cut::Dated,
    ratio::Ratio,
    report::{Arguments, ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Table, Value, When, Why, col, key, only},
    stock,
    table::Sym,
    trade::{
        Document,
        grouping::{By, CURRENCY, Grouping, LINKS, money},
        sold::{Sold, by_group, sold},
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "abc",
    title: "ABC",
    about: "Clients, items, managers or legal entities by what they bring: A the few that make most of it, B the next, C the rest.",
    formula: "objects by value descending, then id; rule start: A iff the cumulative share before the object < a %, B iff < a + b %, else C; \
              rule end: by the share after it, ≤; value ≤ 0: class none, outside the total. Profit is net revenue − cost of goods, in the base currency",
    source: "DOMAIN R13",
    edition: 2,
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
        Parameter { name: "a", kind: ParameterKind::Decimal, required: false, default: Some("80"), about: "the share of class A, in percent" },
        Parameter { name: "b", kind: ParameterKind::Decimal, required: false, default: Some("15"), about: "the share of class B, in percent" },
        Parameter {
            name: "rule",
            kind: ParameterKind::Choice(&["start", "end"]),
            required: false,
            default: Some("start"),
            about: "whether the object that crosses a limit stays in the higher class (start) or not (end)",
        },
        FROM,
        TO,
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[only("view", &[When::Is("object", &["client"])]), only("in", &[When::Is("measure", &["revenue"])])],
    run,
});

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Revenue,
    Profit,
    Quantity,
    Sales,
}

/// The value of each object, null among them; they are put in order when they are classified.
type Objects<'a> = HashMap<Option<&'a str>, (Decimal, Why)>;
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
    let values = if measure == Measure::Profit { profits(ctx, by)? } else { measured(ctx, &Grouping::by(ctx, by), measure)? };
    let kind = match measure {
        Measure::Revenue | Measure::Profit => ColumnKind::Amount,
        Measure::Quantity => ColumnKind::Quantity,
        Measure::Sales => ColumnKind::Count,
    };
    let mut table = Table::new(&[
        key("object", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        col("value", kind),
        col("share", ColumnKind::Percent),
        col("cumulative", ColumnKind::Percent),
        col("class", ColumnKind::Text),
    ]);
    for (currency, objects) in values {
        classify(ctx, &mut table, measure, currency, objects)?;
    }
    Ok(table)
}

fn measured<'a>(ctx: &Context<'a>, grouping: &Grouping<'a>, measure: Measure) -> Result<Values<'a>, ReportError> {
    let mut values = Values::new();
    for sale in sold(ctx, grouping, &ctx.interval()?)? {
        add_sale(ctx, grouping, measure, &sale, &mut values);
    }
    Ok(values)
}

fn add_sale<'a>(ctx: &Context<'a>, grouping: &Grouping<'a>, measure: Measure, sale: &Sold<'a>, values: &mut Values<'a>) {
    let mut why = sale.why.clone();
    for (object, (net, units)) in by_group(ctx, grouping, sale, &mut why) {
        let (currency, value) = match measure {
            Measure::Revenue | Measure::Profit => (Some(sale.currency), net),
            Measure::Quantity => (None, units),
            Measure::Sales => (None, Decimal::from(u8::from(sale.is_invoice()))),
        };
        let known = values.entry(currency).or_default().entry(object).or_insert_with(|| (Decimal::ZERO, ctx.why()));
        known.0 += value;
        known.1.join(&why);
    }
}

/// Net revenue less cost of goods, both in the base currency; a cost belongs to what its issue refers to.
fn profits<'a>(ctx: &Context<'a>, by: By) -> Result<Values<'a>, ReportError> {
    let Some(report) = &REPORT else { return Ok(Values::new()) };
    let arguments = Arguments::parse(report, ctx.arguments.iter().map(|(name, value)| (name, if name == "in" { "base" } else { value })))?;
    let based = Context { arguments: &arguments, ..ctx.clone() };
    let mut sums: BTreeMap<Option<String>, (Decimal, Why)> = BTreeMap::new();
    let mut keep = |object: Option<&str>, value: Decimal, why: &Why| {
        let sum = sums.entry(object.map(str::to_owned)).or_insert_with(|| (Decimal::ZERO, ctx.why()));
        sum.0 += value;
        sum.1.join(why);
    };
    let (grouping, within) = (Grouping::by(&based, by.clone()), ctx.interval()?);
    for sale in sold(&based, &grouping, &within)? {
        let mut why = sale.why.clone();
        for (object, (net, _)) in by_group(&based, &grouping, &sale, &mut why) {
            keep(object, net, &why);
        }
    }
    let valuation = stock::valuation::Valuation::of(ctx.views, ctx.lens());
    for cost in valuation.all_costs().map_err(|missing| missing.in_report(ctx.views.company))? {
        if within.contains(&cost.at) {
            let mut why = ctx.why();
            why.add(cost.position);
            why.add(cost.origin.position);
            keep(object_of_cost(ctx, &by, cost.item, cost.origin), -cost.amount, &why);
        }
    }
    let currency = ctx.views.company.base();
    let mut values = Values::new();
    let objects = values.entry(currency).or_default();
    for (object, sum) in sums {
        let object = object.and_then(|id| known_name(ctx, &by, &id));
        let known = objects.entry(object).or_insert_with(|| (Decimal::ZERO, ctx.why()));
        known.0 += sum.0;
        known.1.join(&sum.1);
    }
    Ok(values)
}

/// The same id, as the views keep it.
fn known_name<'a>(ctx: &Context<'a>, by: &By, id: &str) -> Option<&'a str> {
    let views = ctx.views;
    match by {
        By::Item => views.trade.items.sym(id).map(|s| views.trade.items.name(s)),
        By::Owner => views.trade.employees.get(id).map(|s| views.trade.employees.name(s)),
        By::Counterparty => views.trade.counterparties.get(id).map(|s| views.trade.counterparties.name(s)),
        By::Client | By::Nothing | By::Invoice | By::Attribute(_) => views.clients.sym(id).map(|s| views.clients.id(s)),
    }
}

/// Whose cost it is: by item its own, else by the invoice or order its issue refers to.
fn object_of_cost<'a>(ctx: &Context<'a>, by: &By, item: &'a str, origin: &Dated<stock::Move>) -> Option<&'a str> {
    let refs = &origin.what.refs;
    match by {
        By::Item => Some(item),
        By::Owner => document(ctx, refs, |d| d.owner).map(|o: Sym<kind::Employee>| ctx.views.trade.employees.name(o)),
        By::Counterparty => document(ctx, refs, |d| d.party.counterparty).map(|c: Sym<kind::Counterparty>| ctx.views.trade.counterparties.name(c)),
        By::Client | By::Nothing | By::Invoice | By::Attribute(_) => {
            let resolver = Resolver::new(ctx.views.clients, ctx.lens(), LinkView::of(ctx.arguments.text("view")));
            resolver.client_of_refs(refs, origin.at).map(|c| ctx.views.clients.id(c))
        }
    }
}

/// What the first invoice, order or shipment among the references says.
fn document<T>(ctx: &Context<'_>, refs: &[EntityRef], say: impl Fn(&Document) -> Option<T>) -> Option<T> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let of_order = |id: &str| trade.order(id, lens).and_then(|o| say(&o.doc.document));
    refs.iter().find_map(|e| match e.kind {
        Kind::Invoice => {
            let invoice = trade.invoice_sym(e.id()).and_then(|s| trade.invoice(s, lens))?;
            say(&invoice.doc.document).or_else(|| invoice.doc.order.and_then(|o| of_order(trade.order_id(o))))
        }
        Kind::Order => of_order(e.id()),
        Kind::Shipment => trade.order_of_shipment(e.id(), lens).and_then(of_order),
        _ => None,
    })
}

fn classify(ctx: &Context<'_>, table: &mut Table, measure: Measure, currency: Option<Currency>, objects: Objects<'_>) -> Result<(), ReportError> {
    let hundred = Ratio::whole(Decimal::ONE_HUNDRED);
    let a = ctx.arguments.decimal("a")?.unwrap_or_default();
    let b = a + ctx.arguments.decimal("b")?.unwrap_or_default();
    let mut sorted: Vec<(Option<&str>, Decimal, Why)> = objects.into_iter().map(|(object, (value, why))| (object, value, why)).collect();
    let counts = |object: &Option<&str>, value: Decimal| object.is_some() && value > Decimal::ZERO;
    sorted.sort_by(|x, y| (counts(&y.0, y.1).cmp(&counts(&x.0, x.1))).then(x.0.is_none().cmp(&y.0.is_none())).then(y.1.cmp(&x.1)).then(x.0.cmp(&y.0)));
    let total: Decimal = sorted.iter().filter(|(object, value, _)| counts(object, *value)).map(|(_, value, _)| *value).sum();
    let mut all = ctx.why();
    sorted.iter().for_each(|(_, _, why)| all.join(why));
    let end = ctx.arguments.is("rule", "end");
    let mut before = Decimal::ZERO;
    for (object, value, why) in sorted {
        let positive = counts(&object, value);
        let after = before + if positive { value } else { Decimal::ZERO };
        // Compared exactly: cumulative × 100 against limit × total.
        let share = |cumulative: Decimal| Ratio::whole(cumulative).times(&hundred);
        let limit = |limit: Decimal| Ratio::whole(limit).times(&Ratio::whole(total));
        let within = |percent: Decimal| if end { share(after) <= limit(percent) } else { share(before) < limit(percent) };
        let class = match (positive, within(a), within(b)) {
            (false, _, _) => "none",
            (true, true, _) => "A",
            (true, false, true) => "B",
            (true, false, false) => "C",
        };
        before = after;
        let shown = match (measure, currency) {
            (Measure::Revenue, Some(currency)) => money(ctx, value, currency),
            (Measure::Profit, Some(currency)) => Value::money(value, currency),
            (Measure::Sales, _) => Value::Count(i64::try_from(value).unwrap_or(i64::MAX)),
            (Measure::Revenue | Measure::Profit | Measure::Quantity, _) => Value::Quantity(value),
        };
        let part = |part: Decimal| if positive { Value::percent(Ratio::of(part, total)) } else { Value::Null };
        table.push(vec![
            Value::id(object).into(),
            currency.map_or(Value::Null, |c| Value::Text(c.to_string())).into(),
            shown.because(why),
            part(value).because(all.clone()),
            part(after).because(all.clone()),
            Value::Text(class.to_owned()).because(all.clone()),
        ]);
    }
    Ok(())
}
