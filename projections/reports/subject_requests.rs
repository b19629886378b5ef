//! What persons asked about the values that are theirs. Invariant: a request is open, overdue,
//! answered or answered late, and nothing else.

use sijil_schemas::time::Date;

use crate::{
    access::RequestState,
    report::{
        ColumnKind, Context, Draw, Picture, Report, ReportError, Sight, Table, Value, col, key,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "subject_requests",
    title: "Requests of persons",
    about: "What did persons ask about the values that are theirs, and which requests are overdue?",
    formula: "one row per request received up to as_of; overdue: not answered, and as_of after \
              due_on; late: answered after due_on; days over: whole days from due_on to the \
              answer, else to as_of, 0 if none; times are those of recording",
    source: "TRUST 4.3",
    edition: 1,
    question: "Which requests of persons are open, and which are overdue?",
    draws_on: &["access"],
    sight: Sight::Whole,
    pictures: &[Picture::always(Draw::Lanes {
        lane: "subject",
        from: "received",
        to: Some("answered"),
    })],
    needs_as_of: true,
    parameters: &[],
    only: &[],
    run,
});

/// How a request stands on a day, and how many days over it is or was.
fn standing(
    request: &RequestState<'_>,
    answered: Option<Date>,
    today: Date,
) -> (&'static str, i64) {
    let over = i64::from(answered.unwrap_or(today).days()) - i64::from(request.due_on.days());
    let standing = match (answered, over > 0) {
        (Some(_), false) => "answered",
        (Some(_), true) => "late",
        (None, false) => "open",
        (None, true) => "overdue",
    };
    (standing, over.max(0))
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&[
        key("request", ColumnKind::Id),
        col("kind", ColumnKind::Text),
        col("subject", ColumnKind::Text),
        col("received", ColumnKind::Time),
        col("due_on", ColumnKind::Date),
        col("answered", ColumnKind::Time),
        col("outcome", ColumnKind::Text),
        col("standing", ColumnKind::Text),
        col("days_over", ColumnKind::Count),
    ]);
    let (access, lens) = (ctx.views.access, ctx.lens());
    for id in access.requests(lens) {
        let Some(request) = access.request(id, lens) else { continue };
        let answer = request.answered;
        let on = answer.map(|(_, at, _)| ctx.day(at));
        let (standing, over) = standing(&request, on, ctx.as_of_day());
        let answered_by = answer.map(|(_, _, position)| position);
        let received = |value: Value| value.because(ctx.said_by([request.received]));
        let answered =
            |value: Option<Value>| value.unwrap_or(Value::Null).because(ctx.said_by(answered_by));
        let both = |value: Value| {
            value.because(ctx.said_by([request.received].into_iter().chain(answered_by)))
        };
        table.push(vec![
            received(Value::Id(id.to_owned())),
            received(Value::Text(request.kind.name().to_owned())),
            received(Value::Text(request.subject.to_string())),
            received(Value::Time(request.at)),
            received(Value::Date(request.due_on)),
            answered(answer.map(|(_, at, _)| Value::Time(at))),
            answered(answer.map(|(outcome, _, _)| Value::Text(outcome.name().to_owned()))),
            both(Value::Text(standing.to_owned())),
            both(Value::Count(over)),
        ]);
    }
    Ok(table)
}
