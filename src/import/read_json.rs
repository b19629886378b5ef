//! Tables of JSON objects. Invariant: numbers stay exact, and an object that says a column twice is
//! refused.

use std::{borrow::Cow, collections::HashMap, fmt, io::BufRead, io::Read};

use rhai::{Array, Dynamic, Map};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{
    cell::Cell,
    error::{ImportError, MappingError, Place, cut},
    expression::shown,
    json_values::{JsonValues, Next},
    names::name_of,
    number_text::plain_number,
    reader::{
        Column, RawTable, Reading, Text, cell_text, checked_text, one_line_break, unreadable,
    },
    strip::Strip,
    table_spec::TableSpec,
};

/// Reads the objects of a JSON text: one after the other, or the elements of one list.
pub(crate) fn read_json(
    text: Text<'_>,
    reading: &mut Reading<'_>,
) -> Result<RawTable, ImportError> {
    let (file, spec) = (text.file, reading.spec);
    let mut table = JsonTable {
        file,
        spec,
        encoding: text.encoding,
        columns: Vec::new(),
        places: HashMap::new(),
        out: RawTable::default(),
    };
    for name in spec
        .columns
        .iter()
        .map(|column| name_of(column))
        .chain(spec.types.0.iter().map(|(name, _)| name.clone()))
    {
        table.column(&name, reading)?;
    }
    let mut bytes = text.bytes;
    let Some(pointer) = &spec.records else {
        table.rows(&mut bytes, 1 + spec.skip_lines, reading)?;
        return Ok(table.out);
    };
    let mut whole = String::new();
    bytes.read_to_string(&mut whole).map_err(|e| unreadable(file, 1, &e))?;
    let at = || format!("tables.{}.records", reading.table);
    let records = pointed(&whole, pointer)
        .map_err(|what| MappingError::rule(at(), format!("{file}: {what}")))?;
    let before = records.as_ptr().addr() - whole.as_ptr().addr();
    let line = whole.as_bytes()[..before].iter().filter(|b| **b == b'\n').count() as u64;
    table.rows(&mut records.as_bytes(), 1 + spec.skip_lines + line, reading)?;
    Ok(table.out)
}

/// The part of a JSON text that a pointer such as `/data/orders` names.
fn pointed<'t>(text: &'t str, pointer: &str) -> Result<&'t str, String> {
    let mut value: &'t RawValue =
        serde_json::from_str(text).map_err(|e| format!("expected JSON ({e})"))?;
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err(format!("expected a pointer such as /data/orders, got {pointer:?}"));
    }
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let found = match value.get().as_bytes().first() {
            Some(b'{') => serde_json::from_str::<Object<'t>>(value.get()).ok().and_then(|object| {
                object.0.into_iter().find(|(key, _)| *key == step).map(|(_, v)| v)
            }),
            Some(b'[') => step.parse().ok().and_then(|n: usize| {
                serde_json::from_str::<Vec<&'t RawValue>>(value.get()).ok()?.get(n).copied()
            }),
            _ => None,
        };
        value = found.ok_or_else(|| format!("there is no {step} of {pointer}"))?;
    }
    Ok(value.get())
}

/// The fields of an object in their order, repeated ones too.
struct Object<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

#[derive(Deserialize)]
struct Key<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de: 't, 't> Deserialize<'de> for Object<'t> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    fields.push((key, value));
                }
                Ok(Object(fields))
            }
        }
        d.deserialize_map(Fields)
    }
}

struct JsonTable<'a> {
    file: &'a str,
    spec: &'a TableSpec,
    encoding: &'static encoding_rs::Encoding,
    columns: Vec<Column>,
    /// The column of each key met so far; none for one that nothing names.
    places: HashMap<String, Option<usize>>,
    out: RawTable,
}

