//! The cells of one column, however many there are. Invariant: what stands in memory of all columns
//! together is bounded; the rest stands in the caller's scratch as it was, and reading a cell gives
//! the value that was put there.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    io,
    rc::{Rc, Weak},
    sync::Arc,
};

use rhai::{Dynamic, ImmutableString};
use rust_decimal::Decimal;

use crate::{
    scratch::{Extent, Scratch},
    time_value::TimeValue,
};

/// Cells that go in and out of memory together.
const CHUNK_CELLS: usize = 1_024;
/// Bytes of cells that stand in memory when there is a scratch.
const CELL_BYTES_MAX: usize = 128 * 1024 * 1024;
/// The bytes that a value takes besides its text.
const VALUE_BYTES: usize = 16;
/// The bytes that a text, or a number that stands apart, takes besides.
const APART_BYTES: usize = 48;

/// The memory that all columns share.
#[derive(Default)]
pub(crate) struct Memory {
    scratch: Option<Arc<dyn Scratch>>,
    bytes_max: usize,
    bytes: Cell<usize>,
    /// Chunks that may go, the oldest first.
    resident: RefCell<VecDeque<(Weak<Chunk>, usize)>>,
}

impl Memory {
    /// Without a scratch all cells stay.
    pub(crate) fn new(scratch: Option<Arc<dyn Scratch>>, bytes_max: Option<usize>) -> Rc<Memory> {
        Rc::new(Memory {
            scratch,
            bytes_max: bytes_max.unwrap_or(CELL_BYTES_MAX),
            ..Memory::default()
        })
    }

    /// Takes note of a chunk that stands in memory now, and lets others go until all fit.
    fn enter(&self, chunk: &Rc<Chunk>, bytes: usize) -> io::Result<()> {
        let Some(scratch) = &self.scratch else { return Ok(()) };
        self.bytes.set(self.bytes.get() + bytes);
        self.resident.borrow_mut().push_back((Rc::downgrade(chunk), bytes));
        // Each may be passed over once; then whatever comes goes.
        let mut left = 2 * self.resident.borrow().len();
        while self.bytes.get() > self.bytes_max && left > 0 {
            left -= 1;
            let Some((oldest, bytes)) = self.resident.borrow_mut().pop_front() else { break };
            let Some(oldest) = oldest.upgrade() else {
                self.bytes.set(self.bytes.get() - bytes);
                continue;
            };
            if Rc::ptr_eq(&oldest, chunk) || oldest.used.replace(false) {
                self.resident.borrow_mut().push_back((Rc::downgrade(&oldest), bytes));
            } else {
                // What cannot be written stays, and is asked no more.
                oldest.leave(&**scratch)?;
                self.bytes.set(self.bytes.get() - bytes);
            }
        }
        Ok(())
    }
}

/// Some cells of a column.
#[derive(Default)]
struct Chunk {
    values: RefCell<Option<Rc<[Dynamic]>>>,
    /// Where they stand in the scratch, once they have been put there.
    extent: Cell<Option<Extent>>,
    used: Cell<bool>,
}

impl Chunk {
    /// Lets the values go, if they can be written.
    fn leave(&self, scratch: &dyn Scratch) -> io::Result<()> {
        if self.extent.get().is_none() {
            let values = self.values.borrow();
            let Some(bytes) = values.as_deref().and_then(written) else { return Ok(()) };
            self.extent.set(Some(Extent::write(scratch, &bytes)?));
        }
        self.values.replace(None);
        Ok(())
    }
}

impl std::fmt::Debug for Strip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Cells may be personal.
        write!(f, "{} cells", self.chunks.len() * CHUNK_CELLS + self.open.len())
    }
}

/// The cells of a column, in order.
#[derive(Clone, Default)]
pub(crate) struct Strip {
    memory: Rc<Memory>,
    chunks: Vec<Rc<Chunk>>,
    open: Vec<Dynamic>,
}

