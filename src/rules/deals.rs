//! Rules on pipelines, regulations and deals. Invariant: the whole dated history of a deal is
//! judged by one walk, whether an event is put into it or left out.

mod milestones;
mod standing;

pub(crate) use milestones::Milestones;

use sijil_projections::{
    Dated, Lens,
    activity::TaskStep,
    deals::{Deal, DealFact, Opening, Regime, State},
    steps,
};
use sijil_schemas::{
    Event, PipelineDefined, Position, Record, RegulationDefined, RequirementKind, WorkHandedOver,
    event,
    id::{EntityRef, Key, Kind, PipelineId, kind},
    time::Timestamp,
};

use crate::{Book, Proposal, Rejection};
use standing::{Standing, Way, moment};

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Deals,
) -> Result<(), Rejection> {
    match event {
        event::Deals::PipelineDefined(e) => check_pipeline(book, proposal, e),
        event::Deals::RegulationDefined(e) => check_regulation(book, proposal, e),
        event::Deals::DealOpened(_)
        | event::Deals::DealEstimateChanged(_)
        | event::Deals::DealStageEntered(_)
        | event::Deals::DealPutOnHold(_)
        | event::Deals::DealResumed(_)
        | event::Deals::DealOwnerChanged(_)
        | event::Deals::RequirementFulfilled(_)
        | event::Deals::RequirementWaived(_)
        | event::Deals::DealWon(_)
        | event::Deals::DealLost(_)
        | event::Deals::DealReopened(_) => {
            let Some((deal, fact, _)) =
                DealFact::of(event, &proposal.candidate.body.envelope.actor)
            else {
                return Ok(());
            };
            check_fact(book, proposal, deal.as_str(), &fact)?;
            check_signs(event)
        }
    }
}

/// A hand-over of work changes the owner of the deals it names: `from` must be the owner of each,
/// then and later.
pub(crate) fn check_hand_over(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &WorkHandedOver,
) -> Result<(), Rejection> {
    let fact = DealFact::OwnerChanged { from: event.from.clone(), to: event.to.clone() };
    event
        .of::<kind::Deal>()
        .iter()
        .try_for_each(|deal| check_fact(book, proposal, deal.as_str(), &fact))
}

fn check_fact(
    book: &Book,
    proposal: &Proposal<'_>,
    deal: &str,
    fact: &DealFact,
) -> Result<(), Rejection> {
    let (nothing, candidate) =
        (Deal::default(), Dated { at: proposal.at(), position: proposal.position, what: fact });
    let said = book.deals.get(deal).unwrap_or(&nothing);
    let trial = Trial { book, lens: book.now(), regime: book.deals.regime(), id: deal, deal: said };
    let Some(marked) = book.milestones.get(deal) else { return trial.judge_whole(candidate) };
    let verdict = trial.judge_from(marked, candidate);
    // Of a way that is not too long the whole is walked as well, where assertions are held.
    let same = || !trial.judge(None).is_empty() || verdict == trial.judge_whole(candidate);
    debug_assert!(
        said.facts().len() > WHOLE_WALKED_MAX || steps::uncounted(same),
        "milestones of deal {deal} tell another story"
    );
    verdict
}

/// The longest way that is walked once more to check its milestones.
const WHOLE_WALKED_MAX: usize = 512;

fn check_signs(event: &event::Deals) -> Result<(), Rejection> {
    let amount = match event {
        event::Deals::DealOpened(e) => {
            if let Some((n, line)) = e
                .lines
                .iter()
                .enumerate()
                .find(|(_, line)| line.qty.get() <= rust_decimal::Decimal::ZERO)
            {
                return Err(Rejection::NotPositive {
                    pointer: format!("/data/lines/{n}/qty"),
                    got: line.qty.get(),
                });
            }
            e.amount
        }
        event::Deals::DealEstimateChanged(e) => e.amount,
        event::Deals::DealWon(e) => e.amount,
        event::Deals::PipelineDefined(_)
        | event::Deals::RegulationDefined(_)
        | event::Deals::DealStageEntered(_)
        | event::Deals::DealPutOnHold(_)
        | event::Deals::DealResumed(_)
        | event::Deals::DealOwnerChanged(_)
        | event::Deals::RequirementFulfilled(_)
        | event::Deals::RequirementWaived(_)
        | event::Deals::DealLost(_)
        | event::Deals::DealReopened(_) => None,
    };
    match amount
        .map(|money| money.amount.get())
        .filter(|amount| *amount < rust_decimal::Decimal::ZERO)
    {
        Some(got) => Err(Rejection::BelowZero { pointer: "/data/amount/amount".into(), got }),
        None => Ok(()),
    }
}

fn check_pipeline(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &PipelineDefined,
) -> Result<(), Rejection> {
    if e.stages.is_empty() {
        return Err(Rejection::Configuration {
            pointer: "/data/stages".into(),
            expected: "at least one stage",
            got: "none".into(),
        });
    }
    for (n, stage) in e.stages.iter().enumerate() {
        if e.stages[..n].iter().any(|s| s.stage == stage.stage) {
            let (pointer, got) = (format!("/data/stages/{n}/stage"), stage.stage.to_string());
            return Err(Rejection::Configuration {
                pointer,
                expected: "a stage that is not in the list yet",
                got,
            });
        }
    }
    let mut regime = book.deals.regime().clone();
    regime.define_pipeline(e, proposal.at(), proposal.position);
    check_regime(book, proposal.at(), &e.pipeline, &regime)
}

