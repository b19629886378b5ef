//! Oracle of the rules: may this event follow that history? Invariant: the naive judge replays the whole history from the drafts for every question, and knows neither book nor folds.

mod drafts;
mod naive;
mod planted;

use serde_json::Value;
use sijil_rules::{Book, Proposal, Rejection, admit};
use sijil_schemas::{
    Event, Record,
    decode::{Candidate, Draft, decode},
    event::System,
    time::Timestamp,
};
use uuid::Uuid;

use crate::trade::history::Random;
use naive::{Facts, Said};

/// Events proposed to each history, some of which are no good.
const PROPOSED: u64 = 160;
/// The clock: nothing may be dated a day after it.
const CLOCK: &str = "2025-07-01T00:00:00Z";

/// A judge from the book it is told and the drafts it is shown, either of them bent by a planted bug.
#[derive(Clone, Copy)]
struct Judge {
    name: &'static str,
    /// What becomes of a draft that was recorded before the book is told of it; false if the book is not told.
    told: fn(&mut Value) -> bool,
    /// What becomes of a draft before it is judged.
    shown: fn(&mut Value),
    /// Whether a fact that was recorded is looked at when an event of another date is judged.
    looks: Option<fn(&Value, &Value) -> bool>,
    /// What becomes of the verdict on a draft.
    says: fn(&Value, Result<(), Rejection>) -> bool,
}

const SOUND: Judge = Judge { name: "none", told: |_| true, shown: |_| (), looks: None, says: |_, verdict| verdict.is_ok() };

/// What a judge was told so far.
#[derive(Default)]
struct Heard {
    book: Book,
    records: Vec<Record>,
    count: usize,
}

impl Judge {
    /// Tells the book what was said since it was told last, as the bug has it.
    fn hear(&self, heard: &mut Heard, said: &[Said], draft: &Value) {
        for one in said.iter().skip(heard.count).filter(|one| self.looks.is_none_or(|looks| looks(&one.draft, draft))) {
            let mut told = one.draft.clone();
            if !(self.told)(&mut told) {
                continue;
            }
            let Candidate { id, body, event } = candidate(&told, one.id);
            let voids = target(&heard.records, &event).map(|record: &Record| record.position);
            if voids.is_none() && matches!(event, Event::System(_)) {
                continue;
            }
            let position = heard.book.position().next();
            let record = Record { position, id, recorded_at: Timestamp::MIN, envelope: body.envelope, version: body.version, voids, event };
            heard.book.apply(&record);
            heard.records.push(record);
        }
        heard.count = said.len();
    }
    /// Whether it admits a draft after what was said.
    fn admits(&self, heard: &mut Heard, said: &[Said], draft: &Value) -> bool {
        if self.looks.is_some() {
            *heard = Heard::default();
        }
        self.hear(heard, said, draft);
        let mut shown = draft.clone();
        (self.shown)(&mut shown);
        let candidate = candidate(&shown, Uuid::from_u128(u128::MAX));
        let (position, target) = (heard.book.position().next(), target(&heard.records, &candidate.event));
        let clock = CLOCK.parse().unwrap();
        (self.says)(draft, admit(&heard.book, &Proposal { candidate: &candidate, position, clock, target }))
    }
}

fn candidate(draft: &Value, id: Uuid) -> Candidate {
    let parsed = Draft::from_value(draft.clone()).unwrap_or_else(|e| panic!("{draft}: {e}"));
    decode(parsed, id).unwrap_or_else(|e| panic!("{draft}: {e}"))
}

fn target<'a>(records: &'a [Record], event: &Event) -> Option<&'a Record> {
    let Event::System(System::EventVoided(e)) = event else { return None };
    records.iter().find(|record| record.id == e.target.0)
}

/// The first draft of a history on which a judge and the naive one differ; else how many drafts were admitted and refused.
fn compare(seed: u64, judge: &Judge) -> Result<[usize; 2], String> {
    let (mut random, mut facts, mut heard, mut counts) = (Random::new(seed ^ 0x4A0C), Facts::default(), Heard::default(), [0, 0]);
    for draft in drafts::opening() {
        facts.say(draft);
    }
    for step in 0..PROPOSED {
        let draft = drafts::any(&mut random, &facts, step);
        let expected = facts.admits(&draft);
        let got = judge.admits(&mut heard, &facts.said, &draft);
        if got != expected.is_ok() {
            let naive = expected.err().unwrap_or("admitted");
            return Err(format!("history {seed}, draft {step}: {} is {naive}, and the judge says {got}", draft["type"].as_str().unwrap()));
        }
        match expected {
            Ok(()) => {
                facts.say(draft);
                counts[0] += 1;
            }
            Err(_) => counts[1] += 1,
        }
    }
    Ok(counts)
}

#[test]
fn the_rules_agree_with_the_naive_judge() {
    let (mut admitted, mut refused) = (0, 0);
    for seed in 0..40 {
        let [yes, no] = compare(seed, &SOUND).unwrap_or_else(|difference| panic!("SEED={seed} {difference}"));
        (admitted, refused) = (admitted + yes, refused + no);
    }
    println!("the naive judge of the rules: {admitted} drafts admitted, {refused} refused, by both alike");
    assert!(admitted > 800 && refused > 800, "{admitted} admitted, {refused} refused: a generator that reaches nothing proves nothing");
}
