//! Access tokens: good ones of every kind, and every way to be wrong. Invariant: what is refused is
//! refused for its own reason.

use std::ops::Range;

use aws_lc_rs::rsa::KeySize;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sijil_oidc::{Config, NoToken, Provider};
use sijil_schemas::May;

use crate::provider::{
    AUDIENCE, Answers, DOCUMENT, ISSUER, KEYS, Key, NOW, at, claims, config, document, known, rsa,
    set,
};

const ALL: [Algorithm; 4] =
    [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256, Algorithm::PS256];

/// The name of what is wrong with a token.
fn wrong(provider: &Provider, token: &str) -> &'static str {
    match provider.token(token, at(NOW)) {
        Ok(_) => "nothing",
        Err(why) => named(&why),
    }
}

fn named(why: &NoToken) -> &'static str {
    match why {
        NoToken::NoKeys => "no keys",
        NoToken::Form(_) => "form",
        NoToken::Kind { .. } => "kind",
        NoToken::Algorithm(_) => "algorithm",
        NoToken::UnknownKey(_) => "key",
        NoToken::Signature(_) => "signature",
        NoToken::Issuer { .. } => "issuer",
        NoToken::Audience { .. } => "audience",
        NoToken::Time(_) => "time",
        NoToken::Nonce => "nonce",
        NoToken::Subject(_) => "subject",
    }
}

fn with(field: &str, value: Value) -> Value {
    let mut changed = claims();
    if value.is_null() {
        changed.as_object_mut().expect("claims").remove(field);
    } else {
        changed[field] = value;
    }
    changed
}

#[test]
fn a_token_of_every_algorithm_says_who_somebody_is() {
    let keys = ALL.map(|algorithm| Key::new(&format!("{algorithm:?}"), algorithm));
    let (provider, _) = known(&keys.each_ref(), None);
    for key in &keys {
        let shown = provider.token(&key.token(&claims(), |_| ()), at(NOW)).expect("good");
        let login = (shown.login.issuer.as_str(), shown.login.subject.as_str());
        assert_eq!((login, shown.narrows), ((ISSUER, "person-1"), None), "{:?}", key.algorithm);
        assert_eq!(shown.until, at(NOW + 360));
        let typed = key.token(&claims(), |header| header.typ = Some("application/AT+JWT".into()));
        assert_eq!(wrong(&provider, &typed), "nothing");
    }
}

#[test]
fn a_token_is_good_from_its_first_second_to_its_last() {
    let key = Key::new("1", Algorithm::EdDSA);
    let (provider, _) = known(&[&key], None);
    let spans: [(Value, Range<i64>); 4] = [
        (claims(), -60..360),
        (with("nbf", json!(NOW + 100)), 40..360),
        (with("exp", json!(1_764_547_210.75)), -60..70),
        (with("iat", Value::Null), -1_000..360),
    ];
    for (claims, good) in spans {
        let token = key.token(&claims, |_| ());
        for second in [-601, -600, -61, -60, 39, 40, 69, 70, 359, 360, 1_000] {
            // Twice: what was good once is kept, and not for longer.
            for _ in 0..2 {
                let found = provider.token(&token, at(NOW + second)).is_ok();
                assert_eq!(found, good.contains(&second), "{claims} after {second} s");
            }
        }
    }
}

#[test]
fn words_of_its_scope_narrow_what_a_token_is_for() {
    let key = Key::new("1", Algorithm::EdDSA);
    let (provider, _) = known(&[&key], None);
    for (scope, narrows) in [
        (json!("openid read"), None),
        (json!("sijil:read other:record"), Some(vec![May::Read])),
        (json!("sijil:record sijil:read"), Some(vec![May::Read, May::Record])),
        (json!("sijil:everything"), Some(vec![])),
        (Value::Null, None),
    ] {
        let token = key.token(&with("scope", scope.clone()), |_| ());
        assert_eq!(provider.token(&token, at(NOW)).expect("good").narrows, narrows, "{scope}");
    }
}

#[test]
fn what_a_token_says_of_itself_is_held_against_the_provider() {
    let key = Key::new("1", Algorithm::EdDSA);
    let (provider, _) = known(&[&key], None);
    let cases = [
        ("iss", json!("https://id.example/realms/books/"), "issuer"),
        ("iss", json!("https://ID.example/realms/books"), "issuer"),
        ("iss", json!([ISSUER]), "signature"),
        ("iss", Value::Null, "signature"),
        ("aud", json!("https://other.example"), "audience"),
        ("aud", json!([]), "audience"),
        ("aud", json!(["x", AUDIENCE]), "nothing"),
        ("aud", Value::Null, "signature"),
        ("aud", json!({"is": AUDIENCE}), "signature"),
        ("sub", Value::Null, "signature"),
        ("sub", json!(""), "subject"),
        ("sub", json!("x".repeat(300)), "subject"),
        ("sub", json!(7), "signature"),
        ("exp", Value::Null, "signature"),
        ("exp", json!("soon"), "signature"),
        ("exp", json!(-1), "signature"),
        ("exp", json!(1e300), "signature"),
        ("exp", json!(NOW - 61), "time"),
        ("nbf", json!(NOW + 61), "time"),
        ("nbf", json!("never"), "signature"),
        ("iat", json!(NOW + 61), "time"),
    ];
    for (field, value, expected) in cases {
        let token = key.token(&with(field, value.clone()), |_| ());
        assert_eq!(wrong(&provider, &token), expected, "{field}: {value}");
    }
}