impl Strip {
    pub(crate) const fn new(memory: Rc<Memory>) -> Strip {
        Strip { memory, chunks: Vec::new(), open: Vec::new() }
    }

    pub(crate) fn push(&mut self, value: Dynamic) -> io::Result<()> {
        self.open.push(value);
        if self.open.len() < CHUNK_CELLS {
            return Ok(());
        }
        let values: Rc<[Dynamic]> =
            std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK_CELLS)).into();
        let bytes = size(&values);
        let chunk = Rc::new(Chunk { values: RefCell::new(Some(values)), ..Chunk::default() });
        self.chunks.push(chunk.clone());
        self.memory.enter(&chunk, bytes)
    }

    /// The cells of some rows, in this order.
    pub(crate) fn picked(&self, rows: impl Iterator<Item = usize>) -> io::Result<Strip> {
        let mut column = Strip::new(self.memory.clone());
        for row in rows {
            column.push(self.get(row)?)?;
        }
        Ok(column)
    }

    /// The cell of a row that is there.
    pub(crate) fn get(&self, row: usize) -> io::Result<Dynamic> {
        let (number, cell) = (row / CHUNK_CELLS, row % CHUNK_CELLS);
        let Some(chunk) = self.chunks.get(number) else {
            return self.open.get(cell).cloned().ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        };
        chunk.used.set(true);
        if let Some(values) = &*chunk.values.borrow() {
            return Ok(values[cell].clone());
        }
        let (Some(extent), Some(scratch)) = (chunk.extent.get(), &self.memory.scratch) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let mut bytes = Vec::new();
        extent.read(&**scratch, &mut bytes)?;
        let values: Rc<[Dynamic]> = read(&bytes).ok_or(io::ErrorKind::InvalidData)?.into();
        let value = values.get(cell).cloned().ok_or(io::ErrorKind::InvalidData)?;
        let size = size(&values);
        chunk.values.replace(Some(values));
        self.memory.enter(chunk, size)?;
        Ok(value)
    }
}

/// The bytes that values take in memory, about; a text that stands beside itself is kept once.
fn size(values: &[Dynamic]) -> usize {
    let (mut bytes, mut before) = (values.len() * VALUE_BYTES, String::new());
    for value in values {
        if let Ok(text) = value.as_immutable_string_ref() {
            if text.as_str() != before {
                bytes += APART_BYTES + if text.len() > 23 { text.len() } else { 0 };
                before.clear();
                before.push_str(&text);
            }
        } else if value.is_decimal() || value.is_variant() {
            bytes += APART_BYTES;
        }
    }
    bytes
}

/// Values as bytes; nothing if one of them is of a kind that stays in memory.
fn written(values: &[Dynamic]) -> Option<Vec<u8>> {
    let (mut bytes, mut texts) = (Vec::new(), HashMap::<String, u32>::new());
    for value in values {
        if value.is_unit() {
            bytes.push(0);
        } else if let Ok(truth) = value.as_bool() {
            bytes.push(1 + u8::from(truth));
        } else if let Ok(number) = value.as_int() {
            bytes.push(3);
            bytes.extend(number.to_le_bytes());
        } else if let Ok(number) = value.as_decimal() {
            bytes.push(4);
            bytes.extend(number.serialize());
        } else if let Some(time) = TimeValue::of(value) {
            let text = time.to_string();
            bytes.extend([7, u8::try_from(text.len()).ok()?]);
            bytes.extend(text.as_bytes());
        } else {
            let text = value.as_immutable_string_ref().ok()?;
            // A text comes whole the first time and by its number after that.
            if let Some(number) = texts.get(text.as_str()) {
                bytes.push(5);
                bytes.extend(number.to_le_bytes());
            } else {
                bytes.push(6);
                bytes.extend(u32::try_from(text.len()).ok()?.to_le_bytes());
                bytes.extend(text.as_bytes());
                texts.insert(text.to_string(), u32::try_from(texts.len()).ok()?);
            }
        }
    }
    Some(bytes)
}

