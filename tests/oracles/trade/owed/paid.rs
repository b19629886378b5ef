//! Oracles of payments (R20): per month, and by purpose. Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::time::Date;

use super::super::{
    ask,
    naive::{Asked, end_of, shown, walk},
    rows,
};
use crate::world::World;

pub(super) fn compare_dynamics(world: &World, asked: &Asked) -> usize {
    let (walked, zone) = (walk(world, asked), world.views.company.zone());
    let mut months: BTreeMap<(String, String), [Decimal; 4]> = BTreeMap::new();
    for flow in &walked.flows {
        let Some(money) = walked.payments.get(&flow.payment) else { continue };
        let month = flow.at.date(&zone).to_string()[..7].to_owned();
        let column = ["received", "deducted", "refunded", "reversed"]
            .iter()
            .position(|k| *k == flow.kind)
            .expect("a kind");
        months.entry((month, money.received.amount.currency.to_string())).or_default()[column] +=
            flow.amount;
    }
    for note in walked.notes.values() {
        for (at, _, amount) in &note.paid {
            let month = at.date(&zone).to_string()[..7].to_owned();
            months.entry((month, note.issued.total.currency.to_string())).or_default()[2] +=
                *amount;
        }
    }
    let net = |f: &[Decimal; 4]| f[0] - f[2] - f[3];
    let table = ask(world, "payments", asked, &[]);
    let got = rows(
        &table,
        &["period", "currency"],
        &["received", "deducted", "refunded", "reversed", "net", "previous"],
    );
    for ((month, currency), sums) in &months {
        let (year, number): (u32, u32) =
            (month[..4].parse().expect("a year"), month[5..].parse().expect("a month"));
        let before = if number == 1 {
            format!("{}-12", year - 1)
        } else {
            format!("{year}-{:02}", number - 1)
        };
        let previous = months.get(&(before, currency.clone())).map_or(Decimal::ZERO, net);
        let expected: Vec<String> =
            sums.iter().copied().chain([net(sums), previous]).map(shown).collect();
        assert_eq!(
            got.get(&vec![month.clone(), currency.clone()]),
            Some(&expected),
            "{month} {currency}"
        );
    }
    let others = got.keys().filter(|key| !months.contains_key(&(key[0].clone(), key[1].clone())));
    assert!(
        others.into_iter().all(|key| got[key][4] == "0.00"),
        "only months with payments have any"
    );
    months.len()
}

/// What came in for each purpose sums to what came in.
pub(super) fn compare_split(world: &World, asked: &Asked, from: &str, to: &str) -> usize {
    let table = ask(world, "payments", asked, &[("view", "split"), ("from", from), ("to", to)]);
    let (start, end) = (
        from.parse::<Date>().expect("a day").start(&world.views.company.zone()),
        end_of(world, to),
    );
    let walked = walk(world, asked);
    let mut expected: BTreeMap<(String, String, String), Decimal> = BTreeMap::new();
    let mut whole = BTreeMap::new();
    for money in walked.payments.values() {
        let (e, currency) = (&money.received, money.received.amount.currency.to_string());
        for flow in walked.flows.iter().filter(|f| {
            f.payment == e.payment.as_str() && f.kind != "deducted" && f.at >= start && f.at < end
        }) {
            *whole.entry(currency.clone()).or_insert(Decimal::ZERO) +=
                if flow.kind == "received" { flow.amount } else { -flow.amount };
        }
        let is_within = (start..end).contains(&money.record.occurred_at());
        if !is_within || money.brought {
            continue;
        }
        let bank = e.bank_account.to_string();
        if e.purpose_lines.is_empty() {
            *expected.entry((bank.clone(), String::new(), currency.clone())).or_default() +=
                e.amount.amount.get();
        }
        for purpose in &e.purpose_lines {
            *expected
                .entry((bank.clone(), purpose.purpose.to_string(), currency.clone()))
                .or_default() += purpose.amount.get();
        }
    }
    let got = rows(&table, &["bank_account", "purpose", "currency"], &["received", "net"]);
    for note in walked.notes.values() {
        for (_, _, amount) in note.paid.iter().filter(|(at, ..)| *at >= start && *at < end) {
            *whole.entry(note.issued.total.currency.to_string()).or_insert(Decimal::ZERO) -=
                *amount;
        }
    }
    for ((bank, purpose, currency), amount) in &expected {
        assert_eq!(
            got[&vec![bank.clone(), purpose.clone(), currency.clone()]][0],
            shown(*amount),
            "{bank} {purpose}"
        );
    }
    let mut nets = BTreeMap::new();
    for (key, row) in &got {
        *nets.entry(key[2].clone()).or_insert(Decimal::ZERO) +=
            row[1].parse::<Decimal>().expect("an amount");
    }
    assert_eq!(nets, whole, "the parts sum to the whole");
    got.len()
}
