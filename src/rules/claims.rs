//! Rules on interactions and claims. Invariant: the steps of each, in replay order, are steps its
//! state allows: a claim is open, then in progress or waiting for the client, then resolved or
//! rejected, where steps may be skipped and none comes twice, and what is closed may be reopened;
//! an interaction takes place once.

use rust_decimal::Decimal;
use sijil_projections::{
    Dated,
    activity::{ClaimState, ClaimStep},
    steps,
};
use sijil_schemas::{
    Event, InteractionAnnotated, Position, Record, event,
    id::{EntityRef, Kind},
    money::Money,
    time::Timestamp,
};

use crate::{Book, Proposal, Rejection};

mod service;
mod tasks;

pub(crate) use tasks::{
    check as check_task, check_step as check_task_step, dependants as task_dependants,
};

pub(crate) fn check_interaction(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Interactions,
) -> Result<(), Rejection> {
    match event {
        event::Interactions::InteractionPlanned(_) => Ok(()),
        event::Interactions::InteractionRecorded(e) => {
            let interaction = book.activity.ids().find(e.interaction.as_str());
            match book.activity.first_said(interaction, book.now()) {
                Some(step) => Err(Rejection::InteractionRecordedTwice {
                    entity: proposal.candidate.event.home(),
                    position: step.position,
                }),
                None => Ok(()),
            }
        }
        event::Interactions::InteractionAnnotated(e) => check_annotation(book, proposal, e),
        event::Interactions::AttributionStated(e) => match e.subject.kind {
            Kind::Client | Kind::Interaction | Kind::Deal | Kind::Order | Kind::Claim => Ok(()),
            _ => Err(Rejection::AttributionSubject { subject: e.subject.clone() }),
        },
    }
}

/// What is noted of an interaction comes after it took place.
fn check_annotation(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &InteractionAnnotated,
) -> Result<(), Rejection> {
    let (entity, at, position) = (e.interaction.entity(), proposal.at(), proposal.position);
    let said = book.activity.sayings(book.activity.ids().find(e.interaction.as_str()));
    if said.before((at, position), book.now()).next_back().is_some() {
        return Ok(());
    }
    match said.after((at, position), book.now()).next() {
        Some(said) => Err(Rejection::BeforeOpening { entity, opened: said.at, at }),
        None => {
            let (from, to) = ("planned", "annotated");
            Err(Rejection::IllegalTransition { entity, from, to, at, position })
        }
    }
}

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Claims,
) -> Result<(), Rejection> {
    let claim = proposal.candidate.event.home();
    let (step, cost) = match event {
        // An id that is free has no steps yet.
        event::Claims::ClaimOpened(_) => return Ok(()),
        event::Claims::ClaimResponded(_) => (ClaimStep::Responded, None),
        event::Claims::ClaimStatusChanged(e) => (ClaimStep::Moved { to: e.to }, None),
        event::Claims::ClaimResolved(e) => {
            (ClaimStep::Resolved { resolution: None, cost: e.cost }, e.cost)
        }
        event::Claims::ClaimAssigned(e) => {
            (ClaimStep::Assigned { employee: book.activity.ids().sym(&e.employee) }, None)
        }
        event::Claims::ClaimRejected(_) => (ClaimStep::Rejected, None),
        event::Claims::ClaimReopened(_) => (ClaimStep::Reopened, None),
        event::Claims::WarrantyStarted(e) => return service::check_warranty(book, e),
        event::Claims::ServicePerformed(e) => return service::check(book, proposal, e),
    };
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: step };
    judge_claim(book, &claim, candidate)?;
    positive("/data/cost/amount", cost)
}

/// An amount that is said is more than nothing.
fn positive(pointer: &str, amount: Option<Money>) -> Result<(), Rejection> {
    match amount.map(|money| money.amount.get()).filter(|amount| *amount <= Decimal::ZERO) {
        Some(got) => Err(Rejection::NotPositive { pointer: pointer.to_owned(), got }),
        None => Ok(()),
    }
}

/// The longest history that is walked whole as well, where assertions are held, to check what its
/// neighbours say.
const WALKED_MAX: usize = 512;

