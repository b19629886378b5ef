//! Steps: how many facts of histories were looked at. Invariant: a collection of facts counts what
//! it hands out, a whole slice at its whole length, so that nobody can walk a history unseen; only
//! builds with debug assertions count.

#[cfg(debug_assertions)]
use std::cell::Cell;

#[cfg(debug_assertions)]
thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

/// Counts so many facts as looked at.
#[inline]
pub fn tick(facts: usize) {
    #[cfg(debug_assertions)]
    TAKEN.with(|taken| taken.set(taken.get() + facts as u64));
    #[cfg(not(debug_assertions))]
    let _ = facts;
}

/// The same facts, each counted when it is looked at.
pub fn each<I: DoubleEndedIterator>(facts: I) -> impl DoubleEndedIterator<Item = I::Item> {
    facts.inspect(|_| tick(1))
}

/// What some work answers, and how many facts it looked at on this thread; 0 in builds that do not
/// count.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = taken();
    let answer = work();
    (answer, taken() - before)
}

/// What some work answers; what it looks at is not counted: checks that only debug builds make are
/// no cost of a rule.
pub fn uncounted<T>(work: impl FnOnce() -> T) -> T {
    let before = taken();
    let answer = work();
    #[cfg(debug_assertions)]
    TAKEN.with(|taken| taken.set(before));
    #[cfg(not(debug_assertions))]
    let _ = before;
    answer
}

fn taken() -> u64 {
    #[cfg(debug_assertions)]
    return TAKEN.with(Cell::get);
    #[cfg(not(debug_assertions))]
    0
}
