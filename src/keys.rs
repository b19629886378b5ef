//! The credential of whoever holds the files of a data directory. Invariant: nobody else can read
//! it, it is made once, and two directories never have the same for longer than one is a copy of
//! the other.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use sijil_cli::{CliError, Home};
use sijil_ledger::{Caller, Gate, Keep, Provider, Secret, Sessions};
use sijil_log::{machine::SystemRandomness, seam::Randomness};

/// Where it stands, and the line in which curl sends it.
const LOCAL: &str = "local";
const CURL: &str = "curl";
/// Where hashes of the references of sessions stand.
const SESSIONS: &str = "sessions";

/// A credential that is good for as long as this is there, in a directory of its own.
pub(crate) struct ForThisRun(PathBuf);

impl Drop for ForThisRun {
    fn drop(&mut self) {
        // What is left of it opens nothing any more.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The gate of a server on a data directory, where the word of a sign-in provider counts, too, if
/// there is one. Where nothing may be written there, or nothing can, the credential is one for this
/// run alone.
pub(crate) fn gate(
    home: &Home,
    open: bool,
    may_write: bool,
    provider: Option<Arc<Provider>>,
) -> Result<(Gate, Option<ForThisRun>), CliError> {
    if open {
        return Ok((Gate::Known(Caller::open()), None));
    }
    let keys = home.data.join("keys");
    let (local, for_this_run) = match found(&keys, may_write)? {
        Some(local) => (local, None),
        None => for_this_run().map_err(|error| failed(&env::temp_dir(), &error))?,
    };
    let keys_after =
        sijil_backup::keys_after(&home.data).map_err(|error| failed(&home.data, &error))?;
    // Sessions go on for as long as the credential of the directory is the same.
    let sessions = match &for_this_run {
        None if may_write => {
            sessions(&keys).map_err(|error| failed(&keys.join(SESSIONS), &error))?
        }
        None | Some(_) => Sessions::default(),
    };
    let operator = Caller::local();
    let gate = Gate::Credentials { local, operator, keys_after, sessions, provider };
    Ok((gate, for_this_run))
}

/// The sessions that were kept in a directory, and are from now on; where nothing can be written,
/// they end with this run.
fn sessions(keys: &Path) -> io::Result<Sessions> {
    if !is_writable(keys) {
        return Ok(Sessions::default());
    }
    let text = match fs::read_to_string(keys.join(SESSIONS)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let keys = keys.to_owned();
    let keep: Keep = Box::new(move |text| {
        fs::rename(written_aside(&keys, SESSIONS, text)?, keys.join(SESSIONS))?;
        File::open(&keys)?.sync_all()
    });
    Ok(Sessions::kept_in(&text, keep))
}

/// Makes the credential of a directory anew: it was copied from another, whose own it is.
pub(crate) fn renewed(data: &Path) -> Result<(), CliError> {
    let keys = data.join("keys");
    let anew = || {
        // A copy has the modes it was copied with.
        if keys.exists() {
            fs::set_permissions(&keys, fs::Permissions::from_mode(0o700))?;
        }
        for name in [LOCAL, CURL, SESSIONS] {
            match fs::remove_file(keys.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
        made(&keys).and_then(|local| with_curl(&keys, &local))
    };
    anew().map_err(|error| {
        CliError::Reach(format!(
            "{}: {error}; the directory was adopted, and its credential is still the one of what \
             it was copied from: remove it, and the next start makes another",
            keys.join(LOCAL).display()
        ))
    })
}

fn failed(path: &Path, error: &io::Error) -> CliError {
    CliError::Reach(format!("{}: {error}", path.display()))
}

/// The credential of a directory; made at the first start. `None` if it has none that is good, and
/// cannot be given one.
fn found(keys: &Path, may_write: bool) -> Result<Option<Secret>, CliError> {
    let stands = match stood(keys) {
        Ok(None) if may_write => made(keys).map(Some),
        stands => stands,
    };
    let stands = stands.and_then(|local| {
        if let (Some(local), true) = (&local, may_write) {
            with_curl(keys, local)?;
        }
        Ok(local)
    });
    match stands {
        Ok(local) => Ok(local),
        Err(_) if !may_write || !is_writable(keys) => Ok(stood(keys).unwrap_or(None)),
        Err(error) => Err(failed(&keys.join(LOCAL), &error)),
    }
}

/// Whether a file can be made in a directory, or, if it is not there, beside it.
fn is_writable(keys: &Path) -> bool {
    let within = if keys.exists() { keys } else { keys.parent().unwrap_or(keys) };
    let probe = within.join(format!("probe.{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&probe).is_ok();
    made && fs::remove_file(&probe).is_ok()
}

/// The credential that stands in a directory, if there is one.
fn stood(keys: &Path) -> io::Result<Option<Secret>> {
    let text = match fs::read_to_string(keys.join(LOCAL)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    for name in [LOCAL, CURL, ""] {
        let others = match fs::metadata(keys.join(name)) {
            Ok(metadata) => metadata.permissions().mode() & 0o077 != 0,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if others {
            return Err(io::Error::other(match name {
                LOCAL => {
                    "others than its owner can read it; remove it, and the next start makes \
                          another"
                }
                CURL => {
                    "others than its owner can read curl, which says the same; remove both, \
                         and the next start makes others"
                }
                _ => {
                    "others than its owner can come into its directory; give that the mode 700, \
                      and remove it, and the next start makes another"
                }
            }));
        }
    }
    let secret = Secret::parse(text.lines().next().unwrap_or_default().trim());
    secret.map(Some).map_err(|error| {
        io::Error::other(format!("{error}; remove it, and the next start makes another"))
    })
}

/// Makes a credential, unless somebody else does at the same time: then it is that one.
fn made(keys: &Path) -> io::Result<Secret> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(keys)?;
    let secret = Secret::new(|bytes| SystemRandomness.fill(bytes))?;
    let text = format!("{}\n", secret.shown_once());
    let (file, aside) = (keys.join(LOCAL), written_aside(keys, LOCAL, &text)?);
    // A link is made whole or not at all, and never over what is there.
    let linked = match fs::hard_link(&aside, &file) {
        Err(error)
            if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) =>
        {
            // Some file systems have no links.
            written_new(&file, &text)
        }
        linked => linked,
    };
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => File::open(keys)?.sync_all()?,
    }
    stood(keys)?.ok_or_else(|| io::Error::other("it is gone again"))
}

/// Sees to it that the line for curl says the same.
fn with_curl(keys: &Path, local: &Secret) -> io::Result<()> {
    let line = format!("Authorization: Bearer {}\n", local.shown_once());
    if fs::read_to_string(keys.join(CURL)).is_ok_and(|stands| stands == line) {
        return Ok(());
    }
    fs::rename(written_aside(keys, CURL, &line)?, keys.join(CURL))?;
    File::open(keys)?.sync_all()
}

/// Writes a file beside the one it is to become, under a name that nobody else takes.
fn written_aside(keys: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    let mut bytes = [0; 8];
    SystemRandomness.fill(&mut bytes)?;
    let aside = keys.join(format!("{name}.{:016x}.new", u64::from_le_bytes(bytes)));
    written_new(&aside, text)?;
    Ok(aside)
}

/// Writes a file that is not there yet, readable by its owner alone.
fn written_new(file: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A credential for this run alone, in a directory for temporary files, and where to find it.
fn for_this_run() -> io::Result<(Secret, Option<ForThisRun>)> {
    let secret = Secret::new(|bytes| SystemRandomness.fill(bytes))?;
    let mut bytes = [0; 8];
    SystemRandomness.fill(&mut bytes)?;
    let keys = env::temp_dir().join(format!("sijil-{:016x}", u64::from_le_bytes(bytes)));
    // Of a name that nobody foresaw, and refused if somebody has it.
    fs::DirBuilder::new().mode(0o700).create(&keys)?;
    let run = ForThisRun(keys.clone());
    written_new(&keys.join(LOCAL), &format!("{}\n", secret.shown_once()))?;
    with_curl(&keys, &secret)?;
    eprintln!(
        "sijil: nothing is written to the data directory; for this run alone: curl -H @{}, or \
         sijil --server with --credential {}",
        keys.join(CURL).display(),
        keys.join(LOCAL).display()
    );
    Ok((secret, Some(run)))
}
