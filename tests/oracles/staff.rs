//! Response time, attribution and KPIs against naive readings of the records. Invariant: every
//! history is made from a seed, which a failure prints.

mod credit;
pub mod history;
mod naive;
mod reached;
mod taken_back;

use std::collections::BTreeMap;

use sijil_projections::{
    Fold, Views,
    activity::{ClaimTimes, claim_times},
};
use sijil_schemas::Position;

use crate::world::World;
use history::{Dice, Question, make};
use naive::Naive;

const HISTORIES: u64 = 80;
const QUESTIONS: u64 = 3;
const FROM: &str = "2025-01-10";
const TO: &str = "2025-02-20";

type Rows = BTreeMap<Vec<String>, Vec<String>>;

/// The rows of a report by key columns.
fn ask(
    world: &World,
    name: &str,
    question: &Question,
    parameters: &[(&str, &str)],
    key: &[&str],
    value: &[&str],
) -> Rows {
    let known_at = question.known_at.to_string();
    let all: Vec<(&str, &str)> = parameters
        .iter()
        .copied()
        .chain([("as_of", question.as_of.as_str()), ("known_at", known_at.as_str())])
        .collect();
    let table = world.report(name, &all).unwrap_or_else(|e| panic!("{name} {all:?}: {e}"));
    let rows = World::rows(&table).into_iter().map(|row| {
        let take = |columns: &[&str]| columns.iter().map(|c| row[*c].clone()).collect::<Vec<_>>();
        (take(key), take(value))
    });
    rows.collect()
}

