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

mod evenly;

use evenly::compare_xyz;

/// One invoice or credit note line by line.
struct Sale {
    day: Date,
    currency: String,
    client: Option<String>,
    owner: Option<String>,
    invoice: bool,
    /// An invoice above zero, or one brought forward.
    purchase: bool,
    /// A purchase from before these books, which is no sale of them.
    brought: bool,
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
    parts(amount, 2)
}

/// An amount as a whole number of its smallest parts.
fn parts(mut amount: Decimal, decimals: u32) -> i128 {
    amount.rescale(decimals);
    amount.mantissa()
}

/// Item, net and units of a line, or of what a credit takes back of one.
type Part = (Option<String>, Decimal, Decimal);

fn part(l: &sijil_schemas::Line, sign: Decimal) -> Part {
    (l.item.as_ref().map(ToString::to_string), l.net.get() * sign, l.qty.get() * sign)
}

/// What each credit of an invoice takes back: its lines, or of its total what the credits before it
/// left, in cents, line by line.
fn credit_parts(bill: &Bill<'_>) -> Vec<Vec<Part>> {
    let lines = &bill.issued.lines;
    let mut left: Vec<[i128; 2]> =
        lines.iter().map(|l| [cents(l.net.get()), cents(l.tax.get())]).collect();
    let mut all = Vec::new();
    for (_, credit) in &bill.credits {
        for line in &credit.lines {
            let at = lines.iter().position(|l| l.line == line.line).expect("a line of the invoice");
            left[at] = [left[at][0] - cents(line.net.get()), left[at][1] - cents(line.tax.get())];
        }
        if credit.lines.is_empty() {
            let (nets, taxes): (Vec<i128>, Vec<i128>) =
                left.iter().map(|[net, tax]| (*net, *tax)).unzip();
            let total = cents(credit.total.amount.get());
            let whole = shares(total, &[nets.iter().sum(), taxes.iter().sum()]);
            let (net, tax) = (shares(whole[0], &nets), shares(whole[1], &taxes));
            let rest = total == nets.iter().chain(&taxes).sum::<i128>();
            let taken: Vec<[i128; 2]> =
                (0..left.len()).map(|n| if rest { left[n] } else { [net[n], tax[n]] }).collect();
            for (left, taken) in left.iter_mut().zip(&taken) {
                *left = [left[0] - taken[0], left[1] - taken[1]];
            }
            let item = |l: &sijil_schemas::Line| l.item.as_ref().map(ToString::to_string);
            all.push(
                lines
                    .iter()
                    .zip(taken)
                    .map(|(l, taken)| {
                        (item(l), -Decimal::from_i128_with_scale(taken[0], 2), Decimal::ZERO)
                    })
                    .collect(),
            );
        } else {
            all.push(credit.lines.iter().map(|line| part(line, Decimal::NEGATIVE_ONE)).collect());
        }
        assert!(
            left.iter().flatten().all(|cents| *cents >= 0),
            "{}: more net or tax is taken back than there was",
            bill.issued.invoice
        );
    }
    all
}

