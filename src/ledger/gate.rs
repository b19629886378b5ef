//! Who comes in, at every door. Invariant: a door asks the gate who somebody is and gets a caller
//! or a denial; it knows of no other way to make one.

use std::net::IpAddr;

use sijil_access::{Denied, Secret};
use sijil_schemas::Position;

use crate::{caller::Caller, ledger::Ledger};

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
    /// Who shows a credential; `None` is shown by nobody. `from` is where it comes from, and `here`
    /// whether it is certain that it comes from this machine.
    pub fn caller(
        &self,
        ledger: &Ledger,
        shown: Option<&str>,
        from: Option<IpAddr>,
        here: bool,
    ) -> Result<Caller, Denied> {
        let (local, operator, keys_after) = match self {
            Gate::Known(caller) => return Ok(caller.clone()),
            Gate::Credentials { local, operator, keys_after } => (local, operator, *keys_after),
        };
        let shown = shown.ok_or(Denied::NoCredential)?;
        let secret = Secret::parse(shown.trim()).map_err(|_| Denied::BadCredential)?;
        if !secret.is(local) {
            let caller = ledger.authenticate(&secret, from)?;
            let is_own = keys_after == Position::ZERO || ledger.issued_after(&caller, keys_after);
            return if is_own { Ok(caller) } else { Err(Denied::BadCredential) };
        }
        if here { Ok(operator.clone()) } else { Err(Denied::BadCredential) }
    }
}
