//! Surveys: what is asked, who was asked, and what was answered. Invariant: what was said in words
//! is no fact; an answer is judged by the questions in force on its date.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Question, QuestionKind, Record, SurveyPublished,
    event::Surveys,
    id::{Key, kind},
    text::{Name, Text},
    time::{Date, Timestamp},
};

use super::{Marketing, Plans};
use crate::{
    cells,
    cells::Run,
    chain::Chain,
    cut::{Dated, Facts, Lens},
    ids::{EntitySym, Sym},
    words::Word,
};

/// A question of a survey. No field is ever left out, since states are kept in a format that names
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// Its key.
    pub question: Key,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, in words.
    pub text: Text,
    /// The list, for kind choice.
    pub options: Vec<Name>,
}

impl Asking {
    fn of(e: &Question) -> Asking {
        let Question { question, kind, text, options } = e.clone();
        Asking { question, kind, text, options }
    }
}

/// The questions of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// What is asked.
    pub questions: Vec<Asking>,
    /// The last day for answers.
    pub closes_on: Option<Date>,
}

impl Survey {
    /// What an event publishes.
    #[must_use]
    pub fn of(e: &SurveyPublished) -> Survey {
        let questions = e.questions.iter().map(Asking::of).collect();
        Survey { questions, closes_on: e.closes_on }
    }
    /// The question of a key.
    #[must_use]
    pub fn question(&self, key: &str) -> Option<&Asking> {
        self.questions.iter().find(|question| question.question.as_str() == key)
    }
}

cells! {
    /// What one question was answered with.
    pub struct Answer {
        /// The question.
        pub question: Sym<Word>,
        /// The number, or the word of the list.
        pub value: Sym<Word>,
    }
}

cells! {
    /// What somebody answered.
    pub struct Answered {
        /// Who; `None` is nobody in particular.
        pub respondent: Option<EntitySym>,
        /// Numbers, and words of lists.
        pub answers: Run<Answer>,
    }
}

impl Marketing {
    pub(super) fn take_survey(&self, record: &Record, event: &Surveys) {
        let word = |word: &str| self.words.intern(word, record.position);
        match event {
            Surveys::SurveyPublished(e) => {
                let survey = Dated::of(record, Survey::of(e));
                self.plans.change(|plans| plans.surveys.define(self.ids.sym(&e.survey), survey));
            }
            Surveys::SurveyInvited(e) => {
                let respondent = self.ids.entity(&e.respondent.entity());
                self.invited.push(self.ids.sym(&e.survey), Dated::of(record, respondent));
            }
            Surveys::SurveyAnswered(e) => {
                let respondent = e.respondent.as_ref().map(|of| self.ids.entity(&of.entity()));
                let answers = e.answers.iter().map(|answer| Answer {
                    question: word(answer.question.as_str()),
                    value: word(&answer.value),
                });
                let answers = self.answers.extend(record.position, answers);
                let answered = Answered { respondent, answers };
                self.answered.push(self.ids.sym(&e.survey), Dated::of(record, answered));
            }
            Surveys::SurveyClosed(e) => {
                self.closed.push(self.ids.sym(&e.survey), Dated::of(record, ()));
            }
        }
    }

    /// Who was asked to answer a survey.
    #[must_use]
    pub fn invited(&self, survey: Option<Sym<kind::Survey>>) -> Chain<'_, kind::Survey, EntitySym> {
        self.invited.of_any(survey)
    }
    /// What was answered to a survey.
    #[must_use]
    pub fn answered(&self, survey: Option<Sym<kind::Survey>>) -> Chain<'_, kind::Survey, Answered> {
        self.answered.of_any(survey)
    }
    /// What one record answered, question by question.
    pub fn answers(&self, answers: Run<Answer>) -> impl ExactSizeIterator<Item = Answer> {
        self.answers.of(answers)
    }
    /// When a survey was closed.
    #[must_use]
    pub fn closings(&self, survey: Option<Sym<kind::Survey>>) -> Chain<'_, kind::Survey, ()> {
        self.closed.of_any(survey)
    }
}

impl Plans {
    /// Everything that was published of a survey, whether it counts or not.
    #[must_use]
    pub fn survey(&self, survey: Option<Sym<kind::Survey>>) -> Option<&Facts<Survey>> {
        self.surveys.of(survey?)
    }
    /// The questions of a survey in force at a moment, as known.
    #[must_use]
    pub fn survey_at(
        &self,
        survey: Option<Sym<kind::Survey>>,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> Option<&Dated<Survey>> {
        self.survey(survey)?.in_force(at, lens)
    }
}
