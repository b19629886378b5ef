//! What every log promises, whatever keeps it. Invariant: each promise is one function over any
//! backend; memory is the reference model.

use std::{any::Any, path::Path, sync::Arc, thread, time::Duration};

use sijil_log::{
    AppendError, Batch, Order, RECORD_BYTES_MAX, ReadLimit, Reader, Writer,
    embedded::{self, Options},
    machine::Disk,
    memory,
    postgres::Way,
    tree,
};
use sijil_schemas::{record::Position, time::Timestamp};
use sijil_simulation::disk::SimulatedDisk;

use crate::postgres::Place;
use crate::records::{
    EVERYTHING, batch, client, deal, entities, entry, fill, holds, id, record, record_saying,
    recorded_at, touched,
};

type Log = (Box<dyn Writer>, Arc<dyn Reader>);

/// Every backend by name, each empty; the last field keeps what it stands on.
fn backends() -> Vec<(&'static str, Log, Box<dyn Any>)> {
    let dir = tempfile::tempdir().unwrap();
    let in_memory = memory::open_with(touched());
    let small = |background| Options {
        segment_bytes: 16 << 10,
        background,
        touched: touched(),
        ..Options::default()
    };
    let simulated =
        embedded::open(SimulatedDisk::new().storage(), Path::new("/data"), &small(false)).unwrap();
    let real = embedded::open(Arc::new(Disk), &dir.path().join("data"), &small(true)).unwrap();
    let mut all: Vec<(&'static str, Log, Box<dyn Any>)> = vec![
        (
            "memory",
            (Box::new(in_memory.0) as Box<dyn Writer>, Arc::new(in_memory.1) as Arc<dyn Reader>),
            Box::new(()),
        ),
        (
            "embedded, simulated disk",
            (Box::new(simulated.writer.unwrap()), Arc::new(simulated.reader)),
            Box::new(()),
        ),
        ("embedded", (Box::new(real.writer.unwrap()), Arc::new(real.reader)), Box::new(dir)),
    ];
    #[cfg(feature = "eventstore")]
    {
        let (peer, dir) = crate::eventstore::standing();
        let (writer, reader) = crate::eventstore::opened(&peer, &dir);
        all.push((
            "eventstore, over the wire",
            (Box::new(writer), Arc::new(reader)),
            Box::new((peer, dir)),
        ));
    }
    for (name, way) in [("postgres", Way::Fitting), ("postgres, by COPY", Way::Copy)] {
        let Some(place) = Place::new() else { continue };
        let (writer, reader) = place.opened(way);
        all.push((name, (Box::new(writer), Arc::new(reader)), Box::new(place)));
    }
    all
}

fn on_every_backend(check: fn(&mut dyn Writer, &Arc<dyn Reader>)) {
    for (name, (mut writer, reader), _standing) in backends() {
        println!("backend: {name}");
        check(&mut *writer, &reader);
    }
}

#[test]
fn an_empty_log_says_so() {
    on_every_backend(|_, reader| {
        let head = reader.head().unwrap();
        assert_eq!(
            (head.position, head.root, head.recorded_at),
            (Position::ZERO, tree::empty_root(), None)
        );
        assert!(reader.read(Position::new(1), EVERYTHING).unwrap().is_empty());
        assert_eq!(reader.root_at(Position::ZERO).unwrap(), Some(tree::empty_root()));
        assert_eq!(reader.root_at(Position::new(1)).unwrap(), None);
        assert_eq!(reader.position_of(id(1)).unwrap(), None);
        assert!(reader.touching(&deal(1), Position::ZERO, 9, Order::Forward).unwrap().is_empty());
        assert_eq!(reader.position_at(Timestamp::END).unwrap(), Position::ZERO);
        assert_eq!(reader.wait(Position::ZERO, Duration::ZERO).unwrap(), Position::ZERO);
    });
}

#[test]
fn what_was_appended_is_read_back() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 400);
        holds(&**reader, 400);
        let head = reader.head().unwrap();
        assert_eq!(head.recorded_at.map(Timestamp::micros), Some(recorded_at(400)));
    });
}

