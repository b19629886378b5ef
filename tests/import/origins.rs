//! Where a draft comes from, and what leads nowhere: does every field lead back to the cells it was
//! made of, is every row counted, and are drafts that do not fit into memory the same drafts?

use std::sync::Arc;

use sijil_import::{Drafts, ImportError, Mapping, MemoryScratch, Options, Scratch};

use crate::tables::{Written, options};

const SHOP: &str = r#"
name = "t"
currency = "EUR"
[tables.orders]
file = "orders.csv"
children.lines = { table = "lines", by = "order", on = "no" }
parents.buyer = { table = "customers", on = "customer", key = "id", on_missing = "none" }
derive.client = "`c-${customer}`"
[tables.lines]
file = "lines.csv"
types.qty = "int"
derive.twice = "qty * 2"
[tables.customers]
file = "customers.csv"
[tables.sums]
from = "lines"
group_by = ["order"]
[[event]]
type = "test.ordered"
from = "orders"
at = '"2025-01-01"'
[event.data]
order = "no"
client = "client"
town = "buyer?.town"
both = "`${no}/${client}`"
[[event.data.lines]]
make = { text = { text = "always" } }
[[event.data.lines]]
each = "lines"
as = "l"
when = "l.qty > 0"
make = { line = "index.text()", qty = "l.twice", order = "no" }
[[event]]
type = "test.lined"
from = "orders"
each = "lines"
as = "l"
at = '"2025-01-02"'
key = ["no", "index"]
data = { qty = "l.qty" }
[[event]]
type = "test.summed"
from = "sums"
at = '"2025-01-03"'
data = { order = "order", qty = "sum(rows, \"qty\")" }
"#;

fn shop() -> Written {
    Written::of(&[
        ("orders.csv", "no,customer\nA,1\nB,2\nC,3\n"),
        ("lines.csv", "order,qty\nA,0\nA,5\nB,1\n"),
        ("customers.csv", "id,town\n1,Rome\n2,Bonn\n9,Oslo\n"),
    ])
}

/// `place, event: column = value, …` of a field of the n-th draft.
fn origin(drafts: &Drafts<'_>, number: usize, pointer: Option<&str>, id: Option<&str>) -> String {
    let draft = drafts.read().nth(number).unwrap().unwrap();
    let origin = drafts.origin(&draft, pointer, id);
    format!("{}, {}{}", origin.place, origin.event, origin.cells)
}

#[test]
fn a_field_leads_back_to_its_cells() {
    let mapping = Mapping::parse(SHOP).unwrap();
    let drafts = mapping.run(&shop(), &options(), &mut |_| {}).unwrap();
    let check = |number: usize, pointer: &str, expected: &str| {
        assert_eq!(origin(&drafts, number, Some(pointer), None), expected, "{pointer}");
    };
    check(0, "/data/order", "orders.csv line 2, test.ordered; with no = \"A\"");
    check(
        0,
        "/data/client",
        "orders.csv line 2, test.ordered; with client = \"c-1\", customer = \"1\"",
    );
    check(
        1,
        "/data/town",
        "orders.csv line 3, test.ordered; with town (customers.csv line 3) = \"Bonn\"",
    );
    check(
        0,
        "/data/both",
        "orders.csv line 2, test.ordered; with client = \"c-1\", customer = \"1\", no = \"A\"",
    );
    // The first line is always there, and a row was left out by `when`.
    check(
        0,
        "/data/lines/1/qty",
        "orders.csv line 2, test.ordered; with twice (lines.csv line 3) = 10, qty (lines.csv line \
         3) = 5",
    );
    check(0, "/data/lines/1/order", "orders.csv line 2, test.ordered; with no = \"A\"");
    check(4, "/data/qty", "orders.csv line 2, test.lined; with qty (lines.csv line 3) = 5");
    // What is made of nothing, or is not there, leads back to the key.
    for pointer in
        ["/data/lines/0/text", "/data/lines/7/qty", "/data/colour", "/actor", "/data/lines/x"]
    {
        check(0, pointer, "orders.csv line 2, test.ordered; with no = \"A\"");
    }
    assert_eq!(
        origin(&drafts, 1, None, Some("c-2")),
        "orders.csv line 3, test.ordered; with client = \"c-2\", customer = \"2\""
    );
    assert_eq!(
        origin(&drafts, 1, None, Some("nobody")),
        "orders.csv line 3, test.ordered; with no = \"B\""
    );
    assert_eq!(
        origin(&drafts, 6, Some("/data/order"), None),
        "lines.csv line 2, test.summed; with order = \"A\""
    );
}

