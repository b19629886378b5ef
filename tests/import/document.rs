//! The page about the language: is every example on it true?

use serde_json::Value as Json;
use sijil_import::{Mapping, Options};

use crate::tables::{Written, made, options};

const PAGE: &str = include_str!("../../src/import/MAPPING.md");

/// The fenced blocks of the page: their info line and their text.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let parts: Vec<&str> = PAGE.split("\n```").collect();
    parts[1..].iter().step_by(2).filter_map(|p| p.split_once('\n')).collect()
}

#[test]
fn the_worked_example_gives_what_the_page_says() {
    let block = |info: &str| {
        blocks()
            .into_iter()
            .find(|(i, _)| *i == info)
            .unwrap_or_else(|| panic!("no block {info}"))
            .1
    };
    let tables = Written::of(&[
        ("orders.csv", block("csv orders.csv")),
        ("lines.csv", block("csv lines.csv")),
    ]);
    let mapping = Mapping::parse(block("toml mapping")).unwrap();
    let drafts = mapping.run(&tables, &Options::default(), &mut |_| {}).unwrap();
    let expected: Vec<Json> =
        block("json drafts").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let got: Vec<Json> = drafts
        .read()
        .map(|d| {
            let mut draft: Json = serde_json::from_str(d.unwrap().json()).unwrap();
            draft["id"] = "@".into();
            draft
        })
        .collect();
    assert_eq!(got, expected);
}

#[test]
fn every_function_gives_what_the_page_says() {
    let rows = PAGE
        .lines()
        .skip_while(|l| *l != "| expression | gives |")
        .skip(2)
        .take_while(|l| l.starts_with('|'));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> =
            row.trim_matches('|').split(" | ").map(|c| c.trim().trim_matches('`')).collect();
        let expected: Json =
            serde_json::from_str(cells[1]).unwrap_or_else(|e| panic!("{row}: {e}"));
        let mapping = format!(
            "name = 'page'\ncurrency = 'EUR'\nzone = 'Europe/Berlin'\n\
             lookups.status = {{ 4 = 'complete' }}\n[[event]]\ntype = 'test.made'\nkey = '1'\n\
             at = '\"2025-01-01\"'\ndata = {{ x = '''{}''' }}",
            cells[0]
        );
        let drafts = made(&mapping, &Written::default(), &options())
            .unwrap_or_else(|e| panic!("{row}: {e}"));
        assert_eq!(drafts[0]["data"]["x"], expected, "{row}");
        count += 1;
    }
    assert!(count > 40, "the page lists {count} functions");
}
