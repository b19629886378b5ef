//! The segments of a log as the directory shows them. Invariant: those returned have good headers,
//! ascend, and are read, never changed.

use std::{cmp::Ordering, io, sync::Arc};

use sijil_schemas::record::Position;
use uuid::Uuid;

use super::{
    OpenError,
    compressed::Flaw,
    frame::{Frame, HEAD_BYTES, Head, HeadBytes},
    offsets::{Offsets, Start},
    scan::End,
    segment::{BadHeader, FORMAT, HEADER_BYTES, Places, Segment, name_of},
};
use crate::{
    port::Damage,
    seam::{Access, Storage},
};

/// How a sealed segment joins the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// Its last batch is the one that the next header names.
    Fits,
    /// It is another one.
    Differs,
    /// It ends earlier.
    Short,
    /// Its last batch cannot be read.
    Unreadable,
}

/// What stands in `DIR/log`.
pub(crate) struct Survey {
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) damage: Vec<Damage>,
}

impl Survey {
    /// Reads the names and headers of all segments. A directory that is not there holds none.
    pub(crate) fn of(
        storage: &dyn Storage,
        places: &Places,
        access: Access,
    ) -> Result<Survey, OpenError> {
        let names = match storage.list(&places.log()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other.map_err(OpenError::io(format!("list {}", places.log().display())))?,
        };
        let mut survey = Survey { segments: Vec::new(), damage: Vec::new() };
        for name in names {
            survey.add(storage, places, name, access)?;
        }
        survey.segments.sort_by_key(|segment| segment.header.base());
        if let Some(base) =
            survey.segments.first().map(|first| first.header.base()).filter(|base| *base > 0)
        {
            survey.damage.push(file_damage(
                "",
                Some((1, base)),
                "the segments from the first position on are missing",
            ));
        }
        Ok(survey)
    }

    fn add(
        &mut self,
        storage: &dyn Storage,
        places: &Places,
        name: String,
        access: Access,
    ) -> Result<(), OpenError> {
        let what = || format!("read {}", places.log().join(&name).display());
        match Segment::open(storage, places, &name, access).map_err(OpenError::io(what()))? {
            Ok((segment, flaws)) if name_of(segment.header.base()) == name => {
                let flaw = |(offset, bytes, what): Flaw| Damage {
                    file: format!("log/{name}"),
                    offset,
                    bytes,
                    positions: None,
                    what: what.to_owned(),
                };
                self.damage.extend(flaws.into_iter().map(flaw));
                self.segments.push(Arc::new(segment));
            }
            Ok((segment, _)) => {
                let what = format!("the header is that of {}", name_of(segment.header.base()));
                self.damage.push(file_damage(&name, None, &what));
            }
            Err(BadHeader::Format(found)) => {
                return Err(OpenError::Format {
                    file: format!("log/{name}"),
                    found,
                    known: FORMAT,
                });
            }
            Err(bad @ (BadHeader::Damaged(_) | BadHeader::Short)) => {
                let what = &bad.to_string();
                let first = name.strip_suffix(".seg").and_then(|number| number.parse::<u64>().ok());
                self.damage.push(file_damage(&name, first.map(|first| (first, first)), what));
            }
        }
        Ok(())
    }

    /// What was not copied yet of a directory that is a copy: segments without a whole header, at
    /// the end of the log.
    pub(crate) fn without_the_unmade(mut self) -> Survey {
        let last = self.segments.last().map_or(0, |last| last.header.base());
        let short = BadHeader::Short.to_string();
        self.damage.retain(|damage| {
            damage.what != short || damage.positions.is_none_or(|(first, _)| first.get() <= last)
        });
        self
    }

    /// The event id of the first record, which is the ledger's own; `None` if there is no record,
    /// or it cannot be read.
    pub(crate) fn first_id(&self) -> Option<Uuid> {
        let first = self.segments.first().filter(|first| first.header.base() == 0)?;
        let mut window = first.window(HEAD_BYTES);
        let offset = HEADER_BYTES as u64;
        let HeadBytes::Good(head) = Head::parse(window.get(offset, HEAD_BYTES).ok()?) else {
            return None;
        };
        let frame = Frame::parse(head, window.get(offset, head.bytes()).ok()?).ok()?;
        frame.records().next()?.ok().map(|record| record.event_id())
    }

    /// What is known of the end of segment number `at` from the one after it.
    pub(crate) fn end(&self, at: usize) -> End {
        self.segments.get(at + 1).map_or(End::Open, |next| End::Sealed(next.header.base()))
    }

    /// Whether a sealed segment's last batch is the one the next segment's header names.
    pub(crate) fn joins(&self, at: usize) -> io::Result<Join> {
        let (Some(sealed), Some(next)) = (self.segments.get(at), self.segments.get(at + 1)) else {
            return Ok(Join::Fits);
        };
        let Some(Start { frame: offset, .. }) = sealed.offsets(Offsets::last) else {
            return Ok(Join::Unreadable);
        };
        let mut window = sealed.window(HEAD_BYTES);
        let HeadBytes::Good(head) = Head::parse(window.get(offset, HEAD_BYTES)?) else {
            return Ok(Join::Unreadable);
        };
        let Ok(frame) = Frame::parse(head, window.get(offset, head.bytes())?) else {
            return Ok(Join::Unreadable);
        };
        let same = frame.footer_hash == next.header.previous
            && frame.footer.root == next.header.before.root();
        Ok(match frame.footer.size.cmp(&next.header.base()) {
            Ordering::Equal if same => Join::Fits,
            Ordering::Equal | Ordering::Greater => Join::Differs,
            // Behind its last readable batch there is nothing, or something that cannot be read.
            Ordering::Less => {
                let behind = window.get(head.next(offset), HEAD_BYTES)?;
                if behind.iter().all(|byte| *byte == 0) { Join::Short } else { Join::Unreadable }
            }
        })
    }

    /// Two segments that do not join although each is as it was written.
    pub(crate) fn misfit(&self, at: usize) -> Damage {
        let (name, base) = self
            .segments
            .get(at + 1)
            .map_or(("", 0), |next| (next.name.as_str(), next.header.base()));
        file_damage(
            name,
            Some((base, base + 1)),
            "the header does not name the batch that ends the segment before",
        )
    }
}

/// Damage at the start of a segment.
pub(crate) fn file_damage(name: &str, positions: Option<(u64, u64)>, what: &str) -> Damage {
    let file = if name.is_empty() { "log".to_owned() } else { format!("log/{name}") };
    let positions = positions.map(|(first, last)| (Position::new(first), Position::new(last)));
    Damage { file, offset: 0, bytes: HEADER_BYTES as u64, positions, what: what.to_owned() }
}
