//! Rules on pipelines, regulations and deals. Invariant: the whole dated history of a deal is
//! judged by one walk, whether an event is put into it or left out.

mod milestones;
mod regime;
mod standing;
mod trial;

pub(crate) use milestones::Milestones;

use rust_decimal::Decimal;
use sijil_projections::{
    Dated, EntitySym, Sym, Tentative, activity::TaskStep, deals::DealFact, steps,
};
use sijil_schemas::{
    Event, Line, Position, Record, WorkHandedOver, event,
    id::{PipelineId, kind},
};

use crate::{Book, Proposal, Rejection};
use regime::{check_pipeline, check_regulation};
use trial::Trial;

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Deals,
) -> Result<(), Rejection> {
    match event {
        event::Deals::PipelineDefined(e) => check_pipeline(book, proposal, e),
        event::Deals::RegulationDefined(e) => check_regulation(book, proposal, e),
        event::Deals::DealOpened(_)
        | event::Deals::DealEstimateChanged(_)
        | event::Deals::DealStageEntered(_)
        | event::Deals::DealPutOnHold(_)
        | event::Deals::DealResumed(_)
        | event::Deals::DealOwnerChanged(_)
        | event::Deals::RequirementFulfilled(_)
        | event::Deals::RequirementWaived(_)
        | event::Deals::DealWon(_)
        | event::Deals::DealLost(_)
        | event::Deals::DealReopened(_)
        | event::Deals::DealItemsChanged(_)
        | event::Deals::DealClientSet(_)
        | event::Deals::DealParticipantSet(_)
        | event::Deals::DealCompetitorsSet(_)
        | event::Deals::DealCreditSharesSet(_) => {
            let (actor, ids) = (&proposal.candidate.body.envelope.actor, book.deals.ids());
            let mut words = Tentative::of(book.deals.words());
            let word = &mut |word: &str| words.word(word);
            let Some((deal, fact)) = DealFact::of(event, actor, ids, word) else { return Ok(()) };
            check_fact(book, proposal, &words, deal, fact)?;
            check_signs(event)?;
            check_said(event)
        }
    }
}

/// A hand-over of work changes the owner of the deals it names: `from` must be the owner of each,
/// then and later.
pub(crate) fn check_hand_over(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &WorkHandedOver,
) -> Result<(), Rejection> {
    let (ids, words) = (book.deals.ids(), Tentative::of(book.deals.words()));
    let fact = DealFact::OwnerChanged { from: ids.sym(&event.from), to: ids.sym(&event.to) };
    let deals = event.of::<kind::Deal>();
    deals.iter().try_for_each(|deal| check_fact(book, proposal, &words, ids.sym(deal), fact))
}

fn check_fact(
    book: &Book,
    proposal: &Proposal<'_>,
    words: &Tentative<'_>,
    deal: Sym<kind::Deal>,
    fact: DealFact,
) -> Result<(), Rejection> {
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: fact };
    let (lens, regime) = (book.now(), book.deals.regime());
    let trial = Trial { book, lens, regime: &regime, words, deal };
    let Some(marked) = book.milestones.get(deal) else { return trial.judge_whole(candidate) };
    let verdict = trial.judge_from(marked, candidate);
    // Of a way that is not too long the whole is walked as well, where assertions are held.
    let same = || !trial.judge(None).is_empty() || verdict == trial.judge_whole(candidate);
    debug_assert!(
        steps::uncounted(|| book.deals.story(Some(deal)).len(lens.side) > WHOLE_WALKED_MAX)
            || steps::uncounted(same),
        "milestones of deal {} tell another story",
        book.deals.ids().name(deal)
    );
    verdict
}

/// The longest way that is walked once more to check its milestones.
const WHOLE_WALKED_MAX: usize = 512;

/// Refuses a change of whose a deal is that names nobody, and shares that are not the whole.
fn check_said(event: &event::Deals) -> Result<(), Rejection> {
    match event {
        event::Deals::DealClientSet(e) if e.client.is_none() && e.counterparty.is_none() => {
            Err(Rejection::NothingSaid { fields: "client, counterparty" })
        }
        event::Deals::DealCreditSharesSet(e) => {
            let sum: Decimal = e.shares.iter().map(|of| of.share.get()).sum();
            if sum == Decimal::ONE { Ok(()) } else { Err(Rejection::SharesMismatch { sum }) }
        }
        _ => Ok(()),
    }
}

