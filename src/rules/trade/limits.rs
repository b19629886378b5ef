//! Product limits: used = shipped − returned + reserved in the period. Invariant: a limit in mode
//! `refuse` is never passed by an order or a shipment.
//!
//! A reservation for the very order that ships is not counted beside the shipment: the goods are
//! the same.

use rust_decimal::Decimal;
use sijil_projections::{
    Lens,
    clients::{LinkView, Resolver},
    steps,
    trade::{DocumentLine, Goods, LimitDoc, Listed, OrderDoc, Trade},
};
use sijil_schemas::{
    LimitMode, LimitMost, LimitOf, LimitScope, OrderPlaced,
    id::{Id, Kind, kind},
    money::{Currency, mul_div},
    time::Timestamp,
};

use super::settlement::entity;
use crate::{Book, Proposal, Rejection};

/// What is asked of the limits: so much of an item, worth so much.
struct Asked {
    item: String,
    qty: Decimal,
    amount: Decimal,
}

pub(crate) fn check_order(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &OrderPlaced,
) -> Result<(), Rejection> {
    let hints = sijil_projections::clients::Hints {
        client: event.client.as_ref().map(Id::as_str),
        counterparty: event.counterparty.as_ref().map(Id::as_str),
        deal: event.deal.as_ref().map(Id::as_str),
        ..Default::default()
    };
    let resolver = Resolver::new(&book.clients, book.now(), LinkView::AtEvent);
    let client = resolver.client_id_of(&hints, proposal.at());
    let asked = event
        .lines
        .iter()
        .filter_map(|l| {
            Some(Asked {
                item: l.item.as_ref()?.to_string(),
                qty: l.qty.get(),
                amount: l.net.get(),
            })
        })
        .collect();
    check(
        book,
        proposal.at(),
        client,
        event.owner.as_ref().map(Id::as_str),
        asked,
        event.order.as_str(),
    )
}

pub(crate) fn check_shipment(
    book: &Book,
    proposal: &Proposal<'_>,
    order: Listed<'_, kind::Order, OrderDoc>,
    goods: &[Goods],
) -> Result<(), Rejection> {
    let lines: Vec<DocumentLine> = book.trade.lines(order.doc.document.lines).collect();
    let one = |g: &Goods| Asked {
        item: book.trade.ids().name(g.item).to_owned(),
        qty: g.qty.get(),
        amount: worth(&lines, g, g.qty.get()),
    };
    let (client, owner) = whose(book, order);
    check(book, proposal.at(), client, owner, goods.iter().map(one).collect(), order.id)
}

fn whose<'a>(
    book: &'a Book,
    order: Listed<'a, kind::Order, OrderDoc>,
) -> (Option<&'a str>, Option<&'a str>) {
    let resolver = Resolver::new(&book.clients, book.now(), LinkView::AtEvent);
    let client =
        resolver.client_of_document(&entity(Kind::Order, order.id)).map(|c| book.clients.id(c));
    (client, order.doc.document.owner.map(|o| book.trade.ids().name(o)))
}

/// What goods of an order with such lines are worth: their share of the line's net.
pub(super) fn worth(lines: &[DocumentLine], goods: &Goods, qty: Decimal) -> Decimal {
    let named = goods.line.and_then(|key| lines.iter().find(|l| l.key == key));
    named
        .or_else(|| lines.iter().find(|l| l.item == Some(goods.item)))
        .map_or(Decimal::ZERO, |l| mul_div(l.net.get(), qty, l.qty.get(), 6))
}

fn check(
    book: &Book,
    at: Timestamp,
    client: Option<&str>,
    owner: Option<&str>,
    asked: Vec<Asked>,
    order: &str,
) -> Result<(), Rejection> {
    let day = at.date(&book.company.zone());
    let limits = book.trade.limits();
    for (id, limit) in limits.in_force(book.now()) {
        if limit.mode == LimitMode::Warn
            || !limit.period.contains(day)
            || !binds(book, &limit.scope, client, owner)
        {
            continue;
        }
        let counted = asked.iter().filter(|a| counts(&book.trade, book.now(), &limit.of, &a.item));
        let more: Decimal = counted
            .map(|a| if matches!(limit.most, LimitMost::Qty(_)) { a.qty } else { a.amount })
            .sum();
        if more <= Decimal::ZERO {
            continue;
        }
        let most = match &limit.most {
            LimitMost::Qty(most) => most.get(),
            LimitMost::Amount(most) => most.amount.get(),
        };
        let used = kept(book, limit, order).unwrap_or_else(|| used(book, limit, order));
        if used + more > most {
            return Err(Rejection::LimitPassed { limit: id.to_owned(), most, used, asked: more });
        }
    }
    Ok(())
}

/// Whether a limit binds a client's order of an owner. Who is in a segment is told by its criteria,
/// which no event states as a fact: it binds nobody here.
fn binds(book: &Book, scope: &LimitScope, client: Option<&str>, owner: Option<&str>) -> bool {
    match scope {
        LimitScope::Client(id) => {
            book.clients.sym(id.as_str()).map(|c| book.clients.id(book.clients.root(c, book.now())))
                == client
                && client.is_some()
        }
        LimitScope::Manager(id) => owner == Some(id.as_str()),
        LimitScope::Segment(_) => false,
    }
}

