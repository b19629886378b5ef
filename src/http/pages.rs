//! The pages of problems. Invariant: one page for each name of a problem, and no other.

/// The page of a problem.
pub(crate) fn page(name: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Every page by name.
static PAGES: &[(&str, &str)] = &[];
