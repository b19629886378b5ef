//! Cleans up after a server whatever happens to the test. Invariant: once the pipe to it closes,
//! the process named in `DIR/pid` is gone and so is `DIR`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A shell that waits for its input to end (the drop of this value, or the death of this process),
/// then stops the server and removes its directory.
pub struct Warden {
    shell: Child,
    directory: PathBuf,
}

const DUTY: &str = r#"
trap '' INT TERM HUP
while read -r _; do :; done
if [ -f "$1/pid" ]; then
  pid=$(cat "$1/pid")
  kill -QUIT "$pid" 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
fi
rm -rf "$1"
"#;

impl Warden {
    /// Watches over `directory`, which must be one made for this server alone.
    pub fn of(directory: PathBuf) -> io::Result<Warden> {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(DUTY).arg("warden").arg(&directory);
        let shell =
            shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Warden { shell, directory })
    }

    /// The directory watched over.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Names the process to stop.
    pub fn watch(&self, pid: u32) -> io::Result<()> {
        fs::write(self.directory.join("pid"), pid.to_string())
    }

    /// The process named before has ended and was waited for.
    pub fn ended(&self) {
        // It may never have been named.
        let _ = fs::remove_file(self.directory.join("pid"));
    }
}

impl Drop for Warden {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Nothing can be done about a shell that is gone already.
        let _ = self.shell.wait();
    }
}
