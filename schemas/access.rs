//! Who may see and do what: roles, users, integrations, grants and keys. Invariant: no secret
//! stands in an event, a key's hash alone; the lists are closed, so that a right is never a bare
//! word.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{
    event::event,
    id::{
        AccessKeyId, BankAccountId, EmployeeId, EntityRef, GrantId, Key, RoleId, ServiceId, UserId,
        WarehouseId,
    },
    text::{Field, Name, Personal, Text, plain_fields},
    time::{Date, Timestamp},
};

mod credential;
mod subject;
mod verifier;

pub use credential::{Checksum, Hint, Holder, KeyHash, NETWORK_FORM, Network, OverlapHours};
pub(crate) use subject::parts;
pub use subject::{PARTS_MAX, PersonalPart, Subject};
pub use verifier::VerifierKey;

/// The most rights that a role or a key lists.
pub const RIGHTS_MAX: usize = 64;
/// The most departments, warehouses or bank accounts that one scope lists.
pub const SCOPE_MAX: usize = 256;
/// The most networks that a key lists.
pub const NETWORKS_MAX: usize = 64;
/// The most days that a key is good for.
pub const KEY_DAYS_MAX: i32 = 366;

/// The roles that ship: what each may do is the release's to say, so nobody defines them.
pub const SHIPPED_ROLES: &[&str] = &[
    KEYHOLDER,
    "administrator",
    "auditor",
    "accountant",
    "head_of_sales",
    "salesperson",
    "storekeeper",
    "analyst",
    "integration",
    "operator",
];
/// The role that may do everything; somebody always holds it.
pub const KEYHOLDER: &str = "keyholder";

/// A closed list of words: its variants in order, and the word of each as it is written.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident $word:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        #[schemars(inline)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[$name] = &[$($name::$variant,)*];
            /// The word, as it is written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The events a right is about: a family of the vocabulary, or all of them.
    RightFamily {
        /// Every family.
        All "all";
        /// Clients, their contacts and the company's own fields.
        Clients "clients";
        /// Legal entities, and whose client they are.
        Counterparties "counterparties";
        /// Meetings, calls and messages.
        Interactions "interactions";
        /// Pipelines, regulations and deals.
        Deals "deals";
        /// Items, prices, limits and rates.
        Catalogue "catalogue";
        /// Orders, shipments and returns.
        Orders "orders";
        /// Invoices, payments and closed periods.
        Invoices "invoices";
        /// The company's books.
        Accounting "accounting";
        /// Warehouses, purchases and goods.
        Stock "stock";
        /// Sources, campaigns and segments.
        Marketing "marketing";
        /// Complaints.
        Claims "claims";
        /// Work to be done.
        Tasks "tasks";
        /// Employees, targets and substitutions.
        Staff "staff";
        /// What clients are asked, and what they answer.
        Surveys "surveys";
        /// Roles, users, integrations, grants and keys.
        Access "access";
        /// Corrections of the log itself.
        System "system";
    }
}

words! {
    /// What a right lets its holder do.
    May {
        /// See what is recorded.
        Read "read";
        /// Record events.
        Record "record";
        /// Void events.
        Void "void";
        /// Close and reopen periods.
        Close "close";
        /// See values about persons, which are hidden otherwise.
        Personal "personal";
        /// Take out in bulk: streams, tables, backups.
        Export "export";
        /// Act on behalf of other employees.
        ActFor "act_for";
        /// Say who acted in history that is imported.
        Attest "attest";
        /// Give and take access.
        Grant "grant";
        /// Look after the server: rebuilds, metrics.
        Operate "operate";
        /// Ask for proofs, and see all public bytes.
        Audit "audit";
        /// Erase values about persons.
        Erase "erase";
    }
}

impl RightFamily {
    /// The family of an event's wire name; `None` if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<RightFamily> {
        RightFamily::ALL.iter().copied().find(|family| family.name() == name)
    }
    /// Whether a right on this is one on events of another.
    #[must_use]
    pub fn covers(self, other: RightFamily) -> bool {
        self == RightFamily::All || self == other
    }
}

