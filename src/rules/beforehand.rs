//! What is found out beforehand: what would take the writer long, asked of the durable company by
//! somebody else. Invariant: where nothing that an answer rests on has come since, it is the answer
//! that the writer would find; where anything may have, it is not used.
//!
//! ```text
//!  Beforehand::asks_for ── short ──────────────────────────────► judged where it is decided
//!        │ long
//!        ▼
//!  Beforehand::of(what is durable at P) ── cannot tell ─────────► judged where it is decided
//!        │ found out, resting on `Grounds`
//!        ▼
//!  Beforehand::bears(each Trace after P) ── all ── Proposal { beforehand } ── admit
//!        │ one does not
//!        └────► found out again, so many times, then judged where it is decided
//! ```

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sijil_projections::{Known, Sym};
use sijil_schemas::{
    Event, Position, Record, StockAdjusted,
    event::{Catalogue, Clients, Deals, Orders, Staff, Stock, System},
    id::{EntityRef, ItemId, Kind, WarehouseId, kind},
    time::Timestamp,
};

use crate::{Book, stock, voids};

/// Lives of fewer records are judged where they are decided; in builds with debug assertions hardly
/// any is, so that tests of short lives go the long way.
const FACTS_LONG: usize = if cfg!(debug_assertions) { 3 } else { 256 };

/// How many goods there are and what they are worth; `None` where that cannot be told.
pub(crate) type Worth = Option<(Decimal, Decimal)>;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// What bars the void of the record at a position.
    Dependants { target: Position, dependants: Vec<Position> },
    /// What an item at a warehouse is worth at the end of a moment.
    Worth { item: ItemId, warehouse: WarehouseId, at: Timestamp, worth: Worth },
}

/// What the writer would have to walk for, found out of what was durable at a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beforehand {
    position: Position,
    found: Found,
    grounds: Grounds,
}

impl Beforehand {
    /// Whether an event is one of which something may be found out beforehand, and is so long that
    /// it is worth it: how long is told by looking at no more than a few facts. `target` is that
    /// of a void.
    #[must_use]
    pub fn asks_for(book: &Book, event: &Event, target: Option<&Record>) -> bool {
        let is_long = |entity: &EntityRef| {
            let life = book.entities.get(entity, book.side());
            life.is_some_and(|life| life.touching_back().nth(FACTS_LONG - 1).is_some())
        };
        match (event, target) {
            (Event::System(System::EventVoided(_)), Some(target)) => {
                walks_what_it_does_not_name(&target.event) || target.touched().iter().any(is_long)
            }
            (Event::Stock(Stock::StockAdjusted(e)), _) => {
                e.value.is_some() && e.delta.get() < Decimal::ZERO && is_long(&e.item.entity())
            }
            _ => false,
        }
    }
    /// Finds it out by what is known; `None` if it cannot be: the target of a void must be durable.
    #[must_use]
    pub fn of(
        known: &Known,
        event: &Event,
        at: Timestamp,
        target: Option<&Record>,
    ) -> Option<Self> {
        let position = known.position();
        let book = |items: &BTreeSet<_>| Book::asked(known.clone(), items);
        let (found, grounds) = match (event, target) {
            (Event::System(System::EventVoided(_)), Some(target))
                if target.position <= position =>
            {
                let dependants = voids::dependants(&book(&items_of(known, target)), target);
                let found = Found::Dependants { target: target.position, dependants };
                (found, Grounds::of_void(target))
            }
            (Event::Stock(Stock::StockAdjusted(e)), _) => {
                let (item, warehouse) = (e.item.clone(), e.warehouse.clone());
                let worth = stock::worth(&book(&BTreeSet::new()), e, at);
                (Found::Worth { item, warehouse, at, worth }, Grounds::of_worth(e))
            }
            _ => return None,
        };
        Some(Beforehand { position, found, grounds })
    }
    /// The position of the last record that was known.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }
    /// Whether a record that came since leaves what was found out as it is.
    #[must_use]
    pub fn bears(&self, since: &Trace) -> bool {
        !since.voids
            && self.grounds.families & since.family == 0
            && !since.touched.iter().any(|entity| self.grounds.entities.contains(entity))
    }
    pub(crate) fn dependants_of(&self, of: Position) -> Option<Vec<Position>> {
        match &self.found {
            Found::Dependants { target, dependants } if *target == of => Some(dependants.clone()),
            Found::Dependants { .. } | Found::Worth { .. } => None,
        }
    }
    pub(crate) fn worth_of(&self, e: &StockAdjusted, of: Timestamp) -> Option<Worth> {
        match &self.found {
            Found::Worth { item, warehouse, at, worth }
                if (item, warehouse, *at) == (&e.item, &e.warehouse, of) =>
            {
                Some(*worth)
            }
            Found::Dependants { .. } | Found::Worth { .. } => None,
        }
    }
}

