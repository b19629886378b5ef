//! Backups of the ledger on this machine. Invariant: nothing that goes wrong with a backup stops
//! the ledger.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::json;
use sijil_backup::{
    At, Backup, BackupError, Checked, Cloning, Erases, Keys, Lists, Seal, Target, Wanted, check,
    clone_log, incarnation_of, repair, restore, told_origin, untold_origin,
};
use sijil_cli::{
    CliError, Home, Mode,
    keeping::{self, BackupWord, Keeping, Kept, KeptUp, Place},
};
use sijil_ledger::{Desk, ReadOnly, Restored, with_causes};
use sijil_log::{
    Reader,
    embedded::{FORMAT, MendError},
};
use sijil_schemas::{Position, StoredRecord, record::RECORD_FORMAT};

use crate::{
    checkpoints, logs,
    targets::{keys, seal, sealing, target},
};

/// How often a server looks whether its log has grown.
const LOOK_MS: u64 = 50;
/// After so long something new is written to the backup.
const STEP_MS: u128 = 1_000;
/// After so many records it is at once, but not oftener than every [`STEP_MS_MIN`]: about 1 MiB.
const STEP_RECORDS: u64 = 3_000;
const STEP_MS_MIN: u128 = 250;
/// How long to wait after something went wrong.
const AGAIN: Duration = Duration::from_secs(5);

fn failed(error: BackupError) -> CliError {
    let text = with_causes(&error);
    match error {
        BackupError::Read(error) => error.into(),
        BackupError::Open(error) | BackupError::Mend(MendError::Open(error)) => {
            logs::open_failed(error)
        }
        BackupError::Mend(
            MendError::NotSealed { .. } | MendError::Misfit { .. } | MendError::Source(_),
        ) => CliError::No(text),
        BackupError::Damaged { .. } => CliError::Corrupt(text),
        BackupError::Empty
        | BackupError::Another { .. }
        | BackupError::NotEmpty { .. }
        | BackupError::NotSigned { .. }
        | BackupError::NotCovered { .. } => CliError::No(text),
        BackupError::Several { .. } | BackupError::Sealed { .. } | BackupError::Unsealed { .. } => {
            CliError::Use(text)
        }
        BackupError::Held { .. }
        | BackupError::Missing { .. }
        | BackupError::NoList { .. }
        | BackupError::Newer { .. }
        | BackupError::Append { .. }
        | BackupError::Mend(MendError::Io { .. })
        | BackupError::Io { .. } => CliError::Reach(text),
    }
}

/// What a record erases: what its own schema says.
fn erases() -> Erases {
    Arc::new(StoredRecord::erases)
}

/// The list of erased parts that is asked for, read.
struct GivenList(Option<(String, Vec<u8>)>, bool);

impl GivenList {
    /// FILE, or `none`.
    fn read(given: Option<&Path>) -> Result<GivenList, CliError> {
        match given {
            Some(word) if word == Path::new("none") => Ok(GivenList(None, true)),
            Some(file) => {
                let bytes = fs::read(file)
                    .map_err(|error| CliError::Use(format!("{}: {error}", file.display())))?;
                Ok(GivenList(Some((file.display().to_string(), bytes)), false))
            }
            None => Ok(GivenList(None, false)),
        }
    }

    fn lists(&self) -> Lists<'_> {
        match self {
            GivenList(Some((name, bytes)), _) => Lists::Given(name, bytes),
            GivenList(None, true) => Lists::OrNone,
            GivenList(None, false) => Lists::Found,
        }
    }
}

fn incarnation(dir: &Path) -> Result<String, CliError> {
    incarnation_of(dir).map_err(|error| CliError::Reach(format!("{}: {error}", dir.display())))
}

