//! The words of the language, one row of examples each.

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value as Json, json};
use sijil_import::{Mapping, Options};
use std::io::Write as _;

use crate::tables::{Written, made, options};

/// The values of an expression over each row of `t.csv`, whose table has these words.
pub(crate) fn values(table: &str, tables: &Written, expression: &str) -> Vec<Json> {
    keyed_values("row.number", table, tables, expression)
}

pub(crate) fn keyed_values(
    key: &str,
    table: &str,
    tables: &Written,
    expression: &str,
) -> Vec<Json> {
    let mapping = format!(
        "name = 't'\ncurrency = 'EUR'\n[tables.t]\nfile = 't.csv'\n{table}\n[[event]]\n\
         type = 'test.made'\nfrom = 't'\nkey = '{key}'\nat = '\"2025-01-01\"'\n\
         data = {{ x = '''{expression}''' }}"
    );
    let drafts =
        made(&mapping, tables, &options()).unwrap_or_else(|e| panic!("{table}\n{expression}: {e}"));
    drafts.into_iter().map(|mut d| d["data"]["x"].take()).collect()
}

#[track_caller]
pub(crate) fn check(table: &str, csv: &str, expression: &str, expected: Json) {
    assert_eq!(
        Json::from(values(table, &Written::of(&[("t.csv", csv)]), expression)),
        expected,
        "{table} | {csv:?} | {expression}"
    );
}

#[test]
fn dialects() {
    check("", "a,b\n1,x\n2,y\n", "b", json!(["x", "y"]));
    check("", "a,b\r\n1,\"x, \"\"y\"\"\"\r\n", "b", json!(["x, \"y\""]));
    check("", "\u{feff}a\n1\n", "a", json!(["1"]));
    check("delimiter = ';'", "a;b\n1;x,y\n", "b", json!(["x,y"]));
    check("delimiter = \"\\t\"", "a\tb\n1\tx\n", "b", json!(["x"]));
    check("quote = \"'\"", "a,b\n1,'x,y'\n", "b", json!(["x,y"]));
    check("quote = ''", "a,b\n1,\"x\n", "b", json!(["\"x"]));
    check("escape = '\\'", "a,b\n1,\"x\\\"y\"\n", "b", json!(["x\"y"]));
    check("comment = '#'", "a,b\n#no\n1,x\n", "b", json!(["x"]));
    check("header = false\ncolumns = ['a', 'b']", "1,x\n", "b", json!(["x"]));
    check("columns = ['first', 'second']", "a,a\n1,x\n", "second", json!(["x"]));
    check("skip_lines = 2", "Report\nof today\na,b\n1,x\n", "b", json!(["x"]));
    check("ragged = true", "a,b\n1\n2,x,3\n", "b", json!([null, "x"]));
    check("", "Invoice No., Net (€)\n7,5\n", "`${Invoice_No}/${Net}`", json!(["7/5"]));
    check(
        "null = ['', 'NULL', '-']",
        "a,b\n1,NULL\n2,-\n3,\n4,x\n",
        "b",
        json!([null, null, null, "x"]),
    );
    check("", "a,b\n1,  x \n", "b", json!(["x"]));
    check("trim = false", "a,b\n1,  x \n", "b", json!(["  x "]));
}

#[test]
fn bytes() {
    let windows = Written::default().with("t.csv", b"name\nM\xfcller\n");
    assert_eq!(values("encoding = 'windows-1252'", &windows, "name"), [json!("Müller")]);
    let utf16: Vec<u8> = "name\nMüller\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        values("encoding = 'utf-16le'", &Written::default().with("t.csv", &utf16), "name"),
        [json!("Müller")]
    );
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all("name\nMüller\n".as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    for name in ["t.csv", "t.csv.gz"] {
        assert_eq!(
            values("", &Written::default().with(name, &packed), "name"),
            [json!("Müller")],
            "{name}"
        );
    }
}

#[test]
fn ndjson_keeps_numbers_exact_and_nested_values_whole() {
    let file = "{\"id\":1,\"amount\":0.1000000000000000055,\"who\":{\"name\":\"Anna\"},\
                \"tags\":[\"a\",\"b\"]}\n\n{\"id\":2,\"who\":null,\"tags\":[]}\n";
    let tables = Written::of(&[("t.ndjson", file)]);
    let run = |expression: &str| {
        let mapping = format!(
            "name = 't'\n[tables.t]\nfile = 't.ndjson'\n[[event]]\ntype = 'test.made'\nfrom = 't'\n\
             key = 'id'\nat = '\"2025-01-01\"'\ndata = {{ x = '''{expression}''' }}"
        );
        made(&mapping, &tables, &options())
            .unwrap()
            .into_iter()
            .map(|mut d| d["data"]["x"].take())
            .collect::<Vec<_>>()
    };
    assert_eq!(run("amount"), [json!("0.1000000000000000055"), json!(null)]);
    assert_eq!(run("who?.name"), [json!("Anna"), json!(null)]);
    assert_eq!(run("tags"), [json!(["a", "b"]), json!(null)]);
    assert_eq!(run("id + 1"), [json!(2), json!(3)]);
}

