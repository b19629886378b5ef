//! Who contacts and legal entities are. Invariant: no fact holds a name, a number or an address;
//! each question gives the records that say it.

use sijil_schemas::{ContactRole, Position, id::kind};

use super::Clients;
use crate::{
    cells::Run,
    chain::Chain,
    cut::{Dated, Lens, Side},
    ids::Sym,
};

impl Clients {
    /// The number of a contact.
    #[must_use]
    pub fn contact(&self, contact: &str) -> Option<Sym<kind::Contact>> {
        self.ids.find(contact)
    }
    /// What says what a legal entity is called, its tax number or where its money lies: each record
    /// some of it, and a later one over an earlier.
    #[must_use]
    pub fn legal_said(
        &self,
        counterparty: Sym<kind::Counterparty>,
    ) -> Chain<'_, kind::Counterparty, ()> {
        self.registered.of(counterparty)
    }
    /// The record that says who a contact is, with the client it is at; `None` before it was added.
    #[must_use]
    pub fn contact_said_at(
        &self,
        contact: Sym<kind::Contact>,
        lens: Lens<'_>,
    ) -> Option<Dated<Sym<kind::Client>>> {
        self.contacts.of(contact).last(lens)
    }
    /// What a contact does in purchases, as it was set last.
    pub fn roles_of(
        &self,
        contact: Sym<kind::Contact>,
        lens: Lens<'_>,
    ) -> impl Iterator<Item = ContactRole> {
        let roles = self.roles.of(contact).last(lens).map_or_else(Run::none, |fact| fact.what);
        self.roles_set.of(roles)
    }
    /// The record that may say how to reach a contact: whether it does is personal.
    #[must_use]
    pub fn channels_said_at(
        &self,
        contact: Sym<kind::Contact>,
        lens: Lens<'_>,
    ) -> Option<Position> {
        self.channels.of(contact).last(lens).map(|fact| fact.position)
    }
    /// The contacts that were ever added at a client, whether that counts or not.
    pub fn contacts_at(
        &self,
        client: Sym<kind::Client>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Contact>> {
        self.at_client.of(client).all(side).map(|fact| fact.what)
    }
}
