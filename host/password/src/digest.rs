//! One digest over password and salt, as OpenLDAP and its kin write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha512};

use crate::scheme::Salted;

/// `{SSHA}` and the like: Base64 of the digest with the salt behind it.
pub(crate) fn salted(password: &[u8], salt: &[u8], digest: Salted) -> String {
    let (mark, hash) = match digest {
        Salted::Sha1 => ("{SSHA}", sha1(password, salt)),
        Salted::Sha256 => ("{SSHA256}", Sha256::new().chain_update(password).chain_update(salt).finalize().to_vec()),
        Salted::Sha512 => ("{SSHA512}", Sha512::new().chain_update(password).chain_update(salt).finalize().to_vec()),
    };
    format!("{mark}{}", STANDARD.encode([hash.as_slice(), salt].concat()))
}

fn sha1(password: &[u8], salt: &[u8]) -> Vec<u8> {
    use sha1::{Digest as _, Sha1};
    Sha1::new().chain_update(password).chain_update(salt).finalize().to_vec()
}
