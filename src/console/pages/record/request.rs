//! What is written in a form, as a request. Invariant: what cannot be one is told by the field it
//! was written in.

use serde_json::json;
use sijil_ledger::{Atomicity, Expectation, Rejection, Request, SubmitError, TrialError, masked};
use sijil_schemas::{
    Position,
    decode::{Draft, Refusal},
    event::EventType,
    id::EntityRef,
    problem::ProblemKind,
    time::Timestamp,
};

use super::TOGETHER_MAX;
use crate::{
    form::{Field, Filled},
    reader::Reader,
};

/// The longest key of a form, as of any request.
const KEY_BYTES_MAX: usize = 256;

/// What is wrong with what was written.
pub(super) struct Wrong {
    pub(super) kind: ProblemKind,
    pub(super) detail: String,
    /// The field, by the name of its input.
    pub(super) field: Option<String>,
    /// The records that rest on what was to be voided.
    pub(super) dependants: Vec<Position>,
}

/// The name of the input of a pointer into a draft.
fn input_of(pointer: &str) -> Option<String> {
    let pointer = pointer.strip_prefix("/events/0").unwrap_or(pointer);
    if let Some(field) = pointer.strip_prefix("/data/") {
        return Some(field.replace('/', "."));
    }
    let beside = pointer.strip_prefix('/')?;
    ["occurred_at", "actor", "on_behalf_of"].contains(&beside).then(|| format!("~{beside}"))
}

impl From<TrialError> for Wrong {
    fn from(error: TrialError) -> Wrong {
        let detail = masked(&error.to_string()).into_owned();
        let (pointer, dependants) = match &error {
            TrialError::Submit(SubmitError::Refused { refusal, .. }) => {
                (refusal.pointer().map(ToOwned::to_owned), Vec::new())
            }
            TrialError::Submit(SubmitError::Rejected {
                rejection: Rejection::HasDependants { dependants, .. },
                ..
            }) => (None, dependants.clone()),
            TrialError::Submit(SubmitError::Rejected { rejection, .. }) => {
                (rejection.pointer().map(ToOwned::to_owned), Vec::new())
            }
            _ => (None, Vec::new()),
        };
        let field = pointer.as_deref().and_then(input_of);
        Wrong { kind: error.kind(), detail, field, dependants }
    }
}
impl From<SubmitError> for Wrong {
    fn from(error: SubmitError) -> Wrong {
        Wrong::from(TrialError::Submit(error))
    }
}
impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        Wrong::from(SubmitError::Refused { index: 0, refusal })
    }
}

/// What is written, as a request: one event, and of a void those that fall with it.
pub(super) fn request(
    reader: &Reader<'_>,
    of: &EventType,
    (fields, filled): (&[Field], &Filled),
) -> Result<Request, Wrong> {
    let occurred_at = moment(reader, filled.get("~occurred_at"))?;
    let mut draft = json!({ "type": of.name, "data": filled.data(fields) });
    draft["occurred_at"] = occurred_at.to_string().into();
    for name in ["actor", "on_behalf_of"] {
        let said = filled.get(&format!("~{name}"));
        if !said.is_empty() {
            draft[name] = said.into();
        }
    }
    let mut drafts = Vec::new();
    for id in filled.get("~also").split(',').filter(|id| !id.is_empty()).take(TOGETHER_MAX) {
        let mut also = draft.clone();
        also["data"]["target"] = id.into();
        drafts.push(Draft::from_value(also)?);
    }
    drafts.push(Draft::from_value(draft)?);
    let home = filled.data(fields)[of.home_field].as_str().map(ToOwned::to_owned);
    let home = of.home_kind.zip(home).and_then(|(kind, id)| EntityRef::new(kind, &id).ok());
    let revision = filled.get("~revision").parse().ok();
    let expect = home.zip(revision).map(|(entity, revision)| Expectation { entity, revision });
    let key = Some(filled.get("~key").to_owned()).filter(|key| !key.is_empty());
    // Keys of several callers are told apart by what no key has.
    let is_key =
        |key: &String| key.len() <= KEY_BYTES_MAX && key.bytes().all(|it| it.is_ascii_graphic());
    if let Some(key) = key.as_ref().filter(|key| !is_key(key)) {
        let expected = format!("1 to {KEY_BYTES_MAX} visible ASCII characters");
        let message = format!("expected {expected}, got {} bytes; open the form anew", key.len());
        return Err(Refusal::InvalidField { pointer: "/~key".to_owned(), message }.into());
    }
    let expect = expect.into_iter().collect();
    Ok(Request { drafts, key, expect, atomicity: Atomicity::Together })
}

/// A moment as a form says it: with its offset, or in the company's zone; nothing is now.
pub(super) fn moment(reader: &Reader<'_>, text: &str) -> Result<Timestamp, Wrong> {
    if text.is_empty() {
        return Ok(reader.desk.now());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let local = text.replace(' ', "T").parse::<jiff::civil::DateTime>().ok();
    let there = local.map(|local| reader.zone.to_ambiguous_timestamp(local));
    // An hour that does not come, or comes twice, is one that nobody can mean.
    let exact = there.and_then(|there| there.unambiguous().ok());
    let moment = exact.and_then(|exact| Timestamp::from_micros(exact.as_microsecond()).ok());
    moment.ok_or_else(|| Wrong {
        kind: ProblemKind::InvalidField,
        detail: format!(
            "expected a day and a time that comes once in {}, as in 2025-01-31 09:00, or one with \
             an offset, got {:?}",
            reader.zone.iana_name().unwrap_or("UTC"),
            text.chars().take(80).collect::<String>()
        ),
        field: Some("~occurred_at".to_owned()),
        dependants: Vec::new(),
    })
}
