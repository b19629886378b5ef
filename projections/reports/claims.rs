//! Claims (R26). Invariant: every claim of the period is in time, late, past due or pending, of its
//! first answer and of its settlement.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, Severity, id::kind, money::Currency, time::Timestamp};

use super::response_time::{hours, middle};
use crate::{
    Sym,
    activity::{ClaimState, ClaimStep, ClaimTimes, Complaint, claim_state, claim_times},
    base::Rated,
    clients::{LinkView, Resolver},
    cut::Dated,
    report::parameters::{FROM, TO},
    report::{
        Cell, Column, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Part,
        Picture, Report, ReportError, Sight, Sum, Table, Value, When, col, key, only, quotient,
        share, sum,
    },
    trade::grouping::last_if_null,
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "claims",
    title: "Claims",
    about: "What clients complained of in a period, how soon they were answered and helped, what \
            it cost, and how much of what was sent was complained of.",
    formula: "claims opened within from and to, as they stand at as_of; first_response_h = median \
              of opening → first answer; resolution_h = median of opening → settlement, net_h \
              without the time that waited for the client; within_sla = answered within sla_h ÷ \
              (those + answered later + not answered in that time); within_resolve likewise by \
              resolve_h and settlement; what is younger is pending and in neither; per_100 = \
              claims × 100 ÷ shipments of the period of the same client or item; cost in the base \
              currency at the rate of the settlement's date",
    source: "DOMAIN R26",
    edition: 1,
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
            kind: ParameterKind::Choice(&["all", "client", "kind", "severity", "item"]),
            required: false,
            default: Some("all"),
            about: "with view=summary: one row in all, or one per client, kind, severity or item",
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

/// Whether something was done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    InTime,
    Late,
    Missed,
    Pending,
}

impl Fate {
    /// Of what took so long, or of what is open for so long, where so much is allowed.
    const fn of(took: Option<i64>, open_for: i64, most: i64) -> Fate {
        match took {
            Some(took) if took <= most => Fate::InTime,
            Some(_) => Fate::Late,
            None if open_for > most => Fate::Missed,
            None => Fate::Pending,
        }
    }
    const fn word(self) -> &'static str {
        match self {
            Fate::InTime => "in_time",
            Fate::Late => "late",
            Fate::Missed => "missed",
            Fate::Pending => "pending",
        }
    }
}

/// A claim as it stands.
struct Claim {
    sym: Sym<kind::Claim>,
    opening: Dated<Complaint>,
    client: Option<Sym<kind::Client>>,
    times: ClaimTimes,
    state: ClaimState,
    answered: Fate,
    settled: Fate,
    /// The first answer and the last settlement, with what that cost in base.
    answer: Option<Position>,
    settlement: Option<(Position, Decimal)>,
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let claims = claims(ctx)?;
    if ctx.arguments.is("view", "list") { Ok(list(ctx, &claims)) } else { summary(ctx, &claims) }
}

fn claims(ctx: &Context<'_>) -> Result<Vec<Claim>, ReportError> {
    let (activity, lens) = (ctx.views.activity, ctx.lens());
    let (sla, resolve) = (hours(ctx, "sla_h")?, hours(ctx, "resolve_h")?);
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let now = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let mut all = Vec::new();
    for (sym, opening) in activity.complaints(lens, ctx.interval()?) {
        let steps: Vec<Dated<ClaimStep>> = activity.claim_steps(Some(sym)).counting(lens).collect();
        let (Some(times), Some(state)) =
            (claim_times(steps.iter().copied()), claim_state(steps.iter().copied()))
        else {
            continue;
        };
        let open_for = now.micros() - times.opened.micros();
        let answer = steps.iter().find(|step| matches!(step.what, ClaimStep::Responded));
        all.push(Claim {
            sym,
            opening,
            client: resolver.client_of_opened(sym.into()),
            times,
            state,
            answered: Fate::of(times.first_response, open_for, sla),
            settled: Fate::of(times.resolution_gross, open_for, resolve),
            answer: answer.map(|step| step.position),
            settlement: settlement(ctx, &steps)?,
        });
    }
    Ok(all)
}

