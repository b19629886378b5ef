//! What is found out beforehand, against what is found out where it is decided. Invariant: on any
//! history, at any two positions of it, an answer that bears all that came in between is the one
//! that the rules give without it.

use serde_json::{Value, json};
use sijil_projections::Known;
use sijil_rules::{Beforehand, Book, Proposal, Trace, admit};
use sijil_schemas::{
    Event, Record,
    decode::{Candidate, Draft, decode},
    event::Stock,
    time::Timestamp,
};
use uuid::Uuid;

use crate::{restating::world, trade::history::Random};

const HISTORIES: u64 = 96;
/// Events asked for at each of the positions of a history.
const ASKED: u64 = 24;
const PLACES: u64 = 3;

fn candidate(name: &str, at: Timestamp, data: Value) -> Candidate {
    let draft = json!({
        "type": name, "occurred_at": at.to_string(), "actor": "tester", "data": data,
    });
    decode(Draft::from_value(draft).unwrap(), Uuid::from_u128(u128::MAX)).unwrap()
}

/// The void of a record, or the loss of some of what it moved, with a value.
fn asked(record: &Record, loses: bool, random: &mut Random) -> (Candidate, Option<Record>) {
    let at = record.occurred_at();
    match &record.event {
        Event::Stock(Stock::GoodsReceived(e)) if loses => {
            let value = random.below(60).to_string();
            let data = json!({
                "adjustment": "lost", "item": e.item, "warehouse": e.warehouse, "delta": "-1",
                "value": {"amount": value, "currency": "EUR"}, "reason": "lost",
            });
            (candidate("stock.adjusted", at, data), None)
        }
        _ => {
            let data = json!({"target": record.id, "reason": "wrong"});
            (candidate("event.voided", at, data), Some(record.clone()))
        }
    }
}

/// What is durable of a book, up to its last position.
fn durable(book: &Book) -> Known {
    book.families().publish(book.position());
    let assembly = book.assembly().clone();
    Known::durable(book.families().clone(), book.position(), None, assembly)
}

fn verdict(
    book: &Book,
    (candidate, target): &(Candidate, Option<Record>),
    beforehand: Option<&Beforehand>,
) -> String {
    let clock = "2100-01-01T00:00:00Z".parse().unwrap();
    let (position, target) = (book.position().next(), target.as_ref());
    format!("{:?}", admit(book, &Proposal { candidate, position, clock, target, beforehand }))
}

#[test]
fn what_is_found_out_beforehand_is_what_is_found_where_it_is_decided() {
    let (mut borne, mut outrun, mut barred, mut lost) = (0, 0, 0, 0);
    for seed in 0..HISTORIES {
        let (records, mut random) = (world(seed).records, Random::new(seed));
        let count = records.len() as u64;
        for place in 1..=PLACES {
            let at = place * count / (PLACES + 1);
            let after = (at + random.below(9)).min(count);
            let mut book = Book::default();
            let mut told = records.iter();
            told.by_ref().take(at as usize).for_each(|record| book.apply(record));
            let known = durable(&book);
            let questions: Vec<_> = (0..ASKED)
                .map(|n| asked(&records[random.below(at) as usize], n % 3 == 0, &mut random))
                .collect();
            let find = |(of, target): &(Candidate, Option<Record>)| {
                let at = of.body.envelope.occurred_at;
                Beforehand::of(&known, &of.event, at, target.as_ref())
            };
            // Now and then while the writer goes on: it sees no more.
            let before: Vec<_> = questions.iter().map(find).collect();
            let mut traces = Vec::new();
            for record in told.take((after - at) as usize) {
                book.apply(record);
                traces.push(Trace::of(record, record.touched()));
            }
            let meanwhile: Vec<_> = questions.iter().map(find).collect();
            assert_eq!(before, meanwhile, "seed {seed}: {at} is what it was");
            for (question, found) in questions.iter().zip(&before) {
                let Some(found) = found else { continue };
                if !traces.iter().all(|trace| found.bears(trace)) {
                    outrun += 1;
                    continue;
                }
                let plain = verdict(&book, question, None);
                assert_eq!(
                    verdict(&book, question, Some(found)),
                    plain,
                    "seed {seed}: {question:?}"
                );
                borne += 1;
                barred += u64::from(plain.contains("HasDependants"));
                lost += u64::from(question.1.is_none());
            }
        }
    }
    println!(
        "{borne} of {} answers found out beforehand bore what came: {barred} voids were barred, \
         {lost} were losses; {outrun} were outrun",
        borne + outrun
    );
    assert!(borne > 1_500 && outrun > 1_500 && barred > 300 && lost > 30);
}
