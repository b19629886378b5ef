//! Random histories of a small company. Invariant: equal seeds make equal histories.

use serde_json::{Value, json};
use sijil_schemas::Position;

use crate::world::World;

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
    /// A moment of the first 60 days of 2025.
    fn moment(&mut self) -> String {
        let (day, hour, minute) = (self.below(59), self.below(24), self.below(60));
        let (month, day) = if day < 31 { (1, day + 1) } else { (2, (day - 31) % 28 + 1) };
        format!("2025-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
    }
}

/// At which clocks a report is asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub as_of: String,
    pub known_at: u64,
}

impl Question {
    pub fn random(dice: &mut Dice, ready: u64, head: u64) -> Question {
        let as_of = if dice.below(2) == 0 {
            "2025-03-10".to_owned()
        } else {
            dice.moment()[..10].to_owned()
        };
        let known_at = if dice.below(2) == 0 { head } else { ready + dice.below(head - ready + 1) };
        Question { as_of, known_at }
    }
}

const EMPLOYEES: [&str; 4] = ["m1", "m2", "m3", "m4"];
const CLIENTS: [&str; 3] = ["C1", "C2", "C3"];
const SOURCES: [&str; 3] = ["mail", "ad", "friend"];
const CAMPAIGNS: [&str; 2] = ["E", "G"];

fn line(cents: u64) -> Value {
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    json!([{"line": "1", "qty": "1", "price": amount, "net": amount, "tax": "0"}])
}

fn money(cents: u64) -> Value {
    json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR"})
}

