//! The shelves: what lies where, and how it is counted, moved and made. Invariant: on hand, held
//! and on order are what the ledger would say of this moment.

use super::{
    company::{Company, Step},
    draft::{Data, Id},
    opening::{BOOKS, STOREKEEPER},
    purchases::Purchase,
    random::{Random, mixed},
};

/// Where goods lie: a central warehouse, another, and two shops.
pub(crate) const WAREHOUSES: [(&str, &str); 4] = [
    ("central", "Central warehouse"),
    ("north", "Warehouse North"),
    ("shop-1", "Shop 1"),
    ("shop-2", "Shop 2"),
];
/// Sets that are made from articles.
const KITS: u32 = 2;

/// The id of an item by its number.
pub(crate) fn item_id(item: u32) -> Id {
    Id("item", u64::from(item) + 1)
}

/// What is known of an item at a warehouse.
#[derive(Debug, Clone, Copy, Default)]
struct Shelf {
    on_hand: i64,
    held: i64,
    on_order: i64,
    /// When it was last counted.
    counted: i64,
}

/// All shelves.
#[derive(Debug)]
pub(crate) struct Shelves {
    seed: u64,
    items: u32,
    shelves: Vec<Shelf>,
    low: std::collections::BTreeSet<(u32, usize)>,
    /// List prices in hundredths of those of the beginning.
    pub(crate) level: i64,
}

/// Something that happens in a warehouse.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goods {
    Count,
    Adjust,
    Transfer,
    Produce,
    Reorder,
}

impl Shelves {
    pub(crate) fn new(seed: u64, events: u64) -> Shelves {
        let items = u32::try_from(events / 500).unwrap_or(20_000).clamp(30, 20_000);
        Shelves {
            seed,
            items,
            shelves: vec![Shelf::default(); items as usize * WAREHOUSES.len()],
            low: std::collections::BTreeSet::new(),
            level: 100,
        }
    }
    pub(crate) const fn items(&self) -> u32 {
        self.items
    }
    pub(crate) const fn suppliers(&self) -> u64 {
        4 + self.items as u64 / 20
    }
    pub(crate) const fn is_kit(&self, item: u32) -> bool {
        item < KITS
    }
    /// What a piece costs, in cents of the supplier's currency.
    pub(crate) fn cost(&self, item: u32) -> i64 {
        let cost = 300 + i64::try_from(mixed(self.seed ^ u64::from(item)) % 9_000).unwrap_or(0);
        if self.is_kit(item) { cost + 12_000 } else { cost }
    }
    /// The list price now, in cents.
    pub(crate) fn price(&self, item: u32) -> i64 {
        let margin = 135 + i64::from(item % 7) * 10;
        self.cost(item) * margin / 100 * self.level / 100
    }
    pub(crate) fn supplier(&self, item: u32) -> u64 {
        1 + u64::from(item) % self.suppliers()
    }
    /// An item that is kept at a warehouse; the first are wanted most.
    pub(crate) fn wanted(&self, warehouse: usize, random: &mut Random) -> u32 {
        let count = u64::from(self.items);
        let item = random.below(count).min(random.below(count));
        let item = u32::try_from(item).unwrap_or(0);
        // The central warehouse has all items, each of the others every third.
        match u32::try_from(warehouse).unwrap_or(0).checked_sub(1) {
            None => item,
            Some(place) => (item - item % 3 + place).min((self.items - 1) / 3 * 3 - 3 + place),
        }
    }
    fn shelf(&mut self, item: u32, warehouse: usize) -> &mut Shelf {
        &mut self.shelves[item as usize * WAREHOUSES.len() + warehouse]
    }
    pub(crate) fn available(&mut self, item: u32, warehouse: usize) -> i64 {
        let shelf = self.shelf(item, warehouse);
        shelf.on_hand - shelf.held
    }
    pub(crate) fn hold(&mut self, item: u32, warehouse: usize, qty: i64) {
        self.shelf(item, warehouse).held += qty;
        self.look(item, warehouse);
    }
    pub(crate) fn take(&mut self, item: u32, warehouse: usize, qty: i64) {
        self.shelf(item, warehouse).on_hand -= qty;
    }
    pub(crate) fn put(&mut self, item: u32, warehouse: usize, qty: i64) {
        self.shelf(item, warehouse).on_hand += qty;
    }
    pub(crate) fn order(&mut self, item: u32, warehouse: usize, qty: i64) {
        self.shelf(item, warehouse).on_order += qty;
        self.low.remove(&(item, warehouse));
    }
    /// What was ordered does not come.
    pub(crate) fn no_more(&mut self, item: u32, warehouse: usize, qty: i64) {
        self.shelf(item, warehouse).on_order -= qty;
        self.look(item, warehouse);
    }
    /// What was ordered has come, on a day at or before now; later counts must have seen it.
    pub(crate) fn came(&mut self, item: u32, warehouse: usize, qty: i64) {
        let shelf = self.shelf(item, warehouse);
        shelf.on_order -= qty;
        shelf.on_hand += qty;
    }
    pub(crate) fn counted(&mut self, item: u32, warehouse: usize) -> i64 {
        self.shelf(item, warehouse).counted
    }
    /// Somebody wanted more than there is.
    pub(crate) fn miss(&mut self, item: u32, warehouse: usize) {
        self.look(item, warehouse);
    }
    fn look(&mut self, item: u32, warehouse: usize) {
        let shelf = *self.shelf(item, warehouse);
        if shelf.on_hand - shelf.held + shelf.on_order < LOW && !self.is_kit(item) {
            self.low.insert((item, warehouse));
        }
    }
}

