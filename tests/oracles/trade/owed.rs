//! Oracles of R19 and R20. Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, time::Date};

use super::{
    Rows, ask,
    history::{History, Random},
    naive::{Asked, Bill, Money, Note, Walked, Whose, end_of, shown, walk, walk_until},
    rows,
};
use crate::world::World;

mod paid;

use paid::{compare_dynamics, compare_split};

/// A question with random clocks; the day is always given.
pub fn question(history: &History, random: &mut Random) -> Asked {
    let head = history.world.records.len() as u64;
    let known_at = if random.one_in(2) { head } else { head - random.below(head / 2) };
    Asked { known_at: Position::new(known_at), as_of: Some(random.day()) }
}

fn group_of_invoice(whose: &Whose<'_>, bill: &Bill<'_>, by: &str) -> String {
    let found = match by {
        "client" => whose.of_invoice(bill),
        "counterparty" => bill.issued.counterparty.as_ref().map(ToString::to_string),
        "invoice" => Some(bill.issued.invoice.to_string()),
        "owner" => bill.issued.owner.as_ref().map(ToString::to_string),
        _ => None,
    };
    found.unwrap_or_default()
}

fn group_of_payment(whose: &Whose<'_>, money: &Money<'_>, by: &str) -> String {
    let found = match by {
        "client" => whose.of_payment(money),
        "counterparty" => money.received.counterparty.as_ref().map(ToString::to_string),
        _ => None,
    };
    found.unwrap_or_default()
}

fn group_of_note(whose: &Whose<'_>, note: &Note<'_>, by: &str) -> String {
    let found = match by {
        "client" => whose.of_note(note),
        "counterparty" => note.issued.counterparty.as_ref().map(ToString::to_string),
        "owner" => note.issued.owner.as_ref().map(ToString::to_string),
        _ => None,
    };
    found.unwrap_or_default()
}

/// A legal entity of an order counts for its invoices that name none.
fn with_orders(
    world: &World,
    asked: &Asked,
    walked: &mut Walked<'_>,
    by: &str,
) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    if by != "counterparty" {
        return known;
    }
    let before = asked.before(world);
    for record in super::naive::known(world, asked).into_iter().filter(|r| r.occurred_at() < before)
    {
        if let sijil_schemas::Event::Orders(sijil_schemas::event::Orders::OrderPlaced(e)) =
            &record.event
            && let Some(legal) = &e.counterparty
        {
            for bill in walked.invoices.values().filter(|b| {
                b.issued.order.as_ref() == Some(&e.order) && b.issued.counterparty.is_none()
            }) {
                known.insert(bill.issued.invoice.to_string(), legal.to_string());
            }
        }
    }
    known
}

/// Not due, four buckets, advances.
type Ages = [Decimal; 6];

fn ages(
    world: &World,
    asked: &Asked,
    by: &str,
    by_issue: bool,
) -> BTreeMap<(String, String), Ages> {
    let (mut walked, whose) = (walk(world, asked), Whose::new(world, asked));
    let of_orders = with_orders(world, asked, &mut walked, by);
    let zone = world.views.company.zone();
    let as_of: Date = asked.as_of.as_ref().expect("R19 needs a day").parse().expect("a day");
    let mut lines: BTreeMap<(String, String), Ages> = BTreeMap::new();
    for (id, bill) in &walked.invoices {
        let currency = bill.issued.total.currency.to_string();
        let group =
            of_orders.get(id).cloned().unwrap_or_else(|| group_of_invoice(&whose, bill, by));
        let line = lines.entry((group, currency)).or_default();
        let open = bill.open;
        if open < Decimal::ZERO {
            line[5] -= open;
            continue;
        }
        let mut due: Vec<(Date, Decimal)> =
            bill.issued.instalments.iter().map(|i| (i.due_on, i.amount.get())).collect();
        due.extend(bill.issued.due_on.map(|on| (on, bill.issued.total.amount.get())));
        due.sort_by_key(|(on, _)| *on);
        // From the last due backwards: what is open is open of the latest.
        let mut left = open;
        for (n, (on, amount)) in due.iter().enumerate().rev() {
            let part = if n == 0 { left } else { left.min(*amount) };
            left -= part;
            let recorded = bill.record.occurred_at().date(&zone);
            let days = if by_issue {
                as_of.days() - bill.brought.flatten().unwrap_or(recorded).days()
            } else {
                as_of.days() - on.days()
            };
            let bucket = [0, 30, 60, 90].iter().position(|limit| days <= *limit).unwrap_or(4);
            line[if by_issue { bucket.max(1) } else { bucket }] += part;
        }
    }
    for money in walked.payments.values() {
        let currency = money.received.amount.currency.to_string();
        lines.entry((group_of_payment(&whose, money, by), currency)).or_default()[5] += money.free;
    }
    for note in walked.notes.values() {
        let currency = note.issued.total.currency.to_string();
        lines.entry((group_of_note(&whose, note, by), currency)).or_default()[5] += note.free;
    }
    lines
}

