//! What trade documents say, with ids as numbers. Invariant: each is what one event said, never
//! changed afterwards.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    GoodsLine, Instalment, LimitMode, LimitMost, LimitOf, LimitScope, Line,
    id::{ClientId, CounterpartyId, EmployeeId, EntityRef, Key, kind},
    money::{Amount, Currency, Money, Quantity},
    text::Attributes,
    time::{Date, Period},
};

use super::Trade;
use crate::table::Sym;

/// Whom a document names. Whose client it is in the end only [`crate::clients::Resolver`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The client it names.
    pub client: Option<Sym<kind::Client>>,
    /// The legal entity it names.
    pub counterparty: Option<Sym<kind::Counterparty>>,
}

/// A line of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentLine {
    /// Its key within the document.
    pub key: Key,
    /// The item, if the line is of one.
    pub item: Option<Sym<kind::Item>>,
    /// How many units.
    pub qty: Quantity,
    /// The price of one unit.
    pub price: Amount,
    /// The amount without tax, in the document's currency.
    pub net: Amount,
    /// The tax on it, in the document's currency.
    pub tax: Amount,
}

/// What orders, invoices and bills have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Whom it concerns.
    pub party: Party,
    /// For whom it counts.
    pub owner: Option<Sym<kind::Employee>>,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Its lines.
    pub lines: Vec<DocumentLine>,
    /// The company's own fields on it.
    pub attributes: Vec<(Key, String)>,
}

impl Document {
    /// The sum of the lines, without tax.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.lines.iter().map(|l| l.net.get()).sum()
    }
    /// The tax of the lines.
    #[must_use]
    pub fn tax(&self) -> Decimal {
        self.lines.iter().map(|l| l.tax.get()).sum()
    }
    /// The value of one of the company's own fields.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.iter().find(|(k, _)| k.as_str() == key).map(|(_, v)| v.as_str())
    }
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDoc {
    /// The members all documents share: party, owner, currency and lines.
    pub document: Document,
    /// The day it was promised for.
    pub promised_on: Option<Date>,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDoc {
    /// The members all documents share: party, owner, currency and lines.
    pub document: Document,
    /// The order it charges.
    pub order: Option<Sym<kind::Order>>,
    /// The amount with tax, in the document's currency.
    pub total: Amount,
    /// When its parts are due, the earliest first; the parts sum to the total.
    pub due: Vec<(Date, Amount)>,
}

impl InvoiceDoc {
    /// Whether it is a purchase: above zero. A sample is none.
    #[must_use]
    pub fn is_purchase(&self) -> bool {
        self.total.get() > Decimal::ZERO
    }
}

/// A supplier's invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillDoc {
    /// Party (the supplier), currency, lines.
    pub document: Document,
    /// The amount with tax, in the document's currency.
    pub total: Amount,
    /// When its parts are due, the earliest first.
    pub due: Vec<(Date, Amount)>,
}

/// A reduction of an invoice or bill, in its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditDoc {
    /// The credit note or bill credit.
    pub id: EntityRef,
    /// What is taken back; empty if only a total is.
    pub lines: Vec<DocumentLine>,
    /// The amount with tax, in the document's currency.
    pub total: Amount,
}

/// A credit note without an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteDoc {
    /// The members all documents share: party, owner, currency and lines.
    pub document: Document,
    /// The order it is about.
    pub order: Option<Sym<kind::Order>>,
    /// The amount with tax, in the document's currency.
    pub total: Amount,
}

/// A part of a payment that was kept back on the way: where it went, and how much.
pub type Deducted = (Sym<kind::Account>, Amount);

/// A payment that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// From whom.
    pub party: Party,
    /// How much.
    pub amount: Amount,
    /// Of which currency.
    pub currency: Currency,
    /// Where it came in.
    pub bank: Sym<kind::BankAccount>,
    /// What it is for; empty if nobody said.
    pub purposes: Vec<(Key, Amount)>,
    /// What was kept back; it settles like the money that came in.
    pub deductions: Vec<Deducted>,
}

/// A payment that went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// To whom.
    pub counterparty: Sym<kind::Counterparty>,
    /// How much.
    pub amount: Amount,
    /// Of which currency.
    pub currency: Currency,
    /// From where it went out.
    pub bank: Sym<kind::BankAccount>,
    /// What it is for.
    pub purposes: Vec<(Key, Amount)>,
    /// What was kept back; it settles like the money that went out.
    pub deductions: Vec<Deducted>,
}

