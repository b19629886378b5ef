//! Every example, changed in every place. Invariant: the decoder takes nothing its schema refuses,
//! and refuses, at the changed place, whatever has another form than the schema says.

use serde_json::{Value, json};
use sijil_schemas::decode::{Refusal, decode, draft_from_slice};
use uuid::Uuid;

use crate::given::{example, releases};

/// The pointers of all values below a value.
fn pointers(value: &Value) -> Vec<String> {
    let step = |key: &str, child: &Value| {
        let deeper = pointers(child).into_iter().map(|p| format!("/{key}{p}"));
        [format!("/{key}")].into_iter().chain(deeper).collect::<Vec<_>>()
    };
    match value {
        Value::Object(fields) => fields.iter().flat_map(|(key, child)| step(key, child)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(i, child)| step(&i.to_string(), child)).collect()
        }
        _ => Vec::new(),
    }
}

fn verdict(example: &Value, data: &Value) -> Result<(), Refusal> {
    let mut draft = example.clone();
    draft["data"] = data.clone();
    draft_from_slice(draft.to_string().as_bytes())
        .and_then(|draft| decode(draft, Uuid::nil()))
        .map(|_| ())
}

/// Changes `data` in one place after the other; `judge` gets the place, the changed data and the
/// verdicts of schema and decoder.
fn change_everywhere(
    change: impl Fn(&mut Value, &str) -> bool,
    judge: impl Fn(&str, &Value, bool, Result<(), Refusal>),
) -> usize {
    let mut changes = 0;
    for (event_type, version) in releases() {
        let example = example(event_type, version);
        let schema = event_type.generated_schema(version).expect("released");
        let validator =
            jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
        for pointer in pointers(&example["data"]) {
            let mut data = example["data"].clone();
            if change(&mut data, &pointer) {
                changes += 1;
                judge(
                    &format!("{} v{version} {pointer}", event_type.name),
                    &data,
                    validator.is_valid(&data),
                    verdict(&example, &data),
                );
            }
        }
    }
    changes
}

fn place(case: &str) -> (&str, &str) {
    let pointer = case.rsplit_once(' ').map_or("", |(_, pointer)| pointer);
    pointer.rsplit_once('/').expect("a pointer has a last step")
}

#[test]
fn without_a_field_the_schema_wants_it_is_missed_by_its_pointer() {
    let removed = change_everywhere(
        |data, pointer| {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a last step");
            data.pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .is_some_and(|fields| fields.remove(key).is_some())
        },
        |case, data, fits, verdict| {
            assert_eq!(
                fits,
                verdict.is_ok(),
                "{case}: schema and decoder disagree on {data}: {verdict:?}"
            );
            let (parent, key) = place(case);
            match verdict {
                Ok(()) => (),
                Err(Refusal::MissingField { pointer }) => {
                    assert_eq!(pointer, format!("/data{parent}/{key}"), "{case}");
                }
                // A variant that lost its only field is no variant.
                Err(Refusal::InvalidField { pointer, message }) => {
                    assert_eq!(pointer, format!("/data{parent}"), "{case}");
                    assert!(
                        message.starts_with("expected one of ")
                            && message.ends_with("got an object"),
                        "{case}: {message}"
                    );
                }
                Err(other) => panic!("{case}: {other}"),
            }
        },
    );
    assert!(removed > 400, "only {removed} fields were removed");
}

#[test]
fn with_a_field_the_schema_does_not_have_it_is_named_by_its_pointer() {
    let added = change_everywhere(
        |data, pointer| {
            let (parent, _) = pointer.rsplit_once('/').expect("a pointer has a last step");
            data.pointer_mut(parent)
                .and_then(Value::as_object_mut)
                .map(|fields| fields.insert("no_such_field".into(), json!("x")))
                .is_some()
        },
        |case, data, fits, verdict| {
            assert_eq!(
                fits,
                verdict.is_ok(),
                "{case}: schema and decoder disagree on {data}: {verdict:?}"
            );
            let (parent, _) = place(case);
            match verdict {
                Ok(()) => assert!(
                    ["/attributes", "/set", "/params"].contains(&parent),
                    "{case}: only the company's own fields are open"
                ),
                Err(Refusal::UnknownField { pointer, expected }) => {
                    assert_eq!(pointer, format!("/data{parent}/no_such_field"), "{case}");
                    assert!(expected.starts_with("expected one of "), "{case}: {expected}");
                }
                Err(Refusal::InvalidField { pointer, message }) => {
                    assert_eq!(pointer, format!("/data{parent}"), "{case}");
                    assert!(
                        message.starts_with("expected one of ")
                            && message.ends_with("got an object"),
                        "{case}: {message}"
                    );
                }
                Err(other) => panic!("{case}: {other}"),
            }
        },
    );
    assert!(added > 400, "only {added} fields were added");
}

#[test]
fn a_value_of_another_form_is_refused_where_it_stands() {
    for probe in [
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!(70_000),
        json!([]),
        json!({}),
        json!([["x"]]),
        json!({"x": {}}),
    ] {
        let replaced = change_everywhere(
            |data, pointer| data.pointer_mut(pointer).map(|value| *value = probe.clone()).is_some(),
            |case, data, fits, verdict| {
                assert_eq!(
                    fits,
                    verdict.is_ok(),
                    "{case} = {probe}: schema and decoder disagree on {data}: {verdict:?}"
                );
                if let Err(refusal) = verdict {
                    let (parent, key) = place(case);
                    let pointer = refusal.pointer().expect("a refusal of a field has a pointer");
                    assert!(
                        pointer.starts_with(&format!("/data{parent}/{key}")),
                        "{case} = {probe}: {refusal}"
                    );
                }
            },
        );
        assert!(replaced > 500, "only {replaced} values were replaced");
    }
}

#[test]
fn a_text_the_schema_refuses_is_refused() {
    let long = "x".repeat(9_000);
    for probe in [
        "",
        " ",
        "x",
        "EUR",
        "1",
        "-1",
        "0.1234567",
        "1e5",
        "NaN",
        "2025-02-30",
        "2025-01-01T00:00:00",
        "client:",
        "nobody:N-1",
        &long,
    ] {
        change_everywhere(
            |data, pointer| data.pointer_mut(pointer).map(|value| *value = probe.into()).is_some(),
            |case, _, fits, verdict| {
                assert!(
                    fits || verdict.is_err(),
                    "{case} = {probe:?}: the schema refuses it, the decoder takes it"
                );
                if let Err(refusal) = verdict {
                    let (parent, key) = place(case);
                    let pointer = refusal.pointer().expect("a refusal of a field has a pointer");
                    assert!(
                        pointer.starts_with(&format!("/data{parent}/{key}")),
                        "{case} = {probe:?}: {refusal}"
                    );
                }
            },
        );
    }
}
