//! Commands that ask. Invariant: they change nothing.

use std::io::{self, BufRead, BufReader, Write};

use serde_json::Value;

use crate::{
    arguments::{Asked, Events, Explain, Filters},
    door::{Door, escaped, get, path, stream},
    error::CliError,
    explain,
    output::{Format, Rows, ended, of_csv, say, write, write_object},
    write::pairs,
};

fn parameters(filters: &Filters) -> Vec<(String, String)> {
    let all = [
        ("type", &filters.types),
        ("family", &filters.family),
        ("entity", &filters.entity),
        ("actor", &filters.actor),
        ("from", &filters.from),
        ("as_of", &filters.as_of),
        ("known_at", &filters.known_at),
        ("after", &filters.after),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
}

const RECORD_COLUMNS: &[&str] =
    &["position", "occurred_at", "recorded_at", "type", "actor", "id", "data"];

/// `sijil events`.
pub(crate) fn events(door: &dyn Door, arguments: &Events, format: Format) -> Result<(), CliError> {
    let mut asked = parameters(&arguments.filters);
    asked.push(("limit".into(), arguments.limit.to_string()));
    let page = get(door, path("/v1/events", &asked))?;
    let mut events = page["events"].as_array().cloned().unwrap_or_default();
    events.iter_mut().for_each(tell_void);
    // For machines always the same columns; for people those that say something.
    let says = |column: &&&str| {
        format == Format::Csv || events.iter().any(|event| !event[**column].is_null())
    };
    let columns: Vec<&str> =
        RECORD_COLUMNS.iter().copied().chain(VOID_COLUMNS.iter().filter(says).copied()).collect();
    write(&Rows::of_objects(&events, &columns), format, &page)
}

/// What a record voids, and which record voids it: by whom and why.
const VOID_COLUMNS: &[&str] = &["voids", "voided_by", "voided_actor", "voided_at", "voided_reason"];

/// Puts what is said of a record's void into columns.
fn tell_void(event: &mut Value) {
    let void = event["voided"].take();
    for (column, member) in
        [("voided_actor", "actor"), ("voided_at", "recorded_at"), ("voided_reason", "reason")]
    {
        event[column] = void[member].clone();
    }
}

/// `sijil export`: NDJSON unless CSV is asked for.
pub(crate) fn export(door: &dyn Door, filters: &Filters, format: Format) -> Result<(), CliError> {
    let lines = BufReader::new(stream(
        door,
        path("/v1/events", &parameters(filters)),
        "application/x-ndjson",
    )?)
    .lines();
    let out = io::BufWriter::new(io::stdout().lock());
    let written =
        ended(if format == Format::Csv { csv_lines(lines, out) } else { plain_lines(lines, out) });
    written.map_err(|error| broken_off(door, error))
}

/// A server's stream that breaks off does not say why; its log does, if the server still answers.
fn broken_off(door: &dyn Door, error: CliError) -> CliError {
    let CliError::Reach(why) = error else { return error };
    match get(door, "/v1/log".into()) {
        Ok(log) if log["damage"].is_string() => {
            let damage = log["damage"].as_str().unwrap_or_default();
            CliError::Corrupt(format!(
                "log_damaged: the export broke off, since {damage}; what is vouched for ends at {}",
                log["vouched_to"]
            ))
        }
        Ok(_) | Err(_) => CliError::Reach(format!("the export broke off: {why}")),
    }
}

fn plain_lines(
    lines: impl Iterator<Item = io::Result<String>>,
    mut out: impl Write,
) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}", line?)?;
    }
    out.flush()
}

fn csv_lines(lines: impl Iterator<Item = io::Result<String>>, out: impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(RECORD_COLUMNS).map_err(of_csv)?;
    for line in lines {
        let record: Value = serde_json::from_str(&line?)?;
        let text = |c: &&str| {
            record[*c].as_str().map_or_else(|| record[*c].to_string(), ToOwned::to_owned)
        };
        writer.write_record(RECORD_COLUMNS.iter().map(text)).map_err(of_csv)?;
    }
    writer.flush()
}

pub(crate) fn asked(asked: &Asked) -> Result<Vec<(String, String)>, CliError> {
    let mut all = pairs(&asked.parameters)?;
    all.extend(pairs(&asked.more)?);
    all.extend(asked.as_of.iter().map(|v| ("as_of".to_owned(), v.clone())));
    all.extend(asked.known_at.iter().map(|v| ("known_at".to_owned(), v.clone())));
    Ok(all)
}

