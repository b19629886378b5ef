#![doc = include_str!("README.md")]

pub mod accounts;
pub mod activity;
pub mod cells;
mod chain;
mod chunks;
pub mod clients;
mod column;
pub mod company;
pub mod config;
pub mod cut;
pub mod deals;
pub mod entities;
pub mod family;
pub mod few;
mod heads;
pub mod ids;
pub mod links;
mod moments;
mod per_record;
pub mod quarantine;
mod rows;
pub mod steps;
pub mod stock;
pub mod trade;
mod voids;
pub mod words;

pub use chain::{Chain, Told};
pub use column::Column;
pub use config::{Config, Revised};
pub use cut::{Cut, Dated, Facts, Lens, Side, Voids, Watch};
pub use entities::{Entities, Life};
pub use ids::{EntitySym, Ids, Sym};
pub use links::{EntityLinks, Links};
pub use per_record::PerRecord;
pub use rows::Rows;
pub use words::{Tentative, Word, Words};
