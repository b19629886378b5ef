//! Questions to reports. Invariant: an answer says which position, which clocks and which
//! parameters it reflects.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_access::Denied;
use sijil_log::ReadError;
use sijil_projections::{
    Cut, Known,
    report::{Arguments, Context, Page, Paged, Report, ReportError, Table, Total},
    reports,
};
use sijil_schemas::{
    Position, kinds,
    problem::ProblemKind,
    time::{Date, Timestamp},
};

use crate::{
    ledger::Ledger,
    limits::{POSITION_MAX, QUERY_WAIT_MS_MAX},
    sights::Looker,
};

/// A question, as it comes from a query string or a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The report's name.
    pub report: String,
    /// Its parameters, `as_of`, `known_at` and `at_least` among them.
    pub parameters: BTreeMap<String, String>,
}

/// The answer to a question.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Answer {
    /// The report's name.
    pub report: &'static str,
    /// The edition of its code.
    pub edition: u32,
    /// The parameters, defaults filled in.
    pub parameters: BTreeMap<&'static str, String>,
    /// What was true then: a day, meaning its end, or a moment; null is no cut.
    pub as_of: Option<String>,
    /// What was known then.
    pub known_at: Position,
    /// The position the views reflected.
    pub position: Position,
    /// Whether the answer can never change.
    pub immutable: bool,
    /// The part of the company it is of, by whose everything is today; null is all of it.
    pub scope: Option<String>,
    /// The table.
    #[serde(flatten)]
    pub table: Table,
    /// How many rows there are, on this page or not.
    pub rows_in_all: usize,
    /// The `after` of the next page; null on the last one.
    pub next: Option<String>,
    /// What the rows come to, on this page or not: for each unit a total by column; null if it was
    /// not asked for.
    pub totals: Option<Vec<Total>>,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The report says no.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// `known_at` lies beyond the head.
    #[error("expected known_at up to the head {head}, got {got}")]
    KnownAtBeyondHead {
        /// What was asked for.
        got: Position,
        /// The head.
        head: Position,
    },
    /// The report measures to a date.
    #[error("{report} measures to a date: give as_of, a day or a time with offset")]
    AsOfRequired {
        /// The report.
        report: &'static str,
    },
    /// The views did not reach the position in time.
    #[error(
        "expected the views to reach position {at_least} within {waited_ms} ms, they are at \
         {reached}; ask again"
    )]
    NotYet {
        /// The position that was asked for.
        at_least: Position,
        /// Where the views are.
        reached: Position,
        /// How long it waited, in milliseconds.
        waited_ms: u64,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

kinds! { AskError {
    AskError::KnownAtBeyondHead { .. } => KnownAtBeyondHead,
    AskError::AsOfRequired { .. } => AsOfRequired,
    AskError::NotYet { .. } => NotYet;
    AskError::Denied(denied) => denied.kind(),
    AskError::Report(error) => error.kind(),
    AskError::Read(error) => kind_of(error),
} }

/// What kind of problem a read that failed is.
#[must_use]
pub const fn kind_of(error: &ReadError) -> ProblemKind {
    match error {
        ReadError::Damaged { .. } => ProblemKind::LogDamaged,
        ReadError::Io { .. } | ReadError::Undecodable { .. } | ReadError::Newer { .. } => {
            ProblemKind::LogUnreadable
        }
    }
}

/// The reader's clocks, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// The cut they make.
    pub cut: Cut,
    /// `as_of` as it was given.
    pub as_of: Option<String>,
    /// Whether no later record can change what they see.
    pub immutable: bool,
}

/// A position as callers write it; `None` if it is none, or lies beyond [`POSITION_MAX`].
#[must_use]
pub fn position(text: &str) -> Option<Position> {
    text.parse().ok().filter(|number| *number <= POSITION_MAX).map(Position::new)
}

impl Ledger {
    /// Waits until the views reflect all that is durable now.
    pub(crate) fn reflects_all(&self) -> Result<(), AskError> {
        self.wait_at_least(&mut BTreeMap::new())
    }

