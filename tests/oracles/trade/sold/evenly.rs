//! Oracle of R14. Invariant: see the parent.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{
    Event,
    event::Clients,
    time::{Date, Timestamp},
};

use super::{
    super::{
        Rows, ask,
        naive::{Asked, Whose, known},
        rows,
    },
    Sale, first_day, month_of, parts,
};
use crate::world::World;

/// The clients there were, without those merged into others.
fn clients(world: &World, asked: &Asked) -> Vec<String> {
    let (whose, before) = (Whose::new(world, asked), asked.before(world));
    let registered = known(world, asked)
        .into_iter()
        .filter(|r| r.occurred_at() < before)
        .filter_map(|r| match &r.event {
            Event::Clients(Clients::ClientRegistered(e)) => Some(e.client.to_string()),
            _ => None,
        });
    registered
        .filter(|client| {
            whose.of(Timestamp::MIN, Some(client), None, None).as_ref() == Some(client)
        })
        .collect()
}

pub(super) fn compare_xyz(world: &World, asked: &Asked, sales: &[Sale], month: i64) -> usize {
    let as_of: Date = asked.as_of.as_ref().expect("a day").parse().expect("a day");
    let mut of_clients: BTreeMap<&str, Vec<&Sale>> = BTreeMap::new();
    for sale in sales {
        if let Some(client) = &sale.client {
            of_clients.entry(client).or_default().push(sale);
        }
    }
    let mut expected = Rows::new();
    for client in clients(world, asked) {
        let own = of_clients.remove(client.as_str()).unwrap_or_default();
        let days: Vec<Date> = own.iter().filter(|s| s.purchase).map(|s| s.day).collect();
        let group = match (days.len(), days.iter().max()) {
            (0, _) | (_, None) => "potential",
            (1, _) => "one_time",
            (_, Some(last)) if as_of.days() - last.days() > 60 => "lost",
            _ => "regular",
        };
        if group != "regular" {
            expected.insert(
                vec![client, String::new()],
                vec![group.into(), String::new(), String::new()],
            );
            continue;
        }
        let first = days.iter().min().map_or(month, |day| month_of(*day));
        let currencies: BTreeSet<&String> = own.iter().map(|s| &s.currency).collect();
        for currency in currencies {
            let of = |m: i64| {
                own.iter()
                    .filter(|s| s.currency == *currency && month_of(s.day) == m)
                    .flat_map(|s| s.parts.iter().map(|p| parts(p.1, 6)))
                    .sum::<i128>()
            };
            let series: Vec<i128> = (month..month + 6).filter(|m| *m >= first).map(of).collect();
            let (n, sum, squares) = (
                series.len() as i128,
                series.iter().sum::<i128>(),
                series.iter().map(|x| x * x).sum::<i128>(),
            );
            let within = |t: i128| 10_000 * (n * squares - sum * sum) <= t * t * sum * sum;
            let class = if n < 3 {
                "insufficient"
            } else if sum <= 0 {
                "Z"
            } else if within(40) {
                "X"
            } else if within(90) {
                "Y"
            } else {
                "Z"
            };
            expected.insert(
                vec![client.clone(), currency.clone()],
                vec![group.into(), class.into(), n.to_string()],
            );
        }
    }
    let (from, to) = (first_day(month).to_string(), first_day(month + 6).plus_days(-1).to_string());
    let table = ask(
        world,
        "xyz",
        asked,
        &[("from", &from), ("to", &to), ("lost_after", "60"), ("x", "40"), ("y", "90")],
    );
    assert_eq!(
        rows(&table, &["object", "currency"], &["group", "class", "months"]),
        expected,
        "xyz as_of {as_of}"
    );
    expected.len()
}
