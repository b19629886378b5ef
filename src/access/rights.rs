//! Rights: what may be done with which events. Invariant: what is granted adds up, and what a key
//! leaves out is taken off; nothing else changes them.

use std::ops::{BitAnd, BitOr};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::{May, Right, RightFamily, RightScope};

/// How many families there are, and the word for all of them.
const FAMILIES: usize = RightFamily::ALL.len();

/// Some families of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Families(u32);

impl Families {
    /// Every family.
    pub const ALL: Families = Families((1 << FAMILIES) - 1);
    /// Whether a family is one of them.
    #[must_use]
    pub const fn has(self, family: RightFamily) -> bool {
        self.0 >> family as u32 & 1 == 1
    }
    /// Whether it is every family.
    #[must_use]
    pub fn is_all(self) -> bool {
        self == Families::ALL
    }
}

/// What may be done in each family.
///
/// ```
/// use sijil_access::shipped;
/// use sijil_schemas::{May, RightFamily};
///
/// let storekeeper = shipped("storekeeper").expect("a role that ships");
/// assert!(storekeeper.whole.may(May::Record, RightFamily::Stock));
/// assert!(!storekeeper.whole.may(May::Read, RightFamily::Invoices));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights([u16; FAMILIES]);

/// The rights in one family, as they are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Span {
    /// In which family.
    pub family: RightFamily,
    /// What may be done.
    pub may: Vec<May>,
}

const fn bit(may: May) -> u16 {
    1 << may as u16
}

impl Rights {
    /// Everything.
    pub const ALL: Rights = Rights([(1 << May::ALL.len()) - 1; FAMILIES]);
    /// Nothing.
    pub const NONE: Rights = Rights([0; FAMILIES]);

    /// What a list of rights lets one do with everything; what it gives within scopes,
    /// [`crate::Held`] tells.
    #[must_use]
    pub fn of(list: &[Right]) -> Rights {
        let mut rights = Rights::NONE;
        for right in list.iter().filter(|right| right.scope == RightScope::All) {
            for family in RightFamily::ALL.iter().filter(|family| right.family.covers(**family)) {
                rights.0[*family as usize] |=
                    right.may.iter().fold(0, |bits, may| bits | bit(*may));
            }
        }
        rights
    }
    /// The most that a list of rights can ever let one do: as [`Rights::of`], whatever the scopes.
    #[must_use]
    pub fn reach(list: &[Right]) -> Rights {
        let whole = |right: &Right| Right { scope: RightScope::All, ..right.clone() };
        Rights::of(&list.iter().map(whole).collect::<Vec<_>>())
    }
    /// The same with more in some families.
    #[must_use]
    pub(crate) const fn with(mut self, families: &[RightFamily], may: &[May]) -> Rights {
        let mut at = 0;
        while at < families.len() {
            let mut which = 0;
            while which < may.len() {
                self.0[families[at] as usize] |= bit(may[which]);
                which += 1;
            }
            at += 1;
        }
        self
    }
    /// Whether something may be done in a family; in all of them, if it is the word for all.
    #[must_use]
    pub const fn may(&self, may: May, family: RightFamily) -> bool {
        self.0[family as usize] & bit(may) != 0
    }
    /// In which families something may be done.
    #[must_use]
    pub fn families(&self, may: May) -> Families {
        let bits = RightFamily::ALL.iter().filter(|family| self.may(may, **family));
        Families(bits.fold(0, |bits, family| bits | 1 << *family as u32))
    }
    /// What may be done in the families in which this may be done, too.
    #[must_use]
    pub fn within(self, may: May) -> Rights {
        Rights(self.0.map(|bits| if bits & bit(may) == 0 { 0 } else { bits }))
    }
    /// Whether something may be done in any family.
    #[must_use]
    pub fn may_anywhere(&self, may: May) -> bool {
        self.0.iter().any(|bits| bits & bit(may) != 0)
    }
    /// The first right that others have and these have not.
    #[must_use]
    pub fn wanting(&self, others: &Rights) -> Option<(May, RightFamily)> {
        RightFamily::ALL.iter().find_map(|family| {
            let more = others.0[*family as usize] & !self.0[*family as usize];
            May::ALL.iter().find(|may| more & bit(**may) != 0).map(|may| (*may, *family))
        })
    }
    /// What they are, family by family; of what holds in all, one entry.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        let whole = self.0[RightFamily::All as usize];
        let span = |family: RightFamily| {
            let bits = self.0[family as usize];
            let bits = if family == RightFamily::All { bits } else { bits & !whole };
            let may: Vec<May> =
                May::ALL.iter().copied().filter(|may| bits & bit(*may) != 0).collect();
            (!may.is_empty()).then_some(Span { family, may })
        };
        RightFamily::ALL.iter().copied().filter_map(span).collect()
    }
}

impl BitOr for Rights {
    type Output = Rights;
    fn bitor(self, other: Rights) -> Rights {
        Rights(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }
}
impl BitAnd for Rights {
    type Output = Rights;
    fn bitand(self, other: Rights) -> Rights {
        Rights(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }
}

#[cfg(test)]
mod tests {
    use sijil_schemas::{May, Right, RightFamily, RightScope, event::FAMILIES};

    use super::Rights;

    /// The decider asks for the right of every event's family.
    #[test]
    fn every_family_of_events_is_one_of_rights() {
        for family in FAMILIES {
            assert!(RightFamily::named(family).is_some(), "{family}");
        }
        assert_eq!(RightFamily::ALL.len(), FAMILIES.len() + 1, "and the word for all");
    }

    #[test]
    fn a_right_within_a_scope_gives_nothing_and_reaches_all() {
        let right = |scope| Right { family: RightFamily::Clients, may: vec![May::Read], scope };
        let own = [right(RightScope::Own)];
        assert_eq!(Rights::of(&own), Rights::NONE);
        assert_eq!(Rights::reach(&own), Rights::of(&[right(RightScope::All)]));
        let wanting = Rights::NONE.wanting(&Rights::reach(&own));
        assert_eq!(wanting, Some((May::Read, RightFamily::Clients)));
    }
}
