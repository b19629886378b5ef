//! What became of an order, line by line. Invariant: what was sent and sent back stands on one line
//! each, so lines come to what their order was sent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::kind,
    time::{Date, Timestamp},
};

use super::{DocumentLine, Goods, Listed, OrderDoc};
use crate::{
    Sym,
    report::{Context, Part, Sum},
};

/// A line of an order that names an item, and what became of it.
#[derive(Debug, Clone)]
pub(crate) struct LineOf {
    /// What was ordered, and where it stands among the order's lines.
    pub(crate) line: DocumentLine,
    pub(crate) number: usize,
    pub(crate) ordered: Sum,
    pub(crate) shipped: Sum,
    pub(crate) returned: Sum,
    /// When all of it had been sent, whatever came back, and the record that sent the last of it.
    pub(crate) complete: Option<(Timestamp, Position)>,
}

impl LineOf {
    /// What is still to be sent; nothing where more was sent than ordered.
    pub(crate) fn open(&self) -> Sum {
        let open = self.ordered.minus(&self.shipped).plus(&self.returned);
        if open.get() < Decimal::ZERO { open.nothing() } else { open }
    }
    /// Whether all of it was sent by the end of a day.
    pub(crate) fn is_complete_by(&self, ctx: &Context<'_>, day: Date) -> bool {
        self.complete.is_some_and(|(at, _)| ctx.day(at) <= day)
    }
}

/// The lines of an order that name items, with what was sent and sent back: on the line that goods
/// name, else on those of their item in the order of the lines, as far as they go.
pub(crate) fn lines(ctx: &Context<'_>, order: Listed<'_, kind::Order, OrderDoc>) -> Vec<LineOf> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    let all = trade.lines(order.doc.document.lines).enumerate();
    let mut lines: Vec<LineOf> = all
        .filter(|(_, line)| line.item.is_some())
        .map(|(number, line)| {
            let mut ordered = ctx.sum();
            ordered += Part::of(order.position, line.qty.get());
            let (shipped, returned) = (ctx.sum(), ctx.sum());
            LineOf { line, number, ordered, shipped, returned, complete: None }
        })
        .collect();
    let mut moves: Vec<((Timestamp, Position), Vec<Goods>, bool)> = Vec::new();
    for (shipment, sent) in trade.shipments(order.sym, lens) {
        moves.push((sent.order(), trade.goods_of(sent.what.goods), false));
        let back = trade.returns(shipment, lens);
        moves.extend(back.map(|back| (back.order(), trade.goods_of(back.what), true)));
    }
    moves.sort_by_key(|(when, _, _)| *when);
    for (when, goods, is_back) in moves {
        for one in goods {
            place(&mut lines, when, one, is_back);
        }
    }
    lines
}

/// Puts goods on the lines they belong to; what no line has room for goes to the last of them.
fn place(lines: &mut [LineOf], when: (Timestamp, Position), goods: Goods, is_back: bool) {
    let is_it = |line: &LineOf| match goods.line {
        Some(key) => line.line.key == key,
        None => line.line.item == Some(goods.item),
    };
    let which: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| is_it(line)).map(|(n, _)| n).collect();
    let mut left = goods.qty.get();
    for n in &which {
        let line = &mut lines[*n];
        let room = match is_back {
            true => line.shipped.get() - line.returned.get(),
            false => line.ordered.get() - line.shipped.get(),
        };
        let is_last = which.last() == Some(n);
        let qty = if is_last { left } else { left.min(room.max(Decimal::ZERO)) };
        if qty.is_zero() {
            continue;
        }
        left -= qty;
        let sum = if is_back { &mut line.returned } else { &mut line.shipped };
        *sum += Part::of(when.1, qty);
        if line.shipped.get() >= line.ordered.get() {
            line.complete.get_or_insert(when);
        }
    }
}

/// Hands out so much of each item over lines, in their order: as much as each has room for, and
/// what is over to the last.
pub(crate) fn over_lines(
    lines: &[LineOf],
    of_items: &[(Sym<kind::Item>, Part)],
    explain: bool,
) -> Vec<Sum> {
    let mut sums: Vec<Sum> = lines.iter().map(|_| Sum::new(explain)).collect();
    let mut last: BTreeMap<Sym<kind::Item>, usize> = BTreeMap::new();
    for (n, line) in lines.iter().enumerate() {
        last.extend(line.line.item.map(|item| (item, n)));
    }
    for (item, part) in of_items {
        let mut left = part.amount;
        for (n, line) in lines.iter().enumerate().filter(|(_, l)| l.line.item == Some(*item)) {
            let room = (line.ordered.get() - sums[n].get()).max(Decimal::ZERO);
            let qty = if last.get(item) == Some(&n) { left } else { left.min(room) };
            if !qty.is_zero() {
                sums[n] += Part::of(part.position, qty);
                left -= qty;
            }
        }
    }
    sums
}
