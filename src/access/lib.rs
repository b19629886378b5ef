#![doc = include_str!("README.md")]

mod denied;
mod holder;
mod masked;
mod rights;
mod roles;
mod secret;
mod within;

pub use denied::Denied;
pub use holder::{Standing, Use, actor_of, family_of, keyed, reach, role, role_reach, standing};
pub use masked::masked;
pub use rights::{Families, Rights, Span};
pub use roles::shipped;
pub use secret::{InvalidSecret, Secret};
pub use within::{Held, Within};
