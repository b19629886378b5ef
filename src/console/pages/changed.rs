//! What changed in a report since an earlier `known_at`, and because of which records. Invariant:
//! the steps of a row and what stands for its others add up to its difference.

use maud::{Markup, html};
use rust_decimal::Decimal;
use sijil_ledger::{RestatedRow, RestatedStep, Restatement};
use sijil_projections::report::{Column, Value};
use sijil_schemas::id::EntityRef;

use super::report::{found, titled};
use crate::{
    frame::{Leaf, kept},
    link::{Asked, At, Link},
    parts::is_number,
    reader::{Reader, Trouble},
    words::{Say, title},
};

/// The most rows and, of each, steps that are shown.
const ROWS_MAX: usize = 20;
const STEPS_MAX: usize = 60;
/// The most columns of numbers beside each step.
const COLUMNS_MAX: usize = 6;

pub(super) fn page(
    reader: &Reader<'_>,
    name: &str,
    asked: &Asked,
    since: Option<&str>,
) -> Result<Leaf, Trouble> {
    let report = found(name)?;
    let (said, lang) = title(report, reader.lang);
    let heading = reader.says(Say::Changed, &[said]);
    let restated = since
        .map(|since| reader.desk.restate(&reader.question(report.name, asked), since))
        .transpose()?;
    let back = Link::Report(report.name.into(), asked.clone());
    let body = html! {
        p.crumb {
            a href=(reader.to(&Link::Reports)) { (reader.say(Say::AllReports)) } " / "
            a href=(reader.to(&back)) { (titled(reader, report)) }
        }
        h1 { @if lang == reader.lang { (heading) } @else { bdi { (heading) } } }
        (form(reader, (report.name, asked), since))
        @if let Some(restated) = &restated { (told(reader, restated)) }
    };
    Ok(Leaf { title: heading, body })
}

fn form(reader: &Reader<'_>, (name, asked): (&str, &Asked), since: Option<&str>) -> Markup {
    let address = Link::Changed(name.into(), Asked::new(), None).to(&At::default());
    html! {
        form.card.fields action=(address) {
            (kept(reader))
            @for (name, value) in asked { input type="hidden" name=(name) value=(value); }
            div.field {
                label for="since" { (reader.say(Say::Since)) }
                input #since name="since" required value=(since.unwrap_or(""))
                    placeholder="2025-12-01";
            }
            button.btn.pri { (reader.say(Say::Compare)) }
        }
    }
}

fn told(reader: &Reader<'_>, restated: &Restatement) -> Markup {
    let words = reader.words();
    let [from, to] = [restated.from, restated.to].map(|at| words.count(at.get()));
    let count = words.count(restated.changes.len() as u64);
    let clients = restated.changes.iter().flat_map(|row| &row.steps);
    let clients = clients.map(|step| &step.record.document).filter(|it| it.kind.name() == "client");
    reader.learn(clients.take(200).map(EntityRef::id));
    html! {
        p.lede { (reader.says(Say::ChangedLede, &[&from, &to, &count])) }
        @if restated.changes.is_empty() { p.empty { (reader.say(Say::ChangedNone)) } }
        @for row in restated.changes.iter().take(ROWS_MAX) { (one(reader, restated, row)) }
        @if restated.changes.len() > ROWS_MAX {
            p.hint {
                (reader.says(Say::RowsOf, &[&words.count(ROWS_MAX as u64), &count]))
            }
        }
    }
}

/// The columns that moved, numbers among them, in the order of the report.
fn moved<'r>(restated: &'r Restatement, row: &RestatedRow) -> Vec<&'r Column> {
    let all = restated.columns.iter();
    all.filter(|column| row.moved.contains_key(column.name)).collect()
}

