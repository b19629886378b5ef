#![doc = include_str!("README.md")]

mod books;
mod carried;
mod features;
mod filter;
mod gate;
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

use std::{net::SocketAddr, sync::Arc, time::Duration};

use sijil_ledger::Desk;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;

use protocol::event_store::client::{
    gossip::gossip_server::GossipServer,
    server_features::server_features_server::ServerFeaturesServer,
    streams::streams_server::StreamsServer,
};

pub use books::{LEDGER_STREAM, stream_of};
pub use features::Features;
pub use gate::Porter;
pub use gossip::Alone;
pub use reading::{Audience, Reading, Responses};
pub use source::{Direction, Place, Scan, Source, SourceError, StreamEvent};
pub use tonic::codegen::http::HeaderMap;

/// Serves what stands at a desk to whoever the porter lets in with the right to read all and to
/// export it, until `stop` is done; what is under way is then told so and ends, within
/// [`limits::END_MS_MAX`]: who does not read is let go. Connections are taken as they come in,
/// encrypted or not, each with where it comes from.
pub async fn serve<C: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    incoming: impl Stream<Item = std::io::Result<(C, SocketAddr)>>,
    desk: Desk,
    porter: Arc<dyn Porter>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let guard = gate::Guard::new(porter);
    let reading = Reading::new(Arc::new(books::Books::new(desk)));
    let ending = reading.clone();
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        stop.await;
        ending.close();
        drop(stopping);
    };
    let server = Server::builder()
        .add_service(StreamsServer::with_interceptor(streams::Door::new(reading), guard))
        .add_service(ServerFeaturesServer::new(Features::reading()))
        .add_service(GossipServer::new(Alone::default()))
        .serve_with_incoming_shutdown(
            incoming.map(|it| it.map(|(connection, from)| carried::Carried(connection, from))),
            signal,
        );
    let overdue = async {
        drop(stopped.await);
        tokio::time::sleep(Duration::from_millis(limits::END_MS_MAX)).await;
    };
    tokio::select! {
        served = server => served.map_err(std::io::Error::other),
        () = overdue => Ok(()),
    }
}
