//! The legs of money. Invariant: a document is rounded once at its own rate, and what leaves it
//! takes its share of what is left, so receivables and advances end at zero in the base currency
//! too; the legs of each event sum to zero.

use std::{collections::BTreeMap, rc::Rc};

use rust_decimal::Decimal;
use sijil_facts::trade::{ExpenseDoc, Off, UnitSym};
use sijil_schemas::{
    ItemKind, Position,
    id::kind,
    money::{Amount, Currency},
    time::Timestamp,
};

use super::{
    Booked, Charges, Parts,
    ledger::{Account, Ledger, Leg, LegUnit},
};
use crate::{
    Sym,
    base::{Debt, Open, Portions, Rated},
    cut::Dated,
    report::ReportError,
};

mod bills;
mod others;
mod paid;
mod puts;
mod revalued;

use paid::on_bank;
use revalued::Foreign;

/// When a document was made: its rate is that of this moment.
type When = (Timestamp, Position);

/// A number of things as a length.
const fn count(number: u32) -> usize {
    number as usize
}

#[derive(Debug, Clone)]
struct Invoiced {
    debt: Debt<Holder>,
    /// Net and tax, with what credit notes left of them.
    sums: Portions,
}

impl Invoiced {
    fn unseen(rated: Rated) -> Invoiced {
        Invoiced {
            debt: Debt::nothing(rated),
            sums: Portions::of(rated, Decimal::ZERO, &[Decimal::ZERO; 2]),
        }
    }
}

/// What is put against an invoice or a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    Payment(Sym<kind::Payment>),
    Note(Sym<kind::CreditNote>),
    SetOff(Sym<kind::SetOff>),
}

/// What a payment or free credit note was put against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Against {
    Invoice(Sym<kind::Invoice>),
    Bill(Sym<kind::Bill>),
}

#[derive(Debug, Clone)]
struct Paid {
    /// Where the money is that is put against nothing: with the clients' or with the suppliers'
    /// advances.
    advances: Account,
    /// The bank account, or the opening balance of what was brought forward.
    bank: Account,
    open: Open<Against>,
    /// What was kept back of it, by account, as it is counted.
    kept_back: Vec<(Sym<kind::Account>, Decimal)>,
}

#[derive(Debug, Clone)]
struct Billed {
    charges: Option<Rc<Charges>>,
    debt: Debt<Holder>,
    sums: Portions,
}

pub(super) struct Money<'a, 'v> {
    ledger: &'v Ledger<'a>,
    /// What is known of documents so far, by their numbers.
    invoices: Vec<Option<Invoiced>>,
    payments: Vec<Option<Paid>>,
    /// What is free of credit notes without an invoice.
    notes: Vec<Option<Open<Against>>>,
    bills: Vec<Option<Billed>>,
    /// What set-offs hold of documents.
    set_offs: BTreeMap<Sym<kind::SetOff>, Vec<Off>>,
    /// By expense: the rate at which it was recorded, for what reverses it.
    expenses: BTreeMap<Sym<kind::Expense>, (Rated, ExpenseDoc)>,
    /// What is on bank accounts, where one of them is revalued.
    foreign: Option<Foreign>,
    drafts: Vec<(Account, Currency, Decimal)>,
    visit: &'v mut dyn FnMut(&Leg),
}

