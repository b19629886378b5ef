//! The parameters that many reports take. Invariant: a parameter means the same in each of them, and is told once.

use super::{Parameter, ParameterKind};

/// The first day.
pub(crate) const FROM: Parameter = Parameter {
    name: "from",
    kind: ParameterKind::Date,
    required: false,
    default: None,
    about: "the first day of the period; absent, it begins with the ledger",
};
/// The last day.
pub(crate) const TO: Parameter =
    Parameter { name: "to", kind: ParameterKind::Date, required: false, default: None, about: "the last day of the period; absent, it ends with as_of" };
/// Own currencies or the base currency.
pub(crate) const IN: Parameter = Parameter {
    name: "in",
    kind: ParameterKind::Choice(&["own", "base"]),
    required: false,
    default: Some("own"),
    about: "amounts in their own currencies, or in the base currency at the rate of the document's date, as known at its position",
};
/// The field of `group=attribute`.
pub(crate) const ATTRIBUTE: Parameter = Parameter {
    name: "attribute",
    kind: ParameterKind::Text,
    required: false,
    default: None,
    about: "with group=attribute: the key of one of the company's own fields, as in product",
};
