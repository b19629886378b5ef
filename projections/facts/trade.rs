//! Trade: orders, invoices, payments, bills and what settles them. Invariant: nothing here is a
//! balance; what is owed, free or shipped is computed from the facts that count, in replay order,
//! at the moment of asking.
//!
//! For other rooms: [`Trade::invoices`], [`Trade::credit_notes`], [`Trade::payments`],
//! [`Trade::orders`], [`Trade::bills`] list the documents that count; [`Trade::invoice_moves`] and
//! [`Trade::payment_moves`] say how each is settled.

use sijil_schemas::{
    BillLine, Event, Record,
    event::{Accounting, Catalogue, Invoices, Orders},
    id::kind,
    money::Currency,
};

use crate::{
    cells::Run,
    column::Column,
    config::Config,
    cut::Dated,
    family,
    ids::{EntitySym, Sym},
    rows::Rows,
    words::{Word, Words},
};

mod accounts;
mod bank;
mod brought;
mod credits;
mod documents;
mod limits;
mod paid;
mod query;
mod quotes;
mod settleable;
mod settlement;
mod shipping;
mod spent;
mod sums;
mod written;

pub use accounts::UnitSym;
pub use bank::{BankKind, BankMove, Covered, Mover, cover};
pub use credits::{Beyond, Credit, CreditPart, Left, Taken, by_what_is_left};
pub use documents::{
    Attribute, Begun, BillDoc, CreditDoc, CreditNoteDoc, Deducted, Dispatched, Document,
    DocumentLine, Due, ExchangeDoc, ExpenseDoc, Goods, Imported, InvoiceDoc, Matched, Means, Off,
    OrderDoc, Outgoing, Party, PaymentChange, Purpose, Receipt, Settlement, TransferDoc,
};
pub use limits::{LimitDoc, Limits};
pub use query::Listed;
pub use quotes::{Decision, QuoteDoc, QuoteState};
pub use settleable::{Credits, Settleable};
pub use settlement::{Move, MoveKind};
pub use shipping::{OrderState, Sent, Shipped};
pub use sums::OpenSums;

use accounts::Posted;

family! {
    /// Every trade document and what became of it.
    pub struct Trade {
        words: Words,
        lines: Rows<DocumentLine>,
        attributes: Rows<Attribute>,
        dues: Rows<Due>,
        goods: Rows<Goods>,
        purposes: Rows<Purpose>,
        deductions: Rows<Deducted>,
        /// The group of each item.
        groups: Column<kind::Item, Option<Sym<Word>>>,
        limits: Config<Limits>,
        quotes: Column<kind::Quote, QuoteDoc>,
        decided: Column<kind::Quote, Decision>,
        placed: Column<kind::Order, OrderDoc>,
        cancelled: Column<kind::Order, ()>,
        closed: Column<kind::Order, ()>,
        dispatched: Column<kind::Shipment, Dispatched>,
        /// What was dispatched for each order: rows of `dispatched`.
        sent: Column<kind::Order, u32>,
        returned: Column<kind::Shipment, Run<Goods>>,
        issued: Column<kind::Invoice, InvoiceDoc>,
        credits: Column<kind::Invoice, CreditDoc>,
        settled: Column<kind::Invoice, Settlement>,
        /// The invoices that each credit note was said to reduce.
        credited: Column<kind::CreditNote, Sym<kind::Invoice>>,
        notes: Column<kind::CreditNote, CreditNoteDoc>,
        note_changes: Column<kind::CreditNote, PaymentChange>,
        received: Column<kind::Payment, Receipt>,
        made: Column<kind::Payment, Outgoing>,
        changes: Column<kind::Payment, PaymentChange>,
        /// The reversals among the changes: every allocation asks for them.
        reversals: Column<kind::Payment, ()>,
        imported: Column<kind::StatementLine, Imported>,
        matched: Column<kind::StatementLine, Matched>,
        /// The lines that were matched to each payment.
        told_of_payments: Column<kind::Payment, Sym<kind::StatementLine>>,
        /// The lines that were matched to each credit note.
        told_of_notes: Column<kind::CreditNote, Sym<kind::StatementLine>>,
        /// The lines that were matched to each expense.
        told_of_expenses: Column<kind::Expense, Sym<kind::StatementLine>>,
        transfers: Column<kind::FundsTransfer, TransferDoc>,
        billed: Column<kind::Bill, BillDoc>,
        bill_credits: Column<kind::Bill, CreditDoc>,
        bills_settled: Column<kind::Bill, Settlement>,
        offs: Rows<Off>,
        set_offs: Column<kind::SetOff, Run<Off>>,
        set_offs_reversed: Column<kind::SetOff, ()>,
        expenses: Column<kind::Expense, ExpenseDoc>,
        expenses_reversed: Column<kind::Expense, ()>,
        exchanges: Column<kind::FundsExchange, ExchangeDoc>,
        banks: Column<kind::BankAccount, Currency>,
        opened: Column<kind::Account, Option<UnitSym>>,
        /// The units that were posted to each account, each once.
        units: Column<kind::Account, UnitSym>,
        /// Every posting of such a unit, by the row of that.
        posted: Column<Posted, ()>,
    }
}

