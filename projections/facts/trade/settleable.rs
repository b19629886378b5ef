//! What has an amount that is used up: documents that are settled, money and credits that settle
//! them, lines of statements that are matched. Invariant: one question for all of them, so that who
//! keeps sums of their moves need not know which it is.

use sijil_schemas::{
    Position,
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::{CreditDoc, Document, Matched, Means, Move, MoveKind, Mover, Trade};
use crate::{
    chain::Chain,
    cut::{Dated, Lens, Side},
    ids::Sym,
};

/// Something with an amount that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Settleable {
    /// What is open of an invoice.
    Invoice(Sym<kind::Invoice>),
    /// What is open of a supplier's invoice.
    Bill(Sym<kind::Bill>),
    /// What is free of a payment, received or made.
    Payment(Sym<kind::Payment>),
    /// What is free of a credit note without an invoice.
    CreditNote(Sym<kind::CreditNote>),
    /// What no match has taken of a line of a bank statement.
    Line(Sym<kind::StatementLine>),
    /// A set-off: the other side of what it settles, with nothing to use up itself.
    SetOff(Sym<kind::SetOff>),
}

impl From<Means> for Settleable {
    fn from(means: Means) -> Settleable {
        match means {
            Means::Payment(payment) => Settleable::Payment(payment),
            Means::CreditNote(note) => Settleable::CreditNote(note),
            Means::SetOff(set_off) => Settleable::SetOff(set_off),
        }
    }
}

impl Settleable {
    /// Whether it is an invoice or bill.
    #[must_use]
    pub const fn is_document(self) -> bool {
        matches!(self, Settleable::Invoice(_) | Settleable::Bill(_))
    }
    /// What is on the other side of one of its moves, where there is anything.
    #[must_use]
    pub fn other_side(self, of: &Move) -> Option<Settleable> {
        if self.is_document() {
            of.means.map(Settleable::from)
        } else {
            of.invoice.map(Settleable::Invoice).or_else(|| of.bill.map(Settleable::Bill))
        }
    }
}

