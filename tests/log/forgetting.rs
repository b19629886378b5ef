//! Personal bytes taken out of a log in Postgres. Invariant: what was taken out is in no row, no
//! dump and no file of the table; the rest is as it was.

use std::{fs, path::Path};

use sijil_log::{
    Batch, Entry,
    mirror::{End, SharedLog},
    postgres::PostgresLog,
    tree::{Frontier, empty_root, leaf},
};
use sijil_peers::Postgres;
use sijil_schemas::{StoredRecord, record::Position};

use crate::alone::kept;

/// Records of a log: every other one longer than what a row keeps in its page.
const RECORDS: u64 = 240;
/// Those that are to be forgotten: the first and the last of the table, neighbours, and long ones.
const FORGOTTEN: [u64; 8] = [1, 2, 60, 61, 62, 119, 239, 240];

fn canary(number: u64) -> String {
    format!("Canary-{number:05}-Quillon")
}

/// A record that says its canary, with what does not compress behind it if it is long.
fn telling(number: u64) -> StoredRecord {
    let mut text = canary(number);
    let mut state = number;
    while number.is_multiple_of(2) && text.len() < 5_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        text.push(char::from(
            b"-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                [(state >> 58) as usize],
        ));
    }
    let example = include_str!("../../schemas/json/interaction.recorded/v2.example.json");
    let said = "\"text\": \"";
    let (before, after) = example.split_once(said).unwrap();
    let (_, after) = after.split_once('"').unwrap();
    kept(number, &format!("{before}{said}{text}\"{after}"))
}

/// The files below a directory that hold some bytes.
fn holding(dir: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        // A server removes files while they are looked at.
        } else if let Ok(read) = fs::read(&path)
            && read.windows(bytes.len()).any(|window| window == bytes)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

/// A server with a log of its own in a database, and what is in it.
fn filled() -> Option<(Postgres, PostgresLog, Vec<StoredRecord>)> {
    let server = Postgres::start()?;
    let log = PostgresLog::connect(&server.database("books").parse().unwrap(), true).unwrap();
    let records: Vec<StoredRecord> = (1..=RECORDS).map(telling).collect();
    let entries =
        records.iter().map(|record| Entry { record: record.clone(), touched: Vec::new() });
    let mut tree = Frontier::default();
    records.iter().for_each(|record| tree.push(leaf(&record.public)));
    let nothing = End { position: Position::ZERO, root: Some(empty_root()), last: None };
    let batch = Batch { entries: entries.collect() };
    log.append(&nothing, &batch, &tree.root()).unwrap();
    Some((server, log, records))
}

fn all(log: &PostgresLog) -> Vec<StoredRecord> {
    let mut found = Vec::<StoredRecord>::new();
    loop {
        let page = log.page(Position::new(found.len() as u64)).unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

fn without(records: &[StoredRecord], numbers: &[u64]) -> Vec<StoredRecord> {
    let of = |number: &u64| &records[usize::try_from(*number).unwrap() - 1];
    numbers.iter().map(|number| of(number).without_parts(&[0]).unwrap().0).collect()
}

#[test]
fn what_is_forgotten_is_in_no_row_no_dump_and_no_file_of_the_table() {
    let Some((server, log, records)) = filled() else { return };
    let end = log.end().unwrap();
    server.sql("books", "CHECKPOINT");
    let tables = server.directory().join("base");
    for number in FORGOTTEN {
        assert!(!holding(&tables, canary(number).as_bytes()).is_empty(), "{number} is not there");
    }
    let left = without(&records, &FORGOTTEN);
    log.forget(&left).unwrap();
    server.sql("books", "CHECKPOINT");
    let dump = server.dump("books");
    // As bytes are written in a dump.
    let written =
        |number| -> String { canary(number).bytes().map(|byte| format!("{byte:02x}")).collect() };
    let mut in_wal = 0;
    for number in 1..=RECORDS {
        let is_kept = !FORGOTTEN.contains(&number);
        assert_eq!(dump.contains(&written(number)), is_kept, "{number} in a dump");
        if !is_kept {
            let found = holding(&tables, canary(number).as_bytes());
            assert_eq!(found, Vec::<String>::new(), "{number} in files");
            let wal = server.directory().join("pg_wal");
            in_wal += usize::from(!holding(&wal, canary(number).as_bytes()).is_empty());
        }
    }
    println!("forgotten: {}, of which {in_wal} are still in the write-ahead log", FORGOTTEN.len());
    let mut expected = records.clone();
    for one in &left {
        let at = usize::try_from(one.position().get()).unwrap() - 1;
        expected[at] = one.clone();
    }
    assert_eq!(all(&log), expected);
    assert_eq!(log.end().unwrap(), end);
    // Again, and by somebody whose copy has more than the log: nothing comes back.
    log.forget(&left).unwrap();
    log.forget(&records[..3]).unwrap();
    assert_eq!(all(&log), expected);
}

#[test]
fn of_another_record_nothing_is_taken() {
    let Some((server, log, records)) = filled() else { return };
    let mut left = without(&records, &[3, 5]);
    let other = records[6].without_parts(&[0]).unwrap().0;
    // It stands at position 7, and says that it is another.
    let mut public = other.public.clone();
    public[30] ^= 1;
    left.push(StoredRecord { public, ..other });
    let refused = log.forget(&left).unwrap_err().to_string();
    assert!(refused.contains("record 7") && refused.contains("nothing was taken"), "{refused}");
    left.pop();
    left.push(telling(RECORDS + 1).without_parts(&[0]).unwrap().0);
    let refused = log.forget(&left).unwrap_err().to_string();
    assert!(refused.contains(&format!("record {}", RECORDS + 1)), "{refused}");
    assert_eq!(all(&log), records);
    // Bytes of a part that are not those it was recorded with are no reason to take it.
    let mut flipped = records[3].clone();
    flipped.personal[20] ^= 1;
    assert!(log.forget(&[flipped]).is_err());
    assert_eq!(all(&log), records);
    // Somebody still looks at what was there before: it is not gone, and that is said.
    let url = server.url().replace("/postgres", "/books");
    let mut looking = ::postgres::Client::connect(&url, ::postgres::NoTls).unwrap();
    looking
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM sijil.record")
        .unwrap();
    let refused = log.forget(&without(&records, &[3])).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock, "{refused}");
    looking.batch_execute("COMMIT").unwrap();
    log.forget(&without(&records, &[3])).unwrap();
}
