//! The order of recording: where no two facts share a moment, it changes no answer. Invariant: an
//! order the rules admit is one in which every fact was admitted; straight into the folds goes any
//! order.

use std::{collections::BTreeMap, thread};

use serde_json::json;
use sijil_projections::{Views, reports};
use sijil_schemas::{Position, Record, parts::Piece};

use super::{
    questions::{Question, Values},
    story::{Plan, Story, record_document},
};
use crate::{trade::history::Random, world::World};

const HISTORIES: u64 = 100;
/// Orders of each history that go straight into the folds, and that the rules admit.
const ORDERS: (u64, u64) = (96, 14);
/// Questions about each report of a history; each order is asked one of them.
const SETS: u64 = 4;

type Shown = Result<Vec<BTreeMap<&'static str, String>>, String>;

/// A question about every report, with its clock.
type Set = Vec<(Question, Option<String>)>;

/// Columns that name positions, or that count places in the order of recording.
const PLACES: [&str; 4] = ["position", "receipt", "layer", "revision"];

fn shown(world: &World, (question, as_of): &(Question, Option<String>)) -> Shown {
    let table = question.ask(world, as_of.as_deref(), None).map_err(|error| error.to_string())?;
    let mut rows = World::rows(&table);
    rows.iter_mut().for_each(|row| row.retain(|column, _| !PLACES.contains(column)));
    rows.sort();
    Ok(rows)
}

fn shuffle<T>(things: &mut [T], random: &mut Random) {
    for last in (1..things.len()).rev() {
        things.swap(last, usize::try_from(random.below(last as u64 + 1)).unwrap());
    }
}

/// A rate counts for documents recorded after it, so all rates are known first.
fn comes_first(record: &Record) -> bool {
    matches!(record.event.event_type().name, "ledger.opened" | "exchange_rate.set")
}

/// What is recorded at once: a record, or a document with its parts.
type Unit<'a> = Vec<&'a Record>;

fn units<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Unit<'a>> {
    let mut units: Vec<Unit<'a>> = Vec::new();
    for record in records {
        match units.last_mut().filter(|_| matches!(record.event.piece(), Some(Piece::Later(_)))) {
            Some(document) => document.push(record),
            None => units.push(vec![record]),
        }
    }
    units
}

/// The records in this order, each at the place it then has.
fn folded<'a>(order: impl Iterator<Item = &'a Record> + Clone) -> World {
    let place: BTreeMap<Position, Position> =
        order.clone().zip(1..).map(|(record, n)| (record.position, Position::new(n))).collect();
    let mut views = Views::default();
    for record in order {
        let mut record = record.clone();
        (record.position, record.voids) =
            (place[&record.position], record.voids.map(|target| place[&target]));
        views.apply(&record);
    }
    World { views, ..World::default() }
}

/// Records facts in another order: what is refused is tried again when more is known. `None` if
/// some never were admitted.
fn admitted(facts: &[Unit<'_>], random: &mut Random) -> Option<World> {
    let mut world = World::default();
    let mut left: Vec<Unit<'_>> = facts.to_vec();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|unit| {
            let draft = |record: &&Record| {
                let (event, at) = (&record.event, record.occurred_at().to_string());
                let data = event.data().unwrap();
                json!({
                    "type": event.event_type().name, "occurred_at": at,
                    "actor": record.envelope.actor.to_string(), "data": data,
                })
            };
            match unit.as_slice() {
                [alone] => world.record_draft(draft(alone)).is_err(),
                document => {
                    record_document(&mut world, document.iter().map(draft).collect()).is_err()
                }
            }
        });
        if left.len() == before {
            return None;
        }
        shuffle(&mut left, random);
    }
    Some(world)
}

struct Done {
    folded: u64,
    admitted: u64,
    stuck: u64,
    answers: u64,
    rows: u64,
}

