//! Access tokens. Invariant: what is kept as good is kept by its hash, and no longer than the keys
//! that it was found good by.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jsonwebtoken::{Header, TokenData, Validation, decode, decode_header};
use sha2::{Digest, Sha256};
use sijil_schemas::{Login, May, text::Name, time::Timestamp};

use crate::{
    claims::{Claims, LEEWAY_S, Untimely},
    keys::{ALGORITHMS, Keys},
};

/// A token has no more bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// So many tokens are kept as good at once; when there are more, all are read anew.
const KEPT_MAX: usize = 4_096;
/// What stands before a verb in the words of a scope.
const SCOPE: &str = "sijil:";

/// Who showed a token that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// How the provider knows the person.
    pub login: Login,
    /// The first moment at which the token is good no more.
    pub until: Timestamp,
    /// What it may be used for at most, if it says so.
    pub narrows: Option<Vec<May>>,
}

/// Why a token is no good. It is told to the operator, and to nobody who shows one.
#[derive(Debug, thiserror::Error)]
pub enum NoToken {
    /// The provider was not reached yet.
    #[error("the provider's keys are not known yet")]
    NoKeys,
    /// It is no signed token, or too long.
    #[error("it is no signed token of at most {TOKEN_BYTES_MAX} bytes: {0}")]
    Form(String),
    /// It is another kind of token.
    #[error("expected a token of type {expected}, got {got:?}")]
    Kind {
        /// The type that counts here.
        expected: &'static str,
        /// The one it has.
        got: Option<String>,
    },
    /// It is signed by something else.
    #[error("expected it to be signed by EdDSA, ES256, RS256 or PS256, got {0}")]
    Algorithm(String),
    /// It names a key that the provider's set does not have for its algorithm.
    #[error("the provider has no key {0:?} of its algorithm")]
    UnknownKey(Option<String>),
    /// The signature is not that of the key.
    #[error("its signature is wrong: {0}")]
    Signature(String),
    /// It is another provider's.
    #[error("expected it from {expected:?}, got {got:?}")]
    Issuer {
        /// The provider.
        expected: String,
        /// Who it says it is from.
        got: String,
    },
    /// It was made for something else.
    #[error("expected it to be for one of {expected:?}, got {got:?}")]
    Audience {
        /// What it would have to be for.
        expected: Vec<String>,
        /// What it is for.
        got: Vec<String>,
    },
    /// It is over, or not good yet.
    #[error(transparent)]
    Time(#[from] Untimely),
    /// It belongs to another sign-in than the one that began.
    #[error("it belongs to another sign-in")]
    Nonce,
    /// It says nobody that can be known.
    #[error("nobody can be known by its subject: {0}")]
    Subject(String),
}

/// The kind a token says it is of: an access token by RFC 9068.
const ACCESS: &str = "at+jwt";

/// Reads an access token of a provider for one of some audiences.
pub(crate) fn access(
    text: &str,
    keys: &Keys,
    (issuer, audiences): (&str, &[String]),
    at: Timestamp,
) -> Result<Shown, NoToken> {
    let (header, claims) = signed(text, keys, |typ| is_kind(typ, ACCESS), ACCESS)?;
    debug_assert!(header.crit.is_none(), "nothing critical is let through");
    said_by(&claims, issuer, audiences)?;
    claims.timely(at)?;
    let words = claims.scope.as_deref().unwrap_or_default().split_whitespace();
    let ours: Vec<&str> = words.filter_map(|word| word.strip_prefix(SCOPE)).collect();
    let verbs = |words: Vec<&str>| {
        May::ALL.iter().copied().filter(|may| words.contains(&may.name())).collect()
    };
    Ok(Shown {
        login: login(&claims)?,
        until: ends(&claims),
        narrows: (!ours.is_empty()).then(|| verbs(ours)),
    })
}

/// Whether a token's `typ` is a media type, with or without what may be left out.
fn is_kind(typ: Option<&str>, kind: &str) -> bool {
    let lower = typ.map(str::to_ascii_lowercase);
    lower.is_some_and(|typ| typ.strip_prefix("application/").unwrap_or(&typ) == kind)
}

/// The claims of a token that a key of the set signed.
pub(crate) fn signed(
    text: &str,
    keys: &Keys,
    is_kind: impl Fn(Option<&str>) -> bool,
    expected: &'static str,
) -> Result<(Header, Claims), NoToken> {
    if text.len() > TOKEN_BYTES_MAX {
        return Err(NoToken::Form("too long".into()));
    }
    let header = decode_header(text).map_err(|error| NoToken::Form(error.to_string()))?;
    if !is_kind(header.typ.as_deref()) {
        return Err(NoToken::Kind { expected, got: header.typ });
    }
    if header.crit.is_some() {
        return Err(NoToken::Form("it has extensions that must be known".into()));
    }
    if !ALGORITHMS.contains(&header.alg) {
        return Err(NoToken::Algorithm(format!("{:?}", header.alg)));
    }
    let key = keys
        .of(header.kid.as_deref(), header.alg)
        .ok_or_else(|| NoToken::UnknownKey(header.kid.clone()))?;
    let mut validation = Validation::new(header.alg);
    // What the claims say is judged here, by the ledger's own clock.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let TokenData { header, claims } =
        decode(text, key, &validation).map_err(|error| NoToken::Signature(error.to_string()))?;
    Ok((header, claims))
}

/// Whether a token is of a provider, and for one of some audiences.
pub(crate) fn said_by(claims: &Claims, issuer: &str, audiences: &[String]) -> Result<(), NoToken> {
    if claims.iss != issuer {
        return Err(NoToken::Issuer { expected: issuer.to_owned(), got: claims.iss.clone() });
    }
    let named = claims.aud.names();
    if named.iter().any(|name| audiences.contains(name)) {
        return Ok(());
    }
    Err(NoToken::Audience { expected: audiences.to_vec(), got: named.to_vec() })
}

/// Whose a token is.
pub(crate) fn login(claims: &Claims) -> Result<Login, NoToken> {
    let name = |text: &str| Name::new(text).map_err(NoToken::Subject);
    Ok(Login { issuer: name(&claims.iss)?, subject: name(&claims.sub)? })
}

/// The first moment at which a token is good no more.
pub(crate) fn ends(claims: &Claims) -> Timestamp {
    let until = claims.exp.at().micros().saturating_add(LEEWAY_S * 1_000_000);
    Timestamp::from_micros(until).unwrap_or(Timestamp::END)
}

/// Tokens that were found good, by their hashes.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<[u8; 32], Shown>>);

impl Kept {
    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn hash(text: &str) -> [u8; 32] {
        Sha256::digest(text.as_bytes()).into()
    }
    /// A token that is still good.
    pub(crate) fn get(&self, hash: &[u8; 32], at: Timestamp) -> Option<Shown> {
        self.all().get(hash).filter(|shown| at < shown.until).cloned()
    }
    pub(crate) fn put(&self, hash: [u8; 32], shown: Shown) {
        let mut all = self.all();
        if all.len() >= KEPT_MAX {
            all.clear();
        }
        all.insert(hash, shown);
    }
    /// Forgets all, since the keys may be others.
    pub(crate) fn forget(&self) {
        self.all().clear();
    }
}
