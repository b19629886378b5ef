//! A column against a plain list.

use proptest::prelude::*;
use sijil_facts::{Column, Cut, Dated, Facts, Lens, Side, Voids, ids::Sym};
use sijil_schemas::{Position, id::kind, time::Timestamp};

type Owners = Column<kind::Client, u32>;

fn moment(at: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(at).expect("small")).expect("a moment of our time")
}

/// What is done to a column.
#[derive(Debug, Clone)]
enum Step {
    /// A record says so many things of a subject, at a moment.
    Said { subject: u32, at: u64, things: u8 },
    /// What was decided becomes durable.
    Published,
    /// The last so many records are taken back, as far as they are not durable.
    TakenBack(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let said = (prop_oneof![3 => 0_u32..3, 1 => 0_u32..200], 0_u64..40, 1_u8..3)
        .prop_map(|(subject, at, things)| Step::Said { subject, at, things });
    let step = prop_oneof![
        12 => said,
        2 => Just(Step::Published),
        1 => (1_u64..30).prop_map(Step::TakenBack),
    ];
    prop::collection::vec(step, 1..400)
}

/// A column, and what it should hold.
#[derive(Default)]
struct Both {
    column: Owners,
    /// All facts that were said and not taken back: (subject, fact).
    plain: Vec<(u32, Dated<u32>)>,
    last: u64,
    durable: u64,
    said: u32,
}

impl Both {
    fn run(steps: &[Step]) -> Both {
        let mut both = Both::default();
        for step in steps {
            both.step(step);
        }
        both
    }
    fn step(&mut self, step: &Step) {
        match step {
            Step::Said { subject, at, things } => {
                self.last += 1;
                for _ in 0..*things {
                    self.said += 1;
                    let fact = Dated {
                        at: moment(*at),
                        position: Position::new(self.last),
                        what: self.said,
                    };
                    self.column.push(Sym::of(*subject), fact);
                    self.plain.push((*subject, fact));
                }
            }
            Step::Published => {
                self.column.publish(Position::new(self.last));
                self.durable = self.last;
            }
            Step::TakenBack(records) => {
                let after = self.last.saturating_sub(*records).max(self.durable);
                self.column.truncate(Position::new(after));
                self.plain.retain(|(_, fact)| fact.position.get() <= after);
                self.last = after;
            }
        }
    }
    /// The facts of a subject as a plain list in replay order, as a side sees them.
    fn facts(&self, subject: u32, side: Side) -> Facts<u32> {
        let mut facts = Facts::default();
        let seen = |position: Position| side == Side::Decided || position.get() <= self.durable;
        for (_, fact) in self.plain.iter().filter(|(of, f)| *of == subject && seen(f.position)) {
            facts.insert(*fact);
        }
        facts
    }
}

fn told<'a>(facts: impl Iterator<Item = &'a Dated<u32>>) -> Vec<Dated<u32>> {
    facts.copied().collect()
}

/// Every question of a chain gives what the plain list gives.
fn check(both: &Both, subject: u32, lens: Lens<'_>) -> Result<(), TestCaseError> {
    let (facts, chain) = (both.facts(subject, lens.side), both.column.of(Sym::of(subject)));
    prop_assert_eq!(chain.len(lens.side), facts.len());
    prop_assert_eq!(chain.is_empty(lens.side), facts.is_empty());
    prop_assert_eq!(chain.is_many(lens.side), facts.len() > 1);
    prop_assert_eq!(chain.all(lens.side).collect::<Vec<_>>(), facts.all().to_vec());
    prop_assert_eq!(chain.counting(lens).collect::<Vec<_>>(), told(facts.counting(lens)));
    prop_assert_eq!(
        chain.counting(lens).rev().collect::<Vec<_>>(),
        told(facts.counting(lens).rev())
    );
    prop_assert_eq!(chain.known(lens).collect::<Vec<_>>(), told(facts.known(lens)));
    prop_assert_eq!(chain.last(lens), facts.last(lens).copied());
    prop_assert_eq!(chain.any(lens), facts.any(lens));
    prop_assert_eq!(chain.newest_known(lens), facts.newest_known(lens).copied());
    let grouped = both.column.by_subject(lens);
    prop_assert_eq!(grouped.of(Sym::of(subject)).collect::<Vec<_>>(), told(facts.counting(lens)));
    for at in [0, 7, 20, 39, 41] {
        let (from, to) = (moment(at), moment(at + 9));
        let within = both.column.subjects_within(&(from..to), lens.side);
        prop_assert_eq!(within.has(Sym::of(subject)), facts.any_within(&(from..to)));
        prop_assert_eq!(chain.in_force(from, lens), facts.in_force(from, lens).copied());
        prop_assert_eq!(chain.any_within(&(from..to), lens.side), facts.any_within(&(from..to)));
        prop_assert_eq!(
            chain.within(from..to, lens).collect::<Vec<_>>(),
            told(facts.within(from..to, lens))
        );
        let place = (from, Position::new(both.last / 2));
        prop_assert_eq!(
            chain.before(place, lens).collect::<Vec<_>>(),
            told(facts.before(place, lens))
        );
        prop_assert_eq!(
            chain.after(place, lens).collect::<Vec<_>>(),
            told(facts.after(place, lens))
        );
    }
    for place in facts.all().iter().take(5).map(Dated::order) {
        prop_assert_eq!(chain.at(place, lens.side).collect::<Vec<_>>(), told(facts.at(place)));
        prop_assert!(chain.holds(place, lens.side));
    }
    Ok(())
}

