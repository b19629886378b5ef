//! Every family of facts of one company. Invariant: all count in the same ids; one thread takes
//! records into them, and whoever holds them may ask meanwhile.

use std::{fmt, sync::Arc};

use sijil_facts::{Ids, Named, Seen, Side};
use sijil_schemas::{Position, Record};

use crate::{
    access::Access,
    accounts::Accounts,
    activity::Activity,
    assembly::{Whole, laid},
    clients::Clients,
    company::Company,
    cut::{Cut, Lens, Voids, Watch},
    deals::Deals,
    entities::Entities,
    fold::{Fold, Quarantined},
    marketing::Marketing,
    parts::parts,
    staff::Staff,
    stock::Stock,
    trade::Trade,
};

/// What can be said of a fold from outside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FoldStatus {
    /// Its name.
    pub name: &'static str,
    /// The edition of its code.
    pub edition: u32,
    /// The facts it set aside.
    pub quarantine: Vec<Quarantined>,
    /// Its parts, each with the bytes it takes in memory.
    pub memory: Vec<(&'static str, u64)>,
}

/// What one fold has to do.
pub type Work<'a> = Box<dyn FnOnce() + Send + 'a>;

/// The state of one fold, made of its bytes, that no company has yet.
pub struct Apart(Box<dyn FnOnce(&mut Families) + Send>);

