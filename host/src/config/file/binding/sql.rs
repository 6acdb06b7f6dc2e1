//! A binding of the SQL capability.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Capability, Pool};
use crate::config::secret::PasswordRef;
use crate::config::units::{Size, Time};

/// A database granted to an app: what is reached, as whom, and what may be done there.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SqlBinding {
    /// What kind of target it reaches: `sql`.
    #[schemars(required, extend("const" = "sql"))]
    pub capability: Option<Capability>,
    /// The target: `sqlite:PATH` (relative to the configuration file),
    /// `postgres://USER@HOST:PORT/DATABASE`, or `mysql://` (also `mariadb://`) in the same
    /// form; `mssql://[USER@]HOST[:PORT][\INSTANCE]/DATABASE` for SQL Server; `odbc:` and a
    /// connection string for what has an ODBC driver. Servers may have several hosts, with
    /// commas between them: the first that takes writes is used. Never with a password.
    #[schemars(required)]
    pub url: Option<String>,
    /// The password, where the target wants one. A file is read again for each new
    /// connection.
    pub password: Option<PasswordRef>,
    /// Connections to the target.
    pub pool: Pool,
    /// How the connection is protected; for targets over a network.
    pub tls: DatabaseTls,
    /// How the ODBC driver is used, where `url` starts with `odbc:`.
    pub odbc: Option<Odbc>,
    /// What the connector may do there; anything else is denied.
    #[schemars(required)]
    pub allow: Option<Allow>,
    /// What one operation may ask of the target.
    pub limits: SqlLimits,
    /// Write the parameters of statements to the log, at level debug: for finding a
    /// mistake with test data, as parameters are people's data.
    pub log_params: bool,
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

/// How an ODBC driver is used.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Odbc {
    /// What the database speaks. Told by the driver's name if left out.
    pub dialect: Option<Dialect>,
    /// Run the driver in a process of its own, one per connection: a driver that crashes
    /// does not take the host along, and one that hangs is ended.
    pub process: bool,
    /// Other ways to the same database, each as what it says differently in the connection
    /// string: `Server=second.corp`. The first that takes writes is used.
    pub alternatives: Vec<String>,
}

/// Dialects of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "names of products")]
pub enum Dialect {
    Postgres,
    Mysql,
    Sqlite,
    Mssql,
    Oracle,
    Db2,
    Hana,
    /// Any other: what the standard says is all that is counted on.
    Ansi,
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
pub struct SqlLimits {
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
    /// How long a statement may wait for a lock of somebody else's; `"10s"` if left out.
    pub lock_timeout: Option<Time>,
    /// How long one statement may take, within the time of the operation; as long as that
    /// if left out.
    pub statement_timeout: Option<Time>,
}
