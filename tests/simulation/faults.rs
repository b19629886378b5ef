//! What is to go wrong, and when. Invariant: what goes wrong depends on the order of calls and on
//! the dice alone.

use std::io;

use crate::{dice::Dice, platter::Fate};

/// What is to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Every sync of a file fails.
    Syncs,
    /// Every write fails with an input/output error, after the given number of bytes.
    Writes(usize),
    /// The n-th call from now that changes or syncs anything fails, and all after it.
    CallsFrom(u64),
    /// The n-th call from now that changes or syncs anything fails, and no other.
    Call(u64),
    /// The n-th call from now that changes or syncs anything finds no room, and no other.
    Full(u64),
    /// The same, and all after it.
    FullFrom(u64),
    /// The n-th read from now fails, and no other.
    Read(u64),
    /// The n-th read from now fails, and all after it.
    ReadsFrom(u64),
}

/// How likely each fault is: once in so many calls, never if zero.
#[derive(Debug, Clone)]
pub struct Chances {
    /// Where the throws come from.
    pub dice: Dice,
    /// A read, open or listing fails.
    pub read: u64,
    /// A read gives fewer bytes than asked.
    pub short_read: u64,
    /// A write fails, having written a part.
    pub write: u64,
    /// A write writes fewer bytes than asked.
    pub short_write: u64,
    /// A call is interrupted by a signal.
    pub interrupted: u64,
    /// A sync fails, and the kernel forgets which pages it has not written.
    pub sync: u64,
    /// A call on names (open, rename, remove, directory sync) fails.
    pub name: u64,
    /// There is no room.
    pub full: u64,
    /// The device takes a write to a segment and loses it.
    pub lost: u64,
    /// The device puts a write to a segment elsewhere.
    pub astray: u64,
}

/// The kinds of calls that change or sync anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Name,
    Write,
    Length,
    Sync,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) fault: Fault,
    pub(crate) chances: Option<Chances>,
    pub(crate) short_writes: bool,
    pub(crate) done: u64,
    /// Nothing goes wrong for the moment, and no read is counted.
    pub(crate) hushed: bool,
    pub(crate) reads: u64,
}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("injected: {what}"))
}

impl Chances {
    /// No fault has a chance.
    #[must_use]
    pub const fn none(dice: Dice) -> Chances {
        Chances {
            dice,
            read: 0,
            short_read: 0,
            write: 0,
            short_write: 0,
            interrupted: 0,
            sync: 0,
            name: 0,
            full: 0,
            lost: 0,
            astray: 0,
        }
    }
}

impl Faults {
    fn hit(&mut self, chance: impl Fn(&Chances) -> u64) -> bool {
        if self.hushed {
            return false;
        }
        let hit = self.chances.as_mut().is_some_and(|chances| {
            let n = chance(chances);
            chances.dice.one_in(n)
        });
        self.done += u64::from(hit);
        hit
    }

    /// Fails a call that changes or syncs something, if it is its turn.
    pub(crate) fn strike(&mut self, call: Call, calls: u64) -> io::Result<()> {
        if self.hushed {
            return Ok(());
        }
        let due = match self.fault {
            Fault::None | Fault::Writes(_) | Fault::Read(_) | Fault::ReadsFrom(_) => false,
            Fault::Syncs => call == Call::Sync,
            Fault::CallsFrom(from) | Fault::FullFrom(from) => calls >= from,
            Fault::Call(nth) | Fault::Full(nth) => calls == nth,
        };
        self.done += u64::from(due);
        if due {
            let full = matches!(self.fault, Fault::Full(_) | Fault::FullFrom(_));
            return Err(if full {
                io::ErrorKind::StorageFull.into()
            } else {
                broken(&format!("{call:?}"))
            });
        }
        if matches!(call, Call::Write | Call::Length) && self.hit(|chances| chances.full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if call == Call::Write && self.hit(|chances| chances.interrupted) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let chance = match call {
            Call::Name => self.hit(|chances| chances.name),
            Call::Sync => self.hit(|chances| chances.sync),
            Call::Length => self.hit(|chances| chances.write),
            Call::Write => false,
        };
        if chance { Err(broken(&format!("{call:?} by chance"))) } else { Ok(()) }
    }

    pub(crate) fn strike_read(&mut self) -> io::Result<()> {
        if self.hushed {
            return Ok(());
        }
        self.reads += 1;
        let due = match self.fault {
            Fault::Read(nth) => self.reads == nth,
            Fault::ReadsFrom(from) => self.reads >= from,
            Fault::None
            | Fault::Syncs
            | Fault::Writes(_)
            | Fault::CallsFrom(_)
            | Fault::Call(_)
            | Fault::Full(_)
            | Fault::FullFrom(_) => false,
        };
        self.done += u64::from(due);
        if due || self.hit(|chances| chances.read) { Err(broken("read")) } else { Ok(()) }
    }

    /// How much of a read is read.
    pub(crate) fn read_length(&mut self, bytes: usize) -> usize {
        if bytes > 1 && self.hit(|chances| chances.short_read) { bytes / 2 + 1 } else { bytes }
    }

    /// How much of a write is written, and whether it fails then.
    pub(crate) fn write_length(&mut self, bytes: usize) -> (usize, Option<io::Error>) {
        if let Fault::Writes(after) = self.fault {
            self.done += 1;
            return (bytes.min(after), Some(broken("write")));
        }
        if self.hit(|chances| chances.write) {
            let part = self.chances.as_mut().map_or(0, |chances| chances.dice.index(bytes + 1));
            return (part, Some(broken("write by chance")));
        }
        let short = bytes > 1 && (self.short_writes || self.hit(|chances| chances.short_write));
        (if short { bytes / 2 + 1 } else { bytes }, None)
    }

    /// What the device does with a write at `offset` to a file of `len` bytes.
    pub(crate) fn fate(&mut self, offset: u64, len: u64) -> Fate {
        if self.hit(|chances| chances.lost) {
            return Fate::Lost;
        }
        if self.hit(|chances| chances.astray) {
            let sectors = (len / crate::platter::SECTOR).max(1);
            let elsewhere = self.chances.as_mut().map_or(0, |chances| chances.dice.below(sectors))
                * crate::platter::SECTOR;
            return if elsewhere == offset {
                Fate::Lost
            } else {
                Fate::Astray(elsewhere + offset % crate::platter::SECTOR)
            };
        }
        Fate::Kept
    }
}