pub fn compare_receivables(history: &History, random: &mut Random) -> usize {
    receivables(&history.world, &question(history, random), random)
}

pub fn receivables(world: &World, asked: &Asked, random: &mut Random) -> usize {
    let mut compared = 0;
    let mut totals: BTreeMap<&str, Vec<Decimal>> = BTreeMap::new();
    for by in ["none", "client", "counterparty", "invoice", "owner"] {
        let by_issue = random.one_in(3);
        let basis = if by_issue { "issue" } else { "due" };
        let table = ask(world, "receivables", asked, &[("group", by), ("basis", basis)]);
        let keys: &[&str] = if by == "none" { &["currency"] } else { &["group", "currency"] };
        let names: &[&str] = if by_issue {
            &["days_0_30", "days_31_60", "days_61_90", "over_90"]
        } else {
            &["not_due", "days_1_30", "days_31_60", "days_61_90", "over_90"]
        };
        let measures: Vec<&str> =
            names.iter().copied().chain(["gross", "advances", "balance"]).collect();
        let mut expected = Rows::new();
        let naive = ages(world, asked, by, by_issue);
        let mut total = Decimal::ZERO;
        for ((group, currency), line) in naive {
            let gross: Decimal = line[..5].iter().sum();
            total += gross - line[5];
            let key = if by == "none" { vec![currency] } else { vec![group, currency] };
            let buckets = line[usize::from(by_issue)..5].iter().copied();
            expected
                .insert(key, buckets.chain([gross, line[5], gross - line[5]]).map(shown).collect());
        }
        compared += expected.len();
        assert_eq!(
            rows(&table, keys, &measures),
            expected,
            "receivables by {by}, {basis}, as_of {:?} known_at {}",
            asked.as_of,
            asked.known_at
        );
        totals.entry("all").or_default().push(total);
    }
    let all = &totals["all"];
    assert!(all.iter().all(|t| *t == all[0]), "groups sum to the same: {all:?}");
    compare_with_ledger(world, asked);
    compared + compare_payables(world, asked)
}

/// What is owed to suppliers is what bills say, less set-offs and what need not be paid.
fn compare_payables(world: &World, asked: &Asked) -> usize {
    let mut open: BTreeMap<String, Decimal> = BTreeMap::new();
    for (left, currency) in walk(world, asked).bills.into_values() {
        *open.entry(currency).or_default() += left;
    }
    let expected: Rows =
        open.into_iter().map(|(currency, open)| (vec![currency], vec![shown(open)])).collect();
    let table = ask(world, "payables", asked, &[]);
    assert_eq!(rows(&table, &["currency"], &["gross"]), expected, "payables");
    let side = [("side", "supplier"), ("group", "none")];
    let mut closing = rows(&ask(world, "statement", asked, &side), &["currency"], &["closing"]);
    closing.retain(|key, _| expected.contains_key(key));
    assert_eq!(closing, expected, "what suppliers are owed closes as payables do");
    expected.len()
}

