//! Whose figures: an employee, a department with its parts, the company, or nobody. Invariant:
//! membership is that at the event.

use std::collections::BTreeSet;

use sijil_schemas::time::Timestamp;

use super::credited::Group;
use crate::{
    report::{Cell, Context, Value},
    staff::is_part,
};

/// Whose figure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope<'a> {
    Employee(&'a str),
    /// What counts for no employee.
    Nobody,
    Department(&'a str),
    Company,
}

impl Scope<'_> {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Scope::Employee(_) | Scope::Nobody => "employee",
            Scope::Department(_) => "department",
            Scope::Company => "company",
        }
    }
    pub(super) fn cell(&self) -> Cell {
        match self {
            Scope::Employee(id) | Scope::Department(id) => Value::Id((*id).to_owned()).into(),
            Scope::Nobody => Value::Text("no employee".to_owned()).into(),
            Scope::Company => Value::Null.into(),
        }
    }
    /// Whether the parameters ask for it.
    pub(super) fn is_asked(&self, ctx: &Context<'_>) -> bool {
        let by = ctx.arguments.text("by").unwrap_or("all");
        let (employee, department) =
            (ctx.arguments.text("employee"), ctx.arguments.text("department"));
        let named = match self {
            Scope::Employee(id) => employee.map_or(department.is_none(), |asked| asked == *id),
            Scope::Department(id) => department.map_or(employee.is_none(), |asked| asked == *id),
            Scope::Nobody | Scope::Company => employee.is_none() && department.is_none(),
        };
        named && (by == "all" || by == self.kind())
    }
    /// Whether the shares of a group count for it.
    pub(super) fn has(&self, group: &Group<'_>) -> bool {
        match self {
            Scope::Company => true,
            Scope::Employee(id) => group.who == Some(*id),
            Scope::Nobody => !group.is_employee,
            Scope::Department(name) => {
                group.department.is_some_and(|department| is_part(department, name))
            }
        }
    }
}

/// Whether an id is that of somebody who was hired.
pub(super) fn is_employee(ctx: &Context<'_>, id: &str) -> bool {
    let staff = ctx.views.staff;
    staff.placements(staff.ids().find(id)).any(ctx.lens())
}

/// Every employee, nobody, every department with those it is a part of, and the company, as far as
/// they are asked for.
pub(super) fn all<'a>(ctx: &Context<'a>, before: Timestamp) -> Vec<Scope<'a>> {
    let staff = ctx.views.staff;
    let (mut employees, mut departments) = (BTreeSet::new(), BTreeSet::new());
    let placed = staff.placed(ctx.lens());
    for (employee, placement) in placed.filter(|(_, placement)| placement.at < before) {
        employees.insert(staff.ids().name(employee));
        let name = staff.word(placement.what.department);
        let above = name.match_indices('/').map(|(end, _)| &name[..end]);
        departments.extend(above.filter(|part| !part.is_empty()));
        departments.insert(name);
    }
    let employees = employees.into_iter().map(Scope::Employee);
    let departments = departments.into_iter().map(Scope::Department);
    employees
        .chain([Scope::Nobody])
        .chain(departments)
        .chain([Scope::Company])
        .filter(|scope| scope.is_asked(ctx))
        .collect()
}