fn check_regulation(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &RegulationDefined,
) -> Result<(), Rejection> {
    let in_force = book.deals.regime().pipeline(e.pipeline.as_str(), proposal.at(), book.now());
    for (n, requirement) in e.requirements.iter().enumerate() {
        if in_force.is_none_or(|revision| revision.what.stage(&requirement.stage).is_none()) {
            return Err(unknown_stage(
                book.deals.regime(),
                &e.pipeline,
                &requirement.stage,
                proposal.at(),
                book.now(),
            ));
        }
        if e.requirements[..n].iter().any(|r| r.requirement == requirement.requirement) {
            let (pointer, got) = (
                format!("/data/requirements/{n}/requirement"),
                requirement.requirement.to_string(),
            );
            return Err(Rejection::Configuration {
                pointer,
                expected: "a requirement that is not in the list yet",
                got,
            });
        }
        if requirement.kind == RequirementKind::Field && requirement.matches.field.is_none() {
            let pointer = format!("/data/requirements/{n}/match/field");
            return Err(Rejection::Configuration {
                pointer,
                expected: "the field that must be set, for a requirement of kind field",
                got: "none".into(),
            });
        }
    }
    let mut regime = book.deals.regime().clone();
    regime.define_regulation(e, proposal.at(), proposal.position);
    check_regime(book, proposal.at(), &e.pipeline, &regime)
}

/// A back-dated revision must leave every deal of its pipeline legal.
fn check_regime(
    book: &Book,
    at: Timestamp,
    pipeline: &PipelineId,
    regime: &Regime,
) -> Result<(), Rejection> {
    let lens = book.now();
    for (id, deal) in book
        .deals
        .iter()
        .filter(|(_, deal)| deal.facts().newest().is_some_and(|last| last.at >= at))
    {
        let trial = Trial { book, lens, regime: book.deals.regime(), id, deal };
        if trial.opening().is_some_and(|opening| opening.pipeline == *pipeline) {
            let before: Vec<Position> = trial.judge(None).into_iter().map(|i| i.position).collect();
            let after = Trial { regime, ..trial }.judge(None);
            if let Some(illegal) = after.into_iter().find(|i| !before.contains(&i.position)) {
                return Err(illegal.why);
            }
        }
    }
    Ok(())
}

/// The records on deals that would not have been admitted had the target never been: it may be a
/// fact of a deal, a revision of a pipeline or regulation, or an interaction, task or hand-over
/// that names a deal.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let ids = match ruled(&target.event) {
        Some(pipeline) => book
            .deals
            .iter()
            .filter(|(_, deal)| is_in(book, deal, pipeline))
            .map(|(id, _)| id.to_owned())
            .collect(),
        None => named(book, target),
    };
    ids.iter()
        .filter_map(|id| book.deals.get(id).map(|deal| (id, deal)))
        .flat_map(|(id, deal)| orphaned(book, target, id, deal))
        .collect()
}

/// The pipeline an event rules, if it is configuration.
const fn ruled(event: &Event) -> Option<&PipelineId> {
    if let Event::Deals(event::Deals::PipelineDefined(e)) = event {
        Some(&e.pipeline)
    } else if let Event::Deals(event::Deals::RegulationDefined(e)) = event {
        Some(&e.pipeline)
    } else {
        None
    }
}

fn is_in(book: &Book, deal: &Deal, pipeline: &PipelineId) -> bool {
    deal.course(book.now()).is_some_and(|course| course.opening.pipeline == *pipeline)
}

/// The deals an event names, itself or through the task it completes.
fn named(book: &Book, target: &Record) -> Vec<String> {
    let mut refs = target.touched();
    if let Event::Tasks(event::Tasks::TaskCompleted(e)) = &target.event {
        let steps = book
            .activity
            .task_steps(e.task.as_str())
            .into_iter()
            .flat_map(|steps| steps.counting(book.now()));
        for step in steps {
            if let TaskStep::Assigned(assignment) = &step.what {
                refs.extend(assignment.refs.iter().cloned());
            }
        }
    }
    refs.iter()
        .filter(|entity| entity.kind == Kind::Deal)
        .map(|entity| entity.id().to_owned())
        .collect()
}

fn orphaned(book: &Book, target: &Record, id: &str, deal: &Deal) -> Vec<Position> {
    let with = Trial { book, lens: book.now(), regime: book.deals.regime(), id, deal };
    let without = Trial { lens: book.without(target.position), ..with };
    let before: Vec<Position> =
        with.judge(None).into_iter().map(|illegal| illegal.position).collect();
    without
        .judge(None)
        .into_iter()
        .map(|illegal| illegal.position)
        .filter(|position| !before.contains(position))
        .collect()
}

/// A fact that may not stand where it stands.
struct Illegal {
    at: Timestamp,
    position: Position,
    why: Rejection,
}

/// The history of one deal before the rules.
#[derive(Clone, Copy)]
struct Trial<'a> {
    book: &'a Book,
    lens: Lens<'a>,
    regime: &'a Regime,
    id: &'a str,
    deal: &'a Deal,
}

impl<'a> Trial<'a> {
    fn opening(&self) -> Option<&'a Opening> {
        self.deal.course(self.lens).map(|course| course.opening)
    }

    /// Judges a fact by the whole way, and the way after it.
    fn judge_whole(&self, candidate: Dated<&'a DealFact>) -> Result<(), Rejection> {
        // What was there before the event is as legal as it was.
        self.judge(Some(candidate))
            .into_iter()
            .find(|i| (i.at, i.position) >= candidate.order())
            .map_or(Ok(()), |i| Err(i.why))
    }

    /// Judges a fact by the way since the last milestone before it, and the way after it up to the
    /// first milestone that still says the same.
    fn judge_from(
        &self,
        marked: &milestones::Marked,
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
    fn judge(&self, candidate: Option<Dated<&'a DealFact>>) -> Vec<Illegal> {
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

fn unknown_stage(
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
