//! Surveys (R27). Invariant: of each respondent the last answer to a question counts, of nobody in
//! particular every one.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{Position, QuestionKind, id::kind, money::Amount, time::Timestamp};

use crate::{
    EntitySym, Sym,
    clients::{LinkView, Resolver},
    marketing::Asking,
    ratio::Ratio,
    report::{
        Cell, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report,
        ReportError, Sight, Table, Value, When, col, key, share, sum,
    },
    trade::grouping::last_if_null,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "surveys",
    title: "Surveys",
    about: "How many of those who were asked answered, and what they answered: how many recommend \
            the company, how satisfied they are, which words they chose.",
    formula: "response = respondents who were invited and answered ÷ invited; answers of those who \
              were not invited, and of nobody in particular, stand apart. Of each respondent the \
              last answer to a question counts, anonymous ones each. value: of nps the share of \
              9–10 less that of 0–6, of csat the share of 4–5, of choice the share of the option, \
              all in percent; of number the mean, with its median. What is said in words is in no \
              report.",
    source: "DOMAIN R27",
    edition: 1,
    question: "What do our clients say when we ask them, and how many of them answer?",
    draws_on: &["surveys", "clients", "counterparties"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["summary"])],
            Draw::Bars { label: "survey", y: "answered", mark: Some("invited") },
        ),
        Picture::when(
            &[When::Is("view", &["questions"])],
            Draw::Parts { of: Some("question"), parts: &["promoters", "passive", "detractors"] },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["summary", "questions"]),
            required: false,
            default: Some("summary"),
            about: "who answered, or what was answered, question by question",
        },
        Parameter {
            name: "survey",
            kind: ParameterKind::Id(sijil_schemas::id::Kind::Survey),
            required: false,
            default: None,
            about: "only this survey",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "client"]),
            required: false,
            default: Some("all"),
            about: "one row in all, or one per client of the respondent",
        },
    ],
    only: &[],
    run,
});

/// What one respondent answered to a question, or nobody in particular did.
#[derive(Debug, Clone, Copy)]
struct Told<'a> {
    at: Timestamp,
    position: Position,
    respondent: Option<EntitySym>,
    question: &'a str,
    value: &'a str,
}

struct Asked<'c, 'a> {
    ctx: &'c Context<'a>,
    resolver: Resolver<'a>,
    by_client: bool,
}

impl<'a> Asked<'_, 'a> {
    /// The group of a respondent; the records that say it are added.
    fn group(&self, of: Option<EntitySym>, at: Timestamp, said: &mut Grounds) -> Option<&'a str> {
        if !self.by_client {
            return Some("all");
        }
        let of = of?;
        let client = self.resolver.client_of_refs(&[of], at)?;
        if self.ctx.explain && of.typed::<kind::Client>().is_none() {
            self.resolver.because_document(of, said);
        }
        Some(self.ctx.views.clients.id(client))
    }
    /// The last answers to a survey, in order of replay.
    fn told(&self, survey: Sym<kind::Survey>) -> Vec<Told<'a>> {
        let marketing = self.ctx.views.marketing;
        let (mut all, mut known) = (Vec::new(), BTreeSet::new());
        for fact in marketing.answered(Some(survey)).counting(self.ctx.lens()).rev() {
            for answer in marketing.answers(fact.what.answers) {
                let respondent = fact.what.respondent;
                let is_last =
                    respondent.is_none_or(|of| known.insert((of, answer.question.number())));
                if is_last {
                    all.push(Told {
                        at: fact.at,
                        position: fact.position,
                        respondent,
                        question: marketing.word(answer.question),
                        value: marketing.word(answer.value),
                    });
                }
            }
        }
        all.reverse();
        all
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (marketing, lens) = (ctx.views.marketing, ctx.lens());
    let asked = Asked {
        ctx,
        resolver: Resolver::new(ctx.views.clients, lens, LinkView::AtEvent),
        by_client: ctx.arguments.is("group", "client"),
    };
    let ids = marketing.ids();
    let wanted = ctx.arguments.text("survey");
    let plans = marketing.plans();
    let mut surveys: Vec<(&str, Sym<kind::Survey>)> = ids
        .syms::<kind::Survey>()
        .filter(|survey| plans.survey(Some(*survey)).is_some_and(|all| all.last(lens).is_some()))
        .map(|survey| (ids.name(survey), survey))
        .filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name))
        .collect();
    surveys.sort_unstable_by_key(|(name, _)| *name);
    if ctx.arguments.is("view", "questions") {
        Ok(questions(&asked, &surveys))
    } else {
        Ok(summary(&asked, &surveys))
    }
}

fn group_cell(group: Option<&str>, said: Grounds) -> Cell {
    group.map_or(Value::Null, |group| Value::Text(group.to_owned())).because(said)
}

