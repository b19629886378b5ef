//! Rules on revisions of pipelines and regulations. Invariant: a revision, back-dated as it may be,
//! leaves every deal of its pipeline as legal as it was.

use sijil_projections::deals::Regime;
use sijil_schemas::{
    PipelineDefined, Position, RegulationDefined, RequirementKind, id::PipelineId, time::Timestamp,
};

use super::trial::{Trial, unknown_stage};
use crate::{Book, Proposal, Rejection};

pub(super) fn check_pipeline(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &PipelineDefined,
) -> Result<(), Rejection> {
    if e.stages.is_empty() {
        return Err(Rejection::Configuration {
            pointer: "/data/stages".into(),
            expected: "at least one stage",
            got: "none".into(),
        });
    }
    for (n, stage) in e.stages.iter().enumerate() {
        if e.stages[..n].iter().any(|s| s.stage == stage.stage) {
            let (pointer, got) = (format!("/data/stages/{n}/stage"), stage.stage.to_string());
            return Err(Rejection::Configuration {
                pointer,
                expected: "a stage that is not in the list yet",
                got,
            });
        }
    }
    let mut regime = book.deals.regime().clone();
    regime.define_pipeline(e, proposal.at(), proposal.position);
    check_regime(book, proposal.at(), &e.pipeline, &regime)
}

pub(super) fn check_regulation(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &RegulationDefined,
) -> Result<(), Rejection> {
    let in_force = book.deals.regime().pipeline(e.pipeline.as_str(), proposal.at(), book.now());
    for (n, requirement) in e.requirements.iter().enumerate() {
        if in_force.is_none_or(|revision| revision.what.stage(&requirement.stage).is_none()) {
            return Err(unknown_stage(
                book.deals.regime(),
                &e.pipeline,
                &requirement.stage,
                proposal.at(),
                book.now(),
            ));
        }
        if e.requirements[..n].iter().any(|r| r.requirement == requirement.requirement) {
            let (pointer, got) = (
                format!("/data/requirements/{n}/requirement"),
                requirement.requirement.to_string(),
            );
            return Err(Rejection::Configuration {
                pointer,
                expected: "a requirement that is not in the list yet",
                got,
            });
        }
        if requirement.kind == RequirementKind::Field && requirement.matches.field.is_none() {
            let pointer = format!("/data/requirements/{n}/match/field");
            return Err(Rejection::Configuration {
                pointer,
                expected: "the field that must be set, for a requirement of kind field",
                got: "none".into(),
            });
        }
    }
    let mut regime = book.deals.regime().clone();
    regime.define_regulation(e, proposal.at(), proposal.position);
    check_regime(book, proposal.at(), &e.pipeline, &regime)
}

/// A back-dated revision must leave every deal of its pipeline legal.
fn check_regime(
    book: &Book,
    at: Timestamp,
    pipeline: &PipelineId,
    regime: &Regime,
) -> Result<(), Rejection> {
    let lens = book.now();
    for (id, deal) in book
        .deals
        .iter()
        .filter(|(_, deal)| deal.facts().newest().is_some_and(|last| last.at >= at))
    {
        let trial = Trial { book, lens, regime: book.deals.regime(), id, deal };
        if trial.opening().is_some_and(|opening| opening.pipeline == *pipeline) {
            let before: Vec<Position> = trial.judge(None).into_iter().map(|i| i.position).collect();
            let after = Trial { regime, ..trial }.judge(None);
            if let Some(illegal) = after.into_iter().find(|i| !before.contains(&i.position)) {
                return Err(illegal.why);
            }
        }
    }
    Ok(())
}
