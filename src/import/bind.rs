//! Which names a row's expressions see, and their values. Invariant: only names that some
//! expression of the stage uses are computed.

use std::{collections::BTreeSet, io, rc::Rc};

use rhai::{Dynamic, Engine, ImmutableString, Map, Scope};
use sijil_schemas::near::suggestion;

use crate::{
    error::{Cells, ImportError, MappingError, Place},
    expression::{Expression, shown},
    join::{Join, JoinText},
    mapping::Mapping,
    names::{Names, ROW_FACTS, Words},
    store::{Store, Table},
    strip::Memory,
    table_spec::OnMissingParent,
    time_value::Clock,
    tokens::{Access, Token, accesses, kept_whole, tokens},
};

/// The mapping, parameters and functions that every stage of a run shares.
pub(crate) struct Run<'a> {
    pub(crate) mapping: &'a Mapping,
    pub(crate) engine: Engine,
    pub(crate) params: Map,
    /// The mapping's zone, and its policy for clock changes.
    pub(crate) clock: Clock,
    /// The memory that the cells of all tables may take.
    pub(crate) memory: Rc<Memory>,
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
    /// The questions about the row itself: facts about its place, and columns by the words they are
    /// called by.
    Row(Vec<&'static str>, Vec<(ImmutableString, usize)>),
    Previous(Vec<usize>),
    Next(Vec<usize>),
}

/// Every name an expression over a row of this table may use; without a table only the parameters.
pub(crate) fn known_names(run: &Run<'_>, store: &Store, table: Option<usize>) -> Names {
    let Some(number) = table else { return Names::of([], ["params"]) };
    let (spec, here) = (&run.mapping.head.tables.0[number].1, &store.tables[number]);
    let mut known: Vec<&str> = vec!["params", "row"];
    known.extend(here.columns.iter().map(ImmutableString::as_str));
    known.extend(
        spec.parents
            .0
            .iter()
            .map(|(n, _)| n.as_str())
            .chain(spec.children.0.iter().map(|(n, _)| n.as_str())),
    );
    if spec.window.is_some() {
        known.extend(["previous", "next"]);
    }
    if here.groups.is_some() {
        known.push("rows");
    }
    Names::of(here.all_columns(), known)
}

/// The expressions of one stage, taken together.
#[derive(Default)]
struct Stage<'e> {
    /// Words that may be columns of joined rows.
    words: Words,
    tokens: Vec<Vec<Token<'e>>>,
    /// The words of the whole mapping, if what the stage gives is kept as a column that later
    /// stages read.
    later: Option<&'e Words>,
}

impl Stage<'_> {
    /// The words that may be columns of this joined row.
    fn words_for(&self, join: &str) -> &Words {
        match self.later {
            Some(later) if self.tokens.iter().any(|tokens| kept_whole(tokens, join)) => later,
            _ => &self.words,
        }
    }

    fn accesses(&self) -> impl Iterator<Item = Access<'_>> {
        self.tokens.iter().flat_map(|tokens| accesses(tokens))
    }
}

