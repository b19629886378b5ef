//! Signing in by the pages of a sign-in provider. Invariant: a sign-in is finished by the browser
//! that began it, which shows in a cookie what it was given; what an address holds is told to
//! nobody.

use axum::{
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use sijil_ledger::Returned;
use sijil_schemas::problem::ProblemKind;

use crate::{
    app::Front,
    cookies,
    entrance::Peer,
    html::escaped,
    problem::Problem,
    sessions::{see, sent_on, waited},
};

/// What `refused` says of a provider that is not there.
pub(crate) const UNREACHED: &str = "provider";

/// What the sign-in page says of the provider, if people can sign in by its pages.
pub(crate) fn offer(front: &Front) -> String {
    let provider = front.reception.gate().provider().filter(|provider| provider.has_pages());
    provider.map_or(String::new(), |provider| {
        let issuer = provider.issuer();
        let bare = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
        let host = escaped(bare.split('/').next().unwrap_or(bare));
        format!("<p><a class=button href=/sign-in/provider>Sign in at {host}</a></p>")
    })
}

/// `GET /sign-in/provider`: sends the browser to the provider's page.
pub(crate) async fn leave(State(front): State<Front>) -> Result<Response, Problem> {
    let begun = front.reception.gate().sends_away(&front.reception.ledger).map_err(|error| {
        tracing::error!(%error, "no random bytes for a sign-in");
        let detail = "no sign-in could begin; the cause is in the server's log";
        Problem::new(ProblemKind::Internal, detail)
    })?;
    let begun = match begun {
        Ok(begun) => begun,
        Err(why) => {
            tracing::warn!(%why, "nobody can be sent to the sign-in provider");
            return Ok(see(&format!("/sign-in?refused={UNREACHED}")));
        }
    };
    let Ok(place) = HeaderValue::try_from(begun.url) else {
        tracing::error!("the sign-in provider's page has an address that cannot be sent");
        return Ok(see(&format!("/sign-in?refused={UNREACHED}")));
    };
    let mut response = see("/sign-in");
    response.headers_mut().insert(header::LOCATION, place);
    response.headers_mut().insert(header::SET_COOKIE, cookies::of_sign_in(&begun.kept));
    Ok(response)
}

/// `GET /sign-in/return`: where the browser comes back to.
pub(crate) async fn come_back(
    State(front): State<Front>,
    headers: HeaderMap,
    request: HttpRequest,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let before = cookies::of_visitor(&headers).map(ToOwned::to_owned);
    let kept = cookies::sign_in(&headers).map(ToOwned::to_owned);
    let reception = front.reception.clone();
    let run = move || {
        // Providers add what they like; of what is said twice nothing counts.
        let said = |name: &str| {
            let mut all = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let first = all.next().map(|(_, value)| value.into_owned());
            first.filter(|_| all.next().is_none())
        };
        let (state, code) = (said("state"), said("code"));
        let (issuer, error) = (said("iss"), said("error"));
        let returned = Returned {
            state: state.as_deref(),
            kept: kept.as_deref(),
            code: code.as_deref(),
            issuer: issuer.as_deref(),
            error: error.as_deref(),
        };
        reception.come_back(&returned, before.as_deref(), peer)
    };
    let mut response = sent_on(waited(run).await, peer);
    response.headers_mut().append(header::SET_COOKIE, cookies::no_sign_in());
    response
}