/// The sum of what was kept back of a payment.
#[must_use]
pub fn deducted(deductions: &[Deducted]) -> Decimal {
    deductions.iter().map(|(_, amount)| amount.get()).sum()
}

/// What can be put against a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Means {
    /// Money that a payment brought.
    Payment(Sym<kind::Payment>),
    /// A free credit note.
    CreditNote(Sym<kind::CreditNote>),
}

/// What became of a payment, or of a free credit note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentChange {
    /// Part of it was put against an invoice.
    Allocated(Sym<kind::Invoice>, Amount),
    /// Part of it was taken from an invoice.
    Unallocated(Sym<kind::Invoice>, Amount),
    /// Part of it was paid back.
    Refunded(Amount),
    /// It turned out not to be a payment.
    Reversed,
    /// Part of a payment made was put against a bill.
    PutAgainst(Sym<kind::Bill>, Amount),
    /// Part of a free credit note was paid out from a bank account.
    PaidOut(Amount, Sym<kind::BankAccount>),
}

/// What settled an invoice, besides credit notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// Part of a payment or free credit note was put against it.
    Allocated(Means, Amount),
    /// Part of a payment or free credit note was taken from it.
    Unallocated(Means, Amount),
    /// Part of it was given up.
    WrittenOff(Amount),
}

/// Part of a payment made that was put against a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillPart {
    /// Which payment.
    pub payment: Sym<kind::Payment>,
    /// How much.
    pub amount: Amount,
}

/// A line of a bank statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Whose statement.
    pub bank: Sym<kind::BankAccount>,
    /// How much; negative if it went out.
    pub amount: Money,
}

/// So many of an item, sent or sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goods {
    /// The order's line, if it is named.
    pub line: Option<Key>,
    /// What.
    pub item: Sym<kind::Item>,
    /// How many units.
    pub qty: Quantity,
}

/// A limit on what is shipped or sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitDoc {
    /// Whom it binds.
    pub scope: LimitScope,
    /// What it counts.
    pub of: LimitOf,
    /// When.
    pub period: Period,
    /// How much is allowed.
    pub most: LimitMost,
    /// What happens above it.
    pub mode: LimitMode,
}

impl Trade {
    pub(super) fn party(
        &mut self,
        client: Option<&ClientId>,
        counterparty: Option<&CounterpartyId>,
    ) -> Party {
        Party {
            client: client.map(|c| self.clients.intern(c)),
            counterparty: counterparty.map(|c| self.counterparties.intern(c)),
        }
    }
    pub(super) fn document(
        &mut self,
        party: Party,
        owner: Option<&EmployeeId>,
        currency: Currency,
        lines: &[Line],
        attributes: &Attributes,
    ) -> Document {
        let attributes =
            attributes.iter().map(|(k, v)| (k.clone(), v.as_str().to_owned())).collect();
        Document {
            party,
            owner: owner.map(|o| self.employees.intern(o)),
            currency,
            lines: self.document_lines(lines),
            attributes,
        }
    }
    pub(super) fn document_lines(&mut self, lines: &[Line]) -> Vec<DocumentLine> {
        let mut line = |l: &Line| DocumentLine {
            key: l.line.clone(),
            item: l.item.as_ref().map(|i| self.items.intern(i)),
            qty: l.qty,
            price: l.price,
            net: l.net,
            tax: l.tax,
        };
        lines.iter().map(&mut line).collect()
    }
    pub(super) fn goods(&mut self, lines: &[GoodsLine]) -> Vec<Goods> {
        lines
            .iter()
            .map(|l| Goods { line: l.line.clone(), item: self.items.intern(&l.item), qty: l.qty })
            .collect()
    }
}

/// When the parts of a total are due, the earliest first.
pub(super) fn due(
    on: Option<Date>,
    instalments: &[Instalment],
    total: Amount,
) -> Vec<(Date, Amount)> {
    let mut due: Vec<(Date, Amount)> = on
        .map(|on| (on, total))
        .into_iter()
        .chain(instalments.iter().map(|i| (i.due_on, i.amount)))
        .collect();
    due.sort_by_key(|(on, _)| *on);
    due
}
