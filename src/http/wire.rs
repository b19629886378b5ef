//! What the door answers, as types. Invariant: a body is one of these or a type of the ledger, and
//! its schema in the OpenAPI document is generated from it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sijil_ledger::{Kept, LogState, Span};
use sijil_projections::{
    fold::Quarantined,
    report::Report,
    state::{Difference, Step},
};
use sijil_schemas::{
    Holder, Network, OverlapHours, Position, Right,
    decode::Draft,
    event::Birth,
    id::{AccessKeyId, EntityRef, Key, Kind},
    record::{KeyId, Shown},
    time::{Date, Timestamp},
};
use uuid::Uuid;

/// Events that stand or fall together, and what must hold before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// The drafts, 1 to 1000, in order.
    #[schemars(with = "Vec<Draft>", length(min = 1, max = 1000))]
    pub(crate) events: Vec<Value>,
    /// Revisions that are expected.
    #[serde(default)]
    pub(crate) expect: Vec<Expect>,
}

/// The revision an entity is expected to be at.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    pub(crate) entity: EntityRef,
    pub(crate) revision: u64,
}

/// What `POST /v1/events` takes.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "it stands for the schema: the body is told apart by its member `events` before it is \
              read"
)]
pub(crate) enum DraftOrBatch {
    Draft(Draft),
    Batch(Batch),
}

/// A line of an import that was not recorded.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RefusedLine {
    /// Which line, from 1; 0 for a recorded event that no line gives.
    pub(crate) line: usize,
    /// Where that event stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<Position>,
    /// The name of the problem.
    pub(crate) name: &'static str,
    /// What was expected and what came.
    pub(crate) detail: String,
    /// How many later lines were refused only because this one was, or for its very cause.
    pub(crate) resting: usize,
    /// The field it is about, as a JSON pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointer: Option<String>,
    /// What is not known, or exists already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<EntityRef>,
    /// The line, as far as it is shown.
    pub(crate) text: String,
}

/// What became of what an import had recorded before.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CorrectionReport {
    /// Events that were voided and recorded anew as their lines say.
    pub(crate) corrected: usize,
    /// Events that were voided and recorded anew unchanged, since they rest on those.
    pub(crate) moved: usize,
    /// Events of the source that no line gives any more.
    pub(crate) vanished: usize,
    /// Those of them that were voided.
    pub(crate) voided: usize,
    /// Lines whose event somebody has voided by hand: it stays voided.
    pub(crate) left_voided: usize,
}

/// What became of an import.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ImportReport {
    /// Whether this says only what would become of the lines: nothing was recorded.
    pub(crate) dry_run: bool,
    /// Lines recorded now.
    pub(crate) recorded: usize,
    /// Lines recorded before.
    pub(crate) known: usize,
    /// Lines refused.
    pub(crate) refused: usize,
    /// Lines refused for a cause of their own: the others rest on one of these.
    pub(crate) causes: usize,
    /// The last position; in a dry run, the one it would be.
    pub(crate) position: Position,
    /// What became of what was recorded before, in a correction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) correction: Option<CorrectionReport>,
    /// The first of the lines that were refused for a cause of their own.
    pub(crate) refusals: Vec<RefusedLine>,
}

/// A page of records.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventsPage {
    /// The records, in order of position.
    pub(crate) events: Vec<Shown>,
    /// After which position the next page begins; null at the end.
    pub(crate) next: Option<Position>,
}

/// The vocabulary.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Vocabulary {
    pub(crate) types: Vec<VocabularyType>,
}

/// An event type.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VocabularyType {
    /// Its name.
    #[serde(rename = "type")]
    pub(crate) name: &'static str,
    /// Its family.
    pub(crate) family: &'static str,
    /// Its newest version.
    pub(crate) version: u8,
    /// Whether it opens its home entity.
    pub(crate) birth: Birth,
    /// The field that names its home entity.
    pub(crate) home: &'static str,
    /// Where its schema is.
    pub(crate) schema: String,
}

