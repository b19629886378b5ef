//! Work to be done. Invariant: a task is assigned, then completed.

use crate::{
    event::event,
    id::{ClientId, EmployeeId, TaskId},
    text::{Personal, Text},
    time::Timestamp,
};

event! {
    /// Somebody was given work.
    1201 "task.assigned" v 1 Opens TaskAssigned {
        /// The task.
        task: TaskId,
        /// About which client.
        client: Option<ClientId>,
        /// Who does it.
        assignee: EmployeeId,
        /// By when.
        due: Timestamp,
        /// What is to be done.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// The work was done.
    1202 "task.completed" v 1 Continues TaskCompleted {
        /// The task.
        task: TaskId,
    }
}