    /// Waits for `at_least` (default: all that is durable now), then resolves `as_of` and
    /// `known_at`; takes the three from the parameters.
    pub(crate) fn clocks(
        &self,
        parameters: &mut BTreeMap<String, String>,
    ) -> Result<Clocks, AskError> {
        self.wait_at_least(parameters)?;
        self.clocks_of(&self.views(), parameters)
    }

    /// Waits for `at_least` (default: all that is durable now), and takes it from the parameters.
    pub(crate) fn reach(&self, parameters: &mut BTreeMap<String, String>) -> Result<(), AskError> {
        self.wait_at_least(parameters)
    }

    fn wait_at_least(&self, parameters: &mut BTreeMap<String, String>) -> Result<(), AskError> {
        let at_least = match parameters.remove("at_least") {
            Some(text) => {
                position(&text).ok_or_else(|| invalid("at_least", "a position, as in 42", &text))?
            }
            // What others have made durable cannot be read while the log is out of reach.
            None if self.stale().is_some() => self.views().position(),
            None => self.durable(),
        };
        let reached = self.wait(at_least, Duration::from_millis(QUERY_WAIT_MS_MAX));
        if reached < at_least {
            Err(AskError::NotYet { at_least, reached, waited_ms: QUERY_WAIT_MS_MAX })
        } else {
            Ok(())
        }
    }

    /// The clocks over these very views: an answer made from them reflects `views.position()`,
    /// whatever is recorded meanwhile.
    fn clocks_of(
        &self,
        views: &Known,
        parameters: &mut BTreeMap<String, String>,
    ) -> Result<Clocks, AskError> {
        let zone = views.company.zone();
        let as_of = parameters.remove("as_of");
        let before = match &as_of {
            None => Timestamp::END,
            Some(text) => match (text.parse::<Date>(), text.parse::<Timestamp>()) {
                (Ok(day), _) => day.plus_days(1).start(&zone),
                (_, Ok(moment)) => moment.next(),
                _ => {
                    return Err(invalid(
                        "as_of",
                        "a day, as in 2025-01-31, or a time with offset",
                        text,
                    ));
                }
            },
        };
        let (known_at, immutable) = match parameters.remove("known_at") {
            None => {
                self.vouches(None)?;
                (views.position(), false)
            }
            Some(text) => self.known_by(views, "known_at", &text)?,
        };
        Ok(Clocks { cut: Cut { before, known_at, except: None }, as_of, immutable })
    }

    /// What was known at a position, at the end of a day, or at a moment, as the value of a
    /// parameter; and whether no later record can change that.
    pub(crate) fn known_by(
        &self,
        views: &Known,
        name: &str,
        text: &str,
    ) -> Result<(Position, bool), AskError> {
        let (zone, head) = (views.company.zone(), views.position());
        match position(text) {
            Some(number) if number <= head => return Ok((number, true)),
            Some(got) => {
                self.vouches(Some(got))?;
                return Err(AskError::KnownAtBeyondHead { got, head });
            }
            None => (),
        }
        let moment = match (text.parse::<Date>(), text.parse::<Timestamp>()) {
            (Ok(day), _) => Timestamp::from_micros(day.plus_days(1).start(&zone).micros() - 1)
                .unwrap_or(Timestamp::END),
            (_, Ok(moment)) => moment,
            _ => return Err(invalid(name, "a position, a day, or a time with offset", text)),
        };
        let immutable = views.recorded_at().is_some_and(|last| moment < last);
        // What was recorded in that moment, too, may be among what cannot be vouched for.
        self.vouches(immutable.then_some(head))?;
        Ok((self.reader.position_at(moment)?.min(head), immutable))
    }

    pub(crate) fn asked<T>(
        &self,
        looker: &Looker,
        question: &Question,
        run: impl FnOnce(&'static Report, &Context<'_>, Clocks, &Known) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let mut question = question.clone();
        self.wait_at_least(&mut question.parameters)?;
        self.asked_of(&looker.known(self), question, run)
    }

