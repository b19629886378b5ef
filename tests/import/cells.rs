//! Cells and their types. Invariant: a cell is its type as a whole, or it is not of it.

use crate::language::check;
use serde_json::{Value as Json, json};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_cell_is_its_type_as_a_whole_or_not_at_all() {
    // Cells that do not fit are missing here; none is cut, completed or read the other way round.
    let fits = |kind: &str, cells: &[(&str, Json)]| {
        let table =
            format!("types.a = {{ {kind}, on_error = 'missing' }}\nnull = []\ntrim = false");
        for (cell, expected) in cells {
            check(&table, &format!("a,b\n\"{cell}\",x\n"), "a", json!([expected]));
        }
    };
    let none = Json::Null;
    let comma = "type = 'decimal', point = '.', group = ','";
    fits(
        comma,
        &[
            ("1,234.50", json!("1234.5")),
            ("1,23", none.clone()),
            ("1.234,56", none.clone()),
            ("12,34.50", none.clone()),
            ("1,,234.50", none.clone()),
        ],
    );
    fits(
        comma,
        &[
            ("1,234,567", json!("1234567")),
            ("1234,567", none.clone()),
            ("1,234.5,0", none.clone()),
            ("1,234.567,8", none.clone()),
            (",234", none.clone()),
        ],
    );
    let german = "type = 'decimal', point = ',', group = '.'";
    fits(
        german,
        &[
            ("1.190,00", json!("1190")),
            ("-4,9", json!("-4.9")),
            ("1.19", none.clone()),
            ("1190.00", none.clone()),
            ("1,190.00", none.clone()),
        ],
    );
    fits(
        "type = 'decimal', point = ',', group = ' '",
        &[("1\u{a0}190,5", json!("1190.5")), ("1 190", json!("1190")), ("11 90", none.clone())],
    );
    fits(
        "type = 'decimal'",
        &[
            ("1e3", json!("1000")),
            ("1,5", none.clone()),
            ("1_000", none.clone()),
            ("5.", none.clone()),
            ("12 EUR", none.clone()),
            ("", none.clone()),
        ],
    );
    fits(
        "type = 'int', group = '.'",
        &[("1.234", json!(1234)), ("1.23", none.clone()), ("1.5", none.clone())],
    );
    fits(
        "type = 'int'",
        &[
            ("12", json!(12)),
            ("1.0", json!(1)),
            ("1.5", none.clone()),
            ("12a", none.clone()),
            ("9223372036854775808", none.clone()),
        ],
    );
    fits(
        "type = 'bool'",
        &[
            ("YES", json!(true)),
            ("yes please", none.clone()),
            ("2", none.clone()),
            (" yes", none.clone()),
        ],
    );
    fits(
        "type = 'bool', true = ['да'], false = ['нет']",
        &[("ДА", json!(true)), ("Нет", json!(false)), ("yes", none.clone())],
    );
    fits(
        "type = 'date'",
        &[
            ("2025-02-28", json!("2025-02-28")),
            ("2025-02-30", none.clone()),
            ("2025-1-31", none.clone()),
            ("31.01.2025", none.clone()),
        ],
    );
    fits(
        "type = 'date'",
        &[
            ("2025-01-31T23:30:00Z", none.clone()),
            ("2025-01-31 x", none.clone()),
            ("0025-01-31", none.clone()),
            ("20250131", json!("2025-01-31")),
        ],
    );
    fits(
        "type = 'date', pattern = '%d.%m.%Y'",
        &[
            ("1.2.2025", json!("2025-02-01")),
            ("31.01.25", none.clone()),
            ("31.01.2025 10:00", none.clone()),
        ],
    );
    fits(
        "type = 'date', pattern = '%m/%d/%Y'",
        &[("01/31/2025", json!("2025-01-31")), ("31/01/2025", none.clone())],
    );
    fits(
        "type = 'time'",
        &[
            ("2025-01-31 09:30", json!("2025-01-31T09:30:00")),
            ("2025-01-31 25:00", none.clone()),
            ("2025-01-31T09:30[Europe/Berlin]", none.clone()),
        ],
    );
    fits(
        "type = 'time', epoch = 's'",
        &[
            ("0", json!("1970-01-01T00:00:00Z")),
            ("1738315800250", none.clone()),
            ("2025", json!("1970-01-01T00:33:45Z")),
            ("1,5", none),
        ],
    );
}

#[test]
fn types() {
    check("types.a = 'int'", "a\n1\n-7\n1.0\n", "a + 1", json!([2, -6, 2]));
    check(
        "types.a = 'decimal'",
        "a\n0.1\n1e3\n-2.50\n",
        "a + 0.2",
        json!(["0.3", "1000.2", "-2.3"]),
    );
    check(
        "types.a = { type = 'decimal', point = ',', group = '.' }",
        "a\n\"1.234,50\"\n",
        "a",
        json!(["1234.5"]),
    );
    check("types.a = { type = 'int', group = \"'\" }", "a\n1'234\n", "a", json!([1234]));
    check("types.a = 'bool'", "a\nyes\nF\n1\n", "a", json!([true, false, true]));
    check(
        "types.a = { type = 'bool', true = ['ja'], false = ['nein'] }",
        "a\nja\nNEIN\n",
        "!a",
        json!([false, true]),
    );
    check(
        "types.a = 'date'",
        "a\n2025-01-31\n2025-01-31 10:00:00.000\n",
        "a",
        json!(["2025-01-31", "2025-01-31"]),
    );
    check(
        "types.a = { type = 'date', pattern = '%d.%m.%Y' }",
        "a\n31.01.2025\n",
        "a",
        json!(["2025-01-31"]),
    );
    check(
        "types.a = { type = 'time', pattern = '%m/%d/%y %I:%M %p' }",
        "a\n1/31/25 2:05 PM\n",
        "a",
        json!(["2025-01-31T14:05:00"]),
    );
    check(
        "types.a = { type = 'time', pattern = '%Y-%m-%d %H:%M %z' }",
        "a\n2025-01-31 14:05 +0200\n",
        "a",
        json!(["2025-01-31T12:05:00Z"]),
    );
    check(
        "types.a = 'time'",
        "a\n2025-01-31T14:05:00+02:00\n2025-01-31T14:05\n",
        "a",
        json!(["2025-01-31T12:05:00Z", "2025-01-31T14:05:00"]),
    );
    check("types.a = { type = 'int', default = '9' }", "a,b\n,x\n1,x\n", "a", json!([9, 1]));
    check("types.a = { type = 'int', on_error = 'missing' }", "a\nx\n1\n", "a ?? 0", json!([0, 1]));
    check("types.a = { type = 'int', on_error = 'skip' }", "a\nx\n1\n", "a", json!([1]));
}

#[test]
fn numbers_are_exact() {
    check("types.a = 'decimal'", "a\n0.1\n", "a + a + a == 0.3", json!([true]));
    check("types.a = 'int'", "a\n7\n", "a / 2", json!(["3.5"]));
    check("types.a = 'decimal'", "a\n1\n", "round(a / 3, 12)", json!(["0.333333333333"]));
    for (x, rounded) in [("0.5", "1"), ("-0.5", "-1"), ("1.4999", "1"), ("2.5", "3")] {
        check("types.a = 'decimal'", &format!("a\n{x}\n"), "round(a)", json!([rounded]));
    }
    check(
        "types.a = 'decimal'",
        "a\n9007199254740993.01\n",
        "a * 1",
        json!(["9007199254740993.01"]),
    );
}
