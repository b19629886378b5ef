//! The rules of the house that no compiler checks. Invariant: a rule that is stated is a failing
//! check here, or it is not a rule.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const LINES_MAX: usize = 500;
const COLUMNS_MAX: usize = 100;
const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "benches",
    "projections",
    "schemas",
    "src",
    "tests",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of the project as git would see it: build outputs and data left out.
fn files() -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut todo: Vec<PathBuf> = TOP.iter().map(|name| root().join(name)).collect();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                fs::read_dir(&path).expect("a directory").map(|e| e.expect("an entry").path()),
            );
        } else if path.exists() {
            all.push(path);
        }
    }
    all.retain(|p| !p.components().any(|c| c.as_os_str() == "target"));
    all.sort();
    all
}

fn rust() -> Vec<(PathBuf, String)> {
    let of = |p: PathBuf| fs::read_to_string(&p).map(|text| (p, text)).expect("rust is text");
    files().into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs")).map(of).collect()
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).expect("below the root").display().to_string()
}

fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Whoever holds the files of a machine is made a caller in one place; a door that could make one
/// would let anybody in.
#[test]
fn the_operator_is_made_by_main_alone() {
    let makes = |(path, text): (PathBuf, String)| {
        let path = name(&path);
        let may = !path.starts_with("src/") || ["src/main.rs", "src/keys.rs"].contains(&&*path);
        (!may && text.contains("Caller::local()")).then_some(path)
    };
    let found: Vec<String> = rust().into_iter().filter_map(makes).collect();
    none("makes a caller of nobody who proved it", &found);
}

#[test]
fn the_top_level_holds_what_it_should() {
    let found: Vec<String> = fs::read_dir(root())
        .expect("the root")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|n| {
            !n.starts_with('.') && !TOP.contains(&n.as_str()) && n != "target" && n != "sijil-data"
        })
        .collect();
    none("not a place of this house", &found);
}

#[test]
fn files_have_one_noun_each() {
    let long: Vec<String> = rust()
        .iter()
        .filter(|(_, t)| t.lines().count() > LINES_MAX)
        .map(|(p, t)| format!("{} has {} lines", name(p), t.lines().count()))
        .collect();
    none("longer than 500 lines: which second noun lives there?", &long);
    let bad = ["utils", "util", "helpers", "helper", "common", "misc"];
    let nameless: Vec<String> = files()
        .iter()
        .filter(|p| p.file_stem().is_some_and(|s| bad.iter().any(|b| s == *b)))
        .map(|p| name(p))
        .collect();
    none("name the noun", &nameless);
}

/// How the root of a crate opens whose page is its README.
const README_FIRST: &str = "#![doc = include_str!(\"README.md\")]\n";

/// What a room's page says of it, besides what it is.
const PAGE_SAYS: [&str; 3] = ["**Invariant**", "**Enter by**", "**Deliberately absent**"];

/// Where the literal or comment that begins at a byte ends, and whether it is a string; `None` if
/// none begins there.
fn literal(text: &str, at: usize) -> Option<(usize, bool)> {
    let rest = &text[at..];
    let upto = |end: &str, from: usize| {
        rest[from..].find(end).map_or(text.len(), |found| at + from + found + end.len())
    };
    let hashes = rest.bytes().skip(1).take_while(|b| *b == b'#').count();
    let is_word = text[..at].ends_with(|c: char| c == '_' || c.is_alphanumeric())
        && !(text[..at].ends_with(['b', 'c']));
    if rest.starts_with("//") {
        Some((upto("\n", 2) - 1, false))
    } else if rest.starts_with("/*") {
        Some((upto("*/", 2), false))
    } else if rest.starts_with('r') && rest[1 + hashes..].starts_with('"') && !is_word {
        Some((upto(&format!("\"{}", "#".repeat(hashes)), hashes + 2), true))
    } else if rest.starts_with('"') {
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        Some((end.map_or(text.len(), |(end, _)| at + end + 1), true))
    } else if rest.starts_with("'\\") {
        Some((upto("'", 3), false))
    } else if rest.starts_with('\'') {
        // What has no second quote behind one character is a lifetime.
        let (end, _) = rest.char_indices().nth(2).filter(|(_, c)| *c == '\'')?;
        Some((at + end + 1, false))
    } else {
        None
    }
}