impl Binder {
    /// Binds the names these expressions use.
    pub(crate) fn new<'e>(
        run: &Run<'_>,
        store: &Store,
        table: Option<usize>,
        expressions: impl IntoIterator<Item = &'e Expression>,
    ) -> Result<Binder, ImportError> {
        Binder::of_stage(run, store, table, expressions, None)
    }

    /// Binds the names of an expression whose value becomes a column: a joined row in it keeps
    /// every column that any stage asks for.
    pub(crate) fn of_column(
        run: &Run<'_>,
        store: &Store,
        table: usize,
        expression: &Expression,
    ) -> Result<Binder, ImportError> {
        Binder::of_stage(run, store, Some(table), [expression], Some(&run.mapping.words))
    }

    fn of_stage<'e>(
        run: &Run<'_>,
        store: &Store,
        table: Option<usize>,
        expressions: impl IntoIterator<Item = &'e Expression>,
        later: Option<&'e Words>,
    ) -> Result<Binder, ImportError> {
        let known = known_names(run, store, table);
        let mut used: BTreeSet<ImmutableString> = BTreeSet::new();
        let mut stage = Stage { later, ..Stage::default() };
        for expression in expressions {
            used.extend(expression.names.iter().filter(|n| known.contains(n)).cloned());
            stage.words.add(&expression.text);
            stage.tokens.push(tokens(&expression.text));
        }
        let sources = used
            .into_iter()
            .map(|name| Ok((name.clone(), source(run, store, table, &name, &stage)?)));
        let binder = Binder { table, sources: sources.collect::<Result<_, ImportError>>()? };
        binder.check_accesses(run, store, &stage)?;
        Ok(binder)
    }

    /// A column that a joined table does not have is found before the first row.
    fn check_accesses(
        &self,
        run: &Run<'_>,
        store: &Store,
        stage: &Stage<'_>,
    ) -> Result<(), MappingError> {
        let joined = |word: &str| {
            self.sources.iter().find(|(name, _)| name == word).map(|(_, source)| source)
        };
        for access in stage.accesses() {
            let place = |of: &str| format!("{of}.{}", access.column);
            let here = self.table.map(|number| &store.tables[number]);
            let other = match access.of.and_then(joined) {
                Some(Source::Parent(join, ..)) => Some(&store.tables[join.table]),
                Some(Source::Previous(_) | Source::Next(_)) => here,
                Some(Source::Params(params)) if !params.contains_key(access.column) => {
                    let what = suggestion(access.column, params.keys().map(std::ops::Deref::deref));
                    return Err(MappingError::rule(
                        place("params"),
                        format!("the mapping has no parameter {}{what}", access.column),
                    ));
                }
                // What a cell or the row itself holds is checked elsewhere, or not known.
                Some(_) => continue,
                None => None,
            };
            match (other, access.of) {
                (Some(other), of) if other.column(access.column).is_none() => {
                    return Err(MappingError::rule(
                        place(of.unwrap_or_default()),
                        other.no_column(access.column),
                    ));
                }
                (None, Some(of)) if !is_column_somewhere(run, store, &access) => {
                    let all =
                        store.tables.iter().flat_map(Table::all_columns).collect::<BTreeSet<_>>();
                    return Err(MappingError::rule(
                        place(of),
                        format!(
                            "no table has a column {}{}",
                            access.column,
                            suggestion(access.column, all)
                        ),
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts the values of a row into the scope.
    pub(crate) fn fill(
        &self,
        run: &Run<'_>,
        store: &Store,
        row: usize,
        scope: &mut Scope<'_>,
    ) -> Result<(), ImportError> {
        self.bind(self.values(run, store, row)?, scope);
        Ok(())
    }

    /// The values of a row, in the order of the names.
    pub(crate) fn values(
        &self,
        run: &Run<'_>,
        store: &Store,
        row: usize,
    ) -> Result<Vec<Dynamic>, ImportError> {
        self.sources
            .iter()
            .map(|(name, source)| self.value(run, store, row, name, source))
            .collect()
    }

    /// Puts the values of a row into the scope, and nothing else.
    pub(crate) fn bind(&self, values: Vec<Dynamic>, scope: &mut Scope<'_>) {
        scope.clear();
        for ((name, _), value) in self.sources.iter().zip(values) {
            scope.push_dynamic(name.as_str(), value);
        }
    }

    fn value(
        &self,
        run: &Run<'_>,
        store: &Store,
        row: usize,
        name: &str,
        source: &Source,
    ) -> Result<Dynamic, ImportError> {
        if let Source::Params(params) = source {
            return Ok(params.clone().into());
        }
        let Some(number) = self.table else { return Ok(Dynamic::UNIT) };
        let table = &store.tables[number];
        let neighbours = || table.neighbours.as_ref().map(|n| n[row]).unwrap_or_default();
        let beside = |row: Option<usize>, columns: &[usize]| {
            row.map_or(Ok(Dynamic::UNIT), |r| table.row_map(r, columns).map(Dynamic::from_map))
        };
        Ok(match source {
            Source::Column(column) => table.cells[*column].get(row)?,
            Source::Params(params) => params.clone().into(),
            Source::Rows(base, columns) => {
                let rows = table
                    .groups
                    .as_ref()
                    .map(|(_, groups)| groups[row].as_slice())
                    .unwrap_or_default();
                store.take(number, row);
                store.rows(*base, rows, columns)?.into()
            }
            Source::Row(facts, columns) => table.row_of(row, facts, columns)?.into(),
            Source::Previous(columns) => beside(neighbours().previous, columns)?,
            Source::Next(columns) => beside(neighbours().next, columns)?,
            Source::Children(join) => {
                let rows = match join.key(run, store, number, row, name)? {
                    Some(key) => store.index(join.table, join.column)?.get(store, &key)?,
                    None => Vec::new(),
                };
                if rows.is_empty() {
                    store.uses.borrow_mut().miss(number, name, row);
                }
                rows.iter().for_each(|row| store.take(join.table, *row));
                store.rows(join.table, &rows, &join.used)?.into()
            }
            Source::Parent(join, on_missing, column) => {
                let named = (name, column.as_str());
                self.parent(run, store, (number, row), named, join, *on_missing)?
            }
        })
    }

    /// The row that a join finds; nothing if its key is, or may be, missing.
    fn parent(
        &self,
        run: &Run<'_>,
        store: &Store,
        (number, row): (usize, usize),
        (name, column): (&str, &str),
        join: &Join,
        on_missing: OnMissingParent,
    ) -> Result<Dynamic, ImportError> {
        let Some(key) = join.key(run, store, number, row, name)? else {
            return Ok(Dynamic::UNIT);
        };
        let (found, other) =
            (store.index(join.table, join.column)?.get(store, &key)?, &store.tables[join.table]);
        Ok(match found.as_slice() {
            [one] => {
                store.take(join.table, *one);
                other.row_map(*one, &join.used)?.into()
            }
            [first, second, ..] => {
                return Err(ImportError::TwoParents {
                    second: other.place(*second),
                    first: other.lines[*first],
                    table: other.name.clone(),
                    column: column.to_owned(),
                    key,
                });
            }
            [] if on_missing == OnMissingParent::None => {
                store.uses.borrow_mut().miss(number, name, row);
                Dynamic::UNIT
            }
            [] => {
                let (join, table_name) = (name.into(), other.name.as_str().into());
                return Err(ImportError::NoParent {
                    place: store.tables[number].place(row),
                    join,
                    table: table_name,
                    column: column.to_owned(),
                    key,
                });
            }
        })
    }

    /// The rows of another table that a name stands for.
    pub(crate) fn joined(
        &self,
        run: &Run<'_>,
        store: &Store,
        row: usize,
        name: &str,
    ) -> Option<(usize, Vec<usize>)> {
        let (number, source) =
            (self.table?, &self.sources.iter().find(|(found, _)| found == name)?.1);
        let table = &store.tables[number];
        let beside = |row: Option<usize>| Some((number, vec![row?]));
        match source {
            Source::Parent(join, ..) | Source::Children(join) => {
                let key = join.key(run, store, number, row, name).ok()??;
                Some((
                    join.table,
                    store.index(join.table, join.column).ok()?.get(store, &key).ok()?,
                ))
            }
            Source::Rows(base, _) => Some((*base, table.groups.as_ref()?.1.get(row)?.clone())),
            Source::Previous(_) => beside(table.neighbours.as_ref()?.get(row)?.previous),
            Source::Next(_) => beside(table.neighbours.as_ref()?.get(row)?.next),
            Source::Column(_) | Source::Params(_) | Source::Row(..) => None,
        }
    }

    /// The place of a row, for a message.
    pub(crate) fn place(&self, run: &Run<'_>, store: &Store, row: usize) -> Place {
        match self.table {
            Some(number) => store.tables[number].place(row),
            None => Place { file: run.mapping.head.name.clone(), line: 0 },
        }
    }
}

/// Properties that values have without being rows.
const PROPERTIES: &[&str] = &[
    "len", "is_empty", "chars", "bytes", "bits", "tag", "is_odd", "is_even", "is_zero", "int",
    "fraction",
];

/// Whether a name behind a dot can be meant. Objects of JSON have names that no table knows, and so
/// have objects written in an expression.
fn is_column_somewhere(run: &Run<'_>, store: &Store, access: &Access<'_>) -> bool {
    let objects = run.mapping.words.has(crate::names::OBJECTS)
        || run.mapping.head.tables.0.iter().any(|(_, spec)| spec.is_json());
    objects
        || PROPERTIES.contains(&access.column)
        || ROW_FACTS.contains(&access.column)
        || run.params.contains_key(access.column)
        || store.tables.iter().any(|table| table.column(access.column).is_some())
}

impl Table {
    /// The facts that a row tells about itself.
    fn row_of(
        &self,
        row: usize,
        facts: &[&'static str],
        columns: &[(ImmutableString, usize)],
    ) -> io::Result<Map> {
        let (number, count) = self
            .neighbours
            .as_ref()
            .map(|n| n[row])
            .map_or((row + 1, self.len()), |n| (n.number, n.count));
        let int = |n: usize| Dynamic::from_int(i64::try_from(n).unwrap_or(i64::MAX));
        let fact = |name: &'static str| match name {
            "number" => int(number),
            "count" => int(count),
            "first" => (number == 1).into(),
            _ => (number == count).into(),
        };
        let cells = columns
            .iter()
            .map(|(name, column)| Ok((name.as_str().into(), self.cells[*column].get(row)?)));
        let mut map = cells.collect::<io::Result<Map>>()?;
        map.extend(facts.iter().map(|name| ((*name).into(), fact(name))));
        Ok(map)
    }
}

fn source(
    run: &Run<'_>,
    store: &Store,
    table: Option<usize>,
    name: &str,
    stage: &Stage<'_>,
) -> Result<Source, ImportError> {
    let params = || Source::Params(run.params.clone());
    let Some(number) = table else { return Ok(params()) };
    let (here, words) = (&store.tables[number], stage.words_for(name));
    if let Some(column) = here.columns.iter().position(|c| c == name) {
        return Ok(Source::Column(column));
    }
    let (table_name, spec) = &run.mapping.head.tables.0[number];
    if let Some(parent) = spec.parents.get(name) {
        let text = JoinText {
            at: format!("tables.{table_name}.parents.{name}"),
            on: &parent.on,
            table: &parent.table,
            key: parent.key(),
        };
        let join = Join::new(run, store, number, &text, words)?;
        return Ok(Source::Parent(join, parent.on_missing, parent.key().to_owned()));
    }
    if let Some(children) = spec.children.get(name) {
        return Ok(Source::Children(Join::of_children(
            run,
            store,
            number,
            (name, children),
            words,
        )?));
    }
    Ok(match name {
        "row" => row_source(here, stage),
        "previous" => Source::Previous(here.columns_in(words)),
        "next" => Source::Next(here.columns_in(words)),
        "rows" => {
            let base = here.groups.as_ref().map_or(number, |(base, _)| *base);
            Source::Rows(base, store.tables[base].columns_in(words))
        }
        _ => params(),
    })
}

/// The facts and columns that `row` is asked for.
fn row_source(here: &Table, stage: &Stage<'_>) -> Source {
    let asked: BTreeSet<&str> = stage
        .accesses()
        .filter(|access| access.of == Some("row"))
        .map(|access| access.column)
        .collect();
    let facts = ROW_FACTS.into_iter().filter(|fact| asked.contains(fact)).collect();
    let columns = asked
        .iter()
        .filter(|name| !ROW_FACTS.contains(name))
        .filter_map(|name| Some(((*name).into(), here.column(name)?)));
    Source::Row(facts, columns.collect())
}

/// The error of an expression, with the columns it uses.
pub(crate) fn failed(
    expression: &Expression,
    scope: &Scope<'_>,
    place: Place,
    field: &str,
    why: String,
) -> ImportError {
    let cells = expression
        .names
        .iter()
        .filter_map(|n| scope.get(n).map(|v| (n.to_string(), shown(v))))
        .collect();
    ImportError::Expression {
        place,
        field: field.into(),
        expression: expression.text.as_str().into(),
        why: why.into(),
        cells: Cells(cells),
    }
}
