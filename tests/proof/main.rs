//! Proofs: against the definitions of RFC 6962 word by word, and against those who wrote the same
//! elsewhere. Invariant: what is expected comes from no code of the room.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod bundles;
mod naive;
mod paths;
mod receipts;
mod verifier;