    /// The same of what is known here.
    pub(crate) fn asked_of<T>(
        &self,
        views: &Known,
        question: Question,
        run: impl FnOnce(&'static Report, &Context<'_>, Clocks, &Known) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let Question { report: name, mut parameters } = question;
        let report = reports::find(&name)
            .ok_or_else(|| ReportError::UnknownReport { name: name.chars().take(80).collect() })?;
        let clocks = self.clocks_of(views, &mut parameters)?;
        let arguments =
            Arguments::parse(report, parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())))?;
        if report.needs_as_of && clocks.as_of.is_none() {
            return Err(AskError::AsOfRequired { report: report.name });
        }
        let context = Context {
            views: views.folds(),
            cut: clocks.cut,
            zone: views.company.zone(),
            arguments: &arguments,
            explain: false,
        };
        run(report, &context, clocks, views)
    }

    /// Answers a question.
    pub(crate) fn ask(&self, looker: &Looker, question: &Question) -> Result<Answer, AskError> {
        let mut question = question.clone();
        let (page, of_rows) = match reports::find(&question.report) {
            Some(report) => Page::take(report, &mut question.parameters)?,
            None => Default::default(),
        };
        self.asked(looker, &question, |report, context, clocks, views| {
            let Paged { table, rows_in_all, next, totals } = page.of(report.answer(context)?)?;
            let own = context.arguments.iter().map(|(name, value)| (name, value.to_owned()));
            Ok(Answer {
                report: report.name,
                edition: report.edition,
                parameters: own.chain(of_rows).collect(),
                as_of: clocks.as_of,
                known_at: clocks.cut.known_at,
                position: views.position(),
                immutable: clocks.immutable,
                scope: None,
                table,
                rows_in_all,
                next,
                totals,
            })
        })
    }
}

pub(crate) fn invalid(name: &str, expected: &str, got: &str) -> AskError {
    ReportError::InvalidParameter {
        name: name.into(),
        expected: expected.into(),
        got: got.chars().take(80).collect(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sijil_log::{
        machine::{SystemClock, SystemRandomness},
        memory,
    };
    use sijil_schemas::decode::draft_from_slice;

    use super::*;
    use crate::{Atomicity, Parts, Request};

    const OPENED: &str = r#"{"type": "ledger.opened", "occurred_at": "2025-01-01T00:00:00Z",
        "data": {"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}}"#;
    const CLIENT: &str = r#"{"type": "client.registered", "occurred_at": "2025-01-01T00:00:00Z",
        "data": {"client": "C1", "name": "C1", "kind": "org"}}"#;

    fn with(drafts: &[&str]) -> Ledger {
        let (writer, reader) = memory::open();
        let ledger = Ledger::start(Parts {
            writer: Some(Box::new(writer)),
            read_only_because: None,
            reader: Arc::new(reader),
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness),
            snapshots: None,
            threads: 1,
            progress: None,
        })
        .expect("it starts");
        let drafts = drafts.iter().map(|draft| draft_from_slice(draft.as_bytes()).expect("one"));
        let (drafts, key) = (drafts.collect(), None);
        let request = Request { drafts, key, expect: Vec::new(), atomicity: Atomicity::Together };
        let desk = ledger.desk_of_all(crate::caller::Caller::open());
        desk.submit_blocking(request).expect("recorded");
        ledger
    }

    #[test]
    fn what_a_thread_has_left_half_way_is_no_answer() {
        let registered = with(&[OPENED, CLIENT]).decoded(Position::new(2)).expect("a record");
        let (ledger, client) = (with(&[OPENED]), registered.event.home());
        let families = ledger.views().families().clone();
        let taking = std::thread::spawn(move || {
            families.entities.name(&registered.event, registered.position);
            families.entities.take(&registered);
            families.publish(registered.position);
            panic!("a fold that panics, as asked");
        });
        assert!(taking.join().is_err());
        assert_eq!(ledger.clocks(&mut BTreeMap::new()).expect("clocks").cut.known_at.get(), 1);
        let known = ledger.views();
        assert!(!known.entities.exists(&client, known.now()));
    }
}
