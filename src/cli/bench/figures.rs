//! Figures: what was measured, in the order in which it was. Invariant: each row has the least, the middle and the most of its rounds, as whole numbers.

use std::time::Instant;

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::CliError;

/// Microseconds from a beginning.
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

/// The longest latency that is told apart, in microseconds: ten minutes.
const MOST: u64 = 600_000_000;

/// A histogram of three digits.
pub(crate) fn histogram() -> Result<Histogram<u64>, CliError> {
    Histogram::new_with_bounds(1, MOST, 3).map_err(|e| CliError::Reach(format!("no histogram: {e}")))
}

/// The rows of the table.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    rows: Vec<Value>,
}

impl Figures {
    /// A measure, by what each round gave.
    pub(crate) fn add(&mut self, measure: &str, unit: &str, rounds: &[u64]) {
        let mut sorted = rounds.to_vec();
        sorted.sort_unstable();
        if let (Some(least), Some(middle), Some(most)) = (sorted.first(), sorted.get(sorted.len() / 2), sorted.last()) {
            self.add_three(measure, unit, [*least, *middle, *most]);
        }
    }
    /// A measure, by its least, middle and most.
    pub(crate) fn add_three(&mut self, measure: &str, unit: &str, [minimum, median, maximum]: [u64; 3]) {
        let number = self.rows.len() + 1;
        self.rows.push(json!({"number": number, "measure": measure, "unit": unit, "minimum": minimum, "median": median, "maximum": maximum}));
    }
    /// Two measures: the middle and the 99th percentile of each round's latencies.
    pub(crate) fn add_latencies(&mut self, measure: &str, rounds: &[Histogram<u64>]) {
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99)] {
            let values: Vec<u64> = rounds.iter().map(|round| round.value_at_quantile(quantile)).collect();
            self.add(&format!("{measure}, {name}"), "µs", &values);
        }
    }
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.rows.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_row_has_the_least_the_middle_and_the_most() {
        let mut figures = Figures::default();
        figures.add("syncs", "µs", &[30, 10, 20]);
        assert_eq!(figures.rows(), [json!({"number": 1, "measure": "syncs", "unit": "µs", "minimum": 10, "median": 20, "maximum": 30})]);
        assert_eq!(per_second(500, 250_000), 2_000);
    }
}
