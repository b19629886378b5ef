//! The double entry: money by its own events, stock by the goods and their valuation. Invariant:
//! the legs of every event sum to zero per unit, so every trial balance does, at any two clocks.

use std::sync::Arc;

use rust_decimal::Decimal;
pub use sijil_facts::accounts::Accounts;
use sijil_facts::{
    Ids,
    accounts::{Entry, Expense, Spent},
    cells::Run,
    trade::{DocumentLine, ExchangeDoc, ExpenseDoc, Off, UnitSym},
};
use sijil_schemas::{
    Record,
    id::kind,
    money::{Amount, Currency, Money},
};

use crate::{
    Sym,
    cut::Dated,
    families::Folds,
    fold::{Fold, Quarantined},
};

mod ledger;
mod money;

pub use ledger::{Account, Balance, Ledger, Leg, LegUnit};

impl Fold for Accounts {
    const NAME: &'static str = "accounts";
    const EDITION: u32 = 5;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Accounts::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}

/// What lines or a document without lines say: net and tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    net: Decimal,
    tax: Decimal,
}

/// The net part of a line of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charged {
    on: Spent,
    net: Amount,
}

/// The net parts of a supplier's invoice, line by line, and the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Charges {
    lines: Vec<Charged>,
    other: Decimal,
    tax: Decimal,
}

impl Charges {
    /// All of it without tax.
    fn net(&self) -> Decimal {
        self.other + self.lines.iter().map(|line| line.net.get()).sum::<Decimal>()
    }
}

/// What an event says about money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Booked {
    Invoiced {
        invoice: Sym<kind::Invoice>,
        currency: Currency,
        parts: Parts,
    },
    /// From other books: no sale of these.
    InvoiceBrought {
        invoice: Sym<kind::Invoice>,
        currency: Currency,
        total: Decimal,
    },
    /// Without parts a total, which is split by what is left of the invoice.
    Credited {
        invoice: Sym<kind::Invoice>,
        total: Decimal,
        parts: Option<Parts>,
    },
    /// A credit without an invoice.
    CreditedFreely {
        note: Sym<kind::CreditNote>,
        currency: Currency,
        parts: Parts,
    },
    Received {
        payment: Sym<kind::Payment>,
        /// `None` of what was brought forward.
        bank: Option<Sym<kind::BankAccount>>,
        amount: Money,
        deductions: Vec<(Sym<kind::Account>, Amount)>,
    },
    /// Negative where an allocation was taken back.
    Allocated {
        payment: Sym<kind::Payment>,
        invoice: Sym<kind::Invoice>,
        amount: Decimal,
    },
    /// Of a free credit note; negative where an allocation was taken back.
    NoteAllocated {
        note: Sym<kind::CreditNote>,
        invoice: Sym<kind::Invoice>,
        amount: Decimal,
    },
    NoteRefunded {
        note: Sym<kind::CreditNote>,
        bank: Sym<kind::BankAccount>,
        amount: Decimal,
    },
    Refunded {
        payment: Sym<kind::Payment>,
        bank: Option<Sym<kind::BankAccount>>,
        amount: Decimal,
    },
    Reversed {
        payment: Sym<kind::Payment>,
    },
    WrittenOff {
        invoice: Sym<kind::Invoice>,
        account: Option<Sym<kind::Account>>,
        amount: Decimal,
    },
    Billed {
        bill: Sym<kind::Bill>,
        currency: Currency,
        charges: Charges,
    },
    BillCredited {
        bill: Sym<kind::Bill>,
        total: Decimal,
        charges: Option<Charges>,
    },
    Made {
        payment: Sym<kind::Payment>,
        /// `None` of what was brought forward.
        bank: Option<Sym<kind::BankAccount>>,
        amount: Money,
        deductions: Vec<(Sym<kind::Account>, Amount)>,
    },
    /// Negative where an allocation was taken back.
    MadeAllocated {
        payment: Sym<kind::Payment>,
        bill: Sym<kind::Bill>,
        amount: Decimal,
    },
    /// From other books: nothing of it is bought in these.
    BillBrought {
        bill: Sym<kind::Bill>,
        currency: Currency,
        total: Decimal,
    },
    BillWrittenOff {
        bill: Sym<kind::Bill>,
        account: Option<Sym<kind::Account>>,
        amount: Decimal,
    },
    SetOff {
        set_off: Sym<kind::SetOff>,
        parts: Vec<Off>,
    },
    SetOffReversed {
        set_off: Sym<kind::SetOff>,
    },
    Expensed {
        expense: Sym<kind::Expense>,
        doc: ExpenseDoc,
    },
    ExpenseReversed {
        expense: Sym<kind::Expense>,
    },
    Exchanged(ExchangeDoc),
    Revalued {
        account: Sym<kind::Account>,
    },
    Transferred {
        from: Sym<kind::BankAccount>,
        to: Sym<kind::BankAccount>,
        amount: Money,
    },
    Posted(Vec<(Sym<kind::Account>, UnitSym, Amount)>),
    Spent {
        on: Expense,
        amount: Money,
    },
}

