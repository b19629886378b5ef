//! A Postgres server from the machine's own binaries. Invariant: durable as in production (`fsync`
//! and `synchronous_commit` are on), and never the machine's own server.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::warden::Warden;

/// How long a server may take to answer, on a machine that does much else.
const START_MAX: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);
const STARTS_MAX: usize = 5;

/// A running server. Dropped, it is stopped and its directory removed.
pub struct Postgres {
    binaries: PathBuf,
    owner: Option<Owner>,
    port: u16,
    process: Option<Child>,
    warden: Warden,
}

/// Whom the server runs as when the test is root: it refuses to be root itself.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Postgres {
    /// A new, empty server, ready for connections. `None` where the machine has no server binaries:
    /// a word is printed, and the test should end there; with `CI=true` that is a panic.
    #[must_use]
    pub fn start() -> Option<Postgres> {
        Postgres::start_with(&[])
    }

    /// Like [`Postgres::start`], with settings for `postgresql.conf` (`("max_connections", "20")`).
    #[must_use]
    pub fn start_with(settings: &[(&str, &str)]) -> Option<Postgres> {
        let Some(binaries) = binaries() else {
            assert!(
                env::var("CI").as_deref() != Ok("true"),
                "no Postgres server binaries here: tests/run installs them as root; else install \
                 `postgresql`"
            );
            eprintln!(
                "skipped: no Postgres server binaries on this machine (install `postgresql`)"
            );
            return None;
        };
        let mut server = Postgres::bare(binaries);
        let data = server.data();
        server.tool(
            "initdb",
            &[
                "--no-sync",
                "--auth=trust",
                "--username=sijil",
                "--encoding=UTF8",
                "--locale=C",
                "--pgdata",
                &data.display().to_string(),
            ],
        );
        server.configure(settings);
        server.launch();
        Some(server)
    }

    /// One server for all tests of this process; give each test a [`Postgres::database`] of its
    /// own. It ends with the process.
    #[must_use]
    pub fn shared() -> Option<&'static Postgres> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(Postgres::start).as_ref()
    }

    /// The address of the database `postgres`, for the superuser `sijil`, who needs no password.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Makes a new, empty database and returns its address.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""));
        self.url_of(name)
    }

    /// Runs SQL through `psql` and returns its output: unaligned rows, `|` between the columns.
    /// Panics if the server refuses it.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.tool(
            "psql",
            &[
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                &self.url_of(database),
                "-c",
                sql,
            ],
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// All of a database as `pg_dump` writes it.
    pub fn dump(&self, database: &str) -> String {
        let output = self.tool("pg_dump", &["-d", &self.url_of(database)]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The directory of its files: tables under `base`, the write-ahead log under `pg_wal`.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.data()
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server as a crash would: no checkpoint, connections cut. [`Postgres::restart`]
    /// recovers it.
    pub fn stop_immediate(&mut self) {
        self.stop(Signal::QUIT);
    }

    /// Stops the server in good order, with all connections cut.
    pub fn stop_fast(&mut self) {
        self.stop(Signal::INT);
    }

    /// Starts a stopped server (or stops it as a crash would, and starts it) on the same port and
    /// waits until it is ready.
    pub fn restart(&mut self) {
        self.stop_immediate();
        self.spawn();
        if let Err(log) = self.ready() {
            panic!("the server did not come back:\n{log}");
        }
    }

    /// A standby that follows this server by streaming, ready to be read.
    #[must_use]
    pub fn standby(&self) -> Postgres {
        let mut standby = Postgres::bare(self.binaries.clone());
        let (data, port) = (standby.data().display().to_string(), self.port.to_string());
        standby.tool(
            "pg_basebackup",
            &[
                "-D",
                &data,
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "--no-sync",
                "-h",
                "127.0.0.1",
                "-p",
                &port,
                "-U",
                "sijil",
            ],
        );
        standby.configure(&[("synchronous_standby_names", "")]);
        standby.launch();
        standby
    }

    /// From now on nothing is acknowledged before a standby has it; waits until one does.
    pub fn require_standby(&self) {
        self.configure(&[("synchronous_standby_names", "*")]);
        self.sql("postgres", "SELECT pg_reload_conf()");
        let until = Instant::now() + START_MAX;
        while self
            .sql("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
            != "1"
        {
            assert!(Instant::now() < until, "no standby follows:\n{}", self.log());
            thread::sleep(POLL);
        }
    }

    /// Makes a standby the one that takes writes.
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t", "{}", self.log());
    }

    /// Whether the server was started and not stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.is_some()
    }

    /// What the server wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.warden.directory().join("log")).unwrap_or_default()
    }

    fn bare(binaries: PathBuf) -> Postgres {
        let owner = owner();
        let directory = tempfile::Builder::new()
            .prefix("sijil-pg-")
            .tempdir()
            .expect("a temporary directory")
            .keep();
        let warden = Warden::of(directory.clone()).expect("a shell");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).expect("permissions");
        if let Some(Owner { user, group }) = owner {
            std::os::unix::fs::chown(&directory, Some(user), Some(group))
                .expect("a directory of its own");
        }
        Postgres { binaries, owner, port: 0, process: None, warden }
    }

    fn data(&self) -> PathBuf {
        self.warden.directory().join("data")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://sijil@127.0.0.1:{}/{database}", self.port)
    }

    /// A command of the server's binaries, as its owner.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command
            .current_dir(self.warden.directory())
            .stdin(Stdio::null())
            .env_remove("PGDATA")
            .env("LC_ALL", "C");
        if let Some(Owner { user, group }) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Output {
        let output = self
            .command(name)
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            output.status.success(),
            "{name} {arguments:?}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
        output
    }

    /// Adds settings to `postgresql.conf`; the last of one name counts.
    fn configure(&self, settings: &[(&str, &str)]) {
        let sockets = self.warden.directory().display().to_string();
        let own = [
            ("listen_addresses", "127.0.0.1"),
            ("unix_socket_directories", &sockets),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("shared_buffers", "64MB"),
            ("max_connections", "60"),
            ("log_min_messages", "warning"),
        ];
        let path = self.data().join("postgresql.conf");
        let mut text = fs::read_to_string(&path).expect("postgresql.conf");
        for (name, value) in own.iter().chain(settings) {
            text.push_str(&format!("\n{name} = '{value}'"));
        }
        text.push('\n');
        fs::write(&path, text).expect("postgresql.conf");
    }

    /// Starts on a free port; another process may take it in between, so this is tried a few times.
    fn launch(&mut self) {
        let mut last = String::new();
        for _ in 0..STARTS_MAX {
            self.port = free_port();
            self.spawn();
            match self.ready() {
                Ok(()) => return,
                Err(log) => last = log,
            }
        }
        panic!("the server did not start:\n{last}");
    }

    fn spawn(&mut self) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.warden.directory().join("log"))
            .expect("a file for its words");
        let data = self.data();
        let mut command = self.command("postgres");
        command.arg("-D").arg(&data).arg("-p").arg(self.port.to_string());
        command.stdout(log.try_clone().expect("a handle")).stderr(log);
        let process = command.spawn().expect("the server's binary");
        self.warden.watch(process.id()).expect("a note of its process");
        self.process = Some(process);
    }

    /// Waits until the server answers; what it wrote if it ended or never did.
    fn ready(&mut self) -> Result<(), String> {
        let until = Instant::now() + START_MAX;
        while Instant::now() < until {
            let ended = self
                .process
                .as_mut()
                .is_none_or(|process| process.try_wait().map_or(true, |status| status.is_some()));
            if ended {
                break;
            }
            let port = self.port.to_string();
            let answer = self
                .command("pg_isready")
                .args(["-q", "-h", "127.0.0.1", "-p", &port, "-U", "sijil", "-d", "postgres"])
                .status();
            if answer.is_ok_and(|status| status.success()) {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        self.stop_immediate();
        Err(self.log())
    }

    fn stop(&mut self, signal: Signal) {
        let Some(mut process) = self.process.take() else { return };
        if let Some(pid) = i32::try_from(process.id()).ok().and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, signal);
        }
        process.wait().expect("a child of this process");
        self.warden.ended();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop_immediate();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}

/// Where `postgres`, `initdb` and the client tools stand together: what `pg_config` says, Debian's
/// directories (newest first), then `PATH`.
fn binaries() -> Option<PathBuf> {
    let told = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut debian: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    debian.sort_by_key(|path| {
        std::cmp::Reverse(path.parent().and_then(|v| v.file_name()?.to_str()?.parse::<u32>().ok()))
    });
    let path = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default();
    let whole = |directory: &Path| {
        ["postgres", "initdb", "pg_isready", "psql"]
            .iter()
            .all(|name| directory.join(name).is_file())
    };
    told.into_iter().chain(debian).chain(path).find(|directory| whole(directory))
}

/// `postgres` or `nobody`, when this process is root.
fn owner() -> Option<Owner> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let id = |flag: &str, user: &str| -> Option<u32> {
        let output = Command::new("id").args([flag, user]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    let of = |user: &str| Some(Owner { user: id("-u", user)?, group: id("-g", user)? });
    let owner = of("postgres").or_else(|| of("nobody"));
    assert!(
        owner.is_some(),
        "this is root, and there is neither a user `postgres` nor `nobody` to run the server"
    );
    owner
}
