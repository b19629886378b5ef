//! Reading tables: CSV or NDJSON, plain or gzip, in any encoding. Invariant: only the columns the mapping names are kept, and every row
//! knows the line it began on.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read},
    str::FromStr,
};

use flate2::bufread::MultiGzDecoder;
use rhai::{Array, Dynamic, Map};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::{
    cell::{Cell, CellParser},
    error::{ImportError, MappingError, Place, cut},
    expression::{Words, name_of},
    table_spec::{Format, TableSpec},
};

/// Opens the files a mapping names. The caller implements it, so that this room reaches no disk.
pub trait Tables {
    /// The bytes of a file, by the name the mapping gives it.
    ///
    /// # Errors
    /// Whatever the caller meets; `NotFound` makes the import try the name with `.gz` added.
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// The rows of a file as columns.
#[derive(Debug, Default)]
pub(crate) struct RawTable {
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Vec<Vec<Dynamic>>,
    pub(crate) lines: Vec<u64>,
    /// Rows left out because of a cell, by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
}

/// What reading a table needs to know besides the file.
pub(crate) struct Reading<'a> {
    pub(crate) table: &'a str,
    pub(crate) spec: &'a TableSpec,
    pub(crate) words: &'a Words,
    pub(crate) progress: &'a mut dyn FnMut(u64),
}

/// Rows between two words of progress.
const PROGRESS_ROWS: usize = 4_096;

/// Reads one table.
pub(crate) fn read(tables: &dyn Tables, file: &str, mut reading: Reading<'_>) -> Result<RawTable, ImportError> {
    let opened = match tables.open(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound && !file.ends_with(".gz") => tables.open(&format!("{file}.gz")).map_err(|_| e),
        other => other,
    };
    let bytes = opened.map_err(|source| ImportError::Open { table: reading.table.to_owned(), file: file.to_owned(), source })?;
    let text = decoded(bytes, &reading.spec.encoding).map_err(|e| unreadable(file, 1, &e))?;
    let format = reading.spec.format.unwrap_or_else(|| {
        let name = file.trim_end_matches(".gz");
        if [".ndjson", ".jsonl", ".json"].iter().any(|end| name.ends_with(end)) { Format::Ndjson } else { Format::Csv }
    });
    match format {
        Format::Csv => read_csv(file, text, &mut reading),
        Format::Ndjson => read_ndjson(file, text, &mut reading),
    }
}

fn unreadable(file: &str, line: u64, error: &dyn std::fmt::Display) -> ImportError {
    ImportError::Read { place: Place { file: file.to_owned(), line }, what: format!("cannot be read: {error}") }
}

/// The bytes unpacked, if they are gzip, and as UTF-8, if they are in another encoding.
fn decoded<'a>(bytes: Box<dyn Read + 'a>, encoding: &str) -> io::Result<Box<dyn BufRead + 'a>> {
    let mut packed = BufReader::with_capacity(1 << 16, bytes);
    let gzip = packed.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let plain: Box<dyn BufRead + 'a> = if gzip { Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(packed))) } else { Box::new(packed) };
    // UTF-8 is checked cell by cell, so that a damaged byte is an error with its place and not a replacement character.
    match encoding_rs::Encoding::for_label(encoding.as_bytes()) {
        Some(found) if found != encoding_rs::UTF_8 => {
            let reader = encoding_rs_io::DecodeReaderBytesBuilder::new().encoding(Some(found)).build(plain);
            Ok(Box::new(BufReader::with_capacity(1 << 16, reader)))
        }
        _ => Ok(plain),
    }
}

/// The columns that are kept: where they stand in a row, and how their cells are parsed.
struct Kept {
    places: Vec<usize>,
    parsers: Vec<CellParser>,
    names: Vec<String>,
}

fn parser(reading: &Reading<'_>, name: &str) -> Result<CellParser, ImportError> {
    let kind = reading.spec.types.get(name).map(crate::table_spec::ColumnType::full);
    let at = format!("tables.{}.types.{name}", reading.table);
    CellParser::new(kind).map_err(|what| MappingError::rule(at, what).into())
}

