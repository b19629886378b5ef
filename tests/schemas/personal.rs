//! Personal values stand apart. Invariant: the public bytes hold none, stay the same whatever
//! becomes of them, and bind them by commitments.

use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sijil_schemas::{
    Event, StoredRecord,
    event::{EVENT_TYPES, EventType},
    record::SALT_BYTES,
};

use crate::given::{candidate, example, example_of, kept, releases, stamp};

fn with_personal() -> Vec<&'static EventType> {
    EVENT_TYPES.iter().filter(|t| !t.personal.is_empty()).collect()
}

/// Puts a text in the place of every text below a value.
fn say(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => text.clone_into(old),
        Value::Array(items) => items.iter_mut().for_each(|item| say(item, text)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(key, _)| !["kind", "question"].contains(&key.as_str()))
            .for_each(|(_, field)| say(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The texts below a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[test]
fn what_is_about_persons_is_marked() {
    let marked: Vec<String> = EVENT_TYPES
        .iter()
        .flat_map(|t| {
            t.personal.iter().map(move |(field, required)| format!("{} {field} {required}", t.name))
        })
        .collect();
    assert_eq!(
        marked,
        [
            "client.registered name true",
            "client.renamed name true",
            "client.owner_assigned reason false",
            "contact.added name true",
            "contact.added channels false",
            "client.archived reason false",
            "client.restored reason false",
            "client.goal_set text false",
            "contact.channels_changed channels true",
            "agreement.noted text true",
            "agreement.settled text false",
            "counterparty.registered legal_name true",
            "counterparty.registered tax_id false",
            "counterparty.registered bank_accounts false",
            "counterparty.details_changed legal_name false",
            "counterparty.details_changed tax_id false",
            "counterparty.details_changed bank_accounts false",
            "interaction.recorded text false",
            "attribution.stated detail false",
            "interaction.annotated text true",
            "deal.owner_changed reason false",
            "statement_line.imported text false",
            "claim.opened text false",
            "claim.responded text false",
            "task.assigned text false",
            "task.reassigned reason false",
            "reminder.set text false",
            "time.logged text false",
            "employee.hired name true",
            "employee.work_handed_over reason false",
            "employee.dismissed reason false",
            "survey.answered comments false",
            "user.enrolled name false",
            "user.enrolled logins false",
        ]
    );
}

#[test]
fn the_public_bytes_of_an_example_hold_no_personal_value() {
    for (event_type, version) in releases() {
        let example = example(event_type, version);
        let (_, stored) = kept(&example);
        for (field, _) in event_type.personal {
            assert!(
                !contains(&stored.public, &format!("\"{field}\"")),
                "{}: the field's name stands apart too",
                event_type.name
            );
            for text in texts(&example["data"][field]).into_iter().filter(|text| text.len() > 5) {
                assert!(
                    !contains(&stored.public, text),
                    "{}: {text:?} stands in the public bytes",
                    event_type.name
                );
                assert!(contains(&stored.personal, text));
            }
        }
        assert_eq!(stored.personal.is_empty(), event_type.personal.is_empty());
    }
}

#[test]
fn a_commitment_is_the_hash_of_salt_and_part_and_names_whom_it_is_about() {
    // Written by hand from the examples: who would be hurt if the value were told.
    let about = [
        ("client.registered", "client:C-1"),
        ("client.renamed", "client:C-1"),
        ("client.owner_assigned", "client:C-1"),
        ("contact.added", "contact:P-1"),
        ("counterparty.registered", "counterparty:L-1"),
        ("interaction.recorded", "contact:P-1"),
        ("attribution.stated", "client:C-1"),
        ("client.archived", "client:C-9"),
        ("client.restored", "client:C-9"),
        ("client.goal_set", "client:C-1"),
        ("contact.channels_changed", "contact:P-1"),
        ("agreement.noted", "client:C-1"),
        ("agreement.settled", "agreement:AG-1"),
        ("counterparty.details_changed", "counterparty:L-1"),
        ("interaction.annotated", "interaction:I-1"),
        ("survey.answered", "contact:P-1"),
        ("deal.owner_changed", "deal:D-3"),
        ("statement_line.imported", "statement_line:bank-a:2025-02:14"),
        ("claim.opened", "client:C-1"),
        ("claim.responded", "claim:CL-1"),
        ("task.assigned", "client:C-1"),
        ("task.reassigned", "task:TK-1"),
        ("reminder.set", "reminder:R-1"),
        ("time.logged", "client:C-1"),
        ("employee.dismissed", "employee:manager-2"),
        ("employee.hired", "employee:manager-2"),
        ("employee.work_handed_over", "employee:manager-1"),
        ("user.enrolled", "user:U-1"),
    ];
    for event_type in with_personal() {
        let (_, stored) = kept(&event_type.example());
        let whom = about.iter().find(|(name, _)| *name == event_type.name);
        let whom = whom.expect("each type is named").1;
        let public: Value =
            serde_json::from_str(stored.public_json().expect("readable")).expect("JSON");
        let part = &stored.personal[5..];
        assert_eq!(part[..SALT_BYTES], stamp().salt);
        let sha256: String = Sha256::digest(part).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            public["$personal"],
            json!([{"of": whom, "sha256": sha256}]),
            "{}",
            event_type.name
        );
        let persons: Vec<String> =
            stored.persons().expect("readable").iter().map(ToString::to_string).collect();
        assert_eq!(persons, [whom]);
    }
}

/// The bytes of a record of two parts, as a later event may have.
fn of_two() -> StoredRecord {
    let (_, one) = kept(&with_personal()[0].example());
    let part = one.personal[5..].to_vec();
    let json = one.public_json().expect("readable");
    let before = one.public.len() - json.len();
    let at = json.find('[').expect("commitments");
    let end = json.find(']').expect("their end");
    let public = format!("{},{}", &json[..end], &json[at + 1..]);
    let public = [&one.public[..before], public.as_bytes()].concat();
    let mut personal = vec![2];
    for _ in 0..2 {
        personal.extend(u32::try_from(part.len()).expect("short").to_le_bytes());
        personal.extend(&part);
    }
    StoredRecord { public: public.into(), personal: personal.into() }
}

#[test]
fn one_part_is_taken_out_and_the_other_stays() {
    let two = of_two();
    assert_eq!((two.check_commitments(), two.missing_parts()), (Ok(()), 0));
    assert_eq!(two.persons().expect("readable").len(), 2);
    for (gone, left) in [(0_u8, 1_usize), (1, 0)] {
        let (one, removed) = two.without_parts(&[gone]).expect("whole");
        assert_eq!(
            (removed, one.missing_numbers(), one.check_commitments()),
            (1, vec![gone], Ok(()))
        );
        assert_eq!(one.public, two.public);
        let fields = one.fields_of_parts().expect("readable");
        assert!(fields[usize::from(gone)].is_none() && fields[left].is_some());
        let (none, removed) = one.without_parts(&[0, 1]).expect("whole");
        assert_eq!((removed, none.personal.len()), (1, 0), "the last takes all bytes along");
        assert_eq!(none.missing_numbers(), [0, 1]);
    }
    let mut changed = two.personal.to_vec();
    *changed.last_mut().expect("bytes") ^= 1;
    let changed = StoredRecord { personal: changed.into(), ..two };
    assert!(changed.without_parts(&[0]).is_err(), "nothing is taken out of what is not as it was");
}

#[test]
fn what_is_sent_again_is_known_by_what_is_left_of_it() {
    for event_type in with_personal() {
        let example = event_type.example();
        let (_, stored) = kept(&example);
        let (left, _) = stored.without_parts(&[0]).expect("whole");
        assert_eq!(left.says(&candidate(&example)), Ok(true), "{}", event_type.name);
        let mut other = example.clone();
        other["actor"] = json!("somebody-else");
        assert_eq!(left.says(&candidate(&other)), Ok(false), "{}", event_type.name);
    }
}

#[test]
fn with_its_part_removed_a_record_still_decodes_and_its_public_bytes_are_the_same() {
    for event_type in with_personal() {
        let (record, stored) = kept(&event_type.example());
        let hash = Sha256::digest(&stored.public);
        for removed in [vec![], vec![0], vec![1, 0, 0, 0, 0]] {
            let erased = StoredRecord { public: stored.public.clone(), personal: removed.into() };
            assert_eq!(Sha256::digest(&erased.public), hash);
            assert_eq!(erased.check_commitments(), Ok(()));
            let left = erased.decode().expect("a record outlives its personal part");
            let mut expected = record.event.data().expect("JSON");
            for (field, _) in event_type.personal {
                expected.as_object_mut().expect("an object").remove(*field);
            }
            assert_eq!(left.event.data().expect("JSON"), expected, "{}", event_type.name);
            assert_eq!(
                (left.position, left.id, left.envelope, left.event.touched()),
                (record.position, record.id, record.envelope.clone(), record.touched())
            );
            let mut shown = event_type.example()["data"].clone();
            shown
                .as_object_mut()
                .expect("an object")
                .retain(|field, _| !event_type.personal.iter().any(|(name, _)| name == field));
            assert_eq!(erased.to_json().expect("readable")["data"], shown);
        }
    }
}

#[test]
fn a_withheld_name_says_that_it_is_withheld() {
    let (_, stored) = kept(&example_of("client.registered"));
    let erased = StoredRecord { personal: Box::default(), ..stored };
    let Event::Clients(sijil_schemas::event::Clients::ClientRegistered(event)) =
        erased.decode().expect("decodes").event
    else {
        panic!("another event")
    };
    assert_eq!(event.name.get(), None);
    assert_eq!(event.client.as_str(), "C-1");
}

#[test]
fn every_flipped_bit_in_a_part_is_found() {
    for event_type in with_personal() {
        let (_, stored) = kept(&event_type.example());
        for (at, bit) in (0..stored.personal.len()).flat_map(|at| (0..8).map(move |bit| (at, bit)))
        {
            let mut changed = stored.clone();
            changed.personal[at] ^= 1 << bit;
            let found = changed.check_commitments();
            assert!(
                found.is_err(),
                "{}: bit {bit} of byte {at} was flipped and not found",
                event_type.name
            );
        }
    }
}

#[test]
fn a_part_that_no_commitment_names_is_found() {
    let (_, named) = kept(&example_of("client.renamed"));
    let (_, public_only) = kept(&example_of("client.merged"));
    let forged = StoredRecord { public: public_only.public, personal: named.personal.clone() };
    assert_eq!(
        forged.check_commitments().expect_err("forged").what,
        "expected 0 personal parts, got 1"
    );
    assert_eq!(forged.decode().expect_err("forged").what, "personal part without a commitment");
    let twice = StoredRecord {
        personal: [&[2], &named.personal[1..], &named.personal[1..]].concat().into(),
        ..named
    };
    assert_eq!(
        twice.check_commitments().expect_err("forged").what,
        "expected 1 personal parts, got 2"
    );
}

#[test]
fn a_personal_field_that_is_null_makes_no_part() {
    let mut example = example_of("task.assigned");
    example["data"]["text"] = Value::Null;
    let (record, stored) = kept(&example);
    assert!(stored.personal.is_empty());
    assert!(!contains(&stored.public, "$personal"));
    assert_eq!(stored.decode(), Ok(record));
    assert_eq!(stored.body().expect("readable"), candidate(&example).body);
}

#[test]
fn two_salts_hide_one_name_behind_two_commitments() {
    let candidate = candidate(&example_of("client.registered"));
    let other = sijil_schemas::record::Stamp { salt: [7; SALT_BYTES], ..stamp() };
    let (one, two) = (
        candidate.clone().keep(&stamp()).expect("kept").1,
        candidate.keep(&other).expect("kept").1,
    );
    assert_ne!(one.public, two.public);
    assert_eq!(one.body(), two.body());
}

proptest! {
    #[test]
    fn no_public_byte_tells_a_personal_value(which in 0usize..32, text in "[^\\p{Cc}]{12,60}") {
        let types = with_personal();
        let event_type = types[which % types.len()];
        let mut example = event_type.example();
        for (field, _) in event_type.personal {
            say(&mut example["data"][field], &text);
        }
        let (record, stored) = kept(&example);
        let escaped = Value::from(text.as_str()).to_string();
        prop_assert!(
            !contains(&stored.public, &text),
            "{}: {:?} stands in the public bytes", event_type.name, text
        );
        prop_assert!(!contains(&stored.public, escaped.trim_matches('"')));
        prop_assert!(contains(&stored.personal, escaped.trim_matches('"')));
        prop_assert_eq!(stored.check_commitments(), Ok(()));
        prop_assert_eq!(stored.decode(), Ok(record));
        prop_assert_eq!(&stored.to_json().expect("readable")["data"], &example["data"]);
    }

    #[test]
    fn no_change_of_the_stored_bytes_makes_the_reader_panic(
        which in 0usize..100,
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let (_, mut stored) = kept(&EVENT_TYPES[which % EVENT_TYPES.len()].example());
        let at = at.index(stored.public.len());
        stored.public[at] = byte;
        let cut = &stored.public[..cut.index(stored.public.len())];
        let shorter = StoredRecord { public: cut.into(), personal: stored.personal.clone() };
        for stored in [stored, shorter] {
            let _ = (stored.decode().is_ok(), stored.check_commitments().is_ok());
            let _ = (stored.to_json().is_ok(), stored.public_json().is_ok());
            prop_assert_eq!(stored.body().is_ok(), stored.to_json().is_ok());
        }
    }
}
