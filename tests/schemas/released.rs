//! Schemas and examples as files. Invariant: a file that was released never changes;
//! `SIJIL_BLESS=1` fills empty files only.

#![expect(
    clippy::disallowed_methods,
    reason = "released schemas are files; the room itself stays pure"
)]

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use serde_json::Value;
use sijil_schemas::{
    Record,
    decode::decode,
    event::{EVENT_TYPES, EventType, FAMILIES, event_type, event_type_of_code},
};
use uuid::Uuid;

use crate::given::{candidate, draft, example, kept, releases};

/// Fields that stand in no example because another one stands there in their place.
const INSTEAD: &[(&str, &str)] = &[
    ("invoice.issued", "instalments"),
    ("bill.received", "due_on"),
    ("goods.received", "returns"),
    ("credit_note.issued", "invoice"),
    ("invoice.brought_forward", "instalments"),
    ("bill.brought_forward", "instalments"),
];

/// The openings of documents that may come in parts: each example is a whole document.
const IN_PARTS: &str = "parts";

fn file(event_type: &EventType, name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("json").join(event_type.name).join(name)
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().expect("data is an object").iter()
}

#[test]
fn every_released_schema_is_the_one_its_type_gives() {
    let bless = env::var_os("SIJIL_BLESS").is_some();
    for (event_type, version) in releases() {
        let path = file(event_type, &format!("v{version}.json"));
        let generated =
            event_type.generated_schema(version).expect("every released version has a type");
        let text = format!("{generated:#}\n");
        let released = fs::read_to_string(&path).expect("a released schema is a file");
        if released.is_empty() && bless {
            fs::write(&path, &text).expect("the file can be written");
            continue;
        }
        assert!(
            !released.is_empty(),
            "{} is empty: run this test once with SIJIL_BLESS=1 to write a new schema",
            path.display()
        );
        assert_eq!(
            released,
            text,
            "{} was released and must not change: give the type a new version and an upcast",
            path.display()
        );
        assert_eq!(event_type.released_schema(version), Some(released.as_str()));
    }
}

#[test]
fn there_are_no_files_but_those_of_released_versions() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("json");
    let expected: BTreeSet<PathBuf> = releases()
        .flat_map(|(t, v)| [file(t, &format!("v{v}.json")), file(t, &format!("v{v}.example.json"))])
        .collect();
    let folders = fs::read_dir(&root).expect("schemas/json is there");
    let found = folders.flat_map(|folder| {
        fs::read_dir(folder.expect("readable").path()).expect("one folder per type")
    });
    let found: BTreeSet<PathBuf> = found.map(|entry| entry.expect("readable").path()).collect();
    assert_eq!(found, expected);
}

#[test]
fn no_version_outside_the_released_ones_has_a_schema_or_an_example() {
    for event_type in EVENT_TYPES {
        for version in [0, event_type.version + 1, u8::MAX] {
            assert_eq!(event_type.released_schema(version), None);
            assert_eq!(event_type.released_example(version), None);
            assert_eq!(event_type.generated_schema(version), None);
        }
    }
}

#[test]
fn names_and_codes_are_unique_and_find_their_type() {
    let names: BTreeSet<_> = EVENT_TYPES.iter().map(|t| t.name).collect();
    let codes: BTreeSet<_> = EVENT_TYPES.iter().map(|t| t.code).collect();
    assert_eq!((names.len(), codes.len()), (EVENT_TYPES.len(), EVENT_TYPES.len()));
    for known in EVENT_TYPES {
        assert_eq!(event_type(known.name).map(|t| t.code), Some(known.code));
        assert_eq!(event_type_of_code(known.code).map(|t| t.name), Some(known.name));
        assert!(FAMILIES.contains(&known.family));
    }
    assert!(event_type("client.vanished").is_none());
    assert!(event_type_of_code(0).is_none());
}

#[test]
fn a_schema_marks_personal_exactly_what_the_type_keeps_apart() {
    for (event_type, version) in releases() {
        let schema = event_type.generated_schema(version).expect("released");
        let marked: BTreeSet<&str> = properties(&schema)
            .filter(|(_, field)| field["x-personal"] == true)
            .map(|(name, _)| name.as_str())
            .collect();
        let personal: BTreeSet<&str> = event_type.personal.iter().map(|(name, _)| *name).collect();
        assert_eq!(marked, personal, "{} v{version}", event_type.name);
        assert_eq!(
            schema.to_string().matches("x-personal").count(),
            personal.len(),
            "{}: no mark stands deeper",
            event_type.name
        );
    }
}

