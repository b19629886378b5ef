//! Records and batches for tests. Invariant: a record is a function of its number, so any two logs
//! of the same numbers are equal.

use std::sync::Arc;

use sijil_log::{Batch, Entry, ReadError, ReadLimit, Reader, Touched, Writer, entity_hash};
use sijil_schemas::{
    id::{EntityRef, Kind},
    record::{Position, StoredRecord},
};
use uuid::Uuid;

/// Microseconds between two records; every third shares its time with the one before.
pub(crate) const TICK: i64 = 1_000_000;
/// The time of record zero.
pub(crate) const START: i64 = 1_700_000_000_000_000;

pub(crate) const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

pub(crate) fn deal(number: u64) -> EntityRef {
    EntityRef::new(Kind::Deal, &format!("D-{number}")).unwrap()
}

pub(crate) fn client(number: u64) -> EntityRef {
    EntityRef::new(Kind::Client, &format!("C-{number}")).unwrap()
}

/// The event id of record `number`.
pub(crate) fn id(number: u64) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_le_bytes())
}

pub(crate) fn recorded_at(number: u64) -> i64 {
    let number = i64::try_from(number).unwrap();
    START + (number - i64::from(number % 3 == 0)) * TICK
}

/// Record `number` touches deal `number` mod 7 and client `number` mod 3.
pub(crate) fn entities(number: u64) -> Vec<EntityRef> {
    vec![deal(number % 7), client(number % 3)]
}

pub(crate) fn record(number: u64) -> StoredRecord {
    record_saying(number, &"x".repeat(usize::try_from(number * 37 % 91).unwrap()))
}

pub(crate) fn record_saying(number: u64, text: &str) -> StoredRecord {
    let mut public = vec![1];
    public.extend(number.to_le_bytes());
    public.extend(recorded_at(number).to_le_bytes());
    public.extend(recorded_at(number).to_le_bytes());
    public.extend([7, 0, 1]);
    public.extend(id(number).as_bytes());
    public.push(0);
    let names: Vec<String> = entities(number).iter().map(ToString::to_string).collect();
    public.extend(names.join(" ").bytes());
    public.extend(format!(" {text}").bytes());
    let personal = if number.is_multiple_of(5) {
        format!("personal {number}").into_bytes()
    } else {
        Vec::new()
    };
    StoredRecord { public: public.into(), personal: personal.into() }
}

/// What [`record`] touches, read from its bytes.
pub(crate) fn touched() -> Touched {
    Arc::new(|stored| {
        let text = stored.public.get(45..).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let text = text.ok_or_else(|| ReadError::Undecodable {
            position: stored.position(),
            why: "no text".into(),
        })?;
        Ok(text.split(' ').filter_map(|word| word.parse().ok()).collect())
    })
}

pub(crate) fn entry(record: StoredRecord) -> Entry {
    let touched = touched()(&record).unwrap().iter().map(entity_hash).collect();
    Entry { record, touched }
}

/// The records of these numbers as a batch.
pub(crate) fn batch(numbers: impl IntoIterator<Item = u64>) -> Batch {
    Batch { entries: numbers.into_iter().map(|number| entry(record(number))).collect() }
}

/// Appends records up to `last`, in batches of 1, 2, 3 … 5 records.
pub(crate) fn fill(writer: &mut dyn Writer, from: u64, last: u64) {
    let mut at = from;
    while at < last {
        let count = (at % 5 + 1).min(last - at);
        writer.append(Position::new(at), &batch(at + 1..=at + count)).unwrap();
        at += count;
    }
}

/// Asserts that the log holds exactly records 1 to `last`.
pub(crate) fn holds(reader: &dyn Reader, last: u64) {
    assert_eq!(reader.head().unwrap().position, Position::new(last));
    let found = reader.read(Position::ZERO, EVERYTHING).unwrap();
    let expected: Vec<StoredRecord> = (1..=last).map(record).collect();
    assert_eq!(found.len(), expected.len());
    assert_eq!(found, expected);
}
