//! Deals: what was said of each, in replay order. Invariant: no state of a deal is kept; it is
//! walked, at the reader's clocks, from the facts that count.
//!
//! The way in for a report: [`Deals::courses`] walks every deal that is open, won or lost at a
//! lens; a [`Course`] says its visits, owners, closings, amounts and spans; [`Deals::duties`] says
//! what regulations asked of it. The client of a deal is `clients::client_of`'s to say.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    DealOpened, Event, Line, Position, Record,
    event::{self, Orders, Staff},
    id::{ClientId, CounterpartyId, DealId, EmployeeId, ItemId, Key, OrderId, PipelineId, kind},
    money::{Amount, Money, Quantity, Share},
    text::{Attributes, Text},
    time::{Date, Timestamp},
};

use crate::{
    cut::{Dated, Facts, Lens},
    fold::{Fold, Quarantine},
    table::{Sym, Table},
};

mod course;
mod duties;
mod groups;
mod regime;

pub(crate) use course::days;
pub use course::{Close, Course, Leaving, Moment, Outcome, State, Tenure, Visit, Worth};
pub use duties::{Duties, Obligation, Skipped, Verdict};
pub(crate) use groups::{
    GROUP, Group, Grouping, PIPELINE, Slice, Spread, convert, currencies, currency_cell,
    day_decimal, deals_asked, deals_asked_within, group_columns, shown, weighted,
};
pub use regime::{Duty, PipelineRevision, Regime, RegulationRevision};

/// What is asked for on a line of a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The line's key.
    pub line: Key,
    /// Which item.
    pub item: Option<ItemId>,
    /// How many units.
    pub qty: Quantity,
    /// The price of one unit.
    pub price: Amount,
    /// The line without tax.
    pub net: Amount,
}

impl Asked {
    fn of(line: &Line) -> Asked {
        Asked {
            line: line.line.clone(),
            item: line.item.clone(),
            qty: line.qty,
            price: line.price,
            net: line.net,
        }
    }
}

/// How a deal began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// By whom it was opened.
    pub actor: Key,
    /// The client it names itself.
    pub client: Option<ClientId>,
    /// The legal entity it names itself.
    pub counterparty: Option<CounterpartyId>,
    /// Its pipeline.
    pub pipeline: PipelineId,
    /// Its first stage.
    pub stage: Key,
    /// Its first owner.
    pub owner: EmployeeId,
    /// What it may bring.
    pub amount: Option<Money>,
    /// What is asked for.
    pub lines: Box<[Asked]>,
    /// When it may close.
    pub expected_close: Option<Date>,
}

impl Opening {
    /// What `deal.opened` says.
    #[must_use]
    pub fn of(e: &DealOpened, actor: &Key) -> Opening {
        Opening {
            actor: actor.clone(),
            client: e.client.clone(),
            counterparty: e.counterparty.clone(),
            pipeline: e.pipeline.clone(),
            stage: e.stage.clone(),
            owner: e.owner.clone(),
            amount: e.amount,
            lines: e.lines.iter().map(Asked::of).collect(),
            expected_close: e.expected_close,
        }
    }
}

/// Why a deal was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The stage it was lost at.
    pub at_stage: Key,
    /// Why.
    pub reason: Key,
    /// To whom.
    pub competitor: Option<Key>,
}

/// One thing that was said of a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DealFact {
    /// It was opened.
    Opened(Box<Opening>),
    /// It was estimated anew; absent estimates stay.
    Estimated {
        /// What it may bring.
        amount: Option<Money>,
        /// When it may close.
        expected_close: Option<Date>,
        /// How likely it is won.
        probability: Option<Share>,
    },
    /// It went from one stage to another.
    Entered {
        /// The stage it left.
        from: Key,
        /// The stage it entered.
        to: Key,
    },
    /// It was put on hold.
    PutOnHold,
    /// It goes on.
    Resumed,
    /// It got another owner, alone or with other work handed over.
    OwnerChanged {
        /// The owner until then.
        from: EmployeeId,
        /// The owner from then on.
        to: EmployeeId,
    },
    /// A requirement was fulfilled, in words.
    Fulfilled {
        /// Which.
        requirement: Key,
        /// At the n-th visit of its stage.
        visit: u32,
    },
    /// A requirement was waived.
    Waived {
        /// Which.
        requirement: Key,
        /// At the n-th visit of its stage.
        visit: u32,
    },
    /// It was won.
    Won {
        /// What it brought; absent takes the last estimate.
        amount: Option<Money>,
        /// The order it became.
        order: Option<OrderId>,
    },
    /// It was lost.
    Lost(Box<Loss>),
    /// It was opened again.
    Reopened {
        /// The stage it entered.
        stage: Key,
    },
}

