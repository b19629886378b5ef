//! Invoices, payments and closed periods. Invariant: what is owed is derived from these, never
//! stored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{
        AreaId, BankAccountId, ClientId, CounterpartyId, CreditNoteId, EmployeeId, EntityRef,
        InvoiceId, OrderId, PaymentId, SetOffId, StatementLineId,
    },
    line::{AccountPath, BillOff, Deduction, Instalment, InvoiceOff, Line, PurposeLine},
    money::{Amount, Money},
    parts::PartNumber,
    text::{Personal, Text, plain_fields},
    time::Date,
};

/// What part of the books a period closes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClosingArea {
    /// Orders, invoices, credit notes.
    Sales,
    /// Goods.
    Stock,
    /// Payments, bills and entries.
    Money,
    /// Everything.
    All,
}

impl ClosingArea {
    /// The area's wire name, which is also its id as an entity.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ClosingArea::Sales => "sales",
            ClosingArea::Stock => "stock",
            ClosingArea::Money => "money",
            ClosingArea::All => "all",
        }
    }
}

impl crate::event::Home for ClosingArea {
    const KIND: Option<crate::id::Kind> = Some(crate::id::Kind::Area);
    fn home(&self) -> crate::id::EntityRef {
        match AreaId::new(self.name()) {
            Ok(id) => id.entity(),
            Err(e) => unreachable!("the four areas are ids: {e}"),
        }
    }
}

/// Which way the money of a payment went.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PaymentWay {
    /// It came in.
    Received,
    /// It went out.
    Made,
}

plain_fields!(ClosingArea, PaymentWay);

