//! The records behind a cell as a table for people or spreadsheets. Invariant: each column of
//! amounts adds up to its cell, and no cell of the table holds JSON.

use serde_json::Value;

use crate::output::{Rows, shown};

const RECORD: &[&str] = &["position", "occurred_at", "recorded_at", "type", "entity", "actor"];

/// One line a record: what it is, what it contributes to each column, and what it says.
pub(crate) fn rows(explanation: &Value) -> Rows {
    let records = list(explanation, "records");
    let names: Vec<&str> =
        list(explanation, "cells").iter().filter_map(|cell| cell["column"].as_str()).collect();
    let mut columns: Vec<(String, &str, &str)> = Vec::new();
    for name in names {
        for (role, header) in
            [("contributes", name.to_owned()), ("divides", format!("{name}_below"))]
        {
            if records.iter().any(|record| !record[role][name].is_null()) {
                columns.push((header, role, name));
            }
        }
    }
    let says = records.iter().any(|record| record["says"].is_array());
    let row = |record: &Value| {
        let what = RECORD.iter().map(|field| shown(&record[*field]));
        let amounts = columns.iter().map(|(_, role, name)| shown(&record[*role][*name]));
        let said =
            says.then(|| list(record, "says").iter().map(shown).collect::<Vec<_>>().join(" "));
        what.chain(amounts).chain(said).collect()
    };
    let headers = RECORD
        .iter()
        .map(ToString::to_string)
        .chain(columns.iter().map(|(header, _, _)| header.clone()))
        .chain(says.then(|| "says".to_owned()));
    let right = |n: usize| n == 0 || (RECORD.len()..RECORD.len() + columns.len()).contains(&n);
    let columns_all: Vec<String> = headers.collect();
    Rows {
        right: (0..columns_all.len()).map(right).collect(),
        columns: columns_all,
        cells: records.iter().map(row).collect(),
    }
}

/// What the table cannot show: what adds nothing, and what a quotient is of.
pub(crate) fn words(explanation: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for cell in list(explanation, "cells") {
        let name = shown(&cell["column"]);
        lines.extend(settled(&name, &cell["settled"]));
        if let Some(of) = cell["denominator"]["of"].as_str() {
            lines.push(format!("{name} = {name} / {name}_below, which is {of}"));
            lines.extend(settled(&format!("{name}_below"), &cell["denominator"]["settled"]));
        }
    }
    lines
}

fn settled(name: &str, settled: &Value) -> Option<String> {
    let (documents, records) = (settled["documents"].as_u64()?, settled["records"].as_u64()?);
    (records > 0).then(|| {
        format!(
            "{name}: {documents} more documents, of {records} records, come to nothing and are not \
             listed"
        )
    })
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}
