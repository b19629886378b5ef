//! What a path and a query string ask for. Invariant: each parameter is given once and is text, and
//! whatever is not is a problem like any other.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequestParts, Path, Query},
    http::request::Parts,
};

use sijil_schemas::time::Date;

use crate::problem::Problem;

/// Parameters by name.
pub(crate) type Parameters = BTreeMap<String, String>;

/// The parameters of the query string.
pub(crate) struct Asked(pub(crate) Parameters);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|e| Problem::query("query", "name=value pairs", &e.to_string()))?;
        let mut parameters = Parameters::new();
        for (name, value) in pairs.0 {
            if lost_plus(&value) {
                return Err(Problem::query(
                    &name,
                    "a time with its offset; a + in an address stands for a space: write %2B, or Z \
                     for UTC",
                    &value,
                ));
            }
            if let Some(first) = parameters.insert(name.clone(), value) {
                return Err(Problem::query(
                    &name,
                    "each parameter once",
                    &format!("{first} and another"),
                ));
            }
        }
        Ok(Asked(parameters))
    }
}

/// Whether a value is a time whose offset was written with a bare +, which an address reads as a
/// space.
fn lost_plus(value: &str) -> bool {
    let Some((moment, offset)) = value.split_once(' ') else { return false };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    moment.get(..10).is_some_and(|day| day.parse::<Date>().is_ok())
        && moment.contains('T')
        && (2..=5).contains(&offset.len())
        && digits(offset)
}

/// The one name in the path.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Named, Problem> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        found
            .map(|Path(name)| Named(name))
            .map_err(|e| Problem::query("path", "percent-encoded UTF-8", &e.to_string()))
    }
}
