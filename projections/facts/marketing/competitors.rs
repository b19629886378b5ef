//! Who else sells the same, and what was seen of them. Invariant: an observation is a fact of its
//! own date; a later one does not change it.

use sijil_schemas::{
    CompetitorFact, CompetitorFactObserved,
    id::kind,
    money::{Amount, Currency},
};

use super::Marketing;
use crate::{
    cells,
    cut::{Dated, Lens},
    ids::{Ids, Sym},
    words::Word,
};

cells! { list CompetitorFact { Price, Share, Product } }

cells! {
    /// What was seen of a competitor.
    pub struct Observed {
        /// What it is.
        pub kind: CompetitorFact,
        /// Of which item of the company's.
        pub item: Option<Sym<kind::Item>>,
        /// A price, or a percent.
        pub value: Option<Amount>,
        /// The price's currency.
        pub currency: Option<Currency>,
    }
}

impl Observed {
    pub(super) fn of(e: &CompetitorFactObserved, ids: &Ids) -> Observed {
        let item = e.item.as_ref().map(|item| ids.sym(item));
        Observed { kind: e.kind, item, value: e.value, currency: e.currency }
    }
}

impl Marketing {
    /// The name of a competitor, if it counts.
    #[must_use]
    pub fn competitor(
        &self,
        competitor: Sym<kind::Competitor>,
        lens: Lens<'_>,
    ) -> Option<Dated<Sym<Word>>> {
        self.competitors.of(competitor).last(lens)
    }
    /// What was seen of a competitor, as far as it counts, in replay order.
    pub fn observed<'a>(
        &'a self,
        competitor: Sym<kind::Competitor>,
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = Dated<Observed>> + 'a {
        self.observed.of(competitor).counting(lens)
    }
}
