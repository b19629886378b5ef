//! Signing in by the provider's pages: the authorization code flow, with PKCE. Invariant: whoever
//! comes back is the one who was sent, and what counts of the answer is the ID token alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use form_urlencoded::Serializer;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use sijil_schemas::{Login, time::Timestamp};
use subtle::ConstantTimeEq;

use crate::{
    config::Client,
    provider::{Known, Provider},
    tokens::{NoToken, login, said_by, signed},
};

/// How long somebody may take to sign in at the provider, in seconds.
pub const SIGN_IN_S_MAX: u64 = 600;

/// A sign-in that began.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What the browser alone keeps, and has to show when it comes back.
    pub kept: String,
}

/// What a browser keeps of a sign-in, in three words with dots between.
#[derive(Clone, Copy)]
struct KeptBy<'a> {
    state: &'a str,
    nonce: &'a str,
    verifier: &'a str,
}

impl<'a> KeptBy<'a> {
    fn read(text: &'a str) -> Option<KeptBy<'a>> {
        let mut words = text.split('.');
        let mut word = || words.next().filter(|word| word.len() == RANDOM_CHARS);
        let kept = KeptBy { state: word()?, nonce: word()?, verifier: word()? };
        words.next().is_none().then_some(kept)
    }
}

/// What a browser comes back with.
#[derive(Debug, Default)]
pub struct Returned<'a> {
    /// The state in the address.
    pub state: Option<&'a str>,
    /// What the browser kept.
    pub kept: Option<&'a str>,
    /// The code.
    pub code: Option<&'a str>,
    /// Who says so, where that is said.
    pub issuer: Option<&'a str>,
    /// What went wrong at the provider.
    pub error: Option<&'a str>,
}

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub enum NoSignIn {
    /// Nobody signs in by pages here.
    #[error("the provider has no pages for this server")]
    NoPages,
    /// The provider was not reached yet.
    #[error("the provider is not known yet")]
    Unknown,
    /// The browser began no such sign-in, or too long ago to keep it.
    #[error("the browser that came back began no such sign-in, or too long ago")]
    State,
    /// The provider let nobody in.
    #[error("the provider says {0:?}")]
    Provider(String),
    /// Another provider answered.
    #[error("expected an answer of the provider itself, got one of {0:?}")]
    Issuer(String),
    /// The code was not taken.
    #[error("the provider did not exchange the code: {0}")]
    Code(String),
    /// What it was exchanged for is no good.
    #[error("the ID token is no good: {0}")]
    Token(#[from] NoToken),
}

#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
}

/// Characters of 32 random bytes.
const RANDOM_CHARS: usize = 43;

