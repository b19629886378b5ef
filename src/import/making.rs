//! The events of rows, made on several threads. Invariant: what is made of a row depends on the
//! values bound to it alone, and is taken in the order of the rows.

use std::{
    collections::{BTreeMap, HashSet},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use jiff::Timestamp;
use rhai::{Dynamic, Engine, Scope};
use serde::Serialize;
use serde_json::Value as Json;
use sijil_schemas::decode;
use uuid::Uuid;

use crate::{
    date_functions::time_value,
    error::{Cells, ImportError, Place},
    event_run::{EventRun, KEY_SEPARATOR},
    expression::key_text,
    make::{Fault, Path, Site, elements, expression_failed},
    time_value::NoInstant,
};

/// Threads that make events, at most.
const THREADS_MAX: usize = 8;

/// The most values of `distinct` that each of them remembers.
const SEEN_MAX: usize = 1 << 16;

/// The values of `distinct` that a thread has met in earlier rows: an event that repeats one is
/// not made. What it forgets is made in vain, and told to repeat afterwards.
type Seen = HashSet<Uuid>;

/// A row with the values that its expressions see.
pub(crate) struct Bound {
    pub(crate) row: usize,
    pub(crate) place: Place,
    pub(crate) values: Result<Vec<Dynamic>, ImportError>,
}

/// A row with what was made of it, element by element.
pub(crate) struct MadeRow {
    pub(crate) row: usize,
    pub(crate) place: Place,
    pub(crate) events: Result<Vec<MadeEvent>, Fault>,
}

/// What was made of an element of a row.
pub(crate) enum MadeEvent {
    NotMeant,
    Wrong(Fault),
    /// An earlier row has its value of `distinct`.
    Repeats,
    /// An event, unless an earlier one has this value of `distinct`.
    Meant {
        distinct: Option<Uuid>,
        candidate: Result<Candidate, Wrong>,
    },
}

/// Why no draft was made.
pub(crate) enum Wrong {
    Fault(Fault),
    /// The vocabulary does not take it.
    Refused(decode::Refusal),
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Wrong {
        Wrong::Fault(fault)
    }
}

/// A draft and the key it was made of.
pub(crate) struct Candidate {
    pub(crate) id: Uuid,
    pub(crate) key: Vec<String>,
    pub(crate) at: Timestamp,
    pub(crate) text: String,
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

/// Makes the events of rows; threads share it.
pub(crate) struct Maker<'a> {
    pub(crate) event: &'a EventRun<'a>,
    pub(crate) engine: &'a Engine,
    pub(crate) unchecked: bool,
}

/// A thread that makes events: rows go in, and come out made, batch by batch.
struct Worker {
    rows: SyncSender<Vec<Bound>>,
    made: Receiver<Vec<MadeRow>>,
}

impl Maker<'_> {
    /// Makes the events of batches of rows, and has them taken in order; one batch alone is made
    /// here.
    pub(crate) fn make(
        &self,
        mut batches: impl Iterator<Item = Vec<Bound>>,
        mut take: impl FnMut(MadeRow) -> Result<(), ImportError>,
    ) -> Result<(), ImportError> {
        let Some(first) = batches.next() else { return Ok(()) };
        let Some(second) = batches.next() else {
            return self.batch(first, &mut Seen::new()).into_iter().try_for_each(take);
        };
        let count =
            thread::available_parallelism().map_or(1, std::num::NonZero::get).min(THREADS_MAX);
        thread::scope(|scope| {
            let workers: Vec<Worker> = (0..count)
                .map(|_| {
                    let ((rows, bound), (send, made)) =
                        (sync_channel::<Vec<Bound>>(1), sync_channel(1));
                    // Both ends close when the import stops: then there is nothing left to make.
                    scope.spawn(move || {
                        let mut seen = Seen::new();
                        let make = |rows| send.send(self.batch(rows, &mut seen));
                        bound.into_iter().try_for_each(make)
                    });
                    Worker { rows, made }
                })
                .collect();
            let (mut given, mut taken) = (0, 0);
            let mut take_next = |taken: &mut usize| {
                let made = workers[*taken % count].made.recv();
                *taken += 1;
                made.into_iter().flatten().try_for_each(&mut take)
            };
            for batch in [first, second].into_iter().chain(batches) {
                // Each has one batch in hand and one in front of it.
                if given - taken == 2 * count {
                    take_next(&mut taken)?;
                }
                if workers[given % count].rows.send(batch).is_err() {
                    break;
                }
                given += 1;
            }
            while taken < given {
                take_next(&mut taken)?;
            }
            Ok(())
        })
    }
    fn batch(&self, rows: Vec<Bound>, seen: &mut Seen) -> Vec<MadeRow> {
        let mut scope = Scope::new();
        let row = |Bound { row, place, values }| {
            let events = values
                .map_err(Fault::from)
                .and_then(|values| self.row(&place, values, &mut scope, seen));
            MadeRow { row, place, events }
        };
        rows.into_iter().map(row).collect()
    }

    /// The events of one row.
    fn row(
        &self,
        place: &Place,
        values: Vec<Dynamic>,
        scope: &mut Scope<'_>,
        seen: &mut Seen,
    ) -> Result<Vec<MadeEvent>, Fault> {
        let site = Site { engine: self.engine, event: &self.event.spec.kind, place };
        self.event.binder.bind(values, scope);
        let Some(each) = &self.event.each else {
            return Ok(vec![self.one(&site, scope, Some(seen))]);
        };
        let elements = elements(each, &site, scope, &Path::of("each"))?;
        let one = |(i, element)| {
            let depth = scope.len();
            scope.push_dynamic(self.event.spec.each_as.as_str(), element);
            scope.push_dynamic(
                "index",
                Dynamic::from_int(i64::try_from(i + 1_usize).unwrap_or(i64::MAX)),
            );
            // Behind an element that is wrong the others of the row are not taken.
            let made = self.one(&site, scope, None);
            scope.rewind(depth);
            made
        };
        Ok(elements.into_iter().enumerate().map(one).collect())
    }

    fn one(&self, site: &Site<'_>, scope: &mut Scope<'_>, seen: Option<&mut Seen>) -> MadeEvent {
        let is_repeated = |value: Uuid| {
            seen.is_some_and(|seen| {
                seen.contains(&value) || seen.len() < SEEN_MAX && !seen.insert(value)
            })
        };
        match self.distinct(site, scope) {
            Ok(None) => MadeEvent::NotMeant,
            Ok(Some(Some(value))) if is_repeated(value) => MadeEvent::Repeats,
            Ok(Some(distinct)) => {
                MadeEvent::Meant { distinct, candidate: self.candidate(site, scope) }
            }
            Err(fault) => MadeEvent::Wrong(fault),
        }
    }

    /// Whether an event is meant, and what it is distinct by.
    fn distinct(
        &self,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<Option<Option<Uuid>>, Fault> {
        if let Some(when) = &self.event.when
            && !when
                .holds(site.engine, scope)
                .map_err(|why| expression_failed(when, site, scope, &Path::of("when"), why))?
        {
            return Ok(None);
        }
        let Some(distinct) = &self.event.distinct else { return Ok(Some(None)) };
        let value = distinct
            .eval(site.engine, scope)
            .map_err(|why| expression_failed(distinct, site, scope, &Path::of("distinct"), why))?;
        Ok(Some(Some(Uuid::new_v5(
            &self.event.namespace,
            key_text(&value).unwrap_or_default().as_bytes(),
        ))))
    }

    /// The business date.
    fn instant(&self, site: &Site<'_>, scope: &mut Scope<'_>) -> Result<Timestamp, Fault> {
        let event = self.event;
        let at_path = Path::of("at");
        match event.at.value(site, scope, &at_path)? {
            Some(value) => {
                let value = time_value(&value).map_err(|why| {
                    expression_failed(&event.at.expr, site, scope, &at_path, message(&why))
                })?;
                match event.clock.instant(value) {
                    Ok(instant) => Ok(instant),
                    Err(NoInstant::Skip(_)) => Err(Fault::Skip(
                        "/at: a local time that does not exist or comes twice".to_owned(),
                    )),
                    Err(NoInstant::Fail(what)) => {
                        Err(expression_failed(&event.at.expr, site, scope, &at_path, what))
                    }
                }
            }
            None => Err(Fault::Skip("/at: no date".to_owned())),
        }
    }

    /// The parts of the event's key, as text.
    fn key(&self, site: &Site<'_>, scope: &mut Scope<'_>) -> Result<Vec<String>, Fault> {
        let event = self.event;
        let mut key = Vec::with_capacity(event.key.len());
        for expression in &event.key {
            let path = Path::of("key");
            let value = expression
                .eval(site.engine, scope)
                .map_err(|why| expression_failed(expression, site, scope, &path, why))?;
            let text = key_text(&value).ok_or_else(|| {
                expression_failed(
                    expression,
                    site,
                    scope,
                    &path,
                    "expected a value, got nothing".to_owned(),
                )
            })?;
            key.push(text);
        }
        Ok(key)
    }

    /// What is said around the event, by its word.
    fn envelope(
        &self,
        site: &Site<'_>,
        scope: &mut Scope<'_>,
    ) -> Result<BTreeMap<&str, String>, Fault> {
        let event = self.event;
        let mut envelope: BTreeMap<&str, String> = BTreeMap::new();
        for (word, expression) in &event.envelope {
            let value = expression
                .eval(site.engine, scope)
                .map_err(|why| expression_failed(expression, site, scope, &Path::of(word), why))?;
            envelope.extend(key_text(&value).map(|text| (*word, text)));
        }
        Ok(envelope)
    }

    fn candidate(&self, site: &Site<'_>, scope: &mut Scope<'_>) -> Result<Candidate, Wrong> {
        let event = self.event;
        let at = self.instant(site, scope)?;
        let key = self.key(site, scope)?;
        let mut name = event.spec.kind.clone();
        key.iter().for_each(|part| name.extend(std::iter::once(KEY_SEPARATOR).chain(part.chars())));
        let id = Uuid::new_v5(&event.namespace, name.as_bytes());
        let data = event
            .data
            .json(site, scope, &mut Path::default())?
            .unwrap_or_else(|| Json::Object(serde_json::Map::new()));
        let envelope = self.envelope(site, scope)?;
        let part = |word: &str| envelope.get(word).map(String::as_str);
        let draft = DraftText {
            r#type: &event.spec.kind,
            version: event.spec.version,
            id,
            occurred_at: at.to_string(),
            actor: part("actor"),
            on_behalf_of: part("on_behalf_of"),
            correlation: part("correlation"),
            causation: part("causation"),
            source: &event.source,
            data: &data,
        };
        let refused = |what: String| {
            Fault::from(ImportError::Refused {
                place: site.place.clone(),
                event: event.spec.kind.clone(),
                what,
                cells: Cells::default(),
            })
        };
        let text = serde_json::to_string(&draft).map_err(|e| refused(e.to_string()))?;
        if !self.unchecked {
            let mut head = serde_json::to_value(DraftText { data: &Json::Null, ..draft })
                .map_err(|e| refused(e.to_string()))?;
            head["data"] = data;
            decode::Draft::from_value(head)
                .and_then(|draft| decode::decode(draft, id))
                .map_err(Wrong::Refused)?;
        }
        Ok(Candidate { id, key, at, text })
    }
}

fn message(error: &rhai::EvalAltResult) -> String {
    match error {
        rhai::EvalAltResult::ErrorRuntime(message, _) => message.to_string(),
        other => other.to_string(),
    }
}
