//! The tree as files. Invariant: whoever reads them has a directory, the key and a verifier of
//! others; every byte was there before the checkpoint that needs it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fs,
    io::{self, Cursor},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use sijil_cli::{
    CliError,
    door::{Call, Door, Reply},
    tiles::{PublishTiles, publish},
};
use sijil_proof::{
    checkpoint::Checkpoint,
    note::Signer,
    tree::{Frontier, Hash, leaf},
};
use tlog_tiles::{Error, Hash as Foreign, Tile, TileHashReader, TileReader, tlog};

use crate::{house::House, server::Directory};

const ORIGIN: &str = "books.example/01890a5d-ac96-774b-bcce-b302099a8057/1";
/// The sizes at which tiles begin and end.
const SIZES: [u64; 8] = [0, 1, 2, 3, 255, 256, 257, 65_537];

fn record(at: u64) -> Vec<u8> {
    format!("record {at}").into_bytes()
}

fn signer() -> Signer {
    Signer::new(ORIGIN, &[42; 32]).expect("a key")
}

/// A log in memory, level by level, behind a door; another one if `forked`.
struct Log {
    levels: Vec<Vec<Hash>>,
    size: Cell<u64>,
    /// Whether the first tile of leaves is another than the log's.
    lies: Cell<bool>,
    /// After so many requests it breaks off.
    breaks: Cell<Option<usize>>,
    asked: RefCell<Vec<String>>,
}

impl Log {
    fn new(most: u64, forked: Option<u64>) -> Log {
        let one = |at| if forked == Some(at) { leaf(b"another") } else { leaf(&record(at)) };
        let mut levels = vec![(0..most).map(one).collect::<Vec<Hash>>()];
        while let Some(below) = levels.last().filter(|below| below.len() >= 256) {
            let next = below.chunks_exact(256).map(root).collect();
            levels.push(next);
        }
        Log {
            levels,
            size: Cell::new(most),
            lies: Cell::new(false),
            breaks: Cell::new(None),
            asked: RefCell::new(Vec::new()),
        }
    }
    fn root(&self) -> Hash {
        root(&self.levels[0][..self.size.get() as usize])
    }
    fn answer(&self, path: &str) -> Vec<u8> {
        if path == "/checkpoint" {
            let (size, root) = (self.size.get(), self.root());
            let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root };
            return checkpoint.signed(&[&signer()]).expect("a note").to_string().into_bytes();
        }
        // As others read a path, not as we do.
        let data = path.contains("/entries/");
        let path = path.trim_start_matches('/').replace("/entries/", "/0/");
        let tile = Tile::from_path(&path.replacen("tile/", "tile/8/", 1)).expect("a tile");
        let from = tile.level_index() as usize * 256;
        let width = tile.width() as usize;
        if data {
            let framed = |at: usize| {
                let record = record(at as u64);
                [&(record.len() as u16).to_be_bytes()[..], &record].concat()
            };
            return (from..from + width).flat_map(framed).collect();
        }
        let mut bytes = self.levels[usize::from(tile.level())][from..from + width].concat();
        bytes[0] ^= u8::from(self.lies.get() && path == "tile/0/000");
        bytes
    }
}

fn root(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    hashes.iter().for_each(|hash| frontier.push(*hash));
    frontier.root()
}

impl Door for Log {
    fn call(&self, call: Call<'static>) -> io::Result<Reply> {
        self.asked.borrow_mut().push(call.path.clone());
        if self.breaks.get().is_some_and(|after| self.asked.borrow().len() > after) {
            return Err(io::Error::other("the line is cut"));
        }
        Ok(Reply { status: 200, body: Box::new(Cursor::new(self.answer(&call.path))) })
    }
}

/// A directory, as a stranger reads it.
struct Files<'a>(&'a Path);

impl TileReader for Files<'_> {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |tile: &Tile| {
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            fs::read(self.0.join(&path))
                .map_err(|error| Error::InvalidInput(format!("{path}: {error}")))
        };
        tiles.iter().map(read).collect()
    }
    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// What a directory says, by the key alone and by verifiers of others.
fn verified(dir: &Path, key: &str) -> tlog_tiles::Checkpoint {
    let note = fs::read(dir.join("checkpoint")).expect("a checkpoint");
    let note = signed_note::Note::from_bytes(&note).expect("a note");
    let key = signed_note::StandardVerifier::new(key).expect("a key");
    let known = signed_note::VerifierList::new(vec![Box::new(key)]);
    assert_eq!(note.verify(&known).expect("signed").0.len(), 1);
    tlog_tiles::Checkpoint::from_bytes(note.text()).expect("a checkpoint")
}

