//! The roles that ship. Invariant: each has the least that its name needs; this is the one table of
//! them, and a hand of its own wrote what `tests/access` expects of it.

use crate::{KEYHOLDER, May, RightFamily, RightScope};

use May::{ActFor, Attest, Audit, Close, Export, Grant, Operate, Personal, Read, Record, Void};
use RightFamily::{
    Access, Accounting, Catalogue, Claims, Clients, Counterparties, Deals, Interactions, Invoices,
    Marketing, Orders, Staff, Stock, Surveys, System, Tasks,
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
    Surveys,
];
/// Whom to sell to, and what came of it.
const SALES: &[RightFamily] =
    &[Clients, Counterparties, Interactions, Deals, Orders, Claims, Tasks];

/// How much of its families a lot of rights reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Everything.
    All,
    /// What belongs to the employee behind the user.
    Own,
    /// The employee's own and that of all who work below.
    Team,
}

impl Reach {
    /// As the scope of a right.
    #[must_use]
    pub const fn scope(self) -> RightScope {
        match self {
            Reach::All => RightScope::All,
            Reach::Own => RightScope::Own,
            Reach::Team => RightScope::Team,
        }
    }
}

/// Rights that a role gives together.
#[derive(Debug, Clone, Copy)]
pub struct Lot {
    /// With which events.
    pub families: &'static [RightFamily],
    /// What may be done.
    pub may: &'static [May],
    /// How much of it.
    pub reach: Reach,
}

const fn lot(families: &'static [RightFamily], may: &'static [May], reach: Reach) -> Lot {
    Lot { families, may, reach }
}

const AUDITOR: &[Lot] = &[
    lot(BUSINESS, &[Read], Reach::All),
    lot(&[Access], &[Read], Reach::All),
    lot(&[System], &[Read, Audit], Reach::All),
];
const ADMINISTRATOR: &[Lot] = &[lot(&[Access], &[Read, Grant, Personal], Reach::All)];
const ACCOUNTANT: &[Lot] = &[
    lot(&[Invoices, Accounting], &[Record, Void, Close, Personal], Reach::All),
    lot(&[Clients, Counterparties], &[Personal], Reach::All),
    // The books are of all that happens: the trial balance draws on nearly everything.
    lot(BUSINESS, &[Read], Reach::All),
    lot(&[System], &[Read], Reach::All),
];
const HEAD_OF_SALES: &[Lot] = &[
    lot(SALES, &[Read, Record, Void, Personal, ActFor], Reach::Team),
    lot(&[Invoices, Staff, Surveys], &[Read], Reach::Team),
    lot(&[Catalogue, Marketing], &[Read], Reach::All),
];
const SALESPERSON: &[Lot] = &[
    lot(SALES, &[Read, Record, Personal], Reach::Own),
    lot(&[Invoices, Staff], &[Read], Reach::Own),
    lot(&[Catalogue], &[Read], Reach::All),
];
const STOREKEEPER: &[Lot] = &[
    lot(&[Stock], &[Read, Record, Void], Reach::All),
    lot(&[Catalogue, Orders], &[Read], Reach::All),
];
const ANALYST: &[Lot] =
    &[lot(BUSINESS, &[Read, Export], Reach::All), lot(&[System], &[Read], Reach::All)];
/// What is brought in says where it comes from, which is the log's own affair.
const INTEGRATION: &[Lot] = &[
    lot(BUSINESS, &[Read, Record, Attest], Reach::All),
    lot(&[System], &[Read, Record], Reach::All),
];
const OPERATOR: &[Lot] = &[lot(&[System], &[Read, Operate], Reach::All)];
const EVERYTHING: &[Lot] = &[lot(&[RightFamily::All], May::ALL, Reach::All)];

/// What a role that ships gives; `None` if none of this name does.
#[must_use]
pub fn lots(role: &str) -> Option<&'static [Lot]> {
    Some(match role {
        KEYHOLDER => EVERYTHING,
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
