//! Signing in and out. Invariant: a key or a code comes in a body and goes nowhere from there; a
//! page that is only looked at begins nothing, so a code is not used up by whoever looks ahead.

use axum::{
    Json,
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sijil_ledger::{
    Begun, Presented, Secret,
    limits::{SESSION_IDLE_S_MAX, SESSION_S_MAX},
};
use sijil_schemas::{
    decode::{Refusal, typed},
    id::EntityRef,
    json::value_from_slice,
    problem::ProblemKind,
};

use crate::{
    app::Front,
    asked::{Asked, Named},
    cookies,
    entrance::Peer,
    html::{self, escaped},
    people,
    problem::Problem,
    provider,
    wire::Myself,
    write::{refused, wants_media, whole_body},
};

/// The media type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// What a session is begun with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionWanted {
    /// The secret of a key, the credential in the data directory's keys/local, or the code of a
    /// console link.
    pub(crate) key: String,
}

/// A session that began.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SessionBegun {
    /// The user or integration whose it is; null of the machine's operator, and where nobody is
    /// asked.
    holder: Option<EntityRef>,
    /// Seconds after which it ends if nothing is asked.
    idle_s: u64,
    /// Seconds after which it ends in any case.
    most_s: u64,
}

/// `POST /v1/session`: begins a session.
pub(crate) async fn begin(
    State(front): State<Front>,
    headers: HeaderMap,
    request: HttpRequest,
) -> Result<Response, Problem> {
    let is_form = wants_media(&headers, FORM).is_ok();
    if !is_form {
        wants_media(&headers, "application/json")?;
    }
    let peer = request.extensions().get::<Peer>().copied();
    let body = whole_body(&headers, request.into_body()).await?;
    let wanted =
        if is_form { in_form(&body)? } else { value_from_slice(&body).map_err(refused)? };
    let SessionWanted { key } = typed(wanted).map_err(refused)?;
    let before = cookies::reference(&headers).map(ToOwned::to_owned);
    let reception = front.reception.clone();
    let begun = waited(move || reception.begun(&key, before.as_deref(), peer)).await;
    if is_form {
        return Ok(sent_on(begun, peer));
    }
    let begun = begun?;
    let said = SessionBegun {
        holder: begun.caller.holder().cloned(),
        idle_s: SESSION_IDLE_S_MAX,
        most_s: SESSION_S_MAX,
    };
    Ok(with_cookie((StatusCode::CREATED, Json(said)).into_response(), &begun))
}

/// What a form holds, each field once.
fn in_form(body: &[u8]) -> Result<Value, Problem> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        if fields.insert(name.to_string(), value.into_owned().into()).is_some() {
            let message = "expected it once, got it twice".to_owned();
            return Err(refused(Refusal::InvalidField { pointer: format!("/{name}"), message }));
        }
    }
    Ok(Value::Object(fields))
}

/// Runs what may wait for the disk, off the runtime's own threads.
pub(crate) async fn waited<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(run)).await {
        Ok(outcome) => outcome,
        Err(error) => {
            tracing::error!(%error, "signing in or out panicked");
            let detail = "the request could not be answered; the cause is in the server's log";
            Err(Problem::new(ProblemKind::Internal, detail))
        }
    }
}

/// Where a form that was sent goes on: to the first page, or back with the name of what was wrong.
pub(crate) fn sent_on(begun: Result<Begun, Problem>, peer: Option<Peer>) -> Response {
    match begun {
        Ok(begun) => with_cookie(see("/"), &begun),
        Err(problem) => {
            // A browser is sent on, so no line about the answer says this.
            let peer = peer.map(|peer| tracing::field::display(peer.client()));
            tracing::warn!(peer, cause = problem.detail(), "a sign-in was refused");
            see(&format!("/sign-in?refused={}", problem.kind().name()))
        }
    }
}

pub(crate) fn see(place: &str) -> Response {
    let place = HeaderValue::try_from(place).expect("a path and the name of a problem");
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}

fn with_cookie(mut response: Response, begun: &Begun) -> Response {
    if let Some(reference) = &begun.reference {
        response.headers_mut().insert(header::SET_COOKIE, cookies::of(reference));
    }
    response
}

/// `DELETE /v1/session`: ends the session of the cookie.
pub(crate) async fn end(
    State(front): State<Front>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    ended(&front, &headers).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookies::gone())]).into_response())
}

/// `POST /sign-out`: the same, and goes to where one signs in.
pub(crate) async fn sign_out(
    State(front): State<Front>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    ended(&front, &headers).await?;
    let mut response = see("/sign-in");
    response.headers_mut().insert(header::SET_COOKIE, cookies::gone());
    Ok(response)
}

async fn ended(front: &Front, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(reference) = cookies::reference(headers).map(ToOwned::to_owned) else {
        return Ok(());
    };
    let reception = front.reception.clone();
    waited(move || reception.ended(&reference)).await
}

