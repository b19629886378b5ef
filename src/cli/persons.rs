//! Words about persons: what is held of somebody, and erasing it. Invariant: nothing is erased that
//! was not shown before, unless whoever asks says so.

use std::{io::Cursor, path::PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    door::{Door, escaped, get, post},
    error::CliError,
    output::{Format, Rows, say, write},
};

/// Words about persons.
#[derive(Debug, Subcommand)]
pub enum Persons {
    /// Show all that is held of a person, or write it to a file.
    Subject(Subject),
    /// Erase the values about a person, wherever they stand; figures and proofs stay as they are.
    Erase(Erase),
}

impl Persons {
    /// Whether the word records something besides that it was asked.
    pub(crate) const fn writes(&self) -> bool {
        matches!(self, Persons::Erase(Erase { preview: false, .. }))
    }
}

/// Runs one of the words.
pub(crate) fn run(door: &dyn Door, word: &Persons, format: Format) -> Result<(), CliError> {
    match word {
        Persons::Subject(it) => subject(door, it, format),
        Persons::Erase(it) => erase(door, it, format),
    }
}

/// `subject`.
#[derive(Debug, Args)]
pub struct Subject {
    /// Whom, as in client:C-1, contact:AN-1, employee:E-1, user:U-1 or counterparty:CP-1.
    pub subject: String,
    /// Write all that is held to this file, as JSON, readable by its owner alone.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `erase`.
#[derive(Debug, Args)]
pub struct Erase {
    /// Whose values, as in client:C-1, contact:AN-1, employee:E-1, user:U-1 or counterparty:CP-1.
    pub subject: String,
    /// Why: `not_needed`, `consent_withdrawn`, `objection`, `unlawful`, `obligation` or
    /// `retention_ended`.
    #[arg(long, default_value = "not_needed")]
    pub basis: String,
    /// Say what would be erased, with the values, and erase nothing.
    #[arg(long)]
    pub preview: bool,
    /// The id of the erasure; left out, one is made of the subject.
    #[arg(long, value_name = "ID")]
    pub erasure: Option<String>,
    /// Keep what bookkeeping must show (legal names, tax numbers, texts of bank statements) until
    /// this day.
    #[arg(long, value_name = "DAY", conflicts_with = "erase_legal")]
    pub keep_legal_until: Option<String>,
    /// Erase what bookkeeping must show, too.
    #[arg(long)]
    pub erase_legal: bool,
}

/// `sijil subject`.
fn subject(door: &dyn Door, asked: &Subject, format: Format) -> Result<(), CliError> {
    let Some((kind, id)) = asked.subject.split_once(':') else {
        let got = &asked.subject;
        return Err(CliError::Use(format!("expected kind:id, as in client:C-1, got {got}")));
    };
    let id = escaped(id).replace(':', "%3A");
    let held = get(door, format!("/v1/subjects/{}/{id}", escaped(kind)))?;
    if let Some(file) = &asked.output {
        let bytes = serde_json::to_vec_pretty(&held).unwrap_or_default();
        std::fs::write(file, bytes).map_err(|error| CliError::file(file, &error))?;
        say(&format!("{} holds all of it", file.display()));
        return Ok(());
    }
    write(&rows(&held["parts"]), format, &held)
}

/// `sijil erase`.
fn erase(door: &dyn Door, asked: &Erase, format: Format) -> Result<(), CliError> {
    let mut body = json!({"subject": asked.subject, "basis": asked.basis});
    let given = [("erasure", &asked.erasure), ("keep_legal_until", &asked.keep_legal_until)];
    for (name, value) in given {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    if asked.erase_legal {
        body["erase_legal"] = json!(true);
    }
    let path = if asked.preview { "/v1/erasures?preview=yes" } else { "/v1/erasures" };
    let body = Box::new(Cursor::new(body.to_string().into_bytes()));
    let told = post(door, path, "application/json", Vec::new(), body)?;
    let count = |what: &str| told[what].as_array().map_or(0, Vec::len);
    let verb = if asked.preview { "would be erased" } else { "erased, and shown to nobody now" };
    say(&format!(
        "{} values {verb}, {} kept, {} exports may have carried some",
        count("parts"),
        count("kept"),
        count("exports")
    ));
    write(&rows(&told["parts"]), format, &told)
}

/// Parts as rows of a table.
fn rows(parts: &Value) -> Rows {
    let mut parts = parts.as_array().cloned().unwrap_or_default();
    for part in &mut parts {
        let values = part["values"].as_object().cloned().unwrap_or_default();
        let values: Vec<String> =
            values.iter().map(|(field, value)| format!("{field}: {value}")).collect();
        *part = json!({
            "position": part["position"], "type": part["type"], "of": part["of"],
            "values": values.join("; "), "class": part["class"], "erased_by": part["erased_by"],
        });
    }
    Rows::of_objects(&parts, &["position", "type", "of", "values", "class", "erased_by"])
}
