//! Dates and times: is each the moment it means, and does it compare as one?

use serde_json::{Value as Json, json};

use crate::{
    errors::{self, EVENT, TABLE},
    language::{check, keyed_values},
    tables::{Written, made, options},
};

/// Times whose order as texts is another than the one they came in: 10:00:00Z sorts after
/// 10:00:00.25Z.
const TRIMMED: &str = "id,at\nc,2025-01-31T10:00:00.5Z\na,2025-01-31T10:00:00Z\n\
                       b,2025-01-31T10:00:00.25Z\nd,2025-01-31T12:00:00.75+01:00\n";

#[test]
fn times_sort_and_compare_as_times() {
    let run = |table: &str, expression: &str| {
        Json::from(keyed_values("id", table, &Written::of(&[("t.csv", TRIMMED)]), expression))
    };
    assert_eq!(run("types.at = 'time'\nsort = ['at']", "id"), json!(["a", "b", "c", "d"]));
    assert_eq!(run("types.at = 'time'\nsort = ['-at']", "id"), json!(["d", "c", "b", "a"]));
    let window = "types.at = 'time'\nwindow = { sort = ['at'] }";
    assert_eq!(run(window, "previous?.id"), json!(["b", null, "a", "c"]));
    assert_eq!(run(window, "row.number"), json!([3, 1, 2, 4]));
    assert_eq!(
        run(window, "at < (next?.at ?? time(\"2026-01-01T00:00:00Z\"))"),
        json!([true, true, true, true])
    );
    let group = |expression: &str| {
        let mapping = format!(
            "name = 't'\n[tables.t]\nfile = 't.csv'\ntypes.at = 'time'\nderive.all = '1'\n\
             [tables.g]\nfrom = 't'\ngroup_by = ['all']\n[[event]]\ntype = 'test.made'\n\
             from = 'g'\nkey = 'all'\nat = '\"2025-01-01\"'\ndata = {{ x = '{expression}' }}"
        );
        made(&mapping, &Written::of(&[("t.csv", TRIMMED)]), &options()).unwrap()[0]["data"]["x"]
            .clone()
    };
    assert_eq!(group("least(rows, \"at\")"), json!("2025-01-31T10:00:00Z"));
    assert_eq!(group("most(rows, \"at\")"), json!("2025-01-31T11:00:00.75Z"));
    assert_eq!(group("max(rows[1].at, rows[2].at)"), json!("2025-01-31T10:00:00.25Z"));
    assert_eq!(group("min(rows[1].at, rows[2].at)"), json!("2025-01-31T10:00:00Z"));
}

