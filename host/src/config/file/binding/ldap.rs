//! A binding of the LDAP capability.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::{Capability, Pool};
use crate::config::secret::PasswordRef;
use crate::config::units::{Size, Time};

/// A directory granted to an app: what is reached, as whom, and what may be done there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LdapBinding {
    /// What kind of target it reaches: `ldap`.
    #[schemars(required, extend("const" = "ldap"))]
    pub capability: Option<Capability>,
    /// The servers, as `ldaps://HOST[:PORT]`, `ldap://HOST[:PORT]` for StartTLS, or
    /// `ldapi://PATH` for a socket on this machine (`%2F` for each `/` of the path). All
    /// have the same content: the first that answers is used, and the first is returned to
    /// once it answers again. Never with a name or a password.
    #[schemars(required)]
    pub servers: Option<Vec<String>>,
    /// As whom: `{ as = "NAME" }` with a `password`, `"external"` for whom the client
    /// certificate names (on a socket: the user that the host runs as), `"gssapi"` for whom
    /// there are Kerberos tickets, or `"anonymous"`.
    #[schemars(required)]
    pub bind: Option<Bind>,
    /// The password that goes with `bind.as`. A file is read again for each new connection.
    pub password: Option<PasswordRef>,
    /// What becomes of a write that a server refers to another one; `refuse` if left out.
    pub referrals: Option<Referrals>,
    /// How the connection is protected.
    pub tls: DirectoryTls,
    /// Connections to the directory.
    pub pool: Pool,
    /// What the connector may do there; anything else is denied.
    #[schemars(required)]
    pub allow: Option<DirectoryAllow>,
    /// What one operation may ask of the directory.
    pub limits: DirectoryLimits,
    /// Write the values of requests to the log, at level debug: for finding a mistake with
    /// test data, as values are people's data. Passwords are never written.
    pub log_params: bool,
}

/// As whom a directory is used.
#[derive(Debug, Clone)]
pub enum Bind {
    /// By name, and password or key.
    As(BindAs),
    /// By the Kerberos tickets or the key that there are (SASL GSSAPI).
    Gssapi,
    /// As whom the client certificate names, or as the user that runs the host on a socket
    /// (SASL EXTERNAL).
    External,
    /// As nobody.
    Anonymous,
}

/// By name, and password or key.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BindAs {
    /// A distinguished name; for Active Directory also `user@domain` or `DOMAIN\user`. With
    /// `method = "gssapi"` a principal: `name@REALM`.
    #[schemars(required)]
    #[serde(rename = "as")]
    pub name: Option<String>,
    /// How it is proved; `simple` if left out.
    pub method: Option<BindMethod>,
}

/// How a name is proved to a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BindMethod {
    /// By `password`.
    Simple,
    /// By a ticket or a key of this principal in Kerberos (SASL GSSAPI).
    Gssapi,
}

struct BindVisitor;

impl<'de> Visitor<'de> for BindVisitor {
    type Value = Bind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"{ as = "NAME" }, "external", "gssapi" or "anonymous""#)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Bind, E> {
        match word {
            "external" => Ok(Bind::External),
            "gssapi" => Ok(Bind::Gssapi),
            "anonymous" => Ok(Bind::Anonymous),
            // What was meant may be a name with its password.
            _ => Err(E::custom(r#"must be { as = "NAME" }, "external", "gssapi" or "anonymous""#)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bind, A::Error> {
        BindAs::deserialize(MapAccessDeserializer::new(map)).map(Bind::As)
    }
}

impl<'de> Deserialize<'de> for Bind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BindVisitor)
    }
}

impl JsonSchema for Bind {
    fn schema_name() -> Cow<'static, str> {
        "Bind".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let named = generator.subschema_for::<BindAs>();
        json_schema!({ "anyOf": [{ "enum": ["external", "gssapi", "anonymous"] }, named] })
    }
}

/// What becomes of a write that a server refers to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Referrals {
    /// It fails, and the error says why.
    Refuse,
    /// Where the referral leads to another one of `servers`, it is made there.
    Servers,
}

/// How the connection to a directory is protected.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryTls {
    /// PEM file with the authorities to trust, instead of the well-known ones.
    pub ca_file: Option<PathBuf>,
    /// PEM file with a client certificate; with `key_file`.
    pub cert_file: Option<PathBuf>,
    /// PEM file with its private key.
    pub key_file: Option<PathBuf>,
    /// Turn to TLS on the plain port (`ldap://`) before anything else is said; true if left
    /// out.
    pub start_tls: Option<bool>,
    /// With `start_tls = false`: send all in the clear, the password too, to a server on
    /// another machine as well.
    pub allow_plaintext: bool,
}

/// What the connector may do in a directory.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryAllow {
    /// Subtrees that may be read, by the distinguished name of their root.
    #[schemars(required)]
    pub read: Option<Vec<String>>,
    /// Subtrees that may be written.
    pub write: Vec<String>,
    /// Kinds of requests.
    #[schemars(required)]
    pub verbs: Option<Vec<DirectoryVerb>>,
    /// Attributes.
    pub attributes: DirectoryAttributes,
}

/// Attributes that a connector may read and write.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryAttributes {
    /// Those that may be read, filtered and sorted by; all if left out, but for those that
    /// hold passwords, which are never read.
    pub read: Option<Vec<String>>,
    /// Those that may be written, those of names and passwords included.
    pub write: Vec<String>,
}

/// Kinds of LDAP requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryVerb {
    /// Searches, and counting.
    Search,
    /// New entries.
    Add,
    /// Changes of an entry.
    Modify,
    /// Another name, or another place.
    Rename,
    /// Deleting entries.
    Delete,
    /// Setting passwords, in whatever way.
    Password,
}

/// What one operation may ask of a directory.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryLimits {
    /// Requests; 5000 if left out.
    pub operations: Option<u32>,
    /// Values, names and filters of one request; `"4MiB"` if left out.
    pub request_size: Option<Size>,
    /// Entries fetched at a time; 1000 if left out.
    pub page_entries: Option<u32>,
    /// Bytes fetched at a time; `"4MiB"` if left out.
    pub page_size: Option<Size>,
    /// Bytes fetched in all; `"64MiB"` if left out.
    pub result_size: Option<Size>,
    /// Bytes of one message of the server's, which holds one entry; `"64MiB"` if left out.
    pub message_size: Option<Size>,
    /// Searches that may be parked between two pages at a time, each with its connection;
    /// less than the pool's `max`, and 4 if left out, where that is less. One more takes the
    /// place of the oldest; 0 lets none be parked.
    pub parked: Option<u32>,
    /// How long one stays parked; `"2m"` if left out.
    pub park_time: Option<Time>,
    /// How long one request may take, whatever it asks, within the time of the operation; as
    /// long as that if left out.
    pub request_timeout: Option<Time>,
    /// How long one request that reads may take, where that is less; as long as that if left
    /// out.
    pub search_timeout: Option<Time>,
    /// How long one write may take, likewise.
    pub write_timeout: Option<Time>,
    /// How long an operation may wait for a lock of the host's; `"10s"` if left out.
    pub lock_timeout: Option<Time>,
}
