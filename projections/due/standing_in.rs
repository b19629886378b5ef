//! Who stands in for whom at the cut. Invariant: it is what [`Staff::acting`] says, and the records
//! that say it.
//!
//! [`Staff::acting`]: crate::staff::Staff::acting

use std::collections::BTreeMap;

use sijil_schemas::{Position, time::Timestamp};

use crate::{Sym, report::Context};

/// Who does the work of an employee, with the records that say so.
type Acting<'a> = (&'a str, Vec<Position>);

/// Who does the work of each of these at the cut: whoever stands in for him, or for that deputy,
/// else the employee himself.
pub(crate) fn acting<'a>(
    ctx: &Context<'a>,
    all: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<&'a str, Acting<'a>> {
    let (staff, lens) = (ctx.views.staff, ctx.lens());
    let at = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let day_end = |day: sijil_schemas::time::Date| day.plus_days(1).start(&ctx.zone);
    let one = |employee: &'a str| {
        let mut said = Vec::new();
        let Some(absent) = staff.ids().find(employee) else { return (employee, said) };
        let mut seen: Vec<Sym<_>> = vec![absent];
        loop {
            let current = seen[seen.len() - 1];
            let terms = staff.terms_of(current, lens, &day_end);
            match terms.into_iter().rfind(|(_, term)| term.holds(at)) {
                Some((_, term)) if !seen.contains(&term.deputy) => {
                    said.push(term.started);
                    seen.push(term.deputy);
                }
                // Two who stand in for each other: the work stays with whom it came to last.
                Some(_) | None => return (staff.ids().name(current), said),
            }
        }
    };
    let mut found = BTreeMap::new();
    for employee in all {
        found.entry(employee).or_insert_with(|| one(employee));
    }
    found
}
