//! How connections come in: plain or by TLS, from anywhere or through a proxy. Invariant: nobody
//! but a proxy that was named has its word believed on who asks.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use sijil_ledger::Sent;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::either::Either;

use crate::{
    limits::{ACCEPT_PAUSE_MS, ENTERED_WAITING_MAX, HANDSHAKES_MAX, HOPS_MAX},
    tls::{Spoken, Tls},
};

/// A connection, plain or under TLS.
pub type Connection = Either<TcpStream, TlsStream<TcpStream>>;

/// What a proxy writes into a request: one that has any of it was asked for somebody else.
const FORWARDING: [HeaderName; 7] = [
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-real-ip"),
];

/// Whether a request says that it was handed on.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(name))
}

/// Who asks, among the extensions of each request: the other end of the connection, and whom a
/// trusted proxy there names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    socket: IpAddr,
    client: IpAddr,
    /// Whether somebody may stand between: the request says so, or the other end is a proxy's.
    handed_on: bool,
}

impl Peer {
    /// Where the request comes from: the address that limits and the networks of keys go by.
    #[must_use]
    pub const fn client(&self) -> IpAddr {
        self.client
    }
    /// The same, as the gate takes it.
    pub(crate) const fn sent(self) -> Sent {
        if self.is_here() { Sent::Here(self.client) } else { Sent::From(self.client) }
    }
    /// Whether it was made on this machine. What a header says is never a reason to think so.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        self.socket.is_loopback() && !self.handed_on
    }
}

/// How connections come in. The default is plain, and from anywhere.
#[derive(Debug, Default)]
pub struct Entrance {
    /// The certificate, if connections are encrypted.
    pub tls: Option<Tls>,
    /// The proxies before the server, if there are any.
    pub proxies: Proxies,
}

impl Entrance {
    /// A connection that may speak: shaken hands with, if that is how one comes in.
    pub(crate) async fn enter(&self, stream: TcpStream, spoken: Spoken) -> io::Result<Connection> {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers may wait for one another");
        }
        match &self.tls {
            None => Ok(Either::Left(stream)),
            Some(tls) => tls.accept(stream, spoken).await.map(Either::Right),
        }
    }

    /// The connections of a gRPC listener, until nobody takes them any more. Each shakes hands
    /// alone, so that one that stalls holds up no other.
    pub fn connections(self: Arc<Entrance>, listener: TcpListener) -> Connections {
        let (sender, receiver) = mpsc::channel(ENTERED_WAITING_MAX);
        tokio::spawn(async move {
            let places = Arc::new(Semaphore::new(HANDSHAKES_MAX));
            loop {
                let place = tokio::select! {
                    place = places.clone().acquire_owned() => place,
                    () = sender.closed() => return,
                };
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = sender.closed() => return,
                };
                let (stream, from) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                        continue;
                    }
                };
                if !self.proxies.admit(from.ip()) {
                    tracing::warn!(%from, "a connection was closed: it is from no proxy named");
                    continue;
                }
                let (entrance, sender) = (self.clone(), sender.clone());
                tokio::spawn(async move {
                    match entrance.enter(stream, Spoken::Grpc).await {
                        Ok(connection) => drop(sender.send(Ok((connection, from))).await),
                        Err(error) => tracing::debug!(%error, "a connection did not come in"),
                    }
                    drop(place);
                });
            }
        });
        ReceiverStream::new(receiver)
    }
}

/// Connections as they come in, each with where it comes from.
pub type Connections = ReceiverStream<io::Result<(Connection, SocketAddr)>>;

/// The networks in which the proxies before a server stand; none means that there is no proxy.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Proxies in these networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Proxies {
        Proxies(networks)
    }

    /// Whether requests that come over a connection from this address are answered: behind a
    /// proxy, the proxy's and this machine's own.
    #[must_use]
    pub fn admit(&self, from: IpAddr) -> bool {
        let from = from.to_canonical();
        self.0.is_empty() || from.is_loopback() || self.believe(from)
    }

    /// Whether what this address says of whom it asks for is believed.
    fn believe(&self, from: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&from.to_canonical()))
    }

    /// Who asks: the other end of the connection or, where that is a proxy, the last one that a
    /// proxy says it heard and that is none itself.
    #[must_use]
    pub fn client(&self, remote: SocketAddr, headers: &HeaderMap) -> Peer {
        let socket = remote.ip().to_canonical();
        let is_proxy = self.believe(socket);
        Peer {
            socket,
            client: if is_proxy { self.named(socket, headers) } else { socket },
            handed_on: is_proxy || is_forwarded(headers),
        }
    }

    /// Whom a proxy names, or itself where it names nobody that can be believed.
    fn named(&self, proxy: IpAddr, headers: &HeaderMap) -> IpAddr {
        let standard = self.walked(proxy, &lists(headers, "forwarded"), |hop| {
            hop.split(';').find_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
            })
        });
        let usual = self.walked(proxy, &lists(headers, "x-forwarded-for"), Some);
        // A proxy that writes one of them may hand on the other as the client wrote it.
        match (standard, usual) {
            (Some(one), Some(other)) if one != other => proxy,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => proxy,
        }
    }

    /// The client at the end of a list of hops, the nearest one last: the first that is no proxy
    /// itself. Where the list has none, or an address of this machine, which nobody beyond it can
    /// have, it is the proxy's; `None` if the list is empty.
    fn walked<'h>(
        &self,
        proxy: IpAddr,
        hops: &'h [String],
        named: impl Fn(&'h str) -> Option<&'h str>,
    ) -> Option<IpAddr> {
        let nearest = hops.iter().rev().take(HOPS_MAX);
        let mut addresses = nearest.map_while(|hop| named(hop).and_then(address_of));
        let beyond = addresses.find(|address| !self.believe(*address));
        let client = beyond.filter(|address| !address.is_loopback() && !address.is_unspecified());
        (!hops.is_empty()).then_some(client.unwrap_or(proxy))
    }
}

/// The members of a header that is a list, in their order.
fn lists(headers: &HeaderMap, name: &str) -> Vec<String> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|hop| hop.trim().to_owned()).collect()
}

/// An address with or without a port, as proxies write it: `192.0.2.7`, `192.0.2.7:4711`,
/// `2001:db8::7`, `"[2001:db8::7]:4711"`. One that is hidden or unknown is none.
fn address_of(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let whole = text.parse::<SocketAddr>().map(|address| address.ip());
    whole.or_else(|_| bare.parse()).ok().map(|address| address.to_canonical())
}