/// The lines, counted from 0, that begin within a string which has the line break in its text: rows
/// of a table or of a file, each to be read as one. A break behind a backslash is none of the text.
fn rows(text: &str) -> BTreeSet<usize> {
    let (mut rows, mut at) = (BTreeSet::new(), 0);
    while at < text.len() {
        let Some((end, is_string)) = literal(text, at) else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let is_raw = text[at..].starts_with('r');
        let breaks = text[at..end].match_indices('\n').map(|(found, _)| at + found);
        rows.extend(
            breaks
                .filter(|found| is_string && (is_raw || !text[..*found].ends_with('\\')))
                .map(|found| text[..=found].matches('\n').count()),
        );
        at = end;
    }
    rows
}

#[test]
fn lines_end_within_the_screen() {
    let mut long = Vec::new();
    for (path, text) in rust() {
        if text.lines().all(|line| line.chars().count() <= COLUMNS_MAX) {
            continue;
        }
        let rows = rows(&text);
        let lines = text.lines().map(|line| line.chars().count()).enumerate();
        long.extend(
            lines
                .filter(|(at, columns)| *columns > COLUMNS_MAX && !rows.contains(at))
                .map(|(at, columns)| format!("{}:{}: {columns}", name(&path), at + 1)),
        );
    }
    none("longer than 100 columns, and no row of a table or file", &long);
}

#[test]
fn a_row_is_a_line_that_a_string_has_in_its_text() {
    let text =
        "let a = \"x\ny\"; // \"\nlet b = r#\"x\n\"y\"\n\"#;\nlet c = ('\"', \"x\\\n y\");\n";
    assert_eq!(rows(text).into_iter().collect::<Vec<_>>(), [1, 3, 4]);
}

#[test]
fn settings_of_tools_are_dotfiles() {
    // A tool reads either name; where both stood, one would be read and the other believed.
    let found: Vec<String> = ["clippy.toml", "rustfmt.toml"]
        .iter()
        .filter(|name| root().join(name).exists() || !root().join(format!(".{name}")).exists())
        .map(|name| (*name).to_owned())
        .collect();
    none("expected at the top as a file whose name begins with a dot", &found);
}

#[test]
fn every_module_opens_with_its_invariant() {
    let opens = |text: &str| text.starts_with("//!") || text.starts_with(README_FIRST);
    let silent: Vec<String> = rust()
        .iter()
        .filter(|(p, t)| !opens(t) && !name(p).contains("fixtures"))
        .map(|(p, _)| name(p))
        .collect();
    none("no //! line first", &silent);
}

#[test]
fn the_page_of_each_room_is_its_readme() {
    let rooms: Vec<PathBuf> = files()
        .into_iter()
        .filter(|p| p.ends_with("Cargo.toml") && !name(p).starts_with("tests/"))
        .filter_map(|p| p.parent().map(Path::to_path_buf))
        .filter(|room| room.join("lib.rs").exists())
        .collect();
    assert!(rooms.len() >= 12, "{rooms:?}");
    let mut wrong = Vec::new();
    for room in &rooms {
        let read = |file: &str| fs::read_to_string(room.join(file)).unwrap_or_default();
        if !read("lib.rs").starts_with(README_FIRST) {
            wrong.push(format!("{}/lib.rs opens with something else", name(room)));
        }
        let page = read("README.md");
        wrong.extend(
            PAGE_SAYS
                .iter()
                .filter(|word| !page.contains(*word))
                .map(|word| format!("{}/README.md does not say {word}", name(room))),
        );
    }
    none("a room whose page is not its README", &wrong);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    let words = [
        concat!("to", "do!("),
        concat!("unim", "plemented!("),
        concat!("#[ig", "nore"),
        concat!("#[al", "low("),
        concat!("#![al", "low("),
        concat!("FIX", "ME"),
        concat!("TO", "DO"),
    ];
    let found: Vec<String> = rust()
        .iter()
        .flat_map(|(p, text)| {
            text.lines()
                .enumerate()
                .filter(|(_, l)| words.iter().any(|w| l.contains(w)))
                .map(move |(n, l)| format!("{}:{}: {}", name(p), n + 1, l.trim()))
                .collect::<Vec<_>>()
        })
        .collect();
    none("left undone or switched off", &found);
}

