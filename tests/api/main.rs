//! The doors from outside: HTTP and the command line, on real processes. Invariant: every answer
//! here came over a socket or a pipe.

mod beside;
mod cli;
mod corrections;
mod damage;
mod datasets;
mod demo;
mod document;
mod doors;
mod elsewhere;
mod faults;
mod follow;
mod following;
mod found;
mod fuzzed;
mod importing;
#[path = "../stories/line.rs"]
mod line;
mod malformed;
mod moving;
mod pairs;
mod problems;
mod publishing;
mod reading;
mod readme;
mod rebuilding;
mod refusals;
mod restatements;
#[expect(dead_code, reason = "the tests of trouble use the rest of it")]
mod server;
#[expect(dead_code, reason = "the tests of trouble use the rest of it")]
mod shelf;
mod small;
mod states;
mod survival;
mod voided;
mod writing;
