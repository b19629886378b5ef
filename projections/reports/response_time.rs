//! R9, response time. Invariant: every word of a client that waited is answered within X, answered
//! later, overdue, or pending.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use sijil_schemas::{Channel, Position, time::Timestamp};

use crate::{
    activity::{Waiting, threads},
    cut::Lens,
    families::Folds,
    ratio::Ratio,
    report::{
        Cell,
        ColumnKind::{self, Number, Percent, Text},
        Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report, ReportError, Row,
        Sight, Table, Value, col, key, share, sum,
    },
};

/// One hour, in microseconds.
pub(crate) const HOUR: i64 = 3_600 * 1_000_000;
/// One minute, in microseconds.
const MINUTE: i64 = 60 * 1_000_000;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "response_time",
    title: "Response time",
    about: "How soon do clients get an answer?",
    formula: "per thread (claim, else client) from the first unanswered incoming interaction to \
              the first outgoing one after it; within X = answered ≤ X ÷ (answered + unanswered \
              older than X); younger unanswered are pending",
    source: "R9",
    edition: 1,
    question: "How soon do clients get an answer?",
    draws_on: &[
        "interactions",
        "claims",
        "deals",
        "orders",
        "invoices",
        "stock",
        "clients",
        "counterparties",
        "staff",
    ],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Spread { label: "group", mid: "median_min", p90: None })],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "from",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the first day on which the client spoke",
        },
        Parameter {
            name: "to",
            kind: ParameterKind::Date,
            required: false,
            default: None,
            about: "the last day on which the client spoke",
        },
        Parameter {
            name: "within_h",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("24"),
            about: "X, in hours",
        },
        Parameter {
            name: "by",
            kind: ParameterKind::Choice(&["all", "employee", "channel", "client"]),
            required: false,
            default: Some("all"),
            about: "one row in all, or one per employee (who answered, else the client's owner \
                    when the answer fell due), channel or client",
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
    pub(crate) waiting: Waiting,
    pub(crate) fate: Fate,
    /// Up to the answer, or to the cut.
    pub(crate) micros: i64,
    /// Who answered, or should have.
    pub(crate) who: Option<&'a str>,
    /// The record that says who: the answer, or what made somebody the client's owner.
    pub(crate) owned: Option<Position>,
}

/// Every word of a client in an interval, judged by X (in microseconds), in replay order.
pub(crate) fn responses<'a>(
    views: Folds<'a>,
    lens: Lens<'a>,
    within: &std::ops::Range<Timestamp>,
    most: i64,
) -> Vec<Response<'a>> {
    let zone = views.company.zone();
    let day_end = move |day: sijil_schemas::time::Date| day.plus_days(1).start(&zone);
    let now = Timestamp::from_micros(lens.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let judge = |waiting: Waiting| {
        let micros = waiting.micros(now);
        let (fate, who, owned) = match waiting.answer {
            Some(answer) => {
                let actor = views.activity.word(answer.what.actor);
                let who = views.staff.acting(actor, answer.at, lens, &day_end);
                (Fate::Answered, Some(who), Some(answer.position))
            }
            None => {
                let due = Timestamp::from_micros(waiting.asked.at.micros().saturating_add(most))
                    .unwrap_or(Timestamp::END)
                    .min(now);
                let owner = waiting
                    .client
                    .and_then(|client| views.clients.owner_fact(client, lens.until(due)));
                let fate = if micros > most { Fate::Overdue } else { Fate::Pending };
                (fate, owner.and_then(|(_, owner)| owner), owner.map(|(position, _)| position))
            }
        };
        Response { waiting, fate, micros, who, owned }
    };
    threads(views, lens)
        .into_iter()
        .filter(|waiting| within.contains(&waiting.asked.at))
        .map(judge)
        .collect()
}

/// The middle value of spans in microseconds, the mean of the two middle ones if their number is
/// even, in a unit of so many microseconds.
pub(crate) fn median(mut micros: Vec<i64>, unit: i64) -> Option<Ratio> {
    micros.sort_unstable();
    let n = micros.len();
    let sum =
        Decimal::from(*micros.get(n.wrapping_sub(1) / 2)?) + Decimal::from(*micros.get(n / 2)?);
    Ratio::of(sum, Decimal::from(unit) * Decimal::TWO)
}

