//! Imports: is a dry run the import without the write, does every refusal name a cell of the
//! caller's own table, is what follows from one cause told once?

use std::{fs, path::PathBuf, process::Output};

use serde_json::{Value, json};

use crate::server::{Directory, Server, code, draft, invoice, opening, run, sijil};

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{e}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The id of the n-th event.
fn id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012}")
}

/// A line of an import, right or wrong in one of many ways, or one that was sent before.
fn line(dice: &mut Dice, sent: &[String]) -> String {
    if !sent.is_empty() && dice.one_in(4) {
        return sent[usize::try_from(dice.below(sent.len() as u64)).expect("small")].clone();
    }
    let n = dice.below(400);
    let client = format!("C{}", dice.below(12));
    let amount = format!("{}.00", 1 + dice.below(5));
    let mut one = match dice.below(7) {
        0 => draft(
            "client.registered",
            "2025-01-02",
            json!({"client": client, "name": "Somebody", "kind": if dice.one_in(6) { "ghost" } else { "org" }}),
        ),
        1 | 2 => {
            let mut one = invoice(&format!("I{n}"), "2025-01-31", &amount);
            one["data"]["client"] = json!(client);
            one
        }
        3 => {
            let amount = json!({"amount": amount, "currency": "EUR"});
            draft(
                "payment.received",
                "2025-02-01",
                json!({"payment": format!("P{n}"), "client": client, "amount": amount, "bank_account": "bank"}),
            )
        }
        4 => draft(
            "payment.allocated",
            "2025-02-02",
            json!({"payment": format!("P{n}"), "invoice": format!("I{}", dice.below(400)), "amount": amount}),
        ),
        5 => draft(
            "event.voided",
            "2025-02-03",
            json!({"target": id(dice.below(2_000)), "reason": "entered twice"}),
        ),
        _ => {
            return ["{not json", "", "[]", "{\"type\":\"no.such\",\"data\":{}}"]
                [usize::try_from(dice.below(4)).expect("small")]
            .to_owned();
        }
    };
    // The same id comes again, at times with another body.
    one["id"] = json!(id(dice.below(2_000)));
    one.to_string()
}

#[test]
fn a_dry_run_counts_what_the_import_then_counts() {
    let seed = 20_260;
    let mut dice = Dice(seed);
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let media = [("content-type", "application/x-ndjson")];
    let mut sent = Vec::new();
    let (mut counts, mut lines) =
        ([0, 0, 0], opening().iter().map(Value::to_string).collect::<Vec<_>>());
    // The first round stands before the ledger is open.
    for round in 0..14 {
        let body = lines.join("\n");
        let head = server.get("/v1/log").json()["position"].clone();
        let rehearsed =
            server.send("POST", "/v1/events/import?dry_run=yes", &media, Some(&body)).json();
        assert_eq!(server.get("/v1/log").json()["position"], head, "a dry run records nothing");
        assert_eq!(rehearsed["dry_run"], true);
        let mut imported =
            server.send("POST", "/v1/events/import?dry_run=no", &media, Some(&body)).json();
        imported["dry_run"] = true.into();
        assert_eq!(rehearsed, imported, "SEED={seed} round {round}:\n{body}");
        for (sum, name) in counts.iter_mut().zip(["recorded", "known", "refused"]) {
            *sum += imported[name].as_u64().expect("a count");
        }
        lines = (0..120).map(|_| line(&mut dice, &sent)).collect();
        sent.extend_from_slice(&lines);
    }
    assert!(
        counts.iter().all(|count| *count > 50),
        "recorded, known and refused all happen: {counts:?}"
    );
    let wrong = server.send("POST", "/v1/events/import?dry_run=perhaps", &media, Some(""));
    assert_eq!((wrong.status, wrong.problem().as_str()), (400, "invalid_query"));
}

const MAPPING: &str = r#"
name = "shop"
currency = "EUR"
zone = "UTC"

[tables.customers]
file = "customers.csv"

