//! Files as foreign programs write them: marks of their bytes, line breaks, lists, JSON however it
//! is laid out.

use serde_json::{Value as Json, json};

use crate::{
    errors,
    language::{check, keyed_values, values},
    tables::{Written, made, options},
};

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_byte_order_mark_tells_the_encoding() {
    let text = "made today\nname;amount\nMüller;5\n";
    let marked = format!("\u{feff}{text}");
    let files = [
        ("UTF-8", marked.clone().into_bytes()),
        ("UTF-16LE", utf16(&marked, u16::to_le_bytes)),
        ("UTF-16BE", utf16(&marked, u16::to_be_bytes)),
    ];
    for (name, bytes) in files {
        // Whatever the mapping says: the mark is right.
        for encoding in ["", "encoding = 'windows-1252'\n"] {
            let table = format!("{encoding}skip_lines = 1\ndelimiter = ';'");
            assert_eq!(
                values(&table, &Written::default().with("t.csv", &bytes), "name"),
                [json!("Müller")],
                "{name} {encoding}"
            );
        }
    }
    let bare = utf16(text, u16::to_be_bytes);
    assert_eq!(
        values(
            "encoding = 'utf-16be'\nskip_lines = 1\ndelimiter = ';'",
            &Written::default().with("t.csv", &bare),
            "name"
        ),
        [json!("Müller")]
    );
    let wide = Written::default().with("t.csv", &[0xff, 0xfe, 0, 0, b'a', 0, 0, 0]);
    errors::check_files(
        &errors::event("{ x = 'a' }"),
        &wide,
        "t.csv line 1: cannot be read: expected UTF-8 or UTF-16 behind a byte order mark, got \
         UTF-32; save it as UTF-8",
    );
    let torn = Written::default().with("t.csv", &utf16("\u{feff}a\nx\u{fffd}\n", u16::to_le_bytes));
    errors::check_files(
        &errors::event("{ x = 'a' }"),
        &torn,
        "t.csv line 2, column a: expected UTF-16LE (another encoding is named by `encoding`), got \
         \"x\u{fffd}\"; correct the file or give the column `on_error`",
    );
}

#[test]
fn bytes_that_are_no_text_follow_the_column() {
    let file = Written::default().with("t.csv", b"a,b\n1,M\xfcller\n2,x\n");
    assert_eq!(
        values("types.b = { type = 'text', on_error = 'missing' }", &file, "b"),
        [json!(null), json!("x")]
    );
    assert_eq!(values("types.b = { type = 'text', on_error = 'skip' }", &file, "b"), [json!("x")]);
}

#[test]
fn a_line_break_in_a_cell_is_one() {
    check("", "a,b\r\n1,\"first\r\nsecond\"\r\n2,x\r\n", "b", json!(["first\nsecond", "x"]));
    check("", "a,b\n1,\"first\nsecond\rthird\"\n", "b", json!(["first\nsecond\nthird"]));
    check("trim = false", "a,b\r\n1,\"x\r\n\"\r\n", "b", json!(["x\n"]));
    let json = Written::of(&[("t.json", "[{\"a\": \"first\\r\\nsecond\"}]")]);
    assert_eq!(objects("", &json, "a"), json!(["first\nsecond"]));
    errors::check(
        &errors::event("{ x = 'a', y = 'int(b)' }"),
        "a,b\r\n1,\"1\r\n2\"\r\n",
        "t.csv line 2, test.made /y: `int(b)`: expected a number such as -12.50, got \"1\\n2\"; \
         with b = \"1\\n2\"",
    );
}

#[test]
fn a_row_begins_where_it_stands() {
    for break_ in ["\n", "\r\n", "\r"] {
        let text = "a,b\n1,2\n\n\n\"x\ny\",3\n\nz,q\n".replace('\n', break_);
        let mapping =
            format!("{}types.b = 'int'\n{}data = {{ x = 'a' }}", errors::TABLE, errors::EVENT);
        errors::check(
            &mapping,
            &text,
            "t.csv line 8, column b: expected a whole number, got \"q\"; correct the file or give \
             the column `on_error`",
        );
    }
}