/// Runs one of the words that keep a ledger safe.
pub(crate) fn keep(
    home: &Home,
    word: &Keeping,
    progress: &dyn Fn(u64, u64),
) -> Result<Kept, CliError> {
    match word {
        Keeping::Backup(keeping::Backup { to, recipients, word: None }) => {
            let to = to.as_ref().ok_or_else(|| CliError::Use("backup: give --to".into()))?;
            write(home, to, recipients.as_deref(), progress)
        }
        Keeping::Backup(keeping::Backup {
            word: Some(BackupWord::Verify { target, of, opening }),
            ..
        }) => verify(target, of.as_deref(), &keys(opening)?, progress),
        Keeping::Restore(word) => restored(word, progress),
        Keeping::Clone(word) => cloned(word, progress),
        Keeping::Repair(word) => repaired(home, word),
        Keeping::Upgrade => upgraded(home),
    }
}

fn write(
    home: &Home,
    to: &Place,
    recipients: Option<&Path>,
    progress: &dyn Fn(u64, u64),
) -> Result<Kept, CliError> {
    let log = logs::open(home, Mode::Read, progress)?;
    let seal = match &log.read_only_because {
        Some(ReadOnly::Copied(_)) => sealing(recipients)?,
        Some(_) | None => seal(home, None, recipients)?,
    };
    let reader = &*log.reader;
    let incarnation = incarnation(&home.data)?;
    let begun = Backup::begin(target(to)?, reader, incarnation, erases(), seal);
    let mut backup = begun.map_err(failed)?;
    let written = backup.step(reader).map_err(failed)?;
    let told = json!({
        "backup": backup.name(), "to": to.as_str(), "before": written.before,
        "position": written.position, "objects": written.objects, "bytes": written.bytes,
        "forgotten": written.forgotten, "left": written.left,
    });
    Ok(Kept { told, wrong: None })
}

fn verify(
    to: &Place,
    of: Option<&str>,
    keys: &Keys,
    progress: &dyn Fn(u64, u64),
) -> Result<Kept, CliError> {
    let told = |records| progress(records, records);
    let all = check(&target(to)?, (of, keys), &erases(), &told).map_err(failed)?;
    let faults: Vec<String> = all
        .iter()
        .flat_map(|one| &one.faults)
        .map(|fault| format!("{}: {}", fault.name, fault.what))
        .collect();
    let backups: Vec<_> = all.iter().map(shown).collect();
    let wrong = (!faults.is_empty()).then(|| {
        CliError::Corrupt(format!(
            "{} objects are not as they were written:\n{}",
            faults.len(),
            faults.join("\n")
        ))
    });
    Ok(Kept { told: json!({"backups": backups, "faults": faults}), wrong })
}

fn shown(one: &Checked) -> serde_json::Value {
    json!({
        "of": one.of, "position": one.position, "root": one.root, "records": one.records,
        "objects": one.objects, "bytes": one.bytes, "unfinished": one.unfinished,
        "signed_by": one.signed_by, "unopened": one.unopened,
    })
}

fn restored(word: &keeping::Restore, progress: &dyn Fn(u64, u64)) -> Result<Kept, CliError> {
    let at = match &word.at {
        None => At::End,
        Some(text) => moment(text)?,
    };
    let given = GivenList::read(word.erasures.as_deref())?;
    let keys = keys(&word.opening)?;
    let wanted = Wanted { of: word.of.clone(), at, erasures: given.lists(), keys };
    let done = restore(&target(&word.from)?, &wanted, &word.to, &erases(), progress);
    let done = done.map_err(failed)?;
    let told = json!({
        "of": done.of, "position": done.position, "root": done.root, "cut_from": done.cut_from,
        "incarnation": done.incarnation, "erased": done.erased,
        "signed_by": done.signed_by,
        "erasures": if done.erased.is_some() { "applied" } else { "none" },
    });
    Ok(Kept { told, wrong: None })
}

