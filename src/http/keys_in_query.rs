//! Credentials that stand in an address. Invariant: none is looked at, answered or logged: an
//! address is kept by browsers, proxies and logs, so a key in one is known to others already.

use axum::extract::Request;
use sijil_schemas::problem::ProblemKind;

use crate::{limits::QUERY_DECODINGS_MAX, problem::Problem};

/// How parameters that carry a credential are named, without `_`, `-` and capitals.
const NAMES: &[&str] =
    &["key", "apikey", "token", "accesstoken", "credential", "credentials", "password", "secret"];

/// How the ledger's own keys begin.
const OURS: &str = "sijil_";

/// Refuses a request with a credential in its query.
pub(crate) fn refused(request: &Request) -> Option<Problem> {
    let found = request.uri().query().and_then(found)?;
    let detail = format!(
        "expected no credential in the query, got one {found}; send it as a header, Authorization: \
         Bearer …, and revoke this one: addresses are kept where others read them"
    );
    Some(Problem::new(ProblemKind::CredentialInQuery, detail))
}

/// Where a query has a credential, if it has; the credential itself is not said.
fn found(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| {
        let (name, value) = (plain(&name), plain(&value));
        let bare: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect();
        if let Some(known) = NAMES.iter().find(|known| **known == bare) {
            Some(format!("in a parameter named like {known:?}"))
        } else if name.starts_with(OURS) || value.starts_with(OURS) {
            Some(format!("that begins with {OURS:?}"))
        } else {
            None
        }
    })
}

/// A text in small letters, without blanks around it, and not percent-encoded once more.
fn plain(text: &str) -> String {
    decoded(text).trim().to_lowercase()
}

/// A text that is not percent-encoded once more.
pub(crate) fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..QUERY_DECODINGS_MAX {
        if !text.contains('%') {
            break;
        }
        let once = form_urlencoded::parse(text.replace(['&', '='], "").as_bytes())
            .next()
            .map(|(decoded, _)| decoded.into_owned());
        match once {
            Some(decoded) if decoded != text => text = decoded,
            _ => break,
        }
    }
    text
}
