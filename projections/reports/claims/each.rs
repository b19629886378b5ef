//! Claims, each as it stands. Invariant: a claim is resolved, rejected or open, and only what is
//! not rejected is judged by its settlement.

use rust_decimal::Decimal;
use sijil_schemas::{Position, Severity, id::kind, time::Timestamp};

use super::super::response_time::hours;
use crate::{
    Sym,
    activity::{
        ClaimState, ClaimStep, ClaimTimes, Complaint, claim_state, claim_times, seen_to_by,
    },
    base::Rated,
    clients::{LinkView, Resolver},
    cut::Dated,
    report::{Context, Part, ReportError},
};

/// Whether something was done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    InTime,
    Late,
    Missed,
    Pending,
}

impl Fate {
    /// Of what took so long, or of what is open for so long, where so much is allowed.
    const fn of(took: Option<i64>, open_for: i64, most: i64) -> Fate {
        match took {
            Some(took) if took <= most => Fate::InTime,
            Some(_) => Fate::Late,
            None if open_for > most => Fate::Missed,
            None => Fate::Pending,
        }
    }
    pub(super) const fn word(self) -> &'static str {
        match self {
            Fate::InTime => "in_time",
            Fate::Late => "late",
            Fate::Missed => "missed",
            Fate::Pending => "pending",
        }
    }
}

/// A claim as it stands.
pub(super) struct Claim<'a> {
    pub(super) sym: Sym<kind::Claim>,
    pub(super) opening: Dated<Complaint>,
    pub(super) client: Option<Sym<kind::Client>>,
    /// Who sees to it, with the record that says so.
    pub(super) employee: Option<&'a str>,
    pub(super) given: Option<Position>,
    pub(super) times: ClaimTimes,
    pub(super) state: ClaimState,
    pub(super) answered: Fate,
    /// Of its settlement; `None` of one that is rejected.
    pub(super) settled: Option<Fate>,
    /// The first answer, the step that closed it last, and the first and last of those that opened
    /// it again.
    pub(super) answer: Option<Position>,
    pub(super) closed: Option<Dated<()>>,
    pub(super) reopened: Option<Position>,
    /// What its settlements cost, in base.
    pub(super) costs: Vec<Part>,
}

pub(super) fn claims<'a>(ctx: &Context<'a>) -> Result<Vec<Claim<'a>>, ReportError> {
    let (activity, lens) = (ctx.views.activity, ctx.lens());
    let (sla, resolve) = (hours(ctx, "sla_h")?, hours(ctx, "resolve_h")?);
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let now = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let mut all = Vec::new();
    for (sym, opening) in activity.complaints(lens, ctx.interval()?) {
        let steps: Vec<Dated<ClaimStep>> = activity.claim_steps(Some(sym)).counting(lens).collect();
        let (Some(times), Some(state)) =
            (claim_times(steps.iter().copied()), claim_state(steps.iter().copied()))
        else {
            continue;
        };
        let open_for = now.micros() - times.opened.micros();
        let first = |is: fn(&ClaimStep) -> bool| steps.iter().find(|step| is(&step.what));
        let is_answer = |step: &ClaimStep| matches!(step, ClaimStep::Responded);
        let is_reopened = |step: &ClaimStep| matches!(step, ClaimStep::Reopened);
        let is_closing = |step: &&Dated<ClaimStep>| {
            matches!(step.what, ClaimStep::Resolved { .. } | ClaimStep::Rejected)
        };
        let seen_to = seen_to_by(ctx.views, lens, &resolver, (sym, times.opened));
        let settled = Fate::of(times.resolution_gross, times.ran_until(now), resolve);
        all.push(Claim {
            sym,
            opening,
            client: resolver.client_of_opened(sym.into()),
            employee: seen_to.and_then(|(_, employee)| employee),
            given: seen_to.map(|(position, _)| position),
            answered: Fate::of(times.first_response, open_for, sla),
            settled: (state != ClaimState::Rejected).then_some(settled),
            answer: first(is_answer).map(|step| step.position),
            closed: steps.iter().rfind(is_closing).map(|step| step.map(|_| ())),
            reopened: first(is_reopened).map(|step| step.position),
            costs: costs(ctx, &steps)?,
            times,
            state,
        });
    }
    Ok(all)
}

/// What each settlement of a claim cost, in base.
fn costs(ctx: &Context<'_>, steps: &[Dated<ClaimStep>]) -> Result<Vec<Part>, ReportError> {
    let mut costs = Vec::new();
    for step in steps {
        let ClaimStep::Resolved { cost, .. } = step.what else { continue };
        let worth = match cost {
            None => Decimal::ZERO,
            Some(cost) => {
                let when = step.order();
                Rated::base(ctx.views.company, ctx.lens(), cost.currency, when)?
                    .whole(cost.amount.get())
            }
        };
        costs.push(Part::of(step.position, worth));
    }
    Ok(costs)
}

pub(super) const fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// What a claim is grouped by.
pub(super) fn group<'a>(ctx: &Context<'a>, claim: &Claim<'a>) -> Option<&'a str> {
    let activity = ctx.views.activity;
    match ctx.arguments.text("group") {
        Some("client") => claim.client.map(|client| ctx.views.clients.id(client)),
        Some("kind") => Some(activity.word(claim.opening.what.kind)),
        Some("severity") => Some(severity(claim.opening.what.severity)),
        Some("assignee") => claim.employee,
        Some("item") => claim.opening.what.item.map(|item| activity.ids().name(item)),
        _ => Some("all"),
    }
}
