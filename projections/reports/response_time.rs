//! R9, response time. Invariant: every word of a client that waited is answered within X, answered later, overdue, or pending.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use sijil_schemas::{Channel, time::Timestamp};

use crate::{
    activity::{Waiting, threads},
    cut::Lens,
    ratio::Ratio,
    report::{
        ColumnKind::{Count, Number, Percent, Text},
        Context, Parameter, ParameterKind, Report, ReportError, Table, Value, Why, col, key,
    },
    views::Folds,
};

/// One hour, in microseconds.
pub(crate) const HOUR: i64 = 3_600 * 1_000_000;
/// One minute, in microseconds.
const MINUTE: i64 = 60 * 1_000_000;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "response_time",
    title: "Response time",
    about: "How soon do clients get an answer?",
    formula: "per thread (claim, else client) from the first unanswered incoming interaction to the first outgoing one after it; within X = answered ≤ X ÷ (answered + \
              unanswered older than X); younger unanswered are pending",
    source: "R9",
    edition: 1,
    needs_as_of: false,
    parameters: &[
        Parameter { name: "from", kind: ParameterKind::Date, required: false, default: None, about: "the first day on which the client spoke" },
        Parameter { name: "to", kind: ParameterKind::Date, required: false, default: None, about: "the last day on which the client spoke" },
        Parameter { name: "within_h", kind: ParameterKind::Decimal, required: false, default: Some("24"), about: "X, in hours" },
        Parameter {
            name: "by",
            kind: ParameterKind::Choice(&["all", "employee", "channel", "client"]),
            required: false,
            default: Some("all"),
            about: "one row in all, or one per employee (who answered, else the client's owner when the answer fell due), channel or client",
        },
    ],
    only: &[],
    run,
});

/// How a word of a client fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Answered,
    Overdue,
    Pending,
}

/// A word of a client, judged.
pub(crate) struct Response<'a> {
    pub(crate) waiting: Waiting<'a>,
    pub(crate) fate: Fate,
    /// Up to the answer, or to the cut.
    pub(crate) micros: i64,
    /// Who answered, or should have.
    pub(crate) who: Option<&'a str>,
    pub(crate) why: Why,
}

/// Every word of a client in an interval, judged by X (in microseconds), in replay order.
pub(crate) fn responses<'a>(views: Folds<'a>, lens: Lens<'a>, within: &std::ops::Range<Timestamp>, most: i64, why: &Why) -> Vec<Response<'a>> {
    let zone = views.company.zone();
    let day_end = move |day: sijil_schemas::time::Date| day.plus_days(1).start(&zone);
    let now = Timestamp::from_micros(lens.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let judge = |waiting: Waiting<'a>| {
        let micros = waiting.micros(now);
        let mut why = why.clone();
        why.add(waiting.asked.position);
        let (fate, who) = match waiting.answer {
            Some(answer) => {
                why.add(answer.position);
                (Fate::Answered, Some(views.staff.acting(answer.what.actor.as_str(), answer.at, lens, &day_end)))
            }
            None => {
                let due = Timestamp::from_micros(waiting.asked.at.micros().saturating_add(most)).unwrap_or(Timestamp::END).min(now);
                let owner = waiting.client.and_then(|client| views.clients.owner_fact(client, lens.until(due)));
                if let Some((position, _)) = owner {
                    why.add(position);
                }
                (if micros > most { Fate::Overdue } else { Fate::Pending }, owner.and_then(|(_, owner)| owner))
            }
        };
        Response { waiting, fate, micros, who, why }
    };
    threads(views, lens).into_iter().filter(|waiting| within.contains(&waiting.asked.at)).map(judge).collect()
}

/// The middle value of spans in microseconds, the mean of the two middle ones if their number is even, in a unit of so many microseconds.
pub(crate) fn median(mut micros: Vec<i64>, unit: i64) -> Option<Ratio> {
    micros.sort_unstable();
    let n = micros.len();
    let sum = Decimal::from(*micros.get(n.wrapping_sub(1) / 2)?) + Decimal::from(*micros.get(n / 2)?);
    Ratio::of(sum, Decimal::from(unit) * Decimal::TWO)
}

#[derive(Default)]
struct Group {
    answered: Vec<i64>,
    within: usize,
    overdue: usize,
    pending: usize,
    why: Why,
}

const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Meeting => "meeting",
        Channel::Call => "call",
        Channel::Sms => "sms",
        Channel::Email => "email",
        Channel::Chat => "chat",
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let hours = ctx.arguments.decimal("within_h")?.unwrap_or_default();
    if hours.is_sign_negative() {
        return Err(ReportError::InvalidParameter { name: "within_h".into(), expected: "hours from 0 up".into(), got: hours.to_string() });
    }
    let most = (hours * Decimal::from(HOUR)).trunc().to_i64().unwrap_or(i64::MAX);
    let by = ctx.arguments.text("by").unwrap_or("all");
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    if by == "all" {
        groups.insert("all".to_owned(), Group { why: ctx.why(), ..Group::default() });
    }
    for response in responses(ctx.views, ctx.lens(), &ctx.interval()?, most, &ctx.why()) {
        let name = match by {
            "employee" => response.who.unwrap_or("no owner"),
            "channel" => channel_name(response.waiting.asked.what.channel),
            "client" => response.waiting.client.map_or("no client", |client| ctx.views.clients.id(client)),
            _ => "all",
        };
        let group = groups.entry(name.to_owned()).or_insert_with(|| Group { why: ctx.why(), ..Group::default() });
        group.why.join(&response.why);
        match response.fate {
            Fate::Answered => {
                group.within += usize::from(response.micros <= most);
                group.answered.push(response.micros);
            }
            Fate::Overdue => group.overdue += 1,
            Fate::Pending => group.pending += 1,
        }
    }
    let mut table = Table::new(&[
        key("group", Text),
        col("incoming", Count),
        col("answered", Count),
        col("within", Count),
        col("overdue", Count),
        col("pending", Count),
        col("share", Percent),
        col("median_min", Number),
    ]);
    for (name, group) in groups {
        let judged = group.answered.len() + group.overdue;
        let because = |value: Value| value.because(group.why.clone());
        table.push(vec![
            Value::Text(name).into(),
            because(Value::count(judged + group.pending)),
            because(Value::count(group.answered.len())),
            because(Value::count(group.within)),
            because(Value::count(group.overdue)),
            because(Value::count(group.pending)),
            because(Value::percent(Ratio::counts(group.within as u64, judged as u64))),
            because(Value::number(median(group.answered.clone(), MINUTE))),
        ]);
    }
    Ok(table)
}
