//! The history of one deal before the rules. Invariant: a fact is judged by the way that leads to
//! it, and by what it makes of the way after it; what was there before is as legal as it was.

use sijil_projections::{
    Dated, Lens, Sym, Tentative, Word,
    deals::{DealFact, Opening, Regime, State, Story},
};
use sijil_schemas::{
    Position,
    id::{EntityRef, Key, kind},
    time::Timestamp,
};

use super::{
    milestones::{self, Marked},
    standing::{self, Standing, Way, moment},
};
use crate::{Book, Rejection};

/// A fact that may not stand where it stands.
pub(super) struct Illegal {
    at: Timestamp,
    pub(super) position: Position,
    pub(super) why: Rejection,
}

/// The history of one deal before the rules.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    pub(super) book: &'a Book,
    pub(super) lens: Lens<'a>,
    pub(super) regime: &'a Regime,
    /// The words that were said, and those of the event that is judged.
    pub(super) words: &'a Tentative<'a>,
    pub(super) deal: Sym<kind::Deal>,
}

impl<'a> Trial<'a> {
    fn story(&self) -> Story<'a> {
        self.book.deals.story(Some(self.deal))
    }
    pub(super) fn opening(&self) -> Option<Opening> {
        self.story().counting(self.lens).find_map(|fact| match fact.what {
            DealFact::Opened(opening) => Some(opening),
            _ => None,
        })
    }

    /// Judges a fact by the whole way, and the way after it.
    pub(super) fn judge_whole(&self, candidate: Dated<DealFact>) -> Result<(), Rejection> {
        // What was there before the event is as legal as it was.
        self.judge(Some(candidate))
            .into_iter()
            .find(|i| (i.at, i.position) >= candidate.order())
            .map_or(Ok(()), |i| Err(i.why))
    }

    /// Judges a fact by the way since the last milestone before it, and the way after it up to the
    /// first milestone that still says the same.
    pub(super) fn judge_from(
        &self,
        marked: &Marked,
        candidate: Dated<DealFact>,
    ) -> Result<(), Rejection> {
        let (mark, mut way) = marked.before(candidate.order());
        let after =
            mark.map_or((Timestamp::MIN, Position::ZERO), |(at, position)| (at, position.next()));
        for fact in self.facts_from(after).take_while(|fact| fact.order() < candidate.order()) {
            way.take(&fact);
        }
        self.may_follow(&way, &candidate)?;
        if !milestones::moves(&candidate.what) {
            return Ok(());
        }
        way.take(&candidate);
        for fact in self.facts_from(candidate.order()) {
            self.may_follow(&way, &fact)?;
            way.take(&fact);
            if marked.meets(fact.order(), way.standing.as_ref()) {
                break;
            }
        }
        Ok(())
    }

    /// The facts that count from a moment on, in replay order.
    fn facts_from(&self, order: standing::Order) -> impl Iterator<Item = Dated<DealFact>> + 'a {
        self.story().after(order, self.lens)
    }

    /// Walks the facts that count, with one more in its place if there is one; what may not stand
    /// is left out of the way and told.
    pub(super) fn judge(&self, candidate: Option<Dated<DealFact>>) -> Vec<Illegal> {
        let counting = self.story().counting(self.lens);
        let mut facts: Vec<Dated<DealFact>> = counting.chain(candidate).collect();
        facts.sort_by_key(Dated::order);
        let (mut way, mut illegal) = (Way::new(), Vec::new());
        for fact in facts {
            match self.may_follow(&way, &fact) {
                Ok(()) => way.take(&fact),
                Err(why) => illegal.push(Illegal { at: fact.at, position: fact.position, why }),
            }
        }
        illegal
    }

    fn may_begin(&self, fact: &Dated<DealFact>) -> Result<(), Rejection> {
        match fact.what {
            DealFact::Opened(opening) => self.has_stage(opening.pipeline, opening.stage, fact.at),
            _ => {
                let mut told = self.story().counting(self.lens);
                let opened = told.find(|fact| matches!(fact.what, DealFact::Opened(_)));
                Err(Rejection::BeforeOpening {
                    entity: self.entity(),
                    at: fact.at,
                    opened: opened.map_or(Timestamp::END, |fact| fact.at),
                })
            }
        }
    }

    fn may_follow(&self, way: &Way<'_>, fact: &Dated<DealFact>) -> Result<(), Rejection> {
        let Some(deal) = &way.standing else { return self.may_begin(fact) };
        let state = deal.state;
        match fact.what {
            DealFact::Opened(_) => Ok(()),
            DealFact::Estimated(_) => self.is_open(state, fact, "an estimate"),
            DealFact::Items { .. } => self.is_open(state, fact, "lines"),
            DealFact::Party(_)
            | DealFact::Participant { .. }
            | DealFact::Competitors { .. }
            | DealFact::Shares { .. } => Ok(()),
            DealFact::Entered { from, to } => {
                self.has_stage(deal.pipeline, to, fact.at)?;
                self.is_from_stage(fact, "/data/from", deal.stage, from)?;
                self.is_open(state, fact, "a stage")?;
                let rank = |key: Sym<Word>, at: Timestamp| {
                    self.regime
                        .stage_of((deal.pipeline, deal.opened.0), key, at, self.lens)
                        .map(|stage| stage.rank)
                };
                let rises = rank(to, fact.at) > rank(deal.stage, deal.entered.0);
                if rises { self.gates_met(way, deal, fact) } else { Ok(()) }
            }
            DealFact::PutOnHold => self.goes(state, state == State::Open, fact, "on hold"),
            DealFact::Resumed => self.goes(state, state == State::OnHold, fact, "open"),
            DealFact::OwnerChanged { from, .. } => {
                let ids = self.book.deals.ids();
                let name = |owner: Sym<kind::Employee>| ids.name(owner);
                self.is_from(fact, "/data/from", [deal.owner, from].map(name))
            }
            DealFact::Fulfilled { requirement, visit }
            | DealFact::Waived { requirement, visit } => {
                if self.is_asked(way, deal, requirement, visit) {
                    return Ok(());
                }
                Err(Rejection::UnknownRequirement {
                    deal: self.id(),
                    requirement: key(self.words, requirement),
                    visit,
                    at: fact.at,
                    position: fact.position,
                })
            }
            DealFact::Won { .. } => {
                self.goes(state, state.is_open(), fact, "won")?;
                self.gates_met(way, deal, fact)
            }
            DealFact::Lost(loss) => {
                self.goes(state, state.is_open(), fact, "lost")?;
                self.is_from_stage(fact, "/data/at_stage", deal.stage, loss.at_stage)
            }
            DealFact::Reopened { stage } => {
                self.has_stage(deal.pipeline, stage, fact.at)?;
                self.goes(state, !state.is_open(), fact, "open")
            }
        }
    }

    /// Whether a requirement is asked at the n-th visit of its stage, among the visits so far.
    fn is_asked(
        &self,
        way: &Way<'_>,
        deal: &Standing,
        requirement: Sym<Word>,
        number: u32,
    ) -> bool {
        way.nth_visits(number).into_iter().any(|(stage, entered)| {
            let mut in_force = self.regime.in_force(deal.pipeline, entered.0, self.lens);
            in_force.any(|(_, revision)| {
                let mut duties = revision.what.duties.iter();
                duties.any(|duty| duty.requirement == requirement && duty.stage == stage)
            })
        })
    }

    fn id(&self) -> String {
        self.book.deals.ids().name(self.deal).to_owned()
    }
    fn entity(&self) -> EntityRef {
        self.book.deals.ids().entity_of(self.deal.into())
    }
    fn has_stage(
        &self,
        pipeline: Sym<kind::Pipeline>,
        stage: Sym<Word>,
        at: Timestamp,
    ) -> Result<(), Rejection> {
        let revision = self.regime.pipeline(pipeline, at, self.lens);
        match revision.and_then(|r| r.what.stage(stage)) {
            Some(_) => Ok(()),
            None => Err(self.unknown_stage(pipeline, stage, at)),
        }
    }
    fn unknown_stage(
        &self,
        pipeline: Sym<kind::Pipeline>,
        stage: Sym<Word>,
        at: Timestamp,
    ) -> Rejection {
        let stages = Stages { book: self.book, regime: self.regime, words: self.words };
        stages.unknown(pipeline, stage, (at, self.lens))
    }
    fn goes(
        &self,
        state: State,
        may: bool,
        fact: &Dated<DealFact>,
        to: &'static str,
    ) -> Result<(), Rejection> {
        let (entity, at, position) = (self.entity(), fact.at, fact.position);
        if may {
            Ok(())
        } else {
            Err(Rejection::IllegalTransition { entity, from: state.name(), to, at, position })
        }
    }
    fn is_open(
        &self,
        state: State,
        fact: &Dated<DealFact>,
        what: &'static str,
    ) -> Result<(), Rejection> {
        let (deal, at, position) = (self.id(), fact.at, fact.position);
        if state.is_open() {
            Ok(())
        } else {
            Err(Rejection::DealClosed { deal, what, state: state.name(), at, position })
        }
    }
    fn is_from_stage(
        &self,
        fact: &Dated<DealFact>,
        pointer: &'static str,
        current: Sym<Word>,
        got: Sym<Word>,
    ) -> Result<(), Rejection> {
        self.is_from(fact, pointer, [current, got].map(|stage| self.words.text(stage)))
    }
    fn is_from(
        &self,
        fact: &Dated<DealFact>,
        pointer: &'static str,
        [current, got]: [&str; 2],
    ) -> Result<(), Rejection> {
        if current == got {
            return Ok(());
        }
        let (at, position, current, got) =
            (fact.at, fact.position, current.to_owned(), got.to_owned());
        Err(Rejection::FromMismatch { entity: self.entity(), pointer, current, got, at, position })
    }
    fn gates_met(
        &self,
        way: &Way<'_>,
        deal: &Standing,
        fact: &Dated<DealFact>,
    ) -> Result<(), Rejection> {
        let duties = self.book.deals.duties(self.regime, &self.book.activity, self.lens);
        let visit = deal.visit(moment(fact.order()));
        let open = duties
            .open_gates(self.deal, deal.pipeline, &visit, &|duty| way.is_settled(duty.requirement));
        if open.is_empty() {
            return Ok(());
        }
        let open: Vec<&str> = open.iter().map(|duty| self.words.text(duty.requirement)).collect();
        Err(Rejection::OpenGate {
            deal: self.id(),
            requirements: open.join(", "),
            stage: key(self.words, deal.stage),
            visit: deal.number,
            at: fact.at,
            position: fact.position,
        })
    }
}

fn key(words: &Tentative<'_>, word: Sym<Word>) -> Key {
    Key::new(words.text(word)).expect("a key that was admitted")
}

/// The stages of pipelines, and the words for them.
pub(super) struct Stages<'a> {
    pub(super) book: &'a Book,
    pub(super) regime: &'a Regime,
    pub(super) words: &'a Tentative<'a>,
}

impl Stages<'_> {
    /// The refusal of a stage that a pipeline does not have at a moment, as known.
    pub(super) fn unknown(
        &self,
        pipeline: Sym<kind::Pipeline>,
        stage: Sym<Word>,
        (at, lens): (Timestamp, Lens<'_>),
    ) -> Rejection {
        let known = self.regime.pipeline(pipeline, at, lens).map_or_else(
            || "none: no revision is in force then".to_owned(),
            |revision| {
                let stages = revision.what.stages.iter();
                stages.map(|s| self.words.text(s.stage)).collect::<Vec<_>>().join(", ")
            },
        );
        let (pipeline, stage) =
            (self.book.deals.ids().name(pipeline).to_owned(), key(self.words, stage));
        Rejection::UnknownStage { pipeline, stage, at, known }
    }
}
