//! Every limit of this room. Invariant: each loop, batch and wait has one.

/// How many owners' rows are made while the views are held.
pub const OWNERS_HELD_MAX: usize = 512;
/// How many bytes of rows go to the server in one `COPY`.
pub const COPY_BYTES: usize = 4 << 20;
/// How many records are taken in one step; where more are missing, everything is rebuilt.
pub const STEP_RECORDS_MAX: u64 = 50_000;
/// How long a swap waits for readers of the old tables, in milliseconds: as long, new readers wait
/// behind it.
pub const SWAP_WAIT_MS: u64 = 250;
/// How long after that it tries again, in milliseconds.
pub const SWAP_PAUSE_MS: u64 = 500;
/// How often it tries.
pub const SWAP_TRIES_MAX: u64 = 80;
/// How long a follower waits for records before it looks whether it is to stop, in milliseconds.
pub const FOLLOW_WAIT_MS: u64 = 500;
/// The first pause after the server was lost, in milliseconds; each is twice the last.
pub const BACK_OFF_MS_MIN: u64 = 250;
/// The longest such pause, in milliseconds.
pub const BACK_OFF_MS_MAX: u64 = 15_000;
/// How long a connection may take to open, in seconds.
pub const CONNECT_S_MAX: u64 = 10;
/// How long the server may leave sent bytes without an answer, in seconds.
pub const SILENCE_S_MAX: u64 = 60;
