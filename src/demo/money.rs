//! Invoices and what is paid on them: at once, late, in parts, too much, not at all. Invariant:
//! nothing is put against an invoice beyond what is open on it.

use super::{
    calendar::{HOUR, date},
    company::{Company, Step, days},
    draft::{Data, Id, Who},
    opening::BOOKS,
    orders::{Line, Order},
};

/// An invoice that is to be issued.
#[derive(Debug)]
pub(crate) struct Invoice {
    id: u64,
    order: u64,
    client: u64,
    owner: u16,
    linked: bool,
    dollars: bool,
    lines: Vec<Line>,
    /// Whether goods of it will come back.
    returns: bool,
}

/// What is to happen with an invoice.
#[derive(Debug, Clone)]
pub(crate) struct Due {
    invoice: u64,
    client: u64,
    linked: bool,
    dollars: bool,
    open: i64,
    then: Then,
}

#[derive(Debug, Clone)]
enum Then {
    /// So much is paid, and this much more than is owed; the parts that follow are paid later.
    Pay {
        cents: i64,
        over: i64,
        rest: Vec<i64>,
    },
    /// So much is paid, and no more ever.
    PayPart {
        cents: i64,
    },
    /// The payment turns out not to be one.
    Bounce {
        payment: Id,
    },
    Refund {
        payment: Id,
        cents: i64,
    },
    /// The payment is taken off the invoice, to be put on it again.
    TakeOff {
        payment: Id,
        cents: i64,
    },
    PutBack {
        payment: Id,
        cents: i64,
    },
    Allow,
    WriteOff,
}

impl Invoice {
    pub(crate) fn new(id: u64, order: &Order, returns: bool) -> Invoice {
        let (client, owner, linked, dollars) =
            (order.client, order.owner, order.linked, order.dollars);
        Invoice {
            id,
            order: order.id,
            client,
            owner,
            linked,
            dollars,
            lines: order.lines.clone(),
            returns,
        }
    }
    fn total(&self) -> i64 {
        self.lines.iter().map(|l| l.net() + l.tax).sum()
    }
    const fn currency(&self) -> &'static str {
        if self.dollars { "USD" } else { "EUR" }
    }
}

impl Due {
    fn with(&self, then: Then) -> Step {
        Step::Due(Box::new(Due { then, ..self.clone() }))
    }
    const fn currency(&self) -> &'static str {
        if self.dollars { "USD" } else { "EUR" }
    }
}

impl Company {
    /// Issues an invoice, and decides how it will be paid.
    pub(crate) fn invoice(&mut self, invoice: Invoice) {
        let total = invoice.total();
        let term = self.random.pick(&[14, 30, 30, 45]);
        let parts =
            if !invoice.returns && total > 200_000 && self.random.chance(350) { 3 } else { 1 };
        if self.random.chance(12) {
            let told = self.issue(&invoice, total + 1_000, term, 1, 1_000);
            self.void(told, BOOKS, "Issued with a wrong freight");
        }
        self.issue(&invoice, total, term, parts, 0);
        let Invoice { id, client, linked, dollars, .. } = invoice;
        let due = Due { invoice: id, client, linked, dollars, open: total, then: Then::WriteOff };
        if invoice.returns {
            let pay = due.with(Then::Pay { cents: total, over: 0, rest: Vec::new() });
            return self.plan(days(35), days(50), pay);
        }
        if parts > 1 {
            let part = total / 3;
            let pay =
                due.with(Then::Pay { cents: part, over: 0, rest: vec![part, total - 2 * part] });
            return self.plan(days(term - 3), days(term + 2), pay);
        }
        self.will_pay(&due, total, term);
    }

