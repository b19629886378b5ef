//! The driver: takes steps in a simulated world and holds every answer and every restart against
//! the oracle. Invariant: what it does depends on its dice alone, and the first thing that is not
//! as foretold ends it.

use std::collections::VecDeque;

use sijil_ledger::{Atomicity, Expectation, Receipt, Request, SubmitError};
use sijil_log::ReadLimit;
use sijil_schemas::{Position, decode::Draft};
use uuid::Uuid;

use crate::{
    dice::Dice,
    oracle::{Answers, Asked, Deed, Foretold, Oracle, same},
    words::{client, client_ref, note, opening, void},
    world::{House, Running, Seams},
};

mod crash;

const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
/// Few clients, so that requests get in each other's way.
const CLIENTS: u64 = 24;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It finishes what it accepted.
    Stop,
    /// It is killed; the kernel lives on.
    Kill,
    /// The power is cut; some of what is not synced survives.
    Cut,
}

/// A request and what is foretold of it once it is decided.
struct Waiting {
    ticket: u64,
    asked: Asked,
    foretold: Option<Result<Vec<Foretold>, &'static str>>,
    /// It was sent before the ledger had an id.
    unopened: bool,
}

/// A batch that has been decided.
#[derive(Default)]
struct Flight {
    waiting: Vec<Waiting>,
    /// The batch before it did not land, so this one will not.
    dead: bool,
}

/// What a run has seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Steps taken.
    pub steps: u64,
    /// Faults that happened, crashes and jumps of the clock among them.
    pub faults: u64,
    /// Restarts.
    pub restarts: u64,
    /// Power cuts in the middle of a recovery.
    pub recoveries_cut: u64,
    /// Answers, by name.
    pub answers: Answers,
}

/// One run.
pub struct Driver {
    /// Where it runs.
    pub house: House,
    /// What is foretold.
    pub oracle: Oracle,
    /// What has been seen.
    pub seen: Seen,
    running: Option<Running>,
    dice: Dice,
    queue: VecDeque<Waiting>,
    /// Decided, in batches, not answered.
    flights: VecDeque<Flight>,
    /// Requests whose outcome is unknown: the process ended, or an append failed.
    unknown: Vec<Asked>,
    sent: Vec<Asked>,
    keys: u64,
}

/// What was not as foretold.
pub type Wrong = String;

impl Driver {
    /// A run on an empty disk.
    #[must_use]
    pub fn new(seed: u64, seams: Seams) -> Driver {
        Driver {
            house: House { seams, ..House::new(seed) },
            oracle: Oracle::default(),
            seen: Seen::default(),
            running: None,
            dice: Dice::new(seed).fork(0xD1CE),
            queue: VecDeque::new(),
            flights: VecDeque::new(),
            unknown: Vec::new(),
            sent: Vec::new(),
            keys: 0,
        }
    }

    fn draft(&self, deed: &Deed) -> Draft {
        match deed {
            Deed::Open => opening(),
            Deed::Register(number) => client(*number),
            Deed::Note(number, bytes, salt) => note(*number, *bytes, *salt),
            Deed::Void(target) => {
                let stored = target.and_then(|position| self.oracle.bytes(position));
                void(stored.map_or(Uuid::from_u128(7), sijil_schemas::StoredRecord::event_id))
            }
        }
    }
    fn request(&self, asked: &Asked) -> Request {
        let expect = asked
            .expect
            .map(|(client, revision)| Expectation { entity: client_ref(client), revision });
        Request {
            drafts: asked.deeds.iter().map(|deed| self.draft(deed)).collect(),
            key: Some(format!("key {}", asked.key)),
            expect: expect.into_iter().collect(),
            atomicity: asked.atomicity,
        }
    }

