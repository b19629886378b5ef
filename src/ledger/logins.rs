//! Which user a sign-in provider means. Invariant: a login is a personal value: it is read in the
//! log and kept in memory alone, and what was erased there means nobody.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use sijil_projections::Cut;
use sijil_schemas::{
    Event, Login, Position,
    event::Access,
    id::{EntityRef, Kind},
    text::Personal,
};

use crate::ledger::Ledger;

/// The logins of users, as far as they were read.
#[derive(Clone, Default)]
pub(crate) struct Logins(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// Users whose record was read.
    users: HashSet<String>,
    /// The users that have a login, with the records that say so, the earliest first.
    of: HashMap<(String, String), Vec<(Position, String)>>,
}

/// A login as it is looked up.
fn key(login: &Login) -> (String, String) {
    (login.issuer.as_str().to_owned(), login.subject.as_str().to_owned())
}

impl Ledger {
    /// The user whom a provider knows by a login. Where several say so, it is the one who was
    /// enrolled first: nobody takes another's by coming later.
    pub(crate) fn user_of_login(&self, login: &Login) -> Option<EntityRef> {
        let wanted = key(login);
        let known = self.logins.0.lock().unwrap_or_else(PoisonError::into_inner);
        let candidates = known.of.get(&wanted).cloned();
        drop(known);
        let candidates = match candidates {
            Some(candidates) => candidates,
            None => {
                self.read_logins();
                let known = self.logins.0.lock().unwrap_or_else(PoisonError::into_inner);
                known.of.get(&wanted).cloned()?
            }
        };
        // An erasure or a restriction may have come since it was read.
        let (_, user) = candidates.into_iter().find(|(at, _)| self.says(*at, login))?;
        EntityRef::new(Kind::User, &user).ok()
    }

    /// Whether a record that enrolled a user still says a login.
    fn says(&self, enrolled: Position, login: &Login) -> bool {
        let views = self.views();
        let access = &views.access;
        if !access.erases() && !access.restricts() {
            return true;
        }
        self.logins_of(enrolled).contains(login)
    }

    /// The logins that a record says, as far as they may be shown.
    fn logins_of(&self, enrolled: Position) -> Vec<Login> {
        match self.decoded(enrolled).map(|record| record.event) {
            Ok(Event::Access(Access::UserEnrolled(e))) => {
                e.logins.as_ref().and_then(Personal::get).cloned().unwrap_or_default()
            }
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::error!(%error, "the logins of a user could not be read");
                Vec::new()
            }
        }
    }

    /// Reads the logins of users who were enrolled since they were read last.
    fn read_logins(&self) {
        let views = self.views();
        let lens = views.lens(Cut::all());
        let mut known = self.logins.0.lock().unwrap_or_else(PoisonError::into_inner);
        for user in views.access.users(lens) {
            if known.users.contains(user) {
                continue;
            }
            let Some(state) = views.access.user(user, lens) else { continue };
            let logins = self.logins_of(state.enrolled);
            // What is restricted may be shown again.
            if logins.is_empty() && views.access.restricts() {
                continue;
            }
            known.users.insert(user.to_owned());
            for login in logins {
                let of = known.of.entry(key(&login)).or_default();
                let at = of.partition_point(|(at, _)| *at < state.enrolled);
                of.insert(at, (state.enrolled, user.to_owned()));
            }
        }
    }
}
