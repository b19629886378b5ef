//! One report: its picture, its table, and how to ask it otherwise. Invariant: the cells are those
//! of `GET /v1/reports/{name}` with the same parameters; rows of zeros are hidden and counted.

use maud::{Markup, html};
use sijil_chart::figures;
use sijil_ledger::{Answer, AskError};
use sijil_projections::{
    report::{Page, Paged, ParameterKind, Picture, Report, ReportError, Row, Table, When},
    reports,
};

use sijil_schemas::{id::EntityRef, problem::ProblemKind};

use crate::{
    frame::{Leaf, kept},
    link::{Asked, At, Cell, Link},
    parts::{Drawn, figure, is_number},
    reader::{Reader, Trouble},
    words::{Say, named, title},
};

/// How many rows are on a page.
const ROWS: &str = "100";

/// The report of a name.
pub(super) fn found(name: &str) -> Result<&'static Report, Trouble> {
    let unknown = || ReportError::UnknownReport { name: name.chars().take(80).collect() };
    reports::find(name).ok_or_else(|| AskError::from(unknown()).into())
}

/// The title of a report in the reader's language.
pub(super) fn titled(reader: &Reader<'_>, report: &Report) -> Markup {
    let (said, lang) = title(report, reader.lang);
    reader.marked((said.to_owned(), lang))
}

/// Whether a picture is meant for an answer.
fn is_meant(picture: &Picture, answer: &Answer) -> bool {
    picture.when.iter().all(|when| match when {
        When::Is(name, values) => {
            answer.parameters.get(name).is_some_and(|value| values.contains(&value.as_str()))
        }
        When::Given(name) => answer.parameters.contains_key(name),
        When::Absent(name) => !answer.parameters.contains_key(name),
    })
}

/// The parameters that a report takes itself, but for those of its rows.
fn own(report: &Report, asked: &Asked) -> Asked {
    let mut own = asked.clone();
    own.retain(|name, _| report.parameters.iter().any(|parameter| parameter.name == name));
    own
}

struct Shown<'a> {
    report: &'static Report,
    /// What was asked, of rows too.
    asked: &'a Asked,
    /// What was asked of the report itself.
    own: Asked,
    answer: Answer,
    paged: Paged,
    hidden: usize,
}

pub(super) fn page(reader: &Reader<'_>, name: &str, asked: &Asked) -> Result<Leaf, Trouble> {
    let report = found(name)?;
    let title = title(report, reader.lang).0.to_owned();
    let pages = pages(report, asked)?;
    let mut given = asked.clone();
    Page::take(report, &mut given).map_err(AskError::from)?;
    let answer = match reader.ask(report, &given) {
        Ok(answer) => answer,
        Err(trouble) if trouble.kind == ProblemKind::MissingParameter => {
            return Ok(Leaf { title, body: wanting(reader, report, asked, &trouble) });
        }
        Err(trouble) => return Err(trouble),
    };
    let all = answer.table.rows.len();
    let [first, others @ ..] = &pages;
    let mut paged = first.of(answer.table.clone());
    for page in others {
        paged = paged.or_else(|_| page.of(answer.table.clone()));
    }
    let paged = paged.map_err(AskError::from)?;
    let hidden = all.saturating_sub(paged.rows_in_all);
    let shown = Shown { report, asked, own: own(report, asked), answer, paged, hidden };
    Ok(Leaf { title, body: body(reader, &shown) })
}

/// What is asked of the rows: without those of zeros and with totals, unless that means nothing for
/// the answer; then with less.
fn pages(report: &Report, asked: &Asked) -> Result<[Page; 3], AskError> {
    let page = |words: &[&str]| {
        let mut given = asked.clone();
        for word in words {
            given.entry((*word).to_owned()).or_insert_with(|| "true".into());
        }
        if !cuts_itself(report) {
            given.entry("limit".into()).or_insert_with(|| ROWS.into());
        }
        Page::take(report, &mut given).map(|(page, _)| page)
    };
    Ok([page(&["nonzero", "total"])?, page(&["nonzero"])?, page(&[])?])
}

