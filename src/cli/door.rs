//! The way to a ledger: a server's HTTP door, or the same door in this process. Invariant: both
//! answer the same words, so a command cannot tell them apart.

use std::{
    io::{self, Read},
    path::Path,
    sync::Arc,
    time::Duration,
};

use base64::Engine;
use serde_json::Value;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use crate::error::CliError;

/// A request to the door.
pub struct Call<'a> {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Headers, by name.
    pub headers: Vec<(&'static str, String)>,
    /// The body, read as it is sent.
    pub body: Option<Box<dyn Read + Send + 'a>>,
}

/// What the door answers.
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body, read as it comes.
    pub body: Box<dyn Read + Send>,
}

/// A door to a ledger.
pub trait Door {
    /// Asks and returns what is answered.
    fn call(&self, call: Call<'static>) -> io::Result<Reply>;
}

/// A server's door.
pub struct Server {
    url: String,
    /// What it sends to say who asks.
    credential: Option<String>,
    agent: ureq::Agent,
}

impl Server {
    /// The door of the server at this URL, asked with a credential, if there is one; for one at
    /// https:// vouch the certificates in `ca`, or else those that the system trusts.
    pub fn new(
        url: &str,
        ca: Option<&Path>,
        credential: Option<String>,
    ) -> Result<Server, CliError> {
        let agent = agent(url, ca, None)?;
        Ok(Server { url: url.trim_end_matches('/').to_owned(), credential, agent })
    }
}

/// A client of the server at this URL, for whose certificate others vouch as in [`Server::new`];
/// a request may take so long, if that is said. It follows no redirect: what it is sent, secrets
/// among it, goes to nobody else.
pub fn agent(
    url: &str,
    ca: Option<&Path>,
    timeout: Option<Duration>,
) -> Result<ureq::Agent, CliError> {
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(timeout);
    if url.starts_with("https://") {
        config = config.tls_config(tls(ca)?);
    }
    Ok(config.build().into())
}

/// The value of `Authorization` by which a client shows its id and its secret; each is written as
/// in a form first, as RFC 6749 (2.3.1) wants it.
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", part(id), part(secret));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(both))
}

fn tls(ca: Option<&Path>) -> Result<TlsConfig, CliError> {
    let roots: Vec<Certificate<'static>> = match ca {
        Some(file) => {
            let pem = std::fs::read(file).map_err(|error| CliError::file(file, &error))?;
            parse_pem(&pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(one)) => Some(one),
                    Ok(_) | Err(_) => None,
                })
                .collect()
        }
        None => rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|one| Certificate::from_der(one).to_owned())
            .collect(),
    };
    if let (Some(file), []) = (ca, roots.as_slice()) {
        return Err(CliError::Use(format!("{}: expected certificates in PEM", file.display())));
    }
    // Named here and never installed for the process: other clients in it bring their own.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

impl Door for Server {
    fn call(&self, call: Call<'static>) -> io::Result<Reply> {
        let uri = format!("{}{}", self.url, call.path);
        let mut request = ureq::http::Request::builder().method(call.method).uri(&uri);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(credential) = &self.credential {
            request = request.header("authorization", format!("Bearer {credential}"));
        }
        let body = call.body.map_or_else(ureq::SendBody::none, ureq::SendBody::from_owned_reader);
        let request = request.body(body).map_err(io::Error::other)?;
        let response = self
            .agent
            .run(request)
            .map_err(|e| io::Error::other(format!("{uri}: {e}; is the server running?")))?;
        let status = response.status().as_u16();
        Ok(Reply { status, body: Box::new(response.into_body().into_reader()) })
    }
}

/// Text that may stand in a query string.
#[must_use]
pub fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~,:".contains(&b);
    text.bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// A path with these parameters.
#[must_use]
pub fn path(base: &str, parameters: &[(String, String)]) -> String {
    let query: Vec<String> =
        parameters.iter().map(|(k, v)| format!("{}={}", escaped(k), escaped(v))).collect();
    if query.is_empty() { base.to_owned() } else { format!("{base}?{}", query.join("&")) }
}

/// Asks for JSON; a problem becomes an error.
pub(crate) fn get(door: &dyn Door, path: String) -> Result<Value, CliError> {
    json(door.call(Call {
        method: "GET",
        path,
        headers: vec![("accept", "application/json".into())],
        body: None,
    })?)
}

/// Asks for a stream; a problem becomes an error.
pub(crate) fn stream(
    door: &dyn Door,
    path: String,
    media: &str,
) -> Result<Box<dyn Read + Send>, CliError> {
    let reply = door.call(Call {
        method: "GET",
        path,
        headers: vec![("accept", media.into())],
        body: None,
    })?;
    if reply.status < 400 {
        Ok(reply.body)
    } else {
        json(reply).map(|_| Box::new(io::empty()) as Box<dyn Read + Send>)
    }
}

/// Sends a body; a problem becomes an error.
pub(crate) fn post(
    door: &dyn Door,
    path: &str,
    media: &str,
    mut headers: Vec<(&'static str, String)>,
    body: Box<dyn Read + Send>,
) -> Result<Value, CliError> {
    headers.push(("content-type", media.into()));
    json(door.call(Call { method: "POST", path: path.into(), headers, body: Some(body) })?)
}

fn json(mut reply: Reply) -> Result<Value, CliError> {
    let mut text = String::new();
    reply.body.read_to_string(&mut text)?;
    let value: Value = serde_json::from_str(&text).map_err(|e| {
        CliError::Reach(format!(
            "expected JSON from the ledger, got {:?}: {e}",
            text.chars().take(80).collect::<String>()
        ))
    })?;
    if reply.status < 400 { Ok(value) } else { Err(CliError::of_problem(reply.status, &value)) }
}
