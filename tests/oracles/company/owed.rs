//! R37 from the raw records. Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Event,
    event::{Accounting, Invoices},
    time::Date,
};

use super::{Asked, Row, number, sums};
use crate::trade::history::Random;

/// A bill, naively.
#[derive(Default)]
struct Bill {
    supplier: String,
    currency: String,
    issued: Option<Date>,
    total: Decimal,
    due: Vec<(Date, Decimal)>,
    credited: Vec<(Date, Decimal)>,
    /// What payments settle of it.
    paid: BTreeMap<String, Decimal>,
    /// What set-offs settle of it, and what need not be paid.
    off: BTreeMap<String, Decimal>,
}

/// A payment to a supplier, naively.
#[derive(Default)]
struct Paid {
    supplier: String,
    currency: String,
    amount: Decimal,
}

/// What is known of bills and payments made.
#[derive(Default)]
struct Walked {
    bills: BTreeMap<String, Bill>,
    payments: BTreeMap<String, Paid>,
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn walk(asked: &Asked<'_>) -> Walked {
    let zone = asked.world.views.company.zone();
    let mut walked = Walked::default();
    for record in asked.records(&asked.as_of) {
        let day = record.occurred_at().date(&zone);
        match &record.event {
            Event::Accounting(Accounting::BillReceived(e)) => {
                let mut due: Vec<(Date, Decimal)> =
                    e.instalments.iter().map(|part| (part.due_on, part.amount.get())).collect();
                due.extend(e.due_on.map(|on| (on, e.total.amount.get())));
                due.sort_by_key(|(on, _)| *on);
                walked.bills.insert(
                    e.bill.to_string(),
                    Bill {
                        supplier: e.supplier.to_string(),
                        currency: e.total.currency.to_string(),
                        issued: Some(day),
                        total: e.total.amount.get(),
                        due,
                        ..Bill::default()
                    },
                );
            }
            Event::Accounting(Accounting::BillBroughtForward(e)) => {
                let mut due: Vec<(Date, Decimal)> =
                    e.instalments.iter().map(|part| (part.due_on, part.amount.get())).collect();
                due.extend(e.due_on.map(|on| (on, e.total.amount.get())));
                due.sort_by_key(|(on, _)| *on);
                // It was billed before these books: of them nothing is billed lately.
                walked.bills.insert(
                    e.bill.to_string(),
                    Bill {
                        supplier: e.supplier.to_string(),
                        currency: e.total.currency.to_string(),
                        total: e.total.amount.get(),
                        due,
                        ..Bill::default()
                    },
                );
            }
            Event::Invoices(Invoices::PaymentBroughtForward(e))
                if e.direction == sijil_schemas::PaymentWay::Made =>
            {
                walked.payments.insert(
                    e.payment.to_string(),
                    Paid {
                        supplier: e
                            .counterparty
                            .as_ref()
                            .map_or_else(String::new, ToString::to_string),
                        currency: e.amount.currency.to_string(),
                        amount: e.amount.amount.get(),
                    },
                );
            }
            Event::Accounting(Accounting::PaymentMadeUnallocated(e)) => {
                let bill = walked.bills.get_mut(e.bill.as_str()).expect("it was received");
                *bill.paid.entry(e.payment.to_string()).or_default() -= e.amount.get();
            }
            Event::Accounting(Accounting::PaymentMadeRefunded(e)) => {
                if let Some(paid) = walked.payments.get_mut(e.payment.as_str()) {
                    paid.amount -= e.amount.get();
                }
            }
            Event::Accounting(Accounting::BillWrittenOff(e)) => {
                let bill = walked.bills.get_mut(e.bill.as_str()).expect("it was received");
                *bill.off.entry("waived".into()).or_default() += e.amount.get();
            }
            Event::Invoices(Invoices::SetOffRecorded(e)) => {
                for part in &e.bills {
                    let bill = walked.bills.get_mut(part.bill.as_str()).expect("it was received");
                    bill.off.insert(e.set_off.to_string(), part.amount.get());
                }
            }
            Event::Invoices(Invoices::SetOffReversed(e)) => {
                for bill in walked.bills.values_mut() {
                    bill.off.remove(e.set_off.as_str());
                }
            }
            Event::Accounting(Accounting::BillCredited(e)) => {
                let bill = walked.bills.get_mut(e.bill.as_str()).expect("it was received");
                bill.credited.push((day, e.total.amount.get()));
            }
            Event::Accounting(Accounting::PaymentMade(e)) => {
                let kept_back = e.deductions.iter().flatten().map(|part| part.amount.get());
                walked.payments.insert(
                    e.payment.to_string(),
                    Paid {
                        supplier: e.counterparty.to_string(),
                        currency: e.amount.currency.to_string(),
                        amount: e.amount.amount.get() + kept_back.sum::<Decimal>(),
                    },
                );
            }
            Event::Accounting(Accounting::PaymentMadeAllocated(e)) => {
                let bill = walked.bills.get_mut(e.bill.as_str()).expect("it was received");
                *bill.paid.entry(e.payment.to_string()).or_default() += e.amount.get();
            }
            Event::Invoices(Invoices::PaymentReversed(e)) => {
                if walked.payments.remove(e.payment.as_str()).is_some() {
                    for bill in walked.bills.values_mut() {
                        bill.paid.remove(e.payment.as_str());
                    }
                }
            }
            _ => (),
        }
    }
    walked
}

fn bucket(days: i32) -> &'static str {
    match days {
        ..=0 => "not_due",
        1..=30 => "days_1_30",
        31..=60 => "days_31_60",
        61..=90 => "days_61_90",
        _ => "over_90",
    }
}

const BUCKETS: [&str; 5] = ["not_due", "days_1_30", "days_31_60", "days_61_90", "over_90"];

