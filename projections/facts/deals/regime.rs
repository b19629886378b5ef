//! Pipelines and regulations, with their revisions. Invariant: a revision is in force from its own
//! date until the next one's, and is cut by `known_at` alone.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Channel, Direction, PipelineDefined, Position, RegulationDefined, Requirement, RequirementKind,
    Stage,
    id::{Key, kind},
    money::Share,
    text::Name,
    time::Timestamp,
};

use super::Course;
use crate::{
    config::{Revised, Revisions},
    cut::{Dated, Lens},
    ids::{Ids, Sym},
    words::Word,
};

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedStage {
    /// Its key.
    pub stage: Sym<Word>,
    /// Its place, from the first stage up.
    pub rank: u16,
    /// Its label.
    pub name: Name,
    /// How likely a deal here is won.
    pub probability: Share,
}

/// One revision of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipelineRevision {
    /// Its stages, from the first rank up.
    pub stages: Box<[RankedStage]>,
}

impl PipelineRevision {
    /// What `pipeline.defined` says; its words are numbered by `word`.
    #[must_use]
    pub fn of(e: &PipelineDefined, word: &mut dyn FnMut(&str) -> Sym<Word>) -> PipelineRevision {
        let mut stages: Vec<&Stage> = e.stages.iter().collect();
        stages.sort_by_key(|s| s.rank);
        let ranked = stages.into_iter().map(|s| RankedStage {
            stage: word(s.stage.as_str()),
            rank: s.rank,
            name: s.name.clone(),
            probability: s.probability,
        });
        PipelineRevision { stages: ranked.collect() }
    }
    /// The stage of a key.
    #[must_use]
    pub fn stage(&self, key: Sym<Word>) -> Option<&RankedStage> {
        self.stages.iter().find(|s| s.stage == key)
    }
}

/// What a regulation asks for at a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Its key.
    pub requirement: Sym<Word>,
    /// The stage it belongs to.
    pub stage: Sym<Word>,
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
    fn of(r: &Requirement, word: &mut dyn FnMut(&str) -> Sym<Word>) -> Duty {
        Duty {
            requirement: word(r.requirement.as_str()),
            stage: word(r.stage.as_str()),
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
    pub pipeline: Sym<kind::Pipeline>,
    /// What it asks for.
    pub duties: Box<[Duty]>,
}

impl RegulationRevision {
    /// What `regulation.defined` says of a pipeline; its words are numbered by `word`.
    #[must_use]
    pub fn of(
        e: &RegulationDefined,
        pipeline: Sym<kind::Pipeline>,
        word: &mut dyn FnMut(&str) -> Sym<Word>,
    ) -> RegulationRevision {
        let duties = e.requirements.iter().map(|requirement| Duty::of(requirement, word));
        RegulationRevision { pipeline, duties: duties.collect() }
    }
}

/// Every pipeline and regulation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Regime {
    pipelines: Revisions<kind::Pipeline, PipelineRevision>,
    regulations: Revisions<kind::Regulation, RegulationRevision>,
}

impl Revised for Regime {
    fn truncate(&mut self, after: Position) {
        self.pipelines.truncate(after);
        self.regulations.truncate(after);
    }
}

impl Regime {
    /// Takes a revision of a pipeline.
    pub fn define_pipeline(
        &mut self,
        pipeline: Sym<kind::Pipeline>,
        revision: Dated<PipelineRevision>,
    ) {
        self.pipelines.define(pipeline, revision);
    }
    /// Takes a revision of a regulation.
    pub fn define_regulation(
        &mut self,
        regulation: Sym<kind::Regulation>,
        revision: Dated<RegulationRevision>,
    ) {
        self.regulations.define(regulation, revision);
    }
    /// The revision of a pipeline in force at a moment, as known.
    #[must_use]
    pub fn pipeline(
        &self,
        pipeline: Sym<kind::Pipeline>,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&Dated<PipelineRevision>> {
        self.pipelines.of(pipeline)?.in_force(at, lens)
    }
    /// Every known revision of a pipeline, from the latest date back.
    pub fn revisions<'a>(
        &'a self,
        pipeline: Sym<kind::Pipeline>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<PipelineRevision>> {
        let facts = self.pipelines.of(pipeline);
        facts.into_iter().flat_map(move |facts| facts.known(lens).rev())
    }
    /// What is asked for at the stages of a pipeline at a moment, as known: (regulation, its
    /// revision), in order of the regulations' numbers.
    pub fn in_force<'a>(
        &'a self,
        pipeline: Sym<kind::Pipeline>,
        at: Timestamp,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Regulation>, &'a Dated<RegulationRevision>)> {
        self.regulations.iter().filter_map(move |(regulation, facts)| {
            let revision = facts.in_force(at, lens)?;
            (revision.what.pipeline == pipeline).then_some((regulation, revision))
        })
    }
    /// The same, in order of the regulations' ids.
    #[must_use]
    pub fn regulations<'a>(
        &'a self,
        ids: &Ids,
        pipeline: Sym<kind::Pipeline>,
        at: Timestamp,
        lens: Lens<'a>,
    ) -> Vec<(Sym<kind::Regulation>, &'a Dated<RegulationRevision>)> {
        let mut all: Vec<_> = self.in_force(pipeline, at, lens).collect();
        all.sort_unstable_by_key(|(regulation, _)| ids.name(*regulation));
        all
    }
    /// Whether any regulation of this pipeline was ever known.
    #[must_use]
    pub fn is_regulated(&self, pipeline: Sym<kind::Pipeline>, lens: Lens<'_>) -> bool {
        let mut known = self.regulations.iter().flat_map(|(_, facts)| facts.known(lens));
        known.any(|revision| revision.what.pipeline == pipeline)
    }
    /// The revision of a deal's pipeline that was in force at its opening.
    #[must_use]
    pub fn opening_revision(
        &self,
        course: &Course,
        lens: Lens<'_>,
    ) -> Option<&Dated<PipelineRevision>> {
        self.pipeline(course.opening.pipeline, course.opened.at, lens)
    }
    /// A stage as a deal sees it: of the revision in force at its opening; a stage unknown there,
    /// of the revision in force when it was entered.
    #[must_use]
    pub fn stage(
        &self,
        course: &Course,
        key: Sym<Word>,
        entered: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&RankedStage> {
        self.stage_of((course.opening.pipeline, course.opened.at), key, entered, lens)
    }
    /// The same for a deal that was opened in a pipeline at a moment.
    #[must_use]
    pub fn stage_of(
        &self,
        (pipeline, opened): (Sym<kind::Pipeline>, Timestamp),
        key: Sym<Word>,
        entered: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&RankedStage> {
        let of = |at: Timestamp| self.pipeline(pipeline, at, lens).and_then(|r| r.what.stage(key));
        of(opened).or_else(|| of(entered))
    }
    /// The rank that orders a stage in lists: of the latest known revision that has it; unknown
    /// stages stand last.
    #[must_use]
    pub fn listed_rank(
        &self,
        pipeline: Sym<kind::Pipeline>,
        key: Sym<Word>,
        lens: Lens<'_>,
    ) -> u16 {
        self.revisions(pipeline, lens).find_map(|r| r.what.stage(key)).map_or(u16::MAX, |s| s.rank)
    }
}