fn repaired(home: &Home, word: &keeping::Repair) -> Result<Kept, CliError> {
    if home.log.is_some() {
        return Err(CliError::Use(
            "repair: the log stands elsewhere; its copy here is made again by itself".into(),
        ));
    }
    let given = GivenList::read(word.erasures.as_deref())?;
    let (from, of, keys) = (target(&word.from)?, word.of.as_deref(), keys(&word.opening)?);
    let done = repair(&from, (of, &keys), &home.data, given.lists(), &erases()).map_err(failed)?;
    let told = json!({"segments": done.segments, "records": done.records});
    Ok(Kept { told, wrong: None })
}

/// Looks at all of a ledger. Each format has one version that this release writes, and it writes
/// that already; what a newer one wrote is refused.
fn upgraded(home: &Home) -> Result<Kept, CliError> {
    let report = logs::verify(home, 2, Box::new(|_| ()))?;
    // A key of a newer format is refused here, too.
    let is_signing = checkpoints::signing(home, None, false)?.is_ok();
    let told = json!({
        "position": report.position, "records": report.records, "changed": 0,
        "formats": {
            "segment": FORMAT, "record": RECORD_FORMAT, "manifest": sijil_backup::FORMAT,
            "key": is_signing.then_some(checkpoints::KEY_FORMAT),
        },
    });
    let wrong = (!report.is_sound()).then(|| {
        CliError::Corrupt("the log is not as it was written; `sijil verify` names what".into())
    });
    Ok(Kept { told, wrong })
}

/// A position, or a time.
fn moment(text: &str) -> Result<At, CliError> {
    if let Ok(position) = text.parse() {
        return Ok(At::Position(Position::new(position)));
    }
    text.parse().map(At::Time).map_err(|error| {
        CliError::Use(format!("--at: expected a position, or a time with offset: {error}"))
    })
}

fn cloned(word: &keeping::Clone, progress: &dyn Fn(u64, u64)) -> Result<Kept, CliError> {
    let from = Home { data: word.from.clone(), log: None };
    let log = logs::open(&from, Mode::Read, progress)?;
    let cloning = Cloning {
        to: word.to_position.map(Position::new),
        without_personal: word.without_personal,
    };
    let done = clone_log(&*log.reader, &word.to, cloning, &erases(), progress).map_err(failed)?;
    let told = json!({
        "position": done.position, "root": done.root, "incarnation": done.incarnation,
        "parts_left_out": done.parts_left_out,
    });
    Ok(Kept { told, wrong: None })
}

fn begin(
    to: &Arc<dyn Target>,
    reader: &dyn Reader,
    incarnation: &str,
    seal: &Seal,
) -> Result<Backup, BackupError> {
    Backup::begin(to.clone(), reader, incarnation.to_owned(), erases(), seal.clone())
}

