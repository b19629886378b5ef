//! One import from end to end: tables in, drafts out. Invariant: ids depend on the mapping's name, the event's type and its key alone,
//! so a second run makes the same events.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use rhai::{Dynamic, Map, Scope};
use serde::Serialize;
use serde_json::Value as Json;
use sijil_schemas::decode;
use uuid::{Uuid, uuid};

use crate::{
    bind::{Binder, Run, known_names},
    date_functions::{time_value, zone_named},
    draft::{Draft, Drafts, EventSummary, Progress, Skipped, Summary},
    error::{ImportError, MappingError, Place, cut},
    event_spec::{EventSpec, OnBadEvent},
    expression::{self, Expression, key_text},
    make::{Compiler, Fault, Made, MadeField, Path, Site, elements, expression_failed},
    mapping::Mapping,
    prepare::prepare,
    reader::Tables,
    shape::{Action, Field},
    store::Store,
    text_functions::Secrets,
    time_value::{Clock, NoInstant},
};

/// The namespace of all ids that imports make.
const NAMESPACE: Uuid = uuid!("6f0d2f0e-5a2b-5c0e-9d53-1b6f5e8c4a71");
/// Parts of a key cannot contain this, so two keys never run together.
const KEY_SEPARATOR: char = '\u{1f}';
/// Rows between two words of progress.
const PROGRESS_ROWS: usize = 4_096;

/// What the caller decides.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Values for the mapping's parameters; the others keep their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The secret of `key(x)`. The same secret gives the same ids.
    pub key_secret: Option<Vec<u8>>,
    /// Leave the vocabulary's check of each draft to the ledger.
    pub unchecked: bool,
}

impl Mapping {
    /// Reads the tables and makes the drafts. Nothing is written: a dry run is this, and no more.
    ///
    /// # Errors
    /// A mapping that does not fit its tables, a file that cannot be read, a row the mapping has no answer for, a draft the vocabulary
    /// refuses. The error names file, line, column and value.
    pub fn run(&self, tables: &dyn Tables, options: &Options, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Drafts, ImportError> {
        let run = self.begin(options)?;
        let (store, table_summaries) = prepare(&run, tables, progress)?;
        let mut output = Output { drafts: Vec::new(), ids: HashMap::new(), keep_unchecked: options.unchecked };
        let mut events = Vec::new();
        let mut before: Option<(Option<usize>, u32)> = None;
        for (number, spec) in self.events.iter().enumerate() {
            let mut event = EventRun::new(&run, &store, spec, number)?;
            // Events of one table that stand together and are dated by its rows are made row by row.
            let dated = event.is_dated_by_row();
            event.block = before.filter(|(table, _)| dated && *table == event.table).map_or(event.number, |(_, block)| block);
            before = dated.then_some((event.table, event.block));
            events.push(event.all(&run, &store, &mut output, progress)?);
        }
        let mut drafts = output.drafts;
        drafts.sort_by_key(|d| (d.at_micros, d.order));
        let moment = |d: &Draft| Timestamp::from_microsecond(d.at_micros).map(|t| t.to_string()).ok();
        let summary = Summary {
            tables: table_summaries,
            events,
            drafts: drafts.len() as u64,
            first: drafts.first().and_then(moment),
            last: drafts.last().and_then(moment),
        };
        let files = store.tables.iter().map(|t| t.file.clone()).collect();
        Ok(Drafts { drafts, name: self.head.name.clone(), files, summary })
    }

    fn begin(&self, options: &Options) -> Result<Run<'_>, ImportError> {
        let clock = clock(self, &self.head.zone, "zone")?;
        let secrets = Secrets {
            key_secret: options.key_secret.as_ref().map(|s| Arc::from(s.as_slice())),
            currency: self.head.currency.clone(),
            lookups: Arc::new(self.head.lookups.clone()),
        };
        let mut params = Map::new();
        for (name, parameter) in &self.head.parameters.0 {
            let value = options.parameters.get(name).map(String::as_str).or(parameter.default());
            let value = value.ok_or_else(|| ImportError::Parameter { name: name.clone(), what: "expected a value; the mapping has no default".to_owned() })?;
            params.insert(name.as_str().into(), value.into());
        }
        if let Some(name) = options.parameters.keys().find(|n| self.head.parameters.get(n).is_none()) {
            let there = self.head.parameters.0.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ");
            return Err(ImportError::Parameter { name: name.clone(), what: format!("the mapping has no such parameter; there are: {there}") });
        }
        Ok(Run { mapping: self, engine: expression::engine(secrets, &clock), params, clock })
    }
}

fn clock(mapping: &Mapping, zone: &str, at: &str) -> Result<Clock, MappingError> {
    let zone = zone_named(zone).map_err(|what| MappingError::rule(at, what))?;
    Ok(Clock { zone, change: mapping.head.clock_change })
}

/// Drafts so far, and which row made each id.
struct Output {
    drafts: Vec<Draft>,
    ids: HashMap<Uuid, (Option<u32>, u64)>,
    keep_unchecked: bool,
}

