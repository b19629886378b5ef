//! Gains: won deals or placed orders, with what they brought. Invariant: gross profit = net sales
//! (of the invoices, else the amount itself) − cost of goods, in base.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind, kind},
    money::{Currency, SCALE_MAX},
    time::Timestamp,
};

use super::touches::{Origin, Touches};
use crate::{
    Sym,
    clients::{LinkView, Resolver},
    deals::{State, convert},
    report::{Context, Part, ReportError, Sum},
    stock::valuation::Valuation,
    trade::{
        Begun,
        priced::{Priced, ordered},
        sales,
    },
};

/// A won deal or a placed order.
pub(super) struct Gain {
    /// The deal or order.
    pub(super) subject: EntityRef,
    /// The deal an order came from.
    pub(super) deal: Option<EntityRef>,
    pub(super) client: Option<Sym<kind::Client>>,
    pub(super) opened: Timestamp,
    pub(super) won: Timestamp,
    pub(super) currency: Currency,
    pub(super) amount: Decimal,
    /// The record that makes it a gain, and the one that says how much it is.
    pub(super) made: Position,
    pub(super) said: Position,
    /// Gross profit, where the row is in the base currency.
    pub(super) profit: Option<Sum>,
}

impl Gain {
    /// The decimal places in which an amount is split: the minor unit, or all that amounts may have
    /// if it is finer.
    pub(super) fn scale(&self, amount: Decimal) -> u32 {
        let minor = self.currency.minor_unit();
        if amount.normalize().scale() <= minor {
            minor
        } else {
            SCALE_MAX.max(amount.normalize().scale())
        }
    }
}

/// Every won deal, or order that is not cancelled, of an interval.
pub(super) fn all(ctx: &Context<'_>, within: &Range<Timestamp>) -> Result<Vec<Gain>, ReportError> {
    let mut gains =
        if ctx.arguments.is("of", "orders") { orders(ctx, within)? } else { deals(ctx, within)? };
    let books = Books::of(ctx, &gains)?;
    for gain in gains.iter_mut().filter(|gain| Some(gain.currency) == ctx.views.company.base()) {
        let (sales, cost) = books.of_gain(gain);
        let sales = sales.unwrap_or_else(|| {
            let mut amount = ctx.sum();
            amount += Part::of(gain.said, gain.amount);
            amount
        });
        gain.profit = Some(sales.minus(&cost));
    }
    Ok(gains)
}

fn deals(ctx: &Context<'_>, within: &Range<Timestamp>) -> Result<Vec<Gain>, ReportError> {
    let resolver = Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent);
    let mut gains = Vec::new();
    for walked in ctx.views.deals.courses(ctx.lens()) {
        let course = &walked.course;
        let Some(close) = course
            .closing()
            .filter(|close| course.state() == State::Won && within.contains(&close.moment.at))
        else {
            continue;
        };
        // A win that nobody ever valued has no credit to give.
        let Some(worth) = course.worth() else { continue };
        let subject = ctx.views.deals.ids().entity_of(walked.deal.into());
        let (currency, amount) = convert(ctx, &worth)?;
        let client = resolver.client_of_document(&subject);
        let (opened, won) = (course.opened.at, close.moment.at);
        gains.push(Gain {
            subject,
            deal: None,
            client,
            opened,
            won,
            currency,
            amount,
            made: close.moment.position,
            said: worth.said,
            profit: None,
        });
    }
    Ok(gains)
}

fn orders(ctx: &Context<'_>, within: &Range<Timestamp>) -> Result<Vec<Gain>, ReportError> {
    let resolver = Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent);
    let (trade, lens, mut gains) = (ctx.views.trade, ctx.lens(), Vec::new());
    for order in trade.orders(lens).filter(|order| within.contains(&order.at)) {
        if trade.cancelled(order.sym, lens).is_some() {
            continue;
        }
        let Ok(subject) = EntityRef::new(Kind::Order, order.id) else { continue };
        let deal = deal_of_order(ctx, order.sym);
        let (currency, amount) = ordered(ctx, order)?;
        let client = resolver.client_of_document(&subject);
        let (made, said) = (order.position, order.position);
        gains.push(Gain {
            subject,
            deal,
            client,
            opened: order.at,
            won: order.at,
            currency,
            amount,
            made,
            said,
            profit: None,
        });
    }
    Ok(gains)
}

/// The deal an order came from.
fn deal_of_order(ctx: &Context<'_>, order: Sym<kind::Order>) -> Option<EntityRef> {
    let deal = ctx.views.deals.deal_of_order(order, ctx.lens())?;
    Some(ctx.views.deals.ids().entity_of(deal.into()))
}

/// Net sales and cost of goods by the order or deal they are of, in base.
struct Books {
    explain: bool,
    of: BTreeMap<EntityRef, (Option<Sum>, Sum)>,
    /// What has a sale whose rate nobody recorded: the others of it alone would be too little, so
    /// the amount itself speaks.
    unpriced: BTreeSet<EntityRef>,
    orders_of_deals: BTreeMap<EntityRef, Vec<EntityRef>>,
}

