//! Tables of delimited text. Invariant: a row has as many fields as the header, unless the mapping
//! says that rows are ragged.

use std::borrow::Cow;

use rhai::Dynamic;
use sijil_schemas::near::suggestion;

use crate::{
    cell::{Cell, CellParser},
    error::{ImportError, MappingError, Place, cut},
    line_breaks::LineBreaks,
    names::name_of,
    reader::{Column, RawTable, Reading, Text, cell_text, checked_text, unreadable},
    strip::Strip,
    table_spec::TableSpec,
};

/// Reads the rows of a delimited text.
pub(crate) fn read_csv(text: Text<'_>, reading: &mut Reading<'_>) -> Result<RawTable, ImportError> {
    let (file, encoding, spec) = (text.file, text.encoding, reading.spec);
    let mut builder = csv::ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(byte(&spec.delimiter).unwrap_or(b','))
        .quoting(!spec.quote.is_empty())
        .quote(byte(&spec.quote).unwrap_or(b'"'))
        .escape(spec.escape.as_deref().and_then(byte))
        .comment(spec.comment.as_deref().and_then(byte));
    let (lines, length) = LineBreaks::new(text.bytes);
    let mut rows = builder.from_reader(lines);
    let mut record = csv::ByteRecord::new();
    let mut titles: Vec<String> = spec.columns.clone();
    if spec.header {
        if !rows.read_byte_record(&mut record).map_err(|e| csv_error(file, spec, &e))? {
            let what = "expected a header line, got an empty file".to_owned();
            return Err(ImportError::Read {
                place: Place { file: file.to_owned(), line: 1 + spec.skip_lines },
                what,
            });
        }
        if titles.is_empty() {
            titles = record.iter().map(|c| String::from_utf8_lossy(c).trim().to_owned()).collect();
        }
    }
    let header: Vec<String> = titles.iter().map(|title| name_of(title)).collect();
    let mut table = CsvTable {
        place: (file, 0),
        encoding,
        spec,
        columns: kept(&header, reading)?,
        unpivoted: unpivoted_columns(&titles, spec),
        value: None,
        header,
        out: RawTable::default(),
    };
    table.prepare(reading)?;
    while rows.read_byte_record(&mut record).map_err(|e| csv_error(file, spec, &e))? {
        // The line behind the row, less its own line breaks: the reader does not say where a row
        // begins if empty lines stand before it.
        let inside = record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        table.place.1 = (rows.position().line() + spec.skip_lines).saturating_sub(1 + inside);
        if length.get() == Some(rows.position().byte()) {
            let first = (rows.position().line() + spec.skip_lines).saturating_sub(inside);
            let what = "expected a closing quote, got the end of the file; a quote in a cell is \
                        doubled, and `quote = \"\"` is for files without"
                .to_owned();
            return Err(ImportError::Read {
                place: Place { file: file.to_owned(), line: first },
                what,
            });
        }
        table.row(&record, reading.progress)?;
    }
    Ok(table.out)
}

fn byte(text: &str) -> Option<u8> {
    text.as_bytes().first().copied()
}

fn csv_error(file: &str, spec: &TableSpec, error: &csv::Error) -> ImportError {
    unreadable(file, error.position().map_or(1, csv::Position::line) + spec.skip_lines, error)
}

/// A column that is kept: where it stands in a row, where the zone of its times stands, and how its
/// cells are parsed.
struct KeptColumn {
    place: usize,
    zone: Option<usize>,
    column: Column,
}

/// Which columns of a header are kept: those that something names.
fn kept(header: &[String], reading: &Reading<'_>) -> Result<Vec<KeptColumn>, ImportError> {
    let spec = reading.spec;
    let mut kept: Vec<KeptColumn> = Vec::new();
    let missing = |at: String, name: &str| {
        MappingError::rule(
            at,
            format!(
                "there is no such column{}",
                suggestion(name, header.iter().map(String::as_str))
            ),
        )
    };
    for (place, name) in header.iter().enumerate() {
        if !reading.words.has(name) && spec.types.get(name).is_none() {
            continue;
        }
        if kept.iter().any(|k| &k.column.name == name) {
            let at = format!("tables.{}", reading.table);
            return Err(MappingError::rule(
                at,
                format!("two columns are named {name}; give all names in `columns`"),
            )
            .into());
        }
        let column = Column::new(reading, name)?;
        let zone = column.zone_from.as_ref().map(|zone| {
            let at = || format!("tables.{}.types.{name}.zone_from", reading.table);
            header
                .iter()
                .position(|other| other == zone || *other == name_of(zone))
                .ok_or_else(|| missing(at(), zone))
        });
        kept.push(KeptColumn { place, zone: zone.transpose()?, column });
    }
    for (name, _) in &spec.types.0 {
        let made = spec.unpivot.as_ref().is_some_and(|u| &u.value == name || &u.name == name);
        if !made && !header.contains(name) {
            return Err(missing(format!("tables.{}.types.{name}", reading.table), name).into());
        }
    }
    Ok(kept)
}