/// One `[[event]]` while it is made.
struct EventRun<'a> {
    spec: &'a EventSpec,
    number: u32,
    table: Option<usize>,
    /// The number of the first `[[event]]` whose drafts stand among these, row by row.
    block: u32,
    binder: Binder,
    clock: Clock,
    namespace: Uuid,
    source: String,
    when: Option<Expression>,
    each: Option<Expression>,
    distinct: Option<Expression>,
    key: Vec<Expression>,
    at: MadeField,
    envelope: Vec<(&'static str, Expression)>,
    data: Made,
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

/// A draft and the key it was made of.
struct Candidate {
    id: Uuid,
    key: Vec<String>,
    at: Timestamp,
    text: String,
}

impl<'a> EventRun<'a> {
    fn new(run: &Run<'a>, store: &Store, spec: &'a EventSpec, number: usize) -> Result<EventRun<'a>, ImportError> {
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
            block: 0,
            table,
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

    /// Whether the date is one of the row's own, and not the same for all.
    fn is_dated_by_row(&self) -> bool {
        self.at.expr.names.iter().any(|name| name != "params")
    }

    fn expressions(&self) -> Vec<&Expression> {
        let mut all: Vec<&Expression> = Vec::new();
        all.extend(self.when.iter().chain(&self.each).chain(&self.distinct).chain(&self.key));
        all.extend(self.envelope.iter().map(|(_, e)| e));
        self.at.expressions(&mut all);
        self.data.expressions(&mut all);
        all
    }

    fn all(&self, run: &Run<'_>, store: &Store, output: &mut Output, progress: &mut dyn FnMut(Progress<'_>)) -> Result<EventSummary, ImportError> {
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
            let site = Site { engine: &run.engine, event: &self.spec.kind, place: &place, row: u32::try_from(row).unwrap_or(u32::MAX) };
            let filled = self.binder.fill(run, store, row, &mut scope).map_err(Fault::from);
            let made = filled.and_then(|()| self.row(&site, &mut scope, &mut seen, &mut summary, output));
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
    fn row(&self, site: &Site<'_>, scope: &mut Scope<'_>, seen: &mut HashSet<String>, summary: &mut EventSummary, output: &mut Output) -> Result<(), Fault> {
        let Some(each) = &self.each else { return self.one(site, scope, seen, summary, output) };
        for (i, element) in elements(each, site, scope, &Path::of("each"))?.into_iter().enumerate() {
            let depth = scope.len();
            scope.push_dynamic(self.spec.each_as.as_str(), element);
            scope.push_dynamic("index", Dynamic::from_int(i64::try_from(i + 1).unwrap_or(i64::MAX)));
            let made = self.one(site, scope, seen, summary, output);
            scope.rewind(depth);
            made?;
        }
        Ok(())
    }

    fn one(&self, site: &Site<'_>, scope: &mut Scope<'_>, seen: &mut HashSet<String>, summary: &mut EventSummary, output: &mut Output) -> Result<(), Fault> {
        if let Some(when) = &self.when
            && !when.holds(site.engine, scope).map_err(|why| expression_failed(when, site, scope, &Path::of("when"), why))?
        {
            summary.not_meant += 1;
            return Ok(());
        }
        if let Some(distinct) = &self.distinct {
            let value = distinct.eval(site.engine, scope).map_err(|why| expression_failed(distinct, site, scope, &Path::of("distinct"), why))?;
            if !seen.insert(key_text(&value).unwrap_or_default()) {
                summary.repeats += 1;
                return Ok(());
            }
        }
        let candidate = self.candidate(site, scope, output.keep_unchecked)?;
        let table = self.table.and_then(|t| u32::try_from(t).ok());
        if let Some((_, line)) = output.ids.insert(candidate.id, (table, site.place.line)) {
            let first = Place { file: site.place.file.clone(), line };
            let (event, key, second) = (self.spec.kind.clone(), candidate.key.join(", "), site.place.clone());
            return Err(ImportError::SameKey { event, key, first, second }.into());
        }
        summary.drafts += 1;
        output.drafts.push(Draft {
            text: candidate.text.into(),
            at_micros: candidate.at.as_microsecond(),
            order: (self.block, site.row, self.number),
            table,
            line: site.place.line,
        });
        Ok(())
    }

    fn candidate(&self, site: &Site<'_>, scope: &mut Scope<'_>, unchecked: bool) -> Result<Candidate, Fault> {
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
        let text = serde_json::to_string(&draft).map_err(|e| self.refused(site, e.to_string()))?;
        if !unchecked {
            let head = serde_json::to_value(DraftText { data: &Json::Null, ..draft }).map_err(|e| self.refused(site, e.to_string()))?;
            self.check(site, id, head, data)?;
        }
        Ok(Candidate { id, key, at, text })
    }

    /// Whether the vocabulary takes the draft.
    fn check(&self, site: &Site<'_>, id: Uuid, head: Json, data: Json) -> Result<(), Fault> {
        let mut draft = head;
        draft["data"] = data;
        let decoded = decode::Draft::from_value(draft).and_then(|d| decode::decode(d, id));
        decoded.map(|_| ()).map_err(|refusal| self.refused(site, refusal.to_string()))
    }

    fn refused(&self, site: &Site<'_>, what: String) -> Fault {
        Fault::from(ImportError::Refused { place: site.place.clone(), event: self.spec.kind.clone(), what })
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
        ImportError::SameKey { .. } => "the key came before".to_owned(),
        ImportError::Refused { event, what, .. } => cut(&format!("{event} {what}")),
        other => cut(&other.to_string()),
    }
}
