//! Statement of account (R20). Invariant: opening and closing equal the receivables balance (R19)
//! of their days.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::Kind, money::Currency, time::Timestamp};

use crate::report::parameters::{FROM, IN, TO};
use crate::{
    report::{
        Cell, Column, ColumnKind, Context, Draw, Grounds, Parameter, ParameterKind, Part, Picture,
        Report, ReportError, Sight, Sum, Table, Value, When, col, key, only, sum,
    },
    trade::{
        Means, Move, MoveKind,
        grouping::{By, CURRENCY, Grouping, LINKS, Subject, currency_cell, last_if_null, money},
        settlement,
    },
};

mod near;
mod supplier;

use near::Near;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "statement",
    title: "Statement of account",
    about: "What a legal entity or client owed at the beginning, what was invoiced, credited, \
            given up and paid, and what it owes at the end.",
    formula: "side=client: closing = opening + brought_forward + invoices − credit_notes − \
              write_offs − set_off − (received + deducted − refunded − reversed) + moved; \
              brought_forward is what other books left, invoices less advances; credit notes \
              without an invoice are among credit_notes, what was paid out of them among \
              refunded; opening and closing are the R19 balance; moved is what allocations \
              carried between two groups (an invoice's and its payment's) and, in base, the \
              difference of their rates; side=supplier: what is owed to it, closing = opening + \
              brought_forward + bills − bill_credits − waived − set_off − (paid + paid_deducted − \
              returned − paid_reversed) + moved, the R37 balance; side=both: the one less the \
              other",
    source: "DOMAIN R20",
    edition: 3,
    question: "What does this party owe us, document by document?",
    draws_on: &["invoices", "orders", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("rows", &["documents"])],
            Draw::Steps { t: "at", y: "balance", second: None },
        ),
        Picture::when(
            &[When::Is("rows", &["summary"]), When::Is("side", &["supplier"])],
            Draw::Waterfall {
                start: "opening",
                plus: &["brought_forward", "bills", "returned", "paid_reversed"],
                minus: &["bill_credits", "waived", "set_off", "paid", "paid_deducted"],
                end: "closing",
            },
        ),
        Picture::when(
            &[When::Is("rows", &["summary"]), When::Is("side", &["both"])],
            Draw::Waterfall {
                start: "opening",
                plus: &[
                    "brought_forward",
                    "invoices",
                    "refunded",
                    "reversed",
                    "bill_credits",
                    "waived",
                    "paid",
                    "paid_deducted",
                ],
                minus: &[
                    "credit_notes",
                    "write_offs",
                    "set_off",
                    "received",
                    "deducted",
                    "bills",
                    "returned",
                    "paid_reversed",
                ],
                end: "closing",
            },
        ),
        Picture::when(
            &[When::Is("rows", &["summary"]), When::Is("side", &["client"])],
            Draw::Waterfall {
                start: "opening",
                plus: &["brought_forward", "invoices", "refunded", "reversed"],
                minus: &["credit_notes", "write_offs", "set_off", "received", "deducted"],
                end: "closing",
            },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["none", "counterparty", "client"]),
            required: false,
            default: Some("counterparty"),
            about: "one statement per legal entity, per client, or for all together",
        },
        Parameter {
            name: "counterparty",
            kind: ParameterKind::Id(Kind::Counterparty),
            required: false,
            default: None,
            about: "only the account of this legal entity",
        },
        Parameter {
            name: "client",
            kind: ParameterKind::Id(Kind::Client),
            required: false,
            default: None,
            about: "only the account of this client",
        },
        Parameter {
            name: "side",
            kind: ParameterKind::Choice(&["client", "supplier", "both"]),
            required: false,
            default: Some("client"),
            about: "what is owed to us, what we owe, or the one less the other",
        },
        Parameter {
            name: "rows",
            kind: ParameterKind::Choice(&["summary", "documents"]),
            required: false,
            default: Some("summary"),
            about: "one row per account, or one per movement with the running balance",
        },
        FROM,
        TO,
        LINKS,
        CURRENCY,
        IN,
    ],
    only: &[
        only("group", &[When::Absent("client")]),
        only("group", &[When::Absent("counterparty")]),
        only("view", &[When::Is("group", &["client"]), When::Given("client")]),
    ],
    run,
});

/// The columns of a summary between opening and closing, each with the sign with which it enters
/// the balance of its side, and the sides that show it.
const KINDS: [(&str, i8, &[&str]); 17] = [
    ("brought_forward", 1, ANY),
    ("invoices", 1, CLIENT),
    ("credit_notes", -1, CLIENT),
    ("write_offs", -1, CLIENT),
    ("set_off", -1, ANY),
    ("received", -1, CLIENT),
    ("deducted", -1, CLIENT),
    ("refunded", 1, CLIENT),
    ("reversed", 1, CLIENT),
    ("bills", 1, SUPPLIER),
    ("bill_credits", -1, SUPPLIER),
    ("waived", -1, SUPPLIER),
    ("paid", -1, SUPPLIER),
    ("paid_deducted", -1, SUPPLIER),
    ("returned", 1, SUPPLIER),
    ("paid_reversed", 1, SUPPLIER),
    ("moved", 1, ANY),
];
const ANY: &[&str] = &["client", "supplier", "both"];
const CLIENT: &[&str] = &["client", "both"];
const SUPPLIER: &[&str] = &["supplier", "both"];