/// The middle of spans in microseconds, in hours, with the records that end them; nothing of none.
pub(super) fn middle(ctx: &Context<'_>, mut spans: Vec<(i64, Position)>) -> Cell {
    spans.sort_unstable();
    let n = spans.len();
    let middle = if n == 0 { &[][..] } else { &spans[(n - 1) / 2..=n / 2] };
    let value = median(spans.iter().map(|(micros, _)| *micros).collect(), HOUR);
    Value::number(value).because(ctx.said_by(middle.iter().map(|(_, by)| *by)))
}

/// A parameter in hours, in microseconds; a negative one is refused.
pub(super) fn hours(ctx: &Context<'_>, name: &str) -> Result<i64, ReportError> {
    let hours = ctx.arguments.decimal(name)?.unwrap_or_default();
    if hours.is_sign_negative() {
        return Err(ReportError::InvalidParameter {
            name: name.into(),
            expected: "hours from 0 up".into(),
            got: hours.to_string(),
        });
    }
    Ok((hours * Decimal::from(HOUR)).trunc().to_i64().unwrap_or(i64::MAX))
}

/// What is answered, by how long it took, with the words of the client that waited.
struct Group {
    placed: Grounds,
    answered: Vec<(i64, Position)>,
    incoming: Count,
    within: Count,
    overdue: Count,
    pending: Count,
}

impl Group {
    fn new(ctx: &Context<'_>) -> Group {
        let count = || ctx.count();
        Group {
            placed: ctx.grounds(),
            answered: Vec::new(),
            incoming: count(),
            within: count(),
            overdue: count(),
            pending: count(),
        }
    }
    fn add(&mut self, response: &Response<'_>, most: i64) {
        let asked = response.waiting.asked.position;
        self.incoming += asked;
        match response.fate {
            Fate::Answered => {
                self.within.add(asked, usize::from(response.micros <= most));
                self.answered.push((response.micros, asked));
            }
            Fate::Overdue => self.overdue += asked,
            Fate::Pending => self.pending += asked,
        }
    }
    fn row(mut self, ctx: &Context<'_>, name: String) -> Row {
        self.answered.sort_unstable();
        let (mut answered, n) = (ctx.count(), self.answered.len());
        self.answered.iter().for_each(|(_, asked)| answered += *asked);
        let mut judged = answered.clone();
        judged += &self.overdue;
        let middle = if n == 0 { &[][..] } else { &self.answered[(n - 1) / 2..=n / 2] };
        let median = Value::number(median(
            self.answered.iter().map(|(micros, _)| *micros).collect(),
            MINUTE,
        ));
        vec![
            Value::Text(name).because(self.placed),
            self.incoming.shown(),
            answered.shown(),
            self.within.shown(),
            self.overdue.shown(),
            self.pending.shown(),
            share(&self.within, &judged, "answered, and unanswered for longer than X"),
            median.because(ctx.said_by(middle.iter().map(|(_, asked)| *asked))),
        ]
    }
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
    let most = hours(ctx, "within_h")?;
    let by = ctx.arguments.text("by").unwrap_or("all");
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    if by == "all" {
        groups.insert("all".to_owned(), Group::new(ctx));
    }
    for response in responses(ctx.views, ctx.lens(), &ctx.interval()?, most) {
        let name = match by {
            "employee" => response.who.unwrap_or("no owner"),
            "channel" => channel_name(response.waiting.asked.what.channel),
            "client" => {
                response.waiting.client.map_or("no client", |client| ctx.views.clients.id(client))
            }
            _ => "all",
        };
        let group = groups.entry(name.to_owned()).or_insert_with(|| Group::new(ctx));
        if by == "employee" {
            response.owned.iter().for_each(|position| group.placed.add(*position));
        }
        group.add(&response, most);
    }
    let counts = ["incoming", "answered", "within", "overdue", "pending"]
        .map(|name| sum(name, ColumnKind::Count));
    let columns: Vec<_> = [key("group", Text)]
        .into_iter()
        .chain(counts)
        .chain([col("share", Percent), col("median_min", Number)])
        .collect();
    let mut table = Table::new(&columns);
    groups.into_iter().for_each(|(name, group)| table.push(group.row(ctx, name)));
    Ok(table)
}
