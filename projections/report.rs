//! What every report is: a pure function of views and parameters to a table with typed columns.
//! Invariant: a report is registered once, and HTTP, CLI, OpenAPI, CSV, restatement and `explain`
//! are all made from that.

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::{
    Position,
    near::hint,
    time::{Date, Timestamp},
};

use crate::{
    cut::{Cut, Lens},
    families::Folds,
};

mod arguments;
mod carrier;
mod explain;
mod halves;
mod page;
pub(crate) mod parameters;
mod picture;
mod restate;
mod row;
mod steps;
mod table;
mod why;
pub use arguments::{Arguments, ParameterKind};
pub use carrier::Carrier;
pub use explain::{Explained, Means, explain};
pub(crate) use halves::halves;
pub use page::{OF_ROWS, Page, Paged, ROWS_MAX, Total};
pub use picture::{Draw, Picture, Sight};
pub use restate::{RestateLimits, Restating, Untold};
pub use row::RowKey;
pub use steps::{Change, Others, RowStep, Shifted, Shifts};
pub(crate) use steps::{Pair, named, unlike};
pub use table::{Adds, Cell, Column, ColumnKind, Row, Table, Value, col, key, sum};
pub use why::{Behind, Count, Grounds, Number, Part, Parts, Settled, Sum, quotient, share};

/// A parameter of a report.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Parameter {
    /// Its name, as in DOMAIN.
    pub name: &'static str,
    /// What values it takes.
    pub kind: ParameterKind,
    /// Whether it must be given.
    pub required: bool,
    /// What is taken when it is not given.
    pub default: Option<&'static str>,
    /// What it means.
    pub about: &'static str,
}

/// What must hold of the other parameters for one to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The parameter, given or by default, has one of these values.
    Is(&'static str, &'static [&'static str]),
    /// The parameter is given.
    Given(&'static str),
    /// The parameter is not given.
    Absent(&'static str),
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::Is(name, values) => write!(f, "with {name}={}", values.join(" or ")),
            When::Given(name) => write!(f, "with {name}"),
            When::Absent(name) => write!(f, "without {name}"),
        }
    }
}

/// A condition on a parameter: it, or some of its values, mean something only then. Where they mean
/// nothing they are refused, so that no parameter is ever ignored.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Only {
    /// The parameter.
    pub parameter: &'static str,
    /// The values that are meant; empty means all of them.
    pub values: &'static [&'static str],
    /// What must hold; one of them is enough.
    pub when: &'static [When],
}

/// The parameter `parameter` is taken only if one of these holds.
#[must_use]
pub const fn only(parameter: &'static str, when: &'static [When]) -> Only {
    Only { parameter, values: &[], when }
}
/// These values of `parameter` are taken only if one of these holds.
#[must_use]
pub const fn only_values(
    parameter: &'static str,
    values: &'static [&'static str],
    when: &'static [When],
) -> Only {
    Only { parameter, values, when }
}

/// A report: name, parameters, formula, source, and the function.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Report {
    /// Its name, as in `GET /v1/reports/{name}`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The question it answers.
    pub about: &'static str,
    /// How the numbers are made.
    pub formula: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// The edition of its code: raised by every change of meaning.
    pub edition: u32,
    /// The same question as a manager would put it.
    pub question: &'static str,
    /// The families of events whose records may change an answer.
    pub draws_on: &'static [&'static str],
    /// Whether it is true of a part of the company.
    pub sight: Sight,
    /// How it is drawn: the first that is meant is the one to show.
    pub pictures: &'static [Picture],
    /// Whether `as_of` must be given, since it measures to a date.
    pub needs_as_of: bool,
    /// Its parameters, besides `as_of` and `known_at`.
    pub parameters: &'static [Parameter],
    /// Where a parameter means something only beside certain values of another.
    pub only: &'static [Only],
    /// The function.
    #[serde(skip)]
    pub run: fn(&Context<'_>) -> Result<Table, ReportError>,
}

/// Families of events that a report draws on besides, where a parameter of it has one of some
/// values: report, parameter, values, family.
const DRAWN_BESIDE: &[(&str, &str, &[&str], &str)] =
    &[("statement", "side", &["supplier", "both"], "accounting")];

impl Report {
    /// The families of events whose records may change the answer to a question, by the values of
    /// its parameters.
    pub fn drawn_on<'q>(&self, value: impl Fn(&str) -> Option<&'q str>) -> Vec<&'static str> {
        let beside = DRAWN_BESIDE
            .iter()
            .filter(|(report, ..)| *report == self.name)
            .filter(|(_, name, values, _)| value(name).is_some_and(|got| values.contains(&got)));
        self.draws_on.iter().copied().chain(beside.map(|(.., family)| *family)).collect()
    }
    /// The report's table for what is asked, once it is sure that what is asked for exists.
    pub fn answer(&self, ctx: &Context<'_>) -> Result<Table, ReportError> {
        for parameter in self.parameters {
            if let (ParameterKind::Attribute(carrier), Some(key)) =
                (parameter.kind, ctx.arguments.text(parameter.name))
            {
                carrier.check(ctx, parameter.name, key)?;
            }
        }
        (self.run)(ctx)
    }
}

