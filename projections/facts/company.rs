//! The company itself: zone, base currency, exchange rates, custom fields, prices and closed
//! periods. Invariant: all of it is configuration with dates of its own.

use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use sijil_schemas::{
    ClosingArea, Event, Position, Record,
    coin::{Coin, is_total},
    event::{Accounting, Catalogue, Clients, Invoices},
    id::kind,
    money::{Amount, Currency, CurrencyDecimals, Rate},
    time::{Date, Timestamp},
};

use crate::{
    cells,
    cells::{Cells, Cursor, Row, Source},
    column::Column,
    config::Config,
    cut::{Dated, Lens, Side},
    family,
    ids::Sym,
    words::{Word, Words},
};

mod settings;

pub use settings::{Closing, CustomField, Settings};

cells! {
    /// A price from a day on.
    pub struct Price {
        /// In which list.
        pub list: Sym<kind::PriceList>,
        /// The first day it holds.
        pub valid_from: Date,
        /// The price of one unit.
        pub price: Amount,
        /// In which currency.
        pub currency: Currency,
    }
}

impl Cells for CurrencyDecimals {
    const CELLS: usize = 1;
    fn put(self, to: &mut Row) {
        to.push(u32::from(u8::from(self)));
    }
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        CurrencyDecimals::try_from(u8::get(from)).expect("decimal places that were admitted")
    }
}

family! {
    /// What is known of the company.
    pub struct Company {
        settings: Config<Settings>,
        rates: Column<kind::Currency, Rate>,
        currencies: Column<kind::Currency, CurrencyDecimals>,
        /// The currencies in which totals were said that ISO 4217 has no place for.
        coins: Words,
        /// Where that was, with the decimal places of the totals: of other currencies, or finer.
        beyond_iso: Column<Word, u32>,
        prices: Column<kind::Item, Price>,
    }
}

