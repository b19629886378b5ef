//! Witnesses over sockets. Invariant: what a witness does or leaves undone is seen in the cosigned
//! checkpoint alone; one of ours signs no two histories, however it is ended.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use serde_json::json;
use sha2::{Digest, Sha256};
use sijil_proof::{
    checkpoint::Checkpoint,
    cosignature::{Cosigner, WitnessKey},
    note::{Note, Signature, Signer},
    path::consistency,
    submission::Submission,
    tiles::{Levels, Tiled, Tiles},
    tree::{Frontier, Hash, leaf},
};

use crate::server::{Answer, Directory, Server, ask, draft, opening, sijil};

const ORIGIN: &str = "books.example/01890a5d-ac96-774b-bcce-b302099a8057/1";
/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `sijil witness`, ended with the test.
struct Witness {
    child: Child,
    url: String,
    key: String,
}

impl Witness {
    fn start(dir: &Path, name: &str, log: &str) -> Witness {
        let mut command = sijil();
        command.args(["witness", "--listen", "127.0.0.1:0", "--name", name, "--watch", log]);
        let mut child =
            command.arg("--dir").arg(dir).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        let mut line = || lines.next().expect("it says where it is").expect("text");
        let (said, key) = (line(), line());
        let url = said.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.expect("an address").to_owned();
        thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
        Witness { child, url, key }
    }
    fn post(&self, body: &str) -> Answer {
        ask(&self.url, "POST", "/add-checkpoint", &[], Some(body)).expect("it answers")
    }
    fn key(&self) -> WitnessKey {
        self.key.parse().expect("a key")
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A log of a few records; another one from the record `fork` on.
struct Log {
    signer: Signer,
    fork: u64,
}

fn log(fork: u64) -> Log {
    Log { signer: Signer::new(ORIGIN, &[42; 32]).expect("a key"), fork }
}

impl Log {
    fn leaves(&self, size: u64) -> Vec<Hash> {
        let one = |at: u64| if at < self.fork { leaf(&[at as u8]) } else { leaf(&[at as u8, 1]) };
        (0..size).map(one).collect()
    }
    fn root(&self, size: u64) -> Hash {
        let mut frontier = Frontier::default();
        self.leaves(size).iter().for_each(|leaf| frontier.push(*leaf));
        frontier.root()
    }
    fn submission(&self, old: u64, size: u64) -> Submission {
        let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: self.root(size) };
        let tiles = Tiles::default();
        let Ok(path) = consistency(&Tiled::new(self, &tiles, size), old, size);
        Submission { old, path, note: checkpoint.signed(&[&self.signer]).expect("a note") }
    }
}

impl Levels for Log {
    type Error = std::convert::Infallible;
    fn hashes(&self, _: u32, from: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        Ok(self.leaves(from + count as u64).split_off(from as usize))
    }
}

#[test]
fn a_witness_signs_what_goes_on_and_nothing_else() {
    let directory = Directory::new();
    let dir = directory.path();
    let (ours, fork) = (log(u64::MAX), log(2));
    let watched = ours.signer.vkey().to_string();
    let witness = Witness::start(&dir, "w.example/1", &watched);
    let now = ours.submission(0, 4);
    let forged = now.to_string().replace("\n4\n", "\n5\n");
    let elsewhere = now.to_string().replace(ORIGIN, "books.example/other/1");
    let judged = |witness: &Witness, rows: &[(String, u16)]| {
        for (body, status) in rows {
            let answer = witness.post(body);
            assert_eq!(answer.status, *status, "{body}: {}", answer.text);
        }
    };
    judged(
        &witness,
        &[
            ("old 0\n".into(), 400),
            (forged, 403),
            (elsewhere, 404),
            (ours.submission(9, 4).to_string(), 400),
            (ours.submission(2, 4).to_string(), 409),
        ],
    );
    let hash: String = Sha256::digest(ORIGIN).iter().map(|byte| format!("{byte:02x}")).collect();
    let last = format!("/{hash}/checkpoint");
    let shown = |witness: &Witness| ask(&witness.url, "GET", &last, &[], None).expect("it answers");
    assert_eq!(shown(&witness).status, 404);
    let answer = witness.post(&now.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let signature = Signature::list(&answer.text).expect("signatures").remove(0);
    assert!(witness.key().cosigned(now.note.unverified(), &signature).is_some());
    // What was answered is on the disk: whatever happens to the process, it is not forgotten.
    let key = witness.key();
    drop(witness);
    let kept = std::fs::read_to_string(dir.join("seen").join(&hash)).expect("it is kept");
    assert!(key.among(&kept.parse::<Note>().expect("a note")).is_some());
    let witness = Witness::start(&dir, "w.example/1", &watched);
    assert_eq!(witness.key(), key, "the key stays");
    assert_eq!(shown(&witness).text, kept);
    // The answer was lost: it is asked as before, tells its size, and signs again.
    let answer = witness.post(&now.to_string());
    assert_eq!((answer.status, answer.text.as_str()), (409, "4\n"));
    assert_eq!(answer.header("content-type"), "text/x.tlog.size");
    judged(
        &witness,
        &[
            (ours.submission(4, 4).to_string(), 200),
            (fork.submission(4, 4).to_string(), 422),
            (fork.submission(4, 8).to_string(), 422),
            (ours.submission(0, 2).to_string(), 409),
            (ours.submission(4, 8).to_string(), 200),
            (ours.submission(4, 8).to_string(), 409),
            (ours.submission(8, 4).to_string(), 400),
        ],
    );
    let output = sijil()
        .args(["witness", "--listen", "127.0.0.1:0", "--name", "w.example/1", "--watch", &watched])
        .arg("--dir")
        .arg(&dir)
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(3), "another one runs there: {output:?}");
}

/// Kills it while it is asked by many, and looks each time whether what it answered is kept.
#[test]
fn a_witness_that_is_killed_forgets_nothing_it_said() {
    let directory = Directory::new();
    let dir = directory.path();
    let ours = log(u64::MAX);
    let watched = ours.signer.vkey().to_string();
    let mut known = 0;
    for size in [1, 2, 4, 8, 16] {
        let mut witness = Witness::start(&dir, "w.example/1", &watched);
        let size_of = |answer: &Answer| answer.text.trim_end().parse::<u64>().expect("a size");
        // The empty path is right from nothing, and from the same size.
        let first = witness.post(&ours.submission(0, 1).to_string());
        let said = if first.status == 200 { 1 } else { size_of(&first) };
        assert!(said >= known, "it said {known} and has {said} now");
        known = said;
        let racing: Vec<_> = (0..4)
            .map(|_| {
                let (url, body) = (witness.url.clone(), ours.submission(known, size).to_string());
                thread::spawn(move || ask(&url, "POST", "/add-checkpoint", &[], Some(&body)))
            })
            .collect();
        drop(witness.child.kill());
        let answers = racing.into_iter().filter_map(|one| one.join().expect("it ends").ok());
        let signed = answers.filter(|answer| answer.status == 200).count() as u64;
        known = if signed > 0 { size } else { known };
    }
}

/// A witness that answers whatever it is told to.
fn liar(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        let mut hanging = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            let Some(body) = body(&stream) else { continue };
            match answer(&body) {
                Some(text) => drop((&stream).write_all(text.as_bytes())),
                // It is kept open, and never answered.
                None => hanging.push(stream),
            }
        }
    });
    url
}

