//! What may be a client's: the events and documents that its clients, legal entities and documents
//! lead to. Invariant: nothing is left out, whatever the clocks; more may be found than is its own.
//!
//! Who names whom, the trail of each entity says; only events that it ties are followed.

use std::collections::HashSet;

use sijil_facts::{Entities, EntitySym};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::{Clients, Noted};
use crate::{Sym, cut::Lens, families::Folds};

/// What some entities lead to.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// The events they tie, in order of position.
    pub(super) events: Vec<(Timestamp, Position, Noted)>,
    /// The documents that were opened by those.
    pub(super) documents: Vec<EntitySym>,
}

impl Near {
    /// What a client leads to, with those merged into it and the legal entities ever linked to one
    /// of them.
    pub(super) fn of_client(views: Folds<'_>, client: Sym<kind::Client>, lens: Lens<'_>) -> Near {
        let mut roots: Vec<EntitySym> = Vec::new();
        for source in views.clients.merged_into(client, lens) {
            roots.push(source.into());
            let linked = views.clients.ever_linked(source, lens.side);
            roots.extend(linked.map(EntitySym::from));
        }
        Near::of(views.clients, views.entities, roots, lens)
    }
    /// What some roots lead to over any number of documents.
    fn of(clients: &Clients, entities: &Entities, roots: Vec<EntitySym>, lens: Lens<'_>) -> Near {
        let (mut near, mut known) = (Near::default(), HashSet::new());
        let mut pending: Vec<EntitySym> =
            roots.into_iter().filter(|root| known.insert(*root)).collect();
        while let Some(entity) = pending.pop() {
            for (part, _) in entities.life_of(entity, lens.side).touching_back() {
                // What a later part of a document names, the whole of it names.
                let position = lens.voids.opening_of(part);
                let Some(noted) = clients.noted(position) else { continue };
                let mut anchors = clients.anchors(clients.names(position, &noted));
                let opened = noted.opens();
                if opened != Some(entity) && !anchors.any(|anchor| anchor == entity) {
                    continue;
                }
                near.events.push((entities.moment(position), position, noted));
                if let Some(document) = opened.filter(|document| known.insert(*document)) {
                    near.documents.push(document);
                    pending.push(document);
                }
            }
        }
        near.events.sort_unstable_by_key(|(_, position, _)| *position);
        near.events.dedup_by_key(|(_, position, _)| *position);
        near
    }
}

/// The ids of the documents of a kind that may be the client's, in no order: none that is its own
/// is missing, and whether one is, the resolver says.
pub(crate) fn documents_near<'a>(
    views: Folds<'a>,
    client: Sym<kind::Client>,
    kind: Kind,
    lens: Lens<'_>,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let documents = Near::of_client(views, client, lens).documents.into_iter();
    let ids = views.entities.ids();
    documents.filter(move |of| of.kind == kind).map(move |document| ids.id_of(document))
}

/// Every document whose client a client (by its merges), a legal entity (by its links) or a
/// document (by its opening) may decide, by kind and in order of first appearance.
#[must_use]
pub fn resting_on(views: Folds<'_>, lens: Lens<'_>, root: &EntityRef) -> Vec<EntityRef> {
    let ids = views.entities.ids();
    let roots = ids.find_entity(root).into_iter().collect();
    let mut documents = Near::of(views.clients, views.entities, roots, lens).documents;
    documents.sort_unstable();
    documents.into_iter().map(|document| ids.entity_of(document)).collect()
}
