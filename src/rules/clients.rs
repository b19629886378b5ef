//! Rules on clients and legal entities. Invariant: at every moment a legal entity is linked to one
//! client at most, a client is merged into one other at most, merges form no circle, and a client
//! is handed over by whoever has it; an archived client gets no new deal, order or invoice.
//!
//! All are judged the same way: the whole dated history is walked in replay order, with the
//! candidate in its place or the target of a void left out, and every fact that does not fit the
//! state before it is found.

mod archive;
mod contracts;
mod merges;
mod owners;

pub(crate) use archive::check_live;
pub(crate) use merges::Tied;

use rust_decimal::Decimal;
use sijil_projections::{
    Dated, Lens,
    clients::{Agreed, Link},
    steps,
};
use sijil_schemas::{
    AgreementSettled, ContractSigned, Event, Position, Record, WorkHandedOver, event,
    id::{CounterpartyId, kind},
    money::Money,
    time::{Date, Timestamp},
};

use crate::{Book, Proposal, Rejection, fields, staff};

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Clients,
) -> Result<(), Rejection> {
    match event {
        event::Clients::ClientMerged(e) => {
            let step = Step::of(proposal, e.client.as_str(), Some(e.into.as_str()));
            merges::judge(book, &e.client, step)
        }
        event::Clients::ClientUnmerged(e) => {
            merges::judge(book, &e.client, Step::of(proposal, e.client.as_str(), None))
        }
        event::Clients::ClientOwnerAssigned(e) => owners::judge(
            book,
            e.client.as_str(),
            owners::Step::of(proposal, None, Some(&e.employee)),
        ),
        event::Clients::CustomFieldDefined(e) => fields::check_definition(book, e),
        event::Clients::CustomFieldRetired(e) => fields::check_retirement(book, proposal, e),
        event::Clients::ClientArchived(e) => archive::judge(book, proposal, &e.client, true),
        event::Clients::ClientRestored(e) => archive::judge(book, proposal, &e.client, false),
        event::Clients::ClientGoalSet(e) => match &e.metric {
            Some(metric) => staff::check_metric(book, metric),
            None => Ok(()),
        },
        event::Clients::AgreementSettled(e) => check_settling(book, proposal, e),
        event::Clients::ClientRegistered(_)
        | event::Clients::ClientRenamed(_)
        | event::Clients::ClientAttributesSet(_)
        | event::Clients::ContactAdded(_)
        | event::Clients::ContactRoleSet(_)
        | event::Clients::ContactChannelsChanged(_) => Ok(()),
        // What was never given is withdrawn all the same.
        event::Clients::ConsentGiven(_)
        | event::Clients::ConsentWithdrawn(_)
        | event::Clients::AgreementNoted(_) => Ok(()),
    }
}

/// An agreement is settled once, after it was noted.
fn check_settling(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &AgreementSettled,
) -> Result<(), Rejection> {
    let (entity, at) = (e.agreement.entity(), proposal.at());
    let agreed = book.clients.agreed(book.clients.ids().find(e.agreement.as_str()));
    for fact in agreed.counting(book.now()) {
        match fact.what {
            Agreed::Noted { .. } if fact.at > at => {
                return Err(Rejection::BeforeOpening { entity, opened: fact.at, at });
            }
            Agreed::Noted { .. } => (),
            Agreed::Settled { .. } => {
                let later = (fact.at, fact.position).max((at, proposal.position));
                return Err(Rejection::IllegalTransition {
                    entity,
                    from: "settled",
                    to: "settled",
                    at: later.0,
                    position: later.1,
                });
            }
        }
    }
    Ok(())
}

/// A hand-over of work changes the owner of the clients it names: `from` must be the owner of each,
/// then and later.
pub(crate) fn check_hand_over(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &WorkHandedOver,
) -> Result<(), Rejection> {
    let step = owners::Step::of(proposal, Some(&event.from), Some(&event.to));
    event
        .of::<kind::Client>()
        .iter()
        .try_for_each(|client| owners::judge(book, client.as_str(), step))
}

