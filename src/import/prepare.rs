//! From files to finished tables: read, explode, keep, group, derive, keep groups, sort, window.
//! Invariant: a table is prepared after every table its own stages use.

use std::io;

use rhai::{Dynamic, Scope};

use crate::{
    bind::{Binder, Run, failed, known_names},
    draft::{Progress, TableSummary},
    error::{ImportError, MappingError},
    explode::exploded,
    expression::Expression,
    names::Words,
    order::RowOrder,
    reader::{self, RawTable, Reading, Tables},
    store::{Neighbours, Store, Table},
    strip::Strip,
    table_spec::{TableSpec, TypeWord},
};

/// Names whose value depends on the order of the rows.
const ORDER_NAMES: [&str; 3] = ["row", "previous", "next"];

/// The tables as they are prepared one after the other.
pub(crate) struct Preparation<'a, 'p> {
    run: &'a Run<'a>,
    files: &'a dyn Tables,
    progress: &'p mut dyn FnMut(Progress<'_>),
    pub(crate) store: Store,
    pub(crate) summaries: Vec<TableSummary>,
    states: Vec<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Begun,
    Done,
}

/// Prepares every table of the mapping.
pub(crate) fn prepare(
    run: &Run<'_>,
    files: &dyn Tables,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(Store, Vec<TableSummary>), ImportError> {
    let specs = &run.mapping.head.tables.0;
    let mut store = Store::default();
    store.tables.resize_with(specs.len(), Table::default);
    let summaries =
        specs.iter().map(|(name, spec)| TableSummary::new(name, spec.file.as_deref())).collect();
    let mut preparation = Preparation {
        run,
        files,
        progress,
        store,
        summaries,
        states: vec![State::Waiting; specs.len()],
    };
    for number in 0..specs.len() {
        preparation.table(number)?;
    }
    Ok((preparation.store, preparation.summaries))
}

impl Preparation<'_, '_> {
    fn table(&mut self, number: usize) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        match self.states[number] {
            State::Done => return Ok(()),
            State::Begun => {
                let what = "the table is made of itself, through `from`, `where` or `derive`; take \
                            the join out of one of them";
                return Err(MappingError::rule(format!("tables.{name}"), what).into());
            }
            State::Waiting => self.states[number] = State::Begun,
        }
        for needed in self.needed(number) {
            self.table(needed)?;
        }
        let base = spec.from.as_ref().and_then(|base| self.run.mapping.table_number(base));
        match (&spec.file, base) {
            (Some(file), _) => self.load(number, file)?,
            (None, Some(base)) => self.copy(number, base),
            (None, None) => {}
        }
        if let Some(explode) = &spec.explode {
            exploded(&mut self.store.tables[number], explode, &self.run.memory)?;
        }
        self.summaries[number].rows = self.store.tables[number].len() as u64;
        let mut kept: Vec<usize> = (0..self.store.tables[number].len()).collect();
        if let Some(keep) = &spec.keep {
            kept = self.holding(number, "where", keep)?;
            self.summaries[number].left_out = (self.store.tables[number].len() - kept.len()) as u64;
            if kept.len() < self.store.tables[number].len() {
                self.store.tables[number].rearrange(&kept)?;
            }
        }
        if let (Some(base), false) = (base, spec.group_by.is_empty()) {
            self.group(number, base, &kept)?;
        }
        let ordered = |text: &str| {
            let mut words = Words::default();
            words.add(text);
            ORDER_NAMES
                .iter()
                .any(|n| words.has(n) && self.store.tables[number].column(n).is_none())
        };
        let early = spec.derive.0.iter().take_while(|(_, e)| !ordered(e)).count();
        for (column, text) in &spec.derive.0[..early] {
            self.derive(number, column, text)?;
        }
        if let Some(having) = &spec.having {
            let kept = self.holding(number, "having", having)?;
            self.summaries[number].groups_left_out =
                (self.store.tables[number].len() - kept.len()) as u64;
            self.store.tables[number].rearrange(&kept)?;
        }
        self.order(number)?;
        for (column, text) in &spec.derive.0[early..] {
            self.derive(number, column, text)?;
        }
        self.states[number] = State::Done;
        Ok(())
    }

    /// The tables whose rows this table's own stages use.
    fn needed(&self, number: usize) -> Vec<usize> {
        let spec = &self.run.mapping.head.tables.0[number].1;
        let mut words = Words::default();
        spec.keep
            .iter()
            .chain(&spec.having)
            .chain(spec.derive.0.iter().map(|(_, e)| e))
            .for_each(|e| words.add(e));
        let parents = spec.parents.0.iter().filter(|(n, _)| words.has(n)).map(|(_, p)| &p.table);
        let children = spec.children.0.iter().filter(|(n, _)| words.has(n)).map(|(_, c)| &c.table);
        spec.from
            .iter()
            .chain(parents)
            .chain(children)
            .filter_map(|t| self.run.mapping.table_number(t))
            .collect()
    }

    fn load(&mut self, number: usize, file: &str) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        let progress = &mut *self.progress;
        let mut report = |rows| progress(Progress::Reading { file, rows });
        let reading = Reading {
            table: name,
            spec,
            words: &self.run.mapping.words,
            clock: &self.run.clock,
            memory: &self.run.memory,
            progress: &mut report,
        };
        let raw: RawTable = reader::read(self.files, file, reading)?;
        self.summaries[number].skipped = raw.skipped;
        self.store.tables[number] = Table {
            name: name.clone(),
            file: file.to_owned(),
            columns: raw.columns.into_iter().map(Into::into).collect(),
            unused: raw.unused.into_iter().map(Into::into).collect(),
            cells: raw.cells,
            lines: raw.lines,
            groups: None,
            neighbours: None,
        };
        Ok(())
    }

    /// The rows of another table, before they are this table's own.
    fn copy(&mut self, number: usize, base: usize) {
        let source = &self.store.tables[base];
        let copied = Table {
            name: self.run.mapping.head.tables.0[number].0.clone(),
            file: source.file.clone(),
            columns: source.columns.clone(),
            unused: source.unused.clone(),
            cells: source.cells.clone(),
            lines: source.lines.clone(),
            groups: None,
            neighbours: None,
        };
        self.store.tables[number] = copied;
    }

    /// Makes a row of each group; `kept` are the rows of the base that this table's rows are.
    fn group(&mut self, number: usize, base: usize, kept: &[usize]) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        let table = &mut self.store.tables[number];
        let groups = table
            .grouped(&spec.group_by)
            .map_err(|what| MappingError::rule(format!("tables.{name}.group_by"), what))?;
        let firsts: Vec<usize> = groups.iter().filter_map(|rows| rows.first().copied()).collect();
        table.rearrange(&firsts)?;
        let behind = groups
            .into_iter()
            .map(|rows| rows.into_iter().map(|row| kept[row]).collect())
            .collect();
        table.groups = Some((base, behind));
        Ok(())
    }

    fn compile(&self, number: usize, at: &str, text: &str) -> Result<Expression, ImportError> {
        let known = known_names(self.run, &self.store, Some(number));
        let compiled = Expression::compile(&self.run.engine, text, &known);
        Ok(compiled.map_err(|what| MappingError::rule(at, format!("`{text}`: {what}")))?)
    }

    /// The rows for which a condition holds.
    fn holding(&self, number: usize, word: &str, text: &str) -> Result<Vec<usize>, ImportError> {
        let table = &self.store.tables[number];
        let at = format!("tables.{}.{word}", table.name);
        let expression = self.compile(number, &at, text)?;
        let binder = Binder::new(self.run, &self.store, Some(number), [&expression])?;
        let mut scope = Scope::new();
        let mut kept = Vec::new();
        for row in 0..table.len() {
            binder.fill(self.run, &self.store, row, &mut scope)?;
            let holds = expression.holds(&self.run.engine, &mut scope);
            if holds.map_err(|why| failed(&expression, &scope, table.place(row), &at, why))? {
                kept.push(row);
            }
        }
        Ok(kept)
    }

    fn derive(&mut self, number: usize, column: &str, text: &str) -> Result<(), ImportError> {
        let at = format!("tables.{}.derive.{column}", self.store.tables[number].name);
        let expression = self.compile(number, &at, text)?;
        let binder = Binder::of_column(self.run, &self.store, number, &expression)?;
        let mut scope = Scope::new();
        let mut values = Strip::new(self.run.memory.clone());
        for row in 0..self.store.tables[number].len() {
            binder.fill(self.run, &self.store, row, &mut scope)?;
            let value: Result<Dynamic, String> = expression.eval(&self.run.engine, &mut scope);
            values.push(value.map_err(|why| {
                failed(&expression, &scope, self.store.tables[number].place(row), &at, why)
            })?)?;
        }
        self.store.tables[number].add_column(column, values);
        Ok(())
    }

    /// Sorts the rows and finds each one's neighbours.
    fn order(&mut self, number: usize) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        if !spec.sort.is_empty() {
            let order = self.row_order(number, &spec.sort, "sort")?;
            let mut rows: Vec<usize> = (0..self.store.tables[number].len()).collect();
            order.sort(&mut rows);
            self.store.tables[number].rearrange(&rows)?;
        }
        let Some(window) = &spec.window else { return Ok(()) };
        let order = self.row_order(number, &window.sort, "window")?;
        let table = &mut self.store.tables[number];
        let grouped = if window.by.is_empty() {
            Ok(vec![(0..table.len()).collect()])
        } else {
            table.grouped(&window.by)
        };
        let groups =
            grouped.map_err(|what| MappingError::rule(format!("tables.{name}.window"), what))?;
        let mut neighbours = vec![Neighbours::default(); table.len()];
        for mut rows in groups {
            order.sort(&mut rows);
            for (i, row) in rows.iter().enumerate() {
                neighbours[*row] = Neighbours {
                    previous: i.checked_sub(1).map(|p| rows[p]),
                    next: rows.get(i + 1).copied(),
                    number: i + 1,
                    count: rows.len(),
                };
            }
        }
        table.neighbours = Some(neighbours);
        Ok(())
    }

    /// The order that these columns give; a `-` before a name turns its order round.
    fn row_order(&self, number: usize, by: &[String], word: &str) -> Result<RowOrder, ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        let (table, at) = (&self.store.tables[number], || format!("tables.{name}.{word}"));
        let mut order = RowOrder::default();
        for column in by {
            let (plain, down) =
                column.strip_prefix('-').map_or((column.as_str(), false), |plain| (plain, true));
            let place = table
                .column(plain)
                .ok_or_else(|| MappingError::rule(at(), table.no_column(plain)))?;
            let wrong = |what| MappingError::rule(at(), format!("column {plain}: {what}"));
            let cells = (0..table.len())
                .map(|row| table.cells[place].get(row))
                .collect::<io::Result<Vec<_>>>()?;
            order
                .add(&self.run.clock, &cells, down, self.is_declared_text(spec, plain))
                .map_err(wrong)?;
        }
        Ok(order)
    }

    /// Whether the mapping says that a column is text, here or where it is read.
    fn is_declared_text(&self, spec: &TableSpec, column: &str) -> bool {
        let base = spec.from.as_ref().and_then(|base| self.run.mapping.head.tables.get(base));
        let here = spec.types.get(column).is_some_and(|kind| kind.full().word == TypeWord::Text);
        here || base.is_some_and(|base| self.is_declared_text(base, column))
    }
}
