//! Errors: does each name its file, line, column and value, and say what to do?

use std::io;

use crate::tables::{Written, made, options};

pub(crate) const HEAD: &str = "name = 't'\n";
pub(crate) const TABLE: &str = "name = 't'\n[tables.t]\nfile = 't.csv'\n";
pub(crate) const EVENT: &str = "[[event]]\ntype = 'test.made'\nfrom = 't'\nat = '\"2025-01-01\"'\n";

#[track_caller]
pub(crate) fn check(mapping: &str, csv: &str, expected: &str) {
    check_files(mapping, &Written::of(&[("t.csv", csv)]), expected);
}

#[track_caller]
pub(crate) fn check_files(mapping: &str, tables: &Written, expected: &str) {
    match made(mapping, tables, &options()) {
        Ok(drafts) => panic!("expected {expected:?}, got {} drafts", drafts.len()),
        Err(got) => assert_eq!(got, expected),
    }
}

/// One event over `t.csv` with this data.
pub(crate) fn event(data: &str) -> String {
    format!("{TABLE}{EVENT}data = {data}")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_mapping_that_cannot_be() {
    check(
        "nam = 't'",
        "",
        "the mapping cannot be read: TOML parse error at line 1, column 1\n  |\n1 | nam = 't'\n  | \
         ^^^\nunknown field `nam`, expected one of `name`, `about`, `source`, `actor`, `zone`, \
         `clock_change`, `currency`, `parameters`, `lookups`, `tables`, `event`",
    );
    check(
        "[tables.t]\nfile = 't.csv'",
        "",
        "the mapping cannot be read: TOML parse error at line 1, column 1\n  |\n1 | [tables.t]\n  \
         | ^\nmissing field `name`",
    );
    check(
        &format!("{HEAD}[tables.t]"),
        "",
        "tables.t: expected either `file` (read it) or `from` (made of another table)",
    );
    check(
        &format!("{HEAD}[tables.t]\nfrom = 'u'"),
        "",
        "tables.t.from: expected the name of a table, got \"u\"; there are t",
    );
    check(
        &format!("{TABLE}group_by = ['a']"),
        "",
        "tables.t: `group_by` needs `from`: the table whose rows are grouped",
    );
    check(
        &format!("{TABLE}delimiter = '||'"),
        "",
        "tables.t.delimiter: expected one ASCII character, got \"||\"",
    );
    check(
        &format!("{TABLE}header = false"),
        "",
        "tables.t: without a header line the table needs `columns`: their names, from left to \
         right",
    );
    check(
        &format!("{TABLE}encoding = 'martian'"),
        "",
        "tables.t.encoding: expected an encoding such as utf-8 or windows-1252, got \"martian\"",
    );
    check(
        &format!("{TABLE}parents.row = {{ table = 't', on = 'a' }}"),
        "",
        "tables.t.parents.row: a join cannot be named \"row\"; choose another name",
    );
    check(
        &format!("{HEAD}{EVENT}data = {{ x = '1' }}"),
        "",
        "event 1 (test.made): `from`: expected the name of a table, got \"t\"; there are none",
    );
    check(
        &event("{ x = '1 +' }"),
        "a\n1\n",
        "event 1 (test.made).data.x: `1 +`: Script is incomplete (line 1, position 4)",
    );
    check(
        &event("{ x = '' }"),
        "a\n1\n",
        "event 1 (test.made).data.x: ``: expected an expression, got an empty text; a constant \
         text is written { text = \"\" }",
    );
    check(
        &event("{ x = 1.5 }"),
        "a\n1\n",
        "event 1 (test.made).data.x: a decimal constant is written as text, got 1.5: { text = \
         \"1.5\" }",
    );
    check(
        &event("{ x = { expr = 'a', default = 1 } }"),
        "a\n1\n",
        "event 1 (test.made).data.x.default: expected a text, got 1",
    );
    check(
        &event("{ x = { expr = 'a', on_missing = 'default' } }"),
        "a\n1\n",
        "event 1 (test.made).data.x: `on_missing = \"default\"` needs `default`",
    );
    check(
        &event("{ x = { expr = 'a', on_error = 'panic' } }"),
        "a\n1\n",
        "event 1 (test.made).data.x.on_error: expected omit, default, skip or fail, got \"panic\"",
    );
    check(
        &event("{ x = { expr = 'a', if = 'b' } }"),
        "a\n1\n",
        "event 1 (test.made).data.x: expected only expr, on_missing, on_error, default, got \"if\"",
    );
    check(
        &format!("{TABLE}{EVENT}data = {{ x = [] }}"),
        "a\n1\n",
        "event 1 (test.made): expected `key`, or a first field of `data` to take as key",
    );
    check(
        &format!("{HEAD}zone = 'Mars/Base'"),
        "",
        "zone: expected a time zone such as Europe/Berlin, got \"Mars/Base\"",
    );
}

#[test]
fn a_mapping_that_does_not_fit_its_tables() {
    check(
        &event("{ x = 'b' }"),
        "a,c\n1,2\n",
        "event 1 (test.made): `b`: no column, join or parameter is named b; there are a, c, \
         params, row",
    );
    check(
        &event("{ x = 'a + c + b' }"),
        "a,c\n1,2\n",
        "event 1 (test.made): `a + c + b`: no column, join or parameter is named b; there are a, \
         c, params, row",
    );
    check(
        &format!("{TABLE}types.b = 'int'\n{EVENT}data = {{ x = 'a' }}"),
        "a,c\n1,2\n",
        "tables.t.types.b: there is no such column; there are a, c",
    );
    check(
        &format!("{TABLE}sort = ['b']\n{EVENT}data = {{ x = 'a' }}"),
        "a\n1\n",
        "tables.t.sort: table t has no column b; there are a",
    );
    check(
        &event("{ x = 'a' }"),
        "a,a\n1,2\n",
        "tables.t: two columns are named a; give all names in `columns`",
    );
    check(
        &format!(
            "{TABLE}derive = {{ b = 'sum(k, \"b\")' }}\nchildren.k = {{ table = 't', by = 'a' }}\n\
             {EVENT}data = {{ x = 'a' }}"
        ),
        "a\n1\n",
        "tables.t: the table is made of itself, through `from`, `where` or `derive`; take the join \
         out of one of them",
    );
    check(
        &format!("{TABLE}parents.p = {{ table = 't', on = 'a' }}\n{EVENT}data = {{ x = 'p.z' }}"),
        "a\n1\n",
        "p.z: table t has no column z; there are a",
    );
    check(
        &format!(
            "{TABLE}unpivot = {{ columns = '^M', name = 'm', value = 'v' }}\n\
             {EVENT}data = {{ x = 'a' }}"
        ),
        "a\n1\n",
        "tables.t.unpivot: expected a column that matches \"^M\", got a",
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    check_files(
        &event("{ x = 'a' }"),
        &Written::default(),
        "t.csv: cannot be opened (entity not found); table t of the mapping is read from it",
    );
    check(&event("{ x = 'a' }"), "", "t.csv line 1: expected a header line, got an empty file");
    check(
        &event("{ x = 'a' }"),
        "a,b\n1,2\n3\n",
        "t.csv line 3: expected 2 fields, got 1; correct the file or say `ragged = true`, and \
         missing fields are missing cells",
    );
    check(
        &format!("{TABLE}skip_lines = 1\n{EVENT}data = {{ x = 'a' }}"),
        "made today\na,b\n\"1\n1\",2\n3\n",
        "t.csv line 5: expected 2 fields, got 1; correct the file or say `ragged = true`, and \
         missing fields are missing cells",
    );
    let latin = Written::default().with("t.csv", b"a,b\n1,2\nM\xfcller,3\n");
    check_files(
        &event("{ x = 'a' }"),
        &latin,
        "t.csv line 3, column a: expected UTF-8 (another encoding is named by `encoding`), got \
         \"M\u{fffd}ller\"; correct the file or give the column `on_error`",
    );
    let json = Written::of(&[("t.ndjson", "{\"a\":1}\n[2]\n")]);
    let mapping = event("{ x = 'a' }").replace("t.csv", "t.ndjson");
    check_files(
        &mapping,
        &json,
        "t.ndjson line 2: expected a JSON object, got [2] (invalid type: sequence, expected an \
         object)",
    );
    let torn = Written::default().with("t.csv", &[0x1f, 0x8b, 8, 0]);
    let got = made(&event("{ x = 'a' }"), &torn, &options()).unwrap_err();
    assert!(
        got.starts_with("t.csv line 1: cannot be read: ")
            && got.contains(&io::Error::from(io::ErrorKind::UnexpectedEof).to_string()),
        "{got}"
    );
}

#[test]
fn a_type_that_cannot_be() {
    let typed = |kind: &str, what: &str| {
        check(&format!("{TABLE}types.b = {kind}"), "", &format!("tables.t.types.b: {what}"));
    };
    typed(
        "{ type = 'decimal', group = '.' }",
        "'.' cannot be both `point` and `group`: say the other, such as point = \",\"",
    );
    typed("{ type = 'decimal', point = '5' }", "point: expected a sign such as . , or ', got '5'");
    typed("{ type = 'int', pattern = '%d' }", "`pattern` is a particular of date and time");
    typed("{ type = 'text', group = ',' }", "`group` is a particular of int and decimal");
    typed("{ type = 'date', epoch = 's' }", "`epoch` is a particular of time");
    typed("{ type = 'time', epoch = 's', pattern = '%s' }", "expected either `pattern` or `epoch`");
    typed(
        "{ type = 'time', zone = 'Mars/Base' }",
        "zone: expected a time zone such as Europe/Berlin, got \"Mars/Base\"",
    );
    typed(
        "{ type = 'time', zone = 'UTC', zone_from = 'a' }",
        "expected either `zone` or `zone_from`",
    );
    typed(
        "{ type = 'date', pattern = '%Y-%m' }",
        "pattern %Y-%m: expected a whole date: year, month and day",
    );
    typed("{ type = 'bool', true = ['x'], false = ['X'] }", "\"x\" is in both `true` and `false`");
    typed("{ type = 'int', default = 'none' }", "default: expected a whole number, got \"none\"");
    check(
        &format!("{TABLE}[tables.u]\nfrom = 't'\ntypes.a = 'int'"),
        "",
        "tables.u.types: it says how a file is read, so it belongs to the table that has the \
         `file`",
    );
    check(
        &format!("{TABLE}having = 'a'"),
        "",
        "tables.t: `having` is a condition on the groups of `group_by`; a condition on rows is \
         `where`",
    );
}

#[test]
fn a_word_that_was_mistyped() {
    let orders = format!("{HEAD}[tables.orders]\nfile = 't.csv'\n");
    check(
        &format!("{orders}[tables.lines]\nfrom = 'ordres'"),
        "",
        "tables.lines.from: expected the name of a table, got \"ordres\"; did you mean orders? \
         There are orders, lines",
    );
    let at = |data: &str, what: &str| check(&event(data), "id,quantity,price\n1,2,3\n", what);
    at(
        "{ x = 'id', y = 'quantty' }",
        "event 1 (test.made): `quantty`: no column, join or parameter is named quantty; did you \
         mean quantity? There are id, quantity, price, params, row",
    );
    at(
        "{ x = 'id', y = 'row[\"Quantities\"]' }",
        "event 1 (test.made): `row[\"Quantities\"]`: row has no column \"Quantities\"; did you \
         mean quantity? There are id, quantity, price, params, row",
    );
    at(
        "{ x = 'id', y = 'params.day' }",
        "params.day: the mapping has no parameter day; there are none",
    );
    at(
        "{ x = 'id', y = 'case + \"x\"' }",
        "event 1 (test.made).data.y: `case + \"x\"`: 'case' is a reserved keyword (line 1, \
         position 1); a column of this name is written row[\"case\"], of a joined row l[\"case\"]",
    );
    let joined = |data: &str, what: &str| {
        let mapping = format!(
            "{TABLE}parents.p = {{ table = 'u', on = 'a', key = 'id' }}\n\
             children.lines = {{ table = 'u', by = 'id', on = 'a' }}\n[tables.u]\nfile = 'u.csv'\n\
             {EVENT}data = {{ x = 'a', y = {data} }}"
        );
        check_files(
            &mapping,
            &Written::of(&[("t.csv", "a\n1\n"), ("u.csv", "id,quantity\n1,2\n")]),
            what,
        );
    };
    joined(
        "'p?.quantty'",
        "p.quantty: table u has no column quantty; did you mean quantity? There are id, quantity",
    );
    joined(
        "'lines.map(|l| l.quantty)'",
        "l.quantty: no table has a column quantty; did you mean quantity? There are a, id, \
         quantity",
    );
    joined(
        "[{ each = 'lines', make = { q = 'it.quantty' } }]",
        "it.quantty: no table has a column quantty; did you mean quantity? There are a, id, \
         quantity",
    );
}

#[test]
fn a_cell_that_is_not_of_its_type() {
    let typed = |kind: &str| format!("{TABLE}types.b = {kind}\n{EVENT}data = {{ x = 'a' }}");
    let wrong = |expected: &str| {
        format!(
            "t.csv line 3, column b: expected {expected}, got \"x\"; correct the file or give the \
             column `on_error`"
        )
    };
    let csv = |good: &str| format!("a,b\n1,{good}\n2,x\n");
    check(&typed("'int'"), &csv("1"), &wrong("a whole number"));
    check(&typed("'decimal'"), &csv("1.5"), &wrong("a decimal such as -12.50"));
    check(&typed("'bool'"), &csv("yes"), &wrong("one of true, t, yes, y, 1 or false, f, no, n, 0"));
    check(&typed("'date'"), &csv("2025-01-31"), &wrong("a date such as 2025-01-31"));
    check(&typed("'time'"), &csv("2025-01-31T10:00"), &wrong("a time such as 2025-01-31T09:30:00"));
    check(
        &typed("{ type = 'date', pattern = '%d.%m.%Y' }"),
        &csv("31.01.2025"),
        &wrong("a date or time by the pattern %d.%m.%Y"),
    );
    check(
        &typed("'int'"),
        "a,b\n1,1\n2,1.5\n",
        "t.csv line 3, column b: expected a whole number, got \"1.5\"; correct the file or give \
         the column `on_error`",
    );
    check(
        &typed("'int'"),
        "a,b\n1,99999999999999999999\n",
        "t.csv line 2, column b: expected a whole number, got \"99999999999999999999\"; correct \
         the file or give the column `on_error`",
    );
}

#[test]
fn joins_that_find_nothing_or_too_much() {
    let mapping = format!(
        "{TABLE}parents.p = {{ table = 'u', on = 'a', key = 'id' }}\n[tables.u]\nfile = 'u.csv'\n\
         {EVENT}data = {{ x = 'p.n' }}"
    );
    let tables = |u: &str| Written::of(&[("t.csv", "a\n1\n"), ("u.csv", u)]);
    check_files(
        &mapping,
        &tables("id,n\n2,x\n"),
        "t.csv line 2, join p: expected a row of table u with id = \"1\", found none; add it or \
         say `on_missing = \"none\"`",
    );
    check_files(
        &mapping,
        &tables("id,n\n1,x\n1,y\n"),
        "u.csv line 3, column id: expected each id of table u once, got \"1\" again (first in line \
         2)",
    );
}

#[test]
fn keys_parameters_and_secrets() {
    check(
        &event("{ x = 'a' }"),
        "a\n1\n2\n1\n",
        "t.csv line 4: test.made has the key \"1\" again (first in t.csv line 2); expected each \
         key once: add a column to `key`, or say `distinct`",
    );
    check(
        &format!("{HEAD}parameters.day = {{ about = 'the first day' }}"),
        "",
        "parameter day: expected a value; the mapping has no default",
    );
    let mut wrong = options();
    wrong.parameters.insert("dya".to_owned(), "x".to_owned());
    let got = made(&format!("{HEAD}parameters.day = '2025-01-01'"), &Written::default(), &wrong)
        .unwrap_err();
    assert_eq!(got, "parameter dya: the mapping has no such parameter; there are: day");
    let mut none = options();
    none.key_secret = None;
    let got = made(&event("{ x = 'key(a)' }"), &Written::of(&[("t.csv", "a\nAnna\n")]), &none)
        .unwrap_err();
    assert_eq!(
        got,
        "t.csv line 2, test.made /key: `key(a)`: key(x) needs the secret of this import, and the \
         caller gave none; with a = \"Anna\""
    );
}

#[test]
fn what_the_vocabulary_refuses() {
    let mapping = |data: &str| {
        format!(
            "{TABLE}[[event]]\ntype = 'client.registered'\nfrom = 't'\nat = '\"2025-01-01\"'\n\
             data = {data}"
        )
    };
    let run = |data: &str| {
        let checked = sijil_import::Options::default();
        made(&mapping(data), &Written::of(&[("t.csv", "a\nA B\n")]), &checked).unwrap_err()
    };
    let got = run("{ client = 'a', name = 'a', kind = { text = 'org' } }");
    assert!(
        got.starts_with(
            "t.csv line 2, client.registered /data/client: expected 1 to 64 bytes of A-Z a-z 0-9 . \
             _ : / -, got \"A B\""
        ),
        "{got}"
    );
    let got = run("{ client = 'slug(a)', kind = { text = 'org' } }");
    assert!(got.starts_with("t.csv line 2, client.registered /data/name: missing field"), "{got}");
    let got = run("{ client = 'slug(a)', name = 'a', kind = { text = 'org' }, nickname = 'a' }");
    assert!(
        got.starts_with("t.csv line 2, client.registered /data/nickname: unknown field"),
        "{got}"
    );
    let skipped = mapping("{ client = 'a', name = 'a', kind = { text = 'org' } }")
        .replace("from = 't'", "from = 't'\non_error = 'skip'");
    let skipped = sijil_import::Mapping::parse(&skipped).unwrap();
    let drafts = skipped
        .run(
            &Written::of(&[("t.csv", "a\nA B\nC\n")]),
            &sijil_import::Options::default(),
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(
        (drafts.len(), drafts.summary.events[0].skipped.values().map(|s| s.rows).sum::<u64>()),
        (1, 1)
    );
}

/// Rows of many batches: what is made on several threads is taken in order, whatever goes wrong
/// further on.
#[test]
fn the_first_row_that_is_wrong_is_named_in_a_long_table() {
    let table = |wrong: &[(usize, &str)]| {
        let cell = |n: usize| {
            wrong
                .iter()
                .find(|(row, _)| *row == n)
                .map_or_else(|| n.to_string(), |(_, cell)| (*cell).to_owned())
        };
        let rows: Vec<String> = (1..=20_000).map(|n| format!("{},{}", cell(n), n % 7)).collect();
        format!("a,b\n{}\n", rows.join("\n"))
    };
    let mapping = event("{ x = '60 / int(a)', k = 'a' }").replace("data =", "key = 'a'\ndata =");
    let at = |line: usize| format!("t.csv line {line}, test.made /x: `60 / int(a)`: ");
    let said = |text: &str| {
        made(&mapping, &Written::of(&[("t.csv", text)]), &options()).err().unwrap_or_default()
    };
    for wrong in
        [&[(12_345, "0"), (12_400, "0"), (19_999, "0")][..], &[(12_345, "0"), (19_000, "x")]]
    {
        assert!(said(&table(wrong)).starts_with(&at(12_346)), "{}", said(&table(wrong)));
    }
    check(
        &mapping,
        &table(&[(15_000, "17"), (15_001, "0")]),
        "t.csv line 15001: test.made has the key \"17\" again (first in t.csv line 18); expected \
         each key once: add a column to `key`, or say `distinct`",
    );
    // What repeats a `distinct` value is not made, so nothing can be wrong with it.
    let mapping = mapping.replace("key =", "distinct = 'b'\nkey =");
    let drafts =
        made(&mapping, &Written::of(&[("t.csv", &table(&[(12_345, "0")]))]), &options()).unwrap();
    assert_eq!(drafts.len(), 7);
}
