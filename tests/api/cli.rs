//! The command line: what it prints, and how it exits.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::server::{Directory, Server, code, invoice, opening, run, sijil};

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
        panic!(
            "{e}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn a_directory_and_a_server_answer_the_same_words() {
    let directory = Directory::new();
    let mut events = opening();
    events.push(invoice("I1", "2025-01-31", "100.00"));
    let file = directory.file("events.json", &json!({ "events": events }).to_string());
    let recorded = run(&directory.path(), &["record", file.to_str().expect("a path")]);
    assert_eq!(code(&recorded), 0, "{}", String::from_utf8_lossy(&recorded.stderr));
    let words = ["query", "trial_balance", "--format", "json"];
    let local = json_of(&run(&directory.path(), &words));
    let server = Server::start(&directory.path());
    let remote = json_of(&server.asked_by(&words).output().expect("runs"));
    assert_eq!(local, remote);
    // Global options may stand before the subcommand, and reading works beside a running server.
    let before = json_of(
        &sijil()
            .args(["--format", "json", "--data"])
            .arg(directory.path())
            .args(["query", "trial_balance"])
            .output()
            .expect("runs"),
    );
    assert_eq!(before["rows"], local["rows"]);
}

#[test]
fn exit_codes_mean_something() {
    let directory = Directory::new();
    let file = directory.file("events.json", &json!({"events": opening()}).to_string());
    let path = file.to_str().expect("a path");
    assert_eq!(code(&run(&directory.path(), &["status"])), 3, "there is no ledger yet");
    assert_eq!(code(&run(&directory.path(), &["record", path])), 0);
    assert_eq!(code(&run(&directory.path(), &["record", path])), 1, "the ledger is opened once");
    assert_eq!(code(&run(&directory.path(), &["query", "no_such_report"])), 2);
    assert_eq!(code(&run(&directory.path(), &["record", "no-such-file"])), 2);
    assert_eq!(code(&run(&directory.path(), &["fly"])), 2);
    assert_eq!(
        code(&sijil().args(["status", "--server", "http://127.0.0.1:1"]).output().expect("runs")),
        3
    );
    assert_eq!(code(&run(&directory.path(), &["verify"])), 0);
    assert_eq!(code(&run(&directory.path(), &["replay"])), 0);
}