    fn some_deed(&mut self) -> Deed {
        let number = self.dice.below(CLIENTS);
        match self.dice.below(10) {
            0..5 => Deed::Register(number),
            5..7 => {
                let bytes = *self.dice.one(&[0, 10, 300, 511, 1_500, 3_900]);
                Deed::Note(number, bytes, self.dice.below(26))
            }
            7 => Deed::Void(None),
            _ => {
                // Only what has been seen can be named.
                let position = 1 + self.dice.below(self.oracle.durable().max(1));
                Deed::Void(Some(position).filter(|position| self.oracle.bytes(*position).is_some()))
            }
        }
    }
    fn some_request(&mut self) -> Asked {
        if !self.sent.is_empty() && self.dice.one_in(6) {
            // The same again, or the same key with something else in it.
            let mut again = self.dice.one(&self.sent).clone();
            if self.dice.one_in(3) {
                again.deeds[0] = Deed::Register(CLIENTS + 1);
            }
            return again;
        }
        self.keys += 1;
        if !self.oracle.is_open() {
            return Asked {
                key: self.keys,
                deeds: vec![Deed::Open],
                atomicity: Atomicity::Together,
                expect: None,
            };
        }
        let count = *self.dice.one(&[1, 1, 1, 1, 2, 3, 6]);
        let deeds = (0..count).map(|_| self.some_deed()).collect();
        let atomicity = if self.dice.one_in(5) { Atomicity::Alone } else { Atomicity::Together };
        let expect = (atomicity == Atomicity::Together && self.dice.one_in(8))
            .then(|| (self.dice.below(CLIENTS), self.dice.below(3)));
        Asked { key: self.keys, deeds, atomicity, expect }
    }

    /// Takes one step of some kind.
    pub fn step(&mut self) -> Result<(), Wrong> {
        self.seen.steps += 1;
        if self.running.as_ref().is_none_or(|running| !running.writable()) {
            let end = *self.dice.one(&[End::Kill, End::Cut]);
            return self.restart(end);
        }
        match self.dice.below(1_000) {
            0..400 => {
                let asked = self.some_request();
                self.send(asked)
            }
            400..650 => self.decide(),
            650..900 => self.commit(),
            900..985 => {
                if let Some(running) = &mut self.running {
                    running.take_in();
                }
                Ok(())
            }
            985..988 => {
                self.snapshot();
                Ok(())
            }
            988..993 => {
                let jump =
                    i64::try_from(self.dice.below(7_200_000_000)).unwrap_or(0) - 3_600_000_000;
                self.house.clock.jump(jump);
                self.seen.faults += 1;
                Ok(())
            }
            993..995 => self.restart(End::Stop),
            995..997 => self.restart(End::Kill),
            _ => self.restart(End::Cut),
        }
    }
    /// Saves snapshots.
    pub fn snapshot(&self) {
        if let Some(running) = &self.running {
            running.ledger.save_snapshot();
        }
    }

    /// Sends a request.
    pub fn send(&mut self, asked: Asked) -> Result<(), Wrong> {
        let request = self.request(&asked);
        let Some(running) = &mut self.running else { return Ok(()) };
        let ticket = running.send(request);
        if self.sent.len() > 64 {
            self.sent.remove(0);
        }
        self.sent.push(asked.clone());
        let unopened = self.oracle.durable() == 0;
        self.queue.push_back(Waiting { ticket, asked, foretold: None, unopened });
        self.hear(false)
    }
    /// Lets everything that waits be decided.
    pub fn decide(&mut self) -> Result<(), Wrong> {
        let Some(running) = &mut self.running else { return Ok(()) };
        // What is unreadable for one draft of many is told only with the answers, too late to
        // foretell what stands on it: then the disk is quiet.
        let alone = self.queue.iter().any(|waiting| waiting.asked.atomicity == Atomicity::Alone);
        let decided =
            if alone { self.house.disk.hushed(|| running.decide()) } else { running.decide() };
        if !decided {
            return Ok(());
        }
        let mut answers = running.answers();
        let mut flight = Flight::default();
        for mut waiting in std::mem::take(&mut self.queue) {
            let answer = take(&mut answers, waiting.ticket);
            if let Some(Err(error)) = &answer
                && is_unknown(error)
            {
                // The disk could not be read: nothing was decided.
                *self.seen.answers.entry(error.name()).or_default() += 1;
                continue;
            }
            // Sent before there was a ledger and decided after it was opened by another request: it
            // must be sent again.
            let late =
                waiting.unopened && self.oracle.is_open() && !self.oracle.knows(&waiting.asked);
            if late {
                return Err(format!(
                    "expected to be asked again for {:?}, answered {answer:?}",
                    waiting.asked
                ));
            }
            waiting.foretold = Some(self.oracle.decide(&waiting.asked));
            match answer {
                Some(answer) => judged(&waiting, &answer, &mut self.seen.answers)?,
                None => flight.waiting.push(waiting),
            }
        }
        self.oracle.depart();
        self.flights.push_back(flight);
        Ok(())
    }
    /// Lets the oldest batch be appended.
    pub fn commit(&mut self) -> Result<(), Wrong> {
        let Some(running) = &mut self.running else { return Ok(()) };
        if running.commit() { self.hear(true) } else { Ok(()) }
    }

