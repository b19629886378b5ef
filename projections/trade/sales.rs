//! Net sales: invoices less credit notes, each on its own date. Invariant: the parts of a sale sum
//! to its net.

use std::ops::Range;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency, time::Timestamp};

use super::{
    CreditDoc, CreditNoteDoc, CreditPart, Document, InvoiceDoc, Listed, Trade, grouping::Subject,
};
use crate::{
    Sym,
    cut::{Dated, Lens},
};

/// What a sale is.
#[derive(Debug, Clone, Copy)]
enum Paper<'a> {
    /// An invoice.
    Invoice(Listed<'a, kind::Invoice, InvoiceDoc>),
    /// A credit note of an invoice, which counts for the invoice's client and owner.
    Credit(Listed<'a, kind::Invoice, InvoiceDoc>, Dated<CreditDoc>),
    /// A credit note without an invoice.
    Free(Listed<'a, kind::CreditNote, CreditNoteDoc>),
}

/// An invoice, or a credit note.
#[derive(Debug, Clone)]
pub struct Sale<'a> {
    paper: Paper<'a>,
    parts: Vec<Part>,
}

/// One line of a sale; negative for a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What was sold.
    pub item: Option<Sym<kind::Item>>,
    /// How many units.
    pub qty: Decimal,
    /// The amount without tax, in the document's currency.
    pub net: Decimal,
    /// The tax on it, in the document's currency.
    pub tax: Decimal,
}

impl<'a> Sale<'a> {
    fn of(paper: Paper<'a>, parts: &[CreditPart]) -> Sale<'a> {
        let line = |p: &CreditPart| Part { item: p.item, qty: -p.qty, net: -p.net, tax: -p.tax };
        Sale { paper, parts: parts.iter().map(line).collect() }
    }
    fn of_lines(trade: &Trade, paper: Paper<'a>, document: &Document, sign: Decimal) -> Sale<'a> {
        let lines = trade.lines(document.lines);
        let parts = lines.map(|l| Part {
            item: l.item,
            qty: l.qty.get() * sign,
            net: l.net.get() * sign,
            tax: l.tax.get() * sign,
        });
        Sale { paper, parts: parts.collect() }
    }
    /// Whether it is an invoice.
    #[must_use]
    pub const fn is_invoice(&self) -> bool {
        matches!(self.paper, Paper::Invoice(_))
    }
    /// Whether it is a purchase: an invoice above zero. A sample is none.
    #[must_use]
    pub fn is_purchase(&self) -> bool {
        matches!(&self.paper, Paper::Invoice(invoice) if invoice.doc.is_purchase())
    }
    /// Its business date.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self.paper {
            Paper::Invoice(invoice) => invoice.at,
            Paper::Credit(_, credit) => credit.at,
            Paper::Free(note) => note.at,
        }
    }
    /// Its position.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self.paper {
            Paper::Invoice(invoice) => invoice.position,
            Paper::Credit(_, credit) => credit.position,
            Paper::Free(note) => note.position,
        }
    }
    /// The invoice and the credit, if it is a credit note of an invoice.
    pub(crate) const fn credited(
        &self,
    ) -> Option<(Listed<'a, kind::Invoice, InvoiceDoc>, Dated<CreditDoc>)> {
        match self.paper {
            Paper::Credit(invoice, credit) => Some((invoice, credit)),
            Paper::Invoice(_) | Paper::Free(_) => None,
        }
    }
    /// The document whose client and owner are its own: itself, or the invoice it takes back; date
    /// and position of that.
    #[must_use]
    pub const fn home(&self) -> (Timestamp, Position) {
        match self.paper {
            Paper::Invoice(invoice) | Paper::Credit(invoice, _) => (invoice.at, invoice.position),
            Paper::Free(note) => (note.at, note.position),
        }
    }
    /// The same document, to be put in a group.
    pub(crate) fn subject(&self) -> Subject {
        match self.paper {
            Paper::Invoice(invoice) | Paper::Credit(invoice, _) => Subject::invoice(invoice),
            Paper::Free(note) => Subject::credit_note(note),
        }
    }
    /// Party, owner, currency and lines of the same document.
    #[must_use]
    pub const fn document(&self) -> &Document {
        match &self.paper {
            Paper::Invoice(invoice) | Paper::Credit(invoice, _) => &invoice.doc.document,
            Paper::Free(note) => &note.doc.document,
        }
    }
    /// The order the same document is about.
    #[must_use]
    pub const fn order(&self) -> Option<Sym<kind::Order>> {
        match self.paper {
            Paper::Invoice(invoice) | Paper::Credit(invoice, _) => invoice.doc.order,
            Paper::Free(note) => note.doc.order,
        }
    }
    /// Its currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.document().currency
    }
    /// Its lines.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
    /// With tax; negative for a credit note.
    #[must_use]
    pub fn total(&self) -> Decimal {
        match self.paper {
            Paper::Invoice(invoice) => invoice.doc.total.get(),
            Paper::Credit(_, credit) => -credit.what.total.get(),
            Paper::Free(note) => -note.doc.total.get(),
        }
    }
    /// Without tax; negative for a credit note.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.parts.iter().map(|p| p.net).sum()
    }
}

/// Every invoice and credit note of an interval that counts, in replay order; what was brought
/// forward is no sale of these books.
#[must_use]
pub fn of<'a>(trade: &'a Trade, lens: Lens<'a>, within: &Range<Timestamp>) -> Vec<Sale<'a>> {
    let mut sales = Vec::new();
    let credited = trade.credited_within(within, lens.side);
    for invoice in trade.invoices(lens).filter(|invoice| !invoice.doc.begun.is_before()) {
        if within.contains(&invoice.at) {
            sales.push(Sale::of_lines(
                trade,
                Paper::Invoice(invoice),
                &invoice.doc.document,
                Decimal::ONE,
            ));
        }
        // What a credit takes back follows from all before it, those outside the interval too.
        if credited.has(invoice.sym) {
            let taken = trade
                .credits_taken(invoice.sym, lens)
                .into_iter()
                .filter(|(credit, _)| within.contains(&credit.at));
            sales.extend(
                taken.map(|(credit, parts)| Sale::of(Paper::Credit(invoice, credit), &parts)),
            );
        }
    }
    let free = trade.free_credits(lens).filter(|note| within.contains(&note.at));
    sales.extend(free.map(|note| {
        Sale::of_lines(trade, Paper::Free(note), &note.doc.document, Decimal::NEGATIVE_ONE)
    }));
    sales.sort_by_key(|s| (s.at(), s.position()));
    sales
}
