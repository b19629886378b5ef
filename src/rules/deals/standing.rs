//! Where a deal stands, as far as a rule asks. Invariant: it says the same as the course of the
//! facts up to there, in a few words that do not grow.

use std::collections::BTreeMap;

use sijil_projections::{
    Dated, Sym, Word,
    deals::{DealFact, Leaving, Moment, Opening, State, Visit},
};
use sijil_schemas::{Position, id::kind, time::Timestamp};

/// A moment of replay: business date, then position.
pub(super) type Order = (Timestamp, Position);

pub(super) const fn moment((at, position): Order) -> Moment {
    Moment { at, position }
}

/// Where a deal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) pipeline: Sym<kind::Pipeline>,
    pub(super) opened: Order,
    pub(super) stage: Sym<Word>,
    /// The n-th visit of that stage, from 1.
    pub(super) number: u32,
    pub(super) entered: Order,
    pub(super) state: State,
    pub(super) owner: Sym<kind::Employee>,
    /// How often each stage was visited.
    visits: BTreeMap<Sym<Word>, u32>,
}

impl Standing {
    fn begin(order: Order, opening: &Opening) -> Standing {
        let visits = BTreeMap::from([(opening.stage, 1)]);
        Standing {
            pipeline: opening.pipeline,
            opened: order,
            stage: opening.stage,
            number: 1,
            entered: order,
            state: State::Open,
            owner: opening.owner,
            visits,
        }
    }
    fn enter(&mut self, order: Order, stage: Sym<Word>) {
        let visits = self.visits.entry(stage).or_default();
        *visits += 1;
        (self.number, self.stage, self.entered) = (*visits, stage, order);
    }
    /// The visit it is in, as if it ended now.
    pub(super) fn visit(&self, now: Moment) -> Visit {
        Visit {
            stage: self.stage,
            number: self.number,
            entered: moment(self.entered),
            left: Some((now, Leaving::Won)),
        }
    }
}

/// When something was said of a requirement at a visit.
type ByVisit = BTreeMap<(Sym<Word>, u32), Vec<Order>>;

/// What was told of a deal that later facts may ask for, by what they ask for: when each visit of a
/// stage began, and when something was fulfilled or waived for a visit.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    visits: BTreeMap<Sym<Word>, Vec<Order>>,
    fulfilled: ByVisit,
    waived: ByVisit,
}

impl Told {
    /// Takes note of a fact by which nothing begins.
    pub(super) fn say(&mut self, order: Order, fact: DealFact) {
        let (among, requirement, visit) = match fact {
            DealFact::Fulfilled { requirement, visit } => (&mut self.fulfilled, requirement, visit),
            DealFact::Waived { requirement, visit } => (&mut self.waived, requirement, visit),
            DealFact::Opened(_)
            | DealFact::Estimated(_)
            | DealFact::Entered { .. }
            | DealFact::PutOnHold
            | DealFact::Resumed => return,
            DealFact::OwnerChanged { .. }
            | DealFact::Won { .. }
            | DealFact::Lost(_)
            | DealFact::Reopened { .. } => return,
            DealFact::Items { .. }
            | DealFact::Party(_)
            | DealFact::Participant { .. }
            | DealFact::Competitors { .. }
            | DealFact::Shares { .. } => return,
        };
        let orders = among.entry((requirement, visit)).or_default();
        let place = orders.partition_point(|known| *known < order);
        orders.insert(place, order);
    }
}

/// How many of some orders come at or before a mark; all without one.
fn until(orders: &[Order], mark: Option<Order>) -> &[Order] {
    mark.map_or(orders, |mark| &orders[..orders.partition_point(|order| *order <= mark)])
}

/// A deal on its way: from its beginning, or from a mark up to which another told all.
#[derive(Debug, Clone)]
pub(super) struct Way<'a> {
    pub(super) standing: Option<Standing>,
    told: Told,
    before: Option<(&'a Told, Order)>,
}

