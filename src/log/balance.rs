//! Personal parts that a log misses, set against those that were erased. Invariant: a part that is
//! not there, and that no record of the log erases, is damage, wherever the erasure would stand.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{PersonalPart, Position};

use crate::port::Damage;

/// What was found while all of a log was read, in any order.
#[derive(Debug, Default)]
pub(crate) struct Balance {
    /// The damage it is where nothing erased them, by record.
    missing: BTreeMap<Position, (BTreeSet<PersonalPart>, Damage)>,
    erased: BTreeSet<PersonalPart>,
}

impl Balance {
    /// Notes parts that a record of the log erases.
    pub(crate) fn erase(&mut self, parts: impl IntoIterator<Item = PersonalPart>) {
        self.erased.extend(parts);
    }

    /// Notes parts that are not there; `damage` makes of words what it is if nothing erased them.
    pub(crate) fn miss(
        &mut self,
        parts: impl IntoIterator<Item = PersonalPart>,
        damage: &dyn Fn(String) -> Damage,
    ) {
        for part in parts {
            let place = self.missing.entry(part.position);
            place.or_insert_with(|| (BTreeSet::new(), damage(String::new()))).0.insert(part);
        }
    }

    /// What is damage, record by record, and how many parts are gone because they were erased.
    pub(crate) fn settle(self) -> (Vec<Damage>, u64) {
        let (mut damage, mut gone) = (Vec::new(), 0);
        for (position, (parts, found)) in self.missing {
            let without = parts.difference(&self.erased).count();
            gone += (parts.len() - without) as u64;
            if without > 0 {
                let what = format!(
                    "position {position}: part_missing: {without} of its personal parts are not \
                     there, and nothing has erased them"
                );
                damage.push(Damage { what, ..found });
            }
        }
        (damage, gone)
    }
}