#[test]
fn dates_times_and_texts_compare_by_what_they_say() {
    let holds = |expression: &str| {
        check(
            "types = { d = 'date', t = 'time', i = 'time' }",
            "d,t,i\n2025-01-31,2025-01-31T09:30,2025-01-31T09:30Z\n",
            expression,
            json!([true]),
        );
    };
    for expression in [
        "d < t",
        "t > d",
        "d == \"2025-01-31\"",
        "\"2025-02-01\" > d",
        "d != \"2025-02-01\"",
        "d == date(t)",
        "i == \"2025-01-31T10:30:00+01:00\"",
        "t == i",
        "d != ()",
        "!(d == ())",
        "d >= month_start(d)",
        "add_days(d, 1) == date(\"01.02.2025\", \"%d.%m.%Y\")",
        "[date(\"2025-01-30\"), d].contains(d)",
        "`${d} ${t}` == \"2025-01-31 2025-01-31T09:30:00\"",
        "\"on \" + d == \"on 2025-01-31\"",
    ] {
        holds(expression);
    }
    let at = |expression: &str, csv: &str, what: &str| {
        errors::check(
            &format!("{TABLE}types.d = 'date'\n{EVENT}data = {{ x = 'a', y = '{expression}' }}"),
            csv,
            what,
        );
    };
    at(
        "d > a",
        "a,d\nx,2025-01-31\n",
        "t.csv line 2, test.made /y: `d > a`: 2025-01-31 is compared with \"x\", which is no date \
         or time: give the column a type; with a = \"x\", d = 2025-01-31",
    );
    at(
        "a > b",
        "a,b,d\n10,9,\n",
        "t.csv line 2, test.made /y: `a > b`: the texts \"10\" and \"9\" are compared, whose order \
         as numbers is another: give the column a type, or write int(x) or dec(x); with a = \
         \"10\", b = \"9\"",
    );
    at(
        "max(a, b)",
        "a,b,d\n2025-01-31T10:00:00Z,2025-01-31T10:00:00.25Z,\n",
        "t.csv line 2, test.made /y: `max(a, b)`: the texts \"2025-01-31T10:00:00Z\" and \
         \"2025-01-31T10:00:00.25Z\" are compared, whose order as times is another: give the \
         column a type, or write time(x); with a = \"2025-01-31T10:00:00Z\", b = \
         \"2025-01-31T10:00:00.25Z\"",
    );
    at(
        "a == true",
        "a,d\nyes,\n",
        "t.csv line 2, test.made /y: `a == true`: the text \"yes\" is compared with true: give the \
         column the type bool; with a = \"yes\"",
    );
    at(
        "d.sub_string(0, 4)",
        "a,d\nx,2025-01-31\n",
        "t.csv line 2, test.made /y: `d.sub_string(0, 4)`: there is no sub_string (time, i64, \
         i64); `types` gives a text column another type, `??` a missing value a default, `text(x)` \
         a date its text; with d = 2025-01-31",
    );
}

#[test]
fn a_column_of_numbers_or_times_is_not_sorted_as_text_in_silence() {
    let wrong = |csv: &str, what: &str| {
        errors::check(&format!("{TABLE}sort = ['a']\n{EVENT}data = {{ x = 'a' }}"), csv, what);
    };
    wrong(
        "a\n10\n9\n",
        "tables.t.sort: column a: the column is text, and \"10\" would come before \"9\": give it \
         the type `int` or `decimal`, or `text` if that is meant",
    );
    wrong(
        "a\n2025-01-31T10:00:00Z\n\n2025-01-31T10:00:00.25Z\n",
        "tables.t.sort: column a: the column is text, and \"2025-01-31T10:00:00.25Z\" would come \
         before \"2025-01-31T10:00:00Z\": give it the type `time`, or `text` if that is meant",
    );
    check("sort = ['a']\ntypes.a = 'text'", "a\n9\n10\n", "a", json!(["10", "9"]));
    check("sort = ['a']", "a\n9\n10\nA-1\n", "a", json!(["10", "9", "A-1"]));
    check("sort = ['a']", "a\n011\n002\n", "a", json!(["002", "011"]));
    check("sort = ['a']\ntypes.a = 'bool'", "a,b\nyes,\n,\nno,\n", "a", json!([null, false, true]));
    check(
        "sort = ['a']\ntypes.a = 'date'",
        "a,b\n2025-01-31,\n,\n2024-12-31,\n",
        "a",
        json!([null, "2024-12-31", "2025-01-31"]),
    );
}

#[test]
fn a_time_says_its_offset_in_many_ways() {
    let time = |pattern: &str, cell: &str, expected: &str| {
        check(
            &format!("types.a = {{ type = 'time', pattern = '{pattern}' }}"),
            &format!("a\n{cell}\n"),
            "a",
            json!([expected]),
        );
    };
    let offset = "%Y-%m-%d %H:%M:%S%z";
    time(offset, "2025-01-31 10:00:00+0200", "2025-01-31T08:00:00Z");
    time(offset, "2025-01-31 10:00:00+02:00", "2025-01-31T08:00:00Z");
    time(offset, "2025-01-31 10:00:00Z", "2025-01-31T10:00:00Z");
    time("%Y-%m-%dT%H:%M:%SZ", "2025-01-31T10:00:00Z", "2025-01-31T10:00:00Z");
    check(
        "types.a = 'time'",
        "a\n2025-01-31 10:00:00+02\n2025-01-31T10:00Z\n2025-01-31\n",
        "a",
        json!(["2025-01-31T08:00:00Z", "2025-01-31T10:00:00Z", "2025-01-31T00:00:00"]),
    );
}

