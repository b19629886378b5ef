//! What adds to a metric, by whom it counts for. Invariant: every share stands in exactly one
//! group, that of who it counts for and of where that one worked at its moment, so a figure of many
//! looks at groups, and only at the shares of its own.

use hashbrown::HashMap;

use super::{
    flows::Share,
    scopes::{self, Scope},
};
use crate::report::Context;

/// Shares that count for the same one in the same department.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) who: Option<&'a str>,
    /// Whether that is somebody who was hired.
    pub(super) is_employee: bool,
    /// Where that one worked; `None` if nowhere then.
    pub(super) department: Option<&'a str>,
    shares: Vec<Share<'a>>,
}

/// All shares of a metric.
#[derive(Debug)]
pub(super) struct Credited<'a>(Vec<Group<'a>>);

impl<'a> Credited<'a> {
    pub(super) fn of(ctx: &Context<'a>, shares: Vec<Share<'a>>) -> Credited<'a> {
        let staff = ctx.views.staff;
        let (mut groups, mut places): (Vec<Group<'a>>, HashMap<_, usize>) =
            (Vec::new(), HashMap::new());
        for share in shares {
            let who = share.who;
            let employee = who.and_then(|who| staff.ids().find(who));
            let placement = staff.placement(employee, share.at, ctx.lens());
            let department = placement.map(|placement| staff.word(placement.what.department));
            let place = *places.entry((who, department)).or_insert_with(|| {
                let is_employee = who.is_some_and(|who| scopes::is_employee(ctx, who));
                groups.push(Group { who, is_employee, department, shares: Vec::new() });
                groups.len() - 1
            });
            groups[place].shares.push(share);
        }
        Credited(groups)
    }
    /// The shares that count for a scope.
    pub(super) fn of_scope(&self, scope: &Scope<'_>) -> impl Iterator<Item = &Share<'a>> {
        self.0.iter().filter(|group| scope.has(group)).flat_map(|group| &group.shares)
    }
}
