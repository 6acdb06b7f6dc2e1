//! TLS towards the server: verified, always.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::options::{OptionsError, PostgresOptions, TlsMode};

/// Trusts the configured authority, or else the system's. With TLS off no certificate is
/// read and nothing is trusted.
pub(super) fn client_config(options: &PostgresOptions) -> Result<ClientConfig, OptionsError> {
    let mut roots = RootCertStore::empty();
    if options.tls == TlsMode::VerifyFull {
        match &options.ca_file {
            Some(file) => {
                let broken =
                    |error: &dyn std::fmt::Display| OptionsError::Certificates(format!("{}: {error}", file.display()));
                for certificate in CertificateDer::pem_file_iter(file).map_err(|e| broken(&e))? {
                    roots.add(certificate.map_err(|e| broken(&e))?).map_err(|e| broken(&e))?;
                }
                if roots.is_empty() {
                    return Err(broken(&"no certificate in it"));
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                let (added, _) = roots.add_parsable_certificates(found.certs);
                if added == 0 {
                    let reason = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
                    return Err(OptionsError::Certificates(format!("the system has none to trust{reason}")));
                }
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| OptionsError::Certificates(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
