//! SQL bindings and their pools.

use std::collections::BTreeMap;
use std::sync::Arc;

use patchbay_capability::Observer;
use patchbay_capability::sql::{self, BindingOptions, Pool};
use patchbay_capability_sql::PoolOptions;
#[cfg(feature = "mssql")]
use patchbay_capability_sql::mssql;
#[cfg(feature = "mysql")]
use patchbay_capability_sql::mysql;
#[cfg(feature = "odbc")]
use patchbay_capability_sql::odbc;
#[cfg(feature = "postgres")]
use patchbay_capability_sql::postgres;
#[cfg(feature = "sqlite")]
use patchbay_capability_sql::{SqliteOptions, sqlite};

use crate::config::{Binding, Secret, Target};
use crate::observe::StatementLog;

/// SQL bindings of an app by name.
pub(super) type Bindings = BTreeMap<String, Arc<sql::Binding>>;

/// A pool of connections to the binding's target; none is opened yet.
///
/// The error names the key at fault, and why.
pub(super) fn pool(binding: &Binding, password: Option<&Secret>) -> Result<Arc<dyn Pool>, (&'static str, String)> {
    let sizes = sizes(binding);
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => Ok(sqlite::pool(SqliteOptions::new(path), sizes)),
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => {
            let mut options = options.clone();
            options.password = password.map(|password| password.expose().to_owned());
            postgres::pool(options, sizes).map_err(|error| ("tls", error.to_string()))
        }
        #[cfg(feature = "mssql")]
        Target::Mssql(options) => {
            let mut options = options.clone();
            options.password = password.map(|password| password.expose().to_owned());
            mssql::pool(options, sizes).map_err(|error| ("tls", error.to_string()))
        }
        #[cfg(feature = "mysql")]
        Target::Mysql(options) => {
            let mut options = options.clone();
            options.password = password.map(|password| password.expose().to_owned());
            mysql::pool(options, sizes).map_err(|error| ("tls", error.to_string()))
        }
        #[cfg(feature = "odbc")]
        Target::Odbc(options) => {
            let mut options = options.clone();
            options.password = password.map(|password| password.expose().to_owned());
            odbc::pool(options, sizes).map_err(|error| ("url", error.to_string()))
        }
    }
}

/// A pool for somebody who only looks: an SQLite file keeps the journal it has.
///
/// The error names the key at fault, and why.
pub(crate) fn looking(binding: &Binding, password: Option<&Secret>) -> Result<Arc<dyn Pool>, (&'static str, String)> {
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => {
            Ok(sqlite::pool(SqliteOptions { wal: false, ..SqliteOptions::new(path) }, sizes(binding)))
        }
        _ => pool(binding, password),
    }
}

fn sizes(binding: &Binding) -> PoolOptions {
    PoolOptions {
        max: binding.pool.max,
        connect_timeout: binding.pool.connect_timeout,
        idle_timeout: binding.pool.idle_timeout,
        max_lifetime: binding.pool.max_lifetime,
        ..PoolOptions::default()
    }
}

/// The binding over its pool.
pub(super) fn binding(
    name: &str,
    binding: &Binding,
    password: Option<&Secret>,
    pool: &Arc<dyn Pool>,
    observer: Option<Arc<dyn Observer>>,
) -> sql::Binding {
    let observer = Arc::new(StatementLog::new(binding.log_params, observer));
    sql::Binding::new(name, options(binding, password), Arc::clone(pool), Some(observer))
}

/// What the binding grants and limits, and what no message of it may show.
pub(crate) fn options(binding: &Binding, password: Option<&Secret>) -> BindingOptions {
    let mut secrets: Vec<String> = password.map(|password| password.expose().to_owned()).into_iter().collect();
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => secrets.push(path.display().to_string()),
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => {
            secrets.push(options.user.clone());
            secrets.extend(options.hosts.iter().map(|(host, _)| host.clone()));
        }
        #[cfg(feature = "mssql")]
        Target::Mssql(options) => secrets.extend([options.user.clone(), options.host.clone()]),
        #[cfg(feature = "mysql")]
        Target::Mysql(options) => {
            secrets.push(options.user.clone());
            secrets.extend(options.hosts.iter().map(|(host, _)| host.clone()));
        }
        #[cfg(feature = "odbc")]
        Target::Odbc(options) => secrets.extend(options.secrets()),
    }
    BindingOptions {
        policy: binding.policy.clone(),
        max_statements: binding.limits.statements,
        max_statement_bytes: binding.limits.statement_size,
        max_batch_rows: binding.limits.batch_rows,
        max_batch_bytes: binding.limits.batch_size,
        max_result_bytes: binding.limits.result_size,
        secrets,
    }
}
