//! Who asks, and where a server may listen. Invariant: an address is believed from a proxy that was
//! named, and from nobody else; nothing is said in the clear beyond this machine.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use sijil_http::Proxies;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::server::{Directory, Server, code, run, sijil};

/// Who a connection is from, the headers of its request, and who asks.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// Proxies are those in 10.0.0.0/8 and 2001:db8::/32.
const ROWS: &[Row] = &[
    ("192.0.2.7:5", &[], "192.0.2.7"),
    ("192.0.2.7:5", &[("x-forwarded-for", "198.51.100.1")], "192.0.2.7"),
    ("192.0.2.7:5", &[("forwarded", "for=198.51.100.1")], "192.0.2.7"),
    ("127.0.0.1:5", &[("x-forwarded-for", "198.51.100.1")], "127.0.0.1"),
    ("10.1.1.1:5", &[], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "198.51.100.1:77")], "198.51.100.1"),
    ("[::ffff:10.1.1.1]:5", &[("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
    // What the client wrote itself stands further left.
    ("10.1.1.1:5", &[("x-forwarded-for", "203.0.113.1, 198.51.100.1")], "198.51.100.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "203.0.113.1, 198.51.100.1, 10.2.2.2")], "198.51.100.1"),
    (
        "10.1.1.1:5",
        &[("x-forwarded-for", "203.0.113.1"), ("x-forwarded-for", "198.51.100.1")],
        "198.51.100.1",
    ),
    // Nobody but this machine has an address of its own, and no client one of the proxies'.
    ("10.1.1.1:5", &[("x-forwarded-for", "10.2.2.2, 10.3.3.3")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "127.0.0.1")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "198.51.100.1, 127.0.0.1, 10.2.2.2")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "::ffff:127.0.0.1")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "0.0.0.0")], "10.1.1.1"),
    ("10.1.1.1:5", &[("forwarded", "for=\"[::1]:77\"")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-real-ip", "198.51.100.1")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "198.51.100.1, unknown")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "198.51.100.1, ")], "10.1.1.1"),
    ("10.1.1.1:5", &[("x-forwarded-for", "2001:db9::7")], "2001:db9::7"),
    ("10.1.1.1:5", &[("forwarded", "for=198.51.100.1")], "198.51.100.1"),
    ("10.1.1.1:5", &[("forwarded", "proto=https; For=\"198.51.100.1:77\";by=x")], "198.51.100.1"),
    ("10.1.1.1:5", &[("forwarded", "for=\"[2001:db9::7]:77\"")], "2001:db9::7"),
    ("10.1.1.1:5", &[("forwarded", "for=203.0.113.1, for=198.51.100.1")], "198.51.100.1"),
    ("10.1.1.1:5", &[("forwarded", "for=_hidden")], "10.1.1.1"),
    ("10.1.1.1:5", &[("forwarded", "proto=https")], "10.1.1.1"),
    ("[2001:db8::1]:5", &[("forwarded", "for=198.51.100.1")], "198.51.100.1"),
    // One of the two is the client's own, and nobody knows which.
    (
        "10.1.1.1:5",
        &[("forwarded", "for=203.0.113.1"), ("x-forwarded-for", "198.51.100.1")],
        "10.1.1.1",
    ),
    (
        "10.1.1.1:5",
        &[("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "198.51.100.1")],
        "198.51.100.1",
    ),
];

fn proxies(networks: &[&str]) -> Proxies {
    Proxies::new(networks.iter().map(|network| network.parse().expect("a network")).collect())
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn who_asks_is_whom_a_named_proxy_heard() {
    let proxies = proxies(&["10.0.0.0/8", "2001:db8::/32"]);
    for (from, headers, expected) in ROWS {
        let mut map = HeaderMap::new();
        for (name, value) in *headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let peer = proxies.client(address(from), &map);
        let expected: IpAddr = expected.parse().expect("an address");
        assert_eq!(peer.client(), expected, "{from} {headers:?}");
    }
    println!("{} rows of who asks", ROWS.len());
}

type Header = Option<(&'static str, &'static str)>;

/// Who a connection is from, a header of its request, and whether it was made on this machine.
const HERE: &[(&str, Header, bool)] = &[
    ("127.0.0.1:5", None, true),
    ("[::1]:5", None, true),
    ("[::ffff:127.0.0.1]:5", None, true),
    ("127.0.0.1:5", Some(("x-forwarded-for", "127.0.0.1")), false),
    ("127.0.0.1:5", Some(("forwarded", "for=_hidden")), false),
    ("127.0.0.1:5", Some(("x-real-ip", "127.0.0.1")), false),
    ("127.0.0.1:5", Some(("via", "1.1 proxy")), false),
    ("127.0.0.1:5", Some(("x-forwarded-proto", "https")), false),
    // A proxy on this machine that says nothing of those it asks for.
    ("127.0.0.2:5", None, false),
    ("10.1.1.1:5", Some(("x-forwarded-for", "127.0.0.1")), false),
    ("192.0.2.7:5", None, false),
    ("192.0.2.7:5", Some(("x-forwarded-for", "127.0.0.1")), false),
];

#[test]
fn no_header_makes_a_request_one_of_this_machine() {
    let proxies = proxies(&["10.0.0.0/8", "127.0.0.2/32"]);
    for (from, header, here) in HERE {
        let mut map = HeaderMap::new();
        if let Some((name, value)) = header {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let peer = proxies.client(address(from), &map);
        assert_eq!(peer.is_here(), *here, "{from} {header:?}");
    }
}

#[test]
fn behind_a_proxy_nobody_else_is_answered() {
    let some = proxies(&["10.0.0.0/8"]);
    for (from, admitted) in [
        ("10.9.9.9", true),
        ("::ffff:10.9.9.9", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("192.0.2.7", false),
        ("11.0.0.1", false),
        ("2001:db8::1", false),
    ] {
        let from = from.parse().expect("an address");
        assert_eq!(some.admit(from), admitted, "{from}");
        assert!(Proxies::default().admit(from), "without a proxy everybody is");
    }
}

/// Asks from an address of this machine for what is not there, and returns the status line.
fn asked_from(from: &str, to: SocketAddr, header: &str) -> std::io::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(address(&format!("{from}:0")))?;
        let mut stream = socket.connect(to).await?;
        let request = format!(
            "GET /nothing/{from} HTTP/1.1\r\nHost: {to}\r\n{header}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.lines().next().unwrap_or_default().to_owned())
    })
}

#[test]
fn a_server_believes_the_proxy_it_was_told_of() {
    let directory = Directory::new();
    let (server, _, lines) =
        Server::launch(sijil(), &directory.path(), &["--behind-proxy", "127.0.0.2"]);
    let log = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<String>>());
    let to = address(server.url.trim_start_matches("http://"));
    let header = "X-Forwarded-For: 203.0.113.1, 198.51.100.1";
    let expected = [("127.0.0.2", "198.51.100.1"), ("127.0.0.1", "127.0.0.1")];
    for (from, _) in expected {
        match asked_from(from, to, header) {
            Ok(status) => assert_eq!(status, "HTTP/1.1 404 Not Found", "{from}"),
            Err(error) => return println!("skipped: no connection from {from} here: {error}"),
        }
    }
    assert!(server.terminate());
    let log = log.join().expect("the log is read");
    for (from, peer) in expected {
        let line = log.iter().find(|line| line.contains(&format!("/nothing/{from}")));
        let line = line.unwrap_or_else(|| panic!("a line about {from}: {log:?}"));
        assert!(line.contains(&format!("peer={peer} ")), "{from}: {line}");
    }
}

#[test]
fn nothing_is_served_in_the_clear_beyond_this_machine() {
    let directory = Directory::new();
    // An address for examples in documents: no machine has it, so whoever may listen there cannot.
    let there = "192.0.2.7:0";
    let ways = "--tls-cert FILE --tls-key FILE";
    let rows: &[(&[&str], i32, &str)] = &[
        (&["serve", "--listen", there], 2, ways),
        (&["serve", "--listen", "0.0.0.0:0"], 2, ways),
        (&["serve", "--listen", "[::]:0"], 2, ways),
        (&["serve", "--listen", "127.0.0.1:0", "--grpc", there], 2, ways),
        (&["demo", "--events", "10", "--listen", there], 2, ways),
        (&["serve", "--open", "--behind-proxy", "127.0.0.2/32"], 2, "expected no --behind-proxy"),
        (&["demo", "--open", "--behind-proxy", "127.0.0.2/32"], 2, "expected no --behind-proxy"),
        (&["serve", "--open", "--public-url", "https://a.example"], 2, "expected no --public-url"),
        (&["serve", "--open", "--listen", there], 2, ways),
        (&["serve", "--behind-proxy", "somewhere"], 2, "expected a network as in 10.0.0.0/8"),
        (&["serve", "--tls-cert", "cert.pem"], 2, "--tls-key <FILE>"),
        (&["serve", "--listen", there, "--behind-proxy", "10.0.0.0/8"], 3, "cannot listen on 192."),
    ];
    for (words, exit, why) in rows {
        let output = run(&directory.path(), words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((code(&output), said.contains(why)), (*exit, true), "{words:?}: {said}");
        assert!(*why != ways || said.contains("--behind-proxy CIDR"), "{words:?}: {said}");
        assert_eq!(directory.path().exists(), *exit == 3, "{words:?}: nothing is made before");
    }
}
