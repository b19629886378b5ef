//! How a server is guarded on the network. Invariant: nothing that can be reached from another
//! machine is served in the clear, unless a proxy that was named stands before it.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use crate::{error::CliError, signing_in::SignIn};

/// How connections come in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Guard {
    /// The certificate chain by which the server is known, in PEM: what listens then speaks TLS
    /// alone, 1.2 or 1.3. Certificate and key are read anew when their files change.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, in PEM; refused if others than its owner can read it.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// The network of a proxy before the server, best its address alone, as in 10.1.2.3/32; may be
    /// given several times. Only requests from there and from this machine are answered, and only
    /// from there is Forwarded or X-Forwarded-For believed. Nothing from there is taken for this
    /// machine's own: of a proxy on it, let it ask from an address of its own, as in 127.0.0.2/32.
    #[arg(long, value_name = "CIDR", value_parser = network_of)]
    pub behind_proxy: Vec<IpNet>,
    /// Tell of every read in a line of JSON: who, by which key, what and how much, with a hash of
    /// what was asked. If it is `required`, what cannot be told is not answered.
    #[arg(
        long, value_name = "WHEN", num_args = 0..=1, default_value = "never",
        default_missing_value = "possible", value_enum
    )]
    pub audit_reads: AuditReads,
    /// The file to which reads are told, instead of standard error.
    #[arg(long, value_name = "FILE")]
    pub audit_to: Option<PathBuf>,
    /// Leave out the console, the pages for people.
    #[arg(long)]
    pub no_console: bool,
    /// Whose word counts for who somebody is.
    #[command(flatten)]
    pub sign_in: SignIn,
}

/// Whether reads are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum AuditReads {
    /// They are not.
    #[default]
    Never,
    /// Wherever that is possible.
    Possible,
    /// Each, or it is not answered.
    Required,
}

impl Guard {
    /// How addresses of the HTTP door begin.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls_cert.is_some() { "https" } else { "http" }
    }

    /// Refuses to listen beyond this machine in the clear.
    pub(crate) fn check(&self, address: SocketAddr, door: &str) -> Result<(), CliError> {
        if address.ip().to_canonical().is_loopback()
            || self.tls_cert.is_some()
            || !self.behind_proxy.is_empty()
        {
            return Ok(());
        }
        Err(CliError::Use(format!(
            "expected a loopback address for the {door} door, got {address}: what is said there in \
             the clear can be read and changed on its way. Give --tls-cert FILE --tls-key FILE, or \
             let a proxy that speaks TLS stand before it and name its network with --behind-proxy \
             CIDR"
        )))
    }
}

/// A network such as `10.0.0.0/8`, or one address alone.
fn network_of(text: &str) -> Result<IpNet, String> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| format!("expected a network as in 10.0.0.0/8, got {text:?}"))
}
