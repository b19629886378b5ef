//! Who comes in, at every door. Invariant: a door asks the gate who somebody is and gets a caller
//! or a denial; it knows of no other way to make one.

use std::net::IpAddr;

use sijil_access::{Denied, Secret};
use sijil_schemas::Position;

use crate::{caller::Caller, ledger::Ledger};

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
    },
}

impl Gate {
    /// Who shows a credential that was sent from somewhere; `None` is shown by nobody.
    pub fn caller(
        &self,
        ledger: &Ledger,
        shown: Option<&str>,
        sent: Sent,
    ) -> Result<Caller, Denied> {
        let (local, operator, keys_after) = match self {
            Gate::Known(caller) => return Ok(caller.clone()),
            Gate::Credentials { local, operator, keys_after } => (local, operator, *keys_after),
        };
        let shown = shown.ok_or(Denied::NoCredential)?;
        let secret = Secret::parse(shown.trim()).map_err(|_| Denied::BadCredential)?;
        if !secret.is(local) {
            let caller = ledger.authenticate(&secret, sent.from())?;
            let is_own = keys_after == Position::ZERO || ledger.issued_after(&caller, keys_after);
            return if is_own { Ok(caller) } else { Err(Denied::BadCredential) };
        }
        match sent {
            Sent::Here(_) => Ok(operator.clone()),
            Sent::From(_) | Sent::Inside => Err(Denied::BadCredential),
        }
    }
}
