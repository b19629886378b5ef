//! Receivables and ageing (R19). Invariant: not due and the buckets sum to gross, and gross less
//! advances is the balance.

use hashbrown::HashMap;
use rust_decimal::Decimal;
use sijil_schemas::{
    money::Currency,
    time::{Date, Timestamp},
};

use crate::report::parameters::IN;
use crate::{
    ratio::Ratio,
    report::{
        Cell, Column, ColumnKind, Context, Draw, Grounds, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient, sum,
    },
    trade::{
        MoveKind, OpenSums,
        grouping::{
            CURRENCY, Grouping, LINKS, Subject, base_rate, currency_cell, last_if_null, money,
            wants,
        },
        owed::{self, Standing},
        settlement,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "receivables",
    title: "Receivables and ageing",
    about: "What is owed on a day, by how long it is overdue, what was paid in advance, and in how \
            many days sales turn into money.",
    formula: "outstanding = total − credit notes − allocations (of free credit notes too) − \
              set-offs − write-offs dated up to as_of; days = as_of − due_on (basis due) or − \
              issue (basis issue; of an invoice brought forward the day it was issued); \
              settlements fill the earliest instalment first; not_due + buckets = gross; gross − \
              advances = balance; in base, what is left of a document is shared over its open \
              instalments; dso = gross ÷ (invoices − credit notes of the last d days, without \
              what was brought forward) × d, null where that is not above 0; advances: what is \
              free of payments and of credit notes without an invoice",
    source: "DOMAIN R19",
    edition: 3,
    question: "Who owes us how much, and how long is it overdue?",
    draws_on: &["invoices", "orders", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[
                When::Is("basis", &["due"]),
                When::Is("group", &["counterparty", "client", "owner", "invoice"]),
            ],
            Draw::Parts { of: Some("group"), parts: &DUE },
        ),
        Picture::when(
            &[
                When::Is("basis", &["issue"]),
                When::Is("group", &["counterparty", "client", "owner", "invoice"]),
            ],
            Draw::Parts { of: Some("group"), parts: &ISSUE },
        ),
        Picture::when(
            &[When::Is("basis", &["due"])],
            Draw::Parts { of: Some("currency"), parts: &DUE },
        ),
        Picture::when(
            &[When::Is("basis", &["issue"])],
            Draw::Parts { of: Some("currency"), parts: &ISSUE },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["none", "counterparty", "client", "owner", "invoice"]),
            required: false,
            default: Some("none"),
            about: "rows per legal entity, client, owner of the invoice, or invoice; advances \
                    without an invoice stand under null where they have no such key",
        },
        Parameter {
            name: "basis",
            kind: ParameterKind::Choice(&["due", "issue"]),
            required: false,
            default: Some("due"),
            about: "from when days are counted: the day each part is due, or the day of issue",
        },
        Parameter {
            name: "days",
            kind: ParameterKind::Count,
            required: false,
            default: Some("90"),
            about: "d, the days of sales behind dso, ending on as_of",
        },
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[only("view", &[When::Is("group", &["client"])])],
    run,
});

pub(super) const DUE: [&str; 5] = ["not_due", "days_1_30", "days_31_60", "days_61_90", "over_90"];
pub(super) const ISSUE: [&str; 4] = ["days_0_30", "days_31_60", "days_61_90", "over_90"];

