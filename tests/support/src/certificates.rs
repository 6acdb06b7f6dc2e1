//! A private authority, with a certificate for a server on loopback and one for a client.

use anyhow::{Context as _, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// Names that the server's certificate is good for.
const NAMES: [&str; 4] = ["127.0.0.1", "localhost", "dc1.test.lan", "*.test.lan"];

/// What [`Certificates::client`] says its holder is: the one common name of its subject.
pub(crate) const CLIENT: &str = "patchbay-client";

/// Made afresh, all PEM. Servers that are given the same ones are trusted by the same file.
#[derive(Clone)]
pub struct Certificates {
    /// The authority's certificate.
    pub ca: String,
    /// The server's certificate and key, for 127.0.0.1 and `localhost`.
    pub server: (String, String),
    /// A client's certificate and key; the subject is `CN=patchbay-client`.
    pub client: (String, String),
}

impl Certificates {
    /// A new authority, and what it signed.
    pub fn new() -> Result<Self> {
        let key = KeyPair::generate().context("cannot make a key")?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject("Patchbay test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca = params.self_signed(&key).context("cannot make an authority")?.pem();
        let issuer = Issuer::new(params, key);
        let names = NAMES.map(str::to_owned);
        Ok(Self {
            ca,
            server: signed(&issuer, "127.0.0.1", &names, ExtendedKeyUsagePurpose::ServerAuth)?,
            client: signed(&issuer, CLIENT, &[], ExtendedKeyUsagePurpose::ClientAuth)?,
        })
    }
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

/// A certificate and its key.
fn signed(
    issuer: &Issuer<'_, KeyPair>,
    name: &str,
    names: &[String],
    usage: ExtendedKeyUsagePurpose,
) -> Result<(String, String)> {
    let key = KeyPair::generate().context("cannot make a key")?;
    let mut params = CertificateParams::new(names).context("not the names of a server")?;
    params.distinguished_name = subject(name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, issuer).context("cannot make a certificate")?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn subject(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}
