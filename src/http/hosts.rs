//! Which hosts a request may name. Invariant: a page of a foreign site that had its name resolve to
//! this address (DNS rebinding) is refused before anything is looked at.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header},
};
use sijil_schemas::problem::ProblemKind;

use crate::problem::Problem;

/// The hosts this server answers to: loopback, the address it listens on, and the host it is known
/// by outside.
#[derive(Debug, Clone)]
pub struct Hosts {
    listening: IpAddr,
    public: Option<String>,
}

impl Hosts {
    /// The hosts of a server that listens on an address and may have a name outside.
    #[must_use]
    pub fn new(listening: SocketAddr, public: Option<&str>) -> Hosts {
        Hosts { listening: listening.ip(), public: public.map(str::to_ascii_lowercase) }
    }

    /// Whether a host, as a request names it, is one of them. Every address is, where the server
    /// listens on all of them: only a name can be made to resolve to something else.
    #[must_use]
    pub fn know(&self, host: &str) -> bool {
        let host = without_port(host).trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback() || ip == self.listening || self.listening.is_unspecified(),
            Err(_) => {
                host.eq_ignore_ascii_case("localhost")
                    || self
                        .public
                        .as_deref()
                        .is_some_and(|public| host.eq_ignore_ascii_case(public))
            }
        }
    }

    /// Refuses a request that names another host; one that names none (HTTP/1.0) passes.
    pub(crate) fn refused(&self, request: &Request) -> Option<Problem> {
        let host = named(request.uri(), request.headers()).filter(|host| !self.know(host))?;
        let shown: String = host.chars().take(80).collect();
        let detail = format!(
            "expected the host localhost, the address listened on, or that of --public-url, got \
             {shown:?}; start the server with --public-url if it is known by that name"
        );
        Some(Problem::new(ProblemKind::UnknownHost, detail))
    }
}

/// The host a request is for: in HTTP/2 its authority, else the header.
pub(crate) fn named(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let authority = uri.authority().map(|authority| authority.as_str().to_owned());
    authority.or_else(|| {
        headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned())
    })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|b| b.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}
