//! A client's events. Invariant: every event that some client's timeline shows is shown by exactly
//! one, and unmerging restores both lists.

use std::collections::HashSet;

use sijil_schemas::{
    Position,
    id::{EntityRef, Key, Kind, kind},
    time::Timestamp,
};

use super::{Billed, Clients, LinkView, Resolver, ties::Noted};
use crate::{
    cut::{Dated, Lens},
    table::Sym,
};

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
    pub actor: &'a Key,
    /// The entity it belongs to.
    pub home: Option<EntityRef>,
    /// The party that ties it to the client.
    pub(crate) party: u32,
}

impl Happening<'_> {
    /// The order of a timeline, oldest first.
    #[must_use]
    pub const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

impl Clients {
    /// Every event of a client that counts, in no order; empty if the client counts for another.
    #[must_use]
    pub fn happenings<'a>(
        &'a self,
        client: Sym<kind::Client>,
        lens: Lens<'a>,
    ) -> Vec<Happening<'a>> {
        let resolver = Resolver::new(self, lens, LinkView::AtEvent);
        let mut found = Vec::new();
        for party in self.parties_near(client, lens) {
            let events = self.ties.held[party as usize].events.iter();
            let own = events.filter(|e| {
                lens.counts(e) && resolver.client_of_party(party, e.at) == Some(client)
            });
            found.extend(own.map(|e| self.happening(e, party)));
        }
        found
    }

    /// When and where each event of a client was recorded that counts, or was voided: whose a
    /// voided one was, is asked of what was known just before its void.
    #[must_use]
    pub fn happened<'a>(
        &'a self,
        client: Sym<kind::Client>,
        lens: Lens<'a>,
    ) -> Vec<(Timestamp, Position)> {
        let mut all: Vec<(Timestamp, Position)> =
            self.happenings(client, lens).iter().map(Happening::order).collect();
        let now = Resolver::new(self, lens, LinkView::AtEvent);
        for party in self.parties_near(client, lens) {
            let events = self.ties.held[party as usize]
                .events
                .iter()
                .filter(|e| e.at < lens.cut.before && lens.recorded(e.position));
            for (event, void) in events.filter_map(|e| Some((e, lens.void_of(e.position)?))) {
                let before = lens.known_by(Position::new(void.get().saturating_sub(1)));
                let of =
                    Resolver::new(self, before, LinkView::AtEvent).client_of_party(party, event.at);
                if of.and_then(|of| now.named(self.id(of))) == Some(client) {
                    all.push((event.at, event.position));
                }
            }
        }
        all
    }

    fn happening(&self, event: &Dated<Noted>, party: u32) -> Happening<'_> {
        let what = event.what;
        Happening {
            at: event.at,
            position: event.position,
            code: what.code,
            actor: self.ties.actors.at(what.actor),
            home: self.ties.entities.entity(what.home),
            party,
        }
    }

    /// The ids of the documents of a kind that may be the client's, in no order, some more than
    /// once: none that is its own is missing, and whether one is, the resolver says. A document is
    /// its client's by the party of a record that opened it, and every such party is among those
    /// near the client.
    pub(crate) fn documents_near<'a>(
        &'a self,
        client: Sym<kind::Client>,
        kind: Kind,
        lens: Lens<'_>,
    ) -> impl Iterator<Item = &'a str> + use<'a> {
        let opened = self
            .parties_near(client, lens)
            .into_iter()
            .flat_map(|party| self.ties.held[party as usize].documents.iter());
        opened.filter_map(move |number| {
            self.ties.entities.at(*number).filter(|(of, _)| *of == kind).map(|(_, id)| id)
        })
    }

    /// Every party that may lead to the client: those that name it, a client merged into it, a
    /// legal entity ever linked to one of them, or a document of these.
    fn parties_near(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Vec<u32> {
        let mut seen = HashSet::new();
        let mut found: Vec<u32> = Vec::new();
        let mut visit = |parties: &[u32], found: &mut Vec<u32>| {
            for party in parties {
                if seen.insert(*party) {
                    found.push(*party);
                }
            }
        };
        for source in self.merged_into(client, lens) {
            let facts = self.roster.clients.at(source);
            visit(&facts.parties, &mut found);
            for legal in &facts.linked {
                visit(&self.roster.counterparties.at(*legal).parties, &mut found);
            }
        }
        let mut next = 0;
        while let Some(party) = found.get(next).copied() {
            for document in &self.ties.held[party as usize].documents {
                visit(&self.ties.documents[*document as usize].parties, &mut found);
            }
            next += 1;
        }
        found
    }

    /// The id of a document's number, if it is an invoice.
    pub(crate) fn invoice(&self, number: u32) -> Option<&str> {
        self.ties.entities.at(number).filter(|(kind, _)| *kind == Kind::Invoice).map(|(_, id)| id)
    }
    /// Every invoice and credit note, in order of position, whether it counts or not.
    pub(crate) fn billed(&self) -> &[Dated<Billed>] {
        &self.billed
    }
}
