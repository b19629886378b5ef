//! Trade: orders, invoices, payments, bills and what settles them. Invariant: nothing here is a
//! balance; what is owed, free or shipped is computed from the facts that count, in replay order,
//! at the moment of asking.
//!
//! For other rooms: [`Trade::invoices`], [`Trade::credit_notes`], [`Trade::payments`],
//! [`Trade::orders`], [`Trade::bills`] list the documents that count; [`Trade::invoice_moves`] and
//! [`Trade::payment_moves`] say how each is settled; [`sales::of`] gives net sales by document and
//! item.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    BillLine, Event, Record, Unit,
    event::{Accounting, Catalogue, Invoices, Orders},
    id::kind,
    money::Currency,
};

use crate::{
    cut::{Dated, Facts},
    few::Few,
    fold::{Fold, Quarantine},
    table::{Ids, Sym, Table},
};

mod bank;
pub(crate) mod calendar;
mod credits;
mod documents;
pub(crate) mod grouping;
pub mod owed;
mod paid;
pub(crate) mod priced;
mod query;
pub mod sales;
mod settleable;
pub mod settlement;
mod shipping;
pub(crate) mod sold;
pub use bank::{BankKind, BankMove, Covered, Matched, Mover, TransferDoc, cover};
pub(crate) use credits::by_what_is_left;
pub use credits::{Beyond, CreditPart, Left, Taken};
pub use documents::{
    BillDoc, BillPart, CreditDoc, CreditNoteDoc, Deducted, Document, DocumentLine, Goods, Imported,
    InvoiceDoc, LimitDoc, Means, OrderDoc, Outgoing, Party, PaymentChange, Receipt, Settlement,
    deducted,
};
pub use query::Listed;
pub use settleable::Settleable;
pub use settlement::{Move, MoveKind};
pub use shipping::{OrderState, Sent, Shipped};

/// An invoice: its issue, its credit notes, and what settled it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Invoice {
    pub(crate) issued: Facts<InvoiceDoc>,
    pub(crate) credits: Facts<CreditDoc>,
    pub(crate) settled: Facts<Settlement>,
}

/// A credit note: the invoices it was said to reduce, or, free, its issue and what became of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CreditNote {
    pub(crate) of: Few<Sym<kind::Invoice>>,
    pub(crate) issued: Facts<CreditNoteDoc>,
    pub(crate) changes: Facts<PaymentChange>,
    pub(crate) lines: Few<Sym<kind::StatementLine>>,
}

/// A payment, received or made, and what became of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Payment {
    pub(crate) received: Facts<Receipt>,
    pub(crate) made: Facts<Outgoing>,
    pub(crate) changes: Facts<PaymentChange>,
    /// The reversals among the changes: every allocation asks for them.
    pub(crate) reversals: Facts<()>,
    /// The lines of bank statements that were ever matched to it.
    pub(crate) lines: Few<Sym<kind::StatementLine>>,
}

/// An order, its shipments by number, and its cancelling.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Order {
    pub(crate) placed: Facts<OrderDoc>,
    pub(crate) shipments: Few<Sym<kind::Shipment>>,
    pub(crate) cancelled: Facts<()>,
}

/// A shipment and what came back of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Shipment {
    pub(crate) dispatched: Facts<(Sym<kind::Order>, Vec<Goods>)>,
    pub(crate) returned: Facts<Vec<Goods>>,
}

/// A supplier's invoice, its credits, and the payments put against it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Bill {
    pub(crate) received: Facts<BillDoc>,
    pub(crate) credits: Facts<CreditDoc>,
    pub(crate) settled: Facts<BillPart>,
}

/// A line of a bank statement and what it was matched to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StatementLine {
    pub(crate) imported: Facts<Imported>,
    pub(crate) matched: Facts<Matched>,
}

/// An account of the double entry: the only unit it takes, and the units that were posted to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Account {
    pub(crate) opened: Facts<Option<Unit>>,
    pub(crate) posted: BTreeMap<Unit, Facts<()>>,
}

