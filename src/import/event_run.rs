//! One `[[event]]` of a mapping over the rows of its table. Invariant: a row's events are made in
//! the order of its elements, and a row whose event cannot be made is an error or counted with its
//! reason, never silently gone.

use std::{
    collections::{BTreeMap, HashSet},
    io,
};

use jiff::Timestamp;
use sijil_schemas::decode;
use uuid::{Uuid, uuid};

use crate::{
    bind::{Binder, Run, known_names},
    date_functions::zone_named,
    draft::{Draft, EventSummary, Progress, Skipped},
    error::{ImportError, MappingError, Place, cut},
    event_spec::{EventSpec, OnBadEvent},
    expression::Expression,
    make::{Compiler, Fault, Made, MadeField},
    making::{Bound, Candidate, MadeEvent, MadeRow, Maker, Wrong},
    mapping::Mapping,
    shape::{Action, Field},
    sorted::Sorter,
    store::Store,
    time_value::Clock,
    tracing::Tracing,
};

/// The namespace of all ids that imports make.
const NAMESPACE: Uuid = uuid!("6f0d2f0e-5a2b-5c0e-9d53-1b6f5e8c4a71");
/// Parts of a key cannot contain this, so two keys never run together.
pub(crate) const KEY_SEPARATOR: char = '\u{1f}';
/// Rows that are made at once, and between two words of progress.
const BATCH_ROWS: usize = 1_024;
/// Why a row is left out whose event has the id of an earlier one.
const SAME_KEY: &str = "the key came before";

/// The id of the event that says which secret a source was imported with, first recorded after this
/// position.
#[must_use]
pub fn secret_id(source: &str, fingerprint: &str, after: u64) -> Uuid {
    Uuid::new_v5(
        &NAMESPACE,
        format!("secret{KEY_SEPARATOR}{source}{KEY_SEPARATOR}{fingerprint}{KEY_SEPARATOR}{after}")
            .as_bytes(),
    )
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

/// A row whose events are taken.
struct Making<'a> {
    run: &'a Run<'a>,
    store: &'a Store,
    row: usize,
    place: &'a Place,
}

impl Making<'_> {
    /// The row of an earlier draft.
    fn place_of(&self, draft: &Draft) -> Place {
        let table =
            draft.table.and_then(|number| self.store.tables.get(usize::try_from(number).ok()?));
        Place {
            file: table.map_or(&self.run.mapping.head.name, |table| &table.file).clone(),
            line: draft.line,
        }
    }
}

/// What became of the rows so far.
struct Tally {
    summary: EventSummary,
    /// The values of `distinct` that came.
    seen: HashSet<Uuid>,
}

/// One `[[event]]` while it is made, and afterwards to say what a draft was made of.
pub(crate) struct EventRun<'a> {
    pub(crate) spec: &'a EventSpec,
    number: u32,
    pub(crate) table: Option<usize>,
    /// The number of the first `[[event]]` whose drafts stand among these, row by row.
    block: u32,
    pub(crate) binder: Binder,
    pub(crate) clock: Clock,
    pub(crate) namespace: Uuid,
    pub(crate) source: String,
    pub(crate) when: Option<Expression>,
    pub(crate) each: Option<Expression>,
    pub(crate) distinct: Option<Expression>,
    pub(crate) key: Vec<Expression>,
    pub(crate) at: MadeField,
    pub(crate) envelope: Vec<(&'static str, Expression)>,
    pub(crate) data: Made,
}