/// Random characters of a state, a nonce or a verifier.
fn random<E>(fill: &mut impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<String, E> {
    let mut bytes = [0; 32];
    fill(&mut bytes)?;
    Ok(BASE64.encode(bytes))
}

impl Provider {
    /// Begins a sign-in, with random bytes.
    ///
    /// # Errors
    /// What the source of random bytes says, or why none can begin.
    pub fn begin<E>(
        &self,
        mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Result<Begun, NoSignIn>, E> {
        let (state, nonce, verifier) = (random(&mut fill)?, random(&mut fill)?, random(&mut fill)?);
        let kept = KeptBy { state: &state, nonce: &nonce, verifier: &verifier };
        let begun = self.page(kept);
        Ok(begun.map(|url| Begun { url, kept: format!("{state}.{nonce}.{verifier}") }))
    }

    fn page(&self, kept: KeptBy<'_>) -> Result<String, NoSignIn> {
        let client = self.config.client.as_ref().ok_or(NoSignIn::NoPages)?;
        let known = self.known().ok_or(NoSignIn::Unknown)?;
        let page = known.document.authorization_endpoint.as_ref().ok_or(NoSignIn::NoPages)?;
        let redirect = self.redirect(client).ok_or(NoSignIn::NoPages)?;
        let challenge = BASE64.encode(Sha256::digest(kept.verifier.as_bytes()));
        let asked = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &client.id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", "openid")
            .append_pair("state", kept.state)
            .append_pair("nonce", kept.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let sign = if page.contains('?') { '&' } else { '?' };
        Ok(format!("{page}{sign}{asked}"))
    }

    /// Finishes a sign-in: who it is. It asks the provider, and so may wait.
    ///
    /// # Errors
    /// Why nobody signed in, for the operator alone.
    pub fn finish(&self, returned: &Returned<'_>, at: Timestamp) -> Result<Login, NoSignIn> {
        let client = self.config.client.as_ref().ok_or(NoSignIn::NoPages)?;
        let known = self.known().ok_or(NoSignIn::Unknown)?;
        let began = returned.kept.and_then(KeptBy::read).ok_or(NoSignIn::State)?;
        let state = returned.state.ok_or(NoSignIn::State)?;
        if !bool::from(state.as_bytes().ct_eq(began.state.as_bytes())) {
            return Err(NoSignIn::State);
        }
        let says_who = known.document.authorization_response_iss_parameter_supported;
        match returned.issuer {
            Some(issuer) if issuer != self.config.issuer => {
                return Err(NoSignIn::Issuer(issuer.chars().take(200).collect()));
            }
            None if says_who => return Err(NoSignIn::Issuer(String::new())),
            _ => (),
        }
        if let Some(error) = returned.error {
            return Err(NoSignIn::Provider(error.chars().take(200).collect()));
        }
        let code = returned.code.ok_or_else(|| NoSignIn::Provider("no code".into()))?;
        let token = self.exchanged(&known, client, (code, began.verifier))?;
        let read = id_token(&token, &known, (&self.config.issuer, &client.id), began.nonce, at);
        Ok(self.noted(read)?)
    }

    /// The ID token for a code.
    fn exchanged(
        &self,
        known: &Known,
        client: &Client,
        (code, verifier): (&str, &str),
    ) -> Result<String, NoSignIn> {
        let place = known.document.token_endpoint.as_ref().ok_or(NoSignIn::NoPages)?;
        let redirect = self.redirect(client).ok_or(NoSignIn::NoPages)?;
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect)
            .append_pair("code_verifier", verifier);
        let named = client.secret.as_deref().map(|secret| (client.id.as_str(), secret));
        if named.is_none() {
            form.append_pair("client_id", &client.id);
        }
        let answer = self.wire.post(place, &form.finish(), named);
        let answer = answer.map_err(|error| NoSignIn::Code(error.to_string()))?;
        if answer.status != 200 {
            return Err(NoSignIn::Code(format!("it answered {}", answer.status)));
        }
        let read: Result<Exchanged, _> = serde_json::from_slice(&answer.body);
        // What is answered holds tokens: no more than where it is wrong is said of it.
        read.map(|it| it.id_token).map_err(|error| {
            NoSignIn::Code(format!("no ID token at column {} of its answer", error.column()))
        })
    }
}

/// Whose an ID token is, made for a client in a sign-in.
fn id_token(
    text: &str,
    known: &Known,
    (issuer, client): (&str, &str),
    nonce: &str,
    at: Timestamp,
) -> Result<Login, NoToken> {
    // Providers say JWT, or nothing; an access token is none.
    let is_kind = |typ: Option<&str>| typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"));
    let (_, claims) = signed(text, &known.keys, is_kind, "JWT")?;
    let audience = [client.to_owned()];
    said_by(&claims, issuer, &audience)?;
    let is_for_several = claims.aud.names().len() > 1;
    let party = claims.azp.as_deref();
    if party.is_some_and(|party| party != client) || is_for_several && party.is_none() {
        let got = party.map(ToOwned::to_owned).into_iter().collect();
        return Err(NoToken::Audience { expected: audience.to_vec(), got });
    }
    claims.timely(at)?;
    let sent = claims.nonce.as_deref().unwrap_or_default();
    if !bool::from(sent.as_bytes().ct_eq(nonce.as_bytes())) {
        return Err(NoToken::Nonce);
    }
    login(&claims)
}