impl Company {
    /// Takes the next record, which is a whole document or none.
    pub fn take(&self, record: &Record) {
        record.event.coins(&mut |coin| self.count_beyond_iso(record, coin));
        match &record.event {
            Event::Accounting(Accounting::LedgerOpened(e)) => {
                self.settings.change(|settings| settings.open(record, e));
            }
            Event::Accounting(_) => (),
            Event::Catalogue(e) => self.take_catalogue(record, e),
            Event::Clients(Clients::CustomFieldDefined(e)) => {
                self.settings.change(|settings| settings.define_field(record, e));
            }
            Event::Clients(Clients::CustomFieldRetired(e)) => {
                self.settings.change(|settings| settings.retire_field(record, e));
            }
            Event::Clients(_) => (),
            Event::Invoices(Invoices::PeriodClosed(e)) => {
                let closing = Closing::Closed(e.until);
                self.settings.change(|settings| settings.close(record, e.area, closing));
            }
            Event::Invoices(Invoices::PeriodReopened(e)) => {
                self.settings.change(|settings| settings.close(record, e.area, Closing::Reopened));
            }
            Event::Invoices(_) => (),
            Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Orders(_)
            | Event::Stock(_) => (),
            Event::System(_) => {
                if let Some(target) = record.voids.filter(|of| self.settings.get().is_closing(*of))
                {
                    self.settings.change(|settings| settings.disturb(target, record.position));
                }
            }
            Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_) => (),
        }
    }
    fn take_catalogue(&self, record: &Record, event: &Catalogue) {
        match event {
            Catalogue::ExchangeRateSet(e) => {
                self.rates.push(self.ids.sym(&e.currency), Dated::of(record, e.rate));
            }
            Catalogue::CurrencyDefined(e) => {
                self.currencies.push(self.ids.sym(&e.currency), Dated::of(record, e.decimals));
            }
            Catalogue::PriceSet(e) => {
                let price = Price {
                    list: self.ids.sym(&e.list),
                    valid_from: e.valid_from,
                    price: e.price.amount,
                    currency: e.price.currency,
                };
                self.prices.push(self.ids.sym(&e.item), Dated::of(record, price));
            }
            Catalogue::ItemRegistered(_)
            | Catalogue::StockPolicySet(_)
            | Catalogue::ReplenishmentPolicySet(_)
            | Catalogue::ProductLimitSet(_) => (),
        }
    }
    fn count_beyond_iso(&self, record: &Record, coin: Coin) {
        let Some(currency) = coin
            .currency
            .filter(|_| !matches!(record.event, Event::Catalogue(Catalogue::CurrencyDefined(_))))
        else {
            return;
        };
        let total = coin.amount.filter(|_| is_total(&record.event, coin.place));
        let places = total.map_or(0, |amount| amount.get().normalize().scale());
        if !currency.is_iso() || places > currency.minor_unit() {
            let coin = self.coins.intern(currency.as_str(), record.position);
            self.beyond_iso.push(coin, Dated::of(record, places));
        }
    }

    /// Zone, currency, own fields and closed periods, as they are now.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.get()
    }
    /// The records that say totals of a currency which its definitions, as known, have no place
    /// for, in order of position.
    #[must_use]
    pub fn undefined_uses(
        &self,
        currency: Currency,
        decimals: Option<u32>,
        lens: Lens<'_>,
    ) -> Vec<Position> {
        let uses = self.beyond_iso.of_any(self.coins.find(currency.as_str())).known(lens);
        let uses = uses.filter(|fact| decimals.is_none_or(|decimals| fact.what > decimals));
        let mut all: Vec<Position> = uses.map(|fact| fact.position).collect();
        all.sort_unstable();
        all
    }
    /// The position of `ledger.opened`, if the ledger is open, as known.
    #[must_use]
    pub fn opened_at(&self, lens: Lens<'_>) -> Option<Position> {
        self.settings.get().opened_at(lens)
    }
    /// Whether a custom field of any entity has this key, as known.
    #[must_use]
    pub fn has_field(&self, key: &str, lens: Lens<'_>) -> bool {
        self.settings.get().has_field(key, lens)
    }
    /// The company's id; empty before the ledger is open.
    #[must_use]
    pub fn id(&self) -> String {
        self.settings.get().id().to_owned()
    }
    /// The rules of the company's time zone; UTC before the ledger is open.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.settings.get().zone()
    }
    /// The currency of base totals.
    #[must_use]
    pub fn base(&self) -> Option<Currency> {
        self.settings.get().base()
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
        let rates = self.rates.of_any(self.ids.find(currency.as_str()));
        rates.last(lens.until(at).known_by(known_at)).map(|rate| rate.what.get())
    }
    /// Whether the record at a position sets a rate.
    #[must_use]
    pub fn is_rate(&self, position: Position, side: Side) -> bool {
        self.rates.recorded(position..position.next(), side).next().is_some()
    }
    /// The decimal places of a currency's totals, as known: what the last definition by date says,
    /// else those of ISO 4217; `None` if nobody knows the currency.
    #[must_use]
    pub fn decimals(&self, currency: Currency, lens: Lens<'_>) -> Option<u32> {
        let defined = self.currencies.of_any(self.ids.find(currency.as_str())).newest_known(lens);
        defined
            .map(|fact| u32::from(u8::from(fact.what)))
            .or_else(|| currency.is_iso().then(|| currency.minor_unit()))
    }
    /// Every rate, as far as it counts: (currency, rate), in order of the currencies, then of
    /// replay.
    pub fn rates<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Currency, Dated<Rate>)> + 'a {
        let of = move |sym| {
            // One that is only judged may be taken back, and says nothing.
            let currency = self.ids.name(sym).parse().ok()?;
            Some((self.ids.name(sym), currency, sym))
        };
        let mut all: Vec<_> = self.ids.syms::<kind::Currency>().filter_map(of).collect();
        all.sort_by_key(|(name, ..)| *name);
        let named = move |(_, currency, sym)| {
            self.rates.of(sym).counting(lens).map(move |rate| (currency, rate))
        };
        all.into_iter().flat_map(named)
    }
    /// The prices of an item that are known, in order of replay.
    pub fn prices_of<'a>(
        &'a self,
        item: Sym<kind::Item>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<Price>> + 'a {
        self.prices.of(item).known(lens)
    }
    /// Every price that is known: (list, item, price), in order of the lists and items, then of
    /// position.
    #[must_use]
    pub fn prices(&self, lens: Lens<'_>) -> Vec<(&str, &str, Dated<Price>)> {
        let mut all: Vec<_> = Vec::new();
        for item in self.ids.syms::<kind::Item>() {
            let known = self.prices.of(item).known(lens);
            all.extend(known.map(|p| (self.ids.name(p.what.list), self.ids.name(item), p)));
        }
        all.sort_by_key(|(list, item, price)| (*list, *item, price.position));
        all
    }
    /// The last closed day of an area, itself or with all areas, as known; `None` if nothing is
    /// closed. A reopening undoes the latest closing of its area that still stands.
    #[must_use]
    pub fn closed_until(&self, area: ClosingArea, lens: Lens<'_>) -> Option<Date> {
        self.settings.get().closed_until(area, lens)
    }
    /// How many closings of an area itself stand, as known, and the reopenings that find nothing to
    /// undo.
    #[must_use]
    pub fn closings(&self, area: ClosingArea, lens: Lens<'_>) -> (usize, Vec<Position>) {
        self.settings.get().closings(area, lens)
    }
}
