//! Tasks. Invariant: a task is overdue iff it is assigned, past its last due time and neither
//! completed nor cancelled at the moment asked.

use std::ops::Range;

use sijil_schemas::{
    Position, Record,
    event::Tasks,
    id::{TaskId, kind},
    time::Timestamp,
};

use super::{Activity, ReminderStep};
use crate::{
    cells,
    cells::Run,
    chain::Chain,
    cut::{Dated, Lens, Side},
    ids::{EntitySym, Sym},
    words::Word,
};

cells! {
    /// Work that was given to somebody.
    pub struct Assignment {
        /// The client it names itself.
        pub client: Option<Sym<kind::Client>>,
        /// Who does it.
        pub assignee: Sym<kind::Employee>,
        /// By when.
        pub due: Timestamp,
        /// What it is about.
        pub refs: Run<EntitySym>,
    }
}

cells! {
    /// A step in the life of a task.
    pub enum TaskStep {
        /// Somebody was given it.
        Assigned {
            /// What, to whom, by when.
            assignment: Assignment,
        },
        /// It went to somebody else for good.
        HandedOver {
            /// Who had it.
            from: Sym<kind::Employee>,
            /// Who has it.
            to: Sym<kind::Employee>,
        },
        /// It was done.
        Completed {
            /// By whom; `None` of a step that is only judged.
            by: Option<Sym<Word>>,
        },
        /// Work on it began.
        Started,
        /// It is not to be done any more.
        Cancelled,
        /// It is to be done by another time.
        DueChanged {
            /// By when.
            due: Timestamp,
        },
    }
}

impl TaskStep {
    /// Whether the step says where the task stands.
    const fn turns(self) -> bool {
        match self {
            TaskStep::Assigned { .. }
            | TaskStep::Started
            | TaskStep::Completed { .. }
            | TaskStep::Cancelled => true,
            TaskStep::HandedOver { .. } | TaskStep::DueChanged { .. } => false,
        }
    }
    /// Whether the step says who has the task.
    const fn holds(self) -> bool {
        matches!(self, TaskStep::Assigned { .. } | TaskStep::HandedOver { .. })
    }
}

/// A task as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    /// The record that assigned it.
    pub assigned: Dated<()>,
    /// What it said.
    pub assignment: Assignment,
    /// Who has it now: the assignee, unless it was handed over.
    pub assignee: Sym<kind::Employee>,
    /// The last hand-over.
    pub handed: Option<Dated<()>>,
    /// When work on it began.
    pub started: Option<Dated<()>>,
    /// The first completion, with who did it.
    pub completed: Option<Dated<Option<Sym<Word>>>>,
    /// When it was cancelled.
    pub cancelled: Option<Dated<()>>,
    /// By when it is to be done now, with the record that says so.
    pub due: Dated<Timestamp>,
}

impl Task {
    /// Whether it is neither done nor cancelled.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.completed.is_none() && self.cancelled.is_none()
    }
    /// Whether it is past due and open.
    #[must_use]
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        self.is_open() && self.due.what < at
    }
}