impl Trade {
    /// Every change of the amount, in replay order; none if it does not count. Matches of a line
    /// are told as allocations.
    #[must_use]
    pub fn settleable_moves(&self, of: Settleable, lens: Lens<'_>) -> Vec<Move> {
        match of {
            Settleable::Invoice(sym) => self.invoice_moves(sym, lens),
            Settleable::Bill(sym) => self.bill_moves(sym, lens),
            Settleable::Payment(sym) if self.received.of(sym).any(lens) => {
                self.payment_moves(sym, lens)
            }
            Settleable::Payment(sym) => self.outgoing_moves(sym, lens),
            Settleable::CreditNote(sym) => self.credit_note_moves(sym, lens),
            Settleable::SetOff(_) => Vec::new(),
            Settleable::Line(sym) => {
                let Some(line) = self.statement_line_at(sym, lens) else { return Vec::new() };
                let of = |at, position, kind, amount| Move {
                    at,
                    position,
                    kind,
                    amount,
                    invoice: None,
                    bill: None,
                    means: None,
                };
                let whole = line.doc.amount.amount.get().abs();
                let opened = of(line.at, line.position, MoveKind::Opened, whole);
                let facts = self.matched.of(sym).counting(lens);
                let facts = facts.filter(|fact| self.moved(fact.what.to, lens));
                let taken =
                    facts.zip(self.matches(line, lens)).map(|(fact, (position, _, amount))| {
                        of(fact.at, position, MoveKind::Allocated, -amount)
                    });
                std::iter::once(opened).chain(taken).collect()
            }
        }
    }
    /// How many facts there are that change the amount, whether they count or not.
    #[must_use]
    pub fn settleable_facts(&self, of: Settleable, side: Side) -> usize {
        match of {
            Settleable::Invoice(sym) => {
                self.settled.of(sym).len(side) + self.credits.of(sym).len(side)
            }
            Settleable::Bill(sym) => {
                self.bills_settled.of(sym).len(side) + self.bill_credits.of(sym).len(side)
            }
            Settleable::Payment(sym) => self.changes.of(sym).len(side),
            Settleable::CreditNote(sym) => self.note_changes.of(sym).len(side),
            Settleable::Line(sym) => self.matched.of(sym).len(side),
            Settleable::SetOff(_) => 0,
        }
    }
    /// The thing of an entity; `None` if no fact here is about it, or if it has no amount of this
    /// kind.
    #[must_use]
    pub fn settleable(&self, entity: &EntityRef) -> Option<Settleable> {
        let of = match entity.kind {
            Kind::Invoice => self.ids.find(entity.id()).map(Settleable::Invoice),
            Kind::Bill => self.ids.find(entity.id()).map(Settleable::Bill),
            Kind::Payment => self.ids.find(entity.id()).map(Settleable::Payment),
            Kind::CreditNote => self.ids.find(entity.id()).map(Settleable::CreditNote),
            Kind::StatementLine => self.ids.find(entity.id()).map(Settleable::Line),
            _ => None,
        };
        of.filter(|of| self.is_told_of(*of, Side::Decided))
    }
    /// Whether any fact is about it, whether it counts or not.
    fn is_told_of(&self, of: Settleable, side: Side) -> bool {
        let opened = match of {
            Settleable::Invoice(sym) => !self.issued.of(sym).is_empty(side),
            Settleable::Bill(sym) => !self.billed.of(sym).is_empty(side),
            Settleable::Payment(sym) => {
                !self.received.of(sym).is_empty(side) || !self.made.of(sym).is_empty(side)
            }
            Settleable::CreditNote(sym) => {
                !self.notes.of(sym).is_empty(side) || !self.credited.of(sym).is_empty(side)
            }
            Settleable::Line(sym) => !self.imported.of(sym).is_empty(side),
            Settleable::SetOff(sym) => !self.set_offs.of(sym).is_empty(side),
        };
        opened || self.settleable_facts(of, side) > 0
    }
    /// Where the record stands that opened it and counts.
    #[must_use]
    pub fn settleable_opening(
        &self,
        of: Settleable,
        lens: Lens<'_>,
    ) -> Option<(Timestamp, Position)> {
        match of {
            Settleable::Invoice(sym) => self.issued.of(sym).last(lens).map(|f| f.order()),
            Settleable::Bill(sym) => self.billed.of(sym).last(lens).map(|f| f.order()),
            Settleable::Payment(sym) => {
                let received = self.received.of(sym).last(lens).map(|f| f.order());
                received.or_else(|| self.made.of(sym).last(lens).map(|f| f.order()))
            }
            Settleable::CreditNote(sym) => self.notes.of(sym).last(lens).map(|f| f.order()),
            Settleable::Line(sym) => self.imported.of(sym).last(lens).map(|f| f.order()),
            Settleable::SetOff(sym) => self.set_off_opening(sym, lens),
        }
    }
    /// The credits of a document; nothing of anything else.
    #[must_use]
    pub fn credits_of(&self, of: Settleable) -> Option<Credits<'_>> {
        match of {
            Settleable::Invoice(sym) => Some(Credits::OfInvoice(self.credits.of(sym))),
            Settleable::Bill(sym) => Some(Credits::OfBill(self.bill_credits.of(sym))),
            Settleable::Payment(_)
            | Settleable::CreditNote(_)
            | Settleable::Line(_)
            | Settleable::SetOff(_) => None,
        }
    }
    /// What a document that counts says; `None` of anything else.
    #[must_use]
    pub fn document_of(&self, of: Settleable, lens: Lens<'_>) -> Option<Document> {
        match of {
            Settleable::Invoice(sym) => self.invoice(sym, lens).map(|of| of.doc.document),
            Settleable::Bill(sym) => self.bill_at(sym, lens).map(|of| of.doc.document),
            Settleable::Payment(_)
            | Settleable::CreditNote(_)
            | Settleable::Line(_)
            | Settleable::SetOff(_) => None,
        }
    }
    /// The lines that were ever matched to it, whether that counts or not.
    pub fn lines_moved_by(
        &self,
        of: Settleable,
        side: Side,
    ) -> impl Iterator<Item = Settleable> + use<> {
        let lines = match of {
            Settleable::Payment(sym) => self.lines_of(Mover::Payment(sym), side),
            Settleable::CreditNote(sym) => self.lines_of(Mover::CreditNote(sym), side),
            Settleable::Invoice(_)
            | Settleable::Bill(_)
            | Settleable::Line(_)
            | Settleable::SetOff(_) => Vec::new(),
        };
        lines.into_iter().map(Settleable::Line)
    }
    /// What a line was ever matched to, whether that counts or not; nothing of anything else.
    pub fn line_movers(&self, of: Settleable, side: Side) -> impl Iterator<Item = Mover> {
        let line = if let Settleable::Line(sym) = of { Some(sym) } else { None };
        self.matched.of_any(line).all(side).map(|fact| fact.what.to)
    }
    /// The match of a line at a place in replay order.
    #[must_use]
    pub fn match_at(
        &self,
        of: Settleable,
        order: (Timestamp, Position),
        lens: Lens<'_>,
    ) -> Option<Matched> {
        let Settleable::Line(sym) = of else { return None };
        let mut after = self.matched.of(sym).after(order, lens);
        after.next().filter(|fact| fact.order() == order).map(|fact| fact.what)
    }
    /// Where the record stands that opened what moved money, if it counts.
    #[must_use]
    pub fn mover_opening(&self, mover: Mover, lens: Lens<'_>) -> Option<(Timestamp, Position)> {
        match mover {
            Mover::Payment(sym) => self.settleable_opening(Settleable::Payment(sym), lens),
            Mover::CreditNote(sym) => self.settleable_opening(Settleable::CreditNote(sym), lens),
            Mover::Transfer(sym) => self.transfers.of(sym).last(lens).map(|f| f.order()),
            Mover::Expense(sym) => self.expenses.of(sym).last(lens).map(|f| f.order()),
            Mover::Exchange(sym) => self.exchanges.of(sym).last(lens).map(|f| f.order()),
        }
    }
}

