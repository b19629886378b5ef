//! Who reads a page, and when. Invariant: everything a page shows is asked at its reader's desk, at
//! its reader's clocks.

use std::{cell::RefCell, collections::BTreeMap};

use jiff::tz::TimeZone;
use sijil_ledger::{Answer, AskError, Clocks, Denied, Desk, Question, ReadError};
use sijil_projections::{Cut, report::Report};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind},
    problem::ProblemKind,
    time::{Date, Timestamp},
};

use crate::{
    link::{Asked, At, Link},
    words::{Lang, Say, Words},
};

/// Microseconds after which a ledger with nothing new is quiet: then its last day is shown.
const QUIET_US: i64 = 31 * 24 * 3600 * 1_000_000;

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: ProblemKind,
    pub(crate) detail: String,
}

impl From<AskError> for Trouble {
    fn from(error: AskError) -> Trouble {
        Trouble { kind: error.kind(), detail: error.to_string() }
    }
}
impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Trouble {
        Trouble::from(AskError::Read(error))
    }
}
impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Trouble {
        Trouble { kind: denied.kind(), detail: denied.to_string() }
    }
}

impl Trouble {
    /// A parameter is given more than once.
    pub(crate) fn twice(name: &str) -> Trouble {
        let detail = format!("expected {name} at most once, got it twice; name one value");
        Trouble { kind: ProblemKind::InvalidParameter, detail }
    }
    pub(crate) fn not_found(detail: impl Into<String>) -> Trouble {
        Trouble { kind: ProblemKind::NotFound, detail: detail.into() }
    }
}

/// Whoever reads, with the page that is read.
pub(crate) struct Reader<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) lang: Lang,
    /// The clocks, as the address says them.
    pub(crate) at: At,
    /// The page.
    pub(crate) link: Link,
    /// The clocks, resolved.
    pub(crate) clocks: Clocks,
    /// The day that is shown.
    pub(crate) day: Date,
    /// Whether that is the last day of a ledger that is quiet since.
    pub(crate) is_quiet: bool,
    pub(crate) zone: TimeZone,
    names: RefCell<BTreeMap<String, Option<String>>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        desk: &'a Desk,
        link: Link,
        at: At,
        accepted: Option<Lang>,
    ) -> Result<Reader<'a>, Trouble> {
        desk.reflects_all()?;
        let (zone, now) = (desk.views().company.zone(), desk.now());
        let last = {
            let views = desk.views();
            views.entities.moment(views.position())
        };
        let is_quiet = at.as_of.is_none() && now.micros() - last.micros() > QUIET_US;
        let is_quiet = is_quiet && desk.durable() > Position::ZERO;
        let today = if is_quiet { last } else { now }.date(&zone);
        let as_of = at.as_of.clone().unwrap_or_else(|| today.to_string());
        let mut asked = Asked::from([("as_of".to_owned(), as_of)]);
        asked.extend(at.known_at.clone().map(|known_at| ("known_at".to_owned(), known_at)));
        let clocks = desk.clocks(&mut asked)?;
        let before = Timestamp::from_micros(clocks.cut.before.micros() - 1);
        let day = before.unwrap_or(Timestamp::MIN).date(&zone);
        let lang = at.lang.or(accepted).unwrap_or(Lang::En);
        let names = RefCell::default();
        Ok(Reader { desk, lang, at, link, clocks, day, is_quiet, zone, names })
    }

    /// The address of a page at the reader's clocks.
    pub(crate) fn to(&self, link: &Link) -> String {
        link.to(&self.at)
    }
    /// The reader's clocks, so that no later record changes what they show.
    pub(crate) fn pinned(&self) -> At {
        At {
            as_of: self.clocks.as_of.clone(),
            known_at: Some(self.clocks.cut.known_at.to_string()),
            lang: Some(self.lang),
        }
    }
    pub(crate) const fn say(&self, say: Say) -> &'static str {
        say.in_(self.lang)
    }
    pub(crate) fn says(&self, say: Say, values: &[&str]) -> String {
        say.with(self.lang, values)
    }
    pub(crate) const fn words(&self) -> Words {
        Words(self.lang)
    }
    /// The day of a moment in the company's zone.
    pub(crate) fn day_of(&self, at: Timestamp) -> String {
        self.words().day(at.date(&self.zone))
    }

    /// The parameters with the reader's clocks among them.
    pub(crate) fn with_clocks(&self, mut asked: Asked) -> Asked {
        asked.extend(self.clocks.as_of.clone().map(|as_of| ("as_of".to_owned(), as_of)));
        asked.insert("known_at".to_owned(), self.clocks.cut.known_at.to_string());
        asked
    }
    pub(crate) fn question(&self, report: &str, asked: &Asked) -> Question {
        Question { report: report.to_owned(), parameters: self.with_clocks(asked.clone()) }
    }
    /// The answer of a report, whole.
    pub(crate) fn ask(&self, report: &Report, asked: &Asked) -> Result<Answer, Trouble> {
        Ok(self.desk.ask(&self.question(report.name, asked))?)
    }

    /// The name of an entity, where it has one that may be seen: of a client.
    pub(crate) fn name(&self, entity: &EntityRef) -> Option<String> {
        if entity.kind != Kind::Client {
            return None;
        }
        if let Some(known) = self.names.borrow().get(entity.id()) {
            return known.clone();
        }
        self.learn([entity.id()]);
        self.names.borrow().get(entity.id()).cloned().flatten()
    }
    /// Reads the names of many clients at once.
    pub(crate) fn learn<'i>(&self, clients: impl IntoIterator<Item = &'i str>) {
        let views = self.desk.views();
        let lens = views.lens(Cut { before: Timestamp::END, ..self.clocks.cut });
        let named = |id: &'i str| {
            let client = views.clients.sym(id)?;
            Some((id, views.clients.client_named_at(client, lens)?))
        };
        // Whoever may not read the record that gives a name is not told it beside an id either.
        let reads = |position| self.desk.record(position).is_ok_and(|found| found.is_some());
        let said: Vec<(&str, Position)> =
            clients.into_iter().filter_map(named).filter(|(_, at)| reads(*at)).collect();
        let persons = self.desk.persons(said.iter().map(|(_, position)| *position));
        let Ok(persons) = persons else { return };
        let names = said.into_iter().map(|(id, position)| {
            (id.to_owned(), persons.client_name(position).map(ToOwned::to_owned))
        });
        self.names.borrow_mut().extend(names);
    }
}
