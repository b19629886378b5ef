//! Activity: what was said, complained of, served and done, as dated facts. Invariant: every record
//! of the three families is kept exactly once; whether it counts is asked through a lens.

use std::ops::Range;

use sijil_schemas::{
    Channel, Direction, Event, Record,
    event::{Interactions, Staff},
    id::{Kind, kind},
    time::Timestamp,
};

use crate::{
    cells,
    cells::Run,
    chain::Chain,
    column::Column,
    cut::{Dated, Lens},
    family,
    ids::{EntitySym, Sym},
    rows::Rows,
    words::{Word, Words},
};

mod claims;
mod service;
mod tasks;
mod time;

pub use claims::{ClaimState, ClaimStep, ClaimTimes, Complaint, claim_state, claim_times};
pub use service::{Guarantee, Served};
pub use tasks::{Assignment, Task, TaskStep};
pub use time::{ReminderStep, Worked};

cells! { list Channel { Meeting, Call, Sms, Email, Chat } }
cells! { list Direction { In, Out } }

cells! {
    /// An interaction that took place.
    pub struct Said {
        /// Which one.
        pub interaction: Sym<kind::Interaction>,
        /// The client it names itself.
        pub client: Option<Sym<kind::Client>>,
        /// By what means.
        pub channel: Channel,
        /// Who began it.
        pub direction: Direction,
        /// How long it took, in seconds.
        pub duration_s: Option<u32>,
        /// How it ended.
        pub outcome: Option<Sym<Word>>,
        /// Who did it.
        pub actor: Sym<Word>,
        /// The deals, claims, orders and the like it is about, in their order.
        pub refs: Run<EntitySym>,
    }
}

cells! {
    /// An interaction that is to take place.
    pub struct Plan {
        /// By what means.
        pub channel: Channel,
        /// When it is to begin.
        pub at: Timestamp,
        /// Who planned it.
        pub actor: Sym<Word>,
        /// What it is to be about, in their order.
        pub refs: Run<EntitySym>,
    }
}

family! {
    /// What is known of interactions, claims, service and tasks.
    pub struct Activity {
        words: Words,
        refs: Rows<EntitySym>,
        plans: Column<kind::Interaction, Plan>,
        said: Column<kind::Interaction, Said>,
        /// What says that something was noted of an interaction.
        annotated: Column<kind::Interaction, ()>,
        /// What was said about each deal: rows of `said`.
        said_on_deals: Column<kind::Deal, u32>,
        claims: Column<kind::Claim, ClaimStep>,
        /// The steps that say where each claim stands: rows of `claims`.
        claims_turned: Column<kind::Claim, u32>,
        warranties: Column<kind::Warranty, Guarantee>,
        served: Column<kind::ServiceJob, Served>,
        tasks: Column<kind::Task, TaskStep>,
        /// The steps that say where each task stands: rows of `tasks`.
        tasks_turned: Column<kind::Task, u32>,
        /// The steps that say who has each task: rows of `tasks`.
        tasks_held: Column<kind::Task, u32>,
        /// What the assignments of each task say it is about.
        assigned: Column<kind::Task, Run<EntitySym>>,
        /// The completions of tasks that were ever about a deal, by the task.
        done_on_deals: Column<kind::Deal, Sym<kind::Task>>,
        reminders: Column<kind::Reminder, ReminderStep>,
        worked: Column<kind::TimeEntry, Worked>,
    }
}

