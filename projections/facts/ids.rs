//! Ids and the numbers that stand for them, one list per kind for the whole company. Invariant:
//! numbers are given in order of first appearance in the log, so equal logs give equal numbers;
//! what was never durable leaves none behind.

use std::{
    cmp, fmt,
    hash::{BuildHasher, Hash, Hasher},
    marker::PhantomData,
    sync::{
        OnceLock, PoisonError, RwLock,
        atomic::{
            AtomicU32, AtomicU64,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use compact_str::CompactString;
use hashbrown::{DefaultHashBuilder, HashTable};
use scoped_tls::scoped_thread_local;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{
    Position,
    id::{Entity, EntityRef, Id, Kind},
};
use smallvec::SmallVec;

use crate::{cells::narrow, chunks::Chunks};

/// A number that stands for an id of a kind.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sym<K> {
    number: u32,
    #[serde(skip)]
    kind: PhantomData<fn() -> K>,
}

// By hand, since a number can be copied and compared whatever its kind is.
impl<K> Clone for Sym<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Sym<K> {}
impl<K> PartialEq for Sym<K> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl<K> Eq for Sym<K> {}
impl<K> PartialOrd for Sym<K> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Sym<K> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.number.cmp(&other.number)
    }
}
impl<K> Hash for Sym<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}
impl<K> fmt::Debug for Sym<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sym({})", self.number)
    }
}

impl<K> Sym<K> {
    /// The id of this number.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        Sym { number, kind: PhantomData }
    }
    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.number
    }
    /// The number as an index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.number as usize
    }
}

/// Where the text of a number stands, and the position that named it first.
const PLACE_CELLS: usize = 2;
/// What a text takes besides its bytes, about.
const PLACE_BYTES: u64 = 32;

/// Texts, each with a number. One thread adds to them; any may read.
pub struct Names {
    /// By number: the place of its text, and the position that named it first.
    places: Chunks<AtomicU32>,
    /// Texts, in the order they came; those of numbers that were taken back stay unused.
    texts: Chunks<OnceLock<CompactString>>,
    used: AtomicU32,
    len: AtomicU32,
    left_over: AtomicU64,
    numbers: RwLock<HashTable<u32>>,
    hasher: DefaultHashBuilder,
}

impl Default for Names {
    fn default() -> Names {
        Names {
            places: Chunks::new(PLACE_CELLS),
            texts: Chunks::new(1),
            used: AtomicU32::new(0),
            len: AtomicU32::new(0),
            left_over: AtomicU64::new(0),
            numbers: RwLock::default(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.len()).map(|number| self.at(number))).finish()
    }
}