/// What an entry says, with what its document says at the same position; `None` if no document
/// stands there, which only a fold that has not taken it can show.
pub(crate) fn booked(views: Folds<'_>, fact: Dated<Entry>) -> Option<Booked> {
    let (trade, order) = (views.trade, fact.order());
    Some(match fact.what {
        Entry::Invoiced { invoice } => {
            let doc = trade.invoice_at(invoice, order, views.side)?;
            let (currency, total) = (doc.document.currency, doc.total.get());
            if doc.begun.is_before() {
                return Some(Booked::InvoiceBrought { invoice, currency, total });
            }
            let tax = trade.tax(&doc.document);
            // The net is what the total leaves: the legs balance whatever the lines say.
            Booked::Invoiced { invoice, currency, parts: Parts { net: total - tax, tax } }
        }
        Entry::Credited { invoice } => {
            let doc = trade.credit_at(invoice, order, views.side)?;
            let tax: Decimal = trade.lines(doc.lines).map(|l| l.tax.get()).sum();
            let parts = Parts { net: doc.total.get() - tax, tax };
            let total = doc.total.get();
            Booked::Credited { invoice, total, parts: (!doc.lines.is_empty()).then_some(parts) }
        }
        Entry::CreditedFreely { note } => {
            let doc = trade.note_at(note, order, views.side)?;
            let tax = trade.tax(&doc.document);
            let parts = Parts { net: doc.total.get() - tax, tax };
            Booked::CreditedFreely { note, currency: doc.document.currency, parts }
        }
        Entry::Received { payment } => {
            let doc = trade.receipt_at(payment, order, views.side)?;
            let deductions = trade.deductions(doc.deductions).map(|d| (d.account, d.amount));
            let (bank, amount) = (doc.bank, doc.money());
            Booked::Received { payment, bank, amount, deductions: deductions.collect() }
        }
        Entry::Billed { bill, spent } => {
            let doc = trade.bill_said_at(bill, order, views.side)?;
            if doc.begun.is_before() {
                let (currency, total) = (doc.document.currency, doc.total.get());
                return Some(Booked::BillBrought { bill, currency, total });
            }
            let charges = charges(views, spent, doc.document.lines, doc.total);
            Booked::Billed { bill, currency: doc.document.currency, charges }
        }
        Entry::BillCredited { bill, spent } => {
            let doc = trade.bill_credit_at(bill, order, views.side)?;
            let said = !doc.lines.is_empty();
            let charges = said.then(|| charges(views, spent, doc.lines, doc.total));
            Booked::BillCredited { bill, total: doc.total.get(), charges }
        }
        Entry::Made { payment } => {
            let doc = trade.outgoing_at(payment, order, views.side)?;
            let deductions = trade.deductions(doc.deductions).map(|d| (d.account, d.amount));
            let amount = Money { amount: doc.amount, currency: doc.currency };
            Booked::Made { payment, bank: doc.bank, amount, deductions: deductions.collect() }
        }
        // What is no document: all that is left is told there.
        _ => return booked_otherwise(views, fact),
    })
}

/// The same of what settles, spends or changes money without being a document; `None` of all else.
fn booked_otherwise(views: Folds<'_>, fact: Dated<Entry>) -> Option<Booked> {
    let (trade, accounts, order) = (views.trade, views.accounts, fact.order());
    Some(match fact.what {
        Entry::Allocated { payment, invoice, amount } => {
            Booked::Allocated { payment, invoice, amount }
        }
        Entry::NoteAllocated { note, invoice, amount } => {
            Booked::NoteAllocated { note, invoice, amount }
        }
        Entry::NoteRefunded { note, bank, amount } => Booked::NoteRefunded { note, bank, amount },
        Entry::Refunded { payment, bank, amount } => Booked::Refunded { payment, bank, amount },
        Entry::Reversed { payment } => Booked::Reversed { payment },
        Entry::WrittenOff { invoice, account, amount } => {
            Booked::WrittenOff { invoice, account, amount }
        }
        Entry::MadeAllocated { payment, bill, amount } => {
            Booked::MadeAllocated { payment, bill, amount }
        }
        Entry::BillWrittenOff { bill, account, amount } => {
            Booked::BillWrittenOff { bill, account, amount }
        }
        Entry::SetOff { set_off } => {
            Booked::SetOff { set_off, parts: trade.set_off_at(set_off, order, views.side)? }
        }
        Entry::SetOffReversed { set_off } => Booked::SetOffReversed { set_off },
        Entry::Expensed { expense } => {
            Booked::Expensed { expense, doc: trade.expense_said_at(expense, order, views.side)? }
        }
        Entry::ExpenseReversed { expense } => Booked::ExpenseReversed { expense },
        Entry::Exchanged { exchange } => {
            Booked::Exchanged(trade.exchange_said_at(exchange, order, views.side)?)
        }
        Entry::Revalued { account } => Booked::Revalued { account },
        Entry::Transferred { transfer } => {
            let doc = trade.transfer_at(transfer, order, views.side)?;
            Booked::Transferred { from: doc.from, to: doc.to, amount: doc.amount }
        }
        Entry::Posted { legs } => {
            let leg = |leg: sijil_facts::accounts::Posting| (leg.account, leg.unit, leg.amount);
            Booked::Posted(accounts.legs(legs).map(leg).collect())
        }
        Entry::Spending { on, amount } => Booked::Spent { on, amount },
        Entry::Invoiced { .. }
        | Entry::Credited { .. }
        | Entry::CreditedFreely { .. }
        | Entry::Received { .. }
        | Entry::Billed { .. }
        | Entry::BillCredited { .. }
        | Entry::Made { .. } => return None,
    })
}

/// The net parts of a bill or its credit, line by line, and the rest.
fn charges(
    views: Folds<'_>,
    spent: Run<Spent>,
    lines: Run<DocumentLine>,
    total: Amount,
) -> Charges {
    let lines: Vec<DocumentLine> = views.trade.lines(lines).collect();
    let charged = views.accounts.spent_on(spent).zip(&lines);
    let charged: Vec<Charged> = charged.map(|(on, line)| Charged { on, net: line.net }).collect();
    let tax: Decimal = lines.iter().map(|l| l.tax.get()).sum();
    let other = total.get() - tax - charged.iter().map(|line| line.net.get()).sum::<Decimal>();
    Charges { lines: charged, other, tax }
}
