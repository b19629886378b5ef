//! What a document must be in itself. Invariant: a total is the sum of its lines, due dates carry
//! the whole of it, purposes the whole of a payment.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sijil_schemas::{Instalment, Line, PurposeLine, money::Money, time::Date};

use super::{not_negative, positive};
use crate::Rejection;

/// A line's key stands once in its document.
pub(crate) fn check_lines(lines: &[Line]) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    match lines.iter().find(|l| !seen.insert(&l.line)) {
        Some(line) => Err(Rejection::DuplicateLine { line: line.line.to_string() }),
        None => Ok(()),
    }
}

/// The total equals the lines' net and tax together.
pub(crate) fn check_total(lines: &[Line], total: Money) -> Result<(), Rejection> {
    let expected: Decimal = lines.iter().map(|l| l.net.get() + l.tax.get()).sum();
    let got = total.amount.get();
    if expected == got {
        Ok(())
    } else {
        Err(Rejection::TotalMismatch { expected, got, difference: got - expected })
    }
}

/// An invoice or bill in itself: lines, total, and when it is due.
pub(crate) fn check_document(
    lines: &[Line],
    total: Money,
    due_on: Option<Date>,
    instalments: &[Instalment],
) -> Result<(), Rejection> {
    check_lines(lines)?;
    check_total(lines, total)?;
    check_due(total, due_on, instalments)?;
    at_least_zero(lines, total)?;
    instalments
        .iter()
        .enumerate()
        .try_for_each(|(n, i)| positive(&format!("/data/instalments/{n}/amount"), i.amount.get()))
}

/// When a document is due: on one day, or in instalments that sum to its total.
fn check_due(
    total: Money,
    due_on: Option<Date>,
    instalments: &[Instalment],
) -> Result<(), Rejection> {
    if due_on.is_some() != instalments.is_empty() {
        return Err(Rejection::DueUnclear {
            got: if due_on.is_some() { "both" } else { "neither" },
        });
    }
    let sum: Decimal = instalments.iter().map(|i| i.amount.get()).sum();
    if !instalments.is_empty() && sum != total.amount.get() {
        return Err(Rejection::InstalmentsMismatch {
            expected: total.amount.get(),
            got: sum,
            difference: sum - total.amount.get(),
        });
    }
    Ok(())
}

/// An invoice or bill that is brought forward: what is open of it, and when it is due.
pub(crate) fn check_brought(
    total: Money,
    due_on: Option<Date>,
    instalments: &[Instalment],
) -> Result<(), Rejection> {
    check_due(total, due_on, instalments)?;
    positive("/data/total/amount", total.amount.get())?;
    instalments
        .iter()
        .enumerate()
        .try_for_each(|(n, i)| positive(&format!("/data/instalments/{n}/amount"), i.amount.get()))
}

/// A document with lines may come to zero, as a sample does, never below; without lines zero says
/// nothing.
pub(crate) fn at_least_zero(lines: &[Line], total: Money) -> Result<(), Rejection> {
    let total = total.amount.get();
    if lines.is_empty() {
        positive("/data/total/amount", total)
    } else {
        not_negative("/data/total/amount", total)
    }
}

/// The purposes of a payment sum to it, where there are any.
pub(crate) fn check_purposes(amount: Money, purposes: &[PurposeLine]) -> Result<(), Rejection> {
    let sum: Decimal = purposes.iter().map(|p| p.amount.get()).sum();
    if purposes.is_empty() || sum == amount.amount.get() {
        return Ok(());
    }
    Err(Rejection::PurposesMismatch {
        expected: amount.amount.get(),
        got: sum,
        difference: sum - amount.amount.get(),
    })
}
