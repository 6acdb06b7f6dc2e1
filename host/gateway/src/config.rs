//! The mapping as an administrator writes it.

use std::collections::BTreeMap;

use patchbay_password::HashConfig;
use schemars::JsonSchema;
use serde::Deserialize;

/// What the gateway needs to know of an app.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// SCIM resource types by name (`User`, `Group`, or one of your own).
    pub resources: BTreeMap<String, ResourceConfig>,
    /// Name of the client profile: `default`, `rfc`, `entra` or `okta`.
    pub client: String,
    /// Whether `/ecma2host_NAME/scim` and its attribute URN are served too.
    pub ecma2host: bool,
}

/// How one SCIM resource type maps to one class of the connector.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceConfig {
    /// The connector's class, e.g. `person`.
    pub class: String,
    /// Path below the base URL; `/Users` for `User`, `/Groups` for `Group`, else the
    /// name with an `s`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Id of the core schema; fixed for `User` and `Group`, and by default
    /// `urn:ietf:params:scim:schemas:patchbay:2.0:NAME` for a resource type of your own.
    #[serde(default)]
    pub schema: Option<String>,
    /// SCIM attribute path to native attribute.
    pub attributes: BTreeMap<String, AttributeConfig>,
}

/// What stands on the right of a SCIM attribute: the native attribute's name, or a
/// table that says more.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "must be a native attribute's name, or a table of `attribute`, `values`, `hash`, `from_target`, `constant`, `read_only` and `required`"
)]
pub enum AttributeConfig {
    /// Native attribute with the same values.
    Name(String),
    /// More than a name.
    Table(AttributeTable),
}

/// The long form. Exactly one of `attribute`, `from_target` and `constant` is given.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeTable {
    /// Native attribute.
    #[serde(default)]
    pub attribute: Option<String>,
    /// SCIM value to native value, e.g. `{ true = "A", false = "D" }`. A native value
    /// that is not listed reads as absent; a SCIM value that is not listed is refused.
    #[serde(default)]
    pub values: Option<BTreeMap<String, NativeScalar>>,
    /// The values are passwords, and this is how the application stores them: `"argon2id"`,
    /// or `{ scheme = "bcrypt", cost = 12 }`. They are hashed on the host, written whenever
    /// they are given, and never read. `"target"` where the target takes them and keeps them
    /// in its own way.
    #[serde(default)]
    pub hash: Option<HashConfig>,
    /// CEL expression over native attributes; read-only.
    #[serde(default)]
    pub from_target: Option<String>,
    /// The same value for every object; read-only.
    #[serde(default)]
    pub constant: Option<NativeScalar>,
    /// Never written, although the target could.
    #[serde(default)]
    pub read_only: bool,
    /// Clients must give it on create, although the target could do without.
    #[serde(default)]
    pub required: bool,
}

/// A plain value in the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum NativeScalar {
    /// true or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
}
