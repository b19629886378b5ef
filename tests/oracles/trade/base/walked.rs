//! Receivables walked record by record in the base currency. Invariant: each document is rounded
//! once, and what settles it takes its share of what is left.

use super::super::naive::{Asked, known, rate};
use super::{SOLD, divided, millionths};
use crate::world::World;
use rust_decimal::Decimal;
use sijil_schemas::{
    Event, Record,
    event::{Accounting, Invoices},
    money::Money,
};
use std::collections::BTreeMap;

/// Own millionths and base cents.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Left {
    pub(super) own: i128,
    pub(super) cents: i128,
}

impl Left {
    pub(super) fn share(self, part: i128) -> i128 {
        if part == self.own { self.cents } else { divided(self.cents * part, self.own) }
    }
    pub(super) fn take(&mut self, part: i128) -> i128 {
        let cents = self.share(part);
        self.own -= part;
        self.cents -= cents;
        cents
    }
    /// What comes back where nothing is open then is worth what leaves nothing.
    pub(super) fn give(&mut self, part: i128, cents: i128) -> i128 {
        self.own += part;
        let cents = if self.own == 0 { -self.cents } else { cents };
        self.cents += cents;
        cents
    }
}

pub(super) struct Document {
    pub(super) left: Left,
    /// What credits left of an invoice.
    pub(super) uncredited: Left,
    pub(super) held: BTreeMap<String, Left>,
    pub(super) rate: Decimal,
    pub(super) bank: String,
    /// What was kept back of a payment, by account, in cents.
    pub(super) kept_back: Vec<(String, i128)>,
}

/// A whole in cents shared by weights: floored, and what is left over to the largest rests, the
/// first of equal ones.
fn shared(whole: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    // Millionths that are whole cents and come to the whole already are their own shares.
    if sum == whole * 10_000 && weights.iter().all(|w| w % 10_000 == 0) {
        return weights.iter().map(|w| w / 10_000).collect();
    }
    if sum == 0 {
        return weights.iter().enumerate().map(|(n, _)| if n == 0 { whole } else { 0 }).collect();
    }
    let sign = if whole < 0 { -1 } else { 1 };
    let tops: Vec<i128> = weights.iter().map(|w| whole.abs() * w * sum.signum()).collect();
    let mut parts: Vec<i128> = tops.iter().map(|top| top.div_euclid(sum.abs())).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|n| (std::cmp::Reverse(tops[*n].rem_euclid(sum.abs())), *n));
    let left = whole.abs() - parts.iter().sum::<i128>();
    for n in order.into_iter().take(usize::try_from(left).expect("not negative")) {
        parts[n] += 1;
    }
    parts.into_iter().map(|part| part * sign).collect()
}

impl Document {
    fn of(world: &World, record: &Record, money: Money, bank: &str) -> Document {
        Document::worth(
            world,
            record,
            (millionths(money.amount.get()), money.currency.as_str()),
            bank,
        )
    }
    pub(super) fn worth(
        world: &World,
        record: &Record,
        (own, currency): (i128, &str),
        bank: &str,
    ) -> Document {
        let rate = rate(world, record, currency);
        // A rate has twelve places, a millionth six, and a cent two.
        let mut twelve = rate;
        twelve.rescale(12);
        let cents = divided(own * twelve.mantissa(), 10_i128.pow(16));
        let left = Left { own, cents };
        Document {
            left,
            uncredited: left,
            held: BTreeMap::new(),
            rate,
            bank: bank.to_owned(),
            kept_back: Vec::new(),
        }
    }
    pub(super) fn hold(&mut self, by: &str, own: i128) -> i128 {
        let cents = self.left.take(own);
        let held = self.held.entry(by.to_owned()).or_default();
        (held.own, held.cents) = (held.own + own, held.cents + cents);
        cents
    }
    pub(super) fn release(&mut self, by: &str, own: i128) -> i128 {
        let cents = self.held.get_mut(by).expect("it was held").take(own);
        self.left.give(own, cents)
    }
}

/// Money that moved, in cents: received, refunded, reversed.
pub(super) type Flows = BTreeMap<String, [i128; 3]>;

#[derive(Default)]
pub(super) struct Walked {
    pub(super) invoices: BTreeMap<String, Document>,
    pub(super) payments: BTreeMap<String, Document>,
    /// Credit notes without an invoice.
    pub(super) notes: BTreeMap<String, Document>,
    pub(super) bills: BTreeMap<String, Document>,
    /// What set-offs took, by invoice and by bill.
    set_offs: BTreeMap<String, [Vec<(String, i128)>; 2]>,
    /// Expenses: where it goes, from where, cents, and what it says.
    expenses: BTreeMap<String, (String, String, i128, Money)>,
    /// What is on the bank account of another currency, in millionths of it.
    dollars: i128,
    pub(super) balances: BTreeMap<String, i128>,
    pub(super) flows: Flows,
    /// How often cents were left at one rate, and how often rates differed.
    pub(super) rounding: usize,
    pub(super) exchange: usize,
}

