//! Staff: who works where, under whom, who stands in for whom, and what is to be reached.
//! Invariant: a membership, a manager and a deputy are asked for a moment, never "now"; measures
//! and targets are configuration, in force as known.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use sijil_facts::Revised;
use sijil_schemas::{
    Better, Event, Position, Record, TargetScope,
    event::Staff as StaffEvent,
    id::{EmployeeId, EntityRef, Key},
    money::Amount,
    time::{Date, Period, Timestamp},
};

use crate::{
    cut::{Dated, Facts, Lens},
    fold::Fold,
    steps,
};

mod metrics;
mod terms;

pub use metrics::{Metric, Unit};
pub use terms::{Term, TermStep, term};

/// Where an employee works from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The department; `a/b` is a part of `a`.
    pub department: Key,
    /// As what.
    pub role: Key,
    /// Under whom.
    pub manager: Option<EmployeeId>,
    /// Whether it began the employment.
    pub hired: bool,
}

/// Work that went from one employee to another for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who had it.
    pub from: EmployeeId,
    /// Who has it.
    pub to: EmployeeId,
    /// What it is.
    pub refs: Box<[EntityRef]>,
}

/// A measure of the company's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kpi {
    /// Which built-in metric it is.
    pub metric: Key,
    /// What it counts.
    pub unit: Key,
    /// Which way is good.
    pub better: Better,
}

/// What a target binds: the latest for each of these holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetKey {
    /// Whom.
    pub scope: TargetScope,
    /// Which metric.
    pub metric: Key,
    /// When.
    pub period: Period,
}

/// What is known of employees, deputies, measures and targets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Staff {
    employees: BTreeMap<CompactString, Facts<Placement>>,
    substitutions: BTreeMap<CompactString, Facts<TermStep>>,
    /// By who is absent, when each began.
    substitutions_of: BTreeMap<CompactString, Facts<CompactString>>,
    hand_overs: Facts<HandOver>,
    kpis: BTreeMap<CompactString, Facts<Kpi>>,
    targets: BTreeMap<TargetKey, Facts<Amount>>,
}

impl Fold for Staff {
    const NAME: &'static str = "staff";
    const EDITION: u32 = 4;

    fn apply(&mut self, record: &Record) {
        match &record.event {
            Event::Staff(e) => self.take(record, e),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_) => (),
            Event::Invoices(_)
            | Event::Accounting(_)
            | Event::Stock(_)
            | Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::System(_) => (),
        }
    }
}

/// The facts of an id, none yet if it is new.
fn of<'a, T>(all: &'a mut BTreeMap<CompactString, Facts<T>>, id: &str) -> &'a mut Facts<T> {
    all.entry(CompactString::new(id)).or_default()
}

impl Revised for Staff {
    fn truncate(&mut self, after: Position) {
        fn shorten<K: Ord, T>(all: &mut BTreeMap<K, Facts<T>>, after: Position) {
            all.values_mut().for_each(|facts| facts.truncate(after));
            all.retain(|_, facts| !facts.is_empty());
        }
        shorten(&mut self.employees, after);
        shorten(&mut self.substitutions, after);
        shorten(&mut self.substitutions_of, after);
        self.hand_overs.truncate(after);
        shorten(&mut self.kpis, after);
        shorten(&mut self.targets, after);
    }
}

impl Staff {
    fn take(&mut self, record: &Record, event: &StaffEvent) {
        match event {
            StaffEvent::EmployeeHired(e) => {
                let placement = Placement {
                    department: e.department.clone(),
                    role: e.role.clone(),
                    manager: e.manager.clone(),
                    hired: true,
                };
                of(&mut self.employees, e.employee.as_str()).insert(Dated::of(record, placement));
            }
            StaffEvent::EmployeeMoved(e) => {
                let placement = Placement {
                    department: e.department.clone(),
                    role: e.role.clone(),
                    manager: e.manager.clone(),
                    hired: false,
                };
                of(&mut self.employees, e.employee.as_str()).insert(Dated::of(record, placement));
            }
            StaffEvent::SubstitutionStarted(e) => {
                let substitution = CompactString::new(e.substitution.as_str());
                let step = TermStep::Started {
                    absent: e.absent.clone(),
                    deputy: e.deputy.clone(),
                    until: e.until,
                };
                of(&mut self.substitutions, &substitution).insert(Dated::of(record, step));
                of(&mut self.substitutions_of, e.absent.as_str())
                    .insert(Dated::of(record, substitution));
            }
            StaffEvent::SubstitutionEnded(e) => {
                of(&mut self.substitutions, e.substitution.as_str())
                    .insert(Dated::of(record, TermStep::Ended));
            }
            StaffEvent::WorkHandedOver(e) => {
                let hand_over = HandOver {
                    from: e.from.clone(),
                    to: e.to.clone(),
                    refs: e.refs.clone().into_boxed_slice(),
                };
                self.hand_overs.insert(Dated::of(record, hand_over));
            }
            StaffEvent::KpiDefined(e) => {
                let kpi = Kpi { metric: e.metric.clone(), unit: e.unit.clone(), better: e.better };
                of(&mut self.kpis, e.kpi.as_str()).insert(Dated::of(record, kpi));
            }
            StaffEvent::TargetSet(e) => {
                let key = TargetKey {
                    scope: e.scope.clone(),
                    metric: e.metric.clone(),
                    period: e.period,
                };
                self.targets.entry(key).or_default().insert(Dated::of(record, e.value));
            }
        }
    }

