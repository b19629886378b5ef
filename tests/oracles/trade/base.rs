//! Base amounts, naively: documents in whole cents, walked in replay order. Invariant: shares no
//! code with the one place that makes them; every report in base must add up to what is found here,
//! in every grouping, and to the trial balance.

mod walked;

use walked::Walked;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{
    Rows, ask,
    history::{History, Random},
    naive::Asked,
    owed::question,
    rows,
};
use crate::world::World;

/// Millionths of a unit, so that every own amount is a whole number.
fn millionths(amount: Decimal) -> i128 {
    let mut amount = amount;
    amount.rescale(6);
    amount.mantissa()
}

/// `top ÷ bottom`, half away from zero.
fn divided(top: i128, bottom: i128) -> i128 {
    let (half, sign) = (top.abs() * 2 + bottom.abs(), top.signum() * bottom.signum());
    half / (bottom.abs() * 2) * sign
}

/// Sales and the tax on them together: how a credit falls on the two is held by the reports among
/// each other.
const SOLD: &str = "sales and tax";

fn shown(cents: i128) -> String {
    format!("{:.2}", Decimal::from_i128_with_scale(cents, 2))
}

fn cents(text: &str) -> i128 {
    let mut amount: Decimal = text.parse().expect("an amount");
    assert!(amount.scale() <= 2, "{text} is in whole cents");
    amount.rescale(2);
    amount.mantissa()
}

/// The sums of columns over all rows.
fn sums(rows: &Rows, columns: usize) -> Vec<i128> {
    (0..columns).map(|n| rows.values().map(|row| cents(&row[n])).sum()).collect()
}

/// Everything a report in base says with these parameters, added up column by column.
fn added(
    world: &World,
    asked: &Asked,
    name: &str,
    parameters: &[(&str, &str)],
    keys: &[&str],
    measures: &[&str],
) -> Vec<i128> {
    let mut all = vec![("in", "base")];
    all.extend(parameters);
    sums(&rows(&ask(world, name, asked, &all), keys, measures), measures.len())
}

/// What every report in base says, against the walk, the trial balance, and itself in other
/// groupings.
pub fn based(world: &World, asked: &Asked) -> (usize, usize) {
    let walked = Walked::of(world, asked);
    let mut ledger: BTreeMap<String, i128> = BTreeMap::new();
    for (key, row) in rows(
        &ask(world, "trial_balance", asked, &[("in", "base")]),
        &["account", "unit"],
        &["balance"],
    ) {
        if key[1].starts_with("item:") {
            continue;
        }
        let account = if ["income/sales", "liabilities/tax"].contains(&key[0].as_str()) {
            SOLD
        } else {
            &key[0]
        };
        *ledger.entry(account.to_owned()).or_default() += cents(&row[0]);
    }
    let held = |of: &BTreeMap<String, i128>| -> BTreeMap<String, i128> {
        of.iter().filter(|(_, c)| **c != 0).map(|(a, c)| (a.clone(), *c)).collect()
    };
    assert_eq!(
        held(&ledger),
        held(&walked.balances),
        "the trial balance in base, as_of {:?} known_at {}",
        asked.as_of,
        asked.known_at
    );
    owed(world, asked, &walked);
    paid(world, asked, &walked);
    sold(world, asked);
    let payable: i128 = walked.bills.values().map(|bill| bill.left.cents).sum();
    let gross = added(world, asked, "payables", &[("group", "bill")], &["group"], &["gross"])[0];
    assert_eq!(gross, payable, "payables in base");
    (walked.rounding, walked.exchange)
}

