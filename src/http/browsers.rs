//! What a browser sends for a page of another site. Invariant: such a request changes nothing; one
//! that no browser sent passes, for it carries no credential but those its sender put there.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
};
use sijil_schemas::problem::ProblemKind;

use crate::{hosts::named, problem::Problem};

const SEC_FETCH_SITE: &str = "sec-fetch-site";
const SEC_FETCH_MODE: &str = "sec-fetch-mode";
const SEC_FETCH_DEST: &str = "sec-fetch-dest";

/// Refuses a request that may change something if a browser says that another site made it.
pub(crate) fn refused(request: &Request) -> Option<Problem> {
    foreign(request).map(|detail| Problem::new(ProblemKind::CrossSite, detail))
}

/// Whether a browser says that a page of another site makes a request: the cookies it then sends
/// are none that page may use. One of the same host on another port gets them sent, too.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    said(headers, SEC_FETCH_SITE).any(|site| !matches!(site.as_str(), "same-origin" | "none"))
}

/// Whether somebody goes to a page, by a link or a redirect of another site for one: no other page
/// has hold of what is answered.
pub(crate) fn goes_there(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| {
        let mut all = said(headers, name).peekable();
        all.peek().is_some() && all.all(|said| said == value)
    };
    is(SEC_FETCH_MODE, "navigate") && is(SEC_FETCH_DEST, "document")
}

/// Why a request is another site's, if it is: the rule of Go's `CrossOriginProtection`. Browsers
/// send `Sec-Fetch-Site` since 2023 at the latest, and older ones an `Origin` with all but GET.
fn foreign(request: &Request) -> Option<String> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let headers = request.headers();
    if headers.contains_key(SEC_FETCH_SITE) {
        let site = said(headers, SEC_FETCH_SITE)
            .find(|site| !matches!(site.as_str(), "same-origin" | "none"))?;
        return Some(format!(
            "expected Sec-Fetch-Site: same-origin or none with a method that may change something, \
             got {site:?}: a page of another site asked a browser for this"
        ));
    }
    let host = named(request.uri(), headers).unwrap_or_default();
    let origin = said(headers, header::ORIGIN.as_str())
        .find(|origin| !host_of(origin).is_some_and(|it| it.eq_ignore_ascii_case(&host)))?;
    let host: String = host.chars().take(80).collect();
    Some(format!(
        "expected an Origin of the host asked, {host:?}, with a method that may change something, \
         got {origin:?}: a page of another site asked a browser for this"
    ))
}

/// The values of a header, as far as they are shown.
fn said(headers: &HeaderMap, name: &str) -> impl Iterator<Item = String> {
    let values = headers.get_all(name).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(300).collect())
}

/// Host and port of an origin; `null`, and what is no origin, have none.
fn host_of(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, host)| host).filter(|host| !host.is_empty())
}