/// What is left of a record that was decided, for what was found out before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Where it stands.
    pub position: Position,
    family: u32,
    voids: bool,
    touched: Vec<EntityRef>,
}

impl Trace {
    /// The trace of a record; `touched` are the entities it names.
    #[must_use]
    pub fn of(record: &Record, touched: Vec<EntityRef>) -> Trace {
        let (position, family) = (record.position, family(&record.event));
        Trace { position, family, voids: record.voids.is_some(), touched }
    }
}

/// What an answer rests on: no void, no record of these families, and none that names one of these
/// entities may come after it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grounds {
    families: u32,
    entities: BTreeSet<EntityRef>,
}

const CLIENTS: u32 = 1;
const COUNTERPARTIES: u32 = 1 << 1;
const INTERACTIONS: u32 = 1 << 2;
const DEALS: u32 = 1 << 3;
const CATALOGUE: u32 = 1 << 4;
const ORDERS: u32 = 1 << 5;
const INVOICES: u32 = 1 << 6;
const ACCOUNTING: u32 = 1 << 7;
const STOCK: u32 = 1 << 8;
const MARKETING: u32 = 1 << 9;
const CLAIMS: u32 = 1 << 10;
const TASKS: u32 = 1 << 11;
const STAFF: u32 = 1 << 12;
const SURVEYS: u32 = 1 << 13;
const ACCESS: u32 = 1 << 14;
const SYSTEM: u32 = 1 << 15;
const ALL: u32 = (1 << 16) - 1;

/// The family of an event, as one bit.
const fn family(event: &Event) -> u32 {
    match event {
        Event::Clients(_) => CLIENTS,
        Event::Counterparties(_) => COUNTERPARTIES,
        Event::Interactions(_) => INTERACTIONS,
        Event::Deals(_) => DEALS,
        Event::Catalogue(_) => CATALOGUE,
        Event::Orders(_) => ORDERS,
        Event::Invoices(_) => INVOICES,
        Event::Accounting(_) => ACCOUNTING,
        Event::Stock(_) => STOCK,
        Event::Marketing(_) => MARKETING,
        Event::Claims(_) => CLAIMS,
        Event::Tasks(_) => TASKS,
        Event::Staff(_) => STAFF,
        Event::Surveys(_) => SURVEYS,
        Event::Access(_) => ACCESS,
        Event::System(_) => SYSTEM,
    }
}

