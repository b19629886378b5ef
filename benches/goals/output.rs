//! The table on stdout, words on stderr. Invariant: every form has the same rows.

use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::{Table, presets};
use serde_json::Value;

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For machines.
    Json,
    /// For spreadsheets.
    Csv,
}

const COLUMNS: [&str; 9] =
    ["number", "measure", "minimum", "median", "maximum", "unit", "goal", "met", "events"];

/// Says something to the person at the terminal.
pub(crate) fn say(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

/// Writes the rows: each, and its parts below it.
pub(crate) fn print(rows: &[Value], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, rows)?;
            writeln!(out)
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            writer.write_record(COLUMNS)?;
            for line in lines(rows) {
                writer.write_record(&line)?;
            }
            writer.flush()
        }
        Format::Table => {
            let mut table = Table::new();
            table.load_style(presets::ASCII_MARKDOWN).set_header(COLUMNS);
            for line in lines(rows) {
                table.add_row(line);
            }
            writeln!(out, "{table}")
        }
    }
}

fn lines(rows: &[Value]) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for row in rows {
        let mut line = cells(row);
        // A fact has a value instead of a goal.
        if let Some(value) = row["value"].as_str() {
            value.clone_into(&mut line[6]);
        }
        lines.push(line);
        for part in row["parts"].as_array().into_iter().flatten() {
            let mut line = cells(part);
            line[1].insert_str(0, "  ");
            lines.push(line);
        }
    }
    lines
}

fn cells(object: &Value) -> Vec<String> {
    let shown = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    COLUMNS.iter().map(|column| shown(&object[*column])).collect()
}
