//! One import from end to end: tables in, drafts out. Invariant: ids depend on the mapping's name,
//! the event's type and its key alone, so a second run makes the same events.

use std::{collections::BTreeMap, fmt, sync::Arc};

use rhai::Map;

use crate::{
    bind::Run,
    draft::{Progress, Skipped, Summary, TableSummary},
    drafts::Drafts,
    error::ImportError,
    event_run::{EventRun, Output, clock},
    expression,
    join::orphans,
    mapping::Mapping,
    prepare::prepare,
    reader::Tables,
    scratch::Scratch,
    sorted::Sorter,
    store::Store,
    strip::Memory,
    text_functions::Secrets,
};

/// The decisions of the caller: parameters, the secret, and the room there is.
#[derive(Clone, Default)]
pub struct Options {
    /// Values for the mapping's parameters; the others keep their defaults.
    pub parameters: BTreeMap<String, String>,
    /// The secret of `key(x)`. The same secret gives the same ids.
    pub key_secret: Option<Vec<u8>>,
    /// Leave the vocabulary's check of each draft to the ledger.
    pub unchecked: bool,
    /// Room for cells and drafts that do not fit into memory; without it they all stand there.
    pub scratch: Option<Arc<dyn Scratch>>,
    /// Bytes of cells, and of drafts, that stand in memory when there is a scratch; absent is 128
    /// MiB and 32 MiB.
    pub memory_bytes: Option<usize>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret is nobody's to see.
        f.debug_struct("Options").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

impl Mapping {
    /// Reads the tables and makes the drafts; nothing is written but to the scratch.
    ///
    /// # Errors
    /// A mapping that does not fit its tables, a file that cannot be read, a row the mapping has no
    /// answer for, a row that leads nowhere, a draft the vocabulary refuses. The error names file,
    /// line, column and value.
    pub fn run(
        &self,
        tables: &dyn Tables,
        options: &Options,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Drafts<'_>, ImportError> {
        let run = self.begin(options)?;
        let (store, mut table_summaries) = prepare(&run, tables, progress)?;
        for (number, summary) in table_summaries.iter_mut().enumerate() {
            summary.orphans = orphans(&run, &store, number)?;
        }
        let mut output = Output::new(
            Sorter::new(options.scratch.clone(), options.memory_bytes),
            options.unchecked,
        );
        let (mut summaries, mut events, mut before) = (Vec::new(), Vec::new(), None);
        for (number, spec) in self.events.iter().enumerate() {
            let mut event = EventRun::new(&run, &store, spec, number)?;
            before = event.follow(before);
            summaries.push(event.all(&run, &store, &mut output, progress)?);
            if !self.events[number + 1..].iter().any(|later| later.kind == spec.kind) {
                output.forget_ids();
            }
            events.push(event);
        }
        let Output { drafts, first, last, count, .. } = output;
        let shown = |moment: Option<jiff::Timestamp>| moment.map(|moment| moment.to_string());
        for (number, summary) in table_summaries.iter_mut().enumerate() {
            leads_nowhere(&store, number, summary);
        }
        let summary = Summary {
            tables: table_summaries,
            events: summaries,
            drafts: count,
            first: shown(first),
            last: shown(last),
        };
        Ok(Drafts { run, store, events, sorted: drafts.finish(), summary })
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
            let value = value.ok_or_else(|| ImportError::Parameter {
                name: name.clone(),
                what: "expected a value; the mapping has no default".to_owned(),
            })?;
            params.insert(name.as_str().into(), value.into());
        }
        if let Some(name) =
            options.parameters.keys().find(|n| self.head.parameters.get(n).is_none())
        {
            let there = self
                .head
                .parameters
                .0
                .iter()
                .map(|(n, _)| n.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            return Err(ImportError::Parameter {
                name: name.clone(),
                what: format!("the mapping has no such parameter; there are: {there}"),
            });
        }
        let memory = Memory::new(options.scratch.clone(), options.memory_bytes);
        Ok(Run {
            mapping: self,
            engine: expression::engine(secrets, &clock),
            params,
            clock,
            memory,
        })
    }
}

/// Counts the rows of a table that led to nothing.
fn leads_nowhere(store: &Store, number: usize, summary: &mut TableSummary) {
    let (table, uses) = (&store.tables[number], store.uses.borrow());
    summary.nothing_found = uses.missed(number, |row| table.place(row).to_string());
    if summary.file.is_some() {
        let mut unused = (0..table.len()).filter(|row| !uses.took(&table.file, table.lines[*row]));
        summary.unused = unused.next().map(|first| Skipped {
            rows: 1 + unused.count() as u64,
            first: table.place(first).to_string(),
        });
    }
}
