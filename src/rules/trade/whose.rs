//! Whose a document is, and whose what settles it. Invariant: nothing settles another party's
//! document unless it names that party.

use sijil_projections::{
    clients::{LinkView, Resolver},
    trade::Party,
};
use sijil_schemas::id::{EntityRef, Kind};

use super::settlement::entity;
use crate::{Book, Rejection};

/// A document and the party it names.
#[derive(Debug, Clone)]
pub(crate) struct Whose<'a> {
    party: &'a Party,
    document: EntityRef,
}

impl<'a> Whose<'a> {
    pub(crate) fn of(party: &'a Party, kind: Kind, id: &str) -> Whose<'a> {
        Whose { party, document: entity(kind, id) }
    }
    fn counterparty(&self, book: &Book) -> Option<String> {
        self.party.counterparty.map(|c| format!("counterparty:{}", book.trade.ids().name(c)))
    }
    fn client(&self, book: &Book) -> Option<String> {
        let resolver = Resolver::new(&book.clients, book.now(), LinkView::AtEvent);
        resolver
            .client_of_document(&self.document)
            .map(|c| format!("client:{}", book.clients.id(c)))
    }
}

/// What settles must not be of another legal entity than the document; where not both name one, not
/// of another client: unless `for_party` names the document's.
pub(crate) fn same_party(
    book: &Book,
    document: &Whose<'_>,
    means: &Whose<'_>,
    for_party: Option<&EntityRef>,
) -> Result<(), Rejection> {
    let other = |expected: String, got: String| Err(Rejection::OtherCounterparty { expected, got });
    if let Some(party) = for_party {
        let (party, of) = (party.to_string(), [document.counterparty(book), document.client(book)]);
        if of.contains(&Some(party.clone())) {
            return Ok(());
        }
        return other(
            of.into_iter().flatten().next().unwrap_or_else(|| document.document.to_string()),
            party,
        );
    }
    let pair = match (document.counterparty(book), means.counterparty(book)) {
        (Some(expected), Some(got)) => Some((expected, got)),
        _ => document.client(book).zip(means.client(book)),
    };
    match pair {
        Some((expected, got)) if expected != got => other(expected, got),
        _ => Ok(()),
    }
}
