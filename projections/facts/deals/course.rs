//! The way a deal went: visits, owners, holds and closings. Invariant: visits cover exactly the
//! time the deal was open, so their lengths sum to its cycle.

use sijil_schemas::{
    Position,
    id::kind,
    money::{Money, Share},
    time::{Date, Timestamp},
};
use smallvec::{SmallVec, smallvec};

use super::{Asked, Credit, DealFact, Loss, Opening, PartySet};
use crate::{cells::Run, cut::Dated, ids::Sym, words::Word};

/// A place in the order of replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// The business date.
    pub at: Timestamp,
    /// The position.
    pub position: Position,
}

/// Where a visit led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// To another stage.
    Stage(Sym<Word>),
    /// To a win.
    Won,
    /// To a loss.
    Lost,
}

/// A stay in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visit {
    /// The stage.
    pub stage: Sym<Word>,
    /// The n-th visit of that stage, from 1.
    pub number: u32,
    /// When it was entered.
    pub entered: Moment,
    /// When it was left and where to; `None` while the deal stands there.
    pub left: Option<(Moment, Leaving)>,
}

impl Visit {
    /// When it ended, or `until` if it did not.
    #[must_use]
    pub fn end(&self, until: Timestamp) -> Timestamp {
        self.left.map_or(until, |(moment, _)| moment.at)
    }
    /// Its length in microseconds; an open one ends at `until`.
    #[must_use]
    pub fn micros(&self, until: Timestamp) -> i64 {
        (self.end(until).micros() - self.entered.at.micros()).max(0)
    }
}

/// How a closing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Won, with what it brought if the win says so, and the order it became.
    Won {
        /// What the win says it brought.
        amount: Option<Money>,
        /// The order it became.
        order: Option<Sym<kind::Order>>,
    },
    /// Lost.
    Lost(Loss),
}

/// A closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// When.
    pub moment: Moment,
    /// How.
    pub outcome: Outcome,
    /// The stage it was closed from.
    pub stage: Sym<Word>,
    /// When it was undone, and the stage it was opened again in.
    pub reopened: Option<(Moment, Sym<Word>)>,
}

impl Close {
    /// Whether it is a win.
    #[must_use]
    pub const fn is_won(&self) -> bool {
        matches!(self.outcome, Outcome::Won { .. })
    }
}

/// Where a deal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Open.
    Open,
    /// Open, on hold.
    OnHold,
    /// Won.
    Won,
    /// Lost.
    Lost,
}

impl State {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::OnHold => "on hold",
            State::Won => "won",
            State::Lost => "lost",
        }
    }
    /// Whether the deal is neither won nor lost.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, State::Open | State::OnHold)
    }
}

/// What a deal is worth, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worth {
    /// How much.
    pub money: Money,
    /// The record that says the amount.
    pub said: Position,
    /// The document whose rate holds: the win of a won deal, else the record that says the amount.
    pub document: Moment,
}

/// A span in which one employee owned an open deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure {
    /// Who.
    pub owner: Sym<kind::Employee>,
    /// From when.
    pub from: Timestamp,
    /// Until when (exclusive).
    pub until: Timestamp,
}

/// As many visits as most deals have: their ways are walked without asking for memory.
const VISITS: usize = 6;

/// The way a deal went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// How it began.
    pub opening: Opening,
    /// When it began.
    pub opened: Moment,
    visits: SmallVec<[Visit; VISITS]>,
    holds: Vec<(Moment, Option<Moment>)>,
    owners: SmallVec<[(Moment, Sym<kind::Employee>); 2]>,
    closes: SmallVec<[Close; 1]>,
    estimate: Option<(Moment, Money)>,
    expected_close: Option<(Moment, Date)>,
    probability: Option<(Moment, Share)>,
    party: (Moment, PartySet),
    lines: (Moment, Run<Asked>),
    participants: Vec<(Moment, Sym<kind::Contact>, Sym<Word>)>,
    competitors: Option<(Moment, Run<Sym<Word>>)>,
    shares: Vec<(Moment, Run<Credit>)>,
    pub(super) fulfilled: Vec<(Moment, Sym<Word>, u32)>,
    pub(super) waived: Vec<(Moment, Sym<Word>, u32)>,
}

