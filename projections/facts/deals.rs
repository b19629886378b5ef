//! Deals: what was said of each, in replay order. Invariant: no state of a deal is kept; it is
//! walked, at the reader's clocks, from the facts that count.
//!
//! The way in for a report: [`Deals::courses`] walks every deal that is open, won or lost at a
//! lens; a [`Course`] says its visits, owners, closings, amounts and spans; [`Deals::duties`] says
//! what regulations asked of it.

use std::{ops::Range, sync::Arc};

use sijil_schemas::{
    DealOpened, Event, Line, Position, Record,
    event::{self, Orders, Staff},
    id::{Key, kind},
    money::{Amount, Money, Quantity, Share},
    text::Attributes,
    time::{Date, Timestamp},
};

use crate::{
    activity::Activity,
    cells,
    cells::Run,
    column::Column,
    config::Config,
    cut::{Dated, Lens},
    family,
    ids::{Ids, Sym},
    rows::Rows,
    words::{Word, Words},
};

mod course;
mod duties;
mod regime;
mod story;

pub use course::{Close, Course, Leaving, Moment, Outcome, State, Tenure, Visit, Worth};
pub use duties::{Duties, Obligation, Skipped, Verdict};
pub use regime::{Duty, PipelineRevision, RankedStage, Regime, RegulationRevision};
pub use story::Story;

cells! {
    /// What is asked for on a line of a deal.
    pub struct Asked {
        /// The line's key.
        pub line: Sym<Word>,
        /// Which item.
        pub item: Option<Sym<kind::Item>>,
        /// How many units.
        pub qty: Quantity,
        /// The price of one unit.
        pub price: Amount,
        /// The line without tax.
        pub net: Amount,
    }
}

cells! {
    /// How a deal began.
    pub struct Opening {
        /// By whom it was opened.
        pub actor: Sym<Word>,
        /// The client it names itself.
        pub client: Option<Sym<kind::Client>>,
        /// The legal entity it names itself.
        pub counterparty: Option<Sym<kind::Counterparty>>,
        /// Its pipeline.
        pub pipeline: Sym<kind::Pipeline>,
        /// Its first stage.
        pub stage: Sym<Word>,
        /// Its first owner.
        pub owner: Sym<kind::Employee>,
        /// What it may bring.
        pub amount: Option<Money>,
        /// What is asked for; none of one that is only judged.
        pub lines: Run<Asked>,
        /// When it may close.
        pub expected_close: Option<Date>,
    }
}

cells! {
    /// What a deal may bring, as estimated anew; absent estimates stay.
    pub struct Estimate {
        /// What it may bring.
        pub amount: Option<Money>,
        /// When it may close.
        pub expected_close: Option<Date>,
        /// How likely it is won.
        pub probability: Option<Share>,
    }
}

cells! {
    /// Why a deal was lost.
    pub struct Loss {
        /// The stage it was lost at.
        pub at_stage: Sym<Word>,
        /// Why.
        pub reason: Sym<Word>,
        /// To whom.
        pub competitor: Option<Sym<Word>>,
    }
}

cells! {
    /// One of the company's own fields.
    pub struct Attribute {
        /// Its key.
        pub key: Sym<Word>,
        /// Its value.
        pub value: Sym<Word>,
    }
}

/// One thing that was said of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealFact {
    /// It was opened.
    Opened(Opening),
    /// It was estimated anew.
    Estimated(Estimate),
    /// It went from one stage to another.
    Entered {
        /// The stage it left.
        from: Sym<Word>,
        /// The stage it entered.
        to: Sym<Word>,
    },
    /// It was put on hold.
    PutOnHold,
    /// It goes on.
    Resumed,
    /// It got another owner, alone or with other work handed over.
    OwnerChanged {
        /// The owner until then.
        from: Sym<kind::Employee>,
        /// The owner from then on.
        to: Sym<kind::Employee>,
    },
    /// A requirement was fulfilled, in words.
    Fulfilled {
        /// Which.
        requirement: Sym<Word>,
        /// At the n-th visit of its stage.
        visit: u32,
    },
    /// A requirement was waived.
    Waived {
        /// Which.
        requirement: Sym<Word>,
        /// At the n-th visit of its stage.
        visit: u32,
    },
    /// It was won.
    Won {
        /// What it brought; absent takes the last estimate.
        amount: Option<Money>,
        /// The order it became.
        order: Option<Sym<kind::Order>>,
    },
    /// It was lost.
    Lost(Loss),
    /// It was opened again.
    Reopened {
        /// The stage it entered.
        stage: Sym<Word>,
    },
}

