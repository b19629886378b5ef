//! What clients ordered and has not been sent. Invariant: an order asks for what it placed minus what was sent for it plus what came back, never below zero.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{id::kind, time::Date};

use crate::{
    cut::{Facts, Lens},
    table::Sym,
};

/// So many of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What.
    pub item: Sym<kind::Item>,
    /// How many.
    #[serde(with = "crate::exact")]
    pub qty: Decimal,
}

type Goods = Vec<Asked>;

/// A client's order, as far as it asks for goods.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Demand {
    /// When it was promised, and what was ordered.
    pub(super) placed: Facts<(Option<Date>, Goods)>,
    pub(super) cancelled: Facts<()>,
    /// What was sent, and (negative) what came back.
    pub(super) sent: Facts<Goods>,
}

impl Demand {
    /// How many of an item it still asks for, by a day if one is given; without a promised day it asks at once.
    #[must_use]
    pub fn open(&self, item: Sym<kind::Item>, by: Option<Date>, lens: Lens<'_>) -> Decimal {
        let Some(placed) = self.placed.last(lens) else { return Decimal::ZERO };
        let later = placed.what.0.zip(by).is_some_and(|(promised, by)| promised > by);
        if later || self.cancelled.any(lens) {
            return Decimal::ZERO;
        }
        let of = |goods: &Goods| goods.iter().filter(|g| g.item == item).map(|g| g.qty).sum::<Decimal>();
        let sent: Decimal = self.sent.counting(lens).map(|s| of(&s.what)).sum();
        (of(&placed.what.1) - sent).max(Decimal::ZERO)
    }
    /// The records behind it that count.
    pub fn positions<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = sijil_schemas::Position> + 'a {
        let (placed, sent, cancelled) = (self.placed.counting(lens), self.sent.counting(lens), self.cancelled.counting(lens));
        placed.map(|f| f.position).chain(sent.map(|f| f.position)).chain(cancelled.map(|f| f.position))
    }
}
