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
    cut::{Dated, Facts, Lens},
    table::Sym,
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
}

impl From<Means> for Settleable {
    fn from(means: Means) -> Settleable {
        match means {
            Means::Payment(payment) => Settleable::Payment(payment),
            Means::CreditNote(note) => Settleable::CreditNote(note),
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
            Settleable::Payment(sym) if self.payments.at(sym).received.any(lens) => {
                self.payment_moves(sym, lens)
            }
            Settleable::Payment(sym) => self.outgoing_moves(sym, lens),
            Settleable::CreditNote(sym) => self.credit_note_moves(sym, lens),
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
                let opened = of(
                    line.at,
                    line.position,
                    MoveKind::Opened,
                    line.doc.amount.amount.get().abs(),
                );
                let facts = self
                    .lines
                    .at(sym)
                    .matched
                    .counting(lens)
                    .filter(|fact| self.moved(fact.what.to, lens));
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
    pub fn settleable_facts(&self, of: Settleable) -> usize {
        match of {
            Settleable::Invoice(sym) => {
                self.invoices.at(sym).settled.len() + self.invoices.at(sym).credits.len()
            }
            Settleable::Bill(sym) => {
                self.bills.at(sym).settled.len() + self.bills.at(sym).credits.len()
            }
            Settleable::Payment(sym) => self.payments.at(sym).changes.len(),
            Settleable::CreditNote(sym) => self.credit_notes.at(sym).changes.len(),
            Settleable::Line(sym) => self.lines.at(sym).matched.len(),
        }
    }
    /// The thing of an entity; `None` if nothing ever named it, or if it has no amount of this
    /// kind.
    #[must_use]
    pub fn settleable(&self, entity: &EntityRef) -> Option<Settleable> {
        match entity.kind {
            Kind::Invoice => self.invoices.sym(entity.id()).map(Settleable::Invoice),
            Kind::Bill => self.bills.sym(entity.id()).map(Settleable::Bill),
            Kind::Payment => self.payments.sym(entity.id()).map(Settleable::Payment),
            Kind::CreditNote => self.credit_notes.sym(entity.id()).map(Settleable::CreditNote),
            Kind::StatementLine => self.lines.sym(entity.id()).map(Settleable::Line),
            _ => None,
        }
    }
    /// Where the record stands that opened it and counts.
    #[must_use]
    pub fn settleable_opening(
        &self,
        of: Settleable,
        lens: Lens<'_>,
    ) -> Option<(Timestamp, Position)> {
        match of {
            Settleable::Invoice(sym) => self.invoices.at(sym).issued.last(lens).map(Dated::order),
            Settleable::Bill(sym) => self.bills.at(sym).received.last(lens).map(Dated::order),
            Settleable::Payment(sym) => {
                let payment = self.payments.at(sym);
                payment
                    .received
                    .last(lens)
                    .map(Dated::order)
                    .or_else(|| payment.made.last(lens).map(Dated::order))
            }
            Settleable::CreditNote(sym) => {
                self.credit_notes.at(sym).issued.last(lens).map(Dated::order)
            }
            Settleable::Line(sym) => self.lines.at(sym).imported.last(lens).map(Dated::order),
        }
    }
    /// The credits of a document, whether they count or not; `None` of anything else.
    #[must_use]
    pub fn credits_of(&self, of: Settleable) -> Option<&Facts<CreditDoc>> {
        match of {
            Settleable::Invoice(sym) => Some(&self.invoices.at(sym).credits),
            Settleable::Bill(sym) => Some(&self.bills.at(sym).credits),
            Settleable::Payment(_) | Settleable::CreditNote(_) | Settleable::Line(_) => None,
        }
    }
    /// The credits of an invoice, whether they count or not.
    #[must_use]
    pub fn credits_of_invoice(&self, sym: Sym<kind::Invoice>) -> &Facts<CreditDoc> {
        &self.invoices.at(sym).credits
    }
    /// The credits of a bill, whether they count or not.
    #[must_use]
    pub fn credits_of_bill(&self, sym: Sym<kind::Bill>) -> &Facts<CreditDoc> {
        &self.bills.at(sym).credits
    }
    /// What a document that counts says; `None` of anything else.
    #[must_use]
    pub fn document_of<'a>(&'a self, of: Settleable, lens: Lens<'a>) -> Option<&'a Document> {
        match of {
            Settleable::Invoice(sym) => {
                self.invoices.at(sym).issued.last(lens).map(|fact| &fact.what.document)
            }
            Settleable::Bill(sym) => {
                self.bills.at(sym).received.last(lens).map(|fact| &fact.what.document)
            }
            Settleable::Payment(_) | Settleable::CreditNote(_) | Settleable::Line(_) => None,
        }
    }
    /// The lines that were ever matched to it, whether that counts or not.
    pub fn lines_moved_by(&self, of: Settleable) -> impl Iterator<Item = Settleable> {
        let lines = match of {
            Settleable::Payment(sym) => &self.payments.at(sym).lines[..],
            Settleable::CreditNote(sym) => &self.credit_notes.at(sym).lines[..],
            Settleable::Invoice(_) | Settleable::Bill(_) | Settleable::Line(_) => &[],
        };
        lines.iter().copied().map(Settleable::Line)
    }
    /// What a line was ever matched to, whether that counts or not; nothing of anything else.
    pub fn line_movers(&self, of: Settleable) -> impl Iterator<Item = Mover> {
        let matched =
            if let Settleable::Line(sym) = of { self.lines.at(sym).matched.all() } else { &[] };
        matched.iter().map(|fact| fact.what.to)
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
        self.lines
            .at(sym)
            .matched
            .after(order, lens)
            .next()
            .filter(|fact| fact.order() == order)
            .map(|fact| fact.what)
    }
    /// Where the record stands that opened what moved money, if it counts.
    #[must_use]
    pub fn mover_opening(&self, mover: Mover, lens: Lens<'_>) -> Option<(Timestamp, Position)> {
        match mover {
            Mover::Payment(sym) => self.settleable_opening(Settleable::Payment(sym), lens),
            Mover::CreditNote(sym) => self.settleable_opening(Settleable::CreditNote(sym), lens),
            Mover::Transfer(sym) => self.transfers.at(sym).last(lens).map(Dated::order),
        }
    }
}