#[test]
fn rows_are_kept_derived_and_sorted() {
    check("where = 'a != \"2\"'", "a\n1\n2\n3\n", "a", json!(["1", "3"]));
    check("derive = { b = 'a + \"!\"', c = 'b + \"?\"' }", "a\n1\n", "c", json!(["1!?"]));
    check("types.a = 'int'\nsort = ['-a']", "a\n9\n\n10\n1\n", "a", json!([10, 9, 1]));
    check("sort = ['b', '-a']", "a,b\n1,y\n2,x\n3,y\n", "a", json!(["2", "3", "1"]));
    check(
        "types.a = 'int'\nderive = { n = 'row.number', m = 'n * 10' }\nsort = ['a']",
        "a\n3\n1\n",
        "m + a",
        json!([11, 23]),
    );
}

#[test]
fn windows_know_their_neighbours() {
    let csv = "case,at,what\nA,2,b\nB,1,x\nA,1,a\nA,3,c\n";
    let run = |expression: &str| {
        let table = "window = { by = ['case'], sort = ['at'] }";
        Json::from(keyed_values("what", table, &Written::of(&[("t.csv", csv)]), expression))
    };
    assert_eq!(run("previous?.what"), json!(["a", null, null, "b"]));
    assert_eq!(run("next?.what"), json!(["c", null, "b", null]));
    assert_eq!(run("`${row.number}/${row.count}`"), json!(["2/3", "1/1", "1/3", "3/3"]));
    assert_eq!(run("row.first && row.last"), json!([false, true, false, false]));
    check("", csv, "row.number", json!([1, 2, 3, 4]));
}

#[test]
fn tables_join_group_and_unpivot() {
    let tables = Written::of(&[
        ("t.csv", "id,who\n1,a\n2,\n3,b\n"),
        ("people.csv", "id,name\na,Anna\nb,Ben\n"),
        ("lines.csv", "t,qty\n1,2\n3,5\n1,4\n"),
    ]);
    let joins = "parents.p = { table = 'people', on = 'who', key = 'id' }\n\
                 children.lines = { table = 'lines', by = 't', on = 'id' }\n[tables.people]\n\
                 file = 'people.csv'\n[tables.lines]\nfile = 'lines.csv'\ntypes.qty = 'int'\n\
                 parents.head = { table = 't', on = 't', key = 'id' }\nderive.who = 'head.who'";
    let run = |expression: &str| Json::from(values(joins, &tables, expression));
    assert_eq!(run("p?.name"), json!(["Anna", null, "Ben"]));
    assert_eq!(run("sum(lines, \"qty\")"), json!(["6", "0", "5"]));
    assert_eq!(run("lines.map(|l| l.qty)"), json!([[2, 4], null, [5]]));
    assert_eq!(run("lines.map(|l| l.who)"), json!([["a", "a"], null, ["b"]]));
    let group = "[tables.g]\nfrom = 't'\ngroup_by = ['who']\nderive.n = 'count(rows)'";
    let mapping = format!(
        "name = 't'\n[tables.t]\nfile = 't.csv'\ntypes.v = 'decimal'\n{group}\n[[event]]\ntype = \
         'test.made'\nfrom = 'g'\nkey = 'who'\nat = '\"2025-01-01\"'\n\
         data = {{ who = 'who', n = 'n', v = 'sum(rows, \"v\")' }}"
    );
    let drafts =
        made(&mapping, &Written::of(&[("t.csv", "who,v\nb,1.5\na,2\nb,3\n")]), &options()).unwrap();
    assert_eq!(
        drafts.iter().map(|d| d["data"].clone()).collect::<Vec<_>>(),
        [json!({"who": "b", "n": 2, "v": "4.5"}), json!({"who": "a", "n": 1, "v": "2"})]
    );
    check(
        "types.v = 'decimal'\nunpivot = { columns = '^M(\\d+)$', name = 'month', value = 'v' }",
        "who,M1,M2,M3\na,1,,3\n",
        "`${who}${month}:${v}`",
        json!(["a1:1", "a3:3"]),
    );
}