fn voided(targets: &[(u64, u64)]) -> Voids {
    let voids = Voids::default();
    let mut in_order = targets.to_vec();
    in_order.sort_by_key(|(_, void)| *void);
    for (target, void) in in_order {
        voids.void(Position::new(target), Position::new(void));
    }
    voids
}

/// However many facts there are of a subject, they are counted, also when the last are taken back.
#[test]
fn a_long_life_is_counted() {
    let (column, subject) = (Owners::default(), Sym::of(3));
    for position in 1..=1_300 {
        // One fact in seven is back-dated.
        let at = moment(if position % 7 == 0 { position - 7 } else { position });
        column.push(subject, Dated { at, position: Position::new(position), what: 0 });
    }
    for left in [1_300, 1_299, 700, 512, 511, 510, 33, 32, 2, 1, 0] {
        column.truncate(Position::new(left as u64));
        let chain = column.of(subject);
        assert_eq!(chain.len(Side::Decided), left);
        assert_eq!(chain.all(Side::Decided).count(), left);
        assert_eq!(chain.is_many(Side::Decided), left > 1);
        assert_eq!(chain.len(Side::Durable), 0);
        let copy = column.clone();
        assert_eq!(copy.of(subject).len(Side::Decided), left, "a copy counts anew");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_column_answers_like_a_plain_list(
        steps in steps(),
        cuts in prop::collection::vec((0_u64..42, 0_u64..420, 0_u64..420, any::<bool>()), 6),
        voids in prop::collection::vec((1_u64..400, 1_u64..400), 0..40),
    ) {
        let both = Both::run(&steps);
        let voids = voided(&voids);
        for (before, known_at, except, all) in cuts {
            for side in [Side::Decided, Side::Durable] {
                let cut = if all { Cut::all() } else {
                    Cut {
                        before: moment(before),
                        known_at: Position::new(known_at),
                        except: Some(Position::new(except)),
                    }
                };
                let lens = Lens { side, ..Lens::new(cut, &voids) };
                for subject in [0, 1, 2, 150] {
                    check(&both, subject, lens)?;
                }
                let counting: Vec<(u32, Dated<u32>)> = both
                    .column
                    .counting(lens)
                    .map(|(_, subject, fact)| (subject.number(), fact))
                    .collect();
                let is_durable = |f: &Dated<u32>| f.position.get() <= both.durable;
                let seen = |f: &Dated<u32>| side == Side::Decided || is_durable(f);
                let counts = |f: &Dated<u32>| seen(f) && lens.counts(f);
                let plain = both.plain.iter().filter(|(_, f)| counts(f)).copied();
                let plain: Vec<(u32, Dated<u32>)> = plain.collect();
                prop_assert_eq!(counting, plain);
                let within = Position::new(known_at / 2)..Position::new(known_at);
                let recorded: Vec<(u32, Dated<u32>)> = both
                    .column
                    .recorded(within.clone(), side)
                    .map(|(subject, fact)| (subject.number(), fact))
                    .collect();
                let stands = |f: &Dated<u32>| seen(f) && within.contains(&f.position);
                let plain = both.plain.iter().filter(|(_, f)| stands(f)).copied();
                let plain: Vec<(u32, Dated<u32>)> = plain.collect();
                prop_assert_eq!(recorded, plain);
            }
        }
    }

    /// What was taken back leaves nothing behind: the bytes are those of a straight run.
    #[test]
    fn what_is_taken_back_leaves_nothing(steps in steps()) {
        let both = Both::run(&steps);
        let straight = Owners::default();
        for (subject, fact) in &both.plain {
            straight.push(Sym::of(*subject), *fact);
        }
        let bytes = |column: &Owners| postcard::to_stdvec(column).expect("cells are bytes");
        prop_assert_eq!(bytes(&both.column), bytes(&straight));
        let again: Owners = postcard::from_bytes(&bytes(&straight)).expect("cells of a column");
        prop_assert_eq!(bytes(&again.clone()), bytes(&straight));
    }
}