#[test]
fn no_test_stands_where_none_is_run() {
    let untested: Vec<PathBuf> = files()
        .into_iter()
        .filter(|p| {
            p.file_name().is_some_and(|name| name == "Cargo.toml") && p.parent() != Some(&root())
        })
        .filter(|p| {
            fs::read_to_string(p)
                .expect("text")
                .split("[[")
                .next()
                .is_some_and(|lib| lib.contains("\ntest = false\n"))
        })
        .filter_map(|p| p.parent().map(Path::to_path_buf))
        .collect();
    assert!(untested.len() >= 8, "{untested:?}");
    // A file belongs to the innermost package around it.
    let packages: Vec<PathBuf> = files()
        .into_iter()
        .filter(|p| p.ends_with("Cargo.toml"))
        .filter_map(|p| p.parent().map(Path::to_path_buf))
        .collect();
    let package = |file: &Path| {
        file.ancestors().find(|above| packages.iter().any(|p| p == above)).map(Path::to_path_buf)
    };
    let is_test = |text: &str| text.contains("#[test]") || text.contains("cfg(test)");
    // Tests of a package stand below tests/, and name themselves there; these are the sources of
    // libraries.
    let below = |path: &Path| path.strip_prefix(root()).is_ok_and(|path| path.starts_with("tests"));
    let lost: Vec<String> = rust()
        .iter()
        .filter(|(path, text)| {
            !below(path)
                && is_test(text)
                && package(path).is_some_and(|package| untested.contains(&package))
        })
        .map(|(path, _)| name(path))
        .collect();
    none("tests in a library whose Cargo.toml says `test = false`: they are never run", &lost);
}

#[test]
fn folds_list_what_they_leave_out() {
    // In the folds a match on events has no wildcard arm, so that a new event cannot be forgotten.
    let folds = [
        "access",
        "accounts",
        "activity",
        "clients",
        "company",
        "deals",
        "marketing",
        "staff",
        "stock",
        "trade",
    ];
    let mut found = Vec::new();
    for fold in folds {
        let text =
            fs::read_to_string(root().join(format!("projections/{fold}.rs"))).expect("a fold");
        let apply = text.split("fn apply(").nth(1).unwrap_or_else(|| panic!("{fold} has an apply"));
        let body = &apply[..apply.find("\n    }\n").unwrap_or(apply.len())];
        if body.contains("Event::") && body.lines().any(|l| l.trim_start().starts_with("_ =>")) {
            found.push(fold.to_owned());
        }
    }
    none("a wildcard arm in a fold", &found);
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/tmp/bash", "_jobs"),
        concat!("static.cra", "tes.io"),
        concat!("index.cra", "tes.io"),
        concat!("deb.deb", "ian.org"),
        concat!("registry.np", "mjs"),
    ];
    let mut found = Vec::new();
    for path in files().iter().filter(|p| p.file_name().is_none_or(|n| n != "Cargo.lock")) {
        let Ok(text) = fs::read_to_string(path) else { continue };
        found.extend(
            text.lines()
                .filter(|l| words.iter().any(|w| l.contains(w)))
                .map(|l| format!("{}: {}", name(path), l.trim())),
        );
    }
    none("paths of one machine or hosts of a registry", &found);
}

#[test]
fn doors_do_not_reach_the_log_or_the_rules() {
    let mut found = Vec::new();
    for (door, forbidden) in [
        ("http", ["sijil-log", "sijil-rules"]),
        ("grpc", ["sijil-log", "sijil-rules"]),
        ("cli", ["sijil-log", "sijil-rules"]),
        ("publish", ["sijil-log", "sijil-rules"]),
        ("log", ["sijil-projections", "sijil-rules"]),
    ] {
        let manifest =
            fs::read_to_string(root().join(format!("src/{door}/Cargo.toml"))).expect("a manifest");
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        found.extend(
            forbidden
                .iter()
                .filter(|f| dependencies.contains(*f))
                .map(|f| format!("{door} names {f}")),
        );
    }
    for room in ["schemas", "projections", "src/rules", "src/demo"] {
        let manifest =
            fs::read_to_string(root().join(room).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        found.extend(
            ["tokio", "axum", "ureq", "rustix"]
                .iter()
                .filter(|f| dependencies.contains(*f))
                .map(|f| format!("{room} names {f}")),
        );
    }
    none("a room reaches where it may not", &found);
}

#[test]
fn stored_json_keeps_its_order() {
    // With this feature of serde_json objects keep the order they came in, and stored bytes would
    // no longer be canonical.
    let value: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":2}"#).expect("JSON");
    assert_eq!(value.to_string(), r#"{"a":2,"b":1}"#);
}
