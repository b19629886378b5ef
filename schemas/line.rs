//! Lines of documents. Invariant: an order or invoice line's `net` and `tax` are amounts in the
//! document's one currency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    coin::{Coin, Place},
    id::{AccountId, BillId, EntityRef, Id, InvoiceId, ItemId, Key, ReceiptId},
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

/// A line of a supplier's bill, or of a credit of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct BillLine {
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
    /// The receipt it bills; of another item than the line's, a cost beside the price of its goods,
    /// as freight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptId>,
    /// What it is spent on, if it is no goods: a path under `expenses/` or `assets/`; absent is
    /// `expenses/purchases`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
}

impl BillLine {
    /// What it says as a line of any document does.
    #[must_use]
    pub fn plain(&self) -> Line {
        Line {
            line: self.line.clone(),
            item: self.item.clone(),
            text: self.text.clone(),
            qty: self.qty,
            price: self.price,
            discount: self.discount,
            net: self.net,
            tax: self.tax,
        }
    }
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

impl Field for BillLine {
    fn paths(&self, visit: &mut dyn FnMut(&AccountId)) {
        self.account.iter().for_each(visit);
    }
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        for entity in [self.item.as_ref().map(Id::entity), self.receipt.as_ref().map(Id::entity)]
            .into_iter()
            .flatten()
        {
            visit(entity);
        }
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.price.coins(place.part("price"), visit);
        self.net.coins(place.part("net"), visit);
        self.tax.coins(place.part("tax"), visit);
    }
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

impl Field for Instalment {
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.amount.coins(place.part("amount"), visit);
    }
}
impl Field for PurposeLine {
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.amount.coins(place.part("amount"), visit);
    }
}

/// A part of a payment that was kept back on the way: a tax withheld, a fee. Below zero, more came
/// than was owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Deduction {
    /// Where it goes: a path under `assets/ liabilities/ equity/ income/ expenses/`, which need not
    /// have been opened.
    pub account: AccountId,
    /// How much, in the payment's currency.
    pub amount: Amount,
    /// What it is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

impl Field for Deduction {
    fn paths(&self, visit: &mut dyn FnMut(&AccountId)) {
        visit(&self.account);
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.amount.coins(place.part("amount"), visit);
    }
}

/// The path of an account that need not have been opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct AccountPath(pub AccountId);

impl Field for AccountPath {
    fn paths(&self, visit: &mut dyn FnMut(&AccountId)) {
        visit(&self.0);
    }
}

/// The part of an invoice that bills of the same party settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct InvoiceOff {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much of it, in its currency.
    pub amount: Amount,
}

/// The part of a bill that invoices of the same party settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct BillOff {
    /// The bill.
    pub bill: BillId,
    /// How much of it, in its currency.
    pub amount: Amount,
}

impl Field for InvoiceOff {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.invoice.entity());
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.amount.coins(place.part("amount"), visit);
    }
}
impl Field for BillOff {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.bill.entity());
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.amount.coins(place.part("amount"), visit);
    }
}
