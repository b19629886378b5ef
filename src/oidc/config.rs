//! What an operator says of the provider. Invariant: it is asked over TLS, or on this machine.

/// What an operator says of the sign-in provider.
#[derive(Debug, Clone)]
pub struct Config {
    /// How it names itself: an URL, to the letter as its tokens have it.
    pub issuer: String,
    /// What access tokens for this ledger are made for (`aud`); any one of these.
    pub audiences: Vec<String>,
    /// Who this server is there, if people sign in by its pages.
    pub client: Option<Client>,
}

/// Who this server is at the provider.
#[derive(Clone)]
pub struct Client {
    /// Its id there.
    pub id: String,
    /// Its secret, if it has one.
    pub secret: Option<String>,
    /// Where people come back to, as it is known there; if that is not said, the place that
    /// [`Provider::comes_back_to`](crate::Provider::comes_back_to) names.
    pub redirect: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What an operator says cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// Words would go over the network for all to read and change.
    #[error("expected {name} at https://, or at http:// on this machine, got {got:?}")]
    Plain {
        /// What it is the address of.
        name: &'static str,
        /// The address.
        got: String,
    },
    /// Nothing would ever be for this ledger.
    #[error("expected an audience of tokens or a client for pages, got neither; name one of them")]
    Nothing,
}

impl Config {
    /// The same, if it can be.
    pub fn checked(self) -> Result<Config, InvalidConfig> {
        over_tls("the provider", &self.issuer)?;
        if let Some(place) = self.client.as_ref().and_then(|client| client.redirect.as_ref()) {
            over_tls("the place to come back to", place)?;
        }
        if self.audiences.is_empty() && self.client.is_none() {
            return Err(InvalidConfig::Nothing);
        }
        Ok(self)
    }
}

/// Whether nobody in between can read or change what is asked there.
pub(crate) fn over_tls(name: &'static str, url: &str) -> Result<(), InvalidConfig> {
    let is_safe = url.starts_with("https://") || url.strip_prefix("http://").is_some_and(is_here);
    if is_safe { Ok(()) } else { Err(InvalidConfig::Plain { name, got: url.to_owned() }) }
}

/// Whether an address without its scheme is one of this machine.
fn is_here(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::over_tls;

    #[test]
    fn what_is_asked_in_the_clear_is_on_this_machine() {
        for good in [
            "https://id.example/",
            "http://127.0.0.1:4711/a",
            "http://[::1]:4711",
            "http://localhost/b",
            "http://127.9.9.9",
        ] {
            assert_eq!(over_tls("it", good), Ok(()), "{good}");
        }
        for bad in [
            "http://id.example/",
            "http://localhost.example/",
            "http://127.0.0.1@id.example/",
            "http://192.0.2.1/?a=127.0.0.1",
            "ftp://localhost/",
            "localhost",
            "",
        ] {
            assert!(over_tls("it", bad).is_err(), "{bad}");
        }
    }
}
