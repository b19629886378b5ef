//! The roles that ship. Invariant: each has the least that its name needs; this is the one table of
//! them, and a hand of its own wrote what `tests/access` expects of it.

use sijil_schemas::{KEYHOLDER, May, RightFamily, RightScope};

use crate::{
    rights::Rights,
    within::{Held, Within},
};

use May::{ActFor, Attest, Audit, Close, Export, Grant, Operate, Personal, Read, Record, Void};
use RightFamily::{
    Access, Accounting, Catalogue, Claims, Clients, Counterparties, Deals, Interactions, Invoices,
    Marketing, Orders, Staff, Stock, System, Tasks,
};

/// What the company does, apart from who may and from the log itself.
const BUSINESS: &[RightFamily] = &[
    Clients,
    Counterparties,
    Interactions,
    Deals,
    Catalogue,
    Orders,
    Invoices,
    Accounting,
    Stock,
    Marketing,
    Claims,
    Tasks,
    Staff,
];
/// Whom to sell to, and what came of it.
const SALES: &[RightFamily] =
    &[Clients, Counterparties, Interactions, Deals, Orders, Claims, Tasks];

/// How much of its families a lot of rights reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    All,
    Own,
    Team,
}

/// Rights that a role gives together.
struct Lot(&'static [RightFamily], &'static [May], Reach);

const AUDITOR: &[Lot] = &[
    Lot(BUSINESS, &[Read], Reach::All),
    Lot(&[Access], &[Read], Reach::All),
    Lot(&[System], &[Read, Audit], Reach::All),
];
const ADMINISTRATOR: &[Lot] = &[Lot(&[Access], &[Read, Grant, Personal], Reach::All)];
const ACCOUNTANT: &[Lot] = &[
    Lot(&[Invoices, Accounting], &[Record, Void, Close, Personal], Reach::All),
    Lot(&[Clients, Counterparties], &[Personal], Reach::All),
    // The books are of all that happens: the trial balance draws on nearly everything.
    Lot(BUSINESS, &[Read], Reach::All),
    Lot(&[System], &[Read], Reach::All),
];
const HEAD_OF_SALES: &[Lot] = &[
    Lot(SALES, &[Read, Record, Void, Personal, ActFor], Reach::Team),
    Lot(&[Invoices, Staff], &[Read], Reach::Team),
    Lot(&[Catalogue, Marketing], &[Read], Reach::All),
];
const SALESPERSON: &[Lot] = &[
    Lot(SALES, &[Read, Record, Personal], Reach::Own),
    Lot(&[Invoices, Staff], &[Read], Reach::Own),
    Lot(&[Catalogue], &[Read], Reach::All),
];
const STOREKEEPER: &[Lot] = &[
    Lot(&[Stock], &[Read, Record, Void], Reach::All),
    Lot(&[Catalogue, Orders], &[Read], Reach::All),
];
const ANALYST: &[Lot] =
    &[Lot(BUSINESS, &[Read, Export], Reach::All), Lot(&[System], &[Read], Reach::All)];
/// What is brought in says where it comes from, which is the log's own affair.
const INTEGRATION: &[Lot] = &[
    Lot(BUSINESS, &[Read, Record, Attest], Reach::All),
    Lot(&[System], &[Read, Record], Reach::All),
];
const OPERATOR: &[Lot] = &[Lot(&[System], &[Read, Operate], Reach::All)];

/// What a role that ships lets its holder do; `None` if none of this name does.
#[must_use]
pub fn shipped(role: &str) -> Option<Held> {
    let mut held = Held::default();
    for Lot(families, may, reach) in lots(role)? {
        let rights = Rights::NONE.with(families, may);
        match reach {
            Reach::All => held.whole = held.whole | rights,
            Reach::Own => held.add(Within { scopes: vec![RightScope::Own], rights }),
            Reach::Team => held.add(Within { scopes: vec![RightScope::Team], rights }),
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

fn lots(role: &str) -> Option<&'static [Lot]> {
    Some(match role {
        KEYHOLDER => &[],
        "administrator" => ADMINISTRATOR,
        "auditor" => AUDITOR,
        "accountant" => ACCOUNTANT,
        "head_of_sales" => HEAD_OF_SALES,
        "salesperson" => SALESPERSON,
        "storekeeper" => STOREKEEPER,
        "analyst" => ANALYST,
        "integration" => INTEGRATION,
        "operator" => OPERATOR,
        _ => return None,
    })
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
