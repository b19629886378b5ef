//! The committer: one thread that appends, syncs and answers. Invariant: nobody hears yes before
//! the records are durable; after a failed append every batch decided on top of it is refused too,
//! or decided again if another node was first.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, never, select};
use sijil_log::{AppendError, Entry, ReadError, ReadLimit, Reader, Writer};
use sijil_projections::assembly::Assembly;
use sijil_schemas::{Event, Position, StoredRecord, event::Access};

use crate::{
    flight::{Departure, Flight, Reply},
    limits::{DOUBT_PAUSE_MS, DOUBT_TRIES_MAX, RACES_MAX, SNAPSHOT_RECORDS},
    replay::decode_all,
    request::{SubmitError, with_causes},
    shared::Shared,
};

/// How many records of other nodes are taken in at once.
const CATCH_UP: ReadLimit = ReadLimit { records: 8_192, bytes: 4 << 20 };

pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) reader: Arc<dyn Reader>,
    /// Tells the saver that it is time.
    pub(crate) saver: Sender<()>,
    /// Records that became durable since then.
    pub(crate) unsaved: u64,
    /// Tells the decider that something came back.
    pub(crate) wake: Sender<()>,
    pub(crate) doubt: Option<Doubt>,
}

/// A batch that did not land as far as is known: only the log can say.
pub(crate) struct Doubt {
    departure: Departure,
    /// Why the log refused it, if it was refused for something else than another node: trying again
    /// would not help.
    refused: Option<AppendError>,
    tries: u32,
}

impl Committer {
    /// Runs until the decider has gone; `grown` says that the log has grown, or is in reach again.
    pub(crate) fn run(mut self, departures: &Receiver<Departure>, grown: Receiver<()>) {
        let mut grown = grown;
        loop {
            if self.doubt.is_some() {
                self.resolve();
                if self.doubt.is_some() {
                    std::thread::sleep(Duration::from_millis(DOUBT_PAUSE_MS));
                }
                continue;
            }
            select! {
                recv(departures) -> departure => match departure {
                    Ok(departure) => self.land(departure),
                    Err(_) => return,
                },
                recv(grown) -> told => match told {
                    Ok(()) => self.follow(),
                    Err(_) => grown = never(),
                },
            }
        }
    }

    /// Appends one batch and answers; on a shared log it may stay in doubt, see
    /// [`Committer::resolve`].
    pub(crate) fn land(&mut self, departure: Departure) {
        let Departure { flight, replies } = &departure;
        if flight.run != self.shared.run.load(Ordering::Acquire) {
            return self.give_back(departure);
        }
        if let Some(why) = self.shared.out_of_reach() {
            return self.refuse(departure, &SubmitError::Unavailable { why });
        }
        if flight.records.is_empty() {
            // Nothing to append, so nothing has shown yet that the answers rest on all of the log.
            let stands = replies.is_empty()
                || !self.writer.shared()
                || self.reader.latest().is_ok_and(|head| head == flight.at);
            return if stands { self.answer(departure) } else { self.doubt(departure, None) };
        }
        let erases = flight
            .records
            .iter()
            .any(|record| matches!(record.event, Event::Access(Access::PersonalDataErased(_))));
        if self.shared.sealing.swap(false, Ordering::AcqRel) || erases {
            // Then all that it names can be taken out at once.
            self.writer.seal();
        }
        match self.writer.append(flight.at, &flight.batch) {
            Ok(()) => {
                self.landed(flight.clone());
                self.answer(departure);
            }
            Err(
                error @ (AppendError::Conflict { .. }
                | AppendError::Unreachable { .. }
                | AppendError::Io { .. }),
            ) if self.writer.shared() => {
                tracing::debug!(
                    error = with_causes(&error),
                    at = %flight.at,
                    "the batch is decided again unless it landed"
                );
                let refused = Some(error).filter(|error| matches!(error, AppendError::Io { .. }));
                self.doubt(departure, refused);
            }
            Err(error) => {
                tracing::error!(error = with_causes(&error), at = %flight.at, "append failed");
                if !matches!(error, AppendError::Full { .. } | AppendError::TooLarge { .. }) {
                    self.shared.poison(error.to_string());
                }
                self.refuse(departure, &SubmitError::of_append(&error));
            }
        }
    }

    fn doubt(&mut self, departure: Departure, refused: Option<AppendError>) {
        self.doubt = Some(Doubt { departure, refused, tries: 0 });
        self.resolve();
    }

    /// Reads the log to learn what became of the batch in doubt: if it landed it is answered, if
    /// not it is decided again, or refused if the log will not have it; if the log stays out of
    /// reach, its callers are told that nobody knows.
    pub(crate) fn resolve(&mut self) {
        let Some(Doubt { departure, refused, tries }) = self.doubt.take() else { return };
        match (self.catch_up(Some(&departure.flight)), refused) {
            (Ok(true), _) => self.answer(departure),
            (Ok(false), None) => self.give_back(departure),
            (Ok(false), Some(error)) => {
                tracing::error!(
                    error = with_causes(&error),
                    at = %departure.flight.at,
                    "the log refused a batch"
                );
                self.refuse(departure, &SubmitError::of_append(&error));
            }
            (Err(_), refused) if tries < DOUBT_TRIES_MAX && !self.shared.stopping() => {
                self.doubt = Some(Doubt { departure, refused, tries: tries + 1 });
            }
            (Err(error), _) => {
                self.shared.lose(&error);
                let error = with_causes(&error);
                let why = format!(
                    "the log is out of reach ({error}); whether this was recorded is not known: \
                     send it again with the same event id or key"
                );
                self.refuse(departure, &SubmitError::Unavailable { why });
            }
        }
    }

