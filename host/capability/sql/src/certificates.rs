//! Certificates to trust in a database server.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::url::OptionsError;

/// The certificates (PEM) in `file`, or else those the system trusts, without what cannot
/// be read there. Never none.
pub(crate) fn trusted(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, OptionsError> {
    let Some(file) = file else { return of_the_system() };
    let broken = |error: &dyn std::fmt::Display| OptionsError::Certificates(format!("{}: {error}", file.display()));
    let mut certificates = Vec::new();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| broken(&e))? {
        let certificate = certificate.map_err(|e| broken(&e))?;
        usable(&certificate).map_err(|e| broken(&e))?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(broken(&"no certificate in it"));
    }
    Ok(certificates)
}

/// Systems carry the odd certificate that nothing here can use: it is left out.
fn of_the_system() -> Result<Vec<CertificateDer<'static>>, OptionsError> {
    let found = rustls_native_certs::load_native_certs();
    let certificates: Vec<_> = found.certs.into_iter().filter(|certificate| usable(certificate).is_ok()).collect();
    if certificates.is_empty() {
        let reason = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        return Err(OptionsError::Certificates(format!("the system has none to trust{reason}")));
    }
    Ok(certificates)
}

/// Whether it can be an authority.
fn usable(certificate: &CertificateDer<'static>) -> Result<(), rustls::Error> {
    RootCertStore::empty().add(certificate.clone())
}