/// The drafts of one `[[event]]` over `t.csv`.
fn events(csv: &str, event: &str) -> Vec<Json> {
    let mapping = format!(
        "name = 't'\nzone = 'Europe/Berlin'\n[tables.t]\nfile = 't.csv'\n[tables.t.types]\n\
         n = 'int'\n[[event]]\ntype = 'test.made'\nfrom = 't'\n{event}"
    );
    made(&mapping, &Written::of(&[("t.csv", csv)]), &options())
        .unwrap_or_else(|e| panic!("{event}: {e}"))
}

fn ids(drafts: &[Json]) -> Vec<&str> {
    drafts.iter().map(|d| d["data"]["id"].as_str().unwrap_or_else(|| panic!("{d}"))).collect()
}

#[test]
fn rows_become_events() {
    let csv = "id,n,tags\na,2,x;y\nb,1,\nc,2,z\n";
    let at = "at = '\"2025-01-01\"'\n";
    assert_eq!(
        ids(&events(csv, &format!("{at}when = 'n > 1'\ndata = {{ id = 'id' }}"))),
        ["a", "c"]
    );
    assert_eq!(
        ids(&events(csv, &format!("{at}distinct = 'n'\ndata = {{ id = 'id' }}"))),
        ["a", "b"]
    );
    let split = format!(
        "{at}each = 'split(tags, \";\")'\nas = 'tag'\n\
         data = {{ id = '`${{id}}-${{tag}}-${{index}}`' }}"
    );
    assert_eq!(ids(&events(csv, &split)), ["a-x-1", "a-y-2", "c-z-1"]);
    let dated = "at = 'add_days(\"2025-01-10\", -n)'\ndata = { id = 'id' }";
    assert_eq!(ids(&events(csv, dated)), ["a", "c", "b"], "by time, then by row");
}

#[test]
fn fields_have_a_choice() {
    let csv = "id,n\na,\nb,5\n";
    let field = |spec: &str| {
        let drafts =
            events(csv, &format!("at = '\"2025-01-01\"'\ndata = {{ id = 'id', x = {spec} }}"));
        drafts.iter().map(|d| d["data"].get("x").cloned().unwrap_or(Json::Null)).collect::<Vec<_>>()
    };
    assert_eq!(field("'n'"), [json!(null), json!(5)]);
    assert_eq!(field("{ expr = 'n', default = '0' }"), [json!(0), json!(5)]);
    assert_eq!(field("{ expr = 'n', on_missing = 'skip' }"), [json!(5)]);
    assert_eq!(field("{ expr = 'n + 1', on_error = 'omit' }"), [json!(null), json!(6)]);
    assert_eq!(
        field("{ expr = 'n + 1', on_error = 'default', default = '-1' }"),
        [json!(-1), json!(6)]
    );
    assert_eq!(field("{ expr = 'n + 1', on_error = 'skip' }"), [json!(6)]);
    assert_eq!(field("{ text = 'n' }"), [json!("n"), json!("n")]);
    assert_eq!(field("{ a = { b = 'n' } }"), [json!(null), json!({"a": {"b": 5}})]);
    assert_eq!(field("[]"), [json!([]), json!([])]);
    assert_eq!(field("['n', { text = 'z' }]"), [json!(["z"]), json!([5, "z"])]);
    assert_eq!(
        field(
            "[{ each = '[1, 2]', when = 'it > 1', make = 'it * 10' }, \
             { when = 'n == 5', make = 'n' }]"
        ),
        [json!([20]), json!([20, 5])]
    );
    assert_eq!(
        field("{ each = '[1, 2]', as = 'e', make = { e = 'e', i = 'index' } }"),
        vec![json!([{"e": 1, "i": 1}, {"e": 2, "i": 2}]); 2]
    );
}

#[test]
fn times_are_in_the_zone_unless_they_say_otherwise() {
    let at = |time: &str| {
        let drafts = events("id,n\na,1\n", &format!("at = '\"{time}\"'\ndata = {{ id = 'id' }}"));
        drafts[0]["occurred_at"].as_str().unwrap().to_owned()
    };
    assert_eq!(at("2025-01-31"), "2025-01-30T23:00:00Z");
    assert_eq!(at("2025-07-31"), "2025-07-30T22:00:00Z");
    assert_eq!(at("2025-01-31T10:00:00.5"), "2025-01-31T09:00:00.5Z");
    assert_eq!(at("2025-01-31T10:00:00-05:00"), "2025-01-31T15:00:00Z");
    assert_eq!(at("2025-03-30T01:59:59"), "2025-03-30T00:59:59Z");
}

