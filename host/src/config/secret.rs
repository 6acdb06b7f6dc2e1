//! Secrets: named in the configuration, read in a step of their own, never printed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// Largest secret file that is read, in bytes.
const MAX_SECRET_FILE: u64 = 64 * 1024;

/// A secret's value. Its `Debug` shows nothing of it and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes care of `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Where a secret is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In this environment variable.
    Env(String),
    /// In this file; one line break at its end does not belong to the secret.
    File(PathBuf),
}

impl SecretSource {
    /// Reads the secret; file names are relative to `base`.
    ///
    /// # Errors
    /// A sentence for the administrator that names the source, never the value.
    pub fn read(&self, base: &Path, environment: &Environment) -> Result<Secret, String> {
        let value = match self {
            Self::Env(name) => environment
                .get(name)
                .ok_or_else(|| format!("the environment variable {name} is not set, or is not Unicode"))?,
            Self::File(path) => {
                let path = base.join(path);
                read_file(&path).map_err(|error| format!("{}: {error}", path.display()))?
            }
        };
        if value.is_empty() {
            return Err("the secret is empty".to_owned());
        }
        Ok(Secret::new(value))
    }
}

fn read_file(path: &Path) -> std::io::Result<String> {
    let mut value = String::new();
    let read = std::fs::File::open(path)?.take(MAX_SECRET_FILE + 1).read_to_string(&mut value)?;
    if read as u64 > MAX_SECRET_FILE {
        return Err(std::io::Error::other("larger than 64 KiB, so hardly a secret"));
    }
    let end = value.strip_suffix('\n').map_or(value.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    value.truncate(end);
    Ok(value)
}

/// The environment variables that secrets may come from.
#[derive(Clone, Default)]
pub enum Environment {
    /// Those of this process.
    #[default]
    Process,
    /// These, and no others: for programs that embed Patchbay.
    Fixed(BTreeMap<String, String>),
}

impl Environment {
    /// An environment of just these variables.
    pub fn fixed<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::Fixed(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    fn get(&self, name: &str) -> Option<String> {
        match self {
            Self::Process => std::env::var(name).ok(),
            Self::Fixed(variables) => variables.get(name).cloned(),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Process => "Environment::Process",
            Self::Fixed(_) => "Environment::Fixed(***)",
        })
    }
}

/// A secret as typed: `{ env = "NAME" }` or `{ file = "PATH" }`. The tables of tokens
/// also take a `name` and a `me`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRef<const NAMED: bool> {
    /// Where it is.
    pub source: SecretSource,
    /// What the audit log calls it; only where `NAMED`.
    pub name: Option<String>,
    /// Id of the User that the client stands for; only where `NAMED`.
    pub me: Option<String>,
}

/// A password.
pub type PasswordRef = SecretRef<false>;
/// A bearer token.
pub type TokenRef = SecretRef<true>;

struct SecretVisitor<const NAMED: bool>;

impl<const NAMED: bool> SecretVisitor<NAMED> {
    const FIELDS: &'static [&'static str] = if NAMED { &["env", "file", "name", "me"] } else { &["env", "file"] };
}

impl<'de, const NAMED: bool> Visitor<'de> for SecretVisitor<NAMED> {
    type Value = SecretRef<NAMED>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"{ env = "NAME" } or { file = "PATH" }"#)
    }

    // The default would print the value into the message.
    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Err(E::custom(r#"a secret never stands in the file itself: write { env = "NAME" } or { file = "PATH" }"#))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut source, mut name, mut me) = (None, None, None);
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            let found = match key.as_ref() {
                "env" => SecretSource::Env(map.next_value()?),
                "file" => SecretSource::File(map.next_value()?),
                "name" if NAMED => {
                    name = Some(map.next_value()?);
                    continue;
                }
                "me" if NAMED => {
                    me = Some(map.next_value()?);
                    continue;
                }
                unknown => return Err(A::Error::unknown_field(unknown, Self::FIELDS)),
            };
            if source.replace(found).is_some() {
                return Err(A::Error::custom("only one of `env` and `file`"));
            }
        }
        let source = source.ok_or_else(|| A::Error::custom("one of `env` and `file` is needed"))?;
        Ok(SecretRef { source, name, me })
    }
}

impl<'de, const NAMED: bool> Deserialize<'de> for SecretRef<NAMED> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

impl<const NAMED: bool> JsonSchema for SecretRef<NAMED> {
    fn schema_name() -> Cow<'static, str> {
        if NAMED { "Token".into() } else { "Password".into() }
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({
            "type": "object",
            "description": "Where a secret is to be found; exactly one of `env` and `file`.",
            "properties": {
                "env": { "type": "string", "description": "Name of the environment variable that holds it." },
                "file": { "type": "string", "description": "File that holds it; relative to the configuration file." },
            },
            "additionalProperties": false,
            "oneOf": [{ "required": ["env"] }, { "required": ["file"] }],
        });
        if NAMED && let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
            properties.insert(
                "name".to_owned(),
                serde_json::json!({
                    "type": "string",
                    "description": "What the audit log calls the token; `token-1`, `token-2` and so on if left out.",
                }),
            );
            properties.insert(
                "me".to_owned(),
                serde_json::json!({
                    "type": "string",
                    "description": "SCIM id of the User that the token's client stands for: `/Me` is then an alias of that user.",
                }),
            );
        }
        schema
    }
}
