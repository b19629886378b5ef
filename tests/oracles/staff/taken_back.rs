//! Taking back: what the columns of staff took in and took back leaves nothing behind.

use std::sync::Arc;

use serde_json::json;
use sijil_facts::Ids;
use sijil_projections::{Cut, Fold, Lens, Side, Voids, staff::Staff};
use sijil_schemas::{Position, Record};

use super::history::{Dice, make};

/// A random history, with a measure and a target of the company's own.
fn records(seed: u64, own: &str, department: &str) -> Vec<Record> {
    let (mut world, _) = make(&mut Dice(seed));
    let mut say = |event: &str, data: serde_json::Value| {
        world.record(event, "2025-02-01T09:00:00Z", data).unwrap_or_else(|e| panic!("{event}: {e}"))
    };
    say("kpi.defined", json!({"kpi": own, "metric": "claims", "unit": "count", "better": "down"}));
    let period = json!({"first": "2025-01-01", "last": "2025-03-31"});
    let scope = json!({"department": department});
    say(
        "target.set",
        json!({"target": own, "scope": scope, "metric": own, "period": period, "value": "7"}),
    );
    world.records
}

/// Takes records in, from a position on.
fn take<'r>(
    (staff, ids): (&Staff, &Ids),
    records: impl IntoIterator<Item = &'r Record>,
    from: u64,
) -> Position {
    let mut last = Position::new(from);
    for record in records {
        last = last.next();
        let record = Record { position: last, ..record.clone() };
        for entity in record.touched() {
            ids.intern(&entity, last);
        }
        staff.take(&record);
    }
    last
}

/// The bytes are those of a straight run, and the durable side comes to say what was decided.
#[test]
fn what_staff_takes_back_leaves_nothing() {
    for seed in 0..40 {
        let (kept, lost) =
            (records(seed, "own", "sales/far/east"), records(seed + 1_000, "lost", "sales/lost"));
        let half = kept.len() * 2 / 3;
        let staff = || {
            let (mut staff, ids) = (Staff::default(), Arc::new(Ids::default()));
            staff.link(&ids);
            (staff, ids)
        };
        let (bent, bent_ids) = staff();
        let end = take((&bent, &bent_ids), &kept[..half], 0);
        bent.publish(end);
        take((&bent, &bent_ids), lost.iter().rev().chain(&lost), end.get());
        assert!(bent.find_word("lost").is_some(), "SEED={seed}");
        bent_ids.truncate(end);
        bent.truncate(end);
        let last = take((&bent, &bent_ids), &kept[half..], end.get());

        let (straight, straight_ids) = staff();
        take((&straight, &straight_ids), &kept, 0);
        assert_eq!(*bent_ids, *straight_ids, "SEED={seed}");
        assert_eq!(bent.to_bytes(), straight.to_bytes(), "SEED={seed}");
        assert_eq!(bent.find_word("lost"), None, "SEED={seed}");

        let voids = Voids::default();
        let decided = Lens::new(Cut::all(), &voids);
        let durable = Lens { side: Side::Durable, ..decided };
        assert!(bent.targets(durable).len() < bent.targets(decided).len(), "SEED={seed}");
        bent.publish(last);
        for lens in [decided, durable] {
            assert_eq!(bent.targets(lens), straight.targets(decided), "SEED={seed}");
            assert_eq!(bent.kpis(lens), straight.kpis(decided), "SEED={seed}");
            assert!(bent.placed(lens).eq(straight.placed(decided)), "SEED={seed}");
        }
    }
}
