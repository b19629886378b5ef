//! Rules on sources, campaigns, segments, classifications and competitors. Invariant: a campaign
//! has days in order, costs more than nothing, and is planned, started and ended in that order; a
//! segment's question has an answer; a price that was seen is of an item and in a currency.

use rust_decimal::Decimal;
use sijil_projections::{Dated, Lens, marketing::CampaignStep};
use sijil_schemas::{
    Classified, CompetitorFact, CompetitorFactObserved, Criteria, Position, Record,
    event::Marketing, id::CampaignId, money::Amount, time::Timestamp,
};
use std::collections::BTreeSet;

use crate::{Book, Proposal, Rejection, claims::in_place};

/// How deep a segment's question may be nested.
pub(crate) const CRITERIA_DEPTH_MAX: usize = 16;
/// The most parts a segment's question may have.
pub(crate) const CRITERIA_PARTS_MAX: usize = 256;

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &Marketing,
) -> Result<(), Rejection> {
    match event {
        Marketing::SourceDefined(_)
        | Marketing::CampaignAttended(_)
        | Marketing::CompetitorRegistered(_) => Ok(()),
        Marketing::CampaignStarted(e) => {
            check_step(book, proposal, &e.campaign, CampaignStep::Started)
        }
        Marketing::CampaignEnded(e) => check_step(book, proposal, &e.campaign, CampaignStep::Ended),
        Marketing::CompetitorFactObserved(e) => check_observed(e),
        Marketing::CampaignPlanned(e) => {
            if e.to < e.from {
                return Err(Rejection::DaysOutOfOrder {
                    pointer: "/data/to",
                    first: e.from,
                    last: e.to,
                });
            }
            positive("/data/budget/amount", e.budget.map(|budget| budget.amount.get()))
        }
        Marketing::CampaignCostRecorded(e) => {
            positive("/data/amount/amount", Some(e.amount.amount.get()))
        }
        Marketing::SegmentDefined(e) => {
            let mut parts = 0;
            check_criteria(&e.criteria, "/data/criteria", 1, &mut parts)
        }
        Marketing::ClassificationCompleted(e) => {
            let head = book.position();
            if e.known_at > head.get() {
                return Err(Rejection::KnownAtBeyondHead {
                    known_at: e.known_at,
                    head: head.get(),
                });
            }
            once(&e.result)
        }
    }
}

/// Refuses a price without what makes it one, and a value below zero.
fn check_observed(e: &CompetitorFactObserved) -> Result<(), Rejection> {
    if e.kind == CompetitorFact::Price {
        let wanted = [
            ("/data/item", e.item.is_none()),
            ("/data/value", e.value.is_none()),
            ("/data/currency", e.currency.is_none()),
        ];
        if let Some((pointer, _)) = wanted.into_iter().find(|(_, wanted)| *wanted) {
            return Err(Rejection::PriceIncomplete { pointer });
        }
    }
    match e.value.map(Amount::get).filter(|value| *value < Decimal::ZERO) {
        Some(got) => Err(Rejection::BelowZero { pointer: "/data/value".into(), got }),
        None => Ok(()),
    }
}

fn check_step(
    book: &Book,
    proposal: &Proposal<'_>,
    campaign: &CampaignId,
    step: CampaignStep,
) -> Result<(), Rejection> {
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: step };
    let illegal = illegal_steps(book, book.now(), campaign, Some(candidate));
    illegal.into_iter().next().map_or(Ok(()), |(_, rejection)| Err(rejection))
}

/// Every step of a campaign that is out of order; each is passed over. There are two at most.
fn illegal_steps(
    book: &Book,
    lens: Lens<'_>,
    campaign: &CampaignId,
    candidate: Option<Dated<CampaignStep>>,
) -> Vec<(Position, Rejection)> {
    let sym = book.marketing.ids().find(campaign.as_str());
    let planned: Option<Timestamp> =
        book.marketing.plans().campaign(sym, lens).map(|planned| planned.at);
    let steps = in_place(book.marketing.campaign_steps(sym).counting(lens), candidate);
    let (mut state, mut illegal) = ("planned", Vec::new());
    for Dated { at, position, what } in steps {
        let (wanted, to) = match what {
            CampaignStep::Started => ("planned", "started"),
            CampaignStep::Ended => ("started", "ended"),
        };
        let entity = campaign.entity();
        if let Some(opened) = planned.filter(|planned| at < *planned) {
            illegal.push((position, Rejection::BeforeOpening { entity, opened, at }));
        } else if state == wanted {
            state = to;
        } else {
            let refused = Rejection::IllegalTransition { entity, from: state, to, at, position };
            illegal.push((position, refused));
        }
    }
    illegal
}

/// The records that would not have been admitted had the target never been.
pub(super) fn dependants(book: &Book, target: &Record, event: &Marketing) -> Vec<Position> {
    let Marketing::CampaignStarted(e) = event else { return Vec::new() };
    let illegal = illegal_steps(book, book.without(target.position), &e.campaign, None);
    illegal.into_iter().map(|(position, _)| position).collect()
}

fn positive(pointer: &str, amount: Option<Decimal>) -> Result<(), Rejection> {
    match amount.filter(|amount| *amount <= Decimal::ZERO) {
        Some(got) => Err(Rejection::NotPositive { pointer: pointer.to_owned(), got }),
        None => Ok(()),
    }
}

fn once(result: &[Classified]) -> Result<(), Rejection> {
    let mut seen = BTreeSet::new();
    match result.iter().find(|classified| !seen.insert(&classified.object)) {
        Some(twice) => Err(Rejection::ClassifiedTwice { object: twice.object.clone() }),
        None => Ok(()),
    }
}

fn check_criteria(
    criteria: &Criteria,
    pointer: &str,
    depth: usize,
    parts: &mut usize,
) -> Result<(), Rejection> {
    *parts += 1;
    let refuse = |expected: &str, got: String| {
        Err(Rejection::InvalidCriteria {
            pointer: pointer.to_owned(),
            expected: expected.to_owned(),
            got,
        })
    };
    if depth > CRITERIA_DEPTH_MAX {
        return refuse(&format!("at most {CRITERIA_DEPTH_MAX} levels"), format!("{depth}"));
    }
    if *parts > CRITERIA_PARTS_MAX {
        return refuse(&format!("at most {CRITERIA_PARTS_MAX} parts"), "more".to_owned());
    }
    match criteria {
        Criteria::All(of) | Criteria::Any(of) => {
            let name = if matches!(criteria, Criteria::All(_)) { "all" } else { "any" };
            if of.is_empty() {
                return refuse("at least one part", format!("an empty {name}"));
            }
            of.iter().enumerate().try_for_each(|(i, part)| {
                check_criteria(part, &format!("{pointer}/{name}/{i}"), depth + 1, parts)
            })
        }
        Criteria::Not(part) => check_criteria(part, &format!("{pointer}/not"), depth + 1, parts),
        Criteria::Class { of, .. } if of.is_empty() => {
            refuse("at least one class", "none".to_owned())
        }
        Criteria::Sum { days: 0, .. } => refuse("at least one day", "0".to_owned()),
        Criteria::Class { .. }
        | Criteria::Sum { .. }
        | Criteria::Field { .. }
        | Criteria::RegisteredIn(_)
        | Criteria::LastContactOlderThanDays(_) => Ok(()),
    }
}