event! {
    /// An invoice was issued.
    701 "invoice.issued" v 2 Opens InvoiceIssued {
        /// The invoice.
        invoice: InvoiceId,
        /// To which legal entity.
        counterparty: Option<CounterpartyId>,
        /// To which client.
        client: Option<ClientId>,
        /// For which employee it counts.
        owner: Option<EmployeeId>,
        /// The order it charges.
        order: Option<OrderId>,
        /// What it charges.
        lines: Vec<Line>,
        /// With tax; equals the lines' net and tax together.
        total: Money,
        /// When it is due; or `instalments`.
        due_on: Option<Date>,
        /// When its parts are due; or `due_on`.
        #[serde(default)]
        instalments: Vec<Instalment>,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `invoice.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// An invoice was reduced, or a credit was given without one.
    702 "credit_note.issued" v 3 Opens CreditNoteIssued {
        /// The credit note.
        credit_note: CreditNoteId,
        /// The invoice; absent, the credit note is free: it is allocated as payments are, or paid
        /// back.
        invoice: Option<InvoiceId>,
        /// To which legal entity, of a free credit note.
        counterparty: Option<CounterpartyId>,
        /// To which client, of a free credit note.
        client: Option<ClientId>,
        /// For which employee it counts, of a free credit note.
        owner: Option<EmployeeId>,
        /// The order it is about, of a free credit note.
        order: Option<OrderId>,
        /// What is taken back; without lines, net and tax split by what is left of the invoice. A
        /// free credit note needs them.
        #[serde(default)]
        lines: Vec<Line>,
        /// With tax; equals the lines, if there are any.
        total: Money,
        /// Why.
        reason: Text,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `credit_note.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// Money came in.
    703 "payment.received" v 2 Opens PaymentReceived {
        /// The payment.
        payment: PaymentId,
        /// From which legal entity.
        counterparty: Option<CounterpartyId>,
        /// From which client.
        client: Option<ClientId>,
        /// How much.
        amount: Money,
        /// Where it came in.
        bank_account: BankAccountId,
        /// What it is for; the parts sum to the payment.
        #[serde(default)]
        purpose_lines: Vec<PurposeLine>,
        /// The line of the bank statement.
        statement_line: Option<StatementLineId>,
        /// What was kept back on the way; it settles like the money that came in.
        deductions: Option<Vec<Deduction>>,
    }
}
event! {
    /// Part of a payment was put against an invoice.
    704 "payment.allocated" v 2 Continues PaymentAllocated {
        /// The payment.
        payment: PaymentId,
        /// The invoice.
        invoice: InvoiceId,
        /// How much, in the currency of both.
        amount: Amount,
        /// The client or legal entity whose invoice it is, where the payment is another's.
        for_party: Option<EntityRef>,
    }
}
event! {
    /// An allocation was taken back.
    705 "payment.unallocated" v 1 Continues PaymentUnallocated {
        /// The payment.
        payment: PaymentId,
        /// The invoice.
        invoice: InvoiceId,
        /// How much.
        amount: Amount,
    }
}
event! {
    /// Money was paid back.
    706 "payment.refunded" v 2 Continues PaymentRefunded {
        /// The payment.
        payment: PaymentId,
        /// How much, from what is not allocated.
        amount: Amount,
        /// From where it went out; absent, from where the payment came in.
        bank_account: Option<BankAccountId>,
    }
}
event! {
    /// A payment turned out not to be one; its allocations end.
    707 "payment.reversed" v 1 Continues PaymentReversed {
        /// The payment.
        payment: PaymentId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// Part of an invoice was given up.
    708 "invoice.written_off" v 2 Continues DebtWrittenOff {
        /// The invoice.
        invoice: InvoiceId,
        /// How much.
        amount: Amount,
        /// Why.
        reason: Text,
        /// Where it goes, under `expenses/` or `income/`; absent, `expenses/bad_debt`.
        account: Option<AccountPath>,
    }
}
event! {
    /// A line of a bank statement was read in.
    709 "statement_line.imported" v 1 Opens StatementLineImported {
        /// The line.
        statement_line: StatementLineId,
        /// Whose statement.
        bank_account: BankAccountId,
        /// How much; negative if it went out.
        amount: Money,
        /// What the bank says about it.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// A line of a bank statement was matched to what moved the money.
    710 "statement_line.matched" v 2 Continues StatementLineMatched {
        /// The line.
        statement_line: StatementLineId,
        /// What moved the money: a payment, or a transfer between own accounts. A line against a
        /// payment's direction tells of its refund or reversal.
        to: EntityRef,
        /// How much of the line, above 0; absent, what other matches left of it.
        amount: Option<Amount>,
    }
}
event! {
    /// The books of an area were closed up to a day: nothing dated on it or before is taken any
    /// more.
    711 "period.closed" v 1 Revises PeriodClosed {
        /// The area.
        area: ClosingArea,
        /// The last closed day.
        until: Date,
    }
}
event! {
    /// The latest closing of an area was undone.
    712 "period.reopened" v 1 Continues PeriodReopened {
        /// The area.
        area: ClosingArea,
        /// Why.
        reason: Text,
    }
}
event! {
    /// Part of a free credit note was put against an invoice.
    713 "credit_note.allocated" v 1 Continues CreditNoteAllocated {
        /// The credit note.
        credit_note: CreditNoteId,
        /// The invoice.
        invoice: InvoiceId,
        /// How much, in the currency of both.
        amount: Amount,
        /// The client or legal entity whose invoice it is, where the credit note is another's.
        for_party: Option<EntityRef>,
    }
}
event! {
    /// An allocation of a credit note was taken back.
    714 "credit_note.unallocated" v 1 Continues CreditNoteUnallocated {
        /// The credit note.
        credit_note: CreditNoteId,
        /// The invoice.
        invoice: InvoiceId,
        /// How much.
        amount: Amount,
    }
}
event! {
    /// Part of a free credit note was paid out.
    715 "credit_note.refunded" v 1 Continues CreditNoteRefunded {
        /// The credit note.
        credit_note: CreditNoteId,
        /// How much, from what is not allocated.
        amount: Amount,
        /// From where it went out.
        bank_account: BankAccountId,
    }
}
event! {
    /// A later part of an invoice too long for one record; it follows the part before it at once,
    /// in the same request.
    716 "invoice.lines_added" v 1 Continues InvoiceLinesAdded {
        /// The invoice.
        invoice: InvoiceId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<Line>,
    }
}
event! {
    /// A later part of a credit note too long for one record; it follows the part before it at
    /// once, in the same request.
    717 "credit_note.lines_added" v 1 Continues CreditNoteLinesAdded {
        /// The credit note.
        credit_note: CreditNoteId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<Line>,
    }
}
event! {
    /// An invoice from before these books is owed still. It is no sale of theirs: only what is open
    /// of it counts.
    718 "invoice.brought_forward" v 1 Opens InvoiceBroughtForward {
        /// The invoice.
        invoice: InvoiceId,
        /// To which legal entity.
        counterparty: Option<CounterpartyId>,
        /// To which client.
        client: Option<ClientId>,
        /// For which employee it counts.
        owner: Option<EmployeeId>,
        /// What is open of it, with tax.
        total: Money,
        /// The day it was issued; absent, that of this event.
        issued_on: Option<Date>,
        /// When it is due; or `instalments`.
        due_on: Option<Date>,
        /// When its parts are due; or `due_on`.
        #[serde(default)]
        instalments: Vec<Instalment>,
    }
}
event! {
    /// An advance from before these books is free still. It moves no money in them.
    719 "payment.brought_forward" v 1 Opens PaymentBroughtForward {
        /// The payment.
        payment: PaymentId,
        /// Whether it was received or made.
        direction: PaymentWay,
        /// From or to which legal entity.
        counterparty: Option<CounterpartyId>,
        /// From or to which client.
        client: Option<ClientId>,
        /// What is free of it.
        amount: Money,
    }
}
event! {
    /// Invoices and bills of one party were put against each other.
    720 "set_off.recorded" v 1 Opens SetOffRecorded {
        /// The set-off.
        set_off: SetOffId,
        /// What it settles of invoices.
        invoices: Vec<InvoiceOff>,
        /// What it settles of bills; as much together.
        bills: Vec<BillOff>,
        /// The client or legal entity whose documents some of them are, where they are not all of
        /// one.
        for_party: Option<EntityRef>,
        /// What it says, in words.
        text: Option<Text>,
    }
}
event! {
    /// A set-off was taken back; what it settled is open again.
    721 "set_off.reversed" v 1 Continues SetOffReversed {
        /// The set-off.
        set_off: SetOffId,
        /// Why.
        reason: Text,
    }
}