#[test]
fn who_has_read_enough_ends_a_word_well() {
    let directory = Directory::new();
    let drafts = opening()
        .into_iter()
        .chain((0..600).map(|n| invoice(&format!("I{n}"), "2025-01-31", "1.00")));
    let file = directory
        .file("drafts.ndjson", &drafts.map(|draft| format!("{draft}\n")).collect::<String>());
    assert_eq!(code(&run(&directory.path(), &["import", file.to_str().expect("a path")])), 0);
    // All of these write more than a pipe holds.
    for words in [
        "export",
        "export --format csv",
        "events --limit 600",
        "events --limit 600 --format csv",
        "events --limit 600 --format json",
    ] {
        let mut command = sijil();
        command
            .args(words.split(' '))
            .arg("--data")
            .arg(directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut first = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped"))
            .read_line(&mut first)
            .expect("a line");
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(
            (code(&ended), String::from_utf8_lossy(&ended.stderr).as_ref()),
            (0, ""),
            "sijil {words}"
        );
    }
}

#[test]
fn an_export_imports_elsewhere() {
    let (one, other) = (Directory::new(), Directory::new());
    let mut events = opening();
    events.push(invoice("I1", "2025-01-31", "100.00"));
    let file = one.file("events.json", &json!({ "events": events }).to_string());
    assert_eq!(code(&run(&one.path(), &["record", file.to_str().expect("a path")])), 0);
    let exported = run(&one.path(), &["export"]);
    assert_eq!(code(&exported), 0);
    let drafts: Vec<String> = String::from_utf8_lossy(&exported.stdout)
        .lines()
        .map(|line| {
            let mut record: Value = serde_json::from_str(line).expect("a record");
            for member in ["position", "recorded_at", "vouched"] {
                record.as_object_mut().expect("an object").remove(member);
            }
            record.to_string()
        })
        .collect();
    let file = other.file("drafts.ndjson", &drafts.join("\n"));
    let imported =
        run(&other.path(), &["import", file.to_str().expect("a path"), "--format", "json"]);
    assert_eq!(code(&imported), 0, "{}", String::from_utf8_lossy(&imported.stderr));
    assert_eq!(json_of(&imported)["recorded"], 5);
    let question = ["query", "trial_balance", "--format", "json"];
    assert_eq!(
        json_of(&run(&one.path(), &question))["rows"],
        json_of(&run(&other.path(), &question))["rows"]
    );
    let csv = run(&one.path(), &["export", "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&csv.stdout).lines().count(), 6);
}

/// What the help of a word shows between backticks, it does.
#[test]
fn every_line_that_a_help_shows_works() {
    let directory = Directory::new();
    let file = directory.file("events.json", &json!({"events": opening()}).to_string());
    assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
    let help = |words: &[&str]| {
        String::from_utf8(sijil().args(words).arg("--help").output().expect("runs").stdout)
            .expect("a text")
    };
    let all = help(&[]);
    let words = all
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "));
    let words: Vec<&str> = words
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .collect();
    assert!(words.contains(&"query") && words.len() > 15, "{all}");
    let mut shown = 0;
    for word in words {
        let help = help(&[word]);
        for line in help
            .split('`')
            .skip(1)
            .step_by(2)
            .filter_map(|text| text.strip_prefix("sijil "))
            .filter(|line| line.contains(' ') && !line.contains("URL"))
        {
            let output = run(&directory.path(), &line.split(' ').collect::<Vec<_>>());
            assert_eq!(
                code(&output),
                0,
                "sijil {line}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            shown += 1;
        }
    }
    assert!(shown > 0, "query shows a line");
}

/// The command line offers the nearest word as the server does, and takes amounts as they are
/// written in events.
#[test]
fn a_misspelt_word_is_met_with_the_one_that_was_meant() {
    let directory = Directory::new();
    let file = directory.file("events.json", &json!({"events": opening()}).to_string());
    assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
    for (line, meant) in [
        ("query recievables --as-of 2025-01-31", "receivables"),
        ("query receivables --as-of 2025-01-31 gruop=client", "group"),
        ("explain trial_balance --row assets,EUR --column blaance", "balance"),
        ("events --type client.rename", "client.renamed"),
        ("schemas client.rename", "client.renamed"),
        ("rebuild trede", "trade"),
        ("replay trede", "trade"),
    ] {
        let output = run(&directory.path(), &line.split(' ').collect::<Vec<_>>());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            code(&output) != 0 && said.contains(&format!("(did you mean {meant}?)")),
            "sijil {line}: {said}"
        );
    }
    for (amount, expected) in [
        (
            json!(100),
            concat!(
                r#"/data/total: expected an object, as in {"amount": "1234.50", "#,
                r#""currency": "EUR"}, got 100"#
            ),
        ),
        (
            json!({"amount": 100, "currency": "EUR"}),
            concat!(
                "/data/total/amount: expected a decimal in a string, at most 6 places and 10^15, ",
                r#"as in "1234.50", got 100"#
            ),
        ),
        (
            json!({"amount": 12.5, "currency": "EUR"}),
            concat!(
                r#"/data/total/amount: expected a decimal in a string, as in "12.50", "#,
                "or a whole number up to 2^53 - 1, got 12.5"
            ),
        ),
    ] {
        let mut one = invoice("I1", "2025-01-31", "100.00");
        one["data"]["total"] = amount;
        let file = directory.file("invoice.json", &one.to_string());
        for word in ["record", "import"] {
            let output = run(&directory.path(), &[word, file.to_str().expect("a path")]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(code(&output) != 0 && said.contains(expected), "{word}: {said}");
        }
    }
}
