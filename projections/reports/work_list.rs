//! What somebody has to do (R46). Invariant: the rows are what [`due`](crate::due) says, of the
//! employee and of those he stands in for.

use sijil_schemas::id::Kind;

use super::response_time::hours;
use crate::{
    due::{Due, DueKind, When as By, acting, due},
    report::{
        Cell, ColumnKind, Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError,
        Sight, Table, Value, col, key,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "work_list",
    title: "Work list",
    about: "What an employee has to do: what is overdue, and what is due within some days, of his \
            own and of those he stands in for.",
    formula: "tasks neither done nor cancelled, interactions planned that did not take place, what \
              regulations ask of open deals, claims nobody answered within sla_h, reminders, \
              agreements and contracts of own clients and own quotes by their last day, open deals \
              past the day they were expected to close, invoices of own clients of which something \
              is overdue; \
              overdue = its time is over at as_of, due = it is within days after the day of as_of; \
              days = day of as_of − day it is due, in the company's time zone; for = whose it is, \
              where the employee stands in; a contract that has ended and a quote that has expired \
              are not listed",
    source: "DOMAIN R46",
    edition: 2,
    question: "What do I have to do, and what is late?",
    draws_on: &[
        "tasks",
        "interactions",
        "deals",
        "claims",
        "clients",
        "counterparties",
        "invoices",
        "orders",
        "staff",
    ],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Lanes { lane: "kind", from: "due", to: None })],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "employee",
            kind: ParameterKind::Id(Kind::Employee),
            required: true,
            default: None,
            about: "whose work",
        },
        Parameter {
            name: "days",
            kind: ParameterKind::Count,
            required: false,
            default: Some("7"),
            about: "how many days ahead",
        },
        Parameter {
            name: "sla_h",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("24"),
            about: "in how many hours a claim should be answered",
        },
        Parameter {
            name: "kinds",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only these, by commas: task, interaction, obligation, claim, reminder, \
                    agreement, quote, contract, deal, invoice",
        },
    ],
    only: &[],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (sla, kinds) = (hours(ctx, "sla_h")?, DueKind::asked(ctx)?);
    let days = i32::try_from(ctx.arguments.count("days")?.unwrap_or(7)).unwrap_or(i32::MAX);
    let (today, employee) = (ctx.as_of_day(), ctx.arguments.text("employee").unwrap_or_default());
    let last = today.days().saturating_add(days);
    let all = due(ctx, |kind| kinds.contains(&kind), sla)?;
    let acting = acting(ctx, all.iter().filter_map(|due| due.owner));
    let mut own: Vec<_> = all
        .into_iter()
        .filter(|due| due.is_overdue(ctx) || due.day(ctx).days() <= last)
        .filter(|due| {
            due.owner.is_some_and(|owner| owner == employee || acting[owner].0 == employee)
        })
        .collect();
    own.sort_by_key(|due| (due.day(ctx), due.when, due.kind, due.reference(), due.part.clone()));
    let mut table = Table::new(&[
        key("kind", ColumnKind::Text),
        key("ref", ColumnKind::Text),
        key("part", ColumnKind::Text),
        col("due", ColumnKind::Date),
        col("at", ColumnKind::Time),
        col("client", ColumnKind::Id),
        col("for", ColumnKind::Id),
        col("state", ColumnKind::Text),
        col("days", ColumnKind::Count),
    ]);
    for due in own {
        let stands_in = due.owner.filter(|owner| *owner != employee);
        let terms = stands_in.map_or(&[][..], |owner| &acting[owner].1);
        let whose = Value::id(stands_in)
            .because(ctx.said_by(due.owner_said.into_iter().chain(terms.iter().copied())));
        table.push(row(ctx, &due, whose));
    }
    Ok(table)
}

fn row(ctx: &Context<'_>, due: &Due<'_>, whose: Cell) -> Vec<Cell> {
    let said = || ctx.said_by(due.said.iter().copied());
    let text = |text: Option<String>| text.map_or(Value::Null, Value::Text);
    let at = match due.when {
        By::Moment(at) => Value::Time(at),
        By::Day(_) => Value::Null,
    };
    let mut clients = ctx.said_by(due.said.iter().copied());
    if ctx.explain {
        due.because_of_client(ctx, &mut clients);
    }
    let client = due.client.map(|client| ctx.views.clients.id(client));
    let state = if due.is_overdue(ctx) { "overdue" } else { "due" };
    let days = i64::from(ctx.as_of_day().days()) - i64::from(due.day(ctx).days());
    vec![
        text(Some(due.kind.word().to_owned())).because(said()),
        text(Some(due.reference())).because(said()),
        text(due.part.clone()).because(said()),
        Value::Date(due.day(ctx)).because(said()),
        at.because(said()),
        Value::id(client).because(clients),
        whose,
        text(Some(state.to_owned())).because(said()),
        Value::Count(days).because(said()),
    ]
}
