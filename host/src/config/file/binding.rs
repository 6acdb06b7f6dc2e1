//! `[apps.NAME.bindings.NAME]`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::secret::PasswordRef;
use crate::config::units::{Size, Time};

/// A capability granted to an app: what is reached, as whom, and what may be done there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Binding {
    /// What kind of target it reaches.
    #[schemars(required)]
    pub capability: Option<Capability>,
    /// The target: `sqlite:PATH` (relative to the configuration file),
    /// `postgres://USER@HOST:PORT/DATABASE`, or `mysql://` (also `mariadb://`) in the same
    /// form; `mssql://USER@HOST[:PORT][\INSTANCE]/DATABASE` for SQL Server. Never with a
    /// password.
    #[schemars(required)]
    pub url: Option<String>,
    /// The password, where the target wants one.
    pub password: Option<PasswordRef>,
    /// Connections to the target.
    pub pool: Pool,
    /// How the connection is protected; for targets over a network.
    pub tls: DatabaseTls,
    /// What the connector may do there; anything else is denied.
    #[schemars(required)]
    pub allow: Option<Allow>,
    /// What one operation may ask of the target.
    pub limits: BindingLimits,
    /// Write the parameters of statements to the log, at level debug: for finding a
    /// mistake with test data, as parameters are people's data.
    pub log_params: bool,
}

/// Kinds of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// A relational database.
    Sql,
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
}

/// How the connection to a database is protected.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseTls {
    /// `verify-full` checks the server's certificate and name, and is what happens if it
    /// is left out; `disable` sends all in the clear.
    pub mode: Option<TlsMode>,
    /// Take `disable` for a server on another machine too.
    pub allow_plaintext: bool,
    /// PEM file with the authorities to trust, instead of the well-known ones (of SQL
    /// Server: beside them).
    pub ca_file: Option<PathBuf>,
}

/// Ways to protect a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Certificate and name are checked.
    VerifyFull,
    /// No TLS.
    Disable,
}

/// What the connector may do.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Allow {
    /// Tables and views, as `person` (in the default schema) or `hr.person`.
    #[schemars(required)]
    pub tables: Option<Vec<String>>,
    /// Kinds of statements.
    #[schemars(required)]
    pub verbs: Option<Vec<Verb>>,
    /// Stored procedures, as `add_person` (in the default schema) or `hr.add_person`. With
    /// some, `tables` and `verbs` may be empty.
    pub procedures: Vec<String>,
}

/// Kinds of SQL statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "SQL keywords")]
pub enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

/// What one operation may ask of the target.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BindingLimits {
    /// Statements; 5000 if left out.
    pub statements: Option<u32>,
    /// Text and parameters of one statement; `"4MiB"` if left out.
    pub statement_size: Option<Size>,
    /// Rows fetched at a time; 1000 if left out.
    pub batch_rows: Option<u32>,
    /// Bytes fetched at a time; `"1MiB"` if left out.
    pub batch_size: Option<Size>,
    /// Bytes fetched in all; `"64MiB"` if left out.
    pub result_size: Option<Size>,
}
