//! Bills of goods, as far as they say what goods cost. Invariant: each item is told of every bill
//! that may bill it, by its own lines or by those that name its receipts.

use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    BillCredited, BillLine, BillReceived, Record,
    event::Accounting,
    id::{Key, kind},
    money::{Currency, Money},
};

use super::{Move, Moved, Stock, note};
use crate::{
    cut::{Dated, Facts},
    table::Sym,
};

/// A line of a bill or of a credit of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeLine {
    /// Its key within the document.
    pub key: Key,
    /// What it bills.
    pub item: Option<Sym<kind::Item>>,
    /// The receipt it names.
    pub receipt: Option<CompactString>,
    /// How many units.
    #[serde(with = "crate::exact")]
    pub qty: Decimal,
    /// The amount without tax, in the document's currency.
    #[serde(with = "crate::exact")]
    pub net: Decimal,
    /// The tax on it, in the document's currency.
    #[serde(with = "crate::exact")]
    pub tax: Decimal,
}

/// What a bill or a credit of one says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The currency of its amounts.
    pub currency: Currency,
    /// The amount with tax, in the document's currency.
    #[serde(with = "crate::exact")]
    pub total: Decimal,
    /// Its lines; a credit may have none.
    pub lines: Box<[ChargeLine]>,
    /// Whether it is a credit.
    pub credits: bool,
}

/// A bill and its credits.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Bill {
    /// Its openings; at most one counts.
    pub(super) received: Facts<Move>,
    /// What was credited.
    pub(super) credits: Facts<Move>,
}

impl Stock {
    pub(super) fn apply_accounting(&mut self, record: &Record, event: &Accounting) {
        match event {
            Accounting::BillReceived(e) => self.bill(record, e),
            Accounting::BillCredited(e) => self.credit_bill(record, e),
            // A document is taken whole, with its parts.
            Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => (),
            Accounting::LedgerOpened(_)
            | Accounting::AccountOpened(_)
            | Accounting::BankAccountOpened(_)
            | Accounting::PaymentMade(_) => (),
            Accounting::PaymentMadeAllocated(_)
            | Accounting::FundsTransferred(_)
            | Accounting::EntryPosted(_) => (),
        }
    }
    fn bill(&mut self, record: &Record, e: &BillReceived) {
        let sym = self.bills.intern(&e.bill);
        let charge = self.charge(&e.lines, e.total, false);
        for line in &charge.lines {
            if let Some(item) = line.item {
                note(&mut self.items.at_mut(item).bills, sym);
            }
        }
        for receipt in e.lines.iter().filter_map(|line| line.receipt.as_ref()) {
            let arrival = self.receipts.entry(receipt);
            note(&mut arrival.bills, sym);
            if let Some(item) = arrival.item {
                note(&mut self.items.at_mut(item).bills, sym);
            }
        }
        let fact = Move {
            document: CompactString::new(e.bill.as_str()),
            refs: e.refs.iter().cloned().collect(),
            what: Moved::Billed(charge),
        };
        self.bills.at_mut(sym).received.insert(Dated::of(record, fact));
    }
    fn credit_bill(&mut self, record: &Record, e: &BillCredited) {
        let what = Moved::Billed(self.charge(&e.lines, e.total, true));
        let fact = Move {
            document: CompactString::new(e.bill_credit.as_str()),
            refs: e.refs.iter().cloned().collect(),
            what,
        };
        self.bills.entry(&e.bill).credits.insert(Dated::of(record, fact));
    }
    fn charge(&mut self, lines: &[BillLine], total: Money, credits: bool) -> Charge {
        let line = |line: &BillLine| ChargeLine {
            key: line.line.clone(),
            item: line.item.as_ref().map(|item| self.items.intern(item)),
            receipt: line.receipt.as_ref().map(|receipt| CompactString::new(receipt.as_str())),
            qty: line.qty.get(),
            net: line.net.get(),
            tax: line.tax.get(),
        };
        Charge {
            currency: total.currency,
            total: total.amount.get(),
            lines: lines.iter().map(line).collect(),
            credits,
        }
    }
    /// A bill; `None` if no record names it.
    #[must_use]
    pub fn bill_of(&self, id: &str) -> Option<&Bill> {
        self.bills.get(id)
    }
    /// The items a bill may say the cost of, whether it counts or not.
    pub fn items_of_bill(&self, id: &str) -> Vec<Sym<kind::Item>> {
        let facts = self.bills.get(id).map_or(&[][..], |bill| bill.received.all());
        let charges = facts.iter().filter_map(|fact| {
            if let Moved::Billed(charge) = &fact.what.what { Some(charge) } else { None }
        });
        let of = |line: &ChargeLine| {
            line.receipt.as_deref().map_or(line.item, |receipt| self.item_of_receipt(receipt))
        };
        charges.flat_map(|charge| charge.lines.iter().filter_map(of)).collect()
    }
    /// The bills that may bill an item.
    pub fn bills_of(&self, item: Sym<kind::Item>) -> impl Iterator<Item = &Bill> {
        super::each(&self.items.at(item).bills).into_iter().map(|bill| self.bills.at(bill))
    }
}

impl Bill {
    /// The bill itself, if it counts.
    #[must_use]
    pub fn last<'a>(&'a self, lens: crate::cut::Lens<'a>) -> Option<&'a Dated<Move>> {
        self.received.last(lens)
    }
}
