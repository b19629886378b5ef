//! Goods kept for others. Invariant: sales, productions and transfers leave what others have
//! reserved, then and later, unless a policy of the date lets them take it; losses and counts are
//! facts and are never barred.

use rust_decimal::Decimal;
use sijil_projections::{
    Dated, EntitySym, Sym, steps,
    stock::{Move, Moved},
};
use sijil_schemas::{
    IssueReason, Position,
    event::Stock,
    id::{EntityRef, Kind, ReservationId, kind},
};

use super::{Change, Order, Place, changes, is_checked, line::Line};
use crate::{Book, Rejection};

/// What an event takes for somebody: whose reservations are its own.
struct Taking<'a> {
    refs: &'a [EntityRef],
    reservation: Option<&'a ReservationId>,
}

/// Refuses what takes goods that others have reserved, at its own date or at any later moment.
pub(super) fn check(book: &Book, order: Order, event: &Stock) -> Result<(), Rejection> {
    let Some(taking) = taking(event) else { return Ok(()) };
    for change in
        changes(book, event).iter().filter(|change| change.steps.iter().any(|step| step.takes()))
    {
        check_change(book, order, change, &taking)?;
    }
    Ok(())
}

/// What an event takes away of free will; `None` where it takes nothing, or only says what is gone.
fn taking(event: &Stock) -> Option<Taking<'_>> {
    match event {
        Stock::GoodsIssued(e) if e.reason == IssueReason::Loss => None,
        Stock::GoodsIssued(e) => {
            Some(Taking { refs: &e.refs, reservation: e.reservation.as_ref() })
        }
        Stock::GoodsTransferred(e) => Some(Taking { refs: &e.refs, reservation: None }),
        Stock::ProductionCompleted(e) => Some(Taking { refs: &e.refs, reservation: None }),
        Stock::PurchaseOrderLinesAdded(_) => None,
        Stock::WarehouseRegistered(_)
        | Stock::PurchaseOrderPlaced(_)
        | Stock::PurchaseOrderClosed(_)
        | Stock::GoodsReceived(_) => None,
        Stock::StockReserved(_)
        | Stock::ReservationReleased(_)
        | Stock::StockCounted(_)
        | Stock::StockAdjusted(_)
        | Stock::ReceiptCostAdjusted(_) => None,
    }
}

