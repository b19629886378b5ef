#![doc = include_str!("README.md")]

mod claims;
mod config;
mod flow;
mod keys;
mod provider;
mod tokens;

pub use claims::Untimely;
pub use config::{Client, Config, InvalidConfig};
pub use flow::{Begun, NoSignIn, Returned, SIGN_IN_S_MAX};
pub use provider::{Answer, Provider, Unreached, Wire};
pub use tokens::{NoToken, Shown};
