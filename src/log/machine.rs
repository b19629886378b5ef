//! The machine itself behind the seam: files, the system's clock, the kernel's randomness.
//! Invariant: no decisions here, only calls.

use std::{
    cell::RefCell,
    fs::{self, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::{
    fs::FallocateFlags,
    process::{Resource, Rlimit},
};
use sijil_schemas::time::Timestamp;

use crate::seam::{Access, Clock, File, Identity, Lock, Randomness, Storage};

/// Modes of what is made: its owner's alone, whatever the umask of the process.
const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
/// What group and world may do.
const OTHERS: u32 = 0o077;
/// How often a lock is tried: a process that only asks whether it is held holds it itself for a
/// moment.
const LOCK_TRIES: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The kernel's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

struct DiskFile(fs::File);

/// A ledger of no more records is small: its memory is counted in single megabytes, of which large
/// pages would make many.
pub const SMALL_RECORDS_MAX: u64 = 100_000;

/// Whether memory that this process takes from now on may come in pages of 2 MiB: a large ledger is
/// faster with them, a small one is several times as large. Where there is no such choice, nothing
/// changes.
pub fn large_pages(wanted: bool) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(!wanted) {
        tracing::debug!(%error, "pages stay as the system has them");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = wanted;
}

/// Makes every file that this process creates from now on its owner's alone, whoever creates it.
pub fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
}

/// Has the kernel write no memory of this process to a file if it dies: personal values and keys
/// are in it.
pub fn no_core_dumps() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = rustix::process::setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "if this process dies, the system may write its memory to a file");
    }
}

/// Keeps the descriptor open: the kernel drops the lock with it, also when the process is killed.
struct DiskLock {
    _held: fs::File,
}

impl Lock for DiskLock {}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::wrapping_neg)
            }
        };
        let outside =
            if micros < Timestamp::MIN.micros() { Timestamp::MIN } else { Timestamp::END };
        Timestamp::from_micros(micros).unwrap_or(outside)
    }
}

/// Bytes of the kernel's that a thread has fetched and not given out: a call per event would cost
/// more than parsing it. Each byte is given once and wiped.
struct Pool {
    bytes: [u8; 1024],
    given: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; 1024], given: 1024 }) };
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        POOL.with_borrow_mut(|pool| {
            for wanted in bytes.chunks_mut(pool.bytes.len()) {
                if pool.given + wanted.len() > pool.bytes.len() {
                    fetch(&mut pool.bytes)?;
                    pool.given = 0;
                }
                let fresh = &mut pool.bytes[pool.given..][..wanted.len()];
                wanted.copy_from_slice(fresh);
                fresh.fill(0);
                pool.given += wanted.len();
            }
            Ok(())
        })
    }
}

fn fetch(bytes: &mut [u8]) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        done += rustix::rand::getrandom(&mut bytes[done..], rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(())
}

impl Storage for Disk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).mode(PRIVATE_FILE);
        match access {
            Access::Read => &mut options,
            Access::Write => options.write(true),
            Access::Keep => options.write(true).create(true).truncate(false),
            Access::Create => options.write(true).create(true).truncate(true),
        };
        Ok(Arc::new(DiskFile(options.open(path)?)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        fs::File::open(path)?.sync_all()
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(PRIVATE_FILE)
            .open(path)?;
        for pause in 0..LOCK_TRIES {
            if pause > 0 {
                thread::sleep(LOCK_PAUSE);
            }
            match file.try_lock() {
                Ok(()) => return Ok(Some(Box::new(DiskLock { _held: file }))),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        let file = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        let metadata = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        // Some file systems do not keep it: there the number alone tells.
        let born = metadata.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
        let born = born.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0);
        Ok(Some(Identity { inode: metadata.ino(), born }))
    }

    fn is_open_to_others(&self, path: &Path) -> io::Result<bool> {
        Ok(fs::metadata(path)?.mode() & OTHERS != 0)
    }

    fn close_to_others(&self, path: &Path) -> io::Result<()> {
        let mode = fs::metadata(path)?.mode();
        fs::set_permissions(path, fs::Permissions::from_mode(mode & !OTHERS & 0o7777))
    }
}

impl File for DiskFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(bytes, offset)
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        match rustix::fs::fallocate(&self.0, FallocateFlags::empty(), 0, len) {
            // Some file systems cannot reserve: there the file is sparse, and a full disk shows at
            // the write.
            Err(rustix::io::Errno::OPNOTSUPP) => self.0.set_len(len),
            other => Ok(other?),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}
