//! The key that signs checkpoints. Invariant: nobody but its owner can read it, it is made once,
//! and a directory that became a clone signs as another log.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
    time::Duration,
};

use sijil_cli::{CliError, Home, Mode};
use sijil_ledger::{ProveError, Signing, SigningMemory, limits::SIGNED_WAIT_MS};
use sijil_log::{
    machine::{Disk, SystemRandomness},
    seam::Randomness,
};
use sijil_schemas::Position;

use crate::logs;

/// A kind of key.
pub(crate) struct Key {
    /// The name of its file.
    file: &'static str,
    /// The first line of the file; the second is the key, in hexadecimal.
    form: &'static str,
}

/// The format of keys that is written, the number in their first line.
pub(crate) const KEY_FORMAT: u32 = 1;

/// Among the keys of a data directory.
const LOG: Key = Key { file: "checkpoint.key", form: "sijil checkpoint key 1, ed25519" };
/// In a witness's own directory: it must sign no checkpoints of a log.
pub(crate) const WITNESS: Key = Key { file: "witness.key", form: "sijil witness key 1, ed25519" };
const SEED_BYTES: usize = 32;
const NODE_CHARS_MAX: usize = 64;
/// The host of a ledger that is not known outside.
const NOWHERE: &str = "localhost";

/// With what a directory signs, or why it does not. `public` is the host by which it is known
/// outside; what was signed last says it, if nobody does now.
pub(crate) fn signing(
    home: &Home,
    public: Option<&str>,
    may_make: bool,
) -> Result<Result<Signing, String>, CliError> {
    let dir = home.data.join("keys");
    let failed = |error: &io::Error| format!("{}: {error}", dir.join(LOG.file).display());
    let seed = match LOG.stood(&dir) {
        Ok(Some(seed)) => seed,
        Ok(None) if may_make => match LOG.made(&dir) {
            Ok(seed) => seed,
            Err(error) => return Ok(Err(failed(&error))),
        },
        Ok(None) => {
            return Ok(Err(
                "there is no key yet; the first start of `sijil serve` makes one".into()
            ));
        }
        Err(error) => return Err(CliError::Reach(failed(&error))),
    };
    let memory = SigningMemory { storage: Arc::new(Disk), dir };
    // If it cannot be read, signing says so.
    let last = memory.highest().ok().flatten();
    let signed_as = last.as_ref().and_then(|last| last.origin.split('/').next());
    let host = public.or(signed_as).unwrap_or(NOWHERE).to_owned();
    let incarnation = match sijil_backup::incarnation_of(&home.data) {
        Ok(incarnation) => incarnation,
        Err(error) => return Ok(Err(format!("state/incarnation: {error}"))),
    };
    Ok(Ok(Signing { host, incarnation, node: Some(node()), seed, memory: Some(memory) }))
}

/// What this machine is called, as far as that can name a node.
fn node() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let name: String = name.chars().filter(|c| fits(*c)).take(NODE_CHARS_MAX).collect();
    if name.is_empty() { NOWHERE.to_owned() } else { name }
}

/// Why the log of a directory is not the one that was signed from there, if it is not.
pub(crate) fn rolled_back(home: &Home) -> Result<Option<String>, CliError> {
    let dir = home.data.join("keys");
    let failed = |error: io::Error| CliError::Reach(format!("{}: {error}", dir.display()));
    let memory = SigningMemory { storage: Arc::new(Disk), dir: dir.clone() };
    let Some(highest) = memory.highest().map_err(failed)? else { return Ok(None) };
    let incarnation = sijil_backup::incarnation_of(&home.data).map_err(failed)?;
    // What another incarnation signed says nothing of this one.
    if highest.origin.rsplit_once('/').is_none_or(|(_, last)| last != incarnation) {
        return Ok(None);
    }
    let reader = logs::open(home, Mode::Read, &|_, _| ())?.reader;
    let signed = Position::new(highest.size);
    // A server may have signed what this process has not seen yet.
    let before = Position::new(highest.size.saturating_sub(1));
    let head = reader.wait(before, Duration::from_millis(SIGNED_WAIT_MS))?;
    let is_same = reader.root_at(signed)? == Some(highest.root);
    Ok((!is_same).then(|| ProveError::RolledBack { signed, head }.to_string()))
}

impl Key {
    /// The key that stands in a directory, if there is one.
    pub(crate) fn stood(&self, dir: &Path) -> io::Result<Option<[u8; SEED_BYTES]>> {
        let path = dir.join(self.file);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other(
                "others than its owner can read it; whoever did can sign with it: put it away, and \
                 the next start makes another",
            ));
        }
        let (kind, _) = self.form.split_once(" 1,").unwrap_or((self.form, ""));
        let number = text.strip_prefix(kind).map(str::trim_start);
        let number = number.and_then(|rest| rest.split_once(',')?.0.parse::<u32>().ok());
        if let Some(found) = number.filter(|found| *found > KEY_FORMAT) {
            return Err(io::Error::other(format!(
                "it has format {found}, which a newer release wrote; this is release {}, which \
                 reads format {KEY_FORMAT}: use the newer one",
                sijil_log::RELEASE
            )));
        }
        let hex = text
            .strip_prefix(self.form)
            .and_then(|rest| rest.strip_prefix('\n'))
            .map(str::trim_end);
        let seed = hex.and_then(seed_of).ok_or_else(|| {
            io::Error::other(format!(
                "expected {:?} and 64 hexadecimal digits; restore it",
                self.form
            ))
        })?;
        Ok(Some(seed))
    }

    /// Makes a key, unless somebody else does at the same time: then it is that one.
    pub(crate) fn made(&self, dir: &Path) -> io::Result<[u8; SEED_BYTES]> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut seed = [0; SEED_BYTES];
        SystemRandomness.fill(&mut seed)?;
        let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        let aside = dir.join(format!("{}.{}.new", self.file, std::process::id()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(format!("{}\n{hex}\n", self.form).as_bytes())?;
        file.sync_all()?;
        // Never over what is there: a key that signed is not made again.
        let linked = fs::hard_link(&aside, dir.join(self.file));
        fs::remove_file(&aside)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => File::open(dir)?.sync_all()?,
        }
        // What is signed is kept in here, so a cut must not take the directory away.
        let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
        File::open(above.unwrap_or(Path::new(".")))?.sync_all()?;
        self.stood(dir)?.ok_or_else(|| io::Error::other("it is gone again"))
    }
}

fn seed_of(hex: &str) -> Option<[u8; SEED_BYTES]> {
    let digits = hex.as_bytes().as_chunks::<2>().0;
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let seed: Option<Vec<u8>> = digits.iter().map(byte).collect();
    seed.filter(|_| hex.len() == 2 * SEED_BYTES)?.try_into().ok()
}

/// Takes the key of the original away from a clone, and what that has signed: it signs as itself.
pub(crate) fn forgotten(data: &Path) -> io::Result<()> {
    for name in [LOG.file, "signed"] {
        match fs::remove_file(data.join("keys").join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => (),
        }
    }
    Ok(())
}