/// Whether a report cuts its rows itself.
fn cuts_itself(report: &Report) -> bool {
    report.parameters.iter().any(|parameter| parameter.name == "limit")
}

fn heading(reader: &Reader<'_>, report: &Report, more: &Markup) -> Markup {
    html! {
        div.head {
            div {
                p.crumb { a href=(reader.to(&Link::Reports)) { (reader.say(Say::AllReports)) } }
                h1 { (titled(reader, report)) }
                p.lede { (reader.english(report.question)) }
            }
            div.acts { (more) }
        }
    }
}

/// A question that lacks a parameter: it is asked for, and nothing else is wrong.
fn wanting(reader: &Reader<'_>, report: &Report, asked: &Asked, trouble: &Trouble) -> Markup {
    html! {
        (heading(reader, report, &html! {}))
        p.note role="status" {
            span { (reader.say(Say::NeedsMore)) " " (reader.english(&trouble.detail)) }
        }
        (form(reader, report, asked, true))
    }
}

fn body(reader: &Reader<'_>, shown: &Shown<'_>) -> Markup {
    let Shown { report, answer, .. } = shown;
    let since = Link::Changed(report.name.into(), shown.own.clone(), None);
    let acts = html! {
        a.btn href=(reader.to(&since)) { (reader.say(Say::WhatChanged)) }
        a.btn href=(export(reader, shown, "csv")) { "CSV" }
        a.btn href=(export(reader, shown, "json")) { "JSON" }
    };
    html! {
        (heading(reader, report, &acts))
        @if let Some(scope) = &answer.scope {
            p.note role="status" { span { (reader.says(Say::ScopeNotice, &[scope])) } }
        }
        (form(reader, report, shown.asked, false))
        (pictures(reader, shown))
        (rows(reader, shown))
        @for note in &answer.table.notes { p.hint { (reader.english(note)) } }
        (computed(reader, shown))
    }
}

/// The address of the same answer in `/v1`.
fn request(reader: &Reader<'_>, shown: &Shown<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(reader.with_clocks(shown.own.clone()));
    format!("/v1/reports/{}?{}", shown.report.name, query.finish())
}

fn export(reader: &Reader<'_>, shown: &Shown<'_>, format: &str) -> String {
    format!("{}&format={format}", request(reader, shown))
}

/// The picture that is meant, where the table has anything to draw.
fn pictures(reader: &Reader<'_>, shown: &Shown<'_>) -> Markup {
    let meant = shown.report.pictures.iter().find(|picture| is_meant(picture, &shown.answer));
    let Some(picture) = meant else { return html! {} };
    let clients = shown.answer.table.rows.iter().flat_map(|row| {
        shown.answer.table.columns.iter().zip(row).filter_map(|(column, cell)| {
            reader.entity_in(column, &cell.value).filter(|it| it.kind.name() == "client")
        })
    });
    let clients: Vec<_> = clients.take(60).collect();
    reader.learn(clients.iter().map(EntityRef::id));
    let label = title(shown.report, reader.lang).0;
    let voice = Drawn { reader, report: shown.report.name, asked: &shown.own };
    let all = figures(&shown.answer.table, &picture.draw, label, &voice);
    html! {
        @if !all.is_empty() {
            section.card aria-labelledby="picture" {
                h2.quiet #picture { (reader.say(Say::Picture)) }
                @for one in &all { (figure(one)) }
            }
        }
    }
}

