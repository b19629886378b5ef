//! The whole vocabulary at once: histories that reach every event type and refusal, and every pair
//! of parameters of every report. Invariant: what the generator reached is counted, and a run that
//! did not reach everything fails.

pub mod adding;
pub mod afterword;
pub mod explained;
mod holes;
pub mod laws;
pub mod orders;
pub mod otherwise;
mod pages;
mod pictures;
pub mod planted;
pub mod questions;
pub mod story;
mod unseen;
pub mod unused;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use questions::{Question, Values, every_pair};
use sijil_projections::reports;
use story::{Counts, Plan, Story};

use crate::trade::history::Random;

/// Histories that are asked everything.
const ASKED: u64 = 12;
/// Short histories, and long ones that reach what is rare.
const TOLD: (u64, u64) = (40, 6);

fn plan(seed: u64) -> Plan {
    Plan {
        seed,
        events: if seed > TOLD.0 { 6_000 } else { 500 + 1_000 * u64::from(seed.is_multiple_of(4)) },
        wrong: 2,
    }
}

pub static ALL: LazyLock<Vec<Story>> = LazyLock::new(|| {
    let mut all: Vec<Story> = (1..=TOLD.0 + TOLD.1).map(|seed| Story::tell(plan(seed))).collect();
    all.iter_mut()
        .zip(1..)
        .filter(|(_, seed)| seed % 4 == 0 || *seed > TOLD.0)
        .for_each(|(story, _)| afterword::tell(story));
    all
});

fn sum<'a>(of: impl Iterator<Item = &'a Counts>) -> Counts {
    let mut all = Counts::new();
    of.flatten().for_each(|(name, count)| *all.entry(name.clone()).or_default() += count);
    all
}

#[test]
fn every_event_type_and_every_refusal_is_reached() {
    let (types, refusals) =
        (sum(ALL.iter().map(|story| &story.types)), sum(ALL.iter().map(|story| &story.refusals)));
    println!(
        "row 7: {} events of {} types recorded, {} drafts refused by {} names",
        types.values().sum::<u64>(),
        types.len(),
        refusals.values().sum::<u64>(),
        refusals.len()
    );
    println!("    {types:?}\n    {refusals:?}");
    let missing: Vec<&str> = sijil_schemas::event::EVENT_TYPES
        .iter()
        .map(|of| of.name)
        .filter(|name| !types.contains_key(*name))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "event types that were not reached");
    let kinds = sijil_rules::Rejection::KINDS.iter().chain(sijil_schemas::decode::Refusal::KINDS);
    // Drafts come here as values; only a text can be no JSON.
    let names = kinds.map(|kind| kind.name()).filter(|name| *name != "malformed_json");
    let missing: Vec<&str> = names.filter(|name| !refusals.contains_key(*name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "refusals that were not reached");
}

#[test]
fn rows_in_base_add_up_in_every_grouping_of_every_report() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for (story, seed) in ALL.iter().take(usize::try_from(ASKED).unwrap()).zip(1..) {
        let found = adding::up(&story.world);
        compared += found.0;
        wrong.extend(found.1.into_iter().map(|what| format!("SEED={seed} {what}")));
    }
    println!("{compared} groupings in base against one row for all");
    assert!(
        wrong.is_empty(),
        "{} wrong, the first of them\n{}",
        wrong.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(compared > 200, "{compared}");
}

/// Pairs of which a report takes one or the other.
const EXCLUSIVE: &[(&str, &str, &str)] = &[("statement", "counterparty", "client")];

/// What asking every pair reached.
#[derive(Default)]
struct Reached {
    /// Answers with rows, and answers, and refusals, by pair.
    pairs: BTreeMap<(&'static str, &'static str, &'static str), [u64; 3]>,
    asked: u64,
    filtered: u64,
    /// Pairs of which one means nothing beside the other, or beside what goes with it.
    barred: BTreeSet<(&'static str, &'static str, &'static str)>,
}

#[test]
fn every_pair_of_parameters_gives_what_the_raw_records_say() {
    let mut reached = Reached::default();
    let mut wrong = Vec::new();
    for (story, seed) in ALL.iter().take(usize::try_from(ASKED).unwrap()).zip(1..) {
        let mut random = Random::new(seed ^ 0xA5C);
        let values = Values::of(&story.world.records);
        let head = story.world.records.len() as u64;
        let moments: Vec<u64> =
            vec![head, head / 2 + random.below(head / 2), head / 4 + random.below(head / 2)];
        let known: Vec<_> =
            moments.iter().map(|known_at| laws::as_known(&story.world, *known_at)).collect();
        for report in reports::all() {
            for question in values.questions(report, &mut random) {
                let which = usize::try_from(random.below(3)).unwrap();
                // What is open mounts up.
                let of_late =
                    report.name == "work_list" || report.name == "warranty" && random.one_in(2);
                let day = (report.needs_as_of || random.one_in(2)).then(|| values.day(&mut random));
                let day = day.map(|day| if of_late { values.last_day() } else { day });
                wrong.extend(
                    ask(
                        story,
                        &mut reached,
                        &question,
                        day.as_deref(),
                        (moments[which], &known[which]),
                    )
                    .err()
                    .map(|e| format!("SEED={seed} {e}")),
                );
            }
        }
    }
    let Reached { pairs, asked, filtered, barred } = reached;
    let (rows, answers, refusals) =
        pairs.values().fold((0, 0, 0), |sum, [a, b, c]| (sum.0 + a, sum.1 + b, sum.2 + c));
    println!(
        "row 7: {asked} questions by {} pairs of parameters of {} reports: {answers} pairs \
         answered, {rows} with rows, {refusals} refused; {filtered} filters against all rows",
        pairs.len(),
        reports::all().count()
    );
    assert!(
        wrong.is_empty(),
        "{} wrong, the first of them\n{}",
        wrong.len(),
        wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
    let lively: BTreeSet<_> = pairs
        .iter()
        .filter(|(_, [rows, answers, _])| *rows > 0 && *answers > 1)
        .map(|(pair, _)| *pair)
        .collect();
    let missing: Vec<_> =
        every_pair().difference(&lively).filter(|pair| !barred.contains(pair)).copied().collect();
    let expected: Vec<_> =
        EXCLUSIVE.iter().copied().filter(|pair| !barred.contains(pair)).collect();
    assert_eq!(missing, expected, "pairs that were never answered with a row");
    assert!(
        EXCLUSIVE.iter().all(|pair| pairs
            .get(pair)
            .is_some_and(|[_, answers, refused]| *answers == 0 && *refused > 0)),
        "refused whenever asked"
    );
    assert!(asked >= 20_000, "{asked} questions");
}

fn ask(
    story: &Story,
    reached: &mut Reached,
    question: &Question,
    day: Option<&str>,
    (known_at, then): (u64, &crate::world::World),
) -> Result<(), laws::Wrong> {
    let table = laws::two_clocks(&story.world, then, question, day, known_at)?;
    reached.asked += 1;
    if let Err(sijil_projections::report::ReportError::UnusedParameter { .. }) =
        question.ask(&story.world, day, None)
    {
        reached.barred.extend(question.pairs());
    }
    for pair in question.pairs() {
        let count = reached.pairs.entry(pair).or_default();
        match &table {
            Some(table) if !table.rows.is_empty() => {
                *count = [count[0] + 1, count[1] + 1, count[2]];
            }
            Some(_) => count[1] += 1,
            None => count[2] += 1,
        }
    }
    if let Ok(now) = question.ask(&story.world, day, None) {
        reached.filtered += laws::filters(&story.world, question, day, &now)?;
    }
    Ok(())
}
