//! The pages of problems. Invariant: each kind of problem has one, or this does not compile.

use sijil_schemas::{problem::ProblemKind, problems};

macro_rules! pages {
    ($($kind:ident $name:literal [$($status:literal),+];)*) => {
        /// The page of a kind of problem: what it means, when it happens, what to do.
        #[must_use]
        pub fn page(kind: ProblemKind) -> &'static str {
            match kind {
                $(ProblemKind::$kind => include_str!(concat!("problems/", $name, ".md")),)*
            }
        }
    };
}

problems!(pages);
