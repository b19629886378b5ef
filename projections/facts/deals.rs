//! Deals: what was said of each, in replay order. Invariant: no state of a deal is kept; it is
//! walked, at the reader's clocks, from the facts that count.
//!
//! The way in for a report: [`Deals::courses`] walks every deal that is open, won or lost at a
//! lens; a [`Course`] says its visits, owners, closings, amounts and spans; [`Deals::duties`] says
//! what regulations asked of it.

use std::{ops::Range, sync::Arc};

use sijil_schemas::{
    CreditShare, Event, Line, Position, Record,
    event::{self, Orders, Staff},
    id::kind,
    money::Money,
    time::Timestamp,
};

use crate::{
    activity::Activity,
    cells::Run,
    column::Column,
    config::Config,
    cut::{Dated, Lens},
    family,
    ids::Sym,
    rows::Rows,
    trade::Attribute,
    words::{Word, Words},
};

mod course;
mod duties;
mod regime;
mod said;
mod story;

pub use course::{Close, Course, Leaving, Moment, Outcome, State, Tenure, Visit, Worth};
pub use duties::{Duties, Obligation, Skipped, Verdict};
pub use regime::{Duty, PipelineRevision, RankedStage, Regime, RegulationRevision};
pub use said::{Asked, Credit, DealFact, Estimate, Loss, Opening, PartySet};
pub use story::Story;