    fn will_pay(&mut self, due: &Due, total: i64, term: i64) {
        let whole = |over| Then::Pay { cents: total, over, rest: Vec::new() };
        match self.random.below(1000) {
            // On time, the better half at once.
            0..580 => self.plan(HOUR, days(term), due.with(whole(0))),
            580..760 => self.plan(days(term + 1), days(term + 60), due.with(whole(0))),
            760..870 => {
                let first = total * self.random.between(30, 70) / 100;
                self.plan(
                    days(5),
                    days(term + 10),
                    due.with(Then::Pay { cents: first, over: 0, rest: vec![total - first] }),
                );
            }
            870..920 => {
                let over = 100 * self.random.between(1, 300);
                self.plan(days(2), days(term), due.with(whole(over)));
            }
            920..960 => self.plan(days(3), days(10), due.with(Then::Allow)),
            960..985 => {
                let part = total / 3;
                self.plan(
                    days(term),
                    days(term + 30),
                    due.with(Then::PayPart { cents: part.max(1) }),
                );
            }
            _ => self.plan(days(term + 90), days(term + 160), due.with(Then::WriteOff)),
        }
    }

    fn issue(&mut self, invoice: &Invoice, total: i64, term: i64, parts: i64, freight: i64) -> u64 {
        let (actor, behalf) = self.acting(invoice.owner);
        let data = Data::new()
            .text("invoice", Id("I", invoice.id))
            .text("client", Id("C", invoice.client));
        let data = data
            .maybe("counterparty", invoice.linked.then_some(Id("L", invoice.client)))
            .text("owner", Who::Manager(invoice.owner));
        let freight = (freight > 0).then(|| {
            let line = Data::new().text("line", "freight").text("text", "Freight").text("qty", 1);
            line.cents("price", freight).cents("net", freight).cents("tax", 0)
        });
        let lines = invoice.lines.iter().zip(1..).map(|(line, n)| line.data(n)).chain(freight);
        let data = data
            .text("order", Id("O", invoice.order))
            .lines(("invoice", Id("I", invoice.id)), self.in_parts(24), lines)
            .money("total", total, invoice.currency());
        let due_on = |days_on: i64| date(self.at + days(days_on));
        let data = if parts == 1 {
            data.text("due_on", due_on(term))
        } else {
            let part = total / 3;
            let one = |n: i64, cents: i64| {
                Data::new().text("due_on", due_on(term + 30 * n)).cents("amount", cents)
            };
            data.list("instalments", [one(0, part), one(1, part), one(2, total - 2 * part)])
        };
        self.tell_at(self.at, "invoice.issued", actor, behalf, data)
    }

    /// What was to happen with an invoice.
    pub(crate) fn due(&mut self, mut due: Box<Due>) {
        match due.then.clone() {
            Then::Pay { cents, over, rest } => self.pay(due, cents, over, rest),
            Then::PayPart { cents } => {
                let payment = self.receive(&due, cents, 0);
                self.allocation("payment.allocated", payment, due.invoice, cents);
                due.open -= cents;
                self.plan(days(90), days(150), due.with(Then::WriteOff));
            }
            Then::Bounce { payment } => {
                self.tell(
                    "payment.reversed",
                    BOOKS,
                    Data::new().text("payment", payment).text("reason", "Returned by the bank"),
                );
                let again = due.with(Then::Pay { cents: due.open, over: 0, rest: Vec::new() });
                self.plan(days(2), days(20), again);
            }
            Then::Refund { payment, cents } => {
                self.tell(
                    "payment.refunded",
                    BOOKS,
                    Data::new().text("payment", payment).cents("amount", cents),
                );
            }
            Then::TakeOff { payment, cents } => {
                self.allocation("payment.unallocated", payment, due.invoice, cents);
                self.plan(HOUR, days(2), due.with(Then::PutBack { payment, cents }));
            }
            Then::PutBack { payment, cents } => {
                self.allocation("payment.allocated", payment, due.invoice, cents);
            }
            Then::Allow => {
                let allowance = (due.open / 20).max(1);
                if due.invoice.is_multiple_of(3) {
                    due.open -= self.bonus(&due, allowance);
                    let pay = due.with(Then::Pay { cents: due.open, over: 0, rest: Vec::new() });
                    return self.plan(days(5), days(40), pay);
                }
                let data = Data::new()
                    .text("credit_note", self.numbers.next("X"))
                    .text("invoice", Id("I", due.invoice));
                self.tell(
                    "credit_note.issued",
                    BOOKS,
                    data.money("total", allowance, due.currency())
                        .text("reason", "Allowance for late delivery"),
                );
                due.open -= allowance;
                let pay = due.with(Then::Pay { cents: due.open, over: 0, rest: Vec::new() });
                self.plan(days(5), days(40), pay);
            }
            Then::WriteOff => {
                let data =
                    Data::new().text("invoice", Id("I", due.invoice)).cents("amount", due.open);
                let data = data.maybe(
                    "account",
                    (due.invoice.is_multiple_of(4)).then_some("expenses/small_differences"),
                );
                self.tell("invoice.written_off", BOOKS, data.text("reason", "Not to be collected"));
            }
        }
    }

