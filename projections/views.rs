//! All folds together, at one position: as whoever takes records in has them, and as whoever asks
//! does. Invariant: every fold has seen exactly the records up to `position`, in order; who asks
//! holds what was durable when it began, whatever is decided, taken back or published meanwhile.

use std::{borrow::Cow, ops::Deref, sync::Arc};

use sijil_facts::{Named, Seen, Side};
use sijil_schemas::{Position, Record, time::Timestamp};

use crate::{
    assembly::{Assembly, Whole},
    cut::{Cut, Lens, Voids},
    families::{Apart, Families, Folds, Takes, Work},
    fold::digest_of,
};

/// What is known at one position. Nothing of it changes; a clone is as cheap as a pointer.
///
/// ```
/// use sijil_projections::Views;
///
/// let known = Views::default().known();
/// assert!(known.stock.items().is_empty());
/// assert_eq!(known.position().get(), 0);
/// ```
#[derive(Debug, Clone)]
pub struct Known {
    families: Arc<Families>,
    position: Position,
    recorded_at: Option<Timestamp>,
    side: Side,
    assembly: Assembly,
    /// Which records are seen by whom it is for; `None` is all of them.
    seen: Option<Arc<Seen>>,
}

impl Deref for Known {
    type Target = Families;
    fn deref(&self) -> &Families {
        &self.families
    }
}

impl Known {
    /// What is durable of a company at a position, which was published.
    #[must_use]
    pub const fn durable(
        families: Arc<Families>,
        position: Position,
        recorded_at: Option<Timestamp>,
        assembly: Assembly,
    ) -> Known {
        Known { families, position, recorded_at, side: Side::Durable, assembly, seen: None }
    }
    /// The families it is known by.
    #[must_use]
    pub const fn families(&self) -> &Arc<Families> {
        &self.families
    }
    /// The position of the last record that is known.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }
    /// When the last record that is known was recorded.
    #[must_use]
    pub const fn recorded_at(&self) -> Option<Timestamp> {
        self.recorded_at
    }
    /// Whose facts it sees.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }
    /// The document of which parts are still to come, if there is one. In the middle of it nothing
    /// that lasts may be made of the folds: they have not taken it.
    #[must_use]
    pub const fn assembly(&self) -> &Assembly {
        &self.assembly
    }
    /// What was known of this company at the position of another.
    #[must_use]
    pub fn as_of(self, other: &Known) -> Known {
        let (position, recorded_at) = (other.position, other.recorded_at);
        Known { position, recorded_at, assembly: other.assembly.clone(), ..self }
    }
    /// The same for somebody who sees a part of it: every lens of it leaves out the rest.
    #[must_use]
    pub fn seen_as(self, seen: Option<Arc<Seen>>) -> Known {
        Known { seen, ..self }
    }
    /// Which records are seen; `None` is all of them.
    #[must_use]
    pub const fn seen(&self) -> Option<&Arc<Seen>> {
        self.seen.as_ref()
    }
    /// The folds, borrowed.
    #[must_use]
    pub fn folds(&self) -> Folds<'_> {
        let folds = self.families.folds(self.side, self.position);
        Folds { seen: self.seen.as_deref(), ..folds }
    }
    /// A cut together with the voids.
    #[must_use]
    pub fn lens(&self, cut: Cut) -> Lens<'_> {
        self.folds().lens(cut)
    }
    /// Everything known now.
    #[must_use]
    pub fn now(&self) -> Lens<'_> {
        self.lens(Cut::all())
    }
    /// The void of a record, as known.
    #[must_use]
    pub fn void_of(&self, position: Position) -> Option<Position> {
        self.now().void_of(position)
    }
    /// The same company, apart: records can be taken into it, and nobody else sees them.
    #[must_use]
    pub fn copy(&self) -> Views {
        let families = Arc::new(self.families.copy(self.position));
        Views {
            known: Known { families, side: Side::Decided, ..self.clone() },
            wholes: Vec::new(),
            named: Vec::new(),
        }
    }
    /// The digest of the fold of this name.
    #[must_use]
    pub fn digest(&self, name: &str) -> Option<[u8; 32]> {
        Some(digest_of(name, Families::edition(name)?, &self.bytes(name)?))
    }
    /// The canonical bytes of the fold of this name.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.families.bytes(name, self.position)
    }
    /// The members of the state of the fold of this name, each with its canonical bytes.
    #[must_use]
    pub fn parts(&self, name: &str) -> Vec<(&'static str, Vec<u8>)> {
        self.families.parts(name, self.position)
    }
}

/// Every read model as whoever takes records into it has it: there is one for each company.
#[derive(Debug)]
pub struct Views {
    known: Known,
    /// The documents in parts among the records in hand.
    wholes: Vec<Whole>,
    /// What each of those records names.
    named: Vec<Named>,
}

