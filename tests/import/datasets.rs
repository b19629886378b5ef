//! The three real data sets: are the totals of the events those that were computed without this
//! project?

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value as Json;
use sijil_import::{Mapping, Options, Summary};
use sijil_schemas::{
    decode,
    event::{Birth, EVENT_TYPES},
};

use crate::tables::Directory;

/// One data set: what it should give and what it gave.
pub(crate) struct DataSet {
    pub(crate) expected: Json,
    pub(crate) drafts: Vec<Json>,
    pub(crate) summary: Summary,
}

/// The data set, unless this machine has none; where tests must not be left out, it must be there.
pub(crate) fn data_set(name: &str) -> Option<DataSet> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("../shared/data").join(name);
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "{} is missing", folder.display());
        println!("skipped: {} is missing", folder.display());
        return None;
    }
    let text = std::fs::read_to_string(root.join(format!("schemas/mappings/{name}.toml"))).unwrap();
    let mapping = Mapping::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let options = Options { key_secret: Some(b"test".to_vec()), ..Options::default() };
    let drafts = mapping
        .run(&Directory(folder.clone()), &options, &mut |_| {})
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let expected =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    Some(DataSet {
        expected,
        drafts: drafts.read().map(|d| serde_json::from_str(d.unwrap().json()).unwrap()).collect(),
        summary: drafts.summary,
    })
}

pub(crate) fn dec(text: &Json) -> Decimal {
    text.as_str()
        .map_or_else(|| text.to_string(), str::to_owned)
        .parse()
        .unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// As the independent totals write a sum: rounded half away from zero, with so many decimals.
pub(crate) fn shown(sum: Decimal, decimals: u32) -> String {
    let rounded = sum.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.places$}", places = usize::try_from(decimals).unwrap())
}

impl DataSet {
    pub(crate) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Json> + 'a {
        self.drafts.iter().filter(move |d| d["type"] == kind)
    }

    pub(crate) fn count(&self, kind: &str) -> u64 {
        self.summary.by_type().get(kind).copied().unwrap_or(0)
    }

    /// Sums of a value over the events of a type, by a key.
    pub(crate) fn sums(
        &self,
        kind: &str,
        key: impl Fn(&Json) -> String,
        value: impl Fn(&Json) -> Decimal,
    ) -> BTreeMap<String, Decimal> {
        let mut sums = BTreeMap::new();
        for draft in self.of(kind) {
            *sums.entry(key(draft)).or_insert(Decimal::ZERO) += value(draft);
        }
        sums
    }

    pub(crate) fn expect(&self, pointer: &str) -> &Json {
        self.expected
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {pointer} in the expected totals"))
    }

    /// Each group of expected totals has one number that the sums must equal.
    #[track_caller]
    pub(crate) fn check_groups(
        &self,
        pointer: &str,
        field: &str,
        sums: &BTreeMap<String, Decimal>,
        decimals: u32,
    ) {
        let groups = self.expect(pointer).as_object().unwrap();
        assert!(!groups.is_empty(), "{pointer}");
        for (key, group) in groups {
            let got = sums.get(key).copied().unwrap_or_default();
            let expected = if field.is_empty() { group } else { &group[field] };
            assert_eq!(
                shown(got, decimals),
                shown(dec(expected), decimals),
                "{pointer}/{key}/{field}"
            );
        }
        assert!(
            sums.keys().all(|k| groups.contains_key(k) || k.is_empty()),
            "{pointer}: groups that were not expected"
        );
    }

    /// Every draft is one the vocabulary takes, ids come once, and nothing is named before it was
    /// introduced.
    pub(crate) fn check_referents_come_first(&self) {
        let mut known = BTreeSet::new();
        let mut ids = BTreeSet::new();
        let mut last = String::new();
        let opened: BTreeSet<_> = EVENT_TYPES
            .iter()
            .filter(|t| t.birth != Birth::Continues)
            .filter_map(|t| t.home_kind)
            .collect();
        for draft in &self.drafts {
            let parsed =
                decode::Draft::from_value(draft.clone()).unwrap_or_else(|e| panic!("{draft}: {e}"));
            let event = decode::decode(parsed, draft["id"].as_str().unwrap().parse().unwrap())
                .unwrap_or_else(|e| panic!("{draft}: {e}"))
                .event;
            assert!(ids.insert(draft["id"].as_str().unwrap()), "{draft}: the id comes twice");
            let at = draft["occurred_at"].as_str().unwrap().to_owned();
            assert!(last <= at, "{draft}: not in the order of time");
            last = at;
            let home = event.home();
            if event.event_type().birth == Birth::Opens {
                assert!(known.insert(home.clone()), "{draft}: {home} is introduced twice");
            } else if event.event_type().birth == Birth::Revises {
                known.insert(home.clone());
            }
            for entity in event.touched() {
                assert!(
                    known.contains(&entity) || !opened.contains(&entity.kind),
                    "{draft}: {entity} is not known yet"
                );
            }
        }
    }
}

