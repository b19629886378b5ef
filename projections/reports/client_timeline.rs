//! R1: a client's events, newest first. Invariant: every event that resolves to a client at its own
//! date is on that client's timeline and on no other.

use sijil_schemas::{
    Position,
    event::event_type_of_code,
    id::{Kind, kind},
    time::Timestamp,
};

use crate::{
    clients::{Happening, LinkView, Resolver, happenings},
    report::{
        ColumnKind, Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight,
        Table, Value, col, key,
    },
};

/// The most events on one page.
const PAGE_ROWS_MAX: u32 = 1_000;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "client_timeline",
    title: "Client timeline",
    about: "Everything that happened with a client: what names it, its legal entities on their \
            dates, its deals, orders, claims and other documents, and the clients merged into it.",
    formula: "all events whose client is C: the client named, else the client its legal entity was \
              linked to on its date, else the client of its document; then merges in force at \
              as_of; ordered by (occurred_at, position), newest first",
    source: "DOMAIN R1",
    edition: 1,
    question: "What happened with this client, and when?",
    draws_on: &[
        "clients",
        "counterparties",
        "interactions",
        "deals",
        "catalogue",
        "orders",
        "invoices",
        "accounting",
        "stock",
        "marketing",
        "claims",
        "tasks",
        "staff",
    ],
    sight: Sight::Lines,
    pictures: &[Picture::always(Draw::Lanes { lane: "type", from: "occurred_at", to: None })],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "client",
            kind: ParameterKind::Id(Kind::Client),
            required: true,
            default: None,
            about: "whose timeline",
        },
        Parameter {
            name: "before",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only events older than this one, as occurred_at@position: the last row of the \
                    page before",
        },
        Parameter {
            name: "limit",
            kind: ParameterKind::Count,
            required: false,
            default: Some("100"),
            about: "the most rows, 1 to 1000",
        },
    ],
    only: &[],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let before = before(ctx)?;
    let limit = limit(ctx)?;
    let mut table = Table::new(&[
        key("position", ColumnKind::Count),
        col("occurred_at", ColumnKind::Time),
        col("type", ColumnKind::Text),
        col("entity", ColumnKind::Text),
        col("actor", ColumnKind::Text),
    ]);
    let clients = ctx.views.clients;
    let Some(client) =
        ctx.arguments.id::<kind::Client>("client")?.and_then(|id| clients.sym(id.as_str()))
    else {
        return Ok(table);
    };
    let root = clients.root(client, ctx.lens());
    if root != client {
        let (client, into) = (clients.id(client), clients.id(root));
        table.notes.push(format!(
            "client {client} was merged into client {into}: its events stand on the timeline of \
             {into}"
        ));
    }
    let mut found: Vec<Happening<'_>> = happenings(ctx.views, client, ctx.lens());
    found.retain(|h| before.is_none_or(|before| h.order() < before));
    if let Some(older) = found.len().checked_sub(limit).filter(|older| *older > 0) {
        table.notes.push(format!(
            "{older} older events are left out: ask for more with limit, or for those before the \
             last row with before"
        ));
        found.select_nth_unstable_by_key(limit - 1, |h| std::cmp::Reverse(h.order()));
        found.truncate(limit);
    }
    found.sort_unstable_by_key(|h| std::cmp::Reverse(h.order()));
    let resolver = Resolver::new(clients, ctx.lens(), LinkView::AtEvent);
    for happening in found {
        let because = |value: Value| value.because(ctx.said_by([happening.position]));
        let mut placed = ctx.said_by([happening.position]);
        if ctx.explain {
            resolver.because_party(happening.party, happening.at, &mut placed);
        }
        let name = event_type_of_code(happening.code).map_or("", |t| t.name);
        table.push(vec![
            Value::Count(i64::try_from(happening.position.get()).unwrap_or(i64::MAX))
                .because(placed),
            because(Value::Time(happening.at)),
            because(Value::Text(name.to_owned())),
            because(Value::Text(happening.home.to_string())),
            because(Value::Text(happening.actor.to_owned())),
        ]);
    }
    Ok(table)
}

fn before(ctx: &Context<'_>) -> Result<Option<(Timestamp, Position)>, ReportError> {
    let Some(text) = ctx.arguments.text("before") else { return Ok(None) };
    let parsed = text
        .split_once('@')
        .and_then(|(at, position)| Some((at.parse().ok()?, Position::new(position.parse().ok()?))));
    let refuse = || ReportError::InvalidParameter {
        name: "before".into(),
        expected: "occurred_at@position of a row, as in 2025-01-31T00:00:00Z@17".into(),
        got: text.chars().take(80).collect(),
    };
    parsed.ok_or_else(refuse).map(Some)
}

fn limit(ctx: &Context<'_>) -> Result<usize, ReportError> {
    let limit = ctx.arguments.count("limit")?.unwrap_or(PAGE_ROWS_MAX);
    if (1..=PAGE_ROWS_MAX).contains(&limit) {
        return Ok(limit as usize);
    }
    Err(ReportError::InvalidParameter {
        name: "limit".into(),
        expected: format!("1 to {PAGE_ROWS_MAX}"),
        got: limit.to_string(),
    })
}
