//! Two halves of one answer, made at once. Invariant: neither knows of the other, so the answer is
//! what one after the other would give.

use std::{
    panic::resume_unwind,
    sync::{Mutex, PoisonError},
    thread::{Builder, scope},
};

/// Does two pieces of work and gives what both come to: the second on a thread of its own, or after
/// the first where the machine gives no thread.
pub(crate) fn halves<A, B: Send>(
    one: impl FnOnce() -> A,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    // A thread that is refused would take the work with it.
    let other = Mutex::new(Some(other));
    let done_once = || {
        let work = other.lock().unwrap_or_else(PoisonError::into_inner).take();
        work.map(|work| work())
    };
    scope(|threads| {
        let thread = Builder::new().spawn_scoped(threads, done_once);
        let one = one();
        let joined = thread.ok().map(|thread| thread.join().unwrap_or_else(|p| resume_unwind(p)));
        let other = joined.flatten().or_else(done_once);
        (one, other.expect("the second half is done once, here or there"))
    })
}
