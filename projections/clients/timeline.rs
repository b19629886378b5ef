//! A client's events. Invariant: every event that some client's timeline shows is shown by exactly
//! one, and unmerging restores both lists.

use sijil_schemas::{
    Position,
    id::{EntityRef, kind},
    time::Timestamp,
};

use super::{LinkView, Party, Resolver, near::Near};
use crate::{Sym, cut::Lens, families::Folds};

/// An event on a client's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening<'a> {
    /// Its business date.
    pub at: Timestamp,
    /// Where it stands.
    pub position: Position,
    /// The code of its type.
    pub code: u16,
    /// Who did it.
    pub actor: &'a str,
    /// The entity it belongs to.
    pub home: EntityRef,
    /// The party that ties it to the client.
    pub party: Party,
}

impl Happening<'_> {
    /// The order of a timeline, oldest first.
    #[must_use]
    pub const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

/// Every event of a client that counts, in order of position; none if the client counts for
/// another.
#[must_use]
pub fn happenings<'a>(
    views: Folds<'a>,
    client: Sym<kind::Client>,
    lens: Lens<'a>,
) -> Vec<Happening<'a>> {
    own(views, &Near::of_client(views, client, lens), client, lens).collect()
}

/// Those events that are a client's and count.
fn own<'a>(
    views: Folds<'a>,
    near: &Near,
    client: Sym<kind::Client>,
    lens: Lens<'a>,
) -> impl Iterator<Item = Happening<'a>> {
    let clients = views.clients;
    let resolver = Resolver::new(clients, lens, LinkView::AtEvent);
    near.events.iter().filter_map(move |(at, position, noted)| {
        let party = clients.party(*position, noted);
        let is_own = *at < lens.cut.before
            && lens.known(*position)
            && resolver.client_of_party(party, *at) == Some(client);
        is_own.then(|| Happening {
            at: *at,
            position: *position,
            code: noted.code(),
            actor: clients.actor(noted),
            home: views.entities.ids().entity_of(noted.home()),
            party,
        })
    })
}

/// When and where each event of a client was recorded that counts, or was voided: whose a voided
/// one was, is asked of what was known just before its void.
#[must_use]
pub fn happened(
    views: Folds<'_>,
    client: Sym<kind::Client>,
    lens: Lens<'_>,
) -> Vec<(Timestamp, Position)> {
    let near = Near::of_client(views, client, lens);
    let mut all: Vec<(Timestamp, Position)> =
        own(views, &near, client, lens).map(|happening| happening.order()).collect();
    for (at, position, noted) in near.events {
        if at >= lens.cut.before || !lens.recorded(position) {
            continue;
        }
        let Some(void) = lens.void_of(position) else { continue };
        let before = lens.known_by(Position::new(void.get().saturating_sub(1)));
        let resolver = Resolver::new(views.clients, before, LinkView::AtEvent);
        let of = resolver.client_of_party(views.clients.party(position, &noted), at);
        if of.map(|of| views.clients.root(of, lens)) == Some(client) {
            all.push((at, position));
        }
    }
    all
}
