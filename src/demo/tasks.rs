//! Tasks, reminders and working time. Invariant: a task is done, cancelled or given on by whoever
//! has it, and what is closed is not touched again.

use super::{
    calendar::{HOUR, MINUTE, moment},
    company::{Company, Step, days},
    draft::{Data, Id, Who},
};

/// A task or a reminder that is to go on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task {
    Assign { client: u64, owner: u16 },
    Begin { id: u64, owner: u16 },
    Complete { id: u64, owner: u16 },
    Reminded { id: u64 },
}

impl Company {
    pub(crate) fn task(&mut self, task: Task) {
        match task {
            Task::Assign { client, owner } => {
                self.assign(Some(client).filter(|c| *c > 0), owner, None);
            }
            Task::Begin { id, owner } => {
                let holder = self.holder(owner, id);
                self.tell_of_task("task.started", holder, Data::new().text("task", Id("TA", id)));
                self.plan(HOUR, days(9), Step::Task(Task::Complete { id, owner }));
            }
            Task::Complete { id, owner } => self.see_to(id, owner),
            Task::Reminded { id } => {
                let data = Data::new().text("reminder", Id("RE", id));
                self.tell("reminder.done", Who::Role("director"), data);
            }
        }
    }

    /// Who has a task: it may have gone to another with a hand-over.
    fn holder(&self, owner: u16, id: u64) -> u16 {
        let tasks = &self.open_tasks;
        if tasks.contains(&(owner, id)) {
            owner
        } else {
            tasks.iter().find(|(_, task)| *task == id).map_or(owner, |(who, _)| *who)
        }
    }

    fn tell_of_task(&mut self, event_type: &str, holder: u16, data: Data) {
        let (actor, behalf) = self.acting(holder);
        self.tell_at(self.at, event_type, actor, behalf, data);
    }

    /// Does a task, or cancels it, puts it off or gives it to somebody else.
    fn see_to(&mut self, id: u64, owner: u16) {
        let (holder, task) = (self.holder(owner, id), Data::new().text("task", Id("TA", id)));
        match self.random.below(1000) {
            0..40 => {
                self.open_tasks.remove(&(holder, id));
                self.tell_of_task("task.cancelled", holder, task.text("reason", "Not needed"));
            }
            40..90 => {
                let due = moment(self.at + days(self.random.between(2, 6)));
                self.tell_of_task("task.due_changed", holder, task.text("due", due));
                self.plan(HOUR, days(7), Step::Task(Task::Complete { id, owner: holder }));
            }
            90..130 => {
                let other = holder % self.managers + 1;
                self.open_tasks.remove(&(holder, id));
                self.open_tasks.insert((other, id));
                let data = task.text("from", Who::Manager(holder)).text("to", Who::Manager(other));
                self.tell_of_task("task.reassigned", holder, data.text("reason", "Has more time"));
                self.plan(HOUR, days(5), Step::Task(Task::Complete { id, owner: other }));
            }
            _ => {
                self.open_tasks.remove(&(holder, id));
                if self.random.chance(300) {
                    let data = Data::new()
                        .text("time_entry", self.numbers.next("TE"))
                        .text("employee", Who::Manager(holder))
                        .raw("minutes", 5 * self.random.between(1, 48))
                        .text("task", Id("TA", id));
                    self.tell_of_task("time.logged", holder, data);
                }
                self.tell_of_task("task.completed", holder, task);
            }
        }
    }

    /// Gives somebody work.
    pub(crate) fn assign(&mut self, client: Option<u64>, owner: u16, about: Option<(&str, Id)>) {
        let id = self.numbers.next("TA");
        let due = moment(self.at + days(self.random.between(1, 7)));
        let data = Data::new()
            .text("task", id)
            .maybe("client", client.map(|c| Id("C", c)))
            .text("assignee", Who::Manager(owner))
            .text("due", due);
        let data = data.text(
            "text",
            self.random.pick(&[
                "Send the papers",
                "Check the terms",
                "Call back",
                "Prepare the visit",
            ]),
        );
        let data = match about {
            Some(about) => data.refs(&[about]),
            None => data,
        };
        self.tell_of_task("task.assigned", owner, data);
        if let Some(client) = client.filter(|_| self.random.chance(60)) {
            self.remind(client, owner);
        }
        if self.random.chance(70) {
            // Nobody will do it, so nobody needs to remember it.
            return;
        }
        self.open_tasks.insert((owner, id.1));
        if self.random.chance(250) {
            self.plan(MINUTE, days(2), Step::Task(Task::Begin { id: id.1, owner }));
        } else {
            self.plan(2 * HOUR, days(9), Step::Task(Task::Complete { id: id.1, owner }));
        }
    }

    /// Sets a reminder to ask a client again.
    fn remind(&mut self, client: u64, owner: u16) {
        let id = self.numbers.next("RE");
        let data = Data::new()
            .text("reminder", id)
            .text("employee", Who::Manager(owner))
            .text("at", moment(self.at + days(5)))
            .text("text", "Ask whether all went well")
            .refs(&[("client", Id("C", client))]);
        self.tell_of_task("reminder.set", owner, data);
        self.plan(days(5), days(8), Step::Task(Task::Reminded { id: id.1 }));
    }
}
