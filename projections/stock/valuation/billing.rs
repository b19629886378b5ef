//! Goods received and goods billed. Invariant: what a receipt put on the account of goods received
//! and not invoiced leaves it once all of it is billed, to the last cent, at whatever rates.
//!
//! The readings taken where the domain leaves a choice:
//! - a receipt whose date has no rate of the bill's currency is taken for an estimate, one without
//!   a value stood at nothing;
//! - a credit with a quantity takes back what is still waiting for goods first, unless it names a
//!   receipt, then what was matched, the oldest first; one without a quantity changes the price of
//!   what is billed;
//! - a bill in a currency without a rate at its date is matched with nothing.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_facts::EntitySym;
use sijil_schemas::{
    Position,
    id::kind,
    money::{Amount, Currency, Money, split},
    time::Timestamp,
};

use super::{BillInBase, LineInBase, MissingRate, Valuation};
use crate::{
    Sym,
    cut::Dated,
    stock::{Charge, ChargeLine, Move, Moved, layers::part},
};

mod unbilled;

pub(crate) use unbilled::Unbilled;

/// What the later of a receipt and its bill brings out.
#[derive(Debug, Clone, Copy)]
pub struct Settlement {
    /// The later of both: a bill, a credit of one, or a receipt.
    pub fact: Dated<Move>,
    /// The receipt.
    pub receipt: Sym<kind::Receipt>,
    /// How much more the goods cost than they stood at, in base.
    pub differs: Decimal,
    /// What the rate lost between the receipt and the bill, in base; a gain is below zero.
    pub exchange: Decimal,
}

/// A receipt, and what of it is not billed yet.
struct Arrival {
    fact: Dated<Move>,
    receipt: Sym<kind::Receipt>,
    currency: Option<Currency>,
    order: Option<Sym<kind::PurchaseOrder>>,
    qty: Decimal,
    /// What the goods that are not billed stood at.
    value: Decimal,
    /// What was added beside the price of the goods, as freight.
    extra: Decimal,
}

/// Goods that were billed and received.
struct Match {
    arrival: usize,
    qty: Decimal,
    stood: Decimal,
}

/// A line of a bill, and what of it still waits for goods.
struct Line {
    bill: Dated<Charge>,
    number: usize,
    currency: Currency,
    receipt: Option<Sym<kind::Receipt>>,
    /// Whether it is a cost beside the price of the goods of a receipt.
    beside: bool,
    waits: (Decimal, Decimal, Decimal),
    matches: Vec<Match>,
}

/// What a line waits for, and a receipt is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Receipt(Sym<kind::Receipt>),
    Order(Sym<kind::PurchaseOrder>),
    Bill(Sym<kind::Bill>),
}

/// All that is needed to match the bills of one item with its receipts.
struct Matching<'a, 'v> {
    valuation: &'v Valuation<'a>,
    item: Sym<kind::Item>,
    arrivals: Vec<Arrival>,
    lines: Vec<Line>,
    /// The receipts by what they are found by, the oldest first, and the lines by what they wait
    /// for.
    received: BTreeMap<Name, Vec<usize>>,
    waiting: BTreeMap<Name, BTreeSet<usize>>,
    found: Vec<Settlement>,
}

/// What happens to the account of one item, in order.
enum Event<'e> {
    Move(Dated<Move>),
    Bill(&'e BillInBase),
    Credit(&'e BillInBase, usize),
}

impl Valuation<'_> {
    /// What the bills of an item settle, in order of their dates.
    pub(crate) fn settlements(
        &self,
        item: Sym<kind::Item>,
    ) -> Result<Vec<Settlement>, MissingRate> {
        let accounts = self.accounts(item);
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.matched(item, &accounts)?.found)
    }
    /// What of an item was received and not billed, or billed and not received.
    pub(crate) fn unbilled(&self, item: Sym<kind::Item>) -> Result<Vec<Unbilled>, MissingRate> {
        let accounts = self.accounts(item);
        Ok(self.matched(item, &accounts)?.unbilled())
    }
    fn accounts(&self, item: Sym<kind::Item>) -> Vec<BillInBase> {
        let bills = self.stock.bills_of(item, self.lens.side);
        bills.into_iter().filter_map(|bill| self.in_base(Some(bill))).collect()
    }
    /// The receipts of an item matched with bills.
    fn matched<'v>(
        &'v self,
        item: Sym<kind::Item>,
        accounts: &[BillInBase],
    ) -> Result<Matching<'v, 'v>, MissingRate> {
        let mut events: Vec<((Timestamp, Position), Event<'_>)> = Vec::new();
        for fact in self.stock.moves(item).counting(self.lens) {
            if matches!(
                fact.what.what,
                Moved::Received { returns: None, .. } | Moved::CostAdjusted { .. }
            ) {
                events.push((fact.order(), Event::Move(fact)));
            }
        }
        for account in accounts {
            events.push((account.bill.order(), Event::Bill(account)));
            let credits = account.credits.iter().enumerate();
            events.extend(credits.map(|(n, (fact, _))| (fact.order(), Event::Credit(account, n))));
        }
        events.sort_by_key(|(order, _)| *order);
        let (received, waiting) = (BTreeMap::new(), BTreeMap::new());
        let mut matching = Matching {
            valuation: self,
            item,
            arrivals: Vec::new(),
            lines: Vec::new(),
            received,
            waiting,
            found: Vec::new(),
        };
        for (_, event) in events {
            match event {
                Event::Move(fact) => matching.moved(fact)?,
                Event::Bill(account) => matching.billed(account),
                Event::Credit(account, n) => {
                    let (fact, credit) = &account.credits[n];
                    matching.credited(account, *fact, credit);
                }
            }
        }
        Ok(matching)
    }
}

