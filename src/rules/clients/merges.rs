//! Merges of clients. Invariant: a step is admitted where the walk over all merges among the
//! clients that merges ever tied together finds nothing that does not fit; where neighbours do not
//! tell, the walk does.

use std::collections::BTreeMap;

use sijil_projections::{Lens, Side, Sym, clients::Clients, steps};
use sijil_schemas::{
    Position,
    id::{ClientId, kind},
    time::Timestamp,
};

use super::{Misfits, Step, WALKED_MAX, first_misfit, in_order};
use crate::{Book, Rejection};

/// The most clients that merges ever tied together, with whom every step is walked as well where
/// assertions are held.
const FAMILY_WALKED_MAX: u32 = 64;

/// Which clients merges ever tied together, whether these count or not. Nothing is ever untied: two
/// that are apart here cannot make a circle, and of the others their merges are asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tied {
    /// By number: whom one is tied to, itself if it stands for all it is tied to; and for how many
    /// it stands.
    all: Vec<(u32, u32)>,
}

impl Tied {
    /// What all merges that are known tie.
    pub(crate) fn of(clients: &Clients) -> Tied {
        let mut tied = Tied::default();
        tied.take(clients, Position::ZERO..Position::MAX);
        tied
    }
    /// Ties what records at some positions merge.
    pub(crate) fn take(&mut self, clients: &Clients, positions: std::ops::Range<Position>) {
        for (who, into) in clients.merged_at(positions, Side::Decided) {
            let [who, into] = [who, into].map(|one| self.first_of(one.number()));
            if who != into {
                let (small, large) =
                    if self.size(who) < self.size(into) { (who, into) } else { (into, who) };
                let size = self.size(small) + self.size(large);
                self.set(small, (large, self.size(small)));
                self.set(large, (large, size));
            }
        }
    }
    fn set(&mut self, of: u32, to: (u32, u32)) {
        let there = u32::try_from(self.all.len()).expect("numbers of clients have 32 bits");
        self.all.extend((there..=of).map(|number| (number, 1)));
        self.all[of as usize] = to;
    }
    fn size(&self, of: u32) -> u32 {
        self.all.get(of as usize).map_or(1, |(_, size)| *size)
    }
    /// Who stands for all that one is tied to. The smaller is always tied to the larger, so the way
    /// is as long as the logarithm of how many there are.
    fn first_of(&self, of: u32) -> u32 {
        let mut at = of;
        while let Some((to, _)) = self.all.get(at as usize).filter(|(to, _)| *to != at) {
            steps::tick(1);
            at = *to;
        }
        at
    }
    fn are(&self, one: Sym<kind::Client>, other: Sym<kind::Client>) -> bool {
        self.first_of(one.number()) == self.first_of(other.number())
    }
    /// How many clients merges ever tied to one, with itself.
    fn count(&self, of: Sym<kind::Client>) -> u32 {
        self.size(self.first_of(of.number()))
    }
}

/// Judges a merge or its end by the steps of the client before and after it, which take turns: a
/// merge is one that makes no circle, then or later.
pub(super) fn judge(book: &Book, client: &ClientId, step: Step<'_>) -> Result<(), Rejection> {
    let walked = || first_misfit(walk(book, book.now(), client, Some(step)));
    let Some(verdict) = told_by_neighbours(book, step) else { return walked() };
    let is_checked = |who| {
        book.tied.count(who) <= FAMILY_WALKED_MAX
            && book.clients.merges(who).len(book.side()) <= WALKED_MAX
    };
    let is_same = || !walk(book, book.now(), client, None).is_empty() || walked() == verdict;
    debug_assert!(
        book.clients.sym(client.as_str()).is_none_or(|who| !is_checked(who))
            || steps::uncounted(is_same),
        "merges of {client}"
    );
    verdict
}