/// Two folds that know nothing of each other agree: what the ledger holds as receivable and as
/// advances is the balance, what it holds as sales the net sales.
fn compare_with_ledger(world: &World, asked: &Asked) {
    let ledger = rows(&ask(world, "trial_balance", asked, &[]), &["account", "unit"], &["balance"]);
    let held = |account: &str, currency: &str| {
        ledger
            .get(&vec![account.to_owned(), currency.to_owned()])
            .map_or(Decimal::ZERO, |row| row[0].parse().expect("an amount"))
    };
    for (key, row) in rows(&ask(world, "receivables", asked, &[]), &["currency"], &["balance"]) {
        let owed = held("assets/receivable", &key[0]) + held("liabilities/advances", &key[0]);
        assert_eq!(shown(owed), row[0], "receivables {} are the ledger's", key[0]);
    }
    for (key, row) in rows(
        &ask(world, "sales", asked, &[("from", "1996-01-01"), ("to", "2030-12-31")]),
        &["currency"],
        &["net"],
    ) {
        assert_eq!(
            shown(Decimal::ZERO - held("income/sales", &key[0])),
            row[0],
            "sales {} are the ledger's",
            key[0]
        );
    }
}

fn balances(
    world: &World,
    asked: &Asked,
    walked: &mut Walked<'_>,
    by: &str,
) -> BTreeMap<(String, String), Decimal> {
    let (whose, of_orders) = (Whose::new(world, asked), with_orders(world, asked, walked, by));
    let mut sums: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for (id, bill) in &walked.invoices {
        let group =
            of_orders.get(id).cloned().unwrap_or_else(|| group_of_invoice(&whose, bill, by));
        *sums.entry((group, bill.issued.total.currency.to_string())).or_default() += bill.open;
    }
    for money in walked.payments.values() {
        *sums
            .entry((
                group_of_payment(&whose, money, by),
                money.received.amount.currency.to_string(),
            ))
            .or_default() -= money.free;
    }
    for note in walked.notes.values() {
        *sums
            .entry((group_of_note(&whose, note, by), note.issued.total.currency.to_string()))
            .or_default() -= note.free;
    }
    sums
}

pub fn compare_statements(history: &History, random: &mut Random) -> usize {
    let mut asked = question(history, random);
    let (mut from, mut to) = (random.day(), random.day());
    if from > to {
        std::mem::swap(&mut from, &mut to);
    }
    asked.as_of =
        if random.one_in(2) { None } else { Some(asked.as_of.unwrap_or_default().max(to.clone())) };
    statements(&history.world, &asked, &from, &to)
}

