//! Clients: cards, contacts, owners, merges, legal entities, contracts, and whose client each event
//! is. Invariant: an event stands under exactly one party, whatever is linked or merged later, so
//! re-links, merges and unmerges move it between clients and never lose it.

mod card;
mod numbered;
mod resolve;
mod resting;
mod ties;
mod timeline;

pub use card::{ClientCard, ContactCard, ContractTerms, CounterpartyCard, Link, Linked, Owned};
pub use resolve::{Hints, LinkView, Resolver, client_of};
pub use timeline::Happening;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Event, Record,
    event::{self, Staff},
    id::{ClientId, CounterpartyId, kind},
    money::Money,
};

use crate::{
    cut::{Dated, Facts},
    few::Few,
    fold::Fold,
    table::{Ids, Sym, Table},
};
use card::{ContactDetails, ContactFacts, LegalDetails, Roster};
use ties::{Anchor, Ties};

/// The read model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Clients {
    roster: Roster,
    employees: Ids<kind::Employee>,
    contacts: Table<kind::Contact, ContactFacts>,
    contracts: Table<kind::Contract, Facts<ContractTerms>>,
    ties: Ties,
    billed: Vec<Dated<Billed>>,
}

/// What a document changes in what clients were invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Billed {
    /// The party that says whose it is.
    pub(crate) party: u32,
    /// The invoice, or for a credit note the one it reduces; a free one itself.
    pub(crate) invoice: u32,
    /// The legal entity an invoice or a free credit note names.
    pub(crate) counterparty: Option<Sym<kind::Counterparty>>,
    /// The total, with tax.
    pub(crate) total: Money,
    /// Whether it is a credit note; else an invoice.
    pub(crate) credit: bool,
}

impl Fold for Clients {
    const NAME: &'static str = "clients";
    const EDITION: u32 = 4;

    fn apply(&mut self, record: &Record) {
        let tied = self.ties.apply(record, &mut self.roster);
        if let Some(tied) = &tied {
            for anchor in tied.fresh.iter().flatten() {
                match anchor {
                    Anchor::Client(client) => {
                        self.roster.clients.at_mut(*client).parties.push(tied.party);
                    }
                    Anchor::Counterparty(legal) => {
                        self.roster.counterparties.at_mut(*legal).parties.push(tied.party);
                    }
                    Anchor::Document(document) => {
                        self.ties.documents[*document as usize].parties.push(tied.party);
                    }
                }
            }
        }
        match &record.event {
            Event::Clients(e) => self.apply_client(record, e),
            Event::Counterparties(e) => self.apply_counterparty(record, e),
            Event::Invoices(e) => {
                if let Some(tied) = tied {
                    self.apply_invoice(record, e, tied.party);
                }
            }
            Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Accounting(_)
            | Event::Stock(_) => (),
            Event::Staff(Staff::WorkHandedOver(e)) => {
                let owned = Owned {
                    to: Some(self.employees.intern(&e.to)),
                    from: Some(self.employees.intern(&e.from)),
                };
                for client in e.of::<kind::Client>() {
                    self.roster.clients.entry(&client).owners.insert(Dated::of(record, owned));
                }
            }
            Event::Staff(_) => (),
            Event::Marketing(_) | Event::Claims(_) | Event::Tasks(_) | Event::System(_) => (),
        }
    }
}