pub fn payables(asked: &Asked<'_>, random: &mut Random) -> usize {
    let walked = walk(asked);
    let group = *random.pick(&["none", "supplier", "bill"]);
    let rows = asked.rows("payables", &asked.as_of, &[("group", group)]).expect("no rate is asked");
    let as_of: Date = asked.as_of.parse().unwrap();
    let mut expected: BTreeMap<&str, BTreeMap<Vec<String>, Decimal>> = BTreeMap::new();
    let mut add = |column: &'static str, group: &str, currency: &str, amount: Decimal| {
        let key = vec![group.to_owned(), currency.to_owned()];
        *expected.entry(column).or_default().entry(key).or_default() += amount;
    };
    let mut billed: BTreeMap<Vec<String>, Decimal> = BTreeMap::new();
    let mut free: BTreeMap<&str, Decimal> =
        walked.payments.iter().map(|(id, paid)| (id.as_str(), paid.amount)).collect();
    for (id, bill) in &walked.bills {
        let name = match group {
            "supplier" => &bill.supplier,
            "bill" => id,
            _ => "",
        };
        let credits: Decimal = bill.credited.iter().map(|(_, amount)| amount).sum();
        let mut settled =
            credits + bill.paid.values().sum::<Decimal>() + bill.off.values().sum::<Decimal>();
        for (on, amount) in &bill.due {
            let filled = settled.min(*amount).max(Decimal::ZERO);
            settled -= filled;
            add(bucket(as_of.days() - on.days()), name, &bill.currency, amount - filled);
            add("gross", name, &bill.currency, amount - filled);
        }
        // What was credited after it was paid.
        add("advances", name, &bill.currency, settled.max(Decimal::ZERO));
        for (payment, amount) in &bill.paid {
            *free.get_mut(payment.as_str()).expect("it was made") -= amount;
        }
        let lately = |day: Date| as_of.days() - day.days() < 90;
        let key = || vec![name.to_owned(), bill.currency.clone()];
        if bill.issued.is_some_and(lately) {
            *billed.entry(key()).or_default() += bill.total;
        }
        for (_, amount) in bill.credited.iter().filter(|(day, _)| lately(*day)) {
            *billed.entry(key()).or_default() -= *amount;
        }
    }
    for (id, paid) in &walked.payments {
        let name = if group == "supplier" { paid.supplier.as_str() } else { "" };
        add("advances", name, &paid.currency, free[id.as_str()]);
    }
    let by: Vec<&str> = if group == "none" { vec!["currency"] } else { vec!["group", "currency"] };
    let key = |key: &Vec<String>| if group == "none" { key[1..].to_vec() } else { key.clone() };
    for column in BUCKETS.iter().chain(&["gross", "advances"]) {
        let mut want: BTreeMap<Vec<String>, Decimal> = BTreeMap::new();
        for (of, amount) in expected.get(column).into_iter().flatten() {
            *want.entry(key(of)).or_default() += *amount;
        }
        want.retain(|_, amount| !amount.is_zero());
        assert_eq!(sums(&rows, &by, column), want, "{column} by {group} at {as_of}");
    }
    outstanding_days(
        &rows,
        &by,
        &billed.into_iter().map(|(k, sum)| (key(&k), sum)).collect::<Vec<_>>(),
    );
    rows.len() + in_base(asked)
}

/// How long bills stay open, by what was billed lately.
fn outstanding_days(rows: &[Row], by: &[&str], billed: &[(Vec<String>, Decimal)]) {
    for row in rows {
        let of: Vec<String> = by.iter().map(|name| row[name].clone()).collect();
        let gross = number(&row["gross"]);
        assert_eq!(gross - number(&row["advances"]), number(&row["balance"]), "{row:?}");
        let lately: Decimal =
            billed.iter().filter(|(key, _)| *key == of).map(|(_, amount)| amount).sum();
        let dpo = if lately > Decimal::ZERO {
            let exact = gross * Decimal::from(90) / lately;
            let half_up = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
            let mut days = exact.round_dp_with_strategy(2, half_up);
            days.rescale(2);
            days.to_string()
        } else {
            String::new()
        };
        assert_eq!(row["dpo"], dpo, "{row:?}");
    }
}

/// In base they are what the accounts say.
fn in_base(asked: &Asked<'_>) -> usize {
    let base = [("in", "base")];
    let Some(rows) = asked.rows("payables", &asked.as_of, &base) else { return 0 };
    let Some(books) = asked.rows("trial_balance", &asked.as_of, &base) else { return 0 };
    let of = |account: &str| -> Decimal {
        let of =
            books.iter().filter(|row| row["account"] == account && row["unit"] == asked.base());
        of.map(|row| number(&row["balance"])).sum()
    };
    let balance: Decimal = rows.iter().map(|row| number(&row["balance"])).sum();
    let booked = -of("liabilities/payable") - of("assets/supplier_advances");
    assert_eq!(balance, booked, "in base at {}", asked.as_of);
    let side = [("side", "supplier"), ("group", "none"), ("in", "base")];
    if let Some(closing) = asked.rows("statement", &asked.as_of, &side) {
        let closing: Decimal = closing.iter().map(|row| number(&row["closing"])).sum();
        assert_eq!(closing, balance, "statements of suppliers at {}", asked.as_of);
    }
    // What has no bill, or no receipt, is what stands there.
    let open = asked.rows("payables", &asked.as_of, &[("view", "unbilled")]);
    let open = open.expect("rates are there");
    let stands: Decimal = open.iter().map(|row| number(&row["in_base"])).sum();
    let booked = -of("liabilities/goods_received_not_invoiced");
    assert_eq!(stands, booked, "not invoiced at {}", asked.as_of);
    1 + open.len()
}
