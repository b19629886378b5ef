//! Base amounts, naively: documents in whole cents, walked in replay order. Invariant: shares no
//! code with the one place that makes them; every report in base must add up to what is found here,
//! in every grouping, and to the trial balance.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Event, Record, event::Invoices};

use super::{
    Rows, ask,
    history::{History, Random},
    naive::{Asked, known, rate},
    owed::question,
    rows,
};
use crate::world::World;

/// Millionths of a unit, so that every own amount is a whole number.
fn millionths(amount: Decimal) -> i128 {
    let mut amount = amount;
    amount.rescale(6);
    amount.mantissa()
}

/// `top ÷ bottom`, half away from zero.
fn divided(top: i128, bottom: i128) -> i128 {
    let (half, sign) = (top.abs() * 2 + bottom.abs(), top.signum() * bottom.signum());
    half / (bottom.abs() * 2) * sign
}

/// Own millionths and base cents.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Left {
    own: i128,
    cents: i128,
}

impl Left {
    fn share(self, part: i128) -> i128 {
        if part == self.own { self.cents } else { divided(self.cents * part, self.own) }
    }
    fn take(&mut self, part: i128) -> i128 {
        let cents = self.share(part);
        self.own -= part;
        self.cents -= cents;
        cents
    }
    /// What comes back where nothing is open then is worth what leaves nothing.
    fn give(&mut self, part: i128, cents: i128) -> i128 {
        self.own += part;
        let cents = if self.own == 0 { -self.cents } else { cents };
        self.cents += cents;
        cents
    }
}

