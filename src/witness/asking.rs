//! How a log asks a witness. Invariant: what is believed of a witness is what its key signed of
//! this very checkpoint; whatever else it says leads to one more question at most.

use std::io;

use sijil_proof::{
    cosignature::WitnessKey,
    note::{Note, Signature},
    submission::Submission,
    tree::Hash,
};

/// How often one witness is asked about one checkpoint: as its size was thought to be, and as it
/// says that it is.
const TRIES: usize = 2;
const SIZE: &str = "text/x.tlog.size";
/// So much of what a witness says against it is repeated.
const SAID_CHARS_MAX: usize = 200;

/// What a witness answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The type of the body.
    pub media: String,
    /// The body.
    pub body: String,
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It does not answer.
    #[error("it does not answer: {0}")]
    Gone(io::Error),
    /// It has cosigned a later checkpoint than there is here.
    #[error(
        "it has cosigned a checkpoint of {theirs} records under this log's signature, and the log \
         has {ours}: either it lies, or the log was set back or runs elsewhere, too"
    )]
    Ahead {
        /// How many it says.
        theirs: u64,
        /// How many there are.
        ours: u64,
    },
    /// It refuses.
    #[error("it answers {status}: {said}")]
    Refused {
        /// With which status.
        status: u16,
        /// With which words.
        said: String,
    },
    /// What it answers is no cosignature by its key of this checkpoint.
    #[error("what it answers is no cosignature of this checkpoint by {0}")]
    Forged(String),
    /// The proof that it asks for cannot be made.
    #[error("the proof that it asks for cannot be made: {0}")]
    Unproven(String),
}

/// The cosignature of a witness under a checkpoint of `size` records. `known` is the size that it
/// cosigned last, as far as is known here, and is kept up; `prove` makes the path from an earlier
/// size; `post` sends a body to its `add-checkpoint`.
pub fn cosignature(
    key: &WitnessKey,
    (note, size): (&Note, u64),
    known: &mut u64,
    prove: &dyn Fn(u64) -> Result<Vec<Hash>, String>,
    post: &dyn Fn(String) -> io::Result<Answered>,
) -> Result<Signature, AskError> {
    for _ in 0..TRIES {
        if *known > size {
            // It may be asked as one that knows nothing once more.
            return Err(AskError::Ahead { theirs: std::mem::take(known), ours: size });
        }
        let path = prove(*known).map_err(AskError::Unproven)?;
        let asked = Submission { old: *known, path, note: note.clone() };
        let Answered { status, media, body } = post(asked.to_string()).map_err(AskError::Gone)?;
        match status {
            200 => {
                let signatures = Signature::list(&body).unwrap_or_default();
                let text = note.unverified();
                let fits = |one: &Signature| key.cosigned(text, one).is_some();
                let found = signatures.into_iter().find(fits);
                let found = found.ok_or_else(|| AskError::Forged(key.to_string()))?;
                *known = size;
                return Ok(found);
            }
            409 if media.starts_with(SIZE) => match body.trim_end().parse() {
                Ok(theirs) if theirs != *known => *known = theirs,
                _ => return Err(refused(status, &body)),
            },
            _ => return Err(refused(status, &body)),
        }
    }
    Err(refused(409, "its size is another each time it is asked"))
}

fn refused(status: u16, body: &str) -> AskError {
    let plain = |c: &char| !c.is_control();
    let said = body.chars().filter(plain).take(SAID_CHARS_MAX).collect();
    AskError::Refused { status, said }
}
