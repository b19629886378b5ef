//! One `[[event]]` of a mapping over the rows of its table. Invariant: a row's events are made in the order of its elements, and a row
//! whose event cannot be made is an error or counted with its reason, never silently gone.

use std::{
    collections::{BTreeMap, HashSet},
    io,
};

use jiff::Timestamp;
use rhai::{Dynamic, Scope};
use serde::Serialize;
use serde_json::Value as Json;
use sijil_schemas::decode;
use uuid::{Uuid, uuid};

use crate::{
    bind::{Binder, Run, known_names},
    date_functions::{time_value, zone_named},
    draft::{Draft, EventSummary, Progress, Skipped},
    error::{Cells, ImportError, MappingError, Place, cut},
    event_spec::{EventSpec, OnBadEvent},
    expression::{Expression, key_text},
    make::{Compiler, Fault, Made, MadeField, Path, Site, elements, expression_failed},
    mapping::Mapping,
    shape::{Action, Field},
    sorted::Sorter,
    store::Store,
    time_value::{Clock, NoInstant},
    tracing::Tracing,
};

/// The namespace of all ids that imports make.
const NAMESPACE: Uuid = uuid!("6f0d2f0e-5a2b-5c0e-9d53-1b6f5e8c4a71");
/// Parts of a key cannot contain this, so two keys never run together.
const KEY_SEPARATOR: char = '\u{1f}';
/// Rows between two words of progress.
const PROGRESS_ROWS: usize = 4_096;
/// Why a row is left out whose event has the id of an earlier one.
const SAME_KEY: &str = "the key came before";

/// The id of the event that says which secret a source was imported with, first recorded after this position.
#[must_use]
pub fn secret_id(source: &str, fingerprint: &str, after: u64) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("secret{KEY_SEPARATOR}{source}{KEY_SEPARATOR}{fingerprint}{KEY_SEPARATOR}{after}").as_bytes())
}

pub(crate) fn clock(mapping: &Mapping, zone: &str, at: &str) -> Result<Clock, MappingError> {
    let zone = zone_named(zone).map_err(|what| MappingError::rule(at, what))?;
    Ok(Clock { zone, change: mapping.head.clock_change })
}

/// Drafts so far.
pub(crate) struct Output {
    pub(crate) drafts: Sorter,
    pub(crate) count: u64,
    /// The earliest and the latest business time.
    pub(crate) first: Option<Timestamp>,
    pub(crate) last: Option<Timestamp>,
    /// The ids of the events of the type in hand: those of another type are other ones.
    ids: HashSet<Uuid>,
    unchecked: bool,
}

impl Output {
    pub(crate) fn new(drafts: Sorter, unchecked: bool) -> Output {
        Output { drafts, count: 0, first: None, last: None, ids: HashSet::new(), unchecked }
    }

    /// Ends a type of event.
    pub(crate) fn forget_ids(&mut self) {
        self.ids = HashSet::new();
    }

    fn push(&mut self, draft: Draft, at: Timestamp) -> io::Result<()> {
        self.count += 1;
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.drafts.push(draft)
    }
}

/// One `[[event]]` while it is made, and afterwards to say what a draft was made of.
pub(crate) struct EventRun<'a> {
    pub(crate) spec: &'a EventSpec,
    number: u32,
    pub(crate) table: Option<usize>,
    /// The number of the first `[[event]]` whose drafts stand among these, row by row.
    block: u32,
    pub(crate) binder: Binder,
    clock: Clock,
    namespace: Uuid,
    source: String,
    when: Option<Expression>,
    pub(crate) each: Option<Expression>,
    distinct: Option<Expression>,
    pub(crate) key: Vec<Expression>,
    pub(crate) at: MadeField,
    envelope: Vec<(&'static str, Expression)>,
    pub(crate) data: Made,
}

/// The envelope and data of a draft, in the order they are written.
#[derive(Serialize)]
struct DraftText<'a> {
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    id: Uuid,
    occurred_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation: Option<&'a str>,
    source: &'a str,
    data: &'a Json,
}

/// A row while its events are made.
struct Making<'a> {
    run: &'a Run<'a>,
    store: &'a Store,
    row: usize,
    site: &'a Site<'a>,
}

