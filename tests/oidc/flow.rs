//! Signing in at a provider's pages. Invariant: nobody comes back as somebody else.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sijil_oidc::{Begun, NoSignIn, NoToken, Provider, Returned};

use crate::provider::{Answers, CLIENT, ISSUER, KEYS, Key, NOW, RETURN, TOKEN, at, known, set};

fn begun(provider: &Provider, seed: u8) -> (Begun, HashMap<String, String>) {
    let mut next = seed;
    let fill = |bytes: &mut [u8]| {
        bytes.fill(next);
        next += 1;
        Ok::<(), ()>(())
    };
    let begun = provider.begin(fill).expect("bytes").expect("it begins");
    let query = begun.url.split_once('?').expect("a query").1;
    let asked = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    (begun, asked)
}

fn id_claims(nonce: &str) -> Value {
    json!({
        "iss": ISSUER, "sub": "person-1", "aud": CLIENT, "exp": NOW + 300, "iat": NOW,
        "nonce": nonce, "email": "somebody@example.org",
    })
}

fn answer_with(answers: &Answers, key: &Key, claims: &Value, typ: Option<&str>) {
    let token = key.token(claims, |header| header.typ = typ.map(ToOwned::to_owned));
    answers.set(TOKEN, 200, &json!({"id_token": token, "access_token": "x"}));
}

fn back(begun: &Begun) -> Returned<'_> {
    Returned {
        state: begun.kept.split('.').next(),
        kept: Some(&begun.kept),
        code: Some("code-1"),
        issuer: Some(ISSUER),
        error: None,
    }
}

#[test]
fn whoever_was_sent_away_comes_back_as_somebody() {
    let key = Key::new("1", Algorithm::RS256);
    for secret in [None, Some("its secret")] {
        let (provider, answers) = known(&[&key], secret);
        let (begun, asked) = begun(&provider, 1);
        assert!(begun.url.starts_with("https://id.example/authorize?theme=plain&"), "{begun:?}");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", RETURN),
            ("scope", "openid"),
            ("state", begun.kept.split('.').next().expect("a state")),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        answer_with(&answers, &key, &id_claims(&asked["nonce"]), Some("JWT"));
        let login = provider.finish(&back(&begun), at(NOW + 5)).expect("somebody");
        assert_eq!((login.issuer.as_str(), login.subject.as_str()), (ISSUER, "person-1"));
        let (form, client) = answers.forms.lock().expect("a lock").pop().expect("a form");
        let form: HashMap<String, String> =
            form_urlencoded::parse(form.as_bytes()).into_owned().collect();
        assert_eq!(form["grant_type"], "authorization_code");
        assert_eq!((form["code"].as_str(), form["redirect_uri"].as_str()), ("code-1", RETURN));
        let challenge = BASE64.encode(Sha256::digest(form["code_verifier"].as_bytes()));
        assert_eq!(challenge, asked["code_challenge"]);
        let named = secret.map(|secret| (CLIENT.to_owned(), secret.to_owned()));
        assert_eq!(client, named);
        assert_eq!(form.get("client_id").map(String::as_str), secret.is_none().then_some(CLIENT));
        // The verifier leaves the server for the provider alone, and the browser shows no other.
        assert!(!begun.url.contains(form["code_verifier"].as_str()));
    }
}

