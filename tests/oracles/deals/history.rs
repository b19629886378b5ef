//! Random histories of deals. Invariant: one seed makes one history.

use serde_json::{Value, json};
use sijil_schemas::{Event, Position, Record, event::System};

use crate::world::World;

/// A small generator of numbers: splitmix64.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66)
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).expect("small")]
    }
}

const STAGES: &[&str] = &["S1", "S2", "S3", "S4"];
const OWNERS: &[&str] = &["m1", "m2", "m3"];
const DEALS: &[&str] = &["D1", "D2", "D3", "D4", "D5", "D6"];

fn stage(name: &str, rank: u64, probability: &str) -> Value {
    json!({"stage": name, "rank": rank, "name": name, "probability": probability})
}

/// A ledger with one pipeline, perhaps revised, regulations, and up to ninety events of six deals,
/// some back-dated, some voided. With `ties`, moments are half days, so that many are equal; else
/// each is its own.
pub fn history(chance: &mut Chance, ties: bool) -> World {
    let mut world = World::open("Asia/Tokyo", "EUR");
    let start = "2024-12-31T15:00:00Z";
    for owner in OWNERS {
        let data =
            json!({"employee": owner, "name": owner, "department": "sales", "role": "seller"});
        world.record("employee.hired", start, data).expect("hired");
    }
    let stages = [
        stage("S1", 10, "0.1"),
        stage("S2", 20, "0.2"),
        stage("S3", 30, "0.5"),
        stage("S4", 40, "0.75"),
    ];
    let at = moment(chance, ties, &world, 0);
    world
        .record("pipeline.defined", &at, json!({"pipeline": "P", "stages": stages}))
        .expect("a pipeline");
    let mut busy_until = 1;
    for _ in 0..90 {
        let back = chance.one_in(5);
        let n = if back { chance.below(busy_until) } else { busy_until };
        let at = moment(chance, ties, &world, n);
        // What the rules refuse is left out: the history is what they admit.
        let admitted = match chance.below(26) {
            0 => void(&mut world, chance, &at),
            1 => revise(&mut world, chance, &at),
            _ => deal_event(&mut world, chance, &at).is_ok(),
        };
        busy_until += u64::from(admitted && chance.one_in(2));
    }
    world
}

fn moment(chance: &mut Chance, ties: bool, world: &World, day: u64) -> String {
    let (hour, micro) = if ties {
        (chance.below(2) * 12, 0)
    } else {
        (chance.below(24), world.records.len() * 7 + 1)
    };
    let date = super::day(i64::try_from(day).expect("small"));
    format!("{date}T{hour:02}:00:00.{micro:06}Z")
}

fn void(world: &mut World, chance: &mut Chance, at: &str) -> bool {
    let target = 6 + chance.below(world.records.len() as u64 - 5);
    target <= world.records.len() as u64 && world.void(at, Position::new(target)).is_ok()
}

fn revise(world: &mut World, chance: &mut Chance, at: &str) -> bool {
    if chance.one_in(2) {
        let stages = [
            stage("S1", 10, "0.15"),
            stage("S2", 20, "0.3"),
            stage("S2b", 25, "0.4"),
            stage("S3", 30, "0.6"),
            stage("S4", 40, "0.8"),
        ];
        return world
            .record("pipeline.defined", at, json!({"pipeline": "P", "stages": stages}))
            .is_ok();
    }
    let gate = chance.one_in(6);
    let hours = [12, 24, 48, 96][usize::try_from(chance.below(4)).expect("small")];
    let requirements = json!([
        {
            "requirement": "call", "stage": "S2", "kind": "interaction",
            "match": {"channel": "call"}, "due_h": hours, "gate": gate,
        },
        {"requirement": "task", "stage": "S3", "kind": "task", "due_h": hours, "gate": false},
        {
            "requirement": "value", "stage": "S1", "kind": "field", "match": {"field": "amount"},
            "due_h": hours, "gate": false,
        },
        {"requirement": "paper", "stage": "S2", "kind": "document", "due_h": 24, "gate": false},
    ]);
    world
        .record(
            "regulation.defined",
            at,
            json!({"regulation": "R", "pipeline": "P", "requirements": requirements}),
        )
        .is_ok()
}

