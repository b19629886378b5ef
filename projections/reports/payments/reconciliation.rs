//! Reconciliation: lines of bank statements ↔ moves of money ↔ invoices and bills. Invariant: every
//! line of the period stands in one row, and every move, or what of it is on no line, in another.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency, time::Timestamp};

use crate::{
    Sym,
    report::{
        ColumnKind, Context, Grounds, Part, ReportError, Row, Sum, Table, Value, col, key, sum,
    },
    trade::{
        BankKind, BankMove, Imported, Listed, Move, MoveKind, Mover, cover,
        grouping::{currency_cell, wants},
    },
};

/// One mover on one bank account in one direction; in is true.
type Side = (Mover, Sym<kind::BankAccount>, bool);

/// A match of a line.
struct Match {
    line: usize,
    position: Position,
    claim: Decimal,
    says: bool,
}

/// A line of a bank statement with what its matches moved.
struct Line<'a> {
    line: Listed<'a, kind::StatementLine, Imported>,
    /// Mover, kind of the first move it tells of, how much moved, and the record that matches.
    parts: Vec<(Mover, Option<BankKind>, Decimal, Position)>,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let within = ctx.interval()?;
    let mut table = Table::new(&[
        key("position", ColumnKind::Count),
        key("statement_line", ColumnKind::Id),
        key("kind", ColumnKind::Text),
        key("payment", ColumnKind::Id),
        key("document", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        key("bank_account", ColumnKind::Id),
        col("at", ColumnKind::Time),
        sum("line", ColumnKind::Amount),
        sum("paid", ColumnKind::Amount),
        // A payment stands on the row of each of its lines.
        col("allocated", ColumnKind::Amount),
        col("free", ColumnKind::Amount),
        col("bank", ColumnKind::Text),
        col("invoices", ColumnKind::Text),
    ]);
    let (lines, mut alone) = laid(ctx)?;
    // Of a transfer what went out stands first, whichever account was heard of first.
    alone.sort_by_key(|m| (m.at, m.position, m.amount));
    let mut rows: Vec<((Timestamp, Position, usize), Row)> = Vec::new();
    for line in lines.iter().filter(|l| within.contains(&l.line.at)) {
        rows.push(((line.line.at, line.line.position, rows.len()), of_line(ctx, line)));
    }
    for one in alone.iter().filter(|m| within.contains(&m.at)) {
        rows.push(((one.at, one.position, rows.len()), of_move(ctx, one)));
    }
    rows.sort_by_key(|(order, _)| *order);
    rows.into_iter().for_each(|(_, row)| table.push(row));
    Ok(table)
}

/// The lines, and the moves with what of them is on no line.
fn laid<'a>(ctx: &Context<'a>) -> Result<(Vec<Line<'a>>, Vec<BankMove>), ReportError> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let mut sides: BTreeMap<Side, (Vec<BankMove>, Vec<Match>)> = BTreeMap::new();
    for mover in trade.movers(lens) {
        for one in trade.moves_of(mover, lens) {
            if wants(ctx, one.currency)? {
                sides.entry((mover, one.bank, one.amount > Decimal::ZERO)).or_default().0.push(one);
            }
        }
    }
    let mut lines: Vec<Line<'a>> = Vec::new();
    for line in trade.statement_lines(lens) {
        if wants(ctx, line.doc.amount.currency)? {
            for (position, matched, claim) in trade.matches(line, lens) {
                let side =
                    (matched.to, line.doc.bank, line.doc.amount.amount.get() > Decimal::ZERO);
                sides.entry(side).or_default().1.push(Match {
                    line: lines.len(),
                    position,
                    claim,
                    says: matched.amount.is_some(),
                });
            }
            lines.push(Line { line, parts: Vec::new() });
        }
    }
    let mut alone = Vec::new();
    let sums: BTreeMap<Side, Decimal> = sides
        .iter_mut()
        .map(|(side, (moves, matches))| (*side, back_on_no_line(moves, matches)))
        .collect();
    for ((mover, bank, is_in), (moves, matches)) in sides {
        // What came back of a payment, and is on no line of its own yet, is taken off the line the
        // payment is on.
        let is_first =
            moves.iter().any(|m| matches!(m.kind, BankKind::Payment | BankKind::PaymentMade));
        let taken_off = if is_first {
            sums.get(&(mover, bank, !is_in)).copied().unwrap_or_default()
        } else {
            Decimal::ZERO
        };
        let amounts: Vec<Decimal> = moves.iter().map(|m| m.amount.abs()).collect();
        let covered = cover(&amounts, &claims(&matches), taken_off);
        for ((one, moved), first) in matches.iter().zip(covered.moved).zip(covered.first) {
            let kind = first.or(moves.len().checked_sub(1)).map(|n| moves[n].kind);
            lines[one.line].parts.push((
                mover,
                kind,
                if is_in { moved } else { -moved },
                one.position,
            ));
        }
        let rest = moves.into_iter().zip(covered.alone).filter(|(_, rest)| !rest.is_zero());
        alone.extend(
            rest.map(|(one, rest)| BankMove { amount: if is_in { rest } else { -rest }, ..one }),
        );
    }
    Ok((lines, alone))
}

