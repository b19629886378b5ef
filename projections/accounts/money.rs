//! The legs of money. Invariant: receivables leave at the rate their invoice brought, advances at the rate of their payment, so both end at zero in the base currency too.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    ItemKind, Position,
    id::kind,
    money::{Amount, Currency, split},
    time::Timestamp,
};

use super::{
    Accounts, Booked, Booking, Charges, Expense, Parts,
    ledger::{Account, Ledger, Leg, LegUnit},
};
use crate::{cut::Dated, report::ReportError, table::Sym};

/// When a document was made: its rate is that of this moment.
type When = (Timestamp, Position);

#[derive(Debug, Clone, Copy)]
struct Invoiced {
    when: When,
    currency: Currency,
    parts: Parts,
}

#[derive(Debug, Clone)]
struct Paid {
    when: When,
    currency: Currency,
    bank: Sym<kind::BankAccount>,
    /// What is left of it: received minus refunded.
    amount: Decimal,
    /// What was put against invoices and taken from them, in order.
    allocated: Vec<(Sym<kind::Invoice>, Decimal)>,
}

#[derive(Debug, Clone)]
struct Billed<'a> {
    when: When,
    currency: Currency,
    charges: &'a Charges,
}

/// One leg before it is shown: at the rate of which document.
struct Draft {
    account: Account,
    currency: Currency,
    amount: Decimal,
    when: When,
}

pub(super) struct Money<'a, 'v> {
    ledger: &'v Ledger<'a>,
    accounts: &'a Accounts,
    /// What is known of documents so far, by their numbers.
    invoices: Vec<Option<Invoiced>>,
    payments: Vec<Option<Paid>>,
    bills: Vec<Option<Billed<'a>>>,
    drafts: Vec<Draft>,
    visit: &'v mut dyn FnMut(&Leg),
}

