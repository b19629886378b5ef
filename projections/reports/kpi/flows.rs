//! Flows: what was reached, event by event. Invariant: every event that a metric counts makes shares that sum to it, whether or not anybody is credited.

use rust_decimal::Decimal;
use sijil_schemas::{
    Channel,
    id::{EntityRef, Kind, kind},
    money::{Currency, SCALE_MAX, split},
    time::{Date, Timestamp},
};

use super::scopes;
use crate::{
    clients::{LinkView, Resolver},
    deals::{Course, State, Verdict, convert, rounded},
    report::{Context, ReportError, Why},
    reports::response_time::{Fate, responses},
    staff::Metric,
    table::Sym,
    trade::{MoveKind, sales},
};

/// What one event adds to a metric, for one employee.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) who: Option<String>,
    pub(super) at: Timestamp,
    pub(super) currency: Option<Currency>,
    /// How much; for a rate 1 if it counts as good, else 0.
    pub(super) amount: Decimal,
    /// How long, for times.
    pub(super) micros: i64,
    pub(super) why: Why,
}

impl Share {
    pub(super) fn count(who: Option<&str>, at: Timestamp, why: Why) -> Share {
        Share { who: who.map(str::to_owned), at, currency: None, amount: Decimal::ONE, micros: 0, why }
    }
    pub(super) fn money(who: Option<&str>, at: Timestamp, (currency, amount): (Currency, Decimal), why: Why) -> Share {
        Share { currency: Some(currency), amount, ..Share::count(who, at, why) }
    }
}

/// For whom a won deal counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credit {
    Owner,
    Tenure,
    Opener,
}

impl Credit {
    pub(super) fn named(name: Option<&str>) -> Credit {
        match name {
            Some("tenure") => Credit::Tenure,
            Some("opener") => Credit::Opener,
            _ => Credit::Owner,
        }
    }
}

/// Everything that adds to a metric, at any time up to the cut.
pub(super) fn shares(ctx: &Context<'_>, metric: Metric, credit: Credit) -> Result<Vec<Share>, ReportError> {
    match metric {
        Metric::WonAmount => won(ctx, credit),
        Metric::WonCount => Ok(closed(ctx, credit).into_iter().filter(|share| !share.amount.is_zero()).collect()),
        Metric::WinRate => Ok(closed(ctx, credit)),
        Metric::NewDeals => Ok(opened(ctx)),
        Metric::NetSales => net_sales(ctx),
        Metric::Orders | Metric::OrderAmount => orders(ctx, metric == Metric::OrderAmount),
        Metric::CollectedPayments => collected(ctx),
        Metric::Interactions => Ok(interactions(ctx, None)),
        Metric::Meetings => Ok(interactions(ctx, Some(Channel::Meeting))),
        Metric::Calls => Ok(interactions(ctx, Some(Channel::Call))),
        Metric::ShortMessages => Ok(interactions(ctx, Some(Channel::Sms))),
        Metric::Emails => Ok(interactions(ctx, Some(Channel::Email))),
        Metric::Chats => Ok(interactions(ctx, Some(Channel::Chat))),
        Metric::Compliance => Ok(compliance(ctx)),
        Metric::ResponseTime => Ok(answers(ctx)),
        Metric::Claims => Ok(claims(ctx)),
        // Standing figures are asked for a day.
        Metric::ReceivablesOver30 | Metric::OverdueTasks => Ok(Vec::new()),
    }
}

fn why_of(ctx: &Context<'_>, positions: &[sijil_schemas::Position]) -> Why {
    let mut why = ctx.why();
    positions.iter().for_each(|position| why.add(*position));
    why
}

/// An amount in the currency asked for.
pub(super) fn converted(
    ctx: &Context<'_>,
    money: (Currency, Decimal),
    at: Timestamp,
    position: sijil_schemas::Position,
) -> Result<(Currency, Decimal), ReportError> {
    let (currency, amount) = money;
    let Some(base) = ctx.views.company.base().filter(|_| ctx.arguments.is("in", "base")) else { return Ok(money) };
    let rate = ctx.views.company.rate(currency, at, ctx.lens(), position);
    let rate = rate.ok_or_else(|| ReportError::MissingRate { currency: currency.to_string(), on: ctx.day(at).to_string() })?;
    Ok((base, rounded(amount * rate, base)))
}

/// Who opened a deal: who recorded it, if that is an employee; else its first owner.
fn opener<'a>(ctx: &Context<'_>, course: &Course<'a>) -> &'a str {
    let actor = course.opening.actor.as_str();
    if scopes::is_employee(ctx, actor) { actor } else { course.opening.owner.as_str() }
}