cells! {
    /// The same as it stands in its column: what is wide and rare stands in rows beside it.
    enum Said {
        Opened { opening: Run<Opening> },
        Estimated { estimate: Run<Estimate> },
        Entered { from: Sym<Word>, to: Sym<Word> },
        PutOnHold,
        Resumed,
        OwnerChanged { from: Sym<kind::Employee>, to: Sym<kind::Employee> },
        Fulfilled { requirement: Sym<Word>, visit: u32 },
        Waived { requirement: Sym<Word>, visit: u32 },
        Won { amount: Run<Money>, order: Option<Sym<kind::Order>> },
        Lost { loss: Loss },
        Reopened { stage: Sym<Word> },
    }
}

impl DealFact {
    /// The deal an event is about and what it says; `None` for configuration. Its words are
    /// numbered by `word`; its lines are not in it.
    #[must_use]
    pub fn of(
        event: &event::Deals,
        actor: &Key,
        ids: &Ids,
        word: &mut dyn FnMut(&str) -> Sym<Word>,
    ) -> Option<(Sym<kind::Deal>, DealFact)> {
        let mut key = |key: &Key| word(key.as_str());
        let (deal, fact) = match event {
            event::Deals::PipelineDefined(_) | event::Deals::RegulationDefined(_) => return None,
            event::Deals::DealOpened(e) => {
                (&e.deal, DealFact::Opened(Opening::of(e, ids, [key(actor), key(&e.stage)])))
            }
            event::Deals::DealEstimateChanged(e) => {
                let (amount, probability) = (e.amount, e.probability);
                let estimate = Estimate { amount, expected_close: e.expected_close, probability };
                (&e.deal, DealFact::Estimated(estimate))
            }
            event::Deals::DealStageEntered(e) => {
                (&e.deal, DealFact::Entered { from: key(&e.from), to: key(&e.to) })
            }
            event::Deals::DealPutOnHold(e) => (&e.deal, DealFact::PutOnHold),
            event::Deals::DealResumed(e) => (&e.deal, DealFact::Resumed),
            event::Deals::DealOwnerChanged(e) => {
                (&e.deal, DealFact::OwnerChanged { from: ids.sym(&e.from), to: ids.sym(&e.to) })
            }
            event::Deals::RequirementFulfilled(e) => {
                let requirement = key(&e.requirement);
                (&e.deal, DealFact::Fulfilled { requirement, visit: e.visit })
            }
            event::Deals::RequirementWaived(e) => {
                let requirement = key(&e.requirement);
                (&e.deal, DealFact::Waived { requirement, visit: e.visit })
            }
            event::Deals::DealWon(e) => {
                let order = e.order.as_ref().map(|order| ids.sym(order));
                (&e.deal, DealFact::Won { amount: e.amount, order })
            }
            event::Deals::DealLost(e) => {
                let (at_stage, reason) = (key(&e.at_stage), key(&e.reason));
                let competitor = e.competitor.as_ref().map(key);
                (&e.deal, DealFact::Lost(Loss { at_stage, reason, competitor }))
            }
            event::Deals::DealReopened(e) => (&e.deal, DealFact::Reopened { stage: key(&e.stage) }),
        };
        Some((ids.sym(deal), fact))
    }
}

