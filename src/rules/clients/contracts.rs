//! How contracts are changed and ended. Invariant: nothing changes or ends a contract before it was
//! signed or after its last day, then or later.

use sijil_projections::{Dated, Lens, clients::Amendment, steps};
use sijil_schemas::{
    ContractAmended, ContractTerminated, Position, Record,
    id::ContractId,
    time::{Date, Timestamp},
};

use super::{WALKED_MAX, check_terms, said_something};
use crate::{Book, Proposal, Rejection};

type Fact = Dated<Amendment>;

pub(super) fn check_amended(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &ContractAmended,
) -> Result<(), Rejection> {
    let amendment = Amendment {
        valid_to: e.valid_to,
        payment_days: e.payment_days,
        credit_limit: e.credit_limit,
        ends: false,
    };
    let said = e.terms.is_some() || e.valid_to.is_some() || e.payment_days.is_some();
    said_something(
        said || e.credit_limit.is_some() || !e.attributes.is_empty(),
        "terms, valid_to, payment_days, credit_limit",
    )?;
    judge(book, proposal, &e.contract, amendment)?;
    let signed = book.clients.signing(book.clients.ids().find(e.contract.as_str()), book.now());
    match signed {
        Some(signed) => check_terms(signed.what.valid_from, e.valid_to, e.credit_limit),
        None => Ok(()),
    }
}

pub(super) fn check_terminated(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &ContractTerminated,
) -> Result<(), Rejection> {
    let end = Amendment { valid_to: None, payment_days: None, credit_limit: None, ends: true };
    judge(book, proposal, &e.contract, end)
}

/// The end of a contract as it stands on the way: its last day, or that it was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Day(Option<Date>),
    Ended(Date),
}

impl End {
    fn take(&mut self, fact: &Fact, on: Date) {
        if fact.what.ends {
            *self = End::Ended(on);
        } else if let (End::Day(day), Some(to)) = (&mut *self, fact.what.valid_to) {
            *day = Some(to);
        }
    }
    /// The last day, if that bars something of a day.
    fn bars(self, on: Date) -> Option<Date> {
        match self {
            End::Day(day) => day.filter(|day| *day < on),
            End::Ended(day) => Some(day),
        }
    }
}

/// Judges a change by the end that holds before it, and what comes after it by the end it sets, up
/// to the next one that sets another.
fn judge(
    book: &Book,
    proposal: &Proposal<'_>,
    contract: &ContractId,
    what: Amendment,
) -> Result<(), Rejection> {
    let candidate = Dated { at: proposal.at(), position: proposal.position, what };
    let (order, now, clients) = (candidate.order(), book.now(), &book.clients);
    let sym = clients.ids().find(contract.as_str());
    let Some(signed) = clients.signing(sym, now) else { return Ok(()) };
    let (ends, all) = (clients.ends(sym), clients.amendments(sym));
    // The signing, what set the end before, the change itself, and what comes until the end is set
    // anew: of these the last by date is the first that could be barred.
    let next_end = ends.after(order, now).next();
    let until = next_end.map_or((Timestamp::END, Position::MAX), |next| next.order());
    let mut way: Vec<Fact> = ends.before(order, now).next_back().into_iter().collect();
    way.push(candidate);
    if what.says_end() {
        way.extend(all.before(until, now).next_back().filter(|last| last.order() > order));
        way.extend(next_end);
    }
    let trial = Trial { book, contract, signed: signed.at, valid_to: signed.what.valid_to };
    let verdict = first(trial.misfits(way), candidate);
    let whole = |candidate: Option<Fact>| {
        let mut facts: Vec<Fact> = all.counting(now).chain(candidate).collect();
        facts.sort_by_key(Dated::order);
        trial.misfits(facts)
    };
    debug_assert!(
        all.len(now.side) > WALKED_MAX
            || steps::uncounted(|| {
                !whole(None).is_empty()
                    || verdict.is_ok() == first(whole(Some(candidate)), candidate).is_ok()
            }),
        "changes of contract {contract}"
    );
    verdict
}

fn first(misfits: Vec<(Fact, Rejection)>, candidate: Fact) -> Result<(), Rejection> {
    let at_or_after = |fact: &Fact| fact.order() >= candidate.order();
    let found = misfits.into_iter().find(|(fact, _)| at_or_after(fact));
    found.map_or(Ok(()), |(_, why)| Err(why))
}

/// The way of one contract before the rules.
#[derive(Clone, Copy)]
struct Trial<'a> {
    book: &'a Book,
    contract: &'a ContractId,
    signed: Timestamp,
    valid_to: Option<Date>,
}

impl Trial<'_> {
    /// Every change before the signing or after the end, in replay order; each is passed over.
    fn misfits(&self, facts: Vec<Fact>) -> Vec<(Fact, Rejection)> {
        let zone = self.book.company.zone();
        let (mut end, mut misfits) = (End::Day(self.valid_to), Vec::new());
        for fact in facts {
            let on = fact.at.date(&zone);
            if fact.at < self.signed {
                let (entity, opened) = (self.contract.entity(), self.signed);
                misfits.push((fact, Rejection::BeforeOpening { entity, opened, at: fact.at }));
            } else if let Some(ended) = end.bars(on) {
                let (contract, position) = (self.contract.to_string(), fact.position);
                misfits.push((fact, Rejection::ContractEnded { contract, ended, on, position }));
            } else {
                end.take(&fact, on);
            }
        }
        misfits
    }
}

/// The changes of a contract that would not have been admitted had one never been.
pub(super) fn dependants(book: &Book, target: &Record, contract: &ContractId) -> Vec<Position> {
    let clients = &book.clients;
    let sym = clients.ids().find(contract.as_str());
    let Some(signed) = clients.signing(sym, book.now()) else { return Vec::new() };
    let trial = Trial { book, contract, signed: signed.at, valid_to: signed.what.valid_to };
    let misfits = |lens: Lens<'_>| {
        let facts = clients.amendments(sym).counting(lens).collect();
        trial.misfits(facts).into_iter().map(|(fact, _)| fact.position).collect::<Vec<_>>()
    };
    let before = misfits(book.now());
    let mut after = misfits(book.without(target.position));
    after.retain(|position| !before.contains(position));
    after
}
