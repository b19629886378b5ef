//! Net sales: invoices less credit notes, each on its own date. Invariant: the parts of a sale sum to its net.

use std::ops::Range;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency, time::Timestamp};

use super::{CreditDoc, InvoiceDoc, Listed, Trade, settlement};
use crate::{
    cut::{Dated, Lens},
    table::Sym,
};

/// An invoice, or a credit note of one (which counts against it, for its client and owner).
#[derive(Debug, Clone, Copy)]
pub struct Sale<'a> {
    /// The invoice.
    pub invoice: Listed<'a, kind::Invoice, InvoiceDoc>,
    /// The credit note, if this is one.
    pub credit: Option<&'a Dated<CreditDoc>>,
}

/// One line of a sale; negative for a credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What was sold.
    pub item: Option<Sym<kind::Item>>,
    /// How many units.
    pub qty: Decimal,
    /// Without tax.
    pub net: Decimal,
    /// The tax.
    pub tax: Decimal,
}

impl Sale<'_> {
    /// Its business date.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.credit.map_or(self.invoice.at, |c| c.at)
    }
    /// Its position.
    #[must_use]
    pub fn position(&self) -> Position {
        self.credit.map_or(self.invoice.position, |c| c.position)
    }
    /// Its currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.invoice.doc.document.currency
    }
    /// Its lines.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        match self.credit {
            None => self.invoice.doc.document.lines.iter().map(|l| Part { item: l.item, qty: l.qty.get(), net: l.net.get(), tax: l.tax.get() }).collect(),
            Some(credit) => settlement::credit_parts(self.invoice.doc, &credit.what)
                .into_iter()
                .map(|p| Part { item: p.item, qty: -p.qty, net: -p.net, tax: -p.tax })
                .collect(),
        }
    }
    /// With tax; negative for a credit note.
    #[must_use]
    pub fn total(&self) -> Decimal {
        self.credit.map_or(self.invoice.doc.total.get(), |c| -c.what.total.get())
    }
    /// Without tax; negative for a credit note.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.parts().iter().map(|p| p.net).sum()
    }
}

/// Every invoice and credit note of an interval that counts, in replay order.
#[must_use]
pub fn of<'a>(trade: &'a Trade, lens: Lens<'a>, within: &Range<Timestamp>) -> Vec<Sale<'a>> {
    let mut sales = Vec::new();
    for invoice in trade.invoices(lens) {
        if within.contains(&invoice.at) {
            sales.push(Sale { invoice, credit: None });
        }
        sales.extend(trade.credit_notes(invoice.sym, lens).filter(|c| within.contains(&c.at)).map(|credit| Sale { invoice, credit: Some(credit) }));
    }
    sales.sort_by_key(|s| (s.at(), s.position()));
    sales
}
