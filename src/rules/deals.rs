//! Rules on pipelines, regulations and deals. Invariant: the whole dated history of a deal is
//! judged by one walk, whether an event is put into it or left out.

mod milestones;
mod regime;
mod standing;
mod trial;

pub(crate) use milestones::Milestones;

use sijil_projections::{
    Dated,
    activity::TaskStep,
    deals::{Deal, DealFact},
    steps,
};
use sijil_schemas::{
    Event, Position, Record, WorkHandedOver, event,
    id::{Kind, PipelineId, kind},
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
        | event::Deals::DealReopened(_) => {
            let Some((deal, fact, _)) =
                DealFact::of(event, &proposal.candidate.body.envelope.actor)
            else {
                return Ok(());
            };
            check_fact(book, proposal, deal.as_str(), &fact)?;
            check_signs(event)
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
    let fact = DealFact::OwnerChanged { from: event.from.clone(), to: event.to.clone() };
    event
        .of::<kind::Deal>()
        .iter()
        .try_for_each(|deal| check_fact(book, proposal, deal.as_str(), &fact))
}

fn check_fact(
    book: &Book,
    proposal: &Proposal<'_>,
    deal: &str,
    fact: &DealFact,
) -> Result<(), Rejection> {
    let (nothing, candidate) =
        (Deal::default(), Dated { at: proposal.at(), position: proposal.position, what: fact });
    let said = book.deals.get(deal).unwrap_or(&nothing);
    let trial = Trial { book, lens: book.now(), regime: book.deals.regime(), id: deal, deal: said };
    let Some(marked) = book.milestones.get(deal) else { return trial.judge_whole(candidate) };
    let verdict = trial.judge_from(marked, candidate);
    // Of a way that is not too long the whole is walked as well, where assertions are held.
    let same = || !trial.judge(None).is_empty() || verdict == trial.judge_whole(candidate);
    debug_assert!(
        said.facts().len() > WHOLE_WALKED_MAX || steps::uncounted(same),
        "milestones of deal {deal} tell another story"
    );
    verdict
}

/// The longest way that is walked once more to check its milestones.
const WHOLE_WALKED_MAX: usize = 512;

fn check_signs(event: &event::Deals) -> Result<(), Rejection> {
    let amount = match event {
        event::Deals::DealOpened(e) => {
            if let Some((n, line)) = e
                .lines
                .iter()
                .enumerate()
                .find(|(_, line)| line.qty.get() <= rust_decimal::Decimal::ZERO)
            {
                return Err(Rejection::NotPositive {
                    pointer: format!("/data/lines/{n}/qty"),
                    got: line.qty.get(),
                });
            }
            e.amount
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
        | event::Deals::DealReopened(_) => None,
    };
    match amount
        .map(|money| money.amount.get())
        .filter(|amount| *amount < rust_decimal::Decimal::ZERO)
    {
        Some(got) => Err(Rejection::BelowZero { pointer: "/data/amount/amount".into(), got }),
        None => Ok(()),
    }
}

/// The records on deals that would not have been admitted had the target never been: it may be a
/// fact of a deal, a revision of a pipeline or regulation, or an interaction, task or hand-over
/// that names a deal.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let ids = match ruled(&target.event) {
        Some(pipeline) => book
            .deals
            .iter()
            .filter(|(_, deal)| is_in(book, deal, pipeline))
            .map(|(id, _)| id.to_owned())
            .collect(),
        None => named(book, target),
    };
    ids.iter()
        .filter_map(|id| book.deals.get(id).map(|deal| (id, deal)))
        .flat_map(|(id, deal)| orphaned(book, target, id, deal))
        .collect()
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

fn is_in(book: &Book, deal: &Deal, pipeline: &PipelineId) -> bool {
    deal.course(book.now()).is_some_and(|course| course.opening.pipeline == *pipeline)
}

/// The deals an event names, itself or through the task it completes.
fn named(book: &Book, target: &Record) -> Vec<String> {
    let mut refs = target.touched();
    if let Event::Tasks(event::Tasks::TaskCompleted(e)) = &target.event {
        let (activity, ids) = (&book.activity, book.activity.ids());
        for step in activity.task_steps(ids.find(e.task.as_str())).counting(book.now()) {
            if let TaskStep::Assigned { assignment } = step.what {
                refs.extend(activity.refs(assignment.refs).map(|entity| ids.entity_of(entity)));
            }
        }
    }
    refs.iter()
        .filter(|entity| entity.kind == Kind::Deal)
        .map(|entity| entity.id().to_owned())
        .collect()
}

fn orphaned(book: &Book, target: &Record, id: &str, deal: &Deal) -> Vec<Position> {
    let with = Trial { book, lens: book.now(), regime: book.deals.regime(), id, deal };
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
