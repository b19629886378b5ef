//! Following a log that another process writes. Invariant: what is shown was durable by the mark,
//! each batch passed its checks and joins the one before, and nothing is written.

use std::sync::{Arc, Mutex, PoisonError};

use sijil_schemas::record::Position;

use super::{
    frame::{Frame, HEAD_BYTES, Head as FrameHead, HeadBytes},
    mark,
    recovery::note,
    scan::TreeCheck,
    segment::{HEADER_BYTES, Segment, name_of},
    store::{Derived, POINT_READ_BYTES, Store, head_at},
};
use crate::{
    port::{Damage, Head, ReadError},
    seam::Access,
    tree::{Frontier, Hash},
};

/// Where the next batch is looked for.
#[derive(Debug, Clone)]
pub(crate) struct End {
    /// In the last segment that is known.
    pub(crate) offset: u64,
    /// The tree of all records before it.
    pub(crate) tree: Frontier,
    /// The hash of the footer before it.
    pub(crate) footer: Hash,
}

impl Default for End {
    fn default() -> End {
        End { offset: HEADER_BYTES as u64, tree: Frontier::default(), footer: [0; 32] }
    }
}

/// The end of a log, as far as a reader has come.
pub(crate) struct Tail(Mutex<End>);

impl Tail {
    pub(crate) const fn new(end: End) -> Tail {
        Tail(Mutex::new(end))
    }

    /// Takes in what has become durable since.
    pub(crate) fn advance(&self, store: &Store, derived: &Derived) -> Result<(), ReadError> {
        let mut end = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Read before the log, so that what it says is in there.
        let Some(mark) = mark::read(&*store.storage, &store.places)
            .filter(|mark| mark.position > end.tree.size())
        else {
            return Ok(());
        };
        let mut head = None;
        if let Some(last) = store.segments().last() {
            head = batches(last, &mut end, mark.position)?;
        }
        while end.tree.size() < mark.position {
            let next = next_segment(store, &mut end)?;
            // None in a new segment: then the log does not hold what the mark says.
            head = Some(
                batches(&next, &mut end, mark.position)?
                    .ok_or_else(|| lost(&next, &end, mark.position))?,
            );
        }
        let Some(head) = head else { return Ok(()) };
        derived.catch_up(store, head.position.get())?;
        store.publish(head);
        Ok(())
    }
}

/// Takes in the batches of a segment up to a position; the head after the last of them, if there is
/// any.
fn batches(segment: &Segment, end: &mut End, to: u64) -> Result<Option<Head>, ReadError> {
    let io = |error| ReadError::io(format!("read log/{}", segment.name), error);
    let mut window = segment.window(POINT_READ_BYTES);
    let mut found = None;
    while end.tree.size() < to {
        let offset = end.offset;
        let HeadBytes::Good(head) = FrameHead::parse(window.get(offset, HEAD_BYTES).map_err(io)?)
        else {
            break;
        };
        let checked = Frame::parse(head, window.get(offset, head.bytes()).map_err(io)?)
            .map_err(str::to_owned)
            .and_then(|frame| {
                let joins =
                    head.first == end.tree.size() + 1 && frame.footer.previous == end.footer;
                let mut tree = TreeCheck::new(end.tree.clone());
                tree.batch(&frame, None, &mut |_, _| ())?;
                let tree = tree
                    .frontier()
                    .filter(|_| joins)
                    .cloned()
                    .ok_or("the batch does not follow the one before")?;
                Ok((frame, tree))
            });
        let (frame, tree) =
            checked.map_err(|what| damaged(segment, offset, (head.first, head.last()), what))?;
        note(segment, offset, &frame);
        let recorded_at =
            frame.records().last().and_then(|record| Some(record.ok()?.recorded_at()));
        found = Some(head_at(head.last(), frame.footer.root, recorded_at));
        *end = End { offset: head.next(offset), tree, footer: frame.footer_hash };
    }
    Ok(found)
}

/// The segment after the end: a new one, or a longer one in the place of one that is empty.
fn next_segment(store: &Store, end: &mut End) -> Result<Arc<Segment>, ReadError> {
    let name = name_of(end.tree.size());
    let opened = Segment::open(&*store.storage, &store.places, &name, Access::Read)
        .map_err(|error| ReadError::io(format!("read log/{name}"), error))?;
    let range = (end.tree.size() + 1, end.tree.size() + 1);
    let joins = |segment: &Segment| {
        segment.header.before == end.tree && segment.header.previous == end.footer
    };
    match opened {
        Ok((segment, _)) if joins(&segment) => {
            let segment = Arc::new(segment);
            store.add_segment(segment.clone());
            end.offset = HEADER_BYTES as u64;
            Ok(segment)
        }
        Ok((segment, _)) => Err(damaged(
            &segment,
            0,
            range,
            "the header does not name the batch before it".to_owned(),
        )),
        Err(bad) => {
            let positions = Some((Position::new(range.0), Position::new(range.1)));
            Err(ReadError::damaged(Damage {
                file: format!("log/{name}"),
                offset: 0,
                bytes: HEADER_BYTES as u64,
                positions,
                what: bad.to_string(),
            }))
        }
    }
}

fn damaged(segment: &Segment, offset: u64, (first, last): (u64, u64), what: String) -> ReadError {
    let positions = Some((Position::new(first), Position::new(last)));
    ReadError::damaged(Damage {
        file: format!("log/{}", segment.name),
        offset,
        bytes: 0,
        positions,
        what,
    })
}

fn lost(segment: &Segment, end: &End, due: u64) -> ReadError {
    damaged(
        segment,
        end.offset,
        (end.tree.size() + 1, due),
        "no batch stands where the next one should, but it was acknowledged".to_owned(),
    )
}
