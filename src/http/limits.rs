//! Every limit of the HTTP door, in one place; units last.

/// Bytes of the body of an atomic request.
pub const BODY_BYTES_MAX: usize = 900 * 1024;
/// Bytes that a body may announce before it is refused unread; a smaller one that is too large is
/// told so while it comes, which every client hears.
pub const BODY_HOPELESS_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes of one line of an import: a draft that is too long for one record is cut into parts.
pub const LINE_BYTES_MAX: usize = BODY_BYTES_MAX;
/// Lines of an import that are made durable together.
pub const IMPORT_CHUNK_LINES: usize = 2_000;
/// Bytes of an import that are made durable together.
pub const IMPORT_CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks of an import that are parsed at once.
pub const IMPORT_PARSING_MAX: usize = 2;
/// Chunks of an import that wait for the decider or the disk.
pub const IMPORT_OFFERED_MAX: usize = 3;
/// Refused lines an import tells one by one; the rest is counted.
pub const IMPORT_REFUSALS_MAX: usize = 1_000;
/// Causes of refusals an import remembers, so that what rests on them is folded; beyond it refusals
/// are told alone.
pub const IMPORT_CAUSES_MAX: usize = 100_000;
/// Threads that make reports, for each core.
pub const REPORT_THREADS_OF_CORE: usize = 1;
/// Threads that make restatements, rebuilds and other long answers.
pub const LONG_THREADS: usize = 1;
/// How much lower than writers and cards the threads of reports stand, as a nice value.
pub const REPORT_NICE: i32 = 5;
/// The same of long answers.
pub const LONG_NICE: i32 = 10;
/// Dry runs at once; each holds a copy of the company, so more wait their turn.
pub const REHEARSALS_MAX: usize = 1;
/// Seconds a body may stand still.
pub const BODY_IDLE_S_MAX: u64 = 30;
/// Rows on one page unless asked otherwise.
pub const PAGE_DEFAULT: usize = 100;
/// Seconds between two signs of life on a stream.
pub const STREAM_BEAT_S: u64 = 15;
/// Bytes of an idempotency key.
pub const KEY_BYTES_MAX: usize = 256;
/// Bytes of the id a caller gives its request; a longer one is replaced.
pub const REQUEST_ID_BYTES_MAX: usize = 128;
/// Seconds a shutdown waits for open connections.
pub const SHUTDOWN_S_MAX: u64 = 20;
/// Milliseconds that a follower of the log has to take its last event before a server that ends
/// lets it go.
pub const STREAM_END_MS: u64 = 1_000;
/// Connections that are open at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 10_000;
/// Seconds a connection may take to send the head of a request, the wait for it included.
pub const HEAD_S_MAX: u64 = 60;
/// Milliseconds before the next try after a connection could not be accepted.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// Milliseconds between the last event of a stream that breaks off, which says why, and its end.
pub const STREAM_LAST_MS: u64 = 100;
