//! The books, naively: every record's legs by the table of postings. Invariant: shares nothing with
//! the folds; goods come from the naive replay.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use sijil_projections::Cut;
use sijil_schemas::{
    Event, Record,
    event::{Accounting, Invoices},
};

use super::naive::{Naive, counting};

#[derive(Default)]
pub struct Books {
    base: String,
    /// (account, unit) → balance.
    pub balances: BTreeMap<(String, String), Decimal>,
    /// payment → (bank, left, allocations by invoice).
    payments: BTreeMap<String, (String, Decimal, BTreeMap<String, Decimal>)>,
    invoices: BTreeMap<String, (Decimal, Decimal)>,
    pub reversed_with_allocations: usize,
}

impl Books {
    pub fn of(records: &[Record], cut: &Cut) -> Books {
        let base = records.iter().find_map(|r| match &r.event {
            Event::Accounting(Accounting::LedgerOpened(e)) => Some(e.base_currency.to_string()),
            _ => None,
        });
        let mut books = Books { base: base.expect("a ledger is opened first"), ..Books::default() };
        let naive = Naive::replay(records, cut);
        for record in counting(records, cut) {
            match &record.event {
                Event::Invoices(e) => books.sales(e),
                Event::Accounting(Accounting::BillReceived(e)) => {
                    books.bill(e, &naive.bills.base[&record.position.get()]);
                }
                Event::Accounting(e) => books.purchases(e),
                _ => (),
            }
        }
        books.in_base("equity/conversion", naive.bills.exchange);
        books.in_base("liabilities/goods_received_not_invoiced", -naive.bills.exchange);
        for (place, sums) in &naive.sums {
            let in_base =
                |books: &mut Books, account: &str, amount: Decimal| books.in_base(account, amount);
            in_base(&mut books, "liabilities/goods_received_not_invoiced", -sums.get("received"));
            in_base(&mut books, "assets/in_production", sums.get("used") - sums.get("produced"));
            in_base(&mut books, "expenses/cost_of_goods", sums.get("cost_of_goods"));
            in_base(&mut books, "expenses/stock_loss", sums.get("lost"));
            in_base(&mut books, "expenses/stock_adjustment", -sums.get("adjusted"));
            let unit = format!("item:{}", place.0);
            books.post("outside/supplier", &unit, -sums.get("received_qty"));
            books.post("outside/client", &unit, sums.get("sold") - sums.get("returned"));
            books.post("outside/loss", &unit, sums.get("lost_qty"));
            books.post(
                "outside/production",
                &unit,
                sums.get("used_qty") - sums.get("produced_qty"),
            );
            books.post("outside/adjustment", &unit, -sums.get("adjusted_qty"));
        }
        for ((item, warehouse), (qty, value, held)) in naive.stock() {
            let unit = format!("item:{item}");
            books.in_base("assets/stock", value);
            books.post(&format!("stock/{warehouse}"), &unit, qty);
            books.post(&format!("reserved/{warehouse}"), &unit, held);
            books.post(&format!("reservable/{warehouse}"), &unit, -held);
        }
        books.balances.retain(|_, balance| !balance.is_zero());
        books
    }
    fn post(&mut self, account: &str, unit: &str, amount: Decimal) {
        *self.balances.entry((account.to_owned(), unit.to_owned())).or_default() += amount;
    }
    fn in_base(&mut self, account: &str, amount: Decimal) {
        let unit = self.base.clone();
        self.post(account, &unit, amount);
    }
    fn settle(&mut self, invoice: &str, amount: Decimal) {
        let _ = invoice;
        self.in_base("liabilities/advances", amount);
        self.in_base("assets/receivable", -amount);
    }
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    fn sales(&mut self, event: &Invoices) {
        match event {
            Invoices::InvoiceIssued(e) => {
                let (net, tax) =
                    e.lines.iter().fold((Decimal::ZERO, Decimal::ZERO), |(n, t), l| {
                        (n + l.net.get(), t + l.tax.get())
                    });
                self.invoices.insert(e.invoice.to_string(), (net, tax));
                self.in_base("assets/receivable", net + tax);
                self.in_base("income/sales", -net);
                self.in_base("liabilities/tax", -tax);
            }
            Invoices::CreditNoteIssued(e) => {
                let invoice = e.invoice.as_ref().expect("only credits of invoices are told here");
                let (net, tax) = self.invoices[invoice.as_str()];
                let total = e.total.amount.get();
                // The cent left over goes to the larger fraction; net stands first. All that is
                // left goes whole.
                let floor = |part: Decimal| {
                    (total * part / (net + tax)).round_dp_with_strategy(2, RoundingStrategy::ToZero)
                };
                let (mut n, mut t) = (floor(net), floor(tax));
                if total == net + tax {
                    (n, t) = (net, tax);
                } else if n + t < total {
                    let rest =
                        |part: Decimal, floored: Decimal| total * part / (net + tax) - floored;
                    if rest(net, n) >= rest(tax, t) {
                        n += Decimal::new(1, 2);
                    } else {
                        t += Decimal::new(1, 2);
                    }
                }
                self.invoices.insert(invoice.to_string(), (net - n, tax - t));
                self.in_base("assets/receivable", -total);
                self.in_base("income/sales", n);
                self.in_base("liabilities/tax", t);
            }
            Invoices::PaymentReceived(e) => {
                let (bank, amount) =
                    (format!("assets/bank/{}", e.bank_account), e.amount.amount.get());
                self.in_base(&bank, amount);
                self.in_base("liabilities/advances", -amount);
                self.payments.insert(e.payment.to_string(), (bank, amount, BTreeMap::new()));
            }
            Invoices::PaymentAllocated(e) => {
                self.allocate(e.payment.as_str(), e.invoice.as_str(), e.amount.get());
            }
            Invoices::PaymentUnallocated(e) => {
                self.allocate(e.payment.as_str(), e.invoice.as_str(), -e.amount.get());
            }
            Invoices::PaymentRefunded(e) => self.pay_back(e.payment.as_str(), Some(e.amount.get())),
            Invoices::PaymentReversed(e) => {
                let open = self.payments[e.payment.as_str()].2.clone();
                self.reversed_with_allocations +=
                    usize::from(open.values().any(|amount| !amount.is_zero()));
                for (invoice, amount) in open {
                    self.allocate(e.payment.as_str(), &invoice, -amount);
                }
                self.pay_back(e.payment.as_str(), None);
            }
            Invoices::DebtWrittenOff(e) => {
                self.in_base("expenses/bad_debt", e.amount.get());
                self.in_base("assets/receivable", -e.amount.get());
            }
            Invoices::CreditNoteAllocated(_)
            | Invoices::CreditNoteUnallocated(_)
            | Invoices::CreditNoteRefunded(_) => (),
            Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_)
            | Invoices::PeriodClosed(_)
            | Invoices::PeriodReopened(_) => (),
            Invoices::InvoiceBroughtForward(_)
            | Invoices::PaymentBroughtForward(_)
            | Invoices::SetOffRecorded(_)
            | Invoices::SetOffReversed(_) => panic!("the generator makes none"),
            Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => {
                panic!("the generator makes none")
            }
        }
    }
    fn allocate(&mut self, payment: &str, invoice: &str, amount: Decimal) {
        *self
            .payments
            .get_mut(payment)
            .expect("it was received")
            .2
            .entry(invoice.to_owned())
            .or_default() += amount;
        self.settle(invoice, amount);
    }
    fn pay_back(&mut self, payment: &str, part: Option<Decimal>) {
        let paid = self.payments.get_mut(payment).expect("it was received");
        let amount = part.unwrap_or(paid.1);
        paid.1 -= amount;
        let bank = paid.0.clone();
        self.in_base(&bank, -amount);
        self.in_base("liabilities/advances", amount);
    }
    /// Goods stand at their worth in base, in another currency by way of the conversion.
    fn bill(&mut self, e: &sijil_schemas::BillReceived, base: &[Decimal]) {
        let currency = e.total.currency.to_string();
        for (line, base) in e.lines.iter().zip(base) {
            let net = line.net.get();
            if line.item.is_none() {
                self.post("expenses/purchases", &currency, net);
            } else {
                self.in_base("liabilities/goods_received_not_invoiced", *base);
                if currency != self.base {
                    self.post("equity/conversion", &currency, net);
                    self.in_base("equity/conversion", -base);
                }
            }
            self.post("assets/tax", &currency, line.tax.get());
        }
        self.post("liabilities/payable", &currency, -e.total.amount.get());
    }
    fn purchases(&mut self, event: &Accounting) {
        match event {
            Accounting::PaymentMade(e) => {
                self.in_base("assets/supplier_advances", e.amount.amount.get());
                self.in_base(&format!("assets/bank/{}", e.bank_account), -e.amount.amount.get());
            }
            Accounting::PaymentMadeAllocated(e) => {
                self.in_base("liabilities/payable", e.amount.get());
                self.in_base("assets/supplier_advances", -e.amount.get());
            }
            Accounting::BillCredited(_)
            | Accounting::FundsTransferred(_)
            | Accounting::EntryPosted(_) => panic!("the generator makes none"),
            Accounting::BillBroughtForward(_)
            | Accounting::ExpenseRecorded(_)
            | Accounting::ExpenseReversed(_)
            | Accounting::PaymentMadeUnallocated(_)
            | Accounting::PaymentMadeRefunded(_) => panic!("the generator makes none"),
            Accounting::BillWrittenOff(_)
            | Accounting::FundsExchanged(_)
            | Accounting::AccountRevalued(_) => panic!("the generator makes none"),
            Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => {
                panic!("the generator makes none")
            }
            Accounting::LedgerOpened(_)
            | Accounting::AccountOpened(_)
            | Accounting::BankAccountOpened(_)
            | Accounting::BillReceived(_) => (),
        }
    }
}