/// The reservations that goods may be taken from: the one that is named, and those for an order,
/// shipment or deal among the refs.
fn own(
    book: &Book,
    refs: impl Iterator<Item = EntitySym>,
    named: Option<Sym<kind::Reservation>>,
) -> Vec<Sym<kind::Reservation>> {
    let ours =
        refs.filter(|entity| matches!(entity.kind, Kind::Order | Kind::Shipment | Kind::Deal));
    let kept = ours.flat_map(|entity| book.stock.kept_for(Some(entity), book.side()));
    let mut all: Vec<_> = kept.chain(named).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What some reservations hold at a place from a moment on.
fn held_by(
    book: &Book,
    reservations: &[Sym<kind::Reservation>],
    place: Place,
    order: Order,
) -> Line {
    let holdings = reservations.iter().map(|r| book.stock.holding(Some(*r)));
    let here = holdings.filter(|h| {
        h.opening(book.now()).is_some_and(|o| (o.what.item, o.what.warehouse) == place)
    });
    let steps = here.flat_map(|h| h.steps(book.side(), |_, p| book.now().known(p), None));
    Line::of_steps(steps.map(|s| ((s.at, s.position), s.delta)).collect(), order)
}

fn ignored(book: &Book, (item, warehouse): Place, order: Order) -> bool {
    book.stock.may_take_reserved(item, warehouse, order.0, book.now())
}

fn check_change(
    book: &Book,
    order: Order,
    change: &Change,
    taking: &Taking<'_>,
) -> Result<(), Rejection> {
    let place = (change.item, change.warehouse);
    let Some(stand) = book.stands.at(place.0, place.1).filter(|stand| !stand.held().is_empty())
    else {
        return Ok(());
    };
    let before = stand.on_hand().at(order);
    let fewer = before - change.steps.iter().fold(before, |quantity, step| step.after(quantity));
    // Where everything that anybody reserved is left, what others did is.
    if stand.least_free(order, false).is_none_or(|least| least < fewer) {
        return walk_change(book, order, change, taking);
    }
    let walked = || walk_change(book, order, change, taking);
    debug_assert!(
        !is_checked(book, place.0) || steps::uncounted(walked).is_ok(),
        "more is free than the walk finds"
    );
    Ok(())
}

fn walk_change(
    book: &Book,
    order: Order,
    change: &Change,
    taking: &Taking<'_>,
) -> Result<(), Rejection> {
    let place = (change.item, change.warehouse);
    let held = Line::of(book.stands.held(place.0, place.1), order, &[], None);
    if held.is_zero() || ignored(book, place, order) {
        return Ok(());
    }
    let ids = book.stock.ids();
    let named = taking.reservation.and_then(|id| ids.find(id.as_str()));
    let refs = taking.refs.iter().filter_map(|entity| ids.find_entity(entity));
    let others = held.less(&held_by(book, &own(book, refs, named), place, order));
    let shelf = book.stands.shelf(place.0, place.1);
    let (was, would) =
        (Line::of(shelf, order, &[], None), Line::of(shelf, order, &change.steps, None));
    let asked = was.before - would.before;
    let short = |reserved: Decimal, on_hand: Decimal, position: Option<Position>| {
        Rejection::ReservedForOthers {
            goods: format!(
                "item {} in warehouse {}",
                book.stock.item_name(place.0),
                book.stock.warehouse_name(place.1)
            ),
            at: order.0,
            reserved,
            most: (asked + on_hand - reserved).max(Decimal::ZERO),
            asked,
            position,
        }
    };
    if asked > Decimal::ZERO && is_short(would.before, others.before) {
        return Err(short(others.before, would.before, None));
    }
    for end in would.ends(&others) {
        let (before, after, reserved) = (was.at(end), would.at(end), others.at(end));
        // What was short already bars nothing new.
        if before != after
            && is_short(after, reserved)
            && !is_short(before, reserved)
            && !ignored(book, place, end)
        {
            return Err(short(reserved, after, last_at(&would, &others, end)));
        }
    }
    Ok(())
}

/// Whether less is there than others have reserved, if they have reserved anything.
fn is_short(on_hand: Decimal, others: Decimal) -> bool {
    others > Decimal::ZERO && on_hand < others
}

/// The last record that changes either quantity by a moment.
fn last_at(one: &Line, other: &Line, end: Order) -> Option<Position> {
    let last =
        |line: &Line| line.after.iter().rev().map(|(order, _)| *order).find(|order| *order <= end);
    last(one).max(last(other)).map(|(_, position)| position)
}

/// The records that took what was free, and that would have taken what others had reserved: by (on
/// hand, held) as it is and as it would be.
pub(super) fn barred(
    book: &Book,
    place: Place,
    (on_hand, held): (&Line, &Line),
    (new_on_hand, new_held): (&Line, &Line),
) -> Vec<Position> {
    if new_held.is_zero() {
        return Vec::new();
    }
    let judge =
        |on_hand: &Line, held: &Line| Judge { last_short: last_short(book, place, on_hand, held) };
    let (was, would) = (judge(on_hand, held), judge(new_on_hand, new_held));
    let mut all = Vec::new();
    for fact in
        book.stock.moves(place.0).counting(book.now()).filter(|f| takes_from(&f.what, place))
    {
        let (order, own) = (fact.order(), own_of(book, &fact));
        if on_hand.after.first().is_none_or(|(first, _)| order < *first)
            || ignored(book, place, order)
        {
            continue;
        }
        let kept = (!own.is_empty()).then(|| held_by(book, &own, place, order));
        if would.bars(book, place, order, (new_on_hand, new_held), kept.as_ref())
            && !was.bars(book, place, order, (on_hand, held), kept.as_ref())
        {
            all.push(fact.position);
        }
    }
    all
}

/// Judges what was taken of a place, the last moment at which too little is there known.
struct Judge {
    last_short: Option<Order>,
}

impl Judge {
    /// Whether a record that took goods would have been refused, given what its own reservations
    /// hold.
    fn bars(
        &self,
        book: &Book,
        place: Place,
        order: Order,
        (on_hand, held): (&Line, &Line),
        own: Option<&Line>,
    ) -> bool {
        let Some(own) = own else {
            return is_short(on_hand.at(order), held.at(order))
                || self.last_short.is_some_and(|last| last.0 > order.0);
        };
        let others = held.less(own);
        let later = on_hand
            .ends(&others)
            .into_iter()
            .filter(|end| end.0 > order.0 && !ignored(book, place, *end));
        std::iter::once(order).chain(later).any(|end| is_short(on_hand.at(end), others.at(end)))
    }
}

fn last_short(book: &Book, place: Place, on_hand: &Line, held: &Line) -> Option<Order> {
    on_hand
        .ends(held)
        .into_iter()
        .rev()
        .find(|end| is_short(on_hand.at(*end), held.at(*end)) && !ignored(book, place, *end))
}

fn own_of(book: &Book, fact: &Dated<Move>) -> Vec<Sym<kind::Reservation>> {
    let named = match fact.what.what {
        Moved::Issued { reservation, .. } => reservation,
        Moved::Received { .. }
        | Moved::Transferred { .. }
        | Moved::Counted { .. }
        | Moved::Adjusted { .. }
        | Moved::CostAdjusted { .. } => None,
        Moved::Consumed { .. } | Moved::Produced { .. } | Moved::Billed { .. } => None,
    };
    own(book, book.stock.refs(fact.what.refs), named)
}

/// Whether a move takes goods from a place of free will.
fn takes_from(what: &Move, (_, place): Place) -> bool {
    match what.what {
        Moved::Issued { warehouse, reason, .. } => {
            warehouse == place && reason != IssueReason::Loss
        }
        Moved::Transferred { from, .. } => from == place,
        Moved::Consumed { warehouse, .. } => warehouse == place,
        Moved::Received { .. }
        | Moved::Counted { .. }
        | Moved::Adjusted { .. }
        | Moved::CostAdjusted { .. } => false,
        Moved::Produced { .. } | Moved::Billed { .. } => false,
    }
}

/// The records that took what others had reserved by leave of a policy that would not have been
/// there.
pub(super) fn dependants_of_policy(
    book: &Book,
    place: Place,
    leave: impl Fn(Order) -> bool,
) -> Vec<Position> {
    let start = (sijil_schemas::time::Timestamp::MIN, Position::new(0));
    let held = Line::of(book.stands.held(place.0, place.1), start, &[], None);
    if held.is_zero() {
        return Vec::new();
    }
    let on_hand = Line::of(book.stands.shelf(place.0, place.1), start, &[], None);
    let judge = Judge { last_short: last_short(book, place, &on_hand, &held) };
    let takings = book
        .stock
        .moves(place.0)
        .counting(book.now())
        .filter(|f| takes_from(&f.what, place) && leave(f.order()));
    let barred = takings.filter(|fact| {
        let own = own_of(book, fact);
        let kept = (!own.is_empty()).then(|| held_by(book, &own, place, fact.order()));
        judge.bars(book, place, fact.order(), (&on_hand, &held), kept.as_ref())
    });
    barred.map(|fact| fact.position).collect()
}