#[test]
fn a_quote_that_does_not_end_is_found() {
    let unclosed =
        |text: &str, what: &str| errors::check(&errors::event("{ x = 'a' }"), text, what);
    let what = "expected a closing quote, got the end of the file; a quote in a cell is doubled, \
                and `quote = \"\"` is for files without";
    unclosed("a,b\n1,\"x\n2,y\n3,z\n", &format!("t.csv line 2: {what}"));
    unclosed("a,b\n0,w\n1,\"x\n2,y", &format!("t.csv line 3: {what}"));
    check("", "a,b\n1,\"x\n\n\"\n", "b", json!(["x"]));
    check("", "a,b\n1,\"x\n\n\"", "b", json!(["x"]));
    check("quote = ''", "a,b\n1,\"x\n", "b", json!(["\"x"]));
}

#[test]
fn lines_before_the_header_and_lines_of_nothing() {
    check(
        "skip_lines = 4\ndelimiter = ';'",
        "\"Business\";\"DE00\"\n \n\"as of\";\"1.234,00 €\"\n\"\"\na;b\n1;x\n",
        "b",
        json!(["x"]),
    );
    check("", "a,b\n1,x\n\n   \n2,y\n\t\n", "b", json!(["x", "y"]));
}

/// The values of an expression over each object of `t.json`.
fn objects(table: &str, tables: &Written, expression: &str) -> Json {
    let mapping = format!(
        "name = 't'\n[tables.t]\nfile = 't.json'\n{table}\n[[event]]\ntype = 'test.made'\n\
         from = 't'\nkey = 'row.number'\nat = '\"2025-01-01\"'\ndata = {{ x = '''{expression}''' }}"
    );
    let drafts =
        made(&mapping, tables, &options()).unwrap_or_else(|e| panic!("{table}\n{expression}: {e}"));
    Json::from(drafts.into_iter().map(|mut d| d["data"]["x"].take()).collect::<Vec<_>>())
}

#[test]
fn json_is_read_however_it_is_laid_out() {
    let layouts = [
        "{\"id\": 1, \"net\": 1.10}\n{\"id\": 2, \"net\": null}\n",
        "{\"id\": 1, \"net\": 1.10}{\"id\": 2}",
        "[{\"id\": 1, \"net\": 1.10}, {\"id\": 2}]",
        "[\n  {\n    \"id\": 1,\n    \"net\": 1.10\n  },\n  {\n    \"id\": 2\n  }\n]\n",
        "{\n  \"id\": 1,\n  \"net\": 1.10\n}\n{\n  \"id\": 2\n}\n",
        "\u{feff}[{\"id\": 1, \"net\": 1.10}, {\"id\": 2}]",
    ];
    for layout in layouts {
        let file = Written::of(&[("t.json", layout)]);
        assert_eq!(objects("", &file, "id"), json!([1, 2]), "{layout}");
        assert_eq!(objects("", &file, "net"), json!(["1.1", null]), "{layout}");
    }
    let inside = Written::of(&[(
        "t.json",
        "{\"data\": {\"orders\": [\n{\"id\": 1},\n{\"id\": \"x\"}]}, \"next\": null}",
    )]);
    assert_eq!(objects("records = '/data/orders'", &inside, "text(id)"), json!(["1", "x"]));
    let wrong = |table: &str, text: &str, what: &str| {
        let mapping =
            errors::event("{ x = 'a' }").replace("'t.csv'\n", &format!("'t.json'\n{table}\n"));
        errors::check_files(&mapping, &Written::of(&[("t.json", text)]), what);
    };
    wrong(
        "records = '/orders'",
        "{\"data\": []}",
        "tables.t.records: t.json: there is no orders of /orders",
    );
    wrong(
        "",
        "[{\"a\": 1},\n{\"a\": }]",
        "t.json line 2: expected a JSON object, got {\"a\": } (expected value)",
    );
    wrong(
        "",
        "[{\"a\": 1},\n{\"a\": 2}",
        "t.json line 2: expected `]` at the end of the list, got the end of the file",
    );
    wrong(
        "",
        "[{\"a\": 1}\n{\"a\": 2}]",
        "t.json line 2: expected `,` or `]` behind an element, got '{'",
    );
    wrong(
        "",
        "{\"a\": 1,\n\"a\": 2}",
        "t.json line 1: expected column a once, got it twice in one object",
    );
    wrong(
        "types.a = 'int'",
        "[{\"a\": 1},\n\n{\"a\": [1]}]",
        "t.json line 3, column a: expected a whole number, got \"[1]\"; correct the file or give \
         the column `on_error`",
    );
}