impl Trade {
    /// Takes the next record, which is a whole document or none.
    pub fn take(&self, record: &Record) {
        match &record.event {
            Event::Orders(e) => self.take_order(record, e),
            Event::Invoices(e) => self.take_invoice(record, e),
            Event::Accounting(e) => self.take_accounting(record, e),
            Event::Catalogue(e) => self.take_catalogue(record, e),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Stock(_) => (),
            Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }

    fn take_order(&self, record: &Record, event: &Orders) {
        let position = record.position;
        match event {
            Orders::OrderPlaced(e) => {
                let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
                let whose = (party, e.owner.as_ref());
                let document = self.document(position, whose, e.currency, &e.lines, &e.attributes);
                let doc = OrderDoc { document, promised_on: e.promised_on };
                self.placed.push(self.ids.sym(&e.order), Dated::of(record, doc));
            }
            // A document is taken whole, with its parts.
            Orders::OrderLinesAdded(_)
            | Orders::ShipmentLinesAdded(_)
            | Orders::ReturnLinesAdded(_)
            | Orders::QuoteLinesAdded(_) => (),
            Orders::QuoteIssued(e) => self.take_quote(record, e),
            Orders::QuoteAccepted(e) => self.accept(record, e),
            Orders::QuoteDeclined(e) => self.decline(record, e),
            Orders::OrderCancelled(e) => {
                self.cancelled.push(self.ids.sym(&e.order), Dated::of(record, ()));
            }
            Orders::OrderClosed(e) => {
                self.closed.push(self.ids.sym(&e.order), Dated::of(record, ()));
            }
            Orders::ShipmentDispatched(e) => {
                let order = self.ids.sym(&e.order);
                let (goods, warranty_months) = (self.goods(position, &e.lines), e.warranty_months);
                let what = Dispatched { order, goods, warranty_months };
                let row = self.dispatched.push(self.ids.sym(&e.shipment), Dated::of(record, what));
                self.sent.push(order, Dated::of(record, row));
            }
            Orders::ReturnReceived(e) => {
                let goods = self.goods(position, &e.lines);
                self.returned.push(self.ids.sym(&e.shipment), Dated::of(record, goods));
            }
        }
    }

    fn take_invoice(&self, record: &Record, event: &Invoices) {
        match event {
            Invoices::InvoiceIssued(e) => {
                let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
                let whose = (party, e.owner.as_ref());
                let currency = e.total.currency;
                let document =
                    self.document(record.position, whose, currency, &e.lines, &e.attributes);
                let total = e.total.amount;
                let doc = InvoiceDoc {
                    document,
                    order: e.order.as_ref().map(|o| self.ids.sym(o)),
                    total,
                    due: self.due(record.position, e.due_on, &e.instalments, total),
                    begun: Begun::Here,
                };
                self.issued.push(self.ids.sym(&e.invoice), Dated::of(record, doc));
            }
            Invoices::CreditNoteIssued(e) => self.take_credit(record, e),
            Invoices::CreditNoteAllocated(e) => {
                let means = Means::CreditNote(self.ids.sym(&e.credit_note));
                self.allocate(record, means, &e.invoice, e.amount, true);
            }
            Invoices::CreditNoteUnallocated(e) => {
                let means = Means::CreditNote(self.ids.sym(&e.credit_note));
                self.allocate(record, means, &e.invoice, e.amount, false);
            }
            Invoices::CreditNoteRefunded(e) => self.pay_out(record, e),
            Invoices::PaymentReceived(e) => self.receive(record, e),
            Invoices::PaymentAllocated(e) => {
                let means = Means::Payment(self.ids.sym(&e.payment));
                self.allocate(record, means, &e.invoice, e.amount, true);
            }
            Invoices::PaymentUnallocated(e) => {
                let means = Means::Payment(self.ids.sym(&e.payment));
                self.allocate(record, means, &e.invoice, e.amount, false);
            }
            Invoices::PaymentRefunded(e) => {
                self.pay_back(record, &e.payment, e.amount, e.bank_account.as_ref());
            }
            Invoices::PaymentReversed(e) => self.reverse(record, e),
            Invoices::DebtWrittenOff(e) => self.write_off(record, e),
            Invoices::StatementLineImported(e) => {
                let imported = Imported { bank: self.ids.sym(&e.bank_account), amount: e.amount };
                self.imported.push(self.ids.sym(&e.statement_line), Dated::of(record, imported));
            }
            Invoices::StatementLineMatched(e) => self.match_line(record, e),
            Invoices::InvoiceBroughtForward(e) => self.bring_invoice(record, e),
            Invoices::PaymentBroughtForward(e) => self.bring_payment(record, e),
            Invoices::SetOffRecorded(e) => self.set_off(record, e),
            Invoices::SetOffReversed(e) => {
                self.set_offs_reversed.push(self.ids.sym(&e.set_off), Dated::of(record, ()));
            }
            Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_)
            | Invoices::InvoiceLinesAdded(_)
            | Invoices::CreditNoteLinesAdded(_) => (),
        }
    }