fn rows(reader: &Reader<'_>, shown: &Shown<'_>) -> Markup {
    let Paged { table, rows_in_all, next, .. } = &shown.paged;
    let words = reader.words();
    let (here, all) = (words.count(table.rows.len() as u64), words.count(*rows_in_all as u64));
    let toggled = |nonzero: bool| {
        let mut asked = shown.asked.clone();
        asked.remove("after");
        asked.insert("nonzero".into(), nonzero.to_string());
        reader.to(&Link::Report(shown.report.name.into(), asked))
    };
    let page = |after: Option<&String>| {
        let mut asked = shown.asked.clone();
        asked.remove("after");
        asked.extend(after.map(|after| ("after".to_owned(), after.clone())));
        // Rows stand still only at a fixed position.
        let known_at = Some(reader.clocks.cut.known_at.to_string());
        Link::Report(shown.report.name.into(), asked).to(&At { known_at, ..reader.at.clone() })
    };
    html! {
        section.card.flush aria-labelledby="table" {
            header {
                h2 #table { (reader.say(Say::Table)) }
                p.end {
                    @if table.rows.len() == *rows_in_all { (reader.says(Say::Rows, &[&all])) }
                    @else { (reader.says(Say::RowsOf, &[&here, &all])) }
                    @if shown.hidden > 0 {
                        " · "
                        (reader.says(Say::HiddenRows, &[&words.count(shown.hidden as u64)]))
                        " "
                        a href=(toggled(false)) { (reader.say(Say::ShowThem)) }
                    } @else if shown.asked.get("nonzero").is_some_and(|it| it == "false") {
                        " · " a href=(toggled(true)) { (reader.say(Say::HideZeros)) }
                    }
                }
            }
            @if table.rows.is_empty() {
                p.empty { b { (reader.say(Say::NoRows)) } " " (reader.say(Say::NoRowsHint)) }
            } @else {
                div.scroll tabindex="0" role="group" aria-labelledby="table" {
                    (table_of(reader, shown, table))
                }
            }
            @if next.is_some() || shown.asked.contains_key("after") {
                nav.pager aria-label=(reader.say(Say::Table)) {
                    @if shown.asked.contains_key("after") {
                        a.btn href=(page(None)) { (reader.say(Say::First)) }
                    }
                    @if next.is_some() {
                        a.btn href=(page(next.as_ref())) { (reader.say(Say::Next)) }
                    }
                }
            }
        }
    }
}

fn table_of(reader: &Reader<'_>, shown: &Shown<'_>, table: &Table) -> Markup {
    html! {
        table {
            thead { tr { @for column in &table.columns {
                th scope="col" class=[is_number(column.kind).then_some("n")] {
                    (reader.term(column.name))
                }
            } } }
            tbody { @for row in &table.rows { (one_row(reader, shown, table, row)) } }
            @if let Some(totals) = &shown.paged.totals {
                @let adds = totals.iter().any(|total| total.len() > 1);
                @if adds && table.rows.len() > totals.len() { tfoot {
                    @for total in totals {
                        tr.sum { @for (at, column) in table.columns.iter().enumerate() {
                            @let value = total.get(column.name);
                            @if is_number(column.kind) {
                                td.n {
                                    @if let Some(value) = value {
                                        bdi { (reader.plain(column, value)) }
                                    }
                                }
                            } @else {
                                td {
                                    @if at == 0 { (reader.say(Say::Total)) " " }
                                    @if let Some(value) = value {
                                        bdi { (reader.plain(column, value)) }
                                    }
                                }
                            }
                        } }
                    }
                } }
            }
        }
    }
}

fn one_row(reader: &Reader<'_>, shown: &Shown<'_>, table: &Table, row: &Row) -> Markup {
    let key = table.row_key(row).to_string();
    let why = |column: &str| {
        let cell = Cell { row: key.clone(), column: Some(column.to_owned()), after: None };
        reader.to(&Link::Why(shown.report.name.into(), shown.own.clone(), cell))
    };
    html! {
        tr { @for (at, (column, cell)) in table.columns.iter().zip(row).enumerate() {
            @if at == 0 && column.key {
                th.row scope="row" { (reader.value(column, &cell.value)) }
            } @else if is_number(column.kind) {
                td.n data-column=(column.name) {
                    @if cell.value.shown().is_none() { span.zero { "–" } }
                    @else {
                        a.why href=(why(column.name)) {
                            bdi { (reader.plain(column, &cell.value)) }
                        }
                    }
                }
            } @else {
                td { (reader.value(column, &cell.value)) }
            }
        } }
    }
}

