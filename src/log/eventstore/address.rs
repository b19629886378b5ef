//! The address of a log in EventStoreDB or KurrentDB. Invariant: what it shows holds no password.

use std::{fmt, str::FromStr};

use eventstore::ClientSettings;

use crate::mirror::without_secrets;

/// The stream of the log unless the address says otherwise.
pub const STREAM: &str = "sijil";
const STREAM_CHARS_MAX: usize = 60;
/// What the client calls both.
const SCHEME: &str = "esdb";
const SCHEMES: [&str; 3] = [SCHEME, "kurrentdb", "kdb"];
const DISCOVER: &str = "+discover";
/// The client sleeps so long before every connection, a tenth of a second unless told otherwise.
const BEFORE_CONNECTING: &str = "discoveryInterval=10";

/// `esdb://user:password@host:port?tls=true&stream=NAME`, or `kurrentdb://…`, with the options of
/// the official clients' connection strings.
#[derive(Clone)]
pub struct Address {
    pub(crate) settings: ClientSettings,
    pub(crate) stream: String,
    shown: String,
}

/// An address that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected esdb://user:password@host:port?stream=NAME, got {got}: {why}")]
pub struct BadAddress {
    got: String,
    why: String,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(url: &str) -> Result<Address, BadAddress> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let bad = |why: &str| BadAddress { got: without_secrets(url), why: why.to_owned() };
        let (scheme, rest) = place.split_once("://").ok_or_else(|| bad("it has no ://"))?;
        let discover = if scheme.ends_with(DISCOVER) { DISCOVER } else { "" };
        if !SCHEMES.contains(&scheme.trim_end_matches(DISCOVER)) {
            return Err(bad("it begins otherwise"));
        }
        if query.contains('@') {
            return Err(bad("a ?, / or @ in a name or password is written as %3F, %2F or %40"));
        }
        let mut stream = STREAM.to_owned();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("stream", given)) => given.clone_into(&mut stream),
                _ => others.push(pair),
            }
        }
        if !others.iter().any(|pair| pair.to_ascii_lowercase().starts_with("discoveryinterval=")) {
            others.push(BEFORE_CONNECTING);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if stream.is_empty() || stream.len() > STREAM_CHARS_MAX || !stream.chars().all(plain) {
            return Err(bad(&format!(
                "the stream's name has 1 to {STREAM_CHARS_MAX} letters, digits, dots, dashes and \
                 underscores"
            )));
        }
        let told =
            format!("{SCHEME}{discover}://{}?{}", rest.trim_end_matches('/'), others.join("&"));
        let settings = told
            .parse()
            .map_err(|error: eventstore::ClientSettingsParseError| bad(&error.to_string()))?;
        let shown = format!("{}?stream={stream}", without_secrets(url));
        Ok(Address { settings, stream, shown })
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

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn an_address_shows_no_secret_and_names_a_stream() {
        let shown = |url: &str| {
            url.parse::<Address>().map_or_else(|bad| bad.to_string(), |address| address.to_string())
        };
        assert_eq!(shown("esdb://me:secret@host:5?tls=false"), "esdb://host:5?stream=sijil");
        assert_eq!(
            shown("kurrentdb+discover://me:secret@host:5/?stream=acme&tls=false"),
            "kurrentdb+discover://host:5/?stream=acme"
        );
        for bad in [
            "mysql://me:secret@host",
            "esdb://me:?secret@host",
            "esdb://me:secret@host?tls=red",
            "esdb://me:secret@host?stream=$all",
            "books",
        ] {
            let said = shown(bad);
            assert!(said.starts_with("expected esdb://") && !said.contains("secret"), "{said}");
        }
    }
}
