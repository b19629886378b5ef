//! Import: does a mapping turn foreign tables into exactly the events they mean? Invariant: every expectation is computed apart from the
//! import, from the tables themselves or from an independent file of totals.

mod datasets;
mod document;
mod errors;
mod language;
mod shapes;
mod tables;
