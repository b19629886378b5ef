//! Values that are none of their type. Invariant: each is refused with its pointer, what was
//! expected and what came.

use crate::refusals::{changed, refused};

pub(crate) const ID: &str = "expected 1 to 64 bytes of A-Z a-z 0-9 . _ : / -";

const AMOUNT: &str =
    "expected a decimal in a string, at most 6 places and 10^15, as in \"1234.50\"";

const MONEY: &str = r#"expected an object, as in {"amount": "1234.50", "currency": "EUR"}"#;

const RATE: &str = "expected a positive decimal in a string, at most 12 places, as in \"1.0842\"";

const SHARE: &str = "expected a decimal from 0 to 1 in a string, at most 6 places, as in \"0.25\"";

const MOMENT: &str = "expected an RFC 3339 time with offset, as in 2025-01-31T09:00:00Z";

const DAY: &str = "expected a day, as in 2025-01-31";

const RANGE: &str = "expected a date from 1900-01-01 to 2199-12-31";

pub(crate) const WHOLE: &str =
    "expected a decimal in a string, as in \"12.50\", or a whole number up to 2^53 - 1";

const MINUTES: &str = "expected a number of minutes from 1 to 1440";

const MONTHS: &str = "expected a number of months from 1 to 1200";

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
    ("time.logged", "/data/minutes", "0", "invalid_field", MINUTES, "\"0\""),
    ("time.logged", "/data/minutes", "1441", "invalid_field", MINUTES, "\"1441\""),
    ("warranty.started", "/data/months", "0", "invalid_field", MONTHS, "\"0\""),
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
