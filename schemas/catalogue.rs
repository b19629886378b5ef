//! Items, prices, limits and rates. Invariant: each is configuration in force from its own date
//! until the next.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    coin::{Coin, Place},
    event::event,
    id::{
        ClientId, CurrencyId, EmployeeId, ItemId, Key, LimitId, PriceListId, SegmentId,
        StockPolicyId, WarehouseId,
    },
    money::{CurrencyDecimals, Money, Quantity, Rate},
    text::{Field, Name, plain_fields},
    time::{Date, Period},
};

/// Goods are stocked, services are not.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ItemKind {
    /// Stocked.
    Goods,
    /// Not stocked.
    Service,
}

/// How the cost of what leaves the stock is found.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Costing {
    /// The oldest layer first.
    Fifo,
    /// Moving average.
    Average,
}

/// What happens to an issue above the stock on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum NegativeStock {
    /// It is refused.
    Refuse,
    /// It is taken, at a provisional cost.
    Allow,
}

/// What happens to an issue of goods that others have reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ReservedStock {
    /// It is refused: the goods are kept.
    Keep,
    /// It is taken.
    Ignore,
}

/// Whom a limit binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(inline)]
pub enum LimitScope {
    /// One client.
    Client(ClientId),
    /// The clients of a segment.
    Segment(SegmentId),
    /// The clients of one employee.
    Manager(EmployeeId),
}

/// What a limit counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(inline)]
pub enum LimitOf {
    /// One item.
    Item(ItemId),
    /// The items of a group (their attribute `group`).
    Group(Key),
}

/// How much is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(inline)]
pub enum LimitMost {
    /// A quantity.
    Qty(Quantity),
    /// A sum of money.
    Amount(Money),
}

/// What happens above a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LimitMode {
    /// It is reported.
    Warn,
    /// It is refused.
    Refuse,
}

plain_fields!(ItemKind, Costing, NegativeStock, ReservedStock, LimitMode);

impl Field for LimitMost {
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        match self {
            LimitMost::Qty(_) => (),
            LimitMost::Amount(most) => visit(Coin {
                place: place.part("amount/amount"),
                amount: Some(most.amount),
                currency: Some(most.currency),
            }),
        }
    }
}

impl Field for LimitScope {
    fn touch(&self, visit: &mut dyn FnMut(crate::id::EntityRef)) {
        visit(match self {
            LimitScope::Client(id) => id.entity(),
            LimitScope::Segment(id) => id.entity(),
            LimitScope::Manager(id) => id.entity(),
        });
    }
}
impl Field for LimitOf {
    fn touch(&self, visit: &mut dyn FnMut(crate::id::EntityRef)) {
        match self {
            LimitOf::Item(id) => visit(id.entity()),
            LimitOf::Group(_) => (),
        }
    }
}

event! {
    /// An item became part of the catalogue.
    501 "item.registered" v 1 Opens ItemRegistered {
        /// The item.
        item: ItemId,
        /// Its number in the catalogue.
        sku: Name,
        /// Its label.
        name: Option<Name>,
        /// What its quantities count: piece, kg.
        unit: Key,
        /// Decimal places of its quantities; absent allows six.
        decimals: Option<u8>,
        /// Goods or service.
        kind: ItemKind,
        /// How its cost is found.
        costing: Costing,
    }
}
event! {
    /// A price from a date on.
    502 "price.set" v 1 Revises PriceSet {
        /// The list.
        list: PriceListId,
        /// The item.
        item: ItemId,
        /// The price of one unit.
        price: Money,
        /// The first day it holds.
        valid_from: Date,
    }
}
event! {
    /// How an item is replenished.
    503 "item.replenishment_policy_set" v 1 Continues ReplenishmentPolicySet {
        /// The item.
        item: ItemId,
        /// Where.
        warehouse: WarehouseId,
        /// What shall always be there.
        safety: Quantity,
        /// Up to what is ordered.
        max: Option<Quantity>,
        /// What order quantities are a multiple of.
        multiple: Quantity,
        /// Days from order to receipt.
        lead_days: u32,
    }
}
event! {
    /// Whether stock may go below zero; the narrowest policy holds.
    504 "stock_policy.set" v 2 Revises StockPolicySet {
        /// The policy.
        policy: StockPolicyId,
        /// For one item only.
        item: Option<ItemId>,
        /// For one warehouse only.
        warehouse: Option<WarehouseId>,
        /// Refuse or allow.
        negative: NegativeStock,
        /// Whether goods that one has reserved may be taken by another; absent keeps them.
        reserved: Option<ReservedStock>,
    }
}
event! {
    /// A limit on what is shipped or sold in a period.
    505 "product_limit.set" v 1 Revises ProductLimitSet {
        /// The limit.
        limit: LimitId,
        /// Whom it binds.
        scope: LimitScope,
        /// What it counts.
        of: LimitOf,
        /// When.
        period: Period,
        /// How much is allowed.
        most: LimitMost,
        /// What happens above it.
        mode: LimitMode,
    }
}
event! {
    /// The rate of a currency from this date until the next.
    506 "exchange_rate.set" v 1 Revises ExchangeRateSet {
        /// The currency.
        currency: CurrencyId,
        /// Base units per one unit.
        rate: Rate,
    }
}
event! {
    /// A currency outside ISO 4217, or one whose amounts are counted finer than there.
    507 "currency.defined" v 1 Revises CurrencyDefined {
        /// The currency.
        currency: CurrencyId,
        /// Decimal places of its totals, 0 to 6.
        decimals: CurrencyDecimals,
        /// Its label.
        name: Option<Name>,
    }
}
