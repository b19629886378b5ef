#![doc = include_str!("README.md")]

mod archive;
pub mod bundle;
pub mod checkpoint;
pub mod cosignature;
pub mod note;
pub mod path;
pub mod policy;
pub mod pruned;
pub mod receipt;
pub mod secret;
pub mod submission;
mod text;
pub mod tiles;
pub mod tree;

pub use text::{base64, hash};

/// A program in Python that checks receipts and consistency proofs, with nothing but the standard
/// library: what an auditor runs who trusts nobody here.
pub const VERIFIER: &str = include_str!("verify.py");