/// How much of a family a right reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(inline)]
pub enum RightScope {
    /// Everything.
    #[default]
    All,
    /// What belongs to the employee behind the user.
    Own,
    /// The employee's own and that of all who work below.
    Team,
    /// What belongs to these departments and their parts.
    Department(
        #[serde(deserialize_with = "scoped")]
        #[schemars(length(min = 1, max = SCOPE_MAX), extend("uniqueItems" = true))]
        Vec<Key>,
    ),
    /// What lies in these warehouses.
    Warehouse(
        #[serde(deserialize_with = "scoped")]
        #[schemars(length(min = 1, max = SCOPE_MAX), extend("uniqueItems" = true))]
        Vec<WarehouseId>,
    ),
    /// What moves on these bank accounts.
    BankAccount(
        #[serde(deserialize_with = "scoped")]
        #[schemars(length(min = 1, max = SCOPE_MAX), extend("uniqueItems" = true))]
        Vec<BankAccountId>,
    ),
}

impl fmt::Display for RightScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn listed<T: fmt::Display>(
            f: &mut fmt::Formatter<'_>,
            name: &str,
            of: &[T],
        ) -> fmt::Result {
            f.write_str(name)?;
            let mut separator = ':';
            for one in of {
                write!(f, "{separator}{one}")?;
                separator = '+';
            }
            Ok(())
        }
        match self {
            RightScope::All => f.write_str("all"),
            RightScope::Own => f.write_str("own"),
            RightScope::Team => f.write_str("team"),
            RightScope::Department(of) => listed(f, "department", of),
            RightScope::Warehouse(of) => listed(f, "warehouse", of),
            RightScope::BankAccount(of) => listed(f, "bank_account", of),
        }
    }
}

/// One right: what may be done, with which events, and how many of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Right {
    /// With which events.
    pub family: RightFamily,
    /// What may be done with them, each once.
    #[serde(deserialize_with = "verbs")]
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub may: Vec<May>,
    /// How many of them; left out, all.
    #[serde(default)]
    pub scope: RightScope,
}

/// How a sign-in provider knows a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Login {
    /// The provider, as it names itself.
    pub issuer: Name,
    /// The user there; never an address that may change hands.
    pub subject: Name,
}

/// A list with something in it, nothing twice, and no more than so many.
fn listed<'de, D: Deserializer<'de>, T: Deserialize<'de> + PartialEq>(
    from: D,
    most: usize,
) -> Result<Vec<T>, D::Error> {
    let list = Vec::<T>::deserialize(from)?;
    if list.is_empty() || list.len() > most {
        let got = list.len();
        return Err(de::Error::custom(format!("expected a list of 1 to {most}, got {got}")));
    }
    match (1..list.len()).find(|at| list[..*at].contains(&list[*at])) {
        Some(at) => {
            Err(de::Error::custom(format!("expected each once, got number {} twice", at + 1)))
        }
        None => Ok(list),
    }
}
fn scoped<'de, D: Deserializer<'de>, T: Deserialize<'de> + PartialEq>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    listed(from, SCOPE_MAX)
}
fn verbs<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<May>, D::Error> {
    listed(from, May::ALL.len())
}
fn rights<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Right>, D::Error> {
    listed(from, RIGHTS_MAX)
}

/// A list of [`listed`] that may be left out.
struct Listed<T, const MOST: usize>(Vec<T>);

impl<'de, T: Deserialize<'de> + PartialEq, const MOST: usize> Deserialize<'de> for Listed<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        listed(from, MOST).map(Listed)
    }
}
fn narrowed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Right>>, D::Error> {
    let list = Option::<Listed<Right, RIGHTS_MAX>>::deserialize(from)?;
    Ok(list.map(|Listed(list)| list))
}
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<Network>>, D::Error> {
    let list = Option::<Listed<Network, NETWORKS_MAX>>::deserialize(from)?;
    Ok(list.map(|Listed(list)| list))
}

