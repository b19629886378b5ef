//! Every limit of the ledger, in one place; units last.

use sijil_log::ReadLimit;

/// The furthest position anybody can ask for: what every backend can count to.
pub const POSITION_MAX: u64 = i64::MAX as u64;
/// Events in one atomic request.
pub const REQUEST_EVENTS_MAX: usize = 1_000;
/// Bytes of one atomic request: what fits one append of any backend.
pub const REQUEST_BYTES_MAX: usize = 900 * 1024;
/// Requests that may wait for the decider; more are told to come back.
pub const QUEUE_REQUESTS_MAX: usize = 1_024;
/// Records in one batch.
pub const BATCH_RECORDS_MAX: usize = 8_192;
/// Bytes in one batch, counted before framing.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Milliseconds between two looks for something that was erased and still stands in the log.
pub const FORGET_LOOK_MS: u64 = 100;
/// Milliseconds an erasure is waited for to be gone from the log's files before it is answered.
pub const GONE_WAIT_MS: u64 = 5_000;
/// Seconds after which it is tried again to take it out.
pub const FORGET_AGAIN_S: u64 = 1;
/// Milliseconds a question may wait for its position.
pub const QUERY_WAIT_MS_MAX: u64 = 10_000;
/// Records on one page.
pub const PAGE_RECORDS_MAX: usize = 1_000;
/// Records looked at for one page, whatever matches.
pub const PAGE_SCAN_MAX: usize = 200_000;
/// Records between two snapshots of a running ledger.
pub const SNAPSHOT_RECORDS: u64 = 1_000_000;
/// Rows that differ between two states of the folds, shown of one question.
pub const DIFFERING_ROWS_OF_ONE_MAX: usize = 10;
/// The same, shown in all.
pub const DIFFERING_ROWS_MAX: usize = 200;
/// Bytes of ids and words that only dropped events named, after which the company is copied without
/// them.
pub const TAKEN_BACK_BYTES_MAX: u64 = 64 << 20;
/// Corrections of one event.
pub const CORRECTED_TIMES_MAX: u32 = 1_000;
/// Races one request may lose to other nodes before its caller is told to come back.
pub const RACES_MAX: u32 = 256;
/// Times something is found out beforehand for one request, before it is worked out where it is
/// decided.
pub const FORESIGHTS_MAX: u32 = 4;
/// Requests for which something is found out beforehand, at once.
pub const FORESEEN_MAX: usize = 256;
/// Records that are looked through for what was found out beforehand and may not stand any more.
pub const TRACES_MAX: usize = 8_192;
/// Times the log is read to learn what became of an append, before its callers are told that nobody
/// knows.
pub const DOUBT_TRIES_MAX: u32 = 20;
/// Milliseconds between two of these.
pub const DOUBT_PAUSE_MS: u64 = 100;
/// Milliseconds one look for records of other nodes may wait; it ends at once when there is one.
pub const FOLLOW_WAIT_MS: u64 = 500;
/// Milliseconds between two looks for what the process that writes has made durable, where this one
/// only reads.
pub const LOOK_PAUSE_MS: u64 = 100;
/// What is read ahead of a record that was sent again, at most.
pub const AHEAD: ReadLimit = ReadLimit { records: 2_048, bytes: 1024 * 1024 };
/// Milliseconds for which a signed checkpoint serves again, unless a later one is asked for.
pub const CHECKPOINT_MS: i64 = 1_000;
/// Milliseconds to wait for what another process of this directory has signed to be seen here.
pub const SIGNED_WAIT_MS: u64 = 1_000;
/// Seconds after which a refused caller should come back.
pub const RETRY_AFTER_S: u64 = 1;
/// Seconds a ledger that stops waits for a log that stands elsewhere.
pub const STOP_S_MAX: u64 = 15;
/// Milliseconds between two looks whether it has answered.
pub const STOP_PAUSE_MS: u64 = 5;
/// Seconds a ledger runs before it first looks at all of its log.
pub const SCRUB_AFTER_S: u64 = 600;
/// Seconds between two such looks, begin to begin.
pub const SCRUB_EVERY_S: u64 = 24 * 60 * 60;
/// Milliseconds such a look rests after each page.
pub const SCRUB_REST_MS: u64 = 50;
/// Seconds a session may be quiet before it ends.
pub const SESSION_IDLE_S_MAX: u64 = 30 * 60;
/// Seconds after which a session ends, used or not.
pub const SESSION_S_MAX: u64 = 12 * 60 * 60;
/// Sessions of one server that are open at once.
pub const SESSIONS_MAX: usize = 10_000;
/// Seconds for which the code of a console link begins a session.
pub const SIGN_IN_CODE_S_MAX: u64 = 120;
