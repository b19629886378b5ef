//! What an expression cannot do. Invariant: whatever goes wrong in one is told with its row, its
//! text and the cells it used.

use crate::errors::{EVENT, HEAD, TABLE, check, event};
use crate::tables::{Written, made, options};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn an_expression_that_gives_no_value() {
    let at = |data: &str, what: &str| check(&event(data), "a,b\n1,2\n3,\n", what);
    at(
        "{ x = 'a', y = 'int(b) + int(a + \"x\")' }",
        "t.csv line 2, test.made /y: `int(b) + int(a + \"x\")`: expected a number such as -12.50, \
         got \"1x\"; with a = \"1\", b = \"2\"",
    );
    at(
        "{ x = 'a', y = [{ z = 'int(b) * 2' }] }",
        "t.csv line 3, test.made /y/0/z: `int(b) * 2`: there is no * ((), i64); `types` gives a \
         text column another type, `??` a missing value a default; with b = nothing",
    );
    at(
        "{ x = 'a', y = { expr = 'b', on_missing = 'fail' } }",
        "t.csv line 3, test.made /y: `b`: expected a value, got nothing; with b = nothing",
    );
    at(
        "{ x = 'a', y = 'a > 1' }",
        "t.csv line 2, test.made /y: `a > 1`: the text \"1\" is compared with the number 1: give \
         the column a type, or write int(x) or dec(x); with a = \"1\"",
    );
    at(
        "{ x = 'b' }",
        "t.csv line 3, test.made /key: `b`: expected a value, got nothing; with b = nothing",
    );
    at(
        "{ x = 'a', y = 'dec(a) / 0' }",
        "t.csv line 2, test.made /y: `dec(a) / 0`: expected a divisor other than 0 and a quotient \
         that fits, got 1 / 0; with a = \"1\"",
    );
    at(
        "{ x = 'a', y = 'money(a)' }",
        "t.csv line 2, test.made /y: `money(a)`: the mapping has no `currency`: write \
         money(amount, \"EUR\"); with a = \"1\"",
    );
    at(
        "{ x = 'a', y = 'money(dec(a) / 3, \"EUR\")' }",
        "t.csv line 2, test.made /y: `money(dec(a) / 3, \"EUR\")`: an amount has at most 6 \
         decimals, got 0.3333333333333333333333333333: use round(x, 6); with a = \"1\"",
    );
    at(
        "{ x = 'a', y = 'lookup(\"s\", a)' }",
        "t.csv line 2, test.made /y: `lookup(\"s\", a)`: there is no [lookups.s] in the mapping; \
         there are none; with a = \"1\"",
    );
    at(
        "{ x = 'a', y = 'slug(\"!\")' }",
        "t.csv line 2, test.made /y: `slug(\"!\")`: slug: expected a name with a letter or digit, \
         got \"!\"",
    );
    at(
        "{ x = 'a', y = 'date(a, \"%Y\")' }",
        "t.csv line 2, test.made /y: `date(a, \"%Y\")`: pattern %Y: expected a whole date: year, \
         month and day; with a = \"1\"",
    );
    at(
        "{ x = 'a', y = { each = 'a', make = 'it' } }",
        "t.csv line 2, test.made /y: `a`: expected a list, got \"1\"; with a = \"1\"",
    );
    check(
        &format!("{TABLE}{EVENT}when = 'a'\ndata = {{ x = 'a' }}"),
        "a\n1\n",
        "t.csv line 2, test.made /when: `a`: expected true or false, got \"1\"; with a = \"1\"",
    );
    check(
        &format!("{TABLE}{}data = {{ x = 'a' }}", EVENT.replace("\"2025-01-01\"", "a")),
        "a\n1\n",
        "t.csv line 2, test.made /at: `a`: expected a date such as 2025-01-31 or a time such as \
         2025-01-31T09:30:00Z, got \"1\"; with a = \"1\"",
    );
    check(
        &format!("{TABLE}derive.c = 'int(a)'\n{EVENT}data = {{ x = 'c' }}"),
        "a\nx\n",
        "t.csv line 2, tables.t.derive.c: `int(a)`: expected a number such as -12.50, got \"x\"; \
         with a = \"x\"",
    );
    check(
        &format!("{TABLE}where = 'a > 1'\n{EVENT}data = {{ x = 'a' }}"),
        "a\nx\n",
        "t.csv line 2, tables.t.where: `a > 1`: the text \"x\" is compared with the number 1: give \
         the column a type, or write int(x) or dec(x); with a = \"x\"",
    );
    check(
        &format!(
            "{HEAD}lookups.s = {{ 2 = 'two' }}\n[tables.t]\nfile = 't.csv'\n\
             {EVENT}data = {{ x = 'lookup(\"s\", a)' }}"
        ),
        "a\n1\n",
        "t.csv line 2, test.made /key: `lookup(\"s\", a)`: lookup \"s\" has no entry \"1\"; add \
         it, or give a default: lookup(\"s\", x, default); with a = \"1\"",
    );
}

#[test]
fn an_expression_cannot_run_for_ever() {
    let got = made(
        &event("{ x = 'a', y = 'while true { }' }"),
        &Written::of(&[("t.csv", "a\n1\n")]),
        &options(),
    )
    .unwrap_err();
    assert!(got.contains("event 1 (test.made).data.y"), "{got}");
    let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    let got = made(
        &event(&format!("{{ x = 'a', y = '{deep}' }}")),
        &Written::of(&[("t.csv", "a\n1\n")]),
        &options(),
    )
    .unwrap_err();
    assert!(got.contains("maximum complexity"), "{got}");
}
