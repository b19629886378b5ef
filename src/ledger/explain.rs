//! The records behind a cell of a report, as they are told. Invariant: what the records of a page
//! contribute to a cell, over all pages, comes to what the cell shows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sijil_projections::report::{Explained, Means, Part, RowKey, Settled, Value, explain};
use sijil_schemas::{Position, id::EntityRef, time::Timestamp};

use crate::{
    ask::{AskError, Question},
    ledger::Ledger,
    limits::PAGE_RECORDS_MAX,
    sights::Looker,
};

/// Which cell is asked for, and which page of the records behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellAsked {
    /// The row, by the values of its key columns.
    pub row: RowKey,
    /// The column; the whole row if none is named.
    pub column: Option<String>,
    /// Only records after this position.
    pub after: Position,
    /// The most records.
    pub limit: usize,
}

/// A row of a report, or one cell of it, with the records that make it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explanation {
    /// The report's name.
    pub report: &'static str,
    /// The values of the row's key columns; null where there is none.
    pub row: Vec<Option<String>>,
    /// The column; null is the whole row.
    pub column: Option<String>,
    /// What was true then: a day, meaning its end, or a moment; null is no cut.
    pub as_of: Option<String>,
    /// What was known then.
    pub known_at: Position,
    /// The cells, in the order of the columns.
    pub cells: Vec<CellExplained>,
    /// How many records there are on all pages.
    pub total: u64,
    /// The records, in order of position.
    pub records: Vec<RecordBehind>,
    /// After which position the next page begins; null at the end.
    pub next: Option<Position>,
}

/// A cell, and what its records are to it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CellExplained {
    /// The column's name.
    pub column: &'static str,
    /// What it shows.
    pub value: Value,
    /// What the records are to it: they add up to it, stand above or below the line of a quotient,
    /// or say it.
    pub means: Means,
    /// How many records are listed.
    pub records: u64,
    /// Documents that come to nothing in it, and their records: counted, not listed.
    pub settled: Settled,
    /// Of a quotient, what stands below the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<Denominator>,
}

/// What stands below the line of a quotient.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Denominator {
    /// What it is.
    pub of: &'static str,
    /// How many records are listed.
    pub records: u64,
    /// Documents that come to nothing in it, and their records: counted, not listed.
    pub settled: Settled,
}

/// A record behind a cell.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RecordBehind {
    /// Where it stands.
    pub position: Position,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// The entity whose record it is: of a document, the document.
    pub entity: EntityRef,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// What it contributes, by column: to a sum or count, or to the number above the line of a
    /// quotient.
    pub contributes: BTreeMap<&'static str, String>,
    /// What it contributes to the number below the line, by column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub divides: BTreeMap<&'static str, String>,
    /// The columns whose value it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<&'static str>,
}

/// What a record is to the cells.
#[derive(Debug, Default)]
struct Role {
    contributes: BTreeMap<&'static str, String>,
    divides: BTreeMap<&'static str, String>,
    says: Vec<&'static str>,
}

fn roles(cells: &[Explained]) -> BTreeMap<Position, Role> {
    let mut roles: BTreeMap<Position, Role> = BTreeMap::new();
    for cell in cells {
        let column = cell.column.name;
        for Part { position, amount } in &cell.parts {
            let role = roles.entry(*position).or_default();
            match cell.means {
                Means::Sum | Means::Quotient => {
                    drop(role.contributes.insert(column, cell.shown(*amount)));
                }
                Means::Said | Means::Asked => role.says.push(column),
            }
        }
        for Part { position, amount } in &cell.below {
            roles.entry(*position).or_default().divides.insert(column, cell.shown_below(*amount));
        }
    }
    roles
}

fn told(cell: &Explained) -> CellExplained {
    let denominator = cell.of.map(|of| Denominator {
        of,
        records: cell.below.len() as u64,
        settled: cell.settled_below,
    });
    let records = cell.parts.len() as u64;
    CellExplained {
        column: cell.column.name,
        value: cell.value.clone(),
        means: cell.means,
        records,
        settled: cell.settled,
        denominator,
    }
}

impl Ledger {
    /// The records behind a row, or one cell of it.
    pub(crate) fn explain(
        &self,
        looker: &Looker,
        question: &Question,
        asked: &CellAsked,
    ) -> Result<Explanation, AskError> {
        let (report, clocks, cells) =
            self.asked(looker, question, |report, context, clocks, _| {
                Ok((
                    report.name,
                    clocks,
                    explain(report, context, &asked.row, asked.column.as_deref())?,
                ))
            })?;
        let roles = roles(&cells);
        let (total, limit) = (roles.len() as u64, asked.limit.min(PAGE_RECORDS_MAX));
        let mut rest = roles.into_iter().filter(|(position, _)| *position > asked.after).peekable();
        let mut records = Vec::new();
        while let Some((position, role)) = rest.next_if(|_| records.len() < limit) {
            records.push(self.behind(position, role)?);
        }
        let next = rest.peek().and(records.last()).map(|last: &RecordBehind| last.position);
        let (row, column, cells) =
            (asked.row.0.clone(), asked.column.clone(), cells.iter().map(told).collect());
        Ok(Explanation {
            report,
            row,
            column,
            as_of: clocks.as_of,
            known_at: clocks.cut.known_at,
            cells,
            total,
            records,
            next,
        })
    }

    fn behind(&self, position: Position, role: Role) -> Result<RecordBehind, AskError> {
        let record = self.decoded(position)?;
        Ok(RecordBehind {
            position,
            event_type: record.event.event_type().name,
            entity: record.event.home(),
            occurred_at: record.envelope.occurred_at,
            recorded_at: record.recorded_at,
            actor: record.envelope.actor.to_string(),
            contributes: role.contributes,
            divides: role.divides,
            says: role.says,
        })
    }
}