/// Which folds a record is for, by their names.
pub(crate) type Takes<'a> = &'a (dyn Fn(&'static str, &Record) -> bool + Sync);

macro_rules! families {
    ($($(#[$doc:meta])* $field:ident: $fold:ty,)*) => {
        /// The families, each shared by those who hold it: a clone of this is the same company.
        #[derive(Debug, Clone)]
        pub struct Families {
            /// Which records are voided.
            pub voids: Arc<Voids>,
            $($(#[$doc])* pub $field: Arc<$fold>,)*
        }

        /// Every family, borrowed, as one side sees it up to a position: those of a company, or
        /// another in the place of one.
        #[derive(Debug, Clone, Copy)]
        pub struct Folds<'a> {
            /// Whose facts are seen.
            pub side: Side,
            /// The last position that is seen.
            pub up_to: Position,
            /// Which records are voided.
            pub voids: &'a Voids,
            /// Which records are seen; `None` is all of them.
            pub seen: Option<&'a Seen>,
            /// Who wants to know what an answer depends on.
            pub watch: Option<&'a Watch>,
            $($(#[$doc])* pub $field: &'a $fold,)*
        }

        impl Default for Families {
            fn default() -> Families {
                let mut families = Families {
                    voids: Arc::default(),
                    $($field: Arc::default(),)*
                };
                families.link();
                families
            }
        }

        impl<'a> Folds<'a> {
            /// A cut together with the voids, and with whoever watches: nothing behind the last
            /// position is known.
            #[must_use]
            pub fn lens(&self, cut: Cut) -> Lens<'a> {
                let cut = Cut { known_at: cut.known_at.min(self.up_to), ..cut };
                let lens = Lens::new(cut, self.voids);
                Lens { side: self.side, seen: self.seen, watch: self.watch, ..lens }
            }
            /// The same with the fold of this name from another company.
            #[must_use]
            pub fn with(self, name: &str, other: &'a Families) -> Folds<'a> {
                let mut folds = self;
                $(if name == <$fold as Fold>::NAME { folds.$field = &other.$field; })*
                folds
            }
        }

        impl Families {
            /// The names of all folds, in order.
            pub const FOLDS: &[&'static str] = &[$(<$fold as Fold>::NAME,)*];

            /// The families, borrowed, as one side sees them up to a position.
            #[must_use]
            pub fn folds(&self, side: Side, up_to: Position) -> Folds<'_> {
                let (seen, watch) = (None, None);
                Folds { side, up_to, voids: &self.voids, seen, watch, $($field: &self.$field,)* }
            }
            /// Has every family count in the numbers of the entities: what somebody else holds is
            /// copied for that.
            pub fn link(&mut self) {
                let ids = self.entities.ids().clone();
                $(if !Arc::ptr_eq(self.$field.ids(), &ids) {
                    let fold = Arc::make_mut(&mut self.$field);
                    fold.link(&ids);
                })*
            }
            /// Takes the next record into one family after the other; of a document in parts most
            /// take the whole alone, once it is there.
            pub(crate) fn take(&self, record: &Record, whole: Option<&Record>) {
                $(if <$fold as Fold>::WHOLE {
                    if let Some(whole) = whole {
                        self.$field.apply(whole);
                    }
                } else {
                    self.$field.apply(record);
                })*
            }
            /// The next records, as one piece of work for each fold that takes any of them.
            pub(crate) fn work<'a>(
                &'a self,
                records: &'a [Record],
                named: &'a [Named],
                wholes: &'a [Whole],
                takes: Takes<'a>,
            ) -> Vec<Work<'a>> {
                let mut work: Vec<Work<'a>> = Vec::with_capacity(Families::FOLDS.len());
                $({
                    let (fold, name) = (&*self.$field, <$fold as Fold>::NAME);
                    let wholes = if <$fold as Fold>::WHOLE { wholes } else { &[] };
                    let records = laid(records, wholes).filter(move |(_, of)| takes(name, of));
                    let mut records = records.peekable();
                    let take = |(place, record): (usize, &Record)| {
                        named[place].at_hand(|| fold.apply(record));
                    };
                    if records.peek().is_some() {
                        work.push(Box::new(move || records.for_each(take)));
                    }
                })*
                work
            }
            /// Lets readers see what records up to a position said.
            pub fn publish(&self, up_to: Position) {
                $(self.$field.publish(up_to);)*
            }
            /// Takes back what records after a position said.
            pub(crate) fn truncate(&self, after: Position) {
                self.voids.truncate(after);
                $(self.$field.truncate(after);)*
            }
            /// How many bytes are kept of what was taken back.
            #[must_use]
            pub fn left_over(&self) -> u64 {
                0 $(+ self.$field.left_over())*
            }
            /// What records up to a position said, apart, in ids of its own; whoever takes records
            /// may go on meanwhile. Nothing of it is published.
            #[must_use]
            pub fn copy(&self, up_to: Position) -> Families {
                let mut families = Families {
                    voids: Arc::new(self.voids.copy(up_to)),
                    $($field: Arc::new(self.$field.copy(up_to)),)*
                };
                families.link();
                families
            }
            /// The canonical bytes of what records up to a position said, of the fold of this name.
            pub(crate) fn bytes(&self, name: &str, up_to: Position) -> Option<Vec<u8>> {
                $(if name == <$fold as Fold>::NAME {
                    return Some(self.$field.copy(up_to).to_bytes());
                })*
                None
            }
            /// The members of that state, each with its canonical bytes.
            pub(crate) fn parts(
                &self,
                name: &str,
                up_to: Position,
            ) -> Vec<(&'static str, Vec<u8>)> {
                $(if name == <$fold as Fold>::NAME { return parts(&self.$field.copy(up_to)); })*
                Vec::new()
            }
            /// The edition of the fold of this name.
            #[must_use]
            pub fn edition(name: &str) -> Option<u32> {
                $(if name == <$fold as Fold>::NAME { return Some(<$fold as Fold>::EDITION); })*
                None
            }
            /// The state of the fold of this name; `None` if the bytes are none of this edition.
            #[must_use]
            pub fn apart(name: &str, bytes: &[u8]) -> Option<Apart> {
                $(if name == <$fold as Fold>::NAME {
                    let fold = <$fold as Fold>::from_bytes(bytes)?;
                    return Some(Apart(Box::new(move |all| all.$field = Arc::new(fold))));
                })*
                None
            }
            /// Takes the folds of these names over from another company, and leaves its own there.
            pub(crate) fn exchange(&mut self, names: &[&str], with: &mut Families) {
                $(if names.contains(&<$fold as Fold>::NAME) {
                    std::mem::swap(&mut self.$field, &mut with.$field);
                })*
                self.link();
            }
            /// What can be said of each fold.
            #[must_use]
            pub fn status(&self) -> Vec<FoldStatus> {
                vec![$(FoldStatus {
                    name: <$fold as Fold>::NAME,
                    edition: <$fold as Fold>::EDITION,
                    quarantine: Fold::quarantine(&*self.$field),
                    memory: self.$field.memory(),
                },)*]
            }
        }
    };
}

families! {
    /// Zone, currency, rates, closed periods.
    company: Company,
    /// Existence, revisions, which records name what.
    entities: Entities,
    /// Client cards, contacts, owners, merges, links.
    clients: Clients,
    /// Pipelines, regulations, deals.
    deals: Deals,
    /// Orders, invoices, payments, bills.
    trade: Trade,
    /// The double entry.
    accounts: Accounts,
    /// Goods and their cost.
    stock: Stock,
    /// Interactions, claims, tasks.
    activity: Activity,
    /// Employees, targets, substitutions.
    staff: Staff,
    /// Sources, campaigns, attribution.
    marketing: Marketing,
    /// Roles, users, integrations, grants, keys.
    access: Access,
}

impl fmt::Debug for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a state apart")
    }
}

impl Families {
    /// Puts states in the place of those there are.
    pub(crate) fn put(&mut self, states: impl IntoIterator<Item = Apart>) {
        states.into_iter().for_each(|Apart(put)| put(self));
        self.link();
    }
    /// Counts in other ids from now on, of which its own are the first.
    pub(crate) fn count_in(&mut self, ids: &Arc<Ids>) {
        Arc::make_mut(&mut self.entities).count_in(ids.clone());
        self.link();
    }
}
