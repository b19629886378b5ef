//! Money that moved on bank accounts, and the lines of statements that tell of it. Invariant: a
//! move has one amount and one account; of a line no more is matched than it is.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Position, Record, StatementLineMatched,
    id::{EntityRef, Kind, StatementLineId, kind},
    money::{Amount, Currency, Money},
    time::Timestamp,
};

use super::{Imported, Listed, MoveKind, Trade};
use crate::{
    cut::{Dated, Lens},
    table::Sym,
};

/// What moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mover {
    /// A payment, received or made.
    Payment(Sym<kind::Payment>),
    /// A transfer between own accounts.
    Transfer(Sym<kind::FundsTransfer>),
    /// A free credit note that was paid out.
    CreditNote(Sym<kind::CreditNote>),
}

/// A line of a bank statement matched to what moved the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matched {
    /// What moved it.
    pub to: Mover,
    /// How much of the line; absent, what other matches left of it.
    pub amount: Option<Amount>,
}

/// A transfer between own accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferDoc {
    /// From where.
    pub from: Sym<kind::BankAccount>,
    /// To where.
    pub to: Sym<kind::BankAccount>,
    /// How much.
    pub amount: Money,
}

/// Why money moved on a bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BankKind {
    /// A payment came in.
    Payment,
    /// Part of one was paid back.
    Refund,
    /// One turned out to be none.
    Reversal,
    /// A payment went out.
    PaymentMade,
    /// One came back.
    Returned,
    /// Money was moved between own accounts.
    Transfer,
}

impl BankKind {
    /// The kind as it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            BankKind::Payment => "payment",
            BankKind::Refund => "refund",
            BankKind::Reversal => "reversal",
            BankKind::PaymentMade => "payment_made",
            BankKind::Returned => "returned",
            BankKind::Transfer => "transfer",
        }
    }
}

/// Money that moved on a bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankMove {
    /// When.
    pub at: Timestamp,
    /// The record that says so.
    pub position: Position,
    /// What moved it.
    pub mover: Mover,
    /// Why.
    pub kind: BankKind,
    /// Where.
    pub bank: Sym<kind::BankAccount>,
    /// Of which currency.
    pub currency: Currency,
    /// How much: in is above zero, out below.
    pub amount: Decimal,
}

