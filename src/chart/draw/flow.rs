//! Streams from one thing to another. Invariant: the streams that leave a thing are together as
//! wide as it, and so are those that reach one.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{COLOURS, Legend, PX, footed, largest};
use crate::{
    canvas::{Canvas, WIDTH},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

const SIDE: i64 = 170 * PX;
const GAP: i64 = 12 * PX;
/// How high all streams are together.
const HIGH: i64 = 240 * PX;

/// The things of one side, in order, each with where its next stream begins.
fn side(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    (rows, column): (&[usize], &str),
    high: impl Fn(usize) -> i64,
    is_first: bool,
) -> (BTreeMap<String, i64>, i64) {
    let mut sizes: BTreeMap<String, i64> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for row in rows {
        let name = cast.said(*row, column);
        if !sizes.contains_key(&name) {
            order.push(name.clone());
        }
        *sizes.entry(name).or_default() += high(*row);
    }
    let (mut begins, mut y) = (BTreeMap::new(), 0);
    for name in order {
        let size = sizes[&name];
        let (x, anchor) = if is_first {
            (SIDE - 8 * PX, Anchor::End)
        } else {
            (WIDTH - SIDE + 8 * PX, Anchor::Start)
        };
        canvas.text((x, y + size / 2 + 4 * PX), anchor, "", (&name, SIDE - 10 * PX));
        begins.insert(name, y);
        y += size.max(14 * PX) + GAP;
    }
    (begins, y)
}

pub(super) fn draw(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    (from, to): (&str, &str),
    n: &str,
) -> Option<(i64, Legend)> {
    let number = |row: usize| cast.number(row, n).max(Decimal::ZERO);
    let (rows, left) = largest(cast, number);
    let all: Decimal = rows.iter().map(|row| number(*row)).sum();
    if all.is_zero() {
        return None;
    }
    let scale = Scale::new((Decimal::ZERO, all), (0, HIGH));
    let high = |row: usize| scale.at(number(row)).max(PX);
    let (mut out, first) = side(cast, canvas, (&rows, from), high, true);
    let (mut into, second) = side(cast, canvas, (&rows, to), high, false);
    let colours: BTreeMap<String, &'static str> =
        out.keys().cloned().zip(COLOURS.into_iter().cycle()).collect();
    for row in rows {
        let (a, b) = (cast.said(row, from), cast.said(row, to));
        let (above, below) = (out.get_mut(&a)?, into.get_mut(&b)?);
        let wide = high(row);
        let ends = (SIDE, WIDTH - SIDE);
        let shape = Shape::Stream { from: ends.0, to: ends.1, above: *above, below: *below, wide };
        *above += wide;
        *below += wide;
        let class = colours[&a];
        canvas.mark(&cast.mark((row, n), &format!("{a} → {b}"), shape, class));
    }
    Some((footed(cast, canvas, first.max(second), left), Legend::new()))
}
