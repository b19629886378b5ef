//! The roles that ship, as rights. Invariant: what they give is read from the one table of the
//! vocabulary.

use sijil_schemas::{
    KEYHOLDER,
    shipped::{Lot, Reach, lots},
};

use crate::rights::Rights;

/// What a role that ships lets its holder do; `None` if none of this name does. What it gives
/// within a scope is left out: see [`Rights::of`].
#[must_use]
pub fn shipped(role: &str) -> Option<Rights> {
    told(role, |reach| reach == Reach::All)
}

/// The most that a role that ships can ever let its holder do, whatever the scopes.
#[must_use]
pub fn shipped_reach(role: &str) -> Option<Rights> {
    told(role, |_| true)
}

fn told(role: &str, counts: impl Fn(Reach) -> bool) -> Option<Rights> {
    if role == KEYHOLDER {
        return Some(Rights::ALL);
    }
    let lots = lots(role)?.iter().filter(|lot| counts(lot.reach));
    Some(lots.fold(Rights::NONE, |rights, Lot { families, may, .. }| rights.with(families, may)))
}

#[cfg(test)]
mod tests {
    use sijil_schemas::SHIPPED_ROLES;

    use super::shipped;

    #[test]
    fn each_role_that_ships_is_one_and_no_other() {
        for role in SHIPPED_ROLES {
            assert!(shipped(role).is_some(), "{role}");
        }
        assert!(shipped("owner").is_none());
    }
}
