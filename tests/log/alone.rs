//! A record read alone, without its batch. Invariant: what is served is what was written, to the
//! last byte of its personal parts, or it is refused.

use std::path::Path;

use sijil_log::{Batch, Entry, ReadLimit, Reader, Writer};
use sijil_schemas::{
    StoredRecord,
    decode::{decode, draft_from_slice},
    record::{Position, SALT_BYTES, Stamp},
    time::Timestamp,
};
use sijil_simulation::disk::SimulatedDisk;
use uuid::Uuid;

use crate::reopening::{open_sound, segments};

/// Examples of events, the second with a personal part.
const EXAMPLES: [&str; 3] = [
    include_str!("../../schemas/json/exchange_rate.set/v1.example.json"),
    include_str!("../../schemas/json/client.registered/v1.example.json"),
    include_str!("../../schemas/json/deal.put_on_hold/v1.example.json"),
];

/// A record as a ledger keeps it.
pub(crate) fn kept(number: u64, example: &str) -> StoredRecord {
    let stamp = Stamp {
        position: Position::new(number),
        recorded_at: Timestamp::from_micros(1_750_000_000_000_000).unwrap(),
        voids: None,
        salt: [7; SALT_BYTES],
        voucher: None,
    };
    decode(draft_from_slice(example.as_bytes()).unwrap(), Uuid::nil())
        .unwrap()
        .keep(&stamp)
        .unwrap()
        .1
}

fn alone(reader: &dyn Reader, number: u64) -> Option<StoredRecord> {
    reader.read(Position::new(number), ReadLimit { records: 1, bytes: 1 }).ok()?.pop()
}

/// Where these bytes stand in the file.
fn place(disk: &SimulatedDisk, path: &Path, bytes: &[u8]) -> usize {
    disk.bytes(path).windows(bytes.len()).position(|window| window == bytes).unwrap()
}

#[test]
fn a_record_read_alone_is_whole_or_refused() {
    let disk = SimulatedDisk::new();
    let (mut writer, reader) = open_sound(&disk);
    let records: Vec<StoredRecord> =
        (1..).zip(EXAMPLES).map(|(number, example)| kept(number, example)).collect();
    assert_eq!(
        records.iter().map(StoredRecord::is_all_public).collect::<Vec<_>>(),
        [true, false, true]
    );
    let entries = records
        .iter()
        .map(|record| Entry { record: record.clone(), touched: Vec::new() })
        .collect();
    writer.append(Position::ZERO, &Batch { entries }).unwrap();
    let path = segments(&disk).pop().unwrap();
    let served = || (1..=3).map(|number| alone(&reader, number)).collect::<Vec<_>>();
    assert_eq!(served(), records.iter().cloned().map(Some).collect::<Vec<_>>());
    assert_eq!(alone(&reader, 4), None);

    // Each byte of each record, its lengths among them: that record is refused. One with a personal
    // part is refused whatever is wrong with its batch.
    for (n, record) in records.iter().enumerate() {
        let lengths = place(&disk, &path, &record.public) - 4;
        for at in lengths..lengths + 4 + record.public.len() + record.personal.len() {
            disk.change(&path, |bytes| bytes[at] ^= 0x01);
            let found = served();
            assert_eq!(found[n], None, "byte {} of record {}", at - lengths, n + 1);
            assert_eq!(
                found[1],
                None,
                "the personal part, where byte {} of record {} is wrong",
                at - lengths,
                n + 1
            );
            let wrong = found
                .iter()
                .zip(&records)
                .filter(|(found, record)| found.as_ref().is_some_and(|found| found != *record))
                .count();
            assert_eq!(wrong, 0, "byte {} of record {}", at - lengths, n + 1);
            disk.change(&path, |bytes| bytes[at] ^= 0x01);
        }
    }

    // A personal part that is cut off: nothing public is wrong, and yet the record is not whole.
    let lengths = place(&disk, &path, &records[1].public) - 4;
    disk.change(&path, |bytes| bytes[lengths + 2..lengths + 4].fill(0));
    assert_eq!(served(), [Some(records[0].clone()), None, None]);
}
