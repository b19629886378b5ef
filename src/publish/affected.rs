//! Whose rows a record changes. Invariant: a row that a record changes has its owner named here;
//! more may be named than change.

use std::collections::{BTreeMap, BTreeSet};

use sijil_projections::{Known, Side, Sym, clients::resting_on, stock::valuation::Valuation};
use sijil_schemas::{
    Event, Record,
    event::{Accounting, Birth, Catalogue, Clients, Counterparties, Deals},
    id::{EntityRef, Kind, kind},
};

/// The owners whose rows are to be made anew.
#[derive(Debug, Default)]
pub(crate) struct Affected {
    owners: BTreeMap<Kind, BTreeSet<String>>,
    /// Whether every row of every table is.
    pub(crate) all: bool,
    /// Whether any of them showed what was erased.
    pub(crate) forgets: bool,
}

impl Affected {
    /// The owners of a kind.
    pub(crate) fn of(&self, kind: Kind) -> Option<&BTreeSet<String>> {
        self.owners.get(&kind)
    }
    /// Whether anything of one of these kinds is named.
    pub(crate) fn any(&self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.owners.contains_key(kind))
    }
    fn add(&mut self, entity: &EntityRef) {
        self.owners.entry(entity.kind).or_default().insert(entity.id().to_owned());
    }

    /// Takes note of a record, or of one that was voided; the views have taken it.
    pub(crate) fn note(&mut self, views: &Known, record: &Record) {
        let touched = record.touched();
        for entity in &touched {
            self.add(entity);
            self.settlement(views, entity);
            self.goods(views, entity);
        }
        // What opens or revises a document says whose it is, and so whose all is that rests on it.
        if record.event.event_type().birth != Birth::Continues {
            self.resting(views, &record.event.home());
        }
        self.by_event(views, &record.event);
    }

    /// Payments end what they settled; orders stand as their shipments do.
    fn settlement(&mut self, views: &Known, entity: &EntityRef) {
        let with = match entity.kind {
            Kind::Payment | Kind::CreditNote => views.trade.paid_with(entity, Side::Durable),
            Kind::Invoice | Kind::Bill => views.trade.paid_by(entity, Side::Durable),
            Kind::Shipment => views.trade.orders_sent(entity.id(), Side::Durable),
            Kind::SetOff => {
                let set_off = views.trade.set_off_sym(entity.id()).into_iter();
                let documents =
                    set_off.flat_map(|of| views.trade.set_off_documents(of, Side::Durable));
                documents.filter_map(|of| views.trade.document_entity(of)).collect()
            }
            _ => return,
        };
        with.iter().for_each(|entity| self.add(entity));
    }

    /// Cost adjustments name a receipt, releases a reservation: the item's rows change.
    fn goods(&mut self, views: &Known, entity: &EntityRef) {
        let stock = &views.stock;
        match entity.kind {
            Kind::Receipt => {
                let receipt = stock.ids().find(entity.id());
                let items = stock.items_of_receipt(receipt, Side::Durable);
                let items = items.map(|item| stock.item_name(item).to_owned());
                self.owners.entry(Kind::Item).or_default().extend(items);
            }
            Kind::Reservation => {
                self.reservations(views, stock.ids().find(entity.id()).as_slice());
            }
            // What is billed, and what is credited of it, says what the goods cost.
            Kind::Bill => {
                let items = stock
                    .items_of_bill(stock.ids().find(entity.id()), Side::Durable)
                    .map(|item| stock.item_name(item).to_owned());
                self.owners.entry(Kind::Item).or_default().extend(items);
            }
            // The reservations of an order end with it.
            Kind::Order => {
                let order = stock.ids().find_entity(entity);
                self.reservations(views, &stock.kept_for(order, Side::Durable));
            }
            _ => (),
        }
    }

    fn reservations(&mut self, views: &Known, reservations: &[Sym<kind::Reservation>]) {
        let stock = &views.stock;
        for reservation in reservations {
            let items = stock
                .holding(Some(*reservation))
                .openings(Side::Durable)
                .map(|opening| stock.item_name(opening.what.item).to_owned());
            self.owners.entry(Kind::Item).or_default().extend(items);
            self.owners
                .entry(Kind::Reservation)
                .or_default()
                .insert(stock.ids().name(*reservation).to_owned());
        }
    }

    fn resting(&mut self, views: &Known, root: &EntityRef) {
        resting_on(views.folds(), views.now(), root).iter().for_each(|document| self.add(document));
    }

    fn by_event(&mut self, views: &Known, event: &Event) {
        match event {
            Event::Clients(Clients::ClientMerged(_) | Clients::ClientUnmerged(_)) => {
                for client in event.touched().iter().filter(|e| e.kind == Kind::Client) {
                    self.merged(views, client);
                }
            }
            Event::Counterparties(
                Counterparties::CounterpartyLinked(_) | Counterparties::CounterpartyUnlinked(_),
            ) => self.resting(views, &event.home()),
            // The company's zone, or a rate of the past: days and values may change anywhere.
            Event::Accounting(Accounting::LedgerOpened(_)) => self.all = true,
            Event::Catalogue(Catalogue::ExchangeRateSet(_)) => (),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Accounting(_)
            | Event::Catalogue(_) => (),
            // Whose a deal is, all is that rests on it.
            Event::Deals(Deals::DealClientSet(_)) => self.resting(views, &event.home()),
            Event::Interactions(_)
            | Event::Deals(_)
            | Event::Orders(_)
            | Event::Invoices(_)
            | Event::Stock(_) => (),
            Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }

    /// A merge moves everything of every client that merges ever tied to this one.
    fn merged(&mut self, views: &Known, client: &EntityRef) {
        let Some(sym) = views.clients.sym(client.id()) else { return };
        for member in views.clients.merge_family(sym, views.now().side) {
            let Ok(member) = EntityRef::new(Kind::Client, views.clients.id(member)) else {
                continue;
            };
            self.add(&member);
            self.resting(views, &member);
        }
    }

    /// Takes note of a void: what its target changed changes back.
    pub(crate) fn voided(&mut self, views: &Known, target: &Record) {
        self.note(views, target);
        // Values rest on the rates of their dates as known at their positions; only a void changes
        // those.
        self.all |= matches!(target.event, Event::Catalogue(Catalogue::ExchangeRateSet(_)));
    }

    /// What is made from an item costs what it cost.
    pub(crate) fn close(&mut self, views: &Known) {
        let Some(items) = self.owners.get_mut(&Kind::Item) else { return };
        let named: BTreeSet<Sym<kind::Item>> =
            items.iter().filter_map(|id| views.stock.item(id)).collect();
        let costs = Valuation::of(views.folds(), views.now()).downstream(&named);
        items.extend(costs.into_iter().map(|item| views.stock.item_name(item).to_owned()));
    }
}