#[test]
fn a_read_starts_and_stops_anywhere() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 200);
        for from in 0..=201_u64 {
            for records in [0, 1, 3, 1000] {
                let found = reader
                    .read(Position::new(from), ReadLimit { records, bytes: usize::MAX })
                    .unwrap();
                let first = from.max(1);
                let last = 200.min(first + records as u64 - u64::from(records > 0));
                let expected: Vec<_> =
                    if records == 0 { Vec::new() } else { (first..=last).map(record).collect() };
                assert_eq!(found, expected, "from {from}, at most {records}");
            }
        }
        assert_eq!(
            reader.read(Position::new(1), ReadLimit { records: 100, bytes: 1 }).unwrap().len(),
            1,
            "one record whatever its size"
        );
        let some = reader.read(Position::new(1), ReadLimit { records: 100, bytes: 1000 }).unwrap();
        assert!((2..100).contains(&some.len()), "{} records for 1000 bytes", some.len());
    });
}

#[test]
fn the_loser_of_a_race_sees_the_winner() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 7);
        for wrong in [0, 6, 8] {
            let lost = writer.append(Position::new(wrong), &batch([wrong + 1]));
            let Err(AppendError::Conflict { expected, head }) = lost else {
                panic!("expected a conflict at {wrong}, got {lost:?}")
            };
            assert_eq!((expected, head), (Position::new(wrong), Position::new(7)));
        }
        holds(&**reader, 7);
        writer.append(Position::new(7), &batch([8])).unwrap();
        holds(&**reader, 8);
    });
}

#[test]
fn a_batch_with_a_gap_is_refused() {
    on_every_backend(|writer, reader| {
        for numbers in [vec![], vec![2], vec![1, 3], vec![1, 1], vec![2, 1]] {
            let refused = writer.append(Position::ZERO, &batch(numbers.clone()));
            assert!(matches!(refused, Err(AppendError::Gap { .. })), "{numbers:?}: {refused:?}");
        }
        holds(&**reader, 0);
    });
}

#[test]
fn a_record_has_a_limit() {
    on_every_backend(|writer, reader| {
        let around = record_saying(1, "").public.len();
        let longest = record_saying(1, &"y".repeat(RECORD_BYTES_MAX - around));
        let longer = record_saying(1, &"y".repeat(RECORD_BYTES_MAX - around + 1));
        let refused = writer.append(Position::ZERO, &Batch { entries: vec![entry(longer)] });
        assert!(matches!(refused, Err(AppendError::TooLarge { bytes: 65_536, .. })), "{refused:?}");
        writer.append(Position::ZERO, &Batch { entries: vec![entry(longest.clone())] }).unwrap();
        assert_eq!(reader.read(Position::new(1), EVERYTHING).unwrap(), [longest]);
    });
}

#[test]
fn a_reader_never_skips() {
    on_every_backend(|writer, reader| {
        const LAST: u64 = 600;
        let followers: Vec<_> = (0..2)
            .map(|_| {
                let reader = reader.clone();
                thread::spawn(move || {
                    let mut seen = 0;
                    while seen < LAST {
                        let head =
                            reader.wait(Position::new(seen), Duration::from_secs(20)).unwrap();
                        assert!(head.get() > seen, "the writer went on within the time");
                        for found in reader
                            .read(Position::new(seen + 1), ReadLimit { records: 17, bytes: 2000 })
                            .unwrap()
                        {
                            seen += 1;
                            assert_eq!(found, record(seen));
                        }
                        assert!(seen <= reader.head().unwrap().position.get());
                    }
                })
            })
            .collect();
        fill(writer, 0, LAST);
        followers.into_iter().for_each(|follower| follower.join().unwrap());
    });
}

#[test]
fn event_ids_are_found_and_others_are_not() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 300);
        for number in 1..=300 {
            assert_eq!(reader.position_of(id(number)).unwrap(), Some(Position::new(number)));
        }
        for number in 301..=600 {
            assert_eq!(reader.position_of(id(number)).unwrap(), None);
        }
    });
}

#[test]
fn entities_are_found_in_both_directions() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 150);
        for entity in [deal(0), deal(3), client(2), deal(99)] {
            let all: Vec<u64> =
                (1..=150).filter(|number| entities(*number).contains(&entity)).collect();
            for bound in [0, 1, 3, 75, 149, 150, 151, u64::MAX] {
                for limit in [0, 1, 4, 1000] {
                    let ask = |order| {
                        reader.touching(&entity, Position::new(bound), limit, order).unwrap()
                    };
                    let after = all
                        .iter()
                        .copied()
                        .filter(|number| *number > bound)
                        .take(limit)
                        .map(Position::new)
                        .collect::<Vec<_>>();
                    let before = all
                        .iter()
                        .rev()
                        .copied()
                        .filter(|number| *number < bound)
                        .take(limit)
                        .map(Position::new)
                        .collect::<Vec<_>>();
                    assert_eq!(
                        ask(Order::Forward),
                        after,
                        "{entity} after {bound}, at most {limit}"
                    );
                    assert_eq!(
                        ask(Order::Backward),
                        before,
                        "{entity} before {bound}, at most {limit}"
                    );
                }
            }
        }
    });
}

