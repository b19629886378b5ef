#![doc = include_str!("README.md")]

mod ask;
mod audit;
mod browse;
mod caller;
mod committer;
mod condition;
mod correction;
mod decider;
mod desk;
mod differences;
mod explain;
mod flight;
mod follower;
mod gate;
mod ledger;
pub mod limits;
mod persons;
mod proofs;
mod rebuild;
mod rehearsal;
mod replay;
mod request;
mod restating;
mod saver;
mod scrub;
mod sequencer;
mod shared;
mod sights;
mod signing;
mod snapshots;
mod stored;

pub use ask::{Answer, AskError, Clocks, Question, kind_of, position};
pub use audit::{AuditError, Replay, Replayed};
pub use browse::{Filter, Page};
pub use caller::Caller;
pub use condition::{Damaged, LogState, MissingParts, ReadOnly};
pub use correction::{Corrected, Correction};
pub use desk::Desk;
pub use differences::Differences;
pub use explain::{CellAsked, CellExplained, Denominator, Explanation, RecordBehind};
pub use gate::Gate;
pub use ledger::{Ledger, Parts, Pending, StartError};
pub use persons::Persons;
pub use proofs::{Consistency, Inclusion, ProveError};
pub use rehearsal::Rehearsal;
pub use request::{
    Atomicity, Expectation, Parsed, Receipt, Recorded, Request, SubmitError, Unqueued, with_causes,
};
pub use restating::{RestatedRecord, RestatedRow, RestatedStep, Restatement};
pub use sequencer::Sequencer;
pub use shared::Counters;
pub use signing::{SignedCheckpoint, Signing, SigningMemory};
pub use sijil_access::{Denied, Held, Secret, Span, Within, family_of, masked};
pub use sijil_log::{Damage, Head, ReadError, embedded::Report as VerifyReport};
pub use sijil_rules::Rejection;
pub use snapshots::{Kept, ReplacedBy, Snapshots};
