//! Rights, and how far they reach. Invariant: what is told is what was listed, but for the order of
//! what may be done, which is that of the vocabulary.

use sijil_schemas::{
    May, Position, Right, RightFamily, RightScope,
    id::{Entity, Id, Key, kind},
};

use super::Access;
use crate::{cells, cells::Run, cut::Lens, ids::Sym, rows::Rows, words::Word};

cells! {
    list RightFamily {
        All, Clients, Counterparties, Interactions, Deals, Catalogue, Orders, Invoices, Accounting,
        Stock, Marketing, Claims, Tasks, Staff, Surveys, Access, System,
    }
}

cells! {
    /// How much of a family a right reaches.
    pub(super) enum ScopeCells {
        /// Everything.
        All,
        /// What belongs to the employee behind the user.
        Own,
        /// The employee's own and that of all who work below.
        Team,
        /// What belongs to departments.
        Department {
            /// Which.
            of: Run<Sym<Word>>,
        },
        /// What lies in warehouses.
        Warehouse {
            /// Which.
            of: Run<Sym<kind::Warehouse>>,
        },
        /// What moves on bank accounts.
        BankAccount {
            /// Which.
            of: Run<Sym<kind::BankAccount>>,
        },
    }
}

cells! {
    /// One right.
    pub(super) struct RightCells {
        pub(super) family: RightFamily,
        /// What may be done: the bit of each.
        pub(super) may: u32,
        pub(super) scope: ScopeCells,
    }
}

// Each has a bit.
const _: () = assert!(May::ALL.len() <= 32);

impl Access {
    pub(super) fn keep_rights(&self, rights: &[Right], position: Position) -> Run<RightCells> {
        let cells = rights.iter().map(|right| RightCells {
            family: right.family,
            may: right.may.iter().fold(0, |bits, may| bits | 1 << *may as u32),
            scope: self.keep_scope(&right.scope, position),
        });
        // What they list is kept before them.
        let cells: Vec<RightCells> = cells.collect();
        self.rights.extend(position, cells)
    }
    pub(super) fn keep_scope(&self, scope: &RightScope, position: Position) -> ScopeCells {
        match scope {
            RightScope::All => ScopeCells::All,
            RightScope::Own => ScopeCells::Own,
            RightScope::Team => ScopeCells::Team,
            RightScope::Department(of) => {
                let words = of.iter().map(|word| self.words.intern(word.as_str(), position));
                ScopeCells::Department { of: self.departments.extend(position, words) }
            }
            RightScope::Warehouse(of) => {
                let of = of.iter().map(|warehouse| self.ids.sym(warehouse));
                ScopeCells::Warehouse { of: self.warehouses.extend(position, of) }
            }
            RightScope::BankAccount(of) => {
                let of = of.iter().map(|account| self.ids.sym(account));
                ScopeCells::BankAccount { of: self.bank_accounts.extend(position, of) }
            }
        }
    }
    pub(super) fn rights(&self, rights: Run<RightCells>) -> Vec<Right> {
        let right = |cells: RightCells| Right {
            family: cells.family,
            may: May::ALL.iter().copied().filter(|may| cells.may >> *may as u32 & 1 == 1).collect(),
            scope: self.scope(cells.scope),
        };
        self.rights.of(rights).map(right).collect()
    }
    pub(super) fn scope(&self, scope: ScopeCells) -> RightScope {
        match scope {
            ScopeCells::All => RightScope::All,
            ScopeCells::Own => RightScope::Own,
            ScopeCells::Team => RightScope::Team,
            ScopeCells::Department { of } => {
                let word = |word| Key::new(self.words.text(word)).expect("a key that was admitted");
                RightScope::Department(self.departments.of(of).map(word).collect())
            }
            ScopeCells::Warehouse { of } => {
                RightScope::Warehouse(self.listed(&self.warehouses, of))
            }
            ScopeCells::BankAccount { of } => {
                RightScope::BankAccount(self.listed(&self.bank_accounts, of))
            }
        }
    }
    fn listed<K: Entity>(&self, rows: &Rows<Sym<K>>, of: Run<Sym<K>>) -> Vec<Id<K>> {
        let id = |sym| Id::new(self.ids.name(sym)).expect("an id that was admitted");
        rows.of(of).map(id).collect()
    }

    /// What a role that is defined lets its holder do, by its newest definition; `None` if nobody
    /// defined it, as of roles that ship.
    #[must_use]
    pub fn role(&self, role: &str, lens: Lens<'_>) -> Option<Vec<Right>> {
        let defined = self.roles.of_any(self.ids.find(role)).last(lens)?;
        Some(self.rights(defined.what))
    }
    /// The record that defines a role; `None` if none does.
    #[must_use]
    pub fn role_said(&self, role: &str, lens: Lens<'_>) -> Option<Position> {
        self.roles.of_any(self.ids.find(role)).last(lens).map(|defined| defined.position)
    }
    /// The roles that are defined, in order of the ids.
    #[must_use]
    pub fn roles(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.roles, lens)
    }
}
