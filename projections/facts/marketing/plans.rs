//! What marketing plans and asks. Invariant: each is configuration; its last known revision is in
//! force.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    CampaignKind, CampaignPlanned, ClassificationCompleted, ClassificationKind, Classified,
    Criteria, Position, SegmentDefined, SourceDefined, SourceKind,
    id::kind,
    money::Money,
    text::{Attributes, Name},
    time::{Date, Period},
};

use super::Survey;
use crate::{
    config::{Revised, Revisions},
    cut::{Dated, Lens},
    ids::{Ids, Sym},
};

/// Where clients come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its label.
    pub name: Option<Name>,
    /// What it is.
    pub kind: SourceKind,
    /// The campaign behind it.
    pub campaign: Option<Sym<kind::Campaign>>,
}

impl Source {
    pub(super) fn of(e: &SourceDefined, campaign: Option<Sym<kind::Campaign>>) -> Source {
        Source { name: e.name.clone(), kind: e.kind, campaign }
    }
}

/// A campaign's plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its label.
    pub name: Option<Name>,
    /// What it is.
    pub kind: CampaignKind,
    /// What it may cost.
    pub budget: Option<Money>,
    /// Its first day.
    pub from: Date,
    /// Its last day.
    pub to: Date,
}

impl Campaign {
    pub(super) fn of(e: &CampaignPlanned) -> Campaign {
        Campaign { name: e.name.clone(), kind: e.kind, budget: e.budget, from: e.from, to: e.to }
    }
}

/// A segment's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its label.
    pub name: Option<Name>,
    /// Who belongs to it.
    pub criteria: Criteria,
}

impl Segment {
    pub(super) fn of(e: &SegmentDefined) -> Segment {
        Segment { name: e.name.clone(), criteria: e.criteria.clone() }
    }
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

impl Classification {
    pub(super) fn of(e: &ClassificationCompleted) -> Classification {
        Classification {
            kind: e.kind,
            params: e.params.clone(),
            window: e.window,
            known_at: e.known_at,
            result: e.result.clone(),
        }
    }
}

/// Every source, campaign, segment, classification and survey.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plans {
    pub(super) sources: Revisions<kind::Source, Source>,
    pub(super) campaigns: Revisions<kind::Campaign, Campaign>,
    pub(super) segments: Revisions<kind::Segment, Segment>,
    pub(super) classifications: Revisions<kind::Classification, Classification>,
    pub(super) surveys: Revisions<kind::Survey, Survey>,
}

impl Revised for Plans {
    fn truncate(&mut self, after: Position) {
        self.sources.truncate(after);
        self.campaigns.truncate(after);
        self.segments.truncate(after);
        self.classifications.truncate(after);
        self.surveys.truncate(after);
    }
}

impl Plans {
    /// A source in force, as known.
    #[must_use]
    pub fn source(
        &self,
        source: Option<Sym<kind::Source>>,
        lens: Lens<'_>,
    ) -> Option<&Dated<Source>> {
        self.sources.of(source?)?.newest_known(lens)
    }
    /// Every source in force, as known, in order of the ids.
    #[must_use]
    pub fn sources(&self, ids: &Ids, lens: Lens<'_>) -> Vec<(Sym<kind::Source>, &Dated<Source>)> {
        let known = self
            .sources
            .iter()
            .filter_map(|(source, facts)| facts.newest_known(lens).map(|known| (source, known)));
        let mut all: Vec<_> = known.collect();
        all.sort_unstable_by_key(|(source, _)| ids.name(*source));
        all
    }
    /// A campaign's plan, as known.
    #[must_use]
    pub fn campaign(
        &self,
        campaign: Option<Sym<kind::Campaign>>,
        lens: Lens<'_>,
    ) -> Option<&Dated<Campaign>> {
        self.campaigns.of(campaign?)?.newest_known(lens)
    }
    /// A segment's question in force, as known.
    #[must_use]
    pub fn segment(
        &self,
        segment: Option<Sym<kind::Segment>>,
        lens: Lens<'_>,
    ) -> Option<&Dated<Segment>> {
        self.segments.of(segment?)?.newest_known(lens)
    }
    /// A classification, if it counts.
    #[must_use]
    pub fn classification<'a>(
        &'a self,
        classification: Option<Sym<kind::Classification>>,
        lens: Lens<'a>,
    ) -> Option<&'a Dated<Classification>> {
        self.classifications.of(classification?)?.last(lens)
    }
}
