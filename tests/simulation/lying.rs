//! Devices that lie: a write to a segment is acknowledged, synced, and lost, or lands elsewhere.
//! Invariant: what such a device loses is found and located, or is the end of the log with nobody
//! left who remembers it; nothing wrong is ever shown.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use sijil_log::ReadLimit;
use sijil_schemas::Position;

use crate::{
    crew::share,
    dice::Dice,
    faults::Chances,
    simulation::said,
    truth::Truth,
    words::{client, note, opening, together},
    workload::Wrong,
    world::{House, Running, Seams},
};

const ONE: ReadLimit = ReadLimit { records: 1, bytes: 1 };

/// What lying devices did and what was seen of it.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    /// Seeds run.
    pub seeds: u64,
    /// Writes that were lost or put elsewhere.
    pub lies: u64,
    /// Records acknowledged.
    pub records: u64,
    /// Disks looked at whose log was not whole.
    pub found: u64,
    /// Disks on which every lie had been made good by a later write.
    pub whole: u64,
    /// Power cuts after which the log ended before what was acknowledged, and nothing was left that
    /// could tell.
    pub untold: u64,
    /// Questions that were refused rather than answered wrongly.
    pub refused: u64,
    /// What was shown and is not true, or was lost and not told, with the seed.
    pub wrong: Vec<String>,
}

impl fmt::Display for Lies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lies { seeds, lies, records, found, whole, untold, refused, .. } = self;
        write!(
            f,
            "{seeds} seeds, {records} records, {lies} writes lost or astray; {found} logs found \
             damaged, {whole} whole again, {untold} cut off with their mark; {refused} questions \
             refused"
        )
    }
}

/// How the device is left before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// The process is gone; what it had told the kernel is there, but for the lies.
    Killed,
    /// The power was cut: nothing that was not synced is there.
    Cut,
}

struct Teller {
    house: House,
    dice: Dice,
    log: Vec<sijil_schemas::StoredRecord>,
    ends: Vec<u64>,
    requests: u64,
}

impl Teller {
    /// Records a request and keeps what was recorded; false if the ledger takes none any more.
    fn tell(&mut self, running: &mut Running) -> Result<bool, Wrong> {
        self.requests += 1;
        let drafts = match self.requests {
            1 => vec![opening()],
            number => {
                let count = *self.dice.one(&[1, 1, 2, 4]);
                let mut drafts: Vec<_> =
                    (0..count).map(|at| client(number * 8 + at - 16)).collect();
                if self.dice.one_in(3) {
                    drafts.push(note(
                        number * 8 - 16,
                        *self.dice.one(&[10, 400, 1_500]),
                        number % 26,
                    ));
                }
                drafts
            }
        };
        let Ok(receipt) = running.record(together(&format!("key {}", self.requests), drafts))
        else {
            return Ok(false);
        };
        for recorded in receipt.outcomes.iter().flatten() {
            // The kernel still has what the device lost.
            let found = running
                .reader
                .read(recorded.position, ONE)
                .map_err(|error| format!("{} was acknowledged: {error}", recorded.position))?;
            let record = found.into_iter().next().ok_or_else(|| {
                format!("{} was acknowledged and is not there", recorded.position)
            })?;
            if record.position() != Position::new(self.log.len() as u64 + 1) {
                return Err(format!(
                    "expected the record after {}, got {}",
                    self.log.len(),
                    record.position()
                ));
            }
            self.log.push(record);
        }
        self.ends.push(self.log.len() as u64);
        Ok(true)
    }

    /// A life of a process on a device that lies now and then; says how often it lied.
    fn live(&mut self, requests: u64, lies: &Chances) -> Result<u64, Wrong> {
        self.house.disk.chance(Some(lies.clone()));
        let mut running =
            self.house.open().map_err(|why| format!("an honest device does not open: {why:?}"))?;
        if !running.report.damage.is_empty() {
            return Err(format!("damage where nothing was lost: {:?}", running.report.damage));
        }
        for _ in 0..requests {
            if !self.tell(&mut running)? {
                break;
            }
        }
        let lies = self.house.disk.faults_done();
        if self.dice.one_in(3) {
            running.stop();
        } else {
            // The process is gone: what its parts would still do happens on another disk.
            self.house = self.house.on(self.house.disk.copy());
        }
        Ok(lies)
    }
}

/// Runs one seed.
fn tale(seed: u64, seams: Seams) -> (Lies, Result<(), Wrong>) {
    let mut told = Lies { seeds: 1, ..Lies::default() };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut dice = Dice::new(seed).fork(0x11E);
        let left = *dice.one(&[Left::Killed, Left::Cut]);
        let rare = *dice.one(&[2, 3, 8, 20, 40]);
        let (lost, astray) = *dice.one(&[(rare, 0), (0, rare), (rare, rare)]);
        let (honest, lying) = (dice.below(20), 1 + dice.below(*dice.clone().one(&[2, 10, 40])));
        let chances = Chances { lost, astray, ..Chances::none(dice.fork(1)) };
        let house = House { seams, ..House::new(seed) };
        let mut teller = Teller { house, dice, log: Vec::new(), ends: vec![0], requests: 0 };
        let quiet = Chances::none(teller.dice.fork(2));
        teller.live(1 + honest, &quiet)?;
        told.lies = teller.live(lying, &chances)?;
        told.records = teller.log.len() as u64;
        let disk = teller.house.disk.clone();
        disk.chance(None);
        let after = match left {
            Left::Killed => disk.copy(),
            Left::Cut => disk.moment().cut(std::iter::empty()),
        };
        after.evict();
        judge(&teller, &teller.house.on(after), left, &mut told)
    }));
    (told, outcome.unwrap_or_else(|panic| Err(format!("panicked: {}", said(&*panic)))))
}

fn judge(teller: &Teller, house: &House, left: Left, told: &mut Lies) -> Result<(), Wrong> {
    let truth = Truth::of(teller.log.clone())?;
    let shown = truth.look(house)?;
    told.refused += shown.unanswered;
    if shown.is_found() {
        told.found += 1;
    } else if shown.head == truth.last() {
        told.whole += 1;
    } else if left == Left::Cut && teller.ends.contains(&shown.head) {
        told.untold += 1;
    } else {
        return Err(format!(
            "the log ends at {} of {} and nobody is told",
            shown.head,
            truth.last()
        ));
    }
    Ok(())
}

/// Runs many seeds.
#[must_use]
pub fn many(first: u64, seeds: usize, seams: Seams) -> Lies {
    let mut all = Lies::default();
    for (at, (one, outcome)) in
        share(seeds, |at| tale(first + at as u64, seams)).into_iter().enumerate()
    {
        all.seeds += one.seeds;
        all.lies += one.lies;
        all.records += one.records;
        all.found += one.found;
        all.whole += one.whole;
        all.untold += one.untold;
        all.refused += one.refused;
        all.wrong.extend(outcome.err().map(|wrong| format!("SEED={} {wrong}", first + at as u64)));
    }
    all
}
