//! Configuration: few and fat facts, which are no words. Invariant: who reads holds what was there
//! when it asked; who changes makes another beside it.

use std::{
    marker::PhantomData,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::Position;

use crate::{
    cut::{Dated, Facts},
    family::Part,
    ids::Sym,
};

/// Configuration that can be taken back.
pub trait Revised: Clone + Default {
    /// Takes back what records after a position said.
    fn truncate(&mut self, after: Position);
}

/// Configuration, changed rarely and read often. A lock is held for no longer than it takes to copy
/// or to exchange a pointer.
#[derive(Debug, Default)]
pub struct Config<T>(RwLock<Arc<T>>);

impl<T: Revised> Config<T> {
    /// All of it, as it is now; what is not durable yet is hidden by the lens it is asked with.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Changes it; only the one writer does.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut config = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Copied only while somebody reads it.
        change(Arc::make_mut(&mut config))
    }
}

impl<T: Revised> Part for Config<T> {
    fn truncate(&self, after: Position) {
        self.change(|config| config.truncate(after));
    }
    fn copy(&self, up_to: Position) -> Self {
        let mut config = T::clone(&self.get());
        config.truncate(up_to);
        Config(RwLock::new(Arc::new(config)))
    }
}
impl<T: Revised> Clone for Config<T> {
    fn clone(&self) -> Self {
        Config(RwLock::new(self.get()))
    }
}
impl<T: Revised + Serialize> Serialize for Config<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.get().as_ref().serialize(s)
    }
}
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Config<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        T::deserialize(d).map(|config| Config(RwLock::new(Arc::new(config))))
    }
}

/// The revisions of things of one kind, each in replay order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Revisions<S, T> {
    all: Vec<Facts<T>>,
    #[serde(skip)]
    of: PhantomData<fn() -> S>,
}

impl<S, T> Default for Revisions<S, T> {
    fn default() -> Self {
        Revisions { all: Vec::new(), of: PhantomData }
    }
}

impl<S, T> Revisions<S, T> {
    /// Takes a revision.
    pub fn define(&mut self, subject: Sym<S>, revision: Dated<T>) {
        if self.all.len() <= subject.index() {
            self.all.resize_with(subject.index() + 1, Facts::default);
        }
        self.all[subject.index()].insert(revision);
    }
    /// The revisions of one thing; `None` if none of anything after it is there.
    #[must_use]
    pub fn of(&self, subject: Sym<S>) -> Option<&Facts<T>> {
        self.all.get(subject.index())
    }
    /// Everything and its revisions, in order of the numbers; some may have none.
    pub fn iter(&self) -> impl Iterator<Item = (Sym<S>, &Facts<T>)> {
        (0..).map(Sym::of).zip(&self.all)
    }
}

impl<S: Clone, T: Clone> Revised for Revisions<S, T> {
    fn truncate(&mut self, after: Position) {
        self.all.iter_mut().for_each(|facts| facts.truncate(after));
        while self.all.pop_if(|facts| facts.is_empty()).is_some() {}
    }
}
