//! Moments, days, money and ids, row by row.

use jiff::tz::TimeZone;
use num_bigint::BigInt;
use proptest::prelude::*;
use rust_decimal::Decimal;
use sijil_schemas::{
    id::{ClientId, DealId, EntityRef, Kind},
    money::{Amount, Currency, Quantity, Rate, Share, div_round, mul_div, round, split},
    time::{Date, Period, Timestamp, Zone},
};

use crate::given::{candidate, example_of};

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).expect("a decimal")
}
fn decimals(texts: &str) -> Vec<Decimal> {
    texts.split_whitespace().map(decimal).collect()
}
fn day(text: &str) -> Date {
    text.parse().expect("a day")
}
fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

#[test]
fn a_day_begins_with_its_first_moment() {
    let rows = [
        ("UTC", "2025-01-31", "2025-01-31T00:00:00Z"),
        ("Europe/Berlin", "2025-01-31", "2025-01-30T23:00:00Z"),
        ("Europe/Berlin", "2025-03-30", "2025-03-29T23:00:00Z"), // 23 hours long
        ("Europe/Berlin", "2025-03-31", "2025-03-30T22:00:00Z"),
        ("Europe/Berlin", "2025-10-26", "2025-10-25T22:00:00Z"), // 25 hours long
        ("Europe/Berlin", "2025-10-27", "2025-10-26T23:00:00Z"),
        ("Asia/Kathmandu", "2025-01-01", "2024-12-31T18:15:00Z"),
        // There is no midnight: 01:00 comes first.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
        // 23:00 of the day before comes twice.
        ("America/Sao_Paulo", "2019-02-17", "2019-02-17T03:00:00Z"),
        // Midnight comes twice, the first counts.
        ("America/Havana", "2025-11-02", "2025-11-02T04:00:00Z"),
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"), // 23:30 is followed by 00:30
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),    // the day that was left out
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ("UTC", "1900-01-01", "1900-01-01T00:00:00Z"),
        ("Asia/Tokyo", "1900-01-01", "1900-01-01T00:00:00Z"), // never before the first moment
    ];
    for (zone, text, start) in rows {
        let zone = Zone::new(zone).expect("a zone").rules();
        assert_eq!(day(text).start(&zone).to_string(), start, "{zone:?} {text}");
    }
    let last = day("2199-12-31").plus_days(1).start(&TimeZone::UTC);
    assert_eq!(last, Timestamp::END);
}

#[test]
fn a_moment_has_one_day_in_each_zone() {
    let rows = [
        ("2025-01-31T22:59:59.999999Z", "Europe/Berlin", "2025-01-31"),
        ("2025-01-31T23:00:00Z", "Europe/Berlin", "2025-02-01"),
        ("2025-01-31T23:00:00Z", "UTC", "2025-01-31"),
        ("1900-01-01T00:00:00Z", "America/New_York", "1899-12-31"),
        ("2199-12-31T23:59:59.999999Z", "Asia/Tokyo", "2200-01-01"),
    ];
    for (text, zone, expected) in rows {
        assert_eq!(
            moment(text).date(&Zone::new(zone).expect("a zone").rules()).to_string(),
            expected,
            "{text} {zone}"
        );
    }
}

#[test]
fn a_moment_is_kept_in_microseconds_of_utc() {
    let rows = [
        ("2025-01-31T09:00:00+01:00", "2025-01-31T08:00:00Z"),
        ("2025-01-31t09:00:00z", "2025-01-31T09:00:00Z"),
        ("2025-01-31T09:00:00.123456Z", "2025-01-31T09:00:00.123456Z"),
        ("2025-01-31T09:00:00.123456789Z", "2025-01-31T09:00:00.123456Z"),
        ("2025-01-31T09:00:00.5-03:30", "2025-01-31T12:30:00.5Z"),
        ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
        ("2199-12-31T23:59:59.999999Z", "2199-12-31T23:59:59.999999Z"),
        ("2000-02-29T00:00:00-00:00", "2000-02-29T00:00:00Z"),
    ];
    for (text, kept) in rows {
        assert_eq!(moment(text).to_string(), kept, "{text}");
        assert_eq!(Timestamp::from_micros(moment(text).micros()), Ok(moment(text)));
    }
    assert_eq!(
        (moment("1900-01-01T00:00:00Z"), moment("2199-12-31T23:59:59.999999Z").next()),
        (Timestamp::MIN, Timestamp::END)
    );
    assert!(Timestamp::from_micros(Timestamp::MIN.micros() - 1).is_err());
    assert!(Timestamp::from_micros(Timestamp::END.micros() + 1).is_err());
}

