//! Planted bugs in folds and reports: what a fold is given, at which clocks it is asked, and what a
//! table says, each bent in one way. Invariant: a bug is caught only by a comparison that passes
//! without it; none of them is reachable from the production code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value as Json, json};
use sijil_projections::{
    Cut, Views,
    report::{Behind, Cell, Parts, Table, Value},
};
use sijil_schemas::{
    Event, Position, Record,
    decode::{Draft, decode},
    time::Timestamp,
};

use super::explained;
use crate::{
    deals, staff, stock, trade,
    world::{Bend, World},
};

/// A bug.
#[derive(Clone, Copy)]
struct Bug {
    name: &'static str,
    /// What the folds are given instead of the records.
    records: fn(&[Record]) -> Vec<Record>,
    /// What becomes of the clocks and of the table.
    bend: Bend,
}

const SOUND: Bug = Bug {
    name: "none",
    records: <[Record]>::to_vec,
    bend: Bend { cut: |cut| cut, table: |table| table },
};

fn fold_bug(name: &'static str, records: fn(&[Record]) -> Vec<Record>) -> Bug {
    Bug { name, records, ..SOUND }
}
fn clock_bug(name: &'static str, cut: fn(Cut) -> Cut) -> Bug {
    Bug { name, bend: Bend { cut, ..SOUND.bend }, ..SOUND }
}
fn table_bug(name: &'static str, table: fn(Table) -> Table) -> Bug {
    Bug { name, bend: Bend { table, ..SOUND.bend }, ..SOUND }
}

/// Every 13th record.
fn unlucky(record: &Record) -> bool {
    record.position.get().is_multiple_of(13)
}

fn moved(record: &Record, micros: i64) -> Record {
    let mut record = record.clone();
    record.envelope.occurred_at =
        Timestamp::from_micros(record.occurred_at().micros() + micros).unwrap();
    record
}

/// The records, with other data in events of some types.
fn retold(records: &[Record], types: &[&str], change: fn(&mut Json)) -> Vec<Record> {
    let retell = |record: &Record| {
        let name = record.event.event_type().name;
        if !types.contains(&name) {
            return record.clone();
        }
        let mut data = record.event.data().unwrap();
        change(&mut data);
        let draft = json!({
            "type": name, "occurred_at": record.occurred_at().to_string(),
            "actor": record.envelope.actor.to_string(), "data": data,
        });
        Record {
            event: decode(Draft::from_value(draft).unwrap(), record.id).unwrap().event,
            ..record.clone()
        }
    };
    records.iter().map(retell).collect()
}

/// The values of a table, each changed.
fn each_value(mut table: Table, change: fn(&Value) -> Option<Value>) -> Table {
    for cell in table.rows.iter_mut().flatten() {
        if let Some(value) = change(&cell.value) {
            cell.value = value;
        }
    }
    table
}

fn halves(records: &[Record]) -> Vec<Record> {
    let mut latest = Timestamp::MIN;
    let keep = |record: &&Record| {
        let late = record.occurred_at() < latest;
        latest = latest.max(record.occurred_at());
        !late || record.voids.is_some()
    };
    records.iter().filter(keep).cloned().collect()
}

fn dated_by_recording(records: &[Record]) -> Vec<Record> {
    let mut latest = Timestamp::MIN;
    let date = |record: &Record| {
        latest = latest.max(record.occurred_at());
        let mut record = record.clone();
        record.envelope.occurred_at = latest;
        record
    };
    records.iter().map(date).collect()
}

fn swapped(records: &[Record]) -> Vec<Record> {
    let mut records = records.to_vec();
    let fixed = |record: &Record| {
        record.voids.is_some()
            || matches!(record.event, Event::System(_))
            || record.occurred_at().micros() < 1_735_689_600_000_000
    };
    for n in 1..records.len() {
        if unlucky(&records[n]) && !fixed(&records[n]) && !fixed(&records[n - 1]) {
            let (one, other) = (records[n - 1].position, records[n].position);
            (records[n - 1].position, records[n].position) = (other, one);
            records.swap(n - 1, n);
        }
    }
    records
}

