//! Goods, naively: one replay of all records that count, with lists of layers and deficits.
//! Invariant: shares nothing with the folds but the words of the events.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use sijil_projections::Cut;
use sijil_schemas::{
    Event, IssueReason, Record,
    event::{Catalogue, Orders, Stock},
};

use super::billed::{Bills, Rates};

/// The records that count, in replay order.
pub fn counting<'a>(records: &'a [Record], cut: &Cut) -> Vec<&'a Record> {
    let voids: BTreeSet<_> =
        records.iter().filter(|v| v.position <= cut.known_at).filter_map(|v| v.voids).collect();
    let voided = |r: &Record| voids.contains(&r.position);
    let mut all: Vec<&Record> = records
        .iter()
        .filter(|r| r.position <= cut.known_at && r.occurred_at() < cut.before && !voided(r))
        .collect();
    all.sort_by_key(|r| (r.occurred_at(), r.position));
    all
}

pub type Place = (String, String);

#[derive(Debug, Clone)]
struct Layer {
    place: (sijil_schemas::time::Timestamp, u64),
    qty: Decimal,
    value: Decimal,
}

#[derive(Debug, Clone)]
struct Deficit {
    issue: String,
    qty: Decimal,
    value: Decimal,
}

#[derive(Debug, Clone, Default)]
struct Shelf {
    layers: Vec<Layer>,
    deficits: Vec<Deficit>,
}

impl Shelf {
    fn qty(&self) -> Decimal {
        self.layers.iter().map(|l| l.qty).sum::<Decimal>()
            - self.deficits.iter().map(|d| d.qty).sum::<Decimal>()
    }
    fn value(&self) -> Decimal {
        self.layers.iter().map(|l| l.value).sum::<Decimal>()
            - self.deficits.iter().map(|d| d.value).sum::<Decimal>()
    }
}

/// What a place went through: amounts and quantities by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums(pub BTreeMap<&'static str, Decimal>);

impl Sums {
    fn add(&mut self, name: &'static str, amount: Decimal) {
        *self.0.entry(name).or_default() += amount;
    }
    pub fn get(&self, name: &str) -> Decimal {
        self.0.get(name).copied().unwrap_or_default()
    }
}

/// What a replay finds.
#[derive(Debug, Default)]
pub struct Naive {
    shelves: BTreeMap<Place, Shelf>,
    average: BTreeMap<String, bool>,
    /// What bills make of the goods.
    pub bills: Bills,
    last: BTreeMap<String, (String, Decimal, Decimal)>,
    issued: BTreeMap<String, (Decimal, Decimal)>,
    /// What adjustments that count make each receipt cost more: from the start, since all is as if
    /// it had cost that.
    costs: BTreeMap<String, Decimal>,
    held: BTreeMap<String, (Place, Decimal, String)>,
    cancelled: BTreeSet<String>,
    /// The layers that each loss with a value takes first, by the position of the loss: chosen in
    /// the history up to it.
    chosen: BTreeMap<u64, Vec<usize>>,
    pub sums: BTreeMap<Place, Sums>,
    pub settled_deficits: usize,
    pub produced_with_cost: usize,
}

fn share(value: Decimal, qty: Decimal, of: Decimal) -> Decimal {
    if qty == of {
        value
    } else {
        (value * qty / of).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
    }
}