#[test]
fn a_json_number_is_one_whatever_marks_texts_have() {
    let file = Written::of(&[("t.json", "[{\"a\": 1234.5}, {\"a\": \"1.234,5\"}, {\"a\": 7}]")]);
    assert_eq!(
        objects("types.a = { type = 'decimal', point = ',', group = '.' }", &file, "a"),
        json!(["1234.5", "1234.5", "7"])
    );
    let file = Written::of(&[("t.json", "[{\"a\": 1738315800250}, {\"a\": \"1738315800250\"}]")]);
    assert_eq!(
        objects("types.a = { type = 'time', epoch = 'ms' }", &file, "a"),
        json!(["2025-01-31T09:30:00.25Z", "2025-01-31T09:30:00.25Z"])
    );
    let file = Written::of(&[("t.json", "[{\"a\": true}, {\"a\": \"yes\"}]")]);
    assert_eq!(objects("types.a = 'bool'", &file, "a"), json!([true, true]));
    let file =
        Written::of(&[("t.json", "[{\"at\": \"2025-01-31T09:30\", \"tz\": \"Asia/Tokyo\"}]")]);
    assert_eq!(
        objects("types.at = { type = 'time', zone_from = 'tz' }", &file, "at"),
        json!(["2025-01-31T00:30:00Z"])
    );
}

#[test]
fn lists_in_cells_become_rows() {
    let csv = "id,skus,qtys\na,tea; cup,2;1\nb,tea,5\nc,,\n";
    let table =
        "explode = { columns = ['skus', 'qtys'], by = ';', index = 'line' }\ntypes.qtys = 'int'";
    check(
        table,
        csv,
        "`${id}${line} ${skus} ${qtys}`",
        json!(["a1 tea 2", "a2 cup 1", "b1 tea 5", "c  "]),
    );
    check(&format!("{table}\nwhere = 'skus != ()'"), csv, "qtys * 10", json!([20, 10, 50]));
    errors::check(
        &format!("{}{table}\n{}data = {{ x = 'skus' }}", errors::TABLE, errors::EVENT),
        "id,skus,qtys\na,tea;cup,2;1;3\n",
        "t.csv line 2: explode skus, qtys: expected lists of one length, got skus 2, qtys 3",
    );
    errors::check(
        &format!("{}{table}\n{}data = {{ x = 'skus' }}", errors::TABLE, errors::EVENT),
        "id,skus,qtys\na,tea;cup,2;x\n",
        "t.csv line 2, column qtys: expected a whole number, got \"2;x\"; correct the file or give \
         the column `on_error`",
    );
    let file = Written::of(&[(
        "t.json",
        "[{\"id\": 1, \"lines\": [{\"sku\": \"tea\", \"qty\": \"2\"}, {\"sku\": \"cup\", \"qty\": \
         \"1\"}]}, {\"id\": 2, \"lines\": []}]",
    )]);
    assert_eq!(
        objects(
            "explode = { columns = ['lines'], index = 'n' }",
            &file,
            "`${id}/${n ?? 0} ${lines?.sku}`"
        ),
        json!(["1/1 tea", "1/2 cup", "2/0 "])
    );
    let file = Written::of(&[("t.json", "[{\"tags\": [\"1\", 2, null]}]")]);
    assert_eq!(
        objects("explode = { columns = ['tags'] }\ntypes.tags = 'decimal'", &file, "tags"),
        json!(["1", "2", null])
    );
    // A list that an expression makes, in a table made of another.
    let mapping = "name = 't'\n[tables.t]\nfile = 't.csv'\nderive.tags = 'split(all, \"|\")'\n\
                   [tables.u]\nfrom = 't'\nexplode = { columns = ['tags'] }\n[[event]]\n\
                   type = 'test.made'\nfrom = 'u'\nkey = ['id', 'tags']\nat = '\"2025-01-01\"'\n\
                   data = { x = '`${id}${tags}`' }";
    let drafts =
        made(mapping, &Written::of(&[("t.csv", "id,all\n1,a|b\n2,c\n")]), &options()).unwrap();
    assert_eq!(
        drafts.iter().map(|d| d["data"]["x"].clone()).collect::<Vec<_>>(),
        ["1a", "1b", "2c"]
    );
}

