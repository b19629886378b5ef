//! What the books know beside trade: what other books left, what is spent without a bill, changed
//! into another currency, set off, and waived. Invariant: each month settles what it opens, but for
//! what was set off in error.

use super::{
    calendar::date,
    company::{Company, days},
    draft::{Data, Id},
    opening::BOOKS,
};

/// Who both buys here and is bought from.
const AGENCY: &str = "L-agency";

impl Company {
    /// Takes over what the books before these left open.
    pub(crate) fn take_over(&mut self) {
        let agency = Data::new().text("counterparty", AGENCY).text("legal_name", "Agency Limited");
        self.tell("counterparty.registered", BOOKS, agency);
        let (issued, due) = (date(self.at - days(20)), date(self.at + days(10)));
        for (n, cents) in [(1, 238_000), (2, 119_000)] {
            let data = Data::new()
                .text("invoice", Id("old-invoice", n))
                .text("counterparty", AGENCY)
                .money("total", cents, "EUR");
            let data = data.text("issued_on", issued).text("due_on", due);
            self.tell("invoice.brought_forward", BOOKS, data);
            let data = Data::new().text("bill", Id("old-bill", n)).text("supplier", AGENCY).money(
                "total",
                cents / 2,
                "EUR",
            );
            let data = data.text("issued_on", issued).text("due_on", due);
            self.tell("bill.brought_forward", BOOKS, data);
        }
        let data = Data::new()
            .text("payment", "old-payment")
            .text("direction", "received")
            .text("counterparty", AGENCY);
        self.tell("payment.brought_forward", BOOKS, data.money("amount", 19_000, "EUR"));
    }

    /// What the books of a month know beside trade, counted from the first.
    pub(crate) fn keep_books(&mut self, month: u64) {
        self.spend(month);
        self.exchange();
        if month % 2 == 1 {
            self.pay_too_much();
        }
        if month % 3 == 2 {
            self.set_off(month);
        }
        if month % 4 == 3 {
            self.close_order();
        }
    }

    fn spend(&mut self, month: u64) {
        let expense = self.numbers.next("EX");
        let cents = 100 * self.random.between(40, 600);
        let data = Data::new()
            .text("expense", expense)
            .money("amount", cents, "EUR")
            .text("purpose", "travel")
            .text("bank_account", "cash");
        self.tell("expense.recorded", BOOKS, data);
        if month % 5 == 4 {
            let data = Data::new().text("expense", expense).text("reason", "The trip was private");
            self.tell("expense.reversed", BOOKS, data);
        }
    }

    /// Dollars are sold, and what is left of them is valued anew.
    fn exchange(&mut self) {
        let data = Data::new()
            .text("funds_exchange", self.numbers.next("FX"))
            .text("from", "bank-usd")
            .text("to", "bank-eur")
            .money("sold", 100_000, "USD")
            .money("bought", 91_300, "EUR")
            .money("fee", 450, "EUR");
        self.tell("funds.exchanged", BOOKS, data);
        let data = Data::new().text("account", "assets/bank/bank-usd");
        self.tell("account.revalued", BOOKS, data);
    }

    /// The agency bills, is paid too much, and sends the rest back; it waives some cents.
    fn pay_too_much(&mut self) {
        let (bill, payment) = (self.agency_bill(50_000), self.numbers.next("PM"));
        let data = Data::new()
            .text("payment", payment)
            .text("counterparty", AGENCY)
            .money("amount", 60_000, "EUR");
        self.tell("payment.made", BOOKS, data.text("bank_account", "bank-eur"));
        let of =
            |cents| Data::new().text("payment", payment).text("bill", bill).cents("amount", cents);
        self.tell("payment.made_allocated", BOOKS, of(50_000));
        self.tell("payment.made_unallocated", BOOKS, of(50_000));
        self.tell("payment.made_allocated", BOOKS, of(49_950));
        let data = Data::new().text("payment", payment).cents("amount", 10_050);
        self.tell("payment.made_refunded", BOOKS, data.text("bank_account", "bank-eur"));
        let data = Data::new().text("bill", bill).cents("amount", 50);
        self.tell("bill.written_off", BOOKS, data.text("reason", "The agency waived the rest"));
    }

    fn agency_bill(&mut self, cents: i64) -> Id {
        let bill = self.numbers.next("BI");
        let line = line_of("Leaflets", cents);
        let data = Data::new()
            .text("bill", bill)
            .text("supplier", AGENCY)
            .list("lines", [line])
            .money("total", cents, "EUR")
            .text("due_on", date(self.at + days(14)));
        self.tell("bill.received", BOOKS, data);
        bill
    }

    /// What the agency bought and what it billed are put against each other.
    fn set_off(&mut self, month: u64) {
        let (bill, invoice) = (self.agency_bill(30_000), self.numbers.next("IA"));
        let data = Data::new()
            .text("invoice", invoice)
            .text("counterparty", AGENCY)
            .list("lines", [line_of("Samples", 30_000)])
            .money("total", 30_000, "EUR")
            .text("due_on", date(self.at + days(14)));
        self.tell("invoice.issued", BOOKS, data);
        let set_off = self.numbers.next("SO");
        let of = |kind, id| [Data::new().text(kind, id).cents("amount", 30_000)];
        let data = Data::new()
            .text("set_off", set_off)
            .list("invoices", of("invoice", invoice))
            .list("bills", of("bill", bill));
        self.tell("set_off.recorded", BOOKS, data);
        if month.is_multiple_of(2) {
            let data =
                Data::new().text("set_off", set_off).text("reason", "The agency wants money");
            self.tell("set_off.reversed", BOOKS, data);
        }
    }

    /// The agency orders something that is not made any more.
    fn close_order(&mut self) {
        let order = self.numbers.next("OA");
        let data = Data::new()
            .text("order", order)
            .text("counterparty", AGENCY)
            .text("currency", "EUR")
            .list("lines", [line_of("Frames", 12_000)]);
        self.tell("order.placed", BOOKS, data);
        let data = Data::new().text("order", order);
        self.tell("order.closed", BOOKS, data.text("reason", "They are not made any more"));
    }
}

/// The one line of a document, without tax.
fn line_of(text: &str, cents: i64) -> Data {
    Data::new()
        .text("line", 1)
        .text("text", text)
        .text("qty", 1)
        .cents("price", cents)
        .cents("net", cents)
        .cents("tax", 0)
}
