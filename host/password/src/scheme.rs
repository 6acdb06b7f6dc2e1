//! The schemes and what each asks of a password.

use std::ops::RangeInclusive;

use crate::config::{HashConfig, HashTable};
use crate::{Keeping, digest, kdf};

/// Longest password of any scheme, in bytes of UTF-8: more is no password but a way to
/// keep the host busy.
pub const MAX_BYTES: usize = 1024;

/// bcrypt looks at no more bytes than these.
const BCRYPT_BYTES: usize = 72;

/// A scheme with its parameters, all within bounds that a host survives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// Argon2id (RFC 9106) in the PHC text form, `$argon2id$v=19$...`.
    Argon2id {
        /// Memory of one computation in KiB.
        memory_kib: u32,
        /// Passes over it.
        iterations: u32,
        /// Lanes.
        parallelism: u32,
    },
    /// bcrypt, `$2b$12$...`.
    Bcrypt {
        /// Logarithm of the work.
        cost: u32,
        /// What the text begins with: `2b`, `2y` or `2a`.
        variant: Variant,
    },
    /// PBKDF2 with HMAC (RFC 8018).
    Pbkdf2 {
        /// The digest and the text form.
        form: Pbkdf2Form,
        /// Rounds.
        iterations: u32,
    },
    /// SHA-512 crypt of Unix systems, `$6$...`.
    Sha512Crypt {
        /// Rounds.
        rounds: u32,
    },
    /// One salted digest, as directories of old keep it (`{SSHA}...`). Fast to guess:
    /// only for applications that know nothing better.
    Salted(Salted),
    /// As it came, for a target that hashes by itself.
    None,
    /// Another one in the form of directories, which say in braces how to read the rest
    /// (RFC 2307 section 5.3).
    Braced {
        /// `{CRYPT}` or `{ARGON2}`.
        word: &'static str,
        /// What stands behind it.
        scheme: Box<Scheme>,
    },
}

/// Names of one and the same bcrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// `$2a$`.
    V2a,
    /// `$2b$`, today's.
    V2b,
    /// `$2y$`, PHP's.
    V2y,
}

/// How PBKDF2's result is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pbkdf2Form {
    /// `$pbkdf2-sha256$ROUNDS$SALT$HASH`, as passlib has it.
    Sha256,
    /// `$pbkdf2-sha512$ROUNDS$SALT$HASH`, as passlib has it.
    Sha512,
    /// `pbkdf2_sha256$ROUNDS$SALT$HASH`, as Django has it.
    Django,
}

/// Digest of a salted password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Salted {
    /// `{SSHA}`.
    Sha1,
    /// `{SSHA256}`.
    Sha256,
    /// `{SSHA512}`.
    Sha512,
}

/// Why a password cannot be taken. Shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing in it.
    #[error("an empty password is none")]
    Empty,
    /// Too long for the scheme.
    #[error("the password is longer than {0} bytes, which is all that is kept of one here")]
    TooLong(usize),
    /// Programs that check passwords stop reading at this character.
    #[error("the password contains the character NUL")]
    Nul,
}

/// The computation itself failed: never because of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The salt is not [`Scheme::salt_bytes`] long.
    #[error("the salt is not as long as the scheme wants it")]
    Salt,
    /// The implementation refuses parameters that were found good.
    #[error("the scheme refuses its parameters")]
    Parameters,
}

impl Refusal {
    /// What is wrong with a password of which `most` bytes are kept.
    pub(crate) fn of(password: &str, most: usize) -> Result<(), Self> {
        if password.is_empty() {
            Err(Self::Empty)
        } else if password.contains('\0') {
            Err(Self::Nul)
        } else if password.len() > most {
            Err(Self::TooLong(most))
        } else {
            Ok(())
        }
    }
}

impl Scheme {
    /// What the configuration may call a scheme.
    pub const NAMES: [&'static str; 10] = [
        "argon2id",
        "bcrypt",
        "pbkdf2-sha256",
        "pbkdf2-sha512",
        "django-pbkdf2-sha256",
        "sha512-crypt",
        "ssha",
        "ssha256",
        "ssha512",
        "none",
    ];

    /// The scheme that `config` describes.
    ///
    /// # Errors
    /// A sentence for the administrator: no such scheme, a parameter that it does not
    /// take, or one out of bounds.
    pub fn new(config: &HashConfig) -> Result<Self, String> {
        let mut given = Given(config.table());
        let scheme = match given.0.scheme.as_str() {
            "argon2id" => Self::Argon2id {
                memory_kib: given.number("memory_kib", 19_456, 8_192..=262_144)?,
                iterations: given.number("iterations", 2, 1..=10)?,
                parallelism: given.number("parallelism", 1, 1..=16)?,
            },
            "bcrypt" => Self::Bcrypt { cost: given.number("cost", 12, 10..=16)?, variant: given.variant()? },
            "pbkdf2-sha256" => given.pbkdf2(Pbkdf2Form::Sha256, 600_000)?,
            "pbkdf2-sha512" => given.pbkdf2(Pbkdf2Form::Sha512, 210_000)?,
            "django-pbkdf2-sha256" => given.pbkdf2(Pbkdf2Form::Django, 600_000)?,
            "sha512-crypt" => Self::Sha512Crypt { rounds: given.number("iterations", 200_000, 5_000..=2_000_000)? },
            "ssha" => Self::Salted(Salted::Sha1),
            "ssha256" => Self::Salted(Salted::Sha256),
            "ssha512" => Self::Salted(Salted::Sha512),
            "none" => Self::None,
            other => return Err(format!("there is no scheme `{other}`; there are {}", Keeping::NAMES.join(", "))),
        };
        let scheme = match given.0.form.take().as_deref() {
            None => scheme,
            Some("ldap") => scheme.braced()?,
            Some(_) => return Err("`form` is `ldap`, or left out".to_owned()),
        };
        given.finish()?;
        Ok(scheme)
    }

