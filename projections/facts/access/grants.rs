//! Grants. Invariant: a grant holds from when it is recorded until it is revoked, and within the
//! span it names.

use sijil_schemas::{
    PermissionGranted, Position, Record, RightScope,
    id::{EntityRef, Kind, kind},
    time::Timestamp,
};

use super::{Access, recorded, rights::ScopeCells};
use crate::{
    cells,
    chain::Chain,
    cut::Lens,
    ids::{EntitySym, Sym},
    words::Word,
};

cells! {
    /// A step in the life of a grant.
    pub(super) enum GrantStep {
        /// A role was given.
        Granted {
            /// The user or integration that got it.
            to: EntitySym,
            /// Which role.
            role: Sym<Word>,
            /// How much of what the role reaches; `None` for all of it.
            scope: Option<ScopeCells>,
            /// From when it holds; `None` for at once.
            from: Option<Timestamp>,
            /// Up to when it holds, exclusive; `None` for as long as it stands.
            until: Option<Timestamp>,
        },
        /// It ended.
        Revoked,
    }
}

/// A grant, as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantState<'a> {
    /// The grant.
    pub grant: &'a str,
    /// The user or integration that got it.
    pub to: EntityRef,
    /// Which role.
    pub role: &'a str,
    /// How much of what the role reaches; `None` for all of it.
    pub scope: Option<RightScope>,
    /// From when it holds; `None` for at once.
    pub from: Option<Timestamp>,
    /// Up to when it holds, exclusive; `None` for as long as it stands.
    pub until: Option<Timestamp>,
    /// When it was recorded.
    pub at: Timestamp,
    /// The record that gave it.
    pub granted: Position,
    /// The record that revoked it.
    pub revoked: Option<Position>,
}

impl GrantState<'_> {
    /// Whether it holds at a moment: not revoked, and within its span.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.revoked.is_none()
            && self.from.is_none_or(|from| from <= at)
            && self.until.is_none_or(|until| at < until)
    }
}

impl Access {
    pub(super) fn take_grant(&self, record: &Record, e: &PermissionGranted) {
        let (grant, holder) = (self.ids.sym(&e.grant), self.ids.entity(&e.to.entity()));
        let role = self.words.intern(e.role.as_str(), record.position);
        let scope = e.scope.as_ref().map(|scope| self.keep_scope(scope, record.position));
        let step = GrantStep::Granted { to: holder, role, scope, from: e.from, until: e.until };
        self.grants.push(grant, recorded(record, step));
        let given = recorded(record, grant);
        if let Some(user) = holder.typed() {
            self.granted_users.push(user, given);
        } else if let Some(service) = holder.typed() {
            self.granted_services.push(service, given);
        }
        self.granted_roles.push(role, given);
    }
    /// A grant, revoked or not; `None` if nobody gave one of this id.
    #[must_use]
    pub fn grant(&self, grant: &str, lens: Lens<'_>) -> Option<GrantState<'_>> {
        self.grant_of(self.ids.find(grant)?, lens)
    }
    fn grant_of(&self, grant: Sym<kind::Grant>, lens: Lens<'_>) -> Option<GrantState<'_>> {
        let mut state: Option<GrantState<'_>> = None;
        for step in self.grants.of(grant).counting(lens) {
            match (step.what, &mut state) {
                (GrantStep::Granted { to, role, scope, from, until }, _) => {
                    state = Some(GrantState {
                        grant: self.ids.name(grant),
                        to: self.ids.entity_of(to),
                        role: self.words.text(role),
                        scope: scope.map(|scope| self.scope(scope)),
                        from,
                        until,
                        at: step.at,
                        granted: step.position,
                        revoked: None,
                    });
                }
                (GrantStep::Revoked, Some(state)) => state.revoked = Some(step.position),
                (GrantStep::Revoked, None) => (),
            }
        }
        state
    }
    /// The grants of a user or an integration that are not revoked, in order of position, whether
    /// they hold at a moment or not.
    #[must_use]
    pub fn grants_of(&self, of: &EntityRef, lens: Lens<'_>) -> Vec<GrantState<'_>> {
        match of.kind {
            Kind::User => self.standing(self.granted_users.of_any(self.ids.find(of.id())), lens),
            Kind::Service => {
                self.standing(self.granted_services.of_any(self.ids.find(of.id())), lens)
            }
            _ => Vec::new(),
        }
    }
    fn standing<S>(
        &self,
        given: Chain<'_, S, Sym<kind::Grant>>,
        lens: Lens<'_>,
    ) -> Vec<GrantState<'_>> {
        let mut standing = Vec::new();
        for given in given.known(lens) {
            standing
                .extend(self.grant_of(given.what, lens).filter(|grant| grant.revoked.is_none()));
        }
        standing
    }
    /// The grants of a role that are not revoked, the newest first: who looks for one that holds
    /// need not look at all.
    pub fn grants_of_role<'a>(
        &'a self,
        role: &str,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = GrantState<'a>> {
        let given = self.granted_roles.of_any(self.words.find(role)).known(lens).rev();
        given
            .filter_map(move |given| self.grant_of(given.what, lens))
            .filter(|grant| grant.revoked.is_none())
    }
    /// The grants, revoked or not, in order of the ids.
    #[must_use]
    pub fn grants(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.grants, lens)
    }
}
