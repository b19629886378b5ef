//! A bucket of an S3-compatible store as a target. Invariant: whoever writes holds a lease that
//! nobody else has, kept by conditional writes; a store that does not honour those is refused.

use std::{
    io::{self, ErrorKind},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle, actions::ListObjectsV2};
use serde::{Deserialize, Serialize};
use ureq::http::{Method, Request, Response};

use crate::{
    fresh::new_incarnation,
    target::{Hold, Target},
};

/// How long a signed request is good, in which clocks of both sides may differ.
const SIGNED: Duration = Duration::from_secs(300);
/// Nothing that is read is longer: an object has about 8 MiB, a page of a list 1,000 names.
const BYTES_MAX: u64 = 256 << 20;
/// How often what may be done again is tried.
const TRIES: u32 = 3;
/// How long to wait before another try, times how many there were.
const AGAIN: Duration = Duration::from_millis(200);
/// How long a lease is good: longer than any request may take.
const LEASE_S: u64 = 120;
/// How old a lease may be before it is renewed, at the next write.
const RENEWED: Duration = Duration::from_secs(20);
const LEASE: &str = "writer.lease";

/// Where a bucket is, and who may use it.
pub struct Store {
    /// The store's address, as in `https://s3.eu-central-1.amazonaws.com`.
    pub endpoint: String,
    /// Its region.
    pub region: String,
    /// The bucket.
    pub bucket: String,
    /// What the names of all objects begin with; empty, or without a slash at its ends.
    pub prefix: String,
    /// The id of the access key, and its secret.
    pub key: (String, String),
    /// The token of a key that is good for a time.
    pub token: Option<String>,
}

/// A bucket, reached by HTTP.
pub struct S3Target {
    bucket: Bucket,
    credentials: Credentials,
    prefix: String,
    agent: ureq::Agent,
    lease: Arc<Mutex<Option<Lease>>>,
}

/// What stands in the store of a lease.
#[derive(Serialize, Deserialize)]
struct Told {
    writer: String,
    /// Seconds since 1970.
    until: u64,
}

/// The lease that this process has.
struct Lease {
    name: String,
    writer: String,
    etag: String,
    renewed: Instant,
}

/// Gives the lease back when it is dropped.
struct Leased {
    target: S3Target,
}

impl Hold for Leased {}

impl Drop for Leased {
    fn drop(&mut self) {
        let held = self.target.lease.lock().unwrap_or_else(PoisonError::into_inner).take();
        let good = Duration::from_secs(LEASE_S);
        // One that has run out may be another's by now.
        if let Some(lease) = held.filter(|lease| lease.renewed.elapsed() < good)
            && let Err(error) = self.target.delete(&lease.name)
        {
            tracing::warn!(%error, "the lease of a backup runs out by itself");
        }
    }
}

impl S3Target {
    /// The target in a bucket, reached by an agent that answers every status and waits for a
    /// minute at most; the error says what of the store's address is none.
    pub fn new(store: Store, agent: ureq::Agent) -> Result<S3Target, String> {
        let endpoint = store.endpoint.parse().map_err(|e| format!("{}: {e}", store.endpoint))?;
        // A name in front of the host is what one's own servers seldom have.
        let style = UrlStyle::Path;
        let bucket = Bucket::new(endpoint, style, store.bucket, store.region);
        let (key, secret) = store.key;
        let credentials = match store.token {
            Some(token) => Credentials::new_with_token(key, secret, token),
            None => Credentials::new(key, secret),
        };
        Ok(S3Target {
            bucket: bucket.map_err(|error| error.to_string())?,
            credentials,
            prefix: store.prefix,
            agent,
            lease: Arc::default(),
        })
    }

    fn again(&self) -> S3Target {
        S3Target {
            bucket: self.bucket.clone(),
            credentials: self.credentials.clone(),
            prefix: self.prefix.clone(),
            agent: self.agent.clone(),
            lease: self.lease.clone(),
        }
    }

    fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }

    /// Sends one request, signed with these headers; returns what was answered, whatever it is.
    fn send<'a>(
        &self,
        mut action: impl S3Action<'a>,
        method: Method,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> io::Result<Answered> {
        for (name, value) in headers {
            action.headers_mut().insert(*name, value.clone());
        }
        let mut request = Request::builder().method(method).uri(action.sign(SIGNED).as_str());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).map_err(io::Error::other)?;
        Answered::read(self.agent.run(request).map_err(io::Error::other)?)
    }

    /// The same for what may be done twice: it is tried again while the store is not there, or
    /// says that it fails.
    fn try_again(&self, once: impl Fn() -> io::Result<Answered>) -> io::Result<Answered> {
        for tried in 1..TRIES {
            match once() {
                Ok(answered) if answered.status < 500 && answered.status != 429 => {
                    return Ok(answered);
                }
                Ok(_) | Err(_) => std::thread::sleep(AGAIN * tried),
            }
        }
        once()
    }

    fn write(
        &self,
        name: &str,
        bytes: &[u8],
        condition: Option<(&'static str, String)>,
    ) -> io::Result<Answered> {
        let (key, headers) = (self.key(name), Vec::from_iter(condition));
        let action = self.bucket.put_object(Some(&self.credentials), &key);
        self.send(action, Method::PUT, &headers, bytes)
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let key = self.key(name);
        let once = || {
            let action = self.bucket.delete_object(Some(&self.credentials), &key);
            self.send(action, Method::DELETE, &[], &[])
        };
        match self.try_again(once)?.done() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            done => done.map(drop),
        }
    }

    fn page(&self, under: &str, token: Option<&str>) -> io::Result<(Vec<String>, Option<String>)> {
        let (key, once) = (self.key(under), |key: &str| {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(key.to_owned());
            if let Some(token) = token {
                action.with_continuation_token(token.to_owned());
            }
            self.send(action, Method::GET, &[], &[])
        });
        let answered = self.try_again(|| once(&key))?.done()?;
        let text = String::from_utf8_lossy(&answered.body);
        let page = ListObjectsV2::parse_response(&text).map_err(io::Error::other)?;
        let before = self.key("").len();
        let names = page.contents.into_iter().filter_map(|one| {
            let name = one.key.get(before..)?.to_owned();
            (!name.ends_with(LEASE)).then_some(name)
        });
        Ok((names.collect(), page.next_continuation_token))
    }

    /// Takes the lease of what is under a name; `None` if another has it.
    fn take(&self, under: &str) -> io::Result<Option<Lease>> {
        let (name, writer) = (format!("{under}/{LEASE}"), new_incarnation()?);
        let none_there = || Some(("if-none-match", "*".to_owned()));
        let told = lease_told(&writer)?;
        let first = self.write(&name, &told, none_there())?;
        let taken = if !first.is_refused() {
            first
        } else {
            let stands = self.read(&name)?;
            let is_over = stands.as_ref().is_ok_and(|(told, _)| told.until < now());
            let condition = match stands {
                // Gone meanwhile: whoever is first has it.
                Err(()) => none_there(),
                Ok((_, etag)) if is_over => Some(("if-match", etag)),
                Ok(_) => return Ok(None),
            };
            self.write(&name, &told, condition)?
        };
        if taken.is_refused() {
            return Ok(None);
        }
        let etag = taken.done()?.etag;
        // Where this is not refused, nothing keeps two writers apart.
        if !self.write(&name, &told, none_there())?.is_refused() {
            return Err(io::Error::new(
                ErrorKind::Unsupported,
                "the store does not honour If-None-Match, so nothing would keep two writers apart",
            ));
        }
        Ok(Some(Lease { name, writer, etag, renewed: Instant::now() }))
    }

    /// The lease that stands, and its tag; an error if it is gone.
    fn read(&self, name: &str) -> io::Result<Result<(Told, String), ()>> {
        let key = self.key(name);
        let action = self.bucket.get_object(Some(&self.credentials), &key);
        match self.send(action, Method::GET, &[], &[])?.done() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Err(())),
            answered => {
                let answered = answered?;
                let told = serde_json::from_slice(&answered.body).map_err(io::Error::other)?;
                Ok(Ok((told, answered.etag)))
            }
        }
    }

    /// Renews the lease if it has one that is not new: before each write, so that whoever lost it
    /// writes nothing.
    fn renew(&self) -> io::Result<()> {
        let mut held = self.lease.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lease) = held.as_mut().filter(|lease| lease.renewed.elapsed() > RENEWED) else {
            return Ok(());
        };
        let condition = Some(("if-match", lease.etag.clone()));
        let answered = self.write(&lease.name, &lease_told(&lease.writer)?, condition)?;
        if answered.is_refused() {
            *held = None;
            return Err(io::Error::other("another process took the lease of this backup"));
        }
        (lease.etag, lease.renewed) = (answered.done()?.etag, Instant::now());
        Ok(())
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn lease_told(writer: &str) -> io::Result<Vec<u8>> {
    let told = Told { writer: writer.to_owned(), until: now() + LEASE_S };
    serde_json::to_vec(&told).map_err(io::Error::other)
}

