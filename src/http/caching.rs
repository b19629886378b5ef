//! Who may keep an answer. Invariant: what needs a credential is kept by nobody between the server
//! and whoever showed it, and used again only after the server was asked; what can hold values
//! about persons is kept by nobody at all.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

/// Who may keep the answers of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// Whoever likes: they are the same for all.
    Anybody,
    /// Whoever asked, who asks each time whether it still holds.
    Caller,
    /// Nobody.
    Nobody,
}

impl Keeping {
    /// Says so in an answer, whatever it is.
    pub(crate) fn said(self, mut response: Response) -> Response {
        let control = match self {
            Keeping::Anybody => return response,
            Keeping::Caller => "private, no-cache",
            Keeping::Nobody => "no-store",
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
        let vary = varies(headers);
        headers.insert(header::VARY, vary);
        response
    }
}

/// What an answer varies with: what it says itself, and who asks.
fn varies(headers: &HeaderMap) -> HeaderValue {
    let own = headers.get_all(header::VARY).into_iter().filter_map(|value| value.to_str().ok());
    let all: Vec<&str> = own.chain(["authorization, cookie"]).collect();
    HeaderValue::try_from(all.join(", ")).expect("names of headers, with commas between")
}
