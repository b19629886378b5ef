//! How a client is dealt with: archived or not, what is to be reached, what was agreed, who may be
//! written to. Invariant: no word that was said of a person is a fact, only that it was said.

use sijil_schemas::{
    Recipient, Record,
    event::Clients as ClientsEvent,
    id::{Key, kind},
    money::Amount,
    time::Date,
};

use super::Clients;
use crate::{
    cells,
    chain::Chain,
    cut::{Dated, Lens},
    ids::Sym,
    words::Word,
};

cells! {
    /// What is to be reached with a client.
    pub struct Goal {
        /// Under which key.
        pub key: Sym<Word>,
        /// Which metric tells it.
        pub metric: Option<Sym<Word>>,
        /// How much.
        pub value: Option<Amount>,
        /// The last day.
        pub by_date: Date,
    }
}

cells! {
    /// What somebody said of being written to.
    pub struct Consent {
        /// By which means; `any` is all of them.
        pub channel: Sym<Word>,
        /// What for; `None` is everything.
        pub purpose: Option<Sym<Word>>,
        /// Whether it was given; else it was withdrawn.
        pub given: bool,
    }
}

cells! {
    /// An agreement that was noted, or settled.
    pub enum Agreed {
        /// Something was agreed.
        Noted {
            /// The last day to keep it.
            due_on: Option<Date>,
        },
        /// It was kept, or will not be.
        Settled {
            /// Whether it was kept.
            kept: bool,
        },
    }
}

impl Clients {
    pub(super) fn take_dealing(&self, record: &Record, event: &ClientsEvent) {
        let word = |word: &Key| self.words.intern(word.as_str(), record.position);
        match event {
            ClientsEvent::ClientArchived(e) => {
                self.archived.push(self.ids.sym(&e.client), Dated::of(record, true));
            }
            ClientsEvent::ClientRestored(e) => {
                self.archived.push(self.ids.sym(&e.client), Dated::of(record, false));
            }
            ClientsEvent::ClientGoalSet(e) => {
                let (key, metric) = (word(&e.key), e.metric.as_ref().map(word));
                let goal = Goal { key, metric, value: e.value, by_date: e.by_date };
                self.goals.push(self.ids.sym(&e.client), Dated::of(record, goal));
            }
            ClientsEvent::ConsentGiven(e) => {
                let (channel, purpose) = (word(&e.channel), e.purpose.as_ref().map(word));
                self.consent(record, &e.subject, Consent { channel, purpose, given: true });
            }
            ClientsEvent::ConsentWithdrawn(e) => {
                let (channel, purpose) = (word(&e.channel), e.purpose.as_ref().map(word));
                self.consent(record, &e.subject, Consent { channel, purpose, given: false });
            }
            ClientsEvent::AgreementNoted(e) => {
                let noted = Agreed::Noted { due_on: e.due_on };
                self.agreements.push(self.ids.sym(&e.agreement), Dated::of(record, noted));
            }
            ClientsEvent::AgreementSettled(e) => {
                let settled = Agreed::Settled { kept: e.kept };
                self.agreements.push(self.ids.sym(&e.agreement), Dated::of(record, settled));
            }
            ClientsEvent::ClientRegistered(_)
            | ClientsEvent::ClientRenamed(_)
            | ClientsEvent::ClientAttributesSet(_)
            | ClientsEvent::ClientOwnerAssigned(_)
            | ClientsEvent::ClientMerged(_)
            | ClientsEvent::ClientUnmerged(_) => (),
            ClientsEvent::ContactAdded(_)
            | ClientsEvent::ContactRoleSet(_)
            | ClientsEvent::ContactChannelsChanged(_)
            | ClientsEvent::CustomFieldDefined(_)
            | ClientsEvent::CustomFieldRetired(_) => (),
        }
    }
    fn consent(&self, record: &Record, subject: &Recipient, consent: Consent) {
        let said = Dated::of(record, consent);
        match subject {
            Recipient::Client(id) => {
                self.consents.push(self.ids.sym(id), said);
            }
            Recipient::Contact(id) => {
                self.consents_of_contacts.push(self.ids.sym(id), said);
            }
        }
    }

    /// When a client was archived (`true`) and restored.
    #[must_use]
    pub fn archivings(&self, client: Sym<kind::Client>) -> Chain<'_, kind::Client, bool> {
        self.archived.of(client)
    }
    /// What made a client archived; `None` if it is not.
    #[must_use]
    pub fn archiving(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Option<Dated<()>> {
        let last = self.archived.of(client).last(lens).filter(|fact| fact.what)?;
        Some(last.map(drop))
    }
    /// What is to be reached with a client: the latest goal under each key, in order of the keys'
    /// texts.
    #[must_use]
    pub fn goals(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Vec<Dated<Goal>> {
        let mut latest: Vec<Dated<Goal>> = Vec::new();
        for goal in self.goals.of(client).counting(lens).rev() {
            if latest.iter().all(|later| later.what.key != goal.what.key) {
                latest.push(goal);
            }
        }
        latest.sort_by_key(|goal| self.words.text(goal.what.key));
        latest
    }
    /// Every goal that was set, as far as it counts, in order of position.
    pub fn every_goal<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Client>, Dated<Goal>)> + 'a {
        self.goals.counting(lens).map(|(_, client, goal)| (client, goal))
    }
    /// A word that a goal or a consent names.
    #[must_use]
    pub fn word(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// The number of a word that any fact names.
    #[must_use]
    pub fn find_word(&self, word: &str) -> Option<Sym<Word>> {
        self.words.find(word)
    }
    /// What a client said of being written to, in replay order.
    #[must_use]
    pub fn consents_of_client(
        &self,
        client: Sym<kind::Client>,
    ) -> Chain<'_, kind::Client, Consent> {
        self.consents.of(client)
    }
    /// What a contact said of being written to, in replay order.
    #[must_use]
    pub fn consents_of_contact(
        &self,
        contact: Sym<kind::Contact>,
    ) -> Chain<'_, kind::Contact, Consent> {
        self.consents_of_contacts.of(contact)
    }
    /// The noting of an agreement, and its settling.
    #[must_use]
    pub fn agreed(
        &self,
        agreement: Option<Sym<kind::Agreement>>,
    ) -> Chain<'_, kind::Agreement, Agreed> {
        self.agreements.of_any(agreement)
    }
}
