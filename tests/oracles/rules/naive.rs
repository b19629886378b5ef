//! The naive judge. Invariant: an event may be recorded iff, by the dates of business, every fact
//! that stands is one that the facts before it allow; a void, iff that is so without its target.
//! Nothing is kept but the drafts.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

/// A draft that was recorded, and under which id.
#[derive(Debug, Clone)]
pub struct Said {
    pub id: Uuid,
    pub draft: Value,
}

/// Everything that was recorded, in its order.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub said: Vec<Said>,
}

pub type Verdict = Result<(), &'static str>;

fn text<'a>(draft: &'a Value, field: &str) -> &'a str {
    draft["data"][field].as_str().unwrap_or_default()
}
fn number(draft: &Value, field: &str) -> Decimal {
    let value = &draft["data"][field];
    value
        .as_str()
        .or(value["amount"].as_str())
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}
fn name(draft: &Value) -> &str {
    draft["type"].as_str().unwrap()
}
fn date(draft: &Value) -> &str {
    draft["occurred_at"].as_str().unwrap()
}
fn check(holds: bool, otherwise: &'static str) -> Verdict {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// The entity that a draft opens.
fn opens(draft: &Value) -> Option<String> {
    let field = match name(draft) {
        "invoice.issued" => "invoice",
        "payment.received" => "payment",
        "goods.received" => "receipt",
        "goods.issued" => "issue",
        "goods.transferred" => "goods_transfer",
        "stock.reserved" => "reservation",
        "deal.opened" => "deal",
        "claim.opened" => "claim",
        "task.assigned" => "task",
        "client.registered" => "client",
        "counterparty.registered" => "counterparty",
        _ => return None,
    };
    Some(format!("{field}:{}", text(draft, field)))
}
/// The entities a draft names that something must have opened; those that every history begins with
/// are there.
fn names(draft: &Value) -> Vec<String> {
    let fields = [
        ("invoice", "invoice"),
        ("payment", "payment"),
        ("reservation", "reservation"),
        ("deal", "deal"),
        ("client", "client"),
        ("into", "client"),
        ("claim", "claim"),
        ("task", "task"),
    ];
    let named = fields
        .iter()
        .filter(|(field, _)| draft["data"].get(*field).is_some())
        .map(|(field, kind)| format!("{kind}:{}", text(draft, field)));
    named.filter(|entity| Some(entity) != opens(draft).as_ref()).collect()
}

fn area(draft: &Value) -> &'static str {
    match name(draft) {
        "invoice.issued" => "sales",
        "payment.received"
        | "payment.allocated"
        | "payment.unallocated"
        | "payment.refunded"
        | "invoice.written_off" => "money",
        "goods.received"
        | "goods.issued"
        | "goods.transferred"
        | "stock.reserved"
        | "reservation.released" => "stock",
        "period.closed" | "period.reopened" => "none",
        _ => "all",
    }
}

