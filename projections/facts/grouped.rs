//! The facts of all subjects at once, each subject's together. Invariant: of each subject it tells
//! what its own chain would, in the same order.

use std::{marker::PhantomData, ops::Range};

use sijil_schemas::time::Timestamp;

use crate::{
    cells::Cells,
    column::Column,
    cut::{Dated, Lens, Side},
    ids::Sym,
    marks::Marks,
};

/// The subjects of a kind that something holds of.
#[derive(Debug)]
pub struct Marked<S> {
    numbers: Marks,
    of: PhantomData<fn() -> S>,
}

impl<S> Marked<S> {
    /// Whether a subject is one of them.
    #[must_use]
    pub fn has(&self, subject: Sym<S>) -> bool {
        self.numbers.has(subject.number())
    }
}

/// The facts of a column that count, subject by subject: made in one walk over the column, for
/// whoever asks of all subjects. A chain is followed from fact to fact; here all rows of a subject
/// are known before the first is read.
#[derive(Debug)]
pub struct Grouped<'a, S, T> {
    column: &'a Column<S, T>,
    /// Where the rows of each subject begin, by number, and behind the last where they end.
    begins: Vec<u32>,
    rows: Vec<u32>,
}

impl<S, T: Cells> Column<S, T> {
    /// The facts that count, subject by subject.
    #[must_use]
    pub fn by_subject<'a>(&'a self, lens: Lens<'a>) -> Grouped<'a, S, T> {
        Grouped::of_column(self, lens)
    }
    /// The subjects of which any fact, counting or not, has its business date in an interval: with
    /// the others nothing can have happened in it.
    #[must_use]
    pub fn subjects_within(&self, within: &Range<Timestamp>, side: Side) -> Marked<S> {
        let numbers = Marks::default();
        let heads = self.every_head(side).filter(|head| within.contains(&head.at));
        heads.for_each(|head| numbers.set(head.subject, true));
        Marked { numbers, of: PhantomData }
    }
}

impl<'a, S, T: Cells> Grouped<'a, S, T> {
    fn of_column(column: &'a Column<S, T>, lens: Lens<'a>) -> Self {
        let mut counted: Vec<(u32, u32)> = Vec::new();
        let (mut begins, mut is_in_order) = (vec![0_u32], true);
        for (row, head) in column.heads_counting(lens) {
            let at = head.subject as usize + 1;
            if begins.len() <= at {
                begins.resize(at + 1, 0);
            }
            begins[at] += 1;
            is_in_order &= head.in_order;
            counted.push((head.subject, row));
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        let (mut next, mut rows) = (begins.clone(), vec![0; counted.len()]);
        for (subject, row) in counted {
            let place = &mut next[subject as usize];
            rows[*place as usize] = row;
            *place += 1;
        }
        let mut grouped = Grouped { column, begins, rows };
        if !is_in_order {
            grouped.put_in_order();
        }
        grouped
    }
    /// Rows stand in order of position until now.
    fn put_in_order(&mut self) {
        let Grouped { column, begins, rows } = self;
        for ends in begins.windows(2) {
            let rows = &mut rows[ends[0] as usize..ends[1] as usize];
            let place = |row: &u32| (column.head(*row).order(), *row);
            if rows.iter().any(|row| !column.head(*row).in_order) {
                rows.sort_unstable_by_key(place);
            }
        }
    }
    fn rows_of(&self, subject: Sym<S>) -> Range<usize> {
        let end = |at: usize| self.begins.get(at).map_or(self.rows.len(), |end| *end as usize);
        end(subject.index())..end(subject.index() + 1)
    }
    /// The facts of a subject that count, in replay order.
    pub fn of(&self, subject: Sym<S>) -> impl DoubleEndedIterator<Item = Dated<T>> {
        self.rows[self.rows_of(subject)].iter().map(|row| self.column.at(*row))
    }
}