fn sales(world: &World, asked: &Asked) -> Vec<Sale> {
    let (walked, whose, zone) =
        (walk(world, asked), Whose::new(world, asked), world.views.company.zone());
    let mut all = Vec::new();
    for bill in walked.invoices.values() {
        let sale = |at: sijil_schemas::time::Timestamp, invoice: bool, parts| Sale {
            day: at.date(&zone),
            currency: bill.issued.total.currency.to_string(),
            client: whose.of_invoice(bill),
            owner: bill.issued.owner.as_ref().map(ToString::to_string),
            invoice,
            purchase: invoice && bill.issued.total.amount.get() > Decimal::ZERO,
            brought: false,
            parts,
        };
        if let Some(issued_on) = bill.brought {
            let mut brought = sale(bill.record.occurred_at(), false, Vec::new());
            (brought.purchase, brought.brought) = (true, true);
            brought.day = issued_on.unwrap_or(brought.day);
            all.push(brought);
            continue;
        }
        let lines = bill.issued.lines.iter().map(|l| part(l, Decimal::ONE)).collect();
        all.push(sale(bill.record.occurred_at(), true, lines));
        all.extend(
            bill.credits
                .iter()
                .zip(credit_parts(bill))
                .map(|((record, _), parts)| sale(record.occurred_at(), false, parts)),
        );
    }
    all.extend(walked.notes.values().map(|note| Sale {
        day: note.record.occurred_at().date(&zone),
        currency: note.issued.total.currency.to_string(),
        client: whose.of_note(note),
        owner: note.issued.owner.as_ref().map(ToString::to_string),
        invoice: false,
        purchase: false,
        brought: false,
        parts: note.issued.lines.iter().map(|l| part(l, Decimal::NEGATIVE_ONE)).collect(),
    }));
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
    for sale in sales.iter().filter(|s| s.purchase) {
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
    buyers: BTreeSet<&'a str>,
    previous: Decimal,
}

pub fn compare_sales(history: &History, random: &mut Random) -> usize {
    let asked = question(history, random);
    sold(&history.world, &asked, JANUARY_2025 + i64::try_from(random.below(6)).expect("small"))
}

/// What sales say of a month, and orders and retention of all months.
#[expect(clippy::too_many_lines, reason = "each figure is told in one walk")]
pub fn sold(world: &World, asked: &Asked, month: i64) -> usize {
    let sales = sales(world, asked);
    let first = first_invoices(&sales);
    let mut compared =
        compare_retention(world, asked, &sales, &first) + compare_orders(world, asked);
    let (start, end) = (first_day(month), first_day(month + 1).plus_days(-1));
    let (before, until) = (first_day(month - 1), start.plus_days(-1));
    let (from, to) = (start.to_string(), end.to_string());
    for by in ["none", "client", "item", "owner"] {
        let mut sums: BTreeMap<Vec<String>, Sums<'_>> = BTreeMap::new();
        for sale in &sales {
            if sale.brought {
                let group = match by {
                    "client" => sale.client.clone().unwrap_or_default(),
                    "owner" => sale.owner.clone().unwrap_or_default(),
                    _ => String::new(),
                };
                let key = if by == "none" {
                    vec![sale.currency.clone()]
                } else {
                    vec![group, sale.currency.clone()]
                };
                if by == "item" || sale.client.is_none() {
                    continue;
                }
                if (start..=end).contains(&sale.day) {
                    let sum = sums.entry(key).or_default();
                    sum.buyers.extend(sale.client.as_deref());
                } else if (before..=until).contains(&sale.day) {
                    sums.entry(key).or_default();
                }
                continue;
            }
            for (group, (net, qty)) in by_group(sale, by) {
                let key = if by == "none" {
                    vec![sale.currency.clone()]
                } else {
                    vec![group, sale.currency.clone()]
                };
                if (before..=until).contains(&sale.day) {
                    sums.entry(key.clone()).or_default().previous += net;
                }
                if (start..=end).contains(&sale.day) {
                    let sum = sums.entry(key).or_default();
                    sum.units += qty;
                    if sale.invoice {
                        (sum.invoiced, sum.invoices) = (sum.invoiced + net, sum.invoices + 1);
                        sum.clients.extend(sale.client.as_deref());
                        sum.buyers.extend(sale.client.as_deref().filter(|_| sale.purchase));
                    } else {
                        sum.credited -= net;
                    }
                }
            }
        }
        let mut expected = Rows::new();
        for (key, Sums { invoiced, credited, invoices: n, units, clients, buyers, previous }) in
            sums
        {
            let new = buyers.iter().filter(|c| first[**c] >= start).count();
            let counts = [n, clients.len(), new, buyers.len() - new].map(|n| n.to_string());
            let mut row: Vec<String> =
                [invoiced - credited, invoiced, credited, previous].map(shown).to_vec();
            row.push(units.normalize().to_string());
            row.extend(counts);
            expected.insert(key, row);
        }
        let keys: &[&str] = if by == "none" { &["currency"] } else { &["group", "currency"] };
        let table = ask(world, "sales", asked, &[("group", by), ("from", &from), ("to", &to)]);
        let measures = [
            "net", "invoiced", "credited", "previous", "units", "invoices", "clients", "new",
            "repeat",
        ];
        compared += expected.len();
        assert_eq!(
            rows(&table, keys, &measures),
            expected,
            "sales by {by} in {from}, as_of {:?} known_at {}",
            asked.as_of,
            asked.known_at
        );
    }
    compared
}

/// Months are counted through the years.
const JANUARY_2025: i64 = 2025 * 12;

/// The number of the month of a day.
pub fn month_of(day: Date) -> i64 {
    let text = day.to_string();
    text[..4].parse::<i64>().expect("a year") * 12 + text[5..7].parse::<i64>().expect("a month") - 1
}

fn first_day(month: i64) -> Date {
    format!("{:04}-{:02}-01", month.div_euclid(12), month.rem_euclid(12) + 1)
        .parse()
        .expect("a day")
}

fn compare_retention(
    world: &World,
    asked: &Asked,
    sales: &[Sale],
    first: &BTreeMap<&str, Date>,
) -> usize {
    let last = month_of(asked.as_of.as_ref().expect("a day").parse().expect("a day"));
    let mut expected = Rows::new();
    let mut cohorts: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for (client, day) in first {
        cohorts.entry(month_of(*day)).or_default().insert(client);
    }
    let mut buyers: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for sale in sales.iter().filter(|s| s.purchase) {
        buyers.entry(month_of(sale.day)).or_default().extend(sale.client.as_deref());
    }
    for (cohort, members) in cohorts {
        for month in cohort..=last {
            let active =
                buyers.get(&month).map_or(0, |buyers| buyers.intersection(&members).count());
            let key =
                vec![first_day(cohort).to_string()[..7].to_owned(), (month - cohort).to_string()];
            expected.insert(key, vec![members.len().to_string(), active.to_string()]);
        }
    }
    assert_eq!(
        rows(&ask(world, "retention", asked, &[]), &["cohort", "month"], &["clients", "active"]),
        expected,
        "retention as_of {:?}",
        asked.as_of
    );
    expected.len()
}

fn compare_orders(world: &World, asked: &Asked) -> usize {
    let before = asked.before(world);
    let whose = Whose::new(world, asked);
    let mut sums: BTreeMap<Vec<String>, (usize, usize, Decimal, Decimal)> = BTreeMap::new();
    for record in super::naive::known(world, asked).into_iter().filter(|r| r.occurred_at() < before)
    {
        if let sijil_schemas::Event::Orders(sijil_schemas::event::Orders::OrderPlaced(e)) =
            &record.event
        {
            let client = whose.of(
                record.occurred_at(),
                e.client.as_ref().map(sijil_schemas::id::Id::as_str),
                e.counterparty.as_ref().map(sijil_schemas::id::Id::as_str),
                None,
            );
            let sum =
                sums.entry(vec![client.unwrap_or_default(), e.currency.to_string()]).or_default();
            (sum.0, sum.1) = (sum.0 + 1, sum.1 + e.lines.len());
            for line in &e.lines {
                (sum.2, sum.3) = (sum.2 + line.qty.get(), sum.3 + line.net.get());
            }
        }
    }
    let expected: Rows = sums
        .into_iter()
        .map(|(key, (n, lines, units, net))| {
            (key, vec![n.to_string(), lines.to_string(), units.normalize().to_string(), shown(net)])
        })
        .collect();
    let table = ask(world, "sales", asked, &[("basis", "orders"), ("group", "client")]);
    assert_eq!(
        rows(&table, &["group", "currency"], &["orders", "lines", "units", "net"]),
        expected,
        "orders"
    );
    expected.len()
}

pub fn compare_classes(history: &History, random: &mut Random) -> usize {
    classes(&history.world, &question(history, random), JANUARY_2025, random)
}

/// Classes by value, and by how even the six months from one on are.
pub fn classes(world: &World, asked: &Asked, month: i64, random: &mut Random) -> usize {
    let sales = sales(world, asked);
    let mut compared = compare_xyz(world, asked, &sales, month);
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
            let total: Decimal = objects
                .iter()
                .filter(|(o, v)| !o.is_empty() && **v > Decimal::ZERO)
                .map(|(_, v)| *v)
                .sum();
            // The largest first, of equal ones the first by name.
            let mut ranked: Vec<(&String, &Decimal)> = objects.iter().collect();
            ranked.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            let mut through = Decimal::ZERO;
            for (object, value) in ranked {
                let counts = |o: &str, v: Decimal| !o.is_empty() && v > Decimal::ZERO;
                let ahead = through;
                if counts(object, *value) {
                    through += *value;
                }
                let hundred = Decimal::ONE_HUNDRED;
                let within = |limit: u32| {
                    let limit = Decimal::from(limit) * total;
                    if rule == "start" {
                        ahead * hundred < limit
                    } else {
                        (ahead + *value) * hundred <= limit
                    }
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
                expected.insert(
                    vec![object.clone(), currency.clone()],
                    vec![shown(*value), class.to_owned()],
                );
            }
        }
        compared += expected.len();
        let table = ask(world, "abc", asked, &[("object", object), ("rule", rule)]);
        assert_eq!(
            rows(&table, &["object", "currency"], &["value", "class"]),
            expected,
            "abc of {object} by {rule}"
        );
    }
    compared
}
