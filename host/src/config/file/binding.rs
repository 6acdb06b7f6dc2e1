//! `[apps.NAME.bindings.NAME]`: a table with one shape per capability.

mod ldap;
mod sql;

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::config::units::Time;

pub use ldap::{
    Bind, BindAs, BindMethod, DirectoryAllow, DirectoryAttributes, DirectoryLimits, DirectoryTls, DirectoryVerb,
    LdapBinding, Referrals,
};
pub use sql::{Allow, DatabaseTls, Dialect, Odbc, SqlBinding, SqlLimits, TlsMode, Verb};

/// A capability granted to an app: what is reached, as whom, and what may be done there.
/// `capability` says which of the shapes it has.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Binding {
    /// Of a relational database.
    Sql(SqlBinding),
    /// Of a directory.
    Ldap(LdapBinding),
}

/// Stands for a binding until its capability is known. It takes anything.
#[derive(Debug, Default)]
pub struct Undecided;

struct UndecidedVisitor;

impl<'de> Visitor<'de> for UndecidedVisitor {
    type Value = Undecided;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with `capability` and what belongs to it")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Undecided, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Undecided)
    }
}

impl<'de> Deserialize<'de> for Undecided {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UndecidedVisitor)
    }
}

/// What decides on the shape of a binding.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Decision {
    /// The capability, where it is one.
    pub capability: Option<Capability>,
}

/// Kinds of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// A relational database.
    Sql,
    /// An LDAP directory.
    Ldap,
}

/// Connections to the target.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pool {
    /// Most connections at a time; 8 if left out.
    pub max: Option<u32>,
    /// How long a connection may take to open; `"5s"` if left out.
    pub connect_timeout: Option<Time>,
    /// How long an unused connection stays open; `"5m"` if left out.
    pub idle_timeout: Option<Time>,
    /// How old a connection may grow; `"30m"` if left out.
    pub max_lifetime: Option<Time>,
    /// How old a connection to another server than the first may grow, once the first may
    /// be asked again; `"1m"` if left out.
    pub return_after: Option<Time>,
    /// How long a connection may be unused before it is asked whether it still works, as it
    /// is needed again; `"30s"` if left out.
    pub validate_after: Option<Time>,
    /// How long an operation may wait for a free connection; `"10s"` if left out.
    pub wait_timeout: Option<Time>,
    /// Operations that may wait for one at a time; 64 if left out. One more is answered
    /// with 503 at once.
    pub max_waiting: Option<u32>,
}
