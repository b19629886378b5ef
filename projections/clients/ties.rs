//! What ties each event to a client: the party it names. Invariant: a party is decided by the event
//! alone, and each event stands under exactly one; whose client that is, is asked later, through a
//! lens.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Event, Record,
    event::{Accounting, Birth, Invoices, Marketing},
    id::{EntityRef, Key, Kind, kind},
};

use super::{card::Roster, numbered::Numbered};
use crate::{
    cut::{Dated, Facts},
    few::Few,
    names::EntityNames,
    table::Sym,
};

/// One thing that ties an event to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Anchor {
    /// The client it names.
    Client(Sym<kind::Client>),
    /// The legal entity it names.
    Counterparty(Sym<kind::Counterparty>),
    /// The document it is about, whose own party decides.
    Document(u32),
}

/// What ties an event to a client, strongest first.
pub(crate) type Party = Box<[Anchor]>;

/// The kinds of documents that have a party of their own, strongest first.
const DOCUMENTS: &[Kind] = &[
    Kind::Order,
    Kind::Deal,
    Kind::Shipment,
    Kind::Claim,
    Kind::GoodsReturn,
    Kind::Invoice,
    Kind::CreditNote,
    Kind::Payment,
    Kind::Bill,
    Kind::BillCredit,
    Kind::Contract,
    Kind::Contact,
    Kind::Interaction,
    Kind::Task,
    Kind::Reservation,
    Kind::Issue,
    Kind::Receipt,
    Kind::StatementLine,
    Kind::Limit,
];

/// An event as a client's history shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    /// The event type's code.
    pub(crate) code: u16,
    /// Who did it.
    pub(crate) actor: u32,
    /// The entity it belongs to.
    pub(crate) home: u32,
}

/// A document: what opened it, and which parties rest on it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Document {
    /// The parties of the records that opened it.
    pub(crate) births: Facts<u32>,
    /// The parties that name it.
    pub(crate) parties: Few<u32>,
}

/// What stands under one party.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The events.
    pub(crate) events: Few<Dated<Noted>>,
    /// The documents opened by them.
    pub(crate) documents: Few<u32>,
}

/// Every party, and what stands under it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ties {
    /// Documents and home entities by number.
    pub(crate) entities: EntityNames,
    /// What is known of each, by the same number.
    pub(crate) documents: Vec<Document>,
    /// Who did things.
    pub(crate) actors: Numbered<Key>,
    /// Every combination of anchors that events have.
    pub(crate) parties: Numbered<Party>,
    /// What stands under each, by the same number.
    pub(crate) held: Vec<Held>,
    /// Whether no events are kept: the rules ask for no timeline.
    #[serde(skip)]
    pub(crate) without_events: bool,
}

/// A party that is new: its anchors have yet to learn of it.
pub(crate) struct Tied {
    /// Its number.
    pub(crate) party: u32,
    /// Its anchors, if it has just been made.
    pub(crate) fresh: Option<Party>,
}

impl Ties {
    pub(crate) fn entity(&mut self, entity: &EntityRef) -> u32 {
        let number = self.entities.intern(entity);
        if number as usize == self.documents.len() {
            self.documents.push(Document::default());
        }
        number
    }

