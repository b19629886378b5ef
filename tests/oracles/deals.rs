//! Oracles of the deal reports (R3–R8). Invariant: what is expected is recomputed from the JSON of
//! the raw records at each pair of clocks.

pub mod history;
mod lengths;
pub mod naive;
pub mod reports;
mod rules;

use history::{Chance, history};
use naive::Facts;
use sijil_projections::{Fold, deals::Deals};
use sijil_schemas::{Position, time::Date};

use crate::world::World;

const HISTORIES: u64 = 110;

/// The day so many days after the first one of every history.
fn day(n: i64) -> Date {
    let first: Date = "2025-01-01".parse().expect("a day");
    first.plus_days(i32::try_from(n).expect("few days"))
}

/// A pair of clocks: the day of `as_of`, and `known_at`.
fn clocks(world: &World, chance: &mut Chance) -> (Date, Position) {
    let head = world.records.len() as u64;
    let known_at = if chance.one_in(2) { head } else { 1 + chance.below(head) };
    (day(i64::try_from(15 + chance.below(45)).expect("small")), Position::new(known_at))
}

/// Compares one history with the oracle, told by another ledger.
pub fn compare_all(seed: u64, told: &dyn Fn(&World) -> World) {
    let mut chance = Chance::new(seed);
    let world = told(&history(&mut chance, true));
    for _ in 0..4 {
        let (as_of, known_at) = clocks(&world, &mut chance);
        let (from, to) = (
            day(i64::try_from(chance.below(10)).expect("small")),
            day(30 + i64::try_from(chance.below(40)).expect("small")),
        );
        let facts = Facts::of(&world, as_of, known_at);
        for question in reports::QUESTIONS {
            let got = ask(&world, question, [from, to, as_of], known_at);
            assert_eq!(
                got,
                (question.expected)(&facts, from, to),
                "seed {seed}: {question:?} from {from} to {to} as_of {as_of} known_at {known_at}"
            );
        }
    }
}

#[test]
fn every_deal_report_agrees_with_its_oracle() {
    let mut reached = std::collections::BTreeMap::new();
    for seed in 0..HISTORIES {
        let mut chance = Chance::new(seed);
        let world = history(&mut chance, true);
        for _ in 0..4 {
            let (as_of, known_at) = clocks(&world, &mut chance);
            let (from, to) = (
                day(i64::try_from(chance.below(10)).expect("small")),
                day(30 + i64::try_from(chance.below(40)).expect("small")),
            );
            let facts = Facts::of(&world, as_of, known_at);
            for question in reports::QUESTIONS {
                let expected = (question.expected)(&facts, from, to);
                let got = ask(&world, question, [from, to, as_of], known_at);
                assert_eq!(
                    got, expected,
                    "seed {seed}: {question:?} from {from} to {to} as_of {as_of} known_at \
                     {known_at}"
                );
                // Rows where something happened, by question: a generator that reaches nothing
                // proves nothing.
                let lively = expected
                    .iter()
                    .filter(|row| row.iter().any(|cell| cell.parse::<u32>().is_ok_and(|n| n > 0)))
                    .count();
                *reached.entry((question.report, question.parameters)).or_insert(0_usize) += lively;
            }
        }
    }
    println!("{reached:#?}");
    for (question, rows) in reached {
        assert!(rows >= 100, "{question:?}: only {rows} rows with something in them");
    }
}

pub fn ask(
    world: &World,
    question: &reports::Question,
    [from, to, as_of]: [Date; 3],
    known_at: Position,
) -> Vec<Vec<String>> {
    let dates = [
        ("from", from.to_string()),
        ("to", to.to_string()),
        ("as_of", as_of.to_string()),
        ("known_at", known_at.to_string()),
    ];
    // Deals stand where they stand on a day; a snapshot has no period, and refuses one.
    let has_period = !question.parameters.contains("view=snapshot");
    let dates = dates.iter().filter(|(name, _)| has_period || !["from", "to"].contains(name));
    let mut parameters: Vec<(&str, &str)> =
        dates.map(|(name, value)| (*name, value.as_str())).collect();
    parameters.extend(
        question
            .parameters
            .split_whitespace()
            .map(|pair| pair.split_once('=').expect("name=value")),
    );
    let table =
        world.report(question.report, &parameters).unwrap_or_else(|e| panic!("{question:?}: {e}"));
    World::rows(&table)
        .into_iter()
        .map(|row| question.columns.split_whitespace().map(|column| row[column].clone()).collect())
        .collect()
}

/// The same facts in another recorded order give the same answers: where no two have the same
/// moment, position decides nothing.
#[test]
fn the_recorded_order_does_not_matter() {
    for seed in 0..40 {
        let mut chance = Chance::new(1_000 + seed);
        let world = history(&mut chance, false);
        let shuffled = history::shuffled(&world, &mut chance);
        for _ in 0..3 {
            let (as_of, _) = clocks(&world, &mut chance);
            for question in reports::QUESTIONS {
                let (one, other) = (
                    Position::new(world.records.len() as u64),
                    Position::new(shuffled.records.len() as u64),
                );
                let days = [day(0), day(60), as_of];
                assert_eq!(
                    ask(&world, question, days, one),
                    ask(&shuffled, question, days, other),
                    "seed {seed}: {question:?} as_of {as_of}"
                );
            }
        }
    }
}

/// Reached never rises from stage to stage, deals are won, lost or open, and the stages of a deal
/// take as long as its cycle.
#[test]
fn funnels_narrow_and_stages_sum_to_cycles() {
    let (mut funnels, mut cycles) = (0, 0);
    for seed in 0..40 {
        let mut chance = Chance::new(2_000 + seed);
        let world = history(&mut chance, true);
        let table = World::rows(&world.report("funnel", &[]).expect("a funnel"));
        let number = |row: &std::collections::BTreeMap<&str, String>, column: &str| {
            row[column].parse::<u32>().expect("a count")
        };
        for pair in table.windows(2).filter(|pair| {
            pair[0]["revision_since"] == pair[1]["revision_since"]
                && pair[0]["pipeline"] == pair[1]["pipeline"]
        }) {
            assert!(
                number(&pair[0], "reached") >= number(&pair[1], "reached"),
                "seed {seed}: {table:#?}"
            );
        }
        for row in &table {
            assert_eq!(
                number(row, "deals"),
                number(row, "won") + number(row, "lost") + number(row, "open"),
                "seed {seed}: {row:#?}"
            );
            funnels += 1;
        }
        let views = &world.views;
        let restored = Deals::from_bytes(&views.deals.to_bytes()).expect("the state reads back");
        assert_eq!(
            restored.digest(),
            views.deals.digest(),
            "seed {seed}: from a snapshot as from the log"
        );
        let until = "2030-01-01T00:00:00Z".parse().expect("a moment");
        for walked in views.deals.courses(views.now()) {
            let id = views.deals.ids().name(walked.deal);
            let stages: i64 = walked.course.visits().iter().map(|visit| visit.micros(until)).sum();
            assert_eq!(stages, walked.course.open_micros(until), "seed {seed}: {id}");
            let owned: i64 = walked
                .course
                .tenure(until)
                .iter()
                .map(|span| span.until.micros() - span.from.micros())
                .sum();
            assert_eq!(owned, stages, "seed {seed}: {id}: somebody owns a deal while it is open");
            cycles += usize::from(!walked.course.closes().is_empty());
        }
    }
    assert!(funnels > 150 && cycles > 60, "{funnels} funnel rows, {cycles} closed deals");
}
