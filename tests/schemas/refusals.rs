//! Bad input, row by row. Invariant: a refusal has a name, a JSON pointer, what was expected and
//! what came; and changes nothing.

use serde_json::{Value, json};
use sijil_schemas::{
    decode::{RECORD_BYTES_MAX, Refusal, decode, draft_from_slice, drafts_from_slice},
    json::DEPTH_MAX,
};
use uuid::Uuid;

use crate::given::{candidate, draft, example_of, kept, stamp};

const ID: &str = "expected 1 to 64 bytes of A-Z a-z 0-9 . _ : / -";
const AMOUNT: &str =
    "expected a decimal in a string, at most 6 places and 10^15, as in \"1234.50\"";
const MONEY: &str = r#"expected an object, as in {"amount": "1234.50", "currency": "EUR"}"#;
const RATE: &str = "expected a positive decimal in a string, at most 12 places, as in \"1.0842\"";
const SHARE: &str = "expected a decimal from 0 to 1 in a string, at most 6 places, as in \"0.25\"";
const MOMENT: &str = "expected an RFC 3339 time with offset, as in 2025-01-31T09:00:00Z";
const DAY: &str = "expected a day, as in 2025-01-31";
const RANGE: &str = "expected a date from 1900-01-01 to 2199-12-31";
const WHOLE: &str =
    "expected a decimal in a string, as in \"12.50\", or a whole number up to 2^53 - 1";
const UUID: &str = "expected a UUID, as in 018f4a60-7c2e-7c3a-9d1b-2f5e8a6b4c01";

