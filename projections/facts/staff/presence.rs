//! Who is there: absences, dismissals, and how many there are to be. Invariant: an absence and a
//! plan are in force on their own days, as known, whenever they were told.

use sijil_schemas::{
    EmployeeAbsent, Position, Record, StaffPlanSet,
    id::kind,
    time::{Date, Period, Timestamp},
};

use super::Staff;
use crate::{
    cells,
    cut::{Dated, Lens},
    ids::Sym,
    words::Word,
};

cells! {
    /// Days in which an employee is away.
    pub struct Absence {
        /// Which absence.
        pub absence: Sym<kind::Absence>,
        /// What kind of absence, a key of the company's own.
        pub kind: Sym<Word>,
        /// The first day.
        pub from: Date,
        /// The last day.
        pub to: Date,
    }
}

impl Absence {
    /// Where it stands among others of the employee: at its first day.
    #[must_use]
    pub fn place(from: Date, position: Position) -> (Timestamp, Position) {
        (Timestamp::admitted(i64::from(from.days()) * DAY_MICROS), position)
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

cells! {
    /// How many a department is to have.
    pub struct Headcount {
        /// The department.
        pub department: Sym<Word>,
        /// In which role; `None` is the whole department.
        pub role: Option<Sym<Word>>,
        /// On which days.
        pub period: Period,
        /// How many.
        pub headcount: u32,
    }
}

impl Staff {
    pub(super) fn take_absence(&self, record: &Record, e: &EmployeeAbsent) {
        let absence = Absence {
            absence: self.ids.sym(&e.absence),
            kind: self.words.intern(e.kind.as_str(), record.position),
            from: e.from,
            to: e.to,
        };
        let (at, position) = Absence::place(e.from, record.position);
        self.absences.push(self.ids.sym(&e.employee), Dated { at, position, what: absence });
    }
    pub(super) fn take_plan(&self, record: &Record, e: &StaffPlanSet) {
        let word = |word: &str| self.words.intern(word, record.position);
        let plan = Headcount {
            department: word(e.department.as_str()),
            role: e.role.as_ref().map(|role| word(role.as_str())),
            period: e.period,
            headcount: e.headcount,
        };
        self.headcounts.push(self.ids.sym(&e.staff_plan), Dated::of(record, plan));
    }
    /// When an employee was dismissed, if that counts.
    #[must_use]
    pub fn dismissal(
        &self,
        employee: Option<Sym<kind::Employee>>,
        lens: Lens<'_>,
    ) -> Option<Dated<()>> {
        self.dismissals.of_any(employee).counting(lens).next()
    }
    /// The absences of an employee as known next to a day: the last that began before it (or on it,
    /// and was told before), and the first that began later.
    #[must_use]
    pub fn absences_near(
        &self,
        employee: Sym<kind::Employee>,
        from: Date,
        position: Position,
        lens: Lens<'_>,
    ) -> [Option<Dated<Absence>>; 2] {
        let (of, place) = (self.absences.of(employee), Absence::place(from, position));
        [of.before(place, lens).next_back(), of.after(place, lens).next()]
    }
    /// The absence of an employee on a day, as known.
    #[must_use]
    pub fn absence_on(
        &self,
        employee: Sym<kind::Employee>,
        day: Date,
        lens: Lens<'_>,
    ) -> Option<Dated<Absence>> {
        let mut known = self.absences.of(employee).known(lens);
        known.find(|absence| absence.what.from <= day && day <= absence.what.to)
    }
    /// The plans in force as known whose days hold a day, in order of department and role: of those
    /// for the same, the newest.
    #[must_use]
    pub fn headcounts(&self, day: Date, lens: Lens<'_>) -> Vec<Dated<Headcount>> {
        let plans = self.ids.syms::<kind::StaffPlan>();
        let mut all: Vec<Dated<Headcount>> = plans
            .filter_map(|plan| self.headcounts.of(plan).newest_known(lens))
            .filter(|plan| plan.what.period.contains(day))
            .collect();
        let bound = |plan: &Dated<Headcount>| {
            (self.word(plan.what.department), plan.what.role.map(|role| self.word(role)))
        };
        all.sort_unstable_by(|one, other| {
            bound(one).cmp(&bound(other)).then(other.position.cmp(&one.position))
        });
        all.dedup_by(|later, first| bound(later) == bound(first));
        all
    }
}