/// One row in the making.
#[derive(Debug, Clone)]
struct Line {
    placed: Grounds,
    buckets: [Sum; 5],
    gross: Sum,
    advances: Sum,
    invoiced: Sum,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let sum = || ctx.sum();
        Line {
            placed: ctx.grounds(),
            buckets: std::array::from_fn(|_| sum()),
            gross: sum(),
            advances: sum(),
            invoiced: sum(),
        }
    }
    fn cells(
        self,
        ctx: &Context<'_>,
        currency: Currency,
        by_issue: bool,
        days: Decimal,
    ) -> Vec<Cell> {
        let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
        let mut row: Vec<Cell> =
            self.buckets.iter().skip(usize::from(by_issue)).map(shown).collect();
        row.extend([
            shown(&self.gross),
            shown(&self.advances),
            shown(&self.gross.minus(&self.advances)),
        ]);
        let dso = Ratio::of(self.gross.get(), self.invoiced.get())
            .filter(|_| self.invoiced.get() > Decimal::ZERO)
            .map(|r| r.times(&Ratio::whole(days)));
        row.push(quotient(
            Value::number(dso),
            &self.gross,
            &self.invoiced,
            "invoiced less credited in the days before, per day",
        ));
        row
    }
}

/// By group and currency; they are put in order when they are shown.
type Lines<'a> = HashMap<(Option<&'a str>, Currency), Line>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let mut lines = Lines::new();
    let sums = ctx.is_plain().then(|| ctx.views.trade.open_sums(ctx.lens()));
    add_invoices(ctx, &grouping, sums.as_ref(), &mut lines)?;
    add_advances(ctx, &grouping, sums.as_ref(), &mut lines)?;
    add_free_credits(ctx, &grouping, sums.as_ref(), &mut lines)?;
    let by_issue = ctx.arguments.is("basis", "issue");
    let names: &[&'static str] = if by_issue { &ISSUE } else { &DUE };
    let mut columns: Vec<Column> = grouping.columns();
    columns.push(key("currency", ColumnKind::Text));
    columns.extend(
        names
            .iter()
            .chain(&["gross", "advances", "balance"])
            .map(|name| sum(name, ColumnKind::Amount)),
    );
    columns.push(col("dso", ColumnKind::Number));
    let mut table = Table::new(&columns);
    let days = Decimal::from(ctx.arguments.count("days")?.unwrap_or(90));
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable_by_key(|((group, currency), _)| (last_if_null(*group), *currency));
    for ((group, currency), line) in lines {
        let mut row = grouping.cells(group, &line.placed);
        row.push(currency_cell(currency));
        row.extend(line.cells(ctx, currency, by_issue, days));
        table.push(row);
    }
    Ok(table)
}

fn add_invoices<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    sums: Option<&OpenSums<'a>>,
    lines: &mut Lines<'a>,
) -> Result<(), ReportError> {
    let (trade, as_of, since) = (ctx.views.trade, ctx.as_of_day(), since(ctx)?);
    let credited = trade.credited_within(&(since..Timestamp::END), ctx.lens().side);
    let by_issue = ctx.arguments.is("basis", "issue");
    let bucket = |issued: Date, due: Date| {
        if by_issue {
            bucket_of_age(as_of.days() - issued.days())
        } else {
            bucket(as_of.days() - due.days())
        }
    };
    for invoice in trade.invoices(ctx.lens()) {
        let doc = invoice.doc;
        if !wants(ctx, doc.document.currency)? {
            continue;
        }
        let rated = base_rate(ctx, doc.document.currency, invoice.at, invoice.position)?;
        let currency = rated.map_or(doc.document.currency, |rated| rated.currency);
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::invoice(invoice), &mut placed);
        let line = lines.entry((group, currency)).or_insert_with(|| Line::new(ctx));
        line.placed.join(&placed);
        // What is settled adds to nothing but what was invoiced lately.
        if sums.is_some_and(|sums| sums.open(invoice).is_zero())
            && invoice.at < since
            && !credited.has(invoice.sym)
        {
            continue;
        }
        let mut moves = trade.invoice_moves(invoice.sym, ctx.lens());
        let own = if ctx.explain { moves.clone() } else { Vec::new() };
        let due: Vec<(Date, Decimal)> = trade.dues(doc.due).collect();
        let owed = owed::owed(&due, &mut moves, rated);
        for m in moves.iter().filter(|m| m.at >= since) {
            // What was brought forward is no sale of these books.
            if matches!(m.kind, MoveKind::Opened | MoveKind::Credited) && !doc.begun.is_before() {
                line.invoiced += Part::of(m.position, m.amount);
            }
        }
        let issued = doc.begun.issued_on(ctx.day(invoice.at));
        let standing = if ctx.explain {
            owed::standing(&own, &due, &owed)
        } else {
            Standing::plain(invoice.position, &owed)
        };
        line.advances.document(&standing.beyond);
        for (on, parts) in &standing.open {
            line.buckets[bucket(issued, *on)].document(parts);
        }
        let whole: Vec<Part> = moves.iter().map(|m| Part::of(m.position, m.amount)).collect();
        let is_owed = ctx.explain && owed.outstanding >= Decimal::ZERO;
        line.gross.document(&if is_owed {
            whole
        } else {
            standing.open.into_iter().flat_map(|(_, parts)| parts).collect()
        });
    }
    Ok(())
}