impl Deref for Views {
    type Target = Known;
    fn deref(&self) -> &Known {
        &self.known
    }
}

impl Default for Views {
    fn default() -> Views {
        let families = Arc::new(Families::default());
        let known = Known {
            families,
            position: Position::ZERO,
            recorded_at: None,
            side: Side::Decided,
            assembly: Assembly::default(),
            seen: None,
        };
        Views { known, wholes: Vec::new(), named: Vec::new() }
    }
}

impl Clone for Views {
    fn clone(&self) -> Views {
        self.copy()
    }
}

impl Views {
    /// The company of whoever asks, for rules to judge by: nothing can be taken into it.
    #[must_use]
    pub const fn asked(known: Known) -> Views {
        Views { known, wholes: Vec::new(), named: Vec::new() }
    }
    /// What it knows, published, for whoever asks: the same company.
    #[must_use]
    pub fn known(&self) -> Known {
        self.families.publish(self.position);
        Known { side: Side::Durable, ..self.known.clone() }
    }
    /// Takes the next record.
    pub fn apply(&mut self, record: &Record) {
        self.take(record);
    }
    /// Takes the next record and gives it back, or the whole document if it is the last part of
    /// one; `None` while parts are still to come.
    pub fn take<'r>(&mut self, record: &'r Record) -> Option<Cow<'r, Record>> {
        assert!(self.side == Side::Decided, "who only asks takes nothing in");
        self.known.position = record.position;
        self.known.recorded_at = Some(record.recorded_at);
        self.families.voids.take(record);
        let named = self.families.entities.name(&record.event, record.position);
        let whole = self.known.assembly.take(record);
        named.at_hand(|| self.families.take(record, whole.as_deref()));
        whole
    }
    /// The next records, as one piece of work for each fold that takes any of them. Pieces know
    /// nothing of each other: they may be done in any order, on any threads, and all must be done
    /// before anything is asked. Done one after the other they are quicker than [`Views::apply`]
    /// for each record, since the parts of one fold stay at hand.
    pub fn work<'a>(&'a mut self, records: &'a [Record], takes: Takes<'a>) -> Vec<Work<'a>> {
        if let Some(last) = records.last() {
            self.known.position = last.position;
            self.known.recorded_at = Some(last.recorded_at);
        }
        let name = |record: &Record| {
            self.known.families.voids.take(record);
            self.known.families.entities.name(&record.event, record.position)
        };
        self.named = records.iter().map(name).collect();
        self.wholes = self.known.assembly.lay(records);
        self.known.families.work(records, &self.named, &self.wholes, takes)
    }
    /// Takes back every record after a position. When the last that is left was recorded is not
    /// known any more.
    pub fn truncate(&mut self, after: Position) {
        if after < self.position {
            (self.known.position, self.known.recorded_at) = (after, None);
            self.known.assembly.truncate(after);
            self.families.truncate(after);
        }
    }
    /// Puts the state of the fold of this name in place; false if the bytes are none of this
    /// edition.
    #[must_use]
    pub fn restore(&mut self, name: &str, bytes: &[u8]) -> bool {
        let state = Families::apart(name, bytes);
        state.is_some_and(|state| {
            self.put([state]);
            true
        })
    }
    /// Puts states in place that were made apart.
    pub fn put(&mut self, states: impl IntoIterator<Item = Apart>) {
        self.change(|families| families.put(states));
    }
    /// Takes the fold of this name over from other views, and leaves its own there.
    pub fn exchange(&mut self, name: &str, with: &mut Views) {
        self.change(|families| with.change(|other| families.exchange(&[name], other)));
    }
    /// Gives the folds of these names to a company, and takes those it had.
    pub fn exchange_with(&mut self, names: &[&str], with: &mut Families) {
        self.change(|own| with.exchange(names, own));
    }
    /// Counts in the numbers of others from now on, which know all that these do.
    pub fn count_like(&mut self, other: &Families) {
        self.change(|families| families.count_in(other.entities.ids()));
    }
    /// Goes on with other families, in which the same records were taken.
    pub fn go_on_with(&mut self, families: Arc<Families>) {
        self.known.families = families;
    }
    /// Says which position restored folds stand at.
    pub fn stand_at(&mut self, position: Position, recorded_at: Option<Timestamp>, voids: Voids) {
        (self.known.position, self.known.recorded_at) = (position, recorded_at);
        self.change(|families| families.voids = Arc::new(voids));
    }
    fn change<T>(&mut self, change: impl FnOnce(&mut Families) -> T) -> T {
        // A clone of families is the same company: what others hold stays theirs.
        change(Arc::make_mut(&mut self.known.families))
    }
}
