//! Users and integrations. Invariant: a user is suspended from the newest suspension until the
//! resumption after it.

use sijil_schemas::{
    Position,
    id::{Entity, kind},
};

use super::Access;
use crate::{cells, cells::Cells, column::Column, cut::Lens, ids::Sym};

cells! {
    /// A step in the life of a user.
    pub(super) enum UserStep {
        /// The person became a user.
        Enrolled {
            /// The employee the user is.
            employee: Option<Sym<kind::Employee>>,
        },
        /// The user can do nothing.
        Suspended,
        /// The user can work again.
        Resumed,
    }
}

/// A user, as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserState<'a> {
    /// The employee the user is.
    pub employee: Option<&'a str>,
    /// The record that suspended the user; `None` while the user can work.
    pub suspended: Option<Position>,
    /// The record that enrolled the user.
    pub enrolled: Position,
}

/// An integration's account, as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceState<'a> {
    /// The user who answers for it.
    pub owner: &'a str,
    /// The record that enrolled it.
    pub enrolled: Position,
}

impl Access {
    /// A user; `None` if nobody enrolled one of this id.
    #[must_use]
    pub fn user(&self, user: &str, lens: Lens<'_>) -> Option<UserState<'_>> {
        // Asked of every request: the first step and the last, however long the life.
        let steps = self.users.of_any(self.ids.find(user));
        let (first, newest) = (steps.known(lens).next()?, steps.newest_known(lens)?);
        let UserStep::Enrolled { employee } = first.what else { return None };
        Some(UserState {
            employee: employee.map(|employee| self.ids.name(employee)),
            suspended: matches!(newest.what, UserStep::Suspended).then_some(newest.position),
            enrolled: first.position,
        })
    }
    /// Whether a user can work by what counts: enrolled, and not suspended.
    #[must_use]
    pub fn can_work(&self, user: &str, lens: Lens<'_>) -> bool {
        let newest = self.users.of_any(self.ids.find(user)).last(lens);
        newest.is_some_and(|newest| !matches!(newest.what, UserStep::Suspended))
    }
    /// The record by which a user can work, or cannot; `None` if nobody enrolled one of this id.
    #[must_use]
    pub fn user_said(&self, user: &str, lens: Lens<'_>) -> Option<Position> {
        self.users.of_any(self.ids.find(user)).last(lens).map(|newest| newest.position)
    }
    /// The user that an employee is, if the employee is one.
    #[must_use]
    pub fn user_of(&self, employee: &str, lens: Lens<'_>) -> Option<&str> {
        let enrolled = self.enrolled.of_any(self.ids.find(employee)).newest_known(lens)?;
        Some(self.ids.name(enrolled.what))
    }
    /// An integration's account; `None` if nobody enrolled one of this id.
    #[must_use]
    pub fn service(&self, service: &str, lens: Lens<'_>) -> Option<ServiceState<'_>> {
        let enrolled = self.services.of_any(self.ids.find(service)).newest_known(lens)?;
        let (owner, enrolled) = (self.ids.name(enrolled.what), enrolled.position);
        Some(ServiceState { owner, enrolled })
    }
    /// The users, in order of the ids.
    #[must_use]
    pub fn users(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.users, lens)
    }
    /// The integrations' accounts, in order of the ids.
    #[must_use]
    pub fn services(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.services, lens)
    }
    /// The ids of a kind of which anything is known, in their order.
    pub(super) fn known_of<K: Entity, T: Cells>(
        &self,
        column: &Column<K, T>,
        lens: Lens<'_>,
    ) -> Vec<&str> {
        let known = self.ids.syms().filter(|sym| column.of(*sym).newest_known(lens).is_some());
        let mut all: Vec<&str> = known.map(|sym| self.ids.name(sym)).collect();
        all.sort_unstable();
        all
    }
}
