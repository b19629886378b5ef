//! Every limit of the gRPC door, in one place; units last.

/// Events read at once for one answer.
pub const PAGE_EVENTS_MAX: usize = 256;
/// Messages that wait for a slow client before reading pauses.
pub const QUEUE_MESSAGES_MAX: usize = 64;
/// Milliseconds after which a subscription looks whether it should end.
pub const WAIT_MS_MAX: u64 = 500;
/// Milliseconds that answers under way have to end, once the server does.
pub const END_MS_MAX: u64 = 1_500;
/// Events looked at between two checkpoints, unless the client says otherwise.
pub const CHECKPOINT_EVENTS: u64 = 32;
/// Bytes of a filter's regular expression.
pub const REGEX_BYTES_MAX: usize = 4_096;
/// Prefixes in a filter.
pub const PREFIXES_MAX: usize = 256;
/// Milliseconds between two looks whether this node has come to where a follower is.
pub const BEHIND_PAUSE_MS: u64 = 100;
/// Looks after which a follower that has more than there is, is refused.
pub const BEHIND_LOOKS_MAX: u32 = 10;
