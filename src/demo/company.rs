//! The company as it goes along: a queue of what is to happen, and the drafts of what did.
//! Invariant: it remembers only what is open, and tells every event after all that it rests on, so
//! that every beginning of its story is a story the rules admit.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque},
};

use uuid::Uuid;

use super::{
    calendar::{BEGIN, DAY, DAYS, END, HOUR, at_work, is_workday, moment},
    clients::{Client, Touch},
    deals::Deal,
    draft::{Data, Id, Who},
    money::{Due, Invoice},
    orders::{Comeback, Order},
    purchases::Purchase,
    random::Random,
    service::Claim,
    stock::{Goods, Shelves},
    tasks::Task,
};

/// Sijil's own name space for the ids of demo events; part of what makes two demos equal.
const NAMES: Uuid = Uuid::from_u128(0x5151_6a11_0d3e_4c0a_9d3e_5e1f_0b5e_ed01);

/// The story of a trading company over 2024 and 2025, told from a seed: the drafts, as lines of
/// NDJSON, in the order in which they were recorded.
///
/// The same seed and length tell the same story, byte for byte, with the same event ids.
#[derive(Debug)]
pub struct Company {
    names: Uuid,
    told: u64,
    events: u64,
    ready: VecDeque<String>,
    queue: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    paces: Vec<u64>,
    pub(crate) at: i64,
    pub(crate) random: Random,
    pub(crate) numbers: Numbers,
    pub(crate) managers: u16,
    pub(crate) clients: Vec<Client>,
    pub(crate) shelves: Shelves,
    pub(crate) quotas: BTreeMap<&'static str, u64>,
    pub(crate) open_deals: BTreeSet<(u16, u64)>,
    pub(crate) open_tasks: BTreeSet<(u16, u64)>,
    /// Deals that went to another manager with a hand-over.
    pub(crate) handed: BTreeMap<u64, u16>,
    /// What was credited on invoices that are still to be paid.
    pub(crate) credited: BTreeMap<u64, i64>,
    /// Who is away, and who stands in.
    pub(crate) away: Option<(u16, u16)>,
}

/// The numbers given out so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers(BTreeMap<&'static str, u64>);

impl Numbers {
    /// The next id with a prefix.
    pub(crate) fn next(&mut self, prefix: &'static str) -> Id {
        let number = self.0.entry(prefix).or_default();
        *number += 1;
        Id(prefix, *number)
    }
    /// The last number given out with a prefix.
    pub(crate) fn last(&self, prefix: &str) -> Option<u64> {
        self.0.get(prefix).copied()
    }
}

