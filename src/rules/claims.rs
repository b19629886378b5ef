//! Rules on interactions, claims and tasks. Invariant: the steps of each, in replay order, are
//! steps its state allows: a claim is open, then in progress or waiting for the client, then
//! resolved, where steps may be skipped and none comes twice; a task is assigned, then completed;
//! an interaction takes place once.

use sijil_projections::{
    Dated,
    activity::{Assignment, ClaimState, ClaimStep, TaskStep},
    steps,
};
use sijil_schemas::{
    Event, InteractionAnnotated, Position, Record, event,
    id::{EntityRef, Kind},
};

use crate::{Book, Proposal, Rejection};

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
    };
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: step };
    judge_claim(book, &claim, candidate)?;
    match cost.map(|cost| cost.amount.get()).filter(|amount| *amount <= rust_decimal::Decimal::ZERO)
    {
        Some(got) => Err(Rejection::NotPositive { pointer: "/data/cost/amount".into(), got }),
        None => Ok(()),
    }
}

pub(crate) fn check_task(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Tasks,
) -> Result<(), Rejection> {
    match event {
        event::Tasks::TaskAssigned(_) => Ok(()),
        event::Tasks::TaskCompleted(_) => {
            let step = TaskStep::Completed { by: None };
            check_task_step(book, proposal, &proposal.candidate.event.home(), step)
        }
    }
}

/// Whether a task may take one more step at the proposal's place.
pub(crate) fn check_task_step(
    book: &Book,
    proposal: &Proposal<'_>,
    task: &EntityRef,
    step: TaskStep,
) -> Result<(), Rejection> {
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: step };
    judge_task(book, task, candidate)
}

/// The longest history that is walked whole as well, where assertions are held, to check what its
/// neighbours say.
const WALKED_MAX: usize = 512;

/// Judges a step of a claim by the steps about it that its state hangs on: the opening, the last
/// move before it, and what comes next.
fn judge_claim(
    book: &Book,
    claim: &EntityRef,
    candidate: Dated<ClaimStep>,
) -> Result<(), Rejection> {
    let (order, now) = (candidate.order(), book.now());
    let facts = book.activity.claim_steps(book.activity.ids().find(claim.id()));
    let whole = |candidate| illegal_claim(claim, &in_place(facts.counting(now), candidate));
    let moves = |step: &Dated<ClaimStep>| !matches!(step.what, ClaimStep::Responded);
    let opening = facts.counting(now).find(|step| matches!(step.what, ClaimStep::Opened { .. }));
    let mut steps: Vec<Dated<ClaimStep>> = opening.into_iter().chain([candidate]).collect();
    steps.extend(
        facts
            .before(order, now)
            .rfind(moves)
            .into_iter()
            .chain(facts.after(order, now).next())
            .chain(facts.after(order, now).find(moves)),
    );
    steps.sort_by_key(Dated::order);
    steps.dedup_by_key(|step| step.position);
    let verdict = first(illegal_claim(claim, &steps));
    let same = || !whole(None).is_empty() || verdict == first(whole(Some(candidate)));
    let is_checked = || facts.len(now.side) <= WALKED_MAX;
    debug_assert!(steps::uncounted(|| !is_checked() || same()), "steps of {claim}");
    verdict
}

/// Judges a step of a task by the assignment, the step before it and the one after it: who has a
/// task is told by the last step alone.
fn judge_task(book: &Book, task: &EntityRef, candidate: Dated<TaskStep>) -> Result<(), Rejection> {
    let (order, now) = (candidate.order(), book.now());
    let facts = book.activity.task_steps(book.activity.ids().find(task.id()));
    let whole = |candidate| illegal_task(book, task, &in_place(facts.counting(now), candidate));
    let opening = facts.counting(now).find(|step| matches!(step.what, TaskStep::Assigned { .. }));
    let mut before = facts.before(order, now).next_back();
    // Whoever it was handed to has it as if it had been assigned to them.
    let handed = match (opening, before.map(|step| step.what)) {
        (
            Some(Dated { at, position, what: TaskStep::Assigned { assignment } }),
            Some(TaskStep::HandedOver { to, .. }),
        ) => {
            let assignment = Assignment { assignee: to, ..assignment };
            Some(Dated { at, position, what: TaskStep::Assigned { assignment } })
        }
        _ => None,
    };
    before = before.filter(|_| handed.is_none());
    let mut steps: Vec<Dated<TaskStep>> =
        handed.or(opening).into_iter().chain(before).chain([candidate]).collect();
    steps.extend(facts.after(order, now).next());
    steps.sort_by_key(Dated::order);
    steps.dedup_by_key(|step| step.position);
    let verdict = first(illegal_task(book, task, &steps));
    let same = || !whole(None).is_empty() || verdict == first(whole(Some(candidate)));
    let is_checked = || facts.len(now.side) <= WALKED_MAX;
    debug_assert!(steps::uncounted(|| !is_checked() || same()), "steps of {task}");
    verdict
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let home = target.event.home();
    let lens = book.without(target.position);
    match &target.event {
        Event::Claims(_) => {
            let steps = book.activity.claim_steps(book.activity.ids().find(home.id()));
            positions(&illegal_claim(&home, &in_place(steps.counting(lens), None)))
        }
        Event::Tasks(_) => task_dependants(book, &home, target.position),
        // What was noted of an interaction rests on its having taken place.
        Event::Interactions(event::Interactions::InteractionRecorded(e)) => {
            let interaction = book.activity.ids().find(e.interaction.as_str());
            if book.activity.first_said(interaction, lens).is_some() {
                return Vec::new();
            }
            let noted = book.activity.annotations(interaction).counting(lens);
            noted.map(|fact| fact.position).collect()
        }
        // A plan or a statement bars nothing and allows nothing.
        _ => Vec::new(),
    }
}

