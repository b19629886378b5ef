//! Power cuts: a loop-mounted ext4 is shut down under the server, so that what was not synced is
//! gone. Invariant: what was acknowledged is there once.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::json;

use crate::{
    crowd::{Counts, Crowd, check},
    kills::times,
    server::{Server, code, opening, run},
};

/// Mebibytes of the file system: room for one preallocated segment and what is derived from it; the
/// file behind it is sparse.
const IMAGE_MIB: u64 = 448;
/// Cuts on one file system before it is made anew.
const CUTS_PER_IMAGE: usize = 20;

/// `EXT4_IOC_SHUTDOWN` without flushing the journal: the file system takes nothing more, as if the
/// power were gone.
const SHUTDOWN: &str = "import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), \
                        0x8004587D, struct.pack('I', 2))";

fn does(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// A file system of its own, in a file.
struct Image {
    dir: tempfile::TempDir,
}

impl Image {
    fn make() -> Option<Image> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let image = Image { dir };
        std::fs::create_dir(image.mounted()).expect("a directory");
        let file = std::fs::File::create(image.file()).expect("a file");
        file.set_len(IMAGE_MIB << 20).expect("a sparse file");
        let made = does("mkfs.ext4", &["-q", "-F", text(&image.file())]);
        (made && image.mount()).then_some(image)
    }
    fn file(&self) -> PathBuf {
        self.dir.path().join("ext4")
    }
    fn mounted(&self) -> PathBuf {
        self.dir.path().join("mounted")
    }
    fn data(&self) -> PathBuf {
        self.mounted().join("data")
    }
    fn mount(&self) -> bool {
        does("mount", &["-o", "loop", text(&self.file()), text(&self.mounted())])
    }
    fn unmount(&self) -> bool {
        does("umount", &[text(&self.mounted())])
    }
    /// The process is stopped first, for the machine would be: a sync that is under way while an
    /// ext4 is shut down may say yes to blocks that it then drops, and a server that still ran
    /// would pass that on. It stops between two calls to the kernel, so what was written and not
    /// synced is lost.
    fn cut(&self, server: u32) -> bool {
        does("kill", &["-STOP", &server.to_string()])
            && does("python3", &["-c", SHUTDOWN, text(&self.mounted())])
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        self.unmount();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn power_cut_under_load_nothing_acknowledged_is_lost() {
    let cuts = times("SIJIL_CUTS", 100);
    let Some(mut image) = Image::make() else {
        println!(
            "power cuts: skipped; mounting a loop device needs root, mkfs.ext4 and loop devices"
        );
        return;
    };
    let mut counts = Counts::default();
    for cut in 0..cuts {
        if cut % CUTS_PER_IMAGE == 0 {
            drop(image);
            image = Image::make().expect("made before");
            let server = Server::start(&image.data());
            assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
            assert!(server.terminate());
        }
        let server = Server::start(&image.data());
        let crowd = Crowd::start(&server.url, cut, 8);
        crowd.wait_for(10 + cut * 13 % 60);
        assert!(image.cut(server.child.id()), "the file system is shut down");
        server.kill();
        let sent = crowd.wait_for_the_end();
        assert!(image.unmount() && image.mount(), "mounted again, its journal played back");
        let server = Server::start(&image.data());
        counts.add(check(&server, &sent));
        assert!(server.terminate());
        if cut % CUTS_PER_IMAGE == CUTS_PER_IMAGE - 1 {
            assert_eq!(code(&run(&image.data(), &["verify"])), 0);
            assert_eq!(code(&run(&image.data(), &["replay", "--threads", "1"])), 0);
        }
    }
    println!("power cuts: {cuts} of a loop-mounted ext4 under 8 writers; {counts:?}");
}
