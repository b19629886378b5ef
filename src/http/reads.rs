//! The log of reads: who read what, a line of JSON each. Invariant: a line is written before its
//! answer leaves; where lines are required, no answer leaves without one. Nothing of what was read
//! stands in it, nor what was asked for: of that a hash.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use axum::{
    extract::Request,
    http::Method,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sijil_ledger::Desk;
use sijil_schemas::problem::ProblemKind;

use crate::{entrance::Peer, problem::Problem};

/// How much stands in an answer, among its extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// How many rows or records.
    pub(crate) rows: usize,
    /// Whether anything about persons is hidden in it.
    pub(crate) hidden: bool,
}

impl Counted {
    /// The answer with so many rows in it.
    pub(crate) fn of(rows: usize, hidden: bool, mut answer: Response) -> Response {
        answer.extensions_mut().insert(Counted { rows, hidden });
        answer
    }
}

/// Where reads are told.
pub struct ReadLog {
    to: Mutex<Box<dyn Write + Send>>,
    required: bool,
}

impl ReadLog {
    /// To the end of a file that nobody but its owner reads; if lines are required, what cannot be
    /// told is not answered.
    pub fn file(path: &Path, required: bool) -> io::Result<ReadLog> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        Ok(ReadLog::new(Box::new(file), required))
    }
    /// To standard error.
    #[must_use]
    pub fn stderr(required: bool) -> ReadLog {
        ReadLog::new(Box::new(io::stderr()), required)
    }
    fn new(to: Box<dyn Write + Send>, required: bool) -> ReadLog {
        ReadLog { to: Mutex::new(to), required }
    }
    /// Tells of a read, and gives its answer on: or a problem, if that has to be told and cannot.
    pub(crate) fn tell(&self, read: &Read, mut answer: Response) -> Response {
        let counted = answer.extensions_mut().remove::<Counted>();
        let mut line = read.line.clone();
        line["status"] = json!(answer.status().as_u16());
        line["rows"] = json!(counted.map(|counted| counted.rows));
        line["hidden"] = json!(counted.is_some_and(|counted| counted.hidden));
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, so that lines of several processes do not mix.
        let written = to.write_all(format!("{line}\n").as_bytes()).and_then(|()| to.flush());
        drop(to);
        match written {
            Ok(()) => answer,
            Err(error) => {
                tracing::error!(%error, "a read could not be told");
                if !self.required {
                    return answer;
                }
                let told = "reads are told before they are answered here, and this one cannot be; \
                            the cause is in the server's log";
                Problem::new(ProblemKind::Unavailable, told).into_response()
            }
        }
    }
}

/// A read that is to be told.
pub(crate) struct Read {
    line: Value,
}

impl Read {
    /// What a request reads, if it reads; `path` is that of its route.
    pub(crate) fn of(request: &Request, path: &str, desk: &Desk) -> Option<Read> {
        // What is only tried is answered by what is known.
        let is_tried = request.uri().query().is_some_and(|query| query.contains("dry_run"));
        let reads = [Method::GET, Method::HEAD].contains(request.method()) || is_tried;
        reads.then(|| Read::by(request, path, desk))
    }
    /// What a request reads, whatever its method.
    pub(crate) fn by(request: &Request, path: &str, desk: &Desk) -> Read {
        let caller = desk.caller();
        let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
        let hash = Sha256::digest(asked.as_bytes());
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let report = request.uri().path().strip_prefix("/v1/reports/");
        let report = report.map(|rest| rest.split('/').next().unwrap_or(rest));
        let peer = request.extensions().get::<Peer>().map(|peer| peer.client().to_string());
        let line = json!({
            "at": desk.now(),
            "who": caller.holder().map_or_else(|| caller.known_by().into(), ToString::to_string),
            "key": caller.key(),
            "from": peer,
            "route": path,
            "report": report.filter(|name| sijil_projections::reports::find(name).is_some()),
            "asked": hash,
        });
        Read { line }
    }
}