fn add_advances<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    sums: Option<&OpenSums<'a>>,
    lines: &mut Lines<'a>,
) -> Result<(), ReportError> {
    for payment in ctx.views.trade.payments(ctx.lens()) {
        // Nothing that is free comes of it in any currency.
        let is_used = sums.is_some_and(|sums| sums.free(payment).is_zero());
        let moves = || match is_used {
            true => Vec::new(),
            false => ctx.views.trade.payment_moves(payment.sym, ctx.lens()),
        };
        let Some((currency, moves)) =
            settlement::asked(ctx, payment.doc.currency, payment.order(), moves)?
        else {
            continue;
        };
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::payment(payment), &mut placed);
        let line = lines.entry((group, currency)).or_insert_with(|| Line::new(ctx));
        line.placed.join(&placed);
        line.advances
            .document(&moves.iter().map(|m| Part::of(m.position, m.amount)).collect::<Vec<_>>());
    }
    Ok(())
}

/// What is free of credit notes without an invoice; they lessen what was invoiced, on their own
/// date.
fn add_free_credits<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    sums: Option<&OpenSums<'a>>,
    lines: &mut Lines<'a>,
) -> Result<(), ReportError> {
    let since = since(ctx)?;
    for note in ctx.views.trade.free_credits(ctx.lens()) {
        let is_used = note.at < since && sums.is_some_and(|sums| sums.free_of_note(note).is_zero());
        let moves = || match is_used {
            true => Vec::new(),
            false => ctx.views.trade.credit_note_moves(note.sym, ctx.lens()),
        };
        let Some((currency, moves)) =
            settlement::asked(ctx, note.doc.document.currency, note.order(), moves)?
        else {
            continue;
        };
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::credit_note(note), &mut placed);
        let line = lines.entry((group, currency)).or_insert_with(|| Line::new(ctx));
        line.placed.join(&placed);
        for m in moves.iter().filter(|m| m.kind == MoveKind::Opened && m.at >= since) {
            line.invoiced -= Part::of(m.position, m.amount);
        }
        line.advances
            .document(&moves.iter().map(|m| Part::of(m.position, m.amount)).collect::<Vec<_>>());
    }
    Ok(())
}

/// The first moment of the days of sales behind dso.
pub(super) fn since(ctx: &Context<'_>) -> Result<Timestamp, ReportError> {
    let days =
        i32::try_from(ctx.arguments.count("days")?.unwrap_or(90)).unwrap_or(i32::MAX).min(200_000);
    Ok(ctx.as_of_day().plus_days(1 - days).start(&ctx.zone))
}

/// The column of days past due.
pub(super) const fn bucket(days: i32) -> usize {
    match days {
        ..=0 => 0,
        1..=30 => 1,
        31..=60 => 2,
        61..=90 => 3,
        _ => 4,
    }
}

/// The column of days since issue; the first column of basis due is not used.
pub(super) const fn bucket_of_age(days: i32) -> usize {
    let bucket = bucket(days);
    if bucket == 0 { 1 } else { bucket }
}
