//! The rows of every group, one file per family. Invariant: rows are a pure function of a reading
//! and an owner's id.

pub(crate) mod activity;
pub(crate) mod clients;
pub(crate) mod deals;
pub(crate) mod money;
pub(crate) mod office;
pub(crate) mod quotes;
pub(crate) mod stock;
pub(crate) mod trade;
