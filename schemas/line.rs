//! Lines of documents. Invariant: an order or invoice line's `net` and `tax` are amounts in the document's one currency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    id::{EntityRef, ItemId, Key},
    money::{Amount, Quantity, Share},
    text::{Field, Text},
    time::Date,
};

/// A line of a deal, order, invoice, credit note, bill or purchase order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Line {
    /// Its key within the document.
    pub line: Key,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<ItemId>,
    /// What it is about, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// How many units.
    pub qty: Quantity,
    /// The price of one unit.
    pub price: Amount,
    /// The share taken off the price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Share>,
    /// The line without tax, as the document says it.
    pub net: Amount,
    /// The tax on the line.
    pub tax: Amount,
}

/// A line of goods: how many of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct GoodsLine {
    /// The line of the order it fulfils.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Key>,
    /// What.
    pub item: ItemId,
    /// How many units.
    pub qty: Quantity,
}

impl Field for GoodsLine {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.item.entity());
    }
}

/// A part of an invoice with its own due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Instalment {
    /// When it is due.
    pub due_on: Date,
    /// How much.
    pub amount: Amount,
}

/// What a part of a payment is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct PurposeLine {
    /// For what: goods, advance, deposit …
    pub purpose: Key,
    /// How much.
    pub amount: Amount,
}

crate::text::plain_fields!(Instalment, PurposeLine);
