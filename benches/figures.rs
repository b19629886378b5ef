//! Figures: what the rounds of a measure gave, what was to be reached, and the rows they make.
//! Invariant: a figure is a whole number in its own unit, its goal is judged by the middle round,
//! and a row is met when all its parts are.

use std::{collections::BTreeMap, time::Instant};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Time from a beginning.
#[derive(Debug, Clone, Copy)]
pub struct Lap(Instant);

impl Lap {
    /// Begins now.
    #[must_use]
    pub fn begin() -> Lap {
        Lap(Instant::now())
    }
    /// Microseconds since the beginning.
    #[must_use]
    pub fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Things per second, rounded down; a time of 0 counts as one microsecond.
#[must_use]
pub fn per_second(count: u64, micros: u64) -> u64 {
    count.saturating_mul(1_000_000) / micros.max(1)
}

/// The part in thousandths of the whole, rounded down; a whole of 0 counts as 1.
#[must_use]
pub fn permille(part: u64, whole: u64) -> u64 {
    part.saturating_mul(1_000) / whole.max(1)
}

/// The longest latency that is told apart, in microseconds: ten minutes.
pub const MICROS_MAX: u64 = 600_000_000;

/// An empty histogram of microseconds, to three digits.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MICROS_MAX, 3).expect("the bounds are constants that fit")
}

/// The least, the middle and the most of what the rounds gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The least.
    pub minimum: u64,
    /// The middle; of an even number of rounds, the upper one.
    pub median: u64,
    /// The most.
    pub maximum: u64,
}

impl Spread {
    /// The spread of what rounds gave; none of no rounds.
    #[must_use]
    pub fn of(rounds: &[u64]) -> Option<Spread> {
        let mut sorted = rounds.to_vec();
        sorted.sort_unstable();
        Some(Spread {
            minimum: *sorted.first()?,
            median: *sorted.get(sorted.len() / 2)?,
            maximum: *sorted.last()?,
        })
    }
}

/// What a figure should reach, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// This much or more.
    AtLeast(u64),
    /// This much or less.
    AtMost(u64),
    /// Nothing: the figure is told, not judged.
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
pub struct Part {
    /// What was measured, in words.
    pub measure: String,
    /// The unit of the spread and of the goal.
    pub unit: &'static str,
    /// What the rounds gave.
    pub spread: Spread,
    /// What the middle round should reach.
    pub goal: Goal,
    /// How many events the ledger had.
    pub events: u64,
}

impl Part {
    fn json(&self) -> Value {
        let Spread { minimum, median, maximum } = self.spread;
        json!({
            "measure": self.measure, "unit": self.unit,
            "minimum": minimum, "median": median, "maximum": maximum,
            "goal": self.goal.words(self.unit), "met": self.goal.met(median),
            "events": self.events,
        })
    }
}

/// A row of the table of goals.
pub struct Title {
    /// The number of the row.
    pub number: u8,
    /// What is measured, in words.
    pub measure: &'static str,
    /// What is to be reached, in words.
    pub goal: &'static str,
    /// From how many events on the goal can be met.
    pub from_events: u64,
}

/// All that was measured, by the numbers of the rows.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    rows: BTreeMap<u8, Vec<Part>>,
    facts: Vec<Value>,
}

impl Figures {
    /// A figure of a row, by what each round gave; the first one of a row stands for it.
    pub fn add(
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
    pub fn fact(&mut self, measure: &str, value: &str) {
        self.facts.push(json!({"number": null, "measure": measure, "value": value}));
    }
    /// A figure that must be known to read the others.
    pub fn told(&mut self, measure: &str, unit: &'static str, rounds: &[u64]) {
        if let Some(Spread { minimum, median, maximum }) = Spread::of(rounds) {
            self.facts.push(json!({
                "number": null, "measure": measure, "unit": unit,
                "minimum": minimum, "median": median, "maximum": maximum,
            }));
        }
    }
    /// The figure that stands for a row.
    #[must_use]
    pub fn head(&self, row: u8) -> Option<&Part> {
        self.rows.get(&row)?.first()
    }

    /// One object per title, then the facts.
    #[must_use]
    pub fn table(&self, titles: &[Title]) -> Vec<Value> {
        let rows = titles.iter().map(|title| {
            let empty = Vec::new();
            let parts = self.rows.get(&title.number).unwrap_or(&empty);
            let unmeasured = || {
                json!({"unit": "", "minimum": null, "median": null, "maximum": null,
                    "events": null})
            };
            let mut row = parts.first().map_or_else(unmeasured, Part::json);
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