impl Matching<'_, '_> {
    /// What a receipt is found by: itself, its purchase order, the bills it names.
    fn names_of(&self, arrival: &Arrival) -> Vec<Name> {
        let refs = self.valuation.stock.refs(arrival.fact.what.refs);
        [Name::Receipt(arrival.receipt)]
            .into_iter()
            .chain(arrival.order.map(Name::Order))
            .chain(refs.filter_map(EntitySym::typed).map(Name::Bill))
            .collect()
    }
    fn moved(&mut self, fact: Dated<Move>) -> Result<(), MissingRate> {
        match fact.what.what {
            Moved::Received { receipt, qty, value, order, .. } => {
                let worth =
                    value.map_or(Ok(Decimal::ZERO), |v| self.valuation.base(v, fact.order()))?;
                let arrival = Arrival {
                    fact,
                    receipt,
                    currency: value.map(|v| v.currency),
                    order,
                    qty,
                    value: worth,
                    extra: Decimal::ZERO,
                };
                let n = self.arrivals.len();
                let names = self.names_of(&arrival);
                self.arrivals.push(arrival);
                for name in &names {
                    self.received.entry(*name).or_default().push(n);
                }
                self.match_waiting(&names, fact);
            }
            Moved::CostAdjusted { receipt, delta, extra } => {
                let more = self.valuation.base(delta, fact.order())?;
                if let Some(arrival) = self.arrivals.iter_mut().find(|a| a.receipt == receipt) {
                    // What comes after all of it was billed stays, until something clears it.
                    *if extra || arrival.qty.is_zero() {
                        &mut arrival.extra
                    } else {
                        &mut arrival.value
                    } += more;
                }
            }
            Moved::Issued { .. }
            | Moved::Transferred { .. }
            | Moved::Counted { .. }
            | Moved::Adjusted { .. } => (),
            Moved::Consumed { .. } | Moved::Produced { .. } | Moved::Billed { .. } => (),
        }
        Ok(())
    }
    fn billed(&mut self, account: &BillInBase) {
        let (stock, lens) = (self.valuation.stock, self.valuation.lens);
        let charge = account.bill.what;
        for (said, line) in account.lines.iter().zip(stock.charge_lines(&charge)) {
            let here = match line.receipt {
                Some(receipt) => stock.item_of_known_receipt(Some(receipt), lens),
                None => line.item,
            };
            if here != Some(self.item) {
                continue;
            }
            let beside = line.item != Some(self.item);
            let waits = (said.qty, said.net, said.base);
            let n = self.lines.len();
            self.lines.push(Line {
                bill: account.bill,
                number: said.line,
                currency: charge.currency,
                receipt: line.receipt,
                beside,
                waits,
                matches: Vec::new(),
            });
            for name in self.named_by(n).concat() {
                self.waiting.entry(name).or_default().insert(n);
            }
            self.match_line(n, account.bill.map(|bill| bill.moved()));
        }
    }
    /// Matches the lines that wait for one of these with what is not billed.
    fn match_waiting(&mut self, names: &[Name], fact: Dated<Move>) {
        let lines: BTreeSet<usize> =
            names.iter().filter_map(|name| self.waiting.get(name)).flatten().copied().collect();
        lines.into_iter().for_each(|line| self.match_line(line, fact));
    }
    /// Matches a line with the receipts it names, the oldest first: by itself, else by the bill's
    /// refs, else by the purchase orders there, or by their naming the bill.
    fn match_line(&mut self, line: usize, fact: Dated<Move>) {
        let tiers = self.named_by(line);
        for tier in &tiers {
            let all: BTreeSet<usize> =
                tier.iter().filter_map(|name| self.received.get(name)).flatten().copied().collect();
            for arrival in all {
                if self.lines[line].beside || self.lines[line].waits.0.is_zero() {
                    self.price(line, arrival, fact);
                } else {
                    self.settle(line, arrival, fact);
                }
            }
        }
        if self.lines[line].waits == (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO) {
            for name in tiers.concat() {
                self.waiting.entry(name).or_default().remove(&line);
            }
        }
    }
    /// What a line waits for, what comes first before what comes next.
    fn named_by(&self, line: usize) -> [Vec<Name>; 2] {
        let line = &self.lines[line];
        if let Some(receipt) = line.receipt {
            return [vec![Name::Receipt(receipt)], Vec::new()];
        }
        let bill = line.bill.what;
        let refs = || self.valuation.stock.refs(bill.refs);
        let receipts = refs().filter_map(EntitySym::typed).map(Name::Receipt);
        let orders = refs().filter_map(EntitySym::typed).map(Name::Order);
        let own = bill.document.typed().map(Name::Bill);
        [receipts.collect(), orders.chain(own).collect()]
    }
    /// What goods cost that were billed at so much, and what the rate lost: at the rate of the
    /// receipt's date, unless its own value was an estimate.
    fn cost(
        &self,
        arrival: usize,
        currency: Currency,
        net: Decimal,
        base: Decimal,
    ) -> (Decimal, Decimal) {
        let arrival = &self.arrivals[arrival];
        // In the base currency there is no rate that could have changed.
        let estimate = arrival.currency.is_some_and(|of| of != currency)
            || self.valuation.currency() == Some(currency);
        let at_receipt = Amount::new(net.normalize()).ok().filter(|_| !estimate);
        let cost = at_receipt.and_then(|amount| {
            self.valuation.base(Money { amount, currency }, arrival.fact.order()).ok()
        });
        cost.map_or((base, Decimal::ZERO), |cost| (cost, base - cost))
    }
    /// Matches as much of a line with a receipt as there is of both.
    fn settle(&mut self, line: usize, arrival: usize, fact: Dated<Move>) {
        let minor = self.minor();
        let (waiting, net, base) = self.lines[line].waits;
        let qty = waiting.min(self.arrivals[arrival].qty);
        if qty <= Decimal::ZERO {
            return;
        }
        let currency = self.lines[line].currency;
        let share =
            |value: Decimal, places: u32| part(value, qty, waiting, places.max(value.scale()));
        let (net, base) = (share(net, currency.minor_unit()), share(base, minor));
        let (cost, exchange) = self.cost(arrival, currency, net, base);
        let to = &mut self.arrivals[arrival];
        let stood = part(to.value, qty, to.qty, minor);
        to.qty -= qty;
        to.value -= stood;
        let waits = &mut self.lines[line].waits;
        *waits = (waits.0 - qty, waits.1 - net, waits.2 - base);
        self.lines[line].matches.push(Match { arrival, qty, stood });
        self.show(fact, arrival, cost - stood, exchange);
    }
    /// Puts what a line says in money alone onto the goods of a receipt: first it clears what was
    /// added there beside the price.
    fn price(&mut self, line: usize, arrival: usize, fact: Dated<Move>) {
        let (_, net, base) = self.lines[line].waits;
        if net.is_zero() && base.is_zero() {
            return;
        }
        self.lines[line].waits = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let beside = self.lines[line].beside;
        let (cost, exchange) = if beside {
            (base, Decimal::ZERO)
        } else {
            self.cost(arrival, self.lines[line].currency, net, base)
        };
        let extra = &mut self.arrivals[arrival].extra;
        let cleared = if beside { cost.min(*extra).max(Decimal::ZERO) } else { Decimal::ZERO };
        *extra -= cleared;
        self.lines[line].matches.push(Match { arrival, qty: Decimal::ZERO, stood: Decimal::ZERO });
        self.show(fact, arrival, cost - cleared, exchange);
    }
    fn credited(&mut self, account: &BillInBase, credit: Dated<Charge>, taken: &[LineInBase]) {
        let fact = credit.map(|credit| credit.moved());
        let lines: Vec<ChargeLine> = self.valuation.stock.charge_lines(&credit.what).collect();
        for (n, said) in taken.iter().enumerate() {
            let of = |line: &Line| {
                line.bill.position == account.bill.position && line.number == said.line
            };
            let Some(line) = self.lines.iter().position(of) else { continue };
            let named = lines.get(n).and_then(|line| line.receipt);
            let left = self.take_back(line, fact, *said, named);
            if !left.1.is_zero() || !left.2.is_zero() {
                self.lower(line, fact, left);
            }
        }
        // What is not billed any more may be what others wait for.
        let again: BTreeSet<usize> = self
            .lines
            .iter()
            .filter(|line| line.bill.position == account.bill.position)
            .flat_map(|line| &line.matches)
            .map(|m| m.arrival)
            .collect();
        for arrival in again {
            self.match_waiting(&self.names_of(&self.arrivals[arrival]), fact);
        }
    }
    /// Takes back units of a line: those that wait first, then those that were matched, which are
    /// not billed again. Gives what is left to take in money alone.
    fn take_back(
        &mut self,
        line: usize,
        fact: Dated<Move>,
        said: LineInBase,
        named: Option<Sym<kind::Receipt>>,
    ) -> (Decimal, Decimal, Decimal) {
        let (minor, places) = (self.minor(), self.lines[line].currency.minor_unit());
        let mut left = (said.qty, said.net, said.base);
        let mut share = |qty: Decimal| {
            let (net, base) = (
                part(left.1, qty, left.0, places.max(left.1.scale())),
                part(left.2, qty, left.0, minor),
            );
            left = (left.0 - qty, left.1 - net, left.2 - base);
            (net, base, left)
        };
        let mut rest = (said.qty, said.net, said.base);
        let waits = self.lines[line].waits;
        let of_waiting = if named.is_none() && waits.0 > Decimal::ZERO {
            said.qty.min(waits.0)
        } else {
            Decimal::ZERO
        };
        if !of_waiting.is_zero() {
            let (net, base, after) = share(of_waiting);
            rest = after;
            self.lines[line].waits = (waits.0 - of_waiting, waits.1 - net, waits.2 - base);
        }
        for n in 0..self.lines[line].matches.len() {
            let Match { arrival, qty: matched, stood } = self.lines[line].matches[n];
            let qty = rest.0.min(matched);
            if qty <= Decimal::ZERO
                || named.is_some_and(|receipt| self.arrivals[arrival].receipt != receipt)
            {
                continue;
            }
            let (net, base, after) = share(qty);
            rest = after;
            let (cost, exchange) = self.cost(arrival, self.lines[line].currency, net, base);
            let again = part(stood, qty, matched, minor);
            let of = &mut self.lines[line].matches[n];
            (of.qty, of.stood) = (of.qty - qty, of.stood - again);
            let arrival_of = &mut self.arrivals[arrival];
            (arrival_of.qty, arrival_of.value) = (arrival_of.qty + qty, arrival_of.value + again);
            self.show(fact, arrival, again - cost, -exchange);
        }
        rest
    }
    /// Lowers the price of what a line bills: of what waits and of what was matched, by quantity.
    fn lower(
        &mut self,
        line: usize,
        fact: Dated<Move>,
        (_, net, base): (Decimal, Decimal, Decimal),
    ) {
        let minor = self.minor();
        let of = &self.lines[line];
        let mut weights: Vec<Decimal> = of.matches.iter().map(|m| m.qty).collect();
        weights.push(of.waits.0);
        if weights.iter().all(Decimal::is_zero) {
            weights = weights
                .iter()
                .enumerate()
                .map(|(n, _)| if n == 0 { Decimal::ONE } else { Decimal::ZERO })
                .collect();
        }
        let (currency, arrivals): (Currency, Vec<usize>) =
            (of.currency, of.matches.iter().map(|m| m.arrival).collect());
        let (nets, bases) = (
            split(net, &weights, currency.minor_unit().max(net.scale())),
            split(base, &weights, minor.max(base.scale())),
        );
        for (arrival, (net, base)) in arrivals.iter().zip(nets.iter().zip(&bases)) {
            let (cost, exchange) = self.cost(*arrival, currency, *net, *base);
            self.show(fact, *arrival, -cost, -exchange);
        }
        let waits = &mut self.lines[line].waits;
        (waits.1, waits.2) = (waits.1 - nets[arrivals.len()], waits.2 - bases[arrivals.len()]);
    }
    fn minor(&self) -> u32 {
        self.valuation.currency().map_or(2, Currency::minor_unit)
    }
    fn show(&mut self, fact: Dated<Move>, arrival: usize, differs: Decimal, exchange: Decimal) {
        if !differs.is_zero() || !exchange.is_zero() {
            let receipt = self.arrivals[arrival].receipt;
            self.found.push(Settlement { fact, receipt, differs, exchange });
        }
    }
}