/// One movement of an account.
#[derive(Debug, Clone)]
struct Movement {
    at: Timestamp,
    position: Position,
    /// Which of the columns.
    kind: usize,
    /// By how much it changes the balance.
    amount: Sum,
    document: String,
}

/// The movements of one account, and the records that say whose they are.
#[derive(Debug, Clone)]
struct Account {
    movements: Vec<Movement>,
    placed: Grounds,
}

impl Account {
    const fn new(ctx: &Context<'_>) -> Account {
        Account { movements: Vec::new(), placed: ctx.grounds() }
    }
}

type Accounts<'a> = BTreeMap<((bool, &'a str), Currency), Account>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, only) = match (ctx.arguments.text("client"), ctx.arguments.text("counterparty"))
    {
        (Some(client), None) => (Grouping::by(ctx, By::Client), Some(client)),
        (None, Some(counterparty)) => (Grouping::by(ctx, By::Counterparty), Some(counterparty)),
        (None, None) => (Grouping::asked(ctx)?, None),
        (Some(client), Some(_)) => {
            return Err(ReportError::InvalidParameter {
                name: "client".into(),
                expected: "client or counterparty".into(),
                got: client.into(),
            });
        }
    };
    let within = ctx.interval()?;
    let mut accounts = Accounts::new();
    if !ctx.arguments.is("side", "supplier") {
        gather(ctx, &grouping, &mut accounts)?;
    }
    if !ctx.arguments.is("side", "client") {
        supplier::gather(ctx, &grouping, &mut accounts)?;
    }
    accounts.retain(|((without, group), _), _| only.is_none_or(|only| !without && *group == only));
    let documents = ctx.arguments.is("rows", "documents");
    let mut columns: Vec<Column> = grouping.columns();
    columns.push(key("currency", ColumnKind::Text));
    if documents {
        columns.extend([
            key("at", ColumnKind::Time),
            key("position", ColumnKind::Count),
            key("what", ColumnKind::Text),
            key("document", ColumnKind::Id),
        ]);
        columns.extend([sum("amount", ColumnKind::Amount), col("balance", ColumnKind::Amount)]);
    } else {
        columns.extend(
            ["opening"]
                .into_iter()
                .chain(shown_kinds(ctx).map(|n| KINDS[n].0))
                .chain(["closing"])
                .map(|name| sum(name, ColumnKind::Amount)),
        );
    }
    let mut table = Table::new(&columns);
    for (((without, group), currency), Account { mut movements, placed }) in accounts {
        movements.retain(|m| m.at < within.end);
        movements.sort_by_key(|m| (m.at, m.position, m.kind));
        let mut front = grouping.cells((!without).then_some(group), &placed);
        front.push(currency_cell(currency));
        if documents {
            push_documents(ctx, &mut table, &front, currency, within.start, &by_record(movements));
        } else {
            front.extend(summary(ctx, currency, within.start, &movements));
            table.push(front);
        }
    }
    Ok(table)
}

/// The columns that the side asked for shows.
fn shown_kinds(ctx: &Context<'_>) -> impl Iterator<Item = usize> {
    let side = ctx.arguments.text("side").unwrap_or("client");
    let shows = move |n: &usize| KINDS[*n].2.contains(&side);
    (0..KINDS.len()).filter(shows).collect::<Vec<_>>().into_iter()
}

fn summary(
    ctx: &Context<'_>,
    currency: Currency,
    from: Timestamp,
    movements: &[Movement],
) -> Vec<Cell> {
    let (mut sums, mut closing): (Vec<Sum>, Sum) =
        ((0..=KINDS.len()).map(|_| ctx.sum()).collect(), ctx.sum());
    for m in movements {
        sums[if m.at < from { 0 } else { m.kind + 1 }] += &m.amount;
        closing += &m.amount;
    }
    let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
    let (opening, kinds) = (&sums[0], &sums[1..]);
    // In both, what we owe is told the other way round.
    let turned = |n: usize| ctx.arguments.is("side", "both") && KINDS[n].2 == SUPPLIER;
    let kinds = shown_kinds(ctx).map(|n| {
        let is_minus = (KINDS[n].1 < 0) != turned(n);
        if is_minus { shown(&kinds[n].negated()) } else { shown(&kinds[n]) }
    });
    [shown(opening)].into_iter().chain(kinds).chain([shown(&closing)]).collect()
}

/// One movement per record and column: what cancels out within the account is gone.
fn by_record(movements: Vec<Movement>) -> Vec<Movement> {
    let mut merged: Vec<Movement> = Vec::with_capacity(movements.len());
    for m in movements {
        match merged.last_mut().filter(|last| (last.position, last.kind) == (m.position, m.kind)) {
            Some(last) => last.amount += &m.amount,
            None => merged.push(m),
        }
    }
    merged
}

