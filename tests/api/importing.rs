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

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{e}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The id of the n-th event.
pub(crate) fn id(n: u64) -> String {
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
            json!({
                "client": client, "name": "Somebody",
                "kind": if dice.one_in(6) { "ghost" } else { "org" },
            }),
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
                json!({
                    "payment": format!("P{n}"), "client": client, "amount": amount,
                    "bank_account": "bank",
                }),
            )
        }
        4 => draft(
            "payment.allocated",
            "2025-02-02",
            json!({
                "payment": format!("P{n}"), "invoice": format!("I{}", dice.below(400)),
                "amount": amount,
            }),
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

pub(crate) const MAPPING: &str = r#"
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
pub(crate) struct Shop {
    pub(crate) directory: Directory,
    pub(crate) mapping: PathBuf,
}

impl Shop {
    pub(crate) fn new(mapping: &str) -> Shop {
        let directory = Directory::new();
        let file = directory.file("events.json", &json!({"events": opening()}).to_string());
        assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
        let mapping = directory.file("shop.toml", mapping);
        Shop { directory, mapping }
    }
    pub(crate) fn tables(&self, customers: &str, orders: &str) {
        self.directory.file("customers.csv", &format!("No,Name,Kind\n{customers}"));
        self.directory.file("orders.csv", &format!("No,Customer,Day,Goods,Sum\n{orders}"));
    }
    pub(crate) fn import(&self, words: &[&str]) -> Output {
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
    pub(crate) fn head(&self) -> Value {
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
    shop.tables(
        "1,Buyer,org\n",
        "1,1,2025-03-01,tea,10.00\n2,9,2025-03-02,tea,10.00\n3,9,2025-03-03,tea,10.00\n\
                     4,9,2025-03-04,tea,10.00\n",
    );
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
        json!([
            "orders.csv", 3, "invoice.issued", {"client": "\"K9\"", "Customer": "\"9\""},
            "unknown_reference", 2,
        ])
    );
    let words = said(&output);
    assert!(
        words.contains(
            "orders.csv line 3, invoice.issued: unknown_reference: client:K9 is not known"
        ),
        "{words}"
    );
    assert!(
        words.contains(
            "; with Customer = \"9\", client = \"K9\"\n  and 2 more that rest on it\n  give the \
             mapping an `[[event]]` that opens it"
        ),
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
