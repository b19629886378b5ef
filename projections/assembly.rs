//! Documents in parts, put together. Invariant: who takes records through an assembly sees every
//! document whole, once, as if its opening had held all lines, when its last part comes.

use std::borrow::Cow;

use sijil_schemas::{Position, Record, parts::Piece};

/// A document of which parts are still to come, if there is one: its parts follow it at once.
#[derive(Debug, Clone, Default)]
pub struct Assembly {
    begun: Option<Begun>,
}

/// A document that is not whole yet.
#[derive(Debug, Clone)]
struct Begun {
    /// The opening, with the lines of the parts that came.
    opening: Box<Record>,
    /// How many parts there are.
    parts: u8,
    /// The part that came last.
    last: u8,
}

impl Assembly {
    /// Takes the next record: it itself, or the whole document if it is the last part of one, which
    /// stands at its opening's position; `None` while parts are still to come.
    pub fn take<'r>(&mut self, record: &'r Record) -> Option<Cow<'r, Record>> {
        match record.event.piece() {
            None => {
                self.begun = None;
                Some(Cow::Borrowed(record))
            }
            Some(Piece::Opening(parts)) => {
                self.begun = Some(Begun { opening: Box::new(record.clone()), parts, last: 1 });
                None
            }
            Some(Piece::Later(part)) => {
                let begun = self.begun.as_mut()?;
                // No rule admits another part than the next one.
                if part != begun.last + 1 || !begun.opening.event.append(&record.event) {
                    return None;
                }
                begun.last = part;
                let is_whole = part == begun.parts;
                self.begun.take_if(|_| is_whole).map(|whole| Cow::Owned(*whole.opening))
            }
        }
    }
    /// Takes records, and says which of them are parts of documents: what stands in the place of
    /// each.
    pub(crate) fn lay(&mut self, records: &[Record]) -> Vec<Whole> {
        let taken =
            records.iter().enumerate().filter_map(|(place, record)| match self.take(record) {
                Some(Cow::Borrowed(_)) => None,
                Some(Cow::Owned(whole)) => Some((place, Some(whole))),
                None => Some((place, None)),
            });
        taken.collect()
    }
    /// The opening of the document that is not whole, with the lines of the parts that came, how
    /// many parts it has, and the number of the part that comes next.
    #[must_use]
    pub fn waits_for(&self) -> Option<(&Record, u8, u8)> {
        self.begun.as_ref().map(|begun| (&*begun.opening, begun.parts, begun.last + 1))
    }
    /// Forgets the document that is not whole if it was opened after a position.
    pub fn truncate(&mut self, after: Position) {
        self.begun.take_if(|begun| begun.opening.position > after);
    }
}

/// The place of a part among some records, and the whole document if it is the last part of one.
pub(crate) type Whole = (usize, Option<Record>);

/// The records, each with its place, with every document whole in the place of its last part.
pub(crate) fn laid<'a>(
    records: &'a [Record],
    wholes: &'a [Whole],
) -> impl Iterator<Item = (usize, &'a Record)> + Send + 'a {
    let mut wholes = wholes.iter().peekable();
    records.iter().enumerate().filter_map(move |(n, record)| {
        let taken = match wholes.next_if(|(place, _)| *place == n) {
            Some((_, whole)) => whole.as_ref(),
            None => Some(record),
        };
        taken.map(|record| (n, record))
    })
}
