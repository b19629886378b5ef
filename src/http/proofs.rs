//! Proofs for outsiders. Invariant: what leaves here as text or bytes has the form that
//! transparency logs agreed on, so that tools of others read it.

use axum::{
    Json,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use sijil_ledger::{Desk, ProveError, Recorded, position};
use sijil_proof::{base64, tiles::named, tree::Hash};
use sijil_schemas::Position;

use crate::{
    app::App,
    asked::{Asked, Named, Parameters},
    problem::Problem,
    read::{nothing_left, taken_position},
};

/// The preference by which a proof is asked for with what is recorded.
const PROOF: &str = "proof";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// That a record stands in the tree of so many; hashes in base64.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InclusionProof {
    /// Where the record stands; its index in the tree is one less.
    position: Position,
    /// How many records the tree has.
    size: Position,
    /// The hash of the record's public bytes.
    leaf: String,
    /// The root of the tree.
    root: String,
    /// The hashes from the leaf's sibling up.
    path: Vec<String>,
}

/// That an earlier tree is the beginning of a later one; hashes in base64.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ConsistencyProof {
    /// How many records the earlier tree has.
    from: Position,
    /// How many the later one has.
    to: Position,
    /// The root of the earlier tree.
    first: String,
    /// The root of the later one.
    second: String,
    /// The hashes that lead from the one to the other.
    path: Vec<String>,
}

fn text(text: String) -> Response {
    ([(header::CONTENT_TYPE, TEXT)], text).into_response()
}

/// `GET /checkpoint`: what the log says of itself, signed.
pub(crate) async fn checkpoint(app: App) -> Result<Response, Problem> {
    let signed = app.blocking(|desk| Ok(desk.checkpoint(Position::ZERO)?)).await?;
    Ok(text(signed.note.to_string()))
}

/// `GET /checkpoint/cosigned`: the same, with the signatures of enough witnesses.
pub(crate) async fn cosigned(app: App) -> Result<Response, Problem> {
    let signed = app.blocking(|desk| Ok(desk.cosigned()?)).await?;
    Ok(text(signed.note.to_string()))
}

fn no_tile(path: &str) -> Problem {
    let path: String = path.chars().take(80).collect();
    Problem::not_found(format!(
        "the log has no tile {path:?}; tiles are named as in 0/x001/234 or, with fewer than 256 \
         hashes, 0/x001/235.p/17"
    ))
}

/// `GET /tile/{level}/{tile}`: hashes side by side.
pub(crate) async fn tile(
    app: App,
    Path((level, tile)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let wanted = |level: &str| level.parse::<u32>().ok().filter(|l| l.to_string() == *level);
    let unknown = no_tile(&format!("{level}/{tile}"));
    let Some((level, (number, width))) = wanted(&level).zip(named(&tile)) else {
        return Err(unknown);
    };
    let found = app.blocking(move |desk| Ok(desk.tile(level, number, width)?)).await?;
    let hashes: Vec<Hash> = found.ok_or(unknown)?;
    Ok(([(header::CONTENT_TYPE, BYTES)], hashes.concat()).into_response())
}

/// `GET /tile/entries/{tile}`: the public bytes of records.
pub(crate) async fn entries(app: App, Named(tile): Named) -> Result<Response, Problem> {
    let unknown = no_tile(&format!("entries/{tile}"));
    let Some((number, width)) = named(&tile) else { return Err(unknown) };
    let found = app.blocking(move |desk| Ok(desk.entries(number, width)?)).await?;
    Ok(([(header::CONTENT_TYPE, BYTES)], found.ok_or(unknown)?).into_response())
}

/// `GET /v1/events/{position}/proof`: a record and its proof, to be checked without the log.
pub(crate) async fn proof(app: App, Named(number): Named) -> Result<Response, Problem> {
    let position =
        position(&number).ok_or_else(|| Problem::query("position", "a whole number", &number))?;
    let proof = app.blocking(move |desk| Ok(desk.prove(position)?)).await?;
    Ok(text(proof.to_string()))
}

fn required(parameters: &mut Parameters, name: &str) -> Result<Position, Problem> {
    let missing = || Problem::query(name, "a position", "nothing");
    taken_position(parameters, name)?.ok_or_else(missing)
}

/// `GET /v1/proofs/inclusion`: that a record stands in the tree of so many.
pub(crate) async fn inclusion(app: App, Asked(mut parameters): Asked) -> Result<Response, Problem> {
    let position = required(&mut parameters, "position")?;
    let size = taken_position(&mut parameters, "size")?;
    nothing_left(&parameters, "position, size")?;
    let prove =
        move |desk: &Desk| Ok(desk.inclusion(position, size.unwrap_or_else(|| desk.durable()))?);
    let found = app.blocking(prove).await?;
    Ok(Json(InclusionProof {
        position: found.position,
        size: found.size,
        leaf: base64(&found.leaf),
        root: base64(&found.root),
        path: found.path.iter().map(base64).collect(),
    })
    .into_response())
}

/// `GET /v1/proofs/consistency`: that an earlier tree is the beginning of a later one.
pub(crate) async fn consistency(
    app: App,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    let from = required(&mut parameters, "from")?;
    let to = taken_position(&mut parameters, "to")?;
    nothing_left(&parameters, "from, to")?;
    let prove =
        move |desk: &Desk| Ok(desk.consistency(from, to.unwrap_or_else(|| desk.durable()))?);
    let found = app.blocking(prove).await?;
    Ok(Json(ConsistencyProof {
        from: found.from,
        to: found.to,
        first: base64(&found.first),
        second: base64(&found.second),
        path: found.path.iter().map(base64).collect(),
    })
    .into_response())
}

/// Whether proofs are asked for with what is recorded: `Prefer: proof`, of RFC 7240.
pub(crate) fn preferred(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|one| one.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(PROOF))
}

/// The proofs of what was recorded, in its order. It is recorded, proven or not: where nothing can
/// be signed, none is there, and no header says that the preference was followed.
pub(crate) async fn of_recorded(app: &App, recorded: &[Recorded]) -> Option<Vec<String>> {
    let recorded = recorded.to_vec();
    let prove = move |desk: &Desk| {
        let last = recorded.iter().map(|one| one.position).max().unwrap_or_default();
        // All of them under one checkpoint.
        desk.checkpoint(last)?;
        let proofs = recorded.iter().map(|one| Ok(desk.receipt_of(one)?.to_string()));
        Ok(proofs.collect::<Result<_, ProveError>>()?)
    };
    let proven = app.blocking(prove).await;
    proven.inspect_err(|problem| tracing::warn!(why = problem.detail(), "not proven")).ok()
}

/// Says that the preference was followed.
pub(crate) fn applied(mut response: Response) -> Response {
    debug_assert!(response.status() == StatusCode::OK || response.status() == StatusCode::CREATED);
    response.headers_mut().insert("preference-applied", header::HeaderValue::from_static(PROOF));
    response
}
