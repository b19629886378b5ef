//! The cookie of a session. Invariant: it holds the reference of a session and never a key; what a
//! browser sends by itself for a page of another site counts for nothing.

use axum::http::{HeaderMap, HeaderValue, header};
use sijil_ledger::{SIGN_IN_S_MAX, Secret, limits::SESSION_S_MAX};

use crate::browsers::{goes_there, is_foreign};

/// Browsers take a cookie of such a name from the host itself alone, and with `Secure`: over TLS,
/// or from loopback addresses, which they trust as much.
pub(crate) const NAME: &str = "__Host-sijil";
/// The same for what a browser keeps of a sign-in at a provider's pages.
const SIGN_IN: &str = "__Host-sijil-sign-in";

/// The reference in the cookie of a request, unless a page of another site has it sent.
pub(crate) fn reference(headers: &HeaderMap) -> Option<&str> {
    found(headers).filter(|_| !is_foreign(headers))
}

/// The same where somebody goes to a page of this server, from wherever.
pub(crate) fn of_visitor(headers: &HeaderMap) -> Option<&str> {
    found(headers).filter(|_| !is_foreign(headers) || goes_there(headers))
}

/// What the browser keeps of a sign-in that it began here, where it comes back to a page of this
/// server.
pub(crate) fn sign_in(headers: &HeaderMap) -> Option<&str> {
    named(headers, SIGN_IN).filter(|_| !is_foreign(headers) || goes_there(headers))
}

fn found(headers: &HeaderMap) -> Option<&str> {
    named(headers, NAME)
}

fn named<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    headers.get_all(header::COOKIE).into_iter().find_map(|cookies| {
        cookies.to_str().ok()?.split(';').find_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == wanted).then_some(value)
        })
    })
}

/// The cookie of a session that begins.
pub(crate) fn of(reference: &Secret) -> HeaderValue {
    said(NAME, reference.shown_once(), SESSION_S_MAX)
}

/// What takes the cookie away.
pub(crate) fn gone() -> HeaderValue {
    said(NAME, "", 0)
}

/// The cookie of a sign-in that begins.
pub(crate) fn of_sign_in(kept: &str) -> HeaderValue {
    said(SIGN_IN, kept, SIGN_IN_S_MAX)
}

/// What takes that cookie away.
pub(crate) fn no_sign_in() -> HeaderValue {
    said(SIGN_IN, "", 0)
}

fn said(name: &str, value: &str, seconds: u64) -> HeaderValue {
    let cookie =
        format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    let mut cookie = HeaderValue::try_from(cookie).expect("letters, digits and signs");
    cookie.set_sensitive(true);
    cookie
}
