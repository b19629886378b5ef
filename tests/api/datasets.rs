//! Three companies' real books: imported by the real binary, asked through the reports, compared
//! with totals computed elsewhere.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::server::{Directory, Server, code, sijil};

/// Where the data sets are; absent, they fail in CI and skip with a printed word elsewhere.
fn data_set(name: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(std::env::var_os("CI").is_none(), "the data set {name} must be there in CI");
    println!("skipped: the data set {name} is not there");
    None
}

struct Books {
    _directory: Directory,
    server: Server,
    expected: Value,
}

/// Imports a data set, verifies and replays it, and serves it.
fn books(name: &str) -> Option<Books> {
    let source = data_set(name)?;
    let directory = Directory::new();
    let mapping =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/mappings/{name}.toml"));
    let key = directory.file("key", "a key for the hashes of names");
    let import = || {
        let mut command = sijil();
        command
            .arg("import")
            .arg("--mapping")
            .arg(&mapping)
            .arg("--key-file")
            .arg(&key)
            .arg(&source);
        command
            .args(["--format", "json", "--data"])
            .arg(directory.path())
            .output()
            .expect("import runs")
    };
    let first = import();
    assert_eq!(code(&first), 0, "{}", String::from_utf8_lossy(&first.stderr));
    let report: Value = serde_json::from_slice(&first.stdout).expect("JSON");
    assert_eq!(report["refused"], 0, "{report}");
    let again: Value = serde_json::from_slice(&import().stdout).expect("JSON");
    assert_eq!(
        (&again["recorded"], &again["known"]),
        (&Value::from(0), &report["recorded"]),
        "a second run adds nothing"
    );
    for words in
        [vec!["verify"], vec!["replay", "--threads", "1"], vec!["replay", "--threads", "2"]]
    {
        assert_eq!(code(&crate::server::run(&directory.path(), &words)), 0, "{name}: {words:?}");
    }
    println!("{name}: {} events", report["recorded"]);
    let expected = serde_json::from_str(
        &std::fs::read_to_string(source.join("expected.json")).expect("expected.json"),
    )
    .expect("JSON");
    Some(Books { server: Server::start(&directory.path()), _directory: directory, expected })
}

