//! What regulations asked of a deal, and how it was met. Invariant: each visit of a stage makes one
//! obligation per requirement of the revisions in force at its entry, and only what happened during
//! the visit meets it.

use std::ops::Range;

use sijil_schemas::{
    Position, RequirementKind,
    id::{Key, kind},
    time::Timestamp,
};

use super::{Course, DealFact, Deals, Duty, Estimate, Moment, Regime, Visit, Walked};
use crate::{activity::Activity, cut::Lens, ids::Sym, words::Word};

/// How an obligation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Fulfilled, not after it was due.
    OnTime,
    /// Fulfilled after it was due.
    Late,
    /// Past due, or the stage left, and not fulfilled.
    Missed,
    /// Not due yet; not judged.
    Pending,
    /// Waived; not judged.
    Waived,
}

/// What a regulation asked at one visit.
#[derive(Debug, Clone)]
pub struct Obligation<'a> {
    /// Which regulation.
    pub regulation: Sym<kind::Regulation>,
    /// What it asks.
    pub duty: &'a Duty,
    /// Where the revision stands.
    pub revision: Moment,
    /// The visit.
    pub visit: Visit,
    /// When it was due.
    pub due: Timestamp,
    /// What met it first.
    pub fulfilled: Option<Moment>,
    /// What waived it.
    pub waived: Option<Moment>,
    /// How it stands.
    pub verdict: Verdict,
    /// The owner when it fell due, or at the cut if that is earlier.
    pub owner: Sym<kind::Employee>,
    /// The record that says who the owner was.
    pub owner_said: Position,
}

/// A requirement of a stage that a deal passed by.
#[derive(Debug, Clone)]
pub struct Skipped<'a> {
    /// Which regulation.
    pub regulation: Sym<kind::Regulation>,
    /// What it asks.
    pub duty: &'a Duty,
    /// Where the revision stands.
    pub revision: Moment,
    /// What passed the stage by.
    pub moment: Moment,
    /// The owner then.
    pub owner: Sym<kind::Employee>,
    /// The record that says who the owner was.
    pub owner_said: Position,
}

const HOUR_MICROS: i64 = 3_600_000_000;

/// When something entered at a moment falls due.
fn due(entered: Timestamp, hours: u32) -> Timestamp {
    Timestamp::from_micros(entered.micros().saturating_add(i64::from(hours) * HOUR_MICROS))
        .unwrap_or(Timestamp::END)
}

/// Asks regulations about deals, at one lens.
#[derive(Debug, Clone, Copy)]
pub struct Duties<'a> {
    /// The deals.
    pub deals: &'a Deals,
    /// The pipelines and regulations.
    pub regime: &'a Regime,
    /// The interactions and tasks.
    pub activity: &'a Activity,
    /// The reader's clocks.
    pub lens: Lens<'a>,
}