fn one(reader: &Reader<'_>, restated: &Restatement, row: &RestatedRow) -> Markup {
    let keys = restated.columns.iter().filter(|column| column.key).zip(&row.key);
    let columns = moved(restated, row);
    let cell = |column: &Column, value: &Value| {
        html! { td.n { bdi { (reader.plain(column, value)) } } }
    };
    html! {
        section.card.flush {
            header { h2 { @for (at, (column, value)) in keys.enumerate() {
                @if at > 0 { ", " } (reader.value(column, value))
            } } }
            div.scroll tabindex="0" role="group" aria-label=(reader.say(Say::Difference)) { table {
                thead { tr {
                    td {}
                    @for column in &columns { th.n scope="col" { (reader.term(column.name)) } }
                } }
                tbody {
                    tr { th.row scope="row" { (reader.say(Say::Before)) } @for column in &columns {
                        (cell(column, &row.moved[column.name].before))
                    } }
                    tr { th.row scope="row" { (reader.say(Say::After)) } @for column in &columns {
                        (cell(column, &row.moved[column.name].after))
                    } }
                    tr.sum { th.row scope="row" { (reader.say(Say::Difference)) }
                        @for column in &columns {
                        (cell(column, &row.moved[column.name].difference))
                    } }
                }
            } }
            (causes(reader, row, &columns))
        }
    }
}

fn causes(reader: &Reader<'_>, row: &RestatedRow, columns: &[&Column]) -> Markup {
    let numbers: Vec<&&Column> = columns
        .iter()
        .filter(|column| is_number(column.kind) && row.moved[column.name].difference != Value::Null)
        .take(COLUMNS_MAX)
        .collect();
    let words = reader.words();
    let effect = |shifts: &sijil_projections::report::Shifts, column: &Column| {
        let difference = shifts.get(column.name).map(|shifted| &shifted.difference);
        difference.map_or_else(String::new, |difference| reader.plain(column, difference))
    };
    // What is not shown one by one, so that the rows add up to the difference.
    let rest = |column: &Column| -> Decimal {
        let steps = row.steps.iter().skip(STEPS_MAX);
        let parts = steps.filter_map(|step| step.moved.get(column.name)?.difference.as_decimal());
        parts.sum()
    };
    html! {
        div.scroll tabindex="0" role="group" aria-label=(reader.say(Say::Because)) { table {
            caption { (reader.say(Say::Because)) }
            thead { tr {
                th scope="col" { (reader.say(Say::RecordWord)) }
                th scope="col" { (reader.say(Say::What)) }
                th scope="col" { (reader.say(Say::When)) }
                th scope="col" { (reader.say(Say::RecordedAt)) }
                th scope="col" { (reader.say(Say::By)) }
                @for column in &numbers { th.n scope="col" { (reader.term(column.name)) } }
            } }
            tbody {
                @for step in row.steps.iter().take(STEPS_MAX) {
                    tr {
                        th.row scope="row" { (reader.record(step.record.position)) }
                        td { (what(reader, step)) }
                        td.nw { (reader.day_of(step.record.occurred_at)) }
                        td { (reader.recorded(step.record.occurred_at, step.record.recorded_at)) }
                        td { bdi { (step.record.actor.as_str()) } }
                        @for column in &numbers { td.n { bdi { (effect(&step.moved, column)) } } }
                    }
                }
                @if row.steps.len() > STEPS_MAX { tr {
                    td colspan="5" {
                        (reader.says(
                            Say::Others,
                            &[&words.count((row.steps.len() - STEPS_MAX) as u64)],
                        ))
                    }
                    @for column in &numbers {
                        td.n { bdi { (words.decimal(&rest(column).to_string())) } }
                    }
                } }
                @if let Some(others) = &row.others { tr {
                    td colspan="5" { (reader.says(Say::Others, &[&words.count(others.records)])) }
                    @for column in &numbers { td.n { bdi { (effect(&others.moved, column)) } } }
                } }
            }
            tfoot { tr.sum {
                td colspan="5" { (reader.say(Say::Difference)) }
                @for column in &numbers { td.n { bdi { (effect(&row.moved, column)) } } }
            } }
        } }
    }
}

fn what(reader: &Reader<'_>, step: &RestatedStep) -> Markup {
    html! {
        (reader.event(step.record.event_type)) " "
        (reader.entity_of_kind(&step.record.document))
        @if let Some(reason) = &step.reason {
            small { "“" bdi { (crate::parts::safe(reason)) } "”" }
        }
        @if let Some(voided) = &step.voids {
            small { (reader.say(Say::Voids)) " " (reader.record(voided.position)) }
        }
    }
}