/// What the walk would say; `None` where only it can tell.
fn told_by_neighbours(book: &Book, step: Step<'_>) -> Option<Result<(), Rejection>> {
    let (clients, order, now) = (&book.clients, (step.at, step.position), book.now());
    let who = clients.sym(step.who)?;
    let (own, client, at) = (clients.merges(who), step.who.to_owned(), step.at);
    let merged = own.before(order, now).next_back().and_then(|last| last.what);
    let next = own.after(order, now).next();
    let into = match (merged, step.to) {
        (Some(into), Some(got)) => {
            let (into, got) = (clients.id(into).to_owned(), got.to_owned());
            return Some(Err(Rejection::ClientMergedTwice { client, into, got, at }));
        }
        (None, None) => return Some(Err(Rejection::ClientNotMerged { client, at })),
        (Some(_), None) => None,
        (None, Some(into)) => Some(into),
    };
    if let Some(into) = into {
        let into = clients.sym(into)?;
        if book.tied.are(who, into) && is_reached(clients, now, (into, who), order) {
            return None;
        }
    }
    Some(match (next.map(|next| (next.what, next.at)), into) {
        (Some((None, at)), None) => Err(Rejection::ClientNotMerged { client, at }),
        (Some((Some(got), at)), Some(into)) => {
            let (into, got) = (into.to_owned(), clients.id(got).to_owned());
            Err(Rejection::ClientMergedTwice { client, into, got, at })
        }
        _ => Ok(()),
    })
}

/// Whether one client counts for another at a place in replay order or at any later one.
fn is_reached(
    clients: &Clients,
    now: Lens<'_>,
    (from, to): (Sym<kind::Client>, Sym<kind::Client>),
    order: (Timestamp, Position),
) -> bool {
    let (mut open, mut known) = (vec![(from, order)], BTreeMap::from([(from, order)]));
    while let Some((at, since)) = open.pop() {
        if at == to {
            return true;
        }
        let own = clients.merges(at);
        let before = own.before(since, now).next_back().map(|last| (last.what, since));
        let later = own.after(since, now).map(|fact| (fact.what, fact.order()));
        for (into, since) in before.into_iter().chain(later) {
            let Some(into) = into else { continue };
            // What was asked from an earlier time on tells of all that follows.
            if known.get(&into).is_none_or(|known| since < *known) {
                known.insert(into, since);
                open.push((into, since));
            }
        }
    }
    false
}

/// What does not fit among the clients that merges ever tied to one, with a step in its place.
pub(super) fn walk(
    book: &Book,
    lens: Lens<'_>,
    client: &ClientId,
    candidate: Option<Step<'_>>,
) -> Misfits {
    let ends = [Some(client.as_str()), candidate.and_then(|step| step.to)];
    let mut family: Vec<_> = ends
        .into_iter()
        .flatten()
        .filter_map(|id| book.clients.sym(id))
        .flat_map(|c| book.clients.merge_family(c, lens.side))
        .collect();
    family.sort_unstable();
    family.dedup();
    let known = family.iter().flat_map(|from| {
        book.clients.merges(*from).known(lens).map(|f| Step {
            at: f.at,
            position: f.position,
            who: book.clients.id(*from),
            to: f.what.map(|into| book.clients.id(into)),
        })
    });
    let (mut merged, mut misfits): (BTreeMap<&str, &str>, Misfits) = (BTreeMap::new(), Vec::new());
    for step in in_order(known.chain(candidate).collect()) {
        let (client, at) = (step.who.to_owned(), step.at);
        let misfit = match (merged.get(step.who), step.to) {
            (None, None) => Rejection::ClientNotMerged { client, at },
            (Some(into), Some(got)) => Rejection::ClientMergedTwice {
                client,
                into: (*into).to_owned(),
                got: got.to_owned(),
                at,
            },
            (None, Some(into)) if counts_for(&merged, into, step.who) => {
                Rejection::MergeCycle { client, into: into.to_owned(), at }
            }
            (None, Some(into)) => {
                merged.insert(step.who, into);
                continue;
            }
            (Some(_), None) => {
                merged.remove(step.who);
                continue;
            }
        };
        misfits.push((step.position, misfit));
    }
    misfits
}

/// Whether a client is another, or is merged into it over any number of steps.
fn counts_for(merged: &BTreeMap<&str, &str>, client: &str, other: &str) -> bool {
    let mut at = client;
    while at != other {
        match merged.get(at) {
            Some(into) => at = into,
            None => return false,
        }
    }
    true
}
