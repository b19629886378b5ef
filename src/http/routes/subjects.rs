//! The routes of persons' values. Invariant: they need the right to erase, since they show all that
//! could be.

use axum::routing::{get, post};
use sijil_ledger::{Denied, Rejection, SubjectHeld, SubmitError};
use sijil_schemas::{May, RightFamily, decode::Refusal, problem::ProblemKind};

use super::{BODY, NOT_FOUND, QUERY, Route, json, query::ERASURE_QUERY, route};
use crate::{
    gate::Needs,
    subjects::{self, ErasureAsked, ErasureTold},
};

const ERASE: Needs = Needs::One(May::Erase, RightFamily::Access);
const ELSEWHERE: &[ProblemKind] = &[ProblemKind::ErasureElsewhere];

/// The list of them.
pub(super) fn routes() -> [Route; 2] {
    let submit: &[&[ProblemKind]] = &[
        QUERY,
        BODY,
        NOT_FOUND,
        ELSEWHERE,
        SubmitError::KINDS,
        Denied::KINDS,
        Refusal::KINDS,
        Rejection::KINDS,
    ];
    [
        route(
            "get",
            "/v1/subjects/{kind}/{id}",
            (
                ERASE,
                "all that is held of a person: values, records, where they came from, and exports \
                 that may have carried them",
            ),
            json::<SubjectHeld>(),
            get(subjects::subject),
        )
        .kept_by_nobody()
        .problems(&[QUERY, NOT_FOUND, SubmitError::KINDS]),
        route(
            "post",
            "/v1/erasures",
            (
                ERASE,
                "erase the values about a person, wherever they stand, or say what that would be",
            ),
            json::<ErasureTold>(),
            post(subjects::erase),
        )
        .query(ERASURE_QUERY)
        .body(json::<ErasureAsked>())
        .statuses(&[200, 201])
        .problems(submit),
    ]
}
