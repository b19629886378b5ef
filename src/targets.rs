//! Where backups stand, and with what they are sealed and read: directories and buckets, files of
//! keys. Invariant: a secret comes from a file or the environment, and is in no argument.

use std::{env, fs, path::Path, sync::Arc, time::Duration};

use sijil_backup::{
    DirectoryTarget, Identities, Keys, Recipients, S3Target, Seal, Signing, Store, Target,
};
use sijil_cli::{
    CliError, Home, door,
    keeping::{Opening, Place},
};

use crate::checkpoints;

/// The region of a store that has none.
const NOWHERE: &str = "us-east-1";
/// How long a store may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// The target at a place.
pub(crate) fn target(place: &Place) -> Result<Arc<dyn Target>, CliError> {
    let Some((bucket, prefix)) = place.bucket() else {
        return Ok(Arc::new(DirectoryTarget::new(place.as_str())));
    };
    let said = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let needed = |name: &str| {
        let why = || CliError::Use(format!("{place}: expected {name} in the environment"));
        said(name).ok_or_else(why)
    };
    let region = said("AWS_REGION").or_else(|| said("AWS_DEFAULT_REGION"));
    let region = region.unwrap_or_else(|| NOWHERE.to_owned());
    let endpoint = said("AWS_ENDPOINT_URL_S3").or_else(|| said("AWS_ENDPOINT_URL"));
    let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
    let agent = door::agent(&endpoint, None, Some(ANSWER_MAX))?;
    let store = Store {
        endpoint,
        region,
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        key: (needed("AWS_ACCESS_KEY_ID")?, needed("AWS_SECRET_ACCESS_KEY")?),
        token: said("AWS_SESSION_TOKEN"),
    };
    let target = S3Target::new(store, agent);
    Ok(Arc::new(target.map_err(|why| CliError::Use(format!("{place}: {why}")))?))
}

fn read<T>(file: &Path, parsed: impl Fn(&str) -> Result<T, String>) -> Result<T, CliError> {
    let wrong = |why: String| CliError::Use(format!("{}: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    parsed(&text).map_err(wrong)
}

/// With what a backup of a ledger is written, which is known outside by a host, if it is. One that
/// has no key that signs is not signed, and says so.
pub(crate) fn seal(
    home: &Home,
    public: Option<&str>,
    recipients: Option<&Path>,
) -> Result<Seal, CliError> {
    let signing = match checkpoints::signing(home, public, true)? {
        Ok(sijil_ledger::Signing { host, seed, .. }) => Some(Signing { host, seed }),
        Err(why) => {
            tracing::warn!(why, "the backup is not signed");
            None
        }
    };
    Ok(Seal { signing, ..sealing(recipients)? })
}

/// The same of a copy, which signs nothing until it is adopted.
pub(crate) fn sealing(recipients: Option<&Path>) -> Result<Seal, CliError> {
    let recipients = recipients.map(|file| read(file, Recipients::parse)).transpose()?;
    Ok(Seal { signing: None, recipients: recipients.unwrap_or_default() })
}

/// With what a backup is read.
pub(crate) fn keys(opening: &Opening) -> Result<Keys, CliError> {
    let identities = opening.identity.as_deref().map(|file| read(file, Identities::parse));
    Ok(Keys {
        identities: identities.transpose()?.unwrap_or_default(),
        signed_by: opening.signed_by.clone(),
    })
}
