//! R41 from the raw records. Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Event,
    event::Orders,
    time::{Date, Timestamp},
};

use super::{Asked, number};
use crate::trade::history::Random;

/// A line of an order, naively.
struct Line {
    key: String,
    item: String,
    ordered: Decimal,
    shipped: Decimal,
    returned: Decimal,
    complete: Option<Timestamp>,
}

/// An order, naively.
struct Order {
    placed: Timestamp,
    promised: Option<Date>,
    cancelled: Option<Timestamp>,
    closed: bool,
    lines: Vec<Line>,
}

impl Order {
    fn put(&mut self, at: Timestamp, named: Option<&str>, item: &str, qty: Decimal, sign: i32) {
        let is_it = |line: &Line| named.map_or(line.item == item, |named| line.key == named);
        let last = self.lines.iter().rposition(is_it);
        let mut left = qty;
        for (n, line) in self.lines.iter_mut().enumerate().filter(|(_, line)| is_it(line)) {
            let room = match sign {
                1 => line.ordered - line.shipped,
                _ => line.shipped - line.returned,
            };
            let takes = if Some(n) == last { left } else { left.min(room.max(Decimal::ZERO)) };
            left -= takes;
            *(if sign == 1 { &mut line.shipped } else { &mut line.returned }) += takes;
            if line.shipped >= line.ordered && !takes.is_zero() {
                line.complete.get_or_insert(at);
            }
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn walk(asked: &Asked<'_>) -> BTreeMap<String, Order> {
    let mut orders: BTreeMap<String, Order> = BTreeMap::new();
    let mut of_shipments: BTreeMap<String, String> = BTreeMap::new();
    let records = &asked.world.records;
    // The later parts of a document follow it at once.
    let parts = |position: u64| {
        let next = records.iter().skip(usize::try_from(position).unwrap());
        next.take_while(|r| r.event.event_type().name.ends_with(".lines_added"))
    };
    for record in asked.records(&asked.as_of) {
        let at = record.occurred_at();
        match &record.event {
            Event::Orders(Orders::OrderPlaced(e)) => {
                let mut lines = e.lines.clone();
                for part in parts(record.position.get()) {
                    if let Event::Orders(Orders::OrderLinesAdded(part)) = &part.event {
                        lines.extend(part.lines.clone());
                    }
                }
                let lines = lines.iter().filter_map(|line| {
                    Some(Line {
                        key: line.line.to_string(),
                        item: line.item.as_ref()?.to_string(),
                        ordered: line.qty.get(),
                        shipped: Decimal::ZERO,
                        returned: Decimal::ZERO,
                        complete: None,
                    })
                });
                let order = Order {
                    placed: at,
                    promised: e.promised_on,
                    cancelled: None,
                    closed: false,
                    lines: lines.collect(),
                };
                orders.insert(e.order.to_string(), order);
            }
            Event::Orders(Orders::OrderCancelled(e)) => {
                orders.get_mut(e.order.as_str()).expect("it was placed").cancelled = Some(at);
            }
            Event::Orders(Orders::OrderClosed(e)) => {
                orders.get_mut(e.order.as_str()).expect("it was placed").closed = true;
            }
            Event::Orders(Orders::ShipmentDispatched(e)) => {
                of_shipments.insert(e.shipment.to_string(), e.order.to_string());
                let mut goods = e.lines.clone();
                for part in parts(record.position.get()) {
                    if let Event::Orders(Orders::ShipmentLinesAdded(part)) = &part.event {
                        goods.extend(part.lines.clone());
                    }
                }
                let order = orders.get_mut(e.order.as_str()).expect("it was placed");
                for one in goods {
                    let named = one.line.as_ref().map(|line| line.as_str().to_owned());
                    order.put(at, named.as_deref(), one.item.as_str(), one.qty.get(), 1);
                }
            }
            Event::Orders(Orders::ReturnReceived(e)) => {
                let mut goods = e.lines.clone();
                for part in parts(record.position.get()) {
                    if let Event::Orders(Orders::ReturnLinesAdded(part)) = &part.event {
                        goods.extend(part.lines.clone());
                    }
                }
                let order = &of_shipments[e.shipment.as_str()];
                let order = orders.get_mut(order).expect("it was placed");
                for one in goods {
                    let named = one.line.as_ref().map(|line| line.as_str().to_owned());
                    order.put(at, named.as_deref(), one.item.as_str(), one.qty.get(), -1);
                }
            }
            _ => (),
        }
    }
    orders
}

pub fn orders(asked: &Asked<'_>, _: &mut Random) -> usize {
    let walked = walk(asked);
    let zone = asked.world.views.company.zone();
    let day = |at: Timestamp| at.date(&zone).to_string();
    let rows = asked.rows("orders", &asked.as_of, &[]).expect("no rate is asked");
    let known: usize = walked.values().map(|order| order.lines.len()).sum();
    assert_eq!(rows.len(), known, "as many lines");
    for row in &rows {
        let order = &walked[&row["order"]];
        let line = order.lines.iter().find(|line| line.key == row["line"]).expect("a known line");
        assert_eq!(row["item"], line.item, "{row:?}");
        let open = match order.cancelled {
            Some(_) => Decimal::ZERO,
            None if order.closed => Decimal::ZERO,
            None => (line.ordered - line.shipped + line.returned).max(Decimal::ZERO),
        };
        let figures = [
            ("ordered", line.ordered),
            ("shipped", line.shipped),
            ("returned", line.returned),
            ("open", open),
        ];
        for (name, figure) in figures {
            assert_eq!(number(&row[name]), figure, "{name} of {row:?}");
        }
        let promised = order.promised.map(|day| day.to_string()).unwrap_or_default();
        assert_eq!(row["promised_on"], promised, "{row:?}");
        assert_eq!(row["complete_on"], line.complete.map(day).unwrap_or_default(), "{row:?}");
    }
    rows.len() + otif(asked, &walked)
}

fn otif(asked: &Asked<'_>, walked: &BTreeMap<String, Order>) -> usize {
    let zone = asked.world.views.company.zone();
    let window = [("view", "otif"), ("from", asked.from.as_str()), ("to", asked.to.as_str())];
    let rows = asked.rows("orders", &asked.as_of, &window).expect("no rate is asked");
    let (from, to): (Date, Date) = (asked.from.parse().unwrap(), asked.to.parse().unwrap());
    let as_of: Date = asked.as_of.parse().unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for order in walked.values().filter(|order| !order.lines.is_empty()) {
        let cancelled = order.cancelled.map(|at| at.date(&zone));
        let mut add = |name, n: usize| *counts.entry(name).or_default() += n;
        let Some(promised) = order.promised else {
            let placed = order.placed.date(&zone);
            if cancelled.is_none() && from <= placed && placed <= to {
                add("undated", 1);
            }
            continue;
        };
        let counted = from <= promised && promised <= to && promised <= as_of;
        if !counted || cancelled.is_some_and(|day| day <= promised) {
            continue;
        }
        let lines = order.lines.len();
        let by = |day: Date| {
            let done = |line: &&Line| line.complete.is_some_and(|at| at.date(&zone) <= day);
            order.lines.iter().filter(done).count()
        };
        add("orders", 1);
        add("lines", lines);
        add("lines_on_time", by(promised));
        add("otif", usize::from(by(promised) == lines));
        add("in_full", usize::from(by(as_of) == lines));
    }
    for name in ["orders", "lines", "lines_on_time", "otif", "in_full", "undated"] {
        let told: Decimal = rows.iter().map(|row| number(&row[name])).sum();
        let counted = counts.get(name).copied().unwrap_or_default();
        assert_eq!(told, Decimal::from(counted as u64), "{name}");
    }
    counts.len()
}
