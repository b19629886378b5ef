//! The documents that count. Invariant: whether one does is the lens' word alone.

use std::ops::Range;

use sijil_schemas::{
    Position,
    id::{Entity, EntityRef, Kind, kind},
    money::Currency,
    time::Timestamp,
};

use super::{
    BillDoc, CreditDoc, CreditNoteDoc, Imported, InvoiceDoc, Means, OrderDoc, Outgoing,
    PaymentChange, Receipt, Settlement, Trade, TransferDoc,
};
use crate::{
    cells::Cells,
    column::Column,
    cut::{Dated, Lens, Side},
    grouped::Marked,
    ids::Sym,
};

/// A place in replay order.
type Place = (Timestamp, Position);

/// What a document said at a place.
fn said<K, D: Cells>(column: &Column<K, D>, sym: Sym<K>, at: Place, side: Side) -> Option<D> {
    column.of(sym).at(at, side).next().map(|fact| fact.what)
}

/// A document that counts, with where it comes from.
#[derive(Debug, Clone, Copy)]
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
    pub doc: D,
}

impl<K, D> Listed<'_, K, D> {
    /// The order for replay: business time, then position.
    pub const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

impl Trade {
    /// A document that counts.
    pub(super) fn listed<K: Entity, D: Cells>(
        &self,
        sym: Sym<K>,
        fact: Dated<D>,
    ) -> Listed<'_, K, D> {
        let (id, doc) = (self.ids.name(sym), fact.what);
        Listed { sym, id, at: fact.at, position: fact.position, doc }
    }
    /// The last document of an entity that counts.
    pub(super) fn last<'a, K: Entity, D: Cells>(
        &'a self,
        column: &'a Column<K, D>,
        sym: Option<Sym<K>>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, K, D>> {
        let sym = sym?;
        column.of(sym).last(lens).map(|fact| self.listed(sym, fact))
    }
    /// Every document of a column that counts; of several of one entity the last. In order of
    /// position.
    pub(super) fn all<'a, K: Entity, D: Cells>(
        &'a self,
        column: &'a Column<K, D>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, K, D>> + 'a {
        column
            .counting(lens)
            .filter(move |(_, sym, fact)| {
                // Nearly all were issued once.
                let chain = column.of(*sym);
                !chain.is_many(lens.side)
                    || chain.last(lens).is_some_and(|last| last.order() == fact.order())
            })
            .map(|(_, sym, fact)| self.listed(sym, fact))
    }

    /// Every invoice that counts, in order of position.
    pub fn invoices<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Invoice, InvoiceDoc>> + 'a {
        self.all(&self.issued, lens)
    }
    /// One invoice, if it counts.
    #[must_use]
    pub fn invoice<'a>(
        &'a self,
        sym: Sym<kind::Invoice>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Invoice, InvoiceDoc>> {
        self.last(&self.issued, Some(sym), lens)
    }
    /// The number of an invoice's id.
    #[must_use]
    pub fn invoice_sym(&self, id: &str) -> Option<Sym<kind::Invoice>> {
        self.ids.find(id)
    }
    /// The credit notes of an invoice that count, in replay order.
    pub fn credit_notes<'a>(
        &'a self,
        invoice: Sym<kind::Invoice>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<CreditDoc>> + 'a {
        self.credits.of(invoice).counting(lens)
    }
    /// The invoices of which a credit note, counting or not, is of an interval.
    #[must_use]
    pub fn credited_within(&self, within: &Range<Timestamp>, side: Side) -> Marked<kind::Invoice> {
        self.credits.subjects_within(within, side)
    }
    /// Every order that counts, in order of position.
    pub fn orders<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Order, OrderDoc>> + 'a {
        self.all(&self.placed, lens)
    }
    /// Whether any order or invoice has one of the company's own fields.
    #[must_use]
    pub fn any_attribute(&self, key: &str, lens: Lens<'_>) -> bool {
        let Some(key) = self.words.find(key) else { return false };
        let of_order =
            self.orders(lens).any(|order| self.attribute(&order.doc.document, key).is_some());
        of_order
            || self
                .invoices(lens)
                .any(|invoice| self.attribute(&invoice.doc.document, key).is_some())
    }
    /// One order by its id, if it counts.
    #[must_use]
    pub fn order<'a>(
        &'a self,
        id: &str,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Order, OrderDoc>> {
        self.last(&self.placed, self.ids.find(id), lens)
    }
    /// One order by its number, if it counts.
    #[must_use]
    pub fn order_at<'a>(
        &'a self,
        order: Sym<kind::Order>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Order, OrderDoc>> {
        self.last(&self.placed, Some(order), lens)
    }
    /// The id of an order's number.
    #[must_use]
    pub fn order_id(&self, order: Sym<kind::Order>) -> &str {
        self.ids.name(order)
    }
    /// The id of the order a shipment belongs to, if the shipment counts.
    #[must_use]
    pub fn order_of_shipment<'a>(&'a self, shipment: &str, lens: Lens<'a>) -> Option<&'a str> {
        let sent = self.dispatched.of_any(self.ids.find(shipment)).last(lens)?;
        Some(self.ids.name(sent.what.order))
    }
    /// Every payment received that counts, in order of position.
    pub fn payments<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Payment, Receipt>> + 'a {
        self.all(&self.received, lens)
    }
    /// The same of those that came in or were changed in an interval, whether that counts or not:
    /// of the others nothing moved then.
    pub fn payments_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Listed<'a, kind::Payment, Receipt>> + 'a {
        let received = self.received.subjects_within(&within, lens.side);
        let changed = self.changes.subjects_within(&within, lens.side);
        self.payments(lens)
            .filter(move |payment| received.has(payment.sym) || changed.has(payment.sym))
    }
    /// One payment received, if it counts.
    #[must_use]
    pub fn payment<'a>(
        &'a self,
        sym: Sym<kind::Payment>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Payment, Receipt>> {
        self.last(&self.received, Some(sym), lens)
    }
    /// The id of a payment's number.
    #[must_use]
    pub fn payment_id(&self, payment: Sym<kind::Payment>) -> &str {
        self.ids.name(payment)
    }
    /// What an invoice said at a place in replay order, whether it counts or not.
    #[must_use]
    pub fn invoice_at(&self, sym: Sym<kind::Invoice>, at: Place, side: Side) -> Option<InvoiceDoc> {
        said(&self.issued, sym, at, side)
    }
    /// What a credit note of an invoice said at a place, whether it counts or not.
    #[must_use]
    pub fn credit_at(&self, sym: Sym<kind::Invoice>, at: Place, side: Side) -> Option<CreditDoc> {
        said(&self.credits, sym, at, side)
    }
    /// What a free credit note said at a place, whether it counts or not.
    #[must_use]
    pub fn note_at(
        &self,
        sym: Sym<kind::CreditNote>,
        at: Place,
        side: Side,
    ) -> Option<CreditNoteDoc> {
        said(&self.notes, sym, at, side)
    }
    /// What a payment received said at a place, whether it counts or not.
    #[must_use]
    pub fn receipt_at(&self, sym: Sym<kind::Payment>, at: Place, side: Side) -> Option<Receipt> {
        said(&self.received, sym, at, side)
    }
    /// What a payment made said at a place, whether it counts or not.
    #[must_use]
    pub fn outgoing_at(&self, sym: Sym<kind::Payment>, at: Place, side: Side) -> Option<Outgoing> {
        said(&self.made, sym, at, side)
    }
    /// What a supplier's invoice said at a place, whether it counts or not.
    #[must_use]
    pub fn bill_said_at(&self, sym: Sym<kind::Bill>, at: Place, side: Side) -> Option<BillDoc> {
        said(&self.billed, sym, at, side)
    }
    /// What a credit of a supplier said at a place, whether it counts or not.
    #[must_use]
    pub fn bill_credit_at(&self, sym: Sym<kind::Bill>, at: Place, side: Side) -> Option<CreditDoc> {
        said(&self.bill_credits, sym, at, side)
    }
    /// What a transfer said at a place, whether it counts or not.
    #[must_use]
    pub fn transfer_at(
        &self,
        sym: Sym<kind::FundsTransfer>,
        at: Place,
        side: Side,
    ) -> Option<TransferDoc> {
        said(&self.transfers, sym, at, side)
    }
    /// The currency of an invoice, as known, of several the last in the log; `None` if none was
    /// issued.
    #[must_use]
    pub fn invoice_currency(&self, sym: Sym<kind::Invoice>, lens: Lens<'_>) -> Option<Currency> {
        let issued = self.issued.of(sym).known(lens).max_by_key(|fact| fact.position);
        issued.map(|fact| fact.what.document.currency)
    }
    /// The currency of a supplier's invoice, as known, of several the last in the log; `None` if
    /// none came.
    #[must_use]
    pub fn bill_currency(&self, sym: Sym<kind::Bill>, lens: Lens<'_>) -> Option<Currency> {
        let billed = self.billed.of(sym).known(lens).max_by_key(|fact| fact.position);
        billed.map(|fact| fact.what.document.currency)
    }
    /// One line of a bank statement by its id, if it counts.
    #[must_use]
    pub fn statement_line<'a>(
        &'a self,
        id: &str,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::StatementLine, Imported>> {
        self.last(&self.imported, self.ids.find(id), lens)
    }
    /// One line of a bank statement, if it counts.
    #[must_use]
    pub fn statement_line_at<'a>(
        &'a self,
        sym: Sym<kind::StatementLine>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::StatementLine, Imported>> {
        self.last(&self.imported, Some(sym), lens)
    }
    /// The number of a payment's id.
    #[must_use]
    pub fn payment_sym(&self, id: &str) -> Option<Sym<kind::Payment>> {
        self.ids.find(id)
    }
    /// Every payment made that counts, in order of position.
    pub fn payments_made<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Payment, Outgoing>> + 'a {
        self.all(&self.made, lens)
    }
    /// One payment made, if it counts.
    #[must_use]
    pub fn payment_made<'a>(
        &'a self,
        sym: Sym<kind::Payment>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Payment, Outgoing>> {
        self.last(&self.made, Some(sym), lens)
    }
    /// Every supplier's invoice that counts, in order of position.
    pub fn bills<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Bill, BillDoc>> + 'a {
        self.all(&self.billed, lens)
    }
    /// One supplier's invoice by its id, if it counts.
    #[must_use]
    pub fn bill<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<Listed<'a, kind::Bill, BillDoc>> {
        self.last(&self.billed, self.ids.find(id), lens)
    }
    /// One supplier's invoice by its number, if it counts.
    #[must_use]
    pub fn bill_at<'a>(
        &'a self,
        sym: Sym<kind::Bill>,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Bill, BillDoc>> {
        self.last(&self.billed, Some(sym), lens)
    }
    /// The credits of a supplier's invoice that count, in replay order.
    pub fn bill_credits<'a>(
        &'a self,
        bill: Sym<kind::Bill>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<CreditDoc>> + 'a {
        self.bill_credits.of(bill).counting(lens)
    }
    /// Every line of a bank statement that counts, in order of position.
    pub fn statement_lines<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::StatementLine, Imported>> + 'a {
        self.all(&self.imported, lens)
    }
    /// The id of a transfer's number.
    #[must_use]
    pub fn transfer_id(&self, transfer: Sym<kind::FundsTransfer>) -> &str {
        self.ids.name(transfer)
    }
    /// The id of a bank account's number.
    #[must_use]
    pub fn bank(&self, bank: Sym<kind::BankAccount>) -> &str {
        self.ids.name(bank)
    }
    /// The path of an account's number.
    #[must_use]
    pub fn account_id(&self, account: Sym<kind::Account>) -> &str {
        self.ids.name(account)
    }
    /// The currency of a bank account, as known.
    #[must_use]
    pub fn bank_currency(&self, bank: &str, lens: Lens<'_>) -> Option<Currency> {
        self.banks.of_any(self.ids.find(bank)).newest_known(lens).map(|fact| fact.what)
    }
    /// The group of an item (its attribute `group`), as known.
    #[must_use]
    pub fn item_group(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Option<&str> {
        self.groups.of(item).newest_known(lens)?.what.map(|group| self.words.text(group))
    }
    /// The invoices and bills a payment or credit note was ever put against, or takes back, whether
    /// that counts or not.
    #[must_use]
    pub fn paid_with(&self, means: &EntityRef, side: Side) -> Vec<EntityRef> {
        let (payment, note) = match means.kind {
            Kind::Payment => (self.ids.find(means.id()), None),
            Kind::CreditNote => (None, self.ids.find(means.id())),
            _ => return Vec::new(),
        };
        let changes = self.changes.of_any(payment).all(side);
        let changes = changes.chain(self.note_changes.of_any(note).all(side));
        let document = |change: Dated<PaymentChange>| match change.what {
            PaymentChange::Allocated { invoice, .. }
            | PaymentChange::Unallocated { invoice, .. } => Some(invoice.into()),
            PaymentChange::PutAgainst { bill, .. } | PaymentChange::TakenFrom { bill, .. } => {
                Some(bill.into())
            }
            PaymentChange::Refunded { .. }
            | PaymentChange::PaidOut { .. }
            | PaymentChange::Reversed => None,
        };
        let credited = self.credited.of_any(note).all(side).map(|fact| fact.what.into());
        let all = changes.filter_map(document).chain(credited);
        all.map(|entity| self.ids.entity_of(entity)).collect()
    }
    /// The payments, credit notes and set-offs that were ever put against an invoice or a bill, or
    /// take it back, whether that counts or not.
    #[must_use]
    pub fn paid_by(&self, document: &EntityRef, side: Side) -> Vec<EntityRef> {
        let (invoice, bill) = match document.kind {
            Kind::Invoice => (self.ids.find(document.id()), None),
            Kind::Bill => (None, self.ids.find(document.id())),
            _ => return Vec::new(),
        };
        let settled = self.settled.of_any(invoice).all(side);
        let settled = settled.chain(self.bills_settled.of_any(bill).all(side));
        let means = settled.filter_map(|part| match part.what {
            Settlement::Allocated { means, .. } | Settlement::Unallocated { means, .. } => {
                Some(means)
            }
            Settlement::WrittenOff { .. } => None,
        });
        let credits = self.credits.of_any(invoice).all(side).map(|credit| credit.what.id);
        let all = means.map(Into::into).chain(credits);
        all.map(|entity| self.ids.entity_of(entity)).collect()
    }
    /// A payment, credit note or set-off as an entity.
    #[must_use]
    pub fn means(&self, means: Means) -> EntityRef {
        self.ids.entity_of(means.into())
    }
    /// The orders a shipment was ever said to be for, whether that counts or not.
    #[must_use]
    pub fn orders_sent(&self, shipment: &str, side: Side) -> Vec<EntityRef> {
        let sent = self.dispatched.of_any(self.ids.find(shipment)).all(side);
        sent.map(|fact| self.ids.entity_of(fact.what.order.into())).collect()
    }
}
