//! Whom the company writes to or asks. Invariant: it is a client or a contact, and nobody else.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    event::Home,
    id::{ClientId, ContactId, EntityRef, Kind, kind},
    text::{Field, from_text},
};

const FORM: &str = "a client or a contact, as in contact:AN-1";

/// A client or a contact, written `kind:id`.
///
/// ```
/// use sijil_schemas::Recipient;
///
/// assert!("contact:AN-1".parse::<Recipient>().is_ok());
/// assert!("employee:m1".parse::<Recipient>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipient {
    /// A client.
    Client(ClientId),
    /// A person at a client.
    Contact(ContactId),
}

impl Recipient {
    /// The recipient as an entity of any kind.
    #[must_use]
    pub fn entity(&self) -> EntityRef {
        match self {
            Recipient::Client(id) => id.entity(),
            Recipient::Contact(id) => id.entity(),
        }
    }
}
impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entity().fmt(f)
    }
}
impl FromStr for Recipient {
    type Err = String;
    fn from_str(text: &str) -> Result<Recipient, String> {
        let entity = text.parse::<EntityRef>().ok();
        let client = |of: &EntityRef| of.typed::<kind::Client>().map(Recipient::Client);
        let contact = |of: &EntityRef| of.typed::<kind::Contact>().map(Recipient::Contact);
        entity.and_then(|of| client(&of).or_else(|| contact(&of))).ok_or_else(|| {
            format!("expected {FORM}, got {:?}", text.chars().take(80).collect::<String>())
        })
    }
}
impl Field for Recipient {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.entity());
    }
}
impl Home for Recipient {
    const KIND: Option<Kind> = None;
    fn home(&self) -> EntityRef {
        self.entity()
    }
}
impl Serialize for Recipient {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        from_text(d, FORM, str::parse)
    }
}
impl JsonSchema for Recipient {
    fn schema_name() -> Cow<'static, str> {
        "recipient".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^(client|contact):[A-Za-z0-9._:/-]{1,64}$",
        })
    }
}
