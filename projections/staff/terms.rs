//! Substitutions. Invariant: a term is half-open, from its start to its end or to the end of its
//! last day, whichever comes first.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Position,
    id::EmployeeId,
    time::{Date, Timestamp},
};

use crate::cut::Dated;

/// A step in the life of a substitution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TermStep {
    /// The deputy began.
    Started {
        /// Who is away.
        absent: EmployeeId,
        /// Who stands in.
        deputy: EmployeeId,
        /// The last day, if it is known.
        until: Option<Date>,
    },
    /// The deputy ended.
    Ended,
}

/// A deputy's term as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term<'a> {
    /// Who is away.
    pub absent: &'a EmployeeId,
    /// Who stands in.
    pub deputy: &'a EmployeeId,
    /// From when.
    pub from: Timestamp,
    /// Up to when, exclusive.
    pub to: Timestamp,
    /// The record that started it.
    pub started: Position,
}

impl Term<'_> {
    /// Whether the deputy stands in at a moment.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
    /// Whether two terms share a moment; touching is none.
    #[must_use]
    pub fn overlaps(&self, other: &Term<'_>) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// The term that steps in replay order make; `None` if it never started. `day_end` gives the first
/// moment after a day.
pub fn term<'a>(
    steps: impl IntoIterator<Item = &'a Dated<TermStep>>,
    day_end: &dyn Fn(Date) -> Timestamp,
) -> Option<Term<'a>> {
    let mut term: Option<Term<'a>> = None;
    for step in steps {
        match (&step.what, &mut term) {
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
