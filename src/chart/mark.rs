//! A mark: what stands for a cell in a picture. Invariant: it has an address and a name, or it does
//! not compile.

use crate::mirror::{Direction, Mirror};

/// Where a mark leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// An address as it stands in a link.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Address {
        Address(address.into())
    }
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A mark in words, for whoever cannot see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkName(String);

impl MarkName {
    /// What a mark is of and what it shows.
    #[must_use]
    pub fn new(of: &str, heading: &str, value: &str) -> MarkName {
        MarkName(match of {
            "" => format!("{heading}: {value}"),
            of => format!("{of}, {heading}: {value}"),
        })
    }
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a mark looks like, in hundredths of a pixel, as read from left to right.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// Corner, width, height.
    Rect { x: i64, y: i64, w: i64, h: i64 },
    /// Centre and radius.
    Dot { x: i64, y: i64, r: i64 },
    /// A stream between two sides: where it begins and ends across, its upper edge at both, and how
    /// wide it is.
    Stream { from: i64, to: i64, above: i64, below: i64, wide: i64 },
    /// A stage: its left and right edge above, the same below, its top and its height.
    Stage { top: (i64, i64), foot: (i64, i64), y: i64, h: i64 },
}

/// A shape that leads somewhere and says what it is.
pub(crate) struct Mark {
    shape: Shape,
    class: &'static str,
    address: Address,
    name: MarkName,
}

impl Mark {
    pub(crate) const fn new(
        shape: Shape,
        class: &'static str,
        address: Address,
        name: MarkName,
    ) -> Mark {
        Mark { shape, class, address, name }
    }

    /// As a link in an `svg`.
    pub(crate) fn written(&self, width: i64, direction: Direction) -> String {
        let (address, name) = (escaped(self.address.as_str()), escaped(self.name.as_str()));
        let shape = self.shape.written(self.class, &Mirror::new(width, direction));
        format!("<a href=\"{address}\" aria-label=\"{name}\"><title>{name}</title>{shape}</a>\n")
    }
}

impl Shape {
    fn written(self, class: &str, mirror: &Mirror) -> String {
        match self {
            Shape::Rect { x, y, w, h } => format!(
                "<rect class=\"mk {class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
                 rx=\"2\"/>",
                px(mirror.span(x, w)),
                px(y),
                px(w),
                px(h)
            ),
            Shape::Dot { x, y, r } => format!(
                "<circle class=\"mk {class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
                px(mirror.point(x)),
                px(y),
                px(r)
            ),
            Shape::Stream { from, to, above, below, wide } => {
                let middle = i64::midpoint(from, to);
                let [a, m, b] = [from, middle, to].map(|x| px(mirror.point(x)));
                let (up, down) = (px(above), px(below));
                let (up_end, down_end) = (px(above + wide), px(below + wide));
                format!(
                    "<path class=\"mk {class}\" d=\"M{a} {up}C{m} {up} {m} {down} {b} {down}\
                     V{down_end}\
                     C{m} {down_end} {m} {up_end} {a} {up_end}Z\"/>"
                )
            }
            Shape::Stage { top, foot, y, h } => {
                let at = |x: i64| px(mirror.point(x));
                format!(
                    "<path class=\"mk {class}\" d=\"M{} {}L{} {}L{} {}L{} {}Z\"/>",
                    at(top.0),
                    px(y),
                    at(top.1),
                    px(y),
                    at(foot.1),
                    px(y + h),
                    at(foot.0),
                    px(y + h)
                )
            }
        }
    }
}

/// Hundredths of a pixel as pixels.
pub(crate) fn px(hundredths: i64) -> String {
    let (sign, size) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    match (size / 100, size % 100) {
        (whole, 0) => format!("{sign}{whole}"),
        (whole, rest) if rest % 10 == 0 => format!("{sign}{whole}.{}", rest / 10),
        (whole, rest) => format!("{sign}{whole}.{rest:02}"),
    }
}

/// A text as it stands between tags and in quoted attributes. What turns the direction of what
/// follows is shown by its number, so that no value can disorder a picture.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                safe.push_str(&format!("[U+{:04X}]", u32::from(sign)));
            }
            other if other.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}
