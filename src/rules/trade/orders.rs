//! Rules on orders, shipments and returns. Invariant: of an order no more is on its way than was
//! ordered, of a shipment no more comes back than was sent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::{
    Lens, Side, steps,
    trade::{DocumentLine, Goods, Listed, OrderDoc, OrderState, Shipped},
};
use sijil_schemas::{
    GoodsLine, OrderPlaced, Position, ReturnReceived, ShipmentDispatched,
    event::Orders,
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::{
    document, limits, not_negative, positive, quotes,
    settlement::{Fault, entity, refuse},
    standings::FACTS_CHECKED,
};
use crate::{Book, Proposal, Rejection};

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &Orders) -> Result<(), Rejection> {
    match event {
        Orders::OrderPlaced(e) => check_placed(book, proposal, e),
        // Its lines are judged with the whole document.
        Orders::OrderLinesAdded(_)
        | Orders::ShipmentLinesAdded(_)
        | Orders::ReturnLinesAdded(_)
        | Orders::QuoteLinesAdded(_) => Ok(()),
        Orders::QuoteIssued(e) => quotes::check_issued(e),
        Orders::QuoteAccepted(e) => quotes::check_decided(book, proposal, &e.quote, "accepted"),
        Orders::QuoteDeclined(e) => quotes::check_decided(book, proposal, &e.quote, "declined"),
        Orders::OrderCancelled(e) => {
            judge_order(book, e.order.as_str(), &step(proposal, What::Cancelled))
        }
        Orders::OrderClosed(e) => {
            judge_order(book, e.order.as_str(), &step(proposal, What::Closed))
        }
        Orders::ShipmentDispatched(e) => check_dispatched(book, proposal, e),
        Orders::ReturnReceived(e) => check_returned(book, proposal, e),
    }
}

/// One step in the life of an order or shipment.
#[derive(Debug, Clone)]
struct Step {
    at: Timestamp,
    position: Position,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Sent(Vec<Goods>),
    Back(Vec<Goods>),
    Closed,
    Cancelled,
}

const fn step(proposal: &Proposal<'_>, what: What) -> Step {
    Step { at: proposal.at(), position: proposal.position, what }
}

/// The candidate's goods; the items are known, since references were checked first.
fn goods(book: &Book, lines: &[GoodsLine]) -> Vec<Goods> {
    let one = |l: &GoodsLine| {
        book.trade.ids().find::<kind::Item>(l.item.as_str()).map(|item| Goods {
            // A line that no document ever named is none of the order's.
            line: l.line.as_ref().and_then(|line| book.trade.find_word(line.as_str())),
            item,
            qty: l.qty,
        })
    };
    lines.iter().filter_map(one).collect()
}

fn check_placed(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &OrderPlaced,
) -> Result<(), Rejection> {
    document::check_lines(&event.lines)?;
    let mut lines = event.lines.iter().enumerate();
    lines.try_for_each(|(n, l)| positive(&format!("/data/lines/{n}/qty"), l.qty.get()))?;
    let total: Decimal = event.lines.iter().map(|l| l.net.get() + l.tax.get()).sum();
    not_negative("/data/lines", total)?;
    limits::check_order(book, proposal, event)
}

fn check_dispatched(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &ShipmentDispatched,
) -> Result<(), Rejection> {
    let Some(order) = book.trade.order(event.order.as_str(), book.now()) else { return Ok(()) };
    for line in &event.lines {
        check_line(book, order, line)?;
    }
    let goods = goods(book, &event.lines);
    judge_order(book, order.id, &step(proposal, What::Sent(goods.clone())))?;
    check_quantities(&event.lines)?;
    limits::check_shipment(book, proposal, order, &goods)
}

fn check_quantities(lines: &[GoodsLine]) -> Result<(), Rejection> {
    lines
        .iter()
        .enumerate()
        .try_for_each(|(n, l)| positive(&format!("/data/lines/{n}/qty"), l.qty.get()))
}

