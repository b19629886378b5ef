//! The three real data sets: are the totals of the events those that were computed without this
//! project?

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::OnceLock,
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
    expected: Json,
    drafts: Vec<Json>,
    summary: Summary,
}

/// The data set, unless this machine has none; where tests must not be left out, it must be there.
fn data_set(name: &str) -> Option<DataSet> {
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

fn dec(text: &Json) -> Decimal {
    text.as_str()
        .map_or_else(|| text.to_string(), str::to_owned)
        .parse()
        .unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// As the independent totals write a sum: rounded half away from zero, with so many decimals.
fn shown(sum: Decimal, decimals: u32) -> String {
    let rounded = sum.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    format!("{rounded:.places$}", places = usize::try_from(decimals).unwrap())
}

impl DataSet {
    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Json> + 'a {
        self.drafts.iter().filter(move |d| d["type"] == kind)
    }

    fn count(&self, kind: &str) -> u64 {
        self.summary.by_type().get(kind).copied().unwrap_or(0)
    }

    /// Sums of a value over the events of a type, by a key.
    fn sums(
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

    fn expect(&self, pointer: &str) -> &Json {
        self.expected
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {pointer} in the expected totals"))
    }

    /// Each group of expected totals has one number that the sums must equal.
    #[track_caller]
    fn check_groups(
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
    fn check_referents_come_first(&self) {
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
fn net(draft: &Json) -> Decimal {
    draft["data"]["lines"].as_array().unwrap().iter().map(|l| dec(&l["net"])).sum()
}

/// The tax of the lines with this key, or of all but these.
fn charge(draft: &Json, line: &str) -> Decimal {
    draft["data"]["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["line"] == line)
        .map(|l| dec(&l["tax"]))
        .sum()
}

fn units(draft: &Json) -> Decimal {
    draft["data"]["lines"].as_array().unwrap().iter().map(|l| dec(&l["qty"])).sum()
}

fn text(draft: &Json, pointer: &str) -> String {
    draft.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn year(draft: &Json) -> String {
    text(draft, "/occurred_at")[..4].to_owned()
}

fn month(draft: &Json) -> String {
    text(draft, "/occurred_at")[..7].to_owned()
}

/// Quantities or nets of all lines with an item, by item.
fn by_item(set: &DataSet, kind: &str, field: &str) -> BTreeMap<String, Decimal> {
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

/// AdventureWorks is large, so it is imported once for all its tests.
fn adventureworks() -> Option<&'static DataSet> {
    static SET: OnceLock<Option<DataSet>> = OnceLock::new();
    SET.get_or_init(|| data_set("adventureworks")).as_ref()
}

#[test]
fn adventureworks_sales() {
    let Some(set) = adventureworks() else { return };
    set.check_referents_come_first();
    assert_eq!(
        (set.count("order.placed"), set.count("invoice.issued"), set.count("shipment.dispatched")),
        (31_465, 31_465, 31_465)
    );
    assert_eq!(set.count("goods.issued"), set.expect("/orders/lines").as_u64().unwrap());
    assert_eq!(set.count("client.registered"), set.expect("/customers/rows").as_u64().unwrap());
    assert_eq!(set.count("contact.added"), set.expect("/customers/with_both").as_u64().unwrap());
    type Key = fn(&Json) -> String;
    let groups: [(&str, Key); 4] = [
        ("/orders/by_year", year),
        ("/orders/by_month", month),
        ("/orders/by_channel", |d| text(d, "/data/attributes/channel")),
        ("/orders/by_territory", |d| text(d, "/data/attributes/territory")),
    ];
    for (pointer, key) in groups {
        set.check_groups(pointer, "orders", &set.sums("invoice.issued", key, |_| Decimal::ONE), 0);
        set.check_groups(pointer, "subtotal", &set.sums("invoice.issued", key, net), 4);
        set.check_groups(
            pointer,
            "taxamt",
            &set.sums("invoice.issued", key, |d| charge(d, "tax")),
            4,
        );
        set.check_groups(
            pointer,
            "freight",
            &set.sums("invoice.issued", key, |d| charge(d, "freight")),
            4,
        );
        set.check_groups(
            pointer,
            "totaldue",
            &set.sums("invoice.issued", key, |d| dec(&d["data"]["total"]["amount"])),
            4,
        );
    }
    for kind in ["order.placed", "invoice.issued"] {
        assert_eq!(
            set.sums(kind, |_| String::new(), units)[""],
            dec(set.expect("/orders/units")),
            "{kind}"
        );
        assert_eq!(
            shown(set.sums(kind, |_| String::new(), net)[""], 4),
            set.expect("/orders/total/subtotal").as_str().unwrap(),
            "{kind}"
        );
    }
    let lines = set.sums(
        "order.placed",
        |_| String::new(),
        |d| d["data"]["lines"].as_array().unwrap().len().into(),
    );
    assert_eq!(lines[""], dec(set.expect("/orders/lines")));
    set.check_groups("/revenue_by_product", "", &by_item(set, "invoice.issued", "net"), 6);
    let clients = set.sums(
        "invoice.issued",
        |d| text(d, "/data/client"),
        |d| dec(&d["data"]["total"]["amount"]),
    );
    assert_eq!(clients.len() as u64, set.expect("/orders/distinct_customers").as_u64().unwrap());
    for (client, total) in set.expect("/orders/top20_customers_totaldue").as_object().unwrap() {
        assert_eq!(shown(clients[client], 4), total.as_str().unwrap(), "{client}");
    }
    for invoice in set.of("invoice.issued") {
        let lines = invoice["data"]["lines"].as_array().unwrap();
        let sum: Decimal = lines.iter().map(|l| dec(&l["net"]) + dec(&l["tax"])).sum();
        assert_eq!(sum, dec(&invoice["data"]["total"]["amount"]), "{invoice}");
    }
}

#[test]
fn adventureworks_sellers() {
    let Some(set) = adventureworks() else { return };
    let mut sums = set.sums("invoice.issued", |d| text(d, "/data/owner"), net);
    sums.remove("");
    set.check_groups("/salespeople", "subtotal", &sums, 4);
    let won =
        set.sums("deal.won", |d| text(d, "/data/order"), |d| dec(&d["data"]["amount"]["amount"]));
    let owners: BTreeMap<_, _> = set
        .of("deal.opened")
        .map(|d| (text(d, "/data/deal"), (text(d, "/data/owner"), text(d, "/occurred_at"))))
        .collect();
    assert_eq!(won.len(), owners.len());
    // Targets hold for the days of their period, both inclusive, and are met by what was won on
    // them.
    let mut met = 0;
    let expected = set.expect("/quotas/attainment").as_array().unwrap();
    let mut targets: Vec<&Json> = set.of("target.set").collect();
    targets.sort_by_key(|d| (text(d, "/data/scope/employee"), text(d, "/occurred_at")));
    assert_eq!(targets.len(), expected.len());
    for (target, expected) in targets.iter().zip(expected) {
        let data = &target["data"];
        let (first, last) = (text(data, "/period/first"), text(data, "/period/last"));
        let mine = owners.iter().filter(|(_, (owner, at))| {
            *owner == text(data, "/scope/employee") && first[..] <= at[..10] && at[..10] <= last[..]
        });
        let actual: Decimal = mine.map(|(deal, _)| won[deal]).sum();
        assert_eq!(text(data, "/scope/employee"), expected["salesperson"].as_str().unwrap());
        assert_eq!(
            (first.as_str(), dec(&data["value"])),
            (expected["from"].as_str().unwrap(), dec(&expected["quota"]))
        );
        assert_eq!(shown(actual, 4), expected["actual_subtotal"].as_str().unwrap(), "{target}");
        met += u64::from(actual >= dec(&data["value"]));
    }
    assert_eq!(met, set.expect("/quotas/periods_met").as_u64().unwrap());
}

#[test]
fn adventureworks_attribution() {
    let Some(set) = adventureworks() else { return };
    let subtotals = set.sums("order.placed", |d| text(d, "/data/order"), net);
    let order = |d: &Json| text(d, "/data/subject").strip_prefix("order:").unwrap().to_owned();
    let links = set.sums("attribution.stated", order, |_| Decimal::ONE);
    assert_eq!(
        links.len() as u64,
        set.expect("/attribution/orders_with_a_reason").as_u64().unwrap()
    );
    let source = |d: &Json| text(d, "/data/source").strip_prefix("reason-").unwrap().to_owned();
    set.check_groups(
        "/attribution/by_reason",
        "orders",
        &set.sums("attribution.stated", source, |_| Decimal::ONE),
        0,
    );
    set.check_groups(
        "/attribution/by_reason",
        "subtotal_full_credit",
        &set.sums("attribution.stated", source, |d| subtotals[&order(d)]),
        4,
    );
    let split = set.sums("attribution.stated", source, |d| subtotals[&order(d)] / links[&order(d)]);
    set.check_groups("/attribution/by_reason", "subtotal_linear_split", &split, 4);
}

#[test]
fn adventureworks_goods() {
    let Some(set) = adventureworks() else { return };
    let orders = |key: fn(&Json) -> String| set.sums("purchase_order.placed", key, net);
    set.check_groups(
        "/purchasing/by_status",
        "subtotal",
        &orders(|d| text(d, "/data/attributes/status")),
        4,
    );
    set.check_groups("/purchasing/by_year", "subtotal", &orders(year), 4);
    set.check_groups(
        "/purchasing/by_year",
        "taxamt",
        &set.sums("purchase_order.placed", year, |d| charge(d, "tax")),
        4,
    );
    set.check_groups(
        "/purchasing/by_year",
        "freight",
        &set.sums("purchase_order.placed", year, |d| charge(d, "freight")),
        4,
    );
    let item = |d: &Json| text(d, "/data/item");
    let quality = |wanted: &'static str| {
        move |d: &Json| {
            if d["data"]["quality"] == wanted { dec(&d["data"]["qty"]) } else { Decimal::ZERO }
        }
    };
    let (accepted, rejected) = (
        set.sums("goods.received", item, quality("accepted")),
        set.sums("goods.received", item, quality("rejected")),
    );
    set.check_groups("/stock/per_product", "purchased_stocked", &accepted, 2);
    set.check_groups("/stock/per_product", "purchased_rejected", &rejected, 2);
    assert_eq!(
        shown(accepted.values().sum(), 2),
        set.expect("/purchasing/stocked_qty").as_str().unwrap()
    );
    assert_eq!(
        shown(rejected.values().sum(), 2),
        set.expect("/purchasing/rejected_qty").as_str().unwrap()
    );
    let made = set.sums("production.completed", item, |d| dec(&d["data"]["qty"]));
    let scrapped = set.sums("production.completed", item, |d| {
        d["data"].get("scrapped").map_or(Decimal::ZERO, dec)
    });
    set.check_groups("/stock/per_product", "made", &made, 0);
    set.check_groups("/stock/per_product", "scrapped", &scrapped, 0);
    assert_eq!(set.count("production.completed"), set.expect("/workorders/rows").as_u64().unwrap());
    let late =
        set.of("production.completed").filter(|d| d["data"]["attributes"]["late"] == "yes").count();
    assert_eq!(late as u64, set.expect("/workorders/late").as_u64().unwrap());
    // What moved in and out of the one warehouse, by product, below zero too.
    let sold = set.sums("goods.issued", item, |d| dec(&d["data"]["qty"]));
    let mut net = accepted;
    for (sums, sign) in [(&made, Decimal::ONE), (&sold, Decimal::NEGATIVE_ONE)] {
        sums.iter().for_each(|(item, qty)| *net.entry(item.clone()).or_default() += sign * qty);
    }
    set.check_groups("/stock/per_product", "net", &net, 2);
    let negative = net.values().filter(|n| n.is_sign_negative() && !n.is_zero()).count();
    assert_eq!(negative as u64, set.expect("/stock/products_with_negative_net").as_u64().unwrap());
}