impl Facts {
    pub fn say(&mut self, draft: Value) {
        self.said.push(Said { id: Uuid::from_u128(self.said.len() as u128 + 1000), draft });
    }
    fn target(&self, draft: &Value) -> Option<&Said> {
        let id = (name(draft) == "event.voided")
            .then(|| text(draft, "target").parse::<Uuid>().unwrap())?;
        self.said.iter().find(|said| said.id == id)
    }
    /// What stands: voided by nothing, and no void itself.
    fn standing(&self) -> Vec<&Said> {
        let voided: Vec<Uuid> = self
            .said
            .iter()
            .filter_map(|said| self.target(&said.draft))
            .map(|target| target.id)
            .collect();
        self.said
            .iter()
            .filter(|said| name(&said.draft) != "event.voided" && !voided.contains(&said.id))
            .collect()
    }
    pub fn admits(&self, draft: &Value) -> Verdict {
        check(date(draft) <= "2025-07-02T00:00:00Z", "too far ahead")?;
        check(name(draft) != "ledger.opened" || self.said.is_empty(), "open already")?;
        let standing = self.standing();
        if name(draft) == "event.voided" {
            let target = self.target(draft).ok_or("unknown")?;
            let rest: Vec<&Value> = standing
                .iter()
                .filter(|said| said.id != target.id)
                .map(|said| &said.draft)
                .collect();
            is_open(&standing, &target.draft)?;
            check(rest.len() < standing.len(), "voided already, or a void")?;
            let opened =
                |entity: &String| rest.iter().any(|other| opens(other).as_ref() == Some(entity));
            check(rest.iter().all(|fact| names(fact).iter().all(opened)), "has dependants")?;
            return walk(rest).map(drop);
        }
        is_open(&standing, draft)?;
        let opened = |entity: &String| {
            standing.iter().any(|said| opens(&said.draft).as_ref() == Some(entity))
        };
        check(opens(draft).is_none_or(|entity| !opened(&entity)), "already exists")?;
        check(names(draft).iter().all(opened), "unknown reference")?;
        walk(standing.iter().map(|said| &said.draft).chain([draft]).collect()).map(drop)
    }
    /// What there is after everything that stands.
    pub fn now(&self) -> State<'_> {
        walk(self.standing().into_iter().map(|said| &said.draft).collect()).unwrap()
    }
}

/// Closings of an area are undone from the latest on, in the order they were recorded.
fn is_open(standing: &[&Said], draft: &Value) -> Verdict {
    let closed = |of: &str| {
        let mut closed: Vec<&str> = Vec::new();
        for said in standing.iter().filter(|said| text(&said.draft, "area") == of) {
            match name(&said.draft) {
                "period.closed" => closed.push(text(&said.draft, "until")),
                _ => drop(closed.pop()),
            }
        }
        closed
    };
    let until = closed(area(draft)).into_iter().chain(closed("all")).max();
    check(
        area(draft) == "none" || until.is_none_or(|until| &date(draft)[..10] > until),
        "period closed",
    )
}

/// The state of everything as the dates go by.
#[derive(Default)]
pub struct State<'a> {
    /// Each invoice with what is open of it.
    pub invoices: BTreeMap<&'a str, (&'a Value, Decimal)>,
    /// Each payment with what is free of it.
    pub payments: BTreeMap<&'a str, (&'a Value, Decimal)>,
    /// How much of a payment an invoice has.
    pub parts: BTreeMap<(&'a str, &'a str), Decimal>,
    pub on_hand: BTreeMap<&'a str, Decimal>,
    /// Each reservation with its warehouse and what it holds.
    pub reserved: BTreeMap<&'a str, (&'a str, Decimal)>,
    /// Each deal with its stage and state.
    pub deals: BTreeMap<&'a str, (&'a str, &'static str)>,
    /// Each claim and task with its state.
    pub work: BTreeMap<&'a str, &'a str>,
    /// Who has each task.
    pub holders: BTreeMap<&'a str, &'a str>,
    pub merged: BTreeMap<&'a str, &'a str>,
    pub linked: BTreeMap<&'a str, &'a str>,
    /// How many closings of each area stand, in the order they were recorded.
    closings: BTreeMap<&'a str, u32>,
}

fn walk(facts: Vec<&Value>) -> Result<State<'_>, &'static str> {
    let mut state = State::default();
    // Periods are judged by the order in which they were recorded.
    for fact in facts.iter().filter(|fact| name(fact).starts_with("period.")) {
        let count = state.closings.entry(text(fact, "area")).or_default();
        match name(fact) {
            "period.closed" => *count += 1,
            _ => *count = count.checked_sub(1).ok_or("nothing closed")?,
        }
    }
    let mut in_order = facts;
    in_order.sort_by_key(|fact| date(fact));
    in_order.into_iter().try_for_each(|fact| state.take(fact))?;
    Ok(state)
}

