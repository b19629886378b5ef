//! Payments (R20): how they move, what they are for, and whether bank, payments and invoices agree.
//! Invariant: net is what came in less what of it went back, or what went out less what of it came
//! back.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{money::Currency, time::Timestamp};

use crate::report::parameters::{FROM, IN, TO};
use crate::{
    ratio::Ratio,
    report::{
        Cell, Column, ColumnKind, Context, Draw, Parameter, ParameterKind, Part, Picture, Report,
        ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient, sum,
    },
    trade::{
        MoveKind,
        calendar::{Grain, Span},
        grouping::{CURRENCY, currency_cell, last_if_null, money},
    },
};

mod moved;
mod reconciliation;

use moved::Moved;
pub(super) use moved::{Direction, moved};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "payments",
    title: "Payments",
    about: "What came in or went out per period, for what and on which bank account, and how bank \
            statements, payments and invoices agree.",
    formula: "dynamics: received − refunded − reversed = net (direction=out: paid − returned − \
              reversed; both: in less out), with what was paid out of credit notes among refunded; \
              deducted is what was kept back on the way, which settles like money and is in no \
              net; change = (net − previous) ÷ previous, null where previous ≤ 0; split: by bank \
              account and purpose, refunds and reversals in proportion to what is left of the \
              purposes, without what was deducted; reconciliation: every line of a statement, and \
              every move of money that is on none; bank = what the matches of a line moved, less \
              refunds and reversals that are on no line of their own, against the line: exact, \
              part (less), over (more), unmatched; invoices: the payment against its allocations",
    source: "DOMAIN R20",
    edition: 4,
    question: "What came in and went out, by month, account and purpose?",
    draws_on: &["invoices", "accounting", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[
                When::Is("view", &["dynamics"]),
                When::Is("by", &["month", "quarter", "year"]),
                When::Is("direction", &["in"]),
            ],
            Draw::Columns {
                x: "period",
                y: &["received", "refunded", "reversed"],
                ghost: Some("previous"),
            },
        ),
        Picture::when(
            &[
                When::Is("view", &["dynamics"]),
                When::Is("by", &["month", "quarter", "year"]),
                When::Is("direction", &["out"]),
            ],
            Draw::Columns {
                x: "period",
                y: &["paid", "returned", "reversed"],
                ghost: Some("previous"),
            },
        ),
        Picture::when(
            &[When::Is("view", &["dynamics"]), When::Is("by", &["month", "quarter", "year"])],
            Draw::Columns { x: "period", y: &["net"], ghost: Some("previous") },
        ),
        Picture::when(
            &[When::Is("view", &["split"])],
            Draw::Bars { label: "bank_account", y: "net", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["reconciliation"])],
            Draw::Parts { of: Some("bank_account"), parts: &["line", "paid"] },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["dynamics", "split", "reconciliation"]),
            required: false,
            default: Some("dynamics"),
            about: "per period; per bank account and purpose; or line by line against bank \
                    statements and invoices",
        },
        Parameter {
            name: "by",
            kind: ParameterKind::Choice(&["none", "month", "quarter", "year"]),
            required: false,
            default: Some("month"),
            about: "with view=dynamics: rows per month, quarter or year, or one for the whole \
                    period",
        },
        Parameter {
            name: "direction",
            kind: ParameterKind::Choice(&["in", "out", "both"]),
            required: false,
            default: Some("in"),
            about: "with view=dynamics or split: payments received, payments made, or both; \
                    reconciliation has lines of both",
        },
        FROM,
        TO,
        CURRENCY,
        IN,
    ],
    only: &[
        only("by", &[When::Is("view", &["dynamics"])]),
        only("in", &[When::Is("view", &["dynamics", "split"])]),
        only("direction", &[When::Is("view", &["dynamics", "split"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    match ctx.arguments.text("view") {
        Some("split") => split_by_purpose(ctx),
        Some("reconciliation") => reconciliation::run(ctx),
        _ => dynamics(ctx),
    }
}

/// Where what was kept back stands among the sums of a direction.
const DEDUCTED: usize = 1;
/// Where the sums of what went out begin.
const OUT: usize = 4;

/// The sums of one row: received, deducted, refunded, reversed; then the same of what went out.
#[derive(Debug, Clone)]
struct Sums {
    direction: Direction,
    sums: [Sum; 8],
}

impl Sums {
    fn new(ctx: &Context<'_>) -> Sums {
        Sums { direction: Direction::asked(ctx), sums: std::array::from_fn(|_| ctx.sum()) }
    }
    fn add(&mut self, is_out: bool, kind: MoveKind, part: Part) {
        let column = match kind {
            MoveKind::Deducted => DEDUCTED,
            MoveKind::Refunded => 2,
            MoveKind::Reversed => 3,
            MoveKind::Opened
            | MoveKind::Credited
            | MoveKind::WrittenOff
            | MoveKind::Allocated
            | MoveKind::Unallocated
            | MoveKind::Ended => 0,
        };
        let sum = &mut self.sums[column + if is_out { OUT } else { 0 }];
        if column <= DEDUCTED {
            *sum += part;
        } else {
            *sum -= part;
        }
    }
    /// What moved: what was kept back did not.
    fn net(&self) -> Sum {
        let [received, _, refunded, reversed, paid, _, returned, back] = &self.sums;
        let (came_in, went_out) =
            (received.minus(refunded).minus(reversed), paid.minus(returned).minus(back));
        if self.direction == Direction::Out { went_out } else { came_in.minus(&went_out) }
    }
    /// The cells of the columns, then that of the net.
    fn cells(&self, ctx: &Context<'_>, currency: Currency, deducted: bool) -> Vec<Cell> {
        let (net, columns) = (self.net(), self.direction.columns(deducted));
        let parts = columns.into_iter().map(|(_, place)| &self.sums[place]).chain([&net]);
        parts.map(|sum| sum.shown(|amount| money(ctx, amount, currency))).collect()
    }
}

fn dynamics(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grain = Grain::of(ctx.arguments.text("by"));
    let payments = moved(ctx, Direction::asked(ctx))?;
    let mut columns: Vec<Column> =
        vec![key("period", ColumnKind::Text), key("currency", ColumnKind::Text)];
    let amounts = Direction::asked(ctx)
        .columns(true)
        .into_iter()
        .map(|(name, _)| name)
        .chain(["net", "previous"]);
    // A period that begins late looks back over days of the one before it.
    columns.extend(amounts.map(|name| match sum(name, ColumnKind::Amount) {
        previous if name == "previous" => previous.not_over(&["period"]),
        amount => amount,
    }));
    columns.push(col("change", ColumnKind::Percent));
    let mut table = Table::new(&columns);
    let days = payments.iter().flat_map(|p| p.moves.iter().map(|(_, m)| ctx.day(m.at)));
    let Some(whole) = period(ctx, grain, days)? else { return Ok(table) };
    for span in grain.spans(whole) {
        let (now, before) = (sums(ctx, &payments, span), sums(ctx, &payments, span.previous()));
        let mut currencies: Vec<Currency> = now.keys().chain(before.keys()).copied().collect();
        currencies.sort_unstable();
        currencies.dedup();
        for currency in currencies {
            let of = |map: &BTreeMap<Currency, Sums>| {
                map.get(&currency).cloned().unwrap_or_else(|| Sums::new(ctx))
            };
            let (sums, previous) = (of(&now), of(&before).net());
            let net = sums.net();
            let change = Value::percent(change(net.get(), previous.get()));
            let mut row = vec![Value::Text(grain.label(span)).into(), currency_cell(currency)];
            row.extend(sums.cells(ctx, currency, true));
            row.push(previous.shown(|amount| money(ctx, amount, currency)));
            row.push(quotient(
                change,
                &net.minus(&previous),
                &previous,
                "net of the period before",
            ));
            table.push(row);
        }
    }
    Ok(table)
}

/// (now − before) ÷ before; undefined where there was nothing, or less, before.
pub(crate) fn change(now: Decimal, before: Decimal) -> Option<Ratio> {
    if before > Decimal::ZERO { Ratio::of(now - before, before) } else { None }
}

/// The days of the parameters `from` and `to`; an open end takes the whole month, quarter or year
/// of the first or last of these days, or of `as_of`.
pub(crate) fn period(
    ctx: &Context<'_>,
    grain: Grain,
    days: impl Iterator<Item = sijil_schemas::time::Date>,
) -> Result<Option<Span>, ReportError> {
    ctx.interval()?;
    let (from, to) = (ctx.arguments.date("from")?, ctx.arguments.date("to")?);
    let (mut first, mut last) = (None, None);
    for day in days {
        first = Some(first.map_or(day, |f| day.min(f)));
        last = Some(last.map_or(day, |l| day.max(l)));
    }
    let cut = (ctx.cut.before != Timestamp::END).then(|| ctx.as_of_day());
    let open_end = first.or(from).and(cut.or(last).or(from)).map(|day| grain.span(day).last);
    let open_begin = first.or(to).map(|day| grain.span(day).first);
    let span = from.or(open_begin).zip(to.or(open_end)).map(|(first, last)| Span { first, last });
    Ok(span.filter(|span| span.first <= span.last))
}

fn sums(ctx: &Context<'_>, payments: &[Moved<'_>], span: Span) -> BTreeMap<Currency, Sums> {
    let mut sums: BTreeMap<Currency, Sums> = BTreeMap::new();
    for payment in payments {
        for (_, m) in payment.moves.iter().filter(|(_, m)| span.contains(ctx.day(m.at))) {
            sums.entry(payment.currency).or_insert_with(|| Sums::new(ctx)).add(
                payment.is_out,
                m.kind,
                Part::of(m.position, m.amount),
            );
        }
    }
    sums
}

fn split_by_purpose(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let within = ctx.interval()?;
    let mut columns: Vec<Column> = vec![
        key("bank_account", ColumnKind::Id),
        key("purpose", ColumnKind::Text),
        key("currency", ColumnKind::Text),
    ];
    columns.extend(
        Direction::asked(ctx)
            .columns(false)
            .into_iter()
            .map(|(name, _)| name)
            .chain(["net"])
            .map(|name| sum(name, ColumnKind::Amount)),
    );
    let mut table = Table::new(&columns);
    let mut rows: BTreeMap<(&str, (bool, &str), Currency), Sums> = BTreeMap::new();
    for payment in moved(ctx, Direction::asked(ctx))? {
        for flow in payment.flows().filter(|flow| within.contains(&flow.of.at)) {
            let place =
                (ctx.views.trade.bank(flow.bank), last_if_null(flow.purpose), payment.currency);
            rows.entry(place).or_insert_with(|| Sums::new(ctx)).add(
                payment.is_out,
                flow.of.kind,
                Part::of(flow.of.position, flow.of.amount),
            );
        }
    }
    for ((bank, (without, purpose), currency), sums) in rows {
        let purpose = if without { Value::Null } else { Value::Text(purpose.to_owned()) };
        let mut row = vec![Value::id(Some(bank)).into(), purpose.into(), currency_cell(currency)];
        row.extend(sums.cells(ctx, currency, false));
        table.push(row);
    }
    Ok(table)
}