    /// Takes the answers that came; after a commit, all of the oldest batch must be among them.
    fn hear(&mut self, committed: bool) -> Result<(), Wrong> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let mut answers = running.answers();
        if committed {
            self.landed(&mut answers)?;
        }
        for (ticket, answer) in answers {
            // Before it is decided, a request can only be told that the ledger takes none.
            let refused = matches!(&answer, Err(error) if is_unknown(error));
            if !refused || !self.queue.iter().any(|waiting| waiting.ticket == ticket) {
                return Err(format!("nobody awaits {answer:?}"));
            }
            self.queue.retain(|waiting| waiting.ticket != ticket);
        }
        if committed { self.served() } else { Ok(()) }
    }
    /// The oldest batch was committed, or was refused.
    fn landed(&mut self, answers: &mut Vec<(u64, Answer)>) -> Result<(), Wrong> {
        let flight = self.flights.pop_front().unwrap_or_default();
        let (mut failed, mut unknown) = (None, Vec::new());
        for waiting in flight.waiting {
            match take(answers, waiting.ticket) {
                Some(Err(error)) if is_unknown(&error) => {
                    *self.seen.answers.entry(error.name()).or_default() += 1;
                    failed = Some(error);
                    unknown.push(waiting.asked);
                }
                Some(answer) if !flight.dead => judged(&waiting, &answer, &mut self.seen.answers)?,
                answer => {
                    return Err(format!(
                        "expected another answer to {:?} than {answer:?}",
                        waiting.asked
                    ));
                }
            }
        }
        self.unknown.append(&mut unknown);
        match failed {
            _ if flight.dead => (),
            None => {
                let before = self.oracle.durable();
                self.oracle.land();
                self.look_at(before + 1)?;
            }
            Some(error) => {
                self.oracle.crash(matches!(error, SubmitError::Unavailable { .. }));
                self.flights.iter_mut().for_each(|flight| flight.dead = true);
            }
        }
        Ok(())
    }
    /// Reads what has become durable, undisturbed.
    fn look_at(&mut self, from: u64) -> Result<(), Wrong> {
        let Some(running) = &self.running else { return Ok(()) };
        let found = self.house.disk.hushed(|| running.reader.read(Position::new(from), EVERYTHING));
        self.oracle.compare(from, &found.map_err(|error| error.to_string())?)
    }

    /// What readers are shown now must be durable, and no more than was acknowledged.
    fn served(&self) -> Result<(), Wrong> {
        let Some(running) = &self.running else { return Ok(()) };
        let head = running.reader.head().map_err(|error| error.to_string())?.position.get();
        if head == self.oracle.durable() {
            Ok(())
        } else {
            Err(format!("readers see {head}, acknowledged are {}", self.oracle.durable()))
        }
    }

    /// Ends a run: everything is finished, nothing fails any more, and all is compared and
    /// verified.
    pub fn finish(&mut self) -> Result<(), Wrong> {
        self.house.disk.chance(None);
        self.house.disk.fail(crate::faults::Fault::None);
        self.house.disk.free_room();
        let end = *self.dice.one(&[End::Stop, End::Kill, End::Cut]);
        self.restart(end)?;
        self.drain()?;
        self.restart(End::Stop)?;
        if let Some(running) = self.running.take() {
            running.stop();
        }
        let report = self.house.verify().map_err(|error| error.to_string())?;
        if report.is_sound() && report.position.get() == self.oracle.durable() {
            Ok(())
        } else {
            Err(format!("the log is not sound: {report:?}"))
        }
    }
}

type Answer = Result<Receipt, SubmitError>;

fn take(answers: &mut Vec<(u64, Answer)>, ticket: u64) -> Option<Answer> {
    answers.iter().position(|(of, _)| *of == ticket).map(|at| answers.remove(at).1)
}

/// Whether an answer leaves open what became of the request, or says that nothing did because of
/// the disk.
const fn is_unknown(error: &SubmitError) -> bool {
    matches!(
        error,
        SubmitError::Unavailable { .. } | SubmitError::LogFull | SubmitError::Busy { .. }
    )
}

fn judged(
    waiting: &Waiting,
    answer: &Result<Receipt, SubmitError>,
    seen: &mut Answers,
) -> Result<(), Wrong> {
    let name = answer.as_ref().map_or_else(SubmitError::name, |_| "recorded");
    *seen.entry(name).or_default() += 1;
    let Some(foretold) = &waiting.foretold else {
        return Err(format!("foretold nothing yet, answered {answer:?}"));
    };
    same(foretold, answer).map_err(|wrong| format!("{wrong} for {:?}", waiting.asked))
}