impl JsonTable<'_> {
    fn rows(
        &mut self,
        bytes: &mut dyn BufRead,
        first_line: u64,
        reading: &mut Reading<'_>,
    ) -> Result<(), ImportError> {
        let mut values = JsonValues::new(bytes, first_line);
        loop {
            match values.next().map_err(|e| unreadable(self.file, values.line(), &e))? {
                Next::Value(line) => self.row(values.text(), line, reading)?,
                Next::Wrong(what) => return Err(self.wrong(values.line(), what)),
                Next::End => return Ok(()),
            }
        }
    }

    fn wrong(&self, line: u64, what: String) -> ImportError {
        ImportError::Read { place: Place { file: self.file.to_owned(), line }, what }
    }

    fn row(
        &mut self,
        bytes: &[u8],
        line: u64,
        reading: &mut Reading<'_>,
    ) -> Result<(), ImportError> {
        let text = checked_text(bytes, self.encoding)
            .map_err(|expected| self.wrong(line, format!("expected {expected}")))?;
        let object: Object<'_> = serde_json::from_str(text).map_err(|e| {
            let why = e.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            let inside = line + (e.line() as u64).saturating_sub(1);
            self.wrong(inside, format!("expected a JSON object, got {} ({why})", cut(text)))
        })?;
        let mut row: Vec<Option<Dynamic>> = vec![None; self.columns.len()];
        let mut zones: Vec<(Cow<'_, str>, &RawValue)> = Vec::new();
        for (key, raw) in object.0 {
            if self.columns.iter().any(|column| column.zone_from.is_some()) {
                zones.push((key.clone(), raw));
            }
            let Some(n) = self.place(&key, reading)? else { continue };
            row.resize(self.columns.len(), None);
            if row[n].is_some() {
                return Err(self.wrong(
                    line,
                    format!(
                        "expected column {} once, got it twice in one object",
                        self.columns[n].name
                    ),
                ));
            }
            let cell = json_cell(raw, self.spec, &mut self.columns[n]);
            match self.out.settle(cell, (self.file, line), &self.columns[n].name, raw.get())? {
                Some(value) => row[n] = Some(value),
                None => return Ok(()),
            }
        }
        for (column, cell) in self.columns.iter().zip(&mut row) {
            let (Some(zone), Some(value)) = (&column.zone_from, &cell) else { continue };
            let named = zones.iter().find(|(key, _)| key == zone || name_of(key) == *zone);
            let named =
                named.and_then(|(_, raw)| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
            if let Some(moment) = column.parser.in_zone(value, named.as_deref()) {
                match self.out.settle(moment, (self.file, line), &column.name, &shown(value))? {
                    Some(value) => *cell = Some(value),
                    None => return Ok(()),
                }
            }
        }
        let values = self
            .columns
            .iter()
            .zip(row)
            .map(|(column, value)| value.unwrap_or_else(|| column.parser.missing()));
        self.out.push(values, line, reading.progress)
    }

    /// The column of a key; none if nothing names it.
    fn place(&mut self, key: &str, reading: &Reading<'_>) -> Result<Option<usize>, ImportError> {
        if let Some(place) = self.places.get(key) {
            return Ok(*place);
        }
        let name = name_of(key);
        let place = if reading.words.has(&name) || self.spec.types.get(&name).is_some() {
            Some(self.column(&name, reading)?)
        } else {
            self.out.unused.push(name);
            None
        };
        self.places.insert(key.to_owned(), place);
        Ok(place)
    }

    /// The number of a column, made when it is met first.
    fn column(&mut self, name: &str, reading: &Reading<'_>) -> Result<usize, ImportError> {
        if let Some(n) = self.columns.iter().position(|column| column.name == name) {
            return Ok(n);
        }
        let column = Column::new(reading, name)?;
        self.out.columns.push(name.to_owned());
        let mut cells = Strip::new(reading.memory.clone());
        (0..self.out.lines.len()).try_for_each(|_| cells.push(column.parser.missing()))?;
        self.out.cells.push(cells);
        self.columns.push(column);
        Ok(self.columns.len() - 1)
    }
}

fn json_cell(raw: &RawValue, spec: &TableSpec, column: &mut Column) -> Cell {
    let value = match json_value(raw) {
        Ok(value) => value,
        Err(e) => return Cell::Wrong(format!("JSON ({e})")),
    };
    if column.is_list() && value.is_array() {
        let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            return Cell::Value(value);
        };
        let typed = column.typed;
        return column.all(elements.into_iter(), |parser, raw| match json_value(raw) {
            Ok(value) if typed => match value.as_immutable_string_ref() {
                Ok(text) => parser.parse(cell_text(&text, spec).as_deref()),
                Err(_) if value.is_unit() => parser.parse(None),
                Err(_) => parser.take(value.clone(), raw.get()),
            },
            Ok(value) => Cell::Value(value),
            Err(e) => Cell::Wrong(format!("JSON ({e})")),
        });
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return column.parse(cell_text(&text, spec).as_deref());
    }
    match (value.is_unit(), column.typed) {
        (true, _) => column.parse(None),
        (false, true) => column.parser.take(value, raw.get()),
        (false, false) => Cell::Value(value),
    }
}

/// A JSON value with its numbers exact.
fn json_value(raw: &RawValue) -> Result<Dynamic, String> {
    let text = raw.get().trim();
    let failed = |e: serde_json::Error| e.to_string();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let mut map = Map::new();
            for (key, value) in serde_json::from_str::<Object<'_>>(text).map_err(failed)?.0 {
                if map.insert(key.as_ref().into(), json_value(value)?).is_some() {
                    return Err(format!("an object with {key:?} once, got it twice"));
                }
            }
            map.into()
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(failed)?;
            items.into_iter().map(json_value).collect::<Result<Array, String>>()?.into()
        }
        Some(b'"') => {
            one_line_break(&serde_json::from_str::<String>(text).map_err(failed)?).as_ref().into()
        }
        Some(b't') => Dynamic::TRUE,
        Some(b'f') => Dynamic::FALSE,
        Some(b'n') => Dynamic::UNIT,
        _ => match text.parse::<i64>() {
            Ok(n) => n.into(),
            Err(_) => Dynamic::from_decimal(
                plain_number(text)
                    .ok_or_else(|| format!("a number of at most 28 digits, got {text}"))?,
            ),
        },
    })
}
