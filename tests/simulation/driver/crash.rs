//! Crashes and restarts. Invariant: after each the ledger has what it acknowledged, and of what it
//! did not all or nothing of a request.

use super::{CLIENTS, Driver, EVERYTHING, End, Wrong};
use crate::{disk::SimulatedDisk, faults::Chances, words::client_ref, world::NotOpen};
use sijil_log::Order;
use sijil_schemas::Position;

impl Driver {
    /// Ends the process this way and starts another one.
    pub fn restart(&mut self, end: End) -> Result<(), Wrong> {
        self.seen.restarts += 1;
        if end == End::Stop {
            self.drain()?;
            if let Some(running) = self.running.take() {
                running.stop();
            }
        }
        self.seen.faults += u64::from(end != End::Stop);
        let chances = self.house.disk.chance(None);
        let disk = self.left_by(end);
        self.unknown.extend(
            self.queue
                .drain(..)
                .chain(self.flights.drain(..).flat_map(|flight| flight.waiting))
                .map(|waiting| waiting.asked),
        );
        self.house = self.house.on(disk);
        self.running = None;
        self.cut_recovery();
        self.open(chances)?;
        self.reconcile()
    }
    /// Opens the ledger on a disk that fails; if it does not open, the process ends this way and
    /// the next one finds a disk that works. Says whether the first one was opened.
    pub fn open_or_restart(&mut self, end: End) -> Result<bool, Wrong> {
        match self.house.open() {
            Ok(running) if running.report.damage.is_empty() => {
                self.running = Some(running);
                Ok(true)
            }
            Ok(running) => Err(format!("a fault is taken for damage: {:?}", running.report.damage)),
            Err(_) => self.restart(end).map(|()| false),
        }
    }
    /// Finishes what was accepted, as far as the ledger takes it.
    pub(super) fn drain(&mut self) -> Result<(), Wrong> {
        while !self.queue.is_empty() || !self.flights.is_empty() {
            let (queue, flights) = (self.queue.len(), self.flights.len());
            self.decide()?;
            self.commit()?;
            if let Some(running) = &mut self.running {
                running.take_in();
            }
            if (queue, flights) == (self.queue.len(), self.flights.len()) {
                break;
            }
        }
        Ok(())
    }
    /// The disk the next process finds.
    fn left_by(&mut self, end: End) -> SimulatedDisk {
        let disk = match end {
            End::Stop | End::Kill => self.house.disk.copy(),
            End::Cut => self.cut(&self.house.disk.clone()),
        };
        if self.dice.one_in(2) {
            disk.evict();
        }
        self.seen.faults += self.house.disk.faults_done();
        disk
    }
    fn cut(&mut self, disk: &SimulatedDisk) -> SimulatedDisk {
        let moment = disk.moment();
        let pieces = moment.pieces();
        let odds = self.dice.below(4);
        let survives: Vec<bool> = pieces
            .iter()
            .map(|_| match odds {
                0 => false,
                1 => true,
                _ => self.dice.one_in(odds),
            })
            .collect();
        moment.cut(
            pieces.iter().zip(survives).filter(|(_, survives)| *survives).map(|(piece, _)| piece),
        )
    }
    /// Sometimes the power is cut while the process opens the ledger, up to five times.
    fn cut_recovery(&mut self) {
        let times = if self.dice.one_in(4) { 1 + self.dice.below(5) } else { 0 };
        for _ in 0..times {
            self.house.disk.remember();
            drop(self.house.open());
            let moments = self.house.disk.moments();
            let moment = self.dice.one(&moments).clone();
            let disk = moment.cut(std::iter::empty());
            let odds = self.dice.below(3);
            let pieces = moment.pieces();
            let survives: Vec<bool> =
                pieces.iter().map(|_| odds > 0 && self.dice.one_in(odds)).collect();
            let disk = if odds == 0 {
                disk
            } else {
                moment.cut(pieces.iter().zip(survives).filter(|(_, s)| *s).map(|(p, _)| p))
            };
            self.house = self.house.on(disk);
            self.seen.recoveries_cut += 1;
            self.seen.faults += 1;
        }
    }
    /// Opens the ledger: with the faults that were, and if they keep it from opening, without.
    pub(super) fn open(&mut self, chances: Option<Chances>) -> Result<(), Wrong> {
        let opened = if let Some(chances) = chances {
            self.house.disk.chance(Some(chances));
            let opened = self.house.open();
            let chances = self.house.disk.chance(None);
            let opened = opened.or_else(|_| self.house.open());
            self.house.disk.chance(chances);
            opened
        } else {
            self.house.open()
        };
        let running = opened.map_err(|why: NotOpen| format!("it does not open: {why:?}"))?;
        if !running.report.damage.is_empty() {
            return Err(format!("a crash is taken for damage: {:?}", running.report.damage));
        }
        self.running = Some(running);
        Ok(())
    }
    /// Compares what is found with what must be there; the disk is quiet meanwhile.
    fn reconcile(&mut self) -> Result<(), Wrong> {
        let disk = self.house.disk.clone();
        disk.hushed(|| self.reconcile_quietly())
    }
    fn reconcile_quietly(&mut self) -> Result<(), Wrong> {
        let Some(running) = &self.running else { return Ok(()) };
        let reader = running.reader.clone();
        self.oracle.find(reader.head().map_err(|error| error.to_string())?.position.get())?;
        self.oracle.compare(
            1,
            &reader.read(Position::new(1), EVERYTHING).map_err(|error| error.to_string())?,
        )?;
        let number = self.dice.below(CLIENTS);
        let touching = reader
            .touching(&client_ref(number), Position::ZERO, usize::MAX, Order::Forward)
            .map_err(|error| error.to_string())?;
        let touching: Vec<u64> = touching.into_iter().map(Position::get).collect();
        if touching != self.oracle.touching(number) {
            return Err(format!(
                "expected C{number} at {:?}, the index says {touching:?}",
                self.oracle.touching(number)
            ));
        }
        if self.dice.one_in(4) {
            let replay = running
                .ledger
                .replay("all", None, 1, |_, _| ())
                .map_err(|error| error.to_string())?;
            if replay.projections.iter().any(|fold| fold.agrees() != Some(true)) {
                return Err(format!("a fold is not that of the records: {:?}", replay.projections));
            }
        }
        self.resend()
    }
    /// Sends what is unknown again: the same key gives the first result, and so the outcome is
    /// known.
    fn resend(&mut self) -> Result<(), Wrong> {
        for asked in std::mem::take(&mut self.unknown) {
            if self.dice.one_in(2) {
                self.send(asked)?;
            }
        }
        Ok(())
    }
}