/// The example of a type, the place that is changed, what is put there (a text of JSON), the
/// refusal's name, what it expected, what it got.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// One form for all that are about one value: `pointer: expected …, got …`.
const VALUES: &[Row] = &[
    // The envelope.
    (
        "deal.won",
        "/type",
        "\"deal.vanished\"",
        "unknown_type",
        "expected an event type of the vocabulary",
        "\"deal.vanished\"; GET /v1/schemas lists them all",
    ),
    (
        "deal.won",
        "/type",
        "\"Deal.Won\"",
        "unknown_type",
        "expected an event type of the vocabulary",
        "\"Deal.Won\" (did you mean deal.won?); GET /v1/schemas lists them all",
    ),
    ("deal.won", "/type", "7", "invalid_field", "expected a text", "7"),
    ("deal.won", "/version", "0", "unknown_version", "expected 1 to 1 for deal.won", "0"),
    ("deal.won", "/version", "2", "unknown_version", "expected 1 to 1 for deal.won", "2"),
    (
        "interaction.recorded",
        "/version",
        "3",
        "unknown_version",
        "expected 1 to 2 for interaction.recorded",
        "3",
    ),
    (
        "deal.won",
        "/version",
        "300",
        "invalid_field",
        "expected a whole number from 0 to 255",
        "300",
    ),
    (
        "deal.won",
        "/version",
        "\"1\"",
        "invalid_field",
        "expected a whole number from 0 to 255",
        "\"1\"",
    ),
    ("deal.won", "/id", "\"E-1\"", "invalid_field", UUID, "\"E-1\""),
    (
        "deal.won",
        "/id",
        "\"{018f4a60-7c2e-7c3a-9d1b-2f5e8a6b4c01}\"",
        "invalid_field",
        UUID,
        "\"{018f4a60-7c2e-7c3a-9d1b-2f5e8a6b4c01}\"",
    ),
    (
        "deal.won",
        "/id",
        "\"018f4a607c2e7c3a9d1b2f5e8a6b4c01\"",
        "invalid_field",
        UUID,
        "\"018f4a607c2e7c3a9d1b2f5e8a6b4c01\"",
    ),
    ("deal.won", "/actor", "\"Manager One\"", "invalid_field", ID, "\"Manager One\""),
    ("deal.won", "/data", "[]", "invalid_field", "expected an object", "an array"),
    // Moments and days.
    (
        "deal.won",
        "/occurred_at",
        "\"1899-12-31T23:59:59Z\"",
        "invalid_field",
        RANGE,
        "1899-12-31T23:59:59Z",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"2200-01-01T00:00:00Z\"",
        "invalid_field",
        RANGE,
        "2200-01-01T00:00:00Z",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"2199-12-31T23:00:00-01:00\"",
        "invalid_field",
        RANGE,
        "2199-12-31T23:00:00-01:00",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"2025-01-25T00:00:00\"",
        "invalid_field",
        MOMENT,
        "\"2025-01-25T00:00:00\"",
    ),
    ("deal.won", "/occurred_at", "\"2025-01-25\"", "invalid_field", MOMENT, "\"2025-01-25\""),
    (
        "deal.won",
        "/occurred_at",
        "\"2025-01-25T00:00:00+01:00[Europe/Berlin]\"",
        "invalid_field",
        MOMENT,
        "\"2025-01-25T00:00:00+01:00[Europe/Berlin]\"",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"2025-01-25 00:00:00Z\"",
        "invalid_field",
        MOMENT,
        "\"2025-01-25 00:00:00Z\"",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"20250125T000000.000000Z\"",
        "invalid_field",
        MOMENT,
        "\"20250125T000000.000000Z\"",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"+002025-01-25T00:00:00Z\"",
        "invalid_field",
        MOMENT,
        "\"+002025-01-25T00:00:00Z\"",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"2025-02-29T00:00:00Z\"",
        "invalid_field",
        MOMENT,
        "\"2025-02-29T00:00:00Z\"",
    ),
    (
        "deal.won",
        "/occurred_at",
        "\"2025-01-25T24:00:00Z\"",
        "invalid_field",
        MOMENT,
        "\"2025-01-25T24:00:00Z\"",
    ),
    ("deal.won", "/occurred_at", "1737763200", "invalid_field", MOMENT, "1737763200"),
    ("task.assigned", "/data/due", "\"tomorrow\"", "invalid_field", MOMENT, "\"tomorrow\""),
    ("deal.opened", "/data/expected_close", "\"1899-12-31\"", "invalid_field", RANGE, "1899-12-31"),
    ("deal.opened", "/data/expected_close", "\"2200-01-01\"", "invalid_field", RANGE, "2200-01-01"),
    (
        "deal.opened",
        "/data/expected_close",
        "\"2025-02-29\"",
        "invalid_field",
        DAY,
        "\"2025-02-29\"",
    ),
    (
        "deal.opened",
        "/data/expected_close",
        "\"31.01.2025\"",
        "invalid_field",
        DAY,
        "\"31.01.2025\"",
    ),
    (
        "deal.opened",
        "/data/expected_close",
        "\"2025-01-31T00:00:00Z\"",
        "invalid_field",
        DAY,
        "\"2025-01-31T00:00:00Z\"",
    ),
    (
        "target.set",
        "/data/period",
        "{\"first\":\"2025-02-28\",\"last\":\"2025-02-01\"}",
        "invalid_field",
        "expected first ≤ last",
        "2025-02-28 after 2025-02-01",
    ),
    (
        "ledger.opened",
        "/data/time_zone",
        "\"Europe/Nowhere\"",
        "invalid_field",
        "expected the name of a time zone, as in Europe/Berlin",
        "\"Europe/Nowhere\"",
    ),
    // Ids.
    ("deal.won", "/data/deal", "\"\"", "invalid_field", ID, "\"\""),
    ("deal.won", "/data/deal", "\"D 1\"", "invalid_field", ID, "\"D 1\""),
    ("deal.won", "/data/deal", "\"D\\u0000\"", "invalid_field", ID, "\"D\\0\""),
    ("deal.won", "/data/deal", "\"Ñ-1\"", "invalid_field", ID, "\"Ñ-1\""),
    ("deal.won", "/data/deal", "17", "invalid_field", "expected an id", "17"),
    ("deal.won", "/data/deal", "null", "invalid_field", "expected an id", "null"),
    ("deal.lost", "/data/reason", "\"too dear\"", "invalid_field", ID, "\"too dear\""),
    (
        "stock.reserved",
        "/data/ref",
        "\"O-1\"",
        "invalid_field",
        "expected kind:id, as in deal:D-1",
        "\"O-1\"",
    ),
    (
        "stock.reserved",
        "/data/ref",
        "\"ordre:O-1\"",
        "invalid_field",
        "expected a kind of entity such as client, deal or invoice",
        "\"ordre\"",
    ),
    ("stock.reserved", "/data/ref", "\"order:\"", "invalid_field", ID, "\"\""),
    ("goods.issued", "/data/refs/1", "\"order:O 1\"", "invalid_field", ID, "\"O 1\""),
    (
        "exchange_rate.set",
        "/data/currency",
        "\"euro\"",
        "invalid_field",
        "expected the three letters of a currency, as in EUR",
        "\"euro\"",
    ),
    (
        "goods.issued",
        "/data/refs/0",
        "\"currency:usd\"",
        "invalid_field",
        "expected the three letters of a currency, as in EUR",
        "\"usd\"",
    ),
    ("event.voided", "/data/target", "\"4711\"", "invalid_field", UUID, "\"4711\""),
    // Amounts, quantities, rates and shares.
    ("deal.won", "/data/amount/amount", "\"1.1234567\"", "invalid_field", AMOUNT, "\"1.1234567\""),
    ("deal.won", "/data/amount/amount", "\"NaN\"", "invalid_field", AMOUNT, "\"NaN\""),
    ("deal.won", "/data/amount/amount", "\"Infinity\"", "invalid_field", AMOUNT, "\"Infinity\""),
    ("deal.won", "/data/amount/amount", "\"-inf\"", "invalid_field", AMOUNT, "\"-inf\""),
    ("deal.won", "/data/amount/amount", "\"1e5\"", "invalid_field", AMOUNT, "\"1e5\""),
    ("deal.won", "/data/amount/amount", "\"1,50\"", "invalid_field", AMOUNT, "\"1,50\""),
    ("deal.won", "/data/amount/amount", "\"+1\"", "invalid_field", AMOUNT, "\"+1\""),
    ("deal.won", "/data/amount/amount", "\"1.\"", "invalid_field", AMOUNT, "\"1.\""),
    ("deal.won", "/data/amount/amount", "\".5\"", "invalid_field", AMOUNT, "\".5\""),
    ("deal.won", "/data/amount/amount", "\"1_000\"", "invalid_field", AMOUNT, "\"1_000\""),
    ("deal.won", "/data/amount/amount", "\"١\"", "invalid_field", AMOUNT, "\"١\""),
    (
        "deal.won",
        "/data/amount/amount",
        "\"1000000000000000.000001\"",
        "invalid_field",
        AMOUNT,
        "\"1000000000000000.000001\"",
    ),
    (
        "deal.won",
        "/data/amount/amount",
        "\"99999999999999999999999999999\"",
        "invalid_field",
        AMOUNT,
        "\"99999999999999999999999999999\"",
    ),
    ("deal.won", "/data/amount/amount", "12", "invalid_field", AMOUNT, "12"),
    ("deal.won", "/data/amount/amount", "12.5", "invalid_field", WHOLE, "12.5"),
    ("deal.won", "/data/amount/amount", "1e5", "invalid_field", WHOLE, "100000"),
    (
        "deal.won",
        "/data/amount/amount",
        "9007199254740992",
        "invalid_field",
        WHOLE,
        "9007199254740992",
    ),
    (
        "deal.won",
        "/data/amount/amount",
        "-9007199254740992",
        "invalid_field",
        WHOLE,
        "-9007199254740992",
    ),
    ("deal.won", "/data/amount", "\"1518.10\"", "invalid_field", MONEY, "\"1518.10\""),
    ("deal.won", "/data/amount", "1518", "invalid_field", MONEY, "1518"),
    ("deal.won", "/data/amount/amount", "1518", "invalid_field", AMOUNT, "1518"),
    ("deal.won", "/data/amount/amount", "1518.1", "invalid_field", WHOLE, "1518.1"),
    ("deal.won", "/data/amount", "[\"1518.10\",\"EUR\"]", "invalid_field", MONEY, "an array"),
    (
        "deal.won",
        "/data/amount/currency",
        "\"eur\"",
        "invalid_field",
        "expected the three letters of a currency, as in EUR",
        "\"eur\"",
    ),
    ("exchange_rate.set", "/data/rate", "\"0\"", "invalid_field", RATE, "\"0\""),
    ("exchange_rate.set", "/data/rate", "\"-1\"", "invalid_field", RATE, "\"-1\""),
    (
        "exchange_rate.set",
        "/data/rate",
        "\"1.1234567890123\"",
        "invalid_field",
        RATE,
        "\"1.1234567890123\"",
    ),
    ("deal.estimate_changed", "/data/probability", "\"1.01\"", "invalid_field", SHARE, "\"1.01\""),
    ("deal.estimate_changed", "/data/probability", "\"-0.1\"", "invalid_field", SHARE, "\"-0.1\""),
    (
        "entry.posted",
        "/data/postings/0/unit",
        "\"chair-oak\"",
        "invalid_field",
        "expected a currency as in EUR, or item:ID",
        "\"chair-oak\"",
    ),
    // Whole numbers, words, lists and objects.
    (
        "contract.signed",
        "/data/payment_days",
        "-1",
        "invalid_field",
        "expected a whole number from 0 to 4294967295",
        "-1",
    ),
    (
        "contract.signed",
        "/data/payment_days",
        "4294967296",
        "invalid_field",
        "expected a whole number from 0 to 4294967295",
        "4294967296",
    ),
    ("contract.signed", "/data/payment_days", "30.0", "invalid_field", WHOLE, "30"),
    (
        "item.registered",
        "/data/decimals",
        "256",
        "invalid_field",
        "expected a whole number from 0 to 255",
        "256",
    ),
    (
        "custom_field.defined",
        "/data/required",
        "\"yes\"",
        "invalid_field",
        "expected true or false",
        "\"yes\"",
    ),
    (
        "item.registered",
        "/data/kind",
        "\"good\"",
        "invalid_field",
        "expected one of goods, service",
        "\"good\"",
    ),
    (
        "item.registered",
        "/data/kind",
        "{\"goods\":null}",
        "invalid_field",
        "expected the text \"goods\"",
        "an object",
    ),
    ("item.registered", "/data/kind", "1", "invalid_field", "expected one of goods, service", "1"),
    (
        "target.set",
        "/data/scope",
        "\"employee\"",
        "invalid_field",
        "expected an object with the field employee",
        "\"employee\"",
    ),
    (
        "target.set",
        "/data/scope",
        "{\"team\":\"T-1\"}",
        "invalid_field",
        "expected one of employee, department, company",
        "\"team\"",
    ),
    ("pipeline.defined", "/data/stages", "{}", "invalid_field", "expected an array", "an object"),
    (
        "pipeline.defined",
        "/data/stages/2/rank",
        "\"3\"",
        "invalid_field",
        "expected a whole number from 0 to 65535",
        "\"3\"",
    ),
    (
        "segment.defined",
        "/data/criteria/all/1/any/1/sum/days",
        "\"many\"",
        "invalid_field",
        "expected a whole number from 0 to 4294967295",
        "\"many\"",
    ),
    // Texts.
    (
        "warehouse.registered",
        "/data/name",
        "\"\"",
        "invalid_field",
        "expected a text of 1 to 256 bytes",
        "0 bytes",
    ),
    (
        "warehouse.registered",
        "/data/name",
        "\"a\\u0007b\"",
        "invalid_field",
        "expected a text without control characters",
        "'\\u{7}'",
    ),
    (
        "warehouse.registered",
        "/data/name",
        "\"a\\rb\"",
        "invalid_field",
        "expected a text without control characters",
        "'\\r'",
    ),
    (
        "warehouse.registered",
        "/data/name",
        "\"a\\u009fb\"",
        "invalid_field",
        "expected a text without control characters",
        "'\\u{9f}'",
    ),
    ("warehouse.registered", "/data/name", "false", "invalid_field", "expected a text", "false"),
    (
        "client.registered",
        "/data/attributes",
        "{\"our region\":\"North\"}",
        "invalid_field",
        ID,
        "\"our region\"",
    ),
    ("client.registered", "/data/attributes/region", "7", "invalid_field", "expected a text", "7"),
];

