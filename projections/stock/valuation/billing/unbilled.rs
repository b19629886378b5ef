//! Goods received and goods billed that have no counterpart. Invariant: what they stand at is the
//! balance of goods received and not invoiced.

use rust_decimal::Decimal;
use sijil_schemas::money::Currency;

use super::Matching;
use crate::{
    cut::Dated,
    stock::{Move, Moved, layers::part},
};

/// Goods that were received and not billed, or billed and not received.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unbilled {
    /// The receipt, or the bill.
    pub(crate) fact: Dated<Move>,
    /// Which line of the bill, from the first; `None` of a receipt.
    pub(crate) line: Option<usize>,
    /// Whether it is a cost beside the price of what was received.
    pub(crate) beside: bool,
    /// The currency of the receipt's value, if it has one, or of the bill.
    pub(crate) currency: Option<Currency>,
    /// All that was received, or billed.
    pub(crate) of: Decimal,
    /// What of it has no counterpart.
    pub(crate) qty: Decimal,
    /// What that is worth in its own currency, and in base: what it stands at on the account of
    /// goods received and not invoiced, below zero for what was billed.
    pub(crate) net: Decimal,
    pub(crate) base: Decimal,
}

impl Matching<'_, '_> {
    /// What has no counterpart, receipts first, each with what was added beside its price on a row
    /// of its own.
    pub(super) fn unbilled(&self) -> Vec<Unbilled> {
        let mut all = Vec::new();
        for arrival in &self.arrivals {
            let Moved::Received { qty: of, value, .. } = arrival.fact.what.what else { continue };
            let worth = value.map_or(Decimal::ZERO, |value| {
                part(value.amount.get(), arrival.qty, of, value.currency.minor_unit())
            });
            let goods = Unbilled {
                fact: arrival.fact,
                line: None,
                beside: false,
                currency: arrival.currency,
                of,
                qty: arrival.qty,
                net: worth,
                base: arrival.value,
            };
            let currency = self.valuation.currency();
            let (qty, net, base) = (Decimal::ZERO, arrival.extra, arrival.extra);
            all.extend([
                goods,
                Unbilled { beside: true, currency, qty, of: qty, net, base, ..goods },
            ]);
        }
        for line in &self.lines {
            let (qty, net, base) = line.waits;
            let lines = self.valuation.stock.charge_lines(&line.bill.what);
            let of = lines.skip(line.number).map(|line| line.qty).next().unwrap_or_default();
            all.push(Unbilled {
                fact: line.bill.map(|bill| bill.moved()),
                line: Some(line.number),
                beside: line.beside,
                currency: Some(line.currency),
                of,
                qty,
                net,
                base: -base,
            });
        }
        all.retain(|one| !one.qty.is_zero() || !one.base.is_zero());
        all
    }
}
