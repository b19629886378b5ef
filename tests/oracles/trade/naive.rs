//! The walk: every record that counts, once, in replay order, with plain maps. Invariant: it knows
//! nothing of folds, lenses or moves.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use rust_decimal::Decimal;
use sijil_schemas::{
    CreditNoteIssued, Event, InvoiceIssued, PaymentReceived, PaymentWay, Position, Record,
    event::{Accounting, Catalogue, Invoices, Orders},
    time::{Date, Timestamp},
};

use crate::world::World;

mod otherwise;
mod whose;

use otherwise::{as_issued, as_received};
pub use whose::Whose;

/// The clocks of a question.
#[derive(Clone)]
pub struct Asked {
    pub known_at: Position,
    pub as_of: Option<String>,
}

impl Asked {
    pub fn now(world: &World) -> Asked {
        Asked { known_at: world.views.position(), as_of: None }
    }
    pub fn before(&self, world: &World) -> Timestamp {
        self.as_of.as_ref().map_or(Timestamp::END, |day| end_of(world, day))
    }
}

/// The moment a day is over.
pub fn end_of(world: &World, day: &str) -> Timestamp {
    day.parse::<Date>().expect("a day").plus_days(1).start(&world.views.company.zone())
}

/// The records that were known and stood.
pub fn known<'a>(world: &'a World, asked: &Asked) -> Vec<&'a Record> {
    let voided: BTreeSet<Position> = world
        .records
        .iter()
        .filter(|r| r.position <= asked.known_at)
        .filter_map(|r| r.voids)
        .collect();
    let mut known: Vec<&Record> = world
        .records
        .iter()
        .filter(|r| r.position <= asked.known_at && !voided.contains(&r.position))
        .collect();
    known.sort_by_key(|r| (r.occurred_at(), r.position));
    known
}

/// An invoice on the way.
#[derive(Clone)]
pub struct Bill<'a> {
    pub record: &'a Record,
    pub issued: Cow<'a, InvoiceIssued>,
    /// Of one brought forward, the day it was issued, if that is said.
    pub brought: Option<Option<Date>>,
    pub open: Decimal,
    pub creditable: Decimal,
    pub credits: Vec<(&'a Record, &'a CreditNoteIssued)>,
}

/// A credit note without an invoice on the way.
#[derive(Clone)]
pub struct Note<'a> {
    pub record: &'a Record,
    pub issued: &'a CreditNoteIssued,
    pub free: Decimal,
    pub on: BTreeMap<String, Decimal>,
    /// What was paid out of it: when, from where, how much.
    pub paid: Vec<(Timestamp, String, Decimal)>,
}

/// A payment on the way.
#[derive(Clone)]
pub struct Money<'a> {
    pub record: &'a Record,
    pub received: Cow<'a, PaymentReceived>,
    /// Whether it was brought forward.
    pub brought: bool,
    pub free: Decimal,
    pub there: Decimal,
    /// What was kept back of it.
    pub kept_back: Decimal,
    pub reversed: bool,
    pub on: BTreeMap<String, Decimal>,
}

/// Money that moved: when, in or out, and how.
#[derive(Clone)]
pub struct Flow {
    pub at: Timestamp,
    pub payment: String,
    pub kind: &'static str,
    pub amount: Decimal,
}

/// Documents, each with a part of it.
type Parts = Vec<(String, Decimal)>;

/// What the walk found.
#[derive(Default, Clone)]
pub struct Walked<'a> {
    pub invoices: BTreeMap<String, Bill<'a>>,
    pub payments: BTreeMap<String, Money<'a>>,
    pub notes: BTreeMap<String, Note<'a>>,
    pub flows: Vec<Flow>,
    /// What is open of bills, with their currencies.
    pub bills: BTreeMap<String, (Decimal, String)>,
    /// What set-offs took of invoices and bills, until they were reversed.
    set_offs: BTreeMap<String, (Parts, Parts)>,
    /// What set-offs took of invoices, below zero where it was given back.
    pub set_off: Vec<(Timestamp, String, Decimal)>,
    /// What went back of advances that were brought forward.
    pub taken_back: Vec<(Timestamp, String, Decimal)>,
    pub write_offs: Vec<(Timestamp, String, Decimal)>,
    pub faults: Vec<String>,
    orders: BTreeMap<String, Sent>,
    shipments: BTreeMap<String, (String, BTreeMap<String, Decimal>)>,
    /// How many shipments, returns and cancellings there were.
    pub sent: usize,
}