impl<'a> Way<'a> {
    pub(super) fn new() -> Way<'a> {
        Way { standing: None, told: Told::default(), before: None }
    }
    pub(super) fn from(standing: Standing, told: &'a Told, mark: Order) -> Way<'a> {
        Way { standing: Some(standing), told: Told::default(), before: Some((told, mark)) }
    }
    pub(super) fn into_told(self) -> Told {
        self.told
    }
    pub(super) fn told_mut(&mut self) -> &mut Told {
        &mut self.told
    }
    /// Goes on by one fact; facts before the opening, and facts that a closed deal cannot have, do
    /// not count.
    pub(super) fn take(&mut self, fact: &Dated<DealFact>) {
        let (order, mut entered) = (fact.order(), None);
        match (&mut self.standing, fact.what) {
            (None, DealFact::Opened(opening)) => {
                self.standing = Some(Standing::begin(order, &opening));
                entered = Some(opening.stage);
            }
            (None, _) | (Some(_), DealFact::Opened(_) | DealFact::Estimated(_)) => (),
            (Some(deal), DealFact::Entered { to, .. }) if deal.state.is_open() => {
                entered = Some(to);
            }
            (Some(deal), DealFact::Reopened { stage }) if !deal.state.is_open() => {
                deal.state = State::Open;
                entered = Some(stage);
            }
            (Some(deal), DealFact::PutOnHold) if deal.state == State::Open => {
                deal.state = State::OnHold;
            }
            (Some(deal), DealFact::Resumed) if deal.state == State::OnHold => {
                deal.state = State::Open;
            }
            (Some(deal), DealFact::OwnerChanged { to, .. }) => deal.owner = to,
            (Some(deal), DealFact::Won { .. }) if deal.state.is_open() => deal.state = State::Won,
            (Some(deal), DealFact::Lost(_)) if deal.state.is_open() => deal.state = State::Lost,
            (Some(_), DealFact::Fulfilled { .. } | DealFact::Waived { .. }) => {
                self.told.say(order, fact.what);
            }
            (
                Some(_),
                DealFact::Entered { .. }
                | DealFact::Reopened { .. }
                | DealFact::PutOnHold
                | DealFact::Resumed,
            ) => (),
            (Some(_), DealFact::Won { .. } | DealFact::Lost(_)) => (),
            (
                Some(_),
                DealFact::Items { .. }
                | DealFact::Party(_)
                | DealFact::Participant { .. }
                | DealFact::Competitors { .. }
                | DealFact::Shares { .. },
            ) => (),
        }
        if let (Some(deal), Some(stage)) = (&mut self.standing, entered) {
            if order != deal.opened {
                deal.enter(order, stage);
            }
            self.told.visits.entry(stage).or_default().push(order);
        }
    }
    /// When the n-th visit of each stage began, for the stages that had so many.
    pub(super) fn nth_visits(&self, number: u32) -> Vec<(Sym<Word>, Order)> {
        let Some(index) = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)) else {
            return Vec::new();
        };
        let stages = self
            .standing
            .iter()
            .flat_map(|deal| deal.visits.iter().filter(|(_, visits)| **visits >= number));
        let begun = stages.filter_map(|(stage, _)| {
            let old = self.before.map_or(&[][..], |(told, mark)| {
                told.visits.get(stage).map_or(&[][..], |orders| until(orders, Some(mark)))
            });
            let new = self.told.visits.get(stage).map_or(&[][..], Vec::as_slice);
            old.get(index)
                .or_else(|| new.get(index.checked_sub(old.len())?))
                .map(|order| (*stage, *order))
        });
        begun.collect()
    }
    /// Whether a requirement was waived for the present visit, or fulfilled in words during it.
    pub(super) fn is_settled(&self, requirement: Sym<Word>) -> bool {
        let Some(deal) = &self.standing else { return false };
        let key = (requirement, deal.number);
        let last = |of: fn(&Told) -> &ByVisit| {
            let old =
                self.before.and_then(|(told, mark)| until(of(told).get(&key)?, Some(mark)).last());
            of(&self.told).get(&key).and_then(|orders| orders.last()).or(old)
        };
        last(|told| &told.waived).is_some()
            || last(|told| &told.fulfilled).is_some_and(|order| *order >= deal.entered)
    }
}