/// `GET /sign-in`: where one signs in.
pub(crate) async fn page(
    State(front): State<Front>,
    Asked(asked): Asked,
) -> Result<Response, Problem> {
    if let Some(name) = asked.keys().find(|name| *name != "refused") {
        return Err(Problem::query(name, "no other parameter than refused", ""));
    }
    let refused = asked.get("refused").map(String::as_str);
    let said = match refused {
        Some(provider::UNREACHED) => PROVIDER_AWAY.to_owned(),
        _ => refused.and_then(ProblemKind::named).map_or(String::new(), said_no),
    };
    Ok(html::form("Sign in", &format!("{said}{}{BY_KEY}", provider::offer(&front))))
}

/// `GET /sign-in/{code}`: where one signs in by a code. It is sent in a form, and not used before.
pub(crate) async fn page_of_code(Named(code): Named) -> Response {
    let Ok(code) = Secret::parse(&code) else {
        let no = said_no(ProblemKind::BadCredential);
        return html::form("Sign in", &format!("{no}{BY_KEY}"));
    };
    let body = format!(
        "<p>This link signs you in as whoever holds the files of this ledger. It is good once, \
         from this machine, for two minutes from when it was printed.</p>\
         <form method=post action=/v1/session>\
         <input type=hidden name=key value=\"{}\"><button autofocus>Sign in</button></form>\
         <p><small>Or <a href=/sign-in>sign in with a key</a>.</small></p>",
        escaped(code.shown_once())
    );
    html::form("Sign in", &body)
}

const BY_KEY: &str = "\
    <form method=post action=/v1/session><label for=key>Key</label>\
    <input id=key name=key type=password required autofocus autocomplete=off spellcheck=false \
    autocapitalize=off placeholder=\"sijil_…\"><button>Sign in</button></form>\
    <p><small>Whoever grants access gives you a key. On the machine of the ledger, what stands in \
    the file <code>keys/local</code> of its data directory is one.</small></p>";

/// That the sign-in provider is not there.
const PROVIDER_AWAY: &str = "\
    <p class=no role=alert>The sign-in provider does not answer. Try again in a minute, or sign in \
    with a key.</p>";

/// That signing in failed, and why, as far as that is told.
fn said_no(kind: ProblemKind) -> String {
    let why = match kind {
        ProblemKind::BadCredential => {
            "This key, link or sign-in is not good here and now: it is unknown, expired, revoked, \
             used up, or not for this place."
        }
        ProblemKind::TooMany => "Too many tries came from here. Wait a minute, then try again.",
        _ => "You could not be signed in.",
    };
    let name = kind.name();
    format!("<p class=no role=alert>{why} <a href=/docs/problems/{name}>What this means</a></p>")
}

/// `GET /`: the first page of those for people; without them, who is signed in.
pub(crate) async fn home(
    State(front): State<Front>,
    headers: HeaderMap,
    request: HttpRequest,
) -> Response {
    if let Some(pages) = front.pages.clone() {
        return people::shown_to(front, pages, request).await;
    }
    let peer = request.extensions().get::<Peer>().copied();
    let shown = cookies::of_visitor(&headers);
    let Ok(desk) = front.reception.known(shown.map(Presented::Session), peer) else {
        let mut response = see("/sign-in");
        if shown.is_some() {
            response.headers_mut().insert(header::SET_COOKIE, cookies::gone());
        }
        return response;
    };
    html::form("Signed in", &about(&Myself::at(&desk)))
}

/// Who somebody is, in words.
fn about(myself: &Myself) -> String {
    let row = |name: &str, value: String| format!("<tr><th>{name}<td>{}", escaped(&value));
    let who = match (&myself.holder, myself.known_by) {
        (Some(holder), _) => holder.to_string(),
        (None, "open") => "nobody is asked who he is".into(),
        (None, _) => "whoever holds the files of this ledger".into(),
    };
    let mut rows = row("You are", who);
    if let Some(actor) = &myself.actor {
        rows += &row("You record as", actor.to_string());
    }
    if let Some(day) = myself.expires_on {
        rows += &row("Your key is good until", day.to_string());
    }
    let spans = |spans: &[sijil_ledger::Span]| {
        let each = spans.iter().map(|span| {
            let may: Vec<&str> = span.may.iter().map(|may| may.name()).collect();
            format!("{}: {}", span.family.name(), may.join(", "))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    rows += &row("You may", spans(&myself.rights));
    for within in &myself.within {
        let scopes: Vec<String> = within.scopes.iter().map(ToString::to_string).collect();
        rows += &row(&format!("Within {}", escaped(&scopes.join(", "))), spans(&within.rights));
    }
    format!(
        "<table>{rows}</table><form method=post action=/sign-out><button>Sign out</button></form>\
         <p><a href=/docs>The reference</a></p>"
    )
}
