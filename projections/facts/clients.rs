//! Clients: cards, contacts, owners, merges, legal entities, contracts, and whose client each event
//! is. Invariant: an event stands under exactly one party, whatever is linked or merged later, so
//! re-links, merges and unmerges move it between clients and never lose it; no value about a person
//! is a fact, only the position of the record that says it.

use std::{collections::BTreeSet, ops::Range};

use sijil_schemas::{
    ClientKind, ContactRole, Event, Position, Record,
    event::{self, Counterparties, Staff},
    id::{ClientId, CounterpartyId, EmployeeId, Key, kind},
    money::Money,
    text::Text,
    time::Date,
};

use crate::{
    cells,
    cells::Run,
    chain::Chain,
    column::Column,
    cut::{Dated, Lens, Side},
    family,
    ids::Sym,
    per_record::PerRecord,
    rows::Rows,
    words::{Word, Words},
};

mod contacts;
mod contracts;
mod dealings;
mod resolve;
mod ties;

pub use contracts::{Amendment, Contract};
pub use dealings::{Agreed, Consent, Goal};
pub use resolve::{Hints, LinkView, Resolver};
pub use ties::{Noted, Party};

use ties::Births;

cells! { list ClientKind { Person, Org } }
cells! { list ContactRole { Buyer, Consumer, WalletHolder, Other } }

cells! {
    /// Whose a client is from a date on.
    pub struct Owned {
        /// The employee it belongs to; `None` is nobody.
        pub to: Option<Sym<kind::Employee>>,
        /// Who handed it over, and must have had it; `None` if it was given to the employee,
        /// whoever had it.
        pub from: Option<Sym<kind::Employee>>,
    }
}

cells! {
    /// A link of a legal entity to a client, or its end.
    pub struct Link {
        /// The client.
        pub client: Sym<kind::Client>,
        /// Whether the link begins; else it ends.
        pub begins: bool,
    }
}

cells! {
    /// One of the company's own fields, set or removed.
    struct FieldSet {
        key: Sym<Word>,
        /// `None` removes it.
        value: Option<Sym<Word>>,
    }
}

cells! {
    /// What was agreed in a contract.
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
}

family! {
    /// What is known of clients and legal entities, and of whose client anything is.
    pub struct Clients {
        words: Words,
        /// What says a client's name: its registration, with its kind, or another name.
        named: Column<kind::Client, Option<ClientKind>>,
        owners: Column<kind::Client, Owned>,
        fields: Column<kind::Client, Run<FieldSet>>,
        fields_set: Rows<FieldSet>,
        /// Into whom a client was merged; `None` where a merge was undone.
        merges: Column<kind::Client, Option<Sym<kind::Client>>>,
        /// Clients that were merged into one.
        absorbed: Column<kind::Client, Sym<kind::Client>>,
        /// What says the name of a legal entity, and where its money lies.
        registered: Column<kind::Counterparty, ()>,
        /// What says how to reach a contact.
        channels: Column<kind::Contact, ()>,
        /// Contacts of each client.
        at_client: Column<kind::Client, Sym<kind::Contact>>,
        links: Column<kind::Counterparty, Link>,
        /// Legal entities that were linked to a client.
        linked: Column<kind::Client, Sym<kind::Counterparty>>,
        contracts: Column<kind::Contract, ContractTerms>,
        /// Changes of contracts, and their ends.
        amendments: Column<kind::Contract, Amendment>,
        /// Those of them that say until when a contract holds.
        ends: Column<kind::Contract, Amendment>,
        /// Whether a client is archived from a date on.
        archived: Column<kind::Client, bool>,
        goals: Column<kind::Client, Goal>,
        /// What clients said of being written to, and what contacts did.
        consents: Column<kind::Client, Consent>,
        consents_of_contacts: Column<kind::Contact, Consent>,
        agreements: Column<kind::Agreement, Agreed>,
        /// What says who a contact is, and at which client it is.
        contacts: Column<kind::Contact, Sym<kind::Client>>,
        roles: Column<kind::Contact, Run<ContactRole>>,
        roles_set: Rows<ContactRole>,
        /// The events that a client's history may show.
        noted: PerRecord<Noted>,
        /// What ties events to clients, strongest first; an event that stands nowhere here is tied
        /// by its home alone.
        anchors: Rows<crate::ids::EntitySym>,
        /// The records that opened documents.
        births: Births,
    }
}

