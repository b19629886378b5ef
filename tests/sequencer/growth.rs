//! Growth: what it costs to admit an event after a long life of what it is about. Invariant: steps
//! are counted, not time, and by the collections of facts themselves, so that a rule which walks a
//! history is seen; every type of the vocabulary is asked, or says why nothing can pile up on it.
//!
//! 200 facts of every kind are asked at, unless `SIJIL_GROWTH` says how many.

mod access;
mod beside;
mod ground;
mod kept;
mod otherwise;
mod piles;
mod probes;
mod relations;
mod sums;
mod work;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sijil_projections::{Known, steps};
use sijil_rules::{Beforehand, Book, Proposal, Rejection, admit};
use sijil_schemas::{
    Event, Record,
    decode::{Candidate, Draft, decode},
    event::{EVENT_TYPES, System},
    time::Timestamp,
};
use uuid::Uuid;

/// The first moment of the piles: 2025-01-01.
const FIRST_MICROS: i64 = 1_735_689_600_000_000;
/// How many steps more a rule may take where ten times as many facts are, beside those it is let: a
/// walk between two milestones.
const STEPS_EACH_TENFOLD: u64 = 40;
const STEPS_LET: u64 = 100;

/// The second of a minute after the first moment.
fn at(minute: usize, second: usize) -> Timestamp {
    let micros = (minute as i64 * 60 + second as i64) * 1_000_000;
    Timestamp::from_micros(FIRST_MICROS + micros).expect("in range")
}

/// A ledger without views: what is recorded is admitted only where a test asks for it.
#[derive(Default)]
struct Ledger {
    book: Book,
    records: Vec<(Uuid, Option<Record>)>,
}

