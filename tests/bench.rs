//! The bench, small: whether it measures every goal, and judges a figure as it should.

use std::process::Command;

use serde_json::{Value, json};
use sijil_benches::figures::{Figures, Goal, MICROS_MAX, Title, histogram, per_second, permille};

const TITLE: Title = Title { number: 5, measure: "scan", goal: "fast", from_events: 100 };

#[test]
fn a_latency_is_kept_to_three_digits_up_to_ten_minutes() {
    for micros in [1, 999, 5_000_000, MICROS_MAX] {
        let mut one = histogram();
        one.saturating_record(micros);
        let kept = one.value_at_quantile(0.99);
        assert!(kept.abs_diff(micros) <= micros / 500, "{micros} became {kept}");
    }
}

#[test]
fn a_row_is_met_when_all_its_parts_are_and_the_ledger_is_large_enough() {
    let row = |goals: [Goal; 2], events| {
        let mut figures = Figures::default();
        figures.add(5, "scan", "µs", &[30, 10, 20], goals[0], events);
        figures.add(5, "again", "µs", &[7], goals[1], events);
        figures.table(&[TITLE])[0].clone()
    };
    let fine = row([Goal::AtMost(20), Goal::Told], 100);
    assert_eq!(
        (&fine["minimum"], &fine["median"], &fine["maximum"]),
        (&json!(10), &json!(20), &json!(30))
    );
    assert_eq!(
        (&fine["number"], &fine["met"], &fine["parts"][1]["median"]),
        (&json!(5), &json!(true), &json!(7))
    );
    assert_eq!(row([Goal::AtMost(20), Goal::AtLeast(8)], 100)["met"], json!(false));
    assert_eq!(
        row([Goal::AtMost(20), Goal::AtLeast(7)], 99)["met"],
        json!(null),
        "too small to say so"
    );
    assert_eq!(
        row([Goal::AtMost(19), Goal::AtLeast(7)], 99)["met"],
        json!(false),
        "large enough to fail"
    );
    assert_eq!(Figures::default().table(&[TITLE])[0]["met"], json!(null));
}

#[test]
fn a_rate_is_so_many_a_second() {
    assert_eq!((per_second(500, 250_000), permille(1, 3), permille(5, 0)), (2_000, 333, 5_000));
}

#[test]
fn a_bench_measures_and_leaves_nothing_behind() {
    let place = tempfile::tempdir().expect("a directory");
    let made = Command::new(env!("CARGO_BIN_EXE_sijil-bench"))
        .args(["--events", "2000", "--growth-from", "1000", "--rounds", "1", "--format", "json"])
        .arg("--dir")
        .arg(place.path())
        .output()
        .expect("the bench runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let table: Vec<Value> = serde_json::from_slice(&made.stdout).expect("rows");
    let (rows, facts) = table.split_at(14);
    for (row, number) in rows.iter().zip(1..) {
        assert_eq!(row["number"], json!(number));
        assert!(
            row["measure"].is_string()
                && row["unit"].is_string()
                && row["goal"].is_string()
                && row["events"].is_u64(),
            "{row}"
        );
        assert!(row["met"].is_boolean() || row["met"].is_null(), "{row}");
        for part in row["parts"].as_array().expect("parts") {
            let [least, middle, most] = ["minimum", "median", "maximum"]
                .map(|member| part[member].as_u64().unwrap_or_else(|| panic!("{member} of {row}")));
            assert!(least <= middle && middle <= most, "{part}");
        }
    }
    let parts = |number: usize| rows[number - 1]["parts"].as_array().expect("parts").len();
    assert!(
        parts(4) > 9
            && parts(8) == 3
            && parts(9) == 6
            && parts(10) > 20
            && parts(11) == 6
            && parts(13) == 4
            && parts(14) >= 5,
        "{rows:?}"
    );
    for told in [
        "machine",
        "commit",
        "sync of 4 KiB",
        "a draft as JSON, mean",
        "clients",
        "bare axum handler, 64 connections",
    ] {
        assert!(facts.iter().any(|fact| fact["measure"] == told), "{told} in {facts:?}");
    }
    let left: Vec<_> = std::fs::read_dir(place.path()).expect("a directory").collect();
    assert!(left.is_empty(), "{left:?}");
}