#[test]
fn every_column_can_be_reached() {
    let csv = "case,default,2024,Invoice No.,number\nc,d,5,I-1,n\n";
    check("", csv, "row[\"case\"] + row[\"default\"]", json!(["cd"]));
    check("", csv, "case", json!(["c"]));
    check("", csv, "`${case}-${default}`", json!(["c-d"]));
    check("types.2024 = 'int'", csv, "row[\"2024\"] + 1", json!([6]));
    check("", csv, "row[\"_2024\"]", json!(["5"]));
    check("", csv, "row[\"Invoice No.\"] + row.Invoice_No", json!(["I-1I-1"]));
    check(
        "types.'Invoice No.' = 'text'\nsort = ['Invoice No.']\nwindow = { by = ['2024'] }",
        csv,
        "if row.first { row[\"Invoice No.\"] }",
        json!(["I-1"]),
    );
    check("", csv, "`${row.number} ${number}`", json!(["1 n"]));
    let joined = "children.others = { table = 'u', by = 'case' }\n[tables.u]\nfile = 't.csv'";
    check(joined, csv, "others.map(|o| o[\"case\"] + o[\"_2024\"])", json!([["c5"]]));
    let window = "window = { by = ['default'] }";
    let rows = "case,default\nx,d\ny,d\n";
    assert_eq!(
        keyed_values(
            "row[\"case\"]",
            window,
            &Written::of(&[("t.csv", rows)]),
            "previous?[\"case\"]"
        ),
        [json!(null), json!("x")]
    );
}

#[test]
fn a_derived_column_keeps_the_row_it_holds() {
    let tables = Written::of(&[
        ("t.csv", "id,who\n1,a\n2,\n"),
        ("people.csv", "id,name,city\na,Anna,Bonn\n"),
        ("lines.csv", "t,qty,sku\n1,2,tea\n1,5,cup\n"),
    ]);
    let joins = "parents.p = { table = 'people', on = 'who', key = 'id' }\n\
                 children.lines = { table = 'lines', by = 't', on = 'id' }\nderive.person = 'p'\n\
                 derive.big = 'lines.filter(|l| l.qty > 2)'\n\
                 derive.first = 'if count(lines) > 0 { lines[0] }'\n[tables.people]\n\
                 file = 'people.csv'\n[tables.lines]\nfile = 'lines.csv'\ntypes.qty = 'int'";
    let run = |expression: &str| Json::from(values(joins, &tables, expression));
    assert_eq!(run("person?.name"), json!(["Anna", null]));
    assert_eq!(run("`${person?.name} of ${person?.city}`"), json!(["Anna of Bonn", " of "]));
    assert_eq!(run("big.map(|l| l.sku)"), json!([["cup"], null]));
    assert_eq!(run("first?.sku"), json!(["tea", null]));
}

#[test]
fn where_is_for_rows_and_having_for_groups() {
    let csv = "who,v,state\na,5,void\na,1,paid\nb,2,paid\nb,3,paid\nc,9,void\n";
    let run = |words: &str, expression: &str| {
        let mapping = format!(
            "name = 't'\n[tables.t]\nfile = 't.csv'\ntypes.v = 'int'\n[tables.g]\nfrom = 't'\n\
             group_by = ['who']\n{words}\n[[event]]\ntype = 'test.made'\nfrom = 'g'\nkey = 'who'\n\
             at = '\"2025-01-01\"'\ndata = {{ x = '''{expression}''' }}"
        );
        let drafts = made(&mapping, &Written::of(&[("t.csv", csv)]), &options())
            .unwrap_or_else(|e| panic!("{words}: {e}"));
        Json::from(drafts.into_iter().map(|mut d| d["data"]["x"].take()).collect::<Vec<_>>())
    };
    let shown = "`${who}${count(rows)}:${sum(rows, \"v\")} ${v} ${state}`";
    assert_eq!(run("", shown), json!(["a2:6 5 void", "b2:5 2 paid", "c1:9 9 void"]));
    assert_eq!(run("where = 'state == \"paid\"'", shown), json!(["a1:1 1 paid", "b2:5 2 paid"]));
    assert_eq!(run("having = 'count(rows) > 1'", shown), json!(["a2:6 5 void", "b2:5 2 paid"]));
    assert_eq!(
        run(
            "where = 'state == \"paid\"'\nderive.total = 'sum(rows, \"v\")'\nhaving = 'total > 1'",
            shown
        ),
        json!(["b2:5 2 paid"])
    );
    assert_eq!(run("where = 'state == \"paid\"'\nsort = ['-v']", "who"), json!(["b", "a"]));
}
