//! TLS for connections to Postgres. Invariant: a connection that asks for it is encrypted, and the
//! server has shown a certificate for its name from somebody who is trusted; there is no asking for
//! half of that.

use std::{io, path::PathBuf, sync::Arc};

use ::postgres::{Client, Config, Error, NoTls, config::SslMode};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Not at all: for a server on this machine, or a network one trusts.
    None,
    /// By TLS.
    Tls {
        /// A file with the certificates that are trusted; those of the system if there is none.
        roots: Option<PathBuf>,
    },
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum Unconnected {
    /// There is nobody to trust.
    Roots(io::Error),
    /// The server, or the way to it, said so.
    Server(Error),
}

impl Protection {
    /// Takes what is said about TLS out of the options of an address; the driver gets the others.
    pub(crate) fn taken(options: &str) -> Result<(Protection, String), String> {
        let (mut tls, mut roots, mut others) = (false, None, Vec::new());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", "disable")) => tls = false,
                Some(("sslmode", "require" | "verify-ca" | "verify-full")) => tls = true,
                Some(("sslmode", mode)) => {
                    return Err(format!(
                        "sslmode is disable or verify-full, which require and verify-ca mean too, \
                         not {mode}"
                    ));
                }
                Some(("sslrootcert", "system")) => roots = None,
                Some(("sslrootcert", file)) => roots = Some(PathBuf::from(file)),
                _ => others.push(option),
            }
        }
        if roots.is_some() && !tls {
            return Err(
                "sslrootcert says whom to trust, but without sslmode=verify-full there is no TLS"
                    .to_owned(),
            );
        }
        Ok((if tls { Protection::Tls { roots } } else { Protection::None }, others.join("&")))
    }

    /// Connects.
    pub(crate) fn connect(&self, config: &Config) -> Result<Client, Unconnected> {
        let Protection::Tls { roots } = self else {
            return config.connect(NoTls).map_err(Unconnected::Server);
        };
        let trusted = match roots {
            Some(file) => in_file(file).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("cannot read certificates from {}: {error}", file.display()),
                )
            }),
            None => in_system(),
        };
        // A provider of its own: whoever else speaks TLS in this process chooses for himself.
        let config_of = |roots: RootCertStore| {
            let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions();
            builder
                .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
                .map_err(io::Error::other)
        };
        let tls = trusted.and_then(config_of).map_err(Unconnected::Roots)?;
        config
            .clone()
            .ssl_mode(SslMode::Require)
            .connect(MakeRustlsConnect::new(tls))
            .map_err(Unconnected::Server)
    }
}

fn in_file(file: &PathBuf) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(io::Error::other)? {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    if roots.is_empty() {
        Err(io::Error::new(io::ErrorKind::InvalidData, "there is none in it"))
    } else {
        Ok(roots)
    }
}

fn in_system() -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    // One that cannot be understood trusts nobody.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let none = "the system has no certificates to trust; install ca-certificates, or name a file \
                with sslrootcert=FILE";
    if roots.is_empty() { Err(io::Error::new(io::ErrorKind::NotFound, none)) } else { Ok(roots) }
}
