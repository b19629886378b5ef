//! Checkpoints, signed. Invariant: a size is signed only when it is durable, and never one that
//! contradicts what was signed before, by whichever process of this data directory: the highest
//! checkpoint that was signed is kept, synced before anybody sees it.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, atomic::AtomicBool},
    time::Duration,
};

use sijil_log::{
    ReadError,
    seam::{self, Storage},
};
use sijil_proof::{
    checkpoint::Checkpoint,
    note::{Note, SEED_BYTES, Signer},
    tiles::Tiles,
};
use sijil_schemas::Position;

use crate::{
    condition::ReadOnly,
    ledger::Ledger,
    limits::{CHECKPOINT_MS, SIGNED_WAIT_MS},
    proofs::ProveError,
};

/// The highest checkpoint that was signed, beside the key.
const SIGNED: &str = "signed";
/// Held by whoever signs.
const LOCK: &str = "signed.lock";

/// With what a ledger signs.
#[derive(Clone)]
pub struct Signing {
    /// The host by which the ledger is known outside, the first part of its origin.
    pub host: String,
    /// The last part of its origin: one that was restored to an earlier end is another log.
    pub incarnation: String,
    /// The node that signs, by which its keys are recorded; none of a ledger that is no node's.
    pub node: Option<String>,
    /// The secret half of its key.
    pub seed: [u8; SEED_BYTES],
    /// Where it is remembered what was signed; nowhere for a ledger in memory.
    pub memory: Option<SigningMemory>,
}

/// Where it is remembered what was signed.
#[derive(Clone)]
pub struct SigningMemory {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// The directory of the keys.
    pub dir: PathBuf,
}

/// A checkpoint, and the note that vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The same, signed.
    pub note: Note,
}

/// What proofs need beside the log: the key, what was read, and what was signed last.
#[derive(Default)]
pub(crate) struct Prover {
    /// `None` if nothing was said: a ledger in memory makes a key when it needs one.
    signing: RwLock<Option<Result<Arc<Signing>, String>>>,
    pub(crate) tiles: Tiles,
    /// The last that was signed, and when, in milliseconds. Whoever signs holds it.
    last: Mutex<Option<(Arc<SignedCheckpoint>, i64)>>,
    /// The last that enough witnesses cosigned, or why there is none yet.
    cosigned: Mutex<Option<Result<Arc<SignedCheckpoint>, String>>>,
    /// Why the log is not the one that was signed, once that was found.
    rolled_back: OnceLock<String>,
    /// Whether the key stands in the log, and who sees to that.
    pub(crate) announced: AtomicBool,
    announcing: Mutex<()>,
}

impl Prover {
    /// Held by whoever records the key.
    pub(crate) fn announcing(&self) -> MutexGuard<'_, ()> {
        self.announcing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signing {
    fn signer(&self, origin: &str) -> Result<Signer, ProveError> {
        Signer::new(origin, &self.seed).map_err(|error| ProveError::Unsigned(error.to_string()))
    }
}

impl SigningMemory {
    /// The highest checkpoint that was signed; `None` if none ever was.
    pub fn highest(&self) -> io::Result<Option<Checkpoint>> {
        let bytes = match seam::read_whole(&*self.storage, &self.dir.join(SIGNED)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8(bytes).ok();
        // It was synced whole before it was shown, so one that cannot be read was changed.
        let note = text.and_then(|text| text.parse::<Note>().ok());
        let checkpoint = note.and_then(|note| note.unverified().parse().ok());
        checkpoint.map(Some).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "it is no checkpoint; restore it")
        })
    }

    fn keep(&self, note: &Note) -> io::Result<()> {
        seam::replace(&*self.storage, &self.dir.join(SIGNED), note.to_string().as_bytes())
    }

    fn unsigned(&self, error: &io::Error) -> ProveError {
        ProveError::Unsigned(format!("{}: {error}", self.dir.join(SIGNED).display()))
    }
}

impl Ledger {
    /// Says with what this ledger signs from now on, or why it does not.
    pub fn sign_with(&self, signing: Result<Signing, String>) {
        let signing = signing.map(Arc::new);
        let known = signing.clone();
        *self.prover.signing.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        // Of a copy it is said by another name that nothing is written there.
        let is_copy = matches!(self.read_only_because(), Some(ReadOnly::Copied(_)));
        let Some((signing, false)) = signing.ok().map(|signing| (signing, is_copy)) else { return };
        let highest = signing.memory.as_ref().and_then(|memory| memory.highest().ok().flatten());
        if let Some(Err(error)) =
            highest.map(|highest| self.follows(&highest, &signing.incarnation))
        {
            tracing::error!(%error, "what was signed is not what stands in the log");
        }
    }

    /// Why the log is not the one that was signed from here, if that was found: then questions are
    /// answered, and nothing is written or signed.
    #[must_use]
    pub fn rolled_back(&self) -> Option<&str> {
        self.prover.rolled_back.get().map(String::as_str)
    }

