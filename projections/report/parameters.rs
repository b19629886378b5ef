//! The parameters that many reports take. Invariant: a parameter means the same in each of them,
//! and is told once.

use sijil_schemas::id::Key;

use super::{Arguments, Carrier, Parameter, ParameterKind, ReportError};

/// The first day.
pub(crate) const FROM: Parameter = Parameter {
    name: "from",
    kind: ParameterKind::Date,
    required: false,
    default: None,
    about: "the first day of the period; absent, it begins with the ledger",
};
/// The last day.
pub(crate) const TO: Parameter = Parameter {
    name: "to",
    kind: ParameterKind::Date,
    required: false,
    default: None,
    about: "the last day of the period; absent, it ends with as_of",
};
/// Own currencies or the base currency.
pub(crate) const IN: Parameter = Parameter {
    name: "in",
    kind: ParameterKind::Choice(&["own", "base"]),
    required: false,
    default: Some("own"),
    about: "amounts in their own currencies, or in the base currency at the rate of the document's \
            date, as known at its position",
};
/// The field of `group=attribute`, of deals.
pub(crate) const ATTRIBUTE: Parameter = attribute(
    Carrier::Deals,
    "with group=attribute: the key of one of the company's own fields, as in product",
);

/// The field of `group=attribute`.
pub(crate) const fn attribute(of: Carrier, about: &'static str) -> Parameter {
    Parameter {
        name: "attribute",
        kind: ParameterKind::Attribute(of),
        required: false,
        default: None,
        about,
    }
}

/// What rows are asked per: the word of `group`, and where that is `attribute`, the field.
pub(crate) fn grouped(arguments: &Arguments) -> Result<(&str, Option<Key>), ReportError> {
    let invalid = |expected: &str, got: &str| ReportError::InvalidParameter {
        name: ATTRIBUTE.name.into(),
        expected: expected.into(),
        got: got.into(),
    };
    match (arguments.text("group").unwrap_or("none"), arguments.text(ATTRIBUTE.name)) {
        ("attribute", None) => Err(ReportError::MissingParameter {
            name: ATTRIBUTE.name.into(),
            about: ATTRIBUTE.about.into(),
        }),
        (group @ "attribute", Some(text)) => {
            Ok((group, Some(Key::new(text).map_err(|_| invalid("a key, as in product", text))?)))
        }
        (group, _) => Ok((group, None)),
    }
}
