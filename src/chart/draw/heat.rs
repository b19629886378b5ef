//! Grids. Invariant: a cell has its number in it, so that its shade says nothing alone.

use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::{Legend, PX};
use crate::{
    canvas::{Canvas, WIDTH},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

const LABELS: i64 = 150 * PX;
const CELL: i64 = 30 * PX;
/// The most cells across and down.
const ACROSS_MAX: usize = 14;
const DOWN_MAX: usize = 24;
/// The shades, from least to most.
const SHADES: [&str; 5] = ["h0", "h1", "h2", "h3", "h4"];

/// What stands on one side, each once, as it comes.
fn heads(cast: &Cast<'_>, column: &str, most: usize) -> Vec<String> {
    let mut heads: Vec<String> = Vec::new();
    for row in &cast.rows {
        let head = cast.said(*row, column);
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    heads.truncate(most);
    heads
}

pub(super) fn draw(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    (x, y): (&str, &str),
    v: &str,
) -> Option<(i64, Legend)> {
    let (across, down) = (heads(cast, x, ACROSS_MAX), heads(cast, y, DOWN_MAX));
    let size = |row: &usize| cast.number(*row, v).abs();
    let most = cast.rows.iter().map(size).max().filter(|most| !most.is_zero())?;
    let shade = Scale::new((Decimal::ZERO, most), (0, SHADES.len() as i64 - 1));
    let wide = (WIDTH - LABELS) / i64::try_from(across.len()).unwrap_or(1).max(1);
    let wide = wide.min(96 * PX);
    let place = |n: usize| i64::try_from(n).unwrap_or_default();
    for (n, head) in across.iter().enumerate() {
        let middle = LABELS + wide * place(n) + wide / 2;
        canvas.text((middle, 14 * PX), Anchor::Middle, "soft", (head, wide - 4 * PX));
    }
    for (n, head) in down.iter().enumerate() {
        let line = 22 * PX + CELL * place(n) + 20 * PX;
        canvas.text((0, line), Anchor::Start, "", (head, LABELS - 8 * PX));
    }
    for row in cast.rows.iter().copied() {
        let (column, line) = (cast.said(row, x), cast.said(row, y));
        let at = across.iter().position(|head| *head == column);
        let Some((at, under)) = at.zip(down.iter().position(|head| *head == line)) else {
            continue;
        };
        let (left, top) = (LABELS + wide * place(at), 22 * PX + CELL * place(under));
        let class = SHADES[shade.at(size(&row)).to_usize().unwrap_or_default()];
        let shape = Shape::Rect { x: left, y: top, w: wide - 2 * PX, h: CELL - 2 * PX };
        canvas.mark(&cast.mark((row, v), &format!("{line}, {column}"), shape, class));
        let said = cast.said(row, v);
        let class = if matches!(class, "h3" | "h4") { "strong over" } else { "strong" };
        let middle = (left + wide / 2 - PX, top + 19 * PX);
        canvas.text(middle, Anchor::Middle, class, (&said, wide - 4 * PX));
    }
    Some((22 * PX + CELL * place(down.len()) + 4 * PX, Legend::new()))
}
