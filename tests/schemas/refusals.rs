//! Bad input, row by row. Invariant: a refusal has a name, a JSON pointer, what was expected and
//! what came; and changes nothing.

use serde_json::{Value, json};
use sijil_schemas::{
    decode::{RECORD_BYTES_MAX, Refusal, decode, draft_from_slice, drafts_from_slice},
    json::DEPTH_MAX,
};
use uuid::Uuid;

use crate::bad_values::{ID, WHOLE};
use crate::given::{candidate, draft, example_of, kept, stamp};

pub(crate) fn refused(text: &[u8]) -> Refusal {
    match draft_from_slice(text)
        .and_then(|draft| decode(draft, Uuid::nil()))
        .and_then(|candidate| candidate.keep(&stamp()))
    {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(text)),
        Err(refusal) => refusal,
    }
}

/// The example of a type with a text of JSON put in one place.
pub(crate) fn changed(event_type: &str, pointer: &str, put: &str) -> String {
    let mut example = example_of(event_type);
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a last step");
    match example.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.insert(key.into(), "PUT HERE".into())),
        Some(Value::Array(items)) => {
            items[key.parse::<usize>().expect("an index")] = "PUT HERE".into();
        }
        other => panic!("{event_type} {parent}: {other:?}"),
    }
    example.to_string().replace("\"PUT HERE\"", put)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn fields_too_many_and_too_few_are_named() {
    let rows = [
        (
            "deal.won",
            "/reason",
            "\"x\"",
            "unknown_field",
            "/reason: unknown field; expected one of type, version, id, occurred_at, actor, \
             on_behalf_of, correlation, causation, source, data",
        ),
        (
            "deal.won",
            "/data/Deal",
            "\"D-1\"",
            "unknown_field",
            "/data/Deal: unknown field; expected one of deal, amount, order, refs, attributes",
        ),
        (
            "deal.won",
            "/data/amount/value",
            "\"1\"",
            "unknown_field",
            "/data/amount/value: unknown field; expected one of amount, currency",
        ),
        (
            "deal.won",
            "/data/$personal",
            "[]",
            "unknown_field",
            "/data/$personal: unknown field; expected one of deal, amount, order, refs, attributes",
        ),
        (
            "deal.won",
            "/data/a~1b",
            "1",
            "unknown_field",
            "/data/a~01b: unknown field; expected one of deal, amount, order, refs, attributes",
        ),
        (
            "deal.opened",
            "/data/lines/0/sum",
            "\"1\"",
            "unknown_field",
            "/data/lines/0/sum: unknown field; expected one of line, item, text, qty, price, \
             discount, net, tax",
        ),
        ("deal.won", "/data", "{\"order\":\"O-1\"}", "missing_field", "/data/deal: missing field"),
        (
            "deal.won",
            "/data/amount",
            "{\"amount\":\"1\"}",
            "missing_field",
            "/data/amount/currency: missing field",
        ),
        (
            "client.registered",
            "/data",
            "{\"client\":\"C-1\",\"kind\":\"org\"}",
            "missing_field",
            "/data/name: missing field",
        ),
        ("client.registered", "/data/name", "null", "missing_field", "/data/name: missing field"),
        (
            "interaction.recorded",
            "/data/duration_min",
            "7",
            "unknown_field",
            "/data/duration_min: unknown field; expected one of interaction, client, channel, \
             direction, duration_s, participants, outcome, text, body_ref, recording_ref, refs, \
             attributes",
        ),
    ];
    for (event_type, pointer, put, name, message) in rows {
        let refusal = refused(changed(event_type, pointer, put).as_bytes());
        assert_eq!(
            (refusal.name(), refusal.to_string()),
            (name, message.to_owned()),
            "{event_type} {pointer} = {put}"
        );
    }
    let no_type = json!({"occurred_at": "2025-01-01T00:00:00Z", "data": {}});
    assert_eq!(refused(no_type.to_string().as_bytes()).to_string(), "/type: missing field");
    let no_data = json!({"type": "deal.won", "occurred_at": "2025-01-01T00:00:00Z"});
    assert_eq!(refused(no_data.to_string().as_bytes()).to_string(), "/data: missing field");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn a_text_that_is_no_json_or_could_be_read_in_two_ways_is_refused() {
    let deep = format!("{}1{}", "[".repeat(DEPTH_MAX + 1), "]".repeat(DEPTH_MAX + 1));
    let depth = format!(
        "{}: expected arrays and objects at most {DEPTH_MAX} deep, got more",
        "/0".repeat(DEPTH_MAX)
    );
    let rows: &[(&[u8], &str, &str)] = &[
        (
            br#"{"type":"deal.won","type":"deal.lost"}"#,
            "invalid_field",
            "/type: expected each key once, got it twice in one object",
        ),
        (
            br#"{"data":{"deal":"D-1","deal":"D-1"}}"#,
            "invalid_field",
            "/data/deal: expected each key once, got it twice in one object",
        ),
        (
            br#"{"data":{"deal":"D-1","\u0064eal":"D-2"}}"#,
            "invalid_field",
            "/data/deal: expected each key once, got it twice in one object",
        ),
        (
            br#"{"data":{"lines":[{"a":1},{"a/b":1,"a/b":2}]}}"#,
            "invalid_field",
            "/data/lines/1/a~1b: expected each key once, got it twice in one object",
        ),
        (
            br#"{"data":{"x":NaN}}"#,
            "malformed_json",
            "/data/x: expected JSON, got a text that is none: expected value at line 1 column 14",
        ),
        (
            br#"{"data":{"x":Infinity}}"#,
            "malformed_json",
            "/data/x: expected JSON, got a text that is none: expected value at line 1 column 14",
        ),
        (
            br#"{"a":01}"#,
            "malformed_json",
            "/a: expected JSON, got a text that is none: invalid number at line 1 column 7",
        ),
        (
            br#"{"a":"\ud800"}"#,
            "malformed_json",
            "/a: expected JSON, got a text that is none: unexpected end of hex escape at line 1 \
             column 13",
        ),
        (
            b"{\"a\":\"\xff\"}",
            "malformed_json",
            "/a: expected JSON, got a text that is none: invalid unicode code point at line 1 \
             column 7",
        ),
        (
            b"{\"a\":\"\n\"}",
            "malformed_json",
            "/a: expected JSON, got a text that is none: control character (\\u0000-\\u001F) found \
             while parsing a string at line 2 column 0",
        ),
        (
            br#"{"a":1,}"#,
            "malformed_json",
            "the body: expected JSON, got a text that is none: trailing comma at line 1 column 8",
        ),
        (
            br#"{"a":1} {"a":2}"#,
            "malformed_json",
            "the body: expected JSON, got a text that is none: trailing characters at line 1 \
             column 9",
        ),
        (
            b"",
            "malformed_json",
            "the body: expected JSON, got a text that is none: EOF while parsing a value at line 1 \
             column 0",
        ),
        (
            b"\xef\xbb\xbf{}",
            "malformed_json",
            "the body: expected JSON, got a text that is none: expected value at line 1 column 1",
        ),
        (
            br#"{"a":-0.0}"#,
            "invalid_field",
            "/a: expected a decimal in a string, as in \"12.50\", or a whole number up to 2^53 - \
             1, got -0",
        ),
        (b"[]", "invalid_field", "the body: expected an object, got an array"),
        (b"null", "invalid_field", "the body: expected an object, got null"),
        (deep.as_bytes(), "invalid_field", &depth),
    ];
    for (text, name, message) in rows {
        let refusal = refused(text);
        assert_eq!(
            (refusal.name(), refusal.to_string()),
            (*name, (*message).to_owned()),
            "{}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn a_batch_points_into_its_array() {
    let (good, bad) = (example_of("deal.won"), changed("deal.won", "/occurred_at", "7"));
    let one = drafts_from_slice(good.to_string().as_bytes()).expect("one draft");
    assert_eq!(one, [draft(&good)]);
    let two = drafts_from_slice(format!("[{good},{good}]").as_bytes()).expect("two drafts");
    assert_eq!(two, [draft(&good), draft(&good)]);
    assert_eq!(drafts_from_slice(b"[]"), Ok(Vec::new()));
    let refusal = drafts_from_slice(format!("[{good},{bad}]").as_bytes()).expect_err("refused");
    assert_eq!(refusal.pointer(), Some("/1/occurred_at"));
    let mut unknown = draft(&good);
    unknown.r#type = "deal.vanished".into();
    assert_eq!(
        decode(unknown, Uuid::nil()).expect_err("refused").under("/1").pointer(),
        Some("/1/type")
    );
    let mut newer = draft(&good);
    newer.version = Some(9);
    assert_eq!(
        decode(newer, Uuid::nil()).expect_err("refused").under("/1").pointer(),
        Some("/1/version")
    );
}

#[test]
fn texts_end_at_their_limit() {
    let rows = [
        (
            "warehouse.registered",
            "/data/name",
            256,
            "expected a text of 1 to 256 bytes, got 257 bytes",
        ),
        (
            "client.registered",
            "/data/name",
            256,
            "expected a text of 1 to 256 bytes, got 257 bytes",
        ),
        (
            "claim.responded",
            "/data/text",
            8_192,
            "expected a text of 0 to 8192 bytes, got 8193 bytes",
        ),
        (
            "client.registered",
            "/data/attributes/region",
            8_192,
            "expected a text of 0 to 8192 bytes, got 8193 bytes",
        ),
    ];
    for (event_type, pointer, most, message) in rows {
        let put =
            |bytes: usize| changed(event_type, pointer, &format!("\"{}\"", "x".repeat(bytes)));
        candidate(&serde_json::from_str(&put(most)).expect("JSON"));
        assert_eq!(refused(put(most + 1).as_bytes()).to_string(), format!("{pointer}: {message}"));
    }
    let id =
        |bytes: usize| changed("deal.won", "/data/deal", &format!("\"{}\"", "D".repeat(bytes)));
    candidate(&serde_json::from_str(&id(64)).expect("JSON"));
    assert_eq!(
        refused(id(65).as_bytes()).to_string(),
        format!("/data/deal: {ID}, got \"{}\"", "D".repeat(65))
    );
    // What came is shown up to 80 characters.
    assert_eq!(
        refused(id(5_000).as_bytes()).to_string(),
        format!("/data/deal: {ID}, got \"{}\"", "D".repeat(80))
    );
}

#[test]
fn one_event_sets_at_most_64_fields_of_the_company() {
    for (event_type, field) in
        [("client.registered", "attributes"), ("client.attributes_set", "set")]
    {
        let with = |count: usize| {
            let mut example = example_of(event_type);
            example["data"][field] =
                (0..count).map(|i| (format!("field-{i}"), json!("x"))).collect();
            example
        };
        kept(&with(64));
        let refusal = refused(with(65).to_string().as_bytes());
        assert_eq!(
            (refusal.name(), refusal.to_string()),
            ("invalid_field", format!("/data/{field}: expected at most 64 fields, got 65"))
        );
    }
}

#[test]
fn a_record_ends_at_65_535_bytes() {
    let with = |last: usize| {
        let mut example = example_of("client.registered");
        example["data"]["attributes"] = (0..8)
            .map(|i| (format!("text-{i}"), json!("x".repeat(if i == 7 { last } else { 8_192 }))))
            .collect();
        example
    };
    let (_, stored) = kept(&with(1));
    let room = RECORD_BYTES_MAX - (stored.public.len() + stored.personal.len());
    let (_, full) = kept(&with(1 + room));
    assert_eq!(full.public.len() + full.personal.len(), RECORD_BYTES_MAX);
    let refusal = refused(with(2 + room).to_string().as_bytes());
    assert_eq!((refusal.name(), refusal.pointer()), ("record_too_large", None));
    assert_eq!(
        refusal.to_string(),
        "expected a record of at most 65535 bytes, got 65536; keep long texts outside and name \
         them by hash"
    );
}

#[test]
fn depth_is_counted_from_the_whole_draft_whichever_way_it_came() {
    let nested = |nots: usize| {
        let criteria = (0..nots)
            .fold(json!({"last_contact_older_than_days": 60}), |inner, _| json!({"not": inner}));
        let mut example = example_of("segment.defined");
        example["data"]["criteria"] = criteria;
        example
    };
    // The draft and its data are two, the innermost question one more.
    kept(&nested(DEPTH_MAX - 3));
    let parsed = refused(nested(DEPTH_MAX - 2).to_string().as_bytes());
    let built = sijil_schemas::decode::Draft::from_value(nested(DEPTH_MAX - 2))
        .and_then(|draft| decode(draft, Uuid::nil()))
        .expect_err("refused");
    assert_eq!(parsed, built);
    assert_eq!(
        parsed.pointer(),
        Some(format!("/data/criteria{}", "/not".repeat(DEPTH_MAX - 2)).as_str())
    );
    let mut example = example_of("contract.signed");
    example["data"]["payment_days"] = json!(30.5);
    let built = sijil_schemas::decode::Draft::from_value(example)
        .and_then(|draft| decode(draft, Uuid::nil()))
        .expect_err("refused");
    assert_eq!(built.to_string(), format!("/data/payment_days: {WHOLE}, got 30.5"));
}

#[test]
fn null_says_that_an_optional_field_is_absent() {
    let mut example = example_of("deal.opened");
    for field in ["client", "counterparty", "amount", "expected_close"] {
        example["data"][field] = Value::Null;
        candidate(&example);
    }
    let said = candidate(&example);
    let fields = example["data"].as_object_mut().expect("an object");
    fields.retain(|_, value| !value.is_null());
    assert_eq!(candidate(&example).event, said.event);
    // The record keeps what was said: the two are not the same request.
    assert_ne!(candidate(&example).body, said.body);
    // A list has no null: no list is an empty one.
    assert_eq!(
        refused(changed("deal.opened", "/data/lines", "null").as_bytes()).to_string(),
        "/data/lines: expected an array, got null"
    );
}

#[test]
fn every_name_of_a_refusal_is_met_here() {
    let rows = [
        refused(changed("deal.won", "/type", "\"x\"").as_bytes()),
        refused(changed("deal.won", "/version", "9").as_bytes()),
        refused(changed("deal.won", "/data/x", "1").as_bytes()),
        refused(changed("deal.won", "/data", "{}").as_bytes()),
        refused(changed("deal.won", "/data/deal", "1").as_bytes()),
        refused(b"{"),
        Refusal::TooLarge { bytes: 65_536 },
    ];
    assert_eq!(rows.iter().map(Refusal::kind).collect::<Vec<_>>(), Refusal::KINDS);
}
