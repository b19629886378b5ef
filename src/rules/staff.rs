//! Rules on employees, targets and marketing. Invariant: at no moment is an employee below
//! themself, away by two absences, or replaced by two deputies; nobody gets anything after they
//! left; every target and measure is one that the report `kpi` can compute.

use sijil_projections::{
    Dated, Lens, Sym,
    activity::TaskStep,
    staff::{Metric, Term, TermStep, term},
};
use sijil_schemas::{
    Event, KpiDefined, Position, Record, event,
    id::{EmployeeId, EntityRef, Key, Kind, kind},
    time::{Date, Timestamp},
};

use crate::{Book, Proposal, Rejection, claims, clients, deals};

mod given;
mod line;
mod marketing;
mod presence;

pub(crate) use given::check as check_given;
pub(crate) use marketing::check as check_marketing;

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Staff,
) -> Result<(), Rejection> {
    match event {
        event::Staff::EmployeeHired(e) => {
            line::check(book, proposal, &e.employee, e.manager.as_ref(), true)
        }
        event::Staff::EmployeeMoved(e) => {
            line::check(book, proposal, &e.employee, e.manager.as_ref(), false)
        }
        event::Staff::SubstitutionStarted(e) => {
            different("/data/deputy", &e.absent, &e.deputy)?;
            let first = proposal.at().date(&book.company.zone());
            if let Some(last) = e.until.filter(|last| *last < first) {
                return Err(Rejection::DaysOutOfOrder { pointer: "/data/until", first, last });
            }
            let ids = book.staff.ids();
            let (absent, deputy) = (ids.sym(&e.absent), ids.sym(&e.deputy));
            check_term(book, proposal, TermStep::Started { absent, deputy, until: e.until })
        }
        event::Staff::SubstitutionEnded(_) => check_term(book, proposal, TermStep::Ended),
        event::Staff::WorkHandedOver(e) => {
            different("/data/to", &e.from, &e.to)?;
            for task in e.refs.iter().filter(|entity| entity.kind == Kind::Task) {
                let step = TaskStep::HandedOver {
                    from: book.activity.ids().sym(&e.from),
                    to: book.activity.ids().sym(&e.to),
                };
                claims::check_task_step(book, proposal, task, step)?;
            }
            clients::check_hand_over(book, proposal, e)?;
            deals::check_hand_over(book, proposal, e)
        }
        event::Staff::KpiDefined(e) => check_measure(e),
        event::Staff::TargetSet(e) => check_metric(book, &e.metric),
        event::Staff::EmployeeAbsent(e) => presence::check_absence(book, proposal, e),
        event::Staff::EmployeeDismissed(e) => presence::check_dismissal(book, proposal, e),
        event::Staff::StaffPlanSet(_) => Ok(()),
    }
}

/// Refuses a metric that nobody computes.
pub(crate) fn check_metric(book: &Book, metric: &Key) -> Result<(), Rejection> {
    if is_measure(book, metric.as_str(), book.now()) {
        return Ok(());
    }
    let own = book.staff.kpis(book.now()).into_iter().map(|(id, _)| id);
    let known: Vec<&str> = Metric::NAMES.iter().copied().chain(own).collect();
    Err(Rejection::UnknownMetric {
        pointer: "/data/metric",
        got: metric.to_string(),
        known: known.join(", "),
    })
}
/// A measure of the company's own is one that there is, in a unit that it has.
fn check_measure(e: &KpiDefined) -> Result<(), Rejection> {
    let own = Metric::named(e.kpi.as_str());
    let metric =
        Metric::named(e.metric.as_str()).filter(|metric| own.is_none_or(|own| own == *metric));
    let Some(metric) = metric else {
        let known = own.map_or_else(|| Metric::NAMES.join(", "), |own| own.name().to_owned());
        return Err(Rejection::UnknownMetric {
            pointer: "/data/metric",
            got: e.metric.to_string(),
            known,
        });
    };
    if metric.takes(e.unit.as_str()) {
        Ok(())
    } else {
        Err(Rejection::WrongMetricUnit {
            metric: metric.name(),
            expected: metric.units(),
            got: e.unit.to_string(),
        })
    }
}

/// Whether there is a metric of this name, built in or the company's own.
fn is_measure(book: &Book, name: &str, lens: Lens<'_>) -> bool {
    let own = book.staff.ids().find(name);
    Metric::named(name).is_some() || book.staff.kpi(own, lens).is_some()
}

/// Somebody does not do something with themself.
pub(crate) fn different(
    pointer: &'static str,
    one: &EmployeeId,
    other: &EmployeeId,
) -> Result<(), Rejection> {
    if one == other {
        Err(Rejection::SameEmployee { pointer, employee: one.entity() })
    } else {
        Ok(())
    }
}

/// The moment a day is over in the company's zone.
fn day_end(book: &Book) -> impl Fn(Date) -> Timestamp + use<> {
    let zone = book.company.zone();
    move |day: Date| day.plus_days(1).start(&zone)
}

