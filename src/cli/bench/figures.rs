//! Figures: what the rounds of a measure gave, what was to be reached, and the rows they make.
//! Invariant: a figure is a whole number in its own unit, its goal is judged by the middle round,
//! and a row is met when all its parts are.

use std::{collections::BTreeMap, time::Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::CliError;

/// Time from a beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lap(Instant);

impl Lap {
    pub(crate) fn begin() -> Lap {
        Lap(Instant::now())
    }
    pub(crate) fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// So many in so long, as so many a second.
pub(crate) fn per_second(count: u64, micros: u64) -> u64 {
    count.saturating_mul(1_000_000) / micros.max(1)
}

/// One number in thousandths of another.
pub(crate) fn permille(part: u64, whole: u64) -> u64 {
    part.saturating_mul(1_000) / whole.max(1)
}

/// The longest latency that is told apart, in microseconds: ten minutes.
const MOST: u64 = 600_000_000;

/// A histogram of microseconds, to three digits.
pub(crate) fn histogram() -> Result<Histogram<u64>, CliError> {
    Histogram::new_with_bounds(1, MOST, 3)
        .map_err(|e| CliError::Reach(format!("no histogram: {e}")))
}

/// The least, the middle and the most of what the rounds gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread {
    pub(crate) minimum: u64,
    pub(crate) median: u64,
    pub(crate) maximum: u64,
}

impl Spread {
    /// Of rounds, one at least.
    pub(crate) fn of(rounds: &[u64]) -> Option<Spread> {
        let mut sorted = rounds.to_vec();
        sorted.sort_unstable();
        Some(Spread {
            minimum: *sorted.first()?,
            median: *sorted.get(sorted.len() / 2)?,
            maximum: *sorted.last()?,
        })
    }
}

/// What a figure should reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    AtLeast(u64),
    AtMost(u64),
    /// It is told, not judged.
    Told,
}

impl Goal {
    fn met(self, got: u64) -> Option<bool> {
        match self {
            Goal::AtLeast(least) => Some(got >= least),
            Goal::AtMost(most) => Some(got <= most),
            Goal::Told => None,
        }
    }
    fn words(self, unit: &str) -> String {
        match self {
            Goal::AtLeast(least) => format!("at least {least} {unit}"),
            Goal::AtMost(most) => format!("at most {most} {unit}"),
            Goal::Told => String::new(),
        }
    }
}

/// One figure of a row.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) measure: String,
    pub(crate) unit: &'static str,
    pub(crate) spread: Spread,
    pub(crate) goal: Goal,
    /// How many events the ledger had.
    pub(crate) events: u64,
}

impl Part {
    fn json(&self) -> Value {
        let Spread { minimum, median, maximum } = self.spread;
        json!({"measure": self.measure, "unit": self.unit, "minimum": minimum, "median": median, "maximum": maximum,
            "goal": self.goal.words(self.unit), "met": self.goal.met(median), "events": self.events})
    }
}

/// A row of the table of goals.
pub(crate) struct Title {
    pub(crate) number: u8,
    pub(crate) measure: &'static str,
    pub(crate) goal: &'static str,
    /// From how many events on the goal can be met.
    pub(crate) from_events: u64,
}

/// All that was measured, by the numbers of the rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    rows: BTreeMap<u8, Vec<Part>>,
    facts: Vec<Value>,
}

