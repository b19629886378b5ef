//! Dense tables keyed by ids. Invariant: numbers are given in order of first appearance in the log,
//! so equal logs make equal tables, byte for byte.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
pub use sijil_facts::Sym;
use sijil_schemas::id::{Entity, Id};

use crate::{names::Names, steps};

/// Ids and their numbers.
#[derive(Debug, Clone)]
pub struct Ids<K> {
    names: Names,
    kind: PhantomData<K>,
}

impl<K> Default for Ids<K> {
    fn default() -> Self {
        Ids { names: Names::default(), kind: PhantomData }
    }
}

impl<K: Entity> Ids<K> {
    /// The number of an id, given now if it has none.
    pub fn intern(&mut self, id: &Id<K>) -> Sym<K> {
        Sym::of(self.names.intern(id.as_str()))
    }
    /// The number of an id, if it has one.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Sym<K>> {
        self.names.find(id).map(Sym::of)
    }
    /// The id of a number.
    #[must_use]
    pub fn name(&self, sym: Sym<K>) -> &str {
        self.names.at(sym.number())
    }
    /// How many ids there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.names.len()
    }
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names.len() == 0
    }
    /// Every number, in order of first appearance.
    pub fn syms(&self) -> impl Iterator<Item = Sym<K>> + use<K> {
        (0..u32::try_from(self.names.len()).unwrap_or(u32::MAX)).map(Sym::of)
    }
}

impl<K> PartialEq for Ids<K> {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}
impl<K> Serialize for Ids<K> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.names.serialize(s)
    }
}
impl<'de, K> Deserialize<'de> for Ids<K> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Ids { names: Names::deserialize(d)?, kind: PhantomData })
    }
}

/// One value per entity of a kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "V: Serialize", deserialize = "V: Deserialize<'de>"))]
pub struct Table<K, V> {
    ids: Ids<K>,
    values: Vec<V>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table { ids: Ids::default(), values: Vec::new() }
    }
}

impl<K: Entity, V: Default> Table<K, V> {
    /// The value of an entity, made now if it has none.
    pub fn entry(&mut self, id: &Id<K>) -> &mut V {
        let sym = self.intern(id);
        &mut self.values[sym.index()]
    }
    /// The number of an id, given now (with a default value) if it has none.
    pub fn intern(&mut self, id: &Id<K>) -> Sym<K> {
        let sym = self.ids.intern(id);
        if sym.index() == self.values.len() {
            self.values.push(V::default());
        }
        sym
    }
}

impl<K: Entity, V> Table<K, V> {
    /// The value of an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&V> {
        self.ids.get(id).map(|sym| &self.values[sym.index()])
    }
    /// The number of an id.
    #[must_use]
    pub fn sym(&self, id: &str) -> Option<Sym<K>> {
        self.ids.get(id)
    }
    /// The value of a number.
    #[must_use]
    pub fn at(&self, sym: Sym<K>) -> &V {
        &self.values[sym.index()]
    }
    /// The value of a number, to change.
    pub fn at_mut(&mut self, sym: Sym<K>) -> &mut V {
        &mut self.values[sym.index()]
    }
    /// The id of a number.
    #[must_use]
    pub fn name(&self, sym: Sym<K>) -> &str {
        self.ids.name(sym)
    }
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.values.len()
    }
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
    /// Every (number, id, value), in order of first appearance.
    pub fn iter(&self) -> impl Iterator<Item = (Sym<K>, &str, &V)> {
        self.ids.syms().map(|sym| {
            steps::tick(1);
            (sym, self.ids.name(sym), &self.values[sym.index()])
        })
    }
    /// Every (number, id, value), in order of the ids.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Sym<K>, &str, &V)> {
        let mut all: Vec<_> = self.iter().collect();
        all.sort_by_key(|(_, name, _)| *name);
        all
    }
}