/// `sijil query`.
pub(crate) fn query(door: &dyn Door, question: &Asked, format: Format) -> Result<(), CliError> {
    let answer =
        get(door, path(&format!("/v1/reports/{}", escaped(&question.report)), &asked(question)?))?;
    write(&Rows::of_report(&answer), format, &answer)?;
    if format != Format::Json {
        // Words are not data: they stand on stderr.
        answer["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).for_each(say);
        answer["totals"].as_array().into_iter().flatten().for_each(|total| say(&total_of(total)));
        if let Some(next) = answer["next"].as_str() {
            let (shown, all) =
                (answer["rows"].as_array().map_or(0, Vec::len), &answer["rows_in_all"]);
            let known_at = &answer["known_at"];
            say(&format!("{shown} of {all} rows; go on with after={next:?} known_at={known_at}"));
        }
    }
    Ok(())
}

/// What the rows of one unit come to, in words.
fn total_of(total: &Value) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let columns = total.as_object().into_iter().flatten();
    let columns: Vec<String> =
        columns.map(|(name, value)| format!("{name} {}", word(value))).collect();
    format!("in all: {}", columns.join(", "))
}

/// `sijil explain`: the records behind a number.
pub(crate) fn explain(
    door: &dyn Door,
    arguments: &Explain,
    format: Format,
) -> Result<(), CliError> {
    let all = asked(&arguments.asked)?;
    let cell = (arguments.row.as_str(), arguments.column.as_deref());
    let explanation = explained(door, &arguments.asked.report, all, cell)?;
    if format == Format::Json {
        return write_object(&explanation, format);
    }
    write(&explain::rows(&explanation), format, &explanation)?;
    explain::words(&explanation).iter().for_each(|line| say(line));
    Ok(())
}

/// All records behind a row of a report that is asked so, or behind one cell, as one page.
pub(crate) fn explained(
    door: &dyn Door,
    report: &str,
    mut all: Vec<(String, String)>,
    (row, column): (&str, Option<&str>),
) -> Result<Value, CliError> {
    all.push(("row".into(), row.to_owned()));
    all.extend(column.map(|column| ("column".to_owned(), column.to_owned())));
    let page = |all: &[(String, String)]| {
        get(door, path(&format!("/v1/reports/{}/explain", escaped(report)), all))
    };
    let mut explanation = page(&all)?;
    // What is recorded between two pages is on neither.
    all.retain(|(name, _)| name != "known_at");
    all.push(("known_at".to_owned(), explanation["known_at"].to_string()));
    while !explanation["next"].is_null() {
        let asked: Vec<_> = all
            .iter()
            .cloned()
            .chain([("after".to_owned(), explanation["next"].to_string())])
            .collect();
        let mut more = page(&asked)?;
        if let (Some(records), Some(next)) =
            (explanation["records"].as_array_mut(), more["records"].as_array_mut())
        {
            records.append(next);
        }
        explanation["next"] = more["next"].take();
    }
    Ok(explanation)
}

/// `sijil status`.
pub(crate) fn status(door: &dyn Door, format: Format) -> Result<(), CliError> {
    let mut log = get(door, "/v1/log".into())?;
    let projections = get(door, "/v1/projections".into())?;
    let empty = Vec::new();
    let quarantined: usize = projections["projections"]
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|p| p["quarantine"].as_array().map_or(0, Vec::len))
        .sum();
    log["quarantined"] = quarantined.into();
    if format == Format::Json {
        log["projections"] = projections["projections"].clone();
    }
    write_object(&log, format)?;
    // As `verify` would, where it would say so of the same log.
    match (log["state"].as_str(), log["damage"].as_str()) {
        (Some("damaged"), Some(damage)) => {
            Err(CliError::Corrupt(format!("log_damaged: {damage}; run `sijil verify`")))
        }
        (Some("damaged"), None) => Err(CliError::Corrupt(format!(
            "part_missing: personal parts of {} records are not there; run `sijil verify`",
            log["missing_parts"]
        ))),
        _ => Ok(()),
    }
}

/// `sijil schemas`.
pub(crate) fn schemas(
    door: &dyn Door,
    event_type: Option<&str>,
    format: Format,
) -> Result<(), CliError> {
    match event_type {
        Some(name) => {
            write_object(&get(door, format!("/v1/schemas/{}", escaped(name)))?, Format::Json)
        }
        None => {
            let all = get(door, "/v1/schemas".into())?;
            let types = all["types"].as_array().cloned().unwrap_or_default();
            write(
                &Rows::of_objects(&types, &["type", "family", "version", "birth", "home"]),
                format,
                &all,
            )
        }
    }
}

/// `sijil reports`.
pub(crate) fn reports(door: &dyn Door, format: Format) -> Result<(), CliError> {
    let all = get(door, "/v1/reports".into())?;
    let mut reports = all["reports"].as_array().cloned().unwrap_or_default();
    for report in &mut reports {
        let names: Vec<String> = report["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|p| p["name"].as_str().map(ToOwned::to_owned))
            .collect();
        report["parameters"] = names.join(" ").into();
    }
    write(&Rows::of_objects(&reports, &["name", "title", "parameters"]), format, &all)
}
