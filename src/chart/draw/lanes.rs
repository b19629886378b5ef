//! Time: values that stay until they change, and lanes with spans. Invariant: time runs the way the
//! reader reads.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use sijil_schemas::time::Timestamp;

use super::{LABELS, Legend, PX, ROW, ROWS_MAX, footed, side};
use crate::{
    canvas::{Canvas, WIDTH},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

/// The most points of a line: the last ones are shown.
const POINTS_MAX: usize = 120;

/// The days at the two ends of a stretch of time.
fn ends(canvas: &mut Canvas, scale: &Scale, (from, to): (Decimal, Decimal), y: i64) {
    for (moment, anchor) in [(from, Anchor::Start), (to, Anchor::End)] {
        let micros = moment.to_i64().unwrap_or_default();
        let day = Timestamp::from_micros(micros)
            .map_or(String::new(), |at| at.date(&jiff::tz::TimeZone::UTC).to_string());
        canvas.text((scale.at(moment), y), anchor, "soft", (&day, 90 * PX));
    }
}

fn stretch(moments: impl IntoIterator<Item = Decimal>) -> Option<(Decimal, Decimal)> {
    moments.into_iter().fold(None, |stretch: Option<(Decimal, Decimal)>, at| {
        Some(stretch.map_or((at, at), |(from, to)| (from.min(at), to.max(at))))
    })
}

/// A line of steps, and another below it in a band of its own.
pub(super) fn steps(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    t: &str,
    (value, second): (&str, Option<&str>),
) -> Option<(i64, Legend)> {
    let mut points: Vec<(Decimal, usize)> =
        cast.rows.iter().filter_map(|row| Some((cast.moment(*row, t)?, *row))).collect();
    points.sort_by_key(|(at, _)| *at);
    let points = &points[points.len().saturating_sub(POINTS_MAX)..];
    let span = stretch(points.iter().map(|(at, _)| *at))?;
    let start = 76 * PX;
    let across = Scale::new(span, (start, WIDTH - 8 * PX));
    let mut top = 0;
    let bands = [Some(value), second.filter(|second| cast.has(second))];
    for (column, class) in bands.into_iter().flatten().zip(["c0", "c2"]) {
        let foot = top + 150 * PX;
        let numbers = points.iter().map(|(_, row)| cast.number(*row, column));
        let up = Scale::of(numbers, (foot, top + 14 * PX));
        side(cast, canvas, &up, (start, WIDTH));
        let mut before: Option<(i64, i64)> = None;
        for (at, row) in points {
            let (x, y) = (across.at(*at), up.at(cast.number(*row, column)));
            if let Some((from, level)) = before {
                canvas.line((from, level), (x, level), "trace");
                canvas.line((x, level), (x, y), "trace");
            }
            before = Some((x, y));
        }
        for (at, row) in points {
            let (x, y) = (across.at(*at), up.at(cast.number(*row, column)));
            let shape = Shape::Dot { x, y, r: 4 * PX };
            canvas.mark(&cast.mark((*row, column), &cast.row_name(*row), shape, class));
        }
        top = foot + 16 * PX;
    }
    ends(canvas, &across, span, top + 6 * PX);
    let named = bands.into_iter().flatten().zip(["c0", "c2"]);
    let legend = named.map(|(column, class)| (class, cast.heading(column))).collect();
    Some((top + 14 * PX, legend))
}

/// A lane for each of its values, with spans or dots.
pub(super) fn lanes(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    lane: &str,
    (from, to): (&str, Option<&str>),
) -> Option<(i64, Legend)> {
    let to = to.filter(|to| cast.has(to));
    let begins = |row: usize| cast.moment(row, from);
    let until = |row: usize| to.and_then(|to| cast.moment(row, to));
    let moments = cast.rows.iter().flat_map(|row| [begins(*row), until(*row)]).flatten();
    let span = stretch(moments)?;
    let across = Scale::new(span, (LABELS, WIDTH - 8 * PX));
    let mut names: Vec<String> = Vec::new();
    for row in &cast.rows {
        let name = cast.said(*row, lane);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let left = names.len().saturating_sub(ROWS_MAX);
    names.truncate(ROWS_MAX);
    let place = |n: usize| ROW * i64::try_from(n).unwrap_or_default();
    for (n, name) in names.iter().enumerate() {
        let line = place(n) + 18 * PX;
        canvas.text((0, line), Anchor::Start, "", (name, LABELS - 10 * PX));
        canvas.line((LABELS, place(n) + 14 * PX), (WIDTH, place(n) + 14 * PX), "grid");
    }
    for row in cast.rows.iter().copied() {
        let name = cast.said(row, lane);
        let Some((n, begin)) = names.iter().position(|known| *known == name).zip(begins(row))
        else {
            continue;
        };
        let (x, y) = (across.at(begin), place(n) + 14 * PX);
        match until(row).map(|end| across.at(end)) {
            Some(end) => {
                let wide = (end - x).max(2 * PX);
                let shape = Shape::Rect { x, y: y - 6 * PX, w: wide, h: 12 * PX };
                canvas.mark(&cast.mark((row, from), &name, shape, "c0"));
            }
            None => {
                let shape = Shape::Dot { x, y, r: 5 * PX };
                canvas.mark(&cast.mark((row, from), &name, shape, "c1"));
            }
        }
    }
    let foot = place(names.len());
    ends(canvas, &across, span, foot + 16 * PX);
    Some((footed(cast, canvas, foot + 22 * PX, left), Legend::new()))
}