impl Names {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len.load(Acquire)
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many bytes of texts are kept that were taken back: a reader may still hold them.
    #[must_use]
    pub fn left_over(&self) -> u64 {
        self.left_over.load(Relaxed)
    }
    /// How many bytes they take in memory, texts that were taken back among them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let long = |text: &OnceLock<CompactString>| {
            let text = text.get().filter(|text| text.is_heap_allocated());
            text.map_or(0, |text| text.capacity() as u64)
        };
        let texts = self.texts.stretches(0, self.used.load(Relaxed));
        let long: u64 = texts.flat_map(|(_, texts)| texts).map(long).sum();
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        self.places.bytes() + self.texts.bytes() + long + numbers.allocation_size() as u64
    }
    /// The text of a number; empty if there is none.
    #[must_use]
    pub fn at(&self, number: u32) -> &str {
        let place = self.places.row(number).map(|cells| cells[0].load(Acquire));
        let text = place.and_then(|place| self.texts.row(place)).and_then(|text| text[0].get());
        text.map_or("", CompactString::as_str)
    }
    /// The number of a text, if it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        numbers.find(self.hasher.hash_one(text), |number| self.at(*number) == text).copied()
    }
    /// The number of a text, given now, at a position, if it has none.
    pub fn intern(&self, text: &str, position: Position) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let (next, place) = (self.len(), self.used.fetch_add(1, Relaxed));
        let set = self.texts.make(place)[0].set(CompactString::new(text));
        debug_assert!(set.is_ok(), "each text has a place of its own");
        let cells = self.places.make(next);
        cells[1].store(narrow(position), Relaxed);
        cells[0].store(place, Release);
        self.len.store(next + 1, Release);
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        let hash = |number: &u32| self.hasher.hash_one(self.at(*number));
        numbers.insert_unique(self.hasher.hash_one(text), next, hash);
        next
    }
    /// The position that named a number first.
    fn born(&self, number: u32) -> u32 {
        self.places.row(number).map_or(0, |cells| cells[1].load(Relaxed))
    }
    /// The numbers that were first named up to a position, apart; nothing is left over in it.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Names {
        let copy = Names::default();
        for number in 0..self.len() {
            let born = Position::new(u64::from(self.born(number)));
            if born > up_to {
                break;
            }
            copy.intern(self.at(number), born);
        }
        copy
    }
    /// Takes back every number that was first named after a position.
    pub fn truncate(&self, after: Position) {
        let (after, mut len) = (narrow(after), self.len());
        if len == 0 || self.born(len - 1) <= after {
            return;
        }
        let mut numbers = self.numbers.write().unwrap_or_else(PoisonError::into_inner);
        while len > 0 && self.born(len - 1) > after {
            len -= 1;
            let bytes = PLACE_BYTES + self.at(len).len() as u64;
            self.left_over.fetch_add(bytes, Relaxed);
            let hash = self.hasher.hash_one(self.at(len));
            if let Ok(entry) = numbers.find_entry(hash, |number| *number == len) {
                entry.remove();
            }
        }
        self.len.store(len, Release);
    }
}

impl Clone for Names {
    fn clone(&self) -> Names {
        self.copy(Position::MAX)
    }
}
impl PartialEq for Names {
    fn eq(&self, other: &Names) -> bool {
        let same =
            |number| self.at(number) == other.at(number) && self.born(number) == other.born(number);
        self.len() == other.len() && (0..self.len()).all(same)
    }
}
impl Serialize for Names {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq((0..self.len()).map(|number| (self.at(number), self.born(number))))
    }
}
impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let names = Names::default();
        for (text, born) in <Vec<(CompactString, u32)>>::deserialize(d)? {
            names.intern(&text, Position::new(u64::from(born)));
        }
        Ok(names)
    }
}

/// A number that stands for an entity of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitySym {
    /// What it is.
    pub kind: Kind,
    /// Its number among those of its kind.
    pub number: u32,
}

impl EntitySym {
    /// The number as one of its kind; `None` if it is of another.
    #[must_use]
    pub fn typed<K: Entity>(self) -> Option<Sym<K>> {
        (self.kind == K::KIND).then(|| Sym::of(self.number))
    }
}
impl<K: Entity> From<Sym<K>> for EntitySym {
    fn from(sym: Sym<K>) -> EntitySym {
        EntitySym { kind: K::KIND, number: sym.number() }
    }
}

scoped_thread_local!(static AT_HAND: Named);

/// What one record names, with its numbers. Every family asks for them when it takes the record;
/// here they are found without a search in the lists of all ids, which waits for memory.
#[derive(Debug, Default)]
pub struct Named(SmallVec<[(EntityRef, u32); 4]>);

impl Named {
    /// Adds an entity with its number.
    pub fn add(&mut self, entity: EntityRef, number: u32) {
        if self.number(entity.kind, entity.id()).is_none() {
            self.0.push((entity, number));
        }
    }
    /// Does some work of this company; whatever number of these it wants, it finds here.
    pub fn at_hand<T>(&self, work: impl FnOnce() -> T) -> T {
        AT_HAND.set(self, work)
    }
    fn number(&self, kind: Kind, id: &str) -> Option<u32> {
        let named = self.0.iter().find(|(entity, _)| entity.kind == kind && entity.id() == id);
        named.map(|(_, number)| *number)
    }
    fn number_at_hand(kind: Kind, id: &str) -> Option<u32> {
        if AT_HAND.is_set() { AT_HAND.with(|named| named.number(kind, id)) } else { None }
    }
}

