//! Activity: what was said, complained of and done, as dated facts. Invariant: every record of the
//! three families is kept exactly once, in order of position or of replay; whether it counts is
//! asked through a lens.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Channel, Direction, Event, Record,
    event::{Interactions, Staff},
    id::{ClientId, EntityRef, Key, Kind, kind},
    time::Timestamp,
};

use crate::{
    cut::{Dated, Facts, Lens},
    fold::{Fold, Quarantine},
    table::{Ids, Sym, Table},
};

mod claims;
mod tasks;
mod threads;

pub use claims::{ClaimState, ClaimStep, ClaimTimes, Complaint, claim_state, claim_times};
pub use tasks::{Assignment, TaskStep};
pub(crate) use threads::{Waiting, threads};

/// An interaction that took place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Which one.
    pub interaction: Sym<kind::Interaction>,
    /// The client it names itself.
    pub client: Option<Sym<kind::Client>>,
    /// By what means.
    pub channel: Channel,
    /// Who began it.
    pub direction: Direction,
    /// How it ended.
    pub outcome: Option<Key>,
    /// Who did it.
    pub actor: Key,
    /// The deals, claims, orders and the like it is about, in their order.
    pub refs: Box<[EntityRef]>,
}

impl Said {
    /// The first entity of a kind it is about.
    pub fn about(&self, kind: Kind) -> Option<&EntityRef> {
        self.refs.iter().find(|entity| entity.kind == kind)
    }
}

/// A step in the life of an interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InteractionStep {
    /// It was planned.
    Planned {
        /// By what means.
        channel: Channel,
        /// When it is to begin.
        at: Timestamp,
    },
    /// It took place: the place among [`Activity::said`].
    Recorded(u32),
}

/// What is known of interactions, claims and tasks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Activity {
    clients: Ids<kind::Client>,
    interactions: Table<kind::Interaction, Facts<InteractionStep>>,
    said: Vec<Dated<Said>>,
    said_on_deals: Table<kind::Deal, Facts<u32>>,
    claims: Table<kind::Claim, Facts<ClaimStep>>,
    tasks: Table<kind::Task, Facts<TaskStep>>,
    /// The completions of tasks that were ever about a deal, by the task.
    done_on_deals: Table<kind::Deal, Facts<Sym<kind::Task>>>,
    quarantine: Quarantine,
}

impl Fold for Activity {
    const NAME: &'static str = "activity";
    const EDITION: u32 = 3;

    fn apply(&mut self, record: &Record) {
        match &record.event {
            Event::Interactions(Interactions::InteractionPlanned(e)) => {
                let step = InteractionStep::Planned { channel: e.channel, at: e.at };
                self.interactions.entry(&e.interaction).insert(Dated::of(record, step));
            }
            Event::Interactions(Interactions::InteractionRecorded(e)) => self.take_said(record, e),
            Event::Interactions(Interactions::AttributionStated(_)) => (),
            Event::Claims(e) => claims::take(&mut self.claims, record, e),
            Event::Tasks(e) => self.take_task(record, e),
            Event::Staff(Staff::WorkHandedOver(e)) => {
                for task in e.of::<kind::Task>() {
                    let step = TaskStep::HandedOver { from: e.from.clone(), to: e.to.clone() };
                    self.tasks.entry(&task).insert(Dated::of(record, step));
                }
            }
            Event::Staff(_) => (),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_) | Event::Stock(_) | Event::Marketing(_) | Event::System(_) => (),
        }
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Activity {
    fn take_said(&mut self, record: &Record, e: &sijil_schemas::InteractionRecorded) {
        let place = u32::try_from(self.said.len()).unwrap_or(u32::MAX);
        let interaction = self.interactions.intern(&e.interaction);
        self.interactions
            .at_mut(interaction)
            .insert(Dated::of(record, InteractionStep::Recorded(place)));
        let client = e.client.as_ref().map(|client: &ClientId| self.clients.intern(client));
        for deal in e.refs.iter().filter_map(EntityRef::typed::<kind::Deal>) {
            self.said_on_deals.entry(&deal).insert(Dated::of(record, place));
        }
        let (channel, direction, outcome, actor) =
            (e.channel, e.direction, e.outcome.clone(), record.envelope.actor.clone());
        let refs = e.refs.clone().into_boxed_slice();
        self.said.push(Dated::of(
            record,
            Said { interaction, client, channel, direction, outcome, actor, refs },
        ));
    }

    /// Every interaction that took place and counts, in order of position.
    pub fn said<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = &'a Dated<Said>> {
        self.said.iter().filter(move |fact| lens.counts(fact))
    }
    /// The same, of those that took place in an interval.
    pub fn said_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = &'a Dated<Said>> {
        self.said.iter().filter(move |fact| within.contains(&fact.at) && lens.counts(fact))
    }
    /// The interactions about a deal that took place and count, in replay order.
    #[must_use]
    pub fn said_on_deal<'a>(&'a self, deal: &str, lens: Lens<'a>) -> Vec<&'a Dated<Said>> {
        self.said_on_deal_within(deal, lens, Timestamp::MIN..Timestamp::END).collect()
    }
    /// The same, of those in an interval.
    pub fn said_on_deal_within<'a>(
        &'a self,
        deal: &str,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = &'a Dated<Said>> {
        let places = self
            .said_on_deals
            .get(deal)
            .into_iter()
            .flat_map(move |facts| facts.within(within.clone(), lens));
        places.map(|place| &self.said[place.what as usize])
    }
    /// How an interaction went, if it took place and counts.
    #[must_use]
    pub fn interaction<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<&'a Dated<Said>> {
        let place = |fact: &Dated<InteractionStep>| match fact.what {
            InteractionStep::Planned { .. } => None,
            InteractionStep::Recorded(place) => Some(place),
        };
        self.interactions
            .get(id)?
            .counting(lens)
            .rev()
            .find_map(place)
            .map(|place| &self.said[place as usize])
    }
    /// The steps of an interaction, in replay order, whether they count or not.
    #[must_use]
    pub fn interaction_steps(&self, id: &str) -> Option<&Facts<InteractionStep>> {
        self.interactions.get(id)
    }
    /// The id of an interaction.
    #[must_use]
    pub fn interaction_id(&self, said: &Said) -> &str {
        self.interactions.name(said.interaction)
    }
    /// The id of the client that an interaction names itself.
    #[must_use]
    pub fn client_of_said(&self, said: &Said) -> Option<&str> {
        said.client.map(|client| self.clients.name(client))
    }
    /// Interactions that are planned, did not take place and count: (id, plan).
    pub fn planned<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a Dated<InteractionStep>)> {
        self.interactions.iter().filter_map(move |(_, id, steps)| {
            let mut counting = steps.counting(lens);
            let plan = counting
                .next()
                .filter(|step| matches!(step.what, InteractionStep::Planned { .. }))?;
            counting
                .all(|step| matches!(step.what, InteractionStep::Planned { .. }))
                .then_some((id, plan))
        })
    }
}
