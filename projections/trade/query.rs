//! The documents that count. Invariant: whether one does is the lens' word alone.

use std::ops::Range;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position, Unit,
    id::{EntityRef, Key, Kind, kind},
    money::{Amount, Currency, Money},
    time::Timestamp,
};

use super::{
    BillDoc, CreditDoc, Imported, InvoiceDoc, LimitDoc, Means, OrderDoc, Outgoing, PaymentChange,
    Receipt, Settlement, Trade,
};
use crate::{
    cut::{Dated, Facts, Lens},
    table::Sym,
};

/// A document that counts, with where it comes from.
#[derive(Debug)]
pub struct Listed<'a, K, D> {
    /// Its number.
    pub sym: Sym<K>,
    /// Its id.
    pub id: &'a str,
    /// Its business date.
    pub at: Timestamp,
    /// Its position.
    pub position: Position,
    /// What it says.
    pub doc: &'a D,
}

impl<K, D> Clone for Listed<'_, K, D>
where
    Sym<K>: Copy,
{
    fn clone(&self) -> Self {
        *self
    }
}
impl<K, D> Copy for Listed<'_, K, D> where Sym<K>: Copy {}

impl<'a, K, D> Listed<'a, K, D> {
    pub(super) fn of(sym: Sym<K>, id: &'a str, fact: &'a Dated<D>) -> Self {
        Listed { sym, id, at: fact.at, position: fact.position, doc: &fact.what }
    }
    /// The order for replay: business time, then position.
    pub const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

impl Trade {
    /// Every invoice that counts, in order of first appearance.
    pub fn invoices<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Invoice, InvoiceDoc>> + 'a {
        self.invoices.iter().filter_map(move |(sym, id, invoice)| {
            invoice.issued.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// One invoice, if it counts.
    #[must_use]
    pub fn invoice<'a>(
        &'a self,
        sym: Sym<kind::Invoice>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Invoice, InvoiceDoc>> {
        self.invoices
            .at(sym)
            .issued
            .last(lens)
            .map(|fact| Listed::of(sym, self.invoices.name(sym), fact))
    }
    /// The number of an invoice's id.
    #[must_use]
    pub fn invoice_sym(&self, id: &str) -> Option<Sym<kind::Invoice>> {
        self.invoices.sym(id)
    }
    /// The credit notes of an invoice that count, in replay order.
    pub fn credit_notes<'a>(
        &'a self,
        invoice: Sym<kind::Invoice>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<CreditDoc>> + 'a {
        self.invoices.at(invoice).credits.counting(lens)
    }
    /// Every order that counts, in order of first appearance.
    pub fn orders<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Order, OrderDoc>> + 'a {
        self.orders.iter().filter_map(move |(sym, id, order)| {
            order.placed.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// Whether any order or invoice has one of the company's own fields.
    #[must_use]
    pub fn any_attribute(&self, key: &str, lens: Lens<'_>) -> bool {
        let of_order = self.orders(lens).any(|order| order.doc.document.attribute(key).is_some());
        of_order || self.invoices(lens).any(|invoice| invoice.doc.document.attribute(key).is_some())
    }
    /// One order by its id, if it counts.
    #[must_use]
    pub fn order<'a>(
        &'a self,
        id: &str,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Order, OrderDoc>> {
        let sym = self.orders.sym(id)?;
        self.orders
            .at(sym)
            .placed
            .last(lens)
            .map(|fact| Listed::of(sym, self.orders.name(sym), fact))
    }
    /// The id of an order's number.
    #[must_use]
    pub fn order_id(&self, order: Sym<kind::Order>) -> &str {
        self.orders.name(order)
    }
    /// The id of the order a shipment belongs to, if the shipment counts.
    #[must_use]
    pub fn order_of_shipment<'a>(&'a self, shipment: &str, lens: Lens<'a>) -> Option<&'a str> {
        self.shipments
            .get(shipment)?
            .dispatched
            .last(lens)
            .map(|fact| self.orders.name(fact.what.0))
    }
    /// Every payment received that counts, in order of first appearance.
    pub fn payments<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Payment, Receipt>> + 'a {
        self.payments.iter().filter_map(move |(sym, id, payment)| {
            payment.received.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// The same of those that came in or were changed in an interval, whether that counts or not:
    /// of the others nothing moved then.
    pub fn payments_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Listed<'a, kind::Payment, Receipt>> + 'a {
        let moved = self.payments.iter().filter(move |(_, _, payment)| {
            payment.received.any_within(&within) || payment.changes.any_within(&within)
        });
        moved.filter_map(move |(sym, id, payment)| {
            payment.received.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// One payment received, if it counts.
    #[must_use]
    pub fn payment<'a>(
        &'a self,
        sym: Sym<kind::Payment>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Payment, Receipt>> {
        self.payments
            .at(sym)
            .received
            .last(lens)
            .map(|fact| Listed::of(sym, self.payments.name(sym), fact))
    }
    /// The id of a payment's number.
    #[must_use]
    pub fn payment_id(&self, payment: Sym<kind::Payment>) -> &str {
        self.payments.name(payment)
    }
    /// One line of a bank statement by its id, if it counts.
    #[must_use]
    pub fn statement_line<'a>(
        &'a self,
        id: &str,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::StatementLine, Imported>> {
        let sym = self.lines.sym(id)?;
        self.lines
            .at(sym)
            .imported
            .last(lens)
            .map(|fact| Listed::of(sym, self.lines.name(sym), fact))
    }
    /// One line of a bank statement, if it counts.
    #[must_use]
    pub fn statement_line_at<'a>(
        &'a self,
        sym: Sym<kind::StatementLine>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::StatementLine, Imported>> {
        self.lines
            .at(sym)
            .imported
            .last(lens)
            .map(|fact| Listed::of(sym, self.lines.name(sym), fact))
    }
    /// The number of a payment's id.
    #[must_use]
    pub fn payment_sym(&self, id: &str) -> Option<Sym<kind::Payment>> {
        self.payments.sym(id)
    }
    /// Every payment made that counts, in order of first appearance.
    pub fn payments_made<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Payment, Outgoing>> + 'a {
        self.payments.iter().filter_map(move |(sym, id, payment)| {
            payment.made.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// One payment made, if it counts.
    #[must_use]
    pub fn payment_made<'a>(
        &'a self,
        sym: Sym<kind::Payment>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Payment, Outgoing>> {
        self.payments
            .at(sym)
            .made
            .last(lens)
            .map(|fact| Listed::of(sym, self.payments.name(sym), fact))
    }
    /// Every supplier's invoice that counts, in order of first appearance.
    pub fn bills<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Bill, BillDoc>> + 'a {
        self.bills.iter().filter_map(move |(sym, id, bill)| {
            bill.received.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// One supplier's invoice by its id, if it counts.
    #[must_use]
    pub fn bill<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<Listed<'a, kind::Bill, BillDoc>> {
        let sym = self.bills.sym(id)?;
        self.bills
            .at(sym)
            .received
            .last(lens)
            .map(|fact| Listed::of(sym, self.bills.name(sym), fact))
    }
    /// One supplier's invoice by its number, if it counts.
    #[must_use]
    pub fn bill_at<'a>(
        &'a self,
        sym: Sym<kind::Bill>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Bill, BillDoc>> {
        self.bills
            .at(sym)
            .received
            .last(lens)
            .map(|fact| Listed::of(sym, self.bills.name(sym), fact))
    }
    /// The credits of a supplier's invoice that count, in replay order.
    pub fn bill_credits<'a>(
        &'a self,
        bill: Sym<kind::Bill>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<CreditDoc>> + 'a {
        self.bills.at(bill).credits.counting(lens)
    }
    /// Every line of a bank statement that counts, in order of first appearance.
    pub fn statement_lines<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::StatementLine, Imported>> + 'a {
        self.lines.iter().filter_map(move |(sym, id, line)| {
            line.imported.last(lens).map(|fact| Listed::of(sym, id, fact))
        })
    }
    /// The id of a transfer's number.
    #[must_use]
    pub fn transfer_id(&self, transfer: Sym<kind::FundsTransfer>) -> &str {
        self.transfers.name(transfer)
    }
    /// The id of a bank account's number.
    #[must_use]
    pub fn bank(&self, bank: Sym<kind::BankAccount>) -> &str {
        self.banks.name(bank)
    }
    /// The path of an account's number.
    #[must_use]
    pub fn account_id(&self, account: Sym<kind::Account>) -> &str {
        self.accounts.name(account)
    }
    /// The currency of a bank account, as known.
    #[must_use]
    pub fn bank_currency(&self, bank: &str, lens: Lens<'_>) -> Option<Currency> {
        last_known(self.banks.get(bank)?, lens).map(|fact| fact.what)
    }
    /// The only unit an account takes, as known; `Some(None)` if it takes any.
    #[must_use]
    pub fn account_unit(&self, account: &str, lens: Lens<'_>) -> Option<Option<&Unit>> {
        last_known(&self.accounts.get(account)?.opened, lens).map(|fact| fact.what.as_ref())
    }
    /// The units that were posted to an account, as known, each with the first posting of it.
    pub fn posted_units<'a>(
        &'a self,
        account: &str,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<&'a Unit>> + 'a {
        let posted = self.accounts.get(account).into_iter().flat_map(|a| &a.posted);
        posted.filter_map(move |(unit, facts)| {
            facts.known(lens).next().map(|first| Dated {
                at: first.at,
                position: first.position,
                what: unit,
            })
        })
    }
    /// The limits in force, as known, with their ids.
    pub fn limits<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a LimitDoc)> + 'a {
        self.limits
            .iter()
            .filter_map(move |(_, id, facts)| last_known(facts, lens).map(|fact| (id, &fact.what)))
    }
    /// The group of an item (its attribute `group`), as known.
    #[must_use]
    pub fn item_group<'a>(&'a self, item: Sym<kind::Item>, lens: Lens<'a>) -> Option<&'a str> {
        last_known(self.items.at(item), lens)?.what.as_deref()
    }
    /// The invoices and bills a payment or credit note was ever put against, or takes back, whether
    /// that counts or not.
    #[must_use]
    pub fn paid_with(&self, means: &EntityRef) -> Vec<EntityRef> {
        let note = self.credit_notes.get(means.id()).filter(|_| means.kind == Kind::CreditNote);
        let payment = self.payments.get(means.id()).filter(|_| means.kind == Kind::Payment);
        let changes = payment
            .map(|p| p.changes.all())
            .or_else(|| note.map(|n| n.changes.all()))
            .unwrap_or_default();
        let credited = note.into_iter().flat_map(|n| {
            n.of.iter().filter_map(|invoice| {
                EntityRef::new(Kind::Invoice, self.invoices.name(*invoice)).ok()
            })
        });
        let document = |change: &Dated<PaymentChange>| match change.what {
            PaymentChange::Allocated(invoice, _) | PaymentChange::Unallocated(invoice, _) => {
                EntityRef::new(Kind::Invoice, self.invoices.name(invoice)).ok()
            }
            PaymentChange::PutAgainst(bill, _) => {
                EntityRef::new(Kind::Bill, self.bills.name(bill)).ok()
            }
            PaymentChange::Refunded(_) | PaymentChange::PaidOut(..) | PaymentChange::Reversed => {
                None
            }
        };
        changes.iter().filter_map(document).chain(credited).collect()
    }
    /// The payments and credit notes that were ever put against an invoice or a bill, or take it
    /// back, whether that counts or not.
    #[must_use]
    pub fn paid_by(&self, document: &EntityRef) -> Vec<EntityRef> {
        let invoice = self
            .invoices
            .get(document.id())
            .filter(|_| document.kind == Kind::Invoice)
            .map_or(&[][..], |i| i.settled.all());
        let bill = self
            .bills
            .get(document.id())
            .filter(|_| document.kind == Kind::Bill)
            .map_or(&[][..], |b| b.settled.all());
        let of_invoice = invoice.iter().filter_map(|part| match part.what {
            Settlement::Allocated(means, _) | Settlement::Unallocated(means, _) => Some(means),
            Settlement::WrittenOff(_) => None,
        });
        let means = of_invoice.chain(bill.iter().map(|part| Means::Payment(part.what.payment)));
        let credits = self
            .invoices
            .get(document.id())
            .filter(|_| document.kind == Kind::Invoice)
            .map_or(&[][..], |i| i.credits.all());
        means
            .filter_map(|means| self.means(means).ok())
            .chain(credits.iter().map(|credit| credit.what.id.clone()))
            .collect()
    }
    /// A payment or credit note as an entity.
    pub fn means(&self, means: Means) -> Result<EntityRef, sijil_schemas::id::InvalidId> {
        match means {
            Means::Payment(payment) => EntityRef::new(Kind::Payment, self.payments.name(payment)),
            Means::CreditNote(note) => {
                EntityRef::new(Kind::CreditNote, self.credit_notes.name(note))
            }
        }
    }
    /// The orders a shipment was ever said to be for, whether that counts or not.
    #[must_use]
    pub fn orders_sent(&self, shipment: &str) -> Vec<EntityRef> {
        let sent = self.shipments.get(shipment).map_or(&[][..], |s| s.dispatched.all());
        sent.iter()
            .filter_map(|fact| EntityRef::new(Kind::Order, self.orders.name(fact.what.0)).ok())
            .collect()
    }
    /// How the parts of a payment received split by what they are for; `None` stands for what
    /// nobody said.
    #[must_use]
    pub fn purposes(receipt: &Receipt) -> Vec<(Option<&Key>, Decimal)> {
        purposes(&receipt.purposes, receipt.amount)
    }
    /// The same of a payment made.
    #[must_use]
    pub fn purposes_made(outgoing: &Outgoing) -> Vec<(Option<&Key>, Decimal)> {
        purposes(&outgoing.purposes, outgoing.amount)
    }
}

fn purposes(said: &[(Key, Amount)], whole: Amount) -> Vec<(Option<&Key>, Decimal)> {
    if said.is_empty() {
        return vec![(None, whole.get())];
    }
    said.iter().map(|(purpose, amount)| (Some(purpose), amount.get())).collect()
}

/// The last fact that is known: configuration is cut by `known_at` alone.
fn last_known<'a, T>(facts: &'a Facts<T>, lens: Lens<'_>) -> Option<&'a Dated<T>> {
    facts.newest_known(lens)
}

impl Receipt {
    /// Amount and currency together.
    #[must_use]
    pub const fn money(&self) -> Money {
        Money { amount: self.amount, currency: self.currency }
    }
}
