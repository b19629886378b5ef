//! Clients, their contacts and the company's own fields. Invariant: every value that names a person
//! is [`Personal`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    fielded::Fielded,
    id::{AgreementId, ClientId, ContactId, CounterpartyId, CustomFieldId, EmployeeId, Key},
    money::Amount,
    recipient::Recipient,
    text::{Name, Personal, Text, plain_fields},
    time::Date,
};

/// Person or organisation.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClientKind {
    /// A natural person.
    Person,
    /// An organisation.
    Org,
}

/// One way to reach a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct ContactChannel {
    /// What it is: phone, email, messenger.
    pub kind: Key,
    /// The number or address.
    pub address: Name,
}

/// What a contact does in a purchase.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ContactRole {
    /// Decides to buy.
    Buyer,
    /// Uses what is bought.
    Consumer,
    /// Pays for it.
    WalletHolder,
    /// Anything else.
    Other,
}

/// What values one of the company's own fields takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CustomFieldType {
    /// Free text.
    Text,
    /// A decimal.
    Number,
    /// A day.
    Date,
    /// `true` or `false`.
    Boolean,
    /// One of a list.
    Option,
}

plain_fields!(ClientKind, ContactChannel, ContactRole, CustomFieldType);

event! {
    /// A client became known.
    101 "client.registered" v 1 Opens ClientRegistered {
        /// The client.
        client: ClientId,
        /// Its name.
        name: Personal<Name>,
        /// Person or organisation.
        kind: ClientKind,
        /// The employee it belongs to.
        owner: Option<EmployeeId>,
    }
}
event! {
    /// A client got another name.
    102 "client.renamed" v 1 Continues ClientRenamed {
        /// The client.
        client: ClientId,
        /// The new name.
        name: Personal<Name>,
    }
}
event! {
    /// Fields of a client were set, or removed with null.
    103 "client.attributes_set" v 1 Continues ClientAttributesSet {
        /// The client.
        client: ClientId,
        /// Key to value; null removes the field.
        #[schemars(extend("maxProperties" = crate::text::ATTRIBUTES_MAX))]
        set: BTreeMap<Key, Option<Text>>,
    }
}
event! {
    /// A client got another owner.
    104 "client.owner_assigned" v 1 Continues ClientOwnerAssigned {
        /// The client.
        client: ClientId,
        /// The new owner.
        employee: EmployeeId,
        /// Why; it speaks of the persons.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// A client turned out to be another one: from this date its facts count for `into`.
    105 "client.merged" v 1 Continues ClientMerged {
        /// The client that is merged away.
        client: ClientId,
        /// The client that stays.
        into: ClientId,
    }
}
event! {
    /// A merge was undone from this date.
    106 "client.unmerged" v 1 Continues ClientUnmerged {
        /// The client that stands on its own again.
        client: ClientId,
    }
}
event! {
    /// A person at a client became known.
    107 "contact.added" v 1 Opens ContactAdded {
        /// The contact.
        contact: ContactId,
        /// Where the person belongs.
        client: ClientId,
        /// The person's name.
        name: Personal<Name>,
        /// How to reach the person.
        channels: Option<Personal<Vec<ContactChannel>>>,
    }
}
event! {
    /// What a contact does in purchases.
    108 "contact.role_set" v 1 Continues ContactRoleSet {
        /// The contact.
        contact: ContactId,
        /// All roles that hold from this date.
        roles: Vec<ContactRole>,
    }
}
event! {
    /// One of the company's own fields.
    109 "custom_field.defined" v 1 Revises CustomFieldDefined {
        /// The field.
        custom_field: CustomFieldId,
        /// The kind of entity that has it.
        entity: Fielded,
        /// The key under which it is set.
        key: Key,
        /// What values it takes.
        r#type: CustomFieldType,
        /// The list, for type option.
        #[serde(default)]
        options: Vec<Name>,
        /// Whether an entity must have it.
        required: bool,
    }
}
event! {
    /// Nothing more is planned with a client: no new deals, orders or invoices from this date.
    110 "client.archived" v 1 Continues ClientArchived {
        /// The client.
        client: ClientId,
        /// Why; it speaks of the persons.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// A client that was archived is dealt with again.
    111 "client.restored" v 1 Continues ClientRestored {
        /// The client.
        client: ClientId,
        /// Why; it speaks of the persons.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// What is to be reached with a client; the latest under a key holds.
    112 "client.goal_set" v 1 Continues ClientGoalSet {
        /// The client.
        client: ClientId,
        /// The goal's key.
        key: Key,
        /// Which metric tells it.
        metric: Option<Key>,
        /// How much.
        value: Option<Amount>,
        /// The last day.
        by_date: Date,
        /// What it is, in words.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// How to reach a contact was said anew, all of it.
    113 "contact.channels_changed" v 1 Continues ContactChannelsChanged {
        /// The contact.
        contact: ContactId,
        /// How to reach the person; empty is not at all.
        channels: Personal<Vec<ContactChannel>>,
    }
}
event! {
    /// Somebody agreed to be written to or called.
    114 "consent.given" v 1 Continues ConsentGiven {
        /// The client or contact.
        subject: Recipient,
        /// By which means: email, sms, call; `any` is all of them.
        channel: Key,
        /// What for; absent is everything.
        purpose: Option<Key>,
        /// Where the proof is kept.
        proof_ref: Option<Name>,
    }
}
event! {
    /// Somebody no longer agrees to be written to or called, whether they ever did or not.
    115 "consent.withdrawn" v 1 Continues ConsentWithdrawn {
        /// The client or contact.
        subject: Recipient,
        /// By which means: email, sms, call; `any` is all of them.
        channel: Key,
        /// What for; absent is everything.
        purpose: Option<Key>,
        /// Where the proof is kept.
        proof_ref: Option<Name>,
    }
}
event! {
    /// Something was agreed with a client that is no contract.
    116 "agreement.noted" v 1 Opens AgreementNoted {
        /// The agreement.
        agreement: AgreementId,
        /// With which client.
        client: Option<ClientId>,
        /// With which legal entity.
        counterparty: Option<CounterpartyId>,
        /// What was agreed.
        text: Personal<Text>,
        /// The last day to keep it.
        due_on: Option<Date>,
    }
}
event! {
    /// An agreement was kept, or will not be.
    117 "agreement.settled" v 1 Continues AgreementSettled {
        /// The agreement.
        agreement: AgreementId,
        /// Whether it was kept.
        kept: bool,
        /// What came of it.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// One of the company's own fields is used no more: its key is free, and nothing must have it
    /// from this date on; values stay.
    118 "custom_field.retired" v 1 Continues CustomFieldRetired {
        /// The field.
        custom_field: CustomFieldId,
    }
}
