//! What every answer tells a browser to do with it. Invariant: no answer is without these headers,
//! and none lets another site read it: there is no `Access-Control-Allow-Origin`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What an answer may load, and who may frame it: nothing and nobody. An answer that is a page
/// says itself what else it needs.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// A year, in which a browser that came once by TLS asks this host in no other way.
const TLS_ONLY: &str = "max-age=31536000";

const ALWAYS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Puts them on an answer; `encrypted` is whether it goes out over TLS, for a browser takes no
/// notice of [`header::STRICT_TRANSPORT_SECURITY`] elsewhere.
pub(crate) fn put(headers: &mut HeaderMap, encrypted: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    if encrypted {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
}
