//! Who may read streams. Invariant: nobody reads any without the right to read every family and to
//! take it out in bulk, since what stands in a stream is not told apart; and nobody goes on reading
//! who has lost it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use sijil_ledger::{Denied, Desk, Export, Taking};
use sijil_schemas::{ExportOf, ExportPurpose, May, RightFamily, problem::ProblemKind};
use tonic::{Request, Status, codegen::http::HeaderMap, service::Interceptor};

use crate::{carried::From, reading::Audience, refusal::refused, source::StreamEvent};

/// Who says who comes in: the same for every door of a server, so that their limits are one.
pub trait Porter: Send + Sync + 'static {
    /// The desk of whoever shows a credential over a connection from an address, or why not.
    fn admit(
        &self,
        shown: Option<&str>,
        socket: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<Desk, (ProblemKind, String)>;
}

/// The guard before the streams.
#[derive(Clone)]
pub(crate) struct Guard {
    porter: Arc<dyn Porter>,
}

impl Guard {
    pub(crate) fn new(porter: Arc<dyn Porter>) -> Guard {
        Guard { porter }
    }
    fn admitted(&self, request: &Request<()>) -> Result<Reader, Status> {
        let sent = request.metadata().get("authorization").map(|sent| sent.to_str());
        let secret = sent.map(|sent| sent.ok().and_then(secret_in).unwrap_or_default());
        let From(socket) = request.extensions().get::<From>().copied().ok_or_else(|| {
            // Every connection was carried in: see `serve`.
            Status::internal("where the connection comes from is not known")
        })?;
        let desk = self.porter.admit(secret.as_deref(), socket, request.metadata().as_ref());
        let reader = Reader(desk.map_err(|(kind, detail)| refused(kind, &detail))?);
        reader.may_read()?;
        Ok(reader)
    }
}

/// Whoever reads a stream, among the extensions of the request.
#[derive(Clone)]
pub(crate) struct Reader(Desk);

impl Reader {
    /// Refuses to go on if the reader may not read streams any more, by what is known now.
    pub(crate) fn still_may_read(&self) -> Result<(), Status> {
        Reader(self.0.renewed().map_err(|denied| denied_as(&denied))?).may_read()
    }
    fn may_read(&self) -> Result<(), Status> {
        [May::Read, May::Export]
            .into_iter()
            .try_for_each(|may| self.0.may(may, RightFamily::All))
            .map_err(|denied| denied_as(&denied))
    }
}

/// A reader, and what it takes out.
pub(crate) struct Taker {
    reader: Reader,
    export: Mutex<Option<Export>>,
}

impl Taker {
    pub(crate) fn new(reader: Reader) -> Taker {
        Taker { reader, export: Mutex::default() }
    }
    fn export(&self) -> MutexGuard<'_, Option<Export>> {
        self.export.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audience for Taker {
    fn may_go_on(&self) -> Result<(), Status> {
        self.reader.still_may_read()
    }
    fn begin(&self, follows: bool) -> Result<(), Status> {
        let purpose = if follows { ExportPurpose::Following } else { ExportPurpose::Work };
        // No value about a person leaves by this door.
        let taking = Taking {
            what: ExportOf::Events,
            purpose,
            filter: None,
            personal: false,
            known_at: None,
        };
        let export = self.reader.0.export(taking);
        *self.export() = Some(export.map_err(|e| refused(e.kind(), &e.to_string()))?);
        Ok(())
    }
    fn sent(&self, event: &StreamEvent) {
        if let Some(export) = &mut *self.export() {
            export.take(1, &event.data);
        }
    }
    fn end(&self, whole: bool) {
        let export = self.export().take();
        export.into_iter().for_each(|export| export.end(whole));
    }
}

fn denied_as(denied: &Denied) -> Status {
    refused(denied.kind(), &denied.to_string())
}

/// The secret in a header: of Bearer its text, of Basic the password, as clients of the protocol
/// send what stands before the @ of an address.
fn secret_in(sent: &str) -> Option<String> {
    let (scheme, text) = sent.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(text.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    pair.split_once(':').map(|(_, password)| password.to_owned())
}

impl Interceptor for Guard {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let reader = self.admitted(&request)?;
        request.extensions_mut().insert(reader);
        Ok(request)
    }
}