impl Books {
    fn of(ctx: &Context<'_>, gains: &[Gain]) -> Result<Books, ReportError> {
        let mut books = Books {
            explain: ctx.explain,
            of: BTreeMap::new(),
            unpriced: BTreeSet::new(),
            orders_of_deals: BTreeMap::new(),
        };
        if gains.is_empty() {
            return Ok(books);
        }
        let (trade, lens) = (ctx.views.trade, ctx.lens());
        for order in trade.orders(lens) {
            let deal = deal_of_order(ctx, order.sym);
            if let (Some(deal), Ok(order)) = (deal, EntityRef::new(Kind::Order, order.id)) {
                books.orders_of_deals.entry(deal).or_default().push(order);
            }
        }
        let mut priced = Priced::in_base(ctx);
        for sale in sales::of(trade, lens, &(Timestamp::MIN..Timestamp::END)) {
            let Some(home) = sale
                .order()
                .and_then(|order| EntityRef::new(Kind::Order, trade.order_id(order)).ok())
            else {
                continue;
            };
            let Ok((_, net)) = priced.net(&sale) else {
                books.unpriced.insert(home);
                continue;
            };
            *books.entry(home).0.get_or_insert_with(|| ctx.sum()) += Part::of(sale.position(), net);
        }
        let costs = Valuation::of(ctx.views, lens)
            .all_costs()
            .map_err(|missing| missing.in_report(ctx.views.company))?;
        for cost in costs {
            let refs = ctx.views.stock.refs(cost.origin.what.refs);
            let refs: Vec<EntityRef> =
                refs.map(|entity| ctx.views.stock.ids().entity_of(entity)).collect();
            let Some(home) = books.home(ctx, &refs) else { continue };
            books.entry(home).1 += Part::of(cost.position, cost.amount);
        }
        Ok(books)
    }
    fn entry(&mut self, home: EntityRef) -> &mut (Option<Sum>, Sum) {
        self.of.entry(home).or_insert_with(|| (None, Sum::new(self.explain)))
    }
    /// The order or deal that goods went out for.
    fn home(&self, ctx: &Context<'_>, refs: &[EntityRef]) -> Option<EntityRef> {
        let (trade, lens) = (ctx.views.trade, ctx.lens());
        let order_of = |entity: &EntityRef| match entity.kind {
            Kind::Order => Some(entity.clone()),
            Kind::Shipment => trade
                .order_of_shipment(entity.id(), lens)
                .and_then(|order| EntityRef::new(Kind::Order, order).ok()),
            Kind::Invoice => {
                let invoice = trade.invoice(trade.invoice_sym(entity.id())?, lens)?;
                EntityRef::new(Kind::Order, trade.order_id(invoice.doc.order?)).ok()
            }
            _ => None,
        };
        refs.iter().find_map(order_of).or_else(|| leading(refs))
    }
    fn of_gain(&self, gain: &Gain) -> (Option<Sum>, Sum) {
        let orders = self.orders_of_deals.get(&gain.subject).into_iter().flatten();
        let homes = || std::iter::once(&gain.subject).chain(orders.clone());
        let priced = !homes().any(|home| self.unpriced.contains(home));
        let mut sum: (Option<Sum>, Sum) = (None, Sum::new(self.explain));
        for (sales, cost) in homes().filter_map(|home| self.of.get(home)) {
            if let Some(sales) = sales.as_ref().filter(|_| priced) {
                *sum.0.get_or_insert_with(|| Sum::new(self.explain)) += sales;
            }
            sum.1 += cost;
        }
        sum
    }
}

fn leading(refs: &[EntityRef]) -> Option<EntityRef> {
    let first = |kind: Kind| refs.iter().find(|entity| entity.kind == kind);
    first(Kind::Order).or_else(|| first(Kind::Deal)).cloned()
}

/// Every won deal of an interval that nobody ever valued, with the record that won it, as a gain of
/// nothing: it has no credit to give, and is counted where it would be given.
pub(super) fn unvalued(ctx: &Context<'_>, within: &Range<Timestamp>) -> Vec<Gain> {
    let resolver = Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent);
    let Some(currency) = ctx.views.company.base().filter(|_| !ctx.arguments.is("of", "orders"))
    else {
        return Vec::new();
    };
    let mut gains = Vec::new();
    for walked in ctx.views.deals.courses(ctx.lens()) {
        let course = &walked.course;
        let Some(close) = course
            .closing()
            .filter(|close| course.state() == State::Won && within.contains(&close.moment.at))
        else {
            continue;
        };
        if course.worth().is_some() {
            continue;
        }
        let subject = ctx.views.deals.ids().entity_of(walked.deal.into());
        let (client, moment) = (resolver.client_of_document(&subject), close.moment);
        let (opened, won, made, said, amount) =
            (course.opened.at, moment.at, moment.position, moment.position, Decimal::ZERO);
        gains.push(Gain {
            subject,
            deal: None,
            client,
            opened,
            won,
            currency,
            amount,
            made,
            said,
            profit: None,
        });
    }
    gains
}

/// Every client whose first purchase ever falls in an interval, by that invoice, with where it
/// learned of the company.
pub(super) fn new_clients<'a>(
    ctx: &Context<'a>,
    touches: &Touches<'a>,
    within: &Range<Timestamp>,
) -> Vec<(Option<Origin<'a>>, Position)> {
    let resolver = Resolver::new(ctx.views.clients, ctx.lens(), LinkView::AtEvent);
    let mut first: BTreeMap<Sym<kind::Client>, (Timestamp, Position)> = BTreeMap::new();
    for invoice in ctx.views.trade.invoices(ctx.lens()).filter(|invoice| invoice.doc.is_purchase())
    {
        let client = EntityRef::new(Kind::Invoice, invoice.id)
            .ok()
            .and_then(|invoice| resolver.client_of_document(&invoice));
        if let Some(client) = client {
            let place = match invoice.doc.begun {
                Begun::Before { issued_on: Some(on) } => (on.start(&ctx.zone), invoice.position),
                Begun::Before { issued_on: None } | Begun::Here => invoice.order(),
            };
            let kept = first.entry(client).or_insert(place);
            *kept = place.min(*kept);
        }
    }
    let new = first.into_iter().filter(|(_, (at, _))| within.contains(at));
    new.map(|(client, (_, position))| {
        (touches.learned_of(client).map(|touch| touch.origin), position)
    })
    .collect()
}
