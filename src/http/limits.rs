//! Every limit of the HTTP door, in one place; units last.

use std::num::NonZeroU32;

/// Reports whose effects one dry run tells.
pub const EFFECTS_MAX: usize = 8;
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
/// Seconds that the holder of a key has for a dry run or a correction, its turn once taken: that
/// of a million drafts takes a tenth of it.
pub const TURN_S_MAX: u64 = 600;
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
/// How many days a key is good, where nobody says.
pub const KEY_DAYS_DEFAULT: i32 = 90;
/// Times that a query is decoded where a credential is looked for in it: one that is
/// percent-encoded twice is one still.
pub const QUERY_DECODINGS_MAX: usize = 3;
/// Credentials from one address that are not known, in a minute; then it waits.
pub const FAILED_TRIES_PER_MINUTE_MAX: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");
/// Addresses whose failures are remembered at once.
pub const ADDRESSES_REMEMBERED_MAX: usize = 10_000;
/// Requests of one user in a second, once its burst is used up.
pub const USER_REQUESTS_PER_SECOND_MAX: NonZeroU32 = NonZeroU32::new(50).expect("50 is not 0");
/// Requests of one user at once, after it was quiet.
pub const USER_BURST_REQUESTS: NonZeroU32 = NonZeroU32::new(100).expect("100 is not 0");
/// Requests of one service in a second, once its burst is used up.
pub const SERVICE_REQUESTS_PER_SECOND_MAX: NonZeroU32 =
    NonZeroU32::new(2_000).expect("2,000 is not 0");
/// Requests of one service at once, after it was quiet.
pub const SERVICE_BURST_REQUESTS: NonZeroU32 = NonZeroU32::new(4_000).expect("4,000 is not 0");
/// Principals of one kind whose requests are counted before those that are quiet are forgotten.
pub const PRINCIPALS_REMEMBERED_MAX: usize = 10_000;
/// Seconds a TLS handshake may take.
pub const HANDSHAKE_S_MAX: u64 = 10;
/// TLS handshakes of one gRPC listener that are under way at once; more wait to be accepted.
pub const HANDSHAKES_MAX: usize = 256;
/// Connections of a gRPC listener that are open to be served, and not taken yet.
pub const ENTERED_WAITING_MAX: usize = 16;
/// Milliseconds between two looks whether certificate and key were replaced.
pub const CERTIFICATE_LOOK_MS: u64 = 1_000;
/// Proxies that a request may have passed whose word on its address is followed.
pub const HOPS_MAX: usize = 16;

const _: () = assert!(BODY_IDLE_S_MAX < TURN_S_MAX, "a body stands still within its turn");
const _: () = assert!(HANDSHAKE_S_MAX < HEAD_S_MAX, "a handshake is shorter than a request's head");
const _: () = assert!(HANDSHAKE_S_MAX < SHUTDOWN_S_MAX, "a handshake holds up no shutdown");
