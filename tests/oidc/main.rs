//! Sign-in providers, as hostile as they come: keys of every kind, tokens of every fault.

mod flow;
mod provider;
mod tokens;
