//! R10, attribution and campaign return. Invariant: under every model but `full`, the credits of a
//! currency, the unattributed row among them, sum to what was won.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{money::Currency, time::Timestamp};

use crate::report::{When, only};
use crate::{
    ratio::Ratio,
    report::{
        ColumnKind::{Amount, Count, Id, Percent, Text},
        Context, Count as Tally, Draw, Grounds, Number, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Row, Sight, Sum, Table, Value, col, key, quotient, share, sum,
    },
    trade::grouping::converted,
};

mod gains;
mod models;
mod touches;

use gains::Gain;
use models::{Credit, Model};
use touches::{Origin, Touches};

/// What stands for nothing that anybody did.
const UNATTRIBUTED: &str = "unattributed";

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "attribution",
    title: "Attribution and campaign return",
    about: "Which sources and campaigns brought what was won, and was it worth their cost?",
    formula: "credit of the touches of the client within `window` days before the opening up to \
              the win (a statement about a deal or order is a touch of that alone; a `learned` \
              statement is none), split by the model; ROI = (attributed gross profit − cost) ÷ \
              cost, ROMI the same of revenue, cost per client = cost ÷ clients whose first invoice \
              falls in the period, by what they learned of us from; unvalued = wins without any \
              amount, counted for each that would get credit",
    source: "R10",
    edition: 3,
    question: "Which sources and campaigns brought us what we won, and did they pay?",
    draws_on: &[
        "marketing",
        "deals",
        "orders",
        "interactions",
        "clients",
        "counterparties",
        "invoices",
        "stock",
        "staff",
    ],
    sight: Sight::Subset,
    pictures: &[
        Picture::always(Draw::Flow { from: "source", to: "campaign", n: "credit" }),
        Picture::always(Draw::Bars { label: "campaign", y: "credit", mark: Some("cost") }),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "from",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the first day of wins (or orders) and of costs",
        },
        Parameter {
            name: "to",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the last day of wins (or orders) and of costs",
        },
        Parameter {
            name: "of",
            kind: ParameterKind::Choice(&["deals", "orders"]),
            required: false,
            default: Some("deals"),
            about: "what is credited",
        },
        Parameter {
            name: "model",
            kind: ParameterKind::Choice(Model::NAMES),
            required: false,
            default: Some("linear"),
            about: "first or last touch; linear; position (40/20/40); full (each touch gets \
                    everything, so nothing sums); learned or prompted (as stated)",
        },
        Parameter {
            name: "window",
            kind: ParameterKind::Count,
            required: false,
            default: Some("90"),
            about: "days before the opening in which touches count",
        },
        Parameter {
            name: "in",
            kind: ParameterKind::Choice(&["own", "base"]),
            required: false,
            default: Some("own"),
            about: "amounts in their own currencies, or in the base currency at the rate of the \
                    document's date, as known at its position; gross profit is in base",
        },
    ],
    only: &[only(
        "window",
        &[When::Is("model", &["first", "last", "linear", "position", "full", "learned"])],
    )],
    run,
});

/// What one source or campaign brought in one currency.
struct Line {
    count: Tally,
    credit: Sum,
    profit: Option<Sum>,
    cost: Sum,
}

/// One source or campaign: what it brought by currency, the clients it won, and the wins that
/// nobody valued.
struct Brought {
    placed: Grounds,
    lines: BTreeMap<Currency, Line>,
    clients: Tally,
    unvalued: Tally,
}

struct Sheet<'a> {
    ctx: &'a Context<'a>,
    by_origin: BTreeMap<Option<Origin<'a>>, Brought>,
}

