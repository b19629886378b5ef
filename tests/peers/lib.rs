//! Real servers for tests, thrown away after. Invariant: loopback only, a random port and a
//! directory of its own for each, stopped by process id, also when the test process is killed.
//!
//! ```no_run
//! let Some(server) = sijil_peers::Postgres::start() else { return };
//! let url = server.database("mine"); // postgres://sijil@127.0.0.1:PORT/mine
//! ```

mod postgres;
mod proxy;
mod warden;

pub use postgres::Postgres;
pub use proxy::{Cut, Proxy};