/// Whether a limit counts an item.
pub(super) fn counts(trade: &Trade, now: Lens<'_>, of: &LimitOf, item: &str) -> bool {
    match of {
        LimitOf::Item(id) => id.as_str() == item,
        LimitOf::Group(group) => {
            trade.ids().find::<kind::Item>(item).and_then(|i| trade.item_group(i, now))
                == Some(group.as_str())
        }
    }
}

/// What an order says of goods.
struct Of {
    currency: Currency,
    lines: Vec<DocumentLine>,
}

/// The most orders that are walked as well, where assertions are held, to check what is kept.
const ORDERS_WALKED_MAX: u32 = 128;

/// What is kept of what a limit has used up; `None` where only a walk tells.
fn kept(book: &Book, limit: &LimitDoc, order: &str) -> Option<Decimal> {
    let but = book.trade.ids().find(order);
    let of = (&limit.scope, &limit.of, limit.period, &limit.most);
    let kept = book.used.by(book.beside(), of, but)?;
    debug_assert!(
        book.trade.ids().count::<kind::Order>() > ORDERS_WALKED_MAX
            || steps::uncounted(|| used(book, limit, order)) == kept,
        "{limit:?} but {order}: {kept} is kept, not {}",
        steps::uncounted(|| used(book, limit, order))
    );
    Some(kept)
}

/// What a limit has used up: shipped − returned + reserved in its period, without what is reserved
/// for one order.
fn used(book: &Book, limit: &LimitDoc, but: &str) -> Decimal {
    let (trade, now, zone) = (&book.trade, book.now(), book.company.zone());
    let within = |at: Timestamp| limit.period.contains(at.date(&zone));
    let measure = |of: &Of, g: &Goods, qty: Decimal| match &limit.most {
        LimitMost::Qty(_) => qty,
        LimitMost::Amount(most) if most.currency == of.currency => worth(&of.lines, g, qty),
        LimitMost::Amount(_) => Decimal::ZERO,
    };
    let mut used = Decimal::ZERO;
    for order in trade.orders(now) {
        // Goods go with the lines of their order, so an order without such an item uses nothing up;
        // that is quicker asked than whose it is.
        let of = Of {
            currency: order.doc.document.currency,
            lines: trade.lines(order.doc.document.lines).collect(),
        };
        let is_counted = |l: &DocumentLine| {
            l.item.is_none_or(|i| counts(trade, now, &limit.of, trade.ids().name(i)))
        };
        if !of.lines.iter().any(is_counted) {
            continue;
        }
        let (client, owner) = whose(book, order);
        if !binds(book, &limit.scope, client, owner) {
            continue;
        }
        let counted = |goods: &[Goods]| -> Decimal {
            goods
                .iter()
                .filter(|g| counts(trade, now, &limit.of, trade.ids().name(g.item)))
                .map(|g| measure(&of, g, g.qty.get()))
                .sum()
        };
        for (shipment, sent) in trade.shipments(order.sym, now) {
            if within(sent.at) {
                used += counted(&trade.goods_of(sent.what.goods));
            }
            used -= trade
                .returns(shipment, now)
                .filter(|back| within(back.at))
                .map(|back| counted(&trade.goods_of(back.what)))
                .sum::<Decimal>();
        }
        if order.id != but {
            used += reserved(book, limit, (order, &of), &within, &measure);
        }
    }
    used
}

fn reserved(
    book: &Book,
    limit: &LimitDoc,
    (order, of): (Listed<'_, kind::Order, OrderDoc>, &Of),
    within: &impl Fn(Timestamp) -> bool,
    measure: &impl Fn(&Of, &Goods, Decimal) -> Decimal,
) -> Decimal {
    let now = book.now();
    let mut sum = Decimal::ZERO;
    let kept = book.stock.kept_for(Some(order.sym.into()), book.side());
    let mut items: Vec<_> = of.lines.iter().filter_map(|l| l.item).collect();
    items.sort_unstable();
    items.dedup();
    for item in
        items.into_iter().filter(|i| counts(&book.trade, now, &limit.of, book.trade.ids().name(*i)))
    {
        for reservation in &kept {
            let reservation = book.stock.holding(Some(*reservation));
            let Some(opened) = reservation.opening(now).filter(|o| {
                within(o.at) && o.what.item == item && o.what.order() == Some(order.sym)
            }) else {
                continue;
            };
            debug_assert!(opened.what.qty >= Decimal::ZERO, "a reservation has a direction");
            let qty = reservation.held(now);
            let goods = of.lines.iter().find(|l| l.item == Some(item)).map(|l| Goods {
                line: None,
                item,
                qty: l.qty,
            });
            sum += goods.map_or(Decimal::ZERO, |g| measure(of, &g, qty));
        }
    }
    sum
}