/// Below how many pieces an item is ordered.
const LOW: i64 = 12;
/// How many pieces are ordered at once.
const LOT: i64 = 40;

impl Company {
    /// What lies on the shelves when the company begins.
    pub(crate) fn first_stock(&mut self, item: u32) {
        let second = 1 + item as usize % 3;
        for warehouse in [0, second] {
            let qty = self.random.between(15, 60);
            let data = Data::new()
                .text("receipt", self.numbers.next("Q"))
                .text("item", item_id(item))
                .text("warehouse", WAREHOUSES[warehouse].0);
            let data = data.text("qty", qty).money("value", self.shelves.cost(item) * qty, "EUR");
            self.tell("goods.received", STOREKEEPER, data);
            self.shelves.put(item, warehouse, qty);
        }
    }

    pub(crate) fn goods(&mut self, goods: Goods) {
        let warehouse = usize::try_from(self.random.below(4)).unwrap_or(0);
        let item = self.shelves.wanted(warehouse, &mut self.random);
        let available = self.shelves.available(item, warehouse);
        match goods {
            Goods::Count => self.count(item, warehouse, available),
            Goods::Adjust => self.adjust(item, warehouse, available),
            Goods::Transfer => self.transfer(item),
            Goods::Produce => self.produce(),
            Goods::Reorder => self.reorder(),
        }
    }

    fn count(&mut self, item: u32, warehouse: usize, available: i64) {
        let missing = if self.random.chance(200) { 1.min(available) } else { 0 };
        self.shelves.take(item, warehouse, missing);
        let at = self.at;
        let shelf = self.shelves.shelf(item, warehouse);
        shelf.counted = at;
        let on_hand = shelf.on_hand;
        let data = Data::new()
            .text("count", self.numbers.next("U"))
            .text("item", item_id(item))
            .text("warehouse", WAREHOUSES[warehouse].0);
        self.tell("stock.counted", STOREKEEPER, data.text("counted", on_hand));
    }