/// The values of written bytes.
fn read(mut bytes: &[u8]) -> Option<Vec<Dynamic>> {
    fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (taken, rest) = bytes.split_first_chunk::<N>()?;
        *bytes = rest;
        Some(*taken)
    }
    let (mut values, mut texts) = (Vec::with_capacity(CHUNK_CELLS), Vec::<ImmutableString>::new());
    while let Some([kind]) = take::<1>(&mut bytes) {
        values.push(match kind {
            0 => Dynamic::UNIT,
            1 => Dynamic::FALSE,
            2 => Dynamic::TRUE,
            3 => Dynamic::from_int(i64::from_le_bytes(take(&mut bytes)?)),
            4 => Dynamic::from_decimal(Decimal::deserialize(take(&mut bytes)?)),
            5 => texts
                .get(usize::try_from(u32::from_le_bytes(take(&mut bytes)?)).ok()?)?
                .clone()
                .into(),
            7 => {
                let [len] = take::<1>(&mut bytes)?;
                let (text, rest) = bytes.split_at_checked(usize::from(len))?;
                bytes = rest;
                TimeValue::parse(std::str::from_utf8(text).ok()?)?.into()
            }
            _ => {
                let len = usize::try_from(u32::from_le_bytes(take(&mut bytes)?)).ok()?;
                let (text, rest) = bytes.split_at_checked(len)?;
                bytes = rest;
                let text = ImmutableString::from(std::str::from_utf8(text).ok()?);
                texts.push(text.clone());
                text.into()
            }
        });
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use std::{rc::Rc, sync::Arc};

    use rhai::Dynamic;
    use rust_decimal::Decimal;

    use super::{Memory, Strip};
    use crate::{scratch::MemoryScratch, time_value::TimeValue};

    fn value(n: i64) -> Dynamic {
        match n % 8 {
            0 => Dynamic::UNIT,
            1 => (n % 4 == 1).into(),
            2 => n.into(),
            3 => Dynamic::from_decimal(Decimal::new(n, 3)),
            4 => format!("text {}", n / 1_000).into(),
            5 => TimeValue::parse("2025-01-31").unwrap().into(),
            6 => TimeValue::parse("2025-01-31T10:00:00.25Z").unwrap().into(),
            _ => format!("{n} äöü {}", "x".repeat(40)).into(),
        }
    }

    #[test]
    fn cells_that_left_memory_are_what_they_were() {
        let scratch = Arc::new(MemoryScratch::default());
        let memory = Memory::new(Some(scratch.clone()), Some(60_000));
        let mut columns = [Strip::new(memory.clone()), Strip::new(memory.clone())];
        for n in 0..6_000 {
            columns[0].push(value(n)).unwrap();
            columns[1].push(value(n + 1)).unwrap();
        }
        assert!(
            scratch.len() > 60_000 && memory.bytes.get() <= 60_000,
            "{} outside, {} inside",
            scratch.len(),
            memory.bytes.get()
        );
        for n in (0..6_000_i64).step_by(11).map(|n| n * 7_919 % 6_000) {
            let row = usize::try_from(n).unwrap();
            let shown = |value: &Dynamic| {
                TimeValue::of(value).map_or_else(|| value.to_string(), |time| format!("{time:?}"))
            };
            assert_eq!(shown(&columns[0].get(row).unwrap()), shown(&value(n)));
            assert_eq!(columns[1].get(row).unwrap().type_name(), value(n + 1).type_name());
        }
        assert!(columns[0].get(6_000).is_err());
        // What cannot be written stays, and so does all of it without a scratch.
        let mut lists = Strip::new(memory);
        (0..3_000_i64).for_each(|n| lists.push(vec![Dynamic::from(n)].into()).unwrap());
        assert_eq!(lists.get(2_000).unwrap().to_string(), "[2000]");
        let mut held = Strip::new(Rc::new(Memory::default()));
        (0..3_000).for_each(|n| held.push(value(n)).unwrap());
        assert_eq!(held.get(2_999).unwrap().to_string(), value(2_999).to_string());
    }
}