impl Grounds {
    /// What the void of a record rests on: the families whose facts its rules read, and, since
    /// whatever names what it opened would name nothing, that.
    fn of_void(target: &Record) -> Grounds {
        let families = match &target.event {
            // What a client got, of any family.
            Event::Clients(
                Clients::ClientArchived(_)
                | Clients::ClientRestored(_)
                | Clients::CustomFieldRetired(_),
            ) => ALL,
            Event::Clients(_) | Event::Counterparties(_) => {
                CLIENTS | COUNTERPARTIES | STAFF | MARKETING
            }
            // A gate may rest on anything done for the deal.
            Event::Deals(_) | Event::Interactions(_) | Event::Tasks(_) | Event::Claims(_) => {
                DEALS | INTERACTIONS | TASKS | CLAIMS | STAFF | CLIENTS | MARKETING
            }
            Event::Staff(_) | Event::Marketing(_) => {
                DEALS | INTERACTIONS | TASKS | CLAIMS | STAFF | CLIENTS | MARKETING | SURVEYS
            }
            Event::Surveys(_) => SURVEYS | MARKETING,
            // What is kept for an order comes back with it.
            Event::Orders(_) => ORDERS | INVOICES | STOCK | CATALOGUE,
            Event::Invoices(_) => ORDERS | INVOICES | ACCOUNTING | CATALOGUE,
            // Nothing stands without it.
            Event::Accounting(sijil_schemas::event::Accounting::LedgerOpened(_)) => ALL,
            Event::Accounting(_) => INVOICES | ACCOUNTING | CATALOGUE,
            Event::Catalogue(Catalogue::CurrencyDefined(_)) => ALL,
            Event::Catalogue(_) | Event::Stock(_) => ORDERS | ACCOUNTING | STOCK | CATALOGUE,
            // Neither is voided.
            Event::Access(_) | Event::System(_) => ALL,
        };
        Grounds { families, entities: BTreeSet::from([target.event.home()]) }
    }
    /// What the worth of goods rests on: all that moves goods or says what they cost.
    fn of_worth(e: &StockAdjusted) -> Grounds {
        let families = CATALOGUE | ACCOUNTING | STOCK;
        Grounds { families, entities: BTreeSet::from([e.item.entity()]) }
    }
}

/// Whether the void of an event walks what it does not name: what its configuration rules, what is
/// kept for an order, or the goods of a receipt or reservation.
fn walks_what_it_does_not_name(target: &Event) -> bool {
    match target {
        Event::Deals(Deals::PipelineDefined(_) | Deals::RegulationDefined(_)) => true,
        Event::Orders(Orders::OrderCancelled(_) | Orders::OrderClosed(_)) => true,
        Event::Stock(Stock::ReceiptCostAdjusted(_) | Stock::ReservationReleased(_)) => true,
        Event::Catalogue(Catalogue::StockPolicySet(_) | Catalogue::CurrencyDefined(_)) => true,
        Event::Clients(Clients::ClientRestored(_)) => true,
        Event::Staff(Staff::EmployeeHired(_) | Staff::EmployeeMoved(_) | Staff::KpiDefined(_)) => {
            true
        }
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Catalogue(_)
        | Event::Orders(_)
        | Event::Invoices(_)
        | Event::Accounting(_) => false,
        Event::Stock(_)
        | Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => false,
    }
}

/// The items whose quantities the void of a record is judged by.
fn items_of(known: &Known, target: &Record) -> BTreeSet<Sym<kind::Item>> {
    let (stock, side) = (&known.stock, known.side());
    let of_reservations = |reservations: Vec<Sym<kind::Reservation>>| {
        let openings = reservations
            .into_iter()
            .flat_map(|r| stock.holding(Some(r)).openings(side).map(|opening| opening.what.item));
        openings.collect::<BTreeSet<_>>()
    };
    match &target.event {
        Event::Catalogue(_) => stock.items().into_iter().map(|(item, _)| item).collect(),
        Event::Orders(_) => {
            let order = stock.ids().find_entity(&target.event.home());
            of_reservations(stock.kept_for(order, side))
        }
        Event::Stock(Stock::ReservationReleased(e)) => {
            of_reservations(stock.ids().find(e.reservation.as_str()).into_iter().collect())
        }
        Event::Stock(_) => {
            let named = target.touched();
            let items = named.iter().filter(|entity| entity.kind == Kind::Item);
            items.filter_map(|entity| stock.item(entity.id())).collect()
        }
        _ => BTreeSet::new(),
    }
}
