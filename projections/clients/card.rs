//! Cards: what is known of one client, legal entity, contact or contract. Invariant: each is a list
//! of dated facts, and no personal value is a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    ClientKind, ContactChannel, ContactRole, Position,
    id::{Key, kind},
    money::Money,
    text::{Name, Personal, Text},
    time::{Date, Timestamp},
};

use super::Clients;
use crate::{
    cut::{Dated, Facts, Lens},
    few::Few,
    table::{Sym, Table},
};

/// Clients and legal entities, whose numbers everything else in the fold uses.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Roster {
    pub(crate) clients: Table<kind::Client, ClientFacts>,
    pub(crate) counterparties: Table<kind::Counterparty, CounterpartyFacts>,
}

/// The facts of a client.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ClientFacts {
    pub(crate) kinds: Facts<ClientKind>,
    pub(crate) names: Facts<Personal<Name>>,
    pub(crate) owners: Facts<Owned>,
    pub(crate) fields: Facts<BTreeMap<Key, Option<Text>>>,
    /// Into whom it was merged; `None` where a merge was undone.
    pub(crate) merges: Facts<Option<Sym<kind::Client>>>,
    /// Clients that were ever merged into it.
    pub(crate) absorbed: Few<Sym<kind::Client>>,
    /// Legal entities that were ever linked to it.
    pub(crate) linked: Few<Sym<kind::Counterparty>>,
    /// Contacts that were ever added to it.
    pub(crate) contacts: Few<Sym<kind::Contact>>,
    /// Parties that name it.
    pub(crate) parties: Few<u32>,
}

/// Whose a client is from a date on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The employee it belongs to; `None` is nobody.
    pub to: Option<Sym<kind::Employee>>,
    /// Who handed it over, and must have had it; `None` if it was given to the employee, whoever
    /// had it.
    pub from: Option<Sym<kind::Employee>>,
}

/// A link of a legal entity to a client, or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The client.
    pub client: Sym<kind::Client>,
    /// Whether the link begins; else it ends.
    pub begins: bool,
}

/// The facts of a legal entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct CounterpartyFacts {
    pub(crate) details: Facts<LegalDetails>,
    pub(crate) links: Facts<Link>,
    pub(crate) contracts: Few<Sym<kind::Contract>>,
    /// Parties that name it.
    pub(crate) parties: Few<u32>,
}

/// What a legal entity is called and where its money lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LegalDetails {
    pub(crate) legal_name: Personal<Name>,
    pub(crate) tax_id: Option<Personal<Name>>,
    pub(crate) bank_accounts: Option<Personal<Vec<Name>>>,
}

/// The facts of a contact.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ContactFacts {
    pub(crate) details: Facts<ContactDetails>,
    pub(crate) roles: Facts<Vec<ContactRole>>,
}

/// Who a contact is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContactDetails {
    pub(crate) client: Sym<kind::Client>,
    pub(crate) name: Personal<Name>,
    pub(crate) channels: Option<Personal<Vec<ContactChannel>>>,
}

/// What was agreed in a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractTerms {
    /// With whom.
    pub counterparty: Sym<kind::Counterparty>,
    /// The first day it holds.
    pub valid_from: Date,
    /// The last day it holds.
    pub valid_to: Option<Date>,
    /// Days until a payment is due.
    pub payment_days: u32,
    /// How much may be owed.
    pub credit_limit: Option<Money>,
}

/// A client's card at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientCard<'a> {
    /// The client.
    pub client: &'a str,
    /// Its name; `None` if it was erased.
    pub name: Option<&'a str>,
    /// Person or organisation.
    pub kind: ClientKind,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// The employee it belongs to.
    pub owner: Option<&'a str>,
    /// The company's own fields.
    pub attributes: BTreeMap<&'a str, &'a str>,
    /// The client it counts for, if it was merged.
    pub merged_into: Option<&'a str>,
    /// The clients that count for it.
    pub merged: Vec<&'a str>,
    /// The legal entities linked to it, by id.
    pub counterparties: Vec<&'a str>,
    /// The persons at it, by id.
    pub contacts: Vec<ContactCard<'a>>,
}

/// A contact's card at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactCard<'a> {
    /// The contact.
    pub contact: &'a str,
    /// Where the person belongs.
    pub client: &'a str,
    /// The person's name; `None` if it was erased.
    pub name: Option<&'a str>,
    /// How to reach the person.
    pub channels: &'a [ContactChannel],
    /// What the person does in purchases.
    pub roles: &'a [ContactRole],
}

