//! Orders: reserved, sent in one or two parts, sometimes cancelled, sometimes sent back. Invariant:
//! what is reserved lies on the shelf until it is sent or released.

use super::{
    calendar::{HOUR, date},
    company::{Company, Step, days},
    draft::{Data, Id, Who},
    money::Invoice,
    opening::STOREKEEPER,
    service::Claim,
    stock::{WAREHOUSES, item_id},
};

/// A line of an order.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The item; the services stand behind the goods.
    pub(crate) item: Sold,
    pub(crate) qty: i64,
    pub(crate) price: i64,
    /// Percent off the price.
    pub(crate) discount: i64,
    pub(crate) tax: i64,
    /// How many are still to be sent, and the reservation that holds them.
    left: i64,
    reservation: u64,
}

/// What a line sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sold {
    Goods(u32),
    Delivery,
}

impl Line {
    pub(crate) const fn net(&self) -> i64 {
        self.price * self.qty * (100 - self.discount) / 100
    }

    /// The line as documents have it.
    pub(crate) fn data(&self, number: usize) -> Data {
        let data = Data::new().text("line", number);
        let data = match self.item {
            Sold::Goods(item) => data.text("item", item_id(item)),
            Sold::Delivery => data.text("item", "delivery"),
        };
        let data = data.text("qty", self.qty).cents("price", self.price);
        let data = if self.discount > 0 {
            data.text("discount", format_args!("0.{:02}", self.discount))
        } else {
            data
        };
        data.cents("net", self.net()).cents("tax", self.tax)
    }
}

/// An order that is not settled yet.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) client: u64,
    pub(crate) owner: u16,
    /// Whether the legal entity is named.
    pub(crate) linked: bool,
    pub(crate) dollars: bool,
    pub(crate) lines: Vec<Line>,
    warehouse: usize,
    shipments: u32,
}

impl Order {
    pub(crate) const fn currency(&self) -> &'static str {
        if self.dollars { "USD" } else { "EUR" }
    }
    const fn entity(&self) -> Id {
        Id("O", self.id)
    }
}

/// Goods that will come back.
#[derive(Debug)]
pub(crate) struct Comeback {
    shipment: Id,
    issue: Id,
    invoice: u64,
    warehouse: usize,
    number: usize,
    qty: i64,
    line: Line,
    currency: &'static str,
}

impl Company {
    /// A sale without a deal.
    pub(crate) fn counter_sale(&mut self) {
        let client = self.some_client();
        if client > 0 {
            let owner = self.owner_of(client);
            self.place_order(client, owner, None);
        }
    }

    /// Places an order for what the shelves have; gives it and its net sum.
    pub(crate) fn place_order(
        &mut self,
        client: u64,
        owner: u16,
        deal: Option<Id>,
    ) -> Option<(Id, i64)> {
        let known = *self.client(client)?;
        let id = self.numbers.next("O");
        let warehouse = usize::from(owner) % WAREHOUSES.len();
        let mut lines = Vec::new();
        for _ in 0..self.random.pick(&[1, 1, 2, 2, 3]) {
            lines.extend(self.pick_line(warehouse, known.dollars, &lines));
        }
        if lines.is_empty() || self.random.chance(150) {
            let price = 100 * self.random.between(15, 80);
            lines.push(Line {
                item: Sold::Delivery,
                qty: 1,
                price,
                discount: 0,
                tax: tax(price, known.dollars),
                left: 0,
                reservation: 0,
            });
        }
        let order = Order {
            id: id.1,
            client,
            owner,
            linked: known.linked,
            dollars: known.dollars,
            lines,
            warehouse,
            shipments: 0,
        };
        Some((id, self.placed(order, deal)))
    }