/// Keeps a backup up with a log until it is dropped.
pub(crate) struct Keeper {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Refused where the target cannot be written, or holds another history: then nobody believes
    /// that there is a backup.
    pub(crate) fn start(
        desk: &Desk,
        reader: Arc<dyn Reader>,
        home: &Home,
        (kept_up, public): (&KeptUp, Option<&str>),
    ) -> Result<Keeper, CliError> {
        let KeptUp { backup_to: Some(to), backup_recipients } = kept_up else {
            return Err(CliError::Use("serve: give --backup-to".into()));
        };
        let (to, incarnation) = (target(to)?, incarnation(&home.data)?);
        let seal = seal(home, public, backup_recipients.as_deref())?;
        // A ledger that nothing is recorded in is nobody's yet.
        let begun = match begin(&to, &*reader, &incarnation, &seal) {
            Err(BackupError::Empty) => None,
            begun => Some(begun.map_err(failed)?),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let mut kept = Upkeep {
            desk: desk.clone(),
            reader,
            to,
            incarnation,
            seal,
            backup: begun,
            behind_since: None,
            stepped: Instant::now(),
        };
        let told = stop.clone();
        let run = move || kept.run(&told);
        let thread = std::thread::Builder::new().name("backup".into()).spawn(run);
        let thread =
            thread.map_err(|error| CliError::Reach(format!("cannot start the backup: {error}")))?;
        Ok(Keeper { stop, thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes the backup panicked");
        }
    }
}

/// What the thread of a [`Keeper`] works with.
struct Upkeep {
    desk: Desk,
    reader: Arc<dyn Reader>,
    to: Arc<dyn Target>,
    incarnation: String,
    seal: Seal,
    backup: Option<Backup>,
    behind_since: Option<Instant>,
    stepped: Instant,
}

impl Upkeep {
    /// Runs until it is told to stop, and then once more, so that a server that ends in order has a
    /// whole backup.
    fn run(&mut self, stop: &AtomicBool) {
        loop {
            let last = stop.load(Relaxed);
            if let Err(error) = self.look(last) {
                let error = with_causes(&error);
                tracing::error!(error, "the backup is behind; the ledger goes on");
                self.backup = None;
                let until = Instant::now() + AGAIN;
                while !last && Instant::now() < until && !stop.load(Relaxed) {
                    std::thread::sleep(Duration::from_millis(LOOK_MS));
                    self.tell();
                }
            }
            if last {
                return;
            }
            std::thread::sleep(Duration::from_millis(LOOK_MS));
        }
    }

    fn look(&mut self, last: bool) -> Result<(), BackupError> {
        if self.backup.is_none() && self.desk.durable() > Position::ZERO {
            let begun = begin(&self.to, &*self.reader, &self.incarnation, &self.seal);
            self.backup = Some(begun?);
        }
        let Some(backup) = &mut self.backup else { return Ok(()) };
        let behind = self.desk.durable().get().saturating_sub(backup.position().get());
        let waited = self.stepped.elapsed().as_millis();
        if behind > 0
            && (last || waited >= STEP_MS || (behind >= STEP_RECORDS && waited >= STEP_MS_MIN))
        {
            self.stepped = Instant::now();
            let written = backup.step(&*self.reader)?;
            tracing::debug!(?written, "backed up");
            self.behind_since = None;
        }
        self.tell();
        Ok(())
    }

    /// Tells how far the backup is, and for how long something has waited for it.
    fn tell(&mut self) {
        let position = self.backup.as_ref().map_or(Position::ZERO, Backup::position);
        if self.backup.is_some() && self.desk.durable() <= position {
            self.behind_since = None;
        } else if self.desk.durable() > Position::ZERO {
            self.behind_since.get_or_insert_with(Instant::now);
        }
        let lag = self.behind_since.map_or(0, |since| since.elapsed().as_millis());
        let counters = self.desk.counters();
        if self.backup.is_some() {
            counters.backup_position.store(position.get(), Relaxed);
        }
        counters.backup_lag_ms.store(u64::try_from(lag).unwrap_or(u64::MAX), Relaxed);
        counters.is_backed_up.store(true, Relaxed);
    }
}

/// Records that a data directory was made from a backup or another log, before anything else is, if
/// no record says so yet.
pub(crate) fn tell_origin(desk: &Desk, dir: &Path) -> Result<(), CliError> {
    let failed = |error: io::Error| CliError::Reach(format!("{}: {error}", dir.display()));
    let Some(origin) = untold_origin(dir).map_err(failed)? else { return Ok(()) };
    desk.restored(&Restored {
        size: origin.size,
        root: origin.root,
        lost_after: origin.lost_after,
        incarnation: origin.incarnation,
        erasures: origin.erasures,
    })
    .map_err(|error| CliError::Reach(format!("that it was restored is not recorded: {error}")))?;
    told_origin(dir).map_err(failed)
}

/// Gives a data directory a new incarnation.
pub(crate) fn renewed(dir: &Path) -> io::Result<String> {
    let incarnation = sijil_backup::new_incarnation()?;
    sijil_backup::set_incarnation(dir, &incarnation)?;
    Ok(incarnation)
}