    /// A bonus without an invoice: part of it is put against this one, the rest is paid out. Gives
    /// what the invoice is lessened by.
    fn bonus(&mut self, due: &Due, allowance: i64) -> i64 {
        let (note, extra) = (self.numbers.next("X"), 500);
        let line = Data::new().text("line", 1).text("text", "Bonus of the year").text("qty", 1);
        let line =
            line.cents("price", allowance + extra).cents("net", allowance + extra).cents("tax", 0);
        let data = Data::new().text("credit_note", note).text("client", Id("C", due.client));
        let data = data
            .maybe("counterparty", due.linked.then_some(Id("L", due.client)))
            .list("lines", [line]);
        self.tell(
            "credit_note.issued",
            BOOKS,
            data.money("total", allowance + extra, due.currency())
                .text("reason", "Bonus of the year"),
        );
        let put = |cents: i64| {
            Data::new()
                .text("credit_note", note)
                .text("invoice", Id("I", due.invoice))
                .cents("amount", cents)
        };
        self.tell("credit_note.allocated", BOOKS, put(allowance));
        let back = if due.invoice.is_multiple_of(9) { 0 } else { allowance / 2 };
        if back > 0 {
            self.tell("credit_note.unallocated", BOOKS, put(back));
        }
        let bank = if due.dollars { "bank-usd" } else { "bank-eur" };
        let paid = Data::new()
            .text("credit_note", note)
            .cents("amount", extra + back)
            .text("bank_account", bank);
        self.tell("credit_note.refunded", BOOKS, paid);
        allowance - back
    }

    fn allocation(&mut self, event_type: &str, payment: Id, invoice: u64, cents: i64) {
        self.tell(
            event_type,
            BOOKS,
            Data::new()
                .text("payment", payment)
                .text("invoice", Id("I", invoice))
                .cents("amount", cents),
        );
    }

    fn pay(&mut self, mut due: Box<Due>, cents: i64, over: i64, mut rest: Vec<i64>) {
        // Goods that came back are not paid for.
        let cents = cents - self.credited.remove(&due.invoice).unwrap_or(0);
        if cents <= 0 {
            return;
        }
        if over == 0 && rest.is_empty() && due.linked && due.client > 1 && due.invoice % 40 == 7 {
            return self.pay_on_behalf(&due, cents);
        }
        let payment = self.receive(&due, cents, over);
        self.allocation("payment.allocated", payment, due.invoice, cents);
        if over > 0 {
            if self.random.chance(500) {
                self.plan(days(2), days(30), due.with(Then::Refund { payment, cents: over }));
            }
            return;
        }
        if !rest.is_empty() {
            let next = rest.remove(0);
            due.open -= cents;
            return self.plan(
                days(25),
                days(38),
                due.with(Then::Pay { cents: next, over: 0, rest }),
            );
        }
        due.open = cents;
        match self.random.below(1000) {
            0..25 => self.plan(days(2), days(45), due.with(Then::Bounce { payment })),
            25..40 => self.plan(days(1), days(10), due.with(Then::TakeOff { payment, cents })),
            _ => (),
        }
    }

    /// Another client pays for this one.
    fn pay_on_behalf(&mut self, due: &Due, cents: i64) {
        let payment =
            self.receive(&Due { client: due.client - 1, linked: false, ..due.clone() }, cents, 0);
        let data = Data::new()
            .text("payment", payment)
            .text("invoice", Id("I", due.invoice))
            .cents("amount", cents);
        let party = format_args!("counterparty:{}", Id("L", due.client)).to_string();
        self.tell("payment.allocated", BOOKS, data.text("for_party", party));
    }

