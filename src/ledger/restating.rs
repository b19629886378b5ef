//! Restatements: what changed in a report since an earlier position, told by the records that
//! changed it. Invariant: the steps of a row and its others add up to its difference.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sijil_log::ReadError;
use sijil_projections::report::{
    Change, Column, Others, RestateLimits, Restating, RowStep, Shifts, Untold, Value,
};
use sijil_schemas::{
    Position, Record,
    id::{EntityRef, Key},
    time::Timestamp,
};

use crate::{
    ask::{AskError, Question, invalid, position},
    ledger::Ledger,
    sights::Looker,
};

/// A report at two positions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Restatement {
    /// The report's name.
    pub report: &'static str,
    /// The edition of its code.
    pub edition: u32,
    /// The parameters, defaults filled in.
    pub parameters: BTreeMap<&'static str, String>,
    /// What was true then: a day, meaning its end, or a moment; null is no cut.
    pub as_of: Option<String>,
    /// The earlier `known_at`.
    pub from: Position,
    /// The later one.
    pub to: Position,
    /// The report's columns, in order.
    pub columns: Vec<Column>,
    /// The rows in which something shown differs, in order of their keys.
    pub changes: Vec<RestatedRow>,
    /// How many positions were looked at one by one.
    pub looked_at: u64,
    /// The positions that were not looked at one by one, since that would have taken too long; what
    /// they changed stands as `others`.
    pub untold: Option<Untold>,
}

/// A row that differs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RestatedRow {
    /// The values of the row's key columns, in order of the columns.
    pub key: Vec<Value>,
    /// The row at the earlier position, by column; null if it was not there.
    pub before: Option<BTreeMap<&'static str, Value>>,
    /// The row at the later position, by column; null if it is not there.
    pub after: Option<BTreeMap<&'static str, Value>>,
    /// The columns that differ.
    pub moved: Shifts,
    /// The records that led from one to the other, in order of position: their differences, and
    /// those of `others`, add up to the row's.
    pub steps: Vec<RestatedStep>,
    /// What stands for the steps that are not told one by one; null if all are.
    pub others: Option<Others>,
}

/// A record that changed a row: the row as known there, against the row as known before it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RestatedStep {
    /// The record.
    #[serde(flatten)]
    pub record: RestatedRecord,
    /// On whose behalf.
    pub on_behalf_of: Option<Key>,
    /// Why: the reason the record gives.
    pub reason: Option<String>,
    /// The record that this one voids.
    pub voids: Option<RestatedRecord>,
    /// The columns it changed.
    pub moved: Shifts,
}

/// A record in a restatement.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RestatedRecord {
    /// Where it stands.
    pub position: Position,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// When it was said.
    pub recorded_at: Timestamp,
    /// Who said it.
    pub actor: Key,
    /// The document or whatever else it is about; of a void, what the voided record is about.
    pub document: EntityRef,
}

impl RestatedRecord {
    fn of(record: &Record, document: EntityRef) -> RestatedRecord {
        RestatedRecord {
            position: record.position,
            event_type: record.event.event_type().name,
            occurred_at: record.occurred_at(),
            recorded_at: record.recorded_at,
            actor: record.envelope.actor.clone(),
            document,
        }
    }
}

impl Ledger {
    /// What changed in a report since an earlier `known_at` (a position, a day, meaning its end, or
    /// a time with offset), and by which records; `known_at` is the later one.
    pub(crate) fn restate(
        &self,
        looker: &Looker,
        question: &Question,
        since: &str,
    ) -> Result<Restatement, AskError> {
        let asked = self.asked(looker, question, |report, context, clocks, views| {
            let to = clocks.cut.known_at;
            let from = position(since)
                .map_or_else(|| Ok(self.known_by(views, "since", since)?.0), Ok::<_, AskError>)?;
            if from > to {
                return Err(invalid("since", &format!("a position up to known_at {to}"), since));
            }
            let mut restating = Restating::new(report, context, from, RestateLimits::STANDARD)?;
            while !restating.go_on(context, u64::MAX) {}
            let restatement = Restatement {
                report: report.name,
                edition: report.edition,
                parameters: context
                    .arguments
                    .iter()
                    .map(|(name, value)| (name, value.to_owned()))
                    .collect(),
                as_of: clocks.as_of,
                from,
                to,
                columns: restating.last().columns.clone(),
                changes: Vec::new(),
                looked_at: 0,
                untold: None,
            };
            Ok((restating, restatement))
        });
        let (restating, restatement) = asked?;
        let mut said = BTreeMap::new();
        let changes = restating
            .changes()
            .iter()
            .map(|change| self.restated(change, &mut said))
            .collect::<Result<_, _>>()?;
        Ok(Restatement {
            changes,
            looked_at: restating.suspects(),
            untold: restating.untold(),
            ..restatement
        })
    }

    fn restated(
        &self,
        change: &Change,
        said: &mut BTreeMap<Position, RestatedStep>,
    ) -> Result<RestatedRow, ReadError> {
        let steps = change
            .steps
            .iter()
            .map(|step| self.restated_step(step, said))
            .collect::<Result<_, _>>()?;
        let Change { key, before, after, moved, others, .. } = change.clone();
        Ok(RestatedRow { key, before, after, moved, steps, others })
    }

    /// A step with what its record says; a record that changed several rows is read once.
    fn restated_step(
        &self,
        step: &RowStep,
        said: &mut BTreeMap<Position, RestatedStep>,
    ) -> Result<RestatedStep, ReadError> {
        if let Some(known) = said.get(&step.position) {
            return Ok(RestatedStep { moved: step.moved.clone(), ..known.clone() });
        }
        let record = self.decoded(step.position)?;
        let voids = record
            .voids
            .map(|target| self.decoded(target))
            .transpose()?
            .map(|target| RestatedRecord::of(&target, target.event.home()));
        let document =
            voids.as_ref().map_or_else(|| record.event.home(), |target| target.document.clone());
        let told = RestatedStep {
            on_behalf_of: record.envelope.on_behalf_of.clone(),
            reason: record.reason(),
            voids,
            moved: Shifts::new(),
            record: RestatedRecord::of(&record, document),
        };
        said.insert(step.position, told.clone());
        Ok(RestatedStep { moved: step.moved.clone(), ..told })
    }
}
