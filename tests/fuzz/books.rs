//! Logs and snapshots of any bytes, on a simulated disk. Invariant: what is not as it was written
//! is reported or left out; it is never served, and never believed.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use sijil_ledger::{Atomicity, Request};
use sijil_log::ReadLimit;
use sijil_projections::{Families, Known};
use sijil_schemas::{Position, StoredRecord, decode::drafts_from_slice};
use sijil_simulation::world::{DIR, House};

/// A small ledger as it lies on the disk: its house, its records, the digests of its folds.
struct Books {
    house: House,
    segments: Vec<PathBuf>,
    records: Vec<StoredRecord>,
    digests: Vec<[u8; 32]>,
}

const CHAPTERS: &[&str] = &[
    r#"[{"type":"ledger.opened","occurred_at":"2025-01-01T00:00:00Z","data":{"company":"acme",
       "time_zone":"Europe/Berlin","base_currency":"EUR"}}]"#,
    r#"[{"type":"client.registered","occurred_at":"2025-01-02T00:00:00Z","data":{"client":"C1",
       "name":"Buyer","kind":"org"}},{"type":"bank_account.opened",
       "occurred_at":"2025-01-02T00:00:00Z","data":{"bank_account":"bank","currency":"EUR"}}]"#,
    r#"[{"type":"invoice.issued","occurred_at":"2025-01-10T09:00:00Z","data":{"invoice":"I1",
       "client":"C1","due_on":"2025-01-31","total":{"amount":"100.00","currency":"EUR"},
       "lines":[{"line":"1","text":"chair","qty":"1","price":"100","net":"100","tax":"0"}]}}]"#,
    r#"[{"type":"payment.received","occurred_at":"2025-02-20T10:00:00Z","data":{"payment":"P1",
       "client":"C1","amount":{"amount":"60.01","currency":"EUR"},"bank_account":"bank"}},
       {"type":"payment.allocated","occurred_at":"2025-02-20T10:00:00Z","data":{"payment":"P1",
       "invoice":"I1","amount":"60.01"}}]"#,
];

fn digests(views: &Known) -> Vec<[u8; 32]> {
    Families::FOLDS.iter().filter_map(|fold| views.digest(fold)).collect()
}

fn read_all(reader: &dyn sijil_log::Reader) -> Option<Vec<StoredRecord>> {
    let (mut all, mut from) = (Vec::new(), Position::new(1));
    loop {
        let page = reader.read(from, ReadLimit::SCAN).ok()?;
        let Some(last) = page.last() else { return Some(all) };
        from = last.position().next();
        all.extend(page);
    }
}

fn books() -> &'static Books {
    static BOOKS: OnceLock<Books> = OnceLock::new();
    BOOKS.get_or_init(|| {
        let house = House::new(2);
        let Ok(mut running) = house.open() else { unreachable!("an empty disk opens") };
        for chapter in CHAPTERS {
            let Ok(drafts) = drafts_from_slice(chapter.as_bytes()) else {
                unreachable!("the chapters are drafts")
            };
            let request =
                Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Together };
            assert!(running.record(request).is_ok(), "the chapters are recorded");
        }
        running.settle();
        let records = read_all(&*running.reader).unwrap_or_default();
        let digests = digests(&running.ledger.views());
        running.stop();
        let segments = house.disk.files(&Path::new(DIR).join("log"));
        assert!(records.len() == 6 && !segments.is_empty(), "the books are written");
        Books { house, segments, records, digests }
    })
}

/// Edits of a small log, five bytes each: where (in 64ths of the written part, then bytes), and
/// what stands there instead; or, after a first byte of 255, a whole segment.
///
/// What is then read is a beginning of what was recorded, or the log says that it is damaged.
pub fn segment(bytes: &[u8]) {
    let books = books();
    let house = books.house.on(books.house.disk.copy());
    let Some(path) = books.segments.first() else { return };
    let whole = bytes.first() == Some(&255);
    house.disk.change(path, |stored| {
        if whole {
            *stored = bytes[1..].to_vec();
        } else {
            for edit in bytes.chunks_exact(5) {
                let at = usize::try_from(u32::from_le_bytes([edit[0], edit[1], edit[2], edit[3]]))
                    .unwrap_or(0);
                let length = stored.len().max(1);
                if let Some(byte) = stored.get_mut(at % length) {
                    *byte = edit[4];
                }
            }
        }
    });
    drop(house.verify());
    let Ok(running) = house.open() else { return };
    if let Some(read) = read_all(&*running.reader) {
        let beginning = read.len() <= books.records.len()
            && read.iter().zip(&books.records).all(|(a, b)| a == b);
        assert!(
            whole || beginning,
            "records that were never recorded are served: {} of them",
            read.len()
        );
        let cut_short = read.len() < books.records.len()
            && running.report.damage.is_empty()
            && running.report.torn.is_none();
        assert!(
            whole || !cut_short || read.is_empty() || is_untouched(&house, books),
            "{} of {} records, and nothing is said of the rest",
            read.len(),
            books.records.len()
        );
    }
    running.stop();
}

/// Whether the disk is as it was: then nothing need be said.
fn is_untouched(house: &House, books: &Books) -> bool {
    books.segments.iter().all(|path| house.disk.bytes(path) == books.house.disk.bytes(path))
}

/// Any bytes as the snapshot of a fold, the first saying which: the folds are what a rebuild makes.
pub fn snapshot(bytes: &[u8]) {
    let [which, rest @ ..] = bytes else { return };
    let books = books();
    let house = books.house.on(books.house.disk.copy());
    let folds = Families::FOLDS;
    let fold = folds[usize::from(*which) % folds.len()];
    house
        .disk
        .put(&Path::new(DIR).join("snapshots").join(format!("{fold}.snapshot")), rest.to_vec());
    let Ok(running) = house.open() else { panic!("a snapshot keeps a ledger from opening") };
    assert_eq!(
        digests(&running.ledger.views()),
        books.digests,
        "a snapshot of {fold} was believed"
    );
    running.stop();
}
