//! What is taken out in bulk. Invariant: the record that it begins is durable before its first byte
//! leaves; the record that it ended tells what left, whole or not.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sijil_schemas::{
    Checksum, ExportOf, ExportPurpose, May, Position, RightFamily, decode::Draft,
    event::EVENT_TYPES, id::Key, text::Text,
};

use crate::{
    browse::Filter,
    desk::Desk,
    request::{Atomicity, Request, SubmitError},
};

/// What somebody takes out.
#[derive(Debug, Clone)]
pub struct Taking {
    /// What it is.
    pub what: ExportOf,
    /// What for.
    pub purpose: ExportPurpose,
    /// What of it, in words; nothing personal.
    pub filter: Option<String>,
    /// Whether values about persons go along.
    pub personal: bool,
    /// Up to which position; `None` is up to what is durable now.
    pub known_at: Option<Position>,
}

/// Something that is being taken out. Whoever sends it says what has left, and at last that it
/// ended.
#[must_use = "an export that began is to be ended"]
pub struct Export {
    desk: Desk,
    /// `None` if nothing is recorded of it.
    id: Option<String>,
    known_at: Position,
    rows: u64,
    bytes: u64,
    sha256: Sha256,
}

impl Filter {
    /// The filter as it is written in an address, without where to begin.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let moment = |moment: Option<sijil_schemas::time::Timestamp>| moment.map(|m| m.to_string());
        // What is no actor's id can stand for anything, and finds nothing.
        let actor = self.actor.as_ref().filter(|actor| Key::new(actor.as_str()).is_ok());
        let all = [
            ("type", (!self.types.is_empty()).then(|| self.types.join(","))),
            ("family", self.family.clone()),
            ("entity", self.entity.as_ref().map(ToString::to_string)),
            ("actor", actor.cloned()),
            ("from", moment(self.occurred_from)),
            ("before", moment(self.occurred_before)),
        ];
        let said: Vec<String> = all
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value?)))
            .collect();
        (!said.is_empty()).then(|| said.join("&"))
    }
}

impl Desk {
    /// Whether values about persons can stand among the records of a filter, as this desk shows
    /// them.
    #[must_use]
    pub fn carries_persons(&self, filter: &Filter) -> bool {
        EVENT_TYPES.iter().any(|of| {
            let family = RightFamily::named(of.family).unwrap_or(RightFamily::All);
            !of.personal.is_empty()
                && (filter.types.is_empty() || filter.types.iter().any(|name| name == of.name))
                && filter.family.as_ref().is_none_or(|family| family == of.family)
                && [May::Read, May::Personal]
                    .iter()
                    .all(|may| self.held().reach().may(*may, family))
        })
    }
    /// Records that something is taken out: it is durable when this returns, and refused if it
    /// cannot be. Nothing is recorded where nobody is asked who he is, of a ledger that was not
    /// opened yet, and of what the machine's operator takes from one that takes no writes: whoever
    /// holds the files needs no door.
    pub fn export(&self, taking: Taking) -> Result<Export, SubmitError> {
        let known_at = taking.known_at.map_or(self.durable(), |known| known.min(self.durable()));
        let mut export = Export {
            desk: self.clone(),
            id: None,
            known_at,
            rows: 0,
            bytes: 0,
            sha256: Sha256::new(),
        };
        let is_operator = self.caller().granted().is_none();
        if self.caller().is_open() || self.durable() == Position::ZERO {
            return Ok(export);
        }
        if is_operator && !self.writable() {
            tracing::info!("something is taken out of a ledger that can take no record of it");
            return Ok(export);
        }
        let id = self.new_export_id();
        let mut data = json!({
            "export": id,
            "what": taking.what,
            "known_at": known_at,
            "personal": taking.personal,
            "purpose": taking.purpose,
        });
        // What does not fit is told in part.
        if let Some(filter) = taking.filter {
            let cut = filter.floor_char_boundary(FILTER_BYTES_MAX);
            data["filter"] = json!(Text::new(&filter[..cut]).ok());
        }
        export.record("export.begun", &data)?;
        export.id = Some(id);
        Ok(export)
    }
}

/// The most of a filter that is recorded, in bytes.
const FILTER_BYTES_MAX: usize = 1_024;

impl Export {
    /// Up to which position it goes.
    #[must_use]
    pub const fn known_at(&self) -> Position {
        self.known_at
    }
    /// Counts what leaves.
    pub fn take(&mut self, rows: u64, bytes: &[u8]) {
        self.rows += rows;
        self.bytes += bytes.len() as u64;
        self.sha256.update(bytes);
    }
    /// Records that it ended, with all that was asked for or cut off. Where that cannot be
    /// recorded, it stands there as begun.
    pub fn end(self, whole: bool) {
        let Some(id) = &self.id else { return };
        let sha256 = Checksum(self.sha256.clone().finalize().into());
        let (rows, bytes) = (self.rows, self.bytes);
        let data = json!({
            "export": id, "rows": rows, "bytes": bytes, "sha256": sha256, "whole": whole,
        });
        let ended = self.record("data.exported", &data).or_else(|error| match error {
            // Who has lost the right to it meanwhile has taken it out all the same.
            SubmitError::Denied { .. } => {
                let actor = self.desk.caller().actor();
                submit(&self.desk.own_desk(), "data.exported", &data, actor)
            }
            error => Err(error),
        });
        if let Err(error) = ended {
            tracing::error!(%error, export = id, rows, bytes, whole, "an export ended unrecorded");
        }
    }
    fn record(&self, name: &str, data: &Value) -> Result<(), SubmitError> {
        submit(&self.desk, name, data, None)
    }
}

/// Records one event of the ledger's own.
pub(crate) fn submit(
    desk: &Desk,
    name: &str,
    data: &Value,
    actor: Option<Key>,
) -> Result<(), SubmitError> {
    let mut draft = json!({"type": name, "occurred_at": desk.now(), "data": data});
    if let Some(actor) = actor {
        draft["actor"] = json!(actor);
    }
    let refused = |refusal| SubmitError::Refused { index: 0, refusal };
    let draft = Draft::from_value(draft).map_err(refused)?;
    let (drafts, expect) = (vec![draft], Vec::new());
    let atomicity = Atomicity::Together;
    let receipt = desk.submit_blocking(Request { drafts, key: None, expect, atomicity })?;
    receipt.outcomes.into_iter().try_for_each(|outcome| outcome.map(|_| ()))
}