/// The schema of an event type.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VocabularySchema {
    /// Its name.
    #[serde(rename = "type")]
    pub(crate) name: &'static str,
    /// Its newest version.
    pub(crate) version: u8,
    /// The JSON Schema of its data, newest version.
    pub(crate) schema: Value,
    /// The fields of its data, in the order in which a form asks for them.
    pub(crate) order: Vec<&'static str>,
    /// A draft of it.
    pub(crate) example: Value,
    /// The schemas of all released versions, oldest first.
    pub(crate) versions: Vec<Value>,
}

/// The registry of reports.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Registry {
    pub(crate) reports: Vec<&'static Report>,
}

/// The folds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Projections {
    pub(crate) projections: Vec<Projection>,
}

/// A fold.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Projection {
    /// Its name.
    pub(crate) name: &'static str,
    /// The edition of its code.
    pub(crate) edition: u32,
    /// The position it reflects.
    pub(crate) position: Position,
    /// The facts it set aside.
    pub(crate) quarantine: Vec<Quarantined>,
    /// Its parts, each with the bytes it takes in memory.
    pub(crate) memory: BTreeMap<&'static str, u64>,
    /// The state that was replaced last, if it is kept.
    pub(crate) kept: Option<Kept>,
}

/// The log.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LogStatus {
    /// The ledger's id; all zeros before its first record.
    pub(crate) ledger: Uuid,
    /// The last position.
    pub(crate) position: Position,
    /// How many records.
    pub(crate) records: Position,
    /// The Merkle root over them, in hexadecimal.
    pub(crate) root: String,
    /// When the last was recorded.
    pub(crate) recorded_at: Option<Timestamp>,
    /// Whether writes are taken.
    pub(crate) writable: bool,
    /// How it stands.
    pub(crate) state: LogState,
    /// If it is damaged: all records up to here are as they were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vouched_to: Option<Position>,
    /// If it is damaged: the first place that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) damage: Option<String>,
    /// Records whose personal parts were found to be missing without an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missing_parts: Option<u64>,
    /// Why writes are not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// The key that verifies what is signed here, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vkey: Option<String>,
}

/// A sign of life.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    pub(crate) status: &'static str,
}

/// Whether questions are answered and writes taken.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Readiness {
    /// Whether questions are answered.
    pub(crate) ready: bool,
    /// How it stands; told to whoever may operate or audit.
    #[serde(flatten)]
    #[schemars(with = "Option<Standing>")]
    pub(crate) standing: Option<Standing>,
}

/// How a ledger stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Standing {
    /// Whether writes are taken.
    pub(crate) writable: bool,
    /// Whether the log is out of reach, so that answers come from what was known before.
    pub(crate) stale: bool,
    /// How the log stands.
    pub(crate) log: LogState,
    /// The last durable position.
    pub(crate) durable: Position,
    /// The position the views reflect.
    pub(crate) folded: Position,
    /// Why writes are not taken.
    pub(crate) why: Option<String>,
}

/// Who the caller is, and what it may do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Myself {
    /// By what it is known: `open` (nobody is asked), `local` (the files here), `key`, `session`.
    pub(crate) known_by: &'static str,
    /// The user or integration it is; null of the machine's operator, and where nobody is asked.
    pub(crate) holder: Option<EntityRef>,
    /// The id of its key, or of the one its session was begun with.
    #[schemars(with = "Option<String>")]
    pub(crate) key: Option<KeyId>,
    /// The last day the key is good, in the company's time zone.
    pub(crate) expires_on: Option<Date>,
    /// The actor of what it records without naming one.
    pub(crate) actor: Option<Key>,
    /// What it may do, family by family; `all` is every family.
    pub(crate) rights: Vec<Span>,
    /// What else it may do, with what lies in scopes.
    pub(crate) within: Vec<crate::keys::Scoped>,
}

