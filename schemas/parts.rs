//! Documents in parts: what is too long for one record is said in several. Invariant: the lines of
//! a document are those of its opening, then those of its later parts, in order.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    decode::{BodyAsReceived, Draft, RECORD_BYTES_MAX},
    event::{Accounting, Described, Event, EventType, Invoices, Orders, Stock},
    money::InvalidDecimal,
    system::EventId,
    text::plain_fields,
};

/// The most parts of a document: together they fit one request.
pub const PARTS_MAX: u8 = 15;

/// The most bytes of data in a part that is cut here.
const PART_BYTES_MAX: usize = 60_000;

/// What the header of a record, its texts and its commitments add to its data, at most.
const AROUND_DATA_BYTES: usize = 640;

/// What the data of a later part holds beside its lines, at most.
const AROUND_LINES_BYTES: usize = 160;

/// How many parts a document has, or which of its later parts one is: 2 to 15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PartNumber(u8);

impl TryFrom<u8> for PartNumber {
    type Error = InvalidDecimal;
    fn try_from(number: u8) -> Result<PartNumber, InvalidDecimal> {
        if (2..=PARTS_MAX).contains(&number) {
            Ok(PartNumber(number))
        } else {
            Err(InvalidDecimal {
                expected: "a number of parts from 2 to 15",
                got: number.to_string(),
            })
        }
    }
}
impl From<PartNumber> for u8 {
    fn from(number: PartNumber) -> u8 {
        number.0
    }
}
impl JsonSchema for PartNumber {
    fn schema_name() -> Cow<'static, str> {
        "part_number".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 2, "maximum": PARTS_MAX})
    }
}
plain_fields!(PartNumber);

/// What an event is to a document in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// The opening, with how many parts the document has.
    Opening(u8),
    /// A later part, with its number.
    Later(u8),
}

macro_rules! documents {
    ($($family:ident $opening:ident $later:ident;)*) => {
        /// The documents that may come in parts: what opens each, and what its later parts are.
        static DOCUMENTS: &[(&EventType, &EventType)] = &[
            $((<crate::$opening as Described>::TYPE, <crate::$later as Described>::TYPE),)*
        ];

        impl Event {
            /// What it is to a document in parts; `None` if it is nothing to one.
            #[must_use]
            pub fn piece(&self) -> Option<Piece> {
                match self {
                    $(
                        Event::$family($family::$opening(e)) => {
                            e.parts.map(|parts| Piece::Opening(parts.into()))
                        }
                        Event::$family($family::$later(e)) => Some(Piece::Later(e.part.into())),
                    )*
                    _ => None,
                }
            }
            /// Adds the lines and references of a later part to an opening; false, and nothing is
            /// added, if it is no part of this document.
            pub fn append(&mut self, later: &Event) -> bool {
                if self.home() != later.home() {
                    return false;
                }
                match (self, later) {
                    $((
                        Event::$family($family::$opening(to)),
                        Event::$family($family::$later(from)),
                    ) => {
                        to.lines.extend(from.lines.iter().cloned());
                        to.refs.extend(from.refs.iter().cloned());
                        true
                    })*
                    _ => false,
                }
            }
        }
    };
}

documents! {
    Orders QuoteIssued QuoteLinesAdded;
    Orders OrderPlaced OrderLinesAdded;
    Orders ShipmentDispatched ShipmentLinesAdded;
    Orders ReturnReceived ReturnLinesAdded;
    Invoices InvoiceIssued InvoiceLinesAdded;
    Invoices CreditNoteIssued CreditNoteLinesAdded;
    Accounting BillReceived BillLinesAdded;
    Accounting BillCredited BillCreditLinesAdded;
    Stock PurchaseOrderPlaced PurchaseOrderLinesAdded;
}

