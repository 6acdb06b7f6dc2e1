//! TLS towards the server: verified, always.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use super::options::PostgresOptions;
use crate::certificates;
use crate::url::{OptionsError, TlsMode};

/// Trusts the configured authority, or else the system's. With TLS off no certificate is
/// read and nothing is trusted.
pub(super) fn client_config(options: &PostgresOptions) -> Result<ClientConfig, OptionsError> {
    let mut roots = RootCertStore::empty();
    if options.tls == TlsMode::VerifyFull {
        for certificate in certificates::trusted(options.ca_file.as_deref())? {
            roots.add(certificate).map_err(|error| OptionsError::Certificates(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OptionsError::Certificates(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