fn each(check: impl Fn(&World, &Question, &Naive<'_>, &str)) {
    for seed in 0..HISTORIES {
        let mut dice = Dice(seed);
        let (world, ready) = make(&mut dice);
        for _ in 0..QUESTIONS {
            let question = Question::random(&mut dice, ready, world.records.len() as u64);
            let naive = Naive::of(&world.records, &question);
            check(&world, &question, &naive, &format!("SEED={seed} {question:?}"));
        }
    }
}

/// Compares one history with the naive readings, told by another ledger.
pub fn compare_all(seed: u64, told: &dyn Fn(&World) -> World) {
    let mut dice = Dice(seed);
    let (world, ready) = make(&mut dice);
    let world = told(&world);
    for _ in 0..QUESTIONS {
        let question = Question::random(&mut dice, ready, world.records.len() as u64);
        let naive = Naive::of(&world.records, &question);
        for (metric, credit) in reached::METRICS {
            let parameters = [("from", FROM), ("to", TO), ("metric", *metric), ("credit", *credit)];
            let got =
                ask(&world, "kpi", &question, &parameters, &["scope", "id"], &["actual", "target"]);
            let got: Rows = got
                .into_iter()
                .filter(|(key, _)| *metric != "response_time" || key[0] != "department")
                .collect();
            assert_eq!(
                got,
                reached::expected(&naive, metric, credit),
                "SEED={seed} {question:?} metric={metric} credit={credit}"
            );
        }
    }
}

#[test]
fn answers_are_as_soon_as_the_records_say() {
    let reached = std::cell::Cell::new((0_usize, 0_usize, 0_usize));
    each(|world, question, naive, seed| {
        let period = [("from", FROM), ("to", TO), ("within_h", "20")];
        let columns = ["incoming", "answered", "within", "overdue", "pending", "median_min"];
        for by in ["all", "employee", "channel", "client"] {
            let parameters: Vec<(&str, &str)> =
                period.iter().copied().chain([("by", by)]).collect();
            let got = ask(world, "response_time", question, &parameters, &["group"], &columns);
            let expected = naive.responses(by, 20 * 3_600_000_000);
            let expected: Rows = expected
                .iter()
                .map(|(group, answers)| (vec![group.clone()], answers.shown()))
                .collect();
            assert_eq!(got, expected, "{seed} by={by}");
            if by == "employee" {
                let (answered, overdue, rows) = reached.get();
                let sum = |i: usize| {
                    got.values().map(|row| row[i].parse::<usize>().unwrap()).sum::<usize>()
                };
                reached.set((
                    answered + sum(1),
                    overdue + sum(3),
                    rows + usize::from(got.len() > 1),
                ));
            }
        }
    });
    let (answered, overdue, rows) = reached.get();
    assert!(
        answered > 150 && overdue > 80 && rows > 60,
        "the histories reach answers and silence: {answered} {overdue} {rows}"
    );
}

#[test]
fn credits_are_what_the_records_say_and_sum_to_what_was_won() {
    let reached = std::cell::Cell::new((0_usize, 0_usize));
    each(|world, question, naive, seed| {
        for of in ["deals", "orders"] {
            for model in ["first", "last", "linear", "position", "full", "learned", "prompted"] {
                let mut parameters = vec![("from", FROM), ("to", TO), ("of", of), ("model", model)];
                // What was stated has no window.
                parameters.extend((model != "prompted").then_some(("window", "20")));
                let got = ask(
                    world,
                    "attribution",
                    question,
                    &parameters,
                    &["source", "campaign"],
                    &["count", "credit", "cost"],
                );
                let expected = credit::expected(naive, of, model, 20);
                let expected: Rows = expected
                    .iter()
                    .map(|((source, campaign), line)| {
                        (vec![source.clone(), campaign.clone()], line.shown())
                    })
                    .collect();
                let got: Rows =
                    got.into_iter().filter(|(_, row)| row[0] != "0" || row[2] != "0.00").collect();
                assert_eq!(got, expected, "{seed} of={of} model={model}");
                if model != "full" {
                    let sum: i128 = got.values().map(|row| naive::cents(&row[1])).sum();
                    assert_eq!(
                        sum,
                        naive.gains(of).iter().map(|gain| gain.cents).sum::<i128>(),
                        "{seed}: credits sum to what was won"
                    );
                }
                if model == "linear" {
                    let (rows, gains) = reached.get();
                    reached.set((rows + usize::from(got.len() > 2), gains + naive.gains(of).len()));
                }
            }
        }
    });
    let (rows, gains) = reached.get();
    assert!(rows > 60 && gains > 200, "the histories reach several sources: {rows} {gains}");
}

#[test]
fn figures_are_what_the_records_say_and_sum() {
    let reached = std::cell::RefCell::new(BTreeMap::<String, usize>::new());
    each(|world, question, naive, seed| {
        for (metric, credit) in reached::METRICS {
            let parameters = [("from", FROM), ("to", TO), ("metric", *metric), ("credit", *credit)];
            let got =
                ask(world, "kpi", question, &parameters, &["scope", "id"], &["actual", "target"]);
            let expected = reached::expected(naive, metric, credit);
            // Medians of departments are not told by the naive reading.
            let got: Rows = got
                .into_iter()
                .filter(|(key, _)| *metric != "response_time" || key[0] != "department")
                .collect();
            assert_eq!(got, expected, "{seed} metric={metric} credit={credit}");
            let some =
                got.values().filter(|row| !matches!(row[0].as_str(), "" | "0" | "0.00")).count();
            *reached.borrow_mut().entry(format!("{metric} {credit}")).or_default() += some;
            if !matches!(*metric, "win_rate" | "response_time") {
                let of = |scope: &str, id: Option<&str>| -> i128 {
                    got.iter()
                        .filter(|(key, _)| key[0] == scope && id.is_none_or(|id| key[1] == id))
                        .map(|(_, row)| naive::cents(&row[0]))
                        .sum()
                };
                assert_eq!(
                    of("employee", None),
                    of("company", None),
                    "{seed} {metric}: employees and nobody sum to the company"
                );
            }
        }
    });
    for (metric, n) in reached.borrow().iter() {
        assert!(*n > 100, "the histories reach {metric}: {n}");
    }
}

/// The same facts in another recorded order give the same as-of answers, and rebuilding gives the
/// same state, byte for byte.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn the_recorded_order_does_not_matter() {
    let mut moved = 0;
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let (world, ready) = make(&mut dice);
        // Voids name positions, and ties are broken by them: without both, the records may stand in
        // any order.
        let mut records: Vec<_> =
            world.records.iter().filter(|r| r.voids.is_none()).cloned().collect();
        let tied = |r: &sijil_schemas::Record| {
            world.records.iter().filter(|o| o.occurred_at() == r.occurred_at()).count() > 1
        };
        records.retain(|r| r.position.get() <= ready || !tied(r));
        let fold = |records: &[sijil_schemas::Record]| {
            let mut world = World::default();
            for (record, position) in records.iter().zip(1..) {
                let record =
                    sijil_schemas::Record { position: Position::new(position), ..record.clone() };
                world.views.apply(&record);
                world.records.push(record);
            }
            world
        };
        let straight = fold(&records);
        let start = usize::try_from(ready).unwrap();
        for i in (start + 1..records.len()).rev() {
            let j = start + usize::try_from(dice.below((i - start) as u64)).unwrap();
            records.swap(i, j);
            moved += 1;
        }
        let shuffled = fold(&records);
        let question = Question { as_of: "2025-03-10".into(), known_at: records.len() as u64 };
        let period = [("from", FROM), ("to", TO)];
        let kpi = |world: &World| {
            ask(
                world,
                "kpi",
                &question,
                &[period[0], period[1], ("credit", "tenure")],
                &["scope", "id", "metric", "unit"],
                &["actual", "target"],
            )
        };
        assert_eq!(kpi(&straight), kpi(&shuffled), "SEED={seed} kpi");
        let answers = |world: &World| {
            ask(
                world,
                "response_time",
                &question,
                &[("by", "employee")],
                &["group"],
                &["incoming", "answered", "overdue", "median_min"],
            )
        };
        assert_eq!(answers(&straight), answers(&shuffled), "SEED={seed} response_time");
        let credits = |world: &World| {
            ask(
                world,
                "attribution",
                &question,
                &[("model", "position")],
                &["source", "campaign"],
                &["count", "credit", "cost", "new_clients"],
            )
        };
        assert_eq!(credits(&straight), credits(&shuffled), "SEED={seed} attribution");
        let mut again = Views::default();
        shuffled.records.iter().for_each(|record| again.apply(record));
        assert_eq!(again.activity.to_bytes(), shuffled.views.activity.to_bytes(), "SEED={seed}");
        assert_eq!(again.staff.to_bytes(), shuffled.views.staff.to_bytes(), "SEED={seed}");
        assert_eq!(again.marketing.to_bytes(), shuffled.views.marketing.to_bytes(), "SEED={seed}");
        let restored = sijil_projections::staff::Staff::from_bytes(&again.staff.to_bytes())
            .expect("the state is read back");
        assert_eq!(restored.digest(), again.staff.digest());
        let restored =
            sijil_projections::marketing::Marketing::from_bytes(&again.marketing.to_bytes())
                .expect("the state is read back");
        assert_eq!(restored.digest(), again.marketing.digest());
        let restored =
            sijil_projections::activity::Activity::from_bytes(&again.activity.to_bytes())
                .expect("the state is read back");
        assert_eq!(restored.digest(), again.activity.digest());
    }
    assert!(moved > 500, "the orders differ: {moved}");
}

