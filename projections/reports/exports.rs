//! What was taken out of the ledger. Invariant: every export that began has one row, ended or not.

use crate::report::{
    ColumnKind, Context, Draw, Picture, Report, ReportError, Sight, Table, Value, col, key,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "exports",
    title: "Exports",
    about: "What was taken out in bulk, by whom, with values about persons or without, and did all \
            of it leave?",
    formula: "one row per export that began up to as_of: rows, bytes and whole as its end says, \
              and nothing of what never ended; times are those of recording",
    source: "TRUST 2.7",
    edition: 1,
    question: "Who took what out of the ledger, and when?",
    draws_on: &["access"],
    sight: Sight::Whole,
    pictures: &[Picture::always(Draw::Lanes { lane: "by", from: "begun", to: Some("ended") })],
    needs_as_of: false,
    parameters: &[],
    only: &[],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&[
        key("export", ColumnKind::Id),
        col("by", ColumnKind::Text),
        col("what", ColumnKind::Text),
        col("purpose", ColumnKind::Text),
        col("personal", ColumnKind::Text),
        col("begun", ColumnKind::Time),
        col("ended", ColumnKind::Time),
        col("rows", ColumnKind::Count),
        col("bytes", ColumnKind::Count),
        col("whole", ColumnKind::Text),
    ]);
    let (access, lens) = (ctx.views.access, ctx.lens());
    for id in access.exports(lens) {
        let Some(export) = access.export(id, lens) else { continue };
        let began = |value: Value| value.because(ctx.said_by([export.begun]));
        let ended = |value: Option<Value>| {
            let end = export.ended.map(|end| end.position);
            value.unwrap_or(Value::Null).because(ctx.said_by(end))
        };
        let (end, word) = (export.ended, |word: &str| Value::Text(word.to_owned()));
        let count = |n: u64| Value::Count(i64::try_from(n).unwrap_or(i64::MAX));
        let yes = |is: bool| word(if is { "yes" } else { "no" });
        table.push(vec![
            began(Value::Id(id.to_owned())),
            began(word(export.by)),
            began(word(export.what.name())),
            began(word(export.purpose.name())),
            began(yes(export.personal)),
            began(Value::Time(export.at)),
            ended(end.map(|end| Value::Time(end.at))),
            ended(end.map(|end| count(end.rows))),
            ended(end.map(|end| count(end.bytes))),
            ended(end.map(|end| yes(end.whole))),
        ]);
    }
    Ok(table)
}
