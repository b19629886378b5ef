//! Tasks. Invariant: a task is overdue iff it is assigned, past due and not completed at the moment
//! asked.

use std::ops::Range;

use sijil_schemas::{Record, event::Tasks, id::kind, time::Timestamp};

use super::Activity;
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
    /// The first completion, with who did it.
    pub completed: Option<Dated<Option<Sym<Word>>>>,
}

impl Task {
    /// Whether it is past due and not done.
    #[must_use]
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        self.completed.is_none() && self.assignment.due < at
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
                self.tasks.push(task, Dated::of(record, TaskStep::Assigned { assignment }));
                self.assigned.push(task, Dated::of(record, refs));
            }
            Tasks::TaskCompleted(e) => {
                let task = self.ids.sym(&e.task);
                for assigned in self.assigned.of(task).all(Side::Decided) {
                    self.done(assigned.what, Dated::of(record, task));
                }
                let by = self.words.intern(record.envelope.actor.as_str(), record.position);
                self.tasks.push(task, Dated::of(record, TaskStep::Completed { by: Some(by) }));
            }
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
                        completed: None,
                    });
                }
                (TaskStep::HandedOver { to, .. }, Some(task)) => {
                    (task.assignee, task.handed) = (to, Some(moment));
                }
                (TaskStep::Completed { by }, Some(task)) => {
                    let done = Dated { at: step.at, position: step.position, what: by };
                    task.completed = task.completed.or(Some(done));
                }
                (TaskStep::HandedOver { .. } | TaskStep::Completed { .. }, None) => (),
            }
        }
        stand
    }
}
