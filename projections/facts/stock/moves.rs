//! What happened to the goods of one item. Invariant: a move says what the event says; deltas of
//! counts and costs are derived from the moves before it.

use rust_decimal::Decimal;
use sijil_schemas::{
    IssueReason, Position,
    id::{Kind, kind},
    money::Money,
    time::Timestamp,
};

use super::Stock;
use crate::{
    cells,
    cells::Run,
    chain::Told,
    cut::{Dated, Lens, Side},
    ids::{EntitySym, Sym},
};

cells! { list IssueReason { Sale, Production, Loss } }

cells! {
    /// One event, as far as it concerns the goods of one item.
    pub struct Move {
        /// What it refers to: orders, invoices, deals.
        pub refs: Run<EntitySym>,
        /// What happened.
        pub what: Moved,
    }
}

cells! {
    /// What happened to the goods of one item.
    pub enum Moved {
        /// Goods came in.
        Received {
            /// The document.
            receipt: Sym<kind::Receipt>,
            /// Where.
            warehouse: Sym<kind::Warehouse>,
            /// How many.
            qty: Decimal,
            /// What they cost; `None` is unvalued.
            value: Option<Money>,
            /// The purchase order they fulfil.
            order: Option<Sym<kind::PurchaseOrder>>,
            /// The issue they bring back.
            returns: Option<Sym<kind::Issue>>,
        },
        /// Goods went out.
        Issued {
            /// The document.
            issue: Sym<kind::Issue>,
            /// From where.
            warehouse: Sym<kind::Warehouse>,
            /// How many.
            qty: Decimal,
            /// Why.
            reason: IssueReason,
            /// The reservation it takes from.
            reservation: Option<Sym<kind::Reservation>>,
        },
        /// Goods moved between warehouses.
        Transferred {
            /// The document.
            transfer: Sym<kind::GoodsTransfer>,
            /// From where.
            from: Sym<kind::Warehouse>,
            /// To where.
            to: Sym<kind::Warehouse>,
            /// How many.
            qty: Decimal,
        },
        /// From now on there is what was counted.
        Counted {
            /// The document.
            count: Sym<kind::Count>,
            /// Where.
            warehouse: Sym<kind::Warehouse>,
            /// How many.
            counted: Decimal,
        },
        /// Stock was corrected by a difference.
        Adjusted {
            /// The document.
            adjustment: Sym<kind::Adjustment>,
            /// Where.
            warehouse: Sym<kind::Warehouse>,
            /// How many more, or fewer if negative.
            delta: Decimal,
            /// What a gain is worth.
            value: Option<Money>,
        },
        /// A receipt cost more or less.
        CostAdjusted {
            /// The receipt.
            receipt: Sym<kind::Receipt>,
            /// How much more, or less if negative.
            delta: Money,
            /// Whether it is a cost beside the price of the goods.
            extra: bool,
        },
        /// Components were used up by a production.
        Consumed {
            /// The document.
            production: Sym<kind::Production>,
            /// From where.
            warehouse: Sym<kind::Warehouse>,
            /// How many.
            qty: Decimal,
        },
        /// A product was made from what the same event consumed.
        Produced {
            /// The document.
            production: Sym<kind::Production>,
            /// Where it was put.
            warehouse: Sym<kind::Warehouse>,
            /// How many good ones.
            qty: Decimal,
            /// How many were scrapped.
            scrapped: Decimal,
            /// The items used up.
            components: Run<Sym<kind::Item>>,
        },
        /// Goods were billed, or a bill of them was credited. No item keeps this among its moves:
        /// it brings out what the goods cost.
        Billed {
            /// The bill or its credit.
            document: EntitySym,
        },
    }
}

/// The moves of one item.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    stock: &'a Stock,
    item: Sym<kind::Item>,
}

impl<'a> History<'a> {
    pub(super) const fn new(stock: &'a Stock, item: Sym<kind::Item>) -> Self {
        History { stock, item }
    }
    /// How many there are, whether they count or not, but for cost adjustments that stand before
    /// their receipts in the log.
    #[must_use]
    pub fn len(self, side: Side) -> usize {
        self.stock.moves.of(self.item).len(side)
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self, side: Side) -> bool {
        self.stock.moves.of(self.item).is_empty(side)
    }
    /// Those, counting or not, at a place in replay order: several if one record states several.
    #[must_use]
    pub fn at(self, place: (Timestamp, Position), side: Side) -> Told<'a, kind::Item, Move> {
        self.stock.moves.of(self.item).at(place, side)
    }
    /// Those that count, in replay order.
    pub fn counting(self, lens: Lens<'a>) -> impl Iterator<Item = Dated<Move>> + 'a {
        let mut moves = self.stock.moves.of(self.item).counting(lens).peekable();
        let mut ahead = self.stock.ahead_of(self.item, lens).into_iter().peekable();
        std::iter::from_fn(move || match (moves.peek(), ahead.peek()) {
            (Some(one), Some(other)) if other.order() < one.order() => ahead.next(),
            (None, Some(_)) => ahead.next(),
            (Some(_) | None, _) => moves.next(),
        })
    }
}

/// How a move changes the quantity at one warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many more, or fewer if negative.
    By(Decimal),
    /// From now on so many.
    To(Decimal),
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
    /// The document: the receipt, issue, transfer, count, adjustment, production, bill or credit.
    #[must_use]
    pub fn document(self) -> EntitySym {
        match self {
            Moved::Received { receipt, .. } | Moved::CostAdjusted { receipt, .. } => receipt.into(),
            Moved::Issued { issue, .. } => issue.into(),
            Moved::Transferred { transfer, .. } => transfer.into(),
            Moved::Counted { count, .. } => count.into(),
            Moved::Adjusted { adjustment, .. } => adjustment.into(),
            Moved::Consumed { production, .. } | Moved::Produced { production, .. } => {
                production.into()
            }
            Moved::Billed { document } => document,
        }
    }
    /// The quantity steps at each warehouse it touches, in order.
    pub fn steps(self) -> impl Iterator<Item = (Sym<kind::Warehouse>, Step)> {
        let (first, second) = match self {
            Moved::Received { warehouse, qty, .. } | Moved::Produced { warehouse, qty, .. } => {
                (Some((warehouse, Step::By(qty))), None)
            }
            Moved::Issued { warehouse, qty, .. } | Moved::Consumed { warehouse, qty, .. } => {
                (Some((warehouse, Step::By(-qty))), None)
            }
            Moved::Transferred { from, to, qty, .. } => {
                (Some((from, Step::By(-qty))), Some((to, Step::By(qty))))
            }
            Moved::Counted { warehouse, counted, .. } => {
                (Some((warehouse, Step::To(counted))), None)
            }
            Moved::Adjusted { warehouse, delta, .. } => (Some((warehouse, Step::By(delta))), None),
            Moved::CostAdjusted { .. } | Moved::Billed { .. } => (None, None),
        };
        first.into_iter().chain(second)
    }
    /// The kind of document, as shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
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
            Moved::Billed { document: EntitySym { kind: Kind::BillCredit, .. } } => "bill_credit",
            Moved::Billed { .. } => "bill",
            Moved::Consumed { .. } => "consumption",
            Moved::Produced { .. } => "production",
        }
    }
}
