//! What ties each event to a client: the party it names. Invariant: a party is decided by the event
//! alone, and each event stands under exactly one; whose client that is, is asked later, through a
//! lens.
//!
//! Most events only go on with what another one opened, and their party is that: nothing stands
//! here of them but their type, home and actor. Which events name an entity, its own trail says.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Event, Position, Record,
    event::{Accounting, Birth, Deals, Invoices, Marketing, event_type_of_code},
    id::{EntityRef, Kind, kind},
};
use smallvec::SmallVec;

use super::Clients;
use crate::{
    cells,
    cells::{Cells, Cursor, Row, Run, Source},
    column::Column,
    cut::{Dated, Lens, Side},
    family::Part,
    ids::{EntitySym, Sym},
    words::Word,
};

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
    Kind::Warranty,
    Kind::ServiceJob,
    Kind::Reminder,
    Kind::TimeEntry,
    Kind::SetOff,
    Kind::Expense,
    Kind::Agreement,
    Kind::Quote,
];

/// Which kind of document it is, counted from the strongest; `None` if it is none.
fn rank(kind: Kind) -> Option<usize> {
    const RANKS: [Option<usize>; Kind::ALL.len()] = {
        let (mut ranks, mut next) = ([None; Kind::ALL.len()], 0);
        while next < DOCUMENTS.len() {
            ranks[DOCUMENTS[next] as usize] = Some(next);
            next += 1;
        }
        ranks
    };
    RANKS[kind as usize]
}

/// Whether an entity may tie an event to a client.
fn may_tie(kind: Kind) -> bool {
    matches!(kind, Kind::Client | Kind::Counterparty) || rank(kind).is_some()
}

/// The type of an event, the kind of its home, and whether anything ties it to a client: in one
/// cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Type {
    code: u16,
    home: Kind,
    tied: bool,
}

const TIED: u32 = 1 << 31;

/// The type that says anew whose a deal is.
const CLIENT_SET: &str = "deal.client_set";

/// Whether an event says whose its home is: what opens it does, and what sets a deal's client.
fn says_party(event: &Event) -> bool {
    event.event_type().birth != Birth::Continues
        || matches!(event, Event::Deals(Deals::DealClientSet(_)))
}

impl Cells for Type {
    const CELLS: usize = 1;
    fn put(self, to: &mut Row) {
        let tied = if self.tied { TIED } else { 0 };
        to.push(u32::from(self.code) | (self.home as u32) << 16 | tied);
    }
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        let cell = from.cell();
        let home = Kind::ALL[((cell & !TIED) >> 16) as usize];
        Type { code: (cell & 0xffff) as u16, home, tied: cell & TIED != 0 }
    }
}

cells! {
    /// An event as a client's history shows it, and whose it is.
    pub struct Noted {
        kind: Type,
        home: u32,
        actor: Sym<Word>,
    }
}

impl Noted {
    /// The code of its type.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.kind.code
    }
    /// The entity it belongs to.
    #[must_use]
    pub const fn home(&self) -> EntitySym {
        EntitySym { kind: self.kind.home, number: self.home }
    }
    /// The document whose party it says, if it says one: what opens a document does, and what sets
    /// a deal's client.
    #[must_use]
    pub fn opens(&self) -> Option<EntitySym> {
        let says = event_type_of_code(self.code())
            .is_some_and(|t| t.birth != Birth::Continues || t.name == CLIENT_SET);
        Some(self.home()).filter(|home| says && rank(home.kind).is_some())
    }
}

/// What ties an event to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Its home alone.
    Home(EntitySym),
    /// What it names, strongest first.
    Named(Run<EntitySym>),
}

/// What the number of a document stands for, whatever its kind is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document;

/// The records that opened documents, kind by kind, each with its party.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Births(Box<[Column<Document, Run<EntitySym>>]>);

