//! What the registry says of a report besides its parameters: pictures name columns that are there,
//! and every one of them is meant for some question.

use std::collections::BTreeSet;

use sijil_projections::{
    report::{Picture, When},
    reports,
};
use sijil_schemas::event::FAMILIES;

use super::{
    ALL,
    questions::{Question, Values},
};
use crate::trade::history::Random;

/// Histories that are drawn.
const DRAWN: usize = 4;

fn is_meant(picture: &Picture, question: &Question) -> bool {
    let given = |name: &str| question.parameters.iter().any(|(of, _)| *of == name);
    picture.when.iter().all(|when| match when {
        When::Is(name, values) => {
            question.value(name).is_some_and(|value| values.contains(&value.as_str()))
        }
        When::Given(name) => given(name),
        When::Absent(name) => !given(name),
    })
}

#[test]
fn every_picture_names_columns_that_are_there() {
    let (mut drawn, mut asked) = (BTreeSet::new(), 0);
    for (story, seed) in ALL.iter().take(DRAWN).zip(1..) {
        let mut random = Random::new(seed ^ 0xD3A7);
        let values = Values::of(&story.world.records);
        for report in reports::all() {
            for question in values.questions(report, &mut random) {
                if !report.parameters.is_empty() && !random.one_in(2) {
                    continue;
                }
                let day = (report.needs_as_of || random.one_in(2)).then(|| values.day(&mut random));
                // Some views want a day.
                let dated = || question.ask(&story.world, Some(&values.last_day()), None);
                let table = question.ask(&story.world, day.as_deref(), None).or_else(|_| dated());
                let Ok(table) = table else { continue };
                asked += 1;
                let there: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
                for (n, picture) in report.pictures.iter().enumerate() {
                    if is_meant(picture, &question) {
                        for column in picture.draw.columns() {
                            assert!(
                                there.contains(&column),
                                "{} {:?}: {picture:?} names {column}, there are {there:?}",
                                report.name,
                                question.parameters
                            );
                        }
                        drawn.insert((report.name, n));
                    }
                }
            }
        }
    }
    let all: BTreeSet<_> = reports::all()
        .flat_map(|report| (0..report.pictures.len()).map(|n| (report.name, n)))
        .collect();
    println!("{asked} answers, {} pictures", all.len());
    assert_eq!(drawn, all, "every picture is meant for some question");
}

#[test]
fn every_report_says_what_it_is_for() {
    for report in reports::all() {
        let name = report.name;
        assert!(!report.pictures.is_empty(), "{name} has no picture");
        assert!(report.question.ends_with('?'), "{name}: {}", report.question);
        assert!(!report.draws_on.is_empty(), "{name} draws on nothing");
        for family in report.draws_on {
            assert!(FAMILIES.contains(family), "{name} draws on {family}, which is no family");
        }
    }
}
