//! R31, and headcount and time of R32, from the raw records. Invariant: see the parent.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_projections::clients::{LinkView, Resolver};
use sijil_schemas::{
    Event, Record,
    event::{Claims, Orders, Staff, Tasks},
    id::{EntityRef, Key, Kind},
    time::Date,
};

use super::{Asked, number};
use crate::trade::history::Random;

/// Whose a document is, by the one definition, which has an oracle of its own.
fn client_of(asked: &Asked<'_>, document: &EntityRef) -> String {
    let views = asked.world.views.folds();
    let lens = views.lens(asked.cut(&asked.as_of));
    let resolver = Resolver::new(views.clients, lens, LinkView::AtEvent);
    let client = resolver.client_of_document(document);
    client.map(|client| views.clients.id(client).to_owned()).unwrap_or_default()
}

fn within(asked: &Asked<'_>, record: &Record) -> bool {
    let day = record.occurred_at().date(&asked.world.views.company.zone());
    (asked.from.parse::<Date>().unwrap()..=asked.to.parse().unwrap()).contains(&day)
}

/// What rows say of each group; the group of nothing is empty.
fn told<'r>(
    rows: &'r [super::Row],
    keys: &[&str],
    columns: &[&str],
) -> BTreeMap<Vec<&'r str>, Vec<Decimal>> {
    let row = |row: &'r super::Row| {
        let keys = keys.iter().map(|key| row[*key].as_str()).collect();
        (keys, columns.iter().map(|column| number(&row[*column])).collect())
    };
    rows.iter().map(row).collect()
}

pub fn time(asked: &Asked<'_>, _: &mut Random) -> usize {
    let mut compared = 0;
    for group in ["client", "task", "employee", "month"] {
        let mut expected: BTreeMap<Vec<String>, Vec<Decimal>> = BTreeMap::new();
        for record in asked.records(&asked.as_of).into_iter().filter(|r| within(asked, r)) {
            let Event::Tasks(Tasks::TimeLogged(e)) = &record.event else { continue };
            let of = match group {
                "client" => client_of(asked, &e.time_entry.entity()),
                "task" => e.task.as_ref().map(ToString::to_string).unwrap_or_default(),
                "employee" => e.employee.to_string(),
                _ => record.occurred_at().date(&asked.world.views.company.zone()).to_string()[..7]
                    .to_owned(),
            };
            let sums = expected.entry(vec![of]).or_insert_with(|| vec![Decimal::ZERO; 2]);
            sums[0] += Decimal::ONE;
            sums[1] += Decimal::from(u16::from(e.minutes));
        }
        let window = [("group", group), ("from", &asked.from), ("to", &asked.to)];
        let rows = asked.rows("time", &asked.as_of, &window).expect("no rate is asked");
        let got = told(&rows, &["group"], &["entries", "minutes"]);
        let expected: BTreeMap<Vec<&str>, Vec<Decimal>> = expected
            .iter()
            .map(|(key, sums)| (key.iter().map(String::as_str).collect(), sums.clone()))
            .collect();
        assert_eq!(got, expected, "by {group}");
        compared += got.len();
    }
    compared
}

/// Departments that one is, or is a part of.
fn up(department: &str) -> Vec<&str> {
    let mut all = vec![department];
    all.extend(department.match_indices('/').map(|(end, _)| &department[..end]));
    all
}

