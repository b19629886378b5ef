//! A ledger in memory, without threads or disk: drafts in, records and reports out. Invariant: it
//! runs the production vocabulary, rules, folds and reports.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sijil_projections::{
    Cut, Folds, Seen, Views,
    report::{Arguments, Context, ReportError, Table},
    reports,
};
use sijil_rules::{Book, Proposal, admit};
use sijil_schemas::{
    Event, Position, Record,
    decode::{Draft, decode},
    event::System,
    record::Stamp,
    time::{Date, Timestamp},
};
use uuid::Uuid;

/// A whole ledger in memory.
#[derive(Default)]
pub struct World {
    pub book: Book,
    pub views: Views,
    pub records: Vec<Record>,
    pub bend: Bend,
    pub clock: Clock,
    /// Which records whoever asks sees; `None` is all of them.
    pub seen: Option<Seen>,
}

/// The time at which everything is recorded: unless told otherwise the first moment of 2100, after
/// whatever a test tells of.
#[derive(Clone, Copy)]
pub struct Clock(pub Timestamp);

impl Default for Clock {
    fn default() -> Clock {
        Clock(Timestamp::from_micros(4_102_444_800_000_000).expect("2100 is a moment"))
    }
}

/// What stands between a question and its answer: nothing, or a planted bug.
#[derive(Clone, Copy)]
pub struct Bend {
    pub cut: fn(Cut) -> Cut,
    pub table: fn(Table) -> Table,
}

impl Default for Bend {
    fn default() -> Bend {
        Bend { cut: |cut| cut, table: |table| table }
    }
}

impl World {
    /// A ledger that is open, in a time zone and a base currency.
    pub fn open(zone: &str, currency: &str) -> World {
        let mut world = World::default();
        let data = json!({"company": "acme", "time_zone": zone, "base_currency": currency});
        world
            .record("ledger.opened", "2000-01-01T00:00:00Z", data)
            .expect("ledger.opened is admitted");
        world
    }
    /// Records an event by `actor` "tester"; `Err` is `name: message`.
    pub fn record(&mut self, event_type: &str, at: &str, data: Value) -> Result<Position, String> {
        self.record_draft(
            json!({"type": event_type, "occurred_at": at, "actor": "tester", "data": data}),
        )
    }
    /// Records a whole draft; `Err` is `name: message`.
    pub fn record_draft(&mut self, draft: Value) -> Result<Position, String> {
        let position = Position::new(self.records.len() as u64 + 1);
        let id = Uuid::from_u128(u128::from(position.get()) | 0xA << 124);
        let draft = Draft::from_value(draft).map_err(|r| format!("{}: {r}", r.name()))?;
        let candidate = decode(draft, id).map_err(|r| format!("{}: {r}", r.name()))?;
        let target = match &candidate.event {
            Event::System(System::EventVoided(e)) => {
                self.records.iter().find(|r| r.id == e.target.0)
            }
            _ => None,
        };
        let clock = self.clock.0;
        let proposal =
            Proposal { candidate: &candidate, position, clock, target, beforehand: None };
        admit(&self.book, &proposal).map_err(|r| format!("{}: {r}", r.name()))?;
        let voids = target.map(|t| t.position);
        let recorded_at =
            Timestamp::from_micros(clock.micros() + i64::try_from(position.get()).expect("small"))
                .expect("in range");
        let stamp = Stamp { position, recorded_at, voids, salt: [7; 16], voucher: None };
        let (record, stored) = candidate.keep(&stamp).map_err(|r| format!("{}: {r}", r.name()))?;
        assert_eq!(
            stored.decode().as_ref(),
            Ok(&record),
            "what is stored decodes to what was kept"
        );
        self.book.apply(&record);
        self.views.apply(&record);
        self.records.push(record);
        Ok(position)
    }
    /// Voids the event at a position.
    pub fn void(&mut self, at: &str, target: Position) -> Result<Position, String> {
        let id = self.records[target.get() as usize - 1].id;
        self.record("event.voided", at, json!({"target": id, "reason": "entered wrongly"}))
    }
    /// Asks a report; parameters as in a query string, `as_of` and `known_at` among them.
    pub fn report(&self, name: &str, parameters: &[(&str, &str)]) -> Result<Table, ReportError> {
        self.report_explained(name, parameters, false)
    }
    /// The same, with the positions behind each cell if they are wanted.
    pub fn report_explained(
        &self,
        name: &str,
        parameters: &[(&str, &str)],
        explain: bool,
    ) -> Result<Table, ReportError> {
        let report =
            reports::find(name).ok_or_else(|| ReportError::UnknownReport { name: name.into() })?;
        let (cut, rest) = self.cut(parameters);
        let arguments = Arguments::parse(report, rest)?;
        assert!(
            !report.needs_as_of || parameters.iter().any(|(n, _)| *n == "as_of"),
            "{name} needs as_of"
        );
        let cut = (self.bend.cut)(cut);
        let table = report.answer(&Context {
            views: Folds { seen: self.seen.as_ref(), ..self.views.folds() },
            cut,
            zone: self.views.company.zone(),
            arguments: &arguments,
            explain,
        })?;
        Ok((self.bend.table)(table))
    }
    /// The cut that `as_of` (a day or a moment) and `known_at` (a position) among the parameters
    /// ask for, and the other parameters.
    pub fn cut<'a>(&self, parameters: &[(&'a str, &'a str)]) -> (Cut, Vec<(&'a str, &'a str)>) {
        let mut cut = Cut { known_at: self.views.position(), ..Cut::all() };
        let mut rest = Vec::new();
        for (name, value) in parameters {
            match *name {
                "as_of" => {
                    cut.before = match value.parse::<Date>() {
                        Ok(day) => day.plus_days(1).start(&self.views.company.zone()),
                        Err(_) => {
                            value.parse::<Timestamp>().expect("as_of is a day or a moment").next()
                        }
                    };
                }
                "known_at" => {
                    cut.known_at = Position::new(value.parse().expect("known_at is a position"));
                }
                _ => rest.push((*name, *value)),
            }
        }
        (cut, rest)
    }
    /// A table as rows of column → shown value.
    pub fn rows(table: &Table) -> Vec<BTreeMap<&'static str, String>> {
        let row = |row: &Vec<_>| {
            table
                .columns
                .iter()
                .zip(row)
                .map(|(c, cell): (_, &sijil_projections::report::Cell)| {
                    (c.name, cell.value.shown().unwrap_or_default())
                })
                .collect()
        };
        table.rows.iter().map(row).collect()
    }
}