#[test]
fn ids_depend_on_name_type_and_key_alone() {
    let run = |name: &str, kind: &str, csv: &str, data: &str| {
        let mapping = format!(
            "name = '{name}'\n[tables.t]\nfile = 't.csv'\n[[event]]\ntype = '{kind}'\nfrom = 't'\n\
             key = ['a', 'b']\nat = '\"2025-01-01\"'\ndata = {data}"
        );
        let drafts = made(&mapping, &Written::of(&[("t.csv", csv)]), &options()).unwrap();
        drafts.iter().map(|d| d["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = run("t", "x.made", "a,b\n1,2\n", "{ x = 'a' }");
    assert_eq!(
        run("t", "x.made", "a,b\n0,0\n1,2\n", "{ x = 'b' }")[1],
        first[0],
        "more rows and other data leave an id as it is"
    );
    assert_ne!(run("u", "x.made", "a,b\n1,2\n", "{ x = 'a' }"), first);
    assert_ne!(run("t", "y.made", "a,b\n1,2\n", "{ x = 'a' }"), first);
    assert_ne!(
        run("t", "x.made", "a,b\n1,23\n", "{ x = 'a' }"),
        run("t", "x.made", "a,b\n12,3\n", "{ x = 'a' }"),
        "parts of a key never run together"
    );
}

#[test]
fn events_of_one_time_keep_the_order_of_the_mapping() {
    let mapping = "name = 't'\nactor = '\"clerk\"'\nsource = 'till'\n[parameters]\n\
                   day = '2025-01-02'\n[tables.t]\nfile = 't.csv'\n[[event]]\ntype = 'b.made'\n\
                   from = 't'\nat = 'params.day'\ndata = { id = 'id' }\n[[event]]\n\
                   type = 'a.made'\nversion = 2\nactor = 'id'\ncorrelation = '\"k\"'\nfrom = 't'\n\
                   at = 'params.day'\ndata = { id = 'id' }\n[[event]]\ntype = 'once.made'\n\
                   at = '\"2025-01-01\"'\ndata = { id = { text = 'o' } }";
    let tables = Written::of(&[("t.csv", "id\n1\n2\n")]);
    let drafts = made(mapping, &tables, &options()).unwrap();
    let shown: Vec<String> = drafts
        .iter()
        .map(|d| format!("{} {}", d["type"].as_str().unwrap(), d["data"]["id"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, ["once.made o", "b.made 1", "b.made 2", "a.made 1", "a.made 2"]);
    assert_eq!((&drafts[0]["actor"], &drafts[0]["source"]), (&json!("clerk"), &json!("till")));
    assert_eq!(
        (&drafts[3]["actor"], &drafts[3]["correlation"], &drafts[3]["version"]),
        (&json!("1"), &json!("k"), &json!(2))
    );
    let mut other = options();
    other.parameters.insert("day".to_owned(), "2024-12-31".to_owned());
    assert_eq!(made(mapping, &tables, &other).unwrap()[0]["type"], "b.made");
}

#[test]
fn the_summary_counts_what_was_left_out() {
    let mapping = "name = 't'\n[tables.t]\nfile = 't.csv'\nwhere = 'id != \"f\"'\n\
                   types.n = { type = 'int', on_error = 'skip' }\n[[event]]\ntype = 'test.made'\n\
                   from = 't'\nwhen = 'n > 0'\ndistinct = 'n'\n\
                   at = { expr = 'day', on_missing = 'skip' }\ndata = { id = 'id' }";
    let tables = Written::of(&[(
        "t.csv",
        "id,n,day\na,1,2025-01-02\nb,x,2025-01-01\nc,0,2025-01-01\nd,1,2025-01-01\ne,2,\n\
         f,3,2025-01-01\n",
    )]);
    let mut seen = Vec::new();
    let mapping = Mapping::parse(mapping).unwrap();
    let drafts = mapping
        .run(&tables, &Options { unchecked: true, ..Options::default() }, &mut |p| {
            seen.push(format!("{p:?}"));
        })
        .unwrap();
    assert_eq!(
        drafts.summary.to_string(),
        "        5 rows      t (t.csv)\n        1 left out  by `where`\n        1 skipped   column \
         n: expected a whole number\n        2 unused    no event was made of them, and no join \
         found them (first: t.csv line 4)\n        1 events    test.made from t\n        1 \
         rows      not meant by `when`\n        1 rows      repeat a `distinct` value\n        1 \
         skipped   /at: `day` gave no value (first: t.csv line 6)\n        1 events    in all, \
         2025-01-02T00:00:00Z to 2025-01-02T00:00:00Z"
    );
    assert_eq!(drafts.place(&drafts.read().next().unwrap().unwrap()).to_string(), "t.csv line 2");
    assert_eq!(drafts.summary.by_type(), [("test.made", 1)].into());
    assert!(!seen.is_empty(), "progress is told");
}
