//! Claims and tasks. Invariant: a claim is answered before it is settled, and each of its steps
//! leads to another state.

use super::{
    calendar::{HOUR, MINUTE, moment},
    company::{Company, Step, days},
    draft::{Data, Id, Who},
    opening::SUPPORT,
};

/// An open claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    id: u64,
    client: u64,
    owner: u16,
    shipment: Id,
    stage: u8,
}

impl Claim {
    pub(crate) const fn new(client: u64, owner: u16, shipment: Id) -> Claim {
        Claim { id: 0, client, owner, shipment, stage: 0 }
    }
}

/// A task that is to be given or done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task {
    Assign { client: u64, owner: u16 },
    Complete { id: u64, owner: u16 },
}

impl Company {
    /// The next step of a claim.
    pub(crate) fn claim(&mut self, mut claim: Claim) {
        let id = Id("Y", claim.id);
        let status = |to: &str| Data::new().text("claim", id).text("to", to);
        match claim.stage {
            0 => {
                let id = self.numbers.next("Y");
                claim.id = id.1;
                let data = Data::new()
                    .text("claim", id)
                    .text("client", Id("C", claim.client))
                    .text("shipment", claim.shipment);
                let data = data
                    .text("kind", self.random.pick(&["damaged", "late", "wrong_item", "quality"]));
                let data = data.text(
                    "severity",
                    self.random.pick(&["low", "medium", "medium", "high", "critical"]),
                );
                self.tell("claim.opened", SUPPORT, data);
            }
            1 => {
                self.tell(
                    "claim.responded",
                    SUPPORT,
                    Data::new().text("claim", id).text("text", "We look into it"),
                );
                self.said(claim.client, "out", self.at + MINUTE, Some(id));
                if self.random.chance(250) {
                    self.assign(Some(claim.client), claim.owner, Some(("claim", id)));
                }
            }
            2 | 4 => {
                self.tell("claim.status_changed", SUPPORT, status("in_progress"));
            }
            3 if self.random.chance(400) => {
                self.tell("claim.status_changed", SUPPORT, status("waiting_client"));
            }
            // The client need not be asked.
            3 => claim.stage = 4,
            _ => {
                let data = Data::new().text("claim", id).text(
                    "resolution",
                    self.random.pick(&["replaced", "repaired", "refused", "allowance"]),
                );
                let cost = self.random.chance(400).then(|| 100 * self.random.between(5, 90));
                let data = match cost {
                    Some(cents) => data.money("cost", cents, "EUR"),
                    None => data,
                };
                self.tell("claim.resolved", SUPPORT, data);
                return;
            }
        }
        claim.stage += 1;
        self.plan(HOUR, days(3), Step::Claim(claim));
    }

    pub(crate) fn task(&mut self, task: Task) {
        match task {
            Task::Assign { client, owner } => {
                self.assign(Some(client).filter(|c| *c > 0), owner, None);
            }
            Task::Complete { id, owner } => {
                // It may have gone to another with a hand-over.
                let tasks = &mut self.open_tasks;
                let holder = if tasks.remove(&(owner, id)) {
                    owner
                } else {
                    tasks.iter().find(|(_, task)| *task == id).map_or(owner, |(who, _)| *who)
                };
                tasks.remove(&(holder, id));
                let (actor, behalf) = self.acting(holder);
                self.tell_at(
                    self.at,
                    "task.completed",
                    actor,
                    behalf,
                    Data::new().text("task", Id("TA", id)),
                );
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
        let (actor, behalf) = self.acting(owner);
        self.tell_at(self.at, "task.assigned", actor, behalf, data);
        self.open_tasks.insert((owner, id.1));
        if self.random.chance(930) {
            self.plan(2 * HOUR, days(9), Step::Task(Task::Complete { id: id.1, owner }));
        } else {
            // Nobody will do it, so nobody needs to remember it.
            self.open_tasks.remove(&(owner, id.1));
        }
    }
}
