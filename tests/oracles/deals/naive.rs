//! Deals recomputed from the JSON of the raw records. Invariant: nothing here knows the folds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sijil_schemas::{Position, time::Date};

use crate::world::World;

/// A record that counts.
#[derive(Debug, Clone)]
pub struct Fact {
    pub at: i64,
    pub position: u64,
    pub event: &'static str,
    pub data: Value,
}

impl Fact {
    pub fn text(&self, field: &str) -> String {
        self.data[field].as_str().unwrap_or_default().to_owned()
    }
    fn about(&self, deal: &str) -> bool {
        self.data["refs"]
            .as_array()
            .is_some_and(|refs| refs.iter().any(|r| *r == format!("deal:{deal}")))
    }
}

/// An amount of money in whole units.
pub type Money = (String, i64);

fn money(value: &Value) -> Option<Money> {
    Some((value["currency"].as_str()?.to_owned(), value["amount"].as_str()?.parse().ok()?))
}

#[derive(Debug, Clone)]
pub struct Stay {
    pub stage: String,
    pub number: u64,
    pub from: i64,
    pub from_position: u64,
    /// When it ended, at which position, and what came: a stage, `won` or `lost`.
    pub to: Option<(i64, u64, &'static str, String)>,
}

#[derive(Debug, Clone)]
pub struct Deal {
    pub id: String,
    pub opened: i64,
    pub stays: Vec<Stay>,
    pub owners: Vec<(i64, u64, String)>,
    /// Spans on hold.
    pub holds: Vec<(i64, Option<i64>)>,
    /// When it was reopened, from what, to which stage.
    pub reopenings: Vec<(i64, &'static str, String)>,
    /// (moment, position, won, amount, reason)
    pub close: Option<(i64, u64, bool, Option<Money>, String)>,
    pub estimate: Option<Money>,
    pub expected: Option<String>,
    pub probability: Option<i64>,
    pub facts: Vec<Fact>,
}

impl Deal {
    pub fn stage(&self) -> &str {
        &self.stays.last().expect("a stay").stage
    }
    /// The owner at the closing, else now.
    pub fn credited(&self) -> &str {
        let closed = self.close.as_ref().map_or((i64::MAX, u64::MAX), |c| (c.0, c.1));
        &self.owners.iter().rev().find(|o| (o.0, o.1) <= closed).unwrap_or(&self.owners[0]).2
    }
    pub fn owner_at(&self, at: i64) -> &str {
        &self.owners.iter().rev().find(|o| o.0 <= at).unwrap_or(&self.owners[0]).2
    }
    pub fn worth(&self) -> Option<Money> {
        self.close.as_ref().and_then(|c| c.3.clone()).or_else(|| self.estimate.clone())
    }
    pub fn won(&self) -> bool {
        self.close.as_ref().is_some_and(|c| c.2)
    }
    pub fn is_on_hold(&self) -> bool {
        self.holds.last().is_some_and(|h| h.1.is_none())
    }
    fn take(&mut self, fact: &Fact) {
        let open = self.close.is_none();
        match fact.event {
            "deal.estimate_changed" => {
                self.estimate = money(&fact.data["amount"]).or(self.estimate.take());
                self.expected = fact.data["expected_close"]
                    .as_str()
                    .map(str::to_owned)
                    .or(self.expected.take());
                self.probability =
                    fact.data["probability"].as_str().map(hundredths).or(self.probability);
            }
            "deal.stage_entered" if open => {
                self.end(fact, "stage", &fact.text("to"));
                self.begin(fact, &fact.text("to"));
            }
            "deal.put_on_hold" if open && !self.is_on_hold() => self.holds.push((fact.at, None)),
            "deal.resumed" => self.release(fact.at),
            "deal.owner_changed" => self.owners.push((fact.at, fact.position, fact.text("to"))),
            "deal.won" if open => {
                self.end(fact, "won", "won");
                self.release(fact.at);
                self.close = Some((
                    fact.at,
                    fact.position,
                    true,
                    money(&fact.data["amount"]),
                    String::new(),
                ));
            }
            "deal.lost" if open => {
                self.end(fact, "lost", "lost");
                self.release(fact.at);
                self.close = Some((fact.at, fact.position, false, None, fact.text("reason")));
            }
            "deal.reopened" if !open => {
                self.reopenings.push((
                    fact.at,
                    if self.won() { "won" } else { "lost" },
                    fact.text("stage"),
                ));
                self.close = None;
                self.begin(fact, &fact.text("stage"));
            }
            _ => (),
        }
    }
    fn release(&mut self, at: i64) {
        if let Some(hold) = self.holds.last_mut().filter(|h| h.1.is_none()) {
            hold.1 = Some(at);
        }
    }
    fn end(&mut self, fact: &Fact, what: &'static str, to: &str) {
        self.stays.last_mut().expect("a stay").to =
            Some((fact.at, fact.position, what, to.to_owned()));
    }
    fn begin(&mut self, fact: &Fact, stage: &str) {
        let number = 1 + self.stays.iter().filter(|s| s.stage == stage).count() as u64;
        self.stays.push(Stay {
            stage: stage.to_owned(),
            number,
            from: fact.at,
            from_position: fact.position,
            to: None,
        });
    }
}

/// A decimal below 100 as hundredths: `0.75` is 75.
fn hundredths(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    whole.parse::<i64>().expect("digits") * 100
        + format!("{part:0<2}").parse::<i64>().expect("digits")
}

/// Everything that counts at a pair of clocks.
#[derive(Debug)]
pub struct Facts {
    pub cut: i64,
    pub zone: jiff::tz::TimeZone,
    pub deals: Vec<Deal>,
    /// Pipeline and regulation definitions that are known, in replay order.
    pub definitions: Vec<Fact>,
    /// Interactions, and tasks that were assigned or done.
    pub others: Vec<Fact>,
}

impl Facts {
    pub fn of(world: &World, as_of: Date, known_at: Position) -> Facts {
        let zone = world.views.company.zone();
        let (cut, known_at) = (as_of.plus_days(1).start(&zone).micros(), known_at.get());
        let known: Vec<_> = world.records.iter().filter(|r| r.position.get() <= known_at).collect();
        let voided: BTreeSet<Position> = known.iter().filter_map(|r| r.voids).collect();
        let mut facts: Vec<Fact> = known
            .into_iter()
            .filter(|r| !voided.contains(&r.position) && matters(r.event.event_type().name))
            .map(|r| Fact {
                at: r.occurred_at().micros(),
                position: r.position.get(),
                event: r.event.event_type().name,
                data: r.event.data().expect("JSON"),
            })
            .collect();
        facts.sort_by_key(|f| (f.at, f.position));
        let is_definition =
            |f: &Fact| ["pipeline.defined", "regulation.defined"].contains(&f.event);
        let definitions = facts.iter().filter(|f| is_definition(f)).cloned().collect();
        facts.retain(|f| f.at < cut && !is_definition(f));
        let others = facts
            .iter()
            .filter(|f| {
                ["interaction.recorded", "task.assigned", "task.completed"].contains(&f.event)
            })
            .cloned()
            .collect();
        let mut deals: BTreeMap<String, Deal> = BTreeMap::new();
        for fact in facts.iter().filter(|f| f.event.starts_with("deal.")) {
            match deals.get_mut(&fact.text("deal")) {
                Some(deal) => {
                    deal.take(fact);
                    deal.facts.push(fact.clone());
                }
                None if fact.event == "deal.opened" => {
                    drop(deals.insert(fact.text("deal"), open(fact)));
                }
                None => (),
            }
        }
        Facts { cut, zone, deals: deals.into_values().collect(), definitions, others }
    }

