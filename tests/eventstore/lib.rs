//! A peer that speaks EventStoreDB's protocol with appends, for tests alone. Invariant: what it
//! acknowledged it keeps, also over [`Peer::stop`] and [`Peer::start`]; loopback only.

mod memory;
mod service;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use sijil_grpc::{
    Alone, Features, Reading,
    protocol::event_store::client::{
        gossip::gossip_server::GossipServer,
        server_features::server_features_server::ServerFeaturesServer,
        streams::streams_server::StreamsServer,
    },
};
use tokio::{net::TcpListener, runtime::Runtime};
use tonic::transport::{Server, server::TcpIncoming};

pub use memory::{APPEND_BYTES_MAX, Memory};

/// A server on a port of its own. Dropped, it is stopped.
pub struct Peer {
    memory: Arc<Memory>,
    address: SocketAddr,
    running: Mutex<Option<(Runtime, Reading<Memory>)>>,
}

impl Peer {
    /// A new, empty server, ready for connections.
    #[must_use]
    pub fn new() -> Peer {
        let memory = Arc::new(Memory::default());
        let (running, address) = serve(&memory, SocketAddr::from(([127, 0, 0, 1], 0)));
        Peer { memory, address, running: Mutex::new(Some(running)) }
    }
    /// How clients name it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("esdb://{}?tls=false", self.address)
    }
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// What it keeps, and the faults it can be told to make.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
    /// Stops at once: every connection is cut where it stands.
    pub fn stop(&self) {
        if let Some((runtime, _)) =
            self.running.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            runtime.shutdown_background();
        }
    }
    /// Starts again on the same port, with all that was acknowledged.
    pub fn start(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(serve(&self.memory, self.address).0);
    }
    /// Ends every read and subscription that is under way, without an error, and takes new ones.
    pub fn end_subscriptions(&self) {
        if let Some((_, reading)) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            reading.end();
        }
    }
}

impl Default for Peer {
    fn default() -> Peer {
        Peer::new()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(memory: &Arc<Memory>, address: SocketAddr) -> ((Runtime, Reading<Memory>), SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime.block_on(bound(address));
    let address = listener.local_addr().expect("an address");
    let reading = Reading::new(memory.clone());
    let service = service::Store { memory: memory.clone(), reading: reading.clone() };
    let server = Server::builder()
        .add_service(StreamsServer::new(service).max_decoding_message_size(16 << 20))
        .add_service(ServerFeaturesServer::new(Features::writing()))
        .add_service(GossipServer::new(Alone::default()))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)));
    runtime.spawn(server);
    ((runtime, reading), address)
}

/// The port of a server just stopped may be taken for a moment more.
async fn bound(address: SocketAddr) -> TcpListener {
    for _ in 0..200 {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(25)).await,
        }
    }
    panic!("{address} does not become free")
}
