//! What is to be seen first: a few figures, what waits, what was just recorded. Invariant: each
//! number is a cell of a report, or the sum of some of one row, and leads to it; whoever may not
//! ask that report is told so in its place.

use maud::{Markup, html};
use rust_decimal::Decimal;
use sijil_chart::figures;
use sijil_ledger::{Answer, Filter};
use sijil_projections::{
    report::{Draw, Report, Row, Value},
    reports,
};
use sijil_schemas::Position;

use super::log;
use crate::{
    frame::Leaf,
    link::{Asked, Cell, Link, Records},
    parts::{Drawn, figure},
    reader::{Reader, Trouble},
    words::Say,
};

/// How many records are shown.
const RECORDS: u64 = 8;
/// The ages of what is overdue.
const LATE: [&str; 4] = ["days_1_30", "days_31_60", "days_61_90", "over_90"];

/// A report that was asked.
struct Told {
    report: &'static Report,
    asked: Asked,
    answer: Answer,
}

fn ask(reader: &Reader<'_>, name: &str, asked: &[(&str, &str)]) -> Option<Told> {
    let report = reports::find(name)?;
    let asked: Asked = asked.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let answer = reader.ask(report, &asked).ok()?;
    Some(Told { report, asked, answer })
}

impl Told {
    fn at(&self, column: &str) -> Option<usize> {
        self.answer.table.columns.iter().position(|it| it.name == column)
    }
    /// The row of the base currency, or the only one.
    fn row(&self, reader: &Reader<'_>) -> Option<&Row> {
        let base = reader.desk.views().company.base().map(|base| base.to_string());
        let unit = self.at("currency");
        let rows = &self.answer.table.rows;
        match unit {
            Some(unit) => rows.iter().find(|row| row[unit].value.shown() == base),
            None => rows.first(),
        }
    }
    fn number(&self, row: &Row, column: &str) -> Decimal {
        self.at(column).and_then(|at| row[at].value.as_decimal()).unwrap_or_default()
    }
    fn shown(&self, reader: &Reader<'_>, row: &Row, column: &str) -> String {
        self.at(column).map_or("–".to_owned(), |at| {
            reader.plain(&self.answer.table.columns[at], &row[at].value)
        })
    }
    fn link(&self) -> Link {
        let mut asked = self.asked.clone();
        asked.remove("total");
        Link::Report(self.report.name.into(), asked)
    }
    fn why(&self, row: &Row, column: &str) -> Link {
        let row = self.answer.table.row_key(row).to_string();
        let cell = Cell { row, column: Some(column.to_owned()), after: None };
        Link::Why(self.report.name.into(), self.asked.clone(), cell)
    }
}

/// A figure: what it is, the number, where it leads, and what it is held against.
struct Figure {
    say: Say,
    shown: Option<(String, Link, String)>,
}

fn against(reader: &Reader<'_>, told: &Told, column: &str) -> Option<(String, Link, String)> {
    let row = told.row(reader)?;
    let before = reader.says(Say::MonthBefore, &[&told.shown(reader, row, "previous")]);
    Some((told.shown(reader, row, column), told.why(row, column), before))
}

fn all_figures(reader: &Reader<'_>) -> [Figure; 5] {
    let words = reader.words();
    let first = reader.day.plus_days(1 - i32::from(reader.day.civil().day())).to_string();
    let day = reader.day.to_string();
    let month = [("from", &*first), ("to", &*day)];
    let sales = ask(reader, "sales", &month);
    let payments = ask(reader, "payments", &month);
    let owed = ask(reader, "receivables", &[]);
    let overdue = owed.as_ref().and_then(|told| {
        let row = told.row(reader)?;
        let late: Decimal = LATE.iter().map(|column| told.number(row, column)).sum();
        let of = reader.says(Say::OfOwed, &[&told.shown(reader, row, "gross")]);
        Some((words.decimal(&late.to_string()), told.link(), of))
    });
    let pipeline = ask(reader, "pipeline", &[("total", "true")]);
    let open = pipeline.as_ref().and_then(|told| {
        let base = reader.desk.views().company.base().map(|base| base.to_string());
        let totals = told.answer.totals.as_ref()?;
        let total =
            totals.iter().find(|total| total.get("currency").and_then(Value::shown) == base)?;
        let said = |name: &str| {
            let shown = total.get(name).and_then(Value::shown);
            words.decimal(&shown.unwrap_or_else(|| "–".into()))
        };
        // Deals are counted on the row of each currency, so those of one add up.
        let unit = told.at("currency")?;
        let rows = told.answer.table.rows.iter().filter(|row| row[unit].value.shown() == base);
        let deals: Decimal = rows.map(|row| told.number(row, "open")).sum();
        let deals = words.decimal(&deals.to_string());
        let of = reader.says(Say::OfDeals, &[&deals, &said("raw")]);
        Some((said("weighted"), told.link(), of))
    });
    let stock = ask(reader, "valuation", &[("group", "all")]);
    let value = stock.as_ref().and_then(|told| {
        let row = told.row(reader)?;
        let unit = reader.says(Say::InUnit, &[&told.shown(reader, row, "currency")]);
        Some((told.shown(reader, row, "value"), told.why(row, "value"), unit))
    });
    [
        Figure { say: Say::SalesMonth, shown: sales.and_then(|it| against(reader, &it, "net")) },
        Figure {
            say: Say::ReceivedMonth,
            shown: payments.and_then(|it| against(reader, &it, "received")),
        },
        Figure { say: Say::Overdue, shown: overdue },
        Figure { say: Say::OpenWeighted, shown: open },
        Figure { say: Say::StockAtCost, shown: value },
    ]
}

