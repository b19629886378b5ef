//! Whoever sees a part of the company is answered as by a ledger that never heard of the rest.
//! Invariant: that ledger is made of the raw records alone, so nothing that is kept beside the
//! facts can tell more than they do.

use std::collections::BTreeMap;

use sijil_projections::{
    Views,
    report::{Sight, Table},
    reports,
    scope::{Portion, Readable, seen},
};
use sijil_schemas::{
    RightFamily, RightScope,
    id::{BankAccountId, Key, Kind, WarehouseId},
    time::Date,
};

use super::{
    questions::Values,
    story::{Plan, Story},
};
use crate::{trade::history::Random, world::World};

/// Histories in each run, if the environment does not ask for more.
const HISTORIES: u64 = 300;
const MORE: &str = "SIJIL_UNSEEN_HISTORIES";

/// What is read whole beside a scope: it configures the company.
pub(super) const WHOLE: &[RightFamily] = &[RightFamily::Catalogue, RightFamily::Marketing];

/// Three scopes of somebody: what is one's own or one's team's, a department's, a place's.
pub(super) fn scopes(world: &World, random: &mut Random) -> Vec<(RightScope, Option<String>)> {
    let mut named: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    let (mut departments, mut owners): (Vec<String>, Vec<String>) = Default::default();
    for record in &world.records {
        record.event.touch(&mut |entity| {
            let ids = named.entry(entity.kind).or_default();
            if !ids.iter().any(|id| id == entity.id()) {
                ids.push(entity.id().to_owned());
            }
        });
        let data = record.event.data().unwrap_or_default();
        departments.extend(data["department"].as_str().map(str::to_owned));
        owners.extend(data["owner"].as_str().map(str::to_owned));
    }
    let mut pick = |kind: Kind| named.get(&kind).map(|ids| random.pick(ids).clone());
    let (employee, warehouse, account) =
        (pick(Kind::Employee), pick(Kind::Warehouse), pick(Kind::BankAccount));
    // Mostly somebody who has clients.
    let employee = if owners.is_empty() || random.one_in(4) {
        employee
    } else {
        Some(random.pick(&owners).clone())
    };
    let of_employee = if random.one_in(2) { RightScope::Own } else { RightScope::Team };
    let department = departments.first().map(|_| random.pick(&departments).clone());
    let department = department
        .map(|of| RightScope::Department(vec![Key::new(&of).expect("a key that was admitted")]));
    let warehouse = warehouse
        .map(|of| RightScope::Warehouse(vec![WarehouseId::new(&of).expect("an admitted id")]));
    let account = account
        .map(|of| RightScope::BankAccount(vec![BankAccountId::new(&of).expect("an admitted id")]));
    let place = if random.one_in(4) { account } else { warehouse };
    let mut all = vec![(of_employee, employee)];
    all.extend(department.into_iter().chain(place).map(|scope| (scope, None)));
    all
}

/// Who reads within these scopes what does not configure the company.
pub(super) fn within(scopes: Vec<RightScope>, employee: Option<String>) -> Readable {
    let families = RightFamily::ALL.iter().copied();
    let families = families.filter(|of| *of != RightFamily::All && !WHOLE.contains(of));
    let within = vec![Portion { families: families.collect(), scopes }];
    Readable { whole: WHOLE.to_vec(), within, employee }
}

/// A ledger that never heard of what somebody does not see; positions stay as they were.
pub(super) fn without_the_rest(world: &World) -> World {
    let seen = world.seen.as_ref().expect("somebody who sees a part");
    let is_told = |position, name: &str| seen.has(position) || name == "ledger.opened";
    let told = world.records.iter();
    let told = told.filter(|record| is_told(record.position, record.event.event_type().name));
    let records: Vec<_> = told.cloned().collect();
    let mut views = Views::default();
    records.iter().for_each(|record| views.apply(record));
    World { views, records, ..World::default() }
}

/// What was asked: (in all, with rows, otherwise than of the whole company).
type Count = [u64; 3];

#[derive(Default)]
struct Reached {
    reports: BTreeMap<&'static str, Count>,
    wrong: Vec<String>,
}

fn ask_all(story: &mut Story, seed: u64, reached: &mut Reached) {
    let mut random = Random::new(seed ^ 0x5EE);
    let values = Values::of(&story.world.records);
    let head = story.world.records.len() as u64;
    for (scope, employee) in scopes(&story.world, &mut random) {
        let readable = within(vec![scope.clone()], employee);
        let today = if random.one_in(4) { values.day(&mut random) } else { "2026-06-01".into() };
        let today: Date = today.parse().expect("a day");
        story.world.seen = seen(story.world.views.folds(), &readable, today);
        let apart = without_the_rest(&story.world);
        for report in reports::all().filter(|report| report.sight != Sight::Whole) {
            let plain = values.complete(report, Vec::new(), &mut random);
            for question in [plain, values.question(report, None, &mut random)] {
                let day = (report.needs_as_of || random.one_in(2)).then(|| values.day(&mut random));
                let known_at = if random.one_in(3) { 1 + random.below(head) } else { head };
                let ask = |of: &World| question.ask(of, day.as_deref(), Some(known_at));
                let (found, expected) = (ask(&story.world), ask(&apart));
                let seen = story.world.seen.take();
                let whole = ask(&story.world);
                story.world.seen = seen;
                let count = reached.reports.entry(report.name).or_default();
                let rows = found.as_ref().map_or(0, |table: &Table| table.rows.len());
                count[0] += 1;
                count[1] += u64::from(rows > 0);
                count[2] += u64::from(found != whole);
                if found != expected {
                    reached.wrong.push(format!(
                        "SEED={seed} {} {:?} as_of {day:?} known_at {known_at}, {scope:?} of {:?} \
                         on {today}\n  {found:?}\nexpected\n  {expected:?}",
                        report.name, question.parameters, readable.employee
                    ));
                }
            }
        }
    }
    story.world.seen = None;
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by the environment")]
fn what_is_not_seen_might_as_well_never_have_been_recorded() {
    let histories = std::env::var(MORE).ok().and_then(|n| n.parse().ok()).unwrap_or(HISTORIES);
    let mut reached = Reached::default();
    for seed in 1..=histories {
        let events = if seed.is_multiple_of(20) { 3_000 } else { 300 + 100 * (seed % 6) };
        let mut story = Story::tell(Plan { seed: seed + 5_000, events, wrong: 0 });
        ask_all(&mut story, seed, &mut reached);
    }
    let Reached { reports, wrong } = reached;
    println!("{histories} histories, three scopes each: {reports:?}");
    assert!(
        wrong.is_empty(),
        "{} wrong, the first of them\n{}",
        wrong.len(),
        wrong.iter().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
    for (report, [asked, with_rows, otherwise]) in reports {
        assert!(with_rows > 0 && otherwise > 0 && asked > 2 * histories, "{report}");
    }
}
