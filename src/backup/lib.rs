#![doc = include_str!("README.md")]

mod check;
mod clone;
mod directory;
mod erasures;
mod error;
mod followed;
mod fresh;
mod manifest;
mod object;
mod repair;
mod restore;
mod s3;
mod seal;
mod shelf;
mod target;
mod writing;

pub use check::{Checked, Fault, check};
pub use clone::{Cloned, Cloning, clone_log};
pub use directory::DirectoryTarget;
pub use erasures::Erases;
pub use error::BackupError;
pub use fresh::{
    FIRST_INCARNATION, Origin, incarnation_of, keys_after, new_incarnation, set_incarnation,
    told_origin, untold_origin,
};
pub use manifest::{FORMAT, Manifest};
pub use repair::repair;
pub use restore::{At, Lists, Restored, Wanted, restore};
pub use s3::{S3Target, Store};
pub use seal::{Identities, Keys, Recipients, Seal, Signing};
pub use target::{Hold, Target};
pub use writing::{Backup, Written};
