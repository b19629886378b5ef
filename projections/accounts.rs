//! The double entry: money by its own events, stock by the goods and their valuation. Invariant:
//! the legs of every event sum to zero per unit, so every trial balance does, at any two clocks.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    AccountPath, BillCredited, BillLine, BillReceived, CreditNoteIssued, Deduction, Event,
    InvoiceIssued, Record, Unit,
    event::{Accounting, Claims, Invoices, Marketing},
    id::kind,
    money::{Amount, Currency, Money},
};

use crate::{
    cut::{Dated, Facts, Lens},
    fold::{Fold, Quarantine},
    table::{Ids, Sym, Table},
};

mod ledger;
mod money;

pub use ledger::{Account, Balance, Ledger, Leg, LegUnit};

/// What lines or a document without lines say: net and tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parts {
    #[serde(with = "crate::exact")]
    net: Decimal,
    #[serde(with = "crate::exact")]
    tax: Decimal,
}

/// What a line of a bill is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Spent {
    /// An item: goods, or a service.
    Item(Sym<kind::Item>),
    /// The goods of a receipt.
    Receipt,
    /// An account.
    Account(Sym<kind::Account>),
    /// Purchases, since nothing else is said.
    Purchases,
}

/// The net part of a line of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charged {
    on: Spent,
    net: Amount,
}

/// The net parts of a supplier's invoice, line by line, and the rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charges {
    lines: Vec<Charged>,
    #[serde(with = "crate::exact")]
    other: Decimal,
    #[serde(with = "crate::exact")]
    tax: Decimal,
}

impl Charges {
    /// All of it without tax.
    fn net(&self) -> Decimal {
        self.other + self.lines.iter().map(|line| line.net.get()).sum::<Decimal>()
    }
}

/// What money was spent on without a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Expense {
    /// A campaign.
    Marketing,
    /// A claim.
    Claims,
}

/// What an event says about money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Booked {
    Invoiced {
        invoice: Sym<kind::Invoice>,
        currency: Currency,
        parts: Parts,
    },
    /// Without parts a total, which is split by what is left of the invoice.
    Credited {
        invoice: Sym<kind::Invoice>,
        total: Money,
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
        bank: Sym<kind::BankAccount>,
        amount: Money,
        deductions: Box<[(Sym<kind::Account>, Amount)]>,
    },
    /// Negative where an allocation was taken back.
    Allocated {
        payment: Sym<kind::Payment>,
        invoice: Sym<kind::Invoice>,
        #[serde(with = "crate::exact")]
        amount: Decimal,
    },
    /// Of a free credit note; negative where an allocation was taken back.
    NoteAllocated {
        note: Sym<kind::CreditNote>,
        invoice: Sym<kind::Invoice>,
        #[serde(with = "crate::exact")]
        amount: Decimal,
    },
    NoteRefunded {
        note: Sym<kind::CreditNote>,
        bank: Sym<kind::BankAccount>,
        #[serde(with = "crate::exact")]
        amount: Decimal,
    },
    Refunded {
        payment: Sym<kind::Payment>,
        #[serde(with = "crate::exact")]
        amount: Decimal,
    },
    Reversed {
        payment: Sym<kind::Payment>,
    },
    WrittenOff {
        invoice: Sym<kind::Invoice>,
        account: Option<Sym<kind::Account>>,
        #[serde(with = "crate::exact")]
        amount: Decimal,
    },
    Billed {
        bill: Sym<kind::Bill>,
        currency: Currency,
        charges: Charges,
    },
    BillCredited {
        bill: Sym<kind::Bill>,
        total: Money,
        charges: Option<Charges>,
    },
    Made {
        payment: Sym<kind::Payment>,
        bank: Sym<kind::BankAccount>,
        amount: Money,
        deductions: Box<[(Sym<kind::Account>, Amount)]>,
    },
    MadeAllocated {
        payment: Sym<kind::Payment>,
        bill: Sym<kind::Bill>,
        #[serde(with = "crate::exact")]
        amount: Decimal,
    },
    Transferred {
        from: Sym<kind::BankAccount>,
        to: Sym<kind::BankAccount>,
        amount: Money,
    },
    Posted(Vec<(Sym<kind::Account>, Booking, Amount)>),
    Spent {
        on: Expense,
        amount: Money,
    },
}

/// The unit of a posted leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Booking {
    Money(Currency),
    Goods(Sym<kind::Item>),
}

