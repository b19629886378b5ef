//! Bars in parts. Invariant: a part that is not above zero has no bar; its cell says what it is.

use rust_decimal::Decimal;

use super::{BAR, COLOURS, ENDS, LABELS, Legend, PX, ROW, footed, largest};
use crate::{
    canvas::{Canvas, WIDTH, width_of},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

/// The most bars that are drawn high, with what each part is above it.
const HIGH_MAX: usize = 2;

pub(super) fn draw(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    of: Option<&str>,
    parts: &[&str],
) -> Option<(i64, Legend)> {
    let positive = |row: usize, part: &str| cast.number(row, part).max(Decimal::ZERO);
    let whole = |row: usize| parts.iter().map(|part| positive(row, part)).sum::<Decimal>();
    let (rows, left) = largest(cast, whole);
    if rows.is_empty() {
        return None;
    }
    let is_high = rows.len() <= HIGH_MAX;
    let (start, end) = if is_high { (0, WIDTH) } else { (LABELS, ENDS) };
    let scale = Scale::of(rows.iter().map(|row| whole(*row)), (start, end));
    let mut y = 0;
    for row in rows {
        let name = of.filter(|of| cast.has(of)).map(|of| cast.said(row, of));
        let name = name.unwrap_or_else(|| cast.row_name(row));
        let (top, high) = if is_high { (y + 36 * PX, 28 * PX) } else { (y + 6 * PX, BAR) };
        if !is_high {
            let text = (top + 12 * PX, (&*name, LABELS - 10 * PX));
            canvas.text((0, text.0), Anchor::Start, "", text.1);
        }
        let (mut before, mut free) = (Decimal::ZERO, 0);
        for (part, class) in parts.iter().zip(COLOURS.iter().cycle()) {
            let amount = positive(row, part);
            let (from, to) = (scale.at(before), scale.at(before + amount));
            before += amount;
            if to == from {
                continue;
            }
            let wide = (to - from - PX).max(PX);
            let shape = Shape::Rect { x: from, y: top, w: wide, h: high };
            canvas.mark(&cast.mark((row, part), &name, shape, class));
            // Said above where it does not stand over what was said before.
            let (heading, said) = (cast.heading(part), cast.said(row, part));
            let room = width_of(&heading).max(width_of(&said));
            if is_high && from >= free && from + room <= WIDTH {
                canvas.text((from, top - 22 * PX), Anchor::Start, "soft", (&heading, room));
                canvas.text((from, top - 6 * PX), Anchor::Start, "strong", (&said, room));
                free = from + room + 8 * PX;
            }
        }
        y += if is_high { 76 * PX } else { ROW };
    }
    let legend = COLOURS.into_iter().cycle().zip(parts.iter().map(|part| cast.heading(part)));
    let height = footed(cast, canvas, y, left);
    Some((height, legend.collect()))
}