fn amount(chance: &mut Chance) -> Value {
    json!({
        "amount": format!("{}", 100 * (1 + chance.below(9))),
        "currency": if chance.one_in(4) { "USD" } else { "EUR" },
    })
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn deal_event(world: &mut World, chance: &mut Chance, at: &str) -> Result<Position, String> {
    let deal = *chance.pick(DEALS);
    // The generator may ask the fold what would fit; the oracle may not.
    let moment = at.parse().expect("a moment");
    let deals = &world.views.deals;
    let standing =
        deals.story(deals.ids().find(deal)).course(world.views.now().until(moment)).map(|c| {
            let owner = deals.ids().name(c.last_owner().1);
            (deals.word(c.stage()).to_owned(), owner.to_owned())
        });
    let Some((stage, owner)) = standing else {
        let mut data = json!({
            "deal": deal, "pipeline": "P", "stage": if chance.one_in(5) { "S2" } else { "S1" },
            "owner": chance.pick(OWNERS),
        });
        if !chance.one_in(4) {
            data["amount"] = amount(chance);
        }
        if chance.one_in(2) {
            data["expected_close"] =
                json!(super::day(20 + i64::try_from(chance.below(60)).expect("small")));
        }
        return world.record("deal.opened", at, data);
    };
    let refs = json!([format!("deal:{deal}")]);
    let unique = world.records.len();
    match chance.below(24) {
        0..=7 => {
            let to = *chance.pick(&[STAGES, &["S2b"]].concat());
            world.record("deal.stage_entered", at, json!({"deal": deal, "from": stage, "to": to}))
        }
        8..=9 => world.record(
            "deal.won",
            at,
            if chance.one_in(2) {
                json!({"deal": deal, "amount": amount(chance)})
            } else {
                json!({"deal": deal})
            },
        ),
        10..=11 => world.record(
            "deal.lost",
            at,
            json!({"deal": deal, "at_stage": stage, "reason": chance.pick(&["price", "silence"])}),
        ),
        12..=13 => {
            world.record("deal.reopened", at, json!({"deal": deal, "stage": chance.pick(STAGES)}))
        }
        14 => world.record("deal.put_on_hold", at, json!({"deal": deal})),
        15 => world.record("deal.resumed", at, json!({"deal": deal})),
        16 => world.record(
            "deal.owner_changed",
            at,
            json!({"deal": deal, "from": owner, "to": chance.pick(OWNERS)}),
        ),
        17 => world.record(
            "deal.estimate_changed",
            at,
            json!({"deal": deal, "amount": amount(chance)}),
        ),
        18 => {
            world.record("deal.estimate_changed", at, json!({"deal": deal, "probability": "0.9"}))
        }
        19 => {
            let event = if chance.one_in(2) {
                "deal.requirement_fulfilled"
            } else {
                "deal.requirement_waived"
            };
            let mut data = json!({
                "deal": deal, "requirement": chance.pick(&["call", "paper"]),
                "visit": 1 + chance.below(2),
            });
            if event == "deal.requirement_waived" {
                data["reason"] = json!("so");
            }
            world.record(event, at, data)
        }
        20..=21 => {
            let channel = if chance.one_in(4) { "email" } else { "call" };
            world.record(
                "interaction.recorded",
                at,
                json!({
                    "interaction": format!("i{unique}"), "channel": channel, "direction": "out",
                    "refs": refs,
                }),
            )
        }
        22 => world.record(
            "task.assigned",
            at,
            json!({"task": format!("t-{deal}"), "assignee": owner, "due": at, "refs": refs}),
        ),
        _ => world.record("task.completed", at, json!({"task": format!("t-{deal}")})),
    }
}

/// The same records at other positions, straight into the folds.
pub fn shuffled(world: &World, chance: &mut Chance) -> World {
    let mut order: Vec<&Record> = world.records.iter().collect();
    for n in (1..order.len()).rev() {
        order.swap(n, usize::try_from(chance.below(n as u64 + 1)).expect("small"));
    }
    let position_of = |old: Position| {
        order
            .iter()
            .position(|record| record.position == old)
            .map(|n| Position::new(n as u64 + 1))
            .expect("kept")
    };
    let mut other = World::default();
    for (n, record) in order.iter().enumerate() {
        let voids = match &record.event {
            Event::System(System::EventVoided(_)) => record.voids.map(position_of),
            _ => None,
        };
        let moved = Record {
            position: Position::new(n as u64 + 1),
            recorded_at: world.records[n].recorded_at,
            voids,
            ..(*record).clone()
        };
        other.views.apply(&moved);
        other.records.push(moved);
    }
    other
}