#[test]
fn rows_that_lead_nowhere_are_counted_and_named() {
    let mapping = Mapping::parse(SHOP).unwrap();
    let summary = mapping.run(&shop(), &options(), &mut |_| {}).unwrap().summary.to_string();
    let words: Vec<&str> =
        summary.lines().map(str::trim).filter(|line| !line.contains(" events ")).collect();
    assert_eq!(
        words,
        [
            "3 rows      orders (orders.csv)",
            "1 rows      for which join buyer found nothing (first: orders.csv line 4)",
            "1 rows      for which join lines found nothing (first: orders.csv line 4)",
            "3 rows      lines (lines.csv)",
            "3 rows      customers (customers.csv)",
            "1 unused    no event was made of them, and no join found them (first: customers.csv \
             line 4)",
            "3 rows      sums",
        ]
    );
}

#[test]
fn orphans_stop_an_import_unless_it_says_that_they_may_go() {
    let tables =
        Written::of(&[("orders.csv", "no\nA\n"), ("lines.csv", "order,qty\nA,1\nZ,2\n,3\n")]);
    let text = "name = 't'\n[tables.orders]\nfile = 'orders.csv'\n\
                children.lines = { table = 'lines', by = 'order', on = 'no' }\n[tables.lines]\n\
                file = 'lines.csv'\n[[event]]\ntype = 'test.made'\nfrom = 'orders'\n\
                at = '\"2025-01-01\"'\ndata = { order = 'no', n = 'count(lines)' }\n";
    let mapping = Mapping::parse(text).unwrap();
    let refused = mapping.run(&tables, &options(), &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(matches!(refused, ImportError::Orphan { rows: 2, .. }), "{refused}");
    assert_eq!(
        refused.to_string(),
        "lines.csv line 3, column order: expected a row of table orders whose no is \"Z\", found \
         none (2 such rows); join lines would lose them: add the row, correct the cell, or say \
         `orphans = \"skip\"`"
    );
    let mapping =
        Mapping::parse(&text.replace("on = 'no' }", "on = 'no', orphans = 'skip' }")).unwrap();
    let summary = mapping.run(&tables, &options(), &mut |_| {}).unwrap().summary;
    let orphans = &summary.tables[0].orphans["lines"];
    assert_eq!((orphans.rows, orphans.first.as_str()), (2, "lines.csv line 3"));
    assert!(
        summary
            .to_string()
            .contains("2 orphans   that join lines gives no row (first: lines.csv line 3)"),
        "{summary}"
    );
    // A join that no expression uses loses nothing.
    let unasked = Mapping::parse(&text.replace(", n = 'count(lines)'", "")).unwrap();
    assert_eq!(unasked.run(&tables, &options(), &mut |_| {}).unwrap().len(), 1);
}

#[test]
fn drafts_that_do_not_fit_into_memory_are_the_same_drafts() {
    let rows: String =
        (0..3_000).map(|n| format!("{n},2025-01-{:02}\n", 1 + (n * 7) % 28)).collect();
    let tables = Written::of(&[("t.csv", &format!("id,day\n{rows}"))]);
    let event = |kind: &str| {
        format!("[[event]]\ntype = 'test.{kind}'\nfrom = 't'\nat = 'day'\ndata = {{ id = 'id' }}\n")
    };
    let mapping = Mapping::parse(&format!(
        "name = 't'\n[tables.t]\nfile = 't.csv'\n{}{}",
        event("b"),
        event("a")
    ))
    .unwrap();
    let texts = |options: &Options| {
        let drafts = mapping.run(&tables, options, &mut |_| {}).unwrap();
        let read =
            || drafts.read().map(|draft| draft.unwrap().json().to_owned()).collect::<Vec<_>>();
        let (first, mut lines) = (read(), String::new());
        assert_eq!(first, read(), "they can be read again");
        std::io::Read::read_to_string(&mut drafts.lines(), &mut lines).unwrap();
        assert_eq!(lines.lines().collect::<Vec<_>>(), first);
        first
    };
    let scratch = Arc::new(MemoryScratch::default());
    let spilled = texts(&Options {
        scratch: Some(scratch.clone() as Arc<dyn Scratch>),
        memory_bytes: Some(10_000),
        ..options()
    });
    assert!(scratch.len() > 500_000, "{} bytes were put outside", scratch.len());
    assert_eq!(spilled.len(), 6_000);
    assert!(spilled == texts(&options()), "the order and the texts are those of drafts in memory");
    // The first row with a key is found again, wherever it is.
    let twice = Written::of(&[("t.csv", &format!("id,day\n{rows}5,2025-01-01\n"))]);
    let options = Options { scratch: Some(scratch), memory_bytes: Some(10_000), ..options() };
    let error = mapping.run(&twice, &options, &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("t.csv line 3002: test.b has the key \"5\" again (first in t.csv line 7)"),
        "{error}"
    );
}
