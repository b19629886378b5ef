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
        let mut late = asked.clone();
        late.from = (late.from + 1).min(late.to);
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

/// Where each of these is caught first; the same questions are put to all of them.
fn hunt(tellers: &[&Teller]) -> Vec<Option<String>> {
    let mut found = vec![None; tellers.len()];
    for seed in 1..=HUNTED {
        let (world, mut random) = (world(seed), Random::new(seed ^ 0xB06));
        for asked in questions(&world, seed, &mut random) {
            let short =
                asked.within(sijil_projections::report::RestateLimits { steps: 1, ..asked.limits });
            for (tell, found) in tellers.iter().zip(&mut found) {
                let caught = || [&asked, &short].iter().any(|asked| judge(asked, *tell).is_err());
                if found.is_none() && caught() {
                    *found = Some(format!("history {seed}, {}", asked.question.report.name));
                }
            }
        }
    }
    found
}

#[test]
fn every_bug_planted_in_restatement_is_caught() {
    let sound: &Teller = &tell;
    let bugs = BUGS.iter().map(|(_, bug)| bug as &Teller);
    let found = hunt(&[sound].into_iter().chain(bugs).collect::<Vec<_>>());
    assert_eq!(found[0], None, "a sound restatement is taken for a bug");
    println!("row 12: bugs planted in restatement:");
    let found = || BUGS.iter().map(|(name, _)| name).zip(&found[1..]);
    found().for_each(|(name, by)| println!("    {name}: {}", by.as_deref().unwrap_or("MISSED")));
    let missed: Vec<&str> = found().filter(|(_, by)| by.is_none()).map(|(name, _)| *name).collect();
    assert_eq!(missed, Vec::<&str>::new(), "planted bugs that nobody caught");
}