/// Who is away on a day, and how many there are to be by department and role: what is in force on
/// its own days is cut by what is known alone.
fn in_force<'r>(
    known: &[&'r Record],
    day: Date,
) -> (BTreeSet<&'r str>, BTreeMap<(&'r str, &'r str), u32>) {
    let (mut away, mut newest, mut plans) =
        (BTreeSet::new(), BTreeMap::new(), BTreeMap::<_, (_, u32)>::new());
    for record in known {
        match &record.event {
            Event::Staff(Staff::EmployeeAbsent(e)) if (e.from..=e.to).contains(&day) => {
                away.insert(e.employee.as_str());
            }
            Event::Staff(Staff::StaffPlanSet(e)) => {
                newest.insert(e.staff_plan.as_str(), (record.position, e));
            }
            _ => (),
        }
    }
    for (position, e) in newest.into_values().filter(|(_, e)| e.period.contains(day)) {
        let role = e.role.as_ref().map_or("", Key::as_str);
        let plan = plans.entry((e.department.as_str(), role)).or_insert((position, e.headcount));
        if plan.0 <= position {
            *plan = (position, e.headcount);
        }
    }
    (away, plans.into_iter().map(|(place, (_, headcount))| (place, headcount)).collect())
}

pub fn headcount(asked: &Asked<'_>, _: &mut Random) -> usize {
    let day: Date = asked.as_of.parse().unwrap();
    let zone = asked.world.views.company.zone();
    let mut staff = BTreeMap::new();
    for record in asked.records(&asked.as_of) {
        match &record.event {
            Event::Staff(Staff::EmployeeHired(e)) => {
                staff.insert(e.employee.as_str(), (e.department.as_str(), e.role.as_str()));
            }
            Event::Staff(Staff::EmployeeMoved(e)) => {
                staff.insert(e.employee.as_str(), (e.department.as_str(), e.role.as_str()));
            }
            Event::Staff(Staff::EmployeeDismissed(e)) if record.occurred_at().date(&zone) < day => {
                staff.remove(e.employee.as_str());
            }
            _ => (),
        }
    }
    let known = asked.records("2199-12-31");
    let (away, plans) = in_force(&known, day);
    let mut places: BTreeSet<(&str, &str)> = plans.keys().copied().collect();
    places.extend(plans.keys().map(|(department, _)| (*department, "")));
    for (department, role) in staff.values() {
        places.extend(up(department).into_iter().flat_map(|of| [(of, ""), (of, *role)]));
    }
    let rows = asked.rows("headcount", &asked.as_of, &[]).expect("no rate is asked");
    let got: BTreeSet<(&str, &str)> =
        rows.iter().map(|row| (row["department"].as_str(), row["role"].as_str())).collect();
    assert_eq!(got, places);
    for row in &rows {
        let place = (row["department"].as_str(), row["role"].as_str());
        let of: Vec<&&str> = staff
            .iter()
            .filter(|(_, (department, role))| {
                up(department).contains(&place.0) && (place.1.is_empty() || *role == place.1)
            })
            .map(|(employee, _)| employee)
            .collect();
        let absent = of.iter().filter(|employee| away.contains(**employee)).count();
        let plan = plans.get(&place);
        let shown = plan.map(ToString::to_string).unwrap_or_default();
        let difference =
            plan.map(|plan| (of.len() as i64 - i64::from(*plan)).to_string()).unwrap_or_default();
        let told = ["plan", "actual", "absent", "difference"].map(|column| row[column].as_str());
        assert_eq!(
            told,
            [&shown, of.len().to_string().as_str(), absent.to_string().as_str(), &difference],
            "{row:?}"
        );
    }
    rows.len()
}

/// So many months later, by the calendar of whoever reads this.
fn months_later(from: Date, months: u16) -> Date {
    let date = from.civil();
    let months = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 + i32::from(months);
    let first = format!("{:04}-{:02}-01", months.div_euclid(12), months.rem_euclid(12) + 1);
    let first: Date = first.parse().unwrap();
    let day = i32::from(date.day()) - 1;
    let same = first.plus_days(day);
    if same.civil().month() == first.civil().month() {
        return same;
    }
    let mut last = same;
    while last.civil().month() != first.civil().month() {
        last = last.plus_days(-1);
    }
    last
}

