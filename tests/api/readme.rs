//! The pages beside the code, held to what they say. Invariant: a session on a page is what the
//! binary prints, lists on pages are whole, and links lead somewhere.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::CommandFactory;

use crate::server::{Directory, Server, sijil};

const PAGES: &[&str] = &[
    "README.md",
    "benches/README.md",
    "projections/README.md",
    "projections/facts/README.md",
    "schemas/README.md",
    "src/access/README.md",
    "src/access/SECURITY.md",
    "src/backup/README.md",
    "src/cli/README.md",
    "src/demo/README.md",
    "src/grpc/README.md",
    "src/http/README.md",
    "src/import/MAPPING.md",
    "src/import/README.md",
    "src/ledger/README.md",
    "src/log/FORMAT.md",
    "src/log/README.md",
    "src/oidc/README.md",
    "src/proof/README.md",
    "src/publish/README.md",
    "src/rules/README.md",
    "src/witness/README.md",
    "tests/README.md",
];

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fenced block: what stands behind the fence, and the lines within.
struct Block<'p> {
    label: &'p str,
    lines: Vec<&'p str>,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let (mut all, mut open): (Vec<Block<'_>>, Option<Block<'_>>) = (Vec::new(), None);
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(label), None) => open = Some(Block { label, lines: Vec::new() }),
            (Some(_), Some(_)) => all.extend(open.take()),
            (None, Some(block)) => block.lines.push(line),
            (None, None) => (),
        }
    }
    assert!(open.is_none(), "a fence is open at the end of the page");
    all
}

/// A command of a session, and the lines it should print.
struct Turn<'p> {
    command: &'p str,
    expected: Vec<&'p str>,
}

fn session(page: &str) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for block in blocks(page).into_iter().filter(|b| b.label == "console") {
        for line in block.lines {
            match (line.strip_prefix("$ "), turns.last_mut()) {
                (Some(command), _) => turns.push(Turn { command, expected: Vec::new() }),
                (None, Some(turn)) => turn.expected.push(line),
                (None, None) => panic!("expected a command first, got {line:?}"),
            }
        }
    }
    turns
}

/// Whether lines are as the page says; `…` is any text within a line, and alone on a line any
/// lines.
fn same(expected: &[&str], got: &[&str]) -> bool {
    match (expected, got) {
        ([], _) => got.is_empty(),
        (["…", rest @ ..], _) => (0..=got.len()).any(|n| same(rest, &got[n..])),
        ([line, rest @ ..], [first, others @ ..]) => {
            same_line(line, first.trim_end()) && same(rest, others)
        }
        ([_, ..], []) => false,
    }
}

fn same_line(expected: &str, got: &str) -> bool {
    let Some((start, rest)) = expected.split_once('…') else { return expected == got };
    let Some(got) = got.strip_prefix(start) else { return false };
    got.char_indices().map(|(at, _)| at).chain([got.len()]).any(|at| same_line(rest, &got[at..]))
}

fn check(turn: &Turn<'_>, printed: &str) {
    let got: Vec<&str> = printed.lines().collect();
    assert!(
        same(&turn.expected, &got),
        "$ {}\nexpected:\n{}\ngot:\n{printed}",
        turn.command,
        turn.expected.join("\n")
    );
}

/// The words of a command, as a shell would take them apart.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in command.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "a quote is open in {command:?}");
    words.extend(word);
    words
}

#[test]
fn the_session_on_the_front_page_is_what_happens() {
    let page = page("README.md");
    let place = tempfile::tempdir().expect("a temporary directory");
    for block in blocks(&page) {
        if let Some(name) = block.label.strip_prefix("json ") {
            fs::write(place.path().join(name), block.lines.join("\n"))
                .expect("a file can be written");
        }
    }
    let turns = session(&page);
    assert!(turns.len() >= 6, "there are {} commands", turns.len());
    for turn in turns {
        let words = words(turn.command);
        assert_eq!(words[0], "sijil", "{}", turn.command);
        let output =
            sijil().args(&words[1..]).current_dir(place.path()).output().expect("the binary runs");
        // A refusal is words, not data.
        let said = if output.status.success() { output.stdout } else { output.stderr };
        check(&turn, &String::from_utf8_lossy(&said));
    }
}

/// Whether a program is there.
fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(name).exists())
}

/// An address of this machine that nobody listens on now.
fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    listener.local_addr().expect("an address").to_string()
}