    /// A client pays before there is an invoice; some of it goes back.
    pub(crate) fn advance(&mut self, order: &Order) {
        let payment = self.numbers.next("P");
        let cents = 100 * self.random.between(20, 500);
        let data = Data::new().text("payment", payment).text("client", Id("C", order.client));
        let data = data.maybe("counterparty", order.linked.then_some(Id("L", order.client))).money(
            "amount",
            cents,
            order.currency(),
        );
        let purpose = Data::new().text("purpose", "advance").cents("amount", cents);
        let data = data
            .text("bank_account", if order.dollars { "bank-usd" } else { "bank-eur" })
            .list("purpose_lines", [purpose]);
        self.tell("payment.received", BOOKS, data.refs(&[("order", Id("O", order.id))]));
        if self.random.chance(300) {
            let then = Then::Refund { payment, cents: cents / 2 };
            let due = Due {
                invoice: 0,
                client: order.client,
                linked: order.linked,
                dollars: order.dollars,
                open: 0,
                then,
            };
            self.plan(days(10), days(60), Step::Due(Box::new(due)));
        }
    }

    /// Money comes in, in one of the ways the bank tells of it.
    fn receive(&mut self, due: &Due, cents: i64, over: i64) -> Id {
        let payment = self.numbers.next("P");
        let (sum, currency) = (cents + over, due.currency());
        let bank = if due.dollars {
            "bank-usd"
        } else {
            self.random.pick(&["bank-eur", "bank-eur", "bank-eur", "bank-eur", "cash"])
        };
        // Some banks abroad keep their fee back.
        let fee =
            if due.dollars && due.invoice.is_multiple_of(3) && cents > 10_000 { 250 } else { 0 };
        let sum = sum - fee;
        let purpose =
            |purpose: &str, cents: i64| Data::new().text("purpose", purpose).cents("amount", cents);
        let purposes: Vec<Data> = [purpose("goods", cents - fee)]
            .into_iter()
            .chain((over > 0).then(|| purpose("advance", over)))
            .collect();
        let data = |sum: i64| {
            let data = Data::new().text("payment", payment).text("client", Id("C", due.client));
            let data = data.maybe("counterparty", due.linked.then_some(Id("L", due.client)));
            let kept_back =
                || Data::new().text("account", "expenses/bank_fees").cents("amount", fee);
            let data = if fee > 0 { data.list("deductions", [kept_back()]) } else { data };
            data.money("amount", sum, currency).text("bank_account", bank)
        };
        let late = if self.random.chance(70) { days(self.random.between(1, 3)) } else { 0 };
        let at = self.at - late;
        if bank == "cash" {
            if self.random.chance(40) {
                let told = self.tell_at(at, "payment.received", BOOKS, None, data(sum * 10));
                self.void(told, BOOKS, "A digit too many");
            }
            self.tell_at(
                at,
                "payment.received",
                BOOKS,
                None,
                data(sum).list("purpose_lines", purposes),
            );
            return payment;
        }
        let line = self.numbers.next("Z");
        let told_by = Data::new()
            .text("statement_line", line)
            .text("bank_account", bank)
            .money("amount", sum, currency);
        let told_by =
            told_by.text("text", format_args!("Buyer {} invoice I-{}", due.client, due.invoice));
        self.tell_at(at, "statement_line.imported", BOOKS, None, told_by);
        if self.random.chance(500) {
            self.tell_at(
                at,
                "payment.received",
                BOOKS,
                None,
                data(sum).list("purpose_lines", purposes).text("statement_line", line),
            );
        } else {
            self.tell_at(at, "payment.received", BOOKS, None, data(sum));
            if self.random.chance(900) {
                self.tell(
                    "statement_line.matched",
                    BOOKS,
                    Data::new()
                        .text("statement_line", line)
                        .text("to", format_args!("payment:{payment}")),
                );
            }
        }
        payment
    }
}
