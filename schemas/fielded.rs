//! Kinds of entities that may have fields of the company's own. Invariant: a kind that came after
//! the first vocabulary is none of them, so that what was released stays as it was.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::{id::Kind, text::plain_fields};

/// The kinds that have no fields of the company's own.
const WITHOUT: &[Kind] = &[
    Kind::Import,
    Kind::Role,
    Kind::User,
    Kind::Service,
    Kind::Grant,
    Kind::AccessKey,
    Kind::Module,
    Kind::Export,
    Kind::CheckpointKey,
    Kind::SubjectRequest,
    Kind::Hold,
    Kind::Erasure,
    Kind::Warranty,
    Kind::ServiceJob,
    Kind::Reminder,
    Kind::TimeEntry,
    Kind::Absence,
    Kind::StaffPlan,
    Kind::SetOff,
    Kind::Expense,
    Kind::FundsExchange,
    Kind::Agreement,
    Kind::Competitor,
    Kind::Survey,
    Kind::Quote,
];

/// A kind of entity that may have fields of the company's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Fielded(Kind);

impl Fielded {
    /// The kind.
    #[must_use]
    pub const fn kind(self) -> Kind {
        self.0
    }
}

impl<'de> Deserialize<'de> for Fielded {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Fielded, D::Error> {
        let kind = Kind::deserialize(from)?;
        if WITHOUT.contains(&kind) {
            return Err(de::Error::custom(format!(
                "expected a kind that may have fields of its own, got {:?}",
                kind.name()
            )));
        }
        Ok(Fielded(kind))
    }
}

impl JsonSchema for Fielded {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Fielded".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Kind::json_schema(generator);
        if let Some(Value::Array(kinds)) = schema.get_mut("oneOf") {
            kinds.retain(|kind| !WITHOUT.iter().any(|without| kind["const"] == without.name()));
        }
        schema
    }
}

plain_fields!(Fielded);
