//! Figures: from what adds to a metric to one number in its unit. Invariant: a figure is exact
//! until it is shown.

use rust_decimal::Decimal;
use sijil_schemas::{
    Better, Position,
    money::{Currency, SCALE_MAX},
};

use super::flows::Share;
use crate::{
    ratio::Ratio,
    report::{Cell, Context, Count, Number, ReportError, Sum, Value, quotient},
    reports::response_time::median,
    staff::{Metric, Unit},
};

/// A metric as it is asked for: built in, or a measure of the company's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure<'a> {
    pub(super) name: &'a str,
    pub(super) metric: Metric,
    pub(super) better: Better,
    /// The currency of a measure of the company's own that counts money.
    pub(super) currency: Option<Currency>,
    unit: &'a str,
}

impl<'a> Measure<'a> {
    fn built_in(metric: Metric) -> Measure<'a> {
        let unit = match metric.unit() {
            Unit::Money => "money",
            Unit::Count => "count",
            Unit::Percent => "percent",
            Unit::Time => "minutes",
        };
        Measure { name: metric.name(), metric, better: metric.better(), currency: None, unit }
    }
    /// The name of what it counts, besides money.
    pub(super) const fn unit_name(&self) -> &'a str {
        self.unit
    }
    /// Microseconds in its unit of time.
    fn micros(&self) -> i64 {
        match self.unit {
            "hours" => 3_600_000_000,
            "days" => 86_400_000_000,
            _ => 60_000_000,
        }
    }
}

/// Every measure that is asked for, in the order of the built-in metrics, then of the ids of the
/// company's own.
pub(super) fn measures<'a>(ctx: &Context<'a>) -> Result<Vec<Measure<'a>>, ReportError> {
    let mut all: Vec<Measure<'a>> = Metric::ALL.iter().copied().map(Measure::built_in).collect();
    let staff = ctx.views.staff;
    for (name, kpi) in staff.kpis(ctx.known()) {
        let Some(metric) = Metric::named(staff.word(kpi.what.metric)) else { continue };
        let unit = staff.word(kpi.what.unit);
        let own =
            Measure { name, metric, better: kpi.what.better, currency: unit.parse().ok(), unit };
        // A measure under the name of a metric says how that metric is counted.
        match all.iter_mut().find(|measure| measure.name == name) {
            Some(measure) => *measure = own,
            None => all.push(own),
        }
    }
    let Some(name) = ctx.arguments.text("metric") else { return Ok(all) };
    let known: Vec<&str> = all.iter().map(|measure| measure.name).collect();
    let expected = format!("one of {}", known.join(", "));
    all.retain(|measure| measure.name == name);
    if all.is_empty() {
        Err(ReportError::InvalidParameter { name: "metric".into(), expected, got: name.into() })
    } else {
        Ok(all)
    }
}

/// What was reached; `None` where a rate or a median is of nothing.
pub(super) fn actual(measure: &Measure<'_>, shares: &[&Share<'_>]) -> Option<Ratio> {
    let sum = || shares.iter().map(|share| share.amount).sum::<Decimal>();
    match measure.metric.unit() {
        Unit::Money | Unit::Count => Some(Ratio::whole(sum())),
        Unit::Percent => Ratio::of(sum() * Decimal::ONE_HUNDRED, Decimal::from(shares.len())),
        Unit::Time => median(shares.iter().map(|share| share.micros).collect(), measure.micros()),
    }
}

/// The records behind what was reached.
pub(super) enum Reached<'c, 'a> {
    /// They add up to it.
    Sum(&'c Context<'a>, Sum),
    /// So many good ones of so many.
    Rate(&'c Context<'a>, Sum, Count),
    /// Those in the middle say it.
    Middle(&'c Context<'a>, Vec<Position>),
}

impl<'c, 'a> Reached<'c, 'a> {
    pub(super) fn of(
        ctx: &'c Context<'a>,
        measure: &Measure<'_>,
        shares: &[&Share<'_>],
    ) -> Reached<'c, 'a> {
        let mut sum = ctx.sum();
        match measure.metric.unit() {
            Unit::Money | Unit::Count => {
                shares.iter().for_each(|share| share.add_to(&mut sum));
                Reached::Sum(ctx, sum)
            }
            Unit::Percent => {
                let mut all = ctx.count();
                for share in shares {
                    share.add_to(&mut sum);
                    all += share.said;
                }
                Reached::Rate(ctx, sum, all)
            }
            Unit::Time => {
                let mut sorted: Vec<(i64, Position)> =
                    shares.iter().map(|share| (share.micros, share.said)).collect();
                sorted.sort_unstable();
                let n = sorted.len();
                let middle = if n == 0 { &[][..] } else { &sorted[(n - 1) / 2..=n / 2] };
                Reached::Middle(ctx, middle.iter().map(|(_, said)| *said).collect())
            }
        }
    }
    fn positions(&self) -> Vec<Position> {
        match self {
            Reached::Sum(_, sum) => sum.parts().positions().collect(),
            Reached::Rate(_, good, all) => {
                good.parts().positions().chain(all.parts().positions()).collect()
            }
            Reached::Middle(_, middle) => middle.clone(),
        }
    }
    const fn ctx(&self) -> &'c Context<'a> {
        match self {
            Reached::Sum(ctx, _) | Reached::Rate(ctx, ..) | Reached::Middle(ctx, _) => ctx,
        }
    }
    /// The cell that shows it.
    pub(super) fn cell(&self, value: Value) -> Cell {
        match self {
            Reached::Sum(_, sum) => sum.shown(|_| value),
            Reached::Rate(_, good, all) => quotient(value, good, all, "all that is judged"),
            Reached::Middle(ctx, middle) => value.because(ctx.said_by(middle.iter().copied())),
        }
    }
    /// What follows from it and a target.
    pub(super) fn against(&self, value: Value, target: Option<Position>) -> Cell {
        value.because(self.ctx().said_by(self.positions().into_iter().chain(target)))
    }
    /// What part of a target it is.
    pub(super) fn over(&self, value: Value, target: &Sum) -> Cell {
        match self {
            Reached::Sum(_, sum) => quotient(value, sum, target, "target"),
            Reached::Rate(..) | Reached::Middle(..) => {
                self.against(value, target.parts().positions().next())
            }
        }
    }
}

/// How a figure is shown: money with its minor unit, counts whole where they are, rates and times
/// with two decimals.
pub(super) fn shown(value: Option<&Ratio>, unit: Option<Currency>, metric: Metric) -> Value {
    let Some(value) = value else { return Value::Null };
    match (metric.unit(), unit) {
        (Unit::Money, Some(currency)) => {
            let exact = value.round(SCALE_MAX);
            let is_exact = Ratio::whole(exact) == *value;
            Value::money(
                if is_exact { exact } else { value.round(currency.minor_unit()) },
                currency,
            )
        }
        (Unit::Count, _) => Value::Amount(value.round(2).normalize()),
        (Unit::Money | Unit::Percent | Unit::Time, _) => Value::Amount(value.round(2)),
    }
}
