//! Bars across: ranks, bands of classes, targets, spreads and trees. Invariant: one row of the
//! table is one row of the picture.

use rust_decimal::Decimal;

use super::{BAR, COLOURS, ENDS, LABELS, Legend, PX, ROW, axis, footed, largest};
use crate::{
    canvas::{Canvas, WIDTH, width_of},
    cast::Cast,
    mark::Shape,
    mirror::Anchor,
    scale::Scale,
};

/// A bar between two numbers of a scale; one of nothing is a hair.
fn bar(scale: &Scale, (from, to): (Decimal, Decimal), y: i64, h: i64) -> Shape {
    let (a, b) = (scale.at(from.min(to)), scale.at(from.max(to)));
    Shape::Rect { x: a, y, w: (b - a).max(PX), h }
}

fn labelled(cast: &Cast<'_>, canvas: &mut Canvas, (row, label): (usize, &str), y: i64) -> String {
    let name = cast.said(row, label);
    canvas.text((0, y + 12 * PX), Anchor::Start, "", (&name, LABELS - 10 * PX));
    name
}

/// What a cell says, behind its bar.
fn behind(cast: &Cast<'_>, canvas: &mut Canvas, (row, column): (usize, &str), y: i64) {
    let said = cast.said(row, column);
    canvas.text((WIDTH, y + 12 * PX), Anchor::End, "strong halo", (&said, width_of(&said)));
}

/// The longest first, each with a mark on it if there is one.
pub(super) fn bars(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    label: &str,
    (length, mark): (&str, Option<&str>),
) -> Option<(i64, Legend)> {
    let (rows, left) = largest(cast, |row| cast.number(row, length));
    if rows.is_empty() {
        return None;
    }
    let mark = mark.filter(|mark| cast.has(mark));
    let marked = rows.iter().filter_map(|row| mark.map(|mark| cast.number(*row, mark)));
    let numbers = rows.iter().map(|row| cast.number(*row, length)).chain(marked);
    let scale = Scale::of(numbers, (LABELS, ENDS));
    let foot = ROW * i64::try_from(rows.len()).unwrap_or_default();
    axis(cast, canvas, &scale, (0, foot));
    let mut y = 6 * PX;
    for row in rows {
        let name = labelled(cast, canvas, (row, label), y);
        let number = cast.number(row, length);
        let class = if number < Decimal::ZERO { "bad" } else { "c0" };
        let shape = bar(&scale, (Decimal::ZERO, number), y, BAR);
        canvas.mark(&cast.mark((row, length), &name, shape, class));
        if let Some(mark) = mark {
            let x = scale.at(cast.number(row, mark)) - PX;
            let shape = Shape::Rect { x, y: y - 3 * PX, w: 3 * PX, h: BAR + 6 * PX };
            canvas.mark(&cast.mark((row, mark), &name, shape, "ink"));
        }
        behind(cast, canvas, (row, length), y);
        y += ROW;
    }
    let legend = mark.map(|mark| vec![("c0", cast.heading(length)), ("ink", cast.heading(mark))]);
    Some((footed(cast, canvas, foot + 20 * PX, left), legend.unwrap_or_default()))
}

/// The same in bands of classes, and after each the share of all that was reached.
pub(super) fn pareto(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    label: &str,
    (length, class): (&str, &str),
) -> Option<(i64, Legend)> {
    let number = |row: usize| cast.number(row, length);
    let all: Decimal = cast.rows.iter().map(|row| number(*row).max(Decimal::ZERO)).sum();
    let (rows, left) = largest(cast, number);
    if rows.is_empty() || all.is_zero() {
        return None;
    }
    let scale = Scale::of(rows.iter().map(|row| number(*row)), (LABELS, ENDS));
    let share = Scale::new((Decimal::ZERO, all), (LABELS, ENDS));
    let mut classes: Vec<String> = Vec::new();
    let (mut y, mut reached, mut before) = (6 * PX, Decimal::ZERO, None);
    for row in rows {
        let name = labelled(cast, canvas, (row, label), y);
        let band = cast.said(row, class);
        let at = classes.iter().position(|known| *known == band).unwrap_or_else(|| {
            classes.push(band.clone());
            classes.len() - 1
        });
        let colour = COLOURS[at % COLOURS.len()];
        let shape = bar(&scale, (Decimal::ZERO, number(row)), y, BAR);
        canvas.mark(&cast.mark((row, length), &format!("{name}, {band}"), shape, colour));
        reached += number(row).max(Decimal::ZERO);
        let point = (share.at(reached), y + BAR / 2);
        if let Some(before) = before {
            canvas.line(before, point, "trace");
        }
        before = Some(point);
        behind(cast, canvas, (row, length), y);
        y += ROW;
    }
    let legend = COLOURS.into_iter().cycle().zip(classes).collect();
    Some((footed(cast, canvas, y, left), legend))
}

/// What an actual number is held against.
pub(super) struct Goal<'a> {
    pub(super) target: &'a str,
    pub(super) expected: Option<&'a str>,
    pub(super) better: Option<&'a str>,
}

