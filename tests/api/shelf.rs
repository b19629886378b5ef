//! Places where a log stands, other than a data directory. Invariant: real servers, thrown away
//! after.

use std::net::SocketAddr;

use sijil_eventstore_peer::Peer;
use sijil_peers::Postgres;

/// Where a log stands.
pub enum Shelf {
    Postgres(Box<Postgres>),
    EventStore(Peer),
}

impl Shelf {
    /// One of each; no Postgres where the machine has none.
    pub fn each() -> Vec<Shelf> {
        let postgres = Postgres::start().map(|server| Shelf::Postgres(Box::new(server)));
        postgres.into_iter().chain([Shelf::EventStore(Peer::new())]).collect()
    }
    /// What keeps it.
    pub fn name(&self) -> &'static str {
        match self {
            Shelf::Postgres(_) => "Postgres",
            Shelf::EventStore(_) => "EventStoreDB's protocol",
        }
    }
    /// A new log.
    pub fn log(&self) -> String {
        match self {
            Shelf::Postgres(server) => format!("{}?log=acme", server.database("books")),
            Shelf::EventStore(peer) => {
                format!("{}&stream=acme", peer.url().replace("esdb://", "kurrentdb://"))
            }
        }
    }
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match self {
            Shelf::Postgres(server) => SocketAddr::from(([127, 0, 0, 1], server.port())),
            Shelf::EventStore(peer) => peer.address(),
        }
    }
    /// Stops it as a crash would.
    pub fn stop(&mut self) {
        match self {
            Shelf::Postgres(server) => server.stop_immediate(),
            Shelf::EventStore(peer) => peer.stop(),
        }
    }
    /// Starts it again, with all that was acknowledged.
    pub fn start(&mut self) {
        match self {
            Shelf::Postgres(server) => server.restart(),
            Shelf::EventStore(peer) => peer.start(),
        }
    }
}
