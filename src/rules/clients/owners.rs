//! Whose a client is. Invariant: a client is handed over by whoever has it at that moment, whatever
//! was recorded later.

use sijil_projections::{Dated, Lens, clients::Owned, steps};
use sijil_schemas::{
    Position,
    id::{EmployeeId, EntityRef, Kind},
    time::Timestamp,
};

use super::{Misfits, WALKED_MAX, first_misfit};
use crate::{Book, Proposal, Rejection};

/// What is shown where a client belongs to nobody.
const NOBODY: &str = "nobody";

/// From its date, a client belongs to `to`; if it is handed over, it belonged to `from` until then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    at: Timestamp,
    position: Position,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl<'a> Step<'a> {
    fn known(book: &'a Book, fact: &Dated<Owned>) -> Step<'a> {
        let id = |employee| book.clients.ids().name(employee);
        Step {
            at: fact.at,
            position: fact.position,
            from: fact.what.from.map(id),
            to: fact.what.to.map(id),
        }
    }
    pub(super) fn of(
        proposal: &Proposal<'_>,
        from: Option<&'a EmployeeId>,
        to: Option<&'a EmployeeId>,
    ) -> Step<'a> {
        Step {
            at: proposal.at(),
            position: proposal.position,
            from: from.map(EmployeeId::as_str),
            to: to.map(EmployeeId::as_str),
        }
    }
}

/// Judges a hand-over or assignment by the fact before it and the one after it: whoever has a
/// client is told by the last fact alone.
pub(super) fn judge(book: &Book, client: &str, candidate: Step<'_>) -> Result<(), Rejection> {
    let facts = book.clients.owners_of(book.clients.sym(client));
    let order = (candidate.at, candidate.position);
    let before = facts.before(order, book.now()).next_back().map(|fact| Step::known(book, &fact));
    let after = facts.after(order, book.now()).next().map(|fact| Step::known(book, &fact));
    let steps = before.into_iter().chain([candidate]).chain(after);
    let verdict = first_misfit(
        misfits(client, steps.collect())
            .into_iter()
            .filter(|(position, _)| before.is_none_or(|before| before.position != *position))
            .collect(),
    );
    debug_assert!(
        facts.len(book.now().side) > WALKED_MAX
            || steps::uncounted(|| !walk(book, book.now(), client, None).is_empty()
                || verdict == first_misfit(walk(book, book.now(), client, Some(candidate)))),
        "owners of {client}"
    );
    verdict
}

/// Every hand-over of a client by somebody who does not have it; each counts all the same for what
/// follows.
pub(super) fn walk(
    book: &Book,
    lens: Lens<'_>,
    client: &str,
    candidate: Option<Step<'_>>,
) -> Misfits {
    let facts = book.clients.owners_of(book.clients.sym(client)).known(lens);
    let mut steps: Vec<Step<'_>> =
        facts.map(|fact| Step::known(book, &fact)).chain(candidate).collect();
    steps.sort_by_key(|step| (step.at, step.position));
    misfits(client, steps)
}

fn misfits(client: &str, steps: Vec<Step<'_>>) -> Misfits {
    let (mut owner, mut misfits) = (None, Misfits::new());
    for Step { at, position, from, to } in steps {
        if from.is_some()
            && from != owner
            && let Ok(entity) = EntityRef::new(Kind::Client, client)
        {
            let (current, got) =
                (owner.unwrap_or(NOBODY).to_owned(), from.unwrap_or(NOBODY).to_owned());
            misfits.push((
                position,
                Rejection::FromMismatch {
                    entity,
                    pointer: "/data/from",
                    current,
                    got,
                    at,
                    position,
                },
            ));
        }
        owner = to;
    }
    misfits
}
