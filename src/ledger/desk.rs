//! The desk: all that a caller can see and do of a ledger. Invariant: nothing is read or written
//! from outside but at a desk, and each word of it asks whether its caller may.

use std::{collections::BTreeMap, ops::Deref, sync::Arc, time::Duration};

use sijil_access::{Denied, Held, Secret};
use sijil_log::{Head, ReadError};
use sijil_projections::{Known, access::KeyState, report::Sight, reports};
use sijil_proof::{note::Vkey, receipt::Receipt as Proof, tree::Hash};
use sijil_schemas::{
    May, Position, Record, RightFamily, StoredRecord,
    id::{EntityRef, Key},
    record::{Shown, Voided},
};
use uuid::Uuid;

use crate::{
    ask::{Answer, AskError, Clocks, Question},
    audit::{AuditError, Replay},
    browse::{Filter, Page},
    caller::Caller,
    correction::Correction,
    explain::{CellAsked, Explanation},
    ledger::{Ledger, Pending},
    limits::QUERY_WAIT_MS_MAX,
    masks::Absent,
    persons::Persons,
    proofs::{Consistency, Inclusion, ProveError},
    rehearsal::Rehearsal,
    request::{Parsed, Receipt, Recorded, Request, SubmitError, Unqueued},
    restating::Restatement,
    sights::Looker,
    signing::SignedCheckpoint,
    snapshots::Kept,
    trial::{Trial, TrialError},
};

/// What one may do who has anything to try.
const TRIES: [May; 5] = [May::Record, May::Void, May::Close, May::Grant, May::Erase];

/// What a caller can see and do, by what was granted when it was made: one is made for each
/// request, and for each round of what goes on.
#[derive(Clone)]
pub struct Desk {
    ledger: Ledger,
    caller: Caller,
    held: Held,
    /// What may be read.
    reads: Looker,
    /// Of what values about persons may be seen.
    persons: Looker,
}