pub(crate) fn check_counterparty(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Counterparties,
) -> Result<(), Rejection> {
    match event {
        event::Counterparties::CounterpartyLinked(e) => judge_link(
            book,
            &e.counterparty,
            Step::of(proposal, e.client.as_str(), Some(e.client.as_str())),
        ),
        event::Counterparties::CounterpartyUnlinked(e) => {
            judge_link(book, &e.counterparty, Step::of(proposal, e.client.as_str(), None))
        }
        event::Counterparties::ContractSigned(e) => check_contract(e),
        event::Counterparties::CounterpartyDetailsChanged(e) => {
            let said = e.legal_name.is_some() || e.tax_id.is_some() || e.bank_accounts.is_some();
            said_something(said || !e.attributes.is_empty(), "legal_name, tax_id, bank_accounts")
        }
        event::Counterparties::ContractAmended(e) => contracts::check_amended(book, proposal, e),
        event::Counterparties::ContractTerminated(e) => {
            contracts::check_terminated(book, proposal, e)
        }
        event::Counterparties::CounterpartyRegistered(_) => Ok(()),
    }
}

fn said_something(said: bool, fields: &'static str) -> Result<(), Rejection> {
    if said { Ok(()) } else { Err(Rejection::NothingSaid { fields }) }
}

fn check_contract(contract: &ContractSigned) -> Result<(), Rejection> {
    check_terms(contract.valid_from, contract.valid_to, contract.credit_limit)
}

fn check_terms(
    from: Date,
    valid_to: Option<Date>,
    credit_limit: Option<Money>,
) -> Result<(), Rejection> {
    if let Some(to) = valid_to.filter(|to| *to < from) {
        return Err(Rejection::ContractPeriod { from, to });
    }
    match credit_limit.map(|limit| limit.amount.get()) {
        Some(got) if got < Decimal::ZERO => {
            Err(Rejection::NegativeLimit { pointer: "/data/credit_limit/amount".into(), got })
        }
        _ => Ok(()),
    }
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let without = book.without(target.position);
    let misfits = match &target.event {
        Event::Clients(event::Clients::ClientMerged(e)) => {
            merges::walk(book, without, &e.client, None)
        }
        Event::Clients(event::Clients::ClientUnmerged(e)) => {
            merges::walk(book, without, &e.client, None)
        }
        Event::Clients(event::Clients::ClientOwnerAssigned(e)) => {
            owners::walk(book, without, e.client.as_str(), None)
        }
        Event::Clients(event::Clients::ClientArchived(e)) => {
            return archive::dependants(book, target, &e.client);
        }
        Event::Clients(event::Clients::ClientRestored(e)) => {
            return archive::dependants(book, target, &e.client);
        }
        Event::Clients(event::Clients::CustomFieldRetired(e)) => {
            return fields::dependants(book, target, e);
        }
        Event::Counterparties(event::Counterparties::ContractAmended(e)) => {
            return contracts::dependants(book, target, &e.contract);
        }
        Event::Counterparties(event::Counterparties::CounterpartyLinked(e)) => {
            walk_links(book, without, &e.counterparty, None)
        }
        Event::Counterparties(event::Counterparties::CounterpartyUnlinked(e)) => {
            walk_links(book, without, &e.counterparty, None)
        }
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Catalogue(_)
        | Event::Orders(_) => Vec::new(),
        Event::Invoices(_)
        | Event::Accounting(_)
        | Event::Stock(_)
        | Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_) => Vec::new(),
        Event::Staff(_) | Event::Surveys(_) | Event::Access(_) | Event::System(_) => Vec::new(),
    };
    misfits.into_iter().map(|(position, _)| position).collect()
}

/// The later hand-overs of the same clients that would not have been admitted had this one never
/// been.
pub(crate) fn dependants_of_hand_over(
    book: &Book,
    target: &Record,
    event: &WorkHandedOver,
) -> Vec<Position> {
    let clients = event.of::<kind::Client>();
    let misfits = clients.iter().flat_map(|client| {
        owners::walk(book, book.without(target.position), client.as_str(), None)
    });
    misfits.map(|(position, _)| position).collect()
}

