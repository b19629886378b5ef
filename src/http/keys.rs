//! Keys, and who one is. Invariant: the answer that makes a key is the one place where its secret
//! stands; it is kept nowhere and told to no log.

use axum::{
    Json,
    extract::Request as HttpRequest,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sijil_ledger::{Atomicity, Desk, Request, Span, Within};
use sijil_schemas::{
    Holder, KeyHash, May, Network, Right, RightFamily, RightScope,
    decode::{Draft, Refusal, typed},
    json::value_from_slice,
    problem::ProblemKind,
    record::KeyId,
    time::Date,
};

use crate::{
    app::App,
    limits::KEY_DAYS_DEFAULT,
    problem::Problem,
    wire::{KeyMade, KeyWanted, Myself},
    write::{refused, wants_media, whole_body},
};

/// What may be done with what lies in all of some scopes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Scoped {
    /// The scopes.
    pub(crate) scopes: Vec<RightScope>,
    /// What may be done.
    pub(crate) rights: Vec<Span>,
}

impl Scoped {
    pub(crate) fn of(within: &Within) -> Scoped {
        Scoped { scopes: within.scopes.clone(), rights: within.rights.spans() }
    }
}

/// `GET /v1/me`: who the caller is, and what it may do.
pub(crate) async fn me(app: App) -> Response {
    Json(Myself::at(&app.desk)).into_response()
}

impl Myself {
    /// Whoever sits at a desk.
    pub(crate) fn at(desk: &Desk) -> Myself {
        let caller = desk.caller();
        let expires_on = |key: KeyId| desk.of_key(key.as_str(), |state| state.expires_on);
        Myself {
            known_by: caller.known_by(),
            holder: caller.holder().cloned(),
            key: caller.key(),
            expires_on: caller.key().and_then(expires_on),
            actor: caller.actor(),
            rights: desk.held().whole.spans(),
            within: desk.held().within.iter().map(Scoped::of).collect(),
        }
    }
}

/// `POST /v1/keys`: makes a key, and shows its secret once.
pub(crate) async fn issue(
    app: App,
    headers: HeaderMap,
    request: HttpRequest,
) -> Result<Response, Problem> {
    wants_media(&headers, "application/json")?;
    let body = whole_body(&headers, request.into_body()).await?;
    let wanted: KeyWanted = typed(value_from_slice(&body).map_err(refused)?).map_err(refused)?;
    let secret = app.desk.new_secret().map_err(|error| {
        tracing::error!(%error, "no random bytes for a key");
        Problem::new(
            ProblemKind::Internal,
            "no key could be made; the cause is in the server's log",
        )
    })?;
    let (of, expires_on, wanted) = like_before(&app.desk, wanted)?;
    let KeyWanted { narrows, networks, replaces, overlap_h, .. } = wanted;
    let said = [
        ("key", json!(secret.id())),
        ("of", json!(of)),
        ("sha256", json!(KeyHash(secret.hash()))),
        ("hint", json!(secret.hint())),
        ("narrows", json!(narrows)),
        ("networks", json!(networks)),
        ("expires_on", json!(expires_on)),
        ("replaces", json!(replaces)),
        ("overlap_h", json!(overlap_h)),
    ];
    let said = said.into_iter().filter(|(_, value)| !value.is_null());
    let data: Map<String, Value> = said.map(|(name, value)| (name.to_owned(), value)).collect();
    let draft = json!({"type": "key.issued", "occurred_at": app.desk.now(), "data": data});
    let draft = Draft::from_value(draft).map_err(refused)?;
    let request =
        Request { drafts: vec![draft], key: None, expect: Vec::new(), atomicity: Atomicity::Alone };
    let receipt = app.desk.submit(request).await?;
    let recorded = receipt.outcomes.into_iter().next().transpose()?;
    let position = recorded.map(|recorded| recorded.position).unwrap_or_default();
    let made = KeyMade {
        key: secret.id(),
        secret: secret.shown_once().to_owned(),
        of,
        expires_on,
        position,
    };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// What a key says that another one takes the place of.
struct Before {
    of: String,
    narrows: Option<Vec<Right>>,
    networks: Vec<Network>,
    expires_on: Date,
}

/// Whose a key is to be, its last day, and what else is wanted of it: what is not said of one that
/// takes the place of another is as it was, but nobody without the right to grant gets one that is
/// good for longer.
fn like_before(desk: &Desk, wanted: KeyWanted) -> Result<(Holder, Date, KeyWanted), Problem> {
    let today = desk.now().date(&desk.views().company.zone());
    let usual = today.plus_days(KEY_DAYS_DEFAULT);
    let may_grant = desk.may(May::Grant, RightFamily::Access).is_ok();
    // Of a key of somebody else nothing is told, not even by what is filled in.
    let own = wanted.replaces.as_ref().and_then(|key| {
        desk.of_key(key.as_str(), |before| Before {
            of: before.of.to_string(),
            narrows: before.narrows.clone(),
            networks: before.networks.clone(),
            expires_on: before.expires_on,
        })
    });
    let of = wanted.of.or_else(|| own.as_ref()?.of.parse().ok());
    let of = of.ok_or_else(|| refused(Refusal::MissingField { pointer: "/of".into() }))?;
    let networks =
        || own.as_ref().map(|own| own.networks.clone()).filter(|networks| !networks.is_empty());
    let last = own.as_ref().map(|own| own.expires_on).filter(|_| !may_grant);
    let expires_on = wanted.expires_on.unwrap_or(last.map_or(usual, |last| last.min(usual)));
    let wanted = KeyWanted {
        of: None,
        narrows: wanted.narrows.or_else(|| own.as_ref()?.narrows.clone()),
        networks: wanted.networks.or_else(networks),
        ..wanted
    };
    Ok((of, expires_on, wanted))
}
