//! Payables and ageing (R37). Invariant: not due and the buckets sum to gross, and gross less
//! advances is the balance.

use hashbrown::HashMap;
use rust_decimal::Decimal;
use sijil_schemas::{id::kind, money::Currency};

use super::receivables::{DUE, ISSUE, bucket, bucket_of_age, since};
use crate::{
    ratio::Ratio,
    report::parameters::IN,
    report::{
        Cell, Column, ColumnKind, Context, Draw, Parameter, ParameterKind, Part, Picture, Report,
        ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient, sum,
    },
    trade::{
        BillDoc, Listed, MoveKind, Outgoing,
        grouping::{CURRENCY, base_rate, currency_cell, last_if_null, money, wants},
        owed::{self, Standing},
        settlement,
    },
};

mod unbilled;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "payables",
    title: "Payables and ageing",
    about: "What is owed to suppliers on a day, by how long it is overdue, what was paid to them \
            in advance, and after how many days bills are paid.",
    formula: "outstanding = total − bill credits − allocations of payments made − set-offs − \
              write-offs, dated up to as_of; days = as_of − due_on (basis due) or − the bill's \
              date (basis issue); what is paid fills the earliest instalment first; not_due + \
              buckets = gross; gross − advances = balance; in base, what is left of a bill is \
              shared over its open instalments; dpo = gross ÷ (bills − their credits of the last \
              d days, without what was brought forward) × d, null where that is not above 0; \
              advances: what is free of payments made, and what was paid beyond a bill's total; \
              view=unbilled: of each receipt what no bill has, of each line of a bill what did \
              not come yet, and costs added to receipts that no bill has; in_base is what of it \
              stands on goods received and not invoiced, below zero for what was billed",
    source: "DOMAIN R37",
    edition: 2,
    question: "Whom do we owe how much, and what of it is overdue?",
    draws_on: &["accounting", "invoices", "stock"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["unbilled"])],
            Draw::Bars { label: "document", y: "in_base", mark: None },
        ),
        Picture::when(
            &[When::Is("basis", &["due"]), When::Is("group", &["supplier", "bill"])],
            Draw::Parts { of: Some("group"), parts: &DUE },
        ),
        Picture::when(
            &[When::Is("basis", &["issue"]), When::Is("group", &["supplier", "bill"])],
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
            name: "view",
            kind: ParameterKind::Choice(&["bills", "unbilled"]),
            required: false,
            default: Some("bills"),
            about: "what is owed for bills, or what was received and not billed, or billed and not \
                    received",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["none", "supplier", "bill"]),
            required: false,
            default: Some("none"),
            about: "rows per supplier or bill; advances stand under null where rows are bills",
        },
        Parameter {
            name: "basis",
            kind: ParameterKind::Choice(&["due", "issue"]),
            required: false,
            default: Some("due"),
            about: "from when days are counted: the day each part is due, or the bill's own",
        },
        Parameter {
            name: "days",
            kind: ParameterKind::Count,
            required: false,
            default: Some("90"),
            about: "d, the days of bills behind dpo, ending on as_of",
        },
        CURRENCY,
        IN,
    ],
    only: &[
        only("group", &[When::Is("view", &["bills"])]),
        only("basis", &[When::Is("view", &["bills"])]),
        only("days", &[When::Is("view", &["bills"])]),
        only("currency", &[When::Is("view", &["bills"])]),
        only("in", &[When::Is("view", &["bills"])]),
    ],
    run,
});

/// One row in the making.
#[derive(Debug, Clone)]
struct Line {
    buckets: [Sum; 5],
    gross: Sum,
    advances: Sum,
    billed: Sum,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let sum = || ctx.sum();
        Line {
            buckets: std::array::from_fn(|_| sum()),
            gross: sum(),
            advances: sum(),
            billed: sum(),
        }
    }
    fn cells(&self, ctx: &Context<'_>, currency: Currency, names: usize) -> Vec<Cell> {
        let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
        let buckets = &self.buckets[self.buckets.len() - names..];
        let mut row: Vec<Cell> = buckets.iter().map(shown).collect();
        row.extend([
            shown(&self.gross),
            shown(&self.advances),
            shown(&self.gross.minus(&self.advances)),
        ]);
        row
    }
    fn dpo(&self, days: Decimal) -> Cell {
        let dpo = Ratio::of(self.gross.get(), self.billed.get())
            .filter(|_| self.billed.get() > Decimal::ZERO)
            .map(|ratio| ratio.times(&Ratio::whole(days)));
        quotient(
            Value::number(dpo),
            &self.gross,
            &self.billed,
            "billed less credited in the days before, per day",
        )
    }
}