impl<'a, 'v> Money<'a, 'v> {
    pub(super) fn new(
        ledger: &'v Ledger<'a>,
        visit: &'v mut dyn FnMut(&Leg),
    ) -> Result<Self, ReportError> {
        let accounts = &ledger.views.accounts;
        let (invoices, payments, bills) = (
            vec![None; count(accounts.ids().count::<kind::Invoice>())],
            vec![None; count(accounts.ids().count::<kind::Payment>())],
            vec![None; count(accounts.ids().count::<kind::Bill>())],
        );
        Ok(Money {
            ledger,
            invoices,
            payments,
            notes: vec![None; count(accounts.ids().count::<kind::CreditNote>())],
            bills,
            set_offs: BTreeMap::new(),
            expenses: BTreeMap::new(),
            foreign: Foreign::of(ledger)?,
            drafts: Vec::new(),
            visit,
        })
    }
    fn draft(&mut self, account: Account, currency: Currency, amount: Decimal) {
        self.drafts.push((account, currency, amount));
    }
    /// One amount that moves from an account to another.
    fn pair(&mut self, to: Account, from: Account, rated: Rated, amount: Decimal) {
        self.draft(to, rated.currency, amount);
        self.draft(from, rated.currency, -amount);
    }
    /// How a document of a currency is counted: in base at its rate, or as it is.
    fn rated(&self, currency: Currency, when: When) -> Result<Rated, ReportError> {
        let Ledger { views, lens, base } = *self.ledger;
        if base {
            Rated::base(views.company, lens, currency, when)
        } else {
            Ok(Rated::own(currency))
        }
    }
    pub(super) fn book(&mut self, fact: Dated<Booked>) -> Result<(), ReportError> {
        let when = fact.order();
        match &fact.what {
            Booked::Invoiced { invoice, currency, parts } => {
                self.issue(*invoice, *currency, *parts, when)?;
            }
            Booked::Credited { invoice, total, parts } => {
                self.credit(*invoice, *total, *parts, when)?;
            }
            Booked::CreditedFreely { note, currency, parts } => {
                self.credit_freely(*note, *currency, *parts, when)?;
            }
            Booked::Received { payment, bank, amount, deductions } => {
                self.receive(*payment, *bank, (*amount, deductions), when)?;
            }
            Booked::NoteAllocated { note, invoice, amount } => {
                self.allocate_note(*note, *invoice, *amount, when)?;
            }
            Booked::NoteRefunded { note, bank, amount } => {
                if let Some(open) = &mut self.notes[note.index()] {
                    let (rated, share) = (open.rated(), open.take(*amount));
                    self.pair(Account::Advances, Account::Bank(*bank), rated, share);
                }
            }
            Booked::Allocated { payment, invoice, amount } => {
                self.allocate(*payment, *invoice, *amount, when)?;
            }
            Booked::Refunded { payment, bank, amount } => {
                self.pay_back(*payment, Some(*amount), *bank);
            }
            Booked::Reversed { payment } => self.reverse(*payment, when)?,
            Booked::WrittenOff { invoice, account, amount } => {
                if let Some(known) = self.invoice(*invoice, when)? {
                    let (rated, share) = (known.debt.open.rated(), known.debt.open.take(*amount));
                    self.pair(
                        account.map_or(Account::BadDebt, Account::Named),
                        Account::Receivable,
                        rated,
                        share,
                    );
                }
            }
            Booked::Billed { .. }
            | Booked::BillCredited { .. }
            | Booked::Made { .. }
            | Booked::MadeAllocated { .. } => self.purchase(&fact.what, when)?,
            Booked::InvoiceBrought { .. }
            | Booked::BillBrought { .. }
            | Booked::BillWrittenOff { .. }
            | Booked::SetOff { .. }
            | Booked::SetOffReversed { .. } => self.settle_otherwise(&fact.what, when)?,
            Booked::Expensed { .. }
            | Booked::ExpenseReversed { .. }
            | Booked::Exchanged(_)
            | Booked::Revalued { .. }
            | Booked::Transferred { .. }
            | Booked::Spent { .. } => self.spend_or_change(&fact.what, when)?,
            Booked::Posted(legs) => self.post(&fact, legs)?,
        }
        self.show(fact.at, fact.position);
        Ok(())
    }
    fn issue(
        &mut self,
        invoice: Sym<kind::Invoice>,
        currency: Currency,
        parts: Parts,
        when: When,
    ) -> Result<(), ReportError> {
        let rated = self.rated(currency, when)?;
        let known = self.invoices[invoice.index()].get_or_insert_with(|| Invoiced::unseen(rated));
        let whole = known.debt.open(parts.net + parts.tax);
        known.sums = Portions::of(rated, whole, &[parts.net, parts.tax]);
        let shares = known.sums.base();
        self.sale(Account::Receivable, rated.currency, whole, [shares[0], shares[1]]);
        Ok(())
    }
    fn credit(
        &mut self,
        invoice: Sym<kind::Invoice>,
        total: Decimal,
        parts: Option<Parts>,
        when: When,
    ) -> Result<(), ReportError> {
        let (trade, lens) = (self.ledger.views.trade, self.ledger.lens);
        let Some(currency) = trade.invoice_currency(invoice, lens) else { return Ok(()) };
        let rated = self.rated(currency, when)?;
        let parts = parts.unwrap_or_else(|| self.left_of_invoice(invoice, when.1, total));
        let known = self.invoices[invoice.index()].get_or_insert_with(|| Invoiced::unseen(rated));
        let whole = known.debt.credit(parts.net + parts.tax);
        let shares = known.sums.take(whole, &[parts.net, parts.tax]);
        let currency = known.debt.open.rated().currency;
        self.sale(Account::Receivable, currency, -whole, [-shares[0], -shares[1]]);
        Ok(())
    }
    /// What is still put against something is taken from there before the rest goes back.
    fn reverse(&mut self, payment: Sym<kind::Payment>, when: When) -> Result<(), ReportError> {
        let held = self.payments[payment.index()]
            .as_ref()
            .map_or_else(Vec::new, |paid| paid.open.holders());
        for (against, amount) in held {
            match against {
                Against::Invoice(invoice) => self.allocate(payment, invoice, -amount, when)?,
                Against::Bill(bill) => self.settle_bill(payment, bill, -amount, when)?,
            }
        }
        self.pay_back(payment, None, None);
        Ok(())
    }
    /// A credit note without an invoice is owed to the client from its own date on, at its own
    /// rate.
    fn credit_freely(
        &mut self,
        note: Sym<kind::CreditNote>,
        currency: Currency,
        parts: Parts,
        when: When,
    ) -> Result<(), ReportError> {
        let rated = self.rated(currency, when)?;
        let mut open = Open::nothing(rated);
        let whole = open.open(parts.net + parts.tax);
        let shares = rated.shares(whole, &[parts.net, parts.tax]);
        self.notes[note.index()] = Some(open);
        self.sale(Account::Advances, rated.currency, -whole, [-shares[0], -shares[1]]);
        Ok(())
    }
    fn sale(
        &mut self,
        owed: Account,
        currency: Currency,
        whole: Decimal,
        [net, tax]: [Decimal; 2],
    ) {
        self.draft(owed, currency, whole);
        self.draft(Account::Sales, currency, -net);
        self.draft(Account::SalesTax, currency, -tax);
    }
    /// An invoice; one that is not there yet has its own currency and the rate of the moment that
    /// names it.
    fn invoice(
        &mut self,
        invoice: Sym<kind::Invoice>,
        when: When,
    ) -> Result<Option<&mut Invoiced>, ReportError> {
        if self.invoices[invoice.index()].is_none()
            && let Some(currency) =
                self.ledger.views.trade.invoice_currency(invoice, self.ledger.lens)
        {
            self.invoices[invoice.index()] = Some(Invoiced::unseen(self.rated(currency, when)?));
        }
        Ok(self.invoices[invoice.index()].as_mut())
    }
    /// Net and tax that a credit note with a total takes back, by what earlier ones left.
    fn left_of_invoice(
        &self,
        invoice: Sym<kind::Invoice>,
        position: Position,
        total: Decimal,
    ) -> Parts {
        let trade = self.ledger.views.trade;
        let taken = trade.credits_taken(invoice, self.ledger.lens);
        let tax = taken
            .iter()
            .find(|(credit, _)| credit.position == position)
            .map(|(_, parts)| parts.iter().map(|p| p.tax).sum());
        let tax: Decimal = tax.unwrap_or_default();
        Parts { net: total - tax, tax }
    }
    fn purchase(&mut self, booked: &Booked, when: When) -> Result<(), ReportError> {
        match booked {
            Booked::Billed { bill, currency, charges } => {
                self.bill(*bill, *currency, charges, when)?;
            }
            Booked::BillCredited { bill, total, charges } => {
                self.credit_bill(*bill, *total, charges.as_ref(), when)?;
            }
            Booked::Made { payment, bank, amount, deductions } => {
                let bank = on_bank(*bank);
                let (rated, whole) = self.pay(
                    *payment,
                    (Account::SupplierAdvances, bank),
                    (*amount, deductions),
                    when,
                )?;
                let kept_back = self.keep_back(*payment, rated, Decimal::NEGATIVE_ONE);
                self.draft(Account::SupplierAdvances, rated.currency, whole);
                self.draft(bank, rated.currency, kept_back - whole);
            }
            Booked::MadeAllocated { payment, bill, amount } => {
                self.settle_bill(*payment, *bill, *amount, when)?;
            }
            Booked::Invoiced { .. }
            | Booked::Credited { .. }
            | Booked::Received { .. }
            | Booked::Allocated { .. }
            | Booked::Refunded { .. } => (),
            Booked::CreditedFreely { .. }
            | Booked::NoteAllocated { .. }
            | Booked::NoteRefunded { .. } => (),
            Booked::Reversed { .. }
            | Booked::WrittenOff { .. }
            | Booked::Transferred { .. }
            | Booked::Posted(_)
            | Booked::Spent { .. } => (),
            Booked::InvoiceBrought { .. }
            | Booked::BillBrought { .. }
            | Booked::BillWrittenOff { .. }
            | Booked::SetOff { .. }
            | Booked::SetOffReversed { .. } => (),
            Booked::Expensed { .. }
            | Booked::ExpenseReversed { .. }
            | Booked::Exchanged(_)
            | Booked::Revalued { .. } => (),
        }
        Ok(())
    }
    fn is_service(&self, item: Sym<kind::Item>) -> bool {
        let card = self.ledger.views.stock.card(item, self.ledger.lens);
        card.is_some_and(|c| c.kind == ItemKind::Service)
    }
    /// The debits of a currency are rounded as one, and so are its credits, which come to the same.
    fn post(
        &mut self,
        fact: &Dated<Booked>,
        legs: &[(Sym<kind::Account>, UnitSym, Amount)],
    ) -> Result<(), ReportError> {
        let mut sides: BTreeMap<(Currency, bool), Vec<(Account, Decimal)>> = BTreeMap::new();
        for (path, unit, amount) in
            legs.iter().map(|(path, unit, amount)| (path, unit, amount.get()))
        {
            let account = Account::Named(*path);
            match unit {
                UnitSym::Currency { currency } => sides
                    .entry((*currency, amount.is_sign_negative()))
                    .or_default()
                    .push((account, amount)),
                UnitSym::Item { item } => {
                    (self.visit)(&Leg {
                        at: fact.at,
                        position: fact.position,
                        account,
                        unit: LegUnit::Goods(*item),
                        amount,
                    });
                }
            }
        }
        for ((currency, is_credit), legs) in sides {
            let rated = self.rated(currency, fact.order())?;
            let parts =
                rated.parts(&legs.iter().map(|(_, amount)| amount.abs()).collect::<Vec<_>>());
            for ((account, _), part) in legs.into_iter().zip(parts) {
                self.draft(account, rated.currency, if is_credit { -part } else { part });
            }
        }
        Ok(())
    }
    /// Shows the legs of an event.
    fn show(&mut self, at: Timestamp, position: Position) {
        debug_assert!(
            !self.ledger.base
                || self.drafts.iter().map(|(_, _, amount)| *amount).sum::<Decimal>().is_zero(),
            "the legs of {position} sum to zero in base"
        );
        for (account, currency, amount) in
            self.drafts.drain(..).filter(|(_, _, amount)| !amount.is_zero())
        {
            if let Some(foreign) = &mut self.foreign {
                foreign.count(self.ledger.views, account, amount);
            }
            (self.visit)(&Leg { at, position, account, unit: LegUnit::Money(currency), amount });
        }
    }
}

impl Billed {
    fn unseen(rated: Rated) -> Self {
        Billed {
            charges: None,
            debt: Debt::nothing(rated),
            sums: Portions::of(rated, Decimal::ZERO, &[Decimal::ZERO; 2]),
        }
    }
}
