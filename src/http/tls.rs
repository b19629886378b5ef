//! The certificate by which the doors are known, and connections under it. Invariant: a pair of
//! files that cannot be used never takes the place of one that can, and a key that others can read
//! is not used.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::{CryptoProvider, ring},
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};

use crate::limits::{CERTIFICATE_LOOK_MS, HANDSHAKE_S_MAX};

/// What group and world may do.
const OTHERS: u32 = 0o077;

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner can read or write the key.
    #[error(
        "the TLS key {} is open to others than its owner (mode {mode:04o}); have it replaced if \
         somebody may have read it, and make it its owner's alone: chmod 600 {}",
        file.display(), file.display()
    )]
    OpenToOthers {
        /// The file of the key.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A file does not hold what it should, in PEM.
    #[error("{}: expected {expected} in PEM: {source}", file.display())]
    NotPem {
        /// The file.
        file: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// Why it does not.
        source: pem::Error,
    },
    /// The two do not go together, or are of a kind that is not spoken.
    #[error("{} and {} are no pair that can be used: {source}", cert.display(), key.display())]
    NoPair {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

/// What is spoken over a connection, as ALPN names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// HTTP/2 or HTTP/1.1, as the client prefers.
    Http,
    /// HTTP/2 alone.
    Grpc,
}

/// TLS under a certificate that is read anew when its files change.
pub struct Tls {
    files: Arc<CertificateFiles>,
    http: TlsAcceptor,
    grpc: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("cert", &self.files.cert).finish_non_exhaustive()
    }
}

impl Tls {
    /// TLS 1.2 and 1.3 under the certificate chain and the key in these files, both PEM.
    pub fn open(cert: PathBuf, key: PathBuf) -> Result<Tls, TlsError> {
        // Named here and never installed for the process: other clients in it bring their own.
        let provider = Arc::new(ring::default_provider());
        let (stamps, pair) = (Stamps::of(&cert, &key), read(&cert, &key, &provider)?);
        let looked = Mutex::new(LastLook { at: Instant::now(), stamps });
        let pair = RwLock::new(Arc::new(pair));
        let files = Arc::new(CertificateFiles { cert, key, provider, pair, looked });
        let acceptor = |names: &[&[u8]]| files.acceptor(names);
        let (http, grpc) = (acceptor(&[b"h2", b"http/1.1"])?, acceptor(&[b"h2"])?);
        Ok(Tls { files, http, grpc })
    }

    /// Shakes hands, within [`HANDSHAKE_S_MAX`].
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        spoken: Spoken,
    ) -> io::Result<TlsStream<TcpStream>> {
        self.look().await;
        let acceptor = match spoken {
            Spoken::Http => &self.http,
            Spoken::Grpc => &self.grpc,
        };
        tokio::time::timeout(Duration::from_secs(HANDSHAKE_S_MAX), acceptor.accept(stream))
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake stood still"))?
    }

    /// Looks whether the files were replaced, unless somebody just did.
    async fn look(&self) {
        let is_due = self.files.looked.lock().unwrap_or_else(PoisonError::into_inner).is_due();
        if !is_due {
            return;
        }
        let files = self.files.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || files.renew()).await {
            tracing::error!(%error, "the TLS certificate could not be looked at");
        }
    }
}

/// The two files, and what was read of them last that could be used.
struct CertificateFiles {
    cert: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    pair: RwLock<Arc<CertifiedKey>>,
    looked: Mutex<LastLook>,
}

/// When the files were looked at, and how they were then.
struct LastLook {
    at: Instant,
    stamps: Stamps,
}

impl LastLook {
    /// Whether it is time to look again; who is told so does it, and nobody else meanwhile.
    fn is_due(&mut self) -> bool {
        let is_due = self.at.elapsed() >= Duration::from_millis(CERTIFICATE_LOOK_MS);
        if is_due {
            self.at = Instant::now();
        }
        is_due
    }
}

impl std::fmt::Debug for CertificateFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CertificateFiles").field("cert", &self.cert).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for CertificateFiles {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl CertificateFiles {
    fn acceptor(self: &Arc<CertificateFiles>, names: &[&[u8]]) -> Result<TlsAcceptor, TlsError> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|source| self.no_pair(source))?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = names.iter().map(|name| name.to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn no_pair(&self, source: rustls::Error) -> TlsError {
        TlsError::NoPair { cert: self.cert.clone(), key: self.key.clone(), source }
    }

    /// Reads the pair anew if the files are others than at the last look; one that cannot be used
    /// is told once and left.
    fn renew(&self) {
        let stamps = Stamps::of(&self.cert, &self.key);
        {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            if looked.stamps == stamps {
                return;
            }
            looked.stamps = stamps;
        }
        match read(&self.cert, &self.key, &self.provider) {
            Ok(pair) => {
                *self.pair.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
                tracing::warn!(cert = %self.cert.display(), "a new TLS certificate is used");
            }
            Err(error) => tracing::error!(
                %error,
                "the TLS certificate or its key was replaced by what cannot be used; the one \
                 before stays"
            ),
        }
    }
}

/// What tells that a file was replaced or written: its place, size and time of change, which no
/// copying of times sets back. A file that is not there has none.
#[derive(Debug, PartialEq, Eq)]
struct Stamps([Option<Stamp>; 2]);

/// Device, inode, size, and time of change in seconds and nanoseconds.
type Stamp = (u64, u64, u64, i64, i64);

impl Stamps {
    fn of(cert: &Path, key: &Path) -> Stamps {
        Stamps([cert, key].map(|file| {
            let it = std::fs::metadata(file).ok()?;
            Some((it.dev(), it.ino(), it.len(), it.ctime(), it.ctime_nsec()))
        }))
    }
}

fn read(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let text = |file: &Path| {
        std::fs::read(file).map_err(|source| TlsError::Unreadable { file: file.to_owned(), source })
    };
    let not_pem = |file: &Path, expected| {
        let file = file.to_owned();
        move |source| TlsError::NotPem { file, expected, source }
    };
    let meta = std::fs::metadata(key)
        .map_err(|source| TlsError::Unreadable { file: key.to_owned(), source })?;
    if meta.mode() & OTHERS != 0 {
        return Err(TlsError::OpenToOthers { file: key.to_owned(), mode: meta.mode() & 0o7777 });
    }
    let chain = CertificateDer::pem_slice_iter(&text(cert)?)
        .collect::<Result<Vec<_>, _>>()
        .and_then(|all| if all.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(all) })
        .map_err(not_pem(cert, "a certificate"))?;
    let secret =
        PrivateKeyDer::from_pem_slice(&text(key)?).map_err(not_pem(key, "a private key"))?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|source| TlsError::NoPair {
        cert: cert.to_owned(),
        key: key.to_owned(),
        source,
    })
}
