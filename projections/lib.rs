#![doc = include_str!("README.md")]

pub mod access;
pub mod accounts;
pub mod activity;
pub mod assembly;
pub mod base;
pub mod clients;
pub mod company;
pub mod compare;
pub mod deals;
pub mod due;
pub mod entities;
mod families;
pub mod fold;
pub mod marketing;
mod parts;
pub mod ratio;
pub mod report;
pub mod reports;
pub mod scope;
pub mod staff;
pub mod state;
pub mod stock;
pub mod summed;
pub mod trade;
mod views;

pub use families::{Apart, Families, FoldStatus, Folds, Work};
pub use fold::Fold;
pub use sijil_facts::{
    Cut, Dated, EntitySym, Facts, Lens, Seen, Side, Sym, Tentative, Voids, Watch, Word, cut, steps,
};
pub use views::{Known, Views};