/// The steps of a task that would not have been admitted had a record never been.
pub(crate) fn task_dependants(book: &Book, task: &EntityRef, target: Position) -> Vec<Position> {
    let steps = book.activity.task_steps(book.activity.ids().find(task.id()));
    positions(&illegal_task(book, task, &in_place(steps.counting(book.without(target)), None)))
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

/// Every step of a claim that its state does not allow; each is passed over.
fn illegal_claim(claim: &EntityRef, steps: &[Dated<ClaimStep>]) -> Vec<(Position, Rejection)> {
    let opened =
        steps.iter().find(|step| matches!(step.what, ClaimStep::Opened { .. })).map(|step| step.at);
    let (mut state, mut illegal) = (None, Vec::new());
    for step in steps {
        let (to, name) = match step.what {
            ClaimStep::Opened { .. } => (Some(ClaimState::Open), "open"),
            ClaimStep::Responded => (state, "an answer"),
            ClaimStep::Moved { to } => (Some(ClaimState::of(to)), ClaimState::of(to).name()),
            ClaimStep::Resolved { .. } => (Some(ClaimState::Resolved), "resolved"),
        };
        let is_answer = matches!(step.what, ClaimStep::Responded);
        match (state, opened) {
            (None, Some(opened)) if step.at < opened || to != Some(ClaimState::Open) => {
                illegal.push((
                    step.position,
                    Rejection::BeforeOpening { entity: claim.clone(), opened, at: step.at },
                ));
            }
            (Some(from), _)
                if from == ClaimState::Resolved
                    || (!is_answer && Some(from) == to)
                    || to == Some(ClaimState::Open) && !is_answer =>
            {
                let rejection = Rejection::IllegalTransition {
                    entity: claim.clone(),
                    from: from.name(),
                    to: name,
                    at: step.at,
                    position: step.position,
                };
                illegal.push((step.position, rejection));
            }
            (None | Some(_), _) => state = to,
        }
    }
    illegal
}

/// Every step of a task that its state does not allow; each is passed over.
fn illegal_task(
    book: &Book,
    task: &EntityRef,
    steps: &[Dated<TaskStep>],
) -> Vec<(Position, Rejection)> {
    let name = |employee| book.activity.ids().name(employee).to_owned();
    let opened = steps
        .iter()
        .find(|step| matches!(step.what, TaskStep::Assigned { .. }))
        .map(|step| step.at);
    let (mut assignee, mut done, mut illegal) = (None, false, Vec::new());
    for step in steps {
        let refuse = |from, to| Rejection::IllegalTransition {
            entity: task.clone(),
            from,
            to,
            at: step.at,
            position: step.position,
        };
        let rejection = match (step.what, assignee) {
            (TaskStep::Assigned { .. }, Some(_)) => Some(refuse("assigned", "assigned")),
            (TaskStep::Assigned { assignment }, None) => {
                assignee = Some(assignment.assignee);
                None
            }
            (TaskStep::HandedOver { .. } | TaskStep::Completed { .. }, None) => {
                opened.map(|opened| Rejection::BeforeOpening {
                    entity: task.clone(),
                    opened,
                    at: step.at,
                })
            }
            (TaskStep::HandedOver { .. }, Some(_)) if done => {
                Some(refuse("completed", "handed over"))
            }
            (TaskStep::HandedOver { from, .. }, Some(owner)) if from != owner => {
                let (current, got) = (name(owner), name(from));
                Some(Rejection::FromMismatch {
                    entity: task.clone(),
                    pointer: "/data/from",
                    current,
                    got,
                    at: step.at,
                    position: step.position,
                })
            }
            (TaskStep::HandedOver { to, .. }, Some(_)) => {
                assignee = Some(to);
                None
            }
            (TaskStep::Completed { .. }, Some(_)) if done => Some(refuse("completed", "completed")),
            (TaskStep::Completed { .. }, Some(_)) => {
                done = true;
                None
            }
        };
        illegal.extend(rejection.map(|rejection| (step.position, rejection)));
    }
    illegal
}