    fn take_credit(&self, record: &Record, e: &sijil_schemas::CreditNoteIssued) {
        let (position, note) = (record.position, self.ids.sym(&e.credit_note));
        let Some(invoice) = &e.invoice else {
            let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
            let whose = (party, e.owner.as_ref());
            let currency = e.total.currency;
            let document = self.document(position, whose, currency, &e.lines, &e.attributes);
            let order = e.order.as_ref().map(|order| self.ids.sym(order));
            let doc = CreditNoteDoc { document, order, total: e.total.amount };
            self.notes.push(note, Dated::of(record, doc));
            return;
        };
        let invoice = self.ids.sym(invoice);
        let lines = self.document_lines(position, &e.lines);
        let doc = CreditDoc { id: note.into(), lines, total: e.total.amount };
        self.credits.push(invoice, Dated::of(record, doc));
        self.credited.push(note, Dated::of(record, invoice));
    }

    fn take_accounting(&self, record: &Record, event: &Accounting) {
        let position = record.position;
        match event {
            Accounting::AccountOpened(e) => {
                let unit = e.unit.as_ref().map(|unit| self.unit(unit));
                self.opened.push(self.ids.sym(&e.path), Dated::of(record, unit));
            }
            Accounting::BankAccountOpened(e) => {
                self.banks.push(self.ids.sym(&e.bank_account), Dated::of(record, e.currency));
            }
            Accounting::BillReceived(e) => {
                let party = self.party(None, Some(&e.supplier));
                let lines: Vec<_> = e.lines.iter().map(BillLine::plain).collect();
                let total = e.total;
                let document =
                    self.document(position, (party, None), total.currency, &lines, &e.attributes);
                let due = self.due(position, e.due_on, &e.instalments, total.amount);
                let doc = BillDoc { document, total: total.amount, due, begun: Begun::Here };
                self.billed.push(self.ids.sym(&e.bill), Dated::of(record, doc));
            }
            Accounting::BillCredited(e) => {
                let lines: Vec<_> = e.lines.iter().map(BillLine::plain).collect();
                let id: EntitySym = self.ids.sym(&e.bill_credit).into();
                let lines = self.document_lines(position, &lines);
                let doc = CreditDoc { id, lines, total: e.total.amount };
                self.bill_credits.push(self.ids.sym(&e.bill), Dated::of(record, doc));
            }
            Accounting::PaymentMade(e) => self.pay(record, e),
            Accounting::PaymentMadeAllocated(e) => {
                self.put_against(record, (&e.payment, &e.bill), e.amount, true);
            }
            Accounting::PaymentMadeUnallocated(e) => {
                self.put_against(record, (&e.payment, &e.bill), e.amount, false);
            }
            Accounting::PaymentMadeRefunded(e) => {
                self.pay_back(record, &e.payment, e.amount, e.bank_account.as_ref());
            }
            Accounting::BillBroughtForward(e) => self.bring_bill(record, e),
            Accounting::BillWrittenOff(e) => self.write_off_bill(record, e),
            Accounting::ExpenseRecorded(e) => self.spend(record, e),
            Accounting::ExpenseReversed(e) => {
                self.expenses_reversed.push(self.ids.sym(&e.expense), Dated::of(record, ()));
            }
            Accounting::FundsExchanged(e) => self.exchange(record, e),
            Accounting::EntryPosted(e) => {
                for posting in &e.postings {
                    self.post(record, self.ids.sym(&posting.account), self.unit(&posting.unit));
                }
            }
            Accounting::FundsTransferred(e) => {
                let (from, to) = (self.ids.sym(&e.from), self.ids.sym(&e.to));
                let doc = TransferDoc { from, to, amount: e.amount };
                self.transfers.push(self.ids.sym(&e.funds_transfer), Dated::of(record, doc));
            }
            // A document is taken whole, with its parts.
            Accounting::LedgerOpened(_)
            | Accounting::BillLinesAdded(_)
            | Accounting::BillCreditLinesAdded(_) => (),
            // What it is worth, the books say.
            Accounting::AccountRevalued(_) => (),
        }
    }

    fn take_catalogue(&self, record: &Record, event: &Catalogue) {
        match event {
            Catalogue::ItemRegistered(e) => {
                let group = e.attributes.iter().find(|(key, _)| key.as_str() == "group");
                let group = group.map(|(_, value)| self.word(value.as_str(), record.position));
                self.groups.push(self.ids.sym(&e.item), Dated::of(record, group));
            }
            Catalogue::ProductLimitSet(e) => self.limits.change(|limits| limits.set(record, e)),
            Catalogue::PriceSet(_)
            | Catalogue::ReplenishmentPolicySet(_)
            | Catalogue::StockPolicySet(_)
            | Catalogue::ExchangeRateSet(_) => (),
            Catalogue::CurrencyDefined(_) => (),
        }
    }
}