fn claims(matches: &[Match]) -> Vec<(Decimal, bool)> {
    matches.iter().map(|m| (m.claim, m.says)).collect()
}

/// Puts moves and matches of a side in order, and says how much of the refunds and reversals among
/// them is on no line.
fn back_on_no_line(moves: &mut [BankMove], matches: &mut [Match]) -> Decimal {
    moves.sort_by_key(|m| (m.at, m.position));
    matches.sort_by_key(|m| m.position);
    let is_back = moves
        .iter()
        .all(|m| matches!(m.kind, BankKind::Refund | BankKind::Reversal | BankKind::Returned));
    let amounts: Vec<Decimal> = moves.iter().map(|m| m.amount.abs()).collect();
    if is_back {
        cover(&amounts, &claims(matches), Decimal::ZERO).alone.iter().sum()
    } else {
        Decimal::ZERO
    }
}

/// Allocated and free of the payments behind a row, and how they stand against their invoices or
/// bills.
struct Against {
    allocated: Sum,
    free: Sum,
    said: &'static str,
    grounds: Grounds,
}

impl Against {
    /// `None` where nothing can be put against invoices or bills.
    fn of(ctx: &Context<'_>, movers: &[(Mover, Option<BankKind>)]) -> Option<Against> {
        let mut found: Option<Against> = None;
        let is_first = |kind: &Option<BankKind>| {
            matches!(kind, Some(BankKind::Payment | BankKind::PaymentMade))
        };
        for (mover, _) in movers.iter().filter(|(_, kind)| is_first(kind)) {
            let Mover::Payment(payment) = *mover else { continue };
            let one = Against::of_payment(ctx, payment);
            found = Some(match found {
                None => one,
                Some(mut all) => {
                    all.allocated += &one.allocated;
                    all.free += &one.free;
                    all.grounds.join(&one.grounds);
                    if all.said != one.said {
                        all.said = "part";
                    }
                    all
                }
            });
        }
        found
    }
    /// `unmatched` if a payment is against nothing, `over` if something of it is free, `part` if an
    /// invoice or bill stays open, else `exact`.
    fn of_payment(ctx: &Context<'_>, payment: Sym<kind::Payment>) -> Against {
        let (trade, lens, mut grounds) = (ctx.views.trade, ctx.lens(), ctx.grounds());
        let moves = if trade.payment(payment, lens).is_some() {
            trade.payment_moves(payment, lens)
        } else {
            trade.outgoing_moves(payment, lens)
        };
        // What was kept back settles like what came in.
        let (mut there, mut free, mut left, mut any) = (ctx.sum(), ctx.sum(), false, false);
        let mut held: BTreeMap<_, Decimal> = BTreeMap::new();
        for m in &moves {
            grounds.add(m.position);
            free += Part::of(m.position, m.amount);
            match m.kind {
                MoveKind::Opened | MoveKind::Deducted | MoveKind::Refunded | MoveKind::Reversed => {
                    there += Part::of(m.position, m.amount);
                }
                MoveKind::Allocated | MoveKind::Unallocated | MoveKind::Ended => {
                    *held.entry((m.invoice, m.bill)).or_default() -= m.amount;
                }
                MoveKind::Credited | MoveKind::WrittenOff => (),
            }
        }
        for ((invoice, bill), _) in held.iter().filter(|(_, amount)| !amount.is_zero()) {
            let of_invoice = invoice.map(|invoice| trade.invoice_moves(invoice, lens));
            let moves: Vec<Move> = of_invoice
                .or_else(|| bill.map(|bill| trade.bill_moves(bill, lens)))
                .unwrap_or_default();
            moves.iter().for_each(|m| grounds.add(m.position));
            left |= moves.iter().map(|m| m.amount).sum::<Decimal>() > Decimal::ZERO;
            any = true;
        }
        let said = match (!any || there.get().is_zero(), free.get() > Decimal::ZERO, left) {
            (true, _, _) => "unmatched",
            (false, true, _) => "over",
            (false, false, true) => "part",
            (false, false, false) => "exact",
        };
        Against { allocated: there.minus(&free), free, said, grounds }
    }
}

