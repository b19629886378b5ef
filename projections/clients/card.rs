//! Cards: what is known of one client, legal entity or contact. Invariant: no card shows a value
//! about a person; it shows the position of the record that says it.

use std::collections::BTreeMap;

use serde::Serialize;
use sijil_schemas::{ClientKind, ContactRole, Position, id::kind, time::Timestamp};

use super::Clients;
use crate::{Sym, cut::Lens};

/// A client's card at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientCard<'a> {
    /// The client.
    pub client: &'a str,
    /// The record that says its name.
    pub named_at: Position,
    /// Person or organisation.
    pub kind: ClientKind,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The employee it belongs to.
    pub owner: Option<&'a str>,
    /// The company's own fields.
    pub attributes: BTreeMap<&'a str, &'a str>,
    /// The record that archived it, if it is archived.
    pub archived_at: Option<Position>,
    /// The client it counts for, if it was merged.
    pub merged_into: Option<&'a str>,
    /// The clients that count for it.
    pub merged: Vec<&'a str>,
}

/// A contact's card at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactCard<'a> {
    /// The contact.
    pub contact: &'a str,
    /// Where the person belongs.
    pub client: &'a str,
    /// The record that says the person's name.
    pub said_at: Position,
    /// The record that may say how to reach it.
    pub channels_at: Option<Position>,
    /// What the person does in purchases.
    pub roles: Vec<ContactRole>,
}

/// A legal entity's card at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CounterpartyCard<'a> {
    /// The legal entity.
    pub counterparty: &'a str,
    /// The records that say its name, its tax number or its bank accounts, each some of it, the
    /// oldest first.
    pub said_at: Vec<Position>,
    /// The client it is linked to.
    pub client: Option<&'a str>,
    /// Every link it ever had, oldest first.
    pub links: Vec<Linked<'a>>,
}

/// A link in force from a moment until another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Linked<'a> {
    /// The client.
    pub client: &'a str,
    /// The first moment it holds.
    pub from: Timestamp,
    /// The moment it no longer holds; `None` while it does.
    pub until: Option<Timestamp>,
}

/// The card of a client; `None` if it was not registered.
#[must_use]
pub fn client_card<'a>(
    clients: &'a Clients,
    client: Sym<kind::Client>,
    lens: Lens<'a>,
) -> Option<ClientCard<'a>> {
    let registered = clients.registration(client, lens)?;
    let root = clients.root(client, lens);
    let merged = clients.merged_into(client, lens).into_iter().filter(|c| *c != client);
    Some(ClientCard {
        client: clients.id(client),
        named_at: clients.client_named_at(client, lens).unwrap_or(registered.position),
        kind: registered.what,
        registered_at: registered.at,
        owner: clients.owner_id(client, lens),
        attributes: fields_of(clients, client, lens),
        archived_at: clients.archiving(client, lens).map(|fact| fact.position),
        merged_into: (root != client).then(|| clients.id(root)),
        merged: merged.map(|c| clients.id(c)).collect(),
    })
}

/// The company's own fields of a client: those of its registration, then each later setting over
/// them.
fn fields_of<'a>(
    clients: &'a Clients,
    client: Sym<kind::Client>,
    lens: Lens<'a>,
) -> BTreeMap<&'a str, &'a str> {
    let mut fields = BTreeMap::new();
    for (key, value) in clients.set_of(client, lens) {
        match value {
            Some(value) => fields.insert(key, value),
            None => fields.remove(key),
        };
    }
    fields
}

/// The card of a contact; `None` if it was not added.
#[must_use]
pub fn contact_card<'a>(
    clients: &'a Clients,
    contact: Sym<kind::Contact>,
    lens: Lens<'a>,
) -> Option<ContactCard<'a>> {
    let said = clients.contact_said_at(contact, lens)?;
    Some(ContactCard {
        contact: clients.ids().name(contact),
        client: clients.id(said.what),
        said_at: said.position,
        channels_at: clients.channels_said_at(contact, lens),
        roles: clients.roles_of(contact, lens).collect(),
    })
}

/// The card of a legal entity; `None` if it was not registered.
#[must_use]
pub fn counterparty_card<'a>(
    clients: &'a Clients,
    counterparty: Sym<kind::Counterparty>,
    lens: Lens<'a>,
) -> Option<CounterpartyCard<'a>> {
    let said: Vec<Position> =
        clients.legal_said(counterparty).counting(lens).map(|fact| fact.position).collect();
    if said.is_empty() {
        return None;
    }
    Some(CounterpartyCard {
        counterparty: clients.counterparty_id(counterparty),
        said_at: said,
        client: clients.linked_client(counterparty, lens).map(|(client, _)| clients.id(client)),
        links: links_of(clients, counterparty, lens),
    })
}

/// Every link a legal entity had, oldest first.
fn links_of<'a>(
    clients: &'a Clients,
    counterparty: Sym<kind::Counterparty>,
    lens: Lens<'a>,
) -> Vec<Linked<'a>> {
    let mut links: Vec<Linked<'a>> = Vec::new();
    for link in clients.links(Some(counterparty)).counting(lens) {
        if let Some(last) = links.last_mut().filter(|last| last.until.is_none()) {
            last.until = Some(link.at);
        }
        if link.what.begins {
            let client = clients.id(link.what.client);
            links.push(Linked { client, from: link.at, until: None });
        }
    }
    links
}
