//! What happened to the goods of one item. Invariant: a move says what the event says; deltas of
//! counts and costs are derived from the moves before it.

use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Costing, IssueReason, ItemKind,
    id::{EntityRef, kind},
    money::{Currency, Money},
};

use super::Charge;
use crate::table::Sym;

/// What the catalogue says of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Goods or service.
    pub kind: ItemKind,
    /// How the cost of what leaves the stock is found.
    pub costing: Costing,
    /// Decimal places of its quantities; `None` allows six.
    pub decimals: Option<u8>,
}

/// One event, as far as it concerns the goods of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The id of the document: the receipt, issue, transfer, count, adjustment or production.
    pub document: CompactString,
    /// What it refers to: orders, invoices, deals.
    pub refs: Box<[EntityRef]>,
    /// What happened.
    pub what: Moved,
}

impl Move {
    /// The receipts that lines of a bill name.
    pub fn receipts(&self) -> impl Iterator<Item = &str> {
        let lines = match &self.what {
            Moved::Billed(charge) => &charge.lines[..],
            Moved::Received { .. }
            | Moved::Issued { .. }
            | Moved::Transferred { .. }
            | Moved::Counted { .. }
            | Moved::Adjusted { .. } => &[],
            Moved::CostAdjusted { .. } | Moved::Consumed { .. } | Moved::Produced { .. } => &[],
        };
        lines.iter().filter_map(|line| line.receipt.as_deref())
    }
}

/// What happened to the goods of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moved {
    /// Goods came in.
    Received {
        /// Where.
        warehouse: Sym<kind::Warehouse>,
        /// How many.
        #[serde(with = "crate::exact")]
        qty: Decimal,
        /// What they cost; `None` is unvalued.
        value: Option<Money>,
        /// The purchase order they fulfil.
        order: Option<Sym<kind::PurchaseOrder>>,
        /// The issue they bring back.
        returns: Option<CompactString>,
        /// How many more came and were sent back at once, by the company's own field `rejected`.
        #[serde(with = "crate::exact")]
        rejected: Decimal,
    },
    /// Goods went out.
    Issued {
        /// From where.
        warehouse: Sym<kind::Warehouse>,
        /// How many.
        #[serde(with = "crate::exact")]
        qty: Decimal,
        /// Why.
        reason: IssueReason,
        /// The reservation it takes from.
        reservation: Option<Sym<kind::Reservation>>,
    },
    /// Goods moved between warehouses.
    Transferred {
        /// From where.
        from: Sym<kind::Warehouse>,
        /// To where.
        to: Sym<kind::Warehouse>,
        /// How many.
        #[serde(with = "crate::exact")]
        qty: Decimal,
    },
    /// From now on there is what was counted.
    Counted {
        /// Where.
        warehouse: Sym<kind::Warehouse>,
        /// How many.
        #[serde(with = "crate::exact")]
        counted: Decimal,
    },
    /// Stock was corrected by a difference.
    Adjusted {
        /// Where.
        warehouse: Sym<kind::Warehouse>,
        /// How many more, or fewer if negative.
        #[serde(with = "crate::exact")]
        delta: Decimal,
        /// What a gain is worth.
        value: Option<Money>,
    },
    /// A receipt, the document of this move, cost more or less.
    CostAdjusted {
        /// How much more, or less if negative.
        delta: Money,
        /// Whether it is a cost beside the price of the goods.
        extra: bool,
    },
    /// Components were used up by a production.
    Consumed {
        /// From where.
        warehouse: Sym<kind::Warehouse>,
        /// How many.
        #[serde(with = "crate::exact")]
        qty: Decimal,
    },
    /// A product was made from what the same event consumed.
    Produced {
        /// Where it was put.
        warehouse: Sym<kind::Warehouse>,
        /// How many good ones.
        #[serde(with = "crate::exact")]
        qty: Decimal,
        /// How many were scrapped.
        #[serde(with = "crate::exact")]
        scrapped: Decimal,
        /// The items used up.
        components: Box<[Sym<kind::Item>]>,
    },
    /// Goods were billed, or a bill of them was credited. No item keeps this among its moves: it
    /// brings out what the goods cost.
    Billed(Charge),
}

/// How a move changes the quantity at one warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// So many more, or fewer if negative.
    By(#[serde(with = "crate::exact")] Decimal),
    /// From now on so many.
    To(#[serde(with = "crate::exact")] Decimal),
}

impl Step {
    /// The quantity after the step.
    #[must_use]
    pub fn after(self, before: Decimal) -> Decimal {
        match self {
            Step::By(delta) => before + delta,
            Step::To(counted) => counted,
        }
    }
    /// Whether the step takes goods away and so needs them to be there.
    #[must_use]
    pub fn takes(self) -> bool {
        matches!(self, Step::By(delta) if delta.is_sign_negative() && !delta.is_zero())
    }
}

impl Moved {
    /// The quantity steps at each warehouse it touches, in order.
    pub fn steps(&self) -> impl Iterator<Item = (Sym<kind::Warehouse>, Step)> {
        let (first, second) = match self {
            Moved::Received { warehouse, qty, .. } | Moved::Produced { warehouse, qty, .. } => {
                (Some((*warehouse, Step::By(*qty))), None)
            }
            Moved::Issued { warehouse, qty, .. } | Moved::Consumed { warehouse, qty } => {
                (Some((*warehouse, Step::By(-*qty))), None)
            }
            Moved::Transferred { from, to, qty } => {
                (Some((*from, Step::By(-*qty))), Some((*to, Step::By(*qty))))
            }
            Moved::Counted { warehouse, counted } => (Some((*warehouse, Step::To(*counted))), None),
            Moved::Adjusted { warehouse, delta, .. } => {
                (Some((*warehouse, Step::By(*delta))), None)
            }
            Moved::CostAdjusted { .. } | Moved::Billed(_) => (None, None),
        };
        first.into_iter().chain(second)
    }
    /// The kind of document, as shown.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Moved::Received { returns: None, .. } => "receipt",
            Moved::Received { returns: Some(_), .. } => "return",
            Moved::Issued { reason, .. } => match reason {
                IssueReason::Sale => "sale",
                IssueReason::Production => "issue_to_production",
                IssueReason::Loss => "loss",
            },
            Moved::Transferred { .. } => "transfer",
            Moved::Counted { .. } => "count",
            Moved::Adjusted { .. } => "adjustment",
            Moved::CostAdjusted { .. } => "cost_adjustment",
            Moved::Billed(charge) if charge.credits => "bill_credit",
            Moved::Billed(_) => "bill",
            Moved::Consumed { .. } => "consumption",
            Moved::Produced { .. } => "production",
        }
    }
    /// The currencies of the values it states.
    pub fn currency(&self) -> Option<Currency> {
        match self {
            Moved::Received { value, .. } | Moved::Adjusted { value, .. } => {
                value.map(|v| v.currency)
            }
            Moved::CostAdjusted { delta, .. } => Some(delta.currency),
            Moved::Billed(charge) => Some(charge.currency),
            Moved::Issued { .. }
            | Moved::Transferred { .. }
            | Moved::Counted { .. }
            | Moved::Consumed { .. }
            | Moved::Produced { .. } => None,
        }
    }
}