#[expect(clippy::too_many_lines, reason = "each balance is told in one walk")]
fn owed(world: &World, asked: &Asked, walked: &Walked) {
    let measures = [
        "not_due",
        "days_1_30",
        "days_31_60",
        "days_61_90",
        "over_90",
        "gross",
        "advances",
        "balance",
    ];
    let whole = added(world, asked, "receivables", &[], &["currency"], &measures);
    assert_eq!(whole[..5].iter().sum::<i128>(), whole[5], "buckets add up to gross");
    let open: i128 = walked.invoices.values().map(|invoice| invoice.left.cents.max(0)).sum();
    let over: i128 = walked.invoices.values().map(|invoice| invoice.left.cents.min(0)).sum();
    let free: i128 =
        walked.payments.values().chain(walked.notes.values()).map(|means| means.left.cents).sum();
    assert_eq!(whole[5..], [open, free - over, open - free + over], "receivables in base");
    for invoice in walked.invoices.values().filter(|invoice| invoice.left.own == 0) {
        assert_eq!(invoice.left.cents, 0, "settled in full is nothing in base");
    }
    for group in ["client", "counterparty", "invoice", "owner"] {
        let rows = rows(
            &ask(world, "receivables", asked, &[("in", "base"), ("group", group)]),
            &["group"],
            &measures,
        );
        assert_eq!(sums(&rows, measures.len()), whole, "receivables by {group} add up");
        for (key, row) in rows.iter().filter(|(key, _)| group == "invoice" && !key[0].is_empty()) {
            assert_eq!(
                row[5],
                shown(walked.invoices[&key[0]].left.cents.max(0)),
                "gross of {key:?}"
            );
        }
    }
    let by_issue = added(
        world,
        asked,
        "receivables",
        &[("basis", "issue")],
        &["currency"],
        &["days_0_30", "days_31_60", "days_61_90", "over_90", "gross"],
    );
    assert_eq!((by_issue[..4].iter().sum::<i128>(), by_issue[4]), (open, open), "by issue");
    let signs = [1, 1, -1, -1, -1, -1, -1, 1, 1, 1];
    let columns = [
        "opening",
        "brought_forward",
        "invoices",
        "credit_notes",
        "write_offs",
        "set_off",
        "received",
        "deducted",
        "refunded",
        "reversed",
        "moved",
        "closing",
    ];
    let statement = added(
        world,
        asked,
        "statement",
        &[("group", "none"), ("from", "2025-03-01")],
        &["currency"],
        &columns,
    );
    assert_eq!(statement[11], whole[7], "closing is the balance");
    for group in ["client", "counterparty"] {
        let rows = rows(
            &ask(
                world,
                "statement",
                asked,
                &[("in", "base"), ("group", group), ("from", "2025-03-01")],
            ),
            &["group"],
            &columns,
        );
        assert_eq!(sums(&rows, columns.len()), statement, "statements by {group} add up");
        for (key, row) in &rows {
            let moved: i128 =
                signs.iter().zip(&row[1..11]).map(|(sign, cell)| sign * cents(cell)).sum();
            assert_eq!(cents(&row[0]) + moved, cents(&row[11]), "{key:?} closes");
        }
    }
}

fn paid(world: &World, asked: &Asked, walked: &Walked) {
    let measures = ["received", "refunded", "reversed", "net"];
    let whole =
        added(world, asked, "payments", &[("by", "none")], &["period", "currency"], &measures);
    let flows = |n: usize| walked.flows.values().map(|flow| flow[n]).sum::<i128>();
    assert_eq!(
        whole,
        [flows(0), flows(1), flows(2), flows(0) - flows(1) - flows(2)],
        "payments in base"
    );
    // These histories have no payments made: both directions together are those received.
    let both = added(
        world,
        asked,
        "payments",
        &[("by", "none"), ("direction", "both")],
        &["period", "currency"],
        &measures,
    );
    assert_eq!(both, whole, "both directions");
    for by in ["month", "quarter", "year"] {
        assert_eq!(
            added(world, asked, "payments", &[("by", by)], &["period", "currency"], &measures),
            whole,
            "payments by {by} add up"
        );
    }
    let split = rows(
        &ask(world, "payments", asked, &[("in", "base"), ("view", "split")]),
        &["bank_account", "purpose"],
        &measures,
    );
    assert_eq!(sums(&split, 4), whole, "purposes add up");
    let mut banks: BTreeMap<String, i128> = BTreeMap::new();
    for (key, row) in &split {
        *banks.entry(format!("assets/bank/{}", key[0])).or_default() += cents(&row[3]);
    }
    for (bank, net) in banks {
        assert_eq!(
            walked.balances.get(&bank).copied().unwrap_or_default(),
            net,
            "{bank} holds what came in"
        );
    }
    let collected = added(
        world,
        asked,
        "kpi",
        &[
            ("metric", "collected_payments"),
            ("by", "company"),
            ("from", "2025-01-01"),
            ("to", "2025-12-31"),
        ],
        &["id"],
        &["actual"],
    );
    assert_eq!(collected[0], whole[3], "what was collected");
}

