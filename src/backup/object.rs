//! The bytes of objects. Invariant: a public object holds the public bytes of its records and
//! nothing personal; a personal one holds the parts of the same records by their positions.

use sijil_log::Batched;
use sijil_schemas::{Position, StoredRecord};

/// The newest format of public objects.
pub(crate) const PUBLIC: u32 = 1;
/// The newest format of personal objects.
pub(crate) const PERSONAL: u32 = 1;

const PUBLIC_MAGIC: &[u8; 8] = b"SIJILPUB";
const PERSONAL_MAGIC: &[u8; 8] = b"SIJILPER";
/// Magic, format, zero, first and last position.
const HEAD_BYTES: usize = 32;
/// Of the length before a record: its batch ends with it.
const ENDS: u32 = 1 << 31;

/// Consecutive records on their way into a pair of objects.
pub(crate) struct Pair {
    first: Position,
    last: Position,
    public: Vec<u8>,
    personal: Vec<u8>,
}

fn head(magic: &[u8; 8], format: u32, first: Position) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 << 16);
    bytes.extend(magic);
    bytes.extend(format.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(first.get().to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes
}

impl Pair {
    /// The pair of these records, of which there is one at least.
    pub(crate) fn of(records: &[Batched]) -> Pair {
        let mut pair = Pair::new(records.first().map_or(Position::new(1), |o| o.record.position()));
        records.iter().for_each(|one| pair.add(one));
        pair
    }
    /// An empty one that begins with a position.
    fn new(first: Position) -> Pair {
        Pair {
            first,
            last: Position::new(first.get() - 1),
            public: head(PUBLIC_MAGIC, PUBLIC, first),
            personal: head(PERSONAL_MAGIC, PERSONAL, first),
        }
    }
    fn add(&mut self, Batched { record, ends }: &Batched) {
        debug_assert_eq!(record.position(), self.last.next(), "records come in order");
        let length = u32::try_from(record.public.len()).unwrap_or(u32::MAX);
        debug_assert!(length < ENDS, "a record has at most 65,535 bytes");
        self.public.extend((length | if *ends { ENDS } else { 0 }).to_le_bytes());
        self.public.extend(&record.public);
        if !record.personal.is_empty() {
            let length = u32::try_from(record.personal.len()).unwrap_or(u32::MAX);
            self.personal.extend(record.position().get().to_le_bytes());
            self.personal.extend(length.to_le_bytes());
            self.personal.extend(&record.personal);
        }
        self.last = record.position();
    }
    pub(crate) fn range(&self) -> (Position, Position) {
        (self.first, self.last)
    }
    /// The public object, and the personal one if any record has parts.
    pub(crate) fn finish(mut self) -> (Vec<u8>, Option<Vec<u8>>) {
        for bytes in [&mut self.public, &mut self.personal] {
            bytes[24..HEAD_BYTES].copy_from_slice(&self.last.get().to_le_bytes());
        }
        let personal = (self.personal.len() > HEAD_BYTES).then_some(self.personal);
        (self.public, personal)
    }
}

/// Why the bytes of an object cannot be used.
pub(crate) enum Unreadable {
    /// A newer release wrote it, in this format.
    Newer(u32),
    /// It is not what was written.
    Damaged(String),
}

fn wrong(what: impl Into<String>) -> Unreadable {
    Unreadable::Damaged(what.into())
}

/// What follows the head of an object with this magic and these positions.
fn body<'a>(
    bytes: &'a [u8],
    magic: &[u8; 8],
    format: u32,
    (first, last): (Position, Position),
) -> Result<&'a [u8], Unreadable> {
    let (head, rest) =
        bytes.split_first_chunk::<HEAD_BYTES>().ok_or_else(|| wrong("it is cut short"))?;
    if &head[..8] != magic {
        return Err(wrong(format!(
            "expected it to begin with {}, it does not",
            String::from_utf8_lossy(magic)
        )));
    }
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&head[at..at + 8]);
        u64::from_le_bytes(eight)
    };
    // The format stands in the lower half, zero in the upper.
    match u32::try_from(number(8)) {
        Ok(found) if found == format => (),
        Ok(found) if found > format => return Err(Unreadable::Newer(found)),
        Ok(found) => return Err(wrong(format!("expected format {format}, got {found}"))),
        Err(_) => return Err(wrong("its head has bytes that mean nothing")),
    }
    if (number(16), number(24)) == (first.get(), last.get()) {
        Ok(rest)
    } else {
        Err(wrong(format!(
            "expected records {first} to {last}, it says {} to {}",
            number(16),
            number(24)
        )))
    }
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Unreadable> {
    let (chunk, tail) = rest.split_first_chunk::<N>().ok_or_else(|| wrong("it is cut short"))?;
    *rest = tail;
    Ok(*chunk)
}

fn some<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Unreadable> {
    let (some, tail) = rest.split_at_checked(length).ok_or_else(|| wrong("it is cut short"))?;
    *rest = tail;
    Ok(some)
}

/// The records of a public object, each with its personal parts still missing.
pub(crate) fn public(
    bytes: &[u8],
    range: (Position, Position),
) -> Result<Vec<Batched>, Unreadable> {
    let mut rest = body(bytes, PUBLIC_MAGIC, PUBLIC, range)?;
    let mut found = Vec::new();
    let mut expected = range.0;
    while !rest.is_empty() {
        let length = u32::from_le_bytes(taken(&mut rest)?);
        let public = some(&mut rest, (length & !ENDS) as usize)?;
        let record = StoredRecord { public: public.into(), personal: Box::default() };
        if record.position() != expected {
            return Err(wrong(format!("expected record {expected}, got {}", record.position())));
        }
        expected = expected.next();
        found.push(Batched { record, ends: length & ENDS != 0 });
    }
    if expected == range.1.next() { Ok(found) } else { Err(wrong("it is cut short")) }
}

/// Gives records their parts from the personal object of the same range.
pub(crate) fn join(
    records: &mut [Batched],
    bytes: &[u8],
    range: (Position, Position),
) -> Result<(), Unreadable> {
    let mut rest = body(bytes, PERSONAL_MAGIC, PERSONAL, range)?;
    while !rest.is_empty() {
        let position = u64::from_le_bytes(taken(&mut rest)?);
        let length = u32::from_le_bytes(taken(&mut rest)?);
        let personal = some(&mut rest, length as usize)?;
        let of = position
            .checked_sub(range.0.get())
            .and_then(|at| records.get_mut(usize::try_from(at).ok()?))
            .filter(|of| of.record.personal.is_empty())
            .ok_or_else(|| wrong(format!("it has parts of record {position} that fit nowhere")))?;
        of.record.personal = personal.into();
    }
    Ok(())
}
