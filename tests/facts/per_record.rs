//! Values and rows that are found by the position of their record.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sijil_facts::{PerRecord, Rows, family::Part};
use sijil_schemas::Position;

fn copied<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    let bytes = postcard::to_stdvec(value).expect("it is written");
    postcard::from_bytes(&bytes).expect("it is read")
}

proptest! {
    /// What was said of a record is found there, and nothing where nothing was said or where it was
    /// taken back; bytes and copies say the same.
    #[test]
    fn a_value_stands_at_its_record(
        said in prop::collection::btree_map(1..9_000_u64, 1..u32::MAX, 0..40),
        kept in 0..9_000_u64,
    ) {
        let all = PerRecord::<(u32, u32)>::default();
        for (position, value) in &said {
            all.set(Position::new(*position), (0, *value));
        }
        all.truncate(Position::new(kept));
        let straight = PerRecord::<(u32, u32)>::default();
        for (position, value) in said.iter().filter(|(at, _)| **at <= kept) {
            straight.set(Position::new(*position), (0, *value));
        }
        let bytes = |all| postcard::to_stdvec::<PerRecord<_>>(all).expect("it is written");
        prop_assert_eq!(bytes(&all), bytes(&straight), "no trace of what was taken back");
        let left: BTreeMap<u64, u32> = said.into_iter().filter(|(at, _)| *at <= kept).collect();
        for all in [copied(&all), all.clone(), all] {
            for position in (0..9_001).step_by(7).chain(left.keys().copied()) {
                let expected = left.get(&position).map(|value| (0, *value));
                prop_assert_eq!(all.of(Position::new(position)), expected);
            }
        }
    }

    /// The rows of a record are found by its position.
    #[test]
    fn rows_stand_at_their_record(said in prop::collection::vec(0..4_usize, 0..60)) {
        let rows = Rows::<u32>::default();
        let values = |record: usize| (0..said[record]).map(move |row| (record * 10 + row) as u32);
        for record in 0..said.len() {
            rows.extend(Position::new(record as u64 + 1), values(record));
        }
        for record in 0..said.len() {
            let found = rows.of(rows.run_of(Position::new(record as u64 + 1)));
            prop_assert_eq!(found.collect::<Vec<_>>(), values(record).collect::<Vec<_>>());
        }
        prop_assert!(rows.run_of(Position::new(said.len() as u64 + 1)).is_empty());
    }
}