impl<'a> EventRun<'a> {
    pub(crate) fn new(
        run: &Run<'_>,
        store: &Store,
        spec: &'a EventSpec,
        number: usize,
    ) -> Result<EventRun<'a>, ImportError> {
        let head = &run.mapping.head;
        let table = spec.from.as_ref().and_then(|t| run.mapping.table_number(t));
        let mut compiler = Compiler {
            engine: &run.engine,
            known: known_names(run, store, table),
            at: &spec.at_path,
        };
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
            envelope: envelope
                .iter()
                .map(|(w, e)| Ok((*w, compiler.expression(e)?)))
                .collect::<Result<_, MappingError>>()?,
            data: compiler.shape(&spec.data)?,
        };
        event.binder = Binder::new(run, store, table, event.expressions())?;
        Ok(event)
    }

    /// Events of one table that stand together and are dated by its rows are made row by row: says
    /// to which table and block this one belongs.
    pub(crate) fn follow(
        &mut self,
        before: Option<(Option<usize>, u32)>,
    ) -> Option<(Option<usize>, u32)> {
        let dated = self.at.expr.names.iter().any(|name| name != "params");
        self.block = before
            .filter(|(table, _)| dated && *table == self.table)
            .map_or(self.number, |(_, block)| block);
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

    pub(crate) fn all(
        &self,
        run: &Run<'_>,
        store: &Store,
        output: &mut Output,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<EventSummary, ImportError> {
        let mut tally = Tally {
            summary: EventSummary {
                event: self.spec.kind.clone(),
                from: self.spec.from.clone(),
                drafts: 0,
                not_meant: 0,
                repeats: 0,
                skipped: BTreeMap::new(),
            },
            seen: HashSet::new(),
        };
        let rows = self.table.map_or(1, |t| store.tables[t].len());
        let maker = Maker { event: self, engine: &run.engine, unchecked: output.unchecked };
        let batches = (0..rows).step_by(BATCH_ROWS).map(|first| {
            progress(Progress::Making {
                event: &self.spec.kind,
                rows: first as u64,
                of: rows as u64,
            });
            (first..rows.min(first + BATCH_ROWS)).map(|row| self.bound(run, store, row)).collect()
        });
        maker.make(batches, |made| self.settle(run, store, made, &mut tally, output))?;
        Ok(tally.summary)
    }

    /// A row with the values that its expressions see.
    fn bound(&self, run: &Run<'_>, store: &Store, row: usize) -> Bound {
        Bound {
            row,
            place: self.binder.place(run, store, row),
            values: self.binder.values(run, store, row),
        }
    }

    /// Takes what was made of a row.
    fn settle(
        &self,
        run: &Run<'_>,
        store: &Store,
        made: MadeRow,
        tally: &mut Tally,
        output: &mut Output,
    ) -> Result<(), ImportError> {
        let MadeRow { row, place, events } = made;
        let making = Making { run, store, row, place: &place };
        let before = tally.summary.drafts + tally.summary.repeats;
        let taken = events.and_then(|events| {
            let mut events = events.into_iter().enumerate();
            events
                .try_for_each(|(element, event)| self.take(&making, element, event, tally, output))
        });
        if let Some(table) = self.table
            && tally.summary.drafts + tally.summary.repeats > before
        {
            store.take(table, row);
        }
        let (reason, shown) = match taken {
            Ok(()) => return Ok(()),
            Err(Fault::Skip(reason)) => (reason, place.to_string()),
            Err(Fault::Fail(error)) if self.spec.on_error == OnBadEvent::Skip => {
                (reason(&error), error.to_string())
            }
            Err(Fault::Fail(error)) => return Err(*error),
        };
        tally.summary.skipped.entry(reason).or_insert(Skipped { rows: 0, first: shown }).rows += 1;
        Ok(())
    }

    /// Takes what was made of one element of a row.
    fn take(
        &self,
        making: &Making<'_>,
        element: usize,
        event: MadeEvent,
        tally: &mut Tally,
        output: &mut Output,
    ) -> Result<(), Fault> {
        let (distinct, candidate) = match event {
            MadeEvent::NotMeant => {
                tally.summary.not_meant += 1;
                return Ok(());
            }
            MadeEvent::Wrong(fault) => return Err(fault),
            MadeEvent::Repeats => {
                tally.summary.repeats += 1;
                return Ok(());
            }
            MadeEvent::Meant { distinct, candidate } => (distinct, candidate),
        };
        if distinct.is_some_and(|value| !tally.seen.insert(value)) {
            tally.summary.repeats += 1;
            return Ok(());
        }
        let Candidate { id, key, at, text } = candidate.map_err(|wrong| match wrong {
            Wrong::Fault(fault) => fault,
            Wrong::Refused(refusal) => self.refused(making, element, &refusal),
        })?;
        let draft = Draft {
            text: text.into(),
            at_micros: at.as_microsecond(),
            block: self.block,
            event: self.number,
            table: self.table.and_then(|t| u32::try_from(t).ok()),
            row: making.row as u64,
            element: u32::try_from(element).unwrap_or(u32::MAX),
            line: making.place.line,
        };
        if !output.ids.insert(id) {
            if self.spec.on_error == OnBadEvent::Skip
                && tally.summary.skipped.contains_key(SAME_KEY)
            {
                return Err(Fault::Skip(SAME_KEY.to_owned()));
            }
            let needle = format!("\"id\":\"{id}\"");
            let first = output
                .drafts
                .find(|draft| draft.text.contains(&needle))
                .map_err(ImportError::from)?;
            let first = first.map_or_else(|| making.place.clone(), |draft| making.place_of(&draft));
            let (event, key, second) =
                (self.spec.kind.clone(), key.join(", "), making.place.clone());
            return Err(ImportError::SameKey { event, key, first, second }.into());
        }
        tally.summary.drafts += 1;
        Ok(output.push(draft, at).map_err(ImportError::from)?)
    }

    /// The vocabulary does not take the draft.
    fn refused(&self, making: &Making<'_>, element: usize, refusal: &decode::Refusal) -> Fault {
        let cells = Tracing::new(making.run, making.store, self, making.row)
            .cells(element, refusal.pointer());
        let (place, event) = (making.place.clone(), self.spec.kind.clone());
        Fault::from(ImportError::Refused { place, event, what: refusal.to_string(), cells })
    }
}

/// A row without a date is an error unless the mapping says otherwise; leaving the date out is
/// leaving the event out.
fn missing_date(action: &Action) -> Action {
    if *action == Action::Omit { Action::Skip } else { action.clone() }
}

/// The reason of a skipped row without its place and values, so that equal reasons are counted
/// together.
fn reason(error: &ImportError) -> String {
    match error {
        ImportError::Expression { field, expression, .. } => {
            format!("{field}: `{expression}` failed")
        }
        ImportError::NoParent { join, table, .. } => {
            format!("join {join}: no such row of table {table}")
        }
        ImportError::SameKey { .. } => SAME_KEY.to_owned(),
        ImportError::Refused { event, what, .. } => cut(&format!("{event} {what}")),
        other => cut(&other.to_string()),
    }
}
