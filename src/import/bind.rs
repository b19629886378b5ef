//! Which names a row's expressions see, and their values. Invariant: only names that some expression of the stage uses are computed.

use std::{collections::BTreeSet, rc::Rc};

use rhai::{Dynamic, Engine, ImmutableString, Map, Scope};

use crate::{
    error::{Cells, ImportError, MappingError, Place},
    expression::{Expression, Words, key_text, shown},
    mapping::Mapping,
    store::Store,
    table_spec::OnMissingParent,
};

/// What every stage of a run shares.
pub(crate) struct Run<'a> {
    pub(crate) mapping: &'a Mapping,
    pub(crate) engine: Engine,
    pub(crate) params: Map,
}

/// The names of one stage and where their values come from.
pub(crate) struct Binder {
    table: Option<usize>,
    sources: Vec<(ImmutableString, Source)>,
}

enum Source {
    Column(usize),
    Parent(Join, OnMissingParent, String),
    Children(Join),
    /// The rows behind a grouped row.
    Rows(usize, Vec<usize>),
    Params(Map),
    Row,
    Previous(Vec<usize>),
    Next(Vec<usize>),
}

/// A join: the key on this side, and the rows by key on the other.
struct Join {
    on: Expression,
    on_columns: Vec<(ImmutableString, usize)>,
    table: usize,
    column: usize,
    /// The columns of the other table that this stage uses.
    used: Vec<usize>,
}

/// Every name an expression over a row of this table may use; without a table only the parameters.
pub(crate) fn known_names(run: &Run<'_>, store: &Store, table: Option<usize>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ["params".to_owned()].into();
    let Some(number) = table else { return names };
    let spec = &run.mapping.head.tables.0[number].1;
    names.extend(store.tables[number].columns.iter().map(ToString::to_string));
    names.extend(spec.parents.0.iter().map(|(n, _)| n.clone()));
    names.extend(spec.children.0.iter().map(|(n, _)| n.clone()));
    names.insert("row".to_owned());
    if spec.window.is_some() {
        names.extend(["previous".to_owned(), "next".to_owned()]);
    }
    if store.tables[number].groups.is_some() {
        names.insert("rows".to_owned());
    }
    names
}

impl Binder {
    /// Binds the names these expressions use.
    pub(crate) fn new<'e>(
        run: &Run<'_>,
        store: &Store,
        table: Option<usize>,
        expressions: impl IntoIterator<Item = &'e Expression>,
    ) -> Result<Binder, ImportError> {
        let known = known_names(run, store, table);
        let mut used: BTreeSet<ImmutableString> = BTreeSet::new();
        let mut words = Words::default();
        let mut members = Vec::new();
        for expression in expressions {
            used.extend(expression.names.iter().filter(|n| known.contains(n.as_str())).cloned());
            words.add(&expression.text);
            members.extend(expression.member());
        }
        let sources = used.into_iter().map(|name| Ok((name.clone(), source(run, store, table, &name, &words)?)));
        let binder = Binder { table, sources: sources.collect::<Result<_, ImportError>>()? };
        binder.check_members(store, &members)?;
        Ok(binder)
    }

    /// A column that a joined table does not have is found before the first row.
    fn check_members(&self, store: &Store, members: &[(&str, &str)]) -> Result<(), MappingError> {
        for (name, source) in &self.sources {
            let Source::Parent(join, ..) = source else { continue };
            let other = &store.tables[join.table];
            for (_, column) in members.iter().filter(|(n, _)| n == name) {
                if other.column(column).is_none() {
                    return Err(MappingError::rule(format!("{name}.{column}"), other.no_column(column)));
                }
            }
        }
        Ok(())
    }

    /// Puts the values of a row into the scope.
    pub(crate) fn fill(&self, run: &Run<'_>, store: &Store, row: usize, scope: &mut Scope<'_>) -> Result<(), ImportError> {
        scope.clear();
        for (name, source) in &self.sources {
            let value = self.value(run, store, row, name, source)?;
            scope.push_dynamic(name.as_str(), value);
        }
        Ok(())
    }

    fn value(&self, run: &Run<'_>, store: &Store, row: usize, name: &str, source: &Source) -> Result<Dynamic, ImportError> {
        if let Source::Params(params) = source {
            return Ok(params.clone().into());
        }
        let Some(number) = self.table else { return Ok(Dynamic::UNIT) };
        let table = &store.tables[number];
        let neighbours = || table.neighbours.as_ref().map(|n| n[row]).unwrap_or_default();
        let beside = |row: Option<usize>, columns: &[usize]| row.map_or(Dynamic::UNIT, |r| table.row_map(r, columns).into());
        Ok(match source {
            Source::Column(column) => table.cells[*column][row].clone(),
            Source::Params(params) => params.clone().into(),
            Source::Rows(base, columns) => {
                let rows = table.groups.as_ref().map(|(_, groups)| groups[row].as_slice()).unwrap_or_default();
                store.rows(*base, rows, columns).into()
            }
            Source::Row => row_facts(row, table.len(), table.neighbours.as_ref().map(|n| n[row])).into(),
            Source::Previous(columns) => beside(neighbours().previous, columns),
            Source::Next(columns) => beside(neighbours().next, columns),
            Source::Children(join) => {
                let rows = join.rows(run, store, number, row, name)?;
                store.rows(join.table, rows.as_ref().map_or(&[], |(index, key)| index.get(key).map_or(&[], Vec::as_slice)), &join.used).into()
            }
            Source::Parent(join, on_missing, column) => {
                let Some((index, key)) = join.rows(run, store, number, row, name)? else { return Ok(Dynamic::UNIT) };
                let other = &store.tables[join.table];
                match index.get(&key).map(Vec::as_slice) {
                    Some([one]) => other.row_map(*one, &join.used).into(),
                    Some([first, second, ..]) => {
                        return Err(ImportError::TwoParents {
                            second: other.place(*second),
                            first: other.lines[*first],
                            table: other.name.clone(),
                            column: column.clone(),
                            key,
                        });
                    }
                    None | Some([]) if *on_missing == OnMissingParent::None => Dynamic::UNIT,
                    None | Some([]) => {
                        let (join, table_name) = (name.into(), other.name.as_str().into());
                        return Err(ImportError::NoParent { place: table.place(row), join, table: table_name, column: column.clone(), key });
                    }
                }
            }
        })
    }

    /// The place of a row, for a message.
    pub(crate) fn place(&self, run: &Run<'_>, store: &Store, row: usize) -> Place {
        match self.table {
            Some(number) => store.tables[number].place(row),
            None => Place { file: run.mapping.head.name.clone(), line: 0 },
        }
    }
}