/// What was reached, over what should be there by now, with a mark at what was to be.
pub(super) fn bullet(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    (label, actual): (&str, &str),
    goal: &Goal<'_>,
) -> Option<(i64, Legend)> {
    let number = |row: usize, column: &str| cast.number(row, column);
    let expected = goal.expected.filter(|expected| cast.has(expected));
    let most = |row: usize| {
        let by_now = expected.map_or(Decimal::ZERO, |expected| number(row, expected));
        number(row, actual).max(number(row, goal.target)).max(by_now)
    };
    let (rows, left) = largest(cast, most);
    if rows.is_empty() {
        return None;
    }
    let mut y = 6 * PX;
    for row in rows {
        let name = labelled(cast, canvas, (row, label), y);
        // Rows measure different things, so each has a scale of its own.
        let scale = Scale::of([most(row), number(row, actual)], (LABELS, ENDS));
        let (reached, target) = (number(row, actual), number(row, goal.target));
        if let Some(expected) = expected.filter(|expected| !cast.is_null(row, expected)) {
            let shape = bar(&scale, (Decimal::ZERO, number(row, expected)), y, BAR);
            canvas.mark(&cast.mark((row, expected), &name, shape, "shade"));
        }
        let is_down = goal.better.is_some_and(|better| cast.said(row, better) == "down");
        let has_target = !cast.is_null(row, goal.target);
        let is_missed = has_target && if is_down { reached > target } else { reached < target };
        let shape = bar(&scale, (Decimal::ZERO, reached), y + 4 * PX, BAR - 8 * PX);
        let class = if is_missed { "c2" } else { "c0" };
        canvas.mark(&cast.mark((row, actual), &name, shape, class));
        if has_target {
            let x = scale.at(target) - PX;
            let shape = Shape::Rect { x, y: y - 2 * PX, w: 3 * PX, h: BAR + 4 * PX };
            canvas.mark(&cast.mark((row, goal.target), &name, shape, "ink"));
        }
        behind(cast, canvas, (row, actual), y);
        y += ROW;
    }
    let shade = expected.map(|expected| ("shade", cast.heading(expected)));
    let legend = [("c0", cast.heading(actual)), ("ink", cast.heading(goal.target))];
    Some((footed(cast, canvas, y, left), legend.into_iter().chain(shade).collect()))
}

/// The middle as a dot, and a line to what nine in ten are below.
pub(super) fn spread(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    label: &str,
    (middle, slow): (&str, Option<&str>),
) -> Option<(i64, Legend)> {
    let (rows, left) = largest(cast, |row| cast.number(row, middle));
    if rows.is_empty() {
        return None;
    }
    let slow = slow.filter(|slow| cast.has(slow));
    let far = |row: usize| slow.map_or(Decimal::ZERO, |slow| cast.number(row, slow));
    let numbers = rows.iter().map(|row| cast.number(*row, middle).max(far(*row)));
    let scale = Scale::of(numbers, (LABELS, ENDS));
    let foot = ROW * i64::try_from(rows.len()).unwrap_or_default();
    axis(cast, canvas, &scale, (0, foot));
    let mut y = 6 * PX;
    for row in rows {
        let name = labelled(cast, canvas, (row, label), y);
        let number = cast.number(row, middle);
        if let Some(slow) = slow.filter(|slow| !cast.is_null(row, slow)) {
            let shape = bar(&scale, (number, far(row)), y + 5 * PX, 6 * PX);
            canvas.mark(&cast.mark((row, slow), &name, shape, "shade"));
        }
        let shape = Shape::Dot { x: scale.at(number), y: y + 8 * PX, r: 6 * PX };
        canvas.mark(&cast.mark((row, middle), &name, shape, "c0"));
        behind(cast, canvas, (row, middle), y);
        y += ROW;
    }
    let slow = slow.map(|slow| ("shade", cast.heading(slow)));
    let legend = std::iter::once(("c0", cast.heading(middle))).chain(slow).collect();
    Some((footed(cast, canvas, foot + 20 * PX, left), legend))
}

/// Paths in their order, with a bar to each side of the middle.
pub(super) fn tree(
    cast: &Cast<'_>,
    canvas: &mut Canvas,
    path: &str,
    (plus, minus): (&str, &str),
) -> Option<(i64, Legend)> {
    let both = |row: usize| cast.number(row, plus).abs().max(cast.number(row, minus).abs());
    let (mut rows, left) = largest(cast, both);
    let most = rows.iter().map(|row| both(*row)).max()?;
    rows.sort_unstable();
    let labels = 260 * PX;
    let scale = Scale::new((-most, most), (labels, WIDTH));
    let mut y = 6 * PX;
    for row in rows {
        let name = cast.said(row, path);
        let depth = name.matches([':', '/']).count().min(4);
        let indent = i64::try_from(depth).unwrap_or_default() * 10 * PX;
        let room = labels - indent - 8 * PX;
        canvas.text((indent, y + 12 * PX), Anchor::Start, "", (&name, room));
        for (column, sign, class) in [(minus, -Decimal::ONE, "c2"), (plus, Decimal::ONE, "c0")] {
            let number = cast.number(row, column).abs();
            if number.is_zero() {
                continue;
            }
            let shape = bar(&scale, (Decimal::ZERO, number * sign), y, BAR);
            canvas.mark(&cast.mark((row, column), &name, shape, class));
        }
        y += ROW;
    }
    let middle = scale.at(Decimal::ZERO);
    canvas.line((middle, 0), (middle, y), "axis");
    let legend = vec![("c2", cast.heading(minus)), ("c0", cast.heading(plus))];
    Some((footed(cast, canvas, y, left), legend))
}