/// The last settlement, and what all of them cost in base.
fn settlement(
    ctx: &Context<'_>,
    steps: &[Dated<ClaimStep>],
) -> Result<Option<(Position, Decimal)>, ReportError> {
    let mut last = None;
    for step in steps {
        if let ClaimStep::Resolved { cost, .. } = step.what {
            let worth = match cost {
                None => Decimal::ZERO,
                Some(cost) => {
                    let when = step.order();
                    Rated::base(ctx.views.company, ctx.lens(), cost.currency, when)?
                        .whole(cost.amount.get())
                }
            };
            last = Some((step.position, worth));
        }
    }
    Ok(last)
}

const fn severity(of: Severity) -> &'static str {
    match of {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// What a claim is grouped by.
fn group<'a>(ctx: &Context<'a>, claim: &Claim) -> Option<&'a str> {
    let activity = ctx.views.activity;
    match ctx.arguments.text("group") {
        Some("client") => claim.client.map(|client| ctx.views.clients.id(client)),
        Some("kind") => Some(activity.word(claim.opening.what.kind)),
        Some("severity") => Some(severity(claim.opening.what.severity)),
        Some("item") => claim.opening.what.item.map(|item| activity.ids().name(item)),
        _ => Some("all"),
    }
}

/// One row in the making.
struct Line {
    placed: Grounds,
    claims: Count,
    answered: Count,
    in_sla: Count,
    judged_sla: Count,
    resolved: Count,
    in_resolve: Count,
    judged_resolve: Count,
    open: Count,
    cost: Sum,
    first: Vec<(i64, Position)>,
    gross: Vec<(i64, Position)>,
    net: Vec<(i64, Position)>,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let count = || ctx.count();
        Line {
            placed: ctx.grounds(),
            claims: count(),
            answered: count(),
            in_sla: count(),
            judged_sla: count(),
            resolved: count(),
            in_resolve: count(),
            judged_resolve: count(),
            open: count(),
            cost: ctx.sum(),
            first: Vec::new(),
            gross: Vec::new(),
            net: Vec::new(),
        }
    }
    fn add(&mut self, claim: &Claim) {
        let opened = claim.opening.position;
        self.claims += opened;
        if let (Some(answer), Some(took)) = (claim.answer, claim.times.first_response) {
            self.answered += answer;
            self.first.push((took, answer));
        }
        judge(claim.answered, opened, &mut self.in_sla, &mut self.judged_sla);
        judge(claim.settled, opened, &mut self.in_resolve, &mut self.judged_resolve);
        match claim.settlement.filter(|_| claim.state == ClaimState::Resolved) {
            Some((position, cost)) => {
                self.resolved += position;
                self.cost += Part::of(position, cost);
                self.gross.extend(claim.times.resolution_gross.map(|took| (took, position)));
                self.net.extend(claim.times.resolution_net.map(|took| (took, position)));
            }
            None => self.open += opened,
        }
    }
    fn cells(
        self,
        ctx: &Context<'_>,
        shipments: Option<&Count>,
        base: Option<Currency>,
    ) -> Vec<Cell> {
        let of_shipments = shipments.map_or_else(
            || Value::Null.because(ctx.grounds()),
            |shipments| {
                let per = crate::ratio::Ratio::of(
                    Decimal::from(self.claims.get() as u64) * Decimal::ONE_HUNDRED,
                    Decimal::from(shipments.get() as u64),
                );
                quotient(Value::number(per), &self.claims, shipments, "shipments, in hundreds")
            },
        );
        let cost = self.cost.shown(|amount| match base {
            Some(base) => Value::money(amount, base),
            None => Value::Amount(amount),
        });
        vec![
            self.claims.shown(),
            self.answered.shown(),
            middle(ctx, self.first),
            share(&self.in_sla, &self.judged_sla, "answered, and unanswered for too long"),
            self.resolved.shown(),
            middle(ctx, self.gross),
            middle(ctx, self.net),
            share(&self.in_resolve, &self.judged_resolve, "settled, and open for too long"),
            self.open.shown(),
            of_shipments,
            cost,
        ]
    }
}

fn judge(fate: Fate, opened: Position, met: &mut Count, judged: &mut Count) {
    if fate != Fate::Pending {
        *judged += opened;
    }
    if fate == Fate::InTime {
        *met += opened;
    }
}

