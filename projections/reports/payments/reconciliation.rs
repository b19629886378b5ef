//! Reconciliation of receipts: statement line ↔ payment ↔ invoices. Invariant: every payment and every line of money that came in of the period stands in one row.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind};

use crate::{
    report::{ColumnKind, Context, ReportError, Row, Table, Value, Why, col, key},
    table::Sym,
    trade::{
        Imported, Listed, MoveKind, Receipt,
        grouping::{currency_cell, wants},
    },
};

/// A line of a bank statement and where it was matched.
struct Line<'a> {
    line: Listed<'a, kind::StatementLine, Imported>,
    matched: Option<(Sym<kind::Payment>, Position)>,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (trade, lens, within) = (ctx.views.trade, ctx.lens(), ctx.interval()?);
    let mut table = Table::new(&[
        key("payment", ColumnKind::Id),
        key("statement_line", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        col("bank_account", ColumnKind::Id),
        col("line", ColumnKind::Amount),
        col("paid", ColumnKind::Amount),
        col("allocated", ColumnKind::Amount),
        col("free", ColumnKind::Amount),
        col("bank", ColumnKind::Text),
        col("invoices", ColumnKind::Text),
    ]);
    let mut lines: Vec<Line<'_>> = Vec::new();
    for line in trade.statement_lines(lens).filter(|l| l.doc.amount.amount.get() > Decimal::ZERO) {
        if wants(ctx, line.doc.amount.currency)? {
            let matched = trade.matched(line.sym, lens).filter(|m| trade.payment(m.what, lens).is_some());
            lines.push(Line { line, matched: matched.map(|m| (m.what, m.position)) });
        }
    }
    let mut by_payment: BTreeMap<Sym<kind::Payment>, Vec<&Line<'_>>> = BTreeMap::new();
    for line in &lines {
        if let Some((payment, _)) = line.matched {
            by_payment.entry(payment).or_default().push(line);
        }
    }
    let mut rows: Vec<((sijil_schemas::time::Timestamp, Position), Row)> = Vec::new();
    for payment in trade.payments(lens).filter(|p| within.contains(&p.at)) {
        if wants(ctx, payment.doc.currency)? {
            rows.push((payment.order(), of_payment(ctx, payment, by_payment.get(&payment.sym).map_or(&[], Vec::as_slice))));
        }
    }
    for line in lines.iter().filter(|l| l.matched.is_none() && within.contains(&l.line.at)) {
        rows.push((line.line.order(), of_line(ctx, line)));
    }
    rows.sort_by_key(|(order, _)| *order);
    rows.into_iter().for_each(|(_, row)| table.push(row));
    Ok(table)
}

fn of_payment(ctx: &Context<'_>, payment: Listed<'_, kind::Payment, Receipt>, lines: &[&Line<'_>]) -> Row {
    let (trade, lens, currency) = (ctx.views.trade, ctx.lens(), payment.doc.currency);
    let moves = trade.payment_moves(payment.sym, lens);
    let (mut why, mut paid, mut free) = (ctx.why(), Decimal::ZERO, Decimal::ZERO);
    let mut held: BTreeMap<Sym<kind::Invoice>, Decimal> = BTreeMap::new();
    for m in &moves {
        why.add(m.position);
        free += m.amount;
        match m.kind {
            MoveKind::Opened | MoveKind::Refunded | MoveKind::Reversed => paid += m.amount,
            MoveKind::Allocated | MoveKind::Unallocated | MoveKind::Ended | MoveKind::Credited | MoveKind::WrittenOff => (),
        }
        if let Some(invoice) = m.invoice {
            *held.entry(invoice).or_default() -= m.amount;
        }
    }
    held.retain(|_, amount| !amount.is_zero());
    let (mut on_line, mut because, mut ids) = (Decimal::ZERO, ctx.why(), Vec::new());
    for line in lines {
        on_line += line.line.doc.amount.amount.get();
        because.add(line.line.position);
        line.matched.iter().for_each(|(_, position)| because.add(*position));
        ids.push(line.line.id);
    }
    let bank = if ids.is_empty() { "unmatched" } else { compare(payment.doc.amount.get(), on_line) };
    let mut open = why.clone();
    let invoices = against_invoices(ctx, paid, free, &held, &mut open);
    let money = |amount: Decimal, why: &Why| Value::money(amount, currency).because(why.clone());
    let line = if ids.is_empty() { Value::Null.into() } else { money(on_line, &because) };
    let mut both = because.clone();
    both.join(&why);
    vec![
        Value::id(Some(payment.id)).into(),
        if ids.is_empty() { Value::Null.into() } else { Value::Id(ids.join(" ")).into() },
        currency_cell(currency),
        Value::id(Some(trade.bank(payment.doc.bank))).into(),
        line,
        money(paid, &why),
        money(paid - free, &why),
        money(free, &why),
        Value::Text(bank.to_owned()).because(both),
        Value::Text(invoices.to_owned()).because(open),
    ]
}

/// A payment against its line: the whole of it, part of it, or more.
fn compare(paid: Decimal, line: Decimal) -> &'static str {
    match paid.cmp(&line) {
        std::cmp::Ordering::Equal => "exact",
        std::cmp::Ordering::Less => "part",
        std::cmp::Ordering::Greater => "over",
    }
}

/// A payment against its invoices: `unmatched` if it is against none, `over` if something of it is free, `part` if an invoice stays open, else `exact`.
fn against_invoices(ctx: &Context<'_>, paid: Decimal, free: Decimal, held: &BTreeMap<Sym<kind::Invoice>, Decimal>, why: &mut Why) -> &'static str {
    let mut left = false;
    for invoice in held.keys() {
        let moves = ctx.views.trade.invoice_moves(*invoice, ctx.lens());
        moves.iter().for_each(|m| why.add(m.position));
        left |= moves.iter().map(|m| m.amount).sum::<Decimal>() > Decimal::ZERO;
    }
    match (held.is_empty() || paid.is_zero(), free > Decimal::ZERO, left) {
        (true, _, _) => "unmatched",
        (false, true, _) => "over",
        (false, false, true) => "part",
        (false, false, false) => "exact",
    }
}

fn of_line(ctx: &Context<'_>, line: &Line<'_>) -> Row {
    let mut why = ctx.why();
    why.add(line.line.position);
    let amount = line.line.doc.amount;
    vec![
        Value::Null.into(),
        Value::id(Some(line.line.id)).into(),
        currency_cell(amount.currency),
        Value::id(Some(ctx.views.trade.bank(line.line.doc.bank))).into(),
        Value::money(amount.amount.get(), amount.currency).because(why.clone()),
        Value::Null.into(),
        Value::Null.into(),
        Value::Null.into(),
        Value::Text("unmatched".to_owned()).because(why.clone()),
        Value::Text("unmatched".to_owned()).because(why),
    ]
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_payment_is_all_part_or_more_of_its_line() {
        let rows = [(100, 100, "exact"), (60, 100, "part"), (120, 100, "over")];
        for (paid, line, expected) in rows {
            assert_eq!(super::compare(paid.into(), line.into()), expected, "{paid} of {line}");
        }
    }
}
