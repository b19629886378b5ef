//! The log in a Postgres database, which several nodes share. Invariant: a batch lands in one
//! transaction that first changes the log's own row, if that row is still what the batch was
//! decided on; nothing else is relied on. `POSTGRES.md` says what and why.

mod address;
mod append;
mod forget;
mod line;
mod schema;
mod tls;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ::postgres::{Row, fallible_iterator::FallibleIterator};
use sijil_schemas::record::{Position, StoredRecord};

pub use address::{Address, BadAddress};
pub use append::Way;

use crate::{
    mirror::{End, SharedLog},
    port::{AppendError, Batch},
    tree::Hash,
};
use append::Fence;
use line::{Line, Session};

/// What one page holds at least, if there is as much.
const PAGE_BYTES: usize = 4 << 20;
const PAGE_RECORDS_MAX: usize = 16_384;
const PAGE_RECORDS_MIN: usize = 64;
/// How long a look at the log sleeps where no notification can be heard.
const DEAF: Duration = Duration::from_millis(50);

/// A log in a Postgres database.
pub struct PostgresLog {
    /// Appends, and questions asked while appending.
    acting: Line,
    /// Waits for others.
    hearing: Line,
    fence: Fence,
    way: Way,
    /// Records that make a page of about [`PAGE_BYTES`], by the last one read.
    page_records: AtomicUsize,
}

impl PostgresLog {
    /// Connects, and makes tables and log if they are not there and `make` is true.
    pub fn connect(address: &Address, make: bool) -> io::Result<PostgresLog> {
        PostgresLog::connect_with(address, make, Way::default())
    }

    /// The same, with batches sent one way or the other.
    pub fn connect_with(address: &Address, make: bool, way: Way) -> io::Result<PostgresLog> {
        let address = Arc::new(address.clone());
        let log_id = schema::prepare(&address, make)?;
        let acting = Line::new(address.clone(), log_id, false);
        let hearing = Line::new(address, log_id, true);
        Ok(PostgresLog {
            acting,
            hearing,
            fence: Fence::default(),
            way,
            page_records: AtomicUsize::new(1_024),
        })
    }

    /// The records after a position, a page of them.
    fn read(&self, after: Position) -> io::Result<Vec<StoredRecord>> {
        let limit = self.page_records.load(Ordering::Relaxed);
        let (mut page, mut bytes) = (Vec::new(), 0);
        self.acting.ask(|session| {
            (page, bytes) = (Vec::new(), 0);
            let parameters: [&(dyn ::postgres::types::ToSql + Sync); 3] =
                [&session.log_id, &signed(after), &(limit as i64)];
            let statement = session.page.clone();
            let mut rows = session.client.query_raw(&statement, parameters)?;
            while bytes < PAGE_BYTES * 4 {
                let Some(row) = rows.next()? else { break };
                let (public, personal): (&[u8], Option<&[u8]>) = (row.try_get(0)?, row.try_get(1)?);
                bytes += public.len() + personal.map_or(0, <[u8]>::len);
                page.push(StoredRecord {
                    public: public.into(),
                    personal: personal.unwrap_or_default().into(),
                });
            }
            Ok(())
        })?;
        if let Some(average) = bytes.checked_div(page.len()) {
            self.page_records.store(
                (PAGE_BYTES / average.max(1)).clamp(PAGE_RECORDS_MIN, PAGE_RECORDS_MAX),
                Ordering::Relaxed,
            );
        }
        Ok(page)
    }
}

impl SharedLog for PostgresLog {
    fn place(&self) -> String {
        self.acting.address.to_string()
    }

    fn end(&self) -> io::Result<End> {
        self.settle()?;
        let (end, _) = self.acting.ask(Session::head)?;
        Ok(end)
    }

    fn page(&self, after: Position) -> io::Result<Vec<StoredRecord>> {
        self.read(after)
    }

    fn append(&self, at: &End, batch: &Batch, root: &Hash) -> Result<(), AppendError> {
        self.append_at(at, batch, root)
    }

    fn forget(&self, left: &[StoredRecord]) -> io::Result<()> {
        self.take_out(left)
    }

    fn listen(&self, at_most: Duration) -> io::Result<End> {
        self.hearing.ask(|session| {
            session.hear(at_most)?;
            session.head().map(|(end, _)| end)
        })
    }
}

/// A position as the database has it.
fn signed(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// The row of the log: where it ends, and its fence.
fn head_of(row: &Row) -> Result<(End, i64), ::postgres::Error> {
    let (next, root, fence): (i64, &[u8], i64) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let position = Position::new(u64::try_from(next.saturating_sub(1)).unwrap_or(0));
    // A constraint of the table holds the length.
    Ok((End { position, root: root.try_into().ok(), last: None }, fence))
}
