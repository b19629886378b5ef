//! What somebody may at a moment, by the facts. Invariant: it follows from what is recorded alone,
//! so that every node says the same, and what is revoked is gone with the record that revokes it.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use sijil_facts::{
    Lens,
    access::{Access, KeyState},
};
use sijil_schemas::{
    RightFamily, RightScope,
    event::EVENT_TYPES,
    id::{EntityRef, Key, Kind},
    record::KeyId,
    time::Timestamp,
};

use crate::{
    rights::Rights,
    roles::{shipped, shipped_reach},
    within::Held,
};

/// What somebody may, and the first moment at which it may be something else by the facts that are
/// there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What may be done.
    pub held: Held,
    /// Up to when that holds, exclusive, if nothing is recorded meanwhile.
    pub until: Timestamp,
}

/// When and where a key is used.
#[derive(Debug, Clone, Copy)]
pub struct Use<'a> {
    /// The moment.
    pub at: Timestamp,
    /// The company's zone, in which a key's last day ends.
    pub zone: &'a TimeZone,
    /// The address it is used from; `None` if that is not known.
    pub from: Option<IpAddr>,
}

/// A key and what it lets one do, if it is good where and when it is used: known, not revoked, not
/// past its last day, not replaced for longer than the two overlap, from one of its networks, and
/// its holder may do anything at all.
#[must_use]
pub fn keyed<'a>(
    access: &'a Access,
    key: KeyId,
    use_of: Use<'_>,
    lens: Lens<'a>,
) -> Option<(KeyState<'a>, Standing)> {
    let state = access.key(key.as_str(), lens)?;
    let is_here = state.networks.is_empty()
        || use_of.from.is_some_and(|from| state.networks.iter().any(|net| net.contains(from)));
    if !is_here || !state.is_good(use_of.at, use_of.zone) {
        return None;
    }
    let Standing { held, until } = standing(access, &state.of, use_of.at, lens)?;
    let held = match state.narrows.as_deref() {
        None => held,
        Some(narrows) => held.both(&Held::of(narrows)),
    };
    let last = state.expires_on.plus_days(1).start(use_of.zone);
    let replaced = state.replaced.map_or(Timestamp::END, |replaced| replaced.ends());
    let standing = Standing { held, until: until.min(last).min(replaced) };
    Some((state, standing))
}

/// What a user or an integration may at a moment: all that is granted, added up. `None` if there is
/// none of this id, or the user is suspended.
#[must_use]
pub fn standing(
    access: &Access,
    holder: &EntityRef,
    at: Timestamp,
    lens: Lens<'_>,
) -> Option<Standing> {
    let stands = match holder.kind {
        Kind::User => access.user(holder.id(), lens)?.suspended.is_none(),
        // An integration works as long as somebody answers for it.
        _ => {
            let owner = access.service(holder.id(), lens)?.owner;
            access.user(owner, lens)?.suspended.is_none()
        }
    };
    if !stands {
        return None;
    }
    let mut standing = Standing { held: Held::default(), until: Timestamp::END };
    for grant in access.grants_of(holder, lens) {
        let next = [grant.from, grant.until].into_iter().flatten().filter(|bound| at < *bound);
        standing.until = next.fold(standing.until, Timestamp::min);
        if grant.holds(at) {
            let role = role(access, grant.role, lens);
            let scope = grant.scope.as_ref().unwrap_or(&RightScope::All);
            standing.held = standing.held.and(role.narrowed_to(scope));
        }
    }
    Some(standing)
}

/// What a role lets its holder do; nothing if there is none of this name.
#[must_use]
pub fn role(access: &Access, role: &str, lens: Lens<'_>) -> Held {
    let defined = || access.role(role, lens).map(|rights| Held::of(&rights));
    shipped(role).or_else(defined).unwrap_or_default()
}

/// The most that a user or an integration can come to do by the grants that stand: whenever they
/// hold, whatever their scopes, suspended or not.
#[must_use]
pub fn reach(access: &Access, holder: &EntityRef, lens: Lens<'_>) -> Rights {
    let grants = access.grants_of(holder, lens).into_iter();
    grants.fold(Rights::NONE, |all, grant| all | role_reach(access, grant.role, lens))
}

/// The most that a role can ever let its holder do.
#[must_use]
pub fn role_reach(access: &Access, role: &str, lens: Lens<'_>) -> Rights {
    let defined = || access.role(role, lens).map(|rights| Rights::reach(&rights));
    shipped_reach(role).or_else(defined).unwrap_or(Rights::NONE)
}

/// The family of the events that open an entity of a kind; of one that no event opens, all.
#[must_use]
pub fn family_of(kind: Kind) -> RightFamily {
    let opening = EVENT_TYPES.iter().find(|known| known.home_kind == Some(kind));
    opening.and_then(|known| RightFamily::named(known.family)).unwrap_or(RightFamily::All)
}

/// Who a user or an integration is as an actor: the employee, or where there is none the account
/// itself, which no employee can be taken for.
#[must_use]
pub fn actor_of(access: &Access, holder: &EntityRef, lens: Lens<'_>) -> Option<Key> {
    let employee = match holder.kind {
        Kind::User => access.user(holder.id(), lens)?.employee,
        _ => access.service(holder.id(), lens).and(None),
    };
    employee.map_or_else(|| Key::new(&holder.to_string()).ok(), |employee| Key::new(employee).ok())
}
