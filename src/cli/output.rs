//! Data on stdout, words on stderr. Invariant: what is on stdout can be piped: a table for people,
//! JSON or CSV for machines.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};
use serde_json::Value;

use crate::error::CliError;

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For machines.
    Json,
    /// For spreadsheets.
    Csv,
}

/// Rows with named columns.
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) right: Vec<bool>,
    pub(crate) cells: Vec<Vec<String>>,
}

pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

impl Rows {
    /// The rows of a report's answer.
    pub(crate) fn of_report(answer: &Value) -> Rows {
        let empty = Vec::new();
        let list = |v: &'static str| answer[v].as_array().unwrap_or(&empty).clone();
        let columns: Vec<String> = list("columns").iter().map(|c| shown(&c["name"])).collect();
        let right = list("columns")
            .iter()
            .map(|c| {
                matches!(
                    c["kind"].as_str(),
                    Some("amount" | "quantity" | "percent" | "number" | "count")
                )
            })
            .collect();
        let cells = list("rows")
            .iter()
            .map(|row| columns.iter().map(|c| shown(&row[c])).collect())
            .collect();
        Rows { columns, right, cells }
    }
    /// Rows made of objects: these members.
    pub(crate) fn of_objects(objects: &[Value], columns: &[&str]) -> Rows {
        let cells =
            objects.iter().map(|o| columns.iter().map(|c| shown(&o[*c])).collect()).collect();
        let right = columns.iter().map(|c| objects.iter().all(|o| o[*c].is_number())).collect();
        Rows { columns: columns.iter().map(ToString::to_string).collect(), right, cells }
    }

    fn write(&self, format: Format, json: &Value) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match format {
            Format::Json => {
                serde_json::to_writer_pretty(&mut out, json).map_err(io::Error::from)?;
                writeln!(out)?;
            }
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(&self.columns).map_err(of_csv)?;
                for row in &self.cells {
                    writer.write_record(row).map_err(of_csv)?;
                }
                writer.flush()?;
            }
            Format::Table => {
                let mut table = Table::new();
                table.load_style(presets::ASCII_MARKDOWN).set_header(&self.columns);
                for row in &self.cells {
                    table.add_row(row);
                }
                for (index, right) in self.right.iter().enumerate() {
                    if let Some(column) = table.column_mut(index).filter(|_| *right) {
                        column.set_cell_alignment(CellAlignment::Right);
                    }
                }
                writeln!(out, "{table}")?;
            }
        }
        Ok(())
    }
}

/// What went wrong with the stream that CSV is written to.
pub(crate) fn of_csv(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// How writing to stdout ended; if nobody reads on, whoever read has seen enough.
pub(crate) fn ended(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(CliError::from),
    }
}

/// Writes rows, or the JSON they came from.
pub(crate) fn write(rows: &Rows, format: Format, json: &Value) -> Result<(), CliError> {
    ended(rows.write(format, json))
}

/// Writes an object as two columns.
pub(crate) fn write_object(object: &Value, format: Format) -> Result<(), CliError> {
    let cells =
        object.as_object().into_iter().flatten().map(|(k, v)| vec![k.clone(), shown(v)]).collect();
    write(
        &Rows { columns: vec!["field".into(), "value".into()], right: vec![false, false], cells },
        format,
        object,
    )
}

/// Says something to the person at the terminal.
pub(crate) fn say(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// A bar with rate and estimate, when somebody looks at stderr.
pub(crate) fn bar(what: &'static str, length: Option<u64>) -> indicatif::ProgressBar {
    if !io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let template = if length.is_some() {
        "{msg} {wide_bar} {human_pos}/{human_len} ({per_sec}, {eta} left)"
    } else {
        "{msg} {human_pos} ({per_sec})"
    };
    let bar = indicatif::ProgressBar::new(length.unwrap_or(0)).with_message(what);
    match indicatif::ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
