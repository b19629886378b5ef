//! What is fuzzed, one function a target. Invariant: a target panics exactly when a promise is
//! broken; the fuzzer and the ordinary tests run the same functions.

mod books;
mod bytes;
mod door;
mod table;

pub use books::{segment, snapshot};
pub use bytes::{draft, record};
pub use door::request;
pub use table::mapping;

/// A target: its name, which is also its folder in the corpus, and what it does with some bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("draft", draft),
    ("mapping", mapping),
    ("record", record),
    ("request", request),
    ("segment", segment),
    ("snapshot", snapshot),
];
