//! The tables as a page of the documentation. Invariant: it is made from the definitions; a test
//! compares it with the file beside them.

use std::fmt::Write;

use crate::{
    groups::tables,
    reports,
    sql::PUBLISHED_COLUMNS,
    table::{POSITION, Table},
};

/// The page `TABLES.md`.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(
        "# The tables\n\n\
         Made from the definitions in this room; a test compares this page with them. Every table \
         has the last column `position`, left out below: the last record behind the row (`sijil \
         events` shows it); of a report, the record up to which it was computed, its `known_at`. A \
         whole publication reflects `published.position`.\n\n\
         Ids are text and end in `_id`; a column that names a row of another table is a foreign \
         key. Amounts are exact (`numeric`) and stand beside their `currency`; different \
         currencies are never to be added. Columns that end in `_at` are moments, those in `_on` \
         days in the company's time zone. Everything is as known at the position, without a cut on \
         business time. Columns marked *personal* are there only with `--personal`.\n",
    );
    section(
        &mut out,
        "published",
        "One row: which ledger, and which position of its log, the tables reflect.",
        "log",
    );
    for (name, of, about) in PUBLISHED_COLUMNS {
        let (of, key) =
            of.split_once(' ').map_or((*of, false), |(of, rest)| (of, rest == "PRIMARY KEY"));
        line(&mut out, name, of, if key { "key" } else { "" }, about);
    }
    for table in tables() {
        section(&mut out, table.name, table.about, &source(table));
        for column in &*table.columns {
            let to = column.to.map(|to| format!("→ `{to}`"));
            let marks = [
                column.key.then(|| "key".into()),
                to,
                column.optional.then(|| "may be null".into()),
                column.personal.then(|| "*personal*".into()),
            ];
            line(
                &mut out,
                column.name,
                column.of.sql(),
                &marks.into_iter().flatten().collect::<Vec<String>>().join(", "),
                column.about,
            );
        }
    }
    debug_assert!(out.contains(POSITION.name), "the column that every table has is explained once");
    out
}

fn source(table: &Table) -> String {
    match reports::all().iter().find(|report| report.table.name == table.name) {
        Some(report) => format!("report `{}` ({})", table.source, report.question()),
        None => format!("fold `{}`", table.source),
    }
}

fn section(out: &mut String, name: &str, about: &str, source: &str) {
    let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
    let written = write!(
        out,
        "\n## {name}\n\n{about} From the {source}.\n\n| column | type | | meaning |\n\
         |---|---|---|---|\n"
    );
    debug_assert!(written.is_ok(), "a string takes whatever is written");
}

fn line(out: &mut String, name: &str, of: &str, marks: &str, about: &str) {
    let written = writeln!(out, "| `{name}` | {of} | {marks} | {about} |");
    debug_assert!(written.is_ok(), "a string takes whatever is written");
}