/// RFC 6962, section 2.1, word by word.
fn root_of(leaves: &[tree::Hash]) -> tree::Hash {
    match leaves {
        [] => tree::empty_root(),
        [one] => *one,
        many => {
            let split = 1 << (many.len() - 1).ilog2();
            tree::node(&root_of(&many[..split]), &root_of(&many[split..]))
        }
    }
}

#[test]
fn every_root_is_that_of_rfc_6962() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 700);
        let leaves: Vec<_> = (1..=700).map(|number| tree::leaf(&record(number).public)).collect();
        for size in 0..=700 {
            assert_eq!(
                reader.root_at(Position::new(size as u64)).unwrap(),
                Some(root_of(&leaves[..size])),
                "size {size}"
            );
        }
        assert_eq!(reader.root_at(Position::new(701)).unwrap(), None);
        assert_eq!(reader.head().unwrap().root, root_of(&leaves));
    });
}

#[test]
fn hashes_of_the_tree_are_those_of_full_subtrees() {
    on_every_backend(|writer, reader| {
        assert!(reader.hashes(0, 0, 256).unwrap().is_empty());
        fill(writer, 0, 700);
        let leaves: Vec<_> = (1..=700).map(|number| tree::leaf(&record(number).public)).collect();
        for (from, count) in [(0, 700), (0, 256), (256, 256), (512, 256), (699, 9), (300, 0)] {
            let end = leaves.len().min(from + count);
            let found = reader.hashes(0, from as u64, count).unwrap();
            assert_eq!(found, leaves[from..end], "{count} from {from}");
        }
        let full: Vec<_> = leaves.chunks_exact(256).map(root_of).collect();
        assert_eq!(reader.hashes(1, 0, 256).unwrap(), full);
        assert_eq!(reader.hashes(1, 1, 1).unwrap(), full[1..]);
        // Beyond the log, and above it.
        for (level, from) in [(0, 700), (0, u64::MAX), (1, 2), (2, 0), (7, 0), (8, 0), (99, 0)] {
            assert!(reader.hashes(level, from, 9).unwrap().is_empty(), "{level}, {from}");
        }
    });
}

#[test]
fn a_time_names_the_last_position_recorded_by_then() {
    on_every_backend(|writer, reader| {
        fill(writer, 0, 300);
        for number in 0..=301 {
            for shift in [-1, 0, 1] {
                let micros = recorded_at(number) + shift;
                let expected =
                    (1..=300).filter(|number| recorded_at(*number) <= micros).max().unwrap_or(0);
                let found = reader.position_at(Timestamp::from_micros(micros).unwrap()).unwrap();
                assert_eq!(found, Position::new(expected), "at {micros}");
            }
        }
    });
}

#[test]
fn waiting_ends_with_the_time_or_with_a_record() {
    on_every_backend(|writer, reader| {
        assert_eq!(reader.wait(Position::ZERO, Duration::from_millis(1)).unwrap(), Position::ZERO);
        let waiting = {
            let reader = reader.clone();
            thread::spawn(move || reader.wait(Position::ZERO, Duration::from_secs(20)).unwrap())
        };
        fill(writer, 0, 1);
        assert_eq!(waiting.join().unwrap(), Position::new(1));
        assert_eq!(reader.wait(Position::ZERO, Duration::ZERO).unwrap(), Position::new(1));
    });
}

#[test]
fn roots_do_not_depend_on_batches_or_backends() {
    let mut roots = Vec::new();
    for (_, (mut writer, reader), _standing) in backends() {
        writer.append(Position::ZERO, &batch(1..=60)).unwrap();
        fill(&mut *writer, 60, 90);
        roots.push(reader.head().unwrap().root);
    }
    let (mut writer, reader) = memory::open_with(touched());
    fill(&mut writer, 0, 90);
    roots.push(reader.head().unwrap().root);
    roots.dedup();
    assert_eq!(roots.len(), 1);
}