/// What waits: each with how many or how much, and where it stands.
fn waiting(reader: &Reader<'_>) -> Vec<(Say, String, Link)> {
    let words = reader.words();
    let mut all = Vec::new();
    let mut count = |say: Say, told: Option<Told>, column: &str| {
        let Some(told) = told else { return };
        let rows = told.answer.table.rows.iter();
        let sum: Decimal = rows.map(|row| told.number(row, column)).sum();
        if !sum.is_zero() {
            all.push((say, words.decimal(&sum.normalize().to_string()), told.link()));
        }
    };
    count(Say::WaitTasks, ask(reader, "tasks", &[]), "overdue");
    count(Say::WaitClaims, ask(reader, "claims", &[]), "open");
    count(Say::WaitRequirements, ask(reader, "compliance", &[("view", "total")]), "pending");
    let mut rows = |say: Say, told: Option<Told>, is_one: &dyn Fn(&Told, &Row) -> bool| {
        let Some(told) = told else { return };
        let found = told.answer.table.rows.iter().filter(|row| is_one(&told, row)).count();
        if found > 0 {
            all.push((say, words.count(found as u64), told.link()));
        }
    };
    let late: fn(&Told, &Row) -> bool =
        |told, row| LATE.iter().any(|column| told.number(row, column) > Decimal::ZERO);
    rows(Say::WaitInvoices, ask(reader, "receivables", &[("group", "invoice")]), &late);
    let negative: fn(&Told, &Row) -> bool = |told, row| told.number(row, "closing") < Decimal::ZERO;
    rows(Say::WaitNegative, ask(reader, "cash_flow", &[("view", "balance")]), &negative);
    let overdue: fn(&Told, &Row) -> bool = |_, _| true;
    rows(Say::WaitPersons, ask(reader, "subject_requests", &[]), &overdue);
    all
}

fn by_month(reader: &Reader<'_>) -> Markup {
    let first = reader.day.plus_days(1 - i32::from(reader.day.civil().day()));
    let year_ago = first.plus_days(-365);
    let from = year_ago.plus_days(1 - i32::from(year_ago.civil().day())).to_string();
    let to = reader.day.to_string();
    let Some(told) = ask(reader, "payments", &[("from", &from), ("to", &to)]) else {
        return html! { p.empty { (reader.say(Say::NotShown)) } };
    };
    let voice = Drawn { reader, report: told.report.name, asked: &told.asked };
    let draw = Draw::Columns { x: "period", y: &["received"], ghost: None };
    let label = reader.say(Say::ByMonth);
    let all = figures(&told.answer.table, &draw, label, &voice);
    html! {
        @for one in all.iter().take(1) { (figure(one)) }
        @if all.is_empty() { p.empty { (reader.say(Say::NoRows)) } }
    }
}

pub(super) fn page(reader: &Reader<'_>) -> Result<Leaf, Trouble> {
    let known_at = reader.clocks.cut.known_at;
    let after = Position::new(known_at.get().saturating_sub(RECORDS));
    let filter = Filter { known_at: Some(known_at), ..Filter::default() };
    let found = reader.desk.page(&filter, after, RECORDS as usize)?;
    let mut records = reader.desk.all_told(&found.records, known_at)?;
    records.reverse();
    let waits = waiting(reader);
    let heading = reader.words().day(reader.day);
    let body = html! {
        div.head { div {
            h1 { (heading) }
            p.lede {
                bdi { (reader.desk.views().company.id()) }
                @if reader.at.known_at.is_none() { " · " (reader.say(Say::UpToNow)) }
            }
        } }
        ul.stats { @for figure in all_figures(reader) { li { (figure_of(reader, &figure)) } } }
        div.grid.half {
            section.card aria-labelledby="by-month" {
                h2 #by-month { (reader.say(Say::ByMonth)) }
                (by_month(reader))
            }
            section.card.flush aria-labelledby="waiting" {
                header { h2 #waiting { (reader.say(Say::Waiting)) } }
                @if waits.is_empty() { p.empty { (reader.say(Say::NothingWaits)) } } @else {
                    ul.list { @for (say, shown, link) in &waits {
                        li {
                            a href=(reader.to(link)) { (reader.say(*say)) } b.n { bdi { (shown) } }
                        }
                    } }
                }
            }
        }
        section aria-labelledby="recorded" {
            header.over {
                h2 #recorded { (reader.say(Say::JustRecorded)) }
                a href=(reader.to(&Link::Log(Records::default()))) { (reader.say(Say::Log)) }
            }
            (log::table(reader, &records))
        }
    };
    Ok(Leaf { title: reader.say(Say::Today).to_owned(), body })
}

fn figure_of(reader: &Reader<'_>, figure: &Figure) -> Markup {
    html! {
        @match &figure.shown {
            Some((shown, link, beside)) => {
                a href=(reader.to(link)) {
                    small { (reader.say(figure.say)) }
                    b { bdi { (shown) } }
                    i { (beside) }
                }
            }
            None => {
                div {
                    small { (reader.say(figure.say)) } b { "–" } i { (reader.say(Say::NotShown)) }
                }
            }
        }
    }
}
