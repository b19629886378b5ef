//! Records as they were first written. Invariant: bytes kept by any release are read for ever, and
//! give what they gave on their first day.
//!
//! `records.txt` holds one record a line: type, version, public bytes and personal bytes in
//! hexadecimal. `records.ndjson` holds, line by line, what it says: the record as readers see it
//! and its event in the newest version. A new type or version is added at the end, by running this
//! test once with `SIJIL_BLESS=1`; no line is ever changed.

#![expect(
    clippy::disallowed_methods,
    reason = "the frozen records are files; the room itself stays pure"
)]

use std::{env, fs, path::PathBuf};

use serde_json::{Value, json};
use sijil_schemas::{
    Event, Position, StoredRecord,
    decode::{decode, draft_from_slice},
    event::{EVENT_TYPES, Interactions},
    record::Stamp,
};
use uuid::Uuid;

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/history").join(name)
}

fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() { "-".into() } else { bytes.iter().map(|b| format!("{b:02x}")).collect() }
}

fn bytes(hex: &str) -> Box<[u8]> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    if hex == "-" { Box::default() } else { (0..hex.len()).step_by(2).map(digit).collect() }
}

struct Line {
    key: (String, u8),
    stored: StoredRecord,
}

fn lines() -> Vec<Line> {
    let text = fs::read_to_string(file("records.txt")).unwrap_or_default();
    let line = |line: &str| {
        let [name, version, public, personal] =
            line.split(' ').collect::<Vec<_>>().try_into().expect("four words a line");
        Line {
            key: (name.to_owned(), version.parse().expect("a version")),
            stored: StoredRecord { public: bytes(public), personal: bytes(personal) },
        }
    };
    text.lines().map(line).collect()
}

/// Today's bytes of a type's example.
fn written_today(name: &str, version: u8, position: u64) -> StoredRecord {
    let event_type = sijil_schemas::event::event_type(name).expect("a type is never taken away");
    let example = event_type.released_example(version).expect("a version is never taken away");
    let draft = draft_from_slice(example.as_bytes()).expect("an example is a draft");
    let candidate = decode(draft, Uuid::nil()).expect("an example is an event");
    let voids = (name == "event.voided").then_some(Position::new(1));
    let recorded_at = "2025-06-30T12:00:00Z".parse().expect("a moment");
    candidate
        .keep(&Stamp {
            position: Position::new(position),
            recorded_at,
            voids,
            salt: *b"salt of history!",
            voucher: None,
        })
        .expect("kept")
        .1
}

fn said(stored: &StoredRecord) -> Value {
    let event = stored.decode().expect("what was written can be read").event;
    json!({"record": stored.to_json().expect("readable"), "event": event.data().expect("JSON")})
}

/// What an event said on its first day, in the fields of a version that came later and names them
/// otherwise.
fn in_words_of_today(key: &(String, u8), event: &mut Value) {
    if (key.0.as_str(), key.1) == ("statement_line.matched", 1) {
        let event = event.as_object_mut().expect("data");
        let payment = event.remove("payment").expect("the payment of version 1");
        event.insert("to".into(), json!(format!("payment:{}", payment.as_str().expect("an id"))));
    }
}

#[test]
fn every_released_version_has_a_record_that_was_written_by_its_release() {
    let mut known = lines();
    let missing: Vec<(String, u8)> = EVENT_TYPES
        .iter()
        .flat_map(|t| (1..=t.version).map(|version| (t.name.to_owned(), version)))
        .filter(|key| !known.iter().any(|line| line.key == *key))
        .collect();
    if env::var_os("SIJIL_BLESS").is_some() {
        let (mut text, mut answers) = (
            fs::read_to_string(file("records.txt")).unwrap_or_default(),
            fs::read_to_string(file("records.ndjson")).unwrap_or_default(),
        );
        for (name, version) in missing {
            let stored = written_today(&name, version, known.len() as u64 + 1);
            text.push_str(&format!(
                "{name} {version} {} {}\n",
                hex(&stored.public),
                hex(&stored.personal)
            ));
            answers.push_str(&format!("{}\n", said(&stored)));
            known.push(Line { key: (name, version), stored });
        }
        fs::write(file("records.txt"), text).expect("the file can be written");
        fs::write(file("records.ndjson"), answers).expect("the file can be written");
    } else {
        assert_eq!(
            missing,
            [],
            "run this test once with SIJIL_BLESS=1 to add the records of new versions"
        );
    }
}

#[test]
fn a_record_of_any_release_says_what_it_said_on_its_first_day() {
    let (lines, answers) =
        (lines(), fs::read_to_string(file("records.ndjson")).expect("the answers are there"));
    assert_eq!(lines.len(), answers.lines().count());
    for (i, (line, answer)) in lines.iter().zip(answers.lines()).enumerate() {
        let mut answer: Value = serde_json::from_str(answer).expect("JSON");
        in_words_of_today(&line.key, &mut answer["event"]);
        assert_eq!(said(&line.stored), answer, "{} v{}", line.key.0, line.key.1);
        assert_eq!(
            (answer["record"]["type"].as_str(), answer["record"]["position"].as_u64()),
            (Some(line.key.0.as_str()), Some(i as u64 + 1))
        );
        assert_eq!(line.stored.check_commitments(), Ok(()));
    }
}

/// Types whose personal part the first releases kept as that of the event's home, and which is kept
/// today as that of the person the event names.
const KEPT_AS_OF_ITS_HOME: [&str; 3] = ["interaction.recorded", "claim.opened", "task.assigned"];

/// The record with its part kept as that of its home, as the first releases wrote it.
fn of_its_home(stored: &StoredRecord) -> StoredRecord {
    let (json, home) =
        (stored.public_json().expect("readable"), stored.decode().expect("a record").event.home());
    let person = stored.persons().expect("readable").remove(0);
    let then = json.replacen(&format!(r#""of":"{person}""#), &format!(r#""of":"{home}""#), 1);
    let before = stored.public.len() - json.len();
    let public = [&stored.public[..before], then.as_bytes()].concat();
    StoredRecord { public: public.into(), personal: stored.personal.clone() }
}

#[test]
fn a_record_of_any_release_would_be_written_the_same_today() {
    for (i, line) in lines().iter().enumerate() {
        let (name, version) = &line.key;
        let written = written_today(name, *version, i as u64 + 1);
        if KEPT_AS_OF_ITS_HOME.contains(&name.as_str()) {
            assert_ne!(written, line.stored, "{name} v{version} is no exception");
            assert_eq!(of_its_home(&written), line.stored, "{name} v{version}");
        } else {
            assert_eq!(written, line.stored, "{name} v{version}");
        }
    }
}

#[test]
fn the_first_version_of_a_recorded_interaction_becomes_the_second() {
    let lines = lines();
    let find = |version: u8| {
        lines
            .iter()
            .find(|line| line.key == ("interaction.recorded".to_owned(), version))
            .expect("both were released")
    };
    let (old, new) = (find(1), find(2));
    assert!(
        old.stored.public_json().expect("readable").contains("\"duration_min\":7,"),
        "the record keeps what it was given"
    );
    let (old, new) = (old.stored.decode().expect("decodes"), new.stored.decode().expect("decodes"));
    assert_eq!((old.version, new.version), (1, 2));
    let Event::Interactions(Interactions::InteractionRecorded(mut upcast)) = old.event else {
        panic!("another event")
    };
    assert_eq!(upcast.duration_s, Some(420), "seven minutes");
    upcast.duration_s = Some(445);
    assert_eq!(
        Event::Interactions(Interactions::InteractionRecorded(upcast)),
        new.event,
        "all else is the same"
    );
}
