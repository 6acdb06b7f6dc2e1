//! The server's certificate, read again when its files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::watched_files::WatchedFiles;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not PEM.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// Certificate and key do not fit each other, or are of a kind that TLS cannot use.
    #[error("{}: {source}", file.display())]
    Unusable {
        /// The certificate's file.
        file: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Certificate and key from two PEM files. A change of the files takes effect with the
/// next connection; when the new ones are no good, the old ones stay in use.
#[derive(Debug)]
pub struct Certificates {
    files: Files,
    provider: Arc<CryptoProvider>,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
    watched: WatchedFiles,
}

/// Where certificate and key are.
#[derive(Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

/// What new connections get.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Certificates {
    /// Reads both files; TLS 1.2 and 1.3 with HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// Says which file is not usable, and why.
    pub fn load(cert: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let files = Files { cert, key };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let watched = WatchedFiles::new(vec![files.cert.clone(), files.key.clone()]);
        let current = Arc::new(Current(RwLock::new(Arc::new(files.read(&provider)?))));
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|source| TlsError::Unusable { file: files.cert.clone(), source })?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Current>::clone(&current));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, provider, current, config: Arc::new(config), watched })
    }

    /// What an acceptor needs.
    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Reads the files again if they are not what they were, or could not be used.
    pub(super) fn reload_if_changed(&self) {
        let renewed = self.watched.look(|| {
            let fresh = self.files.read(&self.provider)?;
            *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
            tracing::info!(target: "patchbay::tls", file = %self.files.cert.display(), "certificate reloaded");
            Ok::<_, TlsError>(())
        });
        if let Err(error) = renewed {
            tracing::warn!(target: "patchbay::tls", %error, "the new certificate is not usable; the old one stays");
        }
    }
}

impl Files {
    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let of = |file: &Path| {
            let file = file.to_owned();
            move |source| TlsError::File { file, source }
        };
        let chain = CertificateDer::pem_file_iter(&self.cert)
            .and_then(|certificates| certificates.collect::<Result<Vec<_>, _>>())
            .map_err(of(&self.cert))?;
        if chain.is_empty() {
            return Err(of(&self.cert)(pem::Error::NoItemsFound));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(of(&self.key))?;
        CertifiedKey::from_der(chain, key, provider)
            .map_err(|source| TlsError::Unusable { file: self.cert.clone(), source })
    }
}
