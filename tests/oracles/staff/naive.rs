//! The records that count, and what they say, read one by one. Invariant: nothing here is kept
//! between two questions.

use std::collections::BTreeMap;

use sijil_schemas::{
    Channel, Direction, Event, Record,
    event::{Clients, Deals, Interactions, Orders, Staff},
    id::Kind,
    time::Date,
};

use super::history::Question;

pub const DAY: i64 = 86_400_000_000;

/// The records that count at two clocks, in replay order.
pub struct Naive<'a> {
    pub records: Vec<&'a Record>,
    /// Those that are known, whenever they are dated.
    pub known: Vec<&'a Record>,
    /// The first moment that does not count.
    pub before: i64,
    pub first: i64,
    pub end: i64,
}

pub fn micros(day: &str) -> i64 {
    i64::from(day.parse::<Date>().unwrap().days()) * DAY
}

pub fn cents(shown: &str) -> i128 {
    let (whole, part) = shown.split_once('.').unwrap_or((shown, "00"));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i128>().unwrap() * 100 + sign * part.parse::<i128>().unwrap()
}

pub fn at(record: &Record) -> i64 {
    record.occurred_at().micros()
}

/// A deal, told by its records.
#[derive(Clone)]
pub struct Deal<'a> {
    pub id: String,
    pub opened: i64,
    pub opener: &'a str,
    pub first_owner: &'a str,
    pub owner: &'a str,
    pub client: Option<String>,
    pub estimate: Option<i128>,
    /// When it closed last, whether it was won, what it brought.
    pub closed: Option<(i64, bool, Option<i128>)>,
    /// Microseconds owned while open, by owner, in order of first ownership.
    pub owned: Vec<(&'a str, i128)>,
}

/// A gain: deal or order.
pub struct Gain {
    pub subject: String,
    pub client: Option<String>,
    pub opened: i64,
    pub won: i64,
    pub cents: i128,
}

#[derive(Default)]
pub struct Answers {
    pub answered: Vec<i64>,
    within: usize,
    overdue: usize,
    pending: usize,
}

impl Answers {
    pub fn shown(&self) -> Vec<String> {
        let n = self.answered.len() + self.overdue + self.pending;
        let median = median(&self.answered, 60_000_000);
        vec![
            n.to_string(),
            self.answered.len().to_string(),
            self.within.to_string(),
            self.overdue.to_string(),
            self.pending.to_string(),
            median,
        ]
    }
}

