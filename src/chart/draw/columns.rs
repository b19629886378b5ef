//! Columns over time. Invariant: what is negative stands below zero, and a column of nothing is a
//! hair, so that a period without anything is seen.

use rust_decimal::Decimal;

use super::{COLOURS, Legend, PX, side};
use crate::{
    canvas::{Canvas, WIDTH, width_of},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

const START: i64 = 76 * PX;
const TOP: i64 = 10 * PX;
const FOOT: i64 = 230 * PX;
/// The most columns: the last ones are shown.
const COLUMNS_MAX: usize = 36;

pub(super) fn draw(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    x: &str,
    (heights, ghost): (&[&str], Option<&str>),
) -> Option<(i64, Legend)> {
    let left = cast.rows.len().saturating_sub(COLUMNS_MAX);
    let rows = &cast.rows[left..];
    let ghost = ghost.filter(|ghost| cast.has(ghost));
    let stack = |row: usize| {
        let numbers = heights.iter().map(move |height| cast.number(row, height));
        let (up, down): (Vec<_>, Vec<_>) = numbers.partition(|number| *number > Decimal::ZERO);
        [up.into_iter().sum::<Decimal>(), down.into_iter().sum::<Decimal>()]
    };
    let ghosts = rows.iter().filter_map(|row| ghost.map(|ghost| cast.number(*row, ghost)));
    let numbers: Vec<Decimal> = rows.iter().flat_map(|row| stack(*row)).chain(ghosts).collect();
    if numbers.iter().all(Decimal::is_zero) {
        return None;
    }
    let scale = Scale::of(numbers, (FOOT, TOP));
    side(cast, canvas, &scale, (START, WIDTH));
    let slot = (WIDTH - START) / i64::try_from(rows.len()).unwrap_or(1).max(1);
    let wide = (slot * 7 / 10).min(46 * PX);
    let mut free = 0;
    for (n, row) in rows.iter().copied().enumerate() {
        let at = START + slot * i64::try_from(n).unwrap_or_default() + (slot - wide) / 2;
        let name = cast.said(row, x);
        if let Some(ghost) = ghost {
            let number = cast.number(row, ghost);
            let (a, b) = (scale.at(Decimal::ZERO), scale.at(number));
            let high = (a - b).abs().max(PX);
            let shape = Shape::Rect { x: at - 3 * PX, y: a.min(b), w: wide + 6 * PX, h: high };
            canvas.mark(&cast.mark((row, ghost), &name, shape, "ghost"));
        }
        let (mut up, mut down) = (Decimal::ZERO, Decimal::ZERO);
        for (height, class) in heights.iter().zip(COLOURS.iter().cycle()) {
            let number = cast.number(row, height);
            let from = if number < Decimal::ZERO { &mut down } else { &mut up };
            let (a, b) = (scale.at(*from), scale.at(*from + number));
            *from += number;
            let shape = Shape::Rect { x: at, y: a.min(b), w: wide, h: (a - b).abs().max(PX) };
            canvas.mark(&cast.mark((row, height), &name, shape, class));
        }
        let (middle, room) = (at + wide / 2, width_of(&name));
        if middle - room / 2 >= free && middle + room / 2 <= WIDTH + 4 * PX {
            canvas.text((middle, FOOT + 18 * PX), Anchor::Middle, "soft", (&name, room));
            free = middle + room / 2 + 8 * PX;
        }
    }
    let headings = heights.iter().map(|height| cast.heading(height));
    let legend: Legend = COLOURS.into_iter().cycle().zip(headings).collect();
    let ghost = ghost.map(|ghost| ("ghost", cast.heading(ghost)));
    Some((FOOT + 26 * PX, legend.into_iter().chain(ghost).collect()))
}
