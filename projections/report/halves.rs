//! Two halves of one answer, made at once. Invariant: neither knows of the other, so the answer is
//! what one after the other would give.

use std::{panic::resume_unwind, thread::scope};

/// Does two pieces of work, the second on a thread of its own, and gives what both come to.
pub(crate) fn halves<A, B: Send>(
    one: impl FnOnce() -> A,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    scope(|threads| {
        let other = threads.spawn(other);
        let one = one();
        match other.join() {
            Ok(other) => (one, other),
            Err(panic) => resume_unwind(panic),
        }
    })
}