impl Walked {
    pub(super) fn of(world: &World, asked: &Asked) -> Walked {
        let mut walked = Walked::default();
        for record in
            known(world, asked).into_iter().filter(|r| r.occurred_at() < asked.before(world))
        {
            if matches!(record.event, Event::Invoices(_) | Event::Accounting(_)) {
                let before: i128 = walked.balances.values().sum();
                match &record.event {
                    Event::Invoices(event) => walked.take(world, record, event),
                    Event::Accounting(event) => walked.book(world, record, event),
                    _ => (),
                }
                assert_eq!(
                    walked.balances.values().sum::<i128>(),
                    before,
                    "position {} balances",
                    record.position
                );
            }
        }
        walked
    }
    fn post(&mut self, account: &str, cents: i128) {
        *self.balances.entry(account.to_owned()).or_default() += cents;
    }
    fn flow(&mut self, payment: &str, kind: usize, cents: i128) {
        self.flows.entry(payment.to_owned()).or_default()[kind] += cents;
    }
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    pub(super) fn take(&mut self, world: &World, record: &Record, event: &Invoices) {
        match event {
            Invoices::InvoiceIssued(e) => {
                let invoice = Document::of(world, record, e.total, "");
                self.post("assets/receivable", invoice.left.cents);
                self.post(SOLD, -invoice.left.cents);
                self.invoices.insert(e.invoice.to_string(), invoice);
            }
            Invoices::InvoiceBroughtForward(e) => {
                let invoice = Document::of(world, record, e.total, "");
                self.post("assets/receivable", invoice.left.cents);
                self.post("equity/opening", -invoice.left.cents);
                self.invoices.insert(e.invoice.to_string(), invoice);
            }
            Invoices::PaymentBroughtForward(e) => {
                let payment = Document::of(world, record, e.amount, "");
                self.money(e.payment.as_str(), "", 0, payment.left.cents);
                self.payments.insert(e.payment.to_string(), payment);
            }
            Invoices::SetOffRecorded(e) => {
                let of = |id: &str, amount: Decimal| (id.to_owned(), millionths(amount));
                let parts = [
                    e.invoices.iter().map(|p| of(p.invoice.as_str(), p.amount.get())).collect(),
                    e.bills.iter().map(|p| of(p.bill.as_str(), p.amount.get())).collect(),
                ];
                self.set_off(e.set_off.as_str(), &parts, 1);
                self.set_offs.insert(e.set_off.to_string(), parts);
            }
            Invoices::SetOffReversed(e) => {
                let parts = self.set_offs.remove(e.set_off.as_str()).expect("recorded");
                self.set_off(e.set_off.as_str(), &parts, -1);
            }
            Invoices::CreditNoteIssued(e) => {
                let Some(invoice) = &e.invoice else {
                    let note = Document::of(world, record, e.total, "");
                    self.post("liabilities/advances", -note.left.cents);
                    self.post(SOLD, note.left.cents);
                    self.notes.insert(e.credit_note.to_string(), note);
                    return;
                };
                let (invoice, own) = (
                    self.invoices.get_mut(invoice.as_str()).expect("issued"),
                    millionths(e.total.amount.get()),
                );
                let open = own.min(invoice.left.own).max(0);
                let mut cents = if open > 0 { invoice.left.take(open) } else { 0 };
                invoice.uncredited = Left {
                    own: invoice.uncredited.own - open,
                    cents: invoice.uncredited.cents - cents,
                };
                if own > open {
                    let more = invoice.uncredited.take(own - open);
                    invoice.left = Left {
                        own: invoice.left.own - own + open,
                        cents: invoice.left.cents - more,
                    };
                    cents += more;
                }
                self.post("assets/receivable", -cents);
                self.post(SOLD, cents);
            }
            Invoices::DebtWrittenOff(e) => {
                let cents = self
                    .invoices
                    .get_mut(e.invoice.as_str())
                    .expect("issued")
                    .left
                    .take(millionths(e.amount.get()));
                self.post("expenses/bad_debt", cents);
                self.post("assets/receivable", -cents);
            }
            Invoices::PaymentReceived(e) => {
                let cash = millionths(e.amount.amount.get());
                let backs: Vec<i128> =
                    e.deductions.iter().flatten().map(|d| millionths(d.amount.get())).collect();
                let back: i128 = backs.iter().sum();
                let mut payment = Document::worth(
                    world,
                    record,
                    (cash + back, e.amount.currency.as_str()),
                    e.bank_account.as_str(),
                );
                let kept =
                    if backs.is_empty() { 0 } else { shared(payment.left.cents, &[cash, back])[1] };
                payment.kept_back = e
                    .deductions
                    .iter()
                    .flatten()
                    .map(|d| d.account.to_string())
                    .zip(shared(kept, &backs))
                    .collect();
                self.money(e.payment.as_str(), &payment.bank, 0, payment.left.cents - kept);
                for (account, cents) in &payment.kept_back {
                    self.post(account, *cents);
                    self.post("liabilities/advances", -cents);
                }
                self.payments.insert(e.payment.to_string(), payment);
            }
            Invoices::PaymentAllocated(e) => {
                self.allocate(e.payment.as_str(), e.invoice.as_str(), millionths(e.amount.get()));
            }
            Invoices::PaymentUnallocated(e) => {
                self.allocate(e.payment.as_str(), e.invoice.as_str(), -millionths(e.amount.get()));
            }
            Invoices::CreditNoteAllocated(e) => self.allocate(
                e.credit_note.as_str(),
                e.invoice.as_str(),
                millionths(e.amount.get()),
            ),
            Invoices::CreditNoteUnallocated(e) => self.allocate(
                e.credit_note.as_str(),
                e.invoice.as_str(),
                -millionths(e.amount.get()),
            ),
            Invoices::CreditNoteRefunded(e) => {
                let cents = self
                    .notes
                    .get_mut(e.credit_note.as_str())
                    .expect("issued")
                    .left
                    .take(millionths(e.amount.get()));
                self.money(e.credit_note.as_str(), e.bank_account.as_str(), 1, -cents);
            }
            Invoices::PaymentRefunded(e) => {
                let bank = e.bank_account.as_ref().map(sijil_schemas::id::Id::as_str);
                self.back(e.payment.as_str(), bank, 1, Some(millionths(e.amount.get())));
            }
            Invoices::PaymentReversed(e) => {
                let held = self.payments[e.payment.as_str()].held.clone();
                for (invoice, held) in held.into_iter().filter(|(_, held)| held.own != 0) {
                    self.allocate(e.payment.as_str(), &invoice, -held.own);
                }
                self.back(e.payment.as_str(), None, 2, None);
            }
            Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_)
            | Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_) => (),
            Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => {
                panic!("the generator makes none")
            }
        }
    }
    fn money(&mut self, payment: &str, bank: &str, kind: usize, cents: i128) {
        // What was brought forward moves no money.
        if !bank.is_empty() {
            self.flow(payment, kind, cents.abs());
        }
        self.post(&on(bank), cents);
        self.post("liabilities/advances", -cents);
    }
    fn back(&mut self, payment: &str, said: Option<&str>, kind: usize, part: Option<i128>) {
        let document = self.payments.get_mut(payment).expect("received");
        let (bank, cents) = (
            said.map_or_else(|| document.bank.clone(), str::to_owned),
            document.left.take(part.unwrap_or(document.left.own)),
        );
        let back =
            if part.is_none() { std::mem::take(&mut document.kept_back) } else { Vec::new() };
        let kept: i128 = back.iter().map(|(_, cents)| cents).sum();
        if !bank.is_empty() {
            self.flow(payment, kind, cents - kept);
        }
        self.post(&on(&bank), kept - cents);
        self.post("liabilities/advances", cents);
        for (account, cents) in back {
            self.post(&account, -cents);
        }
    }
    fn allocate(&mut self, payment: &str, invoice: &str, own: i128) {
        let paid = self
            .payments
            .get_mut(payment)
            .or_else(|| self.notes.get_mut(payment))
            .expect("received, or issued");
        let owed = self.invoices.get_mut(invoice).expect("issued");
        let (advances, receivable) = if own > 0 {
            (paid.hold(invoice, own), owed.hold(payment, own))
        } else {
            (-paid.release(invoice, -own), -owed.release(payment, -own))
        };
        let (difference, at_one_rate) = (receivable - advances, paid.rate == owed.rate);
        self.rounding += usize::from(at_one_rate && difference != 0);
        self.exchange += usize::from(!at_one_rate && difference != 0);
        self.post("liabilities/advances", advances);
        self.post("assets/receivable", -receivable);
        self.post(if at_one_rate { "income/rounding" } else { "income/fx" }, difference);
    }
    /// Of invoices and bills each its share of what is left, or what was taken comes back.
    fn set_off(&mut self, id: &str, parts: &[Vec<(String, i128)>; 2], sign: i128) {
        let (mut over, mut rates) = (0, Vec::new());
        for (n, side) in parts.iter().enumerate() {
            for (document, own) in side {
                let of = match n {
                    0 => self.invoices.get_mut(document),
                    _ => self.bills.get_mut(document),
                };
                let of = of.expect("issued, or billed");
                let cents = if sign > 0 { of.hold(id, *own) } else { -of.release(id, *own) };
                rates.push(of.rate);
                let (account, way) =
                    if n == 0 { ("assets/receivable", -1) } else { ("liabilities/payable", 1) };
                over += way * cents;
                self.post(account, way * cents);
            }
        }
        let one_rate = rates.iter().all(|rate| *rate == rates[0]);
        self.post(if one_rate { "income/rounding" } else { "income/fx" }, -over);
    }
    /// What moves on the bank account of another currency.
    fn dollars(&mut self, account: &str, money: Money, sign: i128) {
        if account == on_bank("Y") {
            self.dollars += sign * millionths(money.amount.get());
        }
    }
    /// What bills, expenses, exchanges and revaluations say.
    fn book(&mut self, world: &World, record: &Record, event: &Accounting) {
        let cents = |money: Money| Document::of(world, record, money, "").left.cents;
        match event {
            Accounting::BillReceived(e) => {
                let bill = Document::of(world, record, e.total, "");
                self.post("expenses/purchases", bill.left.cents);
                self.post("liabilities/payable", -bill.left.cents);
                self.bills.insert(e.bill.to_string(), bill);
            }
            Accounting::BillBroughtForward(e) => {
                let bill = Document::of(world, record, e.total, "");
                self.post("equity/opening", bill.left.cents);
                self.post("liabilities/payable", -bill.left.cents);
                self.bills.insert(e.bill.to_string(), bill);
            }
            Accounting::BillWrittenOff(e) => {
                let bill = self.bills.get_mut(e.bill.as_str()).expect("billed");
                let cents = bill.left.take(millionths(e.amount.get()));
                self.post("liabilities/payable", cents);
                self.post("income/other", -cents);
            }
            Accounting::ExpenseRecorded(e) => {
                let bank = e.bank_account.as_ref().map(ToString::to_string);
                let on = e.account.as_ref().map_or_else(
                    || format!("expenses/{}", e.purpose),
                    |account| account.0.to_string(),
                );
                let from = bank.map_or("liabilities/accrued".into(), |bank| on_bank(&bank));
                self.dollars(&from, e.amount, -1);
                let sum = cents(e.amount);
                self.post(&on, sum);
                self.post(&from, -sum);
                self.expenses.insert(e.expense.to_string(), (on, from, sum, e.amount));
            }
            Accounting::ExpenseReversed(e) => {
                let said = self.expenses.remove(e.expense.as_str()).expect("recorded");
                let (on, from, sum, amount) = said;
                self.post(&on, -sum);
                self.post(&from, sum);
                self.dollars(&from, amount, 1);
            }
            Accounting::FundsExchanged(e) => {
                self.dollars(&on_bank(e.from.as_str()), e.sold, -1);
                self.dollars(&on_bank(e.to.as_str()), e.bought, 1);
                let (sold, bought) = (cents(e.sold), cents(e.bought));
                self.post(&on_bank(e.from.as_str()), -sold);
                self.post(&on_bank(e.to.as_str()), bought);
                self.post("income/fx", sold - bought);
                if let Some(fee) = e.fee {
                    let pays = if fee.currency == e.bought.currency { &e.to } else { &e.from };
                    self.dollars(&on_bank(pays.as_str()), fee, -1);
                    let fee = cents(fee);
                    self.post(&on_bank(pays.as_str()), -fee);
                    self.post("expenses/bank_fees", fee);
                }
            }
            Accounting::AccountRevalued(_) => {
                let worth = Document::worth(world, record, (self.dollars, "USD"), "").left.cents;
                let held = self.balances.get(&on_bank("Y")).copied().unwrap_or_default();
                self.post(&on_bank("Y"), worth - held);
                self.post("income/fx", held - worth);
            }
            _ => (),
        }
    }
}

fn on_bank(bank: &str) -> String {
    format!("assets/bank/{bank}")
}

/// The account of money on a bank account, or of what was there before these books.
fn on(bank: &str) -> String {
    if bank.is_empty() { "equity/opening".into() } else { on_bank(bank) }
}
