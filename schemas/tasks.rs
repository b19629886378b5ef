//! Work to be done, reminders of it, and the time it took. Invariant: a task is assigned, perhaps
//! started, then completed or cancelled.

use crate::{
    bounded::Minutes,
    event::event,
    id::{ClientId, EmployeeId, ReminderId, TaskId, TimeEntryId},
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
event! {
    /// Work on a task began.
    1203 "task.started" v 1 Continues TaskStarted {
        /// The task.
        task: TaskId,
    }
}
event! {
    /// A task is not to be done any more.
    1204 "task.cancelled" v 1 Continues TaskCancelled {
        /// The task.
        task: TaskId,
        /// Why.
        reason: Option<Text>,
    }
}
event! {
    /// A task went to somebody else.
    1205 "task.reassigned" v 1 Continues TaskReassigned {
        /// The task.
        task: TaskId,
        /// Who had it.
        from: EmployeeId,
        /// Who has it.
        to: EmployeeId,
        /// Why; it speaks of the persons.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// A task is to be done by another time.
    1206 "task.due_changed" v 1 Continues TaskDueChanged {
        /// The task.
        task: TaskId,
        /// By when.
        due: Timestamp,
    }
}
event! {
    /// Somebody shall be reminded; `refs` says of what.
    1207 "reminder.set" v 1 Opens ReminderSet {
        /// The reminder.
        reminder: ReminderId,
        /// Who is reminded.
        employee: EmployeeId,
        /// When.
        at: Timestamp,
        /// Of what, in words.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// What somebody was reminded of is done.
    1208 "reminder.done" v 1 Continues ReminderDone {
        /// The reminder.
        reminder: ReminderId,
    }
}
event! {
    /// Working time was written down, on the day it was worked.
    1209 "time.logged" v 1 Opens TimeLogged {
        /// The entry.
        time_entry: TimeEntryId,
        /// Who worked.
        employee: EmployeeId,
        /// How many minutes.
        minutes: Minutes,
        /// For which client.
        client: Option<ClientId>,
        /// On which task.
        task: Option<TaskId>,
        /// What was done.
        text: Option<Personal<Text>>,
    }
}