/// Which columns of a header are kept. A column that nothing names is not, unless unpivoting needs it.
fn kept(header: &[String], reading: &Reading<'_>, all: bool) -> Result<Kept, ImportError> {
    let mut kept = Kept { places: Vec::new(), parsers: Vec::new(), names: Vec::new() };
    for (place, name) in header.iter().enumerate() {
        if !all && !reading.words.has(name) && reading.spec.types.get(name).is_none() {
            continue;
        }
        if kept.names.contains(name) {
            let at = format!("tables.{}", reading.table);
            return Err(MappingError::rule(at, format!("two columns are named {name}; give all names in `columns`")).into());
        }
        kept.places.push(place);
        kept.parsers.push(parser(reading, name)?);
        kept.names.push(name.clone());
    }
    for (name, _) in &reading.spec.types.0 {
        let made = reading.spec.unpivot.as_ref().is_some_and(|u| &u.value == name || &u.name == name);
        if !made && !header.contains(name) {
            let what = format!("there is no such column; there are {}", header.join(", "));
            return Err(MappingError::rule(format!("tables.{}.types.{name}", reading.table), what).into());
        }
    }
    Ok(kept)
}

fn skip_lines(text: &mut dyn BufRead, count: u64) -> io::Result<()> {
    for _ in 0..count {
        text.read_until(b'\n', &mut Vec::new())?;
    }
    Ok(())
}

fn byte(text: &str) -> Option<u8> {
    text.as_bytes().first().copied()
}

fn read_csv(file: &str, mut text: Box<dyn BufRead + '_>, reading: &mut Reading<'_>) -> Result<RawTable, ImportError> {
    let spec = reading.spec;
    skip_lines(&mut text, spec.skip_lines).map_err(|e| unreadable(file, 1, &e))?;
    let mut builder = csv::ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(byte(&spec.delimiter).unwrap_or(b','))
        .quoting(!spec.quote.is_empty())
        .quote(byte(&spec.quote).unwrap_or(b'"'))
        .escape(spec.escape.as_deref().and_then(byte))
        .comment(spec.comment.as_deref().and_then(byte));
    let mut rows = builder.from_reader(text);
    let mut record = csv::ByteRecord::new();
    let mut header: Vec<String> = spec.columns.iter().map(|c| name_of(c)).collect();
    let mut titles: Vec<String> = spec.columns.clone();
    if spec.header {
        if !rows.read_byte_record(&mut record).map_err(|e| csv_error(file, spec, &e))? {
            let what = "expected a header line, got an empty file".to_owned();
            return Err(ImportError::Read { place: Place { file: file.to_owned(), line: 1 }, what });
        }
        if header.is_empty() {
            titles = record.iter().map(|c| String::from_utf8_lossy(c).trim().to_owned()).collect();
            header = titles.iter().map(|t| name_of(t)).collect();
        }
    }
    let unpivoted: Vec<(usize, String)> = unpivoted_columns(&titles, spec);
    let wanted = kept(&header, reading, false)?;
    let mut table = CsvTable { file, spec, wanted, header, unpivoted, value: None, out: RawTable::default() };
    table.prepare(reading)?;
    while rows.read_byte_record(&mut record).map_err(|e| csv_error(file, spec, &e))? {
        let line = record.position().map_or(0, csv::Position::line) + spec.skip_lines;
        table.row(&record, line)?;
        if table.out.lines.len().is_multiple_of(PROGRESS_ROWS) {
            (reading.progress)(table.out.lines.len() as u64);
        }
    }
    Ok(table.out)
}

fn csv_error(file: &str, spec: &TableSpec, error: &csv::Error) -> ImportError {
    unreadable(file, error.position().map_or(1, csv::Position::line) + spec.skip_lines, error)
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
    file: &'a str,
    spec: &'a TableSpec,
    wanted: Kept,
    header: Vec<String>,
    unpivoted: Vec<(usize, String)>,
    /// Parsers of the two columns that unpivoting makes: the name's and the value's.
    value: Option<(CellParser, CellParser)>,
    out: RawTable,
}