    fn placed(&mut self, mut order: Order, deal: Option<Id>) -> i64 {
        let (actor, behalf) = self.acting(order.owner);
        let data = Data::new().text("order", order.entity()).text("client", Id("C", order.client));
        let data = data
            .maybe("counterparty", order.linked.then_some(Id("L", order.client)))
            .text("owner", Who::Manager(order.owner));
        let data = data.text("currency", order.currency()).lines(
            ("order", order.entity()),
            self.in_parts(24),
            order.lines.iter().zip(1..).map(|(line, n)| line.data(n)),
        );
        let promised = date(self.at + days(self.random.between(3, 14)));
        self.tell_at(
            self.at,
            "order.placed",
            actor,
            behalf,
            data.maybe("deal", deal).text("promised_on", promised),
        );
        let net = order.lines.iter().map(Line::net).sum();
        for n in 0..order.lines.len() {
            let Sold::Goods(item) = order.lines[n].item else { continue };
            let reservation = self.numbers.next("R");
            let qty = order.lines[n].qty;
            order.lines[n].reservation = reservation.1;
            self.shelves.hold(item, order.warehouse, qty);
            let data = Data::new()
                .text("reservation", reservation)
                .text("item", item_id(item))
                .text("warehouse", WAREHOUSES[order.warehouse].0);
            self.tell(
                "stock.reserved",
                STOREKEEPER,
                data.text("qty", qty).text("ref", format_args!("order:{}", order.entity())),
            );
        }
        if self.random.chance(25) {
            self.advance(&order);
        }
        self.plan(2 * HOUR, days(5), Step::Order(Box::new(order)));
        net
    }

    /// Goods of which there are enough, and which the order does not have yet.
    fn pick_line(&mut self, warehouse: usize, dollars: bool, taken: &[Line]) -> Option<Line> {
        for _ in 0..4 {
            let item = self.shelves.wanted(warehouse, &mut self.random);
            let qty = self.random.pick(&[1, 1, 2, 2, 3, 4, 5, 6, 8, 10]);
            if taken.iter().any(|l| l.item == Sold::Goods(item)) {
                continue;
            }
            if self.shelves.available(item, warehouse) < qty {
                self.shelves.miss(item, warehouse);
                continue;
            }
            let price = self.shelves.price(item);
            let discount = self.random.pick(&[0, 0, 0, 0, 5, 10]);
            let mut line = Line {
                item: Sold::Goods(item),
                qty,
                price,
                discount,
                tax: 0,
                left: qty,
                reservation: 0,
            };
            line.tax = tax(line.net(), dollars);
            return Some(line);
        }
        None
    }

    /// The next step of an order: it is sent, or cancelled.
    pub(crate) fn order(&mut self, mut order: Box<Order>) {
        let goods = order.lines.iter().any(|l| l.left > 0);
        if goods && order.shipments == 0 && self.random.chance(35) {
            return self.cancel(&order);
        }
        if goods {
            self.ship(&mut order);
        }
        if order.lines.iter().any(|l| l.left > 0) {
            return self.plan(days(1), days(8), Step::Order(order));
        }
        let id = self.numbers.next("I").1;
        let returns = self.aftermath(&order, id);
        self.plan(HOUR, days(2), Step::Invoice(Box::new(Invoice::new(id, &order, returns))));
    }

    fn cancel(&mut self, order: &Order) {
        let (actor, behalf) = self.acting(order.owner);
        for line in order.lines.iter().filter(|l| l.left > 0) {
            if let Sold::Goods(item) = line.item {
                self.shelves.hold(item, order.warehouse, -line.left);
                self.tell(
                    "reservation.released",
                    STOREKEEPER,
                    Data::new().text("reservation", Id("R", line.reservation)),
                );
            }
        }
        let reason = self.random.pick(&["Client changed plans", "Ordered twice", "Too late"]);
        self.tell_at(
            self.at,
            "order.cancelled",
            actor,
            behalf,
            Data::new().text("order", order.entity()).text("reason", reason),
        );
    }

