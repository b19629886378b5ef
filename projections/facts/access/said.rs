//! What a stretch of the log says of access, for whoever keeps something beside the facts.
//! Invariant: whatever a record changes of what is asked here, it is told as touched.

use std::ops::Range;

use sijil_schemas::{
    KEYHOLDER, Position,
    id::kind,
    time::{Date, Timestamp},
};

use super::{Access, grants::GrantStep, rights::ScopeCells, subjects::HoldStep, users::UserStep};
use crate::{
    cut::{Lens, Side},
    ids::{EntitySym, Sym},
};

impl Access {
    /// The grants that records at some positions give or revoke; one may come twice.
    pub fn grants_said(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Grant>> {
        self.grants.recorded(positions, side).map(|(grant, _)| grant)
    }
    /// The users that records at some positions enrol, suspend or resume; one may come twice.
    pub fn users_said(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::User>> {
        self.users.recorded(positions, side).map(|(user, _)| user)
    }
    /// The holds that records at some positions place or lift; one may come twice.
    pub fn holds_said(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Hold>> {
        self.holds.recorded(positions, side).map(|(hold, _)| hold)
    }
    /// The user whom a grant that is not revoked makes a keyholder of everything without an end,
    /// whether the user can work or not, and from when, `None` for at once; `None` if it does not.
    #[must_use]
    pub fn makes_keyholder(
        &self,
        grant: Sym<kind::Grant>,
        lens: Lens<'_>,
    ) -> Option<(Sym<kind::User>, Option<Timestamp>)> {
        let newest = self.grants.of(grant).last(lens)?;
        let GrantStep::Granted { to, role, scope, from, until: None } = newest.what else {
            return None;
        };
        let is_whole = matches!(scope, None | Some(ScopeCells::All));
        let user = to.typed().filter(|_| is_whole && self.words.text(role) == KEYHOLDER)?;
        Some((user, from))
    }
    /// Whether a user can work: enrolled, and not suspended.
    #[must_use]
    pub fn works(&self, user: Sym<kind::User>, lens: Lens<'_>) -> bool {
        let newest = self.users.of(user).newest_known(lens);
        newest.is_some_and(|newest| !matches!(newest.what, UserStep::Suspended))
    }
    /// About whom a hold is that is not lifted, and its last day, `None` for until it is lifted;
    /// `None` if it is lifted.
    #[must_use]
    pub fn stands(
        &self,
        hold: Sym<kind::Hold>,
        lens: Lens<'_>,
    ) -> Option<(EntitySym, Option<Date>)> {
        match self.holds.of(hold).newest_known(lens)?.what {
            HoldStep::Placed { subject, until, .. } => Some((subject, until)),
            HoldStep::Lifted => None,
        }
    }
}