/// Every trade document and what became of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trade {
    /// The items that lines name.
    pub items: Table<kind::Item, Facts<Option<String>>>,
    /// The clients that documents name.
    pub clients: Ids<kind::Client>,
    /// The legal entities that documents name.
    pub counterparties: Ids<kind::Counterparty>,
    /// The employees documents count for.
    pub employees: Ids<kind::Employee>,
    pub(crate) orders: Table<kind::Order, Order>,
    pub(crate) shipments: Table<kind::Shipment, Shipment>,
    pub(crate) invoices: Table<kind::Invoice, Invoice>,
    pub(crate) credit_notes: Table<kind::CreditNote, CreditNote>,
    pub(crate) payments: Table<kind::Payment, Payment>,
    pub(crate) lines: Table<kind::StatementLine, StatementLine>,
    pub(crate) transfers: Table<kind::FundsTransfer, Facts<TransferDoc>>,
    pub(crate) bills: Table<kind::Bill, Bill>,
    pub(crate) banks: Table<kind::BankAccount, Facts<Currency>>,
    pub(crate) accounts: Table<kind::Account, Account>,
    pub(crate) limits: Table<kind::Limit, Facts<LimitDoc>>,
    quarantine: Quarantine,
}

impl Fold for Trade {
    const NAME: &'static str = "trade";
    const EDITION: u32 = 5;

    fn apply(&mut self, record: &Record) {
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
            | Event::System(_) => (),
        }
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Trade {
    fn take_order(&mut self, record: &Record, event: &Orders) {
        match event {
            Orders::OrderPlaced(e) => {
                let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
                let doc = OrderDoc {
                    document: self.document(
                        party,
                        e.owner.as_ref(),
                        e.currency,
                        &e.lines,
                        &e.attributes,
                    ),
                    promised_on: e.promised_on,
                };
                self.orders.entry(&e.order).placed.insert(Dated::of(record, doc));
            }
            // A document is taken whole, with its parts.
            Orders::OrderLinesAdded(_)
            | Orders::ShipmentLinesAdded(_)
            | Orders::ReturnLinesAdded(_) => (),
            Orders::OrderCancelled(e) => {
                self.orders.entry(&e.order).cancelled.insert(Dated::of(record, ()));
            }
            Orders::ShipmentDispatched(e) => {
                let (order, shipment, goods) = (
                    self.orders.intern(&e.order),
                    self.shipments.intern(&e.shipment),
                    self.goods(&e.lines),
                );
                self.shipments
                    .at_mut(shipment)
                    .dispatched
                    .insert(Dated::of(record, (order, goods)));
                let known = &mut self.orders.at_mut(order).shipments;
                // A shipment that is new cannot be there yet.
                if self.shipments.at(shipment).dispatched.len() == 1 || !known.contains(&shipment) {
                    known.push(shipment);
                }
            }
            Orders::ReturnReceived(e) => {
                let goods = self.goods(&e.lines);
                self.shipments.entry(&e.shipment).returned.insert(Dated::of(record, goods));
            }
        }
    }

    fn take_invoice(&mut self, record: &Record, event: &Invoices) {
        match event {
            Invoices::InvoiceIssued(e) => self.issue(record, e),
            Invoices::CreditNoteIssued(e) => self.take_credit(record, e),
            Invoices::CreditNoteAllocated(e) => {
                let means = Means::CreditNote(self.credit_notes.intern(&e.credit_note));
                self.allocate(record, means, &e.invoice, e.amount, true);
            }
            Invoices::CreditNoteUnallocated(e) => {
                let means = Means::CreditNote(self.credit_notes.intern(&e.credit_note));
                self.allocate(record, means, &e.invoice, e.amount, false);
            }
            Invoices::CreditNoteRefunded(e) => self.pay_out(record, e),
            Invoices::PaymentReceived(e) => self.receive(record, e),
            Invoices::PaymentAllocated(e) => {
                let means = Means::Payment(self.payments.intern(&e.payment));
                self.allocate(record, means, &e.invoice, e.amount, true);
            }
            Invoices::PaymentUnallocated(e) => {
                let means = Means::Payment(self.payments.intern(&e.payment));
                self.allocate(record, means, &e.invoice, e.amount, false);
            }
            Invoices::PaymentRefunded(e) => self
                .payments
                .entry(&e.payment)
                .changes
                .insert(Dated::of(record, PaymentChange::Refunded(e.amount))),
            Invoices::PaymentReversed(e) => self.reverse(record, e),
            Invoices::DebtWrittenOff(e) => self.write_off(record, e),
            Invoices::StatementLineImported(e) => {
                let imported =
                    Imported { bank: self.banks.intern(&e.bank_account), amount: e.amount };
                self.lines.entry(&e.statement_line).imported.insert(Dated::of(record, imported));
            }
            Invoices::StatementLineMatched(e) => self.match_line(record, e),
            Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_)
            | Invoices::InvoiceLinesAdded(_)
            | Invoices::CreditNoteLinesAdded(_) => (),
        }
    }

