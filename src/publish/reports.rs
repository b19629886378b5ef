//! Tables of reports: each is one question, asked anew. Invariant: columns and values are the
//! report's own; nothing is computed here.

use std::{borrow::Cow, sync::LazyLock};

use sijil_ledger::Desk;
use sijil_projections::{
    Cut, Known, Views,
    report::{self, Arguments, ColumnKind, Context, ReportError, Value},
    reports,
};
use sijil_schemas::{
    Position,
    time::{Date, Timestamp},
};

use crate::{
    rebuild::Moment,
    sheet::{Cell, Sheet},
    table::{Column, Table, Type, date, integer, json},
};

/// A question: report, table and parameters.
struct Asked {
    report: &'static str,
    table: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    /// Whether it asks about the last twelve whole months.
    of_a_year: bool,
}

const fn ask(
    report: &'static str,
    table: &'static str,
    parameters: &'static [(&'static str, &'static str)],
) -> Asked {
    Asked { report, table, parameters, of_a_year: false }
}

/// Every question. Those about one client or item alone are none.
const ASKED: &[Asked] = &[
    ask("counterparty_links", "report_counterparty_links", &[]),
    ask("funnel", "report_funnel", &[]),
    ask("funnel", "report_funnel_flow", &[("view", "flow")]),
    ask("funnel", "report_funnel_snapshot", &[("view", "snapshot")]),
    ask("win_rate", "report_win_rate", &[]),
    ask("win_rate", "report_win_rate_by_owner", &[("group", "owner")]),
    ask("losses", "report_losses", &[]),
    ask("cycle_time", "report_cycle_time", &[]),
    ask("stage_time", "report_stage_time", &[]),
    ask("sales_velocity", "report_sales_velocity", &[]),
    ask("pipeline", "report_pipeline", &[]),
    ask("compliance", "report_compliance", &[]),
    ask("response_time", "report_response_time", &[]),
    ask("interactions", "report_interactions", &[("group", "month")]),
    ask("attribution", "report_attribution", &[]),
    ask("sales", "report_sales_by_month", &[("by", "month")]),
    ask("sales", "report_sales_by_client", &[("group", "client")]),
    ask("retention", "report_retention", &[]),
    ask("abc", "report_abc_clients", &[]),
    ask("abc", "report_abc_items", &[("object", "item")]),
    Asked { report: "xyz", table: "report_xyz_clients", parameters: &[], of_a_year: true },
    ask("receivables", "report_receivables", &[]),
    ask("receivables", "report_receivables_by_client", &[("group", "client")]),
    ask("payments", "report_payments_by_month", &[("by", "month")]),
    ask("statement", "report_statement", &[]),
    ask("stock", "report_stock", &[]),
    ask("valuation", "report_valuation", &[]),
    ask("trial_balance", "report_trial_balance", &[]),
    ask("kpi", "report_kpi", &[]),
    ask("turnover", "report_turnover_by_item", &[("group", "item")]),
    ask("turnover", "report_stock_age", &[("view", "age")]),
    ask("claims", "report_claims", &[("group", "kind")]),
    ask("tasks", "report_tasks", &[("group", "assignee")]),
    ask("time", "report_time_by_client", &[]),
    ask("time", "report_time_by_employee", &[("group", "employee")]),
    ask("headcount", "report_headcount", &[]),
    ask("warranty", "report_warranty_terms", &[]),
    ask("warranty", "report_service", &[("view", "service"), ("group", "month")]),
    ask("payables", "report_payables", &[]),
    ask("payables", "report_payables_by_supplier", &[("group", "supplier")]),
    ask("payables", "report_unbilled", &[("view", "unbilled")]),
    ask("cash_flow", "report_cash_flow", &[("by", "month")]),
    ask("financials", "report_profit_and_loss", &[("by", "month")]),
    ask("orders", "report_orders", &[("view", "orders")]),
    ask("margin", "report_margin_by_client", &[("group", "client")]),
    ask("margin", "report_margin_by_item", &[("group", "item")]),
    ask("surveys", "report_surveys", &[]),
    ask("surveys", "report_survey_questions", &[("view", "questions")]),
    ask("competitors", "report_competitors", &[]),
    ask("clients", "report_clients", &[("group", "owner")]),
    ask("clients", "report_client_quality", &[("view", "quality")]),
    ask("clients", "report_contracts", &[("view", "contracts")]),
];

/// The first columns of every report: which row, and with `position` which question it answers.
const QUESTION: [Column; 3] = [
    integer("row", "The place of the row in the report, from 1.").key(),
    date("as_of", "The last day that counts; null where nothing is cut off.").optional(),
    json("parameters", "What was asked, as the report takes it."),
];

/// The reports that gave no table, each with the reason.
pub(crate) type Refused = serde_json::Map<String, serde_json::Value>;

/// How a table was asked for: its last day, if it has one, and its parameters.
struct Question {
    as_of: Option<Date>,
    parameters: serde_json::Value,
}

/// A report as a table.
pub(crate) struct ReportTable {
    pub(crate) table: Table,
    report: &'static report::Report,
    asked: &'static Asked,
}

/// Every report that is a table.
pub(crate) fn all() -> &'static [ReportTable] {
    static ALL: LazyLock<Vec<ReportTable>> =
        LazyLock::new(|| ASKED.iter().map(ReportTable::of).collect());
    &ALL
}

