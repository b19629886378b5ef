//! The naive model: it foretells every answer, and keeps acknowledged, refused and unknown outcomes
//! apart. Invariant: it shares no code with the rules, the sequencer or the log; it counts.

use std::collections::BTreeMap;

use sijil_ledger::{Atomicity, Receipt, SubmitError};
use sijil_schemas::StoredRecord;

/// What one draft of the model's small vocabulary does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Opens the ledger.
    Open,
    /// Registers a client.
    Register(u64),
    /// Writes a note of so many bytes on a client.
    Note(u64, usize, u64),
    /// Voids the event at a position, or one that is not there.
    Void(Option<u64>),
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The key it is sent under, every time.
    pub key: u64,
    /// What its drafts do.
    pub deeds: Vec<Deed>,
    /// Together or alone.
    pub atomicity: Atomicity,
    /// The revision a client should have.
    pub expect: Option<(u64, u64)>,
}

/// What is foretold of one draft, or of a whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foretold {
    /// It stands at this position, and did so before or not.
    Stands(u64, bool),
    /// It is refused by this name.
    Refused(&'static str),
}

/// One event the model knows of.
#[derive(Debug, Clone)]
struct Kept {
    key: u64,
    index: usize,
    deed: Deed,
    /// The bytes first seen of it.
    bytes: Option<StoredRecord>,
}

/// The model.
#[derive(Debug, Default, Clone)]
pub struct Oracle {
    log: Vec<Kept>,
    /// How many of them are acknowledged, or were found after a crash.
    durable: usize,
    /// Where batches end that have been decided.
    flights: Vec<usize>,
    /// Events whose append failed: they are there all, or none is.
    doubt: Vec<Kept>,
}

