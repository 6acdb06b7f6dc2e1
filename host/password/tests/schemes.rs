//! The schemes from outside: configuration, limits, text forms.

#![allow(clippy::unwrap_used, missing_docs, reason = "a test binary")]

use patchbay_password::{HashConfig, HashError, Keeping, MAX_BYTES, Refusal, Scheme, is_stored_form};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    hash: HashConfig,
}

fn scheme(hash: &str) -> Result<Scheme, String> {
    let line: Line = toml::from_str(&format!("hash = {hash}")).map_err(|error| error.to_string())?;
    Scheme::new(&line.hash)
}

/// What `hash` makes of a password with a salt of rising bytes.
#[track_caller]
fn check(hash: &str, password: &str, want: &str) {
    let scheme = scheme(hash).unwrap();
    let salt: Vec<u8> = (0..).take(scheme.salt_bytes()).collect();
    assert_eq!(scheme.hash(password, &salt).as_deref(), Ok(want), "{hash}");
    assert!(is_stored_form(want), "{hash} is not known as a hash");
}

#[test]
fn known_answers() {
    // Made with other implementations: Python's hashlib and the crypt(3) of a Linux system.
    const PASSWORD: &str = "Tr0ub4dor&3 grün";
    check(
        r#"{ scheme = "bcrypt", cost = 10 }"#,
        PASSWORD,
        "$2b$10$..CA.uOD/eaGAOmJB.yMBuEIvamZTJpscWTo4tsquKXB34nGigSuu",
    );
    check(
        r#"{ scheme = "pbkdf2-sha256", iterations = 100000 }"#,
        PASSWORD,
        "$pbkdf2-sha256$100000$AAECAwQFBgcICQoLDA0ODw$ISLZVd9STdLYkvUXPHHQ5XRPgCxqgkLzLG72yCcGuv4",
    );
    check(
        r#"{ scheme = "pbkdf2-sha512", iterations = 100000 }"#,
        PASSWORD,
        "$pbkdf2-sha512$100000$AAECAwQFBgcICQoLDA0ODw$7j9svmWiFU7ED5hSZR2p/KKtV5JAuEWJISxzhvBUHtSRwOyCxKTBdoxTY0KNqkvKah9.ROfDwd4QxSrHA1djXA",
    );
    check(
        r#"{ scheme = "django-pbkdf2-sha256", iterations = 100000 }"#,
        PASSWORD,
        "pbkdf2_sha256$100000$AAECAwQFBgcICQoLDA0ODw$FmAnu1aCdAgryBsjdoXPJ+n8RC/3+W3LYT76R+Jxk1k=",
    );
    check(r#""ssha""#, PASSWORD, "{SSHA}s/3QZWS0dN86jO2Vhd3QzICX6qUAAQIDBAUGBw==");
    check(r#""ssha256""#, PASSWORD, "{SSHA256}+R2Nq/Hek8LUIBoqvFncWjde9+4OPlVLwm65zQqGuaUAAQIDBAUGBwgJCgsMDQ4P");
    check(
        r#""ssha512""#,
        PASSWORD,
        "{SSHA512}/jpugtcFEGnLQA8XqR5JWs7t5Vr8GE7+6a8cavK+vxHaLC48FFYbKNF97AQpenCM+bE3CZ9k/uyttODs7qayfQABAgMEBQYHCAkKCwwNDg8=",
    );
    check(
        r#"{ scheme = "sha512-crypt", iterations = 5000 }"#,
        PASSWORD,
        "$6$02..3Ek.6QU/9cE0$/795npAPRrZojWnUosAWefaEsD3tLv0mZ1q9l8gCeiF2zNhTe9.I81D2B3SiDQTXV0TRznA8JpiXrKwhTI7Xs1",
    );
    check(
        r#"{ scheme = "sha512-crypt", iterations = 10000 }"#,
        PASSWORD,
        "$6$rounds=10000$02..3Ek.6QU/9cE0$04XiGj78TO9XZo8Lh6AJoB9P7x8oiVVgD5v3Tt8eJCW9oaKkLGLLrQHw915G2tE.3Tk8kUi.VQ.k9sIV27LB9.",
    );
}

/// Directories say in front how to read the rest.
#[test]
fn the_form_of_directories() {
    for (hash, word) in [
        (r#""sha512-crypt""#, "{CRYPT}"),
        (r#"{ scheme = "bcrypt", cost = 10 }"#, "{CRYPT}"),
        (r#"{ scheme = "argon2id", memory_kib = 8192, iterations = 1 }"#, "{ARGON2}"),
        (r#""ssha512""#, ""),
    ] {
        let plain = scheme(hash).unwrap();
        let long = match hash.strip_suffix(" }") {
            Some(table) => format!("{table}, form = \"ldap\" }}"),
            None => format!("{{ scheme = {hash}, form = \"ldap\" }}"),
        };
        let braced = scheme(&long).unwrap();
        assert_eq!((braced.salt_bytes(), braced.memory_kib()), (plain.salt_bytes(), plain.memory_kib()), "{long}");
        let salt: Vec<u8> = (0..).take(plain.salt_bytes()).collect();
        let (one, other) = (braced.hash("correct horse", &salt).unwrap(), plain.hash("correct horse", &salt).unwrap());
        assert_eq!(one, format!("{word}{other}"), "{long}");
        assert!(is_stored_form(&one), "{one}");
        let most = "x".repeat(73);
        assert_eq!(braced.check(&most), plain.check(&most), "{long}");
    }
}

#[test]
fn every_scheme_salts_and_is_known_by_its_mark() {
    for name in Scheme::NAMES.iter().filter(|name| **name != "none") {
        let scheme = match *name {
            "argon2id" => scheme(r#"{ scheme = "argon2id", memory_kib = 8192, iterations = 1 }"#),
            "bcrypt" => scheme(r#"{ scheme = "bcrypt", cost = 10 }"#),
            "sha512-crypt" => scheme(r#"{ scheme = "sha512-crypt", iterations = 5000 }"#),
            pbkdf2 if pbkdf2.contains("pbkdf2") => {
                scheme(&format!(r#"{{ scheme = "{pbkdf2}", iterations = 100000 }}"#))
            }
            other => scheme(&format!("{other:?}")),
        }
        .unwrap();
        let with = |byte: u8| scheme.hash("correct horse", &vec![byte; scheme.salt_bytes()]).unwrap();
        assert_eq!(with(1), with(1), "{name}");
        assert_ne!(with(1), with(2), "{name} ignores its salt");
        assert!(is_stored_form(&with(1)) && !with(1).contains("horse"), "{name}: {}", with(1));
        assert_eq!(scheme.hash("correct horse", &[1]), Err(HashError::Salt), "{name}");
    }
}

#[test]
fn none_keeps_the_password() {
    assert_eq!(scheme("\"none\"").unwrap().hash("grün", &[]).as_deref(), Ok("grün"));
}

#[test]
fn passwords_that_would_not_be_kept_whole_are_refused() {
    let check = |name: &str, password: &str, want: Result<(), Refusal>| {
        let got = scheme(&format!("{name:?}")).unwrap().check(password);
        assert_eq!(got, want, "{name} with {} bytes", password.len());
    };
    for name in Scheme::NAMES {
        check(name, "", Err(Refusal::Empty));
        check(name, "a\0b", Err(Refusal::Nul));
        check(name, " ", Ok(()));
        check(name, &"x".repeat(72), Ok(()));
        check(name, &"x".repeat(MAX_BYTES + 1), Err(Refusal::TooLong(if name == "bcrypt" { 72 } else { MAX_BYTES })));
    }
    // Bytes count, not characters.
    check("bcrypt", &"ü".repeat(36), Ok(()));
    check("bcrypt", &"ü".repeat(37), Err(Refusal::TooLong(72)));
    check("argon2id", &"ü".repeat(512), Ok(()));
}

#[test]
fn parameters_are_held_against_bounds_and_schemes() {
    let check = |hash: &str, want: &str| {
        let error = scheme(hash).unwrap_err();
        assert!(error.contains(want), "{hash}: {error}");
    };
    check("\"md5\"", "there is no scheme `md5`; there are argon2id, bcrypt");
    check(r#"{ scheme = "bcrypt", cost = 4 }"#, "`cost` of `bcrypt` is 10 to 16");
    check(r#"{ scheme = "bcrypt", cost = 31 }"#, "`cost` of `bcrypt` is 10 to 16");
    check(r#"{ scheme = "bcrypt", variant = "2x" }"#, "`2b`, `2y` or `2a`");
    check(r#"{ scheme = "bcrypt", memory_kib = 9000 }"#, "`bcrypt` has no parameter `memory_kib`");
    check(r#"{ scheme = "argon2id", memory_kib = 4194304 }"#, "8192 to 262144");
    check(r#"{ scheme = "ssha", iterations = 5 }"#, "`ssha` has no parameter `iterations`");
    check(r#"{ scheme = "argon2id", pepper = "x" }"#, "a table of `scheme` and its parameters");
    check(r#"{ scheme = "argon2id", form = "unix" }"#, "`form` is `ldap`, or left out");
    for scheme in ["none", "pbkdf2-sha256", "django-pbkdf2-sha256"] {
        check(&format!(r#"{{ scheme = "{scheme}", form = "ldap" }}"#), "`form` goes with `argon2id`, `bcrypt`");
    }
    check("7", "must be the name of a scheme");
    let good = scheme(r#"{ scheme = "argon2id", memory_kib = 65536, iterations = 3, parallelism = 4 }"#).unwrap();
    assert_eq!(good, Scheme::Argon2id { memory_kib: 65_536, iterations: 3, parallelism: 4 });
    assert_eq!(good.memory_kib(), 65_536);
}

#[test]
fn what_the_target_keeps_is_not_hashed_but_is_checked() {
    let keeping = |hash: &str| Keeping::new(&toml::from_str::<Line>(&format!("hash = {hash}")).unwrap().hash);
    for hash in ["\"target\"", "{ scheme = \"target\" }"] {
        let target = keeping(hash).unwrap();
        assert_eq!(target, Keeping::Target);
        assert_eq!(target.check(""), Err(Refusal::Empty));
        assert_eq!(target.check("a\0b"), Err(Refusal::Nul));
        assert_eq!(target.check(&"x".repeat(MAX_BYTES)), Ok(()));
        assert_eq!(target.check(&"x".repeat(MAX_BYTES + 1)), Err(Refusal::TooLong(MAX_BYTES)));
    }
    let hashed = keeping("\"bcrypt\"").unwrap();
    assert_eq!(hashed, Keeping::Hashed(scheme("\"bcrypt\"").unwrap()));
    assert_eq!(hashed.check(&"x".repeat(73)), Err(Refusal::TooLong(72)));
    let error = keeping("{ scheme = \"target\", cost = 12 }").unwrap_err();
    assert_eq!(error, "`target` has no parameter `cost`");
    assert!(keeping("\"md5\"").unwrap_err().ends_with("none, target"));
}