impl Making<'_> {
    /// The row of an earlier draft.
    fn place(&self, draft: &Draft) -> Place {
        let table = draft.table.and_then(|number| self.store.tables.get(usize::try_from(number).ok()?));
        Place { file: table.map_or(&self.run.mapping.head.name, |table| &table.file).clone(), line: draft.line }
    }
}

/// A draft and the key it was made of.
struct Candidate {
    id: Uuid,
    key: Vec<String>,
    at: Timestamp,
    text: String,
}

impl<'a> EventRun<'a> {
    pub(crate) fn new(run: &Run<'_>, store: &Store, spec: &'a EventSpec, number: usize) -> Result<EventRun<'a>, ImportError> {
        let head = &run.mapping.head;
        let table = spec.from.as_ref().and_then(|t| run.mapping.table_number(t));
        let mut compiler = Compiler { engine: &run.engine, known: known_names(run, store, table), at: &spec.at_path };
        let each = compiler.optional(spec.each.as_ref())?;
        if each.is_some() {
            compiler.known.extend([spec.each_as.clone(), "index".to_owned()]);
        }
        let mut envelope = vec![("actor", head.actor.clone())];
        envelope.retain(|(word, _)| !spec.envelope.iter().any(|(w, _)| w == word));
        envelope.extend(spec.envelope.iter().cloned());
        let first = spec.data.first_field();
        let key = if spec.key.is_empty() { first.into_iter().collect() } else { spec.key.clone() };
        let at = Field { on_missing: missing_date(&spec.at.on_missing), ..spec.at.clone() };
        let mut event = EventRun {
            spec,
            number: u32::try_from(number).unwrap_or(u32::MAX),
            table,
            block: 0,
            binder: Binder::new(run, store, table, [])?,
            clock: clock(run.mapping, spec.zone.as_ref().unwrap_or(&head.zone), &spec.at_path)?,
            namespace: Uuid::new_v5(&NAMESPACE, head.name.as_bytes()),
            source: head.source.clone().unwrap_or_else(|| head.name.clone()),
            when: compiler.optional(spec.when.as_ref())?,
            each,
            distinct: compiler.optional(spec.distinct.as_ref())?,
            key: key.iter().map(|k| compiler.expression(k)).collect::<Result<_, _>>()?,
            at: compiler.field(&at)?,
            envelope: envelope.iter().map(|(w, e)| Ok((*w, compiler.expression(e)?))).collect::<Result<_, MappingError>>()?,
            data: compiler.shape(&spec.data)?,
        };
        event.binder = Binder::new(run, store, table, event.expressions())?;
        Ok(event)
    }

    /// Events of one table that stand together and are dated by its rows are made row by row: says to which table and block this one belongs.
    pub(crate) fn follow(&mut self, before: Option<(Option<usize>, u32)>) -> Option<(Option<usize>, u32)> {
        let dated = self.at.expr.names.iter().any(|name| name != "params");
        self.block = before.filter(|(table, _)| dated && *table == self.table).map_or(self.number, |(_, block)| block);
        dated.then_some((self.table, self.block))
    }

    fn expressions(&self) -> Vec<&Expression> {
        let mut all: Vec<&Expression> = Vec::new();
        all.extend(self.when.iter().chain(&self.each).chain(&self.distinct).chain(&self.key));
        all.extend(self.envelope.iter().map(|(_, e)| e));
        self.at.expressions(&mut all);
        self.data.expressions(&mut all);
        all
    }

    pub(crate) fn all(&self, run: &Run<'_>, store: &Store, output: &mut Output, progress: &mut dyn FnMut(Progress<'_>)) -> Result<EventSummary, ImportError> {
        let mut summary =
            EventSummary { event: self.spec.kind.clone(), from: self.spec.from.clone(), drafts: 0, not_meant: 0, repeats: 0, skipped: BTreeMap::new() };
        let rows = self.table.map_or(1, |t| store.tables[t].len());
        let mut seen = HashSet::new();
        let mut scope = Scope::new();
        for row in 0..rows {
            if row.is_multiple_of(PROGRESS_ROWS) {
                progress(Progress::Making { event: &self.spec.kind, rows: row as u64, of: rows as u64 });
            }
            let place = self.binder.place(run, store, row);
            let site = Site { engine: &run.engine, event: &self.spec.kind, place: &place };
            let making = Making { run, store, row, site: &site };
            let filled = self.binder.fill(run, store, row, &mut scope).map_err(Fault::from);
            let before = summary.drafts + summary.repeats;
            let made = filled.and_then(|()| self.row(&making, &mut scope, &mut seen, &mut summary, output));
            if let Some(table) = self.table
                && summary.drafts + summary.repeats > before
            {
                store.take(table, row);
            }
            let (reason, shown) = match made {
                Ok(()) => continue,
                Err(Fault::Skip(reason)) => (reason, place.to_string()),
                Err(Fault::Fail(error)) if self.spec.on_error == OnBadEvent::Skip => (reason(&error), error.to_string()),
                Err(Fault::Fail(error)) => return Err(*error),
            };
            summary.skipped.entry(reason).or_insert(Skipped { rows: 0, first: shown }).rows += 1;
        }
        Ok(summary)
    }

    /// The events of one row.
    fn row(&self, making: &Making<'_>, scope: &mut Scope<'_>, seen: &mut HashSet<Uuid>, summary: &mut EventSummary, output: &mut Output) -> Result<(), Fault> {
        let Some(each) = &self.each else { return self.one(making, 0, scope, seen, summary, output) };
        for (i, element) in elements(each, making.site, scope, &Path::of("each"))?.into_iter().enumerate() {
            let depth = scope.len();
            scope.push_dynamic(self.spec.each_as.as_str(), element);
            scope.push_dynamic("index", Dynamic::from_int(i64::try_from(i + 1).unwrap_or(i64::MAX)));
            let made = self.one(making, i, scope, seen, summary, output);
            scope.rewind(depth);
            made?;
        }
        Ok(())
    }

    fn one(
        &self,
        making: &Making<'_>,
        element: usize,
        scope: &mut Scope<'_>,
        seen: &mut HashSet<Uuid>,
        summary: &mut EventSummary,
        output: &mut Output,
    ) -> Result<(), Fault> {
        let site = making.site;
        if let Some(when) = &self.when
            && !when.holds(site.engine, scope).map_err(|why| expression_failed(when, site, scope, &Path::of("when"), why))?
        {
            summary.not_meant += 1;
            return Ok(());
        }
        if let Some(distinct) = &self.distinct {
            let value = distinct.eval(site.engine, scope).map_err(|why| expression_failed(distinct, site, scope, &Path::of("distinct"), why))?;
            if !seen.insert(Uuid::new_v5(&self.namespace, key_text(&value).unwrap_or_default().as_bytes())) {
                summary.repeats += 1;
                return Ok(());
            }
        }
        let Candidate { id, key, at, text } = self.candidate(making, element, scope, output.unchecked)?;
        let draft = Draft {
            text: text.into(),
            at_micros: at.as_microsecond(),
            block: self.block,
            event: self.number,
            table: self.table.and_then(|t| u32::try_from(t).ok()),
            row: making.row as u64,
            element: u32::try_from(element).unwrap_or(u32::MAX),
            line: site.place.line,
        };
        if !output.ids.insert(id) {
            if self.spec.on_error == OnBadEvent::Skip && summary.skipped.contains_key(SAME_KEY) {
                return Err(Fault::Skip(SAME_KEY.to_owned()));
            }
            let needle = format!("\"id\":\"{id}\"");
            let first = output.drafts.find(|draft| draft.text.contains(&needle)).map_err(ImportError::from)?;
            let first = first.map_or_else(|| site.place.clone(), |draft| making.place(&draft));
            let (event, key, second) = (self.spec.kind.clone(), key.join(", "), site.place.clone());
            return Err(ImportError::SameKey { event, key, first, second }.into());
        }
        summary.drafts += 1;
        Ok(output.push(draft, at).map_err(ImportError::from)?)
    }

    fn candidate(&self, making: &Making<'_>, element: usize, scope: &mut Scope<'_>, unchecked: bool) -> Result<Candidate, Fault> {
        let site = making.site;
        let at_path = Path::of("at");
        let at = match self.at.value(site, scope, &at_path)? {
            Some(value) => {
                let value = time_value(&value).map_err(|why| expression_failed(&self.at.expr, site, scope, &at_path, message(&why)))?;
                match self.clock.instant(value) {
                    Ok(instant) => instant,
                    Err(NoInstant::Skip(_)) => return Err(Fault::Skip("/at: a local time that does not exist or comes twice".to_owned())),
                    Err(NoInstant::Fail(what)) => return Err(expression_failed(&self.at.expr, site, scope, &at_path, what)),
                }
            }
            None => return Err(Fault::Skip("/at: no date".to_owned())),
        };
        let mut key = Vec::with_capacity(self.key.len());
        for expression in &self.key {
            let path = Path::of("key");
            let value = expression.eval(site.engine, scope).map_err(|why| expression_failed(expression, site, scope, &path, why))?;
            let text = key_text(&value).ok_or_else(|| expression_failed(expression, site, scope, &path, "expected a value, got nothing".to_owned()))?;
            key.push(text);
        }
        let mut name = self.spec.kind.clone();
        key.iter().for_each(|part| name.extend(std::iter::once(KEY_SEPARATOR).chain(part.chars())));
        let id = Uuid::new_v5(&self.namespace, name.as_bytes());
        let data = self.data.json(site, scope, &mut Path::default())?.unwrap_or_else(|| Json::Object(serde_json::Map::new()));
        let mut envelope: BTreeMap<&str, String> = BTreeMap::new();
        for (word, expression) in &self.envelope {
            let value = expression.eval(site.engine, scope).map_err(|why| expression_failed(expression, site, scope, &Path::of(word), why))?;
            envelope.extend(key_text(&value).map(|text| (*word, text)));
        }
        let part = |word: &str| envelope.get(word).map(String::as_str);
        let draft = DraftText {
            r#type: &self.spec.kind,
            version: self.spec.version,
            id,
            occurred_at: at.to_string(),
            actor: part("actor"),
            on_behalf_of: part("on_behalf_of"),
            correlation: part("correlation"),
            causation: part("causation"),
            source: &self.source,
            data: &data,
        };
        let refused =
            |what: String| Fault::from(ImportError::Refused { place: site.place.clone(), event: self.spec.kind.clone(), what, cells: Cells::default() });
        let text = serde_json::to_string(&draft).map_err(|e| refused(e.to_string()))?;
        if !unchecked {
            let head = serde_json::to_value(DraftText { data: &Json::Null, ..draft }).map_err(|e| refused(e.to_string()))?;
            self.check(making, element, (id, head, data))?;
        }
        Ok(Candidate { id, key, at, text })
    }

    /// Whether the vocabulary takes the draft.
    fn check(&self, making: &Making<'_>, element: usize, (id, head, data): (Uuid, Json, Json)) -> Result<(), Fault> {
        let mut draft = head;
        draft["data"] = data;
        let decoded = decode::Draft::from_value(draft).and_then(|d| decode::decode(d, id));
        decoded.map(|_| ()).map_err(|refusal| {
            let cells = Tracing::new(making.run, making.store, self, making.row).cells(element, refusal.pointer());
            let (place, event) = (making.site.place.clone(), self.spec.kind.clone());
            Fault::from(ImportError::Refused { place, event, what: refusal.to_string(), cells })
        })
    }
}

/// A row without a date is an error unless the mapping says otherwise; leaving the date out is leaving the event out.
fn missing_date(action: &Action) -> Action {
    if *action == Action::Omit { Action::Skip } else { action.clone() }
}

fn message(error: &rhai::EvalAltResult) -> String {
    match error {
        rhai::EvalAltResult::ErrorRuntime(message, _) => message.to_string(),
        other => other.to_string(),
    }
}

/// The reason of a skipped row without its place and values, so that equal reasons are counted together.
fn reason(error: &ImportError) -> String {
    match error {
        ImportError::Expression { field, expression, .. } => format!("{field}: `{expression}` failed"),
        ImportError::NoParent { join, table, .. } => format!("join {join}: no such row of table {table}"),
        ImportError::SameKey { .. } => SAME_KEY.to_owned(),
        ImportError::Refused { event, what, .. } => cut(&format!("{event} {what}")),
        other => cut(&other.to_string()),
    }
}
