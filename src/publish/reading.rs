//! The views, and the records that opened what they hold, as the tables show them: everything known
//! at one position, without a cut on business time. Invariant: every row of a publication is read
//! through one lens.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use sijil_ledger::{Desk, Persons, ReadError};
use sijil_projections::{
    Cut, Known, Lens,
    clients::{LinkView, Resolver},
};
use sijil_schemas::{
    Event, Position,
    id::{EntityRef, Kind},
    time::{Date, Timestamp},
};

/// What records say of some owners of one kind that stands in no view: of clients, contacts and
/// legal entities the record that says their names, of all others the one that opened them. They
/// are read in the log while nobody holds the views.
#[derive(Debug, Default)]
pub(crate) struct Openings {
    of: BTreeMap<String, Vec<Position>>,
    said: Persons,
}

/// The records that say of an owner what stands in no view; `None` if none is wanted.
fn said_at(
    views: &Known,
    lens: Lens<'_>,
    owner: &EntityRef,
    personal: bool,
) -> Option<Vec<Position>> {
    let (clients, ids) = (&views.clients, views.entities.ids());
    match owner.kind {
        Kind::Client | Kind::Contact | Kind::Counterparty if !personal => None,
        Kind::Client => Some(vec![clients.client_named_at(ids.find(owner.id())?, lens)?]),
        Kind::Contact => {
            let contact = ids.find(owner.id())?;
            let named = clients.contact_said_at(contact, lens)?.position;
            Some([named].into_iter().chain(clients.channels_said_at(contact, lens)).collect())
        }
        Kind::Counterparty => {
            let said = clients.legal_said(ids.find(owner.id())?).counting(lens);
            Some(said.map(|fact| fact.position).collect())
        }
        _ => Some(vec![views.entities.get(owner, lens.side)?.birth(lens)?.position]),
    }
}

impl Openings {
    /// Reads them; what does not exist, as known, has none. What is about persons alone is read
    /// only where it is asked for.
    pub(crate) fn read(
        ledger: &Desk,
        kind: Kind,
        owners: &[String],
        known_at: Position,
        personal: bool,
    ) -> Result<Openings, ReadError> {
        let of: BTreeMap<String, Vec<Position>> = {
            let views = ledger.views();
            let lens = views.lens(Cut { known_at, ..Cut::all() });
            let said = |id: &String| {
                let owner = EntityRef::new(kind, id).ok()?;
                Some((id.clone(), said_at(&views, lens, &owner, personal)?))
            };
            owners.iter().filter_map(said).collect()
        };
        let said = ledger.persons(of.values().flatten().copied())?;
        Ok(Openings { of, said })
    }
}

/// What rows are read from.
pub(crate) struct Reading<'a> {
    pub(crate) views: &'a Known,
    pub(crate) lens: Lens<'a>,
    zone: TimeZone,
    resolver: Resolver<'a>,
    openings: &'a Openings,
}

impl<'a> Reading<'a> {
    /// What was known at a position, with the openings of the owners whose rows are made; a group
    /// whose rows come from views alone needs none.
    pub(crate) fn at(views: &'a Known, position: Position, openings: &'a Openings) -> Reading<'a> {
        let lens = views.lens(Cut { known_at: position, ..Cut::all() });
        Reading {
            views,
            lens,
            zone: views.company.zone(),
            resolver: Resolver::new(&views.clients, lens, LinkView::AtEvent),
            openings,
        }
    }
    /// The event that opened an owner of a group that is made from records, too.
    pub(crate) fn opening(&self, id: &str) -> Option<&'a Event> {
        self.openings.said.event(*self.openings.of.get(id)?.first()?)
    }
    /// What records say about persons, as far as it is asked for.
    pub(crate) fn persons(&self) -> &'a Persons {
        &self.openings.said
    }
    /// The day of a moment, in the company's time zone.
    pub(crate) fn day(&self, at: Timestamp) -> Date {
        at.date(&self.zone)
    }
    /// The client of a document, with links and merges as known.
    pub(crate) fn client_of(&self, kind: Kind, id: &str) -> Option<&'a str> {
        let document = EntityRef::new(kind, id).ok()?;
        self.resolver.client_of_document(&document).map(|client| self.views.clients.id(client))
    }
    /// The last record behind an entity: one that names it, or voids one that does.
    pub(crate) fn position(&self, kind: Kind, id: &str) -> Position {
        let entity = EntityRef::new(kind, id).ok();
        let life = entity.and_then(|entity| self.views.entities.get(&entity, self.lens.side));
        let Some(life) = life else { return Position::ZERO };
        let known_at = self.lens.cut.known_at;
        let void =
            |position: Position| self.lens.voids.of(position).filter(|void| *void <= known_at);
        let touching = life
            .touching_back()
            .map(|(position, _)| position)
            .filter(|position| *position <= known_at);
        touching
            .map(|position| void(position).map_or(position, |void| void.max(position)))
            .max()
            .unwrap_or(Position::ZERO)
    }
    /// The ids of every entity of a kind that exists, in order.
    pub(crate) fn ids(&self, kind: Kind) -> Vec<String> {
        self.views
            .entities
            .of_kind(kind, self.lens)
            .into_iter()
            .map(|(id, _)| id.to_owned())
            .collect()
    }
}

/// The word that stands for a choice in events.
pub(crate) fn word(choice: impl serde::Serialize) -> String {
    serde_json::to_value(choice)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