/// The credits of an invoice or bill.
#[derive(Debug, Clone, Copy)]
pub enum Credits<'a> {
    /// Credit notes.
    OfInvoice(Chain<'a, kind::Invoice, CreditDoc>),
    /// Credits of a supplier.
    OfBill(Chain<'a, kind::Bill, CreditDoc>),
}

impl<'a> Credits<'a> {
    /// How many there are, whether they count or not.
    #[must_use]
    pub fn len(&self, side: Side) -> usize {
        match self {
            Credits::OfInvoice(chain) => chain.len(side),
            Credits::OfBill(chain) => chain.len(side),
        }
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self, side: Side) -> bool {
        match self {
            Credits::OfInvoice(chain) => chain.is_empty(side),
            Credits::OfBill(chain) => chain.is_empty(side),
        }
    }
    /// The last that counts.
    #[must_use]
    pub fn last(&self, lens: Lens<'a>) -> Option<Dated<CreditDoc>> {
        match self {
            Credits::OfInvoice(chain) => chain.last(lens),
            Credits::OfBill(chain) => chain.last(lens),
        }
    }
    /// Those that count, in replay order.
    pub fn counting(&self, lens: Lens<'a>) -> impl Iterator<Item = Dated<CreditDoc>> + use<'a> {
        let (invoice, bill) = match self {
            Credits::OfInvoice(chain) => (Some(chain.counting(lens)), None),
            Credits::OfBill(chain) => (None, Some(chain.counting(lens))),
        };
        invoice.into_iter().flatten().chain(bill.into_iter().flatten())
    }
    /// The one that counts at a place in replay order.
    #[must_use]
    pub fn at(&self, order: (Timestamp, Position), lens: Lens<'a>) -> Option<Dated<CreditDoc>> {
        let first = match self {
            Credits::OfInvoice(chain) => chain.after(order, lens).next(),
            Credits::OfBill(chain) => chain.after(order, lens).next(),
        };
        first.filter(|credit| credit.order() == order)
    }
}
