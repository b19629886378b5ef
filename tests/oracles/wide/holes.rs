//! Holes planted in what a caller with a scope is answered, and every pair of parameters asked by
//! such a caller. Invariant: a hole is found only by a comparison that passes without it; none of
//! them is reachable from the production code.

use sijil_projections::{
    Cut, Seen,
    report::{ReportError, Sight, Table},
    reports,
    scope::{Readable, seen},
};
use sijil_schemas::{Position, RightFamily, RightScope, time::Date};

use super::{
    questions::{Question, Values},
    story::{Plan, Story},
    unseen::{scopes, within, without_the_rest},
};
use crate::{trade::history::Random, world::World};

/// Histories in which a hole must be found.
const HISTORIES: u64 = 10;
/// Histories whose every pair of parameters is asked.
const ALL_PAIRS: u64 = 1;
/// The fewest questions that these are, a history and a scope.
const PAIRS_MIN: u64 = 3_000;

type Answer = Result<Table, ReportError>;

/// Somebody who asks, of whom the company knows a part.
struct Asker<'a> {
    world: &'a mut World,
    readable: &'a Readable,
    today: Date,
    /// What another caller sees.
    others: Option<Seen>,
}

/// One question of his.
#[derive(Clone, Copy)]
struct Asked<'a> {
    question: &'a Question,
    day: Option<&'a str>,
    known_at: u64,
}

impl Asked<'_> {
    fn of(&self, world: &World) -> Answer {
        self.question.ask(world, self.day, Some(self.known_at))
    }
    fn names(&self, parameter: &str) -> bool {
        self.question.parameters.iter().any(|(name, _)| *name == parameter)
    }
}

impl Asker<'_> {
    /// The answer to one who sees something else.
    fn seeing(&mut self, other: Option<Seen>, asked: Asked<'_>) -> Answer {
        let own = std::mem::replace(&mut self.world.seen, other);
        let answer = asked.of(self.world);
        self.world.seen = own;
        answer
    }
    fn rights(&self, other: &Readable, today: Date) -> Option<Seen> {
        seen(self.world.views.folds(), other, today)
    }
    /// What he sees, with some records added or taken away.
    fn bent(&self, sees: impl Fn(Position, bool) -> bool) -> Option<Seen> {
        let own = self.world.seen.as_ref().expect("a part");
        let mut bent = Seen::nothing(self.world.views.position());
        for record in &self.world.records {
            if sees(record.position, own.has(record.position)) {
                bent.add(record.position);
            }
        }
        Some(bent)
    }
}

/// A hole: what is answered instead.
type Hole = fn(&mut Asker<'_>, Asked<'_>) -> Answer;

const SOUND: Hole = |asker, asked| asked.of(asker.world);

/// The first and the last scope of a portion alone, as if nothing else narrowed it.
fn with_scopes(readable: &Readable, scopes: Vec<RightScope>) -> Readable {
    let mut other = readable.clone();
    other.within.iter_mut().for_each(|portion| portion.scopes.clone_from(&scopes));
    other
}

fn holes_of_doors() -> Vec<(&'static str, Hole)> {
    vec![
        ("asks nobody who he is", |asker, asked| asker.seeing(None, asked)),
        ("one report does not ask", |asker, asked| match asked.question.report.name {
            "receivables" => asker.seeing(None, asked),
            _ => asked.of(asker.world),
        }),
        ("one view does not ask", |asker, asked| {
            if asked.names("view") { asker.seeing(None, asked) } else { asked.of(asker.world) }
        }),
        ("whoever names a client may see it", |asker, asked| {
            if asked.names("client") { asker.seeing(None, asked) } else { asked.of(asker.world) }
        }),
        ("whoever asks of the past sees all of it", |asker, asked| {
            let is_past = asked.known_at < asker.world.records.len() as u64;
            if is_past { asker.seeing(None, asked) } else { asked.of(asker.world) }
        }),
        ("cuts rows off a finished table", |asker, asked| {
            let own = asked.of(asker.world)?;
            let mut whole = asker.seeing(None, asked)?;
            let first = |row: &[sijil_projections::report::Cell]| {
                row.first().map(|cell| cell.value.shown())
            };
            let seen: Vec<_> = own.rows.iter().map(|row| first(row)).collect();
            whole.rows.retain(|row| seen.contains(&first(row)));
            Ok(whole)
        }),
    ]
}

fn holes_of_rights() -> Vec<(&'static str, Hole)> {
    vec![
        ("takes what was worked out for another", |asker, asked| {
            let others = asker.others.clone();
            asker.seeing(others, asked)
        }),
        ("does not narrow a family", |asker, asked| {
            let mut other = asker.readable.clone();
            other.whole.push(RightFamily::Invoices);
            let other = asker.rights(&other, asker.today);
            asker.seeing(other, asked)
        }),
        ("adds scopes up that narrow each other", |asker, asked| {
            let every = with_scopes(asker.readable, Vec::new());
            let other = asker.rights(&every, asker.today);
            asker.seeing(other, asked)
        }),
        ("goes by whose it was once", |asker, asked| {
            let then: Date = "2020-01-01".parse().expect("a day");
            let other = asker.rights(asker.readable, then);
            asker.seeing(other, asked)
        }),
        ("takes the department of whoever has none", |asker, asked| {
            let mut other = asker.readable.clone();
            other.employee = None;
            let other = asker.rights(&other, asker.today);
            asker.seeing(other, asked)
        }),
    ]
}

