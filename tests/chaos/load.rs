//! More than a server can take: endless bodies, deep JSON, crowds of idle and slow clients, no
//! descriptors left, a full disk, an end in the middle of work. Invariant: memory stays bounded,
//! every client gets a clear answer, and the next one is served.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    crowd::{Crowd, check},
    server::{Directory, Server, authorization, invoice, opening, sijil},
    wire::Wire,
};

/// The most memory a server may ever have held in these tests, in KiB: a small ledger, and every
/// limit at once.
const PEAK_KIB_MAX: u64 = 600 * 1024;

fn opened() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    (directory, server)
}

/// The most memory a process has held, in KiB.
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.trim_start_matches("http://")).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    stream
}

/// Writes until the server has had enough; what it answered.
fn pour(server: &Server, head: &str, piece: &[u8], pieces: usize) -> String {
    let mut stream = connect(server);
    let who = authorization(server.url.trim_start_matches("http://"));
    let head = head.replacen("host: localhost\r\n", &format!("host: localhost\r\n{who}"), 1);
    stream.write_all(head.as_bytes()).expect("a head");
    for _ in 0..pieces {
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let mut answer = vec![0; 4096];
    let count = stream.read(&mut answer).unwrap_or(0);
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

fn still_serves(server: &Server, id: &str) {
    assert_eq!(server.post("/v1/events", &invoice(id, "2025-01-31", "1.00")).status, 201);
    assert_eq!(server.get("/healthz").status, 200);
    let peak = peak_kib(server.child.id());
    assert!(peak < PEAK_KIB_MAX, "expected a peak below {PEAK_KIB_MAX} KiB, got {peak}");
}

#[test]
fn an_endless_body_is_cut_off() {
    let (_directory, server) = opened();
    let piece = [b"8000\r\n".as_slice(), &[b' '; 0x8000], b"\r\n"].concat();
    let head = "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let answer = pour(&server, head, &piece, 4_000);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    let line = [b"8000\r\n".as_slice(), &[b'x'; 0x8000], b"\r\n"].concat();
    let head = "POST /v1/events/import HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";
    let answer = pour(&server, head, &line, 4_000);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    still_serves(&server, "after");
}

#[test]
fn deep_json_is_refused() {
    let (_directory, server) = opened();
    for body in [
        "[".repeat(400_000),
        format!("{{\"type\":{}", "{\"a\":".repeat(100_000)),
        format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)),
    ] {
        let answer =
            server.send("POST", "/v1/events", &[("content-type", "application/json")], Some(&body));
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_field"));
        assert!(answer.text.contains("at most 64 deep"), "{}", answer.text);
    }
    still_serves(&server, "after");
}

#[test]
fn thousands_of_idle_connections_hold_nobody_up() {
    let (_directory, server) = opened();
    let mut idle: Vec<TcpStream> = (0..2_000).map(|_| connect(&server)).collect();
    for stream in idle.iter_mut().take(500) {
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ")
            .expect("half a head");
    }
    still_serves(&server, "among-the-idle");
    drop(idle);
    still_serves(&server, "after");
}

#[test]
fn no_descriptors_left_is_survived() {
    let directory = Directory::new();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(sijil().get_program());
    let server = Server::start_by(limited, &directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let mut working = Wire::to(&server.url);
    assert_eq!(working.ask("GET", "/healthz", "", "").expect("an answer").status, 200);
    let crowd: Vec<TcpStream> = (0..100).map(|_| connect(&server)).collect();
    // Who is connected is served, and what is recorded is durable.
    for n in 0..20 {
        let body = invoice(&format!("I{n}"), "2025-01-31", "1.00").to_string();
        assert_eq!(working.ask("POST", "/v1/events", "", &body).expect("an answer").status, 201);
    }
    drop(crowd);
    still_serves(&server, "after");
    assert!(server.terminate());
}

#[test]
fn a_slow_reader_of_the_stream_costs_nothing_and_misses_nothing() {
    let (_directory, server) = opened();
    let mut stream = connect(&server);
    stream
        .write_all(
            format!(
                "GET /v1/events/stream HTTP/1.1\r\nhost: localhost\r\nlast-event-id: 0\r\n{}\r\n",
                authorization(server.url.trim_start_matches("http://"))
            )
            .as_bytes(),
        )
        .expect("a request");
    let lines: Vec<String> =
        (0..20_000).map(|n| invoice(&format!("I{n}"), "2025-01-31", "1.00").to_string()).collect();
    assert_eq!(server.import(&lines.join("\n")).json()["recorded"], 20_000);
    let head = server.get("/v1/log").json()["position"].as_u64().expect("a position");
    let (mut text, mut piece, mut seen) = (String::new(), vec![0; 1 << 16], 0);
    while seen < head {
        let count = stream.read(&mut piece).expect("events");
        assert!(count > 0, "the stream ended at {seen} of {head}");
        text.push_str(&String::from_utf8_lossy(&piece[..count]));
        while let Some(end) = text.find('\n') {
            if let Some(id) = text[..end].trim_end().strip_prefix("id:") {
                let id: u64 = id.trim().parse().expect("a position");
                assert_eq!(id, seen + 1, "nothing is missed");
                seen = id;
            }
            text.drain(..=end);
        }
    }
    still_serves(&server, "after");
}

#[test]
fn told_to_end_in_the_middle_of_work_it_finishes_what_it_accepted() {
    let (directory, server) = opened();
    let crowd = Crowd::start(&server.url, 1, 16);
    crowd.wait_for(200);
    assert!(server.terminate(), "SIGTERM ends it well");
    let sent = crowd.wait_for_the_end();
    let server = Server::start(&directory.path());
    let counts = check(&server, &sent);
    println!("SIGTERM under 16 writers: {counts:?}");
}

#[test]
fn a_full_disk_refuses_and_takes_again_when_it_is_freed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mounted = dir.path().to_str().expect("a path").to_owned();
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=300m", "tmpfs", &mounted]).status();
    if !mount.is_ok_and(|s| s.success()) {
        println!("full disk: skipped; mounting a small file system needs root");
        return;
    }
    let outcome = std::panic::catch_unwind(|| full_then_freed(std::path::Path::new(&mounted)));
    assert!(Command::new("umount").arg("-l").arg(&mounted).status().is_ok_and(|s| s.success()));
    outcome.expect("served through");
}

fn full_then_freed(mounted: &std::path::Path) {
    let filler = mounted.join("filler");
    // Less is left than the first segment of a log takes.
    std::fs::write(&filler, vec![1; (300 << 20) - (512 << 10)])
        .expect("most of the space is taken");
    let server = Server::start(&mounted.join("data"));
    let before = server.post("/v1/events", &json!({"events": opening()}));
    assert_eq!((before.status, before.problem().as_str()), (507, "log_full"));
    assert_eq!(server.get("/readyz").status, 200, "reads go on");
    assert_eq!(server.get("/v1/log").json()["position"], 0);
    std::fs::remove_file(&filler).expect("freed");
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    std::fs::write(&filler, vec![1; 296 << 20]).expect("most of it again");
    let all: Vec<Value> =
        (0..100).map(|n| invoice(&format!("I{n}"), "2025-01-31", "1.00")).collect();
    let answer = server.post("/v1/events", &json!({ "events": all }));
    assert!(matches!(answer.status, 201 | 507), "{}", answer.text);
    assert!(server.terminate());
}
