//! Amounts and currencies within events. Invariant: [`sijil_schemas::Event::coins`] shows every one
//! that an example holds, by its pointer, so no rule on money can miss one.

use std::collections::BTreeSet;

use serde_json::Value;
use sijil_schemas::{event::EVENT_TYPES, money::Currency};

use crate::given::{candidate, example};

/// Fields that hold decimals which are no money.
const NO_MONEY: &[&str] = &[
    "qty",
    "safety",
    "max",
    "multiple",
    "counted",
    "delta",
    "scrapped",
    "rate",
    "discount",
    "probability",
    "line",
    "visit",
    "known_at",
    "share",
];

/// The pointers of all texts below a value that could be an amount or a currency.
fn suspects(family: &str, pointer: &str, key: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let own = fields.iter().filter(|(key, _)| key.as_str() != "attributes");
            own.for_each(|(key, child)| {
                suspects(family, &format!("{pointer}/{key}"), key, child, found);
            });
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, child)| suspects(family, &format!("{pointer}/{i}"), key, child, found)),
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let amount = !digits.is_empty()
                && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                && !NO_MONEY.contains(&key)
                // What is answered is a number of its own kind.
                && family != "surveys";
            // The unit of an account is a currency; that of a measure is a word of its own, and may
            // be one.
            let names_one = ["currency", "base_currency"].contains(&key)
                || (key == "unit" && family == "accounting");
            let currency = names_one && text.parse::<Currency>().is_ok();
            if amount || currency {
                found.insert(pointer.to_owned());
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

#[test]
fn every_amount_and_currency_of_an_event_is_shown() {
    let mut amounts = 0;
    for event_type in EVENT_TYPES {
        let example = example(event_type, event_type.version);
        let mut expected = BTreeSet::new();
        suspects(event_type.family, "/data", "", &example["data"], &mut expected);
        let mut shown = BTreeSet::new();
        candidate(&example).event.coins(&mut |coin| {
            let pointer = coin.place.pointer();
            // With an amount its currency, or the unit it is counted in, stands beside it.
            if let (Some(_), Some(_), Some(parent)) =
                (coin.amount, coin.currency, pointer.strip_suffix("/amount"))
            {
                let beside = ["currency", "unit"].map(|field| format!("{parent}/{field}"));
                shown.extend(beside.into_iter().find(|field| example.pointer(field).is_some()));
            }
            amounts += usize::from(coin.amount.is_some());
            shown.insert(pointer);
        });
        // A segment's criteria count in the base currency, and are no money of anyone.
        if event_type.name != "segment.defined" {
            assert_eq!(shown, expected, "{}", event_type.name);
        }
    }
    assert!(amounts > 40, "only {amounts} amounts were shown");
}

#[test]
fn the_currencies_of_iso_4217_are_known_and_no_others() {
    let is_iso = |text: &str| text.parse::<Currency>().expect("three letters").is_iso();
    for known in
        ["AED", "EUR", "JPY", "KWD", "USD", "UGX", "ZWG", "ZWL", "HRK", "DEM", "CLF", "XAU"]
    {
        assert!(is_iso(known), "{known}");
    }
    for unknown in ["AAA", "XBT", "EUE", "ZZZ", "URU", "DUS"] {
        assert!(!is_iso(unknown), "{unknown}");
    }
    let all = ('A'..='Z').flat_map(|a| {
        ('A'..='Z').flat_map(move |b| ('A'..='Z').map(move |c| String::from_iter([a, b, c])))
    });
    assert_eq!(
        all.filter(|text| is_iso(text)).count(),
        306,
        "as many as the list has, each found by its letters"
    );
}