impl Ledger {
    fn candidate(&self, name: &str, moment: Timestamp, data: Value) -> Candidate {
        let id = Uuid::from_u128(self.records.len() as u128 + 1);
        let draft = json!({
            "type": name, "occurred_at": moment.to_string(), "actor": "tester", "data": data,
        });
        let draft = Draft::from_value(draft).unwrap_or_else(|e| panic!("{name}: {e}"));
        decode(draft, id).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
    fn target(&self, candidate: &Candidate) -> Option<&Record> {
        let Event::System(System::EventVoided(e)) = &candidate.event else { return None };
        self.records
            .iter()
            .find(|(id, _)| *id == e.target.0)
            .and_then(|(_, record)| record.as_ref())
    }
    /// Judges an event, and counts the steps.
    fn judge(&self, candidate: &Candidate) -> (Result<(), Rejection>, u64) {
        let position = self.book.position().next();
        let clock = match candidate.event {
            // It is never told of an earlier time.
            Event::Access(_) => candidate.body.envelope.occurred_at,
            _ => Timestamp::from_micros(4_102_444_800_000_000).expect("2100 is a moment"),
        };
        let (target, event) = (self.target(candidate), &candidate.event);
        let (asks, asking) = steps::counted(|| Beforehand::asks_for(&self.book, event, target));
        let found = asks.then(|| self.found_out(candidate)).flatten();
        let beforehand = found.as_ref();
        let proposal = Proposal { candidate, position, clock, target, beforehand };
        let (verdict, steps) = steps::counted(|| admit(&self.book, &proposal));
        (verdict, asking + steps)
    }
    /// What the judge finds out, on a thread of its own: no cost of who answers writes.
    fn found_out(&self, candidate: &Candidate) -> Option<Beforehand> {
        let (families, position) = (self.book.families().clone(), self.book.position());
        families.publish(position);
        let known = Known::durable(families, position, None, self.book.assembly().clone());
        let at = candidate.body.envelope.occurred_at;
        let target = self.target(candidate);
        steps::uncounted(|| Beforehand::of(&known, &candidate.event, at, target))
    }
    /// Takes an event in, whatever the rules say, and counts the steps.
    fn take(&mut self, candidate: Candidate, keep: bool) -> u64 {
        let (position, voids) =
            (self.book.position().next(), self.target(&candidate).map(|record| record.position));
        let Candidate { id, body, event } = candidate;
        let record = Record {
            position,
            id,
            recorded_at: at(0, 0),
            envelope: body.envelope,
            version: body.version,
            voids,
            voucher: None,
            event,
        };
        let ((), steps) = steps::counted(|| self.book.apply(&record));
        self.records.push((id, keep.then_some(record)));
        steps
    }
    fn tell(&mut self, name: &str, moment: Timestamp, data: Value) {
        let candidate = self.candidate(name, moment, data);
        self.take(
            candidate,
            // What is voided, or comes before all that piles up.
            moment == piles::start()
                || name.starts_with("client.renamed")
                || name.starts_with("payment.allocated")
                || name.starts_with("deal.estimate"),
        );
    }
}

/// What one event cost.
struct Cost {
    name: &'static str,
    /// Whether something was found out beforehand.
    beforehand: bool,
    which: usize,
    /// To judge and to take it in at the end of the history, and to judge it in the middle.
    steps: [u64; 3],
}

/// Asks for every type at histories of so many facts of every kind.
fn costs(facts: usize) -> Vec<Cost> {
    let mut ledger = piles::piled(facts);
    let mut all = Vec::new();
    for event_type in EVENT_TYPES {
        let example =
            decode(Draft::from_value(event_type.example()).expect("a draft"), Uuid::from_u128(1))
                .expect("an event");
        for (which, data) in probes::probes(&example.event, facts, &ledger).into_iter().enumerate()
        {
            let middle = ledger.candidate(event_type.name, at(facts / 2, 55), data.clone());
            let back_dated = ledger.judge(&middle).1;
            let next = ledger.candidate(event_type.name, at(facts + 10, all.len()), data);
            let beforehand = Beforehand::asks_for(&ledger.book, &next.event, ledger.target(&next));
            let (verdict, judged) = ledger.judge(&next);
            assert_eq!(
                verdict,
                Ok(()),
                "{} {which} is no event that can follow {facts} facts",
                event_type.name
            );
            let taken = ledger.take(next, false);
            all.push(Cost {
                name: event_type.name,
                beforehand,
                which,
                steps: [judged, taken, back_dated],
            });
        }
    }
    all
}

/// The types that still cost more after a longer life, and why. Each is a debt, not a promise:
/// whoever mends one takes its row away, and whoever makes another grow sees it here.
const GROWS: &[(&str, &str)] = &[];

/// The types of which something is found out beforehand, beside who answers writes: that is linear
/// in what they name.
const BEFOREHAND: &[(&str, &str)] = &[
    ("event.voided", "what remains is judged whole"),
    ("stock.adjusted", "a loss with a value is held against what the costs of the item leave"),
];

#[test]
fn what_an_event_costs_does_not_depend_on_how_long_its_entity_has_lived() {
    let most: usize =
        std::env::var("SIJIL_GROWTH").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let (few, many) = (costs(10), costs(most));
    let tenfolds = (2..).take_while(|n| 10_usize.pow(*n) <= most).count() as u64;
    let let_grow = STEPS_LET + STEPS_EACH_TENFOLD * tenfolds;
    let (mut grown, mut told) = (BTreeSet::new(), Vec::new());
    for (few, many) in few.iter().zip(&many) {
        assert_eq!((few.name, few.which), (many.name, many.which));
        let grows = (0..3).any(|n| many.steps[n] > few.steps[n] + let_grow);
        if grows {
            grown.insert(few.name);
        }
        let mark = if grows { " GROWS" } else { "" };
        told.push(format!(
            "{} {}: judge, take, judge in the middle: {:?} steps at 10, {:?} at {most}{mark}",
            few.name, few.which, few.steps, many.steps
        ));
    }
    println!(
        "{} of {} event types cost the same at 10 and at {most} facts\n{}",
        EVENT_TYPES.len() - grown.len(),
        EVENT_TYPES.len(),
        told.join("\n")
    );
    let beforehand: BTreeSet<&str> =
        many.iter().filter(|cost| cost.beforehand).map(|cost| cost.name).collect();
    assert_eq!(beforehand, BEFOREHAND.iter().map(|(name, _)| *name).collect());
    let known: BTreeSet<&str> = GROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        grown.difference(&known).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "types that grow, and nobody knew"
    );
    assert_eq!(
        known.difference(&grown).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "types that grow no more: take their rows away"
    );
}
