//! Reading tables: which bytes a file has, and as what text they are read. Invariant: only the
//! columns the mapping names are kept, every row knows the line it began on, and a byte that is no
//! text of the file's encoding is an error with its place.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Cursor, Read},
    rc::Rc,
};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::bufread::MultiGzDecoder;
use rhai::{Array, Dynamic};

use crate::{
    cell::{Cell, CellParser},
    error::{ImportError, MappingError, Place, cut},
    explode::elements,
    names::Words,
    read_csv::read_csv,
    read_json::read_json,
    strip::{Memory, Strip},
    table_spec::{ColumnType, TableSpec},
    time_value::Clock,
};

/// Opens the files a mapping names. The caller implements it, so that this room reaches no disk.
pub trait Tables {
    /// The bytes of a file, by the name the mapping gives it.
    ///
    /// # Errors
    /// Errors are the caller's own; `NotFound` makes the import try the name with `.gz` added.
    fn open(&self, file: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// The rows of a file as columns.
#[derive(Debug, Default)]
pub(crate) struct RawTable {
    pub(crate) columns: Vec<String>,
    /// Columns of the file that nothing names.
    pub(crate) unused: Vec<String>,
    pub(crate) cells: Vec<Strip>,
    pub(crate) lines: Vec<u64>,
    /// Rows left out because of a cell, by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
}

/// The settings of a table's reading, besides the file.
pub(crate) struct Reading<'a> {
    pub(crate) table: &'a str,
    pub(crate) spec: &'a TableSpec,
    pub(crate) words: &'a Words,
    pub(crate) clock: &'a Clock,
    pub(crate) memory: &'a Rc<Memory>,
    pub(crate) progress: &'a mut dyn FnMut(u64),
}

/// A file as text.
pub(crate) struct Text<'a> {
    pub(crate) file: &'a str,
    pub(crate) bytes: Box<dyn BufRead + 'a>,
    pub(crate) encoding: &'static Encoding,
}

/// Rows between two words of progress.
const PROGRESS_ROWS: usize = 4_096;
const BUFFER_BYTES: usize = 1 << 16;

/// Reads one table.
pub(crate) fn read(
    tables: &dyn Tables,
    file: &str,
    mut reading: Reading<'_>,
) -> Result<RawTable, ImportError> {
    let opened = match tables.open(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound && !file.ends_with(".gz") => {
            tables.open(&format!("{file}.gz")).map_err(|_| e)
        }
        other => other,
    };
    let bytes = opened.map_err(|source| ImportError::Open {
        table: reading.table.to_owned(),
        file: file.to_owned(),
        source,
    })?;
    let mut text =
        decoded(file, bytes, &reading.spec.encoding).map_err(|e| unreadable(file, 1, &e))?;
    for _ in 0..reading.spec.skip_lines {
        text.bytes.read_until(b'\n', &mut Vec::new()).map_err(|e| unreadable(file, 1, &e))?;
    }
    if reading.spec.is_json() {
        read_json(text, &mut reading)
    } else {
        read_csv(text, &mut reading)
    }
}

pub(crate) fn unreadable(file: &str, line: u64, error: &dyn std::fmt::Display) -> ImportError {
    ImportError::Read {
        place: Place { file: file.to_owned(), line },
        what: format!("cannot be read: {error}"),
    }
}

/// The bytes unpacked, if they are gzip, and as UTF-8, if they are in another encoding. A byte
/// order mark tells the encoding, whatever the mapping says, and is no part of the text.
fn decoded<'a>(file: &'a str, bytes: Box<dyn Read + 'a>, stated: &str) -> io::Result<Text<'a>> {
    let mut packed = BufReader::with_capacity(BUFFER_BYTES, bytes);
    let gzip = packed.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut plain: Box<dyn Read + 'a> =
        if gzip { Box::new(MultiGzDecoder::new(packed)) } else { Box::new(packed) };
    let mut start = Vec::new();
    plain.by_ref().take(4).read_to_end(&mut start)?;
    let stated = Encoding::for_label(stated.as_bytes()).unwrap_or(UTF_8);
    let (encoding, mark) = match start.as_slice() {
        [0xff, 0xfe, 0, 0] | [0, 0, 0xfe, 0xff] => {
            return Err(io::Error::other(
                "expected UTF-8 or UTF-16 behind a byte order mark, got UTF-32; save it as UTF-8",
            ));
        }
        [0xef, 0xbb, 0xbf, ..] => (UTF_8, 3),
        [0xff, 0xfe, ..] => (UTF_16LE, 2),
        [0xfe, 0xff, ..] => (UTF_16BE, 2),
        _ => (stated, 0),
    };
    let whole = Cursor::new(start.split_off(mark)).chain(plain);
    let bytes: Box<dyn BufRead + 'a> = if encoding == UTF_8 {
        // UTF-8 is checked cell by cell, so that a damaged byte is an error with its place and not
        // a replacement character.
        Box::new(BufReader::with_capacity(BUFFER_BYTES, whole))
    } else {
        let reader = encoding_rs_io::DecodeReaderBytesBuilder::new()
            .encoding(Some(encoding))
            .bom_sniffing(false)
            .build(whole);
        Box::new(BufReader::with_capacity(BUFFER_BYTES, reader))
    };
    Ok(Text { file, bytes, encoding })
}

