//! Marketing: where clients come from and what it cost, who else they may buy from, and what they
//! answer when they are asked. Invariant: statements, attendances, costs, observations and answers
//! are dated facts; sources, campaigns, segments, classifications and the questions of surveys are
//! configuration with revisions, in force as known.

use std::sync::Arc;

use sijil_schemas::{
    AttributionQuestion, Event, Record,
    event::{Interactions, Marketing as MarketingEvent},
    id::kind,
    money::Money,
};

use crate::{
    cells,
    chain::Chain,
    column::Column,
    config::Config,
    cut::{Dated, Lens},
    family,
    ids::{EntitySym, Sym},
    rows::Rows,
    words::{Word, Words},
};

mod competitors;
mod plans;
mod surveys;

pub use competitors::Observed;
pub use plans::{Campaign, Classification, Plans, Segment, Source};
pub use surveys::{Answer, Answered, Asking, Survey};

cells! { list AttributionQuestion { Learned, Prompted } }

cells! {
    /// What somebody said of a subject.
    pub struct Stated {
        /// The client, deal, order or interaction it was said of.
        pub subject: EntitySym,
        /// What was asked.
        pub question: AttributionQuestion,
    }
}

cells! {
    /// A step of a campaign's life after it was planned.
    pub enum CampaignStep {
        /// It began.
        Started,
        /// It is over.
        Ended,
    }
}

family! {
    /// What is known of sources, campaigns, segments, classifications, competitors and surveys.
    pub struct Marketing {
        /// Questions, answers and names of competitors.
        words: Words,
        plans: Config<Plans>,
        costs: Column<kind::Campaign, Money>,
        attendances: Column<kind::Campaign, Sym<kind::Client>>,
        stated: Column<kind::Source, Stated>,
        campaign_steps: Column<kind::Campaign, CampaignStep>,
        /// The name of each competitor.
        competitors: Column<kind::Competitor, Sym<Word>>,
        observed: Column<kind::Competitor, Observed>,
        invited: Column<kind::Survey, EntitySym>,
        answered: Column<kind::Survey, Answered>,
        answers: Rows<Answer>,
        closed: Column<kind::Survey, ()>,
    }
}

impl Marketing {
    /// Takes the next record.
    pub fn take(&self, record: &Record) {
        match &record.event {
            Event::Marketing(e) => self.take_marketing(record, e),
            Event::Surveys(e) => self.take_survey(record, e),
            Event::Interactions(Interactions::AttributionStated(e)) => {
                let subject = self.ids.entity(&e.subject);
                let stated = Stated { subject, question: e.question };
                self.stated.push(self.ids.sym(&e.source), Dated::of(record, stated));
            }
            Event::Interactions(
                Interactions::InteractionPlanned(_)
                | Interactions::InteractionRecorded(_)
                | Interactions::InteractionAnnotated(_),
            ) => (),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_)
            | Event::Stock(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }
    fn take_marketing(&self, record: &Record, event: &MarketingEvent) {
        match event {
            MarketingEvent::SourceDefined(e) => {
                let campaign = e.campaign.as_ref().map(|campaign| self.ids.sym(campaign));
                let source = Dated::of(record, Source::of(e, campaign));
                self.plans.change(|plans| plans.sources.define(self.ids.sym(&e.source), source));
            }
            MarketingEvent::CampaignPlanned(e) => {
                let (campaign, plan) = (self.ids.sym(&e.campaign), Campaign::of(e));
                let plan = Dated::of(record, plan);
                self.plans.change(|plans| plans.campaigns.define(campaign, plan));
            }
            MarketingEvent::CampaignCostRecorded(e) => {
                self.costs.push(self.ids.sym(&e.campaign), Dated::of(record, e.amount));
            }
            MarketingEvent::CampaignAttended(e) => {
                let client = Dated::of(record, self.ids.sym(&e.client));
                self.attendances.push(self.ids.sym(&e.campaign), client);
            }
            MarketingEvent::SegmentDefined(e) => {
                let segment = Dated::of(record, Segment::of(e));
                self.plans.change(|plans| plans.segments.define(self.ids.sym(&e.segment), segment));
            }
            MarketingEvent::ClassificationCompleted(e) => {
                let classification = self.ids.sym(&e.classification);
                let made = Dated::of(record, Classification::of(e));
                self.plans.change(|plans| plans.classifications.define(classification, made));
            }
            MarketingEvent::CampaignStarted(e) => {
                let step = Dated::of(record, CampaignStep::Started);
                self.campaign_steps.push(self.ids.sym(&e.campaign), step);
            }
            MarketingEvent::CampaignEnded(e) => {
                let step = Dated::of(record, CampaignStep::Ended);
                self.campaign_steps.push(self.ids.sym(&e.campaign), step);
            }
            MarketingEvent::CompetitorRegistered(e) => {
                let name = self.words.intern(&e.name, record.position);
                self.competitors.push(self.ids.sym(&e.competitor), Dated::of(record, name));
            }
            MarketingEvent::CompetitorFactObserved(e) => {
                let observed = Observed::of(e, &self.ids);
                self.observed.push(self.ids.sym(&e.competitor), Dated::of(record, observed));
            }
        }
    }

    /// A word that a fact names.
    #[must_use]
    pub fn word(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// The steps of a campaign's life after it was planned.
    #[must_use]
    pub fn campaign_steps(
        &self,
        campaign: Option<Sym<kind::Campaign>>,
    ) -> Chain<'_, kind::Campaign, CampaignStep> {
        self.campaign_steps.of_any(campaign)
    }
    /// Sources, campaigns, segments, classifications and the questions of surveys, as they are now.
    #[must_use]
    pub fn plans(&self) -> Arc<Plans> {
        self.plans.get()
    }
    /// What campaigns cost, as far as it counts: (campaign, cost), in order of position.
    pub fn costs<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Campaign>, Dated<Money>)> + 'a {
        self.costs.counting(lens).map(|(_, campaign, cost)| (campaign, cost))
    }
    /// What one campaign cost, as far as it counts, in replay order.
    pub fn costs_of<'a>(
        &'a self,
        campaign: Option<Sym<kind::Campaign>>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<Money>> + 'a {
        self.costs.of_any(campaign).counting(lens)
    }
    /// Who took part in which campaign, as far as it counts: (campaign, client it names), in order
    /// of position.
    pub fn attendances<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Campaign>, Dated<Sym<kind::Client>>)> + 'a {
        self.attendances.counting(lens).map(|(_, campaign, client)| (campaign, client))
    }
    /// Everything that was said, as far as it counts: (source it names, what was asked of whom), in
    /// order of position.
    pub fn stated<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Source>, Dated<Stated>)> + 'a {
        self.stated.counting(lens).map(|(_, source, stated)| (source, stated))
    }
}