/// How a report is asked otherwise: a field for each parameter it declares.
fn form(reader: &Reader<'_>, report: &Report, asked: &Asked, is_open: bool) -> Markup {
    let address = Link::Report(report.name.into(), Asked::new()).to(&At::default());
    let given = report.parameters.iter().filter(|it| asked.contains_key(it.name));
    let chips: Vec<_> = given.collect();
    html! {
        @if !report.parameters.is_empty() {
            details.card.ask open[is_open] {
                summary {
                    (reader.say(Say::Filters))
                    @for parameter in &chips {
                        " " span.chip {
                            (reader.term(parameter.name)) ": "
                            b { bdi { (asked.get(parameter.name).map_or("", String::as_str)) } }
                        }
                    }
                }
                form.fields action=(address) {
                    (kept(reader))
                    @for parameter in report.parameters {
                        @let value = asked.get(parameter.name).map_or("", String::as_str);
                        @let id = format!("f-{}", parameter.name);
                        div.field {
                            label for=(id) {
                                (reader.term(parameter.name))
                                @if parameter.required {
                                    " " small { "(" (reader.say(Say::Required)) ")" }
                                }
                            }
                            (field(
                                reader,
                                parameter.kind,
                                (&id, parameter.name, value),
                                parameter.default,
                            ))
                        }
                    }
                    button.btn.pri { (reader.say(Say::Ask)) }
                }
            }
        }
    }
}

fn field(
    reader: &Reader<'_>,
    kind: ParameterKind,
    (id, name, value): (&str, &str, &str),
    default: Option<&str>,
) -> Markup {
    let choose = |choices: &[&str]| {
        html! {
            select id=(id) name=(name) {
                @if default.is_none() { option value="" { (reader.say(Say::Any)) } }
                @for choice in choices {
                    @let taken = if value.is_empty() { default } else { Some(value) };
                    option value=(choice) selected[taken == Some(choice)] {
                        (named(choice, reader.lang).0)
                    }
                }
            }
        }
    };
    let text = |kind: &str| {
        html! {
            input id=(id) name=(name) type=(kind) value=(value) placeholder=(default.unwrap_or(""));
        }
    };
    match kind {
        ParameterKind::Choice(choices) => choose(choices),
        ParameterKind::Flag => choose(&["true", "false"]),
        ParameterKind::Date => text("date"),
        ParameterKind::Count => html! {
            input id=(id) name=(name) type="number" min="0" value=(value)
                placeholder=(default.unwrap_or(""));
        },
        ParameterKind::Moment
        | ParameterKind::Id(_)
        | ParameterKind::Decimal
        | ParameterKind::Currency
        | ParameterKind::Attribute(_)
        | ParameterKind::Text => text("text"),
    }
}

fn computed(reader: &Reader<'_>, shown: &Shown<'_>) -> Markup {
    let Shown { report, answer, .. } = shown;
    let edition = reader.says(Say::Edition, &[&answer.edition.to_string()]);
    html! {
        details.card {
            summary { (reader.say(Say::HowComputed)) }
            dl.facts {
                dt { (reader.say(Say::Question)) } dd { (reader.english(report.about)) }
                dt { (reader.say(Say::Formula)) } dd { (reader.english(report.formula)) }
                dt { (reader.say(Say::Source)) }
                dd { (reader.english(report.source)) " · " (edition) }
                dt { (reader.say(Say::Family)) }
                dd { @for family in report.draws_on { (reader.term(family)) " " } }
            }
        }
        details.card {
            summary { (reader.say(Say::AsRequest)) }
            pre tabindex="0" dir="ltr" {
                code {
                    "curl -H @sijil-data/keys/curl '" span.here { "http://127.0.0.1:7425" }
                    (request(reader, shown)) "'"
                }
            }
        }
    }
}
