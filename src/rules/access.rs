//! Rules on who may do what. Invariant: access is given and taken from now on, never for an earlier
//! time, and at every moment somebody who can work holds everything.
//!
//! Who may give what is asked of the caller, before these rules.

use sijil_projections::{access::GrantState, steps};
use sijil_schemas::{
    Holder, KEY_DAYS_MAX, KEYHOLDER, KeyIssued, PermissionGranted, RightScope, SHIPPED_ROLES,
    event::Access,
    id::{EmployeeId, EntityRef, GrantId, Key, Kind, UserId},
    time::AHEAD_MICROS_MAX,
};

use crate::{Book, Proposal, Rejection};

mod kept;
mod standing;

pub(crate) use kept::{check_module, check_persons};
pub(crate) use standing::{Standing, Touched};

/// The most grants or holds that are walked as well, where assertions are held, to check what is
/// kept beside them.
const WALKED_MAX: usize = 512;

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &Access) -> Result<(), Rejection> {
    let (at, clock) = (proposal.at(), proposal.clock);
    if at.micros() < clock.micros().saturating_sub(AHEAD_MICROS_MAX) {
        return Err(Rejection::AccessNotBackdated { at, clock });
    }
    match event {
        Access::RoleDefined(e) => {
            if SHIPPED_ROLES.contains(&e.role.as_str()) {
                return Err(Rejection::RoleShips { role: e.role.to_string() });
            }
            Ok(())
        }
        Access::UserEnrolled(e) => {
            check_actor("/data/user", &e.user.entity())?;
            let Some(employee) = &e.employee else { return Ok(()) };
            check_employee(employee)?;
            match book.access.user_of(employee.as_str(), book.now()) {
                Some(user) => Err(Rejection::EmployeeHasUser {
                    employee: employee.entity(),
                    user: entity(Kind::User, user),
                }),
                None => Ok(()),
            }
        }
        Access::UserSuspended(e) => {
            let state = book.access.user(e.user.as_str(), book.now());
            if state.is_some_and(|user| user.suspended.is_some()) {
                return Err(illegal(proposal, "suspended", "suspended"));
            }
            check_keyholder_stays(book, proposal, &e.user.entity())
        }
        Access::UserResumed(e) => {
            let state = book.access.user(e.user.as_str(), book.now());
            if state.is_some_and(|user| user.suspended.is_none()) {
                return Err(illegal(proposal, "enrolled", "resumed"));
            }
            Ok(())
        }
        Access::IntegrationEnrolled(e) => {
            check_actor("/data/service", &e.service.entity())?;
            check_can_work(book, "/data/owner", &e.owner)
        }
        Access::PermissionGranted(e) => check_grant(book, e),
        Access::PermissionRevoked(e) => check_revoked(book, proposal, &e.grant),
        Access::KeyIssued(e) => check_key(book, proposal, e),
        Access::KeyRevoked(e) => {
            let key = book.access.key(e.key.as_str(), book.now());
            if key.is_some_and(|key| key.revoked.is_some()) {
                return Err(illegal(proposal, "revoked", "revoked"));
            }
            Ok(())
        }
        event => kept::check(book, proposal, event),
    }
}

/// An account acts under its own name where no employee is behind it.
fn check_actor(pointer: &'static str, account: &EntityRef) -> Result<(), Rejection> {
    match Key::new(&account.to_string()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Rejection::ActorNotOwn { pointer, got: account.id().to_owned() }),
    }
}

/// Names that an actor may have who is no employee.
const NO_EMPLOYEES: [&str; 3] = ["local", "anonymous", "import"];

fn check_employee(employee: &EmployeeId) -> Result<(), Rejection> {
    let id = employee.as_str();
    let is_account = ["user:", "service:"].iter().any(|account| id.starts_with(account));
    if is_account || NO_EMPLOYEES.contains(&id) {
        return Err(Rejection::ActorNotOwn { pointer: "/data/employee", got: id.to_owned() });
    }
    Ok(())
}

fn entity(kind: Kind, id: &str) -> EntityRef {
    EntityRef::new(kind, id).expect("an id that was admitted")
}

fn illegal(proposal: &Proposal<'_>, from: &'static str, to: &'static str) -> Rejection {
    let entity = proposal.candidate.event.home();
    let (at, position) = (proposal.at(), proposal.position);
    Rejection::IllegalTransition { entity, from, to, at, position }
}

fn check_can_work(book: &Book, pointer: &'static str, user: &UserId) -> Result<(), Rejection> {
    match book.access.user(user.as_str(), book.now()).and_then(|user| user.suspended) {
        Some(since) => Err(Rejection::UserSuspended { pointer, user: user.entity(), since }),
        None => Ok(()),
    }
}

fn check_grant(book: &Book, e: &PermissionGranted) -> Result<(), Rejection> {
    let role = e.role.as_str();
    if !SHIPPED_ROLES.contains(&role) && book.access.role(role, book.now()).is_none() {
        let shipped = SHIPPED_ROLES.iter().copied();
        let known = shipped.chain(book.access.roles(book.now())).map(str::to_owned).collect();
        return Err(Rejection::UnknownRole { got: role.to_owned(), known });
    }
    match (e.from, e.until) {
        (Some(from), Some(until)) if until <= from => Err(Rejection::GrantSpan { from, until }),
        _ => Ok(()),
    }
}

