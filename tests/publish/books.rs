//! A ledger in memory that tells the demo company's story with random mischief. Invariant: one
//! seed, one history.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use sijil_demo::Company;
use sijil_ledger::{Answer, Atomicity, Caller, Desk, Ledger, Parts, Question, Request};
use sijil_log::{
    memory,
    seam::{Clock, Randomness},
};
use sijil_publish::Options;
use sijil_schemas::{Position, decode::Draft, time::Timestamp};

use crate::hiding::{Hidden, Hiding};

struct CountingClock(AtomicI64);
impl Clock for CountingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Ordering::Relaxed)).expect("in range")
    }
}

struct CountingBytes(AtomicU64);
impl Randomness for CountingBytes {
    fn fill(&self, bytes: &mut [u8]) -> std::io::Result<()> {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(count.iter().cycle()).for_each(|(b, c)| *b = *c);
        Ok(())
    }
}

/// A small generator of random numbers.
pub struct Dice(u64);

impl Dice {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % bound.max(1) as u64).expect("small")
    }
}

/// The story so far, and what is still to be told.
pub struct Books {
    pub ledger: Desk,
    story: Company,
    pub dice: Dice,
    /// What was recorded: (event id, type, date, home, data).
    told: Vec<(String, String, String, Value)>,
    made: u64,
    /// How many voids, merges and other mischief the rules admitted.
    pub mischief: usize,
    /// Parts that no read of the log shows.
    pub hidden: Hidden,
}

impl Books {
    /// The first `events` of a story may be told; `clock` stands in 2026, after all of it.
    pub fn new(seed: u64, events: u64) -> Books {
        let (writer, reader) = memory::open();
        let hidden = Hidden::default();
        let ledger = Ledger::start(Parts {
            writer: Some(Box::new(writer)),
            read_only_because: None,
            reader: Arc::new(Hiding { log: reader, hidden: hidden.clone() }),
            clock: Arc::new(CountingClock(AtomicI64::new(1_767_300_000_000_000))),
            randomness: Arc::new(CountingBytes(AtomicU64::new(seed))),
            snapshots: None,
            threads: 1,
            progress: None,
        })
        .expect("the ledger starts")
        .desk_of_all(Caller::open());
        Books {
            ledger,
            story: Company::new(seed, events),
            dice: Dice(seed),
            told: Vec::new(),
            made: 0,
            mischief: 0,
            hidden,
        }
    }

    /// Records drafts, each judged alone; how many were admitted.
    pub fn record(&mut self, drafts: &[Value]) -> usize {
        if drafts.is_empty() {
            return 0;
        }
        let parsed =
            drafts.iter().map(|d| Draft::from_value(d.clone()).expect("a draft")).collect();
        let request =
            Request { drafts: parsed, key: None, expect: Vec::new(), atomicity: Atomicity::Alone };
        let receipt = self.ledger.submit_blocking(request).expect("the ledger takes requests");
        let admitted = receipt.outcomes.iter().zip(drafts).filter(|(outcome, _)| outcome.is_ok());
        let before = self.told.len();
        for (_, draft) in admitted {
            let text = |key: &str| draft[key].as_str().unwrap_or_default().to_owned();
            self.told.push((text("id"), text("type"), text("occurred_at"), draft["data"].clone()));
        }
        self.told.len() - before
    }

    /// Goes on with the story. Periods stay open, so that the past can be changed.
    pub fn tell(&mut self, count: usize) {
        let drafts: Vec<Value> = self
            .story
            .by_ref()
            .take(count)
            .map(|line| serde_json::from_str(&line).expect("JSON"))
            .collect();
        let drafts: Vec<Value> = drafts
            .into_iter()
            .filter(|d| !d["type"].as_str().is_some_and(|t| t.starts_with("period.")))
            .collect();
        self.record(&drafts);
    }

    /// Waits until the views have everything.
    pub fn settle(&self) -> Position {
        assert!(self.ledger.settle(Duration::from_secs(60)), "the views keep up");
        self.ledger.views().position()
    }

