//! The imports of AdventureWorks. Invariant: what is imported comes to the sums that the data set
//! itself gives.

use crate::datasets::*;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::OnceLock};

/// AdventureWorks is large, so it is imported once for all its tests.
fn adventureworks() -> Option<&'static DataSet> {
    static SET: OnceLock<Option<DataSet>> = OnceLock::new();
    SET.get_or_init(|| data_set("adventureworks")).as_ref()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
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