impl Default for Births {
    fn default() -> Births {
        Births(DOCUMENTS.iter().map(|_| Column::default()).collect())
    }
}
impl Part for Births {
    fn bytes(&self) -> u64 {
        self.0.iter().map(Column::bytes).sum()
    }
    fn publish(&self, up_to: Position) {
        self.0.iter().for_each(|births| births.publish(up_to));
    }
    fn truncate(&self, after: Position) {
        self.0.iter().for_each(|births| births.truncate(after));
    }
    fn copy(&self, up_to: Position) -> Self {
        Births(self.0.iter().map(|births| births.copy(up_to)).collect())
    }
}

/// The party on whose behalf an event is, which no other field of it names.
fn for_party(event: &Event) -> Option<&EntityRef> {
    match event {
        Event::Invoices(Invoices::PaymentAllocated(e)) => e.for_party.as_ref(),
        Event::Invoices(Invoices::CreditNoteAllocated(e)) => e.for_party.as_ref(),
        Event::Accounting(Accounting::PaymentMadeAllocated(e)) => e.for_party.as_ref(),
        Event::Invoices(Invoices::SetOffRecorded(e)) => e.for_party.as_ref(),
        _ => None,
    }
}

/// A few entities.
type Few = SmallVec<[EntitySym; 8]>;

/// The entities an event names that may tie it to a client: in its fields, and then in its refs.
struct Named {
    all: Few,
    in_fields: usize,
}

impl Named {
    /// Those that have a number.
    fn of(event: &Event, number: impl Fn(&EntityRef) -> Option<EntitySym>) -> Named {
        let mut named = Named { all: Few::new(), in_fields: 0 };
        // A classification names all it classified, and belongs to none of them.
        if matches!(event, Event::Marketing(Marketing::ClassificationCompleted(_))) {
            return named;
        }
        // On whose behalf an allocation is, is not whose it is.
        let mut for_party = for_party(event);
        event.touch(&mut |entity| {
            if for_party.is_some_and(|of| *of == entity) {
                for_party = None;
            } else if may_tie(entity.kind) {
                named.all.extend(number(&entity));
            }
        });
        // The refs are shown last.
        let refs = event.refs().iter().filter(|entity| may_tie(entity.kind));
        let refs = refs.filter(|entity| number(entity).is_some()).count();
        named.in_fields = named.all.len() - refs;
        named
    }
    /// What ties the event to a client, strongest first.
    fn anchors(&self, home: EntitySym, opens: bool) -> Few {
        let (mut anchors, (fields, refs)) = (Few::new(), self.all.split_at(self.in_fields));
        for group in [fields, refs] {
            add_anchors(group, home, opens, &mut anchors);
        }
        // A named client decides: nothing behind it is ever asked.
        if let Some(decided) = anchors.iter().position(|anchor| anchor.kind == Kind::Client) {
            anchors.truncate(decided + 1);
        }
        anchors
    }
}

/// Adds the anchors of a group of named entities: a client, then a legal entity, then documents,
/// the home before others, and of each other kind the first.
fn add_anchors(group: &[EntitySym], home: EntitySym, opens: bool, anchors: &mut Few) {
    let first = |kind: Kind| group.iter().copied().find(|entity| entity.kind == kind);
    anchors.extend(first(Kind::Client));
    anchors.extend(first(Kind::Counterparty));
    // A document does not rest on itself: the record that opens it is what says whose it is.
    let own = group.contains(&home) && !opens && rank(home.kind).is_some();
    let mut others: SmallVec<[(usize, EntitySym); 8]> = SmallVec::new();
    for (rank, entity) in group.iter().filter_map(|entity| Some((rank(entity.kind)?, *entity))) {
        if entity != home && others.iter().all(|(other, _)| *other != rank) {
            others.push((rank, entity));
        }
    }
    others.sort_unstable_by_key(|(rank, _)| *rank);
    let others = others.into_iter().map(|(_, entity)| entity);
    for document in own.then_some(home).into_iter().chain(others) {
        if !anchors.contains(&document) {
            anchors.push(document);
        }
    }
}

