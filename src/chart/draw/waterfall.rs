//! Waterfalls. Invariant: each step begins where the one before it ended.

use rust_decimal::Decimal;

use super::{Legend, PX, side};
use crate::{
    canvas::{Canvas, WIDTH, width_of},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

const START: i64 = 76 * PX;
const FOOT: i64 = 200 * PX;
/// The most rows of which each is drawn.
const ROWS_MAX: usize = 3;

pub(super) fn draw(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    (start, end): (&str, &str),
    (plus, minus): (&[&str], &[&str]),
) -> Option<(i64, Legend)> {
    let mut y = 0;
    for row in cast.rows.iter().copied().take(ROWS_MAX) {
        let came = plus.iter().map(|column| (*column, cast.number(row, column)));
        let went = minus.iter().map(|column| (*column, -cast.number(row, column)));
        // What neither came nor went takes no room; its cell says so.
        let steps: Vec<(&str, Decimal)> =
            came.chain(went).filter(|(_, step)| !step.is_zero()).collect();
        let first = cast.number(row, start);
        let mut levels = vec![first];
        for (_, step) in &steps {
            levels.push(levels[levels.len() - 1] + step);
        }
        if levels.iter().all(Decimal::is_zero) {
            continue;
        }
        let name = cast.row_name(row);
        let mut places = levels.clone();
        places.push(cast.number(row, end));
        let scale = Scale::of(places, (y + FOOT, y + 44 * PX));
        if cast.rows.len() > 1 {
            canvas.text((0, y + 14 * PX), Anchor::Start, "strong", (&name, WIDTH));
        }
        side(cast, canvas, &scale, (START, WIDTH));
        let count = i64::try_from(steps.len()).unwrap_or_default() + 2;
        let slot = (WIDTH - START) / count;
        let wide = (slot * 7 / 10).min(110 * PX);
        let ends = std::iter::once((start, Decimal::ZERO, first));
        let changes =
            steps.iter().zip(&levels).map(|((column, by), from)| (*column, *from, *from + by));
        let last = std::iter::once((end, Decimal::ZERO, cast.number(row, end)));
        for (n, (column, from, to)) in ends.chain(changes).chain(last).enumerate() {
            let at = START + slot * i64::try_from(n).unwrap_or_default() + (slot - wide) / 2;
            let (a, b) = (scale.at(from), scale.at(to));
            let class = match (column == start || column == end, to < from) {
                (true, _) => "c0",
                (false, false) => "c1",
                (false, true) => "c2",
            };
            let shape = Shape::Rect { x: at, y: a.min(b), w: wide, h: (a - b).abs().max(PX) };
            canvas.mark(&cast.mark((row, column), &name, shape, class));
            // Beside each other they stand on two lines, so that no number is cut.
            let (middle, lower) = (at + wide / 2, i64::try_from(n % 2).unwrap_or_default());
            let (said, heading) = (cast.said(row, column), cast.heading(column));
            let place = |text: &str| middle.min(WIDTH - width_of(text) / 2);
            let line = (place(&said), a.min(b) - 5 * PX - lower * 14 * PX);
            canvas.text(line, Anchor::Middle, "strong", (&said, width_of(&said)));
            let line = (place(&heading), y + FOOT + 18 * PX + lower * 14 * PX);
            canvas.text(line, Anchor::Middle, "soft", (&heading, slot * 2 - 6 * PX));
        }
        y += FOOT + 46 * PX;
    }
    (y > 0).then_some((y, Legend::new()))
}
