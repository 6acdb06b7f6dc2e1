//! `[apps.NAME]`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use patchbay_gateway::ResourceConfig;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::{Binding, Undecided};
use crate::config::secret::TokenRef;
use crate::config::units::{Size, Time};

/// One target behind its own SCIM base URL.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct App {
    /// The connector: the name of a built-in one (`sql`, `ldap`), or
    /// `{ path = "acme.wasm", sha256 = "..." }`.
    #[schemars(required)]
    pub connector: Option<Connector>,
    /// Bearer tokens of clients, at least one, each of 12 characters or more. Two at a
    /// time let a token be changed without a break.
    #[schemars(required)]
    pub tokens: Option<Vec<TokenRef>>,
    /// What kind of client this is, for its peculiarities: `default`, `rfc`, `entra` or
    /// `okta`; `default` if left out.
    pub client: Option<String>,
    /// Also serve `/ecma2host_NAME/scim`, the base URL of Microsoft's ECMA host, with
    /// its attribute names.
    pub ecma2host: bool,
    /// What one operation may cost.
    pub limits: AppLimits,
    /// The capabilities granted to the connector, by the name it knows them by. This is
    /// all that the sandbox can reach.
    #[schemars(with = "BTreeMap<String, Binding>")]
    pub bindings: BTreeMap<String, Undecided>,
    /// The connector's own settings; see the connector's documentation.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// SCIM resource types by name: `User`, `Group`, or one of your own.
    pub resources: BTreeMap<String, ResourceConfig>,
}

/// What one operation may cost.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AppLimits {
    /// How long one request may take in all, and each operation of a Bulk request; `"20s"` if
    /// left out.
    pub operation: Option<Time>,
    /// How long a Bulk request may take in all; `"2m"` if left out.
    pub bulk: Option<Time>,
    /// How long the connector itself may compute in one request, not counting waits for
    /// the target; `"2s"` if left out.
    pub cpu: Option<Time>,
    /// Memory of one connector instance; `"64MiB"` if left out.
    pub memory: Option<Size>,
    /// How many requests of this app are worked on at a time; if left out, all that the server
    /// takes where this is the only app, else half of them.
    pub requests: Option<u32>,
    /// How many connector instances of this app run at a time; if left out, all that the engine
    /// runs where this is the only app, else half of them.
    pub instances: Option<u32>,
}

/// Which connector an app uses.
#[derive(Debug, Clone)]
pub enum Connector {
    /// A built-in one, by name.
    BuiltIn(String),
    /// A component of somebody else's.
    File(ConnectorFile),
}

/// A connector that does not come with Patchbay.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectorFile {
    /// The WebAssembly component; relative to the configuration file.
    #[schemars(required)]
    pub path: Option<PathBuf>,
    /// SHA-256 of the file in hexadecimal: any other file is refused.
    #[schemars(required)]
    pub sha256: Option<String>,
    /// Offer it WASI, sealed: clocks and random numbers, but no files, no network and no
    /// environment. For components of languages that need it to start.
    pub wasi: bool,
}

struct ConnectorVisitor;

impl<'de> Visitor<'de> for ConnectorVisitor {
    type Value = Connector;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"the name of a built-in connector or { path = "FILE", sha256 = "..." }"#)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Connector, E> {
        Ok(Connector::BuiltIn(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Connector, A::Error> {
        ConnectorFile::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Connector::File)
    }
}

impl<'de> Deserialize<'de> for Connector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConnectorVisitor)
    }
}

impl JsonSchema for Connector {
    fn schema_name() -> Cow<'static, str> {
        "Connector".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let file = generator.subschema_for::<ConnectorFile>();
        json_schema!({ "anyOf": [{ "type": "string", "description": "Name of a built-in connector." }, file] })
    }
}
