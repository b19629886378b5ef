//! From a field of an event back to the cells it was made of. Invariant: it reads the very rows and
//! expressions that made the event, and where it cannot follow them it says less, never something
//! else.

use regex::Regex;
use rhai::{Array, Dynamic, Scope};

use crate::{
    bind::Run,
    error::{Cells, Place},
    event_run::EventRun,
    expression::{Expression, shown},
    make::{Made, MadeField, Path, Site, elements},
    names::Words,
    store::Store,
};

/// Cells that one message names.
const CELLS_MAX: usize = 12;

/// Follows the fields of one row's event.
pub(crate) struct Tracing<'a> {
    run: &'a Run<'a>,
    store: &'a Store,
    event: &'a EventRun<'a>,
    row: usize,
    /// Names that stand for an element of a list of rows: the table and the row.
    named: Vec<(String, usize, usize)>,
    cells: Cells,
}

impl<'a> Tracing<'a> {
    pub(crate) fn new(
        run: &'a Run<'a>,
        store: &'a Store,
        event: &'a EventRun<'a>,
        row: usize,
    ) -> Tracing<'a> {
        Tracing { run, store, event, row, named: Vec::new(), cells: Cells::default() }
    }

    /// The cells behind the field at a JSON pointer of the draft, or else behind the event's key.
    pub(crate) fn cells(mut self, element: usize, pointer: Option<&str>) -> Cells {
        let mut scope = Scope::new();
        if self.event.binder.fill(self.run, self.store, self.row, &mut scope).is_err() {
            return self.cells;
        }
        let place = self.event.binder.place(self.run, self.store, self.row);
        let site = Site { engine: &self.run.engine, event: &self.event.spec.kind, place: &place };
        if let Some(each) = &self.event.each {
            let name = self.event.spec.each_as.clone();
            self.enter(each, &name, element, &site, &mut scope);
        }
        let found =
            pointer.map_or_else(Vec::new, |pointer| self.behind(pointer, &site, &mut scope));
        for expression in if found.is_empty() { self.event.key.iter().collect() } else { found } {
            self.add_expression(expression, &scope);
        }
        self.cells
    }

    /// The expressions behind a field.
    fn behind(
        &mut self,
        pointer: &str,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
    ) -> Vec<&'a Expression> {
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        match steps.split_first() {
            Some((&"data", steps)) => self.seek(&self.event.data, steps, site, scope),
            Some((&"occurred_at", _)) => of_field(&self.event.at),
            _ => Vec::new(),
        }
    }

    fn seek(
        &mut self,
        made: &'a Made,
        steps: &[&str],
        site: &Site<'_>,
        scope: &mut Scope<'_>,
    ) -> Vec<&'a Expression> {
        let Some((step, rest)) = steps.split_first() else {
            let mut all = Vec::new();
            made.expressions(&mut all);
            return all;
        };
        match made {
            Made::Constant(_) => Vec::new(),
            // What stands below is what the value of the expression holds.
            Made::Field(field) => of_field(field),
            Made::Object(fields) => match fields.iter().find(|(name, _)| name == step) {
                Some((_, field)) => self.seek(field, rest, site, scope),
                None => Vec::new(),
            },
            Made::When { make, .. } => self.seek(make, steps, site, scope),
            Made::List(items) => {
                let Ok(mut wanted) = step.parse::<usize>() else { return Vec::new() };
                for item in items {
                    let mut made = Vec::new();
                    if item.push_onto(&mut made, site, scope, &mut Path::default()).is_err() {
                        return Vec::new();
                    }
                    if wanted >= made.len() {
                        wanted -= made.len();
                    } else if matches!(item, Made::Each { .. }) {
                        return self.seek_each(item, wanted, rest, site, scope);
                    } else {
                        return self.seek(item, rest, site, scope);
                    }
                }
                Vec::new()
            }
            Made::Each { .. } => match step.parse() {
                Ok(wanted) => self.seek_each(made, wanted, rest, site, scope),
                Err(_) => Vec::new(),
            },
        }
    }

    /// The field of the element that became the `wanted` one of the list.
    fn seek_each(
        &mut self,
        made: &'a Made,
        wanted: usize,
        rest: &[&str],
        site: &Site<'_>,
        scope: &mut Scope<'_>,
    ) -> Vec<&'a Expression> {
        let Made::Each { over, name, when, make } = made else { return Vec::new() };
        let Ok(all) = elements(over, site, scope, &Path::default()) else { return Vec::new() };
        let mut left = wanted;
        for number in 0..all.len() {
            let depth = scope.len();
            self.push(over, name, &all, number, scope);
            let meant =
                when.as_ref().is_none_or(|when| when.holds(site.engine, scope).unwrap_or(false));
            if meant && matches!(make.json(site, scope, &mut Path::default()), Ok(Some(_))) {
                if left == 0 {
                    return self.seek(make, rest, site, scope);
                }
                left -= 1;
            }
            scope.rewind(depth);
            self.named.pop();
        }
        Vec::new()
    }

    fn enter(
        &mut self,
        over: &Expression,
        name: &str,
        number: usize,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
    ) {
        if let Ok(all) = elements(over, site, scope, &Path::default())
            && number < all.len()
        {
            self.push(over, name, &all, number, scope);
        }
    }

    /// Names an element of a list; if the list is a join, the row behind it is known, too.
    fn push(
        &mut self,
        over: &Expression,
        name: &str,
        all: &Array,
        number: usize,
        scope: &mut Scope<'_>,
    ) {
        scope.push_dynamic(name.to_owned(), all[number].clone());
        scope.push_dynamic(
            "index",
            Dynamic::from_int(i64::try_from(number + 1).unwrap_or(i64::MAX)),
        );
        let joined = self.event.binder.joined(self.run, self.store, self.row, over.text.trim());
        let row = joined.and_then(|(table, rows)| Some((table, *rows.get(number)?)));
        let (table, row) = row.unwrap_or((usize::MAX, 0));
        self.named.push((name.to_owned(), table, row));
    }

    fn add_expression(&mut self, expression: &Expression, scope: &Scope<'_>) {
        for name in &expression.names {
            let element = self
                .named
                .iter()
                .rev()
                .find(|(named, ..)| named == name.as_str())
                .map(|(_, table, row)| (*table, *row));
            let joined = element.or_else(|| {
                let (table, rows) =
                    self.event.binder.joined(self.run, self.store, self.row, name)?;
                Some((table, *rows.first()?))
            });
            match joined.filter(|(table, _)| *table < self.store.tables.len()) {
                Some((table, row)) => members(&expression.text, name)
                    .iter()
                    .for_each(|column| self.add(table, row, column)),
                None => match self
                    .event
                    .table
                    .filter(|table| self.store.tables[*table].column(name).is_some())
                {
                    Some(table) => self.add(table, self.row, name),
                    None => {
                        if let Some(value) =
                            scope.get(name).filter(|value| !value.is_map() && !value.is_array())
                        {
                            self.say(name.to_string(), shown(value));
                        }
                    }
                },
            }
        }
    }

    /// Adds a cell and, if its column is derived, those it is derived from.
    fn add(&mut self, table: usize, row: usize, column: &str) {
        let found = &self.store.tables[table];
        let Some(number) = found.column(column) else { return };
        let label = if self.event.table == Some(table) && row == self.row {
            column.to_owned()
        } else {
            self.foreign(&found.place(row), column)
        };
        if self.cells.0.iter().any(|(known, _)| *known == label) || self.cells.0.len() >= CELLS_MAX
        {
            return;
        }
        let Ok(value) = found.cells[number].get(row) else { return };
        self.say(label, shown(&value));
        let Some(text) = self.derived(table, column) else { return };
        let mut words = Words::default();
        words.add(text);
        for number in found.columns_in(&words) {
            self.add(table, row, &found.columns[number]);
        }
    }

    fn foreign(&self, place: &Place, column: &str) -> String {
        let own = self.event.binder.place(self.run, self.store, self.row);
        if own == *place { column.to_owned() } else { format!("{column} ({place})") }
    }

    /// The expression a column is derived by, in its table or one that is made of.
    fn derived(&self, mut table: usize, column: &str) -> Option<&'a str> {
        for _ in 0..self.store.tables.len() {
            let spec = &self.run.mapping.head.tables.0.get(table)?.1;
            if let Some(text) = spec.derive.get(column) {
                return Some(text);
            }
            table = self.run.mapping.table_number(spec.from.as_ref()?)?;
        }
        None
    }

    fn say(&mut self, column: String, value: String) {
        if self.cells.0.len() < CELLS_MAX && !self.cells.0.iter().any(|(known, _)| *known == column)
        {
            self.cells.0.push((column, value));
        }
    }
}

fn of_field(field: &MadeField) -> Vec<&Expression> {
    let mut all = Vec::new();
    field.expressions(&mut all);
    all
}

/// The columns of a joined row that an expression names.
fn members(text: &str, name: &str) -> Vec<String> {
    let Ok(pattern) = Regex::new(&format!(r"\b{}\??\.(\w+)", regex::escape(name))) else {
        return Vec::new();
    };
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}