/// Net of a document's lines, tax and what is charged on top left out.
pub(crate) fn net(draft: &Json) -> Decimal {
    draft["data"]["lines"].as_array().unwrap().iter().map(|l| dec(&l["net"])).sum()
}

/// The tax of the lines with this key, or of all but these.
pub(crate) fn charge(draft: &Json, line: &str) -> Decimal {
    draft["data"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["line"] == line)
        .map(|l| dec(&l["tax"]))
        .sum()
}

pub(crate) fn units(draft: &Json) -> Decimal {
    draft["data"]["lines"].as_array().unwrap().iter().map(|l| dec(&l["qty"])).sum()
}

pub(crate) fn text(draft: &Json, pointer: &str) -> String {
    draft.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned()
}

pub(crate) fn year(draft: &Json) -> String {
    text(draft, "/occurred_at")[..4].to_owned()
}

pub(crate) fn month(draft: &Json) -> String {
    text(draft, "/occurred_at")[..7].to_owned()
}

/// Quantities or nets of all lines with an item, by item.
pub(crate) fn by_item(set: &DataSet, kind: &str, field: &str) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for draft in set.of(kind) {
        for line in
            draft["data"]["lines"].as_array().unwrap().iter().filter(|l| l.get("item").is_some())
        {
            *sums.entry(text(line, "/item")).or_insert(Decimal::ZERO) += dec(&line[field]);
        }
    }
    sums
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn northwind() {
    let Some(set) = data_set("northwind") else { return };
    set.check_referents_come_first();
    let rows = |table: &str| set.expect("/rows")[table].as_u64().unwrap();
    assert_eq!((set.count("order.placed"), set.count("invoice.issued")), (830, 830));
    assert_eq!(set.count("client.registered"), rows("customers"));
    assert_eq!(set.count("contact.added"), rows("customers"));
    assert_eq!(set.count("employee.hired"), rows("employees"));
    assert_eq!(set.count("item.registered"), rows("products"));
    assert_eq!(
        set.count("shipment.dispatched"),
        830 - set.expect("/orders/not_shipped").as_u64().unwrap()
    );
    for kind in ["order.placed", "invoice.issued"] {
        set.check_groups("/orders/by_year", "net_of_discount", &set.sums(kind, year, net), 4);
        set.check_groups("/orders/by_year", "units", &set.sums(kind, year, units), 0);
        set.check_groups("/orders/by_month", "net_of_discount", &set.sums(kind, month, net), 4);
        set.check_groups(
            "/by_employee",
            "net_of_discount",
            &set.sums(kind, |d| text(d, "/data/owner"), net),
            4,
        );
        set.check_groups(
            "/by_customer",
            "net_of_discount",
            &set.sums(kind, |d| text(d, "/data/client"), net),
            4,
        );
        set.check_groups(
            "/by_country",
            "net_of_discount",
            &set.sums(kind, |d| text(d, "/data/attributes/ship_country"), net),
            4,
        );
        set.check_groups("/products", "sold_units", &by_item(&set, kind, "qty"), 0);
        set.check_groups("/products", "net_of_discount", &by_item(&set, kind, "net"), 4);
    }
    let total =
        set.sums("invoice.issued", |_| String::new(), |d| dec(&d["data"]["total"]["amount"]))[""];
    let freight = dec(set.expect("/orders/freight"));
    assert_eq!(
        shown(total - freight, 4),
        set.expect("/orders/total/net_of_discount").as_str().unwrap()
    );
    for invoice in set.of("invoice.issued") {
        let lines = invoice["data"]["lines"].as_array().unwrap();
        let sum: Decimal = lines.iter().map(|l| dec(&l["net"]) + dec(&l["tax"])).sum();
        assert_eq!(sum, dec(&invoice["data"]["total"]["amount"]), "{invoice}");
    }
    let late =
        set.of("shipment.dispatched").filter(|d| d["data"]["attributes"]["late"] == "yes").count();
    assert_eq!(late as u64, set.expect("/orders/shipped_late").as_u64().unwrap());
    let item = |d: &Json| text(d, "/data/item");
    set.check_groups(
        "/products",
        "units_in_stock_snapshot",
        &set.sums("stock.counted", item, |d| dec(&d["data"]["counted"])),
        0,
    );
    set.check_groups(
        "/products",
        "units_on_order",
        &by_item(&set, "purchase_order.placed", "qty"),
        0,
    );
    set.check_groups(
        "/products",
        "reorder_level",
        &set.sums("item.replenishment_policy_set", item, |d| dec(&d["data"]["safety"])),
        0,
    );
    let discontinued = set
        .of("item.registered")
        .filter(|d| d["data"]["attributes"]["discontinued"] == "yes")
        .count();
    assert_eq!(discontinued as u64, set.expect("/stock/discontinued").as_u64().unwrap());
    let hired: BTreeMap<_, _> = set
        .of("employee.moved")
        .map(|d| (text(d, "/data/employee"), text(d, "/data/manager")))
        .collect();
    for (employee, expected) in set.expect("/by_employee").as_object().unwrap() {
        assert_eq!(
            hired.get(employee).cloned().unwrap_or_default(),
            expected["reports_to"].as_str().unwrap(),
            "{employee}"
        );
    }
}

