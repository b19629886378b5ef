//! Oracles of receivables, payments, statements, sales, retention, ABC and XYZ. Invariant:
//! everything is worked out again from the raw records, by walking them in replay order; only
//! amounts and days are shared with the code under test.

pub mod base;
pub mod history;
pub mod naive;
pub mod owed;
pub mod sold;

use std::{collections::BTreeMap, sync::LazyLock};

use history::{History, Random};
use naive::Asked;
use sijil_projections::{
    Views,
    report::{Arguments, Context, RowStep, Table, Value},
    reports,
};
use sijil_schemas::Position;

use crate::{restating::all_changes, world::World};

/// How many random histories each oracle is compared on.
const HISTORIES: u64 = 200;

/// The histories, made once for all tests.
static ALL: LazyLock<Vec<(u64, History)>> = LazyLock::new(|| {
    (1..=HISTORIES).map(|seed| (seed, History::random(&mut Random::new(seed)))).collect()
});

/// Rows by key, each with the columns asked for, as shown.
pub type Rows = BTreeMap<Vec<String>, Vec<String>>;

/// A report's rows by these key columns, with these measures.
pub fn rows(table: &Table, keys: &[&str], measures: &[&str]) -> Rows {
    let mut rows = Rows::new();
    for row in World::rows(table) {
        let of = |columns: &[&str]| {
            columns
                .iter()
                .map(|c| row.get(c).unwrap_or_else(|| panic!("no column {c}")).clone())
                .collect::<Vec<_>>()
        };
        assert!(
            rows.insert(of(keys), of(measures)).is_none(),
            "two rows with the key {:?}",
            of(keys)
        );
    }
    rows
}

/// Asks a report with the clocks of a question.
pub fn ask(world: &World, name: &str, asked: &Asked, more: &[(&str, &str)]) -> Table {
    let known_at = asked.known_at.to_string();
    let mut parameters: Vec<(&str, &str)> = vec![("known_at", &known_at)];
    parameters.extend(asked.as_of.as_deref().map(|day| ("as_of", day)));
    parameters.extend(more);
    world.report(name, &parameters).unwrap_or_else(|e| panic!("{name} {parameters:?}: {e}"))
}

/// Runs a comparison over many histories, and says the seed of the one that fails.
fn over_histories(compare: impl Fn(&History, &mut Random) -> usize) {
    let mut compared = 0;
    for (seed, history) in ALL.iter() {
        let mut random = Random::new(seed ^ 0xFACE);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            compare(history, &mut random)
        }));
        compared += failed.unwrap_or_else(|_| panic!("SEED={seed}"));
    }
    assert!(
        compared as u64 > HISTORIES * 5,
        "the histories are rich enough to tell: only {compared} rows were compared"
    );
}

/// Compares one history with everything there is, told by another ledger.
pub fn compare_all(seed: u64, told: &dyn Fn(&World) -> World) {
    let (seed, history) = &ALL[usize::try_from(seed).expect("few")];
    let history = history.told_by(told(&history.world));
    let mut random = Random::new(seed ^ 0xFACE);
    owed::compare_receivables(&history, &mut random);
    base::compare_base(&history, &mut random);
    owed::compare_statements(&history, &mut random);
    sold::compare_sales(&history, &mut random);
    sold::compare_classes(&history, &mut random);
}

#[test]
fn receivables_are_what_a_walk_over_the_records_says() {
    over_histories(owed::compare_receivables);
}

#[test]
fn rows_in_base_add_up_and_every_report_agrees_with_the_trial_balance() {
    let (mut rounding, mut exchange) = (0, 0);
    for seed in 1..=HISTORIES {
        let mut random = Random::new(seed ^ 0xBA5E);
        let history = History::foreign(&mut random);
        for _ in 0..3 {
            let compare = || base::compare_base(&history, &mut random);
            let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare))
                .unwrap_or_else(|_| panic!("SEED={seed}"));
            (rounding, exchange) = (rounding + found.0, exchange + found.1);
        }
    }
    println!(
        "allocations in base: {rounding} that left cents at one rate, {exchange} with a difference \
         of rates"
    );
    assert!(rounding > 5 && exchange > 50, "{rounding} and {exchange}");
}

#[test]
fn statements_and_payments_are_what_a_walk_over_the_records_says() {
    over_histories(owed::compare_statements);
}

#[test]
fn sales_and_retention_are_what_a_walk_over_the_records_says() {
    over_histories(sold::compare_sales);
}

#[test]
fn classes_are_what_a_walk_over_the_records_says() {
    over_histories(sold::compare_classes);
}

