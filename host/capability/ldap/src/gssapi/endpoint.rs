//! What ties a bind to its TLS: `tls-server-end-point` (RFC 5929 section 4).

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::ber::{Reader, tag};

const OBJECT_ID: u8 = 0x06;
/// Signatures of RSA with a hash (1.2.840.113549.1.1), and of ECDSA with one of SHA-2
/// (1.2.840.10045.4.3): the last arc says which.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];
/// ECDSA with SHA-1.
const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

/// The binding for a server with this certificate: its hash by the function of its signature,
/// or by SHA-256 where that one is too weak. None where the signature names none by itself.
pub(super) fn binding(certificate: &[u8]) -> Option<Vec<u8>> {
    let hash = match signature(certificate)?.split_last()? {
        // MD5 and SHA-1.
        (4 | 5, RSA) => Sha256::digest(certificate).to_vec(),
        _ if signature(certificate)? == ECDSA_SHA1 => Sha256::digest(certificate).to_vec(),
        (11, RSA) | (2, ECDSA) => Sha256::digest(certificate).to_vec(),
        (12, RSA) | (3, ECDSA) => Sha384::digest(certificate).to_vec(),
        (13, RSA) | (4, ECDSA) => Sha512::digest(certificate).to_vec(),
        _ => return None,
    };
    Some([b"tls-server-end-point:".as_slice(), &hash].concat())
}

/// The object identifier of the algorithm that a certificate is signed by (RFC 5280 section
/// 4.1.1.2).
fn signature(certificate: &[u8]) -> Option<&[u8]> {
    let mut parts = Reader::new(certificate).parts(tag::SEQUENCE).ok()?;
    parts.expect(tag::SEQUENCE).ok()?;
    parts.parts(tag::SEQUENCE).ok()?.expect(OBJECT_ID).ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};

    use super::*;

    #[track_caller]
    fn check(algorithm: &'static rcgen::SignatureAlgorithm, length: Option<usize>) -> Option<Vec<u8>> {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = CertificateParams::new(["h".to_owned()]).unwrap().self_signed(&key).unwrap();
        let found = binding(certificate.der());
        assert_eq!(found.as_ref().map(Vec::len), length.map(|length| "tls-server-end-point:".len() + length));
        for end in 0..certificate.der().len() {
            let _ = binding(&certificate.der()[..end]);
        }
        found
    }

    #[test]
    fn by_the_hash_of_the_signature() {
        let found = check(&PKCS_ECDSA_P256_SHA256, Some(32)).unwrap();
        assert!(found.starts_with(b"tls-server-end-point:"));
        check(&PKCS_ECDSA_P384_SHA384, Some(48));
        check(&PKCS_ED25519, None);
        assert_eq!(binding(b"no certificate"), None);
    }
}
