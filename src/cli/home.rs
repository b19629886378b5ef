//! Where a ledger lives. Invariant: what it shows holds no password.

use std::{fmt, path::PathBuf};

/// A data directory, and the log of the ledger if it stands elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Home {
    /// Snapshots, and the log or a copy of it.
    pub data: PathBuf,
    /// The address of the log; it may hold a password.
    pub log: Option<String>,
}

/// An address without the user and password it may hold, for people: of its options, only the log's
/// name is shown.
#[must_use]
pub fn shown(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let (place, options) = place.split_once('?').unwrap_or((place, ""));
    let name = options
        .split('&')
        .find(|option| option.starts_with("log=") || option.starts_with("stream="));
    format!("{scheme}://{place}{}", name.map_or_else(String::new, |name| format!("?{name}")))
}

impl fmt::Display for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data.display();
        match &self.log {
            None => write!(f, "{data}"),
            Some(log) => write!(f, "{} (copy in {data})", shown(log)),
        }
    }
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::Home;

    #[test]
    fn a_home_shows_no_password() {
        let home = Home {
            data: "books".into(),
            log: Some("postgres://me:p@ss@host/books?log=acme".into()),
        };
        assert_eq!(
            format!("{home} {home:?}"),
            "postgres://host/books?log=acme (copy in books) postgres://host/books?log=acme (copy \
             in books)"
        );
    }
}
