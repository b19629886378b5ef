//! Tasks (R32): who did what in time. Invariant: every task of the period is done in time, done
//! late, cancelled or open.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    activity::Task,
    clients::{LinkView, Resolver},
    due::client_of_task,
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
    formula: "tasks due within from and to, as they stand at as_of, each for who has it then; due \
              is the time that was set last, or first; assigned = done + cancelled + open; late = \
              done after they were due; overdue = open and due before as_of; on_time_rate = done \
              in time ÷ (done + overdue), null where nothing was; mean_days = mean of assignment \
              → done, elapsed; the department is the assignee's when the task was given out; the \
              client is the one a task names, else that of what it is about",
    source: "DOMAIN R32",
    edition: 2,
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
            &[When::Is("group", &["assignee", "department", "client"])],
            Draw::Parts { of: Some("group"), parts: &["on_time", "late", "cancelled", "open"] },
        ),
        Picture::when(
            &[When::Is("group", &["all"])],
            Draw::Parts { of: None, parts: &["on_time", "late", "cancelled", "open"] },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "assignee", "department", "client"]),
            required: false,
            default: Some("all"),
            about: "one row in all, or one per employee who has the task, per department of that \
                    employee, or per client",
        },
        Parameter {
            name: "due",
            kind: ParameterKind::Choice(&["last", "first"]),
            required: false,
            default: Some("last"),
            about: "by the time that was set last, or by the one that was set first",
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
    cancelled: Count,
    open: Count,
    overdue: Count,
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
            cancelled: count(),
            open: count(),
            overdue: count(),
            micros: Decimal::ZERO,
        }
    }
    fn add(&mut self, task: &Task, due: Timestamp, now: Timestamp) {
        let given = task.assigned.position;
        self.assigned += given;
        match (task.completed, task.cancelled) {
            (Some(done), _) => {
                self.done += done.position;
                let is_late = done.at > due;
                *(if is_late { &mut self.late } else { &mut self.on_time }) += done.position;
                self.micros += Decimal::from(done.at.micros() - task.assigned.at.micros());
            }
            (None, Some(cancelled)) => self.cancelled += cancelled.position,
            (None, None) => {
                self.open += given;
                if due < now {
                    self.overdue += given;
                }
            }
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
            self.cancelled.shown(),
            self.open.shown(),
            self.overdue.shown(),
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
    for task in activity.tasks(lens) {
        let first = task.assigned.map(|()| task.assignment.due);
        let due = if ctx.arguments.is("due", "first") { first } else { task.due };
        if !within.contains(&due.what) {
            continue;
        }
        let placed = department(ctx, &task).filter(|_| by == "department");
        let group = match by {
            "assignee" => Some(activity.ids().name(task.assignee)),
            "department" => placed.map(|(_, department)| department),
            "client" => {
                client_of_task(ctx, &resolver, &task).map(|client| ctx.views.clients.id(client))
            }
            _ => Some("all"),
        };
        let line = lines.entry(last_if_null(group)).or_insert_with(|| Line::new(ctx));
        line.placed.extend([task.assigned.position, due.position]);
        line.placed.extend(placed.map(|(position, _)| position));
        if let Some(handed) = task.handed.filter(|_| matches!(by, "assignee" | "department")) {
            line.placed.add(handed.position);
        }
        line.add(&task, due.what, now);
    }
    let count = |name| sum(name, ColumnKind::Count);
    let columns: Vec<Column> = vec![
        key("group", ColumnKind::Text),
        count("assigned"),
        count("done"),
        count("on_time"),
        count("late"),
        count("cancelled"),
        count("open"),
        count("overdue"),
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

/// The department in which the one who has a task worked when it was given out, with the record
/// that says so.
fn department<'a>(ctx: &Context<'a>, task: &Task) -> Option<(Position, &'a str)> {
    let staff = ctx.views.staff;
    let placed = staff.placement(Some(task.assignee), task.assigned.at, ctx.lens())?;
    Some((placed.position, staff.word(placed.what.department)))
}
