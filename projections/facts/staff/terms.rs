//! Substitutions. Invariant: a term is half-open, from its start to its end or to the end of its
//! last day, whichever comes first.

use sijil_schemas::{
    Position,
    id::kind,
    time::{Date, Timestamp},
};

use super::Staff;
use crate::{
    cells,
    chain::Chain,
    cut::{Dated, Lens},
    ids::Sym,
};

cells! {
    /// A step in the life of a substitution.
    pub enum TermStep {
        /// The deputy began.
        Started {
            /// Who is away.
            absent: Sym<kind::Employee>,
            /// Who stands in.
            deputy: Sym<kind::Employee>,
            /// The last day, if it is known.
            until: Option<Date>,
        },
        /// The deputy ended.
        Ended,
    }
}

/// A deputy's term as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// Who is away.
    pub absent: Sym<kind::Employee>,
    /// Who stands in.
    pub deputy: Sym<kind::Employee>,
    /// From when.
    pub from: Timestamp,
    /// Up to when, exclusive.
    pub to: Timestamp,
    /// The record that started it.
    pub started: Position,
}

impl Term {
    /// Whether the deputy stands in at a moment.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
    /// Whether two terms share a moment; touching is none.
    #[must_use]
    pub fn overlaps(&self, other: &Term) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// The term that steps in replay order make; `None` if it never started. `day_end` gives the first
/// moment after a day.
pub fn term(
    steps: impl IntoIterator<Item = Dated<TermStep>>,
    day_end: &dyn Fn(Date) -> Timestamp,
) -> Option<Term> {
    let mut term: Option<Term> = None;
    for step in steps {
        match (step.what, &mut term) {
            (TermStep::Started { absent, deputy, until }, _) => {
                let to = until.map_or(Timestamp::END, day_end).max(step.at);
                term = Some(Term { absent, deputy, from: step.at, to, started: step.position });
            }
            (TermStep::Ended, Some(term)) => term.to = term.to.min(step.at),
            (TermStep::Ended, None) => (),
        }
    }
    term
}

impl Staff {
    /// The steps of a substitution.
    #[must_use]
    pub const fn substitution(
        &self,
        substitution: Option<Sym<kind::Substitution>>,
    ) -> Chain<'_, kind::Substitution, TermStep> {
        self.substitutions.of_any(substitution)
    }
    /// The terms in which others stand in for an employee, as far as they count, in order of their
    /// start.
    #[must_use]
    pub fn terms_of(
        &self,
        absent: Sym<kind::Employee>,
        lens: Lens<'_>,
        day_end: &dyn Fn(Date) -> Timestamp,
    ) -> Vec<(Sym<kind::Substitution>, Term)> {
        let begun = self.begun.of(absent).known(lens);
        let mut all: Vec<_> =
            begun.filter_map(|fact| self.term_begun(fact, absent, lens, day_end)).collect();
        all.sort_by_key(|(_, term)| (term.from, term.started));
        all
    }
    /// The term that began with a fact, where it stands and is of that employee.
    fn term_begun(
        &self,
        begun: Dated<Sym<kind::Substitution>>,
        absent: Sym<kind::Employee>,
        lens: Lens<'_>,
        day_end: &dyn Fn(Date) -> Timestamp,
    ) -> Option<(Sym<kind::Substitution>, Term)> {
        let term = term(self.substitutions.of(begun.what).counting(lens), day_end)?;
        let stands = term.started == begun.position && term.absent == absent;
        stands.then_some((begun.what, term))
    }
    /// The terms of an employee next to a moment, but for one substitution: the last that began up
    /// to then, and the first that began later.
    pub fn terms_near<'a>(
        &'a self,
        absent: Sym<kind::Employee>,
        at: Timestamp,
        but: Option<Sym<kind::Substitution>>,
        lens: Lens<'a>,
        day_end: &'a dyn Fn(Date) -> Timestamp,
    ) -> impl Iterator<Item = (Sym<kind::Substitution>, Term)> + 'a {
        let begun = self.begun.of(absent);
        let other = move |fact| {
            self.term_begun(fact, absent, lens, day_end).filter(|(of, _)| Some(*of) != but)
        };
        let order = (at.next(), Position::new(0));
        let mut before = begun.before(order, lens).rev().filter_map(other);
        let before = before.find(|(_, term)| term.from < term.to);
        before.into_iter().chain(begun.after(order, lens).find_map(other))
    }
    /// Who does the work of an employee at a moment: the deputy while one stands in (and the
    /// deputy's own deputy), else the employee.
    #[must_use]
    pub fn acting<'a>(
        &'a self,
        employee: &'a str,
        at: Timestamp,
        lens: Lens<'_>,
        day_end: &dyn Fn(Date) -> Timestamp,
    ) -> &'a str {
        // Most never have a deputy.
        let known = self.ids.find(employee);
        let Some(absent) = known.filter(|absent| !self.begun.of(*absent).is_empty(lens.side))
        else {
            return employee;
        };
        let mut seen = vec![absent];
        loop {
            let current = seen[seen.len() - 1];
            let deputy = self
                .terms_of(current, lens, day_end)
                .into_iter()
                .rfind(|(_, term)| term.holds(at))
                .map(|(_, term)| term.deputy);
            match deputy {
                Some(deputy) if !seen.contains(&deputy) => seen.push(deputy),
                // Two who stand in for each other: the work stays with whom it came to last.
                Some(_) | None => return self.ids.name(current),
            }
        }
    }
}