/// These bytes as text, or what was expected.
pub(crate) fn checked_text<'b>(
    bytes: &'b [u8],
    encoding: &'static Encoding,
) -> Result<&'b str, String> {
    match std::str::from_utf8(bytes) {
        Err(_) => Err("UTF-8 (another encoding is named by `encoding`)".to_owned()),
        // What the decoder puts in place of bytes that are none of its encoding's.
        Ok(text) if encoding != UTF_8 && text.contains('\u{fffd}') => {
            Err(format!("{} (another encoding is named by `encoding`)", encoding.name()))
        }
        Ok(text) => Ok(text),
    }
}

/// The text of a cell: cut, if the mapping says so, its line breaks as LF; nothing for a missing
/// one.
pub(crate) fn cell_text<'t>(text: &'t str, spec: &TableSpec) -> Option<Cow<'t, str>> {
    let text = if spec.trim { text.trim() } else { text };
    if spec.null.iter().any(|null| null == text) {
        return None;
    }
    Some(one_line_break(text))
}

/// A text whose line breaks are LF, whatever machine wrote it.
pub(crate) fn one_line_break(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// One column while its cells are read.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) parser: CellParser,
    /// Whether the mapping gives it a type.
    pub(crate) typed: bool,
    /// The text between the elements of its texts, if its lists become rows.
    list: Option<Option<String>>,
    /// The column that names the zone of its times.
    pub(crate) zone_from: Option<String>,
}

impl Column {
    /// A column by its name, as the mapping describes it.
    pub(crate) fn new(reading: &Reading<'_>, name: &str) -> Result<Column, ImportError> {
        let kind = reading.spec.types.get(name);
        let full = kind.map(ColumnType::full);
        let parser = CellParser::new(full.as_ref(), reading.clock).map_err(|what| {
            MappingError::rule(format!("tables.{}.types.{name}", reading.table), what)
        })?;
        let explode = reading
            .spec
            .explode
            .as_ref()
            .filter(|explode| explode.columns.iter().any(|column| column == name));
        Ok(Column {
            name: name.to_owned(),
            parser,
            typed: kind.is_some(),
            list: explode.map(|explode| explode.by.clone()),
            zone_from: kind.and_then(ColumnType::zone_from).map(str::to_owned),
        })
    }

    /// The value of a cell's text; of a list the values of its elements.
    pub(crate) fn parse(&mut self, text: Option<&str>) -> Cell {
        let (Some(text), Some(Some(by))) = (text, &self.list) else {
            return self.parser.parse(text);
        };
        if by.is_empty() {
            return self.parser.parse(Some(text));
        }
        let by = by.clone();
        self.all(elements(text, &by), |parser, element| parser.parse(element))
    }

    /// Whether its lists become rows, so that its type is that of their elements.
    pub(crate) fn is_list(&self) -> bool {
        self.list.is_some()
    }

    /// The values of the elements of a list, as a list.
    pub(crate) fn all<T>(
        &mut self,
        elements: impl Iterator<Item = T>,
        mut parse: impl FnMut(&mut CellParser, T) -> Cell,
    ) -> Cell {
        let mut values = Array::new();
        for element in elements {
            match parse(&mut self.parser, element) {
                Cell::Value(value) => values.push(value),
                other => return other,
            }
        }
        Cell::Value(values.into())
    }
}

impl RawTable {
    /// The value of a cell; nothing if its row is left out.
    pub(crate) fn settle(
        &mut self,
        cell: Cell,
        place: (&str, u64),
        column: &str,
        text: &str,
    ) -> Result<Option<Dynamic>, ImportError> {
        match cell {
            Cell::Value(value) => Ok(Some(value)),
            Cell::SkipRow(expected) => {
                *self
                    .skipped
                    .entry(format!("column {column}: expected {expected}"))
                    .or_default() += 1;
                Ok(None)
            }
            Cell::Wrong(expected) => Err(ImportError::Cell {
                place: Place { file: place.0.to_owned(), line: place.1 },
                column: column.to_owned(),
                expected,
                value: cut(text),
            }),
        }
    }

    /// Adds a row.
    pub(crate) fn push(
        &mut self,
        values: impl IntoIterator<Item = Dynamic>,
        line: u64,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), ImportError> {
        self.lines.push(line);
        self.cells.iter_mut().zip(values).try_for_each(|(column, value)| column.push(value))?;
        if self.lines.len().is_multiple_of(PROGRESS_ROWS) {
            progress(self.lines.len() as u64);
        }
        Ok(())
    }
}
