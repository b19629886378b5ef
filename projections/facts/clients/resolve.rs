//! Whose client an event is. Invariant: the one definition, used by every report and rule: the
//! client it names; else the client its legal entity was linked to on its date; else the client of
//! its order, deal, shipment, claim or other document; then the merges in force at `as_of`.

use sijil_schemas::{
    Event, Position,
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::{Clients, Party};
use crate::{
    cut::Lens,
    ids::{EntitySym, Sym},
};

/// How far a document may rest on another: an order on a deal, a return on a shipment on an order
/// on a deal.
const DEPTH_MAX: usize = 16;

/// Which of a legal entity's links counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkView {
    /// The link on the event's date.
    #[default]
    AtEvent,
    /// The link at `as_of`.
    Current,
}

impl LinkView {
    /// The view of a report's parameter `view`.
    #[must_use]
    pub fn of(word: Option<&str>) -> LinkView {
        if word == Some("current") { LinkView::Current } else { LinkView::AtEvent }
    }
}

/// What an event says about whose it is, by ids; leave out what it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints<'a> {
    /// The client it names.
    pub client: Option<&'a str>,
    /// The legal entity it names.
    pub counterparty: Option<&'a str>,
    /// The order it is for.
    pub order: Option<&'a str>,
    /// The deal it is for.
    pub deal: Option<&'a str>,
    /// The shipment it is about.
    pub shipment: Option<&'a str>,
    /// The claim it is about.
    pub claim: Option<&'a str>,
    /// The invoice it is about.
    pub invoice: Option<&'a str>,
    /// The payment it is about.
    pub payment: Option<&'a str>,
}

/// Answers whose client many events are, for one lens and view.
#[derive(Debug, Clone, Copy)]
pub struct Resolver<'a> {
    clients: &'a Clients,
    lens: Lens<'a>,
    view: LinkView,
    merges: bool,
}

