//! Whole histories of documents and payments, judged fact by fact. Invariant: a history is legal
//! iff there is no fault; the candidate stands in it like any other fact.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_projections::{
    Lens,
    trade::{Move, MoveKind},
};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind, SetOffId},
    time::Timestamp,
};

use crate::{Book, Rejection};

/// A fact that cannot stand where it stands, and why.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) position: Position,
    pub(crate) why: Rejection,
}

/// The first fault, as an answer.
pub(crate) fn refuse(faults: Vec<Fault>) -> Result<(), Rejection> {
    faults.into_iter().next().map_or(Ok(()), |fault| Err(fault.why))
}

/// The moves with one more among them, in replay order.
pub(crate) fn with(mut moves: Vec<Move>, more: Move) -> Vec<Move> {
    moves.push(more);
    moves.sort_by_key(|m| (m.at, m.position));
    moves
}

fn opening(moves: &[Move]) -> Timestamp {
    moves.iter().find(|m| m.kind == MoveKind::Opened).map_or(Timestamp::END, |m| m.at)
}

/// Judges the history of an invoice or bill.
pub(crate) fn of_document(document: &EntityRef, moves: &[Move]) -> Vec<Fault> {
    let opened = opening(moves);
    let (mut open, mut creditable) = (Decimal::ZERO, Decimal::ZERO);
    let mut by_means = BTreeMap::new();
    let mut faults = Vec::new();
    for m in moves {
        let (amount, on) = (m.amount.abs(), m.at);
        let left = open.max(Decimal::ZERO);
        let part = by_means.get(&m.means).copied().unwrap_or(Decimal::ZERO);
        let fault = match m.kind {
            MoveKind::Opened | MoveKind::Deducted => None,
            _ if m.at < opened => {
                Some(Rejection::BeforeOpening { entity: document.clone(), opened, at: m.at })
            }
            MoveKind::Allocated if -m.amount > left => Some(Rejection::PaymentExceedsOpenAmount {
                document: document.clone(),
                open: left,
                paid: amount,
                on,
            }),
            MoveKind::WrittenOff if -m.amount > left => {
                Some(Rejection::WriteOffExceedsOpenAmount {
                    invoice: document.clone(),
                    open: left,
                    amount,
                    on,
                })
            }
            MoveKind::Credited if -m.amount > creditable => {
                Some(Rejection::CreditExceedsDocument {
                    document: document.clone(),
                    line: String::new(),
                    left: creditable,
                    amount,
                    on,
                })
            }
            MoveKind::Unallocated if m.amount > part => {
                Some(Rejection::UnallocationExceedsAllocation {
                    document: document.clone(),
                    allocated: part,
                    amount,
                    on,
                })
            }
            MoveKind::Allocated
            | MoveKind::WrittenOff
            | MoveKind::Credited
            | MoveKind::Unallocated => None,
            MoveKind::Ended | MoveKind::Refunded | MoveKind::Reversed => None,
        };
        if let Some(why) = fault {
            faults.push(Fault { position: m.position, why });
            continue;
        }
        match m.kind {
            MoveKind::Opened => (open, creditable) = (open + m.amount, creditable + m.amount),
            MoveKind::Credited | MoveKind::WrittenOff => {
                (open, creditable) = (open + m.amount, creditable + m.amount);
            }
            MoveKind::Allocated | MoveKind::Unallocated => {
                open += m.amount;
                *by_means.entry(m.means).or_default() -= m.amount;
            }
            // What the reversed payment still holds here, whatever it was when the move was made.
            MoveKind::Ended => open += by_means.remove(&m.means).unwrap_or_default(),
            MoveKind::Deducted | MoveKind::Refunded | MoveKind::Reversed => (),
        }
    }
    faults
}

