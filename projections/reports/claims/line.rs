//! The figures of claims, group by group. Invariant: resolved, rejected and open are all claims.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency};

use super::{
    super::response_time::middle,
    each::{Claim, Fate, group},
};
use crate::{
    activity::ClaimState,
    clients::{LinkView, Resolver},
    report::{
        Cell, Column, ColumnKind, Context, Count, Grounds, ReportError, Sum, Table, Value, col,
        key, quotient, share, sum,
    },
    trade::grouping::last_if_null,
};

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
    rejected: Count,
    /// Those that were resolved or rejected once, and those of them that were reopened.
    closed: Count,
    reopened: Count,
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
            rejected: count(),
            closed: count(),
            reopened: count(),
            open: count(),
            cost: ctx.sum(),
            first: Vec::new(),
            gross: Vec::new(),
            net: Vec::new(),
        }
    }
    fn add(&mut self, claim: &Claim<'_>) {
        let opened = claim.opening.position;
        self.claims += opened;
        if let (Some(answer), Some(took)) = (claim.answer, claim.times.first_response) {
            self.answered += answer;
            self.first.push((took, answer));
        }
        judge(claim.answered, opened, &mut self.in_sla, &mut self.judged_sla);
        if let Some(settled) = claim.settled {
            judge(settled, opened, &mut self.in_resolve, &mut self.judged_resolve);
        }
        if let Some(closed) = claim.closed {
            self.closed += closed.position;
        }
        if let Some(reopened) = claim.reopened {
            self.reopened += reopened;
        }
        for cost in &claim.costs {
            self.cost += *cost;
        }
        match (claim.state, claim.closed) {
            (ClaimState::Resolved, Some(closed)) => {
                let position = closed.position;
                self.resolved += position;
                self.gross.extend(claim.times.resolution_gross.map(|took| (took, position)));
                self.net.extend(claim.times.resolution_net.map(|took| (took, position)));
            }
            (ClaimState::Rejected, Some(closed)) => self.rejected += closed.position,
            _ => self.open += opened,
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
            self.rejected.shown(),
            share(&self.reopened, &self.closed, "resolved or rejected, once or more"),
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

pub(super) fn summary(ctx: &Context<'_>, claims: &[Claim<'_>]) -> Result<Table, ReportError> {
    let mut lines: BTreeMap<(bool, &str), Line> = BTreeMap::new();
    if ctx.arguments.is("group", "all") {
        lines.insert((false, "all"), Line::new(ctx));
    }
    for claim in claims {
        let line = lines.entry(last_if_null(group(ctx, claim))).or_insert_with(|| Line::new(ctx));
        line.placed.add(claim.opening.position);
        if let Some(given) = claim.given.filter(|_| ctx.arguments.is("group", "assignee")) {
            line.placed.add(given);
        }
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
        count("rejected"),
        col("reopened", ColumnKind::Percent),
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
            // Nobody sends kinds of claims, and who sees to them sends nothing.
            Some("kind" | "severity" | "assignee") => None,
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