fn holes_of_records() -> Vec<(&'static str, Hole)> {
    vec![
        ("is off by one record", |asker, asked| {
            let own = asker.world.seen.clone().expect("a part");
            let other = asker.bent(|at, _| own.has(Position::new(at.get().max(2) - 1)));
            asker.seeing(other, asked)
        }),
        ("lets all records in that came since", |asker, asked| {
            let half = asker.world.records.len() as u64 / 2;
            let other = asker.bent(|at, is_seen| is_seen || at.get() > half);
            asker.seeing(other, asked)
        }),
        ("forgets what came since", |asker, asked| {
            let half = asker.world.records.len() as u64 / 2;
            let other = asker.bent(|at, is_seen| is_seen && at.get() <= half);
            asker.seeing(other, asked)
        }),
        ("shows what was voided, without what voids it", |asker, asked| {
            let voids: Vec<Position> = asker
                .world
                .records
                .iter()
                .filter(|record| record.voids.is_some())
                .map(|record| record.position)
                .collect();
            let other = asker.bent(|at, is_seen| is_seen && !voids.contains(&at));
            asker.seeing(other, asked)
        }),
        ("shows one record in thirteen to everybody", |asker, asked| {
            let other = asker.bent(|at, is_seen| is_seen || at.get().is_multiple_of(13));
            asker.seeing(other, asked)
        }),
        ("looks at the clock after the scope", |asker, asked| {
            let bend = asker.world.bend;
            asker.world.bend.cut = |cut| Cut { known_at: Cut::all().known_at, ..cut };
            let answer = asked.of(asker.world);
            asker.world.bend = bend;
            answer
        }),
    ]
}

/// Asks with a hole and without the rest; says the first question whose answers differ, and how
/// many were asked.
fn first_difference(
    seed: u64,
    hole: Hole,
    questions: fn(&Values, &mut Random) -> Vec<Question>,
) -> (Option<String>, u64) {
    let events = 300 + 100 * (seed % 6);
    let mut story = Story::tell(Plan { seed: seed + 5_000, events, wrong: 2 });
    let mut random = Random::new(seed ^ 0x401E);
    let values = Values::of(&story.world.records);
    let head = story.world.records.len() as u64;
    let today: Date = "2026-06-01".parse().expect("a day");
    let all = scopes(&story.world, &mut random);
    let mut asked_of = 0;
    for (n, (scope, employee)) in all.iter().enumerate() {
        // Two scopes, which narrow each other where they are of one employee.
        let readable = within(vec![scope.clone(), RightScope::All], employee.clone());
        let (other, whose) = &all[(n + 1) % all.len()];
        let others = within(vec![other.clone()], whose.clone());
        let others = seen(story.world.views.folds(), &others, today);
        story.world.seen = seen(story.world.views.folds(), &readable, today);
        let apart = without_the_rest(&story.world);
        for question in questions(&values, &mut random) {
            let needs = question.report.needs_as_of;
            let day = (needs || random.one_in(2)).then(|| values.day(&mut random));
            let known_at = if random.one_in(3) { 1 + random.below(head) } else { head };
            let asked = Asked { question: &question, day: day.as_deref(), known_at };
            let mut asker = Asker {
                world: &mut story.world,
                readable: &readable,
                today,
                others: others.clone(),
            };
            asked_of += 1;
            let (found, expected) = (hole(&mut asker, asked), asked.of(&apart));
            if found != expected {
                let what = format!(
                    "SEED={seed} {} {:?} as_of {day:?} known_at {known_at}, {scope:?} of \
                     {employee:?}\n  {found:?}\nexpected\n  {expected:?}",
                    question.report.name, question.parameters
                );
                return (Some(what), asked_of);
            }
        }
        story.world.seen = None;
    }
    (None, asked_of)
}

/// Two questions of each report that is of a part.
fn some(values: &Values, random: &mut Random) -> Vec<Question> {
    let partly = reports::all().filter(|report| report.sight != Sight::Whole);
    let two = |report| {
        let plain = values.complete(report, Vec::new(), random);
        [plain, values.question(report, None, random)]
    };
    partly.flat_map(two).collect()
}

/// Every pair of parameters of each report that is of a part.
fn every_pair(values: &Values, random: &mut Random) -> Vec<Question> {
    let partly = reports::all().filter(|report| report.sight != Sight::Whole);
    partly.flat_map(|report| values.questions(report, random)).collect()
}

#[test]
fn every_hole_planted_in_a_scope_is_found() {
    let found = |hole: Hole| (1..=HISTORIES).find_map(|seed| first_difference(seed, hole, some).0);
    assert_eq!(found(SOUND), None, "a sound answer is taken for a leak");
    let all = [holes_of_doors(), holes_of_rights(), holes_of_records()].concat();
    let found: Vec<_> = all.into_iter().map(|(name, hole)| (name, found(hole))).collect();
    let missed: Vec<_> = found.iter().filter(|(_, by)| by.is_none()).map(|(n, _)| *n).collect();
    println!("{} of {} holes planted in scopes found:", found.len() - missed.len(), found.len());
    for (name, by) in &found {
        let by = by.as_deref().and_then(|by| by.lines().next()).unwrap_or("MISSED");
        println!("    {name}: {by}");
    }
    assert_eq!(missed, Vec::<&str>::new(), "holes that nobody found");
}

#[test]
fn every_pair_of_parameters_is_answered_as_if_the_rest_were_not_there() {
    let mut asked = 0;
    for seed in 1..=ALL_PAIRS {
        let (wrong, count) = first_difference(seed, SOUND, every_pair);
        assert_eq!(wrong, None);
        asked += count;
    }
    println!("{asked} questions by every pair of parameters, within scopes");
    assert!(asked >= 2 * ALL_PAIRS * PAIRS_MIN, "{asked}");
}
