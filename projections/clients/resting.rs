//! What rests on what: the documents whose client may be decided by an entity. Invariant: nothing
//! is left out, whatever the clocks; more may be named than would change.

use std::collections::HashSet;

use sijil_schemas::id::{EntityRef, Kind};

use super::Clients;

impl Clients {
    /// Every document whose client a client (by its merges), a legal entity (by its links) or a
    /// document (by its opening) may decide, in order of first appearance.
    #[must_use]
    pub fn resting_on(&self, root: &EntityRef) -> Vec<EntityRef> {
        let roots: &[u32] = match root.kind {
            Kind::Client => self.roster.clients.get(root.id()).map_or(&[], |facts| &facts.parties),
            Kind::Counterparty => {
                self.roster.counterparties.get(root.id()).map_or(&[], |facts| &facts.parties)
            }
            _ => self
                .ties
                .entities
                .find(root)
                .map_or(&[], |number| &self.ties.documents[number as usize].parties),
        };
        let mut parties: Vec<u32> = roots.to_vec();
        let mut seen: HashSet<u32> = parties.iter().copied().collect();
        let (mut found, mut named) = (Vec::new(), HashSet::new());
        while let Some(party) = parties.pop() {
            for document in &self.ties.held[party as usize].documents {
                if named.insert(*document) {
                    found.push(*document);
                    parties.extend(
                        self.ties.documents[*document as usize]
                            .parties
                            .iter()
                            .copied()
                            .filter(|p| seen.insert(*p)),
                    );
                }
            }
        }
        found.sort_unstable();
        found
            .into_iter()
            .filter_map(|document| self.ties.entities.at(document))
            .filter_map(|(kind, id)| EntityRef::new(kind, id).ok())
            .collect()
    }
}
