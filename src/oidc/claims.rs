//! What tokens say. Invariant: a claim that decides anything has one form, and another is refused.

use serde::{Deserialize, Deserializer, de::Error};
use sijil_schemas::time::Timestamp;

/// By how much two clocks may differ, in seconds.
pub(crate) const LEEWAY_S: i64 = 60;

/// The claims that decide, of an access token and of an ID token.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: Audience,
    pub(crate) exp: Moment,
    #[serde(default)]
    pub(crate) nbf: Option<Moment>,
    #[serde(default)]
    pub(crate) iat: Option<Moment>,
    /// What it may be used for, in words.
    #[serde(default)]
    pub(crate) scope: Option<String>,
    /// What binds an ID token to a sign-in that began.
    #[serde(default)]
    pub(crate) nonce: Option<String>,
    /// The client an ID token was made for, where it is for several.
    #[serde(default)]
    pub(crate) azp: Option<String>,
}

/// For whom a token was made.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Audience::One(one) => std::slice::from_ref(one),
            Audience::Several(all) => all,
        }
    }
}

/// Seconds since 1970, as tokens count. Parts of a second, which the form allows, are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Moment, D::Error> {
        let number = serde_json::Number::deserialize(from)?;
        let text = number.to_string();
        let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
        let seconds: Option<i64> = whole.parse().ok();
        // Far beyond any time that Sijil knows there is nothing to compare.
        seconds
            .filter(|seconds| (0..1 << 40).contains(seconds))
            .map(Moment)
            .ok_or_else(|| D::Error::custom("expected seconds since 1970"))
    }
}

impl Moment {
    /// The moment as Sijil has it.
    pub(crate) fn at(self) -> Timestamp {
        Timestamp::from_micros(self.0 * 1_000_000).unwrap_or(Timestamp::END)
    }
    fn seconds(self) -> i64 {
        self.0
    }
}

/// Why a token is not good at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untimely {
    /// Its time is over.
    #[error("it expired")]
    Expired,
    /// Its time has not come.
    #[error("it is not good yet")]
    Early,
}

impl Claims {
    /// Whether the token is good at a moment, as far as time goes.
    pub(crate) fn timely(&self, at: Timestamp) -> Result<(), Untimely> {
        let now = at.micros().div_euclid(1_000_000);
        if now >= self.exp.seconds().saturating_add(LEEWAY_S) {
            return Err(Untimely::Expired);
        }
        let begins = [self.nbf, self.iat].into_iter().flatten().max();
        if begins.is_some_and(|begins| begins.seconds() > now + LEEWAY_S) {
            return Err(Untimely::Early);
        }
        Ok(())
    }
}
