//! What stories ask of a report at two positions (R35): the steps from one to the other. Invariant:
//! only the production functions answer.

use std::collections::BTreeMap;

use sijil_projections::{
    report::{Arguments, Context, RestateLimits, Restating, Shifts, Value},
    reports,
};
use sijil_schemas::Position;

use crate::{history::Rows, world::World};

fn shown(value: &Value) -> String {
    value.shown().unwrap_or_default()
}

/// `restated receivables since=…`: of each row that differs (its key values with a space between),
/// what each record did to each column; last what stands for the others.
pub fn rows(world: &World, name: &str, parameters: &[(&str, &str)]) -> Rows {
    let report = reports::find(name).unwrap_or_else(|| panic!("no report {name}"));
    let (since, rest): (Vec<_>, Vec<_>) =
        parameters.iter().copied().partition(|(name, _)| *name == "since");
    let (cut, rest) = world.cut(&rest);
    let arguments = Arguments::parse(report, rest).expect("parameters");
    let context = Context {
        views: world.views.folds(),
        cut,
        zone: world.views.company.zone(),
        arguments: &arguments,
        explain: false,
    };
    let since = Position::new(since.first().expect("since=").1.parse().expect("a position"));
    let mut walk = Restating::new(report, &context, since, RestateLimits::STANDARD)
        .expect("both answers exist");
    assert!(walk.go_on(&context, u64::MAX));
    let mut all = Rows::new();
    for change in walk.changes() {
        let key = change.key.iter().map(shown).collect::<Vec<_>>().join(" ");
        let mut add = |position: String, moved: &Shifts| {
            for (column, shift) in moved {
                all.push(BTreeMap::from([
                    ("row", key.clone()),
                    ("position", position.clone()),
                    ("column", (*column).to_owned()),
                    ("before", shown(&shift.before)),
                    ("after", shown(&shift.after)),
                    ("difference", shown(&shift.difference)),
                ]));
            }
        };
        change.steps.iter().for_each(|step| add(step.position.to_string(), &step.moved));
        change
            .others
            .iter()
            .for_each(|others| add(format!("others ({})", others.records), &others.moved));
    }
    all
}
