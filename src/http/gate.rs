//! Who comes in. Invariant: every route says what it needs, and nobody comes to a route's handler
//! without it: a route that needs anything has a desk made for its caller, and no other way to the
//! ledger.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sijil_ledger::{Denied, Desk, Presented};
use sijil_schemas::{May, RightFamily};

use crate::{app::Front, cookies, entrance::Peer, reads::Read};

/// What a request shows: a credential of no other scheme than Bearer, since a browser would send
/// one of another by itself, or where there is none, the cookie of a session.
pub(crate) fn shown(headers: &HeaderMap) -> Option<Presented<'_>> {
    let Some(sent) = headers.get(header::AUTHORIZATION) else {
        return cookies::reference(headers).map(Presented::Session);
    };
    let bearer = sent.to_str().ok().and_then(|text| text.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    // What is sent in another form is none that is good, and not none.
    Some(Presented::Key(bearer.map_or("", |(_, secret)| secret)))
}

/// What whoever watches over the server may do.
pub(crate) const WATCH: &[May] = &[May::Operate, May::Audit];

/// What a route needs of whoever asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: it tells nothing of the company.
    Nothing,
    /// To be somebody: the desk tells each record, event or report apart.
    Caller,
    /// To read a family.
    Read(RightFamily),
    /// One of these rights, in the system's own affairs.
    Any(&'static [May]),
    /// This right, in one family.
    One(May, RightFamily),
    /// To take out in bulk what may be read at all.
    Export,
}

impl Needs {
    /// The desk at which a route's handler works.
    fn desk(self, desk: Desk) -> Result<Desk, Denied> {
        match self {
            Needs::Nothing | Needs::Caller => Ok(desk),
            Needs::Read(family) => desk.may(May::Read, family).map(|()| desk),
            Needs::Any(wanted) => {
                let family = RightFamily::System;
                let has = wanted.iter().any(|may| desk.may(*may, family).is_ok());
                if has { Ok(desk) } else { Err(Denied::NotAllowed { may: wanted[0], family }) }
            }
            Needs::One(may, family) => desk.may(may, family).map(|()| desk),
            Needs::Export => desk.exporting(),
        }
    }
    /// The same in words, for the reference.
    pub(crate) fn words(self) -> String {
        match self {
            Needs::Nothing => "no credential".into(),
            Needs::Caller => "a credential; what it gives follows from the caller's rights".into(),
            Needs::Read(family) => format!("the right to read {}", family.name()),
            Needs::Any(wanted) => {
                let names: Vec<&str> = wanted.iter().map(|may| may.name()).collect();
                format!("the right to {} in system", names.join(" or "))
            }
            Needs::One(may, family) => format!("the right to {} in {}", may.name(), family.name()),
            Needs::Export => "the right to export what is asked for".into(),
        }
    }
}

impl Front {
    /// Whether whoever sends a request may watch over the server, for a route that anybody may ask.
    pub(crate) fn may_watch(&self, headers: &HeaderMap, peer: Option<Peer>) -> bool {
        let desk = self.reception.known(shown(headers), peer);
        desk.is_ok_and(|desk| Needs::Any(WATCH).desk(desk).is_ok())
    }
}

/// Lets a request on to its handler if its caller has what the route needs.
pub(crate) async fn guard(
    State((front, needs, path)): State<(Front, Needs, Arc<str>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut read = None;
    if needs != Needs::Nothing {
        let peer = request.extensions().get::<Peer>().copied();
        let admitted = front.reception.admitted(shown(request.headers()), peer);
        match admitted.and_then(|desk| Ok(needs.desk(desk)?)) {
            Ok(desk) => {
                read = front.reception.reads.as_ref().zip(Read::of(&request, &path, &desk));
                request.extensions_mut().insert(desk);
            }
            Err(problem) => return problem.into_response(),
        }
    }
    let answer = next.run(request).await;
    match read {
        Some((log, read)) => log.tell(&read, answer),
        None => answer,
    }
}
