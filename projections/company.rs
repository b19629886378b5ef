//! The company itself: zone, base currency, exchange rates, custom fields, prices and closed
//! periods. Invariant: all of it is configuration with dates of its own.

use std::{collections::BTreeMap, sync::OnceLock};

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    ClosingArea, CustomFieldDefined, CustomFieldType, Event, Position, Record,
    coin::{Coin, is_total},
    event::{Accounting, Catalogue, Clients, Invoices},
    id::{Key, Kind},
    money::{Amount, Currency, CurrencyDecimals, Rate},
    time::{Date, Timestamp},
};

use crate::{
    cut::{Dated, Facts, Lens},
    few::Few,
    fold::{Fold, Quarantine},
    steps,
};

/// A closing of an area, or the undoing of the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// Closed up to a day.
    Closed(Date),
    /// The latest closing undone.
    Reopened,
}

/// One of the company's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// Whose field it is.
    pub entity: Kind,
    /// Under which key.
    pub key: Key,
    /// What values it takes.
    pub r#type: CustomFieldType,
    /// The list, for type option.
    pub options: Vec<String>,
    /// Whether an entity must have it.
    pub required: bool,
}

/// The closings of one area, in the order they were recorded, each with what stands after it if
/// nothing of them is voided or taken back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Closings {
    all: Few<(Position, Closing)>,
    standing: Few<Standing>,
    /// Whether anything was voided or taken back: then all are asked.
    disturbed: bool,
}

/// What stands of the closings of an area: places count from one, zero is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    /// The latest closing that stands.
    top: u32,
    /// The one that stands below it.
    below: u32,
    count: u32,
    /// The last day that any of them closes.
    until: Option<Date>,
}

impl Closings {
    fn push(&mut self, position: Position, closing: Closing) {
        self.all.push((position, closing));
        let (there, before) =
            (self.standing.unseen(), self.standing.unseen().last().copied().unwrap_or_default());
        let at = |place: u32| {
            (place as usize)
                .checked_sub(1)
                .and_then(|index| there.get(index))
                .copied()
                .unwrap_or_default()
        };
        let after = match closing {
            Closing::Closed(until) => {
                let top = u32::try_from(there.len() + 1).unwrap_or(u32::MAX);
                Standing {
                    top,
                    below: before.top,
                    count: before.count + 1,
                    until: before.until.max(Some(until)),
                }
            }
            // What stands below the latest is what stood when that was made.
            Closing::Reopened => {
                let below = at(before.below);
                Standing {
                    top: before.below,
                    below: below.below,
                    count: before.count.saturating_sub(1),
                    until: below.until,
                }
            }
        };
        self.standing.push(after);
    }
    /// What stands, where the lens knows all of them and nothing disturbs them.
    fn undisturbed(&self, lens: Lens<'_>) -> Option<Standing> {
        let plain = !self.disturbed && lens.watch.is_none() && lens.cut.except.is_none();
        let known =
            plain && self.all.unseen().last().is_none_or(|(last, _)| *last <= lens.cut.known_at);
        known.then(|| self.standing.unseen().last().copied().unwrap_or_default())
    }
    fn holds(&self, position: Position) -> bool {
        self.all.unseen().binary_search_by_key(&position, |(position, _)| *position).is_ok()
    }
}

/// What is known of the company.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Company {
    /// Every opening, the newest last: one that is voided can be followed by another.
    opened: Vec<Opened>,
    rates: BTreeMap<Currency, Facts<Rate>>,
    currencies: BTreeMap<Currency, Facts<CurrencyDecimals>>,
    /// Where totals were said that ISO 4217 has no place for: of other currencies, or finer; with
    /// their decimal places.
    beyond_iso: BTreeMap<Currency, Vec<(Position, u32)>>,
    closings: BTreeMap<u8, Closings>,
    fields: BTreeMap<String, Facts<CustomField>>,
    prices: BTreeMap<String, BTreeMap<String, Few<PriceFact>>>,
    quarantine: Quarantine,
}

/// A price from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFact {
    /// The first day it holds.
    pub valid_from: Date,
    /// Where it was recorded.
    pub position: Position,
    /// The price of one unit.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Opened {
    position: Position,
    company: String,
    zone: String,
    base: Currency,
    /// The rules of the zone, looked up once.
    #[serde(skip)]
    rules: OnceLock<TimeZone>,
}

impl Fold for Company {
    const NAME: &'static str = "company";
    const EDITION: u32 = 4;

