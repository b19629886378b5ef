//! What is due (R46), from the raw records and from reports that have oracles of their own.
//! Invariant: see the parent.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{
    Event,
    event::{Interactions, Staff, Tasks},
    id::Kind,
    time::{Date, Timestamp},
};

use super::Asked;
use crate::trade::history::Random;

/// (kind, reference, part, day, whose it is).
type Thing = (&'static str, String, String, Date, String);

/// What is open, and who stands in for whom, naively.
#[derive(Default)]
struct Walked {
    tasks: BTreeMap<String, (String, Timestamp)>,
    plans: BTreeMap<String, (String, Timestamp)>,
    took_place: BTreeSet<String>,
    reminders: BTreeMap<String, (String, Timestamp)>,
    /// By term: who is away, who stands in, up to when.
    terms: BTreeMap<String, (String, String, Option<Date>)>,
}

impl Walked {
    fn of(asked: &Asked<'_>) -> Walked {
        let mut walked = Walked::default();
        for record in asked.records(&asked.as_of) {
            match &record.event {
                Event::Tasks(e) => walked.task(e),
                Event::Interactions(Interactions::InteractionPlanned(e)) => {
                    let plan = (record.envelope.actor.to_string(), e.at);
                    walked.plans.entry(e.interaction.to_string()).or_insert(plan);
                }
                Event::Interactions(Interactions::InteractionRecorded(e)) => {
                    walked.took_place.insert(e.interaction.to_string());
                }
                Event::Staff(Staff::WorkHandedOver(e)) => {
                    for task in e.refs.iter().filter(|entity| entity.kind == Kind::Task) {
                        walked.to(task.id(), e.to.to_string());
                    }
                }
                Event::Staff(Staff::SubstitutionStarted(e)) => {
                    let term = (e.absent.to_string(), e.deputy.to_string(), e.until);
                    walked.terms.insert(e.substitution.to_string(), term);
                }
                Event::Staff(Staff::SubstitutionEnded(e)) => {
                    walked.terms.remove(e.substitution.as_str());
                }
                _ => (),
            }
        }
        walked
    }
    fn task(&mut self, event: &Tasks) {
        match event {
            Tasks::TaskAssigned(e) => {
                self.tasks.insert(e.task.to_string(), (e.assignee.to_string(), e.due));
            }
            Tasks::TaskReassigned(e) => self.to(e.task.as_str(), e.to.to_string()),
            Tasks::TaskDueChanged(e) => {
                if let Some(task) = self.tasks.get_mut(e.task.as_str()) {
                    task.1 = e.due;
                }
            }
            Tasks::TaskCompleted(e) => drop(self.tasks.remove(e.task.as_str())),
            Tasks::TaskCancelled(e) => drop(self.tasks.remove(e.task.as_str())),
            Tasks::ReminderSet(e) => {
                self.reminders.insert(e.reminder.to_string(), (e.employee.to_string(), e.at));
            }
            Tasks::ReminderDone(e) => drop(self.reminders.remove(e.reminder.as_str())),
            Tasks::TaskStarted(_) | Tasks::TimeLogged(_) => (),
        }
    }
    fn to(&mut self, task: &str, employee: String) {
        if let Some(task) = self.tasks.get_mut(task) {
            task.0 = employee;
        }
    }
    /// Who does the work of an employee at the end of a day.
    fn acting(&self, employee: &str, day: Date) -> String {
        let mut seen = vec![employee.to_owned()];
        loop {
            let current = &seen[seen.len() - 1];
            let stands_in = self.terms.values().find(|(absent, _, until)| {
                absent == current && until.is_none_or(|until| until >= day)
            });
            match stands_in {
                Some((_, deputy, _)) if !seen.contains(deputy) => seen.push(deputy.clone()),
                _ => return current.clone(),
            }
        }
    }
}

/// Everything with a time by which it is due, of the kinds that are worked out here.
fn things(asked: &Asked<'_>, walked: &Walked) -> Vec<Thing> {
    let zone = asked.world.views.company.zone();
    let mut all = Vec::new();
    let own = |kind, of: &str, whose: &str, at: Timestamp| {
        (kind, format!("{kind}:{of}"), String::new(), at.date(&zone), whose.to_owned())
    };
    all.extend(walked.tasks.iter().map(|(of, (whose, at))| own("task", of, whose, *at)));
    all.extend(walked.reminders.iter().map(|(of, (whose, at))| own("reminder", of, whose, *at)));
    let planned = walked.plans.iter().filter(|(of, _)| !walked.took_place.contains(*of));
    all.extend(planned.map(|(of, (whose, at))| own("interaction", of, whose, *at)));
    let each = asked.rows("compliance", &asked.as_of, &[("view", "obligations")]).unwrap();
    for row in each.iter().filter(|row| row["left"].is_empty() && row["fulfilled"].is_empty()) {
        if matches!(row["verdict"].as_str(), "pending" | "missed") {
            let due: Timestamp = row["due"].parse().unwrap();
            let part = format!("{}/{}", row["regulation"], row["requirement"]);
            let deal = format!("deal:{}", row["deal"]);
            all.push(("obligation", deal, part, due.date(&zone), row["owner"].clone()));
        }
    }
    for row in asked.rows("claims", &asked.as_of, &[("view", "list")]).into_iter().flatten() {
        let is_open = !matches!(row["state"].as_str(), "resolved" | "rejected");
        if is_open && matches!(row["answer"].as_str(), "pending" | "missed") {
            let opened: Timestamp = row["opened_at"].parse().unwrap();
            let due = Timestamp::from_micros(opened.micros() + 24 * 3_600_000_000).unwrap();
            all.push(own("claim", &row["claim"], &row["assignee"], due));
        }
    }
    all
}

pub fn work_list(asked: &Asked<'_>, random: &mut Random) -> usize {
    let walked = Walked::of(asked);
    let all = things(asked, &walked);
    let today: Date = asked.as_of.parse().unwrap();
    let whose: BTreeSet<&str> = all.iter().map(|thing| thing.4.as_str()).collect();
    let whose: BTreeSet<String> =
        whose.into_iter().filter(|of| !of.is_empty()).map(|of| walked.acting(of, today)).collect();
    whose.iter().map(|employee| of_employee(asked, (&walked, &all), employee, random)).sum()
}

fn of_employee(
    asked: &Asked<'_>,
    (walked, all): (&Walked, &[Thing]),
    employee: &str,
    random: &mut Random,
) -> usize {
    let (today, days): (Date, u64) = (asked.as_of.parse().unwrap(), random.below(40));
    let last = today.plus_days(i32::try_from(days).unwrap());
    let mut expected: Vec<[String; 6]> = all
        .iter()
        .filter(|(.., day, _)| *day <= last)
        .filter(|(.., of)| of == employee || walked.acting(of, today) == employee)
        .map(|(kind, of, part, day, whose)| {
            let days = today.days() - day.days();
            let stands_in = if whose == employee { "" } else { whose.as_str() };
            let of = [*kind, of, part].map(str::to_owned);
            let [kind, of, part] = of;
            [kind, of, part, day.to_string(), stands_in.to_owned(), days.to_string()]
        })
        .collect();
    let days = days.to_string();
    let kinds = "task,interaction,reminder,obligation,claim";
    let more = [("employee", employee), ("days", days.as_str()), ("kinds", kinds)];
    let rows = asked.rows("work_list", &asked.as_of, &more).unwrap();
    let mut found: Vec<[String; 6]> = rows
        .iter()
        .map(|row| ["kind", "ref", "part", "due", "for", "days"].map(|name| row[name].clone()))
        .collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "the work list of {employee} within {days} days");
    found.len()
}