/// A line that goods name is one of the order's, about the same item.
fn check_line(
    book: &Book,
    order: Listed<'_, kind::Order, OrderDoc>,
    line: &GoodsLine,
) -> Result<(), Rejection> {
    let Some(key) = &line.line else { return Ok(()) };
    let word = book.trade.find_word(key.as_str());
    let same = |l: DocumentLine| {
        Some(l.key) == word && l.item.is_none_or(|i| book.trade.ids().name(i) == line.item.as_str())
    };
    if book.trade.lines(order.doc.document.lines).any(same) {
        return Ok(());
    }
    Err(Rejection::UnknownLine { document: entity(Kind::Order, order.id), line: key.to_string() })
}

fn check_returned(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &ReturnReceived,
) -> Result<(), Rejection> {
    let goods = goods(book, &event.lines);
    let step = step(proposal, What::Back(goods));
    judge_shipment(book, event.shipment.as_str(), &step)?;
    if let Some(order) = book.trade.order_of_shipment(event.shipment.as_str(), book.now()) {
        judge_order(book, order, &step)?;
    }
    check_quantities(&event.lines)
}

/// Judges one more step of an order: by what is kept of it, where that tells, else by its whole
/// life.
fn judge_order(book: &Book, id: &str, step: &Step) -> Result<(), Rejection> {
    let walk = |more| of_order(book, id, book.now(), more);
    let walked = || refuse(walk(Some(step.clone())));
    let Some(verdict) = told_of_order(book, id, step) else { return walked() };
    let facts = |order| book.trade.shipments_count(order, Side::Decided);
    let order = book.trade.ids().find(id);
    debug_assert!(
        order.is_none_or(|order| facts(order) > FACTS_CHECKED)
            || steps::uncounted(|| !walk(None).is_empty() || walked() == verdict),
        "order {id}: what is kept says {verdict:?} of {step:?}"
    );
    verdict
}

/// What the walk over an order would say; `None` where only it can tell.
fn told_of_order(book: &Book, id: &str, step: &Step) -> Option<Result<(), Rejection>> {
    let (trade, now, place) = (&book.trade, book.now(), (step.at, step.position));
    let order = trade.order(id, now)?;
    let kept = book.deliveries.order(order.sym).filter(|kept| kept.is_clean())?;
    if step.at < order.at {
        return None;
    }
    let (home, cancelled) = (entity(Kind::Order, id), trade.cancelled(order.sym, now));
    let closed = trade.closed(order.sym, now);
    let first_sent = |from: OrderState| match kept.sent_after(place) {
        Some((at, position)) => {
            let sent = Step { at, position, what: What::Sent(Vec::new()) };
            Err(illegal(&home, from, "shipped", &sent))
        }
        None => Ok(()),
    };
    match (&step.what, cancelled) {
        (What::Back(_), _) => Some(Ok(())),
        (What::Closed | What::Cancelled, _) if closed.is_some() => None,
        (What::Closed, Some(_)) => None,
        (What::Closed, None) => Some(first_sent(OrderState::Closed)),
        (What::Sent(_), None) if closed.is_some_and(|closed| closed.order() < place) => {
            Some(Err(illegal(&home, OrderState::Closed, "shipped", step)))
        }
        (What::Sent(_), Some(cancelled)) if cancelled.order() < place => {
            Some(Err(illegal(&home, OrderState::Cancelled, "shipped", step)))
        }
        (What::Sent(goods), cancelled) => {
            let stays = cancelled.is_none_or(|c| !kept.is_shipped(c.order(), goods));
            let fits = stays
                && goods.iter().all(|one| one.qty.get() > Decimal::ZERO)
                && kept.bears(place, goods);
            fits.then_some(Ok(()))
        }
        (What::Cancelled, Some(_)) => None,
        (What::Cancelled, None) if kept.is_shipped(place, &[]) => {
            Some(Err(illegal(&home, OrderState::Shipped, "cancelled", step)))
        }
        (What::Cancelled, None) => Some(first_sent(OrderState::Cancelled)),
    }
}