    fn apply(&mut self, record: &Record) {
        record.event.coins(&mut |coin| self.count_beyond_iso(record, coin));
        match &record.event {
            Event::Accounting(Accounting::LedgerOpened(e)) => {
                self.opened.push(Opened {
                    position: record.position,
                    company: e.company.to_string(),
                    zone: e.time_zone.to_string(),
                    base: e.base_currency,
                    rules: OnceLock::new(),
                });
            }
            Event::Accounting(_) => (),
            Event::Catalogue(e) => self.apply_catalogue(record, e),
            Event::Clients(Clients::CustomFieldDefined(e)) => self.define_field(record, e),
            Event::Clients(_) => (),
            Event::Invoices(Invoices::PeriodClosed(e)) => self
                .closings
                .entry(e.area as u8)
                .or_default()
                .push(record.position, Closing::Closed(e.until)),
            Event::Invoices(Invoices::PeriodReopened(e)) => self
                .closings
                .entry(e.area as u8)
                .or_default()
                .push(record.position, Closing::Reopened),
            Event::Invoices(_) => (),
            Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Orders(_)
            | Event::Stock(_) => (),
            Event::System(_) => {
                let Some(target) = record.voids else { return };
                self.closings
                    .values_mut()
                    .filter(|closings| closings.holds(target))
                    .for_each(|closings| closings.disturbed = true);
            }
            Event::Marketing(_) | Event::Claims(_) | Event::Tasks(_) | Event::Staff(_) => (),
        }
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Company {
    fn apply_catalogue(&mut self, record: &Record, event: &Catalogue) {
        match event {
            Catalogue::ExchangeRateSet(e) => match e.currency.as_str().parse() {
                Ok(currency) => {
                    self.rates.entry(currency).or_default().insert(Dated::of(record, e.rate));
                }
                Err(_) => {
                    self.quarantine.add(e.currency.entity(), record, "no currency has this id");
                }
            },
            Catalogue::CurrencyDefined(e) => match e.currency.as_str().parse() {
                Ok(currency) => self
                    .currencies
                    .entry(currency)
                    .or_default()
                    .insert(Dated::of(record, e.decimals)),
                Err(_) => {
                    self.quarantine.add(e.currency.entity(), record, "no currency has this id");
                }
            },
            Catalogue::PriceSet(e) => {
                let fact = PriceFact {
                    valid_from: e.valid_from,
                    position: record.position,
                    price: e.price.amount,
                    currency: e.price.currency,
                };
                self.prices
                    .entry(e.list.to_string())
                    .or_default()
                    .entry(e.item.to_string())
                    .or_default()
                    .push(fact);
            }
            Catalogue::ItemRegistered(_)
            | Catalogue::ReplenishmentPolicySet(_)
            | Catalogue::StockPolicySet(_)
            | Catalogue::ProductLimitSet(_) => (),
        }
    }
    fn define_field(&mut self, record: &Record, e: &CustomFieldDefined) {
        let options = e.options.iter().map(ToString::to_string).collect();
        let field = CustomField {
            entity: e.entity.kind(),
            key: e.key.clone(),
            r#type: e.r#type,
            options,
            required: e.required,
        };
        self.fields.entry(e.custom_field.to_string()).or_default().insert(Dated::of(record, field));
    }
    fn count_beyond_iso(&mut self, record: &Record, coin: Coin) {
        let Some(currency) = coin
            .currency
            .filter(|_| !matches!(record.event, Event::Catalogue(Catalogue::CurrencyDefined(_))))
        else {
            return;
        };
        let total = coin.amount.filter(|_| is_total(&record.event, coin.place));
        let places = total.map_or(0, |amount| amount.get().normalize().scale());
        if !currency.is_iso() || places > currency.minor_unit() {
            self.beyond_iso.entry(currency).or_default().push((record.position, places));
        }
    }
    /// The records that say totals of a currency which its definitions, as known, have no place
    /// for.
    #[must_use]
    pub fn undefined_uses(
        &self,
        currency: Currency,
        decimals: Option<u32>,
        lens: Lens<'_>,
    ) -> Vec<Position> {
        let uses = self
            .beyond_iso
            .get(&currency)
            .into_iter()
            .flatten()
            .filter(|(position, _)| lens.known(*position));
        uses.filter(|(_, places)| decimals.is_none_or(|decimals| *places > decimals))
            .map(|(position, _)| *position)
            .collect()
    }
    /// The position of `ledger.opened`, if the ledger is open, as known.
    #[must_use]
    pub fn opened_at(&self, lens: Lens<'_>) -> Option<Position> {
        self.opened.iter().rev().map(|o| o.position).find(|p| lens.known(*p))
    }
    /// Whether a custom field of any entity has this key, as known.
    #[must_use]
    pub fn has_field(&self, key: &str, lens: Lens<'_>) -> bool {
        self.fields
            .values()
            .any(|field| field.counting(lens).any(|fact| fact.what.key.as_str() == key))
    }
    /// Takes every opening from a position on as never recorded.
    pub fn retract(&mut self, from: Position) {
        self.opened.retain(|o| o.position < from);
        let taken_back = |closings: &&mut Closings| {
            closings.all.unseen().last().is_some_and(|(last, _)| *last >= from)
        };
        self.closings
            .values_mut()
            .filter(taken_back)
            .for_each(|closings| closings.disturbed = true);
    }
    /// The company's id; empty before the ledger is open.
    #[must_use]
    pub fn id(&self) -> &str {
        self.opened.last().map_or("", |o| &o.company)
    }
    /// The rules of the company's time zone; UTC before the ledger is open.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.opened.last().map_or(TimeZone::UTC, |o| {
            o.rules.get_or_init(|| TimeZone::get(&o.zone).unwrap_or(TimeZone::UTC)).clone()
        })
    }
    /// The currency of base totals.
    #[must_use]
    pub fn base(&self) -> Option<Currency> {
        self.opened.last().map(|o| o.base)
    }
    /// Base units per one unit of a currency, in force at a moment, as known at a position; 1 for
    /// the base currency itself.
    #[must_use]
    pub fn rate(
        &self,
        currency: Currency,
        at: Timestamp,
        lens: Lens<'_>,
        known_at: Position,
    ) -> Option<Decimal> {
        if self.base() == Some(currency) {
            return Some(Decimal::ONE);
        }
        self.rates.get(&currency)?.last(lens.until(at).known_by(known_at)).map(|r| r.what.get())
    }
    /// The decimal places of a currency's totals, as known: what the last definition by date says,
    /// else those of ISO 4217; `None` if nobody knows the currency.
    #[must_use]
    pub fn decimals(&self, currency: Currency, lens: Lens<'_>) -> Option<u32> {
        let defined = self
            .currencies
            .get(&currency)
            .and_then(|facts| facts.all().iter().rev().find(|fact| lens.known(fact.position)));
        defined
            .map(|fact| u32::from(u8::from(fact.what)))
            .or_else(|| currency.is_iso().then(|| currency.minor_unit()))
    }
    /// Every rate, as far as it counts: (currency, rate), in order of the currencies, then of
    /// replay.
    pub fn rates<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Currency, &'a Dated<Rate>)> {
        self.rates.iter().flat_map(move |(currency, facts)| {
            facts.counting(lens).map(move |rate| (*currency, rate))
        })
    }
    /// Every price that is known: (list, item, price), in order of the lists and items, then of
    /// position.
    pub fn prices<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a PriceFact)> {
        let items = self.prices.iter().flat_map(|(list, items)| {
            items.iter().map(move |(item, facts)| (list.as_str(), item.as_str(), facts))
        });
        items.flat_map(move |(list, item, facts)| {
            facts.iter().filter(move |f| lens.known(f.position)).map(move |f| (list, item, f))
        })
    }
    /// The last closed day of an area, itself or with all areas, as known; `None` if nothing is
    /// closed. A reopening undoes the latest closing of its area that still stands.
    #[must_use]
    pub fn closed_until(&self, area: ClosingArea, lens: Lens<'_>) -> Option<Date> {
        let standing = |area: ClosingArea| {
            let closings = self.closings.get(&(area as u8))?;
            if let Some(standing) = closings.undisturbed(lens) {
                return standing.until;
            }
            let mut stack: Vec<Date> = Vec::new();
            for (_, closing) in closings.all.iter().filter(|(p, _)| lens.known(*p)) {
                match closing {
                    Closing::Closed(until) => stack.push(*until),
                    Closing::Reopened => drop(stack.pop()),
                }
            }
            stack.into_iter().max()
        };
        standing(area).max(standing(ClosingArea::All))
    }
    /// How many closings of an area itself stand, as known, and the reopenings that find nothing to
    /// undo.
    #[must_use]
    pub fn closings(&self, area: ClosingArea, lens: Lens<'_>) -> (usize, Vec<Position>) {
        let (mut standing, mut idle) = (0_usize, Vec::new());
        let Some(closings) = self.closings.get(&(area as u8)) else { return (0, idle) };
        // Nothing idle is ever let in.
        if let Some(standing) = closings.undisturbed(lens) {
            return (standing.count as usize, idle);
        }
        for (position, closing) in closings.all.iter().filter(|(p, _)| lens.known(*p)) {
            match closing {
                Closing::Closed(_) => standing += 1,
                Closing::Reopened if standing == 0 => idle.push(*position),
                Closing::Reopened => standing -= 1,
            }
        }
        (standing, idle)
    }
    /// The price of an item on a day, as known: the latest first day on or before it, then the
    /// latest position.
    #[must_use]
    pub fn price(&self, list: &str, item: &str, on: Date, lens: Lens<'_>) -> Option<&PriceFact> {
        let facts = self.prices.get(list)?.get(item)?;
        facts
            .iter()
            .filter(|f| f.valid_from <= on && lens.known(f.position))
            .max_by_key(|f| (f.valid_from, f.position))
    }
    /// The company's own fields in force, as known, by id.
    pub fn custom_fields<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a CustomField)> {
        steps::each(self.fields.iter())
            .filter_map(move |(id, facts)| facts.last(lens).map(|f| (id.as_str(), &f.what)))
    }
}
