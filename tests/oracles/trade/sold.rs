//! Oracles of R12, R13 and R14. Invariant: see the parent.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::time::Date;

use super::{
    Rows, ask,
    history::{History, Random},
    naive::{Asked, Bill, Whose, shown, walk},
    owed::question,
    rows,
};
use crate::world::World;

/// One invoice or credit note line by line.
struct Sale {
    day: Date,
    currency: String,
    client: Option<String>,
    owner: Option<String>,
    invoice: bool,
    parts: Vec<(Option<String>, Decimal, Decimal)>,
}

/// A total split into net and tax, then over the lines, by whole cents, largest remainders first.
fn shares(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return weights.iter().enumerate().map(|(n, _)| if n == 0 { total } else { 0 }).collect();
    }
    let mut parts: Vec<i128> = weights.iter().map(|w| total * w / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|n| (std::cmp::Reverse(total * weights[*n] % sum), *n));
    let left = total - parts.iter().sum::<i128>();
    for n in order.into_iter().take(usize::try_from(left).expect("not negative")) {
        parts[n] += 1;
    }
    parts
}

fn cents(amount: Decimal) -> i128 {
    let mut amount = amount;
    amount.rescale(2);
    amount.mantissa()
}

fn credit_parts(bill: &Bill<'_>, credit: &sijil_schemas::CreditNoteIssued) -> Vec<(Option<String>, Decimal, Decimal)> {
    let item = |l: &sijil_schemas::Line| l.item.as_ref().map(ToString::to_string);
    if !credit.lines.is_empty() {
        return credit.lines.iter().map(|l| (item(l), -l.net.get(), -l.qty.get())).collect();
    }
    let nets: Vec<i128> = bill.issued.lines.iter().map(|l| cents(l.net.get())).collect();
    let taxes: i128 = bill.issued.lines.iter().map(|l| cents(l.tax.get())).sum();
    let net = shares(cents(credit.total.amount.get()), &[nets.iter().sum(), taxes])[0];
    bill.issued.lines.iter().zip(shares(net, &nets)).map(|(l, net)| (item(l), -Decimal::from_i128_with_scale(net, 2), Decimal::ZERO)).collect()
}

fn sales(world: &World, asked: &Asked) -> Vec<Sale> {
    let (walked, whose, zone) = (walk(world, asked), Whose::new(world, asked), world.views.company.zone());
    let mut all = Vec::new();
    for bill in walked.invoices.values() {
        let sale = |at: sijil_schemas::time::Timestamp, invoice: bool, parts| Sale {
            day: at.date(&zone),
            currency: bill.issued.total.currency.to_string(),
            client: whose.of_invoice(bill),
            owner: bill.issued.owner.as_ref().map(ToString::to_string),
            invoice,
            parts,
        };
        let lines = bill.issued.lines.iter().map(|l| (l.item.as_ref().map(ToString::to_string), l.net.get(), l.qty.get())).collect();
        all.push(sale(bill.record.occurred_at(), true, lines));
        all.extend(bill.credits.iter().map(|(record, credit)| sale(record.occurred_at(), false, credit_parts(bill, credit))));
    }
    all
}

fn by_group(sale: &Sale, by: &str) -> BTreeMap<String, (Decimal, Decimal)> {
    let mut groups: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
    for (item, net, qty) in &sale.parts {
        let group = match by {
            "item" => item.clone(),
            "client" => sale.client.clone(),
            "owner" | "manager" => sale.owner.clone(),
            _ => None,
        };
        let sums = groups.entry(group.unwrap_or_default()).or_default();
        *sums = (sums.0 + net, sums.1 + qty);
    }
    groups
}

fn first_invoices(sales: &[Sale]) -> BTreeMap<&str, Date> {
    let mut first: BTreeMap<&str, Date> = BTreeMap::new();
    for sale in sales.iter().filter(|s| s.invoice) {
        if let Some(client) = &sale.client {
            let day = first.entry(client).or_insert(sale.day);
            *day = (*day).min(sale.day);
        }
    }
    first
}

/// What is counted for one row.
#[derive(Default)]
struct Sums<'a> {
    invoiced: Decimal,
    credited: Decimal,
    invoices: usize,
    units: Decimal,
    clients: BTreeSet<&'a str>,
    previous: Decimal,
}

