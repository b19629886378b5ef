//! Purchases: ordered, received, billed and paid. Invariant: what is received is what was ordered,
//! and what is paid is what was billed.

use super::{
    calendar::date,
    company::{Company, days},
    draft::{Data, Id},
    opening::{BOOKS, BUYER, STOREKEEPER},
    orders::tax,
    stock::{WAREHOUSES, item_id},
};

/// A purchase that is not settled yet.
#[derive(Debug)]
pub(crate) struct Purchase {
    order: Id,
    supplier: u64,
    warehouse: usize,
    next: Next,
}

#[derive(Debug)]
enum Next {
    /// Goods that are to come: item and quantity; those before them have come.
    Receive {
        coming: Vec<(u32, i64)>,
        came: Vec<(u32, i64)>,
    },
    Bill {
        came: Vec<(u32, i64)>,
    },
    Pay {
        bill: Id,
        cents: i64,
    },
    /// A supplier's invoice without goods.
    Cost {
        receipt: Id,
        value: i64,
    },
}

const fn currency(supplier: u64) -> &'static str {
    if supplier.is_multiple_of(5) { "USD" } else { "EUR" }
}

impl Company {
    pub(crate) fn place_purchase(
        &mut self,
        supplier: u64,
        warehouse: usize,
        lines: Vec<(u32, i64)>,
    ) {
        let order = self.numbers.next("PO");
        let data = Data::new()
            .text("purchase_order", order)
            .text("supplier", Id("S", supplier))
            .text("currency", currency(supplier));
        let said =
            lines.iter().zip(1..).map(|((item, qty), n)| self.bought(n, *item, *qty, supplier));
        let data = data
            .lines(("purchase_order", order), self.in_parts(24), said.collect::<Vec<_>>())
            .text("expected_on", date(self.at + days(10)));
        self.tell("purchase_order.placed", BUYER, data);
        for (item, qty) in &lines {
            self.shelves.order(*item, warehouse, *qty);
        }
        self.plan_purchase(
            days(4),
            days(14),
            Purchase {
                order,
                supplier,
                warehouse,
                next: Next::Receive { coming: lines, came: Vec::new() },
            },
        );
    }

    fn bought(&self, number: usize, item: u32, qty: i64, supplier: u64) -> Data {
        let cost = self.shelves.cost(item);
        let data = Data::new()
            .text("line", number)
            .text("item", item_id(item))
            .text("qty", qty)
            .cents("price", cost);
        data.cents("net", cost * qty).cents("tax", tax(cost * qty, currency(supplier) == "USD"))
    }

    /// The next step of a purchase.
    pub(crate) fn purchase(&mut self, purchase: Purchase) {
        let Purchase { order, supplier, warehouse, next } = purchase;
        let then = |next| Purchase { order, supplier, warehouse, next };
        match next {
            Next::Receive { mut coming, mut came } => {
                let later = coming.len() / 2;
                let mut rest = if coming.len() > 1 && self.random.chance(250) {
                    coming.split_off(coming.len() - later)
                } else {
                    Vec::new()
                };
                let no_more =
                    if rest.is_empty() { self.random.chance(60) } else { self.random.chance(500) };
                if let (true, true, Some((item, qty))) =
                    (no_more, rest.is_empty(), coming.last_mut())
                {
                    rest.push((*item, *qty / 2));
                    *qty -= *qty / 2;
                }
                for (item, qty) in &coming {
                    self.receive_goods(order, (supplier, warehouse), *item, *qty);
                }
                came.extend(coming);
                if no_more {
                    let data = Data::new()
                        .text("purchase_order", order)
                        .text("reason", "The supplier has no more of it");
                    self.tell("purchase_order.closed", STOREKEEPER, data);
                    for (item, qty) in rest {
                        self.shelves.no_more(item, warehouse, qty);
                    }
                    self.plan_purchase(days(1), days(10), then(Next::Bill { came }));
                } else if rest.is_empty() {
                    self.plan_purchase(days(1), days(10), then(Next::Bill { came }));
                } else {
                    self.plan_purchase(
                        days(2),
                        days(9),
                        then(Next::Receive { coming: rest, came }),
                    );
                }
            }
            Next::Bill { came } => self.bill(order, supplier, warehouse, &came),
            Next::Pay { bill, cents } => {
                self.pay_bill(bill, Id("S", supplier), cents, currency(supplier));
            }
            Next::Cost { receipt, value } => {
                self.cost_turned_out(receipt, value, currency(supplier));
            }
        }
    }