/// What anybody may know of a ledger who can reach it: whether it runs, and how far it is.
impl Deref for Desk {
    type Target = Ledger;
    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl Desk {
    pub(crate) fn new(ledger: Ledger, caller: Caller, held: Held) -> Desk {
        let employee = ledger.employee_of(&caller);
        let looker = |may| Looker::new(&held, may, employee.as_deref());
        let (reads, persons) = (looker(May::Read), looker(May::Personal));
        Desk { ledger, caller, held, reads, persons }
    }
    /// Whether everything may be read, so that nothing need be told apart.
    #[must_use]
    pub fn reads_all(&self) -> bool {
        self.reads.is_all()
    }
    /// Whose desk it is.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }
    /// What may be done at it.
    #[must_use]
    pub const fn held(&self) -> &Held {
        &self.held
    }
    /// The same desk by what is granted now.
    pub fn renewed(&self) -> Result<Desk, Denied> {
        self.ledger.desk(&self.caller)
    }
    /// Whether its caller may still see what it could, by all that is recorded up to a position:
    /// asked of what was read, before it is told.
    pub fn still(&self, seen: Position) -> Result<(), Denied> {
        let wait = Duration::from_millis(QUERY_WAIT_MS_MAX);
        if self.caller.granted().is_none() {
            return Ok(());
        }
        if self.ledger.wait(seen, wait) < seen {
            // What is not known yet might have taken it away.
            return Err(Denied::NotAllowed { may: May::Read, family: RightFamily::All });
        }
        let now = self.renewed()?;
        // A desk of exports sees less than what is granted, and no more of it than before.
        match now.held.wanting(&self.held) {
            None => Ok(()),
            Some((may, family)) => Err(Denied::NotAllowed { may, family }),
        }
    }
    /// Whether something may be done in a family: of reading, at least with some of it, since what
    /// is not seen is left out of every answer; of the rest, with all of it.
    pub fn may(&self, may: May, family: RightFamily) -> Result<(), Denied> {
        let rights = if may == May::Read { self.held.reach() } else { self.held.whole };
        if rights.may(may, family) { Ok(()) } else { Err(Denied::NotAllowed { may, family }) }
    }
    /// Whether something may be done with anything at all.
    #[must_use]
    pub fn may_anywhere(&self, may: May) -> bool {
        self.held.reach().may_anywhere(may)
    }

    /// The desk at which no more is seen than may also be taken out in bulk.
    pub fn exporting(self) -> Result<Desk, Denied> {
        let held = self.held.where_also(May::Export);
        if held.reach().may_anywhere(May::Read) {
            Ok(Desk::new(self.ledger, self.caller, held))
        } else {
            Err(Denied::NotAllowed { may: May::Export, family: RightFamily::All })
        }
    }

    // Reading.

    /// What is known now: all that is durable, was taken in and may be read; every lens of it
    /// leaves out the rest. It stays as it is for who holds it.
    #[must_use]
    pub fn views(&self) -> Known {
        self.reads.known(&self.ledger)
    }
    /// What is told of a key, whatever else may be read: of one of the caller's own, or of any to
    /// who may give keys out.
    pub fn of_key<T>(&self, key: &str, tell: impl FnOnce(&KeyState<'_>) -> T) -> Option<T> {
        let views = self.ledger.views();
        let state = views.access.key(key, views.now())?;
        let may_grant = self.may(May::Grant, RightFamily::Access).is_ok();
        (may_grant || self.caller.holder() == Some(&state.of)).then(|| tell(&state))
    }
    /// The end of the log.
    pub fn head(&self) -> Result<Head, ReadError> {
        self.ledger.head()
    }
    /// The Merkle root at a position; `None` beyond the head.
    pub fn root_at(&self, position: Position) -> Result<Option<[u8; 32]>, ReadError> {
        self.ledger.root_at(position)
    }
    /// The record at a position; `None` beyond the end of the log, and where it may not be read.
    pub fn record(&self, position: Position) -> Result<Option<StoredRecord>, ReadError> {
        match self.ledger.record(position)? {
            Some(stored) if self.sees(&stored) => Ok(Some(stored)),
            _ => Ok(None),
        }
    }
    /// Whether values about persons are hidden in a record.
    #[must_use]
    pub fn hides(&self, stored: &StoredRecord) -> bool {
        !self.persons.has(&self.ledger, stored.position())
    }
    /// Whether a record may be read. A void may be where its target may: it says of that alone.
    fn sees(&self, stored: &StoredRecord) -> bool {
        self.reads.has(&self.ledger, stored.position())
    }
    /// The records after a position that pass and may be read, at most `limit` (and
    /// [`crate::limits::PAGE_RECORDS_MAX`]) of them. Among those of an entity are the voids of its
    /// records.
    pub fn page(&self, filter: &Filter, after: Position, limit: usize) -> Result<Page, ReadError> {
        self.ledger.page(filter, after, limit, &|stored| Ok(self.sees(stored)))
    }
    /// The voids of some records, as known, by the position of what they void.
    pub fn voided(
        &self,
        positions: impl IntoIterator<Item = Position>,
        known_at: Position,
    ) -> Result<BTreeMap<Position, Voided>, ReadError> {
        self.ledger.voided(positions, known_at)
    }
    /// Every record that names an entity, and every void of one, decoded, oldest first, up to a
    /// position that the views reflect; those that may be read, without the values about persons
    /// that may not.
    pub fn history(
        &self,
        entity: &EntityRef,
        known_at: Position,
    ) -> Result<Vec<Record>, ReadError> {
        let all = self.ledger.stored_history(entity, known_at)?;
        let mut history = Vec::with_capacity(all.len());
        for stored in all {
            if self.sees(&stored) {
                let stored = self.shown_part(stored);
                history
                    .push(stored.decode().map_err(|error| ReadError::of_record(&stored, error))?);
            }
        }
        Ok(history)
    }
    /// A record with no more of it than may be seen.
    #[must_use]
    pub fn shown_part(&self, stored: StoredRecord) -> StoredRecord {
        if self.hides(&stored) { stored.without_persons() } else { stored }
    }
    /// The personal fields that records of an entity's own would say, if parts of them were not
    /// gone or masked, with why they are: by where the record stands.
    pub fn absent(
        &self,
        entity: &EntityRef,
        records: &[Record],
    ) -> Result<Vec<(Position, Absent)>, ReadError> {
        self.ledger.absent_of(entity, records)
    }
    /// A record as readers see it who may see all of it, told why what is not there is not there.
    pub fn shown(&self, stored: &StoredRecord) -> Result<Shown, ReadError> {
        self.ledger.shown(stored)
    }
    /// The personal fields of an entity that are hidden from the caller in some records: (where the
    /// record stands, field).
    #[must_use]
    pub fn hidden_fields(
        &self,
        entity: &EntityRef,
        records: &[Record],
    ) -> Vec<(Position, &'static str)> {
        let own = records.iter().filter(|record| record.event.home() == *entity);
        let hidden = own.filter(|record| !self.persons.has(&self.ledger, record.position));
        let fields = hidden.flat_map(|record| {
            let personal = record.event.event_type().personal.iter();
            personal.map(|(field, _)| (record.position, *field))
        });
        fields.collect()
    }
    /// What the records at some positions say of persons: those of a whole page are read together,
    /// each once.
    pub fn persons(
        &self,
        positions: impl IntoIterator<Item = Position>,
    ) -> Result<Persons, ReadError> {
        self.ledger.persons(positions, |position| self.persons.has(&self.ledger, position))
    }
    /// Where the log ends, if a reader has come as far as this position; an error if nobody can
    /// say.
    pub fn reaches(&self, position: Position) -> Result<Position, ReadError> {
        self.ledger.reaches(position)
    }
    /// Reads every stored record up to the head on so many threads, each a stretch of its own; says
    /// how many there are.
    pub fn scan(&self, threads: usize) -> Result<u64, ReadError> {
        self.ledger.scan(threads)
    }

    // Asking.

    /// Waits until the views reflect all that is durable now.
    pub fn reflects_all(&self) -> Result<(), AskError> {
        self.ledger.reflects_all()
    }
    /// Waits, within limits, until the views reflect all that is durable now.
    pub fn reflect(&self) {
        self.ledger.reflect();
    }
    /// Waits for `at_least` (default: all that is durable now), then resolves `as_of` and
    /// `known_at`; takes the three from the parameters.
    pub fn clocks(&self, parameters: &mut BTreeMap<String, String>) -> Result<Clocks, AskError> {
        self.ledger.clocks(parameters)
    }
    /// Waits for `at_least` (default: all that is durable now), and takes it from the parameters.
    pub fn reach(&self, parameters: &mut BTreeMap<String, String>) -> Result<(), AskError> {
        self.ledger.reach(parameters)
    }
    /// Answers a question, from what may be read.
    pub fn ask(&self, question: &Question) -> Result<Answer, AskError> {
        let scope = self.may_ask(question)?;
        let answer = self.ledger.ask(&self.reads, question)?;
        // Whose everything is, is asked of today: what is seen of the past may be another tomorrow.
        let immutable = answer.immutable && scope.is_none();
        Ok(Answer { scope, immutable, ..answer })
    }
    /// The records behind a row, or one cell of it.
    pub fn explain(&self, question: &Question, asked: &CellAsked) -> Result<Explanation, AskError> {
        self.may_ask(question)?;
        self.ledger.explain(&self.reads, question, asked)
    }
    /// What changed in a report since an earlier `known_at` (a position, a day, meaning its end, or
    /// a time with offset), and by which records; `known_at` is the later one.
    pub fn restate(&self, question: &Question, since: &str) -> Result<Restatement, AskError> {
        self.may_ask(question)?;
        self.ledger.restate(&self.reads, question, since)
    }
    /// Whether its caller may ask a question at all.
    #[must_use]
    pub fn hears(&self, question: &Question) -> bool {
        self.may_ask(question).is_ok()
    }
    /// Whether a report may be asked, and of what part of the company: its sums hold something of
    /// every family it draws on. `None` is all of it.
    fn may_ask(&self, question: &Question) -> Result<Option<String>, Denied> {
        let Some(report) = reports::find(&question.report) else { return Ok(None) };
        let drawn = report.drawn_on(|name| question.parameters.get(name).map(String::as_str));
        let named = drawn.iter().filter_map(|name| RightFamily::named(name));
        let rights = self.held.reach();
        if report.sight == Sight::Lines && !named.clone().any(|of| rights.may(May::Read, of)) {
            let family = named.clone().next().unwrap_or(RightFamily::All);
            return Err(Denied::NotAllowed { may: May::Read, family });
        }
        let mut scopes: Vec<String> = Vec::new();
        for name in &drawn {
            // A family that is none of those there are can only be read by who reads all.
            let family = RightFamily::named(name).unwrap_or(RightFamily::All);
            if self.held.whole.may(May::Read, family) {
                continue;
            }
            match (report.sight, self.may(May::Read, family)) {
                (Sight::Whole, Ok(())) => return Err(Denied::NeedsWhole { family }),
                (Sight::Lines, Err(_)) => scopes.push(format!("without {name}")),
                (_, may) => may?,
            }
            let within = self.held.scopes(May::Read, family).map(|scopes| {
                let words: Vec<String> = scopes.iter().map(ToString::to_string).collect();
                words.join(" and ")
            });
            scopes.extend(within);
        }
        scopes.sort_unstable();
        scopes.dedup();
        Ok((!scopes.is_empty()).then(|| scopes.join(", ")))
    }

    // Writing.

    /// Asks for drafts to be recorded; the answer comes when they are durable.
    pub async fn submit(&self, request: Request) -> Result<Receipt, SubmitError> {
        let pending = self.offer(self.parse(request)?).map_err(|unqueued| unqueued.why)?;
        self.answered(pending).await
    }
    /// The same, for callers without an async runtime.
    pub fn submit_blocking(&self, request: Request) -> Result<Receipt, SubmitError> {
        let pending = self.offer(self.parse(request)?).map_err(|unqueued| unqueued.why)?;
        self.ledger.counted(pending.0.blocking_recv())
    }
    /// Parses a request on the caller's thread, so that many may be parsed while others are
    /// decided.
    pub fn parse(&self, request: Request) -> Result<Parsed, SubmitError> {
        self.ledger.takes_writes()?;
        self.parse_to_rehearse(request)
    }
    /// The same for a request that is only rehearsed, so that a ledger which takes no writes can
    /// parse it, too.
    pub fn parse_to_rehearse(&self, request: Request) -> Result<Parsed, SubmitError> {
        self.ledger.parsed(request, &self.caller)
    }
    /// Queues a parsed request behind those that were offered before it; it comes back if the queue
    /// is full.
    pub fn offer(&self, parsed: Parsed) -> Result<Pending, Box<Unqueued>> {
        self.ledger.offer(parsed)
    }
    /// Waits for the answer to a queued request.
    pub async fn answered(&self, pending: Pending) -> Result<Receipt, SubmitError> {
        self.ledger.answered(pending).await
    }
    /// Begins a rehearsal on what is durable now. It takes as much memory as the rules' own book,
    /// and more with each draft that would be recorded.
    #[must_use]
    pub fn rehearse(&self) -> Rehearsal {
        self.ledger.rehearse()
    }
    /// Says what would become of a request, and what these reports would then say; nothing becomes
    /// of it. One is tried at a time. The first copies the company, which takes as much memory;
    /// those behind it go on with the copy.
    pub fn try_out(&self, request: Request, questions: &[Question]) -> Result<Trial, TrialError> {
        // Nobody else has the company copied.
        if !TRIES.iter().any(|may| self.may_anywhere(*may)) {
            let (may, family) = (May::Record, RightFamily::All);
            return Err(AskError::from(Denied::NotAllowed { may, family }).into());
        }
        for question in questions {
            self.may_ask(question).map_err(AskError::from)?;
        }
        self.ledger.try_out(&self.reads, self.parse_to_rehearse(request)?, questions)
    }
    /// A key for a request that is still to be made.
    #[must_use]
    pub fn new_key(&self) -> String {
        self.ledger.new_export_id()
    }
    /// Begins a correction of what came from a source. A dry run rehearses it.
    #[must_use]
    pub fn correct(&self, source: Key, void_missing: bool, dry_run: bool) -> Correction {
        Correction::begin(self.clone(), source, void_missing, dry_run)
    }
    /// The record of an event, if it is durable and may be read.
    pub fn stored(&self, id: Uuid) -> Result<Option<StoredRecord>, ReadError> {
        match self.ledger.stored(id)? {
            Some(stored) if self.sees(&stored) => Ok(Some(stored)),
            _ => Ok(None),
        }
    }

    /// A new secret of a key that is still to be issued.
    pub fn new_secret(&self) -> std::io::Result<Secret> {
        self.ledger.new_secret()
    }

    // Proving.

    /// The key by which others verify what is signed here. It says no more than that.
    pub fn vkey(&self) -> Result<Vkey, ProveError> {
        self.ledger.vkey()
    }
    /// A signed checkpoint of at least so many records, of now or of a moment ago. It says how many
    /// there are, and nothing of what they hold.
    pub fn checkpoint(&self, at_least: Position) -> Result<Arc<SignedCheckpoint>, ProveError> {
        self.ledger.checkpoint(at_least)
    }
    /// The last checkpoint that enough witnesses cosigned.
    pub fn cosigned(&self) -> Result<Arc<SignedCheckpoint>, ProveError> {
        self.ledger.cosigned()
    }
    /// That a record stands in the tree of so many records, by its hash alone.
    pub fn inclusion(&self, position: Position, size: Position) -> Result<Inclusion, ProveError> {
        self.may(May::Audit, RightFamily::System)?;
        self.ledger.inclusion(position, size)
    }
    /// That the tree of so many records is the beginning of a later one.
    pub fn consistency(&self, from: Position, to: Position) -> Result<Consistency, ProveError> {
        self.may(May::Audit, RightFamily::System)?;
        self.ledger.consistency(from, to)
    }
    /// The proof of one record, with its public bytes: for auditors, and for whoever may read it.
    pub fn prove(&self, position: Position) -> Result<Proof, ProveError> {
        let stored = if self.may(May::Audit, RightFamily::System).is_ok() {
            self.ledger.record(position)?
        } else {
            self.record(position)?
        };
        let head = self.durable();
        self.ledger.receipt(&stored.ok_or(ProveError::Nothing { position, head })?)
    }
    /// The proof of what the caller has recorded just now, whatever it may read.
    pub fn receipt_of(&self, recorded: &Recorded) -> Result<Proof, ProveError> {
        let (position, head) = (recorded.position, self.durable());
        let stored =
            self.ledger.record(position)?.filter(|stored| stored.event_id() == recorded.id);
        self.ledger.receipt(&stored.ok_or(ProveError::Nothing { position, head })?)
    }
    /// The first `width` hashes of a tile; `None` if the log has not so many.
    pub fn tile(
        &self,
        level: u32,
        number: u64,
        width: u64,
    ) -> Result<Option<Vec<Hash>>, ProveError> {
        self.ledger.tile(level, number, width)
    }
    /// The public bytes of the first `width` records of a tile of leaves, each behind its length in
    /// two bytes, the higher first; `None` if the log has not so many.
    pub fn entries(&self, number: u64, width: u64) -> Result<Option<Vec<u8>>, ProveError> {
        self.may(May::Audit, RightFamily::System)?;
        self.ledger.entries(number, width)
    }

    // Looking after it.

    /// Rebuilds one fold, or `all`, from the log alone up to a position (default: where the live
    /// views stand), and compares with the live state.
    pub fn replay(
        &self,
        name: &str,
        to: Option<Position>,
        threads: usize,
        progress: impl FnMut(Position, Position),
    ) -> Result<Replay, AuditError> {
        self.may(May::Operate, RightFamily::System)?;
        self.ledger.replay(name, to, threads, progress)
    }
    /// Makes one fold, or `all`, anew beside the live one, which goes on serving, and compares. If
    /// they are to switch, it takes the live one's place at once, and the live one is kept if it
    /// differs.
    pub fn rebuild(&self, name: &str, switch: bool) -> Result<Replay, AuditError> {
        self.may(May::Operate, RightFamily::System)?;
        self.ledger.rebuild(name, switch)
    }
    /// Puts the state back that a rebuild has replaced, of one fold or of all that have one:
    /// brought to the head first, and compared. What it replaces is kept in turn.
    pub fn rollback(&self, name: &str) -> Result<Replay, AuditError> {
        self.may(May::Operate, RightFamily::System)?;
        self.ledger.rollback(name)
    }
    /// What is kept of each fold, to be put back.
    #[must_use]
    pub fn kept(&self) -> BTreeMap<&'static str, Kept> {
        self.ledger.kept()
    }
}