#[test]
fn times_since_1970_and_times_of_a_zone() {
    let epoch = |unit: &str, cell: &str| {
        check(
            &format!("types.a = {{ type = 'time', epoch = '{unit}' }}"),
            &format!("a\n{cell}\n"),
            "a",
            json!(["2025-01-31T09:30:00.25Z"]),
        );
    };
    epoch("s", "1738315800.25");
    epoch("ms", "1738315800250");
    epoch("us", "1738315800250000");
    check("", "a\n1738315800\n", "epoch(a)", json!(["2025-01-31T09:30:00Z"]));
    check("", "a\n1738315800250\n", "epoch(a, \"ms\")", json!(["2025-01-31T09:30:00.25Z"]));
    check(
        "types.a = { type = 'time', zone = 'America/New_York' }",
        "a\n2025-01-31T09:30\n2025-01-31T09:30Z\n",
        "a",
        json!(["2025-01-31T14:30:00Z", "2025-01-31T09:30:00Z"]),
    );
    let csv = "a,tz\n2025-01-31 09:30,Asia/Tokyo\n2025-01-31 09:30,Europe/Berlin\n";
    check(
        "types.a = { type = 'time', zone_from = 'tz' }",
        csv,
        "a",
        json!(["2025-01-31T00:30:00Z", "2025-01-31T08:30:00Z"]),
    );
    check(
        "types.a = 'time'",
        csv,
        "instant(a, tz)",
        json!(["2025-01-31T00:30:00Z", "2025-01-31T08:30:00Z"]),
    );
    let from = |csv: &str, what: &str| {
        errors::check(
            &format!(
                "{TABLE}types.a = {{ type = 'time', zone_from = 'tz' }}\n\
                 {EVENT}data = {{ x = 'a' }}"
            ),
            csv,
            what,
        );
    };
    from(
        "a,tz\n2025-01-31 09:30,\n",
        "t.csv line 2, column a: expected a time zone such as Europe/Berlin beside it, got \
         nothing, got \"2025-01-31 09:30\"; correct the file or give the column `on_error`",
    );
    from(
        "a,tx\n2025-01-31 09:30,\n",
        "tables.t.types.a.zone_from: there is no such column; there are a, tx",
    );
}

/// Where the events of `t.csv` fall under a policy, by the words of the head.
fn at(head: &str, times: &str) -> Result<Vec<String>, String> {
    let mapping = format!(
        "name = 't'\nzone = 'Europe/Berlin'\n{head}\n[tables.t]\nfile = 't.csv'\ntypes.a = 'time'\n\
         [[event]]\ntype = 'test.made'\nfrom = 't'\nkey = 'row.number'\nat = 'a'\n\
         data = {{ x = 'a' }}"
    );
    let drafts = made(&mapping, &Written::of(&[("t.csv", &format!("a\n{times}"))]), &options())?;
    Ok(drafts.iter().map(|d| d["occurred_at"].as_str().unwrap().to_owned()).collect())
}