/// Opportunities of the pipeline as the deals' events tell them.
#[derive(Default)]
struct Deals {
    opened: u64,
    prospecting: u64,
    won: u64,
    lost: u64,
    won_value: Decimal,
    won_days: i64,
}

#[test]
fn maven_crm() {
    let Some(set) = data_set("maven-crm") else { return };
    set.check_referents_come_first();
    let names: BTreeMap<_, _> = set
        .of("employee.hired")
        .map(|d| (text(d, "/data/employee"), text(d, "/data/name")))
        .collect();
    let name = |pointer: &'static str| {
        let names = names.clone();
        move |d: &Json| names[&text(d, pointer)].clone()
    };
    check_deals(&set, "/by_agent", name("/data/owner"));
    check_deals(&set, "/by_manager", name("/data/attributes/manager"));
    check_deals(&set, "/by_regional_office", |d| text(d, "/data/attributes/office"));
    check_deals(&set, "/by_product", |d| text(d, "/data/attributes/product"));
    check_deals(&set, "/by_account (empty key = no account yet)", |d| {
        text(d, "/data/attributes/account")
    });
    let without = set.of("deal.opened").filter(|d| d["data"].get("client").is_none()).count();
    assert_eq!(without as u64, set.expect("/oddities/without_account").as_u64().unwrap());
    assert_eq!(set.count("client.registered"), set.expect("/rows/accounts").as_u64().unwrap());
    assert_eq!(set.count("employee.hired"), set.expect("/rows/sales_teams").as_u64().unwrap() + 6);
    // Persons are known by keyed hashes only.
    for name in names.values() {
        let slug = name.to_lowercase().replace(' ', "-");
        assert!(
            names.keys().all(|id| !id.contains(&slug) && !slug.contains(id.as_str())),
            "{name}"
        );
    }
    for (when, open) in set
        .expect("/open_at_month_end (engaged on or before, not closed by then)")
        .as_object()
        .unwrap()
    {
        let until = |kind: &'static str| {
            set.of(kind).filter(move |d| text(d, "/occurred_at")[..10] <= when[..])
        };
        let engaged = until("deal.opened").filter(|d| d["data"]["stage"] == "engaging").count();
        let closed = until("deal.won").count() + until("deal.lost").count();
        assert_eq!((engaged - closed) as u64, open.as_u64().unwrap(), "{when}");
    }
}

fn check_deals(set: &DataSet, pointer: &str, group: impl Fn(&Json) -> String) {
    let mut groups: BTreeMap<String, Deals> = BTreeMap::new();
    let mut home = BTreeMap::new();
    let day = |d: &Json| text(d, "/occurred_at")[..10].parse::<jiff::civil::Date>().unwrap();
    for draft in set.of("deal.opened") {
        let name = group(draft);
        let deals = groups.entry(name.clone()).or_default();
        deals.opened += 1;
        deals.prospecting += u64::from(draft["data"]["stage"] == "prospecting");
        home.insert(text(draft, "/data/deal"), (name, day(draft)));
    }
    for draft in set.drafts.iter().filter(|d| d["type"] == "deal.won" || d["type"] == "deal.lost") {
        let (name, opened) = &home[&text(draft, "/data/deal")];
        let deals = groups.get_mut(name).unwrap();
        if draft["type"] == "deal.won" {
            deals.won += 1;
            deals.won_value += dec(&draft["data"]["amount"]["amount"]);
            deals.won_days += opened.duration_until(day(draft)).as_hours() / 24;
        } else {
            deals.lost += 1;
        }
    }
    let expected = set.expect(pointer).as_object().unwrap();
    assert_eq!(groups.len(), expected.len(), "{pointer}");
    for (name, e) in expected {
        let d = &groups[name];
        let got =
            [d.opened, d.prospecting, d.opened - d.prospecting - d.won - d.lost, d.won, d.lost];
        let wanted = ["opportunities", "prospecting", "engaging", "won", "lost"]
            .map(|f| e[f].as_u64().unwrap());
        assert_eq!(got, wanted, "{pointer}/{name}");
        assert_eq!(d.won_value, dec(&e["won_value"]), "{pointer}/{name}");
        assert_eq!(d.won_days, e["won_days_sum"].as_i64().unwrap(), "{pointer}/{name}");
    }
}