/// The columns that become rows: their place, and what the pattern captured of their title.
fn unpivoted_columns(titles: &[String], spec: &TableSpec) -> Vec<(usize, String)> {
    let Some(unpivot) = &spec.unpivot else { return Vec::new() };
    // The pattern was tried when the mapping was parsed.
    let Ok(pattern) = regex::Regex::new(&unpivot.columns) else { return Vec::new() };
    let names = titles.iter().enumerate().filter_map(|(place, title)| {
        let found = pattern.captures(title)?;
        let name = found.get(1).or_else(|| found.get(0))?;
        Some((place, name.as_str().to_owned()))
    });
    names.collect()
}

struct CsvTable<'a> {
    /// The file, and the line of the row that is read.
    place: (&'a str, u64),
    encoding: &'static encoding_rs::Encoding,
    spec: &'a TableSpec,
    header: Vec<String>,
    columns: Vec<KeptColumn>,
    unpivoted: Vec<(usize, String)>,
    /// Parsers of the two columns that unpivoting makes: the name's and the value's.
    value: Option<(CellParser, CellParser)>,
    out: RawTable,
}

impl CsvTable<'_> {
    fn prepare(&mut self, reading: &Reading<'_>) -> Result<(), ImportError> {
        self.out.columns = self.columns.iter().map(|kept| kept.column.name.clone()).collect();
        self.out.unused =
            self.header.iter().filter(|name| !self.out.columns.contains(name)).cloned().collect();
        if let Some(unpivot) = &self.spec.unpivot {
            if self.unpivoted.is_empty() {
                let what = format!(
                    "expected a column that matches {:?}, got {}",
                    unpivot.columns,
                    self.header.join(", ")
                );
                return Err(
                    MappingError::rule(format!("tables.{}.unpivot", reading.table), what).into()
                );
            }
            self.value = Some((
                Column::new(reading, &unpivot.name)?.parser,
                Column::new(reading, &unpivot.value)?.parser,
            ));
            self.out.columns.extend([unpivot.name.clone(), unpivot.value.clone()]);
        }
        self.out.cells =
            self.out.columns.iter().map(|_| Strip::new(reading.memory.clone())).collect();
        Ok(())
    }

    fn row(
        &mut self,
        record: &csv::ByteRecord,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ImportError> {
        // A line of spaces is no row, as an empty line is none.
        if record.len() == 1
            && self.header.len() > 1
            && record[0].iter().all(u8::is_ascii_whitespace)
        {
            return Ok(());
        }
        if record.len() != self.header.len() && !self.spec.ragged {
            let what = format!(
                "expected {} fields, got {}; correct the file or say `ragged = true`, and missing \
                 fields are missing cells",
                self.header.len(),
                record.len()
            );
            return Err(ImportError::Read {
                place: Place { file: self.place.0.to_owned(), line: self.place.1 },
                what,
            });
        }
        let mut values = Vec::with_capacity(self.out.columns.len());
        for KeptColumn { place, zone, column } in &mut self.columns {
            let mut cell = match text_of(record, *place, self.spec, self.encoding) {
                Ok(text) => column.parse(text.as_deref()),
                Err(expected) => column.parser.wrong(expected),
            };
            if let (Some(zone), Cell::Value(value)) = (*zone, &cell) {
                let zone = text_of(record, zone, self.spec, self.encoding).ok().flatten();
                cell = column.parser.in_zone(value, zone.as_deref()).unwrap_or(cell);
            }
            let shown = || record.get(*place).map(String::from_utf8_lossy).unwrap_or_default();
            match cell {
                Cell::Value(value) => values.push(value),
                other => match self.out.settle(other, self.place, &column.name, shown().trim())? {
                    Some(value) => values.push(value),
                    None => return Ok(()),
                },
            }
        }
        if self.value.is_some() {
            return self.unpivot(record, &values, progress);
        }
        self.out.push(values, self.place.1, progress)?;
        Ok(())
    }

    fn unpivot(
        &mut self,
        record: &csv::ByteRecord,
        shared: &[Dynamic],
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ImportError> {
        let Some((names, amounts)) = &mut self.value else { return Ok(()) };
        for (place, name) in &self.unpivoted {
            let column = self.header.get(*place).map_or("", String::as_str);
            let (cell, shown) = match text_of(record, *place, self.spec, self.encoding) {
                Ok(None) => continue,
                Ok(Some(text)) => (amounts.parse(Some(&text)), text),
                Err(expected) => (
                    amounts.wrong(expected),
                    record.get(*place).map(String::from_utf8_lossy).unwrap_or_default(),
                ),
            };
            let title = self.out.settle(names.parse(Some(name)), self.place, column, name)?;
            let value = self.out.settle(cell, self.place, column, &cut(&shown))?;
            if let (Some(title), Some(value)) = (title, value) {
                self.out.push(
                    shared.iter().cloned().chain([title, value]),
                    self.place.1,
                    progress,
                )?;
            }
        }
        Ok(())
    }
}

/// The text of a cell; nothing for a missing one, and what was expected for bytes that are no text.
fn text_of<'r>(
    record: &'r csv::ByteRecord,
    place: usize,
    spec: &TableSpec,
    encoding: &'static encoding_rs::Encoding,
) -> Result<Option<Cow<'r, str>>, String> {
    let Some(bytes) = record.get(place) else { return Ok(None) };
    Ok(cell_text(checked_text(bytes, encoding)?, spec))
}