    fn adjust(&mut self, item: u32, warehouse: usize, available: i64) {
        let place =
            Data::new().text("item", item_id(item)).text("warehouse", WAREHOUSES[warehouse].0);
        if available > 1 && self.random.chance(400) {
            self.shelves.take(item, warehouse, 1);
            let data =
                place.text("issue", self.numbers.next("G")).text("qty", 1).text("reason", "loss");
            self.tell("goods.issued", STOREKEEPER, data);
            return;
        }
        let delta = if available > 0 && self.random.chance(700) { -1 } else { 1 };
        self.shelves.put(item, warehouse, delta);
        let data = place.text("adjustment", self.numbers.next("J")).text("delta", delta);
        self.tell(
            "stock.adjusted",
            STOREKEEPER,
            data.text("reason", if delta < 0 { "Broken" } else { "Found" }),
        );
    }

    /// From the central warehouse to the place that keeps the item as well.
    fn transfer(&mut self, item: u32) {
        let available = self.shelves.available(item, 0);
        if available < 4 {
            return;
        }
        let (qty, to) = (self.random.between(1, available / 2), 1 + item as usize % 3);
        self.shelves.take(item, 0, qty);
        self.shelves.put(item, to, qty);
        let data = Data::new()
            .text("goods_transfer", self.numbers.next("F"))
            .text("item", item_id(item))
            .text("from", WAREHOUSES[0].0);
        self.tell(
            "goods.transferred",
            STOREKEEPER,
            data.text("to", WAREHOUSES[to].0).text("qty", qty),
        );
    }

    /// Sets are made in the central warehouse from two articles.
    fn produce(&mut self) {
        let kit = u32::try_from(self.random.below(u64::from(KITS))).unwrap_or(0);
        let parts = [KITS + kit * 2, KITS + kit * 2 + 1];
        let most =
            parts.iter().map(|part| self.shelves.available(*part, 0)).min().unwrap_or(0).min(8);
        if most < 1 {
            return;
        }
        let qty = self.random.between(1, most);
        for part in parts {
            self.shelves.take(part, 0, qty);
            self.shelves.look(part, 0);
        }
        self.shelves.put(kit, 0, qty);
        let used = parts.map(|part| {
            Data::new()
                .text("item", item_id(part))
                .text("warehouse", WAREHOUSES[0].0)
                .text("qty", qty)
        });
        let data = Data::new()
            .text("production", self.numbers.next("W"))
            .text("item", item_id(kit))
            .text("warehouse", WAREHOUSES[0].0)
            .text("qty", qty);
        self.tell("production.completed", STOREKEEPER, data.list("consumed", used));
    }

    /// Orders what has become scarce, from one supplier for one place at a time.
    fn reorder(&mut self) {
        while let Some(&(first, warehouse)) = self.shelves.low.iter().next() {
            let supplier = self.shelves.supplier(first);
            let scarce = self.shelves.low.iter().filter(|(item, place)| {
                *place == warehouse && self.shelves.supplier(*item) == supplier
            });
            let items: Vec<u32> = scarce.map(|(item, _)| *item).take(6).collect();
            let lines = items.into_iter().map(|item| (item, LOT)).collect();
            self.place_purchase(supplier, warehouse, lines);
        }
    }

    /// What was paid for goods turned out to be more, or there was a discount.
    pub(crate) fn cost_turned_out(&mut self, receipt: Id, value: i64, currency: &str) {
        let delta = if self.random.chance(700) { value / 20 + 1 } else { -(value / 50) };
        if delta != 0 {
            let data = Data::new().text("receipt", receipt).money("delta_value", delta, currency);
            self.tell(
                "receipt.cost_adjusted",
                BOOKS,
                data.text("reason", if delta > 0 { "Freight" } else { "Discount" }),
            );
        }
    }

    /// Plans what is still to come of a purchase.
    pub(crate) fn plan_purchase(&mut self, least: i64, most: i64, purchase: Purchase) {
        self.plan(least, most, Step::Purchase(Box::new(purchase)));
    }
}