fn check_lines(lines: &[Line]) -> Result<(), Rejection> {
    match lines.iter().enumerate().find(|(_, line)| line.qty.get() <= Decimal::ZERO) {
        Some((n, line)) => Err(Rejection::NotPositive {
            pointer: format!("/data/lines/{n}/qty"),
            got: line.qty.get(),
        }),
        None => Ok(()),
    }
}

fn check_signs(event: &event::Deals) -> Result<(), Rejection> {
    let amount = match event {
        event::Deals::DealOpened(e) => {
            check_lines(&e.lines)?;
            e.amount
        }
        event::Deals::DealItemsChanged(e) => {
            check_lines(&e.lines)?;
            None
        }
        event::Deals::DealEstimateChanged(e) => e.amount,
        event::Deals::DealWon(e) => e.amount,
        event::Deals::PipelineDefined(_)
        | event::Deals::RegulationDefined(_)
        | event::Deals::DealStageEntered(_)
        | event::Deals::DealPutOnHold(_)
        | event::Deals::DealResumed(_)
        | event::Deals::DealOwnerChanged(_)
        | event::Deals::RequirementFulfilled(_)
        | event::Deals::RequirementWaived(_)
        | event::Deals::DealLost(_)
        | event::Deals::DealReopened(_)
        | event::Deals::DealClientSet(_)
        | event::Deals::DealParticipantSet(_)
        | event::Deals::DealCompetitorsSet(_)
        | event::Deals::DealCreditSharesSet(_) => None,
    };
    match amount.map(|money| money.amount.get()).filter(|amount| *amount < Decimal::ZERO) {
        Some(got) => Err(Rejection::BelowZero { pointer: "/data/amount/amount".into(), got }),
        None => Ok(()),
    }
}

/// The records on deals that would not have been admitted had the target never been: it may be a
/// fact of a deal, a revision of a pipeline or regulation, or an interaction, task or hand-over
/// that names a deal.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let deals = match ruled(&target.event) {
        Some(pipeline) => {
            let pipeline = book.deals.ids().sym(pipeline);
            book.deals.ids().syms().filter(|deal| is_in(book, *deal, pipeline)).collect()
        }
        None => named(book, target),
    };
    deals.into_iter().flat_map(|deal| orphaned(book, target, deal)).collect()
}

/// The pipeline an event rules, if it is configuration.
const fn ruled(event: &Event) -> Option<&PipelineId> {
    if let Event::Deals(event::Deals::PipelineDefined(e)) = event {
        Some(&e.pipeline)
    } else if let Event::Deals(event::Deals::RegulationDefined(e)) = event {
        Some(&e.pipeline)
    } else {
        None
    }
}

fn is_in(book: &Book, deal: Sym<kind::Deal>, pipeline: Sym<kind::Pipeline>) -> bool {
    let course = book.deals.story(Some(deal)).course(book.now());
    course.is_some_and(|course| course.opening.pipeline == pipeline)
}

/// The deals an event names, itself or through the task it completes.
fn named(book: &Book, target: &Record) -> Vec<Sym<kind::Deal>> {
    let (activity, ids) = (&book.activity, book.deals.ids());
    let touched = target.touched();
    let mut deals: Vec<Sym<kind::Deal>> = touched
        .iter()
        .filter_map(|entity| ids.find_entity(entity).and_then(EntitySym::typed))
        .collect();
    if let Event::Tasks(event::Tasks::TaskCompleted(e)) = &target.event {
        for step in activity.task_steps(ids.find(e.task.as_str())).counting(book.now()) {
            if let TaskStep::Assigned { assignment } = step.what {
                deals.extend(activity.refs(assignment.refs).filter_map(EntitySym::typed));
            }
        }
    }
    deals
}

fn orphaned(book: &Book, target: &Record, deal: Sym<kind::Deal>) -> Vec<Position> {
    let (regime, words) = (book.deals.regime(), Tentative::of(book.deals.words()));
    let with = Trial { book, lens: book.now(), regime: &regime, words: &words, deal };
    let without = Trial { lens: book.without(target.position), ..with };
    let before: Vec<Position> =
        with.judge(None).into_iter().map(|illegal| illegal.position).collect();
    without
        .judge(None)
        .into_iter()
        .map(|illegal| illegal.position)
        .filter(|position| !before.contains(position))
        .collect()
}