    fn ship(&mut self, order: &mut Order) {
        let shipment = self.numbers.next("H");
        let in_part = order.shipments == 0 && self.random.chance(220);
        order.shipments += 1;
        let mut sent = Vec::new();
        for (n, line) in order.lines.iter_mut().enumerate() {
            let Sold::Goods(item) = line.item else { continue };
            let qty = if in_part { line.left / 2 } else { line.left };
            if qty > 0 {
                line.left -= qty;
                sent.push((n + 1, item, qty, line.reservation, line.left));
            }
        }
        // Half of one piece is none: what cannot be parted waits for the next shipment.
        if sent.is_empty() {
            return;
        }
        let goods = sent.iter().map(|(n, item, qty, _, _)| {
            Data::new().text("line", n).text("item", item_id(*item)).text("qty", qty)
        });
        let data = Data::new().text("shipment", shipment).text("order", order.entity()).lines(
            ("shipment", shipment),
            self.in_parts(24),
            goods,
        );
        let data = if self.random.chance(100) { data.raw("warranty_months", 24) } else { data };
        self.tell("shipment.dispatched", STOREKEEPER, data);
        for (_, item, qty, reservation, left) in sent {
            let data = Data::new().text("reservation", Id("R", reservation));
            self.tell(
                "reservation.released",
                STOREKEEPER,
                if left > 0 { data.text("qty", qty) } else { data },
            );
            let issue = self.numbers.next("G");
            let data = Data::new()
                .text("issue", issue)
                .text("item", item_id(item))
                .text("warehouse", WAREHOUSES[order.warehouse].0)
                .text("qty", qty);
            self.tell(
                "goods.issued",
                STOREKEEPER,
                data.text("reason", "sale")
                    .refs(&[("order", order.entity()), ("shipment", shipment)]),
            );
            self.shelves.hold(item, order.warehouse, -qty);
            self.shelves.take(item, order.warehouse, qty);
        }
    }

    /// Some goods come back, some clients complain: both about the shipment of just now. Says
    /// whether goods will come back.
    fn aftermath(&mut self, order: &Order, invoice: u64) -> bool {
        let Some(shipment) = self.numbers.last("H").filter(|_| order.shipments == 1) else {
            return false;
        };
        let shipment = Id("H", shipment);
        // The last line that was sent is the one of the last issue.
        let goods = order.lines.iter().enumerate().rfind(|(_, l)| l.item != Sold::Delivery);
        let (Some((n, line)), Some(issue)) = (goods, self.numbers.last("G")) else { return false };
        let returns = self.random.chance(50);
        if returns {
            let qty = self.random.between(1, line.qty);
            let (line, currency, warehouse) = (line.clone(), order.currency(), order.warehouse);
            let back = Comeback {
                shipment,
                issue: Id("G", issue),
                invoice,
                warehouse,
                number: n + 1,
                qty,
                line,
                currency,
            };
            self.plan(days(5), days(25), Step::Comeback(Box::new(back)));
        }
        if self.random.chance(55) {
            self.plan(
                days(2),
                days(30),
                Step::Claim(Claim::new(order.client, order.owner, shipment)),
            );
        }
        returns
    }

    /// Goods come back: onto the shelf, and off the invoice.
    pub(crate) fn comeback(&mut self, back: &Comeback) {
        let Sold::Goods(item) = back.line.item else { return };
        let id = self.numbers.next("B");
        let line =
            Data::new().text("line", back.number).text("item", item_id(item)).text("qty", back.qty);
        self.tell(
            "return.received",
            STOREKEEPER,
            Data::new().text("goods_return", id).text("shipment", back.shipment).lines(
                ("goods_return", id),
                self.in_parts(3),
                [line],
            ),
        );
        let receipt = self.numbers.next("Q");
        let data = Data::new()
            .text("receipt", receipt)
            .text("item", item_id(item))
            .text("warehouse", WAREHOUSES[back.warehouse].0)
            .text("qty", back.qty);
        self.tell(
            "goods.received",
            STOREKEEPER,
            data.text("returns", back.issue).refs(&[("goods_return", id)]),
        );
        self.shelves.put(item, back.warehouse, back.qty);
        let mut part = back.line.clone();
        part.tax = part.tax * back.qty / part.qty;
        part.qty = back.qty;
        let credit = self.numbers.next("X");
        let total = part.net() + part.tax;
        if total > 0 {
            *self.credited.entry(back.invoice).or_default() += total;
            let data = Data::new()
                .text("credit_note", credit)
                .text("invoice", Id("I", back.invoice))
                .lines(("credit_note", credit), self.in_parts(3), [part.data(back.number)]);
            self.tell(
                "credit_note.issued",
                super::opening::BOOKS,
                data.money("total", total, back.currency).text("reason", "Goods came back"),
            );
        }
    }
}

/// The tax on a net sum; sales in dollars are exports.
pub(crate) const fn tax(net: i64, dollars: bool) -> i64 {
    if dollars { 0 } else { net * 19 / 100 }
}
