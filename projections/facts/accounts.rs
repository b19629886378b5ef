//! The book of the double entry: which record says something about money, day by day. Invariant:
//! every such record is entered once; what a document says stands with trade and is read there.

use rust_decimal::Decimal;
use sijil_schemas::{
    AccountPath, BillLine, Event, PaymentWay, Record, Unit,
    event::{Accounting, Claims, Invoices, Marketing},
    id::kind,
    money::{Amount, Money},
    time::Timestamp,
};

use crate::{
    cells,
    cells::Run,
    column::Column,
    cut::{Dated, Lens},
    family,
    ids::Sym,
    rows::Rows,
    trade::UnitSym,
};

cells! {
    /// What a line of a bill is spent on.
    pub enum Spent {
        /// An item: goods, or a service.
        Item {
            /// Which.
            item: Sym<kind::Item>,
        },
        /// The goods of a receipt.
        Receipt,
        /// An account.
        Account {
            /// Which.
            account: Sym<kind::Account>,
        },
        /// Purchases, since nothing else is said.
        Purchases,
    }
}

cells! {
    /// A leg of a general entry.
    pub struct Posting {
        /// The account.
        pub account: Sym<kind::Account>,
        /// What is counted.
        pub unit: UnitSym,
        /// How much: positive is debit, negative is credit.
        pub amount: Amount,
    }
}

/// What money was spent on without a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expense {
    /// A campaign.
    Marketing,
    /// A claim.
    Claims,
    /// Service on goods that clients have.
    Service,
}

cells! { list Expense { Marketing, Claims, Service } }

cells! {
    /// What a record says about money. A document is told by its number: what it says stands in the
    /// facts of trade at the same position.
    pub enum Entry {
        /// An invoice was issued.
        Invoiced {
            /// Which.
            invoice: Sym<kind::Invoice>,
        },
        /// An invoice was credited.
        Credited {
            /// Which.
            invoice: Sym<kind::Invoice>,
        },
        /// A credit note without an invoice was issued.
        CreditedFreely {
            /// Which.
            note: Sym<kind::CreditNote>,
        },
        /// A payment came in.
        Received {
            /// Which.
            payment: Sym<kind::Payment>,
        },
        /// Part of a payment was put against an invoice; below zero where that was taken back.
        Allocated {
            /// The payment.
            payment: Sym<kind::Payment>,
            /// The invoice.
            invoice: Sym<kind::Invoice>,
            /// How much.
            amount: Decimal,
        },
        /// The same of a free credit note.
        NoteAllocated {
            /// The credit note.
            note: Sym<kind::CreditNote>,
            /// The invoice.
            invoice: Sym<kind::Invoice>,
            /// How much.
            amount: Decimal,
        },
        /// Part of a free credit note was paid out.
        NoteRefunded {
            /// The credit note.
            note: Sym<kind::CreditNote>,
            /// From which account.
            bank: Sym<kind::BankAccount>,
            /// How much.
            amount: Decimal,
        },
        /// Part of a payment went back.
        Refunded {
            /// The payment.
            payment: Sym<kind::Payment>,
            /// From or to which account; `None` for that of the payment.
            bank: Option<Sym<kind::BankAccount>>,
            /// How much.
            amount: Decimal,
        },
        /// A payment turned out to be none.
        Reversed {
            /// The payment.
            payment: Sym<kind::Payment>,
        },
        /// Part of an invoice was given up.
        WrittenOff {
            /// The invoice.
            invoice: Sym<kind::Invoice>,
            /// The account it goes to; that of bad debt where none is said.
            account: Option<Sym<kind::Account>>,
            /// How much.
            amount: Decimal,
        },
        /// A supplier's invoice came.
        Billed {
            /// Which.
            bill: Sym<kind::Bill>,
            /// What each of its lines is spent on.
            spent: Run<Spent>,
        },
        /// A supplier's invoice was credited.
        BillCredited {
            /// Which.
            bill: Sym<kind::Bill>,
            /// What each line of the credit was spent on; none if only a total is credited.
            spent: Run<Spent>,
        },
        /// A payment went out.
        Made {
            /// Which.
            payment: Sym<kind::Payment>,
        },
        /// Part of a payment made was put against a bill; below zero where that was taken back.
        MadeAllocated {
            /// The payment.
            payment: Sym<kind::Payment>,
            /// The bill.
            bill: Sym<kind::Bill>,
            /// How much.
            amount: Decimal,
        },
        /// Part of a bill need not be paid any more.
        BillWrittenOff {
            /// The bill.
            bill: Sym<kind::Bill>,
            /// The account it goes to; that of other income where none is said.
            account: Option<Sym<kind::Account>>,
            /// How much.
            amount: Decimal,
        },
        /// Invoices and bills were put against each other.
        SetOff {
            /// By which set-off.
            set_off: Sym<kind::SetOff>,
        },
        /// A set-off was taken back.
        SetOffReversed {
            /// Which.
            set_off: Sym<kind::SetOff>,
        },
        /// Money was spent without a bill.
        Expensed {
            /// By which expense.
            expense: Sym<kind::Expense>,
        },
        /// An expense turned out to be none.
        ExpenseReversed {
            /// Which.
            expense: Sym<kind::Expense>,
        },
        /// Money was changed into another currency.
        Exchanged {
            /// By which exchange.
            exchange: Sym<kind::FundsExchange>,
        },
        /// A bank account of another currency was valued at the rate of the day.
        Revalued {
            /// Which, by its path.
            account: Sym<kind::Account>,
        },
        /// Money was moved between own accounts.
        Transferred {
            /// By which transfer.
            transfer: Sym<kind::FundsTransfer>,
        },
        /// A general entry.
        Posted {
            /// Its legs.
            legs: Run<Posting>,
        },
        /// Money was spent without a bill.
        Spending {
            /// On what.
            on: Expense,
            /// How much.
            amount: Money,
        },
    }
}

