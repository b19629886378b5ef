//! From files to finished tables: read, keep, derive, sort, window. Invariant: a table is prepared after every table its own stages use.

use rhai::{Dynamic, Scope};

use crate::{
    bind::{Binder, Run, failed, known_names},
    draft::{Progress, TableSummary},
    error::{ImportError, MappingError},
    expression::{Expression, Words},
    reader::{self, RawTable, Reading, Tables},
    store::{Neighbours, Store, Table},
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
pub(crate) fn prepare(run: &Run<'_>, files: &dyn Tables, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(Store, Vec<TableSummary>), ImportError> {
    let specs = &run.mapping.head.tables.0;
    let mut store = Store::default();
    store.tables.resize_with(specs.len(), Table::default);
    let summaries = specs.iter().map(|(name, spec)| TableSummary::new(name, spec.file.as_deref())).collect();
    let mut preparation = Preparation { run, files, progress, store, summaries, states: vec![State::Waiting; specs.len()] };
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
                let what = "the table is made of itself, through `from`, `where` or `derive`; take the join out of one of them";
                return Err(MappingError::rule(format!("tables.{name}"), what).into());
            }
            State::Waiting => self.states[number] = State::Begun,
        }
        for needed in self.needed(number) {
            self.table(needed)?;
        }
        match (&spec.file, &spec.from) {
            (Some(file), _) => self.load(number, file)?,
            (None, Some(base)) => self.derive_from(number, base)?,
            (None, None) => {}
        }
        self.summaries[number].rows = self.store.tables[number].len() as u64;
        if let Some(keep) = &spec.keep {
            self.keep(number, keep)?;
        }
        let ordered = |text: &str| {
            let mut words = Words::default();
            words.add(text);
            ORDER_NAMES.iter().any(|n| words.has(n) && self.store.tables[number].column(n).is_none())
        };
        let early = spec.derive.0.iter().take_while(|(_, e)| !ordered(e)).count();
        for (column, text) in &spec.derive.0[..early] {
            self.derive(number, column, text)?;
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
        spec.keep.iter().chain(spec.derive.0.iter().map(|(_, e)| e)).for_each(|e| words.add(e));
        let parents = spec.parents.0.iter().filter(|(n, _)| words.has(n)).map(|(_, p)| &p.table);
        let children = spec.children.0.iter().filter(|(n, _)| words.has(n)).map(|(_, c)| &c.table);
        spec.from.iter().chain(parents).chain(children).filter_map(|t| self.run.mapping.table_number(t)).collect()
    }

    fn load(&mut self, number: usize, file: &str) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        let progress = &mut *self.progress;
        let mut report = |rows| progress(Progress::Reading { file, rows });
        let reading = Reading { table: name, spec, words: &self.run.mapping.words, progress: &mut report };
        let raw: RawTable = reader::read(self.files, file, reading)?;
        self.summaries[number].skipped = raw.skipped;
        self.store.tables[number] = Table {
            name: name.clone(),
            file: file.to_owned(),
            columns: raw.columns.into_iter().map(Into::into).collect(),
            cells: raw.cells,
            lines: raw.lines,
            groups: None,
            neighbours: None,
        };
        Ok(())
    }

    fn derive_from(&mut self, number: usize, base: &str) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        let base_number = self.run.mapping.table_number(base).unwrap_or_default();
        let source = &self.store.tables[base_number];
        let rows: Vec<Vec<usize>> = if spec.group_by.is_empty() {
            (0..source.len()).map(|r| vec![r]).collect()
        } else {
            source.grouped(&spec.group_by).map_err(|what| MappingError::rule(format!("tables.{name}.group_by"), what))?
        };
        let firsts: Vec<usize> = rows.iter().filter_map(|r| r.first().copied()).collect();
        let table = Table {
            name: name.clone(),
            file: source.file.clone(),
            columns: source.columns.clone(),
            cells: source.cells.iter().map(|c| firsts.iter().map(|r| c[*r].clone()).collect()).collect(),
            lines: firsts.iter().map(|r| source.lines[*r]).collect(),
            groups: (!spec.group_by.is_empty()).then_some((base_number, rows)),
            neighbours: None,
        };
        self.store.tables[number] = table;
        Ok(())
    }

    fn compile(&self, number: usize, at: &str, text: &str) -> Result<(Expression, Binder), ImportError> {
        let known = known_names(self.run, &self.store, Some(number));
        let compiled = Expression::compile(&self.run.engine, text, &known);
        let expression = compiled.map_err(|what| MappingError::rule(at, format!("`{text}`: {what}")))?;
        let binder = Binder::new(self.run, &self.store, Some(number), [&expression])?;
        Ok((expression, binder))
    }

    fn keep(&mut self, number: usize, text: &str) -> Result<(), ImportError> {
        let at = format!("tables.{}.where", self.store.tables[number].name);
        let (expression, binder) = self.compile(number, &at, text)?;
        let mut scope = Scope::new();
        let mut kept = Vec::new();
        for row in 0..self.store.tables[number].len() {
            binder.fill(self.run, &self.store, row, &mut scope)?;
            let holds = expression.holds(&self.run.engine, &mut scope);
            if holds.map_err(|why| failed(&expression, &scope, self.store.tables[number].place(row), &at, why))? {
                kept.push(row);
            }
        }
        self.summaries[number].left_out = (self.store.tables[number].len() - kept.len()) as u64;
        self.store.tables[number].rearrange(&kept);
        Ok(())
    }

    fn derive(&mut self, number: usize, column: &str, text: &str) -> Result<(), ImportError> {
        let at = format!("tables.{}.derive.{column}", self.store.tables[number].name);
        let (expression, binder) = self.compile(number, &at, text)?;
        let mut scope = Scope::new();
        let mut values = Vec::with_capacity(self.store.tables[number].len());
        for row in 0..self.store.tables[number].len() {
            binder.fill(self.run, &self.store, row, &mut scope)?;
            let value: Result<Dynamic, String> = expression.eval(&self.run.engine, &mut scope);
            values.push(value.map_err(|why| failed(&expression, &scope, self.store.tables[number].place(row), &at, why))?);
        }
        self.store.tables[number].add_column(column, values);
        Ok(())
    }

    /// Sorts the rows and finds each one's neighbours.
    fn order(&mut self, number: usize) -> Result<(), ImportError> {
        let (name, spec) = &self.run.mapping.head.tables.0[number];
        let table = &mut self.store.tables[number];
        if !spec.sort.is_empty() {
            let all = (0..table.len()).collect();
            let rows = table.sorted(all, &spec.sort).map_err(|what| MappingError::rule(format!("tables.{name}.sort"), what))?;
            table.rearrange(&rows);
        }
        let Some(window) = &spec.window else { return Ok(()) };
        let wrong = |what| MappingError::rule(format!("tables.{name}.window"), what);
        let groups = if window.by.is_empty() { vec![(0..table.len()).collect()] } else { table.grouped(&window.by).map_err(wrong)? };
        let mut neighbours = vec![Neighbours::default(); table.len()];
        for group in groups {
            let rows = table.sorted(group, &window.sort).map_err(wrong)?;
            for (i, row) in rows.iter().enumerate() {
                neighbours[*row] = Neighbours { previous: i.checked_sub(1).map(|p| rows[p]), next: rows.get(i + 1).copied(), number: i + 1, count: rows.len() };
            }
        }
        table.neighbours = Some(neighbours);
        Ok(())
    }
}