impl CsvTable<'_> {
    fn prepare(&mut self, reading: &Reading<'_>) -> Result<(), ImportError> {
        self.out.columns.clone_from(&self.wanted.names);
        if let Some(unpivot) = &self.spec.unpivot {
            if self.unpivoted.is_empty() {
                let what = format!("expected a column that matches {:?}, got {}", unpivot.columns, self.header.join(", "));
                return Err(MappingError::rule(format!("tables.{}.unpivot", reading.table), what).into());
            }
            self.value = Some((parser(reading, &unpivot.name)?, parser(reading, &unpivot.value)?));
            self.out.columns.extend([unpivot.name.clone(), unpivot.value.clone()]);
        }
        self.out.cells = self.out.columns.iter().map(|_| Vec::new()).collect();
        Ok(())
    }

    fn place(&self, line: u64) -> Place {
        Place { file: self.file.to_owned(), line }
    }

    fn row(&mut self, record: &csv::ByteRecord, line: u64) -> Result<(), ImportError> {
        if record.len() != self.header.len() && !self.spec.ragged {
            let what = format!(
                "expected {} fields, got {}; correct the file or say `ragged = true`, and missing fields are missing cells",
                self.header.len(),
                record.len()
            );
            return Err(ImportError::Read { place: self.place(line), what });
        }
        let mut values = Vec::with_capacity(self.out.columns.len());
        for i in 0..self.wanted.places.len() {
            let text = self.text(record, self.wanted.places[i], line)?;
            let cell = self.wanted.parsers[i].parse(text.as_deref());
            match self.settle(cell, line, self.wanted.names[i].clone(), text.as_deref())? {
                Some(value) => values.push(value),
                None => return Ok(()),
            }
        }
        if self.value.is_none() {
            self.push(values, line);
            return Ok(());
        }
        self.unpivot(record, line, &values)
    }

    fn unpivot(&mut self, record: &csv::ByteRecord, line: u64, shared: &[Dynamic]) -> Result<(), ImportError> {
        for (place, name) in self.unpivoted.clone() {
            let text = self.text(record, place, line)?;
            if text.is_none() {
                continue;
            }
            let Some((names, amounts)) = &mut self.value else { return Ok(()) };
            let (name_cell, cell) = (names.parse(Some(&name)), amounts.parse(text.as_deref()));
            let column = self.header.get(place).cloned().unwrap_or_default();
            let title = self.settle(name_cell, line, column.clone(), Some(&name))?;
            let value = self.settle(cell, line, column, text.as_deref())?;
            if let (Some(title), Some(value)) = (title, value) {
                self.push(shared.iter().cloned().chain([title, value]).collect(), line);
            }
        }
        Ok(())
    }

    fn push(&mut self, values: Vec<Dynamic>, line: u64) {
        self.out.lines.push(line);
        for (column, value) in self.out.cells.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// The text of a cell; nothing for a missing one.
    fn text(&self, record: &csv::ByteRecord, place: usize, line: u64) -> Result<Option<String>, ImportError> {
        let Some(bytes) = record.get(place) else { return Ok(None) };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(ImportError::Cell {
                place: self.place(line),
                column: self.header.get(place).cloned().unwrap_or_default(),
                expected: "UTF-8 (another encoding is named by `encoding`)".to_owned(),
                value: cut(&String::from_utf8_lossy(bytes)),
            });
        };
        let text = if self.spec.trim { text.trim() } else { text };
        Ok((!self.spec.null.iter().any(|n| n == text)).then(|| text.to_owned()))
    }

    /// The value of a cell; nothing if the row is left out.
    fn settle(&mut self, cell: Cell, line: u64, column: String, text: Option<&str>) -> Result<Option<Dynamic>, ImportError> {
        match cell {
            Cell::Value(value) => Ok(Some(value)),
            Cell::SkipRow(expected) => {
                *self.out.skipped.entry(format!("column {column}: expected {expected}")).or_default() += 1;
                Ok(None)
            }
            Cell::Wrong(expected) => Err(ImportError::Cell { place: self.place(line), column, expected, value: cut(text.unwrap_or_default()) }),
        }
    }
}

