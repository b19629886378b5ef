#![doc = include_str!("README.md")]

mod backoff;
mod balance;
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

pub use sijil_proof::tree;

pub use port::{
    AppendError, Batch, Batched, Damage, Entry, Erased, Eraser, Erases, Gone, Head, Order,
    RECORD_BYTES_MAX, RELEASE, ReadError, ReadLimit, Reader, Touched, Writer, entity_hash,
    erases_by_schema, event_hash, touched_by_schema,
};