impl Clients {
    /// The same clients as the rules need them: without the events of timelines and the documents
    /// of reports, none of which a rule ever asks for, and which take most of the room. Whose
    /// client anything is stays as it was.
    #[must_use]
    pub fn for_rules(&self) -> Clients {
        let mut lean = Clients { billed: Vec::new(), ..self.clone() };
        lean.ties.without_events = true;
        lean.ties.held.iter_mut().for_each(|held| held.events = Few::default());
        lean
    }
    /// The number of a client.
    #[must_use]
    pub fn sym(&self, client: &str) -> Option<Sym<kind::Client>> {
        self.roster.clients.sym(client)
    }
    /// The id of a client.
    #[must_use]
    pub fn id(&self, client: Sym<kind::Client>) -> &str {
        self.roster.clients.name(client)
    }
    /// How many clients have numbers: each is below this one.
    pub(crate) const fn clients(&self) -> usize {
        self.roster.clients.len()
    }
    /// The number of a legal entity.
    #[must_use]
    pub fn counterparty(&self, counterparty: &str) -> Option<Sym<kind::Counterparty>> {
        self.roster.counterparties.sym(counterparty)
    }
    /// The id of a legal entity.
    #[must_use]
    pub fn counterparty_id(&self, counterparty: Sym<kind::Counterparty>) -> &str {
        self.roster.counterparties.name(counterparty)
    }
    /// The number of a contact.
    #[must_use]
    pub fn contact(&self, contact: &str) -> Option<Sym<kind::Contact>> {
        self.contacts.sym(contact)
    }
    /// The links of a legal entity and their ends, in replay order, whether they count or not;
    /// `None` if it was never named.
    #[must_use]
    pub fn link_facts(&self, counterparty: &str) -> Option<&Facts<Link>> {
        self.roster.counterparties.get(counterparty).map(|facts| &facts.links)
    }
    /// The merges of a client (`Some` into whom, `None` where undone), in replay order, whether
    /// they count or not.
    #[must_use]
    pub fn merge_facts(&self, client: Sym<kind::Client>) -> &[Dated<Option<Sym<kind::Client>>>] {
        self.roster.clients.at(client).merges.all()
    }
    /// Whose a client was, in replay order, whether it counts or not; `None` if it was never named.
    #[must_use]
    pub fn owners_of(&self, client: &str) -> Option<&Facts<Owned>> {
        self.roster.clients.get(client).map(|facts| &facts.owners)
    }
    /// The id of an employee.
    #[must_use]
    pub fn employee_id(&self, employee: Sym<kind::Employee>) -> &str {
        self.employees.name(employee)
    }
    /// Every client that merges ever tied to this one, itself first.
    #[must_use]
    pub fn merge_family(&self, client: Sym<kind::Client>) -> Vec<Sym<kind::Client>> {
        let mut all = vec![client];
        let mut next = 0;
        while let Some(at) = all.get(next).copied() {
            let facts = self.roster.clients.at(at);
            for other in facts
                .absorbed
                .iter()
                .copied()
                .chain(facts.merges.all().iter().filter_map(|m| m.what))
            {
                if !all.contains(&other) {
                    all.push(other);
                }
            }
            next += 1;
        }
        all
    }

    fn apply_client(&mut self, record: &Record, event: &event::Clients) {
        match event {
            event::Clients::ClientRegistered(e) => {
                let owned =
                    Owned { to: e.owner.as_ref().map(|o| self.employees.intern(o)), from: None };
                let facts = self.roster.clients.entry(&e.client);
                facts.kinds.insert(Dated::of(record, e.kind));
                facts.names.insert(Dated::of(record, e.name.clone()));
                facts.owners.insert(Dated::of(record, owned));
                let fields: BTreeMap<_, _> = e
                    .attributes
                    .iter()
                    .map(|(key, value)| (key.clone(), Some(value.clone())))
                    .collect();
                if !fields.is_empty() {
                    facts.fields.insert(Dated::of(record, fields));
                }
            }
            event::Clients::ClientRenamed(e) => {
                self.roster
                    .clients
                    .entry(&e.client)
                    .names
                    .insert(Dated::of(record, e.name.clone()));
            }
            event::Clients::ClientAttributesSet(e) => {
                self.roster
                    .clients
                    .entry(&e.client)
                    .fields
                    .insert(Dated::of(record, e.set.clone()));
            }
            event::Clients::ClientOwnerAssigned(e) => {
                let owned = Owned { to: Some(self.employees.intern(&e.employee)), from: None };
                self.roster.clients.entry(&e.client).owners.insert(Dated::of(record, owned));
            }
            event::Clients::ClientMerged(e) => self.merge(record, &e.client, &e.into),
            event::Clients::ClientUnmerged(e) => {
                self.roster.clients.entry(&e.client).merges.insert(Dated::of(record, None));
            }
            event::Clients::ContactAdded(e) => {
                let contact = self.contacts.intern(&e.contact);
                let client = self.roster.clients.intern(&e.client);
                let details =
                    ContactDetails { client, name: e.name.clone(), channels: e.channels.clone() };
                self.contacts.at_mut(contact).details.insert(Dated::of(record, details));
                let known = &mut self.roster.clients.at_mut(client).contacts;
                if self.contacts.at(contact).details.len() == 1 || !known.contains(&contact) {
                    known.push(contact);
                }
            }
            event::Clients::ContactRoleSet(e) => {
                self.contacts.entry(&e.contact).roles.insert(Dated::of(record, e.roles.clone()));
            }
            event::Clients::CustomFieldDefined(_) => (),
        }
    }