/// What the store answered.
struct Answered {
    status: u16,
    etag: String,
    body: Vec<u8>,
}

impl Answered {
    fn read(mut response: Response<ureq::Body>) -> io::Result<Answered> {
        let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
        let (etag, status) = (etag.unwrap_or_default().to_owned(), response.status().as_u16());
        let body = response.body_mut().with_config().limit(BYTES_MAX).read_to_vec();
        Ok(Answered { status, etag, body: body.map_err(io::Error::other)? })
    }

    /// Whether a condition did not hold, or somebody else was at it at the same time.
    fn is_refused(&self) -> bool {
        matches!(self.status, 409 | 412)
    }

    /// The answer, if it is that it was done; the store's own name for what went wrong, if not.
    fn done(self) -> io::Result<Answered> {
        let kind = match self.status {
            200..300 => return Ok(self),
            404 => ErrorKind::NotFound,
            401 | 403 => ErrorKind::PermissionDenied,
            _ => ErrorKind::Other,
        };
        let text = String::from_utf8_lossy(&self.body).into_owned();
        let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        let code = code.map_or("no name of an error", |(code, _)| code);
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        Err(io::Error::new(kind, format!("the store answered {} ({code})", self.status)))
    }
}

impl Target for S3Target {
    fn place(&self) -> String {
        let name = self.bucket.name();
        if self.prefix.is_empty() {
            format!("s3://{name}")
        } else {
            format!("s3://{name}/{}", self.prefix)
        }
    }

    fn list(&self, under: &str) -> io::Result<Vec<String>> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let (names, next) = self.page(under, token.as_deref())?;
            found.extend(names);
            token = next;
            if token.is_none() {
                found.sort_unstable();
                return Ok(found);
            }
        }
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let key = self.key(name);
        let once = || {
            let action = self.bucket.get_object(Some(&self.credentials), &key);
            self.send(action, Method::GET, &[], &[])
        };
        self.try_again(once)?.done().map(|answered| answered.body)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.renew()?;
        self.try_again(|| self.write(name, bytes, None))?.done().map(drop)
    }

    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        self.renew()?;
        let answered = self.write(name, bytes, Some(("if-none-match", "*".to_owned())))?;
        if answered.is_refused() { Ok(false) } else { answered.done().map(|_| true) }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.renew()?;
        self.delete(name)
    }

    fn hold(&self, under: &str) -> io::Result<Option<Box<dyn Hold>>> {
        // A lease is this value's: one that wrote before and was dropped has given its own back.
        let Some(lease) = self.take(under)? else { return Ok(None) };
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
        Ok(Some(Box::new(Leased { target: self.again() })))
    }
}