impl Clients {
    /// Takes the next record.
    pub fn take(&self, record: &Record) {
        self.tie(record);
        match &record.event {
            Event::Clients(e) => self.take_client(record, e),
            Event::Counterparties(e) => self.take_counterparty(record, e),
            Event::Staff(Staff::WorkHandedOver(e)) => {
                for client in e.of::<kind::Client>() {
                    self.own(record, &client, Some(&e.to), Some(&e.from));
                }
            }
            Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_)
            | Event::Accounting(_)
            | Event::Stock(_) => (),
            Event::Staff(_) => (),
            Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }

    fn take_client(&self, record: &Record, event: &event::Clients) {
        match event {
            event::Clients::ClientRegistered(e) => {
                let client = self.ids.sym(&e.client);
                self.named.push(client, Dated::of(record, Some(e.kind)));
                self.own(record, &e.client, e.owner.as_ref(), None);
                if !e.attributes.is_empty() {
                    let set = e.attributes.iter().map(|(key, value)| (key, Some(value)));
                    self.set_fields(record, client, set);
                }
            }
            event::Clients::ClientRenamed(e) => {
                self.named.push(self.ids.sym(&e.client), Dated::of(record, None));
            }
            event::Clients::ClientAttributesSet(e) => {
                let set = e.set.iter().map(|(key, value)| (key, value.as_ref()));
                self.set_fields(record, self.ids.sym(&e.client), set);
            }
            event::Clients::ClientOwnerAssigned(e) => {
                self.own(record, &e.client, Some(&e.employee), None);
            }
            event::Clients::ClientMerged(e) => {
                let (from, into) = (self.ids.sym(&e.client), self.ids.sym(&e.into));
                self.merges.push(from, Dated::of(record, Some(into)));
                self.absorbed.push(into, Dated::of(record, from));
            }
            event::Clients::ClientUnmerged(e) => {
                self.merges.push(self.ids.sym(&e.client), Dated::of(record, None));
            }
            event::Clients::ContactAdded(e) => {
                let (client, contact) = (self.ids.sym(&e.client), self.ids.sym(&e.contact));
                self.contacts.push(contact, Dated::of(record, client));
                self.channels.push(contact, Dated::of(record, ()));
                self.at_client.push(client, Dated::of(record, contact));
            }
            event::Clients::ContactRoleSet(e) => {
                let roles = self.roles_set.extend(record.position, e.roles.iter().copied());
                self.roles.push(self.ids.sym(&e.contact), Dated::of(record, roles));
            }
            event::Clients::CustomFieldDefined(_) | event::Clients::CustomFieldRetired(_) => (),
            event::Clients::ContactChannelsChanged(e) => {
                self.channels.push(self.ids.sym(&e.contact), Dated::of(record, ()));
            }
            event::Clients::ClientArchived(_)
            | event::Clients::ClientRestored(_)
            | event::Clients::ClientGoalSet(_)
            | event::Clients::ConsentGiven(_)
            | event::Clients::ConsentWithdrawn(_)
            | event::Clients::AgreementNoted(_)
            | event::Clients::AgreementSettled(_) => self.take_dealing(record, event),
        }
    }
    fn own(
        &self,
        record: &Record,
        client: &ClientId,
        to: Option<&EmployeeId>,
        from: Option<&EmployeeId>,
    ) {
        let sym = |employee: &EmployeeId| self.ids.sym(employee);
        let owned = Owned { to: to.map(sym), from: from.map(sym) };
        self.owners.push(self.ids.sym(client), Dated::of(record, owned));
    }
    fn set_fields<'e>(
        &self,
        record: &Record,
        client: Sym<kind::Client>,
        set: impl Iterator<Item = (&'e Key, Option<&'e Text>)>,
    ) {
        let word = |word: &str| self.words.intern(word, record.position);
        let set = set.map(|(key, value)| FieldSet {
            key: word(key.as_str()),
            value: value.map(|value| word(value.as_str())),
        });
        let set = self.fields_set.extend(record.position, set);
        self.fields.push(client, Dated::of(record, set));
    }

    fn take_counterparty(&self, record: &Record, event: &Counterparties) {
        match event {
            Counterparties::CounterpartyRegistered(e) => {
                self.registered.push(self.ids.sym(&e.counterparty), Dated::of(record, ()));
            }
            Counterparties::CounterpartyLinked(e) => {
                self.link(record, &e.counterparty, &e.client, true);
            }
            Counterparties::CounterpartyUnlinked(e) => {
                self.link(record, &e.counterparty, &e.client, false);
            }
            Counterparties::ContractSigned(e) => {
                let terms = ContractTerms {
                    counterparty: self.ids.sym(&e.counterparty),
                    valid_from: e.valid_from,
                    valid_to: e.valid_to,
                    payment_days: e.payment_days,
                    credit_limit: e.credit_limit,
                };
                self.contracts.push(self.ids.sym(&e.contract), Dated::of(record, terms));
            }
            Counterparties::CounterpartyDetailsChanged(e) => {
                self.registered.push(self.ids.sym(&e.counterparty), Dated::of(record, ()));
            }
            Counterparties::ContractAmended(e) => {
                self.amend(record, &e.contract, Amendment::of(e));
            }
            Counterparties::ContractTerminated(e) => {
                self.amend(record, &e.contract, Amendment::end());
            }
        }
    }
    fn link(&self, record: &Record, legal: &CounterpartyId, client: &ClientId, begins: bool) {
        let (legal, client) = (self.ids.sym(legal), self.ids.sym(client));
        self.links.push(legal, Dated::of(record, Link { client, begins }));
        // What ends was begun before.
        if begins {
            self.linked.push(client, Dated::of(record, legal));
        }
    }

    /// The number of a client.
    #[must_use]
    pub fn sym(&self, client: &str) -> Option<Sym<kind::Client>> {
        self.ids.find(client)
    }
    /// The id of a client.
    #[must_use]
    pub fn id(&self, client: Sym<kind::Client>) -> &str {
        self.ids.name(client)
    }
    /// The number of a legal entity.
    #[must_use]
    pub fn counterparty(&self, counterparty: &str) -> Option<Sym<kind::Counterparty>> {
        self.ids.find(counterparty)
    }
    /// The id of a legal entity.
    #[must_use]
    pub fn counterparty_id(&self, counterparty: Sym<kind::Counterparty>) -> &str {
        self.ids.name(counterparty)
    }
    /// The registration of a client, if it counts.
    #[must_use]
    pub fn registration(
        &self,
        client: Sym<kind::Client>,
        lens: Lens<'_>,
    ) -> Option<Dated<ClientKind>> {
        self.named
            .of(client)
            .counting(lens)
            .find_map(|fact| Some(Dated { at: fact.at, position: fact.position, what: fact.what? }))
    }
    /// The record that says what a client is called; `None` before it was registered.
    #[must_use]
    pub fn client_named_at(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Option<Position> {
        self.named.of(client).last(lens).map(|fact| fact.position)
    }
    /// What was set of the company's own fields of a client, the earliest first; `None` removed
    /// one.
    pub fn set_of<'a>(
        &'a self,
        client: Sym<kind::Client>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let set = self.fields.of(client).counting(lens);
        set.flat_map(|fact| self.fields_set.of(fact.what)).map(|field| {
            (self.words.text(field.key), field.value.map(|value| self.words.text(value)))
        })
    }
    /// One of the company's own fields of a client, as it was set last.
    #[must_use]
    pub fn field<'a>(
        &'a self,
        client: Sym<kind::Client>,
        key: &str,
        lens: Lens<'a>,
    ) -> Option<&'a str> {
        let key = self.words.find(key)?;
        let mut set = self.fields.of(client).counting(lens).rev();
        let last = set.find_map(|fact| self.fields_set.of(fact.what).find(|of| of.key == key))?;
        last.value.map(|value| self.words.text(value))
    }
    /// Whether one of the company's own fields was set of any client.
    #[must_use]
    pub fn any_field(&self, key: &str, lens: Lens<'_>) -> bool {
        let Some(key) = self.words.find(key) else { return false };
        let mut set =
            self.fields.counting(lens).flat_map(|(_, _, fact)| self.fields_set.of(fact.what));
        set.any(|field| field.key == key && field.value.is_some())
    }

    /// Whose a client was.
    #[must_use]
    pub fn owners_of(&self, client: Option<Sym<kind::Client>>) -> Chain<'_, kind::Client, Owned> {
        self.owners.of_any(client)
    }
    /// The employee a client belongs to.
    #[must_use]
    pub fn owner(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Option<Sym<kind::Employee>> {
        self.owners.of(client).last(lens).and_then(|owned| owned.what.to)
    }
    /// The id of the employee a client belongs to.
    #[must_use]
    pub fn owner_id(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Option<&str> {
        self.owner(client, lens).map(|employee| self.ids.name(employee))
    }
    /// The record that says whose a client is, and the id of the employee; `None` before it was
    /// registered.
    #[must_use]
    pub fn owner_fact(
        &self,
        client: Sym<kind::Client>,
        lens: Lens<'_>,
    ) -> Option<(Position, Option<&str>)> {
        let owned = self.owners.of(client).last(lens)?;
        Some((owned.position, owned.what.to.map(|employee| self.ids.name(employee))))
    }

    /// The links of a legal entity and their ends.
    #[must_use]
    pub fn links(
        &self,
        counterparty: Option<Sym<kind::Counterparty>>,
    ) -> Chain<'_, kind::Counterparty, Link> {
        self.links.of_any(counterparty)
    }
    /// The client a legal entity is linked to at the end of the lens, with the position of the
    /// link.
    #[must_use]
    pub fn linked_client(
        &self,
        counterparty: Sym<kind::Counterparty>,
        lens: Lens<'_>,
    ) -> Option<(Sym<kind::Client>, Position)> {
        let link = self.links.of(counterparty).last(lens)?;
        link.what.begins.then_some((link.what.client, link.position))
    }
    /// The legal entities that were ever linked to a client, whether it counts or not; one may come
    /// twice.
    pub fn ever_linked(
        &self,
        client: Sym<kind::Client>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Counterparty>> {
        self.linked.of(client).all(side).map(|fact| fact.what)
    }

    /// The merges of a client (`Some` into whom, `None` where undone).
    #[must_use]
    pub fn merges(
        &self,
        client: Sym<kind::Client>,
    ) -> Chain<'_, kind::Client, Option<Sym<kind::Client>>> {
        self.merges.of(client)
    }
    /// The merges that records at some positions say, whether they count or not: (who, into whom).
    pub fn merged_at(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = (Sym<kind::Client>, Sym<kind::Client>)> {
        let said = self.merges.recorded(positions, side);
        said.filter_map(|(who, merge)| Some((who, merge.what?)))
    }
    /// The clients that records at some positions merge, or unmerge; one may come twice.
    pub fn merges_at(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Client>> {
        self.merges.recorded(positions, side).map(|(who, _)| who)
    }
    /// The legal entities that records at some positions link, or unlink; one may come twice.
    pub fn links_at(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Counterparty>> {
        self.links.recorded(positions, side).map(|(legal, _)| legal)
    }
    /// The client a client counts for: itself, or the last one along the merges in force. A circle,
    /// which the rules refuse, leaves it as it is.
    #[must_use]
    pub fn root(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Sym<kind::Client> {
        let (mut at, mut steps) = (client, 0);
        while let Some(into) = self.merges.of(at).last(lens).and_then(|merge| merge.what) {
            (at, steps) = (into, steps + 1);
            if at == client || steps > self.ids.count::<kind::Client>() {
                return client;
            }
        }
        at
    }
    /// Every client that counts for this one, itself first; empty if it counts for another.
    #[must_use]
    pub fn merged_into(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Vec<Sym<kind::Client>> {
        let absorbed = |at| self.absorbed.of(at).all(lens.side).map(|merge| merge.what);
        let mut all = reached(client, absorbed);
        all.retain(|at| self.root(*at, lens) == client);
        all
    }
    /// Every client that was ever merged into this one, over any number of steps, itself first.
    #[must_use]
    pub fn merged_below(&self, client: Sym<kind::Client>, side: Side) -> Vec<Sym<kind::Client>> {
        reached(client, |at| self.absorbed.of(at).all(side).map(|merge| merge.what))
    }
    /// Every client that merges ever tied to this one, itself first.
    #[must_use]
    pub fn merge_family(&self, client: Sym<kind::Client>, side: Side) -> Vec<Sym<kind::Client>> {
        reached(client, |at| {
            let absorbed = self.absorbed.of(at).all(side).map(|merge| merge.what);
            absorbed.chain(self.merges.of(at).all(side).filter_map(|merge| merge.what))
        })
    }
}

/// All that is reached from one over any number of steps, each once, the first itself.
fn reached<T: Copy + Ord, I: Iterator<Item = T>>(from: T, next: impl Fn(T) -> I) -> Vec<T> {
    let (mut all, mut known, mut at) = (vec![from], BTreeSet::from([from]), 0);
    while let Some(of) = all.get(at).copied() {
        all.extend(next(of).filter(|other| known.insert(*other)));
        at += 1;
    }
    all
}
