//! Rules on surveys. Invariant: every answer fits the questions in force on its date; nothing is
//! asked or answered before a survey is published, or after it is closed.

use std::collections::BTreeSet;

use sijil_projections::{Dated, Lens, Sym, marketing::Survey};
use sijil_schemas::{
    Position, Question, QuestionKind, Record, SurveyAnswered, SurveyPublished,
    event::Surveys,
    id::{EntityRef, kind},
    money::Amount,
    text::Name,
    time::Timestamp,
};

use crate::{Book, Proposal, Rejection};

/// A place in replay order.
type Order = (Timestamp, Position);

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &Surveys,
) -> Result<(), Rejection> {
    let entity = proposal.candidate.event.home();
    let asked =
        Asked { book, sym: book.marketing.ids().find(entity.id()), entity, now: book.now() };
    let order = (proposal.at(), proposal.position);
    match event {
        Surveys::SurveyPublished(e) => {
            check_questions(&e.questions)?;
            asked.is_open(order, None)?;
            asked.takes_what_was_answered(order, e)
        }
        Surveys::SurveyInvited(_) => {
            let survey = asked.in_force(order)?;
            asked.is_open(order, Some(&survey))
        }
        Surveys::SurveyAnswered(e) => {
            let survey = asked.in_force(order)?;
            asked.is_open(order, Some(&survey))?;
            check_answers(&survey.what, e)
        }
        Surveys::SurveyClosed(_) => {
            asked.in_force(order)?;
            asked.is_open(order, None)?;
            asked.is_last(order)
        }
    }
}

/// A survey before the rules.
struct Asked<'a> {
    book: &'a Book,
    sym: Option<Sym<kind::Survey>>,
    entity: EntityRef,
    now: Lens<'a>,
}

impl Asked<'_> {
    fn closed(&self, closed: String, at: Timestamp, position: Position) -> Rejection {
        Rejection::SurveyClosed { survey: self.entity.id().to_owned(), closed, at, position }
    }
    /// The questions in force at a place.
    fn in_force(&self, order: Order) -> Result<Dated<Survey>, Rejection> {
        let plans = self.book.marketing.plans();
        if let Some(survey) = plans.survey_at(self.sym, order.0, self.now) {
            return Ok(survey.clone());
        }
        let first = plans.survey(self.sym).and_then(|all| all.counting(self.now).next());
        let (entity, opened) = (self.entity.clone(), first.map_or(order.0, |first| first.at));
        Err(Rejection::BeforeOpening { entity, opened, at: order.0 })
    }
    /// Refuses what comes after the survey was closed, or after its last day.
    fn is_open(&self, order: Order, survey: Option<&Dated<Survey>>) -> Result<(), Rejection> {
        let (at, position) = order;
        let closings = self.book.marketing.closings(self.sym);
        if let Some(closed) = closings.before(order, self.now).next_back() {
            return Err(self.closed(closed.at.to_string(), at, position));
        }
        let last = survey.and_then(|survey| survey.what.closes_on);
        match last.filter(|last| at.date(&self.book.company.zone()) > *last) {
            Some(last) => Err(self.closed(last.to_string(), at, position)),
            None => Ok(()),
        }
    }
    /// Refuses a closing before something that is recorded already.
    fn is_last(&self, order: Order) -> Result<(), Rejection> {
        let (marketing, now) = (&self.book.marketing, self.now);
        let closed = |(at, position)| Err(self.closed(order.0.to_string(), at, position));
        let later = [
            marketing.closings(self.sym).after(order, now).next().map(|fact| fact.order()),
            marketing.answered(self.sym).after(order, now).next().map(|fact| fact.order()),
            marketing.invited(self.sym).after(order, now).next().map(|fact| fact.order()),
            marketing
                .plans()
                .survey(self.sym)
                .and_then(|all| all.first_after(order.0, now))
                .map(Dated::order),
        ];
        later.into_iter().flatten().min().map_or(Ok(()), closed)
    }
    /// Refuses a revision that does not take what was answered while it would be in force.
    fn takes_what_was_answered(&self, order: Order, e: &SurveyPublished) -> Result<(), Rejection> {
        let survey = Survey::of(e);
        let plans = self.book.marketing.plans();
        let next = plans.survey(self.sym).and_then(|all| all.first_after(order.0, self.now));
        let until = next.map_or(Timestamp::END, |next| next.at);
        match self.misfits(&survey, order, until, self.now).into_iter().next() {
            Some((position, why)) => Err(Rejection::AnswerNotTaken {
                pointer: "/data/questions".into(),
                expected: format!("questions that take the answer at position {position}"),
                got: why.got,
            }),
            None => Ok(()),
        }
    }
    /// The answers of some time that questions would not take.
    fn misfits(
        &self,
        survey: &Survey,
        from: Order,
        until: Timestamp,
        lens: Lens<'_>,
    ) -> Vec<(Position, Unfit)> {
        let (marketing, zone) = (&self.book.marketing, self.book.company.zone());
        let answered = marketing.answered(self.sym).after(from, lens);
        let mut all = Vec::new();
        for fact in answered.take_while(|fact| fact.at < until) {
            let late = survey.closes_on.filter(|last| fact.at.date(&zone) > *last);
            let unfit = marketing.answers(fact.what.answers).find_map(|answer| {
                let (key, value) = (marketing.word(answer.question), marketing.word(answer.value));
                unfit(survey, key, value)
            });
            let late = late.map(|last| Unfit {
                expected: String::new(),
                got: format!("a last day of {last}"),
            });
            all.extend(late.or(unfit).map(|why| (fact.position, why)));
        }
        all
    }
}