/// What a report is asked with.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The read models.
    pub views: Folds<'a>,
    /// The reader's clocks.
    pub cut: Cut,
    /// The company's time zone.
    pub zone: TimeZone,
    /// The parameters.
    pub arguments: &'a Arguments,
    /// Whether the positions behind each cell are wanted.
    pub explain: bool,
}

impl<'a> Context<'a> {
    /// The clocks together with the voids.
    #[must_use]
    pub fn lens(&self) -> Lens<'a> {
        self.views.lens(self.cut)
    }
    /// Whether the numbers alone are wanted: nobody asks which records make them, nor what they
    /// depend on.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        !self.explain && self.views.watch.is_none()
    }
    /// The clocks without the `as_of` cut: for what is cut by `known_at` alone.
    #[must_use]
    pub fn known(&self) -> Lens<'a> {
        self.views.lens(Cut { before: Timestamp::END, ..self.cut })
    }
    /// The same question with another `as_of`, asked of what was known by a position.
    #[must_use]
    pub fn then(&self, before: Timestamp, known_by: Position) -> Context<'a> {
        let lens = self.views.lens(Cut { before, ..self.cut }).known_by(known_by);
        Context { views: Folds { watch: lens.watch, ..self.views }, cut: lens.cut, ..self.clone() }
    }
    /// The day `as_of` falls on: the last day that has begun before the cut, in the company's zone.
    #[must_use]
    pub fn as_of_day(&self) -> Date {
        let last = Timestamp::from_micros(self.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
        last.date(&self.zone)
    }
    /// The same, where a question measures to a date that must then be given; a refusal says what
    /// it is the day of.
    pub(crate) fn as_of_given(&self, about: &str) -> Result<Date, ReportError> {
        if self.cut.before == Timestamp::END {
            return Err(ReportError::MissingParameter {
                name: "as_of".into(),
                about: about.into(),
            });
        }
        Ok(self.as_of_day())
    }
    /// The day of a moment in the company's zone.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        at.date(&self.zone)
    }
    /// The half-open interval of the days `from` to `to`, both inclusive, from the parameters of
    /// these names; an absent end is open.
    pub fn interval(&self) -> Result<std::ops::Range<Timestamp>, ReportError> {
        let (first, last) = self.arguments.window()?;
        let from = first.map_or(Timestamp::MIN, |d| d.start(&self.zone));
        let to = last.map_or(Timestamp::END, |d| d.plus_days(1).start(&self.zone));
        Ok(from..to)
    }
}

/// Why a report gives no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// No report has this name.
    #[error(
        "no report is named {name:?}{}; `sijil reports` and GET /v1/reports list them all",
        hint(name, crate::reports::all().map(|report| report.name))
    )]
    UnknownReport {
        /// The name as it came.
        name: String,
    },
    /// The report has no such parameter.
    #[error("unknown parameter {name:?}{}; expected {allowed}", hint(name, allowed.split(", ")))]
    UnknownParameter {
        /// The parameter as it came.
        name: String,
        /// Which there are.
        allowed: String,
    },
    /// A parameter, or this value of it, means nothing beside the others.
    #[error(
        "parameter {name}={got:?} means nothing here, and is not ignored; it is for questions \
         {when}: leave it out, or ask so"
    )]
    UnusedParameter {
        /// The parameter.
        name: String,
        /// The value as it came.
        got: String,
        /// What must hold for it to mean something.
        when: String,
    },
    /// A parameter that must be given is not.
    #[error("missing parameter {name:?}: {about}")]
    MissingParameter {
        /// The parameter.
        name: String,
        /// What it means.
        about: String,
    },
    /// A parameter has a wrong value.
    #[error("parameter {name:?}: expected {expected}, got {got:?}")]
    InvalidParameter {
        /// The parameter.
        name: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A base total needs a rate that nobody recorded.
    #[error(
        "no rate of {currency} is known on {on}; record exchange_rate.set with a date on or before \
         it"
    )]
    MissingRate {
        /// The currency.
        currency: String,
        /// The day.
        on: String,
    },
    /// No row has this key, or no column this name.
    #[error("no row {row:?}{column}: {there}")]
    NoSuchCell {
        /// The key as it came.
        row: String,
        /// The column as it came, as words behind the row; nothing if none is named.
        column: String,
        /// What is there.
        there: String,
    },
}

sijil_schemas::kinds! { ReportError {
    ReportError::UnknownReport { .. } => UnknownReport,
    ReportError::UnknownParameter { .. } => UnknownParameter,
    ReportError::UnusedParameter { .. } => UnusedParameter,
    ReportError::MissingParameter { .. } => MissingParameter,
    ReportError::InvalidParameter { .. } => InvalidParameter,
    ReportError::MissingRate { .. } => MissingRate,
    ReportError::NoSuchCell { .. } => NoSuchCell,
} }