#[test]
fn a_local_time_that_is_no_single_moment_follows_a_policy() {
    let (gap, fold) = ("2025-03-30T02:30:00\n", "2025-10-26T02:30:00\n");
    assert_eq!(
        at("", gap).unwrap_err(),
        "t.csv line 2, test.made /at: `a`: 2025-03-30T02:30:00 does not exist in Europe/Berlin, \
         whose clocks were put forward (offset +01, then +02); give times with their offset, or \
         say `clock_change = \"earlier\"`, \"later\", \"compatible\" or \"skip\"; with a = \
         2025-03-30T02:30:00"
    );
    let twice = at("", fold).unwrap_err();
    assert!(
        twice.contains(
            "2025-10-26T02:30:00 comes twice in Europe/Berlin, whose clocks were put back (offset \
             +02, then +01)"
        ),
        "{twice}"
    );
    for (policy, in_gap, in_fold) in [
        ("earlier", "2025-03-30T00:30:00Z", "2025-10-26T00:30:00Z"),
        ("later", "2025-03-30T01:30:00Z", "2025-10-26T01:30:00Z"),
        ("compatible", "2025-03-30T01:30:00Z", "2025-10-26T00:30:00Z"),
    ] {
        let head = format!("clock_change = '{policy}'");
        assert_eq!(at(&head, gap).unwrap(), [in_gap], "{policy}");
        assert_eq!(at(&head, fold).unwrap(), [in_fold], "{policy}");
    }
    assert_eq!(
        at("clock_change = 'skip'", &format!("{gap}{fold}2025-01-01T00:00:00\n")).unwrap(),
        ["2024-12-31T23:00:00Z"]
    );
    // A time that says its offset, and a day, are always one moment.
    assert_eq!(at("", "2025-10-26T02:30:00+01:00\n").unwrap(), ["2025-10-26T01:30:00Z"]);
    check(
        "types.a = 'date'",
        "a\n2025-03-30\n",
        "instant(a, \"Europe/Berlin\")",
        json!(["2025-03-29T23:00:00Z"]),
    );
    check(
        "types.a = 'date'",
        "a\n2018-11-04\n",
        "instant(a, \"America/Sao_Paulo\")",
        json!(["2018-11-04T03:00:00Z"]),
    );
    // The column's own zone follows the policy too, and the column's `on_error` may leave the row
    // out.
    let column = "types.a = { type = 'time', zone = 'Europe/Berlin', on_error = 'skip' }";
    check(column, "a\n2025-03-30T02:30\n2025-01-31T09:30\n", "a", json!(["2025-01-31T08:30:00Z"]));
}

#[test]
fn rows_of_one_moment_keep_the_order_of_the_table() {
    let csv = "id,step,at\nb,open,2025-01-01T10:00\na,open,2025-01-01T10:00\n\
               b,close,2025-01-01T10:00\nc,open,2025-01-01T10:00\nb,open,2025-01-01T10:00\n";
    let event = |kind: &str, from: &str, at: &str, when: &str| {
        format!(
            "[[event]]\ntype = '{kind}'\nfrom = '{from}'\nkey = ['id', 'row.number']\nat = '{at}'\n\
             when = '{when}'\ndata = {{ x = '`${{id}}${{row.number}}`' }}\n"
        )
    };
    let run = |events: &[String]| {
        let mapping = format!(
            "name = 't'\n[tables.t]\nfile = 't.csv'\ntypes.at = 'time'\n[tables.u]\nfrom = 't'\n{}",
            events.concat()
        );
        let drafts = made(&mapping, &Written::of(&[("t.csv", csv)]), &options()).unwrap();
        drafts
            .iter()
            .map(|d| {
                format!("{}-{}", d["type"].as_str().unwrap(), d["data"]["x"].as_str().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let (open, close) = (
        event("open", "t", "at", "step == \"open\""),
        event("close", "t", "at", "step == \"close\""),
    );
    assert_eq!(
        run(&[close.clone(), open.clone()]),
        ["open-b1", "open-a2", "close-b3", "open-c4", "open-b5"]
    );
    // Another table between them keeps the order of the mapping.
    let other = event("other", "u", "at", "row.number == 1");
    assert_eq!(
        run(&[close.clone(), other, open]),
        ["close-b3", "other-b1", "open-b1", "open-a2", "open-c4", "open-b5"]
    );
    // What is dated once for all comes in the order of the mapping.
    let (first, second) = (
        event("first", "t", "\"2025-01-01\"", "row.number < 3"),
        event("second", "t", "\"2025-01-01\"", "row.number < 3"),
    );
    assert_eq!(run(&[first, second]), ["first-b1", "first-a2", "second-b1", "second-a2"]);
}
