//! What differs between the live folds and others at the same position, row by row. Invariant: no
//! question to the live folds waits for more than one of these.

use schemars::JsonSchema;
use serde::Serialize;
use sijil_projections::{
    Known,
    compare::{Differing, Probe},
};
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    ledger::Ledger,
    limits::{DIFFERING_ROWS_MAX, DIFFERING_ROWS_OF_ONE_MAX},
};

/// The rows of reports, and the entities, that differ between two states.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Differences {
    /// How many questions both were asked.
    pub questions: usize,
    /// How many rows differ in all.
    pub rows: usize,
    /// The first of them, some of each question.
    pub shown: Vec<Differing>,
}

/// Folds that are not live.
pub(crate) struct Others<'a> {
    /// What is known by them.
    pub(crate) known: &'a Known,
    /// Which of its folds are meant.
    pub(crate) folds: &'a [&'static str],
    /// Whether they were live before; else they are the newer ones.
    pub(crate) were_live: bool,
}

impl Ledger {
    /// Asks both everything that was known at a position. The live folds may stand beyond it: the
    /// clocks cut off what came after.
    pub(crate) fn differences(
        &self,
        others: &Others<'_>,
        at: Position,
        recorded_at: Option<Timestamp>,
    ) -> Differences {
        let today = recorded_at.unwrap_or(Timestamp::MIN).date(&self.views().company.zone());
        let mut all = Differences::default();
        for probe in Probe::all(today) {
            let known = self.views();
            let folds = others.folds.iter();
            let folds = folds.fold(known.folds(), |all, fold| all.with(fold, others.known));
            let (live, other) = (probe.ask(known.folds(), at), probe.ask(folds, at));
            let (before, after) = if others.were_live { (other, live) } else { (live, other) };
            let differing = probe.differing(&before, &after);
            all.questions += 1;
            all.rows += differing.len();
            let room =
                DIFFERING_ROWS_MAX.saturating_sub(all.shown.len()).min(DIFFERING_ROWS_OF_ONE_MAX);
            all.shown.extend(differing.into_iter().take(room));
        }
        all
    }
}