    /// Takes in what other nodes recorded, unless all that was seen is there already.
    pub(crate) fn follow(&mut self) {
        if self.doubt.is_some() || !self.shared.is_behind() {
            return;
        }
        match self.catch_up(None) {
            Ok(_) => self.shared.regain(),
            Err(error) => self.shared.lose(&error),
        }
    }

    /// Takes in every record beyond what is known to be durable; says whether the batch in doubt
    /// was among them.
    fn catch_up(&mut self, doubt: Option<&Arc<Flight>>) -> Result<bool, ReadError> {
        let mut landed = false;
        self.shared.see(self.reader.latest()?);
        loop {
            let at = Position::new(self.shared.durable.load(Ordering::Acquire));
            let stored = self.reader.read(at.next(), CATCH_UP)?;
            let Some(first) = stored.first() else { return Ok(landed) };
            match doubt.filter(|flight| !landed && flight.begins_with(first)) {
                Some(flight) if self.holds(flight)? => {
                    self.landed(flight.clone());
                    landed = true;
                }
                Some(_) | None => self.take_foreign(at, &stored)?,
            }
        }
    }

    /// Whether all of a batch stands in the log. Its first record alone does not tell: the same
    /// request, sent to two nodes in the same moment, gives the same bytes, and each node may have
    /// put something else behind it.
    fn holds(&self, flight: &Flight) -> Result<bool, ReadError> {
        let mut rest = &flight.batch.entries[..];
        while let Some(entry) = rest.first() {
            let stored = self.reader.read(entry.record.position(), CATCH_UP)?;
            let count = stored.len().min(rest.len());
            let same = |(stored, ours): (&StoredRecord, &Entry)| {
                // What is masked by now was recorded with its parts.
                stored.public == ours.record.public
            };
            if count == 0 || !stored.iter().zip(rest).all(same) {
                return Ok(false);
            }
            rest = &rest[count..];
        }
        Ok(true)
    }

    fn take_foreign(&mut self, at: Position, stored: &[StoredRecord]) -> Result<(), ReadError> {
        let flight = Arc::new(Flight { at, records: decode_all(stored)?, ..Flight::default() });
        let mut news = self.shared.news();
        let (last, records) = (flight.last(), flight.records.len());
        news.foreign.push(flight);
        self.shared.durable.store(last.get(), Ordering::Release);
        self.shared.run.fetch_add(1, Ordering::AcqRel);
        drop(news);
        self.save_at_times(records);
        let _ = self.wake.try_send(());
        Ok(())
    }

    fn landed(&mut self, flight: Arc<Flight>) {
        self.shared.durable.store(flight.last().get(), Ordering::Release);
        self.shared.counters.appended(&flight);
        if let Some(last) = flight.records.last() {
            // What is decided here comes in whole documents.
            self.shared.publish(last.position, Some(last.recorded_at), Assembly::default());
            self.save_at_times(flight.records.len());
        }
    }

    fn save_at_times(&mut self, records: usize) {
        self.unsaved += records as u64;
        if self.unsaved >= SNAPSHOT_RECORDS {
            self.unsaved = 0;
            // It may still be at it: then the next time is soon enough.
            let _ = self.saver.try_send(());
        }
    }

    fn answer(&mut self, Departure { flight, replies }: Departure) {
        for Reply { to, answer, .. } in replies {
            drop(to.send(answer));
        }
        self.settled(&flight);
    }

    /// Ends the run: the requests of the batch are decided again, or refused if they were not kept.
    fn give_back(&mut self, Departure { flight, replies }: Departure) {
        let shared = self.shared.clone();
        let mut news = shared.news();
        for reply in replies {
            match reply.again() {
                Ok(job) if job.races <= RACES_MAX => news.returned.push_back(job),
                Ok(job) => drop(job.reply.send(Err(SubmitError::Unavailable {
                    why: format!("{RACES_MAX} tries were lost to other nodes; send again"),
                }))),
                Err(caller) => drop(caller.send(Err(SubmitError::Unavailable {
                    why: "the batch before did not land; send again".into(),
                }))),
            }
        }
        shared.run.fetch_add(1, Ordering::AcqRel);
        drop(news);
        self.settled(&flight);
    }

    /// Ends the run and refuses the batch.
    fn refuse(&mut self, Departure { flight, replies }: Departure, error: &SubmitError) {
        let news = self.shared.news();
        self.shared.run.fetch_add(1, Ordering::AcqRel);
        drop(news);
        for reply in replies {
            drop(reply.to.send(Err(error.clone())));
        }
        self.settled(&flight);
    }

    fn settled(&mut self, flight: &Flight) {
        self.shared.settled.fetch_add(1, Ordering::AcqRel);
        if flight.run != self.shared.run.load(Ordering::Acquire) {
            let _ = self.wake.try_send(());
        }
    }
}
