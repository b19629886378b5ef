//! What is stored is canonical JSON (RFC 8785). Invariant: one value has one text, whatever order
//! and spacing it came in.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sijil_schemas::json::{INTEGER_MAX, canonical, value_from_slice};

use crate::given::{example, example_of, kept, releases};

#[test]
fn the_vectors_of_rfc_8785_come_out() {
    // Section 3.2.3: names in the order of their UTF-16 code units, not of their code points.
    let names = [
        ("\u{20ac}", "Euro Sign"),
        ("\r", "Carriage Return"),
        ("\u{fb33}", "Hebrew Letter Dalet With Dagesh"),
        ("1", "One"),
        ("\u{1f600}", "Emoji: Grinning Face"),
        ("\u{80}", "Control"),
        ("\u{f6}", "Latin Small Letter O With Diaeresis"),
    ];
    let sorted = canonical(&Value::Object(
        names.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect(),
    ));
    assert_eq!(
        sorted,
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\"\u{f6}\":\"Latin \
         Small Letter O With Diaeresis\",\"\u{20ac}\":\"Euro Sign\",\"\u{1f600}\":\"Emoji: \
         Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
    );
    // Section 3.2.2, without the decimals: numbers here are whole, decimals are texts.
    let sample = r#"{ "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null,
                    true, false] }"#;
    let read = value_from_slice(sample.as_bytes()).expect("JSON");
    assert_eq!(
        canonical(&read),
        "{\"literals\":[null,true,false],\"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
    );
    // Section 3.2.2.2: the five short escapes, \u00xx in small letters for other controls,
    // everything else as it is.
    assert_eq!(
        canonical(&json!("\u{8}\t\n\u{c}\r\u{0}\u{1f}\u{7f}\u{2028}/")),
        "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u{7f}\u{2028}/\""
    );
    // Appendix B, the whole numbers.
    assert_eq!(
        canonical(&json!([0, -1, INTEGER_MAX, -9_007_199_254_740_991_i64])),
        "[0,-1,9007199254740991,-9007199254740991]"
    );
    assert_eq!(canonical(&json!({"b": {}, "a": []})), r#"{"a":[],"b":{}}"#);
}

#[test]
fn every_stored_example_is_canonical() {
    for (event_type, version) in releases() {
        let (_, stored) = kept(&example(event_type, version));
        let text = stored.public_json().expect("readable");
        let read = value_from_slice(text.as_bytes()).expect("what is kept could be sent");
        assert_eq!(canonical(&read), text, "{}", event_type.name);
        for part in parts(&stored.personal) {
            let text = std::str::from_utf8(&part[16..]).expect("text");
            assert_eq!(
                canonical(&value_from_slice(part[16..].as_ref()).expect("JSON")),
                text,
                "{}",
                event_type.name
            );
        }
    }
}

fn parts(personal: &[u8]) -> Vec<&[u8]> {
    let Some((count, mut rest)) = personal.split_first() else { return Vec::new() };
    let one = |_| {
        let (length, tail) = rest.split_first_chunk::<4>().expect("a length");
        let (part, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        rest = tail;
        part
    };
    (0..*count).map(one).collect()
}

#[test]
fn order_and_spacing_of_a_draft_leave_no_trace() {
    let example = example_of("invoice.issued");
    let (_, stored) = kept(&example);
    let mut data = example["data"].as_object().expect("an object").iter().collect::<Vec<_>>();
    data.reverse();
    let data: Vec<String> =
        data.into_iter().map(|(key, value)| format!("{key:?} :\n {value:#}")).collect();
    let mut envelope = example.clone();
    envelope.as_object_mut().expect("an object").remove("data");
    let text = format!("{{\"data\": {{ {} }}, {}", data.join(" ,\t"), &envelope.to_string()[1..]);
    let again: Value = value_from_slice(text.as_bytes()).expect("JSON");
    assert_eq!(kept(&again).1, stored);
}

fn any_value() -> impl Strategy<Value = Value> {
    let whole = -(INTEGER_MAX as i64)..=INTEGER_MAX as i64;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        whole.prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            proptest::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|m| Value::Object(m.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The rule of RFC 8785 once more, as plainly as it can be said.
fn oracle(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(Vec<u16>, String)> = fields
                .iter()
                .map(|(key, value)| {
                    (
                        key.encode_utf16().collect(),
                        format!("{}:{}", Value::from(key.as_str()), oracle(value)),
                    )
                })
                .collect();
            fields.sort();
            format!(
                "{{{}}}",
                fields.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
            )
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(oracle).collect::<Vec<_>>().join(","))
        }
        leaf => leaf.to_string(),
    }
}

proptest! {
    #[test]
    fn any_value_has_one_text_which_reads_back_to_it(value in any_value()) {
        let text = canonical(&value);
        prop_assert_eq!(&text, &oracle(&value));
        let read = value_from_slice(text.as_bytes()).expect("canonical JSON is JSON");
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(value_from_slice(format!("{value:#}").as_bytes()).expect("JSON"), value);
    }

    #[test]
    fn no_text_makes_the_reader_panic_and_what_it_takes_others_take(
        text in "[\\[\\]{}:,\"a-c0-9eE.+\\-\\\\ ntrue]{0,40}",
    ) {
        if let Ok(value) = value_from_slice(text.as_bytes()) {
            prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
        }
    }
}