    /// The definition in force at a moment.
    pub fn in_force(&self, event: &str, at: i64) -> Option<&Fact> {
        self.definitions.iter().rev().find(|f| f.event == event && f.at <= at)
    }
    /// The stages of a revision of the pipeline, by rank: (stage, rank, probability in hundredths).
    pub fn stages(revision: &Fact) -> Vec<(String, i64, i64)> {
        let stages = revision.data["stages"].as_array().expect("stages").iter();
        stages
            .map(|s| {
                (
                    s["stage"].as_str().expect("a key").to_owned(),
                    s["rank"].as_i64().expect("a rank"),
                    hundredths(s["probability"].as_str().expect("a share")),
                )
            })
            .collect()
    }
    /// A stage as a deal sees it: (rank, probability).
    pub fn stage(&self, deal: &Deal, stage: &str, entered: i64) -> Option<(i64, i64)> {
        let of = |at: i64| {
            let revision = self.in_force("pipeline.defined", at)?;
            Facts::stages(revision).into_iter().find(|s| s.0 == stage).map(|s| (s.1, s.2))
        };
        of(deal.opened).or_else(|| of(entered))
    }
    /// What happened around a deal that meets a requirement of a kind, in replay order.
    pub fn evidence(&self, deal: &Deal, requirement: &Value) -> Vec<i64> {
        let wanted = requirement["match"]["channel"].as_str();
        match requirement["kind"].as_str() {
            Some("interaction") => {
                let said = self
                    .others
                    .iter()
                    .filter(|f| f.event == "interaction.recorded" && f.about(&deal.id));
                said.filter(|f| wanted.is_none_or(|channel| f.text("channel") == channel))
                    .map(|f| f.at)
                    .collect()
            }
            Some("task") => {
                let mine = |f: &&Fact| f.text("task") == format!("t-{}", deal.id);
                let assigned = self
                    .others
                    .iter()
                    .filter(mine)
                    .find(|f| f.event == "task.assigned" && f.about(&deal.id));
                let Some(assigned) = assigned else { return Vec::new() };
                let done = |f: &&Fact| {
                    f.event == "task.completed"
                        && (f.at, f.position) > (assigned.at, assigned.position)
                };
                self.others.iter().filter(mine).find(done).map(|f| f.at).into_iter().collect()
            }
            Some("field") => {
                deal.facts.iter().filter(|f| !f.data["amount"].is_null()).map(|f| f.at).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether deals are told by such events at all.
fn matters(event: &str) -> bool {
    ["deal.", "pipeline.", "regulation.", "interaction.", "task."]
        .iter()
        .any(|family| event.starts_with(family))
}

fn open(fact: &Fact) -> Deal {
    let stay = Stay {
        stage: fact.text("stage"),
        number: 1,
        from: fact.at,
        from_position: fact.position,
        to: None,
    };
    Deal {
        id: fact.text("deal"),
        opened: fact.at,
        stays: vec![stay],
        owners: vec![(fact.at, fact.position, fact.text("owner"))],
        holds: Vec::new(),
        reopenings: Vec::new(),
        close: None,
        estimate: money(&fact.data["amount"]),
        expected: fact.data["expected_close"].as_str().map(str::to_owned),
        probability: None,
        facts: vec![fact.clone()],
    }
}
