//! The keys of a provider. Invariant: a key signs with the algorithms that are its own; none of
//! them is a secret that both sides have.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;

/// The algorithms that may sign a token.
pub(crate) const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256, Algorithm::PS256];
/// The fewest bytes of an RSA modulus: 2,048 bits.
const RSA_BYTES_MIN: usize = 256;
/// A set has no more keys.
const KEYS_MAX: usize = 100;

/// The keys of a provider that may sign a token.
#[derive(Default)]
pub(crate) struct Keys(Vec<Known>);

struct Known {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// A text that is no set of keys.
#[derive(Debug, thiserror::Error)]
#[error("expected a set of keys: {0}")]
pub(crate) struct NoKeys(#[from] serde_json::Error);

impl Keys {
    /// The keys of a set, as RFC 7517 writes it. What is of no use here is left out.
    pub(crate) fn read(text: &[u8]) -> Result<Keys, NoKeys> {
        let set: Set = serde_json::from_slice(text)?;
        let read = set.keys.into_iter().take(KEYS_MAX).filter_map(|key| {
            let key: Jwk = serde_json::from_value(key).ok()?;
            let algorithms = algorithms(&key);
            if algorithms.is_empty() || !signs(&key) {
                return None;
            }
            let id = key.common.key_id.clone();
            Some(Known { id, algorithms, key: DecodingKey::from_jwk(&key).ok()? })
        });
        Ok(Keys(read.collect()))
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The key of an id that signs with an algorithm; of a token that names none, the only one
    /// there is.
    pub(crate) fn of(&self, id: Option<&str>, algorithm: Algorithm) -> Option<&DecodingKey> {
        let mut fit = self.0.iter().filter(|known| {
            known.algorithms.contains(&algorithm) && (id.is_none() || known.id.as_deref() == id)
        });
        let found = fit.next()?;
        fit.next().is_none().then_some(&found.key)
    }
}

/// The algorithms a key signs with here; none, if it is of a kind that does not.
fn algorithms(key: &Jwk) -> Vec<Algorithm> {
    let able: &[Algorithm] = match &key.algorithm {
        AlgorithmParameters::RSA(rsa) if modulus_bytes(&rsa.n) >= RSA_BYTES_MIN => {
            &[Algorithm::RS256, Algorithm::PS256]
        }
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            &[Algorithm::ES256]
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDSA]
        }
        _ => &[],
    };
    let said = key.common.key_algorithm;
    let is_said = |able: &Algorithm| said.is_none_or(|said| said == KeyAlgorithm::from(*able));
    able.iter().copied().filter(is_said).collect()
}

/// The bytes of a number in base64url: three for four characters.
fn modulus_bytes(text: &str) -> usize {
    text.trim_start_matches('A').len() * 3 / 4
}

/// Whether a key is for signatures, as far as is said.
fn signs(key: &Jwk) -> bool {
    let for_use = key.common.public_key_use.as_ref();
    let operations = key.common.key_operations.as_ref();
    for_use.is_none_or(|it| *it == PublicKeyUse::Signature)
        && operations.is_none_or(|all| all.contains(&KeyOperations::Verify))
}
