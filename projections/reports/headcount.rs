//! Headcount (R32): how many there are to be, are, and are away. Invariant: an employee counts from
//! the day of hiring to the day of dismissal, both inclusive, once in each department that theirs
//! is a part of.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, time::Timestamp};

use crate::{
    Sym,
    cut::Dated,
    report::{
        Cell, ColumnKind, Context, Draw, Parameter, ParameterKind, Part, Picture, Report,
        ReportError, Sight, Table, Value, col, key,
    },
    staff::{Headcount, is_part},
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "headcount",
    title: "Headcount",
    about: "How many employees each department is to have on a day, how many it has, and how many \
            of them are away.",
    formula: "plan = that of the newest staff_plan for the department and role whose period holds \
              the day of as_of, null where there is none; actual = employees hired up to that day \
              and not dismissed before it, by their last place, in the department or a part of it; \
              absent = those of them with an absence that holds the day, as known; difference = \
              actual − plan; a row without a role is the whole department",
    source: "DOMAIN R32",
    edition: 1,
    question: "Where do we have too few people, and who is away?",
    draws_on: &["staff"],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Bullet {
        label: "department",
        actual: "actual",
        target: "plan",
        expected: None,
        better: None,
    })],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "department",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only this department, as one row for all of it and one for each role",
        },
        Parameter {
            name: "role",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only this role, of each department",
        },
    ],
    only: &[],
    run,
});

/// Somebody who works for the company on the day.
struct Member<'a> {
    placed: Position,
    department: &'a str,
    role: &'a str,
    away: Option<Position>,
}

/// A department and a role; none of these is the whole department.
type Place<'a> = (&'a str, Option<&'a str>);

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&[
        key("department", ColumnKind::Text),
        key("role", ColumnKind::Text),
        col("plan", ColumnKind::Count),
        col("actual", ColumnKind::Count),
        col("absent", ColumnKind::Count),
        col("difference", ColumnKind::Count),
    ]);
    let (members, plans) = (members(ctx), plans(ctx));
    let (department, role) = (ctx.arguments.text("department"), ctx.arguments.text("role"));
    for place in places(&members, &plans) {
        let is_asked = department.is_none_or(|asked| asked == place.0)
            && role.is_none_or(|asked| place.1 == Some(asked));
        if is_asked {
            table.push(row(ctx, place, &members, plans.get(&place)));
        }
    }
    Ok(table)
}

fn members<'a>(ctx: &Context<'a>) -> Vec<Member<'a>> {
    let (staff, lens, day) = (ctx.views.staff, ctx.lens(), ctx.as_of_day());
    let last = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let member = |employee: Sym<kind::Employee>| {
        let placed = staff.placement(Some(employee), last, lens)?;
        let left = staff.dismissal(Some(employee), lens).map(|left| ctx.day(left.at));
        left.is_none_or(|left| left >= day).then(|| Member {
            placed: placed.position,
            department: staff.word(placed.what.department),
            role: staff.word(placed.what.role),
            away: staff.absence_on(employee, day, lens).map(|absence| absence.position),
        })
    };
    staff.ids().syms().filter_map(member).collect()
}

fn plans<'a>(ctx: &Context<'a>) -> BTreeMap<Place<'a>, Dated<Headcount>> {
    let staff = ctx.views.staff;
    let place =
        |plan: &Headcount| (staff.word(plan.department), plan.role.map(|role| staff.word(role)));
    let all = staff.headcounts(ctx.as_of_day(), ctx.lens());
    all.into_iter().map(|plan| (place(&plan.what), plan)).collect()
}

/// Every department that has somebody or a plan, with those it is a part of, and its roles.
fn places<'a>(
    members: &[Member<'a>],
    plans: &BTreeMap<Place<'a>, Dated<Headcount>>,
) -> BTreeSet<Place<'a>> {
    let mut all: BTreeSet<Place<'a>> = plans.keys().copied().collect();
    all.extend(plans.keys().map(|(department, _)| (*department, None)));
    for member in members {
        let name = member.department;
        let above = name.match_indices('/').map(|(end, _)| &name[..end]);
        for department in above.filter(|part| !part.is_empty()).chain([name]) {
            all.extend([(department, None), (department, Some(member.role))]);
        }
    }
    all
}

fn row(
    ctx: &Context<'_>,
    (department, role): Place<'_>,
    members: &[Member<'_>],
    plan: Option<&Dated<Headcount>>,
) -> Vec<Cell> {
    let (mut actual, mut absent, mut difference) = (ctx.count(), ctx.count(), ctx.sum());
    for member in members {
        if is_part(member.department, department) && role.is_none_or(|role| role == member.role) {
            actual += member.placed;
            difference += Part::of(member.placed, Decimal::ONE);
            if let Some(away) = member.away {
                absent += away;
            }
        }
    }
    let planned = plan.map(|plan| Part::of(plan.position, plan.what.headcount.into()));
    let mut plan = ctx.sum();
    if let Some(planned) = planned {
        plan += planned;
        difference -= planned;
    }
    let count = |amount: Decimal| match planned {
        Some(_) => Value::Count(i64::try_from(amount).unwrap_or(i64::MAX)),
        None => Value::Null,
    };
    vec![
        Value::Text(department.to_owned()).into(),
        role.map_or(Value::Null, |role| Value::Text(role.to_owned())).into(),
        plan.shown(count),
        actual.shown(),
        absent.shown(),
        if planned.is_some() {
            difference.shown(count)
        } else {
            Value::Null.because(ctx.grounds())
        },
    ]
}
