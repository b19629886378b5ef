//! What trade documents say, with ids as numbers. Invariant: each is what one event said, never
//! changed afterwards.

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::{Amount, Currency, Money, Quantity},
    time::Date,
};

use super::Mover;
use crate::{
    cells,
    cells::{Cells, Cursor, Row, Run, Source},
    ids::{EntitySym, Sym},
    words::Word,
};

cells! {
    /// Whom a document names. Whose client it is in the end only the resolver of clients says.
    pub struct Party {
        /// The client it names.
        pub client: Option<Sym<kind::Client>>,
        /// The legal entity it names.
        pub counterparty: Option<Sym<kind::Counterparty>>,
    }
}

cells! {
    /// A line of a document.
    pub struct DocumentLine {
        /// Its key within the document.
        pub key: Sym<Word>,
        /// The item, if the line is of one.
        pub item: Option<Sym<kind::Item>>,
        /// How many units.
        pub qty: Quantity,
        /// The price of one unit.
        pub price: Amount,
        /// The amount without tax, in the document's currency.
        pub net: Amount,
        /// The tax on it, in the document's currency.
        pub tax: Amount,
    }
}

cells! {
    /// One of the company's own fields.
    pub struct Attribute {
        /// Its key.
        pub key: Sym<Word>,
        /// What it says.
        pub value: Sym<Word>,
    }
}

cells! {
    /// A part of a document and when it is due.
    pub struct Due {
        /// The day.
        pub on: Date,
        /// How much, in the document's currency.
        pub amount: Amount,
    }
}

cells! {
    /// What orders, invoices and bills have in common.
    pub struct Document {
        /// Whom it concerns.
        pub party: Party,
        /// For whom it counts.
        pub owner: Option<Sym<kind::Employee>>,
        /// The currency of its amounts.
        pub currency: Currency,
        /// Its lines.
        pub lines: Run<DocumentLine>,
        /// The company's own fields on it.
        pub attributes: Run<Attribute>,
    }
}

cells! {
    /// An order.
    pub struct OrderDoc {
        /// The members all documents share: party, owner, currency and lines.
        pub document: Document,
        /// The day it was promised for.
        pub promised_on: Option<Date>,
    }
}

cells! {
    /// Which books an invoice or bill began in.
    pub enum Begun {
        /// These.
        Here,
        /// Others: only what was open of it was brought forward.
        Before {
            /// The day it was issued; absent, that of its record.
            issued_on: Option<Date>,
        },
    }
}

impl Begun {
    /// Whether it was brought forward.
    #[must_use]
    pub const fn is_before(self) -> bool {
        matches!(self, Begun::Before { .. })
    }
    /// The day of issue, of a document whose record is of this day.
    #[must_use]
    pub fn issued_on(self, recorded: Date) -> Date {
        match self {
            Begun::Here => recorded,
            Begun::Before { issued_on } => issued_on.unwrap_or(recorded),
        }
    }
}

cells! {
    /// An invoice.
    pub struct InvoiceDoc {
        /// The members all documents share: party, owner, currency and lines.
        pub document: Document,
        /// The order it charges.
        pub order: Option<Sym<kind::Order>>,
        /// The amount with tax, in the document's currency.
        pub total: Amount,
        /// When its parts are due, the earliest first; the parts sum to the total.
        pub due: Run<Due>,
        /// Whether it was issued in these books.
        pub begun: Begun,
    }
}

impl InvoiceDoc {
    /// Whether it is a purchase: above zero, brought forward or not. A sample is none.
    #[must_use]
    pub fn is_purchase(&self) -> bool {
        self.total.get() > Decimal::ZERO
    }
}

cells! {
    /// A supplier's invoice.
    pub struct BillDoc {
        /// Party (the supplier), currency, lines.
        pub document: Document,
        /// The amount with tax, in the document's currency.
        pub total: Amount,
        /// When its parts are due, the earliest first.
        pub due: Run<Due>,
        /// Whether it came in these books.
        pub begun: Begun,
    }
}

