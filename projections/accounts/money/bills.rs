//! The legs of bills and their credits. Invariant: goods are booked line by line at what they are
//! worth in base, just as they are matched with receipts, so that goods received and not invoiced
//! come to nothing once all of them are billed; in another currency by way of `equity/conversion`.

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::{Amount, Currency, Money as Sum, split},
};

use super::{Billed, Money, When};
use crate::{
    accounts::{Charged, Charges, Spent, ledger::Account},
    base::{Portions, Rated},
    report::ReportError,
    stock::valuation::{BillInBase, LineInBase, Valuation},
    table::Sym,
};

impl<'a> Money<'a, '_> {
    pub(super) fn bill(&mut self, bill: Sym<kind::Bill>, currency: Currency, charges: &'a Charges, when: When) -> Result<(), ReportError> {
        let rated = self.rated(currency, when)?;
        let goods = self.in_base(bill).map(|of| of.lines);
        let known = self.bills[bill.index()].get_or_insert_with(|| Billed::unseen(rated));
        let whole = known.debt.open(charges.net() + charges.tax);
        known.charges = Some(charges);
        known.sums = Portions::of(rated, whole, &[charges.net(), charges.tax]);
        let sums = known.sums.base();
        self.charge(rated, charges, [whole, sums[0], sums[1]], goods.as_deref());
        Ok(())
    }
    pub(super) fn credit_bill(&mut self, bill: Sym<kind::Bill>, total: Sum, said: Option<&Charges>, when: When) -> Result<(), ReportError> {
        let rated = self.rated(self.accounts.bills.at(bill).unwrap_or(total.currency), when)?;
        let of = self.in_base(bill).and_then(|of| of.credits.into_iter().find(|(fact, _)| fact.position == when.1));
        let goods = of.map(|(_, lines)| lines);
        let known = self.bills[bill.index()].get_or_insert_with(|| Billed::unseen(rated));
        let charges = said.cloned().unwrap_or_else(|| shared(total, known.charges, goods.as_deref()));
        let whole = known.debt.credit(charges.net() + charges.tax);
        let sums = known.sums.take(whole, &[charges.net(), charges.tax]);
        let rated = known.debt.open.rated();
        self.charge(rated, &charges, [-whole, -sums[0], -sums[1]], goods.as_deref());
        Ok(())
    }
    /// A bill and its credits as they are matched with receipts; `None` where there is no rate.
    fn in_base(&self, bill: Sym<kind::Bill>) -> Option<BillInBase<'a>> {
        let (views, lens) = (self.ledger.views, self.ledger.lens);
        Valuation::of(views, lens).in_base(views.stock.bill_of(self.accounts.bills.name(bill))?)
    }
    /// The legs of a bill or its credit: the whole with tax, and net and tax of it, net split over the charges.
    fn charge(&mut self, rated: Rated, charges: &Charges, [whole, net, tax]: [Decimal; 3], goods: Option<&[LineInBase]>) {
        let weights: Vec<Decimal> = [charges.other].into_iter().chain(charges.lines.iter().map(|line| line.net.get())).collect();
        let signed = |amount: Decimal| if whole.is_sign_negative() { -amount } else { amount };
        let shares: Vec<Decimal> = rated.shares(net.abs(), &weights).into_iter().map(signed).collect();
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
            Spent::Item(item) if self.is_service(*item) => Account::Purchases,
            Spent::Item(_) | Spent::Receipt => Account::NotInvoiced,
            Spent::Account(path) => Account::Named(*path),
            Spent::Purchases => Account::Purchases,
        }
    }
}

/// What a credit by its total takes of each line of a bill: as it is matched with receipts, else in the bill's proportion.
fn shared(total: Sum, of: Option<&Charges>, credited: Option<&[LineInBase]>) -> Charges {
    let whole = total.amount.get();
    let Some(of) = of else { return Charges { other: whole, ..Charges::default() } };
    let places = total.currency.minor_unit().max(whole.scale());
    let nets: Vec<Decimal> = match credited.filter(|lines| lines.len() == of.lines.len()) {
        Some(lines) => lines.iter().map(|line| line.net).collect(),
        None => {
            let weights: Vec<Decimal> = of.lines.iter().map(|line| line.net.get()).chain([of.other, of.tax]).collect();
            split(whole, &weights, places)[..of.lines.len()].to_vec()
        }
    };
    // Each part is at most the total, which is an amount: so is the part.
    let line = |(line, net): (&Charged, &Decimal)| Some(Charged { on: line.on, net: Amount::new(net.normalize()).ok()? });
    let lines: Vec<Charged> = of.lines.iter().zip(&nets).filter_map(line).collect();
    let rest = whole - lines.iter().map(|line| line.net.get()).sum::<Decimal>();
    let parts = split(rest, &[of.other, of.tax], places);
    if credited.is_some() { Charges { lines, other: Decimal::ZERO, tax: rest } } else { Charges { lines, other: parts[0], tax: parts[1] } }
}