impl Oracle {
    /// The last position that must be there.
    #[must_use]
    pub const fn durable(&self) -> u64 {
        self.durable as u64
    }
    /// Whether the ledger has been opened, as far as decided.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.opened()
    }

    /// Which positions are voided; zero stands for none.
    fn opened(&self) -> bool {
        let voided = self.voided();
        (1..)
            .zip(&self.log)
            .any(|(position, kept): (usize, &Kept)| kept.deed == Deed::Open && !voided[position])
    }
    fn voided(&self) -> Vec<bool> {
        let mut voided = vec![false; self.log.len() + 1];
        for kept in &self.log {
            if let Deed::Void(Some(target)) = kept.deed {
                voided[usize::try_from(target).unwrap_or(0)] = true;
            }
        }
        voided
    }
    /// The positions of the events at home with a client that are not voided, its registration
    /// first.
    fn life(&self, client: u64) -> Vec<u64> {
        let voided = self.voided();
        let here = |kept: &Kept| {
            matches!(
                kept.deed,
                Deed::Register(of) | Deed::Note(of, _, _) if of == client
            )
        };
        (1..)
            .zip(&self.log)
            .filter(|(position, kept)| {
                here(kept) && !voided[usize::try_from(*position).unwrap_or(0)]
            })
            .map(|(position, _)| position)
            .collect()
    }
    fn lives(&self, client: u64) -> bool {
        let registers = |position: &u64| {
            matches!(
                usize::try_from(*position).ok().and_then(|at| self.log.get(at - 1)),
                Some(Kept { deed: Deed::Register(_), .. })
            )
        };
        self.life(client).iter().any(registers)
    }
    fn known(&self, key: u64, index: usize) -> Option<(u64, &Deed)> {
        (1..)
            .zip(&self.log)
            .find(|(_, kept)| kept.key == key && kept.index == index)
            .map(|(position, kept)| (position, &kept.deed))
    }

    /// Whether any draft of a request has been recorded, as far as decided.
    #[must_use]
    pub fn knows(&self, asked: &Asked) -> bool {
        self.log.iter().any(|kept| kept.key == asked.key)
    }

    /// May this deed follow?
    fn admit(&self, deed: &Deed) -> Result<(), &'static str> {
        match deed {
            Deed::Open if self.opened() => Err("ledger_already_open"),
            Deed::Open => Ok(()),
            _ if !self.opened() => Err("ledger_not_open"),
            Deed::Register(client) if self.lives(*client) => Err("already_exists"),
            Deed::Note(client, _, _) if !self.lives(*client) => Err("unknown_reference"),
            Deed::Register(_) | Deed::Note(..) => Ok(()),
            Deed::Void(None) => Err("unknown_reference"),
            Deed::Void(Some(target)) => self.admit_void(*target),
        }
    }
    fn admit_void(&self, target: u64) -> Result<(), &'static str> {
        let Some(kept) =
            usize::try_from(target).ok().and_then(|at| self.log.get(at.checked_sub(1)?))
        else {
            return Err("unknown_reference");
        };
        match &kept.deed {
            Deed::Void(_) => Err("void_of_void"),
            _ if self.voided()[usize::try_from(target).unwrap_or(0)] => Err("already_voided"),
            Deed::Open if self.log.len() as u64 > target => Err("has_dependants"),
            Deed::Register(client) if self.life(*client).len() > 1 => Err("has_dependants"),
            Deed::Open | Deed::Register(_) | Deed::Note(..) => Ok(()),
        }
    }
    fn take(&mut self, key: u64, index: usize, deed: &Deed) -> Foretold {
        match self.admit(deed) {
            Ok(()) => {
                self.log.push(Kept { key, index, deed: deed.clone(), bytes: None });
                Foretold::Stands(self.log.len() as u64, false)
            }
            Err(name) => Foretold::Refused(name),
        }
    }

    /// Decides a request: what is to become of it, or of each of its drafts.
    pub fn decide(&mut self, asked: &Asked) -> Result<Vec<Foretold>, &'static str> {
        let known: Vec<Option<(u64, bool)>> = (0..)
            .zip(&asked.deeds)
            .map(|(index, deed)| {
                self.known(asked.key, index).map(|(position, old)| (position, old == deed))
            })
            .collect();
        if asked.atomicity == Atomicity::Alone {
            let mut outcomes = Vec::with_capacity(known.len());
            for (index, known) in known.into_iter().enumerate() {
                outcomes.push(match known {
                    Some((position, true)) => Foretold::Stands(position, true),
                    Some((_, false)) => Foretold::Refused("idempotency_conflict"),
                    None => self.take(asked.key, index, &asked.deeds[index]),
                });
            }
            return Ok(outcomes);
        }
        if known.iter().any(Option::is_some) {
            let same = |known: &Option<(u64, bool)>| {
                known
                    .filter(|(_, same)| *same)
                    .map(|(position, _)| Foretold::Stands(position, true))
            };
            return known
                .iter()
                .map(same)
                .collect::<Option<Vec<_>>>()
                .ok_or("idempotency_conflict");
        }
        if let Some((client, revision)) = asked.expect
            && self.home(client, self.log.len()).len() as u64 != revision
        {
            return Err("revision_conflict");
        }
        let before = self.log.len();
        let mut outcomes = vec![None; asked.deeds.len()];
        for index in order(&asked.deeds) {
            match self.take(asked.key, index, &asked.deeds[index]) {
                Foretold::Refused(name) => {
                    self.log.truncate(before);
                    return Err(name);
                }
                stands @ Foretold::Stands(..) => outcomes[index] = Some(stands),
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// What has been decided since the last time is one batch.
    pub fn depart(&mut self) {
        self.flights.push(self.log.len());
    }
    /// The oldest batch is durable.
    pub fn land(&mut self) {
        if !self.flights.is_empty() {
            self.durable = self.flights.remove(0);
        }
    }
    /// The oldest batch did not land; it may be there or not, or surely is not. All decided on top
    /// of it never was.
    pub fn crash(&mut self, doubtful: bool) {
        let end = self.flights.first().copied().unwrap_or(self.durable);
        // After one batch is in doubt the log takes no other.
        if doubtful && self.doubt.is_empty() {
            self.doubt = self.log[self.durable..end].to_vec();
        }
        self.drop_undecided();
    }
    /// Whatever was decided and not appended never was.
    pub fn drop_undecided(&mut self) {
        self.log.truncate(self.durable);
        self.flights.clear();
    }
    /// After a crash the log ends here: is that right, and what is known now?
    pub fn find(&mut self, head: u64) -> Result<(), String> {
        self.drop_undecided();
        let doubt = std::mem::take(&mut self.doubt);
        let with = self.durable + doubt.len();
        if head == with as u64 {
            self.log.extend(doubt);
            self.durable = with;
            return Ok(());
        }
        if head == self.durable() {
            Ok(())
        } else {
            Err(format!("expected the log to end at {} or {with}, it ends at {head}", self.durable))
        }
    }

    /// Compares records from a position to the last durable one with what was seen of them before.
    pub fn compare(&mut self, from: u64, found: &[StoredRecord]) -> Result<(), String> {
        let start = usize::try_from(from).unwrap_or(1) - 1;
        if start + found.len() != self.durable {
            return Err(format!(
                "expected {} records from {from} on, got {}",
                self.durable.saturating_sub(start),
                found.len()
            ));
        }
        for (position, (kept, found)) in (from..).zip(self.log[start..].iter_mut().zip(found)) {
            match &kept.bytes {
                Some(bytes) if bytes != found => {
                    return Err(format!(
                        "the record at {position} is not the one seen there before"
                    ));
                }
                Some(_) => (),
                None => {
                    says(kept, found, position)?;
                    kept.bytes = Some(found.clone());
                }
            }
        }
        Ok(())
    }
    /// The records as they were first seen.
    #[must_use]
    pub fn bytes(&self, position: u64) -> Option<&StoredRecord> {
        usize::try_from(position)
            .ok()
            .and_then(|at| self.log.get(at.checked_sub(1)?))
            .and_then(|kept| kept.bytes.as_ref())
    }
    /// The positions of the events at home with a client, voided or not, as far as durable.
    #[must_use]
    pub fn touching(&self, client: u64) -> Vec<u64> {
        self.home(client, self.durable)
    }
    fn home(&self, client: u64, until: usize) -> Vec<u64> {
        let here = |kept: &Kept| {
            matches!(
                kept.deed,
                Deed::Register(of) | Deed::Note(of, _, _) if of == client
            )
        };
        (1..)
            .zip(&self.log[..until])
            .filter(|(_, kept)| here(kept))
            .map(|(position, _)| position)
            .collect()
    }
}

/// The order in which drafts that stand or fall together are taken: the voids among them change
/// places, the newest target first.
fn order(deeds: &[Deed]) -> Vec<usize> {
    let target = |deed: &Deed| if let Deed::Void(target) = deed { Some(*target) } else { None };
    let mut order: Vec<usize> = (0..deeds.len()).collect();
    let places: Vec<usize> =
        order.iter().copied().filter(|at| target(&deeds[*at]).is_some()).collect();
    let mut voids = places.clone();
    voids.sort_by_key(|at| std::cmp::Reverse(target(&deeds[*at]).flatten()));
    places.into_iter().zip(voids).for_each(|(place, void)| order[place] = void);
    order
}

/// Whether a record says what was sent.
fn says(kept: &Kept, found: &StoredRecord, position: u64) -> Result<(), String> {
    let body = found.body().map_err(|error| error.to_string())?;
    let text = |field: &str| {
        body.data.get(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let right = match &kept.deed {
        Deed::Open => body.event_type == "ledger.opened",
        Deed::Register(client) => {
            body.event_type == "client.registered"
                && text("client") == format!("C{client}")
                && text("name") == format!("Client {client}")
        }
        Deed::Note(client, bytes, _) => {
            let written: usize = body
                .data
                .get("set")
                .and_then(|set| set.as_object())
                .map_or(0, |set| set.values().filter_map(|v| v.as_str()).map(str::len).sum());
            body.event_type == "client.attributes_set"
                && text("client") == format!("C{client}")
                && written == *bytes
        }
        Deed::Void(_) => body.event_type == "event.voided",
    };
    if right && found.position().get() == position {
        Ok(())
    } else {
        Err(format!("the record at {position} does not say {:?}: {body:?}", kept.deed))
    }
}

/// Compares an answer with what was foretold.
pub fn same(
    foretold: &Result<Vec<Foretold>, &'static str>,
    answer: &Result<Receipt, SubmitError>,
) -> Result<(), String> {
    let wrong = || format!("foretold {foretold:?}, answered {answer:?}");
    match (foretold, answer) {
        (Err(name), Err(error)) if error.name() == *name => Ok(()),
        (Ok(outcomes), Ok(receipt)) if outcomes.len() == receipt.outcomes.len() => {
            let right = outcomes.iter().zip(&receipt.outcomes).all(|pair| match pair {
                (Foretold::Stands(position, known), Ok(recorded)) => {
                    recorded.position.get() == *position && recorded.known == *known
                }
                (Foretold::Refused(name), Err(error)) => error.name() == *name,
                _ => false,
            });
            if right { Ok(()) } else { Err(wrong()) }
        }
        _ => Err(wrong()),
    }
}

/// How often each answer was given.
pub type Answers = BTreeMap<&'static str, u64>;