use said::{NarrowFact, attributes_of};

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
        /// The competitors that are said to bid, by words as losses name them.
        bidding: Rows<Sym<Word>>,
        shares: Rows<Credit>,
        estimates: Rows<Estimate>,
        /// What wins say that they brought.
        brought: Rows<Money>,
        said: Column<kind::Deal, NarrowFact>,
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
                | Orders::ReturnLinesAdded(_)
                | Orders::QuoteIssued(_)
                | Orders::QuoteAccepted(_)
                | Orders::QuoteDeclined(_)
                | Orders::QuoteLinesAdded(_),
            ) => (),
            Event::Orders(
                Orders::OrderCancelled(_)
                | Orders::OrderClosed(_)
                | Orders::ShipmentDispatched(_)
                | Orders::ReturnReceived(_),
            ) => (),
            Event::Staff(Staff::WorkHandedOver(e)) => {
                let (from, to) = (self.ids.sym(&e.from), self.ids.sym(&e.to));
                for deal in e.of::<kind::Deal>() {
                    let said = NarrowFact::OwnerChanged { from, to };
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
            | Event::Surveys(_)
            | Event::Access(_)
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
        self.put_rows(record, event, &mut fact);
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
    /// Puts what a fact says in any number.
    fn put_rows(&self, record: &Record, event: &event::Deals, fact: &mut DealFact) {
        let at = record.position;
        let asked = |lines: &[Line]| {
            self.lines.extend(at, lines.iter().map(|line| self.asked(line, record)))
        };
        match (fact, event) {
            (DealFact::Opened(opening), event::Deals::DealOpened(e)) => {
                opening.lines = asked(&e.lines);
            }
            (DealFact::Items { lines }, event::Deals::DealItemsChanged(e)) => {
                *lines = asked(&e.lines);
            }
            (DealFact::Competitors { competitors }, event::Deals::DealCompetitorsSet(e)) => {
                let all = e.competitors.iter().map(|of| self.intern(of.as_str(), record));
                *competitors = self.bidding.extend(at, all);
            }
            (DealFact::Shares { shares }, event::Deals::DealCreditSharesSet(e)) => {
                let credit = |of: &CreditShare| Credit {
                    employee: self.ids.sym(&of.employee),
                    share: of.share,
                };
                *shares = self.shares.extend(at, e.shares.iter().map(credit));
            }
            _ => (),
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
    fn put(&self, fact: DealFact, at: Position) -> NarrowFact {
        match fact {
            DealFact::Opened(opening) => {
                NarrowFact::Opened { opening: self.openings.extend(at, [opening]) }
            }
            DealFact::Estimated(estimate) => {
                NarrowFact::Estimated { estimate: self.estimates.extend(at, [estimate]) }
            }
            DealFact::Entered { from, to } => NarrowFact::Entered { from, to },
            DealFact::PutOnHold => NarrowFact::PutOnHold,
            DealFact::Resumed => NarrowFact::Resumed,
            DealFact::OwnerChanged { from, to } => NarrowFact::OwnerChanged { from, to },
            DealFact::Fulfilled { requirement, visit } => {
                NarrowFact::Fulfilled { requirement, visit }
            }
            DealFact::Waived { requirement, visit } => NarrowFact::Waived { requirement, visit },
            DealFact::Won { amount, order } => {
                NarrowFact::Won { amount: self.brought.extend(at, amount), order }
            }
            DealFact::Lost(loss) => NarrowFact::Lost { loss },
            DealFact::Reopened { stage } => NarrowFact::Reopened { stage },
            DealFact::Items { lines } => NarrowFact::Items { lines },
            DealFact::Party(set) => NarrowFact::Party { set },
            DealFact::Participant { contact, role } => NarrowFact::Participant { contact, role },
            DealFact::Competitors { competitors } => NarrowFact::Competitors { competitors },
            DealFact::Shares { shares } => NarrowFact::Shares { shares },
        }
    }
    /// The fact that stands in its column.
    fn get(&self, said: NarrowFact) -> DealFact {
        let one = "a row was put for it";
        match said {
            NarrowFact::Opened { opening } => {
                DealFact::Opened(self.openings.of(opening).next().expect(one))
            }
            NarrowFact::Estimated { estimate } => {
                DealFact::Estimated(self.estimates.of(estimate).next().expect(one))
            }
            NarrowFact::Entered { from, to } => DealFact::Entered { from, to },
            NarrowFact::PutOnHold => DealFact::PutOnHold,
            NarrowFact::Resumed => DealFact::Resumed,
            NarrowFact::OwnerChanged { from, to } => DealFact::OwnerChanged { from, to },
            NarrowFact::Fulfilled { requirement, visit } => {
                DealFact::Fulfilled { requirement, visit }
            }
            NarrowFact::Waived { requirement, visit } => DealFact::Waived { requirement, visit },
            NarrowFact::Won { amount, order } => {
                DealFact::Won { amount: self.brought.of(amount).next(), order }
            }
            NarrowFact::Lost { loss } => DealFact::Lost(loss),
            NarrowFact::Reopened { stage } => DealFact::Reopened { stage },
            NarrowFact::Items { lines } => DealFact::Items { lines },
            NarrowFact::Party { set } => DealFact::Party(set),
            NarrowFact::Participant { contact, role } => DealFact::Participant { contact, role },
            NarrowFact::Competitors { competitors } => DealFact::Competitors { competitors },
            NarrowFact::Shares { shares } => DealFact::Shares { shares },
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
    /// The competitors that were said to bid, by words as losses name them.
    pub fn bidding(&self, competitors: Run<Sym<Word>>) -> impl ExactSizeIterator<Item = Sym<Word>> {
        self.bidding.of(competitors)
    }
    /// Whom a deal counts for, in the order in which it was said.
    pub fn shares(&self, shares: Run<Credit>) -> impl ExactSizeIterator<Item = Credit> {
        self.shares.of(shares)
    }
    /// What is asked for, in order.
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
    /// Every deal whose opening counts, walked, in order of first appearance of
    /// the ids.
    pub fn courses<'a>(&'a self, lens: Lens<'a>) -> impl Iterator<Item = Walked> + 'a {
        self.walk_all(self.ids.syms(), lens)
    }
    /// Deals, walked. Whoever watches is told of these alone, so that less changes its answer; for
    /// the others the facts of all are looked up at once.
    fn walk_all<'a>(
        &'a self,
        deals: impl Iterator<Item = Sym<kind::Deal>> + 'a,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Walked> + 'a {
        let said = lens.watch.is_none().then(|| self.said.by_subject(lens));
        deals.filter_map(move |deal| {
            let Some(said) = &said else { return self.walk(deal, lens) };
            let course = Course::of(said.of(deal).map(|fact| fact.map(|said| self.get(said))))?;
            Some(Walked { deal, course })
        })
    }
    /// The same of the deals of which anything was said in an interval, whether it counts or not:
    /// with the others nothing happened then.
    pub fn courses_within<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Walked> + 'a {
        let told = self.said.subjects_within(&within, lens.side);
        let said = self.ids.syms().filter(move |deal| told.has(*deal));
        self.walk_all(said, lens)
    }
    /// The same of the deals that were opened in an interval.
    pub fn courses_opened<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = Walked> + 'a {
        let said = self.said.within(within.clone(), lens);
        let opened = said.filter(|(.., fact)| matches!(fact.what, NarrowFact::Opened { .. }));
        let mut deals: Vec<Sym<kind::Deal>> = opened.map(|(_, deal, _)| deal).collect();
        deals.sort_unstable();
        deals.dedup();
        let walked = self.walk_all(deals.into_iter(), lens);
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
        order: Sym<kind::Order>,
        lens: Lens<'_>,
    ) -> Option<Sym<kind::Deal>> {
        self.of_orders.of(order).last(lens).map(|fact| fact.what)
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