/// The ids of every kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Box<[Names]>")]
pub struct Ids(Box<[Names]>);

impl TryFrom<Box<[Names]>> for Ids {
    type Error = String;
    fn try_from(all: Box<[Names]>) -> Result<Ids, String> {
        match (all.len(), Kind::ALL.len()) {
            (there, kinds) if there == kinds => Ok(Ids(all)),
            (there, kinds) => Err(format!("ids of {kinds} kinds expected, of {there} found")),
        }
    }
}

impl Default for Ids {
    fn default() -> Ids {
        Ids(Kind::ALL.iter().map(|_| Names::default()).collect())
    }
}

impl Ids {
    /// The ids of a kind.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> &Names {
        &self.0[kind as usize]
    }
    /// The number of an id, if it has one.
    #[must_use]
    pub fn find<K: Entity>(&self, id: &str) -> Option<Sym<K>> {
        self.of_kind(K::KIND).find(id).map(Sym::of)
    }
    /// The number of an id that was named before.
    ///
    /// # Panics
    /// If it never was: who takes a record names all its entities first.
    #[must_use]
    pub fn sym<K: Entity>(&self, id: &Id<K>) -> Sym<K> {
        let number = self.number(K::KIND, id.as_str());
        Sym::of(number.unwrap_or_else(|| panic!("{} was not named", id.entity())))
    }
    /// The number of an entity that was named before.
    ///
    /// # Panics
    /// If it never was, as [`Ids::sym`].
    #[must_use]
    pub fn entity(&self, entity: &EntityRef) -> EntitySym {
        let number = self.number(entity.kind, entity.id());
        let number = number.unwrap_or_else(|| panic!("{entity} was not named"));
        EntitySym { kind: entity.kind, number }
    }
    fn number(&self, kind: Kind, id: &str) -> Option<u32> {
        let at_hand = Named::number_at_hand(kind, id);
        debug_assert!(
            at_hand.is_none() || at_hand == self.of_kind(kind).find(id),
            "{kind}:{id} has one number"
        );
        at_hand.or_else(|| self.of_kind(kind).find(id))
    }
    /// The number of an entity, if it has one.
    #[must_use]
    pub fn find_entity(&self, entity: &EntityRef) -> Option<EntitySym> {
        let number = self.of_kind(entity.kind).find(entity.id())?;
        Some(EntitySym { kind: entity.kind, number })
    }
    /// The id of an entity.
    #[must_use]
    pub fn id_of(&self, entity: EntitySym) -> &str {
        self.of_kind(entity.kind).at(entity.number)
    }
    /// The entity of a number.
    #[must_use]
    pub fn entity_of(&self, entity: EntitySym) -> EntityRef {
        EntityRef::new(entity.kind, self.id_of(entity)).expect("an id that was admitted")
    }
    /// The id of a number.
    #[must_use]
    pub fn name<K: Entity>(&self, sym: Sym<K>) -> &str {
        self.of_kind(K::KIND).at(sym.number())
    }
    /// How many ids of a kind there are: each has a number below.
    #[must_use]
    pub fn count<K: Entity>(&self) -> u32 {
        self.of_kind(K::KIND).len()
    }
    /// Every number of a kind, in order of first appearance.
    pub fn syms<K: Entity>(&self) -> impl Iterator<Item = Sym<K>> + use<K> {
        (0..self.count::<K>()).map(Sym::of)
    }
    /// Gives numbers to an entity that a record at a position names.
    pub fn intern(&self, entity: &EntityRef, position: Position) -> u32 {
        self.of_kind(entity.kind).intern(entity.id(), position)
    }
    /// How many bytes of ids are kept that were taken back.
    #[must_use]
    pub fn left_over(&self) -> u64 {
        self.0.iter().map(Names::left_over).sum()
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(Names::bytes).sum()
    }
    /// The numbers that were first named up to a position, apart.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Ids {
        Ids(self.0.iter().map(|names| names.copy(up_to)).collect())
    }
    /// Takes back every number that was first named after a position.
    pub fn truncate(&self, after: Position) {
        self.0.iter().for_each(|names| names.truncate(after));
    }
}
