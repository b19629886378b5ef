//! Are the tables in SQL those of the views? Invariant: real Postgres servers, the production
//! ledger, and the demo company with random mischief; after any history, rows kept up one by one
//! equal those of a rebuild.

mod books;
mod definitions;
mod documented;
mod forgotten;
mod hiding;
mod joins;
mod kept;
mod servers;
mod swaps;
