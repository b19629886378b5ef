//! Checkpoints: what a log says of itself at one size, as <https://c2sp.org/tlog-checkpoint> says.
//! Invariant: one that is read is written again byte for byte.

use std::{fmt, str::FromStr};

use crate::{
    note::{Note, NoteError, Signer, Vkey},
    text::{encoded, hash, number},
    tree::Hash,
};

/// Which log, how many records, and their root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is.
    pub origin: String,
    /// How many records it has.
    pub size: u64,
    /// The root over their public bytes.
    pub root: Hash,
}

/// Why a text is no checkpoint, or not one of the log that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no checkpoint.
    #[error("expected a checkpoint of three lines: origin, size and root; {0}")]
    Malformed(&'static str),
    /// It is another log's.
    #[error("expected a checkpoint of {expected}, got one of {got}")]
    Origin {
        /// The log that was asked for.
        expected: String,
        /// The log it is of.
        got: String,
    },
    /// Nobody known has signed it.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The checkpoint as a note signed by these keys.
    pub fn signed(&self, signers: &[&Signer]) -> Result<Note, NoteError> {
        Note::new(self.to_string(), signers)
    }
    /// What a note says, if one of the keys has signed it, and the log is the one that key is
    /// named after.
    pub fn verified(note: &Note, keys: &[Vkey]) -> Result<Checkpoint, CheckpointError> {
        let checkpoint: Checkpoint = note.verified(keys)?.parse()?;
        if keys.iter().any(|key| key.name() == checkpoint.origin) {
            return Ok(checkpoint);
        }
        let names: Vec<&str> = keys.iter().map(Vkey::name).collect();
        Err(CheckpointError::Origin { expected: names.join(" or "), got: checkpoint.origin })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, encoded(&self.root))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;
    fn from_str(text: &str) -> Result<Checkpoint, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let lines = text.strip_suffix('\n').ok_or(malformed("the last line does not end"))?;
        let mut lines = lines.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let (origin, size, root) = (line(), line(), line());
        let origin = origin.ok_or(malformed("there is no origin"))?;
        let size = size.and_then(number).ok_or(malformed("the size is no whole number"))?;
        let root = root.and_then(hash).ok_or(malformed("the root is no hash in base64"))?;
        // What else might stand there would be signed, and understood by nobody here.
        if lines.next().is_some() {
            return Err(malformed("more lines follow"));
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::tlog::Hash as Foreign;

    use super::*;
    use crate::note::SEED_BYTES;

    fn one() -> Checkpoint {
        Checkpoint { origin: "books.example/L/1".into(), size: 42, root: [3; 32] }
    }

    #[test]
    fn foreigners_read_ours_and_we_theirs() {
        let read = tlog_tiles::Checkpoint::from_bytes(one().to_string().as_bytes()).unwrap();
        assert_eq!((read.origin(), read.size(), read.hash().0), ("books.example/L/1", 42, [3; 32]));
        let made = tlog_tiles::Checkpoint::new("b.example", 0, Foreign([4; 32]), "").unwrap();
        let text = String::from_utf8(made.to_bytes()).unwrap();
        let ours = Checkpoint { origin: "b.example".into(), size: 0, root: [4; 32] };
        assert_eq!(text.parse(), Ok(ours));
    }

    #[test]
    fn a_checkpoint_of_another_log_is_none_of_this_one() {
        let seed = [1; SEED_BYTES];
        let (own, other) =
            (Signer::new(&one().origin, &seed).unwrap(), Signer::new("other", &seed).unwrap());
        let note = one().signed(&[&own]).unwrap();
        assert_eq!(Checkpoint::verified(&note, &[own.vkey().clone()]), Ok(one()));
        let note = one().signed(&[&other]).unwrap();
        let error = Checkpoint::verified(&note, &[other.vkey().clone()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a checkpoint of other, got one of books.example/L/1"
        );
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let root = "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";
        assert!(format!("o\n42\n{root}\n").parse::<Checkpoint>().is_ok());
        for wrong in [
            String::new(),
            format!("o\n42\n{root}"),
            format!("\n42\n{root}\n"),
            format!("o\n042\n{root}\n"),
            format!("o\n-1\n{root}\n"),
            format!("o\n42\n{root}\n\n"),
            format!("o\n42\n{root}\nmore\n"),
            "o\n42\nAwM=\n".to_owned(),
            "o\n42\n".to_owned(),
        ] {
            assert!(wrong.parse::<Checkpoint>().is_err(), "{wrong:?}");
        }
    }
}