impl<'a> Duties<'a> {
    /// What regulations asked of a deal up to the cut, visit by visit.
    #[must_use]
    pub fn obligations(&self, walked: &Walked) -> Vec<Obligation<'a>> {
        self.obligations_within(walked, &(Timestamp::MIN..Timestamp::END))
    }
    /// The same, of the visits that began in an interval.
    #[must_use]
    pub fn obligations_within(
        &self,
        Walked { deal, course }: &Walked,
        within: &Range<Timestamp>,
    ) -> Vec<Obligation<'a>> {
        let mut all = Vec::new();
        let pipeline = course.opening.pipeline;
        if !self.regime.is_regulated(pipeline, self.lens) {
            return all;
        }
        for visit in course.visits().iter().filter(|visit| within.contains(&visit.entered.at)) {
            for (regulation, revision) in
                self.regime.regulations(self.deals.ids(), pipeline, visit.entered.at, self.lens)
            {
                for duty in revision.what.duties.iter().filter(|duty| duty.stage == visit.stage) {
                    let fulfilled = self.fulfilment(*deal, course, visit, duty);
                    let waived = waiver(course, visit, duty);
                    let due = due(visit.entered.at, duty.due_h);
                    let verdict = match (waived, fulfilled) {
                        (Some(_), _) => Verdict::Waived,
                        (None, Some(moment)) if moment.at <= due => Verdict::OnTime,
                        (None, Some(_)) => Verdict::Late,
                        (None, None) if visit.left.is_some() || due < self.lens.cut.before => {
                            Verdict::Missed
                        }
                        (None, None) => Verdict::Pending,
                    };
                    let (owner_said, owner) = course.owner_at(due);
                    let revision = Moment { at: revision.at, position: revision.position };
                    all.push(Obligation {
                        regulation,
                        duty,
                        revision,
                        visit: *visit,
                        due,
                        fulfilled,
                        waived,
                        verdict,
                        owner,
                        owner_said,
                    });
                }
            }
        }
        all
    }

    /// The requirements of stages that a deal passed by and never entered, up to the cut.
    #[must_use]
    pub fn skipped(&self, course: &Course) -> Vec<Skipped<'a>> {
        let (mut all, pipeline) = (Vec::new(), course.opening.pipeline);
        if !self.regime.is_regulated(pipeline, self.lens) {
            return all;
        }
        let Some(revision) = self.regime.opening_revision(course, self.lens) else { return all };
        for stage in revision
            .what
            .stages
            .iter()
            .filter(|s| !course.visits().iter().any(|v| v.stage == s.stage))
        {
            let rank = |v: &Visit| {
                self.regime.stage(course, v.stage, v.entered.at, self.lens).map(|s| s.rank)
            };
            let passed =
                course.visits().iter().find(|v| rank(v) > Some(stage.rank)).map(|v| v.entered);
            let won = course.closing().filter(|close| close.is_won()).map(|close| close.moment);
            let Some(moment) = passed.or(won) else { continue };
            for (regulation, revision) in
                self.regime.regulations(self.deals.ids(), pipeline, moment.at, self.lens)
            {
                for duty in revision.what.duties.iter().filter(|duty| duty.stage == stage.stage) {
                    let revision = Moment { at: revision.at, position: revision.position };
                    let (owner_said, owner) = course.owner_at(moment.at);
                    all.push(Skipped { regulation, duty, revision, moment, owner, owner_said });
                }
            }
        }
        all
    }

    /// The gates of a visit's stage that nothing met during it, and that are not settled by what
    /// was said in words.
    #[must_use]
    pub fn open_gates(
        &self,
        deal: Sym<kind::Deal>,
        pipeline: Sym<kind::Pipeline>,
        visit: &Visit,
        is_settled: &dyn Fn(&Duty) -> bool,
    ) -> Vec<&'a Duty> {
        let ids = self.deals.ids();
        let in_force = self.regime.regulations(ids, pipeline, visit.entered.at, self.lens);
        let duties = in_force.into_iter().flat_map(|(_, revision)| revision.what.duties.iter());
        let gates = duties.filter(|duty| duty.gate && duty.stage == visit.stage);
        gates.filter(|duty| !is_settled(duty) && self.seen(deal, visit, duty).is_none()).collect()
    }

    /// The first thing during a visit that meets a requirement: a statement that names the visit,
    /// by replay order; an interaction, task or field, by time: at or after the entry, before the
    /// leaving.
    fn fulfilment(
        &self,
        deal: Sym<kind::Deal>,
        course: &Course,
        visit: &Visit,
        duty: &Duty,
    ) -> Option<Moment> {
        let stated = course.fulfilled.iter().filter(|(m, key, number)| {
            *key == duty.requirement
                && *number == visit.number
                && *m >= visit.entered
                && visit.left.is_none_or(|(left, _)| *m < left)
        });
        stated.map(|(moment, _, _)| *moment).chain(self.seen(deal, visit, duty)).min()
    }

    /// The first interaction, task or field during a visit that meets a requirement.
    fn seen(&self, deal: Sym<kind::Deal>, visit: &Visit, duty: &Duty) -> Option<Moment> {
        let within = visit.entered.at..visit.left.map_or(Timestamp::END, |(left, _)| left.at);
        match duty.kind {
            RequirementKind::Interaction => {
                let outcome = duty.outcome.as_ref().map(Key::as_str);
                let said = self.activity.said_on_deal_within(Some(deal), self.lens, within);
                said.filter(|said| {
                    duty.channel.is_none_or(|c| c == said.what.channel)
                        && duty.direction.is_none_or(|d| d == said.what.direction)
                })
                .filter(|said| {
                    let ended = || said.what.outcome.map(|word| self.activity.word(word));
                    outcome.is_none() || ended() == outcome
                })
                .map(|said| Moment { at: said.at, position: said.position })
                .next()
            }
            RequirementKind::Task => self
                .activity
                .completed_on_deal(Some(deal), self.lens, within)
                .first()
                .map(|done| Moment { at: done.at, position: done.position }),
            RequirementKind::Document => None,
            RequirementKind::Field => {
                duty.field.as_ref().and_then(|field| self.set(deal, field, &within))
            }
        }
    }

    /// When a field of a deal was first set in an interval.
    fn set(&self, deal: Sym<kind::Deal>, field: &Key, within: &Range<Timestamp>) -> Option<Moment> {
        let story = self.deals.story(Some(deal));
        let said = story.within(within.clone(), self.lens);
        let said = said
            .filter(|fact| sets(field.as_str(), &fact.what))
            .map(|fact| Moment { at: fact.at, position: fact.position })
            .next();
        let of = self.deals.words().find(field.as_str());
        let own = story.attributes().within(within.clone(), self.lens).find(|fact| {
            let mut fields = self.deals.fields(fact.what);
            fields.any(|one| Some(one.key) == of && !self.deals.word(one.value).is_empty())
        });
        let own = own.map(|fact| Moment { at: fact.at, position: fact.position });
        said.into_iter().chain(own).min()
    }
}

/// Whether a fact sets a field that every deal has.
fn sets(field: &str, fact: &DealFact) -> bool {
    match (field, fact) {
        ("amount", DealFact::Opened(opening)) => opening.amount.is_some(),
        ("amount", DealFact::Estimated(Estimate { amount, .. }) | DealFact::Won { amount, .. }) => {
            amount.is_some()
        }
        ("expected_close", DealFact::Opened(opening)) => opening.expected_close.is_some(),
        ("expected_close", DealFact::Estimated(estimate)) => estimate.expected_close.is_some(),
        ("lines", DealFact::Opened(opening)) => !opening.lines.is_empty(),
        ("lines", DealFact::Items { lines }) => !lines.is_empty(),
        _ => false,
    }
}

fn waiver(course: &Course, visit: &Visit, duty: &Duty) -> Option<Moment> {
    let of = |(_, key, number): &&(Moment, Sym<Word>, u32)| {
        *key == duty.requirement && *number == visit.number
    };
    course.waived.iter().filter(of).map(|(moment, _, _)| *moment).min()
}
