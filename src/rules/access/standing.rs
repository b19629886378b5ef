//! Who keeps the company open, and whose values must stay, kept beside the facts of access.
//! Invariant: it is what a walk over all grants and holds finds; whatever a record touches is asked
//! of the facts again, once they have the record or have lost it. Builds with debug assertions hold
//! one against the other.

use std::collections::{BTreeMap, BTreeSet};

use sijil_projections::{EntitySym, Lens, Side, Sym, access::Access};
use sijil_schemas::{
    Event, Position, Record,
    id::kind,
    time::{Date, Timestamp},
};

/// From when a grant holds; `None` for at once.
type Since = Option<Timestamp>;
/// The last day of a hold, one that has none behind all others.
type Until = (bool, Option<Date>);

/// Who can do everything without an end, and which holds are not lifted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// What each grant makes a keyholder of.
    makes: BTreeMap<Sym<kind::Grant>, (Sym<kind::User>, Since)>,
    /// The same by user, in order of the time.
    grants: BTreeMap<Sym<kind::User>, BTreeSet<(Since, Sym<kind::Grant>)>>,
    /// The users among them who can work, by the first time of each.
    able: BTreeSet<(Since, Sym<kind::User>)>,
    /// Where each stands among them.
    firsts: BTreeMap<Sym<kind::User>, Since>,
    stands: BTreeMap<Sym<kind::Hold>, (EntitySym, Until)>,
    /// The holds on each person, in order of the last day.
    held: BTreeMap<EntitySym, BTreeSet<(Until, Sym<kind::Hold>)>>,
}

/// What some records touch.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    grants: Vec<Sym<kind::Grant>>,
    users: Vec<Sym<kind::User>>,
    holds: Vec<Sym<kind::Hold>>,
}

impl Touched {
    /// What the records after a position touch, which the facts still have.
    pub(crate) fn after(access: &Access, position: Position) -> Touched {
        let within = position.next()..Position::MAX;
        Touched {
            grants: access.grants_said(within.clone(), Side::Decided).collect(),
            users: access.users_said(within.clone(), Side::Decided).collect(),
            holds: access.holds_said(within, Side::Decided).collect(),
        }
    }
}

impl Standing {
    /// What stands by all that is known of access.
    pub(crate) fn of(access: &Access, now: Lens<'_>) -> Standing {
        let mut standing = Standing::default();
        standing.refresh(access, now, Touched::after(access, Position::ZERO));
        standing
    }
    /// Takes a record that the facts have taken.
    pub(crate) fn take(&mut self, access: &Access, now: Lens<'_>, record: &Record) {
        if matches!(record.event, Event::Access(_)) {
            let before = Position::new(record.position.get().saturating_sub(1));
            self.refresh(access, now, Touched::after(access, before));
        }
    }
    /// Asks the facts anew of what was touched.
    pub(crate) fn refresh(&mut self, access: &Access, now: Lens<'_>, touched: Touched) {
        let Touched { grants, mut users, holds } = touched;
        for grant in grants {
            if let Some((user, from)) = self.makes.remove(&grant)
                && let Some(own) = self.grants.get_mut(&user)
            {
                own.remove(&(from, grant));
                if own.is_empty() {
                    self.grants.remove(&user);
                }
                users.push(user);
            }
            if let Some((user, from)) = access.makes_keyholder(grant, now) {
                self.makes.insert(grant, (user, from));
                self.grants.entry(user).or_default().insert((from, grant));
                users.push(user);
            }
        }
        for user in users {
            if let Some(from) = self.firsts.remove(&user) {
                self.able.remove(&(from, user));
            }
            let first = self.grants.get(&user).and_then(BTreeSet::first);
            if let Some((from, _)) = first.filter(|_| access.works(user, now)) {
                self.able.insert((*from, user));
                self.firsts.insert(user, *from);
            }
        }
        for hold in holds {
            if let Some((subject, until)) = self.stands.remove(&hold)
                && let Some(own) = self.held.get_mut(&subject)
            {
                own.remove(&(until, hold));
                if own.is_empty() {
                    self.held.remove(&subject);
                }
            }
            if let Some((subject, until)) = access.stands(hold, now) {
                let until = (until.is_none(), until);
                self.stands.insert(hold, (subject, until));
                self.held.entry(subject).or_default().insert((until, hold));
            }
        }
    }

    /// Whether somebody but one user, who may have no number, is a keyholder at a moment.
    pub(crate) fn keeps(&self, but: Option<Sym<kind::User>>, at: Timestamp) -> bool {
        let mut able = self.able.iter().take_while(|(from, _)| from.is_none_or(|from| from <= at));
        able.any(|(_, user)| Some(*user) != but)
    }
    /// Whether a user who can work is a keyholder at a moment by a grant other than one.
    pub(crate) fn keeps_by_another(
        &self,
        user: Option<Sym<kind::User>>,
        but: Option<Sym<kind::Grant>>,
        at: Timestamp,
    ) -> bool {
        let own = user.filter(|user| self.firsts.contains_key(user));
        let own = own.and_then(|user| self.grants.get(&user));
        let own = own.into_iter().flatten();
        let mut begun = own.take_while(|(from, _)| from.is_none_or(|from| from <= at));
        begun.any(|(_, grant)| Some(*grant) != but)
    }
    /// Whether values about somebody must stay on a day.
    pub(crate) fn holds(&self, subject: Option<EntitySym>, on: Date) -> bool {
        let held = subject.and_then(|subject| self.held.get(&subject));
        let last = held.and_then(BTreeSet::last);
        last.is_some_and(|((_, until), _)| until.is_none_or(|until| on <= until))
    }
}
