//! What a witness has seen. Invariant: what is judged is what stands on the disk, and a cosignature
//! is given away only when it stands there, too.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use sha2::{Digest, Sha256};
use sijil_proof::{
    checkpoint::Checkpoint,
    cosignature::{Cosigner, WitnessKey},
    note::{Note, Signature, Vkey},
    submission::{Refusal, Submission},
};

/// The directory with a file for each log.
const SEEN: &str = "seen";
/// Held by the process that writes there.
const LOCK: &str = "lock";

/// Why nothing is cosigned.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// It must not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What was seen cannot be read or written.
    #[error("{}: {source}", path.display())]
    Storage {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
}

/// A witness: its key, the logs it watches, and what it saw of them.
pub struct Witness {
    dir: PathBuf,
    cosigner: Cosigner,
    logs: Vec<Vkey>,
    /// The file that is locked; whoever judges holds it, so that nobody judges by what is replaced.
    held: Mutex<File>,
}

impl Witness {
    /// A witness of these logs that remembers in a directory, which it makes; refuses one that
    /// another process holds.
    pub fn open(dir: &Path, cosigner: Cosigner, logs: Vec<Vkey>) -> io::Result<Witness> {
        let seen = dir.join(SEEN);
        DirBuilder::new().recursive(true).mode(0o700).create(&seen)?;
        let held = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join(LOCK))?;
        held.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                io::Error::new(ErrorKind::ResourceBusy, "another witness runs there")
            }
            TryLockError::Error(error) => error,
        })?;
        File::open(dir)?.sync_all()?;
        Ok(Witness { dir: seen, cosigner, logs, held: Mutex::new(held) })
    }

    /// Its key.
    #[must_use]
    pub const fn vkey(&self) -> &WitnessKey {
        self.cosigner.vkey()
    }

    /// Cosigns what is submitted, at `now` in seconds since 1970, if it goes on from what was
    /// cosigned last of its log.
    pub fn add(&self, submitted: &str, now: u64) -> Result<Signature, AddError> {
        let submission: Submission = submitted.parse()?;
        let _held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unreadable = None;
        let checkpoint = submission.judged(&self.logs, |origin| {
            let path = self.dir.join(hex(origin));
            match self.read(&path) {
                Ok(found) => found.map(|(_, checkpoint)| checkpoint),
                Err(source) => {
                    unreadable = Some(AddError::Storage { path, source });
                    None
                }
            }
        });
        // What cannot be read must not count as what was never seen.
        if let Some(error) = unreadable {
            return Err(error);
        }
        let checkpoint = checkpoint?;
        let signature = self.cosigner.cosign(&checkpoint.to_string(), now);
        let path = self.dir.join(hex(&checkpoint.origin));
        let note = self.shown(&submission.note, signature.clone());
        self.keep(&path, &note).map_err(|source| AddError::Storage { path, source })?;
        Ok(signature)
    }

    /// The checkpoint that was cosigned last of the log of which this is the SHA-256 of the origin,
    /// in hexadecimal; `None` if there is none.
    pub fn last(&self, origin_hash: &str) -> Result<Option<Note>, AddError> {
        // Nothing else is a name of a file there.
        if origin_hash.len() != 64 || !origin_hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let path = self.dir.join(origin_hash);
        let read = self.read(&path).map_err(|source| AddError::Storage { path, source })?;
        Ok(read.map(|(note, _)| note))
    }

    /// The note with the signatures that were verified, and the cosignature.
    fn shown(&self, note: &Note, signature: Signature) -> Note {
        let fits = |key: &&Vkey| note.verified(std::slice::from_ref(*key)).is_ok();
        let keys: Vec<Vkey> = self.logs.iter().filter(fits).cloned().collect();
        note.only(&keys).with(signature)
    }

    fn read(&self, path: &Path) -> io::Result<Option<(Note, Checkpoint)>> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let changed = || {
            io::Error::new(
                ErrorKind::InvalidData,
                "it is no checkpoint that was cosigned here: it was changed, or is another \
                 witness's; nothing of this log is cosigned until that is understood",
            )
        };
        let note: Note = text.parse().map_err(|_| changed())?;
        let checkpoint = note.unverified().parse().map_err(|_| changed())?;
        self.vkey().among(&note).ok_or_else(changed)?;
        Ok(Some((note, checkpoint)))
    }

    /// Replaces a file whole, and syncs it and its name.
    fn keep(&self, path: &Path, note: &Note) -> io::Result<()> {
        let aside = path.with_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(note.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        File::open(&self.dir)?.sync_all()
    }
}

