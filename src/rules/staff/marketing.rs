//! Rules on sources, campaigns, segments and classifications. Invariant: a campaign has days in
//! order and costs more than nothing; a segment's question has an answer.

use rust_decimal::Decimal;
use sijil_schemas::{Classified, Criteria, event::Marketing};
use std::collections::BTreeSet;

use crate::{Book, Proposal, Rejection};

/// How deep a segment's question may be nested.
pub(crate) const CRITERIA_DEPTH_MAX: usize = 16;
/// The most parts a segment's question may have.
pub(crate) const CRITERIA_PARTS_MAX: usize = 256;

pub(crate) fn check(
    book: &Book,
    _proposal: &Proposal<'_>,
    event: &Marketing,
) -> Result<(), Rejection> {
    match event {
        Marketing::SourceDefined(_) | Marketing::CampaignAttended(_) => Ok(()),
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
