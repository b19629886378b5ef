//! Facts: what the log says, in columns. Invariant: no clock, file, socket, thread or random number
//! is reached from here; one thread adds, any number read, and nobody waits for a reader.

pub mod cells;
mod chain;
mod chunks;
mod column;
pub mod cut;
pub mod entities;
pub mod few;
mod heads;
pub mod ids;
mod links;
mod moments;
mod rows;
pub mod steps;

pub use chain::{Chain, Told};
pub use column::Column;
pub use cut::{Cut, Dated, Facts, Lens, Side, Voids, Watch};
pub use entities::{Entities, Life};
pub use ids::{Ids, Sym};
pub use rows::Rows;
