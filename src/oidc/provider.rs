//! The provider, as it says of itself. Invariant: its document is the one of the issuer that was
//! named, and its keys are those of the set that the document names.

use std::{
    io,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Deserialize;
use sijil_schemas::time::Timestamp;

use crate::{
    config::{Client, Config, InvalidConfig, over_tls},
    keys::Keys,
    tokens::{Kept, NoToken, Shown, access},
};

/// What somebody answered.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, of bounded length.
    pub body: Vec<u8>,
}

/// The way to a provider. It follows no redirect, and ends after a time.
pub trait Wire: Send + Sync {
    /// Gets what stands at an URL.
    fn get(&self, url: &str) -> io::Result<Answer>;
    /// Sends a form, in the name of a client with a secret, if it has one.
    fn post(&self, url: &str, form: &str, client: Option<(&str, &str)>) -> io::Result<Answer>;
}

/// Why nothing is known of a provider.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    /// It was not reached.
    #[error("{url} could not be read: {error}")]
    Io {
        /// What was asked for.
        url: String,
        /// Why that failed.
        error: io::Error,
    },
    /// It answered something else.
    #[error("expected 200 from {url}, got {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// What it answered.
        status: u16,
    },
    /// What it answered is not of the form.
    #[error("{url} cannot be used: {why}")]
    Form {
        /// What was asked for.
        url: String,
        /// Why.
        why: String,
    },
}

/// What a provider says of itself, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Document {
    issuer: String,
    jwks_uri: String,
    #[serde(default)]
    pub(crate) authorization_endpoint: Option<String>,
    #[serde(default)]
    pub(crate) token_endpoint: Option<String>,
    /// Whether its answers say whose they are.
    #[serde(default)]
    pub(crate) authorization_response_iss_parameter_supported: bool,
}

pub(crate) struct Known {
    pub(crate) document: Document,
    pub(crate) keys: Keys,
}

/// Between two turns at which its keys are asked for anyhow, tokens make them asked for at most so
/// many times: once for each key that is not there, whatever strangers make up.
const UNKNOWN_MAX: usize = 8;

/// A sign-in provider.
pub struct Provider {
    pub(crate) config: Config,
    pub(crate) wire: Box<dyn Wire>,
    known: RwLock<Option<Arc<Known>>>,
    kept: Kept,
    /// Whether a token named a key that is not there.
    wanting: AtomicBool,
    /// The keys that were named and not there, since its keys were asked for in turn.
    unknown: Mutex<Vec<Option<String>>>,
    /// Where people come back to, where no other place is said.
    here: OnceLock<String>,
}

impl Provider {
    /// A provider that is to be reached by a wire; nothing is asked yet.
    pub fn new(config: Config, wire: Box<dyn Wire>) -> Result<Provider, InvalidConfig> {
        Ok(Provider {
            config: config.checked()?,
            wire,
            known: RwLock::default(),
            kept: Kept::default(),
            wanting: AtomicBool::new(false),
            unknown: Mutex::default(),
            here: OnceLock::new(),
        })
    }
    /// How it names itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.config.issuer
    }
    /// Names the place where people come back to, unless another was configured.
    pub fn comes_back_to(&self, url: String) {
        let _first = self.here.set(url);
    }
    /// Where people come back to.
    pub(crate) fn redirect<'p>(&'p self, client: &'p Client) -> Option<&'p str> {
        client.redirect.as_deref().or_else(|| self.here.get().map(String::as_str))
    }
    /// Whether people sign in by its pages.
    #[must_use]
    pub fn has_pages(&self) -> bool {
        self.config.client.is_some()
    }

    /// Asks for its document and its keys in turn: from here on each key that is not there may make
    /// them asked for again.
    pub fn renew(&self) -> Result<(), Unreached> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.refresh()
    }
    /// Asks the provider for its document and its keys. What was known before stays known where
    /// that fails.
    pub fn refresh(&self) -> Result<(), Unreached> {
        self.wanting.store(false, Ordering::Release);
        let at = self.config.issuer.trim_end_matches('/');
        let url = format!("{at}/.well-known/openid-configuration");
        let unfit = |why: String| Unreached::Form { url: url.clone(), why };
        let document: Document =
            serde_json::from_slice(&self.read(&url)?).map_err(|error| unfit(error.to_string()))?;
        if document.issuer != self.config.issuer {
            let (expected, got) = (&self.config.issuer, &document.issuer);
            return Err(unfit(format!("expected the issuer {expected:?}, got {got:?}")));
        }
        let places = [
            Some(&document.jwks_uri),
            document.authorization_endpoint.as_ref(),
            document.token_endpoint.as_ref(),
        ];
        for place in places.into_iter().flatten() {
            over_tls("what it names", place).map_err(|error| unfit(error.to_string()))?;
        }
        let (url, set) = (&document.jwks_uri, self.read(&document.jwks_uri)?);
        let unfit = |why: String| Unreached::Form { url: url.clone(), why };
        let keys = Keys::read(&set).map_err(|error| unfit(error.to_string()))?;
        if keys.is_empty() {
            return Err(unfit("it has no key that may sign a token".into()));
        }
        let known = Arc::new(Known { document, keys });
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        self.kept.forget();
        Ok(())
    }
    /// Whether something was asked for that was not known, and may be if the provider is asked.
    #[must_use]
    pub fn is_wanting(&self) -> bool {
        self.wanting.load(Ordering::Acquire)
    }
    /// What is known of it.
    pub(crate) fn known(&self) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known.is_none() {
            self.wanting.store(true, Ordering::Release);
        }
        known
    }
    /// Notes that a key was named which is not there.
    pub(crate) fn noted<T>(&self, read: Result<T, NoToken>) -> Result<T, NoToken> {
        if let Err(NoToken::UnknownKey(key)) = &read {
            let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
            if unknown.len() < UNKNOWN_MAX && !unknown.contains(key) {
                unknown.push(key.clone());
                self.wanting.store(true, Ordering::Release);
            }
        }
        read
    }

    /// Who shows an access token, at a moment.
    ///
    /// # Errors
    /// Why it is no good, for the operator alone.
    pub fn token(&self, text: &str, at: Timestamp) -> Result<Shown, NoToken> {
        let hash = Kept::hash(text);
        if let Some(shown) = self.kept.get(&hash, at) {
            return Ok(shown);
        }
        let known = self.known().ok_or(NoToken::NoKeys)?;
        let of = (self.config.issuer.as_str(), self.config.audiences.as_slice());
        let shown = self.noted(access(text, &known.keys, of, at))?;
        self.kept.put(hash, shown.clone());
        Ok(shown)
    }

    fn read(&self, url: &str) -> Result<Vec<u8>, Unreached> {
        let read = self.wire.get(url);
        let answer = read.map_err(|error| Unreached::Io { url: url.to_owned(), error })?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(Unreached::Status { url: url.to_owned(), status }),
        }
    }
}