/// Words of SQL that would have to be quoted.
fn plain(name: &'static str) -> &'static str {
    match name {
        "from" => "first_day",
        "to" => "last_day",
        "group" => "grouped_by",
        "order" => "order_id",
        "all" => "clients",
        "in" => "amount_in",
        "out" => "amount_out",
        other => other,
    }
}

fn column(column: &report::Column) -> Column {
    let (of, about) = match column.kind {
        ColumnKind::Id => (Type::Text, "An id, as the report shows it."),
        ColumnKind::Text => (Type::Text, "A text, as the report shows it."),
        ColumnKind::Date => (Type::Date, "A day."),
        ColumnKind::Time => (Type::Time, "A moment."),
        ColumnKind::Amount => (Type::Numeric, "An amount, in the row's currency or unit."),
        ColumnKind::Quantity => (Type::Numeric, "A quantity, in the item's own unit."),
        ColumnKind::Percent => {
            (Type::Numeric, "A percentage, with two decimals; null where it is undefined.")
        }
        ColumnKind::Number => {
            (Type::Numeric, "A number, with two decimals; null where it is undefined.")
        }
        ColumnKind::Count => (Type::Integer, "A count."),
    };
    Column {
        name: plain(column.name),
        of,
        about,
        key: false,
        optional: true,
        personal: false,
        to: None,
    }
}

impl ReportTable {
    fn of(asked: &'static Asked) -> ReportTable {
        let Some(report) = reports::find(asked.report) else {
            unreachable!("{} is a report", asked.report)
        };
        let mut this = ReportTable {
            table: Table::new(asked.table, report.name, report.about, &[]),
            report,
            asked,
        };
        // The columns do not depend on what is known: those of an empty ledger are those of any.
        let (_, empty) = this
            .ask(&Views::default(), Position::ZERO, None)
            .unwrap_or_else(|error| unreachable!("{}: {error}", asked.table));
        this.table.columns =
            Cow::Owned(QUESTION.into_iter().chain(empty.columns.iter().map(column)).collect());
        this
    }

    fn ask(
        &self,
        views: &Known,
        known_at: Position,
        recorded_at: Option<Timestamp>,
    ) -> Result<(Question, report::Table), ReportError> {
        let zone = views.company.zone();
        // Of an empty ledger any day will do that a question may name.
        let today = recorded_at
            .map_or_else(|| Date::from_civil(jiff::civil::date(2000, 1, 1)), |at| at.date(&zone));
        let as_of = self.report.needs_as_of.then_some(today);
        let before = as_of.map_or(Timestamp::END, |day| day.plus_days(1).start(&zone));
        let window = self.asked.of_a_year.then(|| last_year(today));
        let window = window
            .iter()
            .flat_map(|(first, last)| [("from", first.as_str()), ("to", last.as_str())]);
        let arguments =
            Arguments::parse(self.report, self.asked.parameters.iter().copied().chain(window))?;
        let parameters = arguments
            .iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect::<serde_json::Map<_, _>>();
        let answer = self.report.answer(&Context {
            views: views.folds(),
            cut: Cut { before, known_at, except: None },
            zone,
            arguments: &arguments,
            explain: false,
        })?;
        Ok((Question { as_of, parameters: parameters.into() }, answer))
    }

    /// Makes the rows: what was known at a position, at the end of the day on which its record was
    /// recorded.
    fn rows(
        &'static self,
        views: &Known,
        known_at: Position,
        recorded_at: Option<Timestamp>,
        sheet: &mut Sheet,
    ) -> Result<(), ReportError> {
        let (question, answer) = self.ask(views, known_at, recorded_at)?;
        for (number, cells) in (1_usize..).zip(&answer.rows) {
            let row = sheet
                .row(&self.table, known_at)
                .put(number)
                .put(question.as_of)
                .put(question.parameters.clone());
            drop(cells.iter().fold(row, |row, cell| match &cell.value {
                Value::Null => row.put(Cell::Null),
                Value::Id(text) | Value::Text(text) => row.put(text),
                Value::Date(date) => row.put(*date),
                Value::Time(time) => row.put(*time),
                Value::Amount(number) | Value::Quantity(number) => row.put(*number),
                Value::Count(count) => row.put(*count),
                // As shown: rounded once, to two decimals.
                Value::Percent(_) | Value::Number(_) => row.put(
                    cell.value.shown().and_then(|text| text.parse::<rust_decimal::Decimal>().ok()),
                ),
            }));
        }
        Ok(())
    }

    /// Makes the table; a report that gives no answer leaves it empty, and the reason is noted
    /// under its name.
    pub(crate) fn made(
        &'static self,
        ledger: &Desk,
        moment: &Moment,
        personal: bool,
        refused: &mut Refused,
    ) -> Sheet {
        let mut sheet = Sheet::new(&[&self.table], personal);
        if let Err(error) =
            self.rows(&ledger.views(), moment.position, Some(moment.recorded_at), &mut sheet)
        {
            tracing::warn!(
                %error,
                table = self.table.name,
                "the report gives no table; its rows are left out"
            );
            refused.insert(self.table.name.to_owned(), error.to_string().into());
            sheet = Sheet::new(&[&self.table], personal);
        }
        sheet
    }

    /// The parameters it is asked with, in words.
    pub(crate) fn question(&self) -> String {
        let mut words: Vec<String> =
            self.asked.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if self.asked.of_a_year {
            words.push("from and to: the last twelve whole months".into());
        }
        if self.report.needs_as_of {
            words.push("as_of: the day of the last record".into());
        }
        if words.is_empty() { "defaults".into() } else { words.join(", ") }
    }
}

/// The first and last day of the twelve months before that of a day.
fn last_year(today: Date) -> (String, String) {
    let first = today.civil().first_of_month();
    let begin = first.checked_sub(jiff::Span::new().months(12)).unwrap_or(first);
    let end = first.yesterday().unwrap_or(first);
    (Date::from_civil(begin).to_string(), Date::from_civil(end).to_string())
}
