//! What clients ordered and has not been sent. Invariant: an order asks for what it placed minus
//! what was sent for it plus what came back, never below zero.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{id::kind, time::Date};

use crate::{
    cut::{Facts, Lens},
    report::Part,
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
    /// How many of an item it still asks for, by a day if one is given; without a promised day it
    /// asks at once.
    #[must_use]
    pub fn open(&self, item: Sym<kind::Item>, by: Option<Date>, lens: Lens<'_>) -> Decimal {
        let Some(placed) = self.placed.last(lens) else { return Decimal::ZERO };
        let later = placed.what.0.zip(by).is_some_and(|(promised, by)| promised > by);
        if later || self.cancelled.any(lens) {
            return Decimal::ZERO;
        }
        self.parts(item, lens).iter().map(|part| part.amount).sum::<Decimal>().max(Decimal::ZERO)
    }
    /// What each record adds to how many of an item it asks for: the order what it ordered,
    /// shipments less what they sent. Below zero in all if more was sent.
    #[must_use]
    pub fn parts(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Vec<Part> {
        let of =
            |goods: &Goods| goods.iter().filter(|g| g.item == item).map(|g| g.qty).sum::<Decimal>();
        let placed =
            self.placed.last(lens).map(|placed| Part::of(placed.position, of(&placed.what.1)));
        placed
            .into_iter()
            .chain(self.sent.counting(lens).map(|sent| Part::of(sent.position, -of(&sent.what))))
            .collect()
    }
}
