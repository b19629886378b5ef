//! Older versions of event types, and how they become the newest. Invariant: what an old record
//! said is never lost on the way up.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    decode::{Refusal, typed_ref},
    event::{Event, EventType, Interactions, Invoices, Release},
    id::{ClientId, EntityRef, InteractionId, Key, PaymentId, StatementLineId},
    interactions::{Channel, Direction, InteractionRecorded},
    invoices::StatementLineMatched,
    text::{Attributes, Name, Personal, Text},
};

/// `interaction.recorded` version 1: the duration was in whole minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InteractionRecordedV1 {
    interaction: InteractionId,
    client: Option<ClientId>,
    channel: Channel,
    direction: Direction,
    duration_min: Option<u32>,
    #[serde(default)]
    participants: Vec<EntityRef>,
    outcome: Option<Key>,
    text: Option<Personal<Text>>,
    body_ref: Option<Name>,
    recording_ref: Option<Name>,
    #[serde(default)]
    refs: Vec<EntityRef>,
    #[serde(default)]
    #[schemars(extend("maxProperties" = crate::text::ATTRIBUTES_MAX))]
    attributes: Attributes,
}

impl From<InteractionRecordedV1> for InteractionRecorded {
    fn from(old: InteractionRecordedV1) -> InteractionRecorded {
        InteractionRecorded {
            interaction: old.interaction,
            client: old.client,
            channel: old.channel,
            direction: old.direction,
            duration_s: old.duration_min.map(|m| m.saturating_mul(60)),
            participants: old.participants,
            outcome: old.outcome,
            text: old.text,
            body_ref: old.body_ref,
            recording_ref: old.recording_ref,
            refs: old.refs,
            attributes: old.attributes,
        }
    }
}

// Version 1: a line had one match, to a payment. What its docs say stands in the released schema.
/// A line of a bank statement was matched to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementLineMatchedV1 {
    /// The line.
    statement_line: StatementLineId,
    /// The payment.
    payment: PaymentId,
    /// Other entities this event is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refs: Vec<EntityRef>,
    /// The company's own fields; nothing personal.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = crate::text::ATTRIBUTES_MAX))]
    attributes: Attributes,
}

impl From<StatementLineMatchedV1> for StatementLineMatched {
    fn from(old: StatementLineMatchedV1) -> StatementLineMatched {
        // Without an amount: the whole line, as it was meant.
        StatementLineMatched {
            statement_line: old.statement_line,
            to: old.payment.entity(),
            amount: None,
            refs: old.refs,
            attributes: old.attributes,
        }
    }
}

const RECORDED_V1: &str = "interaction.recorded";
const MATCHED_V1: &str = "statement_line.matched";

/// A version that only grew: what an older record says means the same in it, and an older draft may
/// not use what is new.
#[derive(Debug, Clone, Copy)]
struct Growth {
    /// The event type.
    name: &'static str,
    /// The version that grew.
    version: u8,
    /// The fields it added, as pointers into `data`; `*` stands for every element, as in
    /// `lines/*/receipt`.
    adds: &'static [&'static str],
    /// The fields that may be left out from it on.
    relaxes: &'static [&'static str],
    /// The words it added to closed lists, each with the path of its field.
    words: &'static [(&'static str, &'static str)],
    /// The files of the version before.
    before: Release,
}

/// Lists growths: type, version before and after, the fields that were added, the fields that
/// became optional, and the words that were added to a field's list.
macro_rules! grown {
    ($(
        $name:literal $before:literal to $version:literal
        adds [$($field:literal),*] relaxes [$($relaxed:literal),*]
        $(words [$($path:literal $word:literal),*])?;
    )*) => {
        &[$(Growth {
            name: $name,
            version: $version,
            adds: &[$($field),*],
            relaxes: &[$($relaxed),*],
            words: &[$($(($path, $word)),*)?],
            before: Release {
                schema: include_str!(concat!("json/", $name, "/v", $before, ".json")),
                example: include_str!(concat!("json/", $name, "/v", $before, ".example.json")),
            },
        }),*]
    };
}

/// Every growth, in the order of the types.
const GROWN: &[Growth] = grown! {
    "stock_policy.set" 1 to 2 adds ["reserved"] relaxes [];
    "bill.received" 1 to 2 adds ["lines/*/receipt", "lines/*/account"] relaxes [];
    "bill.credited" 1 to 2 adds ["lines/*/receipt", "lines/*/account"] relaxes [];
    "goods.issued" 1 to 2 adds ["reservation"] relaxes [];
    "receipt.cost_adjusted" 1 to 2 adds ["extra"] relaxes [];
    "credit_note.issued" 1 to 2
        adds ["client", "counterparty", "owner", "order"] relaxes ["invoice"];
    "invoice.written_off" 1 to 2 adds ["account"] relaxes [];
    "payment.allocated" 1 to 2 adds ["for_party"] relaxes [];
    "payment.made" 1 to 2 adds ["deductions"] relaxes [];
    "payment.made_allocated" 1 to 2 adds ["for_party"] relaxes [];
    "payment.received" 1 to 2 adds ["deductions"] relaxes [];
    "payment.refunded" 1 to 2 adds ["bank_account"] relaxes [];
    "order.placed" 1 to 2 adds ["parts"] relaxes [];
    "shipment.dispatched" 1 to 2 adds ["parts"] relaxes [];
    "return.received" 1 to 2 adds ["parts"] relaxes [];
    "invoice.issued" 1 to 2 adds ["parts"] relaxes [];
    "credit_note.issued" 2 to 3 adds ["parts"] relaxes [];
    "bill.received" 2 to 3 adds ["parts"] relaxes [];
    "bill.credited" 2 to 3 adds ["parts"] relaxes [];
    "purchase_order.placed" 1 to 2 adds ["parts"] relaxes [];
    "role.defined" 1 to 2 adds [] relaxes [] words ["rights/*/family" "surveys"];
    "key.issued" 1 to 2 adds [] relaxes [] words ["narrows/*/family" "surveys"];
    "module.enabled" 1 to 2 adds [] relaxes [] words ["module" "surveys"];
    "module.disabled" 1 to 2 adds [] relaxes [] words ["module" "surveys"];
};