    fn draft(&mut self, event_type: &str, at: &str, data: Value) -> Value {
        self.made += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.made);
        json!({"type": event_type, "id": id, "occurred_at": at, "actor": "mischief", "data": data})
    }

    /// Some event of a type that was recorded.
    fn some(&mut self, event_type: &str) -> Option<(String, String, String, Value)> {
        let all: Vec<usize> = self
            .told
            .iter()
            .enumerate()
            .filter(|(_, told)| told.1 == event_type)
            .map(|(n, _)| n)
            .collect();
        (!all.is_empty()).then(|| self.told[all[self.dice.below(all.len())]].clone())
    }

    /// Voids, merges, new links, reversals and changes of the past, at random; most of them the
    /// rules refuse.
    pub fn mischief(&mut self, count: usize) {
        let mut drafts = Vec::new();
        for _ in 0..count {
            drafts.extend(self.one());
        }
        self.mischief += self.record(&drafts);
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    fn one(&mut self) -> Option<Value> {
        let void = |this: &mut Books, (id, _, at, _): (String, String, String, Value)| {
            this.draft("event.voided", &at, json!({"target": id, "reason": "by mistake"}))
        };
        match self.dice.below(16) {
            0 => {
                let (one, other) =
                    (self.some("client.registered")?, self.some("client.registered")?);
                Some(self.draft(
                    "client.merged",
                    &one.2.max(other.2),
                    json!({"client": one.3["client"], "into": other.3["client"]}),
                ))
            }
            1 => {
                let merged = self.some("client.merged")?;
                Some(self.draft(
                    "client.unmerged",
                    &merged.2,
                    json!({"client": merged.3["client"]}),
                ))
            }
            2 => {
                let (legal, client) =
                    (self.some("counterparty.registered")?, self.some("client.registered")?);
                let data =
                    json!({"counterparty": legal.3["counterparty"], "client": client.3["client"]});
                Some(self.draft("counterparty.linked", &legal.2.max(client.2), data))
            }
            3 => {
                let link = self.some("counterparty.linked")?;
                Some(self.draft("counterparty.unlinked", &link.2, link.3))
            }
            4 => {
                let payment = self.some("payment.received")?;
                Some(self.draft(
                    "payment.reversed",
                    &payment.2,
                    json!({"payment": payment.3["payment"], "reason": "called back"}),
                ))
            }
            5 => {
                let part = self.some("payment.allocated")?;
                let data = json!({
                    "payment": part.3["payment"], "invoice": part.3["invoice"],
                    "amount": part.3["amount"],
                });
                Some(self.draft("payment.unallocated", &part.2, data))
            }
            6 => {
                let receipt = self.some("goods.received")?;
                let data = json!({
                    "receipt": receipt.3["receipt"],
                    "delta_value": {"amount": "7.00", "currency": "EUR"}, "reason": "freight",
                });
                Some(self.draft("receipt.cost_adjusted", &receipt.2, data))
            }
            7 => {
                let sale = self.some("goods.issued")?;
                let data = json!({
                    "adjustment": format!("M-{}", self.made), "item": sale.3["item"],
                    "warehouse": sale.3["warehouse"], "delta": "3", "reason": "found",
                });
                Some(self.draft("stock.adjusted", &sale.2, data))
            }
            8 => {
                let voided = self.some("client.merged")?;
                Some(void(self, voided))
            }
            9 => {
                let voided = self.some("counterparty.linked")?;
                Some(void(self, voided))
            }
            10 => {
                let voided = self.some("exchange_rate.set")?;
                Some(void(self, voided))
            }
            11 => {
                let voided = self.some("payment.reversed")?;
                Some(void(self, voided))
            }
            _ => {
                let any = self.dice.below(self.told.len());
                let voided = self.told.get(any)?.clone();
                Some(void(self, voided))
            }
        }
    }

    /// The answer of a report.
    pub fn ask(&self, report: &str, parameters: &[(&str, &str)]) -> Answer {
        let parameters =
            parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.ledger.ask(&Question { report: report.into(), parameters }).expect("an answer")
    }
}

/// A publication to this database: reports are asked anew at each step.
pub fn options(to: &str, schema: &str) -> Options {
    Options { to: to.into(), schema: schema.into(), personal: true, reports_every: Duration::ZERO }
}