/// An order on the way: what is still to be sent of each item.
#[derive(Clone, Default)]
struct Sent {
    left: BTreeMap<String, Decimal>,
    /// Whether it was cancelled or closed: nothing is sent of it any more.
    cancelled: bool,
}

/// Walks over every record up to the cut.
pub fn walk<'a>(world: &'a World, asked: &Asked) -> Walked<'a> {
    walk_until(world, asked, asked.before(world))
}

/// The same, cut earlier.
pub fn walk_until<'a>(world: &'a World, asked: &Asked, before: Timestamp) -> Walked<'a> {
    let mut walked = Walked::default();
    for record in known(world, asked).into_iter().filter(|r| r.occurred_at() < before) {
        match &record.event {
            Event::Invoices(event) => walked.take(record, event),
            Event::Accounting(event) => walked.purchase(record, event),
            Event::Orders(event) => walked.send(record, event),
            _ => (),
        }
    }
    walked
}

impl<'a> Walked<'a> {
    fn fault(&mut self, legal: bool, record: &Record) {
        if !legal {
            self.faults.push(format!(
                "position {} ({}) is not legal at {}",
                record.position,
                record.event.event_type().name,
                record.occurred_at()
            ));
        }
    }
    fn flow(&mut self, record: &Record, payment: &str, kind: &'static str, amount: Decimal) {
        self.flows.push(Flow {
            at: record.occurred_at(),
            payment: payment.to_owned(),
            kind,
            amount,
        });
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    fn take(&mut self, record: &'a Record, event: &'a Invoices) {
        match event {
            Invoices::InvoiceIssued(e) => {
                let open = e.total.amount.get();
                self.invoices.insert(
                    e.invoice.to_string(),
                    Bill {
                        record,
                        issued: Cow::Borrowed(e),
                        brought: None,
                        open,
                        creditable: open,
                        credits: Vec::new(),
                    },
                );
            }
            Invoices::InvoiceBroughtForward(e) => {
                let open = e.total.amount.get();
                let bill = Bill {
                    record,
                    issued: Cow::Owned(as_issued(e)),
                    brought: Some(e.issued_on),
                    open,
                    creditable: Decimal::ZERO,
                    credits: Vec::new(),
                };
                self.invoices.insert(e.invoice.to_string(), bill);
            }
            Invoices::PaymentBroughtForward(e) if e.direction == PaymentWay::Made => (),
            Invoices::PaymentBroughtForward(e) => {
                let amount = e.amount.amount.get();
                let money = Money {
                    record,
                    received: Cow::Owned(as_received(e)),
                    brought: true,
                    free: amount,
                    there: amount,
                    kept_back: Decimal::ZERO,
                    reversed: false,
                    on: BTreeMap::new(),
                };
                self.payments.insert(e.payment.to_string(), money);
            }
            Invoices::SetOffRecorded(e) => self.set_off(record, e),
            Invoices::SetOffReversed(e) => {
                let Some((invoices, bills)) = self.set_offs.remove(e.set_off.as_str()) else {
                    return self.fault(false, record);
                };
                for (invoice, amount) in invoices {
                    if let Some(bill) = self.invoices.get_mut(&invoice) {
                        bill.open += amount;
                    }
                    self.set_off.push((record.occurred_at(), invoice, -amount));
                }
                for (bill, amount) in bills {
                    self.bills.entry(bill).or_default().0 += amount;
                }
            }
            Invoices::CreditNoteIssued(e) => {
                let amount = e.total.amount.get();
                let Some(invoice) = &e.invoice else {
                    let note = Note {
                        record,
                        issued: e,
                        free: amount,
                        on: BTreeMap::new(),
                        paid: Vec::new(),
                    };
                    self.notes.insert(e.credit_note.to_string(), note);
                    return self.fault(amount >= Decimal::ZERO && !e.lines.is_empty(), record);
                };
                let legal = self.invoices.get_mut(invoice.as_str()).is_some_and(|i| {
                    i.open -= amount;
                    i.creditable -= amount;
                    i.credits.push((record, e));
                    i.creditable >= Decimal::ZERO && amount >= Decimal::ZERO
                });
                self.fault(legal, record);
            }
            Invoices::CreditNoteAllocated(e) => self.allocate_note(
                record,
                e.credit_note.as_str(),
                e.invoice.as_str(),
                e.amount.get(),
            ),
            Invoices::CreditNoteUnallocated(e) => self.allocate_note(
                record,
                e.credit_note.as_str(),
                e.invoice.as_str(),
                -e.amount.get(),
            ),
            Invoices::CreditNoteRefunded(e) => {
                let legal = self.notes.get_mut(e.credit_note.as_str()).is_some_and(|n| {
                    n.free -= e.amount.get();
                    n.paid.push((record.occurred_at(), e.bank_account.to_string(), e.amount.get()));
                    n.free >= Decimal::ZERO
                });
                self.fault(legal, record);
            }
            Invoices::DebtWrittenOff(e) => {
                let amount = e.amount.get();
                let legal = self.invoices.get_mut(e.invoice.as_str()).is_some_and(|i| {
                    i.open -= amount;
                    i.creditable -= amount;
                    i.open >= Decimal::ZERO
                });
                self.write_offs.push((record.occurred_at(), e.invoice.to_string(), amount));
                self.fault(legal, record);
            }
            Invoices::PaymentReceived(e) => {
                let amount = e.amount.amount.get();
                let kept_back: Decimal =
                    e.deductions.iter().flatten().map(|d| d.amount.get()).sum();
                let money = Money {
                    record,
                    received: Cow::Borrowed(e),
                    brought: false,
                    free: amount + kept_back,
                    there: amount,
                    kept_back,
                    reversed: false,
                    on: BTreeMap::new(),
                };
                self.payments.insert(e.payment.to_string(), money);
                self.flow(record, e.payment.as_str(), "received", amount);
                self.flow(record, e.payment.as_str(), "deducted", kept_back);
            }
            Invoices::PaymentAllocated(e) => {
                self.allocate(record, e.payment.as_str(), e.invoice.as_str(), e.amount.get());
            }
            Invoices::PaymentUnallocated(e) => {
                self.allocate(record, e.payment.as_str(), e.invoice.as_str(), -e.amount.get());
            }
            Invoices::PaymentRefunded(e) => {
                let amount = e.amount.get();
                let legal = self.payments.get_mut(e.payment.as_str()).is_some_and(|p| {
                    p.free -= amount;
                    p.there -= amount;
                    p.free >= Decimal::ZERO && !p.reversed
                });
                self.flow(record, e.payment.as_str(), "refunded", amount);
                self.fault(legal, record);
            }
            Invoices::PaymentReversed(e) => self.reverse(record, e.payment.as_str()),
            Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_)
            | Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_) => (),
            Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => {
                panic!("the generator makes none")
            }
        }
    }

    fn send(&mut self, record: &Record, event: &Orders) {
        let legal = match event {
            Orders::OrderPlaced(e) => {
                let order = self.orders.entry(e.order.to_string()).or_default();
                for line in &e.lines {
                    if let Some(item) = &line.item {
                        *order.left.entry(item.to_string()).or_default() += line.qty.get();
                    }
                }
                return;
            }
            Orders::OrderLinesAdded(_)
            | Orders::ShipmentLinesAdded(_)
            | Orders::ReturnLinesAdded(_)
            | Orders::QuoteIssued(_)
            | Orders::QuoteAccepted(_)
            | Orders::QuoteDeclined(_)
            | Orders::QuoteLinesAdded(_) => panic!("the generator makes none"),
            Orders::OrderClosed(e) => self.orders.get_mut(e.order.as_str()).is_some_and(|order| {
                let legal = !order.cancelled;
                order.cancelled = true;
                legal
            }),
            Orders::OrderCancelled(e) => {
                self.orders.get_mut(e.order.as_str()).is_some_and(|order| {
                    let shipped =
                        !order.left.is_empty() && order.left.values().all(Decimal::is_zero);
                    let legal = !order.cancelled && !shipped;
                    order.cancelled = true;
                    legal
                })
            }
            Orders::ShipmentDispatched(e) => {
                let shipment = self
                    .shipments
                    .entry(e.shipment.to_string())
                    .or_insert_with(|| (e.order.to_string(), BTreeMap::new()));
                self.orders.get_mut(e.order.as_str()).is_some_and(|order| {
                    e.lines.iter().all(|line| {
                        *shipment.1.entry(line.item.to_string()).or_default() += line.qty.get();
                        let left = order.left.entry(line.item.to_string()).or_default();
                        *left -= line.qty.get();
                        *left >= Decimal::ZERO
                    }) && !order.cancelled
                })
            }
            Orders::ReturnReceived(e) => {
                self.shipments.get_mut(e.shipment.as_str()).is_some_and(|(order, out)| {
                    e.lines.iter().all(|line| {
                        let there = out.entry(line.item.to_string()).or_default();
                        *there -= line.qty.get();
                        if let Some(order) = self.orders.get_mut(order.as_str()) {
                            *order.left.entry(line.item.to_string()).or_default() += line.qty.get();
                        }
                        *there >= Decimal::ZERO
                    })
                })
            }
        };
        self.sent += 1;
        self.fault(legal, record);
    }

    fn allocate(&mut self, record: &Record, payment: &str, invoice: &str, amount: Decimal) {
        let (Some(p), Some(i)) = (self.payments.get_mut(payment), self.invoices.get_mut(invoice))
        else {
            return self.fault(false, record);
        };
        let enough =
            amount <= p.free && (amount < Decimal::ZERO || amount <= i.open) && !p.reversed;
        p.free -= amount;
        i.open -= amount;
        let on = p.on.entry(invoice.to_owned()).or_default();
        *on += amount;
        let legal =
            enough && *on >= Decimal::ZERO && i.issued.total.currency == p.received.amount.currency;
        self.fault(legal, record);
    }

    fn allocate_note(&mut self, record: &Record, note: &str, invoice: &str, amount: Decimal) {
        let (Some(n), Some(i)) = (self.notes.get_mut(note), self.invoices.get_mut(invoice)) else {
            return self.fault(false, record);
        };
        let enough = amount <= n.free && (amount < Decimal::ZERO || amount <= i.open);
        n.free -= amount;
        i.open -= amount;
        let on = n.on.entry(invoice.to_owned()).or_default();
        *on += amount;
        let legal =
            enough && *on >= Decimal::ZERO && i.issued.total.currency == n.issued.total.currency;
        self.fault(legal, record);
    }

    fn reverse(&mut self, record: &Record, payment: &str) {
        let Some(p) = self.payments.get_mut(payment) else { return self.fault(false, record) };
        let (legal, there, kept_back) = (!p.reversed, p.there, p.kept_back);
        for (invoice, amount) in std::mem::take(&mut p.on) {
            if let Some(i) = self.invoices.get_mut(&invoice) {
                i.open += amount;
            }
        }
        (p.free, p.there, p.reversed) = (Decimal::ZERO, Decimal::ZERO, true);
        if p.brought {
            self.taken_back.push((record.occurred_at(), payment.to_owned(), there));
        } else {
            self.flow(record, payment, "reversed", there);
            self.flow(record, payment, "deducted", -kept_back);
        }
        self.fault(legal, record);
    }
}

/// Base units per unit at a document's date, as known at its position.
pub fn rate(world: &World, record: &Record, currency: &str) -> Decimal {
    if currency == base(world) {
        return Decimal::ONE;
    }
    let asked = Asked { known_at: record.position, as_of: None };
    let mut rate = None;
    for one in known(world, &asked).into_iter().filter(|r| r.occurred_at() <= record.occurred_at())
    {
        if let Event::Catalogue(Catalogue::ExchangeRateSet(e)) = &one.event {
            rate = Some(e.rate.get());
        }
    }
    rate.expect("a rate was set in 2024")
}

/// The base currency, as the ledger was opened with it.
pub fn base(world: &World) -> String {
    let opened = world.records.iter().find_map(|r| match &r.event {
        Event::Accounting(Accounting::LedgerOpened(e)) => Some(e.base_currency.to_string()),
        _ => None,
    });
    opened.expect("a ledger is opened first")
}

/// An amount of its own currency as shown: exact, with two decimals at least.
pub fn shown(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    amount.rescale(amount.scale().max(2));
    amount.to_string()
}