/// The growths that a draft of some version knows nothing of.
fn unknown_to(name: &str, version: u8) -> impl Iterator<Item = &'static Growth> {
    GROWN.iter().filter(move |growth| growth.name == name && growth.version > version)
}

impl Growth {
    /// Refuses a draft of an older version that uses what this one added, or leaves out what had to
    /// be there.
    fn check(&self, data: &Value) -> Result<(), Refusal> {
        let find = |path: &str, is_it: &dyn Fn(&Value) -> bool| {
            let steps: Vec<&str> = path.split('/').collect();
            let found = first_at(data, &steps, is_it)?;
            Some(crate::strict::pointer(found.into_iter().rev().collect()))
        };
        for path in self.adds {
            if let Some(pointer) = find(path, &|_| true) {
                return Err(Refusal::UnknownField {
                    pointer,
                    expected: format!("it comes with version {} of {}", self.version, self.name),
                });
            }
        }
        for (path, word) in self.words {
            if let Some(pointer) = find(path, &|value| value == word) {
                let (version, name) = (self.version, self.name);
                return Err(Refusal::InvalidField {
                    pointer,
                    message: format!(
                        "expected a word of this version, got {word:?}, which comes with version \
                         {version} of {name}"
                    ),
                });
            }
        }
        match self.relaxes.iter().find(|field| data.get(**field).is_none_or(Value::is_null)) {
            Some(field) => Err(Refusal::MissingField { pointer: format!("/{field}") }),
            None => Ok(()),
        }
    }
}

/// The steps to the first value at a path that is it, outermost first; `*` tries every element.
fn first_at(value: &Value, steps: &[&str], is_it: &dyn Fn(&Value) -> bool) -> Option<Vec<String>> {
    let Some((step, rest)) = steps.split_first() else { return is_it(value).then(Vec::new) };
    let under = |key: String, value: &Value| {
        let mut found = first_at(value, rest, is_it)?;
        found.insert(0, key);
        Some(found)
    };
    match (*step, value) {
        ("*", Value::Array(items)) => {
            items.iter().enumerate().find_map(|(i, item)| under(i.to_string(), item))
        }
        (field, Value::Object(map)) => {
            map.get(field).and_then(|value| under(field.to_owned(), value))
        }
        _ => None,
    }
}

fn recorded_v1(old: InteractionRecordedV1) -> Event {
    Event::Interactions(Interactions::InteractionRecorded(old.into()))
}

fn matched_v1(old: StatementLineMatchedV1) -> Event {
    Event::Invoices(Invoices::StatementLineMatched(old.into()))
}

/// The event that `data` of some version says, in the newest version.
pub(crate) fn upcast(event_type: &EventType, version: u8, data: &Value) -> Result<Event, Refusal> {
    match (event_type.name, version) {
        (RECORDED_V1, 1) => typed_ref(data).map(recorded_v1),
        (MATCHED_V1, 1) => typed_ref(data).map(matched_v1),
        _ => {
            unknown_to(event_type.name, version).try_for_each(|growth| growth.check(data))?;
            (event_type.parse)(data)
        }
    }
}

/// The event that stored data of some version says, in the newest version. It was checked when it
/// was taken in, so it is read straight from its text.
pub(crate) fn read(event_type: &EventType, version: u8, json: &str) -> serde_json::Result<Event> {
    match (event_type.name, version) {
        (RECORDED_V1, 1) => serde_json::from_str(json).map(recorded_v1),
        (MATCHED_V1, 1) => serde_json::from_str(json).map(matched_v1),
        _ => (event_type.read)(json),
    }
}

/// An older version's schema, generated from its type; `None` if it has no type of its own, since
/// the newest only grew.
pub(crate) fn old_schema(
    name: &str,
    version: u8,
    generator: &mut SchemaGenerator,
) -> Option<Schema> {
    match (name, version) {
        (RECORDED_V1, 1) => Some(InteractionRecordedV1::json_schema(generator)),
        (MATCHED_V1, 1) => Some(StatementLineMatchedV1::json_schema(generator)),
        _ => None,
    }
}

/// An older version's files: schema and example.
pub(crate) fn old_release(name: &str, version: u8) -> Option<Release> {
    match (name, version) {
        (RECORDED_V1, 1) => Some(Release {
            schema: include_str!("json/interaction.recorded/v1.json"),
            example: include_str!("json/interaction.recorded/v1.example.json"),
        }),
        (MATCHED_V1, 1) => Some(Release {
            schema: include_str!("json/statement_line.matched/v1.json"),
            example: include_str!("json/statement_line.matched/v1.example.json"),
        }),
        _ => grown_from(name, version),
    }
}

/// The files of a version from which a later one only grew.
pub(crate) fn grown_from(name: &str, version: u8) -> Option<Release> {
    GROWN
        .iter()
        .find(|growth| growth.name == name && growth.version.checked_sub(1) == Some(version))
        .map(|growth| growth.before)
}
