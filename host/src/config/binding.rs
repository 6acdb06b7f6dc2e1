//! What an app is granted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use patchbay_capability::ldap;
use patchbay_capability::sql::Policy;
use patchbay_capability_ldap::LdapOptions;
#[cfg(feature = "mssql")]
use patchbay_capability_sql::MssqlOptions;
#[cfg(feature = "mysql")]
use patchbay_capability_sql::MysqlOptions;
#[cfg(feature = "odbc")]
use patchbay_capability_sql::OdbcOptions;
#[cfg(feature = "postgres")]
use patchbay_capability_sql::PostgresOptions;

use super::path::KeyPath;
use super::secret::SecretSource;

/// The bindings of an app. A name stands for one of them only.
#[derive(Debug, Default)]
pub struct Bindings {
    /// Databases by name.
    pub sql: BTreeMap<String, SqlBinding>,
    /// Directories by name.
    pub ldap: BTreeMap<String, LdapBinding>,
}

impl Bindings {
    /// All names, in their order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.sql.keys().chain(self.ldap.keys()).map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// WIT packages of the capabilities that are granted.
    pub fn capabilities(&self) -> Vec<String> {
        let granted = [("patchbay:sql", self.sql.is_empty()), ("patchbay:ldap", self.ldap.is_empty())];
        granted.into_iter().filter(|(_, none)| !none).map(|(package, _)| package.to_owned()).collect()
    }
}

/// A granted database.
#[derive(Debug, Clone)]
pub struct SqlBinding {
    /// Where its keys stand: `apps.NAME.bindings.NAME`.
    pub path: KeyPath,
    /// What it reaches.
    pub target: Target,
    /// Where the password is.
    pub password: Option<SecretSource>,
    /// Connections.
    pub pool: Pool,
    /// What may be done.
    pub policy: Policy,
    /// What one operation may ask.
    pub limits: SqlLimits,
    /// Whether parameters may be logged.
    pub log_params: bool,
}

/// What a binding reaches.
#[derive(Debug, Clone)]
pub enum Target {
    /// An SQLite database file.
    #[cfg(feature = "sqlite")]
    Sqlite(PathBuf),
    /// A PostgreSQL database; without its password.
    #[cfg(feature = "postgres")]
    Postgres(PostgresOptions),
    /// A SQL Server or Azure SQL database; without its password.
    #[cfg(feature = "mssql")]
    Mssql(MssqlOptions),
    /// A MySQL or MariaDB database; without its password.
    #[cfg(feature = "mysql")]
    Mysql(MysqlOptions),
    /// A database behind an ODBC driver; without its password.
    #[cfg(feature = "odbc")]
    Odbc(OdbcOptions),
}

/// Connections to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// At most so many.
    pub max: usize,
    /// Time to open one.
    pub connect_timeout: Duration,
    /// Time one stays open unused.
    pub idle_timeout: Duration,
    /// Age one may reach.
    pub max_lifetime: Duration,
    /// Age one that leads to another server than the first may reach.
    pub return_after: Duration,
    /// Time unused after which one is asked whether it still works.
    pub validate_after: Duration,
    /// Time to wait for a free one.
    pub wait_timeout: Duration,
    /// Operations that may wait for one at a time.
    pub max_waiting: usize,
}

/// What one operation may ask of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlLimits {
    /// Statements.
    pub statements: u32,
    /// Bytes of one statement with its parameters.
    pub statement_size: usize,
    /// Rows at a time.
    pub batch_rows: u32,
    /// Bytes at a time.
    pub batch_size: usize,
    /// Bytes in all.
    pub result_size: usize,
    /// Time to wait for a lock.
    pub lock_timeout: Duration,
    /// Time for one statement, where it is less than the operation's.
    pub statement_timeout: Option<Duration>,
}

/// A granted directory.
#[derive(Debug, Clone)]
pub struct LdapBinding {
    /// Where its keys stand: `apps.NAME.bindings.NAME`.
    pub path: KeyPath,
    /// What it reaches, and as whom; without the password.
    pub options: LdapOptions,
    /// Where the password is.
    pub password: Option<SecretSource>,
    /// Connections.
    pub pool: Pool,
    /// What may be done.
    pub policy: ldap::Policy,
    /// What one operation may ask.
    pub limits: LdapLimits,
    /// Whether values may be logged.
    pub log_params: bool,
}

/// What one operation may ask of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LdapLimits {
    /// Requests.
    pub operations: u32,
    /// Bytes of one request.
    pub request_size: usize,
    /// Entries at a time.
    pub page_entries: u32,
    /// Bytes at a time.
    pub page_size: usize,
    /// Bytes in all.
    pub result_size: usize,
    /// Searches parked at a time.
    pub parked: usize,
    /// Time one stays parked.
    pub park_time: Duration,
    /// Time for one request of whatever kind, where it is less than the operation's.
    pub request_timeout: Option<Duration>,
    /// Time to wait for a lock of the host's.
    pub lock_timeout: Duration,
}