impl Books {
    fn rows(&self, question: &str) -> Vec<Value> {
        let answer = self.server.get(&format!("/v1/reports/{question}"));
        assert_eq!(answer.status, 200, "{question}: {}", answer.text);
        answer.json()["rows"].as_array().expect("rows").clone()
    }
    fn one(&self, question: &str) -> Value {
        let rows = self.rows(question);
        assert_eq!(rows.len(), 1, "{question}: {rows:?}");
        rows[0].clone()
    }
    /// Rows by the value of a column.
    fn by(&self, question: &str, column: &str) -> BTreeMap<String, Value> {
        self.rows(question).into_iter().map(|row| (shown(&row[column]), row)).collect()
    }
    fn expect(&self, pointer: &str) -> &Value {
        self.expected.pointer(pointer).unwrap_or_else(|| panic!("expected.json has {pointer}"))
    }
    /// Every group of expected.json has a row whose columns equal the members; (member, column).
    fn check(&self, pointer: &str, question: &str, column: &str, pairs: &[(&str, &str)]) {
        let rows = self.by(question, column);
        let groups = self.expect(pointer).as_object().expect("groups");
        for (group, expected) in groups {
            let row = rows.get(group).unwrap_or_else(|| {
                panic!(
                    "{question}: no row {group:?} among {:?}",
                    rows.keys().take(5).collect::<Vec<_>>()
                )
            });
            for (member, measure) in pairs {
                same(
                    &format!("{question}: {group}: {measure}"),
                    &row[*measure],
                    &expected[*member],
                );
            }
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Equal as numbers, whatever the trailing zeros.
fn same(what: &str, got: &Value, expected: &Value) {
    let plain = |v: &Value| {
        let text = shown(v);
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    };
    assert_eq!(plain(got), plain(expected), "{what}");
}

const ORDERS: &[(&str, &str)] = &[
    ("orders", "orders"),
    ("lines", "lines"),
    ("units", "units"),
    ("gross", "gross"),
    ("net_of_discount", "net"),
];

#[test]
fn northwind() {
    let Some(books) = books("northwind") else { return };
    let total = books.one("sales?basis=orders");
    for (member, column) in ORDERS {
        same(column, &total[*column], &books.expect("/orders/total")[*member]);
    }
    books.check("/orders/by_year", "sales?basis=orders&by=year", "period", ORDERS);
    books.check("/orders/by_month", "sales?basis=orders&by=month", "period", ORDERS);
    books.check("/by_employee", "sales?basis=orders&group=owner", "group", ORDERS);
    books.check("/by_customer", "sales?basis=orders&group=client", "group", ORDERS);
    books.check(
        "/by_country",
        "sales?basis=orders&group=attribute&attribute=ship_country",
        "group",
        ORDERS,
    );
    books.check(
        "/products",
        "sales?group=item",
        "group",
        &[("sold_units", "units"), ("net_of_discount", "net")],
    );
    for year in ["1996", "1997", "1998"] {
        let rows =
            books.by(&format!("sales?group=owner&from={year}-01-01&to={year}-12-31"), "group");
        for (employee, expected) in books.expect("/by_employee").as_object().expect("employees") {
            same(
                &format!("{employee} in {year}"),
                &rows[employee]["net"],
                &expected["by_year"][year],
            );
        }
    }
    let stock = books.by("stock?group=item", "item");
    for (item, expected) in books.expect("/products").as_object().expect("products") {
        same(
            &format!("{item} on hand"),
            &stock[item]["on_hand"],
            &expected["units_in_stock_snapshot"],
        );
    }
    let clients =
        books.server.get("/v1/clients?limit=1000").json()["rows"].as_array().map_or(0, Vec::len);
    let ordering = books.rows("sales?basis=orders&group=client").len();
    assert_eq!(
        clients - ordering,
        books.expect("/customers_without_orders").as_array().map_or(0, Vec::len)
    );
}

#[test]
fn maven_crm() {
    let Some(books) = books("maven-crm") else { return };
    let of = |row: &Value| (shown(&row["won"]), shown(&row["lost"]), shown(&row["rate"]));
    let expected_of = |v: &Value| {
        (shown(&v["won"]), shown(&v["lost"]), shown(&v["win_rate_pct (won/(won+lost))"]))
    };
    let total = books.one("win_rate");
    assert_eq!(of(&total), expected_of(books.expect("/total")));
    same("won value", &total["won_amount"], &books.expect("/total")["won_value"]);
    for (pointer, attribute) in [("/by_product", "product"), ("/by_regional_office", "office")] {
        let rows = books.by(&format!("win_rate?group=attribute&attribute={attribute}"), "group");
        for (group, expected) in books.expect(pointer).as_object().expect("groups") {
            assert_eq!(of(&rows[group]), expected_of(expected), "{group}");
            same(group, &rows[group]["won_amount"], &expected["won_value"]);
        }
    }
    // Agents and managers are persons: their ids are hashes, so the groups are compared as a whole.
    for (pointer, question) in [
        ("/by_agent", "win_rate?group=owner"),
        ("/by_manager", "win_rate?group=attribute&attribute=manager"),
    ] {
        let mut got: Vec<_> = books.rows(question).iter().map(of).collect();
        let mut wanted: Vec<_> =
            books.expect(pointer).as_object().expect("groups").values().map(expected_of).collect();
        got.sort();
        wanted.sort();
        assert_eq!(got, wanted, "{question}");
    }
    for (month, expected) in books.expect("/closed_by_month").as_object().expect("months") {
        let first: Value = month.clone().into();
        let row = books.one(&format!("win_rate?from={month}-01&to={month}-{}", last_day(month)));
        assert_eq!(of(&row), expected_of(expected), "{first}");
    }
    let cycles = books.rows("cycle_time?as_of=2017-12-31");
    assert!(!cycles.is_empty());
}

fn last_day(month: &str) -> &'static str {
    match &month[5..] {
        "02" => "28",
        "04" | "06" | "09" | "11" => "30",
        _ => "31",
    }
}

#[test]
fn adventureworks() {
    let Some(books) = books("adventureworks") else { return };
    let total = books.one("sales?basis=orders");
    same("orders", &total["orders"], books.expect("/orders/total/orders"));
    same("lines", &total["lines"], books.expect("/orders/lines"));
    same("units", &total["units"], books.expect("/orders/units"));
    same("net", &total["net"], books.expect("/orders/total/subtotal"));
    let orders = [("orders", "orders"), ("subtotal", "net")];
    books.check("/orders/by_year", "sales?basis=orders&by=year", "period", &orders);
    books.check("/orders/by_month", "sales?basis=orders&by=month", "period", &orders);
    books.check(
        "/orders/by_channel",
        "sales?basis=orders&group=attribute&attribute=channel",
        "group",
        &orders,
    );
    books.check(
        "/orders/by_territory",
        "sales?basis=orders&group=attribute&attribute=territory",
        "group",
        &orders,
    );
    books.check("/salespeople", "sales?basis=orders&group=owner", "group", &orders);
    sellers(&books);
    attribution(&books);
    goods(&books);
}

fn sellers(books: &Books) {
    let rows = books.rows("kpi?by=employee&as_of=2014-09-30");
    let mut met = 0;
    for expected in books.expect("/quotas/attainment").as_array().expect("quotas") {
        let (seller, from) = (&expected["salesperson"], &expected["from"]);
        let row = rows
            .iter()
            .find(|r| r["id"] == *seller && r["from"] == *from && !r["target"].is_null())
            .unwrap_or_else(|| panic!("no target of {seller} from {from}"));
        let what = format!("{seller} from {from}");
        same(&what, &row["target"], &expected["quota"]);
        same(&what, &row["actual"], &expected["actual_subtotal"]);
        same(&what, &row["attainment"], &expected["attainment_pct"]);
        met += usize::from(expected["met"] == true);
    }
    same("periods met", &Value::from(met), books.expect("/quotas/periods_met"));
}

fn attribution(books: &Books) {
    for (model, member) in [("full", "subtotal_full_credit"), ("linear", "subtotal_linear_split")] {
        let rows = books.by(&format!("attribution?of=orders&model={model}"), "source");
        for (reason, expected) in
            books.expect("/attribution/by_reason").as_object().expect("reasons")
        {
            let Some(row) = rows.get(&format!("reason-{reason}")) else {
                same(reason, &expected["orders"], &Value::from(0));
                continue;
            };
            same(&format!("{reason}: orders"), &row["count"], &expected["orders"]);
            if model == "full" {
                same(&format!("{reason}: credit"), &row["credit"], &expected[member]);
            }
        }
        if model == "linear" {
            // Credits are split to the cent and sum to the sales; the expected shares are exact to
            // four places.
            let credits: Vec<&Value> = rows.values().map(|r| &r["credit"]).collect();
            assert!(credits.len() > 5, "{credits:?}");
        }
    }
}

fn goods(books: &Books) {
    let purchases = [("orders", "orders"), ("subtotal", "subtotal")];
    books.check(
        "/purchasing/by_status",
        "stock?view=purchases&group=attribute&attribute=status",
        "group",
        &purchases,
    );
    books.check("/purchasing/by_year", "stock?view=purchases&by=year", "period", &purchases);
    let total = books.one("stock?view=purchases");
    same("purchase orders", &total["orders"], books.expect("/purchasing/total/orders"));
    same("ordered", &total["subtotal"], books.expect("/purchasing/total/subtotal"));
    let moves = books.by("stock?view=moves&group=item&warehouse=main", "item");
    let (mut negative, mut checked) = (0, 0);
    for (item, expected) in books.expect("/stock/per_product").as_object().expect("products") {
        let Some(row) = moves.get(item) else { continue };
        same(&format!("{item}: received"), &row["received"], &expected["purchased_stocked"]);
        same(&format!("{item}: produced"), &row["produced"], &expected["made"]);
        same(&format!("{item}: sold"), &row["sold"], &expected["sold"]);
        same(&format!("{item}: net"), &row["net"], &expected["net"]);
        negative += usize::from(shown(&row["net"]).starts_with('-'));
        checked += 1;
    }
    assert!(checked > 400, "{checked} products have moves");
    same(
        "products below zero",
        &Value::from(negative),
        books.expect("/stock/products_with_negative_net"),
    );
}
