//! Drafts in the order of business time, however many there are. Invariant: at most
//! [`SORT_BYTES_MAX`] of them stand in memory; the others are sorted runs in the caller's scratch,
//! and reading merges them, as often as it is asked to.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    io,
    sync::Arc,
};

use crate::{
    draft::{Draft, Order},
    scratch::{Extent, Scratch},
};

/// Bytes of drafts that are sorted in memory.
const SORT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Bytes of a run that are read at once.
const BLOCK_BYTES: usize = 64 * 1024;
/// The bytes that a draft takes in memory besides its text.
const BYTES_AROUND_TEXT: usize = 64;

/// A sorted run: blocks of whole drafts.
type Extents = Vec<Extent>;

/// Takes drafts in any order.
pub(crate) struct Sorter {
    scratch: Option<Arc<dyn Scratch>>,
    bytes_max: usize,
    held: Vec<Draft>,
    bytes: usize,
    runs: Vec<Extents>,
}

impl Sorter {
    /// Without a scratch all drafts stay in memory.
    pub(crate) fn new(scratch: Option<Arc<dyn Scratch>>, bytes_max: Option<usize>) -> Sorter {
        Sorter {
            scratch,
            bytes_max: bytes_max.unwrap_or(SORT_BYTES_MAX),
            held: Vec::new(),
            bytes: 0,
            runs: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, draft: Draft) -> io::Result<()> {
        self.bytes += draft.text.len() + BYTES_AROUND_TEXT;
        self.held.push(draft);
        if self.bytes > self.bytes_max { self.spill() } else { Ok(()) }
    }

    /// Writes what stands in memory as a run.
    fn spill(&mut self) -> io::Result<()> {
        let Some(scratch) = &self.scratch else { return Ok(()) };
        self.held.sort_by_key(Draft::order);
        let (mut run, mut block) = (Extents::new(), Vec::with_capacity(BLOCK_BYTES * 2));
        for draft in self.held.drain(..) {
            draft.write(&mut block);
            if block.len() >= BLOCK_BYTES {
                run.push(Extent::write(&**scratch, &block)?);
                block.clear();
            }
        }
        if !block.is_empty() {
            run.push(Extent::write(&**scratch, &block)?);
        }
        self.runs.push(run);
        self.bytes = 0;
        Ok(())
    }

    /// The first draft taken so far for which something holds, in no order: it looks through all of
    /// them.
    pub(crate) fn find(&self, holds: impl Fn(&Draft) -> bool) -> io::Result<Option<Draft>> {
        if let Some(found) = self.held.iter().find(|draft| holds(draft)) {
            return Ok(Some(found.clone()));
        }
        for run in &self.runs {
            let mut source = Source::of(run.clone(), self.scratch.clone());
            while let Some(draft) = source.next()? {
                if holds(&draft) {
                    return Ok(Some(draft));
                }
            }
        }
        Ok(None)
    }

    pub(crate) fn finish(mut self) -> Sorted {
        self.held.sort_by_key(Draft::order);
        Sorted { scratch: self.scratch, runs: self.runs, held: self.held.into() }
    }
}

/// All drafts, sorted.
#[derive(Clone)]
pub(crate) struct Sorted {
    scratch: Option<Arc<dyn Scratch>>,
    runs: Vec<Extents>,
    held: Arc<[Draft]>,
}

impl Sorted {
    /// Reads them from the first on.
    pub(crate) fn read(&self) -> Merged {
        let runs = self.runs.iter().map(|run| Source::of(run.clone(), self.scratch.clone()));
        let sources = runs.chain([Source::Held(self.held.clone(), 0)]).collect();
        Merged { sources, heap: BinaryHeap::new(), begun: false }
    }
}

/// The drafts of one run, one after the other.
enum Source {
    Held(Arc<[Draft]>, usize),
    Run { left: VecDeque<Extent>, scratch: Option<Arc<dyn Scratch>>, block: Vec<u8>, at: usize },
}

impl Source {
    fn of(run: Extents, scratch: Option<Arc<dyn Scratch>>) -> Source {
        Source::Run { left: run.into(), scratch, block: Vec::new(), at: 0 }
    }

    fn next(&mut self) -> io::Result<Option<Draft>> {
        match self {
            Source::Held(drafts, at) => {
                *at += 1;
                Ok(drafts.get(*at - 1).cloned())
            }
            Source::Run { left, scratch, block, at } => {
                if *at == block.len() {
                    let (Some(extent), Some(scratch)) = (left.pop_front(), scratch) else {
                        return Ok(None);
                    };
                    extent.read(&**scratch, block)?;
                    *at = 0;
                }
                let (draft, len) = Draft::read(&block[*at..]).ok_or(io::ErrorKind::InvalidData)?;
                *at += len;
                Ok(Some(draft))
            }
        }
    }
}

/// All drafts in their order. It holds one block of each run.
pub struct Merged {
    sources: Vec<Source>,
    heap: BinaryHeap<Reverse<(Order, usize, Waiting)>>,
    begun: bool,
}

/// A draft that waits for its turn; it is told apart by its order alone.
struct Waiting(Draft);
impl PartialEq for Waiting {
    fn eq(&self, _: &Waiting) -> bool {
        true
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    fn cmp(&self, _: &Waiting) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Merged {
    fn refill(&mut self, number: usize) -> io::Result<()> {
        if let Some(draft) = self.sources[number].next()? {
            self.heap.push(Reverse((draft.order(), number, Waiting(draft))));
        }
        Ok(())
    }

    fn following(&mut self) -> io::Result<Option<Draft>> {
        if !self.begun {
            self.begun = true;
            (0..self.sources.len()).try_for_each(|number| self.refill(number))?;
        }
        let Some(Reverse((_, number, Waiting(draft)))) = self.heap.pop() else { return Ok(None) };
        self.refill(number)?;
        Ok(Some(draft))
    }
}

impl Iterator for Merged {
    type Item = io::Result<Draft>;
    fn next(&mut self) -> Option<io::Result<Draft>> {
        self.following().transpose()
    }
}
