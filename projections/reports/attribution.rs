//! R10, attribution and campaign return. Invariant: under every model but `full`, the credits of a currency, the unattributed row among them, sum to what was won.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{money::Currency, time::Timestamp};

use crate::report::{When, only};
use crate::{
    ratio::Ratio,
    report::{
        Cell,
        ColumnKind::{Amount, Count, Id, Percent, Text},
        Context, Parameter, ParameterKind, Report, ReportError, Row, Table, Value, Why, col, key,
    },
    trade::grouping::converted,
};

mod gains;
mod models;
mod touches;

use gains::Gain;
use models::Model;
use touches::{Origin, Touches};

/// What stands for nothing that anybody did.
const UNATTRIBUTED: &str = "unattributed";

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "attribution",
    title: "Attribution and campaign return",
    about: "Which sources and campaigns brought what was won, and was it worth their cost?",
    formula: "credit of the touches of the client within `window` days before the opening up to the win (a statement about a deal or order is a touch of that alone; a \
              `learned` statement is none), split by the model; ROI = (attributed gross profit − cost) ÷ cost, ROMI the same of revenue, cost per client = cost ÷ clients \
              whose first invoice falls in the period, by what they learned of us from",
    source: "R10",
    edition: 2,
    needs_as_of: false,
    parameters: &[
        Parameter { name: "from", kind: ParameterKind::Date, required: false, default: None, about: "the first day of wins (or orders) and of costs" },
        Parameter { name: "to", kind: ParameterKind::Date, required: false, default: None, about: "the last day of wins (or orders) and of costs" },
        Parameter { name: "of", kind: ParameterKind::Choice(&["deals", "orders"]), required: false, default: Some("deals"), about: "what is credited" },
        Parameter {
            name: "model",
            kind: ParameterKind::Choice(Model::NAMES),
            required: false,
            default: Some("linear"),
            about: "first or last touch; linear; position (40/20/40); full (each touch gets everything, so nothing sums); learned or prompted (as stated)",
        },
        Parameter { name: "window", kind: ParameterKind::Count, required: false, default: Some("90"), about: "days before the opening in which touches count" },
        Parameter {
            name: "in",
            kind: ParameterKind::Choice(&["own", "base"]),
            required: false,
            default: Some("own"),
            about: "amounts in their own currencies, or in the base currency at the rate of the document's date, as known at its position; gross profit is in base",
        },
    ],
    only: &[only("window", &[When::Is("model", &["first", "last", "linear", "position", "full", "learned"])])],
    run,
});

/// What one source or campaign brought in one currency.
struct Line {
    count: usize,
    credit: Decimal,
    profit: Option<Decimal>,
    cost: Decimal,
    why: Why,
    cost_why: Why,
}

/// One source or campaign: what it brought by currency, and the clients it won.
struct Brought {
    lines: BTreeMap<Currency, Line>,
    clients: usize,
    clients_why: Why,
}

struct Sheet<'a> {
    ctx: &'a Context<'a>,
    by_origin: BTreeMap<Option<Origin<'a>>, Brought>,
}

