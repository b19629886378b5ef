//! Which rows of a table are shown, in which order, and what they come to. Invariant: it is the
//! same for every report, and changes no cell; a total adds up only what its column says adds up.

use std::{cmp::Ordering, collections::BTreeMap, ops::Bound};

use rust_decimal::Decimal;

use super::{Adds, ColumnKind, Report, ReportError, Row, RowKey, Table, Value};

/// The most rows on one page.
pub const ROWS_MAX: usize = 10_000;
/// The columns whose values are never added to one another.
const UNITS: [&str; 2] = ["currency", "unit"];

/// A parameter that every report takes for its rows: (name, what it means).
pub const OF_ROWS: [(&str, &str); 5] = [
    ("nonzero", "true leaves out rows whose amounts, quantities and counts are all 0"),
    ("sort", "columns, the first one first, as in -gross,client; - is from the largest down"),
    ("limit", "how many rows to show, up to 10,000"),
    (
        "after",
        "only rows behind the one with this key, as in a line of CSV: the `next` of the page \
         before, asked with its `known_at`, so that rows stand still",
    ),
    ("total", "true adds up what adds up, of all rows that are asked for, on this page or not"),
];

/// What is asked of the rows of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    nonzero: bool,
    /// The columns, each with whether its largest value comes first.
    sort: Vec<(String, bool)>,
    limit: Option<usize>,
    after: Option<RowKey>,
    total: bool,
}

/// The rows that are shown, and what stands beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged {
    /// The table, with the rows of the page alone.
    pub table: Table,
    /// How many rows there are, on this page or not.
    pub rows_in_all: usize,
    /// The `after` of the next page; `None` on the last one.
    pub next: Option<String>,
    /// For each unit what its rows come to, on this page or not; `None` if it was not asked for.
    pub totals: Option<Vec<Total>>,
}

/// What the rows of one unit come to: by column; a unit's own columns among them. A column that
/// does not add up over these rows is left out.
pub type Total = BTreeMap<&'static str, Value>;

/// A word that a parameter may not have been given with.
fn invalid(name: &str, expected: impl Into<String>, got: &str) -> ReportError {
    let got = got.chars().take(80).collect();
    ReportError::InvalidParameter { name: name.into(), expected: expected.into(), got }
}

