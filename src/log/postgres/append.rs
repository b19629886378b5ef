//! Compare-and-append in one transaction. Invariant: a batch lands if the log's row still says the
//! position and root it was decided on, and the fence this process knows; whatever else happens,
//! none of it does.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};

use ::postgres::{Error, binary_copy::BinaryCopyInWriter, error::SqlState, types::Type};

use super::{
    PostgresLog, head_of,
    line::{Session, Trouble, is_refusal, told},
    signed,
};
use crate::{
    mirror::End,
    port::{AppendError, Batch},
    tree::Hash,
};

/// Changes the log's row and inserts the records, or does neither: one statement, one journey.
pub(crate) const APPEND: &str = "WITH head AS (UPDATE sijil.log SET next = $3, root = $4 WHERE \
                                 log_id = $1 AND next = $2 AND root = $5 AND fence = $6 RETURNING \
                                 log_id) INSERT INTO sijil.record (log_id, position, public, \
                                 personal) SELECT head.log_id, r.position, r.public, r.personal \
                                 FROM head, unnest($7::bigint[], $8::bytea[], $9::bytea[]) AS r \
                                 (position, public, personal)";
/// Changes the log's row alone, before records are copied in.
pub(crate) const ADVANCE: &str = "UPDATE sijil.log SET next = $3, root = $4 WHERE log_id = $1 AND \
                                  next = $2 AND root = $5 AND fence = $6";
const COPY: &str =
    "COPY sijil.record (log_id, position, public, personal) FROM STDIN (FORMAT binary)";
/// After this nothing that was sent before lands: an append says the fence it knows. It is a write,
/// so once it is acknowledged all before it is as durable.
const FENCE: &str =
    "UPDATE sijil.log SET fence = fence + 1 WHERE log_id = $1 RETURNING next, root, fence";

/// Names of constraints that say somebody was first.
const TAKEN: [&str; 1] = ["log_position_is_unique"];
/// How often one batch is sent, for serialisation failures, deadlocks and lost answers together.
const TRIES_MAX: u32 = 40;
const PAUSE: Duration = Duration::from_millis(2);

/// How records reach the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// By one statement if there are few, by binary `COPY` if there are many.
    #[default]
    Fitting,
    /// By one statement that inserts many rows.
    Insert,
    /// By binary `COPY`.
    Copy,
}

/// Batches of more records than this are copied.
const COPY_FROM: usize = 512;

/// What this process knows of the log's fence.
#[derive(Default)]
pub(crate) struct Fence {
    known: AtomicI64,
    /// An append was sent and not answered.
    doubt: AtomicBool,
    /// Held by who raises the fence, so that a doubt that arises meanwhile is not taken for
    /// settled.
    raising: Mutex<()>,
}

enum Outcome {
    Landed,
    /// The row says something else.
    Behind,
    /// It was not answered in full: it may stand here alone.
    Doubtful,
}

impl PostgresLog {
    /// Sees to it that no append that was not answered can still land.
    pub(crate) fn settle(&self) -> io::Result<()> {
        if !self.fence.doubt.load(Ordering::Acquire) {
            return Ok(());
        }
        let _raising = self.fence.raising.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.fence.doubt.load(Ordering::Acquire) {
            return Ok(());
        }
        let (fence, warned) = self.acting.ask(|session| {
            session.warned();
            let row = session.client.query_one(FENCE, &[&session.log_id])?;
            Ok((head_of(&row)?.1, session.warned()))
        })?;
        if warned {
            return Err(io::Error::other(
                "the database did not wait for its standby: whether what was sent is durable is \
                 not known",
            ));
        }
        self.fence.known.store(fence, Ordering::Release);
        self.fence.doubt.store(false, Ordering::Release);
        Ok(())
    }

    pub(crate) fn append_at(
        &self,
        at: &End,
        batch: &Batch,
        root: &Hash,
    ) -> Result<(), AppendError> {
        let end = End {
            position: batch.entries.last().map_or(at.position, |entry| entry.record.position()),
            root: Some(*root),
            last: None,
        };
        let mut failed = None;
        for _ in 0..TRIES_MAX {
            if let Err(source) = self.settle() {
                return Err(unreachable("learn what became of an append", source));
            }
            match self.acting.work(|session| self.send(session, at, batch, &end)) {
                Ok(Outcome::Landed) => return Ok(()),
                Ok(Outcome::Doubtful) => self.fence.doubt.store(true, Ordering::Release),
                Ok(Outcome::Behind) => match self.acting.ask(Session::head) {
                    Ok((found, _)) if found == end => return Ok(()),
                    // The same history: another node has raised the fence.
                    Ok((found, fence)) if found == *at => {
                        self.fence.known.store(fence, Ordering::Release);
                    }
                    Ok((found, _)) => {
                        return Err(AppendError::Conflict {
                            expected: at.position,
                            head: found.position,
                        });
                    }
                    Err(source) => return Err(unreachable("read the end of the log", source)),
                },
                Err(Trouble::Apart(source)) => {
                    return Err(unreachable("append to the log", source));
                }
                Err(Trouble::Told(error)) => {
                    failed = Some(told(&error));
                    self.judge(&error, at, batch)?;
                    thread::sleep(PAUSE);
                }
            }
        }
        let source =
            failed.unwrap_or_else(|| io::Error::other("its fence was raised again and again"));
        Err(unreachable("append to the log", source))
    }