impl<'a, 'v> Money<'a, 'v> {
    pub(super) fn new(ledger: &'v Ledger<'a>, visit: &'v mut dyn FnMut(&Leg)) -> Self {
        let accounts = &ledger.views.accounts;
        let (invoices, payments, bills) = (vec![None; accounts.invoices.len()], vec![None; accounts.payments.len()], vec![None; accounts.bills.len()]);
        Money { ledger, accounts, invoices, payments, bills, drafts: Vec::new(), visit }
    }
    fn draft(&mut self, account: Account, currency: Currency, amount: Decimal, when: When) {
        self.drafts.push(Draft { account, currency, amount, when });
    }
    pub(super) fn book(&mut self, fact: &'a Dated<Booked>) -> Result<(), ReportError> {
        let when = fact.order();
        match &fact.what {
            Booked::Invoiced { invoice, currency, parts } => {
                self.invoices[invoice.index()] = Some(Invoiced { when, currency: *currency, parts: *parts });
                self.sale(*currency, *parts, Decimal::ONE, when, when);
            }
            Booked::Credited { invoice, total, parts } => {
                let known = self.invoices[invoice.index()];
                let parts = parts.unwrap_or_else(|| in_proportion(total.amount.get(), total.currency, known.map(|i| i.parts)));
                self.sale(total.currency, parts, Decimal::NEGATIVE_ONE, when, known.map_or(when, |i| i.when));
            }
            Booked::Received { payment, bank, amount } => {
                let paid = Paid { when, currency: amount.currency, bank: *bank, amount: amount.amount.get(), allocated: Vec::new() };
                self.payments[payment.index()] = Some(paid);
                self.draft(Account::Bank(*bank), amount.currency, amount.amount.get(), when);
                self.draft(Account::Advances, amount.currency, -amount.amount.get(), when);
            }
            Booked::Allocated { payment, invoice, amount } => self.allocate(*payment, *invoice, *amount, when),
            Booked::Refunded { payment, amount } => self.pay_back(*payment, Some(*amount), when),
            Booked::Reversed { payment } => {
                let mut allocated: BTreeMap<Sym<kind::Invoice>, Decimal> = BTreeMap::new();
                for (invoice, amount) in self.payments[payment.index()].iter().flat_map(|paid| &paid.allocated) {
                    *allocated.entry(*invoice).or_default() += amount;
                }
                for (invoice, amount) in allocated.into_iter().filter(|(_, amount)| !amount.is_zero()) {
                    self.allocate(*payment, invoice, -amount, when);
                }
                self.pay_back(*payment, None, when);
            }
            Booked::WrittenOff { invoice, amount } => {
                if let Some((currency, of)) = self.invoice(*invoice, when) {
                    self.draft(Account::BadDebt, currency, *amount, of);
                    self.draft(Account::Receivable, currency, -amount, of);
                }
            }
            Booked::Billed { .. } | Booked::BillCredited { .. } | Booked::Made { .. } | Booked::MadeAllocated { .. } => self.purchase(&fact.what, when),
            Booked::Transferred { from, to, amount } => {
                self.draft(Account::Bank(*to), amount.currency, amount.amount.get(), when);
                self.draft(Account::Bank(*from), amount.currency, -amount.amount.get(), when);
            }
            Booked::Posted(legs) => self.post(fact, legs),
            Booked::Spent { on, amount } => {
                let account = match on {
                    Expense::Marketing => Account::Marketing,
                    Expense::Claims => Account::Claims,
                };
                self.draft(account, amount.currency, amount.amount.get(), when);
                self.draft(Account::Accrued, amount.currency, -amount.amount.get(), when);
            }
        }
        self.show(fact.at, fact.position)
    }
    fn sale(&mut self, currency: Currency, parts: Parts, sign: Decimal, when: When, of: When) {
        self.draft(Account::Receivable, currency, (parts.net + parts.tax) * sign, of);
        self.draft(Account::Sales, currency, -parts.net * sign, when);
        self.draft(Account::SalesTax, currency, -parts.tax * sign, when);
    }
    /// Currency and moment of an invoice; one that is not there yet gives its own currency and the moment of what names it.
    fn invoice(&self, invoice: Sym<kind::Invoice>, when: When) -> Option<(Currency, When)> {
        let unseen = || self.accounts.invoices.at(invoice).map(|c| (c, when));
        self.invoices[invoice.index()].as_ref().map(|i| (i.currency, i.when)).or_else(unseen)
    }
    fn payment(&self, payment: Sym<kind::Payment>, when: When) -> Option<(Currency, When)> {
        let unseen = || self.accounts.payments.at(payment).map(|c| (c, when));
        self.payments[payment.index()].as_ref().map(|p| (p.currency, p.when)).or_else(unseen)
    }
    fn allocate(&mut self, payment: Sym<kind::Payment>, invoice: Sym<kind::Invoice>, amount: Decimal, when: When) {
        let (Some((currency, paid)), Some((_, invoiced))) = (self.payment(payment, when), self.invoice(invoice, when)) else { return };
        if let Some(payment) = &mut self.payments[payment.index()] {
            payment.allocated.push((invoice, amount));
        }
        self.draft(Account::Advances, currency, amount, paid);
        self.draft(Account::Receivable, currency, -amount, invoiced);
    }
    /// A part goes back at the rate of the day; a payment that was none goes back, what is left of it, at its own.
    fn pay_back(&mut self, payment: Sym<kind::Payment>, part: Option<Decimal>, when: When) {
        let Some(paid) = &mut self.payments[payment.index()] else { return };
        let amount = part.unwrap_or(paid.amount);
        paid.amount -= amount;
        let (currency, bank, of) = (paid.currency, paid.bank, paid.when);
        self.draft(Account::Advances, currency, amount, of);
        self.draft(Account::Bank(bank), currency, -amount, if part.is_some() { when } else { of });
    }
    fn purchase(&mut self, booked: &'a Booked, when: When) {
        match booked {
            Booked::Billed { bill, currency, charges } => {
                self.bills[bill.index()] = Some(Billed { when, currency: *currency, charges });
                self.charge(*currency, charges, Decimal::ONE, when, when);
            }
            Booked::BillCredited { bill, total, charges } => {
                let of = self.bills[bill.index()].as_ref().map_or(when, |b| b.when);
                let shared = || charges_in_proportion(total.amount.get(), total.currency, self.bills[bill.index()].as_ref().map(|b| b.charges));
                let charges = charges.clone().unwrap_or_else(shared);
                self.charge(total.currency, &charges, Decimal::NEGATIVE_ONE, when, of);
            }
            Booked::Made { payment, bank, amount } => {
                let paid = Paid { when, currency: amount.currency, bank: *bank, amount: amount.amount.get(), allocated: Vec::new() };
                self.payments[payment.index()] = Some(paid);
                self.draft(Account::SupplierAdvances, amount.currency, amount.amount.get(), when);
                self.draft(Account::Bank(*bank), amount.currency, -amount.amount.get(), when);
            }
            Booked::MadeAllocated { payment, bill, amount } => {
                let known = self.bills[bill.index()].as_ref().map(|b| (b.currency, b.when));
                let billed = known.or_else(|| self.accounts.bills.at(*bill).map(|c| (c, when)));
                let (Some((currency, paid)), Some((_, billed))) = (self.payment(*payment, when), billed) else { return };
                self.draft(Account::Payable, currency, *amount, billed);
                self.draft(Account::SupplierAdvances, currency, -amount, paid);
            }
            Booked::Invoiced { .. } | Booked::Credited { .. } | Booked::Received { .. } | Booked::Allocated { .. } | Booked::Refunded { .. } => (),
            Booked::Reversed { .. } | Booked::WrittenOff { .. } | Booked::Transferred { .. } | Booked::Posted(_) | Booked::Spent { .. } => (),
        }
    }
    fn charge(&mut self, currency: Currency, charges: &Charges, sign: Decimal, when: When, of: When) {
        let mut total = charges.other + charges.tax;
        self.draft(Account::Purchases, currency, charges.other * sign, when);
        for (item, net) in charges.items.iter().map(|(item, net)| (item, net.get())) {
            total += net;
            let account = if self.is_service(*item) { Account::Purchases } else { Account::NotInvoiced };
            self.draft(account, currency, net * sign, when);
        }
        self.draft(Account::InputTax, currency, charges.tax * sign, when);
        self.draft(Account::Payable, currency, -total * sign, of);
    }
    fn is_service(&self, item: Sym<kind::Item>) -> bool {
        let stock = &self.ledger.views.stock;
        let card = stock.item(self.accounts.items.name(item)).and_then(|item| stock.card(item, self.ledger.lens));
        card.is_some_and(|c| c.kind == ItemKind::Service)
    }
    fn post(&mut self, fact: &Dated<Booked>, legs: &[(Sym<kind::Account>, Booking, Amount)]) {
        for (path, unit, amount) in legs.iter().map(|(path, unit, amount)| (path, unit, amount.get())) {
            let account = Account::Named(*path);
            match unit {
                Booking::Money(currency) => self.draft(account, *currency, amount, fact.order()),
                Booking::Goods(item) => {
                    if let Some(item) = self.ledger.views.stock.item(self.accounts.items.name(*item)) {
                        (self.visit)(&Leg { at: fact.at, position: fact.position, account, unit: LegUnit::Goods(item), amount });
                    }
                }
            }
        }
    }
    /// Shows the legs of an event; in the base currency what the rates leave over goes to income from exchange.
    fn show(&mut self, at: Timestamp, position: Position) -> Result<(), ReportError> {
        let (company, lens) = (&self.ledger.views.company, self.ledger.lens);
        let base = company.base().filter(|_| self.ledger.base);
        let mut over = Decimal::ZERO;
        for leg in self.drafts.drain(..).filter(|leg| !leg.amount.is_zero()) {
            let (mut currency, mut amount) = (leg.currency, leg.amount);
            if let Some(base) = base {
                let missing = || ReportError::MissingRate { currency: currency.to_string(), on: leg.when.0.date(&company.zone()).to_string() };
                let rate = company.rate(currency, leg.when.0, lens, leg.when.1).ok_or_else(missing)?;
                (currency, amount) = (base, amount * rate);
                over += amount;
            }
            (self.visit)(&Leg { at, position, account: leg.account, unit: LegUnit::Money(currency), amount });
        }
        if let Some(base) = base.filter(|_| !over.is_zero()) {
            (self.visit)(&Leg { at, position, account: Account::Exchange, unit: LegUnit::Money(base), amount: -over });
        }
        Ok(())
    }
}

