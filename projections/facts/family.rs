//! What every family of columns is. Invariant: what one is made of is named once, so that nothing
//! of it is forgotten when it is published, taken back or saved.

use sijil_schemas::Position;

use crate::{
    Column, Rows,
    cells::Cells,
    links::{EntityLinks, Links},
    words::Words,
};

/// A part of a family.
pub trait Part: Sized {
    /// Lets readers see what records up to a position added.
    fn publish(&self, _up_to: Position) {}
    /// Takes back what records after a position added.
    fn truncate(&self, after: Position);
    /// How many bytes it takes in memory; of what is few, nothing.
    fn bytes(&self) -> u64 {
        0
    }
    /// How many bytes are kept of what was taken back.
    fn left_over(&self) -> u64 {
        0
    }
    /// What records up to a position added, apart; whoever adds to it may go on meanwhile. Nothing
    /// of it is published.
    #[must_use]
    fn copy(&self, up_to: Position) -> Self;
}

impl<S, T: Cells> Part for Column<S, T> {
    fn bytes(&self) -> u64 {
        Column::bytes(self)
    }
    fn publish(&self, up_to: Position) {
        Column::publish(self, up_to);
    }
    fn truncate(&self, after: Position) {
        Column::truncate(self, after);
    }
    fn copy(&self, up_to: Position) -> Self {
        Column::copy(self, up_to)
    }
}
impl<T: Cells> Part for Rows<T> {
    fn bytes(&self) -> u64 {
        Rows::bytes(self)
    }
    fn truncate(&self, after: Position) {
        Rows::truncate(self, after);
    }
    fn copy(&self, up_to: Position) -> Self {
        Rows::copy(self, up_to)
    }
}
impl<const N: usize> Part for Links<N> {
    fn bytes(&self) -> u64 {
        Links::bytes(self)
    }
    fn publish(&self, up_to: Position) {
        Links::publish(self, up_to);
    }
    fn truncate(&self, after: Position) {
        Links::truncate(self, after);
    }
    fn copy(&self, up_to: Position) -> Self {
        Links::copy(self, up_to)
    }
}
impl Part for EntityLinks {
    fn bytes(&self) -> u64 {
        EntityLinks::bytes(self)
    }
    fn publish(&self, up_to: Position) {
        EntityLinks::publish(self, up_to);
    }
    fn truncate(&self, after: Position) {
        EntityLinks::truncate(self, after);
    }
    fn copy(&self, up_to: Position) -> Self {
        EntityLinks::copy(self, up_to)
    }
}
impl Part for Words {
    fn bytes(&self) -> u64 {
        Words::bytes(self)
    }
    fn truncate(&self, after: Position) {
        Words::truncate(self, after);
    }
    fn left_over(&self) -> u64 {
        Words::left_over(self)
    }
    fn copy(&self, up_to: Position) -> Self {
        Words::copy(self, up_to)
    }
}

/// Declares a family: a struct of its parts, of what it set aside, and of the ids of the company,
/// which are not its own.
#[macro_export]
macro_rules! family {
    ($(#[$doc:meta])* $vis:vis struct $name:ident {
        $($(#[$part_doc:meta])* $part:ident : $ty:ty),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
        $vis struct $name {
            #[serde(skip)]
            ids: std::sync::Arc<$crate::ids::Ids>,
            /// The facts that fit nowhere.
            aside: $crate::quarantine::Quarantine,
            $($(#[$part_doc])* $part: $ty,)*
        }
        impl Clone for $name {
            fn clone(&self) -> $name {
                self.copy(sijil_schemas::Position::MAX)
            }
        }
        impl $name {
            /// Counts in these numbers from now on; those that were given until now are the same.
            pub fn count_in(&mut self, ids: std::sync::Arc<$crate::ids::Ids>) {
                self.ids = ids;
            }
            /// The ids of the company.
            #[must_use]
            pub fn ids(&self) -> &std::sync::Arc<$crate::ids::Ids> {
                &self.ids
            }
            /// What records up to a position said, apart, in the same numbers; whoever takes
            /// records may go on meanwhile. Nothing of it is published.
            #[must_use]
            pub fn copy(&self, up_to: sijil_schemas::Position) -> $name {
                $name {
                    ids: self.ids.clone(),
                    aside: $crate::family::Part::copy(&self.aside, up_to),
                    $($part: $crate::family::Part::copy(&self.$part, up_to),)*
                }
            }
            /// Lets readers see what records up to a position said.
            pub fn publish(&self, up_to: sijil_schemas::Position) {
                $($crate::family::Part::publish(&self.$part, up_to);)*
            }
            /// Takes back what records after a position said.
            pub fn truncate(&self, after: sijil_schemas::Position) {
                $crate::family::Part::truncate(&self.aside, after);
                $($crate::family::Part::truncate(&self.$part, after);)*
            }
            /// Its parts, each with the bytes it takes in memory.
            #[must_use]
            pub fn memory(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($part), $crate::family::Part::bytes(&self.$part))),*]
            }
            /// How many bytes are kept of what was taken back.
            #[must_use]
            pub fn left_over(&self) -> u64 {
                0 $(+ $crate::family::Part::left_over(&self.$part))*
            }
            /// The facts that fit nowhere, in order of position.
            #[must_use]
            pub fn quarantine(&self) -> Vec<$crate::quarantine::Quarantined> {
                self.aside.facts()
            }
        }
    };
}
pub use crate::family;
