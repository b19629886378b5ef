//! The log: one suite over every backend, and what the embedded log alone promises. Invariant:
//! tests reach the disk only through the seam, so that any fault can be made.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod alone;
mod compressed;
mod copies;
mod damage;
mod derived;
mod erased;
#[cfg(feature = "eventstore")]
mod eventstore;
mod faults;
mod following;
mod forgetting;
mod format;
mod postgres;
mod records;
mod reopening;
mod standby;
mod suite;
mod swapped;
mod tls;