impl<'a> Sheet<'a> {
    fn brought(&mut self, origin: Option<Origin<'a>>) -> &mut Brought {
        let why = self.ctx.why();
        self.by_origin.entry(origin).or_insert_with(|| Brought { lines: BTreeMap::new(), clients: 0, clients_why: why })
    }
    fn line(&mut self, origin: Option<Origin<'a>>, currency: Currency) -> &mut Line {
        let why = self.ctx.why();
        let line = || Line { count: 0, credit: Decimal::ZERO, profit: None, cost: Decimal::ZERO, why: why.clone(), cost_why: why.clone() };
        self.brought(origin).lines.entry(currency).or_insert_with(line)
    }
    fn credit(&mut self, gain: &Gain, credits: Vec<(Option<Origin<'a>>, Decimal, Option<Decimal>, Why)>) {
        let mut counted: Vec<Option<Origin<'a>>> = Vec::new();
        for (origin, amount, profit, why) in credits {
            let line = self.line(origin, gain.currency);
            line.credit += amount;
            line.profit = profit.map(|profit| line.profit.unwrap_or_default() + profit).or(line.profit);
            line.why.join(&why);
            if !counted.contains(&origin) {
                line.count += 1;
                counted.push(origin);
            }
        }
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let within = ctx.interval()?;
    let model = Model::named(ctx.arguments.text("model").unwrap_or("linear"));
    let window = ctx.arguments.count("window")?.unwrap_or_default();
    let touches = Touches::of(ctx);
    let mut sheet = Sheet { ctx, by_origin: BTreeMap::new() };
    for gain in gains::all(ctx, &within)? {
        let since = Timestamp::from_micros(gain.opened.micros().saturating_sub(i64::from(window) * 86_400_000_000)).unwrap_or(Timestamp::MIN);
        let credits = model.credits(ctx, &touches, &gain, since);
        sheet.credit(&gain, credits);
    }
    for (campaign, cost) in ctx.views.marketing.costs(ctx.lens()).filter(|(_, cost)| within.contains(&cost.at)) {
        let (currency, amount) = converted(ctx, (cost.what.currency, cost.what.amount.get()), cost.at, cost.position)?;
        let line = sheet.line(Some(touches.campaign(campaign)), currency);
        line.cost += amount;
        line.cost_why.add(cost.position);
    }
    for (origin, why) in gains::new_clients(ctx, &touches, &within) {
        let brought = sheet.brought(origin);
        brought.clients += 1;
        brought.clients_why.join(&why);
    }
    if let Some(base) = ctx.views.company.base() {
        let empty: Vec<Option<Origin<'_>>> = sheet.by_origin.iter().filter(|(_, brought)| brought.lines.is_empty()).map(|(origin, _)| *origin).collect();
        for origin in empty {
            sheet.line(origin, base);
        }
    }
    Ok(table(sheet, model))
}

fn table(sheet: Sheet<'_>, model: Model) -> Table {
    let mut table = Table::new(&[
        key("source", Id),
        key("campaign", Id),
        key("currency", Text),
        col("model", Text),
        col("count", Count),
        col("credit", Amount),
        col("share", Percent),
        col("gross_profit", Amount),
        col("cost", Amount),
        col("roi", Percent),
        col("romi", Percent),
        col("new_clients", Count),
        col("cost_per_client", Amount),
    ]);
    let mut totals: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for (currency, line) in sheet.by_origin.values().flat_map(|brought| &brought.lines) {
        *totals.entry(*currency).or_default() += line.credit;
    }
    // What nobody brought stands last.
    let (nobody, somebody): (Vec<_>, Vec<_>) = sheet.by_origin.into_iter().partition(|(origin, _)| origin.is_none());
    for (origin, brought) in somebody.into_iter().chain(nobody) {
        for (currency, line) in &brought.lines {
            let total = totals.get(currency).copied().unwrap_or_default();
            table.push(row(origin, *currency, line, &brought, total, model));
        }
    }
    table
}

fn row(origin: Option<Origin<'_>>, currency: Currency, line: &Line, brought: &Brought, total: Decimal, model: Model) -> Row {
    let mut both = line.why.clone();
    both.join(&line.cost_why);
    let mut per_client = line.cost_why.clone();
    per_client.join(&brought.clients_why);
    let over_cost = |gain: Option<Decimal>| Value::percent(gain.and_then(|gain| Ratio::of(gain - line.cost, line.cost)));
    let source: Cell = match origin {
        Some(origin) => Value::id(origin.source).into(),
        None => Value::Text(UNATTRIBUTED.to_owned()).into(),
    };
    let clients = Decimal::from(brought.clients);
    let each = Ratio::of(line.cost, clients).map_or(Value::Null, |each| Value::money(each.round(currency.minor_unit()), currency));
    // Without a touch there is nothing that cost anything.
    let returns = |value: Value| if origin.is_some() { value.because(both.clone()) } else { Value::Null.into() };
    vec![
        source,
        Value::id(origin.and_then(|origin| origin.campaign)).into(),
        Value::Text(currency.to_string()).into(),
        Value::Text(model.label().to_owned()).into(),
        Value::count(line.count).because(line.why.clone()),
        Value::money(line.credit, currency).because(line.why.clone()),
        Value::percent(Ratio::of(line.credit, total)).because(line.why.clone()),
        line.profit.map_or(Value::Null, |profit| Value::money(profit, currency)).because(line.why.clone()),
        Value::money(line.cost, currency).because(line.cost_why.clone()),
        returns(over_cost(line.profit)),
        returns(over_cost(Some(line.credit))),
        Value::count(brought.clients).because(brought.clients_why.clone()),
        each.because(per_client),
    ]
}
