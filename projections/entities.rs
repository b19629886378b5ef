//! Which entities exist, how many revisions each has, and which records name it. Invariant: revisions count every record with the entity as home, voided or not;
//! an id is free again once its opening is voided.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Position, Record,
    event::Birth,
    id::{EntityRef, Kind},
    time::Timestamp,
};
use std::collections::HashMap;

use crate::{
    cut::{Dated, Facts, Lens, Voids},
    fold::{Fold, Quarantine},
};

/// What is known of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Life {
    /// The records that opened or defined it.
    births: Facts<()>,
    /// Records with it as home, in order of position.
    home: Vec<Position>,
    /// Every record that names it, with its business date, in order of position.
    touching: Vec<(Position, Timestamp)>,
}

impl Life {
    /// The revision: how many records have it as home, up to a position.
    #[must_use]
    pub fn revision(&self, known_at: Position) -> u64 {
        self.home.partition_point(|p| *p <= known_at) as u64
    }
    /// The records that have it as home, in order of position; those retracted are left out.
    #[must_use]
    pub fn home_records(&self, voids: &Voids) -> Vec<Position> {
        self.home.iter().copied().filter(|p| !voids.retracted().contains(p)).collect()
    }
    /// The revision, those records left out that were retracted.
    #[must_use]
    pub fn revision_now(&self, voids: &Voids) -> u64 {
        if voids.retracted().is_empty() { self.home.len() as u64 } else { self.home_records(voids).len() as u64 }
    }
    /// Every record that names it, with its business date, in order of position.
    #[must_use]
    pub fn touching(&self) -> &[(Position, Timestamp)] {
        &self.touching
    }
    /// The record that opened it and stands, if any; the entity exists iff there is one.
    #[must_use]
    pub fn birth(&self, lens: Lens<'_>) -> Option<&Dated<()>> {
        self.births.all().iter().find(|b| lens.known(b.position))
    }
}

/// Every entity by kind and id.
#[derive(Debug, Clone, Default)]
pub struct Entities {
    numbers: HashMap<EntityRef, u32>,
    lives: Vec<(EntityRef, Life)>,
    quarantine: Quarantine,
}

impl Serialize for Entities {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (&self.lives, &self.quarantine).serialize(s)
    }
}
impl<'de> Deserialize<'de> for Entities {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (lives, quarantine) = <(Vec<(EntityRef, Life)>, Quarantine)>::deserialize(d)?;
        let numbers = lives.iter().zip(0..).map(|((entity, _), number)| (entity.clone(), number)).collect();
        Ok(Entities { numbers, lives, quarantine })
    }
}

impl Fold for Entities {
    const NAME: &'static str = "entities";
    const EDITION: u32 = 1;

    fn apply(&mut self, record: &Record) {
        let home = record.event.home();
        for entity in record.touched() {
            let is_home = entity == home;
            let life = self.life_mut(entity);
            life.touching.push((record.position, record.occurred_at()));
            if is_home {
                life.home.push(record.position);
                if record.event.event_type().birth != Birth::Continues {
                    life.births.insert(Dated::of(record, ()));
                }
            }
        }
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Entities {
    fn life_mut(&mut self, entity: EntityRef) -> &mut Life {
        let next = u32::try_from(self.lives.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(entity.clone()).or_insert(next);
        if number == next {
            self.lives.push((entity, Life::default()));
        }
        &mut self.lives[number as usize].1
    }
    /// What is known of an entity; `None` if no record names it.
    #[must_use]
    pub fn get(&self, entity: &EntityRef) -> Option<&Life> {
        self.numbers.get(entity).map(|n| &self.lives[*n as usize].1)
    }
    /// Whether an entity exists, as known.
    #[must_use]
    pub fn exists(&self, entity: &EntityRef, lens: Lens<'_>) -> bool {
        self.get(entity).is_some_and(|life| life.birth(lens).is_some())
    }
    /// Every entity of a kind that exists, as known, in order of the ids.
    #[must_use]
    pub fn of_kind(&self, kind: Kind, lens: Lens<'_>) -> Vec<(&EntityRef, &Life)> {
        let mut all: Vec<_> = self.lives.iter().filter(|(e, life)| e.kind == kind && life.birth(lens).is_some()).map(|(e, l)| (e, l)).collect();
        all.sort_by_key(|(e, _)| e.id());
        all
    }
}
