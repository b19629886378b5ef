//! Publish: the views as tables in SQL. Invariant: tables are a copy at one position, made from the
//! views alone; losing them loses nothing.
//!
//! One registry ([`GROUPS`], with the reports' tables) defines every table; its DDL, its comments,
//! its rows and its page in `TABLES.md` all come from there.

mod affected;
mod error;
mod follow;
mod groups;
pub mod limits;
mod page;
mod reading;
mod rebuild;
mod reports;
mod rows;
mod sheet;
mod sql;
mod table;
mod target;
#[path = "../log/postgres/tls.rs"]
mod tls;

pub use error::PublishError;
pub use follow::{Heard, Publication, follow};
pub use groups::{GROUPS, Group, Owner, tables};
pub use page::page;
pub use rebuild::Rebuilt;
pub use table::{Column, POSITION, Table, Type};
pub use target::Options;
