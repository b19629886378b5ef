//! Rules on revisions of pipelines and regulations. Invariant: a revision, back-dated as it may be,
//! leaves every deal of its pipeline as legal as it was.

use std::sync::Arc;

use sijil_projections::{
    Dated, Sym, Tentative,
    deals::{PipelineRevision, Regime, RegulationRevision},
};
use sijil_schemas::{
    PipelineDefined, Position, RegulationDefined, RequirementKind, id::kind, time::Timestamp,
};

use super::trial::{Stages, Trial};
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
    let mut words = Tentative::of(book.deals.words());
    let revision = PipelineRevision::of(e, &mut |word| words.word(word));
    let (mut regime, pipeline) = (book.deals.regime(), book.deals.ids().sym(&e.pipeline));
    let (at, position) = (proposal.at(), proposal.position);
    Arc::make_mut(&mut regime).define_pipeline(pipeline, Dated { at, position, what: revision });
    check_regime(book, at, pipeline, (&regime, &words))
}

pub(super) fn check_regulation(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &RegulationDefined,
) -> Result<(), Rejection> {
    let (regime, pipeline) = (book.deals.regime(), book.deals.ids().sym(&e.pipeline));
    let mut words = Tentative::of(book.deals.words());
    let revision = RegulationRevision::of(e, pipeline, &mut |word| words.word(word));
    let (at, position) = (proposal.at(), proposal.position);
    let in_force = regime.pipeline(pipeline, at, book.now());
    for (n, (requirement, duty)) in e.requirements.iter().zip(&revision.duties).enumerate() {
        if in_force.is_none_or(|revision| revision.what.stage(duty.stage).is_none()) {
            let stages = Stages { book, regime: &regime, words: &words };
            return Err(stages.unknown(pipeline, duty.stage, (at, book.now())));
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
    let (mut regime, regulation) = (regime.clone(), book.deals.ids().sym(&e.regulation));
    let revision = Dated { at, position, what: revision };
    Arc::make_mut(&mut regime).define_regulation(regulation, revision);
    check_regime(book, at, pipeline, (&regime, &words))
}

/// A back-dated revision must leave every deal of its pipeline legal.
fn check_regime(
    book: &Book,
    at: Timestamp,
    pipeline: Sym<kind::Pipeline>,
    (regime, words): (&Regime, &Tentative<'_>),
) -> Result<(), Rejection> {
    let (lens, deals, before) = (book.now(), &book.deals, book.deals.regime());
    let later = at..Timestamp::END;
    for deal in deals.ids().syms() {
        if !deals.story(Some(deal)).any_within(&later, lens.side) {
            continue;
        }
        let trial = Trial { book, lens, regime: &before, words, deal };
        if trial.opening().is_some_and(|opening| opening.pipeline == pipeline) {
            let before: Vec<Position> = trial.judge(None).into_iter().map(|i| i.position).collect();
            let after = Trial { regime, ..trial }.judge(None);
            if let Some(illegal) = after.into_iter().find(|i| !before.contains(&i.position)) {
                return Err(illegal.why);
            }
        }
    }
    Ok(())
}
