//! Flows: what was reached, event by event. Invariant: every event that a metric counts makes
//! shares that sum to it, whether or not anybody is credited.

use std::{cell::OnceCell, ops::Range};

use rust_decimal::Decimal;
use sijil_schemas::{
    Channel, Position,
    id::{EntityRef, Kind, kind},
    money::{Currency, SCALE_MAX, split},
    time::{Date, Timestamp},
};

use super::scopes;
use crate::{
    Sym,
    activity::seen_to_by,
    clients::{LinkView, Resolver},
    deals::{Course, State, Verdict, Walked, convert},
    report::{Context, Part, ReportError, Sum},
    reports::response_time::{Fate, responses},
    staff::Metric,
    trade::{
        MoveKind,
        priced::{Priced, ordered},
        sales, settlement,
    },
};

/// What one event adds to a metric, for one employee.
#[derive(Debug, Clone)]
pub(super) struct Share<'a> {
    pub(super) who: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) currency: Option<Currency>,
    /// How much; for a rate 1 if it counts as good, else 0.
    pub(super) amount: Decimal,
    /// How long, for times.
    pub(super) micros: i64,
    /// By what means, for interactions.
    pub(super) channel: Option<Channel>,
    /// The record that makes it count.
    pub(super) said: Position,
    /// The records that make the amount, where that one alone does not.
    pub(super) parts: Vec<Part>,
}

impl<'a> Share<'a> {
    pub(super) const fn count(who: Option<&'a str>, at: Timestamp, said: Position) -> Share<'a> {
        Share {
            who,
            at,
            currency: None,
            amount: Decimal::ONE,
            micros: 0,
            channel: None,
            said,
            parts: Vec::new(),
        }
    }
    pub(super) fn money(
        who: Option<&'a str>,
        at: Timestamp,
        (currency, amount): (Currency, Decimal),
        said: Position,
    ) -> Share<'a> {
        Share { currency: Some(currency), amount, ..Share::count(who, at, said) }
    }
    /// Adds it to what its records make.
    pub(super) fn add_to(&self, sum: &mut Sum) {
        if self.parts.is_empty() {
            *sum += Part::of(self.said, self.amount);
        } else {
            sum.document(&self.parts);
        }
    }
}

/// The means of communication that a metric counts alone.
pub(super) const fn channel(metric: Metric) -> Option<Channel> {
    match metric {
        Metric::Meetings => Some(Channel::Meeting),
        Metric::Calls => Some(Channel::Call),
        Metric::ShortMessages => Some(Channel::Sms),
        Metric::Emails => Some(Channel::Email),
        Metric::Chats => Some(Channel::Chat),
        Metric::WonAmount
        | Metric::WonCount
        | Metric::WinRate
        | Metric::NewDeals
        | Metric::NetSales
        | Metric::Orders
        | Metric::OrderAmount => None,
        Metric::CollectedPayments
        | Metric::Interactions
        | Metric::Compliance
        | Metric::ResponseTime
        | Metric::Claims => None,
        Metric::ReceivablesOver30 | Metric::OverdueTasks => None,
    }
}

/// For whom a won deal counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Credit {
    Owner,
    Tenure,
    Opener,
    Shared,
}

impl Credit {
    pub(super) fn named(name: Option<&str>) -> Credit {
        match name {
            Some("tenure") => Credit::Tenure,
            Some("opener") => Credit::Opener,
            Some("shared") => Credit::Shared,
            _ => Credit::Owner,
        }
    }
}

/// Everything that adds to metrics in an interval: nothing outside it is made into shares, unless
/// in base, where a missing rate anywhere is a refusal.
pub(super) struct Flows<'c, 'a> {
    ctx: &'c Context<'a>,
    credit: Credit,
    within: Range<Timestamp>,
    /// The deals of which anything was said in the interval, walked once for all metrics.
    courses: OnceCell<Vec<Walked>>,
}

impl<'c, 'a> Flows<'c, 'a> {
    pub(super) const fn new(
        ctx: &'c Context<'a>,
        credit: Credit,
        within: Range<Timestamp>,
    ) -> Flows<'c, 'a> {
        Flows { ctx, credit, within, courses: OnceCell::new() }
    }