fn check_term(book: &Book, proposal: &Proposal<'_>, step: TermStep) -> Result<(), Rejection> {
    let substitution = proposal.candidate.event.home();
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: step };
    let own = book.staff.ids().find(substitution.id());
    let facts = book.staff.substitution(own).counting(book.now());
    let steps = claims::in_place(facts, Some(candidate));
    if let Some((_, rejection)) = illegal_steps(&substitution, &steps).into_iter().next() {
        return Err(rejection);
    }
    let day_end = day_end(book);
    let Some(term) = term(steps, &day_end) else { return Ok(()) };
    // No two overlap so far, so only its neighbours can.
    let mut others = book.staff.terms_near(term.absent, term.from, own, book.now(), &day_end);
    match others.find(|(_, other)| other.overlaps(&term)) {
        Some((other, of)) => Err(overlap(book, other, &of)),
        None => Ok(()),
    }
}

fn overlap(book: &Book, other: Sym<kind::Substitution>, of: &Term) -> Rejection {
    let ids = book.staff.ids();
    Rejection::SubstitutionOverlap {
        absent: ids.entity_of(of.absent.into()),
        other: ids.entity_of(other.into()),
        from: of.from,
        until: of.to,
    }
}

/// The steps of a substitution that its state does not allow: an end before the start, or a second
/// one.
fn illegal_steps(
    substitution: &EntityRef,
    steps: &[Dated<TermStep>],
) -> Vec<(Position, Rejection)> {
    let opened =
        steps.iter().find(|step| matches!(step.what, TermStep::Started { .. })).map(|step| step.at);
    let (mut started, mut ended, mut illegal) = (false, false, Vec::new());
    for step in steps {
        match (step.what, opened) {
            (TermStep::Started { .. }, _) => started = true,
            (TermStep::Ended, Some(opened)) if !started => {
                illegal.push((
                    step.position,
                    Rejection::BeforeOpening { entity: substitution.clone(), opened, at: step.at },
                ));
            }
            (TermStep::Ended, _) if ended => {
                let (from, to) = ("ended", "ended");
                illegal.push((
                    step.position,
                    Rejection::IllegalTransition {
                        entity: substitution.clone(),
                        from,
                        to,
                        at: step.at,
                        position: step.position,
                    },
                ));
            }
            (TermStep::Ended, _) => ended = true,
        }
    }
    illegal
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    match &target.event {
        Event::Staff(event::Staff::EmployeeHired(_) | event::Staff::EmployeeMoved(_)) => {
            line::dependants(book, target.position)
        }
        Event::Staff(event::Staff::SubstitutionEnded(e)) => {
            term_dependants(book, e.substitution.as_str(), target.position)
        }
        Event::Staff(event::Staff::WorkHandedOver(e)) => {
            let tasks = e.refs.iter().filter(|entity| entity.kind == Kind::Task);
            let mut all: Vec<Position> = tasks
                .flat_map(|task| claims::task_dependants(book, task, target.position))
                .collect();
            all.extend(clients::dependants_of_hand_over(book, target, e));
            all
        }
        Event::Staff(event::Staff::KpiDefined(e)) => {
            kpi_dependants(book, e.kpi.as_str(), target.position)
        }
        Event::Staff(
            event::Staff::SubstitutionStarted(_)
            | event::Staff::TargetSet(_)
            | event::Staff::EmployeeAbsent(_)
            | event::Staff::EmployeeDismissed(_)
            | event::Staff::StaffPlanSet(_),
        ) => Vec::new(),
        Event::Marketing(e) => marketing::dependants(book, target, e),
        // Other families have rules of their own.
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Catalogue(_)
        | Event::Orders(_) => Vec::new(),
        Event::Invoices(_)
        | Event::Accounting(_)
        | Event::Stock(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => Vec::new(),
    }
}

/// Without its end a term lasts longer: the terms it would then overlap.
fn term_dependants(book: &Book, substitution: &str, target: Position) -> Vec<Position> {
    let (lens, day_end) = (book.without(target), day_end(book));
    let own = book.staff.ids().find(substitution);
    let steps = book.staff.substitution(own).counting(lens);
    let Some(term) = term(steps, &day_end) else { return Vec::new() };
    let others = book.staff.terms_of(term.absent, lens, &day_end);
    others
        .into_iter()
        .filter(|(of, other)| Some(*of) != own && other.overlaps(&term))
        .map(|(_, other)| other.started)
        .collect()
}

/// The targets and goals of a measure of the company's own that nobody would define any more.
fn kpi_dependants(book: &Book, kpi: &str, target: Position) -> Vec<Position> {
    let lens = book.without(target);
    if is_measure(book, kpi, lens) {
        return Vec::new();
    }
    let metric = book.staff.find_word(kpi);
    let targets = book.staff.targets(lens).into_iter();
    let mut all: Vec<Position> = targets
        .filter(|target| Some(target.what.key.metric) == metric)
        .map(|target| target.position)
        .collect();
    let is_told_by = |metric| book.clients.word(metric) == kpi;
    let goals = book.clients.every_goal(lens);
    all.extend(
        goals
            .filter(|(_, goal)| goal.what.metric.is_some_and(is_told_by))
            .map(|(_, goal)| goal.position),
    );
    all
}
