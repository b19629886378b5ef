//! Lists that only grow at their end, and whose parts never move. Invariant: a part is made once
//! and stays where it is, so who reads what is there waits for nobody who adds to it.
//!
//! The first parts are small, so that a list of little takes little; from [`PART`] on all are
//! equal.

use std::sync::OnceLock;

/// The rows of a part; of the parts before the first whole one, all together.
pub(crate) const PART: usize = 4_096;
/// The rows of the first part.
const FIRST: usize = 64;
/// The parts before the first whole one: 64, 64, 128 … 2,048 rows.
const SMALL: usize = (PART / FIRST).ilog2() as usize + 1;
/// Shelves of whole parts, each twice as long as the one before: room for 2³² rows.
const SHELVES: usize = 20;

const _: () = assert!(FIRST << (SMALL - 1) == PART, "small parts make one whole part");

type Part<E> = OnceLock<Box<[E]>>;

/// Where the parts stand.
#[derive(Debug)]
struct Directory<E> {
    small: [Part<E>; SMALL],
    shelves: [OnceLock<Box<[Part<E>]>>; SHELVES],
}

/// Entries in rows of a fixed width. A list of nothing is a few words.
#[derive(Debug)]
pub(crate) struct Chunks<E> {
    width: usize,
    directory: OnceLock<Box<Directory<E>>>,
}

impl<E: Default> Chunks<E> {
    /// An empty list of rows so many entries wide.
    pub(crate) const fn new(width: usize) -> Chunks<E> {
        Chunks { width, directory: OnceLock::new() }
    }
    /// The part of a row if it was made, the row's number in it, and how many rows it holds.
    #[inline]
    fn place(&self, row: u32) -> (Option<&Part<E>>, usize, usize) {
        let (row, directory) = (row as usize, self.directory.get());
        if row < FIRST {
            return (directory.map(|all| &all.small[0]), row, FIRST);
        }
        if row < PART {
            let doubled = (row / FIRST).ilog2() as usize;
            let rows = FIRST << doubled;
            return (directory.map(|all| &all.small[doubled + 1]), row - rows, rows);
        }
        let whole = row / PART;
        let shelf = whole.ilog2() as usize;
        let parts = directory.and_then(|all| all.shelves[shelf].get());
        (parts.map(|parts| &parts[whole - (1 << shelf)]), row % PART, PART)
    }
    /// The entries of a row; `None` if its part was never made.
    #[inline]
    pub(crate) fn row(&self, row: u32) -> Option<&[E]> {
        let (part, at, _) = self.place(row);
        part?.get().map(|entries| &entries[at * self.width..(at + 1) * self.width])
    }
    /// The entries of a row, whose part is made now if there is none.
    pub(crate) fn make(&self, row: u32) -> &[E] {
        let directory = self.directory.get_or_init(|| {
            Box::new(Directory {
                small: std::array::from_fn(|_| Part::new()),
                shelves: std::array::from_fn(|_| OnceLock::new()),
            })
        });
        let whole = row as usize / PART;
        if whole > 0 {
            let shelf = whole.ilog2() as usize;
            directory.shelves[shelf].get_or_init(|| (0..1 << shelf).map(|_| Part::new()).collect());
        }
        let (part, at, rows) = self.place(row);
        let part = part.expect("its shelf was made just now");
        let made = || (0..rows * self.width).map(|_| E::default()).collect();
        &part.get_or_init(made)[at * self.width..(at + 1) * self.width]
    }
    /// How many bytes its parts take, used or not, without what entries point to.
    pub(crate) fn bytes(&self) -> u64 {
        let Some(directory) = self.directory.get() else { return 0 };
        let shelves = directory.shelves.iter().filter_map(OnceLock::get);
        let parts = directory.small.iter().chain(shelves.flat_map(|shelf| shelf.iter()));
        let entries: usize = parts.filter_map(OnceLock::get).map(|part| part.len()).sum();
        (entries * size_of::<E>()) as u64
    }
    /// The rows from one up to another, part by part: (number of the first row, its entries and
    /// those of the rows behind it). Parts that were never made are left out.
    pub(crate) fn stretches(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, &[E])> {
        let mut next = from;
        std::iter::from_fn(move || {
            while next < to {
                let first = next;
                let (part, at, rows) = self.place(first);
                let end = u64::from(first) + (rows - at) as u64;
                next = u32::try_from(end.min(u64::from(to))).unwrap_or(to);
                if let Some(entries) = part.and_then(OnceLock::get) {
                    let end = at + (next - first) as usize;
                    return Some((first, &entries[at * self.width..end * self.width]));
                }
            }
            None
        })
    }
}