fn refused(text: &[u8]) -> Refusal {
    match draft_from_slice(text)
        .and_then(|draft| decode(draft, Uuid::nil()))
        .and_then(|candidate| candidate.keep(&stamp()))
    {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(text)),
        Err(refusal) => refusal,
    }
}

/// The example of a type with a text of JSON put in one place.
fn changed(event_type: &str, pointer: &str, put: &str) -> String {
    let mut example = example_of(event_type);
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a last step");
    match example.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.insert(key.into(), "PUT HERE".into())),
        Some(Value::Array(items)) => {
            items[key.parse::<usize>().expect("an index")] = "PUT HERE".into()
        }
        other => panic!("{event_type} {parent}: {other:?}"),
    }
    example.to_string().replace("\"PUT HERE\"", put)
}

#[test]
fn a_bad_value_is_refused_with_its_pointer_what_was_expected_and_what_came() {
    for (event_type, pointer, put, name, expected, got) in VALUES {
        let refusal = refused(changed(event_type, pointer, put).as_bytes());
        let key =
            if *pointer == "/data/attributes" { "/data/attributes/our region" } else { pointer };
        assert_eq!(
            refusal.to_string(),
            format!("{key}: {expected}, got {got}"),
            "{event_type} {pointer} = {put}"
        );
        assert_eq!(
            (refusal.name(), refusal.pointer()),
            (*name, Some(key)),
            "{event_type} {pointer} = {put}"
        );
    }
}

