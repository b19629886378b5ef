//! The simulator: the production sequencer, embedded log, folds and snapshots over a simulated
//! disk, clock and randomness, driven by one seed. Invariant: one seed, one world: what a seed did
//! once it does again, call for call.

#![expect(
    clippy::missing_panics_doc,
    reason = "a simulation that cannot go on says so by panicking"
)]

pub mod crew;
pub mod dice;
pub mod disk;
pub mod driver;
pub mod faults;
pub mod images;
pub mod lying;
pub mod oracle;
pub mod planted;
pub mod platter;
pub mod saboteurs;
pub mod scenarios;
pub mod simulation;
pub mod tamper;
pub mod truth;
pub mod words;
pub mod workload;
pub mod world;
