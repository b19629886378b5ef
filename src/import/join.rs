//! Joins of a row with rows of other tables. Invariant: a join is made of its text before the first
//! row, and finds rows by the text of their key alone.

use std::collections::{BTreeMap, HashSet};

use rhai::{ImmutableString, Scope};

use crate::{
    bind::{Run, failed},
    draft::Skipped,
    error::{ImportError, MappingError},
    expression::{Expression, key_text},
    names::{Names, Words},
    store::Store,
    table_spec::{Children, OnOrphan},
};

/// A join: the key on this side, and the rows by key on the other.
pub(crate) struct Join {
    on: Expression,
    on_columns: Vec<(ImmutableString, usize)>,
    pub(crate) table: usize,
    pub(crate) column: usize,
    /// The columns of the other table that this stage uses.
    pub(crate) used: Vec<usize>,
}

/// A join as the mapping writes it.
pub(crate) struct JoinText<'a> {
    pub(crate) at: String,
    pub(crate) on: &'a str,
    pub(crate) table: &'a str,
    pub(crate) key: &'a str,
}

impl Join {
    pub(crate) fn new(
        run: &Run<'_>,
        store: &Store,
        from: usize,
        text: &JoinText<'_>,
        words: &Words,
    ) -> Result<Join, ImportError> {
        let JoinText { at, on, table: other, key } = text;
        let here = &store.tables[from];
        let known = Names::of(here.all_columns(), here.columns.iter().map(ImmutableString::as_str));
        let on = Expression::compile(&run.engine, on, &known)
            .map_err(|what| MappingError::rule(at, format!("`{on}`: {what}")))?;
        let on_columns =
            on.names.iter().filter_map(|n| here.column(n).map(|c| (n.clone(), c))).collect();
        let table = run.mapping.table_number(other).unwrap_or_default();
        let column = store.tables[table]
            .column(key)
            .ok_or_else(|| MappingError::rule(at, store.tables[table].no_column(key)))?;
        Ok(Join { on, on_columns, table, column, used: store.tables[table].columns_in(words) })
    }

    pub(crate) fn of_children(
        run: &Run<'_>,
        store: &Store,
        from: usize,
        (name, children): (&str, &Children),
        words: &Words,
    ) -> Result<Join, ImportError> {
        let at = format!("tables.{}.children.{name}", store.tables[from].name);
        Join::new(
            run,
            store,
            from,
            &JoinText { at, on: children.on(), table: &children.table, key: &children.by },
            words,
        )
    }

    /// This row's key; nothing if it is missing.
    pub(crate) fn key(
        &self,
        run: &Run<'_>,
        store: &Store,
        from: usize,
        row: usize,
        name: &str,
    ) -> Result<Option<String>, ImportError> {
        let here = &store.tables[from];
        let mut scope = Scope::new();
        for (column, number) in &self.on_columns {
            scope.push_dynamic(column.as_str(), here.cells[*number].get(row)?);
        }
        let key = self.on.eval(&run.engine, &mut scope).map_err(|why| {
            failed(&self.on, &scope, here.place(row), &format!("join {name}"), why)
        })?;
        Ok(key_text(&key))
    }
}

/// The rows of other tables that the `children` joins of a table should find and that name none of
/// its rows, by join.
pub(crate) fn orphans(
    run: &Run<'_>,
    store: &Store,
    number: usize,
) -> Result<BTreeMap<String, Skipped>, ImportError> {
    let mut all = BTreeMap::new();
    let (table, spec) = &run.mapping.head.tables.0[number];
    for (name, children) in spec.children.0.iter().filter(|(name, _)| run.mapping.words.has(name)) {
        let join = Join::of_children(run, store, number, (name, children), &Words::default())?;
        let mut parents = HashSet::new();
        for row in 0..store.tables[number].len() {
            parents.extend(join.key(run, store, number, row, name)?);
        }
        let other = &store.tables[join.table];
        let (mut rows, mut first) = (0, None);
        for row in 0..other.len() {
            let key = key_text(&other.cells[join.column].get(row)?);
            if key.as_ref().is_none_or(|key| !parents.contains(key)) {
                rows += 1;
                first.get_or_insert((row, key));
            }
        }
        let Some((first, key)) = first else { continue };
        let place = other.place(first);
        if children.orphans == OnOrphan::Fail {
            let (column, value) = (
                children.by.as_str().into(),
                key.map_or_else(|| "nothing".to_owned(), |key| format!("{key:?}")),
            );
            return Err(ImportError::Orphan {
                place,
                column,
                value: value.into(),
                join: name.as_str().into(),
                table: table.as_str().into(),
                on: children.on().into(),
                rows,
            });
        }
        all.insert(name.clone(), Skipped { rows, first: place.to_string() });
    }
    Ok(all)
}
