//! The parameters of a report, checked once. Invariant: past [`Arguments::parse`] every value has
//! the form its parameter wants, and none is unknown.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::{
    id::{Entity, Id, Key, Kind},
    money::{Amount, Currency},
    time::{Date, Timestamp},
};

use super::{Carrier, Only, Report, ReportError, When};

/// What values a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// A day.
    Date,
    /// A day or a moment.
    Moment,
    /// The id of an entity.
    Id(Kind),
    /// One of a list.
    Choice(&'static [&'static str]),
    /// A whole number from 0 up.
    Count,
    /// A decimal.
    Decimal,
    /// A currency.
    Currency,
    /// `true` or `false`.
    Flag,
    /// The key of one of the company's own fields.
    Attribute(Carrier),
    /// Any text.
    Text,
}

impl ParameterKind {
    fn expected(self) -> String {
        match self {
            ParameterKind::Date => "a day, as in 2025-01-31".into(),
            ParameterKind::Moment => "a day, as in 2025-01-31, or a time with offset".into(),
            ParameterKind::Id(kind) => format!("the id of a {kind}"),
            ParameterKind::Choice(all) => format!("one of {}", all.join(", ")),
            ParameterKind::Count => "a whole number from 0 up".into(),
            ParameterKind::Decimal => "a decimal, as in 2.5".into(),
            ParameterKind::Currency => "a currency, as in EUR".into(),
            ParameterKind::Flag => "true or false".into(),
            ParameterKind::Attribute(_) => "a key, as in product".into(),
            ParameterKind::Text => "a text".into(),
        }
    }
    fn accepts(self, text: &str) -> bool {
        match self {
            ParameterKind::Date => text.parse::<Date>().is_ok(),
            ParameterKind::Moment => {
                text.parse::<Date>().is_ok() || text.parse::<Timestamp>().is_ok()
            }
            ParameterKind::Id(kind) => sijil_schemas::id::EntityRef::new(kind, text).is_ok(),
            ParameterKind::Choice(all) => all.contains(&text),
            ParameterKind::Count => text.parse::<u32>().is_ok(),
            ParameterKind::Decimal => text.parse::<Amount>().is_ok(),
            ParameterKind::Currency => text.parse::<Currency>().is_ok(),
            ParameterKind::Flag => text == "true" || text == "false",
            ParameterKind::Attribute(_) => Key::new(text).is_ok(),
            ParameterKind::Text => text.len() <= 256,
        }
    }
}

type Given = BTreeMap<&'static str, String>;

/// The value of a parameter, or its default.
fn effective<'a>(report: &Report, given: &'a Given, name: &str) -> Option<&'a str> {
    let default = || report.parameters.iter().find(|p| p.name == name).and_then(|p| p.default);
    given.get(name).map(String::as_str).or_else(default)
}

/// The condition that a value of a parameter does not meet.
fn unused(report: &Report, given: &Given, name: &str, value: &str) -> Option<&'static Only> {
    let about = |only: &&Only| {
        only.parameter == name && (only.values.is_empty() || only.values.contains(&value))
    };
    let holds = |when: &When| match when {
        When::Is(other, values) => {
            effective(report, given, other).is_some_and(|beside| values.contains(&beside))
        }
        When::Given(other) => given.contains_key(other),
        When::Absent(other) => !given.contains_key(other),
    };
    report.only.iter().filter(about).find(|only| !only.when.iter().any(holds))
}

fn check_unused(report: &Report, given: &Given) -> Result<(), ReportError> {
    let met = |(name, value): (&&'static str, &String)| {
        unused(report, given, name, value).map(|only| (*name, value.clone(), only))
    };
    let Some((name, value, only)) = given.iter().find_map(met) else { return Ok(()) };
    let when: Vec<String> = only.when.iter().map(ToString::to_string).collect();
    Err(ReportError::UnusedParameter {
        name: name.into(),
        got: value.chars().take(80).collect(),
        when: when.join(", or "),
    })
}

/// The checked parameters of one question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    values: BTreeMap<&'static str, String>,
}

impl Arguments {
    /// Checks the parameters of a report; defaults are filled in. `as_of` and `known_at` are not
    /// among them.
    pub fn parse<'a>(
        report: &Report,
        given: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Arguments, ReportError> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            let Some(parameter) = report.parameters.iter().find(|p| p.name == name) else {
                let allowed: Vec<&str> =
                    report.parameters.iter().map(|p| p.name).chain(["as_of", "known_at"]).collect();
                return Err(ReportError::UnknownParameter {
                    name: name.chars().take(80).collect(),
                    allowed: allowed.join(", "),
                });
            };
            if !parameter.kind.accepts(value) {
                return Err(ReportError::InvalidParameter {
                    name: name.into(),
                    expected: parameter.kind.expected(),
                    got: value.chars().take(80).collect(),
                });
            }
            values.insert(parameter.name, value.to_owned());
        }
        check_unused(report, &values)?;
        let given = values.clone();
        for parameter in report.parameters {
            if values.contains_key(parameter.name) {
                continue;
            }
            if let Some(default) = parameter.default {
                // A default that means nothing here is not said to have been taken.
                if unused(report, &given, parameter.name, default).is_some() {
                    continue;
                }
                values.insert(parameter.name, default.to_owned());
            } else if parameter.required {
                return Err(ReportError::MissingParameter {
                    name: parameter.name.into(),
                    about: parameter.about.into(),
                });
            }
        }
        let arguments = Arguments { values };
        arguments.window()?;
        Ok(arguments)
    }

    /// The first and the last day of the window, both in it; an absent end is open. There is none
    /// without a day.
    pub(crate) fn window(&self) -> Result<(Option<Date>, Option<Date>), ReportError> {
        let window = (self.date("from")?, self.date("to")?);
        if let (Some(first), Some(last)) = window
            && first > last
        {
            return Err(ReportError::InvalidParameter {
                name: "from".into(),
                expected: format!("a day not after `to` ({last})"),
                got: first.to_string(),
            });
        }
        Ok(window)
    }

    /// The value of a parameter as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
    /// Every (name, value), defaults included, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, value)| (*name, value.as_str()))
    }
    fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, ReportError> {
        let refuse = |got: &str| ReportError::InvalidParameter {
            name: name.into(),
            expected: expected.into(),
            got: got.into(),
        };
        self.text(name).map(|text| text.parse().map_err(|_| refuse(text))).transpose()
    }
    /// A day.
    pub fn date(&self, name: &str) -> Result<Option<Date>, ReportError> {
        self.parsed(name, "a day")
    }
    /// A whole number.
    pub fn count(&self, name: &str) -> Result<Option<u32>, ReportError> {
        self.parsed(name, "a whole number")
    }
    /// A decimal.
    pub fn decimal(&self, name: &str) -> Result<Option<Decimal>, ReportError> {
        Ok(self.parsed::<Amount>(name, "a decimal")?.map(Amount::get))
    }
    /// A currency.
    pub fn currency(&self, name: &str) -> Result<Option<Currency>, ReportError> {
        self.parsed(name, "a currency")
    }
    /// A typed id.
    pub fn id<K: Entity>(&self, name: &str) -> Result<Option<Id<K>>, ReportError> {
        self.parsed(name, "an id")
    }
    /// Whether a flag is set.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }
    /// Whether a choice has this value.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.text(name) == Some(value)
    }
}