/// Who was asked and who answered.
struct Response {
    placed: Grounds,
    invited: Count,
    answered: Count,
    uninvited: Count,
    anonymous: Count,
}

fn summary(asked: &Asked<'_, '_>, surveys: &[(&str, Sym<kind::Survey>)]) -> Table {
    let count = |name| sum(name, ColumnKind::Count);
    let mut table = Table::new(&[
        key("survey", ColumnKind::Id),
        key("group", ColumnKind::Text),
        count("invited"),
        count("answered"),
        col("response", ColumnKind::Percent),
        count("uninvited"),
        count("anonymous"),
    ]);
    for (name, survey) in surveys {
        for (group, line) in responses(asked, *survey) {
            table.push(vec![
                Value::id(Some(name)).into(),
                group_cell(group, line.placed),
                line.invited.shown(),
                line.answered.shown(),
                share(&line.answered, &line.invited, "invited"),
                line.uninvited.shown(),
                line.anonymous.shown(),
            ]);
        }
    }
    table
}

fn responses<'a>(
    asked: &Asked<'_, 'a>,
    survey: Sym<kind::Survey>,
) -> Vec<(Option<&'a str>, Response)> {
    let (ctx, marketing) = (asked.ctx, asked.ctx.views.marketing);
    let new = || {
        let count = || ctx.count();
        let placed = ctx.grounds();
        Response {
            placed,
            invited: count(),
            answered: count(),
            uninvited: count(),
            anonymous: count(),
        }
    };
    let mut lines: BTreeMap<(bool, &str), Response> = BTreeMap::new();
    if !asked.by_client {
        lines.insert((false, "all"), new());
    }
    let mut answered: BTreeMap<EntitySym, (Timestamp, Position)> = BTreeMap::new();
    let mut placed: Vec<(Option<EntitySym>, Timestamp, Position, Fate)> = Vec::new();
    for fact in marketing.answered(Some(survey)).counting(ctx.lens()) {
        match fact.what.respondent {
            Some(of) => {
                answered.entry(of).or_insert((fact.at, fact.position));
            }
            None => placed.push((None, fact.at, fact.position, Fate::Anonymous)),
        }
    }
    let mut invited = BTreeSet::new();
    for fact in marketing.invited(Some(survey)).counting(ctx.lens()) {
        if invited.insert(fact.what) {
            placed.push((Some(fact.what), fact.at, fact.position, Fate::Invited));
        }
    }
    for (of, (at, position)) in answered {
        let fate = if invited.contains(&of) { Fate::Answered } else { Fate::Uninvited };
        placed.push((Some(of), at, position, fate));
    }
    for (of, at, position, fate) in placed {
        let mut said = ctx.grounds();
        said.add(position);
        let group = asked.group(of, at, &mut said);
        let line = lines.entry(last_if_null(group)).or_insert_with(new);
        line.placed.join(&said);
        *(match fate {
            Fate::Invited => &mut line.invited,
            Fate::Answered => &mut line.answered,
            Fate::Uninvited => &mut line.uninvited,
            Fate::Anonymous => &mut line.anonymous,
        }) += position;
    }
    let named = |((without, name), line)| (if without { None } else { Some(name) }, line);
    lines.into_iter().map(named).collect()
}

/// What a record says of who was asked and who answered.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Invited,
    Answered,
    Uninvited,
    Anonymous,
}

/// What tells rows of questions apart: the group, the question, its kind, and of a choice the
/// option.
type Row<'a> = ((bool, &'a str), String, QuestionKind, Option<String>);

/// Answers to one question.
#[derive(Default)]
struct Answers {
    said: Vec<(String, Position)>,
    placed: Grounds,
}

fn questions(asked: &Asked<'_, '_>, surveys: &[(&str, Sym<kind::Survey>)]) -> Table {
    let count = |name| col(name, ColumnKind::Count);
    let mut table = Table::new(&[
        key("survey", ColumnKind::Id),
        key("group", ColumnKind::Text),
        key("question", ColumnKind::Text),
        key("kind", ColumnKind::Text),
        key("option", ColumnKind::Text),
        count("answers"),
        col("value", ColumnKind::Number),
        col("median", ColumnKind::Number),
        count("promoters"),
        count("passive"),
        count("detractors"),
    ]);
    for (name, survey) in surveys {
        for (((without, group), question, kind, option), answers) in answered(asked, *survey) {
            let group = if without { None } else { Some(group) };
            let mut row = vec![
                Value::id(Some(name)).into(),
                group_cell(group, answers.placed.clone()),
                Value::Text(question).into(),
                Value::Text(kind.name().to_owned()).into(),
                option.clone().map_or(Value::Null, Value::Text).into(),
            ];
            row.extend(figures(asked.ctx, kind, option.as_deref(), &answers));
            table.push(row);
        }
    }
    table
}

