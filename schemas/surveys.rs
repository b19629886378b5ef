//! Surveys: what clients are asked, and what they answer. Invariant: an answer is a number or one
//! of a list; what somebody says in words is a comment, which is personal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{Key, SurveyId},
    recipient::Recipient,
    text::{Name, Personal, Text, plain_fields},
    time::Date,
};

/// How a question is answered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum QuestionKind {
    /// How likely one recommends the company: a whole number from 0 to 10.
    Nps,
    /// How satisfied one is: a whole number from 1 to 5.
    Csat,
    /// A decimal.
    Number,
    /// One of a list.
    Choice,
    /// In words, as a comment.
    Text,
}

impl QuestionKind {
    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            QuestionKind::Nps => "nps",
            QuestionKind::Csat => "csat",
            QuestionKind::Number => "number",
            QuestionKind::Choice => "choice",
            QuestionKind::Text => "text",
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Question {
    /// Its key; stable.
    pub question: Key,
    /// How it is answered.
    pub kind: QuestionKind,
    /// What is asked, in words.
    pub text: Text,
    /// The list, for kind choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Name>,
}

/// What one question was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct SurveyAnswer {
    /// The question.
    pub question: Key,
    /// The number, or the word of the list.
    pub value: Name,
}

/// What somebody said to a question in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct SurveyComment {
    /// The question.
    pub question: Key,
    /// What was said.
    pub text: Text,
}

plain_fields!(Question, SurveyAnswer, SurveyComment);

event! {
    /// A survey was opened, or its questions were revised.
    1601 "survey.published" v 1 Revises SurveyPublished {
        /// The survey.
        survey: SurveyId,
        /// What is asked.
        questions: Vec<Question>,
        /// The last day for answers.
        closes_on: Option<Date>,
    }
}
event! {
    /// Somebody was asked to answer.
    1602 "survey.invited" v 1 Continues SurveyInvited {
        /// The survey.
        survey: SurveyId,
        /// Who.
        respondent: Recipient,
    }
}
event! {
    /// Somebody answered; the last answer of a respondent to a question counts.
    1603 "survey.answered" v 1 Continues SurveyAnswered {
        /// The survey.
        survey: SurveyId,
        /// Who; absent is nobody in particular.
        respondent: Option<Recipient>,
        /// Numbers, and words of lists.
        answers: Vec<SurveyAnswer>,
        /// What was said in words.
        comments: Option<Personal<Vec<SurveyComment>>>,
    }
}
event! {
    /// A survey takes no more answers.
    1604 "survey.closed" v 1 Continues SurveyClosed {
        /// The survey.
        survey: SurveyId,
    }
}
