//! Whose documents are. Invariant: see the parent.

use std::collections::BTreeMap;

use sijil_schemas::{
    Event, OrderPlaced, Record,
    event::{Clients, Counterparties, Orders},
    id::Id,
    time::Timestamp,
};

use super::{Asked, Bill, Money, Note, known};
use crate::world::World;

/// Whose client, seen from a cut: explicit, linked on the date, of the order; then merges.
pub struct Whose<'a> {
    /// Links and merges.
    records: Vec<&'a Record>,
    orders: BTreeMap<&'a str, (Timestamp, &'a OrderPlaced)>,
}

impl<'a> Whose<'a> {
    pub fn new(world: &'a World, asked: &Asked) -> Whose<'a> {
        let before = asked.before(world);
        let (mut records, mut orders) = (Vec::new(), BTreeMap::new());
        for record in known(world, asked).into_iter().filter(|r| r.occurred_at() < before) {
            match &record.event {
                Event::Orders(Orders::OrderPlaced(e)) => {
                    orders.entry(e.order.as_str()).or_insert((record.occurred_at(), e));
                }
                Event::Clients(Clients::ClientMerged(_) | Clients::ClientUnmerged(_))
                | Event::Counterparties(_) => records.push(record),
                _ => (),
            }
        }
        Whose { records, orders }
    }
    pub fn of(
        &self,
        at: Timestamp,
        client: Option<&str>,
        counterparty: Option<&str>,
        order: Option<&str>,
    ) -> Option<String> {
        let found = client
            .map(str::to_owned)
            .or_else(|| counterparty.and_then(|c| self.linked(c, at)))
            .or_else(|| {
                let placed = self.orders.get(order?)?;
                placed.1.client.as_ref().map(ToString::to_string).or_else(|| {
                    placed.1.counterparty.as_ref().and_then(|c| self.linked(c.as_str(), placed.0))
                })
            });
        found.map(|client| self.merged(client))
    }
    pub fn of_invoice(&self, bill: &Bill<'_>) -> Option<String> {
        let (client, legal) = (bill.issued.client.as_ref(), bill.issued.counterparty.as_ref());
        self.of(
            bill.record.occurred_at(),
            client.map(Id::as_str),
            legal.map(Id::as_str),
            bill.issued.order.as_ref().map(Id::as_str),
        )
    }
    pub fn of_note(&self, note: &Note<'_>) -> Option<String> {
        let (client, legal, order) = (
            note.issued.client.as_ref(),
            note.issued.counterparty.as_ref(),
            note.issued.order.as_ref(),
        );
        self.of(
            note.record.occurred_at(),
            client.map(Id::as_str),
            legal.map(Id::as_str),
            order.map(Id::as_str),
        )
    }
    pub fn of_payment(&self, money: &Money<'_>) -> Option<String> {
        let (client, legal) =
            (money.received.client.as_ref(), money.received.counterparty.as_ref());
        self.of(money.record.occurred_at(), client.map(Id::as_str), legal.map(Id::as_str), None)
    }
    fn linked(&self, counterparty: &str, at: Timestamp) -> Option<String> {
        let mut linked = None;
        for record in self.records.iter().filter(|r| r.occurred_at() <= at) {
            match &record.event {
                Event::Counterparties(Counterparties::CounterpartyLinked(e))
                    if e.counterparty.as_str() == counterparty =>
                {
                    linked = Some(e.client.to_string());
                }
                Event::Counterparties(Counterparties::CounterpartyUnlinked(e))
                    if e.counterparty.as_str() == counterparty =>
                {
                    linked = None;
                }
                _ => (),
            }
        }
        linked
    }
    fn merged(&self, client: String) -> String {
        let mut into = None;
        for record in &self.records {
            match &record.event {
                Event::Clients(Clients::ClientMerged(e)) if e.client.as_str() == client => {
                    into = Some(e.into.to_string());
                }
                Event::Clients(Clients::ClientUnmerged(e)) if e.client.as_str() == client => {
                    into = None;
                }
                _ => (),
            }
        }
        into.map_or(client, |into| self.merged(into))
    }
}