[tables.orders]
file = "orders.csv"
types.Day = "date"
types.Sum = "decimal"
derive.client = "`K${Customer}`"

[[event]]
type = "client.registered"
from = "customers"
at = '"2025-01-02"'
data = { client = "`K${No}`", name = "Name", kind = "Kind" }

[[event]]
type = "invoice.issued"
from = "orders"
at = "Day"
[event.data]
invoice = "`I${No}`"
client = "client"
due_on = { text = "2025-12-31" }
total = "money(Sum)"
lines = [{ line = { text = "1" }, text = "Goods", qty = { text = "1" }, price = "Sum", net = "Sum", tax = { text = "0" } }]
"#;

/// The two tables of a shop, in a folder of their own.
struct Shop {
    directory: Directory,
    mapping: PathBuf,
}

impl Shop {
    fn new(mapping: &str) -> Shop {
        let directory = Directory::new();
        let file = directory.file("events.json", &json!({"events": opening()}).to_string());
        assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
        let mapping = directory.file("shop.toml", mapping);
        Shop { directory, mapping }
    }
    fn tables(&self, customers: &str, orders: &str) {
        self.directory.file("customers.csv", &format!("No,Name,Kind\n{customers}"));
        self.directory.file("orders.csv", &format!("No,Customer,Day,Goods,Sum\n{orders}"));
    }
    fn import(&self, words: &[&str]) -> Output {
        let folder = self.mapping.parent().expect("a folder");
        let mut command = sijil();
        command
            .arg("import")
            .arg("--mapping")
            .arg(&self.mapping)
            .args(words)
            .arg(folder)
            .arg("--data")
            .arg(self.directory.path());
        command.output().expect("it runs")
    }
    fn head(&self) -> Value {
        json_of(&run(&self.directory.path(), &["status", "--format", "json"]))["position"].clone()
    }
}

#[test]
fn a_dry_run_of_tables_counts_what_their_import_then_counts() {
    let seed = 7;
    let mut dice = Dice(seed);
    let shop = Shop::new(&MAPPING.replace("at = \"Day\"", "at = \"Day\"\non_error = \"skip\""));
    let (mut customers, mut orders) = (String::new(), String::new());
    for round in 0..4 {
        for number in 0..12 {
            let number = round * 12 + number;
            let kind = if dice.one_in(6) { "ghost" } else { "org" };
            if kind == "org" {
                customers.push_str(&format!("{number},Name {number},{kind}\n"));
            }
            let sum =
                ["10.00", "0.123", "-5.00", "7.50"][usize::try_from(dice.below(4)).expect("small")];
            orders.push_str(&format!(
                "{number},{},2025-03-0{},{},{sum}\n",
                dice.below(60),
                1 + dice.below(9),
                if dice.one_in(5) { "" } else { "tea" }
            ));
        }
        shop.tables(&customers, &orders);
        let head = shop.head();
        let rehearsed = json_of(&shop.import(&["--dry-run", "--format", "json"]));
        assert_eq!(shop.head(), head, "a dry run records nothing");
        let mut imported = json_of(&shop.import(&["--format", "json"]));
        imported["dry_run"] = true.into();
        assert_eq!(rehearsed, imported, "SEED={seed} round {round}");
        assert!(
            imported["recorded"].as_u64() > Some(0) && imported["refused"].as_u64() > Some(0),
            "{imported}"
        );
    }
}

