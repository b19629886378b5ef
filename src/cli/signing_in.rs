//! Whose word counts for who somebody is, as `serve` is told. Invariant: the client's secret comes
//! from a file and is in no argument.

use std::{fs, path::PathBuf};

use clap::Args;
use sijil_oidc::{Client, Config};

use crate::error::CliError;

/// A sign-in provider, by OpenID Connect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct SignIn {
    /// Let the word of this sign-in provider count for users: its address, as its tokens say it.
    #[arg(long, value_name = "URL")]
    pub oidc_issuer: Option<String>,
    /// What access tokens are made for that are good here, as their `aud` says it; may be given
    /// several times.
    #[arg(long, value_name = "AUD", requires = "oidc_issuer")]
    pub oidc_audience: Vec<String>,
    /// The client this server is at the provider, so that people can sign in by its pages.
    #[arg(long, value_name = "ID", requires = "oidc_issuer")]
    pub oidc_client: Option<String>,
    /// The file with that client's secret, if it has one.
    #[arg(long, value_name = "FILE", requires = "oidc_client")]
    pub oidc_client_secret_file: Option<PathBuf>,
    /// Where people come back to, as the provider knows it; if it is not said, /sign-in/return at
    /// the public URL, or where the server listens.
    #[arg(long, value_name = "URL", requires = "oidc_client")]
    pub oidc_return: Option<String>,
    /// Certificates that vouch for the provider, in PEM, instead of those the system trusts.
    #[arg(long, value_name = "FILE", requires = "oidc_issuer")]
    pub oidc_ca: Option<PathBuf>,
}

impl SignIn {
    /// What is said of the provider; `None` if there is none.
    pub fn provider(&self) -> Result<Option<Config>, CliError> {
        let Some(issuer) = self.oidc_issuer.clone() else { return Ok(None) };
        let secret = self.oidc_client_secret_file.as_ref().map(|file| {
            let read = fs::read_to_string(file);
            let wrong = |why: String| {
                let file = file.display();
                CliError::Use(format!(
                    "expected the client's secret in {file} (--oidc-client-secret-file): {why}"
                ))
            };
            let text = read.map_err(|error| wrong(error.to_string()))?;
            let secret = text.trim();
            if secret.is_empty() { Err(wrong("it is empty".into())) } else { Ok(secret.to_owned()) }
        });
        let secret = secret.transpose()?;
        let redirect = self.oidc_return.clone();
        let client = self.oidc_client.clone().map(|id| Client { id, secret, redirect });
        Ok(Some(Config { issuer, audiences: self.oidc_audience.clone(), client }))
    }
}
