//! Each obligation with its verdict. Invariant: the rows are exactly what the rates are counted
//! from.

use sijil_schemas::{Position, time::Timestamp};

use super::{Asked, What};
use crate::{
    deals::{Grouping, Moment, Verdict, group_columns},
    report::{Cell, Column, ColumnKind, Context, Table, Value, col, key},
};

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::OnTime => "on time",
        Verdict::Late => "late",
        Verdict::Missed => "missed",
        Verdict::Pending => "pending",
        Verdict::Waived => "waived",
    }
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, Value::Time)
}

/// The columns of an obligation beside those of its group.
fn own_columns() -> Vec<Column> {
    let keys = [
        ("deal", ColumnKind::Id),
        ("regulation", ColumnKind::Id),
        ("requirement", ColumnKind::Text),
        ("stage", ColumnKind::Text),
        ("visit", ColumnKind::Count),
    ];
    let mut columns: Vec<_> = keys.map(|(name, kind)| key(name, kind)).into();
    columns.extend(["entered", "due", "fulfilled", "left"].map(|name| col(name, ColumnKind::Time)));
    columns.extend([col("verdict", ColumnKind::Text), col("owner", ColumnKind::Id)]);
    columns
}

/// When the visit began that was asked something, or the stage was passed by.
const fn entered(asked: &Asked<'_>) -> Moment {
    match &asked.what {
        What::Obligation(obligation) => obligation.visit.entered,
        What::Skipped(skipped) => skipped.moment,
    }
}

/// The place of a row within its group.
fn order<'a>(asked: &Asked<'a>) -> (Timestamp, &'a str, Position, &'a str) {
    (entered(asked).at, asked.deal, entered(asked).position, asked.requirement)
}

pub(super) fn table(ctx: &Context<'_>, grouping: &Grouping<'_>, mut all: Vec<Asked<'_>>) -> Table {
    all.sort_by(|a, b| (&a.group, order(a)).cmp(&(&b.group, order(b))));
    let mut table = Table::new(&group_columns(grouping, &own_columns()));
    for asked in all {
        let begun = entered(&asked);
        let (number, due, fulfilled, left, verdict, said) = match &asked.what {
            What::Obligation(o) => {
                let left = o.visit.left.map(|(moment, _)| moment);
                // What was met or waived is judged by that, what was not by how the visit ended.
                let judged = o.fulfilled.or(o.waived).or(left).unwrap_or(begun);
                (
                    Value::count(o.visit.number as usize),
                    Some(o.due),
                    o.fulfilled,
                    left,
                    word(o.verdict),
                    judged,
                )
            }
            What::Skipped(_) => (Value::Null, None, None, None, "skipped", begun),
        };
        let at = |moment: Option<Moment>| {
            time(moment.map(|m| m.at)).because(ctx.said_by(moment.map(|m| m.position)))
        };
        let mut row = asked.group.cells(&asked.placed);
        row.extend(
            [Value::Id(asked.deal.to_owned()), Value::Id(asked.regulation.to_owned())]
                .map(Cell::from),
        );
        row.extend(
            [
                Value::Text(asked.requirement.to_owned()),
                Value::Text(asked.stage.to_owned()),
                number,
            ]
            .map(Cell::from),
        );
        let (owner, revision) = (asked.owner, asked.what.revision().position);
        row.extend([
            at(Some(begun)),
            time(due).because(ctx.said_by([begun.position, revision])),
            at(fulfilled),
            at(left),
        ]);
        row.push(
            Value::Text(verdict.to_owned()).because(ctx.said_by([begun.position, said.position])),
        );
        row.push(Value::Id(owner.1.to_string()).because(ctx.said_by([owner.0])));
        table.push(row);
    }
    table
}