#[expect(clippy::too_many_lines, reason = "each balance is told in one walk")]
fn sold(world: &World, asked: &Asked) {
    let measures = ["net", "invoiced", "credited"];
    let window = [("from", "2025-01-01"), ("to", "2025-12-31")];
    let with = |more: &[(&'static str, &'static str)]| [&window[..], more].concat();
    let whole = added(world, asked, "sales", &window, &["currency"], &measures);
    let balance = rows(
        &ask(world, "trial_balance", asked, &[("in", "base"), ("account", "income/sales")]),
        &["account"],
        &["balance"],
    );
    assert_eq!(whole[0], -sums(&balance, 1)[0], "net sales are income/sales");
    for group in ["client", "counterparty", "owner", "item"] {
        assert_eq!(
            added(world, asked, "sales", &with(&[("group", group)]), &["group"], &measures),
            whole,
            "sales by {group} add up"
        );
        assert_eq!(
            added(
                world,
                asked,
                "sales",
                &with(&[("group", group), ("by", "month")]),
                &["period", "group"],
                &measures
            ),
            whole,
            "and by month"
        );
    }
    for object in ["client", "item", "manager", "counterparty"] {
        assert_eq!(
            added(world, asked, "abc", &with(&[("object", object)]), &["object"], &["value"])[0],
            whole[0],
            "abc of {object} adds up"
        );
    }
    let all =
        rows(&ask(world, "trial_balance", asked, &[("in", "base")]), &["account"], &["balance"]);
    let held = |account: &str| all.get(&vec![account.to_owned()]).map_or(0, |row| cents(&row[0]));
    for by in ["client", "counterparty"] {
        let keys: &[&str] = if by == "client" { &["client"] } else { &["client", "counterparty"] };
        let total = added(world, asked, "counterparty_links", &[("by", by)], keys, &["amount"])[0];
        assert_eq!(
            total,
            -held("income/sales") - held("liabilities/tax"),
            "links by {by} add up to what was sold, with tax"
        );
    }
    let kpi = added(
        world,
        asked,
        "kpi",
        &with(&[("metric", "net_sales"), ("by", "company")]),
        &["id"],
        &["actual"],
    );
    assert_eq!(kpi[0], whole[0], "the figure is the net sales");
    let orders = ["gross", "net"];
    let placed =
        added(world, asked, "sales", &with(&[("basis", "orders")]), &["currency"], &orders);
    for group in ["client", "item"] {
        assert_eq!(
            added(
                world,
                asked,
                "sales",
                &with(&[("basis", "orders"), ("group", group)]),
                &["group"],
                &orders
            ),
            placed,
            "orders by {group} add up"
        );
    }
}

pub fn compare_base(history: &History, random: &mut Random) -> (usize, usize) {
    let mut asked = question(history, random);
    if !random.one_in(3) {
        // When all there is has happened.
        asked.as_of = Some("2025-07-01".to_owned());
    }
    based(&history.world, &asked)
}