#[test]
fn what_the_rules_admit_is_legal_at_every_moment() {
    let (mut admitted, mut refused, mut sent) = (0, 0, 0);
    for (seed, history) in ALL.iter() {
        let walked = naive::walk(&history.world, &Asked::now(&history.world));
        assert!(walked.faults.is_empty(), "SEED={seed}: {:?}", walked.faults);
        (admitted, refused, sent) =
            (admitted + history.world.records.len(), refused + history.refused, sent + walked.sent);
    }
    assert!(
        admitted > refused && refused > 500 && sent > 50,
        "the generator meets the rules: {admitted} admitted ({sent} of goods), {refused} refused"
    );
}

#[test]
fn answers_do_not_depend_on_the_order_of_recording() {
    over_histories(|history, random| {
        let shuffled = history.shuffled(random);
        let day = random.day();
        let mut compared = 0;
        for (name, parameters) in [
            ("receivables", vec![("group", "client")]),
            ("receivables", vec![("group", "invoice"), ("basis", "issue")]),
            ("statement", vec![("group", "client")]),
            ("payments", vec![("by", "month")]),
            ("sales", vec![("group", "item")]),
            ("abc", vec![]),
        ] {
            let here = at(&history.world.views, name, &parameters, &day);
            assert_eq!(
                here,
                at(&shuffled, name, &parameters, &day),
                "{name} {parameters:?} as_of {day}"
            );
            compared += here.rows.len();
        }
        compared
    });
}

#[test]
fn an_answer_for_a_position_never_changes() {
    over_histories(|history, random| {
        let middle = Position::new(history.world.records.len() as u64 / 2);
        let mut then = Views::default();
        history
            .world
            .records
            .iter()
            .take_while(|r| r.position <= middle)
            .for_each(|r| then.apply(r));
        let early = World { views: then, ..World::default() };
        let asked = Asked { known_at: middle, as_of: Some(random.day()) };
        let mut compared = 0;
        for (name, parameters) in [
            ("receivables", vec![("group", "client"), ("in", "base")]),
            ("sales", vec![("by", "month")]),
            ("payments", vec![]),
        ] {
            let (now, before) = (
                ask(&history.world, name, &asked, &parameters),
                ask(&early, name, &asked, &parameters),
            );
            assert_eq!(now, before, "{name}");
            compared += now.rows.len() * 4;
        }
        compared
    });
}

fn at(views: &Views, name: &str, parameters: &[(&str, &str)], day: &str) -> Table {
    let world = World { views: views.clone(), ..World::default() };
    let parameters: Vec<(&str, &str)> =
        parameters.iter().copied().chain([("as_of", day)]).collect();
    world.report(name, &parameters).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// R35 on R19: what P3, recorded late, changed, and that P3 and its allocation caused it.
#[test]
fn a_late_payment_is_the_cause_of_the_difference() {
    let world = history::worked_receivables();
    let report = reports::find("receivables").expect("there is such a report");
    let arguments = Arguments::parse(report, []).expect("the defaults are valid");
    let (cut, _) = world.cut(&[("as_of", "2025-02-28")]);
    let context = Context {
        views: world.views.folds(),
        cut,
        zone: world.views.company.zone(),
        arguments: &arguments,
        explain: false,
    };
    let late = world
        .records
        .iter()
        .find(|r| r.event.home().id() == "P3")
        .expect("P3 is recorded")
        .position;
    let changes = all_changes(report, &context, Position::new(late.get() - 1));
    assert_eq!(changes.len(), 1, "one row differs");
    let shown = |row: &Option<BTreeMap<&'static str, Value>>, column: &str| {
        row.as_ref().and_then(|r| r.get(column)).and_then(Value::shown).unwrap_or_default()
    };
    assert_eq!(
        (shown(&changes[0].before, "balance"), shown(&changes[0].after, "balance")),
        ("1050.00".into(), "1000.00".into())
    );
    assert_eq!(
        (shown(&changes[0].before, "gross"), shown(&changes[0].after, "gross")),
        ("1150.00".into(), "1100.00".into())
    );
    let moved = |step: &RowStep, column: &str| {
        step.moved.get(column).and_then(|shift| shift.difference.shown()).unwrap_or_default()
    };
    let steps: Vec<[String; 4]> = (changes[0].steps.iter())
        .map(|step| {
            [
                step.position.to_string(),
                moved(step, "gross"),
                moved(step, "advances"),
                moved(step, "balance"),
            ]
        })
        .collect();
    let at = |later: u64| (late.get() + later).to_string();
    let text = |of: [&str; 4]| of.map(ToOwned::to_owned);
    assert_eq!(
        steps,
        [text([&at(0), "", "50.00", "-50.00"]), text([&at(1), "-50.00", "-50.00", ""])],
        "an advance at first, then its allocation"
    );
}
