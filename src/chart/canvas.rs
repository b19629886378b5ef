//! What is drawn on. Invariant: every place passes the mirror here, and no colour is named.

use std::fmt::Write as _;

use crate::{
    mark::{Mark, escaped, px},
    mirror::{Anchor, Direction, Mirror},
};

/// How wide a picture is, in hundredths of a pixel.
pub(crate) const WIDTH: i64 = 72_000;
/// About how wide a sign is.
const SIGN: i64 = 710;

/// A picture that is being drawn.
pub(crate) struct Canvas {
    direction: Direction,
    body: String,
}

impl Canvas {
    pub(crate) const fn new(direction: Direction) -> Canvas {
        Canvas { direction, body: String::new() }
    }
    const fn mirror(&self) -> Mirror {
        Mirror::new(WIDTH, self.direction)
    }
    /// A line that says nothing by itself: an axis, a zero, a step between two marks.
    pub(crate) fn line(&mut self, (x1, y1): (i64, i64), (x2, y2): (i64, i64), class: &str) {
        let mirror = self.mirror();
        let (a, b) = (px(mirror.point(x1)), px(mirror.point(x2)));
        let _ = writeln!(
            self.body,
            "<line class=\"{class}\" x1=\"{a}\" y1=\"{}\" x2=\"{b}\" y2=\"{}\"/>",
            px(y1),
            px(y2)
        );
    }
    /// A text, cut to a width.
    pub(crate) fn text(
        &mut self,
        (x, y): (i64, i64),
        anchor: Anchor,
        class: &str,
        (text, wide): (&str, i64),
    ) {
        let mirror = self.mirror();
        let (place, anchor) = (px(mirror.point(x)), mirror.anchor(anchor));
        let text = escaped(&fitted(text, wide));
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{place}\" y=\"{}\" text-anchor=\"{anchor}\">\
             {text}</text>",
            px(y)
        );
    }
    /// A mark.
    pub(crate) fn mark(&mut self, mark: &Mark) {
        self.body.push_str(&mark.written(WIDTH, self.direction));
    }
    /// The picture, so high.
    pub(crate) fn done(self, height: i64, label: &str) -> String {
        let (w, h, label) = (px(WIDTH), px(height), escaped(label));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"group\" \
             aria-label=\"{label}\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
             height=\"{h}\">\n{}</svg>",
            self.body
        )
    }
}

/// A text with as many of its signs as have room in a width.
fn fitted(text: &str, wide: i64) -> String {
    let room = usize::try_from(wide / SIGN).unwrap_or_default().max(1);
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let cut: String = text.chars().take(room - 1).collect();
    format!("{}…", cut.trim_end())
}

/// How wide a text is, about.
pub(crate) fn width_of(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX / SIGN).saturating_mul(SIGN)
}
