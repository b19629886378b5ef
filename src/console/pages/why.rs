//! Why a number is what it is: the records behind it. Invariant: what they contribute, over all
//! pages, comes to the cell; where a page has all of them it says so only if it does.

use maud::{Markup, html};
use rust_decimal::Decimal;
use sijil_ledger::{CellAsked, CellExplained, Explanation, RecordBehind};
use sijil_projections::report::{Means, ReportError, RowKey, Value};
use sijil_schemas::Position;

use super::report::{found, titled};
use crate::{
    frame::Leaf,
    link::{Asked, Cell, Link},
    reader::{Reader, Trouble},
    words::{Say, title},
};

/// The most records on a page.
const RECORDS: usize = 200;

pub(super) fn page(
    reader: &Reader<'_>,
    name: &str,
    asked: &Asked,
    cell: &Cell,
) -> Result<Leaf, Trouble> {
    let report = found(name)?;
    let invalid = |name: &str, expected: &str, got: &str| {
        let (name, expected, got) = (name.to_owned(), expected.to_owned(), got.to_owned());
        sijil_ledger::AskError::from(ReportError::InvalidParameter { name, expected, got })
    };
    let row = RowKey::parse(&cell.row).map_err(|expected| invalid("row", expected, &cell.row))?;
    let after = match cell.after.as_deref() {
        None => Position::ZERO,
        Some(text) => sijil_ledger::position(text)
            .ok_or_else(|| invalid("after", "a position, as in 42", text))?,
    };
    let wanted = CellAsked { row, column: cell.column.clone(), after, limit: RECORDS };
    let told = reader.desk.explain(&reader.question(report.name, asked), &wanted)?;
    let clients = told.records.iter().filter(|it| it.entity.kind.name() == "client");
    reader.learn(clients.map(|record| record.entity.id()));
    let value = shown_value(reader, &told);
    let heading = reader.says(Say::Why, &[&value]);
    let back = Link::Report(report.name.into(), asked.clone());
    let keys: Vec<&str> = told.row.iter().map(|key| key.as_deref().unwrap_or("–")).collect();
    let body = html! {
        p.crumb {
            a href=(reader.to(&Link::Reports)) { (reader.say(Say::AllReports)) } " / "
            a href=(reader.to(&back)) { (titled(reader, report)) }
        }
        h1 { bdi { (heading) } }
        p.lede {
            bdi { (crate::parts::safe(&keys.join(", "))) }
            @if let Some(column) = &cell.column { " · " (reader.term(column)) }
        }
        @for one in &told.cells { (sentence(reader, one)) }
        (records(reader, &told, cell))
        @if let Some(next) = told.next {
            @let cell = Cell { after: Some(next.to_string()), ..cell.clone() };
            nav.pager aria-label=(reader.say(Say::RecordWord)) {
                a.btn href=(reader.to(&Link::Why(report.name.into(), asked.clone(), cell))) {
                    (reader.say(Say::Next))
                }
            }
        }
    };
    Ok(Leaf { title: format!("{heading} {}", title(report, reader.lang).0), body })
}

fn number(reader: &Reader<'_>, written: &str) -> String {
    reader.words().decimal(written)
}

/// The value of the cell, or the key of the row.
fn shown_value(reader: &Reader<'_>, told: &Explanation) -> String {
    match (&*told.cells, &told.column) {
        ([cell], Some(_)) => value_of(reader, cell),
        _ => told.row.iter().flatten().cloned().collect::<Vec<_>>().join(", "),
    }
}

fn value_of(reader: &Reader<'_>, cell: &CellExplained) -> String {
    let shown = number(reader, &cell.value.shown().unwrap_or_else(|| "–".into()));
    match cell.value {
        Value::Percent(_) => format!("{shown}\u{a0}%"),
        _ => shown,
    }
}