    fn receive_goods(
        &mut self,
        order: Id,
        (supplier, warehouse): (u64, usize),
        item: u32,
        qty: i64,
    ) {
        let receipt = self.numbers.next("Q");
        let value = self.shelves.cost(item) * qty * self.random.between(96, 106) / 100;
        let late = if self.random.chance(60) { days(self.random.between(1, 3)) } else { 0 };
        // What came before a count would have been counted.
        let late = if self.shelves.counted(item, warehouse) >= self.at - late { 0 } else { late };
        let data = Data::new()
            .text("receipt", receipt)
            .text("item", item_id(item))
            .text("warehouse", WAREHOUSES[warehouse].0)
            .text("qty", qty);
        let unvalued = self.random.chance(15);
        let data = if unvalued { data } else { data.money("value", value, currency(supplier)) };
        self.tell_at(
            self.at - late,
            "goods.received",
            STOREKEEPER,
            None,
            data.text("purchase_order", order),
        );
        self.shelves.came(item, warehouse, qty);
        if !unvalued && self.random.chance(40) {
            self.plan_purchase(
                days(3),
                days(30),
                Purchase { order, supplier, warehouse, next: Next::Cost { receipt, value } },
            );
        }
    }

    fn bill(&mut self, order: Id, supplier: u64, warehouse: usize, came: &[(u32, i64)]) {
        let bill = self.numbers.next("BI");
        let lines: Vec<Data> = came
            .iter()
            .zip(1..)
            .map(|((item, qty), n)| self.bought(n, *item, *qty, supplier))
            .collect();
        let net = |(item, qty): &(u32, i64)| self.shelves.cost(*item) * qty;
        let total: i64 =
            came.iter().map(|line| net(line) + tax(net(line), currency(supplier) == "USD")).sum();
        let first = came.first().map(|line| (line.0, net(line)));
        let data = Data::new()
            .text("bill", bill)
            .text("supplier", Id("S", supplier))
            .lines(("bill", bill), self.in_parts(24), lines)
            .money("total", total, currency(supplier));
        self.tell(
            "bill.received",
            BOOKS,
            data.text("due_on", date(self.at + days(30))).refs(&[("purchase_order", order)]),
        );
        let mut open = total;
        if self.random.chance(60) {
            let credit = total / 25;
            open -= credit;
            let id = self.numbers.next("BC");
            let data = Data::new().text("bill_credit", id).text("bill", bill).money(
                "total",
                credit,
                currency(supplier),
            );
            let data = match first.filter(|(_, net)| *net >= credit && self.in_parts(2)) {
                Some((item, _)) => {
                    let line = Data::new()
                        .text("line", 1)
                        .text("item", item_id(item))
                        .text("qty", 0)
                        .cents("price", 0)
                        .cents("net", credit)
                        .cents("tax", 0);
                    data.lines(("bill_credit", id), true, [line])
                }
                None => data,
            };
            self.tell("bill.credited", BOOKS, data.text("reason", "Bonus of the quarter"));
        }
        self.plan_purchase(
            days(10),
            days(35),
            Purchase { order, supplier, warehouse, next: Next::Pay { bill, cents: open } },
        );
    }

    fn pay_bill(&mut self, bill: Id, supplier: Id, cents: i64, currency: &str) {
        let payment = self.numbers.next("PM");
        let bank = if currency == "USD" { "bank-usd" } else { "bank-eur" };
        let data = Data::new()
            .text("payment", payment)
            .text("counterparty", supplier)
            .money("amount", cents, currency);
        self.tell("payment.made", BOOKS, data.text("bank_account", bank));
        self.tell(
            "payment.made_allocated",
            BOOKS,
            Data::new().text("payment", payment).text("bill", bill).cents("amount", cents),
        );
        if self.random.chance(300) {
            let line = self.numbers.next("Z");
            let data = Data::new()
                .text("statement_line", line)
                .text("bank_account", bank)
                .money("amount", -cents, currency);
            self.tell(
                "statement_line.imported",
                BOOKS,
                data.text("text", format_args!("Transfer {payment}")),
            );
            self.tell(
                "statement_line.matched",
                BOOKS,
                Data::new()
                    .text("statement_line", line)
                    .text("to", format_args!("payment:{payment}")),
            );
        }
    }

    /// The rent of a month: a bill of no goods, paid at once.
    pub(crate) fn rent(&mut self) {
        let bill = self.numbers.next("BI");
        let (net, landlord) = (250_000, "L-rent");
        let line = Data::new()
            .text("line", 1)
            .text("text", "Rent")
            .text("qty", 1)
            .cents("price", net)
            .cents("net", net)
            .cents("tax", net * 19 / 100);
        let total = net + net * 19 / 100;
        let data = Data::new()
            .text("bill", bill)
            .text("supplier", landlord)
            .list("lines", [line])
            .money("total", total, "EUR");
        self.tell("bill.received", BOOKS, data.text("due_on", date(self.at + days(10))));
        let payment = self.numbers.next("PM");
        let data = Data::new()
            .text("payment", payment)
            .text("counterparty", landlord)
            .money("amount", total, "EUR")
            .text("bank_account", "bank-eur");
        self.tell("payment.made", BOOKS, data);
        self.tell(
            "payment.made_allocated",
            BOOKS,
            Data::new().text("payment", payment).text("bill", bill).cents("amount", total),
        );
    }
}