/// A legal entity's card at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CounterpartyCard<'a> {
    /// The legal entity.
    pub counterparty: &'a str,
    /// Its name; `None` if it was erased.
    pub legal_name: Option<&'a str>,
    /// Its tax number.
    pub tax_id: Option<&'a str>,
    /// Its bank accounts.
    pub bank_accounts: Vec<&'a str>,
    /// The client it is linked to.
    pub client: Option<&'a str>,
    /// Every link it ever had, oldest first.
    pub links: Vec<Linked<'a>>,
    /// Its contracts, by id.
    pub contracts: Vec<&'a str>,
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
    /// The record that began it.
    #[serde(skip)]
    pub began: Position,
    /// The record that ended it.
    #[serde(skip)]
    pub ended: Option<Position>,
}

fn shown(name: Option<&Personal<Name>>) -> Option<&str> {
    name.and_then(Personal::get).map(Name::as_str)
}

impl Clients {
    /// The card of a client; `None` if it was not registered.
    #[must_use]
    pub fn card<'a>(&'a self, client: Sym<kind::Client>, lens: Lens<'a>) -> Option<ClientCard<'a>> {
        let facts = self.roster.clients.at(client);
        let registered = facts.kinds.counting(lens).next()?;
        let root = self.root(client, lens);
        let clients = &self.roster.clients;
        Some(ClientCard {
            client: clients.name(client),
            name: shown(facts.names.last(lens).map(|n| &n.what)),
            kind: registered.what,
            registered_at: registered.at,
            owner: self.owner(client, lens).map(|e| self.employees.name(e)),
            attributes: self.fields_of(client, lens),
            merged_into: (root != client).then(|| clients.name(root)),
            merged: self
                .merged_into(client, lens)
                .into_iter()
                .filter(|c| *c != client)
                .map(|c| clients.name(c))
                .collect(),
            counterparties: self
                .counterparties_of(client, lens)
                .into_iter()
                .map(|l| self.roster.counterparties.name(l))
                .collect(),
            contacts: self.contacts_of(client, lens),
        })
    }
    /// Every client's card, in order of the ids.
    #[must_use]
    pub fn cards<'a>(&'a self, lens: Lens<'a>) -> Vec<ClientCard<'a>> {
        self.roster
            .clients
            .sorted()
            .into_iter()
            .filter_map(|(sym, _, _)| self.card(sym, lens))
            .collect()
    }
    /// The company's own fields of a client: those of its registration, then each later setting
    /// over them.
    #[must_use]
    pub fn fields_of<'a>(
        &'a self,
        client: Sym<kind::Client>,
        lens: Lens<'a>,
    ) -> BTreeMap<&'a str, &'a str> {
        let mut fields = BTreeMap::new();
        for set in self.roster.clients.at(client).fields.counting(lens) {
            for (key, value) in &set.what {
                match value {
                    Some(text) => fields.insert(key.as_str(), text.as_str()),
                    None => fields.remove(key.as_str()),
                };
            }
        }
        fields
    }
    /// Whether one of the company's own fields was set of any client.
    #[must_use]
    pub fn any_field(&self, key: &str, lens: Lens<'_>) -> bool {
        let set = |fields: &BTreeMap<_, _>| {
            fields
                .iter()
                .any(|(k, value): (&Key, &Option<Text>)| k.as_str() == key && value.is_some())
        };
        self.roster
            .clients
            .iter()
            .any(|(_, _, client)| client.fields.counting(lens).any(|fact| set(&fact.what)))
    }
    /// The employee a client belongs to.
    #[must_use]
    pub fn owner(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Option<Sym<kind::Employee>> {
        self.roster.clients.at(client).owners.last(lens).and_then(|o| o.what.to)
    }
    /// The id of the employee a client belongs to.
    #[must_use]
    pub fn owner_id(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Option<&str> {
        self.owner(client, lens).map(|e| self.employees.name(e))
    }
    /// The record that says whose a client is, and the id of the employee; `None` before it was
    /// registered.
    #[must_use]
    pub fn owner_fact(
        &self,
        client: Sym<kind::Client>,
        lens: Lens<'_>,
    ) -> Option<(Position, Option<&str>)> {
        self.roster
            .clients
            .at(client)
            .owners
            .last(lens)
            .map(|fact| (fact.position, fact.what.to.map(|e| self.employees.name(e))))
    }
    /// The persons at a client, in order of their ids.
    #[must_use]
    pub fn contacts_of<'a>(
        &'a self,
        client: Sym<kind::Client>,
        lens: Lens<'a>,
    ) -> Vec<ContactCard<'a>> {
        let all = self
            .roster
            .clients
            .at(client)
            .contacts
            .iter()
            .filter_map(|c| self.contact_card(*c, lens));
        let mut all: Vec<_> =
            all.filter(|c| c.client == self.roster.clients.name(client)).collect();
        all.sort_by_key(|c| c.contact);
        all
    }
    /// The card of a contact; `None` if it was not added.
    #[must_use]
    pub fn contact_card<'a>(
        &'a self,
        contact: Sym<kind::Contact>,
        lens: Lens<'a>,
    ) -> Option<ContactCard<'a>> {
        let facts = self.contacts.at(contact);
        let details = &facts.details.last(lens)?.what;
        Some(ContactCard {
            contact: self.contacts.name(contact),
            client: self.roster.clients.name(details.client),
            name: shown(Some(&details.name)),
            channels: details.channels.as_ref().and_then(Personal::get).map_or(&[], Vec::as_slice),
            roles: facts.roles.last(lens).map_or(&[], |r| r.what.as_slice()),
        })
    }
    /// The card of a legal entity; `None` if it was not registered.
    #[must_use]
    pub fn counterparty_card<'a>(
        &'a self,
        counterparty: Sym<kind::Counterparty>,
        lens: Lens<'a>,
    ) -> Option<CounterpartyCard<'a>> {
        let facts = self.roster.counterparties.at(counterparty);
        let details = &facts.details.last(lens)?.what;
        let accounts = details.bank_accounts.as_ref().and_then(Personal::get);
        let mut contracts: Vec<&str> = facts
            .contracts
            .iter()
            .filter(|c| {
                self.contracts
                    .at(**c)
                    .last(lens)
                    .is_some_and(|t| t.what.counterparty == counterparty)
            })
            .map(|c| self.contracts.name(*c))
            .collect();
        contracts.sort_unstable();
        contracts.dedup();
        Some(CounterpartyCard {
            counterparty: self.roster.counterparties.name(counterparty),
            legal_name: shown(Some(&details.legal_name)),
            tax_id: shown(details.tax_id.as_ref()),
            bank_accounts: accounts.into_iter().flatten().map(Name::as_str).collect(),
            client: self
                .linked_client(counterparty, lens)
                .map(|(c, _)| self.roster.clients.name(c)),
            links: self.links_of(counterparty, lens),
            contracts,
        })
    }
    /// Every link a legal entity had, oldest first.
    #[must_use]
    pub fn links_of<'a>(
        &'a self,
        counterparty: Sym<kind::Counterparty>,
        lens: Lens<'a>,
    ) -> Vec<Linked<'a>> {
        let mut links: Vec<Linked<'a>> = Vec::new();
        for link in self.roster.counterparties.at(counterparty).links.counting(lens) {
            if let Some(last) = links.last_mut().filter(|l| l.until.is_none()) {
                (last.until, last.ended) = (Some(link.at), Some(link.position));
            }
            if link.what.begins {
                links.push(Linked {
                    client: self.roster.clients.name(link.what.client),
                    from: link.at,
                    until: None,
                    began: link.position,
                    ended: None,
                });
            }
        }
        links
    }
    /// What was agreed in a contract; `None` if it does not count.
    #[must_use]
    pub fn contract<'a>(
        &'a self,
        contract: &str,
        lens: Lens<'a>,
    ) -> Option<&'a Dated<ContractTerms>> {
        self.contracts.get(contract)?.last(lens)
    }
    /// The contract of a legal entity that holds on a day: the one that began last, then the one
    /// recorded last.
    #[must_use]
    pub fn contract_on(
        &self,
        counterparty: Sym<kind::Counterparty>,
        on: Date,
        lens: Lens<'_>,
    ) -> Option<(&str, &ContractTerms)> {
        let signed =
            self.roster.counterparties.at(counterparty).contracts.iter().filter_map(|contract| {
                let fact = self.contracts.at(*contract).newest_known(lens)?;
                Some((*contract, fact))
            });
        let holds = |t: &ContractTerms| {
            t.counterparty == counterparty
                && t.valid_from <= on
                && t.valid_to.is_none_or(|to| on <= to)
        };
        let last = signed
            .filter(|(_, f)| holds(&f.what))
            .max_by_key(|(_, f)| (f.what.valid_from, f.position));
        last.map(|(contract, f)| (self.contracts.name(contract), &f.what))
    }
}
