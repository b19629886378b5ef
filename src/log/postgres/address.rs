//! The address of a log in Postgres. Invariant: what it shows holds no password.

use std::{fmt, str::FromStr, time::Duration};

use ::postgres::{Config, config::TargetSessionAttrs, error::SqlState};

use super::tls::Protection;
use crate::mirror::{SILENCE, without_secrets};

/// The name of the log unless the address says otherwise.
const NAME: &str = "sijil";
const NAME_CHARS_MAX: usize = 60;
const CONNECT: Duration = Duration::from_secs(3);
/// Between two probes, of which so many may stay unanswered.
const PROBE: Duration = Duration::from_secs(5);
const PROBES: u32 = 3;

/// `postgres://user@host:port/database?log=NAME&sslmode=verify-full`, with the options of libpq's
/// addresses.
#[derive(Clone)]
pub struct Address {
    pub(crate) config: Config,
    pub(crate) protection: Protection,
    pub(crate) name: String,
    shown: String,
}

/// An address that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected postgres://user@host:port/database?log=NAME, got {got}: {why}")]
pub struct BadAddress {
    got: String,
    why: String,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(url: &str) -> Result<Address, BadAddress> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let bad = |why: String| BadAddress { got: without_secrets(url), why };
        if !place.starts_with("postgres://") && !place.starts_with("postgresql://") {
            return Err(bad("it begins otherwise".to_owned()));
        }
        if query.contains('@') {
            return Err(bad(
                "a ?, / or @ in a name or password is written as %3F, %2F or %40".to_owned()
            ));
        }
        let mut name = NAME.to_owned();
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("log", given)) => given.clone_into(&mut name),
                _ => rest.push(pair),
            }
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(plain) {
            return Err(bad(format!(
                "the log's name has 1 to {NAME_CHARS_MAX} letters, digits, dots, dashes and \
                 underscores"
            )));
        }
        let (protection, rest) = Protection::taken(&rest.join("&")).map_err(&bad)?;
        let mut config: Config = format!("{place}?{rest}")
            .parse()
            .map_err(|error: ::postgres::Error| bad(words(&error)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            // The same for sent bytes that stay unacknowledged, and for a connection without a word
            // that is not probed.
            config.tcp_user_timeout(SILENCE);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_interval(PROBE);
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(PROBES);
        }
        if config.get_application_name().is_none() {
            config.application_name("sijil");
        }
        // Of several hosts, the one that takes writes: after a fail-over, the standby that was
        // promoted.
        config.keepalives_idle(SILENCE).target_session_attrs(TargetSessionAttrs::ReadWrite);
        let shown = format!("{}?log={name}", without_secrets(url));
        Ok(Address { config, protection, name, shown })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// An error of the database with its causes.
pub(crate) fn words(error: &::postgres::Error) -> String {
    if let Some(told) = error.as_db_error() {
        // Of these the detail is the row itself, and what is personal in it.
        let whole_rows = [&SqlState::NOT_NULL_VIOLATION, &SqlState::CHECK_VIOLATION];
        let detail = told
            .detail()
            .filter(|_| !whole_rows.contains(&told.code()))
            .map_or_else(String::new, |detail| format!(" ({detail})"));
        return format!("{}{detail} [{}]", told.message(), told.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_shows_no_secret_and_names_a_log() {
        let shown = |url: &str| {
            url.parse::<Address>().map_or_else(|bad| bad.to_string(), |address| address.to_string())
        };
        assert_eq!(shown("postgres://me:secret@host:5/books"), "postgres://host:5/books?log=sijil");
        assert_eq!(
            shown("postgresql://me@a,b/books?connect_timeout=1&log=acme"),
            "postgresql://a,b/books?log=acme"
        );
        assert_eq!(
            shown("postgres://host/books?user=me&password=secret"),
            "postgres://host/books?log=sijil"
        );
        for bad in [
            "mysql://me:secret@host/books",
            "postgres://me:?secret@host/books",
            "postgres://me:secret@host/books?colour=red",
            "postgres://me:secret@host/books?log=",
            "postgres://me:secret@host/books?sslmode=prefer",
            "books",
        ] {
            let said = shown(bad);
            assert!(said.starts_with("expected postgres://") && !said.contains("secret"), "{said}");
        }
    }
}
