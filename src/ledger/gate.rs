//! Who comes in, at every door. Invariant: a door asks the gate who somebody is and gets a caller
//! or a denial; it knows of no other way to make one.

use std::{io, net::IpAddr, sync::Arc};

use sijil_access::{Denied, Secret};
use sijil_oidc::{Begun as SignInBegun, NoSignIn, Provider, Returned};
use sijil_schemas::{Position, record::Credential, time::Timestamp};

use crate::{
    caller::Caller,
    ledger::Ledger,
    sessions::{Opener, Sessions},
};

/// Where a credential was sent from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// From within this process.
    Inside,
    /// From an address of this machine, and certainly from there.
    Here(IpAddr),
    /// From an address that may be anybody's.
    From(IpAddr),
}

impl Sent {
    /// The address, if it has one.
    #[must_use]
    pub const fn from(self) -> Option<IpAddr> {
        match self {
            Sent::Inside => None,
            Sent::Here(address) | Sent::From(address) => Some(address),
        }
    }
}

/// What somebody shows to say who he is.
#[derive(Clone, Copy)]
pub enum Presented<'a> {
    /// The secret of a key, what stands among the files of this machine, or a token of the sign-in
    /// provider.
    Key(&'a str),
    /// The reference of a session.
    Session(&'a str),
}

/// A session that began.
pub struct Begun {
    /// Whose it is.
    pub caller: Caller,
    /// Its reference, to be shown once; `None` where nobody is asked who he is.
    pub reference: Option<Secret>,
}

/// Who may come in.
pub enum Gate {
    /// Whoever comes is this caller: a command in this process, or a server that was told to ask
    /// nobody.
    Known(Caller),
    /// Whoever shows a credential that is good.
    Credentials {
        /// The credential of whoever holds the files of this machine; it is good from this machine
        /// alone.
        local: Secret,
        /// Who that is.
        operator: Caller,
        /// Keys are good only if they were issued after this: those of the ledger that this one
        /// was cloned from do not open it.
        keys_after: Position,
        /// Who signed in.
        sessions: Sessions,
        /// Whose word counts for users, if there is somebody.
        provider: Option<Arc<Provider>>,
    },
}

impl Gate {
    /// Who shows something that was sent from somewhere; `None` is shown by nobody.
    pub fn caller(
        &self,
        ledger: &Ledger,
        shown: Option<Presented<'_>>,
        sent: Sent,
    ) -> Result<Caller, Denied> {
        let sessions = match self {
            Gate::Known(caller) => return Ok(caller.clone()),
            Gate::Credentials { sessions, .. } => sessions,
        };
        match shown.ok_or(Denied::NoCredential)? {
            // No secret has a dot, and every token two.
            Presented::Key(text) if text.contains('.') => self.by_token(ledger, text, sent),
            Presented::Key(text) => self.keyed(ledger, &secret(text)?, sent),
            Presented::Session(text) => {
                let reference = secret(text)?;
                let found = sessions.of(&reference, ledger.now());
                let (by, until) = found.ok_or(Denied::BadCredential)?;
                let caller = self.in_session(ledger, (&by, until), sent);
                // One that is asked from elsewhere than its key is good from is still one there.
                if caller.is_err() && !self.stands(ledger, &by) {
                    sessions.end(&reference);
                }
                caller
            }
        }
    }

    /// The sign-in provider, if there is one.
    #[must_use]
    pub fn provider(&self) -> Option<&Arc<Provider>> {
        match self {
            Gate::Known(_) => None,
            Gate::Credentials { provider, .. } => provider.as_ref(),
        }
    }

    /// Begins a sign-in at the provider's pages.
    ///
    /// # Errors
    /// There are no random bytes; or why none begins.
    pub fn sends_away(&self, ledger: &Ledger) -> io::Result<Result<SignInBegun, NoSignIn>> {
        match self.provider() {
            None => Ok(Err(NoSignIn::NoPages)),
            Some(provider) => provider.begin(|bytes| ledger.randomness.fill(bytes)),
        }
    }

    /// Who comes back from the provider's pages. It asks the provider, and so may wait.
    ///
    /// # Errors
    /// Nobody is known by what came back: why, the server's log says.
    pub fn comes_back(
        &self,
        ledger: &Ledger,
        returned: &Returned<'_>,
        sent: Sent,
    ) -> Result<Caller, Denied> {
        let provider = self.provider().ok_or(Denied::BadCredential)?;
        let login = provider.finish(returned, ledger.now()).map_err(|why| {
            tracing::info!(why = cut(&why), "a sign-in at the provider came to nothing");
            Denied::BadCredential
        })?;
        let user = ledger.user_of_login(&login).ok_or_else(|| {
            tracing::info!("somebody signed in at the provider who is no user here");
            Denied::BadCredential
        })?;
        ledger.by_login((user, Timestamp::END, None), sent.from(), Credential::Session)
    }

    /// Who signs in by a key, or by a code that is good once; nobody can by what is a session's.
    pub fn signs_in(&self, ledger: &Ledger, shown: &str, sent: Sent) -> Result<Caller, Denied> {
        let (operator, sessions) = match self {
            Gate::Known(caller) => return Ok(caller.clone()),
            Gate::Credentials { operator, sessions, .. } => (operator, sessions),
        };
        let shown = secret(shown)?;
        let here = matches!(sent, Sent::Here(_));
        if here && sessions.take_code(&shown, ledger.now()) {
            return Ok(operator.clone());
        }
        self.keyed(ledger, &shown, sent)
    }

    /// Begins a session of somebody who has just signed in, in place of one that may go on.
    ///
    /// # Errors
    /// There are no random bytes.
    pub fn begin(
        &self,
        ledger: &Ledger,
        caller: Caller,
        before: Option<&str>,
    ) -> io::Result<Begun> {
        let (local, sessions) = match self {
            Gate::Known(_) => return Ok(Begun { caller, reference: None }),
            Gate::Credentials { local, sessions, .. } => (local, sessions),
        };
        let reference = ledger.new_secret()?;
        let user = caller.holder().filter(|_| caller.key().is_none());
        let by = match user.and_then(|user| user.id().parse().ok()) {
            Some(user) => Opener::User(user),
            None => Opener::Key(caller.key().unwrap_or(local.id())),
        };
        before.and_then(|before| secret(before).ok()).map(|before| sessions.end(&before));
        sessions.begin(&reference, by, ledger.now());
        if let Err(error) = sessions.keep() {
            tracing::error!(%error, "a session that began is not kept, and ends with the server");
        }
        Ok(Begun { caller, reference: Some(reference) })
    }

    /// Ends the session of a reference, if there is one.
    ///
    /// # Errors
    /// It is ended here, and that could not be kept: it may go on after a restart.
    pub fn end(&self, shown: &str) -> io::Result<()> {
        match (self, secret(shown)) {
            (Gate::Credentials { sessions, .. }, Ok(reference)) if sessions.end(&reference) => {
                sessions.keep()
            }
            (_, _) => Ok(()),
        }
    }

    /// Keeps the sessions as they are now.
    ///
    /// # Errors
    /// They could not be kept.
    pub fn keep(&self) -> io::Result<()> {
        match self {
            Gate::Known(_) => Ok(()),
            Gate::Credentials { sessions, .. } => sessions.keep(),
        }
    }

    /// A code that begins one session of whoever holds the files of this machine, if it is used
    /// soon and from here; `None` where nobody is asked who he is.
    ///
    /// # Errors
    /// There are no random bytes.
    pub fn code(&self, ledger: &Ledger) -> io::Result<Option<Secret>> {
        let Gate::Credentials { sessions, .. } = self else { return Ok(None) };
        let code = ledger.new_secret()?;
        sessions.admit_once(&code, ledger.now());
        Ok(Some(code))
    }

    /// Who holds the key of a secret.
    fn keyed(&self, ledger: &Ledger, secret: &Secret, sent: Sent) -> Result<Caller, Denied> {
        let Gate::Credentials { local, operator, keys_after, .. } = self else {
            return Err(Denied::BadCredential);
        };
        if secret.is(local) {
            return from_here(operator, sent);
        }
        issued_here(ledger, ledger.authenticate(secret, sent.from())?, *keys_after)
    }

    /// Who shows a token of the sign-in provider.
    fn by_token(&self, ledger: &Ledger, text: &str, sent: Sent) -> Result<Caller, Denied> {
        let provider = self.provider().ok_or(Denied::BadCredential)?;
        let shown = provider.token(text.trim(), ledger.now()).map_err(|why| {
            tracing::info!(why = cut(&why), "a token was refused");
            Denied::BadCredential
        })?;
        ledger.by_token(shown, sent.from())
    }

    /// Who goes on in a session, which ends at a moment in any case.
    fn in_session(
        &self,
        ledger: &Ledger,
        (by, until): (&Opener, Timestamp),
        sent: Sent,
    ) -> Result<Caller, Denied> {
        let Gate::Credentials { local, operator, keys_after, .. } = self else {
            return Err(Denied::BadCredential);
        };
        match by {
            Opener::Key(key) if *key == local.id() => from_here(operator, sent),
            Opener::Key(key) => {
                issued_here(ledger, ledger.signed_in(*key, sent.from())?, *keys_after)
            }
            // Whom nobody vouches for any more begins no other session; this one ends by itself.
            Opener::User(user) => {
                let of = (user.entity(), until, None);
                ledger.by_login(of, sent.from(), Credential::Session)
            }
        }
    }

    /// Whether what a session was begun with is good at all, wherever it is used.
    fn stands(&self, ledger: &Ledger, by: &Opener) -> bool {
        match by {
            Opener::Key(key) => {
                let is_local =
                    matches!(self, Gate::Credentials { local, .. } if local.id() == *key);
                is_local || ledger.key_stands(*key)
            }
            Opener::User(user) => ledger.can_work(user.as_str()),
        }
    }
}

/// As much of why nobody came in as a log takes: the rest was written by whoever tried.
fn cut(why: &dyn std::error::Error) -> String {
    why.to_string().chars().take(300).collect()
}

fn secret(shown: &str) -> Result<Secret, Denied> {
    Secret::parse(shown.trim()).map_err(|_| Denied::BadCredential)
}

/// What is found among the files of this machine is good from this machine alone.
fn from_here(operator: &Caller, sent: Sent) -> Result<Caller, Denied> {
    match sent {
        Sent::Here(_) => Ok(operator.clone()),
        Sent::From(_) | Sent::Inside => Err(Denied::BadCredential),
    }
}

/// A key of the ledger that this one was cloned from opens nothing here.
fn issued_here(ledger: &Ledger, caller: Caller, keys_after: Position) -> Result<Caller, Denied> {
    let is_own = keys_after == Position::ZERO || ledger.issued_after(&caller, keys_after);
    if is_own { Ok(caller) } else { Err(Denied::BadCredential) }
}
