//! Whole numbers that an event may say only between bounds. Invariant: a number that exists lies
//! between the bounds of its type.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::{money::InvalidDecimal, text::plain_fields};

macro_rules! bounded {
    ($($(#[$doc:meta])* $name:ident $schema:literal $least:literal..=$most:literal
        $expected:literal;)*) => { $(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(try_from = "u16", into = "u16")]
        pub struct $name(u16);

        impl TryFrom<u16> for $name {
            type Error = InvalidDecimal;
            fn try_from(number: u16) -> Result<$name, InvalidDecimal> {
                if ($least..=$most).contains(&number) {
                    Ok($name(number))
                } else {
                    Err(InvalidDecimal { expected: $expected, got: number.to_string() })
                }
            }
        }
        impl From<$name> for u16 {
            fn from(number: $name) -> u16 {
                number.0
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $schema.into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "integer", "minimum": $least, "maximum": $most})
            }
        }
        plain_fields!($name);
    )* };
}

bounded! {
    /// Minutes of one day: 1 to 1,440.
    Minutes "minutes" 1..=1_440 "a number of minutes from 1 to 1440";
    /// Months that a warranty lasts: 1 to 1,200.
    Months "months" 1..=1_200 "a number of months from 1 to 1200";
}
