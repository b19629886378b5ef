//! Who sees to a claim. Invariant: the last who was given it; where nobody was, the owner of its
//! client when it was opened.

use sijil_schemas::{Position, id::kind, time::Timestamp};

use crate::{Sym, clients::Resolver, cut::Lens, families::Folds};

/// The record that says who sees to a claim that was opened then, and the employee's id (R26).
pub(crate) fn seen_to_by<'a>(
    views: Folds<'a>,
    lens: Lens<'_>,
    resolver: &Resolver<'_>,
    (claim, opened): (Sym<kind::Claim>, Timestamp),
) -> Option<(Position, Option<&'a str>)> {
    let activity = views.activity;
    if let Some(given) = activity.claim_holder(Some(claim), lens) {
        return Some((given.position, Some(activity.ids().name(given.what))));
    }
    let client = resolver.client_of_opened(claim.into())?;
    views.clients.owner_fact(client, lens.until(opened))
}