pub fn compare_sales(history: &History, random: &mut Random) -> usize {
    let (world, asked) = (&history.world, question(history, random));
    let sales = sales(world, &asked);
    let first = first_invoices(&sales);
    let mut compared = compare_retention(world, &asked, &sales, &first) + compare_orders(world, &asked);
    let month = random.below(6) + 1;
    let (from, to) = (format!("2025-{month:02}-01"), last_day(month));
    let (start, end): (Date, Date) = (from.parse().expect("a day"), to.parse().expect("a day"));
    let previous = if month == 1 { ("2024-12-01".to_owned(), "2024-12-31".to_owned()) } else { (format!("2025-{:02}-01", month - 1), last_day(month - 1)) };
    let (before, until): (Date, Date) = (previous.0.parse().expect("a day"), previous.1.parse().expect("a day"));
    for by in ["none", "client", "item", "owner"] {
        let mut sums: BTreeMap<Vec<String>, Sums<'_>> = BTreeMap::new();
        for sale in &sales {
            for (group, (net, qty)) in by_group(sale, by) {
                let key = if by == "none" { vec![sale.currency.clone()] } else { vec![group, sale.currency.clone()] };
                if (before..=until).contains(&sale.day) {
                    sums.entry(key.clone()).or_default().previous += net;
                }
                if (start..=end).contains(&sale.day) {
                    let sum = sums.entry(key).or_default();
                    sum.units += qty;
                    if sale.invoice {
                        (sum.invoiced, sum.invoices) = (sum.invoiced + net, sum.invoices + 1);
                        sum.clients.extend(sale.client.as_deref());
                    } else {
                        sum.credited -= net;
                    }
                }
            }
        }
        let mut expected = Rows::new();
        for (key, Sums { invoiced, credited, invoices: n, units, clients, previous }) in sums {
            let new = clients.iter().filter(|c| first[**c] >= start).count();
            let counts = [n, clients.len(), new, clients.len() - new].map(|n| n.to_string());
            let mut row: Vec<String> = [invoiced - credited, invoiced, credited, previous].map(shown).to_vec();
            row.push(units.normalize().to_string());
            row.extend(counts);
            expected.insert(key, row);
        }
        let keys: &[&str] = if by == "none" { &["currency"] } else { &["group", "currency"] };
        let table = ask(world, "sales", &asked, &[("group", by), ("from", &from), ("to", &to)]);
        let measures = ["net", "invoiced", "credited", "previous", "units", "invoices", "clients", "new", "repeat"];
        compared += expected.len();
        assert_eq!(rows(&table, keys, &measures), expected, "sales by {by} in {from}, as_of {:?} known_at {}", asked.as_of, asked.known_at);
    }
    compared
}

fn last_day(month: u64) -> String {
    let days = [31, 28, 31, 30, 31, 30][usize::try_from(month - 1).expect("small")];
    format!("2025-{month:02}-{days}")
}

fn compare_retention(world: &World, asked: &Asked, sales: &[Sale], first: &BTreeMap<&str, Date>) -> usize {
    let number = |day: &Date| {
        let text = day.to_string();
        text[..4].parse::<i64>().expect("a year") * 12 + text[5..7].parse::<i64>().expect("a month")
    };
    let last = number(&asked.as_of.as_ref().expect("a day").parse().expect("a day"));
    let mut expected = Rows::new();
    let cohorts: BTreeSet<(i64, String)> = first.values().map(|day| (number(day), day.to_string()[..7].to_owned())).collect();
    for (cohort, name) in cohorts {
        let members: BTreeSet<&str> = first.iter().filter(|(_, day)| number(day) == cohort).map(|(c, _)| *c).collect();
        for month in cohort..=last {
            let of_month = sales.iter().filter(|s| s.invoice && number(&s.day) == month);
            let active: BTreeSet<&str> = of_month.filter_map(|s| s.client.as_deref()).filter(|c| members.contains(c)).collect();
            expected.insert(vec![name.clone(), (month - cohort).to_string()], vec![members.len().to_string(), active.len().to_string()]);
        }
    }
    assert_eq!(rows(&ask(world, "retention", asked, &[]), &["cohort", "month"], &["clients", "active"]), expected, "retention as_of {:?}", asked.as_of);
    expected.len()
}

fn compare_orders(world: &World, asked: &Asked) -> usize {
    let before = asked.before(world);
    let whose = Whose::new(world, asked);
    let mut sums: BTreeMap<Vec<String>, (usize, usize, Decimal, Decimal)> = BTreeMap::new();
    for record in super::naive::known(world, asked).into_iter().filter(|r| r.occurred_at() < before) {
        if let sijil_schemas::Event::Orders(sijil_schemas::event::Orders::OrderPlaced(e)) = &record.event {
            let client = whose.of(
                record.occurred_at(),
                e.client.as_ref().map(sijil_schemas::id::Id::as_str),
                e.counterparty.as_ref().map(sijil_schemas::id::Id::as_str),
                None,
            );
            let sum = sums.entry(vec![client.unwrap_or_default(), e.currency.to_string()]).or_default();
            (sum.0, sum.1) = (sum.0 + 1, sum.1 + e.lines.len());
            for line in &e.lines {
                (sum.2, sum.3) = (sum.2 + line.qty.get(), sum.3 + line.net.get());
            }
        }
    }
    let expected: Rows = sums
        .into_iter()
        .map(|(key, (n, lines, units, net))| (key, vec![n.to_string(), lines.to_string(), units.normalize().to_string(), shown(net)]))
        .collect();
    let table = ask(world, "sales", asked, &[("basis", "orders"), ("group", "client")]);
    assert_eq!(rows(&table, &["group", "currency"], &["orders", "lines", "units", "net"]), expected, "orders");
    expected.len()
}

