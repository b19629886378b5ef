//! Claims (R26). Invariant: every claim of the period is in time, late, past due or pending of its
//! first answer, and likewise of its settlement unless it is rejected.

use crate::{
    activity::ClaimState,
    report::parameters::{FROM, TO},
    report::{
        ColumnKind, Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight,
        Table, Value, When, col, key, only,
    },
};

mod each;
mod line;

use each::{Claim, Fate, claims, severity};
use line::summary;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "claims",
    title: "Claims",
    about: "What clients complained of in a period, how soon they were answered and helped, what \
            it cost, and how much of what was sent was complained of.",
    formula: "claims opened within from and to, as they stand at as_of; first_response_h = median \
              of opening → first answer; resolution_h = median of how long those that are resolved \
              were open, which stops where a claim is resolved or rejected and runs on where it is \
              reopened; net_h without the time that waited for the client; within_sla = answered \
              within sla_h ÷ (those + answered later + not answered in that time); within_resolve \
              likewise by resolve_h and settlement, rejected ones left out; what is younger is \
              pending and in neither; reopened = those that were opened again ÷ those that were \
              resolved or rejected, once or more; open = claims − resolved − rejected; per_100 = \
              claims × 100 ÷ shipments of the period of the same client or item; cost of every \
              settlement in the base currency at the rate of its date; the assignee is the last \
              who was given the claim, else the owner of its client when it was opened",
    source: "DOMAIN R26",
    edition: 2,
    question: "What do clients complain of, and how well do we help them?",
    draws_on: &["claims", "orders", "invoices", "deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["summary"])],
            Draw::Spread { label: "group", mid: "resolution_h", p90: None },
        ),
        Picture::when(
            &[When::Is("view", &["list"])],
            Draw::Lanes { lane: "claim", from: "opened_at", to: Some("resolved_at") },
        ),
    ],
    needs_as_of: true,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["summary", "list"]),
            required: false,
            default: Some("summary"),
            about: "figures by group, or claim by claim",
        },
        Parameter {
            name: "group",
            kind: ParameterKind::Choice(&["all", "assignee", "client", "kind", "severity", "item"]),
            required: false,
            default: Some("all"),
            about: "with view=summary: one row in all, or one per assignee, client, kind, severity \
                    or item",
        },
        Parameter {
            name: "sla_h",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("24"),
            about: "in how many hours a claim should be answered",
        },
        Parameter {
            name: "resolve_h",
            kind: ParameterKind::Decimal,
            required: false,
            default: Some("120"),
            about: "in how many hours a claim should be settled",
        },
        FROM,
        TO,
    ],
    only: &[only("group", &[When::Is("view", &["summary"])])],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let claims = claims(ctx)?;
    if ctx.arguments.is("view", "list") { Ok(list(ctx, &claims)) } else { summary(ctx, &claims) }
}

fn list(ctx: &Context<'_>, claims: &[Claim<'_>]) -> Table {
    let mut table = Table::new(&[
        key("claim", ColumnKind::Id),
        col("client", ColumnKind::Id),
        col("kind", ColumnKind::Text),
        col("severity", ColumnKind::Text),
        col("opened_at", ColumnKind::Time),
        col("resolved_at", ColumnKind::Time),
        col("answer", ColumnKind::Text),
        col("settlement", ColumnKind::Text),
        col("state", ColumnKind::Text),
        col("assignee", ColumnKind::Id),
    ]);
    let activity = ctx.views.activity;
    for claim in claims {
        let steps = activity.claim_steps(Some(claim.sym)).counting(ctx.lens());
        let by = ctx.said_by(steps.map(|step| step.position));
        let given = ctx.said_by(claim.given);
        let said = |value: Value| value.because(by.clone());
        let text = |word: &str| said(Value::Text(word.to_owned()));
        let resolved = claim.closed.filter(|_| claim.state == ClaimState::Resolved);
        table.push(vec![
            Value::id(Some(activity.ids().name(claim.sym))).into(),
            said(Value::id(claim.client.map(|client| ctx.views.clients.id(client)))),
            text(activity.word(claim.opening.what.kind)),
            text(severity(claim.opening.what.severity)),
            said(Value::Time(claim.times.opened)),
            said(resolved.map_or(Value::Null, |closed| Value::Time(closed.at))),
            text(claim.answered.word()),
            text(claim.settled.map_or("rejected", Fate::word)),
            text(claim.state.name()),
            Value::id(claim.employee).because(given),
        ]);
    }
    table
}