fn check_revoked(book: &Book, proposal: &Proposal<'_>, grant: &GrantId) -> Result<(), Rejection> {
    let Some(grant) = book.access.grant(grant.as_str(), book.now()) else { return Ok(()) };
    if grant.revoked.is_some() {
        return Err(illegal(proposal, "revoked", "revoked"));
    }
    if grant.until.is_some() || !is_keyholder(book, proposal, &grant) {
        return Ok(());
    }
    let (ids, at) = (book.access.ids(), proposal.clock);
    let (user, own) = (ids.find(grant.to.id()), ids.find(grant.grant));
    let is_kept =
        book.keyholders.keeps(user, at) || book.keyholders.keeps_by_another(user, own, at);
    let walked = || keyholders(book, proposal).any(|other| other.grant != grant.grant);
    debug_assert!(is_walked(book, is_kept, walked), "keyholders beside {}", grant.grant);
    if is_kept { Ok(()) } else { Err(last_keyholder(&grant)) }
}

/// Whether a walk over the grants of keyholder, if there are few, says the same.
fn is_walked(book: &Book, is_kept: bool, walked: impl FnOnce() -> bool) -> bool {
    let given = book.access.grants_of_role(KEYHOLDER, book.now());
    steps::uncounted(|| given.take(WALKED_MAX).count() == WALKED_MAX || walked() == is_kept)
}

/// A user may be suspended who is no keyholder, or not the only one.
fn check_keyholder_stays(
    book: &Book,
    proposal: &Proposal<'_>,
    user: &EntityRef,
) -> Result<(), Rejection> {
    let (number, at) = (book.access.ids().find(user.id()), proposal.clock);
    let is_kept = book.keyholders.keeps(number, at);
    let walked = || keyholders(book, proposal).any(|other| other.to != *user);
    debug_assert!(is_walked(book, is_kept, walked), "keyholders beside {user}");
    // Nothing is lost with one who is none.
    if is_kept || !book.keyholders.keeps_by_another(number, None, at) {
        return Ok(());
    }
    let own = book.access.grants_of(user, book.now());
    let lasting = |grant: &&GrantState<'_>| grant.until.is_none();
    match own.iter().filter(lasting).find(|grant| is_keyholder(book, proposal, grant)) {
        Some(own) => Err(last_keyholder(own)),
        None => Ok(()),
    }
}

/// The grants that make keyholders now, the newest first.
fn keyholders<'a>(
    book: &'a Book,
    proposal: &'a Proposal<'_>,
) -> impl Iterator<Item = GrantState<'a>> {
    let given = book.access.grants_of_role(KEYHOLDER, book.now());
    // One who is so only for a time leaves nobody behind.
    given.filter(move |grant| grant.until.is_none() && is_keyholder(book, proposal, grant))
}

/// Whether a grant makes somebody who can work a keyholder now, of everything.
fn is_keyholder(book: &Book, proposal: &Proposal<'_>, grant: &GrantState<'_>) -> bool {
    let can_work =
        || book.access.user(grant.to.id(), book.now()).is_some_and(|user| user.suspended.is_none());
    grant.role == KEYHOLDER
        && matches!(grant.scope, None | Some(RightScope::All))
        && grant.holds(proposal.clock)
        && grant.to.kind == Kind::User
        && can_work()
}

fn last_keyholder(grant: &GrantState<'_>) -> Rejection {
    Rejection::LastKeyholder { user: grant.to.clone(), grant: entity(Kind::Grant, grant.grant) }
}

fn check_key(book: &Book, proposal: &Proposal<'_>, e: &KeyIssued) -> Result<(), Rejection> {
    if let Holder::User(user) = &e.of {
        check_can_work(book, "/data/of", user)?;
    }
    let first = proposal.clock.date(&book.company.zone());
    let last = first.plus_days(KEY_DAYS_MAX);
    if e.expires_on < first || e.expires_on > last {
        return Err(Rejection::KeyExpiry { first, last, got: e.expires_on });
    }
    let refuse = |pointer, expected, got| Err(Rejection::KeyReplaces { pointer, expected, got });
    let Some(replaces) = &e.replaces else {
        return match e.overlap_h {
            Some(hours) => refuse(
                "/data/overlap_h",
                "the key that is replaced beside it",
                format!("{} hours of none", hours.get()),
            ),
            None => Ok(()),
        };
    };
    let Some(before) = book.access.key(replaces.as_str(), book.now()) else { return Ok(()) };
    let (key, pointer) = (replaces.entity(), "/data/replaces");
    if before.of != e.of.entity() {
        return refuse(pointer, "a key of the same holder", format!("{key} of {}", before.of));
    }
    if let Some(revoked) = before.revoked {
        let got = format!("{key}, revoked at position {revoked}");
        return refuse(pointer, "a key that is not revoked", got);
    }
    match before.replaced {
        Some(replaced) => {
            let got = format!("{key}, replaced at position {}", replaced.position);
            refuse(pointer, "a key that none replaced yet", got)
        }
        None => Ok(()),
    }
}