#[test]
fn no_other_kind_of_token_passes_for_one() {
    let key = Key::new("1", Algorithm::ES256);
    let (provider, _) = known(&[&key], None);
    for typ in [None, Some("JWT"), Some("id+jwt"), Some("at+jwt+x"), Some("application/jwt")] {
        let token = key.token(&claims(), |header| header.typ = typ.map(ToOwned::to_owned));
        assert_eq!(wrong(&provider, &token), "kind", "{typ:?}");
    }
    let good = key.token(&claims(), |_| ());
    let parts: Vec<&str> = good.split('.').collect();
    let header = |value: Value| BASE64.encode(value.to_string());
    let forged = |changed: Value| format!("{}.{}.{}", header(changed), parts[1], parts[2]);
    let none = json!({"typ": "at+jwt", "alg": "none", "kid": "1"});
    let unsigned = format!("{}.{}.", header(none.clone()), parts[1]);
    for (token, expected) in [
        (unsigned.as_str(), "form"),
        (&forged(none), "form"),
        (
            &forged(
                json!({"typ": "at+jwt", "alg": "ES256", "kid": "1", "crit": ["b64"], "b64": false}),
            ),
            "form",
        ),
        (
            &forged(json!({"typ": "at+jwt", "alg": "ES256", "kid": "1", "crit": ["x"], "x": 1})),
            "form",
        ),
        (&forged(json!({"typ": "at+jwt", "alg": "RS256", "kid": "1"})), "key"),
        (&forged(json!({"typ": "at+jwt", "alg": "ES256", "kid": "2"})), "key"),
        (&forged(json!({"typ": "at+jwt", "alg": "ES256"})), "signature"),
        (
            &format!("{}.{}.{}", parts[0], header(with("sub", json!("person-2"))), parts[2]),
            "signature",
        ),
        (&format!("{}.{}.AAAA", parts[0], parts[1]), "signature"),
        (&format!("{}.{}", parts[0], parts[1]), "form"),
        (&format!("{good}.x"), "form"),
        ("", "form"),
        ("..", "form"),
        (&"x.".repeat(10_000), "form"),
    ] {
        let shown: String = token.chars().take(80).collect();
        assert_eq!(wrong(&provider, token), expected, "{shown}");
    }
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone().into_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(flipped) = String::from_utf8(bytes) else { continue };
        // The last characters of a part may say bits that are none.
        assert_ne!(wrong(&provider, &flipped), "nothing", "bit {bit}");
    }
}

#[test]
fn a_secret_made_of_a_public_key_signs_nothing() {
    let keys = ALL.map(|algorithm| Key::new("1", algorithm));
    for key in &keys {
        let (provider, _) = known(&[key], None);
        for field in ["n", "x", "y", "e"] {
            let Some(public) = key.public[field].as_str() else { continue };
            for secret in [public.as_bytes().to_vec(), BASE64.decode(public).expect("base64")] {
                let mut header = Header::new(Algorithm::HS256);
                header.typ = Some("at+jwt".into());
                header.kid = Some("1".into());
                let secret = EncodingKey::from_secret(&secret).expect("a secret");
                let token = encode(&header, &claims(), &secret).expect("a token");
                assert_eq!(wrong(&provider, &token), "algorithm");
            }
        }
    }
}

#[test]
fn what_a_token_says_of_keys_is_not_looked_at() {
    let (own, other) = (Key::new("1", Algorithm::EdDSA), Key::new("1", Algorithm::EdDSA));
    let (provider, _) = known(&[&own], None);
    let token = other.token(&claims(), |header| {
        header.jku = Some("https://evil.example/keys".into());
        header.x5u = Some("https://evil.example/chain".into());
        header.jwk = serde_json::from_value(other.public.clone()).ok();
    });
    assert_eq!(wrong(&provider, &token), "signature");
}

