#![doc = include_str!("README.md")]

mod asking;
mod seen;
mod serve;

pub use asking::{Answered, AskError, cosignature};
pub use seen::{AddError, Witness};
pub use serve::serve;
