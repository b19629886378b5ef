//! All drafts of an import, in the order in which they are recorded, and what each was made of.
//! Invariant: reading them changes nothing, so they can be read again.

use std::io;

use serde_json::Value as Json;

use crate::{
    bind::Run,
    draft::{Draft, Summary},
    error::{Cells, Place},
    event_run::EventRun,
    sorted::{Merged, Sorted},
    store::Store,
    tracing::Tracing,
};

/// All drafts of an import.
pub struct Drafts<'m> {
    pub(crate) run: Run<'m>,
    pub(crate) store: Store,
    pub(crate) events: Vec<EventRun<'m>>,
    pub(crate) sorted: Sorted,
    /// The rows that were read and the drafts that were made.
    pub summary: Summary,
}

/// The cells that a draft, or a field of it, was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The row.
    pub place: Place,
    /// The type of event.
    pub event: String,
    /// The columns of the row, and of those it is joined with, with their values.
    pub cells: Cells,
}

impl Drafts<'_> {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.summary.drafts
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.summary.drafts == 0
    }

    /// The drafts in the order in which they are recorded: by business time, of equal times by the
    /// mapping. What reads them may outlive all else.
    #[must_use]
    pub fn read(&self) -> Merged {
        self.sorted.read()
    }

    /// The row a draft came from.
    #[must_use]
    pub fn place(&self, draft: &Draft) -> Place {
        let table =
            draft.table.and_then(|number| self.store.tables.get(usize::try_from(number).ok()?));
        Place {
            file: table.map_or(&self.run.mapping.head.name, |table| &table.file).clone(),
            line: draft.line,
        }
    }

    /// The cells behind a draft: behind the field at a JSON pointer, or else the field that holds
    /// an id, or else its key.
    #[must_use]
    pub fn origin(&self, draft: &Draft, pointer: Option<&str>, id: Option<&str>) -> Origin {
        let event = usize::try_from(draft.event).ok().and_then(|number| self.events.get(number));
        let Some(event) = event else {
            return Origin {
                place: self.place(draft),
                event: String::new(),
                cells: Cells::default(),
            };
        };
        let found = pointer.map(str::to_owned).or_else(|| pointer_of(draft, id?));
        let tracing = Tracing::new(
            &self.run,
            &self.store,
            event,
            usize::try_from(draft.row).unwrap_or(usize::MAX),
        );
        let cells =
            tracing.cells(usize::try_from(draft.element).unwrap_or(usize::MAX), found.as_deref());
        Origin { place: self.place(draft), event: event.spec.kind.clone(), cells }
    }
}

/// Where in a draft this text stands.
fn pointer_of(draft: &Draft, text: &str) -> Option<String> {
    fn search(value: &Json, text: &str, at: &str) -> Option<String> {
        match value {
            Json::String(found) => (found == text).then(|| at.to_owned()),
            Json::Array(items) => items
                .iter()
                .enumerate()
                .find_map(|(i, item)| search(item, text, &format!("{at}/{i}"))),
            Json::Object(fields) => {
                fields.iter().find_map(|(name, field)| search(field, text, &format!("{at}/{name}")))
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => None,
        }
    }
    let draft: Json = serde_json::from_str(&draft.text).ok()?;
    search(draft.get("data")?, text, "/data")
}

/// The lines of drafts as bytes.
pub struct Lines {
    drafts: Merged,
    line: io::Cursor<Vec<u8>>,
}

impl Drafts<'_> {
    /// The drafts as NDJSON, made as it is read.
    #[must_use]
    pub fn lines(&self) -> Lines {
        Lines { drafts: self.read(), line: io::Cursor::default() }
    }
}

impl io::Read for Lines {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.line.read(bytes)?;
        if count > 0 || bytes.is_empty() {
            return Ok(count);
        }
        let Some(draft) = self.drafts.next().transpose()? else { return Ok(0) };
        let mut line = std::mem::take(&mut self.line).into_inner();
        line.clear();
        line.extend_from_slice(draft.text.as_bytes());
        line.push(b'\n');
        self.line = io::Cursor::new(line);
        self.line.read(bytes)
    }
}