impl Clients {
    /// Puts a record under its party.
    pub(super) fn tie(&self, record: &Record) {
        let (event_type, home) = (record.event.event_type(), record.event.home());
        let opens = says_party(&record.event);
        let births = rank(home.kind).filter(|_| opens).map(|rank| &self.births.0[rank]);
        let named = Named::of(&record.event, |entity| Some(self.ids.entity(entity)));
        let home = self.ids.entity(&home);
        let anchors = named.anchors(home, opens);
        let by_home = anchors.as_slice() == [home];
        let said = if by_home { &[] } else { anchors.as_slice() };
        let said = self.anchors.extend(record.position, said.iter().copied());
        if let Some(births) = births {
            births.push(Sym::of(home.number), Dated::of(record, said));
        }
        let actor = self.words.intern(record.envelope.actor.as_str(), record.position);
        // Whose a deal is may be said later.
        let tied = !anchors.is_empty() || home.kind == Kind::Deal;
        let kind = Type { code: event_type.code, home: home.kind, tied };
        self.noted.set(record.position, Noted { kind, home: home.number, actor });
    }
    /// What is known of an event that something ties to clients.
    #[must_use]
    pub fn noted(&self, position: Position) -> Option<Noted> {
        self.any_noted(position).filter(|noted| noted.kind.tied)
    }
    /// What is known of an event, whether anything ties it to clients or not; of a document in
    /// parts it stands where that was opened.
    #[must_use]
    pub fn any_noted(&self, position: Position) -> Option<Noted> {
        self.noted.of(position)
    }
    /// What would tie an event to clients that is not recorded yet, strongest first.
    pub(super) fn would_tie(&self, event: &Event) -> impl Iterator<Item = EntitySym> + use<> {
        let named = Named::of(event, |entity| self.ids.find_entity(entity));
        let opens = says_party(event);
        let home = self.ids.find_entity(&event.home());
        let anchors = home.map_or_else(
            // Nobody has heard of its home: it rests on what it names.
            || named.anchors(EntitySym { kind: event.home().kind, number: u32::MAX }, true),
            |home| named.anchors(home, opens),
        );
        anchors.into_iter()
    }
    /// Who did something.
    #[must_use]
    pub fn actor(&self, noted: &Noted) -> &str {
        self.words.text(noted.actor)
    }
    /// The party of an event that stands at a position. Of a deal it is the deal, whatever its
    /// opening names: whose that is may be set anew, for its whole life.
    #[must_use]
    pub fn party(&self, position: Position, noted: &Noted) -> Party {
        match noted.opens() {
            Some(deal) if deal.kind == Kind::Deal => Party::Home(deal),
            _ => self.names(position, noted),
        }
    }
    /// What an event at a position names itself, or its home if it names nothing.
    #[must_use]
    pub fn names(&self, position: Position, noted: &Noted) -> Party {
        let named = self.anchors.run_of(position);
        if named.is_empty() { Party::Home(noted.home()) } else { Party::Named(named) }
    }
    /// The party of the event at a position; `None` if nothing ties it to anyone.
    #[must_use]
    pub fn party_at(&self, position: Position) -> Option<Party> {
        self.noted(position).map(|noted| self.party(position, &noted))
    }
    /// What a party is, strongest first: clients, legal entities and documents.
    pub fn anchors(&self, party: Party) -> impl Iterator<Item = EntitySym> {
        let (home, named) = match party {
            Party::Home(home) => (Some(home), Run::none()),
            Party::Named(named) => (None, named),
        };
        home.into_iter().chain(self.anchors.of(named))
    }
    /// The deals whose party records at some positions say; one may come twice.
    pub fn deals_said_at(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Deal>> {
        let births = rank(Kind::Deal).map(|rank| &self.births.0[rank]);
        let said = births.into_iter().flat_map(move |of| of.recorded(positions.clone(), side));
        said.map(|(deal, _)| Sym::of(deal.number()))
    }
    /// The record that says whose a document is, with its party; of several, the last.
    pub(super) fn opening(&self, document: EntitySym, lens: Lens<'_>) -> Option<Dated<Party>> {
        let births = &self.births.0[rank(document.kind)?];
        let Dated { at, position, what } = births.of(Sym::of(document.number)).last(lens)?;
        Some(Dated { at, position, what: Party::Named(what) })
    }
}