/// Has a stranger prove leaves from the files.
fn check(dir: &Path, key: &str, leaf: &dyn Fn(u64) -> Hash) -> u64 {
    let checkpoint = verified(dir, key);
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    let files = Files(dir);
    let hashes = TileHashReader::new(size, root, &files);
    let chosen = [0, 1, 2, 254, 255, 256, 65_535, 65_536, size / 2, size.saturating_sub(1)];
    for at in chosen.into_iter().filter(|at| *at < size) {
        let proof = tlog::prove_record(size, at, &hashes).expect("proven from the files");
        tlog::check_record(&proof, size, root, at, Foreign(leaf(at))).expect("it holds");
    }
    size
}

fn to(dir: &Path) -> PublishTiles {
    PublishTiles { to: dir.to_owned(), entries: false }
}

fn place() -> (Directory, PathBuf) {
    let directory = Directory::new();
    let dir = directory.path();
    (directory, dir)
}

fn leaf_at(at: u64) -> Hash {
    leaf(&record(at))
}

#[test]
fn strangers_prove_leaves_from_the_files_of_every_size() {
    let log = Log::new(65_537, None);
    let key = signer().vkey().to_string();
    // Grown in one directory, and each size in a new one.
    let (_keep, grown) = place();
    for size in SIZES {
        log.size.set(size);
        let (_keep, fresh) = place();
        for dir in [&grown, &fresh] {
            let done = publish(&log, &to(dir)).expect("published");
            assert_eq!(done["size"], size, "{done}");
            assert_eq!(check(dir, &key, &leaf_at), size);
        }
    }
    assert!(!grown.join("tile/entries").exists(), "nobody asked for bytes of records");
}

fn all(dir: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all(&path, found);
        } else {
            found.insert(path);
        }
    }
}

fn files(dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    all(dir, &mut found);
    found
}

#[test]
fn only_what_is_new_is_written() {
    let (_keep, dir) = place();
    let log = Log::new(70_000, None);
    log.size.set(69_900);
    let first = publish(&log, &to(&dir)).expect("published");
    // 273 full tiles and a partial one, one and one above, and one above those.
    assert_eq!((&first["tiles"], &first["before"]), (&277.into(), &serde_json::Value::Null));
    let again = publish(&log, &to(&dir)).expect("published");
    assert_eq!((&again["tiles"], &again["before"]), (&0.into(), &69_900.into()));
    let before = files(&dir);
    log.size.set(69_950);
    let more = publish(&log, &to(&dir)).expect("published");
    assert_eq!(more["tiles"], 1, "the partial one of the leaves");
    let after = files(&dir);
    assert!(before.is_subset(&after), "a tile of a size that was published stays");
    assert!(after.iter().all(|file| !file.ends_with(".new")), "{after:?}");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!([mode(&dir), mode(&dir.join("tile/0"))], [0o755; 2], "a web server reads it");
    assert_eq!(mode(&dir.join("checkpoint")), 0o644);
    // Bytes of records are asked for, and are their owner's.
    let entries = PublishTiles { entries: true, ..to(&dir) };
    let done = publish(&log, &entries).expect("published");
    assert_eq!((&done["tiles"], &done["entries"]), (&0.into(), &274.into()));
    assert_eq!(publish(&log, &entries).expect("published")["entries"], 0);
    assert_eq!(mode(&dir.join("tile/entries/000")), 0o600);
    assert_eq!(mode(&dir.join("tile/entries")), 0o700);
    let bundle = fs::read(dir.join("tile/entries/272")).expect("a bundle");
    assert!(bundle.starts_with(b"\0\x0crecord 69632\0\x0crecord 69633"));
}

#[test]
fn what_breaks_off_leaves_the_checkpoint_before() {
    let log = Log::new(70_000, None);
    let key = signer().vkey().to_string();
    let (_keep, dir) = place();
    log.size.set(300);
    publish(&log, &to(&dir)).expect("published");
    log.size.set(70_000);
    // The checkpoint and the right edges are looked at first, then tiles come from the root down.
    for after in [1, 3, 8, 12, 50, 250] {
        log.breaks.set(Some(log.asked.borrow().len() + after));
        let error = publish(&log, &to(&dir)).expect_err("the line is cut");
        assert!(matches!(error, CliError::Reach(_)), "{error}");
        assert_eq!(check(&dir, &key, &leaf_at), 300, "after {after} requests");
    }
    log.breaks.set(None);
    publish(&log, &to(&dir)).expect("published");
    assert_eq!(check(&dir, &key, &leaf_at), 70_000);
}

