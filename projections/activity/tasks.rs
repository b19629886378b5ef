//! Tasks. Invariant: a task is overdue iff it is assigned, past due and not completed at the moment
//! asked.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Record,
    event::Tasks,
    id::{ClientId, EmployeeId, EntityRef, Key, kind},
    time::Timestamp,
};

use super::Activity;
use crate::{
    cut::{Dated, Facts, Lens},
    table::{Sym, Table},
};

/// Work that was given to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The client it names itself.
    pub client: Option<ClientId>,
    /// Who does it.
    pub assignee: EmployeeId,
    /// By when.
    pub due: Timestamp,
    /// What it is about.
    pub refs: Box<[EntityRef]>,
}

/// A step in the life of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskStep {
    /// Somebody was given it.
    Assigned(Box<Assignment>),
    /// It went to somebody else for good.
    HandedOver {
        /// Who had it.
        from: EmployeeId,
        /// Who has it.
        to: EmployeeId,
    },
    /// It was done.
    Completed {
        /// By whom.
        by: Key,
    },
}

/// A task as it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) assigned: &'a Dated<TaskStep>,
    pub(crate) assignment: &'a Assignment,
    /// Who has it now: the assignee, unless it was handed over.
    pub(crate) assignee: &'a EmployeeId,
    /// The last hand-over.
    pub(crate) handed: Option<&'a Dated<TaskStep>>,
    pub(crate) completed: Option<&'a Dated<TaskStep>>,
}

impl Task<'_> {
    /// Whether it is past due and not done.
    pub(crate) fn is_overdue(&self, at: Timestamp) -> bool {
        self.completed.is_none() && self.assignment.due < at
    }
}

impl Activity {
    pub(super) fn take_task(&mut self, record: &Record, event: &Tasks) {
        match event {
            Tasks::TaskAssigned(e) => {
                let task = self.tasks.intern(&e.task);
                // A completion that stands before the assignment in the log is about the same
                // deals.
                for step in self
                    .tasks
                    .at(task)
                    .all()
                    .iter()
                    .filter(|step| matches!(step.what, TaskStep::Completed { .. }))
                {
                    done(
                        &mut self.done_on_deals,
                        &e.refs,
                        Dated { at: step.at, position: step.position, what: task },
                    );
                }
                let refs = e.refs.clone().into_boxed_slice();
                let assignment = Assignment {
                    client: e.client.clone(),
                    assignee: e.assignee.clone(),
                    due: e.due,
                    refs,
                };
                self.tasks
                    .at_mut(task)
                    .insert(Dated::of(record, TaskStep::Assigned(Box::new(assignment))));
            }
            Tasks::TaskCompleted(e) => {
                let (step, task) = (
                    TaskStep::Completed { by: record.envelope.actor.clone() },
                    self.tasks.intern(&e.task),
                );
                for step in self.tasks.at(task).all() {
                    if let TaskStep::Assigned(assignment) = &step.what {
                        done(&mut self.done_on_deals, &assignment.refs, Dated::of(record, task));
                    }
                }
                self.tasks.at_mut(task).insert(Dated::of(record, step));
            }
        }
    }
    /// The steps of a task, in replay order, whether they count or not.
    #[must_use]
    pub fn task_steps(&self, task: &str) -> Option<&Facts<TaskStep>> {
        self.tasks.get(task)
    }
    /// When the tasks about a deal were completed in an interval, as far as they count: (moment,
    /// position, task), in replay order.
    pub fn completed_on_deal<'a>(
        &'a self,
        deal: &str,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Dated<&'a str>> {
        let (deal, facts) = (deal.to_owned(), self.done_on_deals.get(deal));
        facts.into_iter().flat_map(move |facts| facts.within(within.clone(), lens)).filter_map(
            move |fact| {
                let task = stand(self.tasks.at(fact.what), lens)?;
                let about =
                    task.assignment.refs.iter().any(|entity| {
                        entity.typed::<kind::Deal>().is_some_and(|d| d.as_str() == deal)
                    });
                let is_it =
                    about && task.completed.is_some_and(|done| done.position == fact.position);
                is_it.then(|| Dated {
                    at: fact.at,
                    position: fact.position,
                    what: self.tasks.name(fact.what),
                })
            },
        )
    }
    /// Every task that counts, in order of first appearance.
    pub(crate) fn tasks<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Task<'a>> {
        self.tasks.iter().filter_map(move |(_, _, steps)| stand(steps, lens))
    }
}

/// Notes a completion at the deals among some refs, once each.
fn done(
    done_on_deals: &mut Table<kind::Deal, Facts<Sym<kind::Task>>>,
    refs: &[EntityRef],
    completion: Dated<Sym<kind::Task>>,
) {
    for deal in refs.iter().filter_map(EntityRef::typed::<kind::Deal>) {
        let known = done_on_deals.entry(&deal);
        if !known.holds(completion.order()) {
            known.insert(completion);
        }
    }
}

fn stand<'a>(steps: &'a Facts<TaskStep>, lens: Lens<'a>) -> Option<Task<'a>> {
    let mut task: Option<Task<'a>> = None;
    for step in steps.counting(lens) {
        match (&step.what, &mut task) {
            (TaskStep::Assigned(assignment), _) => {
                task = Some(Task {
                    assigned: step,
                    assignment,
                    assignee: &assignment.assignee,
                    handed: None,
                    completed: None,
                });
            }
            (TaskStep::HandedOver { to, .. }, Some(task)) => {
                task.assignee = to;
                task.handed = Some(step);
            }
            (TaskStep::Completed { .. }, Some(task)) => {
                task.completed = task.completed.or(Some(step));
            }
            (TaskStep::HandedOver { .. } | TaskStep::Completed { .. }, None) => (),
        }
    }
    task
}