cells! {
    /// A reduction of an invoice or bill, in its currency.
    pub struct CreditDoc {
        /// The credit note or bill credit.
        pub id: EntitySym,
        /// What is taken back; empty if only a total is.
        pub lines: Run<DocumentLine>,
        /// The amount with tax, in the document's currency.
        pub total: Amount,
    }
}

cells! {
    /// A credit note without an invoice.
    pub struct CreditNoteDoc {
        /// The members all documents share: party, owner, currency and lines.
        pub document: Document,
        /// The order it is about.
        pub order: Option<Sym<kind::Order>>,
        /// The amount with tax, in the document's currency.
        pub total: Amount,
    }
}

cells! {
    /// A part of a payment that was kept back on the way.
    pub struct Deducted {
        /// Where it went.
        pub account: Sym<kind::Account>,
        /// How much.
        pub amount: Amount,
    }
}

cells! {
    /// What a part of a payment is for.
    pub struct Purpose {
        /// What for.
        pub purpose: Sym<Word>,
        /// How much.
        pub amount: Amount,
    }
}

cells! {
    /// A payment that came in.
    pub struct Receipt {
        /// From whom.
        pub party: Party,
        /// How much.
        pub amount: Amount,
        /// Of which currency.
        pub currency: Currency,
        /// Where it came in; `None` of an advance that was brought forward.
        pub bank: Option<Sym<kind::BankAccount>>,
        /// What it is for; empty if nobody said.
        pub purposes: Run<Purpose>,
        /// What was kept back; it settles like the money that came in.
        pub deductions: Run<Deducted>,
    }
}

impl Receipt {
    /// Amount and currency together.
    #[must_use]
    pub const fn money(&self) -> Money {
        Money { amount: self.amount, currency: self.currency }
    }
}

cells! {
    /// A payment that went out.
    pub struct Outgoing {
        /// To whom.
        pub party: Party,
        /// How much.
        pub amount: Amount,
        /// Of which currency.
        pub currency: Currency,
        /// From where it went out; `None` of an advance that was brought forward.
        pub bank: Option<Sym<kind::BankAccount>>,
        /// What it is for.
        pub purposes: Run<Purpose>,
        /// What was kept back; it settles like the money that went out.
        pub deductions: Run<Deducted>,
    }
}

/// What can be put against a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Money that a payment brought.
    Payment(Sym<kind::Payment>),
    /// A free credit note.
    CreditNote(Sym<kind::CreditNote>),
    /// The documents on the other side of a set-off.
    SetOff(Sym<kind::SetOff>),
}

impl From<Means> for EntitySym {
    fn from(means: Means) -> EntitySym {
        match means {
            Means::Payment(payment) => payment.into(),
            Means::CreditNote(note) => note.into(),
            Means::SetOff(set_off) => set_off.into(),
        }
    }
}
impl Cells for Means {
    const CELLS: usize = EntitySym::CELLS;
    fn put(self, to: &mut Row) {
        EntitySym::from(self).put(to);
    }
    fn get<S: Source + ?Sized>(from: &mut Cursor<'_, S>) -> Self {
        let of = EntitySym::get(from);
        let note = of.typed().map(Means::CreditNote);
        let set_off = || of.typed().map(Means::SetOff);
        let means = of.typed().map(Means::Payment).or(note).or_else(set_off);
        means.expect("a payment, a credit note or a set-off was put")
    }
}