/// Judges one more return of a shipment, in the same way.
fn judge_shipment(book: &Book, id: &str, step: &Step) -> Result<(), Rejection> {
    let (trade, now, place) = (&book.trade, book.now(), (step.at, step.position));
    let walk = |more| of_shipment(book, id, now, more);
    let walked = || refuse(walk(Some(step.clone())));
    let Some((sym, sent)) = trade.shipment(id, now) else { return Ok(()) };
    let (What::Back(goods) | What::Sent(goods)) = &step.what else { return Ok(()) };
    let fits = step.at >= sent.at
        && goods.iter().all(|one| one.qty.get() > Decimal::ZERO)
        && book.deliveries.shipment(sym).is_some_and(|kept| kept.bears(place, goods));
    if !fits {
        return walked();
    }
    debug_assert!(
        trade.returns_count(sym, Side::Decided) > FACTS_CHECKED
            || steps::uncounted(|| !walk(None).is_empty() || walked().is_ok()),
        "shipment {id}: what is kept bears what the walk does not: {step:?}"
    );
    Ok(())
}

/// Judges the whole life of an order, with a candidate in its place.
fn of_order(book: &Book, id: &str, lens: Lens<'_>, more: Option<Step>) -> Vec<Fault> {
    let trade = &book.trade;
    let Some(order) = trade.order(id, lens) else { return Vec::new() };
    let lines: Vec<DocumentLine> = trade.lines(order.doc.document.lines).collect();
    let mut steps: Vec<Step> = more.into_iter().collect();
    for (shipment, sent) in trade.shipments(order.sym, lens) {
        steps.push(Step {
            at: sent.at,
            position: sent.position,
            what: What::Sent(trade.goods_of(sent.what.goods)),
        });
        steps.extend(trade.returns(shipment, lens).map(|back| Step {
            at: back.at,
            position: back.position,
            what: What::Back(trade.goods_of(back.what)),
        }));
    }
    steps.extend(trade.cancelled(order.sym, lens).map(|c| Step {
        at: c.at,
        position: c.position,
        what: What::Cancelled,
    }));
    steps.extend(trade.closed(order.sym, lens).map(|c| Step {
        at: c.at,
        position: c.position,
        what: What::Closed,
    }));
    steps.sort_by_key(|s| (s.at, s.position));
    let home = entity(Kind::Order, id);
    let (mut shipped, mut ended, mut faults) = (Shipped::default(), None::<OrderState>, Vec::new());
    for step in steps {
        let why = match &step.what {
            _ if step.at < order.at => Some(Rejection::BeforeOpening {
                entity: home.clone(),
                opened: order.at,
                at: step.at,
            }),
            What::Sent(_) if ended.is_some() => {
                ended.map(|ended| illegal(&home, ended, "shipped", &step))
            }
            What::Cancelled if ended.is_some() => {
                ended.map(|ended| illegal(&home, ended, "cancelled", &step))
            }
            What::Closed if ended.is_some() => {
                ended.map(|ended| illegal(&home, ended, "closed", &step))
            }
            What::Cancelled if shipped.state(lines.iter().copied()) == OrderState::Shipped => {
                Some(illegal(&home, OrderState::Shipped, "cancelled", &step))
            }
            What::Sent(goods) => beyond(book, (&home, &lines), &shipped, goods, step.at),
            What::Back(_) | What::Closed | What::Cancelled => None,
        };
        if let Some(why) = why {
            faults.push(Fault { position: step.position, why });
            continue;
        }
        match &step.what {
            What::Sent(goods) => shipped.add(goods, Decimal::ONE),
            What::Back(goods) => shipped.add(goods, Decimal::NEGATIVE_ONE),
            What::Closed => ended = Some(OrderState::Closed),
            What::Cancelled => ended = Some(OrderState::Cancelled),
        }
    }
    faults
}

fn illegal(order: &EntityRef, from: OrderState, to: &'static str, step: &Step) -> Rejection {
    Rejection::IllegalTransition {
        entity: order.clone(),
        from: from.name(),
        to,
        at: step.at,
        position: step.position,
    }
}

