//! A running server in real trouble: cut power, kills, a disk that fails or fills, crowds and
//! hostile clients. Invariant: every answer came over a socket, every fault is the kernel's own,
//! and what was answered yes is there, once.

#[path = "../backup/kills.rs"]
mod backups;
mod crowd;
mod cuts;
#[path = "../api/document.rs"]
mod document;
mod history;
mod judge;
mod kills;
mod load;
mod logs;
mod model;
mod nodes;
mod operation;
#[path = "../api/server.rs"]
#[expect(dead_code, reason = "the doors' tests use the rest of it")]
mod server;
#[path = "../api/shelf.rs"]
mod shelf;
mod wire;