fn row_facts(row: usize, len: usize, neighbours: Option<crate::store::Neighbours>) -> Map {
    let (number, count) = neighbours.map_or((row + 1, len), |n| (n.number, n.count));
    let int = |n: usize| Dynamic::from_int(i64::try_from(n).unwrap_or(i64::MAX));
    let facts: [(&str, Dynamic); 4] = [("number", int(number)), ("count", int(count)), ("first", (number == 1).into()), ("last", (number == count).into())];
    facts.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// A join as the mapping writes it.
struct JoinText<'a> {
    at: String,
    on: &'a str,
    table: &'a str,
    key: &'a str,
}

impl Join {
    fn new(run: &Run<'_>, store: &Store, from: usize, text: &JoinText<'_>, words: &Words) -> Result<Join, ImportError> {
        let JoinText { at, on, table: other, key } = text;
        let here = &store.tables[from];
        let known: BTreeSet<String> = here.columns.iter().map(ToString::to_string).collect();
        let on = Expression::compile(&run.engine, on, &known).map_err(|what| MappingError::rule(at, format!("`{on}`: {what}")))?;
        let on_columns = on.names.iter().filter_map(|n| here.column(n).map(|c| (n.clone(), c))).collect();
        let table = run.mapping.table_number(other).unwrap_or_default();
        let column = store.tables[table].column(key).ok_or_else(|| MappingError::rule(at, store.tables[table].no_column(key)))?;
        Ok(Join { on, on_columns, table, column, used: store.tables[table].columns_in(words) })
    }

    /// The other table's index and this row's key; nothing if the key is missing.
    fn rows(&self, run: &Run<'_>, store: &Store, from: usize, row: usize, name: &str) -> Result<Option<(Rc<crate::store::Index>, String)>, ImportError> {
        let here = &store.tables[from];
        let mut scope = Scope::new();
        for (column, number) in &self.on_columns {
            scope.push_dynamic(column.as_str(), here.cells[*number][row].clone());
        }
        let key = self.on.eval(&run.engine, &mut scope).map_err(|why| failed(&self.on, &scope, here.place(row), &format!("join {name}"), why))?;
        Ok(key_text(&key).map(|key| (store.index(self.table, self.column), key)))
    }
}

fn source(run: &Run<'_>, store: &Store, table: Option<usize>, name: &str, words: &Words) -> Result<Source, ImportError> {
    let params = || Source::Params(run.params.clone());
    let Some(number) = table else { return Ok(params()) };
    let here = &store.tables[number];
    if let Some(column) = here.column(name) {
        return Ok(Source::Column(column));
    }
    let (table_name, spec) = &run.mapping.head.tables.0[number];
    if let Some(parent) = spec.parents.get(name) {
        let text = JoinText { at: format!("tables.{table_name}.parents.{name}"), on: &parent.on, table: &parent.table, key: parent.key() };
        let join = Join::new(run, store, number, &text, words)?;
        return Ok(Source::Parent(join, parent.on_missing, parent.key().to_owned()));
    }
    if let Some(children) = spec.children.get(name) {
        let text = JoinText { at: format!("tables.{table_name}.children.{name}"), on: children.on(), table: &children.table, key: &children.by };
        return Ok(Source::Children(Join::new(run, store, number, &text, words)?));
    }
    Ok(match name {
        "row" => Source::Row,
        "previous" => Source::Previous(here.columns_in(words)),
        "next" => Source::Next(here.columns_in(words)),
        "rows" => {
            let base = here.groups.as_ref().map_or(number, |(base, _)| *base);
            Source::Rows(base, store.tables[base].columns_in(words))
        }
        _ => params(),
    })
}

/// The error of an expression, with the columns it uses.
pub(crate) fn failed(expression: &Expression, scope: &Scope<'_>, place: Place, field: &str, why: String) -> ImportError {
    let cells = expression.names.iter().filter_map(|n| scope.get(n).map(|v| (n.to_string(), shown(v)))).collect();
    ImportError::Expression { place, field: field.into(), expression: expression.text.as_str().into(), why: why.into(), cells: Cells(cells) }
}
