//! Whose client an event is. Invariant: the one definition, used by every report and rule: the
//! client it names; else the client its legal entity was linked to on its date; else the client of
//! its order, deal, shipment, claim or other document; then the merges in force at `as_of`.

use sijil_schemas::{
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::{Clients, ties::Anchor};
use crate::{cut::Lens, report::Grounds, table::Sym, views::Folds};

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

/// The client of an event with this date, by the links on that date; `None` is "no client". The
/// lens must have the report's own `as_of`, not the event's date.
#[must_use]
pub fn client_of(
    views: Folds<'_>,
    lens: Lens<'_>,
    hints: &Hints<'_>,
    at: Timestamp,
) -> Option<Sym<kind::Client>> {
    Resolver::new(views.clients, lens, LinkView::AtEvent).client_of(hints, at)
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

    /// The client of an event with this date; `None` is "no client".
    #[must_use]
    pub fn client_of(&self, hints: &Hints<'_>, at: Timestamp) -> Option<Sym<kind::Client>> {
        let roster = &self.clients.roster;
        let named = || hints.client.and_then(|id| roster.clients.sym(id));
        let linked = || {
            hints
                .counterparty
                .and_then(|id| roster.counterparties.sym(id))
                .and_then(|legal| self.linked(legal, at))
        };
        let documents = [
            (Kind::Order, hints.order),
            (Kind::Deal, hints.deal),
            (Kind::Shipment, hints.shipment),
            (Kind::Claim, hints.claim),
            (Kind::Invoice, hints.invoice),
            (Kind::Payment, hints.payment),
        ];
        let of_document = || {
            documents
                .iter()
                .filter_map(|(kind, id)| EntityRef::new(*kind, (*id)?).ok())
                .find_map(|document| self.birth_client(&document))
        };
        named().or_else(linked).or_else(of_document).map(|client| self.root(client))
    }
    /// The same, as the client's id.
    #[must_use]
    pub fn client_id_of(&self, hints: &Hints<'_>, at: Timestamp) -> Option<&'a str> {
        self.client_of(hints, at).map(|client| self.clients.id(client))
    }
    /// The client of an event that names this one, whatever its date; `None` if no such client is
    /// known.
    pub(crate) fn named(&self, client: &str) -> Option<Sym<kind::Client>> {
        self.clients.roster.clients.sym(client).map(|client| self.root(client))
    }
    /// The client of a document by what opened it: an order, deal, shipment, claim, invoice,
    /// payment, contact …
    #[must_use]
    pub fn client_of_document(&self, document: &EntityRef) -> Option<Sym<kind::Client>> {
        self.birth_client(document).map(|client| self.root(client))
    }
    /// The client of an event that names these entities, as in an event's `refs`: a client first,
    /// then a legal entity, then documents in order.
    #[must_use]
    pub fn client_of_refs(&self, refs: &[EntityRef], at: Timestamp) -> Option<Sym<kind::Client>> {
        let roster = &self.clients.roster;
        let first = |kind: Kind| refs.iter().find(|e| e.kind == kind).map(EntityRef::id);
        let named = || first(Kind::Client).and_then(|id| roster.clients.sym(id));
        let linked = || {
            first(Kind::Counterparty)
                .and_then(|id| roster.counterparties.sym(id))
                .and_then(|legal| self.linked(legal, at))
        };
        let of_document = || refs.iter().find_map(|document| self.birth_client(document));
        named().or_else(linked).or_else(of_document).map(|client| self.root(client))
    }

    /// The client of a party on a date, with merges.
    pub(crate) fn client_of_party(&self, party: u32, at: Timestamp) -> Option<Sym<kind::Client>> {
        self.anchored(party, at, 0).map(|client| self.root(client))
    }

    /// Adds the records that say whose client an event is: openings of documents, the link and the
    /// merges in force.
    pub fn because(&self, hints: &Hints<'_>, at: Timestamp, said: &mut Grounds) {
        let roster = &self.clients.roster;
        let client = hints.client.and_then(|id| roster.clients.sym(id));
        if let Some(legal) = hints
            .counterparty
            .and_then(|id| roster.counterparties.sym(id))
            .filter(|_| client.is_none())
        {
            self.because_linked(legal, at, said);
        }
        let documents = [
            (Kind::Order, hints.order),
            (Kind::Deal, hints.deal),
            (Kind::Shipment, hints.shipment),
            (Kind::Claim, hints.claim),
        ];
        let more = [(Kind::Invoice, hints.invoice), (Kind::Payment, hints.payment)];
        let named = documents
            .into_iter()
            .chain(more)
            .filter_map(|(kind, id)| EntityRef::new(kind, id?).ok());
        for document in
            named.filter_map(|d| self.clients.ties.entities.find(&d)).filter(|_| client.is_none())
        {
            self.because_opened(document, 0, said);
        }
        let unmerged = client.or_else(|| Resolver { merges: false, ..*self }.client_of(hints, at));
        self.because_merged(unmerged, said);
    }
    /// The same, for a document by what opened it.
    pub(crate) fn because_document(&self, document: &EntityRef, said: &mut Grounds) {
        if let Some(number) = self.clients.ties.entities.find(document) {
            self.because_opened(number, 0, said);
            self.because_merged(self.opened(number, 0), said);
        }
    }
    /// The same, for a party.
    pub(crate) fn because_party(&self, party: u32, at: Timestamp, said: &mut Grounds) {
        self.because_anchored(party, at, 0, said);
        self.because_merged(self.anchored(party, at, 0), said);
    }

    fn because_linked(&self, legal: Sym<kind::Counterparty>, at: Timestamp, said: &mut Grounds) {
        self.clients
            .roster
            .counterparties
            .at(legal)
            .links
            .last(self.link_lens(at))
            .iter()
            .for_each(|link| said.add(link.position));
    }
    fn because_opened(&self, document: u32, depth: usize, said: &mut Grounds) {
        if let Some(birth) = self.clients.ties.documents[document as usize]
            .births
            .last(self.lens)
            .filter(|_| depth < DEPTH_MAX)
        {
            said.add(birth.position);
            self.because_anchored(birth.what, birth.at, depth + 1, said);
        }
    }
    /// What says it first, says it; what is asked before it and says nobody is not behind it.
    fn because_anchored(&self, party: u32, at: Timestamp, depth: usize, said: &mut Grounds) {
        for anchor in self.clients.ties.parties.at(party) {
            let found = match anchor {
                Anchor::Client(_) => true,
                Anchor::Counterparty(legal) => {
                    self.because_linked(*legal, at, said);
                    self.linked(*legal, at).is_some()
                }
                Anchor::Document(document) => {
                    self.because_opened(*document, depth, said);
                    self.opened(*document, depth).is_some()
                }
            };
            if found {
                return;
            }
        }
    }
    fn because_merged(&self, client: Option<Sym<kind::Client>>, said: &mut Grounds) {
        let (mut next, mut steps) = (client, 0_usize);
        while let Some(at) = next.filter(|_| steps <= self.clients.roster.clients.len()) {
            let merge = self.clients.roster.clients.at(at).merges.last(self.lens);
            merge.iter().for_each(|merge| said.add(merge.position));
            (next, steps) = (merge.and_then(|m| m.what), steps + 1);
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
    fn birth_client(&self, document: &EntityRef) -> Option<Sym<kind::Client>> {
        self.clients.ties.entities.find(document).and_then(|number| self.opened(number, 0))
    }
    fn opened(&self, document: u32, depth: usize) -> Option<Sym<kind::Client>> {
        let birth = self.clients.ties.documents[document as usize].births.last(self.lens)?;
        if depth < DEPTH_MAX { self.anchored(birth.what, birth.at, depth + 1) } else { None }
    }
    fn anchored(&self, party: u32, at: Timestamp, depth: usize) -> Option<Sym<kind::Client>> {
        self.clients.ties.parties.at(party).iter().find_map(|anchor| match anchor {
            Anchor::Client(client) => Some(*client),
            Anchor::Counterparty(legal) => self.linked(*legal, at),
            Anchor::Document(document) => self.opened(*document, depth),
        })
    }
}

impl Clients {
    /// The client a client counts for: itself, or the last one along the merges in force. A circle,
    /// which the rules refuse, leaves it as it is.
    #[must_use]
    pub fn root(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Sym<kind::Client> {
        let (mut at, mut steps) = (client, 0_usize);
        while let Some(into) = self.roster.clients.at(at).merges.last(lens).and_then(|m| m.what) {
            (at, steps) = (into, steps + 1);
            if at == client || steps > self.roster.clients.len() {
                return client;
            }
        }
        at
    }
    /// Every client that counts for this one, itself first; empty if it counts for another.
    #[must_use]
    pub fn merged_into(&self, client: Sym<kind::Client>, lens: Lens<'_>) -> Vec<Sym<kind::Client>> {
        let mut all = vec![client];
        let mut next = 0;
        while let Some(at) = all.get(next).copied() {
            for from in &self.roster.clients.at(at).absorbed {
                if !all.contains(from) {
                    all.push(*from);
                }
            }
            next += 1;
        }
        all.retain(|c| self.root(*c, lens) == client);
        all
    }
    /// The client a legal entity is linked to at the end of the lens, with the position of the
    /// link.
    #[must_use]
    pub fn linked_client(
        &self,
        counterparty: Sym<kind::Counterparty>,
        lens: Lens<'_>,
    ) -> Option<(Sym<kind::Client>, sijil_schemas::Position)> {
        let link = self.roster.counterparties.at(counterparty).links.last(lens)?;
        link.what.begins.then_some((link.what.client, link.position))
    }
    /// The legal entities linked to a client at the end of the lens, in order of their ids.
    #[must_use]
    pub fn counterparties_of(
        &self,
        client: Sym<kind::Client>,
        lens: Lens<'_>,
    ) -> Vec<Sym<kind::Counterparty>> {
        let linked = self.roster.clients.at(client).linked.iter().copied();
        let mut all: Vec<_> = linked
            .filter(|l| self.linked_client(*l, lens).is_some_and(|(c, _)| c == client))
            .collect();
        all.sort_by_key(|l| self.roster.counterparties.name(*l));
        all
    }
}
