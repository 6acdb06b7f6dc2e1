//! Schemes that are slow on purpose.

use std::fmt::Write as _;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use pbkdf2::pbkdf2_hmac;
use sha2::{Sha256, Sha512};

use crate::scheme::{HashError, Pbkdf2Form, Variant};

/// The alphabet of crypt(3): six bits each, from the lowest.
const CRYPT: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH`, Base64 without padding.
pub(crate) fn argon2id(
    password: &[u8],
    salt: &[u8],
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
) -> Result<String, HashError> {
    let refused = |_| HashError::Parameters;
    let params = Params::new(memory_kib, iterations, parallelism, None).map_err(refused)?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut hash)
        .map_err(refused)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${hash}"))
}

/// `$2b$COST$SALTHASH` in bcrypt's own alphabet.
pub(crate) fn bcrypt(password: &[u8], salt: &[u8], cost: u32, variant: Variant) -> Result<String, HashError> {
    let salt = salt.try_into().map_err(|_| HashError::Salt)?;
    // Whoever calls has refused what would be cut off; the implementation does so again.
    let parts = bcrypt::non_truncating_hash_with_salt(password, cost, salt).map_err(|_| HashError::Parameters)?;
    Ok(parts.format_for_version(match variant {
        Variant::V2a => bcrypt::Version::TwoA,
        Variant::V2b => bcrypt::Version::TwoB,
        Variant::V2y => bcrypt::Version::TwoY,
    }))
}

/// PBKDF2 in the text form of passlib or Django.
pub(crate) fn pbkdf2(password: &[u8], salt: &[u8], form: Pbkdf2Form, iterations: u32) -> String {
    // passlib's Base64 has a dot for the plus sign.
    let dotted = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes).replace('+', ".");
    let (mut short, mut long) = ([0; 32], [0; 64]);
    match form {
        Pbkdf2Form::Sha256 => {
            pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut short);
            format!("$pbkdf2-sha256${iterations}${}${}", dotted(salt), dotted(&short))
        }
        Pbkdf2Form::Sha512 => {
            pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut long);
            format!("$pbkdf2-sha512${iterations}${}${}", dotted(salt), dotted(&long))
        }
        // Django's salt is text, and counts as its own bytes.
        Pbkdf2Form::Django => {
            let salt = STANDARD_NO_PAD.encode(salt).replace(['+', '/'], "0");
            pbkdf2_hmac::<Sha256>(password, salt.as_bytes(), iterations, &mut short);
            format!("pbkdf2_sha256${iterations}${salt}${}", STANDARD.encode(short))
        }
    }
}

/// `$6$rounds=N$SALT$HASH`; `salt` is text in the alphabet of crypt(3), of which sixteen
/// characters count. The usual 5,000 rounds go without saying.
pub(crate) fn sha512_crypt(password: &[u8], salt: &str, rounds: u32) -> Result<String, HashError> {
    let params = sha_crypt::Params::new(rounds).map_err(|_| HashError::Parameters)?;
    let salt = salt.get(..16).unwrap_or(salt);
    let hash = sha_crypt::sha512_crypt(password, salt.as_bytes(), params);
    let mut text = "$6$".to_owned();
    if rounds != sha_crypt::Params::RECOMMENDED_ROUNDS {
        // Writing to a string never fails.
        let _ = write!(text, "rounds={rounds}$");
    }
    text.push_str(salt);
    text.push('$');
    // The bytes go out three by three, from three thirds of the hash in turn.
    let byte = |at: usize| u32::from(hash.get(at).copied().unwrap_or_default());
    let (mut a, mut b, mut c) = (0, 21, 42);
    for _ in 0..21 {
        crypt_digits(&mut text, byte(a) << 16 | byte(b) << 8 | byte(c), 4);
        (a, b, c) = (b + 1, c + 1, a + 1);
    }
    crypt_digits(&mut text, byte(63), 2);
    Ok(text)
}

/// Random bytes as text in the alphabet of crypt(3), four characters for three bytes.
pub(crate) fn crypt_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        crypt_digits(&mut text, bits, 4);
    }
    text
}

fn crypt_digits(text: &mut String, mut bits: u32, count: usize) {
    for _ in 0..count {
        let digit = CRYPT.get((bits & 63) as usize).copied().unwrap_or(b'.');
        text.push(char::from(digit));
        bits >>= 6;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vectors that the inventors of each scheme publish have salts of lengths of
    // their own, so they are held against the functions below `Scheme::hash`.

    #[test]
    fn argon2id_gives_what_the_reference_gives() {
        let hash = argon2id(b"password", b"somesalt", 256, 2, 1).unwrap();
        let want = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert_eq!(hash, want);
    }

    #[test]
    fn sha512_crypt_gives_what_the_reference_gives() {
        let check = |salt: &str, rounds: u32, password: &str, want: &str| {
            assert_eq!(sha512_crypt(password.as_bytes(), salt, rounds).as_deref(), Ok(want));
        };
        check(
            "saltstring",
            5_000,
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        );
    }

    #[test]
    fn bcrypt_gives_what_the_reference_gives() {
        let salt = [0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x10];
        let check = |variant: Variant, want: &str| {
            assert_eq!(bcrypt(b"U*U", &salt, 5, variant).as_deref(), Ok(want));
        };
        check(Variant::V2a, "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        check(Variant::V2y, "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
        assert!(bcrypt(&[b'x'; 73], &salt, 5, Variant::V2b).is_err(), "never cut off");
    }
}