/// A step in a history of links or merges: from its date, `who` belongs to `to`, or to nobody.
#[derive(Debug, Clone, Copy)]
struct Step<'a> {
    at: Timestamp,
    position: Position,
    /// For a link the client it is about, for a merge the client that is merged.
    who: &'a str,
    to: Option<&'a str>,
}

impl<'a> Step<'a> {
    const fn of(proposal: &Proposal<'_>, who: &'a str, to: Option<&'a str>) -> Step<'a> {
        Step { at: proposal.at(), position: proposal.position, who, to }
    }
}

/// What does not fit, and why, in replay order.
type Misfits = Vec<(Position, Rejection)>;

fn first_misfit(misfits: Misfits) -> Result<(), Rejection> {
    misfits.into_iter().next().map_or(Ok(()), |(_, rejection)| Err(rejection))
}

fn in_order(mut steps: Vec<Step<'_>>) -> Vec<Step<'_>> {
    steps.sort_by_key(|step| (step.at, step.position));
    steps
}

/// The longest history that is walked whole as well, where assertions are held, to check what its
/// neighbours say.
const WALKED_MAX: usize = 512;

/// Judges a link or its end by the fact before it and the one after it: links and ends take turns.
fn judge_link(
    book: &Book,
    counterparty: &CounterpartyId,
    candidate: Step<'_>,
) -> Result<(), Rejection> {
    let facts = book.clients.links(book.clients.counterparty(counterparty.as_str()));
    let order = (candidate.at, candidate.position);
    let before = facts.before(order, book.now()).next_back().map(|fact| link_step(book, &fact));
    let after = facts.after(order, book.now()).next().map(|fact| link_step(book, &fact));
    let steps = before.into_iter().chain([candidate]).chain(after).collect();
    let judged = misfits_of_links(counterparty, steps)
        .into_iter()
        .filter(|(position, _)| before.is_none_or(|before| before.position != *position));
    let verdict = first_misfit(judged.collect());
    let walk = |candidate| walk_links(book, book.now(), counterparty, candidate);
    debug_assert!(
        facts.len(book.now().side) > WALKED_MAX
            || steps::uncounted(
                || !walk(None).is_empty() || verdict == first_misfit(walk(Some(candidate)))
            ),
        "links of {counterparty}"
    );
    verdict
}

fn link_step<'a>(book: &'a Book, fact: &Dated<Link>) -> Step<'a> {
    let client = book.clients.id(fact.what.client);
    Step {
        at: fact.at,
        position: fact.position,
        who: client,
        to: fact.what.begins.then_some(client),
    }
}

fn walk_links(
    book: &Book,
    lens: Lens<'_>,
    counterparty: &CounterpartyId,
    candidate: Option<Step<'_>>,
) -> Misfits {
    let links = book.clients.links(book.clients.counterparty(counterparty.as_str()));
    let known = links.known(lens).map(|fact| link_step(book, &fact));
    misfits_of_links(counterparty, in_order(known.chain(candidate).collect()))
}

fn misfits_of_links(counterparty: &CounterpartyId, steps: Vec<Step<'_>>) -> Misfits {
    let (mut linked, mut misfits): (Option<Step<'_>>, Misfits) = (None, Vec::new());
    for step in steps {
        let misfit = match (linked, step.to) {
            (Some(now), Some(to)) => Rejection::CounterpartyLinkedTwice {
                counterparty: counterparty.to_string(),
                linked: now.who.to_owned(),
                since: now.at,
                position: now.position,
                got: to.to_owned(),
                at: step.at,
            },
            (now, None) if now.is_none_or(|now| now.who != step.who) => {
                Rejection::CounterpartyNotLinked {
                    counterparty: counterparty.to_string(),
                    client: step.who.to_owned(),
                    linked: now.map_or("no client", |now| now.who).to_owned(),
                    at: step.at,
                }
            }
            (None | Some(_), _) => {
                linked = step.to.is_some().then_some(step);
                continue;
            }
        };
        misfits.push((step.position, misfit));
    }
    misfits
}