plain_fields!(RightFamily, May, Login);
impl Field for RightScope {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        match self {
            RightScope::All | RightScope::Own | RightScope::Team | RightScope::Department(_) => (),
            RightScope::Warehouse(ids) => ids.touch(visit),
            RightScope::BankAccount(ids) => ids.touch(visit),
        }
    }
}
impl Field for Right {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        self.scope.touch(visit);
    }
}

event! {
    /// A role of the company's own, or a revision of it.
    1501 "role.defined" v 2 Revises RoleDefined {
        /// The role; the names of the roles that ship are taken.
        role: RoleId,
        /// What it lets its holder do; they add up.
        #[serde(deserialize_with = "rights")]
        #[schemars(length(min = 1, max = RIGHTS_MAX), extend("uniqueItems" = true))]
        rights: Vec<Right>,
    }
}
event! {
    /// Somebody became a user of the ledger.
    1502 "user.enrolled" v 1 Opens UserEnrolled {
        /// The user.
        user: UserId,
        /// The employee the user is; scopes such as own and team are of that employee.
        employee: Option<EmployeeId>,
        /// The person's name.
        name: Option<Personal<Name>>,
        /// How sign-in providers know the person.
        logins: Option<Personal<Vec<Login>>>,
    }
}
event! {
    /// A user can do nothing until resumed; grants and keys stay as they are.
    1503 "user.suspended" v 1 Continues UserSuspended {
        /// The user.
        user: UserId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A suspended user can work again.
    1504 "user.resumed" v 1 Continues UserResumed {
        /// The user.
        user: UserId,
        /// Why.
        reason: Option<Text>,
    }
}
event! {
    /// A machine got an account of its own.
    1505 "integration.enrolled" v 1 Opens IntegrationEnrolled {
        /// The integration's account.
        service: ServiceId,
        /// The user who answers for it.
        owner: UserId,
        /// What it does here.
        purpose: Text,
    }
}
event! {
    /// A user or an integration got a role. It counts from when it is recorded.
    1506 "permission.granted" v 1 Opens PermissionGranted {
        /// The grant.
        grant: GrantId,
        /// Who gets it: a user or an integration.
        to: Holder,
        /// Which role: one that ships, or one that is defined.
        role: Key,
        /// How much of what the role reaches; left out, all of it.
        scope: Option<RightScope>,
        /// From when it holds; left out, at once.
        from: Option<Timestamp>,
        /// Up to when it holds, exclusive; left out, until it is revoked.
        until: Option<Timestamp>,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A grant ended.
    1507 "permission.revoked" v 1 Continues PermissionRevoked {
        /// The grant.
        grant: GrantId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A user or an integration got a key. Its secret is nowhere in the ledger.
    1508 "key.issued" v 2 Opens KeyIssued {
        /// The key; the middle of the secret names it.
        key: AccessKeyId,
        /// Whose it is: a user or an integration.
        of: Holder,
        /// The SHA-256 of the whole secret.
        sha256: KeyHash,
        /// The last four characters of the secret, to tell keys apart.
        hint: Hint,
        /// What of its holder's rights the key has; left out, all of them.
        #[serde(default, deserialize_with = "narrowed")]
        #[schemars(length(min = 1, max = RIGHTS_MAX), extend("uniqueItems" = true))]
        narrows: Option<Vec<Right>>,
        /// The networks it may be used from; left out, any.
        #[serde(default, deserialize_with = "networks")]
        #[schemars(length(min = 1, max = NETWORKS_MAX), extend("uniqueItems" = true))]
        networks: Option<Vec<Network>>,
        /// The last day it is good, in the company's time zone.
        expires_on: Date,
        /// The key of the same holder that it takes the place of.
        replaces: Option<AccessKeyId>,
        /// For how many hours that key is still good; left out, none.
        overlap_h: Option<OverlapHours>,
    }
}
event! {
    /// A key is good no more.
    1509 "key.revoked" v 1 Continues KeyRevoked {
        /// The key.
        key: AccessKeyId,
        /// Why.
        reason: Text,
    }
}
