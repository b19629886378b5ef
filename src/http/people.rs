//! Pages for people, made in another room. Invariant: they are made at the desk of whoever the
//! session in the cookie is, as every answer is, and no cache keeps them; an address that the door
//! itself knows is never theirs.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use sijil_ledger::{Desk, Presented};

use crate::{
    app::{App, Front},
    caching::Keeping,
    cookies,
    entrance::Peer,
    gate::shown,
    problem::Problem,
    reads::{Counted, Read},
    sessions::{FORM, see},
    write::{wants_media, whole_body},
};

/// What a browser asks for.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The path, as it came.
    pub path: String,
    /// The query, as it came.
    pub query: String,
    /// The languages it asks for, as in `Accept-Language`.
    pub languages: String,
}

/// A page as it is answered.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The status.
    pub status: u16,
    /// Where the browser is sent on to, if it is.
    pub sent_on: Option<String>,
    /// The page in HTML.
    pub html: String,
}

/// Whoever makes pages.
pub trait Pages: Send + Sync {
    /// Whether an address is a page.
    fn knows(&self, path: &str) -> bool;
    /// The media type and the bytes of a file that pages load, by its address; it never changes.
    fn file(&self, path: &str) -> Option<(&'static str, &'static [u8])>;
    /// What a page may load, as in `Content-Security-Policy`.
    fn policy(&self) -> &'static str;
    /// Makes a page at the desk of whoever asks.
    fn sheet(&self, desk: &Desk, visit: &Visit) -> Sheet;
    /// Whether a form can be sent to an address.
    fn takes(&self, path: &str) -> bool;
    /// Takes a form that was sent, at the desk of whoever sent it; it may record.
    fn sent(&self, desk: &Desk, visit: &Visit, body: &[u8]) -> Sheet;
}

/// A page or a file of one, or the problem that there is none: where no route has the address.
pub(crate) async fn found(State(front): State<Front>, request: Request) -> Response {
    let missing = || Problem::not_found("no such path; GET /docs lists them all").into_response();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(pages) = front.pages.clone() else { return missing() };
    if *request.method() == Method::POST && pages.takes(request.uri().path()) {
        let answer = sent_to(front, pages, request).await;
        return Keeping::Nobody.said(answer.unwrap_or_else(IntoResponse::into_response));
    }
    if !is_read {
        return missing();
    }
    if let Some((media, bytes)) = pages.file(request.uri().path()) {
        let kept = [
            (header::CONTENT_TYPE, media),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        return (kept, bytes).into_response();
    }
    if !pages.knows(request.uri().path()) {
        return missing();
    }
    Keeping::Nobody.said(shown_to(front, pages, request).await)
}

/// A form, of whoever sends it.
async fn sent_to(
    front: Front,
    pages: Arc<dyn Pages>,
    request: Request,
) -> Result<Response, Problem> {
    wants_media(request.headers(), FORM)?;
    let peer = request.extensions().get::<Peer>().copied();
    let desk = match front.reception.admitted(shown(request.headers()), peer) {
        Ok(desk) => desk,
        // What was written is lost with the session; nothing was recorded.
        Err(problem) if problem.kind().statuses()[0] == 401 => return Ok(see("/sign-in")),
        Err(problem) => return Err(problem),
    };
    // What would happen is told by what is known, and so is what was refused.
    let read = front.reception.reads.clone();
    let read = read.map(|log| (log, Read::by(&request, "/{page}", &desk)));
    let visit = asked(&request, request.headers());
    let headers = request.headers().clone();
    let body = whole_body(&headers, request.into_body()).await?;
    let app = App::new(desk, front);
    let made = app.blocking(move |desk| Ok((pages.sent(desk, &visit, &body), pages.policy())));
    let (sheet, policy) = made.await?;
    let answer = answered(sheet, policy);
    Ok(match read {
        Some((log, read)) => log.tell(&read, Counted::of(0, false, answer)),
        None => answer,
    })
}

/// A page, for whoever comes; whoever is nobody is sent to sign in.
pub(crate) async fn shown_to(front: Front, pages: Arc<dyn Pages>, request: Request) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let headers = request.headers();
    // Somebody who follows a link from elsewhere is signed in, as on the first page.
    let visitor = cookies::of_visitor(headers).map(Presented::Session);
    let presented =
        if headers.contains_key(header::AUTHORIZATION) { shown(headers) } else { visitor };
    let desk = match front.reception.admitted(presented, peer) {
        Ok(desk) => desk,
        Err(problem) if problem.kind().statuses()[0] == 401 => {
            let mut response = see("/sign-in");
            if visitor.is_some() {
                response.headers_mut().insert(header::SET_COOKIE, cookies::gone());
            }
            return response;
        }
        Err(problem) => return problem.into_response(),
    };
    let read = front.reception.reads.clone().zip(Read::of(&request, "/{page}", &desk));
    let visit = asked(&request, request.headers());
    let app = App::new(desk, front);
    let made = app.report(move |desk| {
        let policy = pages.policy();
        Ok((pages.sheet(desk, &visit), policy))
    });
    let answer = match made.await {
        Ok((sheet, policy)) => answered(sheet, policy),
        Err(problem) => problem.into_response(),
    };
    match read {
        Some((log, read)) => log.tell(&read, Counted::of(0, false, answer)),
        None => answer,
    }
}

fn asked(request: &Request, headers: &HeaderMap) -> Visit {
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    Visit {
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        languages: languages.unwrap_or_default().to_owned(),
    }
}

fn answered(sheet: Sheet, policy: &'static str) -> Response {
    if let Some(place) = &sheet.sent_on {
        return see(place);
    }
    let status = StatusCode::from_u16(sheet.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let said = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    (status, said, sheet.html).into_response()
}