/// Why an answer does not fit.
struct Unfit {
    expected: String,
    got: String,
}

fn unfit(survey: &Survey, key: &str, value: &str) -> Option<Unfit> {
    let refuse = |expected: String| Some(Unfit { expected, got: format!("{value:?} to {key}") });
    let Some(question) = survey.question(key) else {
        let known = survey.questions.iter().map(|of| of.question.as_str());
        let known = known.collect::<Vec<_>>().join(", ");
        return refuse(format!("an answer to one of {known}"));
    };
    let whole = |least: u8, most: u8| {
        let fits = value.parse::<u8>().is_ok_and(|n| (least..=most).contains(&n))
            && value.bytes().all(|b| b.is_ascii_digit());
        if fits { None } else { refuse(format!("a whole number from {least} to {most}")) }
    };
    match question.kind {
        QuestionKind::Nps => whole(0, 10),
        QuestionKind::Csat => whole(1, 5),
        QuestionKind::Number if value.parse::<Amount>().is_ok() => None,
        QuestionKind::Number => refuse("a decimal, as in 12.5".to_owned()),
        QuestionKind::Choice if question.options.iter().any(|of| of.as_str() == value) => None,
        QuestionKind::Choice => {
            let options = question.options.iter().map(Name::as_str).collect::<Vec<_>>();
            refuse(format!("one of {}", options.join(", ")))
        }
        QuestionKind::Text => refuse("what is said in words among the comments".to_owned()),
    }
}

fn check_answers(survey: &Survey, e: &SurveyAnswered) -> Result<(), Rejection> {
    let mut told = BTreeSet::new();
    for (n, answer) in e.answers.iter().enumerate() {
        let refuse = |field: &str, why: Unfit| {
            let Unfit { expected, got } = why;
            let pointer = format!("/data/answers/{n}/{field}");
            Err(Rejection::AnswerNotTaken { pointer, expected, got })
        };
        if !told.insert(&answer.question) {
            let got = format!("{} twice", answer.question);
            return refuse("question", Unfit { expected: "each question once".into(), got });
        }
        if let Some(why) = unfit(survey, answer.question.as_str(), &answer.value) {
            let known = survey.question(answer.question.as_str()).is_some();
            return refuse(if known { "value" } else { "question" }, why);
        }
    }
    Ok(())
}

fn check_questions(questions: &[Question]) -> Result<(), Rejection> {
    let refuse = |pointer: String, expected: &'static str, got: String| {
        Err(Rejection::Configuration { pointer, expected, got })
    };
    if questions.is_empty() {
        return refuse("/data/questions".into(), "at least one question", "none".into());
    }
    for (n, question) in questions.iter().enumerate() {
        let at = |field: &str| format!("/data/questions/{n}/{field}");
        if questions[..n].iter().any(|before| before.question == question.question) {
            let got = question.question.to_string();
            return refuse(at("question"), "a question that is not in the list yet", got);
        }
        let (is_choice, count) = (question.kind == QuestionKind::Choice, question.options.len());
        if is_choice && count == 0 {
            let expected = "at least one option for a question of kind choice";
            return refuse(at("options"), expected, "none".into());
        }
        if !is_choice && count > 0 {
            let expected = "options only for a question of kind choice";
            return refuse(at("options"), expected, format!("{count} options"));
        }
    }
    Ok(())
}

/// The records that would not have been admitted had the target never been: of a revision the
/// answers that the one before it does not take.
pub(crate) fn dependants(book: &Book, target: &Record, event: &Surveys) -> Vec<Position> {
    let Surveys::SurveyPublished(e) = event else { return Vec::new() };
    let (entity, lens) = (e.survey.entity(), book.without(target.position));
    let asked = Asked { book, sym: book.marketing.ids().find(entity.id()), entity, now: lens };
    let plans = book.marketing.plans();
    let order = (target.occurred_at(), target.position);
    let next = plans.survey(asked.sym).and_then(|all| all.first_after(order.0, lens));
    let until = next.map_or(Timestamp::END, |next| next.at);
    let Some(before) = plans.survey_at(asked.sym, order.0, lens) else {
        // Nothing was asked before it.
        let answered = book.marketing.answered(asked.sym).after(order, lens);
        let invited = book.marketing.invited(asked.sym).after(order, lens);
        let closed = book.marketing.closings(asked.sym).after(order, lens);
        let answered = answered.map(|fact| (fact.at, fact.position));
        let all = answered.chain(invited.map(|fact| (fact.at, fact.position)));
        let all = all.chain(closed.map(|fact| (fact.at, fact.position)));
        return all.filter(|(at, _)| *at < until).map(|(_, position)| position).collect();
    };
    let misfits = asked.misfits(&before.what, order, until, lens);
    misfits.into_iter().map(|(position, _)| position).collect()
}