    fn merge(&mut self, record: &Record, client: &ClientId, into: &ClientId) {
        let (from, into) = (self.roster.clients.intern(client), self.roster.clients.intern(into));
        self.roster.clients.at_mut(from).merges.insert(Dated::of(record, Some(into)));
        // What happens for the first time cannot be noted yet; likewise below.
        let first = self.roster.clients.at(from).merges.len() == 1;
        let absorbed = &mut self.roster.clients.at_mut(into).absorbed;
        if first || !absorbed.contains(&from) {
            absorbed.push(from);
        }
    }

    fn link(
        &mut self,
        record: &Record,
        counterparty: &CounterpartyId,
        client: &ClientId,
        begins: bool,
    ) {
        let (legal, client) =
            (self.roster.counterparties.intern(counterparty), self.roster.clients.intern(client));
        self.roster
            .counterparties
            .at_mut(legal)
            .links
            .insert(Dated::of(record, Link { client, begins }));
        let linked = &mut self.roster.clients.at_mut(client).linked;
        if self.roster.counterparties.at(legal).links.len() == 1 || !linked.contains(&legal) {
            linked.push(legal);
        }
    }

    fn apply_counterparty(&mut self, record: &Record, event: &event::Counterparties) {
        match event {
            event::Counterparties::CounterpartyRegistered(e) => {
                let details = LegalDetails {
                    legal_name: e.legal_name.clone(),
                    tax_id: e.tax_id.clone(),
                    bank_accounts: e.bank_accounts.clone(),
                };
                self.roster
                    .counterparties
                    .entry(&e.counterparty)
                    .details
                    .insert(Dated::of(record, details));
            }
            event::Counterparties::CounterpartyLinked(e) => {
                self.link(record, &e.counterparty, &e.client, true);
            }
            event::Counterparties::CounterpartyUnlinked(e) => {
                self.link(record, &e.counterparty, &e.client, false);
            }
            event::Counterparties::ContractSigned(e) => {
                let counterparty = self.roster.counterparties.intern(&e.counterparty);
                let contract = self.contracts.intern(&e.contract);
                let terms = ContractTerms {
                    counterparty,
                    valid_from: e.valid_from,
                    valid_to: e.valid_to,
                    payment_days: e.payment_days,
                    credit_limit: e.credit_limit,
                };
                self.contracts.at_mut(contract).insert(Dated::of(record, terms));
                let signed = &mut self.roster.counterparties.at_mut(counterparty).contracts;
                if self.contracts.at(contract).len() == 1 || !signed.contains(&contract) {
                    signed.push(contract);
                }
            }
        }
    }

    fn apply_invoice(&mut self, record: &Record, event: &event::Invoices, party: u32) {
        let billed = match event {
            event::Invoices::InvoiceIssued(e) => {
                let counterparty =
                    e.counterparty.as_ref().map(|legal| self.roster.counterparties.intern(legal));
                Billed {
                    party,
                    invoice: self.ties.entity(&e.invoice.entity()),
                    counterparty,
                    total: e.total,
                    credit: false,
                }
            }
            event::Invoices::CreditNoteIssued(e) => {
                // A free credit note stands for itself.
                let invoice = e
                    .invoice
                    .as_ref()
                    .map_or_else(|| e.credit_note.entity(), sijil_schemas::id::InvoiceId::entity);
                let counterparty =
                    e.counterparty.as_ref().map(|legal| self.roster.counterparties.intern(legal));
                Billed {
                    party,
                    invoice: self.ties.entity(&invoice),
                    counterparty,
                    total: e.total,
                    credit: true,
                }
            }
            event::Invoices::PaymentReceived(_)
            | event::Invoices::PaymentAllocated(_)
            | event::Invoices::PaymentUnallocated(_)
            | event::Invoices::PaymentRefunded(_)
            | event::Invoices::PaymentReversed(_)
            | event::Invoices::DebtWrittenOff(_)
            | event::Invoices::CreditNoteAllocated(_)
            | event::Invoices::CreditNoteUnallocated(_)
            | event::Invoices::CreditNoteRefunded(_)
            | event::Invoices::InvoiceLinesAdded(_)
            | event::Invoices::CreditNoteLinesAdded(_)
            | event::Invoices::StatementLineImported(_)
            | event::Invoices::StatementLineMatched(_)
            | event::Invoices::PeriodClosed(_)
            | event::Invoices::PeriodReopened(_) => return,
        };
        if !self.ties.without_events {
            self.billed.push(Dated::of(record, billed));
        }
    }
}