pub fn compare_classes(history: &History, random: &mut Random) -> usize {
    let (world, asked) = (&history.world, question(history, random));
    let sales = sales(world, &asked);
    let mut compared = compare_xyz(world, &asked, &sales);
    for object in ["client", "item", "manager"] {
        let mut values: BTreeMap<String, BTreeMap<String, Decimal>> = BTreeMap::new();
        for sale in &sales {
            for (group, (net, _)) in by_group(sale, object) {
                *values.entry(sale.currency.clone()).or_default().entry(group).or_default() += net;
            }
        }
        let rule = *random.pick(&["start", "end"]);
        let mut expected = Rows::new();
        for (currency, objects) in values {
            let total: Decimal = objects.iter().filter(|(o, v)| !o.is_empty() && **v > Decimal::ZERO).map(|(_, v)| *v).sum();
            for (object, value) in &objects {
                let counts = |o: &str, v: Decimal| !o.is_empty() && v > Decimal::ZERO;
                let ahead: Decimal = objects.iter().filter(|(o, v)| counts(o, **v) && (**v > *value || (**v == *value && *o < object))).map(|(_, v)| *v).sum();
                let hundred = Decimal::ONE_HUNDRED;
                let within = |limit: u32| {
                    let limit = Decimal::from(limit) * total;
                    if rule == "start" { ahead * hundred < limit } else { (ahead + *value) * hundred <= limit }
                };
                let class = if !counts(object, *value) {
                    "none"
                } else if within(80) {
                    "A"
                } else if within(95) {
                    "B"
                } else {
                    "C"
                };
                expected.insert(vec![object.clone(), currency.clone()], vec![shown(*value), class.to_owned()]);
            }
        }
        compared += expected.len();
        let table = ask(world, "abc", &asked, &[("object", object), ("rule", rule)]);
        assert_eq!(rows(&table, &["object", "currency"], &["value", "class"]), expected, "abc of {object} by {rule}");
    }
    compared
}

fn compare_xyz(world: &World, asked: &Asked, sales: &[Sale]) -> usize {
    let as_of: Date = asked.as_of.as_ref().expect("a day").parse().expect("a day");
    let month = |day: &Date| day.to_string()[..7].to_owned();
    let window: Vec<String> = (1..=6).map(|m| format!("2025-{m:02}")).collect();
    let merged = Whose::new(world, asked).of(sijil_schemas::time::Timestamp::MIN, Some("C3"), None, None);
    let mut expected = Rows::new();
    for client in ["C1", "C2", "C3"] {
        if client == "C3" && merged.as_deref() != Some("C3") {
            continue;
        }
        let own: Vec<&Sale> = sales.iter().filter(|s| s.client.as_deref() == Some(client)).collect();
        let days: Vec<Date> = own.iter().filter(|s| s.invoice).map(|s| s.day).collect();
        let group = match (days.len(), days.iter().max()) {
            (0, _) | (_, None) => "potential",
            (1, _) => "one_time",
            (_, Some(last)) if as_of.days() - last.days() > 60 => "lost",
            _ => "regular",
        };
        if group != "regular" {
            expected.insert(vec![client.into(), String::new()], vec![group.into(), String::new(), String::new()]);
            continue;
        }
        let first = days.iter().min().map(month).unwrap_or_default();
        let currencies: BTreeSet<&String> = own.iter().map(|s| &s.currency).collect();
        for currency in currencies {
            let of = |m: &String| {
                own.iter().filter(|s| s.currency == *currency && month(&s.day) == *m).flat_map(|s| s.parts.iter().map(|p| cents(p.1))).sum::<i128>()
            };
            let series: Vec<i128> = window.iter().filter(|m| **m >= first).map(of).collect();
            let (n, sum, squares) = (series.len() as i128, series.iter().sum::<i128>(), series.iter().map(|x| x * x).sum::<i128>());
            let within = |t: i128| 10_000 * (n * squares - sum * sum) <= t * t * sum * sum;
            let class = if n < 3 {
                "insufficient"
            } else if sum <= 0 {
                "Z"
            } else if within(40) {
                "X"
            } else if within(90) {
                "Y"
            } else {
                "Z"
            };
            expected.insert(vec![client.into(), currency.clone()], vec![group.into(), class.into(), n.to_string()]);
        }
    }
    let table = ask(world, "xyz", asked, &[("from", "2025-01-01"), ("to", "2025-06-30"), ("lost_after", "60"), ("x", "40"), ("y", "90")]);
    assert_eq!(rows(&table, &["object", "currency"], &["group", "class", "months"]), expected, "xyz as_of {as_of}");
    expected.len()
}