fn voids_the_neighbour(records: &[Record]) -> Vec<Record> {
    let neighbour = |record: &Record| {
        let voids = record.voids.map(|target| Position::new(target.get().saturating_sub(1).max(1)));
        Record { voids, ..record.clone() }
    };
    records.iter().map(neighbour).collect()
}

fn without(records: &[Record], name: &str) -> Vec<Record> {
    records.iter().filter(|record| record.event.event_type().name != name).cloned().collect()
}

fn number(
    data: &mut Json,
    field: &str,
    change: impl Fn(rust_decimal::Decimal) -> rust_decimal::Decimal,
) {
    if let Some(value) = data.get(field).and_then(Json::as_str).and_then(|text| text.parse().ok()) {
        data[field] = json!(change(value).to_string());
    }
}

/// The cells of a table that are sums, row by row.
fn sums(table: &mut Table) -> impl Iterator<Item = Vec<&mut Cell>> {
    let is_sum = |cell: &&mut Cell| {
        matches!(
            cell.why.as_deref(),
            Some(Behind::Sum(parts)) if parts.positions().next().is_some()
        )
    };
    table.rows.iter_mut().map(move |row| row.iter_mut().filter(is_sum).collect())
}

/// Every planted bug.
fn bugs() -> Vec<Bug> {
    [bugs_of_folds(), bugs_of_clocks(), bugs_of_tables()].concat()
}

fn bugs_of_folds() -> Vec<Bug> {
    vec![
        fold_bug("drops a record", |records| {
            records.iter().filter(|record| !unlucky(record)).cloned().collect()
        }),
        fold_bug("drops the last record", |records| records[..records.len() - 1].to_vec()),
        fold_bug("applies a record twice", |records| {
            records
                .iter()
                .flat_map(|record| vec![record.clone(); 1 + usize::from(unlucky(record))])
                .collect()
        }),
        fold_bug("swaps two records", swapped),
        fold_bug("ignores voids", |records| {
            records.iter().filter(|record| record.voids.is_none()).cloned().collect()
        }),
        fold_bug("voids the neighbour", voids_the_neighbour),
        fold_bug("leaves out what is back-dated", halves),
        fold_bug("dates by the order of recording", dated_by_recording),
        fold_bug("is an hour late", |records| {
            records.iter().map(|record| moved(record, 3_600_000_000)).collect()
        }),
        fold_bug("averages where it should take layers", |records| {
            retold(records, &["item.registered"], |data| data["costing"] = json!("average"))
        }),
        fold_bug("takes layers where it should average", |records| {
            retold(records, &["item.registered"], |data| data["costing"] = json!("fifo"))
        }),
        fold_bug("forgets what is left of an allocation", |records| {
            retold(records, &["payment.allocated"], |data| {
                number(data, "amount", |amount| {
                    amount.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::AwayFromZero)
                });
            })
        }),
        fold_bug("forgets write-offs", |records| without(records, "invoice.written_off")),
        fold_bug("forgets reversals", |records| without(records, "payment.reversed")),
        fold_bug("forgets that a deal was opened again", |records| {
            without(records, "deal.reopened")
        }),
        fold_bug("forgets that an order was cancelled", |records| {
            without(records, "order.cancelled")
        }),
        fold_bug("forgets what was taken from a reservation", |records| {
            retold(records, &["goods.issued"], |data| {
                drop(data.as_object_mut().and_then(|fields| fields.remove("reservation")));
            })
        }),
        fold_bug("forgets what goods turned out to cost", |records| {
            without(records, "receipt.cost_adjusted")
        }),
        fold_bug("forgets what goods were billed at", |records| without(records, "bill.received")),
        fold_bug("forgets what a loss was worth", |records| {
            retold(records, &["stock.adjusted"], |data| {
                if data["delta"].as_str().is_some_and(|delta| delta.starts_with('-')) {
                    drop(data.as_object_mut().and_then(|fields| fields.remove("value")));
                }
            })
        }),
        fold_bug("forgets merges", |records| without(records, "client.merged")),
    ]
}