#[test]
fn an_example_shows_every_field_and_fits_its_schema() {
    for (event_type, version) in releases() {
        let (example, schema) =
            (example(event_type, version), event_type.generated_schema(version).expect("released"));
        assert_eq!(
            (example["type"].as_str(), example["version"].as_u64()),
            (Some(event_type.name), Some(u64::from(version)))
        );
        let validator =
            jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
        if let Err(e) = validator.validate(&example["data"]) {
            panic!("{} v{version}: {e} at {}", event_type.name, e.instance_path());
        }
        for (field, _) in properties(&schema) {
            let left_out = ["refs", "attributes"].contains(&field.as_str())
                || field == IN_PARTS
                || INSTEAD.contains(&(event_type.name, field));
            assert!(
                left_out || !example["data"][field].is_null(),
                "{} v{version}: the example does not show {field}",
                event_type.name
            );
        }
    }
}

#[test]
fn an_example_is_kept_and_comes_back_equal() {
    for (event_type, version) in releases() {
        let example = example(event_type, version);
        let (record, stored) = kept(&example);
        assert_eq!(stored.decode().as_ref(), Ok(&record), "{} v{version}", event_type.name);
        assert_eq!(stored.check_commitments(), Ok(()));
        assert_eq!(stored.body().expect("readable"), candidate(&example).body);
        let Record { position, id, recorded_at, version: kept_version, ref event, .. } = record;
        assert_eq!(
            (stored.position(), stored.event_id(), stored.recorded_at_micros()),
            (position, id, recorded_at.micros())
        );
        assert_eq!(
            (stored.type_code(), stored.occurred_at_micros()),
            (event_type.code, record.occurred_at().micros())
        );
        assert_eq!(
            (kept_version, event.event_type().name, event.family()),
            (version, event_type.name, event_type.family)
        );
        assert_eq!(stored.to_json().expect("readable")["data"], example["data"]);
    }
}

#[test]
fn an_event_in_the_newest_version_can_be_sent_again() {
    for (event_type, version) in releases() {
        let mut again = example(event_type, version);
        let event = candidate(&again).event;
        again["version"] = event_type.version.into();
        again["data"] = event.data().expect("an event is JSON");
        assert_eq!(
            decode(draft(&again), Uuid::nil()).expect("accepted").event,
            event,
            "{} v{version}",
            event_type.name
        );
    }
}

#[test]
fn a_home_id_that_is_left_out_is_made_from_the_event_id() {
    for event_type in EVENT_TYPES.iter().filter(|t| t.makes_home_id()) {
        let mut example = event_type.example();
        example["data"].as_object_mut().expect("an object").remove(event_type.home_field);
        let (once, twice) = (candidate(&example), candidate(&example));
        assert_eq!(once, twice);
        let made = Uuid::new_v5(&once.id, event_type.home_field.as_bytes());
        assert_eq!(once.event.home().id(), made.to_string(), "{}", event_type.name);
        example["id"] = Uuid::max().to_string().into();
        assert_ne!(candidate(&example).event.home(), once.event.home());
    }
}

#[test]
fn a_draft_of_an_older_version_may_not_use_what_came_later() {
    let refused = |name: &str, version: u8, change: &dyn Fn(&mut Value)| {
        let event_type = event_type(name).expect("a type");
        let mut example = example(event_type, version);
        change(&mut example["data"]);
        decode(draft(&example), Uuid::from_u128(1))
            .map(|_| ())
            .map_err(|refusal| refusal.to_string())
    };
    let with =
        |field: &'static str, value: Value| move |data: &mut Value| data[field] = value.clone();
    assert_eq!(refused("order.placed", 1, &|_| ()), Ok(()));
    let later = |pointer: &str, version: u8, name: &str| {
        Err(format!("{pointer}: unknown field; it comes with version {version} of {name}"))
    };
    assert_eq!(
        refused("order.placed", 1, &with("parts", 2.into())),
        later("/data/parts", 2, "order.placed")
    );
    assert_eq!(
        refused("order.placed", 1, &with("parts", Value::Null)),
        later("/data/parts", 2, "order.placed")
    );
    assert_eq!(
        refused("bill.received", 2, &with("parts", 2.into())),
        later("/data/parts", 3, "bill.received")
    );
    // Deeper, in the second of some lines.
    let second = |data: &mut Value| {
        let mut line = data["lines"][0].clone();
        (line["line"], line["receipt"]) = ("another".into(), "GR1".into());
        data["lines"].as_array_mut().expect("lines").insert(1, line);
    };
    assert_eq!(
        refused("bill.received", 1, &second),
        later("/data/lines/1/receipt", 2, "bill.received")
    );
    // What became optional had to be there.
    let without =
        |data: &mut Value| drop(data.as_object_mut().expect("an object").remove("invoice"));
    assert_eq!(
        refused("credit_note.issued", 1, &without),
        Err("/data/invoice: missing field".to_owned())
    );
}
