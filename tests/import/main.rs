//! Import: does a mapping turn foreign tables into exactly the events they mean? Invariant: every
//! expectation is computed apart from the import, from the tables themselves or from an independent
//! file of totals.

#![expect(clippy::unwrap_used, reason = "a test stops where its own data is wrong")]

mod adventureworks;
mod cells;
mod datasets;
mod document;
mod errors;
mod expressions;
mod language;
mod origins;
mod shapes;
mod sources;
mod tables;
mod times;