fn won(ctx: &Context<'_>, credit: Credit) -> Result<Vec<Share>, ReportError> {
    let mut shares = Vec::new();
    for walked in ctx.views.deals.courses(ctx.lens()) {
        let course = &walked.course;
        let Some(close) = course.closing().filter(|_| course.state() == State::Won) else { continue };
        let Some(worth) = course.worth() else { continue };
        let (currency, amount) = convert(ctx, &worth)?;
        let amount = rounded(amount, currency);
        let (owned, owner) = course.credited();
        let (at, why) = (close.moment.at, why_of(ctx, &[close.moment.position, worth.said, owned]));
        match credit {
            Credit::Owner => shares.push(Share::money(Some(owner.as_str()), at, (currency, amount), why)),
            Credit::Opener => {
                let why = why_of(ctx, &[close.moment.position, worth.said, course.opened.position]);
                shares.push(Share::money(Some(opener(ctx, course)), at, (currency, amount), why));
            }
            Credit::Tenure => {
                let mut why = why;
                course.owners().iter().for_each(|(moment, _)| why.add(moment.position));
                for (owner, part) in by_tenure(course, at, currency, amount) {
                    shares.push(Share::money(Some(owner), at, (currency, part), why.clone()));
                }
            }
        }
    }
    Ok(shares)
}

