//! Months, quarters and years, and the period before one. Invariant: spans are whole days, both
//! ends inclusive.

use jiff::civil;
use sijil_schemas::time::Date;

use crate::report::{Parameter, ParameterKind};

pub(crate) const BY: Parameter = Parameter {
    name: "by",
    kind: ParameterKind::Choice(&["none", "month", "quarter", "year"]),
    required: false,
    default: Some("none"),
    about: "rows per month, quarter or year of the period, or one for the whole of it",
};

/// How a period is cut into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    Whole,
    Month,
    Quarter,
    Year,
}

/// Days from one to another, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) first: Date,
    pub(crate) last: Date,
}

impl Grain {
    pub(crate) fn of(word: Option<&str>) -> Grain {
        match word {
            Some("month") => Grain::Month,
            Some("quarter") => Grain::Quarter,
            Some("year") => Grain::Year,
            _ => Grain::Whole,
        }
    }
    const fn months(self) -> i32 {
        match self {
            Grain::Whole => 0,
            Grain::Month => 1,
            Grain::Quarter => 3,
            Grain::Year => 12,
        }
    }
    /// The month, quarter or year a day lies in; for the whole, the day alone.
    pub(crate) fn span(self, day: Date) -> Span {
        let months = self.months();
        if months == 0 {
            return Span { first: day, last: day };
        }
        let number = month_number(day).div_euclid(months) * months;
        Span { first: month_start(number), last: month_start(number + months).plus_days(-1) }
    }
    /// The rows of a period, cut at its ends.
    pub(crate) fn spans(self, whole: Span) -> Vec<Span> {
        if self == Grain::Whole {
            return vec![whole];
        }
        let (mut spans, mut at) = (Vec::new(), whole.first);
        while at <= whole.last {
            let span = self.span(at);
            spans.push(Span { first: at, last: span.last.min(whole.last) });
            at = span.last.plus_days(1);
        }
        spans
    }
    /// What a row is called: `2025-02`, `2025-Q1`, `2025`, or its days.
    pub(crate) fn label(self, span: Span) -> String {
        let first = span.first.civil();
        match self {
            Grain::Month => format!("{:04}-{:02}", first.year(), first.month()),
            Grain::Quarter => format!("{:04}-Q{}", first.year(), (first.month() - 1) / 3 + 1),
            Grain::Year => format!("{:04}", first.year()),
            Grain::Whole => format!("{}/{}", span.first, span.last),
        }
    }
}

impl Span {
    pub(crate) fn contains(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
    /// The period before: of a whole month, quarter or year the one before it, else as many days.
    pub(crate) fn previous(self) -> Span {
        for grain in [Grain::Month, Grain::Quarter, Grain::Year] {
            if grain.span(self.first) == self {
                return grain.span(self.first.plus_days(-1));
            }
        }
        let days = self.last.days() - self.first.days() + 1;
        Span { first: self.first.plus_days(-days), last: self.first.plus_days(-1) }
    }
}

/// Months since the year 0, of the month a day lies in.
pub(crate) fn month_number(day: Date) -> i32 {
    let civil = day.civil();
    i32::from(civil.year()) * 12 + i32::from(civil.month()) - 1
}

/// The first day of a month by its number.
pub(crate) fn month_start(number: i32) -> Date {
    let (year, month) = (number.div_euclid(12), number.rem_euclid(12) + 1);
    let civil =
        civil::Date::new(i16::try_from(year).unwrap_or(0), i8::try_from(month).unwrap_or(1), 1);
    Date::from_civil(civil.unwrap_or(civil::Date::ZERO))
}

/// The name of a month by its number.
pub(crate) fn month_name(number: i32) -> String {
    format!("{:04}-{:02}", number.div_euclid(12), number.rem_euclid(12) + 1)
}
