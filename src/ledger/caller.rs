//! Who asks. Invariant: nobody is a caller who did not prove it: one is made of a credential that
//! the ledger knows, or by the main program for whoever holds the files it runs on.

use std::{net::IpAddr, sync::Arc};

use sijil_access::{Denied, Held, Secret, Standing, Use, actor_of, keyed, standing};
use sijil_log::Order;
use sijil_oidc::Shown;
use sijil_projections::{Cut, Families, Known, Lens};
use sijil_schemas::{
    May, Position, Right, RightFamily, RightScope,
    id::{EntityRef, Key, Kind},
    record::{Credential, KeyId, Voucher},
    time::Timestamp,
};

use crate::{desk::Desk, ledger::Ledger};

/// Somebody who asks, and is known.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Who>);

#[derive(Debug)]
enum Who {
    /// Nobody is asked who he is.
    Open,
    /// Whoever holds the files of this machine.
    Local,
    /// Somebody who may what was granted.
    Granted(Granted),
}

/// A user or an integration, who may what was granted, and where that is used.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) means: Means,
    pub(crate) from: Option<IpAddr>,
    pub(crate) holder: EntityRef,
    /// Who that is as an actor.
    pub(crate) actor: Key,
    /// By what it was known here: a key or a token, or a session that was begun with one.
    by: Credential,
}

/// What stands behind a credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Means {
    /// A key, which may narrow what its holder may.
    Key(KeyId),
    /// The word of a sign-in provider for a user.
    Login {
        /// The user.
        user: EntityRef,
        /// Up to when it counts, exclusive.
        until: Timestamp,
        /// What it may be used for at most, if that is said.
        narrows: Option<Vec<May>>,
    },
}

/// The actor of what the machine's operator records without naming one.
const LOCAL: &str = "local";

impl Caller {
    /// Whoever holds the files of this machine. The main program alone makes one, for its own
    /// commands and for the credential that stands among those files.
    #[must_use]
    pub fn local() -> Caller {
        Caller(Arc::new(Who::Local))
    }
    /// The ledger itself, which records what it has done.
    pub(crate) fn of_the_ledger() -> Caller {
        Caller(Arc::new(Who::Local))
    }
    /// Somebody nobody asks for a credential: of a server that was told to be open, or a ledger in
    /// memory.
    #[must_use]
    pub fn open() -> Caller {
        Caller(Arc::new(Who::Open))
    }
    /// Whether nobody asked for a credential.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(*self.0, Who::Open)
    }
    pub(crate) fn granted(&self) -> Option<&Granted> {
        match &*self.0 {
            Who::Granted(granted) => Some(granted),
            Who::Open | Who::Local => None,
        }
    }
    /// Who that is among the users and integrations; `None` for the machine's operator, and where
    /// nobody asks.
    #[must_use]
    pub fn holder(&self) -> Option<&EntityRef> {
        self.granted().map(|granted| &granted.holder)
    }
    /// The key it was known by, or its session was begun with.
    #[must_use]
    pub fn key(&self) -> Option<KeyId> {
        match self.granted()?.means {
            Means::Key(key) => Some(key),
            Means::Login { .. } => None,
        }
    }
    /// By what it was known: `open`, `local`, `key`, `session` or `token`.
    #[must_use]
    pub fn known_by(&self) -> &'static str {
        match &*self.0 {
            Who::Open => "open",
            Who::Local => Credential::Local.name(),
            Who::Granted(granted) => granted.by.name(),
        }
    }
    /// The actor of events that name none; `None` where nobody is asked who he is.
    #[must_use]
    pub fn actor(&self) -> Option<Key> {
        match &*self.0 {
            Who::Open => None,
            Who::Local => Key::new(LOCAL).ok(),
            Who::Granted(granted) => Some(granted.actor.clone()),
        }
    }
    /// What the ids under its idempotency keys are told apart by: two callers may take one key.
    pub(crate) fn name_space(&self) -> String {
        self.holder().map(ToString::to_string).unwrap_or_default()
    }
    /// Who vouches for what it records under the name of an actor.
    pub(crate) fn voucher(&self, actor: &Key) -> Option<Voucher> {
        match &*self.0 {
            Who::Open => None,
            Who::Local => Some(Voucher { recorded_by: None, by: Credential::Local }),
            Who::Granted(granted) => Some(Voucher {
                recorded_by: (granted.actor != *actor).then(|| granted.actor.clone()),
                by: granted.by,
            }),
        }
    }
}

impl Granted {
    /// What the holder may do at a moment by what it showed, if that is still good.
    pub(crate) fn standing(
        &self,
        families: &Families,
        lens: Lens<'_>,
        at: Timestamp,
    ) -> Option<Standing> {
        let access = &families.access;
        match &self.means {
            Means::Key(key) => {
                let use_of = Use { at, zone: &families.company.zone(), from: self.from };
                keyed(access, *key, use_of, lens).map(|(_, standing)| standing)
            }
            Means::Login { user, until, narrows } => {
                let mut standing = standing(access, user, at, lens).filter(|_| at < *until)?;
                if let Some(may) = narrows {
                    standing.held = standing.held.both(&used_for(may));
                }
                standing.until = standing.until.min(*until);
                Some(standing)
            }
        }
    }
}

/// The most that a token which is for some verbs alone lets anybody do.
fn used_for(may: &[May]) -> Held {
    if may.is_empty() {
        return Held::default();
    }
    Held::of(&[Right { family: RightFamily::All, may: may.to_vec(), scope: RightScope::All }])
}

