#![doc = include_str!("README.md")]

mod affected;
mod error;
mod follow;
mod forgotten;
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