fn sentence(reader: &Reader<'_>, cell: &CellExplained) -> Markup {
    let words = reader.words();
    let value = value_of(reader, cell);
    let count = words.count(cell.records);
    let said = match cell.means {
        Means::Sum => reader.says(Say::WhySum, &[&count, &value]),
        Means::Quotient => {
            let below = cell.denominator.as_ref().map_or(0, |below| below.records);
            reader.says(Say::WhyQuotient, &[&value, &count, &words.count(below)])
        }
        Means::Said => reader.says(Say::WhySaid, &[&value, &count]),
        Means::Asked => reader.says(Say::WhyAsked, &[&value]),
    };
    let settled = cell.settled;
    html! {
        p.say {
            (said)
            @if settled.records > 0 {
                " "
                (reader.says(
                    Say::Settled,
                    &[&words.count(settled.documents), &words.count(settled.records)],
                ))
            }
        }
    }
}

/// What the records of a page come to in a column.
fn sum_of(records: &[RecordBehind], column: &str) -> Decimal {
    let parts = records.iter().filter_map(|record| record.contributes.get(column));
    parts.filter_map(|part| part.parse::<Decimal>().ok()).sum()
}

fn records(reader: &Reader<'_>, told: &Explanation, asked: &Cell) -> Markup {
    let cells: Vec<&CellExplained> =
        told.cells.iter().filter(|cell| cell.records > 0 || cell.denominator.is_some()).collect();
    let has_below = told.records.iter().any(|record| !record.divides.is_empty());
    let is_whole = told.next.is_none() && asked.after.is_none();
    let contributing: Vec<&&CellExplained> =
        cells.iter().filter(|cell| matches!(cell.means, Means::Sum | Means::Quotient)).collect();
    html! {
        @if !told.records.is_empty() {
            section.card.flush aria-labelledby="records" {
                header {
                    h2 #records { (reader.says(Say::Sum, &[&reader.words().count(told.total)])) }
                }
                div.scroll tabindex="0" role="group" aria-labelledby="records" { table {
                    thead { tr {
                        th scope="col" { (reader.say(Say::RecordWord)) }
                        th scope="col" { (reader.say(Say::What)) }
                        th scope="col" { (reader.say(Say::About)) }
                        th scope="col" { (reader.say(Say::When)) }
                        th scope="col" { (reader.say(Say::RecordedAt)) }
                        th scope="col" { (reader.say(Say::By)) }
                        @for cell in &contributing {
                            th.n scope="col" {
                                @if asked.column.is_some() { (reader.say(Say::Contributes)) }
                                @else { (reader.term(cell.column)) }
                            }
                            @if has_below { th.n scope="col" { (reader.say(Say::Divides)) } }
                        }
                    } }
                    tbody {
                        @for record in &told.records {
                            (row(reader, record, &contributing, has_below))
                        }
                    }
                    @if !contributing.is_empty() { tfoot { tr.sum {
                        td colspan="6" {
                            @if is_whole {
                                (reader.says(
                                    Say::Sum,
                                    &[&reader.words().count(told.records.len() as u64)],
                                ))
                            }
                            @else { (reader.say(Say::OnThisPage)) }
                        }
                        @for cell in &contributing {
                            td.n data-sum=(cell.column) {
                                bdi {
                                    (number(
                                        reader,
                                        &sum_of(&told.records, cell.column).to_string(),
                                    ))
                                }
                            }
                            @if has_below { td {} }
                        }
                    } } }
                } }
            }
            @if let ([cell], true) = (&*cells, is_whole) {
                @let is_equal = cell.value.as_decimal() == Some(sum_of(&told.records, cell.column));
                @if cell.means == Means::Sum && is_equal {
                    p.fine { "✓ " (reader.say(Say::AddUp)) }
                }
            }
        }
    }
}

fn row(
    reader: &Reader<'_>,
    record: &RecordBehind,
    cells: &[&&CellExplained],
    has_below: bool,
) -> Markup {
    html! {
        tr {
            th.row scope="row" { (reader.record(record.position)) }
            td { (reader.event(record.event_type)) }
            td { (reader.entity_of_kind(&record.entity)) }
            td.nw { (reader.day_of(record.occurred_at)) }
            td { (reader.recorded(record.occurred_at, record.recorded_at)) }
            td { bdi { (record.actor) } }
            @for cell in cells {
                td.n {
                    @if let Some(part) = record.contributes.get(cell.column) {
                        bdi { (number(reader, part)) }
                    }
                }
                @if has_below {
                    td.n {
                        @if let Some(part) = record.divides.get(cell.column) {
                            bdi { (number(reader, part)) }
                        }
                    }
                }
            }
        }
    }
}