fn push_documents(
    ctx: &Context<'_>,
    table: &mut Table,
    front: &[Cell],
    currency: Currency,
    from: Timestamp,
    movements: &[Movement],
) {
    let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
    let balances = Sum::running(ctx.explain, movements.iter().map(|m| &m.amount));
    for (m, balance) in movements.iter().zip(&balances) {
        if m.at < from || m.amount.get().is_zero() {
            continue;
        }
        let mut row = front.to_vec();
        row.push(Value::Time(m.at).into());
        row.push(Value::count(usize::try_from(m.position.get()).unwrap_or(usize::MAX)).into());
        row.push(Value::Text(KINDS[m.kind].0.to_owned()).into());
        row.push(Value::Id(m.document.clone()).into());
        row.extend([shown(&m.amount), shown(balance)]);
        table.push(row);
    }
}

/// Where what was brought forward stands among the columns.
const BROUGHT: usize = 0;
/// Where set-offs, and what moved between groups, stand.
const SET_OFF: usize = 4;
const MOVED: usize = 16;
/// Where the columns of a side begin: documents, their credits, what is given up of them, payments
/// and what was kept back of them, what went back, and reversals.
const OF_CLIENT: [usize; 7] = [1, 2, 3, 5, 6, 7, 8];
const OF_SUPPLIER: [usize; 7] = [9, 10, 11, 12, 13, 14, 15];

/// The column of a move of a side; `opened` is that of its document's opening.
const fn column(of: &Move, side: [usize; 7], opened: usize) -> usize {
    match of.kind {
        MoveKind::Opened => opened,
        MoveKind::Credited => side[1],
        MoveKind::WrittenOff => side[2],
        MoveKind::Deducted => side[4],
        MoveKind::Refunded => side[5],
        // What was brought forward goes back to where it came from.
        MoveKind::Reversed if opened == BROUGHT => BROUGHT,
        MoveKind::Reversed => side[6],
        MoveKind::Allocated | MoveKind::Unallocated | MoveKind::Ended => match of.means {
            Some(Means::SetOff(_)) => SET_OFF,
            _ => MOVED,
        },
    }
}

/// Every movement of every account. An allocation stands in both its invoice's account and, the
/// other way round, its payment's: in one account the two cancel out.
fn gather<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    accounts: &mut Accounts<'a>,
) -> Result<(), ReportError> {
    let (trade, near) = (ctx.views.trade, Near::asked(ctx));
    for invoice in near.invoices(ctx) {
        let moves = || trade.invoice_moves(invoice.sym, ctx.lens());
        let Some((currency, moves)) =
            settlement::asked(ctx, invoice.doc.document.currency, invoice.order(), moves)?
        else {
            continue;
        };
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::invoice(invoice), &mut placed);
        let account =
            accounts.entry((last_if_null(group), currency)).or_insert_with(|| Account::new(ctx));
        account.placed.join(&placed);
        let opened = if invoice.doc.begun.is_before() { BROUGHT } else { 1 };
        account.movements.extend(
            moves
                .iter()
                .map(|m| movement(ctx, m, column(m, OF_CLIENT, opened), m.amount, invoice.id)),
        );
    }
    for payment in near.payments(ctx) {
        let moves = || trade.payment_moves(payment.sym, ctx.lens());
        let Some((currency, moves)) =
            settlement::asked(ctx, payment.doc.currency, payment.order(), moves)?
        else {
            continue;
        };
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::payment(payment), &mut placed);
        let account =
            accounts.entry((last_if_null(group), currency)).or_insert_with(|| Account::new(ctx));
        account.placed.join(&placed);
        let opened = if payment.doc.bank.is_none() { BROUGHT } else { 5 };
        account.movements.extend(
            moves
                .iter()
                .map(|m| movement(ctx, m, column(m, OF_CLIENT, opened), -m.amount, payment.id)),
        );
    }
    gather_notes(ctx, grouping, &near, accounts)
}

/// The same of credit notes without an invoice.
fn gather_notes<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    near: &Near,
    accounts: &mut Accounts<'a>,
) -> Result<(), ReportError> {
    for note in near.notes(ctx) {
        let moves = || ctx.views.trade.credit_note_moves(note.sym, ctx.lens());
        let Some((currency, moves)) =
            settlement::asked(ctx, note.doc.document.currency, note.order(), moves)?
        else {
            continue;
        };
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::credit_note(note), &mut placed);
        let account =
            accounts.entry((last_if_null(group), currency)).or_insert_with(|| Account::new(ctx));
        account.placed.join(&placed);
        account.movements.extend(
            moves.iter().map(|m| movement(ctx, m, column(m, OF_CLIENT, 2), -m.amount, note.id)),
        );
    }
    Ok(())
}

fn movement(
    ctx: &Context<'_>,
    one: &Move,
    kind: usize,
    amount: Decimal,
    document: &str,
) -> Movement {
    let mut sum = ctx.sum();
    sum += Part::of(one.position, amount);
    Movement {
        at: one.at,
        position: one.position,
        kind,
        amount: sum,
        document: document.to_owned(),
    }
}