/// A key that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyWanted {
    /// Whose it is to be: a user or an integration, as in user:U-1 or service:shop; may be left
    /// out of a key that takes the place of another.
    #[serde(default)]
    pub(crate) of: Option<Holder>,
    /// The last day it is good, in the company's time zone; left out, 90 days from now, and of a
    /// key that replaces itself no later than it was good.
    #[serde(default)]
    pub(crate) expires_on: Option<Date>,
    /// What of its holder's rights the key has; left out, all of them, or those of the key it takes
    /// the place of.
    #[serde(default)]
    pub(crate) narrows: Option<Vec<Right>>,
    /// The networks it may be used from; left out, any, or those of the key it takes the place of.
    #[serde(default)]
    pub(crate) networks: Option<Vec<Network>>,
    /// The key of the same holder that it takes the place of.
    #[serde(default)]
    pub(crate) replaces: Option<AccessKeyId>,
    /// For how many hours that key is still good; left out, none.
    #[serde(default)]
    pub(crate) overlap_h: Option<OverlapHours>,
}

/// A key that was made. Its secret is shown here and never again.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyMade {
    /// The key.
    #[schemars(with = "String")]
    pub(crate) key: KeyId,
    /// The secret, to be sent as `Authorization: Bearer`.
    pub(crate) secret: String,
    /// Whose it is.
    pub(crate) of: Holder,
    /// The last day it is good, in the company's time zone.
    pub(crate) expires_on: Date,
    /// Where that is recorded.
    pub(crate) position: Position,
}

/// A page of entities of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EntitiesPage {
    /// The kind.
    pub(crate) entity: Kind,
    /// What was known then.
    pub(crate) known_at: Position,
    /// In order of the ids.
    pub(crate) rows: Vec<EntityRow>,
    /// After which id the next page begins; null at the end.
    pub(crate) next: Option<String>,
}

/// An entity in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EntityRow {
    pub(crate) id: String,
    /// How many records have it as home.
    pub(crate) revision: u64,
}

/// A page of the records that name an entity.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Timeline {
    pub(crate) entity: EntityRef,
    /// The client that this one was merged into: its timeline holds the events of both.
    pub(crate) merged_into: Option<EntityRef>,
    /// What was known then.
    pub(crate) known_at: Position,
    /// Newest business date first.
    pub(crate) events: Vec<Shown>,
    /// `before` of the next page; null at the end.
    pub(crate) next: Option<String>,
}

/// Who changed what in an entity.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct History<'a> {
    pub(crate) entity: EntityRef,
    /// What was true then; null is no cut.
    pub(crate) as_of: Option<String>,
    /// What was known then.
    pub(crate) known_at: Position,
    /// Each record that names it and each void of one, in replay order; a void stands behind what
    /// it voids.
    pub(crate) steps: Vec<Step<'a>>,
}

/// A point on the two clocks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Point {
    /// What was true then; null is no cut.
    pub(crate) as_of: Option<String>,
    /// What was known then.
    pub(crate) known_at: Position,
}

/// An entity at two points.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Compared {
    pub(crate) entity: EntityRef,
    pub(crate) before: Point,
    pub(crate) after: Point,
    /// What differs, field by field.
    pub(crate) differences: Vec<Difference>,
}

/// A problem (RFC 9457).
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemBody {
    /// The address of the page about it; its last part is the name.
    #[serde(rename = "type")]
    pub(crate) page: String,
    /// The name in words.
    pub(crate) title: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What was expected, what came, and what to do.
    pub(crate) detail: String,
    /// The id of the request, as in the header `x-request-id` and in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    #[serde(flatten)]
    pub(crate) more: More,
}

/// What some problems say besides.
#[derive(Debug, Default, Clone, Serialize, JsonSchema)]
pub(crate) struct More {
    /// Which event of the request it is about, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<usize>,
    /// Where in the body, as a JSON pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointer: Option<String>,
    /// Which parameter of the query or the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<String>,
    /// The records that rest on the voided one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dependants: Option<Vec<Position>>,
    /// The entity that has another revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entity: Option<EntityRef>,
    /// The revision that was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<u64>,
    /// The revision there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) actual: Option<u64>,
    /// The records that are newer than what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) newer: Option<Vec<Position>>,
    /// The events that are known already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<Vec<KnownEvent>>,
}

/// An event that is known already.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct KnownEvent {
    pub(crate) id: Uuid,
    /// Left out where the caller may not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<Position>,
}