    /// What signs here. A ledger that was told nothing stands in memory, and makes its own key.
    fn signing(&self) -> Result<Arc<Signing>, ProveError> {
        if let Some(ReadOnly::Copied(why)) = self.read_only_because() {
            return Err(ProveError::NotAdopted(why.clone()));
        }
        let known = self.prover.signing.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return known.map_err(ProveError::Unsigned);
        }
        let mut signing = self.prover.signing.write().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let mut seed = [0; SEED_BYTES];
            self.randomness.fill(&mut seed).map_err(|error| error.to_string())?;
            let (host, incarnation) = ("localhost".to_owned(), "1".to_owned());
            Ok(Arc::new(Signing { host, incarnation, node: None, seed, memory: None }))
        };
        signing.get_or_insert_with(made).clone().map_err(ProveError::Unsigned)
    }

    /// The key by which others verify what is signed here, named after this log.
    pub(crate) fn signer(&self) -> Result<Signer, ProveError> {
        let signing = self.signing()?;
        let id = self.id();
        if id.is_nil() {
            return Err(ProveError::Unsigned("no ledger has been opened here".to_owned()));
        }
        signing.signer(&format!("{}/{id}/{}", signing.host, signing.incarnation))
    }

    /// A signed checkpoint of at least so many records. What was signed a moment ago serves again.
    pub(crate) fn checkpoint(
        &self,
        at_least: Position,
    ) -> Result<Arc<SignedCheckpoint>, ProveError> {
        let head = self.head()?.position;
        self.vouches(Some(head))?;
        if at_least > head {
            return Err(ProveError::BeyondHead { position: at_least, head });
        }
        let signer = self.signer()?;
        self.announce(signer.vkey(), &*self.signing()?)?;
        let now = self.clock.now().micros() / 1_000;
        let mut last = self.prover.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((signed, when)) = &*last
            && signed.checkpoint.origin == signer.vkey().name()
            && signed.checkpoint.size >= at_least.get()
            // A clock that was set back makes it old.
            && (signed.checkpoint.size >= head.get() || (0..CHECKPOINT_MS).contains(&(now - when)))
        {
            return Ok(signed.clone());
        }
        let signed = Arc::new(self.sign(&signer, &*self.signing()?)?);
        *last = Some((signed.clone(), now));
        Ok(signed)
    }

    /// The last checkpoint that enough witnesses cosigned.
    pub(crate) fn cosigned(&self) -> Result<Arc<SignedCheckpoint>, ProveError> {
        self.vouches(Some(self.head()?.position))?;
        let known = self.prover.cosigned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let none = || {
            Err("no witness is asked here; `sijil serve --witness-policy FILE` names them".into())
        };
        let signed = known.unwrap_or_else(none).map_err(ProveError::NotCosigned)?;
        let size = Position::new(signed.checkpoint.size);
        if self.root_at(size)? == Some(signed.checkpoint.root) {
            return Ok(signed);
        }
        Err(ProveError::RolledBack { signed: size, head: self.head()?.position })
    }

    /// Keeps a checkpoint that enough witnesses cosigned, unless a later one is; or why there is
    /// none, as long as there is none.
    pub fn keep_cosigned(&self, found: Result<SignedCheckpoint, String>) {
        let mut known = self.prover.cosigned.lock().unwrap_or_else(PoisonError::into_inner);
        let size = match &*known {
            Some(Ok(known)) => Some(known.checkpoint.size),
            Some(Err(_)) | None => None,
        };
        let is_later = match &found {
            Ok(found) => size.is_none_or(|size| found.checkpoint.size >= size),
            Err(_) => size.is_none(),
        };
        if is_later {
            *known = Some(found.map(Arc::new));
        }
    }

    /// Signs the log as it is, unless it contradicts what was signed before.
    fn sign(&self, signer: &Signer, signing: &Signing) -> Result<SignedCheckpoint, ProveError> {
        let Some(memory) = &signing.memory else {
            let (checkpoint, note) = self.signed_head(signer)?;
            return Ok(SignedCheckpoint { checkpoint, note });
        };
        let lock = memory.storage.lock(&memory.dir.join(LOCK));
        let Some(_held) = lock.map_err(|error| memory.unsigned(&error))? else {
            return Err(ProveError::Unsigned("another process signs at this moment".to_owned()));
        };
        // Read after the lock is held: another process may have signed more than this one knows.
        let highest = memory.highest().map_err(|error| memory.unsigned(&error))?;
        if let Some(highest) = &highest {
            self.follows(highest, &signing.incarnation)?;
        }
        let (checkpoint, note) = self.signed_head(signer)?;
        let is_new = highest.is_none_or(|highest| highest != checkpoint);
        if is_new {
            memory.keep(&note).map_err(|error| memory.unsigned(&error))?;
        }
        Ok(SignedCheckpoint { checkpoint, note })
    }

    fn signed_head(&self, signer: &Signer) -> Result<(Checkpoint, Note), ProveError> {
        let (head, origin) = (self.head()?, signer.vkey().name().to_owned());
        let checkpoint = Checkpoint { origin, size: head.position.get(), root: head.root };
        let note = checkpoint.signed(&[signer]);
        let note = note.map_err(|error| ProveError::Unsigned(error.to_string()))?;
        Ok((checkpoint, note))
    }

    /// Whether the log goes on from what was signed before.
    fn follows(&self, highest: &Checkpoint, incarnation: &str) -> Result<(), ProveError> {
        // A new incarnation is another log, and may begin anew; a new host is the same one.
        if highest.origin.rsplit_once('/').is_none_or(|(_, last)| last != incarnation) {
            return Ok(());
        }
        let size = Position::new(highest.size);
        if !self.writable() && self.head()?.position < size {
            // The process that writes may have signed what this one has not seen yet.
            let before = Position::new(highest.size.saturating_sub(1));
            self.reader.wait(before, Duration::from_millis(SIGNED_WAIT_MS))?;
        }
        let root = self.root_at(size)?;
        if root == Some(highest.root) {
            return Ok(());
        }
        let head = self.head()?.position;
        let error = ProveError::RolledBack { signed: size, head };
        self.prover.rolled_back.get_or_init(|| error.to_string());
        Err(error)
    }
}

impl From<ReadError> for ProveError {
    fn from(error: ReadError) -> ProveError {
        ProveError::Read(error)
    }
}