impl Opening {
    fn of(e: &DealOpened, ids: &Ids, [actor, stage]: [Sym<Word>; 2]) -> Opening {
        Opening {
            actor,
            client: e.client.as_ref().map(|client| ids.sym(client)),
            counterparty: e.counterparty.as_ref().map(|legal| ids.sym(legal)),
            pipeline: ids.sym(&e.pipeline),
            stage,
            owner: ids.sym(&e.owner),
            amount: e.amount,
            lines: Run::none(),
            expected_close: e.expected_close,
        }
    }
}

/// The company's own fields that an event says of a deal.
const fn attributes_of(event: &event::Deals) -> Option<&Attributes> {
    Some(match event {
        event::Deals::PipelineDefined(_) | event::Deals::RegulationDefined(_) => return None,
        event::Deals::DealOpened(e) => &e.attributes,
        event::Deals::DealEstimateChanged(e) => &e.attributes,
        event::Deals::DealStageEntered(e) => &e.attributes,
        event::Deals::DealPutOnHold(e) => &e.attributes,
        event::Deals::DealResumed(e) => &e.attributes,
        event::Deals::DealOwnerChanged(e) => &e.attributes,
        event::Deals::RequirementFulfilled(e) => &e.attributes,
        event::Deals::RequirementWaived(e) => &e.attributes,
        event::Deals::DealWon(e) => &e.attributes,
        event::Deals::DealLost(e) => &e.attributes,
        event::Deals::DealReopened(e) => &e.attributes,
    })
}

/// A deal at a lens, and the way it went.
#[derive(Debug, Clone)]
pub struct Walked {
    /// Which deal.
    pub deal: Sym<kind::Deal>,
    /// The way it went.
    pub course: Course,
}

family! {
    /// Pipelines, regulations and deals.
    pub struct Deals {
        /// Pipelines and regulations.
        regime: Config<Regime>,
        /// Stages, reasons, requirements, competitors, actors, and the company's own fields.
        words: Words,
        openings: Rows<Opening>,
        lines: Rows<Asked>,
        estimates: Rows<Estimate>,
        /// What wins say that they brought.
        brought: Rows<Money>,
        said: Column<kind::Deal, Said>,
        /// The company's own fields, each time that any were said.
        attributes: Column<kind::Deal, Run<Attribute>>,
        fields: Rows<Attribute>,
        /// The deals that orders came from: said by the order, or by the win.
        of_orders: Column<kind::Order, Sym<kind::Deal>>,
        /// The quarters of an hour (counted from 1970) at whose end something was known that was
        /// not before, at the first position of each: what was known at a past midnight.
        quarters: Rows<u64>,
    }
}

const QUARTER_MICROS: i64 = 900_000_000;