impl<'a> State<'a> {
    /// Whether something of a payment can be put against an invoice.
    pub fn fit(&self, (payment, invoice): (&str, &str)) -> bool {
        let (Some((payment, free)), Some((invoice, open))) =
            (self.payments.get(payment), self.invoices.get(invoice))
        else {
            return false;
        };
        let own = payment["data"]["counterparty"] == invoice["data"]["counterparty"];
        own && payment["data"]["amount"]["currency"] == invoice["data"]["total"]["currency"]
            && *free > Decimal::ZERO
            && *open > Decimal::ZERO
    }
    fn take(&mut self, fact: &'a Value) -> Verdict {
        match name(fact).split('.').next().unwrap() {
            "invoice" | "payment" => self.take_money(fact),
            "goods" | "stock" | "reservation" => self.take_goods(fact),
            "deal" => self.take_deal(fact),
            "client" | "counterparty" => self.take_client(fact),
            "claim" | "task" => self.take_work(fact),
            _ => Ok(()),
        }
    }
    fn take_money(&mut self, fact: &'a Value) -> Verdict {
        let (invoice, payment, amount) =
            (text(fact, "invoice"), text(fact, "payment"), number(fact, "amount"));
        match name(fact) {
            "invoice.issued" => {
                let total = number(fact, "total");
                let net: Decimal =
                    fact["data"]["lines"][0]["net"].as_str().unwrap().parse().unwrap();
                // A document with lines may come to nothing, as a sample does.
                check(total >= Decimal::ZERO && net == total, "total")?;
                self.invoices.insert(invoice, (fact, total));
                return Ok(());
            }
            "payment.received" => {
                self.payments.insert(payment, (fact, amount));
                check(
                    fact["data"]["amount"]["currency"] == text(fact, "bank_account"),
                    "an account of another currency",
                )?;
                return check(amount > Decimal::ZERO, "not positive");
            }
            _ => check(amount > Decimal::ZERO, "not positive")?,
        }
        if name(fact) == "payment.refunded" {
            let free = &mut self.payments.get_mut(payment).ok_or("before the payment")?.1;
            *free -= amount;
            return check(*free >= Decimal::ZERO, "more than is free");
        }
        let open = self.invoices.get_mut(invoice).ok_or("before the invoice")?;
        if name(fact) == "invoice.written_off" {
            open.1 -= amount;
            return check(open.1 >= Decimal::ZERO, "more than is open");
        }
        let free = self.payments.get_mut(payment).ok_or("before the payment")?;
        let same = |field: &str| free.0["data"][field] == open.0["data"][field];
        check(same("counterparty"), "another party")?;
        check(
            free.0["data"]["amount"]["currency"] == open.0["data"]["total"]["currency"],
            "another currency",
        )?;
        let by = if name(fact) == "payment.allocated" { amount } else { -amount };
        let part = self.parts.entry((payment, invoice)).or_default();
        (free.1, open.1, *part) = (free.1 - by, open.1 - by, *part + by);
        check(
            free.1 >= Decimal::ZERO && open.1 >= Decimal::ZERO && *part >= Decimal::ZERO,
            "more than there is",
        )
    }
    fn take_goods(&mut self, fact: &'a Value) -> Verdict {
        let (warehouse, qty) = (text(fact, "warehouse"), number(fact, "qty"));
        check(qty > Decimal::ZERO, "not positive")?;
        match name(fact) {
            "goods.received" => *self.on_hand.entry(warehouse).or_default() += qty,
            "goods.issued" => *self.on_hand.entry(warehouse).or_default() -= qty,
            "goods.transferred" => {
                check(text(fact, "from") != text(fact, "to"), "to itself")?;
                *self.on_hand.entry(text(fact, "from")).or_default() -= qty;
                *self.on_hand.entry(text(fact, "to")).or_default() += qty;
            }
            "stock.reserved" => {
                self.reserved.insert(text(fact, "reservation"), (warehouse, qty));
            }
            _ => {
                let held = &mut self
                    .reserved
                    .get_mut(text(fact, "reservation"))
                    .ok_or("before the reservation")?
                    .1;
                *held -= qty;
                check(*held >= Decimal::ZERO, "more than is held")?;
            }
        }
        let held = |place: &str| {
            self.reserved
                .values()
                .filter(|(there, _)| *there == place)
                .map(|(_, held)| *held)
                .sum::<Decimal>()
        };
        let there = |place: &str| self.on_hand.get(place).copied().unwrap_or_default();
        check(["w1", "w2"].iter().all(|place| there(place) >= held(place)), "more than there is")
    }
    fn take_deal(&mut self, fact: &'a Value) -> Verdict {
        let deal = text(fact, "deal");
        if name(fact) == "deal.opened" {
            check(text(fact, "stage") != "s3", "stage")?;
            self.deals.insert(deal, (text(fact, "stage"), "open"));
            return Ok(());
        }
        let (stage, state) = self.deals.get(deal).copied().ok_or("before the opening")?;
        let next = match name(fact) {
            "deal.stage_entered" => {
                check(
                    stage == text(fact, "from") && text(fact, "to") != "s3" && state != "won",
                    "stage",
                )?;
                (text(fact, "to"), state)
            }
            "deal.put_on_hold" => (stage, (state == "open").then_some("held").ok_or("state")?),
            "deal.resumed" => (stage, (state == "held").then_some("open").ok_or("state")?),
            "deal.won" => (stage, (state != "won").then_some("won").ok_or("state")?),
            _ => (text(fact, "stage"), (state == "won").then_some("open").ok_or("state")?),
        };
        self.deals.insert(deal, next);
        Ok(())
    }
    fn take_client(&mut self, fact: &'a Value) -> Verdict {
        let (client, legal) = (text(fact, "client"), text(fact, "counterparty"));
        match name(fact) {
            "client.merged" => {
                check(!self.merged.contains_key(client), "merged")?;
                let mut at = text(fact, "into");
                self.merged.insert(client, at);
                while let Some(into) = self.merged.get(at).filter(|_| at != client) {
                    at = into;
                }
                check(at != client, "a circle")
            }
            "client.unmerged" => check(self.merged.remove(client).is_some(), "not merged"),
            "counterparty.linked" => check(self.linked.insert(legal, client).is_none(), "linked"),
            "counterparty.unlinked" => {
                check(self.linked.remove(legal) == Some(client), "not linked")
            }
            _ => Ok(()),
        }
    }
    /// A claim never takes the status it has, and what is closed is only opened again; a task is
    /// started once, done or cancelled once, and given on by whoever has it.
    fn take_work(&mut self, fact: &'a Value) -> Verdict {
        let of =
            if name(fact).starts_with("claim") { text(fact, "claim") } else { text(fact, "task") };
        if matches!(name(fact), "claim.opened" | "task.assigned") {
            self.work.insert(of, "open");
            if name(fact) == "task.assigned" {
                self.holders.insert(of, text(fact, "assignee"));
            }
            return Ok(());
        }
        let state = self.work.get_mut(of).ok_or("before the opening")?;
        if name(fact) == "claim.reopened" {
            check(*state == "done", "not closed")?;
            *state = "open";
            return Ok(());
        }
        check(*state != "done", "done")?;
        match name(fact) {
            "claim.responded" | "claim.assigned" | "task.due_changed" => (),
            "claim.status_changed" => {
                check(text(fact, "to") != *state, "the same status")?;
                *state = text(fact, "to");
            }
            "task.started" => {
                check(*state != "started", "started")?;
                *state = "started";
            }
            "task.reassigned" => {
                let had = self.holders.insert(of, text(fact, "to"));
                check(had == Some(text(fact, "from")), "somebody else has it")?;
            }
            _ => *state = "done",
        }
        Ok(())
    }
}