fn read_ndjson(file: &str, mut text: Box<dyn BufRead + '_>, reading: &mut Reading<'_>) -> Result<RawTable, ImportError> {
    skip_lines(&mut text, reading.spec.skip_lines).map_err(|e| unreadable(file, 1, &e))?;
    let mut out = RawTable::default();
    let mut parsers: Vec<CellParser> = Vec::new();
    for name in reading.spec.columns.iter().map(|c| name_of(c)).chain(reading.spec.types.0.iter().map(|(n, _)| n.clone())) {
        column_of(&mut out, &mut parsers, &name, reading)?;
    }
    let mut line = reading.spec.skip_lines;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        line += 1;
        if text.read_until(b'\n', &mut buffer).map_err(|e| unreadable(file, line, &e))? == 0 {
            return Ok(out);
        }
        let bytes = buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let place = || Place { file: file.to_owned(), line };
        let object: BTreeMap<String, &RawValue> = serde_json::from_slice(bytes)
            .map_err(|e| ImportError::Read { place: place(), what: format!("expected a JSON object, got {} ({e})", cut(&String::from_utf8_lossy(bytes))) })?;
        let mut row: Vec<Dynamic> = parsers.iter().map(CellParser::missing).collect();
        let mut skip = false;
        for (key, raw) in object {
            let name = name_of(&key);
            if !reading.words.has(&name) && reading.spec.types.get(&name).is_none() {
                continue;
            }
            let n = column_of(&mut out, &mut parsers, &name, reading)?;
            row.resize(out.columns.len(), Dynamic::UNIT);
            match json_cell(raw, reading.spec, &name, &mut parsers[n]) {
                Cell::Value(value) => row[n] = value,
                Cell::SkipRow(expected) => {
                    *out.skipped.entry(format!("column {name}: expected {expected}")).or_default() += 1;
                    skip = true;
                }
                Cell::Wrong(expected) => return Err(ImportError::Cell { place: place(), column: name, expected, value: cut(raw.get()) }),
            }
        }
        if !skip {
            out.lines.push(line);
            out.cells.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        if out.lines.len().is_multiple_of(PROGRESS_ROWS) {
            (reading.progress)(out.lines.len() as u64);
        }
    }
}

/// The number of a column, made when it is met first.
fn column_of(out: &mut RawTable, parsers: &mut Vec<CellParser>, name: &str, reading: &Reading<'_>) -> Result<usize, ImportError> {
    if let Some(n) = out.columns.iter().position(|c| c == name) {
        return Ok(n);
    }
    out.columns.push(name.to_owned());
    out.cells.push(vec![Dynamic::UNIT; out.lines.len()]);
    parsers.push(parser(reading, name)?);
    Ok(out.columns.len() - 1)
}

fn json_cell(raw: &RawValue, spec: &TableSpec, name: &str, parser: &mut CellParser) -> Cell {
    let value = match json_value(raw) {
        Ok(value) => value,
        Err(e) => return Cell::Wrong(format!("JSON ({e})")),
    };
    let typed = spec.types.get(name).is_some();
    if let Ok(text) = value.as_immutable_string_ref() {
        let text = if spec.trim { text.trim() } else { text.as_str() };
        let missing = spec.null.iter().any(|n| n == text);
        return parser.parse((!missing).then_some(text));
    }
    if typed && !value.is_unit() && !value.is_map() && !value.is_array() {
        return parser.parse(Some(&value.to_string()));
    }
    if value.is_unit() { parser.parse(None) } else { Cell::Value(value) }
}

/// A JSON value with its numbers exact.
fn json_value(raw: &RawValue) -> Result<Dynamic, String> {
    let text = raw.get().trim();
    let failed = |e: serde_json::Error| e.to_string();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(failed)?;
            let fields = fields.into_iter().map(|(k, v)| Ok((k.into(), json_value(v)?)));
            fields.collect::<Result<Map, String>>()?.into()
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            items.into_iter().map(json_value).collect::<Result<Array, String>>()?.into()
        }
        Some(b'"') => serde_json::from_str::<String>(text).map_err(failed)?.into(),
        Some(b't') => Dynamic::TRUE,
        Some(b'f') => Dynamic::FALSE,
        Some(b'n') => Dynamic::UNIT,
        _ => match text.parse::<i64>() {
            Ok(n) => n.into(),
            Err(_) => {
                let exact = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text));
                Dynamic::from_decimal(exact.map_err(|_| format!("a number of at most 28 digits, got {text}"))?)
            }
        },
    })
}
