//! R23 against the valuation and the raw records. Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Event, IssueReason, event::Stock, time::Date};

use super::{Asked, before, number, sums};
use crate::trade::history::Random;

pub fn turnover(asked: &Asked<'_>, _: &mut Random) -> usize {
    let (from, to, start) = (asked.from.as_str(), asked.to.as_str(), before(&asked.from));
    let window = [("group", "item"), ("from", from), ("to", to)];
    let Some(rows) = asked.rows("turnover", to, &window) else { return 0 };
    let value = |day: &str| {
        let rows = asked.rows("valuation", day, &[("group", "item")]).expect("rates are there");
        sums(&rows, &["item"], "value")
    };
    assert_eq!(sums(&rows, &["item"], "opening"), value(&start), "opening {from}");
    assert_eq!(sums(&rows, &["item"], "closing"), value(to), "closing {to}");
    let costs = asked.rows("valuation", to, &window).expect("rates are there");
    assert_eq!(
        sums(&rows, &["item"], "cost_of_goods"),
        sums(&costs, &["item"], "cost_of_goods"),
        "cost of goods {from} to {to}"
    );
    rows.len() + ages(asked) + idle(asked)
}

fn ages(asked: &Asked<'_>) -> usize {
    let by = ["item", "warehouse"];
    let rows = asked.rows("turnover", &asked.to, &[("view", "age")]).expect("rates are there");
    let valued = asked.rows("valuation", &asked.to, &[]).expect("rates are there");
    assert_eq!(sums(&rows, &by, "value"), sums(&valued, &by, "value"), "value at {}", asked.to);
    assert_eq!(sums(&rows, &by, "qty"), sums(&valued, &by, "qty"), "quantity at {}", asked.to);
    // What is in layers is as old as they are.
    let as_of: Date = asked.to.parse().unwrap();
    let layers = [("view", "layers")];
    let layers = asked.rows("valuation", &asked.to, &layers).expect("rates are there");
    let averaged: Vec<String> = averaged(asked);
    let mut old: BTreeMap<Vec<String>, Decimal> = BTreeMap::new();
    for layer in layers.iter().filter(|layer| !averaged.contains(&layer["item"])) {
        let Ok(received) = layer["received_on"].parse::<Date>() else { continue };
        if as_of.days() - received.days() > 90 {
            let key = by.iter().map(|name| layer[name].clone()).collect();
            *old.entry(key).or_default() += number(&layer["value"]);
        }
    }
    old.retain(|_, value| !value.is_zero());
    let short = |key: &Vec<String>| {
        let owed = |layer: &&super::Row| {
            layer["received_on"].is_empty() && by.iter().zip(key).all(|(n, of)| layer[n] == *of)
        };
        layers.iter().any(|layer| owed(&layer))
    };
    for (key, value) in sums(&rows, &by, "over_90") {
        if !averaged.contains(&key[0]) && !short(&key) {
            assert_eq!(old.get(&key), Some(&value), "over 90 days of {key:?}");
        }
    }
    for row in &rows {
        let names = ["days_0_30", "days_31_60", "days_61_90", "over_90"];
        let whole: Decimal = names.iter().map(|name| number(&row[name])).sum();
        assert_eq!(whole, number(&row["value"]), "{row:?}");
    }
    rows.len()
}

/// The items whose cost is averaged.
fn averaged(asked: &Asked<'_>) -> Vec<String> {
    let mut items = Vec::new();
    for record in &asked.world.records {
        if let Event::Catalogue(sijil_schemas::event::Catalogue::ItemRegistered(e)) = &record.event
            && e.costing == sijil_schemas::Costing::Average
        {
            items.push(e.item.to_string());
        }
    }
    items
}

fn idle(asked: &Asked<'_>) -> usize {
    let view = [("view", "idle"), ("idle_days", "20")];
    let rows = asked.rows("turnover", &asked.to, &view).expect("rates are there");
    let as_of: Date = asked.to.parse().unwrap();
    let zone = asked.world.views.company.zone();
    let mut last: BTreeMap<(String, String), Date> = BTreeMap::new();
    // What was recorded later may have gone earlier.
    let mut goes = |item: String, warehouse: String, day: Date| {
        let known = last.entry((item, warehouse)).or_insert(day);
        *known = (*known).max(day);
    };
    for record in asked.records(&asked.to) {
        let day = record.occurred_at().date(&zone);
        match &record.event {
            Event::Stock(Stock::GoodsIssued(e)) if e.reason != IssueReason::Loss => {
                goes(e.item.to_string(), e.warehouse.to_string(), day);
            }
            Event::Stock(Stock::ProductionCompleted(e)) => {
                for used in &e.consumed {
                    goes(used.item.to_string(), used.warehouse.to_string(), day);
                }
            }
            _ => (),
        }
    }
    let there = asked.rows("stock", &asked.to, &[]).expect("no rate is asked");
    let on_hand = sums(&there, &["item", "warehouse"], "on_hand");
    for row in &rows {
        let key = (row["item"].clone(), row["warehouse"].clone());
        let issued = last.get(&key).map(ToString::to_string).unwrap_or_default();
        assert_eq!(row["last_issue"], issued, "{row:?}");
        let of = on_hand.get(&vec![key.0, key.1]).copied().unwrap_or_default();
        assert_eq!(number(&row["qty"]), of, "{row:?}");
    }
    // And nothing else lay for so long since it was last issued.
    for (key, day) in &last {
        let of = on_hand.get(&vec![key.0.clone(), key.1.clone()]).copied().unwrap_or_default();
        let lies = of > Decimal::ZERO && as_of.days() - day.days() >= 20;
        let listed = rows.iter().any(|r| r["item"] == key.0 && r["warehouse"] == key.1);
        assert_eq!(listed, lies, "{key:?}");
    }
    rows.len()
}