pub fn warranty(asked: &Asked<'_>, _: &mut Random) -> usize {
    let day: Date = asked.as_of.parse().unwrap();
    let zone = asked.world.views.company.zone();
    let (mut terms, mut named) = (BTreeMap::new(), BTreeSet::new());
    let records = asked.records(&asked.as_of);
    for record in &records {
        if let Event::Claims(Claims::WarrantyStarted(e)) = &record.event {
            let text = |id: Option<String>| id.unwrap_or_default();
            let shipment = text(e.shipment.as_ref().map(ToString::to_string));
            let line = text(e.line.as_ref().map(ToString::to_string));
            named.insert((shipment.clone(), line.clone()));
            let item = text(e.item.as_ref().map(ToString::to_string));
            let client = client_of(asked, &e.warranty.entity());
            terms.insert(
                [e.warranty.to_string(), shipment, line, item],
                (client, e.from, months_later(e.from, e.months.into())),
            );
        }
    }
    for record in &records {
        let Event::Orders(Orders::ShipmentDispatched(e)) = &record.event else { continue };
        let Some(months) = e.warranty_months else { continue };
        let from = record.occurred_at().date(&zone);
        let later = records.iter().filter_map(|later| match &later.event {
            Event::Orders(Orders::ShipmentLinesAdded(x)) if x.shipment == e.shipment => {
                Some(&x.lines)
            }
            _ => None,
        });
        for goods in e.lines.iter().chain(later.flatten()) {
            let line = goods.line.as_ref().map(ToString::to_string).unwrap_or_default();
            let of = |line: &str| (e.shipment.to_string(), line.to_owned());
            if !named.contains(&of("")) && !named.contains(&of(&line)) {
                terms.insert(
                    [String::new(), e.shipment.to_string(), line, goods.item.to_string()],
                    (client_of(asked, &e.shipment.entity()), from, months_later(from, months)),
                );
            }
        }
    }
    let rows = asked.rows("warranty", &asked.as_of, &[]).expect("no rate is asked");
    assert_eq!(rows.len(), terms.len());
    for row in &rows {
        let key = ["warranty", "shipment", "line", "item"].map(|column| row[column].clone());
        let (client, from, until) = &terms[&key];
        let left = (until.days() - day.days()).max(0);
        let covered = *from <= day && day < *until;
        let told = ["client", "from", "until", "in_warranty", "days_left"];
        assert_eq!(
            told.map(|column| row[column].clone()),
            [
                client.clone(),
                from.to_string(),
                until.to_string(),
                covered.to_string(),
                left.to_string()
            ],
            "{row:?}"
        );
    }
    rows.len() + service(asked, &records)
}

fn service(asked: &Asked<'_>, records: &[&Record]) -> usize {
    let base = asked.base();
    let mut expected: BTreeMap<String, Vec<Decimal>> = BTreeMap::new();
    for record in records.iter().filter(|record| within(asked, record)) {
        let Event::Claims(Claims::ServicePerformed(e)) = &record.event else { continue };
        let amounts = [&e.cost, &e.price];
        if amounts.into_iter().flatten().any(|money| money.currency.to_string() != base) {
            return 0;
        }
        let entity = EntityRef::new(Kind::ServiceJob, e.service_job.as_str()).unwrap();
        let sums =
            expected.entry(client_of(asked, &entity)).or_insert_with(|| vec![Decimal::ZERO; 6]);
        let [cost, price] =
            amounts.map(|money| money.map_or(Decimal::ZERO, |money| money.amount.get()));
        let covered = Decimal::from(u8::from(e.in_warranty));
        let more = [Decimal::ONE, covered, Decimal::ONE - covered, cost, price, price - cost];
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
    let window =
        [("view", "service"), ("group", "client"), ("from", &asked.from), ("to", &asked.to)];
    let Some(rows) = asked.rows("warranty", &asked.as_of, &window) else { return 0 };
    let columns = ["performed", "in_warranty", "after", "cost", "price", "result"];
    let got: BTreeMap<String, Vec<Decimal>> = told(&rows, &["group"], &columns)
        .into_iter()
        .map(|(key, sums)| (key.concat(), sums))
        .collect();
    assert_eq!(got, expected);
    got.len()
}