impl Trade {
    pub(super) fn match_line(&mut self, record: &Record, e: &StatementLineMatched) {
        let to = if let Some(payment) = e.to.typed() {
            Mover::Payment(self.payments.intern(&payment))
        } else if let Some(transfer) = e.to.typed() {
            Mover::Transfer(self.transfers.intern(&transfer))
        } else if let Some(note) = e.to.typed() {
            Mover::CreditNote(self.credit_notes.intern(&note))
        } else {
            return self.quarantine.add(
                e.statement_line.entity(),
                record,
                "nothing of this kind moves money",
            );
        };
        self.matched(record, &e.statement_line, Matched { to, amount: e.amount });
    }
    pub(super) fn matched(&mut self, record: &Record, line: &StatementLineId, matched: Matched) {
        let line = self.lines.intern(line);
        self.lines.at_mut(line).matched.insert(Dated::of(record, matched));
        let known = match matched.to {
            Mover::Payment(payment) => &mut self.payments.at_mut(payment).lines,
            Mover::CreditNote(note) => &mut self.credit_notes.at_mut(note).lines,
            Mover::Transfer(_) => return,
        };
        // In order of their numbers, so that one that is there already is found.
        if let Err(at) = known.unseen().binary_search(&line) {
            known.insert(at, line);
        }
    }
    /// The moves of one payment or transfer that count, in replay order.
    #[must_use]
    pub fn moves_of(&self, mover: Mover, lens: Lens<'_>) -> Vec<BankMove> {
        let of = |at, position, kind, bank, currency, amount| BankMove {
            at,
            position,
            mover,
            kind,
            bank,
            currency,
            amount,
        };
        match mover {
            Mover::Transfer(sym) => {
                let Some(fact) = self.transfers.at(sym).last(lens) else { return Vec::new() };
                let TransferDoc { from, to, amount } = fact.what;
                let leg = |bank, sum| {
                    of(fact.at, fact.position, BankKind::Transfer, bank, amount.currency, sum)
                };
                vec![leg(from, -amount.amount.get()), leg(to, amount.amount.get())]
            }
            Mover::CreditNote(sym) => {
                let Some(note) = self.free_credit(sym, lens) else { return Vec::new() };
                let currency = note.doc.document.currency;
                let paid = self.credit_refunds(sym, lens);
                paid.map(|(fact, bank, amount)| {
                    of(fact.at, fact.position, BankKind::Refund, bank, currency, -amount)
                })
                .collect()
            }
            Mover::Payment(sym) => {
                let (moves, bank, currency, is_in) =
                    match (self.payment(sym, lens), self.payment_made(sym, lens)) {
                        (Some(payment), _) => (
                            self.payment_moves(sym, lens),
                            payment.doc.bank,
                            payment.doc.currency,
                            true,
                        ),
                        (None, Some(payment)) => (
                            self.outgoing_moves(sym, lens),
                            payment.doc.bank,
                            payment.doc.currency,
                            false,
                        ),
                        (None, None) => return Vec::new(),
                    };
                let told = moves.into_iter().filter_map(|m| {
                    let kind = bank_kind(m.kind, is_in)?;
                    Some(of(
                        m.at,
                        m.position,
                        kind,
                        bank,
                        currency,
                        if is_in { m.amount } else { -m.amount },
                    ))
                });
                told.filter(|m| !m.amount.is_zero()).collect()
            }
        }
    }
    /// The bank account of the first move of a direction, and that it is of it; else that of the
    /// first move. `None` if nothing moved.
    #[must_use]
    pub fn first_towards(
        &self,
        mover: Mover,
        is_in: bool,
        lens: Lens<'_>,
    ) -> Option<(Sym<kind::BankAccount>, bool)> {
        if let Mover::Payment(sym) = mover {
            // What a payment began with is its first move: of a long life nothing else need be
            // asked.
            let received = self
                .payment(sym, lens)
                .filter(|p| is_in && !p.doc.amount.get().is_zero())
                .map(|p| p.doc.bank);
            let made = || {
                self.payment_made(sym, lens).filter(|p| {
                    !is_in && !p.doc.amount.get().is_zero() && self.payment(sym, lens).is_none()
                })
            };
            if let Some(bank) = received.or_else(|| made().map(|p| p.doc.bank)) {
                return Some((bank, true));
            }
        }
        let moves = self.moves_of(mover, lens);
        let towards = moves.iter().find(|m| (m.amount > Decimal::ZERO) == is_in);
        towards.or(moves.first()).map(|m| (m.bank, towards.is_some()))
    }
    /// Every payment, transfer and free credit note that counts, in order of first appearance.
    pub fn movers<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Mover> + 'a {
        let payments = self
            .payments
            .iter()
            .filter(move |(_, _, p)| p.received.any(lens) || p.made.any(lens))
            .map(|(sym, _, _)| Mover::Payment(sym));
        let notes = self
            .credit_notes
            .iter()
            .filter(move |(_, _, note)| note.issued.any(lens))
            .map(|(sym, _, _)| Mover::CreditNote(sym));
        payments
            .chain(
                self.transfers
                    .iter()
                    .filter(move |(_, _, facts)| facts.any(lens))
                    .map(|(sym, _, _)| Mover::Transfer(sym)),
            )
            .chain(notes)
    }
    /// The entity that moved money.
    #[must_use]
    pub fn mover(&self, mover: Mover) -> Option<EntityRef> {
        match mover {
            Mover::Payment(sym) => EntityRef::new(Kind::Payment, self.payments.name(sym)).ok(),
            Mover::Transfer(sym) => {
                EntityRef::new(Kind::FundsTransfer, self.transfers.name(sym)).ok()
            }
            Mover::CreditNote(sym) => {
                EntityRef::new(Kind::CreditNote, self.credit_notes.name(sym)).ok()
            }
        }
    }
    /// What an entity is as a mover of money, if it may be one and was ever named.
    #[must_use]
    pub fn mover_of(&self, entity: &EntityRef) -> Option<Mover> {
        match entity.kind {
            Kind::Payment => self.payments.sym(entity.id()).map(Mover::Payment),
            Kind::FundsTransfer => self.transfers.sym(entity.id()).map(Mover::Transfer),
            Kind::CreditNote => self.credit_notes.sym(entity.id()).map(Mover::CreditNote),
            _ => None,
        }
    }
    /// The matches of a line that count, in replay order, each with what it takes of the line: an
    /// amount that is absent is what the others left.
    #[must_use]
    pub fn matches(
        &self,
        line: Listed<'_, kind::StatementLine, Imported>,
        lens: Lens<'_>,
    ) -> Vec<(Position, Matched, Decimal)> {
        let standing: Vec<_> = self
            .lines
            .at(line.sym)
            .matched
            .counting(lens)
            .filter(|fact| self.moved(fact.what.to, lens))
            .collect();
        let given: Decimal =
            standing.iter().filter_map(|fact| fact.what.amount).map(Amount::get).sum();
        let mut left = (line.doc.amount.amount.get().abs() - given).max(Decimal::ZERO);
        let takes = standing.into_iter().map(|fact| {
            (
                fact.position,
                fact.what,
                fact.what.amount.map_or_else(|| std::mem::take(&mut left), Amount::get),
            )
        });
        takes.collect()
    }
    /// Whether a payment or transfer counts.
    pub(super) fn moved(&self, mover: Mover, lens: Lens<'_>) -> bool {
        match mover {
            Mover::Payment(sym) => {
                self.payments.at(sym).received.any(lens) || self.payments.at(sym).made.any(lens)
            }
            Mover::Transfer(sym) => self.transfers.at(sym).any(lens),
            Mover::CreditNote(sym) => self.credit_notes.at(sym).issued.any(lens),
        }
    }
    /// The lines that were ever matched to a payment or credit note, whether that counts or not;
    /// none are kept of transfers.
    #[must_use]
    pub fn lines_of(&self, mover: Mover) -> &[Sym<kind::StatementLine>] {
        match mover {
            Mover::Payment(payment) => &self.payments.at(payment).lines,
            Mover::CreditNote(note) => &self.credit_notes.at(note).lines,
            Mover::Transfer(_) => &[],
        }
    }
}