/// The name of a log's file.
fn hex(origin: &str) -> String {
    Sha256::digest(origin).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use sijil_proof::{
        note::Signer,
        path::consistency,
        tiles::{Levels, Tiled, Tiles},
        tree::{Frontier, Hash, leaf},
    };

    use super::*;

    const ORIGIN: &str = "books.example/L/1";
    const NOW: u64 = 1_764_547_200;

    fn log() -> Signer {
        Signer::new(ORIGIN, &[7; 32]).expect("a key")
    }

    /// A tree of a few leaves; another one from the leaf `fork` on.
    struct Tree(Vec<Hash>);

    impl Levels for Tree {
        type Error = std::convert::Infallible;
        fn hashes(&self, _: u32, from: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
            Ok(self.0.iter().skip(from as usize).take(count).copied().collect())
        }
    }

    fn tree(fork: u64) -> Tree {
        let one = |at: u64| leaf(format!("{at}{}", if at < fork { "" } else { "x" }).as_bytes());
        Tree((0..20).map(one).collect())
    }

    fn submission(tree: &Tree, old: u64, size: u64) -> Submission {
        let mut frontier = Frontier::default();
        tree.0[..size as usize].iter().for_each(|leaf| frontier.push(*leaf));
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: frontier.root() };
        let tiles = Tiles::default();
        let Ok(path) = consistency(&Tiled::new(tree, &tiles, size), old, size);
        Submission { old, path, note: checkpoint.signed(&[&log()]).expect("a note") }
    }

    fn witness(dir: &Path) -> Witness {
        let cosigner = Cosigner::new("w.example", &[8; 32]).expect("a key");
        Witness::open(dir, cosigner, vec![log().vkey().clone()]).expect("it opens")
    }

    fn refused(witness: &Witness, submission: &Submission) -> Refusal {
        match witness.add(&submission.to_string(), NOW) {
            Err(AddError::Refused(refusal)) => refusal,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[test]
    fn forks_and_rollbacks_are_refused_also_after_a_restart() {
        let dir = tempfile::tempdir().expect("a directory");
        let (ours, forked) = (tree(u64::MAX), tree(3));
        let first = witness(dir.path());
        assert!(first.add(&submission(&ours, 0, 5).to_string(), NOW).is_ok());
        drop(first);
        // The answer was lost: the log asks again as if it had not.
        let again = witness(dir.path());
        assert_eq!(refused(&again, &submission(&ours, 0, 5)), Refusal::Stale(5));
        assert!(again.add(&submission(&ours, 5, 5).to_string(), NOW + 1).is_ok());
        assert_eq!(refused(&again, &submission(&ours, 3, 4)), Refusal::Stale(5), "a rollback");
        let is_fork = |refusal| matches!(refusal, Refusal::Inconsistent(_));
        assert!(is_fork(refused(&again, &submission(&forked, 5, 5))), "another root");
        assert!(is_fork(refused(&again, &submission(&forked, 5, 9))), "another beginning");
        let unproven = Submission { path: Vec::new(), ..submission(&ours, 5, 9) };
        assert!(is_fork(refused(&again, &unproven)));
        let smaller = Submission { old: 9, ..submission(&ours, 0, 5) };
        assert_eq!(refused(&again, &smaller), Refusal::Smaller { old: 9, size: 5 });
        assert!(again.add(&submission(&ours, 5, 9).to_string(), NOW + 2).is_ok());
        let kept = again.last(&hex(ORIGIN)).expect("read").expect("there");
        assert_eq!(again.vkey().among(&kept).map(|(_, at)| at), Some(NOW + 2));
        assert!(kept.verified(&[log().vkey().clone()]).is_ok());
    }

    #[test]
    fn what_nobody_known_signed_is_not_cosigned() {
        let dir = tempfile::tempdir().expect("a directory");
        let (witness, tree) = (witness(dir.path()), tree(u64::MAX));
        let good = submission(&tree, 0, 5);
        let text = good.note.unverified();
        let other = Signer::new(ORIGIN, &[9; 32]).expect("a key");
        let unsigned = Note::new(text.into(), &[&other]).expect("a note");
        let unsigned = Submission { note: unsigned, ..good.clone() };
        assert!(matches!(refused(&witness, &unsigned), Refusal::Unsigned(_)));
        let forged = good.to_string().replace("\n5\n", "\n6\n");
        let refusal = witness.add(&forged, NOW);
        assert!(matches!(refusal, Err(AddError::Refused(Refusal::Unsigned(_)))), "{refusal:?}");
        let elsewhere = good.to_string().replace(ORIGIN, "books.example/M/1");
        let refusal = witness.add(&elsewhere, NOW);
        assert!(matches!(refusal, Err(AddError::Refused(Refusal::UnknownLog(_)))), "{refusal:?}");
        for wrong in ["", "old 0\n", "old 00\n\nx", "old 0\nno hash\n\nx\n\n\u{2014} a AAAAAAE=\n"]
        {
            let refusal = witness.add(wrong, NOW);
            let is_malformed = matches!(refusal, Err(AddError::Refused(Refusal::Malformed(_))));
            assert!(is_malformed, "{wrong:?}: {refusal:?}");
        }
        assert!(witness.last(&hex(ORIGIN)).expect("read").is_none());
        assert!(witness.last("../lock").expect("read").is_none());
    }

    #[test]
    fn what_was_seen_is_not_forgotten_when_its_file_is_damaged() {
        let dir = tempfile::tempdir().expect("a directory");
        let (witness, tree) = (witness(dir.path()), tree(u64::MAX));
        witness.add(&submission(&tree, 0, 5).to_string(), NOW).expect("cosigned");
        let path = dir.path().join(SEEN).join(hex(ORIGIN));
        let whole = fs::read_to_string(&path).expect("it is there");
        for damaged in ["", &whole[..whole.len() / 2], &whole.replace("\n5\n", "\n4\n")] {
            fs::write(&path, damaged).expect("written");
            for old in [0, 4, 5] {
                let answer = witness.add(&submission(&tree, old, 9).to_string(), NOW);
                assert!(matches!(answer, Err(AddError::Storage { .. })), "{answer:?}");
            }
        }
        fs::write(&path, whole).expect("written");
        witness.add(&submission(&tree, 5, 9).to_string(), NOW).expect("cosigned");
    }

    #[test]
    fn two_witnesses_do_not_share_a_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let _one = witness(dir.path());
        let cosigner = Cosigner::new("w.example", &[8; 32]).expect("a key");
        let error = Witness::open(dir.path(), cosigner, Vec::new()).err().expect("refused");
        assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    }

    /// Of those that race with the same old size, one is cosigned; the others hear its size.
    #[test]
    fn of_a_race_one_wins() {
        let dir = tempfile::tempdir().expect("a directory");
        let (witness, tree) = (witness(dir.path()), tree(u64::MAX));
        let submitted: Vec<String> =
            (5..13).map(|size| submission(&tree, 0, size).to_string()).collect();
        let won = std::thread::scope(|scope| {
            let racing: Vec<_> = submitted
                .iter()
                .map(|text| scope.spawn(|| witness.add(text, NOW).is_ok()))
                .collect();
            racing.into_iter().filter_map(|one| one.join().ok()).filter(|won| *won).count()
        });
        assert_eq!(won, 1);
    }
}
