//! Staff: who works where, under whom, who is away or left, who stands in for whom, and what is to
//! be reached. Invariant: a membership, a manager and a deputy are asked for a moment, never "now";
//! measures, targets, plans and absences are in force on their own dates, as known.

use sijil_schemas::{
    Event, Record,
    event::Staff as StaffEvent,
    id::{EmployeeId, Key, kind},
    time::Timestamp,
};

use crate::{
    cells,
    chain::Chain,
    column::Column,
    cut::{Dated, Lens},
    family,
    ids::Sym,
    words::{Word, Words},
};

mod goals;
mod presence;
mod terms;

pub use goals::{Kpi, Target, TargetKey, Whom};
pub use presence::{Absence, Headcount};
pub use terms::{Term, TermStep, term};

cells! {
    /// Where an employee works from a moment on.
    pub struct Placement {
        /// The department; `a/b` is a part of `a`.
        pub department: Sym<Word>,
        /// The role there, a key of the company's own.
        pub role: Sym<Word>,
        /// The manager; `None` where nobody stands above.
        pub manager: Option<Sym<kind::Employee>>,
        /// Whether it began the employment.
        pub hired: bool,
    }
}

family! {
    /// What is known of employees, deputies, measures and targets.
    pub struct Staff {
        words: Words,
        placements: Column<kind::Employee, Placement>,
        dismissals: Column<kind::Employee, ()>,
        /// Each at the first moment (UTC) of its first day, so that neighbours are next in time.
        absences: Column<kind::Employee, Absence>,
        headcounts: Column<kind::StaffPlan, Headcount>,
        substitutions: Column<kind::Substitution, TermStep>,
        /// By who is absent, when each began.
        begun: Column<kind::Employee, Sym<kind::Substitution>>,
        kpis: Column<kind::Kpi, Kpi>,
        /// What targets bind, each by one word.
        bound: Words,
        targets: Column<Word, Target>,
    }
}

impl Staff {
    /// Takes the next record.
    pub fn take(&self, record: &Record) {
        match &record.event {
            Event::Staff(e) => self.take_staff(record, e),
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
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }
    fn take_staff(&self, record: &Record, event: &StaffEvent) {
        match event {
            StaffEvent::EmployeeHired(e) => {
                self.place(record, &e.employee, (&e.department, &e.role), e.manager.as_ref(), true);
            }
            StaffEvent::EmployeeMoved(e) => {
                let manager = e.manager.as_ref();
                self.place(record, &e.employee, (&e.department, &e.role), manager, false);
            }
            StaffEvent::SubstitutionStarted(e) => {
                let substitution = self.ids.sym(&e.substitution);
                let (absent, deputy) = (self.ids.sym(&e.absent), self.ids.sym(&e.deputy));
                let step = TermStep::Started { absent, deputy, until: e.until };
                self.substitutions.push(substitution, Dated::of(record, step));
                self.begun.push(absent, Dated::of(record, substitution));
            }
            StaffEvent::SubstitutionEnded(e) => {
                let substitution = self.ids.sym(&e.substitution);
                self.substitutions.push(substitution, Dated::of(record, TermStep::Ended));
            }
            // What is handed over says so itself.
            StaffEvent::WorkHandedOver(_) => (),
            StaffEvent::KpiDefined(e) => {
                let word = |word: &Key| self.words.intern(word.as_str(), record.position);
                let kpi = Kpi { metric: word(&e.metric), unit: word(&e.unit), better: e.better };
                self.kpis.push(self.ids.sym(&e.kpi), Dated::of(record, kpi));
            }
            StaffEvent::TargetSet(e) => self.take_target(record, e),
            StaffEvent::EmployeeAbsent(e) => self.take_absence(record, e),
            StaffEvent::EmployeeDismissed(e) => {
                self.dismissals.push(self.ids.sym(&e.employee), Dated::of(record, ()));
            }
            StaffEvent::StaffPlanSet(e) => self.take_plan(record, e),
        }
    }
    fn place(
        &self,
        record: &Record,
        employee: &EmployeeId,
        (department, role): (&Key, &Key),
        manager: Option<&EmployeeId>,
        hired: bool,
    ) {
        let word = |word: &Key| self.words.intern(word.as_str(), record.position);
        let placement = Placement {
            department: word(department),
            role: word(role),
            manager: manager.map(|manager| self.ids.sym(manager)),
            hired,
        };
        self.placements.push(self.ids.sym(employee), Dated::of(record, placement));
    }

    /// A word that a fact names.
    #[must_use]
    pub fn word(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// The number of a word, if any fact named it.
    #[must_use]
    pub fn find_word(&self, word: &str) -> Option<Sym<Word>> {
        self.words.find(word)
    }
    /// The placements of an employee.
    #[must_use]
    pub const fn placements(
        &self,
        employee: Option<Sym<kind::Employee>>,
    ) -> Chain<'_, kind::Employee, Placement> {
        self.placements.of_any(employee)
    }
    /// Every placement that counts, in order of position: (employee, placement).
    pub fn placed<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (Sym<kind::Employee>, Dated<Placement>)> + 'a {
        self.placements.counting(lens).map(|(_, employee, placement)| (employee, placement))
    }
    /// Where an employee worked at a moment; `None` if not employed then.
    #[must_use]
    pub fn placement(
        &self,
        employee: Option<Sym<kind::Employee>>,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> Option<Dated<Placement>> {
        self.placements.of_any(employee).last(lens.until(at))
    }
}