/// The median with two decimals, rounded half up (spans are never negative).
pub fn median(of: &[i64], unit: i64) -> String {
    let mut sorted = of.to_vec();
    sorted.sort_unstable();
    let n = sorted.len();
    if n == 0 {
        return String::new();
    }
    let twice = if n % 2 == 1 { sorted[n / 2] * 2 } else { sorted[n / 2 - 1] + sorted[n / 2] };
    let (top, bottom) = (i128::from(twice) * 100, i128::from(unit) * 2);
    let hundredths = (top * 2 + bottom) / (bottom * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl<'a> Naive<'a> {
    pub fn of(all: &'a [Record], question: &Question) -> Naive<'a> {
        let known = |p: u64| {
            p <= question.known_at
                && !all.iter().any(|v| {
                    v.position.get() <= question.known_at && v.voids.is_some_and(|t| t.get() == p)
                })
        };
        let before = micros(&question.as_of) + DAY;
        let mut standing: Vec<&Record> = all.iter().filter(|r| known(r.position.get())).collect();
        standing.sort_by_key(|r| (at(r), r.position));
        let records = standing.iter().copied().filter(|r| at(r) < before).collect();
        Naive {
            records,
            known: standing,
            before,
            first: micros(super::FROM),
            end: micros(super::TO) + DAY,
        }
    }

    pub fn root(&self, client: &str) -> String {
        let merged = |r: &&Record| {
            matches!(
                &r.event,
                Event::Clients(Clients::ClientMerged(e)) if e.client.as_str() == client
            )
        };
        let into = self.records.iter().copied().rfind(|r| merged(r)).map(|r| &r.event);
        match into {
            Some(Event::Clients(Clients::ClientMerged(e))) => e.into.to_string(),
            _ => client.to_owned(),
        }
    }
    pub fn owner_of(&self, client: &str, until: i64) -> Option<String> {
        let mut owner = None;
        for record in self.records.iter().filter(|r| at(r) <= until) {
            match &record.event {
                Event::Clients(Clients::ClientRegistered(e)) if e.client.as_str() == client => {
                    owner = e.owner.as_ref().map(ToString::to_string);
                }
                Event::Clients(Clients::ClientOwnerAssigned(e)) if e.client.as_str() == client => {
                    owner = Some(e.employee.to_string());
                }
                Event::Staff(Staff::WorkHandedOver(e))
                    if e.refs.iter().any(|x| x.kind == Kind::Client && x.id() == client) =>
                {
                    owner = Some(e.to.to_string());
                }
                _ => (),
            }
        }
        owner
    }
    /// Who does an employee's work at a moment.
    pub fn acting(&self, employee: &str, when: i64) -> String {
        let mut chain = vec![employee.to_owned()];
        loop {
            let now = chain.last().unwrap().clone();
            let mut deputy = None;
            for record in &self.records {
                let Event::Staff(Staff::SubstitutionStarted(e)) = &record.event else { continue };
                let ended = self.records.iter().find(|r| matches!(
                    &r.event,
                    Event::Staff(Staff::SubstitutionEnded(x)) if x.substitution == e.substitution
                ));
                let last = e.until.map_or(i64::MAX, |day| (i64::from(day.days()) + 1) * DAY);
                let end = last.min(ended.map_or(i64::MAX, |r| at(r)));
                if e.absent.as_str() == now && at(record) <= when && when < end {
                    deputy = Some(e.deputy.to_string());
                }
            }
            match deputy {
                Some(deputy) if !chain.contains(&deputy) => chain.push(deputy),
                _ => return now,
            }
        }
    }

    pub fn responses(&self, by: &str, most: i64) -> BTreeMap<String, Answers> {
        let mut groups: BTreeMap<String, Answers> = BTreeMap::new();
        if by == "all" {
            groups.entry("all".into()).or_default();
        }
        let said: Vec<_> = self
            .records
            .iter()
            .filter_map(|r| {
                if let Event::Interactions(Interactions::InteractionRecorded(e)) = &r.event {
                    Some((*r, e))
                } else {
                    None
                }
            })
            .collect();
        let thread = |e: &sijil_schemas::InteractionRecorded| {
            let claim = e.refs.iter().find(|x| x.kind == Kind::Claim).map(ToString::to_string);
            claim.unwrap_or_else(|| self.root(e.client.as_ref().unwrap().as_str()))
        };
        for (i, (asked, e)) in said.iter().enumerate().filter(|(_, (r, e))| {
            e.direction == Direction::In && at(r) >= self.first && at(r) < self.end
        }) {
            // It waits only if the last word of its thread before it was the company's, or there
            // was none.
            let earlier = said[..i].iter().rev().find(|(_, x)| thread(x) == thread(e));
            if earlier.is_some_and(|(_, x)| x.direction == Direction::In) {
                continue;
            }
            let answer = said[i + 1..]
                .iter()
                .find(|(_, x)| x.direction == Direction::Out && thread(x) == thread(e));
            let client = self.root(e.client.as_ref().unwrap().as_str());
            let now = self.before - 1;
            let who = match answer {
                Some((r, _)) => self.acting(r.envelope.actor.as_str(), at(r)),
                None => self
                    .owner_of(&client, now.min(at(asked) + most))
                    .unwrap_or_else(|| "no owner".into()),
            };
            let channel = if e.channel == Channel::Call { "call" } else { "email" };
            let group = match by {
                "employee" => who,
                "channel" => channel.to_owned(),
                "client" => client,
                _ => "all".to_owned(),
            };
            let group = groups.entry(group).or_default();
            match answer {
                Some((r, _)) => {
                    group.answered.push(at(r) - at(asked));
                    group.within += usize::from(at(r) - at(asked) <= most);
                }
                None if now - at(asked) > most => group.overdue += 1,
                None => group.pending += 1,
            }
        }
        groups
    }

    pub fn deals(&self) -> Vec<Deal<'a>> {
        let mut deals: Vec<Deal<'a>> = Vec::new();
        for record in &self.records {
            if let Event::Deals(Deals::DealOpened(e)) = &record.event {
                let (owner, actor) = (e.owner.as_str(), record.envelope.actor.as_str());
                let opener = if actor == "robot" { owner } else { actor };
                let estimate = e.amount.map(|m| cents(&format!("{:.2}", m.amount.get())));
                let client = e.client.as_ref().map(|c| self.root(c.as_str()));
                let deal = Deal {
                    id: e.deal.to_string(),
                    opened: at(record),
                    opener,
                    first_owner: owner,
                    owner,
                    client,
                    estimate,
                    closed: None,
                    owned: Vec::new(),
                };
                deals.push(self.tell(deal, record));
            }
        }
        deals
    }
    fn tell(&self, mut deal: Deal<'a>, opening: &Record) -> Deal<'a> {
        let mut since = Some(at(opening));
        let add = |deal: &mut Deal<'a>, since: Option<i64>, until: i64| {
            let Some(from) = since.filter(|from| until > *from) else { return };
            match deal.owned.iter_mut().find(|(owner, _)| *owner == deal.owner) {
                Some((_, sum)) => *sum += i128::from(until - from),
                None => deal.owned.push((deal.owner, i128::from(until - from))),
            }
        };
        for record in
            self.records.iter().filter(|r| (at(r), r.position) > (at(opening), opening.position))
        {
            match &record.event {
                Event::Deals(Deals::DealOwnerChanged(e)) if e.deal.as_str() == deal.id => {
                    add(&mut deal, since, at(record));
                    (deal.owner, since) = (e.to.as_str(), since.map(|_| at(record)));
                }
                Event::Staff(Staff::WorkHandedOver(e))
                    if e.refs.iter().any(|x| x.kind == Kind::Deal && x.id() == deal.id) =>
                {
                    add(&mut deal, since, at(record));
                    (deal.owner, since) = (e.to.as_str(), since.map(|_| at(record)));
                }
                Event::Deals(Deals::DealWon(e)) if e.deal.as_str() == deal.id => {
                    add(&mut deal, since, at(record));
                    since = None;
                    deal.closed = Some((
                        at(record),
                        true,
                        e.amount
                            .map(|m| cents(&format!("{:.2}", m.amount.get())))
                            .or(deal.estimate),
                    ));
                }
                Event::Deals(Deals::DealLost(e)) if e.deal.as_str() == deal.id => {
                    add(&mut deal, since, at(record));
                    since = None;
                    deal.closed = Some((at(record), false, None));
                }
                Event::Deals(Deals::DealReopened(e)) if e.deal.as_str() == deal.id => {
                    (deal.closed, since) = (None, Some(at(record)));
                }
                _ => (),
            }
        }
        deal
    }

    /// Won deals, or orders, of the period.
    pub fn gains(&self, of: &str) -> Vec<Gain> {
        let within = |t: i64| self.first <= t && t < self.end;
        if of == "deals" {
            let won = self.deals().into_iter().filter_map(|deal| {
                let (at, _, cents) = deal.closed.filter(|(at, won, _)| *won && within(*at))?;
                Some(Gain {
                    subject: format!("deal:{}", deal.id),
                    client: deal.client,
                    opened: deal.opened,
                    won: at,
                    cents: cents?,
                })
            });
            return won.collect();
        }
        let placed = self.records.iter().filter(|r| within(at(r))).filter_map(|r| match &r.event {
            Event::Orders(Orders::OrderPlaced(e)) => {
                let cents = e.lines.iter().map(|l| cents(&format!("{:.2}", l.net.get()))).sum();
                let client = e.client.as_ref().map(|c| self.root(c.as_str()));
                Some(Gain {
                    subject: format!("order:{}", e.order),
                    client,
                    opened: at(r),
                    won: at(r),
                    cents,
                })
            }
            _ => None,
        });
        placed.collect()
    }
}