/// The read model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Accounts {
    /// By day, so that a back-dated fact moves few others.
    days: BTreeMap<i64, Facts<Booked>>,
    invoices: Table<kind::Invoice, Option<Currency>>,
    payments: Table<kind::Payment, Option<Currency>>,
    notes: Table<kind::CreditNote, Option<Currency>>,
    bills: Table<kind::Bill, Option<Currency>>,
    banks: Ids<kind::BankAccount>,
    items: Ids<kind::Item>,
    paths: Ids<kind::Account>,
    opened: BTreeMap<String, Facts<Option<Unit>>>,
    quarantine: Quarantine,
}

impl Fold for Accounts {
    const NAME: &'static str = "accounts";
    const EDITION: u32 = 3;

    fn apply(&mut self, record: &Record) {
        let booked = match &record.event {
            Event::Invoices(e) => self.invoices(e),
            Event::Accounting(e) => self.accounting(record, e),
            Event::Marketing(Marketing::CampaignCostRecorded(e)) => {
                Some(Booked::Spent { on: Expense::Marketing, amount: e.amount })
            }
            Event::Claims(Claims::ClaimResolved(e)) => {
                e.cost.map(|amount| Booked::Spent { on: Expense::Claims, amount })
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
            | Event::System(_) => None,
        };
        if let Some(booked) = booked {
            const DAY_MICROS: i64 = 86_400_000_000;
            let day = record.occurred_at().micros().div_euclid(DAY_MICROS);
            self.days.entry(day).or_default().insert(Dated::of(record, booked));
        }
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Accounts {
    fn invoices(&mut self, event: &Invoices) -> Option<Booked> {
        Some(match event {
            Invoices::InvoiceIssued(e) => self.invoiced(e),
            Invoices::CreditNoteIssued(e) => self.credited(e),
            Invoices::PaymentReceived(e) => {
                let payment = self.payments.intern(&e.payment);
                *self.payments.at_mut(payment) = Some(e.amount.currency);
                let deductions = self.deductions(e.deductions.as_deref());
                Booked::Received {
                    payment,
                    bank: self.banks.intern(&e.bank_account),
                    amount: e.amount,
                    deductions,
                }
            }
            Invoices::PaymentAllocated(e) => {
                let (payment, invoice) =
                    (self.payments.intern(&e.payment), self.invoices.intern(&e.invoice));
                Booked::Allocated { payment, invoice, amount: e.amount.get() }
            }
            Invoices::PaymentUnallocated(e) => {
                let (payment, invoice) =
                    (self.payments.intern(&e.payment), self.invoices.intern(&e.invoice));
                Booked::Allocated { payment, invoice, amount: -e.amount.get() }
            }
            Invoices::PaymentRefunded(e) => Booked::Refunded {
                payment: self.payments.intern(&e.payment),
                amount: e.amount.get(),
            },
            Invoices::PaymentReversed(e) => {
                Booked::Reversed { payment: self.payments.intern(&e.payment) }
            }
            Invoices::DebtWrittenOff(e) => {
                let account = e.account.as_ref().map(|AccountPath(path)| self.paths.intern(path));
                Booked::WrittenOff {
                    invoice: self.invoices.intern(&e.invoice),
                    account,
                    amount: e.amount.get(),
                }
            }
            Invoices::CreditNoteAllocated(e) => {
                let (note, invoice) =
                    (self.notes.intern(&e.credit_note), self.invoices.intern(&e.invoice));
                Booked::NoteAllocated { note, invoice, amount: e.amount.get() }
            }
            Invoices::CreditNoteUnallocated(e) => {
                let (note, invoice) =
                    (self.notes.intern(&e.credit_note), self.invoices.intern(&e.invoice));
                Booked::NoteAllocated { note, invoice, amount: -e.amount.get() }
            }
            Invoices::CreditNoteRefunded(e) => Booked::NoteRefunded {
                note: self.notes.intern(&e.credit_note),
                bank: self.banks.intern(&e.bank_account),
                amount: e.amount.get(),
            },
            Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_)
            | Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_) => return None,
            // A document is taken whole, with its parts.
            Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => return None,
        })
    }
    fn accounting(&mut self, record: &Record, event: &Accounting) -> Option<Booked> {
        Some(match event {
            Accounting::BillReceived(e) => self.billed(e),
            Accounting::BillCredited(e) => self.bill_credited(e),
            Accounting::PaymentMade(e) => {
                let payment = self.payments.intern(&e.payment);
                *self.payments.at_mut(payment) = Some(e.amount.currency);
                let deductions = self.deductions(e.deductions.as_deref());
                Booked::Made {
                    payment,
                    bank: self.banks.intern(&e.bank_account),
                    amount: e.amount,
                    deductions,
                }
            }
            Accounting::PaymentMadeAllocated(e) => {
                let (payment, bill) =
                    (self.payments.intern(&e.payment), self.bills.intern(&e.bill));
                Booked::MadeAllocated { payment, bill, amount: e.amount.get() }
            }
            Accounting::FundsTransferred(e) => Booked::Transferred {
                from: self.banks.intern(&e.from),
                to: self.banks.intern(&e.to),
                amount: e.amount,
            },
            // A document is taken whole, with its parts.
            Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => return None,
            Accounting::EntryPosted(e) => Booked::Posted(
                e.postings
                    .iter()
                    .map(|leg| {
                        let unit = match &leg.unit {
                            Unit::Currency(currency) => Booking::Money(*currency),
                            Unit::Item(item) => Booking::Goods(self.items.intern(item)),
                        };
                        (self.paths.intern(&leg.account), unit, leg.amount)
                    })
                    .collect(),
            ),
            Accounting::AccountOpened(e) => {
                self.opened
                    .entry(e.path.to_string())
                    .or_default()
                    .insert(Dated::of(record, e.unit.clone()));
                return None;
            }
            Accounting::LedgerOpened(_) | Accounting::BankAccountOpened(_) => return None,
        })
    }
    fn invoiced(&mut self, e: &InvoiceIssued) -> Booked {
        let invoice = self.invoices.intern(&e.invoice);
        *self.invoices.at_mut(invoice) = Some(e.total.currency);
        let tax = e.lines.iter().map(|l| l.tax.get()).sum();
        // The net is what the total leaves: the legs balance whatever the lines say.
        Booked::Invoiced {
            invoice,
            currency: e.total.currency,
            parts: Parts { net: e.total.amount.get() - tax, tax },
        }
    }
    fn credited(&mut self, e: &CreditNoteIssued) -> Booked {
        let tax: Decimal = e.lines.iter().map(|l| l.tax.get()).sum();
        let parts = Parts { net: e.total.amount.get() - tax, tax };
        let Some(invoice) = &e.invoice else {
            let note = self.notes.intern(&e.credit_note);
            *self.notes.at_mut(note) = Some(e.total.currency);
            return Booked::CreditedFreely { note, currency: e.total.currency, parts };
        };
        Booked::Credited {
            invoice: self.invoices.intern(invoice),
            total: e.total,
            parts: (!e.lines.is_empty()).then_some(parts),
        }
    }
    fn deductions(
        &mut self,
        deductions: Option<&[Deduction]>,
    ) -> Box<[(Sym<kind::Account>, Amount)]> {
        deductions
            .unwrap_or_default()
            .iter()
            .map(|d| (self.paths.intern(&d.account), d.amount))
            .collect()
    }
    fn billed(&mut self, e: &BillReceived) -> Booked {
        let bill = self.bills.intern(&e.bill);
        *self.bills.at_mut(bill) = Some(e.total.currency);
        Booked::Billed {
            bill,
            currency: e.total.currency,
            charges: self.charges(&e.lines, e.total),
        }
    }
    fn bill_credited(&mut self, e: &BillCredited) -> Booked {
        let charges = (!e.lines.is_empty()).then(|| self.charges(&e.lines, e.total));
        Booked::BillCredited { bill: self.bills.intern(&e.bill), total: e.total, charges }
    }
    fn charges(&mut self, lines: &[BillLine], total: Money) -> Charges {
        let mut charges =
            Charges { tax: lines.iter().map(|l| l.tax.get()).sum(), ..Charges::default() };
        for line in lines {
            let on = match (&line.receipt, &line.item, &line.account) {
                (Some(_), _, _) => Spent::Receipt,
                (None, _, Some(account)) => Spent::Account(self.paths.intern(account)),
                (None, Some(item), None) => Spent::Item(self.items.intern(item)),
                (None, None, None) => Spent::Purchases,
            };
            charges.lines.push(Charged { on, net: line.net });
        }
        charges.other = total.amount.get()
            - charges.tax
            - charges.lines.iter().map(|line| line.net.get()).sum::<Decimal>();
        charges
    }
    /// The only unit an account takes, if it was opened with one, as known.
    #[must_use]
    pub fn unit_of(&self, path: &str, lens: Lens<'_>) -> Option<&Unit> {
        self.opened.get(path)?.newest_known(lens)?.what.as_ref()
    }
}