/// A ledger with a random history, and the position at which it was ready for it.
pub fn make(dice: &mut Dice) -> (World, u64) {
    let mut world = World::open("UTC", "EUR");
    let start = "2024-12-01T00:00:00Z";
    let mut must = |event: &str, data: Value| {
        world.record(event, start, data).unwrap_or_else(|e| panic!("{event}: {e}"))
    };
    for (employee, department) in
        EMPLOYEES.iter().zip(["sales/north", "sales/south", "sales", "service"])
    {
        must(
            "employee.hired",
            json!({
                "employee": employee, "name": "Name", "department": department, "role": "manager",
            }),
        );
    }
    for (client, owner) in CLIENTS.iter().zip(EMPLOYEES) {
        must(
            "client.registered",
            json!({"client": client, "name": "Name", "kind": "org", "owner": owner}),
        );
    }
    must(
        "pipeline.defined",
        json!({
            "pipeline": "P",
            "stages": [{"stage": "S1", "rank": 1, "name": "Lead", "probability": "0.1"}],
        }),
    );
    must("bank_account.opened", json!({"bank_account": "B1", "currency": "EUR"}));
    for campaign in CAMPAIGNS {
        must(
            "campaign.planned",
            json!({"campaign": campaign, "kind": "ad", "from": "2025-01-01", "to": "2025-02-28"}),
        );
    }
    must("source.defined", json!({"source": "mail", "kind": "channel"}));
    must("source.defined", json!({"source": "ad", "kind": "campaign", "campaign": "G"}));
    must("source.defined", json!({"source": "friend", "kind": "referral"}));
    let ready = world.records.len() as u64;
    for i in 0..110 {
        let actor = dice.one(&["m1", "m2", "m3", "m4", "robot"]);
        let at = dice.moment();
        if dice.below(14) == 0 {
            let target =
                Position::new(ready + 1 + dice.below((world.records.len() as u64 - ready).max(1)));
            if target.get() <= world.records.len() as u64 {
                drop(world.void(&at, target));
            }
            continue;
        }
        let (event, data) = random(dice, i);
        // What the rules refuse is no part of the history.
        drop(
            world.record_draft(
                json!({"type": event, "occurred_at": at, "actor": actor, "data": data}),
            ),
        );
    }
    (world, ready)
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn random(dice: &mut Dice, i: u64) -> (&'static str, Value) {
    let (client, employee, other) =
        (dice.one(&CLIENTS), dice.one(&EMPLOYEES), dice.one(&EMPLOYEES));
    let (deal, task, invoice, payment) = (
        format!("D{}", dice.below(8)),
        format!("T{}", dice.below(6)),
        format!("V{}", dice.below(6)),
        format!("Z{}", dice.below(5)),
    );
    let cents = 1 + dice.below(200_000);
    let question = dice.one(&["learned", "prompted", "prompted"]);
    let day = |dice: &mut Dice| dice.moment()[..10].to_owned();
    match dice.below(26) {
        0..=4 => {
            let (channel, direction) = (dice.one(&["call", "email"]), dice.one(&["in", "out"]));
            let claim: Vec<&str> = if dice.below(5) == 0 { vec!["claim:Q0"] } else { Vec::new() };
            (
                "interaction.recorded",
                json!({
                    "interaction": format!("I{i}"), "client": client, "channel": channel,
                    "direction": direction, "refs": claim,
                }),
            )
        }
        5 | 6 => (
            "deal.opened",
            json!({
                "deal": deal, "client": client, "pipeline": "P", "stage": "S1", "owner": employee,
                "amount": money(cents),
            }),
        ),
        7 => ("deal.owner_changed", json!({"deal": deal, "from": employee, "to": other})),
        8 => {
            let handed = if dice.below(2) == 0 {
                format!("deal:{deal}")
            } else {
                format!("client:{client}")
            };
            ("employee.work_handed_over", json!({"from": employee, "to": other, "refs": [handed]}))
        }
        9 | 10 => ("deal.won", json!({"deal": deal, "amount": money(cents)})),
        11 => ("deal.won", json!({"deal": deal})),
        12 => ("deal.lost", json!({"deal": deal, "at_stage": "S1", "reason": "price"})),
        13 => ("deal.reopened", json!({"deal": deal, "stage": "S1"})),
        14 => ("campaign.attended", json!({"campaign": dice.one(&CAMPAIGNS), "client": client})),
        15 => (
            "attribution.stated",
            json!({
                "subject": format!("client:{client}"), "question": question,
                "source": dice.one(&SOURCES),
            }),
        ),
        16 => {
            let subject = if dice.below(2) == 0 {
                format!("deal:{deal}")
            } else {
                format!("order:O{}", dice.below(6))
            };
            (
                "attribution.stated",
                json!({"subject": subject, "question": question, "source": dice.one(&SOURCES)}),
            )
        }
        17 => (
            "campaign.cost_recorded",
            json!({"campaign": dice.one(&CAMPAIGNS), "amount": money(cents)}),
        ),
        18 => ("task.assigned", json!({"task": task, "assignee": employee, "due": dice.moment()})),
        19 => match dice.below(5) {
            0 => ("task.cancelled", json!({"task": task})),
            1 => ("task.reassigned", json!({"task": task, "from": employee, "to": other})),
            2 => ("task.due_changed", json!({"task": task, "due": dice.moment()})),
            3 => ("task.started", json!({"task": task})),
            _ => ("task.completed", json!({"task": task})),
        },
        20 => match dice.below(3) {
            0 => (
                "substitution.started",
                json!({
                    "substitution": format!("S{}", dice.below(4)), "absent": employee,
                    "deputy": other, "until": day(dice),
                }),
            ),
            1 => ("substitution.ended", json!({"substitution": format!("S{}", dice.below(4))})),
            _ => (
                "employee.moved",
                json!({
                    "employee": employee,
                    "department": dice.one(&["sales", "sales/north", "service"]), "role": "manager",
                }),
            ),
        },
        21 => {
            let order = format!("O{}", dice.below(6));
            (
                "order.placed",
                json!({
                    "order": order, "client": client, "owner": employee, "currency": "EUR",
                    "lines": line(cents),
                }),
            )
        }
        22 => (
            "invoice.issued",
            json!({
                "invoice": invoice, "client": client, "lines": line(cents), "total": money(cents),
                "due_on": day(dice),
            }),
        ),
        23 => (
            "payment.received",
            json!({
                "payment": payment, "client": client, "amount": money(cents), "bank_account": "B1",
            }),
        ),
        24 => match dice.below(3) {
            0 | 1 => (
                "payment.allocated",
                json!({
                    "payment": payment, "invoice": invoice,
                    "amount": money(1 + dice.below(20_000))["amount"],
                }),
            ),
            _ => ("payment.reversed", json!({"payment": payment, "reason": "bounced"})),
        },
        _ => match dice.below(5) {
            4 => {
                let claim = format!("Q{}", dice.below(4));
                ("claim.assigned", json!({"claim": claim, "employee": employee}))
            }
            0 => (
                "client.owner_assigned",
                json!({"client": client, "employee": employee, "reason": "change"}),
            ),
            1 => (
                "claim.opened",
                json!({
                    "claim": format!("Q{}", dice.below(4)), "client": client, "kind": "damage",
                    "severity": "low",
                }),
            ),
            2 => {
                let period = json!({"first": super::FROM, "last": super::TO});
                (
                    "target.set",
                    json!({
                        "target": "T", "scope": {"employee": employee}, "metric": "won_amount",
                        "period": period, "value": "1000",
                    }),
                )
            }
            _ => ("client.merged", json!({"client": "C3", "into": "C1"})),
        },
    }
}
