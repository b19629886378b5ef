//! Each obligation with its verdict. Invariant: the rows are exactly what the rates are counted from.

use sijil_schemas::time::Timestamp;

use super::{Asked, What};
use crate::{
    deals::{Grouping, Verdict, group_columns},
    report::{Cell, ColumnKind, Table, Value, col, key},
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

pub(super) fn table(grouping: &Grouping<'_>, mut all: Vec<Asked<'_>>) -> Table {
    let entered = |asked: &Asked<'_>| match &asked.what {
        What::Obligation(obligation) => obligation.visit.entered,
        What::Skipped(skipped) => skipped.moment,
    };
    all.sort_by(|a, b| {
        let order = |asked: &Asked<'_>| (entered(asked).at, asked.deal.to_owned(), entered(asked).position, asked.duty.requirement.clone());
        a.group.cmp(&b.group).then_with(|| order(a).cmp(&order(b)))
    });
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
    let mut table = Table::new(&group_columns(grouping, &columns));
    for asked in all {
        let (number, due, fulfilled, left, verdict) = match &asked.what {
            What::Obligation(o) => {
                let left = o.visit.left.map(|(moment, _)| moment.at);
                (Value::count(o.visit.number as usize), Some(o.due), o.fulfilled.map(|m| m.at), left, word(o.verdict))
            }
            What::Skipped(_) => (Value::Null, None, None, None, "skipped"),
        };
        let mut row = asked.group.cells();
        row.extend([Value::Id(asked.deal.to_owned()), Value::Id(asked.regulation.to_owned())].map(Cell::from));
        row.extend([Value::Text(asked.duty.requirement.to_string()), Value::Text(asked.duty.stage.to_string()), number].map(Cell::from));
        let times = [Some(entered(&asked).at), due, fulfilled, left].map(time);
        let rest = [Value::Text(verdict.to_owned()), Value::Id(asked.owner.to_string())];
        row.extend(times.into_iter().chain(rest).map(|value| value.because(asked.why.clone())));
        table.push(row);
    }
    table
}
