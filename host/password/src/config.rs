//! A scheme as an administrator writes it.

use schemars::JsonSchema;
use serde::Deserialize;

/// How a password is stored: the scheme's name, or a table that also says what it costs;
/// `target` where the target takes the password and keeps it in its own way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "must be the name of a scheme, or a table of `scheme` and its parameters")]
pub enum HashConfig {
    /// The scheme with the parameters it has by itself.
    Name(#[schemars(extend("enum" = crate::Keeping::NAMES))] String),
    /// More than a name.
    Table(HashTable),
}

/// The long form. Each scheme takes some of the parameters and refuses the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HashTable {
    /// The scheme's name.
    #[schemars(extend("enum" = crate::Keeping::NAMES))]
    pub scheme: String,
    /// `bcrypt`: each step doubles the work; 10 to 16, 12 if left out.
    #[serde(default)]
    pub cost: Option<u32>,
    /// `bcrypt`: what the text begins with, `2b` (if left out), `2y` or `2a`; the same
    /// computation under all three names.
    #[serde(default)]
    pub variant: Option<String>,
    /// `argon2id`: memory of one computation in KiB, 8192 to 262144; 19456 if left out.
    #[serde(default)]
    pub memory_kib: Option<u32>,
    /// `argon2id`: passes over the memory, 1 to 10, 2 if left out. `pbkdf2-...`: rounds,
    /// 100,000 to 5,000,000; 600,000 if left out (210,000 with SHA-512). `sha512-crypt`:
    /// rounds, 5,000 to 2,000,000; 200,000 if left out.
    #[serde(default)]
    pub iterations: Option<u32>,
    /// `argon2id`: lanes, 1 to 16; 1 if left out.
    #[serde(default)]
    pub parallelism: Option<u32>,
    /// `ldap`: as `userPassword` of a directory has it, with `{CRYPT}` or `{ARGON2}` in
    /// front; for `argon2id`, `bcrypt`, `sha512-crypt` and `ssha` to `ssha512`, which have
    /// their own braces.
    #[serde(default)]
    #[schemars(extend("enum" = ["ldap"]))]
    pub form: Option<String>,
}

impl HashConfig {
    /// The long form of either.
    pub(crate) fn table(&self) -> HashTable {
        match self {
            Self::Name(name) => HashTable { scheme: name.clone(), ..HashTable::default() },
            Self::Table(table) => table.clone(),
        }
    }
}