    /// The same as `userPassword` of a directory has it.
    fn braced(self) -> Result<Self, String> {
        let word = match &self {
            Self::Argon2id { .. } => "{ARGON2}",
            Self::Bcrypt { .. } | Self::Sha512Crypt { .. } => "{CRYPT}",
            Self::Salted(_) => return Ok(self),
            Self::Pbkdf2 { .. } | Self::None | Self::Braced { .. } => {
                return Err("`form` goes with `argon2id`, `bcrypt`, `sha512-crypt` and `ssha` to `ssha512`".to_owned());
            }
        };
        Ok(Self::Braced { word, scheme: Box::new(self) })
    }

    /// Whether a password can be stored this way as it is, whole.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, password: &str) -> Result<(), Refusal> {
        match self {
            Self::Braced { scheme, .. } => scheme.check(password),
            Self::Bcrypt { .. } => Refusal::of(password, BCRYPT_BYTES),
            _ => Refusal::of(password, MAX_BYTES),
        }
    }

    /// Bytes of salt that [`Scheme::hash`] wants.
    pub fn salt_bytes(&self) -> usize {
        match self {
            Self::Argon2id { .. } | Self::Bcrypt { .. } | Self::Pbkdf2 { .. } => 16,
            // Sixteen characters of six bits.
            Self::Sha512Crypt { .. } => 12,
            Self::Salted(Salted::Sha1) => 8,
            Self::Salted(Salted::Sha256 | Salted::Sha512) => 16,
            Self::None => 0,
            Self::Braced { scheme, .. } => scheme.salt_bytes(),
        }
    }

    /// Memory that one computation takes, in KiB.
    pub fn memory_kib(&self) -> u32 {
        match self {
            Self::Argon2id { memory_kib, .. } => *memory_kib,
            Self::Bcrypt { .. } => 8,
            Self::Braced { scheme, .. } => scheme.memory_kib(),
            _ => 1,
        }
    }

    /// The text to store. Takes as long as the scheme means it to: not for an async worker.
    ///
    /// # Errors
    /// A salt of the wrong length.
    pub fn hash(&self, password: &str, salt: &[u8]) -> Result<String, HashError> {
        if salt.len() != self.salt_bytes() {
            return Err(HashError::Salt);
        }
        let bytes = password.as_bytes();
        match self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                kdf::argon2id(bytes, salt, *memory_kib, *iterations, *parallelism)
            }
            Self::Bcrypt { cost, variant } => kdf::bcrypt(bytes, salt, *cost, *variant),
            Self::Pbkdf2 { form, iterations } => Ok(kdf::pbkdf2(bytes, salt, *form, *iterations)),
            Self::Sha512Crypt { rounds } => kdf::sha512_crypt(bytes, &kdf::crypt_text(salt), *rounds),
            Self::Salted(digest) => Ok(digest::salted(bytes, salt, *digest)),
            Self::None => Ok(password.to_owned()),
            Self::Braced { word, scheme } => scheme.hash(password, salt).map(|text| format!("{word}{text}")),
        }
    }
}

/// Parameters that were given; each is taken by the scheme that knows it.
pub(crate) struct Given(pub(crate) HashTable);

impl Given {
    fn number(&mut self, name: &str, default: u32, bounds: RangeInclusive<u32>) -> Result<u32, String> {
        let given = match name {
            "cost" => self.0.cost.take(),
            "memory_kib" => self.0.memory_kib.take(),
            "parallelism" => self.0.parallelism.take(),
            _ => self.0.iterations.take(),
        };
        let number = given.unwrap_or(default);
        if bounds.contains(&number) {
            return Ok(number);
        }
        let (low, high) = bounds.into_inner();
        Err(format!("`{name}` of `{}` is {low} to {high}", self.0.scheme))
    }

    fn variant(&mut self) -> Result<Variant, String> {
        match self.0.variant.take().as_deref() {
            None | Some("2b") => Ok(Variant::V2b),
            Some("2y") => Ok(Variant::V2y),
            Some("2a") => Ok(Variant::V2a),
            Some(_) => Err("`variant` of `bcrypt` is `2b`, `2y` or `2a`".to_owned()),
        }
    }

    fn pbkdf2(&mut self, form: Pbkdf2Form, default: u32) -> Result<Scheme, String> {
        Ok(Scheme::Pbkdf2 { form, iterations: self.number("iterations", default, 100_000..=5_000_000)? })
    }

    /// What is left is not for this scheme.
    pub(crate) fn finish(self) -> Result<(), String> {
        let HashTable { scheme, cost, variant, memory_kib, iterations, parallelism, form } = self.0;
        let left = [
            ("cost", cost.is_some()),
            ("variant", variant.is_some()),
            ("memory_kib", memory_kib.is_some()),
            ("iterations", iterations.is_some()),
            ("parallelism", parallelism.is_some()),
            ("form", form.is_some()),
        ];
        match left.iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(format!("`{scheme}` has no parameter `{name}`")),
            None => Ok(()),
        }
    }
}
