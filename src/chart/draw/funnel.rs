//! Funnels. Invariant: a stage is as wide as what reached it, and the widest fills the picture.

use rust_decimal::Decimal;

use super::{ENDS, LABELS, Legend, PX};
use crate::{
    canvas::{Canvas, WIDTH},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

const STAGE: i64 = 40 * PX;
/// The most stages.
const STAGES_MAX: usize = 16;

pub(super) fn draw(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    stage: &str,
    (reached, lost): (&str, &str),
) -> Option<(i64, Legend)> {
    let rows: Vec<usize> = cast.rows.iter().copied().take(STAGES_MAX).collect();
    let number = |row: usize| cast.number(row, reached).max(Decimal::ZERO);
    if rows.iter().all(|row| number(*row).is_zero()) {
        return None;
    }
    let scale = Scale::of(rows.iter().map(|row| number(*row)), (0, (ENDS - LABELS) / 2));
    let middle = i64::midpoint(LABELS, ENDS);
    let sides = |row: usize| {
        let half = scale.at(number(row)).max(PX);
        (middle - half, middle + half)
    };
    let mut y = 0;
    for (n, row) in rows.iter().copied().enumerate() {
        let name = cast.row_name(row);
        let shown = cast.said(row, stage);
        let line = y + 23 * PX;
        canvas.text((0, line), Anchor::Start, "", (&shown, LABELS - 10 * PX));
        let foot = rows.get(n + 1).map_or_else(|| sides(row), |next| sides(*next));
        let shape = Shape::Stage { top: sides(row), foot, y, h: STAGE - 3 * PX };
        canvas.mark(&cast.mark((row, reached), &name, shape, "c0"));
        let said = cast.said(row, reached);
        canvas.text((middle, line), Anchor::Middle, "strong halo", (&said, ENDS - LABELS));
        let gone = cast.number(row, lost);
        if !gone.is_zero() {
            let said = format!("−{}", cast.said(row, lost));
            canvas.text((WIDTH - 16 * PX, line), Anchor::End, "soft", (&said, WIDTH - ENDS));
            let shape = Shape::Dot { x: WIDTH - 6 * PX, y: line - 4 * PX, r: 5 * PX };
            canvas.mark(&cast.mark((row, lost), &name, shape, "c2"));
        }
        y += STAGE;
    }
    let legend = vec![("c0", cast.heading(reached)), ("c2", cast.heading(lost))];
    Some((y, legend))
}
