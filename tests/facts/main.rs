//! The store of facts. Invariant: whatever is recorded, taken back and made durable, a column
//! answers what a plain list of its facts does, at any lens and on either side.

mod cells;
mod column;
mod ids;
mod per_record;
mod readers;
mod voids;
