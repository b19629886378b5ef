//! The history of one deal before the rules. Invariant: a fact is judged by the way that leads to
//! it, and by what it makes of the way after it; what was there before is as legal as it was.

use sijil_projections::{
    Dated, Lens,
    deals::{Deal, DealFact, Opening, Regime, State},
};
use sijil_schemas::{
    Position,
    id::{EntityRef, Key, Kind, PipelineId},
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
    pub(super) id: &'a str,
    pub(super) deal: &'a Deal,
}

impl<'a> Trial<'a> {
    pub(super) fn opening(&self) -> Option<&'a Opening> {
        self.deal.course(self.lens).map(|course| course.opening)
    }

    /// Judges a fact by the whole way, and the way after it.
    pub(super) fn judge_whole(&self, candidate: Dated<&'a DealFact>) -> Result<(), Rejection> {
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
        candidate: Dated<&'a DealFact>,
    ) -> Result<(), Rejection> {
        let (mark, mut way) = marked.before(candidate.order());
        let after =
            mark.map_or((Timestamp::MIN, Position::ZERO), |(at, position)| (at, position.next()));
        for fact in self.facts_from(after).take_while(|fact| fact.order() < candidate.order()) {
            way.take(&fact);
        }
        self.may_follow(&way, &candidate)?;
        if !milestones::moves(candidate.what) {
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
    fn facts_from(&self, order: standing::Order) -> impl Iterator<Item = Dated<&'a DealFact>> {
        self.deal.facts().after(order, self.lens).map(|fact| Dated {
            at: fact.at,
            position: fact.position,
            what: &fact.what,
        })
    }

    /// Walks the facts that count, with one more in its place if there is one; what may not stand
    /// is left out of the way and told.
    pub(super) fn judge(&self, candidate: Option<Dated<&'a DealFact>>) -> Vec<Illegal> {
        let counting = self.deal.facts().counting(self.lens).map(|fact| Dated {
            at: fact.at,
            position: fact.position,
            what: &fact.what,
        });
        let mut facts: Vec<Dated<&DealFact>> = counting.chain(candidate).collect();
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

    fn may_begin(&self, fact: &Dated<&DealFact>) -> Result<(), Rejection> {
        match fact.what {
            DealFact::Opened(opening) => self.has_stage(&opening.pipeline, &opening.stage, fact.at),
            _ => {
                let opened = self
                    .deal
                    .facts()
                    .counting(self.lens)
                    .find(|fact| matches!(fact.what, DealFact::Opened(_)));
                Err(Rejection::BeforeOpening {
                    entity: self.entity(),
                    at: fact.at,
                    opened: opened.map_or(Timestamp::END, |fact| fact.at),
                })
            }
        }
    }

    fn may_follow(&self, way: &Way<'_>, fact: &Dated<&'a DealFact>) -> Result<(), Rejection> {
        let Some(deal) = &way.standing else { return self.may_begin(fact) };
        let state = deal.state;
        match fact.what {
            DealFact::Opened(_) => Ok(()),
            DealFact::Estimated { .. } => self.is_open(state, fact, "an estimate"),
            DealFact::Entered { from, to } => {
                self.has_stage(&deal.pipeline, to, fact.at)?;
                self.is_from(fact, "/data/from", deal.stage.as_str(), from.as_str())?;
                self.is_open(state, fact, "a stage")?;
                let rank = |key: &Key, at: Timestamp| {
                    self.regime
                        .stage_of((&deal.pipeline, deal.opened.0), key, at, self.lens)
                        .map(|stage| stage.rank)
                };
                let rises = rank(to, fact.at) > rank(&deal.stage, deal.entered.0);
                if rises { self.gates_met(way, deal, fact) } else { Ok(()) }
            }
            DealFact::PutOnHold => self.goes(state, state == State::Open, fact, "on hold"),
            DealFact::Resumed => self.goes(state, state == State::OnHold, fact, "open"),
            DealFact::OwnerChanged { from, .. } => {
                self.is_from(fact, "/data/from", deal.owner.as_str(), from.as_str())
            }
            DealFact::Fulfilled { requirement, visit }
            | DealFact::Waived { requirement, visit } => {
                if self.is_asked(way, deal, requirement, *visit) {
                    return Ok(());
                }
                let (deal, requirement) = (self.id.to_owned(), requirement.clone());
                Err(Rejection::UnknownRequirement {
                    deal,
                    requirement,
                    visit: *visit,
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
                self.is_from(fact, "/data/at_stage", deal.stage.as_str(), loss.at_stage.as_str())
            }
            DealFact::Reopened { stage } => {
                self.has_stage(&deal.pipeline, stage, fact.at)?;
                self.goes(state, !state.is_open(), fact, "open")
            }
        }
    }

    /// Whether a requirement is asked at the n-th visit of its stage, among the visits so far.
    fn is_asked(&self, way: &Way<'_>, deal: &Standing, requirement: &Key, number: u32) -> bool {
        way.nth_visits(number).into_iter().any(|(stage, entered)| {
            let in_force = self.regime.regulations(&deal.pipeline, entered.0, self.lens);
            in_force.iter().any(|(_, revision)| {
                revision
                    .what
                    .duties
                    .iter()
                    .any(|duty| duty.requirement == *requirement && duty.stage == *stage)
            })
        })
    }

    fn entity(&self) -> EntityRef {
        match EntityRef::new(Kind::Deal, self.id) {
            Ok(entity) => entity,
            Err(e) => unreachable!("the id of a deal is an id: {e}"),
        }
    }
    fn has_stage(
        &self,
        pipeline: &PipelineId,
        stage: &Key,
        at: Timestamp,
    ) -> Result<(), Rejection> {
        let revision = self.regime.pipeline(pipeline.as_str(), at, self.lens);
        match revision.and_then(|r| r.what.stage(stage)) {
            Some(_) => Ok(()),
            None => Err(unknown_stage(self.regime, pipeline, stage, at, self.lens)),
        }
    }
    fn goes(
        &self,
        state: State,
        may: bool,
        fact: &Dated<&DealFact>,
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
        fact: &Dated<&DealFact>,
        what: &'static str,
    ) -> Result<(), Rejection> {
        let (deal, at, position) = (self.id.to_owned(), fact.at, fact.position);
        if state.is_open() {
            Ok(())
        } else {
            Err(Rejection::DealClosed { deal, what, state: state.name(), at, position })
        }
    }
    fn is_from(
        &self,
        fact: &Dated<&DealFact>,
        pointer: &'static str,
        current: &str,
        got: &str,
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
        fact: &Dated<&'a DealFact>,
    ) -> Result<(), Rejection> {
        let duties = self.book.deals.duties(&self.book.activity, self.lens).with(self.regime);
        let visit = deal.visit(moment(fact.order()));
        let open = duties.open_gates((self.id, self.deal), &deal.pipeline, &visit, &|duty| {
            way.is_settled(&duty.requirement)
        });
        if open.is_empty() {
            return Ok(());
        }
        let requirements =
            open.iter().map(|duty| duty.requirement.as_str()).collect::<Vec<_>>().join(", ");
        let (id, stage, visit) = (self.id.to_owned(), deal.stage.clone(), deal.number);
        Err(Rejection::OpenGate {
            deal: id,
            requirements,
            stage,
            visit,
            at: fact.at,
            position: fact.position,
        })
    }
}

pub(super) fn unknown_stage(
    regime: &Regime,
    pipeline: &PipelineId,
    stage: &Key,
    at: Timestamp,
    lens: Lens<'_>,
) -> Rejection {
    let known = regime.pipeline(pipeline.as_str(), at, lens).map_or_else(
        || "none: no revision is in force then".to_owned(),
        |revision| {
            revision.what.stages.iter().map(|s| s.stage.as_str()).collect::<Vec<_>>().join(", ")
        },
    );
    Rejection::UnknownStage { pipeline: pipeline.to_string(), stage: stage.clone(), at, known }
}