#[test]
fn the_stranger_comes_through() {
    if ["curl", "python3"].iter().any(|name| !on_path(name)) {
        assert!(std::env::var_os("CI").is_none(), "curl and python3 must be there in CI");
        eprintln!("skipped: no curl or python3");
        return;
    }
    let page = page("README.md");
    let block = blocks(&page).into_iter().find(|block| block.label == "sh").expect("a script");
    assert!(block.lines.len() <= 20, "{} lines", block.lines.len());
    let (place, at) = (tempfile::tempdir().expect("a temporary directory"), free());
    // On an address of its own; whatever goes wrong, the server ends with the script.
    let script = block.lines.join("\n").replace("localhost:7425", &at);
    let script = script.replace("sijil demo", &format!("sijil demo --listen {at}"));
    let script = format!("trap 'kill $server 2>/dev/null || true' EXIT\n{script}");
    let binaries = Path::new(env!("CARGO_BIN_EXE_sijil")).parent().expect("a directory");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("timeout")
        .args(["300", "bash", "-euo", "pipefail", "-c", &script])
        .env("PATH", format!("{}:{path}", binaries.display()))
        .current_dir(place.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    let amiss = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{amiss}");
    let rows = |name: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(place.path().join(name)).expect(name);
        text.lines().skip(1).map(|line| line.split(',').next().unwrap_or("").to_owned()).collect()
    };
    let (all, hers) = (rows("all.csv"), rows("hers.csv"));
    assert!(
        !hers.is_empty() && hers.len() < all.len() && hers.is_subset(&all),
        "{hers:?} of {all:?}"
    );
    assert!(said.contains("damage,[]"), "{said}");
    let left = sijil()
        .args(["--data", "elsewhere", "--format", "json", "events", "--entity", "client:C-1"])
        .current_dir(place.path())
        .output()
        .expect("the binary runs");
    let left = String::from_utf8_lossy(&left.stdout);
    assert!(left.contains("\"erased\"") && !left.contains("\"name\":\"Buyer"), "{left}");
}

#[test]
fn the_walk_with_curl_is_what_happens() {
    let page = page("src/http/README.md");
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let turns = session(&page);
    assert!(turns.len() >= 8, "there are {} commands", turns.len());
    for turn in turns {
        let (mut headers, mut body, mut path, mut method) = (Vec::new(), None, None, None);
        let mut words = words(turn.command).into_iter();
        assert_eq!(words.next().as_deref(), Some("curl"), "{}", turn.command);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-H" => {
                    let header = words.next().expect("a header");
                    let (name, value) = header.split_once(": ").expect("name: value");
                    headers.push((name.to_owned(), value.to_owned()));
                }
                "-d" => body = words.next(),
                "-X" => method = words.next(),
                url => {
                    path = Some(
                        url.strip_prefix("localhost:7425")
                            .unwrap_or_else(|| panic!("{url}: what does this mean?"))
                            .to_owned(),
                    );
                }
            }
        }
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" }.into());
        check(
            &turn,
            &server.send(&method, &path.expect("an address"), &headers, body.as_deref()).text,
        );
    }
}

#[test]
fn what_differs_is_told() {
    assert!(same(&["a …", "…", "z"], &["a 1", "b", "c", "z"]));
    assert!(same(&["{…\"position\":2,…}"], &["{\"id\":1,\"position\":2,\"type\":3}"]));
    assert!(!same(&["a …"], &["b 1"]));
    assert!(!same(&["a"], &["a", "b"]));
    assert!(!same(&["a", "b"], &["a"]));
    assert!(!same(&["…", "z"], &["a", "b"]));
    assert!(!same(&["| 39.99 | …"], &["| 40.00 | x"]));
}

/// The first cells of a page's tables that are one word of code.
fn listed(page: &str) -> BTreeSet<String> {
    page.lines()
        .filter_map(|l| l.strip_prefix("| `")?.split_once("` |"))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[test]
fn every_report_is_listed() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let registry = server.get("/v1/reports").json();
    let reports: BTreeSet<String> = registry["reports"]
        .as_array()
        .expect("reports")
        .iter()
        .filter_map(|r| r["name"].as_str().map(ToOwned::to_owned))
        .collect();
    assert_eq!(listed(&page("projections/README.md")), reports);
}

#[test]
fn every_word_of_the_command_line_is_listed() {
    let listed = listed(&page("src/cli/README.md"));
    let missing: Vec<String> = sijil_cli::Arguments::command()
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .filter(|name| !listed.contains(name))
        .collect();
    assert!(missing.is_empty(), "words without a row: {missing:?}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut lost = Vec::new();
    for name in PAGES {
        let text = page(name);
        let place: PathBuf = root().join(name).parent().expect("a folder").into();
        for (at, _) in text.match_indices("](") {
            let link = text[at + 2..].split(')').next().unwrap_or_default();
            let file = link.split('#').next().unwrap_or_default();
            if !link.starts_with("http") && !file.is_empty() && !place.join(file).exists() {
                lost.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(lost.is_empty(), "links to nothing:\n{}", lost.join("\n"));
    let front = page("README.md");
    let unlinked: Vec<&&str> =
        PAGES[1..].iter().filter(|p| !front.contains(&format!("]({p})"))).collect();
    assert!(unlinked.is_empty(), "the front page does not lead to {unlinked:?}");
}
