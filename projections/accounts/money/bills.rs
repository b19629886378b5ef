//! The legs of bills and their credits. Invariant: goods are booked line by line at what they are
//! worth in base, just as they are matched with receipts, so that goods received and not invoiced
//! come to nothing once all of them are billed; in another currency by way of `equity/conversion`.

use std::rc::Rc;

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::{Amount, Currency},
};

use super::{Billed, Money, When};
use crate::{
    Sym,
    accounts::{Charged, Charges, Spent, ledger::Account},
    base::{Portions, Rated},
    report::ReportError,
    stock::valuation::{BillInBase, LineInBase, Valuation},
    trade::CreditPart,
};

impl<'a> Money<'a, '_> {
    pub(super) fn bill(
        &mut self,
        bill: Sym<kind::Bill>,
        currency: Currency,
        charges: &Charges,
        when: When,
    ) -> Result<(), ReportError> {
        let rated = self.rated(currency, when)?;
        let goods = self.in_base(bill).map(|of| of.lines);
        let known = self.bills[bill.index()].get_or_insert_with(|| Billed::unseen(rated));
        let whole = known.debt.open(charges.net() + charges.tax);
        known.charges = Some(Rc::new(charges.clone()));
        known.sums = Portions::of(rated, whole, &[charges.net(), charges.tax]);
        let sums = known.sums.base();
        self.charge(rated, charges, [whole, sums[0], sums[1]], goods.as_deref());
        Ok(())
    }
    pub(super) fn credit_bill(
        &mut self,
        bill: Sym<kind::Bill>,
        total: Decimal,
        said: Option<&Charges>,
        when: When,
    ) -> Result<(), ReportError> {
        let (trade, lens) = (self.ledger.views.trade, self.ledger.lens);
        let Some(currency) = trade.bill_currency(bill, lens) else { return Ok(()) };
        let rated = self.rated(currency, when)?;
        let of = self
            .in_base(bill)
            .and_then(|of| of.credits.into_iter().find(|(fact, _)| fact.position == when.1));
        let goods = of.map(|(_, lines)| lines);
        let of = self.bills[bill.index()].as_ref().and_then(|known| known.charges.clone());
        let charges =
            said.cloned().unwrap_or_else(|| self.left_of(bill, of.as_deref(), total, when));
        let known = self.bills[bill.index()].get_or_insert_with(|| Billed::unseen(rated));
        let whole = known.debt.credit(charges.net() + charges.tax);
        let sums = known.sums.take(whole, &[charges.net(), charges.tax]);
        let rated = known.debt.open.rated();
        self.charge(rated, &charges, [-whole, -sums[0], -sums[1]], goods.as_deref());
        Ok(())
    }
    /// What a credit by its total takes of each line of a bill, by what earlier ones left, as it is
    /// matched with receipts.
    fn left_of(
        &self,
        bill: Sym<kind::Bill>,
        of: Option<&Charges>,
        whole: Decimal,
        when: When,
    ) -> Charges {
        let (trade, lens) = (self.ledger.views.trade, self.ledger.lens);
        let taken = trade.bill_credits_taken(bill, lens);
        let (Some((_, parts)), Some(of)) =
            (taken.into_iter().find(|(credit, _)| credit.position == when.1), of)
        else {
            return Charges { other: whole, ..Charges::default() };
        };
        // Each part is at most the total, which is an amount: so is the part.
        let line = |(line, part): (&Charged, &CreditPart)| {
            Some(Charged { on: line.on, net: Amount::new(part.net.normalize()).ok()? })
        };
        let lines: Vec<Charged> = of.lines.iter().zip(&parts).filter_map(line).collect();
        let tax: Decimal = parts.iter().map(|part| part.tax).sum();
        let other = whole - tax - lines.iter().map(|line| line.net.get()).sum::<Decimal>();
        Charges { lines, other, tax }
    }
    /// A bill and its credits as they are matched with receipts; `None` where there is no rate.
    fn in_base(&self, bill: Sym<kind::Bill>) -> Option<BillInBase> {
        let (views, lens) = (self.ledger.views, self.ledger.lens);
        Valuation::of(views, lens).in_base(Some(bill))
    }
    /// The legs of a bill or its credit: the whole with tax, and net and tax of it, net split over
    /// the charges.
    fn charge(
        &mut self,
        rated: Rated,
        charges: &Charges,
        [whole, net, tax]: [Decimal; 3],
        goods: Option<&[LineInBase]>,
    ) {
        let weights: Vec<Decimal> = [charges.other]
            .into_iter()
            .chain(charges.lines.iter().map(|line| line.net.get()))
            .collect();
        let signed = |amount: Decimal| if whole.is_sign_negative() { -amount } else { amount };
        let shares: Vec<Decimal> =
            rated.shares(net.abs(), &weights).into_iter().map(signed).collect();
        let goods = goods.filter(|goods| goods.len() == charges.lines.len());
        let (base, mut over) = (self.ledger.views.company.base(), Decimal::ZERO);
        self.draft(Account::Purchases, rated.currency, shares[0]);
        for (n, (line, share)) in charges.lines.iter().zip(&shares[1..]).enumerate() {
            let worth = goods.map(|goods| signed(goods[n].base));
            match (self.spent_on(&line.on), worth, base) {
                (Account::NotInvoiced, Some(worth), Some(base)) if rated.currency == base => {
                    self.draft(Account::NotInvoiced, base, worth);
                    over += share - worth;
                }
                (Account::NotInvoiced, Some(worth), Some(base)) => {
                    self.draft(Account::Conversion, rated.currency, *share);
                    self.draft(Account::Conversion, base, -worth);
                    self.draft(Account::NotInvoiced, base, worth);
                }
                (account, _, _) => self.draft(account, rated.currency, *share),
            }
        }
        self.draft(Account::Rounding, rated.currency, over);
        self.draft(Account::InputTax, rated.currency, tax);
        self.draft(Account::Payable, rated.currency, -whole);
    }
    fn spent_on(&self, on: &Spent) -> Account {
        match on {
            Spent::Item { item } if self.is_service(*item) => Account::Purchases,
            Spent::Item { .. } | Spent::Receipt => Account::NotInvoiced,
            Spent::Account { account } => Account::Named(*account),
            Spent::Purchases => Account::Purchases,
        }
    }
}