/// A draft whose event has this id; where it opens a document too long for one record, cut into an
/// opening and later parts, which are told without the document's id. What cannot be cut, or would
/// have too many parts, stays as it is.
#[must_use]
pub fn cut(mut draft: Draft, id: Uuid) -> Vec<Draft> {
    let Some((_, later)) = DOCUMENTS.iter().find(|(opening, _)| opening.name == draft.r#type)
    else {
        return vec![draft];
    };
    let lines = draft.data.get("lines").and_then(Value::as_array).filter(|lines| lines.len() > 1);
    let Some(lines) = lines.filter(|_| !draft.data.contains_key("parts")) else {
        return vec![draft];
    };
    let whole = bytes(&draft.data);
    if whole <= RECORD_BYTES_MAX - AROUND_DATA_BYTES {
        return vec![draft];
    }
    let lengths: Vec<usize> = lines.iter().map(|line| bytes(line) + 1).collect();
    let mut room = PART_BYTES_MAX.saturating_sub(whole.saturating_sub(lengths.iter().sum()));
    let mut parts: Vec<Vec<Value>> = vec![Vec::new()];
    for (line, length) in lines.iter().zip(lengths) {
        if length > room {
            parts.push(Vec::new());
            room = PART_BYTES_MAX - AROUND_LINES_BYTES;
        }
        room = room.saturating_sub(length);
        parts.last_mut().into_iter().for_each(|part| part.push(line.clone()));
    }
    if parts.len() > usize::from(PARTS_MAX) {
        return vec![draft];
    }
    let opening = draft.id.as_ref().map_or(id, |id| id.0);
    // The document may have been said in an older version, which had no parts; all it says means
    // the same.
    draft.version = None;
    draft.data.insert("parts".into(), parts.len().into());
    draft.data.insert("lines".into(), Value::Null);
    let rest = parts.split_off(1);
    let part = |(number, lines): (u8, Vec<Value>)| Draft {
        r#type: later.name.to_owned(),
        id: Some(EventId(Uuid::new_v5(&opening, number.to_string().as_bytes()))),
        data: Map::from_iter([
            ("part".into(), number.into()),
            ("lines".into(), Value::Array(lines)),
        ]),
        ..draft.clone()
    };
    let later: Vec<Draft> = (2..).zip(rest).map(part).collect();
    draft.data.insert("lines".into(), Value::Array(parts.remove(0)));
    std::iter::once(draft).chain(later).collect()
}

/// Whether a type of event is that of later parts of documents.
#[must_use]
pub fn is_later(event_type: &str) -> bool {
    DOCUMENTS.iter().any(|(_, later)| later.name == event_type)
}

/// Whether a draft tells this part of the document that another draft opens.
#[must_use]
pub fn continues(opening: &Draft, part: usize, draft: &Draft) -> bool {
    let Some((first, later)) = DOCUMENTS.iter().find(|(first, _)| first.name == opening.r#type)
    else {
        return false;
    };
    draft.r#type == later.name
        && opening.data.contains_key("parts")
        && draft.data.get("part").and_then(Value::as_u64) == u64::try_from(part).ok()
        && opening.data.get(first.home_field) == draft.data.get(later.home_field)
        && (opening.occurred_at, &opening.actor) == (draft.occurred_at, &draft.actor)
}

/// How many parts the document has that an event opened; 1 if it is whole, or no document.
#[must_use]
pub fn parts(opening: &BodyAsReceived) -> u64 {
    let is_document = DOCUMENTS.iter().any(|(first, _)| first.name == opening.event_type);
    opening.data.get("parts").filter(|_| is_document).and_then(Value::as_u64).unwrap_or(1)
}

/// A document told in parts as if its opening had held all lines: two tellings of it are the same
/// if this is the same.
#[must_use]
pub fn whole(
    mut opening: BodyAsReceived,
    later: impl IntoIterator<Item = BodyAsReceived>,
) -> BodyAsReceived {
    if parts(&opening) == 1 {
        return opening;
    }
    opening.data.remove("parts");
    for mut part in later {
        for list in ["lines", "refs"] {
            let Some(Value::Array(more)) = part.data.get_mut(list).map(Value::take) else {
                continue;
            };
            match opening.data.get_mut(list) {
                Some(Value::Array(all)) => all.extend(more),
                _ => drop(opening.data.insert(list.into(), Value::Array(more))),
            }
        }
    }
    opening
}

/// How long a value is as compact JSON.
fn bytes(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |json| json.len())
}
