//! Pipelines and regulations, with their revisions. Invariant: a revision is in force from its own
//! date until the next one's, and is cut by `known_at` alone.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Channel, Direction, PipelineDefined, Position, RegulationDefined, Requirement, RequirementKind,
    Stage,
    id::{Key, PipelineId, kind},
    time::Timestamp,
};

use super::Course;
use crate::{
    cut::{Dated, Facts, Lens},
    table::Table,
};

/// One revision of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRevision {
    /// Its stages, from the first rank up.
    pub stages: Box<[Stage]>,
}

impl PipelineRevision {
    /// The stage of a key.
    #[must_use]
    pub fn stage(&self, key: &Key) -> Option<&Stage> {
        self.stages.iter().find(|s| s.stage == *key)
    }
}

/// What a regulation asks for at a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Its key.
    pub requirement: Key,
    /// The stage it belongs to.
    pub stage: Key,
    /// What fulfils it.
    pub kind: RequirementKind,
    /// Only by this means.
    pub channel: Option<Channel>,
    /// Only in this direction.
    pub direction: Option<Direction>,
    /// Only with this outcome.
    pub outcome: Option<Key>,
    /// The field, for kind field.
    pub field: Option<Key>,
    /// Hours from entry until it is due.
    pub due_h: u32,
    /// Whether a higher stage and a win are barred until it is fulfilled.
    pub gate: bool,
}

impl Duty {
    fn of(r: &Requirement) -> Duty {
        Duty {
            requirement: r.requirement.clone(),
            stage: r.stage.clone(),
            kind: r.kind,
            channel: r.matches.channel,
            direction: r.matches.direction,
            outcome: r.matches.outcome.clone(),
            field: r.matches.field.clone(),
            due_h: r.due_h,
            gate: r.gate,
        }
    }
}

/// One revision of a regulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegulationRevision {
    /// The pipeline it rules.
    pub pipeline: PipelineId,
    /// What it asks for.
    pub duties: Box<[Duty]>,
}

/// Every pipeline and regulation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Regime {
    pipelines: Table<kind::Pipeline, Facts<PipelineRevision>>,
    regulations: Table<kind::Regulation, Facts<RegulationRevision>>,
}

fn in_force<'a, T>(facts: &'a Facts<T>, at: Timestamp, lens: Lens<'_>) -> Option<&'a Dated<T>> {
    facts.in_force(at, lens)
}

impl Regime {
    /// Takes a revision of a pipeline.
    pub fn define_pipeline(&mut self, e: &PipelineDefined, at: Timestamp, position: Position) {
        let mut stages = e.stages.clone();
        stages.sort_by_key(|s| s.rank);
        self.pipelines.entry(&e.pipeline).insert(Dated {
            at,
            position,
            what: PipelineRevision { stages: stages.into() },
        });
    }
    /// Takes a revision of a regulation.
    pub fn define_regulation(&mut self, e: &RegulationDefined, at: Timestamp, position: Position) {
        let revision = RegulationRevision {
            pipeline: e.pipeline.clone(),
            duties: e.requirements.iter().map(Duty::of).collect(),
        };
        self.regulations.entry(&e.regulation).insert(Dated { at, position, what: revision });
    }
    /// The revision of a pipeline in force at a moment, as known.
    #[must_use]
    pub fn pipeline(
        &self,
        pipeline: &str,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&Dated<PipelineRevision>> {
        in_force(self.pipelines.get(pipeline)?, at, lens)
    }
    /// Every known revision of a pipeline, from the latest date back.
    pub fn revisions<'a>(
        &'a self,
        pipeline: &str,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<PipelineRevision>> {
        self.pipelines.get(pipeline).into_iter().flat_map(move |f| f.known(lens).rev())
    }
    /// What is asked for at the stages of a pipeline at a moment, as known: (regulation, its
    /// revision), in order of the regulations' ids.
    pub fn regulations<'a>(
        &'a self,
        pipeline: &PipelineId,
        at: Timestamp,
        lens: Lens<'a>,
    ) -> Vec<(&'a str, &'a Dated<RegulationRevision>)> {
        let in_force = self
            .regulations
            .iter()
            .filter_map(|(_, id, facts)| in_force(facts, at, lens).map(|revision| (id, revision)));
        let mut all: Vec<_> =
            in_force.filter(|(_, revision)| revision.what.pipeline == *pipeline).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }
    /// Whether any regulation of this pipeline was ever known.
    #[must_use]
    pub fn is_regulated(&self, pipeline: &PipelineId, lens: Lens<'_>) -> bool {
        self.regulations
            .iter()
            .any(|(_, _, facts)| facts.known(lens).any(|r| r.what.pipeline == *pipeline))
    }
    /// The revision of a deal's pipeline that was in force at its opening.
    #[must_use]
    pub fn opening_revision(
        &self,
        course: &Course<'_>,
        lens: Lens<'_>,
    ) -> Option<&Dated<PipelineRevision>> {
        self.pipeline(course.opening.pipeline.as_str(), course.opened.at, lens)
    }
    /// A stage as a deal sees it: of the revision in force at its opening; a stage unknown there,
    /// of the revision in force when it was entered.
    #[must_use]
    pub fn stage(
        &self,
        course: &Course<'_>,
        key: &Key,
        entered: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&Stage> {
        self.stage_of((&course.opening.pipeline, course.opened.at), key, entered, lens)
    }
    /// The same for a deal that was opened in a pipeline at a moment.
    #[must_use]
    pub fn stage_of(
        &self,
        (pipeline, opened): (&PipelineId, Timestamp),
        key: &Key,
        entered: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&Stage> {
        let of = |at: Timestamp| {
            self.pipeline(pipeline.as_str(), at, lens).and_then(|r| r.what.stage(key))
        };
        of(opened).or_else(|| of(entered))
    }
    /// The rank that orders a stage in lists: of the latest known revision that has it; unknown
    /// stages stand last.
    #[must_use]
    pub fn listed_rank(&self, pipeline: &str, key: &Key, lens: Lens<'_>) -> u16 {
        self.revisions(pipeline, lens).find_map(|r| r.what.stage(key)).map_or(u16::MAX, |s| s.rank)
    }
}
