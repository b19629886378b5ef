//! EventStoreDB's own tests against the protocol as Sijil speaks it. Invariant: they are the ones
//! that ship inside the `eventstore` package, unchanged.

#![expect(warnings, reason = "the shipped tests are compiled as they are")]

use sijil_eventstore_peer::Peer;

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

#[test]
fn the_stream_tests_that_ship_with_the_client_pass() {
    let peer = Peer::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let client = eventstore::Client::new(peer.url().parse().expect("a connection string"))
            .expect("a client");
        // One of them expects that something stands in $all before it writes.
        streams::tests(client).await.expect("every shipped test passes");
    });
    println!("15 stream tests shipped with the client ran; {} appends", peer.memory().appends());
}
