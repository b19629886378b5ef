//! No parameter is ignored. Invariant: beside every value of every choice of its report, a
//! parameter changes an answer of some history, or is refused by name.

use std::collections::BTreeSet;

use sijil_projections::{
    report::{Parameter, ParameterKind, Report, ReportError},
    reports,
};

use super::{
    ALL,
    questions::{Question, Values},
};
use crate::trade::history::Random;

/// How often each history is asked before a parameter is said to do nothing.
const ROUNDS: u64 = 4;

/// What giving a parameter did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// The answer became another one.
    Changed,
    /// It was refused, since it means nothing there.
    Refused,
    /// Nothing: the same answer.
    Nothing,
}

/// The values of a choice; those of other kinds are not tried one by one.
fn choices(parameter: &Parameter) -> Vec<&'static str> {
    match parameter.kind {
        ParameterKind::Choice(all) => all.to_vec(),
        ParameterKind::Flag => vec!["true", "false"],
        _ => Vec::new(),
    }
}

/// What happens if a parameter is given beside what is asked already.
fn effect(
    story: &super::story::Story,
    question: &Question,
    without: &str,
    day: Option<&str>,
) -> Effect {
    let ask = |question: &Question| question.ask(&story.world, day, None);
    match (ask(question), ask(&question.without(without))) {
        (Err(ReportError::UnusedParameter { .. }), _) => Effect::Refused,
        (Ok(with), Ok(plain)) if with == plain => Effect::Nothing,
        (Ok(_), Ok(_)) => Effect::Changed,
        // Refused for another reason, or asked for what must be given: it was looked at.
        (with, plain) if with == plain => Effect::Nothing,
        _ => Effect::Changed,
    }
}

/// Whether a parameter does anything beside a value of a choice, in any history and by any of its
/// values.
fn does_something(
    report: &'static Report,
    beside: Option<(&'static str, &'static str)>,
    parameter: &'static Parameter,
) -> Result<(), Vec<String>> {
    let mut idle: BTreeSet<String> = BTreeSet::new();
    // What matters seldom is looked for longer.
    let rounds = (0..ROUNDS).flat_map(|round| ALL.iter().rev().zip(1..).map(move |of| (round, of)));
    for (round, (story, seed)) in rounds {
        let mut random = Random::new(seed ^ 0x0DD ^ round << 32);
        let values = Values::of(&story.world.records);
        for value in values.values(parameter.name, parameter.kind, &mut random) {
            let fixed = beside.map(|(name, value)| (name, value.to_owned()));
            let mut given: Vec<(&'static str, String)> =
                fixed.into_iter().chain([(parameter.name, value.clone())]).collect();
            // What must be given takes in all of the history, so that whatever can make a
            // difference does.
            let whole = seed % 2 == 0;
            // A period that may be given is, now and then.
            let must = |name: &str| {
                whole
                    && name != parameter.name
                    && report
                        .parameters
                        .iter()
                        .any(|of| (of.required || seed % 4 == 0) && of.name == name)
            };
            let ends = [("from", values.first_day()), ("to", values.last_day())];
            given.extend(ends.into_iter().filter(|(name, _)| must(name)));
            let question = values.complete(report, given, &mut random);
            let day = report
                .needs_as_of
                .then(|| if whole { values.last_day() } else { values.day(&mut random) });
            match effect(story, &question, parameter.name, day.as_deref()) {
                Effect::Changed | Effect::Refused => return Ok(()),
                Effect::Nothing => idle.insert(value),
            };
        }
    }
    Err(idle.into_iter().collect())
}

#[test]
fn no_parameter_is_ignored() {
    let (mut tried, mut ignored) = (0, Vec::new());
    for report in reports::all() {
        for parameter in report.parameters.iter().filter(|parameter| !parameter.required) {
            let others = report.parameters.iter().filter(|other| other.name != parameter.name);
            let beside = others.flat_map(|other| {
                choices(other).into_iter().map(|value| Some((other.name, value)))
            });
            for beside in beside.chain([None]) {
                tried += 1;
                if let Err(values) = does_something(report, beside, parameter) {
                    ignored.push(format!(
                        "{} {beside:?}: {} does nothing with any of {values:?}",
                        report.name, parameter.name
                    ));
                }
            }
        }
    }
    println!("1.5: {tried} parameters beside values of choices, each used or refused");
    assert!(ignored.is_empty(), "{} ignored\n{}", ignored.len(), ignored.join("\n"));
}