#[test]
fn a_refusal_names_the_cells_and_what_rests_on_it_is_counted() {
    let shop = Shop::new(MAPPING);
    shop.tables("1,Buyer,org\n", "1,1,2025-03-01,tea,10.00\n2,9,2025-03-02,tea,10.00\n3,9,2025-03-03,tea,10.00\n4,9,2025-03-04,tea,10.00\n");
    let output = shop.import(&["--format", "json"]);
    assert_eq!(code(&output), 1);
    let report = json_of(&output);
    assert_eq!(
        (&report["recorded"], &report["refused"], &report["causes"]),
        (&json!(2), &json!(3), &json!(1)),
        "{report}"
    );
    let refusal = &report["refusals"][0];
    assert_eq!(
        json!([
            refusal["file"],
            refusal["line"],
            refusal["event"],
            refusal["columns"],
            refusal["name"],
            refusal["resting"]
        ]),
        json!(["orders.csv", 3, "invoice.issued", {"client": "\"K9\"", "Customer": "\"9\""}, "unknown_reference", 2])
    );
    let words = said(&output);
    assert!(
        words.contains(
            "orders.csv line 3, invoice.issued: unknown_reference: client:K9 is not known"
        ),
        "{words}"
    );
    assert!(
        words.contains("; with Customer = \"9\", client = \"K9\"\n  and 2 more that rest on it\n  give the mapping an `[[event]]` that opens it"),
        "{words}"
    );
    assert!(
        !words.lines().any(|line| line.starts_with("line ")),
        "no line of drafts that nobody sees: {words}"
    );
}

#[test]
fn what_follows_from_a_refused_line_is_folded_into_it() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    // Nothing is open yet: one cause.
    let unopened: Vec<String> =
        (0..30).map(|n| invoice(&format!("I{n}"), "2025-01-31", "1.00").to_string()).collect();
    let report = server.import(&unopened.join("\n")).json();
    assert_eq!(
        (&report["refused"], &report["causes"], &report["refusals"][0]["resting"]),
        (&json!(30), &json!(1), &json!(29)),
        "{report}"
    );
    server.import(&opening().iter().map(Value::to_string).collect::<Vec<_>>().join("\n"));
    // A client that is none, its invoice, and the payment put against that; and one fault of
    // another kind.
    let mut invoice_of = invoice("I1", "2025-01-31", "10.00");
    invoice_of["data"]["client"] = json!("X");
    let lines = [
        draft(
            "client.registered",
            "2025-01-02",
            json!({"client": "X", "name": "X", "kind": "ghost"}),
        ),
        invoice_of,
        draft("client.renamed", "2025-01-03", json!({"client": "C1", "name": "Y", "nom": "Y"})),
        draft(
            "invoice.written_off",
            "2025-02-02",
            json!({"invoice": "I1", "amount": "1.00", "reason": "lost"}),
        ),
        draft("client.renamed", "2025-01-03", json!({"client": "X", "name": "Y"})),
    ];
    let report =
        server.import(&lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).json();
    let told: Vec<Value> = report["refusals"]
        .as_array()
        .expect("refusals")
        .iter()
        .map(|r| json!([r["line"], r["name"], r["resting"]]))
        .collect();
    assert_eq!(told, [json!([1, "invalid_field", 3]), json!([3, "unknown_field", 0])], "{report}");
    assert_eq!((&report["refused"], &report["causes"]), (&json!(5), &json!(2)));
}

#[test]
fn nothing_is_recorded_before_every_row_has_been_read() {
    let shop = Shop::new(MAPPING);
    let head = shop.head();
    shop.tables("1,Buyer,org\n2,Other,ghost\n", "1,1,2025-03-01,tea,10.00\n");
    let output = shop.import(&[]);
    assert_eq!((code(&output), shop.head()), (1, head));
    assert!(
        said(&output).contains("customers.csv line 3, client.registered /data/kind: "),
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("; with Kind = \"ghost\""), "{}", said(&output));
}

