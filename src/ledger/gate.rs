//! Who comes in, at every door. Invariant: a door asks the gate who somebody is and gets a caller
//! or a denial; it knows of no other way to make one.

use std::net::IpAddr;

use sijil_access::{Denied, Secret};

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
        let (local, operator) = match self {
            Gate::Known(caller) => return Ok(caller.clone()),
            Gate::Credentials { local, operator } => (local, operator),
        };
        let shown = shown.ok_or(Denied::NoCredential)?;
        let secret = Secret::parse(shown.trim()).map_err(|_| Denied::BadCredential)?;
        if !secret.is(local) {
            return ledger.authenticate(&secret, from);
        }
        if here { Ok(operator.clone()) } else { Err(Denied::BadCredential) }
    }
}
