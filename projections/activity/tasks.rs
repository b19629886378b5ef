//! Tasks. Invariant: a task is overdue iff it is assigned, past due and not completed at the moment asked.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Record,
    event::Tasks,
    id::{ClientId, EmployeeId, EntityRef, Key, kind},
    time::Timestamp,
};

use super::Activity;
use crate::cut::{Dated, Facts, Lens};

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
                for deal in e.refs.iter().filter_map(EntityRef::typed::<kind::Deal>) {
                    self.tasks_on_deals.entry(&deal).push(task);
                }
                let refs = e.refs.clone().into_boxed_slice();
                let assignment = Assignment { client: e.client.clone(), assignee: e.assignee.clone(), due: e.due, refs };
                self.tasks.at_mut(task).insert(Dated::of(record, TaskStep::Assigned(Box::new(assignment))));
            }
            Tasks::TaskCompleted(e) => {
                let step = TaskStep::Completed { by: record.envelope.actor.clone() };
                self.tasks.entry(&e.task).insert(Dated::of(record, step));
            }
        }
    }
    /// The steps of a task, in replay order, whether they count or not.
    #[must_use]
    pub fn task_steps(&self, task: &str) -> Option<&Facts<TaskStep>> {
        self.tasks.get(task)
    }
    /// When the tasks about a deal were completed, as far as they count: (moment, position, task), in replay order.
    #[must_use]
    pub fn completed_on_deal<'a>(&'a self, deal: &str, lens: Lens<'a>) -> Vec<Dated<&'a str>> {
        let mut all: Vec<Dated<&str>> = Vec::new();
        for task in self.tasks_on_deals.get(deal).into_iter().flatten() {
            let (Some(state), id) = (stand(self.tasks.at(*task), lens), self.tasks.name(*task)) else { continue };
            let about = state.assignment.refs.iter().any(|entity| entity.typed::<kind::Deal>().is_some_and(|d| d.as_str() == deal));
            let fact = state.completed.filter(|_| about).map(|done| Dated { at: done.at, position: done.position, what: id });
            all.extend(fact.filter(|fact| !all.iter().any(|seen| seen.position == fact.position)));
        }
        all.sort_by_key(Dated::order);
        all
    }
    /// Every task that counts, in order of first appearance.
    pub(crate) fn tasks<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Task<'a>> {
        self.tasks.iter().filter_map(move |(_, _, steps)| stand(steps, lens))
    }
}

fn stand<'a>(steps: &'a Facts<TaskStep>, lens: Lens<'a>) -> Option<Task<'a>> {
    let mut task: Option<Task<'a>> = None;
    for step in steps.counting(lens) {
        match (&step.what, &mut task) {
            (TaskStep::Assigned(assignment), _) => {
                task = Some(Task { assigned: step, assignment, assignee: &assignment.assignee, handed: None, completed: None });
            }
            (TaskStep::HandedOver { to, .. }, Some(task)) => {
                task.assignee = to;
                task.handed = Some(step);
            }
            (TaskStep::Completed { .. }, Some(task)) => task.completed = task.completed.or(Some(step)),
            (TaskStep::HandedOver { .. } | TaskStep::Completed { .. }, None) => (),
        }
    }
    task
}