#[test]
fn a_period_has_both_its_ends() {
    let february = Period { first: day("2024-02-01"), last: day("2024-02-29") };
    assert_eq!(february.days(), 29);
    assert!(february.contains(day("2024-02-01")) && february.contains(day("2024-02-29")));
    assert!(!february.contains(day("2024-01-31")) && !february.contains(day("2024-03-01")));
    assert_eq!(day("1900-02-28").plus_days(1), day("1900-03-01"), "1900 was no leap year");
    assert_eq!(
        (
            day("1970-01-01").days(),
            day("1969-12-31").days(),
            day("2000-02-29").plus_days(366).to_string()
        ),
        (0, -1, "2001-03-01".into())
    );
}

#[test]
fn money_is_split_so_that_the_parts_sum_to_the_whole() {
    let rows = [
        // whole, places, weights, parts
        ("1000", 2, "1 1 1", "333.34 333.33 333.33"),
        ("-1000", 2, "1 1 1", "-333.34 -333.33 -333.33"),
        ("1000", 2, "40 20 40", "400 200 400"),
        ("2000", 2, "29 2", "1870.97 129.03"),
        ("0.01", 2, "1 1 1", "0.01 0 0"),
        ("0.02", 2, "1 1 1", "0.01 0.01 0"),
        ("0", 2, "1 2", "0 0"),
        ("100", 0, "1 1 1", "34 33 33"),
        ("1", 3, "1 1 1", "0.334 0.333 0.333"),
        ("10", 2, "0 3 0", "0 10 0"),
        ("10", 2, "0 0", "10 0"),
        ("10", 2, "", ""),
        ("1", 2, "0.1 0.2 0.7", "0.10 0.20 0.70"),
        ("10", 2, "0.000001 0.000002", "3.33 6.67"),
        (
            "1000000000000000",
            6,
            "1 1 1",
            "333333333333333.333334 333333333333333.333333 333333333333333.333333",
        ),
        // A line against the total, a discount: the parts sum to the whole all the same.
        ("5", 0, "48 -4 -4", "6 0 -1"),
        ("80", 2, "100 -20", "100 -20"),
        ("-80", 2, "-100 20", "-100 20"),
    ];
    for (whole, places, weights, parts) in rows {
        assert_eq!(
            split(decimal(whole), &decimals(weights), places),
            decimals(parts),
            "{whole} by {weights}"
        );
    }
}

#[test]
fn a_share_is_rounded_once_half_away_from_zero() {
    let rows = [
        // value × numerator ÷ denominator, places, result
        ("1", "1", "8", 2, "0.13"),
        ("-1", "1", "8", 2, "-0.13"),
        ("1", "-1", "8", 2, "-0.13"),
        ("1", "1", "-8", 2, "-0.13"),
        ("-1", "-1", "8", 2, "0.13"),
        ("1", "1", "3", 2, "0.33"),
        ("2", "1", "3", 2, "0.67"),
        ("0.125", "1", "1", 2, "0.13"),
        ("0.1249999", "1", "1", 2, "0.12"),
        ("10", "1", "3", 0, "3"),
        ("1150", "90", "1750", 2, "59.14"),
        ("5", "1", "0", 2, "0"),
        (
            "1000000000000000",
            "999999999999999.999999",
            "999999999999999.999999",
            6,
            "1000000000000000",
        ),
        ("100", "1.08420001", "1", 2, "108.42"),
    ];
    for (value, numerator, denominator, places, result) in rows {
        assert_eq!(
            mul_div(decimal(value), decimal(numerator), decimal(denominator), places),
            decimal(result),
            "{value} × {numerator} ÷ {denominator}"
        );
    }
    let most = decimal("1000000000000000");
    assert_eq!(
        mul_div(most, most, decimal("0.000001"), 6),
        Decimal::MAX,
        "what no decimal can hold is the largest one"
    );
    assert_eq!(mul_div(-most, most, decimal("0.000001"), 6), Decimal::MIN);
    let rows = [
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("2.4999", 0, "2"),
        ("1.005", 2, "1.01"),
        ("-1.005", 2, "-1.01"),
        ("1.5", 4, "1.5"),
    ];
    for (value, places, result) in rows {
        assert_eq!(round(decimal(value), places), decimal(result), "{value}");
    }
    let rows = [
        (7, 2, 4),
        (-7, 2, -4),
        (7, -2, -4),
        (-7, -2, 4),
        (1, 3, 0),
        (0, 5, 0),
        (5, 0, 0),
        (i64::MAX, 1, i64::MAX),
    ];
    for (top, bottom, result) in rows {
        assert_eq!(
            div_round(&BigInt::from(top), &BigInt::from(bottom)),
            BigInt::from(result),
            "{top} ÷ {bottom}"
        );
    }
}

