//! Which rows of a table something came of. Invariant: a row is told by its line, so that a table
//! made of another one uses the rows of that.

use std::collections::BTreeMap;

use crate::draft::Skipped;

/// A set of small numbers.
#[derive(Debug, Default)]
pub(crate) struct Numbers(Vec<u64>);

impl Numbers {
    pub(crate) fn insert(&mut self, number: usize) {
        if self.0.len() <= number / 64 {
            self.0.resize(number / 64 + 1, 0);
        }
        self.0[number / 64] |= 1 << (number % 64);
    }
    pub(crate) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
    pub(crate) fn first(&self) -> Option<usize> {
        let word = self.0.iter().position(|word| *word != 0)?;
        Some(word * 64 + self.0[word].trailing_zeros() as usize)
    }
}

/// The fate of the rows of all tables, in numbers.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    /// By file, the lines that an event was made of or a join found.
    lines: BTreeMap<String, Numbers>,
    /// By table and join, the rows for which it found nothing.
    missing: BTreeMap<(usize, String), Numbers>,
}

impl Uses {
    pub(crate) fn take(&mut self, file: &str, line: u64) {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        if let Some(lines) = self.lines.get_mut(file) {
            lines.insert(line);
        } else {
            self.lines.entry(file.to_owned()).or_default().insert(line);
        }
    }
    pub(crate) fn took(&self, file: &str, line: u64) -> bool {
        self.lines
            .get(file)
            .is_some_and(|lines| lines.has(usize::try_from(line).unwrap_or(usize::MAX)))
    }
    pub(crate) fn miss(&mut self, table: usize, join: &str, row: usize) {
        self.missing.entry((table, join.to_owned())).or_default().insert(row);
    }
    /// The joins of a table that found nothing, with how many rows and the first of them.
    pub(crate) fn missed(
        &self,
        table: usize,
        shown: impl Fn(usize) -> String,
    ) -> BTreeMap<String, Skipped> {
        let of_table = self.missing.iter().filter(|((number, _), _)| *number == table);
        of_table
            .map(|((_, join), rows)| {
                (
                    join.clone(),
                    Skipped {
                        rows: rows.len(),
                        first: rows.first().map_or_else(String::new, &shown),
                    },
                )
            })
            .collect()
    }
}