impl Deals {
    /// Takes what the next record says of deals.
    pub fn take(&self, record: &Record) {
        // A record at the very end of a quarter was known at its end.
        let micros = record.recorded_at.micros();
        let quarter = (micros + QUARTER_MICROS - 1).div_euclid(QUARTER_MICROS).cast_unsigned();
        if self.quarters.last() != Some(quarter) {
            self.quarters.extend(record.position, [quarter]);
        }
        match &record.event {
            Event::Deals(event::Deals::PipelineDefined(e)) => {
                let revision = PipelineRevision::of(e, &mut |word| self.intern(word, record));
                let (pipeline, revision) = (self.ids.sym(&e.pipeline), Dated::of(record, revision));
                self.regime.change(|regime| regime.define_pipeline(pipeline, revision));
            }
            Event::Deals(event::Deals::RegulationDefined(e)) => {
                let word = &mut |word: &str| self.intern(word, record);
                let revision = RegulationRevision::of(e, self.ids.sym(&e.pipeline), word);
                let (regulation, revision) =
                    (self.ids.sym(&e.regulation), Dated::of(record, revision));
                self.regime.change(|regime| regime.define_regulation(regulation, revision));
            }
            Event::Deals(e) => self.take_deal(record, e),
            Event::Orders(Orders::OrderPlaced(e)) => {
                if let Some(deal) = &e.deal {
                    let deal = self.ids.sym(deal);
                    self.of_orders.push(self.ids.sym(&e.order), Dated::of(record, deal));
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
                let (from, to) = (self.ids.sym(&e.from), self.ids.sym(&e.to));
                for deal in e.of::<kind::Deal>() {
                    let said = Said::OwnerChanged { from, to };
                    self.said.push(self.ids.sym(&deal), Dated::of(record, said));
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
    fn intern(&self, word: &str, record: &Record) -> Sym<Word> {
        self.words.intern(word, record.position)
    }
    fn take_deal(&self, record: &Record, event: &event::Deals) {
        let word = &mut |word: &str| self.intern(word, record);
        let actor = &record.envelope.actor;
        let Some((deal, mut fact)) = DealFact::of(event, actor, &self.ids, word) else { return };
        if let DealFact::Won { order: Some(order), .. } = fact {
            self.of_orders.push(order, Dated::of(record, deal));
        }
        if let (DealFact::Opened(opening), event::Deals::DealOpened(e)) = (&mut fact, event) {
            let lines = e.lines.iter().map(|line| self.asked(line, record));
            opening.lines = self.lines.extend(record.position, lines);
        }
        self.said.push(deal, Dated::of(record, self.put(fact, record.position)));
        let attributes = attributes_of(event).into_iter().flatten();
        let fields = attributes.map(|(key, value)| Attribute {
            key: self.intern(key.as_str(), record),
            value: self.intern(value.as_str(), record),
        });
        let run = self.fields.extend(record.position, fields);
        if !run.is_empty() {
            self.attributes.push(deal, Dated::of(record, run));
        }
    }
    fn asked(&self, line: &Line, record: &Record) -> Asked {
        Asked {
            line: self.intern(line.line.as_str(), record),
            item: line.item.as_ref().map(|item| self.ids.sym(item)),
            qty: line.qty,
            price: line.price,
            net: line.net,
        }
    }
    /// A fact as it stands in its column.
    fn put(&self, fact: DealFact, at: Position) -> Said {
        match fact {
            DealFact::Opened(opening) => {
                Said::Opened { opening: self.openings.extend(at, [opening]) }
            }
            DealFact::Estimated(estimate) => {
                Said::Estimated { estimate: self.estimates.extend(at, [estimate]) }
            }
            DealFact::Entered { from, to } => Said::Entered { from, to },
            DealFact::PutOnHold => Said::PutOnHold,
            DealFact::Resumed => Said::Resumed,
            DealFact::OwnerChanged { from, to } => Said::OwnerChanged { from, to },
            DealFact::Fulfilled { requirement, visit } => Said::Fulfilled { requirement, visit },
            DealFact::Waived { requirement, visit } => Said::Waived { requirement, visit },
            DealFact::Won { amount, order } => {
                Said::Won { amount: self.brought.extend(at, amount), order }
            }
            DealFact::Lost(loss) => Said::Lost { loss },
            DealFact::Reopened { stage } => Said::Reopened { stage },
        }
    }
    /// The fact that stands in its column.
    fn get(&self, said: Said) -> DealFact {
        let one = "a row was put for it";
        match said {
            Said::Opened { opening } => {
                DealFact::Opened(self.openings.of(opening).next().expect(one))
            }
            Said::Estimated { estimate } => {
                DealFact::Estimated(self.estimates.of(estimate).next().expect(one))
            }
            Said::Entered { from, to } => DealFact::Entered { from, to },
            Said::PutOnHold => DealFact::PutOnHold,
            Said::Resumed => DealFact::Resumed,
            Said::OwnerChanged { from, to } => DealFact::OwnerChanged { from, to },
            Said::Fulfilled { requirement, visit } => DealFact::Fulfilled { requirement, visit },
            Said::Waived { requirement, visit } => DealFact::Waived { requirement, visit },
            Said::Won { amount, order } => {
                DealFact::Won { amount: self.brought.of(amount).next(), order }
            }
            Said::Lost { loss } => DealFact::Lost(loss),
            Said::Reopened { stage } => DealFact::Reopened { stage },
        }
    }

    /// Pipelines and regulations.
    #[must_use]
    pub fn regime(&self) -> Arc<Regime> {
        self.regime.get()
    }
    /// Asks regulations about deals.
    #[must_use]
    pub const fn duties<'a>(
        &'a self,
        regime: &'a Regime,
        activity: &'a Activity,
        lens: Lens<'a>,
    ) -> Duties<'a> {
        Duties { deals: self, regime, activity, lens }
    }
    /// The words that were said of deals.
    #[must_use]
    pub const fn words(&self) -> &Words {
        &self.words
    }
    /// A word that a fact names.
    #[must_use]
    pub fn word(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// What is asked for by an opening, in order.
    pub fn lines(&self, lines: Run<Asked>) -> impl ExactSizeIterator<Item = Asked> {
        self.lines.of(lines)
    }
    /// The company's own fields that a record says, in order of their keys.
    pub fn fields(&self, fields: Run<Attribute>) -> impl ExactSizeIterator<Item = Attribute> {
        self.fields.of(fields)
    }
    /// Everything that was said of a deal, which may never have been named.
    #[must_use]
    pub const fn story(&self, deal: Option<Sym<kind::Deal>>) -> Story<'_> {
        Story::new(self, deal)
    }
    /// Whether one of the company's own fields was said of any deal.
    #[must_use]
    pub fn any_attribute(&self, key: &str, lens: Lens<'_>) -> bool {
        let Some(key) = self.words.find(key) else { return false };
        let mut said = self.attributes.counting(lens);
        said.any(|(_, _, fact)| self.fields(fact.what).any(|field| field.key == key))
    }
    /// Every deal whose opening counts, walked, in order of first appearance.
    pub fn courses<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Walked> + 'a {
        self.ids.syms().filter_map(move |deal| self.walk(deal, lens))
    }
    /// The same of the deals of which anything was said in an interval, whether it counts or not:
    /// with the others nothing happened then.
    pub fn courses_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Walked> + 'a {
        let said = self
            .ids
            .syms()
            .filter(move |deal| self.story(Some(*deal)).any_within(&within, lens.side));
        said.filter_map(move |deal| self.walk(deal, lens))
    }
    /// The same of the deals that were opened in an interval.
    pub fn courses_opened<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Walked> + 'a {
        let said = self.said.within(within.clone(), lens);
        let opened = said.filter(|(.., fact)| matches!(fact.what, Said::Opened { .. }));
        let mut deals: Vec<Sym<kind::Deal>> = opened.map(|(_, deal, _)| deal).collect();
        deals.sort_unstable();
        deals.dedup();
        let walked = deals.into_iter().filter_map(move |deal| self.walk(deal, lens));
        walked.filter(move |walked| within.contains(&walked.course.opened.at))
    }
    fn walk(&self, deal: Sym<kind::Deal>, lens: Lens<'_>) -> Option<Walked> {
        let course = self.story(Some(deal)).course(lens)?;
        Some(Walked { deal, course })
    }
    /// The deal an order came from, as last said by the order or by the win.
    #[must_use]
    pub fn deal_of_order(
        &self,
        order: Option<Sym<kind::Order>>,
        lens: Lens<'_>,
    ) -> Option<Sym<kind::Deal>> {
        self.of_orders.of_any(order).last(lens).map(|fact| fact.what)
    }
    /// The last position that was recorded at or before a moment, exact for whole quarters of an
    /// hour: those, every midnight of a zone is. [`Position::MAX`] if nothing was recorded later.
    #[must_use]
    pub fn known_by(&self, moment: Timestamp) -> Position {
        let quarter = moment.micros().div_euclid(QUARTER_MICROS);
        let later = self.quarters.first(|began| began.cast_signed() > quarter);
        later.map_or(Position::MAX, |first| Position::new(first.get() - 1))
    }
}
