//! What records say about persons. Invariant: it is read in the log when it is shown, so what was
//! erased there is shown nowhere.

use std::collections::BTreeMap;

use sijil_log::ReadError;
use sijil_schemas::{
    ContactChannel, Event, Position,
    event::{Clients, Counterparties},
    text::{Name, Personal},
};

use crate::ledger::Ledger;

/// What some records say, by position.
#[derive(Debug, Default)]
pub struct Persons(BTreeMap<Position, Event>);

fn shown(name: Option<&Personal<Name>>) -> Option<&str> {
    name.and_then(Personal::get).map(Name::as_str)
}

impl Ledger {
    /// What the records at some positions say, if it may be seen: those of a whole page are read
    /// together, each once.
    pub(crate) fn persons(
        &self,
        positions: impl IntoIterator<Item = Position>,
        may: impl Fn(Position) -> bool,
    ) -> Result<Persons, ReadError> {
        let mut positions: Vec<Position> = positions.into_iter().filter(|at| may(*at)).collect();
        // In the order in which they stand in the log.
        positions.sort_unstable();
        positions.dedup();
        let read = |position| Ok((position, self.decoded(position)?.event));
        Ok(Persons(positions.into_iter().map(read).collect::<Result<BTreeMap<_, Event>, _>>()?))
    }
}

impl Persons {
    /// What a record says; `None` if it was not among those read.
    #[must_use]
    pub fn event(&self, position: Position) -> Option<&Event> {
        self.0.get(&position)
    }
    /// The name of a client, if this record says it and it was not erased.
    #[must_use]
    pub fn client_name(&self, position: Position) -> Option<&str> {
        match self.event(position)? {
            Event::Clients(Clients::ClientRegistered(e)) => shown(Some(&e.name)),
            Event::Clients(Clients::ClientRenamed(e)) => shown(Some(&e.name)),
            _ => None,
        }
    }
    /// The name and the tax number of a legal entity, as [`Persons::client_name`].
    #[must_use]
    pub fn legal_entity(&self, said: &[Position]) -> (Option<&str>, Option<&str>) {
        let mut now = (None, None);
        for position in said {
            let (name, tax_id) = match self.event(*position) {
                Some(Event::Counterparties(Counterparties::CounterpartyRegistered(e))) => {
                    (shown(Some(&e.legal_name)), shown(e.tax_id.as_ref()))
                }
                Some(Event::Counterparties(Counterparties::CounterpartyDetailsChanged(e))) => {
                    (shown(e.legal_name.as_ref()), shown(e.tax_id.as_ref()))
                }
                _ => (None, None),
            };
            now = (name.or(now.0), tax_id.or(now.1));
        }
        now
    }
    /// The name of a contact, as [`Persons::client_name`].
    #[must_use]
    pub fn contact_name(&self, position: Position) -> Option<&str> {
        match self.event(position) {
            Some(Event::Clients(Clients::ContactAdded(e))) => shown(Some(&e.name)),
            _ => None,
        }
    }
    /// How to reach a contact, as [`Persons::client_name`].
    #[must_use]
    pub fn channels(&self, position: Position) -> &[ContactChannel] {
        let channels = match self.event(position) {
            Some(Event::Clients(Clients::ContactAdded(e))) => e.channels.as_ref(),
            Some(Event::Clients(Clients::ContactChannelsChanged(e))) => Some(&e.channels),
            _ => None,
        };
        channels.and_then(Personal::get).map_or(&[], Vec::as_slice)
    }
}