impl Ledger {
    /// Who holds a key that is used from an address. Why a key is no good, nobody is told.
    pub fn authenticate(&self, secret: &Secret, from: Option<IpAddr>) -> Result<Caller, Denied> {
        let key = secret.id();
        self.holder_of(key, from, Credential::Key(key), |hash| secret.has_hash(hash))
    }
    /// Who goes on, from an address, in a session that was begun with a key: the key itself was
    /// shown then.
    pub(crate) fn signed_in(&self, key: KeyId, from: Option<IpAddr>) -> Result<Caller, Denied> {
        self.holder_of(key, from, Credential::Session, |_| true)
    }
    /// The holder of a key that is good here and now, if its hash is the right one.
    fn holder_of(
        &self,
        key: KeyId,
        from: Option<IpAddr>,
        by: Credential,
        is_right: impl FnOnce(&[u8; 32]) -> bool,
    ) -> Result<Caller, Denied> {
        let views = self.views();
        let (lens, zone) = (views.lens(Cut::all()), views.company.zone());
        let use_of = Use { at: self.now(), zone: &zone, from };
        let state = keyed(&views.access, key, use_of, lens).map(|(state, _)| state);
        // What is unknown is compared, too, so that it takes as long.
        let hash = state.as_ref().map_or([0; 32], |state| state.sha256);
        let matches = is_right(&hash);
        let holder = state.filter(|_| matches).map(|state| state.of);
        let holder = holder.ok_or(Denied::BadCredential)?;
        let actor = actor_of(&views.access, &holder, lens).ok_or(Denied::BadCredential)?;
        let means = Means::Key(key);
        Ok(Caller(Arc::new(Who::Granted(Granted { means, from, holder, actor, by }))))
    }
    /// Who shows a token of a sign-in provider. Why it opens nothing, nobody is told.
    pub(crate) fn by_token(&self, shown: Shown, from: Option<IpAddr>) -> Result<Caller, Denied> {
        let user = self.user_of_login(&shown.login).ok_or(Denied::BadCredential)?;
        let Shown { until, narrows, .. } = shown;
        self.by_login((user, until, narrows), from, Credential::Token)
    }
    /// A user for whom a provider gave its word, up to a moment, for some uses alone or all.
    pub(crate) fn by_login(
        &self,
        (user, until, narrows): (EntityRef, Timestamp, Option<Vec<May>>),
        from: Option<IpAddr>,
        by: Credential,
    ) -> Result<Caller, Denied> {
        let views = self.views();
        let lens = views.lens(Cut::all());
        let works = views.access.can_work(user.id(), lens);
        let actor = actor_of(&views.access, &user, lens).filter(|_| works);
        let actor = actor.ok_or(Denied::BadCredential)?;
        let (holder, means) = (user.clone(), Means::Login { user, until, narrows });
        Ok(Caller(Arc::new(Who::Granted(Granted { means, from, holder, actor, by }))))
    }
    /// Whether a key is good and its holder may work, wherever it is used.
    pub(crate) fn key_stands(&self, key: KeyId) -> bool {
        let (views, at) = (self.views(), self.now());
        let lens = views.lens(Cut::all());
        let state = views.access.key(key.as_str(), lens);
        state.is_some_and(|state| {
            state.is_good(at, &views.company.zone())
                && standing(&views.access, &state.of, at, lens).is_some()
        })
    }
    /// Whether a user can work.
    pub(crate) fn can_work(&self, user: &str) -> bool {
        let views = self.views();
        views.access.can_work(user, views.lens(Cut::all()))
    }
    /// Whether the key of a caller was issued after a position; not, if that cannot be read.
    pub(crate) fn issued_after(&self, caller: &Caller, position: Position) -> bool {
        let key = caller.key().map(|key| EntityRef::new(Kind::AccessKey, &key.to_string()));
        let Some(Ok(key)) = key else { return false };
        let first = self.reader.touching(&key, Position::ZERO, 1, Order::Forward);
        first.is_ok_and(|first| first.first().is_some_and(|first| *first > position))
    }
    /// What a caller may, by what is known.
    pub(crate) fn held_by(&self, views: &Known, caller: &Caller) -> Result<Held, Denied> {
        let Some(granted) = caller.granted() else { return Ok(Held::ALL) };
        let standing = granted.standing(views, views.lens(Cut::all()), self.now());
        standing.map(|standing| standing.held).ok_or(Denied::BadCredential)
    }
    /// The employee a caller is; `None` for an integration, and for who holds no key.
    pub(crate) fn employee_of(&self, caller: &Caller) -> Option<String> {
        let user = caller.holder().filter(|holder| holder.kind == Kind::User)?;
        let views = self.views();
        let state = views.access.user(user.id(), views.now());
        state.and_then(|user| user.employee.map(str::to_owned))
    }
    /// The desk of a caller, who may do there what is granted now.
    pub fn desk(&self, caller: &Caller) -> Result<Desk, Denied> {
        let held = self.held_by(&self.views(), caller)?;
        Ok(Desk::new(self.clone(), caller.clone(), held))
    }
    /// The desk at which the ledger itself records what it has seen.
    pub(crate) fn own_desk(&self) -> Desk {
        self.desk_of_all(Caller::of_the_ledger())
    }
    /// The desk of somebody who holds the files of this machine, or of a ledger that asks nobody.
    #[must_use]
    pub fn desk_of_all(&self, caller: Caller) -> Desk {
        assert!(caller.granted().is_none(), "whoever has a key may do what is granted");
        Desk::new(self.clone(), caller, Held::ALL)
    }
}