/// Where all bank accounts stand: their paths are this and their ids.
pub const BANK_PATH: &str = "assets/bank/";

/// What the number of a day stands for: days of 24 hours since the earliest moment.
#[derive(Debug, Clone, Copy)]
pub struct Day;

/// Microseconds of a day.
const DAY_MICROS: i64 = 86_400_000_000;

fn day(at: Timestamp) -> Sym<Day> {
    let days = (at.micros() - Timestamp::MIN.micros()).div_euclid(DAY_MICROS);
    Sym::of(u32::try_from(days).expect("the days of 1900 to 2199 are few"))
}

family! {
    /// Every record that says something about money.
    pub struct Accounts {
        spent: Rows<Spent>,
        postings: Rows<Posting>,
        /// By day, so that what is asked in replay order is short lists one after the other.
        entries: Column<Day, Entry>,
    }
}

impl Accounts {
    /// Takes the next record, which is a whole document or none.
    pub fn take(&self, record: &Record) {
        let entry = match &record.event {
            Event::Invoices(e) => self.of_invoices(e),
            Event::Accounting(e) => self.of_accounting(record, e),
            Event::Marketing(Marketing::CampaignCostRecorded(e)) => {
                Some(Entry::Spending { on: Expense::Marketing, amount: e.amount })
            }
            Event::Claims(Claims::ClaimResolved(e)) => {
                e.cost.map(|amount| Entry::Spending { on: Expense::Claims, amount })
            }
            Event::Claims(Claims::ServicePerformed(e)) => {
                e.cost.map(|amount| Entry::Spending { on: Expense::Service, amount })
            }
            Event::Marketing(_) | Event::Claims(_) => None,
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_) => None,
            Event::Orders(_)
            | Event::Stock(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => None,
        };
        if let Some(entry) = entry {
            self.entries.push(day(record.occurred_at()), Dated::of(record, entry));
        }
    }
    fn of_invoices(&self, event: &Invoices) -> Option<Entry> {
        let ids = &self.ids;
        Some(match event {
            Invoices::InvoiceIssued(e) => Entry::Invoiced { invoice: ids.sym(&e.invoice) },
            Invoices::InvoiceBroughtForward(e) => Entry::Invoiced { invoice: ids.sym(&e.invoice) },
            Invoices::PaymentBroughtForward(e) => match e.direction {
                PaymentWay::Received => Entry::Received { payment: ids.sym(&e.payment) },
                PaymentWay::Made => Entry::Made { payment: ids.sym(&e.payment) },
            },
            Invoices::SetOffRecorded(e) => Entry::SetOff { set_off: ids.sym(&e.set_off) },
            Invoices::SetOffReversed(e) => Entry::SetOffReversed { set_off: ids.sym(&e.set_off) },
            Invoices::CreditNoteIssued(e) => match &e.invoice {
                Some(invoice) => Entry::Credited { invoice: ids.sym(invoice) },
                None => Entry::CreditedFreely { note: ids.sym(&e.credit_note) },
            },
            Invoices::PaymentReceived(e) => Entry::Received { payment: ids.sym(&e.payment) },
            Invoices::PaymentAllocated(e) => {
                let (payment, invoice) = (ids.sym(&e.payment), ids.sym(&e.invoice));
                Entry::Allocated { payment, invoice, amount: e.amount.get() }
            }
            Invoices::PaymentUnallocated(e) => {
                let (payment, invoice) = (ids.sym(&e.payment), ids.sym(&e.invoice));
                Entry::Allocated { payment, invoice, amount: -e.amount.get() }
            }
            Invoices::PaymentRefunded(e) => {
                let bank = e.bank_account.as_ref().map(|bank| ids.sym(bank));
                Entry::Refunded { payment: ids.sym(&e.payment), bank, amount: e.amount.get() }
            }
            Invoices::PaymentReversed(e) => Entry::Reversed { payment: ids.sym(&e.payment) },
            Invoices::DebtWrittenOff(e) => {
                let account = e.account.as_ref().map(|AccountPath(path)| ids.sym(path));
                Entry::WrittenOff { invoice: ids.sym(&e.invoice), account, amount: e.amount.get() }
            }
            Invoices::CreditNoteAllocated(e) => {
                let (note, invoice) = (ids.sym(&e.credit_note), ids.sym(&e.invoice));
                Entry::NoteAllocated { note, invoice, amount: e.amount.get() }
            }
            Invoices::CreditNoteUnallocated(e) => {
                let (note, invoice) = (ids.sym(&e.credit_note), ids.sym(&e.invoice));
                Entry::NoteAllocated { note, invoice, amount: -e.amount.get() }
            }
            Invoices::CreditNoteRefunded(e) => {
                let (note, bank) = (ids.sym(&e.credit_note), ids.sym(&e.bank_account));
                Entry::NoteRefunded { note, bank, amount: e.amount.get() }
            }
            Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_)
            | Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_) => return None,
            // A document is taken whole, with its parts.
            Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => return None,
        })
    }
    fn of_accounting(&self, record: &Record, event: &Accounting) -> Option<Entry> {
        let ids = &self.ids;
        Some(match event {
            Accounting::BillReceived(e) => {
                Entry::Billed { bill: ids.sym(&e.bill), spent: self.spent(record, &e.lines) }
            }
            Accounting::BillCredited(e) => {
                Entry::BillCredited { bill: ids.sym(&e.bill), spent: self.spent(record, &e.lines) }
            }
            Accounting::PaymentMade(e) => Entry::Made { payment: ids.sym(&e.payment) },
            Accounting::PaymentMadeAllocated(e) => {
                let (payment, bill) = (ids.sym(&e.payment), ids.sym(&e.bill));
                Entry::MadeAllocated { payment, bill, amount: e.amount.get() }
            }
            Accounting::PaymentMadeUnallocated(e) => {
                let (payment, bill) = (ids.sym(&e.payment), ids.sym(&e.bill));
                Entry::MadeAllocated { payment, bill, amount: -e.amount.get() }
            }
            Accounting::PaymentMadeRefunded(e) => {
                let bank = e.bank_account.as_ref().map(|bank| ids.sym(bank));
                Entry::Refunded { payment: ids.sym(&e.payment), bank, amount: e.amount.get() }
            }
            Accounting::BillBroughtForward(e) => {
                Entry::Billed { bill: ids.sym(&e.bill), spent: Run::none() }
            }
            Accounting::BillWrittenOff(e) => {
                let account = e.account.as_ref().map(|AccountPath(path)| ids.sym(path));
                Entry::BillWrittenOff { bill: ids.sym(&e.bill), account, amount: e.amount.get() }
            }
            Accounting::ExpenseRecorded(e) => Entry::Expensed { expense: ids.sym(&e.expense) },
            Accounting::ExpenseReversed(e) => {
                Entry::ExpenseReversed { expense: ids.sym(&e.expense) }
            }
            Accounting::FundsExchanged(e) => {
                Entry::Exchanged { exchange: ids.sym(&e.funds_exchange) }
            }
            Accounting::AccountRevalued(e) => Entry::Revalued { account: ids.sym(&e.account) },
            Accounting::FundsTransferred(e) => {
                Entry::Transferred { transfer: ids.sym(&e.funds_transfer) }
            }
            Accounting::EntryPosted(e) => {
                let legs = e.postings.iter().map(|leg| Posting {
                    account: ids.sym(&leg.account),
                    unit: match &leg.unit {
                        Unit::Currency(currency) => UnitSym::Currency { currency: *currency },
                        Unit::Item(item) => UnitSym::Item { item: ids.sym(item) },
                    },
                    amount: leg.amount,
                });
                Entry::Posted { legs: self.postings.extend(record.position, legs) }
            }
            // A document is taken whole, with its parts.
            Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => return None,
            Accounting::AccountOpened(_)
            | Accounting::LedgerOpened(_)
            | Accounting::BankAccountOpened(_) => return None,
        })
    }
    fn spent(&self, record: &Record, lines: &[BillLine]) -> Run<Spent> {
        let spent = lines.iter().map(|line| match (&line.receipt, &line.item, &line.account) {
            (Some(_), _, _) => Spent::Receipt,
            (None, _, Some(account)) => Spent::Account { account: self.ids.sym(account) },
            (None, Some(item), None) => Spent::Item { item: self.ids.sym(item) },
            (None, None, None) => Spent::Purchases,
        });
        self.spent.extend(record.position, spent)
    }

    /// Every entry that counts, in replay order.
    pub fn entries<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Dated<Entry>> + 'a {
        let days = day(Timestamp::MIN).number()..=day(lens.cut.before).number();
        days.flat_map(move |day| self.entries.of(Sym::of(day)).counting(lens))
    }
    /// What lines of a bill are spent on, in order.
    pub fn spent_on(&self, spent: Run<Spent>) -> impl Iterator<Item = Spent> {
        self.spent.of(spent)
    }
    /// The legs of a general entry, in order.
    pub fn legs(&self, legs: Run<Posting>) -> impl Iterator<Item = Posting> {
        self.postings.of(legs)
    }
}