impl DealFact {
    /// The deal an event is about, what it says, and the company's own fields on it; `None` for
    /// configuration.
    #[must_use]
    pub fn of<'e>(
        event: &'e event::Deals,
        actor: &Key,
    ) -> Option<(&'e DealId, DealFact, &'e Attributes)> {
        Some(match event {
            event::Deals::PipelineDefined(_) | event::Deals::RegulationDefined(_) => return None,
            event::Deals::DealOpened(e) => {
                (&e.deal, DealFact::Opened(Box::new(Opening::of(e, actor))), &e.attributes)
            }
            event::Deals::DealEstimateChanged(e) => {
                let fact = DealFact::Estimated {
                    amount: e.amount,
                    expected_close: e.expected_close,
                    probability: e.probability,
                };
                (&e.deal, fact, &e.attributes)
            }
            event::Deals::DealStageEntered(e) => (
                &e.deal,
                DealFact::Entered { from: e.from.clone(), to: e.to.clone() },
                &e.attributes,
            ),
            event::Deals::DealPutOnHold(e) => (&e.deal, DealFact::PutOnHold, &e.attributes),
            event::Deals::DealResumed(e) => (&e.deal, DealFact::Resumed, &e.attributes),
            event::Deals::DealOwnerChanged(e) => (
                &e.deal,
                DealFact::OwnerChanged { from: e.from.clone(), to: e.to.clone() },
                &e.attributes,
            ),
            event::Deals::RequirementFulfilled(e) => (
                &e.deal,
                DealFact::Fulfilled { requirement: e.requirement.clone(), visit: e.visit },
                &e.attributes,
            ),
            event::Deals::RequirementWaived(e) => (
                &e.deal,
                DealFact::Waived { requirement: e.requirement.clone(), visit: e.visit },
                &e.attributes,
            ),
            event::Deals::DealWon(e) => {
                (&e.deal, DealFact::Won { amount: e.amount, order: e.order.clone() }, &e.attributes)
            }
            event::Deals::DealLost(e) => {
                let loss = Loss {
                    at_stage: e.at_stage.clone(),
                    reason: e.reason.clone(),
                    competitor: e.competitor.clone(),
                };
                (&e.deal, DealFact::Lost(Box::new(loss)), &e.attributes)
            }
            event::Deals::DealReopened(e) => {
                (&e.deal, DealFact::Reopened { stage: e.stage.clone() }, &e.attributes)
            }
        })
    }
}

/// Everything that was said of one deal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Deal {
    facts: Facts<DealFact>,
    attributes: Facts<Attributes>,
}

impl Deal {
    /// What was said of it, in replay order, whether it counts or not.
    #[must_use]
    pub const fn facts(&self) -> &Facts<DealFact> {
        &self.facts
    }
    /// The company's own fields that were said of it, each time they were, in replay order, whether
    /// they count or not.
    #[must_use]
    pub const fn attributes(&self) -> &Facts<Attributes> {
        &self.attributes
    }
    /// The value of one of the company's own fields, as last said.
    #[must_use]
    pub fn attribute<'a>(&'a self, key: &str, lens: Lens<'a>) -> Option<Dated<&'a Text>> {
        let value = |fact: &'a Dated<Attributes>| {
            let (_, text) = fact.what.iter().find(|(k, _)| k.as_str() == key)?;
            Some(Dated { at: fact.at, position: fact.position, what: text })
        };
        self.attributes.counting(lens).rev().find_map(value)
    }
    /// The way it went, as far as it counts; `None` if its opening does not.
    #[must_use]
    pub fn course<'a>(&'a self, lens: Lens<'a>) -> Option<Course<'a>> {
        Course::of(self.facts.counting(lens).map(|fact| Dated {
            at: fact.at,
            position: fact.position,
            what: &fact.what,
        }))
    }
}

/// A deal at a lens: its id, what was said of it, and the way it went.
#[derive(Debug, Clone)]
pub struct Walked<'a> {
    /// Its id.
    pub id: &'a str,
    /// What was said of it.
    pub deal: &'a Deal,
    /// The way it went.
    pub course: Course<'a>,
}

/// The read model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Deals {
    regime: Regime,
    deals: Table<kind::Deal, Deal>,
    /// The deals that orders came from: said by the order, or by the win.
    orders: Table<kind::Order, Facts<Sym<kind::Deal>>>,
    /// The last position recorded up to each quarter of an hour (counted from 1970): what was known
    /// at a past midnight.
    recorded: BTreeMap<i64, Position>,
    quarantine: Quarantine,
}

const QUARTER_MICROS: i64 = 900_000_000;

