//! Readers beside the writer.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use sijil_facts::{Column, Cut, Dated, Lens, Side, Voids, ids::Sym};
use sijil_schemas::{Position, id::kind, time::Timestamp};

const SUBJECTS: u64 = 300;
const RECORDS: u64 = 60_000;

/// A sequence of numbers that looks like chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

fn moment(at: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(at).expect("small")).expect("a moment of our time")
}

/// The fact that the record at a position says; with every attempt it says another.
fn fact(position: u64, attempt: u64) -> (Sym<kind::Client>, Dated<u64>) {
    let mut chance = Chance(position * 1_000 + attempt);
    // One subject has a long life.
    let subject = if chance.below(4) == 0 { 0 } else { chance.below(SUBJECTS) };
    let (at, what) = (moment(chance.below(5_000)), chance.below(1_000_000) + 1);
    (
        Sym::of(u32::try_from(subject).expect("small")),
        Dated { at, position: Position::new(position), what },
    )
}

/// Sums over a column: by a scan, and subject by subject, at a lens.
fn sums(column: &Column<kind::Client, u64>, lens: Lens<'_>) -> (u64, u64, u64) {
    let weigh = |fact: Dated<u64>| fact.what.wrapping_mul(fact.position.get());
    let scanned =
        column.counting(lens).fold(0, |sum: u64, (_, _, fact)| sum.wrapping_add(weigh(fact)));
    let (mut chained, mut last) = (0_u64, 0_u64);
    let grouped = column.by_subject(lens);
    for subject in 0..u32::try_from(SUBJECTS).expect("small") {
        let chain = column.of(Sym::of(subject));
        let facts: Vec<_> = chain.counting(lens).collect();
        assert!(facts.is_sorted_by_key(Dated::order), "replay order");
        assert_eq!(chain.last(lens), facts.last().copied());
        assert!(grouped.of(Sym::of(subject)).eq(facts.iter().copied()), "all at once");
        chained = facts.iter().fold(chained, |sum, fact| sum.wrapping_add(weigh(*fact)));
        last = last.wrapping_add(facts.last().map_or(0, |fact| weigh(*fact)));
    }
    (scanned, chained, last)
}

/// A reader's answer at a durable position never changes, whatever the writer adds, takes back and
/// adds anew meanwhile; and what is left in the end is what a straight run makes.
#[test]
fn a_reader_sees_only_what_stays() {
    let (column, voids) = (Column::<kind::Client, u64>::default(), Voids::default());
    let (durable, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let answers: Mutex<BTreeMap<u64, (u64, u64, u64)>> = Mutex::default();
    let lens_at = |known_at: u64| Lens {
        side: Side::Durable,
        ..Lens::new(
            Cut { known_at: Position::new(known_at), before: moment(4_000), except: None },
            &voids,
        )
    };
    let rounds = AtomicU64::new(0);
    let mut taken_back = 0;
    thread::scope(|scope| {
        for reader in 0..2 {
            let (column, durable, done, answers, rounds) =
                (&column, &durable, &done, &answers, &rounds);
            let lens_at = &lens_at;
            scope.spawn(move || {
                let mut chance = Chance(reader);
                while !done.load(Ordering::Relaxed) {
                    let at = durable.load(Ordering::Acquire);
                    // Mostly what is known now, sometimes what was known at a past position.
                    let known_at = if chance.below(3) == 0 {
                        chance.below(at + 1) / 1_000 * 1_000
                    } else {
                        at
                    };
                    let told = sums(column, lens_at(known_at));
                    assert_eq!(told.0, told.1, "scan and chains at {known_at}");
                    let before = *answers.lock().expect("no panic").entry(known_at).or_insert(told);
                    assert_eq!(before, told, "at {known_at}");
                    rounds.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let (mut chance, mut last, mut attempt, mut published) = (Chance(99), 0, 0, 0);
        while last < RECORDS {
            for _ in 0..=chance.below(120) {
                last += 1;
                let (subject, fact) = fact(last, attempt);
                column.push(subject, fact);
            }
            if chance.below(3) == 0 {
                let keep = published + chance.below(last - published + 1);
                column.truncate(Position::new(keep));
                taken_back += last - keep;
                (last, attempt) = (keep, attempt + 1);
            }
            // The last records may stay in flight for a while.
            let up_to = published + chance.below(last - published + 1);
            published = up_to;
            column.publish(Position::new(up_to));
            durable.store(up_to, Ordering::Release);
        }
        done.store(true, Ordering::Relaxed);
    });
    let end = durable.load(Ordering::Acquire);
    let decided = Lens { side: Side::Decided, ..lens_at(end) };
    assert_eq!(
        sums(&column, decided),
        sums(&column.clone(), decided),
        "no trace of what was taken back"
    );
    println!(
        "{} rounds of two readers beside {end} records, {taken_back} taken back",
        rounds.load(Ordering::Relaxed)
    );
}

/// Rows in flight are taken back and written anew without end, about other subjects but with the
/// same head in the end. A reader that is interrupted on its way back through them is not led to
/// another subject's row, nor to none. There are more readers than processors, so that they are.
#[test]
fn rows_written_anew_lead_no_reader_astray() {
    const READERS: u64 = 6;
    const ROUNDS: u64 = 20_000;
    // So few that they are walked.
    const IN_FLIGHT: u64 = 30;
    let column = Column::<kind::Client, u64>::default();
    let (one, other) = (Sym::of(0), Sym::of(1));
    let say = |subject: Sym<kind::Client>, position: u64| {
        let position = Position::new(position);
        column.push(subject, Dated { at: moment(0), position, what: position.get() });
    };
    say(other, 1);
    say(one, 2);
    column.publish(Position::new(2));
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let last = column.of(one).recorded_last(Side::Durable).map(|fact| fact.what);
                    assert_eq!(last, Some(2), "its only durable fact");
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..ROUNDS {
            for n in 1..=IN_FLIGHT {
                // The last is always of the one; of those before it, every other, or none.
                let is_one = n == IN_FLIGHT || round % 2 == 0 && n % 2 == 0;
                say(if is_one { one } else { other }, 2 + n);
            }
            // So they stand most of the time.
            (0..2_000).for_each(|_| std::hint::spin_loop());
            column.truncate(Position::new(2));
        }
        done.store(true, Ordering::Relaxed);
    });
    println!("{} answers beside {ROUNDS} rounds", asked.load(Ordering::Relaxed));
    assert!(asked.load(Ordering::Relaxed) > 0, "nobody read meanwhile");
}