/// What a move of a payment, received or made, is on the bank account; `None` if no money moves.
const fn bank_kind(kind: MoveKind, is_in: bool) -> Option<BankKind> {
    Some(match (kind, is_in) {
        (MoveKind::Opened, true) => BankKind::Payment,
        (MoveKind::Opened, false) => BankKind::PaymentMade,
        (MoveKind::Refunded, true) => BankKind::Refund,
        (MoveKind::Reversed, true) => BankKind::Reversal,
        (MoveKind::Refunded | MoveKind::Reversed, false) => BankKind::Returned,
        (
            MoveKind::Deducted
            | MoveKind::Credited
            | MoveKind::WrittenOff
            | MoveKind::Allocated
            | MoveKind::Unallocated
            | MoveKind::Ended,
            _,
        ) => return None,
    })
}

/// How lines and moves of one direction cover each other. Invariant: of a move no more is on lines
/// than it is.
#[derive(Debug, Clone, Default)]
pub struct Covered {
    /// By match, in order: how much moved by it.
    pub moved: Vec<Decimal>,
    /// By match: the first move it tells of.
    pub first: Vec<Option<usize>>,
    /// By move: how much of it is on no line.
    pub alone: Vec<Decimal>,
}

/// Lays matches over moves of one mover, account and direction, the first over the first. A match
/// takes what it says of the money; the last that does not say takes all that is left.
#[must_use]
pub fn cover(moves: &[Decimal], matches: &[(Decimal, bool)], taken_off: Decimal) -> Covered {
    let whole: Decimal = moves.iter().sum();
    let laid = |available: Decimal| {
        let mut left = available;
        let mut lay = |claim: Decimal| {
            let part = claim.min(left).max(Decimal::ZERO);
            left -= part;
            part
        };
        let mut moved: Vec<Decimal> = matches.iter().map(|(claim, _)| lay(*claim)).collect();
        if let Some(last) = matches.iter().rposition(|(_, says)| !says) {
            moved[last] += left;
        }
        moved
    };
    let on_lines = laid(whole);
    let (mut alone, mut first, mut at) = (moves.to_vec(), Vec::with_capacity(matches.len()), 0);
    for part in &on_lines {
        let mut part = *part;
        while at < alone.len() && alone[at].is_zero() {
            at += 1;
        }
        first.push((at < alone.len()).then_some(at));
        let mut n = at;
        while !part.is_zero() && n < alone.len() {
            let taken = part.min(alone[n]);
            alone[n] -= taken;
            part -= taken;
            n += 1;
        }
    }
    Covered { moved: laid((whole - taken_off).max(Decimal::ZERO)), first, alone }
}
