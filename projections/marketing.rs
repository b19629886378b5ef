//! Marketing: where clients come from and what it cost. Invariant: statements, attendances and
//! costs are dated facts; sources, campaigns and segments are configuration with revisions, in
//! force as known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    AttributionQuestion, CampaignKind, ClassificationKind, Classified, Criteria, Event, Record,
    SourceKind,
    event::{Interactions, Marketing as MarketingEvent},
    id::{CampaignId, EntityRef, kind},
    money::Money,
    text::Attributes,
    time::{Date, Period},
};

use crate::{
    cut::{Dated, Facts, Lens},
    fold::Fold,
    table::{Ids, Sym, Table},
};

/// Where clients come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its label.
    pub name: Option<String>,
    /// What it is.
    pub kind: SourceKind,
    /// The campaign behind it.
    pub campaign: Option<CampaignId>,
}

/// A campaign's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its label.
    pub name: Option<String>,
    /// What it is.
    pub kind: CampaignKind,
    /// What it may cost.
    pub budget: Option<Money>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
}

/// What somebody said of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// What was asked.
    pub question: AttributionQuestion,
    /// The source that was named.
    pub source: Sym<kind::Source>,
}

/// A segment's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its label.
    pub name: Option<String>,
    /// Who belongs to it.
    pub criteria: Criteria,
}

/// A classification that was made and is kept as a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    /// What kind.
    pub kind: ClassificationKind,
    /// With which parameters.
    pub params: Attributes,
    /// Over which days.
    pub window: Period,
    /// The position it was made at.
    pub known_at: u64,
    /// Each object's class.
    pub result: Vec<Classified>,
}

/// What is known of sources, campaigns, segments and classifications.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Marketing {
    sources: Table<kind::Source, Facts<Source>>,
    campaigns: Table<kind::Campaign, Facts<Campaign>>,
    costs: Table<kind::Campaign, Facts<Money>>,
    attendance_clients: Ids<kind::Client>,
    attendances: Vec<Dated<(Sym<kind::Client>, Sym<kind::Campaign>)>>,
    stated: BTreeMap<EntityRef, Facts<Stated>>,
    segments: Table<kind::Segment, Facts<Segment>>,
    classifications: Table<kind::Classification, Facts<Classification>>,
}

impl Fold for Marketing {
    const NAME: &'static str = "marketing";
    const EDITION: u32 = 3;

    fn apply(&mut self, record: &Record) {
        match &record.event {
            Event::Marketing(e) => self.take(record, e),
            Event::Interactions(Interactions::AttributionStated(e)) => {
                let stated =
                    Stated { question: e.question, source: self.sources.intern(&e.source) };
                self.stated.entry(e.subject.clone()).or_default().insert(Dated::of(record, stated));
            }
            Event::Interactions(
                Interactions::InteractionPlanned(_) | Interactions::InteractionRecorded(_),
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
            | Event::System(_) => (),
        }
    }
}

impl Marketing {
    fn take(&mut self, record: &Record, event: &MarketingEvent) {
        let label =
            |name: &Option<sijil_schemas::text::Name>| name.as_ref().map(|n| n.as_str().to_owned());
        match event {
            MarketingEvent::SourceDefined(e) => {
                let source =
                    Source { name: label(&e.name), kind: e.kind, campaign: e.campaign.clone() };
                self.sources.entry(&e.source).insert(Dated::of(record, source));
            }
            MarketingEvent::CampaignPlanned(e) => {
                let campaign = Campaign {
                    name: label(&e.name),
                    kind: e.kind,
                    budget: e.budget,
                    from: e.from,
                    to: e.to,
                };
                self.campaigns.entry(&e.campaign).insert(Dated::of(record, campaign));
            }
            MarketingEvent::CampaignCostRecorded(e) => {
                self.costs.entry(&e.campaign).insert(Dated::of(record, e.amount));
            }
            MarketingEvent::CampaignAttended(e) => {
                let fact =
                    (self.attendance_clients.intern(&e.client), self.campaigns.intern(&e.campaign));
                self.attendances.push(Dated::of(record, fact));
            }
            MarketingEvent::SegmentDefined(e) => {
                let segment = Segment { name: label(&e.name), criteria: e.criteria.clone() };
                self.segments.entry(&e.segment).insert(Dated::of(record, segment));
            }
            MarketingEvent::ClassificationCompleted(e) => {
                let (params, result) = (e.params.clone(), e.result.clone());
                let fact = Classification {
                    kind: e.kind,
                    params,
                    window: e.window,
                    known_at: e.known_at,
                    result,
                };
                self.classifications.entry(&e.classification).insert(Dated::of(record, fact));
            }
        }
    }

    /// A source in force, as known.
    #[must_use]
    pub fn source<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<&'a Dated<Source>> {
        self.sources.get(id)?.newest_known(lens)
    }
    /// The id of a source that a statement named.
    #[must_use]
    pub fn source_id(&self, source: Sym<kind::Source>) -> &str {
        self.sources.name(source)
    }
    /// Every source in force, as known, in order of the ids.
    pub fn sources<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a Dated<Source>)> {
        self.sources
            .sorted()
            .into_iter()
            .filter_map(move |(_, id, facts)| Some((id, facts.newest_known(lens)?)))
    }
    /// A campaign's plan, as known.
    #[must_use]
    pub fn campaign<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<&'a Dated<Campaign>> {
        self.campaigns.get(id)?.newest_known(lens)
    }
    /// What campaigns cost, as far as it counts: (campaign, cost), in order of the ids, then of
    /// replay.
    pub fn costs<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a Dated<Money>)> {
        self.costs
            .sorted()
            .into_iter()
            .flat_map(move |(_, id, facts)| facts.counting(lens).map(move |cost| (id, cost)))
    }
    /// What one campaign cost, as far as it counts, in replay order.
    pub fn costs_of<'a>(
        &'a self,
        campaign: &str,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<Money>> {
        self.costs.get(campaign).into_iter().flat_map(move |facts| facts.counting(lens))
    }
    /// Who took part in which campaign, as far as it counts: (client it names, campaign), in order
    /// of position.
    pub fn attendances<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a str, Dated<()>)> {
        let named = |fact: &Dated<(Sym<kind::Client>, Sym<kind::Campaign>)>| {
            let (client, campaign) = fact.what;
            (
                self.attendance_clients.name(client),
                self.campaigns.name(campaign),
                Dated { at: fact.at, position: fact.position, what: () },
            )
        };
        self.attendances.iter().filter(move |fact| lens.counts(fact)).map(named)
    }
    /// What was said of a subject, as far as it counts, in replay order.
    pub fn stated_of<'a>(
        &'a self,
        subject: &EntityRef,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<Stated>> {
        self.stated.get(subject).into_iter().flat_map(move |facts| facts.counting(lens))
    }
    /// Everything that was said, as far as it counts, by subject.
    pub fn stated<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a EntityRef, &'a Dated<Stated>)> {
        self.stated
            .iter()
            .flat_map(move |(subject, facts)| facts.counting(lens).map(move |fact| (subject, fact)))
    }
    /// A segment's question in force, as known.
    #[must_use]
    pub fn segment<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<&'a Dated<Segment>> {
        self.segments.get(id)?.newest_known(lens)
    }
    /// A classification, if it counts.
    #[must_use]
    pub fn classification<'a>(
        &'a self,
        id: &str,
        lens: Lens<'a>,
    ) -> Option<&'a Dated<Classification>> {
        self.classifications.get(id)?.last(lens)
    }
}
