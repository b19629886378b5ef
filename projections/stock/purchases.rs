//! What is on order with suppliers. Invariant: what is expected is what was ordered minus what its
//! receipts brought, never below zero, and nothing once the order is closed.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    PurchaseOrderPlaced,
    id::{CounterpartyId, kind},
    money::Currency,
    text::Attributes,
    time::Date,
};

use crate::{
    cut::{Dated, Facts, Lens},
    report::Part,
    table::Sym,
};

/// A line of a purchase order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseLine {
    /// What; `None` for what is no item.
    pub item: Option<Sym<kind::Item>>,
    /// How many.
    #[serde(with = "crate::exact")]
    pub qty: Decimal,
    /// The amount without tax, in the document's currency.
    #[serde(with = "crate::exact")]
    pub net: Decimal,
    /// The tax on it, in the document's currency.
    #[serde(with = "crate::exact")]
    pub tax: Decimal,
}

/// A purchase order as it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// From whom.
    pub supplier: CounterpartyId,
    /// The currency of the lines.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Vec<PurchaseLine>,
    /// The day it is expected.
    pub expected_on: Option<Date>,
    /// Where it shall come in: the first warehouse among its refs.
    pub warehouse: Option<Sym<kind::Warehouse>>,
    /// The company's own fields.
    pub attributes: Attributes,
}

/// What a receipt brought of a purchase order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// What.
    pub item: Sym<kind::Item>,
    /// How many.
    #[serde(with = "crate::exact")]
    pub qty: Decimal,
    /// How many more came and were sent back at once.
    #[serde(with = "crate::exact")]
    pub rejected: Decimal,
}

/// A purchase order and what came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Purchase {
    /// Its openings; at most one counts.
    pub placed: Facts<Placed>,
    /// What its receipts brought.
    pub receipts: Facts<Arrived>,
    /// Its closing: what has not come by then is expected no more.
    pub closed: Facts<()>,
}

impl Placed {
    pub(super) fn of(
        event: &PurchaseOrderPlaced,
        lines: Vec<PurchaseLine>,
        warehouse: Option<Sym<kind::Warehouse>>,
    ) -> Placed {
        Placed {
            supplier: event.supplier.clone(),
            currency: event.currency,
            lines,
            expected_on: event.expected_on,
            warehouse,
            attributes: event.attributes.clone(),
        }
    }
}

impl Purchase {
    /// The order, if it counts.
    #[must_use]
    pub fn order<'a>(&'a self, lens: Lens<'a>) -> Option<&'a Dated<Placed>> {
        self.placed.last(lens)
    }
    /// How many of an item are still expected.
    #[must_use]
    pub fn expected(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Decimal {
        self.parts(item, lens).iter().map(|part| part.amount).sum::<Decimal>().max(Decimal::ZERO)
    }
    /// What each record adds to how many of an item are expected: the order what it ordered,
    /// receipts less what they brought. Below zero in all if more came; nothing once the order is
    /// closed.
    #[must_use]
    pub fn parts(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Vec<Part> {
        let Some(order) = self.order(lens).filter(|_| !self.closed.any(lens)) else {
            return Vec::new();
        };
        let ordered: Decimal =
            order.what.lines.iter().filter(|l| l.item == Some(item)).map(|l| l.qty).sum();
        let received = self.receipts.counting(lens).filter(|r| r.what.item == item);
        let received = received.map(|r| Part::of(r.position, -(r.what.qty + r.what.rejected)));
        [Part::of(order.position, ordered)].into_iter().chain(received).collect()
    }
}