#[test]
fn keys_that_are_for_something_else_sign_nothing() {
    let good = Key::new("good", Algorithm::EdDSA);
    let mut weak = Key::of("weak", Algorithm::RS256, rsa(KeySize::Rsa2048));
    weak.public["n"] = json!(BASE64.encode([255; 128]));
    let mut unfit = Vec::new();
    for (field, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["sign"])),
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
    ] {
        let mut key = Key::new("unfit", Algorithm::RS256);
        key.public[field] = value;
        unfit.push(key);
    }
    unfit.push(weak);
    for key in unfit {
        let (provider, _) = known(&[&good, &key], None);
        assert_eq!(wrong(&provider, &key.token(&claims(), |_| ())), "key", "{}", key.public);
    }
    // Of two keys of one name nobody knows which is meant.
    let (one, two) = (Key::new("same", Algorithm::ES256), Key::new("same", Algorithm::ES256));
    let (provider, _) = known(&[&one, &two], None);
    assert_eq!(wrong(&provider, &one.token(&claims(), |_| ())), "key");
    // What is no key hides none.
    let (provider, answers) = known(&[&good], None);
    let mut keys = set(&[&good]);
    let all = keys["keys"].as_array_mut().expect("keys");
    all.insert(0, json!({"kty": "oct", "k": "AAAA", "kid": "good"}));
    all.insert(0, json!("nonsense"));
    all.insert(0, json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "kid": "good"}));
    answers.set(KEYS, 200, &keys);
    provider.refresh().expect("keys");
    assert_eq!(wrong(&provider, &good.token(&claims(), |_| ())), "nothing");
}

#[test]
fn keys_come_and_go_with_the_set() {
    let (old, new) = (Key::new("old", Algorithm::EdDSA), Key::new("new", Algorithm::EdDSA));
    let (provider, answers) = known(&[&old], None);
    let tokens = [&old, &new].map(|key| key.token(&claims(), |_| ()));
    let both = |provider: &Provider| tokens.each_ref().map(|token| wrong(provider, token));
    assert_eq!(both(&provider), ["nothing", "key"]);
    assert!(provider.is_wanting(), "a key was named that is not there");
    answers.set(KEYS, 200, &set(&[&old, &new]));
    provider.refresh().expect("keys");
    assert!(!provider.is_wanting());
    assert_eq!(both(&provider), ["nothing", "nothing"]);
    // What cannot be read changes nothing.
    for (url, status, body) in [
        (KEYS, 500, json!({})),
        (KEYS, 200, json!({"keys": []})),
        (KEYS, 200, json!([])),
        (DOCUMENT, 302, json!({})),
        (DOCUMENT, 200, json!({"issuer": "https://evil.example", "jwks_uri": KEYS})),
        (DOCUMENT, 200, json!({"issuer": ISSUER, "jwks_uri": "http://id.example/keys"})),
        (DOCUMENT, 200, json!({"issuer": ISSUER})),
    ] {
        let before = answers.pages.lock().expect("a lock").get(url).cloned().expect("a page");
        answers.set(url, status, &body);
        assert!(provider.refresh().is_err(), "{url} {status} {body}");
        assert_eq!(both(&provider), ["nothing", "nothing"], "{url} {status} {body}");
        answers.pages.lock().expect("a lock").insert(url.to_owned(), before);
    }
    answers.set(KEYS, 200, &set(&[&new]));
    provider.refresh().expect("keys");
    assert_eq!(both(&provider), ["key", "nothing"], "also what was found good before");
}

#[test]
fn keys_that_strangers_make_up_are_asked_for_a_few_times_and_no_more() {
    let key = Key::new("good", Algorithm::EdDSA);
    let (provider, _) = known(&[&key], None);
    let named = |id: &str| {
        let token = key.token(&claims(), |header| header.kid = Some(id.to_owned()));
        assert_eq!(wrong(&provider, &token), "key");
        let is_wanting = provider.is_wanting();
        provider.refresh().expect("keys");
        is_wanting
    };
    // The same one is asked for once.
    assert!(named("made up"));
    assert!(!named("made up") && !named("made up"));
    let asked = (0..50).filter(|n| named(&format!("made up {n}"))).count();
    assert_eq!(asked, 7, "with the first, eight");
    assert!(!named("one more"));
    // In turn they are asked for anyhow, and each may be again.
    provider.renew().expect("keys");
    assert!(named("one more") && !named("one more"));
}

#[test]
fn a_provider_that_is_not_there_lets_nobody_in() {
    let key = Key::new("1", Algorithm::EdDSA);
    let answers = Answers::default();
    let provider = Provider::new(config(None), Box::new(answers.clone())).expect("a provider");
    let token = key.token(&claims(), |_| ());
    assert!(provider.refresh().is_err());
    assert_eq!(wrong(&provider, &token), "no keys");
    assert!(provider.is_wanting());
    answers.set(DOCUMENT, 200, &document());
    answers.set(KEYS, 200, &set(&[&key]));
    provider.refresh().expect("its keys");
    assert_eq!(wrong(&provider, &token), "nothing");
    let plain = Config { issuer: "http://id.example".into(), ..config(None) };
    assert!(Provider::new(plain, Box::new(answers.clone())).is_err());
    let nothing = Config { audiences: Vec::new(), client: None, ..config(None) };
    assert!(Provider::new(nothing, Box::new(answers)).is_err());
}