fn history(seed: u64) -> Result<Done, String> {
    let mut done = Done { folded: 0, admitted: 0, stuck: 0, answers: 0, rows: 0 };
    let story = Story::tell(Plan { seed: 5_000 + seed, events: 110 + seed % 7 * 20, wrong: 4 });
    let mut random = Random::new(seed ^ 0x0DE2);
    let records = &story.world.records;
    let values = Values::of(records);
    let sets: Vec<Set> = (0..SETS).map(|_| set(&values, &mut random)).collect();
    let (first, rest): (Vec<&Record>, Vec<&Record>) =
        records.iter().partition(|record| comes_first(record));
    let straight = folded(first.iter().chain(&rest).copied());
    let expected: Vec<Vec<Shown>> = sets
        .iter()
        .map(|set| set.iter().map(|question| shown(&straight, question)).collect())
        .collect();
    let mut compare = |world: &World, which: u64, how: &str| -> Result<(), String> {
        let which = usize::try_from(which % SETS).unwrap();
        for (question, expected) in sets[which].iter().zip(&expected[which]) {
            let found = shown(world, question);
            if found != *expected {
                return Err(format!(
                    "SEED={seed} {how}: {} {:?} as_of {:?}\n  {found:?}\nexpected\n  {expected:?}",
                    question.0.report.name, question.0.parameters, question.1
                ));
            }
            done.answers += 1;
            done.rows += found.map_or(0, |rows| rows.len() as u64);
        }
        Ok(())
    };
    let mut order = units(rest.iter().copied());
    for number in 0..ORDERS.0 {
        shuffle(&mut order, &mut random);
        compare(
            &folded(first.iter().chain(order.iter().flatten()).copied()),
            number,
            "straight into the folds",
        )?;
    }
    let gone = |unit: &Unit<'_>| {
        unit[0].voids.is_some() || records.iter().any(|void| void.voids == Some(unit[0].position))
    };
    let (mut entered, mut stuck) = (0, 0);
    for number in 0..ORDERS.1 {
        let mut facts: Vec<Unit<'_>> =
            units(rest.iter().copied()).into_iter().filter(|unit| !gone(unit)).collect();
        shuffle(&mut facts, &mut random);
        let facts: Vec<Unit<'_>> = units(first.iter().copied())
            .into_iter()
            .filter(|unit| !gone(unit))
            .chain(facts)
            .collect();
        // Without its opening there is no ledger to record anything in.
        let opened = facts.first().is_some_and(|first| comes_first(first[0]));
        match admitted(&facts, &mut random).filter(|_| opened) {
            Some(world) => {
                compare(&world, number, "as the rules admitted them")?;
                entered += 1;
            }
            None => stuck += 1,
        }
    }
    (done.folded, done.admitted, done.stuck) = (ORDERS.0, entered, stuck);
    Ok(done)
}

/// One question about every report.
fn set(values: &Values, random: &mut Random) -> Set {
    let one = |report| {
        let all = values.questions(report, random);
        let question = random.pick(&all).clone();
        let as_of = (report.needs_as_of || random.one_in(2)).then(|| values.day(random));
        (question, as_of)
    };
    reports::all().filter(|report| report.name != "client_timeline").map(one).collect()
}

#[test]
fn the_same_facts_in_any_order_give_the_same_answers() {
    let next = std::sync::atomic::AtomicU64::new(1);
    let hand = || {
        let mut found = Vec::new();
        loop {
            let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if seed > HISTORIES {
                return found;
            }
            found.push(history(seed));
        }
    };
    let found: Vec<Result<Done, String>> = thread::scope(|scope| {
        let hands: Vec<_> = (0..2).map(|_| scope.spawn(hand)).collect();
        hands.into_iter().flat_map(|hand| hand.join().unwrap()).collect()
    });
    let wrong: Vec<&String> = found.iter().filter_map(|found| found.as_ref().err()).collect();
    let sum = |of: fn(&Done) -> u64| found.iter().flatten().map(of).sum::<u64>();
    let (orders, entered) = (sum(|done| done.folded), sum(|done| done.admitted));
    println!(
        "row 8: {HISTORIES} histories, {orders} orders straight into the folds and {entered} that \
         the rules admitted ({} never were): {} answers compared, {} rows",
        sum(|done| done.stuck),
        sum(|done| done.answers),
        sum(|done| done.rows)
    );
    assert!(
        wrong.is_empty(),
        "{} wrong, the first of them\n{}",
        wrong.len(),
        wrong.iter().take(3).map(|w| w.as_str()).collect::<Vec<_>>().join("\n")
    );
    assert!(orders + entered >= 10_000 && entered >= 500, "{orders} and {entered} orders");
}
