//! What is held within scopes, beside what is held of everything. Invariant: what is granted adds
//! up, family by family; a key that narrows intersects, and nothing else does.
//!
//! ```
//! use sijil_access::shipped;
//! use sijil_schemas::{May, RightFamily, RightScope};
//!
//! let salesperson = shipped("salesperson").expect("a role that ships");
//! assert!(salesperson.whole.may(May::Read, RightFamily::Catalogue));
//! assert!(!salesperson.whole.may(May::Read, RightFamily::Deals));
//! assert!(salesperson.some(May::Read).has(RightFamily::Deals), "her own");
//! ```

use sijil_schemas::{May, Right, RightFamily, RightScope};

use crate::rights::{Families, Rights};

/// Rights on what lies in all of some scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// The scopes, in order, each once; never all.
    pub scopes: Vec<RightScope>,
    /// What may be done with what lies in all of them.
    pub rights: Rights,
}

/// What somebody may do: with everything, and with what lies in some scopes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// With everything.
    pub whole: Rights,
    /// With what lies in scopes.
    pub within: Vec<Within>,
}

impl Held {
    /// Everything.
    pub const ALL: Held = Held { whole: Rights::ALL, within: Vec::new() };

    /// What a list of rights lets one do.
    #[must_use]
    pub fn of(list: &[Right]) -> Held {
        let mut held = Held { whole: Rights::of(list), within: Vec::new() };
        for right in list.iter().filter(|right| right.scope != RightScope::All) {
            let whole = Right { scope: RightScope::All, ..right.clone() };
            let rights = Rights::of(&[whole]);
            held.add(Within { scopes: vec![right.scope.clone()], rights });
        }
        held
    }
    /// Adds rights within scopes.
    pub fn add(&mut self, more: Within) {
        if more.rights == Rights::NONE {
            return;
        }
        match self.within.iter_mut().find(|within| within.scopes == more.scopes) {
            Some(within) => within.rights = within.rights | more.rights,
            None => self.within.push(more),
        }
    }
    /// This and more.
    #[must_use]
    pub fn and(mut self, more: Held) -> Held {
        self.whole = self.whole | more.whole;
        more.within.into_iter().for_each(|within| self.add(within));
        self
    }
    /// No more than this within one more scope.
    #[must_use]
    pub fn narrowed_to(self, scope: &RightScope) -> Held {
        match scope {
            RightScope::All => self,
            scope => self.both(&Held {
                whole: Rights::NONE,
                within: vec![Within { scopes: vec![scope.clone()], rights: Rights::ALL }],
            }),
        }
    }
    /// What both hold.
    #[must_use]
    pub fn both(&self, other: &Held) -> Held {
        let mut held = Held { whole: self.whole & other.whole, within: Vec::new() };
        for within in &self.within {
            held.add(Within { rights: within.rights & other.whole, ..within.clone() });
        }
        for within in &other.within {
            held.add(Within { rights: within.rights & self.whole, ..within.clone() });
        }
        for one in &self.within {
            for two in &other.within {
                let mut scopes = one.scopes.clone();
                scopes.extend(two.scopes.iter().filter(|of| !one.scopes.contains(of)).cloned());
                held.add(Within { scopes, rights: one.rights & two.rights });
            }
        }
        held
    }
    /// The most that it comes to, whatever the scopes.
    #[must_use]
    pub fn reach(&self) -> Rights {
        self.within.iter().fold(self.whole, |all, within| all | within.rights)
    }
    /// The same of what may be done in the families in which this may be done, too.
    #[must_use]
    pub fn where_also(&self, may: May) -> Held {
        let mut held = Held { whole: self.whole.within(may), within: Vec::new() };
        for within in &self.within {
            held.add(Within { rights: within.rights.within(may), ..within.clone() });
        }
        held
    }
    /// In which families something may be done with anything at all.
    #[must_use]
    pub fn some(&self, may: May) -> Families {
        self.reach().families(may)
    }
    /// The scopes within which something may be done in a family of which it may not be done with
    /// everything.
    pub fn scopes(&self, may: May, family: RightFamily) -> impl Iterator<Item = &[RightScope]> {
        let holds = move |within: &&Within| within.rights.may(may, family);
        let within = self.within.iter().filter(holds);
        let whole = self.whole.may(may, family);
        within.filter(move |_| !whole).map(|within| within.scopes.as_slice())
    }
    /// The first right that others have and these have not, wherever it is held.
    #[must_use]
    pub fn wanting(&self, others: &Held) -> Option<(May, RightFamily)> {
        let lost = |within: &Within| {
            let own = self.within.iter().find(|own| own.scopes == within.scopes);
            let own = own.map_or(self.whole, |own| own.rights | self.whole);
            own.wanting(&within.rights)
        };
        self.whole.wanting(&others.whole).or_else(|| others.within.iter().find_map(lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(scope: RightScope) -> Held {
        Held::of(&[Right { family: RightFamily::Clients, may: vec![May::Read], scope }])
    }

    #[test]
    fn a_key_narrows_and_grants_add_up() {
        let (all, own, team) =
            (held(RightScope::All), held(RightScope::Own), held(RightScope::Team));
        assert_eq!(all.both(&own), own);
        assert_eq!(own.both(&all), own);
        let both = own.both(&team);
        assert_eq!(both.within[0].scopes, [RightScope::Own, RightScope::Team]);
        let sum = own.clone().and(team.clone());
        assert_eq!(sum.within.len(), 2);
        assert_eq!(all.clone().narrowed_to(&RightScope::Team), team);
        assert_eq!(own.clone().narrowed_to(&RightScope::Own), own);
        assert_eq!(own.wanting(&sum), Some((May::Read, RightFamily::Clients)));
        assert_eq!(sum.wanting(&own), None);
        assert_eq!(all.wanting(&own), None);
    }
}
