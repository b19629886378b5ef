//! Goods received and billed, naively: every quantity is matched by walking all receipts and all
//! bills. Invariant: shares nothing with the folds.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use sijil_projections::Cut;
use sijil_schemas::{
    Event, Record,
    event::{Accounting, Catalogue, Stock},
    id::{EntityRef, Kind},
    money::Money,
    time::Timestamp,
};

use super::naive::dealt;

/// What bills make of goods.
#[derive(Debug, Default)]
pub struct Bills {
    /// How much more each receipt costs.
    pub costs: BTreeMap<String, Decimal>,
    /// What the rates lost between receipts and bills.
    pub exchange: Decimal,
    /// What each line of each bill is worth in base, by the position of the bill.
    pub base: BTreeMap<u64, Vec<Decimal>>,
    pub matched: usize,
}

struct Receipt<'a> {
    id: String,
    item: String,
    at: Timestamp,
    currency: Option<String>,
    order: Option<String>,
    refs: &'a [EntityRef],
    qty: Decimal,
    value: Decimal,
}

struct Line<'a> {
    bill: String,
    item: String,
    currency: String,
    receipt: Option<String>,
    refs: &'a [EntityRef],
    qty: Decimal,
    net: Decimal,
    base: Decimal,
}

fn cents(amount: Decimal) -> Decimal {
    amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn share(value: Decimal, qty: Decimal, of: Decimal) -> Decimal {
    if qty == of { value } else { cents(value * qty / of) }
}

/// The rate of a currency on a day: the last told of that day or before, whenever it was told in
/// the log.
pub struct Rates(Vec<(Timestamp, String, Decimal)>);

impl Rates {
    pub fn of(records: &[Record], cut: &Cut) -> Rates {
        let told = records.iter().filter(|r| r.position <= cut.known_at);
        let mut all: Vec<_> = told
            .filter_map(|r| match &r.event {
                Event::Catalogue(Catalogue::ExchangeRateSet(e)) => {
                    Some((r.occurred_at(), e.currency.to_string(), e.rate.get()))
                }
                _ => None,
            })
            .collect();
        all.sort_by_key(|(at, _, _)| *at);
        Rates(all)
    }
    pub fn at(&self, currency: &str, at: Timestamp) -> Decimal {
        let told = self.0.iter().rev().find(|(from, of, _)| of == currency && *from <= at);
        told.map_or(Decimal::ONE, |(_, _, rate)| *rate)
    }
    pub fn base(&self, money: Money, at: Timestamp) -> Decimal {
        let rate = self.at(&money.currency.to_string(), at);
        if rate == Decimal::ONE { money.amount.get() } else { cents(money.amount.get() * rate) }
    }
}

impl Bills {
    pub fn of(counting: &[&Record], rates: &Rates) -> Bills {
        let (mut bills, mut receipts, mut lines) = (Bills::default(), Vec::new(), Vec::new());
        for record in counting {
            let at = record.occurred_at();
            match &record.event {
                Event::Stock(Stock::GoodsReceived(e)) if e.returns.is_none() => {
                    receipts.push(Receipt {
                        id: e.receipt.to_string(),
                        item: e.item.to_string(),
                        at,
                        currency: e.value.map(|v| v.currency.to_string()),
                        order: e.purchase_order.as_ref().map(ToString::to_string),
                        refs: &e.refs,
                        qty: e.qty.get(),
                        value: e.value.map_or(Decimal::ZERO, |v| rates.base(v, at)),
                    });
                }
                Event::Stock(Stock::ReceiptCostAdjusted(e)) => {
                    let of = receipts
                        .iter_mut()
                        .find(|r| r.id == e.receipt.as_str() && !r.qty.is_zero());
                    of.into_iter().for_each(|r| r.value += rates.base(e.delta_value, at));
                }
                Event::Accounting(Accounting::BillReceived(e)) => {
                    let rate = rates.at(&e.total.currency.to_string(), at);
                    let (nets, taxes): (Vec<Decimal>, Vec<Decimal>) =
                        e.lines.iter().map(|l| (l.net.get(), l.tax.get())).unzip();
                    let base = if rate == Decimal::ONE {
                        nets.clone()
                    } else {
                        let both = dealt(
                            cents(e.total.amount.get() * rate),
                            &[nets.iter().sum(), taxes.iter().sum()],
                        );
                        dealt(both[0], &nets)
                    };
                    bills.base.insert(record.position.get(), base.clone());
                    for (line, base) in e.lines.iter().zip(base) {
                        let Some(item) = &line.item else { continue };
                        lines.push(Line {
                            bill: e.bill.to_string(),
                            item: item.to_string(),
                            currency: e.total.currency.to_string(),
                            receipt: line.receipt.as_ref().map(ToString::to_string),
                            refs: &e.refs,
                            qty: line.qty.get(),
                            net: line.net.get(),
                            base,
                        });
                    }
                }
                _ => continue,
            }
            for line in &mut lines {
                bills.settle(line, &mut receipts, rates);
            }
        }
        bills
    }
    /// Matches a line with whatever it names and is not billed, the oldest first; receipts that it
    /// names come before those of its orders.
    fn settle(&mut self, line: &mut Line<'_>, receipts: &mut [Receipt<'_>], rates: &Rates) {
        let among = |refs: &[EntityRef], kind: Kind, id: &str| {
            refs.iter().any(|r| r.kind == kind && r.id() == id)
        };
        for first in [true, false] {
            for receipt in receipts.iter_mut().filter(|r| r.item == line.item) {
                let itself = match &line.receipt {
                    Some(id) => *id == receipt.id,
                    None => among(line.refs, Kind::Receipt, &receipt.id),
                };
                let other = line.receipt.is_none()
                    && (receipt
                        .order
                        .as_ref()
                        .is_some_and(|order| among(line.refs, Kind::PurchaseOrder, order))
                        || among(receipt.refs, Kind::Bill, &line.bill));
                let qty = line.qty.min(receipt.qty);
                if qty.is_zero() || !(if first { itself } else { other }) {
                    continue;
                }
                let (net, base, stood) = (
                    share(line.net, qty, line.qty),
                    share(line.base, qty, line.qty),
                    share(receipt.value, qty, receipt.qty),
                );
                (line.qty, line.net, line.base) =
                    (line.qty - qty, line.net - net, line.base - base);
                (receipt.qty, receipt.value) = (receipt.qty - qty, receipt.value - stood);
                let rate = rates.at(&line.currency, receipt.at);
                let estimate = receipt.currency.as_ref().is_some_and(|of| *of != line.currency);
                let cost =
                    if estimate || line.currency == "EUR" { base } else { cents(net * rate) };
                *self.costs.entry(receipt.id.clone()).or_default() += cost - stood;
                self.exchange += base - cost;
                self.matched += 1;
            }
        }
    }
}
