//! TLS of both doors, with real handshakes. Invariant: a certificate that cannot be used never
//! takes the place of one that can, and who stalls holds up nobody else.

use std::{
    fs::{self, Permissions},
    io::{self, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use axum::{body::Body, http::Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
        version::{TLS12, TLS13},
    },
};

use crate::server::{Directory, Server, code, run, sijil};

/// Tries until something that comes by itself has come; each waits a tenth of a second.
const TRIES: usize = 1_200;

/// A certificate for this machine that vouches for itself, in two files.
struct Certified {
    cert: PathBuf,
    key: PathBuf,
    der: CertificateDer<'static>,
}

fn certified(directory: &Directory, name: &str) -> Certified {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let cert = directory.file(&format!("{name}.crt"), &made.cert.pem());
    let key = directory.file(&format!("{name}.key"), &made.signing_key.serialize_pem());
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a mode");
    Certified { cert, key, der: made.cert.der().clone() }
}

/// What a server says after it listens, as it comes.
type Log = Arc<Mutex<Vec<String>>>;

/// A server under this certificate; also how its gRPC door is named, and its log.
fn serving(directory: &Directory, under: &Certified) -> (Server, String, Log) {
    let shown = |path: &Path| path.display().to_string();
    let (cert, key) = (shown(&under.cert), shown(&under.key));
    let more = ["--tls-cert", &cert, "--tls-key", &key, "--grpc", "127.0.0.1:0"];
    let (server, said, lines) = Server::launch(sijil(), &directory.path(), &more);
    let log = Log::default();
    let kept = log.clone();
    thread::spawn(move || {
        lines.map_while(Result::ok).for_each(|line| kept.lock().expect("a log").push(line));
    });
    (server, said, log)
}

fn config(
    trusted: &[&Certified],
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[&[u8]],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    trusted.iter().for_each(|one| roots.add(one.der.clone()).expect("a certificate"));
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

/// Asks by HTTP/1.1 under TLS; returns the answer, and the certificate that was shown.
fn asked(url: &str, config: Arc<ClientConfig>) -> io::Result<(String, CertificateDer<'static>)> {
    let host = url.trim_start_matches("https://");
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(host)?);
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let shown = stream.conn.peer_certificates().and_then(|chain| chain.first().cloned());
    Ok((answer, shown.expect("a certificate is shown")))
}

/// Asks by HTTP/2 under TLS; returns the status and a header of the answer.
fn asked_by_h2(
    address: &str,
    config: Arc<ClientConfig>,
    request: Request<Body>,
    header: &str,
) -> (u16, Option<String>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(config).connect(name, stream).await.expect("a handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .expect("HTTP/2");
        tokio::spawn(connection);
        let response = sender.send_request(request).await.expect("an answer");
        let header = response.headers().get(header);
        (response.status().as_u16(), header.map(|it| it.to_str().expect("text").to_owned()))
    })
}

#[test]
fn both_doors_speak_tls_and_nothing_else() {
    let directory = Directory::new();
    let under = certified(&directory, "server");
    let (server, said, _) = serving(&directory, &under);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{said}");
    let address = server.url.trim_start_matches("https://").to_owned();
    for version in [&TLS12, &TLS13] {
        for protocols in [&[&b"http/1.1"[..]][..], &[]] {
            let (answer, shown) =
                asked(&server.url, config(&[&under], &[version], protocols)).expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{version:?}: {answer}");
            assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
            assert_eq!(shown, under.der);
        }
    }
    let by_h2 = config(&[&under], &[&TLS13], &[b"h2", b"http/1.1"]);
    let request = Request::get(format!("https://{address}/healthz")).body(Body::empty());
    let (status, told) = asked_by_h2(
        &address,
        by_h2.clone(),
        request.expect("a request"),
        "strict-transport-security",
    );
    assert_eq!((status, told.as_deref()), (200, Some("max-age=31536000")));
    // The gRPC door: what it can is asked as its clients ask it.
    let grpc = said.split("esdb://").nth(1).expect("a connection string");
    let grpc = grpc.split('?').next().expect("an address").to_owned();
    assert!(said.contains(&format!("esdb://{grpc}?tls=true")), "{said}");
    let features = "event_store.client.server_features.ServerFeatures/GetSupportedMethods";
    let request = Request::post(format!("https://{grpc}/{features}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::from(vec![0; 5]));
    let (status, media) = asked_by_h2(&grpc, by_h2, request.expect("a request"), "content-type");
    assert_eq!((status, media.as_deref()), (200, Some("application/grpc")));
    // In the clear, or from who trusts another certificate: nothing.
    for door in [&address, &grpc] {
        let mut plain = TcpStream::connect(door).expect("it listens");
        plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        drop(plain.read_to_end(&mut answer));
        assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));
    }
    let other = certified(&directory, "other");
    assert!(asked(&server.url, config(&[&other], &[&TLS13], &[])).is_err(), "it is not trusted");
    assert!(server.terminate(), "it ends well");
}

