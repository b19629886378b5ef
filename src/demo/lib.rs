//! The demo: a believable trading company, told from a seed. Invariant: pure; the rules admit every
//! event of it, and the same seed and length tell the same story, byte for byte.

mod calendar;
mod clients;
mod company;
mod deals;
mod draft;
mod money;
mod office;
mod opening;
mod orders;
mod purchases;
mod random;
mod service;
mod stock;

pub use company::Company;
