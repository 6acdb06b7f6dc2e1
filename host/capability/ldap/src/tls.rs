//! TLS towards the server: verified, always.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use crate::options::{ClientCertificate, LdapOptions, OptionsError};

/// Trusts the configured authority, or else the system's.
pub(crate) fn client_config(options: &LdapOptions) -> Result<Arc<ClientConfig>, OptionsError> {
    let failed = |error: rustls::Error| OptionsError::Certificates(error.to_string());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(trusted(options.ca_file.as_deref())?);
    let config = match &options.client_certificate {
        None => builder.with_no_client_auth(),
        Some(ClientCertificate { certificate, key }) => {
            let broken = |error: &dyn std::fmt::Display| {
                OptionsError::Certificates(format!("the key {}: {error}", key.display()))
            };
            let text = Zeroizing::new(fs::read(key).map_err(|error| broken(&error))?);
            let secret = PrivateKeyDer::from_pem_slice(&text).map_err(|error| broken(&error))?;
            builder.with_client_auth_cert(read(certificate)?, secret).map_err(failed)?
        }
    };
    Ok(Arc::new(config))
}

/// The authorities in `file`, or else those of the system, without what cannot be used
/// there. Never none.
fn trusted(file: Option<&Path>) -> Result<RootCertStore, OptionsError> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reason = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
            return Err(OptionsError::Certificates(format!("the system has none to trust{reason}")));
        }
        return Ok(roots);
    };
    for certificate in read(file)? {
        let added = roots.add(certificate);
        added.map_err(|error| OptionsError::Certificates(format!("{}: {error}", file.display())))?;
    }
    Ok(roots)
}

/// The certificates in a file; at least one.
fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, OptionsError> {
    let broken = |error: &dyn std::fmt::Display| OptionsError::Certificates(format!("{}: {error}", file.display()));
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(|error| broken(&error))?.collect();
    match found {
        Ok(found) if found.is_empty() => Err(broken(&"no certificate in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(broken(&error)),
    }
}