struct Document {
    left: Left,
    /// What credits left of an invoice.
    uncredited: Left,
    held: BTreeMap<String, Left>,
    rate: Decimal,
    bank: String,
    /// What was kept back of a payment, by account, in cents.
    kept_back: Vec<(String, i128)>,
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
    fn of(
        world: &World,
        record: &Record,
        money: sijil_schemas::money::Money,
        bank: &str,
    ) -> Document {
        Document::worth(
            world,
            record,
            (millionths(money.amount.get()), money.currency.as_str()),
            bank,
        )
    }
    fn worth(
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
    fn hold(&mut self, by: &str, own: i128) -> i128 {
        let cents = self.left.take(own);
        let held = self.held.entry(by.to_owned()).or_default();
        (held.own, held.cents) = (held.own + own, held.cents + cents);
        cents
    }
    fn release(&mut self, by: &str, own: i128) -> i128 {
        let cents = self.held.get_mut(by).expect("it was held").take(own);
        self.left.give(own, cents)
    }
}

/// Money that moved, in cents: received, refunded, reversed.
type Flows = BTreeMap<String, [i128; 3]>;

#[derive(Default)]
struct Walked {
    invoices: BTreeMap<String, Document>,
    payments: BTreeMap<String, Document>,
    /// Credit notes without an invoice.
    notes: BTreeMap<String, Document>,
    balances: BTreeMap<String, i128>,
    flows: Flows,
    /// How often cents were left at one rate, and how often rates differed.
    rounding: usize,
    exchange: usize,
}

/// Sales and the tax on them together: how a credit falls on the two is held by the reports among
/// each other.
const SOLD: &str = "sales and tax";

impl Walked {
    fn of(world: &World, asked: &Asked) -> Walked {
        let mut walked = Walked::default();
        for record in
            known(world, asked).into_iter().filter(|r| r.occurred_at() < asked.before(world))
        {
            if let Event::Invoices(event) = &record.event {
                let before: i128 = walked.balances.values().sum();
                walked.take(world, record, event);
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
    fn take(&mut self, world: &World, record: &Record, event: &Invoices) {
        match event {
            Invoices::InvoiceIssued(e) => {
                let invoice = Document::of(world, record, e.total, "");
                self.post("assets/receivable", invoice.left.cents);
                self.post(SOLD, -invoice.left.cents);
                self.invoices.insert(e.invoice.to_string(), invoice);
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
                self.allocate(e.payment.as_str(), e.invoice.as_str(), millionths(e.amount.get()))
            }
            Invoices::PaymentUnallocated(e) => {
                self.allocate(e.payment.as_str(), e.invoice.as_str(), -millionths(e.amount.get()))
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
                self.back(e.payment.as_str(), 1, Some(millionths(e.amount.get())))
            }
            Invoices::PaymentReversed(e) => {
                let held = self.payments[e.payment.as_str()].held.clone();
                for (invoice, held) in held.into_iter().filter(|(_, held)| held.own != 0) {
                    self.allocate(e.payment.as_str(), &invoice, -held.own);
                }
                self.back(e.payment.as_str(), 2, None);
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
        self.flow(payment, kind, cents.abs());
        self.post(&format!("assets/bank/{bank}"), cents);
        self.post("liabilities/advances", -cents);
    }
    fn back(&mut self, payment: &str, kind: usize, part: Option<i128>) {
        let document = self.payments.get_mut(payment).expect("received");
        let (bank, cents) =
            (document.bank.clone(), document.left.take(part.unwrap_or(document.left.own)));
        let back =
            if part.is_none() { std::mem::take(&mut document.kept_back) } else { Vec::new() };
        let kept: i128 = back.iter().map(|(_, cents)| cents).sum();
        self.flow(payment, kind, cents - kept);
        self.post(&format!("assets/bank/{bank}"), kept - cents);
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
}

fn shown(cents: i128) -> String {
    format!("{:.2}", Decimal::from_i128_with_scale(cents, 2))
}

fn cents(text: &str) -> i128 {
    let mut amount: Decimal = text.parse().expect("an amount");
    assert!(amount.scale() <= 2, "{text} is in whole cents");
    amount.rescale(2);
    amount.mantissa()
}

/// The sums of columns over all rows.
fn sums(rows: &Rows, columns: usize) -> Vec<i128> {
    (0..columns).map(|n| rows.values().map(|row| cents(&row[n])).sum()).collect()
}

/// Everything a report in base says with these parameters, added up column by column.
fn added(
    world: &World,
    asked: &Asked,
    name: &str,
    parameters: &[(&str, &str)],
    keys: &[&str],
    measures: &[&str],
) -> Vec<i128> {
    let mut all = vec![("in", "base")];
    all.extend(parameters);
    sums(&rows(&ask(world, name, asked, &all), keys, measures), measures.len())
}

/// What every report in base says, against the walk, the trial balance, and itself in other
/// groupings.
pub fn based(world: &World, asked: &Asked) -> (usize, usize) {
    let walked = Walked::of(world, asked);
    let mut ledger: BTreeMap<String, i128> = BTreeMap::new();
    for (key, row) in rows(
        &ask(world, "trial_balance", asked, &[("in", "base")]),
        &["account", "unit"],
        &["balance"],
    ) {
        if key[1].starts_with("item:") {
            continue;
        }
        let account = if ["income/sales", "liabilities/tax"].contains(&key[0].as_str()) {
            SOLD
        } else {
            &key[0]
        };
        *ledger.entry(account.to_owned()).or_default() += cents(&row[0]);
    }
    let held = |of: &BTreeMap<String, i128>| -> BTreeMap<String, i128> {
        of.iter().filter(|(_, c)| **c != 0).map(|(a, c)| (a.clone(), *c)).collect()
    };
    assert_eq!(
        held(&ledger),
        held(&walked.balances),
        "the trial balance in base, as_of {:?} known_at {}",
        asked.as_of,
        asked.known_at
    );
    owed(world, asked, &walked);
    paid(world, asked, &walked);
    sold(world, asked);
    (walked.rounding, walked.exchange)
}

fn owed(world: &World, asked: &Asked, walked: &Walked) {
    let measures = [
        "not_due",
        "days_1_30",
        "days_31_60",
        "days_61_90",
        "over_90",
        "gross",
        "advances",
        "balance",
    ];
    let whole = added(world, asked, "receivables", &[], &["currency"], &measures);
    assert_eq!(whole[..5].iter().sum::<i128>(), whole[5], "buckets add up to gross");
    let open: i128 = walked.invoices.values().map(|invoice| invoice.left.cents.max(0)).sum();
    let over: i128 = walked.invoices.values().map(|invoice| invoice.left.cents.min(0)).sum();
    let free: i128 =
        walked.payments.values().chain(walked.notes.values()).map(|means| means.left.cents).sum();
    assert_eq!(whole[5..], [open, free - over, open - free + over], "receivables in base");
    for invoice in walked.invoices.values().filter(|invoice| invoice.left.own == 0) {
        assert_eq!(invoice.left.cents, 0, "settled in full is nothing in base");
    }
    for group in ["client", "counterparty", "invoice", "owner"] {
        let rows = rows(
            &ask(world, "receivables", asked, &[("in", "base"), ("group", group)]),
            &["group"],
            &measures,
        );
        assert_eq!(sums(&rows, measures.len()), whole, "receivables by {group} add up");
        for (key, row) in rows.iter().filter(|(key, _)| group == "invoice" && !key[0].is_empty()) {
            assert_eq!(
                row[5],
                shown(walked.invoices[&key[0]].left.cents.max(0)),
                "gross of {key:?}"
            );
        }
    }
    let by_issue = added(
        world,
        asked,
        "receivables",
        &[("basis", "issue")],
        &["currency"],
        &["days_0_30", "days_31_60", "days_61_90", "over_90", "gross"],
    );
    assert_eq!((by_issue[..4].iter().sum::<i128>(), by_issue[4]), (open, open), "by issue");
    let signs = [1, -1, -1, -1, -1, 1, 1, 1];
    let columns = [
        "opening",
        "invoices",
        "credit_notes",
        "write_offs",
        "received",
        "deducted",
        "refunded",
        "reversed",
        "moved",
        "closing",
    ];
    let statement = added(
        world,
        asked,
        "statement",
        &[("group", "none"), ("from", "2025-03-01")],
        &["currency"],
        &columns,
    );
    assert_eq!(statement[9], whole[7], "closing is the balance");
    for group in ["client", "counterparty"] {
        let rows = rows(
            &ask(
                world,
                "statement",
                asked,
                &[("in", "base"), ("group", group), ("from", "2025-03-01")],
            ),
            &["group"],
            &columns,
        );
        assert_eq!(sums(&rows, columns.len()), statement, "statements by {group} add up");
        for (key, row) in &rows {
            let moved: i128 =
                signs.iter().zip(&row[1..9]).map(|(sign, cell)| sign * cents(cell)).sum();
            assert_eq!(cents(&row[0]) + moved, cents(&row[9]), "{key:?} closes");
        }
    }
}

fn paid(world: &World, asked: &Asked, walked: &Walked) {
    let measures = ["received", "refunded", "reversed", "net"];
    let whole =
        added(world, asked, "payments", &[("by", "none")], &["period", "currency"], &measures);
    let flows = |n: usize| walked.flows.values().map(|flow| flow[n]).sum::<i128>();
    assert_eq!(
        whole,
        [flows(0), flows(1), flows(2), flows(0) - flows(1) - flows(2)],
        "payments in base"
    );
    // These histories have no payments made: both directions together are those received.
    let both = added(
        world,
        asked,
        "payments",
        &[("by", "none"), ("direction", "both")],
        &["period", "currency"],
        &measures,
    );
    assert_eq!(both, whole, "both directions");
    for by in ["month", "quarter", "year"] {
        assert_eq!(
            added(world, asked, "payments", &[("by", by)], &["period", "currency"], &measures),
            whole,
            "payments by {by} add up"
        );
    }
    let split = rows(
        &ask(world, "payments", asked, &[("in", "base"), ("view", "split")]),
        &["bank_account", "purpose"],
        &measures,
    );
    assert_eq!(sums(&split, 4), whole, "purposes add up");
    let mut banks: BTreeMap<String, i128> = BTreeMap::new();
    for (key, row) in &split {
        *banks.entry(format!("assets/bank/{}", key[0])).or_default() += cents(&row[3]);
    }
    for (bank, net) in banks {
        assert_eq!(
            walked.balances.get(&bank).copied().unwrap_or_default(),
            net,
            "{bank} holds what came in"
        );
    }
    let collected = added(
        world,
        asked,
        "kpi",
        &[
            ("metric", "collected_payments"),
            ("by", "company"),
            ("from", "2025-01-01"),
            ("to", "2025-12-31"),
        ],
        &["id"],
        &["actual"],
    );
    assert_eq!(collected[0], whole[3], "what was collected");
}

fn sold(world: &World, asked: &Asked) {
    let measures = ["net", "invoiced", "credited"];
    let window = [("from", "2025-01-01"), ("to", "2025-12-31")];
    let with = |more: &[(&'static str, &'static str)]| [&window[..], more].concat();
    let whole = added(world, asked, "sales", &window, &["currency"], &measures);
    let balance = rows(
        &ask(world, "trial_balance", asked, &[("in", "base"), ("account", "income/sales")]),
        &["account"],
        &["balance"],
    );
    assert_eq!(whole[0], -sums(&balance, 1)[0], "net sales are income/sales");
    for group in ["client", "counterparty", "owner", "item"] {
        assert_eq!(
            added(world, asked, "sales", &with(&[("group", group)]), &["group"], &measures),
            whole,
            "sales by {group} add up"
        );
        assert_eq!(
            added(
                world,
                asked,
                "sales",
                &with(&[("group", group), ("by", "month")]),
                &["period", "group"],
                &measures
            ),
            whole,
            "and by month"
        );
    }
    for object in ["client", "item", "manager", "counterparty"] {
        assert_eq!(
            added(world, asked, "abc", &with(&[("object", object)]), &["object"], &["value"])[0],
            whole[0],
            "abc of {object} adds up"
        );
    }
    let all =
        rows(&ask(world, "trial_balance", asked, &[("in", "base")]), &["account"], &["balance"]);
    let held = |account: &str| all.get(&vec![account.to_owned()]).map_or(0, |row| cents(&row[0]));
    for by in ["client", "counterparty"] {
        let keys: &[&str] = if by == "client" { &["client"] } else { &["client", "counterparty"] };
        let total = added(world, asked, "counterparty_links", &[("by", by)], keys, &["amount"])[0];
        assert_eq!(
            total,
            -held("income/sales") - held("liabilities/tax"),
            "links by {by} add up to what was sold, with tax"
        );
    }
    let kpi = added(
        world,
        asked,
        "kpi",
        &with(&[("metric", "net_sales"), ("by", "company")]),
        &["id"],
        &["actual"],
    );
    assert_eq!(kpi[0], whole[0], "the figure is the net sales");
    let orders = ["gross", "net"];
    let placed =
        added(world, asked, "sales", &with(&[("basis", "orders")]), &["currency"], &orders);
    for group in ["client", "item"] {
        assert_eq!(
            added(
                world,
                asked,
                "sales",
                &with(&[("basis", "orders"), ("group", group)]),
                &["group"],
                &orders
            ),
            placed,
            "orders by {group} add up"
        );
    }
}

pub fn compare_base(history: &History, random: &mut Random) -> (usize, usize) {
    let mut asked = question(history, random);
    if !random.one_in(3) {
        // When all there is has happened.
        asked.as_of = Some("2025-07-01".to_owned());
    }
    based(&history.world, &asked)
}