impl Activity {
    /// Takes the next record.
    pub fn take(&self, record: &Record) {
        match &record.event {
            Event::Interactions(Interactions::InteractionPlanned(e)) => {
                let refs = e.refs.iter().map(|entity| self.ids.entity(entity));
                let plan = Plan {
                    channel: e.channel,
                    at: e.at,
                    actor: self.words.intern(record.envelope.actor.as_str(), record.position),
                    refs: self.refs.extend(record.position, refs),
                };
                self.plans.push(self.ids.sym(&e.interaction), Dated::of(record, plan));
            }
            Event::Interactions(Interactions::InteractionRecorded(e)) => self.take_said(record, e),
            Event::Interactions(Interactions::InteractionAnnotated(e)) => {
                self.annotated.push(self.ids.sym(&e.interaction), Dated::of(record, ()));
            }
            Event::Interactions(Interactions::AttributionStated(_)) => (),
            Event::Claims(e) => self.take_claim(record, e),
            Event::Tasks(e) => self.take_task(record, e),
            Event::Staff(Staff::WorkHandedOver(e)) => {
                let (from, to) = (self.ids.sym(&e.from), self.ids.sym(&e.to));
                for task in e.of::<kind::Task>() {
                    self.hand_task(record, &task, (from, to));
                }
            }
            Event::Staff(_) => (),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_)
            | Event::Stock(_)
            | Event::Marketing(_)
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }
    fn take_said(&self, record: &Record, e: &sijil_schemas::InteractionRecorded) {
        let word = |word: &str| self.words.intern(word, record.position);
        let interaction = self.ids.sym(&e.interaction);
        let said = Said {
            interaction,
            client: e.client.as_ref().map(|client| self.ids.sym(client)),
            channel: e.channel,
            direction: e.direction,
            duration_s: e.duration_s,
            outcome: e.outcome.as_ref().map(|outcome| word(outcome.as_str())),
            actor: word(record.envelope.actor.as_str()),
            refs: self.refs.extend(record.position, e.refs.iter().map(|r| self.ids.entity(r))),
        };
        let row = self.said.push(interaction, Dated::of(record, said));
        for deal in self.refs(said.refs).filter_map(EntitySym::typed) {
            self.said_on_deals.push(deal, Dated::of(record, row));
        }
    }

    /// A word that a fact names.
    #[must_use]
    pub fn word(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// The entities that a fact is about, in their order.
    pub fn refs(&self, refs: Run<EntitySym>) -> impl DoubleEndedIterator<Item = EntitySym> {
        self.refs.of(refs)
    }
    /// The first entity of a kind that an interaction is about.
    #[must_use]
    pub fn about(&self, said: &Said, kind: Kind) -> Option<EntitySym> {
        self.first_ref(said.refs, kind)
    }
    /// The first entity of a kind among some.
    #[must_use]
    pub fn first_ref(&self, refs: Run<EntitySym>, kind: Kind) -> Option<EntitySym> {
        self.refs(refs).find(|entity| entity.kind == kind)
    }
    /// Every interaction that took place and counts, in order of position.
    pub fn said<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Dated<Said>> + 'a {
        self.said.counting(lens).map(|(_, _, fact)| fact)
    }
    /// The same, of those that took place in an interval.
    pub fn said_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Dated<Said>> + 'a {
        self.said.within(within, lens).map(|(_, _, fact)| fact)
    }
    /// The interactions about a deal that took place and count, in replay order.
    pub fn said_on_deal<'a>(
        &'a self,
        deal: Option<Sym<kind::Deal>>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<Said>> + 'a {
        self.said_on_deals.of_any(deal).counting(lens).map(|row| self.said.at(row.what))
    }
    /// The same, of those in an interval.
    pub fn said_on_deal_within<'a>(
        &'a self,
        deal: Option<Sym<kind::Deal>>,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Dated<Said>> + 'a {
        self.said_on_deals.of_any(deal).within(within, lens).map(|row| self.said.at(row.what))
    }
    /// How an interaction went, if it took place and counts; if it did several times, the last.
    #[must_use]
    pub fn interaction(
        &self,
        interaction: Option<Sym<kind::Interaction>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Said>> {
        self.said.of_any(interaction).last(lens)
    }
    /// The first time that an interaction took place and counts.
    #[must_use]
    pub fn first_said(
        &self,
        interaction: Option<Sym<kind::Interaction>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Said>> {
        self.said.of_any(interaction).counting(lens).next()
    }
    /// The times that an interaction took place: one, where the rules let it in.
    #[must_use]
    pub fn sayings(
        &self,
        interaction: Option<Sym<kind::Interaction>>,
    ) -> Chain<'_, kind::Interaction, Said> {
        self.said.of_any(interaction)
    }
    /// What says that something was noted of an interaction.
    #[must_use]
    pub fn annotations(
        &self,
        interaction: Option<Sym<kind::Interaction>>,
    ) -> Chain<'_, kind::Interaction, ()> {
        self.annotated.of_any(interaction)
    }
    /// Every plan that counts, in order of position.
    pub fn plans<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Interaction>, Dated<Plan>)> + 'a {
        self.plans.counting(lens).map(|(_, interaction, plan)| (interaction, plan))
    }
    /// The first plan of an interaction that counts.
    #[must_use]
    pub fn plan(
        &self,
        interaction: Option<Sym<kind::Interaction>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Plan>> {
        self.plans.of_any(interaction).counting(lens).next()
    }
}