#[test]
fn an_amount_keeps_its_places_and_there_is_one_zero() {
    for text in ["0", "1.10", "-0.000001", "1000000000000000", "-1000000000000000.000000", "007"] {
        let amount: Amount = text.parse().expect("an amount");
        assert_eq!(amount.get(), decimal(text));
        assert_eq!(amount.to_string(), if text == "007" { "7" } else { text });
    }
    let zero: Amount = "-0.00".parse().expect("an amount");
    assert_eq!((zero.to_string().as_str(), zero.get().is_sign_negative()), ("0.00", false));
    assert_eq!("1.5".parse::<Amount>().expect("an amount"), "1.500000".parse().expect("an amount"));
    assert!(Amount::new(decimal("0.0000001")).is_err() && Amount::new(decimal("0.000001")).is_ok());
    assert!("0.123456".parse::<Quantity>().is_ok() && "0.1234567".parse::<Quantity>().is_err());
    assert!("0.000000000001".parse::<Rate>().is_ok() && "0.0000000000001".parse::<Rate>().is_err());
    assert!("1.000000".parse::<Share>().is_ok() && "1.000001".parse::<Share>().is_err());
}

#[test]
fn a_currency_knows_its_minor_unit() {
    for (letters, places) in
        [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XXX", 2)]
    {
        assert_eq!(
            letters.parse::<Currency>().expect("a currency").minor_unit(),
            places,
            "{letters}"
        );
    }
    for text in ["", "EU", "EURO", "eur", "E1R", "€€"] {
        assert!(text.parse::<Currency>().is_err(), "{text}");
    }
}

#[test]
fn an_id_has_1_to_64_allowed_bytes() {
    for text in ["C", "a.b_c:d/e-f", "018f4a60-7c2e-7c3a-9d1b-2f5e8a6b4c01", &"x".repeat(64)] {
        assert_eq!(ClientId::new(text).expect("an id").as_str(), text);
    }
    for text in ["", " ", "a b", "ä", "a\n", "a#b", "a\\b", &"x".repeat(65)] {
        assert!(ClientId::new(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_reference_names_kind_and_id() {
    let deal: EntityRef = "deal:D:1".parse().expect("the id begins after the first colon");
    assert_eq!((deal.kind, deal.id(), deal.to_string().as_str()), (Kind::Deal, "D:1", "deal:D:1"));
    assert_eq!(
        deal.typed::<sijil_schemas::id::kind::Deal>(),
        Some(DealId::new("D:1").expect("an id"))
    );
    assert_eq!(deal.typed::<sijil_schemas::id::kind::Client>(), None, "a deal is no client");
    for kind in Kind::ALL {
        assert_eq!(kind.name().parse(), Ok(*kind));
        assert_eq!(
            serde_json::to_value(kind).expect("JSON"),
            kind.name(),
            "one spelling everywhere"
        );
    }
    for text in ["deal", "deal:", ":D-1", "Deal:D-1", "deal:D 1", "currency:euro"] {
        assert!(text.parse::<EntityRef>().is_err(), "{text:?}");
    }
}

#[test]
fn an_event_names_its_home_first_and_every_entity_once() {
    let rows = [
        (
            "deal.opened",
            "deal:D-1 client:C-1 counterparty:L-1 pipeline:sales employee:manager-1 item:chair-oak \
             campaign:fair-2025",
        ),
        (
            "payment.received",
            "payment:PAY-1 counterparty:L-1 client:C-1 bank_account:bank-a \
             statement_line:bank-a:2025-02:14",
        ),
        (
            "interaction.recorded",
            "interaction:I-1 client:C-1 employee:manager-1 contact:P-1 deal:D-1",
        ),
        (
            "production.completed",
            "production:PR-1 item:table-set warehouse:main item:chair-oak item:table-oak",
        ),
        ("client.merged", "client:C-2 client:C-1"),
        ("period.closed", "area:sales"),
        ("exchange_rate.set", "currency:USD"),
        ("product_limit.set", "limit:L-1 client:C-1 item:chair-oak"),
        ("target.set", "target:T-manager-2-2025-02 employee:manager-2"),
        ("classification.completed", "classification:abc-2025-q1 client:C-1 client:C-2"),
    ];
    for (name, touched) in rows {
        let event = candidate(&example_of(name)).event;
        let found: Vec<String> = event.touched().iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), touched, "{name}");
        assert_eq!(event.home(), event.touched()[0], "{name}");
    }
}

proptest! {
    #[test]
    fn a_plain_moment_is_read_as_any_other(
        seconds in -2_208_988_800_i64..7_258_118_400,
        spoilt in 0usize..20,
        digit in 0u8..12,
    ) {
        let text = Timestamp::from_micros(seconds * 1_000_000).expect("in range").to_string();
        prop_assert_eq!(text.len(), 20);
        // The same moment with an offset goes the general way.
        prop_assert_eq!(moment(&text).micros(), seconds * 1_000_000);
        prop_assert_eq!(moment(&text), moment(&text.replace('Z', "+00:00")));
        let mut other = text.into_bytes();
        other[spoilt] = b'.' + digit;
        let other = String::from_utf8(other).expect("plain");
        let with_offset = other.replace('Z', "+00:00").parse::<Timestamp>();
        prop_assert_eq!(other.parse::<Timestamp>().is_ok(), with_offset.is_ok(), "{}", other);
    }

    #[test]
    fn an_amount_is_the_decimal_of_its_text(text in "-?[0-9]{1,15}(\\.[0-9]{1,6})?") {
        if let Ok(amount) = text.parse::<Amount>() {
            let (read, plain) = (amount.get(), Decimal::from_str_exact(&text).expect("a decimal"));
            let is_negative = plain.is_sign_negative() && !plain.is_zero();
            prop_assert_eq!((read, read.scale()), (plain, plain.scale()));
            prop_assert_eq!(read.is_sign_negative(), is_negative);
        }
    }

    #[test]
    fn a_day_starts_where_the_day_before_ends(
        days in -25_000i32..83_000,
        zone in prop::sample::select(vec![
            "UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "America/Toronto",
            "Pacific/Apia", "Asia/Tehran", "Africa/Cairo", "Atlantic/Azores", "Asia/Amman",
        ]),
    ) {
        let zone = Zone::new(zone).expect("a zone").rules();
        let date = day("1970-01-01").plus_days(days);
        let start = date.start(&zone);
        let before = Timestamp::from_micros(start.micros() - 1).expect("in range");
        prop_assert!(start.date(&zone) >= date, "{} begins on {}", date, start.date(&zone));
        prop_assert!(before.date(&zone) < date, "{} had begun before {}", date, start);
        prop_assert!(start <= date.plus_days(1).start(&zone));
    }

    #[test]
    fn parts_sum_to_the_whole_and_none_is_a_unit_away(
        cents in -1_000_000i64..1_000_000,
        weights in proptest::collection::vec(0i64..1_000_000, 1..12),
    ) {
        let whole = Decimal::new(cents, 2);
        let weights: Vec<Decimal> = weights.into_iter().map(|w| Decimal::new(w, 3)).collect();
        let total: Decimal = weights.iter().sum();
        let parts = split(whole, &weights, 2);
        prop_assert_eq!(parts.iter().sum::<Decimal>(), whole);
        prop_assert_eq!(parts.len(), weights.len());
        if !total.is_zero() {
            for (part, weight) in parts.iter().zip(&weights) {
                let off = (*part * total - whole * *weight).abs();
                let unit = Decimal::new(1, 2) * total;
                prop_assert!(off < unit, "{} for {} of {}", part, weight, total);
            }
        }
    }

    #[test]
    fn parts_sum_to_the_whole_whatever_sign_the_weights_have(
        cents in -1_000_000i64..1_000_000,
        weights in proptest::collection::vec(-1_000i64..1_000, 1..12),
    ) {
        let whole = Decimal::new(cents, 2);
        let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
        prop_assert_eq!(split(whole, &weights, 2).iter().sum::<Decimal>(), whole);
    }

    #[test]
    fn whatever_is_an_amount_is_plainly_one(
        text in "-?[0-9]{0,17}\\.?[0-9]{0,8}[eE+_ ]?[0-9]{0,2}",
    ) {
        if let Ok(amount) = text.parse::<Amount>() {
            let decimal = decimal(&text);
            prop_assert_eq!(amount.get(), decimal);
            prop_assert!(decimal.scale() <= 6);
            prop_assert!(decimal.abs() <= Decimal::from(1_000_000_000_000_000_i64));
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }
    }
}