impl Naive {
    pub fn replay(records: &[Record], cut: &Cut) -> Naive {
        let mut chosen = BTreeMap::new();
        let (all, rates) = (counting(records, cut), Rates::of(records, cut));
        for (n, record) in all.iter().enumerate() {
            if let Event::Stock(Stock::StockAdjusted(e)) = &record.event
                && e.value.is_some()
                && e.delta.get().is_sign_negative()
            {
                let before = Naive::through(records, cut, &all[..n], chosen.clone());
                let (value, place) = (
                    e.value.map(|v| rates.base(v, record.occurred_at())),
                    (e.item.to_string(), e.warehouse.to_string()),
                );
                let worth = |l: &Layer| Some(share(l.value, -e.delta.get(), l.qty)) == value;
                let layers = before.shelves.get(&place).map_or(&[][..], |shelf| &shelf.layers);
                let found = layers
                    .iter()
                    .enumerate()
                    .filter(|(_, l)| !before.average[&place.0] && worth(l))
                    .map(|(n, _)| n)
                    .collect();
                chosen.insert(record.position.get(), found);
            }
        }
        Naive::through(records, cut, &all, chosen)
    }
    /// The replay of some of the records that count.
    fn through(
        records: &[Record],
        cut: &Cut,
        counting: &[&Record],
        chosen: BTreeMap<u64, Vec<usize>>,
    ) -> Naive {
        let rates = Rates::of(records, cut);
        let bills = Bills::of(counting, &rates);
        let mut naive = Naive { chosen, costs: bills.costs.clone(), bills, ..Naive::default() };
        for record in records.iter().filter(|r| r.position <= cut.known_at) {
            if let Event::Catalogue(Catalogue::ItemRegistered(e)) = &record.event {
                naive
                    .average
                    .insert(e.item.to_string(), e.costing == sijil_schemas::Costing::Average);
            }
        }
        for record in counting {
            if let Event::Stock(Stock::ReceiptCostAdjusted(e)) = &record.event {
                *naive.costs.entry(e.receipt.to_string()).or_default() +=
                    e.delta_value.amount.get();
            }
        }
        for record in counting {
            match &record.event {
                Event::Stock(event) => naive.take(record, event, &rates),
                Event::Orders(Orders::OrderCancelled(e)) => naive.cancel(e.order.as_str()),
                Event::Orders(Orders::OrderClosed(e)) => naive.cancel(e.order.as_str()),
                _ => (),
            }
        }
        naive
    }
    fn cancel(&mut self, order: &str) {
        let order = format!("order:{order}");
        self.held
            .values_mut()
            .filter(|held| held.2 == order)
            .for_each(|held| held.1 = Decimal::ZERO);
        self.cancelled.insert(order);
    }
    /// Quantity, value and reserved of every place anything ever happened at.
    pub fn stock(&self) -> BTreeMap<Place, (Decimal, Decimal, Decimal)> {
        let mut all: BTreeMap<Place, (Decimal, Decimal, Decimal)> = BTreeMap::new();
        for (place, shelf) in &self.shelves {
            let here = all.entry(place.clone()).or_default();
            (here.0, here.1) = (shelf.qty(), shelf.value());
        }
        for (place, held, _) in self.held.values() {
            all.entry(place.clone()).or_default().2 += held;
        }
        all
    }
    fn note(&mut self, place: &Place, name: &'static str, amount: Decimal) {
        self.sums.entry(place.clone()).or_default().add(name, amount);
    }
    fn put(&mut self, place: &Place, mut layer: Layer) {
        let average = self.average[&place.0];
        loop {
            let shelf = self.shelves.entry(place.clone()).or_default();
            if shelf.deficits.is_empty() || layer.qty.is_zero() {
                break;
            }
            let deficit = shelf.deficits[0].clone();
            let qty = layer.qty.min(deficit.qty);
            let (given, owed) =
                (share(layer.value, qty, layer.qty), share(deficit.value, qty, deficit.qty));
            (layer.qty, layer.value) = (layer.qty - qty, layer.value - given);
            (shelf.deficits[0].qty, shelf.deficits[0].value) =
                (deficit.qty - qty, deficit.value - owed);
            shelf.deficits.retain(|d| !d.qty.is_zero());
            if let Some(out) = self.issued.get_mut(&deficit.issue).filter(|out| !out.0.is_zero()) {
                out.1 += given - owed;
            }
            self.note(place, "settled", given - owed);
            self.note(place, "cost_of_goods", given - owed);
            self.settled_deficits += 1;
        }
        if layer.qty.is_zero() {
            return;
        }
        let shelf = self.shelves.entry(place.clone()).or_default();
        if average && !shelf.layers.is_empty() {
            shelf.layers[0].qty += layer.qty;
            shelf.layers[0].value += layer.value;
        } else {
            shelf.layers.push(layer);
            // A stable sort: of equal places the one that came first stays first.
            shelf.layers.sort_by_key(|l| l.place);
        }
    }
    fn give(&mut self, place: &Place, qty: Decimal, record: &Record, issue: &str) -> Vec<Layer> {
        let last = self.last.get(&place.0).cloned();
        let shelf = self.shelves.entry(place.clone()).or_default();
        let (mut wanted, mut parts) = (qty, Vec::new());
        while !wanted.is_zero() && !shelf.layers.is_empty() {
            let layer = &mut shelf.layers[0];
            let taken = wanted.min(layer.qty);
            let value = share(layer.value, taken, layer.qty);
            parts.push(Layer { qty: taken, value, ..layer.clone() });
            (layer.qty, layer.value) = (layer.qty - taken, layer.value - value);
            wanted -= taken;
            shelf.layers.retain(|l| !l.qty.is_zero());
        }
        if !wanted.is_zero() {
            let value = last.map_or(Decimal::ZERO, |(_, of, value)| {
                (value * wanted / of)
                    .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
            });
            shelf.deficits.push(Deficit { issue: issue.to_owned(), qty: wanted, value });
            parts.push(Layer {
                place: (record.occurred_at(), record.position.get()),
                qty: wanted,
                value,
            });
        }
        parts
    }
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    fn take(&mut self, record: &Record, event: &Stock, rates: &Rates) {
        let fresh = |qty: Decimal, value: Decimal| Layer {
            place: (record.occurred_at(), record.position.get()),
            qty,
            value,
        };
        let worth = |parts: &[Layer]| parts.iter().map(|l| l.value).sum::<Decimal>();
        let at = |item: &sijil_schemas::id::ItemId, warehouse: &sijil_schemas::id::WarehouseId| {
            (item.to_string(), warehouse.to_string())
        };
        match event {
            Stock::GoodsReceived(e) => {
                let (place, qty) = (at(&e.item, &e.warehouse), e.qty.get());
                let more = self.costs.get(e.receipt.as_str()).copied().unwrap_or_default();
                let value = match &e.returns {
                    None => e.value.map_or(Decimal::ZERO, |v| rates.base(v, record.occurred_at())),
                    Some(issue) => {
                        let out = self
                            .issued
                            .get_mut(issue.as_str())
                            .expect("a return follows its issue");
                        let value = share(out.1, qty, out.0);
                        (out.0, out.1) = (out.0 - qty, out.1 - value);
                        value
                    }
                };
                let returned = e.returns.is_some();
                self.note(
                    &place,
                    if returned { "cost_of_goods" } else { "received" },
                    if returned { -value } else { value },
                );
                self.note(&place, if returned { "returned" } else { "received_qty" }, qty);
                self.note(&place, "received", more);
                let value = value + more;
                self.last.insert(place.0.clone(), (e.receipt.to_string(), qty, value));
                self.put(&place, fresh(qty, value));
            }
            Stock::GoodsIssued(e) => {
                let (place, qty) = (at(&e.item, &e.warehouse), e.qty.get());
                let value = worth(&self.give(&place, qty, record, e.issue.as_str()));
                self.issued.insert(e.issue.to_string(), (qty, value));
                if let Some(held) =
                    e.reservation.as_ref().and_then(|r| self.held.get_mut(r.as_str()))
                {
                    held.1 -= qty.min(held.1);
                }
                let (amount, units) = match e.reason {
                    IssueReason::Sale => ("cost_of_goods", "sold"),
                    IssueReason::Production => ("used", "used_qty"),
                    IssueReason::Loss => ("lost", "lost_qty"),
                };
                self.note(&place, amount, value);
                self.note(&place, units, qty);
            }
            Stock::GoodsTransferred(e) => {
                let (from, to) = (at(&e.item, &e.from), at(&e.item, &e.to));
                let parts = self.give(&from, e.qty.get(), record, "");
                self.note(&from, "transferred", -worth(&parts));
                self.note(&to, "transferred", worth(&parts));
                parts.into_iter().for_each(|layer| self.put(&to, layer));
            }
            Stock::StockCounted(e) => {
                let place = at(&e.item, &e.warehouse);
                let delta =
                    e.counted.get() - self.shelves.get(&place).map_or(Decimal::ZERO, Shelf::qty);
                self.correct(&place, delta, None, record);
            }
            Stock::StockAdjusted(e) => {
                let value = e.value.map(|v| rates.base(v, record.occurred_at()));
                self.correct(&at(&e.item, &e.warehouse), e.delta.get(), value, record);
            }
            // What it changes is in the cost of its receipt.
            Stock::ReceiptCostAdjusted(_) => (),
            Stock::ProductionCompleted(e) => self.produce(record, e),
            Stock::StockReserved(e) => {
                let whom = e.r#ref.to_string();
                let qty = if self.cancelled.contains(&whom) { Decimal::ZERO } else { e.qty.get() };
                self.held.insert(e.reservation.to_string(), (at(&e.item, &e.warehouse), qty, whom));
            }
            Stock::ReservationReleased(e) => {
                let held = self
                    .held
                    .get_mut(e.reservation.as_str())
                    .expect("a release follows its reservation");
                held.1 -= e.qty.map_or(held.1, |qty| qty.get().min(held.1));
            }
            Stock::WarehouseRegistered(_)
            | Stock::PurchaseOrderPlaced(_)
            | Stock::PurchaseOrderLinesAdded(_)
            | Stock::PurchaseOrderClosed(_) => (),
        }
    }
    fn produce(&mut self, record: &Record, e: &sijil_schemas::ProductionCompleted) {
        let mut value = Decimal::ZERO;
        for part in &e.consumed {
            let place = (part.item.to_string(), part.warehouse.to_string());
            let cost = self.give(&place, part.qty.get(), record, "").iter().map(|l| l.value).sum();
            self.note(&place, "used", cost);
            self.note(&place, "used_qty", part.qty.get());
            value += cost;
        }
        let (place, qty) = ((e.item.to_string(), e.warehouse.to_string()), e.qty.get());
        self.produced_with_cost += usize::from(!value.is_zero());
        self.note(&place, "produced", value);
        self.note(&place, "produced_qty", qty);
        self.last.insert(place.0.clone(), (String::new(), qty, value));
        self.put(
            &place,
            Layer { place: (record.occurred_at(), record.position.get()), qty, value },
        );
    }
    fn correct(&mut self, place: &Place, delta: Decimal, value: Option<Decimal>, record: &Record) {
        self.note(place, "adjusted_qty", delta);
        if delta.is_sign_negative() && !delta.is_zero() {
            let there: Decimal =
                self.shelves.entry(place.clone()).or_default().layers.iter().map(|l| l.qty).sum();
            if let Some(value) = value.filter(|_| -delta < there) {
                return self.lose(place, -delta, value, record.position.get());
            }
            let value: Decimal = self.give(place, -delta, record, "").iter().map(|l| l.value).sum();
            return self.note(place, "adjusted", -value);
        }
        let shelf = self.shelves.entry(place.clone()).or_default();
        let (qty, worth) = shelf
            .layers
            .iter()
            .fold((Decimal::ZERO, Decimal::ZERO), |(q, v), l| (q + l.qty, v + l.value));
        let guess = match (qty.is_zero(), self.last.get(&place.0)) {
            (false, _) => share(worth, delta, qty),
            (true, Some((_, of, value))) => (value * delta / of)
                .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero),
            (true, None) => Decimal::ZERO,
        };
        let value = value.unwrap_or(guess);
        self.note(place, "adjusted", value);
        self.put(
            place,
            Layer { place: (record.occurred_at(), record.position.get()), qty: delta, value },
        );
    }
    /// So many units that are worth just so much: of the layers chosen, then of the oldest, the
    /// rest of the value out of those that are left.
    fn lose(&mut self, place: &Place, qty: Decimal, value: Decimal, position: u64) {
        let chosen = self.chosen.get(&position).cloned().unwrap_or_default();
        let layers = &mut self.shelves.get_mut(place).expect("goods are there").layers;
        let whole: Decimal = layers.iter().map(|l| l.value).sum();
        let order: Vec<usize> = chosen
            .iter()
            .copied()
            .chain((0..layers.len()).filter(|n| !chosen.contains(n)))
            .collect();
        let (mut wanted, mut drawn) = (qty, Decimal::ZERO);
        for n in order {
            if wanted.is_zero() {
                break;
            }
            drawn += layers[n].value;
            let taken = wanted.min(layers[n].qty);
            let worth = share(layers[n].value, taken, layers[n].qty);
            (layers[n].qty, layers[n].value) = (layers[n].qty - taken, layers[n].value - worth);
            wanted -= taken;
        }
        layers.retain(|l| !l.qty.is_zero());
        let lost = value.min(if chosen.is_empty() { whole } else { drawn });
        let left: Decimal = layers.iter().map(|l| l.value).sum();
        let by_value = !left.is_zero();
        let weights: Vec<Decimal> =
            layers.iter().map(|l| if by_value { l.value } else { l.qty }).collect();
        for (layer, part) in layers.iter_mut().zip(dealt(whole - lost - left, &weights)) {
            layer.value += part;
        }
        self.note(place, "adjusted", -lost);
    }
}

/// Cents dealt out one by one to the largest fractions, the earliest first.
pub fn dealt(whole: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let total: Decimal = weights.iter().sum();
    let exact: Vec<Decimal> = weights.iter().map(|w| whole.abs() * w / total).collect();
    let mut parts: Vec<Decimal> =
        exact.iter().map(|e| e.round_dp_with_strategy(2, RoundingStrategy::ToZero)).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| (exact[*b] - parts[*b]).cmp(&(exact[*a] - parts[*a])).then(a.cmp(b)));
    let mut over = whole.abs() - parts.iter().sum::<Decimal>();
    for n in order {
        if over > Decimal::ZERO {
            parts[n] += Decimal::new(1, 2);
            over -= Decimal::new(1, 2);
        }
    }
    parts.into_iter().map(|part| if whole.is_sign_negative() { -part } else { part }).collect()
}
