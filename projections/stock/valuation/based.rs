//! Bills in the base currency. Invariant: each line of a bill is rounded once, at the rate of the
//! bill, and what its credits take of it ends at zero when they take all of it.

use rust_decimal::Decimal;
use sijil_schemas::money::Currency;

use super::Valuation;
use crate::{
    base::{Left, Rated},
    cut::Dated,
    stock::{Bill, Charge, Move, Moved},
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
pub(crate) struct BillInBase<'a> {
    pub(crate) bill: &'a Dated<Move>,
    pub(crate) lines: Vec<LineInBase>,
    pub(crate) credits: Vec<(&'a Dated<Move>, Vec<LineInBase>)>,
}

impl<'a> Valuation<'a> {
    /// A bill that counts, with its credits; `None` if none does, or its currency has no rate.
    pub(crate) fn in_base(&self, bill: &'a Bill) -> Option<BillInBase<'a>> {
        let fact = bill.received.last(self.lens)?;
        let Moved::Billed(charge) = &fact.what.what else { return None };
        let own: Vec<(Decimal, Decimal)> =
            charge.lines.iter().map(|line| (line.net, line.tax)).collect();
        let rated = if self.currency() == Some(charge.currency) {
            Rated::own(charge.currency)
        } else {
            Rated::base(self.company, self.lens, charge.currency, fact.order()).ok()?
        };
        let bases = rated.lines(&own).into_iter().map(|(net, _)| net);
        let lines: Vec<LineInBase> = bases
            .zip(&charge.lines)
            .enumerate()
            .map(|(line, (base, of))| LineInBase { line, qty: of.qty, net: of.net, base })
            .collect();
        let mut left = Uncredited::of(rated, &lines, &own);
        let credits =
            bill.credits.counting(self.lens).filter_map(|credit| match &credit.what.what {
                Moved::Billed(credited) => Some((credit, left.take(charge, credited))),
                _ => None,
            });
        let credits = credits.collect();
        Some(BillInBase { bill: fact, lines, credits })
    }
}

/// What credits left of the lines of a bill.
struct Uncredited {
    nets: Vec<Left>,
    own: Vec<Decimal>,
    taxes: Vec<Decimal>,
}

impl Uncredited {
    fn of(rated: Rated, lines: &[LineInBase], own: &[(Decimal, Decimal)]) -> Uncredited {
        let net = |line: &LineInBase| {
            let mut left = Left::nothing(rated);
            left.give(line.net, line.base);
            left
        };
        Uncredited {
            nets: lines.iter().map(net).collect(),
            own: own.iter().map(|(net, _)| *net).collect(),
            taxes: own.iter().map(|(_, tax)| *tax).collect(),
        }
    }
    /// A credit by lines takes what they say, one by its total a share of what is left of each
    /// line.
    fn take(&mut self, of: &Charge, credit: &Charge) -> Vec<LineInBase> {
        if credit.lines.is_empty() {
            return self.take_total(credit.total, of.currency);
        }
        let mut all = Vec::new();
        for said in &credit.lines {
            let Some(line) = of.lines.iter().position(|line| line.key == said.key) else {
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