#[test]
fn nobody_comes_back_as_somebody_else() {
    let key = Key::new("1", Algorithm::EdDSA);
    let (provider, answers) = known(&[&key], None);
    let name = |found: Result<_, NoSignIn>| match found {
        Ok(_) => "somebody",
        Err(NoSignIn::State) => "state",
        Err(NoSignIn::Provider(_)) => "provider",
        Err(NoSignIn::Issuer(_)) => "issuer",
        Err(NoSignIn::Code(_)) => "code",
        Err(NoSignIn::Token(_)) => "token",
        Err(NoSignIn::NoPages | NoSignIn::Unknown) => "nothing",
    };
    type Change = fn(&mut Returned<'_>);
    let changes: [(Change, &str); 11] = [
        (|_| (), "somebody"),
        (|back| back.kept = None, "state"),
        (|back| back.kept = Some(ANOTHER), "state"),
        (
            |back| back.kept = back.kept.and_then(|kept| kept.rsplit_once('.')).map(|it| it.0),
            "state",
        ),
        (|back| back.state = None, "state"),
        (|back| back.state = Some("made up"), "state"),
        (|back| (back.state, back.kept) = (Some("made up"), Some("made up")), "state"),
        (|back| back.issuer = Some("https://evil.example"), "issuer"),
        (|back| back.issuer = None, "issuer"),
        (|back| back.error = Some("access_denied"), "provider"),
        (|back| back.code = None, "provider"),
    ];
    for (n, (change, expected)) in (0..).zip(changes) {
        let (begun, asked) = begun(&provider, 10 * n);
        answer_with(&answers, &key, &id_claims(&asked["nonce"]), None);
        let mut returned = back(&begun);
        change(&mut returned);
        assert_eq!(name(provider.finish(&returned, at(NOW))), expected, "case {n}");
    }
    // Whoever has another's state and nonce still lacks what was kept of the challenge.
    let (begun, asked) = begun(&provider, 200);
    answer_with(&answers, &key, &id_claims(&asked["nonce"]), None);
    let mine = format!("{}.{}.{}", asked["state"], asked["nonce"], "x".repeat(43));
    let returned = Returned { kept: Some(&mine), ..back(&begun) };
    assert_eq!(name(provider.finish(&returned, at(NOW))), "somebody", "so far, to the provider:");
    let (form, _) = answers.forms.lock().expect("a lock").pop().expect("a form");
    let sent: HashMap<String, String> =
        form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let challenge = BASE64.encode(Sha256::digest(sent["code_verifier"].as_bytes()));
    assert_ne!(challenge, asked["code_challenge"], "which refuses it");
}

/// What a browser keeps of a sign-in that was never begun.
const ANOTHER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[test]
fn the_id_token_of_another_sign_in_is_none() {
    let (key, other) = (Key::new("1", Algorithm::EdDSA), Key::new("1", Algorithm::EdDSA));
    let (provider, answers) = known(&[&key], None);
    type Change = fn(&mut Value);
    let changes: [(Change, bool); 10] = [
        (|_| (), true),
        (|claims| claims["nonce"] = json!("another"), false),
        (|claims| claims["nonce"] = Value::Null, false),
        (|claims| claims["aud"] = json!("another client"), false),
        (|claims| claims["aud"] = json!([CLIENT, "another"]), false),
        (|claims| (claims["aud"], claims["azp"]) = (json!([CLIENT, "b"]), json!(CLIENT)), true),
        (|claims| claims["azp"] = json!("another"), false),
        (|claims| claims["iss"] = json!("https://evil.example"), false),
        (|claims| claims["exp"] = json!(NOW - 61), false),
        (|claims| claims["iat"] = json!(NOW + 61), false),
    ];
    for (n, (change, is_good)) in (0..).zip(changes) {
        let (begun, asked) = begun(&provider, 3 * n);
        let mut claims = id_claims(&asked["nonce"]);
        change(&mut claims);
        answer_with(&answers, &key, &claims, Some("JWT"));
        let found = provider.finish(&back(&begun), at(NOW));
        assert_eq!(found.is_ok(), is_good, "case {n}: {found:?}");
    }
    let (begun_here, asked) = begun(&provider, 60);
    answer_with(&answers, &key, &id_claims(&asked["nonce"]), Some("at+jwt"));
    let found = provider.finish(&back(&begun_here), at(NOW));
    assert!(matches!(found, Err(NoSignIn::Token(NoToken::Kind { .. }))), "an access token");
    let (begun_here, asked) = begun(&provider, 70);
    answer_with(&answers, &other, &id_claims(&asked["nonce"]), Some("JWT"));
    let found = provider.finish(&back(&begun_here), at(NOW));
    assert!(matches!(found, Err(NoSignIn::Token(NoToken::Signature(_)))), "of another's key");
    for (status, body) in [
        (400, json!({"error": "invalid_grant"})),
        (200, json!({"access_token": "x"})),
        (200, json!("x")),
    ] {
        let (begun, _) = begun(&provider, 80);
        answers.set(TOKEN, status, &body);
        let found = provider.finish(&back(&begun), at(NOW));
        assert!(matches!(found, Err(NoSignIn::Code(_))), "{status} {body}");
    }
    // The keys turned over between leaving and coming back: the next try finds the new one.
    let new = Key::new("2", Algorithm::EdDSA);
    answers.set(KEYS, 200, &set(&[&new]));
    let (begun, asked) = begun(&provider, 90);
    answer_with(&answers, &new, &id_claims(&asked["nonce"]), None);
    assert!(provider.finish(&back(&begun), at(NOW)).is_err() && provider.is_wanting());
}
