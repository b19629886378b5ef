//! Stock, its value and the books against naive replays of the records. Invariant: every history is
//! made from a seed, which a failure prints.

mod billed;
mod books;
pub mod generate;
pub mod naive;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sijil_projections::{
    Cut, Fold, Views,
    report::{Arguments, Change, Context, Value as Cell},
};
use sijil_schemas::{Event, Position, Record};

use crate::{restating::all_changes, world::World};
use books::Books;
use generate::{Dice, ITEMS, history};
use naive::{Naive, Place};

const HISTORIES: u64 = 100;
const ATTEMPTS: u64 = 90;

/// The clocks of a question, as parameters and as a cut.
fn question(world: &World, dice: &mut Dice) -> (Vec<(&'static str, String)>, Cut) {
    let mut parameters = Vec::new();
    if dice.below(3) > 0 {
        parameters.push(("as_of", format!("2025-01-{:02}", 1 + dice.below(31))));
    }
    if dice.below(2) == 0 {
        parameters.push(("known_at", (1 + dice.below(world.records.len() as u64)).to_string()));
    }
    let borrowed: Vec<(&str, &str)> = parameters.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let (cut, _) = world.cut(&borrowed);
    (parameters, cut)
}

type Rows = Vec<BTreeMap<&'static str, String>>;

fn rows(
    world: &World,
    report: &str,
    clocks: &[(&'static str, String)],
    more: &[(&str, &str)],
) -> Rows {
    let all: Vec<(&str, &str)> =
        clocks.iter().map(|(k, v)| (*k, v.as_str())).chain(more.iter().copied()).collect();
    World::rows(&world.report(report, &all).unwrap_or_else(|e| panic!("{report}: {e}")))
}

fn number(row: &BTreeMap<&'static str, String>, column: &str) -> Decimal {
    row[column].parse().unwrap_or_else(|_| panic!("{column} is a number: {row:?}"))
}

fn place(row: &BTreeMap<&'static str, String>) -> Place {
    (row["item"].clone(), row["warehouse"].clone())
}

const AMOUNTS: [&str; 9] = [
    "received",
    "produced",
    "transferred",
    "adjusted",
    "cost_of_goods",
    "settled",
    "used",
    "lost",
    "value",
];

/// Every report on goods against the naive replay.
pub fn check_goods(
    world: &World,
    clocks: &[(&'static str, String)],
    cut: &Cut,
    items: &[&str],
) -> Naive {
    let naive = Naive::replay(&world.records, cut);
    let stock = naive.stock();
    let mut on_hand: BTreeMap<Place, (Decimal, Decimal)> = rows(world, "stock", clocks, &[])
        .iter()
        .map(|r| (place(r), (number(r, "on_hand"), number(r, "reserved"))))
        .collect();
    // What is on order, or promised, is at no warehouse yet: nothing is there.
    on_hand.retain(|place, there| !place.1.is_empty() || *there != (Decimal::ZERO, Decimal::ZERO));
    let expected: BTreeMap<Place, (Decimal, Decimal)> =
        stock.iter().map(|(p, (qty, _, held))| (p.clone(), (*qty, *held))).collect();
    assert_eq!(on_hand, expected, "on hand and reserved");
    let valued = rows(world, "valuation", clocks, &[]);
    for row in &valued {
        let sums = naive.sums.get(&place(row)).cloned().unwrap_or_default();
        let (qty, value, _) = stock[&place(row)];
        for name in AMOUNTS {
            assert_eq!(
                number(row, name),
                if name == "value" { value } else { sums.get(name) },
                "{name} of {row:?}"
            );
        }
        assert_eq!(number(row, "qty"), qty, "{row:?}");
        assert!(!qty.is_zero() || value.is_zero(), "no value where nothing is: {row:?}");
        let into = ["opening", "received", "produced", "transferred", "adjusted"]
            .map(|name| number(row, name));
        let out = ["cost_of_goods", "used", "lost", "value"].map(|name| number(row, name));
        assert_eq!(
            into.iter().sum::<Decimal>(),
            out.iter().sum::<Decimal>(),
            "what came in went out or is there: {row:?}"
        );
    }
    assert_eq!(valued.len(), naive.sums.len(), "a row for each place");
    for row in rows(world, "stock", clocks, &[("view", "moves")]) {
        let sums = &naive.sums[&place(&row)];
        let names = [
            ("received", "received_qty"),
            ("returned", "returned"),
            ("sold", "sold"),
            ("used", "used_qty"),
            ("lost", "lost_qty"),
            ("produced", "produced_qty"),
        ];
        for (column, name) in names.into_iter().chain([("adjusted", "adjusted_qty")]) {
            assert_eq!(number(&row, column), sums.get(name), "{column} of {row:?}");
        }
        assert_eq!(
            number(&row, "net"),
            stock[&place(&row)].0,
            "all moves together are on hand: {row:?}"
        );
    }
    check_layers(world, clocks, &stock, items);
    naive
}

/// The layers of each place of these items and the last line of its stock card are its quantity and
/// value.
fn check_layers(
    world: &World,
    clocks: &[(&'static str, String)],
    stock: &BTreeMap<Place, (Decimal, Decimal, Decimal)>,
    items: &[&str],
) {
    let mut layers: BTreeMap<Place, (Decimal, Decimal)> = BTreeMap::new();
    for row in rows(world, "valuation", clocks, &[("view", "layers")]) {
        let sum = layers.entry(place(&row)).or_default();
        *sum = (sum.0 + number(&row, "qty"), sum.1 + number(&row, "value"));
    }
    for item in items {
        let mut last: BTreeMap<Place, (Decimal, Decimal)> = BTreeMap::new();
        for row in rows(world, "stock_card", clocks, &[("item", item)]) {
            last.insert(
                ((*item).to_owned(), row["warehouse"].clone()),
                (number(&row, "on_hand"), number(&row, "stock_value")),
            );
        }
        for (place, (qty, value, _)) in stock.iter().filter(|(place, _)| place.0 == *item) {
            assert_eq!(
                layers.get(place).copied().unwrap_or_default(),
                (*qty, *value),
                "layers of {place:?}"
            );
            assert_eq!(
                last.get(place).copied().unwrap_or_default(),
                (*qty, *value),
                "the card of {place:?}"
            );
        }
    }
}

/// The trial balance against the naive books; every unit sums to zero.
pub fn check_books(world: &World, clocks: &[(&'static str, String)], cut: &Cut) -> Books {
    let books = Books::of(&world.records, cut);
    let (mut found, mut units) = (BTreeMap::new(), BTreeMap::<String, Decimal>::new());
    for row in rows(world, "trial_balance", clocks, &[]) {
        let balance = number(&row, "balance");
        assert_eq!(number(&row, "debit") - number(&row, "credit"), balance);
        *units.entry(row["unit"].clone()).or_default() += balance;
        if !balance.is_zero() {
            found.insert((row["account"].clone(), row["unit"].clone()), balance);
        }
    }
    assert_eq!(found, books.balances, "the trial balance");
    assert!(units.values().all(Decimal::is_zero), "each unit sums to zero: {units:?}");
    books
}

/// Compares one history with the naive replays, told by another ledger.
pub fn compare_all(seed: u64, told: &dyn Fn(&World) -> World) {
    let world = told(&history(seed, ATTEMPTS, false).world);
    let mut dice = Dice(seed ^ 0xFEED);
    for _ in 0..3 {
        let (clocks, cut) = question(&world, &mut dice);
        check_goods(&world, &clocks, &cut, &ITEMS);
        check_books(&world, &clocks, &cut);
    }
}

#[test]
fn goods_and_books_agree_with_naive_replays() {
    let (
        mut refused,
        mut voids,
        mut settled,
        mut produced,
        mut reversed,
        mut backdated,
        mut matched,
    ) = (0, 0, 0, 0, 0, 0, 0);
    for seed in 0..HISTORIES {
        let made = history(seed, ATTEMPTS, false);
        (refused, voids) = (refused + made.refused, voids + made.voids);
        backdated += made
            .world
            .records
            .windows(2)
            .filter(|w| w[1].occurred_at() < w[0].occurred_at())
            .count();
        let mut dice = Dice(seed ^ 0xFEED);
        for _ in 0..3 {
            let (clocks, cut) = question(&made.world, &mut dice);
            let naive =
                std::panic::catch_unwind(|| check_goods(&made.world, &clocks, &cut, &ITEMS))
                    .unwrap_or_else(|_| panic!("SEED={seed} {clocks:?}"));
            let books = std::panic::catch_unwind(|| check_books(&made.world, &clocks, &cut))
                .unwrap_or_else(|_| panic!("SEED={seed} {clocks:?}"));
            (settled, produced) =
                (settled + naive.settled_deficits, produced + naive.produced_with_cost);
            reversed += books.reversed_with_allocations;
            matched += naive.bills.matched;
        }
    }
    let reached = [refused, voids, settled, produced, reversed, backdated, matched];
    assert!(
        reached.iter().zip([1_000, 100, 100, 50, 5, 1_000, 100]).all(|(got, least)| *got >= least),
        "the generator reached too little: {reached:?}"
    );
}

/// Views of the same records in another order, each at the position it then has; voids and what
/// they void are left out.
fn reordered(records: &[Record], dice: &mut Dice) -> Views {
    let gone =
        |r: &Record| r.voids.is_some() || records.iter().any(|v| v.voids == Some(r.position));
    let (mut fixed, mut free): (Vec<Record>, Vec<Record>) =
        records.iter().filter(|r| !gone(r)).cloned().partition(|r| {
            matches!(r.event, Event::Catalogue(_))
                || r.occurred_at().micros() < 1_735_689_600_000_000
        });
    for n in (1..free.len()).rev() {
        free.swap(n, usize::try_from(dice.below(n as u64 + 1)).expect("small"));
    }
    fixed.append(&mut free);
    let mut views = Views::default();
    for (record, position) in fixed.iter_mut().zip(1..) {
        record.position = Position::new(position);
        views.apply(record);
    }
    views
}

#[test]
fn the_recorded_order_changes_no_answer() {
    for seed in 0..40 {
        let made = history(1_000 + seed, ATTEMPTS, true);
        let mut dice = Dice(seed ^ 0xBEEF);
        let straight =
            World { views: reordered(&made.world.records, &mut Dice(0)), ..World::default() };
        let shuffled =
            World { views: reordered(&made.world.records, &mut dice), ..World::default() };
        let as_of = format!("2025-01-{:02}", 10 + dice.below(21));
        for clocks in [vec![], vec![("as_of", as_of)]] {
            for (report, more) in [
                ("stock", ("view", "on_hand")),
                ("stock", ("view", "moves")),
                ("valuation", ("view", "items")),
                ("trial_balance", ("in", "own")),
            ] {
                let (a, b) = (
                    rows(&straight, report, &clocks, &[more]),
                    rows(&shuffled, report, &clocks, &[more]),
                );
                assert_eq!(a, b, "SEED={seed} {report} {more:?} {clocks:?}");
                assert_eq!(
                    a,
                    rows(&made.world, report, &clocks, &[more]),
                    "SEED={seed} {report} {more:?} {clocks:?} as recorded"
                );
            }
        }
    }
}

#[test]
fn running_quantities_equal_those_of_the_facts() {
    let mut checked = 0;
    for seed in 0..60 {
        let made = history(2_000 + seed, ATTEMPTS, seed % 2 == 0);
        let (stock, lens) = (&made.world.views.stock, made.world.views.now());
        let book = &made.world.book;
        let anew = sijil_rules::Book::of(&made.world.views);
        for (item, id) in stock.items() {
            let there = book.stock.item(id).expect("an item of the views");
            for (warehouse, here) in sijil_projections::stock::quantities(stock, item, lens) {
                let of = |shelf: Option<&sijil_rules::Shelf>| {
                    shelf.map_or(Decimal::ZERO, sijil_rules::Shelf::now)
                };
                let place = book.stock.ids().find(stock.warehouse_name(warehouse));
                let place = place.expect("a warehouse of the views");
                let stands = &book.stands;
                let running = (of(stands.shelf(there, place)), of(stands.held(there, place)));
                assert_eq!(running, (here.on_hand, here.reserved), "SEED={seed} {id}");
                let entries = |shelf: Option<&sijil_rules::Shelf>| {
                    shelf.map(|shelf| shelf.entries().collect::<Vec<_>>()).unwrap_or_default()
                };
                for (kept, made) in [
                    (stands.shelf(there, place), anew.stands.shelf(item, warehouse)),
                    (stands.held(there, place), anew.stands.held(item, warehouse)),
                ] {
                    assert_eq!(entries(kept), entries(made), "SEED={seed} {id} made anew");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn what_is_taken_back_never_was() {
    for seed in 0..40 {
        let made = history(3_000 + seed, ATTEMPTS, false);
        let keep = made.world.records.len() - usize::try_from(Dice(seed).below(20)).unwrap();
        let (mut book, mut kept) = (made.world.book.clone(), sijil_rules::Book::default());
        book.truncate(Position::new(keep as u64));
        made.world.records[..keep].iter().for_each(|r| kept.apply(r));
        for (item, id) in kept.stock.items() {
            for warehouse in kept.stands.warehouses_of(item) {
                let of = |shelf: Option<&sijil_rules::Shelf>| {
                    shelf.map(|s| s.entries().collect::<Vec<_>>()).unwrap_or_default()
                };
                assert_eq!(
                    of(book.stands.shelf(item, warehouse)),
                    of(kept.stands.shelf(item, warehouse)),
                    "SEED={seed} {id}"
                );
                assert_eq!(
                    of(book.stands.held(item, warehouse)),
                    of(kept.stands.held(item, warehouse)),
                    "SEED={seed} {id}"
                );
            }
        }
    }
}

/// The rules want a receipt before what is said of its cost; a fold takes any order.
#[test]
fn what_is_said_of_a_receipt_before_it_is_found_by_its_item() {
    let mut world = World::open("UTC", "EUR");
    let mut record = |name: &str, day: u8, data: Value| {
        world.record(name, &format!("2025-01-{day:02}T00:00:00Z"), data).unwrap()
    };
    let item =
        json!({"item": "C", "sku": "C", "unit": "piece", "kind": "goods", "costing": "fifo"});
    record("item.registered", 1, item);
    record("warehouse.registered", 1, json!({"warehouse": "A", "name": "A"}));
    let euros = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    let receipt =
        json!({"receipt": "R", "item": "C", "warehouse": "A", "qty": "10", "value": euros("50")});
    record("goods.received", 3, receipt);
    let adjusted = json!({"receipt": "R", "delta_value": euros("7"), "reason": "late"});
    record("receipt.cost_adjusted", 4, adjusted);
    let issue = json!({"issue": "I", "item": "C", "warehouse": "A", "qty": "5", "reason": "sale"});
    record("goods.issued", 5, issue);
    let mut records = world.records.clone();
    let place = records.iter().position(|r| r.event.home().to_string() == "receipt:R").unwrap();
    let (first, second) = (records[place].position, records[place + 1].position);
    records.swap(place, place + 1);
    (records[place].position, records[place + 1].position) = (first, second);
    let mut views = sijil_projections::Views::default();
    records.iter().for_each(|record| views.apply(record));
    let moves = |views: &sijil_projections::Views| {
        let item = views.stock.item("C").unwrap();
        let moves = views.stock.moves(item).counting(views.now());
        moves.map(|fact| (fact.at, fact.what.what.name())).collect::<Vec<_>>()
    };
    assert_eq!(moves(&views).len(), 3);
    assert_eq!(moves(&views), moves(&world.views));
}

#[test]
fn a_backdated_receipt_is_what_restates_the_cost() {
    let mut world = World::open("UTC", "EUR");
    let mut record = |name: &str, day: u8, data: Value| {
        world.record(name, &format!("2025-01-{day:02}T00:00:00Z"), data).unwrap()
    };
    for item in ["C", "P"] {
        record(
            "item.registered",
            1,
            json!({"item": item, "sku": item, "unit": "piece", "kind": "goods", "costing": "fifo"}),
        );
    }
    record("warehouse.registered", 1, json!({"warehouse": "A", "name": "A"}));
    let receive = |id: &str, qty: &str, amount: &str| {
        json!({
            "receipt": id, "item": "C", "warehouse": "A", "qty": qty,
            "value": {"amount": amount, "currency": "EUR"},
        })
    };
    record("goods.received", 3, receive("R1", "10", "50"));
    let consumed = json!([{"item": "C", "warehouse": "A", "qty": "5"}]);
    record(
        "production.completed",
        4,
        json!({"production": "M", "item": "P", "warehouse": "A", "qty": "1", "consumed": consumed}),
    );
    let known = record(
        "goods.issued",
        5,
        json!({"issue": "I", "item": "P", "warehouse": "A", "qty": "1", "reason": "sale"}),
    );
    record("goods.received", 6, receive("R2", "1", "9"));
    let cause = record("goods.received", 2, receive("R0", "5", "20"));
    let report = sijil_projections::reports::find("valuation").unwrap();
    let arguments = Arguments::parse(report, [("item", "P")]).unwrap();
    let cut = Cut { known_at: world.views.position(), ..Cut::all() };
    let context = Context {
        views: world.views.folds(),
        cut,
        zone: world.views.company.zone(),
        arguments: &arguments,
        explain: false,
    };
    let changes = all_changes(report, &context, known);
    let key =
        |change: &Change| change.key.iter().filter_map(Cell::shown).collect::<Vec<_>>().join(" ");
    let shown: Vec<_> = changes
        .iter()
        .map(|c| (key(c), c.steps.iter().map(|c| c.position).collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        shown,
        [("P A EUR".to_owned(), vec![cause])],
        "the cost of what was made of it, and only because of that receipt"
    );
}

#[test]
fn states_are_read_back_as_they_were_written() {
    let made = history(7, ATTEMPTS, false);
    for (name, again) in [
        (
            "stock",
            sijil_projections::stock::Stock::from_bytes(&made.world.views.stock.to_bytes())
                .map(|s| s.to_bytes()),
        ),
        (
            "accounts",
            sijil_projections::accounts::Accounts::from_bytes(
                &made.world.views.accounts.to_bytes(),
            )
            .map(|s| s.to_bytes()),
        ),
    ] {
        assert_eq!(again, made.world.views.bytes(name), "{name}");
    }
}
