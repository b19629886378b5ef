//! Claims and service. Invariant: a claim is answered before it is settled, and each of its steps
//! leads to another state.

use super::{
    calendar::{HOUR, MINUTE, date},
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
    reopened: bool,
}

/// The stage of a claim that is to be opened again.
const REOPENED: u8 = 9;

impl Claim {
    pub(crate) const fn new(client: u64, owner: u16, shipment: Id) -> Claim {
        Claim { id: 0, client, owner, shipment, stage: 0, reopened: false }
    }
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
                if self.random.chance(500) {
                    let who = Who::Manager(claim.owner);
                    let data = Data::new().text("claim", id).text("employee", who);
                    self.tell("claim.assigned", SUPPORT, data);
                }
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
            REOPENED => {
                let data = Data::new().text("claim", id);
                self.tell("claim.reopened", SUPPORT, data.text("reason", "It broke again"));
                (claim.stage, claim.reopened) = (1, true);
            }
            _ => {
                self.settle(claim);
                // Not every settlement lasts.
                if !claim.reopened && self.random.chance(70) {
                    claim.stage = REOPENED;
                    self.plan(days(2), days(9), Step::Claim(claim));
                }
                return;
            }
        }
        claim.stage += 1;
        self.plan(HOUR, days(3), Step::Claim(claim));
    }
    /// Turns a claim down, or settles it and does what that takes.
    fn settle(&mut self, claim: Claim) {
        let id = Id("Y", claim.id);
        if self.random.chance(100) {
            let data = Data::new().text("claim", id);
            self.tell("claim.rejected", SUPPORT, data.text("reason", "Damaged in use"));
            return;
        }
        let resolution = self.random.pick(&["replaced", "repaired", "refused", "allowance"]);
        let data = Data::new().text("claim", id).text("resolution", resolution);
        let cost = self.random.chance(400).then(|| 100 * self.random.between(5, 90));
        let data = match cost {
            Some(cents) => data.money("cost", cents, "EUR"),
            None => data,
        };
        self.tell("claim.resolved", SUPPORT, data);
        let about = |data: Data| data.text("client", Id("C", claim.client));
        match resolution {
            "repaired" => {
                let free = self.random.chance(700);
                let data = about(Data::new().text("service_job", self.numbers.next("SJ")));
                let data = data.text("claim", id).raw("in_warranty", free);
                let data = data.money("cost", 100 * self.random.between(8, 60), "EUR");
                let price = 100 * self.random.between(20, 90);
                let data = if free { data } else { data.money("price", price, "EUR") };
                self.tell("service.performed", SUPPORT, data);
            }
            // What was replaced is new again.
            "replaced" => {
                let data = about(Data::new().text("warranty", self.numbers.next("WA")));
                let data = data.text("shipment", claim.shipment).text("from", date(self.at));
                self.tell("warranty.started", SUPPORT, data.raw("months", 12));
            }
            _ => (),
        }
    }
}