    /// What adds to a metric; more than that of the interval may be among it.
    pub(super) fn shares(&self, metric: Metric) -> Result<Vec<Share<'a>>, ReportError> {
        match metric {
            Metric::WonAmount => self.won(),
            Metric::WonCount => {
                let closed = self.closed().into_iter();
                let won = closed.filter(|share| !share.amount.is_zero());
                Ok(won.flat_map(|share| self.counted(share)).collect())
            }
            Metric::WinRate => Ok(self.closed()),
            Metric::NewDeals => Ok(self.opened()),
            Metric::NetSales => self.net_sales(),
            Metric::Orders | Metric::OrderAmount => self.orders(metric == Metric::OrderAmount),
            Metric::CollectedPayments => self.collected(),
            // Those by one means are among them.
            Metric::Interactions
            | Metric::Meetings
            | Metric::Calls
            | Metric::ShortMessages
            | Metric::Emails
            | Metric::Chats => Ok(self.interactions()),
            Metric::Compliance => Ok(self.compliance()),
            Metric::ResponseTime => Ok(self.answers()),
            Metric::Claims => Ok(self.claims()),
            // Standing figures are asked for a day.
            Metric::ReceivablesOver30 | Metric::OverdueTasks => Ok(Vec::new()),
        }
    }

    fn courses(&self) -> &[Walked] {
        self.courses.get_or_init(|| {
            self.ctx.views.deals.courses_within(self.ctx.lens(), self.within.clone()).collect()
        })
    }

    fn won(&self) -> Result<Vec<Share<'a>>, ReportError> {
        let (ctx, ids, mut shares) = (self.ctx, self.ctx.views.deals.ids(), Vec::new());
        for walked in self.courses() {
            let course = &walked.course;
            let Some(close) = course.closing().filter(|_| course.state() == State::Won) else {
                continue;
            };
            let Some(worth) = course.worth() else { continue };
            let (currency, amount) = convert(ctx, &worth)?;
            let (at, money) = (close.moment.at, (currency, amount));
            match self.credit {
                Credit::Owner => {
                    let who = ids.name(course.credited().1);
                    shares.push(Share::money(Some(who), at, money, worth.said));
                }
                Credit::Opener => {
                    shares.push(Share::money(Some(opener(ctx, course)), at, money, worth.said));
                }
                Credit::Tenure => {
                    for (owner, part) in by_tenure(course, at, currency, amount) {
                        let who = Some(ids.name(owner));
                        shares.push(Share::money(who, at, (currency, part), worth.said));
                    }
                }
                Credit::Shared => {
                    let (who, weights): (Vec<_>, Vec<_>) = self.sharers(course).into_iter().unzip();
                    let parts = split(amount, &weights, scale_of(currency, amount));
                    for (who, part) in who.into_iter().zip(parts) {
                        shares.push(Share::money(Some(who), at, (currency, part), worth.said));
                    }
                }
            }
        }
        Ok(shares)
    }
    /// Whom a deal counts for by its shares, and how much of it; its owner where there are none.
    fn sharers(&self, course: &Course) -> Vec<(&'a str, Decimal)> {
        let (deals, ids) = (self.ctx.views.deals, self.ctx.views.deals.ids());
        match course.shares() {
            Some((_, shares)) => {
                deals.shares(shares).map(|of| (ids.name(of.employee), of.share.get())).collect()
            }
            None => vec![(ids.name(course.credited().1), Decimal::ONE)],
        }
    }
    /// A deal that was won, as it counts for each who shares it.
    fn counted(&self, won: Share<'a>) -> Vec<Share<'a>> {
        let of = |walked: &&Walked| {
            walked.course.closing().is_some_and(|close| close.moment.position == won.said)
        };
        let shared = self.credit == Credit::Shared;
        let Some(walked) = self.courses().iter().find(|walked| shared && of(walked)) else {
            return vec![won];
        };
        let sharers = self.sharers(&walked.course).into_iter();
        sharers.map(|(who, amount)| Share { who: Some(who), amount, ..won.clone() }).collect()
    }
    /// Every closed deal, 1 if it was won.
    fn closed(&self) -> Vec<Share<'a>> {
        let (ctx, mut shares) = (self.ctx, Vec::new());
        for walked in self.courses() {
            let course = &walked.course;
            let Some(close) = course.closing().filter(|_| !course.state().is_open()) else {
                continue;
            };
            let who = if self.credit == Credit::Opener {
                opener(ctx, course)
            } else {
                ctx.views.deals.ids().name(course.credited().1)
            };
            let amount = if close.is_won() { Decimal::ONE } else { Decimal::ZERO };
            shares.push(Share {
                amount,
                ..Share::count(Some(who), close.moment.at, close.moment.position)
            });
        }
        shares
    }
    fn opened(&self) -> Vec<Share<'a>> {
        let ids = self.ctx.views.deals.ids();
        let courses = self.courses().iter().map(|walked| &walked.course);
        courses
            .map(|course| {
                let who = ids.name(course.opening.owner);
                Share::count(Some(who), course.opened.at, course.opened.position)
            })
            .collect()
    }
    fn net_sales(&self) -> Result<Vec<Share<'a>>, ReportError> {
        let ctx = self.ctx;
        let (trade, lens, mut shares, mut priced) =
            (ctx.views.trade, ctx.lens(), Vec::new(), Priced::asked(ctx));
        for sale in sales::of(trade, lens, &self.within) {
            let of_order = || {
                sale.order()
                    .and_then(|order| trade.order(trade.order_id(order), lens))
                    .and_then(|order| order.doc.document.owner)
            };
            let who = sale.document().owner.or_else(of_order).map(|owner| trade.ids().name(owner));
            let money = priced.net(&sale)?;
            shares.push(Share::money(who, sale.at(), money, sale.position()));
        }
        Ok(shares)
    }
    fn orders(&self, amounts: bool) -> Result<Vec<Share<'a>>, ReportError> {
        let ctx = self.ctx;
        let (trade, lens, mut shares) = (ctx.views.trade, ctx.lens(), Vec::new());
        for order in trade.orders(lens).filter(|order| {
            self.within.contains(&order.at) && trade.cancelled(order.sym, lens).is_none()
        }) {
            let document = &order.doc.document;
            let who = document.owner.map(|owner| trade.ids().name(owner));
            if amounts {
                let money = ordered(ctx, order)?;
                shares.push(Share::money(who, order.at, money, order.position));
            } else {
                shares.push(Share::count(who, order.at, order.position));
            }
        }
        Ok(shares)
    }
    fn collected(&self) -> Result<Vec<Share<'a>>, ReportError> {
        let ctx = self.ctx;
        let owners = Owners::of(ctx);
        let (trade, lens, mut shares) = (ctx.views.trade, ctx.lens(), Vec::new());
        for payment in trade.payments_within(lens, self.within.clone()) {
            let who = owners.of_document(Kind::Payment, payment.id, payment.at);
            let (currency, moves) = settlement::shown(
                ctx,
                payment.doc.currency,
                payment.order(),
                trade.payment_moves(payment.sym, lens),
            )?;
            for change in moves {
                // What was brought forward came in before these books.
                let bank = trade.bank_of(payment.sym, payment.doc.bank, &change, lens.side);
                if change.kind.is_cash() && bank.is_some() {
                    shares.push(Share::money(
                        who,
                        change.at,
                        (currency, change.amount),
                        change.position,
                    ));
                }
            }
        }
        for note in trade.free_credits(lens) {
            let moves = trade.credit_note_moves(note.sym, lens);
            if !moves.iter().any(|m| m.kind == MoveKind::Refunded && self.within.contains(&m.at)) {
                continue;
            }
            let who = owners.of_document(Kind::CreditNote, note.id, note.at);
            let (currency, moves) =
                settlement::shown(ctx, note.doc.document.currency, note.order(), moves)?;
            let paid = moves.into_iter().filter(|m| m.kind == MoveKind::Refunded);
            shares.extend(
                paid.map(|paid| Share::money(who, paid.at, (currency, paid.amount), paid.position)),
            );
        }
        Ok(shares)
    }
    fn interactions(&self) -> Vec<Share<'a>> {
        let (ctx, lens, zone) = (self.ctx, self.ctx.lens(), self.ctx.zone.clone());
        let day_end = move |day: Date| day.plus_days(1).start(&zone);
        let said = ctx.views.activity.said_within(lens, self.within.clone());
        said.map(|said| {
            let actor = ctx.views.activity.word(said.what.actor);
            let who = ctx.views.staff.acting(actor, said.at, lens, &day_end);
            Share {
                channel: Some(said.what.channel),
                ..Share::count(Some(who), said.at, said.position)
            }
        })
        .collect()
    }
    /// Every obligation that is judged, 1 if it was met on time, for the owner when it fell due; it
    /// counts on the day the stage was entered.
    fn compliance(&self) -> Vec<Share<'a>> {
        let ctx = self.ctx;
        let (deals, regime, mut shares) = (ctx.views.deals, ctx.views.deals.regime(), Vec::new());
        let duties = deals.duties(&regime, ctx.views.activity, ctx.lens());
        for walked in self.courses() {
            for obligation in duties.obligations_within(walked, &self.within) {
                let amount = match obligation.verdict {
                    Verdict::OnTime => Decimal::ONE,
                    Verdict::Late | Verdict::Missed => Decimal::ZERO,
                    Verdict::Pending | Verdict::Waived => continue,
                };
                let (who, entered) = (deals.ids().name(obligation.owner), obligation.visit.entered);
                shares.push(Share {
                    amount,
                    ..Share::count(Some(who), entered.at, entered.position)
                });
            }
        }
        shares
    }
    /// Every answered word of a client, for who answered; it counts when the client spoke.
    fn answers(&self) -> Vec<Share<'a>> {
        let all = responses(self.ctx.views, self.ctx.lens(), &self.within, i64::MAX);
        let answered = all.into_iter().filter(|response| response.fate == Fate::Answered);
        answered
            .map(|response| {
                let asked = response.waiting.asked;
                Share {
                    micros: response.micros,
                    ..Share::count(response.who, asked.at, asked.position)
                }
            })
            .collect()
    }
    fn claims(&self) -> Vec<Share<'a>> {
        let (ctx, lens) = (self.ctx, self.ctx.lens());
        let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
        let complaints = ctx.views.activity.complaints(lens, self.within.clone());
        complaints
            .map(|(claim, opened)| {
                let seen_to = seen_to_by(ctx.views, lens, &resolver, (claim, opened.at));
                let who = seen_to.and_then(|(_, employee)| employee);
                Share::count(who, opened.at, opened.position)
            })
            .collect()
    }
}

