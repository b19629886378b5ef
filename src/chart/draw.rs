//! The kinds of pictures. Invariant: exhaustive over what can be declared, and each mark of them is
//! a cell of the table.

mod bars;
mod columns;
mod flow;
mod funnel;
mod heat;
mod lanes;
mod parts;
mod waterfall;

use rust_decimal::Decimal;
use sijil_projections::report::Draw;

use crate::{
    canvas::{Canvas, WIDTH},
    cast::Cast,
    mirror::Anchor,
    scale::Scale,
};

/// A pixel.
const PX: i64 = 100;
/// Where labels of rows end and bars begin.
const LABELS: i64 = 170 * PX;
/// Where bars end and what stands behind them begins.
const ENDS: i64 = WIDTH - 96 * PX;
/// The height of a row, and of its bar.
const ROW: i64 = 28 * PX;
const BAR: i64 = 16 * PX;
/// The most rows of a picture that has one for each.
const ROWS_MAX: usize = 20;
/// The classes of colours, in order.
const COLOURS: [&str; 6] = ["c0", "c1", "c2", "c3", "c4", "c5"];

type Legend = Vec<(&'static str, String)>;

/// The columns without which a picture cannot be drawn.
pub(crate) fn needed(draw: &Draw) -> Vec<&'static str> {
    match draw {
        Draw::Parts { parts, .. } => parts.to_vec(),
        Draw::Columns { x, y, .. } => [vec![*x], y.to_vec()].concat(),
        Draw::Bars { label, y, .. } => vec![*label, *y],
        Draw::Bullet { label, actual, target, .. } => vec![*label, *actual, *target],
        Draw::Steps { t, y, .. } => vec![*t, *y],
        Draw::Spread { label, mid, .. } => vec![*label, *mid],
        Draw::Lanes { lane, from, .. } => vec![*lane, *from],
        Draw::Funnel { .. }
        | Draw::Flow { .. }
        | Draw::Heat { .. }
        | Draw::Pareto { .. }
        | Draw::Waterfall { .. }
        | Draw::Tree { .. } => draw.columns(),
    }
}

/// Draws; `None` where no row has anything to show.
pub(crate) fn drawn(cast: &Cast<'_>, draw: &Draw, label: &str) -> Option<(String, Legend)> {
    let mut canvas = Canvas::new(cast.voice.direction());
    let (height, legend) = match *draw {
        Draw::Parts { of, parts } => parts::draw(cast, &mut canvas, of, parts),
        Draw::Columns { x, y, ghost } => columns::draw(cast, &mut canvas, x, (y, ghost)),
        Draw::Bars { label, y, mark } => bars::bars(cast, &mut canvas, label, (y, mark)),
        Draw::Funnel { stage, reached, lost } => {
            funnel::draw(cast, &mut canvas, stage, (reached, lost))
        }
        Draw::Flow { from, to, n } => flow::draw(cast, &mut canvas, (from, to), n),
        Draw::Heat { x, y, v } => heat::draw(cast, &mut canvas, (x, y), v),
        Draw::Pareto { label, v, class } => bars::pareto(cast, &mut canvas, label, (v, class)),
        Draw::Bullet { label, actual, target, expected, better } => {
            let goal = bars::Goal { target, expected, better };
            bars::bullet(cast, &mut canvas, (label, actual), &goal)
        }
        Draw::Steps { t, y, second } => lanes::steps(cast, &mut canvas, t, (y, second)),
        Draw::Waterfall { start, plus, minus, end } => {
            waterfall::draw(cast, &mut canvas, (start, end), (plus, minus))
        }
        Draw::Spread { label, mid, p90 } => bars::spread(cast, &mut canvas, label, (mid, p90)),
        Draw::Lanes { lane, from, to } => lanes::lanes(cast, &mut canvas, lane, (from, to)),
        Draw::Tree { path, plus, minus } => bars::tree(cast, &mut canvas, path, (plus, minus)),
    }?;
    Some((canvas.done(height, label), legend))
}

/// The first rows, the largest first by a number, and how many are left out; rows of nothing are
/// none.
fn largest(cast: &Cast<'_>, number: impl Fn(usize) -> Decimal) -> (Vec<usize>, usize) {
    let mut rows: Vec<usize> = cast.rows.clone();
    rows.retain(|row| !number(*row).is_zero());
    rows.sort_by_key(|row| std::cmp::Reverse(number(*row).abs()));
    let left = rows.len().saturating_sub(ROWS_MAX);
    rows.truncate(ROWS_MAX);
    (rows, left)
}

/// Says below what is drawn how many rows are not; gives the height with it.
fn footed(cast: &Cast<'_>, canvas: &mut Canvas, height: i64, left: usize) -> i64 {
    if left == 0 {
        return height;
    }
    let text = cast.voice.more(left);
    canvas.text((0, height + 14 * PX), Anchor::Start, "soft", (&text, WIDTH));
    height + 20 * PX
}

/// Round numbers on a scale across, each with a line from the top to the foot.
fn axis(cast: &Cast<'_>, canvas: &mut Canvas, scale: &Scale, (top, foot): (i64, i64)) {
    for tick in scale.ticks(5) {
        let x = scale.at(tick);
        canvas.line((x, top), (x, foot), if tick.is_zero() { "axis" } else { "grid" });
        let said = cast.voice.number(tick);
        canvas.text((x, foot + 14 * PX), Anchor::Middle, "soft", (&said, 90 * PX));
    }
}

/// The same on a scale upwards.
fn side(cast: &Cast<'_>, canvas: &mut Canvas, scale: &Scale, (start, end): (i64, i64)) {
    for tick in scale.ticks(5) {
        let y = scale.at(tick);
        canvas.line((start, y), (end, y), if tick.is_zero() { "axis" } else { "grid" });
        let said = cast.voice.number(tick);
        canvas.text((start - 6 * PX, y + 4 * PX), Anchor::End, "soft", (&said, start));
    }
}