/// What statements and payments say of the days from one to another, seen from the last or later.
#[expect(clippy::too_many_lines, reason = "each balance is told in one walk")]
pub fn statements(world: &World, asked: &Asked, from: &str, to: &str) -> usize {
    let zone = world.views.company.zone();
    let start = from.parse::<Date>().expect("a day").start(&zone);
    let mut compared = 0;
    for by in ["client", "counterparty", "none"] {
        let (mut first, mut last) =
            (walk_until(world, asked, start), walk_until(world, asked, end_of(world, to)));
        let (whose, of_orders) =
            (Whose::new(world, asked), with_orders(world, asked, &mut last, by));
        let (opening, closing) =
            (balances(world, asked, &mut first, by), balances(world, asked, &mut last, by));
        let mut flows: BTreeMap<(String, String), [Decimal; 9]> = BTreeMap::new();
        for (id, bill) in &last.invoices {
            let group =
                of_orders.get(id).cloned().unwrap_or_else(|| group_of_invoice(&whose, bill, by));
            let flow = flows.entry((group, bill.issued.total.currency.to_string())).or_default();
            if bill.record.occurred_at() >= start {
                flow[if bill.brought.is_some() { 7 } else { 0 }] += bill.issued.total.amount.get();
            }
            flow[1] += bill
                .credits
                .iter()
                .filter(|(r, _)| r.occurred_at() >= start)
                .map(|(_, c)| c.total.amount.get())
                .sum::<Decimal>();
            flow[2] += last
                .write_offs
                .iter()
                .filter(|(at, of, _)| of == id && *at >= start)
                .map(|(_, _, amount)| *amount)
                .sum::<Decimal>();
            let set_off = last.set_off.iter().filter(|(at, of, _)| of == id && *at >= start);
            flow[8] += set_off.map(|(_, _, amount)| *amount).sum::<Decimal>();
        }
        for money in last.payments.values().filter(|money| money.brought) {
            let place =
                (group_of_payment(&whose, money, by), money.received.amount.currency.to_string());
            let flow = flows.entry(place).or_default();
            if money.record.occurred_at() >= start {
                flow[7] -= money.received.amount.amount.get();
            }
            let back = last
                .taken_back
                .iter()
                .filter(|(at, of, _)| of == money.received.payment.as_str() && *at >= start);
            flow[7] += back.map(|(_, _, amount)| *amount).sum::<Decimal>();
        }
        for flow in last.flows.iter().filter(|f| f.at >= start) {
            let Some(money) = last.payments.get(&flow.payment) else { continue };
            let place =
                (group_of_payment(&whose, money, by), money.received.amount.currency.to_string());
            let column = ["received", "deducted", "refunded", "reversed"]
                .iter()
                .position(|k| *k == flow.kind)
                .expect("a kind")
                + 3;
            flows.entry(place).or_default()[column] += flow.amount;
        }
        for note in last.notes.values() {
            let flow = flows
                .entry((group_of_note(&whose, note, by), note.issued.total.currency.to_string()))
                .or_default();
            if note.record.occurred_at() >= start {
                flow[1] += note.issued.total.amount.get();
            }
            flow[5] += note
                .paid
                .iter()
                .filter(|(at, ..)| *at >= start)
                .map(|(.., amount)| *amount)
                .sum::<Decimal>();
        }
        let mut expected = Rows::new();
        for (place, close) in &closing {
            let (open, f) = (
                opening.get(place).copied().unwrap_or_default(),
                flows.get(place).copied().unwrap_or_default(),
            );
            let moved =
                *close - open - f[0] + f[1] + f[2] + f[3] + f[4] - f[5] - f[6] - f[7] + f[8];
            let key = if by == "none" {
                vec![place.1.clone()]
            } else {
                vec![place.0.clone(), place.1.clone()]
            };
            expected.insert(
                key,
                [open].into_iter().chain(f).chain([moved, *close]).map(shown).collect(),
            );
            assert!(by != "none" || moved.is_zero(), "nothing moves out of the whole");
        }
        let keys: &[&str] = if by == "none" { &["currency"] } else { &["group", "currency"] };
        let table = ask(world, "statement", asked, &[("group", by), ("from", from), ("to", to)]);
        let measures = [
            "opening",
            "invoices",
            "credit_notes",
            "write_offs",
            "received",
            "deducted",
            "refunded",
            "reversed",
            "brought_forward",
            "set_off",
            "moved",
            "closing",
        ];
        let mut got = rows(&table, keys, &measures);
        got.retain(|key, row| expected.contains_key(key) || row.iter().any(|cell| cell != "0.00"));
        compared += expected.len();
        assert_eq!(
            got, expected,
            "statement by {by} {from} to {to}, as_of {:?} known_at {}",
            asked.as_of, asked.known_at
        );
        compare_with_receivables(world, asked, by, to, &table);
    }
    compared + compare_dynamics(world, asked) + compare_split(world, asked, from, to)
}

/// R20 closing = R19 balance of the same day.
fn compare_with_receivables(
    world: &World,
    asked: &Asked,
    by: &str,
    to: &str,
    statement: &sijil_projections::report::Table,
) {
    let keys: &[&str] = if by == "none" { &["currency"] } else { &["group", "currency"] };
    let day = Asked { as_of: Some(to.to_owned()), ..asked.clone() };
    if by != "none" && asked.as_of.as_deref() != Some(to) {
        return; // merges, and the orders that documents name, are those of as_of
    }
    let closing = rows(statement, keys, &["closing"]);
    for (key, balance) in
        rows(&ask(world, "receivables", &day, &[("group", by)]), keys, &["balance"])
    {
        assert_eq!(closing.get(&key), Some(&balance), "closing of {key:?} is the balance");
    }
}