/// Puts other files in the place of a pair, each at once.
fn replace(under: &Certified, by: &Certified) {
    for (from, to) in [(&by.cert, &under.cert), (&by.key, &under.key)] {
        let beside = to.with_extension("new");
        fs::copy(from, &beside).expect("a copy");
        fs::rename(&beside, to).expect("in its place");
    }
}

/// Connects until something has come about.
fn until(what: &str, mut come: impl FnMut() -> bool) {
    for _ in 0..TRIES {
        if come() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("never: {what}");
}

#[test]
fn a_new_certificate_is_used_and_a_bad_one_is_not() {
    let directory = Directory::new();
    let (first, second) = (certified(&directory, "first"), certified(&directory, "second"));
    let third = certified(&directory, "third");
    let under = certified(&directory, "under");
    replace(&under, &first);
    let (server, _, log) = serving(&directory, &under);
    let shown = || {
        // A new client each time: none resumes what it spoke before.
        let trusted = config(&[&first, &second, &third], &[&TLS13], &[]);
        asked(&server.url, trusted).expect("an answer").1
    };
    let refused = || {
        let log = log.lock().expect("a log");
        log.iter().filter(|line| line.contains("the one before stays")).count()
    };
    assert_eq!(shown(), first.der);
    replace(&under, &second);
    until("the second certificate", || shown() == second.der);
    let before = refused();
    fs::write(&under.cert, "no certificate").expect("written");
    until("no certificate is told", || shown() == second.der && refused() > before);
    let before = refused();
    fs::copy(&third.cert, &under.cert).expect("a copy");
    until("no pair is told", || shown() == second.der && refused() > before);
    let before = refused();
    fs::copy(&third.key, &under.key).expect("a copy");
    fs::set_permissions(&under.key, Permissions::from_mode(0o640)).expect("a mode");
    until("an open key is told", || shown() == second.der && refused() > before);
    assert_eq!(shown(), second.der, "the one before stays");
    fs::set_permissions(&under.key, Permissions::from_mode(0o600)).expect("a mode");
    until("the third certificate", || shown() == third.der);
    assert!(server.terminate(), "it ends well");
}

#[test]
fn who_stalls_in_the_handshake_holds_up_nobody() {
    let directory = Directory::new();
    let under = certified(&directory, "server");
    let (server, said, _) = serving(&directory, &under);
    let address = server.url.trim_start_matches("https://");
    let grpc = said.split("esdb://").nth(1).and_then(|it| it.split('?').next()).expect("a door");
    let mut silent = Vec::new();
    for n in 0..100 {
        let mut stream = TcpStream::connect(if n % 2 == 0 { address } else { grpc }).expect("open");
        // Some begin, and never go on.
        if n % 3 == 0 {
            stream.write_all(&[22, 3, 1, 2, 0, 1]).expect("sent");
        }
        silent.push(stream);
    }
    for _ in 0..5 {
        let (answer, _) = asked(&server.url, config(&[&under], &[&TLS13], &[])).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    assert!(server.terminate(), "nor the end");
    drop(silent);
}

#[test]
fn a_pair_that_cannot_be_used_is_refused_at_the_start() {
    let directory = Directory::new();
    let (one, other) = (certified(&directory, "one"), certified(&directory, "other"));
    let open = certified(&directory, "open");
    fs::set_permissions(&open.key, Permissions::from_mode(0o644)).expect("a mode");
    let none = directory.file("none.pem", "");
    fs::set_permissions(&none, Permissions::from_mode(0o600)).expect("a mode");
    let gone = none.with_file_name("gone.pem");
    for (cert, key, why) in [
        (&open.cert, &open.key, "mode 0644"),
        (&open.cert, &open.key, "chmod 600"),
        (&one.cert, &other.key, "are no pair that can be used"),
        (&one.cert, &none, "expected a private key in PEM"),
        (&none, &one.key, "expected a certificate in PEM"),
        (&one.cert, &gone, "cannot read"),
        (&gone, &one.key, "cannot read"),
    ] {
        let (cert, key) = (cert.to_str().expect("text"), key.to_str().expect("text"));
        let words = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key];
        let output = run(&directory.path(), &words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((code(&output), said.contains(why)), (3, true), "{why}: {said}");
    }
}

#[test]
fn words_reach_a_server_that_somebody_vouches_for() {
    let directory = Directory::new();
    let under = certified(&directory, "server");
    let stranger = certified(&directory, "stranger");
    let (server, _, _) = serving(&directory, &under);
    let status = |ca: &[&str]| {
        let words = [&["status"], ca].concat();
        let output = server.asked_by(&words).output().expect("the binary runs");
        (code(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let file = |one: &Certified| one.cert.display().to_string();
    assert_eq!(status(&["--ca", &file(&under)]), (0, String::new()));
    assert_eq!(status(&[]).0, 3, "the system does not know it");
    assert_eq!(status(&["--ca", &file(&stranger)]).0, 3, "nor does a stranger");
    let key = under.key.display().to_string();
    let (exit, said) = status(&["--ca", &key]);
    assert_eq!((exit, said.contains("expected certificates in PEM")), (2, true), "{said}");
}
