//! What is on order with suppliers. Invariant: what is expected is what was ordered minus what its
//! receipts brought, never below zero, and nothing once the order is closed.

use rust_decimal::Decimal;
use sijil_schemas::{
    Line, PurchaseOrderPlaced, Record,
    id::{EntityRef, kind},
    money::Currency,
    time::Date,
};

use super::{Moved, Stock, each, note};
use crate::{
    cells,
    cells::Run,
    chain::Chain,
    cut::{Dated, Lens, Side},
    ids::Sym,
    words::Word,
};

cells! {
    /// A line of a purchase order.
    pub struct PurchaseLine {
        /// What; `None` for what is no item.
        pub item: Option<Sym<kind::Item>>,
        /// How many.
        pub qty: Decimal,
        /// The amount without tax, in the document's currency.
        pub net: Decimal,
        /// The tax on it, in the document's currency.
        pub tax: Decimal,
    }
}

cells! {
    /// One of the company's own fields.
    pub struct Attribute {
        /// Its key.
        pub key: Sym<Word>,
        /// What it says.
        pub text: Sym<Word>,
    }
}

cells! {
    /// A purchase order as it was placed.
    pub struct Placed {
        /// From whom.
        pub supplier: Sym<kind::Counterparty>,
        /// The currency of the lines.
        pub currency: Currency,
        /// What was ordered.
        pub lines: Run<PurchaseLine>,
        /// The day it is expected.
        pub expected_on: Option<Date>,
        /// Where it shall come in: the first warehouse among its refs.
        pub warehouse: Option<Sym<kind::Warehouse>>,
        /// The company's own fields.
        pub attributes: Run<Attribute>,
    }
}

/// What a receipt brought of a purchase order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// What.
    pub item: Sym<kind::Item>,
    /// How many.
    pub qty: Decimal,
    /// How many more came and were sent back at once.
    pub rejected: Decimal,
}

/// A purchase order and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Purchase<'a> {
    stock: &'a Stock,
    order: Option<Sym<kind::PurchaseOrder>>,
}

impl<'a> Purchase<'a> {
    /// The order, if it counts; at most one opening does.
    #[must_use]
    pub fn order(self, lens: Lens<'a>) -> Option<Dated<Placed>> {
        self.stock.purchases.of_any(self.order).last(lens)
    }
    /// Its closings: what has not come by then is expected no more.
    #[must_use]
    pub const fn closed(self) -> Chain<'a, kind::PurchaseOrder, ()> {
        self.stock.closed.of_any(self.order)
    }
    /// Its receipts.
    #[must_use]
    pub const fn receipts(self) -> Chain<'a, kind::PurchaseOrder, u32> {
        self.stock.arrivals.of_any(self.order)
    }
    /// What its receipts brought that count, in replay order.
    pub fn arrived(self, lens: Lens<'a>) -> impl Iterator<Item = Dated<Arrived>> + 'a {
        self.receipts().counting(lens).filter_map(move |fact| {
            let Moved::Received { receipt, qty, .. } = self.stock.moves.at(fact.what).what.what
            else {
                return None;
            };
            let what = Arrived {
                item: self.stock.moves.subject(fact.what),
                qty,
                rejected: self.stock.rejected(receipt, fact, lens.side),
            };
            Some(Dated { at: fact.at, position: fact.position, what })
        })
    }
}

impl Stock {
    pub(super) fn place(&self, record: &Record, e: &PurchaseOrderPlaced) {
        let (position, purchase) = (record.position, self.ids.sym(&e.purchase_order));
        let items = e.lines.iter().filter_map(|line| self.any(line.item.as_ref()));
        for item in items {
            note(&self.purchases_of_items, item.number(), position, purchase.number());
        }
        let line = |line: &Line| PurchaseLine {
            item: self.any(line.item.as_ref()),
            qty: line.qty.get(),
            net: line.net.get(),
            tax: line.tax.get(),
        };
        let word = |text: &str| self.words.intern(text, position);
        let attributes = e.attributes.iter();
        let attributes = attributes
            .map(|(key, text)| Attribute { key: word(key.as_str()), text: word(text.as_str()) });
        let warehouse = e.refs.iter().find_map(EntityRef::typed::<kind::Warehouse>);
        let placed = Placed {
            supplier: self.ids.sym(&e.supplier),
            currency: e.currency,
            lines: self.purchase_lines.extend(position, e.lines.iter().map(line)),
            expected_on: e.expected_on,
            warehouse: self.any(warehouse.as_ref()),
            attributes: self.attributes.extend(position, attributes),
        };
        self.purchases.push(purchase, Dated::of(record, placed));
    }
    /// How many more came with an opening of a receipt and were sent back at once, by the company's
    /// own field `rejected`.
    #[must_use]
    pub fn rejected<T>(
        &self,
        receipt: Sym<kind::Receipt>,
        opening: Dated<T>,
        side: Side,
    ) -> Decimal {
        let said = self.rejected.of(receipt).at(opening.order(), side).next();
        said.map_or(Decimal::ZERO, |rejected| rejected.what)
    }
    /// Every purchase order with its id, in order of the ids.
    #[must_use]
    pub fn purchases(&self) -> Vec<(&str, Purchase<'_>)> {
        let all = self.ids.syms().map(|order| (self.ids.name(order), self.purchase(Some(order))));
        let mut all: Vec<_> = all.collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }
    /// Every purchase order that counts, in order of the log.
    pub fn placed<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Dated<Placed>> + 'a {
        self.purchases.counting(lens).map(|(_, _, placed)| placed)
    }
    /// A purchase order; one without openings if no record names it.
    #[must_use]
    pub const fn purchase(&self, order: Option<Sym<kind::PurchaseOrder>>) -> Purchase<'_> {
        Purchase { stock: self, order }
    }
    /// The purchase orders of an item, in order of first appearance.
    pub fn purchases_of(
        &self,
        item: Sym<kind::Item>,
        side: Side,
    ) -> impl Iterator<Item = Purchase<'_>> {
        let all = each(self.purchases_of_items.back(item.number(), side));
        all.into_iter().map(|order| self.purchase(Some(order)))
    }
    /// The lines of a purchase order, in order.
    pub fn purchase_lines(
        &self,
        placed: &Placed,
    ) -> impl DoubleEndedIterator<Item = PurchaseLine> + ExactSizeIterator {
        self.purchase_lines.of(placed.lines)
    }
    /// The company's own fields on a purchase order: (key, text), in order of the keys.
    pub fn attributes(&self, placed: &Placed) -> impl Iterator<Item = (&str, &str)> {
        let all = self.attributes.of(placed.attributes);
        all.map(|field| (self.word(field.key), self.word(field.text)))
    }
}