/// Whether goods go beyond what is left of an order's lines and items.
fn beyond(
    book: &Book,
    (home, lines): (&EntityRef, &[DocumentLine]),
    shipped: &Shipped,
    goods: &[Goods],
    on: Timestamp,
) -> Option<Rejection> {
    let mut after = shipped.clone();
    after.add(goods, Decimal::ONE);
    let exceeds = |what: String, ordered: Decimal, would: Decimal| {
        Rejection::ShipmentExceedsOrder { order: home.clone(), what, ordered, would, on }
    };
    for one in goods {
        let line = one.line.and_then(|key| lines.iter().find(|l| l.key == key));
        if let (Some(line), Some(would)) = (line, one.line.and_then(|key| after.by_line.get(&key)))
            && *would > line.qty.get()
        {
            return Some(exceeds(
                format!("line {}", book.trade.text(line.key)),
                line.qty.get(),
                *would,
            ));
        }
        // A line without an item is fulfilled by any: the named line alone bounds it.
        if line.is_some_and(|l| l.item.is_none()) {
            continue;
        }
        let ordered =
            Shipped::asked(lines.iter().copied()).get(&one.item).copied().unwrap_or_default();
        let would = after.by_item.get(&one.item).copied().unwrap_or_default();
        if would > ordered {
            return Some(exceeds(
                format!("item {}", book.trade.ids().name(one.item)),
                ordered,
                would,
            ));
        }
    }
    None
}

/// Judges what came back of a shipment, with a candidate in its place.
fn of_shipment(book: &Book, id: &str, lens: Lens<'_>, more: Option<Step>) -> Vec<Fault> {
    let Some((sym, sent)) = book.trade.shipment(id, lens) else { return Vec::new() };
    let mut steps: Vec<Step> = more.into_iter().collect();
    steps.extend(book.trade.returns(sym, lens).map(|back| Step {
        at: back.at,
        position: back.position,
        what: What::Back(book.trade.goods_of(back.what)),
    }));
    steps.sort_by_key(|s| (s.at, s.position));
    let home = entity(Kind::Shipment, id);
    let mut left = BTreeMap::new();
    for one in &book.trade.goods_of(sent.what.goods) {
        *left.entry(one.item).or_insert(Decimal::ZERO) += one.qty.get();
    }
    let mut faults = Vec::new();
    for step in steps {
        let (What::Back(goods) | What::Sent(goods)) = &step.what else { continue };
        if step.at < sent.at {
            faults.push(Fault {
                position: step.position,
                why: Rejection::BeforeOpening {
                    entity: home.clone(),
                    opened: sent.at,
                    at: step.at,
                },
            });
            continue;
        }
        for one in goods {
            let there = left.entry(one.item).or_insert(Decimal::ZERO);
            if one.qty.get() > *there {
                let (item, left, qty) =
                    (book.trade.ids().name(one.item).to_owned(), *there, one.qty.get());
                faults.push(Fault {
                    position: step.position,
                    why: Rejection::ReturnExceedsShipment {
                        shipment: home.clone(),
                        item,
                        left,
                        qty,
                        on: step.at,
                    },
                });
                break;
            }
            *there -= one.qty.get();
        }
    }
    faults
}

/// The facts of an order that cannot stand under a lens.
pub(crate) fn faults_of_order(book: &Book, id: &str, lens: Lens<'_>) -> Vec<Position> {
    of_order(book, id, lens, None).into_iter().map(|f| f.position).collect()
}

/// The facts of a shipment and of its order that cannot stand under a lens.
pub(crate) fn faults_of_shipment(book: &Book, id: &str, lens: Lens<'_>) -> Vec<Position> {
    let mut faults = of_shipment(book, id, lens, None);
    if let Some(order) = book.trade.order_of_shipment(id, lens) {
        faults.extend(of_order(book, order, lens, None));
    }
    faults.into_iter().map(|f| f.position).collect()
}
