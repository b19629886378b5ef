//! The records behind a cell of any report. Invariant: those of a sum or a count add up to what the
//! cell shows; what adds nothing is counted, not listed.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::near::hint;

use super::{
    Behind, Column, Context, Part, Parts, Report, ReportError, Row, RowKey, Settled, Table, Value,
};

/// How many rows a refusal names.
const NAMED_MAX: usize = 5;

/// What the records behind a cell are to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Their amounts add up to it: a sum, or a count.
    Sum,
    /// It is a quotient: their amounts add up to the number above the line, or to the one below.
    Quotient,
    /// They say it: a day, a word, the middle of many.
    Said,
    /// No record: it follows from the question.
    Asked,
}

/// A cell and the records behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Its column.
    pub column: Column,
    /// What it shows.
    pub value: Value,
    /// What the records are to it.
    pub means: Means,
    /// The records, in order of position; those above the line of a quotient. What is said has
    /// amounts of zero.
    pub parts: Vec<Part>,
    /// What adds nothing to it.
    pub settled: Settled,
    /// What stands below the line of a quotient.
    pub of: Option<&'static str>,
    /// The records below the line.
    pub below: Vec<Part>,
    /// What adds nothing below the line.
    pub settled_below: Settled,
}

impl Explained {
    /// What a record adds to the cell, as it is shown: with the places of the cell where it is an
    /// amount.
    #[must_use]
    pub fn shown(&self, amount: Decimal) -> String {
        let mut shown = amount.normalize();
        if let Some(value) = self.value.as_decimal().filter(|value| value.scale() > shown.scale()) {
            shown.rescale(value.scale());
        }
        shown.to_string()
    }
    /// What a record adds below the line, as it is shown.
    #[must_use]
    pub fn shown_below(&self, amount: Decimal) -> String {
        amount.normalize().to_string()
    }
}

impl Table {
    /// The cells of a row with the records behind them, if the table was asked for with them.
    #[must_use]
    pub fn explained(&self, row: &Row) -> Vec<Explained> {
        self.columns
            .iter()
            .zip(row)
            .map(|(column, cell)| of_cell(*column, &cell.value, cell.why.as_deref()))
            .collect()
    }
}

/// The records behind one cell, or behind each cell of the row if no column is named.
pub fn explain(
    report: &Report,
    context: &Context<'_>,
    key: &RowKey,
    column: Option<&str>,
) -> Result<Vec<Explained>, ReportError> {
    let table = report.answer(&Context { explain: true, ..context.clone() })?;
    let row = find(&table, key, column)?;
    let mut cells = table.explained(row);
    cells.retain(|cell| column.is_none_or(|name| cell.column.name == name));
    Ok(cells)
}

fn of_cell(column: Column, value: &Value, behind: Option<&Behind>) -> Explained {
    let nothing = Explained {
        column,
        value: value.clone(),
        means: Means::Asked,
        parts: Vec::new(),
        settled: Settled::default(),
        of: None,
        below: Vec::new(),
        settled_below: Settled::default(),
    };
    let listed = |parts: &Parts, shown| parts.listed(shown);
    match behind {
        None => nothing,
        Some(Behind::Sum(parts)) => {
            let (parts, settled) = listed(parts, value.as_decimal());
            Explained { means: Means::Sum, parts, settled, ..nothing }
        }
        Some(Behind::Quotient { above, below, of }) => {
            let ((parts, settled), (below, settled_below)) =
                (listed(above, None), listed(below, None));
            Explained {
                means: Means::Quotient,
                parts,
                settled,
                of: Some(of),
                below,
                settled_below,
                ..nothing
            }
        }
        Some(Behind::Said(positions)) => {
            let parts =
                positions.iter().map(|position| Part::of(*position, Decimal::ZERO)).collect();
            Explained { means: Means::Said, parts, ..nothing }
        }
    }
}

/// The row of a key, if the column is one of the table's.
fn find<'t>(table: &'t Table, key: &RowKey, column: Option<&str>) -> Result<&'t Row, ReportError> {
    let keys: Vec<&str> = table.columns.iter().filter(|c| c.key).map(|c| c.name).collect();
    // A table of one row has no keys: nothing names it.
    let key = if keys.is_empty() && key.0 == [None] { &RowKey(Vec::new()) } else { key };
    if key.0.len() != keys.len() {
        let expected = if keys.is_empty() {
            "nothing: there is one row".to_owned()
        } else {
            format!("the values of {}, between commas", keys.join(", "))
        };
        return Err(ReportError::InvalidParameter {
            name: "row".into(),
            expected,
            got: key.to_string(),
        });
    }
    let no_such = |there: String| ReportError::NoSuchCell {
        row: key.to_string(),
        column: column.map(|c| format!(" with a column {c:?}")).unwrap_or_default(),
        there,
    };
    if column.is_some_and(|name| !table.columns.iter().any(|c| c.name == name)) {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        let meant = column.map_or_else(String::new, |name| hint(name, names.iter().copied()));
        return Err(no_such(format!("its columns are {}{meant}", names.join(", "))));
    }
    table.rows.iter().find(|row| table.row_key(row) == *key).ok_or_else(|| {
        let first: Vec<String> = table
            .rows
            .iter()
            .take(NAMED_MAX)
            .map(|row| format!("{:?}", table.row_key(row).to_string()))
            .collect();
        let more = table.rows.len().saturating_sub(NAMED_MAX);
        let first = first.join(", ");
        no_such(match (table.rows.len(), more) {
            (0, _) => "it has no rows".to_owned(),
            (_, 0) => format!("rows are named by {}: {first}", keys.join(", ")),
            (_, more) => format!("rows are named by {}: {first} and {more} more", keys.join(", ")),
        })
    })
}
