//! Working time (R32). Invariant: what is worked for clients and for none of them is what the
//! employees worked.

use std::collections::BTreeMap;

use sijil_schemas::id::kind;

use crate::{
    Sym,
    activity::Worked,
    clients::{LinkView, Resolver},
    cut::Dated,
    report::parameters::{FROM, TO},
    report::{
        ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report,
        ReportError, Sight, Table, Value, When, key, sum,
    },
    trade::grouping::last_if_null,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "time",
    title: "Working time",
    about: "How many minutes were worked in a period, for which clients, on which tasks and by \
            whom.",
    formula: "sum of the minutes of entries dated within from and to; the client is the one an \
              entry names, else that of its task or of what it is about; what has none stands \
              last, without a name, so that the rows of every grouping come to the same",
    source: "DOMAIN R32",
    edition: 1,
    question: "What did we spend our time on?",
    draws_on: &["tasks", "claims", "deals", "orders", "invoices", "clients", "counterparties"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("group", &["month"])],
            Draw::Columns { x: "group", y: &["minutes"], ghost: None },
        ),
        Picture::when(
            &[When::Is("group", &["client", "task", "employee"])],
            Draw::Bars { label: "group", y: "minutes", mark: None },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["client", "task", "employee", "month"]),
            required: false,
            default: Some("client"),
            about: "one row per client, task, employee or month",
        },
        FROM,
        TO,
    ],
    only: &[],
    run,
});

/// One row in the making.
struct Line {
    placed: Grounds,
    entries: Count,
    minutes: Count,
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (activity, lens) = (ctx.views.activity, ctx.lens());
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let mut lines: BTreeMap<(bool, String), Line> = BTreeMap::new();
    for (entry, worked) in activity.worked_within(lens, ctx.interval()?) {
        let group = group(ctx, &resolver, entry, &worked);
        let (without, name) = last_if_null(group.as_deref());
        let line = lines.entry((without, name.to_owned())).or_insert_with(|| Line {
            placed: ctx.grounds(),
            entries: ctx.count(),
            minutes: ctx.count(),
        });
        line.placed.add(worked.position);
        if ctx.arguments.is("group", "client") && worked.what.client.is_none() {
            resolver.because_document(entry.into(), &mut line.placed);
        }
        line.entries += worked.position;
        line.minutes.add(worked.position, worked.what.minutes.into());
    }
    let mut table = Table::new(&[
        key("group", ColumnKind::Text),
        sum("entries", ColumnKind::Count),
        sum("minutes", ColumnKind::Count),
    ]);
    for ((without, group), line) in lines {
        let group = if without { Value::Null } else { Value::Text(group) };
        table.push(vec![group.because(line.placed), line.entries.shown(), line.minutes.shown()]);
    }
    Ok(table)
}

fn group(
    ctx: &Context<'_>,
    resolver: &Resolver<'_>,
    entry: Sym<kind::TimeEntry>,
    worked: &Dated<Worked>,
) -> Option<String> {
    let ids = ctx.views.activity.ids();
    match ctx.arguments.text("group") {
        Some("task") => worked.what.task.map(|task| ids.name(task).to_owned()),
        Some("employee") => Some(ids.name(worked.what.employee).to_owned()),
        Some("month") => Some(ctx.day(worked.at).to_string()[..7].to_owned()),
        _ => resolver
            .client_of_opened(entry.into())
            .map(|client| ctx.views.clients.id(client).to_owned()),
    }
}
