#![doc = include_str!("README.md")]

mod books;
mod features;
mod filter;
mod gossip;
pub mod limits;
mod plan;
mod reading;
mod refusal;
mod say;
mod source;
mod streams;
/// The protocol, made at build time of the files that ship inside the `eventstore` package.
#[expect(missing_docs, reason = "the protocol's own files say what its messages are")]
#[expect(
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    reason = "made by a code generator"
)]
pub mod protocol {
    tonic::include_proto!("protocol");
}

use std::{sync::Arc, time::Duration};

use sijil_ledger::Ledger;
use tokio::net::TcpListener;
use tonic::transport::{Server, server::TcpIncoming};

use protocol::event_store::client::{
    gossip::gossip_server::GossipServer,
    server_features::server_features_server::ServerFeaturesServer,
    streams::streams_server::StreamsServer,
};

pub use books::{LEDGER_STREAM, stream_of};
pub use features::Features;
pub use gossip::Alone;
pub use reading::{Reading, Responses};
pub use source::{Direction, Place, Scan, Source, SourceError, StreamEvent};

/// Serves until `stop` is done; what is under way is then told so and ends, within
/// [`limits::END_MS_MAX`]: who does not read is let go.
pub async fn serve(
    listener: TcpListener,
    ledger: Ledger,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let reading = Reading::new(Arc::new(books::Books::new(ledger)));
    let ending = reading.clone();
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        stop.await;
        ending.close();
        drop(stopping);
    };
    let server = Server::builder()
        .add_service(StreamsServer::new(streams::Door::new(reading)))
        .add_service(ServerFeaturesServer::new(Features::reading()))
        .add_service(GossipServer::new(Alone::default()))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), signal);
    let overdue = async {
        drop(stopped.await);
        tokio::time::sleep(Duration::from_millis(limits::END_MS_MAX)).await;
    };
    tokio::select! {
        served = server => served.map_err(std::io::Error::other),
        () = overdue => Ok(()),
    }
}
