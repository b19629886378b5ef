//! The words of access. Invariant: a right is one of a closed list, and each value of a key has one
//! way to be written.

use std::{fmt::Debug, str::FromStr};

use serde_json::{Value, json};
use sijil_schemas::{
    Hint, Holder, KEYHOLDER, KeyHash, May, Network, Right, RightFamily, RightScope, SHIPPED_ROLES,
    decode::typed, event::FAMILIES, id::Key,
};

#[test]
fn a_right_is_on_a_family_of_the_vocabulary_or_on_all() {
    let named: Vec<&str> = RightFamily::ALL.iter().map(|family| family.name()).collect();
    assert_eq!(named, ["all"].iter().chain(FAMILIES).copied().collect::<Vec<_>>());
    for family in RightFamily::ALL {
        assert_eq!(RightFamily::named(family.name()), Some(*family));
        assert_eq!(json!(family), family.name(), "one spelling everywhere");
        assert!(RightFamily::All.covers(*family) && family.covers(*family));
        assert_eq!(family.covers(RightFamily::All), *family == RightFamily::All);
    }
    assert!(!RightFamily::Stock.covers(RightFamily::Claims));
    assert_eq!(RightFamily::named("furniture"), None);
    for may in May::ALL {
        assert_eq!(json!(may), may.name());
    }
}

#[test]
fn roles_that_ship_are_named_once_and_as_keys_are() {
    let mut names = SHIPPED_ROLES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SHIPPED_ROLES.len());
    assert!(names.iter().all(|name| Key::new(name).is_ok()) && names.contains(&KEYHOLDER));
}

#[test]
fn a_right_without_a_scope_reaches_everything() {
    let right: Right =
        typed(json!({"family": "stock", "may": ["read"]})).expect("the scope may be left out");
    assert_eq!(right.scope, RightScope::All);
    assert_eq!(json!(right), json!({"family": "stock", "may": ["read"], "scope": "all"}));
    for scope in [json!("own"), json!({"department": ["sales"]}), json!({"bank_account": ["b"]})] {
        let read: RightScope = typed(scope.clone()).expect("a scope");
        assert_eq!(json!(read), scope);
    }
    let many: Vec<String> = (0..257).map(|n| format!("w{n}")).collect();
    for wrong in
        [json!({"department": []}), json!({"warehouse": ["w", "w"]}), json!({"warehouse": many})]
    {
        assert!(typed::<RightScope>(wrong.clone()).is_err(), "{wrong}");
    }
}

/// Each text is a value that is written the same again.
fn written<T: FromStr<Err: Debug> + ToString>(texts: &[&str]) {
    for text in texts {
        let value: T = text.parse().expect(text);
        assert_eq!(value.to_string(), *text);
    }
}
fn wrong<T: FromStr>(texts: &[&str]) {
    texts.iter().for_each(|text| assert!(text.parse::<T>().is_err(), "{text:?}"));
}

#[test]
fn what_a_key_is_told_by_has_one_form() {
    written::<Holder>(&["user:U-1", "service:web-shop"]);
    wrong::<Holder>(&["employee:m1", "user:", "U-1", "users:U-1"]);
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    written::<KeyHash>(&[hash, &"0f".repeat(32)]);
    wrong::<KeyHash>(&[&hash[1..], &hash.to_uppercase(), &"0g".repeat(32), "", &"é".repeat(32)]);
    written::<Hint>(&["7fQz", "0000"]);
    wrong::<Hint>(&["7fQ", "7fQzz", "7f-z", "", "éé"]);
    written::<Network>(&[
        "0.0.0.0/0",
        "10.0.0.0/8",
        "10.1.2.3/32",
        "::/0",
        "2001:db8::/32",
        "::1/128",
    ]);
    wrong::<Network>(&[
        "10.0.0.0",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/",
        "2001:DB8::/32",
        "2001:db8:0::/32",
        "2001:db8::1/32",
        "::1/129",
        "::ffff:10.0.0.0/104",
        "office/8",
    ]);
}

#[test]
fn a_network_holds_the_addresses_that_begin_alike() {
    let rows = [
        ("0.0.0.0/0", "203.0.113.7", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("10.1.2.3/32", "10.1.2.3", true),
        ("10.1.2.3/32", "10.1.2.2", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("::/0", "2001:db8::1", true),
        ("::/0", "10.0.0.1", false),
        ("::1/128", "::1", true),
    ];
    for (network, address, holds) in rows {
        let network: Network = network.parse().expect("a network");
        assert_eq!(network.contains(address.parse().expect("one")), holds, "{network} {address}");
        assert_eq!(typed::<Network>(Value::String(network.to_string())), Ok(network));
    }
}
