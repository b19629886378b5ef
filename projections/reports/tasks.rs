//! Tasks (R32): who did what in time. Invariant: every task of the period is done in time, done
//! late, overdue, or open and not due.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    activity::Task,
    clients::{LinkView, Resolver},
    ratio::Ratio,
    report::parameters::{FROM, TO},
    report::{
        Cell, Column, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture,
        Report, ReportError, Sight, Table, Value, When, col, key, share, sum,
    },
    trade::grouping::last_if_null,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "tasks",
    title: "Tasks",
    about: "What was given to whom and due in a period, what of it was done in time, and how long \
            it took.",
    formula: "tasks due within from and to, as they stand at as_of; late = done after they were \
              due; overdue = not done and due before as_of; on_time_rate = done in time ÷ (done + \
              overdue), null where nothing was; mean_days = mean of assignment → done, elapsed; \
              the client is the one a task names, else that of what it is about",
    source: "DOMAIN R32",
    edition: 1,
    question: "Who does what in time, and what is overdue?",
    draws_on: &[
        "tasks",
        "staff",
        "claims",
        "deals",
        "orders",
        "invoices",
        "clients",
        "counterparties",
    ],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("group", &["assignee", "client"])],
            Draw::Parts { of: Some("group"), parts: &["on_time", "late", "overdue", "pending"] },
        ),
        Picture::when(
            &[When::Is("group", &["all"])],
            Draw::Parts { of: None, parts: &["on_time", "late", "overdue", "pending"] },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "assignee", "client"]),
            required: false,
            default: Some("all"),
            about: "one row in all, or one per employee who has the task, or per client",
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
    assigned: Count,
    done: Count,
    on_time: Count,
    late: Count,
    overdue: Count,
    pending: Count,
    micros: Decimal,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let count = || ctx.count();
        Line {
            placed: ctx.grounds(),
            assigned: count(),
            done: count(),
            on_time: count(),
            late: count(),
            overdue: count(),
            pending: count(),
            micros: Decimal::ZERO,
        }
    }
    fn add(&mut self, task: &Task, now: Timestamp) {
        let given = task.assigned.position;
        self.assigned += given;
        match task.completed {
            Some(done) => {
                self.done += done.position;
                let is_late = done.at > task.assignment.due;
                *(if is_late { &mut self.late } else { &mut self.on_time }) += done.position;
                self.micros += Decimal::from(done.at.micros() - task.assigned.at.micros());
            }
            None if task.is_overdue(now) => self.overdue += given,
            None => self.pending += given,
        }
    }
    fn cells(&self, ctx: &Context<'_>) -> Vec<Cell> {
        let mut judged = self.done.clone();
        judged += &self.overdue;
        let done = Decimal::from(self.done.get() as u64);
        let mean = Ratio::of(self.micros, done * Decimal::from(DAY));
        let positions: Vec<Position> =
            crate::report::Number::parts(&self.done).positions().collect();
        vec![
            self.assigned.shown(),
            self.done.shown(),
            self.on_time.shown(),
            self.late.shown(),
            self.overdue.shown(),
            self.pending.shown(),
            share(&self.on_time, &judged, "done, and overdue"),
            Value::number(mean).because(ctx.said_by(positions)),
        ]
    }
}

/// One day, in microseconds.
const DAY: i64 = 24 * super::response_time::HOUR;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (activity, lens, within) = (ctx.views.activity, ctx.lens(), ctx.interval()?);
    let now = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let mut lines: BTreeMap<(bool, &str), Line> = BTreeMap::new();
    let by = ctx.arguments.text("group").unwrap_or("all");
    if by == "all" {
        lines.insert((false, "all"), Line::new(ctx));
    }
    for task in activity.tasks(lens).filter(|task| within.contains(&task.assignment.due)) {
        let group = match by {
            "assignee" => Some(activity.ids().name(task.assignee)),
            "client" => client_of(ctx, &resolver, &task),
            _ => Some("all"),
        };
        let line = lines.entry(last_if_null(group)).or_insert_with(|| Line::new(ctx));
        line.placed.add(task.assigned.position);
        if let Some(handed) = task.handed.filter(|_| by == "assignee") {
            line.placed.add(handed.position);
        }
        line.add(&task, now);
    }
    let count = |name| sum(name, ColumnKind::Count);
    let columns: Vec<Column> = vec![
        key("group", ColumnKind::Text),
        count("assigned"),
        count("done"),
        count("on_time"),
        count("late"),
        count("overdue"),
        count("pending"),
        col("on_time_rate", ColumnKind::Percent),
        col("mean_days", ColumnKind::Number),
    ];
    let mut table = Table::new(&columns);
    for ((without, group), line) in lines {
        let group = if without { Value::Null } else { Value::Text(group.to_owned()) };
        let mut row = vec![group.because(line.placed.clone())];
        row.extend(line.cells(ctx));
        table.push(row);
    }
    Ok(table)
}

/// The client of a task: the one it names, else that of what it is about when it was assigned.
fn client_of<'a>(ctx: &Context<'a>, resolver: &Resolver<'a>, task: &Task) -> Option<&'a str> {
    let (activity, assignment) = (ctx.views.activity, task.assignment);
    let client = match assignment.client {
        Some(client) => Some(resolver.merged(client)),
        None => {
            let refs: Vec<_> = activity.refs(assignment.refs).collect();
            resolver.client_of_refs(&refs, task.assigned.at)
        }
    };
    client.map(|client| ctx.views.clients.id(client))
}