impl Course {
    /// The way that facts in replay order make; facts before the opening and facts that a closed
    /// deal cannot have do not count.
    pub fn of(mut facts: impl Iterator<Item = Dated<DealFact>>) -> Option<Course> {
        let mut course = facts.find_map(Course::begin)?;
        facts.for_each(|fact| course.take(fact));
        Some(course)
    }
    /// The way as it is right after its opening; `None` if the fact opens nothing.
    #[must_use]
    pub fn begin(fact: Dated<DealFact>) -> Option<Course> {
        let DealFact::Opened(opening) = fact.what else { return None };
        let opened = Moment { at: fact.at, position: fact.position };
        Some(Course {
            opening,
            opened,
            visits: smallvec![Visit {
                stage: opening.stage,
                number: 1,
                entered: opened,
                left: None
            }],
            holds: Vec::new(),
            owners: smallvec![(opened, opening.owner)],
            closes: SmallVec::new(),
            estimate: opening.amount.map(|amount| (opened, amount)),
            expected_close: opening.expected_close.map(|day| (opened, day)),
            probability: None,
            party: (
                opened,
                PartySet { client: opening.client, counterparty: opening.counterparty },
            ),
            lines: (opened, opening.lines),
            participants: Vec::new(),
            competitors: None,
            shares: Vec::new(),
            fulfilled: Vec::new(),
            waived: Vec::new(),
        })
    }
    /// Goes on by one fact.
    pub fn take(&mut self, fact: Dated<DealFact>) {
        let now = Moment { at: fact.at, position: fact.position };
        let open = self.state().is_open();
        match fact.what {
            DealFact::Opened(_) => (),
            DealFact::Estimated(said) => {
                self.estimate = said.amount.map(|a| (now, a)).or(self.estimate);
                let expected_close = said.expected_close.map(|d| (now, d));
                self.expected_close = expected_close.or(self.expected_close);
                self.probability = said.probability.map(|p| (now, p)).or(self.probability);
            }
            DealFact::Entered { to, .. } => {
                if open {
                    self.leave(now, Leaving::Stage(to));
                    self.enter(now, to);
                }
            }
            DealFact::PutOnHold => {
                if self.state() == State::Open {
                    self.holds.push((now, None));
                }
            }
            DealFact::Resumed => self.end_hold(now),
            DealFact::OwnerChanged { to, .. } => self.owners.push((now, to)),
            DealFact::Fulfilled { requirement, visit } => {
                self.fulfilled.push((now, requirement, visit));
            }
            DealFact::Waived { requirement, visit } => self.waived.push((now, requirement, visit)),
            DealFact::Won { amount, order } => {
                self.close(now, Leaving::Won, Outcome::Won { amount, order });
            }
            DealFact::Lost(loss) => self.close(now, Leaving::Lost, Outcome::Lost(loss)),
            DealFact::Reopened { stage } => {
                if let Some(close) = self.closes.last_mut().filter(|close| close.reopened.is_none())
                {
                    close.reopened = Some((now, stage));
                    self.enter(now, stage);
                }
            }
            DealFact::Items { lines } => self.lines = (now, lines),
            DealFact::Party(set) => self.party = (now, set),
            DealFact::Participant { contact, role } => {
                self.participants.retain(|(_, of, _)| *of != contact);
                self.participants.extend(role.map(|role| (now, contact, role)));
            }
            DealFact::Competitors { competitors } => self.competitors = Some((now, competitors)),
            DealFact::Shares { shares } => self.shares.push((now, shares)),
        }
    }
    fn leave(&mut self, now: Moment, to: Leaving) {
        if let Some(visit) = self.visits.last_mut().filter(|v| v.left.is_none()) {
            visit.left = Some((now, to));
        }
    }
    fn enter(&mut self, now: Moment, stage: Sym<Word>) {
        let before = self.visits.iter().rev().find(|visit| visit.stage == stage);
        let number = before.map_or(1, |visit| visit.number.saturating_add(1));
        self.visits.push(Visit { stage, number, entered: now, left: None });
    }
    fn end_hold(&mut self, now: Moment) {
        if let Some(hold) = self.holds.last_mut() {
            hold.1 = hold.1.or(Some(now));
        }
    }
    fn close(&mut self, now: Moment, to: Leaving, outcome: Outcome) {
        if self.state().is_open() {
            self.leave(now, to);
            self.end_hold(now);
            self.closes.push(Close { moment: now, outcome, stage: self.stage(), reopened: None });
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self.closing() {
            Some(close) if close.is_won() => State::Won,
            Some(_) => State::Lost,
            None if self.holds.last().is_some_and(|hold| hold.1.is_none()) => State::OnHold,
            None => State::Open,
        }
    }
    /// The closing it stands at; `None` while it is open. One that was undone is not it.
    #[must_use]
    pub fn closing(&self) -> Option<&Close> {
        self.closes.last().filter(|close| close.reopened.is_none())
    }
    /// The record that makes it stand as it does: the closing it stands at, else its opening.
    #[must_use]
    pub fn standing(&self) -> Position {
        self.closing().map_or(self.opened.position, |close| close.moment.position)
    }
    /// Every closing, undone or not.
    #[must_use]
    pub fn closes(&self) -> &[Close] {
        &self.closes
    }
    /// Every visit, in order; there is at least one.
    #[must_use]
    pub fn visits(&self) -> &[Visit] {
        &self.visits
    }
    /// The last visit: the one it stands in, or was closed from.
    #[must_use]
    pub fn last_visit(&self) -> &Visit {
        &self.visits[self.visits.len() - 1]
    }
    /// The stage it stands in, or was closed from.
    #[must_use]
    pub fn stage(&self) -> Sym<Word> {
        self.last_visit().stage
    }
    /// The record that says who owns it at a moment, and who.
    #[must_use]
    pub fn owner_at(&self, at: Timestamp) -> (Position, Sym<kind::Employee>) {
        let begun = self.owners.partition_point(|(moment, _)| moment.at <= at).max(1);
        let (moment, owner) = self.owners[begun - 1];
        (moment.position, owner)
    }
    /// The record that says who the last owner is, and who.
    #[must_use]
    pub fn last_owner(&self) -> (Position, Sym<kind::Employee>) {
        let (moment, owner) = self.owners[self.owners.len() - 1];
        (moment.position, owner)
    }
    /// For whom the deal counts, and the record that says so: its owner at the closing (what comes
    /// later in replay is later), else its owner now.
    #[must_use]
    pub fn credited(&self) -> (Position, Sym<kind::Employee>) {
        let Some(close) = self.closing() else { return self.last_owner() };
        let begun = self.owners.partition_point(|(moment, _)| *moment <= close.moment).max(1);
        let (moment, owner) = self.owners[begun - 1];
        (moment.position, owner)
    }
    /// Every owner, from when.
    #[must_use]
    pub fn owners(&self) -> &[(Moment, Sym<kind::Employee>)] {
        &self.owners
    }
    /// What it is worth: what the win brought (or the last estimate before it), else the last
    /// estimate; `None` if nobody ever said.
    #[must_use]
    pub fn worth(&self) -> Option<Worth> {
        let estimate = self.estimate.map(|(moment, money)| Worth {
            money,
            said: moment.position,
            document: moment,
        });
        match self.closing() {
            Some(Close { outcome: Outcome::Won { amount, .. }, moment, .. }) => {
                let brought =
                    amount.map(|money| Worth { money, said: moment.position, document: *moment });
                brought.or(estimate).map(|worth| Worth { document: *moment, ..worth })
            }
            _ => estimate,
        }
    }
    /// Whose it is, by the last word on it, which holds for its whole life, and who says so.
    #[must_use]
    pub const fn party(&self) -> (Moment, PartySet) {
        self.party
    }
    /// What is asked for, by the last word on it, and the record that says so.
    #[must_use]
    pub const fn lines(&self) -> (Position, Run<Asked>) {
        (self.lines.0.position, self.lines.1)
    }
    /// Who takes part on the client's side, and as what.
    #[must_use]
    pub fn participants(&self) -> &[(Moment, Sym<kind::Contact>, Sym<Word>)] {
        &self.participants
    }
    /// Who else bids for it, by the last word on it, and the record that says so; `None` if nobody
    /// ever said.
    #[must_use]
    pub fn competitors(&self) -> Option<(Position, Run<Sym<Word>>)> {
        self.competitors.map(|(moment, competitors)| (moment.position, competitors))
    }
    /// For whom it counts when it is won, and the record that says so: the last shares up to the
    /// closing it stands at, else the last of all; `None` where it counts for its owner alone.
    #[must_use]
    pub fn shares(&self) -> Option<(Position, Run<Credit>)> {
        let closed = self.closing().map(|close| close.moment);
        let mut said = self.shares.iter().rev();
        let last = said.find(|(moment, _)| closed.is_none_or(|closed| *moment <= closed))?;
        Some((last.0.position, last.1))
    }
    /// When it may close, as last estimated, and the record that says so.
    #[must_use]
    pub fn expected_close(&self) -> Option<(Position, Date)> {
        self.expected_close.map(|(moment, day)| (moment.position, day))
    }
    /// The probability that replaces the stage's, and the record that says so.
    #[must_use]
    pub fn probability(&self) -> Option<(Position, Share)> {
        self.probability.map(|(moment, share)| (moment.position, share))
    }
    /// The spans in which the deal was open: [from, until); the last one of an open deal ends at
    /// `until`.
    #[must_use]
    pub fn open_spans(&self, until: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let starts = std::iter::once(self.opened.at)
            .chain(self.closes.iter().filter_map(|c| c.reopened.map(|(m, _)| m.at)));
        let ends = self.closes.iter().map(|c| c.moment.at).chain([until]);
        starts.zip(ends).map(|(from, to)| (from, to.max(from))).collect()
    }
    /// How long it was open, in microseconds; an open deal is measured up to `until`.
    #[must_use]
    pub fn open_micros(&self, until: Timestamp) -> i64 {
        self.open_spans(until).iter().map(|(from, to)| to.micros() - from.micros()).sum()
    }
    /// How long it was on hold, in microseconds, within [from, to); a hold that goes on ends at
    /// `to`.
    #[must_use]
    pub fn hold_micros(&self, from: Timestamp, to: Timestamp) -> i64 {
        let overlap = |(start, end): &(Moment, Option<Moment>)| {
            let end = end.map_or(to, |m| m.at).min(to);
            (end.micros() - start.at.max(from).micros()).max(0)
        };
        self.holds.iter().map(overlap).sum()
    }
    /// The record that put it on hold, if it is.
    #[must_use]
    pub fn held(&self) -> Option<Position> {
        self.holds.last().filter(|hold| hold.1.is_none()).map(|(start, _)| start.position)
    }
    /// Who owned it while it was open, span by span; an open deal is measured up to `until`. Empty
    /// spans are left out.
    #[must_use]
    pub fn tenure(&self, until: Timestamp) -> Vec<Tenure> {
        let ends = self.owners.iter().skip(1).map(|(moment, _)| moment.at).chain([Timestamp::END]);
        let owned: Vec<_> =
            self.owners.iter().map(|(moment, owner)| (moment.at, *owner)).zip(ends).collect();
        let mut spans = Vec::new();
        for (open_from, open_to) in self.open_spans(until) {
            for &((from, owner), to) in &owned {
                let (from, until) = (from.max(open_from), to.min(open_to));
                if from < until {
                    spans.push(Tenure { owner, from, until });
                }
            }
        }
        spans
    }
}