    /// The placements of an employee, in replay order, whether they count or not.
    #[must_use]
    pub fn placements(&self, employee: &str) -> Option<&Facts<Placement>> {
        self.employees.get(employee)
    }
    /// Every employee with the placements, in order of the ids, whether they count or not.
    #[must_use]
    pub fn employees(&self) -> Vec<(&str, &Facts<Placement>)> {
        steps::each(self.employees.iter()).map(|(id, facts)| (id.as_str(), facts)).collect()
    }
    /// Where an employee worked at a moment; `None` if not employed then.
    #[must_use]
    pub fn placement<'a>(
        &'a self,
        employee: &str,
        at: Timestamp,
        lens: Lens<'a>,
    ) -> Option<&'a Dated<Placement>> {
        self.employees.get(employee)?.last(lens.until(at))
    }
    /// The work that was handed over, in replay order, whether it counts or not.
    #[must_use]
    pub const fn hand_overs(&self) -> &Facts<HandOver> {
        &self.hand_overs
    }
    /// The steps of a substitution, in replay order, whether they count or not.
    #[must_use]
    pub fn substitution(&self, id: &str) -> Option<&Facts<TermStep>> {
        self.substitutions.get(id)
    }
    /// The terms in which others stand in for an employee, as far as they count, in order of their
    /// start.
    #[must_use]
    pub fn terms_of<'a>(
        &'a self,
        absent: &str,
        lens: Lens<'a>,
        day_end: &dyn Fn(Date) -> Timestamp,
    ) -> Vec<(&'a str, Term<'a>)> {
        let begun =
            self.substitutions_of.get(absent).into_iter().flat_map(|begun| begun.known(lens));
        let mut all: Vec<(&str, Term<'_>)> =
            begun.filter_map(|fact| self.term_begun(fact, absent, lens, day_end)).collect();
        all.sort_by_key(|(_, term)| (term.from, term.started));
        all
    }
    /// The term that began with a fact, where it stands and is of that employee.
    fn term_begun<'a>(
        &'a self,
        begun: &Dated<CompactString>,
        absent: &str,
        lens: Lens<'a>,
        day_end: &dyn Fn(Date) -> Timestamp,
    ) -> Option<(&'a str, Term<'a>)> {
        let (id, steps) = self.substitutions.get_key_value(&begun.what)?;
        let term = term(steps.counting(lens), day_end)?;
        (term.started == begun.position && term.absent.as_str() == absent)
            .then_some((id.as_str(), term))
    }
    /// The terms of an employee next to a moment, but for one substitution: the last that began up
    /// to then, and the first that began later.
    pub fn terms_near<'a>(
        &'a self,
        absent: &'a str,
        at: Timestamp,
        but: &'a str,
        lens: Lens<'a>,
        day_end: &'a dyn Fn(Date) -> Timestamp,
    ) -> impl Iterator<Item = (&'a str, Term<'a>)> {
        let begun = self.substitutions_of.get(absent);
        let other = move |fact: &'a Dated<CompactString>| {
            self.term_begun(fact, absent, lens, day_end).filter(|(id, _)| *id != but)
        };
        let order = (at.next(), Position::new(0));
        let before = begun.and_then(|begun| {
            begun.before(order, lens).rev().filter_map(other).find(|(_, term)| term.from < term.to)
        });
        before.into_iter().chain(begun.and_then(|begun| begun.after(order, lens).find_map(other)))
    }
    /// Who does the work of an employee at a moment: the deputy while one stands in (and the
    /// deputy's own deputy), else the employee.
    #[must_use]
    pub fn acting<'a>(
        &'a self,
        employee: &'a str,
        at: Timestamp,
        lens: Lens<'a>,
        day_end: &dyn Fn(Date) -> Timestamp,
    ) -> &'a str {
        // Most never have a deputy.
        if self.substitutions_of.get(employee).is_none_or(Facts::is_empty) {
            return employee;
        }
        let mut seen = vec![employee];
        loop {
            let current = seen[seen.len() - 1];
            let deputy = self
                .terms_of(current, lens, day_end)
                .into_iter()
                .rfind(|(_, term)| term.holds(at))
                .map(|(_, term)| term.deputy.as_str());
            match deputy {
                Some(deputy) if !seen.contains(&deputy) => seen.push(deputy),
                // Two who stand in for each other: the work stays with whom it came to last.
                Some(_) | None => return current,
            }
        }
    }
    /// The company's own measures in force, as known, in order of the ids.
    pub fn kpis<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = (&'a str, &'a Dated<Kpi>)> {
        steps::each(self.kpis.iter())
            .filter_map(move |(id, facts)| Some((id.as_str(), facts.newest_known(lens)?)))
    }
    /// A measure of the company's own in force, as known.
    #[must_use]
    pub fn kpi<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<&'a Dated<Kpi>> {
        self.kpis.get(id)?.newest_known(lens)
    }
    /// Every revision of a measure, in replay order.
    #[must_use]
    pub fn kpi_revisions(&self, id: &str) -> Option<&Facts<Kpi>> {
        self.kpis.get(id)
    }
    /// The targets that hold, as known, in order of scope, metric and period.
    pub fn targets<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a TargetKey, &'a Dated<Amount>)> {
        steps::each(self.targets.iter())
            .filter_map(move |(key, facts)| Some((key, facts.newest_known(lens)?)))
    }
    /// The target of a scope, metric and period, as known.
    #[must_use]
    pub fn target<'a>(&'a self, key: &TargetKey, lens: Lens<'a>) -> Option<&'a Dated<Amount>> {
        self.targets.get(key)?.newest_known(lens)
    }
}