/// Splits a win by the time each owned the deal while it was open; all of it goes to the owner at the win where that is no time at all.
fn by_tenure<'a>(course: &Course<'a>, won: Timestamp, currency: Currency, amount: Decimal) -> Vec<(&'a str, Decimal)> {
    let mut owners: Vec<(&'a str, Decimal)> = Vec::new();
    for tenure in course.tenure(won) {
        let micros = Decimal::from(tenure.until.micros() - tenure.from.micros());
        match owners.iter_mut().find(|(owner, _)| *owner == tenure.owner.as_str()) {
            Some((_, owned)) => *owned += micros,
            None => owners.push((tenure.owner.as_str(), micros)),
        }
    }
    if owners.is_empty() {
        return vec![(course.credited().1.as_str(), amount)];
    }
    let weights: Vec<Decimal> = owners.iter().map(|(_, owned)| *owned).collect();
    let minor = currency.minor_unit();
    let scale = if amount.normalize().scale() <= minor { minor } else { SCALE_MAX.max(amount.normalize().scale()) };
    let parts = split(amount, &weights, scale);
    owners.into_iter().zip(parts).map(|((owner, _), part)| (owner, part)).collect()
}

/// Every closed deal, 1 if it was won.
fn closed(ctx: &Context<'_>, credit: Credit) -> Vec<Share> {
    let mut shares = Vec::new();
    for walked in ctx.views.deals.courses(ctx.lens()) {
        let course = &walked.course;
        let Some(close) = course.closing().filter(|_| !course.state().is_open()) else { continue };
        let (owned, owner) = course.credited();
        let who = if credit == Credit::Opener { opener(ctx, course) } else { owner.as_str() };
        let amount = if close.is_won() { Decimal::ONE } else { Decimal::ZERO };
        shares.push(Share { amount, ..Share::count(Some(who), close.moment.at, why_of(ctx, &[close.moment.position, owned])) });
    }
    shares
}

fn opened(ctx: &Context<'_>) -> Vec<Share> {
    let courses = ctx.views.deals.courses(ctx.lens());
    courses
        .map(|walked| Share::count(Some(walked.course.opening.owner.as_str()), walked.course.opened.at, why_of(ctx, &[walked.course.opened.position])))
        .collect()
}

fn net_sales(ctx: &Context<'_>) -> Result<Vec<Share>, ReportError> {
    let (trade, lens, mut shares) = (ctx.views.trade, ctx.lens(), Vec::new());
    for sale in sales::of(trade, lens, &(Timestamp::MIN..Timestamp::END)) {
        let invoice = sale.invoice.doc;
        let of_order = || invoice.order.and_then(|order| trade.order(trade.order_id(order), lens)).and_then(|order| order.doc.document.owner);
        let who = invoice.document.owner.or_else(of_order).map(|owner| trade.employees.name(owner));
        // A credit note takes back at the rate of its invoice.
        let money = converted(ctx, (sale.currency(), sale.net()), sale.invoice.at, sale.invoice.position)?;
        shares.push(Share::money(who, sale.at(), money, why_of(ctx, &[sale.position(), sale.invoice.position])));
    }
    Ok(shares)
}

fn orders(ctx: &Context<'_>, amounts: bool) -> Result<Vec<Share>, ReportError> {
    let (trade, lens, mut shares) = (ctx.views.trade, ctx.lens(), Vec::new());
    for order in trade.orders(lens).filter(|order| trade.cancelled(order.sym, lens).is_none()) {
        let document = &order.doc.document;
        let (who, why) = (document.owner.map(|owner| trade.employees.name(owner)), why_of(ctx, &[order.position]));
        if amounts {
            let money = converted(ctx, (document.currency, document.net()), order.at, order.position)?;
            shares.push(Share::money(who, order.at, money, why));
        } else {
            shares.push(Share::count(who, order.at, why));
        }
    }
    Ok(shares)
}

fn collected(ctx: &Context<'_>) -> Result<Vec<Share>, ReportError> {
    let owners = Owners::of(ctx);
    let (trade, lens, mut shares) = (ctx.views.trade, ctx.lens(), Vec::new());
    for payment in trade.payments(lens) {
        let (who, why) = owners.of_document(Kind::Payment, payment.id, payment.at);
        for change in trade.payment_moves(payment.sym, lens) {
            let counts = match change.kind {
                MoveKind::Opened | MoveKind::Refunded | MoveKind::Reversed => true,
                MoveKind::Credited | MoveKind::WrittenOff | MoveKind::Allocated | MoveKind::Unallocated | MoveKind::Ended => false,
            };
            if counts {
                let money = converted(ctx, (payment.doc.currency, change.amount), payment.at, payment.position)?;
                let mut why = why.clone();
                [payment.position, change.position].into_iter().for_each(|position| why.add(position));
                shares.push(Share::money(who, change.at, money, why));
            }
        }
    }
    Ok(shares)
}

fn interactions(ctx: &Context<'_>, channel: Option<Channel>) -> Vec<Share> {
    let lens = ctx.lens();
    let zone = ctx.zone.clone();
    let day_end = move |day: Date| day.plus_days(1).start(&zone);
    let said = ctx.views.activity.said(lens).filter(|said| channel.is_none_or(|channel| said.what.channel == channel));
    said.map(|said| {
        let who = ctx.views.staff.acting(said.what.actor.as_str(), said.at, lens, &day_end);
        Share::count(Some(who), said.at, why_of(ctx, &[said.position]))
    })
    .collect()
}

/// Every obligation that is judged, 1 if it was met on time, for the owner when it fell due; it counts on the day the stage was entered.
fn compliance(ctx: &Context<'_>) -> Vec<Share> {
    let duties = ctx.views.deals.duties(ctx.views.activity, ctx.lens());
    let mut shares = Vec::new();
    for walked in ctx.views.deals.courses(ctx.lens()) {
        for obligation in duties.obligations(walked.id, walked.deal, &walked.course) {
            let amount = match obligation.verdict {
                Verdict::OnTime => Decimal::ONE,
                Verdict::Late | Verdict::Missed => Decimal::ZERO,
                Verdict::Pending | Verdict::Waived => continue,
            };
            let mut why = why_of(ctx, &[obligation.visit.entered.position, obligation.revision.position, obligation.owner_said]);
            if let Some(fulfilled) = obligation.fulfilled {
                why.add(fulfilled.position);
            }
            let at = obligation.visit.entered.at;
            shares.push(Share { amount, ..Share::count(Some(obligation.owner.as_str()), at, why) });
        }
    }
    shares
}

/// Every answered word of a client, for who answered; it counts when the client spoke.
fn answers(ctx: &Context<'_>) -> Vec<Share> {
    let all = responses(ctx.views, ctx.lens(), &(Timestamp::MIN..Timestamp::END), i64::MAX, &ctx.why());
    let answered = all.into_iter().filter(|response| response.fate == Fate::Answered);
    answered.map(|response| Share { micros: response.micros, ..Share::count(response.who, response.waiting.asked.at, response.why) }).collect()
}

fn claims(ctx: &Context<'_>) -> Vec<Share> {
    let owners = Owners::of(ctx);
    let complaints = ctx.views.activity.complaints(ctx.lens()).into_iter();
    complaints
        .map(|(id, opened)| {
            let (who, mut why) = owners.of_document(Kind::Claim, id, opened.at);
            why.add(opened.position);
            Share::count(who, opened.at, why)
        })
        .collect()
}

/// Whose clients documents belong to.
pub(super) struct Owners<'c, 'a> {
    ctx: &'c Context<'a>,
    resolver: Resolver<'a>,
}

impl<'c, 'a> Owners<'c, 'a> {
    pub(super) fn of(ctx: &'c Context<'a>) -> Owners<'c, 'a> {
        Owners { ctx, resolver: Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent) }
    }
    /// The owner of a document's client at a moment, with the record that says so.
    pub(super) fn of_document(&self, kind: Kind, id: &str, at: Timestamp) -> (Option<&'a str>, Why) {
        let mut why = self.ctx.why();
        let client = EntityRef::new(kind, id).ok().and_then(|document| self.resolver.client_of_document(&document));
        let views = self.ctx.views;
        let owner = client.and_then(|client: Sym<kind::Client>| views.clients.owner_fact(client, self.ctx.lens().until(at)));
        if let Some((position, _)) = owner {
            why.add(position);
        }
        (owner.and_then(|(_, owner)| owner), why)
    }
}
