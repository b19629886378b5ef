//! Milestones on the way of deals that have gone far. Invariant: each says how a deal stands after
//! the facts up to it that count now, so that a rule need not walk them again; droppable, made anew
//! from the facts, and held against the whole walk in builds with debug assertions.

use std::collections::BTreeMap;

use sijil_projections::{
    Dated, Lens, Sym,
    deals::{DealFact, Deals, Story},
    entities::Entities,
};
use sijil_schemas::{Event, Record, event::Staff, id::kind};

use super::standing::{Order, Standing, Told, Way};

/// So many facts lie between two milestones, and a deal has none before.
const FACTS_BETWEEN: usize = 64;

/// The milestones of every deal that has gone far, by its number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Milestones(BTreeMap<Sym<kind::Deal>, Marked>);

/// A way with milestones.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    marks: BTreeMap<Order, Standing>,
    told: Told,
    last: Order,
    standing: Standing,
    since: usize,
}

impl Marked {
    /// The way that the facts of a deal make; `None` if it was not opened.
    fn of(deal: Story<'_>, lens: Lens<'_>) -> Option<Marked> {
        let (mut way, mut marks, mut since, mut last) = (Way::new(), BTreeMap::new(), 0, None);
        for fact in deal.counting(lens) {
            way.take(&fact);
            (since, last) = (since + 1, Some(fact.order()));
            if let Some(standing) = way.standing.as_ref().filter(|_| since >= FACTS_BETWEEN) {
                marks.insert(fact.order(), standing.clone());
                since = 0;
            }
        }
        let standing = way.standing.clone()?;
        Some(Marked { marks, told: way.into_told(), last: last?, standing, since })
    }
    /// Goes on by a fact after all others.
    fn append(&mut self, fact: &Dated<DealFact>) {
        let mut way = Way::new();
        way.standing = Some(self.standing.clone());
        std::mem::swap(way.told_mut(), &mut self.told);
        way.take(fact);
        if let Some(standing) = way.standing.take() {
            self.standing = standing;
        }
        self.told = way.into_told();
        (self.last, self.since) = (fact.order(), self.since + 1);
        if self.since >= FACTS_BETWEEN {
            self.marks.insert(self.last, self.standing.clone());
            self.since = 0;
        }
    }
    /// The way from the last milestone before a moment on, and where that stands; from the
    /// beginning where there is none.
    pub(super) fn before(&self, order: Order) -> (Option<Order>, Way<'_>) {
        match self.marks.range(..order).next_back() {
            Some((mark, standing)) => (Some(*mark), Way::from(standing.clone(), &self.told, *mark)),
            None => (None, Way::new()),
        }
    }
    /// Whether a milestone at a moment says the same.
    pub(super) fn meets(&self, order: Order, standing: Option<&Standing>) -> bool {
        self.marks.get(&order).is_some_and(|mark| Some(mark) == standing)
    }
}

/// Whether a fact changes how a deal stands.
pub(super) const fn moves(fact: &DealFact) -> bool {
    !matches!(
        fact,
        DealFact::Estimated(_)
            | DealFact::Fulfilled { .. }
            | DealFact::Waived { .. }
            | DealFact::Items { .. }
            | DealFact::Party(_)
            | DealFact::Participant { .. }
            | DealFact::Competitors { .. }
            | DealFact::Shares { .. }
    )
}

impl Milestones {
    /// Those of every deal.
    pub(crate) fn of(deals: &Deals, lens: Lens<'_>) -> Milestones {
        let all = deals.ids().syms().map(|deal| (deal, deals.story(Some(deal))));
        let far = all.filter(|(_, story)| story.len(lens.side) >= FACTS_BETWEEN);
        Milestones(far.filter_map(|(deal, story)| Some((deal, Marked::of(story, lens)?))).collect())
    }
    /// Those of one deal; `None` if it has not gone far.
    pub(super) fn get(&self, deal: Sym<kind::Deal>) -> Option<&Marked> {
        self.0.get(&deal)
    }
    /// Takes a record that the folds have taken.
    pub(crate) fn take(
        &mut self,
        (deals, entities): (&Deals, &Entities),
        lens: Lens<'_>,
        record: &Record,
    ) {
        match &record.event {
            Event::Deals(_) => {
                if let Some(deal) = deals.ids().find_entity(&record.event.home())
                    && let Some(deal) = deal.typed()
                {
                    self.go_on(deals, lens, deal, (record.occurred_at(), record.position));
                }
            }
            Event::Staff(Staff::WorkHandedOver(e)) => {
                for deal in e.of::<kind::Deal>() {
                    let deal = deals.ids().sym(&deal);
                    self.go_on(deals, lens, deal, (record.occurred_at(), record.position));
                }
            }
            Event::Staff(_) => (),
            Event::System(_) => {
                if let Some(target) = record.voids {
                    let order = (entities.moment(target), target);
                    self.0.retain(|deal, _| !deals.story(Some(*deal)).holds(order, lens.side));
                }
            }
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_)
            | Event::Stock(_)
            | Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Surveys(_)
            | Event::Access(_) => (),
        }
    }
    fn go_on(&mut self, deals: &Deals, lens: Lens<'_>, deal: Sym<kind::Deal>, order: Order) {
        let story = deals.story(Some(deal));
        if story.len(lens.side) < FACTS_BETWEEN {
            return;
        }
        let fact = story.after(order, lens).next();
        match (self.0.get_mut(&deal), fact) {
            (Some(marked), Some(fact)) if order > marked.last => marked.append(&fact),
            (Some(marked), Some(fact)) if !moves(&fact.what) => marked.told.say(order, fact.what),
            _ => match Marked::of(story, lens) {
                Some(marked) => drop(self.0.insert(deal, marked)),
                None => drop(self.0.remove(&deal)),
            },
        }
    }
    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