impl<'a> Sheet<'a> {
    fn brought(&mut self, origin: Option<Origin<'a>>) -> &mut Brought {
        let ctx = self.ctx;
        let nothing = || Brought {
            placed: ctx.grounds(),
            lines: BTreeMap::new(),
            clients: ctx.count(),
            unvalued: ctx.count(),
        };
        self.by_origin.entry(origin).or_insert_with(nothing)
    }
    fn line(&mut self, origin: Option<Origin<'a>>, currency: Currency) -> &mut Line {
        let ctx = self.ctx;
        let nothing =
            || Line { count: ctx.count(), credit: ctx.sum(), profit: None, cost: ctx.sum() };
        self.brought(origin).lines.entry(currency).or_insert_with(nothing)
    }
    fn credit(&mut self, gain: &Gain, credits: Vec<Credit<'a>>) {
        let mut counted: Vec<Option<Origin<'a>>> = Vec::new();
        for credit in credits {
            credit.touch.iter().for_each(|touch| self.brought(credit.origin).placed.add(*touch));
            let line = self.line(credit.origin, gain.currency);
            line.credit += Part::of(gain.said, credit.amount);
            if let Some(profit) = credit.profit {
                *line.profit.get_or_insert_with(|| profit.nothing()) += &profit;
            }
            if !counted.contains(&credit.origin) {
                line.count += gain.made;
                counted.push(credit.origin);
            }
        }
    }
    /// Counts a win that nobody valued for those who would get its credit.
    fn unvalued(&mut self, gain: &Gain, credits: &[Credit<'a>]) {
        let origins: BTreeSet<Option<Origin<'a>>> =
            credits.iter().map(|credit| credit.origin).collect();
        origins.into_iter().for_each(|origin| self.brought(origin).unvalued += gain.made);
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let within = ctx.interval()?;
    let model = Model::named(ctx.arguments.text("model").unwrap_or("linear"));
    let window = ctx.arguments.count("window")?.unwrap_or_default();
    let touches = Touches::of(ctx);
    let since = |gain: &Gain| {
        Timestamp::from_micros(
            gain.opened.micros().saturating_sub(i64::from(window) * 86_400_000_000),
        )
        .unwrap_or(Timestamp::MIN)
    };
    let mut sheet = Sheet { ctx, by_origin: BTreeMap::new() };
    for gain in gains::all(ctx, &within)? {
        let credits = model.credits(ctx, &touches, &gain, since(&gain));
        sheet.credit(&gain, credits);
    }
    for gain in gains::unvalued(ctx, &within) {
        let credits = model.credits(ctx, &touches, &gain, since(&gain));
        sheet.unvalued(&gain, &credits);
    }
    for (campaign, cost) in
        ctx.views.marketing.costs(ctx.lens()).filter(|(_, cost)| within.contains(&cost.at))
    {
        let (currency, amount) =
            converted(ctx, (cost.what.currency, cost.what.amount.get()), cost.at, cost.position)?;
        let campaign = ctx.views.marketing.ids().name(campaign);
        sheet.line(Some(touches.campaign(campaign)), currency).cost +=
            Part::of(cost.position, amount);
    }
    for (origin, first) in gains::new_clients(ctx, &touches, &within) {
        sheet.brought(origin).clients += first;
    }
    if let Some(base) = ctx.views.company.base() {
        let empty: Vec<Option<Origin<'_>>> = sheet
            .by_origin
            .iter()
            .filter(|(_, brought)| brought.lines.is_empty())
            .map(|(origin, _)| *origin)
            .collect();
        for origin in empty {
            sheet.line(origin, base);
        }
    }
    Ok(table(sheet, model))
}

fn table(sheet: Sheet<'_>, model: Model) -> Table {
    // Under `full` each touch gets everything.
    let credited = |name| if model == Model::Full { col(name, Amount) } else { sum(name, Amount) };
    let mut table = Table::new(&[
        key("source", Id),
        key("campaign", Id),
        key("currency", Text),
        col("model", Text),
        // A gain counts for each of those that touched it.
        col("count", Count),
        credited("credit"),
        col("share", Percent),
        credited("gross_profit"),
        sum("cost", Amount),
        col("roi", Percent),
        col("romi", Percent),
        sum("new_clients", Count).not_over(&["currency"]),
        col("cost_per_client", Amount),
        col("unvalued", Count),
    ]);
    let mut totals: BTreeMap<Currency, Sum> = BTreeMap::new();
    for (currency, line) in sheet.by_origin.values().flat_map(|brought| &brought.lines) {
        *totals.entry(*currency).or_insert_with(|| line.credit.nothing()) += &line.credit;
    }
    // What nobody brought stands last.
    let (nobody, somebody): (Vec<_>, Vec<_>) =
        sheet.by_origin.into_iter().partition(|(origin, _)| origin.is_none());
    for (origin, brought) in somebody.into_iter().chain(nobody) {
        for (currency, line) in &brought.lines {
            let total = totals.get(currency).unwrap_or(&line.credit);
            table.push(row(sheet.ctx, origin, *currency, line, &brought, total, model));
        }
    }
    table
}

fn row(
    ctx: &Context<'_>,
    origin: Option<Origin<'_>>,
    currency: Currency,
    line: &Line,
    brought: &Brought,
    total: &Sum,
    model: Model,
) -> Row {
    const COST: &str = "what it cost";
    let shown = |sum: &Sum| sum.shown(|amount| Value::money(amount, currency));
    let over_cost = |gain: &Sum| {
        let more = gain.minus(&line.cost);
        quotient(Value::percent(Ratio::of(more.get(), line.cost.get())), &more, &line.cost, COST)
    };
    let placed = |value: Value| value.because(brought.placed.clone());
    let source = match origin {
        Some(origin) => placed(Value::id(origin.source)),
        None => Value::Text(UNATTRIBUTED.to_owned()).into(),
    };
    let each = Ratio::of(line.cost.get(), brought.clients.number())
        .map_or(Value::Null, |each| Value::money(each.round(currency.minor_unit()), currency));
    // Without a touch there is nothing that cost anything.
    let returns = |gain: Option<&Sum>| {
        gain.filter(|_| origin.is_some()).map_or_else(|| Value::Null.into(), over_cost)
    };
    vec![
        source,
        placed(Value::id(origin.and_then(|origin| origin.campaign))),
        Value::Text(currency.to_string()).into(),
        Value::Text(model.label().to_owned()).into(),
        line.count.shown(),
        shown(&line.credit),
        share(&line.credit, total, "all that is credited"),
        line.profit.as_ref().map_or_else(|| ctx.sum().shown(|_| Value::Null), shown),
        shown(&line.cost),
        returns(line.profit.as_ref()),
        returns(Some(&line.credit)),
        brought.clients.shown(),
        quotient(each, &line.cost, &brought.clients, "new clients"),
        brought.unvalued.shown(),
    ]
}
