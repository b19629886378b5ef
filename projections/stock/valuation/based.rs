//! Bills in the base currency. Invariant: each line of a bill is rounded once, at the rate of the
//! bill, and what its credits take of it ends at zero when they take all of it.

use rust_decimal::Decimal;
use sijil_schemas::{id::kind, money::Currency};

use super::Valuation;
use crate::{
    Sym,
    base::{Left, Rated},
    cut::Dated,
    stock::{Charge, ChargeLine, Stock},
    trade::by_what_is_left,
};

/// What a bill or a credit says of one line, in the bill's currency and in base.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineInBase {
    /// Which line of the bill.
    pub(crate) line: usize,
    pub(crate) qty: Decimal,
    pub(crate) net: Decimal,
    pub(crate) base: Decimal,
}

/// A bill and its credits, each line rounded once at the rate of the bill.
#[derive(Debug, Clone)]
pub(crate) struct BillInBase {
    pub(crate) bill: Dated<Charge>,
    pub(crate) lines: Vec<LineInBase>,
    pub(crate) credits: Vec<(Dated<Charge>, Vec<LineInBase>)>,
}

impl Valuation<'_> {
    /// A bill that counts, with its credits; `None` if none does, or its currency has no rate.
    pub(crate) fn in_base(&self, bill: Option<Sym<kind::Bill>>) -> Option<BillInBase> {
        let fact = self.stock.bill_of(bill).last(self.lens)?;
        let charge = &fact.what;
        let of: Vec<ChargeLine> = self.stock.charge_lines(charge).collect();
        let own: Vec<(Decimal, Decimal)> = of.iter().map(|line| (line.net, line.tax)).collect();
        let rated = if self.currency() == Some(charge.currency) {
            Rated::own(charge.currency)
        } else {
            Rated::base(self.company, self.lens, charge.currency, fact.order()).ok()?
        };
        let bases = rated.lines(&own).into_iter().map(|(net, _)| net);
        let lines: Vec<LineInBase> = bases
            .zip(&of)
            .enumerate()
            .map(|(line, (base, of))| LineInBase { line, qty: of.qty, net: of.net, base })
            .collect();
        let mut left = Uncredited::of(rated, &lines, &of);
        let credits = self.stock.bill_credits(bill).counting(self.lens);
        let credits = credits
            .map(|credit| (credit, left.take(self.stock, charge.currency, &credit.what)))
            .collect();
        Some(BillInBase { bill: fact, lines, credits })
    }
}

/// What credits left of the lines of a bill.
struct Uncredited<'a> {
    lines: &'a [ChargeLine],
    nets: Vec<Left>,
    own: Vec<Decimal>,
    taxes: Vec<Decimal>,
}

impl<'a> Uncredited<'a> {
    fn of(rated: Rated, lines: &[LineInBase], of: &'a [ChargeLine]) -> Uncredited<'a> {
        let net = |line: &LineInBase| {
            let mut left = Left::nothing(rated);
            left.give(line.net, line.base);
            left
        };
        Uncredited {
            lines: of,
            nets: lines.iter().map(net).collect(),
            own: of.iter().map(|line| line.net).collect(),
            taxes: of.iter().map(|line| line.tax).collect(),
        }
    }
    /// A credit by lines takes what they say, one by its total a share of what is left of each
    /// line.
    fn take(&mut self, stock: &Stock, currency: Currency, credit: &Charge) -> Vec<LineInBase> {
        if credit.lines.is_empty() {
            return self.take_total(credit.total, currency);
        }
        let mut all = Vec::new();
        for said in stock.charge_lines(credit) {
            let Some(line) = self.lines.iter().position(|line| line.key == said.key) else {
                continue;
            };
            self.own[line] -= said.net;
            self.taxes[line] -= said.tax;
            all.push(LineInBase {
                line,
                qty: said.qty,
                net: said.net,
                base: self.nets[line].take(said.net),
            });
        }
        all
    }
    fn take_total(&mut self, total: Decimal, currency: Currency) -> Vec<LineInBase> {
        let (nets, taxes) =
            by_what_is_left(total, self.own.clone(), self.taxes.clone(), currency.minor_unit());
        let mut all = Vec::new();
        for (line, (net, tax)) in nets.into_iter().zip(taxes).enumerate() {
            self.own[line] -= net;
            self.taxes[line] -= tax;
            all.push(LineInBase { line, qty: Decimal::ZERO, net, base: self.nets[line].take(net) });
        }
        all
    }
}