/// Judges a step of a claim by the steps about it that its state hangs on: the one before it that
/// says where the claim stands, the next one, and the next of those that say so.
fn judge_claim(
    book: &Book,
    claim: &EntityRef,
    candidate: Dated<ClaimStep>,
) -> Result<(), Rejection> {
    let (order, now, activity) = (candidate.order(), book.now(), &book.activity);
    let sym = activity.ids().find(claim.id());
    let facts = activity.claim_steps(sym);
    let opened = activity.complaint(sym, now).map(|opening| opening.at);
    let before = activity.claim_turned_before(sym, order, now);
    let mut steps = vec![candidate];
    steps.extend(facts.after(order, now).next());
    steps.extend(activity.claim_turned_after(sym, order, now));
    steps.dedup_by_key(|step| step.position);
    let verdict =
        first(illegal_claim(claim, (opened, before.and_then(|step| step.what.state())), &steps));
    let whole =
        |candidate| illegal_claim(claim, (opened, None), &in_place(facts.counting(now), candidate));
    let same = || !whole(None).is_empty() || verdict == first(whole(Some(candidate)));
    let is_checked = || facts.len(now.side) <= WALKED_MAX;
    debug_assert!(steps::uncounted(|| !is_checked() || same()), "steps of {claim}");
    verdict
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let home = target.event.home();
    let lens = book.without(target.position);
    match &target.event {
        Event::Claims(_) if home.kind == Kind::Claim => {
            let claim = book.activity.ids().find(home.id());
            let opened = book.activity.complaint(claim, lens).map(|opening| opening.at);
            let steps = in_place(book.activity.claim_steps(claim).counting(lens), None);
            positions(&illegal_claim(&home, (opened, None), &steps))
        }
        Event::Tasks(_) if home.kind == Kind::Task => task_dependants(book, &home, target.position),
        // What was noted of an interaction rests on its having taken place.
        Event::Interactions(event::Interactions::InteractionRecorded(e)) => {
            let interaction = book.activity.ids().find(e.interaction.as_str());
            if book.activity.first_said(interaction, lens).is_some() {
                return Vec::new();
            }
            let noted = book.activity.annotations(interaction).counting(lens);
            noted.map(|fact| fact.position).collect()
        }
        // A plan, a statement, a warranty, a job of service, a reminder or an entry of time bars
        // nothing and allows nothing but what names it.
        _ => Vec::new(),
    }
}

fn first(illegal: Vec<(Position, Rejection)>) -> Result<(), Rejection> {
    illegal.into_iter().next().map_or(Ok(()), |(_, rejection)| Err(rejection))
}

fn positions(illegal: &[(Position, Rejection)]) -> Vec<Position> {
    illegal.iter().map(|(position, _)| *position).collect()
}

/// Facts in replay order, with a candidate in its place.
pub(crate) fn in_place<T>(
    facts: impl Iterator<Item = Dated<T>>,
    candidate: Option<Dated<T>>,
) -> Vec<Dated<T>> {
    let mut all: Vec<Dated<T>> = facts.chain(candidate).collect();
    all.sort_by_key(Dated::order);
    all
}

/// Every step of a claim that its state does not allow; each is passed over. Given are when it was
/// opened, and where it stands before the steps; `None` before its opening.
fn illegal_claim(
    claim: &EntityRef,
    (opened, stands): (Option<Timestamp>, Option<ClaimState>),
    steps: &[Dated<ClaimStep>],
) -> Vec<(Position, Rejection)> {
    let (mut state, mut illegal) = (stands, Vec::new());
    for step in steps {
        let (position, at) = (step.position, step.at);
        match (state, opened) {
            (None, Some(opened)) if !matches!(step.what, ClaimStep::Opened { .. }) => {
                let entity = claim.clone();
                illegal.push((position, Rejection::BeforeOpening { entity, opened, at }));
            }
            (Some(from), _) if !may_follow(from, step.what) => {
                let (entity, from, to) = (claim.clone(), from.name(), name(step.what));
                illegal.push((
                    position,
                    Rejection::IllegalTransition { entity, from, to, at, position },
                ));
            }
            (None | Some(_), _) => state = step.what.state().or(state),
        }
    }
    illegal
}

/// Whether a claim that stands so may take a step.
fn may_follow(from: ClaimState, step: ClaimStep) -> bool {
    match step {
        ClaimStep::Opened { .. } => false,
        ClaimStep::Responded
        | ClaimStep::Assigned { .. }
        | ClaimStep::Resolved { .. }
        | ClaimStep::Rejected => !from.is_closed(),
        ClaimStep::Moved { to } => !from.is_closed() && ClaimState::of(to) != from,
        ClaimStep::Reopened => from.is_closed(),
    }
}

/// What a step is called.
const fn name(step: ClaimStep) -> &'static str {
    match step {
        ClaimStep::Opened { .. } => "open",
        ClaimStep::Responded => "an answer",
        ClaimStep::Moved { to } => ClaimState::of(to).name(),
        ClaimStep::Resolved { .. } => "resolved",
        ClaimStep::Assigned { .. } => "assigned",
        ClaimStep::Rejected => "rejected",
        ClaimStep::Reopened => "reopened",
    }
}
