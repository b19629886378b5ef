//! The value of one item at one warehouse. Invariant: quantity and value are those of the layers
//! minus those of the deficits; no quantity is without its value, and where nothing is left no
//! value is.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use sijil_facts::{EntitySym, cells::Run};
use sijil_schemas::{
    Position,
    money::{mul_div, split},
    time::Timestamp,
};

use super::Move;
use crate::cut::Dated;

/// What names the record whose cost something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The document: of goods that left the issue.
    pub document: EntitySym,
    /// What it refers to.
    pub refs: Run<EntitySym>,
}

impl Source {
    pub(super) fn of(fact: Dated<Move>) -> Dated<Source> {
        fact.map(|moved| Source { document: moved.what.document(), refs: moved.refs })
    }
}

/// Goods of one receipt that are still there. Under moving average all goods of a warehouse are one
/// layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Its place in the queue: business date and position of the receipt.
    pub place: (Timestamp, Position),
    /// The record that brought it in.
    pub receipt: Position,
    /// How many.
    pub qty: Decimal,
    /// What they cost together.
    pub value: Decimal,
}

impl Layer {
    /// Takes a part out: its share of the value, rounded to the minor unit; the last part takes the
    /// rest.
    pub(super) fn take(&mut self, qty: Decimal, minor: u32) -> Layer {
        let value = part(self.value, qty, self.qty, minor);
        self.qty -= qty;
        self.value -= value;
        Layer { qty, value, ..*self }
    }
}

/// Goods that went out before they came in, at a provisional cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deficit {
    /// What took them.
    pub(super) origin: Dated<Source>,
    pub(super) qty: Decimal,
    pub(super) value: Decimal,
}

/// `value × qty ÷ of`, rounded once to the minor unit; all of it if all is asked for.
pub(super) fn part(value: Decimal, qty: Decimal, of: Decimal, minor: u32) -> Decimal {
    if qty == of {
        value
    } else {
        narrow(value, qty, of, minor).unwrap_or_else(|| mul_div(value, qty, of, minor))
    }
}

/// The same as [`mul_div`] where 128 bits are enough, which they are for nearly all goods.
fn narrow(value: Decimal, qty: Decimal, of: Decimal, minor: u32) -> Option<Decimal> {
    let ten = |power: u32| 10_i128.checked_pow(power);
    let top = value
        .mantissa()
        .checked_mul(qty.mantissa())?
        .checked_mul(ten(of.scale().checked_add(minor)?)?)?;
    let bottom = of.mantissa().checked_mul(ten(value.scale().checked_add(qty.scale())?)?)?;
    let (half, whole) = (bottom.checked_abs()?, top.checked_abs()?);
    let quotient = whole.checked_mul(2)?.checked_add(half)?.checked_div(half.checked_mul(2)?)?;
    let signed = if (top < 0) == (bottom < 0) { quotient } else { -quotient };
    Decimal::try_from_i128_with_scale(signed, minor).ok()
}

/// The goods of one item at one warehouse, and what they are worth.
#[derive(Debug, Clone, Default)]
pub struct Valued {
    average: bool,
    layers: VecDeque<Layer>,
    deficits: VecDeque<Deficit>,
    qty: Decimal,
    value: Decimal,
}