#[test]
fn what_was_published_is_not_contradicted() {
    let (_keep, dir) = place();
    let log = Log::new(600, None);
    log.size.set(300);
    publish(&log, &to(&dir)).expect("published");
    let before = files(&dir);
    let refused = |log: &Log, why: &str| {
        let error = publish(log, &to(&dir)).expect_err("refused");
        assert!(matches!(error, CliError::No(_)), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(files(&dir), before, "nothing is written");
    };
    refused(&Log::new(600, Some(299)), "are not the beginning of the 600");
    refused(&Log::new(300, Some(0)), "are not the beginning of the 300");
    refused(&Log::new(299, None), "300 records were published, and the log signs 299");
    // What is changed after what was published is nobody's business.
    publish(&Log::new(600, Some(300)), &to(&dir)).expect("published");
    fs::write(dir.join("checkpoint"), "no checkpoint\n").expect("written");
    let error = publish(&log, &to(&dir)).expect_err("refused");
    assert!(matches!(error, CliError::Corrupt(_)), "{error}");
}

#[test]
fn tiles_that_do_not_fit_are_not_published() {
    let (_keep, dir) = place();
    let log = Log::new(70_000, None);
    // Not on the right edge, where the root would show it.
    log.lies.set(true);
    let error = publish(&log, &to(&dir)).expect_err("refused");
    assert!(error.to_string().contains("tile 0 of level 0 has another root"), "{error}");
    assert!(!dir.join("checkpoint").exists());
    log.lies.set(false);
    publish(&log, &to(&dir)).expect("published");
    assert_eq!(check(&dir, &signer().vkey().to_string(), &leaf_at), 70_000);
}

#[test]
fn a_server_and_its_directory_publish_the_same() {
    let house = House::new();
    let dir = house.directory.file("x", "").with_file_name("site");
    let place = dir.to_str().expect("a path");
    let words = ["publish-tiles", "--entries", "--format", "json", "--to", place];
    let output = house.server.asked_by(&words).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let log = house.server.get("/v1/log").json();
    let key = log["vkey"].as_str().expect("a key").to_owned();
    let bundle = fs::read(dir.join(format!("tile/entries/000.p/{}", log["position"]))).expect("it");
    let mut leaves = Vec::new();
    let mut rest = bundle.as_slice();
    while let Some((length, more)) = rest.split_first_chunk::<2>() {
        let (one, more) = more.split_at(usize::from(u16::from_be_bytes(*length)));
        leaves.push(leaf(one));
        rest = more;
    }
    let size = check(&dir, &key, &|at| leaves[at as usize]);
    assert_eq!((size, leaves.len() as u64), (log["position"].as_u64().expect("it"), size));
    // Beside the server, from its directory.
    let data = house.directory.path();
    let data = data.to_str().expect("a path");
    let again = ["--data", data, "publish-tiles", "--format", "json", "--to", place];
    let output = crate::server::sijil().args(again).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let done: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&done["tiles"], &done["before"]), (&0.into(), &size.into()), "{done}");
}

#[test]
fn bytes_of_records_need_the_right_to_them() {
    let house = House::new();
    house.user("answers", None, "operator");
    house.service("analyst", "analyst");
    let secret = house.key("service:analyst", serde_json::json!({})).1;
    let credential = house.directory.file("credential", &secret);
    let dir = credential.with_file_name("site");
    let run = |more: &[&str]| {
        let mut command = crate::server::sijil();
        command.args(["publish-tiles", "--server", &house.server.url, "--to"]).arg(&dir).args(more);
        command.arg("--credential").arg(&credential).output().expect("it runs")
    };
    let refused = run(&["--entries"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), said.contains("not_allowed")), (Some(1), true), "{said}");
    assert!(!dir.join("tile/entries/000").exists() && !dir.join("checkpoint").exists());
    assert!(run(&[]).status.success(), "hashes are no secret");
    assert!(dir.join("checkpoint").exists());
}
