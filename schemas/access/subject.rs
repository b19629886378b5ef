//! Whom values are about, and where such values stand. Invariant: a subject is of one of five
//! kinds; a list of parts names none twice.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::credential::{expected, written};
use crate::{
    event::Home,
    id::{ClientId, ContactId, CounterpartyId, EmployeeId, EntityRef, Kind, UserId},
    record::Position,
    text::{Field, from_text, plain_fields},
};

const SUBJECT_FORM: &str = "a client, contact, employee, user or counterparty, as in contact:AN-1";

/// The most parts that one erasure lists.
pub const PARTS_MAX: usize = 3_000;

/// Whom values are about that may be asked for, held or erased.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A client, who may be a person.
    Client(ClientId),
    /// A person at a client.
    Contact(ContactId),
    /// Who works for the company.
    Employee(EmployeeId),
    /// Who works with the ledger.
    User(UserId),
    /// A legal entity, which may be a person.
    Counterparty(CounterpartyId),
}

impl Subject {
    /// The subject as an entity of any kind.
    #[must_use]
    pub fn entity(&self) -> EntityRef {
        match self {
            Subject::Client(id) => id.entity(),
            Subject::Contact(id) => id.entity(),
            Subject::Employee(id) => id.entity(),
            Subject::User(id) => id.entity(),
            Subject::Counterparty(id) => id.entity(),
        }
    }
    /// The subject that an entity is; `None` for a kind that is nobody.
    #[must_use]
    pub fn of(entity: &EntityRef) -> Option<Subject> {
        match entity.kind {
            Kind::Client => entity.typed().map(Subject::Client),
            Kind::Contact => entity.typed().map(Subject::Contact),
            Kind::Employee => entity.typed().map(Subject::Employee),
            Kind::User => entity.typed().map(Subject::User),
            Kind::Counterparty => entity.typed().map(Subject::Counterparty),
            _ => None,
        }
    }
}
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entity().fmt(f)
    }
}
impl FromStr for Subject {
    type Err = String;
    fn from_str(text: &str) -> Result<Subject, String> {
        let entity: EntityRef = text.parse().map_err(|_| expected(SUBJECT_FORM, text))?;
        Subject::of(&entity).ok_or_else(|| expected(SUBJECT_FORM, text))
    }
}
impl Field for Subject {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.entity());
    }
}
impl Home for Subject {
    const KIND: Option<Kind> = None;
    fn home(&self) -> EntityRef {
        self.entity()
    }
}
written! {
    Subject, SUBJECT_FORM, "subject",
        {"type": "string",
         "pattern": "^(client|contact|employee|user|counterparty):[A-Za-z0-9._:/-]{1,64}$"};
}

/// One personal part of one record, written as the two numbers in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonalPart {
    /// The record.
    pub position: Position,
    /// Which of its personal parts, counted from 0.
    pub part: u8,
}

impl Serialize for PersonalPart {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (self.position, self.part).serialize(s)
    }
}
impl<'de> Deserialize<'de> for PersonalPart {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (position, part) = <(u64, u8)>::deserialize(from)?;
        if position == 0 {
            return Err(de::Error::custom("expected a position from 1 on, got 0"));
        }
        Ok(PersonalPart { position: Position::new(position), part })
    }
}
impl JsonSchema for PersonalPart {
    fn schema_name() -> Cow<'static, str> {
        "personal_part".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array", "items": false, "minItems": 2, "maxItems": 2,
            "prefixItems": [
                {"type": "integer", "minimum": 1},
                {"type": "integer", "minimum": 0, "maximum": 255},
            ],
        })
    }
}

/// Reads the parts of an erasure.
pub(crate) fn parts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PersonalPart>, D::Error> {
    let list = Vec::<PersonalPart>::deserialize(from)?;
    if list.is_empty() || list.len() > PARTS_MAX {
        let got = list.len();
        return Err(de::Error::custom(format!("expected a list of 1 to {PARTS_MAX}, got {got}")));
    }
    let mut sorted = list.clone();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            let PersonalPart { position, part } = pair[0];
            Err(de::Error::custom(format!("expected each once, got [{position}, {part}] twice")))
        }
        None => Ok(list),
    }
}

plain_fields!(PersonalPart, Position);