impl Valued {
    pub(super) fn new(average: bool) -> Valued {
        Valued { average, ..Valued::default() }
    }
    /// How many there are; below zero where more went out than came in.
    #[must_use]
    pub const fn qty(&self) -> Decimal {
        self.qty
    }
    /// What they are worth.
    #[must_use]
    pub const fn value(&self) -> Decimal {
        self.value
    }
    /// How many there are, and what they are worth.
    pub(super) const fn totals(&self) -> (Decimal, Decimal) {
        (self.qty, self.value)
    }
    /// The layers, the next to go out first.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter()
    }
    /// What goods that are not there yet were taken out at, with how many: (quantity, provisional
    /// value, the record that took them).
    pub fn deficits(&self) -> impl Iterator<Item = (Decimal, Decimal, Position)> {
        self.deficits.iter().map(|d| (d.qty, d.value, d.origin.position))
    }
    /// Puts goods in. Deficits take theirs first: each is told with what it cost more than it was
    /// taken out at.
    pub(super) fn put(
        &mut self,
        mut layer: Layer,
        minor: u32,
        mut settled: impl FnMut(Dated<Source>, Decimal),
    ) {
        self.qty += layer.qty;
        self.value += layer.value;
        while let Some(deficit) = self.deficits.front_mut().filter(|_| !layer.qty.is_zero()) {
            let qty = layer.qty.min(deficit.qty);
            let (given, owed) =
                (layer.take(qty, minor).value, part(deficit.value, qty, deficit.qty, minor));
            deficit.qty -= qty;
            deficit.value -= owed;
            self.value -= given - owed;
            settled(deficit.origin, given - owed);
            if deficit.qty.is_zero() {
                self.deficits.pop_front();
            }
        }
        if layer.qty.is_zero() {
            return;
        }
        if let (true, Some(all)) = (self.average, self.layers.front_mut()) {
            all.qty += layer.qty;
            all.value += layer.value;
        } else {
            let at = self.layers.partition_point(|l| l.place <= layer.place);
            self.layers.insert(at, layer);
        }
    }
    /// Takes goods out, the oldest first; what is not there is told as the last number.
    pub(super) fn take(&mut self, qty: Decimal, minor: u32) -> (Vec<Layer>, Decimal) {
        let (mut parts, mut wanted) = (Vec::with_capacity(1), qty);
        while let Some(layer) = self.layers.front_mut().filter(|_| !wanted.is_zero()) {
            let part = layer.take(wanted.min(layer.qty), minor);
            wanted -= part.qty;
            self.qty -= part.qty;
            self.value -= part.value;
            if layer.qty.is_zero() {
                self.layers.pop_front();
            }
            parts.push(part);
        }
        (parts, wanted)
    }
    /// Takes goods out that are not there.
    pub(super) fn owe(&mut self, deficit: Deficit) {
        self.qty -= deficit.qty;
        self.value -= deficit.value;
        self.deficits.push_back(deficit);
    }
    /// How many goods are there, and what they are worth, without the deficits.
    pub(super) fn there(&self) -> (Decimal, Decimal) {
        // Where nothing is owed all there is is in layers, of which there may be as many as
        // receipts.
        if self.deficits.is_empty() && !self.layers.is_empty() {
            debug_assert!(self.layers.len() > 64 || self.in_layers() == self.totals());
            self.totals()
        } else {
            self.in_layers()
        }
    }
    /// The same by walking the layers: the totals fit them only between two changes.
    fn in_layers(&self) -> (Decimal, Decimal) {
        let none = (Decimal::ZERO, Decimal::ZERO);
        self.layers.iter().fold(none, |(qty, value), l| (qty + l.qty, value + l.value))
    }
    /// The layers, by number, of which so many units are worth so much; none under moving average,
    /// where all units are worth the same.
    pub(super) fn layers_at(&self, qty: Decimal, value: Decimal, minor: u32) -> Vec<usize> {
        let worth = |layer: &Layer| mul_div(layer.value, qty, layer.qty, minor) == value;
        self.layers
            .iter()
            .enumerate()
            .filter(|(_, layer)| !self.average && worth(layer))
            .map(|(n, _)| n)
            .collect()
    }
    /// Takes out goods that are worth just so much, from the layers told first, then from the
    /// oldest, but not more than the layers it takes from were worth, if any were told, nor than
    /// there is. What they were valued at more or less, the rest is valued at less or more. Less
    /// than all there is must be asked for.
    pub(super) fn lose(
        &mut self,
        qty: Decimal,
        value: Decimal,
        chosen: &[usize],
        minor: u32,
    ) -> Decimal {
        let others = (0..self.layers.len()).filter(|n| !chosen.contains(n));
        let (mut wanted, mut taken, mut drawn) = (qty, Decimal::ZERO, Decimal::ZERO);
        for n in chosen.iter().copied().chain(others).collect::<Vec<_>>() {
            let Some(layer) = self.layers.get_mut(n).filter(|_| !wanted.is_zero()) else { break };
            drawn += layer.value;
            let part = layer.take(wanted.min(layer.qty), minor);
            (wanted, taken) = (wanted - part.qty, taken + part.value);
        }
        self.layers.retain(|layer| !layer.qty.is_zero());
        let lost = value.min(if chosen.is_empty() { taken + self.in_layers().1 } else { drawn });
        let rest = lost - taken;
        let mut weights: Vec<Decimal> = self.layers.iter().map(|l| l.value).collect();
        if weights.iter().all(Decimal::is_zero) {
            weights = self.layers.iter().map(|l| l.qty).collect();
        }
        for (layer, by) in
            self.layers.iter_mut().zip(split(rest, &weights, minor.max(rest.scale())))
        {
            layer.value -= by;
        }
        self.qty -= qty;
        self.value -= lost;
        lost
    }
}