    fn issue(&mut self, record: &Record, e: &sijil_schemas::InvoiceIssued) {
        let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
        let document =
            self.document(party, e.owner.as_ref(), e.total.currency, &e.lines, &e.attributes);
        let order = e.order.as_ref().map(|o| self.orders.intern(o));
        let doc = InvoiceDoc {
            document,
            order,
            total: e.total.amount,
            due: documents::due(e.due_on, &e.instalments, e.total.amount),
        };
        self.invoices.entry(&e.invoice).issued.insert(Dated::of(record, doc));
    }

    fn take_credit(&mut self, record: &Record, e: &sijil_schemas::CreditNoteIssued) {
        let Some(invoice) = &e.invoice else {
            let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
            let document =
                self.document(party, e.owner.as_ref(), e.total.currency, &e.lines, &e.attributes);
            let doc = CreditNoteDoc {
                document,
                order: e.order.as_ref().map(|order| self.orders.intern(order)),
                total: e.total.amount,
            };
            self.credit_notes.entry(&e.credit_note).issued.insert(Dated::of(record, doc));
            return;
        };
        let invoice = self.invoices.intern(invoice);
        let doc = CreditDoc {
            id: e.credit_note.entity(),
            lines: self.document_lines(&e.lines),
            total: e.total.amount,
        };
        self.invoices.at_mut(invoice).credits.insert(Dated::of(record, doc));
        let known = &mut self.credit_notes.entry(&e.credit_note).of;
        if !known.contains(&invoice) {
            known.push(invoice);
        }
    }

    fn take_accounting(&mut self, record: &Record, event: &Accounting) {
        match event {
            Accounting::AccountOpened(e) => {
                self.accounts.entry(&e.path).opened.insert(Dated::of(record, e.unit.clone()));
            }
            Accounting::BankAccountOpened(e) => {
                self.banks.entry(&e.bank_account).insert(Dated::of(record, e.currency));
            }
            Accounting::BillReceived(e) => {
                let party = self.party(None, Some(&e.supplier));
                let lines: Vec<_> = e.lines.iter().map(BillLine::plain).collect();
                let document = self.document(party, None, e.total.currency, &lines, &e.attributes);
                let doc = BillDoc {
                    document,
                    total: e.total.amount,
                    due: documents::due(e.due_on, &e.instalments, e.total.amount),
                };
                self.bills.entry(&e.bill).received.insert(Dated::of(record, doc));
            }
            Accounting::BillCredited(e) => {
                let lines: Vec<_> = e.lines.iter().map(BillLine::plain).collect();
                let doc = CreditDoc {
                    id: e.bill_credit.entity(),
                    lines: self.document_lines(&lines),
                    total: e.total.amount,
                };
                self.bills.entry(&e.bill).credits.insert(Dated::of(record, doc));
            }
            Accounting::PaymentMade(e) => self.pay(record, e),
            Accounting::PaymentMadeAllocated(e) => self.put_against(record, e),
            Accounting::EntryPosted(e) => {
                for posting in &e.postings {
                    self.accounts
                        .entry(&posting.account)
                        .posted
                        .entry(posting.unit.clone())
                        .or_default()
                        .insert(Dated::of(record, ()));
                }
            }
            Accounting::FundsTransferred(e) => {
                let doc = TransferDoc {
                    from: self.banks.intern(&e.from),
                    to: self.banks.intern(&e.to),
                    amount: e.amount,
                };
                self.transfers.entry(&e.funds_transfer).insert(Dated::of(record, doc));
            }
            // A document is taken whole, with its parts.
            Accounting::LedgerOpened(_)
            | Accounting::BillLinesAdded(_)
            | Accounting::BillCreditLinesAdded(_) => (),
        }
    }

    fn take_catalogue(&mut self, record: &Record, event: &Catalogue) {
        match event {
            Catalogue::ItemRegistered(e) => {
                let group = e
                    .attributes
                    .iter()
                    .find(|(key, _)| key.as_str() == "group")
                    .map(|(_, value)| value.as_str().to_owned());
                self.items.entry(&e.item).insert(Dated::of(record, group));
            }
            Catalogue::ProductLimitSet(e) => {
                let doc = LimitDoc {
                    scope: e.scope.clone(),
                    of: e.of.clone(),
                    period: e.period,
                    most: e.most.clone(),
                    mode: e.mode,
                };
                self.limits.entry(&e.limit).insert(Dated::of(record, doc));
            }
            Catalogue::PriceSet(_)
            | Catalogue::ReplenishmentPolicySet(_)
            | Catalogue::StockPolicySet(_)
            | Catalogue::ExchangeRateSet(_) => (),
            Catalogue::CurrencyDefined(_) => (),
        }
    }
}
