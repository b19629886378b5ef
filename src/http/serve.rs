//! Connections: accepted, limited, and let go. Invariant: nobody holds the door open for others:
//! there are at most [`CONNECTIONS_MAX`], one that sends no request is closed, and one that follows
//! the log without reading what it is sent does not hold up the end. What a connection is asked
//! over it, TLS or not, is known to nobody behind this file.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, http::Request};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tower::ServiceExt;

use crate::{
    limits::{ACCEPT_PAUSE_MS, CONNECTIONS_MAX, HEAD_S_MAX, STREAM_END_MS},
    reception::Reception,
    tls::Spoken,
};

/// Whether a connection follows the log: its answer never ends by itself. Stands among the
/// extensions of each request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Following(Arc<AtomicBool>);

impl Following {
    /// Notes that it does.
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }
    /// Returns when the server has been ending for [`STREAM_END_MS`], if the connection follows the
    /// log; else never.
    async fn overdue(&self, mut ending: watch::Receiver<bool>) {
        let ends = ending.wait_for(|ending| *ending).await.is_ok();
        tokio::time::sleep(Duration::from_millis(STREAM_END_MS)).await;
        if !ends || !self.0.load(Ordering::Acquire) {
            std::future::pending::<()>().await;
        }
    }
}

/// Serves until `stop` is done; returns when every connection has finished what it was at.
pub(crate) async fn serve(
    listener: TcpListener,
    reception: Arc<Reception>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    // Made once: a router that is made anew for each connection costs it hundreds of kilobytes.
    let router = router.with_state(());
    let entrance = reception.entrance.clone();
    let (places, open) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), GracefulShutdown::new());
    let ending = watch::Sender::new(false);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(HEAD_S_MAX));
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(HEAD_S_MAX));
    let builder = Arc::new(builder);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let (stream, from, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // No descriptors are left, most likely: they come back when others go.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                continue;
            }
        };
        if !entrance.proxies.admit(from.ip()) {
            tracing::warn!(%from, "a connection was closed: it is from no proxy named");
            continue;
        }
        let (following, mut ended) = (Following::default(), ending.subscribe());
        let marking = marking(following.clone(), from, reception.clone());
        let marked = TowerToHyperService::new(router.clone().map_request(marking));
        let (builder, watcher, entrance) = (builder.clone(), open.watcher(), entrance.clone());
        tokio::spawn(async move {
            // Here, not in the loop: who stalls in the handshake holds up nobody else.
            let entered = tokio::select! {
                entered = entrance.enter(stream, Spoken::Http) => entered,
                _ = ended.wait_for(|ending| *ending) => return,
            };
            let stream = match entered {
                Ok(stream) => stream,
                Err(error) => return tracing::debug!(%error, %from, "a connection did not come in"),
            };
            let connection = builder.serve_connection(TokioIo::new(stream), marked).into_owned();
            tokio::select! {
                done = watcher.watch(connection) => if let Err(error) = done {
                    tracing::debug!(%error, "a connection ended");
                },
                () = following.overdue(ended) => tracing::debug!("a follower that does not read \
                    was let go"),
            }
            drop(place);
        });
    }
    drop(listener);
    ending.send_replace(true);
    open.shutdown().await;
}

/// Puts what a connection is known by among the extensions of its requests.
fn marking<B>(
    following: Following,
    from: SocketAddr,
    reception: Arc<Reception>,
) -> impl Fn(Request<B>) -> Request<B> + Clone {
    move |mut request| {
        let peer = reception.peer(from, request.headers());
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(following.clone());
        request
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(tokio::net::TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, from) = listener.accept().await?;
    Ok((stream, from, place))
}
