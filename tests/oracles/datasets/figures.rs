//! What sellers reached of their targets and which sources brought orders, order by order.
//! Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    AttributionQuestion, Event, OrderPlaced, Record, TargetScope,
    event::{Deals, Interactions, Orders, Staff},
    id::Kind,
    time::Date,
};

use crate::{
    trade::{
        self,
        naive::{Asked, known, shown},
    },
    world::World,
};

/// The orders that count, by day.
fn orders<'a>(world: &World, records: &[&'a Record]) -> Vec<(Date, &'a OrderPlaced)> {
    let zone = world.views.company.zone();
    let placed = records.iter().filter_map(|r| match &r.event {
        Event::Orders(Orders::OrderPlaced(e)) => Some((r.occurred_at().date(&zone), e)),
        _ => None,
    });
    placed.collect()
}

fn net(order: &OrderPlaced) -> Decimal {
    order.lines.iter().map(|l| l.net.get()).sum()
}

/// Targets of won amounts: what each employee's deals brought in the period. No deal of these books
/// changes its owner or is opened again.
pub fn targets(world: &World, asked: &Asked) -> usize {
    let (known, before, zone) =
        (known(world, asked), asked.before(world), world.views.company.zone());
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    let mut by_owner: BTreeMap<&str, Vec<(Date, Decimal)>> = BTreeMap::new();
    for record in known.iter().filter(|r| r.occurred_at() < before) {
        match &record.event {
            Event::Deals(Deals::DealOpened(e)) => {
                owners.insert(e.deal.as_str(), e.owner.as_str());
            }
            Event::Deals(Deals::DealWon(e)) => {
                let won = (record.occurred_at().date(&zone), e.amount.unwrap().amount.get());
                by_owner.entry(owners[e.deal.as_str()]).or_default().push(won);
            }
            _ => (),
        }
    }
    let mut expected: BTreeMap<Vec<String>, (Decimal, Decimal)> = BTreeMap::new();
    for record in known {
        let Event::Staff(Staff::TargetSet(e)) = &record.event else { continue };
        let TargetScope::Employee(employee) = &e.scope else { continue };
        assert_eq!(e.metric.as_str(), "won_amount", "the recount knows this metric");
        let won = by_owner
            .get(employee.as_str())
            .into_iter()
            .flatten()
            .filter(|(day, _)| (e.period.first..=e.period.last).contains(day));
        expected.insert(
            vec![employee.to_string(), e.period.first.to_string()],
            (e.value.get(), won.map(|(_, amount)| *amount).sum()),
        );
    }
    let table = trade::ask(world, "kpi", asked, &[]);
    let number =
        |text: &String| if text.is_empty() { Decimal::ZERO } else { text.parse().unwrap() };
    let got: BTreeMap<_, _> = trade::rows(&table, &["id", "from"], &["target", "actual"])
        .into_iter()
        .map(|(key, row)| (key, (number(&row[0]), number(&row[1]))))
        .collect();
    assert_eq!(got, expected, "targets as_of {:?} known_at {}", asked.as_of, asked.known_at);
    expected.len()
}

/// Each order is its buyer's last word's.
pub fn sources(world: &World, asked: &Asked, from: &str, to: &str) -> usize {
    let before = asked.before(world);
    let counting: Vec<&Record> =
        known(world, asked).into_iter().filter(|r| r.occurred_at() < before).collect();
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    for record in &counting {
        if let Event::Interactions(Interactions::AttributionStated(e)) = &record.event
            && e.subject.kind == Kind::Order
            && e.question == AttributionQuestion::Prompted
        {
            said.insert(e.subject.id(), e.source.as_str());
        }
    }
    let within = from.parse::<Date>().unwrap()..=to.parse::<Date>().unwrap();
    let mut sums: BTreeMap<&str, (usize, Decimal)> = BTreeMap::new();
    for (_, order) in orders(world, &counting).into_iter().filter(|(day, _)| within.contains(day)) {
        let sum = sums
            .entry(said.get(order.order.as_str()).copied().unwrap_or("unattributed"))
            .or_default();
        *sum = (sum.0 + 1, sum.1 + net(order));
    }
    let expected: trade::Rows = sums
        .into_iter()
        .map(|(source, (n, credit))| (vec![source.to_owned()], vec![n.to_string(), shown(credit)]))
        .collect();
    let table = trade::ask(
        world,
        "attribution",
        asked,
        &[("of", "orders"), ("model", "prompted"), ("from", from), ("to", to)],
    );
    let mut got = trade::rows(&table, &["source"], &["count", "credit"]);
    got.retain(|_, row| row[0] != "0");
    assert_eq!(
        got, expected,
        "sources from {from} to {to}, as_of {:?} known_at {}",
        asked.as_of, asked.known_at
    );
    expected.len()
}