/// Judges the history of a payment, received or made, or of a free credit note.
pub(crate) fn of_payment(payment: &EntityRef, moves: &[Move]) -> Vec<Fault> {
    let opened = opening(moves);
    let (mut free, mut reversed) = (Decimal::ZERO, false);
    let mut faults = Vec::new();
    for m in moves {
        let (amount, on) = (m.amount.abs(), m.at);
        let why = match m.kind {
            MoveKind::Opened | MoveKind::Deducted | MoveKind::Ended => None,
            _ if m.at < opened => {
                Some(Rejection::BeforeOpening { entity: payment.clone(), opened, at: m.at })
            }
            _ if reversed => Some(after_reversal(payment, m.kind, m.at, m.position)),
            MoveKind::Allocated if -m.amount > free => {
                Some(Rejection::AllocationExceedsRemainder {
                    payment: payment.clone(),
                    remainder: free,
                    amount,
                    on,
                })
            }
            MoveKind::Refunded if -m.amount > free => Some(Rejection::RefundExceedsRemainder {
                payment: payment.clone(),
                remainder: free,
                amount,
                on,
            }),
            MoveKind::Allocated
            | MoveKind::Refunded
            | MoveKind::Unallocated
            | MoveKind::Reversed
            | MoveKind::Credited
            | MoveKind::WrittenOff => None,
        };
        if let Some(why) = why {
            faults.push(Fault { position: m.position, why });
            continue;
        }
        match m.kind {
            MoveKind::Reversed => (free, reversed) = (Decimal::ZERO, true),
            // What was kept back goes with the reversal.
            MoveKind::Deducted if reversed => (),
            MoveKind::Ended => (),
            MoveKind::Opened
            | MoveKind::Deducted
            | MoveKind::Allocated
            | MoveKind::Unallocated
            | MoveKind::Refunded
            | MoveKind::Credited
            | MoveKind::WrittenOff => free += m.amount,
        }
    }
    faults
}

/// A payment that was reversed does nothing more.
pub(super) fn after_reversal(
    payment: &EntityRef,
    kind: MoveKind,
    at: Timestamp,
    position: Position,
) -> Rejection {
    let (entity, to) = (payment.clone(), word(kind));
    Rejection::IllegalTransition { entity, from: "reversed", to, at, position }
}

const fn word(kind: MoveKind) -> &'static str {
    match kind {
        MoveKind::Opened => "opened",
        MoveKind::Deducted => "deducted",
        MoveKind::Allocated => "allocated",
        MoveKind::Unallocated => "unallocated",
        MoveKind::Refunded => "refunded",
        MoveKind::Reversed => "reversed",
        MoveKind::Credited => "credited",
        MoveKind::WrittenOff => "written off",
        MoveKind::Ended => "ended",
    }
}

/// The reference to an entity whose id came from the book itself.
pub(crate) fn entity(kind: Kind, id: &str) -> EntityRef {
    match EntityRef::new(kind, id) {
        Ok(entity) => entity,
        Err(e) => unreachable!("an id of the book is an id: {e}"),
    }
}

/// The facts of the documents of a set-off that cannot stand under a lens.
pub(crate) fn faults_of_set_off(book: &Book, set_off: &SetOffId, lens: Lens<'_>) -> Vec<Position> {
    let trade = &book.trade;
    let sym = trade.set_off_sym(set_off.as_str());
    let documents =
        sym.into_iter().flat_map(|sym| trade.set_off_documents(sym, lens.side)).flat_map(|of| {
            let home = trade.document_entity(of);
            home.map(|home| of_document(&home, &trade.settleable_moves(of, lens)))
        });
    documents.flatten().map(|fault| fault.position).collect()
}

/// The facts that cannot stand under a lens: of a payment received or a free credit note, and of
/// one invoice or of all it was put against.
pub(crate) fn faults_without(
    book: &Book,
    means: &EntityRef,
    invoice: Option<&str>,
    lens: Lens<'_>,
) -> Vec<Position> {
    let trade = &book.trade;
    let of_payment_moves = || {
        let sym = trade.payment_sym(means.id())?;
        let received = trade.payment_moves(sym, lens);
        Some(if received.is_empty() { trade.outgoing_moves(sym, lens) } else { received })
    };
    let of_note_moves =
        || trade.credit_note_sym(means.id()).map(|sym| trade.credit_note_moves(sym, lens));
    let Some(moves) =
        (if means.kind == Kind::CreditNote { of_note_moves() } else { of_payment_moves() })
    else {
        return Vec::new();
    };
    let bills: BTreeSet<_> = moves.iter().filter_map(|m| m.bill).collect();
    let mut invoices: BTreeSet<_> = moves.iter().filter_map(|m| m.invoice).collect();
    invoices.extend(invoice.and_then(|id| trade.invoice_sym(id)));
    let mut faults = of_payment(means, &moves);
    for invoice in invoices {
        if let Some(listed) = trade.invoice(invoice, lens) {
            faults.extend(of_document(
                &entity(Kind::Invoice, listed.id),
                &trade.invoice_moves(invoice, lens),
            ));
        }
    }
    for bill in bills {
        if let Some(listed) = trade.bill_at(bill, lens) {
            faults
                .extend(of_document(&entity(Kind::Bill, listed.id), &trade.bill_moves(bill, lens)));
        }
    }
    faults
        .into_iter()
        .map(|f| f.position)
        .chain(super::payments::matches_without(book, means, lens))
        .collect()
}