impl Figures {
    /// A figure of a row, by what each round gave; the first one of a row stands for it.
    pub(crate) fn add(
        &mut self,
        row: u8,
        measure: impl Into<String>,
        unit: &'static str,
        rounds: &[u64],
        goal: Goal,
        events: u64,
    ) {
        if let Some(spread) = Spread::of(rounds) {
            self.rows.entry(row).or_default().push(Part {
                measure: measure.into(),
                unit,
                spread,
                goal,
                events,
            });
        }
    }
    /// Something that must be known to read the figures.
    pub(crate) fn fact(&mut self, measure: &str, value: &str) {
        self.facts.push(json!({"number": null, "measure": measure, "value": value}));
    }
    /// A figure that must be known to read the others.
    pub(crate) fn told(&mut self, measure: &str, unit: &'static str, rounds: &[u64]) {
        if let Some(Spread { minimum, median, maximum }) = Spread::of(rounds) {
            self.facts.push(json!({"number": null, "measure": measure, "unit": unit, "minimum": minimum, "median": median, "maximum": maximum}));
        }
    }
    /// The figure that stands for a row.
    pub(crate) fn head(&self, row: u8) -> Option<&Part> {
        self.rows.get(&row)?.first()
    }

    /// One object per title, then the facts.
    pub(crate) fn table(&self, titles: &[Title]) -> Vec<Value> {
        let rows = titles.iter().map(|title| {
            let empty = Vec::new();
            let parts = self.rows.get(&title.number).unwrap_or(&empty);
            let mut row = parts.first().map_or_else(|| json!({"unit": "", "minimum": null, "median": null, "maximum": null, "events": null}), Part::json);
            row["number"] = json!(title.number);
            row["measure"] = json!(title.measure);
            row["goal"] = json!(title.goal);
            row["met"] = json!(judged(parts, title.from_events));
            row["parts"] = Value::Array(parts.iter().map(Part::json).collect());
            row
        });
        rows.chain(self.facts.iter().cloned()).collect()
    }
}

/// Whether all parts are met; nobody knows if the ledger was smaller than the goal asks, or nothing
/// was measured.
fn judged(parts: &[Part], from_events: u64) -> Option<bool> {
    let judged: Vec<bool> =
        parts.iter().filter_map(|part| part.goal.met(part.spread.median)).collect();
    if judged.contains(&false) {
        return Some(false);
    }
    let large_enough = parts.iter().all(|part| part.events >= from_events);
    (large_enough && !judged.is_empty()).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: Title = Title { number: 5, measure: "scan", goal: "fast", from_events: 100 };

    #[test]
    fn a_latency_is_kept_to_three_digits_up_to_ten_minutes() {
        for micros in [1, 999, 5_000_000, MOST] {
            let mut one = histogram().unwrap();
            one.saturating_record(micros);
            let kept = one.value_at_quantile(0.99);
            assert!(kept.abs_diff(micros) <= micros / 500, "{micros} became {kept}");
        }
    }

    #[test]
    fn a_row_is_met_when_all_its_parts_are_and_the_ledger_is_large_enough() {
        let row = |goals: [Goal; 2], events| {
            let mut figures = Figures::default();
            figures.add(5, "scan", "µs", &[30, 10, 20], goals[0], events);
            figures.add(5, "again", "µs", &[7], goals[1], events);
            figures.table(&[TITLE])[0].clone()
        };
        let fine = row([Goal::AtMost(20), Goal::Told], 100);
        assert_eq!(
            (&fine["minimum"], &fine["median"], &fine["maximum"]),
            (&json!(10), &json!(20), &json!(30))
        );
        assert_eq!(
            (&fine["number"], &fine["met"], &fine["parts"][1]["median"]),
            (&json!(5), &json!(true), &json!(7))
        );
        assert_eq!(row([Goal::AtMost(20), Goal::AtLeast(8)], 100)["met"], json!(false));
        assert_eq!(
            row([Goal::AtMost(20), Goal::AtLeast(7)], 99)["met"],
            json!(null),
            "too small to say so"
        );
        assert_eq!(
            row([Goal::AtMost(19), Goal::AtLeast(7)], 99)["met"],
            json!(false),
            "large enough to fail"
        );
        assert_eq!(Figures::default().table(&[TITLE])[0]["met"], json!(null));
    }

    #[test]
    fn a_rate_is_so_many_a_second() {
        assert_eq!((per_second(500, 250_000), permille(1, 3), permille(5, 0)), (2_000, 333, 5_000));
    }
}