impl Page {
    /// Takes what is asked of the rows out of the parameters, but for what a report takes itself
    /// under the same name; gives it and what was taken, name by name.
    pub fn take(
        report: &Report,
        parameters: &mut BTreeMap<String, String>,
    ) -> Result<(Page, BTreeMap<&'static str, String>), ReportError> {
        let (mut page, mut given) = (Page::default(), BTreeMap::new());
        for (name, _) in OF_ROWS {
            let cuts = ["limit", "after"].contains(&name);
            let has_own = |name: &str| report.parameters.iter().any(|own| own.name == name);
            // Who cuts its rows itself cuts them before anything is put in order here.
            if has_own(name) || cuts && has_own("limit") {
                continue;
            }
            let Some(text) = parameters.remove(name) else { continue };
            let is_true = || match text.as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                other => Err(invalid(name, "true or false", other)),
            };
            match name {
                "nonzero" => page.nonzero = is_true()?,
                "total" => page.total = is_true()?,
                "sort" => page.sort = columns(&text),
                "limit" => {
                    let limit = text.parse().ok().filter(|n| (1..=ROWS_MAX).contains(n));
                    let expected = format!("a whole number from 1 to {ROWS_MAX}");
                    page.limit = Some(limit.ok_or_else(|| invalid(name, expected, &text))?);
                }
                _ => {
                    let key = RowKey::parse(&text);
                    page.after = Some(key.map_err(|expected| invalid(name, expected, &text))?);
                }
            }
            given.insert(name, text);
        }
        Ok((page, given))
    }

    /// The rows of a table that are asked for.
    pub fn of(&self, mut table: Table) -> Result<Paged, ReportError> {
        if self.nonzero {
            leave_out_zeros(&mut table)?;
        }
        self.put_in_order(&mut table)?;
        let totals = if self.total { Some(totals_of(&table)?) } else { None };
        let rows_in_all = table.rows.len();
        if let Some(after) = &self.after {
            let at = table.rows.iter().rposition(|row| table.row_key(row) == *after);
            let expected = "the key of a row of this answer, as `next` gives it";
            let at = at.ok_or_else(|| invalid("after", expected, &after.to_string()))?;
            table.rows.drain((Bound::Unbounded, Bound::Included(at)));
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        let is_last = table.rows.len() <= limit;
        table.rows.truncate(limit);
        let last = table.rows.last().filter(|_| !is_last);
        let next = last.map(|row| table.row_key(row).to_string());
        Ok(Paged { table, rows_in_all, next, totals })
    }

    fn put_in_order(&self, table: &mut Table) -> Result<(), ReportError> {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let place = |(name, down): &(String, bool)| {
            let at = names.iter().position(|there| there == name);
            let expected = || format!("columns among {}, with or without -", names.join(", "));
            at.map(|at| (at, *down)).ok_or_else(|| invalid("sort", expected(), name))
        };
        let places = self.sort.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        for (n, (at, _)) in places.iter().enumerate() {
            if places[..n].iter().any(|(before, _)| before == at) {
                return Err(invalid("sort", "each column once", names[*at]));
            }
        }
        // Rows that are equal in all of these stay as they were.
        table.rows.sort_by(|one, other| {
            let compare =
                |(at, down): &(usize, bool)| by(&one[*at].value, &other[*at].value, *down);
            places.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        Ok(())
    }
}

fn columns(text: &str) -> Vec<(String, bool)> {
    let column = |text: &str| match text.strip_prefix('-') {
        Some(name) => (name.to_owned(), true),
        None => (text.to_owned(), false),
    };
    text.split(',').map(|text| column(text.trim())).collect()
}

/// The order of two values of one column; what is null comes last, whichever way is up.
fn by(one: &Value, other: &Value, down: bool) -> Ordering {
    let order = match (one, other) {
        (Value::Null, Value::Null) => return Ordering::Equal,
        (Value::Null, _) => return Ordering::Greater,
        (_, Value::Null) => return Ordering::Less,
        (Value::Date(one), Value::Date(other)) => one.cmp(other),
        (Value::Time(one), Value::Time(other)) => one.cmp(other),
        (
            Value::Percent(one) | Value::Number(one),
            Value::Percent(other) | Value::Number(other),
        ) => one.cmp(other),
        (one, other) => match (one.as_decimal(), other.as_decimal()) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.shown().cmp(&other.shown()),
        },
    };
    if down { order.reverse() } else { order }
}

fn leave_out_zeros(table: &mut Table) -> Result<(), ReportError> {
    let measures: Vec<usize> = (0..table.columns.len())
        .filter(|at| {
            let column = &table.columns[*at];
            let kind = column.kind;
            let is_counted =
                matches!(kind, ColumnKind::Amount | ColumnKind::Quantity | ColumnKind::Count);
            !column.key && is_counted
        })
        .collect();
    if measures.is_empty() {
        return Err(ReportError::UnusedParameter {
            name: "nonzero".into(),
            got: "true".into(),
            when: "whose answers have amounts, quantities or counts".into(),
        });
    }
    let is_zero = |value: &Value| value.as_decimal().is_none_or(|number| number.is_zero());
    table.rows.retain(|row| !measures.iter().all(|at| is_zero(&row[*at].value)));
    Ok(())
}

/// What the rows of each unit come to, in order of the units.
fn totals_of(table: &Table) -> Result<Vec<Total>, ReportError> {
    if table.columns.iter().all(|column| column.adds == Adds::Never) {
        return Err(ReportError::UnusedParameter {
            name: "total".into(),
            got: "true".into(),
            when: "whose answers have columns that add up".into(),
        });
    }
    Ok(totals(table))
}
fn totals(table: &Table) -> Vec<Total> {
    let is_unit = |name: &str| UNITS.contains(&name);
    let places = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
        (0..table.columns.len()).filter(|at| wanted(*at)).collect()
    };
    let units = places(&|at| is_unit(table.columns[at].name));
    // Rows that differ in one of these columns alone say the same of the same records.
    let repeats = |name: &&str| {
        let key = table.columns.iter().position(|column| column.key && *column.name == **name);
        key.is_some_and(|at| {
            table.rows.windows(2).any(|pair| pair[0][at].value != pair[1][at].value)
        })
    };
    let adds = places(&|at| match table.columns[at].adds {
        Adds::Everywhere => true,
        Adds::NotOver(columns) => !columns.iter().any(repeats),
        Adds::Never => false,
    });
    let mut all: BTreeMap<Vec<Option<String>>, Total> = BTreeMap::new();
    for row in &table.rows {
        let unit = units.iter().map(|at| row[*at].value.shown()).collect();
        let total = all.entry(unit).or_insert_with(|| {
            let value = |at: &usize| (table.columns[*at].name, row[*at].value.clone());
            let nothing = |at: &usize| (table.columns[*at].name, Value::Null);
            units.iter().map(value).chain(adds.iter().map(nothing)).collect()
        });
        for at in &adds {
            add(total, table.columns[*at].name, row, *at);
        }
    }
    all.into_values().collect()
}

fn add(total: &mut Total, name: &'static str, row: &Row, at: usize) {
    let value = &row[at].value;
    let sum = |so_far: Decimal| value.as_decimal().map(|more| so_far + more);
    let so_far = total.get(name).and_then(Value::as_decimal).unwrap_or_default();
    let Some(sum) = sum(so_far) else { return };
    let sum = match value {
        Value::Quantity(_) => Value::Quantity(sum),
        Value::Count(_) => Value::Count(i64::try_from(sum).unwrap_or(i64::MAX)),
        _ => Value::Amount(sum),
    };
    total.insert(name, sum);
}