fn summary(ctx: &Context<'_>, claims: &[Claim]) -> Result<Table, ReportError> {
    let mut lines: BTreeMap<(bool, &str), Line> = BTreeMap::new();
    if ctx.arguments.is("group", "all") {
        lines.insert((false, "all"), Line::new(ctx));
    }
    for claim in claims {
        let line = lines.entry(last_if_null(group(ctx, claim))).or_insert_with(|| Line::new(ctx));
        line.placed.add(claim.opening.position);
        line.add(claim);
    }
    let count = |name| sum(name, ColumnKind::Count);
    let number = |name| col(name, ColumnKind::Number);
    let columns: Vec<Column> = vec![
        key("group", ColumnKind::Text),
        key("currency", ColumnKind::Text),
        count("claims"),
        count("answered"),
        number("first_response_h"),
        col("within_sla", ColumnKind::Percent),
        count("resolved"),
        number("resolution_h"),
        number("net_h"),
        col("within_resolve", ColumnKind::Percent),
        count("open"),
        number("per_100"),
        sum("cost", ColumnKind::Amount),
    ];
    let mut table = Table::new(&columns);
    let shipments = shipments(ctx)?;
    let base = ctx.views.company.base();
    for ((without, name), line) in lines {
        let name = (!without).then(|| name.to_owned());
        let sent = match ctx.arguments.text("group") {
            // Nobody sends kinds of claims.
            Some("kind" | "severity") => None,
            _ => Some(shipments.get(&name).cloned().unwrap_or_else(|| ctx.count())),
        };
        let group = name.map_or(Value::Null, Value::Text).because(line.placed.clone());
        let currency = base.map_or(Value::Null, |base| Value::Text(base.to_string()));
        let mut row = vec![group, currency.into()];
        row.extend(line.cells(ctx, sent.as_ref(), base));
        table.push(row);
    }
    Ok(table)
}

/// The shipments of the period: in all, by client, or by item.
fn shipments(ctx: &Context<'_>) -> Result<BTreeMap<Option<String>, Count>, ReportError> {
    let (trade, lens, within) = (ctx.views.trade, ctx.lens(), ctx.interval()?);
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let mut all: BTreeMap<Option<String>, Count> = BTreeMap::new();
    for shipment in trade.ids().syms::<kind::Shipment>() {
        let Some(sent) = trade.sent(shipment, lens).filter(|sent| within.contains(&sent.at)) else {
            continue;
        };
        let mut groups: Vec<Option<String>> = match ctx.arguments.text("group") {
            Some("client") => {
                let client = resolver.client_of_opened(shipment.into());
                vec![client.map(|client| ctx.views.clients.id(client).to_owned())]
            }
            Some("item") => {
                let goods = trade.goods_of(sent.what.goods).into_iter();
                goods.map(|one| Some(trade.ids().name(one.item).to_owned())).collect()
            }
            _ => vec![Some("all".to_owned())],
        };
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            *all.entry(group).or_insert_with(|| ctx.count()) += sent.position;
        }
    }
    Ok(all)
}

fn list(ctx: &Context<'_>, claims: &[Claim]) -> Table {
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
    ]);
    let activity = ctx.views.activity;
    for claim in claims {
        let steps = activity.claim_steps(Some(claim.sym)).counting(ctx.lens());
        let by = ctx.said_by(steps.map(|step| step.position));
        let said = |value: Value| value.because(by.clone());
        let text = |word: &str| said(Value::Text(word.to_owned()));
        let resolved = claim.settlement.filter(|_| claim.state == ClaimState::Resolved);
        let resolved = resolved
            .and(claim.times.resolution_gross)
            .and_then(|took| Timestamp::from_micros(claim.times.opened.micros() + took).ok());
        table.push(vec![
            Value::id(Some(activity.ids().name(claim.sym))).into(),
            said(Value::id(claim.client.map(|client| ctx.views.clients.id(client)))),
            text(activity.word(claim.opening.what.kind)),
            text(severity(claim.opening.what.severity)),
            said(Value::Time(claim.times.opened)),
            said(resolved.map_or(Value::Null, Value::Time)),
            text(claim.answered.word()),
            text(claim.settled.word()),
            text(claim.state.name()),
        ]);
    }
    table
}
