//! Rules on tasks and reminders. Invariant: a task is assigned, perhaps started once, then
//! completed or cancelled, after which nothing more is said of it; it goes on from whoever has it.

use sijil_projections::{
    Dated, Sym,
    activity::{Assignment, ReminderStep, TaskStep},
    steps,
};
use sijil_schemas::{
    Position,
    event::Tasks,
    id::{EntityRef, ReminderId, kind},
};

use super::{WALKED_MAX, first, in_place, positions};
use crate::{Book, Proposal, Rejection, staff};

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &Tasks) -> Result<(), Rejection> {
    let step = match event {
        Tasks::TaskAssigned(_) | Tasks::ReminderSet(_) | Tasks::TimeLogged(_) => return Ok(()),
        Tasks::ReminderDone(e) => return check_reminder(book, proposal, &e.reminder),
        Tasks::TaskCompleted(_) => TaskStep::Completed { by: None },
        Tasks::TaskStarted(_) => TaskStep::Started,
        Tasks::TaskCancelled(_) => TaskStep::Cancelled,
        Tasks::TaskDueChanged(e) => TaskStep::DueChanged { due: e.due },
        Tasks::TaskReassigned(e) => {
            staff::different("/data/to", &e.from, &e.to)?;
            let ids = book.activity.ids();
            TaskStep::HandedOver { from: ids.sym(&e.from), to: ids.sym(&e.to) }
        }
    };
    check_step(book, proposal, &proposal.candidate.event.home(), step)
}

/// Whether a task may take one more step at the proposal's place.
pub(crate) fn check_step(
    book: &Book,
    proposal: &Proposal<'_>,
    task: &EntityRef,
    step: TaskStep,
) -> Result<(), Rejection> {
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: step };
    judge(book, task, candidate)
}

/// A reminder is done after it was set.
fn check_reminder(
    book: &Book,
    proposal: &Proposal<'_>,
    reminder: &ReminderId,
) -> Result<(), Rejection> {
    let steps = book.activity.reminder_steps(book.activity.ids().find(reminder.as_str()));
    let mut steps = steps.counting(book.now());
    let set = steps.find(|step| matches!(step.what, ReminderStep::Set { .. }));
    match set.filter(|set| proposal.at() < set.at) {
        Some(set) => Err(Rejection::BeforeOpening {
            entity: reminder.entity(),
            opened: set.at,
            at: proposal.at(),
        }),
        None => Ok(()),
    }
}

/// Judges a step of a task by the few that say where it stands, by who has it then, and by the next
/// one: who has a task is told by the last step that gave it to somebody.
fn judge(book: &Book, task: &EntityRef, candidate: Dated<TaskStep>) -> Result<(), Rejection> {
    let (order, now, activity) = (candidate.order(), book.now(), &book.activity);
    let sym = activity.ids().find(task.id());
    let facts = activity.task_steps(sym);
    let [held, next_held] = activity.task_held_around(sym, order, now);
    // Whoever it was handed to has it as if it had been assigned to them.
    let as_held = |turn: Dated<TaskStep>| match (turn.what, held.map(|step| step.what)) {
        (TaskStep::Assigned { assignment }, Some(TaskStep::HandedOver { to, .. })) => {
            let assignment = Assignment { assignee: to, ..assignment };
            turn.map(|_| TaskStep::Assigned { assignment })
        }
        _ => turn,
    };
    let mut steps: Vec<Dated<TaskStep>> = activity.task_turns(sym, now).map(as_held).collect();
    steps
        .extend([Some(candidate), facts.after(order, now).next(), next_held].into_iter().flatten());
    steps.sort_by_key(Dated::order);
    steps.dedup_by_key(|step| step.position);
    let verdict = first(illegal(book, task, &steps));
    let whole = |candidate| illegal(book, task, &in_place(facts.counting(now), candidate));
    let same = || !whole(None).is_empty() || verdict == first(whole(Some(candidate)));
    let is_checked = || facts.len(now.side) <= WALKED_MAX;
    debug_assert!(steps::uncounted(|| !is_checked() || same()), "steps of {task}");
    verdict
}

/// The steps of a task that would not have been admitted had a record never been.
pub(crate) fn dependants(book: &Book, task: &EntityRef, target: Position) -> Vec<Position> {
    let steps = book.activity.task_steps(book.activity.ids().find(task.id()));
    positions(&illegal(book, task, &in_place(steps.counting(book.without(target)), None)))
}

/// A task as its steps so far leave it.
#[derive(Default)]
struct Stand {
    assignee: Option<Sym<kind::Employee>>,
    started: bool,
    closed: Option<&'static str>,
}

impl Stand {
    /// Why a step may not follow, if it may not: where the task stands, and where the step leads.
    fn bars(&self, step: TaskStep) -> Option<(&'static str, &'static str)> {
        let from = match step {
            TaskStep::Assigned { .. } => Some("assigned"),
            TaskStep::Started if self.started => Some("started"),
            TaskStep::HandedOver { .. }
            | TaskStep::Completed { .. }
            | TaskStep::Started
            | TaskStep::Cancelled
            | TaskStep::DueChanged { .. } => None,
        };
        self.closed.or(from).map(|from| (from, name(step)))
    }
    fn take(&mut self, step: TaskStep) {
        match step {
            TaskStep::Assigned { assignment } => self.assignee = Some(assignment.assignee),
            TaskStep::HandedOver { to, .. } => self.assignee = Some(to),
            TaskStep::Started => self.started = true,
            TaskStep::Completed { .. } | TaskStep::Cancelled => self.closed = Some(name(step)),
            TaskStep::DueChanged { .. } => (),
        }
    }
}

/// What a step is called.
const fn name(step: TaskStep) -> &'static str {
    match step {
        TaskStep::Assigned { .. } => "assigned",
        TaskStep::HandedOver { .. } => "handed over",
        TaskStep::Completed { .. } => "completed",
        TaskStep::Started => "started",
        TaskStep::Cancelled => "cancelled",
        TaskStep::DueChanged { .. } => "due at another time",
    }
}

/// Every step of a task that its state does not allow; each is passed over.
fn illegal(book: &Book, task: &EntityRef, steps: &[Dated<TaskStep>]) -> Vec<(Position, Rejection)> {
    let employee = |employee| book.activity.ids().name(employee).to_owned();
    let opened = steps
        .iter()
        .find(|step| matches!(step.what, TaskStep::Assigned { .. }))
        .map(|step| step.at);
    let (mut stand, mut illegal) = (Stand::default(), Vec::new());
    for step in steps {
        let (entity, at, position) = (task.clone(), step.at, step.position);
        let rejection = match (step.what, stand.assignee) {
            (TaskStep::Assigned { .. }, None) => None,
            (_, None) => opened.map(|opened| Rejection::BeforeOpening { entity, opened, at }),
            (what, Some(owner)) => match (stand.bars(what), what) {
                (Some((from, to)), _) => {
                    Some(Rejection::IllegalTransition { entity, from, to, at, position })
                }
                (None, TaskStep::HandedOver { from, .. }) if from != owner => {
                    let (current, got) = (employee(owner), employee(from));
                    let pointer = "/data/from";
                    Some(Rejection::FromMismatch { entity, pointer, current, got, at, position })
                }
                (None, _) => None,
            },
        };
        match rejection {
            Some(rejection) => illegal.push((position, rejection)),
            None => stand.take(step.what),
        }
    }
    illegal
}