#[test]
fn what_every_ledger_says_needs_none() {
    let directory = Directory::new();
    let mapping = directory.file("shop.toml", MAPPING);
    let mapping = mapping.to_str().expect("a path");
    directory.file("customers.csv", "No,Name,Kind\n1,Buyer,org\n");
    directory.file("orders.csv", "No,Customer,Day,Goods,Sum\n1,1,2025-03-01,tea,10.00\n");
    let folder = directory.path().parent().expect("a folder").display().to_string();
    for words in [
        vec!["schemas"],
        vec!["schemas", "invoice.issued"],
        vec!["reports"],
        vec!["import", "--check", "--mapping", mapping],
        vec!["import", "--check", "--mapping", mapping, &folder],
    ] {
        let output = run(&directory.path(), &words);
        assert_eq!(code(&output), 0, "{words:?}: {}", said(&output));
    }
    // Everything would be refused, since a ledger that is not there is not open.
    let output = run(
        &directory.path(),
        &["import", "--dry-run", "--mapping", mapping, &folder, "--format", "json"],
    );
    let report = json_of(&output);
    assert_eq!(
        (code(&output), &report["refused"], &report["causes"], &report["refusals"][0]["name"]),
        (1, &json!(2), &json!(1), &json!("ledger_not_open"))
    );
    assert!(fs::metadata(directory.path()).is_err(), "no data directory was made");
    directory.file("shop.toml", &MAPPING.replace("Kind", "Kynd"));
    let output = run(&directory.path(), &["import", "--check", "--mapping", mapping, &folder]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    directory.file("shop.toml", "name = 1");
    assert_eq!(code(&run(&directory.path(), &["import", "--check", "--mapping", mapping])), 2);
    assert_eq!(code(&run(&directory.path(), &["import", "--check"])), 2);
    directory.file("shop.toml", &MAPPING.replace("name = \"Name\"", "name = \"key(Name)\""));
    let output = run(&directory.path(), &["import", "--check", "--mapping", mapping, &folder]);
    assert_eq!(code(&output), 2);
    assert!(
        said(&output).contains("--key-file FILE"),
        "the option is named where it is needed: {}",
        said(&output)
    );
}

const PAYMENTS: &str = r#"
[tables.payments]
file = "payments.csv"
types.Day = "date"
types.Sum = "decimal"

[[event]]
type = "payment.received"
from = "payments"
at = "Day"
data = { payment = "`P${No}`", client = "`K${Customer}`", amount = "money(Sum)", bank_account = { text = "bank" } }

[[event]]
type = "payment.allocated"
from = "payments"
key = "No"
at = "Day"
data = { payment = "`P${No}`", invoice = "`I${Order}`", amount = "Sum" }
"#;

/// The counts of a report, in one line.
fn counts(report: &Value) -> String {
    let correction = &report["correction"];
    let count = |name: &str| format!("{name} {}", correction.get(name).unwrap_or(&report[name]));
    ["recorded", "known", "refused", "corrected", "moved", "vanished", "voided", "left_voided"]
        .map(count)
        .join(", ")
}

/// What a correction counts; rehearsed first, with the same counts and nothing recorded.
fn corrected(shop: &Shop, words: &[&str]) -> Value {
    let head = shop.head();
    let all = [&["--correct", "--format", "json"], words].concat();
    let rehearsed = json_of(&shop.import(&[&all[..], &["--dry-run"]].concat()));
    assert_eq!(shop.head(), head, "a dry run records nothing");
    let mut report = json_of(&shop.import(&all));
    report["dry_run"] = true.into();
    assert_eq!(rehearsed, report);
    report
}

#[test]
fn what_a_mapping_made_wrong_is_corrected_as_one_plan() {
    let shop = Shop::new(&format!("{MAPPING}{PAYMENTS}"));
    let customers = "1,Buyer,org\n2,Other,org\n";
    let orders = |first: &str, more: &str| {
        shop.tables(
            customers,
            &format!("1,1,2025-03-01,tea,{first}\n2,2,2025-03-02,tea,20.00\n{more}"),
        )
    };
    shop.directory.file("payments.csv", "No,Customer,Order,Day,Sum\n1,1,1,2025-03-05,8.00\n");
    orders("10.00", "3,1,2025-03-03,tea,30.00\n");
    assert_eq!(json_of(&shop.import(&["--format", "json"]))["recorded"], 7);
    // The first order was another sum, the third is gone, a fourth has come.
    orders("12.00", "4,2,2025-03-04,tea,40.00\n");
    let plain = shop.import(&["--format", "json", "--dry-run"]);
    assert_eq!(json_of(&plain)["refusals"][0]["name"], "idempotency_conflict");
    assert!(
        said(&plain).contains("`sijil import --correct` voids the old one and records the new one"),
        "{}",
        said(&plain)
    );
    let report = corrected(&shop, &[]);
    assert_eq!(
        counts(&report),
        "recorded 1, known 5, refused 0, corrected 1, moved 1, vanished 1, voided 0, left_voided 0",
        "{report}"
    );
    let owed = |client: &str| {
        let answer = run(
            &shop.directory.path(),
            &["query", "receivables", "--as-of", "2025-03-31", "group=client", "--format", "json"],
        );
        let rows = json_of(&answer)["rows"].as_array().expect("rows").clone();
        rows.iter()
            .find(|row| row["group"] == client)
            .map_or(Value::Null, |row| row["gross"].clone())
    };
    assert_eq!(
        (owed("K1"), owed("K2")),
        (json!("34.00"), json!("60.00")),
        "12 - 8 + 30, and 20 + 40"
    );
    // What was corrected is known, and is corrected again when it changes again.
    assert_eq!(
        counts(&corrected(&shop, &[])),
        "recorded 0, known 7, refused 0, corrected 0, moved 0, vanished 1, voided 0, left_voided 0"
    );
    orders("13.00", "4,2,2025-03-04,tea,40.00\n");
    let report = corrected(&shop, &["--void-missing"]);
    assert_eq!(
        counts(&report),
        "recorded 0, known 6, refused 0, corrected 1, moved 1, vanished 1, voided 1, left_voided 0",
        "{report}"
    );
    assert_eq!(owed("K1"), json!("5.00"));
    // A row that comes back is recorded again; one that was voided by hand stays voided.
    let events = json_of(&run(
        &shop.directory.path(),
        &["events", "--entity", "invoice:I4", "--format", "json"],
    ));
    let events = events.as_array().or_else(|| events["events"].as_array()).expect("events").clone();
    let void = draft(
        "event.voided",
        "2025-04-01",
        json!({"target": events[0]["id"], "reason": "never sent"}),
    );
    let file = shop.directory.file("void.json", &void.to_string());
    assert_eq!(code(&run(&shop.directory.path(), &["record", file.to_str().expect("a path")])), 0);
    orders("13.00", "3,1,2025-03-03,tea,30.00\n4,2,2025-03-04,tea,40.00\n");
    let report = corrected(&shop, &[]);
    assert_eq!(
        counts(&report),
        "recorded 1, known 6, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 1",
        "{report}"
    );
    assert_eq!((owed("K1"), owed("K2")), (json!("35.00"), json!("20.00")));
}

#[test]
fn what_others_rest_on_is_not_corrected_under_them() {
    let shop = Shop::new(MAPPING);
    shop.tables("1,Buyer,org\n", "1,1,2025-03-01,tea,10.00\n");
    assert_eq!(json_of(&shop.import(&["--format", "json"]))["recorded"], 2);
    // A payment of somebody else is put against the invoice.
    let payment = json!({"payment": "P1", "client": "K1", "amount": {"amount": "8.00", "currency": "EUR"}, "bank_account": "bank"});
    let events = [
        draft("payment.received", "2025-03-05", payment),
        draft(
            "payment.allocated",
            "2025-03-05",
            json!({"payment": "P1", "invoice": "I1", "amount": "8.00"}),
        ),
    ];
    let file = shop.directory.file("paid.json", &json!({"events": events}).to_string());
    assert_eq!(code(&run(&shop.directory.path(), &["record", file.to_str().expect("a path")])), 0);
    let head = shop.head();
    shop.tables("1,Buyer,org\n", "1,1,2025-03-01,tea,12.00\n");
    let report = corrected(&shop, &[]);
    assert_eq!(
        counts(&report),
        "recorded 0, known 1, refused 1, corrected 0, moved 0, vanished 0, voided 0, left_voided 0",
        "{report}"
    );
    let refusal = &report["refusals"][0];
    assert_eq!(
        json!([refusal["file"], refusal["line"], refusal["name"]]),
        json!(["orders.csv", 2, "has_dependants"])
    );
    assert_eq!(shop.head(), head, "a group that cannot be corrected as a whole stays as it is");
    let server = Server::start(&shop.directory.path());
    let media = [("content-type", "application/x-ndjson")];
    let without = server.send("POST", "/v1/events/correct", &media, Some(""));
    assert_eq!((without.status, without.problem().as_str()), (400, "invalid_query"));
    let lines = "{not json\n\n{\"type\":\"client.renamed\",\"occurred_at\":\"2025-03-01T00:00:00Z\",\"data\":{}}\n";
    let report =
        server.send("POST", "/v1/events/correct?source=nobody", &media, Some(lines)).json();
    let told: Vec<Value> = report["refusals"]
        .as_array()
        .expect("refusals")
        .iter()
        .map(|r| json!([r["line"], r["name"]]))
        .collect();
    assert_eq!(
        told,
        [json!([1, "malformed_json"]), json!([3, "missing_field"])],
        "a draft without an id has no chain"
    );
}

#[test]
fn a_document_in_parts_is_corrected_whole() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(
        server
            .import(&opening().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            .json()["refused"],
        0
    );
    let line = |n: u32, amount: &str| json!({"line": n.to_string(), "text": "goods ".repeat(40), "qty": "1", "price": amount, "net": amount, "tax": "0"});
    let from_shop = |n: u64, name: &str, data: Value| {
        let mut draft = draft(name, "2025-01-10", data);
        (draft["id"], draft["source"]) = (id(n).into(), "shop".into());
        draft
    };
    // An invoice told in two parts, one too long for a record, and what rests on both.
    let client = |name: &str| {
        from_shop(1, "client.registered", json!({"client": "CP", "name": name, "kind": "org"}))
    };
    let invoice = |n: u64, id: &str, total: &str, lines: Vec<Value>| {
        let total = json!({"amount": total, "currency": "EUR"});
        from_shop(
            n,
            "invoice.issued",
            json!({"invoice": id, "client": "CP", "total": total, "due_on": "2025-02-28", "lines": lines}),
        )
    };
    let in_two = |second: &str, total: &str| {
        let mut opening = invoice(2, "IP", total, vec![line(1, "10.00")]);
        opening["data"]["parts"] = 2.into();
        [
            opening,
            from_shop(
                3,
                "invoice.lines_added",
                json!({"invoice": "IP", "part": 2, "lines": [line(2, second)]}),
            ),
        ]
    };
    let long = |total: &str, last: &str| {
        let lines = (1..=1_000).map(|n| line(n, if n == 1_000 { last } else { "0.01" })).collect();
        [invoice(4, "IL", total, lines)]
    };
    let paid = [
        from_shop(
            5,
            "payment.received",
            json!({"payment": "PP", "client": "CP", "amount": {"amount": "20.00", "currency": "EUR"}, "bank_account": "bank"}),
        ),
        from_shop(
            6,
            "payment.allocated",
            json!({"payment": "PP", "invoice": "IP", "amount": "5.00"}),
        ),
        from_shop(
            7,
            "payment.allocated",
            json!({"payment": "PP", "invoice": "IL", "amount": "5.00"}),
        ),
    ];
    let correct = |drafts: &[&[Value]], more: &str| {
        let lines: Vec<String> =
            drafts.iter().copied().flatten().map(ToString::to_string).collect();
        let media = [("content-type", "application/x-ndjson")];
        server
            .send(
                "POST",
                &format!("/v1/events/correct?source=shop{more}"),
                &media,
                Some(&lines.join("\n")),
            )
            .json()
    };
    let checked = |drafts: &[&[Value]], more: &str| {
        let mut rehearsed = correct(drafts, &format!("&dry_run=yes{more}"));
        rehearsed["dry_run"] = false.into();
        let report = correct(drafts, more);
        assert_eq!(rehearsed, report);
        counts(&report)
    };
    let owed = || {
        let rows = server.get("/v1/reports/receivables?as_of=2025-01-31&group=invoice").json();
        let gross = |id: &str| {
            rows["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .find(|row| row["group"] == id)
                .map_or(Value::Null, |row| row["gross"].clone())
        };
        [gross("IP"), gross("IL")]
    };
    let (first, two, thousand) =
        ([client("Parts")], in_two("20.00", "30.00"), long("19.99", "10.00"));
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 7, known 0, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.00"), json!("14.99")]);
    // The documents count once each from now on, in whatever parts they were told.
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 0, known 6, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    let whole = invoice(2, "IP", "30.00", vec![line(1, "10.00"), line(2, "20.00")]);
    assert_eq!(
        checked(&[&first, &[whole], &thousand, &paid], ""),
        "recorded 0, known 6, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    // One cent in the last line of each, and what rests on them moves behind them.
    let (two, thousand) = (in_two("20.01", "30.01"), long("20.00", "10.01"));
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 0, known 4, refused 0, corrected 2, moved 2, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.01"), json!("15.00")]);
    // What the documents rest on is corrected, and they move with all their parts.
    let first = [client("Renamed")];
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 0, known 5, refused 0, corrected 1, moved 5, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.01"), json!("15.00")]);
    // A part that is missing is no correction, and no part is missed where the document is gone.
    let report = correct(&[&first, &two[..1], &thousand, &paid], "");
    assert_eq!(
        counts(&report),
        "recorded 0, known 5, refused 1, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(report["refusals"][0]["name"], "document_parts");
    let left = [paid[0].clone(), paid[1].clone()];
    assert_eq!(
        checked(&[&first, &two, &left], "&void_missing=yes"),
        "recorded 0, known 4, refused 0, corrected 0, moved 0, vanished 2, voided 2, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.01"), Value::Null]);
}

#[test]
fn a_key_file_other_than_the_first_is_refused() {
    let shop = Shop::new(&MAPPING.replace("name = \"Name\"", "name = \"key(Name)\""));
    shop.tables("1,Buyer,org\n", "1,1,2025-03-01,tea,10.00\n");
    let (right, wrong) = (
        shop.directory.file("right.key", "one secret"),
        shop.directory.file("wrong.key", "another"),
    );
    let import = |key: &PathBuf, words: &[&str]| {
        shop.import(
            &[&["--key-file", key.to_str().expect("a path"), "--format", "json"], words].concat(),
        )
    };
    assert_eq!(json_of(&import(&right, &[]))["recorded"], 2);
    let head = shop.head();
    for words in [&[][..], &["--dry-run"], &["--correct"]] {
        let output = import(&wrong, words);
        assert_eq!((code(&output), shop.head()), (1, head.clone()), "{words:?}");
        assert!(
            said(&output).contains("wrong_key_file: expected the --key-file whose fingerprint is "),
            "{}",
            said(&output)
        );
    }
    assert_eq!(json_of(&import(&right, &[]))["known"], 2);
    assert_eq!(shop.head(), head, "it is noted once");
    let keyed = json_of(&run(
        &shop.directory.path(),
        &["events", "--type", "import.keyed", "--format", "json"],
    ));
    let keyed = keyed.as_array().or_else(|| keyed["events"].as_array()).expect("events")[0].clone();
    assert_eq!(keyed["data"]["fingerprint"].as_str().map(str::len), Some(16));
    // A secret that is lost is given up by a void.
    let void = draft(
        "event.voided",
        "2025-04-01",
        json!({"target": keyed["id"], "reason": "the secret is lost"}),
    );
    let file = shop.directory.file("void.json", &void.to_string());
    assert_eq!(code(&run(&shop.directory.path(), &["record", file.to_str().expect("a path")])), 0);
    assert_eq!(code(&import(&wrong, &["--correct"])), 0);
    assert_eq!(code(&import(&right, &["--dry-run"])), 1);
}
