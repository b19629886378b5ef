//! What is held of somebody, and erasing it. Invariant: nothing is erased that was not to be seen
//! before, by whoever asks for a preview.

use axum::{
    Json,
    extract::{Path, Request as HttpRequest},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sijil_ledger::{
    Atomicity, CarriedBy, Desk, ErasureWanted, PartHeld, Request, SubjectError, SubjectHeld, Taking,
};
use sijil_schemas::{
    ErasureBasis, ExportOf, ExportPurpose, Position, Subject,
    decode::{Refusal, typed},
    id::{EntityRef, ErasureId},
    json::value_from_slice,
    problem::ProblemKind,
    time::Date,
};

use crate::{
    app::App,
    asked::Asked,
    correcting::yes,
    problem::Problem,
    read::nothing_left,
    write::{refused, wants_media, whole_body},
};

/// What is to be erased.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureAsked {
    /// The id of the erasure; left out, the subject and the position of the log.
    #[serde(default)]
    erasure: Option<ErasureId>,
    /// Whose values: a client, contact, employee, user or counterparty, as in client:C-1.
    subject: Subject,
    /// Why.
    basis: ErasureBasis,
    /// What bookkeeping must show stays until this day.
    #[serde(default)]
    keep_legal_until: Option<Date>,
    /// What bookkeeping must show is erased with the rest.
    #[serde(default)]
    erase_legal: bool,
}

/// An erasure, made or to be made.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErasureTold {
    /// Whose values.
    subject: EntityRef,
    /// The records of it, each erasing some; none in a preview.
    positions: Vec<Position>,
    /// What is erased, part by part; the values stand here in a preview alone.
    parts: Vec<PartHeld>,
    /// What stays, until the day it is kept to.
    kept: Vec<PartHeld>,
    /// The places whose files hold the values no more; others follow as they are reached.
    gone_from: Vec<String>,
    /// Exports that may have carried values: they cannot be recalled, and whoever took them is to
    /// be told.
    exports: Vec<CarriedBy>,
}

impl From<SubjectError> for Problem {
    fn from(error: SubjectError) -> Problem {
        match error {
            SubjectError::Denied(denied) => denied.into(),
            SubjectError::Read(error) => error.into(),
            SubjectError::Submit(error) => error.into(),
            SubjectError::Unknown(_) => Problem::new(ProblemKind::NotFound, error.to_string()),
            SubjectError::Elsewhere => {
                Problem::new(ProblemKind::ErasureElsewhere, error.to_string())
            }
        }
    }
}

/// `GET /v1/subjects/{kind}/{id}`: all that is held of somebody.
pub(crate) async fn subject(
    app: App,
    Path((kind, id)): Path<(String, String)>,
    Asked(parameters): Asked,
) -> Result<Response, Problem> {
    nothing_left(&parameters, "none")?;
    let subject: Subject = format!("{kind}:{id}")
        .parse()
        .map_err(|message| Problem::new(ProblemKind::NotFound, message))?;
    let body = app.blocking(move |desk| taken_out(desk, &subject)).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// All that is held of somebody, as it leaves; that it does is recorded before.
fn taken_out(desk: &Desk, subject: &Subject) -> Result<Vec<u8>, Problem> {
    let held: SubjectHeld = desk.subject(subject)?;
    let body = serde_json::to_vec(&held).map_err(|error| {
        tracing::error!(%error, "what is held of somebody cannot be written");
        Problem::new(ProblemKind::Internal, "the cause is in the server's log")
    })?;
    let mut export = desk.export(Taking {
        what: ExportOf::Subject,
        purpose: ExportPurpose::SubjectAccess,
        filter: Some(format!("subject={}", held.subject)),
        personal: true,
        known_at: Some(held.known_at),
    })?;
    export.take(held.parts.len() as u64, &body);
    export.end(true);
    Ok(body)
}

/// `POST /v1/erasures`: erases what is held of somebody, or says what that would be.
pub(crate) async fn erase(
    app: App,
    Asked(mut parameters): Asked,
    headers: HeaderMap,
    request: HttpRequest,
) -> Result<Response, Problem> {
    let preview = yes(&mut parameters, "preview")?;
    nothing_left(&parameters, "preview")?;
    wants_media(&headers, "application/json")?;
    let body = whole_body(&headers, request.into_body()).await?;
    let asked: ErasureAsked = typed(value_from_slice(&body).map_err(refused)?).map_err(refused)?;
    let told = app.blocking(move |desk| told(desk, &asked, preview)).await?;
    let status = if told.positions.is_empty() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(told)).into_response())
}

fn told(desk: &Desk, asked: &ErasureAsked, preview: bool) -> Result<ErasureTold, Problem> {
    let held = desk.subject(&asked.subject)?;
    let legal = held.parts.iter().any(|part| part.class.is_some() && part.erased_by.is_none());
    if legal && asked.keep_legal_until.is_none() && !asked.erase_legal && !preview {
        let message = "expected a day, since some of it is what bookkeeping must show; give the \
                       day until which that is kept, or say erase_legal: true";
        let pointer = "/keep_legal_until".into();
        return Err(refused(Refusal::InvalidField { pointer, message: message.into() }));
    }
    // Made of what is there, so that asking twice is one erasure.
    let last = held.parts.iter().map(|part| part.position).max().unwrap_or_default();
    let named = format!("{}-{last}", held.subject.to_string().replace(':', "-"));
    let erasure = asked.erasure.as_ref().map_or(named, |id| id.as_str().to_owned());
    let wanted = ErasureWanted {
        erasure,
        subject: asked.subject.clone(),
        basis: asked.basis,
        keep_legal_until: asked.keep_legal_until.filter(|_| !asked.erase_legal),
    };
    if !preview {
        desk.can_erase()?;
    }
    let (drafts, erased) = desk.erasure(&wanted)?;
    let is_erased = |part: &PartHeld| {
        erased.parts.iter().any(|one| (one.position, one.part) == (part.position, part.part))
    };
    let mut kept = held.parts;
    kept.retain(|part| part.erased_by.is_none() && !is_erased(part));
    let mut told = ErasureTold {
        subject: held.subject,
        positions: Vec::new(),
        parts: erased.parts,
        kept,
        gone_from: Vec::new(),
        exports: erased.exports,
    };
    if preview || drafts.is_empty() {
        return Ok(told);
    }
    let request = Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Together };
    let receipt = desk.submit_blocking(request)?;
    for outcome in receipt.outcomes {
        told.positions.push(outcome?.position);
    }
    told.gone_from = desk.gone_from(&wanted.erasure);
    for part in told.parts.iter_mut().chain(&mut told.kept) {
        part.values.clear();
    }
    Ok(told)
}