/// Who opened a deal: who recorded it, if that is an employee; else its first owner.
fn opener<'a>(ctx: &Context<'a>, course: &Course) -> &'a str {
    let deals = ctx.views.deals;
    let actor = deals.word(course.opening.actor);
    if scopes::is_employee(ctx, actor) { actor } else { deals.ids().name(course.opening.owner) }
}

/// To how many places a win is split.
fn scale_of(currency: Currency, amount: Decimal) -> u32 {
    let (minor, scale) = (currency.minor_unit(), amount.normalize().scale());
    if scale <= minor { minor } else { SCALE_MAX.max(scale) }
}

/// Splits a win by the time each owned the deal while it was open; all of it goes to the owner at
/// the win where that is no time at all.
fn by_tenure(
    course: &Course,
    won: Timestamp,
    currency: Currency,
    amount: Decimal,
) -> Vec<(Sym<kind::Employee>, Decimal)> {
    let mut owners: Vec<(Sym<kind::Employee>, Decimal)> = Vec::new();
    for tenure in course.tenure(won) {
        let micros = Decimal::from(tenure.until.micros() - tenure.from.micros());
        match owners.iter_mut().find(|(owner, _)| *owner == tenure.owner) {
            Some((_, owned)) => *owned += micros,
            None => owners.push((tenure.owner, micros)),
        }
    }
    if owners.is_empty() {
        return vec![(course.credited().1, amount)];
    }
    let weights: Vec<Decimal> = owners.iter().map(|(_, owned)| *owned).collect();
    let parts = split(amount, &weights, scale_of(currency, amount));
    owners.into_iter().zip(parts).map(|((owner, _), part)| (owner, part)).collect()
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
    /// The owner of a document's client at a moment.
    pub(super) fn of_document(&self, kind: Kind, id: &str, at: Timestamp) -> Option<&'a str> {
        let client: Sym<kind::Client> =
            self.resolver.client_of_document(&EntityRef::new(kind, id).ok()?)?;
        self.ctx
            .views
            .clients
            .owner_fact(client, self.ctx.lens().until(at))
            .and_then(|(_, owner)| owner)
    }
}