/// The answers of a survey, row by row: those of its questions in force that nobody answered, too.
fn answered<'a>(asked: &Asked<'_, 'a>, survey: Sym<kind::Survey>) -> BTreeMap<Row<'a>, Answers> {
    let (plans, lens) = (asked.ctx.views.marketing.plans(), asked.ctx.lens());
    let mut rows: BTreeMap<Row<'a>, Answers> = BTreeMap::new();
    let options = |question: &Asking| -> Vec<Option<String>> {
        match question.kind {
            QuestionKind::Text => Vec::new(),
            QuestionKind::Choice => {
                question.options.iter().map(|of| Some(of.to_string())).collect()
            }
            QuestionKind::Nps | QuestionKind::Csat | QuestionKind::Number => vec![None],
        }
    };
    let new = || Answers { said: Vec::new(), placed: asked.ctx.grounds() };
    let newest = plans.survey(Some(survey)).and_then(|all| all.last(lens));
    for question in newest.iter().flat_map(|newest| &newest.what.questions) {
        for option in options(question).into_iter().filter(|_| !asked.by_client) {
            let key = question.question.to_string();
            rows.insert(((false, "all"), key, question.kind, option), new());
        }
    }
    for told in asked.told(survey) {
        let Some(then) = plans.survey_at(Some(survey), told.at, lens) else { continue };
        let Some(question) = then.what.question(told.question) else { continue };
        let mut said = asked.ctx.grounds();
        said.add(told.position);
        let group = asked.group(told.respondent, told.at, &mut said);
        let group = last_if_null(group);
        for option in options(question) {
            let row = (group, told.question.to_owned(), question.kind, option);
            let answers = rows.entry(row).or_insert_with(new);
            answers.placed.join(&said);
            answers.said.push((told.value.to_owned(), told.position));
        }
    }
    rows
}

/// The figures of one question, or of one option of a choice.
fn figures(
    ctx: &Context<'_>,
    kind: QuestionKind,
    option: Option<&str>,
    answers: &Answers,
) -> Vec<Cell> {
    let number = |text: &str| text.parse::<Amount>().map_or(Decimal::ZERO, Amount::get);
    let counted = |is_it: &dyn Fn(&str) -> bool| {
        let mut count = ctx.count();
        answers.said.iter().filter(|(said, _)| is_it(said)).for_each(|(_, by)| count += *by);
        count
    };
    let between = |least: i64, most: i64| {
        counted(&|said: &str| (Decimal::from(least)..=Decimal::from(most)).contains(&number(said)))
    };
    let all = counted(&|_| true);
    let grounds = || ctx.said_by(answers.said.iter().map(|(_, by)| *by));
    let percent = |above: i64, below: &Count| {
        let below = Decimal::from(below.get() as u64);
        Value::number(Ratio::of(Decimal::from(above) * Decimal::ONE_HUNDRED, below))
            .because(grounds())
    };
    let counts = |count: &Count| i64::try_from(count.get()).unwrap_or(i64::MAX);
    let nothing = || Cell::from(Value::Null);
    match kind {
        QuestionKind::Nps => {
            let (promoters, passive, detractors) = (between(9, 10), between(7, 8), between(0, 6));
            vec![
                all.shown(),
                percent(counts(&promoters) - counts(&detractors), &all),
                nothing(),
                promoters.shown(),
                passive.shown(),
                detractors.shown(),
            ]
        }
        QuestionKind::Csat => {
            let content = counts(&between(4, 5));
            vec![all.shown(), percent(content, &all), nothing(), nothing(), nothing(), nothing()]
        }
        QuestionKind::Number => {
            let mut values: Vec<Decimal> =
                answers.said.iter().map(|(said, _)| number(said)).collect();
            values.sort_unstable();
            let n = values.len();
            let mean = Ratio::of(values.iter().sum(), Decimal::from(n as u64));
            let middle = values
                .get(n.wrapping_sub(1) / 2)
                .zip(values.get(n / 2))
                .and_then(|(low, high)| Ratio::of(*low + *high, Decimal::TWO));
            let [mean, middle] = [mean, middle].map(|of| Value::number(of).because(grounds()));
            vec![all.shown(), mean, middle, nothing(), nothing(), nothing()]
        }
        QuestionKind::Choice | QuestionKind::Text => {
            let chosen = counted(&|said: &str| Some(said) == option);
            let value = percent(counts(&chosen), &all);
            vec![chosen.shown(), value, nothing(), nothing(), nothing(), nothing()]
        }
    }
}