#[test]
fn fields_too_many_and_too_few_are_named() {
    let rows = [
        (
            "deal.won",
            "/reason",
            "\"x\"",
            "unknown_field",
            "/reason: unknown field; expected one of type, version, id, occurred_at, actor, on_behalf_of, correlation, causation, source, data",
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
            "/data/lines/0/sum: unknown field; expected one of line, item, text, qty, price, discount, net, tax",
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
            "/data/duration_min: unknown field; expected one of interaction, client, channel, direction, duration_s, participants, outcome, text, body_ref, recording_ref, refs, attributes",
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
            "/a: expected JSON, got a text that is none: unexpected end of hex escape at line 1 column 13",
        ),
        (
            b"{\"a\":\"\xff\"}",
            "malformed_json",
            "/a: expected JSON, got a text that is none: invalid unicode code point at line 1 column 7",
        ),
        (
            b"{\"a\":\"\n\"}",
            "malformed_json",
            "/a: expected JSON, got a text that is none: control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0",
        ),
        (
            br#"{"a":1,}"#,
            "malformed_json",
            "the body: expected JSON, got a text that is none: trailing comma at line 1 column 8",
        ),
        (
            br#"{"a":1} {"a":2}"#,
            "malformed_json",
            "the body: expected JSON, got a text that is none: trailing characters at line 1 column 9",
        ),
        (
            b"",
            "malformed_json",
            "the body: expected JSON, got a text that is none: EOF while parsing a value at line 1 column 0",
        ),
        (
            b"\xef\xbb\xbf{}",
            "malformed_json",
            "the body: expected JSON, got a text that is none: expected value at line 1 column 1",
        ),
        (
            br#"{"a":-0.0}"#,
            "invalid_field",
            "/a: expected a decimal in a string, as in \"12.50\", or a whole number up to 2^53 - 1, got -0",
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
        "expected a record of at most 65535 bytes, got 65536; keep long texts outside and name them by hash"
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