    /// What an error means: to send the same again, or to give up.
    fn judge(&self, error: &Error, at: &End, batch: &Batch) -> Result<(), AppendError> {
        if !is_refusal(error) {
            self.fence.doubt.store(true, Ordering::Release);
            return Ok(());
        }
        let state = error.code();
        if [&SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::T_R_DEADLOCK_DETECTED]
            .iter()
            .any(|again| state == Some(again))
        {
            return Ok(());
        }
        if error
            .as_db_error()
            .and_then(|told| told.constraint())
            .is_some_and(|name| TAKEN.contains(&name))
        {
            return Err(AppendError::Conflict { expected: at.position, head: at.position });
        }
        if state == Some(&SqlState::DISK_FULL) {
            let bytes = batch
                .entries
                .iter()
                .map(|entry| entry.record.public.len() + entry.record.personal.len())
                .sum::<usize>();
            return Err(AppendError::Full { bytes: bytes as u64 });
        }
        Err(AppendError::io("append to the log", told(error)))
    }

    /// Sends a batch once.
    fn send(
        &self,
        session: &mut Session,
        at: &End,
        batch: &Batch,
        end: &End,
    ) -> Result<Outcome, Error> {
        let copy = match self.way {
            Way::Fitting => batch.entries.len() > COPY_FROM,
            Way::Insert => false,
            Way::Copy => true,
        };
        let fence = self.fence.known.load(Ordering::Acquire);
        session.warned();
        let landed = if copy {
            copied(session, at, batch, end, fence)?
        } else {
            inserted(session, at, batch, end, fence)?
        };
        if !landed {
            return Ok(Outcome::Behind);
        }
        if session.warned() {
            // The wait for a standby may have been cut short: then it landed here, and the fence,
            // which waits again, shows whether it stands.
            return Ok(Outcome::Doubtful);
        }
        session.tell();
        Ok(Outcome::Landed)
    }
}

fn unreachable(what: &str, source: io::Error) -> AppendError {
    AppendError::Unreachable { what: what.to_owned(), source }
}

fn next(end: &End) -> i64 {
    signed(end.position.next())
}
fn root(end: &End) -> &[u8] {
    end.root.as_ref().map_or(&[], |root| root)
}
fn some(bytes: &[u8]) -> Option<&[u8]> {
    (!bytes.is_empty()).then_some(bytes)
}

fn inserted(
    session: &mut Session,
    at: &End,
    batch: &Batch,
    end: &End,
    fence: i64,
) -> Result<bool, Error> {
    let records = || batch.entries.iter().map(|entry| &entry.record);
    let positions: Vec<i64> = records().map(|record| signed(record.position())).collect();
    let public: Vec<&[u8]> = records().map(|record| &*record.public).collect();
    let personal: Vec<Option<&[u8]>> = records().map(|record| some(&record.personal)).collect();
    let rows = session.client.execute(
        &session.append,
        &[
            &session.log_id,
            &next(at),
            &next(end),
            &root(end),
            &root(at),
            &fence,
            &positions,
            &public,
            &personal,
        ],
    )?;
    Ok(rows > 0)
}

fn copied(
    session: &mut Session,
    at: &End,
    batch: &Batch,
    end: &End,
    fence: i64,
) -> Result<bool, Error> {
    let mut transaction = session.client.transaction()?;
    if transaction.execute(
        &session.advance,
        &[&session.log_id, &next(at), &next(end), &root(end), &root(at), &fence],
    )? == 0
    {
        transaction.rollback()?;
        return Ok(false);
    }
    let mut writer = BinaryCopyInWriter::new(
        transaction.copy_in(COPY)?,
        &[Type::INT4, Type::INT8, Type::BYTEA, Type::BYTEA],
    );
    for entry in &batch.entries {
        let record = &entry.record;
        writer.write(&[
            &session.log_id,
            &signed(record.position()),
            &&*record.public,
            &some(&record.personal),
        ])?;
    }
    writer.finish()?;
    transaction.commit()?;
    Ok(true)
}
