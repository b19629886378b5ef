//! The roles that ship, as rights. Invariant: what they give is read from the one table of the
//! vocabulary.

use sijil_schemas::{
    KEYHOLDER,
    shipped::{Lot, Reach, lots},
};

use crate::{
    rights::Rights,
    within::{Held, Within},
};

/// What a role that ships lets its holder do; `None` if none of this name does.
#[must_use]
pub fn shipped(role: &str) -> Option<Held> {
    let mut held = Held::default();
    for Lot { families, may, reach } in lots(role)? {
        let rights = Rights::NONE.with(families, may);
        match reach {
            Reach::All => held.whole = held.whole | rights,
            Reach::Own | Reach::Team => {
                held.add(Within { scopes: vec![reach.scope()], rights });
            }
        }
    }
    if role == KEYHOLDER {
        held.whole = Rights::ALL;
    }
    Some(held)
}

/// The most that a role that ships can ever let its holder do, whatever the scopes.
#[must_use]
pub fn shipped_reach(role: &str) -> Option<Rights> {
    shipped(role).map(|held| held.reach())
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