    /// Puts a record under its party; `None` if nothing ties it to anyone.
    pub(crate) fn apply(&mut self, record: &Record, roster: &mut Roster) -> Option<Tied> {
        let opens = record.event.event_type().birth != Birth::Continues;
        let named = Named::of(&record.event);
        let home = record.event.home();
        let is_document = DOCUMENTS.contains(&home.kind);
        if named.all.is_empty() && !(opens && is_document) {
            return None;
        }
        let mut anchors = Vec::with_capacity(4);
        for group in named.groups() {
            self.anchors(group, &home, opens, roster, &mut anchors);
        }
        // A named client decides: nothing behind it is ever asked.
        if let Some(decided) = anchors.iter().position(|a| matches!(a, Anchor::Client(_))) {
            anchors.truncate(decided + 1);
        }
        let party = self.parties.intern(anchors.as_slice());
        let fresh = party as usize == self.held.len();
        if fresh {
            self.held.push(Held::default());
        }
        let number = self.entity(&home);
        if opens && is_document {
            self.documents[number as usize].births.insert(Dated::of(record, party));
        }
        if anchors.is_empty() {
            return Some(Tied { party, fresh: None });
        }
        let actor = self.actors.intern(&record.envelope.actor);
        let held = &mut self.held[party as usize];
        if !self.without_events {
            held.events.push(Dated::of(
                record,
                Noted { code: record.event.event_type().code, actor, home: number },
            ));
        }
        if opens && is_document {
            held.documents.push(number);
        }
        Some(Tied { party, fresh: fresh.then(|| anchors.into()) })
    }

    /// The anchors of a group of named entities: a client, then a legal entity, then documents, the
    /// home before others of its kind's rank.
    fn anchors(
        &mut self,
        group: &[EntityRef],
        home: &EntityRef,
        opens: bool,
        roster: &mut Roster,
        out: &mut Vec<Anchor>,
    ) {
        let first = |kind: Kind| group.iter().find(|e| e.kind == kind);
        if let Some(client) = first(Kind::Client).and_then(EntityRef::typed) {
            out.push(Anchor::Client(roster.clients.intern(&client)));
        }
        if let Some(legal) = first(Kind::Counterparty).and_then(EntityRef::typed) {
            out.push(Anchor::Counterparty(roster.counterparties.intern(&legal)));
        }
        // A document does not rest on itself: the record that opens it is what says whose it is.
        let own = group.iter().find(|e| *e == home && !opens);
        let others = DOCUMENTS
            .iter()
            .filter_map(|kind| group.iter().find(|e| e.kind == *kind && *e != home));
        for document in own.filter(|e| DOCUMENTS.contains(&e.kind)).into_iter().chain(others) {
            let anchor = Anchor::Document(self.entity(document));
            if !out.contains(&anchor) {
                out.push(anchor);
            }
        }
    }
}

/// The party on whose behalf an event is, which no other field of it names.
fn for_party(event: &Event) -> Option<&EntityRef> {
    match event {
        Event::Invoices(Invoices::PaymentAllocated(e)) => e.for_party.as_ref(),
        Event::Invoices(Invoices::CreditNoteAllocated(e)) => e.for_party.as_ref(),
        Event::Accounting(Accounting::PaymentMadeAllocated(e)) => e.for_party.as_ref(),
        _ => None,
    }
}

/// The entities an event names that may tie it to a client: in its fields, and then in its refs.
struct Named {
    all: Vec<EntityRef>,
    in_fields: usize,
}

impl Named {
    fn of(event: &Event) -> Named {
        let mut named = Named { all: Vec::with_capacity(8), in_fields: 0 };
        // A classification names all it classified, and belongs to none of them.
        if matches!(event, Event::Marketing(Marketing::ClassificationCompleted(_))) {
            return named;
        }
        // On whose behalf an allocation is, is not whose it is.
        let mut for_party = for_party(event);
        let may_tie = |kind: Kind| {
            matches!(kind, Kind::Client | Kind::Counterparty) || DOCUMENTS.contains(&kind)
        };
        event.touch(&mut |entity| {
            if for_party.is_some_and(|of| *of == entity) {
                for_party = None;
            } else if may_tie(entity.kind) {
                named.all.push(entity);
            }
        });
        // The refs are shown last.
        named.in_fields =
            named.all.len() - event.refs().iter().filter(|entity| may_tie(entity.kind)).count();
        named
    }
    /// Those in fields, and those in refs.
    fn groups(&self) -> [&[EntityRef]; 2] {
        let (fields, refs) = self.all.split_at(self.in_fields);
        [fields, refs]
    }
}
