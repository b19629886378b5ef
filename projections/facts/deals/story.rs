//! Everything that was said of one deal. Invariant: it is read from the columns as it is asked
//! for, in replay order.

use std::ops::Range;

use sijil_schemas::{Position, id::kind, time::Timestamp};

use super::{Course, DealFact, Deals, said::NarrowFact};
use crate::{
    cells::Run,
    chain::Chain,
    cut::{Dated, Lens, Side},
    ids::Sym,
    trade::Attribute,
    words::Word,
};

/// A place in replay order.
type Place = (Timestamp, Position);

/// What was said of one deal.
#[derive(Debug, Clone, Copy)]
pub struct Story<'a> {
    deals: &'a Deals,
    deal: Option<Sym<kind::Deal>>,
}

impl<'a> Story<'a> {
    pub(super) const fn new(deals: &'a Deals, deal: Option<Sym<kind::Deal>>) -> Story<'a> {
        Story { deals, deal }
    }
    const fn chain(self) -> Chain<'a, kind::Deal, NarrowFact> {
        self.deals.said.of_any(self.deal)
    }
    fn told(
        self,
        facts: impl DoubleEndedIterator<Item = Dated<NarrowFact>> + 'a,
    ) -> impl DoubleEndedIterator<Item = Dated<DealFact>> + 'a {
        facts.map(move |fact| Dated {
            at: fact.at,
            position: fact.position,
            what: self.deals.get(fact.what),
        })
    }
    /// How many facts there are, whether they count or not.
    #[must_use]
    pub fn len(self, side: Side) -> usize {
        self.chain().len(side)
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self, side: Side) -> bool {
        self.chain().is_empty(side)
    }
    /// Whether a fact, counting or not, stands at a place in replay order.
    #[must_use]
    pub fn holds(self, place: Place, side: Side) -> bool {
        self.chain().holds(place, side)
    }
    /// Whether any fact, counting or not, has its business date in an interval.
    #[must_use]
    pub fn any_within(self, within: &Range<Timestamp>, side: Side) -> bool {
        self.chain().any_within(within, side)
    }
    /// The facts that count, in replay order.
    pub fn counting(self, lens: Lens<'a>) -> impl DoubleEndedIterator<Item = Dated<DealFact>> + 'a {
        self.told(self.chain().counting(lens))
    }
    /// The facts at or after a place in replay order that count, in replay order.
    pub fn after(
        self,
        place: Place,
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = Dated<DealFact>> + 'a {
        self.told(self.chain().after(place, lens))
    }
    /// The facts with business dates in an interval that count, in replay order.
    pub fn within(
        self,
        within: Range<Timestamp>,
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = Dated<DealFact>> + 'a {
        self.told(self.chain().within(within, lens))
    }
    /// The way it went, as far as it counts; `None` if its opening does not.
    #[must_use]
    pub fn course(self, lens: Lens<'a>) -> Option<Course> {
        Course::of(self.counting(lens))
    }
    /// The company's own fields that were said of it.
    #[must_use]
    pub const fn attributes(self) -> Chain<'a, kind::Deal, Run<Attribute>> {
        self.deals.attributes.of_any(self.deal)
    }
    /// The value of one of the company's own fields, as last said.
    #[must_use]
    pub fn attribute(self, key: &str, lens: Lens<'a>) -> Option<Dated<Sym<Word>>> {
        let key = self.deals.words.find(key)?;
        self.attributes().counting(lens).rev().find_map(|fact| {
            let field = self.deals.fields(fact.what).find(|field| field.key == key)?;
            Some(Dated { at: fact.at, position: fact.position, what: field.value })
        })
    }
}