fn bugs_of_clocks() -> Vec<Bug> {
    vec![
        clock_bug("ignores known_at", |cut| Cut { known_at: Cut::all().known_at, ..cut }),
        clock_bug("ignores as_of", |cut| Cut { before: Cut::all().before, ..cut }),
        clock_bug("leaves out the last position", |cut| Cut {
            known_at: Position::new(cut.known_at.get().saturating_sub(1)),
            ..cut
        }),
        clock_bug("leaves out the last day", |cut| Cut {
            before: Timestamp::from_micros(cut.before.micros() - 86_400_000_000)
                .unwrap_or(cut.before),
            ..cut
        }),
    ]
}

fn bugs_of_tables() -> Vec<Bug> {
    vec![
        table_bug("drops a row", |mut table| {
            table.rows.pop();
            table
        }),
        table_bug("shows a row twice", |mut table| {
            table.rows.extend(table.rows.last().cloned());
            table
        }),
        table_bug("shows nothing as null", |table| {
            each_value(table, |value| (*value == Value::Null).then_some(Value::Count(0)))
        }),
        table_bug("cuts where it should round", |table| {
            each_value(table, |value| match value {
                Value::Percent(ratio) => Some(Value::Amount(
                    (ratio.round(8) * rust_decimal::Decimal::ONE_HUNDRED)
                        .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToZero),
                )),
                Value::Number(ratio) => Some(Value::Amount(
                    ratio
                        .round(8)
                        .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToZero),
                )),
                _ => None,
            })
        }),
        table_bug("counts one too few", |table| {
            each_value(table, |value| match value {
                Value::Count(count) if *count > 3 => Some(Value::Count(count - 1)),
                _ => None,
            })
        }),
        table_bug("forgets why", |mut table| {
            sums(&mut table)
                .filter_map(|mut sums| sums.pop())
                .for_each(|cell| cell.why = Some(Box::new(Behind::Sum(Parts::default()))));
            table
        }),
        table_bug("lists the records of another column", |mut table| {
            for mut sums in sums(&mut table) {
                for n in 1..sums.len() {
                    sums[n].why = sums[0].why.clone();
                }
            }
            table
        }),
        table_bug("loses a cent", |table| {
            each_value(table, |value| match value {
                Value::Amount(amount) if amount.abs() > rust_decimal::Decimal::ONE_THOUSAND => {
                    Some(Value::Amount(amount - rust_decimal::Decimal::new(1, 2)))
                }
                _ => None,
            })
        }),
    ]
}

/// The same ledger with a bug.
fn bent(world: &World, bug: Bug) -> World {
    let mut views = Views::default();
    (bug.records)(&world.records).iter().for_each(|record| views.apply(record));
    World { views, records: world.records.clone(), bend: bug.bend, ..World::default() }
}

/// Says which comparison catches a bug, if any does within so many histories.
fn hunt(bug: Bug) -> Option<String> {
    let fails = |compare: &dyn Fn()| catch_unwind(AssertUnwindSafe(compare)).is_err();
    for seed in 0..24 {
        let comparisons: [(&str, &dyn Fn()); 5] = [
            ("trade", &|| trade::compare_all(seed, &|world| bent(world, bug))),
            ("stock", &|| stock::compare_all(seed, &|world| bent(world, bug))),
            ("deals", &|| deals::compare_all(seed, &|world| bent(world, bug))),
            ("staff", &|| staff::compare_all(seed, &|world| bent(world, bug))),
            ("explain", &|| explained::compare_all(seed, &|world| bent(world, bug))),
        ];
        if let Some((name, _)) = comparisons.iter().find(|(_, compare)| fails(*compare)) {
            return Some(format!("{name}, history {seed}"));
        }
    }
    None
}

#[test]
fn every_bug_planted_in_a_fold_or_report_is_caught() {
    assert_eq!(hunt(SOUND), None, "a sound fold is taken for a bug");
    let found: Vec<(&str, Option<String>)> =
        bugs().into_iter().map(|bug| (bug.name, hunt(bug))).collect();
    let missed: Vec<&str> =
        found.iter().filter(|(_, by)| by.is_none()).map(|(name, _)| *name).collect();
    println!(
        "row 12: {} of {} bugs planted in folds and reports caught:",
        found.len() - missed.len(),
        found.len()
    );
    found
        .iter()
        .for_each(|(name, by)| println!("    {name}: {}", by.as_deref().unwrap_or("MISSED")));
    assert_eq!(missed, Vec::<&str>::new(), "planted bugs that nobody caught");
}