/// By group and currency; they are put in order when they are shown.
type Lines<'a> = HashMap<(Option<&'a str>, Currency), Line>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    if ctx.arguments.is("view", "unbilled") {
        return unbilled::run(ctx);
    }
    let mut lines = Lines::new();
    add_bills(ctx, &mut lines)?;
    add_advances(ctx, &mut lines)?;
    let grouped = !ctx.arguments.is("group", "none");
    let names: &[&'static str] = if ctx.arguments.is("basis", "issue") { &ISSUE } else { &DUE };
    let amounts = names.iter().chain(&["gross", "advances", "balance"]);
    let columns: Vec<Column> = grouped
        .then(|| key("group", ColumnKind::Id))
        .into_iter()
        .chain([key("currency", ColumnKind::Text)])
        .chain(amounts.map(|name| sum(name, ColumnKind::Amount)))
        .chain([col("dpo", ColumnKind::Number)])
        .collect();
    let mut table = Table::new(&columns);
    let days = Decimal::from(ctx.arguments.count("days")?.unwrap_or(90));
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable_by_key(|((group, currency), _)| (last_if_null(*group), *currency));
    for ((group, currency), line) in lines {
        let mut row: Vec<Cell> = grouped.then(|| Value::id(group).into()).into_iter().collect();
        row.push(currency_cell(currency));
        row.extend(line.cells(ctx, currency, names.len()));
        row.push(line.dpo(days));
        table.push(row);
    }
    Ok(table)
}

/// The group of a bill.
fn of_bill<'a>(ctx: &Context<'a>, bill: Listed<'a, kind::Bill, BillDoc>) -> Option<&'a str> {
    match ctx.arguments.text("group") {
        Some("bill") => Some(bill.id),
        Some("supplier") => {
            bill.doc.document.party.counterparty.map(|of| ctx.views.trade.ids().name(of))
        }
        _ => None,
    }
}

/// The group of a payment made.
fn of_payment<'a>(ctx: &Context<'a>, made: Outgoing) -> Option<&'a str> {
    let is_asked = ctx.arguments.is("group", "supplier");
    made.party.counterparty.filter(|_| is_asked).map(|of| ctx.views.trade.ids().name(of))
}

fn add_bills<'a>(ctx: &Context<'a>, lines: &mut Lines<'a>) -> Result<(), ReportError> {
    let (trade, as_of, since) = (ctx.views.trade, ctx.as_of_day(), since(ctx)?);
    let by_issue = ctx.arguments.is("basis", "issue");
    for bill in trade.bills(ctx.lens()) {
        let own = bill.doc.document.currency;
        if !wants(ctx, own)? {
            continue;
        }
        let rated = base_rate(ctx, own, bill.at, bill.position)?;
        let currency = rated.map_or(own, |rated| rated.currency);
        let line = lines.entry((of_bill(ctx, bill), currency)).or_insert_with(|| Line::new(ctx));
        let mut moves = trade.bill_moves(bill.sym, ctx.lens());
        let in_own = if ctx.explain { moves.clone() } else { Vec::new() };
        let due: Vec<_> = trade.dues(bill.doc.due).collect();
        let owed = owed::owed(&due, &mut moves, rated);
        for m in moves.iter().filter(|m| m.at >= since) {
            // What was brought forward was billed before these books.
            let is_own = !bill.doc.begun.is_before();
            if matches!(m.kind, MoveKind::Opened | MoveKind::Credited) && is_own {
                line.billed += Part::of(m.position, m.amount);
            }
        }
        let standing = if ctx.explain {
            owed::standing(&in_own, &due, &owed)
        } else {
            Standing::plain(bill.position, &owed)
        };
        line.advances.document(&standing.beyond);
        let issued = bill.doc.begun.issued_on(ctx.day(bill.at));
        for (on, parts) in &standing.open {
            let place = if by_issue {
                bucket_of_age(as_of.days() - issued.days())
            } else {
                bucket(as_of.days() - on.days())
            };
            line.buckets[place].document(parts);
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

fn add_advances<'a>(ctx: &Context<'a>, lines: &mut Lines<'a>) -> Result<(), ReportError> {
    let trade = ctx.views.trade;
    for payment in trade.payments_made(ctx.lens()) {
        let moves = || trade.outgoing_moves(payment.sym, ctx.lens());
        let asked = settlement::asked(ctx, payment.doc.currency, payment.order(), moves)?;
        let Some((currency, moves)) = asked else { continue };
        let line =
            lines.entry((of_payment(ctx, payment.doc), currency)).or_insert_with(|| Line::new(ctx));
        let parts: Vec<Part> = moves.iter().map(|m| Part::of(m.position, m.amount)).collect();
        line.advances.document(&parts);
    }
    Ok(())
}
