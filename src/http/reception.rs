//! Who comes in, whichever door it is. Invariant: every door asks here, so that none knows an
//! address, a limit or a credential otherwise than another.

use std::{net::SocketAddr, sync::Arc};

use axum::http::HeaderMap;
use sijil_ledger::{Begun, Caller, Denied, Desk, Gate, Ledger, Presented, Returned, Sent};
use sijil_schemas::{id::Kind, problem::ProblemKind};

use crate::{
    entrance::{Entrance, Peer, is_forwarded},
    problem::Problem,
    rates::{Attempts, Pace, Quotas},
    reads::ReadLog,
};

/// The reception of a ledger: one for all doors of a server.
pub struct Reception {
    pub(crate) ledger: Ledger,
    pub(crate) entrance: Arc<Entrance>,
    gate: Gate,
    /// Who tried in vain, and how much each caller asks.
    attempts: Attempts,
    quotas: Quotas,
    /// Where reads are told, if they are.
    pub(crate) reads: Option<Arc<ReadLog>>,
}

impl Reception {
    /// A reception where those come in whom the gate knows.
    #[must_use]
    pub fn new(ledger: Ledger, gate: Gate, entrance: Arc<Entrance>) -> Reception {
        Reception {
            ledger,
            entrance,
            gate,
            attempts: Attempts::default(),
            quotas: Quotas::default(),
            reads: None,
        }
    }
    /// The same, where every read is told.
    #[must_use]
    pub fn telling_reads(self, reads: ReadLog) -> Reception {
        Reception { reads: Some(Arc::new(reads)), ..self }
    }

    /// Who asks over a connection from an address.
    #[must_use]
    pub fn peer(&self, socket: SocketAddr, headers: &HeaderMap) -> Peer {
        self.entrance.proxies.client(socket, headers)
    }

    /// The desk of whoever shows a credential that is good. One that is not is counted where it
    /// came from; `None` is a peer in this process.
    pub(crate) fn known(
        &self,
        shown: Option<Presented<'_>>,
        peer: Option<Peer>,
    ) -> Result<Desk, Problem> {
        let sent = peer.map_or(Sent::Inside, Peer::sent);
        let caller = self.gate.caller(&self.ledger, shown, sent);
        self.counted(caller.and_then(|caller| self.ledger.desk(&caller)), sent)
    }

    /// Begins a session of whoever shows a key or code that is good, in place of the one that may
    /// go on. It may wait for the disk.
    pub(crate) fn begun(
        &self,
        shown: &str,
        before: Option<&str>,
        peer: Option<Peer>,
    ) -> Result<Begun, Problem> {
        let sent = peer.map_or(Sent::Inside, Peer::sent);
        let caller = self.counted(self.gate.signs_in(&self.ledger, shown, sent), sent)?;
        self.begins(caller, before)
    }

    /// Begins a session of whoever comes back from the sign-in provider's pages, as
    /// [`Reception::begun`]. It asks the provider, and may wait for the disk.
    pub(crate) fn come_back(
        &self,
        returned: &Returned<'_>,
        before: Option<&str>,
        peer: Option<Peer>,
    ) -> Result<Begun, Problem> {
        let sent = peer.map_or(Sent::Inside, Peer::sent);
        let caller = self.gate.comes_back(&self.ledger, returned, sent);
        self.begins(self.counted(caller, sent)?, before)
    }

    fn begins(&self, caller: Caller, before: Option<&str>) -> Result<Begun, Problem> {
        self.gate.begin(&self.ledger, caller, before).map_err(|error| {
            tracing::error!(%error, "no random bytes for a session");
            let detail = "no session could begin; the cause is in the server's log";
            Problem::new(ProblemKind::Internal, detail)
        })
    }

    /// Ends the session of a reference, if there is one. It may wait for the disk.
    pub(crate) fn ended(&self, shown: &str) -> Result<(), Problem> {
        self.gate.end(shown).map_err(|error| {
            tracing::error!(%error, "that a session ended could not be kept");
            let detail = "the session ended, and may go on when the server is started again: that \
                          it ended could not be kept; the cause is in the server's log";
            Problem::new(ProblemKind::Internal, detail)
        })
    }

    /// What came of a credential; one that is good for nothing counts where it came from.
    fn counted<T>(&self, known: Result<T, Denied>, sent: Sent) -> Result<T, Problem> {
        // Whoever is on this machine has better ways than to guess.
        if let (Err(Denied::BadCredential), Sent::From(from)) = (&known, sent) {
            self.attempts.may_try(from)?;
            self.attempts.failed(from);
        }
        Ok(known?)
    }

    /// The gate, for whoever keeps what it knows.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The same of somebody who does not ask for more than one caller may in so short a time.
    pub fn admitted(
        &self,
        shown: Option<Presented<'_>>,
        peer: Option<Peer>,
    ) -> Result<Desk, Problem> {
        let desk = self.known(shown, peer)?;
        if let Some(holder) = desk.caller().holder() {
            let pace = if holder.kind == Kind::User { Pace::User } else { Pace::Service };
            self.quotas.take(&holder.to_string(), pace)?;
        }
        Ok(desk)
    }

    /// Refuses what somebody else asks for, where nobody is asked who he is: that is for this
    /// machine alone.
    pub fn refused(&self, headers: &HeaderMap) -> Option<Problem> {
        let is_open = matches!(&self.gate, Gate::Known(caller) if caller.is_open());
        (is_open && is_forwarded(headers)).then(|| {
            Problem::new(
                ProblemKind::CrossSite,
                "expected a request that was made on this machine, got one that was handed on: \
                 the server asks nobody who he is; start it without --open, and give those who \
                 come a key",
            )
        })
    }
}
