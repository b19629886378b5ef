//! Bugs planted in restatements. Invariant: a bug is caught by the judge alone, which finds nothing
//! wrong without it.

use sijil_projections::report::{Context, ReportError};
use sijil_schemas::Position;

use super::{
    judge::{Asked, Restated, Teller, judge, tell},
    questions, world,
};
use crate::trade::history::Random;

/// Histories a bug may hide in.
const HUNTED: u64 = 18;

type Bug = (&'static str, fn(&Asked<'_>, &Context<'_>) -> Result<Restated, ReportError>);

fn bent(
    asked: &Asked<'_>,
    context: &Context<'_>,
    bend: impl Fn(&mut sijil_projections::report::Change),
) -> Result<Restated, ReportError> {
    let mut told = tell(asked, context)?;
    told.changes.iter_mut().for_each(bend);
    Ok(told)
}

const BUGS: &[Bug] = &[
    ("a void is no step", |asked, context| {
        let voids =
            |position: Position| asked.world.records[position.get() as usize - 1].voids.is_some();
        bent(asked, context, |change| change.steps.retain(|step| !voids(step.position)))
    }),
    ("begins after the first position", |asked, context| {
        let late = Asked { from: (asked.from + 1).min(asked.to), ..asked.clone() };
        tell(&late, context)
    }),
    ("ends before the last position", |asked, context| {
        let mut context = context.clone();
        context.cut.known_at = Position::new(asked.to.saturating_sub(1).max(asked.from));
        tell(asked, &context)
    }),
    ("names the record before", |asked, context| {
        bent(asked, context, |change| {
            change
                .steps
                .iter_mut()
                .for_each(|step| step.position = Position::new(step.position.get() - 1));
        })
    }),
    ("adds up to the row as it would be without the record", |asked, context| {
        bent(asked, context, |change| {
            let last = change.moved.clone();
            for step in &mut change.steps {
                for (name, shift) in &mut step.moved {
                    if let Some(row) = last.get(name) {
                        shift.after = row.after.clone();
                    }
                }
            }
        })
    }),
    ("leaves the others out", |asked, context| bent(asked, context, |change| change.others = None)),
];

fn hunt(tell: &Teller) -> Option<String> {
    for seed in 1..=HUNTED {
        let (world, mut random) = (world(seed), Random::new(seed ^ 0xB06));
        for asked in questions(&world, &mut random) {
            let short =
                asked.within(sijil_projections::report::RestateLimits { steps: 1, ..asked.limits });
            for asked in [asked, short] {
                if judge(&asked, tell).is_err() {
                    return Some(format!("history {seed}, {}", asked.question.report.name));
                }
            }
        }
    }
    None
}

#[test]
fn every_bug_planted_in_restatement_is_caught() {
    assert_eq!(hunt(&tell), None, "a sound restatement is taken for a bug");
    let found: Vec<(&str, Option<String>)> =
        BUGS.iter().map(|(name, bug)| (*name, hunt(bug))).collect();
    println!("row 12: bugs planted in restatement:");
    found
        .iter()
        .for_each(|(name, by)| println!("    {name}: {}", by.as_deref().unwrap_or("MISSED")));
    let missed: Vec<&str> =
        found.iter().filter(|(_, by)| by.is_none()).map(|(name, _)| *name).collect();
    assert_eq!(missed, Vec::<&str>::new(), "planted bugs that nobody caught");
}