/// Net and tax of a credit note without lines: its total in the proportion of the invoice's.
fn in_proportion(total: Decimal, currency: Currency, of: Option<Parts>) -> Parts {
    let scale = currency.minor_unit().max(total.scale());
    let weights = of.map_or([Decimal::ONE, Decimal::ZERO], |p| [p.net, p.tax]);
    let tax = split(total, &weights, scale)[1];
    Parts { net: total - tax, tax }
}

/// Net parts and tax of a credit without lines: its total in the proportion of the bill's.
fn charges_in_proportion(total: Decimal, currency: Currency, of: Option<&Charges>) -> Charges {
    let Some(of) = of else { return Charges { other: total, ..Charges::default() } };
    let weights: Vec<Decimal> = [of.other, of.tax].into_iter().chain(of.items.iter().map(|(_, net)| net.get())).collect();
    let parts = split(total, &weights, currency.minor_unit().max(total.scale()));
    // Each part is at most the total, which is an amount: so is the part.
    let part = |part: &Decimal| Amount::new(part.normalize()).ok();
    let items: Vec<_> = of.items.iter().zip(&parts[2..]).filter_map(|((item, _), p)| Some((*item, part(p)?))).collect();
    let other = total - parts[1] - items.iter().map(|(_, net)| net.get()).sum::<Decimal>();
    Charges { other, tax: parts[1], items }
}