/// What matches moved against their line: all of it, part of it, or more.
fn compare(moved: Decimal, line: Decimal) -> &'static str {
    match moved.cmp(&line) {
        std::cmp::Ordering::Equal => "exact",
        std::cmp::Ordering::Less => "part",
        std::cmp::Ordering::Greater => "over",
    }
}

fn of_line(ctx: &Context<'_>, line: &Line<'_>) -> Row {
    let amount = line.line.doc.amount;
    let (mut grounds, mut moved, mut on_line) =
        (ctx.said_by([line.line.position]), ctx.sum(), ctx.sum());
    on_line += Part::of(line.line.position, amount.amount.get());
    let mut movers: Vec<(Mover, Option<BankKind>)> = Vec::new();
    let mut parts: Vec<_> = line.parts.iter().collect();
    parts.sort_by_key(|(.., position)| *position);
    for (mover, kind, part, position) in parts {
        grounds.add(*position);
        moved += Part::of(*position, *part);
        if !movers.contains(&(*mover, *kind)) {
            movers.push((*mover, *kind));
        }
    }
    let bank = if movers.is_empty() {
        "unmatched"
    } else {
        compare(moved.get().abs(), amount.amount.get().abs())
    };
    let front = Front {
        position: line.line.position,
        line: Some(line.line.id),
        at: line.line.at,
        currency: amount.currency,
        bank: line.line.doc.bank,
    };
    row(
        ctx,
        &front,
        &movers,
        (Some(&on_line), (!movers.is_empty()).then_some(&moved)),
        bank,
        &grounds,
    )
}

fn of_move(ctx: &Context<'_>, one: &BankMove) -> Row {
    let (grounds, mut moved) = (ctx.said_by([one.position]), ctx.sum());
    moved += Part::of(one.position, one.amount);
    let front = Front {
        position: one.position,
        line: None,
        at: one.at,
        currency: one.currency,
        bank: one.bank,
    };
    row(ctx, &front, &[(one.mover, Some(one.kind))], (None, Some(&moved)), "unmatched", &grounds)
}

/// What tells a row apart.
struct Front<'a> {
    position: Position,
    line: Option<&'a str>,
    at: Timestamp,
    currency: Currency,
    bank: Sym<kind::BankAccount>,
}

fn row(
    ctx: &Context<'_>,
    front: &Front<'_>,
    movers: &[(Mover, Option<BankKind>)],
    (line, paid): (Option<&Sum>, Option<&Sum>),
    bank: &'static str,
    grounds: &Grounds,
) -> Row {
    let trade = ctx.views.trade;
    let joined = |texts: Vec<String>| {
        if texts.is_empty() { Value::Null } else { Value::Id(texts.join(" ")) }
    };
    let payments = movers.iter().filter_map(|(mover, _)| match mover {
        Mover::Payment(payment) => Some(trade.payment_id(*payment).to_owned()),
        Mover::Transfer(_) | Mover::CreditNote(_) => None,
        Mover::Expense(_) | Mover::Exchange(_) => None,
    });
    let mut kinds: Vec<&str> =
        movers.iter().filter_map(|(_, kind)| kind.map(BankKind::name)).collect();
    kinds.dedup();
    let documents = movers.iter().map(|(mover, _)| trade.mover(*mover).to_string());
    let against = Against::of(ctx, movers);
    let mut both = grounds.clone();
    against.iter().for_each(|against| both.join(&against.grounds));
    let shown = |sum: Option<&Sum>| {
        sum.map_or_else(
            || Value::Null.into(),
            |sum| sum.shown(|amount| Value::money(amount, front.currency)),
        )
    };
    let invoices = against.as_ref().map_or(
        if front.line.is_some() && movers.is_empty() { Some("unmatched") } else { None },
        |against| Some(against.said),
    );
    vec![
        Value::count(usize::try_from(front.position.get()).unwrap_or(usize::MAX)).into(),
        Value::id(front.line).into(),
        if kinds.is_empty() { Value::Null.into() } else { Value::Text(kinds.join(" ")).into() },
        joined(payments.collect()).into(),
        joined(documents.collect()).into(),
        currency_cell(front.currency),
        Value::id(Some(trade.bank(front.bank))).into(),
        Value::Time(front.at).because(ctx.said_by([front.position])),
        shown(line),
        shown(paid),
        shown(against.as_ref().map(|a| &a.allocated)),
        shown(against.as_ref().map(|a| &a.free)),
        Value::Text(bank.to_owned()).because(both.clone()),
        invoices.map_or(Value::Null, |said| Value::Text(said.to_owned())).because(both),
    ]
}
