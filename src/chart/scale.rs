//! Scales from exact decimals to whole hundredths of a pixel. Invariant: no float is made, so a
//! picture is the same bytes on every machine.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

/// From a stretch of numbers to a stretch of places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    from: Decimal,
    to: Decimal,
    start: i64,
    end: i64,
}

impl Scale {
    /// The least number stands at `start`, the greatest at `end`; a stretch of nothing is made one.
    pub(crate) fn new((from, to): (Decimal, Decimal), (start, end): (i64, i64)) -> Scale {
        let to = if from < to { to } else { from + Decimal::ONE };
        Scale { from, to, start, end }
    }
    /// From zero, with the numbers on both sides of it.
    pub(crate) fn of(numbers: impl IntoIterator<Item = Decimal>, places: (i64, i64)) -> Scale {
        let (mut low, mut high) = (Decimal::ZERO, Decimal::ZERO);
        for number in numbers {
            (low, high) = (low.min(number), high.max(number));
        }
        Scale::new((low, high), places)
    }
    /// The place of a number.
    pub(crate) fn at(&self, number: Decimal) -> i64 {
        let share = (number - self.from) / (self.to - self.from);
        let place = share * Decimal::from(self.end - self.start);
        let place = place.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
        self.start + place.to_i64().unwrap_or_default()
    }
    /// About so many round numbers on it.
    pub(crate) fn ticks(&self, about: u32) -> Vec<Decimal> {
        let rough = (self.to - self.from) / Decimal::from(about.max(1));
        let ten = Decimal::TEN;
        let mut power = Decimal::ONE;
        while power * ten <= rough {
            power *= ten;
        }
        while power > rough && power.scale() < 6 {
            power /= ten;
        }
        let steps = [1, 2, 5, 10].map(|times| power * Decimal::from(times));
        let step = steps.into_iter().find(|step| *step >= rough).unwrap_or(power * ten);
        let mut tick = (self.from / step).ceil() * step;
        let mut ticks = Vec::new();
        while tick <= self.to {
            ticks.push(tick.normalize());
            tick += step;
        }
        ticks
    }
}
