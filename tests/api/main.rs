//! The doors from outside: HTTP and the command line, on real processes. Invariant: every answer
//! here came over a socket or a pipe.

#[path = "../backup/mod.rs"]
mod backup;
mod beside;
mod browser;
mod browsing;
mod bundled;
#[path = "../access/callers.rs"]
mod callers;
#[path = "../access/canaries.rs"]
mod canaries;
mod cli;
mod console;
mod corrections;
mod credentials;
mod damage;
mod datasets;
mod demo;
mod document;
mod doors;
mod elsewhere;
mod encrypted;
#[path = "../access/entrances.rs"]
mod entrances;
#[path = "../access/erased.rs"]
mod erased;
#[path = "../access/exported.rs"]
mod exported;
mod faults;
mod follow;
mod following;
mod found;
mod fuzzed;
mod hardened;
#[path = "../access/hidden.rs"]
mod hidden;
#[path = "../access/house.rs"]
mod house;
mod importing;
#[path = "../access/keeping.rs"]
mod keeping;
#[path = "../stories/line.rs"]
mod line;
mod logged;
mod looking;
mod malformed;
#[path = "../access/matrix.rs"]
mod matrix;
mod moving;
mod pairs;
mod problems;
mod providers;
mod proving;
mod proxied;
mod publishing;
mod reading;
mod readme;
mod rebuilding;
mod recording;
mod refusals;
mod restatements;
#[path = "../access/scoped.rs"]
mod scoped;
#[expect(dead_code, reason = "the tests of trouble use the rest of it")]
mod server;
#[path = "../access/sessions.rs"]
mod sessions;
#[expect(dead_code, reason = "the tests of trouble use the rest of it")]
mod shelf;
mod small;
mod states;
mod survival;
mod tiled;
mod trials;
mod voided;
mod witnessing;
mod writing;