impl Activity {
    pub(super) fn take_task(&self, record: &Record, event: &Tasks) {
        match event {
            Tasks::TaskAssigned(e) => {
                let task = self.ids.sym(&e.task);
                let refs = e.refs.iter().map(|entity| self.ids.entity(entity));
                let refs = self.refs.extend(record.position, refs);
                // A completion that stands before the assignment in the log is about the same
                // deals, as this record says.
                for step in self.tasks.of(task).all(Side::Decided) {
                    if let TaskStep::Completed { .. } = step.what {
                        self.done(refs, Dated { at: step.at, ..Dated::of(record, task) });
                    }
                }
                let assignment = Assignment {
                    client: e.client.as_ref().map(|client| self.ids.sym(client)),
                    assignee: self.ids.sym(&e.assignee),
                    due: e.due,
                    refs,
                };
                self.step_task(record, &e.task, TaskStep::Assigned { assignment });
                self.assigned.push(task, Dated::of(record, refs));
            }
            Tasks::TaskCompleted(e) => {
                let task = self.ids.sym(&e.task);
                for assigned in self.assigned.of(task).all(Side::Decided) {
                    self.done(assigned.what, Dated::of(record, task));
                }
                let by = self.words.intern(record.envelope.actor.as_str(), record.position);
                self.step_task(record, &e.task, TaskStep::Completed { by: Some(by) });
            }
            Tasks::TaskStarted(e) => self.step_task(record, &e.task, TaskStep::Started),
            Tasks::TaskCancelled(e) => self.step_task(record, &e.task, TaskStep::Cancelled),
            Tasks::TaskReassigned(e) => {
                self.hand_task(record, &e.task, (self.ids.sym(&e.from), self.ids.sym(&e.to)));
            }
            Tasks::TaskDueChanged(e) => {
                self.step_task(record, &e.task, TaskStep::DueChanged { due: e.due });
            }
            Tasks::ReminderSet(e) => self.take_reminder(record, e),
            Tasks::ReminderDone(e) => {
                let reminder = self.ids.sym(&e.reminder);
                self.reminders.push(reminder, Dated::of(record, ReminderStep::Done));
            }
            Tasks::TimeLogged(e) => self.take_time(record, e),
        }
    }
    pub(super) fn hand_task(
        &self,
        record: &Record,
        task: &TaskId,
        (from, to): (Sym<kind::Employee>, Sym<kind::Employee>),
    ) {
        self.step_task(record, task, TaskStep::HandedOver { from, to });
    }
    fn step_task(&self, record: &Record, task: &TaskId, step: TaskStep) {
        let task = self.ids.sym(task);
        let row = self.tasks.push(task, Dated::of(record, step));
        if step.turns() {
            self.tasks_turned.push(task, Dated::of(record, row));
        }
        if step.holds() {
            self.tasks_held.push(task, Dated::of(record, row));
        }
    }
    /// Notes a completion at the deals among some refs, once each.
    fn done(&self, refs: Run<EntitySym>, completion: Dated<Sym<kind::Task>>) {
        for deal in self.refs(refs).filter_map(EntitySym::typed) {
            let known = self.done_on_deals.of(deal);
            if !known.holds(completion.order(), Side::Decided) {
                self.done_on_deals.push(deal, completion);
            }
        }
    }
    /// The steps of a task.
    #[must_use]
    pub fn task_steps(&self, task: Option<Sym<kind::Task>>) -> Chain<'_, kind::Task, TaskStep> {
        self.tasks.of_any(task)
    }
    /// The steps that say where a task stands, as far as they count, in replay order: few, since
    /// each can be taken once.
    pub fn task_turns<'a>(
        &'a self,
        task: Option<Sym<kind::Task>>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<TaskStep>> + 'a {
        self.tasks_turned.of_any(task).counting(lens).map(|row| self.tasks.at(row.what))
    }
    /// The last step before a place in replay order, and the first one at or after it, that say
    /// who has a task.
    #[must_use]
    pub fn task_held_around(
        &self,
        task: Option<Sym<kind::Task>>,
        place: (Timestamp, Position),
        lens: Lens<'_>,
    ) -> [Option<Dated<TaskStep>>; 2] {
        let held = self.tasks_held.of_any(task);
        let before = held.before(place, lens).next_back();
        [before, held.after(place, lens).next()].map(|row| Some(self.tasks.at(row?.what)))
    }
    /// When the tasks about a deal were completed in an interval, as far as they count: (moment,
    /// position, task), in replay order.
    #[must_use]
    pub fn completed_on_deal(
        &self,
        deal: Option<Sym<kind::Deal>>,
        lens: Lens<'_>,
        within: Range<Timestamp>,
    ) -> Vec<Dated<Sym<kind::Task>>> {
        let noted = self.done_on_deals.of_any(deal).within(within, lens);
        let done = noted.filter_map(|noted| {
            let task = self.task(noted.what, lens)?;
            let mut about = self.refs(task.assignment.refs).filter_map(EntitySym::typed);
            let done = task.completed.filter(|done| done.at == noted.at)?;
            about.any(|of| Some(of) == deal).then(|| done.map(|_| noted.what))
        });
        let mut done: Vec<_> = done.collect();
        done.sort_unstable_by_key(Dated::order);
        // Several assignments may be why one completion is noted.
        done.dedup_by_key(|done| done.order());
        done
    }
    /// Every task that counts, in order of first appearance of the ids.
    pub fn tasks<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Task> + 'a {
        self.ids.syms().filter_map(move |task| self.task(task, lens))
    }
    /// A task as it stands; `None` if it was never assigned.
    #[must_use]
    pub fn task(&self, task: Sym<kind::Task>, lens: Lens<'_>) -> Option<Task> {
        let mut stand: Option<Task> = None;
        for step in self.tasks.of(task).counting(lens) {
            let moment = Dated { at: step.at, position: step.position, what: () };
            match (step.what, &mut stand) {
                (TaskStep::Assigned { assignment }, _) => {
                    stand = Some(Task {
                        assigned: moment,
                        assignment,
                        assignee: assignment.assignee,
                        handed: None,
                        started: None,
                        completed: None,
                        cancelled: None,
                        due: step.map(|_| assignment.due),
                    });
                }
                (TaskStep::HandedOver { to, .. }, Some(task)) => {
                    (task.assignee, task.handed) = (to, Some(moment));
                }
                (TaskStep::Completed { by }, Some(task)) => {
                    let done = Dated { at: step.at, position: step.position, what: by };
                    task.completed = task.completed.or(Some(done));
                }
                (TaskStep::Started, Some(task)) => {
                    task.started = task.started.or(Some(moment));
                }
                (TaskStep::Cancelled, Some(task)) => {
                    task.cancelled = task.cancelled.or(Some(moment));
                }
                (TaskStep::DueChanged { due }, Some(task)) => task.due = step.map(|_| due),
                (
                    TaskStep::HandedOver { .. }
                    | TaskStep::Completed { .. }
                    | TaskStep::Started
                    | TaskStep::Cancelled
                    | TaskStep::DueChanged { .. },
                    None,
                ) => (),
            }
        }
        stand
    }
}