impl Fold for Deals {
    const NAME: &'static str = "deals";
    const EDITION: u32 = 2;

    fn apply(&mut self, record: &Record) {
        // A record at the very end of a quarter was known at its end.
        let quarter = (record.recorded_at.micros() + QUARTER_MICROS - 1).div_euclid(QUARTER_MICROS);
        self.recorded.insert(quarter, record.position);
        match &record.event {
            Event::Deals(event::Deals::PipelineDefined(e)) => {
                self.regime.define_pipeline(e, record.occurred_at(), record.position);
            }
            Event::Deals(event::Deals::RegulationDefined(e)) => {
                self.regime.define_regulation(e, record.occurred_at(), record.position);
            }
            Event::Deals(e) => self.take(record, e),
            Event::Orders(Orders::OrderPlaced(e)) => {
                if let Some(deal) = &e.deal {
                    self.link(record, &e.order, deal);
                }
            }
            Event::Orders(
                Orders::OrderLinesAdded(_)
                | Orders::ShipmentLinesAdded(_)
                | Orders::ReturnLinesAdded(_),
            ) => (),
            Event::Orders(
                Orders::OrderCancelled(_)
                | Orders::ShipmentDispatched(_)
                | Orders::ReturnReceived(_),
            ) => (),
            Event::Staff(Staff::WorkHandedOver(e)) => {
                for deal in e.of::<kind::Deal>() {
                    let fact = DealFact::OwnerChanged { from: e.from.clone(), to: e.to.clone() };
                    self.deals.entry(&deal).facts.insert(Dated::of(record, fact));
                }
            }
            Event::Staff(_) => (),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Catalogue(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_)
            | Event::Stock(_)
            | Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::System(_) => (),
        }
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Deals {
    fn take(&mut self, record: &Record, event: &event::Deals) {
        let Some((id, fact, attributes)) = DealFact::of(event, &record.envelope.actor) else {
            return;
        };
        if let DealFact::Won { order: Some(order), .. } = &fact {
            self.link(record, order, id);
        }
        let deal = self.deals.entry(id);
        deal.facts.insert(Dated::of(record, fact));
        if !attributes.is_empty() {
            deal.attributes.insert(Dated::of(record, attributes.clone()));
        }
    }
    fn link(&mut self, record: &Record, order: &OrderId, deal: &DealId) {
        let deal = self.deals.intern(deal);
        self.orders.entry(order).insert(Dated::of(record, deal));
    }

    /// Pipelines and regulations.
    #[must_use]
    pub const fn regime(&self) -> &Regime {
        &self.regime
    }
    /// What was said of a deal; `None` if nothing ever was.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Deal> {
        self.deals.get(id)
    }
    /// Whether one of the company's own fields was said of any deal.
    #[must_use]
    pub fn any_attribute(&self, key: &str, lens: Lens<'_>) -> bool {
        self.deals.iter().any(|(_, _, deal)| deal.attribute(key, lens).is_some())
    }
    /// Every deal that was ever named, (id, deal), in order of first appearance.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Deal)> {
        self.deals.iter().map(|(_, id, deal)| (id, deal))
    }
    /// Every deal whose opening counts, walked, in order of first appearance.
    pub fn courses<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Walked<'a>> {
        self.deals.iter().filter_map(move |(_, id, deal)| {
            deal.course(lens).map(|course| Walked { id, deal, course })
        })
    }
    /// The same of the deals of which anything was said in an interval, whether it counts or not:
    /// with the others nothing happened then.
    pub fn courses_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Walked<'a>> {
        let said = self.deals.iter().filter(move |(_, _, deal)| deal.facts.any_within(&within));
        said.filter_map(move |(_, id, deal)| {
            deal.course(lens).map(|course| Walked { id, deal, course })
        })
    }
    /// The way one deal went, as far as it counts.
    #[must_use]
    pub fn course<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<Course<'a>> {
        self.deals.get(id)?.course(lens)
    }
    /// The deal an order came from, as last said by the order or by the win.
    #[must_use]
    pub fn deal_of_order<'a>(&'a self, order: &str, lens: Lens<'a>) -> Option<&'a str> {
        self.orders.get(order)?.last(lens).map(|fact| self.deals.name(fact.what))
    }
    /// The last position that was recorded at or before a moment, exact for whole quarters of an
    /// hour: those, every midnight of a zone is.
    #[must_use]
    pub fn known_by(&self, moment: Timestamp) -> Position {
        let quarter = moment.micros().div_euclid(QUARTER_MICROS);
        self.recorded
            .range(..=quarter)
            .next_back()
            .map_or(Position::ZERO, |(_, position)| *position)
    }
}