fn body(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn http(status: u16, media: &str, text: &str) -> String {
    let length = text.len();
    format!(
        "HTTP/1.1 {status} said\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{text}"
    )
}

/// A ledger that is open, and its key.
fn ledger(data: &Path) -> String {
    let server = Server::start(data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let key = server.get("/v1/log").json()["vkey"].as_str().expect("a key").to_owned();
    assert!(server.terminate());
    key
}

fn asking(data: &Path, policy: &Path) -> Server {
    let policy = policy.to_str().expect("a path");
    Server::start_with_more(data, &["--witness-policy", policy]).0
}

/// Asks until what is answered is what is waited for.
fn cosigned(server: &Server, is_wanted: impl Fn(&Answer) -> bool) -> Answer {
    let began = std::time::Instant::now();
    loop {
        let answer = server.get("/checkpoint/cosigned");
        if is_wanted(&answer) {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "it never came: {} {}", answer.status, answer.text);
        thread::sleep(Duration::from_millis(20));
    }
}

fn client(name: &str) -> serde_json::Value {
    draft("client.registered", "2025-01-05", json!({"client": name, "name": "N", "kind": "org"}))
}

fn code(words: &[&str], file: &Path) -> (Option<i32>, String) {
    let output = sijil().arg("check").arg(file).args(words).output().expect("it runs");
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn enough_witnesses_cosign_though_one_is_gone() {
    let directory = Directory::new();
    let data = directory.path();
    let key = ledger(&data);
    let beside = |name: &str| directory.file("x", "").with_file_name(name);
    let (one, two) = (
        Witness::start(&beside("w1"), "one.example", &key),
        Witness::start(&beside("w2"), "two.example", &key),
    );
    let gone = Cosigner::new("gone.example", &[1; 32]).expect("a key").vkey().to_string();
    let policy = |quorum: &str| {
        let text = format!(
            "log {key}\nwitness one {} {}\nwitness two {} {}\nwitness gone {gone} \
             http://127.0.0.1:9\ngroup some {quorum} one two gone\nquorum some\n",
            one.key, one.url, two.key, two.url
        );
        directory.file(&format!("policy-{quorum}"), &text)
    };
    let (enough, all): (PathBuf, PathBuf) = (policy("2"), policy("all"));
    let server = asking(&data, &enough);
    let first = cosigned(&server, |answer| answer.status == 200);
    assert_eq!(first.header("content-type"), "text/plain; charset=utf-8");
    let size = |text: &str| text.lines().nth(1).expect("a size").parse::<u64>().expect("a size");
    // It goes on with the log.
    assert_eq!(server.post("/v1/events", &client("C8")).status, 201);
    let last = server.get("/v1/log").json()["position"].as_u64().expect("a position");
    let later = cosigned(&server, |answer| answer.status == 200 && size(&answer.text) >= last);
    assert!(size(&first.text) < size(&later.text));
    let note: Note = later.text.parse().expect("a note");
    assert!(one.key().among(&note).is_some() && two.key().among(&note).is_some());
    // A receipt of what is cosigned carries the cosignatures, and the policy is held to it.
    let proof = server.get("/v1/events/2/proof").text;
    let proof = directory.file("proof", &proof);
    let checkpoint = directory.file("checkpoint", &later.text);
    let (enough, all) = (enough.to_str().expect("a path"), all.to_str().expect("a path"));
    for file in [&proof, &checkpoint] {
        let (got, text) = code(&["--policy", enough], file);
        assert_eq!((got, text.contains("one two")), (Some(0), true), "{text}");
        let (got, text) = code(&["--policy", all], file);
        assert_eq!((got, text.contains("it has one, two")), (Some(1), true), "{text}");
        // Who has the key alone believes the log alone.
        assert_eq!(code(&["--key", &key], file).0, Some(0));
    }
    let plain = directory.file("plain", &server.get("/checkpoint").text);
    let (got, text) = code(&["--policy", enough], &plain);
    assert_eq!((got, text.contains("it has none")), (Some(1), true), "{text}");
    let verifier = directory.file("verify.py", sijil_proof::VERIFIER);
    let python = std::process::Command::new("python3").arg(verifier).arg(&key).arg(&proof).output();
    assert!(python.expect("python3 is there").status.success(), "others' signatures are no matter");
    // Both remember: a server that starts again is cosigned again.
    assert!(server.terminate());
    let server = asking(&data, Path::new(enough));
    cosigned(&server, |answer| answer.status == 200 && size(&answer.text) >= last);
    assert!(server.terminate());
}

#[test]
fn witnesses_that_lie_or_hang_delay_nothing_else() {
    let directory = Directory::new();
    let data = directory.path();
    let key = ledger(&data);
    let named = |name: &str, seed: u8| Cosigner::new(name, &[seed; 32]).expect("a key");
    let text = "text/plain";
    // Another's signature, a true one of another text, and another's size.
    let (forger, stranger) = (named("forger.example", 1), named("forger.example", 2));
    let forges = liar(move |body| {
        let asked: Submission = body.parse().expect("a submission");
        let signature = stranger.cosign(asked.note.unverified(), 1_764_547_200);
        Some(http(200, text, &signature.to_string()))
    });
    let (elsewhere, signer) = (named("elsewhere.example", 3), named("elsewhere.example", 3));
    let of_another = liar(move |_| {
        Some(http(200, text, &signer.cosign("x\n1\ny\n", 1_764_547_200).to_string()))
    });
    let ahead = liar(|_| Some(http(409, "text/x.tlog.size", "99999\n")));
    let rude = liar(|_| Some(http(200, text, &"x".repeat(1 << 20))));
    let hangs = liar(|_| None);
    let mut policy = format!("log {key}\n");
    let vkey = |name: &str, seed| named(name, seed).vkey().to_string();
    for (name, key, url) in [
        ("forges", forger.vkey().to_string(), forges),
        ("of_another", elsewhere.vkey().to_string(), of_another),
        ("ahead", vkey("ahead.example", 4), ahead),
        ("rude", vkey("rude.example", 5), rude),
        ("hangs", vkey("hangs.example", 6), hangs),
        ("gone", vkey("gone.example", 7), "http://127.0.0.1:9".to_owned()),
    ] {
        policy += &format!("witness {name} {key} {url}\n");
    }
    policy += "group any any forges of_another ahead rude hangs gone\nquorum any\n";
    let server = asking(&data, &directory.file("policy", &policy));
    let said = |answer: &Answer| {
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        [
            "forges: what it answers is no cosignature",
            "of_another: what it answers is no cosignature",
            "ahead: it has cosigned a checkpoint of 99999 records",
            "rude: it does not answer",
            "hangs: it is waited for",
            "gone: it does not answer",
        ]
        .iter()
        .all(|word| detail.contains(word))
    };
    let answer = cosigned(&server, said);
    assert_eq!(answer.problem(), "not_cosigned");
    // Meanwhile the log signs, records and proves.
    assert_eq!(server.get("/checkpoint").status, 200);
    let told = [("content-type", "application/json"), ("prefer", "proof")];
    let recorded = server.send("POST", "/v1/events", &told, Some(&client("C9").to_string()));
    assert_eq!((recorded.status, recorded.header("preference-applied")), (201, "proof"));
    assert_eq!(server.get("/v1/events/1/proof").status, 200);
    assert!(server.terminate(), "one that hangs does not hold up the end");
}

#[test]
fn a_policy_that_is_none_starts_nothing() {
    let directory = Directory::new();
    let policy = directory.file("policy", "quorum w\n");
    let output = sijil()
        .args(["serve", "--listen", "127.0.0.1:0", "--witness-policy"])
        .arg(&policy)
        .arg("--data")
        .arg(directory.path())
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), text.contains("line 1: ")), (Some(2), true), "{text}");
}
