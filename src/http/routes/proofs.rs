//! The routes of proofs. Invariant: what shows bytes of records needs the right to them; hashes
//! alone say no more than how far the log is.

use axum::routing::get;
use sijil_ledger::ProveError;
use sijil_schemas::{May, problem::ProblemKind};

use super::{
    NOT_FOUND, QUERY, READ, Route, json,
    query::{CONSISTENCY_QUERY, INCLUSION_QUERY},
    route, text,
};
use crate::{
    gate::Needs,
    proofs::{self, ConsistencyProof, InclusionProof},
};

const AUDIT: &[May] = &[May::Audit];
const BYTES: &str = "application/octet-stream";

/// The list of them.
pub(super) fn routes() -> impl Iterator<Item = Route> {
    tree().into_iter().chain(proven())
}

/// What the log says of itself, and its tree.
fn tree() -> [Route; 4] {
    [
        route(
            "get",
            "/checkpoint",
            (
                Needs::Any(READ),
                "origin, size and root of the log, signed: c2sp.org/tlog-checkpoint",
            ),
            text("text/plain"),
            get(proofs::checkpoint),
        )
        .problems(&[ProveError::KINDS]),
        route(
            "get",
            "/checkpoint/cosigned",
            (
                Needs::Any(READ),
                "the newest checkpoint that enough witnesses have cosigned: \
                 c2sp.org/tlog-cosignature",
            ),
            text("text/plain"),
            get(proofs::cosigned),
        )
        .problems(&[ProveError::KINDS]),
        route(
            "get",
            "/tile/{level}/{tile}",
            (
                Needs::Any(READ),
                "256 hashes of a level side by side, or fewer: c2sp.org/tlog-tiles; the number of \
                 a tile may be several segments, as in x001/234.p/17",
            ),
            text(BYTES),
            get(proofs::tile),
        )
        .problems(&[QUERY, NOT_FOUND]),
        route(
            "get",
            "/tile/entries/{tile}",
            (
                Needs::Any(AUDIT),
                "the public bytes of the records of a tile, each behind its length in two bytes",
            ),
            text(BYTES),
            get(proofs::entries),
        )
        .problems(&[QUERY, NOT_FOUND]),
    ]
}

/// What is proven of a record, or of an earlier tree.
fn proven() -> [Route; 3] {
    let proving: &[&[ProblemKind]] = &[QUERY, ProveError::KINDS];
    [
        route(
            "get",
            "/v1/events/{position}/proof",
            (
                Needs::Caller,
                "a record's public bytes with the proof that the log holds them, in one text: \
                 c2sp.org/tlog-proof",
            ),
            text("text/plain"),
            get(proofs::proof),
        )
        .kept_by_nobody()
        .problems(proving),
        route(
            "get",
            "/v1/proofs/inclusion",
            (Needs::Any(AUDIT), "that a record stands in the tree of so many: RFC 9162, 2.1.3"),
            json::<InclusionProof>(),
            get(proofs::inclusion),
        )
        .query(INCLUSION_QUERY)
        .problems(proving),
        route(
            "get",
            "/v1/proofs/consistency",
            (Needs::Any(AUDIT), "that an earlier tree begins a later one: RFC 9162, 2.1.4"),
            json::<ConsistencyProof>(),
            get(proofs::consistency),
        )
        .query(CONSISTENCY_QUERY)
        .problems(proving),
    ]
}
