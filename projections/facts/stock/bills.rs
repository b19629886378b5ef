//! Bills of goods, as far as they say what goods cost. Invariant: each item is told of every bill
//! that may bill it, by its own lines or by those that name its receipts.

use rust_decimal::Decimal;
use sijil_schemas::{
    BillCredited, BillLine, BillReceived, Record,
    id::{EntityRef, kind},
    money::{Currency, Money},
};

use super::{Move, Moved, Stock, each, note};
use crate::{
    cells,
    cells::Run,
    chain::Chain,
    cut::{Dated, Side},
    ids::{EntitySym, Sym},
    words::Word,
};

cells! {
    /// A line of a bill or of a credit of one.
    pub struct ChargeLine {
        /// Its key within the document.
        pub key: Sym<Word>,
        /// What it bills.
        pub item: Option<Sym<kind::Item>>,
        /// The receipt it names.
        pub receipt: Option<Sym<kind::Receipt>>,
        /// How many units.
        pub qty: Decimal,
        /// The amount without tax, in the document's currency.
        pub net: Decimal,
        /// The tax on it, in the document's currency.
        pub tax: Decimal,
    }
}

cells! {
    /// What a bill or a credit of one says.
    pub struct Charge {
        /// The bill or the credit.
        pub document: EntitySym,
        /// What it refers to.
        pub refs: Run<EntitySym>,
        /// The currency of its amounts.
        pub currency: Currency,
        /// The amount with tax, in the document's currency.
        pub total: Decimal,
        /// Its lines; a credit may have none.
        pub lines: Run<ChargeLine>,
    }
}

impl Charge {
    /// The same as what brings out what goods cost.
    #[must_use]
    pub const fn moved(&self) -> Move {
        Move { refs: self.refs, what: Moved::Billed { document: self.document } }
    }
}

impl Stock {
    pub(super) fn bill(&self, record: &Record, e: &BillReceived) {
        let (position, bill) = (record.position, self.ids.sym(&e.bill));
        let charge = self.charge(record, bill.into(), &e.refs, (&e.lines, e.total));
        for line in self.charge_lines.of(charge.lines) {
            if let Some(item) = line.item {
                note(&self.bills_of_items, item.number(), position, bill.number());
            }
        }
        for receipt in self.charge_lines.of(charge.lines).filter_map(|line| line.receipt) {
            note(&self.bills_of_receipts, receipt.number(), position, bill.number());
            if let Some(item) = self.item_of_receipt(Some(receipt), Side::Decided) {
                note(&self.bills_of_items, item.number(), position, bill.number());
            }
        }
        self.bills.push(bill, Dated::of(record, charge));
    }
    pub(super) fn credit_bill(&self, record: &Record, e: &BillCredited) {
        let credit = self.ids.sym(&e.bill_credit);
        let charge = self.charge(record, credit.into(), &e.refs, (&e.lines, e.total));
        self.bill_credits.push(self.ids.sym(&e.bill), Dated::of(record, charge));
    }
    fn charge(
        &self,
        record: &Record,
        document: EntitySym,
        refs: &[EntityRef],
        (lines, total): (&[BillLine], Money),
    ) -> Charge {
        let line = |line: &BillLine| ChargeLine {
            key: self.words.intern(line.line.as_str(), record.position),
            item: self.any(line.item.as_ref()),
            receipt: self.any(line.receipt.as_ref()),
            qty: line.qty.get(),
            net: line.net.get(),
            tax: line.tax.get(),
        };
        Charge {
            document,
            refs: self.take_refs(record, refs),
            currency: total.currency,
            total: total.amount.get(),
            lines: self.charge_lines.extend(record.position, lines.iter().map(line)),
        }
    }
    /// The openings of a bill; at most one counts.
    #[must_use]
    pub const fn bill_of(&self, bill: Option<Sym<kind::Bill>>) -> Chain<'_, kind::Bill, Charge> {
        self.bills.of_any(bill)
    }
    /// What was credited of a bill.
    #[must_use]
    pub const fn bill_credits(
        &self,
        bill: Option<Sym<kind::Bill>>,
    ) -> Chain<'_, kind::Bill, Charge> {
        self.bill_credits.of_any(bill)
    }
    /// The lines of a bill or a credit, in order.
    pub fn charge_lines(
        &self,
        charge: &Charge,
    ) -> impl DoubleEndedIterator<Item = ChargeLine> + ExactSizeIterator {
        self.charge_lines.of(charge.lines)
    }
    /// The items a bill may say the cost of, whether it counts or not.
    pub fn items_of_bill(
        &self,
        bill: Option<Sym<kind::Bill>>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Item>> {
        let lines = self
            .bills
            .of_any(bill)
            .all(side)
            .flat_map(|fact| self.charge_lines.of(fact.what.lines));
        lines.flat_map(move |line| {
            let own = line.item.filter(|_| line.receipt.is_none());
            own.into_iter().chain(self.items_of_receipt(line.receipt, side))
        })
    }
    /// The bills that may bill an item, in order of first appearance.
    #[must_use]
    pub fn bills_of(&self, item: Sym<kind::Item>, side: Side) -> Vec<Sym<kind::Bill>> {
        each(self.bills_of_items.back(item.number(), side))
    }
}