impl<'a> Resolver<'a> {
    /// For events that count under this lens. The lens must have the report's own `as_of`.
    #[must_use]
    pub const fn new(clients: &'a Clients, lens: Lens<'a>, view: LinkView) -> Resolver<'a> {
        Resolver { clients, lens, view, merges: true }
    }
    /// The same, but for clients as they are named, whatever they are merged into.
    #[must_use]
    pub const fn unmerged(self) -> Resolver<'a> {
        Resolver { merges: false, ..self }
    }

    /// The client of an event with this date; `None` is "no client".
    #[must_use]
    pub fn client_of(&self, hints: &Hints<'_>, at: Timestamp) -> Option<Sym<kind::Client>> {
        let linked = || hints.legal(self.clients).and_then(|legal| self.linked(legal, at));
        let opened = || hints.documents(self.clients).find_map(|document| self.opened(document, 0));
        let client = hints.client(self.clients).or_else(linked).or_else(opened);
        client.map(|client| self.root(client))
    }
    /// The same, as the client's id.
    #[must_use]
    pub fn client_id_of(&self, hints: &Hints<'_>, at: Timestamp) -> Option<&'a str> {
        self.client_of(hints, at).map(|client| self.clients.id(client))
    }
    /// The client of an event that names this one, whatever its date.
    #[must_use]
    pub fn merged(&self, client: Sym<kind::Client>) -> Sym<kind::Client> {
        self.root(client)
    }
    /// The client of a document by what opened it: an order, deal, shipment, claim, invoice,
    /// payment, contact …
    #[must_use]
    pub fn client_of_document(&self, document: &EntityRef) -> Option<Sym<kind::Client>> {
        self.client_of_opened(self.clients.ids.find_entity(document)?)
    }
    /// The same of a document by its number.
    #[must_use]
    pub fn client_of_opened(&self, document: EntitySym) -> Option<Sym<kind::Client>> {
        self.opened(document, 0).map(|client| self.root(client))
    }
    /// The client of an event that names these entities, as in an event's `refs`: a client first,
    /// then a legal entity, then documents in order.
    #[must_use]
    pub fn client_of_refs(&self, refs: &[EntitySym], at: Timestamp) -> Option<Sym<kind::Client>> {
        let named = || refs.iter().find_map(|entity| entity.typed());
        let linked = || {
            let legal = refs.iter().find_map(|entity| entity.typed());
            legal.and_then(|legal| self.linked(legal, at))
        };
        let of_document = || refs.iter().find_map(|document| self.opened(*document, 0));
        named().or_else(linked).or_else(of_document).map(|client| self.root(client))
    }
    /// The client of a party on a date, with merges.
    #[must_use]
    pub fn client_of_party(&self, party: Party, at: Timestamp) -> Option<Sym<kind::Client>> {
        self.anchored(party, at, 0).map(|client| self.root(client))
    }
    /// The client of an event that is not recorded yet.
    #[must_use]
    pub fn client_of_new(&self, event: &Event, at: Timestamp) -> Option<Sym<kind::Client>> {
        let mut anchors = self.clients.would_tie(event);
        let client = anchors.find_map(|anchor| self.of_anchor(anchor, at, 0));
        client.map(|client| self.root(client))
    }

    /// Adds the records that say whose client an event is: openings of documents, the link and the
    /// merges in force.
    pub fn because(&self, hints: &Hints<'_>, at: Timestamp, said: &mut impl Extend<Position>) {
        let client = hints.client(self.clients);
        if client.is_none() {
            if let Some(legal) = hints.legal(self.clients) {
                self.because_linked(legal, at, said);
            }
            for document in hints.documents(self.clients) {
                self.because_opened(document, 0, said);
            }
        }
        let unmerged = client.or_else(|| Resolver { merges: false, ..*self }.client_of(hints, at));
        self.because_merged(unmerged, said);
    }
    /// The same, for a document by what opened it.
    pub fn because_document(&self, document: EntitySym, said: &mut impl Extend<Position>) {
        self.because_opened(document, 0, said);
        self.because_merged(self.opened(document, 0), said);
    }
    /// The same, for a party.
    pub fn because_party(&self, party: Party, at: Timestamp, said: &mut impl Extend<Position>) {
        self.because_anchored(party, at, 0, said);
        self.because_merged(self.anchored(party, at, 0), said);
    }

    fn because_linked(
        &self,
        legal: Sym<kind::Counterparty>,
        at: Timestamp,
        said: &mut impl Extend<Position>,
    ) {
        let link = self.clients.links.of(legal).last(self.link_lens(at));
        said.extend(link.map(|link| link.position));
    }
    fn because_opened(&self, document: EntitySym, depth: usize, said: &mut impl Extend<Position>) {
        if depth < DEPTH_MAX
            && let Some(opening) = self.clients.opening(document, self.lens)
        {
            said.extend([opening.position]);
            self.because_anchored(opening.what, opening.at, depth + 1, said);
        }
    }
    /// What says it first, says it; what is asked before it and says nobody is not behind it.
    fn because_anchored(
        &self,
        party: Party,
        at: Timestamp,
        depth: usize,
        said: &mut impl Extend<Position>,
    ) {
        for anchor in self.clients.anchors(party) {
            match anchor.typed() {
                Some(legal) => self.because_linked(legal, at, said),
                None => self.because_opened(anchor, depth, said),
            }
            if self.of_anchor(anchor, at, depth).is_some() {
                return;
            }
        }
    }
    fn because_merged(&self, client: Option<Sym<kind::Client>>, said: &mut impl Extend<Position>) {
        let (mut next, mut steps) = (client, 0);
        while let Some(at) = next.filter(|_| steps <= self.clients.ids.count::<kind::Client>()) {
            let merge = self.clients.merges.of(at).last(self.lens);
            said.extend(merge.map(|merge| merge.position));
            (next, steps) = (merge.and_then(|merge| merge.what), steps + 1);
        }
    }

    fn root(&self, client: Sym<kind::Client>) -> Sym<kind::Client> {
        if self.merges { self.clients.root(client, self.lens) } else { client }
    }
    fn link_lens(&self, at: Timestamp) -> Lens<'a> {
        match self.view {
            LinkView::AtEvent => self.lens.until(at),
            LinkView::Current => self.lens,
        }
    }
    fn linked(&self, legal: Sym<kind::Counterparty>, at: Timestamp) -> Option<Sym<kind::Client>> {
        self.clients.linked_client(legal, self.link_lens(at)).map(|(client, _)| client)
    }
    /// The client of a document, without merges.
    fn opened(&self, document: EntitySym, depth: usize) -> Option<Sym<kind::Client>> {
        let opening = self.clients.opening(document, self.lens)?;
        if depth < DEPTH_MAX { self.anchored(opening.what, opening.at, depth + 1) } else { None }
    }
    fn anchored(&self, party: Party, at: Timestamp, depth: usize) -> Option<Sym<kind::Client>> {
        self.clients.anchors(party).find_map(|anchor| self.of_anchor(anchor, at, depth))
    }
    fn of_anchor(
        &self,
        anchor: EntitySym,
        at: Timestamp,
        depth: usize,
    ) -> Option<Sym<kind::Client>> {
        match (anchor.typed(), anchor.typed()) {
            (Some(client), _) => Some(client),
            (None, Some(legal)) => self.linked(legal, at),
            (None, None) => self.opened(anchor, depth),
        }
    }
}

impl Hints<'_> {
    fn client(&self, clients: &Clients) -> Option<Sym<kind::Client>> {
        self.client.and_then(|id| clients.sym(id))
    }
    fn legal(&self, clients: &Clients) -> Option<Sym<kind::Counterparty>> {
        self.counterparty.and_then(|id| clients.counterparty(id))
    }
    /// The documents, strongest first.
    fn documents(&self, clients: &Clients) -> impl Iterator<Item = EntitySym> {
        let named = [
            (Kind::Order, self.order),
            (Kind::Deal, self.deal),
            (Kind::Shipment, self.shipment),
            (Kind::Claim, self.claim),
            (Kind::Invoice, self.invoice),
            (Kind::Payment, self.payment),
        ];
        named.into_iter().filter_map(move |(kind, id)| {
            let number = clients.ids.of_kind(kind).find(id?)?;
            Some(EntitySym { kind, number })
        })
    }
}