cells! {
    /// What became of a payment, or of a free credit note.
    pub enum PaymentChange {
        /// Part of it was put against an invoice.
        Allocated {
            /// Which.
            invoice: Sym<kind::Invoice>,
            /// How much.
            amount: Amount,
        },
        /// Part of it was taken from an invoice.
        Unallocated {
            /// Which.
            invoice: Sym<kind::Invoice>,
            /// How much.
            amount: Amount,
        },
        /// Part of it was paid back; of a payment made, came back.
        Refunded {
            /// How much.
            amount: Amount,
            /// From or to which account; `None` for that of the payment.
            bank: Option<Sym<kind::BankAccount>>,
        },
        /// It turned out not to be a payment.
        Reversed,
        /// Part of a payment made was put against a bill.
        PutAgainst {
            /// Which.
            bill: Sym<kind::Bill>,
            /// How much.
            amount: Amount,
        },
        /// Part of a payment made was taken from a bill.
        TakenFrom {
            /// Which.
            bill: Sym<kind::Bill>,
            /// How much.
            amount: Amount,
        },
        /// Part of a free credit note was paid out.
        PaidOut {
            /// How much.
            amount: Amount,
            /// From which account.
            bank: Sym<kind::BankAccount>,
        },
    }
}

cells! {
    /// What settled an invoice or bill, besides its credits.
    pub enum Settlement {
        /// Part of a payment, free credit note or set-off was put against it.
        Allocated {
            /// Of which.
            means: Means,
            /// How much.
            amount: Amount,
        },
        /// Part of a payment or free credit note was taken from it.
        Unallocated {
            /// Of which.
            means: Means,
            /// How much.
            amount: Amount,
        },
        /// Part of it was given up.
        WrittenOff {
            /// How much.
            amount: Amount,
        },
    }
}

cells! {
    /// The part of a document that a set-off settles.
    pub struct Off {
        /// The invoice or bill.
        pub document: EntitySym,
        /// How much, in its currency.
        pub amount: Amount,
    }
}

cells! {
    /// Money that was spent without a bill.
    pub struct ExpenseDoc {
        /// How much.
        pub amount: Money,
        /// What for.
        pub purpose: Sym<Word>,
        /// Where it goes; `None` for `expenses/` and the purpose.
        pub account: Option<Sym<kind::Account>>,
        /// From where it went out; `None` while it is owed.
        pub bank: Option<Sym<kind::BankAccount>>,
    }
}

cells! {
    /// Money that was changed into another currency.
    pub struct ExchangeDoc {
        /// From where.
        pub from: Sym<kind::BankAccount>,
        /// To where.
        pub to: Sym<kind::BankAccount>,
        /// What went out.
        pub sold: Money,
        /// What came in.
        pub bought: Money,
        /// What the bank took for it.
        pub fee: Option<Money>,
    }
}

impl ExchangeDoc {
    /// The account that pays the fee: the one of its currency.
    #[must_use]
    pub fn pays_fee(&self, fee: Money) -> Sym<kind::BankAccount> {
        if fee.currency == self.bought.currency { self.to } else { self.from }
    }
}

cells! {
    /// A line of a bank statement.
    pub struct Imported {
        /// Whose statement.
        pub bank: Sym<kind::BankAccount>,
        /// How much; negative if it went out.
        pub amount: Money,
    }
}

cells! {
    /// A line of a bank statement matched to what moved the money.
    pub struct Matched {
        /// What moved it.
        pub to: Mover,
        /// How much of the line; absent, what other matches left of it.
        pub amount: Option<Amount>,
    }
}

cells! {
    /// A transfer between own accounts.
    pub struct TransferDoc {
        /// From where.
        pub from: Sym<kind::BankAccount>,
        /// To where.
        pub to: Sym<kind::BankAccount>,
        /// How much.
        pub amount: Money,
    }
}

cells! {
    /// So many of an item, sent or sent back.
    pub struct Goods {
        /// The order's line, if it is named.
        pub line: Option<Sym<Word>>,
        /// What.
        pub item: Sym<kind::Item>,
        /// How many units.
        pub qty: Quantity,
    }
}

cells! {
    /// Goods that were sent for an order.
    pub struct Dispatched {
        /// Which order.
        pub order: Sym<kind::Order>,
        /// What was sent.
        pub goods: Run<Goods>,
        /// For how many months it is under warranty.
        pub warranty_months: Option<u16>,
    }
}
