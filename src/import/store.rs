//! Loaded tables and the joins between them. Invariant: a table's rows keep their order once its
//! own stages are done, so a row number names a row for good.

use std::{
    cell::RefCell,
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    io,
    rc::Rc,
};

use rhai::{Array, Dynamic, ImmutableString, Map};
use sijil_schemas::near::suggestion;

use crate::{
    error::Place,
    expression::key_text,
    names::{Words, name_of},
    strip::Strip,
    uses::Uses,
};

/// One table in memory, column by column.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) columns: Vec<ImmutableString>,
    /// Columns of the file that nothing names, so that they have no cells.
    pub(crate) unused: Vec<ImmutableString>,
    pub(crate) cells: Vec<Strip>,
    pub(crate) lines: Vec<u64>,
    /// Of a grouped table: its base, and the rows of the base behind each row.
    pub(crate) groups: Option<(usize, Vec<Vec<usize>>)>,
    pub(crate) neighbours: Option<Vec<Neighbours>>,
}

/// The rows beside a row in its window.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Neighbours {
    pub(crate) previous: Option<usize>,
    pub(crate) next: Option<usize>,
    /// From 1.
    pub(crate) number: usize,
    pub(crate) count: usize,
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The number of a column, by its name or title.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        let place = |name: &str| self.columns.iter().position(|c| c == name);
        place(name).or_else(|| place(&name_of(name)))
    }

    /// The names of all columns there are.
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().chain(&self.unused).map(ImmutableString::as_str)
    }

    pub(crate) fn place(&self, row: usize) -> Place {
        Place { file: self.file.clone(), line: self.lines.get(row).copied().unwrap_or(0) }
    }

    pub(crate) fn add_column(&mut self, name: &str, values: Strip) {
        match self.columns.iter().position(|c| c == name) {
            Some(n) => self.cells[n] = values,
            None => {
                self.columns.push(name.into());
                self.cells.push(values);
            }
        }
    }

    /// Keeps these rows, in this order.
    pub(crate) fn rearrange(&mut self, rows: &[usize]) -> io::Result<()> {
        for column in &mut self.cells {
            *column = column.picked(rows.iter().copied())?;
        }
        self.lines = rows.iter().map(|r| self.lines[*r]).collect();
        if let Some((_, groups)) = &mut self.groups {
            *groups = rows.iter().map(|r| std::mem::take(&mut groups[*r])).collect();
        }
        Ok(())
    }

    /// A row as the expressions of another row see it: these of its columns, without its own joins.
    pub(crate) fn row_map(&self, row: usize, columns: &[usize]) -> io::Result<Map> {
        columns
            .iter()
            .map(|c| Ok((self.columns[*c].as_str().into(), self.cells[*c].get(row)?)))
            .collect()
    }

    /// The columns that are among these words.
    pub(crate) fn columns_in(&self, words: &Words) -> Vec<usize> {
        (0..self.columns.len()).filter(|c| words.has(&self.columns[*c])).collect()
    }

    /// The rows in groups of equal columns, each group and the groups themselves in the order of
    /// their first row.
    pub(crate) fn grouped(&self, by: &[String]) -> Result<Vec<Vec<usize>>, String> {
        let columns = by.iter().map(|name| self.column(name).ok_or_else(|| self.no_column(name)));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let mut numbers: HashMap<Vec<Option<String>>, usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for row in 0..self.len() {
            let key = columns
                .iter()
                .map(|c| Ok(key_text(&self.cells[*c].get(row)?)))
                .collect::<io::Result<_>>();
            let key = key.map_err(|e| e.to_string())?;
            let number = *numbers.entry(key).or_insert(groups.len());
            if number == groups.len() {
                groups.push(Vec::new());
            }
            groups[number].push(row);
        }
        Ok(groups)
    }

    pub(crate) fn no_column(&self, name: &str) -> String {
        format!("table {} has no column {name}{}", self.name, suggestion(name, self.all_columns()))
    }
}

/// All tables of an import.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) tables: Vec<Table>,
    /// The counts of rows so far.
    pub(crate) uses: RefCell<Uses>,
    indexes: RefCell<HashMap<(usize, usize), Rc<Index>>>,
}

/// The rows of a table by the text of a column: sixteen bytes a row, whatever the texts.
#[derive(Debug)]
pub(crate) struct Index {
    table: usize,
    column: usize,
    hashes: RandomState,
    rows: Vec<(u64, usize)>,
}

impl Index {
    fn new(table: &Table, number: usize, column: usize) -> io::Result<Index> {
        let (hashes, mut rows) = (RandomState::new(), Vec::new());
        for row in 0..table.len() {
            if let Some(key) = key_text(&table.cells[column].get(row)?) {
                rows.push((hashes.hash_one(key.as_str()), row));
            }
        }
        rows.sort_unstable();
        Ok(Index { table: number, column, hashes, rows })
    }

    /// The rows with this key, in order.
    pub(crate) fn get(&self, store: &Store, key: &str) -> io::Result<Vec<usize>> {
        let hash = self.hashes.hash_one(key);
        let first = self.rows.partition_point(|(other, _)| *other < hash);
        let cells = &store.tables[self.table].cells[self.column];
        let mut found = Vec::new();
        for (_, row) in self.rows[first..].iter().take_while(|(other, _)| *other == hash) {
            if key_text(&cells.get(*row)?).as_deref() == Some(key) {
                found.push(*row);
            }
        }
        Ok(found)
    }
}

impl Store {
    /// An event was made of a row, or a join found it.
    pub(crate) fn take(&self, table: usize, row: usize) {
        let Some(found) = self.tables.get(table) else { return };
        if let Some((base, groups)) = &found.groups {
            groups[row].iter().for_each(|row| self.take(*base, *row));
        } else {
            self.uses.borrow_mut().take(&found.file, found.lines[row]);
        }
    }

    pub(crate) fn index(&self, table: usize, column: usize) -> io::Result<Rc<Index>> {
        if let Some(made) = self.indexes.borrow().get(&(table, column)) {
            return Ok(made.clone());
        }
        let made = Rc::new(Index::new(&self.tables[table], table, column)?);
        self.indexes.borrow_mut().insert((table, column), made.clone());
        Ok(made)
    }

    /// Rows of a table as an expression sees them.
    pub(crate) fn rows(
        &self,
        table: usize,
        rows: &[usize],
        columns: &[usize],
    ) -> io::Result<Array> {
        rows.iter()
            .map(|r| Ok(Dynamic::from_map(self.tables[table].row_map(*r, columns)?)))
            .collect()
    }
}
