//! The log: an append-only sequence of records behind one small port. Invariant: it knows records
//! and no business; positions have no gaps, and nothing that is not durable is ever visible.
//!
//! Every backend implements [`Writer`] (owned by the committer) and [`Reader`] (shared by anyone),
//! and passes the one suite in `tests/log`. [`embedded`] keeps the log in segment files, written
//! down bit by bit in `FORMAT.md`; [`postgres`] in a database, `eventstore` in a stream of
//! EventStoreDB, which several nodes share, each with a copy of its own ([`mirror`]); [`memory`] is
//! the reference model. [`seam`] is the only way to storage, clock and randomness; [`machine`] is
//! the real thing behind it; [`copy`] moves a log from one of them to another.

mod backoff;
pub mod copy;
pub mod embedded;
#[cfg(feature = "eventstore")]
pub mod eventstore;
pub mod machine;
pub mod memory;
pub mod mirror;
mod port;
pub mod postgres;
pub mod seam;
pub mod tree;

pub use port::{
    AppendError, Batch, Damage, Entry, Head, Order, RECORD_BYTES_MAX, RELEASE, ReadError,
    ReadLimit, Reader, Touched, Writer, entity_hash, event_hash, touched_by_schema,
};
