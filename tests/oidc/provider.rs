//! A provider in memory, whose keys and answers a test makes.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};
use sijil_oidc::{Answer, Client, Config, Provider, Wire};
use sijil_schemas::time::Timestamp;

pub const ISSUER: &str = "https://id.example/realms/books";
pub const AUDIENCE: &str = "https://books.example";
pub const CLIENT: &str = "books";
pub const RETURN: &str = "https://books.example/sign-in/return";
/// When it all happens, in seconds since 1970.
pub const NOW: i64 = 1_764_547_200;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).expect("a time")
}

/// A key of a provider, and how its set has it.
pub struct Key {
    pub id: String,
    pub algorithm: Algorithm,
    pub key: EncodingKey,
    pub public: Value,
}

impl Key {
    pub fn new(id: &str, algorithm: Algorithm) -> Key {
        let random = SystemRandom::new();
        let key = match algorithm {
            Algorithm::EdDSA => {
                let der = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
                let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).expect("a key");
                let x = BASE64.encode(pair.public_key().as_ref());
                let public = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": id});
                let key = EncodingKey::from_ed_der(der.as_ref());
                return Key { id: id.to_owned(), algorithm, key, public };
            }
            Algorithm::ES256 => {
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let der = EcdsaKeyPair::generate_pkcs8(curve, &random).expect("a key");
                EncodingKey::from_ec_der(der.as_ref())
            }
            _ => rsa(KeySize::Rsa2048),
        };
        Key::of(id, algorithm, key)
    }
    pub fn of(id: &str, algorithm: Algorithm, key: EncodingKey) -> Key {
        let mut public = Jwk::from_encoding_key(&key, algorithm).expect("a public half");
        public.common.key_id = Some(id.to_owned());
        let public = serde_json::to_value(public).expect("JSON");
        Key { id: id.to_owned(), algorithm, key, public }
    }
    /// A token of this key: an access token unless the header is changed.
    pub fn token(&self, claims: &Value, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Header::new(self.algorithm);
        header.typ = Some("at+jwt".into());
        header.kid = Some(self.id.clone());
        change(&mut header);
        encode(&header, claims, &self.key).expect("a token")
    }
}

/// A new RSA key: the library wants the form of PKCS #1, which stands behind 26 bytes of PKCS #8.
pub fn rsa(size: KeySize) -> EncodingKey {
    let pair = KeyPair::generate(size).expect("a key");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("bytes");
    EncodingKey::from_rsa_der(&der.as_ref()[26..])
}

/// The claims of a good access token.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "person-1", "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW,
        "jti": "1", "client_id": "app", "scope": "openid profile",
    })
}

/// A form that was sent, and the client with its secret that it was sent for.
type Form = (String, Option<(String, String)>);

/// What a provider answers, by URL; a test may change it while it runs.
#[derive(Clone, Default)]
pub struct Answers {
    pub pages: Arc<Mutex<HashMap<String, (u16, String)>>>,
    /// The forms that were sent.
    pub forms: Arc<Mutex<Vec<Form>>>,
}

impl Answers {
    pub fn set(&self, url: &str, status: u16, body: &Value) {
        let page = (status, body.to_string());
        self.pages.lock().expect("a lock").insert(url.to_owned(), page);
    }
    fn get(&self, url: &str) -> io::Result<Answer> {
        let pages = self.pages.lock().expect("a lock");
        let (status, body) = pages.get(url).ok_or(io::ErrorKind::ConnectionRefused)?;
        Ok(Answer { status: *status, body: body.clone().into_bytes() })
    }
}

impl Wire for Answers {
    fn get(&self, url: &str) -> io::Result<Answer> {
        Answers::get(self, url)
    }
    fn post(&self, url: &str, form: &str, client: Option<(&str, &str)>) -> io::Result<Answer> {
        let client = client.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
        self.forms.lock().expect("a lock").push((form.to_owned(), client));
        Answers::get(self, url)
    }
}

pub const DOCUMENT: &str = "https://id.example/realms/books/.well-known/openid-configuration";
pub const KEYS: &str = "https://id.example/keys";
pub const TOKEN: &str = "https://id.example/token";

pub fn document() -> Value {
    json!({
        "issuer": ISSUER, "jwks_uri": KEYS, "token_endpoint": TOKEN,
        "authorization_endpoint": "https://id.example/authorize?theme=plain",
        "authorization_response_iss_parameter_supported": true,
    })
}

pub fn config(secret: Option<&str>) -> Config {
    let client = Client {
        id: CLIENT.into(),
        secret: secret.map(ToOwned::to_owned),
        redirect: Some(RETURN.into()),
    };
    Config { issuer: ISSUER.into(), audiences: vec![AUDIENCE.into()], client: Some(client) }
}

/// A provider with these keys, whose document and keys are known.
pub fn known(keys: &[&Key], secret: Option<&str>) -> (Provider, Answers) {
    let answers = Answers::default();
    answers.set(DOCUMENT, 200, &document());
    answers.set(KEYS, 200, &set(keys));
    let provider = Provider::new(config(secret), Box::new(answers.clone())).expect("a provider");
    provider.refresh().expect("its keys");
    (provider, answers)
}

pub fn set(keys: &[&Key]) -> Value {
    json!({"keys": keys.iter().map(|key| key.public.clone()).collect::<Vec<_>>()})
}
