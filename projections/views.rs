//! All folds together, at one position. Invariant: every fold has seen exactly the records up to
//! `position`, in order.

use sijil_schemas::{Position, Record, time::Timestamp};

use crate::{
    accounts::Accounts,
    activity::Activity,
    assembly::{Assembly, Whole, laid},
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
}

/// What one fold has to do.
pub type Work<'a> = Box<dyn FnOnce() + Send + 'a>;

macro_rules! views {
    ($($(#[$doc:meta])* $field:ident: $fold:ty,)*) => {
        /// Every read model at one position.
        #[derive(Debug)]
        pub struct Views {
            position: Position,
            recorded_at: Option<Timestamp>,
            /// Which records are voided.
            pub voids: Voids,
            assembly: Assembly,
            /// The documents in parts among the records in hand.
            wholes: Vec<Whole>,
            $($(#[$doc])* pub $field: $fold,)*
        }

        /// Every read model, borrowed: those of some views, or another in the place of one.
        #[derive(Debug, Clone, Copy)]
        pub struct Folds<'a> {
            /// Which records are voided.
            pub voids: &'a Voids,
            /// Who wants to know what an answer depends on.
            pub watch: Option<&'a Watch>,
            $($(#[$doc])* pub $field: &'a $fold,)*
        }

        impl Default for Views {
            fn default() -> Views {
                let mut views = Views {
                    position: Position::ZERO,
                    recorded_at: None,
                    voids: Voids::default(),
                    assembly: Assembly::default(),
                    wholes: Vec::new(),
                    $($field: <$fold>::default(),)*
                };
                views.link();
                views
            }
        }

        impl Clone for Views {
            fn clone(&self) -> Views {
                let mut views = Views {
                    position: self.position,
                    recorded_at: self.recorded_at,
                    voids: self.voids.clone(),
                    assembly: self.assembly.clone(),
                    wholes: self.wholes.clone(),
                    $($field: self.$field.clone(),)*
                };
                views.entities = self.entities.apart();
                views.link();
                views
            }
        }

        impl<'a> Folds<'a> {
            /// A cut together with the voids, and with whoever watches.
            #[must_use]
            pub const fn lens(&self, cut: Cut) -> Lens<'a> {
                Lens { watch: self.watch, ..Lens::new(cut, self.voids) }
            }
            /// The same with the fold of this name from other views.
            #[must_use]
            pub fn with(self, name: &str, other: &'a Views) -> Folds<'a> {
                let mut folds = self;
                $(if name == <$fold as Fold>::NAME { folds.$field = &other.$field; })*
                folds
            }
        }

        impl Views {
            /// The folds, borrowed.
            #[must_use]
            pub const fn folds(&self) -> Folds<'_> {
                Folds { voids: &self.voids, watch: None, $($field: &self.$field,)* }
            }
            /// The names of all folds, in order.
            pub const FOLDS: &[&'static str] = &[$(<$fold as Fold>::NAME,)*];

            /// Has every fold count in the numbers of the entities.
            fn link(&mut self) {
                let ids = self.entities.ids().clone();
                $(self.$field.link(&ids);)*
            }
            /// Takes the next record.
            pub fn apply(&mut self, record: &Record) {
                self.entities.name(&record.event, record.position);
                self.position = record.position;
                self.recorded_at = Some(record.recorded_at);
                self.voids.take(record);
                let whole = self.assembly.take(record);
                $(if <$fold as Fold>::WHOLE {
                    if let Some(whole) = &whole {
                        self.$field.apply(whole);
                    }
                } else {
                    self.$field.apply(record);
                })*
            }
            /// The next records, as one piece of work for each fold that takes any of them. Pieces
            /// know nothing of each other: they may be done in any order, on any threads, and all
            /// must be done before anything is asked. Done one after the other they are quicker
            /// than [`Views::apply`] for each record, since the tables of one fold stay at hand.
            pub fn work<'a>(
                &'a mut self,
                records: &'a [Record],
                takes: &'a (dyn Fn(&'static str, &Record) -> bool + Sync),
            ) -> Vec<Work<'a>> {
                if let Some(last) = records.last() {
                    self.position = last.position;
                    self.recorded_at = Some(last.recorded_at);
                }
                for record in records {
                    self.voids.take(record);
                    self.entities.name(&record.event, record.position);
                }
                self.wholes = self.assembly.lay(records);
                let wholes: &'a [Whole] = &self.wholes;
                let mut work: Vec<Work<'a>> = Vec::with_capacity(Views::FOLDS.len());
                $({
                    let (fold, name) = (&mut self.$field, <$fold as Fold>::NAME);
                    let wholes = if <$fold as Fold>::WHOLE { wholes } else { &[] };
                    let mut records =
                        laid(records, wholes).filter(move |record| takes(name, record)).peekable();
                    if records.peek().is_some() {
                        work.push(Box::new(move || records.for_each(|record| fold.apply(record))));
                    }
                })*
                work
            }
            /// The digest of the fold of this name.
            #[must_use]
            pub fn digest(&self, name: &str) -> Option<[u8; 32]> {
                $(if name == <$fold as Fold>::NAME { return Some(self.$field.digest()); })*
                None
            }
            /// The canonical bytes of the fold of this name.
            #[must_use]
            pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
                $(if name == <$fold as Fold>::NAME { return Some(self.$field.to_bytes()); })*
                None
            }
            /// The members of the state of the fold of this name, each with its canonical bytes.
            #[must_use]
            pub fn parts(&self, name: &str) -> Vec<(&'static str, Vec<u8>)> {
                $(if name == <$fold as Fold>::NAME { return parts(&self.$field); })*
                Vec::new()
            }
            /// The edition of the fold of this name.
            #[must_use]
            pub fn edition(name: &str) -> Option<u32> {
                $(if name == <$fold as Fold>::NAME { return Some(<$fold as Fold>::EDITION); })*
                None
            }
            /// Puts the state of the fold of this name in place; false if the bytes are none of
            /// this edition.
            #[must_use]
            pub fn restore(&mut self, name: &str, bytes: &[u8]) -> bool {
                $(if name == <$fold as Fold>::NAME {
                    let Some(fold) = <$fold as Fold>::from_bytes(bytes) else { return false };
                    self.$field = fold;
                    self.link();
                    return true;
                })*
                false
            }
            /// Takes the fold of this name over from other views, and leaves its own there.
            pub fn exchange(&mut self, name: &str, with: &mut Views) {
                $(if name == <$fold as Fold>::NAME {
                    std::mem::swap(&mut self.$field, &mut with.$field);
                })*
                self.link();
                with.link();
            }
            /// What can be said of each fold.
            #[must_use]
            pub fn status(&self) -> Vec<FoldStatus> {
                vec![$(FoldStatus {
                    name: <$fold as Fold>::NAME,
                    edition: <$fold as Fold>::EDITION,
                    quarantine: Fold::quarantine(&self.$field),
                },)*]
            }
        }
    };
}

views! {
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
}

impl Views {
    /// The position of the last record taken.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }
    /// When the last record taken was recorded.
    #[must_use]
    pub const fn recorded_at(&self) -> Option<Timestamp> {
        self.recorded_at
    }
    /// The document of which parts are still to come, if there is one. In the middle of it nothing
    /// that lasts may be made of the folds: they have not taken it.
    #[must_use]
    pub const fn assembly(&self) -> &Assembly {
        &self.assembly
    }
    /// Says which position restored folds stand at.
    pub fn stand_at(&mut self, position: Position, recorded_at: Option<Timestamp>, voids: Voids) {
        (self.position, self.recorded_at, self.voids) = (position, recorded_at, voids);
    }
    /// Counts in the numbers of other views from now on, which know all that these do.
    pub fn count_like(&mut self, other: &Views) {
        self.entities.count_in(other.entities.ids().clone());
        self.link();
    }
    /// A cut together with the voids.
    #[must_use]
    pub const fn lens(&self, cut: Cut) -> Lens<'_> {
        Lens::new(cut, &self.voids)
    }
    /// Everything known now.
    #[must_use]
    pub const fn now(&self) -> Lens<'_> {
        self.lens(Cut::all())
    }
}
