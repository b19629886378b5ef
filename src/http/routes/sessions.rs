//! The routes of whoever comes with a browser.

use axum::routing::{delete, get, post};
use sijil_schemas::{decode::Refusal, problem::ProblemKind};

use super::{
    BODY, QUERY, Route,
    query::SIGN_IN_QUERY,
    route::{form, json, route, text},
};
use crate::{
    gate::Needs,
    provider,
    sessions::{self, SessionBegun, SessionWanted},
};

pub(super) fn routes() -> [Route; 8] {
    let page = |path: &str, about: &'static str, handler| {
        route("get", path, (Needs::Nothing, about), text("text/html"), handler).kept_by_nobody()
    };
    [
        page(
            "/",
            "the first page for people, or who is signed in; whoever is not is sent to sign in",
            get(sessions::home),
        )
        .statuses(&[200, 303, 400]),
        page("/sign-in", "where one signs in", get(sessions::page))
            .query(SIGN_IN_QUERY)
            .problems(&[QUERY]),
        page("/sign-in/{code}", "where one signs in by a code, once", get(sessions::page_of_code))
            .problems(&[QUERY]),
        page(
            "/sign-in/provider",
            "sends the browser to the sign-in provider's page, if there is one",
            get(provider::leave),
        )
        .statuses(&[303]),
        page(
            "/sign-in/return",
            "where the sign-in provider sends the browser back to; the session is in the cookie",
            get(provider::come_back),
        )
        .statuses(&[303]),
        route(
            "post",
            "/v1/session",
            (
                Needs::Nothing,
                "begin a session by a key or a code; its reference is in the answer's cookie, and \
                 a form is sent on to a page",
            ),
            json::<SessionBegun>(),
            post(sessions::begin),
        )
        .body(json::<SessionWanted>())
        .body(form::<SessionWanted>())
        .statuses(&[201, 303])
        .problems(&[BODY, Refusal::KINDS, &[ProblemKind::BadCredential]]),
        route(
            "delete",
            "/v1/session",
            (Needs::Nothing, "end the session of the cookie, if there is one"),
            json::<()>(),
            delete(sessions::end),
        )
        .kept_by_nobody()
        .statuses(&[204]),
        route(
            "post",
            "/sign-out",
            (Needs::Nothing, "the same, for a form: it is sent on to where one signs in"),
            text("text/html"),
            post(sessions::sign_out),
        )
        .statuses(&[303]),
    ]
}
