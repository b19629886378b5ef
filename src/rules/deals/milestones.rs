//! Milestones on the way of deals that have gone far. Invariant: each says how a deal stands after
//! the facts up to it that count now, so that a rule need not walk them again; droppable, made anew
//! from the facts, and held against the whole walk in builds with debug assertions.

use std::collections::BTreeMap;

use sijil_projections::{
    Dated, Lens,
    deals::{Deal, DealFact, Deals},
    entities::Entities,
};
use sijil_schemas::{Event, Record, event::Staff, id::kind};

use super::standing::{Order, Standing, Told, Way};

/// So many facts lie between two milestones, and a deal has none before.
const FACTS_BETWEEN: usize = 64;

/// The milestones of every deal that has gone far, by its id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Milestones(BTreeMap<String, Marked>);

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
    fn of(deal: &Deal, lens: Lens<'_>) -> Option<Marked> {
        let (mut way, mut marks, mut since, mut last) = (Way::new(), BTreeMap::new(), 0, None);
        for fact in deal.facts().counting(lens) {
            way.take(&Dated { at: fact.at, position: fact.position, what: &fact.what });
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
        way.take(&Dated { at: fact.at, position: fact.position, what: &fact.what });
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
        DealFact::Estimated { .. } | DealFact::Fulfilled { .. } | DealFact::Waived { .. }
    )
}

impl Milestones {
    /// Those of every deal.
    pub(crate) fn of(deals: &Deals, lens: Lens<'_>) -> Milestones {
        let far = deals.iter().filter(|(_, deal)| deal.facts().len() >= FACTS_BETWEEN);
        Milestones(
            far.filter_map(|(id, deal)| Some((id.to_owned(), Marked::of(deal, lens)?))).collect(),
        )
    }
    /// Those of one deal; `None` if it has not gone far.
    pub(super) fn get(&self, id: &str) -> Option<&Marked> {
        self.0.get(id)
    }
    /// Takes a record that the folds have taken.
    pub(crate) fn take(
        &mut self,
        (deals, entities): (&Deals, &Entities),
        lens: Lens<'_>,
        record: &Record,
    ) {
        match &record.event {
            Event::Deals(e) => {
                if let Some((id, ..)) = DealFact::of(e, &record.envelope.actor) {
                    self.go_on(deals, lens, id.as_str(), (record.occurred_at(), record.position));
                }
            }
            Event::Staff(Staff::WorkHandedOver(e)) => {
                for id in e.of::<kind::Deal>() {
                    self.go_on(deals, lens, id.as_str(), (record.occurred_at(), record.position));
                }
            }
            Event::Staff(_) => (),
            Event::System(_) => {
                if let Some(target) = record.voids {
                    let order = (entities.date_of(target), target);
                    self.0.retain(|id, _| {
                        deals.get(id).is_some_and(|deal| !deal.facts().holds(order))
                    });
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
            | Event::Tasks(_) => (),
        }
    }
    fn go_on(&mut self, deals: &Deals, lens: Lens<'_>, id: &str, order: Order) {
        let Some(deal) = deals.get(id).filter(|deal| deal.facts().len() >= FACTS_BETWEEN) else {
            return;
        };
        let fact = deal.facts().after(order, lens).next();
        match (self.0.get_mut(id), fact) {
            (Some(marked), Some(fact)) if order > marked.last => marked.append(fact),
            (Some(marked), Some(fact)) if !moves(&fact.what) => marked.told.say(order, &fact.what),
            _ => match Marked::of(deal, lens) {
                Some(marked) => drop(self.0.insert(id.to_owned(), marked)),
                None => drop(self.0.remove(id)),
            },
        }
    }
    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
