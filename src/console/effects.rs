//! What would happen: what reports would say otherwise if something were recorded. Invariant: it is
//! what the ledger's own trial says, at the desk of whoever asks.

use maud::{Markup, html};
use sijil_ledger::{Desk, Effect, EffectRow, Question};
use sijil_projections::{
    report::{Column, Value},
    reports,
};
use sijil_schemas::{event::EventType, time::Date};

use crate::{
    link::{Asked, Link},
    parts::is_number,
    reader::Reader,
    words::{Say, title},
};

/// The most rows and columns of one report that are shown.
const ROWS_MAX: usize = 12;
const COLUMNS_MAX: usize = 5;

/// A report, and how it is asked.
type Asking = (&'static str, &'static [(&'static str, &'static str)]);

/// What is asked of a void, since it may be of anything.
const OF_ANY: &[Asking] = &[
    ("receivables", &[]),
    ("payables", &[]),
    ("pipeline", &[]),
    ("orders", &[]),
    ("stock", &[]),
    ("work_list", &[]),
];

/// The reports that somebody who records in a family wants to know of.
fn of_family(family: &str) -> &'static [Asking] {
    match family {
        "invoices" => &[("receivables", &[]), ("payables", &[]), ("trial_balance", &[])],
        "accounting" => &[("payables", &[]), ("trial_balance", &[])],
        "orders" => &[("orders", &[]), ("stock", &[]), ("receivables", &[])],
        "stock" => &[("stock", &[]), ("valuation", &[])],
        "deals" => &[("pipeline", &[]), ("win_rate", &[])],
        "clients" | "counterparties" => &[("clients", &[]), ("counterparty_links", &[])],
        "interactions" | "tasks" => &[("tasks", &[]), ("work_list", &[])],
        "claims" => &[("claims", &[])],
        "marketing" => &[("attribution", &[])],
        "surveys" => &[("surveys", &[])],
        "staff" => &[("headcount", &[])],
        "system" => OF_ANY,
        _ => &[],
    }
}

/// What is asked of a trial, so far as it may be.
pub(crate) fn questions(desk: &Desk, of: &EventType, as_of: Date) -> Vec<Question> {
    let question = |(name, asked): &Asking| {
        let own = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let parameters =
            own.chain(std::iter::once(("as_of".to_owned(), as_of.to_string()))).collect();
        Question { report: (*name).to_owned(), parameters }
    };
    // Whoever may not ask a report is not told what it would say.
    of_family(of.family).iter().map(question).filter(|it| desk.hears(it)).collect()
}

/// The effects on reports, each with its rows as they are and as they would be.
pub(crate) fn shown(reader: &Reader<'_>, effects: &[Effect]) -> Markup {
    let same: Vec<&Effect> = effects.iter().filter(|effect| effect.changes.is_empty()).collect();
    html! {
        @for effect in effects.iter().filter(|effect| !effect.changes.is_empty()) {
            (one(reader, effect))
        }
        @if !same.is_empty() {
            p.hint {
                (reader.say(Say::SaysTheSame)) " "
                @for (at, effect) in same.iter().enumerate() {
                    @if at > 0 { ", " }
                    (of_report(reader, effect))
                }
            }
        }
    }
}

/// A link to a report by its title.
fn of_report(reader: &Reader<'_>, effect: &Effect) -> Markup {
    let link = reader.to(&Link::Report(effect.report.to_owned(), Asked::new()));
    let said = reports::find(effect.report).map(|report| title(report, reader.lang));
    html! {
        a href=(link) {
            @match said {
                Some((said, lang)) => (reader.marked((said.to_owned(), lang))),
                None => (effect.report),
            }
        }
    }
}

fn one(reader: &Reader<'_>, effect: &Effect) -> Markup {
    let moves = |column: &&Column| {
        !column.key && effect.changes.iter().any(|row| row.moved.contains_key(column.name))
    };
    // Numbers say most.
    let mut columns: Vec<&Column> = effect.columns.iter().filter(moves).collect();
    columns.sort_by_key(|column| !is_number(column.kind));
    columns.truncate(COLUMNS_MAX);
    let left_out = effect.changes.len().saturating_sub(ROWS_MAX) + effect.left_out;
    html! {
        section.card.flush {
            header { h2 { (of_report(reader, effect)) } }
            div.scroll tabindex="0" role="group" aria-label=(reader.say(Say::Difference)) { table {
                thead { tr {
                    @for column in effect.columns.iter().filter(|column| column.key) {
                        th scope="col" { (reader.term(column.name)) }
                    }
                    @for column in &columns { th.n scope="col" { (reader.term(column.name)) } }
                } }
                tbody {
                    @for row in effect.changes.iter().take(ROWS_MAX) {
                        (line(reader, effect, row, &columns))
                    }
                }
            } }
            @if left_out > 0 {
                p.empty {
                    (reader.says(Say::MoreInTable, &[&reader.words().count(left_out as u64)]))
                }
            }
        }
    }
}

fn line(reader: &Reader<'_>, effect: &Effect, row: &EffectRow, columns: &[&Column]) -> Markup {
    let keys = effect.columns.iter().filter(|column| column.key).zip(&row.key);
    let of = |side: &Option<std::collections::BTreeMap<&'static str, Value>>, name: &str| {
        side.as_ref().and_then(|row| row.get(name)).cloned().unwrap_or(Value::Null)
    };
    html! {
        tr {
            @for (column, value) in keys { td { (reader.value(column, value)) } }
            @for column in columns {
                @let (before, after) = (of(&row.before, column.name), of(&row.after, column.name));
                td.n.shift {
                    @if row.moved.contains_key(column.name) {
                        s.zero { bdi { (reader.plain(column, &before)) } } " "
                        b { bdi { (reader.plain(column, &after)) } }
                    } @else {
                        bdi { (reader.plain(column, &after)) }
                    }
                }
            }
        }
    }
}
