//! Restatement and explanation, for any report. Invariant: a record is a step of a row if and only
//! if the row as known at its position differs from the row as known at the position before it;
//! none is left out, and none is told that is no step.
//!
//! The walk goes through the positions in order. A report is asked at one, watched (`cut::Watch`):
//! up to the next position that the answer depends on it is the same, so that one is asked next,
//! and what differs there has that one record as its cause. The cost is one answer for each
//! position that the answer depends on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::Position;

use super::{
    Change, Context, Others, Report, ReportError, Table,
    steps::{RowKey, key_values, named, shifts, unlike},
};
use crate::{
    cut::{Cut, Watch},
    families::Folds,
};

/// How much of a restatement is told record by record; what is left stands as `others`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestateLimits {
    /// The most positions that are asked.
    pub suspects: u64,
    /// The most steps of a row.
    pub steps: usize,
    /// The most steps of all rows together.
    pub steps_of_all: usize,
    /// The most facts that are asked for by all answers together: about a tenth of a microsecond
    /// each.
    pub facts: u64,
}

impl RestateLimits {
    /// The limits of a question from outside.
    pub const STANDARD: RestateLimits =
        RestateLimits { suspects: 10_000, steps: 1_000, steps_of_all: 100_000, facts: 100_000_000 };
}

/// Positions that were not looked at one by one: a limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Untold {
    /// The first of them.
    pub from: Position,
    /// The last of them.
    pub to: Position,
}

/// A restatement under way.
#[derive(Debug)]
pub struct Restating {
    report: &'static Report,
    limits: RestateLimits,
    /// Where the walk is, the answer there, and the next position at which it may be another.
    at: Position,
    now: Table,
    next: Option<Position>,
    to: Position,
    last: Table,
    changes: Vec<Change>,
    numbers: BTreeMap<RowKey, usize>,
    suspects: u64,
    facts: u64,
    steps: usize,
    untold: Option<Untold>,
}

/// The answer at a position, the next position it depends on, and how many facts it asked for.
fn watched(
    report: &Report,
    context: &Context<'_>,
    known_at: Position,
) -> (Result<Table, ReportError>, Option<Position>, u64) {
    let watch = Watch::default();
    let views = Folds { watch: Some(&watch), ..context.views };
    let answer = (report.run)(&Context {
        views,
        cut: Cut { known_at, ..context.cut },
        explain: false,
        ..context.clone()
    });
    (answer, watch.next(), watch.asked())
}

impl Restating {
    /// Begins to tell what changed in a report after a position; the context's `known_at` is the
    /// later one. The context of every call is one question: the same but for views that may have
    /// taken more records meanwhile.
    pub fn new(
        report: &'static Report,
        context: &Context<'_>,
        from: Position,
        limits: RestateLimits,
    ) -> Result<Restating, ReportError> {
        let last = (report.run)(&Context { explain: false, ..context.clone() })?;
        let (first, next, facts) = watched(report, context, from);
        let now = match first {
            Err(error @ ReportError::MissingRate { .. }) => return Err(error),
            first => first.unwrap_or_else(|_| Table::new(&last.columns)),
        };
        let (mut changes, mut numbers) = (Vec::new(), BTreeMap::new());
        for (key, before, after) in unlike(&now, &last) {
            let moved = shifts(&last.columns, before, after);
            let Some(row) = after.or(before).filter(|_| !moved.is_empty()) else { continue };
            numbers.insert(key, changes.len());
            let (key, before, after) =
                (key_values(&last.columns, row), named(&last, before), named(&last, after));
            changes.push(Change { key, before, after, moved, steps: Vec::new(), others: None });
        }
        // Where no row differs there is nothing to walk for.
        let next = next.filter(|_| !changes.is_empty());
        let to = context.cut.known_at;
        Ok(Restating {
            report,
            limits,
            at: from,
            now,
            next,
            to,
            last,
            changes,
            numbers,
            suspects: 0,
            facts,
            steps: 0,
            untold: None,
        })
    }

    /// Goes on for about so many facts; true once everything is told.
    pub fn go_on(&mut self, context: &Context<'_>, facts: u64) -> bool {
        let until = self.facts.saturating_add(facts);
        while let Some(next) = self.next.filter(|next| *next <= self.to) {
            if self.suspects >= self.limits.suspects || self.facts > self.limits.facts {
                self.untold = Some(Untold { from: self.at.next(), to: self.to });
                break;
            }
            if self.facts > until {
                return false;
            }
            self.step(context, next);
        }
        self.close();
        true
    }

    fn step(&mut self, context: &Context<'_>, position: Position) {
        let (answer, next, facts) = watched(self.report, context, position);
        // A report that has no answer there (a rate is missing, or what is asked for is not known
        // yet) has no rows there.
        let table = answer.unwrap_or_else(|_| Table::new(&self.last.columns));
        for (key, before, after) in unlike(&self.now, &table) {
            let Some(change) =
                self.numbers.get(&key).and_then(|number| self.changes.get_mut(*number))
            else {
                continue;
            };
            let moved = shifts(&self.last.columns, before, after);
            if moved.is_empty() {
                continue;
            }
            let most = if self.steps < self.limits.steps_of_all { self.limits.steps } else { 0 };
            change.take(&self.last.columns, position, moved, most);
            self.steps += 1;
        }
        self.suspects += 1;
        self.facts += facts;
        (self.at, self.now, self.next) = (position, table, next);
    }

    /// What the steps do not tell is left as others, so that it still adds up.
    fn close(&mut self) {
        self.next = None;
        let (from, to) = (self.at.next(), self.to);
        for (key, before, after) in unlike(&self.now, &self.last) {
            let Some(change) =
                self.numbers.get(&key).and_then(|number| self.changes.get_mut(*number))
            else {
                continue;
            };
            let moved = shifts(&self.last.columns, before, after);
            if !moved.is_empty() {
                change.leave(
                    &self.last.columns,
                    Others { records: to.get() - self.at.get(), from, to, moved },
                );
            }
        }
        self.now.clone_from(&self.last);
    }

    /// The rows that differ, in order of their keys.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
    /// The answer at the later position.
    #[must_use]
    pub const fn last(&self) -> &Table {
        &self.last
    }
    /// How many positions were asked.
    #[must_use]
    pub const fn suspects(&self) -> u64 {
        self.suspects
    }
    /// The positions that were not looked at one by one.
    #[must_use]
    pub const fn untold(&self) -> Option<Untold> {
        self.untold
    }
}
