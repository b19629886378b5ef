//! Oracles: every report against a naive one that recomputes it from the raw records, on random
//! histories and on three real ones. Invariant: an oracle shares no code with the fold or report it
//! checks.

#![expect(clippy::unwrap_used, reason = "an oracle stops where its own history is wrong")]
#![expect(clippy::collapsible_match, reason = "an oracle says one condition of the domain a line")]

mod access;
mod arithmetic;
mod beforehand;
mod clients;
mod company;
mod datasets;
mod deals;
mod kept;
mod restating;
mod rules;
mod staff;
mod stock;
mod trade;
mod wide;
#[path = "../stories/world.rs"]
mod world;
