//! How a report is drawn: by the names of its columns, never as a drawing. Invariant: a picture
//! names columns that its table has whenever it is meant, so that whoever draws needs to know no
//! report.

use schemars::JsonSchema;
use serde::Serialize;

use super::When;

/// One way to draw a report, and the questions it is meant for.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Picture {
    /// When it is meant; all of these must hold.
    pub when: &'static [When],
    /// What is drawn.
    pub draw: Draw,
}

impl Picture {
    /// The picture of a report at any question.
    pub(crate) const fn always(draw: Draw) -> Picture {
        Picture { when: &[], draw }
    }
    /// The picture where a parameter has a value.
    pub(crate) const fn when(when: &'static [When], draw: Draw) -> Picture {
        Picture { when, draw }
    }
}

/// A kind of picture, with the columns that it is made of. A column may be missing only where it
/// says so.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Draw {
    /// One bar for each row, in parts.
    Parts {
        /// What the bar is of; the whole table where there is no such column.
        of: Option<&'static str>,
        /// The parts, one behind the other.
        parts: &'static [&'static str],
    },
    /// Columns over time; what is negative stands below.
    Columns {
        /// The time.
        x: &'static str,
        /// The heights, stacked.
        y: &'static [&'static str],
        /// What it is compared with, drawn as an outline.
        ghost: Option<&'static str>,
    },
    /// One bar for each row, the longest first.
    Bars {
        /// What the bar is of.
        label: &'static str,
        /// Its length.
        y: &'static str,
        /// A mark on it.
        mark: Option<&'static str>,
    },
    /// Stages, each as wide as what reached it.
    Funnel {
        /// The stage.
        stage: &'static str,
        /// What reached it.
        reached: &'static str,
        /// What was lost of all.
        lost: &'static str,
    },
    /// Streams from one thing to another.
    Flow {
        /// From what.
        from: &'static str,
        /// To what.
        to: &'static str,
        /// How wide.
        n: &'static str,
    },
    /// A grid, darker where there is more.
    Heat {
        /// Across.
        x: &'static str,
        /// Down.
        y: &'static str,
        /// How dark.
        v: &'static str,
    },
    /// Bars from the largest down, their share of all as a line, in bands of classes.
    Pareto {
        /// What the bar is of.
        label: &'static str,
        /// Its length.
        v: &'static str,
        /// Its class.
        class: &'static str,
    },
    /// What was reached beside what was to be.
    Bullet {
        /// What it is of.
        label: &'static str,
        /// What was reached.
        actual: &'static str,
        /// What was to be.
        target: &'static str,
        /// What should be there by now.
        expected: Option<&'static str>,
        /// Which way is better: a column that says `up` or `down`.
        better: Option<&'static str>,
    },
    /// A value that stays until it changes.
    Steps {
        /// When.
        t: &'static str,
        /// The value from then on.
        y: &'static str,
        /// Another, below it.
        second: Option<&'static str>,
    },
    /// From what was there, by what came and went, to what is there.
    Waterfall {
        /// What was there.
        start: &'static str,
        /// What came.
        plus: &'static [&'static str],
        /// What went.
        minus: &'static [&'static str],
        /// What is there.
        end: &'static str,
    },
    /// A middle and how far it is to the slow end.
    Spread {
        /// What it is of.
        label: &'static str,
        /// The middle.
        mid: &'static str,
        /// What nine in ten are below.
        p90: Option<&'static str>,
    },
    /// Lanes with marks or spans in time.
    Lanes {
        /// The lane.
        lane: &'static str,
        /// Where a span begins, or the mark stands.
        from: &'static str,
        /// Where it ends; none for a mark.
        to: Option<&'static str>,
    },
    /// A tree of paths with bars to both sides.
    Tree {
        /// The path.
        path: &'static str,
        /// To the one side.
        plus: &'static str,
        /// To the other.
        minus: &'static str,
    },
}

impl Draw {
    /// The columns it is made of.
    #[must_use]
    pub fn columns(&self) -> Vec<&'static str> {
        let maybe = |column: &Option<&'static str>| column.iter().copied().collect::<Vec<_>>();
        match self {
            Draw::Parts { of, parts } => [maybe(of), parts.to_vec()].concat(),
            Draw::Columns { x, y, ghost } => [vec![*x], y.to_vec(), maybe(ghost)].concat(),
            Draw::Bars { label, y, mark } => [vec![*label, *y], maybe(mark)].concat(),
            Draw::Funnel { stage, reached, lost } => vec![*stage, *reached, *lost],
            Draw::Flow { from, to, n } => vec![*from, *to, *n],
            Draw::Heat { x, y, v } => vec![*x, *y, *v],
            Draw::Pareto { label, v, class } => vec![*label, *v, *class],
            Draw::Bullet { label, actual, target, expected, better } => {
                [vec![*label, *actual, *target], maybe(expected), maybe(better)].concat()
            }
            Draw::Steps { t, y, second } => [vec![*t, *y], maybe(second)].concat(),
            Draw::Waterfall { start, plus, minus, end } => {
                [vec![*start], plus.to_vec(), minus.to_vec(), vec![*end]].concat()
            }
            Draw::Spread { label, mid, p90 } => [vec![*label, *mid], maybe(p90)].concat(),
            Draw::Lanes { lane, from, to } => [vec![*lane, *from], maybe(to)].concat(),
            Draw::Tree { path, plus, minus } => vec![*path, *plus, *minus],
        }
    }
}

/// Whose records a report needs to be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// It is true of any part of the company: of the clients, documents or goods that somebody may
    /// see.
    Subset,
    /// The same, and each row is of one record: whoever may not read one of its families is shown
    /// the others.
    Lines,
    /// It is true of the whole company alone: a part of it would be a wrong number.
    Whole,
}