/// Something that is to happen.
#[derive(Debug)]
pub(crate) enum Step {
    /// A day begins, counted from the first.
    Day(usize),
    /// A date in the calendar of the company's own housekeeping.
    Office(&'static str, usize),
    Lead,
    Repeat,
    Counter,
    Touch(Touch),
    Deal(Box<Deal>),
    Order(Box<Order>),
    Invoice(Box<Invoice>),
    Due(Box<Due>),
    Comeback(Box<Comeback>),
    Purchase(Box<Purchase>),
    Goods(Goods),
    Claim(Claim),
    Task(Task),
}

#[derive(Debug)]
struct Planned {
    at: i64,
    number: u64,
    step: Step,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Planned) -> bool {
        self.number == other.number
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Planned) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Planned) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl Company {
    /// The company of a seed, whose story has so many events.
    #[must_use]
    pub fn new(seed: u64, events: u64) -> Company {
        let names = Uuid::new_v5(&NAMES, format!("{seed}/{events}").as_bytes());
        let managers = u16::try_from(6 + events / 100_000).unwrap_or(60).min(60);
        let mut company = Company {
            names,
            told: 0,
            events,
            ready: VecDeque::new(),
            queue: BinaryHeap::new(),
            planned: 0,
            paces: paces(),
            at: BEGIN + 7 * HOUR,
            random: Random::new(seed),
            numbers: Numbers::default(),
            managers,
            clients: Vec::new(),
            shelves: Shelves::new(seed, events),
            quotas: BTreeMap::new(),
            open_deals: BTreeSet::new(),
            open_tasks: BTreeSet::new(),
            handed: BTreeMap::new(),
            credited: BTreeMap::new(),
            away: None,
        };
        company.open();
        company.plan_at(BEGIN + 8 * HOUR, Step::Day(0));
        company
    }

    /// The id of the n-th event, counted from 1.
    #[must_use]
    pub fn event_id(&self, number: u64) -> Uuid {
        Uuid::new_v5(&self.names, &number.to_be_bytes())
    }

    /// Tells an event of now; gives its number.
    pub(crate) fn tell(&mut self, event_type: &str, actor: Who, data: Data) -> u64 {
        self.tell_at(self.at, event_type, actor, None, data)
    }

    /// Tells an event of another moment, or on somebody's behalf.
    pub(crate) fn tell_at(
        &mut self,
        at: i64,
        event_type: &str,
        actor: Who,
        behalf: Option<Who>,
        data: Data,
    ) -> u64 {
        self.told += 1;
        let id = self.event_id(self.told);
        let behalf = behalf.map_or_else(String::new, |who| format!("\"on_behalf_of\":\"{who}\","));
        // What is said late on the last day is said on the last day.
        let at = moment(at.min(END - 2 * HOUR));
        let stamp = format!(
            "\"occurred_at\":\"{at}\",\"actor\":\"{actor}\",{behalf}\"source\":\"{}\"",
            actor.system()
        );
        let line = |event_type: &str, id: Uuid, data: &Data| {
            format!("{{\"type\":\"{event_type}\",\"id\":\"{id}\",{stamp},\"data\":{data}}}")
        };
        self.ready.push_back(line(event_type, id, &data));
        let opening = self.told;
        if let Some(later) = data.later() {
            self.told += 1;
            let id = self.event_id(self.told);
            self.ready.push_back(line(&later_part(event_type), id, later));
        }
        opening
    }

    /// Whether the next document is told in parts: one in so many is, and none that the story's end
    /// would cut.
    pub(crate) const fn in_parts(&self, one_in: u64) -> bool {
        self.told.is_multiple_of(one_in) && self.told + 2 <= self.events
    }

    /// Voids an event that was recorded wrongly.
    pub(crate) fn void(&mut self, event: u64, actor: Who, reason: &str) {
        let target = self.event_id(event);
        self.tell("event.voided", actor, Data::new().text("target", target).text("reason", reason));
    }

    /// How many clients have been told of.
    #[must_use]
    pub fn clients_told(&self) -> u64 {
        self.numbers.last("C").unwrap_or(0)
    }
    /// How many deals have been told of.
    #[must_use]
    pub fn deals_told(&self) -> u64 {
        self.numbers.last("D").unwrap_or(0)
    }
    /// How many events have been told.
    pub(crate) const fn told(&self) -> u64 {
        self.told
    }
    /// How many events the story has.
    pub(crate) const fn length(&self) -> u64 {
        self.events
    }

    /// Plans a step for a moment.
    pub(crate) fn plan_at(&mut self, at: i64, step: Step) {
        self.planned += 1;
        self.queue.push(Reverse(Planned { at: at.max(self.at), number: self.planned, step }));
    }
    /// Plans a step for the first working moment after some time.
    pub(crate) fn plan(&mut self, least: i64, most: i64, step: Step) {
        let after = self.at + self.random.between(least, most);
        let at = at_work(after, &mut self.random);
        self.plan_at(at, step);
    }

    /// How many of something fall on a day, when so many of a thousand events are of it.
    pub(crate) fn quota(&mut self, what: &'static str, day: usize, per_million: u64) -> u64 {
        let today = self.pace(day) - if day == 0 { 0 } else { self.pace(day - 1) };
        let owed = self.quotas.entry(what).or_default();
        *owed += today * per_million;
        let due = *owed / 1_000_000;
        *owed -= due * 1_000_000;
        due
    }

    /// How many events are to be told by the end of a day.
    pub(crate) fn pace(&self, day: usize) -> u64 {
        let whole = u128::from(self.paces[DAYS - 1]);
        u64::try_from(u128::from(self.events) * u128::from(self.paces[day]) / whole)
            .unwrap_or(self.events)
    }

    /// The one who does what a manager has to do now, and for whom if that is another.
    pub(crate) fn acting(&self, manager: u16) -> (Who, Option<Who>) {
        match self.away {
            Some((absent, deputy)) if absent == manager => {
                (Who::Manager(deputy), Some(Who::Manager(absent)))
            }
            Some(_) | None => (Who::Manager(manager), None),
        }
    }

    fn happen(&mut self, step: Step) {
        match step {
            Step::Day(day) => self.begin_day(day),
            Step::Office(what, day) => self.office(what, day),
            Step::Lead => self.lead(),
            Step::Repeat => self.repeat(),
            Step::Counter => self.counter_sale(),
            Step::Touch(touch) => self.touch(touch),
            Step::Deal(deal) => self.deal(deal),
            Step::Order(order) => self.order(order),
            Step::Invoice(invoice) => self.invoice(*invoice),
            Step::Due(due) => self.due(due),
            Step::Comeback(comeback) => self.comeback(&comeback),
            Step::Purchase(purchase) => self.purchase(*purchase),
            Step::Goods(goods) => self.goods(goods),
            Step::Claim(claim) => self.claim(claim),
            Step::Task(task) => self.task(task),
        }
    }
}

impl Iterator for Company {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        while self.ready.is_empty() {
            if self.told >= self.events {
                return None;
            }
            match self.queue.pop() {
                Some(Reverse(planned)) if planned.at < END => {
                    self.at = planned.at;
                    self.happen(planned.step);
                }
                // The two years are over, and what is missing to the length is told as letters of
                // the last afternoon.
                Some(_) | None => {
                    self.queue.clear();
                    self.at = (self.at + 1).clamp(END - 18 * HOUR, END - 10 * HOUR);
                    self.last_letter();
                }
            }
        }
        let first = self.told - self.ready.len() as u64;
        if first < self.events { self.ready.pop_front() } else { None }
    }
}

/// The type of the later parts of what an event opens.
fn later_part(opening: &str) -> String {
    let entity = match opening {
        "bill.credited" => "bill_credit",
        other => other.split('.').next().unwrap_or(other),
    };
    format!("{entity}.lines_added")
}

/// How much of the business lies before the end of each day: weekdays only, and half as much again
/// at the end of the two years as at the beginning.
fn paces() -> Vec<u64> {
    let mut sum = 0;
    let one = |day: usize| {
        sum += if is_workday(day) { 80 + 40 * day as u64 / DAYS as u64 } else { 0 };
        sum
    };
    (0..DAYS).map(one).collect()
}

/// Days, as seconds.
pub(crate) const fn days(count: i64) -> i64 {
    count * DAY
}