/// R26: opened 02-01 09:00, answered 11:00, waiting 02-02 09:00 to 02-03 09:00, resolved 02-04
/// 09:00: 2 h, 72 h, 48 h net.
#[test]
fn a_claim_is_timed_gross_and_net() {
    let mut world = World::open("UTC", "EUR");
    let mut say = |at: &str, event: &str, more: serde_json::Value| {
        let mut data = serde_json::json!({"claim": "K1"});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        world.record(event, at, data).unwrap()
    };
    say(
        "2025-02-01T09:00:00Z",
        "claim.opened",
        serde_json::json!({"kind": "damage", "severity": "low"}),
    );
    say("2025-02-01T11:00:00Z", "claim.responded", serde_json::json!({}));
    say(
        "2025-02-02T09:00:00Z",
        "claim.status_changed",
        serde_json::json!({"to": "waiting_client"}),
    );
    say("2025-02-03T09:00:00Z", "claim.status_changed", serde_json::json!({"to": "in_progress"}));
    say("2025-02-04T09:00:00Z", "claim.resolved", serde_json::json!({"resolution": "repaired"}));
    const HOUR: i64 = 3_600_000_000;
    let activity = &world.views.activity;
    let steps = activity.claim_steps(activity.ids().find("K1"));
    let times = claim_times(steps.counting(world.views.now())).unwrap();
    let opened = times.opened;
    let expected = ClaimTimes {
        opened,
        first_response: Some(2 * HOUR),
        resolution_gross: Some(72 * HOUR),
        resolution_net: Some(48 * HOUR),
        ran: 72 * HOUR,
        runs_since: None,
    };
    assert_eq!(times, expected);
}
